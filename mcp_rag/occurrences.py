"""All events of one fingerprint in one block: how many, when, and which records stand for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mcp_rag.events import Sketch
from mcp_rag.template import cut
from mcp_rag.types import Fingerprint, Level, LogRecord

HOUR_MS = 3_600_000
# Longer than a title, which is cut after it was redacted: half a secret is not recognised as one.
MAX_HEADLINE_CHARS = 800
MAX_MESSAGES = 5
MAX_LOOKS = 100
MAX_SERVICES = 20


@dataclass(slots=True)
class Occurrences:
    """All events of one fingerprint in one block. `sample` stands for them: the first one with the highest level;
    `variants` are the first five that differ. Both may be sketches, whose records are built only for a group that is
    new (`complete`). Times are epoch milliseconds; an event without one counts at that of the lines beside it, else at
    the block's reference time."""

    fingerprint: Fingerprint
    sample: LogRecord | Sketch
    level: Level = Level.UNSET
    logger: str = ""
    has_trace: bool = False
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    hours: dict[int, int] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)
    variants: list[LogRecord | Sketch] = field(default_factory=list)
    looks: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if isinstance(self.sample, LogRecord):
            self._describe(self.sample)

    def _describe(self, record: LogRecord) -> None:
        self.sample, self.level = record, record.level
        self.logger, self.has_trace = record.logger, record.stacktrace is not None

    @property
    def record(self) -> LogRecord:
        """The sample. Raises TypeError while it is a sketch."""
        if isinstance(self.sample, LogRecord):
            return self.sample
        raise TypeError("The record of this sample was not built.")

    @property
    def messages(self) -> list[str]:
        """The distinct headlines of the variants that were built, not redacted."""
        return [*dict.fromkeys(headline(v) for v in self.variants if isinstance(v, LogRecord))]

    def add(self, record: LogRecord, at_ms: int) -> None:
        """Count one more event seen at `at_ms`."""
        self.count_one(at_ms, record.service)
        if record.level > self.level:
            self._describe(record)
        if self.wants_variants:
            self.vary(hash(headline(record)), lambda: record)

    def count_one(self, at_ms: int, service: str) -> None:
        """Count one more event seen at `at_ms`."""
        if not self.count or at_ms < self.first_ms:
            self.first_ms = at_ms
        if not self.count or at_ms > self.last_ms:
            self.last_ms = at_ms
        self.count += 1
        hour = at_ms - at_ms % HOUR_MS
        self.hours[hour] = self.hours.get(hour, 0) + 1
        if service and len(self.services) < MAX_SERVICES:
            self.services.add(service)

    @property
    def wants_variants(self) -> bool:
        """Whether the event just counted may be kept as a variant: the first hundred are looked at."""
        return len(self.variants) < MAX_MESSAGES and self.count <= MAX_LOOKS

    def vary(self, look: int, variant: Callable[[], LogRecord | Sketch]) -> None:
        """Keep a variant of the message if none with this `look` is kept."""
        if look not in self.looks:
            self.looks.add(look)
            self.variants.append(variant())

    def absorb(self, other: Occurrences) -> None:
        """Add another fingerprint's events that belong to the same group."""
        self.count += other.count
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        for hour, n in other.hours.items():
            self.hours[hour] = self.hours.get(hour, 0) + n
        self.services |= other.services
        self.variants = [*self.variants, *other.variants][:MAX_MESSAGES]

    @property
    def sketches(self) -> list[Sketch]:
        """What still has to be built."""
        return [each for each in (self.sample, *self.variants) if isinstance(each, Sketch)]

    def complete(self, build: Callable[[Sketch], LogRecord]) -> None:
        """Build the records of sample and variants."""
        built = {each.members[0]: build(each) for each in self.sketches}
        if isinstance(self.sample, Sketch):
            self.sample = built[self.sample.members[0]]
        self.variants = [built[v.members[0]] if isinstance(v, Sketch) else v for v in self.variants]


def headline(record: LogRecord) -> str:
    """One line that names the event, not redacted: outermost exception and its message, else the message's first."""
    trace = record.stacktrace
    if trace is not None:
        outer = trace.outermost
        text = f"{outer.type}: {outer.message}" if outer.message else outer.type
        if not text.strip(": "):
            text = record.message or record.body  # frames alone name no exception
    else:
        text = record.message or record.body
    line = next((part.strip() for part in text.split("\n") if part.strip()), "")
    return cut(line, MAX_HEADLINE_CHARS)
