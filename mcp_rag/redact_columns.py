"""Cells of printed tables whose columns begin at the same place on every line, below a header and a line of dashes:
what SQL shells, PowerShell and many commands print."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_fields import kind_of
from mcp_rag.redact_options import class_of_column
from mcp_rag.redact_shapes import Found
from mcp_rag.redact_values import is_secret

MAX_ROWS = 1_000
# Two runs of dashes at least: one alone underlines a heading.
_DASHES = re.compile(r"^[ \t]{0,8}[-=─]{2,200}(?:[ ]{1,8}[-=─]{2,200}){1,40}[ \t]{0,8}\r?$", re.MULTILINE)
_RUN = re.compile(r"[-=─]{2,200}")


def find_columns(text: str) -> Iterator[Found]:
    """Values below the header of a column that is named like a secret."""
    for dashes in _DASHES.finditer(text):
        header = text[text.rfind("\n", 0, max(0, dashes.start() - 1)) + 1 : max(0, dashes.start() - 1)]
        runs = [run.span() for run in _RUN.finditer(dashes.group())]
        names = {
            n: name
            for n, (start, end) in enumerate(runs)
            if (name := class_of_column(header[start:end].strip().lower()))
        }
        if names:
            yield from _rows(text, dashes.end() + 1, runs, names)


def _rows(text: str, at: int, runs: list[tuple[int, int]], names: dict[int, str]) -> Iterator[Found]:
    for _ in range(MAX_ROWS):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        if not line.strip():
            return
        for n, name in names.items():
            start = runs[n][0]
            # The last column may be wider than its dashes.
            cell = line[start : runs[n + 1][0] if n + 1 < len(runs) else len(line)]
            value = cell.strip()
            if not value or line[start - 1 : start].strip() or not is_secret(name, value, quoted=True, strict=False):
                continue
            first = at + start + cell.index(value)
            yield Found(first, first + len(value), kind_of(name, ""))
        if end < 0:
            return
        at = end + 1
