"""A process with one store, driven by JSON lines: `["put", "name"]` in, `["ok", ...]` or `["error", ...]` out."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mcp_rag.errors import McpRagError
from mcp_rag.rows import BlockRow, ErrorFilter, ErrorGroup
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.types import Level
from tests.fakes import hex_id


def group(name: str) -> ErrorGroup:
    """A small group of that name."""
    return ErrorGroup(
        id=hex_id(name),
        title=name,
        template=name,
        sample=name,
        dense_text=name,
        text=name,
        level=Level.ERROR,
        vector=(1.0, 0.0, 0.0, 0.0),
        sparse={1: 1.0},
    )


def block(name: str, counts: dict[str, int]) -> BlockRow:
    """A block that counts the named groups in hour 0."""
    by_id = {hex_id(g): {0: n} for g, n in counts.items()}
    return BlockRow(
        id=hex_id(name),
        head=hex_id("head"),
        source=name,
        service="",
        size_bytes=1,
        lines=1,
        events=1,
        min_level=Level.WARN,
        open=False,
        applied=False,
        created_ms=1,
        counts=by_id,
        first_seen=dict.fromkeys(by_id, 1),
        last_seen=dict.fromkeys(by_id, 2),
    )


async def answer(store: MilvusStore, command: str, args: list[Any]) -> Any:
    """Carry out one command."""
    if command == "put":
        await store.upsert_errors([group(n) for n in args])
        return len(args)
    if command == "commit":
        await store.commit_block(block(args[0], args[1]))
        return args[0]
    if command == "counts":
        return {g.title: g.count for g in await store.query_errors(ErrorFilter(), 16_384)}
    if command == "stream":  # writes without being asked again, one acknowledgement a line
        for n in range(args[1]):
            name = f"{args[0]}-{n}"
            await store.upsert_errors([group(name)])
            await store.commit_block(block(f"block {name}", {name: 1}))
            sys.stdout.write(json.dumps(["ack", name]) + "\n")
            sys.stdout.flush()
            if n % 10 == 9:
                await store.flush()
        return "done"
    if command == "limit":  # every file of this process may have at most this many bytes
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (args[0] if args[0] >= 0 else hard, hard))
        return args[0]
    if command == "flush":
        return await store.flush()
    return asdict(await store.info())


async def main(data_dir: str, timeout_s: float) -> None:
    """Answer until stdin ends, then close the store."""
    store = open_store(StoreSettings(data_dir=Path(data_dir), timeout_s=timeout_s))
    loop = asyncio.get_running_loop()
    try:
        await store.open(model_id="hash", dimension=4)
        reply: list[Any] = ["ok", "open"]
    except McpRagError as error:
        reply = ["error", type(error).__name__, str(error)]
    while True:
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        command, *args = json.loads(line)
        try:
            reply = ["ok", await answer(store, command, args)]
        except McpRagError as error:
            reply = ["error", type(error).__name__, str(error)]
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
