"""The reader on any bytes: no crash, no hang, clean blocks, and the same ones however the bytes arrive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from typing import Any

import pytest
from hypothesis import strategies as st

from mcp_rag.events import starts_event
from mcp_rag.reader import LogReader, ReadLimits
from mcp_rag.types import Block, ParseSettings
from tests.fuzz.conftest import Fuzz
from tests.fuzz.damage import inputs

pytestmark = pytest.mark.slow

LINE = 1_000
PACKERS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
REASONS = {"binary", "archive", "truncated", "corrupt", "trailing_garbage", "ratio", "output_limit", "needs_zstd"}


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes, self._turn = io.BytesIO(data), sizes, 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        self._turn += 1
        most = self._sizes[self._turn % len(self._sizes)]
        return self._data.read(min(size, most) if size >= 0 else most)


def read(stream: Any, chunk: int, block: int) -> tuple[list[Block], LogReader]:
    """All blocks of a stream."""
    limits = ReadLimits(
        max_line_bytes=LINE, block_bytes=block, window_bytes=2_000, chunk_bytes=chunk, max_output_bytes=300_000
    )
    reader = LogReader(
        limits, roots=None, starts_event=lambda line: starts_event(line, ParseSettings()), now_ms=lambda: 5
    )
    return list(reader.blocks_of_stream("fuzz", stream)), reader


def test_any_bytes_are_read_or_skipped_with_a_reason(fuzz: Fuzz[Any]) -> None:
    """Blocks are UTF-8, their lines within the limit and counted; what is not read is listed (checks 1, 2, 4, 5)."""

    def check(value: tuple[bytes, str, list[tuple[int, int]], list[int], int]) -> None:
        data, packer, flips, sizes, block = value
        packed = bytearray(PACKERS[packer](data))
        for at, byte in flips:
            if packed:
                packed[at % len(packed)] = byte
        blocks, reader = read(io.BytesIO(bytes(packed)), 65_536, block)
        assert {skipped.reason for skipped in reader.skipped} <= REASONS
        for each in blocks:
            assert b"\r" not in each.data
            assert b"\0" not in each.data
            assert b"\x1b" not in each.data
            each.data.decode()
            assert max(map(len, each.data.split(b"\n"))) <= 3 * LINE + 2  # U+FFFD takes three bytes for one
            assert each.lines == each.data.count(b"\n") + (not each.data.endswith(b"\n"))
        assert [each.index for each in blocks] == list(range(len(blocks)))
        assert sum(each.last for each in blocks) == (1 if blocks else 0)
        again, other = read(Trickle(bytes(packed), sizes), 700, block)
        if any(skipped.reason == "corrupt" for skipped in reader.skipped):
            return  # how much of a damaged stream comes out depends on where its pieces end
        assert [each.id for each in again] == [each.id for each in blocks]
        assert [skipped.reason for skipped in other.skipped] == [skipped.reason for skipped in reader.skipped]

    flips = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), max_size=3)
    sizes = st.lists(st.integers(1, 9_000), min_size=1, max_size=5)
    fuzz(
        st.tuples(inputs(), st.sampled_from(sorted(PACKERS)), flips, sizes, st.sampled_from([200, 5_000, 4_194_304])),
        check,
    )
