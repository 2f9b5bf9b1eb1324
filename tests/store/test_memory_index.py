"""The owner's indexes of vectors: what they find is what the engine finds, whatever was written, by whom and when."""

from __future__ import annotations

import logging
import random
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mcp_rag.errors import StoreError, StoreUnavailable
from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.store import MilvusStore, StoreSettings
from mcp_rag.store.direct import DirectClient
from mcp_rag.store.lite import LiteConnection
from mcp_rag.store.memory_index import SLACK_ROWS, MemoryIndex, MemoryIndexes, Written
from tests.fakes import hex_id
from tests.store.worker import block, group

pytestmark = pytest.mark.anyio

DIMENSION = 4
WAIT_S = 20.0


def seeded(seed: int) -> random.Random:
    """Draws that repeat."""
    return random.Random(seed)  # noqa: S311 - places of vectors, not secrets


def unit(rng: random.Random) -> tuple[float, ...]:
    """A random direction."""
    numbers = [rng.gauss(0, 1) for _ in range(DIMENSION)]
    norm = sum(x * x for x in numbers) ** 0.5
    return tuple(float(np.float32(x / norm)) for x in numbers)


def weights(rng: random.Random) -> dict[int, float]:
    """Some of twenty tokens."""
    return {rng.randrange(1, 21): rng.uniform(0.1, 2.0) for _ in range(rng.randrange(1, 7))}


def row(rng: random.Random, name: str) -> ErrorGroup:
    """A group with vectors of its own."""
    return replace(group(name), vector=unit(rng), sparse=weights(rng))


def pack(sparse: dict[int, float]) -> bytes:
    """Weights as they travel."""
    return b"".join(struct.pack("<If", token, weight) for token, weight in sparse.items())


def written(*rows: ErrorGroup) -> Written:
    """Rows as a write brings them."""
    dense = np.array([r.vector for r in rows], dtype=np.float32).reshape(len(rows), DIMENSION)
    return Written([r.id for r in rows], dense, [pack(dict(r.sparse or {})) for r in rows])


def test_an_index_finds_what_sums_over_all_rows_find() -> None:
    """Best first, ties by id, replaced and deleted rows gone, no row without a common token, limits beyond its size."""
    rng = seeded(7)
    index = MemoryIndex()
    kept: dict[str, ErrorGroup] = {}
    for step in range(120):
        names = [f"r{rng.randrange(60)}" for _ in range(rng.randrange(1, 6))]
        if rng.random() < 0.3:
            index.drop([hex_id(n) for n in names])
            kept = {i: r for i, r in kept.items() if i not in {hex_id(n) for n in names}}
        else:
            rows = [row(rng, name) for name in dict.fromkeys(names)]
            index.put(written(*rows))
            kept |= {r.id: r for r in rows}
        assert len(index) == len(kept)
        vector, asked = unit(rng), weights(rng)
        for limit in (1, 5, 1_000):
            dense = {i: float(np.dot(np.float32(r.vector or ()), np.float32(vector))) for i, r in kept.items()}
            best = sorted(dense, key=lambda i: (-dense[i], i))[:limit]
            assert [s for _, s in index.nearest(vector, limit)] == pytest.approx([dense[i] for i in best], abs=1e-6)
            lexical = {i: sum(w * (r.sparse or {}).get(t, 0.0) for t, w in asked.items()) for i, r in kept.items()}
            most = sorted((s for s in lexical.values() if s), reverse=True)[:limit]
            found = index.heaviest(asked, limit)
            assert [s for _, s in found] == pytest.approx(most, rel=1e-5), step
            assert all(lexical[i] == pytest.approx(s, rel=1e-5) for i, s in found)


def test_the_last_of_two_rows_with_one_id_counts() -> None:
    """As in the engine; the first is not left behind."""
    index = MemoryIndex()
    rows = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    index.put(Written([hex_id("x"), hex_id("x")], rows, [pack({1: 1.0}), pack({2: 1.0})]))
    assert index.nearest([0.0, 1.0], 5) == [(hex_id("x"), 1.0)]
    assert index.heaviest({1: 1.0}, 5) == []
    index.drop([hex_id("x")])
    assert index.nearest([0.0, 1.0], 5) == []


