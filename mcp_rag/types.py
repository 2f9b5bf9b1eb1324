"""The vocabulary of the project: plain frozen data. Imports nothing of ours.

Units: times are epoch milliseconds UTC (`*_ms`) or timezone-aware; sizes are bytes (`*_bytes`); line numbers are
0-based and inclusive; vectors are float32, L2-normalised, compared by inner product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

Span = tuple[int, int]
NO_SPAN: Span = (-1, -1)


class Level(IntEnum):
    """Severity by the lower bound of its OpenTelemetry SeverityNumber range; UNSET when nothing says."""

    UNSET = 0
    TRACE = 1
    DEBUG = 5
    INFO = 9
    WARN = 13
    ERROR = 17
    FATAL = 21


# ---------------------------------------------------------------- one line
class Header(NamedTuple):
    """What a text format recognised at the head of one line: spans into that line, so that lines which differ only in
    digits share one Header (digit runs keep their length when normalised). `digits_matter` forbids that sharing
    (an HTTP status or syslog priority decides the level)."""

    format: str
    body: int
    level: Level = Level.UNSET
    time: Span = NO_SPAN
    logger: Span = NO_SPAN
    service: Span = NO_SPAN
    stream: Span = NO_SPAN
    digits_matter: bool = False


class Envelope(NamedTuple):
    """A container's or shipper's prefix around one physical line. `text` is the line inside it."""

    format: str
    text: str
    stream: str = ""
    service: str = ""
    timestamp: str = ""
    level: Level = Level.UNSET
    partial: bool = False


@dataclass(frozen=True, slots=True)
class JsonFields:
    """The standard parts of one JSON log record, read by name. `stacktrace` is raw text, `timestamp` as written."""

    format: str
    message: str
    timestamp: str = ""
    level: Level = Level.UNSET
    logger: str = ""
    service: str = ""
    stream: str = ""
    exception_type: str = ""
    exception_message: str = ""
    stacktrace: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


# ---------------------------------------------------------------- one event
@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a stacktrace. `in_app` is False for the language's own and third-party library code."""

    function: str = ""
    module: str = ""
    file: str = ""
    line: int = 0
    in_app: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionInfo:
    """One exception of a chain. `frames` are ordered nearest the throw first, whatever the language prints."""

    type: str
    message: str = ""
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class StackTrace:
    """A parsed trace: `exceptions` outermost first, the root cause last; never empty."""

    language: str
    exceptions: tuple[ExceptionInfo, ...]

    @property
    def outermost(self) -> ExceptionInfo:
        """The exception that ended the program or was logged."""
        return self.exceptions[0]

    @property
    def root(self) -> ExceptionInfo:
        """The innermost cause."""
        return self.exceptions[-1]

    @property
    def chain(self) -> tuple[str, ...]:
        """Exception types, outermost first."""
        return tuple(e.type for e in self.exceptions)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One whole event. `body` is its full text with container prefixes removed (raw, not yet redacted); `message` is
    the log message without header and trace (empty for a bare trace); `cause` is what a structured record says went
    wrong, in a field beside its message."""

    first_line: int
    last_line: int
    body: str
    message: str
    level: Level = Level.UNSET
    format: str = ""
    timestamp_ms: int | None = None
    service: str = ""
    logger: str = ""
    language: str = ""
    stacktrace: StackTrace | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The grouping key of a record. `id` and `related` are 32 lower-case hex digits; `template` is the masked message
    (with a trace: masked root exception line); `codes` are the exact tokens that must survive masking."""

    id: str
    related: str
    template: str
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class ParseCounts:
    """How the physical lines of a source were used: `lines == event_lines + blank_lines + cut_lines`,
    `events == kept + below_level`."""

    lines: int = 0
    event_lines: int = 0
    blank_lines: int = 0
    cut_lines: int = 0
    events: int = 0
    kept: int = 0
    below_level: int = 0


@dataclass(frozen=True, slots=True)
class ParseSettings:
    """Everything but the bytes that decides how a block is read. `format` is a format name or "auto"; `hint` is the
    format voted on the head of the file; `zone` an IANA name for naive times; `reference_ms` dates year-less stamps."""

    min_level: Level = Level.WARN
    format: str = "auto"
    hint: str = ""
    service: str = ""
    zone: str = "UTC"
    reference_ms: int = 0
    max_event_lines: int = 500
    max_event_bytes: int = 262_144


# ---------------------------------------------------------------- sources
@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole lines of one source, about `block_bytes` long, cut before a line that starts an event.
    `data` is UTF-8 with bare newlines, control sequences stripped, long lines cut. `id` is the sha256 hex (first 32
    digits) of `data`; `head` that of its first line; `last` marks the end of the source, which may still grow.
    `source_bytes`: the size of the source on disk, perhaps compressed; 0 where that is not known."""

    source: str
    index: int
    id: str
    head: str
    data: bytes
    first_line: int
    lines: int
    cut_lines: int
    last: bool
    reference_ms: int = 0
    source_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source, or part of one, that was not read: `reason` is a short stable word, `detail` one sentence."""

    source: str
    reason: str
    detail: str = ""
