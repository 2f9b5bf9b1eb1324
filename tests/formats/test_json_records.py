"""JSON log records: fields by name, exceptions as text, hostile input refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag import formats
from mcp_rag.types import JsonFields, Level


def decode(record: dict[str, Any]) -> JsonFields:
    fields = formats.decode_json(json.dumps(record))
    assert fields is not None
    return fields


LEVELS = [
    ({"level": 50, "time": 1, "msg": "x"}, Level.ERROR),
    ({"level": 30, "time": 1, "msg": "x"}, Level.INFO),
    ({"level": "warn", "msg": "x", "ts": 1}, Level.WARN),
    ({"severityNumber": 17, "body": {"stringValue": "x"}}, Level.ERROR),
    ({"severityNumber": 22, "body": "x"}, Level.FATAL),
    ({"severity": "CRITICAL", "message": "x"}, Level.FATAL),
    ({"PRIORITY": "3", "MESSAGE": "x", "__REALTIME_TIMESTAMP": "1"}, Level.ERROR),
    ({"log": {"level": "error"}, "message": "x", "@timestamp": "t"}, Level.ERROR),
    ({"log.level": "ERROR", "message": "x"}, Level.ERROR),
    ({"levelno": 40, "message": "x"}, Level.ERROR),
    ({"severityLevel": 3, "message": "x"}, Level.ERROR),
    ({"level": 400, "level_name": "ERROR", "message": "x", "channel": "a"}, Level.ERROR),
    ({"t": {"$date": "x"}, "s": "F", "c": "-", "msg": "x"}, Level.FATAL),
    ({"status": 502, "request": "GET /", "message": "x", "time": "t"}, Level.ERROR),
    ({"status": 404, "request": "GET /", "message": "x", "time": "t"}, Level.WARN),
    ({"stack": "TypeError: x\n    at f (a.js:1:2)", "message": "x", "time": "t"}, Level.ERROR),
    ({"level": True, "message": "x", "time": "t"}, Level.UNSET),
    ({"error_severity": "FATAL", "message": "x", "timestamp": "t"}, Level.FATAL),
    ({"level": "ERROR+4", "msg": "x", "time": "t"}, Level.ERROR),
    ({"level": "DEBUG-4", "msg": "x", "time": "t"}, Level.DEBUG),
    ({"@t": "t", "@mt": "x failed"}, Level.INFO),
    ({"@t": "t", "@m": "x", "@l": "Warning"}, Level.WARN),
]


@pytest.mark.parametrize(("record", "level"), LEVELS, ids=[str(record) for record, _ in LEVELS])
def test_level_by_name_and_number(record: dict[str, Any], level: Level) -> None:
    """Each library's way to say a level is understood; an HTTP status or an exception stands in for a missing one."""
    assert decode(record).level is level


def test_a_time_in_seconds_and_nanoseconds() -> None:
    """Google's protocol buffers write a time as an object of two numbers."""
    record = {"severity": "ERROR", "message": "x", "timestamp": {"seconds": 1796325637, "nanos": 7000000}}
    assert decode(record).timestamp == "1796325637.007000000"
    assert decode({**record, "timestamp": {"seconds": 1796325637}}).timestamp == "1796325637.000000000"


def test_the_name_in_bunyans_and_pinos_records_is_the_service() -> None:
    """It names the program; in other libraries' records a name is that of a logger."""
    record = {"name": "billing", "hostname": "a", "pid": 7, "level": 50, "msg": "x", "time": "2026-11-23T19:20:37Z"}
    assert decode(record).service == decode({**record, "v": 0}).service == "billing"
    assert decode({**record, "service": "shop"}).service == "shop"
    assert decode({"name": "billing.worker", "levelname": "ERROR", "message": "x"}).service == ""


