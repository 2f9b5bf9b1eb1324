"""Prefixes of collectors and log stores come off, with what they say of time, service and level."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_rag import formats
from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

E, W, F, I, D, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.UNSET  # noqa: E741 - one letter keeps the table readable


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U))[0]


# line, level, message, service, time
CASES = [
    ("Nov 23 07:20:37 PM  [2026-11-23 19:20:37.123] error: no plan", E, "no plan", "", "2026-11-23T19:20:37.123Z"),
    ("2026-11-23T19:20:37Z app[45c1b8a5] fra [error] gone", E, "gone", "", "2026-11-23T19:20:37Z"),
    ('2026-11-23T19:20:37Z {app="shop", level="warn"} slow', W, "slow", "shop", "2026-11-23T19:20:37Z"),
    ('2026-11-23T19:20:37Z {app="shop"} level=error msg="no plan" a=1', E, "no plan", "shop", "2026-11-23T19:20:37Z"),
    ('2026-11-23T19:20:37Z {"level":"error","msg":"no plan"}', E, "no plan", "", "2026-11-23T19:20:37Z"),
    ("@400000006a131a49075bca00 tcpserver: status", U, "tcpserver: status", "", "2026-05-24T15:33:19.123Z"),
    ('[0] kube.shop: [1796325637.123000000, {"log"=>"ERROR: gone"}]', E, "gone", "", "2026-12-03T19:20:37.123Z"),
    ('[1] a: [[1796325637.000000001, {}], {"log"=>"gone", "level"=>"error"}]', E, "gone", "", "2026-12-03T19:20:37Z"),
    (
        '2026-11-23T19:20:37+00:00\\tdocker.a\\t{"log":"ERROR x y","container_name":"/edge"}',
        E,
        "x y",
        "edge",
        "2026-11-23T19:20:37Z",
    ),
    (
        '{"container_id":"8a","container_name":"shop","log":"ERROR no stock","source":"stderr"}',
        E,
        "no stock",
        "shop",
        "",
    ),
    (
        "November 23, 2026 at 19:20 (UTC+5:30)\t2026-11-23 13:50:37,123 ERROR gone",
        E,
        "gone",
        "",
        "2026-11-23T13:50:37.123Z",
    ),
    ("2026-11-23 19:20:37.123456+00:00Opening tills:", U, "Opening tills:", "", "2026-11-23T19:20:37.123Z"),
    ('till-7d4b9 time="2026-11-23T19:20:37Z" level=error msg="gone"', E, "gone", "till-7d4b9", "2026-11-23T19:20:37Z"),
    (
        '{"labels":{"app":"shop","level":"warn"},"line":"slow","timestamp":"2026-11-23T19:20:37Z"}',
        W,
        "slow",
        "shop",
        "2026-11-23T19:20:37Z",
    ),
    (
        '{"stream":{"container":"geo","level":"error"},"values":[["1796325637123000000","gone"]]}',
        E,
        "gone",
        "geo",
        "2026-12-03T19:20:37.123Z",
    ),
]


@pytest.mark.parametrize(("line", "level", "message", "service", "time"), CASES, ids=[c[0] for c in CASES])
def test_what_a_shipper_adds_comes_off(line: str, level: Level, message: str, service: str, time: str) -> None:
    """The program's own line is read as if nothing stood around it."""
    (record,) = read(line.replace("\\t", "\t"))
    assert (record.level, record.service) == (level, service)
    assert record.message.startswith(message)
    assert not time or record.timestamp_ms == parse_timestamp(time)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23T19:20:37Z {not labels} x",
        "2026-11-23T19:20:37Z app[45c1b8a5] fra x",
        "@4000 x",
        "[0] kube.shop: [later]",
        '{"labels":{"app":"shop"},"line":12}',
        '{"stream":{"a":"b"},"values":[["1","a"],["2","b"]]}',
        '{"labels":{"app":"shop"},"line":"torn',
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    """What lacks a part is no prefix; two lines of a program in one record are not made one."""
    assert formats.unwrap(line) is None


def test_docker_lines_of_a_shipper_are_whole() -> None:
    """Docker's own file ends each line with a newline and a piece without; shippers, which name the container, cut it
    off: their lines are no pieces."""
    shipped = formats.unwrap('{"log":"a","stream":"stdout","time":"t","container_name":"/shop"}')
    own = formats.unwrap('{"log":"a","stream":"stdout","time":"t"}')
    assert shipped is not None
    assert own is not None
    assert (shipped.partial, shipped.service, own.partial) == (False, "shop", True)


