"""Headers of the loggers that one framework or game brings, and of servers where their clock or their words differ."""

from __future__ import annotations

import pytest

from mcp_rag import clock, formats
from mcp_rag.types import NO_SPAN, Level, Span

REFERENCE_MS = 1_796_325_637_000


def text_of(line: str, span: Span) -> str:
    return line[span[0] : span[1]] if span != NO_SPAN else ""


@pytest.mark.parametrize(
    ("line", "format_name", "level", "message", "logger"),
    [
        ("2026-11-23 19:20:37.123  WARN main shop::till: slow", "substrate", Level.WARN, "slow", "shop::till"),
        ("INFO ts=2026-11-23T19:20:37Z caller=a/b.go:7 msg=up and well", "kratos", Level.INFO, "up and well", "a/b.go"),
        ("2026-11-23 19:20:37 #9(main) <9f1c>; cfg; till_open: no drawer", "rspamd", Level.UNSET, "no drawer", "cfg"),
        ("[    1, 9,19:20:37.123,WRN] slow", "eventstore", Level.WARN, "slow", ""),
        ("[00001,09,19:20:37.123] up", "eventstore", Level.UNSET, "up", ""),
        ("[TILL][WARN]  - slow", "level-prefix", Level.WARN, "slow", ""),
        ("[Warning:  Till] drawer is open", "bepinex", Level.WARN, "drawer is open", "Till"),
        ("[Message:  Till] drawer is shut", "bepinex", Level.INFO, "drawer is shut", "Till"),
        ("/srv/shop/AndroidManifest.xml:12:5-44:19 Error:", "android-resources", Level.ERROR, "", ""),
        ("/srv/shop/AndroidManifest.xml:12:5-44:19 Warning:", "android-resources", Level.WARN, "", ""),
        ("2026/11/23 19:20:37| FATAL: no port", "squid-cache", Level.FATAL, "no port", ""),
        ("11-23 19:20:37.123: W/Till(23972): slow", "logcat", Level.WARN, "slow", "Till"),
        ("26-11-3 19:20:37.4|Fatal|Till|broken", "nlog", Level.FATAL, "broken", "Till"),
        ("2026/11/23 19:20:37.123 [C] [till.go:41] broken", "generic", Level.FATAL, "broken", ""),
        ("Nov 23, 2026 7:20:37 PM com.acme.net.Connection", "jul", Level.UNSET, "", "com.acme.net.Connection"),
    ],
)
def test_the_header_is_read(line: str, format_name: str, level: Level, message: str, logger: str) -> None:
    """Format, level, message and logger of each layout."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (format_name, level)
    assert line[header.body :] == message
    assert text_of(line, header.logger) == logger


@pytest.mark.parametrize("line", ["[Contact: Till] drawer", "[Error: till] shut", "ERROR ts=1 fee=7"])
def test_what_only_resembles_one_is_not_read_as_it(line: str) -> None:
    """Brackets with a colon, or a level before a pair, are not these layouts."""
    header = formats.match(line)
    assert header is None or header.format not in {"kratos", "substrate"}


def test_a_host_alone_behind_syslogs_time_is_no_class() -> None:
    """java.util.logging's class begins with a capital letter; the name of a host does not."""
    header = formats.match("Nov 23 19:20:37 web1.example.org")
    assert header is None or header.format != "jul"


@pytest.mark.parametrize(
    ("signal", "level"),
    [("11: Segmentation fault", Level.ERROR), ("9: Killed", Level.ERROR), ("15: Terminated", Level.INFO)],
)
def test_postgresql_tells_of_its_crash_at_log(signal: str, level: Level) -> None:
    """The postmaster logs at LOG that a process of the server died; what was asked to end did not crash."""
    line = f"2026-11-23 19:20:37.123 UTC [7] LOG:  server process (PID 4711) was terminated by signal {signal}"
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == ("postgres", level)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1.7963e+09", 1_796_300_000_000),
        ("+0800 2026-11-23 19:20:37", 1_795_432_837_000),
        ("26-11-23 19:20:37.5", 1_795_461_637_500),
        ("Mon Nov 23 19:20:37.123", 1_795_461_637_123),
    ],
)
def test_times_of_these_layouts_are_instants(text: str, instant: int) -> None:
    """zap's exponent, a zone before the date, a short date, and MongoDB 2 without a year."""
    assert clock.parse_timestamp(text, reference_ms=REFERENCE_MS) == instant


def test_a_zone_before_the_time_is_no_service() -> None:
    """The distance to UTC stands first in sing-box's log, and belongs to the time."""
    line = "+0800 2026-11-23 19:20:37 ERROR [4711 0ms] till/open[in]: refused"
    header = formats.match(line)
    assert header is not None
    assert (text_of(line, header.time), header.service) == ("+0800 2026-11-23 19:20:37", NO_SPAN)


def test_a_record_behind_syslog_is_read_in_any_language() -> None:
    """Where the system is set to another language, syslog's month may begin in lower case."""
    envelope = formats.unwrap('ene 23 19:20:37 web1 billing[4711]: {"level":"error","message":"failed"}')
    assert envelope is not None
    assert (envelope.format, envelope.service) == ("syslog-json", "billing")
