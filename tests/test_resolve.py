"""Keeping what fixed an error: outcomes add up, status follows, undo and supersedes, and nothing secret is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcp_rag import knowledge
from mcp_rag.app import App
from mcp_rag.errors import EmbeddingError, InputError, NotFoundError
from mcp_rag.resolve import MAX_FIX_CHARS, RecordRequest, resolution_id
from mcp_rag.results import RecordResult
from mcp_rag.rows import ErrorGroup
from mcp_rag.search import SearchRequest
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio

DAY_MS = 86_400_000
LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"


@pytest.fixture
async def group(app: App) -> ErrorGroup:
    """One known error."""
    async for _ in app.ingest(text=LINE, trusted=True):
        pass
    (found,) = app.store.errors.values()  # type: ignore[attr-defined] # a DictStore
    return found  # type: ignore[no-any-return] # as above


async def record(app: App, fix: str = "restart", **changes: Any) -> RecordResult:
    """Record one outcome."""
    return await app.resolver.record(RecordRequest(fix, **changes))


async def test_outcomes_add_up(app: App, group: ErrorGroup) -> None:
    """The same fix again adds to its count, white space and case aside; each outcome and environment apart."""
    first = await record(app, "Restart the  pool", error_id=group.id)
    again = await record(app, "restart the pool ", error_id=group.id)
    failed = await record(app, "Restart the pool", error_id=group.id, outcome="failed", environment="ci", version="2")
    assert first.id == again.id == failed.id
    assert (failed.worked, failed.failed, failed.partial) == (2, 1, 0)
    (stored,) = await app.store.resolutions_of([group.id])
    assert {(o.outcome, o.environment, o.version, o.count) for o in stored.outcomes} == {
        ("worked", "", "", 2),
        ("failed", "ci", "2", 1),
    }


async def test_the_version_is_the_range_it_holds_for(app: App, group: ErrorGroup) -> None:
    """What was recorded as version comes back with the hit, so that a later paste can be held against it."""
    await record(app, error_id=group.id, version="numpy<2")
    hit = (await app.searcher.search(SearchRequest(LINE + "numpy 2.1.0"))).hits[0]
    assert hit.resolutions[0].version == "numpy<2"
    assert hit.resolutions[0].version_conflict


async def test_status_follows_the_outcome(app: App, group: ErrorGroup) -> None:
    """worked resolves; failed and partial do not."""
    assert (await record(app, "a", error_id=group.id, outcome="failed")).status == "unresolved"
    assert (await record(app, "b", error_id=group.id, outcome="partial")).status == "unresolved"
    assert (await record(app, "c", error_id=group.id)).status == "resolved"
    (stored,) = await app.store.get_errors([group.id])
    assert stored.status == "resolved"


async def test_undo_takes_it_back(app: App, group: ErrorGroup) -> None:
    """Undo hides the fix, brings the status back, and recording it again revives it."""
    result = await record(app, error_id=group.id)
    retracted = await app.resolver.undo(result.id)
    assert retracted.retracted
    (stored,) = await app.store.get_errors([group.id])
    assert stored.status == "unresolved"
    assert (await app.searcher.search(SearchRequest(LINE))).hits[0].resolutions == []
    await record(app, error_id=group.id)
    assert (await app.searcher.search(SearchRequest(LINE))).hits[0].resolutions[0].worked == 2


@pytest.mark.parametrize("wrong", ["a" * 32, "nonsense", ""])
async def test_undo_of_nothing_is_an_error(app: App, wrong: str) -> None:
    """An id that names no resolution is refused with where to find one."""
    with pytest.raises(InputError):
        await app.resolver.undo(wrong)


async def test_supersedes(app: App, group: ErrorGroup) -> None:
    """The old fix stays, marked; it must be another resolution of the same error."""
    old = await record(app, "old", error_id=group.id)
    new = await record(app, "new", error_id=group.id, supersedes=old.id)
    assert new.superseded == old.id
    rows = {r.fix: r.superseded_by for r in await app.store.resolutions_of([group.id])}
    assert rows == {"old": new.id, "new": ""}
    for wrong in (new.id, "b" * 32, "zz"):
        with pytest.raises(NotFoundError, match="supersedes"):
            await record(app, "new", error_id=group.id, supersedes=wrong)


async def test_undoing_a_replacement_brings_the_old_fix_back(app: App, group: ErrorGroup) -> None:
    """A taken back replacement replaces nothing; in a chain the next one stands in for it."""
    first = await record(app, "first", error_id=group.id)
    second = await record(app, "second", error_id=group.id, supersedes=first.id)
    third = await record(app, "third", error_id=group.id, supersedes=second.id)

    async def replaced() -> dict[str, str]:
        return {r.fix: r.superseded_by for r in await app.store.resolutions_of([group.id]) if not r.retracted}

    await app.resolver.undo(second.id)
    assert await replaced() == {"first": third.id, "third": ""}
    await app.resolver.undo(third.id)
    assert await replaced() == {"first": ""}


async def test_fixes_cannot_replace_each_other_in_a_circle(app: App, group: ErrorGroup) -> None:
    """The latest word counts: one of them is always in use."""
    old = await record(app, "old", error_id=group.id)
    new = await record(app, "new", error_id=group.id, supersedes=old.id)
    await record(app, "old", error_id=group.id, supersedes=new.id)
    rows = {r.fix: r.superseded_by for r in await app.store.resolutions_of([group.id])}
    assert rows == {"old": "", "new": old.id}


async def test_trust_is_renewed_by_success_alone(make_app: Callable[..., App]) -> None:
    """`last_verified` is when the fix last worked; a failure, a part, or any number of reads leave it as it is, and a
    year without a success makes it stale."""
    store, now = DictStore(), [1_700_000_000_000]
    app = make_app(store=store)
    await app.ready()
    app.resolver._now_ms = lambda: now[0]
    app.searcher._now_ms = lambda: now[0]
    app.browser._now_ms = lambda: now[0]
    error_id = (await record(app, error_text=LINE, outcome="failed")).error_id

    async def shown() -> tuple[str, bool]:
        await app.explain.explain(LINE, "", "")
        await app.explain.explain("", error_id, "")
        await app.browser.get(error_id)
        (fix,) = (await app.searcher.search(SearchRequest(LINE))).hits[0].resolutions
        return fix.last_verified, fix.stale

    assert await shown() == ("", False)
    await record(app, error_id=error_id)
    assert await shown() == ("2023-11-14T22:13:20Z", False)
    now[0] += 300 * DAY_MS
    await record(app, error_id=error_id, outcome="failed")
    await record(app, error_id=error_id, outcome="partial")
    assert await shown() == ("2023-11-14T22:13:20Z", False)
    now[0] += 100 * DAY_MS
    before = dict(store.resolutions)
    assert await shown() == ("2023-11-14T22:13:20Z", True)
    assert store.resolutions == before


async def test_one_success_does_not_beat_forty_of_forty_five(app: App, group: ErrorGroup) -> None:
    """The lower Wilson bound ranks, in hits and in the answer without a model; what only failed comes last."""
    for _ in range(40):
        tried = await record(app, "raise the pool size", error_id=group.id)
    for _ in range(5):
        await record(app, "raise the pool size", error_id=group.id, outcome="failed")
    await record(app, "turn it off and on", error_id=group.id)
    await record(app, "delete the database", error_id=group.id, outcome="failed")
    shown = (await app.searcher.search(SearchRequest(LINE))).hits[0].resolutions
    assert [(r.fix, r.worked, r.failed) for r in shown] == [
        ("raise the pool size", 40, 5),
        ("turn it off and on", 1, 0),
        ("delete the database", 0, 1),
    ]
    assert shown[0].id == tried.id
    steps = [s.text for s in (await app.explain.explain(LINE, "", "")).steps]
    assert [s.split(":")[0].split(",")[0] for s in steps] == [
        "Recorded fix",
        "Recorded fix",
        "Recorded as tried without success",
    ]
    assert '"raise the pool size"' in steps[0]


async def test_an_error_that_comes_back_is_reported_as_returned(app: App, group: ErrorGroup) -> None:
    """After a worked fix: by the ingest that sees it, by searches, and by lists."""
    await record(app, error_id=group.id)
    later = LINE.replace("2026-11-23", "2100-01-01")
    reports = [r async for r in app.ingest(text=later, trusted=True)]
    assert reports[-1].groups_returned == 1
    hit = (await app.searcher.search(SearchRequest(LINE))).hits[0]
    assert (hit.id, hit.status, hit.count) == (group.id, "returned", 2)
    assert (await app.explain.explain(LINE, "", "")).evidence[0].status == "returned"


async def test_an_error_nobody_logged(app: App) -> None:
    """error_text makes an entry that later searches and ingests find."""
    result = await record(app, "grow it", error_text="disk full on /var: ENOSPC")
    assert not result.error_known
    assert result.hint
    hit = (await app.searcher.search(SearchRequest("disk full on /var: ENOSPC"))).hits[0]
    assert (hit.id, hit.match_type, hit.count) == (result.error_id, "exact", 0)
    reports = [
        r async for r in app.ingest(text="2020-01-01T00:00:00Z ERROR api disk full on /var: ENOSPC\n", trusted=True)
    ]
    assert reports[-1].groups_known_with_resolution + reports[-1].groups_returned + reports[-1].groups_new == 1
    again = await record(app, "grow it", error_text="disk full on /var: ENOSPC")
    assert (again.error_known, again.worked) == (True, 2)


async def test_error_text_finds_the_known_group(app: App, group: ErrorGroup) -> None:
    """The paste is matched as a search would, not stored twice."""
    result = await record(app, error_text=LINE.replace("10:00:01", "11:22:33"))
    assert (result.error_id, result.error_known) == (group.id, True)


@pytest.mark.parametrize(
    ("fix", "changes", "said"),
    [
        ("", {"error_id": "self"}, "fix is empty"),
        ("  \n ", {"error_id": "self"}, "fix is empty"),
        ("x" * (MAX_FIX_CHARS + 1), {"error_id": "self"}, "over 20000"),
        ("f", {}, "either"),
        ("f", {"error_id": "self", "error_text": "x"}, "either"),
        ("f", {"error_text": "   "}, "either"),
        ("f", {"error_id": "b" * 32}, "is stored"),
        ("f", {"error_id": "zz"}, "not an id"),
    ],
)
async def test_refused_records(app: App, group: ErrorGroup, fix: str, changes: dict[str, Any], said: str) -> None:
    """Each unusable call is one error and stores nothing."""
    changes = {k: group.id if v == "self" else v for k, v in changes.items()}
    with pytest.raises(InputError, match=said):
        await record(app, fix, **changes)
    assert await app.store.resolutions_of([group.id]) == []


async def test_secrets_in_a_fix_are_redacted(app: App, group: ErrorGroup) -> None:
    """Fix, environment, version and note pass the gate."""
    key = "ghp_" + "a1B2" * 9
    await record(app, f"use {key}", error_id=group.id, environment=key, version=key, note=key)
    assert key not in repr(await app.store.resolutions_of([group.id]))
    assert key not in repr(app.store)


async def test_the_result_echoes_what_was_stored(app: App, group: ErrorGroup) -> None:
    """Environment and version of the result are the stored, redacted ones."""
    key = "ghp_" + "a1B2" * 9
    result = await record(app, "f", error_id=group.id, environment=f"host {key}", version="1")
    assert key not in repr(result)


async def test_without_a_model_nothing_is_half_stored(make_app: Callable[..., App]) -> None:
    """A new entry needs its vector: the failure comes before anything is written."""
    embedder = HashEmbedder()
    app = make_app(embedder=embedder)
    await app.opened()
    embedder.failure = EmbeddingError("No model.", "Fetch it.")
    with pytest.raises(EmbeddingError):
        await record(app, "f", error_text="boom: E1234")
    assert (app.store.errors, app.store.resolutions) == ({}, {})  # type: ignore[attr-defined] # a DictStore


async def test_notes_are_imported_once(make_app: Callable[..., App]) -> None:
    """The shipped pack, imported twice, adds nothing the second time, and never touches what users recorded."""
    store = DictStore()
    app = make_app(store=store)
    await app.ready()
    notes = knowledge.load()[:40]
    groups, resolutions = await app.resolver.import_notes(notes, "starter")
    assert groups > 20
    assert resolutions >= groups
    before = dict(store.resolutions)
    some = next(iter(store.resolutions.values()))
    await record(app, some.fix, error_id=some.error_id)
    assert await app.resolver.import_notes(notes, "starter") == (0, 0)
    assert store.resolutions[some.id].outcomes
    assert len(store.resolutions) == len(before)


def test_resolution_ids_follow_error_and_fix() -> None:
    """Same error, same words: same id; anything else another."""
    assert resolution_id("e", "A  b") == resolution_id("e", "a b")
    assert resolution_id("e", "a b") != resolution_id("f", "a b")
