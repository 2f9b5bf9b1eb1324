"""Does this line belong to the open event? The rules, one function per kind of line."""

from __future__ import annotations

from mcp_rag.events.amid import (
    BLOCKS,
    amid_message,
    another_of_tool,
    begun_empty,
    behind_calm,
    behind_request,
    below_crash,
    below_exception,
    below_heading,
    boxed,
    completes,
    explains,
    further_line,
    in_block,
    in_record,
    late_crash,
    logged_below,
    noted_panic,
    of_native_logger,
    of_pipeline,
    of_runtime,
    paragraph,
    ruled_off,
    set_apart,
    stands_alone,
    told_again,
    told_in_paragraphs,
    told_next,
)
from mcp_rag.events.phases import Lane, OpenEvent, Phase
from mcp_rag.events.reports import begins_report, in_report
from mcp_rag.events.shapes import Kind, Shape
from mcp_rag.formats import CARRIERS
from mcp_rag.stacktrace import REDIS, Part
from mcp_rag.stacktrace.reports import LANGUAGES, TITLE
from mcp_rag.types import Level

_FRAME, _DETAIL, _TYPE, _CRASH = (frozenset({p}) for p in (Part.FRAME, Part.DETAIL, Part.TYPE, Part.CRASH))
_TRACE = frozenset({Part.FRAME, Part.LINK, Part.DETAIL})
_BODY = frozenset({Part.FRAME, Part.LINK, Part.DETAIL, Part.TYPE})
_BEGUN = frozenset({Part.CRASH, Part.START})
_LINKED = frozenset({Part.LINK})
_ANNOUNCED = frozenset({Part.START, Part.TYPE, Part.FRAME})
_PYTHON, _PLSQL = "python", "plsql"
_PLACED_BELOW = frozenset({_PLSQL, "powershell"})  # who print their error above the place
# Whose reports stand between rules, and whose those are. The JVM begins each line of its report with `#`.
_RULERS = {"cpp": {"cpp"}, "go": {"cpp"}, "java": {"java"}}
# Whose announcements are mere rules or say nothing bad: in the message of a logger they may be anything.
OPENERS = frozenset({"java", "ipython", "compiler"})
# Whose events have a margin on every line: what has none is another's.
_BOXED = frozenset({"terraform"})
_LAST_LINE_CLOSES = frozenset({_PYTHON})


def phase_after(phase: Phase, language: str, shape: Shape) -> tuple[Phase, str]:
    """Phase and language once `shape` is part of the event."""
    part = shape.role.part
    if language in BLOCKS:
        ended = phase is Phase.DONE or (part is Part.DETAIL and shape.role.language == REDIS)
        return Phase.DONE if language == REDIS and ended else Phase.HEAD, language
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
        closes = language in _LAST_LINE_CLOSES and phase is not Phase.NONE and phase is not Phase.PRELUDE
        return (Phase.DONE if closes else Phase.HEAD), language
    if part is Part.NONE and phase is Phase.FRAMES and language == _PYTHON and shape.named and not shape.indented:
        return Phase.DONE, language
    return phase, language


