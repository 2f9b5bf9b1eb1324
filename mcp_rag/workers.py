"""Where blocks are parsed: a thread while the input is small, worker processes once it is large. Same results."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from mcp_rag.grouping import ParsedBlock, parse
from mcp_rag.types import Block, ParseSettings

POOL_AFTER_LINES = 200_000
_LOG = logging.getLogger(__name__)


class ParsePool:
    """Parses blocks; past 200,000 lines of one ingest it starts `workers` processes. Close it after the ingest.

    Processes are spawned, never forked: a forked child would keep the embedded store's lock.
    """

    def __init__(self, workers: int, after_lines: int = POOL_AFTER_LINES) -> None:
        self._workers = workers
        self._after_lines = after_lines
        self._lines = 0
        self._pool: ProcessPoolExecutor | None = None

    @property
    def ahead(self) -> int:
        """How many blocks may be in work at once."""
        return self._workers + 1

    async def __call__(self, block: Block, settings: ParseSettings) -> ParsedBlock:
        """Parse one block; in this process when a worker was killed."""
        self._lines += block.lines
        if self._workers < 2 or self._lines < self._after_lines:
            return await asyncio.to_thread(parse, block, settings)
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, parse, block, settings)
        except BrokenProcessPool:
            if self._workers > 1:
                _LOG.warning("A worker process ended unexpectedly; the rest of the input is parsed without them.")
            self._workers = 1
            self.close()
            return await asyncio.to_thread(parse, block, settings)

    def close(self) -> None:
        """End the worker processes; blocks still in work are given up."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
