"""Check 7 for the whole package: every expression takes linear time, used as the code uses it.

All modules are walked for compiled expressions (also those in tables and records) and for those written in place. Each
is run on text made of its own parts: what comes before one of its repeats, then what the repeat accepts, many times,
then what no repeat accepts. Ten times the text may take at most 15 times as long. Expressions whose callers cut the
text are run on that much.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]  # the parser of the standard library, not in typeshed
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any, NamedTuple

import pytest

import mcp_rag
from mcp_rag.clock import MAX_STAMP_CHARS
from mcp_rag.codes import MAX_SCANNED_CHARS
from mcp_rag.elements import MAX_SAID_CHARS
from mcp_rag.fingerprint import MAX_MESSAGE_CHARS
from mcp_rag.formats.base import MAX_HEAD_CHARS
from mcp_rag.frames import MAX_NAME_CHARS
from mcp_rag.mask import MAX_MASKED_CHARS
from mcp_rag.merge import MAX_TEMPLATE_CHARS
from mcp_rag.paths import MAX_PATH_CHARS
from mcp_rag.stacktrace import MAX_LINE_CHARS
from mcp_rag.volatile import MAX_TYPE_CHARS

LARGE = 100_000
GROWTH = 15
ROUNDS = 8
SEEDS = 14
STUCK_S = 0.5  # for a quarter of the text or less
NOISE_S = 0.03  # below this a busy machine decides, not the expression
REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
LETTERS = "a0A _-.:/\"'\\=(<[{|,@#\n\t+*é"
Text = Any  # str or bytes, as the expression wants it

# The most characters that a module's callers hand to its expressions.
BOUNDS: dict[str, int] = {
    "formats": MAX_HEAD_CHARS,
    "clock": MAX_STAMP_CHARS,
    "stacktrace": MAX_LINE_CHARS,
    "frames": MAX_NAME_CHARS,
    "merge": MAX_TEMPLATE_CHARS,
    "mask": MAX_MASKED_CHARS,
    "codes": MAX_SCANNED_CHARS,
    "elements": MAX_SAID_CHARS,
    "machine_names": MAX_MASKED_CHARS,
    "fingerprint": MAX_MESSAGE_CHARS,
    "claims": 4_000,
    "untrusted": 20_000,
    "volatile.EXCEPTION_TYPE": MAX_TYPE_CHARS,
    "volatile": MAX_MASKED_CHARS,
    "verdict": 20_000,
    "query": 16_000,
    "ranking": 32_000,
    "words": 32_000,
    "paths": MAX_PATH_CHARS,
}
# Run on the expressions of this package, never on what is read.
OURS = ("stacktrace.roles._STEP", "stacktrace.roles:", "clock:", "formats.registry._NAMED_GROUP", "redact_own")
# Tables whose expressions are only matched at one place.
MATCHED = ("formats", "stacktrace", "clock")


class Use(NamedTuple):
    """One expression, where it is, and the methods it is called with."""

    place: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def _modules() -> list[Any]:
    names = [found.name for found in pkgutil.walk_packages(mcp_rag.__path__, "mcp_rag.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def _inside(value: object, place: str, seen: set[int]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Expressions in a value: itself, or in collections, records and objects of this package."""
    if isinstance(value, re.Pattern):
        yield place, value
        return
    if id(value) in seen or isinstance(value, (str, bytes, int, type)):
        return
    seen.add(id(value))
    parts: list[tuple[str, object]] = []
    if isinstance(value, dict):
        parts = [(str(key), part) for key, part in value.items()] + [("key", key) for key in value]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [(str(getattr(part, "name", n)), part) for n, part in enumerate(value)]
    elif dataclasses.is_dataclass(value):
        parts = [(field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value)]
    elif type(value).__module__.startswith("mcp_rag"):
        names = [*getattr(type(value), "__slots__", ()), *getattr(value, "__dict__", ())]
        parts = [(name, getattr(value, name, None)) for name in names]
    for name, part in parts:
        yield from _inside(part, f"{place}.{name[:40]}", seen)


