"""How well events fall into groups: GA and FGA on labelled logs, raw lines and lines without their header.

    python evals/grouping.py --data DIR [--drain3 PYTHON] [--split]

DIR holds `X_2k.log.gz` and `X_2k.labels.csv.gz` per system (Loghub's corrected 2k samples; free for research use, not
part of this repository). GA: share of lines whose predicted group is exactly the labelled group. FGA: harmonic mean of
the shares of predicted and of labelled groups that are right. One setting for all systems. `--drain3` names a Python
that can import drain3 (its pins clash with ours: `pip install --target` or a virtual environment of its own).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import Fingerprinter, fingerprint
from mcp_rag.template import MergeIndex
from mcp_rag.types import Level, LogRecord, ParseSettings

SETTINGS = ParseSettings(min_level=Level.UNSET)
DRAIN3 = """
import json, sys
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig
from drain3.masking import MaskingInstruction
# The masking of drain3's own example configuration.
RULES = [
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\\-\\+]?\\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
    (r"(?<=executed cmd )(\\".+?\\")", "CMD"),
]
task = json.load(sys.stdin)
config = TemplateMinerConfig()
if task["masking"]:
    config.masking_instructions = [MaskingInstruction(p, m) for p, m in RULES]
miner = TemplateMiner(config=config)
print(json.dumps([miner.add_log_message(line)["cluster_id"] for line in task["lines"]]))
"""


class System(NamedTuple):
    """One labelled log: raw lines, the same without header, and the label of each."""

    name: str
    raw: list[str]
    content: list[str]
    labels: list[str]


class Score(NamedTuple):
    ga: float
    fga: float


def load(data: Path) -> list[System]:
    """Every system found in `data`, by name."""
    systems = []
    for path in sorted(data.glob("*_2k.labels.csv.gz")):
        name = path.name.split("_")[0]
        rows = list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"))))
        raw = gzip.decompress((data / f"{name}_2k.log.gz").read_bytes()).decode("utf-8", "replace").split("\n")
        systems.append(System(name, raw[: len(rows)], [r["Content"] for r in rows], [r["EventTemplate"] for r in rows]))
    return systems


def score(predicted: Sequence[object], labels: Sequence[str]) -> Score:
    """GA and FGA of one grouping against the labels."""
    ours, truth = defaultdict(set), defaultdict(set)
    for n, (group, label) in enumerate(zip(predicted, labels, strict=True)):
        ours[group].add(n)
        truth[label].add(n)
    exact = {frozenset(lines) for lines in truth.values()}
    right = [lines for lines in ours.values() if frozenset(lines) in exact]
    precision, recall = len(right) / len(ours), len(right) / len(truth)
    fga = 2 * precision * recall / (precision + recall) if right else 0.0
    return Score(sum(map(len, right)) / len(labels), fga)


def from_content(system: System) -> list[str]:
    """Groups of the header-free lines: each line is the message of one event."""
    records = [LogRecord(n, n, line, line) for n, line in enumerate(system.content)]
    return _grouped(records)


def from_raw(system: System) -> list[str]:
    """Groups of the raw lines, read as ingest reads a file; every line that starts no event joins the one before."""
    records, _ = parse_block("\n".join(system.raw).encode("utf-8"), SETTINGS)
    records = list(records)
    groups = _grouped(records)
    by_line: list[str] = [""] * len(system.raw)
    for record, group in zip(records, groups, strict=True):
        for n in range(record.first_line, min(record.last_line + 1, len(by_line))):
            by_line[n] = group
    return by_line


def _grouped(records: Sequence[LogRecord]) -> list[str]:
    fingerprinter, merge = Fingerprinter(), MergeIndex()
    return [
        merge.assign(fingerprinter.of(r), level=r.level, logger=r.logger, has_trace=r.stacktrace is not None)
        for r in records
    ]


def drain(python: str, system: System, *, masking: bool, raw: bool) -> list[int]:
    """Cluster per line from drain3 in another interpreter."""
    task = json.dumps({"lines": system.raw if raw else system.content, "masking": masking})
    done = subprocess.run([python, "-c", DRAIN3], input=task, capture_output=True, text=True, check=True, timeout=300)
    return [int(x) for x in json.loads(done.stdout.strip().splitlines()[-1])]


def show_differences(system: System, predicted: Sequence[str], texts: Sequence[str]) -> None:
    """Labelled groups that fell apart and predicted groups that hold several labels, largest first."""
    ours, truth = defaultdict(list), defaultdict(list)
    for n, (group, label) in enumerate(zip(predicted, system.labels, strict=True)):
        ours[group].append(n)
        truth[label].append(n)
    print(f"== {system.name}")
    for label, lines in sorted(truth.items(), key=lambda item: -len(item[1])):
        groups = Counter(predicted[n] for n in lines)
        if len(groups) > 1:
            print(f"  apart  {len(lines):5} {label[:150]}")
            for group, count in groups.most_common(4):
                print(f"         {count:5}   {texts[next(n for n in lines if predicted[n] == group)][:170]}")
    for lines in sorted(ours.values(), key=lambda lines: -len(lines)):
        labels = Counter(system.labels[n] for n in lines)
        if len(labels) > 1:
            print(f"  joined {len(lines):5}")
            for label, count in labels.most_common(4):
                print(f"         {count:5}   {label[:170]}")


def speed(systems: Sequence[System]) -> None:
    """Microseconds of one fingerprint of a line seen for the first time, and repeated records a second."""
    lines = [line for system in systems for line in dict.fromkeys(system.content)]
    records = [LogRecord(n, n, line, line) for n, line in enumerate(lines)]
    start = time.process_time()
    for record in records:
        fingerprint(record)
    fresh = time.process_time() - start
    fingerprinter = Fingerprinter()
    for record in records:
        fingerprinter.of(record)
    start = time.process_time()
    for record in records:
        fingerprinter.of(record)
    again = time.process_time() - start
    print(
        f"{len(records)} distinct lines: {fresh / len(records) * 1e6:.0f} us each; again: {len(records) / again:,.0f}/s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled logs")
    parser.add_argument("--drain3", default="", metavar="PYTHON", help="a Python that can import drain3")
    parser.add_argument("--differences", action="store_true", help="show which groups differ from the labels")
    options = parser.parse_args()
    systems = load(options.data)
    if not systems:
        parser.error(f"{options.data} holds no *_2k.labels.csv.gz")
    methods: dict[str, Callable[[System], Sequence[object]]] = {"ours": from_content, "ours raw": from_raw}
    if options.drain3:
        for masking in (False, True):
            name = "drain3 masked" if masking else "drain3"
            methods[name] = partial(drain, options.drain3, masking=masking, raw=False)
            methods[f"{name} raw"] = partial(drain, options.drain3, masking=masking, raw=True)
    else:
        print("drain3 left out: name a Python that can import it with --drain3")
    scores: dict[str, list[Score]] = defaultdict(list)
    print(f"{'GA/FGA':12}" + "".join(f"{m:>20}" for m in methods))
    for system in systems:
        row = []
        for method, group in methods.items():
            predicted = group(system)
            result = score(predicted, system.labels)
            scores[method].append(result)
            row.append(f"{result.ga:.3f}/{result.fga:.3f}")
            if options.differences and method.startswith("ours"):
                show_differences(system, [str(g) for g in predicted], system.raw if "raw" in method else system.content)
        print(f"{system.name:12}" + "".join(f"{cell:>20}" for cell in row))
    means = [Score(sum(s.ga for s in r) / len(r), sum(s.fga for s in r) / len(r)) for r in scores.values()]
    print(f"{'mean':12}" + "".join(f"{f'{m.ga:.3f}/{m.fga:.3f}':>20}" for m in means))
    speed(systems)


if __name__ == "__main__":
    main()
