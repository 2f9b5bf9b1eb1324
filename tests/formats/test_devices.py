"""Headers of network equipment, controllers and desktops' libraries, and the lines next to them that are none."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

REFERENCE_MS = parse_timestamp("2026-11-30T00:00:00Z") or 0
E, W, F, I, D, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.UNSET  # noqa: E741 - one letter keeps the table readable


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U, reference_ms=REFERENCE_MS))[0]


# line, format, level, message, service or logger, whether it names a time
CASES = [
    ("*Nov 23 19:20:37.1: %SYS-5-CONFIG_I: Configured from console", "cisco", I, "%SYS-5-CONFIG_I: ", "SYS", True),
    ("2026 Nov 23 19:20:37 sw1 %ETHPORT-3-IF_DOWN: Interface down", "cisco", E, "%ETHPORT-3-IF_DOWN", "ETHPORT", True),
    ("Nov 23 19:20:37 leaf1 Bgp: %BGP-4-NOTE: received from 10.9.0.9", "cisco", W, "%BGP-4-NOTE: ", "Bgp", True),
    ("Nov 23 2026 19:20:37 fw1 : %ASA-1-104002: switching", "cisco", F, "%ASA-1-104002: ", "ASA", True),
    ("<166>Nov 23 2026 19:20:37 fw1 : %ASA-6-302013: Built", "cisco-sent", I, "%ASA-6-302013: ", "ASA", True),
    ("<187>77: Nov 23 19:20:37.1 CET: %BGP-3-NOTIFY: sent", "cisco-sent", E, "%BGP-3-NOTIFY: ", "BGP", True),
    (
        "RP/0/RSP0/CPU0:Nov 23 19:20:37.1 UTC: ifmgr[9]: %PKT-LINK-3-UP : x",
        "cisco-sent",
        E,
        "%PKT-LINK-3",
        "ifmgr",
        True,
    ),
    ("000077: Nov 23 19:20:37: %LINK-3-UPDOWN: x", "cisco-sent", E, "%LINK-3-UPDOWN: x", "LINK", True),
    ("Nov 23 2026 19:20:37 c1 %%01SHELL/5/CMD(s)[3]:recorded", "huawei", I, "recorded", "SHELL/5/CMD", True),
    ("2026-11-23 19:20:37 r1 %%10IFNET/3/LINK_DOWN: went down", "huawei", E, "went down", "IFNET/3", True),
    ("nov/23/2026 19:20:37 dhcp,warning no address", "mikrotik", W, "no address", "dhcp,warning", True),
    ("19:20:37 system,info,account shop logged in", "mikrotik", I, "shop logged in", "system,info", True),
    ("W (2301) wifi: lost the beacon", "esp-idf", W, "lost the beacon", "wifi", False),
    ("11-23 19:20:37.123  1702  2395 E Zygote: x", "logcat", E, "x", "Zygote", True),
    ("11-23 19:20:37.123   702   709 E Zygote: x", "logcat", E, "x", "Zygote", True),
    ("1796325637.123  1702  2395 W Zygote: slow", "logcat-epoch", W, "slow", "Zygote", True),
    ("** Message: 19:20:37.000: remote error", "glib", I, "remote error", "", True),
    ("(shop:7): GLib-CRITICAL **: assertion failed", "glib", E, "assertion failed", "shop", False),
    ("2026-11-23 19:20:37.1 UTC - [Main 7: Socket]: D/nsHttp open", "mozilla", D, "open", "nsHttp", True),
    ("10,11/23/26,19:20:37,Assign,10.9.0.4,a,,", "windows-dhcp", U, "Assign", "", True),
    ("  2 | 11/23/2026 | 19:20:37 | Fan #0x30 | Lower Critical", "ipmi-sel", U, "Lower Critical", "Fan", True),
    ("   1.204 Info Main.cpp:7: ready", "factorio", I, "ready", "Main.cpp", False),
    ("   0.000 2026-11-23 19:20:37; version 1", "factorio", U, "version 1", "", True),
    ("[    12.345] (WW) no module", "xorg", W, "no module", "", False),
    ("19:20:37.123 E/Shop: gone", "android-studio", E, "gone", "Shop", True),
    ("L 11/23/2026 - 19:20:37: World triggered", "source-engine", U, "World triggered", "", True),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "source", "timed"), CASES, ids=[c[0] for c in CASES])
def test_header_of_a_device(line: str, name: str, level: Level, message: str, source: str, *, timed: bool) -> None:
    """Time, level, what names the sender, and where the message begins."""
    (record,) = read(line)
    assert (record.format, record.level) == (name, level)
    assert record.message.startswith(message)
    assert source in f"{record.service} {record.logger}"
    assert (record.timestamp_ms is not None) is timed


@pytest.mark.parametrize("digit", "0123456789"[:8])
def test_severity_in_a_mnemonic_decides_though_lines_share_a_key(digit: str) -> None:
    """Lines that differ only in digits are remembered as one: the severity is asked of each."""
    wanted = [F, F, F, E, W, I, I, D][int(digit)]
    text = f"Nov 23 19:20:36: %LINK-7-UP: a\nNov 23 19:20:37: %LINK-{digit}-UP: a\n"
    assert read(text)[1].level is wanted
    text = f"Nov 23 2026 19:20:36 c1 %%01IF/7/UP: a\nNov 23 2026 19:20:37 c1 %%01IF/{digit}/UP: a\n"
    assert read(text)[1].level is wanted


def test_cmtrace_puts_message_first_and_time_last() -> None:
    """Level, time and component stand behind the message; none of them is left in it."""
    line = '<![LOG[{}]LOG]!><time="19:20:37.123-60" date="11-23-2026" component="Scan" context="" type="{}" thread="1">'
    one, two = read(line.format("done", 1) + "\n" + line.format("gave up", 3))
    assert (one.level, one.message, two.level, two.message) == (I, "done", E, "gave up")
    assert one.logger == "Scan"
    assert one.timestamp_ms == parse_timestamp("2026-11-23T18:20:37.123Z")


def test_long_logcat_has_its_message_in_the_next_line() -> None:
    """The header fills a line; what follows belongs to it even if it begins like a header."""
    first, second = read(
        "[ 11-23 19:20:37.123  7: 9 W/Radio    ]\nno signal\n\n[ 11-23 19:20:38.123  7: 9 I/Radio    ]\nback\n"
    )
    assert (first.level, first.message) == (W, "no signal")
    assert (second.level, second.message) == (I, "back")


@pytest.mark.parametrize(
    "line",
    [
        "100%-5-UP: done",
        "progress: 40 %LINK-3-UP: x",
        "E (see below) nothing",
        "W (2301) no colon",
        "(node:7) Warning: x",
        "10,11/23/26,later,x",
        "LOG 11/23/2026 - x",
        "   1.204 seconds later",
        "  2 | a | b | c",
    ],
)
def test_lines_that_only_look_alike(line: str) -> None:
    """What lacks the time or the fields is none of these."""
    header = formats.match(line)
    assert header is None or header.format in formats.FALLBACKS
