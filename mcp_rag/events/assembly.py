"""From the shapes of one lane's lines to events: where each begins, where it ends, how severe it is."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from mcp_rag.events.amid import BLOCKS, completes, tells_level
from mcp_rag.events.joining import joins, phase_after
from mcp_rag.events.phases import Phase
from mcp_rag.events.shapes import Kind, Shape
from mcp_rag.stacktrace import NO_ROLE, REDIS, THREADS, Part, Role
from mcp_rag.types import Level

_OPEN = frozenset({Phase.HEAD, Phase.FRAMES, Phase.LINK})
_RAN = frozenset({Phase.FRAMES, Phase.DONE})
_CRASH_PARTS = frozenset({Part.START, Part.CRASH})


@dataclass(slots=True)
class Event:
    """One event under construction: positions `first` to `last` of its lane. `prefixed`: its trace carries the header
    on every line. `crash`: a trace was seen; `fatal`: one that ends the process; `own_crash`: it began in
    the event's first line. `second`: the line that completes a two-line header,
    or says what a header without a level and a message leaves out."""

    first: int
    last: int
    head: Shape
    phase: Phase = Phase.NONE
    language: str = ""
    prefixed: bool = False
    crash: bool = False
    fatal: bool = False
    own_crash: bool = False
    second: Shape | None = None
    last_shape: Shape | None = None

    @property
    def headed(self) -> bool:
        """Whether its first line had a header or was a JSON record."""
        return self.head.kind in {Kind.HEAD, Kind.JSON}

    @property
    def level(self) -> Level:
        """A header's word counts, unless the crash began in that very line: then it only labels the stream."""
        level = (self.second or self.head).level
        labelled = self.own_crash and (level < Level.WARN or self.language in BLOCKS)
        if not self.crash or ((self.second or self.head).fixed and not labelled):
            return level
        return max(level, Level.FATAL if self.fatal else Level.ERROR)


@dataclass(slots=True)
class Tally:
    """Events of one lane: all, and those at or above the minimum level."""

    events: int = 0
    kept: list[Event] = field(default_factory=list)


def assemble(
    order: Sequence[int], shapes: Sequence[Shape], minimum: Level, *, calm: Container[Shape], strict: bool
) -> Tally:
    """Cut one lane into events. `strict`: the source writes a header for every event, so text without one continues.
    `calm` holds the plain shapes below `minimum`: most lines of most logs are events of one such line, and passed over
    together."""
    tally = Tally()
    lane = _Lane(order, shapes, minimum, tally, strict=strict)
    step = lane.step
    start = lane.start
    size = len(order)
    busy = [at for at, index in enumerate(order) if shapes[index] not in calm]
    busy.append(size)
    ahead = iter(busy)
    coming = next(ahead)  # the next line that is not calm
    open_ = False  # whether the event before needs a closer look than "a plain header follows"
    below = at = 0  # events below the minimum that the header alone begins
    while at < size:
        while coming < at:
            coming = next(ahead)
        if coming > at and lane.event is None and not open_:
            below += coming - at
            at = coming
            lane.head_at = at - 1
            lane.head = shapes[order[at - 1]]
            continue
        shape = shapes[order[at]]
        if shape.plain and not open_:
            start(at, shape)
        elif shape.deeper and (event := lane.event) is not None and event.crash and event.phase is Phase.FRAMES:
            event.last = at  # as `step` would find out, for most lines of most traces
            event.last_shape = shape
            open_ = event.prefixed
        elif shape.kind is not Kind.BLANK:
            open_ = step(at, shape)
        at += 1
    lane.close()
    tally.events += below
    return tally


