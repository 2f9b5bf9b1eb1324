"""Traces that stand in one line."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.events.folded import folded, unfolded
from mcp_rag.types import ParseSettings

TRACE = ["Traceback (most recent call last):", '  File "/srv/till.py", line 3, in open', "KeyError: 'drawer'"]


@pytest.mark.parametrize("newline", ["#012", "\\n"])
def test_unfolded(newline: str) -> None:
    """The lines as they were, if they hold a trace; what follows a quoted value is not part of it."""
    line = newline.join(["cannot open", *TRACE])
    assert folded(line)
    assert unfolded(line) == ["cannot open", *TRACE]
    quoted = newline.join(['msg="cannot open', TRACE[0], 'KeyError: 4" till=4'])
    assert unfolded(quoted) == ['msg="cannot open', TRACE[0], "KeyError: 4"]


@pytest.mark.parametrize("line", ["one#012two#012three", r"C:\new\next\nodes", "no#012", "plain"])
def test_others_stay(line: str) -> None:
    """Folded text without a trace, a path, and a mark alone are what they are."""
    assert unfolded(line) == [line]


def test_record() -> None:
    """The logger's words stay the message, the exception is read."""
    line = "May  1 10:00:02 web till[4]: ERROR cannot open#012" + "#012".join(TRACE)
    record = parse_block(line.encode(), ParseSettings())[0][0]
    assert record.message == "cannot open"
    assert record.stacktrace is not None
    assert (record.stacktrace.outermost.type, record.stacktrace.outermost.message) == ("KeyError", "'drawer'")


def test_a_trace_in_one_paragraph_is_read_as_lines() -> None:
    """A browser shows PHP's report with blanks for newlines: frames, and what stands behind the trace, come apart."""
    line = (
        "Fatal error: Uncaught Error: no rate in D:\\shop\\a.php:10 Stack trace: #0 D:\\shop\\b.php(309): rate() "
        "#1 {main} thrown in D:\\shop\\a.php on line 10"
    )
    assert folded(line)
    assert unfolded(line) == [
        "Fatal error: Uncaught Error: no rate in D:\\shop\\a.php:10",
        "Stack trace:",
        "#0 D:\\shop\\b.php(309): rate()",
        "#1 {main}",
        "thrown in D:\\shop\\a.php on line 10",
    ]
