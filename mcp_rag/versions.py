"""Version ranges as people write them, compared with versions found in a pasted error."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VERSION = re.compile(r"\b([a-z][a-z0-9_.-]{1,30})[ =@/v-]{1,3}(\d{1,4}(?:\.\d{1,5}){1,3})\b", re.IGNORECASE)
_BOUND = re.compile(r"(<=|>=|==|!=|~=|~>|<|>|=|\^|~)\s{0,2}(\d{1,4}(?:\.\d{1,5}){0,3})")
_NAME = re.compile(r"\b([a-z][a-z0-9_.-]{1,30})\s{0,2}(?=[<>=!~^])", re.IGNORECASE)

Version = tuple[int, ...]


def parse_version(text: str) -> Version:
    """`1.26.4` -> (1, 26, 4)."""
    return tuple(int(part) for part in text.split("."))


def versions_in(text: str) -> tuple[str, ...]:
    """`name version` pairs that the text states (`numpy 1.26.4`, `torch==2.13.0`, `node/v20.1.0`), at most 20."""
    found = (f"{m.group(1).lower()} {m.group(2)}" for m in _VERSION.finditer(text[:20_000]))
    return tuple(dict.fromkeys(found))[:20]


def _holds(version: Version, operator: str, bound: Version) -> bool:
    width = max(len(version), len(bound))
    left = version + (0,) * (width - len(version))
    right = bound + (0,) * (width - len(bound))
    if operator in ("=", "=="):
        return version[: len(bound)] == bound
    if operator in ("~=", "~>", "~", "^"):
        # Compatible release: the last part named may grow; after a caret everything but the first.
        kept = 1 if operator == "^" else max(1, len(bound) - 1)
        return left >= right and version[:kept] == bound[:kept]
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "!=": left != right}[
        operator
    ]


def conflicts(stated: str, seen: Sequence[str]) -> bool:
    """True when a range (`numpy >= 1.24, < 2`) names a component whose version in the paste lies outside it.

    Ranges joined by commas must all hold; alternatives are separated by `;` or `or`. Without a named component, or
    without its version in the paste, nothing is claimed.
    """
    if not stated or not seen:
        return False
    known = dict(pair.rsplit(" ", 1) for pair in seen)
    verdicts = []
    for alternative in re.split(r";|\bor\b", stated):
        name = _NAME.search(alternative)
        bounds = _BOUND.findall(alternative)
        if name is None or not bounds or name.group(1).lower() not in known:
            continue
        version = parse_version(known[name.group(1).lower()])
        verdicts.append(all(_holds(version, op, parse_version(bound)) for op, bound in bounds))
    return bool(verdicts) and not any(verdicts)
