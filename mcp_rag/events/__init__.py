"""From the bytes of one block to its log records.

    lines ──► shapes (one per distinct line, digits apart) ──► lanes (one per stream) ──► events ──► records (if kept)

A header starts an event unless its rest continues a trace of the same stream; lines without a header are decided by the
state of the trace, by indentation, and by whether the source writes headers at all. The costly work is done once per
distinct line, records are built only for events at or above the minimum level. Bodies of private keys go first: in the
events of a program that logs a key line by line nothing would tell them any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mcp_rag import formats
from mcp_rag.events.assembly import Event, assemble
from mcp_rag.events.joining import OPENERS
from mcp_rag.events.keys import lines_at
from mcp_rag.events.lanes import split
from mcp_rag.events.margins import outdented
from mcp_rag.events.memo import memo_for
from mcp_rag.events.nearby import Nearby
from mcp_rag.events.records import Lines, build, cut_lines
from mcp_rag.events.shapes import Kind, Shape
from mcp_rag.events.sketches import Glance, Likeness, Sketch, glance, likeness, look, rebuild, sketch
from mcp_rag.redact_keys import hide_keys
from mcp_rag.stacktrace import Part
from mcp_rag.types import LogRecord, ParseCounts, ParseSettings

__all__ = [
    "Event", "Excerpt", "Glance", "Likeness", "Nearby", "Sketch", "assemble_block", "build", "excerpt", "glance",
    "likeness", "lines_of", "look", "parse_block", "rebuild", "sketch", "starts_event", "voted",
]  # fmt: skip

_VOTE_LINES = 200


class Kept(NamedTuple):
    """An event at or above the minimum level: its positions in a lane."""

    event: Event
    order: Sequence[int]


class Assembled(NamedTuple):
    """The kept events of a block in order of their first line, the lines they are made of, and how every line of the
    block was used."""

    kept: list[Kept]
    lines: Lines
    counts: ParseCounts


class Excerpt(NamedTuple):
    """Some lines of a block by their number in it, and the format that is preferred when one of them is read."""

    lines: Mapping[int, bytes]
    preferred: str


def parse_block(data: bytes, settings: ParseSettings, *, first_line: int = 0) -> tuple[list[LogRecord], ParseCounts]:
    """All events of `data` (UTF-8, bare newlines) at or above `settings.min_level`, in order of their first line, and
    how every line was used. A block is read on its own: it begins and ends with whole events. `first_line` is the
    number of its first line in the source. Any bytes are accepted."""
    found = assemble_block(data, settings, first_line=first_line)
    return [build(event, order, found.lines) for event, order in found.kept], found.counts


def assemble_block(data: bytes, settings: ParseSettings, *, first_line: int = 0) -> Assembled:
    """As `parse_block`, up to the records: `build` makes them, `likeness` says which need not be made."""
    counts = ParseCounts()
    data = outdented(hide_keys(data))
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    counts.lines = len(lines)
    if not lines:
        return Assembled([], Lines(lines, [], {}, settings, first_line), counts)
    preferred = _preferred(settings, lines)
    shapes, keys = memo_for(preferred).shapes(data, lines)
    laned = split(lines, shapes, preferred)
    strict = _writes_headers(laned.shapes)
    source = Lines(lines, laned.shapes, laned.joined, settings, first_line, keys)
    kept: list[Kept] = []
    distinct = set(laned.shapes)
    calm = {shape for shape in distinct if shape.plain and shape.level < settings.min_level}
    for lane in laned.lanes:
        if len(lane) == 1 and (shape := laned.shapes[lane[0]]).plain:  # a log may name a new stream in every line
            counts.events += 1
            if shape.level >= settings.min_level:
                kept.append(Kept(Event(0, 0, shape), lane))
            continue
        tally = assemble(lane, laned.shapes, settings.min_level, calm=calm, strict=strict)
        counts.events += tally.events
        kept += [Kept(event, lane) for event in tally.kept]
    if len(laned.lanes) > 1:
        kept.sort(key=lambda each: each.order[each.event.first])
    long = [each for each in kept if each.event.first != each.event.last]
    if max(map(len, lines)) >= settings.max_event_bytes:
        long = kept
    counts.cut_lines = sum([cut_lines(event, order, source) for event, order in long])
    counts.kept = len(kept)
    counts.below_level = counts.events - counts.kept
    blank = [shape for shape in distinct if shape.kind is Kind.BLANK]
    counts.blank_lines = sum(map(laned.shapes.count, blank))
    counts.event_lines = counts.lines - counts.blank_lines - counts.cut_lines
    return Assembled(kept, source, counts)


def excerpt(data: bytes, settings: ParseSettings, numbers: Iterable[int]) -> Excerpt:
    """Some lines of a block, by number from 0, as its events are made of them; IndexError for one it does not have."""
    data = outdented(hide_keys(data))
    return Excerpt(lines_at(data, numbers), _preferred(settings, data.split(b"\n", _VOTE_LINES)))


def lines_of(chosen: Excerpt, settings: ParseSettings, *, first_line: int = 0) -> Lines:
    """Some lines of a block, for `rebuild`."""
    raw = list(chosen.lines.values())
    shapes, _ = memo_for(chosen.preferred).shapes(b"\n".join(raw), raw)
    return Lines(chosen.lines, dict(zip(chosen.lines, shapes, strict=True)), {}, settings, first_line)


def starts_event(line: bytes, settings: ParseSettings) -> bool:
    """Whether a source may be cut before `line` (without newline): it begins an event whatever came before it. In a
    source of a known format only headers, records and crashes do; without one every line at the left margin that
    plays no part in a trace."""
    shape = memo_for(_preferred(settings, ())).one(line)
    part = shape.role.part
    begins = part is Part.CRASH or (part is Part.PRELUDE and shape.role.language not in OPENERS)
    if shape.plain or shape.two_line or begins:
        return not shape.indented
    return not settings.hint and shape.kind is Kind.TEXT and not shape.indented and shape.role.part is Part.NONE


def voted(data: bytes) -> str:
    """The format most of the first 200 lines of a source agree on, for `ParseSettings.hint`; "" when none is known."""
    return _preferred(ParseSettings(), data.split(b"\n", _VOTE_LINES))


def _preferred(settings: ParseSettings, lines: Sequence[bytes]) -> str:
    if settings.format != "auto":
        return formats.forced(settings.format)
    if settings.hint or not lines:
        return settings.hint
    return formats.vote([line.decode("utf-8", "replace") for line in lines[:_VOTE_LINES]])


def _writes_headers(shapes: Sequence[Shape]) -> bool:
    """Whether text at the left margin that plays no part in a trace is rarer than headers: then it continues them."""
    heads = loose = 0
    for shape, count in Counter(shapes[:20_000]).items():
        if shape.kind is Kind.HEAD or shape.kind is Kind.JSON:
            heads += count
        elif shape.kind is Kind.TEXT and not shape.indented and shape.role.part is Part.NONE:
            loose += count
    return heads > 0 and heads * 2 >= loose
