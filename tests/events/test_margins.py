"""Logs pasted with the same blanks before every line read as if nobody had indented them."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.events import parse_block
from mcp_rag.events.margins import outdented
from mcp_rag.types import Level, ParseSettings

LOG = """Nov 23 19:20:37 web1 till[4711]: opening
Nov 23 19:20:38 web1 till[4711]: drawer 3 failed to open

Nov 23 19:20:39 web1 till[4711]: closing
"""


@pytest.mark.parametrize("margin", [" ", "    ", "\t", "\t  "])
def test_an_indented_log_reads_like_any_other(margin: str) -> None:
    """The margin is taken off every line, blank ones or not, and the lines keep their numbers."""
    indented = "".join(margin + line for line in LOG.splitlines(keepends=True))
    settings = ParseSettings(min_level=Level.UNSET, reference_ms=1_796_325_637_000)
    plain, found = (parse_block(text.encode(), settings)[0] for text in (LOG, indented))
    assert len(plain) == 3
    assert found == plain


def test_a_status_above_the_last_lines_of_a_log_keeps_its_own_depth() -> None:
    """What was deeper than the margin stays so much deeper."""
    text = "\t● till.service - Till\n\t   Active: active (running)\n\n\tNov 23 19:20:37 web1 till[4711]: gone\n"
    assert outdented(text.encode()) == text.replace("\t", "").encode()


@pytest.mark.parametrize(
    "text",
    [
        "    at com.acme.Till.open(Till.java:3)\n    at com.acme.Till.main(Till.java:9)\n",
        "  drawer 3\n  drawer 4\n",
        "  indented\nnot indented\n",
        " \n\t\n",
        "\n\nno margin\n",
        "",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    """Calls without what they belong to, prose, text of which one line has no margin, and blank lines."""
    assert outdented(text.encode()) == text.encode()


def test_formats_that_begin_with_blanks_keep_them() -> None:
    """No sample that begins with a blank loses what its format is known by."""
    samples = [form.sample for form in formats.FORMATS if form.sample[:1] in {" ", "\t"}]
    assert samples
    assert [s for s in samples if outdented(f"{s}\n{s}".encode()) != f"{s}\n{s}".encode()] == []
