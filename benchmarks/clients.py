"""Many clients on one HTTP server, the server's memory, and what a large paste costs.

    python benchmarks/clients.py [--groups 10000] [--clients 32] [--calls 20] [--paste 10000 100000 1000000]

Three tables. Searches of `--clients` MCP clients at once, each with its own connection and `--calls` different pastes,
against `mcp-rag serve --transport streamable-http` on loopback with that many error groups on Milvus Lite: latency,
searches a second, errors (any error ends the run with exit code 1). The resident memory of that server along the way.
The time of one paste of each size over stdio, for four kinds of text; the second try of each is another text of the
same kind. The groups are those of benchmarks/search.py; client and server share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import generate
import search

START_S = 30
WARM_S = 120
CALL_S = 120
POLL_S = 0.05
TOOL = "search_errors"


@dataclass
class Load:
    """What the clients saw: milliseconds of each search, and the first words of each error."""

    taken: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wall_s: float = 0.0


def environment(data_dir: Path) -> dict[str, str]:
    """What a server over `data_dir` is started with."""
    return {**os.environ, "MCP_RAG_DATA_DIR": str(data_dir), "MCP_RAG_STARTER_KNOWLEDGE": "false"}


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident megabytes of a process now, and at most so far (Linux)."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data_dir: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """A server process; what it prints goes to `log`."""
    arguments = [sys.executable, "-m", "mcp_rag", "serve", "--transport", "streamable-http", "--port", str(port)]
    with log.open("wb") as output:
        return subprocess.Popen(arguments, env=environment(data_dir), stdout=output, stderr=output)


@asynccontextmanager
async def http_server(data_dir: Path, log: Path) -> AsyncIterator[tuple[str, int]]:
    """The URL and pid of a server of its own; its log goes to a file."""
    port = free_port()
    process = start(data_dir, port, log)
    try:
        deadline = time.monotonic() + START_S
        while not await listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start:\n" + "".join(tail(log)))
            await asyncio.sleep(POLL_S)
        yield f"http://127.0.0.1:{port}/mcp", process.pid
    finally:
        process.terminate()
        process.wait(START_S)


def tail(log: Path) -> list[str]:
    """The last lines that a server printed."""
    with log.open(encoding="utf-8", errors="replace") as file:
        return file.readlines()[-20:]


async def listens(port: int) -> bool:
    """True once somebody accepts connections."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Any]:
    """An MCP client with a connection of its own."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(timeout=CALL_S) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


async def warm(client: Any) -> None:  # noqa: ANN401 - the client's type would import mcp at the top
    """Search until vectors take part."""
    deadline = time.monotonic() + WARM_S
    while (await search.timed(client, TOOL, {"error_text": search.paste(1_000_000)}))[1]["degraded"]:
        if time.monotonic() > deadline:
            raise SystemExit("the server stayed degraded")
        await asyncio.sleep(POLL_S)


async def one_client(url: str, number: int, calls: int, load: Load) -> None:
    """Connect, then search `calls` times, one after the other, each time for another error."""
    try:
        async with client_of(url) as client:
            for call in range(calls):
                paste = search.paste(1_000 * number + call)
                started = time.perf_counter()
                result = await client.call_tool(TOOL, {"error_text": paste})
                load.taken.append(1000 * (time.perf_counter() - started))
                if result.is_error:
                    load.errors.append(result.content[0].text[:200])
                elif result.structured_content["degraded"] or not result.structured_content["hits"]:
                    load.errors.append(str(result.structured_content["degraded_reason"] or "no hit"))
    except Exception as error:  # noqa: BLE001 - whatever a client meets is what this counts
        load.errors.append(f"{type(error).__name__}: {error}"[:200])


async def under_load(url: str, clients: int, calls: int) -> Load:
    """All clients at once."""
    load = Load()
    started = time.perf_counter()
    await asyncio.gather(*(one_client(url, number, calls, load) for number in range(clients)))
    load.wall_s = time.perf_counter() - started
    return load


async def serve_and_load(scratch: Path, options: argparse.Namespace) -> tuple[list[tuple[str, float, float]], Load]:
    """The memory table's rows, and the load on the filled store."""
    memory = []
    async with http_server(scratch / "empty", scratch / "empty.log") as (url, pid), client_of(url) as client:
        memory.append(("empty store, `initialize` answered", *memory_mb(pid)))
        await search.timed(client, TOOL, {"error_text": search.EXACT})
        memory.append(("the first search answered", *memory_mb(pid)))
        await warm(client)
        memory.append(("the first search with vectors answered", *memory_mb(pid)))
    async with http_server(scratch / "kb", scratch / "kb.log") as (url, pid):
        async with client_of(url) as client:
            await warm(client)
        memory.append((f"{options.groups:,} groups, the first search with vectors answered", *memory_mb(pid)))
        alone = await under_load(url, 1, options.calls)
        memory.append((f"after {options.calls} searches of one client", *memory_mb(pid)))
        load = await under_load(url, options.clients, options.calls)
        memory.append((f"after {options.calls} searches of each of {options.clients} clients", *memory_mb(pid)))
        again = await under_load(url, options.clients, options.calls)
        memory.append(("after the same again", *memory_mb(pid)))
    print("| searches over HTTP | p50 ms | p99 ms | searches/s | errors |\n| --- | --- | --- | --- | --- |")
    for name, seen in (("1 client", alone), (f"{options.clients} clients", load), ("the same again", again)):
        p50, p99 = spread(seen.taken)
        rate = len(seen.taken) / seen.wall_s
        print(f"| {name}, {len(seen.taken)} calls | {p50:.0f} | {p99:.0f} | {rate:.1f} | {len(seen.errors)} |")
    load.errors += alone.errors + again.errors
    return memory, load


