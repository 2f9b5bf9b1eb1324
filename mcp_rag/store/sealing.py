"""When the embedded engine's written rows are sealed into segments. A server does that by itself.

A search rebuilds the sparse index of all unsealed rows each time, so their number bounds how long it waits.
"""

from __future__ import annotations

import logging
from collections import Counter

from mcp_rag.errors import StoreError
from mcp_rag.store.rpc import Rpc

SEAL_ROWS = 256
FLUSH_TIMEOUT_S = 60.0
_LOG = logging.getLogger(__name__)


class Sealing:
    """Rows written since the last flush, by collection. Used under the store's write lock."""

    def __init__(self, rpc: Rpc, timeout_s: float, *, wanted: bool) -> None:
        """`wanted`: False where the engine seals by itself; nothing is flushed then."""
        self._rpc = rpc
        self._timeout_s = max(FLUSH_TIMEOUT_S, timeout_s)
        self._wanted = wanted
        self._rows: Counter[str] = Counter()

    def wrote(self, collection: str, rows: int = 1) -> None:
        """Note that a collection was written to, or is about to be."""
        self._rows[collection] += rows

    def seal_large(self) -> None:
        """Flush the collections in which many rows wait. The rows are stored already: what fails here is logged, and
        tried again by the next write, or by `seal`."""
        for collection in [name for name, rows in self._rows.items() if rows >= SEAL_ROWS]:
            try:
                self._flush(collection)
            except StoreError as error:
                _LOG.warning("%d rows were stored but not sealed yet: %s", self._rows[collection], error.cause)

    def seal(self) -> None:
        """Flush every collection that was written to. Raises StoreUnavailable, StoreError; the rows are stored."""
        for collection in sorted(self._rows):
            self._flush(collection)

    def _flush(self, collection: str) -> None:
        if self._wanted:
            self._rpc.call("flush", collection, timeout_s=self._timeout_s)
        del self._rows[collection]
