"""When an event happened that states no time: about when the lines beside it were written.

A trace behind a line of another level is such an event, and so is whatever a program prints past its logger. The
time of the file will not do for those: it moves with each line that is appended, and the same old error with it.
"""

from __future__ import annotations

from mcp_rag import formats
from mcp_rag.events.instants import instant_of
from mcp_rag.events.records import Lines, stamps_and_service
from mcp_rag.events.shapes import Kind, Shape, inside
from mcp_rag.types import NO_SPAN, Span

# A program that states a time when it starts and never again says nothing about what it prints a day later.
REACH_LINES = 200
# So many lines in a row that look as if they stated a time and do not: this log states none.
MAX_TRIES = 20


class Nearby:
    """Times of the lines of one block, each read once at most and none before somebody asks."""

    def __init__(self, lines: Lines, count: int) -> None:
        """`count` is the number of lines."""
        self._lines = lines
        self._count = count
        self._stating: set[Shape] | None = None
        self._read: dict[int, int | None] = {}
        self._failed = 0

    def at_ms(self, line: int) -> int | None:
        """Epoch milliseconds of the nearest line above this one (a number in the block) that states its time, else of
        the nearest below it; None when there is none within 200 lines."""
        shapes = self._lines.shapes
        if self._stating is None:
            self._stating = set(filter(_may_state, {shapes[n] for n in range(self._count)}))
        if not self._stating:
            return None
        above = range(line - 1, max(line - REACH_LINES, 0) - 1, -1)
        below = range(line, min(line + REACH_LINES + 1, self._count))
        for places in (above, below):
            for n in places:
                if shapes[n] not in self._stating:
                    continue
                if self._failed >= MAX_TRIES:
                    break
                if (found := self._stated(n)) is not None:
                    return found
        return None

    def _stated(self, line: int) -> int | None:
        if line not in self._read:
            found = self._read[line] = _instant(self._lines, line)
            self._failed = 0 if found is not None else self._failed + 1
        return self._read[line]


def _may_state(shape: Shape) -> bool:
    if shape.kind is Kind.JSON or shape.enveloped or shape.around != NO_SPAN:
        return True
    return shape.header is not None and shape.header.time != NO_SPAN


def _instant(lines: Lines, n: int) -> int | None:
    text, envelopes = inside(lines.raw[n].decode("utf-8", "replace"))
    shape = lines.shapes[n]
    own: tuple[str, ...] = ()
    if shape.kind is Kind.JSON:
        fields = formats.decode_json(text)
        own = (fields.timestamp,) if fields else ()
    elif shape.header is not None:
        own = (_cut(text, shape.around), _cut(text, shape.header.time))
    return instant_of(stamps_and_service(own, "", envelopes)[0], lines.settings)


def _cut(text: str, span: Span) -> str:
    return "" if span == NO_SPAN else text[span[0] : span[1]].strip()
