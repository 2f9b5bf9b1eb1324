"""Blocks of bytes to log records: counts that add up, limits, levels, times, and where a source may be cut."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.events import memo as memos
from mcp_rag.events import parse_block, starts_event
from mcp_rag.types import Level, LogRecord, ParseCounts, ParseSettings

ALL = ParseSettings(min_level=Level.UNSET)
TRACE = (
    "2026-11-23 19:19:08,432 - shop - ERROR - charge failed\n"
    "Traceback (most recent call last):\n"
    '  File "/srv/app/pay.py", line 5, in charge\n'
    "    return total / count\n"
    "ZeroDivisionError: division by zero\n"
)
INFO = "2026-11-23 19:19:09,000 - shop - INFO - charged 7\n"

# Pieces that real logs are made of, and what breaks line tools: NUL, CR, U+2028, half a UTF-8 sequence.
PIECES = (
    *(line.encode() for line in TRACE.split("\n")),
    INFO.strip().encode(),
    b"",
    b"   ",
    b"\t",
    b"plain text",
    b"  indented",
    b"}",
    b"{",
    b'{"level":"error","msg":"x"}',
    b'{"level":30,"msg":"x"}',
    b'{"log":"half a line","stream":"stdout","time":"2026-03-03T09:00:00.1Z"}',
    b'{"log":"whole line\\n","stream":"stderr","time":"2026-03-03T09:00:00.1Z"}',
    b"2026-11-23T19:20:37.123456789Z stdout P cut",
    b"2026-11-23T19:20:37.123456789Z stdout F rest",
    b"web_1  | Caused by: java.io.IOException: closed",
    b"db_2  | \tat com.acme.A.f(A.java:3)",
    b"panic: boom",
    b"goroutine 1 [running]:",
    b"Nov 23, 2026 7:20:37 PM com.acme.shop.Charge run",
    b"SEVERE: charge failed",
    b"npm ERR! code 1",
    b"\x00\x01\xff\xfe",
    "zeile \u2028 mit \x85".encode(),
    b"\xe2\x82",
    b"carriage\rreturn",
)


def read(text: str, asked: ParseSettings = ALL, first_line: int = 0) -> tuple[list[LogRecord], ParseCounts]:
    return parse_block(text.encode(), asked, first_line=first_line)


def assert_adds_up(counts: ParseCounts, records: list[LogRecord]) -> None:
    assert counts.lines == counts.event_lines + counts.blank_lines + counts.cut_lines
    assert counts.events == counts.kept + counts.below_level
    assert counts.kept == len(records)
    assert min(counts.event_lines, counts.blank_lines, counts.cut_lines, counts.below_level) >= 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=60),
    st.sampled_from(Level),
    st.integers(1, 12),
    st.integers(1, 400),
)
def test_counts_add_up_for_lines_of_logs(pieces: list[bytes], level: Level, most_lines: int, most_bytes: int) -> None:
    """Promise 3 (nothing dropped silently): both identities hold for any mix of lines, levels and limits."""
    data = b"\n".join(pieces)
    asked = ParseSettings(min_level=level, max_event_lines=most_lines, max_event_bytes=most_bytes)
    records, counts = parse_block(data, asked)
    assert_adds_up(counts, records)
    assert counts.lines == data.count(b"\n") + (not data.endswith(b"\n") if data else 0)
    assert [r.first_line for r in records] == sorted(r.first_line for r in records)
    assert all(0 <= r.first_line <= r.last_line < counts.lines and r.level >= level for r in records)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_counts_add_up_for_any_bytes(data: bytes) -> None:
    """Arbitrary bytes are accepted and counted."""
    records, counts = parse_block(data, ALL)
    assert_adds_up(counts, records)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_each_line_is_in_one_event_at_most(pieces: list[bytes]) -> None:
    """In a source without container prefixes events do not overlap, and every non-blank line is in one."""
    plain = [p for p in pieces if b"|" not in p and b"log" not in p and b" std" not in p]
    records, _ = parse_block(b"\n".join(plain), ALL)
    taken = [n for r in records for n in range(r.first_line, r.last_line + 1)]
    assert len(taken) == len(set(taken))
    assert {n for n, line in enumerate(plain) if line.decode("utf-8", "replace").strip()} <= set(taken)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_memo_changes_nothing(pieces: list[bytes]) -> None:
    """A block gives the same records whatever was read before it."""
    data = b"\n".join(pieces)
    memos.forget()
    cold = parse_block(data, ALL)
    assert parse_block(data, ALL) == cold


def test_below_level_events_are_counted_not_returned() -> None:
    """Only events at or above the minimum come back; the others are in the counts."""
    records, counts = read(INFO * 3 + TRACE + INFO, ParseSettings(min_level=Level.WARN))
    assert [r.message for r in records] == ["charge failed"]
    assert (counts.events, counts.kept, counts.below_level) == (5, 1, 4)
    assert (counts.lines, counts.event_lines, counts.blank_lines) == (9, 9, 0)


def test_a_crash_without_level_is_an_error() -> None:
    """Text without a level word is below any level, a bare traceback is not."""
    records, counts = read("hello\nworld\n\n" + TRACE.split("\n", 1)[1], ParseSettings(min_level=Level.ERROR))
    assert [(r.first_line, r.last_line, r.level, r.message) for r in records] == [(3, 6, Level.ERROR, "")]
    assert counts.below_level == 2
    assert counts.blank_lines == 1


def test_record_fields_come_from_the_header() -> None:
    """Time, logger, format, language, body and source lines of a header and its traceback."""
    records, _ = read(INFO + TRACE, ParseSettings(zone="Europe/Berlin", service="shop-api"), first_line=100)
    (record,) = records
    assert (record.first_line, record.last_line) == (101, 105)
    assert record.timestamp_ms == 1_795_457_948_432  # 18:19:08.432 UTC
    assert (record.logger, record.format, record.service) == ("shop", "python-logging", "shop-api")
    assert record.language == "python"
    assert record.body == TRACE.rstrip("\n")
    assert record.stacktrace is not None
    assert record.stacktrace.root.frames[0].source == "return total / count"


def test_trailing_blank_lines_are_left_out() -> None:
    """An event ends at its last non-blank line."""
    records, counts = read(TRACE + "\n\n  \n" + INFO)
    assert [(r.first_line, r.last_line) for r in records] == [(0, 4), (8, 8)]
    assert counts.blank_lines == 3


def test_long_events_keep_head_and_tail() -> None:
    """Over `max_event_lines` the middle is cut and counted; header and final exception survive."""
    frames = "".join(f'  File "/srv/app/m{n}.py", line {n}, in f\n    f()\n' for n in range(400))
    head, rest = TRACE.split("\n", 2)[:2], TRACE.split("\n")[-2]
    text = "\n".join(head) + "\n" + frames + rest + "\n"
    records, counts = read(text, replace(ALL, max_event_lines=100))
    (record,) = records
    assert (record.first_line, record.last_line) == (0, 802)
    assert counts.cut_lines == 703
    assert record.body.count("\n") == 99
    assert record.message == "charge failed"
    assert record.stacktrace is not None
    assert record.stacktrace.chain == ("ZeroDivisionError",)


def test_event_bytes_are_capped() -> None:
    """The body never exceeds `max_event_bytes` by more than a line's rest, and what is left out is counted."""
    text = INFO.strip() + "".join("\n  " + "x" * 98 for _ in range(100)) + "\n"
    records, counts = read(text, replace(ALL, max_event_bytes=2_000))
    assert len(records[0].body.encode()) <= 2_000
    assert counts.cut_lines > 70
    one, _ = read("ERROR: " + "y" * 5_000, replace(ALL, max_event_bytes=1_000))
    assert len(one[0].body) <= 1_000


