"""The verb that reads logs into the knowledge base, as an async generator of finished steps.

Order per block (docs/architecture.md, "What a crash can leave"): rows of new groups, then the ledger row. The ledger
row is the commit; everything before it is repeated without harm when the same bytes are read again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from mcp_rag.grouping import MAX_TITLE_CHARS, Occurrences, ParsedBlock, assign, grown_group, new_group, parse
from mcp_rag.protocols import Embedder, RedactionGate, SourceReader, Store
from mcp_rag.ranking import order_resolutions, status_of
from mcp_rag.results import IngestedError, IngestResult, SkippedSource
from mcp_rag.rows import BlockRow, ErrorGroup, Resolution
from mcp_rag.template import MergeIndex
from mcp_rag.types import Block, Level, ParseCounts, ParseSettings

EMBED_BATCH = 32
MAX_SKIPPED_SHOWN = 50
TOP_ERRORS = 10


ParseBlock = Callable[[Block, ParseSettings], Awaitable[ParsedBlock]]


async def parse_in_thread(block: Block, settings: ParseSettings) -> ParsedBlock:
    """The parser for small inputs: a worker thread of this process."""
    return await asyncio.to_thread(parse, block, settings)


def ledger_id(content_id: str, level: Level) -> str:
    """Id of a block's ledger row: its content and the lowest level counted."""
    return hashlib.sha256(f"{content_id}/{int(level)}".encode()).hexdigest()[:32]


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


