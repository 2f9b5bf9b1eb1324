"""From candidates to hits: how each was found, how sure, and why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mcp_rag.clock import iso
from mcp_rag.query import Query
from mcp_rag.ranking import inverse_document_frequency, is_stale, surfaces, token_id, word_terms
from mcp_rag.results import Hit, HitResolution, MatchQuality, MatchType, Scores
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.versions import conflicts

MAX_WHY = 5
MAX_FIX_CHARS = 400

# Fitted for all-MiniLM-L6-v2 by evals/retrieval/calibrate.py (docs/evaluation.md).
CALIBRATED_MODEL = "all-MiniLM-L6-v2"
STRONG_COSINE = 0.80  # of the same exception type
STRONG_SHARE = 0.75  # of its words, both ways
CODE_SHARE = 0.60  # of the query's words, beside a shared code
EQUAL_COSINE = 0.92  # of two messages that name no exception
EQUAL_SHARE = 0.999
POSSIBLE = 0.65  # mean of cosine and coverage
WEAK_COSINE = 0.35
WEAK_SHARE = 0.20

# Codes that name a kind of failure, not one failure: they find nothing by themselves.
_BROAD_CODES = ("HTTP ", "exit code ", "signal ", "errno ", "status ", "error code ")

TIERS: tuple[MatchType, ...] = ("exact", "template", "code", "lexical", "semantic")


@dataclass(slots=True)
class Candidate:
    """A group on its way to a hit. `first` says that it is the group of the query's first event. `coverage` is the
    share of the query's inverse document frequency that the group's text holds, `echo` the share of the group's own
    that the query holds, `breadth` that of everything pasted, all 0..1; `shared` are the words behind it, rarest first.
    `same_type` is only set when the exception says something or fell at the same call; `named_code` when the shared
    code stands in the group's own message, not just in the text around it; `other_call` when both name the call that
    threw and it is not the same; `other_wrapping` when both were raised on as another exception, each as its own: two
    clients of one network meet the same "connection refused"."""

    group: ErrorGroup
    match_type: MatchType
    first: bool = False
    dense: float = 0.0
    lexical: float = 0.0
    fused: float = 0.0
    coverage: float = 0.0
    echo: float = 0.0
    breadth: float = 0.0
    same_type: bool = False
    same_code: bool = False
    named_code: bool = False
    other_code: bool = False
    other_call: bool = False
    other_wrapping: bool = False
    shared: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Probe:
    """What candidates are held against: the idf of each term of the query's embedded text (the error itself, without
    its frames), how those terms were written, the idf of all terms of the query, the sum of either, and whether the
    error says more than its type."""

    query: Query
    idf: Mapping[str, float]
    idf_total: float
    written: Mapping[str, str]
    held: Mapping[str, float]
    held_total: float
    telling: bool
    weigh: Callable[[str], float]


def build_probe(query: Query, documents: int, frequencies: Mapping[int, int]) -> Probe:
    """The probe of a query; a term that no group holds weighs as the rarest."""

    @functools.cache  # candidates share most of their words
    def weigh(term: str) -> float:
        return inverse_document_frequency(documents, frequencies.get(token_id(term), 0))

    written = surfaces(query.dense_text)
    held = word_terms(query.lexical_text).union(written, *(word_terms(text) for text, _ in query.beside))
    telling = bool(written.keys() - word_terms(query.parsed.root_type))
    idf, of_all = {t: weigh(t) for t in written}, {t: weigh(t) for t in held}
    return Probe(query, idf, sum(idf.values()), written, of_all, sum(of_all.values()), telling, weigh)


def specific(code: str) -> bool:
    """True for a code that names one failure (`E0308`, `ORA-00942`), False for a kind of them (`HTTP 500`)."""
    return not code.startswith(_BROAD_CODES)


class Words(NamedTuple):
    """The terms of a group: of its embedded text, and of all its text."""

    own: frozenset[str]
    text: frozenset[str]


def words_of(group: ErrorGroup) -> Words:
    """What `cover` holds against the query; half of its cost."""
    return Words(word_terms(group.dense_text), word_terms(group.text))


def cover(candidate: Candidate, probe: Probe, words: Words | None = None) -> None:
    """Fill in what the group and the query have in common; `words` are the group's where they are known already."""
    group, query = candidate.group, probe.query
    own, text = words or words_of(group)
    shared = [term for term in probe.idf if term in text or term in own]
    candidate.coverage = _share(map(probe.idf.__getitem__, shared), probe.idf_total)
    held = [probe.weigh(term) for term in own if term in probe.held]
    # Somebody pastes the line that names the error: of the source line under it nothing can be held.
    named = query.dense_text and group.dense_text.startswith(f"{query.dense_text}\n")
    candidate.echo = 1.0 if named else _share(held, sum(map(probe.weigh, own)))
    rarest = sorted(shared, key=lambda term: (-probe.idf[term], term))[:MAX_WHY]
    candidate.shared = [probe.written[term] for term in rarest]
    candidate.breadth = _share((weight for term, weight in probe.held.items() if term in text), probe.held_total)
    comparable = bool(query.parsed.root_type) and (probe.telling or candidate.match_type == "code")
    candidate.same_type = comparable and query.parsed.root_type == group.root_type
    codes = [c for c in query.codes if specific(c)]
    candidate.same_code = any(c in group.codes for c in codes)
    candidate.named_code = any(c in group.codes and c in group.dense_text for c in codes)
    related = query.fingerprints[0].related if query.fingerprints else ""
    candidate.other_call = bool(query.parsed.frames and group.frames) and related != group.related
    outer, root = query.parsed.exception_type, query.parsed.root_type
    wrapped = outer != root and group.exception_type != group.root_type
    same_call = bool(query.parsed.frames) and related == group.related
    candidate.other_wrapping = wrapped and outer != group.exception_type and not same_call
    candidate.other_code = bool(codes) and not candidate.same_code and any(specific(c) for c in group.codes)


