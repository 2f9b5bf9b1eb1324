"""What is stored of the groups of a block, besides counts: worked out in a thread, or in a worker process.

Building the records of a group and redacting its texts takes milliseconds, so it is kept off the event loop, and off
the interpreter of a process that searches at the same time where there are worker processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from mcp_rag.events import Excerpt
from mcp_rag.grouping import build_sketches, new_group, variants
from mcp_rag.occurrences import Occurrences
from mcp_rag.protocols import RedactionGate
from mcp_rag.rows import ErrorGroup
from mcp_rag.types import ParseSettings

MAX_MEMO_CHARS = 400
MAX_REMEMBERED = 20_000


class Undescribed(NamedTuple):
    """Groups of one block whose records may be sketches still: new ones, and stored ones that are young. `chosen` holds
    the lines of the sketches, `first_line` is the number of the block's first, `settings` are those it was parsed
    with."""

    fresh: Mapping[str, Occurrences]
    young: Mapping[str, Occurrences]
    chosen: Excerpt
    first_line: int
    settings: ParseSettings
    source: str


class Described(NamedTuple):
    """Rows of the new groups, without vectors, and what the young ones said, by id. `replaced` counts what was redacted
    in the rows' samples, by kind."""

    rows: Sequence[ErrorGroup]
    said: Mapping[str, tuple[str, ...]]
    replaced: Mapping[str, int]


Describe = Callable[[Undescribed], Awaitable[Described]]


class Describer:
    """Describes groups. Holds what it redacted, so one serves many blocks."""

    def __init__(self, gate: RedactionGate, samples: RedactionGate) -> None:
        """`samples` is the gate of the samples: one secret is one replacement, wherever else it is echoed."""
        self.gates = (gate, samples)
        self._gate = gate
        self._samples = samples
        self._redacted: dict[str, str] = {}
        self._turn = asyncio.Lock()

    def __call__(self, groups: Undescribed) -> Described:
        """Synchronous, for one thread at a time."""
        before = self._samples.counts()
        occurrences = (*groups.fresh.values(), *groups.young.values())
        build_sketches(occurrences, groups.chosen, groups.settings, groups.first_line)
        rows = [new_group(i, o, self._redact, groups.source, samples=self._samples) for i, o in groups.fresh.items()]
        said = {i: variants(o, self._redact) for i, o in groups.young.items()}
        replaced = {kind: n - before.get(kind, 0) for kind, n in self._samples.counts().items()}
        return Described(rows, said, {kind: n for kind, n in replaced.items() if n})

    async def in_thread(self, groups: Undescribed) -> Described:
        """As calling it, in a worker thread of this process; one call after the other."""
        async with self._turn:
            return await asyncio.to_thread(self, groups)

    def _redact(self, text: str) -> str:
        """The gate; groups share frames, and young groups offer the same few messages with every block."""
        if len(text) > MAX_MEMO_CHARS:
            return self._gate(text)
        redacted = self._redacted.get(text)
        if redacted is None:
            if len(self._redacted) >= MAX_REMEMBERED:
                self._redacted.clear()
            redacted = self._redacted[text] = self._gate(text)
        return redacted
