"""The verb that explains an error from stored entries: evidence is fixed first, a model may word it, code decides.

Never writes. Without a model server, or when it fails, the same result is composed from the evidence alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from mcp_rag.errors import ExplainerError, InputError
from mcp_rag.grounding import Grounded, check
from mcp_rag.hits import Candidate, quality
from mcp_rag.protocols import Explainer, RedactionGate
from mcp_rag.results import Citation, ExplainResult, Step
from mcp_rag.rows import Draft, ErrorFilter, ErrorGroup, Evidence, Resolution
from mcp_rag.search import Found, Searcher
from mcp_rag.verdict import evidence_only
from mcp_rag.versions import conflicts, versions_in

MAX_EVIDENCE = 6
CACHE_ENTRIES = 256
MAX_EVIDENCE_CHARS = 6_000
UNTIED = "The model's answer could not be tied to the knowledge base. The answer is evidence only."


class Explain:
    """Explains errors. `explainer` is None when no model server is configured; `gate` makes the gate that a paste
    passes before it is sent on or quoted."""

    def __init__(
        self,
        searcher: Searcher,
        explainer: Explainer | None,
        group: Callable[[str], Awaitable[ErrorGroup]],
        gate: Callable[[], RedactionGate],
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._searcher = searcher
        self._explainer = explainer
        self._group = group
        self._gate = gate
        self._clock = clock
        self._cache: OrderedDict[str, Draft] = OrderedDict()

    async def explain(self, error_text: str, error_id: str, service: str) -> ExplainResult:
        """One answer. Raises InputError, NotFoundError, StoreError; a failing model server never raises."""
        if bool(error_text.strip()) == bool(error_id):
            raise InputError(
                "Give either error_text or error_id.", "Paste the error, or take an id from search_errors."
            )
        started = self._clock()
        group = await self._group(error_id) if error_id else None
        if group is not None:
            error_text = group.sample
        found = await self._searcher.find(error_text, ErrorFilter(service=service), group)
        chosen = _with_first(found.candidates, group)[:MAX_EVIDENCE]
        evidence = [_evidence(c, found.resolutions.get(c.group.id, ())) for c in chosen]
        searched = self._clock()
        redacted = await asyncio.to_thread(self._gate(), error_text)
        grounded, reason, cached = await self._answer(redacted, found, evidence)
        answered = self._clock()
        reasons = [r for r in (reason, found.reason) if r]
        return ExplainResult(
            verdict=grounded.verdict,
            summary=grounded.summary,
            root_cause=grounded.root_cause,
            steps=[Step(s.text, list(s.citations), s.support, list(s.unsupported)) for s in grounded.steps],
            citations=[Citation(c.id, c.quote) for c in grounded.citations],
            evidence=[
                self._searcher.hit(c, i + 1, found.query, found.resolutions.get(c.group.id, ()), full=False)
                for i, c in enumerate(chosen)
            ],
            generated_by=grounded.model or "none",
            degraded=bool(reasons),
            degraded_reason=" ".join(reasons),
            dropped_citations=grounded.dropped_citations,
            flagged=list(grounded.flagged),
            cached=cached,
            timings_ms={
                "search": round(1000 * (searched - started)),
                "answer": round(1000 * (answered - searched)),
            },
            parsed=found.query.parsed,
        )

    async def _answer(self, error_text: str, found: Found, evidence: Sequence[Evidence]) -> tuple[Grounded, str, bool]:
        """The checked answer, why it is degraded ("" when not), and whether it came from the cache."""
        if self._explainer is None:
            reason = "No model server is configured: evidence only. Set MCP_RAG_LLM_BASE_URL for a worded explanation."
            return evidence_only(error_text, evidence), reason, False
        if not evidence:
            return evidence_only(error_text, evidence), "", False
        draft = self._cache.get(_cache_key(found, error_text, evidence, self._explainer.model))
        cached = draft is not None
        if draft is None:
            try:
                draft = await self._explainer.explain(error_text, evidence)
            except ExplainerError as error:
                return evidence_only(error_text, evidence), f"{error.cause} The answer is evidence only.", False
        # A model left to the server's choice has its name only now.
        self._keep(_cache_key(found, error_text, evidence, self._explainer.model), draft)
        # What is kept is the model's draft: it is checked against the error at hand, each time.
        checked = check(draft, evidence, error_text)
        if checked.verdict == draft.verdict or checked.verdict != "insufficient_evidence":
            return checked, "", cached
        # Nothing it said could be tied to an entry: what the entries say alone is worth more than an apology.
        alone = evidence_only(error_text, evidence)
        flagged = tuple(dict.fromkeys((*checked.flagged, *alone.flagged)))
        return replace(alone, dropped_citations=checked.dropped_citations, flagged=flagged), UNTIED, cached

    def _keep(self, key: str, draft: Draft) -> None:
        self._cache[key] = draft
        self._cache.move_to_end(key)
        if len(self._cache) > CACHE_ENTRIES:
            self._cache.popitem(last=False)


def _with_first(candidates: Sequence[Candidate], group: ErrorGroup | None) -> list[Candidate]:
    """The candidates, the group asked about first."""
    return list(candidates) if group is None else sorted(candidates, key=lambda c: c.group.id != group.id)


def _evidence(candidate: Candidate, resolutions: Sequence[Resolution]) -> Evidence:
    group = candidate.group
    exact = candidate.match_type in ("exact", "template")
    return Evidence(
        id=group.id,
        title=group.title,
        text=group.sample[:MAX_EVIDENCE_CHARS],
        fixes=tuple(resolutions),
        count=group.count,
        last_seen_ms=group.last_seen_ms if group.count else 0,
        relevance=candidate.match_type if exact else (quality(candidate) or "weak"),
    )


def _cache_key(found: Found, error_text: str, evidence: Sequence[Evidence], model: str) -> str:
    """Same error, same evidence, same model: the same draft. Text without a fingerprint stands for itself; versions
    count as far as a fix depends on them."""
    prints = ",".join(f.id for f in found.query.fingerprints) or error_text
    seen = versions_in(error_text)
    parts = [prints, model, *found.query.codes]
    for entry in evidence:
        parts += [entry.id, entry.relevance, entry.text]
        parts += [
            f"{f.id}{f.outcomes}{f.superseded_by}{f.retracted}{f.versions}{conflicts(f.versions, seen)}"
            for f in entry.fixes
        ]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
