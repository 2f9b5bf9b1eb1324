"""A trace in a single line: the newlines that a logger or syslog's daemon wrote as other characters."""

from __future__ import annotations

import re

from mcp_rag.stacktrace import Part, role

# rsyslog writes control characters as `#` and three octal digits; others write what a string literal would hold.
_MARKS = (("#012", "#011"), ("\\n", "\\t"))
_TOLD = frozenset({Part.START, Part.CRASH, Part.FRAME, Part.LINK})
_MAX_LINES = 1_000
# A browser shows PHP's trace in one paragraph: blanks where the newlines were.
_PARAGRAPH = " Stack trace: #0 "
_BREAK = re.compile(r" {1,4}(?=Stack trace: #0 |thrown in \S|#\d{1,4} (?:\S{1,300}\(|\{main\}|\[internal))")
_QUOTE = re.compile(r"(?<!\\)\"")


def untabbed(text: str) -> str:
    """What rsyslog made of a line that began with tabs, as it was."""
    body = text.lstrip("#01")
    marks = text[: len(text) - len(body)]
    return "\t" * (len(marks) // 4) + body if marks == "#011" * (len(marks) // 4) else text


def folded(line: str) -> bool:
    """Whether `line` may hold several."""
    return any(newline in line for newline, _ in _MARKS) or _PARAGRAPH in line


def _unquoted(lines: list[str]) -> list[str]:
    """The lines of a string literal up to the quote that ends it, the quotes inside without their marks."""
    for n, line in enumerate(lines[1:], 1):
        if (end := _QUOTE.search(line)) is not None:
            lines = [*lines[:n], line[: end.start()]]
            break
    return [lines[0], *(line.replace('\\"', '"') for line in lines[1:])]


def unfolded(line: str) -> list[str]:
    """The lines that `line` was made of, if they hold a trace; else itself."""
    if _PARAGRAPH in line:
        return _BREAK.split(line, _MAX_LINES)
    for newline, tab in _MARKS:
        pieces = line.split(newline, _MAX_LINES)
        if len(pieces) < 3:
            continue
        lines = [piece.replace(tab, "\t") for piece in pieces]
        quoted = lines[0].count('"') % 2 > 0  # what follows the quote is another value
        if newline == "\\n":
            lines = _unquoted(lines) if quoted else lines
        elif quoted:
            lines = [*lines[:-1], lines[-1].partition('"')[0]]
        if any(role(text).part in _TOLD for text in lines[1:]):
            return lines
    return [line]
