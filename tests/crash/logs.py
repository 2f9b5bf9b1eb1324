"""Logs drawn from a seed, and what one clean ingest of them leaves: the golden contents."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_rag.app import App
from mcp_rag.config import Settings
from mcp_rag.rows import BlockRow, ErrorFilter
from mcp_rag.store import MilvusStore
from mcp_rag.wiring import build_reader
from tests.fakes import DictStore, HashEmbedder

BLOCK_BYTES = 1_000
EVENTS = 150
SHARED = ("ORA-00942: table or view does not exist", "connect to db failed: ECONNREFUSED", "disk full: ENOSPC")
# Of one program: told apart by nothing but a word that looks like a value, so these join the first one of them.
JOINED = "{name} cannot reach com.example.{host}.api, giving up"
TRACE = """Traceback (most recent call last):
  File "/srv/{name}/jobs.py", line {line}, in {function}
    run(job)
{kind}: job {number} is gone
"""


def make_app(*, data_dir: str = "", store: Any = None) -> App:
    """An App on the embedded store in a directory, or on the store given: no model, no shipped knowledge."""
    settings = Settings(starter_knowledge=False, data_dir=data_dir, max_block_bytes=BLOCK_BYTES, max_workers=1)
    return App(settings, store=store, embedder=HashEmbedder())


def draw_log(rng: random.Random, name: str, events: int = EVENTS) -> str:
    """Two days of errors of one program: groups of its own, groups of every program, traces, and templates that join
    each other. Each line has its own second, so no two blocks of a log are the same."""
    out = []
    for n in range(events):
        at = n * 1_100 + rng.randrange(1_100)
        when = f"2026-11-{21 + at // 86_400:02d}T{at // 3_600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"
        draw = rng.random()
        level = "WARN" if draw < 0.2 else "ERROR"
        if draw < 0.3:
            text = rng.choice(SHARED)
        elif draw < 0.45:
            text = JOINED.format(name=name, host="".join(rng.choices("abcdefgh", k=4)))
        else:
            step = rng.choice("abcdefghijklmnopqrstuvwxyz") + rng.choice("xyz")
            text = f"{name} step {step} refused: E{rng.randrange(40):04d}"
        out.append(f"{when} {level} [{name}.jobs] {text}\n")
        if draw > 0.93:
            kind = rng.choice(["KeyError", "OSError", "TimeoutError"])
            function = f"run_{rng.choice('abcdefgh')}"
            out.append(TRACE.format(name=name, line=rng.randrange(99), function=function, kind=kind, number=n))
    return "".join(out)


def write_log(folder: Path, rng: random.Random, name: str) -> list[str]:
    """A log as two files to ingest one after the other: what there was of it at first, perhaps cut inside a line, and
    the whole. The whole replaces the unfinished last block of the part, and does so in one commit: where the part ends
    in a line at a block's border (tests/test_growth.py) it takes two, between which a kill leaves that block twice."""
    text = draw_log(rng, name)
    whole, part = folder / f"{name}.log", folder / f"{name}-at-first.log"
    whole.write_text(text, encoding="utf-8")
    while True:
        part.write_text(text[: rng.randrange(len(text) // 3, len(text) * 2 // 3)], encoding="utf-8")
        *_, last = build_reader(Settings(max_block_bytes=BLOCK_BYTES), None).blocks([str(part)])
        if b"\n" in last.data and len(last.data) < BLOCK_BYTES:
            return [str(part), str(whole)]


@dataclass(frozen=True)
class Bounds:
    """Events per group, at least and at most, and ids of blocks that no later step replaces."""

    least: Counter[str]
    most: Counter[str]
    blocks: frozenset[str]


@dataclass
class Golden:
    """`after[call][n]`: events per group and ids of living blocks after the n-th report of a call; `contents`: as
    `contents_of`."""

    after: list[list[tuple[Counter[str], frozenset[str]]]] = field(default_factory=list)
    contents: dict[str, Any] = field(default_factory=dict)

    def bounds(self, call: int, n: int) -> Bounds:
        """What a store may hold once the n-th report of a call was seen, whatever was committed since. A group can
        shrink: the piece of an event that a growing log ended in may belong to another group than the whole event."""
        steps = [step for of_call in self.after for step in of_call]
        to_come = [*self.after[call][n:], *(step for later in self.after[call + 1 :] for step in later)]
        groups = {group for counts, _ in steps for group in counts}
        return Bounds(
            least=Counter({group: min(counts[group] for counts, _ in to_come) for group in groups}),
            most=Counter({group: max(counts[group] for counts, _ in steps) for group in groups}),
            blocks=frozenset.intersection(*(blocks for _, blocks in to_come)),
        )


async def golden(paths: Sequence[str]) -> Golden:
    """What one clean ingest of these paths, one call each, leaves at every step."""
    store = DictStore()
    app = make_app(store=store)
    found = Golden()
    for path in paths:
        reports = app.ingest(paths=[path], trusted=True, budget_s=600.0)
        found.after.append([_step(store), *[_step(store) async for _ in reports]])
    found.contents = await contents_of(store)
    await app.close()
    return found


def _step(store: DictStore) -> tuple[Counter[str], frozenset[str]]:
    return events_of(store.blocks.values()), frozenset(store.blocks)


def events_of(blocks: Iterable[BlockRow]) -> Counter[str]:
    """Events per group, summed over rows of the ledger."""
    sums: Counter[str] = Counter()
    for row in blocks:
        sums.update({group: sum(hours.values()) for group, hours in row.counts.items()})
    return sums


async def contents_of(store: DictStore | MilvusStore) -> dict[str, Any]:
    """Everything that must be equal in the end: totals, status, level and services of each group that counts something,
    and the ledger. A group that counts nothing was met by a process that was killed before it committed its block; it
    stays when the block is never read again as it was, because it ended inside a line."""
    groups = await store.query_errors(ErrorFilter(), 16_384)
    ids = await store.list_ids("errors")
    assert sorted(g.id for g in groups) == ids
    assert await store.count_errors(ErrorFilter()) == len(ids)
    blocks = await store.get_blocks(await store.list_ids("blocks"))
    return {
        "groups": {
            g.id: (g.count, g.first_seen_ms, g.last_seen_ms, dict(g.timeline), g.status, g.level, g.services)
            for g in groups
            if g.count
        },
        "blocks": {b.id: (b.counts, b.first_seen, b.last_seen, b.events, b.lines, b.open) for b in blocks},
    }
