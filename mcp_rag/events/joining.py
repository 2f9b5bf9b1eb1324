"""Does this line belong to the open event? The rules, one function per kind of line."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from mcp_rag.events.shapes import Kind, Shape
from mcp_rag.formats import CARRIERS
from mcp_rag.stacktrace import Part
from mcp_rag.types import NO_SPAN, Level


class Phase(IntEnum):
    """How far the trace inside the open event has come."""

    NONE = 0  # no trace yet
    PRELUDE = 1  # announced
    HEAD = 2  # begun: type or header seen, frames or message due
    FRAMES = 3
    LINK = 4  # the next exception of the chain is due
    DONE = 5  # Python: the closing exception line was seen


class OpenEvent(Protocol):
    """What the rules look at of the open event."""

    first: int
    last: int
    head: Shape
    phase: Phase
    language: str
    prefixed: bool
    last_shape: Shape | None

    @property
    def headed(self) -> bool: ...


class Lane(Protocol):
    """What the rules look at of the lane."""

    strict: bool

    def ahead(self, at: int, parts: frozenset[Part], limit: int) -> bool: ...


_FRAME = frozenset({Part.FRAME})
_TRACE = frozenset({Part.FRAME, Part.LINK, Part.DETAIL})
_BODY = frozenset({Part.FRAME, Part.LINK, Part.DETAIL, Part.TYPE})
_CRASH = frozenset({Part.CRASH})
_LINKED = frozenset({Part.LINK})
_ANNOUNCED = frozenset({Part.START, Part.TYPE, Part.FRAME})
_PYTHON = "python"
_LAST_LINE_CLOSES = frozenset({_PYTHON})


def phase_after(phase: Phase, language: str, shape: Shape) -> tuple[Phase, str]:
    """Phase and language once `shape` is part of the event."""
    part = shape.role.part
    language = language or shape.role.language
    if part in {Part.START, Part.CRASH}:
        return Phase.HEAD, shape.role.language or language
    if part is Part.PRELUDE:
        return Phase.PRELUDE, language
    if part is Part.FRAME:
        return Phase.FRAMES, language if phase is not Phase.NONE else shape.role.language
    if part is Part.LINK:
        # "Caused by: Type" is followed by frames, Python's sentences by a whole new traceback.
        return Phase.LINK if shape.role.language == _PYTHON else Phase.HEAD, language
    if part is Part.TYPE:
        closes = language in _LAST_LINE_CLOSES and phase in {Phase.FRAMES, Phase.HEAD, Phase.LINK}
        return (Phase.DONE if closes else Phase.HEAD), language
    if part is Part.NONE and phase is Phase.FRAMES and language == _PYTHON and shape.named and not shape.indented:
        return Phase.DONE, language
    return phase, language


def completes(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether the line is the `LEVEL: message` half of a header that stood alone on the line before."""
    return (
        event.head.two_line
        and event.first == event.last == at - 1
        and shape.kind is Kind.HEAD
        and shape.header is not None
        and shape.header.time == NO_SPAN
        and not shape.two_line
    )


