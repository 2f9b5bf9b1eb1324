"""What a process prints past its logger is an event of its own, not more of the quiet line before it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

QUIET = "2026-11-23 19:20:37,123 INFO [shop.cart] stock read\n"
NEXT = "\n2026-11-23 19:20:38,123 INFO [shop.cart] stock kept\n2026-11-23 19:20:39,123 INFO [shop.cart] bye"

# name: what is printed between two quiet lines, its level, exception type, message or that of the exception
TRACES: dict[str, tuple[str, Level, str, str]] = {
    "python exception group": (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/shop/load.py", line 9, in <module>\n'
        "  |     run(all())\n"
        "  | ExceptionGroup: two loads failed (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | OSError: no disk\n"
        "    +---------------- 2 ----------------\n"
        "    | KeyError: 'sku'\n"
        "    +------------------------------------",
        Level.ERROR,
        "ExceptionGroup",
        "two loads failed (2 sub-exceptions)",
    ),
    "python pool": (
        "concurrent.futures.process._RemoteTraceback: \n"
        '"""\n'
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/pool.py", line 3, in rate\n'
        "    return net / gross\n"
        "ZeroDivisionError: division by zero\n"
        '"""',
        Level.ERROR,
        "ZeroDivisionError",
        "division by zero",
    ),
    "python warning": (
        "/srv/shop/tax.py:71: FutureWarning: rates will be decimals\n  rate(7)",
        Level.WARN,
        "FutureWarning",
        "rates will be decimals",
    ),
    "notebook": (
        "---------------------------------------------------------------------------\n"
        "KeyError                                  Traceback (most recent call last)\n"
        "Cell In[12], line 2\n"
        "      1 rates = {}\n"
        "----> 2 rates['de']\n"
        "\n"
        "KeyError: 'de'",
        Level.ERROR,
        "KeyError",
        "'de'",
    ),
    "rake": (
        "rake aborted!\nArgumentError: no rate for XX\n/srv/shop/Rakefile:7:in 'rate'\nTasks: TOP => rate",
        Level.ERROR,
        "ArgumentError",
        "no rate for XX",
    ),
    "ruby thread": (
        "#<Thread:0x0007 tax.rb:3 run> terminated with exception (report_on_exception is true):\n"
        "tax.rb:8:in 'rate': no rate for XX (ArgumentError)",
        Level.ERROR,
        "ArgumentError",
        "no rate for XX",
    ),
    "ruby": (
        "lib/shop/tax.rb:8:in 'Shop::Tax#rate': no rate for XX (ArgumentError)\n\tfrom bin/shop:3:in '<main>'",
        Level.ERROR,
        "ArgumentError",
        "no rate for XX",
    ),
    "node": (
        "RangeError: rate out of range\n"
        "    at rate (/srv/shop/tax.js:8:11)\n"
        "    at Object.<anonymous> (/srv/shop/main.js:3:1) {\n"
        "  limit: 1\n"
        "}",
        Level.ERROR,
        "RangeError",
        "rate out of range",
    ),
    "node behind words": (
        "could not price TypeError: rate is not a function\n    at price (/srv/shop/tax.js:8:11)",
        Level.ERROR,
        "TypeError",
        "rate is not a function",
    ),
    "node script without a name": (
        "undefined:1\n{rate:\n ^\n\nSyntaxError: Unexpected token r in JSON\n    at JSON.parse (<anonymous>)",
        Level.ERROR,
        "SyntaxError",
        "Unexpected token r in JSON",
    ),
    "node out of memory": (
        "<--- Last few GCs --->\n"
        "\n"
        "[7:0x5581c0]    91 ms: Scavenge 2.1 (3.4) -> 1.9 (3.6) MB, 0.7 / 0.0 ms\n"
        "\n"
        "<--- JS stacktrace --->\n"
        "\n"
        "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory\n"
        " 1: 0xa3aaf0 node::Abort() [node]\n"
        " 2: 0x970199  [node]",
        Level.ERROR,
        "FATAL ERROR",
        "CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory",
    ),
    "rust report": (
        "Error: no till\n\nCaused by:\n    connection refused (os error 111)",
        Level.ERROR,
        "Error",
        "no till",
    ),
    "perl": (
        "no rate for XX at lib/Shop/Tax.pm line 7.\n\tShop::Tax::rate('XX') called at bin/shop.pl line 3",
        Level.ERROR,
        "die",
        "no rate for XX at lib/Shop/Tax.pm line 7.",
    ),
    "syntax error of python": (
        "  File \"/srv/shop/tax.py\", line 7\n    rate(\n        ^\nSyntaxError: '(' was never closed",
        Level.ERROR,
        "SyntaxError",
        "'(' was never closed",
    ),
    "java without its class": (
        "Error: Could not find or load main class com.acme.Till\n"
        "Caused by: java.lang.ClassNotFoundException: com.acme.Till",
        Level.ERROR,
        "java.lang.ClassNotFoundException",
        "com.acme.Till",
    ),
    "haskell": (
        "shop: Prelude.head: empty list\nCallStack (from HasCallStack):\n  error, called at src/Tax.hs:8:5 in main:Tax",
        Level.ERROR,
        "error",
        "Prelude.head: empty list",
    ),
    "oracle": (
        'ORA-01438: value too large\nORA-06512: at "SHOP.TAX", line 8\n'
        "ORA-04088: error in trigger\nORA-06512: at line 1",
        Level.ERROR,
        "",
        "ORA-01438: value too large; ORA-04088: error in trigger",
    ),
}
LINES: dict[str, Level] = {
    "Error: no such flag -x": Level.ERROR,
    "Failed to open the till": Level.ERROR,
    "Could not read /etc/shop.toml": Level.WARN,
    "Warning: the till is old": Level.WARN,
    "(node:7) [DEP0005] DeprecationWarning: Buffer() is old": Level.WARN,
    "./run.sh: line 3: psql: command not found": Level.ERROR,
    "/srv/run.sh: line 3:    41 Killed                  ./till": Level.ERROR,
    "curl: (7) Failed to connect to edge1 port 80": Level.ERROR,
    "ssl error: no till": Level.ERROR,
    "Permission denied (publickey).": Level.WARN,
    "Killed": Level.ERROR,
    "Segmentation fault (core dumped)": Level.FATAL,
    "haproxy: [alert] cannot bind to port 443": Level.FATAL,
    "sh: 1: psql: not found": Level.ERROR,
    "exec /srv/shop/run: exec format error": Level.ERROR,
    "tar: stock.tgz: Cannot open: No such file or directory": Level.WARN,
    "Use of uninitialized value $net at bin/shop.pl line 7.": Level.WARN,
    "ValueError: no rate for XX": Level.ERROR,
}


