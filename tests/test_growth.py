"""A source that grows ends like one that was read once, wherever it ended before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.app import App
from mcp_rag.types import Level
from tests.fakes import DictStore

pytestmark = pytest.mark.anyio

BLOCK_BYTES = 150
TRACE = """Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""


def log(traces: str = "") -> str:
    """Twelve errors of twelve groups, about four blocks, perhaps with traces across the borders."""
    lines = [f"2026-11-23T10:{n:02d}:00Z ERROR api step {'abcdefghijkl'[n]} failed: E{n:04d}\n" for n in range(12)]
    return "".join(line + traces * (n % 3 == 1) for n, line in enumerate(lines))


async def ingest(app: App, path: Path, text: str) -> None:
    """Write the text to the path, and ingest that."""
    await asyncio.to_thread(path.write_text, text, encoding="utf-8")
    async for _ in app.ingest(paths=[str(path)], trusted=True, min_level=Level.WARN):
        pass


def state(app: App) -> dict[str, Any]:
    """Totals of all groups, and the ledger rows that count something: the first bytes of a line leave others."""
    store = app.store
    assert isinstance(store, DictStore)
    groups = {i: (g.count, g.first_seen_ms, g.last_seen_ms, dict(g.timeline)) for i, g in store.errors.items()}
    return {"groups": groups, "blocks": {i: b.counts for i, b in store.blocks.items() if b.counts}}


@pytest.mark.parametrize("traces", ["", TRACE])
async def test_wherever_it_ended_before(make_app: Callable[..., App], tmp_path: Path, traces: str) -> None:
    """Read when it ended somewhere, then whole: inside a line at a block's border, inside a block's first line, inside
    a trace. The contents are those of one clean ingest, none of it twice."""
    text = log(traces)
    clean = make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(clean, tmp_path / "app.log", text)
    wanted = state(clean)
    assert len(wanted["blocks"]) > 3
    for end in range(1, len(text), 7):
        app = make_app(max_block_bytes=BLOCK_BYTES)
        await ingest(app, tmp_path / "app.log", text[:end])
        await ingest(app, tmp_path / "app.log", text)
        assert state(app) == wanted, end
        await app.close()


async def test_small_steps(make_app: Callable[..., App], tmp_path: Path) -> None:
    """The same when it is read again after every few bytes."""
    text = log(TRACE)
    clean, app = make_app(max_block_bytes=BLOCK_BYTES), make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(clean, tmp_path / "app.log", text)
    for end in (*range(7, len(text), 13), len(text)):
        await ingest(app, tmp_path / "app.log", text[:end])
    assert state(app) == state(clean)


async def test_a_log_that_repeats_itself(make_app: Callable[..., App], tmp_path: Path) -> None:
    """The open end of such a log reads like what stands before it: known blocks replace nothing, so that reading it
    again changes nothing."""
    text = (log()[:220] * 9)[:-40]
    app = make_app(max_block_bytes=BLOCK_BYTES)
    await ingest(app, tmp_path / "app.log", text)
    stored = state(app)
    for _ in range(2):
        await ingest(app, tmp_path / "app.log", text)
        assert state(app) == stored
