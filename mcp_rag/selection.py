"""Conditions on error groups: the same rule that the store pushes down, for rows already in hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.types import Level, LogRecord
from mcp_rag.volatile import ANY_PLACEHOLDER

_LETTER = re.compile(r"[^\W\d_]")


def telling(groups: Iterable[ErrorGroup], errors: Sequence[LogRecord]) -> list[ErrorGroup]:
    """The groups whose fingerprint or template, shared with one of the errors, says that they are the same. A template
    of nothing but placeholders is that of any path or number: then the text itself must be the stored one."""
    said = [record.message for record in errors if record.message]
    return [
        group
        for group in groups
        if _LETTER.search(ANY_PLACEHOLDER.sub("", group.template)) or any(text in group.sample for text in said)
    ]


def accepts(group: ErrorGroup, where: ErrorFilter) -> bool:
    """True when the group meets every condition of the filter."""
    return not any(_rejects(group, where))


def _rejects(group: ErrorGroup, where: ErrorFilter) -> tuple[bool, ...]:
    return (
        group.level < where.min_level,
        bool(where.service) and where.service not in group.services,
        bool(where.since_ms) and group.last_seen_ms < where.since_ms,
        bool(where.until_ms) and group.first_seen_ms > where.until_ms,
        bool(where.first_since_ms) and group.first_seen_ms < where.first_since_ms,
        bool(where.statuses) and group.status not in where.statuses,
        bool(where.language) and group.language != where.language,
        bool(where.exception_type) and group.exception_type != where.exception_type,
        bool(where.related) and group.related != where.related,
        bool(where.codes) and not set(where.codes) & set(group.codes),
        bool(where.origin) and group.origin != where.origin,
    )


_NAMES = {
    "min_level": "level",
    "since_ms": "since",
    "until_ms": "until",
    "first_since_ms": "first seen since",
    "statuses": "status",
}


def active(where: ErrorFilter) -> list[str]:
    """Names of the fields that restrict."""
    default = ErrorFilter()
    return [f.name for f in fields(where) if getattr(where, f.name) != getattr(default, f.name)]


def without(where: ErrorFilter, name: str) -> ErrorFilter:
    """The filter with one condition taken away."""
    return replace(where, **{name: getattr(ErrorFilter(), name)})


def blame(groups: list[ErrorGroup], where: ErrorFilter) -> dict[str, int]:
    """For each active condition, by its argument name, how many of `groups` it alone rejects or helps to reject."""
    counts: dict[str, int] = {}
    for name in active(where):
        only = replace(ErrorFilter(), **{name: getattr(where, name)})
        removed = sum(not accepts(g, only) for g in groups)
        if removed:
            counts[_NAMES.get(name, name)] = removed
    return counts


def parse_level(name: str) -> Level:
    """A level by its usual names, case ignored; UNSET for an empty name or `ALL`. Raises KeyError for others."""
    aliases = {"": "UNSET", "ALL": "UNSET", "WARNING": "WARN", "CRITICAL": "FATAL", "SEVERE": "ERROR", "ERR": "ERROR"}
    word = name.strip().upper()
    return Level[aliases.get(word, word)]
