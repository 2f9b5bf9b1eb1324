"""What the knowledge base stores and hands back, and what passes between retrieval and explanation: plain frozen data.

Units: times are epoch milliseconds UTC (`*_ms`); sizes are bytes (`*_bytes`); vectors are float32, L2-normalised,
compared by inner product. All text in a row has passed the redaction gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mcp_rag.types import Level

Outcome = Literal["worked", "failed", "partial"]
Status = Literal["new", "unresolved", "resolved", "returned"]
Kind = Literal["errors", "blocks", "resolutions"]


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """One row of `errors`. All text is redacted. `timeline` maps an hour (epoch ms, floored) to a count; `vector` and
    `sparse` are only set on the way in and in exports; `status` is derived from resolutions and last_seen when the row
    is written; `kb` names the knowledge base in which a search over several found it, and is never stored."""

    id: str
    title: str
    template: str
    sample: str
    dense_text: str
    text: str
    level: Level
    related: str = ""
    exception_type: str = ""
    root_type: str = ""
    codes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    language: str = ""
    first_seen_ms: int = 0
    last_seen_ms: int = 0
    count: int = 0
    status: Status = "unresolved"
    timeline: Mapping[int, int] = field(default_factory=dict)
    chain: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    origin: str = "user"
    vector: tuple[float, ...] | None = None
    sparse: Mapping[int, float] | None = None
    kb: str = ""


ANY_SIZE = range(1 << 62)  # bytes of a block


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One row of the ledger; writing it is the commit of its block. `counts` maps a group id to {hour_ms: count};
    `first_seen`/`last_seen` map a group id to epoch ms. `open` marks the unfinished tail of a growing source;
    `applied` is False until the groups' totals include it. `marks` tell whether another block is the beginning of this
    one (`marks.begins`); without them that is not known."""

    id: str
    head: str
    source: str
    service: str
    size_bytes: int
    lines: int
    events: int
    min_level: Level
    open: bool
    applied: bool
    created_ms: int
    counts: Mapping[str, Mapping[int, int]]
    first_seen: Mapping[str, int]
    last_seen: Mapping[str, int]
    marks: str = ""


@dataclass(frozen=True, slots=True)
class ResolutionOutcome:
    """How often a fix was tried in one environment and version, and with what result."""

    outcome: Outcome
    environment: str = ""
    version: str = ""
    count: int = 1
    last_ms: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What fixed an error. `error_id` is a group's id, or "" for knowledge without a logged error (then `symptom` is
    what it is found by). `versions` is the range it holds for, as written. `origin` is "user", "starter" or
    "import"."""

    id: str
    error_id: str
    symptom: str
    fix: str
    title: str = ""
    outcomes: tuple[ResolutionOutcome, ...] = ()
    versions: str = ""
    environment: str = ""
    superseded_by: str = ""
    created_ms: int = 0
    verified_ms: int = 0
    origin: str = "user"
    source: str = ""
    retracted: bool = False
    dense_text: str = ""
    text: str = ""
    codes: tuple[str, ...] = ()
    vector: tuple[float, ...] | None = None
    sparse: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class ErrorFilter:
    """Scalar conditions on groups, all of which must hold; an empty value does not restrict. `min_level` keeps that
    level and above. `origin` is "" (all), "user" or "starter"."""

    min_level: Level = Level.UNSET
    service: str = ""
    since_ms: int = 0
    until_ms: int = 0
    first_since_ms: int = 0
    statuses: tuple[Status, ...] = ()
    language: str = ""
    exception_type: str = ""
    related: str = ""
    codes: tuple[str, ...] = ()
    origin: str = ""


class GroupTemplate(NamedTuple):
    """What tells whether an event without a trace belongs to a stored group; of a group with a trace only its id does,
    and `template` is empty."""

    id: str
    template: str
    codes: tuple[str, ...]
    has_trace: bool


class Scored(NamedTuple):
    """One retrieved id with the score of one leg (inner product), and its row where the store brings it along."""

    id: str
    score: float
    group: ErrorGroup | None = None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What the store is and holds. `kind` is "lite" or "server"; `role` is "owner", "guest" or ""; `sparse` is False
    on servers without sparse vectors."""

    kind: str
    location: str
    version: str
    role: str
    owner: str
    errors: int
    resolutions: int
    blocks: int
    schema_version: int
    embedding_model: str
    dimension: int
    redaction_version: int
    size_bytes: int = 0
    degraded: tuple[str, ...] = ()
    sparse: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry given to the explainer: `id` resolves through get_error or a resolution id; `text` is what may be
    quoted; `fixes` are the recorded resolutions, best first."""

    id: str
    title: str
    text: str
    fixes: tuple[Resolution, ...] = ()
    count: int = 0
    last_seen_ms: int = 0
    relevance: str = ""


class DraftStep(NamedTuple):
    text: str
    citations: tuple[str, ...]


class DraftCitation(NamedTuple):
    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The model's answer before it is checked: as parsed from its JSON, nothing verified."""

    verdict: str
    summary: str
    root_cause: str
    steps: tuple[DraftStep, ...] = ()
    citations: tuple[DraftCitation, ...] = ()
    model: str = ""
