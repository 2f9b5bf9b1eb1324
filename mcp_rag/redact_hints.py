"""Which rules may find something in a text: those of which a hint occurs in it. All hints are looked for at once, since
looking for each of many hundreds costs more than the rules that then run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcp_rag.redact_shapes import Rule


class Hints:
    """The hints of `rules`, which keep their order. The empty hint occurs in every text."""

    __slots__ = ("_always", "_beginning", "_pattern", "_rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._always = frozenset(n for n, rule in enumerate(rules) if "" in rule.hints)
        words = {hint for rule in rules for hint in rule.hints} - {""}
        # At each place the shortest hint is found, and stands for the longer ones that begin with it.
        self._pattern = re.compile(f"(?=({_trie(words)}))")
        self._beginning: dict[str, set[int]] = {}
        for number, rule in enumerate(rules):
            for hint in rule.hints:
                if hint:
                    shortest = next(hint[:n] for n in range(1, len(hint) + 1) if hint[:n] in words)
                    self._beginning.setdefault(shortest, set()).add(number)

    def rules_for(self, folded: str) -> Iterator[Rule]:
        """The rules that a text in lower case holds a hint of, in their order."""
        numbers = set(self._always)
        for word in set(self._pattern.findall(folded)):
            numbers.update(self._beginning.get(word, ()))  # no hints at all: the empty word is found
        for number in sorted(numbers):
            rule = self._rules[number]
            for hint in rule.hints:
                if hint in folded:
                    yield rule
                    break


def _trie(words: set[str]) -> str:
    """One expression for many literal words, factored by their beginnings: an alternation would try each in turn."""
    if "" in words:
        return ""
    branches = [
        re.escape(first) + _trie({word[1:] for word in words if word[0] == first})
        for first in sorted({word[0] for word in words})
    ]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
