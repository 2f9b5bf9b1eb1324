"""How well log lines of many programs fall into groups: GA and FGA where the programmer's statement is the label.

    python evals/line_groups.py [--drain3 PYTHON] [--differences] [--system NAME] [--lines 1500] [--seed 1]

`data/line_statements.txt` holds what the programs print, a statement a line, `data/line_values.txt` what stands in its
fields; both are invented after the programs' own statements, hosts, names and numbers are made up. Lines of one
statement are one group, unless a field is the fault itself (`{!name}`): then each of its values is a group. Statements
are drawn by Zipf's law, each at least once; every line has the header its program prints.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals.grouping import Score, System, drain, from_content, from_raw, score, show_differences

DATA = Path(__file__).resolve().parent / "data"
FIELD = re.compile(r"\{(!?)([A-Za-z]\w*(?:-\d+)?)\}")
DRAWN = re.compile(r"(?:r(\d+)-(\d+)|([dhHaUbx])(\d+))")
LETTERS = {
    "d": "0123456789",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "a": "abcdefghijklmnopqrstuvwxyz",
    "U": "ABCDEFGHJKMNPQRSTVWXYZ",
    "b": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "x": "bcdfghjklmnpqrstvwxz2456789",
}
SKEW = 1.6  # of the values of a field the first come most often
UNNUMBERED = ("kernel", "com.apple.xpc.launchd[1]")
HEADERS = {
    "syslog": "Mar  3 {clock} gate-2 {tag}: ",
    "zookeeper": "2026-03-03 {clock},{ms} [myid:2] - {level:5} [WorkerSender[myid={tid}]:{logger}@{line}] - ",
    "hadoop": "2026-03-03 {clock},{ms} {level} {logger}: ",
    "cray": "2026-03-03T{clock}.{ms}000+00:00 smw1 {logger} {pid} {lower} - ",
    "cbs": "2026-03-03 {clock}, {level:9}             {logger:6} ",
    "clash": "2026-03-03 {clock} {level}  ",
    "cisco": "Mar  3 {clock}.{ms}: %{logger}: ",
    "klog": "{level[0]}0303 {clock}.{ms}512 {pid:7} {logger}] ",
    "cassandra": "{level:5} [main-{tid}] 2026-03-03 {clock},{ms} {logger}:{line} - ",
    "kafka": "[2026-03-03 {clock},{ms}] {level} ",
    "rabbit": "2026-03-03 {clock}.{ms}120+00:00 [{level}] <0.{pid}.0> ",
    "spring": "2026-03-03T{clock}.{ms}Z {level:>5} 1 --- [nio-8080-exec-{tid}] {logger:40} : ",
    "django": "2026-03-03 {clock},{ms} {level:8} [{logger}] ",
    "logfmt": "ts=2026-03-03T{clock}.{ms}Z caller={logger}:{line} level={level} ",
    "nginx": "2026/03/03 {clock} [{level}] {pid}#{pid}: ",
    "logcat": "03-03 {clock}.{ms} {pid:5} {pid:5} {level} {logger}: ",
    "gateway": "2026-03-03T{clock}.{ms}Z {level} {logger}: ",
    "slurm": "[2026-03-03T{clock}.{ms}] ",
    "vllm": "{level} 03-03 {clock} {logger}.py:{line}] ",
}


def read_values(text: str) -> dict[str, list[str]]:
    """The alternatives of each field."""
    values = {}
    for line in text.splitlines():
        name, _, rest = line.partition(": ")
        values[name] = rest.split(" | ")
    return values


def read_statements(text: str) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Level, logger and statement of each line, by system and kind of header."""
    systems: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for line in filter(None, text.splitlines()):
        if line.startswith("["):
            name, _, header = line.strip("[]").partition(" ")
            systems[name, header] = []
            continue
        said_by, _, statement = line.partition(" | ")
        level, _, logger = said_by.partition(" ")
        systems[name, header].append((level, logger, statement))
    return systems


