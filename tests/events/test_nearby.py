"""An event that states no time happened about when the lines beside it were written, not when the file was."""

from __future__ import annotations

import hashlib

import pytest

from mcp_rag.clock import parse_timestamp
from mcp_rag.grouping import parse
from mcp_rag.types import Block, Level, ParseSettings

WRITTEN_MS = 1_900_000_000_000
TRACE = """Traceback (most recent call last):
  File "/srv/till/main.py", line 7, in charge
    send(bill)
ConnectionError: bank.example did not answer
"""


def times(text: str) -> list[int]:
    """When the events of the one group with a trace happened, to the hour; minutes where they lie within it."""
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()[:32]
    block = Block("a.log", 0, digest, digest, data, 0, text.count("\n"), 0, last=True, reference_ms=WRITTEN_MS)
    found = parse(block, ParseSettings(min_level=Level.WARN)).found.values()
    (group,) = [each for each in found if each.has_trace]
    return [group.first_ms, group.last_ms]


def at(text: str) -> int:
    """The instant of a time."""
    found = parse_timestamp(text)
    assert found is not None
    return found


HEADS = {
    "plain": "2026-03-04T05:{:02d}:00Z INFO [till.http] GET /bill\n",
    "json": '{{"time": "2026-03-04T05:{:02d}:00Z", "level": "info", "msg": "GET /bill"}}\n',
    "not ascii": "2026-03-04T05:{:02d}:00Z INFO [kaßa.http] GET /bill\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_trace_behind_a_line_of_another_level(head: str) -> None:
    """It happened when that line was written, whatever the file's own time is."""
    assert times(head.format(1) + TRACE + head.format(2)) == [at("2026-03-04T05:01:00Z")] * 2


def test_a_trace_above_all_times() -> None:
    """The first line below it that states one tells it."""
    assert times(TRACE + HEADS["plain"].format(9)) == [at("2026-03-04T05:09:00Z")] * 2


def test_a_log_without_times() -> None:
    """Nothing but the file tells, then; headers that name no time do not end that."""
    assert times(TRACE) == [WRITTEN_MS] * 2
    assert times("INFO:till.http:GET /bill\n" * 30 + TRACE) == [WRITTEN_MS] * 2
    assert times('{"level": "info", "msg": "GET /bill"}\n' * 300 + TRACE) == [WRITTEN_MS] * 2


def test_a_time_stated_long_before() -> None:
    """A program that names the time of its start only: what it prints a thousand lines later is not that old."""
    assert times(HEADS["plain"].format(1) + "working\n" * 1_000 + TRACE) == [WRITTEN_MS] * 2
