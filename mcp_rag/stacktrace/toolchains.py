"""Crashes of compilers on LLVM, and the traces of Zig, Nim, Crystal and Emacs Lisp."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LLVM_NAME = "llvm"
LLVM: Table = (
    Pattern(Part.CRASH, r"PLEASE submit a bug report to "),
    Pattern(Part.CRASH, r"LLVM ERROR: "),
    Pattern(Part.CRASH, r"0\.[\t ]+Program arguments: "),
    Pattern(Part.DETAIL, r"Stack dump:$"),
    Pattern(Part.FRAME, r"\d{1,3} +[\w.+\-]{1,80} +0x[0-9a-f]{16}$", " 0x0000"),
    Pattern(Part.DETAIL, r"Stack dump without symbol names |In function: \S{1,200}$"),
    Pattern(
        Part.DETAIL,
        r"\d{1,2}\.[\t ]+(?:<(?:eof|unknown)>|Code generation$|Running pass |Compiling |Optimizer$"
        r"|While |Per-\w{1,20} |Contents of |Swift version |Apple Swift |[^\s:]{1,300}:\d+:\d+: )",
    ),
)
ZIG: Table = (
    Pattern(Part.CRASH, r"thread \d+ panic: "),
    Pattern(Part.FRAME, r"[^\s:]{1,300}\.zig:\d+:\d+: 0x[0-9a-f]+ in ", ".zig:"),
)
NIM: Table = (Pattern(Part.FRAME, r"[^\s()]{1,300}\.nim\(\d+\) \w", ".nim("),)
CRYSTAL: Table = (Pattern(Part.FRAME, r"from \S{1,300}\.cr:\d+:\d+ in \S", ".cr:"),)
EMACS: Table = (
    Pattern(Part.CRASH, r"Debugger entered--Lisp error: "),
    Pattern(Part.CRASH, r"Warning \(initialization\): An error occurred while loading "),
    Pattern(Part.DETAIL, r"Symbol.s (?:value as variable|function definition) is void: "),
    Pattern(
        Part.DETAIL, r"To ensure normal operation, you should investigate|cause of the error in your initialization"
    ),
    Pattern(Part.DETAIL, r"the .--debug-init. option to view "),
)

_SAID = re.compile(r"LLVM ERROR: (.*)$")
_STEP = re.compile(r"\s*\d{1,2}\.[\t ]+(?:[^\s:]{1,300}:\d+:\d+: )?(.*)$")
_LLVM_FRAME = re.compile(
    r"\s*#?\d{1,4} +(?:[\w.+-]{1,80} +)?0x[0-9a-f]{8,16} (?P<f>[A-Za-z_~][^\n]{0,800}?)"
    r"(?: \+ \d{1,9}| \([^\s()]{1,400}\)| [^\s:]{1,300}:\d{1,9}:\d{1,9})?$"
)
_MACHINERY = ("llvm::sys::", "SignalHandler", "CrashRecoverySignalHandler", "__restore_rt", "PrintStackTrace", "__libc")
_PANIC = re.compile(r"\s*thread \d{1,12} panic: (.*)$")
_RETURNED = re.compile(r"\s*(?:error: )?([A-Z]\w{1,80})$")
_ZIG_FRAME = re.compile(r"\s*([^\s:]{1,300}\.zig):(\d{1,9}):\d{1,9}: 0x[0-9a-f]{1,16} in (\S{1,200})")
_NIM_FRAME = re.compile(r"\s*([^\s()]{1,300}\.nim)\((\d{1,9})\) (\S{1,200})")
_NIM_ERROR = re.compile(r"(?:Error: unhandled exception: )?(\S.*) \[([A-Z]\w{1,80})\]$")
_CRYSTAL_ERROR = re.compile(r"(?:Unhandled exception: )?(\S.*) \(([A-Z][\w:]{1,120})\)$")
_CRYSTAL_FRAME = re.compile(r"\s*from (\S{1,300}?\.cr):(\d{1,9}):\d{1,9} in '?([^\s']{1,200})")
_LISP_ERROR = re.compile(r"\s*Debugger entered--Lisp error: \(([\w/+*<>=!?:-]{1,80})(?: (.*?))?\)?$")
_LISP_FRAME = re.compile(r" {2}([a-z][\w/+*<>=!?:-]{0,120})\(")
_LISP_LOADS = re.compile(r"(?:eval-buffer|load|load-with-code-conversion|require|command-line|normal-top-level)$")


def llvm(lines: Sequence[str]) -> StackTrace | None:
    """What a compiler was doing when it crashed, the innermost of the steps that it prints, and its calls."""
    if not any(
        line.startswith(("PLEASE submit a bug", "LLVM ERROR: ")) or "Program arguments: " in line for line in lines
    ):
        return None
    said = next((m[1].strip() for line in lines if (m := _SAID.match(line))), "")
    frames: list[Frame] = []
    step = ""
    for line in lines:
        if call := _LLVM_FRAME.match(line):
            name = call["f"].partition("(")[0].strip()
            if name and not name.startswith(_MACHINERY):
                frames.append(Frame(function=name, in_app=not name.startswith("std::")))
        elif not frames and (told := _STEP.match(line)) and not told[1].startswith("Program arguments"):
            step = told[1].strip()
    type_ = "LLVM ERROR" if said else "Stack dump"
    return StackTrace(LLVM_NAME, (ExceptionInfo(type_, said or step, tuple(frames)),))


def zig(lines: Sequence[str]) -> StackTrace | None:
    """A panic of Zig, or an error that main returned, above `file.zig:line:column: address in function` frames."""
    frames = tuple(
        Frame(function=m[3], file=m[1], line=int(m[2]), in_app="/lib/std/" not in m[1] and "/zig/std/" not in m[1])
        for line in lines
        if (m := _ZIG_FRAME.match(line))
    )
    if said := next((m for line in lines if (m := _PANIC.match(line))), None):
        return StackTrace("zig", (ExceptionInfo("panic", said[1].strip(), frames),))
    named = _RETURNED.match(lines[0]) if frames and lines else None
    return StackTrace("zig", (ExceptionInfo(named[1], "", frames),)) if named else None


def nim(lines: Sequence[str]) -> StackTrace | None:
    """Nim prints its calls outermost first, then the message and the exception's name in brackets."""
    calls = [m for line in lines if (m := _NIM_FRAME.match(line))]
    last = max((n for n, line in enumerate(lines) if _NIM_FRAME.match(line)), default=len(lines))
    said = next((m for line in lines[last + 1 :] if (m := _NIM_ERROR.match(line.strip()))), None)
    if not calls or said is None:
        return None
    frames = tuple(Frame(function=m[3], file=m[1], line=int(m[2]), in_app="/nim/" not in m[1]) for m in reversed(calls))
    return StackTrace("nim", (ExceptionInfo(said[2], said[1].strip(), frames),))


