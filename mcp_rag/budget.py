"""Token budgets: an estimate that stays above common tokenizers' counts, and cuts that say how to read on."""

from __future__ import annotations

import re

DEFAULT_TOKENS = 2_000
MAX_TOKENS = 8_000
MIN_TOKENS = 200

# Letters run ~4 characters a token in English, hex and identifiers ~2, digits up to 3 at a time, every other sign is
# close to one token; measured against byte-pair tokenizers in docs/evaluation.md.
_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|[^\x00-\x7f]|\s+|.", re.DOTALL)


def count_tokens(text: str) -> int:
    """Estimated tokens of a text, never far below a byte-pair tokenizer's count."""
    total = 0
    for match in _PIECE.finditer(text):
        piece = match.group()
        first = piece[0]
        if first.isascii() and first.isalpha():
            total += 1 if len(piece) <= 6 else (len(piece) + 3) // 4
        elif first.isascii() and first.isdigit():
            total += (len(piece) + 1) // 2
        elif first.isspace():
            total += 0 if piece == " " else 1
        else:
            total += 1 if first.isascii() else 2
    return total


def cut_tokens(text: str, limit: int) -> str:
    """The longest start of `text` within `limit` estimated tokens, cut after a line or word where one is near."""
    if count_tokens(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    kept = text[:low]
    for mark in ("\n", " "):
        at = kept.rfind(mark)
        if at > 0.8 * low:
            return kept[:at]
    return kept
