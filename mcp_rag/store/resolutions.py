"""Resolutions as stored: found through their error, or by vectors of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcp_rag.ranking import fuse
from mcp_rag.rows import Resolution, Scored
from mcp_rag.store.entities import resolution_entity, resolution_row
from mcp_rag.store.filters import ids_in
from mcp_rag.store.rpc import IDS_PER_CALL, Rpc
from mcp_rag.store.schema import fields_of
from mcp_rag.store.vectors import checked_vector, checked_weights, stored_vector, stored_weights

_FIELDS = fields_of("resolutions")
_IN_USE = "retracted == 0"


class Resolutions:
    """One collection of resolutions. Synchronous; ids are checked by the caller."""

    def __init__(self, rpc: Rpc, collection: str) -> None:
        self._rpc = rpc
        self._collection = collection

    def upsert(self, rows: Sequence[Resolution], dimension: int) -> None:
        """Write rows; one without vectors keeps those stored. Raises EmbeddingError before anything is written."""
        vectors = {r.id: checked_vector(r.vector, dimension) for r in rows if r.vector is not None}
        weights = {r.id: checked_weights(r.sparse) for r in rows if r.sparse is not None}
        lacking = [r.id for r in rows if r.id not in vectors or r.id not in weights]
        stored = {e["id"]: e for e in self._rpc.get(self._collection, lacking, ("id", *self._rpc.vector_fields))}
        entities = []
        for row in rows:
            entity = resolution_entity(row)
            old = stored.get(row.id, {})
            # The zero vector scores 0 everywhere, and such hits are dropped.
            entity["dense"] = vectors.get(row.id, old.get("dense", [0.0] * dimension))
            if self._rpc.sparse:
                entity["sparse"] = weights.get(row.id) or old.get("sparse") or checked_weights({})
            entities.append(entity)
        self._rpc.upsert(self._collection, entities)

    def get(self, ids: Sequence[str]) -> list[Resolution]:
        """Rows by id, in the order asked for."""
        return [resolution_row(e) for e in self._rpc.get(self._collection, ids, _FIELDS)]

    def export(self, ids: Sequence[str]) -> list[Resolution]:
        """Rows by id, in the order asked for, with the vectors of those that have any."""
        found = self._rpc.get(self._collection, ids, (*_FIELDS, *self._rpc.vector_fields))
        return [
            replace(
                resolution_row(e),
                vector=stored_vector(e["dense"]),
                sparse=(stored_weights(e["sparse"]) or None) if self._rpc.sparse else None,
            )
            for e in found
        ]

    def of(self, error_ids: Sequence[str], *, strong: bool = False) -> list[Resolution]:
        """All rows of these groups, ordered by id; `strong` sees what other processes wrote just before."""
        rows: list[Resolution] = []
        for start in range(0, len(error_ids), IDS_PER_CALL):
            condition = ids_in(error_ids[start : start + IDS_PER_CALL], "error_id")
            rows += [resolution_row(e) for e in self._rpc.scan(self._collection, condition, _FIELDS, strong=strong)]
        return sorted(rows, key=lambda r: r.id)

    def search(self, vector: object, weights: Mapping[int, float], limit: int) -> list[Scored]:
        """The nearest rows in use; with both legs, the fused order."""
        legs: list[list[Scored]] = []
        if limit > 0 and vector is not None:
            legs.append(self._leg("dense", vector, limit))
        if limit > 0 and weights and self._rpc.sparse:
            legs.append(self._leg("sparse", checked_weights(weights), limit))
        if len(legs) == 2:
            return fuse(legs[0], legs[1])[:limit]
        return legs[0] if legs else []

    def _leg(self, field: str, query: object, limit: int) -> list[Scored]:
        hits = self._rpc.search(self._collection, field, query, limit, _IN_USE)
        return [Scored(i, s) for i, s, _ in hits if math.isfinite(s) and s != 0.0]
