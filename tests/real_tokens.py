"""Counts of real tokenizers, which the promise of `max_tokens` is measured with."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable


@functools.cache
def _encoders() -> tuple[Callable[[str], list[int]], ...]:
    with warnings.catch_warnings():
        # The package reads its data with a function that Python 3.11 calls old.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai

        return tuple(bpe_openai.get_encoding(name).encode_ordinary for name in ("cl100k_base", "o200k_base"))


def real_tokens(text: str) -> int:
    """The larger count of cl100k_base and o200k_base; a lone surrogate counts as a question mark."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    pieces = [clean[i : i + 50_000] for i in range(0, len(clean), 50_000)]
    return max(sum(len(encode(piece)) for piece in pieces) for encode in _encoders())
