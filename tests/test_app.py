"""The life of an App: opened in the background, tried again after a failure, closed without a trace."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_rag import workers
from mcp_rag.app import App
from mcp_rag.config import Settings
from mcp_rag.errors import ConfigurationError, InputError, ModelMissingError, StoreUnavailable
from mcp_rag.workers import ParsePool
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio

LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"


async def test_building_an_app_opens_nothing(tmp_path: Path) -> None:
    """Building is cheap: no directory is made, no part exists before it is used."""
    app = App(Settings(data_dir=str(tmp_path / "data")))
    assert not app.is_open
    await app.close()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a look at the disk, not work


async def test_opening_happens_once(make_app: Callable[..., App]) -> None:
    """Concurrent callers share one opening."""
    store = DictStore()
    app = make_app(store=store)
    await asyncio.gather(*(app.opened() for _ in range(10)))
    assert app.is_open
    assert store.calls["open"] == 1


async def test_a_failed_opening_is_told_to_all_and_tried_again(make_app: Callable[..., App]) -> None:
    """Every waiting call hears why; the next call tries again, so that a restarted Milvus is found."""
    store = DictStore()
    store.fail["open"] = StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)
    app = make_app(store=store)
    results = await asyncio.gather(*(app.opened() for _ in range(3)), return_exceptions=True)
    assert all(isinstance(r, StoreUnavailable) for r in results)
    await app.opened()
    assert app.is_open


async def test_a_missing_model_leaves_reading_possible(make_app: Callable[..., App]) -> None:
    """Search works without a model (principle 3); writing says what is missing; a fetched model is found later."""
    embedder = HashEmbedder(ready=False)
    embedder.failure = ModelMissingError("The model files are missing.", "mcp-rag fetch-model")
    app = make_app(embedder=embedder)
    await app.opened()
    with pytest.raises(ModelMissingError):
        await app.ready()
    with pytest.raises(ModelMissingError):
        async for _ in app.ingest(text=LINE, trusted=True):
            pass
    embedder.failure = None
    reports = [r async for r in app.ingest(text=LINE, trusted=True)]
    assert reports[-1].stored == 1


async def test_a_starter_pack_that_cannot_be_stored_is_no_crash(make_app: Callable[..., App]) -> None:
    """Background work fails quietly; it is done again by the next call that needs it."""
    store = DictStore()
    store.fail["upsert_resolutions"] = StoreUnavailable("Down.", "Wait.", retry=True)
    app = make_app(store=store, starter_knowledge=True)
    await app.ready()
    await app.ready()
    assert store.resolutions or not store.fail
    app.warm()
    await app.ready()
    assert len(store.resolutions) > 50


async def test_the_starter_pack_is_loaded_once_and_never_read_only(make_app: Callable[..., App]) -> None:
    """Read-only writes nothing, not even shipped knowledge."""
    store = DictStore()
    app = make_app(store=store, starter_knowledge=True)
    await app.ready()
    count = len(store.resolutions)
    again = make_app(store=store, starter_knowledge=True)
    await again.ready()
    assert len(store.resolutions) == count > 50
    empty = DictStore()
    await make_app(store=empty, starter_knowledge=True, read_only=True).ready()
    assert empty.resolutions == {}
    assert "upsert_errors" not in empty.calls


async def test_closing_during_the_start_is_quiet(make_app: Callable[..., App]) -> None:
    """A host that goes away at once leaves no error and no running task."""
    app = make_app(starter_knowledge=True)
    app.warm()
    await app.close()
    await asyncio.sleep(0)
    left = [t for t in asyncio.all_tasks() if "App." in repr(t)]
    assert left == []


async def test_templates_are_read_again_when_groups_were_added(make_app: Callable[..., App]) -> None:
    """Another process's new groups are found within a second: the index follows the number of groups."""
    store = DictStore()
    now = [0.0]
    app, other = make_app(store=store, clock=lambda: now[0]), make_app(store=store)
    await app.ready()
    assert len(await app.templates.current()) == 0
    async for _ in other.ingest(text=LINE, trusted=True):
        pass
    assert len(await other.templates.current()) == 1  # its own at once
    now[0] = 1.01
    assert len(await app.templates.current()) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"embedding_backend": "gpu"}, "backend"),
        ({"embedding_backend": "remote"}, "address"),
        ({"embedding_base_url": "not a url", "embedding_backend": "remote"}, "http"),
    ],
)
async def test_a_wrong_setting_is_a_configuration_error(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    """A wrong backend is one of our errors, whoever meets it first."""
    app = App(Settings(data_dir=str(tmp_path), **settings), store=DictStore())  # type: ignore[arg-type] # strings only
    with pytest.raises(ConfigurationError, match=said):
        await app.opened()
    await app.close()


async def test_a_wrong_redaction_rule_is_told(make_app: Callable[..., App]) -> None:
    """A rule that does not compile, or could not be linear, stops nothing silently."""
    app = make_app(redact_rules=("kind=(unclosed",))
    with pytest.raises(ConfigurationError):
        app.gate()


async def test_worker_processes_store_what_this_process_would(
    make_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows, report and redactions, for new groups and for young ones that say something else each time."""
    traces = "".join(
        f"2026-11-23T10:00:{n:02d}Z ERROR api job {n} failed for user{n}@corp.example\n"
        f'Traceback (most recent call last):\n  File "a.py", line {n}, in load_{n % 3}\n    x\nKeyError: {n}\n'
        for n in range(12)
    )
    found = []
    for after_lines in (workers.POOL_AFTER_LINES, 0):
        store = DictStore()
        app = make_app(store=store)
        monkeypatch.setattr(workers, "ParsePool", functools.partial(ParsePool, after_lines=after_lines))
        reports = []
        for text in (traces, traces.replace("T10:", "T11:").replace("job ", "job 7")):
            reports += [r async for r in app.ingest(text=text, trusted=True)][-1:]
        found.append((store.errors, [(r.redactions, r.top_errors, r.stored) for r in reports]))
    assert found[0] == found[1]
    errors, reports = found[0]
    assert len(errors) == 3
    assert reports[0][0]["email"] == 3  # one in the sample of each group


async def test_notes_from_a_file(app: App, tmp_path: Path) -> None:
    """A table of issues and fixes is imported; what is no text is refused with the formats that are."""
    path = tmp_path / "runbook.md"
    path.write_text(
        "| Issue | Solution |\n| --- | --- |\n| ORA-00942: table missing | grant select |\n", encoding="utf-8"
    )
    groups, resolutions, problems = await app.import_file(path)
    assert (groups, resolutions, problems) == (1, 1, [])
    assert (await app.import_file(path))[:2] == (0, 0)
    (tmp_path / "x.bin").write_bytes(b"\xff\xfe\x00")
    for wrong in ("x.bin", "missing.md"):
        with pytest.raises(InputError, match="UTF-8"):
            await app.import_file(tmp_path / wrong)


async def test_roots_expand_the_home_directory() -> None:
    """`~/logs` in the setting is the user's."""
    assert App(Settings(log_roots=("~/logs",))).roots() == [Path.home() / "logs"]
