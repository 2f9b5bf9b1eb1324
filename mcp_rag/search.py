"""The verb that finds what a pasted error is: the match ladder of docs/architecture.md. Never calls an LLM.

Rungs: same fingerprint, same template, shared rare code or exception type and frame, then dense and BM25 fused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mcp_rag.clock import iso
from mcp_rag.cursors import decode_cursor, encode_cursor, page_digest
from mcp_rag.errors import EmbeddingError, InputError, StoreError
from mcp_rag.hits import TIERS, Candidate, build_hit, build_probe, cover, hit_resolution, quality, specific, words_of
from mcp_rag.protocols import Embedder, ReadableStore, RedactionGate, Reranker
from mcp_rag.query import Query, understand
from mcp_rag.ranking import fuse, order_resolutions, query_weights, success_bound
from mcp_rag.reranking import reranked
from mcp_rag.results import Hit, HitResolution, NextCall, RetrievalMode, SearchResult
from mcp_rag.rows import ErrorFilter, ErrorGroup, Resolution, Scored
from mcp_rag.selection import accepts, active, blame, telling
from mcp_rag.template import MergeIndex
from mcp_rag.types import Level
from mcp_rag.versions import versions_in

# Past these a nearest neighbour is noise; a group that holds a rare word of the query is not.
DENSE_LIMIT = 20
LEXICAL_LIMIT = 30
MAX_CANDIDATES = 50
FIX_BONUS = 0.005
RARE_CODE_GROUPS = 20
_NO_VECTOR = "Searched by fingerprint, code and words only."


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Arguments of one search, checked by the face. `limit` 1-20; `where` holds the filters; `applied` names them."""

    error_text: str
    limit: int = 5
    where: ErrorFilter = field(default_factory=ErrorFilter)
    applied: Mapping[str, str] = field(default_factory=dict)
    full: bool = False
    cursor: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything one search found, before it is cut to a page: used by the search and by explain."""

    query: Query
    candidates: list[Candidate]
    below: list[Candidate]
    removed: dict[str, int]
    mode: RetrievalMode
    reason: str
    resolutions: Mapping[str, Sequence[Resolution]]


class Searcher:
    """Finds groups for a paste. `merge` answers "which stored template is this", refreshed by the caller."""

    def __init__(
        self,
        store: ReadableStore,
        embedder: Embedder,
        gate: Callable[[], RedactionGate],
        merge: Callable[[], Awaitable[MergeIndex]],
        *,
        zone: str = "UTC",
        reranker: Reranker | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        self._merge = merge
        self._zone = zone
        self.reranker = reranker
        self._now_ms = now_ms

    async def search(self, request: SearchRequest) -> SearchResult:
        """One page of hits, best first. Raises InputError for a cursor of another search, StoreError when the store
        does not answer; a missing embedder only degrades."""
        if not request.error_text.strip():
            raise InputError("error_text is empty.", "Paste the error, a log excerpt or a question.")
        digest = request.digest or page_digest(request.error_text, str(request.where))
        before = decode_cursor(request.cursor, digest)
        found = await self.find(request.error_text, request.where)
        left = [c for c in found.candidates if not before.has(c.group.id)]
        page = left[: request.limit]
        hits = [self._hit(c, before.shown + i + 1, found, full=request.full) for i, c in enumerate(page)]
        more = len(page) < len(left)
        return SearchResult(
            parsed=found.query.parsed,
            hits=hits,
            returned=len(hits),
            total=len(found.candidates),
            truncated=more,
            next_cursor=encode_cursor(before.and_all([c.group.id for c in page]), digest) if more else "",
            retrieval_mode=found.mode,
            degraded=bool(found.reason),
            degraded_reason=found.reason,
            filters_applied=dict(request.applied),
            hint=_hint(found) if not hits else "",
            next_calls=_next_calls(hits),
        )

    def _hit(self, candidate: Candidate, rank: int, found: Found, *, full: bool) -> Hit:
        return self.hit(candidate, rank, found.query, found.resolutions.get(candidate.group.id, ()), full=full)

    def hit(
        self, candidate: Candidate, rank: int, query: Query, resolutions: Sequence[Resolution], *, full: bool
    ) -> Hit:
        """The hit for one candidate with its resolutions, best first."""
        seen = versions_in(query.text)
        shown: list[HitResolution] = [hit_resolution(r, self._now_ms(), seen) for r in resolutions]
        # A fix for another version than the one in the paste stands behind those that may hold.
        shown.sort(key=lambda r: (r.superseded, r.version_conflict))
        times = {"first": iso(candidate.group.first_seen_ms), "last": iso(candidate.group.last_seen_ms)}
        if not candidate.group.count:
            times = {"first": "", "last": ""}
        return build_hit(candidate, rank, query, shown[: None if full else 3], times, full=full)

    async def warm(self) -> None:
        """Pay now what the first search would: word frequencies, templates, and the engine's own first look-ups."""
        if self.reranker is not None:
            self.reranker.start()
        _, frequencies = await self._store.document_frequencies()
        await self._merge()
        token = next(iter(frequencies), 0)
        if token:
            await self._store.search_sparse({token: 1.0}, 1, ErrorFilter())

    async def find(self, error_text: str, where: ErrorFilter, asked: ErrorGroup | None = None) -> Found:
        """Run the ladder and order all candidates that have a quality. `asked` is found whatever the text leads to."""
        query = await asyncio.to_thread(
            understand, error_text, self._gate(), reference_ms=self._now_ms(), zone=self._zone
        )
        chosen = await self._exact_rungs(query)
        if asked is not None and asked.id not in chosen:
            chosen[asked.id] = Candidate(asked, "exact", why=["asked for by id"], fused=1.0)
        own = asked.id if asked is not None else ""
        fixes = await self._resolutions(chosen)
        mode: RetrievalMode = "fingerprint"
        reason = ""
        # Only the first error's own group with a fix ends the search: what is known of a line beside it does not.
        settled = [
            c
            for c in chosen.values()
            if c.first and accepts(c.group, where) and _has_good_fix(fixes.get(c.group.id, ()))
        ]
        if not settled:
            known = dict(chosen)
            try:
                await self._code_rung(query, chosen)
                mode, reason = await self._hybrid_rung(query, where, chosen)
                fixes = await self._resolutions({i: c for i, c in chosen.items() if quality(c) is not None})
            except StoreError as error:
                # A server that went away meanwhile does not take back what is known already.
                if not known:
                    raise
                chosen, mode = known, "fingerprint"
                reason = f"Searched by fingerprint only: {error.cause}"
        accepted = [c for c in chosen.values() if accepts(c.group, where) or c.group.id == own]
        rejected = [c.group for c in chosen.values() if not accepts(c.group, where)]
        shown = [c for c in accepted if quality(c) is not None]
        if not shown and active(where) and not rejected:
            rejected = await self._beyond_filter(query)
        below = sorted((c for c in accepted if quality(c) is None), key=lambda c: -max(c.dense, c.coverage))
        shown.sort(key=lambda c: _order(c, fixes.get(c.group.id, ())))
        shown, unranked = await reranked(self.reranker, query.dense_text or query.text, shown)
        reason = f"{reason} {unranked}".strip()
        return Found(query, shown, below, blame(rejected, where), mode, reason, fixes)

    async def _exact_rungs(self, query: Query) -> dict[str, Candidate]:
        chosen: dict[str, Candidate] = {}
        own = query.fingerprints[0].id if query.fingerprints else ""
        for group in telling(await self._store.get_errors([f.id for f in query.fingerprints]), query.events):
            chosen[group.id] = Candidate(group, "exact", first=group.id == own, why=["same fingerprint"], fused=1.0)
        merge = await self._merge()
        wanted: dict[str, bool] = {}
        for found, record in zip(query.fingerprints, query.events, strict=True):
            has_trace = record.stacktrace is not None
            leader = merge.lookup(found, level=record.level, logger=record.logger, has_trace=has_trace)
            if leader is not None and leader not in chosen:
                wanted[leader] = wanted.get(leader, False) or found.id == own
        for group in telling(await self._store.get_errors(list(wanted)), query.events):
            chosen[group.id] = Candidate(group, "template", first=wanted[group.id], why=["same template"], fused=1.0)
        return chosen

    async def _code_rung(self, query: Query, chosen: dict[str, Candidate]) -> None:
        """Groups that share a rare code."""
        telling = tuple(c for c in query.codes if specific(c))
        if not telling:
            return
        groups = await self._store.query_errors(ErrorFilter(codes=telling), RARE_CODE_GROUPS + 1)
        # A code that many groups hold says little: it still counts as a token.
        for group in groups if len(groups) <= RARE_CODE_GROUPS else ():
            chosen.setdefault(group.id, Candidate(group, "code"))

    async def _hybrid_rung(
        self, query: Query, where: ErrorFilter, chosen: dict[str, Candidate]
    ) -> tuple[RetrievalMode, str]:
        # The query is embedded while the lexical leg runs and its words are read. The legs follow each other: the
        # embedded engine answers under one interpreter lock, and both at once take longer.
        vector = asyncio.create_task(self._embedded(query))
        try:
            documents, frequencies = await self._store.document_frequencies()
            weights = query_weights(query.lexical_text, documents, frequencies, beside=query.beside)
            lexical, failure = await self._lexical(weights, where)
            probe = build_probe(query, documents, frequencies)
            words = {s.id: words_of(s.group) for s in lexical if s.group is not None}
            dense, reason = await self._dense(await vector, where)
        finally:
            vector.cancel()
        if failure is not None:
            if not dense:
                raise failure
            reason = f"The lexical leg failed: {failure.cause}"
        fused = fuse(dense, lexical)
        by_dense, by_lexical, by_fused = ({s.id: s.score for s in leg} for leg in (dense, lexical, fused))
        wanted = [s.id for s in fused[:MAX_CANDIDATES] if s.id not in chosen]
        rows = {s.id: s.group for s in (*dense, *lexical) if s.group is not None}
        for group in await self._store.get_errors([i for i in wanted if i not in rows]):
            rows[group.id] = group
        for group in (rows[i] for i in wanted if i in rows):
            kind = "semantic" if by_dense.get(group.id, 0.0) and group.id not in by_lexical else "lexical"
            chosen[group.id] = Candidate(group, kind)  # type: ignore[arg-type] # one of the two words above
        _promote_related(query, chosen)
        for group_id, candidate in chosen.items():
            candidate.dense = by_dense.get(group_id, 0.0)
            candidate.lexical = by_lexical.get(group_id, 0.0)
            candidate.fused = max(candidate.fused, by_fused.get(group_id, 0.0))
            cover(candidate, probe, words.get(group_id))
            if candidate.match_type in ("lexical", "semantic"):
                candidate.match_type = "semantic" if candidate.dense >= candidate.coverage else "lexical"
        return ("hybrid" if dense or not reason else "lexical"), reason

    async def _embedded(self, query: Query) -> tuple[Sequence[float], str]:
        """The query's vector, or none and why."""
        if not self._embedder.ready:
            reason = self._embedder.reason or "The embedding model is still loading."
            return (), f"{reason} {_NO_VECTOR}"
        try:
            vector = await self._embedder.embed_query(query.dense_text or query.text[:2000])
        except EmbeddingError as error:
            return (), f"No query vector: {error.cause} {_NO_VECTOR}"
        return [float(x) for x in vector], ""

    async def _dense(self, asked: tuple[Sequence[float], str], where: ErrorFilter) -> tuple[list[Scored], str]:
        vector, reason = asked
        try:
            return (await self._store.search_dense(vector, DENSE_LIMIT, where) if vector else []), reason
        except EmbeddingError as error:
            return [], f"No query vector: {error.cause} {_NO_VECTOR}"

    async def _lexical(
        self, weights: Mapping[int, float], where: ErrorFilter
    ) -> tuple[list[Scored], StoreError | None]:
        try:
            return (await self._store.search_sparse(weights, LEXICAL_LIMIT, where) if weights else []), None
        except StoreError as error:
            return [], error

    async def _beyond_filter(self, query: Query) -> list[ErrorGroup]:
        """Groups that would have been found without any filter, for the hint of an empty result."""
        chosen: dict[str, Candidate] = {}
        await self._hybrid_rung(query, ErrorFilter(), chosen)
        return [c.group for c in chosen.values() if quality(c) is not None]

    async def _resolutions(self, chosen: Mapping[str, Candidate]) -> dict[str, list[Resolution]]:
        by_error: dict[str, list[Resolution]] = {}
        if chosen:
            for resolution in await self._store.resolutions_of(list(chosen)):
                by_error.setdefault(resolution.error_id, []).append(resolution)
        return {error_id: order_resolutions(rows) for error_id, rows in by_error.items()}


