"""Events of what developers run: records told in several lines, and tools that print the cause below the failure."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings


def _parsed(text: str, minimum: Level = Level.UNSET) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=minimum))[0]


VIEWED = """Log Name:      System
Source:        Till Manager
Date:          11/23/2026 7:20:37 PM
Event ID:      7036
Level:         Information
Computer:      APP-07.shop.test
Description:
The Till service entered the running state.

Log Name:      Application
Source:        Application Error
Date:          11/23/2026 7:21:09 PM
Event ID:      1000
Level:         Error
User:          SYSTEM
Computer:      APP-07.shop.test
Description:
Faulting application name: till.exe, version: 4.2.0.0, time stamp: 0x65a1b2c3
Faulting module name: drawer.dll, version: 1.0.0.0, time stamp: 0x39215800
Exception code: 0xc0000374
"""


def test_record_of_the_event_viewer_is_one_event() -> None:
    """Level, time and source stand on lines of their own below the log's name; the description says what happened."""
    calm, crash = _parsed(VIEWED)
    assert (calm.level, calm.logger, calm.message) == (
        Level.INFO,
        "Till Manager",
        "The Till service entered the running state.",
    )
    assert (crash.level, crash.logger, crash.format) == (Level.ERROR, "Application Error", "windows-event")
    assert crash.timestamp_ms - calm.timestamp_ms == 32_000
    assert crash.stacktrace is not None
    assert "drawer.dll" in crash.stacktrace.outermost.message
    assert len(_parsed(VIEWED, Level.WARN)) == 1


def test_exception_in_the_event_viewer() -> None:
    """The .NET runtime names the exception behind `Exception Info`, with its calls below and no message."""
    text = (
        "Log Name:      Application\nSource:        .NET Runtime\nLevel:         Error\nDescription:\n"
        "Application: Till.exe\nFramework Version: v4.0.30319\n"
        "Description: The process was terminated due to an unhandled exception.\n"
        "Exception Info: Shop.DrawerException\n   at Shop.Till.Open(System.String)\n"
    )
    (record,) = _parsed(text)
    assert record.stacktrace is not None
    assert record.stacktrace.chain == ("Shop.DrawerException",)
    assert [f.function for f in record.stacktrace.root.frames] == ["Open"]


def test_place_of_ocaml_compiler_is_no_traceback() -> None:
    """The place stands alone above source and message; each is an event, and a warning stays one."""
    text = (
        'File "bin/till.ml", line 12, characters 8-12:\n12 |   Till.opn ()\n             ^^^^\n'
        "Error: Unbound value Till.opn\nHint: Did you mean open?\n"
        'File "lib/row.ml", line 4, characters 4-5:\n4 | let x = 1\n        ^\n'
        "Warning 32 [unused-value-declaration]: unused value x.\n"
    )
    error, warning = _parsed(text)
    assert (error.level, error.message, error.language) == (Level.ERROR, "Unbound value Till.opn", "")
    assert (warning.level, warning.message.split(":")[0]) == (Level.WARN, "Warning 32 [unused-value-declaration]")


def test_haskell_compiler_tells_the_message_below_its_code() -> None:
    """GHC prints a code or nothing behind the place: two mistakes would be one error."""
    text = (
        "src/Till.hs:41:18: error: [GHC-88464]\n    Variable not in scope: opn :: Till\n"
        "   |\n41 | f = opn\n   |     ^^^\n\n"
        "src/Row.hs:9:1: error:\n    • Couldn't match expected type ‘Int’\n"
    )
    assert [r.message for r in _parsed(text)] == [
        "Variable not in scope: opn :: Till",
        "Couldn't match expected type ‘Int’",
    ]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            '19:20:37.123 ERROR  error occurred:\n\n* Failed to execute "terraform apply" in ./live\n'
            "  ╷\n  │ Error: no till\n  ╵\n",
            "Error: no till",
        ),
        ("19:20:37  Encountered an error:\nDatabase Error\n  no drawer\n", "no drawer"),
        ("19:20:37  Database Error in model row (models/row.sql)\n19:20:37    no drawer\n", "no drawer"),
    ],
)
def test_what_was_only_announced_is_told_below(text: str, cause: str) -> None:
    """The first line is the same whatever failed: what stands far below it is the cause, and tells faults apart."""
    (record,) = _parsed(text)
    assert record.level is Level.ERROR
    assert record.cause == cause
    (other,) = _parsed(text.replace("no till", "no safe").replace("drawer", "safe"))
    assert fingerprint(record).id != fingerprint(other).id


