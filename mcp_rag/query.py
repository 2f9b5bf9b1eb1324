"""What a pasted error says: the paste is cleaned of what chats and editors add, then read exactly as ingest reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.results import Parsed
from mcp_rag.template import codes, embedding_text, lexical_text
from mcp_rag.types import Fingerprint, Level, LogRecord, ParseSettings

MAX_EVENTS = 5
MAX_LEXICAL_CHARS = 16_000
MAX_FRAMES = 5

_QUOTED = re.compile(r"^\s{0,3}(?:>|\|) ?")
_NUMBERED = re.compile(r"^\s{0,6}(\d{1,6})(?:[:|]\s?|\t|\s{1,4})")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)\S{0,20}\s{0,4}$")


@dataclass(frozen=True, slots=True)
class Query:
    """A paste understood. `events` are its errors, the one searched for first; `dense_text` is embedded,
    `lexical_text` tokenised; both are redacted. `versions` found in the text are compared with a fix's range."""

    text: str
    events: tuple[LogRecord, ...]
    fingerprints: tuple[Fingerprint, ...]
    parsed: Parsed
    dense_text: str
    lexical_text: str
    codes: tuple[str, ...]


def clean(text: str) -> str:
    """Drop Markdown fences, and quoting or line numbers when nearly every line carries them."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if not _FENCE.match(line)]
    filled = [line for line in lines if line.strip()]
    if len(filled) > 1 and sum(bool(_QUOTED.match(line)) for line in filled) >= 0.9 * len(filled):
        lines = [_QUOTED.sub("", line, count=1) for line in lines]
    elif len(filled) > 2 and _is_numbered(filled):
        lines = [_NUMBERED.sub("", line, count=1) for line in lines]
    return "\n".join(lines).strip("\n")


def _is_numbered(filled: list[str]) -> bool:
    numbers = [int(m.group(1)) for line in filled if (m := _NUMBERED.match(line))]
    return len(numbers) >= 0.9 * len(filled) and all(b - a in (1, 2) for a, b in itertools.pairwise(numbers))


def _order(item: tuple[int, LogRecord]) -> tuple[bool, int, int]:
    index, record = item
    return (record.stacktrace is None, -record.level, index)


def understand(text: str, redact: Callable[[str], str], *, reference_ms: int = 0, zone: str = "UTC") -> Query:
    """Read a paste of any kind, from one line to thousands. Never fails: text that is no log is one message.

    The first event is the one with a trace, else the most severe, else the first.
    """
    cleaned = clean(text)
    settings = ParseSettings(min_level=Level.UNSET, reference_ms=reference_ms, zone=zone)
    records, _ = parse_block(cleaned.encode("utf-8", "replace"), settings)
    errors = [r for r in records if r.level >= Level.ERROR or r.stacktrace is not None] or records
    chosen = [r for _, r in sorted(enumerate(errors), key=_order)]
    fingerprints: dict[str, tuple[Fingerprint, LogRecord]] = {}
    for record in chosen:
        found = fingerprint(record)
        fingerprints.setdefault(found.id, (found, record))
        if len(fingerprints) >= MAX_EVENTS:
            break
    prints = tuple(f for f, _ in fingerprints.values())
    events = tuple(r for _, r in fingerprints.values())
    if not events:
        return Query(text, (), (), Parsed(message=redact(cleaned[:200])), redact(cleaned[:2000]), redact(cleaned), ())
    all_codes = tuple(dict.fromkeys([*(c for f in prints for c in f.codes), *codes(cleaned[:MAX_LEXICAL_CHARS])]))
    lexical = "\n".join(lexical_text(r) for r in events[:2])
    return Query(
        text=text,
        events=events,
        fingerprints=prints,
        parsed=_parsed(events[0], prints[0], all_codes, len(records), redact),
        dense_text=redact(embedding_text(events[0])),
        lexical_text=redact(lexical[:MAX_LEXICAL_CHARS]),
        codes=all_codes,
    )


def _parsed(
    record: LogRecord, found: Fingerprint, all_codes: tuple[str, ...], events: int, redact: Callable[[str], str]
) -> Parsed:
    trace = record.stacktrace
    message = (trace.outermost.message or record.message) if trace else record.message
    own = [f for f in trace.root.frames if f.in_app] if trace else []
    names = []
    for frame in own[:MAX_FRAMES]:
        place = frame.file.replace("\\", "/").rsplit("/", 1)[-1] or frame.module
        names.append(redact(f"{place}:{frame.function}" if frame.function else place))
    return Parsed(
        language=record.language or (trace.language if trace else ""),
        exception_type=trace.outermost.type if trace else "",
        root_type=trace.root.type if trace else "",
        message=redact(message[:500]),
        codes=list(all_codes[:16]),
        frames=names,
        events=events,
        fingerprint=found.id,
    )
