"""The command line says how often garbage is looked for; the other processes of an ingest do too."""

from __future__ import annotations

import gc
import os

import pytest

from mcp_rag import cli
from mcp_rag.types import ParseSettings
from mcp_rag.workers import NICENESS
from tests.test_workers import block, pool_of

pytestmark = pytest.mark.anyio


def test_a_command_collects_rarely() -> None:
    """Whatever it does: `formats` reads nothing."""
    before = gc.get_threshold()
    try:
        gc.set_threshold(700, 10, 10)
        assert cli.main(["formats"]) == 0
        assert gc.get_threshold()[0] > 10_000
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)


async def test_so_does_a_worker() -> None:
    """A worker process is started by the interpreter, not by our command line."""
    pool = pool_of(2, after_lines=0)
    try:
        await pool(block(1), ParseSettings())
        assert pool._pool is not None
        assert pool._pool.submit(gc.get_threshold).result(timeout=60)[0] > 10_000
    finally:
        pool.close()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities of POSIX")
async def test_a_worker_gives_way_to_whoever_answers() -> None:
    """Its priority is below that of the process which started it."""
    pool = pool_of(2, after_lines=0)
    try:
        await pool(block(1), ParseSettings())
        assert pool._pool is not None
        assert pool._pool.submit(os.nice, 0).result(timeout=60) == min(os.nice(0) + NICENESS, 19)
    finally:
        pool.close()
