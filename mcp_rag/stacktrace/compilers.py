"""Compiler diagnostics with a stable code: rustc, tsc, C#, javac lint names, mypy, eslint."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, StackTrace

LANGUAGE = "compiler"

# Lines that belong to the diagnostic above them.
NOTES: Table = (
    Pattern(
        Part.PRELUDE,
        r"[^\s:]{1,300}: In (?:[a-z]+ ){0,3}(?:function|constructor|destructor|instantiation|lambda)",
        ": In ",
    ),
    Pattern(Part.PRELUDE, r"In file included from \S|╷$"),
    Pattern(Part.DETAIL, r"--> \S+:\d+:\d+$|::: \S+:\d+"),
    Pattern(Part.DETAIL, r"\d{1,6} *\|"),
    Pattern(Part.DETAIL, r"= (?:note|help): |\.\.\.$|(?:note|help): "),
    Pattern(Part.DETAIL, r"For more information about (?:this error|an error), try "),
    Pattern(Part.DETAIL, r"Some errors have detailed explanations: "),
    Pattern(Part.DETAIL, r"[^\s:]{1,300}:\d+(?::\d+)?: note: ", ": note: "),
    Pattern(Part.DETAIL, r"\d+ (?:warnings?|errors?)(?: and \d+ errors?)?(?: generated)?\.?$"),
)

# The headings below Gradle's `FAILURE:`.
GRADLE = "gradle"
HEADINGS: Table = (Pattern(Part.DETAIL, r"\* (?:What went wrong:|Where:|Try:|Exception is:|Get more help at )"),)

_RUSTC = re.compile(r"\s*(?:error|warning)\[([A-Z]\d{4})\]: (.*)$")
_CODED = re.compile(
    r"\s*(?:\S.{0,300}?[(:]\d+[,:]\d+\)?(?::| -) )?(?:fatal )?(?:error|warning)"
    r":? ((?:TS|CS|VB|FS|BC|MSB|NU|C|LNK|NETSDK)\d{3,5}): (.*)$"
)

# What was built, behind the message.
_PROJECT = re.compile(r" \[[^\[\]\n]{1,300}proj(?:::[\w.=,-]{1,80})?\]$")
_BARE = re.compile(r"\s*((?:TS|CS|VB|FS|BC|MSB|NU|C|LNK|NETSDK)\d{3,5}): (.*)$")


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first coded diagnostic as an exception without frames, so that its code and message decide its group."""
    for line in lines:
        if found := _RUSTC.match(line):
            return StackTrace("rustc", (ExceptionInfo(found[1], found[2].strip()),))
        if found := (_CODED.match(line) or _BARE.match(line)):
            return StackTrace("compiler", (ExceptionInfo(found[1], _PROJECT.sub("", found[2].strip())),))
    return None
