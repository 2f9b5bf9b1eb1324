"""Measures search on the real code path, in memory, with the default embedding model.

    python -m evals.retrieval.run --data DIR [SET ...]

SETS: code (labelled sets, every leg, peers), mutations, unknown, damage, unanswered, chinese, build-log, latency;
default all. `--data` is a directory with traces_, rust_ and loghub_ corpus and query files (see docs/evaluation.md);
code, damage and unanswered need it. Vectors are kept in `--cache`. Prints Markdown; writes one SVG per `--plot`.
`evals/gate.py` holds the figures that mutations, unknown, chinese and build-log return to their limits.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evals.retrieval import damage, mutations, peers, plot, sets
from evals.retrieval.bench import Bench, CachedEmbedder, Doc, Ranked, Scores, run, shared_counts, table
from mcp_rag.hits import quality
from mcp_rag.query import understand

SEED = 20_261_124
SETS = ("code", "mutations", "unknown", "damage", "unanswered", "chinese", "build-log", "latency")
METHODS = ("dense", "BM25", "hybrid", "hybrid + ladder")


async def code(embedder: CachedEmbedder, data: Path) -> None:
    """Labelled sets: every leg, their fusion, the whole ladder, and the peers."""
    print("\n### Labelled sets: recall@1 / recall@5 / MRR@10\n")
    rows = []
    for labelled in sets.all_sets(data):
        bench = Bench(embedder)
        await bench.add(labelled.docs)
        shared = shared_counts(bench.groups)
        strict: dict[str, Scores] = {m: Scores() for m in METHODS}
        plain = Scores()
        for ask in labelled.asks:
            group = bench.groups.get(ask.relevant, "")
            for method, ranked in (await bench.legs(ask.text)).items():
                strict[method].add(ranked.ids, group, shared[group] or 1)
                if method == METHODS[-1]:
                    plain.add(ranked.ids, group)
        vectors = await peers.plain_vectors(embedder, labelled.docs, labelled.asks)
        lexical = peers.plain_bm25(labelled.docs, labelled.asks)
        sizes = f"{len(labelled.docs)} entries, {len(set(bench.groups.values()))} groups, {len(labelled.asks)} queries"
        rows.append([f"{labelled.name} ({sizes})", vectors, lexical, *strict.values(), plain])
    head = ["set", "peer: raw paste, cosine", "peer: BM25 on raw text", *METHODS, "ladder, per group"]
    print(table(head, rows))


async def mutated(embedder: CachedEmbedder, events: int = 10_000) -> dict[str, float]:
    """Mutated occurrences must find their own group first; look-alikes must never be called the same error. Returns
    counts, the share of events whose group came first and the share of look-alikes called strong."""
    rng = random.Random(SEED)
    faults = mutations.faults(SEED)
    bench = Bench(embedder)
    await bench.add([Doc(f.name, f.event(rng)) for f in faults])
    groups = len(set(bench.groups.values()))
    await _give_fixes(bench)
    kinds: Counter[str] = Counter()
    wrong = []
    for n in range(events):
        fault = faults[n % len(faults)]
        ranked = await bench.ladder(fault.event(rng))
        right = bool(ranked.ids) and ranked.ids[0] == bench.groups[fault.name]
        kinds[ranked.match_type if right else "not first"] += 1
        if not right:
            wrong.append(fault.name)
    taken: Counter[str] = Counter()
    strong = others = 0
    for _ in range(3):
        for fault in faults:
            for other in fault.others:
                ranked = await bench.ladder(other(rng))
                others += 1
                taken[ranked.match_type or "nothing"] += 1
                strong += ranked.match_quality == "strong"
    print(f"\n### Mutations (seed {SEED}): {events} events of {groups} groups\n")
    print(table(["own group first, by", "events"], sorted(kinds.items())))
    print(f"\n{others} look-alikes (another type, code, frame or name):\n")
    print(table(["best hit is", "look-alikes"], sorted(taken.items())))
    print(f"\nCalled strong: {strong} of {others}. Not first: {sorted(set(wrong))[:5]}")
    return {
        "mutations: groups": groups,
        "mutations: events": events,
        "mutations: own group first": 1 - len(wrong) / events,
        "look-alikes: events": others,
        "look-alikes: called exact or template": taken["exact"] + taken["template"],
        "look-alikes: called strong": strong / others,
    }


async def unknown(embedder: CachedEmbedder) -> dict[str, float]:
    """Every mutated error once with its family taken away: nothing that is stored answers it, but the same sentences
    with other calls, nouns and codes are. Returns the number of queries and the share called strong."""
    rng = random.Random(SEED)
    faults = mutations.faults(SEED)
    bench = Bench(embedder)
    await bench.add([Doc(f.name, f.event(rng)) for f in faults])
    words: Counter[str] = Counter()
    for fault in faults:
        bench.store.hidden = {bench.groups[f.name] for f in faults if f.family == fault.family}
        words[_word(await bench.ladder(fault.event(rng)))] += 1
    print(f"\n### Errors that are not stored (seed {SEED}): {len(faults)} queries, each without its family\n")
    print(table(["best hit is called", "queries"], sorted(words.items())))
    return {"unknown: queries": len(faults), "unknown: called strong": words["strong"] / len(faults)}


def _word(ranked: Ranked) -> str:
    return (ranked.match_quality or "none") if ranked.ids else "nothing shown"


async def _give_fixes(bench: Bench) -> None:
    from mcp_rag.resolve import RecordRequest

    for group in list(bench.store.errors):
        await bench.resolver.record(RecordRequest(fix="Roll back.", error_id=group))


async def damaged(embedder: CachedEmbedder, data: Path, step: int) -> None:
    """Recall of pastes as people really paste them."""
    print(f"\n### Damaged pastes (seed {SEED}): recall@1 / recall@5 / MRR@10\n")
    labelled = [sets.traces(data), sets.rust(data), sets.loghub(data)]
    benches = []
    for one in labelled:
        bench = Bench(embedder)
        await bench.add(one.docs)
        benches.append(bench)
    rows: list[list[object]] = []
    for name, change in {"as it is": lambda text, _: text, **damage.DAMAGES}.items():
        row: list[object] = [name]
        for bench, one in zip(benches, labelled, strict=True):
            rng, scores, lost = random.Random(SEED), Scores(), 0
            for ask in one.asks[::step]:
                text = change(ask.text, rng)
                if name.endswith("only") and not _names_root(ask.text, text, bench):
                    lost += 1
                    continue
                scores.add((await bench.ladder(text)).ids, bench.groups[ask.relevant])
            row.append(f"{scores} (n {scores.n}{f', {lost} without the error line left out' if lost else ''})")
        rows.append(row)
    print(table(["paste", *(one.name for one in labelled)], rows))


def _names_root(whole: str, part: str, bench: Bench) -> bool:
    """Whether a cut paste still holds the line that says what went wrong; without it nothing can be found."""
    first = understand(whole, bench.gate).events[0]
    trace = first.stacktrace
    line = (trace.root.message.split("\n")[0] or trace.root.type) if trace else first.message.split("\n")[0]
    return line in part


async def unanswered(embedder: CachedEmbedder, data: Path, plot_path: Path | None) -> None:
    """Queries whose group was taken away, against the same queries with it: what is called strong."""
    print("\n### Queries with no answer\n")
    rows, curves = [], {}
    for labelled in sets.all_sets(data):
        bench = Bench(embedder)
        await bench.add(labelled.docs)
        tally: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        risk = []
        for ask in labelled.asks:
            group = bench.groups.get(ask.relevant, "")
            for gone in (False, True):
                bench.store.hidden = (group,) if gone and group else ()
                found = await bench.find(ask.text)
                top = found.candidates[0] if found.candidates else None
                right = top is not None and top.group.id == group
                word = (quality(top) or "none") if top else "nothing"
                tally[gone][word if gone else f"{word} {'right' if right else 'wrong'}"] += 1
                risk.append((confidence(top), right) if top else (0.0, gone))
        bench.store.hidden = ()
        curves[labelled.name] = _curve(risk)
        n = len(labelled.asks)
        known = tally[False]
        rows.append(
            [
                labelled.name,
                n,
                f"{tally[True]['strong'] / n:.1%}",
                f"{tally[True]['possible'] / n:.1%}",
                f"{tally[True]['nothing'] / n:.1%}",
                f"{known['strong right'] / n:.1%}",
                f"{known['strong wrong'] / n:.1%}",
                f"{(known['possible right']) / n:.1%}",
            ]
        )
    head = [
        "set",
        "queries",
        "no answer: strong",
        "no answer: possible",
        "no answer: nothing shown",
        "answer: strong and right",
        "answer: strong but wrong",
        "answer: possible and right",
    ]
    print(table(head, rows))
    if plot_path is not None:
        title = "Risk against coverage: half of the queries have no answer"
        chart = plot.line_chart(
            title, "coverage (share of queries answered)", "risk (share of answers wrong)", curves, 0.6
        )
        _write(plot_path, chart)
        print(f"\nRisk-coverage curve: {plot_path.name}")


def confidence(candidate: object) -> float:
    """One number per best hit for the risk-coverage curve: the word first, inside it how much agrees."""
    from mcp_rag.hits import Candidate

    if not isinstance(candidate, Candidate):
        return 0.0
    step = {"strong": 2.0, "possible": 1.0}.get(quality(candidate) or "", 0.0)
    exact = 1.0 if candidate.match_type in ("exact", "template") else 0.0
    return step + exact + (candidate.dense + candidate.coverage) / 2


def _curve(risk: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    ordered = sorted(risk, key=lambda pair: -pair[0])
    points, wrong = [], 0
    for n, (_, right) in enumerate(ordered, 1):
        wrong += not right
        if n % max(1, len(ordered) // 60) == 0 or n == len(ordered):
            points.append((n / len(ordered), wrong / n))
    return points


async def chinese(embedder: CachedEmbedder) -> dict[str, float]:
    """Chinese questions about errors stored in English: the shipped knowledge. Returns recall@1 per style."""
    from mcp_rag.knowledge import load

    bench = Bench(embedder)
    # Under their titles, as the product loads them: the title is what a question is likely to say.
    await bench.resolver._store.open(model_id=embedder.model_id, dimension=embedder.dimension)  # noqa: SLF001 - an evaluation may open its own store
    await bench.resolver.import_notes(list(load()), "starter")
    names = {g.title: g.id for g in bench.store.errors.values()}
    questions = [json.loads(line) for line in _own("chinese.jsonl").splitlines()]
    rows, figures = [], {}
    for style in dict.fromkeys(q["style"] for q in questions):
        scores, dense, english = Scores(), Scores(), Scores()
        for q in questions:
            if q["style"] == style:
                legs, wanted = await bench.legs(q["text"]), names.get(q["relevant"], "?")
                scores.add(legs[METHODS[-1]].ids, wanted)
                dense.add(legs["dense"].ids, wanted)
                english.add((await bench.ladder(q["relevant"])).ids, names.get(q["relevant"], "?"))
        rows.append([style, scores.n, scores, dense, english])
        figures[f"chinese: recall@1 {style}"] = scores.first / max(1, scores.n)
        figures[f"english titles: recall@1 {style}"] = english.first / max(1, english.n)
    print("\n### Chinese questions about English errors: recall@1 / recall@5 / MRR@10\n")
    print(table(["questions", "n", "Chinese", "Chinese, vectors alone", "the entry's English title"], rows))
    return figures


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _own(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


async def build_log(embedder: CachedEmbedder) -> dict[str, float]:
    """One error buried in a long build log: the root error is searched for, the others only help. Returns recall@1."""
    rng = random.Random(SEED)
    faults = mutations.faults(SEED)
    bench = Bench(embedder)
    await bench.add([Doc(f.name, f.event(rng)) for f in faults])
    traces = [f for f in faults if not f.name.startswith(("line", "code"))]
    scores, seconds = Scores(), []
    for fault in traces[:100]:
        lines = [
            f"[{n // 60:02}:{n % 60:02}] INFO step {n}: compiled module_{rng.randrange(900)}" for n in range(2_000)
        ]
        for _ in range(40):
            lines[rng.randrange(2_000)] = f"WARNING: deprecated option --opt{rng.randrange(99)} ignored"
        for _ in range(10):
            lines[rng.randrange(1_100, 2_000)] = f"ERROR: task {rng.choice(mutations.NOUNS)} aborted"
        lines[1_000:1_000] = fault.event(rng).split("\n")
        start = time.perf_counter()
        ranked = await bench.ladder("\n".join(lines))
        seconds.append(time.perf_counter() - start)
        scores.add(ranked.ids, bench.groups[fault.name])
    print(f"\n### One trace in a build log of 2,000 lines (seed {SEED})\n")
    print(
        table(
            ["pastes", "recall@1 / recall@5 / MRR@10", "p50 s"],
            [[scores.n, scores, f"{statistics.median(seconds):.2f}"]],
        )
    )
    return {"build log: recall@1": scores.first / max(1, scores.n)}


async def latency(embedder: CachedEmbedder, groups: int = 10_000) -> None:
    """Time above the store and the model at 10,000 groups: reading the paste, fusing, comparing, ordering."""
    rng = random.Random(SEED)
    bench = Bench(embedder)
    faults = [replace(f, name=f"{n}/{f.name}") for n in range(20) for f in mutations.traces(random.Random(n))]
    base = [Doc(f.name, f.event(rng)) for f in faults][: groups // 2]
    await bench.add(base)
    await _fill(bench, groups, rng)
    asks = [f.event(rng) for f in mutations.traces(random.Random(SEED))]
    rng.shuffle(asks)
    vectors = [await embedder.embed_query(understand(a, bench.gate).dense_text) for a in asks]
    del vectors  # only to have them in the cache
    for ask in asks[:20]:
        await bench.find(ask)
    spent, reading = [], []
    for ask in asks:
        bench.store.seconds = 0.0
        start = time.perf_counter()
        await bench.find(ask)
        spent.append(time.perf_counter() - start - bench.store.seconds)
        start = time.perf_counter()
        understand(ask, bench.gate)
        reading.append(time.perf_counter() - start)
    print(f"\n### Time above store and model, {len(bench.store.errors)} groups, {len(asks)} pasted traces\n")
    rows = [
        [name, *(f"{1000 * _percentile(v, p):.1f}" for p in (50, 95))]
        for name, v in (("all", spent), ("of it: reading the paste", reading))
    ]
    print(table(["", "p50 ms", "p95 ms"], rows))


async def _fill(bench: Bench, groups: int, rng: random.Random) -> None:
    """Rows with made-up words and random vectors up to the wanted number."""
    import numpy as np

    from mcp_rag.ranking import document_weights
    from mcp_rag.rows import ErrorGroup
    from mcp_rag.types import Level
    from tests.fakes import hex_id

    draw = np.random.default_rng(SEED)
    rows = []
    for n in range(groups - len(bench.store.errors)):
        words = " ".join("".join(rng.choices("abdeiklmnorstu", k=rng.randrange(3, 9))) for _ in range(14))
        vector = draw.standard_normal(bench.embedder.dimension)
        rows.append(
            ErrorGroup(
                id=hex_id(n),
                title=words[:80],
                template=words,
                sample=words,
                dense_text=words,
                text=words,
                level=Level.ERROR,
                vector=tuple(float(x) for x in vector / np.linalg.norm(vector)),
                sparse=document_weights(words),
            )
        )
    await bench.store.upsert_errors(rows)


def _percentile(values: Sequence[float], p: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)]


async def _all(arguments: argparse.Namespace) -> None:
    cache = arguments.cache or Path(tempfile.gettempdir()) / "mcp-rag-evaluation"
    cache.mkdir(parents=True, exist_ok=True)
    embedder = CachedEmbedder(cache, arguments.model, arguments.base_url)
    print(f"Model {embedder.model_id}, seed {SEED}")
    for name in arguments.sets or SETS:
        if name in ("code", "damage", "unanswered") and arguments.data is None:
            print(f"\n{name} needs --data; left out.")
        elif name == "code":
            await code(embedder, arguments.data)
        elif name == "mutations":
            await mutated(embedder, arguments.events)
        elif name == "unknown":
            await unknown(embedder)
        elif name == "damage":
            await damaged(embedder, arguments.data, arguments.step)
        elif name == "unanswered":
            await unanswered(embedder, arguments.data, arguments.plot)
        elif name == "chinese":
            await chinese(embedder)
        elif name == "build-log":
            await build_log(embedder)
        else:
            await latency(embedder)


def main() -> None:
    """Run the sets named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], metavar="SET", help=", ".join(SETS))
    parser.add_argument("--data", type=Path, help="directory of the labelled sets")
    parser.add_argument("--cache", type=Path, help="where vectors are kept between runs")
    parser.add_argument("--model", default="all-MiniLM-L6-v2", help="a name, or a directory with a model")
    parser.add_argument("--base-url", default="", help="an OpenAI-compatible /v1/embeddings server that has it")
    parser.add_argument("--events", type=int, default=10_000, help="mutated events")
    parser.add_argument("--step", type=int, default=1, help="use every n-th query in damage")
    parser.add_argument("--plot", type=Path, help="where the risk-coverage SVG goes")
    run(_all(parser.parse_args()))


if __name__ == "__main__":
    main()
