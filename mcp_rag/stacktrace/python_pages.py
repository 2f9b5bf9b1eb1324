"""Python's exceptions as Django's pages and mails, Dagster and TensorFlow print them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.stacktrace.python_tools import EXCEPTION, in_app, number
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

PARTS: Table = (
    Pattern(Part.LINK, r"The above exception (?:was caused by|occurred during handling of) the following exception:"),
    Pattern(Part.LINK, r"The above exception \([^\n]|\) was the direct cause of the following exception:$"),
    Pattern(Part.DETAIL, r"Stack Trace:$"),
    Pattern(Part.DETAIL, r"Exception Type: \w{1,80} at /|Exception Value: ?$|Exception Value: \S"),
    Pattern(Part.DETAIL, r"Detected at node \S|\[\[\{\{node |\d{1,4} root error\(s\) found"),
)
_LANGUAGE = "python"
_STACK = "Stack Trace:"
_CAUSED = ("The above exception was caused by", "The above exception occurred during")
_TYPE = re.compile(r"Exception Type: (\w{1,80}) at /")
_VALUE = re.compile(r"Exception Value: ?(.*)$")
_FRAME = re.compile(r'\s*(?:, {1,2})?File "([^"]{1,500})", line (\d{1,9})(?:, in (.{1,200}))?')
_NODE = "Detected at node "
_GRAPH = "Graph execution error:"


def pages(lines: Sequence[str]) -> StackTrace | None:
    """The exceptions of a report by Django or Dagster, outermost first; None where the lines are neither's."""
    for line in lines:
        if line.rstrip() == _STACK:
            return _dagster(lines)
        if line.startswith("Exception Type: ") and (found := _TYPE.match(line)):
            return _django(found[1], lines)
    return None


def _frames(lines: Sequence[str]) -> tuple[Frame, ...]:
    calls = [m for line in lines if (m := _FRAME.match(line))]
    return tuple(Frame(m[3] or "", "", m[1], number(m[2]), in_app(m[1])) for m in reversed(calls))


def _django(type_: str, lines: Sequence[str]) -> StackTrace:
    """The page names the exception below its traceback; what led to it stands above without its type."""
    at = next((n for n, line in enumerate(lines) if _VALUE.match(line)), len(lines))
    value = _VALUE.match(lines[at]) if at < len(lines) else None
    said = value[1].strip() if value else ""
    said = said or next((line.strip() for line in lines[at + 1 :] if line.strip()), "")
    parted = next((n for n, line in enumerate(lines) if line.startswith("The above exception (")), 0)
    return StackTrace(_LANGUAGE, (ExceptionInfo(type_, said, _frames(lines[parted:])),))


def _dagster(lines: Sequence[str]) -> StackTrace | None:
    """Dagster prints the exception above its calls, then the one that caused it in the same way."""
    chain: list[ExceptionInfo] = []
    rest = list(lines)
    while rest:
        until = next((n for n, line in enumerate(rest) if n and line.startswith(_CAUSED)), len(rest))
        part, rest = rest[:until], rest[until:]
        stack = next((n for n, line in enumerate(part) if line.rstrip() == _STACK), len(part))
        named = [m for line in part[:stack] if (m := EXCEPTION.match(line)) and ("." in m[1] or m[2])]
        named = [m for m in named if m[1][0].isalpha() and (m[1].endswith(("Error", "Exception")) or "." in m[1])]
        infos = [ExceptionInfo(m[1], (m[2] or "").strip()) for m in named]
        if infos:
            infos[-1] = ExceptionInfo(infos[-1].type, infos[-1].message, _frames(part[stack:]))
        chain += infos
    return StackTrace(_LANGUAGE, tuple(chain)) if chain else None


def graph_places(lines: Sequence[str]) -> int:
    """Where TensorFlow begins to list the places that a node of its graph came from; the number of lines if nowhere."""
    return next((n for n, line in enumerate(lines) if line.startswith(_NODE)), len(lines))


def graph_error(message: str, lines: Sequence[str]) -> str:
    """The message with what failed in TensorFlow's graph, which stands below the places."""
    if message != _GRAPH:
        return message
    below = [line for line in lines[graph_places(lines) :] if line.strip() and line[0] not in " \t"]
    told = next((line.strip() for line in below[::-1] if not line.startswith((_NODE, "Hint:"))), "")
    return f"{message} {told}".strip()
