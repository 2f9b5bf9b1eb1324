"""What one physical line is, decided once per distinct digit-normalised line.

Two lines that differ only in digits have the same key and share one Shape: the header's spans stay valid because digit
runs keep their length. Lines whose digits decide (an HTTP status, a syslog priority) and JSON records are exempt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from mcp_rag import formats
from mcp_rag.events import json_lines
from mcp_rag.stacktrace import NO_ROLE, Part, Role, role
from mcp_rag.types import NO_SPAN, Envelope, Header, Level

ZERO_DIGITS = bytes.maketrans(b"123456789", b"000000000")
KEY_BYTES = 512
MEMO_ENTRIES = 65_536
MEMOS = 8
MAX_ENVELOPES = 4


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

    `level` is what header, envelope or words say; `fixed`: a header or envelope said it. `role` and `indented` describe
    the text behind the header. `plain`: certainly starts an event. `noted`: the line belongs to the message before it
    although it has a header (PostgreSQL DETAIL). `named`: reads like `word:` or one bare word, as the last line of a
    traceback may. `two_line`: a header alone on its line, the message on the next. `block`: consecutive lines of this
    format are one message. `brace`: opens JSON spread over lines. `stream` names the container's stream; `digits`: it
    holds digits and must be read from each line. `partial`: the container runtime cut the line here.
    `prefix`: characters before the text inside the envelopes, -1 if it is not simply the line's end.
    """

    kind: Kind
    level: Level = Level.UNSET
    fixed: bool = False
    role: Role = NO_ROLE
    indented: bool = False
    plain: bool = False
    noted: bool = False
    named: bool = False
    empty: bool = False
    two_line: bool = False
    block: bool = False
    brace: bool = False
    header: Header | None = None
    enveloped: bool = False
    stream: str = ""
    digits: bool = False
    partial: bool = False
    prefix: int = 0


BLANK = Shape(Kind.BLANK)
PIECE = Shape(Kind.PIECE, indented=True)

# Formats that decide by an HTTP status or by the priority in front.
_BY_SHORT_NUMBERS = frozenset(
    {"access", "access-dev", "access-plain", "iis", "syslog-5424", "syslog-priority", "dmesg-raw"}
)
_SHORT_NUMBER = re.compile(rb"(?<![\w.:/])(?:\d{3}|<\d{1,3}>)(?![\w.:/])|^<\d{1,3}>")
_NAMED = re.compile(r"[A-Za-z_][\w.]{0,200}(?::|$)")
_NOTED = re.compile(r"(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): ")
_BLOCK_FORMATS = frozenset({"npm"})
_BOXES = "│|"
_CLOSERS = ("}", "]", ")")
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
    shape, digits_matter = _classify_inner(text, preferred)
    stream = stream_of(envelopes)
    partial = any(e.partial for e in envelopes)
    level = next((e.level for e in reversed(envelopes) if e.level), Level.UNSET)
    use_level = bool(level) and not shape.fixed and (level >= shape.level or level >= Level.WARN)
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
            empty=shape.empty,
            two_line=shape.two_line,
            block=shape.block,
            brace=shape.brace,
            header=shape.header,
            enveloped=True,
            stream=stream,
            digits=any(map(str.isdigit, stream)),
            partial=partial,
            prefix=len(line) - len(text) if line.endswith(text) else -1,
        ),
        digits_matter,
    )


def _classify_inner(text: str, preferred: str) -> tuple[Shape, bool]:
    if not text or text.isspace():
        return BLANK, False
    if text[0] == "{" and (level := json_lines.level(text)) is not None:
        return json_shape(level), True
    header = formats.match(text, preferred)
    if header is None or (header.time == NO_SPAN and text[0] not in _BOXES and role(text).part in _NO_HEADER):
        return _text(text), False
    rest = text[header.body :]
    part = role(rest)
    empty = not rest or rest.isspace()
    noted = header.format == "postgres" and _NOTED.match(rest) is not None
    indented = rest[:1] in {" ", "\t"}
    level = header.level
    fixed = level is not Level.UNSET
    if not fixed:
        level = formats.level_from_words(rest)
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
            header=header,
        ),
        header.digits_matter,
    )