class _Lane:
    """The open event of one lane and what decides its end."""

    __slots__ = ("event", "head", "head_at", "minimum", "order", "shapes", "strict", "tally")

    def __init__(
        self, order: Sequence[int], shapes: Sequence[Shape], minimum: Level, tally: Tally, *, strict: bool
    ) -> None:
        self.order = order
        self.shapes = shapes
        self.minimum = minimum
        self.tally = tally
        self.strict = strict
        self.event: Event | None = None
        self.head: Shape | None = None
        self.head_at = 0

    def start(self, at: int, shape: Shape) -> None:
        """A header that surely begins an event. Below the level nothing is built until a later line asks for it."""
        event = self.event
        if event is not None and event.level >= self.minimum:
            self.tally.kept.append(event)
        self.tally.events += 1
        self.head = shape
        self.head_at = at
        self.event = Event(at, at, shape) if shape.level >= self.minimum else None

    def step(self, at: int, shape: Shape) -> bool:
        """Any other line: join it or begin with it. Says whether the next plain header must come here too."""
        event = self.event
        if event is None and self.head is not None:
            event = self.event = Event(self.head_at, self.head_at, self.head)
        if event is None or not joins(event, shape, self, at):
            self.start(at, shape)
            event = self.event = self.event or Event(at, at, shape)
            event.last = at
            self._begin(event, shape)
            return event.prefixed or shape.two_line or event.language == REDIS
        if completes(event, shape, at) or tells_level(event, shape, at):
            event.second, event.last = shape, at
        else:
            self._join(event, at, shape)
        if event.own_crash and event.phase is Phase.HEAD:  # its message may quote what reads like a header
            return True  # and a report of Redis heads some of its lines
        # A program under syslog writes its own headers: what has none goes on with the message of its exception.
        return event.prefixed and (event.phase in _OPEN or (event.phase is Phase.DONE and event.head.carried))

    def _begin(self, event: Event, shape: Shape) -> None:
        event.phase, event.language = phase_after(Phase.NONE, "", shape)
        part = shape.role.part
        event.own_crash = event.crash = part in _CRASH_PARTS
        event.fatal = shape.role.fatal
        event.prefixed = shape.kind is Kind.HEAD and event.phase is not Phase.NONE
        event.last_shape = shape

    def _join(self, event: Event, at: int, shape: Shape) -> None:
        untold = event.head.kind is Kind.HEAD and event.head.empty and not event.head.level
        if untold and event.last == event.first and shape.kind is Kind.TEXT:
            event.second = shape  # its words say the level that the header does not
        event.last = at
        before = event.phase
        event.phase, event.language = phase_after(before, event.language, shape)
        part = shape.role.part
        ran = event.phase in _RAN and event.language != THREADS
        event.crash = event.crash or part in _CRASH_PARTS or ran
        event.fatal = event.fatal or (shape.role.fatal and part is Part.CRASH)
        event.prefixed = event.prefixed or (shape.kind is Kind.HEAD and event.phase is not Phase.NONE)
        event.last_shape = shape

    def close(self) -> None:
        """The end of the lane ends its event."""
        if self.event is not None and self.event.level >= self.minimum:
            self.tally.kept.append(self.event)
        self.event = None

    def ahead(self, at: int, parts: frozenset[Part], limit: int) -> bool:
        """Whether one of the next `limit` non-blank lines plays one of `parts`, before anything else begins."""
        seen = 0
        for after in range(at + 1, min(at + 1 + 2 * limit, len(self.order))):
            shape = self.shapes[self.order[after]]
            if shape.kind is Kind.BLANK:
                continue
            if shape.role.part in parts:
                return True
            seen += 1
            if shape.plain or shape.two_line or seen >= limit or shape.role.part in {Part.CRASH, Part.PRELUDE}:
                return False
        return False

    def following(self, at: int) -> Role:
        """The part the next line plays that is not blank, if it has no header."""
        for after in range(at + 1, min(at + 4, len(self.order))):
            shape = self.shapes[self.order[after]]
            if shape.kind is not Kind.BLANK:
                return NO_ROLE if shape.plain or shape.two_line else shape.role
        return NO_ROLE
