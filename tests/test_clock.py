"""Timestamps: every shape logs write, zones, year-less stamps, and the windows users type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag import clock
from mcp_rag.errors import ConfigurationError, InputError

REFERENCE = int(datetime(2026, 11, 23, 20, 0, tzinfo=UTC).timestamp()) * 1000


def ms(*parts: int, milli: int = 0) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000 + milli  # type: ignore[arg-type, misc]  # y, m, d, h, m, s


FULL = [
    ("2026-11-23T19:20:37.123Z", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("2026-11-23 19:20:37,123", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("2026-11-23 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("2026-11-23T19:20:37.123456789Z", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("2026-11-23T19:20:37.9+02:00", ms(2026, 11, 23, 17, 20, 37, milli=900)),
    ("2026-11-23T19:20:37+0200", ms(2026, 11, 23, 17, 20, 37)),
    ("2026-11-23 19:20:37 -0530", ms(2026, 11, 24, 0, 50, 37)),
    ("2026-11-23 19:20:37 +00:00", ms(2026, 11, 23, 19, 20, 37)),
    ("2026-11-23 19:20:37.5+02", ms(2026, 11, 23, 17, 20, 37, milli=500)),
    ("2026-11-23 19:20:37 UTC", ms(2026, 11, 23, 19, 20, 37)),
    ("2026-11-23 19:20:37 EST", ms(2026, 11, 24, 0, 20, 37)),
    ("2026-07-23 19:20:37 CEST", ms(2026, 7, 23, 17, 20, 37)),
    ("2026-11-23 19:20:37 GMT+03:00", ms(2026, 11, 23, 16, 20, 37)),
    ("2026-11-23, 19:20:37 UTC", ms(2026, 11, 23, 19, 20, 37)),
    ("2026/11/23 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("2026/11/23 - 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("2026.11.23 19:20:37.123456", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("2026-11-23T19:20:37.123+01:00[Europe/Berlin]", ms(2026, 11, 23, 18, 20, 37, milli=123)),
    ("2026-11-23T7:20:37 PM UTC", ms(2026, 11, 23, 19, 20, 37)),
    ("2025-06-03-15.42.50.675872", ms(2025, 6, 3, 15, 42, 50, milli=675)),
    ("20171223-22:15:29:606", ms(2017, 12, 23, 22, 15, 29, milli=606)),
    ("20171224-0:0:0:237", ms(2017, 12, 24, 0, 0, 0, milli=237)),
    ("20260327 11:34:21.908", ms(2026, 3, 27, 11, 34, 21, milli=908)),
    ("20261123T192037Z", ms(2026, 11, 23, 19, 20, 37)),
    ("20261123192037", ms(2026, 11, 23, 19, 20, 37)),
    ("17/06/09 20:10:40", ms(2017, 6, 9, 20, 10, 40)),
    ("081109 203615", ms(2008, 11, 9, 20, 36, 15)),
    ("170213 16:00:33", ms(2017, 2, 13, 16, 0, 33)),
    ("10/Oct/2000:13:55:36 -0700", ms(2000, 10, 10, 20, 55, 36)),
    ("[23/Nov/2026 19:20:37]", ms(2026, 11, 23, 19, 20, 37)),
    ("23-Nov-2026 19:20:37 UTC", ms(2026, 11, 23, 19, 20, 37)),
    ("23-Nov-2026::19:20:37.123456", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("23 Nov 2026 19:20:37.123", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("Sun Dec 04 04:47:44 2005", ms(2005, 12, 4, 4, 47, 44)),
    ("Tue Apr 04 06:18:29.712806 2017", ms(2017, 4, 4, 6, 18, 29, milli=712)),
    ("Sat Apr 27 03:33:07 PDT 2013", ms(2013, 4, 27, 10, 33, 7)),
    ("Mon, 02 Jan 2006 15:04:05 MST", ms(2006, 1, 2, 22, 4, 5)),
    ("Nov 23, 2026 7:20:37 PM", ms(2026, 11, 23, 19, 20, 37)),
    ("Jun 14 2024 15:16:01", ms(2024, 6, 14, 15, 16, 1)),
    ("11/23/2026 7:20:37 PM", ms(2026, 11, 23, 19, 20, 37)),
    ("11/23/2026 12:20:37 AM", ms(2026, 11, 23, 0, 20, 37)),
    ("23/11/2026 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("23.11.2026 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("06/09/2014 02:49:59:447 PM UTC", ms(2014, 6, 9, 14, 49, 59, milli=447)),
    ("2026-11-23", ms(2026, 11, 23, 0, 0, 0)),
    ("1796325637", 1_796_325_637_000),
    ("1796325637.123", 1_796_325_637_123),
    ("1796325637123", 1_796_325_637_123),
    ("1796325637123456", 1_796_325_637_123),
    ("1796325637123456789", 1_796_325_637_123),
    ("(1796325637)", 1_796_325_637_000),
    ("2026-12-31 23:59:60", ms(2026, 12, 31, 23, 59, 59)),
    # the months of other languages, in any case, and at either end of the date
    ("janv. 7, 2026 8:15:22 PM", ms(2026, 1, 7, 20, 15, 22)),
    ("11-MÄR-2026 08:15:22", ms(2026, 3, 11, 8, 15, 22)),
    ("3 août 2026 08:15:22", ms(2026, 8, 3, 8, 15, 22)),
    ("ago/03/2026 08:15:22", ms(2026, 8, 3, 8, 15, 22)),
    ("30-Okt-2026 08:15:22", ms(2026, 10, 30, 8, 15, 22)),
    ("9-DIC-26 08:15:22", ms(2026, 12, 9, 8, 15, 22)),
    ("2026 Apr  9 04:09:23.118", ms(2026, 4, 9, 4, 9, 23, milli=118)),
    ("2026-Apr-09 04:09:23", ms(2026, 4, 9, 4, 9, 23)),
    ("2026年04月09日 04時09分23秒", ms(2026, 4, 9, 4, 9, 23)),
    ("2026년 4월 9일 04:09:23.5", ms(2026, 4, 9, 4, 9, 23, milli=500)),
    # a weekday before an ISO date, a year of two digits behind one, microseconds behind the year
    ("Sun 2026-11-22 03:00:01 CET", ms(2026, 11, 22, 2, 0, 1)),
    ("Sunday, 22-Nov-26 03:00:01 UTC", ms(2026, 11, 22, 3, 0, 1)),
    ("Sun Nov 22 03:00:01 2026 us=4711", ms(2026, 11, 22, 3, 0, 1, milli=4)),
    # other marks between date and time
    ("2026-11-23\t19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("2026-11-23][19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("23/11/2026 -- 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("11/23/2026 | 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("2026.11.23-19.20.37:123", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("20261123:192037.123", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    ("261123 19:20:37.123456", ms(2026, 11, 23, 19, 20, 37, milli=123)),
    # zones in minutes, east (Db2) and west (CMTrace), and pairs of two fields
    ("2026-11-23-19.20.37.123456+060", ms(2026, 11, 23, 18, 20, 37, milli=123)),
    ('19:20:37.123-60" date="11-23-2026', ms(2026, 11, 23, 18, 20, 37, milli=123)),
    ('2026-11-23" time="19:20:37', ms(2026, 11, 23, 19, 20, 37)),
    ("2026-11-23T19.20.37", ms(2026, 11, 23, 19, 20, 37)),
    ("11/23/2026-19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("Mon Nov 23 2026 19:20:37 GMT+0100 (Central European Time)", ms(2026, 11, 23, 18, 20, 37)),
    # TAI64N: 2**62 and ten seconds ahead
    ("400000006a131a49075bca00", ms(2026, 5, 24, 15, 33, 19, milli=123)),
]


@pytest.mark.parametrize(("text", "expected"), FULL, ids=[text for text, _ in FULL])
def test_every_full_shape_is_read(text: str, expected: int) -> None:
    """A timestamp with a date names the same instant whatever the library that wrote it."""
    assert clock.parse_timestamp(text) == expected


PARTIAL = [
    ("Nov 23 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("Nov  9 19:20:37", ms(2026, 11, 9, 19, 20, 37)),
    ("Dec 24 19:20:37", ms(2025, 12, 24, 19, 20, 37)),
    ("Nov 24 19:00:00", ms(2026, 11, 24, 19, 0, 0)),
    ("Nov 25 19:00:00", ms(2025, 11, 25, 19, 0, 0)),
    ("Feb 29 10:00:00", ms(2024, 2, 29, 10, 0, 0)),
    ("Mar-18 21:41:15.684", ms(2026, 3, 18, 21, 41, 15, milli=684)),
    ("0917 21:40:02.123", ms(2026, 9, 17, 21, 40, 2, milli=123)),
    ("03-17 16:13:38.811", ms(2026, 3, 17, 16, 13, 38, milli=811)),
    ("[10.30 16:49:06]", ms(2026, 10, 30, 16, 49, 6)),
    ("13 Apr 12:52:30.731", ms(2026, 4, 13, 12, 52, 30, milli=731)),
    ("19:20:37.347", ms(2026, 11, 23, 19, 20, 37, milli=347)),
    ("23:20:37", ms(2026, 11, 22, 23, 20, 37)),
    ("11/23/26 19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("06/01/22 04:11:05", ms(2022, 6, 1, 4, 11, 5)),
    ("4/19/21 7:44:03:117 CEST", ms(2021, 4, 19, 5, 44, 3, milli=117)),
    ("11/23/26,19:20:37", ms(2026, 11, 23, 19, 20, 37)),
    ("11/22-19:20:37.123456", ms(2026, 11, 22, 19, 20, 37, milli=123)),
    ("03.11.26 19:20:37", ms(2026, 11, 3, 19, 20, 37)),
    ("CET Nov 23 19:20:37", ms(2026, 11, 23, 18, 20, 37)),
    ("mars 11 08:15:22", ms(2026, 3, 11, 8, 15, 22)),
    ("7:20:37 PM", ms(2026, 11, 23, 19, 20, 37)),
]


@pytest.mark.parametrize(("text", "expected"), PARTIAL, ids=[text for text, _ in PARTIAL])
def test_missing_year_or_date_comes_from_the_reference(text: str, expected: int) -> None:
    """A stamp without year is the newest fitting day not more than a day after the reference, across New Year too."""
    assert clock.parse_timestamp(text, reference_ms=REFERENCE) == expected


def test_new_year_rolls_back() -> None:
    """December lines in a file written in January belong to the old year."""
    january = ms(2026, 1, 1, 0, 5, 0)
    assert clock.parse_timestamp("Dec 31 23:59:59", reference_ms=january) == ms(2025, 12, 31, 23, 59, 59)
    assert clock.parse_timestamp("Jan  1 00:04:00", reference_ms=january) == ms(2026, 1, 1, 0, 4, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "2026-13-45 99:99:99",
        "0000-00-00 00:00:00",
        "Feb 30 10:00:00",
        "12",
        "1.2.3.4",
        "marsh 11 of 30",
        "2026 Mai",
        "11-Foo-2026 08:15:22",
        "2026-11-23 | later",
        "4000000zzzzzzzz4075bca00",
        "x" * 500,
        "２０２６",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    """Impossible dates and other text give None, never an exception and never a wrong year."""
    assert clock.parse_timestamp(text, reference_ms=REFERENCE) is None


def test_yearless_without_reference_is_none() -> None:
    """Without a reference no year is invented (dateutil reads klog's 0917 as year 917: facts/logs.md section 4)."""
    assert clock.parse_timestamp("Nov 23 19:20:37") is None
    assert clock.parse_timestamp("0917 21:40:02.123") is None


def test_zone_applies_to_naive_times_only() -> None:
    """A zone setting moves naive times, summer time included, and leaves stated zones alone."""
    naive = clock.parse_timestamp("2026-07-01 12:00:00", zone="Europe/Berlin")
    winter = clock.parse_timestamp("2026-12-01 12:00:00", zone="Europe/Berlin")
    assert (naive, winter) == (ms(2026, 7, 1, 10, 0, 0), ms(2026, 12, 1, 11, 0, 0))
    assert clock.parse_timestamp("2026-07-01T12:00:00Z", zone="Europe/Berlin") == ms(2026, 7, 1, 12, 0, 0)
    assert clock.parse_timestamp("10/Jul/2026:12:00:00", zone="Asia/Tokyo") == ms(2026, 7, 10, 3, 0, 0)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "\x00"])