# record, level, message, service, time
RECORDS: list[tuple[dict[str, Any], Level, str, str, str]] = [
    ({"when": "t", "lvl": "wrn", "svc": "loft", "txt": "dry"}, W, "dry", "loft", "t"),
    ({"TimeGenerated": "t", "SeverityLevel": 3, "Message": "x", "AppRoleName": "f"}, E, "x", "f", "t"),
    (
        {"TimeGenerated": "2026-11-23T19:20:37Z", "Log_s": "x", "ContainerName_s": "w"},
        U,
        "x",
        "w",
        "2026-11-23T19:20:37Z",
    ),
    ({"event_time": "t", "event_level": "error", "event_message": "x"}, E, "x", "", "t"),
    ({"log_time": "t", "log_level": "ERROR", "log_message": "x"}, E, "x", "", "t"),
    ({"_time": "t", "_msg": "x", "level": "error"}, E, "x", "", "t"),
    ({"_index": "a", "_source": {"@timestamp": "t", "level": "error", "message": "x"}}, E, "x", "", "t"),
    ({"meta": {"ts": "t", "sev": "Alert", "app": "k"}, "body": {"msg": "x"}}, F, "x", "k", "t"),
    ({"id": "1", "type": "log", "attributes": {"message": "x", "status": "error", "timestamp": "t"}}, E, "x", "", "t"),
    ({"type": "log", "@timestamp": "t", "tags": ["warning", "plugins"], "message": "x"}, W, "x", "", "t"),
    ({"reqId": "a", "remoteAddr": "b", "level": 2, "time": "t", "app": "core", "message": "x"}, W, "x", "core", "t"),
    ({"reqId": "a", "remoteAddr": "b", "level": 4, "time": "t", "app": "core", "message": "x"}, F, "x", "core", "t"),
    (
        {"outcome": "ok", "scriptName": "s", "exceptions": [], "logs": [{"message": ["a", "b"], "level": "log"}]},
        I,
        "a b",
        "s",
        "",
    ),
    (
        {"outcome": "exception", "scriptName": "s", "exceptions": [{"name": "TypeError", "message": "x"}], "logs": []},
        E,
        "x",
        "s",
        "",
    ),
]


@pytest.mark.parametrize(("record", "level", "message", "service", "time"), RECORDS, ids=[str(r[0]) for r in RECORDS])
def test_records_with_other_names(record: dict[str, Any], level: Level, message: str, service: str, time: str) -> None:
    """Names that clouds and small programs give to time, level, message and service, one object deeper too."""
    fields = formats.decode_json(json.dumps(record))
    assert fields is not None
    assert (fields.level, fields.message, fields.service, fields.timestamp) == (level, message, service, time)


@pytest.mark.parametrize(
    "record",
    [
        {"data": {"id": 1, "name": "x"}},
        {"meta": {"ts": "t"}, "body": {"rows": []}},
        {"attributes": ["a"], "type": "log"},
    ],
)
def test_objects_without_a_message_are_no_records(record: dict[str, Any]) -> None:
    """An object inside another makes no record of data."""
    assert formats.decode_json(json.dumps(record)) is None


def test_pairs_of_a_firewall_name_date_and_time_apart() -> None:
    """`date=` and `time=` side by side are one time; a key with an at sign is one as well."""
    (record,) = read('date=2026-11-23 time=19:20:37 devname="fw" level="warning" msg="no route"')
    assert (record.level, record.message) == (W, "no route")
    assert record.timestamp_ms == parse_timestamp("2026-11-23T19:20:37Z")
    (record,) = read('@timestamp="2026-11-23T19:20:37Z" @level="ERROR" app="tax" @message="no rate"')
    assert (record.level, record.message, record.service) == (E, "no rate", "tax")


def test_what_render_shows_is_one_error() -> None:
    """The line behind Render's time is the program's own: its exception is no program of syslog's."""
    at = "Nov 23 07:20:37 PM  "
    found = read(f"{at}StoreError: no plan\n{at}    at run (/srv/a.js:1:2)\n{at}listening\n")
    assert [(e.first_line, e.last_line, e.level) for e in found] == [(0, 1, E), (2, 2, U)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("StoreError",)


def test_a_time_with_a_mark_behind_it_is_glued_to_nothing() -> None:
    """Programs that write the same time with a colon or a blank behind it are read as before."""
    for mark in (": ", " ", " - "):
        (found,) = read(f"2026-11-23 19:20:37.123456+00:00{mark}no drawer")
        assert (found.format, found.message) == ("generic", "no drawer")


def test_a_trace_behind_glued_times_is_one_event() -> None:
    """TrueNAS's page glues the time to the text and drops the blanks that a trace begins with."""
    head = "2026-11-23 19:20:37.123456+00:00"
    lines = (
        "Traceback (most recent call last):",
        'File "/srv/till/open.py", line 3, in open',
        "raise TillError(name)",
        "till.errors.TillError: no drawer",
        "Opening tills:",
    )
    found = read("\n".join(head + line for line in lines))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 3, E), (4, 4, U)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("till.errors.TillError",)
