"""Which ledger rows a block replaces: those of what there was of its source when that was read before. And which row
counts a block already that is only the beginning of another.

The last block of a source is open: read again, it may have grown. Usually the same block is longer now. But a source
that ended inside a line is cut elsewhere once the line is whole: what was one block, its end included, may be a block
and the beginning of the next.
"""

from __future__ import annotations

import hashlib
from typing import Any

from mcp_rag.marks import begins
from mcp_rag.protocols import Store
from mcp_rag.rows import ANY_SIZE, BlockRow
from mcp_rag.types import Block, Level, ParseSettings

# Of a line that has no end yet, what tells it from others: about a timestamp.
START_BYTES = 16


def ledger_id(content_id: str, level: Level) -> str:
    """Id of a block's ledger row: its content and the lowest level counted."""
    return hashlib.sha256(f"{content_id}/{int(level)}".encode()).hexdigest()[:32]


def head_of(block: Block) -> str:
    """What a block's row is found by when the block has grown: the hash of its first line, or of the start of a line
    that may go on."""
    if b"\n" in block.data or len(block.data) < START_BYTES:
        return block.head
    return _start_of(block.data)


def _start_of(data: bytes) -> str:
    return _digest(hashlib.sha256(b"start\0" + data[:START_BYTES]))


def _digest(state: Any) -> str:  # noqa: ANN401 - hashlib names no type
    return str(state.hexdigest()[:32])


class Growth:
    """Follows the blocks of one ingest, in the order in which they are read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._longer: list[tuple[BlockRow, Any, int]] = []
        """Rows that began with an earlier block and end later: the row, the hash of its bytes so far, their number."""

    async def shorter(self, block: Block) -> list[BlockRow]:
        """Rows of the beginning of this block."""
        heads = list(dict.fromkeys((block.head, _start_of(block.data))))
        return _beginnings(await self._store.find_open_blocks(heads, range(len(block.data))), block.data)

    async def counted(self, block: Block, settings: ParseSettings, marks: str) -> bool:
        """Whether a row counts more than this block, and this block with it: what a source held when it was copied, or
        when another process read it. Blocks before the last are cut alike in both and have the same id."""
        if not (block.last and marks):
            return False
        rows = await self._store.find_longer_blocks(block.head, len(block.data))
        return any(row.min_level <= settings.min_level and begins(marks, row.marks) for row in rows)

    async def ended(self, block: Block) -> list[BlockRow]:
        """Rows of an earlier block and the beginning of this one. Called once for each block."""
        carried, self._longer = self._longer if block.index else [], []
        found = []
        for row, state, size in carried:
            left = row.size_bytes - size
            state.update(block.data[:left])
            if left > len(block.data):
                self._longer.append((row, state, size + len(block.data)))
            elif ledger_id(_digest(state), row.min_level) == row.id:
                found.append(row)
        if not block.last:
            self._longer += [
                (row, hashlib.sha256(block.data), len(block.data))
                for row in await self._store.find_open_blocks([block.head], range(len(block.data) + 1, ANY_SIZE.stop))
            ]
        return found


def _beginnings(rows: list[BlockRow], data: bytes) -> list[BlockRow]:
    """The rows whose bytes `data` begins with, shortest first. Many sources may begin with one line, so the data is
    hashed once, not once a row."""
    found: list[BlockRow] = []
    state, at, view = hashlib.sha256(), 0, memoryview(data)
    for row in sorted(rows, key=lambda row: (row.size_bytes, row.id)):
        state.update(view[at : row.size_bytes])
        at = row.size_bytes
        if ledger_id(_digest(state), row.min_level) == row.id:
            found.append(row)
    return found
