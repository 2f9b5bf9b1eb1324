"""How well lines, traces and groups are read that somebody wrote who had not seen the rules.

python evals/independent.py [-v]    -v lists what is wrong

Three sets in evals/data, "independent", "second" and "third", of three files each, written from knowledge of how
software prints, none of it taken from the tests; each by other people, after the misses of the one before had been
mended. A fourth and a fifth, of pairs alone, have the forms in which several people report one fault in public, with
names of their own:
SET-lines.jsonl     logs of 181, 505 and 225 kinds: time, level, service and message of their lines as a reader sees
                    them; `..._alt` are readings that are as good
SET-events.jsonl    traces between other lines: the lines of the event, its types and its message
SET-pairs.jsonl     two logs, and whether both hold the same fault
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp_rag.blocks import LineCleaner
from mcp_rag.clock import iso
from mcp_rag.events import parse_block, voted
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

DATA = Path(__file__).parent / "data"
WHOLE = ("lines", "events", "pairs")
SETS = {"independent": WHOLE, "second": WHOLE, "third": WHOLE, "fourth": ("pairs",), "fifth": ("pairs",)}
REFERENCE_MS = 1_795_000_000_000
SAME_MS = 1
BEGINNING_CHARS = 12
# What a message should not begin with.
HEADER = re.compile(
    r"\W*(?:\d{2,4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d"
    r"|(?:INFO|WARN(?:ING)?|ERROR|ERR|DEBUG|FATAL|CRIT(?:ICAL)?|NOTICE|SEVERE|TRACE|LOG)\b\W)",
    re.IGNORECASE,
)
CALM = {"started", "done"}
# What is asked of each field of a case. An alternative of which nothing is asked says that any answer will do.
ASKED = {
    "time": ("time",),
    "level": ("level",),
    "service": ("service",),
    "message": ("message begins as written", "no header left"),
}

Score = Counter[str]
Say = Callable[[str], None]


def cases(name: str, of: str) -> Iterator[dict[str, Any]]:
    """The cases of one file of a set."""
    with (DATA / f"{of}-{name}.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def records(text: str) -> list[LogRecord]:
    """All events of a log, whatever their level."""
    data = LineCleaner(1 << 20).feed(text.encode() + b"\n")
    settings = ParseSettings(min_level=Level.UNSET, hint=voted(data), reference_ms=REFERENCE_MS)
    return parse_block(data, settings)[0]


def lines(score: Score, say: Say, of: str) -> None:
    """Header and message of lines that stand together by kind."""
    for kind in cases("lines", of):
        found, text = records(kind["text"]), kind["text"].split("\n")
        for case in kind["lines"]:
            record = next((r for r in found if case["first"] <= r.first_line <= case["last"]), None)
            for question, ok in judged_kindly(case, record).items():
                score[f"{question} of"] += 1
                score[question] += ok
                if not ok:
                    say(f"{kind['kind']}: {question}: {text[case['first']][:160]!r}")


def judged_kindly(case: Mapping[str, Any], record: LogRecord | None) -> dict[str, bool]:
    """As `judged`; the alternatives that a case names are as right as what it says."""
    answers = judged(case, record)
    for field, question in ASKED.items():
        for other in case.get(f"{field}_alt", ()):
            again = judged({**case, field: other}, record)
            answers |= {name: answers[name] or again.get(name, True) for name in question if name in answers}
    return answers


def judged(case: Mapping[str, Any], record: LogRecord | None) -> dict[str, bool]:
    """Each question that can be asked of a line, and whether the answer is right."""
    asked: dict[str, bool] = {}
    if case["time"] and case["time"][0] != "T":  # a time of day has the date of the reading
        asked["time"] = record is not None and time_agrees(case["time"], record.timestamp_ms)
    if case["level"] != "N":
        level = "I" if case["level"] == "T" else case["level"]  # traces are below WARN, as infos are
        asked["level"] = record is not None and level_class(record.level, case) == level
    beginning = case["message"][:BEGINNING_CHARS]
    starts = record is not None and record.message.startswith(beginning)
    asked["no header left"] = record is not None and (starts or not HEADER.match(record.message))
    if case["message"]:
        asked["message begins as written"] = starts
    if case["service"]:
        asked["service"] = record is not None and record.service == case["service"]
    return asked


def time_agrees(wanted: str, found: int | None) -> bool:
    """Whether a time is the one written; `--MM-DD...` has no year, a time without a zone is in UTC."""
    if found is None:
        return False
    if wanted.startswith("--"):
        return wanted[2:].split(".", maxsplit=1)[0] in iso(found)
    moment = datetime.fromisoformat(wanted)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return abs(moment.timestamp() * 1000 - found) <= SAME_MS


def level_class(level: Level, case: Mapping[str, Any]) -> str:
    """E for ERROR and above, W for WARN, I below; a line without a time that names no level says nothing."""
    if level is Level.UNSET:
        return "I" if case["level"] in ("I", "T") and not case["time"] else "N"
    return "E" if level >= Level.ERROR else "W" if level >= Level.WARN else "I"


def events(score: Score, say: Say, of: str) -> None:
    """Where a trace begins and ends among other lines, and what it says. `*` is not asked, `~` must be contained."""
    for case in cases("events", of):
        found = [r for r in records(case["text"]) if r.first_line <= case["last"] and r.last_line >= case["first"]]
        exact = [r for r in found if (r.first_line, r.last_line) == (case["first"], case["last"])]
        wrong = [] if exact else [str([(r.first_line, r.last_line) for r in found][:6])]
        for record in exact[:1]:
            trace = record.stacktrace
            said = {
                "type": trace.outermost.type if trace else "",
                "root": trace.root.type if trace else "",
                "message": (trace.outermost.message if trace else "") or record.message,
            }
            wrong += [f"{name} {said[name]!r}" for name in said if not agrees(case[name], said[name], record)]
        score["traces of"] += 1
        score["traces"] += not wrong
        if wrong:
            say(f"{case['name']}: {wrong}")


def agrees(wanted: str, found: str, record: LogRecord) -> bool:
    """Whether a text is the one wanted; of a message the log's own counts too."""
    if wanted == "*":
        return True
    if wanted.startswith("~"):
        return wanted[1:] in found or wanted[1:] in record.message
    return wanted in (found, record.message)


def pairs(score: Score, say: Say, of: str) -> None:
    """Whether two logs have the same groups exactly when they hold the same fault."""
    for case in cases("pairs", of):
        one, two = (
            {fingerprint(r).id for r in records(case[side]) if r.stacktrace or r.message not in CALM}
            for side in ("a", "b")
        )
        question = "pairs of one fault" if case["same"] else "pairs of two faults"
        score[f"{question} of"] += 1
        score[question] += (one == two) == case["same"]
        if (one == two) != case["same"]:
            say(f"{question}: {case['a'][:200]!r} {case['b'][:200]!r}")


PARTS: dict[str, Callable[[Score, Say, str], None]] = {"lines": lines, "events": events, "pairs": pairs}


def measured(of: str, say: Say = lambda _: None) -> dict[str, tuple[int, int]]:
    """Right answers and all of one set, by question."""
    score: Score = Counter()
    for part in SETS[of]:
        PARTS[part](score, say, of)
    return {name: (score[name], score[f"{name} of"]) for name in score if not name.endswith(" of")}


def main() -> None:
    """Print each question with the right answers of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    for of in SETS:
        print(f"{of} set")
        for question, (right, asked) in measured(of, print if options.v else lambda _: None).items():
            print(f"  {question:28} {right} of {asked}")


if __name__ == "__main__":
    main()