def _called(tree: ast.AST) -> dict[str, set[str]]:
    """For each name, the methods that are taken from it (`_NAME.search`, `module.NAME.sub`)."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
            name = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            found.setdefault(name, set()).add(node.attr)
    return found


def _in_place(tree: ast.AST, name: str) -> Iterator[Use]:
    """`re.sub("...", ...)` with the expression written there."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner, first = node.func.value, node.args[0]
        if isinstance(owner, ast.Name) and owner.id == "re" and isinstance(first, ast.Constant):
            how = "search" if node.func.attr in {"compile", "escape"} else node.func.attr
            yield Use(f"{name}:{first.value[:40]!r}", re.compile(first.value), frozenset({how}))


@cache
def uses() -> tuple[Use, ...]:
    """Every expression of the package once, with all its uses."""
    found: dict[tuple[Any, int], Use] = {}
    methods = {"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"}
    modules = _modules()
    trees = {m.__name__: ast.parse(Path(str(m.__file__)).read_text(encoding="utf-8")) for m in modules}
    called = {name: _called(tree) for name, tree in trees.items()}
    for module in modules:
        for name, value in vars(module).items():
            for place, pattern in _inside(value, f"{module.__name__}.{name}", set()):
                readers = [module.__name__] if name.startswith("_") else called
                taken = {method for reader in readers for method in called[reader].get(name, ())} & methods
                known = found.get((pattern.pattern, pattern.flags))
                if known is not None:
                    taken |= known.methods
                found[pattern.pattern, pattern.flags] = Use(known.place if known else place, pattern, frozenset(taken))
    kept = {text for text, _ in found}
    for name, tree in trees.items():
        for use in _in_place(tree, name):
            if use.pattern.pattern not in kept:  # else it is the text of a constant, met without its flags
                found.setdefault((use.pattern.pattern, use.pattern.flags), use)
    return tuple(use for use in found.values() if not use.place.removeprefix("mcp_rag.").startswith(OURS))


def _accepts(items: Sequence[Any], char: str) -> bool:
    """Whether a character class holds a character."""
    negated = held = False
    for kind, value in items:
        if kind is codes.NEGATE:
            negated = True
        elif kind is codes.LITERAL:
            held = held or value == ord(char)
        elif kind is codes.RANGE:
            held = held or value[0] <= ord(char) <= value[1]
        elif kind is codes.CATEGORY:
            word, word_not = char.isalnum() or char == "_", not (char.isalnum() or char == "_")
            held = (
                held
                or {
                    codes.CATEGORY_DIGIT: char.isdigit(),
                    codes.CATEGORY_NOT_DIGIT: not char.isdigit(),
                    codes.CATEGORY_SPACE: char.isspace(),
                    codes.CATEGORY_NOT_SPACE: not char.isspace(),
                    codes.CATEGORY_WORD: word,
                    codes.CATEGORY_NOT_WORD: word_not,
                }[value]
            )
    return held != negated


def _chars(items: Sequence[Any]) -> list[str]:
    plain = [chr(v) if k is codes.LITERAL else chr(v[0]) for k, v in items if k in {codes.LITERAL, codes.RANGE}]
    return [c for c in dict.fromkeys([*LETTERS, *plain]) if _accepts(items, c)] or ["a"]


def sample(nodes: Sequence[Any], which: int = 0) -> str:
    """A short text that the nodes accept, look-arounds left out; `which` picks among alternatives."""
    out = []
    for kind, value in nodes:
        if kind is codes.LITERAL:
            out.append(chr(value))
        elif kind in {codes.NOT_LITERAL, codes.ANY}:
            out.append("b" if value == ord("a") else "a")
        elif kind is codes.IN:
            out.append(_chars(value)[which % len(_chars(value))])
        elif kind in REPEATS:
            out.append(sample(value[2], which) * min(max(value[0], which % 2), 100))
        elif kind is codes.SUBPATTERN:
            out.append(sample(value[3], which))
        elif kind is codes.ATOMIC_GROUP:
            out.append(sample(value, which))
        elif kind is codes.BRANCH:
            out.append(sample(value[1][which % len(value[1])], which))
    return "".join(out)


