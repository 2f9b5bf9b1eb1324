"""The owner reads from its engine: the same answers as over the socket, and none from an engine that is closing."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mcp_rag.errors import StoreError, StoreUnavailable
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings
from mcp_rag.store.direct import DirectClient
from mcp_rag.store.entities import Entity
from mcp_rag.store.filters import ids_in, prefix_is
from mcp_rag.store.lite import LiteConnection, LiteLink
from mcp_rag.store.owner import READS
from mcp_rag.store.rpc import HEX
from mcp_rag.store.scans import all_tokens, all_vectors
from mcp_rag.store.schema import fields_of
from tests.fakes import hex_id
from tests.store.worker import block, group

pytestmark = pytest.mark.anyio

NAMES = [f"known {n}" for n in range(30)]
FIELDS = list(fields_of("errors"))
ALL = [
    "",
    'title == "known 3"',
    ids_in([hex_id(name) for name in NAMES[5:9]]),
    ids_in([hex_id("nothing")]),
    "count > 0",
]


def unit(*numbers: float) -> tuple[float, ...]:
    """The direction of a vector."""
    return tuple(x / math.hypot(*numbers) for x in numbers)


class Counting:
    """A client that counts the reads which reach it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.reads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in ("query", "search"):
            self.reads.append(name)
        return getattr(self._client, name)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MilvusStore]:
    """An owner with thirty groups: some sealed, some not, some written twice, one deleted."""
    settings = StoreSettings(data_dir=tmp_path / "data")
    store = MilvusStore(settings, LiteConnection(settings))
    await store.open(model_id="hash", dimension=4)
    rows = [
        replace(group(name), vector=unit(1.0, n / 10, 0.3, 0.1), sparse={1: 0.7, n + 2: 1.1}, frames=(name, "ünï\n"))
        for n, name in enumerate(NAMES)
    ]
    await store.upsert_errors(rows[:20])
    await store.flush()
    await store.upsert_errors(rows[10:])
    await store.commit_block(block("one", {NAMES[0]: 2, NAMES[25]: 3}))
    await store.delete_errors([hex_id(NAMES[29])])
    yield store
    await store.close()


def client_of(store: MilvusStore) -> tuple[DirectClient, Counting]:
    """The owner's client, and what it calls over the socket, counted from now on."""
    client = store._rpc.link.client(0.0)
    assert isinstance(client, DirectClient)
    counting = Counting(client._client)
    client._client = counting
    return client, counting


@pytest.mark.parametrize("text", ALL)
async def test_a_query_finds_what_it_finds_over_the_socket(store: MilvusStore, text: str) -> None:
    """Rows, their order and every field, by expression, by id, in pages, and the count: none asked of the socket."""
    client, socket = client_of(store)
    asked: dict[str, Any] = {"filter": text, "timeout": 5.0, "consistency_level": "Session"}
    for fields, extra in ((FIELDS, {}), (["id", "title"], {"limit": 7}), (["id"], {"limit": 5, "offset": 3})):
        asked |= {"output_fields": fields, **extra}
        direct: list[Entity] = client.query(store._errors, **asked)
        assert socket.reads == []
        assert direct == [dict(row) for row in socket._client.query(store._errors, **asked)]
    asked = {"filter": text, "output_fields": ["count(*)"], "consistency_level": "Session"}
    assert client.query(store._errors, **asked) == [dict(r) for r in socket._client.query(store._errors, **asked)]
    assert socket.reads == []


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize(
    ("field", "vector", "params"), [("dense", [0.4, 0.9, 0.1, 0.1], {"ef": 256}), ("sparse", {1: 0.3, 12: 1.3}, {})]
)
async def test_a_search_finds_what_it_finds_over_the_socket(
    store: MilvusStore, field: str, vector: object, params: dict[str, int], text: str
) -> None:
    """Ids, scores to the last bit, and every field of the rows."""
    client, socket = client_of(store)
    asked: dict[str, Any] = {
        "data": [vector],
        "anns_field": field,
        "limit": 12,
        "filter": text,
        "search_params": {"metric_type": "IP", "params": params},
        "output_fields": FIELDS,
        "consistency_level": "Session",
    }
    (direct,) = client.search(store._errors, **asked)
    assert socket.reads == []
    (over,) = socket._client.search(store._errors, **asked)
    assert [(h["id"], float(h["distance"]), dict(h["entity"])) for h in direct] == [
        (h["id"], float(h["distance"]), dict(h["entity"])) for h in over
    ]


