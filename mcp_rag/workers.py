"""Where blocks are parsed: a thread while the input is small, worker processes once it is large. Same results."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from mcp_rag.garbage import collect_rarely
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
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=collect_rarely)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, parse, block, settings)
        except (BrokenProcessPool, OSError):
            # Killed, by hand or for memory, or not startable; parsing itself opens nothing.
            self._give_up()
            return await asyncio.to_thread(parse, block, settings)

    def _give_up(self) -> None:
        """Go on without worker processes. A pool that breaks while it starts one leaves that one waiting for ever, and
        this process with it at its end."""
        pool = self._pool
        if pool is not None:
            _LOG.warning("A worker process ended or could not start; the rest of the input is parsed without them.")
            started = list((pool._processes or {}).values())  # noqa: SLF001 - public from Python 3.14 on: kill_workers
            self._pool = None
            for process in started:
                process.kill()
            pool.shutdown(wait=False)  # the blocks in work come back here as broken, none is cancelled
        self._workers = 1

    def close(self) -> None:
        """End the worker processes; blocks still in work are given up."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
