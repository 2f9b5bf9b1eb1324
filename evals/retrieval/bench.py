"""A knowledge base in memory with the product's own verbs on top, and the figures that are taken from it."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcp_rag import embedding
from mcp_rag.errors import EmbeddingError
from mcp_rag.events import parse_block
from mcp_rag.fingerprint import Fingerprinter
from mcp_rag.grouping import assign, collect, new_group
from mcp_rag.hits import quality
from mcp_rag.merge import MergeIndex
from mcp_rag.occurrences import Occurrences
from mcp_rag.query import understand
from mcp_rag.ranking import fuse, query_weights
from mcp_rag.redact import Redactor
from mcp_rag.resolve import RecordRequest, Resolver
from mcp_rag.rows import ErrorFilter, ErrorGroup, Scored
from mcp_rag.search import Found, Searcher
from mcp_rag.selection import active
from mcp_rag.types import Level, ParseSettings
from tests.fakes import DictStore

Vectors = NDArray[np.float32]
LIMIT = 50
AT_MS = 1_800_000_000_000


class BruteStore(DictStore):
    """DictStore with arrays and postings, so that tens of thousands of searches take minutes. `seconds` adds up the
    time spent inside the store, to be taken off when the code above it is timed; `hidden` are groups that are not
    found for now: the knowledge base without them."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.hidden: Collection[str] = ()
        self._stale = True

    async def upsert_errors(self, groups: Sequence[ErrorGroup]) -> None:
        await super().upsert_errors(groups)
        self._stale = True

    async def delete_errors(self, ids: Sequence[str]) -> int:
        self._stale = True
        return await super().delete_errors(ids)

    def _index(self) -> None:
        if not self._stale:
            return
        self._ids = list(self.errors)
        rows = [g.vector or () for g in self.errors.values()]
        self._matrix = np.array(rows, dtype=np.float32).reshape(len(rows), -1)
        postings: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        self._codes: dict[str, list[str]] = defaultdict(list)
        self._related: dict[str, list[str]] = defaultdict(list)
        for n, group in enumerate(self.errors.values()):
            for token, weight in (group.sparse or {}).items():
                postings[token][0].append(n)
                postings[token][1].append(weight)
            for code in group.codes:
                self._codes[code].append(group.id)
            self._related[group.related].append(group.id)
        self._postings = {t: (np.array(i), np.array(w, dtype=np.float32)) for t, (i, w) in postings.items()}
        self._frequencies = {t: len(i) for t, (i, _) in self._postings.items()}
        self._stale = False

    def _top(self, scores: Vectors, limit: int, *, positive: bool) -> list[Scored]:
        if not len(scores):
            return []
        for group_id in self.hidden:
            scores[self._ids.index(group_id)] = -1.0
        near = np.argpartition(-scores, min(limit, len(scores) - 1))[:limit]
        found = [(self._ids[n], float(scores[n])) for n in near if scores[n] > (0 if positive else -1)]
        return [Scored(i, s) for i, s in sorted(found, key=lambda item: (-item[1], item[0]))]

    async def search_dense(self, vector: Sequence[float], limit: int, where: ErrorFilter) -> list[Scored]:
        if active(where):
            return await super().search_dense(vector, limit, where)
        self._index()
        start = time.perf_counter()
        found = self._top(self._matrix @ np.array(vector, dtype=np.float32), limit, positive=False)
        self.seconds += time.perf_counter() - start
        return found

    async def search_sparse(self, weights: Mapping[int, float], limit: int, where: ErrorFilter) -> list[Scored]:
        if active(where):
            return await super().search_sparse(weights, limit, where)
        self._index()
        start = time.perf_counter()
        scores = np.zeros(len(self._ids), dtype=np.float32)
        for token, weight in weights.items():
            if token in self._postings:
                rows, values = self._postings[token]
                scores[rows] += weight * values
        found = self._top(scores, limit, positive=True)
        self.seconds += time.perf_counter() - start
        return found

    async def query_errors(self, where: ErrorFilter, limit: int, offset: int = 0) -> list[ErrorGroup]:
        names = active(where)
        if names not in (["codes"], ["related"]) or offset:
            return await super().query_errors(where, limit, offset)
        self._index()
        lists = (
            [self._related.get(where.related, [])] if where.related else [self._codes.get(c, []) for c in where.codes]
        )
        return await self.get_errors(list(dict.fromkeys(i for ids in lists for i in ids))[:limit])

    async def get_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        start = time.perf_counter()
        found = await super().get_errors([i for i in ids if i not in self.hidden])
        self.seconds += time.perf_counter() - start
        return found

    async def document_frequencies(self) -> tuple[int, Mapping[int, int]]:
        self._index()
        return len(self._ids), self._frequencies


