"""The remote embedder against a server that reorders, fails, lies and refuses."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import numpy as np
import pytest

from mcp_rag.embedding.endpoint import Endpoint
from mcp_rag.embedding.local import RETRY_S
from mcp_rag.embedding.remote import BATCH_TEXTS, MAX_CHARS, RemoteEmbedder
from mcp_rag.errors import ConfigurationError, EmbeddingError

WAIT_S = 20


class Clock:
    """Seconds that pass only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def make(server: Any, *, dimension: int = 0, api_key: str = "", timeout_s: float = 5.0, clock: Any = None) -> Any:
    """An embedder of that server, pauses between tries left out."""
    endpoint = Endpoint(server.url, api_key, timeout_s=timeout_s, backoff_s=0)
    return RemoteEmbedder(endpoint, "the-model", dimension=dimension, clock=clock or Clock())


def run(coroutine: Any) -> Any:
    """Run to the end, within twenty seconds."""

    async def bounded() -> Any:
        async with asyncio.timeout(WAIT_S):
            return await coroutine

    return asyncio.run(bounded())


def test_vectors_are_put_in_order_and_normalised(embedding_server: Any) -> None:
    """The server answers in reverse with vectors of any length: `index` decides, rows get unit length."""
    texts = ["ccc", "a", "bb", "a"]

    vectors = run(make(embedding_server).embed_documents(texts))

    assert vectors.dtype == np.float32
    assert np.abs(vectors - np.stack([embedding_server.unit(text) for text in texts])).max() < 1e-6


def test_the_request_is_the_public_one(embedding_server: Any) -> None:
    """POST /v1/embeddings with model, input and float encoding; the key as a bearer token."""
    run(make(embedding_server, api_key="the-key").embed_query("abc"))

    assert embedding_server.paths == ["/v1/embeddings"]
    assert embedding_server.requests == [{"model": "the-model", "input": ["abc"], "encoding_format": "float"}]
    assert embedding_server.headers[0]["Authorization"] == "Bearer the-key"


def test_without_a_key_none_is_sent(embedding_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key comes from the settings only, whatever the environment holds for other programs."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-ours")

    run(make(embedding_server).embed_query("abc"))

    assert "Authorization" not in embedding_server.headers[0]


def test_many_texts_go_in_batches_of_like_length(embedding_server: Any) -> None:
    """150 texts are three requests of at most 64, each sorted by length; every vector reaches its text."""
    texts = [f"{at:03}" + "x" * (at * 7 % 150) for at in range(150)]

    vectors = run(make(embedding_server).embed_documents(texts))

    inputs = [request["input"] for request in embedding_server.requests]
    assert sorted(map(len, inputs)) == [22, BATCH_TEXTS, BATCH_TEXTS]
    assert all(list(map(len, batch)) == sorted(map(len, batch)) for batch in inputs)
    assert np.abs(vectors - np.stack([embedding_server.unit(text) for text in texts])).max() < 1e-6


def test_texts_are_cut_and_blank_ones_filled(embedding_server: Any) -> None:
    """Servers disagree on long and on empty texts: neither is sent."""
    run(make(embedding_server).embed_documents(["x" * 5000, ""]))

    assert embedding_server.requests[0]["input"] == [" ", "x" * MAX_CHARS]


def test_a_refused_text_is_shortened_alone(embedding_server: Any) -> None:
    """A 400 for one long text: it is cut until the server takes it; the others keep their whole text."""
    embedding_server.max_chars = 600
    texts = ["a" * 550, "b" * 1900, "short"]

    vectors = run(make(embedding_server).embed_documents(texts))

    expected = [embedding_server.unit(text) for text in ("a" * 550, "b" * 475, "short")]
    assert np.abs(vectors - np.stack(expected)).max() < 1e-6


def test_a_refusal_of_everything_ends_soon(embedding_server: Any) -> None:
    """A server that answers 400 to any text costs a few requests, not hundreds."""
    embedding_server.max_chars = -1

    with pytest.raises(EmbeddingError, match="refused the texts"):
        run(make(embedding_server).embed_documents([f"{at} " + "x" * 900 for at in range(64)]))
    assert len(embedding_server.requests) < 15


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_retried(embedding_server: Any, status: int) -> None:
    """Busy and gateway answers, with Retry-After or not, are tried again inside the deadline."""
    embedding_server.script = [status, (status, {"Retry-After": "0"}), 200]

    assert run(make(embedding_server).embed_query("abc")).shape == (8,)
    assert len(embedding_server.requests) == 3


