"""From the bytes of one block to its log records.

    lines ──► shapes (one per distinct line, digits apart) ──► lanes (one per stream) ──► events ──► records (if kept)

A header starts an event unless its rest continues a trace of the same stream; lines without a header are decided by the
state of the trace, by indentation, and by whether the source writes headers at all. The costly work is done once per
distinct line, records are built only for events at or above the minimum level.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcp_rag import formats
from mcp_rag.events.assembly import assemble
from mcp_rag.events.lanes import split
from mcp_rag.events.records import Lines, build
from mcp_rag.events.shapes import Kind, Shape, memo_for
from mcp_rag.stacktrace import Part
from mcp_rag.types import LogRecord, ParseCounts, ParseSettings

__all__ = ["parse_block", "starts_event"]

_VOTE_LINES = 200
_STARTS = frozenset({Part.CRASH, Part.PRELUDE})


def parse_block(data: bytes, settings: ParseSettings, *, first_line: int = 0) -> tuple[list[LogRecord], ParseCounts]:
    """All events of `data` (UTF-8, bare newlines) at or above `settings.min_level`, in order of their first line, and
    how every line was used. A block is read on its own: it begins and ends with whole events. `first_line` is the
    number of its first line in the source. Any bytes are accepted."""
    counts = ParseCounts()
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    counts.lines = len(lines)
    if not lines:
        return [], counts
    preferred = _preferred(settings, lines)
    laned = split(lines, memo_for(preferred).shapes(data, lines), preferred)
    strict = _writes_headers(laned.shapes)
    source = Lines(lines, laned.shapes, laned.joined, settings, first_line)
    records: list[LogRecord] = []
    for lane in laned.lanes:
        tally = assemble(lane, laned.shapes, settings.min_level, strict=strict)
        counts.events += tally.events
        for event in tally.kept:
            record, cut_lines = build(event, lane, source)
            counts.cut_lines += cut_lines
            records.append(record)
    if len(laned.lanes) > 1:
        records.sort(key=lambda record: record.first_line)
    counts.kept = len(records)
    counts.below_level = counts.events - counts.kept
    counts.blank_lines = sum(1 for shape in laned.shapes if shape.kind is Kind.BLANK)
    counts.event_lines = counts.lines - counts.blank_lines - counts.cut_lines
    return records, counts


def starts_event(line: bytes, settings: ParseSettings) -> bool:
    """Whether a source may be cut before `line` (without newline): it begins an event whatever came before it. In a
    source of a known format only headers, records and crashes do; without one every line at the left margin that
    plays no part in a trace."""
    shape = memo_for(_preferred(settings, ())).one(line)
    if shape.plain or shape.two_line or shape.role.part in _STARTS:
        return not shape.indented
    return not settings.hint and shape.kind is Kind.TEXT and not shape.indented and shape.role.part is Part.NONE


def _preferred(settings: ParseSettings, lines: Sequence[bytes]) -> str:
    if settings.format != "auto":
        return settings.format
    if settings.hint or not lines:
        return settings.hint
    return formats.vote([line.decode("utf-8", "replace") for line in lines[:_VOTE_LINES]])


def _writes_headers(shapes: Sequence[Shape]) -> bool:
    """Whether text at the left margin that plays no part in a trace is rarer than headers: then it continues them."""
    heads = 0
    loose = 0
    for shape in shapes[:20_000]:
        if shape.kind is Kind.HEAD or shape.kind is Kind.JSON:
            heads += 1
        elif shape.kind is Kind.TEXT and not shape.indented and shape.role.part is Part.NONE:
            loose += 1
    return heads > 0 and heads * 2 >= loose