def test_an_index_says_when_it_is_mostly_waste() -> None:
    """Replaced rows stay in its arrays: past a bound it is to be read anew."""
    rng = seeded(8)
    index = MemoryIndex()
    for _ in range(SLACK_ROWS + 3):
        assert not index.stale
        index.put(written(row(rng, "the same")))
    assert index.stale


class Stopping:
    """A lock that first calls a function."""

    def __init__(self, lock: Any, before: Callable[[], None]) -> None:
        self._lock = lock
        self._before = before

    def __enter__(self) -> None:
        self._before()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    """Opens owners and guests of one directory."""
    made: list[MilvusStore] = []

    async def open_one() -> MilvusStore:
        settings = StoreSettings(data_dir=tmp_path / "data")
        store = MilvusStore(settings, LiteConnection(settings))
        made.append(store)
        await store.open(model_id="hash", dimension=DIMENSION)
        return store

    yield open_one
    for store in reversed(made):
        await store.close()


def engine_of(store: MilvusStore) -> Any:
    """The engine of an owner, None of a guest."""
    return getattr(store._rpc.link, "_engine", None)


def indexes_of(store: MilvusStore) -> MemoryIndexes:
    """The indexes of an owner, the one of its groups being read or there."""
    indexes = engine_of(store).indexes
    assert isinstance(indexes, MemoryIndexes)
    return indexes


def real_name(store: MilvusStore) -> str:
    """The collection behind the alias that the store uses."""
    name = engine_of(store)._collection(store._errors).name
    assert name != store._errors
    return str(name)


def check(store: MilvusStore, rng: random.Random) -> None:
    """Both legs of the index and of the engine find the same rows with the same scores."""
    engine = engine_of(store)
    collection = engine._collection(store._errors)
    for field, query in (("dense", list(unit(rng))), ("sparse", weights(rng))):
        found = engine.indexes.search(store._errors, field, query, 1_000)
        (hits,) = collection.search(
            [query], top_k=1_000, metric_type="IP", output_fields=["id"], anns_field=field, search_params={"ef": 2_000}
        )
        assert found is not None
        assert {i for i, _ in found} == {hit["id"] for hit in hits}
        scores = {hit["id"]: float(hit["distance"]) for hit in hits}
        if field == "sparse":
            assert dict(found) == scores  # to the last bit
        else:
            assert dict(found) == pytest.approx(scores, abs=1e-6)
        assert [s for _, s in found] == sorted((s for _, s in found), reverse=True)


async def test_it_follows_every_write_of_every_process(open_store: Callable[[], Any]) -> None:
    """Rows written, written again, counted and deleted, sealed or not, by the owner and by a guest."""
    rng = seeded(9)
    owner = await open_store()
    guest = await open_store()
    assert engine_of(guest) is None
    await owner.upsert_errors([row(rng, f"g{n}") for n in range(30)])
    indexes = indexes_of(owner)
    indexes.load(real_name(owner))
    check(owner, rng)
    for step in range(40):
        store = guest if step % 2 else owner
        name = f"g{rng.randrange(45)}"
        draw = rng.random()
        if draw < 0.2:
            await store.delete_errors([hex_id(name)])
        elif draw < 0.3:
            await store.flush()
        elif draw < 0.5 and (known := await store.get_errors([hex_id(name)])):
            await store.upsert_errors([replace(known[0], title=f"renamed {step}")])  # vectors stay
            await store.commit_block(block(f"b{step}", {name: 1}))
        else:
            await store.upsert_errors([row(rng, name), row(rng, f"more {step}")])
        check(owner, rng)
    index = indexes._ready[real_name(owner)]
    assert len(index) == await owner.count_errors(ErrorFilter())


