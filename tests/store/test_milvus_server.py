"""The store on a real Milvus server (2.3.5, the newest that installs without a container): wire, dialect, restarts.

Run by scripts/test-milvus. This server has no sparse vectors, no infix LIKE and no partial update, so it also proves
the fallbacks.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_rag.errors import InputError, StoreError, StoreMismatch, StoreUnavailable
from mcp_rag.marks import MAX_LINES, marks_of
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.types import Level
from tests.contracts.test_store import HOUR, axis, block, group, one, resolution
from tests.fakes import hex_id
from tests.store.hostile_filters import BAD_IDS, HOSTILE, ROW, check_filters, check_ids_of_calls

pytestmark = [pytest.mark.anyio, pytest.mark.milvus]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


class Server:
    """One server process; it keeps its data and its port over restarts."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._process: subprocess.Popen[str] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        python = os.environ.get("MCP_RAG_TEST_MILVUS_PYTHON", "")
        if not python:
            pytest.skip("scripts/test-milvus runs this lane")
        self._process = subprocess.Popen(
            [python, str(HERE / "milvus_process.py"), str(self._base), str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        started = next((line for line in self._process.stdout if line.startswith("{")), "{}")
        assert json.loads(started).get("port") == self._port

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None and process.stdout is not None:
            with closing(process.stdout):
                process.stdin.close()
                process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("milvus"))
    made.start()
    yield made
    made.kill()


_number = iter(range(1_000))


@pytest.fixture
async def store(server: Server) -> AsyncIterator[MilvusStore]:
    """A fresh knowledge base on the server; its collections stay, as every one costs seconds to drop."""
    made = open_store(StoreSettings(uri=server.uri, kb=f"kb-{next(_number)}", timeout_s=20))
    await made.open(model_id="hash", dimension=4)
    yield made
    await made.close()


async def test_everything_on_one_knowledge_base(store: MilvusStore) -> None:
    """Round trip, filters with their fallbacks, ledger, resolutions and quoting on the real server."""
    hostile = 'quote " and \\ slash\nnewline " or id != "'
    groups = [
        group("a"),
        group("b", level=Level.FATAL, services=("a_i",), exception_type=hostile, codes=("ERR_CONN",), vector=axis(1)),
        group("c", services=("axi",), sample="漢" * 20_000, vector=(0.6, 0.8, 0.0, 0.0)),
    ]
    await store.upsert_errors(groups)
    found = {g.title: g for g in await store.get_errors([g.id for g in groups])}
    assert found["Title a"] == replace(groups[0], vector=None, sparse=None)
    assert len(found["Title c"].sample.encode()) <= 32_768
    names = {hex_id(n): n for n in "abc"}
    for where, expected in (
        (ErrorFilter(service="a_i"), "b"),
        (ErrorFilter(codes=("E0308",)), "ac"),
        (ErrorFilter(exception_type=hostile), "b"),
        (ErrorFilter(min_level=Level.FATAL), "b"),
        (ErrorFilter(service='x" or id != "'), ""),
    ):
        assert sorted(names[g.id] for g in await store.query_errors(where, 10)) == sorted(expected)
        assert await store.count_errors(where) == len(expected)
        assert sorted(names[s.id] for s in await store.search_dense(axis(0), 10, where)) == sorted(expected)
    assert [names[s.id] for s in await store.search_dense(axis(0), 3, ErrorFilter())] == ["a", "c", "b"]

    await store.commit_block(block("b1", {"a": {HOUR: 3}, "b": {HOUR: 1}}, open=True))
    await store.upsert_errors([group("a", title="renamed", vector=None, sparse=None)])
    assert ((await one(store, "a")).title, (await one(store, "a")).count) == ("renamed", 3)
    await store.commit_block(block("b2", {"a": {HOUR: 5}}), [hex_id("b1")])
    assert ((await one(store, "a")).count, (await one(store, "b")).count) == (5, 0)
    assert await store.recover() == 0

    fix = resolution("r", "a")
    await store.upsert_resolutions([fix, resolution("v", vector=axis(0))])
    assert await store.resolutions_of([hex_id("a")]) == [fix]
    assert [s.id for s in await store.search_resolutions(axis(0), {}, 5)] == [hex_id("v")]
    assert await store.delete_errors([hex_id("c")]) == 1
    assert await store.get_errors([hex_id("c")]) == []
    with pytest.raises(InputError):
        await store.delete_errors(["x'] or id not in ['x"])


async def test_missing_features_and_known_holes_are_said(store: MilvusStore) -> None:
    """A server without sparse vectors works by meaning and code, and says so; so does one with a known hole."""
    await store.upsert_errors([group("a")])
    assert await store.search_sparse({7: 1.0}, 5, ErrorFilter()) == []
    assert await store.document_frequencies() == (1, {})
    info = await store.info()
    assert (info.kind, info.errors, info.role) == ("server", 1, "")
    assert info.version.startswith("v2.3.5")
    assert any("no sparse vectors" in text for text in info.degraded)
    assert any("CVE-2026-26190" in text for text in info.degraded)


async def test_search_after_ingest_sees_it(store: MilvusStore) -> None:
    """Session consistency: a process sees its own writes at once, twenty times in a row."""
    for n in range(20):
        await store.upsert_errors([group(str(n))])
        assert len(await store.search_dense(axis(0), 100, ErrorFilter())) == n + 1
        assert await store.count_errors(ErrorFilter()) == n + 1


async def test_another_model_is_refused(store: MilvusStore, server: Server) -> None:
    """What is kept in the description is compared at open."""
    settings = store._settings
    other = open_store(settings)
    with pytest.raises(StoreMismatch, match="mcp-rag reindex"):
        await other.open(model_id="another", dimension=4)
    redacted = open_store(replace(settings, redaction_version=7))
    with pytest.raises(StoreMismatch, match="mcp-rag reindex"):
        await redacted.open(model_id="hash", dimension=4)


async def test_two_readings_of_a_log_that_grew_count_once(store: MilvusStore) -> None:
    """The marks of a full block fit the server's JSON, and the commit of its beginning sees them."""
    await store.upsert_errors([group("one")])
    lines = [b"line %d" % n for n in range(MAX_LINES)]
    facts: dict[str, Any] = {"open": True, "head": hex_id("grown")}
    long = block("long", {"one": {0: 5}}, **facts, size_bytes=500, marks=marks_of(b"\n".join(lines)))
    assert await store.commit_block(long)
    assert [row.marks for row in await store.find_longer_blocks(hex_id("grown"), 300)] == [long.marks]
    short = block("short", {"one": {0: 3}}, **facts, size_bytes=300, marks=marks_of(b"\n".join(lines[:999])))
    assert not await store.commit_block(short)
    assert (await one(store, "one")).count == 5


async def test_two_clients_count_the_same_group(store: MilvusStore) -> None:
    """Without a shared lock the ledger's own check keeps totals exact for writers on two machines."""
    other = open_store(store._settings)
    await other.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("shared")])
    for n in range(3):
        results = await asyncio.gather(
            store.commit_block(block(f"ours {n}", {"shared": {0: 1}})),
            other.commit_block(block(f"theirs {n}", {"shared": {0: 2}})),
        )
        assert results == [True, True]
    assert (await one(store, "shared")).count == 9
    await other.close()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all examples of a property."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def hostile_store(server: Server, loop: asyncio.AbstractEventLoop) -> Iterator[MilvusStore]:
    """A knowledge base of the properties' own."""
    made = open_store(StoreSettings(uri=server.uri, kb="hostile", timeout_s=20))
    loop.run_until_complete(made.open(model_id="hash", dimension=4))
    yield made
    loop.run_until_complete(made.close())


