"""The shape of an answer on the wire: what the record of a real server and the fake server are compared by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent / "vllm" / "shapes.json"
# What an error object says about itself is no prose: the client decides by it.
FIXED = ("type", "param", "code")


def shape(value: Any) -> Any:
    """The keys and kinds of a JSON value, without its contents. A list stands for its first element."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def case(status: int, body: Any) -> dict[str, Any]:
    """One recorded case: the status, the shape of the body, and the fixed words of an error object."""
    recorded = {"status": status, "body": shape(body)}
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        recorded["error"] = {key: error.get(key) for key in FIXED}
    return recorded


def recorded() -> dict[str, Any]:
    """What scripts/test-vllm wrote."""
    return dict(json.loads(PATH.read_text(encoding="utf-8")))
