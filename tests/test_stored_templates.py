"""Templates of stored groups: what is read of them, when, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from mcp_rag import stored_templates
from mcp_rag.errors import StoreUnavailable
from mcp_rag.merge import MergeIndex
from mcp_rag.rows import ErrorGroup, GroupTemplate, Kind
from mcp_rag.stored_templates import StoredTemplates
from mcp_rag.types import Fingerprint, Level
from tests.fakes import DictStore, hex_id
from tests.store.worker import group

pytestmark = pytest.mark.anyio
WAIT_S = 10.0


class Watched(DictStore):
    """Notes the ids whose rows were read; a read waits while `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.hidden: set[str] = set()
        self.broken_after: int | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def get_templates(self, ids: Sequence[str]) -> list[GroupTemplate]:
        if self.broken_after is not None and len(self.read) >= self.broken_after:
            raise StoreUnavailable("down", "wait", retry=True)
        self.read += ids
        await asyncio.wait_for(self.free.wait(), WAIT_S)
        return [row for row in await super().get_templates(ids) if row.id not in self.hidden]


@pytest.fixture
async def store() -> Watched:
    made = Watched()
    await made.open(model_id="hash", dimension=4)
    return made


def message(n: int) -> ErrorGroup:
    """A group whose message has a variable word, as others of its kind have."""
    return replace(group(f"m{n}"), template=f"cannot reach /srv/data{n}/x.sock for the tenant", codes=())


def fingerprint(row: ErrorGroup) -> Fingerprint:
    return Fingerprint(id=hex_id("unseen"), related=hex_id("unseen"), template=row.template, codes=())


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_only_new_groups_are_read(store: Watched) -> None:
    """What is known is not read again: the rows of ten thousand groups take seconds."""
    clock = Clock()
    templates = StoredTemplates(lambda: store, clock)
    await store.upsert_errors([message(n) for n in range(3)])
    assert len(await templates.current()) == 3
    await store.upsert_errors([message(3)])
    assert len(await templates.current()) == 3  # asked a moment ago
    clock.now = stored_templates.FRESH_S
    assert len(await templates.current()) == 4
    assert sorted(store.read) == sorted(hex_id(f"m{n}") for n in range(4))


async def test_our_own_are_seen_at_once(store: Watched) -> None:
    """After `forget` the next call looks again, whatever the clock says."""
    templates = StoredTemplates(lambda: store, Clock())
    assert len(await templates.current()) == 0
    await store.upsert_errors([message(0)])
    templates.forget()
    assert len(await templates.current()) == 1


async def test_a_deleted_group_leads_no_more(store: Watched) -> None:
    """Its template is free for a group of its own; the others are not read again."""
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0), replace(group("trace"), root_type="KeyError")])
    seen = fingerprint(message(0))
    index = await templates.current()
    assert index.lookup(seen, level=Level.ERROR, logger="", has_trace=False) == hex_id("m0")
    await store.delete_errors([hex_id("m0")])
    templates.forget()
    index = await templates.current()
    assert index.lookup(seen, level=Level.ERROR, logger="", has_trace=False) is None
    assert len(index) == 1
    assert len(store.read) == 2


async def test_a_search_waits_a_moment_and_a_write_to_the_end(store: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many groups of another process are being read: a search goes on with what was known, a write does not."""
    monkeypatch.setattr(stored_templates, "PATIENCE_S", 0.01)
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0)])
    assert len(await templates.current()) == 1
    await store.upsert_errors([message(n) for n in range(1, 4)])
    templates.forget()
    store.free.clear()
    assert len(await templates.current()) == 1
    writer = asyncio.create_task(templates.latest())
    await asyncio.sleep(0)
    assert not writer.done()
    store.free.set()
    assert len(await asyncio.wait_for(writer, WAIT_S)) == 4
    assert len(store.read) == 4  # both waited for one reading


async def test_a_store_that_does_not_answer_is_told_and_asked_again(store: Watched) -> None:
    """The error reaches who waits; the next call tries again, and what was known stays."""
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0)])
    await templates.current()
    await store.upsert_errors([message(1)])
    templates.forget()
    store.fail["list_ids"] = StoreUnavailable("down", "wait", retry=True)
    with pytest.raises(StoreUnavailable):
        await templates.current()
    assert len(await templates.current()) == 2


async def test_two_ingests_share_what_they_meet(store: Watched) -> None:
    """Both at once make one group of one template; a search sees only what is stored."""
    templates = StoredTemplates(lambda: store, Clock())
    seen = fingerprint(message(0))
    async with templates.growing() as one, templates.growing() as other:
        assert one is other
        one.assign(seen, level=Level.ERROR, logger="", has_trace=False)
        assert other.lookup(seen, level=Level.ERROR, logger="", has_trace=False) == seen.id
        assert len(await templates.current()) == 0
    async with templates.growing() as later:
        assert len(later) == 0


async def test_only_so_many_are_kept(store: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base that is larger costs no more memory, and is not read again and again."""
    monkeypatch.setattr(stored_templates, "MAX_TEMPLATES", 2)
    monkeypatch.setattr(stored_templates, "READ_BATCH", 1)
    clock = Clock()
    templates = StoredTemplates(lambda: store, clock)
    await store.upsert_errors([message(n) for n in range(4)])
    assert len(await templates.current()) == 2
    clock.now = 2 * stored_templates.FRESH_S
    assert len(await templates.current()) == 2
    assert len(store.read) == 2


async def test_as_many_other_groups_are_another_store(store: Watched) -> None:
    """A base at its limit loses as many groups as it gains: after our own writes the number says nothing."""
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0), message(1)])
    await templates.current()
    await store.delete_errors([hex_id("m0")])
    await store.upsert_errors([message(2)])
    templates.forget()
    index = await templates.current()
    assert {hex_id(f"m{n}") for n in range(3) if await found(index, n)} == {hex_id("m1"), hex_id("m2")}


async def found(index: MergeIndex, n: int) -> bool:
    """Whether the group of a message leads."""
    return index.lookup(known(n), level=Level.ERROR, logger="", has_trace=False) == hex_id(f"m{n}")


def known(n: int) -> Fingerprint:
    """The fingerprint of a stored message."""
    return Fingerprint(id=hex_id(f"m{n}"), related=hex_id(f"m{n}"), template=message(n).template, codes=())


async def test_a_slow_store_is_not_asked_for_ever(store: Watched) -> None:
    """A count that takes longer than its answer is fresh: the reading ends all the same."""
    clock = Clock()

    class Slow(Watched):
        async def list_ids(self, kind: Kind) -> list[str]:
            clock.now += 2 * stored_templates.FRESH_S
            return await super().list_ids(kind)

    slow = Slow()
    await slow.open(model_id="hash", dimension=4)
    templates = StoredTemplates(lambda: slow, clock)
    await slow.upsert_errors([message(0)])
    assert len(await asyncio.wait_for(templates.latest(), WAIT_S)) == 1
    assert slow.calls["list_ids"] == 1


async def test_two_ingests_that_begin_at_once_share_an_empty_index(store: Watched) -> None:
    """Both wait for the templates of a base that has none yet."""
    templates = StoredTemplates(lambda: store, Clock())
    met: list[MergeIndex] = []
    both = asyncio.Barrier(2)

    async def ingest() -> None:
        async with templates.growing() as index:
            met.append(index)
            await asyncio.wait_for(both.wait(), WAIT_S)

    await asyncio.gather(ingest(), ingest())
    assert met[0] is met[1]


async def test_a_row_that_is_listed_but_not_there_yet_is_asked_for_again(store: Watched) -> None:
    """A replica that lags behind lists what it does not return."""
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0)])
    store.hidden.add(hex_id("m0"))
    assert len(await templates.current()) == 0
    store.hidden.clear()
    assert len(await templates.current()) == 1


async def test_room_that_appears_is_used(store: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups beyond the limit are read once others are gone."""
    monkeypatch.setattr(stored_templates, "MAX_TEMPLATES", 2)
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(n) for n in range(4)])
    await templates.current()
    await store.delete_errors(store.read)
    templates.forget()
    assert len(await templates.current()) == 2


@pytest.mark.parametrize("first", [True, False])
async def test_half_a_reading_is_kept_and_what_was_deleted_meanwhile_is_not(
    store: Watched, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    """The store fails between two batches, the first time or later: nothing read is read again, nothing gone leads."""
    monkeypatch.setattr(stored_templates, "READ_BATCH", 1)
    templates = StoredTemplates(lambda: store, Clock())
    if not first:
        await templates.current()
    await store.upsert_errors([message(n) for n in range(3)])
    templates.forget()
    store.broken_after = 1
    with pytest.raises(StoreUnavailable):
        await templates.latest()
    store.broken_after = None
    (kept,) = store.read[:1]
    assert len(await templates.latest()) == 3
    assert store.read.count(kept) == 1
    await store.delete_errors([kept])
    templates.forget()
    assert len(await templates.latest()) == 2


async def test_what_nobody_waited_for_is_logged(
    store: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reading that fails after the search went on: a defect of ours is told, and the next call tries again."""
    monkeypatch.setattr(stored_templates, "PATIENCE_S", 0.01)
    templates = StoredTemplates(lambda: store, Clock())
    await templates.current()
    await store.upsert_errors([message(0)])
    templates.forget()
    store.free.clear()
    assert len(await templates.current()) == 0
    store.fail["get_templates"] = KeyError("defect")
    reading = templates._reading
    assert reading is not None
    store.free.set()
    await asyncio.wait({reading}, timeout=WAIT_S)
    assert "could not be read" in caplog.text
    assert len(await templates.current()) == 1


async def test_closing_stops_a_reading(store: Watched) -> None:
    """Nothing runs on after it."""
    templates = StoredTemplates(lambda: store, Clock())
    await store.upsert_errors([message(0)])
    store.free.clear()
    waiting = asyncio.create_task(templates.current())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await templates.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
