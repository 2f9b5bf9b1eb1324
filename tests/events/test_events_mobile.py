"""Events of phones: each report of a failed app is one event, however many lines its log makes of it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

STARS = "*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***"
TOMBSTONE = [
    STARS,
    "Build fingerprint: 'acme/till/till:14/AP1A.1/77:user/release-keys'",
    "Revision: '0'",
    "ABI: 'arm64'",
    "pid: 4711, tid: 4720, name: Thread-9  >>> com.acme.till <<<",
    "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10",
    "    x0  0000000000000000  x1  000000000000122c",
    "",
    "backtrace:",
    "      #00 pc 00000000000a1b2c  /data/app/com.acme.till-1/lib/arm64/libtill.so (drawer_open+96)",
    "",
    "Tombstone written to: /data/tombstones/tombstone_07",
]
ANR = [
    "ANR in com.acme.till (com.acme.till/.Main)",
    "PID: 4711",
    "Reason: Input dispatching timed out (Waited 5001ms for MotionEvent)",
    "ErrorId: a753d7e5-da93-4606-ac8c-4eb75549c843",
    "Frozen: false",
    "Load: 9.23 / 6.11 / 5.35",
    "----- Output from /proc/pressure/memory -----",
    "some avg10=2.81 avg60=0.72 avg300=0.23 total=69091820",
    "----- End output from /proc/pressure/memory -----",
    "CPU usage from 0ms to 13022ms later:",
    "  82% 2000/till: 78% user + 3.9% kernel",
    "29% TOTAL: 10% user + 18% kernel",
]
CRASH = [
    "FATAL EXCEPTION: Drawer Watch",
    "Process: com.acme.till, PID: 4711",
    "Theme: themes:{default=overlay:com.acme.look}",
    "java.lang.IllegalStateException: shut",
    "\tat com.acme.till.Drawer.open(Drawer.kt:41)",
]


def _parsed(lines: list[str]) -> list[LogRecord]:
    return parse_block("\n".join(lines).encode(), ParseSettings(min_level=Level.UNSET))[0]


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("11-23 19:20:37.123  1402  1420 {level} {tag}: ", "11-23 19:20:38.123  1402  1420 I till: next"),
        ("2026-11-23 19:20:37.123 1402-1420/? {level}/{tag}: ", "2026-11-23 19:20:38.123 1402-1420/? I/till: next"),
        ("{level}/{tag} ( 1402): ", "I/till ( 1402): next"),
        ("{level}/{tag}: ", "I/till: next"),
    ],
)
@pytest.mark.parametrize(
    ("lines", "tag", "letter", "type_", "level"),
    [
        (TOMBSTONE, "DEBUG", "I", "SIGSEGV", Level.FATAL),
        (TOMBSTONE, "DEBUG", "F", "SIGSEGV", Level.FATAL),
        (ANR, "ActivityManager", "E", "ANR", Level.ERROR),
        (CRASH, "AndroidRuntime", "E", "java.lang.IllegalStateException", Level.ERROR),
    ],
)
def test_report_in_logcat(
    head: str, tail: str, lines: list[str], tag: str, letter: str, type_: str, level: Level
) -> None:
    """Every layout of logcat heads each line; the report is one event all the same, at the level of what it tells."""
    prefix = head.format(level=letter, tag=tag)
    found = _parsed([*(prefix + line for line in lines), tail])
    assert [(each.first_line, each.last_line) for each in found] == [(0, len(lines) - 1), (len(lines),) * 2]
    assert found[0].stacktrace is not None
    assert (found[0].stacktrace.root.type, found[0].level) == (type_, level)


def test_tombstone_without_a_log() -> None:
    """A tombstone file, or one cut at its first line, is one event and an error."""
    for lines in (TOMBSTONE, TOMBSTONE[1:]):
        found = _parsed(lines)
        assert len(found) == 1
        assert found[0].level >= Level.ERROR


def test_same_crash_of_another_build_has_the_same_fingerprint() -> None:
    """Addresses, process numbers, build and place of installation change; the fault does not."""
    other = [
        line.replace("4711", "99").replace("a1b2c", "a1f30").replace("till-1", "till-2").replace("77:", "81:")
        for line in TOMBSTONE
    ]
    assert fingerprint(_parsed(TOMBSTONE)[0]).id == fingerprint(_parsed(other)[0]).id
    third = [line.replace("drawer_open", "belt_run") for line in TOMBSTONE]
    assert fingerprint(_parsed(TOMBSTONE)[0]).id != fingerprint(_parsed(third)[0]).id


def test_apple_report_is_one_event() -> None:
    """From the incident to the list of libraries; the next report is another event."""
    report = [
        "Incident Identifier: 11111111-2222-3333-4444-555555555555",
        "Hardware Model:      iPhone12,1",
        "Process:             Till [4711]",
        "",
        "Date/Time:           2026-11-23 19:20:37.1321 -0500",
        "",
        "Exception Type:  EXC_CRASH (SIGABRT)",
        "Termination Reason: SIGNAL 6 Abort trap: 6",
        "",
        "Thread 0 name:  Dispatch queue: com.apple.main-thread",
        "Thread 0 Crashed:",
        "0   Till                          \t0x0000000104a1c244 -[Drawer open:] + 120",
        "",
        "Thread 0 crashed with ARM Thread State (64-bit):",
        "    x0: 0x0000000000000000   x1: 0x0000000000000000",
        "",
        "Binary Images:",
        "0x104a00000 - 0x104ffffff Till arm64  <aa7a1d5d6f803bb1a7b8a1a1a1a1a1a1> /private/var/Till.app/Till",
    ]
    found = _parsed([*report, *report])
    assert [(each.first_line, each.last_line) for each in found] == [(0, 17), (18, 35)]
    assert {each.level for each in found} == {Level.FATAL}


def test_flutter_boxes_end_at_their_edge() -> None:
    """Either style of box is one event; what is printed below its edge is another."""
    box = [
        "======== Exception caught by rendering library " + "=" * 53,
        "The following assertion was thrown during layout:",
        "A RenderFlex overflowed by 123 pixels on the bottom.",
        "",
        "The relevant error-causing widget was: ",
        "  Row Row:file:///srv/till/lib/bar.dart:98:14",
        *[f"...  size: Size({n}.0, 315.0)" for n in range(20)],
        "=" * 100,
    ]
    found = _parsed([*box, "Performing hot restart...", *box])
    size = len(box)
    assert [(each.first_line, each.last_line) for each in found] == [
        (0, size - 1),
        (size, size),
        (size + 1, 2 * size),
    ]
    assert [each.level for each in found] == [Level.ERROR, Level.UNSET, Level.ERROR]


def test_flutter_prints_errors_at_info() -> None:
    """The engine's and the framework's words for an error count for more than the level they are printed at, and each
    begins an event of its own."""
    found = _parsed(
        [
            "I/flutter ( 6253): Another exception was thrown: A RenderFlex overflowed by 150 pixels on the right.",
            "E/flutter ( 6253): [ERROR:flutter/runtime/dart_vm.cc(41)] Unhandled Exception: TillException(shut)",
            "E/flutter ( 6253): #0      Till.open (package:till/till.dart:41:3)",
            "E/flutter ( 6253): ",
            "E/flutter ( 6253): [ERROR:flutter/runtime/dart_vm.cc(41)] Unhandled Exception: Bad state: no drawer",
            "E/flutter ( 6253): #0      Till.run (package:till/till.dart:52:3)",
            "I/flutter ( 6253): next",
        ]
    )
    assert [(each.first_line, each.level) for each in found] == [
        (0, Level.ERROR),
        (1, Level.ERROR),
        (4, Level.ERROR),
        (6, Level.INFO),
    ]


def test_dump_of_threads_is_no_error() -> None:
    """What threads do when they are asked is nothing that failed; a deadlock that the JVM finds is."""
    found = _parsed(
        [
            "2026-11-23 19:20:37,001 INFO  [main] com.acme.Till - asked",
            "2026-11-23 19:20:38",
            "Full thread dump OpenJDK 64-Bit Server VM (21.0.1+12 mixed mode):",
            "",
            '"worker-1" #83 daemon prio=9 os_prio=31 tid=0x00007fcf4355e800 nid=0xfe13 runnable [0x000070000e05c000]',
            "   java.lang.Thread.State: RUNNABLE",
            "\tat java.net.SocketInputStream.read(SocketInputStream.java:171)",
            "\t- locked <0x0000000775274e28> (a java.io.BufferedInputStream)",
            "",
            '"VM Thread" os_prio=0 cpu=19.94ms elapsed=1650.64s tid=0x00007f78681362a0 nid=62002 runnable',
            "",
            "Found one Java-level deadlock:",
            "=============================",
            '"worker-1":',
            "  waiting to lock monitor 0x00007f2b3c003ae8 (object 0x00000000e01bb0f0, a java.lang.Object),",
            '  which is held by "worker-2"',
            "",
            "Java stack information for the threads listed above:",
            "===================================================",
            '"worker-1":',
            "\tat com.acme.Till.open(Till.java:21)",
            "",
            "Found 1 deadlock.",
        ]
    )
    assert [each.first_line for each in found if each.level >= Level.WARN] == [11]
    deadlock = next(each for each in found if each.first_line == 11)
    assert deadlock.stacktrace is not None
    assert (deadlock.last_line, deadlock.stacktrace.root.type) == (20, "Java-level deadlock")
    assert all(each.stacktrace is None or each.stacktrace.root.type == "" for each in found if each is not deadlock)


def test_registers_of_other_machines_are_no_tombstone() -> None:
    """Two words with numbers in base 16 behind them are a message of their own where they name no register."""
    head = "11-23 19:20:37.123  1402  1420 E ras: "
    found = _parsed([f"{head}machine check", f"{head}iar 00106570 dear 0245a9f8"])
    assert [each.first_line for each in found] == [0, 1]
