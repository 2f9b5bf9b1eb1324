"""Whole rows out of a store and into another, vectors and counts included: the part of MilvusStore that moves data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

from mcp_rag.errors import EmbeddingError
from mcp_rag.rows import BlockRow, ErrorGroup, GroupTemplate, Kind, Resolution
from mcp_rag.store.entities import TEMPLATE, Entity, error_entity, error_group, group_template
from mcp_rag.store.filters import block_condition, check_ids
from mcp_rag.store.frequencies import Frequencies
from mcp_rag.store.generations import promote, revisions
from mcp_rag.store.ledger import Ledger
from mcp_rag.store.resolutions import Resolutions
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import fields_of
from mcp_rag.store.settings import Names
from mcp_rag.store.vectors import checked_vector, checked_weights, stored_vector, stored_weights

T = TypeVar("T")


class RowExchange:
    """Base of MilvusStore, which makes the attributes and runs the work on its threads."""

    _rpc: Rpc
    _names: Names
    _errors: str
    _blocks: str
    _resolutions: str
    _dimension: int
    _frequencies: Frequencies
    _fixes: Resolutions
    _ledger: Ledger

    async def _run(self, work: Callable[[], T]) -> T:
        raise NotImplementedError

    def _writing(self, *collections: str, rows: int = 1) -> AbstractContextManager[None]:
        raise NotImplementedError

    async def list_ids(self, kind: Kind) -> list[str]:
        """The ids of all rows of a collection, in ascending order; of blocks the living ones, as of one moment."""
        if kind == "blocks":
            return await self._run(self._list_blocks)
        collection = self._errors if kind == "errors" else self._resolutions
        return await self._run(lambda: sorted({e["id"] for e in self._rpc.scan(collection, "", ("id",), strong=True)}))

    def _list_blocks(self) -> list[str]:
        with self._writing():
            return self._ledger.ids()

    async def get_templates(self, ids: Sequence[str]) -> list[GroupTemplate]:
        """The templates of groups by id, in the order asked for; unknown ids are left out. Raises InputError."""
        wanted = check_ids(ids)
        if not wanted:
            return []
        return await self._run(lambda: [group_template(e) for e in self._rpc.get(self._errors, wanted, TEMPLATE)])

    async def export_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        """Groups by id, in the order asked for, with their vectors."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._export_errors(wanted)) if wanted else []

    def _export_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        fields = (*fields_of("errors"), *self._rpc.vector_fields)
        return [
            replace(
                error_group(entity),
                vector=stored_vector(entity["dense"]),
                sparse=stored_weights(entity["sparse"]) if self._rpc.sparse else None,
            )
            for entity in self._rpc.get(self._errors, ids, fields)
        ]

    async def export_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        """Resolutions by id, in the order asked for, with the vectors of those that have any."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._fixes.export(wanted)) if wanted else []

    async def import_errors(self, rows: Sequence[ErrorGroup]) -> None:
        """Write groups as they are, counts and times included. Raises EmbeddingError for a missing or bad vector."""
        check_ids([g.id for g in rows])
        if rows:
            await self._run(lambda: self._import_errors(rows))

    def _import_errors(self, rows: Sequence[ErrorGroup]) -> None:
        entities: list[Entity] = []
        weights = {}
        for group in rows:
            if group.vector is None:
                raise EmbeddingError(f"The group {group.id} has no vector; nothing was stored.", "Report this.")
            entity = error_entity(group) | {"dense": checked_vector(group.vector, self._dimension)}
            weights[group.id] = checked_weights(group.sparse or {})
            if self._rpc.sparse:
                entity["sparse"] = weights[group.id]
            entities.append(entity)
        with self._writing(self._errors, rows=len(entities)):
            self._rpc.upsert(self._errors, entities)
        self._frequencies.put(weights.items())

    async def import_blocks(self, rows: Sequence[BlockRow]) -> None:
        """Write ledger rows as applied, without touching the totals of their groups."""
        check_ids([i for row in rows for i in (row.id, row.head, *row.counts)])
        if rows:
            await self._run(lambda: self._import_blocks(rows))

    def _import_blocks(self, rows: Sequence[BlockRow]) -> None:
        with self._writing(self._blocks):
            self._ledger.adopt(rows)

    async def find_blocks(self, *, source: str = "", service: str = "", before_ms: int = 0) -> list[BlockRow]:
        """Living ledger rows that meet all conditions given, at most 16,384. Raises InputError when none is given."""
        condition = block_condition(source=source, service=service, before_ms=before_ms)
        return await self._run(lambda: self._ledger.find(condition))

    async def find_longer_blocks(self, head: str, size_bytes: int) -> list[BlockRow]:
        """The 16 longest ledger rows of more than `size_bytes` whose first line has this hash, with their marks."""
        check_ids([head])
        return await self._run(lambda: self._ledger.longer(head, size_bytes))

    async def revisions(self) -> dict[str, int]:
        """The revision of each collection in use; they differ only when a `promote` was stopped half way."""
        return await self._run(lambda: revisions(self._rpc, self._names))

    async def promote(self, revision: int) -> None:
        """Put the collections of a revision in the place of those in use, and drop these. The store is of no use
        afterwards: open it anew."""
        await self._run(lambda: self._promote(revision))

    def _promote(self, revision: int) -> None:
        with self._writing():
            promote(self._rpc, self._names, revision)
