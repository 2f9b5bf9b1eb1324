"""Headers of server programs, and lines next to them that are none."""

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
    ("[11/23/26 7:20:37:123 CET] 0000004f Pool A   J2CA01I: open", "websphere", I, "J2CA01I: open", "Pool", True),
    ("[11/23/26 7:20:37:123 CET] 0000004f SystemOut     O hello", "websphere", U, "hello", "SystemOut", True),
    ("[WARNING ] CWWKS0001W: no key", "liberty", W, "CWWKS0001W: no key", "", False),
    ("[AUDIT   ] CWWKF0011I: ready", "liberty", I, "CWWKF0011I: ready", "", False),
    ("[0.014s][info   ][gc,init] Version: 21", "jvm-unified", I, "Version: 21", "gc,init", False),
    ("[2026-11-23T19:20:37.1+0100][warning][gc,heap] low", "jvm-unified", W, "low", "gc,heap", True),
    ("[ N 2026-11-23 19:20:37.1 7/T1 age/Main.cpp:13 ]: Starting", "passenger", I, "Starting", "age/Main.cpp", True),
    ("[INFO|a.py:1] 2026-11-23 19:20:37,123 >> loading", "transformers", I, "loading", "a.py", True),
    ("2026-11-23T19:20:37.1+0000 7f8a1c2d3700  0 mon.a e1 ok", "ceph", U, "mon.a e1 ok", "", True),
    ("[ns_server:info,2026-11-23T19:20:37.1Z,ns_1@a:x:y]config", "couchbase", I, "config", "ns_server", True),
    ("[7]{300122}[12/-1] 2026-11-23 19:20:37.123456 w Backup  M.cpp(7) : none", "sap-hana", W, "none", "Backup", True),
    ("W261123 19:20:37.123456 371 kv/sender.go:202 ⋮ [n2] 4  slow", "cockroach", W, "slow", "kv/sender.go", True),
    ("20261123:19:20:37:000007 gpstop:mdw:gp-[WARNING]:-slow", "greenplum", W, "slow", "gpstop", True),
    ("2026-11-23 19:20:37.1 P01 DETAIL: a file", "pgbackrest", D, "a file", "", True),
    ("[2026-11-23 19:20:37 +0100] information/ConfigItem: Committing", "icinga", I, "Committing", "ConfigItem", True),
    ("4711:20261123:192037.123 slow query", "zabbix", U, "slow query", "", True),
    ("[CET Nov 23 19:20:37] info     : started", "monit", I, "started", "", True),
    ("2026-11-23 19:20:37.1+0000: 7: info : version 8", "libvirt", I, "version 8", "", True),
    ("Nov 23 19:20:37 n1 pacemaker-fenced [7] (run) \tnotice: ok", "pacemaker", I, "ok", "pacemaker-fenced", True),
    ("Nov 23 19:20:37 [7] n1 corosync notice  [TOTEM ] formed", "corosync", I, "formed", "corosync", True),
    ("Zigbee2MQTT:warn  2026-11-23 19:20:37: slow", "zigbee2mqtt", W, "slow", "Zigbee2MQTT", True),
    ("[ Info: ready", "julia", I, "ready", "", False),
    ("warning(net): short read", "zig", W, "short read", "net", False),
    ("[Debug#SQL] select 1", "monad-logger", D, "select 1", "SQL", False),
    ("[2026-11-23T19:20:37.1Z]  WARN: shop/7 on web1: slow", "bunyan-cli", W, "slow", "shop", True),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "source", "timed"), CASES, ids=[c[0] for c in CASES])
def test_header_of_a_server(line: str, name: str, level: Level, message: str, source: str, *, timed: bool) -> None:
    """Time, level, what names the sender, and where the message begins."""
    (record,) = read(line)
    assert (record.format, record.level) == (name, level)
    assert record.message.startswith(message)
    assert source in f"{record.service} {record.logger}"
    assert (record.timestamp_ms is not None) is timed


def test_tinylog_says_the_level_in_the_next_line() -> None:
    """Time and method on one line, level and message on the next: one record."""
    (record,) = read("2026-11-23 19:20:37 [main] com.acme.App.load()\nERROR: no configuration\n")
    assert (record.format, record.level, record.message) == ("tinylog", E, "no configuration")


def test_db2_names_the_level_above_its_fields() -> None:
    """The header has time, zone and level; the fields below are of the same record."""
    (record,) = read("2026-11-23-19.20.37.123456+060 I118842E541   LEVEL: Severe\nPID     : 4711\nMESSAGE : log full\n")
    assert (record.format, record.level) == ("db2diag", E)
    assert record.timestamp_ms == parse_timestamp("2026-11-23T18:20:37.123Z")


@pytest.mark.parametrize(
    "line",
    [
        "[ERROR] no padding is Maven's",
        "[12][info] two numbers",
        "2026-11-23T19:20:37.1+0000 deadbeef 10 apples",
        "[CET Nov 23 19:20:37] no level",
        "20261123:19:20 gpstop",
        "[ Information: x",
        "error(s): 3",
        "[Error#] x",
        "E261123 no time",
    ],
)
def test_lines_that_only_look_alike(line: str) -> None:
    """What lacks a part of the header is none of these."""
    header = formats.match(line)
    assert header is None or header.format in formats.FALLBACKS | {"maven"}
