"""Keep interleaved streams apart: each lane is the sequence of lines that one process or container wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mcp_rag.events import json_lines
from mcp_rag.events.shapes import PIECE, Kind, Shape, classify, header_stream, inside, json_shape, stream_of
from mcp_rag.types import NO_SPAN, Span

MAX_JSON_LINES = 2_000


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
    if not _streamed(distinct) and not partial and not braces:
        return Laned([range(len(lines))], shapes, {})
    found = _lanes(lines, shapes, distinct)
    joined: dict[int, str] = {}
    if partial or braces:
        shapes = list(shapes)
        for lane in found:
            if partial:
                _join_pieces(lane, lines, shapes, joined, preferred)
            if braces:
                _join_braces(lane, lines, shapes, joined)
    return Laned(list(found), shapes, joined)


def _lanes(lines: Sequence[bytes], shapes: Sequence[Shape], distinct: set[Shape]) -> list[list[int]]:
    """The line numbers of every stream, in order of first appearance."""
    lanes: dict[str, list[int]] = {}
    inner: dict[str, list[int]] = {}
    last = lanes.setdefault("", [])
    prefixes: dict[bytes, str] = {}
    # A line of the same container as the one before, without a header's stream, goes where that one went.
    followers = {shape: shape.stream for shape in distinct if not shape.digits and header_stream(shape) == NO_SPAN}
    before: str | None = None
    for n, shape in enumerate(shapes):
        if before is not None and followers.get(shape) == before:
            last.append(n)
            continue
        if shape.kind is Kind.BLANK and not shape.enveloped:
            last.append(n)
            continue
        outer = _outer(lines[n], shape, prefixes)
        span = header_stream(shape)
        if span != NO_SPAN:
            name = outer + "\x01" + _part_of(lines[n], shape, span)
            last = inner[outer] = lanes.setdefault(name, [])
        else:
            # A line without a header was written by whoever wrote the last header in the same container.
            last = inner.get(outer) or inner.setdefault(outer, lanes.setdefault(outer, []))
        before = outer
        last.append(n)
    return [lane for lane in lanes.values() if lane]


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


def _part_of(line: bytes, shape: Shape, span: Span) -> str:
    """A span of the text inside the envelopes, without decoding the whole line where bytes and characters agree."""
    if shape.prefix >= 0 and (head := line[: shape.prefix + span[1]]).isascii():
        return head[shape.prefix + span[0] :].decode("ascii")
    return _text_of(line, shape)[span[0] : span[1]]


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
    """A record printed over several lines, from `{` to `}` at the left margin, is one JSON record."""
    start = -1
    for at, n in enumerate(lane):
        if shapes[n].brace:
            start = at
        elif start >= 0 and _text_of(lines[n], shapes[n]).rstrip() in {"}", "},"}:
            members = lane[start : at + 1]
            text = "\n".join(_text_of(lines[m], shapes[m]) for m in members).rstrip(", ")
            start = -1
            level = json_lines.level(text) if len(members) <= MAX_JSON_LINES else None
            if level is not None:
                shapes[members[0]] = json_shape(level)
                joined[members[0]] = text
                for member in members[1:]:
                    shapes[member] = PIECE


def _text_of(line: bytes, shape: Shape) -> str:
    text = line.decode("utf-8", "replace")
    return inside(text)[0] if shape.enveloped else text


def _finish(start: int, pieces: list[str], shapes: list[Shape], joined: dict[int, str], preferred: str) -> None:
    joined[start] = "".join(pieces)
    shapes[start] = classify(joined[start], preferred)[0]
