"""Reads by id do not wait for the engine's lock, and miss nothing meanwhile."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.store import views
from mcp_rag.store.point_reads import rows_by_id
from mcp_rag.store.scans import all_ids
from mcp_rag.store.views import View

WAIT_S = 30.0
IDS = [f"{n:032x}" for n in range(8)]


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Any]:
    """A collection of the real engine with rows of an id, a number and a vector."""
    from milvus_lite.db import MilvusLite
    from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema

    schema = CollectionSchema(
        fields=[
            FieldSchema(name="id", dtype=DataType.VARCHAR, is_primary=True, max_length=64),
            FieldSchema(name="n", dtype=DataType.INT64),
            FieldSchema(name="dense", dtype=DataType.FLOAT_VECTOR, dim=4),
        ]
    )
    database = MilvusLite(str(tmp_path / "engine"))
    yield database.create_collection("rows", schema)
    database.close()


def put(collection: Any, *rows: tuple[str, int]) -> None:
    """Write rows."""
    collection.upsert([{"id": i, "n": n, "dense": [1.0, 0.0, 0.0, float(n)]} for i, n in rows])


def listed(view: View, ids: list[str] | None = None) -> dict[str, int]:
    """All rows, found by listing their ids, each of which there is one of."""
    found = all_ids(view)
    assert len(found) == len(set(found))
    rows = read(view, ids)
    return {i: rows.get(i, -1) for i in found}


def read(view: View, ids: list[str] | None = None) -> dict[str, int]:
    """Rows as read by id."""
    return {row["id"]: row["n"] for row in rows_by_id(view, ids or IDS, ["n"])}


@contextmanager
def held(lock: Any) -> Iterator[None]:
    """Another thread has the lock meanwhile, as a flush or a compaction has; nothing inside may wait for it."""
    taken, over = threading.Event(), threading.Event()
    kept: list[bool] = []

    def hold() -> None:
        with lock:
            taken.set()
            kept.append(over.wait(WAIT_S))

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(WAIT_S)
    try:
        yield
    finally:
        over.set()
        thread.join(WAIT_S)
    assert kept == [True]


def test_a_read_does_not_wait_for_the_lock(collection: Any) -> None:
    """Sealed and unsealed rows, replaced ones and deleted ones are seen as they are while the lock is taken."""
    put(collection, (IDS[0], 1), (IDS[1], 1), (IDS[2], 1))
    collection.flush()
    view = View(collection)
    assert read(view) == {IDS[0]: 1, IDS[1]: 1, IDS[2]: 1}
    put(collection, (IDS[3], 5))  # an upsert takes the lock itself
    collection.delete([IDS[0]])
    with held(collection._maintenance_lock):
        assert read(view) == listed(view) == {IDS[1]: 1, IDS[2]: 1, IDS[3]: 5}


def test_rows_of_a_flush_under_way_are_seen(collection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine takes unsealed rows away before it has written them: a read in between finds them, their newer
    versions and no deleted one."""
    put(collection, (IDS[0], 1))
    collection.flush()
    view = View(collection)
    put(collection, (IDS[1], 2), (IDS[2], 2), (IDS[3], 2))
    collection.delete([IDS[0]])
    assert read(view) == {IDS[1]: 2, IDS[2]: 2, IDS[3]: 2}
    reads: list[dict[str, int]] = []
    from milvus_lite.engine import collection as engine

    execute = engine.execute_flush

    def watched(*, frozen_memtable: Any, **arguments: Any) -> None:
        with frozen_memtable._lock:  # as while it makes columns of the rows
            reads.extend(
                [_in_a_thread(lambda: read(view)), _in_a_thread(lambda: listed(view))]
            )  # locks let their owner in
        execute(frozen_memtable=frozen_memtable, **arguments)

    monkeypatch.setattr(engine, "execute_flush", watched)
    collection.flush()
    assert reads == 2 * [{IDS[1]: 2, IDS[2]: 2, IDS[3]: 2}]
    assert read(view) == listed(view) == reads[0]


def _in_a_thread(work: Any) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(WAIT_S)
    return found[0] if found else "waited for the lock"


