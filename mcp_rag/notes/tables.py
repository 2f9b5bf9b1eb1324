"""Markdown tables of errors and fixes. Line numbers are 1-based."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from mcp_rag.notes.note import Problem, field_of, make_note
from mcp_rag.notes.records import Found, columns, repeated_columns

_BREAK = re.compile(r"<br\s{0,2}/?>", re.IGNORECASE)
_RULE = re.compile(r":?-+:?")
# A code span in a cell is looked for this far, which keeps the scan linear.
_SPAN_CHARS = 2000


def is_table(lines: Sequence[str], index: int) -> bool:
    """True when a table's header stands at `index`: a row, and below it a rule (`| --- | :-: |`) of equal width."""
    if "|" not in lines[index] or index + 1 >= len(lines):
        return False
    rule = split_row(lines[index + 1])
    if not rule or not all(_RULE.fullmatch(cell) for cell in rule):
        return False
    return len(rule) == len(split_row(lines[index]))


def is_notes_header(line: str) -> bool:
    """True when the header has both an error and a fix column."""
    fields = [field_of(cell) for cell in split_row(line)]
    return "error" in fields and "fix" in fields


def table_end(lines: Sequence[str], index: int) -> int:
    """The index after the last row of the table whose header stands at `index`."""
    end = index + 2
    while end < len(lines) and lines[end].strip() and ("|" in lines[end]):
        end += 1
    return end


def read_table(lines: Sequence[str], start: int, end: int) -> tuple[list[Found], list[Problem]]:
    """The rows of a notes table; `start` and `end` are indices of `lines`."""
    names = split_row(lines[start])
    fields = [field_of(name) for name in names]
    problems = repeated_columns(names, fields, start + 1)
    found: list[Found] = []
    for index in range(start + 2, end):
        row = _row(lines[index], len(fields))
        if len(row) != len(fields):
            problems.append(Problem(index + 1, f"The row has {len(row)} cells, the header {len(fields)}."))
            continue
        cells = columns(fields, [cell_text(cell) for cell in row])
        if not any(cells.values()):
            continue
        cells["error"] = plain_text(cells["error"])
        found.append((index + 1, make_note(cells)))
    return found, problems


def _row(line: str, width: int) -> list[str]:
    """The cells, with a bar inside a code span kept when the width then fits, as writers expect; else as GFM splits."""
    cells = split_row(line)
    if len(cells) == width:
        return cells
    strict = split_row(line, spans=False)
    return strict if len(strict) == width else cells


def split_row(line: str, *, spans: bool = True) -> list[str]:
    """The trimmed cells of a row. `\\|` does not split; with `spans` neither does a bar inside a code span."""
    row = line.strip().removeprefix("|")
    cells: list[str] = []
    start = position = 0
    while position < len(row):
        character = row[position]
        if character == "\\":
            position += 2
            continue
        if character == "`" and spans:
            position = _after_span(row, position)
            continue
        if character == "|":
            cells.append(row[start:position].strip())
            start = position + 1
        position += 1
    if tail := row[start:].strip():
        cells.append(tail)
    return cells


def _after_span(row: str, position: int) -> int:
    """The position after the code span that opens here, or after its backticks when it is never closed."""
    after = position
    while after < len(row) and row[after] == "`":
        after += 1
    run = row[position:after]
    closing = row.find(run, after, after + _SPAN_CHARS)
    return closing + len(run) if closing >= 0 else after


def cell_text(cell: str) -> str:
    """A cell as Markdown of its own: `<br>` becomes a line break, escaped bars and entities the characters."""
    return html.unescape(_BREAK.sub("\n", cell.replace("\\|", "|"))).strip()


def plain_text(text: str) -> str:
    """Text without the marks of code spans and of bold type around it: errors are matched as plain text."""
    stripped = text.strip()
    for mark in ("**", "__"):
        if stripped.startswith(mark) and stripped.endswith(mark) and len(stripped) > 2 * len(mark):
            stripped = stripped[len(mark) : -len(mark)].strip()
    inside = stripped.strip("`").strip()
    if stripped.startswith("`") and stripped.endswith("`") and "`" not in inside:
        return inside
    return re.sub(r"`([^`\n]{1,500})`", r"\1", stripped)