def _share(weights: Iterable[float], total: float) -> float:
    return sum(weights) / total if total else 0.0


def quality(candidate: Candidate) -> MatchQuality | None:
    """The calibrated word for a candidate, or None when it is too far off to be shown."""
    if candidate.match_type in ("exact", "template") or _is_strong(candidate):
        return "strong"
    if candidate.match_type == "code" or candidate.same_code:
        return "possible"
    if (candidate.dense + candidate.coverage) / 2 >= POSSIBLE:
        return "possible"
    share = max(candidate.coverage, candidate.breadth)
    return "weak" if candidate.dense >= WEAK_COSINE or share >= WEAK_SHARE else None


def _is_strong(candidate: Candidate) -> bool:
    """Strong claims the same error: the same type saying the same and not thrown elsewhere nor wrapped otherwise, the
    same specific code as the error's own name, or two messages of the same words."""
    if candidate.other_code or candidate.other_call:
        return False
    if candidate.named_code and candidate.coverage >= CODE_SHARE:
        return True
    if candidate.other_wrapping:
        return False
    least = min(candidate.coverage, candidate.echo)
    if candidate.same_type and candidate.dense >= STRONG_COSINE and least >= STRONG_SHARE:
        return True
    return candidate.dense >= EQUAL_COSINE and least >= EQUAL_SHARE


def reasons(candidate: Candidate, query: Query) -> list[str]:
    """Short statements of what the group and the paste share."""
    group, why = candidate.group, list(candidate.why)
    shared_codes = [c for c in query.codes if c in group.codes]
    if shared_codes:
        why.append("code " + ", ".join(shared_codes[:3]))
    if query.parsed.root_type and query.parsed.root_type == group.root_type:
        why.append(f"exception type {group.root_type}")
    frames = [f for f in query.parsed.frames if any(f.split(":")[-1] == g.split(":")[-1] for g in group.frames)]
    if frames:
        why.append("frame " + ", ".join(frames[:2]))
    if candidate.shared:
        why.append("tokens " + ", ".join(candidate.shared))
    if not why and candidate.dense:
        why.append("similar meaning")
    return why[:MAX_WHY]


def one_line(fix: str) -> str:
    """A fix in one line, at most 400 characters; the whole text is in `get_error`, section resolutions."""
    text = " ".join(fix.split())
    return text if len(text) <= MAX_FIX_CHARS else text[: MAX_FIX_CHARS - 1] + "…"


def hit_resolution(resolution: Resolution, now_ms: int, versions_seen: Sequence[str] = ()) -> HitResolution:
    """A resolution as shown with a hit."""
    counts = {"worked": 0, "failed": 0, "partial": 0}
    for outcome in resolution.outcomes:
        counts[outcome.outcome] += outcome.count
    environments = [resolution.environment, *(o.environment for o in resolution.outcomes)]
    return HitResolution(
        id=resolution.id,
        fix=one_line(resolution.fix),
        **counts,
        version=resolution.versions,
        environment=", ".join(dict.fromkeys(e for e in environments if e))[:200],
        last_verified=iso(resolution.verified_ms) if resolution.verified_ms else "",
        stale=is_stale(resolution, now_ms),
        superseded=bool(resolution.superseded_by),
        version_conflict=conflicts(resolution.versions, versions_seen),
        origin=resolution.origin,
    )


def build_hit(
    candidate: Candidate,
    rank: int,
    query: Query,
    resolutions: Sequence[HitResolution],
    iso: dict[str, str],
    *,
    full: bool,
) -> Hit:
    """The hit for a candidate that has a quality. `iso` holds its first and last time as text."""
    group = candidate.group
    sample = group.sample if full else "\n".join(group.sample.split("\n")[:6])[:500]
    return Hit(
        id=group.id,
        rank=rank,
        match_type=candidate.match_type,
        match_quality=quality(candidate) or "weak",
        why=reasons(candidate, query),
        title=group.title,
        template=group.template if full else "",
        sample=sample,
        level=group.level.name,
        status=group.status,
        services=list(group.services),
        count=group.count,
        first_seen=iso["first"],
        last_seen=iso["last"],
        origin=group.origin,
        resolutions=list(resolutions),
        scores=Scores(round(candidate.dense, 4), round(candidate.lexical, 3), round(candidate.fused, 4)),
        kb=group.kb,
    )
