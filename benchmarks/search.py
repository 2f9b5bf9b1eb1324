"""Latency of `search_errors` over stdio with N error groups on Milvus Lite.

    python benchmarks/search.py [--groups 10000] [--calls 200]

The groups' texts are generated from a word list; their vectors are random unit vectors (what is measured is the engine
and our code, not the model's taste), the query is embedded by the real model. Prints p50 and p99 in milliseconds for a
hybrid search, for an exact fingerprint with a fix and for `kb_status`, and beside them the peer: pymilvus's own
`hybrid_search` of the same store with the same vectors, in one process without a server in between, as many hits a leg.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mcp_rag import config
from mcp_rag.app import App
from mcp_rag.ranking import document_weights, query_weights
from mcp_rag.resolve import RecordRequest
from mcp_rag.rows import ErrorGroup
from mcp_rag.search import DENSE_LIMIT, LEXICAL_LIMIT
from mcp_rag.store.schema import MIN_EF
from mcp_rag.types import Level

SEED = 20_261_124
NOUNS = (
    "order cart invoice token session user payment shard queue index cache broker socket tenant ledger quota".split()
)
VERBS = "load parse commit publish resolve decode flush acquire rotate merge refund settle dispatch enqueue".split()
TYPES = "ValueError KeyError TimeoutError ConnectionError DecodeError QuotaExceeded StateConflict LookupError".split()


def groups(count: int, dimension: int) -> Iterator[ErrorGroup]:
    """Distinct synthetic groups: type, message, frames and logger drawn from word lists."""
    draw = random.Random(SEED)
    vectors = np.random.default_rng(SEED).standard_normal((count, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for number in range(count):
        kind = f"{draw.choice(NOUNS).title()}{draw.choice(TYPES)}"
        message = f"cannot {draw.choice(VERBS)} {draw.choice(NOUNS)} for {draw.choice(NOUNS)} variant{number:05d}"
        frames = " ".join(f"{draw.choice(VERBS)}_{draw.choice(NOUNS)} {draw.choice(NOUNS)}.py" for _ in range(12))
        text = f"{kind} {message}\n{frames}\napp.{draw.choice(NOUNS)}.{draw.choice(VERBS)}"
        yield ErrorGroup(
            id=f"{number:032x}",
            title=f"{kind}: {message}",
            template=message,
            sample=text,
            dense_text=message,
            text=text,
            level=Level.ERROR,
            exception_type=kind,
            root_type=kind,
            services=(draw.choice(NOUNS),),
            first_seen_ms=1_760_000_000_000,
            last_seen_ms=1_760_000_000_000 + number,
            count=1 + number % 50,
            vector=tuple(float(x) for x in vectors[number]),
            sparse=document_weights(text),
        )


async def fill(data_dir: Path, count: int) -> None:
    """Store the groups, and one real error with a fix."""
    app = App(config.load({}, data_dir=str(data_dir), starter_knowledge=False))
    await app.ready()
    batch = list(groups(count, app.embedder.dimension))
    for start in range(0, count, 500):
        await app.store.upsert_errors(batch[start : start + 500])
    await app.store.flush()
    await app.resolver.record(RecordRequest(fix="Widen the column.", error_text=EXACT))
    await app.close()


EXACT = """Traceback (most recent call last):
  File "/srv/shop/totals.py", line 31, in add_up
    return sum(rows)
ValueError: total does not fit the column of invoice 4711"""
HYBRID = """Traceback (most recent call last):
  File "/srv/shop/queue.py", line {line}, in {verb}_{noun}
    {noun}.{verb}({other})
