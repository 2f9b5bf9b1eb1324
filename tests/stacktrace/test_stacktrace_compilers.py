"""Compiler diagnostics with a stable code."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "ts": (
        "src/charge.ts(41,7): error TS2345: Argument of type X",
        "compiler",
        [("TS2345", "Argument of type X")],
        [],
    ),
    "rustc": (
        "error[E0382]: borrow of moved value: `cart`\n"
        " --> src/main.rs:9:20\n"
        "  |\n"
        '9 |     println!("{}", cart.total());\n'
        "  |                    ^^^^ value borrowed here after move",
        "rustc",
        [("E0382", "borrow of moved value: `cart`")],
        [],
    ),
    "cs": (
        "Program.cs(9,13): error CS0103: The name 'total' does not exist in the current context [/src/shop.csproj]",
        "compiler",
        [("CS0103", "The name 'total' does not exist in the current context")],
        [],
    ),
    "cs of one framework": (
        "C:\\src\\Program.cs(9,13): error CS0103: The name 'x' is no [a] [C:\\a\\shop.csproj::TargetFramework=net8.0]",
        "compiler",
        [("CS0103", "The name 'x' is no [a]")],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_compilers_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
