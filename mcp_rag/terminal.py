"""Results for people at a terminal. Results on stdout, notes and progress on stderr; colour only on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mcp_rag.results import (
    ExplainResult,
    GetResult,
    Hit,
    HitResolution,
    IngestResult,
    ListResult,
    RecordResult,
    SearchResult,
    StatusResult,
)
from mcp_rag.untrusted import visible

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_PROGRESS_EVERY_S = 0.1


def out(text: str) -> None:
    """One result on stdout, its parts already made visible."""
    print(text)  # noqa: T201 - this is the one place where results are printed


def note(text: str) -> None:
    """A remark on stderr."""
    print(visible(text), file=sys.stderr)  # noqa: T201 - stderr


def style(text: str, name: str) -> str:
    """The text in a style when stdout is a terminal and NO_COLOR is not set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_STYLES[name]}m{text}\x1b[0m"


@contextmanager
def progress(name: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that is rewritten as work goes on; silent when stderr is no terminal."""
    shown = [0.0]
    live = sys.stderr.isatty()

    def update(text: str) -> None:
        now = time.monotonic()
        if live and now - shown[0] >= _PROGRESS_EVERY_S:
            shown[0] = now
            sys.stderr.write(f"\r\x1b[K{name}: {text}")
            sys.stderr.flush()

    try:
        yield update
    finally:
        if live and shown[0]:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _indent(text: str, prefix: str = "      | ") -> list[str]:
    return [prefix + line for line in visible(text).split("\n")]


def _fix(resolution: HitResolution) -> str:
    tried = resolution.worked + resolution.failed + resolution.partial
    facts = []
    if tried:
        facts.append(f"worked {resolution.worked} of {tried}")
    if resolution.origin != "user":
        facts.append("shipped" if resolution.origin == "starter" else "imported")
    facts += [visible(resolution.version)] if resolution.version else []
    facts += [
        word
        for word, on in (
            ("stale", resolution.stale),
            ("superseded", resolution.superseded),
            ("other version", resolution.version_conflict),
        )
        if on
    ]
    only_failed = tried and not resolution.worked and not resolution.partial
    label = style("tried", "yellow") if only_failed else style("fix", "green")
    return f"      {label}: {visible(resolution.fix)}" + (f"  ({', '.join(facts)})" if facts else "")


def _hit(hit: Hit) -> list[str]:
    seen = f"seen {hit.count}x, last {hit.last_seen}" if hit.count else "not in your logs yet"
    lines = [
        f"  {hit.rank}. {style(visible(hit.title), 'bold')}",
        f"      {style(hit.match_quality, 'cyan')} {hit.match_type} match, {seen}, {hit.status}  "
        + style(hit.id, "dim"),
    ]
    if hit.kb:
        lines.append(f"      knowledge base: {visible(hit.kb)}")
    if hit.why:
        lines.append(f"      why: {visible('; '.join(hit.why))}")
    lines += [_fix(r) for r in hit.resolutions]
    if hit.sample:
        lines += _indent(hit.sample)
    return lines


def search(result: SearchResult) -> str:
    """Hits with their fixes and a piece of each sample."""
    p = result.parsed
    understood = [x for x in (p.language, p.root_type or p.exception_type, ", ".join(p.codes[:4])) if x]
    lines = [f"understood: {visible(' | '.join(understood) or p.message[:100])}"]
    if result.degraded:
        lines.append(style(f"degraded: {visible(result.degraded_reason)}", "yellow"))
    for hit in result.hits:
        lines += _hit(hit)
    if result.truncated:
        lines.append(f"  {result.total} in all; --cursor {result.next_cursor} shows more.")
    if result.hint:
        lines.append(visible(result.hint))
    return "\n".join(lines)


def explain(result: ExplainResult) -> str:
    """Verdict, cause, steps with their sources, then the evidence."""
    by = result.generated_by if result.generated_by != "none" else "evidence only"
    lines = [f"{style(result.verdict, 'bold')} ({by})", visible(result.summary)]
    if result.root_cause:
        lines.append(f"cause: {visible(result.root_cause)}")
    for number, step in enumerate(result.steps, 1):
        mark = "" if step.support == "cited" else style(f" [{step.support}]", "yellow")
        lines.append(f"  {number}. {visible(step.text)}{mark}")
        lines += [style(f"      from {c}", "dim") for c in step.citations]
    if result.degraded:
        lines.append(style(f"degraded: {visible(result.degraded_reason)}", "yellow"))
    if result.evidence:
        lines.append("evidence:")
    for hit in result.evidence[:3]:
        lines += _hit(hit)[:3]
    return "\n".join(lines)


_BARS = " ▁▂▃▄▅▆▇█"


def _sparkline(counts: Sequence[int]) -> str:
    top = max(counts, default=0) or 1
    return "".join(_BARS[-(-n * (len(_BARS) - 1) // top)] for n in counts)


def listing(result: ListResult) -> str:
    """One line a group, with a small timeline."""
    lines = [f"{result.since} to {result.until}: {result.total} errors"]
    for e in result.errors:
        spark = _sparkline([b.count for b in e.timeline])
        lines.append(f"  {e.count:>7}x {style(e.status, 'cyan'):<10} {visible(e.title)[:100]}  {spark}")
        lines.append(style(f"          {e.id}  last {e.last_seen}  {visible(', '.join(e.services))}", "dim"))
        if e.fix:
            lines.append(f"          {style('fix', 'green')}: {visible(e.fix)[:160]}")
    if result.truncated:
        lines.append(f"  --cursor {result.next_cursor} shows more.")
    if result.hint:
        lines.append(visible(result.hint))
    return "\n".join(lines)


def one(result: GetResult) -> str:
    """One group in full."""
    head = [
        style(visible(result.title), "bold"),
        f"{result.id}  {result.level}  {result.status}  {result.count}x  {result.first_seen} to {result.last_seen}",
        *(f"{name}: {', '.join(map(visible, values))}" for name, values in _facts(result) if values),
    ]
    return "\n".join([*head, "", visible(result.text)])


def _facts(result: GetResult) -> Iterable[tuple[str, list[str]]]:
    return (
        ("codes", result.codes),
        ("services", result.services),
        ("sources", result.sources),
        ("related", result.related),
    )


def recorded(result: RecordResult) -> str:
    """What was stored, and where."""
    tried = result.worked + result.failed + result.partial
    return "\n".join(
        [
            f"Recorded for {style(visible(result.error_title), 'bold')} ({result.error_id})",
            f"  {visible(result.fix)}",
            f"  worked {result.worked} of {tried}; the error is now {result.status}. Resolution id {result.id}.",
            *([result.hint] if result.hint else []),
        ]
    )


def ingested(result: IngestResult) -> str:
    """The report of an ingest, whose counts add up."""
    lines = [
        f"{result.lines:,} lines from {result.sources} source(s): {result.event_lines:,} in events, "
        f"{result.blank_lines:,} blank, {result.cut_lines:,} cut, {result.known_lines:,} read before",
        f"{result.events:,} events: {result.stored:,} stored, {result.below_level:,} below the level, "
        f"{result.refused:,} refused" + (f"; {result.duplicates:,} were counted before" if result.duplicates else ""),
        f"errors: {style(str(result.groups_new), 'red')} new, {result.groups_known_with_resolution} known with a fix, "
        f"{result.groups_known} known without, {result.groups_returned} back after a fix",
    ]
    if result.redactions:
        lines.append("redacted: " + ", ".join(f"{k} {n}" for k, n in result.redactions.items()))
    for error in result.top_errors:
        lines.append(f"  {error.count:>7}x {style(error.state, 'cyan'):<10} {visible(error.title)[:100]}")
        if error.fix:
            lines.append(f"           {style('fix', 'green')}: {visible(error.fix)[:160]}")
    if result.hint:
        lines.append(result.hint)
    lines += [visible(f"skipped {s.source}: {s.reason} {s.detail}".rstrip()) for s in result.skipped]
    if result.skipped_total > len(result.skipped):
        lines.append(f"... and {result.skipped_total - len(result.skipped)} more skipped")
    return "\n".join(lines)


def status(result: StatusResult) -> str:
    """The state of everything, problems last."""
    lines = [
        f"mcp-rag {result.version}",
        f"store: {result.store} at {visible(result.location)}"
        + (f" ({result.role}, owner {result.owner})" if result.role else ""),
        f"errors: {result.errors:,} (and {result.shipped_errors:,} shipped)  resolutions: {result.resolutions:,}  "
        f"blocks: {result.blocks:,}",
        f"embedding: {result.embedding_model}, {'ready' if result.embedding_ready else 'not loaded'}",
        f"explainer: {result.explainer}",
    ]
    lines += [f"- {visible(p.what)} {visible(p.fix)}" for p in result.problems]
    return visible("\n".join(lines))


def event(row: Mapping[str, Any]) -> str:
    """One parsed event in a line."""
    place = visible(f"{row['source']}:{row['first_line']}-{row['last_line']}")
    kind = visible(row["exception_type"] or row["format"])
    message = visible(row["message"])[:120]
    return f"{place} {row['timestamp'] or '-'} {row['level']} {kind} {message} {row['fingerprint'][:8]}"


def formats(facts: Iterable[Mapping[str, str]]) -> str:
    """Every format with its sample."""
    return "\n".join(f"{style(f['name'], 'bold'):<24} {f['description']}\n    {visible(f['sample'])}" for f in facts)


def redactions(changed: Iterable[Mapping[str, Any]], counts: Mapping[str, int]) -> str:
    """The lines that would change, then how many of each kind."""
    lines = [visible(f"{c['source']}:{c['line']}: {c['text']}") for c in changed]
    total = ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items())) or "nothing"
    return "\n".join([*lines, f"would redact: {total}"])