def test_a_lasting_failure_ends_after_four_tries(embedding_server: Any) -> None:
    """Then the caller hears of it, with the promise that a retry may help."""
    embedding_server.script = [503] * 10

    with pytest.raises(EmbeddingError) as caught:
        run(make(embedding_server).embed_query("abc"))
    assert caught.value.retry
    assert len(embedding_server.requests) == 4


@pytest.mark.parametrize(
    ("status", "named"),
    [(401, "API_KEY"), (403, "API_KEY"), (404, "BASE_URL"), (405, "BASE_URL"), (301, "BASE_URL"), (204, "BASE_URL")],
)
def test_a_final_status_is_explained_and_not_retried(embedding_server: Any, status: int, named: str) -> None:
    """One request; the error names the setting; the server's text never appears."""
    embedding_server.script = [(status, {"Location": embedding_server.url + "/other"})]

    with pytest.raises(EmbeddingError) as caught:
        run(make(embedding_server).embed_query("abc"))
    assert named in caught.value.fix
    assert "SERVER TEXT" not in str(caught.value)
    assert len(embedding_server.requests) == 1


def rows(*embeddings: Any, start: int = 0) -> bytes:
    """An answer with these vectors."""
    data = [{"index": at, "embedding": vector} for at, vector in enumerate(embeddings, start)]
    return json.dumps({"data": data}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"data": 5}',
        b'{"data": [5]}',
        b'{"data": [{"embedding": [1, 2]}]}',
        b'{"data": [{"index": "x", "embedding": [1, 2]}]}',
        b"[" * 100_000,
        b'{"data": [{"index": 0, "embedding": [1e400, 1]}]}',
        b'{"data": [{"index": 0, "embedding": [NaN, 1]}]}',
        rows(),
        rows([1, 2], [1, 2]),
        rows([1, 2], start=1),
        rows([0, 0]),
        rows([1e39, 1]),
        rows(["a", "b"]),
        rows([[1, 2]]),
        rows(5),
        rows(None),
        rows("AACAPw=="),
        rows([]),
    ],
    ids=lambda body: body[:45].decode(),
)
def test_a_wrong_answer_is_an_embedding_error(embedding_server: Any, body: bytes) -> None:
    """Whatever comes back with status 200, no other exception and no unusable vector leaves the embedder."""
    embedding_server.script = [lambda _: body]

    with pytest.raises(EmbeddingError):
        run(make(embedding_server).embed_query("abc"))


def test_a_huge_answer_is_not_read_to_its_end(embedding_server: Any) -> None:
    """16 MiB is the limit of one answer."""
    embedding_server.script = [lambda _: b" " * 16_777_217]

    with pytest.raises(EmbeddingError, match="too large"):
        run(make(embedding_server).embed_query("abc"))


def test_one_of_several_ragged_rows_is_an_error(embedding_server: Any) -> None:
    """Vectors of different lengths in one answer."""
    embedding_server.script = [lambda _: rows([1, 2], [1, 2, 3])]

    with pytest.raises(EmbeddingError):
        run(make(embedding_server).embed_documents(["a", "b"]))


def test_the_dimension_is_learned_then_held(embedding_server: Any) -> None:
    """Unknown before the first answer; a server that changes its model is found out."""
    embedder = make(embedding_server)
    with pytest.raises(EmbeddingError):
        _ = embedder.dimension
    run(embedder.load())
    assert (embedder.dimension, embedder.ready, embedder.model_id) == (8, True, "the-model@remote:t1")

    embedding_server.dimension = 16
    with pytest.raises(EmbeddingError, match="16 dimensions instead of 8"):
        run(embedder.embed_query("abc"))


def test_a_given_dimension_is_checked(embedding_server: Any) -> None:
    """Known at once, and enforced from the first answer on."""
    embedder = make(embedding_server, dimension=4)

    assert embedder.dimension == 4
    with pytest.raises(EmbeddingError, match="8 dimensions instead of 4"):
        run(embedder.load())


