"""What database servers, and the programs beside them, print of their own errors over several lines."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

CALM = "4711:M 23 Nov 2026 19:20:30.000 * Ready to accept connections\n"
REDIS = """

=== REDIS BUG REPORT START: Cut & paste starting from here ===
4711:M 23 Nov 2026 19:20:37.123 # Redis 7.9.9 crashed by signal: 11, si_code: 1
4711:M 23 Nov 2026 19:20:37.123 # Accessing address: 0x8

------ STACK TRACE ------
EIP:
./redis-server *:6380(tillOpen+0x1c)[0x55d0a1]

4711 redis-server *
./redis-server *:6380(sigsegvHandler+0x2c)[0x55d0a2]
./redis-server *:6380(tillOpen+0x1c)[0x55d0a1]

------ INFO OUTPUT ------
# Server
redis_version:7.9.9
------ REGISTERS ------
4711:M 23 Nov 2026 19:20:37.200 # RAX:0000000000000000
=== REDIS BUG REPORT END. Make sure to include from START to END. ===

       Please report the crash by opening an issue:

4711:M 23 Nov 2026 19:20:38.000 * Saving the snapshot
"""
CLICKHOUSE = """2026.11.23 19:20:37.123456 [ 12 ] {9f1c2d7e} <Error> TCPHandler: Code: 60. DB::Exception: \
Table shop.tills does not exist. (UNKNOWN_TABLE), \
Stack trace (when copying this message, always include the lines below):

0. DB::Exception::Exception(String const&, int, bool) @ 0x000000000aa11223
1. ./build/src/Till.cpp:77: DB::Tills::open(String const&) const @ 0x000000001bb22334 in /usr/bin/clickhouse
2. ? @ 0x000000001cc33445 in ?

