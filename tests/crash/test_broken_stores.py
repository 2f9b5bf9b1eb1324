"""Check 23: a store that cannot be opened or written to gives one clear error, nothing is modified or deleted, and once
the cause is gone everything acknowledged is there.

What other files prove already: another model, other redaction rules, a newer schema, a foreign collection
(tests/store/test_catalog.py), a write that fails and the engine's return (tests/store/test_sharing.py).
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcp_rag.errors import McpRagError, StoreError, StoreMismatch
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.directory import MIN_FREE_BYTES
from tests.fakes import hex_id
from tests.store.worker import block, group

pytestmark = [pytest.mark.anyio, pytest.mark.crash]

NAMES = [f"kept {n}" for n in range(40)]
SPARE_BYTES = 8 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory with 8 MiB more room than writing needs; skipped where this user may not mount one."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("NOT PROVED HERE: a full and a read-only disk need root on Linux, to mount a tmpfs")
    folder = tmp_path / "disk"
    folder.mkdir()
    size = MIN_FREE_BYTES + SPARE_BYTES
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)  # noqa: S607 - whatever mount this system has
    if made.returncode:
        pytest.skip("NOT PROVED HERE: a full and a read-only disk need the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - as above


async def opened(data_dir: Path, **changes: object) -> MilvusStore:
    """A store that is open; what the test changes of its settings is given."""
    store = open_store(replace(StoreSettings(data_dir=data_dir), **changes))  # type: ignore[arg-type] # tests pass the fields they mean
    try:
        await store.open(model_id="hash", dimension=4)
    except BaseException:
        await store.close()
        raise
    return store


def _direction(name: str) -> tuple[float, ...]:
    rng = random.Random(name)  # noqa: S311 - places of vectors, not secrets
    numbers = [rng.gauss(0, 1) for _ in range(4)]
    norm = sum(x * x for x in numbers) ** 0.5
    return tuple(x / norm for x in numbers)


async def fill(store: MilvusStore) -> None:
    """Forty groups, each counted once, in several segments."""
    for start in range(0, len(NAMES), 10):
        some = NAMES[start : start + 10]
        await store.upsert_errors([replace(group(name), vector=_direction(name)) for name in some])
        await store.commit_block(block(f"block {start}", dict.fromkeys(some, 1)))
        await store.flush()


async def write_one(data_dir: Path) -> None:
    """Open, write one row, close."""
    store = await opened(data_dir)
    try:
        await store.upsert_errors([group("no room")])
    finally:
        await store.close()


def fill_up(path: Path) -> int:
    """Write to a file until the disk is full to the last byte; returns its size."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4_096)):
            pass
    return path.stat().st_size


def remount(folder: Path, mode: str) -> None:
    """Make a mounted disk `ro` or `rw`."""
    subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)  # noqa: S607 - whatever mount this system has


async def check_whole(data_dir: Path) -> None:
    """Everything that `fill` stored is there, once, and can be written on."""
    store = await opened(data_dir)
    counts = {g.title: g.count for g in await store.query_errors(ErrorFilter(), 16_384)}
    assert {name: counts.get(name) for name in NAMES} == dict.fromkeys(NAMES, 1)
    assert sorted(hit.id for hit in await store.search_dense((1.0, 0.0, 0.0, 0.0), 16_384, ErrorFilter())) == sorted(
        hex_id(name) for name in counts
    )
    assert {hex_id(f"block {n}") for n in range(0, len(NAMES), 10)} <= set(await store.list_ids("blocks"))
    await store.upsert_errors([group("later")])
    await store.close()


def tree(data_dir: Path) -> dict[str, bytes]:
    """Every file of the engine but its locks and the logs of an open without writes, which come and go empty."""
    files = (p for p in data_dir.rglob("*") if p.is_file() and p.name not in ("LOCK", "owner.lock", "write.lock"))
    return {str(p.relative_to(data_dir)): p.read_bytes() for p in files if "wal" not in p.parts and p.suffix != ".next"}


async def refused(data_dir: Path, kind: type[McpRagError] = StoreError, **changes: object) -> McpRagError:
    """The one error of opening this directory: ours, with cause and next step; no file is changed."""
    before = tree(data_dir)
    with pytest.raises(kind) as caught:
        await opened(data_dir, **changes)
    assert caught.value.cause
    assert caught.value.fix
    assert tree(data_dir) == before
    return caught.value


