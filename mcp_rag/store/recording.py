"""What is recorded about an error, changed in one step: the part of MilvusStore that several clients write at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mcp_rag.ranking import status_of
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.store.entities import error_group
from mcp_rag.store.exchange import RowExchange
from mcp_rag.store.filters import check_ids
from mcp_rag.store.schema import fields_of


class Recording(RowExchange):
    """Base of MilvusStore beside RowExchange."""

    def _upsert_errors(self, groups: Sequence[ErrorGroup]) -> None:
        raise NotImplementedError

    async def change_resolutions(
        self, error_id: str, change: Callable[[Sequence[Resolution]], Sequence[Resolution]]
    ) -> None:
        """Write what `change` makes of the resolutions of a group, and the status that follows, in one step for all
        processes on an embedded store, for all tasks of one on a server. `change` runs on another thread; what it
        raises is raised, and nothing written. Raises StoreError, InputError."""
        check_ids([error_id])
        await self._run(lambda: self._change_resolutions(error_id, change))

    def _change_resolutions(
        self, error_id: str, change: Callable[[Sequence[Resolution]], Sequence[Resolution]]
    ) -> None:
        with self._writing(self._resolutions):
            # What this does not see it would overwrite: without it, half a second of other processes' work.
            before = self._fixes.of([error_id], strong=True)
            rows = change(before)
            check_ids([i for r in rows for i in (r.id, r.error_id, r.superseded_by) if i])
            self._fixes.upsert(rows, self._dimension)
            after = {r.id: r for r in (*before, *rows)}.values()
            for entity in self._rpc.get(self._errors, [error_id], fields_of("errors")):
                group = error_group(entity)
                status = status_of(group.last_seen_ms if group.count else 0, after)
                if status != group.status:
                    self._upsert_errors([replace(group, status=status)])
