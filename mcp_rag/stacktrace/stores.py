"""What servers print of their own crashes and errors: Redis' report, ClickHouse's exceptions, Envoy's calls."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

REDIS = "redis"  # one block, from the first line of the report to the last
REDIS_PARTS: Table = (
    Pattern(Part.CRASH, r"=== (?:REDIS|VALKEY|KEYDB) BUG REPORT START"),
    Pattern(Part.DETAIL, r"=== (?:REDIS|VALKEY|KEYDB) BUG REPORT END"),
)
# Calls and signals as these servers print them; for the table of C++.
PARTS: Table = (
    Pattern(Part.FRAME, r"\d{1,3}\. [^\n]{1,1900} @ 0x[0-9a-f]{4,16}", " @ 0x"),
    Pattern(
        Part.CRASH,
        r"Caught (?:Segmentation fault|Aborted|Bus error|Floating point exception|Illegal instruction), suspect",
    ),
    Pattern(Part.DETAIL, r"Backtrace \(use tools/stack_decode|Envoy version: \S"),
    Pattern(Part.FRAME, r"#\d{1,4}: (?:[^\n]{1,400} )?\[0x[0-9a-f]{1,16}\]$"),
    Pattern(Part.FRAME, r"[\w./\-]{1,200} \S{1,60}:\d{1,5}\([^\n]{0,400}\) ?\[0x[0-9a-f]{1,16}\]$", "[0x"),
)
FRAMES = (
    re.compile(r"\s*\d{1,3}\. (?:\S{1,200}:\d{1,7}: )?(?P<f>[^\n]{1,1900}?) @ 0x[0-9a-f]{4,16}"),
    re.compile(r"\s*#\d{1,4}: (?P<f>[^\n]{1,400}?) \[0x[0-9a-f]{1,16}\]$"),
)
MACHINERY = (
    r"DB::\w{0,40}Exception::|Poco::|DB::TCPHandler|DB::HTTPHandler|\?$|_redisAssert|logStackTrace|sig\w{1,8}Handler"
)

_CLICKHOUSE = re.compile(
    r"(?:[^\n]{0,200}?\s)?(Code: \d{1,4})[.,] (?:e\.displayText\(\) = )?(DB::\w{0,40}Exception): (.*)$"
)
_HINT = re.compile(r"[,.:]? ?Stack trace(?: \(when copying [^\n]{0,80})?:?$")
_SUSPECT = re.compile(r".*?Caught ([A-Z][a-z ]{3,30}), suspect")
_CRASHED = re.compile(r".*?((?:Redis|Valkey|KeyDB) \S{1,30} crashed by signal: (\d{1,3}))")
_ASSERTED = re.compile(r".*?==> (\S{1,200}):(\d{1,7}) '(.{1,400})' is not true")
_PANICKED = re.compile(r".*?Guru Meditation: (.{1,400}?)(?: #(\S{1,200}):(\d{1,7}))?$")
_CALL = re.compile(r"\s*(?:# )?[\w./\-]{1,200}(?: \S{1,60}:\d{1,5})?\((\w{1,200})\+0x[0-9a-f]{1,8}\) ?\[0x")
_SIGNALS = {"4": "SIGILL", "6": "SIGABRT", "7": "SIGBUS", "8": "SIGFPE", "11": "SIGSEGV"}
_OWN = re.compile(MACHINERY)


def head(line: str) -> tuple[str, str] | None:
    """Type and message of a ClickHouse exception, the number of the error with its message, or of Envoy's signal."""
    if "DB::" in line and (found := _CLICKHOUSE.match(line)):
        return found[2], f"{found[1]}. {_HINT.sub('', found[3]).strip()}"
    found = _SUSPECT.match(line) if "suspect" in line else None
    return (found[1], "") if found else None


def redis(lines: Sequence[str]) -> StackTrace | None:
    """The crash that Redis, Valkey or KeyDB reports: an assertion, a panic or a signal, and the calls above it."""
    if not any("BUG REPORT START" in line for line in lines):
        return None
    told: ExceptionInfo | None = None
    for line in lines:
        if found := _ASSERTED.match(line):
            place = Frame(file=found[1], line=int(found[2]))
            told = ExceptionInfo("Assertion", found[3], (place,))
            break
        if found := _PANICKED.match(line):
            told = ExceptionInfo("panic", found[1])
            break
        if told is None and (found := _CRASHED.match(line)):
            told = ExceptionInfo(_SIGNALS.get(found[2], "signal"), found[1])
    calls = [Frame(function=m[1]) for line in lines if (m := _CALL.match(line)) and not _OWN.match(m[1])]
    told = told or ExceptionInfo("crash", "")
    return StackTrace("cpp", (ExceptionInfo(told.type, told.message, (*told.frames, *calls)),))
