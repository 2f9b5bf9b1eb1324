"""From the records of one block to its error groups: counts per group and hour, and the rows of new groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import Fingerprinter
from mcp_rag.ranking import document_weights
from mcp_rag.rows import ErrorGroup
from mcp_rag.template import MergeIndex, embedding_text, lexical_text
from mcp_rag.types import Block, Fingerprint, Level, LogRecord, ParseCounts, ParseSettings

HOUR_MS = 3_600_000
MAX_TITLE_CHARS = 200
# Longer than a title, which is cut after it was redacted: half a secret is not recognised as one.
MAX_HEADLINE_CHARS = 800
MAX_SAMPLE_BYTES = 16_000
MAX_MESSAGES = 5
MAX_FRAMES = 12
MAX_SOURCES = 10
MAX_SERVICES = 20


@dataclass(slots=True)
class Occurrences:
    """All events of one fingerprint in one block. `record` is the sample that stands for them: the first one with the
    highest level. Times are epoch milliseconds; an undated event counts at the block's reference time."""

    fingerprint: Fingerprint
    record: LogRecord
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    hours: dict[int, int] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)

    def add(self, record: LogRecord, at_ms: int) -> None:
        """Count one more event seen at `at_ms`."""
        self.first_ms = min(self.first_ms, at_ms) if self.count else at_ms
        self.last_ms = max(self.last_ms, at_ms)
        self.count += 1
        hour = at_ms - at_ms % HOUR_MS
        self.hours[hour] = self.hours.get(hour, 0) + 1
        if record.service and len(self.services) < MAX_SERVICES:
            self.services.add(record.service)
        if record.level > self.record.level:
            self.record = record
        if len(self.messages) < MAX_MESSAGES:
            message = headline(record)
            if message not in self.messages:
                self.messages.append(message)

    def absorb(self, other: Occurrences) -> None:
        """Add another fingerprint's events that belong to the same group."""
        self.count += other.count
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        for hour, n in other.hours.items():
            self.hours[hour] = self.hours.get(hour, 0) + n
        self.services |= other.services
        self.messages = [*dict.fromkeys([*self.messages, *other.messages])][:MAX_MESSAGES]


def headline(record: LogRecord) -> str:
    """One line that names the event, not redacted: outermost exception and its message, else the message's first."""
    trace = record.stacktrace
    if trace is not None:
        outer = trace.outermost
        text = f"{outer.type}: {outer.message}" if outer.message else outer.type
    else:
        text = record.message or record.body
    line = next((part.strip() for part in text.split("\n") if part.strip()), "")
    return line[:MAX_HEADLINE_CHARS]


def collect(records: Iterable[LogRecord], fingerprinter: Fingerprinter, reference_ms: int) -> dict[str, Occurrences]:
    """Occurrences per fingerprint id, in order of first appearance."""
    found: dict[str, Occurrences] = {}
    for record in records:
        fingerprint = fingerprinter.of(record)
        occurrences = found.get(fingerprint.id)
        if occurrences is None:
            occurrences = found[fingerprint.id] = Occurrences(fingerprint, record)
        occurrences.add(record, reference_ms if record.timestamp_ms is None else record.timestamp_ms)
    return found


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """What a worker hands back: occurrences per fingerprint and how the lines were used."""

    found: dict[str, Occurrences]
    counts: ParseCounts


def parse(block: Block, settings: ParseSettings) -> ParsedBlock:
    """Parse one block; pure, so that a worker process gives the same result as this one."""
    settings = replace(settings, reference_ms=block.reference_ms)
    records, counts = parse_block(block.data, settings, first_line=block.first_line)
    found = collect(records, Fingerprinter(), block.reference_ms)
    return ParsedBlock(found, counts)


def assign(found: dict[str, Occurrences], merge: MergeIndex) -> dict[str, Occurrences]:
    """Occurrences per group id: templates that differ only in a variable word join the group seen first."""
    groups: dict[str, Occurrences] = {}
    for occurrences in found.values():
        record = occurrences.record
        group_id = merge.assign(
            occurrences.fingerprint, level=record.level, logger=record.logger, has_trace=record.stacktrace is not None
        )
        if group_id in groups:
            groups[group_id].absorb(occurrences)
        else:
            groups[group_id] = occurrences
    return groups


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` UTF-8 bytes, cut between characters; head and tail survive because causes stand last."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    mark = "\n[...]\n"
    head = (limit - len(mark)) * 2 // 3
    tail = limit - len(mark) - head
    return data[:head].decode("utf-8", "ignore") + mark + data[-tail:].decode("utf-8", "ignore")


def _frames(record: LogRecord) -> tuple[str, ...]:
    if record.stacktrace is None:
        return ()
    names = []
    for frame in record.stacktrace.root.frames[:MAX_FRAMES]:
        place = frame.module or frame.file.replace("\\", "/").rsplit("/", 1)[-1]
        names.append(f"{place}:{frame.function}" if frame.function else place)
    return tuple(names)


def new_group(
    group_id: str,
    occurrences: Occurrences,
    redact: Callable[[str], str],
    source: str,
    origin: str = "user",
    *,
    samples: Callable[[str], str] | None = None,
) -> ErrorGroup:
    """The row of a group seen for the first time, redacted, without its vector and with zero counts: the ledger's
    commit adds them. `samples` is the gate of the sample, where another one counts."""
    record, fingerprint = occurrences.record, occurrences.fingerprint
    trace = record.stacktrace
    text = redact(lexical_text(record))
    return ErrorGroup(
        id=group_id,
        title=redact(headline(record))[:MAX_TITLE_CHARS] or "(empty message)",
        template=redact(fingerprint.template),
        sample=cut_bytes((samples or redact)(record.body), MAX_SAMPLE_BYTES),
        dense_text=redact(embedding_text(record)),
        text=text,
        level=max(record.level, Level.UNSET),
        related=fingerprint.related,
        exception_type=trace.outermost.type if trace else "",
        root_type=trace.root.type if trace else "",
        codes=fingerprint.codes,
        services=tuple(sorted(occurrences.services)),
        language=record.language or (trace.language if trace else ""),
        first_seen_ms=occurrences.first_ms,
        last_seen_ms=occurrences.last_ms,
        chain=trace.chain if trace else (),
        frames=tuple(redact(f) for f in _frames(record)),
        sources=(redact(source),) if source else (),
        messages=tuple(redact(m)[:MAX_TITLE_CHARS] for m in occurrences.messages),
        origin=origin,
        sparse=document_weights(text),
    )


def grown_group(stored: ErrorGroup, occurrences: Occurrences, redact: Callable[[str], str], source: str) -> ErrorGroup:
    """The stored row with what this block adds besides counts: services, sources, message variants, a higher level,
    and `returned` when it was seen again after its fix (`status` resolved means last seen before the fix)."""
    services = sorted({*stored.services, *occurrences.services})[:MAX_SERVICES]
    sources = [*dict.fromkeys([*stored.sources, redact(source)])][-MAX_SOURCES:] if source else list(stored.sources)
    messages = [*dict.fromkeys([*stored.messages, *(redact(m)[:MAX_TITLE_CHARS] for m in occurrences.messages)])][
        :MAX_MESSAGES
    ]
    return replace(
        stored,
        services=tuple(services),
        sources=tuple(sources),
        messages=tuple(messages),
        level=max(stored.level, occurrences.record.level),
        origin="user",
    )
