"""Adapters built from the settings. Their modules are imported on use: start-up must not pay for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_rag.config import DEFAULT_KB, Settings
from mcp_rag.protocols import Embedder, ReadableStore, RedactionGate, Reranker, Store
from mcp_rag.types import ParseSettings

if TYPE_CHECKING:
    from mcp_rag.composite import NamedStore
    from mcp_rag.merge import MergeIndex
    from mcp_rag.reader import LogReader
    from mcp_rag.redact import Redactor
    from mcp_rag.search import Searcher
    from mcp_rag.store import StoreSettings

# How a list of names says the knowledge base that has none.


def _starts_event(line: bytes) -> bool:
    from mcp_rag.events import starts_event

    return starts_event(line, ParseSettings())


def build_gate(settings: Settings) -> Redactor:
    """A redaction gate with the configured rules. Raises ConfigurationError for a rule that is not usable."""
    from mcp_rag.redact import Redactor

    rules = []
    for rule in settings.redact_rules:
        kind, _, pattern = rule.partition("=")
        rules.append((pattern, kind.strip()))
    return Redactor(ips=settings.redact_ips, emails=settings.redact_emails, rules=rules)


def build_reader(settings: Settings, roots: Sequence[Path] | None) -> LogReader:
    """A reader with the configured limits; `roots` None trusts every path (the command line's)."""
    from mcp_rag.reader import LogReader, ReadLimits

    limits = ReadLimits(
        max_line_bytes=settings.max_line_bytes,
        block_bytes=settings.max_block_bytes,
        max_output_bytes=settings.max_unpacked_bytes,
        max_files=settings.max_files,
        max_depth=settings.max_depth,
    )
    forbidden = [] if settings.milvus_uri else [settings.data_path()]
    return LogReader(limits, roots=roots, starts_event=_starts_event, forbidden=forbidden)


def store_settings(settings: Settings) -> StoreSettings:
    """The store's part of the settings."""
    from mcp_rag.redact import REDACTION_VERSION
    from mcp_rag.store import StoreSettings

    return StoreSettings(
        data_dir=settings.data_path(),
        uri=settings.milvus_uri,
        token=settings.milvus_token,
        database=settings.milvus_database,
        prefix=settings.collection,
        kb=settings.kb,
        timeout_s=settings.milvus_timeout,
        ca_file=settings.milvus_ca_file,
        redaction_version=REDACTION_VERSION,
    )


def other_stores(settings: Settings) -> list[NamedStore]:
    """The knowledge bases of `kb_search` beside the own one, not opened. None of them is created by being read."""
    from mcp_rag.composite import NamedStore
    from mcp_rag.store import open_store
    from mcp_rag.store.settings import collection_names

    own = store_settings(settings)
    seen = {collection_names(own).base}
    others = []
    for name in settings.kb_search:
        chosen = replace(own, kb="" if name == DEFAULT_KB else name, must_exist=True)
        base = collection_names(chosen).base
        if base not in seen:
            seen.add(base)
            others.append(NamedStore(name, open_store(chosen)))
    return others


def read_together(settings: Settings, own: Store, others: Sequence[NamedStore]) -> ReadableStore:
    """The own knowledge base alone, or with others as one to read from."""
    if not others:
        return own
    from mcp_rag.composite import CompositeStore, NamedStore

    return CompositeStore([NamedStore(settings.kb or DEFAULT_KB, own), *others])


def create_embedder(settings: Settings) -> Embedder:
    """The configured embedder, not loaded. Raises ConfigurationError for an unknown backend."""
    from mcp_rag import embedding

    return embedding.create(
        settings.embedding_model,
        settings.embedding_backend,
        cache_dir=settings.cache_path(),
        base_url=settings.embedding_base_url,
        api_key=settings.embedding_api_key,
    )


def create_reranker(settings: Settings) -> Reranker | None:
    """The configured cross-encoder, not loaded; None without one. Raises ConfigurationError for an unusable path."""
    if not settings.rerank_model:
        return None
    from mcp_rag.embedding import create_reranker as create

    return create(settings.rerank_model)


def build_searcher(
    settings: Settings,
    store: ReadableStore,
    embedder: Embedder,
    gate: Callable[[], RedactionGate],
    merge: Callable[[], Awaitable[MergeIndex]],
) -> Searcher:
    """The verb that searches, with the configured time zone and reranker. Raises ConfigurationError."""
    from mcp_rag.search import Searcher

    return Searcher(store, embedder, gate, merge, zone=settings.timezone, reranker=create_reranker(settings))
