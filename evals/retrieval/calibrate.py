"""Proposes the thresholds of mcp_rag/hits.py and shows what the ones in force do, each on groups not used to choose.

    python -m evals.retrieval.calibrate --data DIR

Every query of the labelled sets is asked twice: with its group stored and with it taken away. Groups are split in two
by a hash of their id; thresholds are chosen on the first half, all rates are printed for the second.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evals.retrieval import sets
from evals.retrieval.bench import Bench, CachedEmbedder, run, table
from mcp_rag import hits
from mcp_rag.hits import Candidate, quality

MOST_FALSE_STRONG = 0.005
LEAST_POSSIBLE_PRECISION = 0.5


class Case(NamedTuple):
    """The best hit of one query. `train` says which half its group is in."""

    set: str
    train: bool
    answered: bool
    right: bool
    best: Candidate | None

    @property
    def guessed(self) -> bool:
        """Found by comparing, not by fingerprint, template or code."""
        return self.best is not None and self.best.match_type in ("lexical", "semantic")


async def collect(embedder: CachedEmbedder, data: Path) -> list[Case]:
    """Every query of every set, answered and unanswered."""
    cases = []
    for labelled in sets.all_sets(data):
        bench = Bench(embedder)
        await bench.add(labelled.docs)
        for ask in labelled.asks:
            group = bench.groups.get(ask.relevant, "")
            train = zlib.crc32(ask.relevant.encode()) % 2 == 0
            for answered in (True, False):
                bench.store.hidden = () if answered or not group else (group,)
                found = await bench.find(ask.text)
                top = found.candidates[0] if found.candidates else None
                right = answered and top is not None and top.group.id == group
                cases.append(Case(labelled.name, train, answered, right, top))
        bench.store.hidden = ()
    return cases


def _rates(cases: Sequence[Case], claims: Callable[[Candidate], bool]) -> tuple[float, float]:
    """(share of all queries claimed although wrong, share of answerable ones claimed and right)."""
    claimed = [c for c in cases if c.best is not None and claims(c.best)]
    wrong = sum(not c.right for c in claimed) / max(1, len(cases))
    right = sum(c.right for c in claimed) / max(1, sum(c.answered for c in cases))
    return wrong, right


def _agrees(c: Candidate, cosine: float, share: float) -> bool:
    return c.dense >= cosine and min(c.coverage, c.echo) >= share and not c.other_code


def propose(cases: Sequence[Case]) -> list[list[object]]:
    """Rows: rule, thresholds chosen, in force, wrong and right rates of those in force on the other half."""
    train, test = [c for c in cases if c.train], [c for c in cases if not c.train]
    rows: list[list[object]] = []
    rules: tuple[tuple[str, Callable[[Case], bool], tuple[float, float]], ...] = (
        ("strong, same type", lambda c: bool(c.best and c.best.same_type), (hits.STRONG_COSINE, hits.STRONG_SHARE)),
        ("strong, no type", lambda c: bool(c.best and not c.best.same_type), (hits.EQUAL_COSINE, hits.EQUAL_SHARE)),
    )
    for name, belongs, force in rules:
        mine = [c for c in train if c.guessed and belongs(c)]
        held = [c for c in test if c.guessed and belongs(c)]
        chosen = (1.0, 1.0)
        best = -1.0
        for cosine, share in itertools.product((0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95), (0.6, 0.75, 0.9, 0.97, 0.999)):
            wrong, right = _rates(mine, partial(_agrees, cosine=cosine, share=share))
            if wrong <= MOST_FALSE_STRONG and right > best:
                best, chosen = right, (cosine, share)
        wrong, right = _rates(held, partial(_agrees, cosine=force[0], share=force[1]))
        rows.append([name, f"{chosen}", f"{force}", len(held), f"{wrong:.1%}", f"{right:.1%}"])
    mine = [c for c in train if c.guessed]
    fits = [t / 100 for t in range(40, 100, 5) if _precision(mine, t / 100) >= LEAST_POSSIBLE_PRECISION]
    held = [c for c in test if c.guessed]
    wrong, right = _rates(held, lambda c: (c.dense + c.coverage) / 2 >= hits.POSSIBLE)
    chosen_mean = f"{min(fits):.2f}" if fits else "none reaches the precision"
    rows.append(["possible, mean", chosen_mean, hits.POSSIBLE, len(held), f"{wrong:.1%}", f"{right:.1%}"])
    return rows


def _precision(cases: Sequence[Case], mean: float) -> float:
    """Of the answerable queries whose best hit reaches the mean, the share that is right."""
    reached = [c for c in cases if c.answered and c.best and (c.best.dense + c.best.coverage) / 2 >= mean]
    return sum(c.right for c in reached) / max(1, len(reached))


def outcome(cases: Sequence[Case]) -> list[list[object]]:
    """Per set, on the half not used to choose: false strong without an answer, words given with one."""
    rows: list[list[object]] = []
    for name in dict.fromkeys(c.set for c in cases):
        held = [c for c in cases if c.set == name and not c.train]
        without = [c for c in held if not c.answered]
        known = [c for c in held if c.answered]
        strong = sum(bool(c.best and quality(c.best) == "strong") for c in without)
        row: list[object] = [name, len(without), f"{strong / max(1, len(without)):.1%}"]
        for word in ("strong", "possible", "weak"):
            said = [c for c in known if c.best and quality(c.best) == word]
            row.append(f"{len(said)} ({sum(c.right for c in said)} right)")
        rows.append(row)
    return rows


async def _main(arguments: argparse.Namespace) -> None:
    cache = arguments.cache or Path(tempfile.gettempdir()) / "mcp-rag-evaluation"
    cache.mkdir(parents=True, exist_ok=True)
    cases = await collect(CachedEmbedder(cache, arguments.model), arguments.data)
    print("\n### Thresholds: chosen on one half of the groups, rates of those in force on the other\n")
    print(table(["rule", "chosen", "in force", "best hits", "claimed but wrong", "claimed and right"], propose(cases)))
    print("\n### What the thresholds in force say, on the half not used to choose\n")
    head = ["set", "without an answer", "false strong", "with one: strong", "possible", "weak"]
    print(table(head, outcome(cases)))


def main() -> None:
    """Run on the directory named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="directory of the labelled sets")
    parser.add_argument("--cache", type=Path, help="where vectors are kept between runs")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
