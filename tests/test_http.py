"""The HTTP face: who may reach it, what guards it, and the same answers in both protocol eras."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from mcp_rag.config import Settings
from mcp_rag.errors import ConfigurationError
from mcp_rag.http import BearerGuard, build_http_app, check_binding, is_loopback

pytestmark = pytest.mark.anyio

TOKEN = "t" * 40
LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - the address that must be refused
        ("::", False),
        ("192.168.1.5", False),
        ("example.com", False),
        ("", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    """Only addresses that no other machine reaches count as loopback."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"http_host": "0.0.0.0"}, "MCP_RAG_AUTH_TOKEN"),  # noqa: S104 - the address that must be refused
        ({"http_host": "0.0.0.0", "auth_token": TOKEN}, "MCP_RAG_HTTP_ALLOWED_HOSTS"),  # noqa: S104 - as above
        ({"auth_token": "short"}, "32 bytes"),
        ({"http_allowed_hosts": ("*.example.com",)}, "wildcard"),
        ({"http_host": "db.internal", "auth_token": TOKEN}, "MCP_RAG_HTTP_ALLOWED_HOSTS"),
    ],
)
def test_unsafe_bindings_are_refused(settings: dict[str, Any], said: str) -> None:
    """Off loopback: a token of 32 bytes and named hosts, or no server at all."""
    with pytest.raises(ConfigurationError, match=said):
        check_binding(Settings(**settings))
    with pytest.raises(ConfigurationError):
        build_http_app(Settings(**settings))


def test_safe_bindings() -> None:
    """Loopback needs nothing; elsewhere token and hosts."""
    check_binding(Settings())
    check_binding(Settings(http_host="10.0.0.5", auth_token=TOKEN, http_allowed_hosts=("errors.example.com",)))


async def guarded(headers: list[tuple[bytes, bytes]], path: str = "/mcp", token: str = TOKEN) -> int:
    """The status that the guard lets a request end with; 200 is the inner application."""
    sent: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    await BearerGuard(inner, token)({"type": "http", "path": path, "headers": headers}, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"authorization", b"Bearer " + TOKEN.encode())], 200),
        ([(b"authorization", b"bearer  " + TOKEN.encode())], 200),
        ([], 401),
        ([(b"authorization", TOKEN.encode())], 401),
        ([(b"authorization", b"Basic " + TOKEN.encode())], 401),
        ([(b"authorization", b"Bearer " + TOKEN.encode() + b"x")], 401),
        ([(b"authorization", b"Bearer " + TOKEN.encode()[:-1])], 401),
        ([(b"authorization", b"Bearer ")], 401),
        ([(b"authorization", b"Bearer \xff\xfe")], 401),
        ([(b"authorization", b"Bearer " + TOKEN.encode()), (b"authorization", b"Bearer x")], 401),
        ([(b"x-authorization", b"Bearer " + TOKEN.encode())], 401),
    ],
)
async def test_the_guard(headers: list[tuple[bytes, bytes]], status: int) -> None:
    """Exactly one header with exactly the token; health needs none; without a token nothing is asked."""
    assert await guarded(headers) == status
    assert await guarded(headers, path="/health") == 200
    assert await guarded(headers, token="") == 200
    assert await guarded(headers, path="/healthz") == status
    assert await guarded(headers, path="/mcp/../health") == status


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[str]:
    """The real server on a free port of this machine."""
    config = uvicorn.Config(build_http_app(settings), log_level="error")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            async with asyncio.timeout(15):
                await task


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with a token and a store of its own."""
    return Settings(data_dir=str(tmp_path), auth_token=TOKEN, starter_knowledge=False)


async def test_strangers_are_turned_away(settings: Settings) -> None:
    """No token 401, another Host 421, another Origin 403 (DNS rebinding), health for everyone."""
    good = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with serving(settings) as url, httpx2.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert (await client.post("/mcp", json=body)).status_code == 401
        wrong = {**good, "Authorization": "Bearer wrong"}
        answer = await client.post("/mcp", json=body, headers=wrong)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="mcp-rag"')
        assert (await client.post("/mcp", json=body, headers={**good, "Host": "evil.example"})).status_code == 421
        assert (
            await client.post("/mcp", json=body, headers={**good, "Origin": "http://evil.example"})
        ).status_code == 403


async def test_both_eras_over_http(settings: Settings) -> None:
    """One endpoint serves clients of both eras alike (mcp-sdk facts, section 1)."""
    found = []
    async with serving(settings) as url:
        for mode in ("auto", "legacy"):
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as http:
                transport = streamable_http_client(f"{url}/mcp", http_client=http)
                async with Client(transport, mode=mode) as client:
                    names = [t.name for t in (await client.list_tools()).tools]
                    report = await client.call_tool("ingest_logs", {"text": LINE})
                    result = await client.call_tool("search_errors", {"error_text": LINE})
                    wrong = await client.call_tool("search_errors", {"error_text": 5})
            assert not report.is_error, report.content
            assert wrong.is_error
            facts = result.structured_content
            assert facts is not None
            found.append((names, facts["hits"][0]["id"], facts["hits"][0]["match_type"], wrong.content[0]))
    assert found[0] == found[1]
    assert found[0][2] == "exact"
