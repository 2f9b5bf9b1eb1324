"""What `explain_error` costs beside the model, with N error groups on Milvus Lite.

    python benchmarks/explain.py [--groups 10000] [--calls 200]

A model server on a loopback socket in this process answers at once, through the real client; the time it spends itself
(from the whole request to the last byte of its answer) is taken off. What is left is search, redaction, prompt,
request, parsing and grounding. Groups and vectors are those of benchmarks/search.py. Every paste is another error, so
no answer comes from the cache unless the row says so. Prints p50 and p99 in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.search import EXACT, NOUNS, SEED, TYPES, VERBS, fill
from mcp_rag import config
from mcp_rag.app import App
from mcp_rag.explain import Explain
from mcp_rag.garbage import collect_rarely
from mcp_rag.llm import LlmClient
from mcp_rag.rows import ErrorFilter
from tests.fake_llm import Exchange, FakeLlm, answer, never_answers, reply

DEADLINE_S = 0.5
ANSWER = answer(
    verdict="likely_cause",
    summary="The entry names the same call. Its pool is empty.",
    root_cause="The broker does not take the message.",
    steps=(("Raise the limit of the broker with `brokerctl --limit 30`.", ("E1",)), ("Widen the column.", ("E1",))),
    citations=(("E1", "cannot"), ("E1", "variant")),
)


class InstantModel:
    """A chat behaviour that answers at once and adds up the time it took."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    async def __call__(self, exchange: Exchange) -> None:
        started = time.perf_counter()
        await reply(ANSWER)(exchange)
        self.spent_s += time.perf_counter() - started


def pastes(count: int) -> list[str]:
    """Distinct errors near the stored ones, none of them stored."""
    draw = random.Random(SEED + 1)
    found: dict[str, None] = {}
    while len(found) < count:
        verb, noun, other = draw.choice(VERBS), draw.choice(NOUNS), draw.choice(NOUNS)
        kind = f"{other.title()}{draw.choice(TYPES)}"
        found[
            "Traceback (most recent call last):\n"
            f'  File "/srv/shop/{noun}.py", line {draw.randrange(400)}, in {verb}_{other}\n'
            f"    broker.{verb}({noun})\n{kind}: cannot {verb} {noun} for {other} of tenant {draw.randrange(10**6)}"
        ] = None
    return list(found)


async def timed(model: InstantModel, call: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of a call without the model's own."""
    before, started = model.spent_s, time.perf_counter()
    await call()
    return 1000 * (time.perf_counter() - started - (model.spent_s - before))


async def measure(data_dir: Path, calls: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Overheads per kind of question, and the parts of the first kind."""
    app = App(config.load({}, data_dir=str(data_dir), starter_knowledge=False))
    await app.ready()
    model = InstantModel()
    rows: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {"search": [], "the rest": []}
    async with FakeLlm(model) as fake, FakeLlm(never_answers()) as silent:
        client = LlmClient(fake.base_url, "m")
        slow = LlmClient(silent.base_url, "m", total_timeout_s=DEADLINE_S, cooldown_s=0)

        def verb(explainer: LlmClient | None) -> Explain:
            return Explain(app.searcher, explainer, app.browser.group, app.gate)

        asked, alone, late = verb(client), verb(None), verb(slow)
        for paste in pastes(calls + 20)[calls:]:
            await asked.explain(paste, "", "")
        for paste in pastes(calls):
            took = await timed(model, lambda p=paste: asked.explain(p, "", ""))
            rows.setdefault("new error, hybrid search", []).append(took)
            search = await timed(model, lambda p=paste: app.searcher.find(p, ErrorFilter()))
            parts["search"].append(search)
            parts["the rest"].append(took - search)
            rows.setdefault("the same again, from the cache", []).append(
                await timed(model, lambda p=paste: asked.explain(p, "", ""))
            )
            rows.setdefault("known error with a fix", []).append(
                await timed(model, lambda: verb(client).explain(EXACT, "", ""))
            )
            rows.setdefault("new error, no model server", []).append(
                await timed(model, lambda p=paste: alone.explain(p, "", ""))
            )
        for paste in pastes(10):
            took = await timed(model, lambda p=paste: late.explain(p, "", ""))
            rows.setdefault("silent model server, beyond its deadline", []).append(took - 1000 * DEADLINE_S)
        for explainer in (client, slow):
            await explainer.aclose()
    await app.close()
    return rows, parts


def main() -> None:
    """Fill a store, measure, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=200)
    options = parser.parse_args()
    collect_rarely()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(fill(Path(scratch) / "kb", options.groups))
        rows, parts = asyncio.run(measure(Path(scratch) / "kb", options.calls))
    print(f"{options.groups} groups, {options.calls} calls each\n\n| question | p50 ms | p99 ms |\n| --- | --- | --- |")
    for name, values in (*rows.items(), *(("of the first: " + n, v) for n, v in parts.items())):
        ordered = sorted(values)
        print(f"| {name} | {statistics.median(ordered):.1f} | {ordered[int(0.99 * (len(ordered) - 1))]:.1f} |")


if __name__ == "__main__":
    main()
