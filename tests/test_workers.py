"""Where blocks are parsed: threads and processes give the same result, and nothing is left running."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from mcp_rag.grouping import ParsedBlock, parse
from mcp_rag.types import Block, ParseSettings
from mcp_rag.workers import ParsePool

pytestmark = pytest.mark.anyio


def block(n: int) -> Block:
    """A block with a trace and some lines."""
    text = "".join(f"2026-11-23T10:00:{i:02d}Z ERROR api job {i * n} failed: E5{n:03d}\n" for i in range(30))
    text += 'Traceback (most recent call last):\n  File "a.py", line 1, in load\n    x\nKeyError: 1\n'
    data = text.encode()
    return Block("s", n, f"{n:032x}", "h" * 32, data, 0, data.count(b"\n"), 0, True, reference_ms=1)


def facts(parsed: ParsedBlock) -> object:
    """What must be equal."""
    return {i: (o.count, o.hours, o.first_ms, o.messages) for i, o in parsed.found.items()}, parsed.counts.events


async def test_threads_and_processes_agree() -> None:
    """A worker process hands back what this process would have found, traces and enums included."""
    settings = ParseSettings()
    thread, processes = ParsePool(1), ParsePool(2, after_lines=0)
    try:
        expected = [facts(parse(block(n), settings)) for n in range(4)]
        assert [facts(p) for p in await asyncio.gather(*(thread(block(n), settings) for n in range(4)))] == expected
        assert [facts(p) for p in await asyncio.gather(*(processes(block(n), settings) for n in range(4)))] == expected
    finally:
        thread.close()
        processes.close()


async def test_small_inputs_start_no_process() -> None:
    """Processes start only past the line limit, and only with two workers or more."""
    for pool in (ParsePool(4), ParsePool(1, after_lines=0)):
        await pool(block(1), ParseSettings())
        assert pool._pool is None
        pool.close()
    assert (ParsePool(1).ahead, ParsePool(4).ahead) == (2, 5)


async def test_closing_twice_is_fine() -> None:
    """Close ends the workers, again it does nothing."""
    pool = ParsePool(2, after_lines=0)
    await pool(block(1), ParseSettings())
    pool.close()
    pool.close()
    assert pool._pool is None


async def test_a_killed_worker_costs_nothing_but_speed(caplog: pytest.LogCaptureFixture) -> None:
    """The blocks in work are parsed in this process, with the same result, and one warning says so."""
    settings = ParseSettings()
    pool = ParsePool(2, after_lines=0)
    await pool(block(1), settings)
    assert pool._pool is not None
    with pytest.raises(BrokenProcessPool):
        await asyncio.wait_for(asyncio.wrap_future(pool._pool.submit(os._exit, 9)), 60)
    found = await asyncio.gather(*(pool(block(n), settings) for n in range(4)))
    assert [facts(p) for p in found] == [facts(parse(block(n), settings)) for n in range(4)]
    assert [r.message.split(";")[0] for r in caplog.records] == ["A worker process ended or could not start"]
    assert (pool._pool, pool.ahead) == (None, 2)
