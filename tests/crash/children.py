"""Starts children that open one data directory and die whenever they are told to.

Each is forked from a process that has imported everything and opened nothing: starting one takes milliseconds, so that
a hundred rounds of kill -9 fit into minutes. What a child has to say it appends to a file, one write a line, which
outlives any kill. The product never forks with a store open; neither does this program.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcp_rag import browse, ingest, reader, redact, resolve, retention, search, status, workers  # noqa: F401 - imported once, for all children
from mcp_rag.errors import McpRagError
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.library import client_class, failures
from tests.crash.logs import make_app
from tests.store.worker import block, group

# No child outlives a test for long, whatever becomes of the test.
LIFE_S = 300.0


class Report:
    """The file that a child writes to."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, *words: Any) -> None:
        """One line, in one write."""
        os.write(self._descriptor, json.dumps(words).encode() + b"\n")


async def ingest_logs(task: dict[str, Any], report: Report) -> None:
    """Ingest one path after another; `["ack", call, n]` says that the n-th report of a call came. With `hold` the store
    stays open afterwards, so that its owner can still be killed."""
    app = make_app(data_dir=task["data"])
    for call, path in enumerate(task["paths"]):
        n = 0
        async for _ in app.ingest(paths=[path], trusted=True, budget_s=LIFE_S):
            n += 1
            report.say("ack", call, n)
    report.say("done")
    if task["hold"]:
        await asyncio.sleep(LIFE_S)
    await app.close()


async def write_and_read(task: dict[str, Any], report: Report) -> None:
    """Several tasks commit blocks of their own that also count the group `shared`, and search, for some seconds."""
    store = open_store(StoreSettings(data_dir=Path(task["data"])))
    await store.open(model_id="hash", dimension=4)
    stop = time.monotonic() + task["seconds"]
    searches: list[float] = []
    writes: list[float] = []
    await asyncio.gather(
        *(_one_writer(store, f"{task['name']}-{n}", stop, report, searches, writes) for n in range(task["tasks"]))
    )
    report.say("times", searches, writes)
    await store.close()
    report.say("done")


async def _one_writer(
    store: MilvusStore, name: str, stop: float, report: Report, searches: list[float], writes: list[float]
) -> None:
    rng = random.Random(name)  # noqa: S311 - places of vectors, not secrets
    n = 0
    while time.monotonic() < stop:
        row = replace(group(f"{name}-{n}"), vector=_direction(rng))
        begin = time.monotonic()
        await store.upsert_errors([row])
        await store.commit_block(block(f"block {row.title}", {row.title: 1, "shared": 1}))
        writes.append(time.monotonic() - begin)
        report.say("ack", row.title)
        begin = time.monotonic()
        hits = await store.search_dense(row.vector or (), 10, ErrorFilter())
        searches.append(time.monotonic() - begin)
        (found,) = await store.get_errors([row.id])
        if found.count != 1 or row.id not in {hit.id for hit in hits}:
            report.say("wrong", row.title, found.count, [hit.id for hit in hits])
        n += 1
        if n % 25 == 0:
            await store.flush()


def _direction(rng: random.Random) -> tuple[float, ...]:
    numbers = [rng.gauss(0, 1) for _ in range(4)]
    norm = sum(x * x for x in numbers) ** 0.5
    return tuple(x / norm for x in numbers)


async def flush_all_the_time(task: dict[str, Any], report: Report) -> None:
    """Own the store, and seal each row that is written to it, until it is killed."""
    store = open_store(StoreSettings(data_dir=Path(task["data"])))
    await store.open(model_id="hash", dimension=4)
    for n in itertools.count():
        await store.upsert_errors([group(f"other {n % 50}")])
        await store.flush()
        report.say("flushed", n)


async def read_what_it_wrote(task: dict[str, Any], report: Report) -> None:
    """Write one group again and again, each time with another sample; then read it by id, and with all others."""
    store = open_store(StoreSettings(data_dir=Path(task["data"])))
    await store.open(model_id="hash", dimension=4)
    stop = time.monotonic() + task["seconds"]
    reads = 0
    while time.monotonic() < stop:
        row = replace(group("mine"), sample=f"as of {reads}")
        await store.upsert_errors([row])
        asked = [store.get_errors([row.id]) if n % 2 else store.query_errors(ErrorFilter(), 99) for n in range(8)]
        for found in await asyncio.gather(*asked):
            reads += 1
            if row.sample not in {other.sample for other in found}:
                report.say("wrong", row.sample, [(other.title, other.sample) for other in found])
    await store.close()
    report.say("done", reads)


KINDS = {
    "ingest": ingest_logs,
    "soak": write_and_read,
    "flush": flush_all_the_time,
    "reread": read_what_it_wrote,
}


async def do(task: dict[str, Any]) -> None:
    """Do one task; what goes wrong is said."""
    report = Report(task["report"])
    try:
        await KINDS[task["kind"]](task, report)
    except McpRagError as error:
        report.say("error", type(error).__name__, str(error))
    except BaseException as error:
        report.say("defect", type(error).__name__, repr(error)[:500])
        raise


def main() -> None:
    """Fork a child for each line of stdin and print its process id; end with stdin."""
    client_class()
    failures()
    import milvus_lite.adapter.grpc.servicer
    import milvus_lite.db  # noqa: F401 - imported once, for all children

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 0)
            os.dup2(nowhere, 1)
            asyncio.run(do(json.loads(line)))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
