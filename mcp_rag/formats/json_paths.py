"""Reading a JSON record by dotted paths, and its values as text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MAX_REMEMBERED_KEYS = 40
MAX_TEXT_CHARS = 65_536

Record = dict[str, Any]


@lru_cache(maxsize=2_048)
def among(paths: tuple[str, ...], keys: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `paths` that can be found in a record with these keys."""
    known = frozenset(keys)
    return tuple(path for path in paths if path in known or path.partition(".")[0] in known)


def present(paths: tuple[str, ...], record: Record) -> tuple[str, ...]:
    """Those of `paths` that can be found in `record`, worked out once per set of keys: a logger rarely changes them."""
    keys = tuple(record)
    return among(paths, keys) if len(keys) <= MAX_REMEMBERED_KEYS else paths


def get(node: object, path: str) -> Any:  # noqa: ANN401 - a JSON value of any type
    """The value at a dotted path, whether its parts are nested objects, dotted keys or a mix; None if absent."""
    while isinstance(node, dict):
        if path in node:
            return node[path]
        head, dot, path = path.partition(".")
        if not dot:
            return None
        node = node.get(head)
    return None


def plain(value: object) -> Any:  # noqa: ANN401 - a JSON value of any type
    """OTLP's `{"stringValue": "x"}` and MongoDB's `{"$date": "x"}` as the value inside."""
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key.endswith("Value") or key.startswith("$"):
            return plain(inner)
    return value


def text_of(value: object) -> str:
    """A value as text: strings as they are, numbers and objects as JSON; "" for nothing."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if value is None or value is True or value is False:
        return ""
    import orjson

    try:
        return orjson.dumps(value).decode()[:MAX_TEXT_CHARS]
    except (orjson.JSONEncodeError, RecursionError):
        return ""
