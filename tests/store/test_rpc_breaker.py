"""A dead server costs one deadline; then calls fail at once until a trial succeeds."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from mcp_rag.app import App
from mcp_rag.breaker import Breaker
from mcp_rag.config import Settings
from mcp_rag.errors import StoreError, StoreUnavailable
from mcp_rag.search import SearchRequest
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.library import client_class
from mcp_rag.store.rpc import PROBE_S, Rpc
from tests.fakes import HashEmbedder


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    """Seconds that pass when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A link and its client in one. `fault` is what every call meets; `calls` are (method, deadline in seconds)."""

    where = "the Milvus server at h:1"
    exclusive = False

    def __init__(self, clock: Clock) -> None:
        self.breaker: Breaker | None = Breaker(30.0, clock)
        self.fault: Callable[[], Exception] | None = None
        self.calls: list[tuple[str, float]] = []

    def client(self, deadline: float) -> Any:
        return self

    def lost(self, client: Any) -> bool:
        return False

    def writing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def check_room(self) -> None: ...

    def _answer(self, method: str, timeout: float) -> Any:
        self.calls.append((method, timeout))
        if self.fault is not None:
            raise self.fault()
        return []

    def get_server_version(self, *, timeout: float) -> Any:
        return self._answer("get_server_version", timeout)

    def query(self, name: str, *, timeout: float, **_: Any) -> Any:
        return self._answer("query", timeout)


def hangs() -> Exception:
    """What pymilvus raises once a deadline passed."""
    client_class()
    from pymilvus.exceptions import MilvusException

    return MilvusException(message="DEADLINE_EXCEEDED")


def refuses() -> Exception:
    """An answer, and not a good one."""
    client_class()
    from pymilvus.exceptions import MilvusException

    return MilvusException(code=1100, message="bad filter")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    return Server(clock)


def test_one_deadline_then_answers_at_once(server: Server, clock: Clock) -> None:
    """The refusal names the first failure, costs no call, and may be retried."""
    rpc = Rpc(server, 10.0)
    server.fault = hangs
    with pytest.raises(StoreUnavailable, match="did not answer within 10 s"):
        rpc.call("query", "c")
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=r"did not answer within 10 s \(query\)\. Not asked again") as caught:
            rpc.call("query", "c")
        assert caught.value.retry
    assert [method for method, _ in server.calls] == ["query"]


def test_a_trial_asks_for_the_version_within_a_short_deadline(server: Server, clock: Clock) -> None:
    """Still dead: the trial costs no whole deadline, and opens no door for the calls behind it."""
    rpc = Rpc(server, 10.0)
    server.fault = hangs
    with pytest.raises(StoreUnavailable):
        rpc.call("query", "c")
    clock.now += 30.0
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            rpc.call("query", "c")
    (_, _), (method, deadline) = server.calls
    assert method == "get_server_version"
    assert deadline <= PROBE_S


def test_a_trial_that_succeeds_opens_the_way(server: Server, clock: Clock) -> None:
    rpc = Rpc(server, 10.0)
    server.fault = hangs
    with pytest.raises(StoreUnavailable):
        rpc.call("query", "c")
    server.fault = None
    clock.now += 30.0
    assert rpc.call("query", "c") == []
    assert rpc.call("query", "c") == []
    assert [method for method, _ in server.calls] == ["query", "get_server_version", "query", "query"]


def test_a_server_that_refuses_is_alive(server: Server) -> None:
    """Only silence counts: a refused filter stops nobody."""
    rpc = Rpc(server, 10.0)
    server.fault = refuses
    for _ in range(2):
        with pytest.raises(StoreError):
            rpc.call("query", "c")
    server.fault = None
    assert rpc.call("query", "c") == []


def test_an_embedded_store_is_always_tried(server: Server) -> None:
    server.breaker, server.fault = None, hangs
    rpc = Rpc(server, 10.0)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            rpc.call("query", "c")
    assert len(server.calls) == 2


@pytest.fixture
def dead() -> Iterator[MilvusStore]:
    """A store on a port where nobody listens, its connection attempts counted in `tries`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}"
        yield open_store(StoreSettings(uri=uri, timeout_s=1.0))


@pytest.mark.anyio
async def test_on_a_dead_port_searches_fail_at_once_and_the_status_says_why(
    dead: MilvusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection attempt in all, however many calls: the app, its status and its errors name the server."""
    link = dead._connection.link
    tries: list[float] = []
    connect = link.client

    def client(deadline: float) -> Any:
        tries.append(deadline)
        return connect(deadline)

    monkeypatch.setattr(link, "client", client)
    app = App(Settings(), store=dead, embedder=HashEmbedder())
    try:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1") as first:
            await app.opened()
        made = len(tries)
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="Not asked again yet") as later:
                await app.opened()
        assert made == len(tries) == 1
        result = await app.status.report(later.value)
        assert result.degraded
        assert any(first.value.cause in p.what and p.fix for p in result.problems)
        with pytest.raises(StoreError):
            await app.searcher.search(SearchRequest("KeyError: 'user_id'"))
        assert len(tries) == 1
    finally:
        await app.close()
