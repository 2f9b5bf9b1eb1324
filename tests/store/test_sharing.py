"""Any number of processes, one embedded store: facts/milvus.md 8.3 as promises, with real processes and kills."""

from __future__ import annotations

import json
import os
import queue
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.errors import StoreUnavailable
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.directory import DataDirectory, FileLock
from mcp_rag.store.lite import LiteConnection
from tests.fakes import hex_id
from tests.limits import limit
from tests.store.worker import block, group

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="the embedded store is shared over Unix sockets"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Process:
    """A worker process; every wait for it is bounded."""

    def __init__(self, data_dir: Path, timeout_s: float = 10.0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", str(ROOT / "tests/store/worker.py"), str(data_dir), str(timeout_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.pid = self._process.pid
        self.lines: queue.Queue[list[Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.put(json.loads(line))

    def reply(self, timeout_s: float = 20.0) -> list[Any]:
        return self.lines.get(timeout=timeout_s)

    def send(self, *command: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def ask(self, *command: Any) -> Any:
        self.send(*command)
        kind, *rest = self.reply()
        assert kind == "ok", rest
        return rest[0]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def end(self) -> float:
        """Close stdin; seconds until the process was gone."""
        assert self._process.stdin is not None
        start = time.monotonic()
        self._process.stdin.close()
        assert self._process.wait(10) == 0
        return time.monotonic() - start

    def clean(self) -> None:
        if self._process.poll() is None:
            self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts workers on one data directory and waits until each is open."""
    started: list[Process] = []

    def make(*, opened: bool = True, timeout_s: float = 10.0) -> Process:
        process = Process(tmp_path / "data", timeout_s)
        started.append(process)
        if opened:
            assert process.reply() == ["ok", "open"]
        return process

    yield make
    for process in started:
        process.clean()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[MilvusStore]:
    """A store of this process on the same data directory, not opened."""
    store = open_store(StoreSettings(data_dir=tmp_path / "data"))
    yield store
    await store.close()


async def open_here(store: MilvusStore) -> None:
    await store.open(model_id="hash", dimension=4)


async def test_guest_and_owner_share_one_store(here: MilvusStore, start: Callable[..., Process]) -> None:
    """Check 22: two processes read and write one store at once, and both can say who owns it."""
    await open_here(here)
    guest = start()
    guest.ask("put", "from guest")
    guest.ask("commit", "b", {"from guest": 3})
    await here.upsert_errors([group("from owner")])
    assert {g.title: g.count for g in await here.query_errors(ErrorFilter(), 10)} == {"from guest": 3, "from owner": 0}
    assert guest.ask("counts") == {"from guest": 3, "from owner": 0}
    assert await here.document_frequencies() == (2, {1: 2})
    info, other = await here.info(), guest.ask("info")
    assert (info.role, other["role"]) == ("owner", "guest")
    assert str(os.getpid()) in info.owner
    assert str(os.getpid()) in other["owner"]


async def test_only_this_user_can_reach_the_store(here: MilvusStore, tmp_path: Path) -> None:
    """Facts 3.4 and 3.5: directory 0700, socket 0600, no TCP listener of this process."""
    (tmp_path / "data").mkdir(mode=0o755)
    before = _listening()
    await open_here(here)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").iterdir()}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert (modes["store.sock"], modes["owner.json"], modes["milvus.db"]) == (0o600, 0o600, 0o700)
    assert _listening() == before


def _listening() -> set[str]:
    """Inodes of this process's listening TCP sockets (Linux; empty elsewhere)."""
    if not Path("/proc/self/net/tcp").exists():
        return set()
    rows = [line.split() for f in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{f}").read_text().splitlines()[1:]]
    listening = {row[9] for row in rows if row[3] == "0A"}
    ours = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            ours.add(target[8:-1])
    return listening & ours


@pytest.mark.timed
async def test_guest_takes_over_from_a_killed_owner(here: MilvusStore, start: Callable[..., Process]) -> None:
    """The owner is killed with -9: the guest's next call works within 2 s and everything acknowledged is there."""
    owner = start()
    await open_here(here)
    assert (await here.info()).role == "guest"
    owner.ask("put", "acknowledged")
    owner.ask("commit", "b", {"acknowledged": 2})
    owner.kill()
    begin = time.monotonic()
    await here.upsert_errors([group("after")])
    assert time.monotonic() - begin < limit(2.0)
    assert {g.title: g.count for g in await here.query_errors(ErrorFilter(), 10)} == {"acknowledged": 2, "after": 0}
    assert (await here.info()).role == "owner"


@pytest.mark.slow
@pytest.mark.timed
async def test_guest_takes_over_without_a_call(
    here: MilvusStore, start: Callable[..., Process], tmp_path: Path
) -> None:
    """A guest notices the end of the owner by itself within 2 s, so that the next client finds a running store."""
    owner = start()
    await open_here(here)
    owner.ask("put", "kept")
    assert owner.end() < limit(2.0)
    directory = DataDirectory(tmp_path / "data")

    deadline = time.monotonic() + limit(2.0)
    pause = threading.Event()
    while (found := directory.read_owner()) is None or found.pid != os.getpid():
        assert time.monotonic() < deadline
        pause.wait(0.02)
    third = start()
    assert third.ask("counts") == {"kept": 0}


async def test_commits_of_several_processes_add_up(here: MilvusStore, start: Callable[..., Process]) -> None:
    """Two processes count the same group at the same time: no update is lost."""
    await open_here(here)
    await here.upsert_errors([group("shared")])
    guest = start()
    for n in range(15):
        guest.send("commit", f"theirs {n}", {"shared": 2})
        await here.commit_block(block(f"ours {n}", {"shared": 1}))
        assert guest.reply()[0] == "ok"
    (found,) = await here.get_errors([hex_id("shared")])
    assert found.count == 45


async def test_two_workers_on_one_file_count_it_once(here: MilvusStore, start: Callable[..., Process]) -> None:
    """Both processes ingest the same content at the same moment: the first commit stands."""
    await open_here(here)
    await here.upsert_errors([group("shared")])
    guest = start()
    for n in range(10):
        guest.send("commit", f"same {n}", {"shared": 1})
        await here.commit_block(block(f"same {n}", {"shared": 1}))
        assert guest.reply()[0] == "ok"
    (found,) = await here.get_errors([hex_id("shared")])
    assert found.count == 10


@pytest.mark.timed
async def test_foreign_program_is_named(here: MilvusStore, tmp_path: Path) -> None:
    """Facts 3.6: a program that holds the directory and does not serve gives an error with path and remedy in 2 s."""
    from milvus_lite.db import MilvusLite

    engine = tmp_path / "data" / "milvus.db"
    engine.parent.mkdir()
    foreign = MilvusLite(str(engine))
    try:
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable, match=str(engine)) as caught:
            await open_here(here)
        assert time.monotonic() - begin < limit(3.0)
        assert caught.value.retry
    finally:
        foreign.close()
    await open_here(here)


@pytest.mark.timed
async def test_a_silent_owner_is_named(tmp_path: Path) -> None:
    """An owner that does not answer: the error names it and comes within the deadline."""
    directory = DataDirectory(tmp_path / "data")
    directory.prepare()
    lock = FileLock(directory.owner_lock)
    assert lock.try_acquire()
    store = open_store(StoreSettings(data_dir=tmp_path / "data", timeout_s=0.4))
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await open_here(store)
    assert time.monotonic() - begin < limit(2.0)
    lock.release()
    await open_here(store)
    await store.close()


@pytest.mark.timed
async def test_a_frozen_owner_fails_calls_within_the_deadline(start: Callable[..., Process], tmp_path: Path) -> None:
    """Check 19: SIGSTOP of the owner gives StoreUnavailable in the deadline; after SIGCONT the same call works."""
    owner = start()
    store = open_store(StoreSettings(data_dir=tmp_path / "data", timeout_s=1.0))
    await open_here(store)
    os.kill(owner.pid, signal.SIGSTOP)
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
        await store.upsert_errors([group("frozen")])
    assert time.monotonic() - begin < limit(4.0)
    os.kill(owner.pid, signal.SIGCONT)
    await store.upsert_errors([group("thawed")])
    assert "thawed" in owner.ask("counts")
    await store.close()


async def test_writers_wait_for_the_lock_only_so_long(here: MilvusStore, tmp_path: Path) -> None:
    """A process stuck in a write does not hang the others: they get a retryable error."""
    settings = StoreSettings(data_dir=tmp_path / "data", timeout_s=0.3)
    store = open_store(settings)
    await open_here(store)
    lock = FileLock(DataDirectory(tmp_path / "data").write_lock)
    assert lock.try_acquire()
    with pytest.raises(StoreUnavailable, match="has been writing"):
        await store.upsert_errors([group("one")])
    assert await store.count_errors(ErrorFilter()) == 0
    lock.release()
    await store.upsert_errors([group("one")])
    await store.close()


async def test_long_and_odd_paths_are_shared_too(tmp_path: Path) -> None:
    """Socket paths have about 100 bytes, and gRPC decodes percent signs: such a store listens elsewhere, privately."""
    data = tmp_path / ("long %41 é " * 12) / "data"
    one, two = (open_store(StoreSettings(data_dir=data)) for _ in range(2))
    await open_here(one)
    await open_here(two)
    await two.upsert_errors([group("x")])
    assert await one.count_errors(ErrorFilter()) == 1
    owner = DataDirectory(data).read_owner()
    assert owner is not None
    socket = Path(owner.socket)
    assert not socket.is_relative_to(data)
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    await one.close()
    assert await two.count_errors(ErrorFilter()) == 1
    await two.close()
    assert DataDirectory(data).read_owner() is None


async def test_without_sockets_the_store_is_exclusive(tmp_path: Path) -> None:
    """Where there are no Unix sockets one process works behind a token; a second gets path and remedy."""
    from pymilvus import MilvusClient
    from pymilvus.exceptions import MilvusException

    settings = StoreSettings(data_dir=tmp_path / "data")
    connection = LiteConnection(settings, sockets=False)
    store = MilvusStore(settings, connection)
    await open_here(store)
    await store.upsert_errors([group("x")])
    assert await store.count_errors(ErrorFilter()) == 1
    engine = connection.link._engine
    assert engine is not None
    with pytest.raises(MilvusException):
        MilvusClient(engine.address, timeout=0.5, dedicated=True)
    second = MilvusStore(settings, LiteConnection(settings, sockets=False))
    with pytest.raises(StoreUnavailable, match=r"data/milvus\.db"):
        await open_here(second)
    await store.close()


@pytest.mark.slow
async def test_a_failed_write_stops_writing_until_reopened(start: Callable[..., Process]) -> None:
    """Facts/milvus.md section 2: after a storage error further writes lose rows, reopening first loses none."""
    process = start()
    process.ask("put", *(f"safe {n}" for n in range(20)))
    process.ask("limit", 2_000)
    process.send("put", *(f"lost {n}" for n in range(50)))
    kind, name, text = process.reply()
    assert (kind, name) == ("error", "StoreError")
    assert "writing has stopped" in text
    process.ask("limit", -1)
    deadline = time.monotonic() + 10
    while True:  # the engine reopens by itself; until then writes are refused, never lost
        process.send("put", "after")
        if process.reply()[0] == "ok":
            break
        assert time.monotonic() < deadline
    process.ask("flush")
    process.kill()
    again = start()
    counts = again.ask("counts")
    assert {f"safe {n}" for n in range(20)} | {"after"} <= counts.keys()


@pytest.mark.slow
async def test_kill_9_loses_nothing_acknowledged(start: Callable[..., Process]) -> None:
    """Promise 2 and check 21: three processes stream, whoever owns the store is killed five times; every
    acknowledged commit is there once, and nothing is counted twice."""
    acked: set[str] = set()
    workers = {n: start() for n in range(3)}
    for n, worker in workers.items():
        worker.send("stream", f"w{n}", 100_000)
    spare = 3
    for _ in range(5):
        stop = time.monotonic() + 1.5
        while (left := stop - time.monotonic()) > 0:
            for worker in workers.values():
                acked |= _drain(worker, left / len(workers))
        victim = _owner_of(workers)
        workers[victim].kill()
        acked |= _drain(workers.pop(victim))
        workers[spare] = start()
        workers[spare].send("stream", f"w{spare}", 100_000)
        spare += 1
    for worker in workers.values():
        worker.kill()
        acked |= _drain(worker)
    counts = start().ask("counts")
    assert len(acked) > 50
    assert acked <= counts.keys()
    assert {counts[name] for name in acked} == {1}
    assert set(counts.values()) <= {0, 1}


def _drain(worker: Process, timeout_s: float = 0.0) -> set[str]:
    """Acknowledgements so far; waits at most `timeout_s` for the next one."""
    names: set[str] = set()
    while True:
        try:
            kind, name, *rest = (
                worker.lines.get(timeout=timeout_s) if timeout_s and not names else worker.lines.get_nowait()
            )
        except queue.Empty:
            return names
        assert kind == "ack", (kind, name, rest)
        names.add(name)


def _owner_of(workers: dict[int, Process]) -> int:
    pids = {worker.pid: n for n, worker in workers.items()}
    data = Path(str(next(iter(workers.values()))._process.args[-2]))  # type: ignore[index] # a list of strings
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        owner = DataDirectory(data).read_owner()
        if owner is not None and owner.pid in pids:
            return pids[owner.pid]
    raise AssertionError("nobody owns the store")