WITHOUT_MESSAGE = [
    # one that says it elsewhere
    ({"level": "error", "ts": "2026-11-23T19:20:37Z", "err": "no quota"}, Level.ERROR, "no quota"),
    ({"level": "warn", "error": {"message": "no quota", "code": 7}}, Level.WARN, "no quota"),
    ({"level": 40, "err": "no quota"}, Level.WARN, "no quota"),
    # requests
    (
        {"time_iso8601": "2026-11-23T19:20:37+00:00", "request": "GET /a HTTP/2.0", "status": 503, "bytes": 7},
        Level.ERROR,
        "GET /a HTTP/2.0 503",
    ),
    ({"time_local": "23/Nov/2026:19:20:37 +0000", "request": "GET /", "status": "404"}, Level.WARN, "GET / 404"),
    ({"time": "2026-11-23T19:20:37Z", "method": "PUT", "path": "/a", "status": 500}, Level.ERROR, "PUT /a 500"),
    ({"StartUTC": "2026-11-23T19:20:37Z", "RequestPath": "/", "DownstreamStatus": 200}, Level.INFO, "/ 200"),
    # AWS Lambda's own
    (
        {"time": "2026-11-23T19:20:37Z", "type": "platform.start", "record": {"requestId": "9f1c"}},
        Level.INFO,
        "platform.start",
    ),
    (
        {
            "time": "2026-11-23T19:20:37Z",
            "type": "platform.runtimeDone",
            "record": {"status": "error", "errorType": "X"},
        },
        Level.ERROR,
        "platform.runtimeDone error X",
    ),
    # nothing else to say: the line itself
    ({"level": "error", "code": 7}, Level.ERROR, '{"level": "error", "code": 7}'),
    ({"date": "2026-11-23", "code": 7}, Level.UNSET, '{"date": "2026-11-23", "code": 7}'),
]


@pytest.mark.parametrize(
    ("record", "level", "message"), WITHOUT_MESSAGE, ids=[str(case[0]) for case in WITHOUT_MESSAGE]
)
def test_a_record_needs_no_message(record: dict[str, Any], level: Level, message: str) -> None:
    """An object with a time or a level is a record: another field says what it is about, or the whole line does."""
    fields = decode(record)
    assert (fields.level, fields.message) == (level, message)


TRACES = [
    ({"stack": "A: b\n    at f"}, "A: b\n    at f"),
    ({"err": {"type": "TypeError", "message": "m", "stack": "TypeError: m\n    at f"}}, "TypeError: m\n    at f"),
    ({"error": {"type": "a.B", "message": "m", "stack_trace": "a.B: m\n\tat c"}}, "a.B: m\n\tat c"),
    ({"error.stack_trace": "a.B: m\n\tat c"}, "a.B: m\n\tat c"),
    ({"@x": "System.X: m\n   at C.M()", "@t": "t", "@m": "x"}, "System.X: m\n   at C.M()"),
    (
        {"exc_info": "Traceback (most recent call last):\nKeyError: 1"},
        "Traceback (most recent call last):\nKeyError: 1",
    ),
    ({"attributes": {"exception.stacktrace": "T\n\tat c"}}, "T\n\tat c"),
    (
        {"attributes": [{"key": "exception.stacktrace", "value": {"stringValue": "T\n\tat c"}}], "body": "x"},
        "T\n\tat c",
    ),
    ({"stack": ["Error: m", "    at f"]}, "Error: m\n    at f"),
    ({"stack": [{"func": "main", "source": "a.go", "line": "3"}]}, "main(...)\n\ta.go:3"),
    (
        {
            "thrown": {
                "name": "a.B",
                "message": "m",
                "extendedStackTrace": [{"class": "c", "method": "d", "file": "e", "line": 1}],
            }
        },
        "a.B: m\n\tat c.d(e:1)",
    ),
    (
        {
            "thrown": {
                "name": "a.B",
                "message": "m",
                "extendedStackTrace": [],
                "cause": {
                    "name": "a.C",
                    "message": "n",
                    "extendedStackTrace": [{"class": "c", "method": "d", "line": -2}],
                },
            }
        },
        "a.B: m\nCaused by: a.C: n\n\tat c.d(Unknown Source)",
    ),
    (
        {"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": ['  File "a.py", line 1, in f\n    g()\n']},
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'x'",
    ),
    (
        {
            "text": "x\nTraceback (most recent call last):\nKeyError: 1\n",
            "record": {"level": {"name": "ERROR"}, "message": "x", "exception": {"type": "KeyError", "value": "1"}},
        },
        "Traceback (most recent call last):\nKeyError: 1",
    ),
    ({"exception": "ValueError: bad"}, "ValueError: bad"),
    ({"err": {"stack": ["E: m", "  at f"]}}, "E: m\n  at f"),
    ({"thrown": {"name": "a.B", "extendedStackTrace": "a.B\n\tat c"}}, "a.B\n\tat c"),
    ({"exceptions": [{"typeName": "a.B", "message": "m", "stack": "a.B: m\n  at c"}]}, "a.B: m\n  at c"),
    (
        {"stack_trace": [{"class": "c", "method": "d", "file": "e", "line": 1}], "error.type": "a.B"},
        "a.B\n\tat c.d(e:1)",
    ),
    ({"stack": [7, "x"]}, ""),
    ({"error": "plain words"}, ""),
    ({"exc_info": True}, ""),
]


