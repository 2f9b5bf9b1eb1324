"""How many real lines have their header recognised: `python evals/formats.py lnav_samples.jsonl`.

Each line of the file is JSON with `format`, `line`, `level` (may be null). Recognised: the line is a JSON record, or
has a header with a time (or, without one in the line, a level). The level is right if it is on the same side of ERROR
as the given one (4xx access lines are given as errors and count as right from WARN on).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from mcp_rag import clock, formats
from mcp_rag.types import NO_SPAN, Header, Level

REFERENCE_MS = 1_796_325_637_000


def _unwrapped(line: str) -> tuple[str, Level, str]:
    level, stamp = Level.UNSET, ""
    for _ in range(4):
        envelope = formats.unwrap(line)
        if envelope is None:
            break
        line, level, stamp = envelope.text, envelope.level or level, envelope.timestamp or stamp
    return line, level, stamp


def _verdict(line: str) -> tuple[str, Level, str, str]:
    """Format ("" if not recognised), level, timestamp text and the rest of the line."""
    text, level, stamp = _unwrapped(line)
    fields = formats.decode_json(text)
    if fields is not None:
        return fields.format, fields.level, fields.timestamp or stamp, fields.message
    header: Header | None = formats.match(text)
    if header is None:
        return ("envelope" if stamp else ""), level, stamp, text
    start, end = header.time
    found = text[start:end] if header.time != NO_SPAN else stamp
    return (header.format if found or header.level else ""), header.level or level, found, text[header.body :]


def main() -> None:
    """Print the score and every line that is not recognised."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--verbose", action="store_true", help="print every line with what was found")
    options = arguments.parse_args()
    rows = [json.loads(row) for row in options.path.read_text(encoding="utf-8").split("\n") if row.strip()]
    recognised = dated = right = labelled = 0
    names: Counter[str] = Counter()
    for row in rows:
        name, level, stamp, rest = _verdict(row["line"].split("\n")[0])
        instant = clock.parse_timestamp(stamp, reference_ms=REFERENCE_MS) if stamp else None
        recognised += bool(name)
        dated += instant is not None
        names[name] += 1
        if options.verbose or not name:
            shown = row["line"].split("\n")[0][:150]
            print(f"{row['format']:22} {name or '-':18} {level.name:6} {instant is not None!s:6} {shown}")
            print(f"    => {rest[:120]}")
        if row.get("level"):
            labelled += 1
            floor = Level.WARN if "access" in row["format"] else Level.ERROR
            good = (formats.level_of(row["level"]) >= Level.ERROR) == (level >= floor)
            right += good
            if not good:
                print(f"level: given {row['level']}, found {level.name}: {row['line'][:120]}")
    lines = [row["line"].split("\n")[0] for row in rows]
    started = time.process_time()
    for line in lines:
        formats.match(line)
    spent = (time.process_time() - started) / len(lines) * 1e6
    print(
        f"recognised {recognised} of {len(rows)}, with a time that parses {dated}, error-or-not {right} of {labelled}"
    )
    print(f"match: {spent:.1f} microseconds a line; formats: {names.most_common(60)}")


if __name__ == "__main__":
    main()
