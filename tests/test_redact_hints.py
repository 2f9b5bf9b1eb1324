"""The index of hints: rules are found by any of their hints, in order, and no other rule is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mcp_rag.redact_hints import Hints
from mcp_rag.redact_shapes import Rule


@given(st.lists(st.lists(st.text("ab", max_size=4), min_size=1, max_size=3), max_size=6), st.text("abc", max_size=12))
def test_rules_are_those_with_a_hint_in_the_text(hints: list[list[str]], text: str) -> None:
    """Hints that overlap, hold or begin each other give what one search for each of them gives."""
    rules = [Rule(str(n), tuple(each), re.compile("x")) for n, each in enumerate(hints)]
    assert list(Hints(rules).rules_for(text)) == [r for r in rules if any(h in text for h in r.hints)]
