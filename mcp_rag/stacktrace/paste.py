"""Undo what chats, tickets and terminals do to a trace before it is parsed: quotes, line numbers, shared prefixes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_QUOTE = re.compile(r"^\s{0,3}>(?: |$)(?!File \")")
_NUMBERED = re.compile(r"^\s{0,6}\d{1,5}(?:\s?[|│:]| {2}|\t) ?")
_FENCE = re.compile(r"^\s*(?:```|~~~)[\w+-]*\s*$")
_DIGIT = re.compile(r"\d")
_PREFIX_END = re.compile(r"[\]|)>]:? |\w: |-{1,3} ")
_MOST = 0.8
MAX_PREFIX = 300
MAX_LINES = 4_000


def lines(text: str) -> list[str]:
    """Physical lines of `text` without colour codes, carriage returns, code fences, quote marks and line numbers that
    nearly every line carries; at most 4,000, keeping head and tail."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    found = [line.rstrip("\r") for line in text.split("\n")]
    if len(found) > MAX_LINES:
        found = found[: MAX_LINES // 2] + found[-MAX_LINES // 2 :]
    found = [line for line in found if not _FENCE.match(line)]
    for pattern in (_QUOTE, _NUMBERED):
        found = _strip_shared(found, pattern)
    return _dedent(_strip_prefix(found))


def _strip_shared(found: list[str], pattern: re.Pattern[str]) -> list[str]:
    full = [line for line in found if line.strip()]
    hits = sum(1 for line in full if pattern.match(line))
    if len(full) < 2 or hits < len(full) * _MOST:
        return found
    if pattern is _NUMBERED and not _counts_up(full):
        return found
    return [pattern.sub("", line, count=1) for line in found]


def _counts_up(full: Sequence[str]) -> bool:
    """Line numbers rise by one; frame numbers and stack depths of a trace do not cover every line."""
    numbers = [int(m[1]) for line in full if (m := re.match(r"\s*(\d{1,5})", line))]
    return all(0 < b - a <= 3 for a, b in pairwise(numbers))


def _strip_prefix(found: list[str]) -> list[str]:
    """Remove a log header or container prefix that every line repeats, digits apart: `web_1 | `, `(pid=7) x] `."""
    full = [_DIGIT.sub("0", line[:MAX_PREFIX]) for line in found if line.strip()]
    if len(full) < 3:
        return found
    low, high = min(full), max(full)
    shared = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    ends = [m.end() for m in _PREFIX_END.finditer(low[:shared])]
    return [line[ends[-1] :] for line in found] if ends else found


def _dedent(found: list[str]) -> list[str]:
    """Remove the indentation all lines share."""
    widths = [len(line) - len(line.lstrip()) for line in found if line.strip()]
    shared = min(widths, default=0)
    return [line[shared:] for line in found] if shared else found