def spread(taken: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    ordered = sorted(taken) or [float("nan")]
    return statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]


# ------------------------------------------------------------------ large pastes
def cut(lines: Iterator[str], size: int) -> str:
    """Whole lines, `size` bytes in all; the last one is cut."""
    parts: list[str] = []
    room = size
    while room > 0:
        line = next(lines)
        parts.append(line)
        room -= len(line.encode()) + 1
    return "\n".join(parts).encode()[:size].decode("utf-8", "ignore")


def mixed_log(size: int, seed: int) -> str:
    """A log of sixteen systems, 2 % of it errors."""
    return cut((line.rstrip("\n") for line in generate.lines(2 * size // 50 + 1_000, seed=seed)), size)


def error_lines(size: int, seed: int) -> str:
    """Nothing but error lines, no two of one template."""
    draw = random.Random(seed)

    def one(number: int) -> str:
        words = " ".join(f"{draw.choice(search.VERBS)} {draw.choice(search.NOUNS)}" for _ in range(4))
        return f"2026-11-23T10:00:{number % 60:02d}.{number % 1000:03d}Z ERROR app.worker cannot {words} ({number})"

    return cut(map(one, itertools.count()), size)


def one_trace(size: int, seed: int) -> str:
    """One Python exception whose frames never end."""
    draw = random.Random(seed)

    def frames() -> Iterator[str]:
        yield "Traceback (most recent call last):"
        for number in itertools.count():
            noun = draw.choice(search.NOUNS)
            yield f'  File "/srv/shop/{noun}.py", line {number}, in {draw.choice(search.VERBS)}_{noun}'
            yield f"    return {noun}.next(depth={number})"

    return cut(frames(), size - 60) + f"\nRecursionError: maximum depth exceeded in tenant {seed}"


def one_line(size: int, seed: int) -> str:
    """One line without an end, as minified JSON is."""
    draw = random.Random(seed)
    pairs = (f'"{draw.choice(search.NOUNS)}{n}":"{draw.choice(search.VERBS)} {n}"' for n in itertools.count())
    return 'ERROR cannot read {"' + cut((p + "," for p in pairs), size).replace("\n", "")[: size - 20]


PASTES: dict[str, Callable[[int, int], str]] = {
    "a log, 2 % errors": mixed_log,
    "error lines only": error_lines,
    "one endless trace": one_trace,
    "one line": one_line,
}


async def pastes(data_dir: Path, sizes: list[int]) -> list[tuple[str, list[tuple[float, float]]]]:
    """Per kind of text, milliseconds of two tries at each size."""
    from mcp import Client, StdioServerParameters

    server = StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_rag", "serve"], env=environment(data_dir), cwd=str(data_dir)
    )
    rows = []
    async with Client(server) as client:
        await warm(client)
        for name, made in PASTES.items():
            row = []
            for size in sizes:
                tries = [
                    (await search.timed(client, TOOL, {"error_text": made(size, seed)}))[0] for seed in (size, size + 1)
                ]
                row.append((tries[0], tries[1]))
            rows.append((name, row))
    return rows


async def report(options: argparse.Namespace, scratch: Path) -> int:
    """Measure, print, and say whether any client met an error."""
    await search.fill(scratch / "kb", options.groups)
    print(f"{options.groups:,} groups, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n", flush=True)
    memory, load = await serve_and_load(scratch, options)
    print("\n| the server's memory | MB now | MB at most |\n| --- | --- | --- |")
    for name, now, most in memory:
        print(f"| {name} | {now:.0f} | {most:.0f} |")
    print(f"\n| one paste over stdio, ms | {' | '.join(f'{size:,} bytes' for size in options.paste)} |", flush=True)
    print("| --- |" + " --- |" * len(options.paste))
    for name, row in await pastes(scratch / "kb", options.paste):
        print(f"| {name} | {' | '.join(f'{first:.0f}, {second:.0f}' for first, second in row)} |")
    for said in dict.fromkeys(load.errors):
        print(f"error: {said}", file=sys.stderr)
    return 1 if load.errors else 0


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--paste", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        return asyncio.run(report(options, Path(scratch)))


if __name__ == "__main__":
    sys.exit(main())
