"""Headers of editors' clients, browsers, test runners, dbt, deployments and Wine, and lines that only look alike."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.types import Level

E, W, I, U = Level.ERROR, Level.WARN, Level.INFO, Level.UNSET  # noqa: E741 - one letter keeps the table readable

# line, format, level, message
CASES = [
    ("[Warn  - 19:20:37] no till", "language-client", W, "no till"),
    ("[Info  - 7:20:37 PM] Starting till", "language-client", I, "Starting till"),
    ("I[19:20:37.123] till 15.0.7", "clangd", I, "till 15.0.7"),
    ("E5108: Error executing lua till.lua:41: no drawer", "vim", E, "E5108: Error executing lua"),
    ("23 11 2026 19:20:37.123:WARN [till-server]: old", "karma", W, "old"),
    ("Firefox 144.0 (Windows 10) Till opens FAILED", "karma-browser", E, "Till opens FAILED"),
    ("00c8:fixme:till:open_drawer stub!", "wine", I, "stub!"),
    ("4711.123:0020:0024:err:till:open_drawer shut", "wine", E, "shut"),
    ("2026-11-23 19:20:37 0014:warn:till:open slow", "wine-timed", W, "slow"),
    ("POST https://shop.test/rates net::ERR_CONNECTION_REFUSED", "browser-request", E, "POST https"),
    ("GET https://shop.test/rates 404 (Not Found)", "browser-request", W, "GET https"),
    ("19:20:37 | CREATE_IN_PROGRESS | AWS::IAM::Role | TillRole", "cloudformation", I, "CREATE_IN"),
    ("7:20:37 PM | UPDATE_ROLLBACK_IN_P | AWS::CloudFormation::Stack | Till", "cloudformation", E, "UPDATE_ROLL"),
    (" ❌ Deployment failed: Error: no till", "cdk", E, "Deployment failed"),
    ("19:20:37  1 of 3 ERROR creating view model shop.till", "dbt", E, "ERROR creating"),
    ("19:20:37  1 of 3 OK created view model shop.till", "dbt", U, "OK created"),
    ("19:20:37    invalid identifier 'DRAWER'", "dbt-continued", U, "invalid"),
    ("19:20:37  Done. PASS=2 WARN=0 ERROR=1 SKIP=0 TOTAL=3", "dbt", U, "Done."),
    ("        Warn The till is old", "tauri", W, "The till"),
    ('File "bin/till.ml", lines 4-6, characters 2-17:', "ocaml-compiler", U, ""),
    ("E: ***** MPU FAULT *****", "zephyr-minimal", E, "***** MPU"),
    ("E: r3/a4:  0x2000019c r12/ip:  0x20000492", "zephyr-minimal", E, "r3/a4"),
    (" (NOBRIDGE) ERROR  ReferenceError: till", "badge", E, "ReferenceError: till"),
    ("*** [.pio/build/till/src/main.cpp.o] Error 1", "make", E, "[.pio"),
    ("lib/till.dart:41:7: Error: no such getter", "gcc", E, "no such getter"),
    ("meson.build:12:5: ERROR: no such program", "gcc", E, "no such program"),
    ("src/Till.hs:41:7: error:", "gcc", E, ""),
    (
        "C:\\Program Files\\dotnet\\sdk\\9.0.100\\Till.Common.CurrentVersion.targets(5100,5): error MSB3021: x",
        "msvc",
        E,
        "M",
    ),
    ("clang++: note: diagnostic msg: /tmp/till.cpp", "linker", U, "note: "),
]


@pytest.mark.parametrize(("line", "name", "level", "message"), CASES, ids=[c[0][:40] for c in CASES])
def test_header(line: str, name: str, level: Level, message: str) -> None:
    """Format, level and where the message begins."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (name, level)
    assert line[header.body :].startswith(message)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("19:20:37    ERROR the till is shut", E),
        ("19:20:37  ERROR the till is shut", E),
        ("2026-11-23T19:20:37: Error: the till is shut", E),
        ("0:00:01.234567890    71 0x55d0c0 WARN                 till gsttill.c:3055:open:<src> slow", W),
        ("19:20:37  INFO  the till is open", I),
        ("GET https://shop.test/rates 200 (OK)", I),
        ("Level:  Error of the third kind", U),
    ],
)
def test_level_of_lines_that_look_alike(line: str, level: Level) -> None:
    """A level behind a time wins over dbt's manner; a good status and a sentence are no errors."""
    header = formats.match(line)
    assert (header.level if header else U) == level


@pytest.mark.parametrize(
    ("line", "text", "service"),
    [
        ("19:20:37.123 STDOUT [live/till] terraform: Plan: 1 to add", "Plan: 1 to add", "live/till"),
        ("19:20:37.123 STDERR tofu: │ Error: no till", "│ Error: no till", ""),
        ("[till        ] Error: shut", "Error: shut", "till"),
        ('[till-3]   File "till.py", line 4, in open', '  File "till.py", line 4, in open', "till-3"),
        ("till> src/Till.hs:4:7: error: shut", "src/Till.hs:4:7: error: shut", "till"),
        ("| till.c:4:7: fatal error: till.h: No such file", "till.c:4:7: fatal error: till.h: No such file", ""),
        ("[1;31mtill.rb failed", "till.rb failed", ""),
    ],
)
def test_prefix_comes_off(line: str, text: str, service: str) -> None:
    """What stands before the program's own text, and whom it names."""
    envelope = formats.unwrap(line)
    assert envelope is not None
    assert (envelope.text, envelope.service) == (text, service)


@pytest.mark.parametrize(
    "line",
    [
        "[pool-1]  INFO till open",
        "[till] Error: shut",
        "| till | open |",
        "[12m] warm",
        "mysql> select 1",
        "[worker-3] ok",
    ],
)
def test_no_prefix(line: str) -> None:
    """A thread's name, a table, a prompt and a number in brackets stay."""
    assert formats.unwrap(line) is None
