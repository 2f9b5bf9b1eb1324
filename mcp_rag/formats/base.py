"""What a log format is: a name, a sample, and (for text) a way to recognise the header of one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mcp_rag import clock
from mcp_rag.formats.levels import level_of
from mcp_rag.types import NO_SPAN, Header, Level, Span

MAX_HEAD_CHARS = 512  # a header that has not ended here is not a header; it also bounds every regex

Kind = Literal["text", "json", "envelope"]
Grade = Callable[[re.Match[str]], Level]

LEVEL = r"(?P<level>[A-Za-z]{1,11})"


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One entry of the registry. `sample` is a line this format must recognise."""

    name: str
    description: str
    sample: str
    kind: Kind = "text"

    def match(self, line: str) -> Header | None:
        """The header of a text line in this format, or None. Looks at the first 512 characters."""
        del line
        return None


@dataclass(frozen=True, slots=True)
class TextFormat(LogFormat):
    """A text format as one regular expression.

    Named groups become the spans of the Header (`time`, `logger` or `tag`, `service` or `program`, `stream`); the whole
    match ends where the message starts, unless a group `body` says otherwise. `stamped`: the expression begins where a
    timestamp ended, which itself begins at the line's start or behind one of the characters of `first` ("^" stands for
    the start). Otherwise the expression begins at the line's start, and `first` holds the possible first characters
    ("0" any digit, "a" any lower-case, "A" any upper-case letter, "" anything). `needs` is a text that must occur, a
    cheap test before the expression. `shapes` are the shapes of timestamp that fit, empty for all. `level` is the level
    of a match whose `level` group is absent; a `level` group that is no level word refuses the match. `grade` computes
    the level instead.
    """

    pattern: str = ""
    first: str = ""
    stamped: bool = False
    needs: str = ""
    shapes: tuple[str, ...] = ()
    level: Level = Level.UNSET
    grade: Grade | None = None
    digits_matter: bool = False
    regex: re.Pattern[str] = field(init=False, repr=False)
    follows: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(self.pattern))
        object.__setattr__(self, "follows", _first_literal(self.pattern) if self.stamped else "")

    def match(self, line: str) -> Header | None:
        head = line[:MAX_HEAD_CHARS]
        stamp = find_stamp(head) if self.stamped else None
        return self.match_at(head, stamp)

    def match_at(self, head: str, stamp: clock.Stamp | None) -> Header | None:
        """As `match`, for a line already cut to 512 characters whose leading timestamp is known."""
        if self.needs and self.needs not in head:
            return None
        if not self.stamped:
            found = self.regex.match(head)
        elif stamp is None or not self.fits_behind(opener_of(head, stamp), stamp.shape):
            return None
        else:
            found = self.regex.match(head, stamp.end)
        return self._header(found, stamp) if found else None

    def fits_behind(self, opener: str, shape: str) -> bool:
        """Whether this stamped format may follow a timestamp of this shape behind `opener` ("" at the line's start)."""
        if self.shapes and shape not in self.shapes:
            return False
        return opener in self.first if opener else not self.first or "^" in self.first

    def _header(self, found: re.Match[str], stamp: clock.Stamp | None) -> Header | None:
        groups = self.regex.groupindex
        level = self.level
        if self.grade:
            level = self.grade(found)
        elif "level" in groups and (word := found["level"]):
            level = level_of(word)
            if level is Level.UNSET:
                return None
        time = (stamp.start, stamp.end) if stamp and self.stamped else NO_SPAN
        return Header(
            format=self.name,
            body=found.start("body") if "body" in groups and found.start("body") >= 0 else found.end(),
            level=level,
            time=_span(found, "time", "epoch") if "time" in groups else time,
            logger=_span(found, "logger", "tag"),
            service=_span(found, "service", "program", "alone"),
            stream=_span(found, "stream", "pid"),
            digits_matter=self.digits_matter,
        )


def _first_literal(pattern: str) -> str:
    """The character every match begins with, if that can be read off an expression; else ""."""
    found = re.match(r"( |\t|\\[\]\[|)t])(?![?*]|\{0)", pattern)
    return "\t" if found and found[1] == "\\t" else found[1][-1] if found else ""


def _span(found: re.Match[str], *names: str) -> Span:
    """The span of the first of these groups that exists and matched."""
    for name in names:
        if name in found.re.groupindex and found.start(name) >= 0:
            return found.span(name)
    return NO_SPAN


OPENERS = "[(\"'<*"


def opener_of(head: str, stamp: clock.Stamp) -> str:
    """The bracket, quote or star right before a timestamp, or ""."""
    before = head[stamp.start - 1] if stamp.start else ""
    return before if before in OPENERS else ""


def find_stamp(head: str) -> clock.Stamp | None:
    """The timestamp at the start of a line, or right behind one opening bracket, quote or star."""
    if head and head[0] in OPENERS:
        return clock.scan(head, 1)
    return clock.scan(head, 0)
