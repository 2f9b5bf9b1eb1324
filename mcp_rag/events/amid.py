"""Whether an event still goes on, as its first and its last line tell."""

from __future__ import annotations

from mcp_rag.events.phases import Lane, OpenEvent, Phase
from mcp_rag.events.shapes import Kind, Shape
from mcp_rag.formats import CARRIERS
from mcp_rag.stacktrace import APPLE, FLUTTER, LATE, MINECRAFT, REDIS, Part, Role
from mcp_rag.types import NO_SPAN, Level

MAX_BOX_LINES = 200
MAX_BANNER_LINES = 60
_LATE_LINES = 4
GRADLE = "gradle"
# Whose reports are one block each, whatever their lines say.
BLOCKS = frozenset({APPLE, FLUTTER, MINECRAFT, REDIS})
_DATED = 6  # the first lines of Minecraft's report hold its time, as a header would
_TRACE = frozenset({Part.FRAME, Part.LINK, Part.DETAIL})
# A request is told in one line, and by the server: what a program prints behind it is another's.
_REQUESTS = frozenset({"access", "access-dev", "access-plain", "access-next", "access-astro", "gin", "iis", "uwsgi"})
_BEGUN = frozenset({Part.CRASH, Part.START})
# Below whose line the output of what failed is printed.
_WITH_OUTPUT = frozenset({"go-test", "gradle", "ansible", "ansible-host", "pytest", "docker-build"})
OCAML = "ocaml-compiler"  # says the level below the place and the source
DBT = "dbt"
MAX_RECORD_LINES = 60
# Loggers of C++, which print no trace of Python's. (klog's manner is also that of a logger of Python.)
_NATIVE_LOGGERS = frozenset({"tensorflow", "absl", "c10", "nccl"})
# Whose loggers print the exception on the lines below their own, at every level.
_LOGGED_BELOW = frozenset({"java", "csharp"})
# Whose records are one line each, whatever they say.
_ONE_LINE = frozenset({"logfmt", "klog", "logrus-console"})


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


