"""Keep interleaved streams apart: each lane is the sequence of lines that one process or container wrote."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mcp_rag.events import event_fields, json_lines
from mcp_rag.events.shapes import PIECE, Kind, Shape, classify, header_stream, inside, json_shape, stream_of
from mcp_rag.formats import CARRIERS
from mcp_rag.types import NO_SPAN, Span

MAX_JSON_LINES = 2_000
MAX_PLANS = 65_536
_ANYWHERE = -2  # a blank line outside of containers stays with the line before


class Laned(NamedTuple):
    """Line indexes of every lane in order, the shapes with cut lines joined, and the text of those joined lines by
    the index of their first part."""

    lanes: list[Sequence[int]]
    shapes: list[Shape]
    joined: dict[int, str]


def split(lines: Sequence[bytes], shapes: list[Shape], preferred: str) -> Laned:
    """Lanes of a block; a single one unless its lines name different streams."""
    distinct = set(shapes)
    partial = any(s.partial for s in distinct)
    braces = any(s.brace for s in distinct)
    fields = any(map(_of_fields, distinct))
    if not _streamed(distinct) and not partial and not braces and not fields:
        return Laned([range(len(lines))], shapes, {})
    found = _lanes(lines, shapes)
    joined: dict[int, str] = {}
    if partial or braces or fields:
        shapes = list(shapes)
        for lane in found:
            if partial:
                _join_pieces(lane, lines, shapes, joined, preferred)
            if braces:
                _join_braces(lane, lines, shapes, joined)
            if fields:
                _join_fields(lane, lines, shapes, joined, preferred)
    return Laned(list(found), shapes, joined)


class _Plan(NamedTuple):
    """How to find the lane of a line by its shape. `outer` names its container, None when it must be read from the
    line; `start` and `stop` are where the header's stream stands, -1 when it has none."""

    outer: str | None
    start: int
    stop: int


class _Container:
    """The lanes of one container: by the stream a header names, and the one its last header was written to."""

    __slots__ = ("last", "streams")

    def __init__(self, lane: list[int]) -> None:
        self.streams: dict[bytes, list[int]] = {}
        self.last = lane


def _lanes(lines: Sequence[bytes], shapes: Sequence[Shape]) -> list[list[int]]:
    """The line numbers of every stream, in order of first appearance."""
    last: list[int] = []
    found = [last]
    containers = {"": _Container(last)}
    prefixes: dict[bytes, str] = {}
    plans = _plans()
    ascii_only = all(map(bytes.isascii, lines))
    before, container = "", containers[""]
    for n, shape in enumerate(shapes):
        outer, start, stop = plans[shape]
        if stop == _ANYWHERE:
            last.append(n)
            continue
        if outer is None:
            outer = _outer(lines[n], shape, prefixes)
        if outer != before:
            before = outer
            if outer not in containers:
                found.append([])
                containers[outer] = _Container(found[-1])
            container = containers[outer]
        if stop >= 0:
            stream = lines[n][start:stop] if ascii_only and start >= 0 else _part_of(lines[n], shape)
            lane = container.streams.get(stream)
            if lane is None:
                lane = container.streams[stream] = []
                found.append(lane)
            container.last = lane
        # A line without a header was written by whoever wrote the last header in the same container.
        last = container.last
        last.append(n)
    return [lane for lane in found if lane]


class _Plans(dict[Shape, _Plan]):
    """Plans by shape, made when first asked for: shapes outlive a block."""

    def __missing__(self, shape: Shape) -> _Plan:
        plan = self[shape] = _plan(shape)
        return plan


_KNOWN = _Plans()


def _plans() -> _Plans:
    global _KNOWN  # noqa: PLW0603 - one per process, like the memo of lines
    if len(_KNOWN) > MAX_PLANS:
        _KNOWN = _Plans()
    return _KNOWN


def _stream_span(shape: Shape) -> Span:
    """Where a header names the stream. Where syslog names no process, the program counts: the kernel, tools."""
    span = header_stream(shape)
    if span == NO_SPAN and shape.header is not None and shape.header.format in CARRIERS:
        return shape.header.service
    return span


def _plan(shape: Shape) -> _Plan:
    if shape.kind is Kind.BLANK and not shape.enveloped:
        return _Plan("", 0, _ANYWHERE)
    outer = None if shape.digits else shape.stream
    span = _stream_span(shape)
    if span == NO_SPAN:
        return _Plan(outer, -1, -1)
    return _Plan(outer, shape.prefix + span[0] if shape.prefix >= 0 else -1, max(shape.prefix, 0) + span[1])