async def test_a_search_of_the_store_asks_the_index(open_store: Callable[[], Any]) -> None:
    """A search without a filter takes the index's hits with the engine's rows; one with a filter asks the engine."""
    rng = seeded(10)
    owner = await open_store()
    rows = [replace(row(rng, f"g{n}"), services=("api",)) for n in range(20)]
    await owner.upsert_errors(rows)
    query = unit(rng)
    before = await owner.search_dense(query, 5, ErrorFilter())
    indexes = indexes_of(owner)
    indexes.load(real_name(owner))
    asked: list[str] = []
    search = indexes.search
    indexes.search = lambda name, field, *rest: (asked.append(field), search(name, field, *rest))[1]  # type: ignore[method-assign] # seen from outside
    after = await owner.search_dense(query, 5, ErrorFilter())
    assert [(s.id, s.group) for s in after] == [(s.id, s.group) for s in before]
    assert await owner.search_sparse({1: 1.0, 2: 0.5}, 5, ErrorFilter())
    assert asked == ["dense", "sparse"]
    many = await owner.search_dense(query, 16_384, ErrorFilter())
    assert [s.id for s in many[:5]] == [s.id for s in before]
    assert {s.id for s in many} == {r.id for r in rows}
    assert asked.pop() == "dense"
    filtered = await owner.search_dense(query, 5, ErrorFilter(service="api"))
    assert [s.id for s in filtered] == [s.id for s in before]
    assert asked == ["dense", "sparse"]


async def test_writes_while_an_index_is_read_are_caught_up(open_store: Callable[[], Any]) -> None:
    """What is written between the reading and its end is neither lost nor found twice."""
    rng = seeded(11)
    owner = await open_store()
    await owner.upsert_errors([row(rng, f"g{n}") for n in range(40)])
    indexes = indexes_of(owner)
    locked = 0
    written_to, ready = threading.Event(), threading.Event()
    name = real_name(owner)

    def between() -> None:
        nonlocal locked
        locked += 1
        if locked == 2:
            ready.set()
            assert written_to.wait(WAIT_S)

    indexes._writing = Stopping(engine_of(owner)._write_lock, between)
    thread = threading.Thread(target=indexes.load, args=(name,))
    thread.start()
    assert ready.wait(WAIT_S)
    await owner.upsert_errors([row(rng, f"g{n}") for n in range(20, 60)])
    await owner.delete_errors([hex_id(f"g{n}") for n in range(10)])
    written_to.set()
    thread.join(WAIT_S)
    check(owner, rng)
    assert len(indexes._ready[real_name(owner)]) == 50


class Fixed:
    """A collection of the engine that holds certain rows."""

    name = "errors"

    def __init__(self, rows: list[ErrorGroup], more: int = 0) -> None:
        self.rows = rows
        self.num_entities = len(rows) + more

    def read(self, _: str = "") -> Written:
        return written(*self.rows)


def test_rows_are_read_while_nobody_writes() -> None:
    """A write to rows that were read already would be found missing in the index."""
    lock = threading.RLock()
    free: list[bool] = []
    collection = Fixed([row(seeded(15), f"g{n}") for n in range(30)])

    def read(_: str) -> Written:
        thread = threading.Thread(target=lambda: free.append(lock.acquire(blocking=False)))
        thread.start()
        thread.join(WAIT_S)
        return collection.read()

    indexes = MemoryIndexes(lambda name: collection, lock, read)
    indexes.load("errors")
    assert len(indexes._ready["errors"]) == 30
    assert free == [False]


def test_a_reading_that_was_overtaken_is_thrown_away() -> None:
    """An index forgotten while it is read, and read anew by another thread meanwhile: the newer one stays."""
    rng = seeded(16)
    collection = Fixed([row(rng, f"g{n}") for n in range(30)])
    ready, go_on = threading.Event(), threading.Event()
    parts = 0

    def stop() -> None:
        nonlocal parts
        parts += 1
        if parts == 2:
            ready.set()
            assert go_on.wait(WAIT_S)

    indexes = MemoryIndexes(lambda name: collection, Stopping(threading.RLock(), stop), collection.read)
    slow = threading.Thread(target=indexes.load, args=("errors",))
    slow.start()
    assert ready.wait(WAIT_S)
    indexes.wrote("Upsert", SimpleNamespace(collection_name="errors"), taken=False)
    indexes.load("errors")
    newer = indexes._ready["errors"]
    go_on.set()
    slow.join(WAIT_S)
    assert indexes._ready["errors"] is newer
    assert indexes._waiting == {}


