"""What a growing knowledge base costs: storing, opening, searching, memory and disk at several sizes.

    python benchmarks/growth.py [--lite 1000 10000 50000] [--server 100000] [--calls 200] [--added 256]

Lite rows use a fresh embedded store each. Server rows use the genuine Milvus 2.3.5 of `scripts/test-milvus`, which must
have run once (it installs that server into .venv-milvus; `--server-python` names another place); it has no sparse
vectors, so its searches go by meaning and codes alone. `--server` without a number leaves it out.

The groups are those of benchmarks/search.py with pseudo-random unit vectors: what is measured is engine and our code.
"stored" is that fill. "embedded and stored" adds `--added` further groups with the real model to the full store, in
batches of 32. Then a new process opens the store ("ready": model, templates and word frequencies included) and searches
in-process: hybrid, and an exact fingerprint with a fix. "memory" is the resident size of that process after its
searches, for a server that process + the server's; "load" is the machine's load average at the end of the row. Needs
Linux (/proc).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import search

from mcp_rag import config
from mcp_rag.app import App
from mcp_rag.resolve import RecordRequest
from mcp_rag.rows import ErrorGroup
from mcp_rag.search import SearchRequest

HERE = Path(__file__).parent
STARTER = HERE.parent / "tests" / "store" / "milvus_process.py"
SERVER_PYTHON = HERE.parent / ".venv-milvus" / "bin" / "python"
BATCH = 500
EMBED_BATCH = 32
FIRST_CALLS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One store to measure: `data_dir` for Lite, `uri` and the pid behind it for a server. `disk` is what it fills."""

    data_dir: Path
    disk: Path
    uri: str = ""
    pid: int = 0
    kb: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """Groups a second: without and with the embedding."""

    stored: float
    embedded: float


@dataclass(frozen=True, slots=True)
class Searched:
    """Seconds until ready, milliseconds of each search, resident megabytes at the end."""

    ready_s: float
    hybrid: list[float]
    exact: list[float]
    memory_mb: float


def open_app(place: Place) -> App:
    """An App on that store; a long deadline, since what is slow shall be measured and not given up."""
    return App(
        config.load(
            {},
            data_dir=str(place.data_dir),
            milvus_uri=place.uri,
            kb=place.kb,
            milvus_timeout=120.0,
            starter_knowledge=False,
        )
    )


def spread_ids(groups: Iterator[ErrorGroup]) -> Iterator[ErrorGroup]:
    """The groups with ids as real ones are: evenly spread."""
    for group in groups:
        yield replace(group, id=hashlib.sha256(group.id.encode()).hexdigest()[:32])


async def fill(place: Place, count: int, added: int) -> Filled:
    """Store the groups, then `added` more with real vectors, then one real error with a fix."""
    app = open_app(place)
    await app.ready()
    groups = spread_ids(search.groups(count + added, app.embedder.dimension))
    started = time.perf_counter()
    stored = 0
    while stored < count:
        batch = list(islice(groups, min(BATCH, count - stored)))
        await app.store.upsert_errors(batch)
        stored += len(batch)
    await app.store.flush()
    plain = count / (time.perf_counter() - started)
    started = time.perf_counter()
    while batch := list(islice(groups, EMBED_BATCH)):
        vectors = await app.embedder.embed_documents([g.dense_text for g in batch])
        rows = [replace(g, vector=tuple(map(float, v))) for g, v in zip(batch, vectors, strict=True)]
        await app.store.upsert_errors(rows)
    await app.store.flush()
    embedded = added / (time.perf_counter() - started)
    await app.resolver.record(RecordRequest(fix="Widen the column.", error_text=search.EXACT))
    await app.close()
    return Filled(plain, embedded)


