"""Rows of groups during an ingest: read once, written when they change, never over another writer's change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mcp_rag import group_rows
from mcp_rag.describing import Describer
from mcp_rag.errors import EmbeddingError, StoreError
from mcp_rag.fingerprint import Fingerprinter
from mcp_rag.group_rows import GroupRows
from mcp_rag.grouping import VARIANTS_UNTIL, collect
from mcp_rag.occurrences import Occurrences
from mcp_rag.redact import Redactor
from mcp_rag.types import Block, Level, LogRecord, ParseSettings
from tests.fakes import DictStore, HashEmbedder

if TYPE_CHECKING:
    from mcp_rag.protocols import Vectors

pytestmark = pytest.mark.anyio

BLOCK = Block("app.log", 0, "i" * 32, "h" * 32, b"", 0, 0, 0, True)


def occurrences(*messages: str, service: str = "api", level: Level = Level.ERROR) -> dict[str, Occurrences]:
    """One group's events in a block, by its id; messages that differ in numbers only are one group."""
    rows = [LogRecord(0, 0, text, text, level, timestamp_ms=n, service=service) for n, text in enumerate(messages)]
    found = collect(rows, Fingerprinter(), 0)
    assert len(found) == 1
    return found


async def opened() -> tuple[DictStore, GroupRows, str]:
    """A store that holds the group of `job 1 failed`, and rows that have met it."""
    store, embedder = DictStore(), HashEmbedder()
    await store.open(model_id=embedder.model_id, dimension=embedder.dimension)
    rows = GroupRows(store, embedder, Redactor(), Describer(Redactor(), Redactor()).in_thread)
    groups = occurrences("job 1 failed")
    await write(rows, groups)
    return store, rows, next(iter(groups))


async def write(rows: GroupRows, groups: dict[str, Occurrences]) -> None:
    """As an ingest does for one block."""
    await rows.write(BLOCK, groups, await rows.known(list(groups)), ParseSettings())


async def test_what_does_not_change_is_neither_read_nor_written() -> None:
    """The second block with the same group costs no call of the store."""
    store, rows, _ = await opened()
    before = store.calls.copy()
    await write(rows, occurrences("job 1 failed"))
    await rows.settle()
    assert store.calls == before


async def test_a_new_service_and_level_are_written_at_once() -> None:
    """Filters go by them."""
    store, rows, group_id = await opened()
    await write(rows, occurrences("job 1 failed", service="web", level=Level.FATAL))
    assert (store.errors[group_id].services, store.errors[group_id].level) == (("api", "web"), Level.FATAL)


async def test_variants_wait_until_they_are_settled() -> None:
    """Message variants of a young group are written by `settle`."""
    store, rows, group_id = await opened()
    await write(rows, occurrences("job 2 failed"))
    assert store.errors[group_id].messages == ("job 1 failed",)
    await rows.settle()
    assert store.errors[group_id].messages == ("job 1 failed", "job 2 failed")


async def test_only_young_groups_gain_variants() -> None:
    """A group met ten times is known well enough."""
    store, rows, group_id = await opened()
    await write(rows, occurrences(*["job 1 failed"] * VARIANTS_UNTIL))
    await write(rows, occurrences("job 2 failed"))
    await rows.settle()
    assert store.errors[group_id].messages == ("job 1 failed",)


async def test_another_writers_change_is_kept() -> None:
    """What was read first is not written back: the row is read again before it is changed."""
    store, rows, group_id = await opened()
    store.errors[group_id] = replace(store.errors[group_id], services=("api", "theirs"), messages=("theirs",))
    await write(rows, occurrences("job 2 failed", service="web"))
    await rows.settle()
    found = store.errors[group_id]
    assert found.services == ("api", "theirs", "web")
    assert set(found.messages) >= {"theirs", "job 2 failed"}


async def test_a_deleted_group_is_no_failure() -> None:
    """Another process deleted the group meanwhile: nothing is written; the ledger refuses the block."""
    store, rows, group_id = await opened()
    await store.delete_errors([group_id])
    await write(rows, occurrences("job 2 failed", service="web"))
    await rows.settle()
    assert group_id not in store.errors


NAMES = ("cart", "order", "token", "shard", "queue", "index", "quota")


def many() -> dict[str, Occurrences]:
    """Seven groups of one block."""
    rows = [LogRecord(0, 0, f"no {n} here", f"no {n} here", Level.ERROR, timestamp_ms=1) for n in NAMES]
    found = collect(rows, Fingerprinter(), 0)
    assert len(found) == len(NAMES)
    return found


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups embedded at once, one stored at once."""
    monkeypatch.setattr(group_rows, "DESCRIBE_BATCH", 2)
    monkeypatch.setattr(group_rows, "STORE_BATCH", 1)


@pytest.mark.usefixtures("small_batches")
async def test_every_batch_is_stored_with_its_own_vectors() -> None:
    """Four batches on their way at once do not mix."""
    store, rows, _ = await opened()
    groups = many()
    await write(rows, groups)
    assert groups.keys() <= store.errors.keys()
    for group_id in groups:
        row = store.errors[group_id]
        (expected,) = await HashEmbedder().embed_documents([row.dense_text])
        assert row.vector == tuple(map(float, expected))


@pytest.mark.usefixtures("small_batches")
async def test_a_failing_embedder_keeps_the_batches_before() -> None:
    """The third batch is refused: the first two are stored when the error arrives."""
    store, embedder = DictStore(), FailingEmbedder(after=2)
    await store.open(model_id=embedder.model_id, dimension=embedder.dimension)
    rows = GroupRows(store, embedder, Redactor(), Describer(Redactor(), Redactor()).in_thread)
    with pytest.raises(EmbeddingError, match="third"):
        await write(rows, many())
    assert len(store.errors) == 4


@pytest.mark.usefixtures("small_batches")
async def test_a_failing_store_ends_the_write() -> None:
    """An error of the batch that is stored beside the next one reaches the caller."""
    store, rows, _ = await opened()
    store.fail["upsert_errors"] = StoreError("The disk is full.", "Free some space.")
    with pytest.raises(StoreError, match="full"):
        await write(rows, many())
    assert len(store.errors) == 1


class FailingEmbedder(HashEmbedder):
    """Embeds so many batches, then refuses."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self._left -= 1
        if self._left < 0:
            raise EmbeddingError("The third batch is refused.", "Try again.")
        return await super().embed_documents(texts)
