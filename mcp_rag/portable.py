"""Rows as plain JSON objects and back, and their digests: what a backup holds and what a copy is verified by.

An object names every field. Reading ignores names it does not know and takes the default of those that are missing,
so that files of other versions can be read. Vectors are base64 of little-endian float32.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mcp_rag.errors import InputError
from mcp_rag.rows import BlockRow, ErrorGroup, Kind, Resolution, ResolutionOutcome
from mcp_rag.types import Level

Row = ErrorGroup | BlockRow | Resolution
TYPES: dict[Kind, type[Row]] = {"errors": ErrorGroup, "resolutions": Resolution, "blocks": BlockRow}
# The order of copying: a ledger row is only of use once its groups are there.
KINDS: tuple[Kind, ...] = ("errors", "resolutions", "blocks")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NORM_TOLERANCE, _TOKENS = 1e-2, 2**32 - 2
_NOT_STORED = frozenset({"kb", "applied"})


def to_json(row: Row) -> dict[str, Any]:
    """The row as a JSON object."""
    return {f.name: _plain(getattr(row, f.name)) for f in dataclasses.fields(row) if f.name not in _NOT_STORED}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field's value
    if isinstance(value, Level):
        return int(value)
    if isinstance(value, ResolutionOutcome):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        if value and isinstance(value[0], float):
            return base64.b64encode(struct.pack(f"<{len(value)}f", *value)).decode("ascii")
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value


def from_json(kind: Kind, found: object) -> Row:
    """The row of a JSON object. Raises InputError when it is none of ours."""
    try:
        return _built(TYPES[kind], found)  # type: ignore[no-any-return] # the class decides the type
    except (TypeError, ValueError, KeyError, AttributeError, binascii.Error, struct.error, OverflowError):
        raise InputError("A row cannot be read.", "The file is damaged or was not made by `mcp-rag backup`.") from None


def _built(cls: Any, found: Any) -> Any:  # noqa: ANN401 - one of the row classes
    if not isinstance(found, dict):
        raise TypeError
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.name in found:
            values[field.name] = CONVERTERS[str(field.type)](found[field.name])
    if cls is BlockRow:
        values["applied"] = True
    return cls(**values)


def _text(value: Any) -> str:  # noqa: ANN401 - from JSON
    if not isinstance(value, str):
        raise TypeError
    return value


def _level(value: Any) -> Level:  # noqa: ANN401 - from JSON
    return max((level for level in Level if level <= int(value)), default=Level.UNSET)


def _word(*allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:  # noqa: ANN401 - from JSON
        if value not in allowed:
            raise ValueError
        return str(value)

    return check


def _vector(value: Any) -> tuple[float, ...] | None:  # noqa: ANN401 - from JSON
    if value is None:
        return None
    data = base64.b64decode(_text(value), validate=True)
    vector = struct.unpack(f"<{len(data) // 4}f", data)
    if not all(map(math.isfinite, vector)):
        raise ValueError
    return vector


def _counts(value: Any) -> dict[int, int]:  # noqa: ANN401 - from JSON
    return {int(k): int(v) for k, v in value.items()}


# By annotation, so that a new field of a known type needs nothing here.
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": int,
    "bool": bool,
    "Level": _level,
    "Status": _word("new", "unresolved", "resolved", "returned"),
    "Outcome": _word("worked", "failed", "partial"),
    "tuple[str, ...]": lambda value: tuple(map(_text, value)),
    "tuple[float, ...] | None": _vector,
    "tuple[ResolutionOutcome, ...]": lambda value: tuple(_built(ResolutionOutcome, v) for v in value),
    "Mapping[int, int]": _counts,
    "Mapping[str, int]": lambda value: {_text(k): int(v) for k, v in value.items()},
    "Mapping[int, float] | None": lambda value: value and {int(k): float(v) for k, v in value.items()},
    "Mapping[str, Mapping[int, int]]": lambda value: {_text(k): _counts(v) for k, v in value.items()},
}


def storable(row: Row) -> bool:
    """Whether a store would take the row: told of all rows before the first is written, or one deleted for them."""
    if isinstance(row, BlockRow):
        ids = (row.id, row.head, *row.counts)
        numbers = [n for hours in row.counts.values() for pair in hours.items() for n in pair]
        numbers += [*row.first_seen.values(), *row.last_seen.values()]
        sound = row.counts.keys() == row.first_seen.keys() == row.last_seen.keys() and _is_base64(row.marks)
    else:
        ids = (
            (row.id, row.error_id or row.id, row.superseded_by or row.id) if isinstance(row, Resolution) else (row.id,)
        )
        numbers = [n for pair in row.timeline.items() for n in pair] if isinstance(row, ErrorGroup) else []
        norm = math.hypot(*(row.vector or ()))
        weights = (row.sparse or {}).items()
        sound = abs(norm - 1) <= _NORM_TOLERANCE if row.vector else isinstance(row, Resolution)
        sound = sound and all(0 <= token < _TOKENS and 0 < weight < math.inf for token, weight in weights)
    numbers += [n for f in dataclasses.fields(row) if isinstance(n := getattr(row, f.name), int)]
    return sound and all(map(_ID.fullmatch, ids)) and all(-(2**63) <= n < 2**63 for n in numbers)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def row_digest(row: Row, *, vectors: bool = True, sparse: bool = True) -> bytes:
    """32 bytes that are equal for equal rows, whatever engine they were read from. Weights count as float32."""
    facts = to_json(row)
    if not isinstance(row, BlockRow):
        weights = facts.pop("sparse")
        if not vectors:
            del facts["vector"]
        if sparse and weights:
            facts["sparse"] = {token: struct.pack("<f", weight).hex() for token, weight in weights.items()}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode("ascii")).digest()


def whole_digest(rows: Iterable[tuple[str, bytes]]) -> str:
    """Digest of a collection from the ids and digests of its rows, 64 hex digits."""
    whole = hashlib.sha256()
    for row_id, digest in sorted(rows):
        whole.update(row_id.encode("utf-8", "replace") + digest)
    return whole.hexdigest()