def events(text: str) -> list[tuple[int, int, Level, str, str]]:
    """First and last line, level, exception type, message or that of the exception."""
    found = []
    for record in parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    return found


@pytest.mark.parametrize("name", TRACES)
def test_trace_behind_a_quiet_line(name: str) -> None:
    """A trace that no logger wrote is found at its own level, with its first and its last line."""
    text, level, type_, message = TRACES[name]
    last = 1 + text.count("\n")
    assert events(QUIET + text + NEXT)[1:2] == [(1, last, level, type_, message)]


@pytest.mark.parametrize("line", LINES)
def test_lone_error_behind_a_quiet_line(line: str) -> None:
    """A line whose first words say an error is no part of the message before it."""
    found = events(QUIET + line + NEXT)
    assert [event[:3] for event in found[:2]] == [(0, 0, Level.INFO), (1, 1, LINES[line])]


@pytest.mark.parametrize(
    "line", ["errors: 0", "Error: none", "rate: not found", "  Error: of the answer", "for update"]
)
def test_message_of_several_lines_stays_whole(line: str) -> None:
    """Counts, fields, indented and ordinary text go on with a message."""
    assert events(QUIET + line + NEXT)[0] == (0, 1, Level.INFO, "", "stock read")


@pytest.mark.parametrize("word", ["ERROR", "WARNING"])
def test_logger_that_spoke_of_trouble_keeps_its_lines(word: str) -> None:
    """Behind a header of WARN and up nothing is cut off: what follows is why."""
    text = QUIET.replace("INFO", word) + "Error: till closed\n    at close (/srv/shop/till.js:8:11)" + NEXT
    assert events(text)[0][:2] == (0, 2)


def test_exception_of_a_logger_stays_with_its_line() -> None:
    """Java's and .NET's loggers print the exception below their own line, at every level: it keeps that level."""
    text = QUIET + "java.io.IOException: till closed\n\tat com.acme.Till.close(Till.java:8)" + NEXT
    assert events(text)[0] == (0, 2, Level.INFO, "java.io.IOException", "stock read")


def test_call_that_a_logger_shows_is_no_crash() -> None:
    """Python's `stack_info` prints where a quiet line was logged."""
    text = QUIET + 'Stack (most recent call last):\n  File "/srv/shop/tax.py", line 7, in rate\n    log()' + NEXT
    assert events(text)[0][:3] == (0, 3, Level.INFO)


def test_error_of_a_program_under_syslog() -> None:
    """Syslog's header before each line changes nothing."""
    head = "Nov 23 19:20:37 edge1 shop[4711]: "
    text = (QUIET + "RangeError: rate\n    at rate (/srv/shop/tax.js:8:11) {\n  limit: 1\n}" + NEXT).split("\n")
    assert events("\n".join(head + line for line in text))[1] == (1, 4, Level.ERROR, "RangeError", "rate")