def _pumps(nodes: Sequence[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """For each repeat: a text that leads to it, and one that it takes over and over."""
    for at, (kind, value) in enumerate(nodes):
        if kind in REPEATS:
            _, high, body = value
            if high > 8:
                if len(body) == 1 and body[0][0] is codes.IN:
                    yield from ((before, char) for char in _chars(body[0][1])[:3])
                else:
                    yield from ((before, sample(body, which)) for which in (0, 1))
            yield from _pumps(body, before)
        elif kind is codes.SUBPATTERN:
            yield from _pumps(value[3], before)
        elif kind is codes.ATOMIC_GROUP:
            yield from _pumps(value, before)
        elif kind is codes.BRANCH:
            for branch in value[1]:
                yield from _pumps(branch, before)
        before += sample(nodes[at : at + 1])


def hostile(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """(beginning, repeated part) of the texts for one expression, spread over its repeats."""
    raw = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    nodes = list(parser.parse(raw, pattern.flags & ~(0 if isinstance(pattern.pattern, str) else re.ASCII)))
    found: dict[tuple[str, str], None] = {("", sample(nodes)): None}
    for before, pump in islice(_pumps(nodes), 600):
        found[before[:200], pump] = None
        found["", before[:200] + pump] = None
    usable = [seed for seed in found if seed[1]]
    return usable[:: max(1, len(usable) // SEEDS)]


def _runner(pattern: re.Pattern[Any], method: str) -> Callable[[Text], object]:
    if method in {"match", "fullmatch"}:
        return pattern.fullmatch if method == "fullmatch" else pattern.match
    if method == "search":
        return pattern.search
    return lambda text: sum(1 for _ in pattern.finditer(text))


def _best(run: Callable[[Text], object], text: Text, tries: int) -> float:
    best = float("inf")
    for _ in range(tries):
        began = time.process_time()
        run(text)
        best = min(best, time.process_time() - began)
    return best


def superlinear(use: Use) -> str:
    """What grows too fast and how much, or ""."""
    module = use.place.removeprefix("mcp_rag.")
    large = next((size for name, size in BOUNDS.items() if module.startswith(name)), LARGE)
    methods = use.methods & {"match", "fullmatch"} | ({"finditer"} if use.methods - {"match", "fullmatch"} else set())
    if not methods:
        methods = {"match"} if module.startswith(MATCHED) else {"match", "finditer"}
    for method in methods:
        run = _runner(use.pattern, method)
        for before, pump in hostile(use.pattern):
            told = f"{use.place}.{method} on {before[:60]!r} + {pump[:60]!r} * n"

            def text(size: int, before: str = before, pump: str = pump) -> Text:
                made = (before + pump * (size // len(pump) + 1))[:size] + "\0!"
                return made if isinstance(use.pattern.pattern, str) else made.encode("latin-1", "replace")

            # Step by step: what is exponential shows in 26 characters, what is quadratic in a quarter, and neither
            # would end on all of it.
            for size in (16, 18, 20, 22, 24, 26, large // 100, large // 10, large // 4):
                if size <= large and _best(run, text(size), 1) > STUCK_S and _best(run, text(size), 2) > STUCK_S:
                    return told
            if _grows(run, text(large // 10), text(large)):
                return told
    return ""


def _grows(run: Callable[[Text], object], small: Text, big: Text) -> bool:
    """Whether the big text took too long in every round: each measures both, so that a slow spell of the machine
    weighs on both."""
    return all(_best(run, big, 1) > max(NOISE_S, GROWTH * _best(run, small, 1)) for _ in range(ROUNDS))


@pytest.mark.slow  # as what it is a test of
def test_every_kind_of_expression_is_found() -> None:
    """The walk reaches constants, tables, records and expressions written in place."""
    places = Counter(use.place.split(".")[1].partition(":")[0] for use in uses())
    assert len(uses()) > 600
    for package in ("formats", "stacktrace", "redact", "redact_fields", "clock", "codes", "frames", "untrusted"):
        assert places[package] > 5, package


@pytest.mark.slow  # as what it is a test of
@pytest.mark.parametrize("evil", [r"(a|a)*$", r"\s+$", r"(?:\w+\s?)*:$"])
def test_slow_expressions_are_caught(evil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself: expressions known to be slow are told apart, also in a text as short as a paste."""
    monkeypatch.setattr(sys.modules[__name__], "ROUNDS", 2)  # eight times slow is as slow as twice
    assert superlinear(Use("mcp_rag.query.x", re.compile(evil), frozenset({"search"})))


PARTS = 8


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_expression_is_linear(part: int) -> None:
    """Check 7: 1,000, 10,000 and 100,000 characters made from each expression's own parts."""
    assert [told for use in uses()[part::PARTS] if (told := superlinear(use))] == []