def _text(text: str) -> Shape:
    part = role(text)
    indented = text[0] in {" ", "\t"} or text.startswith(_CLOSERS)
    return Shape(
        kind=Kind.TEXT,
        level=formats.level_from_words(text),
        role=part,
        indented=indented,
        named=_NAMED.match(text) is not None,
        brace=text.strip() == "{" and not indented,
    )


_JSON_SHAPES = {level: Shape(Kind.JSON, level=level, fixed=True, plain=True) for level in Level}


def json_shape(level: Level) -> Shape:
    """The one shape of all JSON records of a level."""
    return _JSON_SHAPES[level]


class ShapeMemo:
    """Shapes by key, bounded; pure, so it may outlive a block."""

    __slots__ = ("_exact", "_shapes", "preferred")

    def __init__(self, preferred: str) -> None:
        self.preferred = preferred
        self._shapes: dict[bytes, Shape] = {b"": BLANK}
        self._exact: dict[bytes, Shape] = {}

    def shapes(self, data: bytes, lines: Sequence[bytes]) -> list[Shape]:
        """The shape of every line of `data`; `lines` is `data` split at newlines."""
        keys = data.translate(ZERO_DIGITS).split(b"\n")
        if max(map(len, keys)) > KEY_BYTES:
            keys = [key[:KEY_BYTES] for key in keys]
        found: list[Shape] = []
        append = found.append
        get = self._shapes.get
        for key, line in zip(keys, lines, strict=False):
            shape = get(key)
            if shape is None or shape.kind is Kind.EXACT:
                shape = self._miss(key, line, shape)
            append(shape)
        return found

    def _miss(self, key: bytes, line: bytes, exact: Shape | None) -> Shape:
        """Classify one line. JSON records are not remembered; a line whose digits matter is, by those digits."""
        if line[:1] == b"{" and (quick := json_lines.quick_level(line)) is not None:
            return json_shape(quick)
        if exact is not None and (known := self._exact.get(_deciding(key, line, exact))) is not None:
            return known
        shape, digits_matter = classify(line.decode("utf-8", "replace"), self.preferred)
        if not digits_matter:
            _remember(self._shapes, key, shape)
        elif shape.kind is not Kind.JSON:
            exact = exact or Shape(Kind.EXACT, header=shape.header)
            _remember(self._shapes, key, exact)
            if len(line) <= KEY_BYTES:
                _remember(self._exact, _deciding(key, line, exact), shape)
        return shape

    @property
    def entries(self) -> int:
        """Number of remembered lines."""
        return len(self._shapes)

    def one(self, line: bytes) -> Shape:
        """The shape of a single line."""
        return self.shapes(line, (line,))[0]


def _deciding(key: bytes, line: bytes, exact: Shape) -> bytes:
    """The key that tells apart lines whose digits matter: with the numbers a status or a priority can be, where the
    format is known to decide by those, else the line itself."""
    if exact.header is None or exact.header.format not in _BY_SHORT_NUMBERS:
        return line
    return b"\n".join([key, *_SHORT_NUMBER.findall(line)])


def _remember(memo: dict[bytes, Shape], key: bytes, shape: Shape) -> None:
    if len(memo) >= MEMO_ENTRIES:
        memo.clear()
        memo[b""] = BLANK
    memo[key] = shape


_MEMOS: dict[str, ShapeMemo] = {}


def memo_for(preferred: str) -> ShapeMemo:
    """The memo shared by all blocks read with this preferred format."""
    memo = _MEMOS.get(preferred)
    if memo is None:
        if len(_MEMOS) >= MEMOS:
            _MEMOS.clear()
        memo = _MEMOS[preferred] = ShapeMemo(preferred)
    return memo


def forget() -> None:
    """Drop all memos: frees memory, changes no result."""
    _MEMOS.clear()


def header_stream(shape: Shape) -> tuple[int, int]:
    """Span of the header's process, thread or rank, or NO_SPAN."""
    return shape.header.stream if shape.header is not None else NO_SPAN
