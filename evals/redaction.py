"""Recall and false alarms of the redaction gate on seven hand-made sets, per kind of secret.

    python evals/redaction.py                      # our gate
    python evals/redaction.py --misses             # and what was missed
    python evals/redaction.py --detect-secrets     # beside it, when that package is importable
    python evals/redaction.py --gitleaks           # beside it, when a gitleaks binary is on PATH
    python evals/redaction.py --gitleaks-rules F   # beside it, gitleaks' rule file run by evals/gitleaks_rules.py

`evals/data/redaction.jsonl` holds one text per line. `planted` are the secrets, each as parts that are joined here (so
that no scanner mistakes the file for a leak) and put in place of `{{0}}`, `{{1}}`, ...; `keep` must survive. A row
without `planted` is a hard negative: any change to it is a false alarm. All values are random, none was ever valid.
`redaction-independent.jsonl`, `-second`, `-third`, `-fourth` and `-fifth` are sets in the same form, by people who had
not seen the rules; each was written after the misses of the one before had been mended, the last two after a look at
what people paste into public threads. `-sixth` is by somebody who had read the rules and asked what they do not say:
the same few names in the notation of many languages, tables, prose, abbreviations. Addresses are not looked for in the
negatives of these.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from evals.gitleaks_rules import GitleaksRules  # noqa: E402 - the path above makes the script run from a checkout
from mcp_rag.redact import Redactor  # noqa: E402 - as above

DATA = Path(__file__).resolve().parent / "data" / "redaction.jsonl"
NAMES = ("independent", "second", "third", "fourth", "fifth", "sixth")
OTHERS = {name: DATA.with_name(f"redaction-{name}.jsonl") for name in NAMES}


@dataclass(frozen=True, slots=True)
class Case:
    """One text of the set, secrets in place."""

    id: str
    kind: str
    format: str
    text: str
    secrets: tuple[str, ...]
    keep: tuple[str, ...]


def load(path: Path = DATA) -> list[Case]:
    """The set, with every planted secret joined and put in place."""
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        secrets = tuple("".join(parts) for parts in row["planted"])
        text = row["text"]
        for number, secret in enumerate(secrets):
            text = text.replace(f"{{{{{number}}}}}", secret)
        cases.append(Case(row["id"], row["kind"], row["format"], text, secrets, tuple(row.get("keep", ()))))
    return cases


@dataclass(slots=True)
class Score:
    """What one tool did. `misses` are (case, secret); `lost` are (case, text that had to survive)."""

    planted: Counter[str]
    caught: Counter[str]
    misses: list[tuple[Case, str]]
    alarms: list[Case]
    lost: list[tuple[Case, str]]
    negatives: int
    seconds: float

    @property
    def recall(self) -> float:
        """Share of planted secrets of which nothing was left."""
        return sum(self.caught.values()) / max(1, sum(self.planted.values()))

    @property
    def false_alarms(self) -> float:
        """Share of hard negatives that were changed."""
        return len(self.alarms) / max(1, self.negatives)


def score(cases: Sequence[Case], redact: Callable[[str], str]) -> Score:
    """Run one tool over the set. Of a scanner that names the whole match too, a secret inside that counts as caught."""
    covers = redact.covers if isinstance(redact, GitleaksRules) else None
    result = Score(Counter(), Counter(), [], [], [], 0, 0.0)
    start = time.process_time()
    outputs = [redact(case.text) for case in cases]
    result.seconds = time.process_time() - start
    for case, output in zip(cases, outputs, strict=True):
        if not case.secrets:
            result.negatives += 1
            if output != case.text:
                result.alarms.append(case)
            continue
        for secret in case.secrets:
            result.planted[case.kind] += 1
            if secret in output and not (covers and covers(case.text, secret)):
                result.misses.append((case, secret))
            else:
                result.caught[case.kind] += 1
        result.lost += [(case, kept) for kept in case.keep if kept not in output]
    return result


def score_independent(cases: Sequence[Case]) -> Score:
    """Our gate on a set of somebody else."""
    result = score([case for case in cases if case.secrets], Redactor())
    negatives = score([case for case in cases if not case.secrets], Redactor(ips=False, emails=False))
    result.alarms, result.negatives = negatives.alarms, negatives.negatives
    result.seconds += negatives.seconds
    return result


def report(name: str, result: Score, texts: int, *, misses: bool) -> None:
    """Print one tool's figures."""
    print(
        f"{name}: recall {result.recall:.1%} ({sum(result.caught.values())}/{sum(result.planted.values())}), ", end=""
    )
    print(f"false alarms {result.false_alarms:.1%} ({len(result.alarms)}/{result.negatives}), ", end="")
    print(f"{len(result.lost)} texts that had to survive lost, {texts / max(result.seconds, 1e-9):,.0f} texts/CPU-s")
    for kind, planted in sorted(result.planted.items()):
        print(f"  {kind:<14} {result.caught[kind]:>3}/{planted}")
    if misses:
        for case, secret in result.misses:
            print(f"  missed  {case.id} {case.format}: {secret[:40]!r} in {case.text[:160]!r}")
        for case in result.alarms:
            print(f"  alarm   {case.id} {case.format}: {case.text[:160]!r}")
        for case, kept in result.lost:
            print(f"  lost    {case.id} {case.format}: {kept!r} of {case.text[:160]!r}")


