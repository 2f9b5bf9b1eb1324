"""The parsers of traces, records, headers and times on any text: no crash, no hang, plain values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from mcp_rag import clock, formats, stacktrace
from mcp_rag.formats import json as json_records
from mcp_rag.types import JsonFields
from tests.fuzz.conftest import Fuzz
from tests.fuzz.damage import texts

pytestmark = pytest.mark.slow

NAMES = sorted(
    {
        name
        for table in vars(json_records).values()
        if isinstance(table, tuple) and table and all(isinstance(name, str) for name in table)
        for name in table
    }
    | {
        "stack",
        "err",
        "error",
        "exception",
        "exc_info",
        "frames",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "attributes",
    }
)


def test_any_trace_is_parsed_or_refused(fuzz: Fuzz[Any]) -> None:
    """`stacktrace.parse` and `find` give a bounded trace or None."""

    def check(text: str) -> None:
        trace = stacktrace.parse(text)
        found = stacktrace.find(text.split("\n"))
        for each in (trace, found.trace if found else None):
            if each is None:
                continue
            assert each.exceptions
            for exception in each.exceptions:
                assert len(exception.message) <= stacktrace.MAX_MESSAGE_CHARS
                assert len(exception.frames) <= stacktrace.MAX_FRAMES
        if found:
            assert 0 <= found.first <= text.count("\n") + 1

    fuzz(texts(), check)


def test_any_header_and_time_is_read_or_refused(fuzz: Fuzz[Any]) -> None:
    """`match`, `unwrap`, `vote` and the clock take any line; spans lie within it."""

    def check(text: str) -> None:
        lines = text.split("\n")[:30]
        formats.vote(lines)
        for line in lines:
            formats.level_from_words(line)
            formats.level_of(line[:20])
            clock.parse_timestamp(line[:40], reference_ms=1_795_000_000_000)
            envelope = formats.unwrap(line)
            if envelope is not None:
                assert len(envelope.text) <= len(line)
            header = formats.match(line)
            if header is not None:
                assert 0 <= header.body <= len(line)
                for start, end in (header.time, header.logger, header.service, header.stream):
                    assert (start, end) == (-1, -1) or 0 <= start <= end <= len(line)

    fuzz(texts(), check)


def test_any_record_is_read_or_refused(fuzz: Fuzz[Any]) -> None:
    """`decode_json` takes records of any shape under the names it looks for, and text that is hardly JSON."""
    leaves = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | texts().map(lambda t: t[:300])
    )
    names = st.sampled_from(NAMES) | st.sampled_from(NAMES).map(lambda n: n.partition(".")[0]) | st.text(max_size=8)
    values = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5), max_leaves=12
    )
    records = st.dictionaries(names, values, min_size=1, max_size=12)

    def check(value: tuple[dict[str, Any], int, str]) -> None:
        record, at, extra = value
        text = json.dumps(record)
        for line in (text, text[:at] + extra + text[at:], text[:at]):
            fields = formats.decode_json(line)
            if fields is None:
                continue
            assert isinstance(fields, JsonFields)
            for name in (
                "message",
                "timestamp",
                "logger",
                "service",
                "exception_type",
                "exception_message",
                "stacktrace",
            ):
                assert isinstance(getattr(fields, name), str)
            assert len(fields.message) <= 65_536

    fuzz(
        st.tuples(records, st.integers(0, 400), st.sampled_from(["", "{", '"', "0", "\\u0000", "\ud800", "e999"])),
        check,
    )
