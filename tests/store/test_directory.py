"""The data directory: private, checked before it is opened, never changed by a refusal."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from mcp_rag.errors import ConfigurationError, StoreError, StoreMismatch
from mcp_rag.store.directory import DataDirectory, FileLock, Owner, make_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and locks of POSIX")


def test_prepare_makes_a_private_directory(tmp_path: Path) -> None:
    """Facts 3.5: the engine makes 0755 directories, so ours is made first, and tightened when it exists."""
    fresh = DataDirectory(tmp_path / "a" / "b")
    fresh.prepare()
    assert stat.S_IMODE(fresh.path.stat().st_mode) == 0o700
    fresh.path.chmod(0o755)
    fresh.prepare()
    assert stat.S_IMODE(fresh.path.stat().st_mode) == 0o700


def test_old_database_file_is_named_and_kept(tmp_path: Path) -> None:
    """Facts 3.12: a file of Milvus Lite 2.x (SQLite) is told apart, kept byte for byte, and the remedy is named."""
    directory = DataDirectory(tmp_path)
    connection = sqlite3.connect(directory.engine)
    connection.execute("create table t(x)")
    connection.commit()
    connection.close()
    before = directory.engine.read_bytes()
    with pytest.raises(StoreMismatch, match=r"Milvus Lite 2\.x") as caught:
        directory.prepare()
    assert "ingest the logs again" in caught.value.fix
    assert directory.engine.read_bytes() == before
    directory.engine.write_text("else", encoding="utf-8")
    with pytest.raises(StoreMismatch, match="is not a directory"):
        directory.prepare()


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    """The path of the data directory is a file: a setting to correct, not a crash."""
    path = tmp_path / "file"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        DataDirectory(path).prepare()
    with pytest.raises(ConfigurationError):
        DataDirectory(path / "below").prepare()


def test_room_is_checked(tmp_path: Path) -> None:
    """There is room here; a directory that is gone is said to be gone."""
    DataDirectory(tmp_path).check_room()
    with pytest.raises(StoreError, match="is gone"):
        DataDirectory(tmp_path / "none").check_room()


def test_a_planted_socket_directory_is_refused(tmp_path: Path) -> None:
    """The temporary directory is everybody's: a link or another user's directory in our place is not used."""
    target = tmp_path / "elsewhere"
    target.mkdir()
    link = tmp_path / "mcp-rag-0-abc"
    link.symlink_to(target)
    with pytest.raises(ConfigurationError):
        make_private(link)


@pytest.mark.parametrize("name", ["x" * 120, "per%20cent", "hash#", "question?", "é"])
def test_odd_paths_listen_elsewhere(tmp_path: Path, name: str) -> None:
    """Paths too long for a socket, or that gRPC reads as something else, are never used for one."""
    paths = DataDirectory(tmp_path / name).socket_paths()
    assert len(paths) == 1
    assert paths[0].parent.name.startswith(f"mcp-rag-{os.getuid()}-")


def test_plain_path_comes_first(tmp_path: Path) -> None:
    """Usually the socket lies in the data directory itself."""
    assert DataDirectory(Path("/short path")).socket_paths()[0] == Path("/short path/store.sock")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_damaged_owner_file_is_nobody(tmp_path: Path, text: str) -> None:
    """A half-written owner file is the same as none."""
    directory = DataDirectory(tmp_path)
    directory.owner_file.write_text(text, encoding="utf-8")
    assert directory.read_owner() is None


def test_owner_file_round_trip(tmp_path: Path) -> None:
    """Written in one step, private, read back."""
    directory = DataDirectory(tmp_path)
    owner = Owner(12, "/tmp/s", 34)
    directory.write_owner(owner)
    assert directory.read_owner() == owner
    assert stat.S_IMODE(directory.owner_file.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["owner.json"]


def test_file_lock_excludes_and_frees(tmp_path: Path) -> None:
    """One holder at a time; taking it twice is harmless, so is releasing it unheld."""
    one, two = FileLock(tmp_path / "l"), FileLock(tmp_path / "l")
    two.release()
    assert one.try_acquire()
    assert one.try_acquire()
    assert one.held
    assert not two.try_acquire()
    one.release()
    assert two.try_acquire()
    two.release()
    with pytest.raises(ConfigurationError):
        FileLock(tmp_path / "none" / "l").try_acquire()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    """Facts section 2: a forked child that outlives its parent would hold the lock; ours lets go of it at the fork."""
    lock = FileLock(tmp_path / "l")
    assert lock.try_acquire()
    ready_r, ready_w = os.pipe()
    done_r, done_w = os.pipe()
    child = os.fork()
    if child == 0:  # only async-signal-safe work here
        os.write(ready_w, b"x")
        os.read(done_r, 1)
        os._exit(0)
    try:
        os.read(ready_r, 1)
        lock.release()
        other = FileLock(tmp_path / "l")
        assert other.try_acquire()
        other.release()
    finally:
        os.write(done_w, b"x")
        os.waitpid(child, 0)
        for descriptor in (ready_r, ready_w, done_r, done_w):
            os.close(descriptor)
