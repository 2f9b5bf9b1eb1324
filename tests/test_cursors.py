"""Cursors: they come back as they were made, hold on to rows, and refuse what is not theirs."""

from __future__ import annotations

import pytest

from mcp_rag.cursors import Cursor, decode_cursor, encode_cursor, page_digest
from mcp_rag.errors import InputError
from tests.fakes import hex_id

IDS = [hex_id(n) for n in range(40)]
DIGEST = page_digest("a", "b")


def test_a_cursor_comes_back() -> None:
    """Whatever it remembers; an empty text is the first page."""
    for cursor in (Cursor(), Cursor().and_all(IDS[:5]).and_all(IDS[5:20]), Cursor().and_last(IDS), Cursor(16_000)):
        assert decode_cursor(encode_cursor(cursor, DIGEST), DIGEST) == cursor
    assert decode_cursor("", DIGEST) == Cursor()


def test_a_cursor_remembers_all_rows_or_the_last_ones() -> None:
    """All for an order that changes, three for one that only grows; both count."""
    every = Cursor().and_all(IDS[:4]).and_all(IDS[4:9])
    assert (every.shown, [i for i in IDS if every.has(i)]) == (9, IDS[:9])
    last = Cursor().and_last(IDS[:4]).and_last(IDS[4:9])
    assert (last.shown, [i for i in IDS if last.has(i)]) == (9, IDS[6:9])


def test_a_page_starts_behind_the_last_row_that_is_left() -> None:
    """Rows added in front move it, a row deleted does not, and only when all are gone the number shown counts."""
    cursor = Cursor().and_last(IDS[:9])
    assert cursor.start(IDS) == 9
    assert cursor.start([hex_id("new"), *IDS]) == 10
    assert cursor.start([i for i in IDS if i != IDS[8]]) == 8
    assert cursor.start(IDS[9:]) == 9
    assert Cursor().start(IDS) == 0


@pytest.mark.parametrize("text", ["zz", "é", "!!!", "AAAA", "-" * 8, "A" * 200, encode_cursor(Cursor(3), DIGEST)[:-1]])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """With what to do next."""
    with pytest.raises(InputError, match="cursor"):
        decode_cursor(text, DIGEST)


def test_a_cursor_of_another_call_is_refused() -> None:
    """Arguments are told apart, however they are divided."""
    assert page_digest("ab", "") != page_digest("a", "b")
    with pytest.raises(InputError, match="another call"):
        decode_cursor(encode_cursor(Cursor(3), page_digest("ab", "")), DIGEST)
