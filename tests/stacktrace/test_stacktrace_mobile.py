"""What phones report of an app that failed: tombstones, ANRs, Apple's crash reports, Flutter's boxes."""

from __future__ import annotations

import pytest

from mcp_rag import stacktrace

TOMBSTONE = (
    "*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***\n"
    "Build fingerprint: 'acme/till/till:14/AP1A.1/77:user/release-keys'\n"
    "pid: 4711, tid: 4720, name: Thread-9  >>> com.acme.till <<<\n"
    "{signal}\n"
    "    x0  0000000000000000  x1  000000000000122c\n"
    "backtrace:\n"
    "      #00 pc {address}  /apex/com.android.runtime/lib64/bionic/libc.so (abort+164) (BuildId: 01af)\n"
    "      #01 pc 00000000000a1b2c  /data/app/~~{install}==/lib/arm64/libtill.so (acme::Drawer::open(int)+96)\n"
    "      #02 pc 00000000000a1b2c  /data/app/~~{install}==/lib/arm64/libtill.so\n"
    "--- --- --- --- --- --- --- --- --- --- --- --- --- --- --- ---\n"
    "pid: 4711, tid: 4711, name: main  >>> com.acme.till <<<\n"
    "      #00 pc 00000000000c0ffe  /system/lib64/libutils.so (android::Looper::pollInner(int)+148)\n"
)
APPLE = (
    "Incident Identifier: 11111111-2222-3333-4444-555555555555\n"
    "Process:             Till [4711]\n"
    "Exception Type:  EXC_BAD_ACCESS (SIGSEGV)\n"
    "Exception Subtype: KERN_INVALID_ADDRESS at 0x0000000000000010\n"
    "\n"
    "Thread 0:\n"
    "0   libsystem_kernel.dylib        \t0x00000001e1c1ece4 mach_msg2_trap + 8\n"
    "\n"
    "Thread 3 name:  Dispatch queue: till\n"
    "Thread 3 Crashed:\n"
    "0   libobjc.A.dylib               \t0x000000018dd41244 objc_msgSend + 32\n"
    "1   Till                          \t0x0000000104a1c244 -[Drawer open:] + 120 (Drawer.m:41)\n"
    "2   Till                          \t0x0000000104a1c2aa 0x104a00000 + 115268\n"
    "\n"
    "Thread 4:\n"
    "0   Till                          \t0x0000000104a9fab4 -[Clock tick] + 8 (Clock.m:3)\n"
)


def _of(text: str) -> stacktrace.Found:
    found = stacktrace.find(text.split("\n"))
    assert found is not None
    return found


def test_tombstone_is_read_to_the_end_of_its_thread() -> None:
    """Type and code come from the signal, frames from the thread that crashed, own ones told from the system's."""
    text = TOMBSTONE.format(
        signal="signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10", address="00000000000c0a4", install="aa"
    )
    root = _of(text).trace.root
    assert (root.type, root.message) == ("SIGSEGV", "SEGV_MAPERR")
    assert [(f.function, f.in_app) for f in root.frames] == [
        ("abort", False),
        ("acme::Drawer::open", True),
        ("", True),
    ]


def test_abort_message_tells_more_than_the_signal() -> None:
    """What the program said when it aborted is the message."""
    said = "signal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------\nAbort message: 'drawer is jammed'"
    root = _of(TOMBSTONE.format(signal=said, address="00000000000c0a4", install="aa")).trace.root
    assert (root.type, root.message) == ("SIGABRT", "drawer is jammed")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            "Reason: Input dispatching timed out (Waited 5001ms for MotionEvent)",
            "com.acme.till (com.acme.till/.Main): Input dispatching timed out",
        ),
        ("Reason: executing service com.acme.till/.Sync", None),
        ("", "com.acme.till (com.acme.till/.Main)"),
    ],
)
def test_anr_names_app_and_reason(reason: str, message: str | None) -> None:
    """An app that does not answer is told by itself and by what it did not answer, not by how long that took."""
    root = _of(f"ANR in com.acme.till (com.acme.till/.Main)\nPID: 4711\n{reason}\nLoad: 1.2 / 0.9 / 0.7").trace.root
    assert root.type == "ANR"
    assert root.message == (message or "com.acme.till (com.acme.till/.Main): executing service com.acme.till/.Sync")


