"""Stacktraces of many languages, parsed from text.

`parse` reads a whole trace; `role` says what one line is within a trace; `starts` whether a line alone begins one.
A new language is one module with a table of line patterns and a `parse(lines)`, registered below and in `roles`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mcp_rag.stacktrace import (
    beam,
    compilers,
    dotnet,
    golang,
    javascript,
    jvm,
    mobile,
    native,
    others,
    paste,
    php,
    python,
    ruby,
    rust,
    stores,
    toolchains,
)
from mcp_rag.stacktrace.jvm import MINECRAFT, THREADS
from mcp_rag.stacktrace.mobile import APPLE, FLUTTER
from mcp_rag.stacktrace.parts import NO_ROLE, Part, Role
from mcp_rag.stacktrace.roles import role
from mcp_rag.stacktrace.rust import LATE
from mcp_rag.stacktrace.stores import REDIS
from mcp_rag.types import ExceptionInfo, StackTrace

__all__ = [
    "APPLE",
    "FLUTTER",
    "LATE",
    "MINECRAFT",
    "NO_ROLE",
    "REDIS",
    "THREADS",
    "Found",
    "Part",
    "Role",
    "find",
    "languages",
    "parse",
    "role",
    "starts",
]

MAX_MESSAGE_CHARS = 4_000
MAX_FRAMES = 1_000
MAX_LINE_CHARS = 2_000  # of one physical line; what lies behind is not read

_PARSERS: Mapping[str, Callable[[Sequence[str]], StackTrace | None]] = {
    python.LANGUAGE: python.parse,
    jvm.LANGUAGE: jvm.parse,
    javascript.LANGUAGE: javascript.parse,
    golang.LANGUAGE: golang.parse,
    rust.LANGUAGE: rust.parse,
    rust.LATE: rust.parse,
    stores.REDIS: stores.redis,
    dotnet.LANGUAGE: dotnet.parse,
    ruby.LANGUAGE: ruby.parse,
    php.LANGUAGE: php.parse,
    native.LANGUAGE: mobile.native_crash,
    beam.LANGUAGE: beam.parse,
    **{name: parser for name, _, parser in (*others.TABLES, *toolchains.TABLES)},
    compilers.LANGUAGE: compilers.parse,
    jvm.MINECRAFT: jvm.minecraft,
    mobile.ANR: mobile.anr,
    mobile.APPLE: mobile.apple,
    mobile.FLUTTER: mobile.flutter,
}

# `SomeError: text` with no frame around it: the type is known, the language is not.
_LONE = re.compile(
    r"\s*(?:Uncaught (?:\(in promise\) )?|[Uu]nhandled [Ee]xception[.:] "
    r"|Exception in thread \"[^\"]*\" |(?:Caused by|raise): ?)?"
    r"((?:[A-Za-z_$][\w$]*(?:\.|::|\\))*[A-Za-z_$][\w$]*(?:Error|Exception|Failure|Fault|Interrupt|NotFound))"
    r"(?: \[\w+\])?(?:: (.*)|:?)$"
)


# A class with its package, or an exception's name and message: prose below a log line has neither.
_BELOW = re.compile(
    r"(?:[a-z_]\w*\.){1,12}[A-Z][\w$]{0,120}(?:Error|Exception)(?:$|: )|[A-Z]\w{1,120}(?:Error|Exception): \S"
)


class Found(NamedTuple):
    """A trace and the index of its first line among those searched; lines before it are the log message."""

    trace: StackTrace
    first: int


def languages() -> tuple[str, ...]:
    """Names of all languages a trace can be parsed in."""
    return tuple(_PARSERS)


def starts(line: str) -> str:
    """The language whose trace or crash report `line` alone begins, or "" (`SomeError: text` alone begins none)."""
    seen = role(line)
    return seen.language if seen.part in {Part.PRELUDE, Part.START, Part.CRASH} else ""


def parse(text: str) -> StackTrace | None:
    """The first stacktrace in pasted or logged `text`: exceptions outermost first, frames nearest the throw first.
    Copes with quote marks, line numbers, code fences and lost indentation; None when there is no trace. A lone
    `SomeError: message` gives a trace without frames."""
    found = find(paste.lines(text))
    return found.trace if found else None


def find(lines: Sequence[str]) -> Found | None:
    """As `parse`, on clean physical lines, with the place where the trace begins."""
    lines = [line[:MAX_LINE_CHARS] for line in lines]
    seen = [role(line) for line in lines]
    for language in _order(seen):
        trace = _PARSERS[language](lines) if language in _PARSERS else None
        if trace is not None:
            trace = _across(_titled(trace, lines), lines)
            return Found(_bounded(trace), _first(lines, seen, trace))
    for parser in (compilers.parse, python.parse, php.parse, others.perl):
        if (trace := parser(lines)) is not None:
            return Found(_bounded(trace), _first(lines, seen, trace))
    return _lone(lines)


def _order(seen: Sequence[Role]) -> list[str]:
    """The languages that may have printed the lines, the likeliest first: that of the first frame or crash. Words that
    open a crash may be a logger's too (`Uncaught exception GET /cart`): the traceback that follows decides."""
    framed: dict[str, int] = {}
    hinted: dict[str, int] = {}
    traced = {each.language for each in seen if each.part is Part.FRAME}
    opened = {each.language for each in seen if each.part is Part.START} & traced
    for n, each in enumerate(seen):
        if each.language:
            crash = each.part is Part.CRASH and (each.language in traced or not opened)
            sure = crash or each.part is Part.FRAME or each.language == APPLE  # its report quotes what others print
            (framed if sure else hinted).setdefault(each.language, n)
    order = sorted(framed, key=framed.__getitem__) + sorted(hinted, key=hinted.__getitem__)
    return list(dict.fromkeys(order))


