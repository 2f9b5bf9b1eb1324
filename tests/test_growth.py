"""A source that grows ends like one that was read once, wherever it ended before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.app import App
from mcp_rag.types import Level
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio

BLOCK_BYTES = 150
TRACE = """Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""


def log(traces: str = "") -> str:
    """Twelve errors of twelve groups, about four blocks, perhaps with traces across the borders."""
    lines = [f"2026-11-23T10:{n:02d}:00Z ERROR api step {'abcdefghijkl'[n]} failed: E{n:04d}\n" for n in range(12)]
    return "".join(line + traces * (n % 3 == 1) for n, line in enumerate(lines))


async def ingest(app: App, path: Path, text: str) -> None:
    """Write the text to the path, and ingest that."""
    await asyncio.to_thread(path.write_text, text, encoding="utf-8")
    async for _ in app.ingest(paths=[str(path)], trusted=True, min_level=Level.WARN):
        pass


def state(app: App) -> dict[str, Any]:
    """Totals of all groups, and the ledger rows that count something: the first bytes of a line leave others."""
    store = app.store
    assert isinstance(store, DictStore)
    groups = {i: (g.count, g.first_seen_ms, g.last_seen_ms, dict(g.timeline)) for i, g in store.errors.items()}
    return {"groups": groups, "blocks": {i: b.counts for i, b in store.blocks.items() if b.counts}}


@pytest.mark.parametrize("start", [1, *(pytest.param(start, marks=pytest.mark.slow) for start in (8, 15))])
@pytest.mark.parametrize("traces", ["", TRACE])
async def test_wherever_it_ended_before(make_app: Callable[..., App], tmp_path: Path, traces: str, start: int) -> None:
    """Read when it ended somewhere, then whole: inside a line at a block's border, inside a block's first line, inside
    a trace. The contents are those of one clean ingest, none of it twice."""
    text = log(traces)
    clean = make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(clean, tmp_path / "app.log", text)
    wanted = state(clean)
    assert len(wanted["blocks"]) > 3
    for end in range(start, len(text), 21):
        app = make_app(max_block_bytes=BLOCK_BYTES)
        await ingest(app, tmp_path / "app.log", text[:end])
        await ingest(app, tmp_path / "app.log", text)
        assert state(app) == wanted, end
        await app.close()


async def test_small_steps(make_app: Callable[..., App], tmp_path: Path) -> None:
    """The same when it is read again after every few bytes."""
    text = log(TRACE)
    clean, app = make_app(max_block_bytes=BLOCK_BYTES), make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(clean, tmp_path / "app.log", text)
    for end in (*range(7, len(text), 13), len(text)):
        await ingest(app, tmp_path / "app.log", text[:end])
    assert state(app) == state(clean)


async def test_a_log_that_repeats_itself(make_app: Callable[..., App], tmp_path: Path) -> None:
    """The open end of such a log reads like what stands before it: known blocks replace nothing, so that reading it
    again changes nothing."""
    text = (log()[:220] * 9)[:-40]
    app = make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(app, tmp_path / "app.log", text)
    stored = state(app)
    for _ in range(2):
        await ingest(app, tmp_path / "app.log", text)
        assert state(app) == stored


@pytest.mark.parametrize("traces", ["", TRACE])
async def test_a_copy_made_before_the_log_grew(make_app: Callable[..., App], tmp_path: Path, traces: str) -> None:
    """Read after the log that has grown meanwhile, the copy counts nothing, wherever a line ended when it was made; the
    report says that all of it is known."""
    text = log(traces)
    app = make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(app, tmp_path / "app.log", text)
    wanted = state(app)
    ends = [at + 1 for at, char in enumerate(text[:-1]) if char == "\n"]
    for end in ends:
        copy = tmp_path / f"copy{end}.log"
        await asyncio.to_thread(copy.write_text, text[:end], encoding="utf-8")
        last = None
        async for report in app.ingest(paths=[str(copy)], trusted=True, min_level=Level.WARN):
            last = report
        assert state(app) == wanted, end
        assert last is not None
        assert (last.known_lines, last.stored) == (text[:end].count("\n"), 0)
        assert last.duplicates > 0


