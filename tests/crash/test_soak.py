"""Many processes and tasks on one data directory for a minute: nothing lost, nothing doubled, no deadlock.

`MCP_RAG_SOAK_SECONDS` sets for how long they write and read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from tests.crash.conftest import Child
from tests.fakes import hex_id
from tests.store.worker import group

pytestmark = [pytest.mark.anyio, pytest.mark.crash]

SECONDS = float(os.environ.get("MCP_RAG_SOAK_SECONDS", "60"))
REREAD_S = 10.0
PROCESSES = 8
TASKS = 4
# What a loaded machine may take for opening eight stores and for the last calls of 32 writers.
SLACK_S = 90.0


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed, in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1_000


async def test_eight_processes_write_and_read(start: Callable[..., Child], tmp_path: Path) -> None:
    """Issue 4: 8 processes x 4 tasks commit, count one group together, and search. Each sees its own write at once;
    every acknowledged block is there once; the common group's count is the number of blocks; all end by themselves."""
    store = open_store(StoreSettings(data_dir=tmp_path / "data"))
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("shared")])
    await store.close()
    children = [
        start(f"p{n}", kind="soak", data=str(tmp_path / "data"), seconds=SECONDS, tasks=TASKS) for n in range(PROCESSES)
    ]
    searches: list[float] = []
    writes: list[float] = []
    acked: list[str] = []
    for child in children:
        _, searched, written = child.wait_for("times", SECONDS + SLACK_S)
        searches += searched
        writes += written
        child.wait_for("done", SLACK_S)
        assert child.gone(SLACK_S)
        acked += [line[1] for line in child.said() if line[0] == "ack"]
    print(  # noqa: T201 - the figures of the run
        f"{PROCESSES} processes x {TASKS} tasks, {SECONDS:g} s: {len(acked)} commits; search p50 "
        f"{percentile(searches, 0.5):.0f} ms, p99 {percentile(searches, 0.99):.0f} ms; commit p50 "
        f"{percentile(writes, 0.5):.0f} ms, p99 {percentile(writes, 0.99):.0f} ms"
    )
    await store.open(model_id="hash", dimension=4)
    counts = {g.title: g.count for g in await store.query_errors(ErrorFilter(), 16_384)}
    blocks = await store.list_ids("blocks")
    await store.close()
    assert len(acked) >= PROCESSES * TASKS
    assert counts.pop("shared") == len(acked) == len(set(acked))
    assert counts == dict.fromkeys(acked, 1)
    assert blocks == sorted(hex_id(f"block {name}") for name in acked)


async def test_a_guest_reads_what_it_wrote_beside_flushes(start: Callable[..., Child], tmp_path: Path) -> None:
    """Another process owns the store and flushes all the time: no read of a guest brings an older row than the guest
    has written, nor misses it. One in a hundred did, for a flush came between the engine's two looks."""
    data = str(tmp_path / "data")
    start("owner", kind="flush", data=data).wait_for("flushed", SLACK_S)
    guest = start("guest", kind="reread", data=data, seconds=REREAD_S)
    _, reads = guest.wait_for("done", REREAD_S + SLACK_S)
    assert reads > 100
