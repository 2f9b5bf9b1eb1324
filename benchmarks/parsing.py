"""How fast logs are read, cut into events and grouped here, in one process and with the worker pool.

    python benchmarks/parsing.py [--lines 1000000] [--rounds 3] [--scale 100000 1000000] [--drain3 PYTHON] [--logs DIR]

Writes the logs of benchmarks/generate.py into a scratch directory and measures, each in a fresh process: events from
WARN up, all events, hostile lines, two worker processes. Prints medians of lines a CPU second (what the machine's other
work cannot change), lines a second of wall time, the most memory held, and whether one process and the pool found the
same groups. `--drain3` names a Python that has drain3 installed; it reads the same file line by line with its default
settings. A venv for it: pip install drain3 --no-deps jsonpickle==1.5.1 cachetools==4.2.1
The row "bare steps" is what no reader in Python can leave out (split the file at its newlines, make digits 0, split
again, look every line up among those known), with nothing learned or counted: it tells how fast a machine is.
`--logs` names a directory of real logs, whose lines are read too with their numbers and ids drawn anew.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_rag.occurrences import Occurrences
    from mcp_rag.types import Block, ParseSettings

ROOT = Path(__file__).parents[1]
KINDS = ("warn", "all", "hostile", "pool")


def blocks(path: Path) -> Iterator[Block]:
    """The file's blocks as ingest reads them."""
    from mcp_rag.config import Settings
    from mcp_rag.wiring import build_reader

    return build_reader(Settings(), None).blocks([str(path)])


class Grouped:
    """What ingest does with parsed blocks, without a store: groups by id, samples built for the new ones only."""

    def __init__(self) -> None:
        from mcp_rag.template import MergeIndex

        self.merge = MergeIndex()
        self.groups: dict[str, Occurrences] = {}
        self.lines = self.events = 0

    def add(self, block: Block, found: dict[str, Occurrences], settings: ParseSettings) -> None:
        """Take in the occurrences of one block."""
        from mcp_rag.grouping import assign, complete

        assigned = assign(found, self.merge)
        complete([o for i, o in assigned.items() if i not in self.groups], block, settings)
        self.lines += block.lines
        for group_id, occurrences in assigned.items():
            self.events += occurrences.count
            if group_id in self.groups:
                self.groups[group_id].absorb(occurrences)
            else:
                self.groups[group_id] = occurrences

    def digest(self) -> str:
        """A digest of everything that is stored of the groups."""
        rows = [
            (i, o.count, o.first_ms, o.last_ms, sorted(o.hours.items()), sorted(o.services), o.record.body, o.level)
            for i, o in sorted(self.groups.items())
        ]
        return hashlib.sha256(repr(rows).encode("utf-8", "replace")).hexdigest()[:16]


def single(path: Path, level: str) -> Grouped:
    """One process, one thread."""
    from mcp_rag.events import voted
    from mcp_rag.grouping import parse
    from mcp_rag.types import Level, ParseSettings

    grouped, settings = Grouped(), ParseSettings(min_level=Level[level])
    for block in blocks(path):
        if not block.index:
            settings = ParseSettings(min_level=Level[level], hint=voted(block.data[:131_072]))
        grouped.add(block, parse(block, settings).found, settings)
    return grouped


async def pooled(path: Path, workers: int) -> Grouped:
    """The pool that ingest starts past 200,000 lines, from the first line on."""
    from mcp_rag.describing import Describer
    from mcp_rag.events import voted
    from mcp_rag.redact import Redactor
    from mcp_rag.types import Level, ParseSettings
    from mcp_rag.workers import ParsePool

    grouped, settings = Grouped(), ParseSettings(min_level=Level.WARN)
    pool = ParsePool(workers, Describer(Redactor(), Redactor()), after_lines=0)
    waiting: list[tuple[Block, asyncio.Task[Any]]] = []
    source = blocks(path)
    try:
        while True:
            while len(waiting) < pool.ahead and (block := await asyncio.to_thread(next, source, None)) is not None:
                if not block.index:
                    settings = ParseSettings(min_level=Level.WARN, hint=voted(block.data[:131_072]))
                waiting.append((block, asyncio.ensure_future(pool(block, settings))))
            if not waiting:
                return grouped
            block, task = waiting.pop(0)
            grouped.add(block, (await task).found, settings)
    finally:
        await asyncio.to_thread(pool.close)


def bare_steps(path: Path) -> int:
    """Split, make digits 0, split again and look up all lines of a file, 4 MiB at a time; returns how many."""
    zero = bytes.maketrans(b"123456789", b"000000000")
    known: dict[bytes, int] = {}
    lines = 0
    with path.open("rb") as file:
        while chunk := file.read(4 << 20):
            chunk += file.readline()
            split = chunk.split(b"\n")
            lines += len([*map(known.get, chunk.translate(zero).split(b"\n"))]) - (not split[-1])
    return lines


def drain(path: Path, most: int) -> int:
    """Drain3 with its default settings over the first lines of the file; needs nothing of ours."""
    from drain3 import TemplateMiner  # type: ignore[import-not-found, unused-ignore]  # another Python's package

    miner = TemplateMiner()
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number >= most:
                return most
            miner.add_log_message(line.rstrip("\n"))
    return number + 1


