"""How often the interpreter looks for garbage that refers to itself."""

from __future__ import annotations

import gc

# Ours hardly makes any, and what is remembered of lines and words is walked through in vain: 7 % of parsing. The last
# number is left alone: the oldest generation is looked at when it has grown by a quarter.
_YOUNGEST, _MIDDLE, _OLDEST = 50_000, 20, 10


def collect_rarely() -> None:
    """Say so for this process. Memory of unreachable cycles is freed later, by some MB."""
    gc.set_threshold(_YOUNGEST, _MIDDLE, _OLDEST)
