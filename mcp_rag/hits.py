"""From candidates to hits: how each was found, how sure, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mcp_rag.query import Query
from mcp_rag.ranking import inverse_document_frequency, is_stale, token_id, tokenize
from mcp_rag.results import Hit, HitResolution, MatchQuality, MatchType, Scores
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.versions import conflicts

MAX_WHY = 5
MAX_FIX_CHARS = 400

# Fitted for all-MiniLM-L6-v2 by evals/retrieval (docs/evaluation.md): cosine and covered share of the query's idf.
CALIBRATED_MODEL = "all-MiniLM-L6-v2"
STRONG = (0.80, 0.60)
POSSIBLE = (0.62, 0.42)
WEAK = (0.50, 0.25)

TIERS: tuple[MatchType, ...] = ("exact", "template", "code", "lexical", "semantic")


@dataclass(slots=True)
class Candidate:
    """A group on its way to a hit. `coverage` is the share of the query's inverse document frequency that the group's
    text holds, 0..1; `shared` are the tokens behind it, rarest first."""

    group: ErrorGroup
    match_type: MatchType
    dense: float = 0.0
    lexical: float = 0.0
    fused: float = 0.0
    coverage: float = 0.0
    shared: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def cover(candidate: Candidate, query_idf: dict[str, float]) -> None:
    """Fill `coverage` and `shared` from the tokens that the group's text and the query have in common."""
    held = set(tokenize(candidate.group.text))
    shared = [token for token in query_idf if token in held]
    total = sum(query_idf.values())
    candidate.coverage = sum(query_idf[t] for t in shared) / total if total else 0.0
    candidate.shared = sorted(shared, key=lambda t: (-query_idf[t], t))[:MAX_WHY]


def query_idf(text: str, documents: int, frequencies: dict[int, int]) -> dict[str, float]:
    """Inverse document frequency of each query token; a token that no group holds weighs as the rarest."""
    tokens = dict.fromkeys(tokenize(text))
    return {t: inverse_document_frequency(documents, frequencies.get(token_id(t), 0)) for t in tokens}


def quality(candidate: Candidate) -> MatchQuality | None:
    """The calibrated word for a candidate, or None when it is too far off to be shown."""
    if candidate.match_type in ("exact", "template"):
        return "strong"
    if candidate.match_type == "code":
        return "strong" if candidate.coverage >= STRONG[1] or candidate.dense >= STRONG[0] else "possible"
    for word, (cosine, coverage) in (("strong", STRONG), ("possible", POSSIBLE), ("weak", WEAK)):
        both = candidate.dense >= cosine and candidate.coverage >= coverage
        # One leg alone must be far over the line: the other may be missing (degraded) or blind (a paraphrase).
        alone = candidate.coverage >= coverage + 0.25 or candidate.dense >= cosine + 0.12
        if both or (word != "strong" and alone):
            return word  # type: ignore[return-value] # the tuple above holds exactly the three words
    return None


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
    )
