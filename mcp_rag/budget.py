"""Token budgets: an estimate that stays above common tokenizers' counts, and cuts that say how to read on."""

from __future__ import annotations

import re

DEFAULT_TOKENS = 2_000
MAX_TOKENS = 8_000
MIN_TOKENS = 200

# Byte-pair tokenizers split at case changes, take up to three digits at a time and join two signs or so; the rates
# below were fitted to stay above three of them on logs, traces, JSON, ids and prose (evals/tokens.py).
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\x00-\x7f]| |\s+|[^\sA-Za-z0-9]+")


# Keys and hashes change case or kind every letter or two: tokenizers find no words in them.
_DENSE = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_DENSE_RATE = 0.7


def count_tokens(text: str) -> int:
    """Estimated tokens of a text: above what common byte-pair tokenizers count, by a fifth at most on ordinary text."""
    return sum(map(_cost, _PIECE.findall(text))) + sum(map(_extra, _DENSE.findall(text)))


def _cost(piece: str) -> int:
    first, size = piece[0], len(piece)
    if not first.isascii():
        return 1 if "\u2e80" <= first <= "\uffef" else (len(first.encode("utf-8", "replace")) + 1) // 2
    if first.isalpha():
        # A word, unless every letter is upper case: those are spelled in shorter tokens.
        return 1 + (size - 1) // (3 if piece.isupper() else 7)
    if first.isdigit():
        return (size + 2) // 3
    if first.isspace():
        return 0 if piece == " " else 1 + size // 64
    return (size + 1) // 2


def _extra(run: str) -> int:
    """What a run without words costs beyond its pieces; nothing for an ordinary long name or path."""
    pieces = _PIECE.findall(run)
    if len(pieces) < 0.3 * len(run):
        return 0
    return max(0, int(_DENSE_RATE * len(run)) - sum(map(_cost, pieces)))


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
