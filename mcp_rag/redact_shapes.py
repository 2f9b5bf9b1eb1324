"""What the redaction gate is made of: a shape to look for, and a span that was found."""

from __future__ import annotations

import re
from typing import NamedTuple


class Found(NamedTuple):
    """A span of text to replace, and what it is."""

    start: int
    end: int
    kind: str


class Rule(NamedTuple):
    """One shape of secret. `folded` patterns run on the lower-cased text (spans are the same)."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    folded: bool = False
