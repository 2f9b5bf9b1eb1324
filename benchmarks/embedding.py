"""How fast each embedding backend is here: cold start, latency of one query, texts per second, memory.

    python benchmarks/embedding.py [--rounds 5] [--backend numpy ...]

Every backend runs in a process of its own with the installed default model; sentence-transformers only where it is
installed. Absolute numbers belong to this machine: compare the ratios.
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


def warm(backend: str, cache: Path) -> None:
    """Child: print latency of single queries and throughput of batches, cache off."""
    from mcp_rag import embedding

    async def measure() -> dict[str, float]:
        embedder = embedding.create(backend=backend, cache_dir=cache, text_cache_size=0)
        await embedder.load()
        found: dict[str, float] = {}
        for name, words in {"short": 9, "long": 120}.items():
            times = []
            for text in texts(LATENCY_QUERIES, words):
                started = time.perf_counter()
                await embedder.embed_query(text)
                times.append(1000 * (time.perf_counter() - started))
            found[f"{name}_p50_ms"] = statistics.median(times)
            found[f"{name}_max_ms"] = max(times)
        mixed = [text for pair in zip(texts(TOTAL_TEXTS, 9), texts(TOTAL_TEXTS, 60), strict=True) for text in pair]
        mixed = mixed[:TOTAL_TEXTS]
        started = time.perf_counter()
        for at in range(0, len(mixed), BATCH_TEXTS):
            await embedder.embed_documents(mixed[at : at + BATCH_TEXTS])
        found["b16_per_s"] = len(mixed) / (time.perf_counter() - started)
        started = time.perf_counter()
        await embedder.embed_documents(mixed)
        found["bulk_per_s"] = len(mixed) / (time.perf_counter() - started)
        return found

    print(json.dumps(asyncio.run(measure())))


def child(mode: str, backend: str, cache: str) -> tuple[float, dict[str, Any]]:
    """Seconds of the whole process, and what it printed."""
    command = [sys.executable, __file__, "--child", mode, "--backend", backend, "--cache", cache]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    return time.perf_counter() - started, json.loads(done.stdout.splitlines()[-1])


def report(backends: list[str], rounds: int) -> None:
    """Measure every backend and print one table."""
    columns = ["spawn_to_vector_s", "rss_mb", "short_p50_ms", "short_max_ms", "long_p50_ms", "b16_per_s", "bulk_per_s"]
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as cache:
        for backend in backends:
            child("cold", backend, cache)
            # Interleaving would be fairer between backends; medians of separate rounds are enough for ratios.
            starts = [child("cold", backend, cache) for _ in range(rounds)]
            found = {
                "spawn_to_vector_s": statistics.median(seconds for seconds, _ in starts),
                "rss_mb": statistics.median(row["rss_mb"] for _, row in starts),
            }
            results[backend] = found | child("warm", backend, cache)[1]
    print(f"{'backend':22}" + "".join(f"{name:>19}" for name in columns))
    for backend, found in results.items():
        print(f"{backend:22}" + "".join(f"{found[name]:19.2f}" for name in columns))
    first = results[backends[0]]
    for backend in backends[1:]:
        ratios = "".join(f"{results[backend][name] / first[name]:18.2f}x" for name in columns)
        print(f"{backend + ' / ' + backends[0]:22}{ratios}"[:400])


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
        {"cold": cold, "warm": warm}[options.child](options.backend[0], Path(options.cache))
        return
    local = ["onnx", "numpy"] + (["sentence-transformers"] if is_installed() else [])
    report(options.backend or local, options.rounds)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
