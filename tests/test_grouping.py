"""From the records of a block to groups: counts, times, titles, cut samples, and nothing stored unredacted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_rag.fingerprint import Fingerprinter
from mcp_rag.grouping import (
    MAX_SAMPLE_BYTES,
    MAX_TITLE_CHARS,
    assign,
    collect,
    cut_bytes,
    grown_group,
    new_group,
    parse,
    variants,
)
from mcp_rag.occurrences import HOUR_MS, MAX_MESSAGES, MAX_SERVICES, headline
from mcp_rag.redact import Redactor
from mcp_rag.template import MergeIndex
from mcp_rag.types import Block, Level, LogRecord, ParseSettings

SECRET = "ghp_" + "a1B2" * 9


def record(message: str = "connect failed", **changes: object) -> LogRecord:
    """A record without a trace."""
    made = LogRecord(0, 0, message, message, Level.ERROR, timestamp_ms=5 * HOUR_MS, service="api")
    return replace(made, **changes)  # type: ignore[arg-type] # fields of LogRecord


def block(text: str) -> Block:
    """A block of text."""
    data = text.encode()
    return Block("app.log", 0, "i" * 32, "h" * 32, data, 0, data.count(b"\n"), 0, True, reference_ms=7 * HOUR_MS + 5)


def test_occurrences_are_counted_per_hour() -> None:
    """Counts, first and last time, hours, services and message variants of one fingerprint."""
    rows = [
        record(timestamp_ms=5 * HOUR_MS + 1),
        record(timestamp_ms=5 * HOUR_MS + 9, service="db"),
        record(timestamp_ms=3 * HOUR_MS),
        record(timestamp_ms=None),
    ]
    found = collect(rows, Fingerprinter(), 9 * HOUR_MS + 1)
    (one,) = found.values()
    assert one.count == 4
    assert (one.first_ms, one.last_ms) == (3 * HOUR_MS, 9 * HOUR_MS + 1)
    assert one.hours == {5 * HOUR_MS: 2, 3 * HOUR_MS: 1, 9 * HOUR_MS: 1}
    assert one.services == {"api", "db"}


def test_the_sample_is_the_first_of_the_highest_level() -> None:
    """A FATAL occurrence stands for the group even when an ERROR came first."""
    rows = [record(level=Level.ERROR), record(level=Level.FATAL, body="worse"), record(level=Level.FATAL, body="later")]
    (one,) = collect(rows, Fingerprinter(), 0).values()
    assert one.record.body == "worse"


def test_variants_and_services_are_bounded() -> None:
    """What a group keeps of its events does not grow without limit."""
    rows = [record(f"request {n} failed", service=f"svc{n}") for n in range(100)]
    (one,) = collect(rows, Fingerprinter(), 0).values()
    assert len(one.messages) == MAX_MESSAGES
    assert len(one.services) == MAX_SERVICES


def test_templates_that_differ_in_a_value_are_one_group() -> None:
    """Groups of one block pass the merge index: absorbed counts add up (DESIGN section 5.5)."""
    text = "".join(
        f"2026-11-23T10:00:00Z ERROR api cannot open /data/set-{name}/part.bin for reading now\n" for name in "abcdef"
    )
    parsed = parse(block(text), ParseSettings())
    groups = assign(parsed.found, MergeIndex())
    assert sum(o.count for o in groups.values()) == 6
    assert len(groups) == 1


def test_absorbing_adds_everything() -> None:
    """Counts, hours, times and services of both."""
    first, second = (
        next(iter(collect([r], Fingerprinter(), 0).values()))
        for r in (record(timestamp_ms=HOUR_MS), record("other words here", timestamp_ms=2 * HOUR_MS, service="db"))
    )
    first.absorb(second)
    assert (first.count, first.first_ms, first.last_ms) == (2, HOUR_MS, 2 * HOUR_MS)
    assert first.hours == {HOUR_MS: 1, 2 * HOUR_MS: 1}
    assert first.services == {"api", "db"}
    assert first.messages == ["connect failed", "other words here"]


@pytest.mark.parametrize("limit", [10, 100, 1_000])
def test_cut_bytes_keeps_head_and_tail(limit: int) -> None:
    """Causes stand last: a long text keeps both ends, within the limit, between whole characters."""
    text = "é漢" * 2_000 + "END"
    cut = cut_bytes(text, limit)
    assert len(cut.encode()) <= limit
    if limit > 10:
        assert cut.startswith("é")
        assert cut.endswith("END")
    assert cut_bytes("short", limit) == "short"


def one_group(message: str, redact: Redactor | None = None) -> object:
    """The row of a new group for one message."""
    row = record(message)
    (found,) = collect([row], Fingerprinter(), 0).values()
    return new_group("a" * 32, found, redact or Redactor(), "app.log")


@pytest.mark.parametrize("pad", [0, 150, 190, 195, 780, 10_630, 15_990])
def test_no_part_of_a_secret_is_stored(pad: int) -> None:
    """Text is redacted before it is cut: a secret that straddles a limit leaves no half behind (promise 6)."""
    group = one_group("e" * pad + f" token {SECRET} rejected " + "f" * 30_000)
    assert SECRET[:10] not in repr(group)


def test_a_new_row_is_bounded_and_without_counts() -> None:
    """The ledger's commit adds the counts; title and sample have limits."""
    group = one_group("word " * 20_000)
    assert group.count == 0  # type: ignore[attr-defined] # an ErrorGroup
    assert len(group.title) <= MAX_TITLE_CHARS  # type: ignore[attr-defined] # as above
    assert len(group.sample.encode()) <= MAX_SAMPLE_BYTES  # type: ignore[attr-defined] # as above


def test_an_empty_message_has_a_title() -> None:
    """A title is never empty: lists and hits show it."""
    assert one_group("").title == "(empty message)"  # type: ignore[attr-defined] # an ErrorGroup
    assert headline(record("\n\n  second line")) == "second line"


def test_growing_keeps_what_is_known() -> None:
    """A stored row gains services, sources, variants and level; its text and counts stay."""
    row = record("connect failed", service="new", level=Level.FATAL)
    (found,) = collect([row], Fingerprinter(), 0).values()
    stored = replace(one_group("connect failed"), services=("old",), sources=("a.log",), count=9)  # type: ignore[type-var] # an ErrorGroup
    said = variants(found, Redactor())
    grown = grown_group(stored, found, "b.log", said)  # type: ignore[arg-type] # as above
    assert grown.services == ("new", "old")
    assert grown.sources == ("a.log", "b.log")
    assert grown.level == Level.FATAL
    assert (grown.count, grown.sample) == (9, stored.sample)  # type: ignore[attr-defined] # as above
    many = grown_group(replace(grown, sources=tuple(f"{n}.log" for n in range(10))), found, "z.log", said)
    assert len(many.sources) == 10
    assert many.sources[-1] == "z.log"
