"""How well events are cut out of logs and their exceptions read, on labelled snippets; and how fast.

python evals/events.py DIRECTORY    snippets.jsonl: text, events with start, end, level, type, root_type, message
python evals/events.py --speed      lines per second on generated logs
python evals/events.py -v DIRECTORY lists every difference
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

CRASH_LEVELS = {"ERROR", "FATAL"}


def found_type(record: LogRecord) -> str | None:
    """The exception type a record claims."""
    return (record.stacktrace.outermost.type or None) if record.stacktrace else None


def found_root(record: LogRecord) -> str | None:
    """The type of the innermost cause a record claims."""
    return record.stacktrace.root.type if record.stacktrace else None


def found_message(record: LogRecord) -> str:
    """The log message, or the exception's where the event is a bare trace."""
    if record.message or record.stacktrace is None:
        return record.message
    return record.stacktrace.outermost.message


def level_agrees(found: Level, wanted: str) -> bool:
    """ERROR and FATAL are equally right; a line without any level word counts as INFO."""
    name = "INFO" if found is Level.UNSET else found.name
    return name == wanted or {name, wanted} <= CRASH_LEVELS


class Score:
    """Right and total per question."""

    def __init__(self) -> None:
        self.right: dict[str, int] = {}
        self.total: dict[str, int] = {}

    def add(self, question: str, *, ok: bool) -> bool:
        self.total[question] = self.total.get(question, 0) + 1
        self.right[question] = self.right.get(question, 0) + ok
        return ok


def judge(snippet: Mapping[str, Any], score: Score, say: Callable[[str], None]) -> tuple[int, int, int]:
    """Scores one snippet; returns true positives, claimed and wanted event starts."""
    records, _ = parse_block(snippet["text"].encode(), ParseSettings(min_level=Level.UNSET))
    starts = {r.first_line: r for r in records}
    wanted = {e["start"]: e for e in snippet["events"]}
    if snippet["strict"] and not score.add("exact", ok=set(starts) == set(wanted)):
        say(f"{snippet['id']}: starts {sorted(starts)} wanted {sorted(wanted)}")
    for start, event in wanted.items():
        record = starts.get(start)
        questions = {
            "end": (record and record.last_line, event["end"], record is not None and record.last_line == event["end"]),
            "level": (
                record and record.level.name,
                event["level"],
                bool(record and level_agrees(record.level, event["level"])),
            ),
            "type": (
                record and found_type(record),
                event["type"],
                bool(record and found_type(record) == event["type"]),
            ),
            "root": (
                record and found_root(record),
                event["root_type"],
                bool(record and found_root(record) == event["root_type"]),
            ),
        }
        if event["message"] is not None:
            questions["message"] = (
                record and found_message(record),
                event["message"],
                bool(record and found_message(record) == event["message"]),
            )
        for question, (got, want, ok) in questions.items():
            if question in {"end", "level"} and not snippet["strict"]:
                continue
            if not score.add(question, ok=ok):
                say(f"{snippet['id']}:{start}: {question} {got!r} wanted {want!r}")
    if not snippet["strict"]:
        return 0, 0, 0
    return len(set(starts) & set(wanted)), len(starts), len(wanted)


def evaluate(directory: Path, say: Callable[[str], None]) -> None:
    """Prints the scores over all snippets of a directory."""
    score = Score()
    hit = claimed = wanted = 0
    with (directory / "snippets.jsonl").open(encoding="utf-8") as file:
        for line in file:
            one = judge(json.loads(line), score, say)
            hit, claimed, wanted = hit + one[0], claimed + one[1], wanted + one[2]
    f1 = 2 * hit / (claimed + wanted) if claimed + wanted else 0.0
    print(f"boundary F1 {f1:.3f} ({hit} of {wanted} starts, {claimed} claimed)")
    for question, total in score.total.items():
        print(f"{question:8s} {score.right[question]}/{total} {score.right[question] / total:.3f}")