@pytest.mark.parametrize(("extra", "trace"), TRACES, ids=[str(extra)[:60] for extra, _ in TRACES])
def test_stack_traces_are_found_by_name_in_every_form(extra: dict[str, Any], trace: str) -> None:
    """Strings, lists of lines, frame objects and nested causes all become the text the trace parsers read."""
    assert decode({"level": "error", "message": "x", "time": "t", **extra}).stacktrace == trace


def test_structlog_chain_is_printed_root_first() -> None:
    """structlog lists the last exception first; Python prints the root first, with the sentence that links them."""
    frames = [{"filename": "a.py", "lineno": 3, "name": "f", "line": "g()"}]
    fields = decode(
        {
            "event": "x",
            "level": "error",
            "exception": [
                {"exc_type": "B", "exc_value": "two", "is_cause": False, "frames": frames},
                {"exc_type": "A", "exc_value": "one", "is_cause": True, "frames": frames},
            ],
        }
    )
    assert (fields.exception_type, fields.exception_message) == ("B", "two")
    assert fields.stacktrace.startswith(
        'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nA: one\n'
    )
    assert "direct cause" in fields.stacktrace
    assert fields.stacktrace.endswith("B: two")


def test_nextclouds_exception_is_printed_root_first() -> None:
    """What was thrown last names what was thrown before it; PHP prints them the other way round."""
    call = {"file": "/srv/till/Open.php", "line": 7, "class": "Till\\Open", "type": "->", "function": "run"}
    inner = {"Exception": "PDOException", "Message": "gone away", "Trace": [call], "File": "/srv/Db.php", "Line": 3}
    outer = {"Exception": "Till\\Stuck", "Message": "no drawer", "Trace": [], "File": "/srv/Till.php", "Line": 9}
    fields = decode(
        {
            "reqId": "a1",
            "level": 3,
            "time": "2026-11-23T19:20:37+00:00",
            "remoteAddr": "",
            "message": "x",
            "exception": {**outer, "Previous": inner},
        }
    )
    assert fields.stacktrace == (
        "PDOException: gone away in /srv/Db.php:3\nStack trace:\n"
        "#0 /srv/till/Open.php(7): Till\\Open->run()\n#1 {main}\n\n"
        "Next Till\\Stuck: no drawer in /srv/Till.php:9\nStack trace:\n#0 {main}"
    )


def test_trace_inside_the_message_is_split_off() -> None:
    """Google's and many others' records carry the trace in the message: first line stays, the rest is the trace."""
    fields = decode({"severity": "ERROR", "message": "Error: no plan\n    at f (a.js:1:2)"})
    assert fields.message == "Error: no plan"
    assert fields.stacktrace == "Error: no plan\n    at f (a.js:1:2)"
    assert decode({"severity": "ERROR", "message": "two\nlines"}).stacktrace == ""


def test_fields_by_name() -> None:
    """Time, logger, service, thread, exception and codes are read under their usual names, nested or dotted."""
    fields = decode(
        {
            "@timestamp": "2026-11-23T19:20:37Z",
            "log": {"level": "error", "logger": "a.B"},
            "message": "x",
            "service": {"name": "billing"},
            "process": {"thread": {"name": "main"}},
            "error": {"type": "a.E", "message": "no plan", "code": "E42"},
        }
    )
    assert (fields.format, fields.timestamp, fields.logger) == ("json-ecs", "2026-11-23T19:20:37Z", "a.B")
    assert (fields.service, fields.stream) == ("billing", "main")
    assert (fields.exception_type, fields.exception_message) == ("a.E", "no plan")
    assert fields.attributes == {"error.code": "E42"}