def _promote_related(query: Query, chosen: Mapping[str, Candidate]) -> None:
    """Candidates with the root exception type and top own frame of the paste stand on the code rung. They share rare
    words, so both legs bring them: a look-up of their own would cost a scan of all groups."""
    if not query.fingerprints or not query.parsed.frames:
        return
    related = [c for c in chosen.values() if c.group.related == query.fingerprints[0].related]
    for candidate in related if len(related) <= RARE_CODE_GROUPS else ():
        if candidate.match_type in ("lexical", "semantic"):
            candidate.match_type = "code"


def _has_good_fix(resolutions: Sequence[Resolution]) -> bool:
    return any(not r.superseded_by and (success_bound(r) > 0 or not r.outcomes) for r in resolutions)


def _order(candidate: Candidate, resolutions: Sequence[Resolution]) -> tuple[int, bool, float, int, str]:
    tier = min(TIERS.index(candidate.match_type), TIERS.index("lexical"))
    # Between near equals a group with a fix goes first, then the more frequent one.
    score = candidate.fused + (FIX_BONUS if _has_good_fix(resolutions) else 0.0)
    return tier, not candidate.first, -round(score, 4), -candidate.group.count, candidate.group.id


def _hint(found: Found) -> str:
    parts = []
    if found.removed:
        removed = ", ".join(f"{name} removed {n}" for name, n in found.removed.items())
        parts.append(f"Filters left nothing: {removed}. Call again without them.")
    if found.below:
        nearest = found.below[0]
        parts.append(
            f"Nothing close enough; nearest is {nearest.group.id} ({nearest.group.title[:80]}), "
            f"cosine {nearest.dense:.2f}, {nearest.coverage:.0%} of the rare words."
        )
    if not parts:
        parts.append("The knowledge base holds nothing like this. ingest_logs or record_resolution adds to it.")
    return " ".join(parts)


def _next_calls(hits: Sequence[Hit]) -> list[NextCall]:
    if not hits:
        return []
    top = hits[0]
    calls = [NextCall("get_error", {"error_id": top.id})]
    if top.resolutions:
        calls.append(NextCall("explain_error", {"error_id": top.id}))
    else:
        calls.append(NextCall("record_resolution", {"error_id": top.id, "fix": "<what fixed it>", "outcome": "worked"}))
    return calls


def describe_filter(where: ErrorFilter) -> dict[str, str]:
    """The active conditions as text, for `filters_applied`."""
    applied = {}
    if where.min_level > Level.UNSET:
        applied["level"] = f"{where.min_level.name} and above"
    if where.service:
        applied["service"] = where.service
    if where.language:
        applied["language"] = where.language
    if where.since_ms:
        applied["since"] = iso(where.since_ms)
    if where.until_ms:
        applied["until"] = iso(where.until_ms)
    if where.statuses:
        applied["status"] = ", ".join(where.statuses)
    return applied