READS = {
    "query": lambda c: {row["id"]: row["n"] for row in c.query("n >= 0", output_fields=["n"])},
    "get": lambda c: {row["id"]: row["n"] for row in c.get(IDS, output_fields=["n"])},
    "search": lambda c: {
        hit["id"]: hit["entity"]["n"]
        for hit in c.search([[0.0, 0.0, 0.0, 1.0]], top_k=9, metric_type="IP", output_fields=["n"])[0]
    },
    "count": lambda c: dict.fromkeys(range(c.num_entities)),
}


@pytest.mark.parametrize("times", [1, views.READS, views.READS + 1])
@pytest.mark.parametrize("kind", READS)
def test_a_read_into_which_a_flush_comes_is_whole(
    collection: Any, monkeypatch: pytest.MonkeyPatch, kind: str, times: int
) -> None:
    """The engine's own reads look at the files, then at the unsealed rows. Another thread takes those away in between,
    once or each time: the row written last is there all the same, once, and as it was written last."""
    put(collection, (IDS[0], 1), (IDS[1], 1))
    collection.flush()
    writing = threading.RLock()
    view = View(collection, writing=writing)
    look, flushes, reader = collection._read_snapshot, [], threading.current_thread()

    def flush() -> bool:
        if free := writing.acquire(blocking=False):  # as every flush does
            collection.flush()
            writing.release()
        return free

    def looks() -> Any:
        if len(flushes) == times or threading.current_thread() is not reader:
            return look()
        collection.insert([{"id": i, "n": 2, "dense": [1.0, 0.0, 0.0, 2.0]} for i in (IDS[0], IDS[2])])
        seen = look()
        flushes.append(_in_a_thread(flush))
        return seen

    monkeypatch.setattr(collection, "_read_snapshot", looks)
    found = view.whole(lambda: READS[kind](collection))
    assert flushes == [True] * min(times, views.READS) + [False] * (times - views.READS)
    assert found == READS[kind](collection)
    assert len(found) == 3