def test_json_records_are_read_by_name() -> None:
    """Level, message, time, attributes and the exception of a structured record."""
    line = {
        "level": "error",
        "msg": "charge failed",
        "ts": "2026-11-23T19:20:37Z",
        "stack": "TypeError: x is not a function\n    at f (/srv/a.js:3:1)",
    }
    records, counts = read(json.dumps(line) + '\n{"level":"info","msg":"fine"}\n', ParseSettings())
    (record,) = records
    assert (record.message, record.level, record.timestamp_ms) == ("charge failed", Level.ERROR, 1_795_461_637_000)
    assert record.stacktrace is not None
    assert record.stacktrace.outermost.type == "TypeError"
    assert counts.below_level == 1


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level":"info","nested":{"level":"error"},"msg":"x"}', Level.INFO),
        ('{"nested":{"level":"info"},"level":"error","msg":"x"}', Level.ERROR),
        ('{"level":50,"msg":"x"}', Level.ERROR),
        ('{"severityNumber":17,"body":"x","severityText":"ERROR"}', Level.ERROR),
        ('{"s":"E","c":"STORAGE","msg":"x"}', Level.ERROR),
    ],
)
def test_json_level_is_the_records_own(line: str, level: Level) -> None:
    """The shortcut that avoids decoding never trusts a nested or ambiguous level field."""
    records, _ = read(line)
    assert records[0].level is level


def test_interleaved_records_come_in_order_of_first_line() -> None:
    """Two containers at once: each event holds its own lines, records are ordered by where they begin."""
    text = 'a_1  | Traceback (most recent call last):\nb_1  | panic: boom\na_1  |   File "x.py", line 1, in f\n'
    text += (
        "b_1  | \nb_1  | goroutine 1 [running]:\na_1  | KeyError: 'k'\nb_1  | main.main()\nb_1  | \t/srv/m.go:3 +0x1\n"
    )
    records, counts = read(text, ParseSettings())
    assert [(r.first_line, r.last_line, r.service) for r in records] == [(0, 5, "a_1"), (1, 7, "b_1")]
    assert "panic" not in records[0].body
    assert_adds_up(counts, records)