def crystal(lines: Sequence[str]) -> StackTrace | None:
    """Crystal prints the class behind the message, and the calls below it."""
    frames = tuple(
        Frame(function=m[3], file=m[1], line=int(m[2]), in_app="/crystal/src/" not in m[1])
        for line in lines
        if (m := _CRYSTAL_FRAME.match(line))
    )
    said = next((m for line in lines if (m := _CRYSTAL_ERROR.match(line.strip()))), None)
    return StackTrace("crystal", (ExceptionInfo(said[2], said[1].strip(), frames),)) if frames and said else None


def emacs(lines: Sequence[str]) -> StackTrace | None:
    """Emacs' debugger, or its word on an initialization file that failed."""
    if found := next((m for line in lines if (m := _LISP_ERROR.match(line))), None):
        frames = tuple(
            Frame(function=m[1], in_app=not _LISP_LOADS.match(m[1])) for line in lines if (m := _LISP_FRAME.match(line))
        )
        return StackTrace("emacs", (ExceptionInfo(found[1], (found[2] or "").strip(), frames),))
    if not lines or not lines[0].startswith("Warning (initialization)"):
        return None
    said = next((line.strip() for line in lines[1:] if line.strip()), "")
    return StackTrace("emacs", (ExceptionInfo("initialization", said),))


TABLES: tuple[tuple[str, Table, Callable[[Sequence[str]], StackTrace | None]], ...] = (
    (LLVM_NAME, LLVM, llvm),
    ("zig", ZIG, zig),
    ("nim", NIM, nim),
    ("crystal", CRYSTAL, crystal),
    ("emacs", EMACS, emacs),
)
