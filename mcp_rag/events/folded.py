"""A trace in a single line: the newlines that a logger or syslog's daemon wrote as other characters."""

from __future__ import annotations

from mcp_rag.stacktrace import Part, role

# rsyslog writes control characters as `#` and three octal digits; others write what a string literal would hold.
_MARKS = (("#012", "#011"), ("\\n", "\\t"))
_TOLD = frozenset({Part.START, Part.CRASH, Part.FRAME, Part.LINK})
_MAX_LINES = 1_000


def folded(line: str) -> bool:
    """Whether `line` may hold several."""
    return any(newline in line for newline, _ in _MARKS)


def unfolded(line: str) -> list[str]:
    """The lines that `line` was made of, if they hold a trace; else itself."""
    for newline, tab in _MARKS:
        pieces = line.split(newline, _MAX_LINES)
        if len(pieces) < 3:
            continue
        lines = [piece.replace(tab, "\t") for piece in pieces]
        if lines[0].count('"') % 2:  # a quoted value: what follows the quote is another
            lines = [*lines[:-1], lines[-1].partition('"')[0]]
        if any(role(text).part in _TOLD for text in lines[1:]):
            return lines
    return [line]