async def test_copies_of_one_directory_count_once(make_app: Callable[..., App], tmp_path: Path) -> None:
    """A log and two copies of its beginning in one call, whichever is read first."""
    text = log(TRACE)
    clean = make_app()
    await ingest(clean, tmp_path / "x.log", text)
    ends = [text.index("step d"), text.index("step h")]
    starts = [text[: text.rindex("\n", 0, end) + 1] for end in ends]
    for names in (("a.log", "b.log", "c.log"), ("c.log", "b.log", "a.log"), ("b.log", "c.log", "a.log")):
        place = tmp_path / "".join(names)
        await asyncio.to_thread(place.mkdir)
        for name, content in zip(names, (text, *starts), strict=True):
            await asyncio.to_thread((place / name).write_text, content, encoding="utf-8")
        app = make_app()
        async for _ in app.ingest(paths=[str(place)], trusted=True, min_level=Level.WARN):
            pass
        assert state(app)["groups"] == state(clean)["groups"], names
        await app.close()


OTHER_ENDS = {
    "another last line": lambda text: text[: text.index("step f")] + "step z failed: E9999\n",
    "a line that is not whole": lambda text: text[: text.index("step f") + 3],
}


@pytest.mark.parametrize("change", OTHER_ENDS.values(), ids=OTHER_ENDS)
async def test_what_only_begins_alike_counts(make_app: Callable[..., App], tmp_path: Path, change: Any) -> None:
    """One line that the longer log does not hold, or a line that may be another's beginning: nothing is taken for
    known."""
    text = log()
    app = make_app()
    await ingest(app, tmp_path / "app.log", text)
    before = state(app)["groups"]
    await ingest(app, tmp_path / "other.log", change(text))
    assert sum(g[0] for g in state(app)["groups"].values()) > sum(g[0] for g in before.values())


async def test_logs_without_times_begin_alike(make_app: Callable[..., App], tmp_path: Path) -> None:
    """Two runs of a program that prints no times: the shorter run is one of its own, though the longer began so."""
    app = make_app()
    await ingest(app, tmp_path / "long.log", "ERROR: no space left\nERROR: gave up\nERROR: cannot stop\n")
    await ingest(app, tmp_path / "short.log", "ERROR: no space left\nERROR: gave up\n")
    assert sorted(g[0] for g in state(app)["groups"].values()) == [1, 2, 2]


async def test_a_copy_read_at_a_lower_level_adds_it(make_app: Callable[..., App], tmp_path: Path) -> None:
    """What the longer log was not read for is not known."""
    text = log().replace("ERROR api step c", "INFO api step c")
    app = make_app()
    await ingest(app, tmp_path / "app.log", text)
    copy = tmp_path / "copy.log"
    await asyncio.to_thread(copy.write_text, text[: text.index("step f")].rpartition("\n")[0] + "\n", encoding="utf-8")
    async for _ in app.ingest(paths=[str(copy)], trusted=True, min_level=Level.INFO):
        pass
    titles = [g.title for g in app.store.errors.values()]  # type: ignore[attr-defined] # the App holds a DictStore
    assert any("step c" in title for title in titles)


class Meanwhile(HashEmbedder):
    """Calls something once, while the first texts are embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.call: Callable[[], Awaitable[None]] | None = None

    async def embed_documents(self, texts: Sequence[str]) -> Any:
        call, self.call = self.call, None
        if call is not None:
            await call()
        return await super().embed_documents(texts)


@pytest.mark.parametrize("longer_first", [True, False])
async def test_two_processes_read_a_log_that_grows(
    make_app: Callable[..., App], tmp_path: Path, longer_first: bool
) -> None:
    """While one embeds what it read, the other commits what it read before or after the log grew: each line counts
    once."""
    text = log(TRACE)
    early = text[: text.rindex("\n", 0, text.index("step h")) + 1]
    clean = make_app()
    await ingest(clean, tmp_path / "x.log", text)
    embedder = Meanwhile()
    app = make_app(embedder=embedder)
    other = make_app(store=app.store)
    mine, others = (early, text) if longer_first else (text, early)
    embedder.call = partial(ingest, other, tmp_path / "app.log", others)
    await ingest(app, tmp_path / "seen.log", mine)
    assert embedder.call is None
    assert state(app)["groups"] == state(clean)["groups"]