def joins(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether the line at position `at` continues `event`."""
    if shape.kind is Kind.PIECE or in_record(event, shape, at):
        return True
    alone = event.head.kind is Kind.JSON and stands_alone(event, shape, lane, at)
    if alone or shape.kind is Kind.JSON or behind_request(event, shape) or further_line(shape):
        return False
    if shape.role.language in LANGUAGES and (begins := begins_report(event, shape, lane, at)) is not None:
        return not begins
    if event.language in BLOCKS and (goes_on := in_block(event, shape, at)) is not None:
        return goes_on
    if shape.kind is Kind.HEAD and not _only_carrier(event, shape):
        return _headed_line(event, shape, lane, at)
    if shape.empty:
        return _traced(event) and lane.ahead(at, _TRACE | _ANNOUNCED, 1)
    return _bare_line(event, shape, lane, at)


def _bare_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """A line without a header goes by the part that it plays in a trace."""
    part = shape.role.part
    if _unannounced(event, shape, lane, at):
        return False
    if part in _TRACE:
        return _trace_line(event, shape, lane, at)
    if shape.indented:
        return not (ruled_off(event) or paragraph(event, shape, at) or set_apart(event, shape, lane, at))
    if part is Part.START:
        return _start_line(event, shape, at)
    if part is Part.TYPE:
        return _type_line(event, shape, lane, at)
    if part is Part.CRASH:
        return _crash_line(event, shape, at)
    if part is Part.PRELUDE:
        return _ruled_line(event, shape, lane, at)
    if shape.kind is Kind.HEAD:
        told = event.prefixed and _prefixed_text(event, shape, lane, at)
        return told or (event.phase is Phase.DONE and not shape.stray)
    return _text_line(event, shape, lane, at)


def _only_carrier(event: OpenEvent, shape: Shape) -> bool:
    """Whether a line of syslog continues a program that writes its own headers: then it is a line without one."""
    return event.head.carried and not shape.carried and shape.header is not None and shape.header.format in CARRIERS


def _traced(event: OpenEvent) -> bool:
    return event.phase is not Phase.NONE


def _unannounced(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether a line behind that of a logger, which spoke of no trouble, is what a process printed when it failed: the
    trace is not the logger's, and by its level nobody would look for it."""
    if event.head.kind is not Kind.HEAD or event.phase is not Phase.NONE:
        return False
    if event.head.level >= Level.WARN:
        return another_of_tool(event, shape, lane.following(at))
    part = shape.role.part
    if begun_empty(event) and part is Part.NONE:
        return False
    if shape.stray and not (shape.indented or part in _TRACE):
        return part is not Part.TYPE or not logged_below(lane.following(at))
    if event.head.level is not Level.INFO:  # loggers attach traces on purpose at DEBUG
        return behind_calm(event, shape, lane.following(at))
    if shape.indented:  # an exception group, or a syntax error: those begin with the place
        first = event.first == event.last == at - 1
        return shape.role.language == _PYTHON and (part is Part.START or (part is Part.FRAME and first))
    if part is Part.TYPE or part is Part.NONE:
        after = lane.following(at)
        if after.part in _TRACE:
            return not logged_below(after) or of_pipeline(event)
        return part is Part.TYPE and shape.level >= Level.WARN
    return False


def _trace_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """A frame or connector continues any trace or log record; alone among plain text, Python's frames begin one (a
    syntax error has no other header)."""
    if _traced(event) or event.headed:
        return True
    if shape.role.part is Part.FRAME and shape.role.language == _PYTHON:
        return False
    if shape.role.language == "compiler" and event.head.level < Level.WARN and lane.ahead(at, _TYPE, 8):
        return event.head.role.language == "compiler"  # Bun shows the source above its error
    below = shape.role.part is Part.DETAIL or shape.role.language in _PLACED_BELOW
    return shape.indented or (below and event.last == at - 1)


def _start_line(event: OpenEvent, shape: Shape, at: int) -> bool:
    """A traceback header: part of a chain, of the log record just before it, or an event of its own."""
    if event.phase in {Phase.LINK, Phase.PRELUDE}:
        return True
    if event.phase is Phase.HEAD:
        # `RemoteTraceback: """` quotes a whole traceback; AWS Lambda logs `[ERROR] KeyError: text` above its own.
        last = event.last_shape.role.part if event.last_shape is not None else Part.NONE
        # Salt names the exception below its own line, and its traceback names it again.
        named = event.headed and event.last == at - 1 and (event.first == event.last or last is Part.TYPE)
        return last is Part.DETAIL or named
    if event.phase is not Phase.NONE:
        return False
    if event.headed and shape.role.language == "rust":
        return False  # what a program of Rust ends with, and no logger prints
    if event.headed:
        # Loggers attach tracebacks on purpose at DEBUG and from WARN up; after an INFO line the program died.
        return event.head.level != Level.INFO and not of_native_logger(event)
    return event.head.level >= Level.WARN and event.last == at - 1


def _crash_line(event: OpenEvent, shape: Shape, at: int) -> bool:
    """The line of a crash is an event of its own unless what came before announced it, or began the same report."""
    language = shape.role.language
    if (event.language == TITLE and event.phase is Phase.PRELUDE) or late_crash(event, shape, at):
        return True
    if language == _PLSQL and event.head.empty and event.headed and event.phase is Phase.NONE:
        return event.first == event.last == at - 1  # the time stands alone above it
    if language == "go" and event.head.header is not None and event.head.header.format == "go-test":
        return event.first == event.last == at - 1  # it names the test, then prints why
    if event.phase is Phase.PRELUDE:  # a sanitizer rules a line above its report; V8 tells of its heap first
        return (event.language == "cpp" and event.last >= at - 2) or (event.language == language != _PYTHON)
    if event.phase is Phase.FRAMES and event.language == "swift" and language == "cpp":
        return event.last == at - 1  # Apple's C++ runtime has the last word on an exception of Objective-C
    # Swift says why, then that the program crashed, then in which thread; Perl has several errors in what it compiles.
    return (
        event.phase is Phase.HEAD and event.language == language in {"swift", "perl", "llvm"} and event.last >= at - 2
    )


def _ruled_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """A rule below what it closes, or between the parts of one announcement; or what may be a rule in a message."""
    language = shape.role.language
    if language in OPENERS and event.headed and event.phase is Phase.NONE:
        return event.head.level >= Level.WARN or (language != "compiler" and not lane.ahead(at, _BEGUN, 1))
    if not _traced(event) or language not in _RULERS.get(event.language, ()):
        return False
    if event.phase is Phase.PRELUDE:
        return event.last == at - 1
    return not lane.ahead(at, _CRASH, 1)


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
        return told_again(event, at) or (event.headed and not lane.ahead(at, _FRAME, 1))
    if phase is Phase.HEAD:
        if noted_panic(event):
            return False
        linked = event.last_shape is not None and event.last_shape.role.part is Part.LINK
        return linked or event.headed or event.head.role.part in _BEGUN or below_crash(event, at)
    if event.headed:
        return phase is Phase.NONE or not lane.ahead(at, _FRAME, 1)
    if phase is Phase.DONE:  # a message of several lines: NCCL's names its own error in the second
        return event.last == at - 1 and not lane.ahead(at, _FRAME, 2)
    if phase is not Phase.NONE or event.last != at - 1 or not lane.ahead(at, _FRAME, 2):
        return False
    return event.head.level >= Level.WARN or event.head.role.language == "compiler"


def _text_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Text at the left margin without any mark."""
    if event.headed and (lane.strict or explains(event, shape)):
        return event.head.header is None or event.head.header.format not in _BOXED
    phase = event.phase
    if event.language == TITLE and phase in {Phase.PRELUDE, Phase.HEAD}:
        return in_report(event, lane, at)
    if phase is Phase.NONE:
        told = event.headed and event.head.empty and (event.last == at - 1 or told_in_paragraphs(event, at))
        return told or below_heading(event, lane, at)
    if phase is Phase.PRELUDE:
        return lane.ahead(at, _ANNOUNCED, 6)
    if phase is Phase.HEAD:
        if (event.language == "rust" and below_crash(event, at)) or event.language == _PLSQL:
            return event.last == at - 1
        return lane.ahead(at, _BODY, 12)
    if phase is Phase.FRAMES:
        if event.language == _PYTHON:
            return shape.named or lane.ahead(at, _BODY, 2)
        if event.language == _PLSQL:  # the next error of the stack, or the manual's words on it
            return event.last == at - 1
        # Unity prints calls below every message, and so do frameworks of JavaScript below the next error.
        other = {"csharp": event.last < at - 1, "javascript": shape.level >= Level.ERROR}
        return not other.get(event.language, False) and lane.ahead(at, _TRACE, 1)
    if phase is Phase.LINK:
        return lane.ahead(at, _ANNOUNCED, 3)
    # Below the closing line of a traceback its message goes on, if what else is printed here has a header.
    goes_on = event.last == at - 1 and not shape.stray and (lane.strict or lane.ahead(at, _DETAIL, 3))
    return goes_on or lane.ahead(at, _LINKED, 12)


def _headed_line(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """A line with a header continues only what carries the same kind of header: a trace printed line by line."""
    if completes(event, shape, at):
        return True
    if shape.two_line:
        return False
    if not _alike(event, shape):
        amid = amid_message(event, shape) and lane.ahead(at, _FRAME, 4)
        told = of_runtime(event, shape, at) or below_exception(event, shape, at) or told_next(event, shape, at)
        return amid or told or (shape.noted and event.headed)
    if shape.noted or boxed(event, shape, at):
        return True
    part, phase = shape.role.part, event.phase
    if shape.block:
        return event.last == at - 1
    if shape.empty:  # it says nothing by itself
        return event.prefixed and (event.last == at - 1 or lane.ahead(at, _TRACE | _ANNOUNCED, 1))
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
            or (event.language == shape.role.language == "cpp" and phase is Phase.FRAMES)
        )
    if part is Part.CRASH and event.prefixed and phase in {Phase.HEAD, Phase.PRELUDE} and event.last == at - 1:
        # The kernel draws a line, says what went wrong, then "Oops".
        return event.language == shape.role.language == "cpp"
    if part in {Part.CRASH, Part.PRELUDE}:
        ruled = below_crash(event, at) or phase is Phase.PRELUDE
        below = part is Part.PRELUDE and ruled and event.language == shape.role.language == "cpp"
        return below or (shape.indented and _traced(event)) or late_crash(event, shape, at)
    return event.prefixed and _prefixed_text(event, shape, lane, at)


def _prefixed_text(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Source lines, notes and unusual last lines of a trace whose every line has the header."""
    phase = event.phase
    if shape.indented:
        return phase in {Phase.HEAD, Phase.FRAMES, Phase.LINK}
    if phase is Phase.FRAMES and event.language == _PYTHON:
        return shape.named or lane.ahead(at, _BODY, 2)
    if event.language == "rust" and phase is Phase.HEAD and below_crash(event, at):
        return True
    return phase in {Phase.HEAD, Phase.FRAMES, Phase.LINK} and lane.ahead(at, _TRACE, 3)


def _alike(event: OpenEvent, shape: Shape) -> bool:
    """Same format and same level word: one logger call, printed line by line."""
    head = event.head
    if head.header is None or shape.header is None:
        return False
    if head.header.format != shape.header.format:
        return False
    # A program under syslog names its level in the first line only, and so does PHP above its own frames.
    deeper = shape.indented or (event.prefixed and (shape.empty or event.phase is Phase.FRAMES))
    traced = event.phase is not Phase.NONE and deeper
    inside = shape.role.part is not Part.NONE or traced
    bare = inside and shape.header.level is Level.UNSET
    return head.header.level == shape.header.level or shape.noted or bare
