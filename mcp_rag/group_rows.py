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

from mcp_rag.grouping import complete, grown_group, is_young, new_group
from mcp_rag.occurrences import MAX_MESSAGES, Occurrences
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.types import Block, ParseSettings

# The embedder sorts by length and computes in smaller batches; a row takes about 8 kB on the way.
EMBED_BATCH = 128
# The embedded engine takes 2 ms to store a new group, and answers nobody meanwhile.
STORE_BATCH = 32
WRITE_BATCH = 256
MAX_MEMO_CHARS = 400
MAX_REMEMBERED = 20_000


class GroupRows:
    """Rows by group id, for one ingest call."""

    def __init__(self, store: Store, embedder: Embedder, gate: RedactionGate, samples: RedactionGate) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        self._samples = samples
        self._rows: dict[str, ErrorGroup] = {}
        self._fixes: dict[str, list[Resolution]] = {}
        self._met: Counter[str] = Counter()
        self._redacted: dict[str, str] = {}
        self._unsettled: set[str] = set()

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
        young = [o for i, o in groups.items() if i not in known or self._is_young(known[i])]
        await asyncio.to_thread(complete, young, block, settings)
        await self._write_new({i: o for i, o in groups.items() if i not in known}, block.source)
        await self._write_changed({i: o for i, o in groups.items() if i in known}, block.source)
        for group_id, occurrences in groups.items():
            self._met[group_id] += occurrences.count

    def _is_young(self, row: ErrorGroup) -> bool:
        return is_young(row, row.count + self._met[row.id])

    async def _write_new(self, fresh: Mapping[str, Occurrences], source: str) -> None:
        """Three steps at a time: while one batch is embedded, the next is described and the one before stored."""
        ids = list(fresh)
        batches = [ids[start : start + EMBED_BATCH] for start in range(0, len(ids), EMBED_BATCH)]
        storing: asyncio.Task[None] | None = None
        described = self._describe(batches[0], fresh, source) if batches else None
        try:
            for following in [*batches[1:], None]:
                if described is None:
                    break
                rows = await described
                described = self._describe(following, fresh, source) if following is not None else None
                vectors = await self._embedder.embed_documents([row.dense_text for row in rows])
                full = [replace(row, vector=tuple(map(float, v))) for row, v in zip(rows, vectors, strict=True)]
                if storing is not None:
                    await asyncio.shield(storing)
                storing = asyncio.create_task(self._store_rows(full))
        finally:
            # What is being stored is finished, whatever became of the batch behind it.
            if described is not None:
                described.cancel()
            if storing is not None:
                await asyncio.shield(storing)

    def _describe(
        self, ids: Sequence[str], fresh: Mapping[str, Occurrences], source: str
    ) -> asyncio.Task[list[ErrorGroup]]:
        # Describing a group takes a millisecond: in a thread, a batch at a time, it holds up nobody's search.
        return asyncio.create_task(asyncio.to_thread(self._new_rows, [(i, fresh[i]) for i in ids], source))

    async def _store_rows(self, rows: Sequence[ErrorGroup]) -> None:
        for start in range(0, len(rows), STORE_BATCH):
            some = rows[start : start + STORE_BATCH]
            await self._store.upsert_errors(some)
            self._rows |= {row.id: _light(row) for row in some}

    def _new_rows(self, batch: Sequence[tuple[str, Occurrences]], source: str) -> list[ErrorGroup]:
        return [new_group(i, o, self._redact, source, samples=self._samples) for i, o in batch]

    async def _write_changed(self, groups: Mapping[str, Occurrences], source: str) -> None:
        redacted = self._gate(source) if source else ""
        rows = [self._rows[i] for i in groups]
        grown = await asyncio.to_thread(self._all_grown, rows, groups, redacted)
        # Variants of a message are for reading only: they are written once in a while, by `settle`.
        urgent: list[str] = []
        for old, new in zip(rows, grown, strict=True):
            if new.messages != old.messages:
                self._unsettled.add(new.id)
            if replace(new, messages=old.messages) != old:
                urgent.append(new.id)
            self._rows[new.id] = new
        for start in range(0, len(urgent), WRITE_BATCH):
            stored = await self._store.get_errors(urgent[start : start + WRITE_BATCH])
            again = self._all_grown(stored, groups, redacted)
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

    def _all_grown(
        self, rows: Sequence[ErrorGroup], groups: Mapping[str, Occurrences], source: str
    ) -> list[ErrorGroup]:
        return [
            grown_group(row, groups[row.id], self._redact, source, young=self._is_young(self._rows[row.id]))
            for row in rows
        ]

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


def _light(row: ErrorGroup) -> ErrorGroup:
    return replace(row, sample="", template="", dense_text="", text="", timeline={}, vector=None, sparse=None)
