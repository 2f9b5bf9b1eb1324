"""A pass over log sources that several calls share: what one leaves when its time runs out, the next identical one
takes up.

The open pass itself is kept, not a list of files seen. A size, a time and an inode do not prove that a file holds the
bytes that were read: a writer through a memory map, a clock that was set back or two writes within a tick leave them as
they were, and of a file that grew they say nothing about its beginning. Kept open, two calls read what one longer call
would have read. It lasts as long as the process that serves the calls, and ten minutes at most.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mcp_rag.growth import Growth
from mcp_rag.protocols import SourceReader
from mcp_rag.rows import BlockRow
from mcp_rag.types import Block, ParseSettings

# A pass left alone for longer is begun anew: what its first files have got since would not be found for too long.
KEEP_S = 600.0
# Each holds an open file and a few blocks.
MAX_KEPT = 4


@dataclass(slots=True)
class Reading:
    """One pass. `head` and `hint` are those of the source in hand; `waiting` are blocks that were read and not dealt
    with, each with its settings and the rows that it ends. `files`: whether its sources may grow meanwhile."""

    reader: SourceReader
    blocks: Generator[Block, None, None]
    growth: Growth
    files: bool
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    resumed: bool = False
    head: bytes = b""
    hint: str | None = None
    waiting: list[tuple[Block, ParseSettings, list[BlockRow]]] = field(default_factory=list)

    def note(self, *, complete: bool) -> str:
        """What the caller has to know about where the pass stands; empty when it is just done."""
        if not complete:
            minutes = f"{KEEP_S / 60:.0f} minutes"
            return f"The time budget ran out: the same call within {minutes} continues where this one stopped."
        if self.resumed and self.files:
            return (
                f"Read as of {self.begun:%H:%M:%S} UTC, when the first of these calls began: what was logged since is "
                "found by the next call."
            )
        return ""


class Paused:
    """The passes that calls left unfinished, by what was asked. For the tasks of one event loop."""

    def __init__(self, keep_s: float = KEEP_S) -> None:
        """`keep_s`: seconds after which a pass is given up."""
        self._keep_s = keep_s
        self._kept: dict[Hashable, tuple[Reading, asyncio.TimerHandle]] = {}

    def keep(self, asked: Hashable, reading: Reading) -> None:
        """Leave a pass for the next call that asks the same; the oldest is given up when there are too many."""
        self._drop(asked)
        while len(self._kept) >= MAX_KEPT:
            self._drop(next(iter(self._kept)))
        timer = asyncio.get_running_loop().call_later(self._keep_s, self._drop, asked)
        self._kept[asked] = reading, timer

    def take(self, asked: Hashable) -> Reading | None:
        """The pass to go on with, which is the caller's from now on; None when there is none, or when the log in hand
        was begun anew meanwhile: its end would be taken for the end of what was read."""
        if asked not in self._kept:
            return None
        reading, timer = self._kept.pop(asked)
        timer.cancel()
        if reading.reader.intact():
            reading.resumed = True
            return reading
        reading.blocks.close()
        return None

    def _drop(self, asked: Hashable) -> None:
        if asked in self._kept:
            reading, timer = self._kept.pop(asked)
            timer.cancel()
            reading.blocks.close()

    def close(self) -> None:
        """Give up all of them."""
        for asked in list(self._kept):
            self._drop(asked)


def asked_for(paths: Sequence[str], text: str, *others: Hashable) -> Hashable:
    """What two calls must have in common for the second to go on with the first's pass."""
    return tuple(paths), hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), *others
