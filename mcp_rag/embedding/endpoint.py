"""One POST to an embedding server: address, key, deadline, retries; every failure in our own words."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcp_rag.errors import ConfigurationError, EmbeddingError

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 3.0
MAX_PAUSE_S = 10.0
MAX_TRIES = 4
MAX_REPLY_BYTES = 16_777_216

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNUSABLE = frozenset({400, 413, 422})
_FIX_URL = "Set MCP_RAG_EMBEDDING_BASE_URL to something like http://127.0.0.1:8051/v1."


class RefusedError(EmbeddingError):
    """The server will not embed these texts as they are; fewer or shorter ones may do."""


class _BusyError(Exception):
    """Worth another try after `pause_s`."""

    def __init__(self, error: EmbeddingError, pause_s: float = 0.0) -> None:
        super().__init__()
        self.error = error
        self.pause_s = pause_s


class Endpoint:
    """An OpenAI-compatible `/v1/embeddings`. `timeout_s` covers one request with its retries; `backoff_s` is the first
    pause between them, doubled each time. Raises ConfigurationError for an address or key that cannot be used; its
    text never repeats the address, which may hold a password."""

    def __init__(self, base_url: str, api_key: str = "", *, timeout_s: float = 30.0, backoff_s: float = 0.25) -> None:
        self.url, self._loopback = _address(base_url)
        if not (api_key.isascii() and api_key.isprintable()):
            raise ConfigurationError(
                "The embedding server's key holds characters that no header may carry.",
                "Correct MCP_RAG_EMBEDDING_API_KEY.",
            )
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout_s = timeout_s
        self._backoff_s = backoff_s

    def client(self) -> httpx2.AsyncClient:
        """A connection pool for one call; close it after use."""
        import httpx2

        timeout = httpx2.Timeout(self._timeout_s, connect=min(CONNECT_TIMEOUT_S, self._timeout_s))
        # No redirects, which could carry texts and key elsewhere; no proxy from the environment for this machine.
        try:
            return httpx2.AsyncClient(
                headers={**self._headers, "Accept-Encoding": "identity"},
                timeout=timeout,
                follow_redirects=False,
                trust_env=not self._loopback,
            )
        except (ValueError, ImportError, OSError, httpx2.InvalidURL):
            raise ConfigurationError(
                "The proxy or certificate settings of this environment cannot be used.",
                "Correct HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE or SSL_CERT_DIR.",
            ) from None

    async def post(self, client: httpx2.AsyncClient, body: object) -> Any:  # noqa: ANN401 - JSON of another's making
        """The parsed answer. Raises RefusedError, or EmbeddingError for everything else."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._tries(client, body)
        except TimeoutError:
            text = f"The embedding server did not answer within {self._timeout_s:g} s."
            raise EmbeddingError(text, "Check the server's load.", retry=True) from None

    async def _tries(self, client: httpx2.AsyncClient, body: object) -> Any:  # noqa: ANN401 - as above
        for attempt in range(MAX_TRIES):
            try:
                return await self._once(client, body)
            except _BusyError as busy:
                if attempt == MAX_TRIES - 1:
                    raise busy.error from None
                pause = max(busy.pause_s, self._backoff_s * 2**attempt)
            await asyncio.sleep(min(pause, MAX_PAUSE_S))
        raise AssertionError("unreachable")

    async def _once(self, client: httpx2.AsyncClient, body: object) -> Any:  # noqa: ANN401 - as above
        import httpx2

        try:
            async with client.stream("POST", self.url, json=body) as response:
                if response.status_code != 200:
                    raise _failure(response.status_code, response.headers.get("retry-after", ""))
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > MAX_REPLY_BYTES:
                        raise EmbeddingError("The embedding server's answer is too large.", "Check the address.")
        except httpx2.TransportError as error:
            text = f"The embedding server cannot be reached ({type(error).__name__})."
            raise _BusyError(EmbeddingError(text, "Start it, or correct its address.", retry=True)) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            text = f"The embedding server's answer cannot be read ({type(error).__name__})."
            raise EmbeddingError(text, "Check the address.") from None
        try:
            return json.loads(received)
        except (ValueError, RecursionError):
            raise EmbeddingError("The embedding server answered with something else than JSON.", _FIX_URL) from None


def _failure(status: int, retry_after: str) -> Exception:
    if status in _BUSY:
        error = EmbeddingError(f"The embedding server is busy or failing (HTTP {status}).", "Try later.", retry=True)
        return _BusyError(error, float(retry_after) if retry_after.isdecimal() else 0.0)
    if status in _UNUSABLE:
        return RefusedError(f"The embedding server refused the texts (HTTP {status}).", "Check model and server.")
    if status in {401, 403}:
        return EmbeddingError(
            f"The embedding server refused the key (HTTP {status}).", "Correct MCP_RAG_EMBEDDING_API_KEY."
        )
    return EmbeddingError(
        f"The embedding server does not offer this (HTTP {status}).",
        "Check MCP_RAG_EMBEDDING_BASE_URL and MCP_RAG_EMBEDDING_MODEL.",
    )


def _address(base_url: str) -> tuple[str, bool]:
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("The base URL of the embedding server is not a URL.", _FIX_URL) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError("The base URL of the embedding server must start with http:// or https://.", _FIX_URL)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The base URL of the embedding server holds more than an address.", "Use MCP_RAG_EMBEDDING_API_KEY."
        )
    shown = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/embeddings") or "/v1"
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{path}/embeddings", _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
