"""The templates of all stored groups, kept in memory and followed: which stored group has the template of a paste.

Reading all groups of a large knowledge base takes seconds, so only those are read that were not there before, and a
search waits for them a moment only: what it misses by that is a group whose message differs in a variable word, stored
within the last seconds by another process. Fingerprints are looked up in the store itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING

from mcp_rag.errors import McpRagError
from mcp_rag.rows import ErrorFilter, GroupTemplate

if TYPE_CHECKING:
    from mcp_rag.merge import MergeIndex
    from mcp_rag.protocols import Store

MAX_TEMPLATES = 16_384
# How old the answer to "are there other groups than those known?" may be.
FRESH_S = 1.0
# How long a search waits for the templates of other groups.
PATIENCE_S = 0.1
# Rows read, and built into the index, in one go: other calls are served in between.
READ_BATCH = 256


class StoredTemplates:
    """Follows one store. For the tasks of one event loop; `close` it before the store."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float]) -> None:
        """`store` gives the open store; `clock` counts seconds."""
        self._store = store
        self._clock = clock
        self._index: MergeIndex | None = None
        self._known: dict[str, GroupTemplate | None] = {}
        self._until = 0.0
        self._growing: MergeIndex | None = None
        self._ingests = 0
        self._refreshing: asyncio.Task[None] | None = None

    async def current(self) -> MergeIndex:
        """The index for a search: as of a second ago, or older while many groups are being read. Not to be changed.

        Raises StoreError when the store does not answer.
        """
        if self._index is None:
            return await self.latest()
        if refreshing := self._refresh():
            done, _ = await asyncio.wait({refreshing}, timeout=PATIENCE_S)
            for task in done:
                task.result()
        return self._index

    async def latest(self) -> MergeIndex:
        """The index as of a second ago, for a write, which must not make a second group of one that is stored. Not to
        be changed. Raises StoreError."""
        while (refreshing := self._refresh()) or self._index is None:
            if refreshing:
                await asyncio.shield(refreshing)
        return self._index

    @contextlib.asynccontextmanager
    async def growing(self) -> AsyncIterator[MergeIndex]:
        """An index for an ingest, which adds to it what it meets: one for all ingests that run at once, so that two of
        them make one group of one template. What they stored is seen by others at once. Raises StoreError."""
        self._ingests += 1
        try:
            if self._growing is None:
                copy = (await self.latest()).copy()
                self._growing = self._growing or copy
            yield self._growing
        finally:
            self._ingests -= 1
            if not self._ingests:
                self._growing = None
            self.forget()

    def forget(self) -> None:
        """Groups were written or deleted by this process: look again at the next call."""
        self._until = 0.0

    async def close(self) -> None:
        """Stop reading."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError, McpRagError):
                await self._refreshing

    def _refresh(self) -> asyncio.Task[None] | None:
        """The reading under way, begun now if it is time; None when what is known is fresh."""
        if self._refreshing is None and (self._index is None or self._clock() >= self._until):
            self._refreshing = asyncio.create_task(self._read())
            self._refreshing.add_done_callback(self._ended)
        return self._refreshing

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not task.cancelled() and task.exception() is not None:
            self._until = 0.0  # whoever waited was told; the next call tries again

    async def _read(self) -> None:
        from mcp_rag.merge import MergeIndex

        self._until = self._clock() + FRESH_S
        store = self._store()
        if self._index is not None and await store.count_errors(ErrorFilter()) == len(self._known):
            return
        stored = set(await store.list_ids("errors"))
        known = {i: kept for i, kept in self._known.items() if i in stored}
        index = self._index
        if index is None or len(known) < len(self._known):  # a group that is gone cannot be taken out of an index
            index = MergeIndex()
            await _add(index, known.values())
        new = sorted(stored.difference(known))
        for start in range(0, len(new), READ_BATCH):
            some = new[start : start + READ_BATCH]
            rows = await store.get_templates(some) if len(index) < MAX_TEMPLATES else []
            await _add(index, rows)
            known |= dict.fromkeys(some) | {row.id: row for row in rows}
        self._index, self._known = index, known


async def _add(index: MergeIndex, templates: Iterable[GroupTemplate | None]) -> None:
    for n, kept in enumerate(templates, 1):
        if kept is not None:
            index.add_leader(kept.id, kept.template, codes=kept.codes, has_trace=kept.has_trace)
        if not n % READ_BATCH:
            await asyncio.sleep(0)
