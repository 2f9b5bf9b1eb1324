"""Copying a knowledge base: exact, verified, continued after an interruption; and rebuilding one beside itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.errors import InputError, StoreUnavailable
from mcp_rag.redact import Redactor
from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.transfer import Reindexed, StoreSource, copy, exported, migrate, reindex
from tests.fakes import DictStore, HashEmbedder, hex_id
from tests.knowledge_rows import DIMENSION, block, fill, group

pytestmark = pytest.mark.anyio


class Stopping(DictStore):
    """A store whose connection is lost once a number of rows has been imported."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    async def import_errors(self, rows: Sequence[ErrorGroup]) -> None:
        """Store one row at a time until the limit."""
        for row in rows:
            if self.calls["import_errors"] == self.after:
                raise StoreUnavailable("Nobody answers.", "Try again.", retry=True)
            await super().import_errors([row])


async def opened(store: Any, model: str = "hash@64") -> Any:
    """The store, open."""
    await store.open(model_id=model, dimension=DIMENSION)
    return store


@pytest.fixture
async def source() -> DictStore:
    """A filled source."""
    store = DictStore()
    await opened(store)
    await fill(store)
    return store


@pytest.fixture(params=["dict", "lite"])
async def target(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """An empty target of each kind."""
    store: Any = DictStore() if request.param == "dict" else open_store(StoreSettings(data_dir=tmp_path / "t"))
    yield await opened(store)
    await store.close()


def state(store: DictStore) -> tuple[object, ...]:
    """Everything a dict store holds."""
    return dict(store.errors), dict(store.blocks), dict(store.resolutions)


async def test_copy_is_exact_and_verified(source: DictStore, target: Any) -> None:
    """All three collections arrive whole, counts included, equal by count and digest; the source is untouched."""
    before = state(source)
    report = await migrate(source, target)
    assert report.verified
    assert [(c.kind, c.source_rows, c.target_rows, c.written) for c in report.collections] == [
        ("errors", 3, 3, 3),
        ("resolutions", 1, 1, 1),
        ("blocks", 3, 3, 3),
    ]
    assert state(source) == before
    ids = await source.list_ids("errors")
    assert await target.get_errors(ids) == await source.get_errors(ids)
    (disk,) = await target.get_errors([hex_id("disk")])
    assert disk.count == 4
    vector = source.errors[disk.id].vector
    assert vector is not None
    assert (await target.search_dense(vector, 1, ErrorFilter()))[0].id == disk.id
    assert len((await target.export_errors([disk.id]))[0].sparse) == len(source.errors[disk.id].sparse or {})


async def test_the_copied_ledger_still_counts(source: DictStore, target: Any) -> None:
    """What the target does next rests on the copied ledger: a deleted block takes its occurrences along."""
    await migrate(source, target)
    assert await target.delete_blocks(ids=[hex_id("two")]) == 1
    (disk,) = await target.get_errors([hex_id("disk")])
    assert disk.count == 3


async def test_second_copy_writes_nothing(source: DictStore, target: Any) -> None:
    """Running it again finds everything in place (resumable by design)."""
    await migrate(source, target)
    report = await migrate(source, target)
    assert report.verified
    assert [c.written for c in report.collections] == [0, 0, 0]


async def test_interrupted_copy_is_continued(source: DictStore) -> None:
    """A run that was stopped after one row is finished by the next, which writes only the rest."""
    target = Stopping(after=1)
    await opened(target)
    with pytest.raises(StoreUnavailable):
        await migrate(source, target)
    assert len(target.errors) == 1
    target.after = -1
    report = await migrate(source, target)
    assert report.verified
    assert report.collections[0].written == 2
    assert target.blocks == source.blocks


async def test_rows_that_changed_meanwhile_are_copied_again(source: DictStore, target: Any) -> None:
    """A resumed copy compares contents, not ids: an older state of a row does not stay."""
    await migrate(source, target)
    source.errors[hex_id("disk")] = replace(source.errors[hex_id("disk")], title="new title")
    report = await migrate(source, target)
    assert (report.verified, report.collections[0].written) == (True, 1)
    assert (await target.get_errors([hex_id("disk")]))[0].title == "new title"


async def test_target_with_other_rows_is_refused_unless_replaced(source: DictStore, target: Any) -> None:
    """A filled target is never mixed or overwritten by accident; --replace makes it equal to the source."""
    other = group("other", "something else", vector=(1.0, *[0.0] * (DIMENSION - 1)))
    await target.upsert_errors([other])
    await target.commit_block(block("other block", {"other": 5}))
    with pytest.raises(InputError, match="1 errors, 1 blocks"):
        await migrate(source, target)
    assert await target.list_ids("errors") == [other.id]
    report = await migrate(source, target, replace_all=True)
    assert report.verified
    assert await target.get_errors([other.id]) == []


async def test_a_difference_is_reported(source: DictStore) -> None:
    """Verification reads the target back: a row that was stored otherwise than sent is not called verified."""

    class Lossy(DictStore):
        async def import_errors(self, rows: Sequence[ErrorGroup]) -> None:
            await super().import_errors([replace(row, sample="") for row in rows])

    target = Lossy()
    await opened(target)
    report = await migrate(source, target)
    assert not report.verified
    assert [c.equal for c in report.collections] == [False, True, True]


async def test_reindex_redacts_again_and_embeds_only_what_changed(source: DictStore) -> None:
    """New redaction rules reach every stored text; unchanged texts keep their vectors; ids and counts stay."""
    staged = DictStore()
    await opened(staged)
    embedder = HashEmbedder(DIMENSION)
    promoted: list[bool] = []

    async def promote() -> None:
        promoted.append(True)

    rework = Reindexed(embedder, lambda: Redactor(emails=True, rules=[(r"checkout", "own")]), "hash@64")
    report = await reindex(source, staged, rework, promote)
    assert report.verified
    assert promoted == [True]
    assert "mail@corp.example" not in str(staged.errors) + str(staged.resolutions)
    assert "checkout" not in str(staged.errors)
    assert len(embedder.embedded) == 2
    (pool, disk) = await staged.export_errors([hex_id("pool"), hex_id("disk")])
    assert pool.vector == source.errors[pool.id].vector
    assert (disk.count, disk.last_seen_ms) == (4, source.errors[disk.id].last_seen_ms)
    assert disk.sparse != source.errors[disk.id].sparse


async def test_reindex_with_another_model_embeds_everything(source: DictStore) -> None:
    """Vectors of two models never meet: all are made anew."""
    staged = DictStore()
    embedder = HashEmbedder(32)
    await staged.open(model_id=embedder.model_id, dimension=32)
    rework = Reindexed(embedder, Redactor, "hash@64")

    async def promote() -> None:
        """Nothing to do."""

    assert (await reindex(source, staged, rework, promote)).verified
    assert len(embedder.embedded) == 3
    assert {len(g.vector or ()) for g in staged.errors.values()} == {32}


async def test_interrupted_reindex_embeds_nothing_twice(source: DictStore) -> None:
    """A reindex that was stopped continues: what is staged already is not embedded again, and nothing is promoted."""
    staged = Stopping(after=2)
    embedder = HashEmbedder(32)
    await staged.open(model_id=embedder.model_id, dimension=32)
    rework = Reindexed(embedder, Redactor, "hash@64")
    promoted: list[bool] = []

    async def promote() -> None:
        promoted.append(True)

    with pytest.raises(StoreUnavailable):
        await reindex(source, staged, rework, promote)
    assert not promoted
    embedder.embedded.clear()
    staged.after = -1
    await reindex(source, staged, rework, promote)
    assert (len(embedder.embedded), promoted) == (1, [True])


async def test_reindex_copies_what_is_written_meanwhile(source: DictStore) -> None:
    """A group that another process stores during the rebuild is not lost at the swap."""
    staged = DictStore()
    await opened(staged)

    wrote: list[bool] = []

    class Watching(Reindexed):
        def clean(self, row: Any) -> Any:
            if not wrote:
                wrote.append(True)
                late = group("late", "late error", vector=(1.0, *[0.0] * (DIMENSION - 1)))
                source.errors[hex_id("late")] = late
            return super().clean(row)

    async def promote() -> None:
        """Nothing to do."""

    await reindex(source, staged, Watching(HashEmbedder(DIMENSION), Redactor, "hash@64"), promote)
    assert hex_id("late") in staged.errors


async def test_reindex_gives_up_when_others_never_pause(source: DictStore) -> None:
    """The old base stays in use when the new one can never be complete; the error says to try again."""
    staged = DictStore()
    await opened(staged)

    class Watching(Reindexed):
        def clean(self, row: Any) -> Any:
            name = f"late {len(source.errors)}"
            source.errors[hex_id(name)] = group(name, name, vector=(1.0, *[0.0] * (DIMENSION - 1)))
            return super().clean(row)

    async def promote() -> None:
        pytest.fail("an incomplete copy was put into use")

    with pytest.raises(StoreUnavailable):
        await reindex(source, staged, Watching(HashEmbedder(DIMENSION), Redactor, "hash@64"), promote)


async def test_redacted_text_still_fits_its_column(tmp_path: Path) -> None:
    """A text at the limit of its column that redaction makes longer is cut, and the copy is verified all the same."""
    store: Any = await opened(open_store(StoreSettings(data_dir=tmp_path / "d")))
    title = ("a@b.io " * 200)[:1_024]
    row = group("long", "long", title=title, vector=(1.0, *[0.0] * (DIMENSION - 1)))
    source = DictStore()
    await opened(source)
    await source.import_errors([row])
    rework = Reindexed(HashEmbedder(DIMENSION), Redactor, "hash@64")
    report = await copy(StoreSource(source), store, rework=rework)
    (found,) = await exported(store, "errors", [row.id])
    await store.close()
    assert report.verified
    assert isinstance(found, ErrorGroup)
    assert "a@b.io" not in found.title
