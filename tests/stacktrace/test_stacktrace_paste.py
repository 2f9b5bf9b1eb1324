"""Pasted traces: quoted, numbered, dedented, fenced, prefixed."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "ray prefix": (
        "(f pid=771) ERROR 03-12 20:05:10 base.py:612] Traceback (most recent call last):\n"
        '(f pid=771) ERROR 03-12 20:05:10 base.py:612]   File "/opt/app/base.py", line 140, in execute\n'
        "(f pid=771) ERROR 03-12 20:05:10 base.py:612]     return fn(*a)\n"
        "(f pid=771) ERROR 03-12 20:05:10 base.py:612] ValueError: tensor of 4096 rows",
        "python",
        [("ValueError", "tensor of 4096 rows")],
        [("execute", "/opt/app/base.py", 140, True)],
    ),
    "compose paste": (
        "web_1  | java.lang.IllegalStateException: no port\n"
        "web_1  | \tat com.acme.Boot.main(Boot.java:12)\n"
        "web_1  | Caused by: java.io.IOException: closed\n"
        "web_1  | \tat com.acme.Wire.read(Wire.java:3)",
        "java",
        [("java.lang.IllegalStateException", "no port"), ("java.io.IOException", "closed")],
        [("read", "Wire.java", 3, True)],
    ),
    "fence": (
        "```python\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in <module>\n'
        "    f()\n"
        "NameError: name 'f' is not defined\n"
        "```",
        "python",
        [("NameError", "name 'f' is not defined")],
        [("<module>", "a.py", 1, True)],
    ),
    "dedent": (
        "Traceback (most recent call last):\n"
        'File "/srv/app/l.py", line 9, in <module>\n'
        "div(1, 0)\n"
        'File "/srv/app/l.py", line 5, in div\n'
        "return a / b\n"
        "ZeroDivisionError: division by zero",
        "python",
        [("ZeroDivisionError", "division by zero")],
        [("div", "/srv/app/l.py", 5, True), ("<module>", "/srv/app/l.py", 9, True)],
    ),
    "chat": (
        "> Traceback (most recent call last):\n"
        '>   File "/srv/app/l.py", line 9, in <module>\n'
        ">     div(1, 0)\n"
        "> ZeroDivisionError: division by zero",
        "python",
        [("ZeroDivisionError", "division by zero")],
        [("<module>", "/srv/app/l.py", 9, True)],
    ),
    "numbered": (
        "1  Traceback (most recent call last):\n"
        '2    File "/srv/app/l.py", line 9, in <module>\n'
        "3      div(1, 0)\n"
        "4  ZeroDivisionError: division by zero",
        "python",
        [("ZeroDivisionError", "division by zero")],
        [("<module>", "/srv/app/l.py", 9, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_paste_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