class CachedEmbedder:
    """The real embedder, with the vectors of earlier runs kept in one SQLite file."""

    reason = ""
    degraded = ""

    def __init__(self, cache_dir: Path, model: str, base_url: str = "") -> None:
        # Nobody waits for an answer here, and a small server takes its time over 64 long texts.
        self._inner = embedding.create(model, "auto", cache_dir=cache_dir, base_url=base_url, timeout_s=600.0)
        self._path = cache_dir / "vectors.sqlite"
        try:
            self.model_id, self.dimension = self._inner.model_id, self._inner.dimension
        except EmbeddingError:
            # A server's model, or one that only sentence-transformers understands, is known once it is loaded. This
            # may run inside a loop.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, self._inner.load()).result()
            self.model_id, self.dimension = self._inner.model_id, self._inner.dimension
        self.ready = True
        with sqlite3.connect(self._path) as db:
            db.execute("create table if not exists vectors (key blob primary key, vector blob)")

    async def load(self) -> None:
        """Load the model behind the cache."""
        await self._inner.load()

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """As the embedder's, from the cache where possible."""
        return await self._embed(texts, "document")

    async def _embed(self, texts: Sequence[str], purpose: str) -> Vectors:
        start = f"{self.model_id}\0{purpose}\0"
        keys = [hashlib.blake2b((start + t).encode("utf-8", "replace"), digest_size=16).digest() for t in texts]
        known: dict[bytes, Vectors] = {}
        with sqlite3.connect(self._path) as db:
            for key in dict.fromkeys(keys):
                row = db.execute("select vector from vectors where key = ?", (key,)).fetchone()
                if row:
                    known[key] = np.frombuffer(row[0], dtype=np.float32)
            missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in known}
            if missing:
                await self._inner.load()
                if purpose == "query":
                    vectors = np.array([await self._inner.embed_query(t) for t in missing.values()])
                else:
                    vectors = await self._inner.embed_documents(list(missing.values()))
                for key, vector in zip(missing, vectors, strict=True):
                    known[key] = vector
                    db.execute(
                        "insert or ignore into vectors values (?, ?)", (key, vector.astype(np.float32).tobytes())
                    )
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(-1, self.dimension)

    async def embed_query(self, text: str) -> Vectors:
        """(dimension,) float32, with the model's query prompt."""
        vectors = await self._embed([text], "query")
        return vectors.reshape(-1)


class Doc(NamedTuple):
    """One entry to store. `kind` "log" goes through ingest's parsing, "note" through record_resolution."""

    id: str
    text: str
    kind: str = "log"


class Ask(NamedTuple):
    """One query and the entry it should find; "" when nothing stored answers it."""

    id: str
    text: str
    relevant: str


class Ranked(NamedTuple):
    """Group ids best first, with what the best is called."""

    ids: list[str]
    match_type: str = ""
    match_quality: str = ""


