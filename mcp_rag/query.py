"""What a pasted error says: the paste is cleaned of what chats and editors add, then read exactly as ingest reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.results import Parsed
from mcp_rag.template import codes, cut, embedding_text, lexical_text
from mcp_rag.types import Fingerprint, Level, LogRecord, ParseSettings
from mcp_rag.unwrapping import unwrapped
from mcp_rag.words import words as plain_words

# Each may be an event of its own, which costs a tenth of a millisecond: this many are read within two seconds.
MAX_LINES = 20_000
MAX_EVENTS = 5
MAX_LEXICAL_CHARS = 16_000
MAX_FRAMES = 5
MAX_CONTEXT_EVENTS = 50
MAX_SHORT_CHARS = 8_000
MIN_LEAD_WORDS = 20
MAX_LEAD_CHARS = 600
PROSE = "prose"
# How much a word counts that stands only in the details of the first error, or only in what was pasted around it.
DETAIL_SHARE = 0.7
CONTEXT_SHARE = 0.3

_QUOTED = re.compile(r"^\s{0,3}(?:>|\|) ?")
_QUOTED_LINE = re.compile(r"^\s{0,3}> ?")  # a single line with a bar in front is a row of a table
_NUMBERED = re.compile(r"^\s{0,6}(\d{1,6})(?:[:|]\s?|\t|\s{1,4})")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)\S{0,20}\s{0,4}$")
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = re.compile(
    r"^(?:The above exception was the direct cause of|During handling of the above exception)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Query:
    """A paste understood. `events` are its errors, the one searched for first; `dense_text` is embedded,
    `lexical_text` and, each with its share of the weight, the texts `beside` it are tokenised; all are redacted.
    `codes` are those of the first event, else of the whole text."""

    text: str
    events: tuple[LogRecord, ...]
    fingerprints: tuple[Fingerprint, ...]
    parsed: Parsed
    dense_text: str
    lexical_text: str
    codes: tuple[str, ...]
    beside: tuple[tuple[str, float], ...] = ()


def clean(text: str) -> str:
    """Drop Markdown fences, and quoting or line numbers when nearly every line carries them. Of more than 20,000 lines
    the first quarter of these and the end are kept, where causes stand."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        head = MAX_LINES // 4
        lines = lines[:head] + lines[head - MAX_LINES :]
    lines = [line for line in lines if not _FENCE.match(line)]
    filled = [line for line in lines if line.strip()]
    quoted = _QUOTED if len(filled) > 1 else _QUOTED_LINE
    if filled and sum(bool(quoted.match(line)) for line in filled) >= 0.9 * len(filled):
        lines = [quoted.sub("", line, count=1) for line in lines]
    elif len(filled) > 2 and _is_numbered(filled):
        lines = [_NUMBERED.sub("", line, count=1) for line in lines]
    text = "\n".join(unwrapped(lines)).strip("\n")
    # The tail of a Python chain starts inside its first trace: give that one its head back, it holds the root cause.
    first = _CHAINED.search(text)
    return f"{_TRACEBACK}\n{text}" if first and _TRACEBACK not in text[: first.start()] else text


def _is_numbered(filled: list[str]) -> bool:
    numbers = [int(m.group(1)) for line in filled if (m := _NUMBERED.match(line))]
    return len(numbers) >= 0.9 * len(filled) and all(b - a in (1, 2) for a, b in itertools.pairwise(numbers))


def _order(item: tuple[int, LogRecord]) -> tuple[bool, int, int]:
    index, record = item
    return (record.stacktrace is None, -record.level, index)


