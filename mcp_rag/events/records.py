"""From an event's lines to a LogRecord: prefixes and headers off, message, time, exception. Only for kept events."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mcp_rag import formats, stacktrace
from mcp_rag.events.assembly import Event
from mcp_rag.events.bracketed import bracketed
from mcp_rag.events.folded import folded, unfolded, untabbed
from mcp_rag.events.instants import instant_of
from mcp_rag.events.phases import Phase
from mcp_rag.events.shapes import Kind, Shape, inside
from mcp_rag.events.told_below import (
    alert,
    coded,
    derivation_failure,
    error_stack,
    installer_failure,
    report_message,
    told_below,
    untold,
    viewed,
)
from mcp_rag.stacktrace import APPLE, Part, reports
from mcp_rag.types import (
    NO_SPAN,
    Envelope,
    ExceptionInfo,
    Header,
    JsonFields,
    LogRecord,
    ParseSettings,
    StackTrace,
)

# A single line without a trace mark is only searched for an exception when it could name one.
_WORTH = re.compile(
    r"error\[[A-Z]|error:? [A-Z]{1,6}\d{3}|\.(?:p[lm]|t|cgi) line \d|Assertion|"
    r"\w:\d+: [A-Z]\w{0,80}Warning: |\[object\] \(|Uncaught PHP |runtime error: |Check failed: "
)
_PHP_PLACE = re.compile(
    r"(?:PHP )?(?:Fatal error|Parse error|Warning|Notice|Deprecated|[A-Z][\w ]{2,"
    r"30}): {1,4}(.*) in \S+(?: on line |:)\d+$"
)
_QUOTED = re.compile(r'((?:[^"\\]|\\.)*)"')
_UNQUOTED = re.compile(r"(\S*(?: (?![\w.@/-]{1,60}=)\S+)*)")  # up to the next pair
# Behind the message of a logfmt line: the field that says what went wrong.
_CAUSE = re.compile(r'(?<=[\s"])(?:error|err|reason|cause)=("?)')
_NOTHING = frozenset(("null", "nil", "none", "true", "false", "undefined", "ok", "-"))
_RULE = re.compile(r"[*=\-_#~+─═━]{3,}+")  # above a banner
_PIP = ("subprocess-exited-with-error", "metadata-generation-failed")
# What stands behind the message.
_CLOSERS = {"cmtrace": "]LOG]!>", "glassfish": "]]", "odl": "|#]", "weblogic": ">"}
_PHP_WORD = re.compile(r"PHP [A-Z][\w ]{2,30}: +")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block and how to read them. `keys` are those of `memo`."""

    raw: Sequence[bytes] | Mapping[int, bytes]
    shapes: Sequence[Shape] | Mapping[int, Shape]
    joined: Mapping[int, str]
    settings: ParseSettings
    first_line: int
    keys: Sequence[bytes] = ()


@dataclass(slots=True)
class _Parts:
    """What the fields of a record are made from."""

    message: str = ""
    stamps: tuple[str, ...] = ()
    logger: str = ""
    service: str = ""
    format: str = ""
    trace: StackTrace | None = None
    cause: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def build(event: Event, order: Sequence[int], lines: Lines) -> LogRecord:
    """The record of one event of a lane."""
    settings = lines.settings
    members = order[event.first : event.last + 1]
    texts, envelopes = _texts(members if fits(members, lines) else _capped(members, lines)[0], lines)
    head = event.head
    fields = formats.decode_json(texts[0]) if head.kind is Kind.JSON else None
    parts = _from_json(fields, texts) if fields else _from_text(event, texts, head.header)
    if event.language == APPLE and not any(parts.stamps):  # the report holds its own, in lines like other fields
        parts.stamps = (viewed("Date/Time", texts),)
        parts.service = parts.service or viewed("Process", texts).partition(" [")[0]
    stamps, service = stamps_and_service(parts.stamps, parts.service, envelopes)
    return LogRecord(
        first_line=lines.first_line + members[0],
        last_line=lines.first_line + members[-1],
        body="\n".join(texts),
        message=parts.message or _unnamed(parts.trace, texts),
        level=event.level,
        format=parts.format or next((e.format for e in reversed(envelopes)), ""),
        timestamp_ms=instant_of(stamps, settings),
        service=settings.service or service,
        logger=parts.logger,
        language=parts.trace.language if parts.trace else "",
        stacktrace=parts.trace,
        attributes=parts.attributes,
        cause=_cause(parts),
    )


def _unnamed(trace: StackTrace | None, texts: Sequence[str]) -> str:
    """The first line of a debugger's calls that nothing names: it says more than an empty message."""
    named = trace is None or trace.language != "cpp" or trace.outermost.type or trace.outermost.message
    return "" if named else texts[0].strip()


def _cause(parts: _Parts) -> str:
    """What a structured record says went wrong, where its message does not say it."""
    cause = parts.cause.strip()
    named = parts.trace is not None and (parts.trace.outermost.type or parts.trace.outermost.message)
    if named or cause in parts.message or cause.strip("<>").lower() in _NOTHING:
        return ""
    return cause


