"""Numbers of the system's errors by their texts."""

from __future__ import annotations

import pytest

from mcp_rag.codes import codes
from mcp_rag.system_errors import linux_number


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("[errno 61] connection refused", "61", "111"),
        ("[errno 48] address already in use: ('', 80)", "48", "98"),
        ("no route to host (os error 65)", "65", "113"),
        ("errno 60: operation timed out", "60", "110"),
        ("[errno 61] no data available", "61", "61"),
        ("connection refused by all 61 peers", "61", "61"),
        ("errno 13", "13", "13"),
    ],
)
def test_the_text_tells_the_number(text: str, number: str, expected: str) -> None:
    """The text right beside a number says which error it is; any other number stays as it is."""
    start = text.index(number)
    assert linux_number(number, text, start, start + len(number)) == expected


def test_systems_share_a_code() -> None:
    """One refused connection has one code on macOS and on Linux; another error of that number another."""
    mac, linux = (codes(f"OSError: [Errno {number}] Connection refused") for number in (61, 111))
    assert mac == linux == ("errno 111",)
    assert codes("OSError: [Errno 61] No data available") == ("errno 61",)
