"""Writes N lines of mixed logs of sixteen invented systems, the same ones for the same seed.

    python benchmarks/generate.py mixed.log [--lines 1000000] [--groups 2000] [--hostile] [--seed 1]

Bursts of 20 to 400 lines of one system follow each other, each system with its own format. Numbers, addresses and ids
are drawn anew for every line; 2 % of the events are multi-line errors in eight languages, and `--groups` distinct
errors occur, the first ones often and the last ones rarely. `--hostile` puts random hexadecimal ids into 40 % of the
lines, so that hardly two of those lines are alike even when their digits are ignored.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

START_MS = 1_795_000_000_000
TRACE_SHARE = 0.02
WARN_SHARE = 0.02
HEX_SHARE = 0.03
HOSTILE_SHARE = 0.4
BURST = (20, 400)
CHUNK_LINES = 20_000

VERBS = "loading parsing publishing resolving decoding flushing acquiring rotating merging refunding settling".split()
NOUNS = (
    "order cart invoice token session payment shard queue index cache broker tenant ledger quota basket voucher parcel "
    "catalog tariff roster"
).split()
CAUSES = (
    "connection refused|deadline passed|checksum does not match|row is locked|schema is older than the reader|"
    "peer closed the stream|no space left|signature is not valid|value out of range|replica lags behind"
).split("|")
TYPES = "Timeout Decode Quota State Lookup Transport Schema Lease".split()

# Messages below the level that is stored. {n} a number, {m} a short one, {a} an address, {u} a uuid, {p} a path.
CALM = (
    "accepted request {n} from {a} for tenant {m}, {m} items, answered in {m} ms by worker {m}",
    "cache refreshed: {n} entries kept, {n} dropped, hit rate {m}.{m} percent over the last {m} minutes",
    "heartbeat from node {m} at {a}: load {m}.{m}, {n} open files, {n} bytes resident, nothing waiting",
    "job {n} picked up by worker {m} from partition {m} at offset {n}, {m} attempts left before it is parked",
    "wrote segment {p} with {n} rows in {m} ms, {n} bytes after compression, {m} segments in this shard",
    "session of user {n} extended by {m} minutes, last seen from {a} with client build {m}.{m}.{m}",
    "compaction finished on shard {m}: {n} rows merged into {m} files, {n} bytes reclaimed, next run in {m} s",
    "connection {n} to {a} opened with keep-alive, {m} of {m} slots of this pool are now in use",
    "query plan {m} reused for statement {n}, {n} rows scanned and {m} returned within {m} ms",
    "lease {n} renewed for replica {m} until epoch {n}, quorum of {m} answered in {m} ms",
)
HEXED = (
    "trace {h} span {x} closed after {m} ms with {m} children, sampled by rule {m} at the edge",
    "object {h} stored under bucket {m} with etag {x} and {n} bytes, replicated {m} times",
    "container {h} of pod web-{x} started on node {m} with image digest {h}",
)
RISKY = (
    "slow answer from {a}: {n} ms while the limit is {m} ms, {m} requests wait behind it",
    "retry {m} of {m} for job {n}, the next try begins in {m} seconds",
    "memory of worker {m} at {m} percent, new work goes elsewhere until it falls under {m} percent",
)

Draw = Callable[[], str]
_DIGITS = re.compile(r"\d+")
_HEX_ID = re.compile(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b")


@dataclass(frozen=True, slots=True)
class System:
    """One invented system: how it writes a line. `line(ms, level, text, noun)` is one whole line; `level` is 0 debug, 1
    info, 2 warning, 3 error; `noun` names its logger."""

    name: str
    language: str
    line: Callable[[int, int, str, str], str]


class _Clock:
    """Renderings of a time, each worked out once a second."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def __call__(self, notation: str, ms: int) -> str:
        key = (notation, ms // 1000)
        text = self._known.get(key)
        if text is None:
            if len(self._known) > 64:
                self._known.clear()
            text = self._known[key] = datetime.fromtimestamp(ms // 1000, UTC).strftime(notation)
        return text


def systems(draw: random.Random) -> list[System]:  # noqa: C901 - sixteen one-line writers, each with its own branch
    """The sixteen systems."""
    at = _Clock()
    iso, spaced = "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"
    word = ("DEBUG", "INFO", "WARNING", "ERROR")
    short = ("DEBUG", "INFO", "WARN", "ERROR")

    def number(limit: int) -> int:
        return int(draw.random() * limit)

    def access(ms: int, level: int, text: str, _noun: str) -> str:
        status = (200, 200, 404, 502)[level]
        path = text[:60].replace(" ", "-").replace('"', "")
        when = at("%d/%b/%Y:%H:%M:%S +0000", ms)
        return f'10.{number(200)}.0.9 - - [{when}] "GET /v1/{path} HTTP/1.1" {status} {number(9999)} "-" "quarry/2.1"'

    def pino(ms: int, level: int, text: str, _noun: str) -> str:
        return f'{{"level":{(20, 30, 40, 50)[level]},"time":{ms},"pid":{number(9)},"name":"cartd","msg":"{text}"}}'

    def klog(ms: int, level: int, text: str, _noun: str) -> str:
        return f"{'IIWE'[level]}{at('%m%d %H:%M:%S', ms)}.{ms % 1000:03d}000    4711 roster.go:{number(900)}] {text}"

    def logfmt(ms: int, level: int, text: str, _noun: str) -> str:
        return f'time={at(iso, ms)}.{ms % 1000:03d}Z level={word[level].lower()} component=keeper msg="{text}"'

    def postgres(ms: int, level: int, text: str, _noun: str) -> str:
        word = ("DEBUG1", "LOG", "WARNING", "ERROR")[level]
        return f"{at(spaced, ms)}.{ms % 1000:03d} UTC [{4000 + number(9)}] {word}:  {text}"

    def rust(ms: int, level: int, text: str, noun: str) -> str:
        return f"{at(iso, ms)}.{ms % 1000:03d}000Z {short[level]:>5} tiller::{noun}: {text}"

    def dotnet(ms: int, level: int, text: str, _noun: str) -> str:
        return f"{at(spaced, ms)}.{ms % 1000:03d} +00:00 [{('DBG', 'INF', 'WRN', 'ERR')[level]}] {text}"

    def rails(ms: int, level: int, text: str, _noun: str) -> str:
        when = f"{at(iso, ms)}.{ms % 1000:03d}000 #{4700 + number(9)}"
        return f"{'DIWE'[level]}, [{when}] {short[level]:>5} -- : {text}"

    def cri(ms: int, level: int, text: str, _noun: str) -> str:
        return f"{at(iso, ms)}.{ms % 1000:03d}000000Z stdout F {word[level]} beacon {text}"

    def spring(ms: int, level: int, text: str, noun: str) -> str:
        when = f"{at(iso, ms)}.{ms % 1000:03d}Z"
        return f"{when} {short[level]:>5} 1 --- [exec-{number(9)}] io.harbor.{noun.title()} : {text}"

    def python(ms: int, level: int, text: str, noun: str) -> str:
        return f"{at(spaced, ms)},{ms % 1000:03d} {word[level]} ledger.{noun}: {text}"

    def php(ms: int, level: int, text: str, _noun: str) -> str:
        return f"[{at(spaced, ms)}] production.{word[level]}: {text} []"

    def go(ms: int, level: int, text: str, noun: str) -> str:
        head = f'"level":"{word[level].lower()}","ts":"{at(iso, ms)}Z","caller":"sift/{noun}.go:{number(400)}"'
        return f'{{{head},"msg":"{text}"}}'

    def yarn(ms: int, level: int, text: str, noun: str) -> str:
        return f"{at('%y/%m/%d %H:%M:%S', ms)} {short[level]} {noun.title()}Sorter: {text}"

    def syslog(ms: int, level: int, text: str, _noun: str) -> str:
        return f"{at('%b %d %H:%M:%S', ms)} edge{number(9)} warden[{900 + number(9)}]: {word[level].lower()}: {text}"

    def nginx(ms: int, level: int, text: str, _noun: str) -> str:
        kind = ("debug", "notice", "warn", "error")[level]
        return f"{at('%Y/%m/%d %H:%M:%S', ms)} [{kind}] 31#31: *{number(99999)} {text}, client: 10.0.{number(200)}.7"

    table = {
        "gateway": ("", access), "cartd": ("node", pino), "scheduler": ("go", klog), "keeper": ("go", logfmt),
        "pgshard": ("", postgres), "tiller": ("rust", rust), "billing": ("dotnet", dotnet), "depot": ("ruby", rails),
        "beacon": ("python", cri), "orders": ("java", spring), "ledger": ("python", python), "portal": ("php", php),
        "sift": ("go", go), "sorter": ("java", yarn), "warden": ("", syslog), "edge": ("", nginx),
    }  # fmt: skip
    return [System(name, language, line) for name, (language, line) in table.items()]


def drawers(draw: random.Random) -> dict[str, Draw]:
    """What stands for each placeholder."""
    rand, bits = draw.random, draw.getrandbits
    return {
        "n": lambda: str(int(rand() * 100_000)),
        "m": lambda: str(10 + int(rand() * 90)),
        "a": lambda: f"10.{int(rand() * 4)}.0.{int(rand() * 256)}",
        "p": lambda: f"/var/lib/shard-{int(rand() * 100)}/seg-{int(rand() * 1e6)}.dat",
        "h": lambda: f"{bits(128):032x}",
        "x": lambda: f"{bits(32):08x}",
    }


class Messages:
    """Message texts with their placeholders filled."""

    def __init__(self, draw: random.Random) -> None:
        self._drawers = drawers(draw)
        self._compiled: dict[str, tuple[str, list[Draw]]] = {}

    def fill(self, template: str) -> str:
        """The template with every placeholder drawn anew."""
        compiled = self._compiled.get(template)
        if compiled is None:
            compiled = self._compiled[template] = self._compile(template)
        text, draws = compiled
        return text % tuple([one() for one in draws])

    def _compile(self, template: str) -> tuple[str, list[Draw]]:
        parts = template.replace("%", "%%").split("{")
        text, draws = parts[0], []
        for part in parts[1:]:
            draws.append(self._drawers[part[0]])
            text += "%s" + part[2:]
        return text, draws


def failure(number: int) -> str:
    """The message of error `number`: another text for every number; every fourth names a hexadecimal id."""
    verb, noun = VERBS[number % len(VERBS)], NOUNS[number // len(VERBS) % len(NOUNS)]
    rest = number // (len(VERBS) * len(NOUNS))
    cause = CAUSES[(number + rest) % len(CAUSES)]
    mark = "x" if number % 4 == 0 else "n"
    return f"{verb} the {noun} stopped in stage {_letters(rest)}: {cause}, request {{{mark}}} from {{a}} after {{m}} ms"


def _letters(number: int) -> str:
    return "".join(NOUNS[int(digit)] for digit in str(number))


def trace(language: str, number: int, text: str, draw: random.Random) -> list[str]:
    """The lines behind the header of multi-line error `number`: its own functions and line numbers, always the same;
    addresses are drawn anew."""
    kind = TYPES[number % len(TYPES)]
    noun, other = NOUNS[number % len(NOUNS)], NOUNS[number // 7 % len(NOUNS)]
    depth = 2 + number % 4
    calls = [f"{VERBS[number % len(VERBS)]}_{noun}_{_letters(number)}"]
    calls += [f"{other}_step_{chr(97 + n)}" for n in range(depth)]
    rows = [10 + (37 * number + 91 * n) % 490 for n in range(len(calls))]
    found = "\n".join(_TRACES[language](kind, calls, rows, text))
    return found.replace("0xc000@", f"0xc000{draw.getrandbits(24):06x}").split("\n")


def _python(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [
        f'  File "/srv/ledger/{c}.py", line {n}, in {c}\n    return {c}(batch)' for c, n in zip(calls, row, strict=True)
    ]
    return ["Traceback (most recent call last):", *frames[::-1], f"ledger.errors.{kind}Error: {text}"]


def _java(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"\tat io.harbor.Flow.{c}(Flow.java:{n})" for c, n in zip(calls, row, strict=True)]
    return [
        f"io.harbor.{kind}Exception: step failed",
        *frames[1:],
        f"Caused by: io.harbor.Root{kind}Exception: {text}",
        *frames,
        "\t... 12 more",
    ]


def _node(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"    at {c} (/srv/cartd/src/{c}.js:{n}:17)" for c, n in zip(calls, row, strict=True)]
    return [f"{kind}Error: {text}", *frames]


def _go(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"main.{c}(0xc000@)\n\t/srv/sift/{c}.go:{n} +0x{n:x}" for c, n in zip(calls, row, strict=True)]
    return [f"panic: {kind}: {text}", "", "goroutine 41 [running]:", *frames]


def _dotnet(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"   at Billing.Flow.{c}() in /src/Billing/{c}.cs:line {n}" for c, n in zip(calls, row, strict=True)]
    return [f"Billing.{kind}Exception: {text}", *frames]


def _ruby(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"/srv/depot/app/{c}.rb:{n}:in `{c}'" for c, n in zip(calls, row, strict=True)]
    return [f"{frames[0]}: {text} (Depot::{kind}Error)", *(f"\tfrom {frame}" for frame in frames[1:])]


def _php(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [f"#{i} /srv/portal/{c}.php({n}): Portal\\{c}()" for i, (c, n) in enumerate(zip(calls, row, strict=True))]
    first = f"PHP Fatal error:  Uncaught Portal\\{kind}Exception: {text} in /srv/portal/{calls[0]}.php:{row[0]}"
    return [
        first,
        "Stack trace:",
        *frames,
        f"#{len(frames)} {{main}}",
        f"  thrown in /srv/portal/x.php on line {row[0]}",
    ]


def _rust(kind: str, calls: list[str], row: list[int], text: str) -> list[str]:
    frames = [
        f"  {i:>2}: tiller::{c}\n             at ./src/{c}.rs:{n}:9"
        for i, (c, n) in enumerate(zip(calls, row, strict=True))
    ]
    return [f"thread 'main' panicked at src/{calls[0]}.rs:{row[0]}:9:", f"{kind}: {text}", "stack backtrace:", *frames]


_TRACES: dict[str, Callable[[str, list[str], list[int], str], list[str]]] = {
    "python": _python, "java": _java, "node": _node, "go": _go, "dotnet": _dotnet, "ruby": _ruby, "php": _php,
    "rust": _rust,
}  # fmt: skip


def lines(count: int, *, groups: int = 2_000, hostile: bool = False, seed: int = 1) -> Iterator[str]:
    """Exactly `count` lines without their newlines; the same arguments give the same lines."""
    draw = random.Random(seed)
    rand = draw.random
    all_systems, messages = systems(draw), Messages(draw)
    hexed = HOSTILE_SHARE if hostile else HEX_SHARE
    speaking = sum(1 for system in all_systems if system.language)
    traced, plain = max(1, groups // 2 // speaking), max(1, groups // 2 // len(all_systems))
    ms, left = START_MS, count
    while left > 0:
        place = int(rand() * len(all_systems))
        system = all_systems[place]
        for _ in range(draw.randint(*BURST)):
            ms += int(rand() * 40)
            chance = rand()
            # The square makes the first errors frequent and the last ones rare.
            rank = rand() * rand()
            if chance < TRACE_SHARE and system.language:
                number = int(rank * traced) * len(all_systems) + place
                noun = NOUNS[number % len(NOUNS)]
                event = [system.line(ms, 3, f"cannot go on with the {noun}", noun)]
                event += trace(system.language, number, messages.fill(failure(number)), draw)
            elif chance < TRACE_SHARE + WARN_SHARE:
                number = int(rank * plain) * len(all_systems) + place
                risky = number % 64 < len(all_systems)
                template = RISKY[number % len(RISKY)] if risky else failure(number)
                event = [system.line(ms, 2 if risky else 3, messages.fill(template), NOUNS[number % len(NOUNS)])]
            else:
                pool = HEXED if rand() < hexed else CALM
                text = messages.fill(pool[int(rand() * len(pool))])
                event = [system.line(ms, int(rand() * 4) > 0, text, NOUNS[int(rand() * len(NOUNS))])]
            yield from event[:left]
            left -= len(event)
            if left <= 0:
                return


def redrawn(directory: Path, count: int, seed: int = 1) -> Iterator[str]:
    """Exactly `count` lines of the logs in a directory (`*.log`, `*.log.gz`), in bursts of one log's neighbouring
    lines, with multi-line errors between them. Numbers behind the first 30 characters and hexadecimal ids are drawn
    anew, as long as they are. Raises ValueError when there is no log."""
    draw = random.Random(seed)
    sources = [_read(path) for path in sorted(directory.glob("*.log*")) if path.suffix in {".log", ".gz"}]
    if not sources:
        raise ValueError(f"There is no *.log or *.log.gz in {directory}.")
    messages = Messages(draw)
    left = count
    while left > 0:
        source = draw.choice(sources)
        start = draw.randrange(max(1, len(source) - BURST[1]))
        burst = [_roll(line, draw) for line in source[start : start + draw.randint(*BURST)]]
        language = draw.choice(sorted(_TRACES))
        number = draw.randrange(200)
        burst += trace(language, number, messages.fill(failure(number)), draw)
        yield from burst[:left]
        left -= len(burst)


def _read(path: Path) -> list[str]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace").splitlines()


def _roll(line: str, draw: random.Random) -> str:
    line = _HEX_ID.sub(lambda m: f"{draw.getrandbits(4 * len(m[0])):0{len(m[0])}x}", line)
    return line[:30] + _DIGITS.sub(lambda m: "".join(draw.choices("0123456789", k=len(m[0]))), line[30:])


def write(path: Path, count: int, *, groups: int = 2_000, hostile: bool = False, seed: int = 1) -> int:
    """Write a file of `count` lines; returns its size in bytes."""
    return save(path, lines(count, groups=groups, hostile=hostile, seed=seed))


def save(path: Path, drawn: Iterator[str]) -> int:
    """Write lines to a file; returns its size in bytes."""
    chunk: list[str] = []
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in drawn:
            chunk.append(line)
            if len(chunk) >= CHUNK_LINES:
                file.write("\n".join(chunk) + "\n")
                chunk.clear()
        if chunk:
            file.write("\n".join(chunk) + "\n")
    return path.stat().st_size


def main() -> None:
    """Parse the command line, write, say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=2_000)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    size = write(options.path, options.lines, groups=options.groups, hostile=options.hostile, seed=options.seed)
    print(f"{options.lines} lines, {size} bytes, {size / options.lines:.0f} bytes a line")


if __name__ == "__main__":
    main()