def test_unknown_zone_is_a_configuration_error(zone: str) -> None:
    """A wrong time zone names the setting's remedy."""
    with pytest.raises(ConfigurationError, match="IANA"):
        clock.parse_timestamp("2026-07-01 12:00:00", zone=zone)


@given(st.text(max_size=80))
def test_no_text_crashes_the_parser(text: str) -> None:
    """Log text is hostile: any string gives a number or None."""
    assert isinstance(clock.parse_timestamp(text, reference_ms=REFERENCE), int | None)
    stamp = clock.scan(text)
    assert stamp is None or stamp.end > 0


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2099, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_iso_round_trip(moment: datetime) -> None:
    """What `iso` writes, `parse_timestamp` reads back to the millisecond."""
    instant = int(moment.replace(tzinfo=UTC).timestamp()) * 1000 + moment.microsecond // 1000
    assert clock.parse_timestamp(clock.iso(instant)) == instant


def test_scan_reports_where_a_stamp_ends() -> None:
    """The header starts after the stamp: offsets and shape are exact, and the search does not wander."""
    line = "[2026-11-23 19:20:37,123] ERROR"
    assert clock.scan(line, 1) == clock.Stamp(1, 24, "iso")
    assert clock.scan(line, 0) is None
    assert clock.scan("Sun Dec 04 04:47:44 2005] x") == clock.Stamp(0, 24, "asctime")
    assert clock.scan("10.11.12.13 GET") is None
    assert clock.scan("") is None


