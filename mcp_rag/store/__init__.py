"""The knowledge base: Milvus Lite in a data directory, or a Milvus server, behind one Protocol."""

from __future__ import annotations

from mcp_rag.store.milvus import MilvusStore
from mcp_rag.store.settings import StoreSettings

__all__ = ["MilvusStore", "StoreSettings", "open_store"]


def open_store(settings: StoreSettings) -> MilvusStore:
    """The store for these settings, not yet connected: `await store.open(...)` does that.

    Raises ConfigurationError for a name or URI that cannot be used.
    """
    if settings.uri:
        from mcp_rag.store.server import ServerConnection

        return MilvusStore(settings, ServerConnection(settings))
    from mcp_rag.store.lite import LiteConnection

    return MilvusStore(settings, LiteConnection(settings))
