"""The registry: every format has a sample that works, a line in the docs, and a name that can be asked for."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag import formats
from mcp_rag.errors import InputError
from mcp_rag.formats import registry
from mcp_rag.formats.base import find_stamp, opener_of
from tests.log_pieces import PIECES, redrawn

TEXT = [form for form in formats.FORMATS if form.kind == "text"]
TOLD_BELOW = {"ocaml-compiler"}  # a line below the first says the level
JSON = [form for form in formats.FORMATS if form.kind == "json"]
ENVELOPES = [form for form in formats.FORMATS if form.kind == "envelope"]


@pytest.mark.parametrize("form", TEXT, ids=lambda form: form.name)
def test_text_sample_is_recognised_without_being_told(form: formats.LogFormat) -> None:
    """The sample that `mcp-rag formats` shows is found by auto-detection under its own name, with time or level."""
    header = formats.match(form.sample)
    assert header is not None
    assert header.format == form.name
    assert form.match(form.sample) == header
    assert header.level or header.time[0] >= 0 or form.name in TOLD_BELOW
    assert header.body <= len(form.sample)


@pytest.mark.parametrize("form", JSON, ids=lambda form: form.name)
def test_json_sample_is_recognised(form: formats.LogFormat) -> None:
    """Each JSON format's sample is an error (the audit event a warning) with a message."""
    fields = formats.decode_json(form.sample)
    assert fields is not None
    assert fields.format == form.name
    assert fields.level >= formats.level_of("warn")
    assert fields.message


@pytest.mark.parametrize("form", ENVELOPES, ids=lambda form: form.name)
def test_envelope_sample_is_recognised(form: formats.LogFormat) -> None:
    """Each envelope's sample loses its prefix and something remains."""
    envelope = formats.unwrap(form.sample)
    assert envelope is not None
    assert envelope.format == form.name
    assert envelope.text
    assert len(envelope.text) < len(form.sample)


@pytest.mark.parametrize(
    "form", [form for form in TEXT if isinstance(form, formats.TextFormat)], ids=lambda form: form.name
)
def test_expressions_ask_for_no_digit_of_a_certain_value(form: formats.TextFormat) -> None:
    """Lines that differ only in digits share a header: `collect2` written out would not be found in the next line."""
    plain = re.sub(r"\{\d+(?:,\d*)?\}|\\[xu][0-9a-f]{2,4}|\[[^\]]*0-9[^\]]*\]", "", form.pattern)
    assert form.digits_matter or not re.search(r"\d", plain)


def test_names_are_unique_and_everything_is_described() -> None:
    """Names are short lower-case words; every entry has a description and a one-line sample."""
    names = [form.name for form in formats.FORMATS]
    assert len(names) == len(set(names))
    for form in formats.FORMATS:
        assert re.fullmatch(r"[a-z0-9-]{2,30}", form.name)
        assert len(form.description) > 10
        assert "\n" not in form.sample
    assert len(names) >= 50


def test_docs_list_exactly_the_formats() -> None:
    """docs/formats.md has one line per format, with the description the code has, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- `([a-z0-9-]+)`: (.+)$", page, re.MULTILINE)
    assert listed == [(form.name, form.description) for form in formats.FORMATS]


def test_by_name_finds_and_suggests() -> None:
    """A known name in any case is found; a typo is answered with close names, nonsense with the way to the list."""
    assert formats.by_name(" Klog ").name == "klog"
    with pytest.raises(InputError, match="postgres"):
        formats.by_name("postgresql")
    with pytest.raises(InputError, match="mcp-rag formats"):
        formats.by_name("#" * 1000)


def test_vote_takes_the_majority_through_envelopes() -> None:
    """The head of a file is voted on with container prefixes off; traces and blanks do not count."""
    line = "2026-11-23 19:20:37,123 - a.b - INFO - done"
    assert formats.vote([line, "", "  at x", line, "ERROR: x"]) == "python-logging"
    assert formats.vote([f"web-1  | {line}"] * 3) == "python-logging"
    assert formats.vote([formats.by_name("json-pino").sample, line, formats.by_name("json-pino").sample]) == "json-pino"
    assert formats.vote(["done", ""]) == ""
    assert formats.vote([]) == ""
    assert formats.vote(["x"] * 200 + [line]) == ""


@pytest.mark.parametrize("form", TEXT, ids=lambda form: form.name)
def test_headers_do_not_depend_on_digit_values(form: formats.LogFormat) -> None:
    """Callers share one header among lines that differ only in digits: promised by `Header`, checked on all samples."""
    header = formats.match(form.sample)
    assert header is not None
    if header.digits_matter:
        return
    chance = random.Random(7)  # noqa: S311 - test data, no secret
    for change in ("0", "9", None):
        other = re.sub(r"\d", lambda _, c=change: c or str(chance.randrange(10)), form.sample, flags=re.ASCII)  # type: ignore[misc]  # default binds the loop variable
        assert formats.match(other) == header


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_no_line_crashes(text: str) -> None:
    """Any text gives a header inside the line or None, an envelope or None, fields or None."""
    header = formats.match(text)
    assert header is None or 0 <= header.body <= len(text)
    formats.unwrap(text)
    formats.decode_json(text)
    formats.level_from_words(text)
    formats.level_of(text)


_PIECES = [
    "2026-11-23 19:20:37,123",
    "[",
    "]",
    "ERROR",
    "error",
    " - ",
    ": ",
    "|",
    "a.b.C",
    "(",
    ")",
    "47",
    " ",
    "\t",
    "x=1",
    "{",
    "}",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=14))
def test_any_mix_of_header_parts_is_survived_and_digit_blind(pieces: list[str]) -> None:
    """Headers put together from usual parts in any order never crash and never depend on digit values."""
    line = "".join(pieces)
    header = formats.match(line)
    assert header is None or 0 <= header.body <= len(line)
    if header is None or not header.digits_matter:
        assert formats.match(re.sub(r"\d", "0", line, flags=re.ASCII)) == header


LINES = [*(form.sample for form in (*TEXT, *ENVELOPES)), *PIECES]


@given(st.lists(st.tuples(st.sampled_from(LINES), st.integers(0, 1_000_000)), max_size=20))
def test_one_expression_finds_what_trying_all_finds(chosen: list[tuple[str, int]]) -> None:
    """Once a table was tried often, one expression picks the format: the header is that of trying them in turn."""
    for piece, seed in chosen:
        line = redrawn(piece, seed).partition("\n")[0][:500]
        stamp = find_stamp(line)
        tables = [(registry._PLAIN.get(line[:1], registry._PLAIN_REST), 0)]
        if stamp is not None:
            key = (opener_of(line, stamp), stamp.shape, line[stamp.end : stamp.end + 1])
            tables.append((registry._STAMPED.get(key) or registry._STAMPED[*key[:2], ""], stamp.end))
        for table, pos in tables:
            slow, quick = registry._Table(table._forms), combined(table)
            assert quick.match_at(line, stamp, pos) == slow.match_at(line, stamp, pos)


@cache
def combined(table: registry._Table) -> registry._Table:
    """The same table with its one expression."""
    made = registry._Table(table._forms)
    made._combine()
    return made