@pytest.mark.parametrize("kind", READS)
def test_a_read_that_begins_in_a_flush_is_whole(collection: Any, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A flush takes the unsealed rows away before it writes them: a read that begins then waits for their file."""
    view = View(collection)
    put(collection, (IDS[0], 1))
    threads: list[threading.Thread] = []
    found: list[Any] = []
    from milvus_lite.engine import collection as engine

    class Log(engine.WAL):  # type: ignore[misc, name-defined] # milvus-lite ships no types
        """Made by the engine once the rows are gone from where they were, and before they are written."""

        def __init__(self, **arguments: Any) -> None:
            threads.append(threading.Thread(target=lambda: found.append(view.whole(lambda: READS[kind](collection)))))
            threads[-1].start()
            threads[-1].join(0.05)
            super().__init__(**arguments)

    monkeypatch.setattr(engine, "WAL", Log)
    collection.flush()
    threads[0].join(WAIT_S)
    assert found == [READS[kind](collection)]
    assert len(found[0]) == 1


def test_a_read_waits_for_a_write_to_the_same_table(collection: Any) -> None:
    """A table that rows are being added to is not looked into meanwhile: its index names batches before they are
    there."""
    view = View(collection)
    put(collection, (IDS[1], 2))
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(read(view)))
    with held(collection._memtable._lock):
        reader.start()
        reader.join(0.05)
        assert found == []
    reader.join(WAIT_S)
    assert found == [{IDS[1]: 2}]


def test_a_failed_flush_hides_nothing(collection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged is read on, though the engine holds it no more."""
    view = View(collection)
    put(collection, (IDS[1], 2))
    from milvus_lite.engine import collection as engine

    def failing(*, frozen_wal: Any, **_: Any) -> None:
        frozen_wal.close_and_delete()
        raise OSError(28, "no space")

    monkeypatch.setattr(engine, "execute_flush", failing)
    with pytest.raises(OSError, match="no space"):
        collection.flush()
    assert read(view) == {IDS[1]: 2}


def test_a_failed_flush_keeps_nothing_alive_that_was_changed_since(
    collection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that it took are older than what was written and deleted afterwards, in files or not."""
    view = View(collection)
    put(collection, (IDS[1], 2), (IDS[2], 2), (IDS[3], 2))
    from milvus_lite.engine import collection as engine

    def failing(*, frozen_wal: Any, **_: Any) -> None:
        frozen_wal.close_and_delete()
        raise MemoryError

    with monkeypatch.context() as failure:
        failure.setattr(engine, "execute_flush", failing)
        with pytest.raises(MemoryError):
            collection.flush()
    put(collection, (IDS[1], 3))
    collection.delete([IDS[2]])
    for _ in range(2):
        assert read(view) == {IDS[1]: 3, IDS[3]: 2}
        collection.flush()
    put(collection, (IDS[2], 4))
    assert read(view) == {IDS[1]: 3, IDS[2]: 4, IDS[3]: 2}


def test_a_flush_that_fails_at_its_end_hides_no_later_write(collection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are in a file and among those that a flush took: what is written later wins over both."""
    failed: list[bool] = []
    view = View(collection, lambda: failed.append(True))
    put(collection, (IDS[1], 2), (IDS[2], 2))

    def failing() -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as failure:
        failure.setattr(collection, "_schedule_bg_maintenance", failing)
        with pytest.raises(RuntimeError):
            collection.flush()
    assert (read(view), failed) == ({IDS[1]: 2, IDS[2]: 2}, [True])
    put(collection, (IDS[1], 3))
    collection.delete([IDS[2]])
    collection.flush()
    assert read(view) == {IDS[1]: 3}


def test_a_released_view_holds_nothing(collection: Any) -> None:
    """A dropped or closed collection is free at once, not when cycles are looked for."""
    view = View(collection)
    put(collection, (IDS[1], 2))
    collection.flush()
    assert read(view)
    view.release()
    assert (view._last, view._frozen) == (None, ())
    assert not {"_trigger_flush", "_bg_compact_and_index"} & vars(collection).keys()
    put(collection, (IDS[2], 2))
    collection.flush()


def test_what_was_flushed_is_let_go_of(collection: Any) -> None:
    """Tables whose rows are in files that were seen are not kept, whether anybody reads or not."""
    view = View(collection)
    for n in range(4 * views.MAX_FROZEN):
        put(collection, (IDS[n % 8], n))
        collection.flush()
        assert len(view._frozen) <= views.MAX_FROZEN
        assert len(view._written) <= views.MAX_FROZEN
    collection._wait_for_bg()
    assert len(read(view)) == 8
    assert (view._frozen, view._written) == ((), [])


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_reads_beside_writes_flushes_and_merges(collection: Any, seed: int, by_id: bool) -> None:
    """One thread writes, deletes and flushes; a read of another never finds less than was written before it began, nor
    anything that was never there."""
    view = View(collection)
    rng = random.Random(seed)  # noqa: S311 - no secret
    done = threading.Event()
    newest = dict.fromkeys(IDS, 0)  # written, and only growing: a row is replaced by a larger number, or deleted
    put(collection, *newest.items())
    wrong: list[tuple[dict[str, int], dict[str, int]]] = []
    deletable = set(IDS[6:])

    def reads() -> None:
        while not done.is_set():
            before = dict(newest)
            found = read(view) if by_id else view.whole(lambda: READS["query"](collection))
            if any(found.get(i, -1) < n for i, n in before.items() if i not in deletable):
                wrong.append((before, found))

    threads = [threading.Thread(target=reads) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for n in range(1, 120):
            chosen = rng.sample(IDS, 3)
            put(collection, *((i, n) for i in chosen))
            newest.update(dict.fromkeys(chosen, n))
            if rng.random() < 0.3:
                collection.delete([rng.choice(IDS[6:])])
            if rng.random() < 0.4:
                collection.flush()
    finally:
        done.set()
        for thread in threads:
            thread.join(WAIT_S)
    assert wrong == []
    assert sorted(all_ids(view)) == sorted(read(view)) == sorted(READS["query"](collection))
    assert {i: n for i, n in read(view).items() if i not in deletable} == {i: newest[i] for i in IDS[:6]}
