"""Token budgets: an estimate that stays above common tokenizers' counts, and cuts that say how to read on.

The estimate splits text where byte-pair tokenizers split it and covers each piece with the longest entries of a small
vocabulary: strings that cl100k_base and o200k_base both hold as one token (evals/tokens.py writes and checks it). Any
larger vocabulary covers the same text with fewer tokens.
"""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Callable, Iterator
from importlib import resources

DEFAULT_TOKENS = 2_000
MAX_TOKENS = 8_000
MIN_TOKENS = 200

# A letter run with the one sign before it, up to three digits, a run of signs, line ends, spaces.
_PIECE = re.compile(
    r"(?:[^\r\n\w]|_)?[^\W\d_]{1,64}|\d{1,3}| ?(?:[^\s\w]|_){1,64}[\r\n]{0,16}"
    r"|\s{0,64}[\r\n]{1,16}|\s{1,64}(?!\S)|\s|\w"
)
_LONGEST = 24
# No text takes fewer tokens than one for this many characters: the longest runs are blanks.
MAX_CHARS_PER_TOKEN = 40


@functools.cache
def _vocabulary() -> frozenset[str]:
    data = resources.files("mcp_rag").joinpath("vocabulary.gz").read_bytes()
    return frozenset(gzip.decompress(data).decode("utf-8").split("\n"))


def count_tokens(text: str) -> int:
    """Estimated tokens of a text: at or above what common byte-pair tokenizers count, by a fifth at most on logs."""
    return sum(map(_cost, _PIECE.findall(text)))


@functools.lru_cache(maxsize=32_768)
def _cost(piece: str) -> int:
    if piece.isascii():
        if piece.isdigit():
            return 1
        if piece.isspace():
            return 1 + len(piece) // (6 if piece.strip(" ") else 32)
    vocabulary = _vocabulary()
    tokens = at = 0
    while at < len(piece):
        end = min(len(piece), at + _LONGEST)
        while end > at and piece[at:end] not in vocabulary:
            end -= 1
        if end == at:
            # Unknown characters are spelled in bytes.
            end = at + 1
            tokens += len(piece[at].encode("utf-8", "replace"))
        else:
            tokens += 1
        at = end
    return tokens


def cut_tokens(text: str, limit: int, count: Callable[[str], int] = count_tokens) -> str:
    """The longest start of `text` within `limit` tokens, cut after a line or word where one is near. `count` may count
    more than `count_tokens`, for instance what the text costs inside JSON."""
    text = text[: max(0, limit) * MAX_CHARS_PER_TOKEN]
    low, high = 0, sum(map(len, _affordable(text, limit)))
    if count(text[:high]) > limit:
        while low < high:
            middle = (low + high + 1) // 2
            if count(text[:middle]) <= limit:
                low = middle
            else:
                high = middle - 1
    if high == len(text):
        return text
    kept = text[:high]
    for mark in ("\n", " "):
        at = kept.rfind(mark)
        if at > 0.95 * high:
            return kept[: at + 1]
    return kept


def _affordable(text: str, limit: int) -> Iterator[str]:
    """The pieces at the start that the limit pays for."""
    for match in _PIECE.finditer(text):
        limit -= _cost(match.group())
        if limit < 0:
            return
        yield match.group()
