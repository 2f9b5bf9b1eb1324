"""Ruby: uncaught errors in both print orders, causes, Rails and Logger backtraces."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "ruby"
PARTS: Table = (
    Pattern(Part.PRELUDE, r"[\w./\-]{1,120} aborted!$", "aborted!"),
    Pattern(Part.PRELUDE, r"#<Thread:[^\n]{1,300} terminated with exception"),
    Pattern(Part.DETAIL, r"Tasks: TOP => |\(See full trace by running task with --trace\)"),
    Pattern(Part.TYPE, r"[\w./\-]{1,200}\.rb:\d+:in [`'][^'\n]{1,200}': [^\n]{0,2000}\([A-Z][\w:]*\)$", ".rb:"),
    Pattern(Part.TYPE, r"[\w./\-]{1,200}\.rb:\d+: [^\n]{0,2000}\([A-Z]\w*(?:::\w+)*\)$", ".rb:"),
    Pattern(Part.TYPE, r"<internal:[^\s>]{1,200}>:\d+:in [`'][^'\n]{1,200}': [^\n]{0,2000}\([A-Z][\w:]*\)$"),
    Pattern(Part.TYPE, r"[A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){0,6}(?:Error|Informative) - \S", " - "),  # CocoaPods
    Pattern(Part.TYPE, r"-e:\d+:in [`'][^'\n]{1,200}': [^\n]{0,2000}\([A-Z][\w:]*\)$"),
    Pattern(Part.FRAME, r"(?:\d+: )?from [^\n]{1,300}:\d+(?::in [`']|$)"),
    Pattern(  # as RSpec prints it, and behind the tag that Rails repeats on every line
        Part.FRAME,
        r"(?:# |\[[\w\-]{1,64}\] )[^\s:()\[\]]{1,300}\.(?:rb|erb|haml|slim|rake|ru):\d+:in [`']",
        ":in ",
    ),
    Pattern(
        Part.FRAME,
        r"(?:/|\.{0,2}/|<internal:|[\w\-]+/|[A-Za-z]:/)?[^\s:()]{1,300}(?:\.(?:rb|"
        r"erb|haml|slim|rake|ru)|>|/bin/\w+|[A-Z]\w{2,12}file):\d+:in [`']",
        ":in ",
    ),
)

_HEAD = re.compile(
    r"(?>(?:.*?\s)??((?:<internal:)?[^\s:]{1,300}):(\d{1,9}):in [`'])([^'\n]{1,200})'?: (.*) \(([A-Z][\w:]*)\)$"
)
_HEAD_OPEN = re.compile(r"((?:<internal:)?[^\s:]{1,300}):(\d{1,9}):in [`']([^'\n]{1,200})': (.*)$")
_TOP = re.compile(r"([^\s:]{1,300}\.rb):(\d{1,9}): (.*) \(([A-Z][\w:]*)\)$")
_FRAME = re.compile(
    r"\s*(?:\d{1,5}: |# |\[[\w\-]{1,64}\] )?(?:from )?"
    r"((?:<internal:)?[^\s:]{1,300}):(\d{1,9}):in [`']([^'\n]{1,200})'\s*$"
)
_REVERSED = re.compile(r"\s*\d{1,5}: from ")
_LOGGED = re.compile(r"(?:.*?\s)??([A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){0,6}) \((.*)\):?$")
_PAREN_END = re.compile(r"(.*) \(([A-Z]\w*(?:::[A-Z]\w*)*)\)$")
_PLAIN = re.compile(r"(?:.*?\s)?([A-Z]\w*(?:::[A-Z]\w*)*(?:Error|Exception|NotFound|Invalid|Timeout|Bad)): (.*)$")
_NAMED_FIRST = re.compile(r"([A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){1,6}|[A-Z]\w{0,80}Error): (.*)$")
_INSPECTED = re.compile(r".*?#<([A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){0,6}): ([^\n]*)>$")
_DASHED = re.compile(r"([A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){0,6}(?:Error|Informative)) - (.*)$")
_SAID = re.compile(r"Error: (.*)$")
_ALONE = re.compile(r"([A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){0,6}(?:Error|Exception|NotFound|Invalid|Timeout|Bad)):$")
_CAUSED = re.compile(r"\s*Caused by:\s*$")  # rake and Rails; the type follows on the next line
_LIBRARY = re.compile(
    r"/gems/|/lib/ruby/|^<internal:|/rubygems/|/bundler/|(?:^|/)bin/\w+$|/\.rbenv/|/\.rvm/|/vendor/bundle/"
)


def in_app(file: str) -> bool:
    """False for gems, the standard library and the interpreter's internal files."""
    return _LIBRARY.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first error in `lines`, its causes after it."""
    chain: list[tuple[str, str, list[Frame]]] = []
    pending: list[Frame] = []
    backward = any(_REVERSED.match(line) for line in lines)
    caused = False
    for n, line in enumerate(lines):
        if caused and (cause := _PLAIN.match(line) or _NAMED_FIRST.match(line)):
            chain.append((cause[1], cause[2], []))
        caused = bool(chain) and _CAUSED.match(line) is not None
        if head := _head(line.strip()):
            type_, message, thrown = head
            frames = [thrown, *reversed(pending)] if backward else [thrown]
            chain.append((type_, message, frames))
            pending = []
        elif frame := _frame(line):
            if backward or not chain:
                pending.append(frame)
            else:
                chain[-1][2].append(frame)
            if not chain and not backward:
                named = _logged(lines[:n])
                if named:
                    chain.append((*named, pending))
                    pending = []
    if not chain and not pending:
        return None
    if not chain:  # Homebrew prints what is wrong with a formula, then the calls
        chain.append(("", next((m[1] for line in lines if (m := _SAID.match(line))), ""), pending))
    return StackTrace(LANGUAGE, tuple(ExceptionInfo(t, m, tuple(f)) for t, m, f in chain))


def _head(text: str) -> tuple[str, str, Frame] | None:
    if found := _HEAD.match(text):
        return found[5], found[4], _at(found[1], found[2], found[3])
    if found := _TOP.match(text):
        return found[4], found[3], _at(found[1], found[2], "<main>")
    if (found := _HEAD_OPEN.match(text)) and not text.startswith("from ") and not _REVERSED.match(text):
        return "RuntimeError" if found[4] == "unhandled exception" else "", found[4], _at(found[1], found[2], found[3])
    return None


def _logged(lines: Sequence[str]) -> tuple[str, str] | None:
    """The line above a bare backtrace: `Type (message):` from Rails, `message (Type)` from Logger, `Type: message`."""
    below = ""
    for line in reversed(lines):
        text = line.strip()
        if not text or re.match(r"\d+: |=> ", text):
            continue
        if found := _DASHED.match(text):
            return found[1], found[2]
        if found := _NAMED_FIRST.match(text):  # what it has in parentheses is then the cause
            return found[1], found[2]
        if found := _PAREN_END.match(text):
            return found[2], found[1].rsplit("-- : ", 1)[-1]
        if found := _LOGGED.match(text):
            return found[1], found[2]
        if found := (_INSPECTED.match(text) or _PLAIN.match(text)):
            return found[1], found[2]
        if found := _ALONE.match(text):  # RSpec prints the message below
            return found[1], below
        below = text
    return None


def _frame(line: str) -> Frame | None:
    found = _FRAME.match(line)
    return _at(found[1], found[2], found[3]) if found else None


def _at(file: str, line: str, function: str) -> Frame:
    return Frame(function=function, file=file, line=int(line), in_app=in_app(file))
