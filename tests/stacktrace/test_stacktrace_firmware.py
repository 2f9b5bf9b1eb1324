"""Crashes of microcontrollers and of Unreal Engine: one event each, a type that tells, named calls."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.stacktrace import parse
from mcp_rag.types import Level, LogRecord, ParseSettings

PANIC = """Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.
Core 1 register dump:
PC      : 0x400d1f15  PS      : 0x00060330  A0      : 0x801105f0  A1      : 0x3ffe3540
A2      : 0x3ffe3840  A3      : 0x3ffe3540  A4      : 0x00000010  A5      : 0x000002c0

Backtrace: 0x400d1f12:0x3ffe3540 0x400d2041:0x3ffe3840
0x400d1f12: drawer_open at /srv/till/main/drawer.c:42
0x400d2041: app_main at /srv/till/main/till.c:17


ELF file SHA256: 0011223344556677

Rebooting...
"""
FAULT = """[00:00:01.100,000] <err> os: ***** MPU FAULT *****
[00:00:01.100,000] <err> os:   Data Access Violation
[00:00:01.100,000] <err> os: r0/a1:  0x00000001  r1/a2:  0x00000002  r2/a3:  0x00000003
[00:00:01.100,000] <err> os:  xpsr:  0x60000000
[00:00:01.100,000] <err> os: Faulting instruction address (r15/pc): 0x00004822
[00:00:01.100,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0
[00:00:01.100,000] <err> os: Current thread: 0x20001348 (till)
[00:00:01.100,000] <err> os: Halting system
"""
CALLS = (
    "[Callstack] 0x00007ff6de5855b2 Till-Win64.exe!FDrawer::Open() [C:\\till\\Drawer.cpp:568]",
    "[Callstack] 0x00007ff6de5a57e2 Till-Win64.exe!FTill::Tick() [C:\\till\\Till.cpp:138]",
)
UNREAL = "".join(
    f"[2026.11.23-19.20.37:123][572]LogWindows: Error: {line}\n"
    for line in (
        "=== Critical error: ===",
        "",
        "Fatal error!",
        "",
        "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000036",
        "",
        *CALLS,
    )
)


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


@pytest.mark.parametrize(
    ("text", "type_", "message", "calls"),
    [
        (PANIC, "StoreProhibited", "panic'ed (StoreProhibited). Exception was unhandled.", ["drawer_open", "app_main"]),
        (FAULT, "MPU FAULT", "Data Access Violation", []),
        (UNREAL, "EXCEPTION_ACCESS_VIOLATION", "reading address 0x00000036", ["FDrawer::Open", "FTill::Tick"]),
        ("***** BUS FAULT *****\n  Precise data bus error\nCurrent thread ID = 0x200143\n", "BUS FAULT", "Precise", []),
        (
            "[19:20:37][E][esp32.crash:432]: *** CRASH DETECTED ON PREVIOUS BOOT ***\n"
            "[19:20:37][E][esp32.crash:437]:   Reason: Abort\n"
            "[19:20:37][E][esp32.crash:471]: Use: addr2line -pfiaC -e till.elf 0x408054F6\n",
            "crash",
            "Abort",
            [],
        ),
        (
            "assert failed: till_unlock /srv/till/lock.c:97 (lock)\nBacktrace: 0x40081db2:0x3ffb7c10\n",
            "Assertion",
            "till_unlock (lock)",
            [],
        ),
        ("abort() was called at PC 0x40083b1f on core 0\n\nRebooting...\n", "abort()", "abort() was called", []),
    ],
    ids=["panic", "zephyr", "unreal", "zephyr without header", "esphome", "assert", "abort"],
)
def test_a_crash_is_one_event(text: str, type_: str, message: str, calls: list[str]) -> None:
    """Registers, stack and notes belong to the crash; its type and what is known of it are told."""
    (found,) = read(text)
    assert found.level >= Level.ERROR
    assert found.stacktrace is not None
    root = found.stacktrace.root
    assert (root.type, [f.function for f in root.frames]) == (type_, calls)
    assert root.message.startswith(message)


def test_the_same_crash_at_other_addresses() -> None:
    """Addresses, lines and the build do not tell crashes apart; the functions do."""
    first, moved, other = (
        fingerprint(read(text)[0]).id
        for text in (
            PANIC,
            PANIC.replace("0x400d", "0x400e").replace(":42", ":44").replace("0011", "ffee"),
            PANIC.replace("drawer_open", "drawer_shut"),
        )
    )
    assert first == moved
    assert first != other


def test_names_below_the_boot_loaders_lines_are_no_crash() -> None:
    """A monitor names the address that the boot loader jumps to: that is no error."""
    found = read("entry 0x40080618\n0x40080618: call_start_cpu0 at /srv/idf/boot.c:42\n\nmode:DIO, clock div:2\n")
    assert {r.level for r in found} == {Level.UNSET}


def test_system_libraries_are_not_the_programs_own() -> None:
    """Unreal names the module before the function; where it knows none, the module is the name."""
    trace = parse(
        "Fatal error!\n\nUnhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0xff\n\n"
        "0x00007ff837b0146c VCRUNTIME140.dll!UnknownFunction []\n0x00007ff7bfd83988 Till.exe!UnknownFunction []\n"
        "0x00007ff7bfd83988 ntdll.dll!UnknownFunction []\n"
    )
    assert trace is not None
    assert [(f.function, f.in_app) for f in trace.root.frames] == [
        ("Till.exe!UnknownFunction", True),
        ("ntdll.dll!UnknownFunction", False),
    ]
