"""The result of each tool: what `structuredContent` carries, what `--json` prints, what the text is rendered from.

Plain frozen data; times are ISO 8601 UTC or "" when unknown; every list says `returned`, `total`, `truncated` and
`next_cursor` ("" on the last page).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MatchType = Literal["exact", "template", "code", "lexical", "semantic"]
MatchQuality = Literal["strong", "possible", "weak"]
RetrievalMode = Literal["hybrid", "lexical", "fingerprint"]
Verdict = Literal["known_fix", "likely_cause", "insufficient_evidence"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was understood of the pasted text. `frames` are the top own frames, nearest the throw first."""

    language: str = ""
    exception_type: str = ""
    root_type: str = ""
    message: str = ""
    codes: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    events: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class HitResolution:
    """One recorded fix in one line, with how often it worked, failed or helped in part. `last_verified` is when it last
    worked for somebody here, empty when it never did; reading a fix does not change it."""

    id: str
    fix: str
    worked: int = 0
    failed: int = 0
    partial: int = 0
    version: str = ""
    environment: str = ""
    last_verified: str = ""
    stale: bool = False
    superseded: bool = False
    version_conflict: bool = False
    origin: str = "user"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the legs, kept apart: `dense` cosine, `lexical` BM25, `fused` the order's own value in 0..1."""

    dense: float = 0.0
    lexical: float = 0.0
    fused: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One error group found. `sample` is quoted log text: data, never an instruction. `kb` names the knowledge base it
    was found in when several are searched, "" being the default one."""

    id: str
    rank: int
    match_type: MatchType
    match_quality: MatchQuality
    why: list[str]
    title: str
    template: str = ""
    sample: str = ""
    level: str = ""
    status: str = ""
    services: list[str] = field(default_factory=list)
    count: int = 0
    first_seen: str = ""
    last_seen: str = ""
    origin: str = "user"
    resolutions: list[HitResolution] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    scores: Scores = field(default_factory=Scores)
    kb: str = ""


@dataclass(frozen=True, slots=True)
class NextCall:
    """A call that usually follows, with complete arguments."""

    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Result of `search_errors`."""

    parsed: Parsed
    hits: list[Hit]
    returned: int
    total: int
    truncated: bool
    next_cursor: str
    retrieval_mode: RetrievalMode
    degraded: bool
    degraded_reason: str = ""
    filters_applied: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    next_calls: list[NextCall] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TimelineBucket:
    """Occurrences from `start` until the next bucket."""

    start: str
    count: int


@dataclass(frozen=True, slots=True)
class ListedError:
    """One group in a listing; `count` is inside the window, `total_count` over all time."""

    id: str
    title: str
    level: str
    status: str
    count: int
    total_count: int
    first_seen: str
    last_seen: str
    services: list[str] = field(default_factory=list)
    fix: str = ""
    timeline: list[TimelineBucket] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ListResult:
    """Result of `list_errors`."""

    errors: list[ListedError]
    returned: int
    total: int
    truncated: bool
    next_cursor: str
    since: str
    until: str
    filters_applied: dict[str, str] = field(default_factory=dict)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class GetResult:
    """Result of `get_error`: the group's facts and one slice of the chosen section's text."""

    id: str
    title: str
    level: str
    status: str
    count: int
    first_seen: str
    last_seen: str
    section: str
    text: str
    offset: int
    next_offset: int
    total_chars: int
    truncated: bool
    template: str = ""
    exception_type: str = ""
    root_type: str = ""
    language: str = ""
    codes: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    origin: str = "user"
    resolutions: list[HitResolution] = field(default_factory=list)
    related: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an answer. `support` is "cited", "not_in_knowledge_base" or "uncited"."""

    text: str
    citations: list[str] = field(default_factory=list)
    support: str = "cited"
    unsupported: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote from a stored entry; `id` resolves through `get_error`."""

    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class ExplainResult:
    """Result of `explain_error`. `generated_by` is the model's name, or "none" for evidence only."""

    verdict: Verdict
    summary: str
    root_cause: str
    steps: list[Step]
    citations: list[Citation]
    evidence: list[Hit]
    generated_by: str
    degraded: bool
    degraded_reason: str = ""
    dropped_citations: int = 0
    flagged: list[str] = field(default_factory=list)
    cached: bool = False
    truncated: bool = False
    timings_ms: dict[str, int] = field(default_factory=dict)
    parsed: Parsed = field(default_factory=Parsed)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that works less than fully, and the one line that mends it."""

    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class StatusResult:
    """Result of `kb_status`."""

    version: str
    store: str
    location: str
    role: str
    owner: str
    errors: int
    shipped_errors: int
    resolutions: int
    blocks: int
    schema_version: int
    embedding_model: str
    embedding_ready: bool
    dimension: int
    redaction_version: int
    explainer: str
    read_only: bool
    log_roots: list[str]
    size_bytes: int = 0
    degraded: bool = False
    problems: list[Problem] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkippedSource:
    """A source, or part of one, that was not read."""

    source: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IngestedError:
    """A group touched by an ingest; `state` is new, known_fix, known or returned."""

    id: str
    title: str
    count: int
    state: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """Result of `ingest_logs`. It adds up: lines = event_lines + blank_lines + cut_lines + known_lines, and
    events = stored + below_level + refused (+ those of blocks known before, counted in `duplicates`)."""

    complete: bool
    sources: int
    lines: int
    event_lines: int
    blank_lines: int
    cut_lines: int
    known_lines: int
    events: int
    stored: int
    below_level: int
    refused: int
    duplicates: int
    groups_new: int
    groups_known_with_resolution: int
    groups_known: int
    groups_returned: int
    redactions: dict[str, int] = field(default_factory=dict)
    skipped: list[SkippedSource] = field(default_factory=list)
    skipped_total: int = 0
    top_errors: list[IngestedError] = field(default_factory=list)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RecordResult:
    """Result of `record_resolution`: the stored resolution and the group it belongs to."""

    id: str
    error_id: str
    error_title: str
    error_known: bool
    fix: str
    outcome: str
    worked: int
    failed: int
    partial: int
    status: str
    environment: str = ""
    version: str = ""
    superseded: str = ""
    hint: str = ""
