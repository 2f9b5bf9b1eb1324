"""Totals that a killed ingest left behind: put right at the next open, or by whoever reads the store meanwhile.

An ingest commits its blocks at once and sums the totals of their groups once in a while. Killed in between, what it
committed is safe, and its groups show too little until the sums are made. A reader that never ingests must not be
misled for ever, so reading looks for such rows once in a while.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable

from mcp_rag.errors import StoreError
from mcp_rag.store.rpc import Rpc

LOOK_EVERY_S = 10.0
# A living ingest sums every fifteen seconds at least: what waits longer than this was left by a dead one.
LEFT_AFTER_MS = 30_000


class Leftovers:
    """Commits whose totals were never applied. Never raises StoreError: what fails now is tried again later."""

    def __init__(self, rpc: Rpc, blocks: str, recover: Callable[[], int], now: Callable[[], float] = time.time) -> None:
        self._rpc = rpc
        self._blocks = blocks
        self._recover = recover
        self._now = now
        self._next = math.inf
        self._lock = threading.Lock()

    def finish_at_open(self) -> None:
        """Finish them; of a store that another process runs only what a dead process left."""
        self._finish(0 if self._rpc.link.owns else LEFT_AFTER_MS)
        with self._lock:
            self._next = time.monotonic() + LOOK_EVERY_S

    def due(self) -> bool:
        """True once every ten seconds of an open store: then `finish_old` is worth a call."""
        with self._lock:
            if time.monotonic() < self._next:
                return False
            self._next = time.monotonic() + LOOK_EVERY_S
            return True

    def finish_old(self) -> None:
        """Finish those that no living ingest will."""
        self._finish(LEFT_AFTER_MS)

    def _finish(self, age_ms: int) -> None:
        condition = "applied == 0 and part == 0"
        if age_ms:
            condition += f" and created < {int(self._now() * 1_000) - age_ms}"
        with contextlib.suppress(StoreError):
            if self._rpc.query(self._blocks, condition, ("id",), 1):
                self._recover()
