"""Whatever a line of stdin names, it is read."""

from __future__ import annotations

import json

import pytest

from mcp_rag.wire import mended


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\uDE00 behind", "\ufffd behind"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83dx\ude00", "\ufffdx\ufffd"),
        (r"whole \ud83d\uDE00 \u20ac", "whole \U0001f600 \u20ac"),
        (r"C:\\ud83d\\\ud83d", "C:\\ud83d\\\ufffd"),
        (r"plain \n \" \\", 'plain \n " \\'),
    ],
)
def test_halves_of_characters_are_replaced(text: str, read: str) -> None:
    """Lone surrogates become U+FFFD; pairs, other escapes and backslashes that only look alike stay."""
    assert json.loads(mended(f'{{"text": "{text}"}}')) == {"text": read}
