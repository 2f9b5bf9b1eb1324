"""The only producer of filter text. Field names and operators are fixed here; values are ints or quoted strings.

Milvus Lite has no filter templating, and no engine's LIKE has an escape that all engines share, so a LIKE pattern
replaces special characters by the one-character wildcard and `accepts` drops what matched by accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mcp_rag.errors import InputError
from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.selection import accepts
from mcp_rag.types import Level

MAX_FILTER_BYTES = 65_536
MAX_VALUE_BYTES = 512
MAX_VALUES = 64

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_IDS_IN = re.compile(r'id in \["[0-9a-f]{32}"(?:, "[0-9a-f]{32}")*\]', re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WILD = re.compile(r'[\\%_"\x00-\x1f\x7f]')
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter expression. `exact` is False when rows may match by accident and need `accepts`."""

    text: str
    exact: bool


def quote(value: str) -> str:
    """A string literal that no engine can read as anything else (57 of 57 hostile cases on Lite and server 2.3.5)."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return f'"{text.translate(_ESCAPES)}"'


def clean_item(value: str) -> str:
    """A service or code as the `|a|b|` fields hold it: no bar, no control character."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", text.replace("|", "/")).strip()


def check_ids(ids: Iterable[str]) -> list[str]:
    """The ids, once each, in order. Raises InputError unless each is 32 lower-case hex digits."""
    checked = list(dict.fromkeys(ids))
    for value in checked:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise InputError(
                f"{str(value)[:40]!r} is not an id.", "Ids are 32 hex digits, as search_errors and list_errors give."
            )
    return checked


def ids_in(ids: Sequence[str], field: str = "id") -> str:
    """Expression for rows whose id is one of `ids`, which `check_ids` must have passed."""
    return f"{field} in [{', '.join(quote(i) for i in check_ids(ids))}]"


def ids_of(text: str) -> list[str] | None:
    """The ids of an expression made by `ids_in` for the field `id`; None for any other."""
    return _ID.findall(text) if _IDS_IN.fullmatch(text) else None


def contains(field: str, values: Sequence[str]) -> Condition:
    """Expression for rows whose `|a|b|` field holds at least one of the values."""
    if len(values) > MAX_VALUES:
        values = values[:MAX_VALUES]
    parts, exact = [], True
    for value in values:
        item = _checked_value(clean_item(value))
        pattern = _WILD.sub("_", item)
        exact = exact and not _WILD.search(item)
        parts.append(f'{field} like "%|{pattern}|%"')
    text = " or ".join(parts)
    return Condition(f"({text})" if len(parts) > 1 else text, exact)


def _checked_value(value: str) -> str:
    if len(value.encode("utf-8", "replace")) > MAX_VALUE_BYTES:
        raise InputError(f"A filter value is longer than {MAX_VALUE_BYTES} bytes.", "Shorten it.")
    return value


def error_condition(where: ErrorFilter, *, infix_like: bool = True) -> Condition:
    """Expression for the groups that meet `where`; empty text when nothing restricts.

    Without infix LIKE (servers before 2.4) services and codes are left to `accepts`. Raises InputError for values
    beyond the limits.
    """
    where = normal_filter(where)
    parts: list[str] = []
    exact = True
    if where.min_level > Level.UNSET:
        parts.append(f"level >= {int(where.min_level)}")
    for value, comparison in (
        (where.since_ms, "last_seen >="),
        (where.until_ms, "first_seen <="),
        (where.first_since_ms, "first_seen >="),
    ):
        if value:
            parts.append(f"{comparison} {_int64(value)}")
    texts = ((field, getattr(where, field)) for field in ("language", "exception_type", "related", "origin"))
    parts += [f"{field} == {quote(_checked_value(text))}" for field, text in texts if text]
    if where.statuses:
        parts.append(f"status in [{', '.join(quote(_checked_value(s)) for s in where.statuses[:MAX_VALUES])}]")
    for field, values in (("services", (where.service,) if where.service else ()), ("codes", where.codes)):
        if values:
            condition = contains(field, values)
            exact = exact and infix_like and condition.exact
            if infix_like:
                parts.append(condition.text)
    text = " and ".join(parts)
    if len(text.encode("utf-8")) > MAX_FILTER_BYTES:
        raise InputError("The filter is too long.", "Use fewer or shorter conditions.")
    return Condition(text, exact)


def normal_filter(where: ErrorFilter) -> ErrorFilter:
    """The filter with its services and codes as rows hold them, so that `accepts` compares like with like; what
    nothing is left of does not restrict."""
    service = clean_item(where.service)
    codes = tuple(item for code in where.codes[:MAX_VALUES] if (item := clean_item(code)))
    return replace(where, service=service, codes=codes)


def keep(groups: Iterable[ErrorGroup], where: ErrorFilter) -> list[ErrorGroup]:
    """The groups that truly meet `where`."""
    wanted = normal_filter(where)
    return [g for g in groups if accepts(g, wanted)]


def block_condition(*, source: str = "", service: str = "", before_ms: int = 0, ids: Sequence[str] = ()) -> str:
    """Expression for main ledger rows of a source or service, stored before `before_ms`, or with one of these ids.
    Raises InputError if empty."""
    parts = ["part == 0"]
    if source:
        parts.append(f"source == {quote(source)}")
    if service:
        parts.append(f"service == {quote(_checked_value(service))}")
    if before_ms:
        parts.append(f"created < {_int64(before_ms)}")
    if ids:
        parts.append(ids_in(ids))
    if len(parts) == 1:
        raise InputError("Nothing says which blocks are meant.", "Name a source, a service or a time.")
    return " and ".join(parts)


def prefix_is(prefix: str) -> str:
    """Expression for ids that start with the given hex digits."""
    if not re.fullmatch(r"[0-9a-f]{1,32}", prefix, re.ASCII):
        raise InputError("Not a prefix of an id.", "Use hex digits.")
    return f'id like "{prefix}%"'


def _int64(value: int) -> int:
    return max(-(2**63), min(2**63 - 1, int(value)))
