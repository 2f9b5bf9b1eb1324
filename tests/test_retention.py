"""Forgetting: what would go is said first, counts follow from the ledger, and what somebody recorded stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.errors import InputError, NotFoundError
from mcp_rag.results import IngestResult
from mcp_rag.retention import DAY_MS, Selection, delete, retain, retained
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from tests.fakes import DictStore, hex_id
from tests.knowledge_rows import DIMENSION, block, fill, group

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["dict", "lite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """A filled store of each kind: disk 3 + 1, pool 2 with a fix, null 7."""
    made: Any = DictStore() if request.param == "dict" else open_store(StoreSettings(data_dir=tmp_path / "d"))
    await made.open(model_id="hash@64", dimension=DIMENSION)
    await fill(made)
    yield made
    await made.close()


async def counts(store: Any) -> dict[str, int]:
    """Occurrences by the readable name of each stored group."""
    names = {hex_id(name): name for name in ("disk", "pool", "null", "ghost", "shipped")}
    groups = await store.query_errors(ErrorFilter(), 100)
    return {names[g.id]: g.count for g in groups}


@pytest.mark.parametrize(
    "selection",
    [Selection(source="/logs/b.log"), Selection(service="shop"), Selection(before_ms=15 * DAY_MS),
     Selection(ids=(hex_id("pool"), hex_id("fix")))],
)  # fmt: skip
async def test_a_dry_run_changes_nothing_and_tells_the_truth(store: Any, selection: Selection) -> None:
    """The default only looks; what it says would go is what then goes."""
    before = await counts(store), await store.list_ids("blocks"), await store.list_ids("resolutions")
    said = await delete(store, selection)
    assert not said.done
    assert (await counts(store), await store.list_ids("blocks"), await store.list_ids("resolutions")) == before
    did = await delete(store, selection, really=True)
    assert replace(did, done=False) == said
    after = await counts(store), await store.list_ids("blocks"), await store.list_ids("resolutions")
    assert (len(before[0]) - len(after[0]), len(before[1]) - len(after[1])) == (said.errors, said.blocks)
    assert len(before[2]) - len(after[2]) == said.resolutions


async def test_delete_by_source(store: Any) -> None:
    """A source's occurrences go; a group left without any goes; one seen elsewhere keeps the rest of its count."""
    result = await delete(store, Selection(source="/logs/b.log"), really=True)
    assert (result.blocks, result.events, result.errors, result.errors_reduced) == (2, 8, 1, 1)
    assert await counts(store) == {"disk": 3, "pool": 2}
    assert [e.title for e in result.removed] == ["null pointer in checkout"]


async def test_a_deleted_source_is_no_longer_named(store: Any) -> None:
    """A group that stays does not name the deleted file any more."""
    (disk,) = await store.get_errors([hex_id("disk")])
    await store.upsert_errors([replace(disk, sources=("/logs/a.log", "/logs/b.log"))])
    await delete(store, Selection(source="/logs/b.log"), really=True)
    (disk,) = await store.get_errors([hex_id("disk")])
    assert disk.sources == ("/logs/a.log",)


async def test_a_group_with_a_fix_stays_with_zero_count(store: Any) -> None:
    """What somebody recorded is not lost with the logs it came from."""
    result = await delete(store, Selection(source="/logs/a.log"), really=True)
    assert (result.errors, result.errors_kept, result.errors_reduced) == (0, 1, 1)
    assert await counts(store) == {"disk": 1, "pool": 0, "null": 7}
    assert len(await store.resolutions_of([hex_id("pool")])) == 1


async def test_delete_by_time_of_ingest(store: Any) -> None:
    """`before` is about when rows were stored."""
    result = await delete(store, Selection(before_ms=15 * DAY_MS), really=True)
    assert (result.blocks, result.events) == (1, 5)
    assert await counts(store) == {"disk": 1, "pool": 0, "null": 7}


async def test_delete_by_service(store: Any) -> None:
    """Groups seen in one service only go with it; those shared with others stay, and are counted as such."""
    assert (await delete(store, Selection(service="shop"), really=True)).errors == 1
    assert await counts(store) == {"disk": 4, "pool": 2}
    result = await delete(store, Selection(service="worker"))
    assert (result.errors, result.errors_shared) == (0, 1)


async def test_delete_by_service_of_an_ingest(store: Any) -> None:
    """What was ingested under a service's name goes with its ledger rows."""
    await store.commit_block(block("four", {"disk": 9}, service="batch"))
    result = await delete(store, Selection(service="batch"), really=True)
    assert (result.blocks, result.errors, result.errors_reduced) == (1, 0, 1)
    assert (await counts(store))["disk"] == 4


async def test_conditions_must_all_hold(store: Any) -> None:
    """Source and time together delete less than either."""
    assert (await delete(store, Selection(source="/logs/a.log", before_ms=5 * DAY_MS))).blocks == 0
    assert (await delete(store, Selection(source="/logs/a.log", before_ms=15 * DAY_MS))).blocks == 1


async def test_delete_by_id(store: Any) -> None:
    """A group named by its id goes with everything recorded about it."""
    result = await delete(store, Selection(ids=(hex_id("pool"),)), really=True)
    assert (result.errors, result.resolutions) == (1, 1)
    assert await counts(store) == {"disk": 4, "null": 7}
    assert await store.list_ids("resolutions") == []


