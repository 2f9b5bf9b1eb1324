"""What a killed ingest leaves is put right by whoever comes next, and no process waits for ever behind busy ones."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mcp_rag.errors import StoreUnavailable
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.directory import DataDirectory, FileLock
from mcp_rag.store.leftovers import LEFT_AFTER_MS, Leftovers
from mcp_rag.store.lite import LiteLink
from tests.fakes import hex_id
from tests.store.worker import block, group

pytestmark = pytest.mark.anyio


async def left_behind(data_dir: Path) -> MilvusStore:
    """A store with a committed block whose totals nobody made."""
    store = open_store(StoreSettings(data_dir=data_dir))
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("a")])
    await store.commit_block(replace(block("b", {"a": 3}), created_ms=time.time_ns() // 1_000_000), totals=False)
    return store


async def count(store: MilvusStore) -> int:
    """What the group shows."""
    (found,) = await store.get_errors([hex_id("a")])
    return found.count


async def test_opening_puts_totals_right(tmp_path: Path) -> None:
    """The owner was the only process: what it finds was left by a dead one, however short a time ago."""
    store = await left_behind(tmp_path)
    assert await count(store) == 0
    await store.close()
    await store.open(model_id="hash", dimension=4)
    assert await count(store) == 3
    assert await store.recover() == 0
    await store.close()


@pytest.mark.skipif(os.name != "posix", reason="the embedded store is shared over Unix sockets")
async def test_a_guest_leaves_a_living_ingest_alone(tmp_path: Path) -> None:
    """A guest that opens during an ingest does not do the sums that the ingest will do; reading puts them right once
    they are overdue."""
    owner = await left_behind(tmp_path)
    guest = open_store(StoreSettings(data_dir=tmp_path))
    await guest.open(model_id="hash", dimension=4)
    assert await count(guest) == 0
    await owner.commit_block(block("long ago", {"a": 1}), totals=False)
    guest._leftovers._next = 0.0
    deadline = time.monotonic() + 10.0
    while await count(guest) != 4:
        assert time.monotonic() < deadline
    await guest.close()
    assert await owner.count_errors(ErrorFilter()) == 1
    await owner.close()


class CountedRpc:
    """Answers every query with one row, or fails; remembers the conditions."""

    def __init__(self, *, owns: bool) -> None:
        self.link = SimpleNamespace(owns=owns)
        self.asked: list[str] = []
        self.failing = False

    def query(self, _collection: str, condition: str, _fields: Any, _limit: int) -> list[dict[str, Any]]:
        self.asked.append(condition)
        if self.failing:
            raise StoreUnavailable("Down.", "Wait.", retry=True)
        return [{"id": "x"}]


@pytest.mark.parametrize(("owns", "age"), [(True, ""), (False, f" and created < {1_000_000 - LEFT_AFTER_MS}")])
def test_only_what_is_overdue_in_a_shared_store(owns: bool, age: str) -> None:
    """Before the store is open nothing is due; a failure is nobody's error."""
    rpc = CountedRpc(owns=owns)
    recovered: list[int] = []
    leftovers = Leftovers(rpc, "blocks", lambda: recovered.append(1) or 0, now=lambda: 1_000.0)  # type: ignore[arg-type,func-returns-value] # a stand-in
    assert not leftovers.due()
    leftovers.finish_at_open()
    assert rpc.asked == ["applied == 0 and part == 0" + age]
    assert recovered == [1]
    assert not leftovers.due()
    leftovers._next = 0.0
    assert leftovers.due()
    assert not leftovers.due()
    rpc.failing = True
    leftovers.finish_old()
    assert recovered == [1]


@pytest.mark.skipif(os.name != "posix", reason="the embedded store is shared over Unix sockets")
def test_writers_take_turns(tmp_path: Path) -> None:
    """Who waits writes next: a process that lets go of the lock and wants it again at once comes after it. Found by the
    soak: one of eight writers waited more than 10 s."""
    directory = DataDirectory(tmp_path)
    directory.prepare()
    busy, waiting = (LiteLink(directory, 10.0, sockets=True) for _ in range(2))
    order: list[str] = []

    def wait() -> None:
        with waiting.writing():
            order.append("waiting")

    thread = threading.Thread(target=wait)
    with busy.writing():
        thread.start()
        probe = FileLock(directory.write_next)
        deadline = time.monotonic() + 10.0
        while probe.try_acquire():
            probe.release()
            assert time.monotonic() < deadline
    with busy.writing():
        order.append("busy")
    thread.join(10.0)
    assert order == ["waiting", "busy"]