def tells_level(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether the line says the level of OCaml's record, which stands below the place and the source."""
    header = event.head.header
    if header is None or header.format != OCAML or at - event.first > MAX_RECORD_LINES:
        return False
    return shape.kind is Kind.TEXT and not shape.indented and shape.level >= Level.WARN and event.phase is Phase.NONE


def in_record(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether the line is one of a record that is told in several."""
    header = event.head.header
    if header is not None and header.format == DBT and event.last == at - 1 and further_line(shape):
        return True
    return tells_level(event, shape, at)


def further_line(shape: Shape) -> bool:
    """Whether the line reads like a further one of what dbt said above; below anything else it is an event."""
    return shape.header is not None and shape.header.format == "dbt-continued"


def of_native_logger(event: OpenEvent) -> bool:
    """Whether the line above is a record of C++'s: a traceback of Python below it is the program's."""
    return event.head.header is not None and event.head.header.format in _NATIVE_LOGGERS


def logged_below(following: Role) -> bool:
    """Whether the line above may be an exception that a logger printed below its own line."""
    return following.part is Part.FRAME and following.language in _LOGGED_BELOW


def ruled_off(event: OpenEvent) -> bool:
    """Whether the line above was the rule that ends a sanitizer's report."""
    last = event.last_shape
    return (
        last is not None
        and event.phase is not Phase.NONE
        and event.first != event.last
        and (last.role.part is Part.PRELUDE and last.role.language == "cpp" and event.crash)
    )


def behind_request(event: OpenEvent, shape: Shape) -> bool:
    """Whether a line at the left margin follows one that tells of a request."""
    header = event.head.header
    if header is None or header.format not in _REQUESTS:
        return False
    return shape.kind is Kind.TEXT and not shape.indented and event.phase is Phase.NONE


def behind_calm(event: OpenEvent, shape: Shape, after: Role) -> bool:
    """Whether an exception without calls follows a line that states no level and says nothing bad: no logger told of
    it. `after` is the next line's part."""
    unsaid = event.head.level is Level.UNSET and not event.head.empty and not shape.indented
    lone = shape.role.part is Part.TYPE and after.part not in _TRACE
    return unsaid and lone and shape.level >= Level.ERROR


def paragraph(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether an indented line is the first of an error that a console of PHP prints: a blank line stands above it."""
    return shape.role.part is Part.CRASH and shape.role.language == "php" and event.last < at - 1


def below_crash(event: OpenEvent, at: int) -> bool:
    """Whether the line above is the first of a crash, whose message follows."""
    return event.last == at - 1 and event.last_shape is not None and event.last_shape.role.part is Part.CRASH


def boxed(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether Flutter's report still goes on: it is one box, whose lower edge ends it."""
    if event.language != FLUTTER or shape.role.part is Part.CRASH:
        return False
    last = event.last_shape
    open_ = last is not None and not (last.role.part is Part.DETAIL and last.role.language == FLUTTER)
    return open_ and event.head.role.part is Part.CRASH and at - event.first < MAX_BOX_LINES


def in_block(event: OpenEvent, shape: Shape, at: int) -> bool | None:
    """Whether a line goes on with a report that is one block; None where it reads like any other line. Reports of a
    crash say of each thread and of each part what a log would say in other events."""
    headed = shape.kind is Kind.HEAD
    if event.language == FLUTTER:
        return None if headed else boxed(event, shape, at)
    if event.language == REDIS:
        return _reported(event, shape)
    if event.language not in BLOCKS or (headed and not (event.language == MINECRAFT and at - event.first < _DATED)):
        return None
    return not (shape.role.language == event.language and shape.role.part is Part.CRASH)


def _reported(event: OpenEvent, shape: Shape) -> bool | None:
    """Redis heads some lines of its report as warnings, and tells in the others what it holds."""
    if event.phase is Phase.DONE or (shape.role.part is Part.CRASH and shape.role.language == REDIS):
        return None
    header = shape.header
    return header is None or (header.format == REDIS and shape.level >= Level.WARN)


def late_crash(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether the words of a panic follow its calls, behind two blank lines at most; or what failed, below the line in
    which one of Ceph's daemons says where."""
    header = event.head.header
    if header is not None and header.format == "ceph" and event.phase in {Phase.NONE, Phase.PRELUDE}:
        opened = event.head.level >= Level.ERROR and event.first == at - 1
        return opened and shape.kind is Kind.TEXT and shape.role.language == "cpp"
    return shape.role.language == LATE and event.phase is Phase.FRAMES and event.last >= at - 3


def noted_panic(event: OpenEvent) -> bool:
    """Whether the line above closed a panic of Rust: an error behind it is that of the program."""
    last = event.last_shape
    return event.language == "rust" and last is not None and last.role.part is Part.DETAIL


def told_next(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether SQL Server tells in this line of the error whose number stood in the one above."""
    before, header = event.head.header, shape.header
    if before is None or header is None or before.format != "mssql-error" or header.format != "mssql":
        return False
    return event.first == event.last == at - 1


def told_again(event: OpenEvent, at: int) -> bool:
    """Whether one call of an exception that the header names has been printed, and now the whole trace follows: Solr
    puts both behind its message."""
    first = event.phase is Phase.FRAMES and event.head.role.part is Part.NONE and at - event.first == 2
    return first and event.headed and event.language == "java"


def below_heading(event: OpenEvent, lane: Lane, at: int) -> bool:
    """Whether the line stands right below one of the headings that Gradle tells a failure under, or names the first
    call below an error that a program in Go printed with its stack."""
    if event.last != at - 1:
        return False
    after = lane.following(at)
    called = event.head.level >= Level.ERROR and after.language == "go" and after.part is Part.FRAME
    return called or (event.headed and event.language == GRADLE)


def of_runtime(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether a runtime that writes a log of its own goes on with the trace below its error."""
    own = event.head.header is not None and event.head.header.format == shape.role.language
    return own and event.last == at - 1 and shape.role.part in _TRACE


def below_exception(event: OpenEvent, shape: Shape, at: int) -> bool:
    """Whether the server's word follows right below the closing line of a traceback: PostgreSQL's client puts one for
    each way it tried into the message of its error, `FATAL:  role "x" does not exist`."""
    timeless = shape.header is not None and shape.header.time == NO_SPAN
    closed = event.phase is Phase.DONE and event.language == "python" and event.last == at - 1
    return closed and timeless and shape.level is Level.FATAL


def amid_message(event: OpenEvent, shape: Shape) -> bool:
    """Whether an exception has been named and its frames are due: until then its message goes on, though what it
    quotes, a compiler's or another program's words, may look like a line of a log that has no time."""
    timeless = shape.header is None or shape.header.time == NO_SPAN
    begins = shape.role.part in _BEGUN
    return timeless and not begins and event.phase is Phase.HEAD and event.head.role.part in _BEGUN


def told_in_paragraphs(event: OpenEvent, at: int) -> bool:
    """Whether an error that says nothing in its own line is still being told below it, as Spring reports a start that
    failed. A bare word without a time may stand above anything."""
    timed = event.head.header is not None and event.head.header.time != NO_SPAN
    if begun_empty(event):
        return at - event.first < _LATE_LINES
    return timed and event.head.level >= Level.ERROR and at - event.first < MAX_BANNER_LINES


def begun_empty(event: OpenEvent) -> bool:
    """Whether Spring opened a message with empty lines, whatever its level: what is told below them is its own."""
    header = event.head.header
    return event.head.empty and header is not None and header.format == "spring-boot" and event.head.level < Level.ERROR


def stands_alone(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether text behind a JSON record is something else: a whole record ends where its line does, so what a program
    or its runtime prints at the left margin then is their own. Only a trace may be that of an error before it."""
    if shape.kind is not Kind.TEXT or shape.indented or event.phase is not Phase.NONE:
        return False
    if shape.role.part is Part.TYPE:
        return event.head.level < Level.WARN or not lane.ahead(at, frozenset({Part.FRAME}), 2)
    return shape.role.part is Part.NONE


def of_pipeline(event: OpenEvent) -> bool:
    """Whether the line above names a step of a build server: that is no logger, which might print a trace below."""
    return event.head.header is not None and event.head.header.format == "jenkins"


def explains(event: OpenEvent, shape: Shape) -> bool:
    """Whether the line is of the catalogue that journalctl prints below the messages it knows more about."""
    return shape.noted and event.head.header is not None and event.head.header.format in CARRIERS


def another_of_tool(event: OpenEvent, shape: Shape, after: Role) -> bool:
    """Whether a line at the left margin that is an error by itself is the next one of a tool at a console: such tools
    name no time and print each error on a line of its own. Where `after`, the next line's part, is a frame, it is the
    exception of the error above, and behind a time more of its message."""
    header = event.head.header
    if header is None or not shape.stray or shape.indented or header.format in _WITH_OUTPUT:
        return False
    return (header.time == NO_SPAN or header.format in _ONE_LINE) and after.part not in _TRACE


def set_apart(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool:
    """Whether an indented line begins an error of its own: Poetry prints the type alone between blank lines, and the
    place below. What uv and pip mark with a cross is one wherever nothing bad was said before, what calls itself an
    error where the text above has no header, and so is the next one that stands no deeper."""
    if shape.depth and shape.depth <= event.head.depth and event.phase in {Phase.NONE, Phase.HEAD}:
        return True
    if event.phase is not Phase.NONE or event.head.level >= Level.ERROR:
        return False
    if shape.stray:
        return not (shape.depth and event.headed)
    return shape.role.part is Part.TYPE and event.last < at - 1 and lane.ahead(at, frozenset({Part.FRAME}), 8)
