"""Where blocks are parsed and groups described: a thread while the input is small, worker processes once it is large.
Same results."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from mcp_rag.describing import Described, Describer, Undescribed
from mcp_rag.garbage import collect_rarely
from mcp_rag.grouping import ParsedBlock, parse_marked
from mcp_rag.protocols import RedactionGate
from mcp_rag.types import Block, ParseSettings

POOL_AFTER_LINES = 200_000
# Somebody may be waiting for an answer of the process beside the workers.
NICENESS = 10
T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_describer: Describer | None = None


class ParsePool:
    """Parses blocks; for an ingest of more than 200,000 lines it starts `workers` processes. Close it after the ingest.

    Processes are spawned, never forked: a forked child would keep the embedded store's lock.
    """

    def __init__(self, workers: int, describer: Describer, after_lines: int = POOL_AFTER_LINES) -> None:
        """`describer` describes groups in this process; workers get its gates."""
        self._workers = workers
        self._describer = describer
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
        if self._pool is None and self._workers > 1 and self._expected(block) >= self._after_lines:
            self._start()
        parsed = await self._run(parse_marked, block, settings)
        return parsed if parsed is not None else await asyncio.to_thread(parse_marked, block, settings)

    def _start(self) -> None:
        try:
            self._pool = ProcessPoolExecutor(
                self._workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=self._describer.gates
            )
        except (OSError, NotImplementedError, ValueError):  # no semaphores here, or too many workers for this system
            _LOG.warning("No worker processes can be started here; the input is parsed without them.")
            self._workers = 1

    def _expected(self, block: Block) -> int:
        """The lines seen so far, or about how many the source of this block has left, if that is more."""
        return max(self._lines, block.source_bytes * block.lines // max(len(block.data), 1) - block.first_line)

    async def describe(self, groups: Undescribed) -> Described:
        """Describe groups of one block, where its like are parsed."""
        described = await self._run(_describe, groups)
        return described if described is not None else await self._describer.in_thread(groups)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T | None:
        """The result of a worker; None where there is none, or it was killed."""
        if self._pool is None:
            return None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        except (BrokenProcessPool, OSError):
            # Killed, by hand or for memory, or not startable; neither job opens anything.
            self._give_up()
            return None

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


def _prepare(gate: RedactionGate, samples: RedactionGate) -> None:
    global _describer  # noqa: PLW0603 - a worker serves one pool
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # a sandbox may refuse it
            os.nice(NICENESS)
    collect_rarely()
    _describer = Describer(gate, samples)


def _describe(groups: Undescribed) -> Described:
    if _describer is None:
        raise RuntimeError("This process is no worker of a pool.")
    return _describer(groups)