def test_an_index_of_other_rows_than_the_engine_has_is_not_used(caplog: pytest.LogCaptureFixture) -> None:
    """Rows that the reading misses are found by the engine, and no one tries again at once."""
    collection = Fixed([row(seeded(17), f"g{n}") for n in range(30)], more=1)
    indexes = MemoryIndexes(lambda name: collection, threading.RLock(), collection.read)
    indexes.load("errors")
    assert indexes._ready == indexes._waiting == {}
    assert "30 rows, the engine 31" in caplog.text
    assert indexes.search("errors", "dense", [1.0, 0.0, 0.0, 0.0], 5) is None
    assert indexes._waiting == {}


def test_a_write_is_done_whatever_becomes_of_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory for an index: it is forgotten, and the writer hears nothing of it."""
    collection = Fixed([row(seeded(18), f"g{n}") for n in range(30)])
    indexes = MemoryIndexes(lambda name: collection, threading.RLock(), collection.read)
    indexes.load("errors")

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(MemoryIndex, "drop", fail)
    expr = f'id in ["{hex_id("g1")}"]'
    indexes.wrote("Delete", SimpleNamespace(collection_name="errors", expr=expr), taken=True)
    assert indexes._ready == {}


def test_a_machine_without_threads_keeps_the_engine(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The search is answered, and the index is read once there is a thread."""
    collection = Fixed([row(seeded(19), f"g{n}") for n in range(30)])
    indexes = MemoryIndexes(lambda name: collection, threading.RLock(), collection.read)

    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        assert indexes.search("errors", "dense", [1.0, 0.0, 0.0, 0.0], 5) is None
    assert "can't start new thread" in caplog.text
    indexes.load("errors")
    assert indexes.search("errors", "dense", [1.0, 0.0, 0.0, 0.0], 5)


async def test_who_takes_over_reads_as_an_owner(open_store: Callable[[], Any]) -> None:
    """A guest that became the owner between two calls asks its own engine from then on."""
    owner = await open_store()
    guest = await open_store()
    await guest.upsert_errors([group("x")])
    link = guest._rpc.link
    assert not isinstance(link.client(0.0), DirectClient)
    await owner.close()
    pause, deadline = threading.Event(), time.monotonic() + WAIT_S
    while not link.owns and time.monotonic() < deadline:
        pause.wait(0.02)
    assert [g.title for g in await guest.get_errors([hex_id("x")])] == ["x"]
    assert isinstance(link.client(0.0), DirectClient)


async def test_an_empty_collection_has_an_index(open_store: Callable[[], Any]) -> None:
    """It follows the first rows, and those after all were deleted: no search of a first ingest walks the engine."""
    rng = seeded(20)
    owner = await open_store()
    indexes = indexes_of(owner)
    indexes.load(real_name(owner))
    assert await owner.search_dense(unit(rng), 5, ErrorFilter()) == []
    assert await owner.search_sparse({1: 1.0}, 5, ErrorFilter()) == []
    for name in ("first", "second"):
        await owner.upsert_errors([row(rng, name)])
        check(owner, rng)
        assert len(indexes._ready[real_name(owner)]) == 1
        await owner.delete_errors([hex_id(name)])
    assert await owner.search_dense(unit(rng), 5, ErrorFilter()) == []


async def test_the_first_search_has_the_index_read(open_store: Callable[[], Any]) -> None:
    """In the background: that search, and any until it is there, is answered by the engine."""
    rng = seeded(12)
    owner = await open_store()
    await owner.upsert_errors([row(rng, f"g{n}") for n in range(30)])
    indexes = indexes_of(owner)
    assert len(await owner.search_dense(unit(rng), 5, ErrorFilter())) == 5
    for thread in threading.enumerate():
        if thread.name == "mcp-rag-index":
            thread.join(WAIT_S)
    assert len(indexes._ready[real_name(owner)]) == 30
    check(owner, rng)