class Ingestor:
    """Reads blocks, groups their events and commits them. One instance serves one call."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        gate: RedactionGate,
        reader: SourceReader,
        merge: MergeIndex,
        *,
        samples: RedactionGate | None = None,
        parse_block: ParseBlock = parse_in_thread,
        ahead: int = 2,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        # The report counts what was replaced in the stored samples: one secret is one, wherever else it is echoed.
        self._samples = samples or gate
        self._reader = reader
        self._merge = merge
        self._parse = parse_block
        self._ahead = ahead
        self._now_ms = now_ms
        self._tally = _Tally()

    async def run(
        self, blocks: Iterator[Block], settings: ParseSettings, budget_s: float
    ) -> AsyncIterator[IngestResult]:
        """Yield the report so far after each block; the last one has `complete` set unless `budget_s` seconds ran out.

        Raises StoreError or EmbeddingError; what was committed before stays committed.
        """
        deadline = time.monotonic() + budget_s
        await self._store.recover()
        pending: deque[tuple[Block, asyncio.Task[ParsedBlock], ParseSettings]] = deque()
        exhausted = complete = False
        try:
            while True:
                while not exhausted and len(pending) < self._ahead:
                    block = await asyncio.to_thread(next, blocks, None)
                    if block is None:
                        exhausted = True
                    elif await self._is_known(block, settings):
                        yield self._report(complete=False)
                    else:
                        chosen = await self._chosen(block, settings)
                        pending.append((block, asyncio.ensure_future(self._parse(block, chosen)), chosen))
                if not pending:
                    complete = exhausted
                    break
                block, task, chosen = pending.popleft()
                parsed = await task
                # Asked again: a block committed since this one was queued may be the same, or its shorter self.
                if not await self._is_known(block, chosen):
                    await self._commit(block, parsed, await self._superseded(block, chosen), chosen)
                yield self._report(complete=False)
                if time.monotonic() > deadline and not (exhausted and not pending):
                    break
        finally:
            for _, waiting, _ in pending:
                waiting.cancel()
            await self._store.flush()
        yield self._report(complete=complete)

    async def _is_known(self, block: Block, settings: ParseSettings) -> bool:
        """True when this content was already counted at this level or a lower one."""
        levels = [level for level in Level if level <= settings.min_level]
        rows = await self._store.get_blocks([ledger_id(block.id, level) for level in levels])
        if not rows:
            return False
        totals = self._tally.totals
        totals["lines"] += block.lines
        totals["known_lines"] += block.lines
        totals["duplicates"] += rows[0].events
        self._tally.sources.add(block.source)
        return True

    async def _chosen(self, block: Block, settings: ParseSettings) -> ParseSettings:
        """The settings for this block: what was counted of its shorter self at a lower level stays counted."""
        rows = await self._superseded(block, settings)
        return replace(settings, min_level=min([settings.min_level, *(row.min_level for row in rows)]))

    async def _superseded(self, block: Block, settings: ParseSettings) -> list[BlockRow]:
        """Ledger rows that this block replaces: its own shorter self, and the same content at a higher level."""
        higher = [ledger_id(block.id, level) for level in Level if level > settings.min_level]
        rows = await self._store.get_blocks(higher)
        for row in await self._store.find_open_blocks(block.head):
            if row.size_bytes < len(block.data):
                start = hashlib.sha256(block.data[: row.size_bytes]).hexdigest()[:32]
                if ledger_id(start, row.min_level) == row.id:
                    rows.append(row)
        return rows

    async def _commit(
        self, block: Block, parsed: ParsedBlock, old: Sequence[BlockRow], settings: ParseSettings
    ) -> None:
        groups = assign(parsed.found, self._merge)
        stored = {g.id: g for g in await self._store.get_errors(list(groups))}
        fixes: dict[str, list[Resolution]] = {}
        if stored:
            for resolution in await self._store.resolutions_of(list(stored)):
                fixes.setdefault(resolution.error_id, []).append(resolution)
        await self._write_groups(block, groups, stored, fixes, settings)
        await self._store.commit_block(self._ledger_row(block, groups, parsed.counts, settings), [r.id for r in old])
        self._count(block, groups, stored, fixes, parsed.counts, old)

    async def _write_groups(
        self,
        block: Block,
        groups: dict[str, Occurrences],
        stored: dict[str, ErrorGroup],
        fixes: dict[str, list[Resolution]],
        settings: ParseSettings,
    ) -> None:
        changed, fresh = [], []
        for group_id, occurrences in groups.items():
            if settings.service:
                occurrences.services.add(settings.service)
            known = stored.get(group_id)
            if known is None:
                fresh.append(new_group(group_id, occurrences, self._gate, block.source, samples=self._samples))
                continue
            grown = grown_group(known, occurrences, self._gate, block.source)
            last = max(known.last_seen_ms if known.count else 0, occurrences.last_ms)
            grown = replace(grown, status=status_of(last, fixes.get(group_id, ())))
            if grown != known:
                changed.append(grown)
        for start in range(0, len(fresh), EMBED_BATCH):
            batch = fresh[start : start + EMBED_BATCH]
            vectors = await self._embedder.embed_documents([g.dense_text for g in batch])
            await self._store.upsert_errors(
                [replace(g, vector=tuple(float(x) for x in v)) for g, v in zip(batch, vectors, strict=True)]
            )
        if changed:
            await self._store.upsert_errors(changed)

    def _ledger_row(
        self, block: Block, groups: dict[str, Occurrences], counts: ParseCounts, settings: ParseSettings
    ) -> BlockRow:
        return BlockRow(
            id=ledger_id(block.id, settings.min_level),
            head=block.head,
            source=self._gate(block.source),
            service=settings.service,
            size_bytes=len(block.data),
            lines=block.lines,
            events=counts.kept,
            min_level=settings.min_level,
            open=block.last,
            applied=False,
            created_ms=self._now_ms(),
            counts={i: o.hours for i, o in groups.items()},
            first_seen={i: o.first_ms for i, o in groups.items()},
            last_seen={i: o.last_ms for i, o in groups.items()},
        )

    def _count(
        self,
        block: Block,
        groups: dict[str, Occurrences],
        stored: dict[str, ErrorGroup],
        fixes: dict[str, list[Resolution]],
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
            known = stored.get(group_id)
            best = order_resolutions(fixes.get(group_id, ()))
            if group_id not in tally.states:
                tally.states[group_id] = _state(known, best, occurrences)
                tally.titles[group_id] = known.title if known else self._gate(_title(occurrences))[:MAX_TITLE_CHARS]
                if best:
                    tally.fixes[group_id] = best[0].fix.strip().split("\n")[0][:200]

    def _report(self, *, complete: bool) -> IngestResult:
        tally, totals = self._tally, self._tally.totals
        states = Counter(tally.states.values())
        skipped = [SkippedSource(s.source, s.reason, s.detail) for s in self._reader.skipped]
        skipped += [
            SkippedSource(source, "long_lines", f"{n} lines were longer than the limit; their ends were not read.")
            for source, n in tally.cut.items()
            if n
        ]
        top = [
            IngestedError(i, tally.titles[i], n, tally.states[i], tally.fixes.get(i, ""))
            for i, n in sorted(
                tally.touched.items(), key=lambda item: (_rank(tally.states[item[0]]), -item[1], item[0])
            )
        ]
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
            redactions=dict(sorted(self._samples.counts().items())),
            skipped=skipped[:MAX_SKIPPED_SHOWN],
            skipped_total=len(skipped),
            top_errors=top[:TOP_ERRORS],
            hint="" if complete else "The time budget ran out: the same call continues where this one stopped.",
        )


def _title(occurrences: Occurrences) -> str:
    return occurrences.messages[0] if occurrences.messages else ""


def _state(known: ErrorGroup | None, fixes: Sequence[Resolution], occurrences: Occurrences) -> str:
    if known is not None and status_of(occurrences.last_ms, fixes) == "returned":
        return "returned"
    if fixes:
        return "known_fix"
    return "known" if known is not None and known.count else "new"


def _rank(state: str) -> int:
    return ("returned", "new", "known_fix", "known").index(state)
