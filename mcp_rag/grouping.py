"""From the records of one block to its error groups: counts per group and hour, and the rows of new groups."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from mcp_rag.codes import find, has_numbered_type, has_pattern
from mcp_rag.events import (
    Event,
    Excerpt,
    Glance,
    Likeness,
    Nearby,
    assemble_block,
    build,
    excerpt,
    glance,
    likeness,
    lines_of,
    look,
    parse_block,
    rebuild,
    sketch,
)
from mcp_rag.fingerprint import Fingerprinter, fingerprint, spoken
from mcp_rag.marks import marks_of
from mcp_rag.occurrences import MAX_MESSAGES, MAX_SERVICES, Occurrences, headline
from mcp_rag.ranking import document_weights
from mcp_rag.rows import ErrorGroup
from mcp_rag.template import MergeIndex, embedding_text, lexical_text
from mcp_rag.types import Block, Fingerprint, Level, LogRecord, ParseCounts, ParseSettings

MAX_TITLE_CHARS = 200
MAX_SAMPLE_BYTES = 16_000
MAX_FRAMES = 12
MAX_SOURCES = 10
MAX_KNOWN = 32_768
# Variants of a message are collected while a group is young.
VARIANTS_UNTIL = 10


def collect(records: Iterable[LogRecord], fingerprinter: Fingerprinter, reference_ms: int) -> dict[str, Occurrences]:
    """Occurrences per fingerprint id, in order of first appearance."""
    found: dict[str, Occurrences] = {}
    for record in records:
        at_ms = reference_ms if record.timestamp_ms is None else record.timestamp_ms
        _add(found, fingerprinter.of(record), record, at_ms)
    return found


def _add(found: dict[str, Occurrences], of: Fingerprint, record: LogRecord, at_ms: int) -> None:
    occurrences = found.get(of.id)
    if occurrences is None:
        occurrences = found[of.id] = Occurrences(of, record)
    occurrences.add(record, at_ms)


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """What a worker hands back: occurrences per fingerprint, how the lines were used, and the block's marks."""

    found: dict[str, Occurrences]
    counts: ParseCounts
    marks: str = ""


_Key = bytes | tuple[bytes, str, int, int, bool]


class _Known(NamedTuple):
    """What is known of events that are alike."""

    fingerprint: Fingerprint
    has_trace: bool


class _Telling(NamedTuple):
    """What must be read of events that are alike, because their digits tell them apart: those in the names of a trace
    or of an exception, codes, or both."""

    names: bool
    codes: bool


class KnownEvents:
    """Fingerprints of events that are alike, for all blocks of a process: bounded, and what is in it never depends on
    the order in which it was filled. Of two halves the older one is dropped when the younger is full."""

    def __init__(self, limit: int = MAX_KNOWN) -> None:
        self._limit = limit
        self._young: dict[_Key, _Known | _Telling] = {}
        self._old: dict[_Key, _Known | _Telling] = {}

    def at_a_glance(self, seen: Glance) -> _Known | None:
        """What is known of events that differ in digits only."""
        return self._known(seen.key)

    def get(self, alike: Likeness) -> tuple[bytes, _Known | None]:
        """The key of an event, and what is known of those that share it."""
        key = alike.key
        found = self._young.get(key) or self._old.get(key)
        if isinstance(found, _Telling):
            key = _precise(alike, found)
            return key, self._known(key)
        return key, found

    def keep(self, alike: Likeness, key: bytes, known: _Known) -> bytes:
        """Remember what was found out about an event whose key was new; returns the key it has from now on."""
        if key == alike.key:
            text = spoken(_on_one_line(alike.text), alike.logger)
            names = alike.names != b"" and (known.has_trace or has_numbered_type(text))
            telling = _Telling(names, has_pattern(text))
            if any(telling):
                self._put(key, telling)
                key = _precise(alike, telling)
        self._put(key, known)
        return key

    def keep_glance(self, seen: Glance, alike: Likeness, key: bytes, known: _Known) -> None:
        """Remember that a glance suffices, unless digits decide."""
        if key == alike.key and not any(map(str.isdigit, alike.logger)):
            self._put(seen.key, known)

    def _known(self, key: _Key) -> _Known | None:
        found = self._young.get(key) or self._old.get(key)
        return None if isinstance(found, _Telling) else found

    def _put(self, key: _Key, known: _Known | _Telling) -> None:
        if len(self._young) >= self._limit // 2:
            self._old, self._young = self._young, {}
        self._young[key] = known


