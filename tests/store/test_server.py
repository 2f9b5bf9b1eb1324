"""A Milvus server as seen without one: addresses, versions, silence and refusal."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from mcp_rag.errors import ConfigurationError, StoreUnavailable
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.store.server import ServerLink, known_hole, location_of, parse_version
from tests.limits import limit

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("http://localhost:19530", "http://localhost:19530"),
        ("https://user:secret@in01.example.com:443/db?x=secret", "https://in01.example.com:443/db"),
        ("tcp://[::1]:19530", "tcp://[::1]:19530"),
    ],
)
def test_location_holds_no_secret(uri: str, location: str) -> None:
    """What kb_status and errors name carries neither user nor password nor query."""
    assert location_of(uri) == location


@pytest.mark.parametrize("uri", ["localhost:19530", "./milvus.db", "ftp://x", "http://", "http://h:port", "unix:/s"])
def test_bad_uris_are_settings_to_correct(uri: str) -> None:
    """A URI that is none is refused when the store is made, not at the first call."""
    with pytest.raises(ConfigurationError):
        open_store(StoreSettings(uri=uri))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v2.5.27", (2, 5, 27)),
        ("2.6.1-dev", (2, 6, 1)),
        ("v2.3.5-lite", (2, 3, 5)),
        ("3.0", (3, 0, 0)),
        ("?", (0, 0, 0)),
    ],
)
def test_versions(text: str, version: tuple[int, int, int]) -> None:
    """Every notation seen of servers; what cannot be read is no version."""
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "hole"),
    [
        ((2, 3, 5), True),
        ((2, 5, 26), True),
        ((2, 5, 27), False),
        ((2, 6, 9), True),
        ((2, 6, 10), False),
        ((3, 0, 0), False),
        ((0, 0, 0), False),
    ],
)
def test_known_holes_are_warned_about(version: tuple[int, int, int], hole: bool) -> None:
    """CVE-2026-26190: below 2.5.27 and 2.6.10 port 9091 serves everything without a password."""
    assert bool(known_hole(version)) == hole


@pytest.mark.timed
async def test_refused_connection_is_fast_and_clear() -> None:
    """Nobody listens: a retryable error that names the address, within the deadline."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        store = open_store(StoreSettings(uri=f"http://127.0.0.1:{port}", timeout_s=1.0))
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}") as caught:
            await store.open(model_id="m", dimension=4)
    assert time.monotonic() - begin < limit(5.0)
    assert caught.value.retry


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.timed
async def test_a_silent_server_is_given_up_within_the_deadline(silent: int) -> None:
    """Facts 3.10: a black hole takes 10 s by default; ours is the configured deadline. The token is never named."""
    store = open_store(StoreSettings(uri=f"http://127.0.0.1:{silent}", token="planted-secret", timeout_s=1.0))
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        await store.open(model_id="m", dimension=4)
    assert time.monotonic() - begin < limit(5.0)
    assert "planted-secret" not in str(caught.value)
    assert "credentials" in str(caught.value)


def test_tls_files_reach_the_client() -> None:
    """One-way TLS takes the authority's file; with a client certificate it is mutual."""
    base = StoreSettings(uri="https://h:1", ca_file="ca.pem", server_name="name")
    assert ServerLink(base)._options() == {
        "uri": "https://h:1",
        "token": "",
        "db_name": "",
        "server_pem_path": "ca.pem",
        "server_name": "name",
        "secure": True,
    }
    mutual = StoreSettings(uri="https://h:1", ca_file="ca.pem", client_cert_file="c.pem", client_key_file="k.pem")
    options = ServerLink(mutual)._options()
    assert (options["ca_pem_path"], options["client_pem_path"], options["client_key_path"]) == (
        "ca.pem",
        "c.pem",
        "k.pem",
    )
    assert "server_pem_path" not in options