def detect_secrets() -> Callable[[str], str] | None:
    """detect-secrets with all its plugins, used as a redactor: whatever it names is cut out."""
    try:
        from detect_secrets.core.scan import scan_line
        from detect_secrets.settings import default_settings
    except ModuleNotFoundError:
        print("detect-secrets is not importable: skipped (pip install detect-secrets)")
        return None

    def redact(text: str) -> str:
        with default_settings():
            for line in text.split("\n"):
                for found in scan_line(line):
                    if found.secret_value:
                        text = text.replace(found.secret_value, "<X>")
        return text

    return redact


def gitleaks() -> Callable[[str], str] | None:
    """The gitleaks binary, used as a redactor: whatever it names is cut out."""
    binary = shutil.which("gitleaks")
    if binary is None:
        print("no gitleaks binary on PATH: skipped")
        return None

    def redact(text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "in", "a.log"), Path(folder, "out.json")
            source.parent.mkdir()
            source.write_text(text, encoding="utf-8")
            command = [
                binary,
                "dir",
                str(source.parent),
                "-r",
                str(target),
                "-f",
                "json",
                "--exit-code",
                "0",
                "--no-banner",
            ]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            for finding in json.loads(target.read_text(encoding="utf-8")):
                text = text.replace(finding["Secret"], "<X>")
        return text

    return redact


def tools(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The tools asked for that can run here."""
    yield "mcp-rag", Redactor()
    if options.detect_secrets and (other := detect_secrets()):
        yield "detect-secrets", other
    if options.gitleaks and (other := gitleaks()):
        yield "gitleaks", other
    if options.gitleaks_rules:
        rules = GitleaksRules(options.gitleaks_rules)
        print(f"{options.gitleaks_rules.name}: {rules}")
        for failed in rules.failed:
            print(f"  failed  {failed}")
        yield "gitleaks rules", rules


def main() -> int:
    parser = argparse.ArgumentParser(description="Recall and false alarms of the redaction gate.")
    parser.add_argument("--misses", action="store_true", help="print what was missed, wrongly replaced or lost")
    parser.add_argument("--detect-secrets", action="store_true", help="run detect-secrets on the same set")
    parser.add_argument("--gitleaks", action="store_true", help="run gitleaks on the same set")
    parser.add_argument("--gitleaks-rules", type=Path, metavar="FILE", help="run the rules of gitleaks' config file")
    options = parser.parse_args()
    cases = load()
    for name, redact in tools(options):
        report(name, score(cases, redact), len(cases), misses=options.misses)
    for name, path in OTHERS.items():
        others = load(path)
        report(f"mcp-rag, {name} set", score_independent(others), len(others), misses=options.misses)
    return 0


if __name__ == "__main__":
    sys.exit(main())
