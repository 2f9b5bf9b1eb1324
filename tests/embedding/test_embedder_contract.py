"""What every Embedder must do, run on the hash fake, the local one and the remote one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag import embedding
from mcp_rag.errors import EmbeddingError
from mcp_rag.protocols import Embedder
from tests.fakes import HashEmbedder


@pytest.fixture(params=["hash", "onnx", "numpy", "remote"])
def embedder(request: pytest.FixtureRequest, tiny: Any, tmp_path: Path) -> Embedder:
    """One of each kind, not loaded."""
    if request.param == "hash":
        return HashEmbedder(ready=False)
    if request.param == "remote":
        server = request.getfixturevalue("embedding_server")
        return embedding.create("m", "remote", base_url=server.url, cache_dir=tmp_path)
    return embedding.create(str(tiny().save(tmp_path / "m")), request.param, cache_dir=tmp_path / "cache")


def run(coroutine: Any) -> Any:
    """Run to the end, within twenty seconds."""

    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await coroutine

    return asyncio.run(bounded())


def test_it_becomes_ready(embedder: Embedder) -> None:
    """Not before `load`, and a second `load` changes nothing."""
    assert not embedder.ready
    run(embedder.load())
    identity = embedder.model_id, embedder.dimension
    run(embedder.load())

    assert embedder.ready
    assert (embedder.model_id, embedder.dimension) == identity


def test_vectors_have_the_promised_form(embedder: Embedder) -> None:
    """float32, unit length, one row a text in its order, whatever the text."""
    texts = ["connection refused", "", "a b a", "\ud800", "x" * 3000, "connection refused", "错误 🚀"]

    vectors = run(embedder.embed_documents(texts))

    assert vectors.shape == (len(texts), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert vectors[0].tolist() == vectors[5].tolist()
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-3


def test_a_query_is_one_vector(embedder: Embedder) -> None:
    """(dimension,), equal to the document's where there are no prompts."""
    query = run(embedder.embed_query("connection refused"))

    assert query.shape == (embedder.dimension,)
    assert np.abs(query - run(embedder.embed_documents(["connection refused"]))[0]).max() < 1e-6


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    """(0, dimension)."""
    assert run(embedder.embed_documents([])).shape == (0, embedder.dimension)


def test_the_fake_fails_on_demand() -> None:
    """`failure` is what every call raises until it is taken away; texts that share words are near."""
    fake = HashEmbedder()
    fake.failure = EmbeddingError("The model is gone.")
    for call in (fake.load(), fake.embed_query("a"), fake.embed_documents(["a"])):
        with pytest.raises(EmbeddingError):
            run(call)
    fake.failure = None
    one, near, far = run(fake.embed_documents(["disk is full", "the disk is full", "connection refused"]))

    assert one @ near > one @ far
    assert fake.embedded == ["disk is full", "the disk is full", "connection refused"]
