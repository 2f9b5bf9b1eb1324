"""The templates of all stored groups, kept in memory and followed: which stored group has the template of a paste.

Reading all groups of a large knowledge base takes seconds, so only those are read that were not there before, and a
search waits for them a moment only: what it misses by that is a group whose message differs in a variable word, stored
within the last seconds by another process. Fingerprints are looked up in the store itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING

from mcp_rag.errors import McpRagError, StoreError
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
_LOG = logging.getLogger(__name__)


class StoredTemplates:
    """Follows one store. For the tasks of one event loop; `close` it before the store."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float]) -> None:
        """`store` gives the open store; `clock` counts seconds."""
        self._store = store
        self._clock = clock
        self._index: MergeIndex | None = None
        self._known: dict[str, GroupTemplate] = {}  # what the index holds
        self._listed: set[str] = set()
        self._changed = False
        self._until = 0.0
        self._growing: MergeIndex | None = None
        self._ingests = 0
        self._reading: asyncio.Task[None] | None = None

    async def current(self) -> MergeIndex:
        """The index for a search: as of a second ago, or older while many groups are being read. Not to be changed.

        Raises StoreError when the store does not answer.
        """
        if self._index is None:
            return await self.latest()
        if reading := self._reading or (self._begin() if self._is_old() else None):
            done, _ = await asyncio.wait({reading}, timeout=PATIENCE_S)
            for task in done:
                task.result()
        return self._index

    async def latest(self) -> MergeIndex:
        """The index as of a second ago, for a write, which must not make a second group of one that is stored. Not to
        be changed. Raises StoreError."""
        if self._reading is not None:
            await asyncio.shield(self._reading)
        if self._is_old():  # also when something was written while that was read
            await asyncio.shield(self._reading or self._begin())
        if self._index is None:
            raise StoreError("The templates of the stored groups could not be read.", "Try again.", retry=True)
        return self._index

    @contextlib.asynccontextmanager
    async def growing(self) -> AsyncIterator[MergeIndex]:
        """An index for an ingest, which adds to it what it meets: one for all ingests that run at once, so that two of
        them make one group of one template. Raises StoreError."""
        self._ingests += 1
        try:
            if self._growing is None:
                copy = (await self.latest()).copy()
                if self._growing is None:  # as before, unless another ingest began meanwhile
                    self._growing = copy
            yield self._growing
        finally:
            self._ingests -= 1
            if not self._ingests:
                self._growing = None
            self.forget()

    def forget(self) -> None:
        """Groups were written or deleted by this process: look again at the next call. Their number may be the same."""
        self._changed = True

    async def close(self) -> None:
        """Stop reading. Never raises."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _is_old(self) -> bool:
        return self._index is None or self._changed or self._clock() >= self._until

    def _begin(self) -> asyncio.Task[None]:
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(self._ended)
        return self._reading

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._changed = True  # the next call tries again
        level = logging.DEBUG if isinstance(error, McpRagError) else logging.WARNING
        _LOG.log(level, "the templates of stored groups could not be read", exc_info=error)  # perhaps nobody waited

    async def _read(self) -> None:
        from mcp_rag.merge import MergeIndex

        store = self._store()
        changed, self._changed = self._changed, False
        if self._index is None or changed or await store.count_errors(ErrorFilter()) != len(self._listed):
            listed = set(await store.list_ids("errors"))
            index, gone = self._index, self._known.keys() - listed
            if index is None or gone:  # nothing can be taken out of an index
                self._known = {i: kept for i, kept in self._known.items() if i not in gone}
                index = MergeIndex()
                await _add(index, self._known.values())
            if self._index is not None:
                self._index = index
            new = sorted(listed - self._known.keys())[: max(0, MAX_TEMPLATES - len(self._known))]
            for start in range(0, len(new), READ_BATCH):
                rows = await store.get_templates(new[start : start + READ_BATCH])
                await _add(index, rows)
                self._known |= {row.id: row for row in rows}
            # A row that is listed and not found was deleted a moment ago, or a replica has not got it yet.
            self._changed |= not self._known.keys() >= set(new)
            self._index, self._listed = index, listed
        self._until = self._clock() + FRESH_S


async def _add(index: MergeIndex, templates: Iterable[GroupTemplate]) -> None:
    for n, kept in enumerate(templates, 1):
        index.add_leader(kept.id, kept.template, codes=kept.codes, has_trace=kept.has_trace)
        if not n % READ_BATCH:
            await asyncio.sleep(0)
