"""What several clients record about one error at once: every Store keeps all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mcp_rag.config import Settings
from mcp_rag.errors import NotFoundError
from mcp_rag.resolve import RecordRequest, Resolver
from mcp_rag.rows import Resolution
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.store.milvus import MilvusStore
from mcp_rag.template import MergeIndex
from mcp_rag.wiring import build_gate
from tests.contracts.test_store import AnyStore, block, group, one
from tests.fakes import HashEmbedder, hex_id

pytestmark = pytest.mark.anyio


def resolver(store: AnyStore) -> Resolver:
    """The verb that records, on one store."""

    async def merge() -> MergeIndex:
        return MergeIndex()

    return Resolver(store, HashEmbedder(4), lambda: build_gate(Settings()), merge)


async def seen(store: AnyStore) -> str:
    """An error that was seen once."""
    await store.upsert_errors([group("disk")])
    await store.commit_block(block("b", {"disk": {0: 1}}))
    return hex_id("disk")


async def test_outcomes_recorded_at_once_all_count(store: AnyStore) -> None:
    """Tasks of one server record the same fix, and others: none is lost, and the status follows."""
    error_id = await seen(store)
    record = resolver(store).record
    same = [record(RecordRequest("make room", error_id=error_id)) for _ in range(12)]
    others = [record(RecordRequest(f"way {n}", "failed", error_id=error_id)) for n in range(6)]
    await asyncio.gather(*same, *others)
    rows = {r.fix: sum(o.count for o in r.outcomes) for r in await store.resolutions_of([error_id])}
    assert rows == {"make room": 12, **{f"way {n}": 1 for n in range(6)}}
    assert (await one(store, "disk")).status == "resolved"


async def test_outcomes_recorded_by_two_processes_all_count(tmp_path: Path) -> None:
    """The owner of a store and its guest record the same fix at once."""
    stores: list[MilvusStore] = [open_store(StoreSettings(data_dir=tmp_path / "data")) for _ in range(2)]
    try:
        for store in stores:
            await store.open(model_id="hash", dimension=4)
        error_id = await seen(stores[0])
        asked = RecordRequest("make room", error_id=error_id)
        await asyncio.gather(*(resolver(stores[n % 2]).record(asked) for n in range(10)))
        (row,) = await stores[0].resolutions_of([error_id])
        assert [o.count for o in row.outcomes] == [10]
    finally:
        for store in reversed(stores):
            await store.close()


async def test_a_change_that_is_refused_writes_nothing(store: AnyStore) -> None:
    """What the change raises comes back, and what was recorded stays."""
    error_id = await seen(store)
    await resolver(store).record(RecordRequest("make room", error_id=error_id))
    before = await store.resolutions_of([error_id])

    def refuse(rows: Sequence[Resolution]) -> Sequence[Resolution]:
        assert list(rows) == before
        raise NotFoundError("No such thing.", "Look again.")

    with pytest.raises(NotFoundError):
        await store.change_resolutions(error_id, refuse)
    assert await store.resolutions_of([error_id]) == before
    await store.change_resolutions(error_id, lambda rows: [replace(r, retracted=True) for r in rows])
    assert (await one(store, "disk")).status == "unresolved"
