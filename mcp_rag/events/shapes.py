"""What one physical line is.

Two lines that differ only in digits share one Shape (`memo`): the header's spans stay valid because digit runs keep
their length. Lines whose digits decide (an HTTP status, a syslog priority) and JSON records are exempt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from mcp_rag import formats
from mcp_rag.events import json_lines
from mcp_rag.events.folded import untabbed
from mcp_rag.events.strays import depth, stray
from mcp_rag.stacktrace import NO_ROLE, Part, Role, role
from mcp_rag.types import NO_SPAN, Envelope, Header, Level, Span

MAX_ENVELOPES = 4
# So far is a line read for words that say a level; what is remembered of a line is as long.
READ_CHARS = 512


class Kind(IntEnum):
    """How a line relates to the event before it."""

    BLANK = 0
    HEAD = 1  # a known header: starts an event unless its rest continues a trace
    JSON = 2  # one whole structured record
    TEXT = 3  # no header: the state of the open event decides
    PIECE = 4  # a later part of a line the container runtime cut in pieces
    EXACT = 5  # not a shape: ask again with the real digits


@dataclass(slots=True, eq=False)  # not frozen: one is made per distinct line, and freezing doubles the cost
class Shape:
    """What is known of a line.

    `level` is what header, envelope or words say; `fixed`: a header or envelope said it. `role` and `indented`
    describe the text behind the header. `plain`: certainly starts an event. `noted`: the line belongs to the message
    before it although it has a header (PostgreSQL DETAIL). `named`: reads like `word:` or one bare word, as the last
    line of a traceback may. `deeper`: a frame or indented text without a header, which goes on with frames.
    `two_line`: a header alone on its line, the message on the next. `block`: consecutive lines of this format are one
    message. `carried`: the header is a program's own, behind syslog's, whose time stands `around`. `brace`: opens
    JSON spread over lines. `stray`: by itself an error that a process printed past its logger, `depth` blanks in if it
    begins with blanks and an error's word. `stream` names the
    container's stream; `digits`: it holds digits and must be read from each line. `partial`: the container runtime cut
    the line here. `prefix`: characters before the text inside the envelopes, -1 if it is not simply the line's end.
    """

    kind: Kind
    level: Level = Level.UNSET
    fixed: bool = False
    role: Role = NO_ROLE
    indented: bool = False
    plain: bool = False
    noted: bool = False
    named: bool = False
    deeper: bool = False
    empty: bool = False
    two_line: bool = False
    block: bool = False
    carried: bool = False
    brace: bool = False
    stray: bool = False
    depth: int = 0
    header: Header | None = None
    enveloped: bool = False
    stream: str = ""
    digits: bool = False
    partial: bool = False
    prefix: int = 0
    around: Span = NO_SPAN


BLANK = Shape(Kind.BLANK)
PIECE = Shape(Kind.PIECE, indented=True)

_NAMED = re.compile(r"[A-Za-z_][\w.]{0,200}(?::|$)")
# Lines that belong to the error before them, as if its logger had not headed them.
_NOTES = {
    "postgres": re.compile(r"(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): "),
    "dbt-continued": re.compile(r""),
    "maven": re.compile(
        r" {0,8}$|\[Help \d{1,2}\] http|To see the full stack trace of the errors|Re-run Maven using the -X"
        r"|For more information about the errors|After correcting the problems|  mvn <args> -rf "
    ),
}
_BLOCK_FORMATS = frozenset({"npm", "npm-debug"})
_BOXES = "│|┌"
_EDGES = frozenset({"╷", "╵"})  # of the boxes Terraform draws: they say nothing
_CLOSERS = ("}", "]", ")", "|#]")
_CATALOGUE = ("-- ", "░░")  # what journalctl -x says about the message above
_CROSS = "× "  # marks an error in what uv, pip and other tools print
_TRACE_PARTS = frozenset({Part.START, Part.CRASH, Part.TYPE, Part.FRAME, Part.LINK, Part.DETAIL, Part.PRELUDE})
# "note: run with ...", "panic: ...": a word and a colon is a weak header, the trace wins.
_NO_HEADER = _TRACE_PARTS - {Part.TYPE}


def inside(line: str) -> tuple[str, list[Envelope]]:
    """The text within up to four nested container prefixes, and those prefixes, outermost first."""
    found: list[Envelope] = []
    while len(found) < MAX_ENVELOPES and (envelope := formats.unwrap(line)) is not None:
        found.append(envelope)
        line = envelope.text
    return line, found


def stream_of(envelopes: Sequence[Envelope]) -> str:
    """Name of the stream that nested prefixes select together."""
    return "\x00".join(e.stream or e.service for e in envelopes)


def classify(text: str, preferred: str = "") -> tuple[Shape, bool]:
    """Shape of one decoded line, and whether its digits matter (then it must not be shared by key)."""
    line = text
    text, envelopes = inside(line)
    if not envelopes:
        return _classify_inner(text, preferred)
    shape, digits_matter = _classify_inner(text, preferred, READ_CHARS - (len(line) - len(text)))
    stream = stream_of(envelopes)
    partial = any(e.partial for e in envelopes)
    level = next((e.level for e in reversed(envelopes) if e.level), Level.UNSET)
    use_level = bool(level) and not shape.fixed  # what an envelope states counts for more than words
    return (
        Shape(
            kind=shape.kind,
            level=level if use_level else shape.level,
            fixed=shape.fixed or use_level,
            role=shape.role,
            indented=shape.indented,
            plain=shape.plain and not partial,
            noted=shape.noted,
            named=shape.named,
            deeper=shape.deeper,
            empty=shape.empty,
            two_line=shape.two_line,
            block=shape.block,
            carried=shape.carried,
            brace=shape.brace,
            stray=shape.stray,
            depth=shape.depth,
            header=shape.header,
            enveloped=True,
            stream=stream,
            digits=any(map(str.isdigit, stream)),
            partial=partial,
            prefix=len(line) - len(text) if line.endswith(text) else -1,
            around=shape.around,
        ),
        digits_matter,
    )


def _classify_inner(text: str, preferred: str, most: int = READ_CHARS) -> tuple[Shape, bool]:
    """As `classify`, for the text inside the envelopes; words say a level in its first `most` characters."""
    if not text or text.isspace() or text in _EDGES:
        return BLANK, False
    if text[0] == "{" and (level := json_lines.level(text)) is not None:
        return json_shape(level), True
    header = formats.match(text, preferred)
    if header is None or (header.time == NO_SPAN and text[0] not in _BOXES and role(text).part in _NO_HEADER):
        return _text(text, most), False
    outer = header
    if header.format in formats.CARRIERS and header.service != NO_SPAN:
        header = _carried(text, header)
    elif header.format == formats.GENERIC and not header.level and header.time != NO_SPAN:
        header = _timed(text, header)
    elif header.format == formats.GENERIC and text[header.body : header.body + 4].isdigit():
        header = _dated(text, header)
    rest = text[header.body :]
    if rest[:4] == "#011":
        rest = untabbed(rest)
    part = role(rest)
    empty = not rest or rest.isspace()
    noted = header.format in _NOTES and _NOTES[header.format].match(rest) is not None
    indented = rest[:1] in {" ", "\t"} or rest.rstrip() in _CLOSERS
    level = header.level
    fixed = level is not Level.UNSET
    if not fixed:
        level = formats.level_from_words(text[header.body : max(most, header.body)])
    astray = stray(rest, most - header.body) if header.format in formats.CARRIERS else Level.UNSET
    if not fixed:
        level = level or astray
    block = header.format in _BLOCK_FORMATS and level >= Level.ERROR
    plain = not (part.part in _TRACE_PARTS or indented or noted or empty or block)
    return (
        Shape(
            kind=Kind.HEAD,
            level=level,
            fixed=fixed,
            role=part,
            indented=indented,
            plain=plain,
            noted=noted,
            named=_NAMED.match(rest.lstrip()) is not None,
            empty=empty,
            two_line=empty and header.format in formats.TWO_LINE_FORMATS,
            block=block,
            stray=astray is not Level.UNSET,
            carried=header.format != outer.format,
            header=header,
            around=outer.time if header.time != outer.time else NO_SPAN,
        ),
        header.digits_matter,
    )


def _carried(text: str, outer: Header) -> Header:
    """The header that a program printed behind syslog's, with syslog's program and process; else syslog's own.

    Of a bare `LEVEL:` the level counts.
    """
    rest = text[outer.body :]
    inner = formats.match(rest)
    if inner is None or inner.format not in formats.CARRIED:
        return outer
    if inner.time == NO_SPAN and (not inner.level or role(rest).part in _NO_HEADER):
        return outer
    if inner.format in formats.LEVEL_PREFIXES:
        return outer._replace(level=inner.level, body=outer.body + inner.body)
    at = outer.body
    numbered = text[outer.service[0] : outer.service[1]].isdigit()  # a relay's sequence
    return inner._replace(
        body=at + inner.body,
        level=inner.level or outer.level,
        time=_moved(inner.time, at) if inner.time != NO_SPAN else outer.time,
        logger=_moved(inner.logger, at),
        service=outer.service if not numbered else _moved(inner.service, at),
        stream=outer.stream,
        digits_matter=outer.digits_matter or inner.digits_matter,
    )


def _timed(text: str, outer: Header) -> Header:
    """The diagnostic that a tool printed behind the time a build server gave it, else the header as it is."""
    rest = text[outer.body :]
    inner = formats.match(rest)
    if inner is not None and inner.level and 0 <= inner.time[0] <= 1:  # a viewer's time, then the program's own
        return _replaced(inner, outer.body)
    if inner is None or inner.format not in formats.TIMED or not inner.level or role(rest).part in _NO_HEADER:
        return outer
    at = outer.body
    return inner._replace(
        body=at + inner.body,
        time=outer.time,
        logger=_moved(inner.logger, at),
        service=_moved(inner.service, at) if inner.service != NO_SPAN else outer.service,
        stream=_moved(inner.stream, at) if inner.stream != NO_SPAN else outer.stream,
    )


def _dated(text: str, outer: Header) -> Header:
    """The header of a program that puts its level before its time, behind a build server's time of day."""
    at = len(text) - len(text[outer.time[1] :].lstrip(" "))
    inner = formats.match(text[at:]) if text[at : at + 1].isalpha() else None
    whole = inner is not None and inner.level and inner.time[0] > 0 and at + inner.body > outer.body
    return _replaced(inner, at) if inner is not None and whole else outer


