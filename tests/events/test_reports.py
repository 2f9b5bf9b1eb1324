"""Reports of test runs and of tools: each failure one event, and nothing else of the run in it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings


def spans(text: str) -> list[tuple[int, int]]:
    """First and last line of every event."""
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    return [(record.first_line, record.last_line) for record in records]


RUNS = {
    "numbered, two of them": (
        "  2 failing\n\n"
        "  1) till opens:\n     TypeError: drawer is undefined\n      at Context.<anonymous> (test/till.js:4:2)\n\n"
        "  2) till closes:\n     RangeError: no coins\n      at Context.<anonymous> (test/till.js:9:2)\n",
        [(2, 4), (6, 8)],
    ),
    "bulleted": (
        "FAIL lib/till.test.js\n"
        "  ● till › opens\n\n    expect(a).toBe(b)\n\n      at Object.<anonymous> (lib/till.test.js:3:1)\n\n"
        "  ● till › closes\n\n    expect(c).toBe(d)\n\n      at Object.<anonymous> (lib/till.test.js:8:1)\n\n"
        "Tests:       2 failed, 2 total\n",
        [(1, 5), (7, 11), (13, 13)],
    ),
    "with text at the margin": (
        "  Failed Acme.TillTests.Opens [12 ms]\n  Error Message:\n   Assert.True() Failure\nExpected: True\n"
        "Actual:   False\n  Stack Trace:\n     at Acme.TillTests.Opens() in /src/TillTests.cs:line 8\n\n"
        "Failed!  - Failed:     1\n",
        [(0, 6), (8, 8)],
    ),
    "between rules": (
        "=" * 70 + "\nFAIL: test_open (tests.till.Till)\n" + "-" * 70 + "\nTraceback (most recent call last):\n"
        '  File "/srv/till.py", line 3, in test_open\n    self.assertTrue(x)\nAssertionError: False is not true\n\n'
        + "-" * 70
        + "\nRan 4 tests in 0.1s\n",
        [(0, 6), (8, 8), (9, 9)],
    ),
    "of a crash": (
        "---- opens stdout ----\n\nthread 'opens' panicked at src/till.rs:3:5:\nno drawer\n\n"
        "---- closes stdout ----\n\nthread 'closes' panicked at src/till.rs:9:5:\nno coins\n\n\nfailures:\n    opens\n",
        [(0, 3), (5, 8), (11, 12)],
    ),
    "of a tool": (
        "ERROR in ./src/till.js 3:0-9\nModule not found: Error: Can't resolve './drawer'\n\n"
        "ERROR in ./src/coin.js 1:0-9\nModule not found: Error: Can't resolve './mint'\n\nbuilt in 3 s\n",
        [(0, 1), (3, 4), (6, 6)],
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_failures_are_told_apart(name: str) -> None:
    """A title begins an event although it is indented; the summary is none of it."""
    text, expected = RUNS[name]
    assert [span for span in spans(text) if span[0] >= expected[0][0]] == expected


def test_lists_begin_nothing() -> None:
    """A number and a parenthesis without a failure below them go on with the message they stand in."""
    text = (
        "12:00:00 ERROR cannot open\n  1) look for the key\n  2) ask for it\n12:00:01 INFO opened\n12:00:02 INFO shut\n"
    )
    assert spans(text) == [(0, 2), (3, 3), (4, 4)]
    text = "12:00:00 INFO to do:\n12:00:01 INFO 1) open\n12:00:02 INFO 2) shut\n"
    assert spans(text) == [(0, 0), (1, 1), (2, 2)]


def test_what_failed_is_the_message() -> None:
    """Below the title of a tool's report; a failed test without frames keeps its name, which tells it from others."""
    records, _ = parse_block(b"Msg 208, Level 16, State 1, Line 3\nInvalid object name 'till'.\n", ParseSettings())
    assert records[0].message == "Invalid object name 'till'."
    text = b"  1) till opens (TillTest)\n     Assertion failed\n     stacktrace:\n       test/till_test.exs:3: (test)\n"
    assert parse_block(text, ParseSettings())[0][0].message == "1) till opens (TillTest)"
