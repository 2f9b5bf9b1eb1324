"""The ledger is exact: a fault at any call, at any instant, leaves what one clean re-run completes (check 20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag.rows import BlockRow, ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings
from mcp_rag.store.entities import (
    MAX_TIMELINE_HOURS,
    block_entities,
    block_parts,
    block_row,
    bounded_timeline,
    part_ids,
)
from mcp_rag.store.lite import LiteConnection
from mcp_rag.store.schema import PART_BYTES
from tests.fakes import DictStore, hex_id
from tests.store.worker import block, group

pytestmark = pytest.mark.anyio
HOUR = 3_600_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Crash(RuntimeError):  # noqa: N818 - it is the crash, not an error about one
    """Stands for the end of the process at this instant."""


@dataclass
class Countdown:
    """How many client calls may still happen; None means any number."""

    left: int | None = None
    calls: int = 0

    def tick(self) -> None:
        self.calls += 1
        if self.left is not None:
            if self.left <= 0:
                raise Crash
            self.left -= 1


class CrashingClient:
    """A client whose calls stop at the countdown."""

    def __init__(self, client: Any, countdown: Countdown) -> None:
        self._client = client
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._countdown.tick()
            return method(*args, **kwargs)

        return call


class CrashingConnection(LiteConnection):
    """The embedded store seen through a crashing client: the fault sits at the seam, not in our code."""

    def __init__(self, settings: StoreSettings, countdown: Countdown) -> None:
        super().__init__(settings)
        real = self.link.client
        self.link.client = lambda deadline: CrashingClient(real(deadline), countdown)  # type: ignore[method-assign] # the seam


BIG = {g: {n * HOUR: 1 for n in range(900)} for g in "vwxyz"}


def growing() -> list[tuple[BlockRow, list[str]]]:
    """Three states of one growing file and one other block; the second state is large enough for two parts."""
    short = replace(block("short", {"a": 2, "cut": 1}), open=True)
    longer = replace(
        block("longer", {"a": 3}),
        open=True,
        counts={hex_id("a"): {0: 3}, **{hex_id(g): hours for g, hours in BIG.items()}},
        first_seen=dict.fromkeys(map(hex_id, "avwxyz"), 1),
        last_seen=dict.fromkeys(map(hex_id, "avwxyz"), 900 * HOUR),
    )
    final = block("final", {"a": 4, "b": 5})
    return [
        (short, ["a", "cut"]),
        (replace(block("other", {"a": 10, "v": 1}), head=hex_id("other file")), ["a", "v"]),
        (longer, ["a", *BIG]),
        (final, ["a", "b"]),
    ]


async def ingest(store: MilvusStore | DictStore, steps: Sequence[tuple[BlockRow, list[str]]]) -> None:
    """What the verb does: recover, then per block upsert its new groups and commit, leaving out what is known. Every
    state of the growing file starts with the shorter ones."""
    await store.recover()
    for row, names in steps:
        if await store.get_blocks([row.id]):
            continue
        stored = {g.id for g in await store.get_errors([hex_id(n) for n in names])}
        await store.upsert_errors([group(n) for n in names if hex_id(n) not in stored])
        await store.commit_block(row, [b.id for b in await store.find_open_blocks([row.head])])
    await store.flush()


async def contents(store: MilvusStore | DictStore) -> dict[str, Any]:
    """Everything that must be equal in the end: totals of every counted group and the ledger."""
    groups = await store.query_errors(ErrorFilter(), 100)
    blocks = await store.get_blocks([hex_id(n) for n in ("short", "other", "longer", "final")])
    return {
        "groups": {
            g.title: (g.count, g.first_seen_ms, g.last_seen_ms, dict(g.timeline), g.status) for g in groups if g.count
        },
        "blocks": {b.id: b for b in blocks},
        "rows": (await store.info()).blocks,
    }


async def golden(upto: int) -> dict[str, Any]:
    """The contents according to the fake, which cannot crash."""
    store = DictStore()
    await store.open(model_id="hash", dimension=4)
    await ingest(store, growing()[:upto])
    return await contents(store)


async def run(data_dir: Path, countdown: Countdown, steps: Sequence[tuple[BlockRow, list[str]]]) -> dict[str, Any]:
    """Open, ingest, read, close."""
    settings = StoreSettings(data_dir=data_dir)
    store = MilvusStore(settings, CrashingConnection(settings, countdown))
    try:
        await store.open(model_id="hash", dimension=4)
        await ingest(store, steps)
        return await contents(store)
    finally:
        await store.close()


async def test_ingest_without_faults_is_golden(tmp_path: Path) -> None:
    """The real store and the fake agree after each state of a growing file, parts included."""
    for upto in range(1, 5):
        countdown = Countdown()
        assert await run(tmp_path / "data", countdown, growing()[:upto]) == await golden(upto)


@pytest.mark.slow
async def test_fault_at_every_store_call(tmp_path: Path) -> None:
    """Check 20: the process ends before the n-th call, for every n from opening on; one clean re-run is golden."""
    expected = await golden(4)
    count = Countdown()
    await run(tmp_path / "clean", count, growing())
    _, other, _, final = growing()
    for n in range(count.calls):
        data = tmp_path / f"crash {n}"
        with pytest.raises(Crash):
            await run(data, Countdown(n), growing())
        # What is read again is the file as it is by now.
        assert await run(data, Countdown(), [other, final]) == expected, f"crash before call {n}"


async def test_crash_between_commit_and_totals_is_recovered(tmp_path: Path) -> None:
    """A commit whose totals were not applied is reported and finished by recover, without reading the log again."""
    settings = StoreSettings(data_dir=tmp_path / "data")
    countdown = Countdown()
    store = MilvusStore(settings, CrashingConnection(settings, countdown))
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("a")])
    await store.commit_block(block("first", {"a": 1}))
    counted = countdown.calls
    await store.commit_block(block("second", {"a": 2}))
    needed = countdown.calls - counted
    recovered = 0
    for n in range(needed):
        countdown.left = n
        with pytest.raises(Crash):
            await store.commit_block(block(f"crash {n}", {"a": 10}))
        countdown.left = None
        recovered += await store.recover()
        committed = await store.get_blocks([hex_id(f"crash {n}")])
        if not committed:
            await store.commit_block(block(f"crash {n}", {"a": 10}))
        (found,) = await store.get_errors([hex_id("a")])
        assert found.count == 3 + 10 * (n + 1)
    assert recovered >= 3
    assert await store.recover() == 0
    await store.close()


async def test_crash_while_deleting_is_recovered(tmp_path: Path) -> None:
    """Deleting blocks is a commit too: at whatever call it ends, recover or a second try leaves exact totals."""
    settings = StoreSettings(data_dir=tmp_path / "data")
    countdown = Countdown()
    store = MilvusStore(settings, CrashingConnection(settings, countdown))
    await store.open(model_id="hash", dimension=4)
    for n in range(40):
        await store.upsert_errors([group("a"), group("b")])
        if not await store.get_blocks([hex_id("kept")]):
            await store.commit_block(block("kept", {"a": 1}))
        await store.commit_block(block("gone", {"a": 10, "b": 5}))
        countdown.left = n
        try:
            await store.delete_blocks(source="gone")
            finished = True
        except Crash:
            finished = False
        countdown.left = None
        await store.recover()
        left = {g.title: g.count for g in await store.query_errors(ErrorFilter(), 10)}
        assert left in ({"a": 1}, {"a": 11, "b": 5})
        assert bool(await store.get_blocks([hex_id("gone")])) == ("b" in left)
        await store.delete_blocks(source="gone")
        assert {g.title: g.count for g in await store.query_errors(ErrorFilter(), 10)} == {"a": 1}
        if finished:
            break
    else:
        pytest.fail("deleting never finished")
    await store.close()


HOURS = st.dictionaries(st.integers(0, 20_000).map(lambda n: n * HOUR), st.integers(1, 10_000), max_size=1_500)


@given(HOURS)
def test_timeline_is_bounded_and_keeps_its_sum(timeline: dict[int, int]) -> None:
    """No timeline outgrows its JSON field, none loses an event, and bounding again changes nothing."""
    bounded = bounded_timeline(timeline)
    assert len(bounded) <= MAX_TIMELINE_HOURS
    assert sum(bounded.values()) == sum(timeline.values())
    assert bounded_timeline(bounded) == bounded
    assert list(bounded) == sorted(bounded)
    if len(timeline) <= MAX_TIMELINE_HOURS:
        assert bounded == timeline


def test_very_long_timeline_is_bounded() -> None:
    """Forty years of hours still fit, newest hours exact, sum kept."""
    timeline = {n * HOUR: 1 for n in range(40 * 365 * 24)}
    bounded = bounded_timeline(timeline)
    assert len(bounded) <= MAX_TIMELINE_HOURS
    assert sum(bounded.values()) == len(timeline)
    assert all(bounded[n * HOUR] == 1 for n in range(40 * 365 * 24 - 400, 40 * 365 * 24))


@given(st.dictionaries(st.integers(0, 40).map(hex_id), HOURS, max_size=12))
def test_block_parts_hold_everything_once(counts: dict[str, dict[int, int]]) -> None:
    """Parts stay below the limit, no group is in two of them, and together they are the block's counts."""
    import json

    row = replace(
        block("b", {}), counts=counts, first_seen=dict.fromkeys(counts, 1), last_seen=dict.fromkeys(counts, 2)
    )
    parts = block_parts(row)
    assert all(len(json.dumps(part)) <= PART_BYTES + 16 or len(part) == 1 for part in parts)
    assert max(Counter(g for part in parts for g in part).values(), default=1) == 1
    main = {
        "id": row.id,
        "head": row.head,
        "source": row.source,
        "service": "",
        "size_bytes": 1,
        "lines": 1,
        "events": 1,
        "min_level": 13,
        "open": 0,
        "applied": 0,
        "created": 1,
    }
    merged = {g: item for part in parts for g, item in part.items()}
    expected = {g: bounded_timeline(hours) for g, hours in counts.items()}
    assert block_row(main, merged) == replace(row, counts=expected)


@given(st.dictionaries(st.integers(0, 40).map(hex_id), HOURS, max_size=12), st.sampled_from(["", "bWFya3M="]))
def test_parts_are_found_by_their_main_entity(counts: dict[str, dict[int, int]], marks: str) -> None:
    """The main entity tells the ids of all parts, the one with the marks included, and each entity fits its limit."""
    seen = dict.fromkeys(counts, 1)
    row = replace(block("b", {}), counts=counts, first_seen=seen, last_seen=seen, marks=marks)
    main, pieces = block_entities(row, (), applied=0)
    assert part_ids(main) == [piece["id"] for piece in pieces]
    assert [piece["meta"].get("marks", "") for piece in pieces] == [""] * (len(pieces) - bool(marks)) + [marks] * bool(
        marks
    )
    assert [piece["part"] for piece in (main, *pieces)] == list(range(len(pieces) + 1))