def joins(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether the line at position `at` continues `event`."""
    if shape.kind is Kind.PIECE:
        return True
    if shape.kind is Kind.JSON:
        return False
    if event.head.kind is Kind.JSON and _stands_alone(event, shape, lane, at):
        return False
    if shape.kind is Kind.HEAD and not _only_carrier(event, shape):
        return _headed_line(event, shape, lane, at)
    if shape.empty:
        return _traced(event) and lane.ahead(at, _TRACE | _ANNOUNCED, 1)
    part = shape.role.part
    if part in _TRACE:
        return _trace_line(event, shape, at)
    if shape.indented:
        return True
    if part is Part.START:
        return _start_line(event, lane, at)
    if part is Part.TYPE:
        return _type_line(event, shape, lane, at)
    if part is Part.CRASH:
        # A sanitizer rules a line above its report.
        return event.phase is Phase.PRELUDE and event.language == "cpp" and event.last == at - 1
    if part is Part.PRELUDE:
        return event.language == shape.role.language == "cpp" and _traced(event) and not lane.ahead(at, _CRASH, 1)
    if shape.kind is Kind.HEAD:
        return event.prefixed and _prefixed_text(event, shape, lane, at)
    return _text_line(event, shape, lane, at)


def _stands_alone(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether text behind a JSON record is something else: a whole record ends where its line does, so what a program
    or its runtime prints at the left margin then is their own. Only a trace may be that of an error before it."""
    if shape.kind is not Kind.TEXT or shape.indented or event.phase is not Phase.NONE:
        return False
    if shape.role.part is Part.TYPE:
        return event.head.level < Level.WARN or not lane.ahead(at, _FRAME, 2)
    return shape.role.part is Part.NONE


def _only_carrier(event: OpenEvent, shape: Shape) -> bool:
    """Whether a line of syslog continues a program that writes its own headers: then it is a line without one."""
    return event.head.carried and not shape.carried and shape.header is not None and shape.header.format in CARRIERS


def _traced(event: OpenEvent) -> bool:
    return event.phase is not Phase.NONE


def _trace_line(event: OpenEvent, shape: Shape, at: int) -> bool:
    """A frame or connector continues any trace or log record; alone among plain text, Python's frames begin one (a
    syntax error has no other header)."""
    if _traced(event) or event.headed:
        return True
    if shape.role.part is Part.FRAME and shape.role.language == _PYTHON:
        return False
    return shape.indented or (shape.role.part is Part.DETAIL and event.last == at - 1)


def _start_line(event: OpenEvent, lane: Lane, at: int) -> bool:
    """A traceback header: part of a chain, of the log record just before it, or an event of its own."""
    del lane
    if event.phase in {Phase.LINK, Phase.PRELUDE}:
        return True
    if event.phase is Phase.HEAD:
        # `RemoteTraceback: """` quotes a whole traceback; AWS Lambda logs `[ERROR] KeyError: text` above its own.
        quoted = event.last_shape is not None and event.last_shape.role.part is Part.DETAIL
        return quoted or (event.headed and event.first == event.last == at - 1)
    if event.phase is not Phase.NONE:
        return False
    if event.headed:
        # Loggers attach tracebacks on purpose at DEBUG and from WARN up; after an INFO line the program died.
        return event.head.level != Level.INFO
    return event.head.level >= Level.WARN and event.last == at - 1


def _type_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """`SomeError: text`: the end of a Python traceback, the head of another trace, or a log record's exception."""
    phase = event.phase
    if shape.role.language == "cpp":  # "Aborted (core dumped)" closes what made the process abort
        return _traced(event)
    if phase in {Phase.LINK, Phase.PRELUDE}:
        return True
    if phase is Phase.FRAMES:
        if event.language == _PYTHON:
            return True
        if event.language == "ruby" and shape.role.language == "ruby":
            return shape is not event.head
        return event.headed and not lane.ahead(at, _FRAME, 1)
    if phase is Phase.HEAD:
        return event.headed or event.head.role.part in {Part.CRASH, Part.START}
    if event.headed:
        return phase is Phase.NONE or not lane.ahead(at, _FRAME, 1)
    return phase is Phase.NONE and event.head.level >= Level.WARN and event.last == at - 1 and lane.ahead(at, _FRAME, 2)


def _text_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Text at the left margin without any mark."""
    if event.headed and lane.strict:
        return True
    phase = event.phase
    if phase is Phase.NONE:
        return event.headed and event.head.empty and event.last == at - 1
    if phase is Phase.PRELUDE:
        return lane.ahead(at, _ANNOUNCED, 6)
    if phase is Phase.HEAD:
        if event.language == "rust" and event.last == at - 1 == event.first:
            return True
        return lane.ahead(at, _BODY, 12)
    if phase is Phase.FRAMES:
        if event.language == _PYTHON:
            return shape.named or lane.ahead(at, _BODY, 2)
        return lane.ahead(at, _TRACE, 1)
    if phase is Phase.LINK:
        return lane.ahead(at, _ANNOUNCED, 3)
    return lane.ahead(at, _LINKED, 12)


def _headed_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """A line with a header continues only what carries the same kind of header: a trace printed line by line."""
    if completes(event, shape, at):
        return True
    if shape.two_line:
        return False
    if not _alike(event.head, shape):
        return shape.noted and event.headed
    if shape.noted:
        return True
    part = shape.role.part
    phase = event.phase
    if shape.block:
        return event.last == at - 1
    if shape.empty:
        return event.prefixed and lane.ahead(at, _TRACE | _ANNOUNCED, 1)
    if part in _TRACE:
        return True
    if shape.indented and phase is Phase.NONE:
        return event.head.level >= Level.ERROR and event.last == at - 1
    if part is Part.START:
        return phase in {Phase.LINK, Phase.PRELUDE} or (
            event.head.level >= Level.WARN and phase is Phase.NONE and event.last == at - 1
        )
    if part is Part.TYPE:
        if phase is Phase.NONE:
            return event.head.level >= Level.WARN and event.last == at - 1 and lane.ahead(at, _TRACE, 1)
        return event.prefixed and (
            phase in {Phase.LINK, Phase.PRELUDE}
            or (phase is Phase.HEAD and event.head.role.part is Part.CRASH)
            or (event.language == _PYTHON and phase in {Phase.FRAMES, Phase.HEAD})
        )
    if part in {Part.CRASH, Part.PRELUDE}:
        return shape.indented and _traced(event)
    return event.prefixed and _prefixed_text(event, shape, lane, at)


def _prefixed_text(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Source lines, notes and unusual last lines of a trace whose every line has the header."""
    phase = event.phase
    if shape.indented:
        return phase in {Phase.HEAD, Phase.FRAMES, Phase.LINK}
    if phase is Phase.FRAMES and event.language == _PYTHON:
        return shape.named or lane.ahead(at, _BODY, 2)
    if event.language == "rust" and phase is Phase.HEAD and event.last == at - 1 == event.first:
        return True
    return phase in {Phase.HEAD, Phase.FRAMES, Phase.LINK} and lane.ahead(at, _TRACE, 3)


def _alike(head: Shape, shape: Shape) -> bool:
    """Same format and same level word: one logger call, printed line by line."""
    if head.header is None or shape.header is None:
        return False
    if head.header.format != shape.header.format:
        return False
    return head.header.level == shape.header.level or shape.noted
