"""Arguments from strangers: aliases mended, unknown names refused with a guess, values checked with what to send."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_rag.arguments import MISSING, bounded, choice, clipped, filters, level, mend, refusal, sized, tokens
from mcp_rag.errors import InputError
from mcp_rag.types import Level

KNOWN: dict[str, Any] = {
    "error_text": {"type": "string", "description": "The error."},
    "limit": {"type": "integer"},
    "paths": {"type": "array"},
    "since": {"type": "string"},
}


@pytest.mark.parametrize(
    ("given", "mended"),
    [
        ({"error_text": "x"}, {"error_text": "x"}),
        ({"query": "x"}, {"error_text": "x"}),
        ({"question": "x"}, {"error_text": "x"}),
        ({"message": "x"}, {"error_text": "x"}),
        ({"text": "x"}, {"error_text": "x"}),
        ({"query": "x", "error_text": None}, {"error_text": "x"}),
        ({"top_k": 3, "query": "x"}, {"error_text": "x", "limit": 3}),
        ({"limit": None, "error_text": "x"}, {"error_text": "x"}),
        ({"path": "/a"}, {"paths": ["/a"]}),
        ({"paths": "/a"}, {"paths": ["/a"]}),
        ({"paths": ""}, {"paths": []}),
        ({"paths": '["/a"]'}, {"paths": '["/a"]'}),
        ({}, {}),
    ],
)
def test_aliases_and_nulls(given: dict[str, Any], mended: dict[str, Any]) -> None:
    """Well-known aliases become our names (DESIGN section 3); a null is "not given"; one path is a list of one."""
    assert mend(given, KNOWN) == mended


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lmit": 3}, "Did you mean limit"),
        ({"foo": 1}, "error_text, limit, paths, since"),
        ({"query": "a", "error_text": "b"}, "query"),
        ({"query": "a", "question": "b"}, "question"),
        ({"foo": None}, "foo"),
        ({"a\u202eb" * 100: 1}, "There is no argument"),
    ],
)
def test_unknown_arguments_are_refused_by_name(given: dict[str, Any], said: str) -> None:
    """Never silently ignored: a dropped filter would give a wrong answer that looks right."""
    with pytest.raises(InputError) as caught:
        mend(given, KNOWN)
    assert said in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_flag_is_no_number() -> None:
    """`true` is 1 to some libraries; here it is a mistake."""
    with pytest.raises(InputError, match="whole number, not true"):
        mend({"limit": True}, KNOWN)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("error_text", MISSING, "error_text is missing. error_text: The error."),
        ("error_text", 5, "must be text, not 5."),
        ("error_text", {"a": 1}, "must be text, not an object."),
        ("limit", "abc", "must be a whole number, not 'abc'."),
        ("paths", 5, "must be a list of texts, not 5."),
        ("limit", "x\u202e" * 90, "\\u202e"),
        ("unknown", None, "not null"),
    ],
)
def test_refusals_are_our_words(name: str, value: Any, said: str) -> None:
    """What it must be, what came, what it is for; short, and hidden characters visible."""
    error = refusal(name, KNOWN, value)
    assert said in f"{error.cause} {error.fix}"
    assert "\u202e" not in str(error)
    assert len(str(error)) < 400


def test_words_of_a_choice() -> None:
    """Case and space are forgiven, an empty word is the first, another names the near one."""
    assert choice("sort", " Count ", ("count", "last_seen")) == "count"
    assert choice("sort", "", ("count", "last_seen")) == "count"
    with pytest.raises(InputError, match="Did you mean 'last_seen'"):
        choice("sort", "lastseen", ("count", "last_seen"))


def test_numbers_have_ranges() -> None:
    """Out of range is refused with the range, never clamped in silence."""
    assert bounded("limit", 20, 1, 20) == 20
    assert tokens(200) == 200
    assert tokens(8_000) == 8_000
    for wrong in (0, 21, -1, 10**30):
        with pytest.raises(InputError, match="1 to 20"):
            bounded("limit", wrong, 1, 20)
    for wrong in (199, 8_001):
        with pytest.raises(InputError, match="200 to 8000"):
            tokens(wrong)


def test_levels() -> None:
    """An unknown level lists the known ones."""
    assert level("warning") is Level.WARN
    with pytest.raises(InputError, match="WARNING, ERROR"):
        level("loud")


def test_filters_of_a_search() -> None:
    """Words to conditions; a swapped window is refused."""
    now = 100 * 86_400_000
    where = filters(level_name="error", service=" api ", since="7d", until="1d", resolved="no", now_ms=now)
    assert (where.min_level, where.service) == (Level.ERROR, "api")
    assert (where.since_ms, where.until_ms) == (now - 7 * 86_400_000, now - 86_400_000)
    assert where.statuses == ("new", "unresolved", "returned")
    with pytest.raises(InputError, match="later than"):
        filters(level_name="", service="", since="1d", until="7d", resolved="", now_ms=now)
    with pytest.raises(InputError, match="resolved"):
        filters(level_name="", service="", since="", until="", resolved="maybe", now_ms=now)
    asked = {"level_name": "", "service": "", "since": "", "until": "", "resolved": "", "now_ms": now}
    assert filters(**asked, language=" Rust ").language == "rust"
    assert filters(**asked, language=" ").language == ""
    with pytest.raises(InputError, match=r"Did you mean 'python'.*compiler, cpp"):
        filters(**asked, language="pythn")


def test_sizes_are_bytes() -> None:
    """The limit counts UTF-8 bytes; a tool refuses, the command line keeps head and tail."""
    assert sized("text", "é" * 5, 10) == "é" * 5
    with pytest.raises(InputError, match="12 bytes"):
        sized("text", "é" * 6, 10)
    text = "START" + "x" * 1_000 + "é漢" * 300 + "END"
    cut = clipped(text, 400)
    assert len(cut.encode()) <= 400
    assert cut.startswith("START")
    assert cut.endswith("END")
    assert clipped("short", 400) == "short"
