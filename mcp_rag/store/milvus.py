"""The knowledge base on Milvus, embedded or served: the one implementation of the Store protocol.

Every public method hops to a worker thread of this store's own pool; a cancelled caller leaves the call to finish
there, so that nothing is left half written. Write locks are taken inside the thread for the same reason.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from mcp_rag.errors import InputError, StoreError
from mcp_rag.rows import ANY_SIZE, BlockRow, ErrorFilter, ErrorGroup, Resolution, Scored, StoreInfo
from mcp_rag.store.connection import Connection
from mcp_rag.store.entities import TOTALS, Entity, error_entity, error_group, same_fields
from mcp_rag.store.filters import block_condition, check_ids, error_condition, keep
from mcp_rag.store.frequencies import Frequencies
from mcp_rag.store.ledger import Ledger
from mcp_rag.store.leftovers import Leftovers
from mcp_rag.store.recording import Recording
from mcp_rag.store.resolutions import Resolutions
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import MAX_LIMIT, fields_of
from mcp_rag.store.sealing import Sealing
from mcp_rag.store.settings import KINDS, StoreSettings, collection_names
from mcp_rag.store.vectors import checked_vector, checked_weights

T = TypeVar("T")
# Two for an ingest, one for sums left behind, and those of a search: it asks four things at once.
THREADS = 8
_ERRORS = fields_of("errors")
_OVERMATCH = 4
TOTALS_BATCH = 128  # rows; the embedded engine answers no search meanwhile
ROWS_WITH_HITS = 200  # a search for more hits brings ids only: rows are up to 64 KB


class MilvusStore(Recording):
    """Store over one connection. Safe for many tasks of one event loop; open it once, close it once."""

    def __init__(self, settings: StoreSettings, connection: Connection) -> None:
        self._settings = settings
        self._names = collection_names(settings)
        self._connection = connection
        self._pool: ThreadPoolExecutor | None = None
        self._dimension = 0
        self._model = ""
        self._redaction = settings.redaction_version
        self._rpc = Rpc(connection.link, settings.timeout_s)
        self._errors, self._blocks, self._resolutions = (self._names.alias(kind) for kind in KINDS)
        self._frequencies = Frequencies(self._rpc, self._errors)
        self._fixes = Resolutions(self._rpc, self._resolutions)
        self._ledger = Ledger(
            self._rpc,
            self._blocks,
            self._errors,
            resolutions_of=self._fixes.of,
            write_totals=self._write_totals,
            delete_groups=self._delete_groups,
        )
        self._leftovers = Leftovers(self._rpc, self._blocks, self._recover)
        self._sealing = Sealing(self._rpc, settings.timeout_s, wanted=connection.flushes)
        self._lock = threading.RLock()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pool is None:
            raise StoreError("The store is not open.", "Restart the server.")
        if self._leftovers.due():
            self._pool.submit(self._leftovers.finish_old)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    @contextmanager
    def _writing(self, *collections: str, rows: int = 1) -> Iterator[None]:
        with self._lock, self._connection.link.writing():
            for collection in collections:
                self._sealing.wrote(collection, rows)
            yield
            self._sealing.seal_large()

    # ---------------------------------------------------------------- life
    async def open(self, *, model_id: str, dimension: int) -> None:
        """Connect, create what is missing, compare what is kept. An empty `model_id` reads whatever is stored.

        Raises StoreUnavailable, StoreMismatch, StoreError; may be called again after a failure or a close.
        """
        if self._pool is not None:
            return
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mcp-rag-store")
        try:
            kept = await self._run(lambda: self._connection.open(self._rpc, self._names, model_id, dimension))
            await self._run(self._leftovers.finish_at_open)
        except BaseException:
            await self.close()
            raise
        self._model, self._dimension, self._redaction = kept.model, kept.dimension, kept.redaction

    async def close(self) -> None:
        """Disconnect; an owner lets a guest take over. Safe to call twice, and after a failed open."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(pool, self._connection.close))
        pool.shutdown(wait=False)

    async def info(self) -> StoreInfo:
        """What the store is and holds."""
        return await self._run(self._info)

    def _info(self) -> StoreInfo:
        state = self._connection.describe(self._rpc)
        return StoreInfo(
            kind=state.kind,
            location=state.location,
            version=state.version,
            role=state.role,
            owner=state.owner,
            errors=self._rpc.count(self._errors),
            resolutions=self._rpc.count(self._resolutions),
            blocks=self._rpc.count(self._blocks, "part == 0"),
            schema_version=self._settings.schema_version,
            embedding_model=self._model,
            dimension=self._dimension,
            redaction_version=self._redaction,
            size_bytes=state.size_bytes,
            degraded=state.degraded,
            sparse=self._rpc.sparse,
        )

    async def flush(self) -> None:
        """End of an ingest call: on the embedded store, seal what was written so that searches stay fast."""
        await self._run(self._flush)

    def _flush(self) -> None:
        with self._writing():
            self._sealing.seal()

    # ---------------------------------------------------------------- error groups
    async def get_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        """Groups by id, in the order asked for, without vectors; unknown ids are left out. Raises InputError."""
        wanted = check_ids(ids)
        if not wanted:
            return []
        return await self._run(lambda: [error_group(e) for e in self._rpc.get(self._errors, wanted, _ERRORS)])

    async def upsert_errors(self, groups: Sequence[ErrorGroup]) -> None:
        """Write groups. Counts, times and timeline of a row that exists are left to the ledger. A group without
        `vector` or `sparse` keeps the stored ones.

        Raises EmbeddingError (nothing stored) for a bad vector, StoreError for a new row without one.
        """
        check_ids([g.id for g in groups])
        if groups:
            await self._run(lambda: self._upsert_errors(groups))

    def _upsert_errors(self, groups: Sequence[ErrorGroup]) -> None:
        vectors = {g.id: checked_vector(g.vector, self._dimension) for g in groups if g.vector is not None}
        weights = {g.id: checked_weights(g.sparse) for g in groups if g.sparse is not None}
        entities = {g.id: error_entity(g) for g in groups}
        with self._writing(self._errors, rows=len(groups)), self._frequencies.writing():
            partial = self._rpc.partial
            fields = ("id",) if partial else ("id", *TOTALS, *self._rpc.vector_fields)
            stored = {e["id"]: e for e in self._rpc.get(self._errors, list(entities), fields)}
            if missing := [i for i in entities if i not in stored and i not in vectors]:
                raise StoreError(
                    f"{len(missing)} new rows have no vector; nothing was stored.", "Load the embedding model first."
                )
            fresh, known = [], []
            for row_id, entity in entities.items():
                if row_id in vectors:
                    entity["dense"] = vectors[row_id]
                if self._rpc.sparse and (row_id in weights or row_id not in stored):
                    entity["sparse"] = weights.get(row_id) or checked_weights({})
                if row_id not in stored:
                    fresh.append(entity)
                else:
                    own = {k: v for k, v in entity.items() if k not in TOTALS}
                    known.append(own if partial else {**stored[row_id], **own})
            if fresh:
                self._rpc.upsert(self._errors, fresh)
            for run in same_fields(known):
                self._rpc.upsert(self._errors, run, partial=partial)
            if known and not partial and not self._rpc.link.exclusive:
                self._ledger.reapply([e["id"] for e in known])
            self._frequencies.put((i, weights.get(i, {})) for i in entities if i in weights or i not in stored)

    def _write_totals(self, totals: Sequence[Entity]) -> None:
        self._sealing.wrote(self._errors, len(totals))
        for start in range(0, len(totals), TOTALS_BATCH):
            some = {e["id"]: e for e in totals[start : start + TOTALS_BATCH]}
            if self._rpc.partial:
                self._rpc.upsert(self._errors, list(some.values()), partial=True)
                continue
            stored = self._rpc.get(self._errors, list(some), (*_ERRORS, *self._rpc.vector_fields))
            self._rpc.upsert(self._errors, [{**e, **some[e["id"]]} for e in stored])

    async def delete_errors(self, ids: Sequence[str]) -> int:
        """Delete groups; returns how many were stored."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._delete(self._errors, wanted)) if wanted else 0

    def _delete(self, collection: str, ids: Sequence[str]) -> int:
        with self._writing(collection):
            stored = [e["id"] for e in self._rpc.get(collection, ids, ("id",))]
            if collection == self._errors:
                self._delete_groups(stored)
            elif stored:
                self._rpc.delete(collection, stored)
        return len(stored)

    def _delete_groups(self, ids: Sequence[str]) -> None:
        if ids:
            self._rpc.delete(self._errors, ids)
            self._frequencies.drop(ids)

    async def query_errors(self, where: ErrorFilter, limit: int, offset: int = 0) -> list[ErrorGroup]:
        """Groups that meet `where`, in no promised order. `limit` + `offset` <= 16,384. Raises InputError."""
        if offset < 0 or offset + limit > MAX_LIMIT:
            raise InputError(f"limit and offset may not exceed {MAX_LIMIT} together.", "Narrow the filter.")
        return await self._run(lambda: self._query_errors(where, limit, offset)) if limit > 0 else []

    def _query_errors(self, where: ErrorFilter, limit: int, offset: int) -> list[ErrorGroup]:
        condition = error_condition(where, infix_like=self._connection.infix_like)
        if condition.exact:
            return [error_group(e) for e in self._rpc.query(self._errors, condition.text, _ERRORS, limit, offset)]
        # What matched by accident must not count against limit and offset.
        rows = self._rpc.query(self._errors, condition.text, _ERRORS)
        return keep(map(error_group, rows), where)[offset : offset + limit]

    async def count_errors(self, where: ErrorFilter) -> int:
        """Number of groups that meet `where`."""
        return await self._run(lambda: self._count_errors(where))

    def _count_errors(self, where: ErrorFilter) -> int:
        condition = error_condition(where, infix_like=self._connection.infix_like)
        if condition.exact:
            return self._rpc.count(self._errors, condition.text)
        return len(keep((error_group(e) for e in self._rpc.scan(self._errors, condition.text, _ERRORS)), where))

    async def search_dense(self, vector: Sequence[float], limit: int, where: ErrorFilter) -> list[Scored]:
        """The nearest groups by inner product, best first, at most `limit`. Raises EmbeddingError for a bad vector."""
        checked = checked_vector(vector, self._dimension)
        return await self._run(lambda: self._search("dense", checked, limit, where))

    async def search_sparse(self, weights: Mapping[int, float], limit: int, where: ErrorFilter) -> list[Scored]:
        """The best groups by lexical inner product, best first; empty where the server has no sparse vectors."""
        if not weights or not self._rpc.sparse:
            return []
        checked = checked_weights(weights)
        return await self._run(lambda: self._search("sparse", checked, limit, where))

    def _search(self, field: str, query: object, limit: int, where: ErrorFilter) -> list[Scored]:
        if (limit := min(limit, MAX_LIMIT)) <= 0:
            return []
        condition = error_condition(where, infix_like=self._connection.infix_like)
        if condition.exact:
            # The embedded engine makes every row it finds whole, and a server saves a call.
            fields = _ERRORS if limit <= ROWS_WITH_HITS else ()
            hits = self._rpc.search(self._errors, field, query, limit, condition.text, fields)
            return [Scored(i, s, error_group(e) if fields else None) for i, s, e in hits if math.isfinite(s)]
        window = limit
        while True:
            window = min(window * _OVERMATCH, MAX_LIMIT)
            hits = self._rpc.search(self._errors, field, query, window, condition.text)
            ids = [i for i, s, _ in hits if math.isfinite(s)]
            groups = (error_group(e) for e in self._rpc.get(self._errors, ids, _ERRORS))
            kept = {g.id for g in keep(groups, where)}
            if len(kept) >= limit or len(hits) < window or window >= MAX_LIMIT:
                return [Scored(i, s) for i, s, _ in hits if i in kept][:limit]

    async def document_frequencies(self) -> tuple[int, Mapping[int, int]]:
        """Number of groups, and for each token id of the sparse field the number of groups that hold it."""
        return await self._run(self._frequencies.current)

    # ---------------------------------------------------------------- ledger
    async def get_blocks(self, ids: Sequence[str]) -> list[BlockRow]:
        """Ledger rows by id, in the order asked for; superseded ones are gone. Raises InputError."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._ledger.get(wanted)) if wanted else []

    async def find_open_blocks(self, heads: Sequence[str], size_bytes: range = ANY_SIZE) -> list[BlockRow]:
        """Ledger rows of unfinished sources by their first line's hash and size, without counts, times and marks."""
        wanted = check_ids(heads)
        return await self._run(lambda: self._ledger.open_blocks(wanted, size_bytes))

    async def commit_block(self, row: BlockRow, supersedes: Sequence[str] = (), *, totals: bool = True) -> bool:
        """Commit a block and bring the totals of its groups up to date. Its groups must be stored. A row with this id
        stands if there is one; False if a longer one counts it. Raises StoreUnavailable, StoreError, InputError."""
        return await self._run(lambda: self._commit_block(row, supersedes, totals=totals))

    def _commit_block(self, row: BlockRow, supersedes: Sequence[str], *, totals: bool) -> bool:
        with self._writing(self._blocks):
            return self._ledger.commit(row, supersedes, totals=totals)

    async def recover(self) -> int:
        """Finish commits whose totals were not applied; returns how many."""
        return await self._run(self._recover)

    def _recover(self) -> int:
        with self._writing(self._blocks):
            return self._ledger.recover()

    async def delete_blocks(
        self, *, source: str = "", service: str = "", before_ms: int = 0, ids: Sequence[str] = ()
    ) -> int:
        """Delete ledger rows (all that is given must hold) with what they counted; how many, at most 16,384 a call."""
        condition = block_condition(source=source, service=service, before_ms=before_ms, ids=ids)
        return await self._run(lambda: self._delete_blocks(condition))

    def _delete_blocks(self, condition: str) -> int:
        with self._writing(self._blocks):
            return self._ledger.delete(condition)

    # ---------------------------------------------------------------- resolutions
    async def upsert_resolutions(self, rows: Sequence[Resolution]) -> None:
        """Write resolutions. One without vectors keeps the stored ones, or is found through its error only."""
        check_ids([r.id for r in rows])
        check_ids([i for r in rows for i in (r.error_id, r.superseded_by) if i])
        if rows:
            await self._run(lambda: self._upsert_resolutions(rows))

    def _upsert_resolutions(self, rows: Sequence[Resolution]) -> None:
        with self._writing(self._resolutions, rows=len(rows)):
            self._fixes.upsert(rows, self._dimension)

    async def get_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        """Resolutions by id, in the order asked for; unknown ids are left out."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._fixes.get(wanted)) if wanted else []

    async def resolutions_of(self, error_ids: Sequence[str]) -> list[Resolution]:
        """All resolutions of these groups, retracted and superseded ones included, ordered by id."""
        wanted = check_ids(error_ids)
        return await self._run(lambda: self._fixes.of(wanted)) if wanted else []

    async def search_resolutions(
        self, vector: Sequence[float] | None, weights: Mapping[int, float], limit: int
    ) -> list[Scored]:
        """Resolutions in use that are nearest by their own vectors; with both legs given, the fused order."""
        checked = None if vector is None else checked_vector(vector, self._dimension)
        return await self._run(lambda: self._fixes.search(checked, weights, min(limit, MAX_LIMIT)))

    async def delete_resolutions(self, ids: Sequence[str]) -> int:
        """Delete resolutions; returns how many were stored."""
        wanted = check_ids(ids)
        return await self._run(lambda: self._delete(self._resolutions, wanted)) if wanted else 0