def _across(trace: StackTrace, lines: Sequence[str]) -> StackTrace:
    """Py4J prints the exception of the JVM below Python's, which says only that a call failed: the cause is Java's."""
    if not trace.outermost.type.endswith("Py4JJavaError"):
        return trace
    at = next((n for n, line in enumerate(lines) if line.startswith(": ")), len(lines))
    below = jvm.parse([lines[at][2:], *lines[at + 1 :]]) if at < len(lines) else None
    return StackTrace(trace.language, (*trace.exceptions, *below.exceptions)) if below else trace


def _titled(trace: StackTrace, lines: Sequence[str]) -> StackTrace:
    """Frames alone name no exception; a `SomeError: text` on the first line does (AWS Lambda prints it there)."""
    outer = trace.outermost
    if outer.type or outer.message or (named := _lone(lines)) is None:
        return trace
    head = replace(outer, type=named.trace.outermost.type, message=named.trace.outermost.message)
    return StackTrace(trace.language, (head, *trace.exceptions[1:]))


def _first(lines: Sequence[str], seen: Sequence[Role], trace: StackTrace) -> int:
    """Where the trace begins: its first line with a role, or the line that names its outermost exception."""
    at = next((n for n, each in enumerate(seen) if each.part is not Part.NONE), len(lines))
    outer = trace.outermost
    heads = (f"{outer.type}:", f"error[{outer.type}]:", f"warning[{outer.type}]:")
    return next((n for n in range(at) if outer.type and lines[n].lstrip().startswith(heads)), at)


def _lone(lines: Sequence[str]) -> Found | None:
    for n, line in enumerate(lines):
        if not line.strip() or role(line).part is Part.PRELUDE:
            continue
        found = _LONE.match(line)
        if found is None and n == 0 and len(lines) > 1 and _BELOW.match(lines[1]):
            continue  # what a logger says of it stands above; the JVM leaves out frames it has printed too often
        if found is None:
            return None
        return Found(StackTrace("", (ExceptionInfo(found[1], (found[2] or "").strip()[:MAX_MESSAGE_CHARS]),)), n)
    return None


def _bounded(trace: StackTrace) -> StackTrace:
    """Cap what hostile text can make large."""
    if all(len(e.message) <= MAX_MESSAGE_CHARS and len(e.frames) <= MAX_FRAMES for e in trace.exceptions):
        return trace
    infos = tuple(
        replace(e, message=e.message[:MAX_MESSAGE_CHARS], frames=e.frames[:MAX_FRAMES]) for e in trace.exceptions
    )
    return StackTrace(trace.language, infos)