def test_dbt_names_the_fault_of_a_model_in_lines_with_times() -> None:
    """dbt puts its time before each line of an error: they are one event, and the summary below is none."""
    text = (
        "19:20:37  Completed with 1 error and 0 warnings:\n19:20:37  \n"
        "19:20:37  Compilation Error in model till (models/till.sql)\n19:20:37    no macro of this name\n"
        "19:20:37    > in model till (models/till.sql)\n19:20:37  \n"
        "19:20:37  Done. PASS=2 WARN=0 ERROR=1 SKIP=0 TOTAL=3\n"
    )
    (record,) = _parsed(text, Level.WARN)
    assert (record.first_line, record.last_line) == (2, 4)
    assert record.message.startswith("Compilation Error in model till")


def test_traceback_below_a_record_of_a_native_logger_is_the_programs() -> None:
    """Loggers of C++ attach no traceback of Python's: the warning above keeps its level, the crash has its own."""
    text = (
        "2026-11-23 19:20:37.123456: W till/till.cc:41] the drawer is slow\n"
        'Traceback (most recent call last):\n  File "till.py", line 4, in <module>\n    open()\nValueError: shut\n'
    )
    warning, crash = _parsed(text)
    assert (warning.level, warning.stacktrace) == (Level.WARN, None)
    assert crash.stacktrace is not None
    assert crash.level is Level.ERROR


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("+ grep -q 'failed' till.log", Level.UNSET),
        ("++ kubectl apply -f till.yaml --timeout=30s", Level.UNSET),
        ("C:\\till>if errorlevel 1 goto failed", Level.UNSET),
        ("$ make test || echo error", Level.UNSET),
        ("'till' is not recognized as an internal or external command,", Level.ERROR),
        ("C:\\till\\open.ps1 failed", Level.ERROR),
        ("(till) Reporting a crash by fax is deprecated and will be removed in a future version.", Level.WARN),
        ("failures:", Level.UNSET),
        ("! Undefined control sequence.", Level.ERROR),
        ("! The till is slow", Level.UNSET),
        ("CONFLICT (content): Merge conflict in till.py", Level.ERROR),
        ("[!] Unknown till", Level.WARN),
        ("docs/till.rst:12: WARNING: Title underline too short.", Level.WARN),
        ("Exit status of command 'till open' was 1 instead of 0.", Level.ERROR),
        ("Memory access fault by GPU node-1 on address 0x7f1e", Level.ERROR),
        ("MCU 'till' shutdown: Timer too close", Level.ERROR),
        ("Lost communication with MCU 'till'", Level.ERROR),
    ],
)
def test_level_from_words(line: str, level: Level) -> None:
    """A command that a shell is about to run and a title say nothing; what could not be run does."""
    (record,) = _parsed(line + "\n")
    assert record.level is level


def test_node_of_ros_that_died_keeps_its_traceback() -> None:
    """ROS 2's launch puts the process before each line of the traceback, and its own word below it."""
    text = (
        "[INFO] [till-1]: process started with pid [4711]\n"
        "[till-1] Traceback (most recent call last):\n"
        '[till-1]   File "/opt/till/open.py", line 4, in <module>\n'
        "[till-1]     open()\n"
        "[till-1] ModuleNotFoundError: No module named 'drawer'\n"
        "[ERROR] [till-1]: process has died [pid 4711, exit code 1, cmd '/opt/till/open.py'].\n"
    )
    crash, died = _parsed(text, Level.WARN)
    assert crash.stacktrace is not None
    assert (crash.service, crash.stacktrace.chain) == ("till-1", ("ModuleNotFoundError",))
    assert died.message.startswith("process has died")