def test_apple_report_is_that_of_the_crashed_thread() -> None:
    """The calls are those of the thread that crashed; an address without a symbol names no function."""
    root = _of(APPLE).trace.root
    assert root.type == "EXC_BAD_ACCESS (SIGSEGV)"
    assert root.message == "KERN_INVALID_ADDRESS at 0x0000000000000010"
    assert [(f.function, f.module, f.file, f.line, f.in_app) for f in root.frames] == [
        ("objc_msgSend", "libobjc.A.dylib", "", 0, False),
        ("-[Drawer open:]", "Till", "Drawer.m", 41, True),
        ("", "Till", "", 0, True),
    ]


def test_apple_report_of_an_exception_prefers_it() -> None:
    """An exception that ended the app is the error, and its own calls count, not those that abort."""
    text = APPLE.replace("Exception Type:  EXC_BAD_ACCESS (SIGSEGV)", "Exception Type:  EXC_CRASH (SIGABRT)").replace(
        "Thread 0:\n",
        "Application Specific Information:\n*** Terminating app due to uncaught exception 'TillError', reason: 'shut'\n"
        "\nLast Exception Backtrace:\n0   CoreFoundation  \t0x18aa9367c __exceptionPreprocess + 160\n"
        "1   Till  0x0000000104a1c244 0x1833d4000 + 12129 (-[Belt run] + 132)\n\nThread 0:\n",
    )
    root = _of(text).trace.root
    assert (root.type, root.message) == ("TillError", "shut")
    assert [f.function for f in root.frames] == ["__exceptionPreprocess", "-[Belt run]"]


@pytest.mark.parametrize(
    "title", ["══╡ EXCEPTION CAUGHT BY WIDGETS LIBRARY ╞═══", "======== Exception caught by widgets library ====="]
)
def test_flutter_box(title: str) -> None:
    """A box with or without calls: the widget stands in for them, and its first sentence is the message."""
    text = (
        f"{title}\nThe following assertion was thrown during layout:\nA RenderFlex overflowed by 6.0 pixels.\n\n"
        "The relevant error-causing widget was: \n  Row Row:file:///srv/till/lib/bar.dart:98:14\n" + "=" * 100
    )
    root = _of(text).trace.root
    assert root.message == "A RenderFlex overflowed by 6.0 pixels."
    assert [(f.function, f.line) for f in root.frames] == [("Row", 98)]


def test_flutter_box_names_its_type() -> None:
    """The type is the one that was thrown, or the one that the message begins with."""
    box = "══╡ EXCEPTION CAUGHT BY GESTURE ╞═══\nThe following {} was thrown while handling a gesture:\n{}\n"
    assert _of(box.format("_TillError", "shut")).trace.root.type == "_TillError"
    assert _of(box.format("message", "TillException: shut")).trace.root.type == "TillException"


def test_flutter_engine_names_type_without_a_blank() -> None:
    """`Unhandled Exception: Type(text)` names the type, however the class prints itself."""
    text = (
        "[ERROR:flutter/lib/ui/ui_dart_state.cc(157)] Unhandled Exception: TillException(no drawer)\n"
        "#0      Till.open (package:till/till.dart:41:3)"
    )
    root = _of(text).trace.root
    assert (root.type, root.message) == ("TillException", "no drawer")


def test_report_of_a_mac_quotes_the_program() -> None:
    """The program's own last words within a report do not hide whose report it is."""
    text = (
        "Process:               Till [4711]\n"
        "Identifier:            com.acme.till\n"
        "Exception Type:        EXC_BAD_INSTRUCTION (SIGILL)\n"
        "Application Specific Information:\n"
        "Fatal error: drawer is jammed\n\n"
        "Thread 0:: main\n0   Till  0x0000000104b2c4d0 Clock.tick() + 8\n\n"
        "Thread 2 Crashed:: Dispatch queue: till\n0   Till  0x0000000104b2c4d0 Drawer.open() + 2192 (Drawer.swift:41)"
    )
    root = _of(text).trace.root
    assert root.type == "EXC_BAD_INSTRUCTION (SIGILL)"
    assert [f.function for f in root.frames] == ["Drawer.open"]
