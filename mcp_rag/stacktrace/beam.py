"""Elixir and Erlang: `** (Type) message`, `(app version) file:line: Mod.fun/arity`, error reports."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "elixir"
PARTS: Table = (
    Pattern(Part.START, r"\*\* \((?:[A-Z][\w.]*|exit|throw|stop|EXIT[^)]*)\) "),
    Pattern(Part.START, r"\*\* exception (?:error|exit|throw): "),
    Pattern(Part.FRAME, r"in (?:function|call from) +[\w:/.<>@'\-]{1,200} \("),
    Pattern(Part.CRASH, r"=(?:CRASH|ERROR|SUPERVISOR) REPORT={2,}"),
    Pattern(Part.CRASH, r"Error in process <[\d.]+> "),
    Pattern(Part.DETAIL, r"\*\* (?:Reason for termination|When Server state|Last message in was|Generic server)"),
    Pattern(Part.DETAIL, r"\*\* \{"),  # the reason of a report that the logger heads line by line
    Pattern(Part.FRAME, r"\([a-z_]\w* \d[\w.\-]*\) [^\n]{1,300}:\d+: "),
    Pattern(Part.FRAME, r"\([a-z_]\w* \d[\w.\-]*\) [\w.:&]+/\d"),
    Pattern(Part.FRAME, r"(?:lib|test|src|deps)/[\w./\-]{1,200}\.(?:exs?|erl):\d+: "),
    Pattern(Part.DETAIL, r"Last message(?: \(from [^)]*\))?: |State: |Initial Call: |Ancestors: |Function: |Args: \["),
)

_HEAD = re.compile(r".*?\*\* \(([A-Za-z][\w.]*)[^)\n]{0,100}\) (.*)$")
_FRAME = re.compile(r"\s*(?:\(([a-z_]\w*)(?: [\w.\-]+)?\) )?([\w./\-]{1,200}\.(?:exs?|erl)):(\d{1,9}): (\S.*)$")
_ERLANG = re.compile(r".*?(?:Reason for termination ==?|exit value:|exception (?:error|exit|throw):|Reason:)\s*(.*)$")
_SHELL = re.compile(r"\s*\*\* exception (error|exit|throw): (.*)$")
_SHELL_FRAME = re.compile(
    r"\s*in (?:function|call from) +(?:([\w@]{1,80}):)?([\w'<>/\-]{1,100})(?: \((\S{1,200}), line (\d{1,9})\))?"
)
_TUPLE_FRAME = re.compile(
    r"\{([a-z_]\w{0,80}),([a-z_'][\w'/\-]{0,80}),\d+,\[\{file,\"([^\"]{1,200})\"\},\{line,(\d{1,9})\}\]\}"
)
_REASON = re.compile(r"\{?\{?([a-z_]\w{0,60})")
_SENTENCE = re.compile(r"[a-z]\w* [a-z]\w* ")
_LIBRARY = {
    "elixir", "stdlib", "kernel", "ex_unit", "mix", "phoenix", "plug", "cowboy", "ecto", "ecto_sql", "plug_cowboy",
    "db_connection", "bandit", "logger", "iex", "phoenix_live_view", "oban", "postgrex", "erts",
}  # fmt: skip


def in_app(application: str, file: str) -> bool:
    """False for OTP, Elixir's own applications and the common frameworks."""
    return application not in _LIBRARY and not file.startswith(("deps/", "gen_server", "proc_lib", "gen_statem"))


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first error in `lines`; a nested `** (Type)` after `an exception was raised:` is the cause."""
    chain: list[tuple[str, str, list[Frame]]] = []
    for line in lines:
        if found := _HEAD.match(line):
            chain.append((found[1], found[2].strip(), []))
        elif (frame := _frame(line)) and chain:
            chain[-1][2].append(frame)
    if chain:
        return StackTrace(LANGUAGE, tuple(ExceptionInfo(t, m, tuple(f)) for t, m, f in chain))
    return _erlang(lines)


def _erlang(lines: Sequence[str]) -> StackTrace | None:
    for n, line in enumerate(lines):
        if shell := _SHELL.match(line):
            calls = [m for after in lines[n + 1 :] if (m := _SHELL_FRAME.match(after))]
            listed = tuple(Frame(m[2], m[1] or "", m[3] or "", int(m[4] or 0)) for m in calls)
            return StackTrace("erlang", (ExceptionInfo(shell[1], shell[2].strip(), listed),))
    text = "\n".join(lines)[:20_000]
    report = next((n for n, line in enumerate(lines) if _ERLANG.match(line)), -1)
    if report < 0:
        return None
    found = _ERLANG.match(lines[report])
    rest = (found[1] if found else "").strip() or next((x.strip() for x in lines[report + 1 :] if x.strip()), "")
    rest = rest.removeprefix("** ")
    reason = _REASON.match(rest)
    frames = tuple(
        Frame(function=m[2], module=m[1], file=m[3], line=int(m[4]), in_app=in_app("", m[3]))
        for m in _TUPLE_FRAME.finditer(text)
    )
    if reason is None:
        return None
    # A sentence names no reason: "an error occurred when evaluating an arithmetic expression".
    named = "" if _SENTENCE.match(rest) else reason[1]
    return StackTrace("erlang", (ExceptionInfo(named, rest[:500], frames),))


def _frame(line: str) -> Frame | None:
    found = _FRAME.match(line)
    if found is None:
        return None
    module, _, function = found[4].strip().rpartition(".")
    application = found[1] or ""
    return Frame(function, module, found[2], int(found[3]), in_app(application, found[2]))
