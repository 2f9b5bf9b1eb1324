"""Whether one block begins another, by its marks."""

from __future__ import annotations

import base64
import random

from hypothesis import given
from hypothesis import strategies as st

from mcp_rag.marks import MAX_LINES, PRECISE_LINES, begins, marks_of

LINE = st.binary(max_size=6).map(lambda line: line.replace(b"\n", b""))


@given(st.lists(LINE, min_size=1, max_size=12), st.integers(1, 12))
def test_a_block_begins_as_its_first_lines_do(lines: list[bytes], size: int) -> None:
    """Any number of its first lines, and the block itself."""
    marks = marks_of(b"".join(line + b"\n" for line in lines))
    assert begins(marks_of(b"".join(line + b"\n" for line in lines[:size])), marks)


@given(st.lists(LINE, min_size=1, max_size=12), st.data())
def test_one_other_line_is_enough(lines: list[bytes], data: st.DataObject) -> None:
    """A line changed, or one more than the block has, and it is not the beginning."""
    marks = marks_of(b"".join(line + b"\n" for line in lines))
    at = data.draw(st.integers(0, len(lines)))
    changed = [*lines[:at], b"something else", *lines[at + 1 :]]
    assert not begins(marks_of(b"".join(line + b"\n" for line in changed)), marks)


def test_long_blocks() -> None:
    """Behind the precise lines one byte each still tells two random logs apart; marks stay small; where they end,
    nothing is claimed."""
    rng = random.Random(7)  # noqa: S311 - repeatable test data
    lines = [rng.randbytes(20).hex().encode() for _ in range(MAX_LINES + 100)]
    marks = marks_of(b"\n".join(lines))
    assert len(marks) < 55_000
    assert len(base64.b64decode(marks)) == PRECISE_LINES * 4 + MAX_LINES - PRECISE_LINES
    for size in (1, PRECISE_LINES, PRECISE_LINES + 1, 20_000, MAX_LINES - 1):
        assert begins(marks_of(b"\n".join(lines[:size]) + b"\n"), marks)
    assert not begins(marks, marks)
    assert not begins(marks_of(b"\n".join(lines[: MAX_LINES + 1])), marks)
    missing = lines[:300] + lines[301:20_000]
    assert not begins(marks_of(b"\n".join(missing)), marks)


def test_nothing_begins_nothing() -> None:
    """Neither an empty block nor a row without marks claims anything."""
    assert not begins(marks_of(b""), marks_of(b"a\nb\n"))
    assert not begins(marks_of(b"a\n"), "")
    assert not begins("", "")
