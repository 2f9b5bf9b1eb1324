"""Where blocks are parsed: threads and processes give the same result, and nothing is left running."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest

from mcp_rag import workers
from mcp_rag.describing import Describer, Undescribed
from mcp_rag.events import excerpt
from mcp_rag.grouping import ParsedBlock, parse, sketched
from mcp_rag.redact import Redactor
from mcp_rag.types import Block, ParseSettings
from mcp_rag.workers import POOL_AFTER_LINES, ParsePool

pytestmark = pytest.mark.anyio


def block(n: int) -> Block:
    """A block with a trace and some lines."""
    text = "".join(f"2026-11-23T10:00:{i:02d}Z ERROR api job {i * n} failed: E5{n:03d}\n" for i in range(30))
    text += 'Traceback (most recent call last):\n  File "a.py", line 1, in load\n    x\nKeyError: 1\n'
    data = text.encode()
    return Block("s", n, f"{n:032x}", "h" * 32, data, 0, data.count(b"\n"), 0, True, reference_ms=1)


def pool_of(workers: int, after_lines: int = POOL_AFTER_LINES) -> ParsePool:
    """A pool whose groups are redacted with the usual rules, and one more."""
    own = (("E5[0-9]{3}", "ticket"),)
    return ParsePool(workers, Describer(Redactor(rules=own), Redactor(rules=own)), after_lines)


def undescribed(n: int) -> Undescribed:
    """The groups of a block as an ingest asks for them."""
    source, settings = block(n), ParseSettings(reference_ms=1)
    found = parse(source, settings).found
    chosen = excerpt(source.data, settings, sketched(found.values()))
    fresh = dict(list(found.items())[1:])
    return Undescribed(fresh, dict(list(found.items())[:1]), chosen, 0, settings, "s")


def facts(parsed: ParsedBlock) -> object:
    """What must be equal."""
    return {i: (o.count, o.hours, o.first_ms, o.messages) for i, o in parsed.found.items()}, parsed.counts.events


async def test_threads_and_processes_agree() -> None:
    """A worker process hands back what this process would have found, traces and enums included."""
    settings = ParseSettings()
    thread, processes = pool_of(1), pool_of(2, after_lines=0)
    try:
        expected = [facts(parse(block(n), settings)) for n in range(4)]
        assert [facts(p) for p in await asyncio.gather(*(thread(block(n), settings) for n in range(4)))] == expected
        assert [facts(p) for p in await asyncio.gather(*(processes(block(n), settings) for n in range(4)))] == expected
    finally:
        thread.close()
        processes.close()


async def test_small_inputs_start_no_process() -> None:
    """Processes start only past the line limit, and only with two workers or more."""
    for pool in (pool_of(4), pool_of(1, after_lines=0)):
        await pool(block(1), ParseSettings())
        assert pool._pool is None
        pool.close()
    assert (pool_of(1).ahead, pool_of(4).ahead) == (2, 5)


async def test_processes_start_at_once_for_a_large_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many lines a source has is judged by its size and its first block, so that no process learns what the
    others have to learn again."""
    started: list[int] = []

    class Executor:
        def __init__(self, count: int, **_: object) -> None:
            started.append(count)

        def submit(self, *_: object) -> object:
            raise BrokenProcessPool

        def shutdown(self, **_: object) -> None: ...

        _processes = None

    monkeypatch.setattr(workers, "ProcessPoolExecutor", Executor)
    one = block(1)
    # The third is the last block of a source whose rest is known already.
    for times, before, expected in ((0, 0, []), (9, 0, []), (11, 2, []), (11, 0, [2])):
        pool = pool_of(2, after_lines=10 * one.lines)
        source = replace(one, source_bytes=len(one.data) * times, first_line=one.lines * before)
        found = await pool(source, ParseSettings())
        assert (facts(found), started) == (facts(parse(one, ParseSettings())), expected)


async def test_no_process_to_be_had_costs_nothing_but_speed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A system without semaphores refuses the pool itself: one warning, and this process does the work."""
    tries: list[int] = []

    def refused(count: int, **_: object) -> None:
        tries.append(count)
        raise OSError("no semaphores")

    monkeypatch.setattr(workers, "ProcessPoolExecutor", refused)
    pool = pool_of(2, after_lines=0)
    for n in (1, 2):
        assert facts(await pool(block(n), ParseSettings())) == facts(parse(block(n), ParseSettings()))
    assert (await pool.describe(undescribed(41))).rows
    assert (tries, len(caplog.records)) == ([2], 1)


async def test_processes_describe_as_this_process_does() -> None:
    """Rows, variants and the count of redactions are the same, also when a worker was killed."""
    pool = pool_of(2, after_lines=0)
    alone = pool_of(1)
    try:
        await pool(block(1), ParseSettings())
        assert pool._pool is not None
        for n in (1, 41):
            assert await pool.describe(undescribed(n)) == await alone.describe(undescribed(n))
        rows, said, replaced = await alone.describe(undescribed(41))
        assert (len(rows) > 0, set(replaced)) == (True, {"ticket"})
        assert all(said.values())
        with pytest.raises(BrokenProcessPool):
            await asyncio.wait_for(asyncio.wrap_future(pool._pool.submit(os._exit, 9)), 60)
        assert await pool.describe(undescribed(41)) == (rows, said, replaced)
    finally:
        pool.close()


async def test_closing_twice_is_fine() -> None:
    """Close ends the workers, again it does nothing."""
    pool = pool_of(2, after_lines=0)
    await pool(block(1), ParseSettings())
    pool.close()
    pool.close()
    assert pool._pool is None


async def test_a_killed_worker_costs_nothing_but_speed(caplog: pytest.LogCaptureFixture) -> None:
    """The blocks in work are parsed in this process, with the same result, and one warning says so."""
    settings = ParseSettings()
    pool = pool_of(2, after_lines=0)
    await pool(block(1), settings)
    assert pool._pool is not None
    with pytest.raises(BrokenProcessPool):
        await asyncio.wait_for(asyncio.wrap_future(pool._pool.submit(os._exit, 9)), 60)
    found = await asyncio.gather(*(pool(block(n), settings) for n in range(4)))
    assert [facts(p) for p in found] == [facts(parse(block(n), settings)) for n in range(4)]
    assert [r.message.split(";")[0] for r in caplog.records] == ["A worker process ended or could not start"]
    assert (pool._pool, pool.ahead) == (None, 2)
