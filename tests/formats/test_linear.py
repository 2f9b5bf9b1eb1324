"""Every expression takes linear time on hostile input: 100 times the text may take some 100 times the time, not 10,000.

Inputs are built to make an expression backtrack: long runs of what its repeats accept, with and without what should
follow. Times are the least of several runs and compared with a generous factor, so a loaded machine does not matter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from mcp_rag import clock, formats
from mcp_rag.formats import envelopes, generic, json_traces, levels, logfmt, tokens

SMALL, LARGE = 1_000, 100_000
RATIO = LARGE // SMALL


def _patterns() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}
    for form in formats.FORMATS:
        if isinstance(form, (formats.TextFormat, formats.EnvelopeFormat)):
            found[form.name] = form.regex
    for module in (clock, tokens, generic, levels, logfmt, json_traces, envelopes):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = value
    return found


PATTERNS = _patterns()
RUNS = [
    "a",
    "A",
    "0",
    " ",
    "[",
    "(",
    "{",
    "<",
    "-",
    ":",
    "|",
    "=",
    ".",
    '"',
    "\\",
    "\t",
    "a ",
    "a.",
    "[a] ",
    "a=1 ",
    "0:",
    "A:: ",
]
HEADS = [
    "",
    "2026-11-23 19:20:37 ",
    "[",
    " [",
    " - ",
    '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "',
    "ERROR ",
    "#0 ",
    "<3>",
]


LONG = [(head, run, head + run * (LARGE // len(run))) for head in HEADS for run in RUNS]


def _seconds(call: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        call(text)
        best = min(best, time.perf_counter() - started)
        if best < 0.002:
            break
    return best


@pytest.mark.parametrize("name", PATTERNS)
def test_expression_is_linear_at_one_place(name: str) -> None:
    """Matching at the start of 100,000 hostile characters stays within a few milliseconds or in proportion to 1,000."""
    pattern = PATTERNS[name]
    for head, run, text in LONG:
        large = _seconds(pattern.match, text)
        if large > 0.02:
            small = _seconds(pattern.match, head + run * (SMALL // len(run)))
            assert large < max(small, 1e-5) * RATIO * 10, (head, run)


@pytest.mark.parametrize(
    "call", [formats.match, formats.unwrap, formats.level_from_words, clock.scan], ids=lambda c: c.__name__
)
def test_entry_points_do_not_grow_with_the_line(call: Callable[[str], object]) -> None:
    """Entry points look at a bounded head: 100,000 characters cost next to nothing."""
    for head, run, text in LONG:
        assert _seconds(call, text) < 0.1, (head, run)


@pytest.mark.parametrize("form", [f for f in formats.FORMATS if f.kind == "text"], ids=lambda f: f.name)
def test_a_sample_followed_by_a_long_tail_is_cheap(form: formats.LogFormat) -> None:
    """A genuine header with 100,000 characters behind it costs what the short line costs."""
    for run in ("a", "[", "0", '" '):
        assert _seconds(formats.match, form.sample + run * LARGE) < 0.1


def test_json_is_bounded_too() -> None:
    """Nesting of 100,000 levels and numbers of 5,000 digits are refused, not a crash (DESIGN.md: hostile log text)."""
    assert formats.decode_json('{"message":' * 100_000 + "1" + "}" * 100_000) is None
    assert formats.decode_json('{"a":' + "[" * 100_000 + "]" * 100_000 + "}") is None
    huge = formats.decode_json('{"level":"error","message":"x","status":' + "9" * 5_000 + "}")
    assert huge is None or huge.message == "x"
