"""Results as JSON data and as compact text: both carry the same facts, the text made from the data.

Log text is quoted: on one line as a JSON string, over several lines between a pair of marks that hold a random word
of this call, so that no log line can end the quotation.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from typing import Any

from mcp_rag.results import GetResult
from mcp_rag.untrusted import visible

# Ids, enumerations and times are ours; everything else may hold log text and is quoted.
_NAMES = (
    "id error_id tool match_type match_quality level status state section verdict retrieval_mode support outcome "
    "first_seen last_seen since until start next_cursor fingerprint"
)
_PLAIN = frozenset(_NAMES.split())


def shown(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with hidden characters of every string in it made visible."""
    return _value(value)


def data(result: Any) -> dict[str, Any]:  # noqa: ANN401 - any result dataclass
    """A result as JSON-ready data: optional fields that are empty are left out; every string made visible."""
    return {
        f.name: value
        for f in dataclasses.fields(result)
        if (value := _value(getattr(result, f.name))) not in ("", [], {}, None) or _required(f)
    }


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON value or dataclass
    if dataclasses.is_dataclass(value):
        return data(value)
    if isinstance(value, list | tuple):
        return [_value(v) for v in value]
    if isinstance(value, dict):
        return {visible(str(k)): _value(v) for k, v in value.items()}
    return visible(value) if isinstance(value, str) else value


def text(facts: dict[str, Any]) -> str:
    """The facts as indented `name: value` lines."""
    lines: list[str] = []
    _lines(facts, 0, secrets.token_hex(4), lines)
    return "\n".join(lines)


def _lines(facts: dict[str, Any], depth: int, nonce: str, lines: list[str]) -> None:
    pad = "  " * depth
    for name, value in facts.items():
        if isinstance(value, dict):
            lines.append(f"{pad}{name}:")
            _lines(value, depth + 1, nonce, lines)
        elif isinstance(value, list) and any(isinstance(v, dict) for v in value):
            lines.append(f"{pad}{name}:")
            for item in value:
                start = len(lines)
                _lines(item, depth + 2, nonce, lines)
                lines[start] = f"{pad}  - {lines[start].lstrip()}"
        else:
            lines.append(f"{pad}{name}: {_scalar(name, value, nonce)}")


def _scalar(name: str, value: Any, nonce: str) -> str:  # noqa: ANN401 - any JSON scalar or list of them
    if isinstance(value, str):
        if "\n" in value:
            return f"<<quoted {nonce}\n{value}\nquoted {nonce}>>"
        return value if name in _PLAIN and value.isprintable() and '"' not in value else _quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(_quoted(v) if isinstance(v, str) else json.dumps(v) for v in value) + "]"
    return json.dumps(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def markdown(result: GetResult) -> str:
    """One error group as a Markdown page; log text stands in code fences longer than any it holds."""
    facts = data(result)
    names = ("level", "status", "count", "first_seen", "last_seen", "services", "codes")
    lines = [
        f"# Error {facts['id']}",
        "",
        f"- title: {_quoted(facts['title'])}",
        *(f"- {n}: {_scalar(n, facts[n], '')}" for n in names if facts.get(n)),
    ]
    fence = "`" * (max((len(run) for run in re.findall(r"`+", facts["text"])), default=2) + 1)
    return "\n".join([*lines, "", fence, facts["text"], fence, ""])
