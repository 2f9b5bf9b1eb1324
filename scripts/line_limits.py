"""Fail when a module of the package is over 350 lines, a function over 60, or a test file over 600."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES = 350
FUNCTION_LINES = 60
TEST_LINES = 600
FORBIDDEN = ("utils", "helpers", "common", "manager", "handler")


def problems(root: Path) -> Iterator[str]:
    """One line per violation."""
    for path in sorted(root.glob("mcp_rag/**/*.py")):
        yield from _module_problems(path, MODULE_LINES)
    for path in sorted(root.glob("tests/**/*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > TEST_LINES:
            yield f"{path}: {lines} lines, over {TEST_LINES}"


def _module_problems(path: Path, limit: int) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = len(text.split("\n")) - 1
    if lines > limit:
        yield f"{path}: {lines} lines, over {limit}"
    if any(word in path.stem for word in FORBIDDEN):
        yield f"{path}: the name says nothing; call it after what it does"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, over {FUNCTION_LINES}"


if __name__ == "__main__":
    found = list(problems(Path(__file__).resolve().parent.parent))
    print("\n".join(found) or "line limits hold")
    sys.exit(bool(found))