def child(kind: str, path: Path, most: int) -> None:
    """Measure one way and print it as JSON."""
    if kind == "drain3":
        import drain3  # type: ignore[import-not-found, unused-ignore]  # noqa: F401  # importing is not measured
    else:
        import mcp_rag.grouping
        import mcp_rag.wiring  # noqa: F401
        from mcp_rag.garbage import collect_rarely

        collect_rarely()
    before, started = os.times(), time.perf_counter()
    facts: dict[str, Any] = {}
    if kind == "drain3":
        facts["lines"] = drain(path, most)
    elif kind == "bare":
        facts["lines"] = bare_steps(path)
    else:
        level = "UNSET" if kind == "all" else "WARN"
        grouped = asyncio.run(pooled(path, 2)) if kind == "pool" else single(path, level)
        facts |= {"lines": grouped.lines, "events": grouped.events, "groups": len(grouped.groups)}
    wall = time.perf_counter() - started
    for worker in multiprocessing.active_children():
        worker.join()  # only the time of ended children is counted
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    if kind not in {"drain3", "bare"}:
        facts["digest"] = grouped.digest()
    print(json.dumps(facts | {"cpu_s": cpu, "wall_s": wall, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(row for row in status.read_text(encoding="utf-8").splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measured(kind: str, path: Path, python: str = sys.executable, most: int = 0) -> dict[str, Any]:
    """One run in a fresh process."""
    command = [python, __file__, "--child", kind, "--path", str(path), "--most", str(most)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=1200)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def row(label: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the medians of some runs as one row of the table."""
    middle = {key: statistics.median(run[key] for run in runs) for key in ("cpu_s", "wall_s", "peak_mb")}
    lines = runs[0]["lines"]
    middle |= {"per_cpu_s": lines / middle["cpu_s"], "per_wall_s": lines / middle["wall_s"]}
    shown = [f"{lines:,}", f"{middle['per_cpu_s']:,.0f}", f"{middle['per_wall_s']:,.0f}", f"{middle['peak_mb']:.0f}"]
    shown += [f"{runs[0].get('events', 0):,}", f"{runs[0].get('groups', 0):,}"]
    print(f"| {label} | {' | '.join(shown)} |", flush=True)
    return middle


def report(options: argparse.Namespace, scratch: Path) -> None:
    """Measure everything and print one table."""
    import generate

    mixed, hostile = scratch / "mixed.log", scratch / "hostile.log"
    size = generate.write(mixed, options.lines)
    generate.write(hostile, options.lines, hostile=True)
    print(f"{options.lines:,} lines, {size / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f}; median of {options.rounds}\n")
    print("| what | lines | lines/CPU-s | lines/s | peak MB | events | groups |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):  # in turns, so that whatever else the machine does falls on all of them
        for kind in KINDS:
            runs[kind].append(measured(kind, hostile if kind == "hostile" else mixed))
    labels = ("WARN and up", "all levels", "hostile, WARN and up", "WARN and up, two workers")
    middles = {kind: row(label, runs[kind]) for kind, label in zip(KINDS, labels, strict=True)}
    bare = row("bare steps", [measured("bare", mixed) for _ in range(options.rounds)])
    if options.drain3:
        # Once: it takes minutes, and slows down with every line.
        found = [measured("drain3", mixed, options.drain3, options.drain3_lines or options.lines)]
        middles["drain3"] = row("Drain3, default settings", found)
    for lines in options.scale:
        path = scratch / f"{lines}.log"
        generate.write(path, lines)
        row(
            f"WARN and up, {lines:,} lines",
            [measured("warn", path) for _ in range(options.rounds if lines < 5e6 else 1)],
        )
        path.unlink()
    if options.logs:
        real(options, scratch)
    same = {run["digest"] for kind in ("warn", "pool") for run in runs[kind]}
    print(f"\none process and the pool: {'the same groups' if len(same) == 1 else 'DIFFERENT GROUPS'}")
    print(f"two workers: {middles['pool']['per_wall_s'] / middles['warn']['per_wall_s']:.2f} times one process")
    print(f"WARN and up: {middles['warn']['cpu_s'] / bare['cpu_s']:.1f} times the bare steps")
    if options.drain3:
        print(f"Drain3: {middles['warn']['per_cpu_s'] / middles['drain3']['per_cpu_s']:.1f} times faster than it")


def real(options: argparse.Namespace, scratch: Path) -> None:
    """The lines of real logs, redrawn: ours and, where it is installed, Drain3."""
    import generate

    path = scratch / "real.log"
    generate.save(path, generate.redrawn(options.logs, options.lines))
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("warn", "pool")}
    for _ in range(options.rounds):
        for kind, found in runs.items():
            found.append(measured(kind, path))
    ours = row("real logs, WARN and up", runs["warn"])
    row("real logs, WARN and up, two workers", runs["pool"])
    if options.drain3:
        most = options.drain3_lines or options.lines * 3 // 10
        theirs = row("real logs, Drain3", [measured("drain3", path, options.drain3, most)])
        print(f"\nreal logs: {ours['per_cpu_s'] / theirs['per_cpu_s']:.1f} times faster than Drain3")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--logs", type=Path)
    parser.add_argument("--scale", type=int, nargs="*", default=[])
    parser.add_argument("--drain3", default="")
    parser.add_argument("--drain3-lines", type=int, default=0, help="0: all; of real logs three in ten")
    parser.add_argument("--child", choices=[*KINDS, "bare", "drain3"])
    parser.add_argument("--path", type=Path)
    parser.add_argument("--most", type=int, default=0)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.path, options.most)
        return
    with tempfile.TemporaryDirectory() as scratch:
        report(options, Path(scratch))


if __name__ == "__main__":
    main()