def test_container_prefixes_are_removed_from_the_body() -> None:
    """`body` is the text inside the envelopes; its time and stream come from them."""
    line = "2026-11-23T19:20:37.123456789Z stderr F panic: boom"
    records, _ = read(line, ParseSettings())
    assert records[0].body == "panic: boom"
    assert records[0].timestamp_ms == 1_795_461_637_123
    assert records[0].level is Level.FATAL


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("2026-11-23 19:19:08,432 - shop - ERROR - charge failed", True),
        ('{"level":"info","msg":"x"}', True),
        ("panic: boom", True),
        ('Exception in thread "main" java.lang.IllegalStateException: x', True),
        ("Nov 23, 2026 7:20:37 PM com.acme.shop.Charge run", True),
        ("Traceback (most recent call last):", False),
        ('  File "/srv/app/pay.py", line 5, in charge', False),
        ("\tat com.acme.A.f(A.java:3)", False),
        ("Caused by: java.io.IOException: closed", False),
        ("ZeroDivisionError: division by zero", False),
        ("will retry in 30s", False),
        ("}", False),
        ("", False),
        ("2026-11-23 19:20:37.123 UTC [4711] shop@orders DETAIL:  Key (id)=(7) already exists.", False),
    ],
)
def test_where_a_source_may_be_cut(line: str, starts: bool) -> None:
    """In a source of a known format only a line that begins an event whatever stood before it may begin a block."""
    assert starts_event(line.encode(), ParseSettings(hint="python-logging")) is starts


def test_plain_text_may_be_cut_anywhere_at_the_margin() -> None:
    """Without any known format every unmarked line at the left margin is its own event."""
    assert starts_event(b"compiling main", ParseSettings())
    assert not starts_event(b"   compiling main", ParseSettings())


def test_cutting_before_a_start_changes_nothing() -> None:
    """Blocks cut where `starts_event` allows give together what the whole source gives."""
    lines = ((INFO + TRACE) * 20).encode().splitlines(keepends=True)
    asked = replace(ALL, hint="python-logging")
    whole, _ = parse_block(b"".join(lines), asked)
    for cut in range(1, len(lines)):
        if starts_event(lines[cut].rstrip(b"\n"), asked):
            left, _ = parse_block(b"".join(lines[:cut]), asked)
            right, _ = parse_block(b"".join(lines[cut:]), asked, first_line=cut)
            assert left + right == whole


def test_lines_that_differ_in_digits_share_one_shape() -> None:
    """The costly work is done once per distinct line: ten thousand lines, one entry in the memo."""
    memos.forget()
    text = "".join(f"2026-11-23 19:19:08,{n % 1000:03d} - shop - INFO - charged {n:05d}\n" for n in range(10_000))
    _, counts = read(text, ParseSettings(hint="python-logging"))
    assert counts.events == 10_000
    assert memos.memo_for("python-logging").entries <= 2


def test_the_memo_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that never repeat cannot grow the memo past its limit."""
    monkeypatch.setattr(memos, "MEMO_ENTRIES", 4_096)
    memos.forget()
    memo = memos.memo_for("bounded")
    words = "\n".join("".join("abcdefghij"[int(d)] for d in str(n)) for n in range(memos.MEMO_ENTRIES + 500)).encode()
    memo.shapes(words, words.split(b"\n"))
    assert memo.entries <= memos.MEMO_ENTRIES


def test_http_statuses_are_told_apart() -> None:
    """Lines whose digits decide the level do not share a shape."""
    line = '10.0.0.1 - - [23/Nov/2026:19:20:39 +0000] "GET /x HTTP/1.1" {} 157 "-" "curl/8"\n'
    records, _ = read("".join(line.format(status) for status in (200, 502, 200, 404)))
    assert [r.level for r in records] == [Level.INFO, Level.ERROR, Level.INFO, Level.WARN]


def test_broken_json_is_kept_as_text() -> None:
    """A record cut off in the middle is still an event with the level its field shows."""
    records, _ = read('{"level":"error","msg":"charge failed","order":}', ParseSettings())
    assert [(r.level, r.message[:8]) for r in records] == [(Level.ERROR, '{"level"')]


def test_a_named_format_is_used_without_a_vote() -> None:
    """`format` decides which headers are looked for first; the records stay the same."""
    asked = replace(ALL, format="python-logging")
    assert read(TRACE, asked) == read(TRACE, replace(ALL, hint="python-logging")) == read(TRACE)