def _replaced(inner: Header, at: int) -> Header:
    """A header whose places are counted from further left."""
    return inner._replace(
        body=at + inner.body,
        time=_moved(inner.time, at),
        logger=_moved(inner.logger, at),
        service=_moved(inner.service, at),
        stream=_moved(inner.stream, at),
    )


def _moved(span: Span, by: int) -> Span:
    return (span[0] + by, span[1] + by) if span != NO_SPAN else NO_SPAN


def _text(text: str, most: int) -> Shape:
    part = role(text)
    indented = text[0] in {" ", "\t"} or text.startswith(_CLOSERS) or (text[0] == ">" and text.rstrip() == ">")
    level = formats.level_from_words(text[: max(most, 0)])
    crossed = text[:8].lstrip().startswith(_CROSS)
    deep = depth(text)
    astray = stray(text, most) if not indented else Level.ERROR if crossed or deep else Level.UNSET
    return Shape(
        kind=Kind.TEXT,
        level=astray if level < Level.WARN else level,
        role=part,
        indented=indented,
        named=_NAMED.match(text) is not None,
        deeper=part.part is Part.FRAME or (indented and part is NO_ROLE),
        brace=not indented and text[0] == "{" and (text.rstrip() == "{" or _opens(text)),
        stray=astray is not Level.UNSET,
        noted=text.startswith(_CATALOGUE) and not text.endswith("--"),
        depth=deep,
    )


def _opens(text: str) -> bool:
    """Whether a record begins here that goes on below: Elasticsearch puts each call of its trace on a line."""
    return text[:2] == '{"' and text.rstrip()[-1] in ",["


_JSON_SHAPES = {level: Shape(Kind.JSON, level=level, fixed=True, plain=True) for level in Level}


def json_shape(level: Level) -> Shape:
    """The one shape of all JSON records of a level."""
    return _JSON_SHAPES[level]


def header_stream(shape: Shape) -> tuple[int, int]:
    """Span of the header's process, thread or rank, or NO_SPAN."""
    return shape.header.stream if shape.header is not None else NO_SPAN
