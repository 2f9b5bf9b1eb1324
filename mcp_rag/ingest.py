"""The verb that reads logs into the knowledge base, as an async generator of finished steps.

Order per block (docs/architecture.md, "What a crash can leave"): rows of new groups, then the ledger row. The ledger
row is the commit; everything before it is repeated without harm when the same bytes are read again.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mcp_rag.describing import Describe, Describer
from mcp_rag.events import voted
from mcp_rag.group_rows import GroupRows
from mcp_rag.grouping import ParsedBlock, assign, parse_marked
from mcp_rag.growth import head_of, ledger_id
from mcp_rag.occurrences import Occurrences
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.ranking import order_resolutions, status_of
from mcp_rag.results import IngestedError, IngestResult, SkippedSource
from mcp_rag.resumption import Reading
from mcp_rag.rows import BlockRow, ErrorGroup, Resolution
from mcp_rag.template import MergeIndex
from mcp_rag.types import Block, Level, ParseCounts, ParseSettings

# Totals are summed so seldom that it takes a tenth of the time at most, but at least as often as `store.leftovers`
# expects of a living ingest.
SUM_EVERY_S = (5.0, 15.0)
SUM_SHARE = 0.1
# Of a source's first block, what its format is voted on.
HEAD_BYTES = 131_072
MAX_SKIPPED_SHOWN = 50
TOP_ERRORS = 10


ParseBlock = Callable[[Block, ParseSettings], Awaitable[ParsedBlock]]


async def parse_in_thread(block: Block, settings: ParseSettings) -> ParsedBlock:
    """The parser for small inputs: a worker thread of this process."""
    return await asyncio.to_thread(parse_marked, block, settings)


@dataclass(slots=True)
class _Tally:
    """Counters of one call, and the groups it touched."""

    totals: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    fixes: dict[str, str] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    cut: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Queued:
    """A block that is being parsed, and the rows that it ends (`Growth.ended`)."""

    block: Block
    task: asyncio.Task[ParsedBlock]
    settings: ParseSettings
    ended: list[BlockRow]


class Ingestor:
    """Reads blocks, groups their events and commits them. One instance serves one call."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        gate: RedactionGate,
        reading: Reading,
        merge: MergeIndex,
        *,
        describe: Describe | None = None,
        parse_block: ParseBlock = parse_in_thread,
        ahead: int = 2,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        self._reading = reading
        self._merge = merge
        self._parse = parse_block
        self._ahead = ahead
        self._now_ms = now_ms
        self._tally = _Tally()
        self._rows = GroupRows(store, embedder, gate, describe or Describer(gate, gate).in_thread)
        self._behind = False
        self._sum_from = 0.0

    async def run(self, settings: ParseSettings, budget_s: float) -> AsyncIterator[IngestResult]:
        """Yield the report so far after each block; the last one has `complete` set unless `budget_s` seconds ran out.
        Then the reading holds what another Ingestor needs to go on; each deals with one block at least.

        Raises StoreError or EmbeddingError; what was committed before stays committed.
        """
        deadline = time.monotonic() + budget_s
        await self._store.recover()
        reading, pending = self._reading, deque[_Queued]()
        for left, chosen, ended in reading.waiting:
            pending.append(_Queued(left, asyncio.ensure_future(self._parse(left, chosen)), chosen, ended))
        reading.waiting.clear()
        exhausted = complete = late = False
        try:
            while True:
                while not (exhausted or late) and len(pending) < self._ahead:
                    block = await asyncio.to_thread(next, reading.blocks, None)
                    if block is None:
                        exhausted = True
                        continue
                    known, queued = await self._met(block, settings)
                    if queued is not None:
                        pending.append(queued)
                    else:
                        self._count_known(block, known)
                        yield self._report(complete=False)
                    late = time.monotonic() > deadline
                if not pending:
                    complete = exhausted
                    break
                await self._deal_with(pending.popleft())
                yield self._report(complete=False)
                late = time.monotonic() > deadline
                if late and not (exhausted and not pending):
                    break
            reading.waiting += [(waiting.block, waiting.settings, waiting.ended) for waiting in pending]
        finally:
            for waiting in pending:
                waiting.task.cancel()
            if self._behind:
                await self._rows.settle()
                await self._store.recover()
            await self._store.flush()
        yield self._report(complete=complete)

    async def _met(self, block: Block, settings: ParseSettings) -> tuple[int, _Queued | None]:
        """The events of a block that is in the ledger, or the block on its way through the parser."""
        reading = self._reading
        if not block.index:
            reading.head, reading.hint = block.data[:HEAD_BYTES], None
        ended = await reading.growth.ended(block)
        counted, old = await self._in_ledger(block, settings)
        if counted is not None:
            return counted.events, None
        chosen = await self._chosen(settings, [*old, *ended])
        return 0, _Queued(block, asyncio.ensure_future(self._parse(block, chosen)), chosen, ended)

    async def _deal_with(self, queued: _Queued) -> None:
        block, chosen, ended = queued.block, queued.settings, queued.ended
        parsed = await queued.task
        # Asked again: a block committed since this one was queued may be the same, or its shorter self.
        counted, old = await self._in_ledger(block, chosen)
        if counted is not None:
            self._count_known(block, counted.events)
        elif not (old or ended) and await self._reading.growth.counted(block, chosen, parsed.marks):
            self._count_known(block, parsed.counts.kept)
        else:
            await self._commit(block, parsed, [*old, *ended], chosen)

    async def _in_ledger(self, block: Block, settings: ParseSettings) -> tuple[BlockRow | None, list[BlockRow]]:
        """The row that already counts this content at this level or a lower one; else the rows that this block
        replaces: its own shorter self, and the same content at a higher level."""
        rows = await self._store.get_blocks([ledger_id(block.id, level) for level in Level])
        for row in rows:
            if row.min_level <= settings.min_level:
                return row, []
        return None, [*rows, *await self._reading.growth.shorter(block)]

    def _count_known(self, block: Block, events: int) -> None:
        totals = self._tally.totals
        totals["lines"] += block.lines
        totals["known_lines"] += block.lines
        totals["duplicates"] += events
        self._tally.sources.add(block.source)

    async def _chosen(self, settings: ParseSettings, old: Sequence[BlockRow]) -> ParseSettings:
        """The settings for a block: the format voted on the head of its source; what was counted of its shorter self
        at a lower level stays counted."""
        reading = self._reading
        if reading.hint is None:
            reading.hint = await asyncio.to_thread(voted, reading.head)
        level = min([settings.min_level, *(row.min_level for row in old)])
        return replace(settings, min_level=level, hint=settings.hint or reading.hint)

    async def _commit(
        self, block: Block, parsed: ParsedBlock, old: Sequence[BlockRow], settings: ParseSettings
    ) -> None:
        groups = assign(parsed.found, self._merge)
        known = await self._rows.known(list(groups))
        await self._rows.write(block, groups, known, settings)
        # The totals of a group are summed over all blocks: once in a while, not for every block.
        started = time.monotonic()
        totals = started >= self._sum_from
        self._behind = True  # until the sums are made: the call may be cancelled in between
        row = self._ledger_row(block, groups, parsed, settings)
        if not await self._store.commit_block(row, [r.id for r in old], totals=totals):
            self._count_known(block, parsed.counts.kept)
            return
        if totals:
            await self._rows.settle()
            self._behind = False
            now = time.monotonic()
            shortest, longest = SUM_EVERY_S
            self._sum_from = now + min(max((now - started) / SUM_SHARE, shortest), longest)
        self._count(block, groups, known, parsed.counts, old)

    def _ledger_row(
        self, block: Block, groups: dict[str, Occurrences], parsed: ParsedBlock, settings: ParseSettings
    ) -> BlockRow:
        return BlockRow(
            id=ledger_id(block.id, settings.min_level),
            head=head_of(block),
            source=self._gate(block.source),
            service=settings.service,
            size_bytes=len(block.data),
            lines=block.lines,
            events=parsed.counts.kept,
            min_level=settings.min_level,
            open=block.last,
            applied=False,
            created_ms=self._now_ms(),
            counts={i: o.hours for i, o in groups.items()},
            first_seen={i: o.first_ms for i, o in groups.items()},
            last_seen={i: o.last_ms for i, o in groups.items()},
            marks=parsed.marks,
        )

    def _count(
        self,
        block: Block,
        groups: dict[str, Occurrences],
        known: Mapping[str, ErrorGroup],
        counts: ParseCounts,
        old: Sequence[BlockRow],
    ) -> None:
        tally = self._tally
        for name in ("lines", "event_lines", "blank_lines", "cut_lines", "events", "below_level"):
            tally.totals[name] += getattr(counts, name)
        tally.totals["stored"] += counts.kept
        # What the shorter self had already counted is known, not new.
        tally.totals["duplicates"] += sum(row.events for row in old)
        tally.sources.add(block.source)
        tally.cut[block.source] += block.cut_lines
        for group_id, occurrences in groups.items():
            tally.touched[group_id] += occurrences.count
            if group_id not in tally.states:
                row = known.get(group_id)
                best = order_resolutions(self._rows.fixes(group_id))
                tally.states[group_id] = _state(row, best, occurrences)
                tally.titles[group_id] = self._rows.title(group_id)
                if best:
                    tally.fixes[group_id] = best[0].fix.strip().split("\n")[0][:200]

    def _report(self, *, complete: bool) -> IngestResult:
        tally, totals = self._tally, self._tally.totals
        states = Counter(tally.states.values())
        skipped = [SkippedSource(s.source, s.reason, s.detail) for s in self._reading.reader.skipped]
        skipped += [
            SkippedSource(source, "long_lines", f"{n} lines were longer than the limit; their ends were not read.")
            for source, n in tally.cut.items()
            if n
        ]
        # Not all in order: a report follows every block, and a long ingest touches thousands of groups.
        most = heapq.nsmallest(
            TOP_ERRORS, tally.touched.items(), key=lambda item: (_rank(tally.states[item[0]]), -item[1], item[0])
        )
        top = [IngestedError(i, tally.titles[i], n, tally.states[i], tally.fixes.get(i, "")) for i, n in most]
        names = ("lines", "event_lines", "blank_lines", "cut_lines", "known_lines", "events", "stored", "below_level")
        return IngestResult(
            complete=complete,
            sources=len(tally.sources),
            **{name: totals[name] for name in names},
            refused=totals["refused"],
            duplicates=totals["duplicates"],
            groups_new=states["new"],
            groups_known_with_resolution=states["known_fix"],
            groups_known=states["known"],
            groups_returned=states["returned"],
            redactions=dict(sorted(self._rows.replaced.items())),
            skipped=skipped[:MAX_SKIPPED_SHOWN],
            skipped_total=len(skipped),
            top_errors=top,
            hint=self._reading.note(complete=complete),
        )


def _state(known: ErrorGroup | None, fixes: Sequence[Resolution], occurrences: Occurrences) -> str:
    if known is not None and status_of(occurrences.last_ms, fixes) == "returned":
        return "returned"
    if fixes:
        return "known_fix"
    return "known" if known is not None and known.count else "new"


def _rank(state: str) -> int:
    return ("returned", "new", "known_fix", "known").index(state)