def _precise(alike: Likeness, telling: _Telling) -> bytes:
    """The key of an event by what its digits tell besides."""
    key = alike.key + b"\0" + alike.names if telling.names else alike.key
    if telling.codes:
        text = spoken(_on_one_line(alike.text), alike.logger)
        # As written too: a number beside `Connection refused` stays in the template, whatever it is.
        found = [(code, text[code.start : code.end]) for code in find(text)]
        key += b"\0" + repr(found).encode("utf-8", "replace")
    return key


def _on_one_line(text: bytes) -> str:
    """The text as masking reads it: a code may stand many blanks, or a line, behind the word that makes it one."""
    return " ".join(text.decode("utf-8", "replace").split())


_KNOWN = KnownEvents()
_FINGERPRINTER = Fingerprinter()


def forget() -> None:
    """Drop what is remembered of events: frees memory, changes no result."""
    global _KNOWN  # noqa: PLW0603 - one per process, like the memo of lines
    _KNOWN = KnownEvents()


def parse(block: Block, settings: ParseSettings) -> ParsedBlock:
    """Parse one block. A worker process gives the same result as this one, up to which samples it built: `complete`
    builds the rest."""
    settings = replace(settings, reference_ms=block.reference_ms)
    kept, lines, counts = assemble_block(block.data, settings, first_line=block.first_line)
    found: dict[str, Occurrences] = {}
    nearby = Nearby(lines, counts.lines)

    def dated(at_ms: int | None, event: Event, order: Sequence[int]) -> int:
        near = nearby.at_ms(order[event.first]) if at_ms is None else at_ms
        return block.reference_ms if near is None else near

    for event, order in kept:
        seen = glance(event, order, lines)
        if seen is not None and (known := _KNOWN.at_a_glance(seen)) is not None:
            occurrences = _alike(found, known, seen, event, order)
            occurrences.count_one(dated(seen.at_ms, event, order), seen.service)
            if occurrences.wants_variants:
                occurrences.vary(look(event, order, lines), partial(sketch, event, order))
            continue
        alike = likeness(event, order, lines)
        if alike is None:
            record = build(event, order, lines)
            _add(found, _FINGERPRINTER.of(record), record, dated(record.timestamp_ms, event, order))
            continue
        key, known = _KNOWN.get(alike)
        if known is None:
            record = build(event, order, lines)
            known = _Known(fingerprint(record), record.stacktrace is not None)
            key = _KNOWN.keep(alike, key, known)
            found.setdefault(known.fingerprint.id, Occurrences(known.fingerprint, record))
        if seen is not None:
            _KNOWN.keep_glance(seen, alike, key, known)
        occurrences = _alike(found, known, alike, event, order)
        occurrences.count_one(dated(alike.at_ms, event, order), alike.service)
        if occurrences.wants_variants:
            occurrences.vary(alike.look, partial(sketch, event, order))
    return ParsedBlock(found, counts)


def parse_marked(block: Block, settings: ParseSettings) -> ParsedBlock:
    """As `parse`, with the marks of a block whose first line states its time: logs that state none begin alike."""
    parsed = parse(block, settings)
    first, _ = parse_block(block.data.partition(b"\n")[0], replace(settings, min_level=Level.UNSET))
    dated = first and first[0].timestamp_ms is not None
    return replace(parsed, marks=marks_of(block.data)) if dated else parsed


def _alike(
    found: dict[str, Occurrences], known: _Known, read: Glance | Likeness, event: Event, order: Sequence[int]
) -> Occurrences:
    """The occurrences an event belongs to, represented by it when it is the first or the gravest of them."""
    occurrences = found.get(known.fingerprint.id)
    level = event.level
    if occurrences is None:
        occurrences = found[known.fingerprint.id] = Occurrences(
            known.fingerprint, sketch(event, order), level, read.logger, known.has_trace
        )
    elif level > occurrences.level:
        occurrences.sample, occurrences.level, occurrences.logger = sketch(event, order), level, read.logger
    return occurrences


def complete(groups: Collection[Occurrences], block: Block, settings: ParseSettings) -> None:
    """Build the records that `parse` left as sketches, with the settings it was given."""
    settings = replace(settings, reference_ms=block.reference_ms)
    build_sketches(groups, excerpt(block.data, settings, sketched(groups)), settings, block.first_line)


def sketched(groups: Iterable[Occurrences]) -> set[int]:
    """The lines of a block, by number from 0, that the sketches in these groups stand for."""
    return {n for occurrences in groups for recipe in occurrences.sketches for n in recipe.members}


def build_sketches(groups: Iterable[Occurrences], chosen: Excerpt, settings: ParseSettings, first_line: int) -> None:
    """As `complete`, from the lines that the sketches stand for; `first_line` is the number of the block's first."""
    waiting = [occurrences for occurrences in groups if occurrences.sketches]
    if not waiting:
        return
    lines = lines_of(chosen, settings, first_line=first_line)
    for occurrences in waiting:
        occurrences.complete(lambda recipe: rebuild(recipe, lines))


