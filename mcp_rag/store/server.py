"""A Milvus server, a cluster or Zilliz Cloud, reached by URI: probed once for what it can do."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mcp_rag.breaker import Breaker
from mcp_rag.errors import ConfigurationError, StoreUnavailable
from mcp_rag.store.catalog import prepare
from mcp_rag.store.connection import State
from mcp_rag.store.library import Failure, classify, client_class, failures, our_error
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import Kept
from mcp_rag.store.settings import Names, StoreSettings

SCHEMES = ("http", "https", "tcp")
RETRY_WAIT_S = 0.1
COOLDOWN_S = 30.0
SPARSE_SINCE = (2, 4)
PARTIAL_SINCE = (2, 6)
# CVE-2026-26190: before these, port 9091 serves the whole API without a password.
SAFE_SINCE = {(2, 5): (2, 5, 27), (2, 6): (2, 6, 10)}

_log = logging.getLogger(__name__)
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", re.ASCII)


def parse_version(text: str) -> tuple[int, int, int]:
    """`v2.5.27-dev` -> (2, 5, 27); (0, 0, 0) when it cannot be read."""
    match = _VERSION.match(text.strip())
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def known_hole(version: tuple[int, int, int]) -> str:
    """A warning when this server version is known to be open to anyone, else ""."""
    if version == (0, 0, 0) or version[:2] > max(SAFE_SINCE):
        return ""
    safe = SAFE_SINCE.get(version[:2], SAFE_SINCE[2, 5])
    if version >= safe:
        return ""
    found = ".".join(map(str, version))
    return (
        f"Milvus {found} lets anyone who reaches its port 9091 read and change everything without a password "
        "(CVE-2026-26190): upgrade to 2.5.27, 2.6.10 or newer, and block that port."
    )


def location_of(uri: str) -> str:
    """The URI without user, password and query. Raises ConfigurationError for one that cannot be used."""
    try:
        parts = urlsplit(uri)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ConfigurationError(
            "MCP_RAG_MILVUS_URI is not the URI of a server.", "Write it as http://host:19530 or https://host:443."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


class ServerLink:
    """One client, made anew after the server was away."""

    exclusive = False
    owns = False

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._location = location_of(settings.uri)
        self._client: Any = None
        self._change = threading.Lock()
        self._threads = threading.RLock()
        self.breaker: Breaker | None = Breaker(COOLDOWN_S, time.monotonic)

    @property
    def where(self) -> str:
        return f"the Milvus server at {self._location}"

    def client(self, deadline: float) -> Any:  # noqa: ANN401 - pymilvus ships no types
        """The current client; connecting takes no longer than until `deadline`."""
        with self._change:
            while self._client is None:
                remaining = max(0.1, deadline - time.monotonic())
                try:
                    self._client = client_class()(timeout=remaining, dedicated=True, **self._options())
                except failures() as error:
                    failure = classify(error)
                    if failure is Failure.UNREACHABLE and self._settings.token:
                        raise StoreUnavailable(
                            f"{self.where} does not answer, or refuses the credentials.",
                            "Check MCP_RAG_MILVUS_URI and MCP_RAG_MILVUS_TOKEN, and that the server runs.",
                            retry=True,
                        ) from None
                    raise our_error(failure, "connect", self.where, self._settings.timeout_s) from None
            return self._client

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {"uri": settings.uri, "token": settings.token, "db_name": settings.database}
        files = {
            "server_pem_path": settings.ca_file if not settings.client_cert_file else "",
            "ca_pem_path": settings.ca_file if settings.client_cert_file else "",
            "client_pem_path": settings.client_cert_file,
            "client_key_path": settings.client_key_file,
            "server_name": settings.server_name,
        }
        options |= {name: value for name, value in files.items() if value}
        if settings.ca_file or settings.client_cert_file:
            options["secure"] = True
        return options

    def lost(self, client: Any) -> bool:  # noqa: ANN401 - pymilvus ships no types
        """Forget a client that failed; a restarted server is found again within the call's deadline."""
        with self._change:
            if self._client is client:
                self._client = None
        with contextlib.suppress(*failures()):
            client.close()
        time.sleep(RETRY_WAIT_S)
        return True

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold this process's write lock; other machines are met by the ledger's own check."""
        with self._threads:
            yield

    def check_room(self) -> None:
        """A server watches its own disk."""

    def close(self) -> None:
        """Disconnect."""
        with self._change:
            client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*failures()):
                client.close()


class ServerConnection:
    """A Milvus server."""

    flushes = False
    infix_like = True

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._link = ServerLink(settings)
        self._version = ""
        self._degraded: list[str] = []

    @property
    def link(self) -> ServerLink:
        return self._link

    def open(self, rpc: Rpc, names: Names, model_id: str, dimension: int) -> Kept:
        """Connect, ask for the version once, and make the collections ready."""
        self._probe(rpc)
        wanted = Kept(self._settings.schema_version, model_id, dimension, self._settings.redaction_version)
        with self._link.writing():
            return prepare(rpc, names, wanted, embedded=False, settings=self._settings)

    def _probe(self, rpc: Rpc) -> None:
        self._version = str(rpc.call("get_server_version"))
        version = parse_version(self._version)
        self._degraded.clear()
        # A version that cannot be read is taken for a current one: Zilliz Cloud has names of its own.
        known = version != (0, 0, 0)
        rpc.sparse = not known or version[:2] >= SPARSE_SINCE
        self.infix_like = rpc.sparse
        rpc.partial = known and version[:2] >= PARTIAL_SINCE
        if not rpc.sparse:
            self._degraded.append(
                f"Milvus {self._version} has no sparse vectors: search uses meaning and codes only. "
                "Upgrade to 2.5.27 or newer, then `mcp-rag reindex`."
            )
        if hole := known_hole(version):
            self._degraded.append(hole)
            _log.warning(hole)

    def close(self) -> None:
        self._link.close()

    def describe(self, rpc: Rpc) -> State:  # noqa: ARG002 - the embedded store asks its owner
        """Where the server is, its version, and what is missing or dangerous about it."""
        return State(
            kind="server",
            location=self._link.where.removeprefix("the Milvus server at "),
            version=self._version,
            degraded=tuple(self._degraded),
        )
