"""Replacing the collections in use by others that were filled beside them: what `mcp-rag reindex` ends with.

Each alias moves in one call of its own. The order is fixed and every step repeatable, so that a run which was stopped
between two of them is finished by the next `promote`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mcp_rag.errors import StoreError
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.settings import KINDS, Names

SLOW_S = 60.0
# The error groups go last: what is kept with them decides which embedding model a store claims to be made with.
ORDER = ("blocks", "resolutions", "errors")


def revisions(rpc: Rpc, names: Names) -> dict[str, int]:
    """The revision that each alias in use points to; they differ only when a `promote` was stopped half way."""
    return {kind: _revision(_behind(rpc, names.alias(kind))) for kind in KINDS}


def _behind(rpc: Rpc, alias: str) -> str:
    return str(rpc.call("describe_alias", alias)["collection_name"])


def _revision(collection: str) -> int:
    found = re.search(r"_r([0-9]{1,9})\Z", collection, re.ASCII)
    return int(found[1]) if found else 0


def promote(rpc: Rpc, names: Names, revision: int) -> None:
    """Let the aliases in use point to the collections of a revision, then drop all others. The caller holds the write
    lock. Raises StoreError, with nothing changed, when that revision is not there."""
    staged = replace(names, revision=revision)
    moves = [kind for kind in ORDER if _behind(rpc, names.alias(kind)) != staged.collection(kind)]
    for kind in moves:
        if not rpc.call("has_collection", staged.collection(kind)):
            raise StoreError(f"The collection {staged.collection(kind)} is missing.", "Run `mcp-rag reindex` again.")
    for kind in moves:
        rpc.call("alter_alias", staged.collection(kind), names.alias(kind), timeout_s=SLOW_S)
    for kind in ORDER:
        drop_others(rpc, names, kind, staged.collection(kind))


def drop_others(rpc: Rpc, names: Names, kind: str, kept: str) -> None:
    """Drop every collection of this knowledge base and kind, of whatever revision, that is not `kept`."""
    own = re.compile(rf"{re.escape(names.base)}_{kind}_v[0-9]{{1,9}}(?:_r[0-9]{{1,9}})?", re.ASCII)
    for collection in rpc.call("list_collections"):
        if not own.fullmatch(collection):
            continue
        staged = replace(names, revision=_revision(collection)).alias(kind)
        if staged != names.alias(kind) and rpc.call("has_collection", staged):
            rpc.call("drop_alias", staged)
        if collection != kept:
            rpc.call("drop_collection", collection, timeout_s=SLOW_S)


def drop_staged(rpc: Rpc, names: Names, kind: str) -> None:
    """Drop the collection of a revision that is still being filled."""
    if rpc.call("has_collection", names.alias(kind)):
        rpc.call("drop_alias", names.alias(kind))
    if rpc.call("has_collection", names.collection(kind)):
        rpc.call("drop_collection", names.collection(kind), timeout_s=SLOW_S)