QueueTimeoutError: cannot {verb} {noun} for {other} {line}"""


def paste(number: int) -> str:
    """A trace whose words differ from the one before: each query is embedded anew."""
    draw = random.Random(SEED + number)
    return HYBRID.format(line=number, verb=draw.choice(VERBS), noun=draw.choice(NOUNS), other=draw.choice(NOUNS))


async def timed(client: Any, tool: str, arguments: dict[str, Any]) -> tuple[float, dict[str, Any]]:  # noqa: ANN401 - the client's type would import mcp at the top
    """Milliseconds of one call, and its facts."""
    started = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    took = 1000 * (time.perf_counter() - started)
    if result.is_error:
        raise SystemExit(result.content[0].text)
    return took, result.structured_content


async def measure(data_dir: Path, calls: int) -> dict[str, list[float]]:
    """Latencies per kind of call."""
    from mcp import Client, StdioServerParameters

    environment = {**os.environ, "MCP_RAG_DATA_DIR": str(data_dir), "MCP_RAG_STARTER_KNOWLEDGE": "false"}
    server = StdioServerParameters(command=sys.executable, args=["-m", "mcp_rag", "serve"], env=environment)
    times: dict[str, list[float]] = {"kb_status": [], "exact": [], "hybrid": []}
    async with Client(server) as client:
        for _ in range(600):
            _, facts = await timed(client, "search_errors", {"error_text": paste(1_000_000)})
            if not facts["degraded"]:
                break
        for number in range(calls):
            for name, tool, arguments in (
                ("kb_status", "kb_status", {}),
                ("exact", "search_errors", {"error_text": EXACT}),
                ("hybrid", "search_errors", {"error_text": paste(number)}),
            ):
                took, _ = await timed(client, tool, arguments)
                times[name].append(took)
    return times


async def asked(data_dir: Path, calls: int) -> list[tuple[float, list[float], dict[int, float]]]:
    """For each query: milliseconds that its embedding took, its vector and its lexical weights."""
    app = App(config.load({}, data_dir=str(data_dir), starter_knowledge=False))
    await app.ready()
    documents, frequencies = await app.store.document_frequencies()
    queries = []
    for number in range(calls):
        text = paste(number)
        started = time.perf_counter()
        vector = await app.embedder.embed_query(text.splitlines()[-1])
        took = 1000 * (time.perf_counter() - started)
        queries.append((took, [float(x) for x in vector], query_weights(text, documents, frequencies)))
    await app.close()
    return queries


def peer(data_dir: Path, calls: int) -> list[float]:
    """Milliseconds of pymilvus's own hybrid search with reciprocal rank fusion, the query's embedding included."""
    from pymilvus import AnnSearchRequest, MilvusClient, RRFRanker

    queries = asyncio.run(asked(data_dir, calls))
    client = MilvusClient(str(data_dir / "milvus.db"))
    errors = next(name for name in client.list_collections() if "errors_v" in name)
    client.load_collection(errors)
    times = []
    for number, (embedding, vector, weights) in enumerate([queries[0], *queries]):
        started = time.perf_counter()
        legs = [
            AnnSearchRequest([vector], "dense", {"metric_type": "IP", "params": {"ef": MIN_EF}}, DENSE_LIMIT),
            AnnSearchRequest([weights], "sparse", {"metric_type": "IP"}, LEXICAL_LIMIT),
        ]
        client.hybrid_search(errors, legs, RRFRanker(), limit=5, output_fields=["title", "sample"])
        if number:  # the first one warms up
            times.append(embedding + 1000 * (time.perf_counter() - started))
    client.close()
    return times


def main() -> None:
    """Fill a store, measure, print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(fill(Path(scratch) / "kb", options.groups))
        times = asyncio.run(measure(Path(scratch) / "kb", options.calls))
        times["peer: engine alone"] = peer(Path(scratch) / "kb", options.calls)
    floor = statistics.median(times["peer: engine alone"])
    print(f"{options.groups} groups, {options.calls} calls each\n\n| call | p50 ms | p99 ms | ratio to the peer |")
    print("| --- | --- | --- | --- |")
    for name, values in times.items():
        ordered = sorted(values)
        p50, p99 = statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {p50 / floor:.1f} |")


if __name__ == "__main__":
    main()
