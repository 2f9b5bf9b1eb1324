"""How fast logs become searchable in the embedded store, and what reading them again costs.

    python benchmarks/ingest.py [--lines 1000000] [--groups 2000] [--slice 100]

Reads the logs of benchmarks/generate.py into a fresh Milvus Lite store with the installed embedding model, then reads
them again, while a search runs every half second. Prints lines a second, new groups a second, the longest wait of a
search, and how much faster that is than embedding and storing every error by itself, as servers built on a plain vector
store do: one a call (the way of mcp-server-qdrant) and 32 a call (what chroma-mcp allows). Those rates are measured on
`--slice` lines, with our own embedder and store.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import generate

from mcp_rag import config
from mcp_rag.app import App
from mcp_rag.results import IngestResult
from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.types import Level

BATCHES = (1, 32)
EVERY_S = 0.5
PASTE = "TimeoutError: loading the cart stopped in stage order: connection refused, request 4711 from 10.9.0.4"


def open_app(data_dir: Path) -> App:
    """An App on an embedded store of its own."""
    return App(config.load({}, data_dir=str(data_dir), starter_knowledge=False))


async def waits(app: App, done: asyncio.Event) -> list[float]:
    """Milliseconds of one search, every half second until `done`."""
    taken: list[float] = []
    while not done.is_set():
        started = time.perf_counter()
        await app.searcher.find(PASTE, ErrorFilter())
        taken.append(1000 * (time.perf_counter() - started))
        try:
            await asyncio.wait_for(done.wait(), EVERY_S)
        except TimeoutError:
            continue
    return taken


async def read(app: App, path: Path) -> tuple[IngestResult, float, float]:
    """The last report of one ingest, its wall seconds and its CPU seconds, workers included."""
    before, started = os.times(), time.perf_counter()
    last = None
    async for report in app.ingest(paths=[str(path)], trusted=True, budget_s=3_600):
        last = report
    wall = time.perf_counter() - started
    for worker in multiprocessing.active_children():  # only the time of ended children is counted
        await asyncio.to_thread(worker.join)
    after = os.times()
    if last is None or not last.complete:
        raise SystemExit("the ingest did not finish")
    return last, wall, sum(after[:4]) - sum(before[:4])


async def watched(app: App, path: Path) -> tuple[tuple[IngestResult, float, float], list[float]]:
    """As `read`, with the times of the searches that ran beside it."""
    done = asyncio.Event()
    watcher = asyncio.ensure_future(waits(app, done))
    try:
        found = await read(app, path)
    finally:
        done.set()
    return found, await watcher


async def line_by_line(data_dir: Path, path: Path, count: int, size: int) -> float:
    """Errors a second when each is embedded and stored as a row of its own, `size` a call."""
    app = open_app(data_dir)
    await app.ready()
    with path.open(encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file if "ERROR" in line or "Error" in line][:count]
    started = time.perf_counter()
    for start in range(0, len(texts), size):
        batch = texts[start : start + size]
        vectors = await app.embedder.embed_documents(batch)
        rows = [
            ErrorGroup(
                f"{start + n:032x}",
                text,
                text,
                text,
                text,
                text,
                Level.ERROR,
                vector=tuple(map(float, vector)),
                sparse={},
            )
            for n, (text, vector) in enumerate(zip(batch, vectors, strict=True))
        ]
        await app.store.upsert_errors(rows)
    await app.store.flush()
    taken = time.perf_counter() - started
    await app.close()
    return len(texts) / taken


async def timed(work: Awaitable[object]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def report(options: argparse.Namespace, scratch: Path) -> None:
    """Measure and print."""
    path = scratch / "mixed.log"
    size = generate.write(path, options.lines, groups=options.groups)
    print(f"{options.lines:,} lines, {size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}\n", flush=True)
    app = open_app(scratch / "kb")
    opening = await timed(app.ready())
    (first, wall, cpu), searches = await watched(app, path)
    (again, wall_again, cpu_again), searches_again = await watched(app, path)
    stored = await app.store.count_errors(ErrorFilter())
    await app.close()
    plain = [(n, await line_by_line(scratch / f"plain-{n}", path, options.slice, n)) for n in BATCHES]
    rows = (
        ("store and model opened", f"{opening:.1f} s"),
        ("first ingest", f"{wall:.1f} s wall, {cpu:.1f} s CPU: {options.lines / wall:,.0f} lines/s"),
        ("events stored", f"{first.stored:,} in {stored:,} groups ({first.groups_new / wall:,.0f} new groups/s)"),
        ("ingest again", f"{wall_again:.1f} s wall, {cpu_again:.1f} s CPU: {wall / wall_again:.1f} times as fast"),
        ("changed by it", f"{again.stored} events, {again.groups_new} groups; {again.known_lines:,} lines known"),
        *((f"each error by itself, {n} a call", against(rate, first.stored, wall)) for n, rate in plain),
        ("searches during the first ingest", spread(searches)),
        ("searches during the second", spread(searches_again)),
    )
    print("| what | measured |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")


def against(rate: float, errors: int, wall: float) -> str:
    """What storing each error by itself would take, and how many times as long that is."""
    return f"{rate:,.1f}/s: {errors / rate:,.0f} s for all, {errors / rate / wall:,.1f} times as long"


def spread(taken: list[float]) -> str:
    """Median and longest of some milliseconds."""
    ordered = sorted(taken)
    return f"median {ordered[len(ordered) // 2]:.0f} ms, longest {ordered[-1]:.0f} ms of {len(ordered)}"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=2_000)
    parser.add_argument("--slice", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(report(options, Path(scratch)))


if __name__ == "__main__":
    main()