class Bench:
    """A store, the verbs over it, and which entry became which group."""

    def __init__(self, embedder: CachedEmbedder) -> None:
        self.store = BruteStore()
        self.embedder = embedder
        self.merge = MergeIndex()
        self.gate = Redactor()
        self.groups: dict[str, str] = {}
        self.searcher = Searcher(self.store, embedder, Redactor, self._merge)
        self.resolver = Resolver(self.store, embedder, Redactor, self._merge)

    async def _merge(self) -> MergeIndex:
        return self.merge

    async def add(self, docs: Iterable[Doc]) -> None:
        """Store entries the way the product does."""
        await self.store.open(model_id=self.embedder.model_id, dimension=self.embedder.dimension)
        notes = [d for d in docs if d.kind == "note"]
        await self._ingest([d for d in docs if d.kind != "note"])
        for doc in notes:
            request = RecordRequest(fix=f"See {doc.id.partition('#')[2] or 'the note'}.", error_text=doc.text)
            result = await self.resolver.record(request)
            self.groups[doc.id] = result.error_id
            if not result.error_known:
                group = self.store.errors[result.error_id]
                self.merge.add_leader(group.id, group.template, codes=group.codes, has_trace=bool(group.chain))

    async def _ingest(self, docs: Sequence[Doc]) -> None:
        fresh: dict[str, ErrorGroup] = {}
        settings = ParseSettings(min_level=Level.UNSET, reference_ms=AT_MS)
        for doc in docs:
            records, _ = parse_block(doc.text.encode("utf-8", "replace"), settings)
            found = collect(records, Fingerprinter(), AT_MS)
            assigned = assign(found, self.merge)
            best = _main(assigned)
            for group_id, occurrences in assigned.items():
                if group_id == best:
                    self.groups[doc.id] = group_id
                if group_id not in fresh and group_id not in self.store.errors:
                    fresh[group_id] = new_group(group_id, occurrences, self.gate, "")
        rows = list(fresh.values())
        for start in range(0, len(rows), 64):
            batch = rows[start : start + 64]
            vectors = await self.embedder.embed_documents([g.dense_text for g in batch])
            await self.store.upsert_errors([_with_vector(g, v) for g, v in zip(batch, vectors, strict=True)])

    async def legs(self, text: str) -> dict[str, Ranked]:
        """The ranking of each leg, of their fusion and of the whole ladder, for one paste."""
        query = understand(text, self.gate)
        vector = await self.embedder.embed_query(query.dense_text)
        dense = await self.store.search_dense([float(x) for x in vector], LIMIT, ErrorFilter())
        documents, frequencies = await self.store.document_frequencies()
        weights = query_weights(query.lexical_text, documents, frequencies, beside=query.beside)
        lexical = await self.store.search_sparse(weights, LIMIT, ErrorFilter())
        ranked = {"dense": dense, "BM25": lexical, "hybrid": fuse(dense, lexical)}
        found: dict[str, Ranked] = {name: Ranked([s.id for s in leg]) for name, leg in ranked.items()}
        found["hybrid + ladder"] = await self.ladder(text)
        return found

    async def find(self, text: str) -> Found:
        """What search_errors would rank, before it is cut to a page."""
        return await self.searcher.find(text, ErrorFilter())

    async def ladder(self, text: str) -> Ranked:
        """The product's ranking."""
        found = await self.find(text)
        if not found.candidates:
            return Ranked([])
        top = found.candidates[0]
        return Ranked([c.group.id for c in found.candidates], top.match_type, quality(top) or "")


def _main(assigned: Mapping[str, Occurrences]) -> str:
    """The group a stored text stands for when it holds several events: the one with a trace, else the gravest."""
    return min(assigned, key=lambda i: (assigned[i].record.stacktrace is None, -assigned[i].record.level), default="")


def _with_vector(group: ErrorGroup, vector: Vectors) -> ErrorGroup:
    return replace(group, vector=tuple(float(x) for x in vector))


class Scores:
    """Recall and reciprocal rank, summed over queries. When `shared` entries live in one group, its rank is taken as
    the mean of what a reader who opens them in any order would see: the hit counts 1 / shared at rank 1."""

    def __init__(self) -> None:
        self.n = 0
        self.first = self.five = self.mrr = 0.0

    def add(self, ids: Sequence[str], relevant: str, shared: int = 1) -> None:
        """Count one ranking."""
        self.n += 1
        if relevant not in ids[:10]:
            return
        rank = ids.index(relevant)
        if rank == 0:
            self.first += 1 / shared
        if rank < 5:
            self.five += 1
        self.mrr += sum(1 / (rank + k + 1) for k in range(shared)) / shared

    def __str__(self) -> str:
        n = self.n or 1
        return f"{self.first / n:.3f} / {self.five / n:.3f} / {self.mrr / n:.3f}"


def shared_counts(groups: Mapping[str, str]) -> Counter[str]:
    """How many entries each group stands for."""
    return Counter(groups.values())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(c) for c in row) + " |" for row in rows)])


def run(coroutine: Coroutine[None, None, None]) -> None:
    """Run one coroutine to its end."""
    asyncio.run(coroutine)
