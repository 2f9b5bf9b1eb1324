"""A backup of a base that is written to all the time: it ends, and what it holds was true at one moment."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mcp_rag import keeping
from mcp_rag.archive import BackupFile
from mcp_rag.config import Settings
from mcp_rag.errors import InputError, StoreUnavailable
from mcp_rag.keeping import backup
from mcp_rag.portable import KINDS, row_digest
from mcp_rag.rows import BlockRow, ErrorGroup, Kind, Resolution
from tests.fakes import DictStore, HashEmbedder, hex_id
from tests.knowledge_rows import DIMENSION, block, fill, group, resolution

pytestmark = pytest.mark.anyio


class BusyStore(DictStore):
    """In some of its methods, before what they do, a log grows: its block is replaced by a longer one, which counts an
    error more. `left` is how often, by method."""

    left: Counter[str]
    grown = 0

    async def grow(self, method: str) -> None:
        if self.left[method] <= 0:
            return
        self.left[method] -= 1
        self.grown += 1
        name = f"group {self.grown}"
        vector = (await HashEmbedder(DIMENSION).embed_documents([name]))[0]
        await self.upsert_errors([group(name, name, vector=tuple(map(float, vector)))])
        counts = {f"group {n}": 1 for n in range(1, self.grown + 1)} | {"disk": self.grown}
        old = [hex_id(f"grown {self.grown - 1}")]
        await self.commit_block(block(f"grown {self.grown}", counts, open=True), old)

    async def list_ids(self, kind: Kind) -> list[str]:
        await self.grow(f"list {kind}")
        return await super().list_ids(kind)

    async def get_blocks(self, ids: Sequence[str]) -> list[BlockRow]:
        await self.grow("get_blocks")
        return await super().get_blocks(ids)

    async def export_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        await self.grow("export_errors")
        return await super().export_errors(ids)

    async def export_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        await self.grow("export_resolutions")
        return await super().export_resolutions(ids)


@pytest.fixture
async def busy(monkeypatch: pytest.MonkeyPatch) -> BusyStore:
    """A filled store, which every backup of this test opens."""
    store = BusyStore()
    store.left = Counter()
    await store.open(model_id="m", dimension=DIMENSION)
    await fill(store)

    @contextlib.asynccontextmanager
    async def opened(*_: Any) -> AsyncIterator[BusyStore]:
        yield store

    monkeypatch.setattr(keeping, "_opened", opened)
    return store


def quiet(_: str) -> None:
    """No progress."""


def names(directory: Path) -> list[str]:
    """Everything in a directory."""
    return sorted(path.name for path in directory.iterdir())


async def rows_of(path: Path) -> dict[Kind, list[Any]]:
    """What a checked backup holds."""
    file = BackupFile(path)
    file.check()
    return {kind: [row async for rows in file.batches(kind) for row in rows] for kind in KINDS}


def disagreements(rows: dict[Kind, list[Any]]) -> list[str]:
    """Groups whose row does not say what the ledger rows say, or that the ledger knows and nobody holds."""
    counted: Counter[str] = Counter()
    for row in rows["blocks"]:
        for group_id, hours in row.counts.items():
            counted[group_id] += sum(hours.values())
    held = {row.id: row.count for row in rows["errors"]}
    return [i for i in held.keys() | counted.keys() if held.get(i) != counted[i]]


async def test_a_quiet_base_is_written_as_it_is(busy: BusyStore, tmp_path: Path) -> None:
    """Nothing is left out and nothing worked out anew: not a status that was set otherwise, not a shipped group nor
    one with a fix that were never seen, nor one whose block was not committed yet when it began."""
    vector = busy.errors[hex_id("disk")].vector
    extra = {"shipped": {"origin": "starter"}, "fixed": {}, "early": {}, "pool": {"status": "resolved"}}
    await busy.upsert_errors([group(name, name, vector=vector, **changes) for name, changes in extra.items()])
    await busy.upsert_resolutions([resolution("other fix", "fixed")])
    result = await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    rows = await rows_of(tmp_path / "b.gz")
    for kind in KINDS:
        stored = getattr(busy, kind)
        assert {row.id: row_digest(row) for row in rows[kind]} == {i: row_digest(row) for i, row in stored.items()}
    assert (result.errors, result.resolutions, result.blocks) == (6, 2, 3)


READS = ("list errors", "list blocks", "list resolutions", "get_blocks", "export_errors", "export_resolutions")


@pytest.mark.parametrize("method", [*READS, ""])
async def test_a_base_in_use_is_backed_up(busy: BusyStore, tmp_path: Path, method: str) -> None:
    """Wherever a log grows meanwhile, the file is consistent, and holds one of the blocks that replace each other. What
    was first seen after its moment is in none of its collections."""
    busy.left.update({"recover": 1, method: 1} if method else dict.fromkeys(READS, 5))
    await busy.grow("recover")
    result = await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    rows = await rows_of(tmp_path / "b.gz")
    assert busy.grown > 1
    assert disagreements(rows) == []
    assert sum(row.open for row in rows["blocks"]) == 1
    assert result.blocks == 4
    assert result.leftovers == []


async def test_what_is_deleted_meanwhile_is_whole_or_gone(busy: BusyStore, tmp_path: Path) -> None:
    """A source deleted while the groups are read: its ledger rows do not stay behind without the errors they count,
    which would be taken for known when the log is read again."""

    class Deleting(BusyStore):
        async def export_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
            await self.delete_blocks(source="/logs/b.log")
            return await super().export_resolutions(ids)

    busy.__class__ = Deleting
    await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    rows = await rows_of(tmp_path / "b.gz")
    assert disagreements(rows) == []
    assert [row.id for row in rows["blocks"]] == [hex_id("one")]


async def test_a_group_that_was_shrunk_away_does_not_hold_it_up(busy: BusyStore, tmp_path: Path) -> None:
    """The limit on groups deletes some that the ledger goes on counting: their rows are kept, in one pass."""
    await busy.delete_errors([hex_id("null")])
    await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    assert len((await rows_of(tmp_path / "b.gz"))["blocks"]) == 3
    assert busy.calls["export_errors"] == 1


async def test_a_base_that_never_pauses_is_told(busy: BusyStore, tmp_path: Path) -> None:
    """With a commit into every single listing there is no moment to hold: an error, and no file."""
    busy.left["list blocks"] = 10_000
    with pytest.raises(StoreUnavailable, match="committed so fast"):
        await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    assert names(tmp_path) == []


async def test_a_change_of_owner_does_not_end_it(busy: BusyStore, tmp_path: Path) -> None:
    """The process that owned the store leaves in the middle: the call that failed is made again, a few times only."""
    for name in ("recover", "list_ids", "get_blocks", "export_errors", "export_resolutions"):
        busy.fail[name] = StoreUnavailable("Away.", "Wait.", retry=True)
        assert (await backup(Settings(), tmp_path / f"{name}.gz", progress=quiet)).errors == 3
        assert not busy.fail
        busy.fail[name] = StoreUnavailable("Refused.", "Ask.")
        with pytest.raises(StoreUnavailable, match="Refused"):
            await backup(Settings(), tmp_path / f"no {name}.gz", progress=quiet)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
async def test_a_full_disk_is_told(busy: BusyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One error that says what to do, however little was to be written; no file is left."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "w+b"))  # noqa: SIM115, PTH123 - as it is
    with pytest.raises(InputError, match="no file was left") as told:
        await backup(Settings(), tmp_path / "b.gz", progress=quiet)
    assert told.value.fix == "Free disk space."
    assert names(tmp_path) == []
    assert busy.calls["export_errors"] == 0