2026.11.23 19:20:38.123456 [ 12 ] {} <Debug> TCPHandler: done
"""
ORACLE = """2026-11-23T19:20:37.100000+00:00
Errors in file /srv/oracle/trace/SHOP_ora_54.trc  (incident=12):
ORA-00600: internal error code, arguments: [till], [2]
ORA-01110: data file 5: '/srv/oracle/tills.dbf'
Linux-x86_64 Error: 2: No such file or directory
Incident details in: /srv/oracle/incident/SHOP_ora_54_i12.trc
2026-11-23T19:20:38.000000+00:00
Thread 1 advanced to log sequence 42
"""


def records(text: str, minimum: Level = Level.UNSET) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(minimum, reference_ms=1_796_325_637_000))[0]


@pytest.mark.parametrize("minimum", [Level.UNSET, Level.WARN])
def test_redis_report_of_a_crash_is_one_fatal_event(minimum: Level) -> None:
    """From the first line of the report to what stands below the last, headed or not; what goes on is no part."""
    found = records(CALM + REDIS + CALM, minimum)
    crash = next(r for r in found if r.level is Level.FATAL)
    assert (crash.first_line, crash.last_line) == (3, 22)
    assert len(found) == (4 if minimum is Level.UNSET else 1)
    assert crash.stacktrace is not None
    assert (crash.stacktrace.chain, crash.stacktrace.root.message) == (
        ("SIGSEGV",),
        "Redis 7.9.9 crashed by signal: 11",
    )
    assert [f.function for f in crash.stacktrace.root.frames] == ["tillOpen", "tillOpen"]


def test_an_older_redis_heads_each_line_of_it() -> None:
    """Before version 3 every line of the report had the header of a warning."""
    line = "[4711] 23 Nov 19:20:37 # "
    report = (
        "=== REDIS BUG REPORT START: Cut",
        "    Redis 2.9.9 crashed by signal: 6",
        "--- STACK TRACE",
        "till(a+0x1) [0x4]",
    )
    found = records("".join(f"{line}{text}\n" for text in report))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 3, Level.FATAL)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("SIGABRT",)


def test_a_failed_assertion_of_redis_names_itself() -> None:
    """Not the signal that it then raises."""
    text = REDIS.replace(
        "# Accessing address: 0x8",
        "# === ASSERTION FAILED ===\n4711:M 23 Nov 2026 19:20:37.123 # ==> till.c:41 'n > 0' is not true",
    )
    trace = records(text)[0].stacktrace
    assert trace is not None
    assert (trace.root.type, trace.root.message) == ("Assertion", "n > 0")


def test_clickhouse_prints_its_calls_below_a_blank_line() -> None:
    """They belong to the error, whose number tells it from others; the hint on copying is no message."""
    found = records(CLICKHOUSE + CLICKHOUSE.replace("60", "81"))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [
        (0, 4, Level.ERROR),
        (6, 6, Level.DEBUG),
        (7, 11, Level.ERROR),
        (13, 13, Level.DEBUG),
    ]
    trace = found[0].stacktrace
    assert trace is not None
    assert (trace.root.type, trace.root.message) == (
        "DB::Exception",
        "Code: 60. Table shop.tills does not exist. (UNKNOWN_TABLE)",
    )
    assert [f.function for f in trace.root.frames if f.in_app] == ["DB::Tills::open"]


def test_oracles_alert_log_tells_its_errors_below_a_time() -> None:
    """The time stands alone, then where more is written, then the errors: one event, told by the errors."""
    found = records(ORACLE)
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 5, Level.ERROR), (6, 7, Level.UNSET)]
    assert found[0].message.startswith("ORA-00600: internal error code")
    assert found[0].message.endswith("ORA-01110: data file 5: '/srv/oracle/tills.dbf'")
    other = records(ORACLE.replace("ORA-01110", "ORA-01565"))[0]
    assert fingerprint(found[0]).id != fingerprint(other).id


def test_sql_server_tells_of_an_error_in_two_lines() -> None:
    """Its number, and what it is: one event with both. What follows is another."""
    head = "2026-11-23 19:20:37.12 spid51      "
    found = records(
        f"{head}Error: 9002, Severity: 17, State: 2.\n{head}The log of 'shop' is full.\n{head}Starting up.\n"
    )
    assert [(r.level, r.message) for r in found] == [
        (Level.ERROR, "Error: 9002, Severity: 17, State: 2. The log of 'shop' is full."),
        (Level.UNSET, "Starting up."),
    ]


def test_db2_names_what_happened_in_a_field() -> None:
    """Not the process, which stands first."""
    text = (
        "2026-11-23-19.20.37.123456+060 I1234E555             LEVEL: Error\n"
        "PID     : 4711                 TID : 14             PROC : db2sysc 0\n"
        "FUNCTION: DB2 UDB, tills, openTill, probe:1140\n"
        'MESSAGE : ZRC=0x86020001 "till is locked"\n\n'
        "2026-11-23-19.20.38.123456+060 I1790E301             LEVEL: Event\n"
        "FUNCTION: DB2 UDB, tills, shutTill, probe:11\n"
    )
    assert [(r.level, r.message) for r in records(text)] == [
        (Level.ERROR, 'ZRC=0x86020001 "till is locked"'),
        (Level.INFO, "DB2 UDB, tills, shutTill, probe:11"),
    ]


def test_cockroach_prints_the_calls_of_a_fatal_error_with_its_header() -> None:
    """Where a mark stands behind the count, the line goes on with the error above."""
    head = "F261123 19:20:37.123456 99 till/open.go:49 ⋮ [n1] 42 "
    found = records(
        f"{head} disk stall\n{head}!goroutine 99 [running]:\n{head}!shop/till.Open(0x1)\n"
        f"{head}!\t/src/till/open.go:25 +0x89\n"
    )
    assert [(r.first_line, r.last_line, r.level, r.message) for r in found] == [(0, 3, Level.FATAL, "disk stall")]


def test_mysqld_says_why_it_may_have_crashed_behind_syslog_too() -> None:
    """Sentences broken over several lines, each with syslog's header."""
    head = "Nov 23 19:20:37 db1 mysqld[4711]: "
    told = (
        "261123 19:20:37 [ERROR] mysqld got signal 11 ;",
        "This could be because you hit a bug. It is also possible that this binary",
        "or one of the libraries it was linked against is corrupt, improperly built,",
        "or misconfigured. This error can also be caused by malfunctioning hardware.",
        "/usr/sbin/mysqld(+0x1a2b3c)[0x5500aa11bb22]",
    )
    found = records("".join(f"{head}{line}\n" for line in told))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR)]