@pytest.mark.parametrize(("text", "back"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800)])
def test_since_spans(text: str, back: int) -> None:
    """The spans the tools document are read relative to now."""
    assert clock.parse_since(text, REFERENCE) == REFERENCE - back * 1000
    assert clock.parse_since(f" {text.upper()} ", REFERENCE) == REFERENCE - back * 1000


def test_since_absolute_and_words() -> None:
    """ISO times and the three words work; a span beyond the epoch stops at it."""
    assert clock.parse_since("2026-11-23", REFERENCE) == ms(2026, 11, 23, 0, 0, 0)
    assert clock.parse_since("2026-11-23T14:00:00Z", REFERENCE) == ms(2026, 11, 23, 14, 0, 0)
    assert clock.parse_since("now", REFERENCE) == REFERENCE
    assert clock.parse_since("today", REFERENCE) == ms(2026, 11, 23, 0, 0, 0)
    assert clock.parse_since("yesterday", REFERENCE) == ms(2026, 11, 22, 0, 0, 0)
    assert clock.parse_since("999999w", REFERENCE) == 0
    assert clock.parse_since("2 hours ago", REFERENCE) == REFERENCE - 2 * clock.HOUR_MS


@pytest.mark.parametrize("text", ["", "soon", "2x", "-2h", "h", "2026-99-99", "Nov 23 19:20:37", "9" * 400])
def test_since_says_what_it_wants(text: str) -> None:
    """An unreadable window is an input error that shows examples and does not repeat endless input."""
    with pytest.raises(InputError, match="2h") as caught:
        clock.parse_since(text, REFERENCE)
    assert len(str(caught.value)) < 300


def test_hours_and_iso() -> None:
    """Hours are floored in UTC; whole seconds have no fraction."""
    assert clock.hour_of(REFERENCE + 59 * 60_000) == REFERENCE
    assert clock.iso(REFERENCE) == "2026-11-23T20:00:00Z"
    assert clock.iso(REFERENCE + 7) == "2026-11-23T20:00:00.007Z"