def stamps_and_service(own: Sequence[str], service: str, envelopes: Sequence[Envelope]) -> tuple[tuple[str, ...], str]:
    """The times that the line names, outermost first, and the service that the record itself or else its innermost
    envelope names."""
    stamps = tuple(text for text in (*(e.timestamp for e in envelopes), *own) if text)
    return stamps, service or next((e.service for e in reversed(envelopes) if e.service), "")


def fits(members: Sequence[int], lines: Lines) -> bool:
    """Whether an event is within the limits as it is."""
    most, room, raw = max(lines.settings.max_event_lines, 1), lines.settings.max_event_bytes, lines.raw
    if len(members) == 1:
        return len(raw[members[0]]) < room
    return len(members) <= most and sum([len(raw[n]) for n in members]) + len(members) <= room


def cut_lines(event: Event, order: Sequence[int], lines: Lines) -> int:
    """How many lines are left out of an event's body by the limits."""
    members = order[event.first : event.last + 1]
    return 0 if fits(members, lines) else _capped(members, lines)[1]


def _capped(members: Sequence[int], lines: Lines) -> tuple[list[int], int]:
    """The members that fit the limits, taken from head and tail, and how many lines were left out."""
    most = max(lines.settings.max_event_lines, 1)
    room = lines.settings.max_event_bytes
    head: list[int] = []
    tail: list[int] = []
    low, high = 0, len(members) - 1
    while low <= high and len(head) + len(tail) < most:
        from_head = len(head) <= len(tail)
        n = members[low if from_head else high]
        room -= len(lines.raw[n]) + 1
        if room < 0 and head:
            break
        if from_head:
            head.append(n)
            low += 1
        else:
            tail.append(n)
            high -= 1
    kept = head + tail[::-1]
    blank = sum(1 for n in members[low : high + 1] if lines.shapes[n].kind is Kind.BLANK)
    return kept, len(members) - len(kept) - blank


def _texts(members: Sequence[int], lines: Lines) -> tuple[list[str], list[Envelope]]:
    """The text of each line without container prefixes and, but for the first, without a repeated header."""
    texts: list[str] = []
    first: list[Envelope] = []
    for place, n in enumerate(members):
        shape = lines.shapes[n]
        if shape.kind is Kind.PIECE and place:
            continue
        text = lines.raw[n].decode("utf-8", "replace")
        if shape.enveloped or n in lines.joined:
            text, envelopes = inside(text)
            first = first or envelopes
        text = lines.joined.get(n, text)
        head = lines.shapes[members[0]]
        if place and shape.header is not None and not (place == 1 and head.two_line and not head.carried):
            text = text[shape.header.body :]
            if text[:4] == "#011":
                text = untabbed(text)
        texts.append(text[: lines.settings.max_event_bytes])
    return texts, first


def _from_text(event: Event, texts: list[str], header: Header | None) -> _Parts:
    parts = _Parts()
    if header is not None and header.format == "windows-event":
        texts = texts[0].split("\n") + texts[1:]  # folded from one field a line: the description goes on below
    inner = texts
    if header is not None:
        first = texts[0]
        inner = [first[header.body :], *texts[1:]]
        second = event.second.header if event.second is not None and event.head.two_line else None
        if second is not None and len(inner) > 1:
            inner[1] = inner[1][second.body :]
        parts.format = header.format
        parts.stamps = (_cut(first, event.head.around), _cut(first, header.time))
        parts.logger = _cut(first, header.logger)
        parts.service = _cut(first, header.service)
    if len(inner) == 1 and folded(inner[0]):
        inner = unfolded(inner[0])
    found = stacktrace.find(inner) if len(inner) > 1 or _worth(event, texts) else None
    if found is not None and _plausible(found.trace, event):
        parts.trace = found.trace
    else:
        found = None
    until = found.first if found else len(inner)
    parts.message = _message(inner[: max(until, 0)])
    if not parts.message and found is None:
        parts.message = _message(inner)
    if header is None and found is not None and found.trace.outermost.message:
        # Where the runtime prints "program: message", the line above the frames is the exception itself.
        parts.message = "" if parts.message.endswith(found.trace.outermost.message) else parts.message
    if len(inner) > 1:
        said = _told_behind(event, header, inner, parts)
        parts.message = said or parts.message
        if said and parts.trace is not None and not parts.trace.outermost.type:
            # A matcher's values stand right above the frames: the line that says what was asked is the message.
            outer = ExceptionInfo("", said, parts.trace.outermost.frames)
            parts.trace = StackTrace(parts.trace.language, (outer, *parts.trace.exceptions[1:]))
        parts.cause = untold(parts.message, inner)
    if header is not None:
        _complete(parts, header, texts)
    return parts