def understand(text: str, redact: Callable[[str], str], *, reference_ms: int = 0, zone: str = "UTC") -> Query:
    """Read a paste of any kind, from one line to thousands. Never fails: text that is no log is one message.

    The first event is the one with a trace, else the most severe, else the first; of prose it is the whole text.
    """
    cleaned = clean(text)
    settings = ParseSettings(min_level=Level.UNSET, reference_ms=reference_ms, zone=zone)
    records, _ = parse_block(cleaned.encode("utf-8", "replace"), settings)
    if not records:
        said = redact(cleaned)
        return Query(text, (), (), Parsed(message=said[:200]), said[:2000], said, ())
    events = _events(cleaned, records)
    chosen: dict[str, tuple[Fingerprint, LogRecord]] = {}
    for record in events[:MAX_CONTEXT_EVENTS]:
        found = fingerprint(_entire(record) if record.format == PROSE else record)
        chosen.setdefault(found.id, (found, record))
        if len(chosen) >= MAX_EVENTS:
            break
    prints = tuple(f for f, _ in chosen.values())
    first = events[0]
    shared = prints[0].codes or codes(cleaned[:MAX_LEXICAL_CHARS])
    return Query(
        text=text,
        events=tuple(r for _, r in chosen.values()),
        fingerprints=prints,
        parsed=_parsed(first, prints[0], shared, len(records), redact),
        dense_text=redact(embedding_text(first)),
        lexical_text=redact(cut(_said(first), MAX_LEXICAL_CHARS)),
        codes=shared,
        beside=(
            (redact(cut(lexical_text(first), MAX_LEXICAL_CHARS)), DETAIL_SHARE),
            (redact(_context(cleaned, events[1:])), CONTEXT_SHARE),
        ),
    )


def _events(cleaned: str, records: list[LogRecord]) -> list[LogRecord]:
    """The errors of a paste, the one to search for first. Where nothing is written like a log, the text as a whole
    comes before its lines."""
    errors = [r for r in records if r.level >= Level.ERROR or r.stacktrace is not None]
    chosen = [r for _, r in sorted(enumerate(errors or records), key=_order)]
    if all(r.stacktrace is None and not r.format for r in records):
        return [_prose(cleaned, errors), *chosen] if len(records) > 1 else chosen
    if len(errors) <= 1 and chosen[0].stacktrace is None:
        # One error and what the person pasted around it: that text helps to find it, and is kept with it.
        chosen[0] = replace(chosen[0], body=cleaned)
    return chosen


def _prose(cleaned: str, errors: list[LogRecord]) -> LogRecord:
    """A text of several lines that is no log (a note, a question, documentation) as one message: its opening
    paragraphs, then the lines that speak of errors."""
    lead: list[str] = []
    words = 0
    for paragraph in re.split(r"\n\s{0,80}\n", cleaned[:MAX_LEXICAL_CHARS]):
        lead.append(" ".join(paragraph.split()))
        words += len(paragraph.split())
        if words >= MIN_LEAD_WORDS:
            break
    said = [r.message for r in errors[:MAX_EVENTS] if " ".join(r.message.split()) not in " ".join(lead)]
    message = "\n".join([" ".join(lead)[:MAX_LEAD_CHARS], *said])
    level = max((r.level for r in errors), default=Level.UNSET)
    return LogRecord(0, cleaned.count("\n"), cleaned, message, level=level, format=PROSE)


def _entire(record: LogRecord) -> LogRecord:
    """Prose is told apart by all its words, not by its opening alone."""
    return replace(record, message=" ".join(record.body.split()))


def _said(record: LogRecord) -> str:
    """What the error itself says, without the notes and source lines that a tool or a person put under it."""
    return lexical_text(replace(record, body=record.body.partition("\n")[0]))


def _context(cleaned: str, others: list[LogRecord]) -> str:
    """What stands beside the first error: the other errors, and all of a short paste, since damage may have hidden the
    error itself from the parser."""
    texts = dict.fromkeys(lexical_text(r) for r in others[:MAX_CONTEXT_EVENTS])
    if len(cleaned) <= MAX_SHORT_CHARS:
        texts[plain_words(cleaned, names=True)] = None
    return cut("\n".join(texts), MAX_LEXICAL_CHARS)


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
        message=redact(cut(message, 2000))[:500],
        codes=list(all_codes[:16]),
        frames=names,
        events=events,
        fingerprint=found.id,
    )
