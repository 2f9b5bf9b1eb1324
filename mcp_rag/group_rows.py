"""The rows of the error groups that one ingest meets: read once, written when a block changes them.

A block touches hundreds of groups, most of them met in the block before. Their rows are remembered without their long
texts; what seems changed is read again before it is written, so another process's writes are not lost. Counts, times
and status belong to the ledger.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcp_rag.describing import Describe, Described, Undescribed
from mcp_rag.events import Excerpt, excerpt
from mcp_rag.grouping import grown_group, is_young, sketched
from mcp_rag.occurrences import MAX_MESSAGES, Occurrences
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.types import Block, ParseSettings

# Described and embedded in one go. The embedder sorts by length and computes in smaller batches; a row takes about 8 kB
# on the way.
DESCRIBE_BATCH = 128
# The embedded engine takes 2 ms to store a new group, and answers nobody meanwhile.
STORE_BATCH = 32
WRITE_BATCH = 256
MAX_REMEMBERED = 20_000


class GroupRows:
    """Rows by group id, for one ingest call."""

    def __init__(self, store: Store, embedder: Embedder, gate: RedactionGate, describe: Describe) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        self._describe = describe
        self._rows: dict[str, ErrorGroup] = {}
        self._fixes: dict[str, list[Resolution]] = {}
        self._met: Counter[str] = Counter()
        self._unsettled: set[str] = set()
        self.replaced: Counter[str] = Counter()
        """Redactions in the samples of new groups, by kind."""

    async def known(self, ids: Sequence[str]) -> Mapping[str, ErrorGroup]:
        """The rows that are stored, without their long texts, as they were when this call first met them."""
        if len(self._rows) > MAX_REMEMBERED:
            await self.settle()
            self._rows.clear()
            self._fixes.clear()
        unread = [i for i in ids if i not in self._rows]
        found = await self._store.get_errors(unread) if unread else []
        for group in found:
            self._rows[group.id] = _light(group)
        if found:
            for resolution in await self._store.resolutions_of([group.id for group in found]):
                self._fixes.setdefault(resolution.error_id, []).append(resolution)
        return {i: self._rows[i] for i in ids if i in self._rows}

    def fixes(self, group_id: str) -> Sequence[Resolution]:
        """The resolutions of a stored group."""
        return self._fixes.get(group_id, ())

    async def write(
        self, block: Block, groups: Mapping[str, Occurrences], known: Mapping[str, ErrorGroup], settings: ParseSettings
    ) -> None:
        """Store the groups of a block that are new, and the known ones that it changes.

        Raises EmbeddingError or StoreError; batches written before stay.
        """
        if settings.service:
            for occurrences in groups.values():
                occurrences.services.add(settings.service)
        settings = replace(settings, reference_ms=block.reference_ms)
        fresh = {i: o for i, o in groups.items() if i not in known}
        young = {i: groups[i] for i in known if self._is_young(known[i])}
        said = await self._write_described(fresh, young, block, settings) if fresh or young else {}
        await self._write_changed({i: o for i, o in groups.items() if i in known}, said, block.source)
        for group_id, occurrences in groups.items():
            self._met[group_id] += occurrences.count

    async def _write_described(
        self, fresh: Mapping[str, Occurrences], young: Mapping[str, Occurrences], block: Block, settings: ParseSettings
    ) -> dict[str, tuple[str, ...]]:
        """Store the new groups; what the young ones said in this block, by id."""
        needed = sketched((*fresh.values(), *young.values()))
        lines, preferred = await asyncio.to_thread(excerpt, block.data, settings, needed)
        jobs: list[asyncio.Task[Described]] = []

        def describe(fresh: Mapping[str, Occurrences], young: Mapping[str, Occurrences]) -> asyncio.Task[Described]:
            chosen = Excerpt({n: lines[n] for n in sketched((*fresh.values(), *young.values()))}, preferred)
            asked = Undescribed(fresh, young, chosen, block.first_line, settings, block.source)
            jobs.append(asyncio.ensure_future(self._describe(asked)))
            return jobs[-1]

        try:
            rows = [describe(some, {}) for some in _batches(fresh)]
            others = [describe({}, some) for some in _batches(young)]
            await self._write_new(rows)
            return {i: texts for each in others for i, texts in (await each).said.items()}
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    def _is_young(self, row: ErrorGroup) -> bool:
        return is_young(row, row.count + self._met[row.id])

    async def _write_new(self, described: Sequence[asyncio.Task[Described]]) -> None:
        """Three steps at a time: while one batch is embedded, the next is described and the one before stored."""
        storing: asyncio.Task[None] | None = None
        try:
            for job in described:
                rows, _, replaced = await job
                self.replaced.update(replaced)
                vectors = await self._embedder.embed_documents([row.dense_text for row in rows])
                full = [replace(row, vector=tuple(v)) for row, v in zip(rows, vectors.tolist(), strict=True)]
                if storing is not None:
                    await asyncio.shield(storing)
                storing = asyncio.create_task(self._store_rows(full))
        finally:
            # What is being stored is finished, whatever became of the batch behind it.
            if storing is not None:
                await asyncio.shield(storing)

    async def _store_rows(self, rows: Sequence[ErrorGroup]) -> None:
        for start in range(0, len(rows), STORE_BATCH):
            some = rows[start : start + STORE_BATCH]
            await self._store.upsert_errors(some)
            self._rows |= {row.id: _light(row) for row in some}

    async def _write_changed(
        self, groups: Mapping[str, Occurrences], said: Mapping[str, Sequence[str]], source: str
    ) -> None:
        redacted = self._gate(source) if source else ""
        # Variants of a message are for reading only: they are written once in a while, by `settle`.
        urgent: list[str] = []
        for group_id, occurrences in groups.items():
            old = self._rows[group_id]
            new = grown_group(old, occurrences, redacted, said.get(group_id, ()))
            if new is old:
                continue
            if new.messages != old.messages:
                self._unsettled.add(group_id)
            if replace(new, messages=old.messages) != old:
                urgent.append(group_id)
            self._rows[group_id] = new
        for start in range(0, len(urgent), WRITE_BATCH):
            stored = await self._store.get_errors(urgent[start : start + WRITE_BATCH])
            again = [grown_group(row, groups[row.id], redacted, said.get(row.id, ())) for row in stored]
            if changed := [new for new, old in zip(again, stored, strict=True) if new != old]:
                await self._store.upsert_errors(changed)

    async def settle(self) -> None:
        """Write what `write` left for later. Raises StoreError."""
        ids = sorted(self._unsettled & self._rows.keys())
        self._unsettled.clear()
        for start in range(0, len(ids), WRITE_BATCH):
            stored = await self._store.get_errors(ids[start : start + WRITE_BATCH])
            said = [[*dict.fromkeys((*row.messages, *self._rows[row.id].messages))][:MAX_MESSAGES] for row in stored]
            rows = [replace(row, messages=tuple(new)) for row, new in zip(stored, said, strict=True)]
            if changed := [new for new, old in zip(rows, stored, strict=True) if new != old]:
                await self._store.upsert_errors(changed)

    def title(self, group_id: str) -> str:
        """The title of a group met in the block written last."""
        return self._rows[group_id].title


def _batches(groups: Mapping[str, Occurrences]) -> list[dict[str, Occurrences]]:
    items = list(groups.items())
    return [dict(items[start : start + DESCRIBE_BATCH]) for start in range(0, len(items), DESCRIBE_BATCH)]


def _light(row: ErrorGroup) -> ErrorGroup:
    return replace(row, sample="", template="", dense_text="", text="", timeline={}, vector=None, sparse=None)