async def test_an_index_does_not_outlive_its_alias(open_store: Callable[[], Any]) -> None:
    """A name that moves to another collection finds the rows of that one, and writes under either name are followed."""
    rng = seeded(14)
    owner = await open_store()
    await owner.upsert_errors([row(rng, f"g{n}") for n in range(20)])
    indexes = indexes_of(owner)
    indexes.load(real_name(owner))
    index = indexes._ready[real_name(owner)]
    client = owner._rpc.link.client(0.0)
    client.create_alias(real_name(owner), "another_name")
    assert indexes._ready == {}
    indexes.load(real_name(owner))
    client.delete("another_name", filter=f'id in ["{hex_id("g3")}"]')
    check(owner, rng)
    assert len(indexes._ready[real_name(owner)]) == len(index) - 1 == 19


@pytest.mark.parametrize("what", ["refused", "expression", "half", "bytes", "dimension", "dropped", "flush"])
async def test_what_cannot_be_followed_is_forgotten(what: str) -> None:
    """A write or a flush that failed, a delete by another expression, one vector of two, strange bytes, another
    dimension, a collection that is gone: no index, so the engine answers."""
    rng = seeded(13)
    collections: dict[str, Any] = {
        "errors": Fixed([row(rng, "a"), row(rng, "b")]),
        "others": SimpleNamespace(name="others"),
    }
    indexes = MemoryIndexes(collections.__getitem__, threading.RLock(), collections["errors"].read)
    indexes.load("errors")
    assert indexes.search("errors", "dense", unit(rng), 9) is not None

    def field(name: str, **data: Any) -> SimpleNamespace:
        return SimpleNamespace(
            field_name=name,
            scalars=SimpleNamespace(string_data=SimpleNamespace(data=data.get("ids", []))),
            vectors=SimpleNamespace(
                float_vector=SimpleNamespace(data=data.get("dense", [])),
                sparse_float_vector=SimpleNamespace(contents=data.get("sparse", [])),
            ),
        )

    ids, one = field("id", ids=[hex_id("c")]), field("dense", dense=unit(rng))
    good = field("sparse", sparse=[pack({1: 1.0})])
    method, fields, expr = {
        "refused": ("Upsert", [ids, one, good], ""),
        "expression": ("Delete", [], "count > 3"),
        "half": ("Upsert", [ids, one], ""),
        "bytes": ("Upsert", [ids, one, field("sparse", sparse=[b"123"])], ""),
        "dimension": ("Upsert", [ids, field("dense", dense=[1.0, 0.0]), good], ""),
        "dropped": ("DropCollection", [], ""),
        "flush": ("Flush", [], ""),
    }[what]
    request = SimpleNamespace(collection_name="errors", fields_data=fields, expr=expr)
    if what not in ("dropped", "flush"):
        indexes.wrote(method, SimpleNamespace(collection_name="others", fields_data=fields, expr=expr), taken=True)
    indexes.wrote("Flush", request, taken=True)
    assert indexes.search("errors", "dense", unit(rng), 9) is not None
    indexes._again["errors"] = float("inf")
    indexes.wrote(method, request, taken=what not in ("refused", "flush"))
    assert indexes.search("errors", "dense", unit(rng), 9) is None


@pytest.mark.parametrize("error", [StoreUnavailable("stopped"), RuntimeError("secret text")])
async def test_an_index_that_cannot_be_read_leaves_the_engine(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """An engine that stops is nothing to report; anything else is, without its text."""

    def fail(name: str) -> Any:
        raise error

    indexes = MemoryIndexes(lambda name: Fixed([]), threading.RLock(), fail)
    with caplog.at_level(logging.WARNING):
        indexes.load("errors")
    assert indexes._waiting == indexes._ready == {}
    assert len(caplog.records) == (0 if isinstance(error, StoreError) else 1)
    assert "secret" not in caplog.text
