"""The time of an event that its header names only in part, inside of something that names all of it."""

from __future__ import annotations

import pytest

from mcp_rag import clock
from mcp_rag.events import parse_block
from mcp_rag.events.instants import instant_of
from mcp_rag.types import Level, ParseSettings

SETTINGS = ParseSettings(min_level=Level.UNSET, reference_ms=clock.parse_timestamp("2031-03-01T00:00:00Z") or 0)
UTC_OUTSIDE = "2026-11-23T19:20:37.512345678Z stderr F "
EAST_OUTSIDE = "2026-11-23T19:20:37.512345678+02:00 stderr F "

CASES = [
    # no date, no zone: both from outside
    (UTC_OUTSIDE, "19:20:37.500 [main] ERROR a.b.C - late", "2026-11-23T19:20:37.500Z"),
    (UTC_OUTSIDE, "21:20:37.500 [main] ERROR a.b.C - late", "2026-11-23T19:20:37.500Z"),
    (EAST_OUTSIDE, "19:20:37.500 [main] ERROR a.b.C - late", "2026-11-23T17:20:37.500Z"),
    ("2026-11-23T00:00:01.000000001Z stdout F ", "23:59:59.900 [main] ERROR a.b.C - late", "2026-11-22T23:59:59.900Z"),
    # no year
    (UTC_OUTSIDE, "E1123 19:20:37.400000       1 pay.go:7] late", "2026-11-23T19:20:37.400Z"),
    ("2025-12-31T23:30:00.1Z stderr F ", "E1231 23:30:00.000000       1 pay.go:7] late", "2025-12-31T23:30:00Z"),
    ("2026-01-01T00:00:00.1Z stderr F ", "E1231 23:59:59.900000       1 pay.go:7] late", "2025-12-31T23:59:59.900Z"),
    # a full time without a zone
    (UTC_OUTSIDE, "2026-11-23 19:20:37,499 ERROR late", "2026-11-23T19:20:37.499Z"),
    (UTC_OUTSIDE, "2026-11-24 00:50:37,499 ERROR late", "2026-11-23T19:20:37.499Z"),
    # it says something else: the certain one, unless the line is an old one printed again
    (UTC_OUTSIDE, "2026-11-23 19:16:02,499 ERROR late", "2026-11-23T19:20:37.512Z"),
    (UTC_OUTSIDE, "2026-10-02 08:00:00,499 ERROR late", "2026-10-02T08:00:00.499Z"),
    # complete times of a program are its own
    (UTC_OUTSIDE, "2026-11-23T20:00:00.25+01:00 ERROR late", "2026-11-23T19:00:00.250Z"),
    (UTC_OUTSIDE, '{"time":"2026-11-23T19:20:36Z","level":"error","msg":"late"}', "2026-11-23T19:20:36Z"),
    # nothing that is a time
    (UTC_OUTSIDE, "[ 1293.679369] late", "2026-11-23T19:20:37.512Z"),
    # workflow runners, and a time outside that is none in full itself
    ("2026-11-23T19:20:37.5123456Z ", "21:20:37.500 [main] ERROR a.b.C - late", "2026-11-23T19:20:37.500Z"),
    ("19:20:37 web.1  | ", "2026-11-23 18:00:00,000 ERROR late", "2026-11-23T18:00:00Z"),
    # syslog around a program's own header
    ("2026-11-23T19:20:37.5+00:00 web1 vllm[9]: ", "ERROR 11-23 19:20:36 [core.py:3] late", "2026-11-23T19:20:36Z"),
    (
        "2026-11-23T19:20:37.5+02:00 web1 kubelet[9]: ",
        "E1123 19:20:37.400000  1 a.go:7] late",
        "2026-11-23T17:20:37.400Z",
    ),
    ("Nov 23 19:20:37 web1 shop[9]: ", "2026-11-23 18:20:37,499 ERROR late", "2026-11-23T18:20:37.499Z"),
    ("Nov 23 19:20:37 web1 shop[9]: ", "19:20:36.900 [main] ERROR a.b.C - late", "2030-11-23T19:20:36.900Z"),
]


@pytest.mark.parametrize(
    ("outside", "line", "instant"), CASES, ids=[f"{outside}{line[:30]}" for outside, line, _ in CASES]
)
def test_the_time_around_fills_in_what_the_program_left_open(outside: str, line: str, instant: str) -> None:
    """Date, year and zone come from the container's or syslog's time where the program's own lacks them."""
    (record,), _ = parse_block((outside + line).encode(), SETTINGS)
    assert record.timestamp_ms is not None
    assert clock.iso(record.timestamp_ms) == instant


def test_what_is_no_time_is_skipped() -> None:
    """Texts that name no instant change nothing, also when all do not."""
    assert instant_of(("2026-11-23T19:20:37Z", "soon"), SETTINGS) == clock.parse_timestamp("2026-11-23T19:20:37Z")
    assert instant_of(("soon", "later"), SETTINGS) is None
    assert instant_of((), SETTINGS) is None


@pytest.mark.parametrize(
    ("text", "date", "zone"),
    [
        ("2026-11-23T19:20:37.123Z", True, True),
        ("2026-11-23 19:20:37,123", True, False),
        ("1796325637.123", True, True),
        ("Nov 23 19:20:37", True, False),
        ("[19:20:37]", False, False),
        ("19:20:37 CET", False, True),
        ("11/23/26 19:20:37", True, False),
    ],
)
def test_stated_is_what_the_text_itself_says(text: str, date: bool, zone: bool) -> None:
    """Date and zone are told from the shape of the text alone."""
    assert clock.stated(text) == clock.Stated(date, zone)