NOW = "2026-11-23 19"
SOURCES = (
    lambda r: (
        f"{NOW}:{r(10, 59)}:{r(10, 59)},{r(100, 999)} - shop.worker - INFO - charged {r(1, 9999)} in {r(1, 900)} ms"
    ),
    lambda r: (
        f"{NOW}:{r(10, 59)}:{r(10, 59)}.{r(100, 999)} [exec-{r(1, 64)}] INFO com.acme.Pay - order {r(1, 99999)} paid"
    ),
    lambda r: (
        f"{NOW}:{r(10, 59)}:{r(10, 59)}.{r(100, 999)} [exec-{r(1, 64)}] DEBUG com.acme.Pool - {r(1, 64)} of 64 used"
    ),
    lambda r: (
        f"Nov 23 19:{r(10, 59)}:{r(10, 59)} web-{r(1, 9)} sshd[{r(100, 9999)}]: Accepted key from 10.0.{r(0, 255)}.7"
    ),
    lambda r: (
        f"I1123 19:{r(10, 59)}:{r(10, 59)}.{r(100000, 999999)} {r(10, 99)} proxier.go:{r(100, 999)}] {r(1, 900)} set"
    ),
    lambda r: f'INFO:     10.0.{r(0, 255)}.{r(0, 255)}:{r(1024, 65000)} - "GET /orders/{r(1, 9999)} HTTP/1.1" 200 OK',
)


def mixed(count: int, *, hostile: bool, seed: int = 7) -> Iterator[str]:
    """Ordinary lines of several formats, 2 % warnings and errors, some with a traceback; `hostile`: random hexadecimal
    words in 40 % of the lines."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        chance = rng.random()
        if chance > 0.994:
            yield f"{NOW}:20:{rng.randint(10, 59)},{rng.randint(100, 999)} - shop.worker - ERROR - charge failed"
            yield from TRACE
            made += 1 + len(TRACE)
            continue
        if chance > 0.98:
            stamp = f"{NOW}:20:{rng.randint(10, 59)},{rng.randint(100, 999)}"
            line = f"{stamp} - shop.worker - WARNING - queue at {rng.randint(1, 99)}"
        else:
            line = SOURCES[made % len(SOURCES)](rng.randint)
        if hostile and rng.random() < 0.4:
            line += f" id={rng.getrandbits(64):x}"
        made += 1
        yield line


TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/app/worker.py", line 88, in run',
    "    charge(order)",
    '  File "/srv/app/pay.py", line 12, in charge',
    "    raise PaymentError(code)",
    "app.errors.PaymentError: card declined",
)


def speed(count: int) -> None:
    """Prints lines per second of CPU time, first pass (cold memo) and second (warm), in blocks of 4 MiB."""
    for name, hostile in (("mixed", False), ("hostile", True)):
        data = "\n".join(mixed(count, hostile=hostile)).encode()
        blocks = _blocks(data, 4 << 20)
        for turn in ("cold", "warm"):
            began = time.process_time()
            lines = events = kept = 0
            for block in blocks:
                records, counts = parse_block(block, ParseSettings(min_level=Level.WARN, hint="python-logging"))
                lines, events, kept = lines + counts.lines, events + counts.events, kept + len(records)
            took = time.process_time() - began
            print(f"{name:8s} {turn}: {lines / took:9,.0f} lines/s ({lines:,} lines, {events:,} events, {kept:,} kept)")


def _blocks(data: bytes, size: int) -> list[bytes]:
    found = []
    while data:
        cut = data.find(b"\n", size) + 1 or len(data)
        found.append(data[:cut])
        data = data[cut:]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--lines", type=int, default=300_000)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if options.directory:
        evaluate(options.directory, print if options.verbose else lambda _: None)
    if options.speed:
        speed(options.lines)


if __name__ == "__main__":
    main()