def test_no_texts_ask_only_for_an_unknown_dimension(embedding_server: Any) -> None:
    """The empty matrix has the right width; once it is known nothing is asked."""
    embedder = make(embedding_server)

    assert run(embedder.embed_documents([])).shape == (0, 8)
    assert run(embedder.embed_documents([])).shape == (0, 8)
    assert len(embedding_server.requests) == 1


def test_a_vector_is_asked_once(embedding_server: Any) -> None:
    """The cache answers the second time."""
    embedder = make(embedding_server)
    first = run(embedder.embed_query("abc"))
    second = run(embedder.embed_query("abc"))

    assert first.tolist() == second.tolist()
    assert len(embedding_server.requests) == 1


def test_a_dead_server_is_left_alone_for_a_while(embedding_server: Any) -> None:
    """After a failure `ready` is False for 30 s and says why, then the server deserves another try."""
    clock = Clock()
    embedder = make(embedding_server, clock=clock)
    assert not embedder.ready
    assert embedder.reason == ""
    embedding_server.script = [401]
    with pytest.raises(EmbeddingError):
        run(embedder.load())
    assert not embedder.ready
    assert "refused the key" in embedder.reason

    clock.now += RETRY_S
    assert embedder.ready
    embedding_server.script = []
    assert run(embedder.embed_query("abc")).shape == (8,)
    assert (embedder.ready, embedder.reason) == (True, "")


def test_nobody_listening_is_explained() -> None:
    """A refused connection: our words, retry promised."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        endpoint = Endpoint(f"http://127.0.0.1:{reserved.getsockname()[1]}", timeout_s=5, backoff_s=0)
        with pytest.raises(EmbeddingError, match="cannot be reached") as caught:
            run(RemoteEmbedder(endpoint, "m").embed_query("abc"))
    assert caught.value.retry


def test_a_silent_server_meets_the_deadline() -> None:
    """A server that accepts and says nothing costs `timeout_s`, retries included."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2, backoff_s=0)
        with pytest.raises(EmbeddingError, match=r"cannot be reached|did not answer"):
            run(RemoteEmbedder(endpoint, "m").embed_query("abc"))


def test_a_long_retry_after_meets_the_deadline(embedding_server: Any) -> None:
    """What the server asks for does not extend our deadline."""
    embedding_server.script = [(429, {"Retry-After": "3600"})]

    with pytest.raises(EmbeddingError, match="did not answer within"):
        run(make(embedding_server, timeout_s=0.3).embed_query("abc"))


def test_an_inherited_proxy_is_not_used_for_this_machine(
    embedding_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts and key for a loopback server never pass a proxy named in the environment."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert run(make(embedding_server).embed_query("abc")).shape == (8,)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h:8051", "http://h:8051/v1/embeddings"),
        ("http://h:8051/", "http://h:8051/v1/embeddings"),
        ("http://h/v1", "http://h/v1/embeddings"),
        ("https://h/v1/", "https://h/v1/embeddings"),
        ("https://h/v1/embeddings", "https://h/v1/embeddings"),
        ("https://h/openai/v2", "https://h/openai/v2/embeddings"),
        ("http://[::1]:80", "http://[::1]:80/v1/embeddings"),
    ],
)
def test_addresses(base: str, url: str) -> None:
    """A bare address means /v1 below it; a path is taken as written."""
    assert Endpoint(base).url == url


@pytest.mark.parametrize(
    "base",
    [
        "",
        "h:80",
        "ftp://h",
        "http://",
        "http://h:x",
        "http://[::1",
        "http://u:secret@h",
        "http://h?secret",
        "file:///x",
    ],
)
def test_unusable_addresses_are_refused_without_repeating_them(base: str) -> None:
    """An address may hold a password; the error never shows it."""
    with pytest.raises(ConfigurationError) as caught:
        Endpoint(base)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "\x7f"])
def test_an_unusable_key_is_refused(key: str) -> None:
    """What no header may carry is found before the first request."""
    with pytest.raises(ConfigurationError):
        Endpoint("http://h", key)
