"""Headers of microcontrollers, home controllers and robots, and lines that only look alike."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.types import NO_SPAN, Level, LogRecord, ParseSettings

REFERENCE_MS = parse_timestamp("2026-11-30T00:00:00Z") or 0
E, W, I, D, T, U = Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG, Level.TRACE, Level.UNSET  # noqa: E741 - one letter keeps the table readable


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U, reference_ms=REFERENCE_MS))[0]


# line, format, level, message, service or logger
CASES = [
    ("[19:20:37][C][scale.hx:101]: Scale:", "esphome", I, "Scale:", "scale.hx"),
    ("[19:20:37.123][VV][api.service:013]: ping", "esphome", T, "ping", "api.service"),
    ("[19:20:37][D][esp-idf:000][tiT]: E (471) TILL: no buffers", "esphome", E, "no buffers", "esp-idf"),
    ("E (4711) wifi:no buffers left", "esp-idf", E, "no buffers left", "wifi"),
    ("[W][component:157]: Component till set Warning flag", "esphome-serial", W, "Component till", "component"),
    ("[  4711][E][Till.cpp:42] open(): stuck", "arduino", E, "stuck", "Till.cpp"),
    ("[4711][I][Till.cpp:42] stuck no more", "arduino", I, "stuck no more", "Till.cpp"),
    ("[2026-11-23 19:20:37] warning: \tzh:controller: slow", "zigbee2mqtt-2", W, "slow", "zh:controller"),
    ("[roslaunch][ERROR] 2026-11-23 19:20:37,123: [till-1] died", "roslaunch", E, "[till-1] died", "roslaunch"),
    ("[rosmaster.main][INFO] 2026-11-23 19:20:37,123: up", "roslaunch", I, "up", "rosmaster.main"),
    ("[INFO] [launch]: Default logging verbosity", "ros-launch", I, "Default logging", "launch"),
    ("[ERROR] [till-3]: process has died", "ros-launch", E, "process has died", "till-3"),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "field"), CASES, ids=[c[0][:40] for c in CASES])
def test_header(line: str, name: str, level: Level, message: str, field: str) -> None:
    """Format, level, name and where the message begins."""
    header = formats.match(line)
    assert header is not None
    span = header.logger if header.logger != NO_SPAN else header.service
    assert (header.format, header.level, line[span[0] : span[1]]) == (name, level, field)
    assert line[header.body :].startswith(message)


def test_errors_behind_a_tab_are_events_of_their_own() -> None:
    """Zigbee2MQTT's console puts a tab between level and namespace: it is no indentation."""
    line = "[2026-11-23 19:20:3{}] error: \tz2m: Failed to {}\n"
    assert [r.message for r in read(line.format(1, "ping") + line.format(2, "pair"))] == [
        "Failed to ping",
        "Failed to pair",
    ]


def test_an_error_behind_serial_chatter_is_kept() -> None:
    """Lines of the Arduino core begin events among lines that ESPHome printed."""
    found = read("[19:20:37]pm open,type:0 0\n[4711][E][Till.cpp:42] open(): stuck\n")
    assert [(r.level, r.message) for r in found] == [(U, "pm open,type:0 0"), (E, "stuck")]


@pytest.mark.parametrize(
    "line",
    ["[E][x] no line", "[12][E][no place] x", "[main][INFO] later: x", "[INFO] [main]: x", "[2026-11-23] error: \tx"],
)
def test_lines_that_only_look_alike(line: str) -> None:
    """What lacks the place, the time or the number is none of these."""
    header = formats.match(line)
    assert header is None or header.format in {*formats.FALLBACKS, "maven"}