def test_clef_template_is_filled() -> None:
    """A compact Serilog record has only a template: its holes are filled from the record's properties."""
    fields = decode({"@t": "t", "@mt": "Plan {Plan} of {@User} {Missing}", "@l": "Error", "Plan": 7, "User": {"id": 1}})
    assert fields.message == 'Plan 7 of {"id":1} {Missing}'


def test_otlp_export_is_unfolded() -> None:
    """The collector's file exporter wraps records in resourceLogs; record and service come out."""
    fields = decode(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "billing"}}]},
                    "scopeLogs": [
                        {"scope": {"name": "a.b"}, "logRecords": [{"severityNumber": 17, "body": {"stringValue": "x"}}]}
                    ],
                }
            ]
        }
    )
    assert (fields.format, fields.level, fields.message) == ("json-otlp", Level.ERROR, "x")
    assert (fields.service, fields.logger) == ("billing", "a.b")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[1]",
        '{"a":1}',
        '{"message":"no level and no time"}',
        '{"level":"error"',
        '{"log":"x\\n","stream":"stdout","time":"t"}',
        "{not json}",
        '{"level":"error","message":"\\ud800"}',
    ],
)
def test_other_json_is_not_a_record(line: str) -> None:
    """Broken JSON, JSON that is no log record, and docker's envelope are None."""
    assert formats.decode_json(line) is None


def test_values_too_deep_to_write_are_left_out() -> None:
    """A message nested deeper than the JSON writer goes is empty, not an error."""
    nested = '{"a":' * 500 + "1" + "}" * 500
    fields = formats.decode_json('{"level":"error","time":"t","errorType":"X","message":' + nested + "}")
    assert fields is not None
    assert fields.message == "X"


def test_long_values_are_cut() -> None:
    """Message and trace stop at 65,536 characters, attribute values at 200."""
    fields = decode(
        {"level": "error", "message": "m" * 100_000, "stack": "s" * 100_000, "time": "t", "code": "c" * 999}
    )
    assert (len(fields.message), len(fields.stacktrace), len(fields.attributes["code"])) == (65_536, 65_536, 200)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
_KEYS = st.sampled_from(
    "level message msg time timestamp exception error err stack thrown resource attributes body service log record "
    "instant severityNumber @t @mt @x exc_info resourceLogs fields status request properties event s t type".split()
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=8))
def test_no_record_crashes(record: dict[str, Any]) -> None:
    """Known names with values of any type give fields of the right types or None."""
    fields = formats.decode_json(json.dumps(record))
    if fields is not None:
        for text in (fields.message, fields.timestamp, fields.logger, fields.service, fields.stacktrace):
            assert isinstance(text, str)
        assert isinstance(fields.level, Level)


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ('{"error":1,"message":{"msg":"open","error_str":"Operation not permitted","error_code":1}}', "Operation not"),
        ('{"error":17,"message":"[1:2], connection: open: File exists"}', "[1:2], connection: open: File exists"),
        ('{"reason":"95: Operation not supported"}', "95: Operation not supported"),
        ('{"error":"NotPrimary: not now"}', "NotPrimary: not now"),
        ('{"error":{"code":11600,"codeName":"Interrupted","errmsg":"interrupted"}}', "interrupted"),
    ],
)
def test_mongodb_says_the_cause_in_its_attributes(attributes: str, cause: str) -> None:
    """MongoDB's message is the same for many faults; its attributes say which it was."""
    fields = formats.decode_json(
        '{"t":{"$date":"2026-11-23T19:20:37.123+00:00"},"s":"E","c":"STORAGE","id":7,"ctx":"main","msg":"error",'
        f'"attr":{attributes}}}'
    )
    assert fields is not None
    assert fields.exception_message.startswith(cause)