def test_envoy_prints_each_call_of_its_crash_as_a_record() -> None:
    """The signal, its calls and the version: one event."""
    head = "[2026-11-23 19:20:37.123][1][critical][backtrace] [./source/server/backtrace.h:104] "
    told = (
        "Caught Segmentation fault, suspect faulting address 0x0",
        "Backtrace (use tools/stack_decode.py to get line numbers):",
        "Envoy version: 9f1c/1.99.0/Clean/RELEASE",
        "#0: __restore_rt [0x7f1c]",
        "#1: [0x55d1]",
    )
    found = records("".join(f"{head}{line}\n" for line in told))
    assert [(r.first_line, r.last_line) for r in found] == [(0, 4)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("Segmentation fault",)


def test_what_an_exception_of_sql_client_says_of_the_connection_ends_it() -> None:
    """Below the calls: none of these lines is an event."""
    text = (
        "Unhandled exception. Microsoft.Data.SqlClient.SqlException (0x80131904): Login failed for user 'till'.\n"
        "   at Shop.Till.Open() in /src/Till.cs:line 26\n"
        "ClientConnectionId:0a1b2c3d-1111-4222-8333-444455556666\n"
        "Error Number:18456,State:1,Class:14\n"
    )
    assert [(r.first_line, r.last_line) for r in records(text)] == [(0, 3)]


def test_substrate_prints_the_calls_before_the_panic() -> None:
    """The words of the panic, and where to report it, end the event; the error of the program behind one is another."""
    text = (
        "   0: sp_panic_handler::set::{{closure}}\n"
        "   1: shop::till::open\n"
        "             at /src/till.rs:41:9\n\n\n"
        "Thread 'main' panicked at 'drawer is locked', /src/till.rs:41\n\n"
        "This is a bug. Please report it at:\n\n\thttps://shop.example/issues/new\n\n"
    )
    found = records(text)
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 9, Level.FATAL)]
    assert found[0].stacktrace is not None
    assert (found[0].stacktrace.root.message, found[0].stacktrace.root.frames[-1].function) == (
        "drawer is locked",
        "open",
    )
    two = records(
        "thread 'main' panicked at src/till.rs:42:18:\nno drawer\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nError: no till\n"
    )
    assert [(r.first_line, r.last_line) for r in two] == [(0, 2), (3, 3)]


def test_an_error_that_a_program_of_rust_ends_with_is_no_loggers() -> None:
    """Nothing that a logger said before, whatever its level, had it attached."""
    text = "2026-11-23 19:20:37 [till] bought\nError: \n   0: Other: drawer is locked\n"
    assert [(r.first_line, r.last_line, r.level) for r in records(text)] == [(0, 0, Level.UNSET), (1, 2, Level.ERROR)]


def test_two_reasons_not_to_start_are_two_faults() -> None:
    """Spring calls each failed start the same: the description below tells them apart. What it says between empty lines
    at INFO is no error."""
    head = "2026-11-23T19:20:37.160Z {} 1 --- [till] [           main] o.s.b.d.LoggingFailureAnalysisReporter   : \n\n"
    report = (
        head.format("ERROR") + "***\nAPPLICATION FAILED TO START\n***\n\nDescription:\n\n{}\n\nAction:\n\nMend it.\n"
    )
    calm = head.format(" INFO") + "Error starting ApplicationContext. To display the report re-run your application.\n"
    one, two = records(report.format("Port 8080 is in use.")), records(report.format("No URL is given."))
    assert [r.message for r in (*one, *two)] == ["APPLICATION FAILED TO START"] * 2
    assert fingerprint(one[0]).id != fingerprint(two[0]).id
    assert [(r.level, r.last_line) for r in records(calm)] == [(Level.INFO, 2)]


