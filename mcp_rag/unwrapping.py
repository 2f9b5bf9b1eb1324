"""Lines that a mail client or a narrow window broke, put together again."""

from __future__ import annotations

import itertools
import re

MIN_WIDTH = 40
MAX_WIDTH = 240
MAX_HEAD_CHARS = 450  # of a line, to see whether it is an open frame
# A Python frame line broken in its path, or behind the closing quote.
_BROKEN_FILE = re.compile(
    r'^\s{2,8}File "(?:[^"\n]{0,400}|[^"\n]{1,400}"(?:,(?: line ?)?|, line \d{1,7},(?: in ?)?)?)\s?$'
)
# A frame of Java, JavaScript or .NET broken behind `at`, in the name, or between the brackets; a cause without a name.
_BROKEN_AT = re.compile(r"^(?:\s{1,12}at(?: (?:async |new )?[\w$.<>/]{0,200}(?: ?\([^()\n]{0,200})?)?|Caused by:)\s?$")
# What begins a line of its own wherever it stands: frames, causes, records of logs.
_START = re.compile(
    r"\s?(?:at |Caused by: |Suppressed: |\.\.\. \d|File \"|Traceback |During handling |The above |#\d|[\[{<]"
    r"|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\d\d/[A-Z][a-z]{2}/|[A-Z][a-z]{2} [ \d]\d \d\d:|[IWEF]\d{4} "
    r"|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b)"
)
# An exception's own line; it only goes on what announces it.
_NAMED = re.compile(r"[\w.$]{0,200}(?:Error|Exception|Interrupt|Exit|Warning|Failure)(?::|$)")


def unwrapped(lines: list[str]) -> list[str]:
    """The lines with hard wraps undone. They are only looked for when a frame is seen to be broken, which names the
    width: a line goes on when the next one stands at the margin and its first word would not have fitted."""
    width = max(map(len, lines), default=0)
    if MIN_WIDTH <= width <= MAX_WIDTH and any(
        _is_open(a, b, width) and _goes_on(a, b, width) for a, b in itertools.pairwise(lines)
    ):
        lines = _joined(lines, width)
    return _whole_files(lines)


def _is_open(line: str, following: str, width: int) -> bool:
    """Whether a line is a frame, or announces a cause, that ends too early. `at name` alone may be whole."""
    if _BROKEN_FILE.match(line):
        return True
    if not _BROKEN_AT.match(line):
        return False
    bare = line.strip() in ("at", "Caused by:")
    return bare or "(" in line or following.startswith("(") or len(line) == width


def _goes_on(line: str, following: str, width: int) -> bool:
    words = following.split(None, 1)
    if not words or len(following) - len(following.lstrip()) > 1 or _START.match(following):
        return False
    if _NAMED.match(following) and not _announces(line):
        return False
    return len(line.rstrip()) + 1 + len(words[0]) > width


def _announces(line: str) -> bool:
    _, found, name = line.rpartition("Caused by:")
    return bool(found) and " " not in name.strip() and ":" not in name


def _joined(lines: list[str], width: int) -> list[str]:
    ends = [a for a, b in itertools.pairwise(lines) if len(a) < width and _goes_on(a, b, width)]
    keeps_blanks = 2 * sum(line.endswith(" ") for line in ends) > len(ends)
    joined: list[list[str]] = []
    head = before = ""
    for line in lines:
        if before and _goes_on(before, line, width):
            # A word longer than a line is broken anywhere: in a path between brackets, or where the line is full.
            full = len(before) == width
            inside = _BROKEN_AT.match(head) is not None and ("(" in head or full)
            blank = keeps_blanks or before.endswith(" ") or line.startswith(" ") or (full and _announces(before))
            parts = ["" if blank or inside else " ", line]
            joined[-1] += parts
            head += "".join(parts) if len(head) < MAX_HEAD_CHARS else ""
        else:
            joined.append([line])
            head = line
        before = line
    return ["".join(parts) for parts in joined]


def _whole_files(lines: list[str]) -> list[str]:
    """Python frames are recognised one by one, whatever the width."""
    whole: list[str] = []
    for line in lines:
        if whole and line.strip() and _BROKEN_FILE.match(whole[-1]):
            gap = "" if whole[-1].count('"') == 1 or whole[-1].endswith(" ") else " "
            whole[-1] += gap + line.lstrip()
        else:
            whole.append(line)
    return whole
