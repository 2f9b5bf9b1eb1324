"""What tools print of Python's exceptions in a layout of their own: pytest, `warnings`, Poetry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.types import ExceptionInfo, Frame, StackTrace

_LANGUAGE = "python"

EXCEPTION = re.compile(r"\s*(?:E   )?([A-Za-z_][\w.]*(?:<locals>\.\w+)?(?:\(\w+\))?)(?::(?: (.*))?)?$")
_WARNING = re.compile(r"(?:\S{1,300}:\d+: )([A-Z]\w{0,80}Warning): (.*)$")
_PYTEST_END = re.compile(r"(\S+\.py):(\d+): ([A-Za-z_][\w.]*)$")
_POETRY_TYPE = re.compile(r" {1,4}([A-Z]\w{2,80})$")
_POETRY_PLACE = re.compile(r" {1,4}at ((?:[A-Za-z]:)?[^\s:]{1,300}):(\d+) in ([\w<>.]{1,80})$")
_LIBRARY = re.compile(
    r"[/\\](?:site|dist)-packages[/\\]|[/\\][Ll]ib(?:64)?[/\\]python\d|[/\\]Python\d+[/\\]lib[/\\]|^<frozen |"
    r"^/var/runtime/"  # where a cloud's functions find its client
)


def in_app(file: str) -> bool:
    """False for the standard library, installed packages and frozen modules."""
    return _LIBRARY.search(file) is None


def number(digits: str) -> int:
    """A line's number, however many digits hostile text gives it."""
    return int(digits[:9])


def pytest(lines: Sequence[str]) -> StackTrace | None:
    """A failure report without a traceback header: `E   ` lines and a closing `file.py:LINE: Type`."""
    marked = [line.strip()[4:].strip() for line in lines if line.lstrip().startswith("E   ")]
    ends = [m for line in lines if (m := _PYTEST_END.match(line.strip()))]
    if not marked or not ends:
        return None
    type_, message = ends[-1][3], marked[0]
    if found := EXCEPTION.match(message):
        type_, message = found[1], found[2] or ""
    frames = tuple(Frame(file=m[1], line=number(m[2]), in_app=in_app(m[1])) for m in reversed(ends))
    return StackTrace(_LANGUAGE, (ExceptionInfo(type_, message, frames),))


def warning(lines: Sequence[str]) -> StackTrace | None:
    """`file.py:LINE: SomeWarning: text`, as `warnings` prints it. The place is left out: it would take the text's part
    in telling warnings apart."""
    for line in lines[:3]:
        if found := _WARNING.match(line):
            return StackTrace(_LANGUAGE, (ExceptionInfo(found[1], found[2].strip()),))
    return None


def poetry(lines: Sequence[str]) -> StackTrace | None:
    """Poetry and other programs on cleo: the type alone on its line, the message below it, then `at FILE:LINE in NAME`
    and the source. The last one printed is the outermost."""
    found: list[ExceptionInfo] = []
    type_ = message = ""
    for line in lines:
        if named := _POETRY_TYPE.match(line):
            type_, message = named[1], ""
        elif type_ and (place := _POETRY_PLACE.match(line)):
            frame = Frame(place[3], "", place[1], number(place[2]), in_app(place[1]))
            found.append(ExceptionInfo(type_, message, (frame,)))
            type_ = ""
        elif type_:
            message = message or line.strip()
    return StackTrace(_LANGUAGE, tuple(reversed(found))) if found else None
