"""The engine's owner: one write at a time, none for callers that gave up, and the internals it stands on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mcp_rag.store.directory import DataDirectory
from mcp_rag.store.library import client_class
from mcp_rag.store.owner import WRITES, Engine
from tests.limits import limit


def test_internals_are_where_we_expect_them() -> None:
    """milvus-lite is pinned below 3.3: these four names and the write calls are what the owner uses of it."""
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from milvus_lite.db import MilvusLite
    from milvus_lite.exceptions import DataDirLockedError
    from pymilvus.grpc_gen import milvus_pb2_grpc

    assert issubclass(DataDirLockedError, Exception)
    assert callable(milvus_pb2_grpc.add_MilvusServiceServicer_to_server)
    assert all(callable(getattr(MilvusServicer, name)) for name in WRITES)
    assert all(callable(getattr(MilvusLite, name)) for name in ("list_collections", "get_collection", "close"))


def test_every_write_of_the_engine_is_serialised() -> None:
    """Facts/milvus.md fact 3: concurrent writers lose rows, so no call that changes the store may be missing here."""
    from milvus_lite.adapter.grpc.servicer import MilvusServicer

    changing = (
        "Insert",
        "Upsert",
        "Delete",
        "Flush",
        "Create",
        "Drop",
        "Alter",
        "Rename",
        "Truncate",
        "Load",
        "Release",
    )
    known = {n for n in vars(MilvusServicer) if n.startswith((*changing, "ManualCompaction"))}
    # Databases and partitions are never used: one knowledge base is one set of collections.
    unused = {n for n in known if "Database" in n or "Partition" in n}
    assert known - unused == set(WRITES)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    directory = DataDirectory(tmp_path)
    directory.prepare()
    client_class()
    made = Engine(directory)
    yield made
    made.stop()


def _context(*, active: bool = True) -> Any:
    def abort(code: object, text: str) -> None:
        raise PermissionError(f"{code}: {text}")

    return SimpleNamespace(is_active=lambda: active, abort=abort)


def test_writes_happen_one_at_a_time(engine: Engine) -> None:
    """Eight threads write at once: never two of them inside the engine."""
    inside = threading.Semaphore(1)
    overlaps: list[object] = []

    def method(request: object, _context: object) -> SimpleNamespace:
        if not inside.acquire(blocking=False):
            overlaps.append(request)
            return SimpleNamespace(code=0)
        threading.Event().wait(0.001)
        inside.release()
        return SimpleNamespace(code=0)

    calls = [engine._serial(name, method) for name in WRITES]
    with ThreadPoolExecutor(8) as pool:
        request = SimpleNamespace(collection_name="none")
        list(pool.map(lambda n: calls[n % len(calls)](request, _context()), range(100)))
    assert overlaps == []


def test_a_caller_that_gave_up_does_not_write(engine: Engine) -> None:
    """A write that waited past its caller's deadline must not land after the caller has moved on."""
    done: list[object] = []
    call = engine._serial("Upsert", lambda request, _context: done.append(request))
    with pytest.raises(PermissionError, match="gave up"):
        call("row", _context(active=False))
    assert done == []


@pytest.mark.parametrize(
    ("response", "stopped"),
    [
        (SimpleNamespace(status=SimpleNamespace(code=1, reason="[Errno 28] No space left on device")), "no space"),
        (SimpleNamespace(code=1, reason="current_seq is monotonic"), "write failed"),
        (SimpleNamespace(status=SimpleNamespace(code=6, reason="bad row")), ""),
        (SimpleNamespace(status=SimpleNamespace(code=0, reason="")), ""),
    ],
)
def test_a_storage_error_stops_writes_not_reads(engine: Engine, response: Any, stopped: str) -> None:
    """After a failed write everything durable is refused, a bad row stops nothing, and loading goes on."""
    assert engine._serial("Upsert", lambda *_: response)(None, _context()) is response
    assert engine.stopped_because == stopped
    flush = engine._serial("Flush", lambda *_: SimpleNamespace(code=0))
    if stopped:
        with pytest.raises(PermissionError, match="storage stopped"):
            flush(None, _context())
    else:
        assert flush(None, _context()).code == 0
    assert engine._serial("LoadCollection", lambda *_: SimpleNamespace(code=0))(None, _context()).code == 0


@pytest.mark.timed
def test_stop_is_fast_and_leaves_no_socket(engine: Engine, tmp_path: Path) -> None:
    """Closing takes under two seconds even with a client connected, and removes socket and owner file."""
    engine.start()
    client = client_class()(engine.address, timeout=2.0, dedicated=True)
    assert client.list_collections() == []
    begin = time.monotonic()
    engine.stop()
    engine.stop()
    assert time.monotonic() - begin < limit(2.0)
    client.close()
    assert not (tmp_path / "store.sock").exists()
    assert not (tmp_path / "owner.json").exists()
