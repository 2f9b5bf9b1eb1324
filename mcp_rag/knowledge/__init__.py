"""The starter pack: well-known failures with what fixes them and the versions that this holds for.

The pack is data (`starter.jsonl`, one JSON object a line). Each entry also says in `checked` how its wording was
verified; that field is for the pack's maintainers and its tests, and is not loaded. docs/knowledge.md is the guide.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from mcp_rag.notes import Note

__all__ = ["STARTER_SOURCE", "STARTER_VERSION", "load"]

# Raised whenever an entry is added, changed or removed, so that a knowledge base knows which pack it holds.
STARTER_VERSION = 1
STARTER_SOURCE = "starter pack"


@cache
def load() -> tuple[Note, ...]:
    """Every entry of the pack, in the order of the file. The file is read at the first call and kept."""
    text = resources.files(__name__).joinpath("starter.jsonl").read_text(encoding="utf-8")
    # split, not splitlines: a quoted error may hold U+2028 and other characters that splitlines cuts at.
    return tuple(_note(json.loads(line)) for line in text.split("\n") if line)


def _note(entry: dict[str, str | list[str]]) -> Note:
    texts = {key: str(entry[key]) for key in ("error", "fix", "title", "versions", "environment", "source", "language")}
    return Note(**texts, codes=tuple(entry["codes"]))
