"""Rows to Milvus entities and back. Entities are dicts: this is the JSON border."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from mcp_rag.rows import BlockRow, ErrorGroup, GroupTemplate, Outcome, Resolution, ResolutionOutcome, Status
from mcp_rag.store.filters import clean_item
from mcp_rag.store.schema import ANCHOR, JSON_BYTES, PART_BYTES, VARCHARS, cut
from mcp_rag.types import Level

Entity = dict[str, Any]

# The columns that only the ledger writes once a row exists; everything else belongs to the verbs.
TOTALS = ("count", "first_seen", "last_seen", "timeline")
# The columns that tell which group an event belongs to.
TEMPLATE = ("id", "template", "codes", "root_type", "meta")
MAX_TIMELINE_HOURS = 1_000
DAY_MS = 86_400_000
_LISTS = ("messages", "frames", "sources", "chain")


def join_items(items: Iterable[str], limit_bytes: int) -> str:
    """`|a|b|`, whole items only, within the limit; empty when there are none."""
    text = "|"
    for item in items:
        clean = clean_item(item)
        if clean and len(text.encode("utf-8")) + len(clean.encode("utf-8")) + 1 <= limit_bytes:
            text += clean + "|"
    return text if len(text) > 1 else ""


def split_items(text: str) -> tuple[str, ...]:
    """The items of a `|a|b|` field."""
    return tuple(text.strip("|").split("|")) if text.strip("|") else ()


def bounded_timeline(timeline: Mapping[int, int]) -> dict[int, int]:
    """At most 1,000 entries with the same sum: the oldest hours are added up by day, then the oldest days dropped
    into the first one kept. Depends only on its argument, so that recomputing gives the same."""
    hours = dict(sorted((int(h), int(n)) for h, n in timeline.items() if n))
    if len(hours) <= MAX_TIMELINE_HOURS:
        return hours
    keys = list(hours)
    border = keys[-MAX_TIMELINE_HOURS // 2]
    border -= border % DAY_MS
    merged: dict[int, int] = {}
    for hour, n in hours.items():
        key = hour if hour >= border else hour - hour % DAY_MS
        merged[key] = merged.get(key, 0) + n
    extra = len(merged) - MAX_TIMELINE_HOURS
    if extra > 0:
        keys = sorted(merged)
        merged[keys[extra]] += sum(merged.pop(k) for k in keys[:extra])
    return dict(sorted(merged.items()))


def _fit(meta: dict[str, list[Any]], order: tuple[str, ...]) -> dict[str, list[Any]]:
    """Drop items from the end of the lists, in the order named, until the JSON fits."""
    for name in order:
        while meta[name] and len(json.dumps(meta).encode("utf-8")) > JSON_BYTES - 1_024:
            meta[name] = meta[name][: len(meta[name]) // 2]
    return meta


def same_fields(entities: Iterable[Entity]) -> list[list[Entity]]:
    """Runs with equal columns: a batch is columnar."""
    runs: dict[frozenset[str], list[Entity]] = {}
    for entity in entities:
        runs.setdefault(frozenset(entity), []).append(entity)
    return list(runs.values())


def _texts(kind: str, row: object, names: Iterable[str]) -> Entity:
    return {name: cut(getattr(row, name), VARCHARS[kind][name]) for name in names}


def error_totals(group: ErrorGroup) -> Entity:
    """The columns of TOTALS."""
    timeline = bounded_timeline(group.timeline)
    return {
        "count": int(group.count),
        "first_seen": int(group.first_seen_ms),
        "last_seen": int(group.last_seen_ms),
        "timeline": {str(k): v for k, v in timeline.items()},
    }


def error_entity(group: ErrorGroup) -> Entity:
    """Every column of a group but its vectors."""
    limits = VARCHARS["errors"]
    lists = ("codes", "services")
    entity: Entity = {"id": group.id}
    entity |= _texts("errors", group, [n for n in limits if n not in lists])
    entity |= {name: join_items(getattr(group, name), limits[name]) for name in lists}
    entity["level"] = int(group.level)
    entity |= error_totals(group)
    meta = {name: [cut(str(v), 8_192) for v in getattr(group, name)] for name in _LISTS}
    entity["meta"] = _fit(meta, _LISTS)
    return entity


def error_group(entity: Mapping[str, Any]) -> ErrorGroup:
    """The row of an entity; vectors stay behind."""
    meta = entity["meta"]
    return ErrorGroup(
        id=entity["id"],
        title=entity["title"],
        template=entity["template"],
        sample=entity["sample"],
        dense_text=entity["dense_text"],
        text=entity["text"],
        level=_level(entity["level"]),
        related=entity["related"],
        exception_type=entity["exception_type"],
        root_type=entity["root_type"],
        codes=split_items(entity["codes"]),
        services=split_items(entity["services"]),
        language=entity["language"],
        first_seen_ms=int(entity["first_seen"]),
        last_seen_ms=int(entity["last_seen"]),
        count=int(entity["count"]),
        status=cast("Status", entity["status"]),
        timeline={int(k): int(v) for k, v in entity["timeline"].items()},
        origin=entity["origin"],
        messages=tuple(meta.get("messages", ())),
        frames=tuple(meta.get("frames", ())),
        sources=tuple(meta.get("sources", ())),
        chain=tuple(meta.get("chain", ())),
    )


def group_template(entity: Mapping[str, Any]) -> GroupTemplate:
    """What is needed of an entity that has the columns of TEMPLATE."""
    has_trace = bool(entity["root_type"] or entity["meta"].get("frames"))
    codes = split_items(entity["codes"])
    return GroupTemplate(entity["id"], "" if has_trace else entity["template"], codes, has_trace)


def _level(value: int) -> Level:
    """Other writers may have stored a number between two levels: the lower bound counts."""
    return max((level for level in Level if level <= int(value)), default=Level.UNSET)


# ---------------------------------------------------------------- blocks
def block_parts(row: BlockRow) -> list[dict[str, list[Any]]]:
    """The counts in pieces of at most 48 KiB of JSON: `{group: [first, last, hour, n, hour, n, ...]}`."""
    parts: list[dict[str, list[Any]]] = []
    room = 0
    for group_id, hours in row.counts.items():
        item: list[Any] = [int(row.first_seen.get(group_id, 0)), int(row.last_seen.get(group_id, 0))]
        for hour, n in sorted(bounded_timeline(hours).items()):
            item += [int(hour), int(n)]
        size = len(group_id) + len(json.dumps(item)) + 8
        if not parts or size > room:
            parts.append({})
            room = PART_BYTES
        parts[-1][group_id] = item
        room -= size
    return parts


def block_entity(row: BlockRow, *, revision: int, part: int, entity_id: str, meta: Mapping[str, Any]) -> Entity:
    """One ledger entity. Part 0 is the commit; others hold counts that did not fit."""
    return {
        "id": entity_id,
        "block": row.id,
        "part": part,
        "revision": revision,
        "head": row.head if part == 0 else "",
        "source": cut(row.source, VARCHARS["blocks"]["source"]),
        "service": cut(row.service, VARCHARS["blocks"]["service"]),
        "size_bytes": int(row.size_bytes),
        "lines": int(row.lines),
        "events": int(row.events),
        "created": int(row.created_ms),
        "min_level": int(row.min_level),
        "open": int(row.open),
        "applied": int(row.applied),
        "meta": dict(meta),
        "anchor": list(ANCHOR),
    }


def block_entities(row: BlockRow, supersedes: Sequence[str], *, applied: int) -> tuple[Entity, list[Entity]]:
    """The main entity of a row, and its parts: the counts for which that has no room, and the marks."""
    revision = secrets.randbits(62)
    first, *others = block_parts(row) or [{}]
    metas: list[Mapping[str, Any]] = [{"counts": counts} for counts in others]
    if row.marks:
        metas.append({"counts": {}, "marks": row.marks})
    pieces = [
        block_entity(row, revision=revision, part=n, entity_id=part_id(row.id, revision, n), meta=meta)
        for n, meta in enumerate(metas, start=1)
    ]
    meta = {"counts": first, "parts": len(metas) + 1, "supersedes": list(supersedes)}
    main = block_entity(row, revision=revision, part=0, entity_id=row.id, meta=meta) | {"applied": applied}
    return main, pieces


def part_id(block_id: str, revision: int, part: int) -> str:
    """The id of a part of a ledger row."""
    return hashlib.sha256(f"{block_id}/{revision}/{part}".encode()).hexdigest()[:32]


def part_ids(main: Mapping[str, Any]) -> list[str]:
    """The ids of all parts of a ledger row, by its main entity."""
    return [part_id(main["id"], int(main["revision"]), n) for n in range(1, int(main["meta"]["parts"]))]


def block_row(main: Mapping[str, Any], counts: Mapping[str, list[Any]], marks: str = "") -> BlockRow:
    """The ledger row of a main entity, and the counts and marks of all its parts."""
    return BlockRow(
        id=main["id"],
        head=main["head"],
        source=main["source"],
        service=main["service"],
        size_bytes=int(main["size_bytes"]),
        lines=int(main["lines"]),
        events=int(main["events"]),
        min_level=_level(main["min_level"]),
        open=bool(main["open"]),
        applied=bool(main["applied"]),
        created_ms=int(main["created"]),
        counts={g: {int(h): int(n) for h, n in zip(item[2::2], item[3::2], strict=True)} for g, item in counts.items()},
        first_seen={g: int(item[0]) for g, item in counts.items()},
        last_seen={g: int(item[1]) for g, item in counts.items()},
        marks=marks,
    )


# ---------------------------------------------------------------- resolutions
def resolution_entity(row: Resolution) -> Entity:
    """Every column of a resolution but its vectors. The newest outcomes survive when they outgrow the JSON limit."""
    limits = VARCHARS["resolutions"]
    entity: Entity = {"id": row.id}
    entity |= _texts("resolutions", row, [n for n in limits if n != "codes"])
    entity["codes"] = join_items(row.codes, limits["codes"])
    entity |= {"created": int(row.created_ms), "verified": int(row.verified_ms), "retracted": int(row.retracted)}
    newest = sorted(row.outcomes, key=lambda o: -o.last_ms)
    outcomes = [
        [o.outcome, cut(o.environment, 1_024), cut(o.version, 256), o.count, o.last_ms, cut(o.note, 2_048)]
        for o in newest
    ]
    kept = _fit({"outcomes": outcomes}, ("outcomes",))["outcomes"]
    order = {id(o): n for n, o in enumerate(row.outcomes)}
    chosen = sorted(zip(newest, kept, strict=False), key=lambda pair: order[id(pair[0])])
    entity["meta"] = {"outcomes": [item for _, item in chosen]}
    return entity


def resolution_row(entity: Mapping[str, Any]) -> Resolution:
    """The row of an entity; vectors stay behind."""
    return Resolution(
        id=entity["id"],
        error_id=entity["error_id"],
        symptom=entity["symptom"],
        fix=entity["fix"],
        title=entity["title"],
        outcomes=tuple(
            ResolutionOutcome(cast("Outcome", o[0]), o[1], o[2], int(o[3]), int(o[4]), o[5])
            for o in entity["meta"].get("outcomes", ())
        ),
        versions=entity["versions"],
        environment=entity["environment"],
        superseded_by=entity["superseded_by"],
        created_ms=int(entity["created"]),
        verified_ms=int(entity["verified"]),
        origin=entity["origin"],
        source=entity["source"],
        retracted=bool(entity["retracted"]),
        dense_text=entity["dense_text"],
        text=entity["text"],
        codes=split_items(entity["codes"]),
    )