def spoil_truncated(path: Path) -> None:
    """Half of the file is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_overwritten(path: Path) -> None:
    """As large as before, and senseless."""
    path.write_bytes(b"\x00garbage" * (path.stat().st_size // 8))


def spoil_emptied(path: Path) -> None:
    """What a power cut leaves of a file that was never synced."""
    path.write_bytes(b"")


def spoil_removed(path: Path) -> None:
    """Not there at all."""
    path.unlink()


@pytest.mark.parametrize("spoil", [spoil_truncated, spoil_overwritten, spoil_emptied, spoil_removed])
async def test_a_damaged_file_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Every file that rows depend on, spoiled one at a time: refused with nothing changed; put back, all is there. The
    engine alone would go on without a missing segment, and delete the segments of a damaged manifest."""
    whole, data = tmp_path / "whole", tmp_path / "data"
    store = await opened(whole)
    await fill(store)
    await store.close()
    files = [p for p in sorted((whole / "milvus.db").rglob("*.*")) if p.is_file()]
    wanted = [p for p in files if p.name in ("manifest.json", "schema.json", "aliases.json") or p.suffix == ".parquet"]
    assert len({p.suffix for p in wanted}) == 2
    shutil.copytree(whole, data)
    for path in wanted:
        if path.name == "aliases.json" and spoil is spoil_removed:
            continue  # found again by the names of the collections
        victim = data / path.relative_to(whole)
        spoil(victim)
        error = await refused(data)
        assert "milvus.db" in error.cause
        assert "ingest" in error.fix
        shutil.copy2(path, victim)
    await check_whole(data)


async def test_a_lost_index_is_made_again(tmp_path: Path) -> None:
    """An index follows from the rows: without its file the store opens as before."""
    data = tmp_path / "data"
    store = await opened(data)
    await fill(store)
    await store.close()
    for path in (data / "milvus.db").rglob("*.idx"):
        path.unlink()
    await check_whole(data)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
async def test_an_index_cut_short_is_made_again(tmp_path: Path, share: float) -> None:
    """Killed while the engine wrote the file of an index, which it does in place. Found by test_kill_9.py: it would
    refuse to open for ever."""
    data = tmp_path / "data"
    store = await opened(data)
    await fill(store)
    await store.close()
    cut = list((data / "milvus.db").rglob("*.idx"))
    assert {path.suffixes[-2] for path in cut} == {".hnsw", ".flat"}
    for path in cut:
        os.truncate(path, int(share * path.stat().st_size))
    await check_whole(data)
    assert all(path.stat().st_size for path in (data / "milvus.db").rglob("*.idx"))


@pytest.mark.parametrize("left", [[], ["schema.json.tmp"]])
async def test_a_collection_cut_short_is_made_anew(tmp_path: Path, left: list[str]) -> None:
    """Killed while the engine made a collection, before its schema was written: the next open makes it again. Found by
    test_kill_9.py: the engine would refuse for ever."""
    folder = tmp_path / "data" / "milvus.db" / "collections" / "mcp_errors_errors_v1"
    folder.mkdir(parents=True)
    for name in left:
        (folder / name).write_text("{", encoding="utf-8")
    store = await opened(tmp_path / "data")
    await fill(store)
    await store.close()
    await check_whole(tmp_path / "data")


@pytest.mark.parametrize("left", ["wal_*", "wal_delta_*", "wal_data_*"])
async def test_a_flushed_log_is_cleared(tmp_path: Path, left: str) -> None:
    """Killed before or while the engine deleted a log that was in a segment already. Found by test_kill_9.py: with the
    deletes alone the engine would refuse to open for ever; with the rows each of them would be found twice for ever."""
    data = tmp_path / "data"
    store = await opened(data)
    await fill(store)
    await store.upsert_errors([group("gone")])
    await store.delete_errors([hex_id("gone")])
    await store.upsert_errors([group("later")])
    logs = (data / "milvus.db" / "collections" / "mcp_errors_errors_v1" / "wal").glob(left)
    kept = {path: path.read_bytes() for path in logs}
    assert kept
    await store.flush()
    await store.close()
    for path, content in kept.items():
        assert not path.exists()
        path.write_bytes(content)
    await check_whole(data)
    await check_whole(data)


