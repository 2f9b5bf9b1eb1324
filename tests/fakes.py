"""Fakes of the seams, shipped with them: each passes the contract tests of its Protocol (tests/contracts)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mcp_rag.errors import EmbeddingError, InputError, StoreError, StoreMismatch, StoreUnavailable
from mcp_rag.marks import begins
from mcp_rag.ranking import fuse, status_of
from mcp_rag.rows import ANY_SIZE, BlockRow, ErrorFilter, ErrorGroup, GroupTemplate, Kind, Resolution, Scored, StoreInfo
from mcp_rag.selection import accepts
from mcp_rag.store.entities import bounded_timeline
from mcp_rag.store.filters import check_ids, normal_filter


@dataclass
class DictStore:
    """The Store Protocol on dicts: same rules as the real one, no engine. `fail` (method name -> error) makes the
    next call of a method raise once; `calls` counts calls by method name."""

    redaction_version: int = 0
    schema_version: int = 1
    model_id: str = ""
    dimension: int = 0
    errors: dict[str, ErrorGroup] = field(default_factory=dict)
    blocks: dict[str, BlockRow] = field(default_factory=dict)
    resolutions: dict[str, Resolution] = field(default_factory=dict)
    fail: dict[str, Exception] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    opened: bool = False

    def _enter(self, name: str) -> None:
        self.calls[name] += 1
        if name in self.fail:
            raise self.fail.pop(name)
        if not self.opened:
            raise StoreError("The store is not open.", "Restart the server.")

    async def open(self, *, model_id: str, dimension: int) -> None:
        self.calls["open"] += 1
        if "open" in self.fail:
            raise self.fail.pop("open")
        if model_id and self.model_id and (model_id, dimension) != (self.model_id, self.dimension):
            raise StoreMismatch("Another embedding model.", "Rebuild it with `mcp-rag reindex`; nothing was changed.")
        if not self.model_id:
            self.model_id, self.dimension = model_id, dimension
        self.opened = True

    async def close(self) -> None:
        self.calls["close"] += 1
        self.opened = False

    async def info(self) -> StoreInfo:
        self._enter("info")
        return StoreInfo(
            kind="dict",
            location="memory",
            version="0",
            role="owner",
            owner="this process",
            errors=len(self.errors),
            resolutions=len(self.resolutions),
            blocks=len(self.blocks),
            schema_version=self.schema_version,
            embedding_model=self.model_id,
            dimension=self.dimension,
            redaction_version=self.redaction_version,
        )

    # ------------------------------------------------------------ error groups
    async def get_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        wanted = check_ids(ids)
        self._enter("get_errors")
        return [_bare(self.errors[i]) for i in wanted if i in self.errors]

    async def upsert_errors(self, groups: Sequence[ErrorGroup]) -> None:
        check_ids([g.id for g in groups])
        self._enter("upsert_errors")
        for group in groups:
            if group.vector is not None:
                self._check_vector(group.vector)
            elif group.id not in self.errors:
                raise StoreError("New rows have no vector; nothing was stored.", "Load the embedding model first.")
        for group in groups:
            old, row = self.errors.get(group.id), group
            if old is not None:
                row = replace(
                    group,
                    vector=group.vector or old.vector,
                    sparse=old.sparse if group.sparse is None else group.sparse,
                    count=old.count,
                    first_seen_ms=old.first_seen_ms,
                    last_seen_ms=old.last_seen_ms,
                    timeline=old.timeline,
                )
            self.errors[group.id] = replace(row, sparse=dict(row.sparse or {}))

    def _check_vector(self, vector: Sequence[float]) -> None:
        norm = sum(x * x for x in vector) ** 0.5
        if len(vector) != self.dimension or not 0.99 <= norm <= 1.01:
            raise EmbeddingError("The vector is not of unit length or has another dimension.", "Check the model.")

    async def delete_errors(self, ids: Sequence[str]) -> int:
        wanted = check_ids(ids)
        self._enter("delete_errors")
        return sum(self.errors.pop(i, None) is not None for i in wanted)

    async def query_errors(self, where: ErrorFilter, limit: int, offset: int = 0) -> list[ErrorGroup]:
        if offset < 0 or offset + limit > 16_384:
            raise InputError("limit and offset may not exceed 16384 together.", "Narrow the filter.")
        self._enter("query_errors")
        return [_bare(g) for g in self._matching(where)][offset : offset + max(0, limit)]

    def _matching(self, where: ErrorFilter) -> list[ErrorGroup]:
        wanted = normal_filter(where)
        return [g for g in self.errors.values() if accepts(g, wanted)]

    async def count_errors(self, where: ErrorFilter) -> int:
        self._enter("count_errors")
        return len(self._matching(where))

    async def search_dense(self, vector: Sequence[float], limit: int, where: ErrorFilter) -> list[Scored]:
        self._check_vector(vector)
        self._enter("search_dense")
        rows = self._matching(where)
        return _best([(g.id, _dot(g.vector or (), vector)) for g in rows], limit)

    async def search_sparse(self, weights: Mapping[int, float], limit: int, where: ErrorFilter) -> list[Scored]:
        self._enter("search_sparse")
        scored = [(g.id, _overlap(g.sparse or {}, weights)) for g in self._matching(where)]
        return _best([(i, s) for i, s in scored if s], limit)

    async def document_frequencies(self) -> tuple[int, Mapping[int, int]]:
        self._enter("document_frequencies")
        return len(self.errors), dict(Counter(t for g in self.errors.values() for t in g.sparse or ()))

    # ------------------------------------------------------------ ledger
    async def get_blocks(self, ids: Sequence[str]) -> list[BlockRow]:
        wanted = check_ids(ids)
        self._enter("get_blocks")
        return [self.blocks[i] for i in wanted if i in self.blocks]

    async def find_open_blocks(self, heads: Sequence[str], size_bytes: range = ANY_SIZE) -> list[BlockRow]:
        wanted = check_ids(heads)
        self._enter("find_open_blocks")
        found = [b for b in self.blocks.values() if b.open and b.head in wanted and b.size_bytes in size_bytes]
        return [replace(b, counts={}, first_seen={}, last_seen={}, marks="") for b in found]

    async def find_longer_blocks(self, head: str, size_bytes: int) -> list[BlockRow]:
        check_ids([head])
        self._enter("find_longer_blocks")
        found = [b for b in self.blocks.values() if b.head == head and b.size_bytes > size_bytes]
        return sorted(found, key=lambda b: (-b.size_bytes, b.id))[:16]

    async def commit_block(self, row: BlockRow, supersedes: Sequence[str] = (), *, totals: bool = True) -> bool:
        check_ids([row.id, row.head, *row.counts, *supersedes])
        self._enter("commit_block")
        touched: set[str] = set()
        if row.id not in self.blocks:
            touched |= row.counts.keys()
            if not row.counts.keys() <= self.errors.keys():
                raise StoreUnavailable(
                    "An error group was deleted meanwhile.", "Run the same ingest again.", retry=True
                )
            kin = [b for b in self.blocks.values() if row.marks and b.head == row.head]
            longer = [b for b in kin if b.size_bytes > row.size_bytes and b.min_level <= row.min_level]
            if row.open and any(begins(row.marks, b.marks) for b in longer):
                self._recount(touched)
                return False
            shorter = [b for b in kin if b.size_bytes < row.size_bytes and b.min_level >= row.min_level and b.open]
            supersedes = [*supersedes, *(b.id for b in shorter if begins(b.marks, row.marks))]
            self.blocks[row.id] = replace(row, applied=True)
        for old in supersedes:
            if old != row.id and old in self.blocks:
                touched |= self.blocks.pop(old).counts.keys()
        self._recount(touched)
        return True

    def _recount(self, touched: set[str]) -> None:
        for group_id in touched & self.errors.keys():
            group = self.errors[group_id]
            rows = [b for b in self.blocks.values() if group_id in b.counts]
            hours: Counter[int] = Counter()
            for block in rows:
                hours.update(block.counts[group_id])
            fixes = [r for r in self.resolutions.values() if r.error_id == group_id]
            if not rows and not fixes and group.origin == "user":
                del self.errors[group_id]
                continue
            last = max((b.last_seen[group_id] for b in rows), default=0)
            self.errors[group_id] = replace(
                group,
                count=hours.total(),
                first_seen_ms=min((b.first_seen[group_id] for b in rows), default=0),
                last_seen_ms=last,
                timeline=bounded_timeline(hours),
                status=status_of(last, fixes),
            )

    async def recover(self) -> int:
        self._enter("recover")
        return 0

    async def find_blocks(
        self, *, source: str = "", service: str = "", before_ms: int = 0, ids: Sequence[str] = ()
    ) -> list[BlockRow]:
        if not (source or service or before_ms or ids):
            raise InputError("Nothing says which blocks are meant.", "Name a source, a service or a time.")
        self._enter("find_blocks")
        return [
            b
            for b in self.blocks.values()
            if (not source or b.source == source)
            and (not service or b.service == service)
            and (not before_ms or b.created_ms < before_ms)
            and (not ids or b.id in ids)
        ]

    async def delete_blocks(
        self, *, source: str = "", service: str = "", before_ms: int = 0, ids: Sequence[str] = ()
    ) -> int:
        self._enter("delete_blocks")
        gone = await self.find_blocks(source=source, service=service, before_ms=before_ms, ids=check_ids(ids))
        for block in gone:
            del self.blocks[block.id]
        self._recount({g for b in gone for g in b.counts})
        return len(gone)

    # ------------------------------------------------------------ resolutions
    async def upsert_resolutions(self, rows: Sequence[Resolution]) -> None:
        check_ids([r.id for r in rows])
        check_ids([i for r in rows for i in (r.error_id, r.superseded_by) if i])
        self._enter("upsert_resolutions")
        for row in rows:
            if row.vector is not None:
                self._check_vector(row.vector)
        for row in rows:
            old = self.resolutions.get(row.id)
            vector = row.vector or (old.vector if old else None)
            sparse = row.sparse if row.sparse is not None else (old.sparse if old else None)
            self.resolutions[row.id] = replace(row, vector=vector, sparse=sparse)

    async def change_resolutions(
        self, error_id: str, change: Callable[[Sequence[Resolution]], Sequence[Resolution]]
    ) -> None:
        check_ids([error_id])
        await self.upsert_resolutions(
            change([r for _, r in sorted(self.resolutions.items()) if r.error_id == error_id])
        )
        if error_id in self.errors:
            group = self.errors[error_id]
            fixes = [r for r in self.resolutions.values() if r.error_id == error_id]
            self.errors[error_id] = replace(group, status=status_of(group.last_seen_ms if group.count else 0, fixes))

    async def get_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        wanted = check_ids(ids)
        self._enter("get_resolutions")
        return [replace(self.resolutions[i], vector=None, sparse=None) for i in wanted if i in self.resolutions]

    async def resolutions_of(self, error_ids: Sequence[str]) -> list[Resolution]:
        wanted = set(check_ids(error_ids))
        self._enter("resolutions_of")
        rows = [r for r in self.resolutions.values() if r.error_id in wanted]
        return [replace(r, vector=None, sparse=None) for r in sorted(rows, key=lambda r: r.id)]

    async def search_resolutions(
        self, vector: Sequence[float] | None, weights: Mapping[int, float], limit: int
    ) -> list[Scored]:
        self._enter("search_resolutions")
        rows = [r for r in self.resolutions.values() if not r.retracted]
        legs = []
        if vector is not None:
            self._check_vector(vector)
            legs.append(_best([(r.id, _dot(r.vector, vector)) for r in rows if r.vector is not None], limit))
        if weights:
            scored = [(r.id, _overlap(r.sparse or {}, weights)) for r in rows]
            legs.append(_best([(i, s) for i, s in scored if s], limit))
        if len(legs) == 2:
            return fuse(legs[0], legs[1])[:limit]
        return legs[0] if legs else []

    async def delete_resolutions(self, ids: Sequence[str]) -> int:
        wanted = check_ids(ids)
        self._enter("delete_resolutions")
        return sum(self.resolutions.pop(i, None) is not None for i in wanted)

    async def flush(self) -> None:
        self._enter("flush")

    # ------------------------------------------------------------ whole rows
    async def list_ids(self, kind: Kind) -> list[str]:
        self._enter("list_ids")
        return sorted(getattr(self, kind))

    async def get_templates(self, ids: Sequence[str]) -> list[GroupTemplate]:
        wanted = check_ids(ids)
        self._enter("get_templates")
        rows = [self.errors[i] for i in wanted if i in self.errors]
        traced = [bool(row.root_type or row.frames) for row in rows]
        return [
            GroupTemplate(row.id, "" if has_trace else row.template, row.codes, has_trace)
            for row, has_trace in zip(rows, traced, strict=True)
        ]

    async def export_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        wanted = check_ids(ids)
        self._enter("export_errors")
        return [self.errors[i] for i in wanted if i in self.errors]

    async def export_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        wanted = check_ids(ids)
        self._enter("export_resolutions")
        return [self.resolutions[i] for i in wanted if i in self.resolutions]

    async def import_errors(self, rows: Sequence[ErrorGroup]) -> None:
        check_ids([g.id for g in rows])
        self._enter("import_errors")
        for row in rows:
            self._check_vector(row.vector or ())
        self.errors |= {g.id: replace(g, sparse=dict(g.sparse or {})) for g in rows}

    async def import_blocks(self, rows: Sequence[BlockRow]) -> None:
        check_ids([i for row in rows for i in (row.id, row.head, *row.counts)])
        self._enter("import_blocks")
        self.blocks |= {b.id: replace(b, applied=True) for b in rows}


def _bare(group: ErrorGroup) -> ErrorGroup:
    return replace(group, vector=None, sparse=None)


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _overlap(a: Mapping[int, float], b: Mapping[int, float]) -> float:
    return sum(weight * b[token] for token, weight in a.items() if token in b)


def _best(scored: Sequence[tuple[str, float]], limit: int) -> list[Scored]:
    return [Scored(i, s) for i, s in sorted(scored, key=lambda item: (-item[1], item[0]))[: max(0, limit)]]


def hex_id(name: Any) -> str:
    """A well-formed id for a readable name."""
    return hashlib.sha256(str(name).encode()).hexdigest()[:32]


class HashEmbedder:
    """The Embedder Protocol without a model: every word adds its own hash vector, so texts that share words are near
    each other and equal texts are equal. `failure`, while set, is raised by every call; `embedded` lists all texts."""

    reason = ""
    degraded = ""

    def __init__(self, dimension: int = 64, *, ready: bool = True, model_id: str = "") -> None:
        self.dimension = dimension
        self.model_id = model_id or f"hash@{dimension}"
        self.ready = ready
        self.failure: EmbeddingError | None = None
        self.embedded: list[str] = []

    async def load(self) -> None:
        """Become ready."""
        if self.failure is not None:
            raise self.failure
        self.ready = True

    async def embed_documents(self, texts: Sequence[str]) -> Any:
        """(n, dimension) float32 of unit length."""
        import numpy as np

        if self.failure is not None:
            raise self.failure
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    async def embed_query(self, text: str) -> Any:
        """(dimension,) float32 of unit length."""
        return (await self.embed_documents([text]))[0]

    def _vector(self, text: str) -> list[float]:
        # The constant first place keeps a text without words from being zero.
        sums = [0.1, *([0.0] * (self.dimension - 1))]
        for word in text.lower().split():
            digest = hashlib.shake_128(word.encode("utf-8", "replace")).digest(self.dimension)
            for place, byte in enumerate(digest):
                sums[place] += byte / 127.5 - 1
        norm = sum(value * value for value in sums) ** 0.5
        return [value / norm for value in sums]


class LaterFirst:
    """A reranker that wants the order turned round: later candidates score higher."""

    def __init__(self, *, ready: bool = True, reason: str = "", fault: Exception | None = None) -> None:
        self.ready, self.reason, self.fault = ready, reason, fault
        self.started = 0
        self.asked: list[tuple[str, list[str]]] = []

    def start(self) -> None:
        self.started += 1

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        self.asked.append((query, list(texts)))
        if self.fault is not None:
            raise self.fault
        return [float(n) for n in range(len(texts))]
