"""How fast each embedding backend is here: cold start, latency of one query, texts per second, memory.

    python benchmarks/embedding.py [--rounds 5] [--backend numpy]

With the installed default model; sentence-transformers only where it is installed. The backends take turns, so that the
ratios hold on a busy machine; absolute numbers belong to this one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LATENCY_QUERIES = 40
BATCH_TEXTS = 16
TOTAL_TEXTS = 96


def texts(count: int, words: int) -> list[str]:
    """Distinct log-like texts of about `words` words."""
    parts = ["connection to database", "refused after timeout", "in worker thread", "java.lang.IllegalStateException"]
    return [" ".join([f"request {at}", *(parts[(at + word) % 4] for word in range(words // 3))]) for at in range(count)]


def cold(backend: str, cache: Path) -> None:
    """Child: print the seconds from import to the first vector, and the memory held."""
    started = time.perf_counter()
    from mcp_rag import embedding

    asyncio.run(embedding.create(backend=backend, cache_dir=cache).embed_query("connection refused"))
    print(json.dumps({"inside_s": time.perf_counter() - started, "rss_mb": _resident_mb()}))


def _resident_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(row for row in status.read_text(encoding="utf-8").splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def warm(backends: list[str], cache: Path) -> None:
    """Child: print latency of single queries and throughput, cache off. The backends take turns text by text, so that
    whatever else the machine does falls on all of them alike."""
    from mcp_rag import embedding

    async def measure() -> dict[str, dict[str, float]]:
        embedders = {name: embedding.create(backend=name, cache_dir=cache, text_cache_size=0) for name in backends}
        found: dict[str, dict[str, float]] = {name: {} for name in backends}
        for embedder in embedders.values():
            await embedder.embed_query("warm up")
        for label, words in {"short": 9, "long": 120}.items():
            times: dict[str, list[float]] = {name: [] for name in backends}
            for text in texts(LATENCY_QUERIES, words):
                for name, embedder in embedders.items():
                    times[name].append(1000 * await seconds(embedder.embed_query(text)))
            for name in backends:
                found[name][f"{label}_p50_ms"] = statistics.median(times[name])
                found[name][f"{label}_max_ms"] = max(times[name])
        half = TOTAL_TEXTS // 2
        mixed = [text for pair in zip(texts(half, 9), texts(half, 60), strict=True) for text in pair]
        slices = [mixed[at : at + BATCH_TEXTS] for at in range(0, len(mixed), BATCH_TEXTS)]
        spent: dict[str, list[float]] = {name: [] for name in backends}
        whole: dict[str, list[float]] = {name: [] for name in backends}
        for part in slices:
            for name, embedder in embedders.items():
                spent[name].append(await seconds(embedder.embed_documents(part)))
        for _ in range(3):
            for name, embedder in embedders.items():
                whole[name].append(await seconds(embedder.embed_documents(mixed)))
        for name in backends:
            found[name]["b16_per_s"] = BATCH_TEXTS / statistics.median(spent[name])
            found[name]["bulk_per_s"] = len(mixed) / statistics.median(whole[name])
        return found

    print(json.dumps(asyncio.run(measure())))


async def seconds(work: Awaitable[object]) -> float:
    """How long `work` takes."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def child(mode: str, backends: list[str], cache: str) -> tuple[float, dict[str, Any]]:
    """Seconds of the whole process, and what it printed."""
    chosen = [word for name in backends for word in ("--backend", name)]
    command = [sys.executable, __file__, "--child", mode, "--cache", cache, *chosen]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    return time.perf_counter() - started, json.loads(done.stdout.splitlines()[-1])


def report(backends: list[str], rounds: int) -> None:
    """Measure every backend and print one table."""
    columns = ["spawn_to_vector_s", "rss_mb", "short_p50_ms", "short_max_ms", "long_p50_ms", "b16_per_s", "bulk_per_s"]
    starts: dict[str, list[tuple[float, dict[str, Any]]]] = {name: [] for name in backends}
    with tempfile.TemporaryDirectory() as cache:
        child("cold", backends[:1], cache)
        for _ in range(rounds):
            for name in backends:
                starts[name].append(child("cold", [name], cache))
        results: dict[str, dict[str, float]] = child("warm", backends, cache)[1]
    for name in backends:
        results[name]["spawn_to_vector_s"] = statistics.median(spent for spent, _ in starts[name])
        results[name]["rss_mb"] = statistics.median(row["rss_mb"] for _, row in starts[name])
    print(f"{'backend':30}" + "".join(f"{name:>19}" for name in columns))
    for name in backends:
        print(f"{name:30}" + "".join(f"{results[name][column]:19.2f}" for column in columns))
    first = results[backends[0]]
    for name in backends[1:]:
        ratios = "".join(f"{results[name][column] / first[column]:18.2f}x" for column in columns)
        print(f"{name + ' / ' + backends[0]:30}{ratios}")


def main() -> None:
    """Parse the command line."""
    from mcp_rag.embedding.transformer import is_installed

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", action="append", default=[])
    parser.add_argument("--child", choices=["cold", "warm"])
    parser.add_argument("--cache", default="")
    options = parser.parse_args()
    if options.child:
        if options.child == "cold":
            cold(options.backend[0], Path(options.cache))
        else:
            warm(options.backend, Path(options.cache))
        return
    local = ["onnx", "numpy"] + (["sentence-transformers"] if is_installed() else [])
    report(options.backend or local, options.rounds)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
