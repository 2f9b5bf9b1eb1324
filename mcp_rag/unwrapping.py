"""Lines that a mail client or a narrow window broke, put together again."""

from __future__ import annotations

import itertools
import re

MIN_WIDTH = 40
MAX_WIDTH = 240
# A Python frame line broken in its path, or behind the closing quote.
_BROKEN_FILE = re.compile(
    r'^\s{2,8}File "(?:[^"\n]{0,400}|[^"\n]{1,400}"(?:,(?: line ?)?|, line \d{1,7},(?: in ?)?)?)\s?$'
)
# A frame of Java, JavaScript or .NET broken behind `at`, in the name, or between the brackets; a cause without a name.
_BROKEN_AT = re.compile(r"^(?:\s{1,12}at(?: (?:async |new )?[\w$.<>/]{0,200}(?: ?\([^()\n]{0,200})?)?|Caused by:)\s?$")
# What begins a line of its own wherever it stands.
_START = re.compile(r"\s?(?:at |Caused by: |Suppressed: |\.\.\. \d|File \"|Traceback |During handling |The above |#\d)")
# An exception's own line; it only goes on what announces it.
_NAMED = re.compile(r"[\w.$]{0,200}(?:Error|Exception|Interrupt|Exit|Warning|Failure)(?::|$)")


def unwrapped(lines: list[str]) -> list[str]:
    """The lines with hard wraps undone. They are only looked for when a frame is seen to be broken, which names the
    width: a line goes on when the next one stands at the margin and its first word would not have fitted."""
    width = max(map(len, lines), default=0)
    if MIN_WIDTH <= width <= MAX_WIDTH and _is_wrapped(lines, width):
        keeps_blanks = any(line.endswith(" ") for line in lines)
        lines = _joined(lines, width, " " if not keeps_blanks else "")
    return _whole_files(lines)


def _is_wrapped(lines: list[str], width: int) -> bool:
    pairs = itertools.pairwise(lines)
    return any((_BROKEN_AT.match(a) or _BROKEN_FILE.match(a)) and _goes_on(a, b, width) for a, b in pairs)


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


def _joined(lines: list[str], width: int, gap: str) -> list[str]:
    joined: list[str] = []
    before = ""
    for line in lines:
        if before and _goes_on(before, line, width):
            # A word longer than a line is broken anywhere: in a path between brackets, or where the line is full.
            inside = _BROKEN_AT.match(joined[-1]) is not None and ("(" in joined[-1] or len(before) == width)
            inside = inside or (len(before) == width and _announces(before))
            blank = joined[-1].endswith(" ") or line.startswith(" ") or inside
            joined[-1] += line if blank else gap + line
        else:
            joined.append(line)
        before = line
    return joined


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