def _streamed(distinct: set[Shape]) -> bool:
    """Only when streams can be entangled: several containers, or headers whose rest continues another line's trace."""
    outer = {s.stream for s in distinct if s.enveloped}
    if len(outer) > 1 or any(s.digits for s in distinct):
        return True
    return any(s.kind is Kind.HEAD and not s.plain and header_stream(s) != NO_SPAN for s in distinct)


def _outer(line: bytes, shape: Shape, prefixes: dict[bytes, str]) -> str:
    """Name of the container's stream; read once per distinct prefix."""
    if not shape.digits:
        return shape.stream
    prefix = line[: shape.prefix] if shape.prefix > 0 else line
    name = prefixes.get(prefix)
    if name is None:
        name = prefixes[prefix] = stream_of(inside(line.decode("utf-8", "replace"))[1])
    return name


def _part_of(line: bytes, shape: Shape) -> bytes:
    """The stream that a header names. Its place counts the characters of the text inside the envelopes, which need not
    be bytes of the line."""
    start, stop = _stream_span(shape)
    return _text_of(line, shape)[start:stop].encode("utf-8", "replace")


def _join_pieces(
    lane: Sequence[int], lines: Sequence[bytes], shapes: list[Shape], joined: dict[int, str], preferred: str
) -> None:
    """CRI and docker cut long lines: all parts but the last are marked partial."""
    start = -1
    pieces: list[str] = []
    for n in lane:
        partial = shapes[n].partial
        if start < 0 and not partial:
            continue
        pieces.append(inside(lines[n].decode("utf-8", "replace"))[0])
        if start < 0:
            start = n
        else:
            shapes[n] = PIECE
        if not partial:
            _finish(start, pieces, shapes, joined, preferred)
            start, pieces = -1, []
    if start >= 0:
        _finish(start, pieces, shapes, joined, preferred)


def _join_braces(lane: Sequence[int], lines: Sequence[bytes], shapes: list[Shape], joined: dict[int, str]) -> None:
    """A record printed over several lines, from `{` to `}` at the left margin, is one JSON record; so is one that
    begins behind its brace, and whose lines all begin with a string."""
    start = -1
    alone = True  # whether the brace stood alone on its line
    for at, n in enumerate(lane):
        if start < 0 and not shapes[n].brace:
            continue
        text = _text_of(lines[n], shapes[n]).rstrip()
        if shapes[n].brace:
            start, alone = at, text == "{"
        elif not alone and text[:1] != '"':
            start = -1
        elif text in {"}", "},"} if alone else text[-1] == "}":
            members = lane[start : at + 1]
            text = "\n".join(_text_of(lines[m], shapes[m]) for m in members).rstrip(", ")
            start = -1
            level = json_lines.level(text) if len(members) <= MAX_JSON_LINES else None
            if level is not None:
                shapes[members[0]] = json_shape(level)
                joined[members[0]] = text
                for member in members[1:]:
                    shapes[member] = PIECE


def _join_fields(
    lane: Sequence[int], lines: Sequence[bytes], shapes: list[Shape], joined: dict[int, str], preferred: str
) -> None:
    """A Windows event copied as text is one event, whatever its fields would say by themselves."""
    starts = [at for at, n in enumerate(lane) if _of_fields(shapes[n])]
    for start, after in pairwise([*starts, len(lane)]):
        members = lane[start : min(after, start + event_fields.MAX_LINES)]
        timed = [_timed(shapes[n]) for n in members]
        found = event_fields.folded_event([_text_of(lines[n], shapes[n]) for n in members], timed)
        if found is None:
            continue
        text, size = found
        _finish(members[0], [text], shapes, joined, preferred)
        for member in members[1:size]:
            shapes[member] = PIECE


def _of_fields(shape: Shape) -> bool:
    return shape.header is not None and shape.header.format == event_fields.FORMAT


def _timed(shape: Shape) -> bool:
    return shape.plain and shape.header is not None and shape.header.time != NO_SPAN


def _text_of(line: bytes, shape: Shape) -> str:
    text = line.decode("utf-8", "replace")
    return inside(text)[0] if shape.enveloped else text


def _finish(start: int, pieces: list[str], shapes: list[Shape], joined: dict[int, str], preferred: str) -> None:
    joined[start] = "".join(pieces)
    shapes[start] = classify(joined[start], preferred)[0]
