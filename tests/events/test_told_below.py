"""Messages in the lines below an announcement."""

from __future__ import annotations

import pytest

from mcp_rag.events.told_below import told_below


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("gradle", ["", "* What went wrong:", "No such task.", "", "* Try:"], "No such task."),
        ("gradle", ["* What went wrong:", "No such task.", "> Did you mean x?"], "No such task. > Did you mean x?"),
        ("gradle", ["* Try:", "again"], ""),
        ("gradle", ["* What went wrong:"], ""),
        ("ansible", ["  msg: no till", "  rc: 1", "  stderr: ''"], "no till, rc: 1"),
        ("ansible", ["  msg: |-", "    no till", "    at all"], "no till"),
        ("ansible", ["  stderr: |-"], ""),
        ("ansible", ["    msg: of an item"], ""),
        ("maven", ["* What went wrong:", "x"], ""),
    ],
)
def test_told_below(name: str, lines: list[str], message: str) -> None:
    """Each tool in its own manner; "" where nothing is told or the format tells it in its first line."""
    assert told_below(name, lines) == message