def assign(found: dict[str, Occurrences], merge: MergeIndex) -> dict[str, Occurrences]:
    """Occurrences per group id: templates that differ only in a variable word join the group seen first."""
    groups: dict[str, Occurrences] = {}
    for occurrences in found.values():
        group_id = merge.assign(
            occurrences.fingerprint,
            level=occurrences.level,
            logger=occurrences.logger,
            has_trace=occurrences.has_trace,
        )
        if group_id in groups:
            groups[group_id].absorb(occurrences)
        else:
            groups[group_id] = occurrences
    return groups


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` UTF-8 bytes, cut between characters; head and tail survive because causes stand last."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    mark = "\n[...]\n"
    head = (limit - len(mark)) * 2 // 3
    tail = limit - len(mark) - head
    return data[:head].decode("utf-8", "ignore") + mark + data[-tail:].decode("utf-8", "ignore")


def _frames(record: LogRecord) -> tuple[str, ...]:
    if record.stacktrace is None:
        return ()
    names = []
    for frame in record.stacktrace.root.frames[:MAX_FRAMES]:
        place = frame.module or frame.file.replace("\\", "/").rsplit("/", 1)[-1]
        names.append(f"{place}:{frame.function}" if frame.function else place)
    return tuple(names)


def new_group(
    group_id: str,
    occurrences: Occurrences,
    redact: Callable[[str], str],
    source: str,
    origin: str = "user",
    *,
    samples: Callable[[str], str] | None = None,
) -> ErrorGroup:
    """The row of a group seen for the first time, redacted, without its vector and with zero counts: the ledger's
    commit adds them. `samples` is the gate of the sample, where another one counts."""
    record, fingerprint = occurrences.record, occurrences.fingerprint
    trace = record.stacktrace
    redact = functools.cache(redact)  # title, text and message variants mostly say the same
    text = redact(lexical_text(record))
    return ErrorGroup(
        id=group_id,
        title=redact(headline(record))[:MAX_TITLE_CHARS] or "(empty message)",
        template=redact(fingerprint.template),
        sample=cut_bytes((samples or redact)(record.body), MAX_SAMPLE_BYTES),
        dense_text=redact(embedding_text(record)),
        text=text,
        level=max(record.level, Level.UNSET),
        related=fingerprint.related,
        exception_type=trace.outermost.type if trace else "",
        root_type=trace.root.type if trace else "",
        codes=fingerprint.codes,
        services=tuple(sorted(occurrences.services)),
        language=record.language or (trace.language if trace else ""),
        first_seen_ms=occurrences.first_ms,
        last_seen_ms=occurrences.last_ms,
        chain=trace.chain if trace else (),
        frames=tuple(redact(f) for f in _frames(record)),
        sources=(redact(source),) if source else (),
        messages=variants(occurrences, redact),
        origin=origin,
        sparse=document_weights(text),
    )


def is_young(stored: ErrorGroup, count: int) -> bool:
    """Whether further variants of a group's message are worth building; `count` events of it were met."""
    return count < VARIANTS_UNTIL and len(stored.messages) < MAX_MESSAGES


def variants(occurrences: Occurrences, redact: Callable[[str], str]) -> tuple[str, ...]:
    """The distinct messages of variants that were built, redacted and cut to 200 characters."""
    return tuple([redact(said)[:MAX_TITLE_CHARS] for said in occurrences.messages])


def grown_group(stored: ErrorGroup, occurrences: Occurrences, source: str, said: Sequence[str] = ()) -> ErrorGroup:
    """The stored row with what a block adds besides counts: services, sources, a higher level and, to a young group,
    the message variants `said`. `source` is redacted already."""
    level = max(stored.level, occurrences.level)
    messages = tuple([*dict.fromkeys((*stored.messages, *said))][:MAX_MESSAGES]) if said else stored.messages
    sources, services = stored.sources, stored.services
    if source and source not in sources[-1:]:
        sources = tuple([*dict.fromkeys((*sources, source))][-MAX_SOURCES:])
    if not occurrences.services.issubset(services):
        services = tuple(sorted({*services, *occurrences.services})[:MAX_SERVICES])
    changed = (level, messages, sources, services, "user")
    if changed == (stored.level, stored.messages, stored.sources, stored.services, stored.origin):
        return stored  # as with most groups of most blocks: a row has two dozen fields to copy
    return replace(stored, level=level, messages=messages, sources=sources, services=services, origin="user")