class Writer:
    """Lines of one system, the same for the same seed."""

    def __init__(self, values: dict[str, list[str]], seed: str) -> None:
        self._values = values
        self._random = random.Random(seed)
        self._ms = 8 * 3_600_000

    def write(self, name: str, header: str, statements: Sequence[tuple[str, str, str]], count: int) -> System:
        order = list(statements)
        self._random.shuffle(order)
        weights = [1 / (n + 1) for n in range(len(order))]
        drawn = self._random.choices(order, weights, k=max(0, count - len(order))) + order
        self._random.shuffle(drawn)
        raw, content, labels = [], [], []
        for level, logger, statement in drawn:
            message, label = self._filled(statement)
            content.append(message)
            labels.append(f"{logger} {label}")
            raw.append(self._header(header, level, self._filled(logger)[0]) + message)
        return System(name, raw, content, labels)

    def _filled(self, statement: str) -> tuple[str, str]:
        """The text and its label: the statement with the faults put in."""
        faults: dict[str, str] = {}

        def put(match: re.Match[str]) -> str:
            value = self._value(match[2])
            if match[1]:
                faults[match[2]] = value
            return value

        text = FIELD.sub(put, statement)
        return text, FIELD.sub(lambda m: faults[m[2]] if m[1] else m[0], statement)

    def _value(self, name: str) -> str:
        drawn = DRAWN.fullmatch(name)
        if drawn and drawn[1]:
            return str(self._random.randint(int(drawn[1]), int(drawn[2])))
        if drawn:
            return "".join(self._random.choices(LETTERS[drawn[3]], k=int(drawn[4])))
        several = self._values[name]
        chosen = several[int(len(several) * self._random.random() ** SKEW)]
        return FIELD.sub(lambda m: self._value(m[2]), chosen)

    def _header(self, kind: str, level: str, logger: str) -> str:
        self._ms += self._random.choice((3, 40, 700, 2_000, 9_000))
        seconds, ms = divmod(self._ms, 1_000)
        found = {
            "clock": f"{seconds // 3_600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
            "ms": f"{ms:03}",
            "pid": self._random.choice((812, 1204, 2977, 31_450)),
            "line": self._random.choice((88, 214)),
            "tid": self._random.randint(1, 9),
            "level": level,
            "lower": level.lower(),
            "logger": logger,
        }
        found["tag"] = logger if logger in UNNUMBERED else f"{logger}[{found['pid']}]"
        return HEADERS[kind].format(**found)


def systems(seed: int, count: int, only: str = "") -> list[System]:
    """Every system of the statements, `count` lines each."""
    values = read_values((DATA / "line_values.txt").read_text("utf-8"))
    statements = read_statements((DATA / "line_statements.txt").read_text("utf-8"))
    return [
        Writer(values, f"{seed} {name}").write(name, header, lines, count)
        for (name, header), lines in statements.items()
        if only in ("", name)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--drain3", default="", metavar="PYTHON", help="a Python that can import drain3")
    parser.add_argument("--differences", action="store_true", help="show which groups differ from the labels")
    parser.add_argument("--system", default="", help="only this one")
    parser.add_argument("--lines", type=int, default=1_500, help="lines of each system")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    methods: dict[str, Callable[[System], Sequence[object]]] = {"ours": from_content, "ours raw": from_raw}
    if options.drain3:
        methods["drain3"] = partial(drain, options.drain3, masking=False, raw=False)
        methods["drain3 masked"] = partial(drain, options.drain3, masking=True, raw=False)
        methods["drain3 raw"] = partial(drain, options.drain3, masking=False, raw=True)
    scores: dict[str, list[Score]] = {method: [] for method in methods}
    print(f"{'GA/FGA':14}" + "".join(f"{m:>16}" for m in methods))
    for system in systems(options.seed, options.lines, options.system):
        for method, group in methods.items():
            predicted = group(system)
            scores[method].append(score(predicted, system.labels))
            if options.differences and method.startswith("ours"):
                show_differences(system, [str(g) for g in predicted], system.raw if "raw" in method else system.content)
        print(f"{system.name:14}" + "".join(f"{f'{s[-1].ga:.3f}/{s[-1].fga:.3f}':>16}" for s in scores.values()))
    means = [Score(sum(s.ga for s in r) / len(r), sum(s.fga for s in r) / len(r)) for r in scores.values()]
    print(f"{'mean':14}" + "".join(f"{f'{m.ga:.3f}/{m.fga:.3f}':>16}" for m in means))


if __name__ == "__main__":
    main()
