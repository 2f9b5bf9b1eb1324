"""Programs that write their own headers behind syslog's: what journald and syslog daemons take from a service."""

from __future__ import annotations

import json

import pytest

from mcp_rag import formats
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

JOURNAL = "Nov 23 19:20:38 web1 shop[4711]: "
CARRIERS = {
    "journalctl": JOURNAL,
    "syslog file with ISO times": "2026-11-23T19:20:38.123456+00:00 web1 shop[4711]: ",
    "RFC 3164": "<14>Nov 23 19:20:38 web1 shop[4711]: ",
    "RFC 5424": "<14>1 2026-11-23T19:20:38.123456Z web1 shop 4711 - - ",
}
SETTINGS = ParseSettings(min_level=Level.UNSET, reference_ms=1_795_500_000_000)


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), SETTINGS)[0]


def behind(prefix: str, text: str) -> str:
    return "\n".join(prefix + line for line in text.split("\n"))


STOP = "cannot go on"
ACCESS = '"GET / HTTP/1.1" 502 157 "-" "x"'
PROGRAMS = {
    # text: format, level, logger, message
    f"2026-11-23 19:20:37,512 - shop.db - CRITICAL - {STOP}": ("python-logging", Level.FATAL, "shop.db", STOP),
    f"2026-11-23 19:20:37 ERROR {STOP}": ("generic", Level.ERROR, "", STOP),
    "19:20:37.512 [exec-1] WARN  io.harbor.Api - slow": ("logback", Level.WARN, "io.harbor.Api", "slow"),
    "E1123 19:20:37.512345       1 cart.go:114] no cart": ("klog", Level.ERROR, "cart.go", "no cart"),
    f"ERROR:shop.db:{STOP}": ("python-root", Level.ERROR, "shop.db", STOP),
    f'time=2026-11-23T19:20:37Z level=error msg="{STOP}"': ("logfmt", Level.ERROR, "", STOP),
    f'{{"level":50,"time":1795461637512,"pid":1,"hostname":"h","msg":"{STOP}"}}': ("json-pino", Level.ERROR, "", STOP),
    f"10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] {ACCESS}": ("access", Level.ERROR, "", ACCESS),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("text", PROGRAMS)
def test_the_programs_own_header_counts(carrier: str, text: str) -> None:
    """Level, logger, time and format are the program's, the service is syslog's, whatever stands around the line."""
    name, level, logger, message = PROGRAMS[text]
    (record,) = read(CARRIERS[carrier] + text)
    assert (record.format, record.level, record.message) == (name, level, message)
    assert logger in record.logger
    assert record.service == "shop"
    assert record.timestamp_ms is not None
    bare = read(text)[0].timestamp_ms
    if bare and not text.startswith(("19:", "E11")):
        assert record.timestamp_ms == bare


@pytest.mark.parametrize(
    ("text", "level", "message"),
    [
        ("error: kex_exchange_identification: closed", Level.ERROR, "kex_exchange_identification: closed"),
        ("INFO: retrying the request that failed", Level.INFO, "retrying the request that failed"),
        ("<warn>  [1796325637.1234] dhcp4 (eth1): no lease", Level.WARN, "dhcp4 (eth1): no lease"),
        ("[ERROR] no lease", Level.ERROR, "no lease"),
        ("Error: no lease", Level.ERROR, "Error: no lease"),
    ],
)
def test_a_level_word_behind_syslogs_header_is_header(text: str, level: Level, message: str) -> None:
    """A level word alone gives the level and is cut off, unless it may be the name of an exception."""
    (record,) = read(JOURNAL + text)
    assert (record.format, record.level, record.message) == ("syslog", level, message)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("main.go:12: starting", Level.UNSET),
        ('{"colour":"red"}', Level.UNSET),
        ("session opened for user root", Level.UNSET),
    ],
)
def test_other_messages_stay_syslogs(text: str, level: Level) -> None:
    """A compiler's manner and JSON that is no record mean nothing behind syslog's header."""
    (record,) = read(JOURNAL + text)
    assert (record.format, record.level, record.message) == ("syslog", level, text)