@given(rows=st.lists(ROW, min_size=1, max_size=12), queries=st.lists(HOSTILE, min_size=1, max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filter_values_cannot_change_the_expression(
    hostile_store: MilvusStore,
    loop: asyncio.AbstractEventLoop,
    rows: list[tuple[str, str, str]],
    queries: list[str],
) -> None:
    """Check 14 on the server's own parser: whatever the strings, it selects what Python selects."""
    loop.run_until_complete(check_filters(hostile_store, rows, queries))


@given(bad=BAD_IDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_cannot_change_the_expression(
    hostile_store: MilvusStore, loop: asyncio.AbstractEventLoop, bad: str
) -> None:
    """Check 15 on the server: an id that is none reaches it never, and nothing is deleted."""
    loop.run_until_complete(check_ids_of_calls(hostile_store, bad))


async def test_server_restart_is_survived(store: MilvusStore, server: Server) -> None:
    """While the server is down calls fail within the deadline as retryable; after a restart the same store works."""
    await store.upsert_errors([group("before")])
    server.kill()
    store._rpc.timeout_s = 2.0
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        await store.get_errors([hex_id("before")])
    assert time.monotonic() - begin < 6.0
    assert caught.value.retry
    server.start()
    store._rpc.timeout_s = 20.0
    deadline = time.monotonic() + 120
    while True:
        try:
            assert (await one(store, "before")).title == "Title before"
            break
        except StoreError:
            assert time.monotonic() < deadline
    await store.upsert_errors([group("after")])
    assert await store.count_errors(ErrorFilter()) == 2