async def look(place: Place, calls: int) -> Searched:
    """Open the store and search it."""
    started = time.perf_counter()
    app = open_app(place)
    await app.ready()
    ready_s = time.perf_counter() - started
    times: dict[str, list[float]] = {"exact": [], "hybrid": []}
    for number in range(FIRST_CALLS + calls):
        for name, paste in (("exact", search.EXACT), ("hybrid", search.paste(number))):
            started = time.perf_counter()
            result = await app.searcher.search(SearchRequest(paste))
            times[name].append(1000 * (time.perf_counter() - started))
            if not result.hits or (name == "exact" and result.hits[0].match_type != "exact"):
                raise SystemExit(f"the {name} search found {[h.match_type for h in result.hits]}: {result.hint}")
    memory = resident_mb(os.getpid())
    await app.close()
    return Searched(ready_s, times["hybrid"][FIRST_CALLS:], times["exact"][FIRST_CALLS:], memory)


def run_fill(place: Place, count: int, added: int) -> Filled:
    """`fill`, for a process of its own."""
    return asyncio.run(fill(place, count, added))


def run_look(place: Place, calls: int) -> Searched:
    """`look`, for a process of its own."""
    return asyncio.run(look(place, calls))


def resident_mb(pid: int) -> float:
    """Resident megabytes of a process."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def disk_mb(path: Path) -> float:
    """Megabytes of all files below a directory."""
    return sum(f.lstat().st_blocks * 512 for f in path.rglob("*") if f.is_file()) / 1e6 if path.exists() else 0.0


def row(name: str, place: Place, count: int, options: argparse.Namespace) -> str:
    """Measure one store at one size: a line of the table."""
    before = disk_mb(place.disk)
    # A process each: what the fill held in memory must not count as what a server needs.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        filled = pool.submit(run_fill, place, count, options.added).result()
        searched = pool.submit(run_look, place, options.calls).result()
    disk = disk_mb(place.disk) - before
    load = os.getloadavg()[0]
    memory = f"{searched.memory_mb:.0f}" + (f" + {resident_mb(place.pid):.0f}" if place.pid else "")
    return (
        f"| {name} | {count:,} | {filled.stored:,.0f} | {filled.embedded:,.0f} | {searched.ready_s:.1f} "
        f"| {quantiles(searched.hybrid)} | {quantiles(searched.exact)} | {memory} | {disk:.0f} | {load:.1f} |"
    )


def quantiles(taken: list[float]) -> str:
    """Median and 99th percentile of milliseconds."""
    ordered = sorted(taken)
    return f"{statistics.median(ordered):.0f} / {ordered[int(0.99 * (len(ordered) - 1))]:.0f}"


@contextmanager
def milvus_server(python: Path, base: Path) -> Iterator[tuple[str, int]]:
    """URI and pid of a fresh Milvus 2.3.5; killed at the end (a polite stop takes minutes)."""
    if not python.exists():
        raise SystemExit(f"{python} is missing: run scripts/test-milvus once, or pass --server without a number.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(python), str(STARTER), str(base), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the server was started without pipes")
    try:
        started = next((line for line in process.stdout if line.startswith("{")), "")
        if not started:
            raise SystemExit("the Milvus server did not start")
        yield f"http://127.0.0.1:{port}", int(json.loads(started)["pid"])
    finally:
        process.stdin.close()
        process.wait(60)


def main() -> None:
    """Measure every size, printing each line as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lite", type=int, nargs="*", default=[1_000, 10_000, 50_000])
    parser.add_argument("--server", type=int, nargs="*", default=[100_000])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--added", type=int, default=256)
    parser.add_argument("--server-python", type=Path, default=SERVER_PYTHON)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {options.calls} searches of each kind\n")
    print("| store | groups | stored, groups/s | embedded and stored, groups/s | ready s ", end="")
    print("| hybrid p50 / p99 ms | exact p50 / p99 ms | memory MB | disk MB | load |")
    print("|" + " --- |" * 10, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for count in options.lite:
            folder = Path(scratch) / f"lite-{count}"
            print(row("Milvus Lite", Place(folder, folder), count, options), flush=True)
            shutil.rmtree(folder)
        for count in options.server:
            base = Path(scratch) / f"server-{count}"
            base.mkdir()
            with milvus_server(options.server_python, base) as (uri, pid):
                place = Place(Path(scratch) / "unused", base, uri, pid, f"kb{count}")
                print(row("Milvus 2.3.5 server, by meaning only", place, count, options), flush=True)


if __name__ == "__main__":
    main()