async def test_a_flushed_log_beside_a_living_one(tmp_path: Path) -> None:
    """The same while a later log holds rows that are in no segment yet: only these are replayed, once."""
    data, crashed = tmp_path / "data", tmp_path / "crashed"
    logs = Path("milvus.db/collections/mcp_errors_errors_v1/wal")
    store = await opened(data)
    await fill(store)
    await store.upsert_errors([group("flushed")])
    kept = {path.name: path.read_bytes() for path in (data / logs).glob("wal_*")}
    await store.flush()
    await store.upsert_errors([group("not flushed")])
    # A copy of the files is what a kill would leave: every write is with the operating system when it is acknowledged.
    shutil.copytree(data, crashed, ignore=shutil.ignore_patterns("*.sock", "owner.json"))
    await store.close()
    for name, content in kept.items():
        (crashed / logs / name).write_bytes(content)
    await check_whole(crashed)
    store = await opened(crashed)
    assert (await store.info()).errors == len(NAMES) + 3
    await store.close()


async def test_data_of_an_older_engine_is_refused(tmp_path: Path) -> None:
    """Facts 3.12: a SQLite file of Milvus Lite 2.x in our place is named and kept; moved away, all goes on."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with sqlite3.connect(data / "milvus.db") as old:
        old.execute("create table rows (id integer)")
    old.close()
    error = await refused(data, StoreMismatch)
    assert "2.x" in error.cause
    (data / "milvus.db").rename(tmp_path / "old.db")
    store = await opened(data)
    await fill(store)
    await store.close()
    await check_whole(data)


async def test_what_another_version_made_is_refused(tmp_path: Path) -> None:
    """Another model, dimension, redaction rules, a newer schema: refused one after the other, then all is there."""
    data = tmp_path / "data"
    store = await opened(data)
    await fill(store)
    await store.close()
    before = tree(data)
    for model, dimension, version in (("other", 4, 0), ("hash", 8, 0), ("hash", 4, 9)):
        other = open_store(StoreSettings(data_dir=data, redaction_version=version))
        with pytest.raises(StoreMismatch, match="mcp_errors") as caught:
            await other.open(model_id=model, dimension=dimension)
        await other.close()
        assert "mcp-rag reindex" in caught.value.fix
    assert tree(data) == before
    await check_whole(data)


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A later version's knowledge base: an upgrade is asked for, nothing is changed, the later version reads on."""
    data = tmp_path / "data"
    later = await opened(data, schema_version=2)
    await fill(later)
    await later.close()
    error = await refused(data, StoreMismatch)
    assert "Upgrade" in error.fix
    later = await opened(data, schema_version=2)
    assert {g.title for g in await later.query_errors(ErrorFilter(), 100)} == set(NAMES)
    await later.close()


async def test_a_full_disk_stops_writing_only(small_disk: Path) -> None:
    """Disk full: the first write that has no room is refused with the remedy, reading goes on, opening too; with room
    again the store takes writes without a restart, and everything acknowledged is there once."""
    data = small_disk / "data"
    store = await opened(data)
    await fill(store)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(SPARE_BYTES))
    for write in (store.upsert_errors([group("no room")]), store.commit_block(block("no room", {NAMES[0]: 1}))):
        with pytest.raises(StoreError, match="free") as caught:
            await write
        assert "Free disk space" in caught.value.fix
    assert await store.count_errors(ErrorFilter()) == len(NAMES)
    await store.close()
    store = await opened(data)
    assert len(await store.search_dense((1.0, 0.0, 0.0, 0.0), 100, ErrorFilter())) == len(NAMES)
    ballast.unlink()
    await store.commit_block(block("again", {NAMES[0]: 1}))
    assert (await store.get_errors([hex_id(NAMES[0])]))[0].count == 2
    await store.delete_blocks(ids=[hex_id("again")])
    await store.close()
    await check_whole(data)


async def test_a_disk_without_a_single_byte(small_disk: Path) -> None:
    """The disk fills up behind our back, to the last byte: the same, whatever the engine meets on the way."""
    data = small_disk / "data"
    store = await opened(data)
    await fill(store)
    await store.close()
    ballast = small_disk / "ballast"
    assert fill_up(ballast) > SPARE_BYTES
    before = tree(data)
    with pytest.raises(McpRagError) as caught:
        await write_one(data)
    assert "ree disk space" in caught.value.fix
    assert before.items() <= tree(data).items()
    ballast.unlink()
    await check_whole(data)


async def test_a_read_only_disk_is_refused(small_disk: Path) -> None:
    """A data directory on a read-only file system: one error that names it; writable again, all is there."""
    data = small_disk / "data"
    store = await opened(data)
    await fill(store)
    await store.close()
    remount(small_disk, "ro")
    try:
        error = await refused(data, McpRagError)
        assert str(data) in error.cause
        assert "writable" in error.fix
    finally:
        remount(small_disk, "rw")
    await check_whole(data)
