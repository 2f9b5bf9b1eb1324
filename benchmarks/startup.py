"""Start-up cost: spawn → `initialize` answered against a bare three-tool server, and spawn → first vector search.

    python benchmarks/startup.py [--rounds 9]

Prints medians of CPU seconds (user + system of the whole process) and wall seconds, and their difference and ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare")
@server.tool()
async def one(text: str) -> str:
    "One."
    return text
@server.tool()
async def two(text: str, n: int = 1) -> str:
    "Two."
    return text * n
@server.tool()
async def three() -> str:
    "Three."
    return "3"
server.run()
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
}
SEARCH = {
    "jsonrpc": "2.0",
    "method": "tools/call",
    "params": {"name": "search_errors", "arguments": {"error_text": "ValueError: could not convert string to float"}},
}


def send(pipe: IO[bytes], message: dict[str, Any]) -> None:
    """One message on the wire."""
    pipe.write(json.dumps(message).encode() + b"\n")
    pipe.flush()


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """The process's two ends of the wire."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the process was started without pipes")
    return process.stdin, process.stdout


def receive(pipe: IO[bytes], wanted: int) -> dict[str, Any]:
    """The answer with id `wanted`."""
    for line in pipe:
        message: dict[str, Any] = json.loads(line)
        if message.get("id") == wanted:
            return message
    raise SystemExit("the server ended without an answer")


def cpu_of(pid: int) -> float:
    """User and system seconds of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def initialize_once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU and wall seconds from spawn to the answer of `initialize`."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        stdin, stdout = pipes(process)
        send(stdin, INITIALIZE)
        receive(stdout, 1)
        wall, cpu = time.perf_counter() - started, cpu_of(process.pid)
        process.kill()
    return cpu, wall


def first_search(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds from spawn to the first answer, and to the first one that used vectors."""
    started = time.perf_counter()
    first = 0.0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        stdin, stdout = pipes(process)
        send(stdin, INITIALIZE)
        receive(stdout, 1)
        send(stdin, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        for number in range(2, 400):
            send(stdin, {**SEARCH, "id": number})
            facts = receive(stdout, number)["result"]["structuredContent"]
            first = first or time.perf_counter() - started
            if facts["retrieval_mode"] == "hybrid":
                break
        total = time.perf_counter() - started
        process.kill()
    return first, total


def main() -> None:
    """Run both servers in turn and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
    with tempfile.TemporaryDirectory() as scratch:
        environment["MCP_RAG_DATA_DIR"] = scratch
        bare = [sys.executable, "-c", BARE]
        ours = [sys.executable, "-m", "mcp_rag", "serve"]
        for command in (bare, ours):
            initialize_once(command, environment)  # writes the byte code
        first_search(ours, environment)  # loads the starter knowledge
        times: dict[str, list[tuple[float, float]]] = {"bare": [], "mcp-rag": []}
        for _ in range(rounds):
            times["bare"].append(initialize_once(bare, environment))
            times["mcp-rag"].append(initialize_once(ours, environment))
        searches = [first_search(ours, environment) for _ in range(min(rounds, 5))]
    print("| server | CPU s to initialize | wall s |\n| --- | --- | --- |")
    medians = {}
    for name, values in times.items():
        cpu, wall = (statistics.median(v[i] for v in values) for i in (0, 1))
        medians[name] = cpu
        print(f"| {name} | {cpu:.2f} | {wall:.2f} |")
    difference, ratio = medians["mcp-rag"] - medians["bare"], medians["mcp-rag"] / medians["bare"]
    print(f"\ndifference {difference:.2f} s CPU, ratio {ratio:.2f}")
    answer, vectors = (statistics.median(s[i] for s in searches) for i in (0, 1))
    print(f"spawn to first search answered {answer:.2f} s, with vectors {vectors:.2f} s")


if __name__ == "__main__":
    main()
