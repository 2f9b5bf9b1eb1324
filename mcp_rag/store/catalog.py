"""Opens the three collections: creates what is missing, compares what is kept, changes nothing that disagrees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mcp_rag.errors import ConfigurationError, StoreError, StoreMismatch
from mcp_rag.store.generations import drop_staged
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import Kept, collection_schema, index_params
from mcp_rag.store.settings import KINDS, Names, StoreSettings

PROPERTY = "mcp_rag"
SLOW_S = 60.0
_DEFAULTS = StoreSettings()


def prepare(rpc: Rpc, names: Names, wanted: Kept, *, embedded: bool, settings: StoreSettings = _DEFAULTS) -> Kept:
    """Make all three collections ready to read and write; returns what is kept with them. The caller holds the write
    lock. An empty model name claims no vectors: it takes what is stored, and collections made for it hold nothing,
    so that the first real model replaces them. `settings` may ask to take everything as stored, or to create nothing.

    Raises StoreMismatch when one was made with another schema, model, dimension or redaction rules, ConfigurationError
    when it must exist and does not.
    """
    existing = {kind: _existing(rpc, names, kind) for kind in KINDS}
    if settings.must_exist and not any(existing.values()):
        raise ConfigurationError(
            f"There is no knowledge base {settings.kb!r} at {rpc.link.where}.",
            "Correct the name, or ingest something into it first (MCP_RAG_KB).",
        )
    stored = {kind: _stored(rpc, found) for kind, found in existing.items() if found}
    if names.revision:
        # Left by a run that was stopped and wanted something else: nobody reads it yet.
        for kind in [kind for kind, found in stored.items() if found != wanted]:
            drop_staged(rpc, names, kind)
            del stored[kind]
            existing[kind] = ""
    if settings.as_stored and stored:
        for kind, found in stored.items():
            found.check(replace(found, schema=wanted.schema), f"The collection {existing[kind]}")
        wanted = next(iter(stored.values()))
    # Everything is compared before anything is created, so that a refusal leaves no trace.
    for kind, found in stored.items():
        if not settings.as_stored and (found.model or not wanted.model):
            found.check(wanted, f"The collection {existing[kind]}")
    kept = next(iter(stored.values()), wanted) if not wanted.model else wanted
    for kind, found in stored.items():
        if wanted.model and not found.model and not settings.as_stored:
            _drop_empty(rpc, names, kind, existing[kind])
            existing[kind] = ""
    for kind in KINDS:
        name = existing[kind] or names.collection(kind)
        if not existing[kind]:
            _create(rpc, kind, name, kept, embedded=embedded)
        _index(rpc, kind, name)
        rpc.call("load_collection", name, timeout_s=SLOW_S)
        if not rpc.call("has_collection", names.alias(kind)):
            _tolerate(rpc, "create_alias", name, names.alias(kind), done=("has_collection", names.alias(kind)))
    return kept


def _drop_empty(rpc: Rpc, names: Names, kind: str, name: str) -> None:
    rpc.call("load_collection", name, timeout_s=SLOW_S)
    if rpc.count(name):
        raise StoreMismatch(
            f"The collection {name} holds rows that no embedding model is named for.",
            "Rebuild it with `mcp-rag reindex`; nothing was changed.",
        )
    if name == names.alias(kind):
        rpc.call("drop_alias", names.alias(kind))
    rpc.call("drop_collection", names.collection(kind), timeout_s=SLOW_S)


def _existing(rpc: Rpc, names: Names, kind: str) -> str:
    """The collection behind the alias, or the one of this generation that lost its alias in a crash, or ""."""
    for name in (names.alias(kind), names.collection(kind)):
        if rpc.call("has_collection", name):
            return name
    return ""


def _stored(rpc: Rpc, name: str) -> Kept:
    described: Mapping[str, Any] = rpc.call("describe_collection", name)
    properties = described.get("properties") or {}
    kept = Kept.load(properties.get(PROPERTY, "")) or Kept.load(described.get("description", ""))
    if kept is None:
        raise StoreMismatch(
            f"The collection {name} was not made by mcp-rag.",
            "Set another MCP_RAG_COLLECTION or MCP_RAG_KB; nothing was changed.",
        )
    return kept


def _create(rpc: Rpc, kind: str, name: str, kept: Kept, *, embedded: bool) -> None:
    schema = collection_schema(kind, kept, sparse=rpc.sparse)
    extra: dict[str, Any] = {}
    if embedded:
        # Lite forgets descriptions but keeps properties; servers refuse unknown properties.
        extra["properties"] = {PROPERTY: json.dumps(json.loads(kept.dump()))}
    _tolerate(
        rpc,
        "create_collection",
        name,
        done=("has_collection", name),
        schema=schema,
        consistency_level="Strong",
        timeout_s=SLOW_S,
        **extra,
    )


def _index(rpc: Rpc, kind: str, name: str) -> None:
    present = set(rpc.call("list_indexes", name))
    params = index_params(kind, sparse=rpc.sparse)
    for param in list(params):
        if param.field_name not in present:
            one = type(params)()
            one.append(param)
            # Loading waits for the index anyway; pymilvus would first sleep half a second for each.
            rpc.call("create_index", name, one, timeout_s=SLOW_S, sync=False)


def _tolerate(rpc: Rpc, method: str, *args: Any, done: tuple[str, str], **kwargs: Any) -> None:  # noqa: ANN401 - as pymilvus
    """Make a call that another process may just have made."""
    try:
        rpc.call(method, *args, **kwargs)
    except StoreError:
        if not rpc.call(*done):
            raise
