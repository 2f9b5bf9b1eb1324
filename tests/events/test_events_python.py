"""Python events: what a traceback joins and what ends it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

# name: text, (first line, last line, level, exception type, message or that of the exception)
CASES: dict[str, tuple[str, list[tuple[int, int, Level, str, str]]]] = {
    "python stderr crash after INFO logs": (
        "2026-11-23 19:19:08,432 - app - INFO - start\n"
        "2026-11-23 19:19:08,433 - app - INFO - loading\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/a.py", line 3, in <module>\n'
        "    main()\n"
        "RuntimeError: no config",
        [
            (0, 0, Level.INFO, "", "start"),
            (1, 1, Level.INFO, "", "loading"),
            (2, 5, Level.ERROR, "RuntimeError", "no config"),
        ],
    ),
    "python failing to log, each line with the header of who caught it, lines of source without": (
        "[2026-11-23 19:20:37,001] [WARNING] [till.caught] --- Logging error ---\n"
        "[2026-11-23 19:20:37,002] [WARNING] [till.caught] Traceback (most recent call last):\n"
        '[2026-11-23 19:20:37,003] [WARNING] [till.caught]   File "/srv/app/a.py", line 3, in emit\n'
        "    self.handleError(record)\n"
        "[2026-11-23 19:20:37,004] [WARNING] [till.caught] PermissionError: no drawer\n"
        "[2026-11-23 19:20:37,005] [WARNING] [till.caught] Call stack:\n"
        '[2026-11-23 19:20:37,006] [WARNING] [till.caught]   File "/srv/app/b.py", line 7, in main\n'
        "    run()\n"
        "[2026-11-23 19:20:37,007] [WARNING] [till.caught] Message: 'open'\n"
        "Arguments: ()",
        [(0, 9, Level.WARN, "PermissionError", "no drawer")],
    ),
    "python thread crash": (
        "Exception in thread Thread-1 (worker):\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner\n'
        "    self.run()\n"
        '  File "/srv/app/w.py", line 7, in worker\n'
        '    raise OSError("disk full")\n'
        "OSError: disk full\n"
        "still running",
        [
            (0, 6, Level.ERROR, "OSError", "disk full"),
            (7, 7, Level.UNSET, "", "still running"),
        ],
    ),
    "two tracebacks bare": (
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 1, in <module>\n'
        "    f()\n"
        "KeyError: 'a'\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/b.py", line 1, in <module>\n'
        "    g()\n"
        "ValueError: b",
        [
            (0, 3, Level.ERROR, "KeyError", "'a'"),
            (4, 7, Level.ERROR, "ValueError", "b"),
        ],
    ),
    "loguru": (
        "2026-11-23 19:20:37.123 | INFO     | app.worker:run:41 - up\n"
        "2026-11-23 19:20:38.123 | ERROR    | app.worker:run:44 - An error has been caught in function "
        "'run', process 'MainProcess' (1), thread 'MainThread' (2):\n"
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
        "ZeroDivisionError: division by zero\n"
        "2026-11-23 19:20:39.123 | INFO     | app.worker:run:41 - down",
        [
            (0, 0, Level.INFO, "", "up"),
            (
                1,
                13,
                Level.ERROR,
                "ZeroDivisionError",
                "An error has been caught in function 'run', process 'MainProcess' (1), thread 'MainThread' (2):",
            ),
            (14, 14, Level.INFO, "", "down"),
        ],
    ),
    "rich box": (
        "starting\n"
        "╭─────────────────────────────── Traceback (most recent call last) "
        "────────────────────────────────╮\n"
        "│ /srv/app/x.py:12 in <module>                                                                 "
        "    │\n"
        "│                                                                                              "
        "    │\n"
        "│ ❱ 12 main()                                                                                  "
        "    │\n"
        "╰──────────────────────────────────────────────────────────────────────────────────────────────"
        "────╯\n"
        "ZeroDivisionError: division by zero",
        [
            (0, 0, Level.UNSET, "", "starting"),
            (1, 6, Level.ERROR, "ZeroDivisionError", "division by zero"),
        ],
    ),
    "exception group bare": (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/app/g.py", line 12, in <module>\n'
        "  |     main()\n"
        "  | ExceptionGroup: two jobs failed (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | Traceback (most recent call last):\n"
        '    |   File "/srv/app/g.py", line 5, in a\n'
        '    |     int("x")\n'
        "    | ValueError: bad\n"
        "    +---------------- 2 ----------------\n"
        "    | KeyError: 'y'\n"
        "    +------------------------------------",
        [
            (0, 11, Level.ERROR, "ExceptionGroup", "two jobs failed (2 sub-exceptions)"),
        ],
    ),
    "psycopg multi-line message in headers": (
        "2026-11-23 19:19:08,434 - app.db - ERROR - insert failed\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/db.py", line 3, in put\n'
        "    cur.execute(q)\n"
        'psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint "u"\n'
        "DETAIL:  Key (id)=(1) already exists.\n"
        "\n"
        "2026-11-23 19:19:09,434 - app.db - INFO - next",
        [
            (0, 5, Level.ERROR, "psycopg2.errors.UniqueViolation", "insert failed"),
            (7, 7, Level.INFO, "", "next"),
        ],
    ),
    "python SyntaxError no header": (
        "building\n  File \"/srv/app/x.py\", line 3\n    foo(\n       ^\nSyntaxError: '(' was never closed",
        [
            (0, 0, Level.UNSET, "", "building"),
            (1, 4, Level.ERROR, "SyntaxError", "'(' was never closed"),
        ],
    ),
    "pytest": (
        "============================= test session starts ==============================\n"
        "collected 2 items\n"
        "\n"
        "tests/test_charge.py .F                                                  [100%]\n"
        "\n"
        "=================================== FAILURES ===================================\n"
        "__________________________________ test_rate ___________________________________\n"
        "\n"
        "    def test_rate():\n"
        ">       assert rate() == 3\n"
        "E       assert 4 == 3\n"
        "E        +  where 4 = rate()\n"
        "\n"
        "tests/test_charge.py:12: AssertionError\n"
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_charge.py::test_rate - assert 4 == 3\n"
        "========================= 1 failed, 1 passed in 0.12s ==========================",
        [
            (0, 0, Level.UNSET, "", "============================= test session starts =============================="),
            (1, 1, Level.UNSET, "", "collected 2 items"),
            (3, 3, Level.UNSET, "", "tests/test_charge.py .F                                                  [100%]"),
            (5, 5, Level.UNSET, "", "=================================== FAILURES ==================================="),
            (6, 13, Level.ERROR, "AssertionError", "assert 4 == 3"),
            (
                14,
                14,
                Level.UNSET,
                "",
                "=========================== short test summary info ============================",
            ),
            (15, 15, Level.ERROR, "", "tests/test_charge.py::test_rate - assert 4 == 3"),
            (
                16,
                16,
                Level.UNSET,
                "",
                "========================= 1 failed, 1 passed in 0.12s ==========================",
            ),
        ],
    ),
    "recursion": (
        "Traceback (most recent call last):\n"
        '  File "/srv/r.py", line 4, in <module>\n'
        "    f(0)\n"
        '  File "/srv/r.py", line 2, in f\n'
        "    return f(n + 1)\n"
        "           ^^^^^^^^\n"
        '  File "/srv/r.py", line 2, in f\n'
        "    return f(n + 1)\n"
        "           ^^^^^^^^\n"
        "  [Previous line repeated 996 more times]\n"
        "RecursionError: maximum recursion depth exceeded",
        [
            (0, 10, Level.ERROR, "RecursionError", "maximum recursion depth exceeded"),
        ],
    ),
    "remote traceback": (
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
        [
            (0, 15, Level.ERROR, "ValueError", "bad row 7"),
        ],
    ),
    "keyboardinterrupt bare": (
        "Traceback (most recent call last):\n"
        '  File "/srv/r.py", line 4, in <module>\n'
        "    time.sleep(9)\n"
        "KeyboardInterrupt\n"
        "bye",
        [
            (0, 3, Level.ERROR, "KeyboardInterrupt", ""),
            (4, 4, Level.UNSET, "", "bye"),
        ],
    ),
    "logging error chain with multi headers": (
        "ERROR:root:job failed\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/r.py", line 4, in <module>\n'
        "    f()\n"
        "app.errors.JobError\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/r.py", line 6, in <module>\n'
        "    g()\n"
        "OSError: [Errno 28] No space left on device\n"
        "INFO:root:next",
        [
            (0, 11, Level.ERROR, "OSError", "job failed"),
            (12, 12, Level.INFO, "", "next"),
        ],
    ),
    "django request error": (
        "Internal Server Error: /orders/7/\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/venv/lib/python3.11/site-packages/django/core/handlers/exception.py", line 55, in '
        "inner\n"
        "    response = get_response(request)\n"
        '  File "/srv/app/views.py", line 9, in show\n'
        "    return Order.objects.get(id=7)\n"
        "app.models.Order.DoesNotExist: Order matching query does not exist.\n"
        '[23/Nov/2026 19:20:37] "GET /orders/7/ HTTP/1.1" 500 145',
        [
            (0, 6, Level.ERROR, "app.models.Order.DoesNotExist", "Internal Server Error: /orders/7/"),
            (7, 7, Level.ERROR, "", '"GET /orders/7/ HTTP/1.1" 500 145'),
        ],
    ),
    "python task never retrieved": (
        "Task exception was never retrieved\n"
        "future: <Task finished name='Task-2' coro=<f() done, defined at /srv/a.py:3> "
        "exception=ValueError('x')>\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 4, in f\n'
        '    raise ValueError("x")\n'
        "ValueError: x",
        [
            (0, 5, Level.ERROR, "ValueError", "x"),
        ],
    ),
    "python chain broken by notes": (
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 4, in f\n'
        '    raise ValueError("x")\n'
        "ValueError: x\n"
        "row was 7\n"
        "while reading rows.csv\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 9, in g\n'
        '    raise OSError("y")\n'
        "OSError: y",
        [
            (0, 12, Level.ERROR, "OSError", "y"),
        ],
    ),
    "source lines without indentation": (
        "Traceback (most recent call last):\n"
        'File "/srv/app/l.py", line 9, in <module>\n'
        "div(1, 0)\n"
        'File "/srv/app/l.py", line 5, in div\n'
        "return a / b\n"
        "ZeroDivisionError: division by zero\n"
        "bye",
        [
            (0, 5, Level.ERROR, "ZeroDivisionError", "division by zero"),
            (6, 6, Level.UNSET, "", "bye"),
        ],
    ),
    "python message after a link is torn": (
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 4, in f\n'
        '    raise ValueError("x")\n'
        "ValueError: x\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "[output cut]\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 9, in g\n'
        '    raise OSError("y")\n'
        "OSError: y",
        [
            (0, 11, Level.ERROR, "OSError", "y"),
        ],
    ),
    "python unraisable": (
        "Exception ignored in: <function Pool.__del__ at 0x7f>\nOSError: [Errno 9] Bad file descriptor",
        [
            (0, 1, Level.ERROR, "OSError", "Exception ignored in: <function Pool.__del__ at 0x7f>"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_python_events(name: str) -> None:
    """Events begin and end where a reader would cut them, with the level and exception a reader would name."""
    text, expected = CASES[name]
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    found = []
    for record in records:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    assert found == expected
