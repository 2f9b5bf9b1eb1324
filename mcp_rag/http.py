"""The HTTP face: the same MCP server on streamable HTTP, guarded by a bearer token and by Host and Origin lists."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mcp_rag.config import Settings
from mcp_rag.errors import ConfigurationError

MIN_TOKEN_BYTES = 32
MAX_CONNECTIONS = 256
LOOPBACK_HOSTS = ["127.0.0.1", "127.0.0.1:*", "localhost", "localhost:*", "[::1]", "[::1]:*"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """True when only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_binding(settings: Settings) -> None:
    """Raises ConfigurationError when others could reach an unguarded server, or the token is too short."""
    token = settings.auth_token
    if token and len(token.encode()) < MIN_TOKEN_BYTES:
        raise ConfigurationError("MCP_RAG_AUTH_TOKEN is shorter than 32 bytes.", "Use `openssl rand -hex 32`.")
    if any("*" in host for host in settings.http_allowed_hosts):
        raise ConfigurationError("MCP_RAG_HTTP_ALLOWED_HOSTS holds a wildcard.", "Name each host.")
    if is_loopback(settings.http_host):
        return
    if not token:
        raise ConfigurationError(
            f"{settings.http_host} can be reached from other machines and no token is set.",
            "Set MCP_RAG_AUTH_TOKEN, or bind 127.0.0.1.",
        )
    if not settings.http_allowed_hosts:
        raise ConfigurationError(
            "Off loopback the host names that requests may use must be known.", "Set MCP_RAG_HTTP_ALLOWED_HOSTS."
        )


class BearerGuard:
    """Refuses every request without the token, health excepted; compares in constant time."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._token or scope["path"] == "/health" or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        headers = [(b"www-authenticate", b'Bearer realm="mcp-rag"'), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"A bearer token is needed."})

    def _allowed(self, scope: Scope) -> bool:
        values = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(values) != 1:
            return False
        scheme, _, given = values[0].partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), self._token)


def build_http_app(settings: Settings) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI application. Raises ConfigurationError for an unsafe binding."""
    check_binding(settings)
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response

    from mcp_rag.app import App
    from mcp_rag.server import build_server

    server = build_server(App(settings))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    server.custom_route("/health", methods=["GET"])(health)

    named = [entry for host in settings.http_allowed_hosts for entry in (host, f"{host}:*")]
    origins = [f"http://{host}" for host in LOOPBACK_HOSTS]
    origins += [f"{scheme}://{host}" for host in named for scheme in ("http", "https")]
    security = TransportSecuritySettings(allowed_hosts=[*LOOPBACK_HOSTS, *named], allowed_origins=origins)
    inner = server.streamable_http_app(stateless_http=True, transport_security=security)
    return BearerGuard(inner, settings.auth_token)


def serve_http(settings: Settings) -> int:
    """Serve until a signal comes. Raises ConfigurationError."""
    app = build_http_app(settings)
    import uvicorn

    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_level=settings.log_level.lower(),
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
    )
    return 0