def _complete(parts: _Parts, header: Header, texts: Sequence[str]) -> None:
    """What some formats say elsewhere than in the first line, or around the message."""
    if closer := _CLOSERS.get(header.format):
        parts.message = _closed(parts.message, closer)
    if header.format == "tidb" and (told := bracketed(texts[0][header.body :])):
        parts.message, parts.cause = told.message, told.cause
        parts.trace = stacktrace.parse(told.stack) if told.stack else parts.trace
    if header.format == "logfmt":
        rest, quoted = parts.message, texts[0][header.body - 1 : header.body] == '"'
        parts.message = _logfmt_value(rest, quoted=quoted)
        if found_cause := _CAUSE.search(rest, len(parts.message)):
            parts.cause = _logfmt_value(rest[found_cause.end() :], quoted=found_cause[1] == '"')


def _told_behind(event: Event, header: Header | None, inner: Sequence[str], parts: _Parts) -> str:
    """The message as the lines below the first tell it; empty where they tell none."""
    if event.head.role.language == reports.TITLE:
        crash = event.head.role.part is Part.CRASH
        if said := report_message(inner[1:], framed=crash or parts.trace is not None):
            return said
    if header is not None and (said := told_below(header.format, inner[1:])):
        return said
    if header is not None and header.format == "gcc" and (said := coded(inner[0].strip(), inner[1:])):
        return said
    if inner[0].endswith(_PIP):
        return installer_failure(inner[1:])
    if inner[1].startswith("Errors in file "):  # Oracle's alert log, below a time that stands alone
        return alert(inner[2:])
    if header is not None and header.format == "mssql-error":
        return f"{inner[0].strip()} {inner[1].strip()}"
    if ".drv'" in inner[0] or not inner[0].strip():
        return derivation_failure(inner)
    return error_stack(inner) if "ORA-" in inner[0] else ""


def _plausible(trace: StackTrace, event: Event) -> bool:
    """A lone `Error: text` without any frame names no exception worth the name."""
    return bool(event.crash or trace.language or trace.outermost.type not in {"Error", "Exception", "Failure"})


def _worth(event: Event, texts: list[str]) -> bool:
    if event.phase is not Phase.NONE or event.head.role.part is not Part.NONE or len(texts) > 1:
        return True
    return _WORTH.search(texts[0]) is not None


def _message(lines: Sequence[str]) -> str:
    """The first line that says something."""
    said = [text.strip() for text in lines if text.strip()]
    line = next((text for text in said if not _RULE.fullmatch(text)), said[0] if said else "")
    if found := _PHP_PLACE.match(line):
        return found[1]
    return _PHP_WORD.sub("", line, count=1) if line.startswith("PHP ") else line


def _closed(message: str, closer: str) -> str:
    """A message without what the format puts behind it; further fields follow where more than that does."""
    head, _, behind = message.rpartition(closer)
    return head if head and (not behind.strip() or closer == "]LOG]!>") else message


def _logfmt_value(rest: str, *, quoted: bool) -> str:
    """The message of a logfmt line without the pairs behind it."""
    found = _QUOTED.match(rest) if quoted else _UNQUOTED.match(rest)
    return found[1].replace('\\"', '"').replace("\\n", " ") if found else rest


def _cut(text: str, span: tuple[int, int]) -> str:
    return "" if span == NO_SPAN else text[span[0] : span[1]].strip()


def _from_json(fields: JsonFields, texts: list[str]) -> _Parts:
    parts = _Parts(
        message=fields.message,
        stamps=(fields.timestamp,),
        logger=fields.logger,
        service=fields.service,
        format=fields.format,
        cause=fields.exception_message,
        attributes=fields.attributes,
    )
    trace = _json_trace(fields)
    if "\n" in fields.message:
        lines = fields.message.split("\n")
        found = stacktrace.find(lines)
        if found is not None:
            trace = trace or found.trace
            parts.message = _message(lines[: found.first])
    if trace is not None and stacktrace.role(parts.message).part in {Part.START, Part.CRASH}:
        parts.message = ""
    if trace is None and len(texts) > 1:
        found = stacktrace.find(texts[1:])
        trace = found.trace if found else None
    parts.trace = trace
    return parts


def _json_trace(fields: JsonFields) -> StackTrace | None:
    """The exception of a record. Fields that name type and message win over what the text of the trace leaves open."""
    named = ExceptionInfo(fields.exception_type, fields.exception_message) if fields.exception_type else None
    trace = stacktrace.parse(fields.stacktrace) if fields.stacktrace else None
    if trace is None and fields.stacktrace and named:
        trace = stacktrace.parse(f"{named.type}: {named.message}\n{fields.stacktrace}")
    if trace is None:
        return StackTrace("", (named,)) if named else None
    outer = trace.outermost
    if named and (not outer.type or (outer.type != named.type and named.type.endswith("." + outer.type))):
        outer = ExceptionInfo(named.type, outer.message or named.message, outer.frames)
        return StackTrace(trace.language, (outer, *trace.exceptions[1:]))
    return trace
