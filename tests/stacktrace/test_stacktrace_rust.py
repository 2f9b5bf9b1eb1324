"""Rust panics, backtraces and error reports."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "rust old": (
        "thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', "
        "src/main.rs:4:5\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "rust",
        [("panic", "index out of bounds: the len is 3 but the index is 7")],
        [("", "src/main.rs", 4, True)],
    ),
    "rust new": (
        "thread 'tokio-runtime-worker' panicked at src/svc.rs:41:9:\n"
        "assertion `left == right` failed: bad sum\n"
        "  left: 3\n"
        " right: 4\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "rust",
        [("panic", "assertion `left == right` failed: bad sum")],
        [("", "src/svc.rs", 41, True)],
    ),
    "anyhow": (
        "Error: could not load config\n"
        "\n"
        "Caused by:\n"
        "    0: reading /etc/app.toml\n"
        "    1: No such file or directory (os error 2)\n"
        "\n"
        "Stack backtrace:\n"
        "   0: anyhow::error::<impl anyhow::Error>::msg\n"
        "             at /root/.cargo/registry/src/x/anyhow-1.0/src/error.rs:83:36\n"
        "   1: svc::load::h0123456789abcdef\n"
        "             at ./src/main.rs:12:9",
        "rust",
        [
            ("Error", "could not load config"),
            ("Error", "reading /etc/app.toml"),
            ("Error", "No such file or directory (os error 2)"),
        ],
        [
            ("msg", "/root/.cargo/registry/src/x/anyhow-1.0/src/error.rs", 83, False),
            ("load", "./src/main.rs", 12, True),
        ],
    ),
    "anyhow1": (
        "Error: could not load config\n\nCaused by:\n    No such file or directory (os error 2)",
        "rust",
        [("Error", "could not load config"), ("Error", "No such file or directory (os error 2)")],
        [],
    ),
    "overflow": (
        "\nthread 'main' has overflowed its stack\nfatal runtime error: stack overflow\nAborted (core dumped)",
        "rust",
        [("stack overflow", "thread 'main' has overflowed its stack")],
        [],
    ),
    "rust full": (
        "thread 'main' (18288) panicked at src/main.rs:8:45:\n"
        "called `Option::unwrap()` on a `None` value\n"
        "stack backtrace:\n"
        "   0:     0x55d0c0ffee00 - std::backtrace_rs::backtrace::libunwind::trace::h0123456789abcdef\n"
        "                               at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/s"
        "rc/../../backtrace/src/backtrace/libunwind.rs:93:5\n"
        "   1:     0x55d0c0ffee10 - rust_begin_unwind\n"
        "                               at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/s"
        "rc/panicking.rs:645:5\n"
        "   2:     0x55d0c0ffee20 - core::panicking::panic_fmt::h0123456789abcdef\n"
        "                               at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/"
        "src/panicking.rs:72:14\n"
        "   3:     0x55d0c0ffee30 - <shop::Cart as shop::Total>::total::h0123456789abcdef\n"
        "                               at /srv/app/src/cart.rs:12:5\n"
        "   4:     0x55d0c0ffee40 - shop::main::h0123456789abcdef\n"
        "                               at /srv/app/src/main.rs:8:45",
        "rust",
        [("panic", "called `Option::unwrap()` on a `None` value")],
        [("total", "/srv/app/src/cart.rs", 12, True), ("main", "/srv/app/src/main.rs", 8, True)],
    ),
    "eyre": (
        "Error: \n"
        "   0: could not load config\n"
        "   1: No such file or directory (os error 2)\n"
        "\n"
        "Location:\n"
        "   src/main.rs:10",
        "rust",
        [("Error", "could not load config"), ("Error", "No such file or directory (os error 2)")],
        [],
    ),
    "rust runtime": (
        "fatal runtime error: Rust cannot catch foreign exceptions",
        "rust",
        [("fatal runtime error", "Rust cannot catch foreign exceptions")],
        [],
    ),
    "rust multi old": (
        "thread 'main' panicked at 'first line\nsecond line', src/main.rs:4:5",
        "rust",
        [("panic", "first line")],
        [],
    ),
    "old panic of many lines": (
        "thread 'main' panicked at 'assertion failed: `(left == right)`\n  left: `3`,\n right: `4`', src/cart.rs:12:5\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "rust",
        [("panic", "assertion failed: `(left == right)`")],
        [("", "src/cart.rs", 12, True)],
    ),
    "anyhow without Error": (
        "could not load config\n\nCaused by:\n    file is empty",
        "rust",
        [("Error", "could not load config"), ("Error", "file is empty")],
        [],
    ),
    "rust bare frames": (
        "   0: shop::cart::total\n"
        "             at ./src/cart.rs:12:5\n"
        "   1: shop::main\n"
        "             at ./src/main.rs:8:45",
        "rust",
        [("", "")],
        [("total", "./src/cart.rs", 12, True), ("main", "./src/main.rs", 8, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rust_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


def test_a_logger_puts_the_place_of_a_panic_behind_a_colon() -> None:
    """The log_panics crate: the message ends before its quote, and the place is the frame."""
    trace = parse("thread 'main' panicked at 'no till': src/till.rs:41")
    assert trace is not None
    assert (trace.root.message, trace.root.frames[0].file) == ("no till", "src/till.rs")
