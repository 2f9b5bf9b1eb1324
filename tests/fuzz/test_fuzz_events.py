"""Events, groups and templates of any bytes: no crash, no hang, sums that add up, nothing without a bound."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st

from mcp_rag import grouping
from mcp_rag.events import parse_block, starts_event
from mcp_rag.fingerprint import fingerprint
from mcp_rag.grouping import new_group
from mcp_rag.mask import mask
from mcp_rag.merge import MergeIndex
from mcp_rag.redact import Redactor
from mcp_rag.types import Block, Level, ParseSettings
from tests.fuzz.conftest import Fuzz
from tests.fuzz.damage import inputs, texts

pytestmark = pytest.mark.slow

REFERENCE_MS = 1_795_000_000_000


def block(data: bytes) -> Block:
    """A block of these bytes."""
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    return Block("fuzz", 0, "i" * 32, "h" * 32, data, 0, lines, 0, True, reference_ms=REFERENCE_MS)


def test_every_line_of_any_block_is_accounted_for(fuzz: Fuzz[Any]) -> None:
    """`parse_block` takes any bytes: lines and events add up, records lie within the block and within the limits."""

    def check(value: tuple[bytes, Level, int, int]) -> None:
        data, level, most_lines, most_bytes = value
        asked = ParseSettings(
            min_level=level, max_event_lines=most_lines, max_event_bytes=most_bytes, reference_ms=REFERENCE_MS
        )
        records, counts = parse_block(data, asked)
        assert counts.lines == counts.event_lines + counts.blank_lines + counts.cut_lines
        assert counts.lines == (data.count(b"\n") + (not data.endswith(b"\n")) if data else 0)
        assert counts.events == counts.kept + counts.below_level
        assert counts.kept == len(records)
        assert [r.first_line for r in records] == sorted(r.first_line for r in records)
        for record in records:
            assert 0 <= record.first_line <= record.last_line < counts.lines
            assert record.level >= level or level is Level.UNSET
            assert record.body.count("\n") < max(most_lines, 1) * 1_000
        for line in data.split(b"\n")[:20]:
            starts_event(line, asked)

    levels, lines = st.sampled_from([Level.UNSET, Level.WARN]), st.sampled_from([1, 7, 500])
    fuzz(st.tuples(inputs(), levels, lines, st.sampled_from([1, 300, 262_144])), check)


def test_groups_do_not_depend_on_what_was_read_before(fuzz: Fuzz[Any]) -> None:
    """The memory of earlier inputs changes no fingerprint, and rows of new groups are redacted and bounded."""
    gate = Redactor()

    def check(data: bytes) -> None:
        asked = ParseSettings(min_level=Level.WARN, reference_ms=REFERENCE_MS)
        parsed = grouping.parse(block(data), asked)
        records, counts = parse_block(data, asked)
        assert parsed.counts == counts
        assert {i: o.count for i, o in parsed.found.items()} == Counter(fingerprint(r).id for r in records)
        grouping.complete(parsed.found.values(), block(data), asked)
        for group_id, occurrences in grouping.assign(parsed.found, MergeIndex()).items():
            row = new_group(group_id, occurrences, gate, "fuzz")
            assert row.title
            assert len(row.title) <= 200
            assert len(row.sample.encode("utf-8", "replace")) <= 16_000
            assert len(row.template) <= 2_200
            assert row.dense_text or not row.sample.strip()

    fuzz(inputs(), check)


def test_masking_any_text_ends(fuzz: Fuzz[Any]) -> None:
    """Masking takes any text and gives one line that is not much longer."""

    def check(text: str) -> None:
        masked = mask(text)
        assert "\n" not in masked
        assert len(masked) <= 6 * len(text) + 6

    fuzz(texts(), check)