TRACES = {
    "python": (
        "2026-11-23 19:20:37,512 - shop - ERROR - cannot go on\nTraceback (most recent call last):\n"
        '  File "/srv/shop/cart.py", line 31, in total\n    return rows[0]\nIndexError: list index out of range\n'
        "\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n"
        '  File "/srv/shop/cart.py", line 33, in total\n    raise CartError(1)\nshop.CartError: 1',
        ("shop.CartError", "IndexError"),
    ),
    "java": (
        "2026-11-23T19:20:37.512+01:00 ERROR 7 --- [main] o.s.boot.SpringApplication : Application run failed\n"
        "java.lang.IllegalStateException: no cart\n\tat io.harbor.Cart.open(Cart.java:31)\n"
        "Caused by: java.io.IOException: no file\n\tat io.harbor.Disk.open(Disk.java:7)\n\t... 3 more",
        ("java.lang.IllegalStateException", "java.io.IOException"),
    ),
    "aspnet": (
        "fail: Acme.Plans.Store[13]\n      cannot go on\n      System.InvalidOperationException: no plan\n"
        "         at Acme.Plans.Get(String key) in /src/Plans.cs:line 31",
        ("System.InvalidOperationException",),
    ),
    "elixir": (
        "19:20:37.512 [error] GenServer Shop.Billing terminating\n** (RuntimeError) no plan\n"
        "    (shop 0.1.0) lib/shop.ex:12: Shop.run/1",
        ("RuntimeError",),
    ),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("language", TRACES)
def test_a_trace_behind_the_programs_header_is_one_event(carrier: str, language: str) -> None:
    """Only the first line has the program's header, every line has syslog's; another program's lines come between."""
    text, chain = TRACES[language]
    first, *rest = behind(CARRIERS[carrier], text).split("\n")
    other = CARRIERS[carrier].replace("shop", "cron").replace("4711", "99") + "(root) CMD (run-parts)"
    after = behind(CARRIERS[carrier], text.split("\n")[0])
    lines = [first, rest[0], other, *rest[1:], after]
    records = read("\n".join(lines))
    assert [(r.first_line, r.last_line) for r in records] == [
        (0, len(lines) - 2), (2, 2), (len(lines) - 1, len(lines) - 1)
    ]  # fmt: skip
    trace = records[0].stacktrace
    assert trace is not None
    assert sorted(trace.chain) == sorted(chain)
    assert records[0].service == "shop"


def entry(message: object, **fields: str) -> str:
    return json.dumps(
        {"__REALTIME_TIMESTAMP": "1795461637512000", "PRIORITY": "6", "_PID": "4711", "SYSLOG_IDENTIFIER": "shop"}
        | {"MESSAGE": message}
        | fields
    )


def test_what_a_service_printed_comes_out_of_the_journals_json() -> None:
    """The journal gives every printed line priority 6: header, words and traces of the lines decide instead."""
    lines = [
        "2026-11-23 19:20:37,512 - shop - CRITICAL - cannot go on",
        "Traceback (most recent call last):", '  File "/srv/shop/cart.py", line 31, in total', "    return rows[0]",
        "IndexError: list index out of range", "2026-11-23 19:20:38,512 - shop - INFO - again",
    ]  # fmt: skip
    records = read("\n".join(entry(line, _TRANSPORT="stdout") for line in lines))
    assert [(r.first_line, r.last_line, r.level, r.service) for r in records] == [
        (0, 4, Level.FATAL, "shop"), (5, 5, Level.INFO, "shop")
    ]  # fmt: skip
    assert records[0].stacktrace is not None


def test_entries_sent_to_the_journal_keep_their_priority() -> None:
    """A program that speaks to the journal itself chose the priority; several lines and bytes are one record."""
    sent = entry("the job failed, as planned", _TRANSPORT="journal")
    several = entry("one\ntwo", _TRANSPORT="stdout", PRIORITY="3")
    raw = entry([66, 111], PRIORITY="3")
    assert [(r.format, r.level) for r in read("\n".join((sent, several)))] == [
        ("json-journald", Level.INFO), ("json-journald", Level.ERROR)
    ]  # fmt: skip
    assert [r.level for r in read(raw)] == [Level.ERROR]


PREFIXES = {
    "compose": lambda line: f"web-1  | {line}",
    "kubectl": lambda line: f"[pod/api-0/api] {line}",
    "CRI": lambda line: f"2026-11-23T19:20:39.000000001Z stderr F {line}",
    "docker": lambda line: json.dumps({"log": line + "\n", "stream": "stderr", "time": "2026-11-23T19:20:39.1Z"}),
    "GitHub Actions": lambda line: f"2026-11-23T19:20:39.0000001Z {line}",
    "torchrun": lambda line: f"[rank0]: {line}",
    "vLLM": lambda line: f"(EngineCore_0 pid=4711) {line}",
    "journal": entry,
}


@pytest.mark.parametrize("form", [f for f in formats.FORMATS if f.kind != "envelope"], ids=lambda form: form.name)
@pytest.mark.parametrize("wrapper", PREFIXES)
def test_every_format_is_recognised_inside_every_prefix(form: formats.LogFormat, wrapper: str) -> None:
    """Format, level and message of each sample are the same with a container's or launcher's prefix around it."""
    (bare,) = read(form.sample)
    assert bare.format == form.name
    (wrapped,) = read(PREFIXES[wrapper](form.sample))
    assert (wrapped.format, wrapped.level, wrapped.message) == (bare.format, bare.level, bare.message)
