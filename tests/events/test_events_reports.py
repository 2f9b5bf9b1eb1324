"""Reports that runtimes, kernels and build tools print: one event, from the line that opens it to the rule below it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

QUIET = "2026-11-23 19:20:37,123 INFO [shop.cart] stock read\n"
NEXT = "\n2026-11-23 19:20:38,123 INFO [shop.cart] stock kept\n2026-11-23 19:20:39,123 INFO [shop.cart] bye"

# name: the report, its level, exception type, message or that of the exception, function nearest the throw
REPORTS: dict[str, tuple[str, Level, str, str, str]] = {
    "hotspot": (
        "#\n"
        "# A fatal error has been detected by the Java Runtime Environment:\n"
        "#\n"
        "#  SIGBUS (0x7) at pc=0x00007f01, pid=7, tid=9\n"
        "#\n"
        "# JRE version: OpenJDK Runtime Environment (21.0+1)\n"
        "# Problematic frame:\n"
        "# V  [libjvm.so+0x9a1]  Unsafe_GetInt+0x51\n"
        "#\n"
        "# An error report file with more information is saved as:\n"
        "# /srv/shop/hs_err_pid7.log\n"
        "#",
        Level.ERROR,
        "SIGBUS",
        "SIGBUS (0x7) at pc=0x00007f01",
        "Unsafe_GetInt",
    ),
    "swift": (
        "Shop/Till.swift:8: Fatal error: Index out of range\n"
        "\n"
        "*** Program crashed: Illegal instruction at 0x000055d4b1c2a3f4 ***\n"
        "\n"
        "Thread 0 crashed:\n"
        "\n"
        "0 Till.close() + 84 in shop at /srv/shop/Till.swift:8:3\n"
        "\n"
        "     8│     sums[9]\n"
        "\n"
        "1 main + 45 in shop at /srv/shop/main.swift:3:1",
        Level.FATAL,
        "Fatal error",
        "Index out of range",
        "",
    ),
    "address sanitizer": (
        "AddressSanitizer:DEADLYSIGNAL\n"
        "=================================================================\n"
        "==7==ERROR: AddressSanitizer: FPE on unknown address 0x00401 (pc 0x00401 bp 0x7ffc sp 0x7ffc T0)\n"
        "    #0 0x00401 in rate(int) /srv/shop/tax.cpp:8\n"
        "AddressSanitizer can not provide additional info.\n"
        "SUMMARY: AddressSanitizer: FPE /srv/shop/tax.cpp:8 in rate(int)\n"
        "==7==ABORTING",
        Level.FATAL,
        "FPE",
        "AddressSanitizer: FPE on unknown address 0x00401 (pc 0x00401 bp 0x7ffc sp 0x7ffc T0)",
        "rate",
    ),
    "go race": (
        "==================\n"
        "WARNING: DATA RACE\n"
        "Read at 0x00c00001 by goroutine 9:\n"
        "  main.rate()\n"
        "      /srv/shop/tax.go:8 +0x44\n"
        "\n"
        "Goroutine 9 (running) created at:\n"
        "  main.main()\n"
        "      /srv/shop/main.go:3 +0x8e\n"
        "==================",
        Level.FATAL,
        "DATA RACE",
        "data race",
        "rate",
    ),
    "signal handler": (
        '*** Aborted at 1795461637 (unix time) try "date -d @1795461637" if you are using GNU date ***\n'
        "PC: @     0x55a2cae3 shop::Tax::rate()\n"
        "*** SIGFPE (@0x18) received by PID 7 (TID 0x7f17) from PID 24; stack trace: ***\n"
        "    @     0x55a2cae3 shop::Tax::rate()",
        Level.FATAL,
        "SIGFPE",
        "",
        "shop::Tax::rate",
    ),
    "failed check": (
        "F20261123 19:20:37.123456 4711 tax.cc:88] Check failed: rate > 0 (0 vs. 0)\n"
        "*** Check failure stack trace: ***\n"
        "    @     0x55a2cae3  shop::Tax::rate()",
        Level.FATAL,
        "Check failed",
        "rate > 0 (0 vs. 0)",
        "shop::Tax::rate",
    ),
    "flutter": (
        "══╡ EXCEPTION CAUGHT BY WIDGETS LIBRARY ╞══════════════\n"
        "The following assertion was thrown building Till:\n"
        "no rate\n"
        "#0      Till.build (package:shop/till.dart:8:3)\n"
        "════════════════════════════════════════════════════════",
        Level.ERROR,
        "Exception",
        "no rate",
        "Till.build",
    ),
    "rails with tags": (
        "F, [2026-11-23T19:20:37.123456 #4711] FATAL -- : [0b7a1f22-1c3d-4e5f-8a9b-00112233aabb]   \n"
        "[0b7a1f22-1c3d-4e5f-8a9b-00112233aabb] ArgumentError (no rate for XX):\n"
        "[0b7a1f22-1c3d-4e5f-8a9b-00112233aabb]   \n"
        "[0b7a1f22-1c3d-4e5f-8a9b-00112233aabb] app/models/tax.rb:8:in 'Tax#rate'",
        Level.FATAL,
        "ArgumentError",
        "no rate for XX",
        "Tax#rate",
    ),
    "nest": (
        "[Nest] 4711  - 11/23/2026, 7:20:37 PM   ERROR [ExceptionsHandler] no rate for XX\n"
        "QueryFailedError: no rate for XX\n"
        "    at Tax.rate (/srv/shop/tax.js:8:11)",
        Level.ERROR,
        "QueryFailedError",
        "no rate for XX",
        "Tax.rate",
    ),
    "go wrapped": (
        "2026/11/23 19:20:37 no till: dial tcp 10.9.0.4:80: connect: connection refused\n"
        "open till\n"
        "example.com/shop/till.Open\n"
        "\t/srv/shop/till/open.go:22",
        Level.ERROR,
        "",
        "no till: dial tcp 10.9.0.4:80: connect: connection refused",
        "Open",
    ),
    "gradle": (
        "FAILURE: Build failed with an exception.\n"
        "\n"
        "* What went wrong:\n"
        "Execution failed for task ':shop:test'.\n"
        "> There were failing tests.\n"
        "\n"
        "* Try:\n"
        "> Run with --scan to get full insights.",
        Level.ERROR,
        "",
        "Execution failed for task ':shop:test'. > There were failing tests.",
        "",
    ),
    "ansible": (
        "fatal: [web1]: FAILED! => changed=false \n"
        "  cmd: /srv/shop/migrate\n"
        "  msg: non-zero return code\n"
        "  rc: 9\n"
        "  stderr: |-\n"
        "    no till\n"
        "  stdout: ''",
        Level.ERROR,
        "",
        "non-zero return code, rc: 9, stderr: no till",
        "",
    ),
}
OOPS = """\
BUG: unable to handle page fault for address: ffff0018
#PF: supervisor write access in kernel mode
#PF: error_code(0x0002) - not-present page
PGD 0 P4D 0
Oops: 0002 [#1] SMP
CPU: 3 PID: 4711 Comm: shop
RIP: 0010:till_write+0x24/0x90 [till]
Code: 55 48 89
Call Trace:
 <TASK>
 vfs_write+0x1c2/0x3f0
 </TASK>
---[ end trace 0000 ]---"""
HUNG = """\
INFO: task till/0:41 blocked for more than 241 seconds.
      Not tainted 6.5.0
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:till/0     state:D stack:0     pid:41
Call Trace:
 <TASK>
 __schedule+0x2cb/0x750
 till_wait+0x46/0x80 [till]
 </TASK>"""


def told(record: LogRecord) -> tuple[int, int, Level, str, str, str]:
    """First and last line, level, exception type, message or that of the exception, and innermost function."""
    outer = record.stacktrace.outermost if record.stacktrace else None
    message = record.message or (outer.message if outer else "")
    frames = outer.frames if outer else ()
    function = frames[0].function if frames else ""
    return record.first_line, record.last_line, record.level, outer.type if outer else "", message, function


def events(text: str) -> list[LogRecord]:
    """All events."""
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


@pytest.mark.parametrize("name", REPORTS)
def test_report_between_quiet_lines(name: str) -> None:
    """One event, whole, and named by what failed."""
    text, *expected = REPORTS[name]
    assert told(events(QUIET + text + NEXT)[1]) == (1, 1 + text.count("\n"), *expected)


@pytest.mark.parametrize("head", ["[12345.{:06d}] ", "Nov 23 19:20:{:02d} edge1 kernel: "])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OOPS, ("BUG", "unable to handle page fault for address: ffff0018", "till_write")),
        (HUNG, ("hung task", "task till/0:41 blocked for more than 241 seconds", "__schedule")),
    ],
    ids=["oops", "hung task"],
)
def test_kernel_report(head: str, text: str, expected: tuple[str, str, str]) -> None:
    """Each line has the kernel's header; where the fault was is the innermost frame."""
    lines = ["usb 1-1: new device", *text.split("\n"), "usb 1-1: gone"]
    found = [told(r) for r in events("\n".join(head.format(n) + line for n, line in enumerate(lines)))]
    assert [(f[0], f[1], *f[3:]) for f in found if f[2] >= Level.WARN] == [(1, len(lines) - 2, *expected)]


def test_undefined_symbol_is_the_message() -> None:
    """ld names the function first, which is no error yet."""
    text = (
        "/usr/bin/ld: /tmp/cc1.o: in function `main':\n"
        "tax.cpp:(.text+0x13): undefined reference to `shop::rate(int)'\n"
        "collect2: error: ld returned 1 exit status"
    )
    assert [told(r)[4] for r in events(QUIET + text + NEXT) if r.level >= Level.WARN] == [
        "undefined reference to `shop::rate(int)'",
        "ld returned 1 exit status",
    ]


@pytest.mark.parametrize("line", ["╷", "tax.cpp: In function 'int rate(int)':", "In file included from tax.cpp:1:"])
def test_opening_line_of_a_build_error_is_no_part_of_a_quiet_message(line: str) -> None:
    """What opens the next report does not go on with the line before."""
    assert told(events(QUIET + line + NEXT)[0])[:3] == (0, 0, Level.INFO)


@pytest.mark.parametrize("line", ["#", "-" * 75])
def test_rule_in_a_message_stays_there(line: str) -> None:
    """A bare `#` or a rule is an announcement only where a report follows."""
    assert told(events(QUIET + line + "\nmore of it" + NEXT)[0])[:2] == (0, 2)
    assert told(events(QUIET.replace("INFO", "ERROR") + line + "\nmore of it" + NEXT)[0])[:2] == (0, 2)
