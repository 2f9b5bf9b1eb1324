"""The parts a stacktrace is printed in, the same few for every language."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Part(IntEnum):
    """What one physical line is within a trace, judged by that line alone."""

    NONE = 0  # ordinary text
    PRELUDE = 1  # announces a trace that follows ("Process Worker-1:")
    START = 2  # begins a trace, which may belong to the log message just before it ("Traceback ...")
    CRASH = 3  # begins a trace that no logger printed ("panic:", "Exception in thread")
    TYPE = 4  # "SomeError: message": begins or, in Python, ends a trace
    FRAME = 5  # one call
    LINK = 6  # leads to the next exception of the chain
    DETAIL = 7  # anything else that only occurs inside a trace


class Role(NamedTuple):
    """The part one line plays and in which language; `fatal` marks a crash of the whole process."""

    language: str
    part: Part
    fatal: bool = False


NO_ROLE = Role("", Part.NONE)


class Pattern(NamedTuple):
    """One shape of line. `regex` is tried at the first non-blank character and has no groups; one that does not begin
    with a literal names in `needs` a text that must occur, so that ordinary lines cost nothing."""

    part: Part
    regex: str
    needs: str = ""


Table = tuple[Pattern, ...]
"""The patterns of one language, tried in order."""
