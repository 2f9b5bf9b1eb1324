"""Timestamps of logs: where one ends in a line, and which instant it names (epoch milliseconds UTC).

One table of shapes serves both questions. A shape never looks at the value of a digit, so two lines that differ only
in digits are scanned alike; values are checked when the instant is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mcp_rag.clock_shapes import MONTHS, NAMED_SHAPES, OFFSETS, SHAPES
from mcp_rag.errors import ConfigurationError, InputError

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MAX_STAMP_CHARS = 64

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "MAX_STAMP_CHARS",
    "SHAPES",
    "Stamp",
    "Stated",
    "hour_of",
    "iso",
    "parse_since",
    "parse_timestamp",
    "scan",
    "stated",
]

_TAI_MS = (2**62 + 10) * 1000  # TAI64N's second 0 of 1970: those who write it leave later leap seconds out
_DATES = frozenset({"d", "n1", "tai", "e", "x"})
_ZONES = frozenset({"z", "zs", "zh", "zn", "zi", "zm", "zw", "tai", "e", "x"})
# Dates with a year of four digits: where it is missing or ambiguous, a second may decide between two dates.
_SECONDS = re.compile(
    r"((?:\d{4}-\d\d-\d\d[T ]|\d{4}/\d\d/\d\d |\d\d/[A-Z][a-z]{2}/\d{4}:)\d\d:\d\d:)"
    r"([0-5]\d)(?:[.,](\d{1,9}))?([^\d].*|)"
)
_PARSERS = tuple(re.compile(source) for source in (*(source for _, source in SHAPES), *NAMED_SHAPES))
_DATE = re.compile(r"(?P<y>\d{4})[-/.](?P<mo>\d{1,2})[-/.](?P<d>\d{1,2})")
_LETTER_SHAPES = ("asctime", "script", "yearless", "weekday", "rfc1123", "syslog")


def _scanner(letters: bool) -> re.Pattern[str]:  # noqa: FBT001 - picks one of two tables, private
    named = re.compile(r"\(\?P<[a-z0-9]+>")
    parts = [
        f"(?P<{name}>{named.sub('(?:', source)})" for name, source in SHAPES if (name in _LETTER_SHAPES) == letters
    ]
    return re.compile("|".join(parts))


_SCAN_DIGIT = _scanner(letters=False)
_SCAN_LETTER = _scanner(letters=True)
_LETTERS = frozenset("TWEGLegl") | frozenset("jfmasond") | frozenset("JFMASOND")


class Stamp(NamedTuple):
    """A timestamp found in a line: offsets, and the name of its shape (`clock`, `epoch`, `date`: weak evidence)."""

    start: int
    end: int
    shape: str


def scan(line: str, pos: int = 0) -> Stamp | None:
    """The timestamp that begins exactly at `pos`, or None. Looks at no more than 64 characters after `pos`."""
    first = line[pos : pos + 1]
    if "0" <= first <= "9":
        found = _SCAN_DIGIT.match(line, pos, pos + MAX_STAMP_CHARS)
    elif first in _LETTERS and first:
        found = _SCAN_LETTER.match(line, pos, pos + MAX_STAMP_CHARS)
    else:
        return None
    if found is None or found.lastgroup is None:
        return None
    return Stamp(pos, found.end(), found.lastgroup)


def parse_timestamp(text: str, *, zone: str = "UTC", reference_ms: int = 0) -> int | None:
    """Epoch milliseconds UTC of a timestamp as logs write it, or None if it is not one.

    `zone` (an IANA name) applies where the text names no zone. A text without year takes it from `reference_ms`
    (epoch ms, for instance the file's modification time) such that the result is never more than a day after it; a
    time of day takes its date in the same way. With `reference_ms` 0 those two give None. Fractions below a
    millisecond are cut. Raises ConfigurationError for an unknown `zone`.
    """
    if not text or len(text) > MAX_STAMP_CHARS:
        return None
    found = _SECONDS.fullmatch(text)
    if found is None:
        return _parse(text, zone, reference_ms)
    # All times of one minute share an entry of the cache; zones change at whole minutes.
    minute, seconds, fraction, rest = found.groups()
    whole = _parse(f"{minute}00{rest}", zone, reference_ms)
    return None if whole is None else whole + 1000 * int(seconds) + (int((fraction + "00")[:3]) if fraction else 0)


@lru_cache(maxsize=65_536)
def _parse(text: str, zone: str, reference_ms: int) -> int | None:
    local = _zone(zone)
    text = text.strip(" \t(){}<>\"'|").lstrip("[").rstrip(":,;")
    if "[" not in text:
        text = text.rstrip("]")
    if text[4:5] == "-" and text[10:11] in ("T", " ") and text[10:12] != "  ":
        try:
            return _epoch_ms(datetime.fromisoformat(text), local)
        except (ValueError, OverflowError):
            pass
    for pattern in (*_PARSERS, _DATE):
        found = pattern.fullmatch(text)
        if found:
            parts = {key: value for key, value in found.groupdict().items() if value}
            try:
                instant = _instant(parts, local, reference_ms)
            except (ValueError, OverflowError):
                continue
            if instant is not None:
                return instant
    return None


class Stated(NamedTuple):
    """What a written time says by itself: a `date`, with or without its year, and a `zone`."""

    date: bool
    zone: bool


def stated(text: str) -> Stated:
    """Whether a timestamp names a date and a zone. The same for texts that differ only in digits."""
    found = _SECONDS.fullmatch(text)
    return _stated(f"{found[1]}00{found[4]}" if found else text)


@lru_cache(maxsize=8_192)
def _stated(text: str) -> Stated:
    text = text.strip(" \t(){}<>\"'|[]").rstrip(":,;")
    for pattern in _PARSERS:
        if found := pattern.fullmatch(text):
            parts = {key for key, value in found.groupdict().items() if value}
            return Stated(not _DATES.isdisjoint(parts), not _ZONES.isdisjoint(parts))
    return Stated(date=True, zone=True)  # none of a header's: nothing to be filled in


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(
            f"The time zone {name!r} is not known.", "Use an IANA name such as UTC, Europe/Berlin or America/New_York."
        ) from None


def _epoch_ms(moment: datetime, local: tzinfo) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=local)
    # Whole seconds first: the float of `timestamp()` is too coarse to be cut to milliseconds.
    return round(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def _instant(parts: dict[str, str], local: tzinfo, reference_ms: int) -> int | None:
    if "tai" in parts:
        return int(parts["tai"][:16], 16) * 1000 - _TAI_MS + int(parts["tai"][16:], 16) // 1_000_000
    if "x" in parts:
        return int(float(parts["x"]) * 1000)
    if "e" in parts:
        digits = parts["e"]
        if len(digits) == 10:
            return int(digits) * 1000 + _milliseconds(parts)
        return int(digits) // (1, 1_000, 1_000_000)[(len(digits) - 13) // 3]
    zone = _stated_zone(parts) or local
    if "n1" in parts:
        return _ambiguous(parts, zone, reference_ms)
    day = int(parts["d"]) if "d" in parts else 0
    month = MONTHS[parts["b"].lower()] if "b" in parts else int(parts.get("mo", "0"))
    if "y" in parts or "y2" in parts:
        year = int(parts["y"]) if "y" in parts else _century(int(parts["y2"]))
        return _at(parts, (year, month, day), zone)
    if not reference_ms:
        return None
    return _last_before(parts, (month, day), zone, reference_ms)


def _at(parts: dict[str, str], date: tuple[int, int, int], zone: tzinfo) -> int:
    hour = int(parts.get("h", "0"))
    if "ap" in parts:
        hour = hour % 12 + (12 if parts["ap"][0] in "Pp" else 0)
    second = min(int(parts.get("s", "0")), 59) if int(parts.get("s", "0")) <= 60 else 99
    moment = datetime(*date, hour, int(parts.get("mi", "0")), second, tzinfo=zone)
    return _epoch_ms(moment, zone) + _milliseconds(parts)


def _milliseconds(parts: dict[str, str]) -> int:
    return int(parts["us"]) // 1000 if "us" in parts else int((parts.get("f", "") + "000")[:3])


def _century(two_digits: int) -> int:
    return two_digits + (1900 if two_digits >= 70 else 2000)


def _stated_zone(parts: dict[str, str]) -> tzinfo | None:
    from datetime import timezone

    if "zm" in parts or "zw" in parts:  # minutes, east or west
        return timezone(timedelta(minutes=int(parts["zm"]) if "zm" in parts else -int(parts["zw"])))
    text = next((parts[key] for key in ("z", "zs", "zh", "zn") if key in parts), "")
    if not text:
        return _named_zone(parts.get("zi", ""))
    name = re.match("[A-Z]*", text)
    letters = name.group() if name else ""
    minutes = OFFSETS.get(letters, 0)
    rest = text[len(letters) :].replace(":", "")
    if rest:
        digits = rest[1:]
        hours, extra = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        minutes += (-1 if rest[0] == "-" else 1) * (int(hours) * 60 + int(extra))
    return timezone(timedelta(minutes=minutes))


def _named_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):
        return None


def _ambiguous(parts: dict[str, str], zone: tzinfo, reference_ms: int) -> int | None:
    """Numeric dates whose order is not written: the valid reading nearest the reference, else the usual one."""
    one, two = int(parts["n1"]), int(parts["n2"])
    if "y" in parts:
        year = int(parts["y"])
        orders = [(year, one, two), (year, two, one)]
        if parts.get("sep") != "/":
            orders.reverse()
    else:
        three = int(parts["n3"])
        if "sep" in parts:  # points part the day from the month
            return _at(parts, (_century(three), two, one), zone)
        orders = [(_century(one), two, three), (_century(three), one, two), (_century(three), two, one)]
    instants = []
    for date in orders:
        try:
            instants.append(_at(parts, date, zone))
        except ValueError:
            continue
    if not instants:
        return None
    if not reference_ms or "y" in parts:
        return instants[0]
    past = [instant for instant in instants if instant <= reference_ms + DAY_MS]
    return max(past) if past else instants[0]


def _last_before(parts: dict[str, str], month_day: tuple[int, int], zone: tzinfo, reference_ms: int) -> int | None:
    """The newest instant not more than a day after the reference that fits a date without year, or a time of day."""
    limit = reference_ms + DAY_MS
    today = datetime.fromtimestamp(reference_ms / 1000, tz=zone)
    if month_day == (0, 0):
        dates = [(today - timedelta(days=back)) for back in range(2)]
        options = [(day.year, day.month, day.day) for day in dates]
        limit = reference_ms + 60_000  # a clock a little ahead of the file's own time is still today
    else:
        options = [(today.year + 1 - back, *month_day) for back in range(10)]  # 10 years hold a 29 February
    for date in options:
        try:
            instant = _at(parts, date, zone)
        except ValueError:
            continue
        if instant <= limit:
            return instant
    return None


def iso(ms: int) -> str:
    """`2026-11-23T19:23:19.016Z` for epoch milliseconds; whole seconds are written without a fraction."""
    moment = datetime.fromtimestamp(ms // 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{ms % 1000:03d}Z" if ms % 1000 else f"{moment}Z"


def hour_of(ms: int) -> int:
    """The start of the UTC hour that holds `ms`, in epoch milliseconds."""
    return ms - ms % HOUR_MS


_UNITS: dict[str, int] = {"s": 1000, "m": 60_000, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_RELATIVE = re.compile(r"(\d{1,6}) ?(s|m|h|d|w)(?:ec|in|our|r|ay|eek)?[a-z]{0,6}(?: ago)?", re.IGNORECASE)
_FIXED: dict[str, Callable[[int], int]] = {
    "now": lambda now: now,
    "today": lambda now: now - now % DAY_MS,
    "yesterday": lambda now: now - now % DAY_MS - DAY_MS,
}


def parse_since(text: str, now_ms: int) -> int:
    """A start of a time window, epoch ms: `30m`, `2h`, `7d`, `1w` before `now_ms`, `today`, `yesterday` (UTC), or an
    ISO 8601 date or time (UTC unless it names a zone). Never below 0. Raises InputError with examples."""
    word = text.strip()
    fixed = _FIXED.get(word.lower())
    if fixed:
        return fixed(now_ms)
    relative = _RELATIVE.fullmatch(word)
    if relative:
        return max(0, now_ms - int(relative[1]) * _UNITS[relative[2].lower()])
    instant = parse_timestamp(word) if word[:4].isdigit() else None
    if instant is None:
        shown = word if len(word) <= 40 else word[:40] + "..."
        raise InputError(
            f"The time {shown!r} is not understood.",
            "Use a span such as 30m, 2h, 7d or 1w, or a time such as 2026-11-23 or 2026-11-23T14:00:00Z.",
        )
    return max(0, instant)
