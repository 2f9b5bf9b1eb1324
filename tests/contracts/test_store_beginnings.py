"""A source read by several processes while it grows: what every Store must do, on the dict fake and on Milvus Lite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcp_rag.marks import MAX_LINES, marks_of
from mcp_rag.rows import ErrorFilter
from mcp_rag.types import Level
from tests.contracts.test_store import AnyStore, block, group, one
from tests.fakes import hex_id

pytestmark = pytest.mark.anyio

HEAD = hex_id("one head")
MARKED = {size: marks_of(b"\n".join(b"line %d" % n for n in range(size))) for size in (3, 5)}
SHORT: dict[str, Any] = {"open": True, "head": HEAD, "size_bytes": 300, "marks": MARKED[3]}
LONGER = SHORT | {"size_bytes": 500, "marks": MARKED[5]}


async def test_longer_blocks_are_found_with_their_marks(store: AnyStore) -> None:
    """By the hash of the first line and a size, the longest first; marks of full length come back, beside counts that
    fill the row itself."""
    groups = [f"g{n}" for n in range(300)]
    await store.upsert_errors([group(name) for name in groups])
    marks = marks_of(b"\n".join(b"%d" % n for n in range(MAX_LINES)))
    counts = {name: {hour * 3_600_000: 1 for hour in range(24)} for name in groups}
    rows = [
        replace(block("long", counts), head=HEAD, size_bytes=3_000, marks=marks),
        replace(block("middle", {"g0": {0: 1}}), head=HEAD, size_bytes=2_000),
        replace(block("short", {"g0": {0: 1}}), head=HEAD, size_bytes=1_000, marks="c2hvcnQ="),
        replace(block("other", {"g0": {0: 1}}), size_bytes=9_000),
    ]
    for row in rows:
        await store.commit_block(row)
    found = await store.find_longer_blocks(HEAD, 1_000)
    assert found == [replace(row, applied=True) for row in rows[:2]]
    assert await store.find_longer_blocks(HEAD, 3_000) == []
    await store.delete_blocks(ids=[rows[0].id])
    assert [row.id for row in await store.find_longer_blocks(HEAD, 999)] == [rows[1].id, rows[2].id]


async def test_a_block_that_a_longer_one_counts_is_not_committed(store: AnyStore) -> None:
    """Another process committed more of the same source while this one embedded: nothing counts twice, and a group that
    was stored for this block alone goes."""
    await store.upsert_errors([group("one")])
    assert await store.commit_block(block("long", {"one": {0: 5}}, **LONGER))
    await store.upsert_errors([group("cut")])
    assert not await store.commit_block(block("short", {"one": {0: 3}, "cut": {0: 1}}, **SHORT))
    assert {g.title: g.count for g in await store.query_errors(ErrorFilter(), 10)} == {"Title one": 5}
    assert [row.id for row in await store.get_blocks([hex_id("short"), hex_id("long")])] == [hex_id("long")]
    # What its source goes on behind, and what is read for a lower level, counts.
    assert await store.commit_block(block("first of many", {"one": {0: 1}}, **SHORT | {"open": False}))
    assert await store.commit_block(block("lower", {"one": {0: 1}}, **SHORT, min_level=Level.INFO))
    assert (await one(store, "one")).count == 7


async def test_a_longer_block_replaces_what_was_committed_meanwhile(store: AnyStore) -> None:
    """The beginning of a source that another process committed since this one asked gives way, though not named; one
    that was read for a lower level stays."""
    await store.upsert_errors([group("one")])
    assert await store.commit_block(block("short", {"one": {0: 3}}, **SHORT))
    assert await store.commit_block(block("lower", {"one": {0: 4}}, **SHORT, min_level=Level.INFO))
    assert await store.commit_block(block("other", {"one": {0: 9}}, **SHORT | {"marks": marks_of(b"else\n")}))
    assert await store.commit_block(block("long", {"one": {0: 5}}, **LONGER))
    assert (await one(store, "one")).count == 18
    assert await store.get_blocks([hex_id("short")]) == []