def test_reason_of_a_resource_stands_below_it() -> None:
    """The CDK prints why a resource was not made on the next line, and its own verdict last."""
    text = (
        "7:20:37 PM | CREATE_FAILED        | AWS::Lambda::Function   | TillA1D8B956\n"
        "Resource handler returned message: no drawer\n\n"
        " ❌  TillStack failed: Error: The stack named TillStack failed creation\n"
        "    at Deployment.watch (/opt/cdk/lib/index.js:443:10236)\n"
    )
    failed, verdict = _parsed(text, Level.WARN)
    assert (failed.level, failed.message) == (Level.ERROR, "Resource handler returned message: no drawer")
    assert verdict.stacktrace is not None
    assert verdict.language == "javascript"


def test_what_a_test_of_googletest_asked_for_tells_failures_apart() -> None:
    """Every failed equality is told in the same words: what was compared stands below them."""
    text = "till_test.cc:14: Failure\nExpected equality of these values:\n  till.total()\n    Which is: 4\n  5\n"
    (record,) = _parsed(text)
    assert record.message == "Expected equality of these values:"
    (other,) = _parsed(text.replace("till.total()", "till.drawer()"))
    assert fingerprint(record).id != fingerprint(other).id


def test_calls_that_nothing_names_have_a_message() -> None:
    """A debugger's calls without the error above them are shown by their first."""
    text = "#0  0x00007f6cd1eea42f in till_wait (n=12) at till.c:30\n#1  0x0000556a8e4ee8ab in till_open () at t.c:4\n"
    (record,) = _parsed(text)
    assert record.message.startswith("#0  0x00007f6cd1eea42f in till_wait")


def test_report_of_apple_in_its_newer_form() -> None:
    """Below a first line that names the app, one record over many lines holds the time, the signal and the reason."""
    text = (
        '{"app_name":"Till","timestamp":"2026-11-23 19:20:38.00 +0000","bug_type":"309","name":"Till"}\n'
        '{\n  "uptime" : 27000,\n  "captureTime" : "2026-11-23 19:20:37.1791 +0000",\n  "procName" : "Till",\n'
        '  "exception" : {"type":"EXC_CRASH","signal":"SIGABRT"},\n'
        '  "termination" : {"code":6,"indicator":"Abort trap: 6"}\n}\n'
    )
    (record,) = _parsed(text, Level.WARN)
    assert (record.level, record.service) == (Level.FATAL, "Till")
    assert record.message == "EXC_CRASH (SIGABRT): Abort trap: 6"
    assert record.timestamp_ms % 60_000 == 37_179


def test_error_of_a_model_below_dbts_summary_is_its_own() -> None:
    """Before dbt put its time before each line, the errors stood below its last one."""
    text = (
        "19:20:37 | Finished running 2 view models in 0.45s.\n\nCompleted with 2 errors:\n\n"
        "Database Error in model till (models/till.sql)\n  no drawer\n\nDone. PASS=0 WARN=0 ERROR=1 SKIP=0 TOTAL=1\n"
    )
    (record,) = _parsed(text, Level.WARN)
    assert (record.first_line, record.last_line, record.cause) == (4, 5, "no drawer")


def test_report_of_apple_holds_its_time_and_its_process() -> None:
    """A crash report has no header: its own lines say when and what crashed."""
    text = (
        "Incident Identifier: DBE54AB2-D54F-4D20-AE82-A86B1CD83452\nHardware Model:      iPhone12,1\n"
        "Process:             till [2652]\nIdentifier:          app.till\n\n"
        "Date/Time:           2026-11-23 19:20:37.1321 -0500\nOS Version:          iPhone OS 26.1 (23B82)\n\n"
        "Exception Type:  EXC_CRASH (SIGABRT)\nTermination Reason: SIGNAL 6 Abort trap: 6\n\n"
        "Thread 0 Crashed:\n0   libsystem_kernel.dylib 0x1da0e1688 __pthread_kill + 8\n"
    )
    (record,) = _parsed(text)
    assert (record.service, record.language) == ("till", "swift")
    assert record.timestamp_ms % 60_000 == 37_132


def test_other_logs_with_blanks_behind_the_time_keep_their_events() -> None:
    """Four blanks behind a time of day are dbt's only below a line of dbt's."""
    text = "19:20:37    the till failed to open\n19:20:38    the till rests\n19:20:39    the drawer failed\n"
    assert [(r.first_line, r.level) for r in _parsed(text)] == [(0, Level.ERROR), (1, Level.UNSET), (2, Level.ERROR)]
