"""What a paste is understood as: cleaned of what chats and editors add, then read exactly as ingest reads."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.grouping import parse
from mcp_rag.query import MAX_EVENTS, MAX_LINES, clean, understand
from mcp_rag.redact import Redactor
from mcp_rag.types import Block, Level, ParseSettings

TRACE = """Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""


def ingested(text: str) -> set[str]:
    """Fingerprints that ingest makes of the text."""
    data = text.encode()
    block = Block("s", 0, "i" * 32, "h" * 32, data, 0, data.count(b"\n"), 0, True)
    return set(parse(block, ParseSettings(min_level=Level.UNSET)).found)


@pytest.mark.parametrize(
    "paste",
    [
        TRACE,
        "```python\n" + TRACE + "```\n",
        "~~~\n" + TRACE + "~~~",
        "".join(f"> {line}\n" for line in TRACE.splitlines()),
        "".join(f"| {line}\n" for line in TRACE.splitlines()),
        "".join(f"{n:>4}\t{line}\n" for n, line in enumerate(TRACE.splitlines(), 17)),
        "".join(f"{n}: {line}\n" for n, line in enumerate(TRACE.splitlines(), 1)),
        TRACE.replace("\n", "\r\n"),
        TRACE.replace("\n", "\r"),
        "\n\n" + TRACE + "\n\n",
        TRACE.replace("/srv/app", "/home/me/checkout").replace("line 10", "line 99"),
    ],
)
def test_a_paste_has_the_fingerprint_that_ingest_gave(paste: str) -> None:
    """Parse the paste exactly as ingest would (DESIGN section 6), whatever a chat or an editor did to it."""
    query = understand(paste, Redactor())
    assert {f.id for f in query.fingerprints} == ingested(TRACE)
    assert query.parsed.root_type == "KeyError"
    assert query.parsed.frames == ["users.py:load"]


def test_a_line_of_digits_is_not_taken_for_numbering() -> None:
    """Only numbers that rise by one or two, on nearly every line, are an editor's."""
    text = "10: a\n99: b\n7: c\n"
    assert clean(text) == text.strip("\n")
    assert clean("> one quote\nordinary\nlines\nhere") == "> one quote\nordinary\nlines\nhere"


def test_a_single_quoted_line_loses_its_mark() -> None:
    """A reply quotes one line as often as twenty; a row of a table is not one."""
    line = "2026-03-04 05:06:07 ERROR quarry.depot: ledger is locked"
    assert clean(f"> {line}") == clean(f">{line}") == line
    assert clean("| id | name |") == "| id | name |"


def test_the_trace_is_searched_for_first() -> None:
    """Of several events in a paste the one with a trace leads, then the most severe."""
    text = "2026-11-23T10:00:00Z FATAL api out of memory\n2026-11-23T10:00:01Z ERROR api failed\n" + TRACE
    query = understand(text, Redactor())
    assert query.events[0].stacktrace is not None
    assert query.parsed.exception_type == "KeyError"
    assert query.parsed.events == 2


def test_only_errors_of_a_log_excerpt_are_searched_for() -> None:
    """INFO lines around the error are not taken for it."""
    text = "".join(f"2026-11-23T10:00:{n:02d}Z INFO api request {n} done\n" for n in range(30))
    text += "2026-11-23T10:01:00Z ERROR api connect failed: ECONNREFUSED\n"
    query = understand(text, Redactor())
    assert len(query.events) == 1
    assert "ECONNREFUSED" in query.codes


def test_secrets_of_a_paste_are_not_echoed() -> None:
    """Echoes of the query pass the gate too (DESIGN section 5.6), cut or not."""
    key = "ghp_" + "a1B2" * 9
    for paste in (f"ValueError: bad token {key}", "x" * 490 + f" token {key}", f"{TRACE}\nAuthorization: Bearer {key}"):
        query = understand(paste, Redactor())
        said = f"{query.parsed} {query.dense_text} {query.lexical_text}"
        assert key[:12] not in said


@pytest.mark.parametrize(
    "text", ["", "\n\n", "```\n```", "\x00", "\ud800", "🙂", "?", "{", '{"a":1}', "[1, 2]", "-" * 5_000]
)
def test_text_that_is_no_log_never_fails(text: str) -> None:
    """Any text is one message at least, or none."""
    query = understand(text, Redactor())
    assert len(query.fingerprints) == len(query.events) <= MAX_EVENTS


@given(st.text(max_size=500))
@settings(max_examples=80, deadline=None)
def test_any_text_is_understood_the_same_twice(text: str) -> None:
    """Reading a paste is deterministic and total."""
    first, second = understand(text, Redactor()), understand(text, Redactor())
    assert [f.id for f in first.fingerprints] == [f.id for f in second.fingerprints]
    assert first.parsed == second.parsed


def test_a_large_paste_is_bounded() -> None:
    """A megabyte of log is understood in seconds, with a bounded echo."""
    text = "".join(f"2026-11-23T10:00:00Z ERROR api request {n} failed: E{n % 900:04d}\n" for n in range(15_000))
    started = time.process_time()
    query = understand(text, Redactor())
    assert time.process_time() - started < 10
    assert len(query.events) <= MAX_EVENTS
    assert len(query.lexical_text) <= 16_000
    assert len(query.parsed.codes) <= 16


def test_a_paste_of_countless_lines_is_cut() -> None:
    """Half a million short lines cost as much to read as twenty thousand; the error at their end is found."""
    found = understand("x\n" * 500_000 + TRACE, Redactor())
    assert found.parsed.events <= MAX_LINES
    assert found.parsed.exception_type == "KeyError"


def test_a_trace_without_its_last_line_says_what_it_raises() -> None:
    """Of a trace cut off before the exception, the innermost source line is what tells."""
    query = understand(
        'Traceback (most recent call last):\n  File "/srv/app/feed.py", line 313, in build_cart\n'
        "    result = run_export(*a, **k)\n"
        '  File "/srv/app/upload.py", line 262, in run_export\n'
        "    assert 84997 < 0, 'unexpected negative balance check'",
        Redactor(),
    )
    source, _, calls = query.dense_text.partition("\n")
    assert "unexpected negative balance check" in source
    assert calls.split() == ["run_export", "upload.py", "build_cart", "feed.py"]
    assert "negative balance check" in query.lexical_text
