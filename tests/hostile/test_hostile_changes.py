"""Checks 3 and 18 for the reader: traces without end, and files that change while they are read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mcp_rag.events import parse_block
from mcp_rag.reader import LogReader, ReadLimits
from mcp_rag.types import Level, ParseSettings

LINE = b"2026-11-23 19:20:37,123 - shop - ERROR - cart %07d failed\n"
LINES = 60_000  # about 3 MiB: more than one block of the limits below
LIMITS = ReadLimits(block_bytes=262_144)


def reader(limits: ReadLimits = LIMITS) -> LogReader:
    return LogReader(limits, roots=None, starts_event=lambda line: line[:4] == b"2026")


def written(path: Path) -> bytes:
    data = b"".join(LINE % n for n in range(LINES))
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("frames", [200_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_endless_stacktrace_is_one_bounded_record(frames: int) -> None:
    """Check 3: a trace of 10^6 lines is cut, what is left out is counted, and the record behind it is intact."""
    data = (
        b"2026-11-23 19:20:37,123 - shop - ERROR - cannot go on\nTraceback (most recent call last):\n"
        + b' File "a"\n' * frames
        + b"ValueError: x\n2026-11-23 19:20:38,123 - shop - ERROR - next\n"
    )
    settings = ParseSettings(min_level=Level.UNSET)
    records, lines, cut = [], 0, 0
    for block in reader(ReadLimits()).blocks_of_stream("s", io.BytesIO(data)):
        found, counts = parse_block(block.data, settings, first_line=block.first_line)
        assert counts.lines == counts.event_lines + counts.blank_lines + counts.cut_lines
        records += found
        lines += counts.lines
        cut += counts.cut_lines
    assert lines == frames + 4
    assert cut > frames * 0.99
    assert max(len(record.body) for record in records) <= settings.max_event_bytes
    # A trace longer than a block (4 MiB) is an event in each block: bounded, never one in each line.
    assert len(records) <= 3 + len(data) // (4 * 1024 * 1024)
    assert (records[0].message, records[-1].message) == ("cannot go on", "next")


def test_a_file_truncated_while_it_is_read_ends_there(tmp_path: Path) -> None:
    """Check 18, copytruncate: the blocks read before stay, the source ends, nothing is made up."""
    path = tmp_path / "app.log"
    data = written(path)
    blocks = reader().blocks([str(path)])
    read = next(blocks).data
    path.write_bytes(b"")
    read += b"".join(block.data for block in blocks)
    assert data.startswith(read)
    assert len(read) < len(data)


def test_a_file_rotated_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    """Check 18: the open file is the one that was named, wherever it went; the new one waits for the next reading."""
    path = tmp_path / "app.log"
    data = written(path)
    blocks = reader().blocks([str(path)])
    read = next(blocks).data
    path.rename(tmp_path / "app.log.1")
    path.write_bytes(LINE % 0)
    assert read + b"".join(block.data for block in blocks) == data


def test_a_file_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    """Check 12: deleting does not take back what is open; a later file that is gone is skipped with its reason."""
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    data = written(first)
    written(second)
    source = reader()
    blocks = source.blocks([str(first), str(second)])
    read = next(blocks).data
    first.unlink()
    second.unlink()
    assert read + b"".join(block.data for block in blocks) == data
    assert [(Path(each.source).name, each.reason) for each in source.skipped] == [("b.log", "missing")]
