"""What ingest would see, without a store: parsed events as rows, and what redaction would replace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from mcp_rag.clock import iso
from mcp_rag.config import Settings
from mcp_rag.events import parse_block
from mcp_rag.fingerprint import Fingerprinter
from mcp_rag.formats import by_name
from mcp_rag.template import MergeIndex
from mcp_rag.types import Block, Fingerprint, Level, LogRecord, ParseSettings, Skipped
from mcp_rag.wiring import build_gate, build_reader


def parse_rows(
    settings: Settings,
    paths: Sequence[str],
    stream: tuple[str, BinaryIO] | None,
    format_name: str,
    min_level: Level,
) -> tuple[Iterator[dict[str, Any]], Callable[[], Sequence[Skipped]]]:
    """One row per event in input order, and a function that tells what was skipped. Raises InputError."""
    if format_name != "auto":
        format_name = by_name(format_name).name
    reader = build_reader(settings, None)
    parse_settings = ParseSettings(
        min_level=min_level,
        format=format_name,
        zone=settings.timezone,
        reference_ms=time.time_ns() // 1_000_000,
        max_event_lines=settings.max_event_lines,
        max_event_bytes=settings.max_event_bytes,
    )

    def blocks() -> Iterator[Block]:
        if paths:
            yield from reader.blocks(paths)
        if stream:
            yield from reader.blocks_of_stream(*stream)

    def rows() -> Iterator[dict[str, Any]]:
        fingerprinter, merge = Fingerprinter(), MergeIndex()
        gate = build_gate(settings)
        for block in blocks():
            records, _ = parse_block(block.data, _dated(parse_settings, block), first_line=block.first_line)
            for record in records:
                found = fingerprinter.of(record)
                has_trace = record.stacktrace is not None
                group = merge.assign(found, level=record.level, logger=record.logger, has_trace=has_trace)
                yield event_row(record, found, group, block.source, gate)

    return rows(), lambda: reader.skipped


def _dated(settings: ParseSettings, block: Block) -> ParseSettings:
    return replace(settings, reference_ms=block.reference_ms or settings.reference_ms)


def event_row(
    record: LogRecord, found: Fingerprint, group: str, source: str, redact: Callable[[str], str]
) -> dict[str, Any]:
    """The row that `mcp-rag parse` prints. `message` is the outermost exception's, else the log message; `fingerprint`
    is the group's, `related` the loose one."""
    trace = record.stacktrace
    message = (trace.outermost.message if trace else record.message) or record.message
    return {
        "source": source,
        "first_line": record.first_line,
        "last_line": record.last_line,
        "format": record.format,
        "timestamp": iso(record.timestamp_ms) if record.timestamp_ms is not None else "",
        "level": record.level.name,
        "service": record.service,
        "language": record.language or (trace.language if trace else ""),
        "exception_chain": list(trace.chain) if trace else [],
        "exception_type": trace.outermost.type if trace else "",
        "root_type": trace.root.type if trace else "",
        "message": redact(message),
        "codes": list(found.codes),
        "template": redact(found.template),
        "fingerprint": group,
        "related": found.related,
    }


def redactions(settings: Settings, texts: Mapping[str, str]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Lines that redaction changes (line numbers from 1, after redaction) and counts per kind."""
    gate = build_gate(settings)
    changed: list[dict[str, Any]] = []
    for source, text in texts.items():
        # A secret may span lines (a PEM block): the whole text passes the gate, then lines are compared.
        before, after = text.split("\n"), gate(text).split("\n")
        if len(before) == len(after):
            changed += [
                {"source": source, "line": n, "text": new}
                for n, (old, new) in enumerate(zip(before, after, strict=True), 1)
                if old != new
            ]
        else:
            kept = set(before)
            changed += [{"source": source, "line": n, "text": new} for n, new in enumerate(after, 1) if new not in kept]
    return changed, dict(gate.counts())
