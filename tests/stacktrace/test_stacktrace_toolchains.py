"""Crashes of compilers on LLVM, and traces of Zig, Nim, Crystal and Emacs Lisp; each is one event."""

from __future__ import annotations

import pytest

from mcp_rag import stacktrace
from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

LLVM = (
    "PLEASE submit a bug report to https://bugs.shop.test/ and include the crash backtrace.\n"
    "Stack dump:\n"
    "0.\tProgram arguments: /opt/till/bin/tillc -O2 -c drawer.cpp\n"
    "1.\t/srv/till/drawer.cpp:41:7: current parser token ';'\n"
    "2.\t/srv/till/drawer.cpp:12:1: parsing function body 'till::open'\n"
    " #0 0x00005587eb3e833a llvm::sys::PrintStackTrace(llvm::raw_ostream&, int) (/opt/till/bin/tillc+0x1a1a33a)\n"
    " #1 0x00007f3d5b2a5ab0 __restore_rt (/usr/lib/libc.so.6+0x3cab0)\n"
    " #2 0x00005587ed6a4f4e clang::Drawer::open(int) const (/opt/till/bin/tillc+0x3cd6f4e)\n"
)
LLVM_ERROR = (
    "LLVM ERROR: Cannot select: the drawer\nIn function: till_main\n"
    "PLEASE submit a bug report to https://bugs.shop.test/\nStack dump:\n"
    "0.      Program arguments: llc till.ll\n1.      Running pass 'Till' on function '@open'\n"
    "0  libTill-15.so.1    0x00007f1e0a6d3f3a mlir::Till::open(int) + 42\n"
    "1  libTill-15.so.1    0x00007f1e0a6d1fa4\n"
)
ZIG = (
    "thread 4711 panic: index out of bounds: index 5, len 3\n"
    "/srv/till/src/drawer.zig:41:18: 0x1034f2a in get (till)\n    return self.rows[i];\n                 ^\n"
    "/usr/lib/zig/std/start.zig:614:37: 0x1034e01 in callMain (till)\n"
)
NIM = (
    "Traceback (most recent call last)\n/srv/till/src/main.nim(12) main\n/srv/till/src/drawer.nim(41) get\n"
    "Error: unhandled exception: index 5 not in 0 .. 2 [IndexDefect]\n"
)
CRYSTAL = (
    "Unhandled exception: Index out of bounds (IndexError)\n"
    "  from /usr/share/crystal/src/indexable.cr:73:8 in 'get'\n  from src/drawer.cr:41:7 in 'open'\n"
)
LISP = (
    "Debugger entered--Lisp error: (void-function till-open)\n  (till-open 4)\n"
    '  eval-buffer(#<buffer  *load*> nil "/srv/till.el" nil t)  ; Reading at buffer position 41\n  command-line()\n'
)
INIT = (
    "Warning (initialization): An error occurred while loading ‘/srv/.emacs’:\n\n"
    "Symbol's value as variable is void: drawer\n\n"
    "To ensure normal operation, you should investigate and remove the\n"
    "cause of the error in your initialization file.  Start Emacs with\n"
    "the ‘--debug-init’ option to view a complete error backtrace.\n"
)

# text, language, type, message, functions nearest the throw first
CASES = [
    (LLVM, "llvm", "Stack dump", "parsing function body 'till::open'", ["clang::Drawer::open"]),
    (LLVM_ERROR, "llvm", "LLVM ERROR", "Cannot select: the drawer", ["mlir::Till::open"]),
    (ZIG, "zig", "panic", "index out of bounds: index 5, len 3", ["get", "callMain"]),
    (NIM, "nim", "IndexDefect", "index 5 not in 0 .. 2", ["get", "main"]),
    (CRYSTAL, "crystal", "IndexError", "Index out of bounds", ["get", "open"]),
    (LISP, "emacs", "void-function", "till-open", ["eval-buffer", "command-line"]),
    (INIT, "emacs", "initialization", "Symbol's value as variable is void: drawer", []),
]


@pytest.mark.parametrize(("text", "language", "type_", "message", "functions"), CASES, ids=[c[2] for c in CASES])
def test_trace(text: str, language: str, type_: str, message: str, functions: list[str]) -> None:
    """What failed is read from where each prints it; the machinery that printed it is no call."""
    trace = stacktrace.parse(text)
    assert trace is not None
    assert (trace.language, trace.root.type, trace.root.message) == (language, type_, message)
    assert [f.function for f in trace.root.frames] == functions


@pytest.mark.parametrize("text", [c[0] for c in CASES], ids=[c[2] for c in CASES])
def test_one_event(text: str) -> None:
    """All lines of it and no neighbour's are one event, at least an error."""
    found = parse_block(f"the till opens\n{text}\nthe till rests\n".encode(), ParseSettings(min_level=Level.WARN))[0]
    (record,) = found
    assert record.level >= Level.ERROR
    assert (record.first_line, record.last_line) == (1, text.count("\n"))


def test_calls_of_the_standard_library_are_not_the_programs() -> None:
    """Zig's own sources are told by their folder."""
    trace = stacktrace.parse(ZIG)
    assert trace is not None
    assert [f.in_app for f in trace.root.frames] == [True, False]