@pytest.mark.parametrize("sealed", [True, False])
async def test_every_row_keeps_its_own_vectors(store: MilvusStore, tmp_path: Path, sealed: bool) -> None:
    """A new row before the newer version of an older one, in one write or in one file: ids and columns stay together,
    for the index, and for words, which are read when the store is opened."""
    vectors = {"known": unit(1.0, 0.0, 0.0, 0.1), "new": unit(0.0, 1.0, 0.0, 0.1)}
    rows = {
        name: replace(group(name), vector=vector, sparse={7 + n: 1.0})
        for n, (name, vector) in enumerate(vectors.items())
    }
    await store.upsert_errors([rows["known"]])
    await store.flush()
    await store.upsert_errors([rows["new"], rows["known"]])
    if sealed:
        await store.flush()
    view = store._connection.link._engine._view(store._errors)  # type: ignore[attr-defined] # of the embedded store
    read = all_vectors(view)
    found = dict(zip(read.ids, read.dense.tolist(), strict=True))
    words = {row["id"]: row["sparse"] for row in all_tokens(view)}
    for n, (name, vector) in enumerate(vectors.items()):
        assert found[hex_id(name)] == pytest.approx(vector)
        assert words[hex_id(name)] == {7 + n: 1.0}
        assert words == {i: dict(struct.iter_unpack("<If", p)) for i, p in zip(read.ids, read.sparse, strict=True)}


@pytest.mark.parametrize("fields", [["id"], ["id", "sparse"]])
async def test_columns_of_all_rows_are_read_from_the_engine(store: MilvusStore, fields: list[str]) -> None:
    """Ids and words of all rows, sealed, unsealed, written twice or deleted, or of a part of them, up to a limit: what
    the socket brings, without making whole rows."""
    client, socket = client_of(store)
    for text in ("", *map(prefix_is, HEX)):
        asked: dict[str, Any] = {"filter": text, "output_fields": fields, "limit": 100}
        direct = {row["id"]: row for row in client.query(store._errors, **asked)}
        assert socket.reads == []
        assert direct == {row["id"]: dict(row) for row in socket._client.query(store._errors, **asked)}
        if not text:
            assert len(direct) == len(NAMES) - 1
            some = client.query(store._errors, **asked | {"limit": 7})
            assert len({row["id"] for row in some} & direct.keys()) == 7


async def test_vectors_are_read_over_the_socket(store: MilvusStore) -> None:
    """The engine's own form of a vector is not the client's."""
    _, socket = client_of(store)
    (row,) = await store.export_errors([hex_id(NAMES[4])])
    assert row.vector is not None
    assert row.vector == pytest.approx(unit(1.0, 0.4, 0.3, 0.1), abs=1e-6)
    assert set(socket.reads) == {"query"}


async def test_what_the_engine_refuses_fails_as_it_does_over_the_socket(store: MilvusStore) -> None:
    """A bad expression, and a collection that is gone: our error, not the engine's."""
    with pytest.raises(StoreError, match="refused a request"):
        store._rpc.query(store._errors, "title ===", ("id",))
    with pytest.raises(StoreError, match="missing"):
        store._rpc.query("nothing", "", ("id",))


async def test_no_read_opens_a_collection_of_a_stopped_engine(store: MilvusStore) -> None:
    """A closing engine forgets its collections before it frees its lock: one opened then would be a second writer."""
    client, _ = client_of(store)
    link = store._rpc.link
    assert isinstance(link, type(store._connection.link))
    engine = link._engine
    assert engine is not None
    database = engine._database
    engine.stop()
    with pytest.raises(StoreUnavailable):
        client._view(store._errors)
    assert database._collections == {}
    link._engine, link._client = None, None
    assert await store.count_errors(ErrorFilter()) == len(NAMES) - 1