def test_two_checks_that_elasticsearch_failed_are_two_faults() -> None:
    """Each start that a check forbids has the same message; the first check below it is the fault."""
    head = "[2026-11-23T19:20:37,118][ERROR][o.e.b.Elasticsearch      ] [till-1] node validation exception\n"
    told = (
        "[1] bootstrap checks failed.\nbootstrap check failure [1] of [1]: memory is not locked\n",
        "[1] bootstrap checks failed.\n[1]: memory is not locked\n",
        "[1] bootstrap checks failed.\n[1]: too few file descriptors\n",
    )
    first, again, other = (fingerprint(records(head + text)[0]).id for text in told)
    assert first == again != other


def test_a_viewers_time_before_the_programs_own_is_cut_off() -> None:
    """Docker Desktop's log shows a time before each line: the program's header behind it counts."""
    found = records("2026-11-23 11:47:36 2026-11-23T10:47:36.469305Z 7 [Note] InnoDB: tills are open\n")
    assert [(r.format, r.level, r.message) for r in found] == [("mysql", Level.INFO, "InnoDB: tills are open")]


def test_beego_prints_the_calls_of_a_panic_as_records() -> None:
    """Each has the letter of its level and the place of the logger, then the place of the call."""
    head = "2026/11/23 19:20:37.125 [C] [panic.go:884]  "
    told = (
        "the request url is  /till",
        "Handler crashed with error no till",
        "/usr/go/panic.go:884",
        "/src/till.go:41",
    )
    found = records("".join(f"{head}{line}\n" for line in told))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 3, Level.FATAL)]


def test_a_build_servers_time_stands_before_a_level_that_stands_first() -> None:
    """The level and the time are the program's, and the message holds neither."""
    found = records("19:20:37  WARN  2026-11-23 18:19:20,485 [shard 0:main] till - drawer is open\n")
    assert [(r.level, r.message, r.timestamp_ms) for r in found] == [(Level.WARN, "drawer is open", 1_795_457_960_485)]


def test_what_postgresql_logged_inside_another_record_counts() -> None:
    """CloudNativePG writes each record of the server at INFO; the server named the level and the message."""
    line = (
        '{"level":"info","ts":"2026-11-23T19:20:38Z","logger":"postgres","msg":"record","logging_pod":"shop-1","record":'
        '{"log_time":"2026-11-23 19:20:37.123 UTC","error_severity":"FATAL","message":"no till"}}\n'
    )
    assert [(r.format, r.level, r.message, r.timestamp_ms) for r in records(line)] == [
        ("json-cnpg", Level.FATAL, "no till", 1_795_461_637_123)
    ]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("imap-login: Aborted login (no auth attempts in 0 secs): user=<>, rip=10.9.0.4", Level.UNSET),
        ("Aborted by the operator", Level.ERROR),
        ("Child (4711) died signal=6", Level.ERROR),
        ('SQL0204N  "SHOP.TILLS" is an undefined name.  SQLSTATE=42704', Level.ERROR),
    ],
)
def test_words_of_servers_say_a_level(line: str, level: Level) -> None:
    """A client that closed its connection is no error of the server; a child that a signal ended is one."""
    assert records(f"Nov 23 19:20:37 mx1 dovecot: {line}\n")[0].level is level


def test_a_servers_word_on_an_exception_is_no_trace_of_a_script() -> None:
    """JavaScript's `Uncaught` names an error right behind; MongoDB quotes what it caught."""
    line = (
        "2026-11-23T19:20:37.010+0000 W FTDC     [ftdc] Uncaught exception in 'FileRenameFailed: gone' in the capture\n"
    )
    record = records(line)[0]
    assert (record.stacktrace, record.message) == (
        None,
        "Uncaught exception in 'FileRenameFailed: gone' in the capture",
    )
