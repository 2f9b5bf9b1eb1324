"""An event before its record is built: enough to count it when events like it are known, and to build it later.

Most kept events repeat one seen before but for numbers, ids and times. For those the header's time, service and logger
are read, and a key that tells which events are alike; message, trace and fingerprint are not worked out again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from mcp_rag import formats
from mcp_rag.events.assembly import Event
from mcp_rag.events.instants import instant_of
from mcp_rag.events.keys import ZERO_DIGITS
from mcp_rag.events.phases import Phase
from mcp_rag.events.records import Lines, build, fits, stamps_and_service
from mcp_rag.events.shapes import Kind, Shape, inside
from mcp_rag.types import NO_SPAN, LogRecord, Span

MAX_ALIKE_BYTES = 16_000
MAX_GLANCE_BYTES = 2_000

# Ids that stand alone are masked as a whole, whatever they hold. What must not stand before is asked last: an
# expression that begins with the character it seeks is found faster.
_ALONE = r"[0-9a-f](?<![^\s\"'(\[=,][0-9a-f])"
_BEHIND = r"(?=[\s\"')\],;]|$|[.:](?:\s|$))"
_UUID = re.compile(rf"{_ALONE}[0-9a-f]{{7}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{_BEHIND}".encode())
_HEX = re.compile(
    rf"{_ALONE}(?:(?<=[0-9])(?=[0-9]{{0,40}}[a-f])|(?<=[a-f])(?=[a-f]{{0,40}}[0-9]))[0-9a-f]{{7,127}}{_BEHIND}".encode()
)
_IP = re.compile(rf"[0-9](?<![^\s\"'(\[=,][0-9])[0-9]{{0,2}}(?:\.[0-9]{{1,3}}){{3}}{_BEHIND}".encode())
_ADDRESS = re.compile(rb"0(?<![0-9A-Za-z_$]0)x[0-9a-f]{9,16}(?![0-9A-Za-z_])")  # eight digits may be a code
# Digits in names: `step1`, `run-1`, `a.1b`, `Foo<3>` and `operator()1` are other functions than `step2` and so on.
_NAMED_DIGITS = re.compile(rb"[0-9](?:(?<=[A-Za-z_$<)\x80-\xff][0-9])|(?<=[A-Za-z_][.-][0-9]))[0-9]*")


class Sketch(NamedTuple):
    """Where an event stands in its block, and what the lines before it decided about it. `members` are the numbers of
    its lines in the block, from 0."""

    members: Sequence[int]
    phase: Phase
    crash: bool
    fatal: bool
    own_crash: bool


class Likeness(NamedTuple):
    """What is read of an event without building it. Events of one `key` differ in digits and ids only: they have one
    fingerprint unless their digits hold a code, or tell names of a trace apart. `text` is what the key was made of, ids
    replaced; `names` are the digits of names in it; `look` tells variants of the message apart."""

    key: bytes
    text: bytes
    names: bytes
    look: int
    at_ms: int | None
    service: str
    logger: str


class Glance(NamedTuple):
    """The least that is read of an event. Events of one `key` differ in digits only."""

    key: tuple[bytes, str, int, Phase, bool]
    at_ms: int | None
    service: str
    logger: str


def sketch(event: Event, order: Sequence[int]) -> Sketch:
    """The recipe of an event of a lane."""
    members = order[event.first : event.last + 1]
    return Sketch(
        members if isinstance(members, range) else tuple(members),
        event.phase,
        event.crash,
        event.fatal,
        event.own_crash,
    )


def rebuild(recipe: Sketch, lines: Lines) -> LogRecord:
    """The record that `build` would have given."""
    event = Event(
        0,
        len(recipe.members) - 1,
        lines.shapes[recipe.members[0]],
        recipe.phase,
        crash=recipe.crash,
        fatal=recipe.fatal,
        own_crash=recipe.own_crash,
    )
    return build(event, recipe.members, lines)


def glance(event: Event, order: Sequence[int], lines: Lines) -> Glance | None:
    """A first look at an event of plain text; None where that does not suffice."""
    head, first = event.head, order[event.first]
    if event.second is not None or head.kind is Kind.JSON or head.prefix < 0 or _joined(event, order, lines):
        return None
    line, key = lines.raw[first], lines.keys[first]
    if event.last != event.first:
        members = order[event.first : event.last + 1]
        if not fits(members, lines) or not _of_one_stream(members, lines):
            return None
        key = b"\n".join([lines.keys[n] for n in members])
    size = len(key)
    if size > MAX_GLANCE_BYTES or size >= lines.settings.max_event_bytes:
        return None
    header = head.header
    body = header.body if header is not None else 0
    mark = header.format if header is not None else ""
    if not line[: head.prefix + body].isascii():
        return None
    stamps, service, logger = _head(line, head)
    settings = lines.settings
    at_ms = instant_of(stamps, settings)
    return Glance((key, mark, body, event.phase, event.crash), at_ms, settings.service or service, logger)


def _joined(event: Event, order: Sequence[int], lines: Lines) -> bool:
    """Whether a line of the event was put together from pieces."""
    return bool(lines.joined) and any(n in lines.joined for n in order[event.first : event.last + 1])


def _of_one_stream(members: Sequence[int], lines: Lines) -> bool:
    """Whether the first line has a container prefix, or none has: else a later line names time and service."""
    shapes = lines.shapes
    return shapes[members[0]].enveloped or len(members) == 1 or not any(shapes[n].enveloped for n in members)


def _head(line: bytes, head: Shape) -> tuple[tuple[str, ...], str, str]:
    """Times, service and logger as written in the first line of an event, whose header is ASCII."""
    header, time, around, service, logger = head.header, "", "", "", ""
    if header is not None:
        first = line[head.prefix :] if head.prefix else line
        time, logger, service = _cut(first, header.time), _cut(first, header.logger), _cut(first, header.service)
        around = _cut(first, head.around)
    envelopes = inside(line.decode("utf-8", "replace"))[1] if head.enveloped else ()
    stamps, service = stamps_and_service((around, time), service, envelopes)
    return stamps, service, logger


def look(event: Event, order: Sequence[int], lines: Lines) -> int:
    """A number that tells the variants of a message apart, for an event that had a glance."""
    return hash(_texts(order[event.first : event.last + 1], lines))


def likeness(event: Event, order: Sequence[int], lines: Lines) -> Likeness | None:
    """What can be read of an event without building it; None when only the record tells."""
    members = order[event.first : event.last + 1]
    head = event.head
    if event.second is not None or not fits(members, lines) or not _of_one_stream(members, lines):
        return None
    if _joined(event, order, lines):
        return None
    if head.kind is Kind.JSON:
        return _of_json(members, lines)
    text = _texts(members, lines)
    if text is None:
        return None
    read = _head(lines.raw[members[0]], head)
    logger = read[2]
    format_name = head.header.format if head.header is not None else ""
    marks = f"{format_name}\n{logger}\n{event.crash:d}{event.phase:d}{head.role.part:d}"
    return _likeness(text, marks, lines, read)


def _of_json(members: Sequence[int], lines: Lines) -> Likeness | None:
    line = lines.raw[members[0]]
    behind = _texts(members[1:], lines) if len(members) > 1 else b""
    if behind is None:
        return None
    text, envelopes = inside(line.decode("utf-8", "replace"))
    fields = formats.decode_json(text)
    if fields is None:
        return None
    stamps, service = stamps_and_service((fields.timestamp,), fields.service, envelopes)
    said = "\0".join((fields.message, fields.exception_type, fields.exception_message, fields.stacktrace))
    if fields.exception_message and not fields.exception_type:
        told = f"{fields.message}; {fields.exception_message}\0"  # as `fingerprint` reads a message and its cause
        said = f"{told}{said}" if fields.stacktrace else told
    data = said.encode("utf-8", "replace")
    if behind:  # a trace that the runtime printed beside the record
        data += b"\0\n" + behind
    if len(data) > MAX_ALIKE_BYTES:
        return None
    return _likeness(data, f"{fields.format}\n{fields.logger}", lines, (stamps, service, fields.logger))


def _likeness(text: bytes, marks: str, lines: Lines, read: tuple[tuple[str, ...], str, str]) -> Likeness:
    seen = hash(text)
    if b"-" in text:
        text = _UUID.sub(b"\x02", text)
    text = _IP.sub(b"\x04", _HEX.sub(b"\x01", text))
    if b"0x" in text:
        text = _ADDRESS.sub(b"\x03", text)
    names = b" ".join(_NAMED_DIGITS.findall(text))
    parts = (text.translate(ZERO_DIGITS), marks.encode("utf-8", "replace"))
    key = hashlib.blake2b(b"\0\n".join(parts), digest_size=16).digest()
    stamps, service, logger = read
    settings = lines.settings
    return Likeness(key, text, names, seen, instant_of(stamps, settings), settings.service or service, logger)


def _texts(members: Sequence[int], lines: Lines) -> bytes | None:
    """The event's text behind its headers. None when that needs decoding: a header's positions count characters."""
    texts: list[bytes] = []
    for n in members:
        shape: Shape = lines.shapes[n]
        line = lines.raw[n]
        start = shape.prefix + shape.header.body if shape.header is not None else shape.prefix
        if shape.kind is Kind.PIECE or shape.prefix < 0 or not line[:start].isascii():
            return None
        texts.append(line[start:] if start else line)
    text = b"\n".join(texts) if len(texts) > 1 else texts[0]
    # Where nothing is said behind the header, the header itself is what the record says.
    return text if len(text) <= MAX_ALIKE_BYTES and not text.isspace() and text else None


def _cut(line: bytes, span: Span) -> str:
    return "" if span == NO_SPAN else line[span[0] : span[1]].decode("utf-8", "replace").strip()