async def test_a_flush_that_fails_in_any_way_stops_writing(store: MilvusStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the engine raises: its next flush would delete the log that alone holds the rows. Opened anew it reads
    them from there, and meanwhile they are read as before."""
    from milvus_lite.engine import collection as engine

    def failing(*, frozen_wal: Any, **_: object) -> None:
        for part in (frozen_wal._data_writer, frozen_wal._data_sink):  # as the end of a process would, for a clean test
            if part is not None:
                part.close()
        raise MemoryError

    await store.upsert_errors([group("kept")])
    link = store._connection.link
    assert isinstance(link, LiteLink)
    running = link._engine
    assert running is not None
    with monkeypatch.context() as failure:
        failure.setattr(engine, "execute_flush", failing)
        with pytest.raises(StoreError):
            await store.flush()
        assert running.stopped_because == "write failed"
        assert [row.title for row in await store.get_errors([hex_id("kept")])] == ["kept"]
        with pytest.raises(StoreError):
            running._serial("Upsert", lambda *_: None)(None, Denied())
    running.stop()
    link._engine, link._client = None, None
    assert [row.title for row in await store.get_errors([hex_id("kept")])] == ["kept"]


class Denied:
    """A call whose refusal is a StoreError."""

    def is_active(self) -> bool:
        return True

    def abort(self, _: object, text: str) -> None:
        raise StoreError(text, "")


async def test_a_guest_asks_the_owner(store: MilvusStore, tmp_path: Path) -> None:
    """A guest has no engine to ask, and reads what the owner has just written."""
    settings = StoreSettings(data_dir=tmp_path / "data")
    guest = MilvusStore(settings, LiteConnection(settings))
    try:
        await guest.open(model_id="hash", dimension=4)
    except StoreUnavailable:  # pragma: no cover - where there are no Unix sockets, a store has one process
        pytest.skip("no Unix sockets")
    assert not isinstance(guest._rpc.link.client(0.0), DirectClient)
    await store.upsert_errors([group("fresh")])
    assert await guest.count_errors(ErrorFilter()) == len(NAMES)
    await guest.close()


async def test_a_guest_misses_nothing_that_is_flushed_meanwhile(
    store: MilvusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flush comes between the engine's look at the files and its look at the unsealed rows: a guest, and the
    owner where it asks the engine, read the row as it was written last all the same, whichever way they ask."""
    link = store._connection.link
    assert isinstance(link, LiteLink)
    engine = link._engine
    assert engine is not None
    settings = StoreSettings(data_dir=tmp_path / "data")
    guest = MilvusStore(settings, LiteConnection(settings))
    try:
        await guest.open(model_id="hash", dimension=4)
    except StoreUnavailable:  # pragma: no cover - where there are no Unix sockets, a store has one process
        pytest.skip("no Unix sockets")
    collection = engine._collection(store._errors)
    look = collection._read_snapshot
    waiting = [True]

    def looks() -> Any:
        seen = look()
        if waiting and threading.current_thread().name.startswith(("mcp-rag-engine", "mcp-rag-store")):
            waiting.clear()
            collection.flush()
        return seen

    async def check(sample: str, read: Callable[[], Awaitable[list[str]]]) -> None:
        await store.upsert_errors([replace(group("known 1"), sample=sample)])
        waiting.append(True)
        monkeypatch.setattr(collection, "_read_snapshot", looks)
        assert sample in await read()
        monkeypatch.setattr(collection, "_read_snapshot", look)
        assert not waiting

    async def search() -> list[str]:
        hits = await guest.search_dense((1.0, 0.0, 0.0, 0.0), 99, ErrorFilter())
        return [hit.group.sample for hit in hits if hit.group]

    async def get() -> list[str]:
        return [row.sample for row in await guest.get_errors([hex_id("known 1")])]

    async def query(who: MilvusStore = guest) -> list[str]:
        return [row.sample for row in await who.query_errors(ErrorFilter(), 99)]

    await check("found", search)
    await check("got", get)
    await check("queried", query)
    await check("queried by the owner", lambda: query(store))
    await guest.close()


def test_every_read_of_rows_is_whole() -> None:
    """The calls of the engine that return rows."""
    from milvus_lite.adapter.grpc.servicer import MilvusServicer

    assert {name for name in vars(MilvusServicer) if name.endswith(("Query", "Search"))} == set(READS)


async def test_a_read_of_an_engine_that_is_closing_is_told_to_come_back(store: MilvusStore) -> None:
    """A guest that asks then finds the next owner, not a broken answer."""
    link = store._connection.link
    assert isinstance(link, LiteLink)
    engine = link._engine
    assert engine is not None
    asked: list[str] = []
    answer = engine._whole(lambda *_: asked.append("asked"))
    request = SimpleNamespace(collection_name=store._errors)
    answer(request, Denied())
    assert asked == ["asked"]
    engine.stop()
    with pytest.raises(StoreError, match="has stopped"):
        answer(request, Denied())
    link._engine, link._client = None, None