async def test_delete_a_resolution(store: Any) -> None:
    """A resolution can go alone; its group's status follows."""
    await store.upsert_errors([replace((await store.get_errors([hex_id("pool")]))[0], status="resolved")])
    await delete(store, Selection(ids=(hex_id("fix"),)), really=True)
    (pool,) = await store.get_errors([hex_id("pool")])
    assert (pool.status, pool.count) == ("unresolved", 2)


async def test_a_deleted_group_comes_back_with_its_history(store: Any) -> None:
    """Deleted by id, a group that is seen again counts what the ledger still knows."""
    (pool,) = await store.export_errors([hex_id("disk")])
    await delete(store, Selection(ids=(pool.id,)), really=True)
    await store.upsert_errors([pool])
    await store.commit_block(block("again", {"disk": 1}))
    assert (await counts(store))["disk"] == 5


@pytest.mark.parametrize("selection", [Selection(), Selection(source="a", ids=(hex_id("pool"),))])
async def test_unclear_selections_are_refused(store: Any, selection: Selection) -> None:
    """Nothing chosen, or two ways at once, deletes nothing."""
    with pytest.raises(InputError):
        await delete(store, selection, really=True)
    assert len(await counts(store)) == 3


async def test_unknown_ids_are_named(store: Any) -> None:
    """One unknown id among known ones stops the whole call."""
    with pytest.raises(NotFoundError, match=hex_id("unknown")):
        await delete(store, Selection(ids=(hex_id("pool"), hex_id("unknown"))), really=True)
    assert len(await counts(store)) == 3


# ---------------------------------------------------------------- limits
async def test_retention_by_age(store: Any) -> None:
    """What was ingested longer ago than the limit goes; the same call again finds nothing."""
    gone = await retain(store, retention_days=10, max_errors=0, now_ms=25 * DAY_MS)
    assert (gone.blocks, gone.events, gone.errors) == (1, 5, 0)
    assert await counts(store) == {"disk": 1, "pool": 0, "null": 7}
    again = await retain(store, retention_days=10, max_errors=0, now_ms=25 * DAY_MS)
    assert (again.blocks, again.errors) == (0, 0)


def vector(place: int) -> tuple[float, ...]:
    """A unit vector."""
    return tuple(1.0 if i == place else 0.0 for i in range(DIMENSION))


async def test_retention_by_size_spares_fixes_and_shipped_groups(store: Any) -> None:
    """The groups longest not seen go first, but never one with a fix or one that came with the product."""
    shipped = group("shipped", "shipped", origin="starter", vector=vector(1))
    await store.upsert_errors([shipped])
    await store.commit_block(block("four", {"null": 1}, last_seen={hex_id("null"): 30 * DAY_MS}))
    assert (await retain(store, retention_days=0, max_errors=3, now_ms=0)).errors == 1
    assert set(await counts(store)) == {"pool", "null", "shipped"}
    assert (await retain(store, retention_days=0, max_errors=1, now_ms=0)).errors == 1
    assert await counts(store) == {"pool": 2, "shipped": 0}
    assert (await retain(store, retention_days=0, max_errors=1, now_ms=0)).errors == 0


async def test_what_another_ingest_is_storing_does_not_go_first(store: Any) -> None:
    """A group whose block is committed but not summed up yet is the newest, not the oldest; one whose block is still
    to be committed would make that commit fail, so it goes last."""
    await store.upsert_errors([group("ghost", "written", vector=vector(1)), group("shipped", "new", vector=vector(2))])
    newest = {hex_id("shipped"): 40 * DAY_MS}
    await store.commit_block(block("four", {"shipped": 1}, first_seen=newest, last_seen=newest), totals=False)
    assert (await retain(store, retention_days=0, max_errors=3, now_ms=0)).errors == 2
    assert await counts(store) == {"pool": 2, "ghost": 0, "shipped": 1}
    await store.commit_block(block("five", {"ghost": 1}))
    assert (await counts(store))["ghost"] == 1


async def test_limits_are_off_by_default(store: Any) -> None:
    """Zero keeps everything."""
    gone = await retain(store, retention_days=0, max_errors=0, now_ms=10**15)
    assert (gone.errors, gone.blocks) == (0, 0)
    assert len(await counts(store)) == 3


async def test_the_ingest_report_says_what_was_forgotten(store: Any) -> None:
    """The last report of an ingest names what keeping the limits removed (promise 3: nothing silently)."""
    numbers: dict[str, Any] = {f.name: 0 for f in fields(IngestResult) if f.type == "int" and f.name != "skipped_total"}
    report = IngestResult(complete=True, **numbers)
    assert await retained(store, report, 0, 0) == report
    told = await retained(store, report, 0, 1)
    assert "2 error groups" in told.hint
    assert await counts(store) == {"pool": 2}


async def test_an_ingest_keeps_the_limits(make_app: Any) -> None:
    """The settings act at the end of an ingest, and its report says so."""
    app = make_app(max_errors=2)
    await app.opened()
    words = ("disk full", "socket closed by peer", "license expired", "clock skew detected", "queue overflow")
    text = "\n".join(f"2026-01-01T00:0{n}:00Z ERROR {w}" for n, w in enumerate(words)) + "\n"
    reports = [report async for report in app.ingest(text=text)]
    assert reports[-1].complete
    assert "3 error groups" in reports[-1].hint
    left = await app.store.query_errors(ErrorFilter(), 10)
    assert {g.last_seen_ms % 3_600_000 // 60_000 for g in left} == {3, 4}
