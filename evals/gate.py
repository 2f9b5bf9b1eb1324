"""The gate on quality: measures what comes out the same every time and fails when a figure misses its limit.

    python -m evals.gate                 what the repository holds or makes: mutations, look-alikes, errors not stored,
                                         Chinese questions, build logs, explanations without a model, redaction,
                                         independent lines, traces and groups
    python -m evals.gate --data DIR      also the labelled sets that may not be shipped (DIR/retrieval, DIR/multiline,
                                         DIR/loghub); each that is not there is named and left out

Vectors are computed anew in every run, so a change of the embedding shows. Exits 1 when a figure misses its limit or
was not measured. The limits are the goals where one is set, else what was measured, less a few queries.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evals import events, grouping, independent, redaction
from evals.explain import run as explain
from evals.retrieval import run as retrieval
from evals.retrieval import sets
from evals.retrieval.bench import Bench, CachedEmbedder, Scores, run, shared_counts, table

MODEL = "all-MiniLM-L6-v2"


class Limit(NamedTuple):
    """What one figure must reach; None leaves that side open."""

    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    def holds(self, figure: float) -> bool:
        """Whether the figure is inside; a figure that is no number never is."""
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)


SEARCH = {
    "mutations: groups": Limit(least=300),
    "mutations: events": Limit(least=10_000),
    "mutations: own group first": Limit(least=1.0),
    "look-alikes: events": Limit(least=1_000),
    "look-alikes: called exact or template": Limit(most=0),
    "look-alikes: called strong": Limit(most=0.02),
    "unknown: queries": Limit(least=300),
    "unknown: called strong": Limit(most=0.02),
    "chinese: recall@1 with English terms": Limit(least=0.85),
    "english titles: recall@1 with English terms": Limit(least=0.96),
    "build log: recall@1": Limit(least=0.99),
}
EXPLAIN = {
    "explain: verdict right without a model": Limit(least=explain.VERDICT_TARGET),
    "explain: citations that do not hold": Limit(most=0),
    "explain: honest citations kept": Limit(least=0.95),
    "explain: invented tokens passed": Limit(most=0),
    "explain: payloads that got through": Limit(most=0),
}
REDACTION = {
    "redaction: recall": Limit(least=0.99),
    "redaction: false alarms": Limit(most=0.01),
    "redaction: texts lost that had to survive": Limit(most=0),
    # The sixth holds some that only a reader can tell, such as arguments without a name.
    **{f"redaction, {name}: recall": Limit(least=0.97 if name == "sixth" else 0.98) for name in redaction.OTHERS},
    **{f"redaction, {name}: false alarms": Limit(most=0.01) for name in redaction.OTHERS},
}
# What the rules of the day give of each set: they must not fall back.
INDEPENDENT = {
    "independent: time": Limit(least=0.97),
    "independent: level": Limit(least=0.97),
    "independent: no header left": Limit(least=0.98),
    "independent: traces": Limit(least=0.89),
    "independent: pairs of one fault": Limit(least=0.97),
    "independent: pairs of two faults": Limit(least=0.97),
    "second: time": Limit(least=0.98),
    "second: level": Limit(least=0.98),
    "second: no header left": Limit(least=0.98),
    "second: service": Limit(least=0.9),
    "second: traces": Limit(least=0.8),
    "second: pairs of one fault": Limit(least=0.98),
    "second: pairs of two faults": Limit(least=0.98),
    "third: time": Limit(least=0.99),
    "third: level": Limit(least=0.98),
    "third: no header left": Limit(least=0.99),
    "third: service": Limit(least=0.98),
    "third: traces": Limit(least=0.84),
    "third: pairs of one fault": Limit(least=0.9),
    "third: pairs of two faults": Limit(least=0.97),
    "fourth: pairs of one fault": Limit(least=0.97),
    "fourth: pairs of two faults": Limit(least=0.95),
    "fifth: pairs of one fault": Limit(least=0.96),
    "fifth: pairs of two faults": Limit(least=0.97),
}
LABELLED = {
    "traces": Limit(least=0.99),
    "rust, codes stripped": Limit(least=0.78),
    "rust, codes kept": Limit(least=0.98),
    "log lines": Limit(least=0.97),
    "log lines, header cut off": Limit(least=0.97),
}
RUST_DEEPER = {
    "rust, codes stripped: recall@5": Limit(least=0.91),
    "rust, codes stripped: MRR@10": Limit(least=0.84),
}
MULTILINE = {
    "events: boundary F1": Limit(least=0.99),
    "events: exception type and root type": Limit(least=0.98),
}
GROUPING = {
    "grouping: GA, raw lines, mean": Limit(least=0.91),
    "grouping: FGA, raw lines, mean": Limit(least=0.96),
}


def misses(figures: Mapping[str, float], limits: Mapping[str, Limit]) -> list[str]:
    """What breaks the limits, one line each: figures outside and figures that nobody measured."""
    found = [f"{name}: not measured" for name in limits if name not in figures]
    return found + [
        f"{name}: {figures[name]:g}, must be {limit}"
        for name, limit in limits.items()
        if name in figures and not limit.holds(figures[name])
    ]


def explained() -> dict[str, float]:
    """Explanations without a model, scripted good and bad drafts, and payloads."""
    cases = explain.load_cases()
    plain, checked = explain.evidence_only_report(cases), explain.grounding_report(cases)
    attack = explain.injection_report(explain.load_payloads())
    got_through = ("fence_escapes", "obedient_passed", "evidence_only_passed")
    return {
        "explain: verdict right without a model": plain["accuracy"],
        "explain: citations that do not hold": plain["wrong_citations"] + checked["wrong_citations"],
        "explain: honest citations kept": checked["honest_citations_kept"],
        "explain: invented tokens passed": checked["invented_tokens_passed"],
        "explain: payloads that got through": sum(len(attack[kind]) for kind in got_through),
    }


def redacted() -> dict[str, float]:
    """The redaction gate on its planted secrets and hard negatives."""
    result = redaction.score(redaction.load(), redaction.Redactor())
    figures = {
        "redaction: recall": result.recall,
        "redaction: false alarms": result.false_alarms,
        "redaction: texts lost that had to survive": len(result.lost),
    }
    for name, path in redaction.OTHERS.items():
        other = redaction.score_independent(redaction.load(path))
        figures |= {f"redaction, {name}: recall": other.recall, f"redaction, {name}: false alarms": other.false_alarms}
    return figures


def unseen() -> dict[str, float]:
    """Lines, traces and groups that somebody wrote who had not seen the rules."""
    return {
        f"{of}: {name}": right / asked
        for of in independent.SETS
        for name, (right, asked) in independent.measured(of).items()
    }


async def labelled(embedder: CachedEmbedder, data: Path) -> dict[str, float]:
    """Every query of the labelled sets with its group stored, and once more with it taken away."""
    figures: dict[str, float] = {}
    rows = []
    for one in sets.all_sets(data):
        bench = Bench(embedder)
        await bench.add(one.docs)
        shared, scores, strong = shared_counts(bench.groups), Scores(), 0
        for ask in one.asks:
            group = bench.groups.get(ask.relevant, "")
            scores.add((await bench.ladder(ask.text)).ids, group, shared[group] or 1)
            bench.store.hidden = (group,) if group else ()
            strong += (await bench.ladder(ask.text)).match_quality == "strong"
            bench.store.hidden = ()
        figures |= {
            f"{one.name}: recall@1": scores.first / scores.n,
            f"{one.name}: recall@5": scores.five / scores.n,
            f"{one.name}: MRR@10": scores.mrr / scores.n,
            f"{one.name}: called strong without an answer": strong / scores.n,
        }
        rows.append([one.name, scores.n, scores, f"{strong / scores.n:.1%}"])
    print("\n### Labelled sets\n")
    print(table(["set", "queries", "recall@1 / recall@5 / MRR@10", "called strong without an answer"], rows))
    return figures


def cut_into_events(directory: Path) -> dict[str, float]:
    """Labelled multi-line snippets: where events start, and the types read from them."""
    score, hit, claimed, wanted = events.Score(), 0, 0, 0
    for line in (directory / "snippets.jsonl").read_text(encoding="utf-8").splitlines():
        one = events.judge(json.loads(line), score, lambda _: None)
        hit, claimed, wanted = hit + one[0], claimed + one[1], wanted + one[2]
    types = sum(score.right[q] for q in ("type", "root")) / sum(score.total[q] for q in ("type", "root"))
    return {
        "events: boundary F1": 2 * hit / max(1, claimed + wanted),
        "events: exception type and root type": types,
    }


def grouped(directory: Path) -> dict[str, float]:
    """Labelled logs: mean grouping accuracy over all systems, raw lines, one setting."""
    systems = grouping.load(directory)
    scores = [grouping.score(grouping.from_raw(system), system.labels) for system in systems]
    return {
        "grouping: GA, raw lines, mean": sum(s.ga for s in scores) / max(1, len(scores)),
        "grouping: FGA, raw lines, mean": sum(s.fga for s in scores) / max(1, len(scores)),
    }


async def measured(data: Path | None, events_wanted: int) -> tuple[dict[str, float], dict[str, Limit]]:
    """Every figure that can be had here, and the limits it is held to."""
    figures = explained() | redacted() | unseen()
    limits = EXPLAIN | REDACTION | INDEPENDENT | SEARCH
    with tempfile.TemporaryDirectory() as cache:
        embedder = CachedEmbedder(Path(cache), MODEL)
        figures |= await retrieval.mutated(embedder, events_wanted)
        figures |= await retrieval.unknown(embedder)
        figures |= await retrieval.chinese(embedder)
        figures |= await retrieval.build_log(embedder)
        if _there(data, "retrieval"):
            figures |= await labelled(embedder, data / "retrieval")
            limits |= {f"{name}: recall@1": limit for name, limit in LABELLED.items()} | RUST_DEEPER
            limits |= {f"{name}: called strong without an answer": Limit(most=0.02) for name in LABELLED}
    if _there(data, "multiline"):
        figures |= cut_into_events(data / "multiline")
        limits |= MULTILINE
    if _there(data, "loghub"):
        figures |= grouped(data / "loghub")
        limits |= GROUPING
    return figures, limits


def _there(data: Path | None, name: str) -> bool:
    if data is not None and (data / name).is_dir():
        return True
    where = f"{data / name} is not there" if data is not None else "no --data given"
    print(f"\n*** SKIPPED: the labelled sets of {name!r} were NOT measured: {where}. ***")
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print every figure beside its limit, and say what misses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="directory with retrieval, multiline and loghub")
    parser.add_argument("--events", type=int, default=10_000, help="mutated events; fewer than 10,000 fail the gate")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    found: list[tuple[dict[str, float], dict[str, Limit]]] = []

    async def collect() -> None:
        found.append(await measured(options.data, options.events))

    run(collect())
    figures, limits = found[0]
    print("\n### Gate\n")
    rows = [[name, f"{figures.get(name, float('nan')):.4g}", limit] for name, limit in limits.items()]
    print(table(["figure", "measured", "limit"], rows))
    broken = misses(figures, limits)
    print(f"\n{time.perf_counter() - start:.0f} s; missed: " + ("; ".join(broken) or "none"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
