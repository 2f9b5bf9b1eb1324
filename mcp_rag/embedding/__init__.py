"""Sentence embeddings: offline without torch by default, other architectures and servers by setting.

`create` returns something that implements `protocols.Embedder`, with two more properties: `reason` says what failed
while `ready` is False (empty: still loading), `degraded` why another backend than the wanted one answers. Importing
this package loads nothing heavy.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

from mcp_rag.embedding.endpoint import Endpoint
from mcp_rag.embedding.fetch import fetch_model
from mcp_rag.embedding.local import LocalEmbedder
from mcp_rag.embedding.opening import LocalBackend, identify, open_encoder
from mcp_rag.embedding.remote import RemoteEmbedder
from mcp_rag.embedding.reranker import create_reranker
from mcp_rag.embedding.weights import DEFAULT_MODEL, explicit_path
from mcp_rag.errors import ConfigurationError

__all__ = ["BACKENDS", "DEFAULT_MODEL", "LocalEmbedder", "RemoteEmbedder", "create", "create_reranker", "fetch_model"]

BACKENDS = (*get_args(LocalBackend), "remote")


def create(
    model: str = DEFAULT_MODEL,
    backend: str = "auto",
    *,
    cache_dir: Path,
    base_url: str = "",
    api_key: str = "",
    timeout_s: float = 30.0,
    text_cache_size: int = 2048,
    dimension: int = 0,
) -> LocalEmbedder | RemoteEmbedder:
    """An embedder, nothing loaded or connected yet.

    `model` is a name or a directory (`/...`, `./...`, `~/...`); `backend` one of `BACKENDS`, "auto" being `remote`
    when there is a `base_url`, else the best local one. `timeout_s` is the deadline of one request to a server, with
    its retries; `dimension` may name a server's vector length before it was asked; `text_cache_size` counts vectors.
    Raises ConfigurationError.
    """
    if backend not in BACKENDS:
        raise ConfigurationError(
            f"{backend[:40]!r} is not an embedding backend.", f"Choose one of {', '.join(BACKENDS)}."
        )
    if backend == "remote" or (backend == "auto" and base_url):
        if not model:
            raise ConfigurationError("The embedding server needs a model name.", "Set MCP_RAG_EMBEDDING_MODEL.")
        if not base_url:
            raise ConfigurationError("The remote backend needs an address.", "Set MCP_RAG_EMBEDDING_BASE_URL.")
        endpoint = Endpoint(base_url, api_key, timeout_s=timeout_s)
        return RemoteEmbedder(endpoint, model, dimension=dimension, text_cache_size=text_cache_size)
    explicit_path(model)
    local: LocalBackend = next(name for name in get_args(LocalBackend) if name == backend)
    return LocalEmbedder(
        partial(open_encoder, model, local, cache_dir),
        partial(identify, model, local, cache_dir),
        text_cache_size=text_cache_size,
    )
