"""Python traces: chains, groups, syntax errors, faulthandler, rich, loguru, pytest."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "stack_info below": (
        'Traceback (most recent call last):\n  File "/srv/till.py", line 3, in open\n    take()\nOSError: no drawer\n'
        'Stack (most recent call last):\n  File "/srv/main.py", line 9, in <module>\n    main()\n',
        "python",
        [("OSError", "no drawer")],
        [("open", "/srv/till.py", 3, True)],
    ),
    "group never raised": (
        "  | ExceptionGroup: tills (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | KeyError: 'east'\n"
        "    +---------------- 2 ----------------\n"
        "    | ValueError: west\n"
        "    +------------------------------------\n",
        "python",
        [("ExceptionGroup", "tills (2 sub-exceptions)"), ("KeyError", "'east'")],
        [],
    ),
    "interrupted": (
        '^CTraceback (most recent call last):\n  File "/srv/till.py", line 3, in wait\nKeyboardInterrupt\n',
        "python",
        [("KeyboardInterrupt", "")],
        [("wait", "/srv/till.py", 3, True)],
    ),
    "group": (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/app/g.py", line 12, in <module>\n'
        "  |     main()\n"
        "  | ExceptionGroup: two jobs failed (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | Traceback (most recent call last):\n"
        '    |   File "/srv/app/g.py", line 5, in a\n'
        '    |     int("x")\n'
        "    | ValueError: invalid literal for int() with base 10: 'x'\n"
        "    +---------------- 2 ----------------\n"
        "    | KeyError: 'y'\n"
        "    +------------------------------------",
        "python",
        [
            ("ExceptionGroup", "two jobs failed (2 sub-exceptions)"),
            ("ValueError", "invalid literal for int() with base 10: 'x'"),
        ],
        [("a", "/srv/app/g.py", 5, True)],
    ),
    "nested": (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "g.py", line 9, in main\n'
        '  |     raise ExceptionGroup("outer", errs)\n'
        "  | ExceptionGroup: outer (1 sub-exception)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | Exception Group Traceback (most recent call last):\n"
        '    |   File "g.py", line 4, in inner\n'
        "    |     raise x\n"
        "    | ExceptionGroup: inner (1 sub-exception)\n"
        "    +-+---------------- 1 ----------------\n"
        "      | OSError: disk\n"
        "      +------------------------------------\n"
        "    +---------------- 2 ----------------\n"
        "    | TypeError: 2\n"
        "    +------------------------------------",
        "python",
        [
            ("ExceptionGroup", "outer (1 sub-exception)"),
            ("ExceptionGroup", "inner (1 sub-exception)"),
            ("OSError", "disk"),
        ],
        [],
    ),
    "py thread": (
        "Exception in thread Thread-1 (worker):\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner\n'
        "    self.run()\n"
        '  File "/srv/app/w.py", line 7, in worker\n'
        '    raise OSError("disk full")\n'
        "OSError: disk full",
        "python",
        [("OSError", "disk full")],
        [("worker", "/srv/app/w.py", 7, True), ("_bootstrap_inner", "/usr/lib/python3.11/threading.py", 1045, False)],
    ),
    "py syntax header": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/main.py", line 2, in <module>\n'
        "    import conf\n"
        '  File "/srv/app/conf.py", line 9\n'
        "    x = = 3\n"
        "        ^\n"
        "SyntaxError: invalid syntax",
        "python",
        [("SyntaxError", "invalid syntax")],
        [("", "/srv/app/conf.py", 9, True), ("<module>", "/srv/app/main.py", 2, True)],
    ),
    "py frozen": (
        "Traceback (most recent call last):\n"
        '  File "<frozen runpy>", line 198, in _run_module_as_main\n'
        '  File "<frozen runpy>", line 88, in _run_code\n'
        '  File "/srv/app/__main__.py", line 3, in <module>\n'
        "ModuleNotFoundError: No module named 'acme'",
        "python",
        [("ModuleNotFoundError", "No module named 'acme'")],
        [
            ("<module>", "/srv/app/__main__.py", 3, True),
            ("_run_code", "<frozen runpy>", 88, False),
            ("_run_module_as_main", "<frozen runpy>", 198, False),
        ],
    ),
    "py custom": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/r.py", line 3, in run\n'
        "    raise QuotaReached(7)\n"
        "app.limits.QuotaReached: 7 of 7 used",
        "python",
        [("app.limits.QuotaReached", "7 of 7 used")],
        [("run", "/srv/app/r.py", 3, True)],
    ),
    "py windows": (
        "Traceback (most recent call last):\n"
        '  File "C:\\\\app\\\\run.py", line 3, in <module>\n'
        "    main()\n"
        "PermissionError: [WinError 5] Access is denied: 'C:\\\\x'",
        "python",
        [("PermissionError", "[WinError 5] Access is denied: 'C:\\\\x'")],
        [("<module>", "C:\\\\app\\\\run.py", 3, True)],
    ),
    "py noise": (
        "collecting data\n"
        "some words\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/r.py", line 3, in run\n'
        "    go()\n"
        "StopIteration",
        "python",
        [("StopIteration", "")],
        [("run", "/srv/app/r.py", 3, True)],
    ),
    "py311 notes": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/r.py", line 3, in run\n'
        "    go()\n"
        "ValueError: bad row\n"
        "row was 7\n"
        "while reading rows.csv",
        "python",
        [("ValueError", "bad row")],
        [("run", "/srv/app/r.py", 3, True)],
    ),
    "py pydantic": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/settings.py", line 9, in <module>\n'
        "    Settings()\n"
        '  File "/srv/venv/lib/python3.11/site-packages/pydantic/main.py", line 193, in __init__\n'
        "    self.__pydantic_validator__.validate_python(data, self_instance=self)\n"
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\n"
        "database_url\n"
        "  Field required [type=missing, input_value={}, input_type=dict]",
        "python",
        [("pydantic_core._pydantic_core.ValidationError", "1 validation error for Settings: database_url")],
        [
            ("__init__", "/srv/venv/lib/python3.11/site-packages/pydantic/main.py", 193, False),
            ("<module>", "/srv/app/settings.py", 9, True),
        ],
    ),
    "py cut": (
        '  File "/srv/app/r.py", line 3, in run\n'
        "    go()\n"
        '  File "/srv/app/g.py", line 9, in go\n'
        '    raise TimeoutError("no answer")\n'
        "TimeoutError: no answer",
        "python",
        [("TimeoutError", "no answer")],
        [("go", "/srv/app/g.py", 9, True), ("run", "/srv/app/r.py", 3, True)],
    ),
    "py only frames": (
        'Traceback (most recent call last):\n  File "/srv/app/r.py", line 3, in run\n    go()',
        "python",
        [("", "")],
        [("run", "/srv/app/r.py", 3, True)],
    ),
    "syntax": (
        "  File \"/srv/app/x.py\", line 3\n    foo(\n       ^\nSyntaxError: '(' was never closed",
        "python",
        [("SyntaxError", "'(' was never closed")],
        [("", "/srv/app/x.py", 3, True)],
    ),
    "fault": (
        "Fatal Python error: Segmentation fault\n"
        "\n"
        "Thread 0x00007f11 (most recent call first):\n"
        '  File "/usr/lib/python3.11/threading.py", line 320 in wait\n'
        "\n"
        "Current thread 0x00007f22 (most recent call first):\n"
        '  File "/srv/app/x.py", line 9 in crash\n'
        '  File "/srv/app/x.py", line 14 in <module>\n'
        "Segmentation fault (core dumped)",
        "python",
        [("Fatal Python error", "Segmentation fault")],
        [("crash", "/srv/app/x.py", 9, True), ("<module>", "/srv/app/x.py", 14, True)],
    ),
    "remote": (
        "concurrent.futures.process._RemoteTraceback: \n"
        '"""\n'
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.11/concurrent/futures/process.py", line 256, in _process_worker\n'
        "    r = call_item.fn(*call_item.args)\n"
        '  File "/srv/app/j.py", line 5, in work\n'
        '    raise ValueError("bad row 7")\n'
        "ValueError: bad row 7\n"
        '"""\n'
        "\n"
        "The above exception was the direct cause of the following exception:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/j.py", line 12, in <module>\n'
        "    print(f.result())\n"
        "ValueError: bad row 7",
        "python",
        [("ValueError", "bad row 7")],
        [
            ("work", "/srv/app/j.py", 5, True),
            ("_process_worker", "/usr/lib/python3.11/concurrent/futures/process.py", 256, False),
            ("<module>", "/srv/app/j.py", 12, True),
        ],
    ),
    "rich": (
        "╭───────────────────── Traceback (most recent call last) ──────────────────────╮\n"
        "│ /srv/app/x.py:12 in <module>                                                 │\n"
        "│                                                                              │\n"
        "│    9 def main():                                                             │\n"
        "│ ❱ 12 main()                                                                  │\n"
        "│                                                                              │\n"
        "│ /srv/app/x.py:7 in main                                                      │\n"
        "│ ❱  7     return 1 / 0                                                        │\n"
        "│ ╭──────── locals ────────╮                                                   │\n"
        "│ │ x = 3                  │                                                   │\n"
        "│ ╰────────────────────────╯                                                   │\n"
        "╰──────────────────────────────────────────────────────────────────────────────╯\n"
        "ZeroDivisionError: division by zero",
        "python",
        [("ZeroDivisionError", "division by zero")],
        [("main", "/srv/app/x.py", 7, True), ("<module>", "/srv/app/x.py", 12, True)],
    ),
    "loguru": (
        "Traceback (most recent call last):\n"
        "\n"
        '  File "/srv/app/l.py", line 9, in <module>\n'
        "    div(1, 0)\n"
        "    └ <function div at 0x7f>\n"
        "\n"
        '> File "/srv/app/l.py", line 5, in div\n'
        "    return a / b\n"
        "           │   └ 0\n"
        "           └ 1\n"
        "\n"
        "ZeroDivisionError: division by zero",
        "python",
        [("ZeroDivisionError", "division by zero")],
        [("div", "/srv/app/l.py", 5, True), ("<module>", "/srv/app/l.py", 9, True)],
    ),
    "ray": (
        "Traceback (most recent call last):\n"
        '  File "driver.py", line 10, in <module>\n'
        "    ray.get(f.remote())\n"
        '  File "/x/site-packages/ray/_private/worker.py", line 2524, in get\n'
        "    raise value.as_instanceof_cause()\n"
        "ray.exceptions.RayTaskError(ValueError): ray::f() (pid=123, ip=10.0.0.1)\n"
        '  File "driver.py", line 5, in f\n'
        '    raise ValueError("bad")\n'
        "ValueError: bad",
        "python",
        [("ray.exceptions.RayTaskError(ValueError)", "ray::f() (pid=123, ip=10.0.0.1)"), ("ValueError", "bad")],
        [("f", "driver.py", 5, True)],
    ),
    "pytest": (
        "    def test_rate():\n"
        ">       assert rate() == 3\n"
        "E       assert 4 == 3\n"
        "E        +  where 4 = rate()\n"
        "\n"
        "tests/test_charge.py:12: AssertionError",
        "python",
        [("AssertionError", "assert 4 == 3")],
        [("", "tests/test_charge.py", 12, True)],
    ),
    "chain cause and context": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/c.py", line 5, in load\n'
        "    return json.loads(p)\n"
        '  File "/usr/local/lib/python3.11/json/__init__.py", line 346, in loads\n'
        "    return _default_decoder.decode(s)\n"
        "json.decoder.JSONDecodeError: Extra data: line 1 column 3 (char 2)\n"
        "\n"
        "The above exception was the direct cause of the following exception:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/c.py", line 7, in load\n'
        '    raise ConfError("bad payload") from e\n'
        "ConfError: bad payload\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/c.py", line 12, in boot\n'
        '    {}["fallback"]\n'
        "    ~~^^^^^^^^^^^^\n"
        "KeyError: 'fallback'",
        "python",
        [
            ("KeyError", "'fallback'"),
            ("ConfError", "bad payload"),
            ("json.decoder.JSONDecodeError", "Extra data: line 1 column 3 (char 2)"),
        ],
        [("loads", "/usr/local/lib/python3.11/json/__init__.py", 346, False), ("load", "/srv/app/c.py", 5, True)],
    ),
    "recursion": (
        "Traceback (most recent call last):\n"
        '  File "/srv/r.py", line 4, in <module>\n'
        "    f(0)\n"
        '  File "/srv/r.py", line 2, in f\n'
        "    return f(n + 1)\n"
        "           ^^^^^^^^\n"
        "  [Previous line repeated 996 more times]\n"
        "RecursionError: maximum recursion depth exceeded",
        "python",
        [("RecursionError", "maximum recursion depth exceeded")],
        [("f", "/srv/r.py", 2, True), ("<module>", "/srv/r.py", 4, True)],
    ),
    "headed, indented": (
        "    Traceback (most recent call last):\n"
        '      File "/srv/r.py", line 4, in <module>\n'
        "        f(0)\n"
        "    OSError: [Errno 28] No space left on device",
        "python",
        [("OSError", "[Errno 28] No space left on device")],
        [("<module>", "/srv/r.py", 4, True)],
    ),
    "message on next line": (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/db.py", line 9, in <module>\n'
        "    connect()\n"
        "prisma.errors.DataError:\n"
        "  Invalid value for column id",
        "python",
        [("prisma.errors.DataError", "Invalid value for column id")],
        [("<module>", "/srv/app/db.py", 9, True)],
    ),
    "pytest typed": (
        ">       rate(0)\nE       ValueError: rate of zero\n\ntests/test_charge.py:12: ValueError",
        "python",
        [("ValueError", "rate of zero")],
        [("", "tests/test_charge.py", 12, True)],
    ),
    "ipython": (
        "KeyError                                  Traceback (most recent call last)\n"
        "Cell In[7], line 2\n"
        "      1 rates = load()\n"
        "----> 2 rates['xx']\n"
        "\n"
        "File /srv/app/rates.py:41, in Rates.__getitem__(self, name)\n"
        "     41     return self.all[name]\n"
        "\n"
        "KeyError: 'xx'",
        "python",
        [("KeyError", "'xx'")],
        [("Rates.__getitem__", "/srv/app/rates.py", 41, True), ("<module>", "<cell>", 2, True)],
    ),
    "function of a cloud": (
        "Traceback (most recent call last):\n"
        '  File "/var/task/rates.py", line 9, in handler\n'
        '  File "/var/runtime/botocore/client.py", line 535, in _api_call\n'
        "ValueError: no rate",
        "python",
        [("ValueError", "no rate")],
        [
            ("_api_call", "/var/runtime/botocore/client.py", 535, False),
            ("handler", "/var/task/rates.py", 9, True),
        ],
    ),
    "warning": (
        "/srv/app/rates.py:41: UserWarning: rates are old\n  warn('rates are old')",
        "python",
        [("UserWarning", "rates are old")],
        [],
    ),
    "logging error": (
        "--- Logging error ---\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/rates.py", line 41, in emit\n'
        "    x % y\n"
        "TypeError: not enough arguments\n"
        "Call stack:\n"
        '  File "/srv/app/main.py", line 3, in <module>\n'
        "    log.error('%s %s', 1)",
        "python",
        [("TypeError", "not enough arguments")],
        [("emit", "/srv/app/rates.py", 41, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_python_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
