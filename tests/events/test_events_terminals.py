"""What tools print at a terminal: each error an event of its own, and nothing of one in another."""

from __future__ import annotations

import pytest

from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

REFERENCE_MS = parse_timestamp("2026-11-30T00:00:00Z") or 0


def read(text: str, level: Level = Level.UNSET) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=level, reference_ms=REFERENCE_MS))[0]


def lines(text: str, level: Level = Level.WARN) -> list[tuple[int, int, str]]:
    return [(r.first_line, r.last_line, r.message) for r in read(text, level)]


@pytest.mark.parametrize(
    "above",
    [
        "error: no such kind of till",
        "WARNING: the till is old",
        "W1123 19:20:37.123456    4711 tills.go:41] unknown field drawer",
        'time="2026-11-23T19:20:37Z" level=error msg="no till"',
        "ERRO[0012] no till",
        "/usr/bin/ld: till.o: undefined reference to `rate_of'",
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "Error from server (Forbidden): tills is forbidden",
        "Error: UPGRADE FAILED: another till is open",
        "failed to start daemon: no till",
        "dpkg: error processing package till (--configure):",
        "🚨 Error: The command exited with status 2",
        "shop@tmp/step/run.sh: line 1: ./till: Permission denied",
    ],
)
def test_next_error_of_a_tool_is_its_own(above: str, line: str) -> None:
    """Tools name no time and print an error a line; so do loggers whose records are one line each."""
    found = read(f"{above}\n{line}\n", Level.WARN)
    assert [(r.first_line, r.last_line) for r in found] == [(0, 0), (1, 1)]
    assert found[1].level >= Level.WARN


def test_error_below_a_logger_with_a_time_or_with_frames_stays() -> None:
    """A logger's message may have lines that read like errors, and an exception's frames belong to the error above."""
    timed = "2026-11-23 19:20:37,123 ERROR [shop] till failed\nError: drawer stuck\n" * 2
    assert [(r.first_line, r.last_line) for r in read(timed)] == [(0, 1), (2, 3)]
    traced = "ERROR: till failed\nError: drawer stuck\n    at open (/srv/shop/till.js:41:7)\nINFO: bye\n"
    assert [(r.first_line, r.last_line) for r in read(traced)] == [(0, 2), (3, 3)]
    tested = "--- FAIL: TestTill (0.01s)\nError: drawer stuck\nFAIL\n"
    assert read(tested)[0].last_line == 1


def test_indented_errors_below_a_heading() -> None:
    """A tool indents what it says of each resource: below a calm heading an error is one, and so is the next."""
    text = (
        "Diagnostics:\n"
        "  acme:index:Shop (shop-dev):\n"
        "    error: update failed\n"
        "\n"
        "  acme:till:Till (till):\n"
        "    error: 1 error occurred:\n"
        "    \t* opening till: timeout\n"
        "Resources:\n"
        "    3 unchanged\n"
    )
    assert lines(text) == [(2, 4, "error: update failed"), (5, 6, "error: 1 error occurred:")]


def test_indented_errors_elsewhere_belong_to_what_is_above() -> None:
    """Below a logger's line, deeper below an error and as an empty field they are parts."""
    logged = "2026-11-23 19:20:37,123 INFO [shop] checks:\n    error: drawer\n" * 2
    assert lines(logged) == []
    deeper = "Building:\n  error: till failed\n      error: drawer stuck\n"
    assert lines(deeper) == [(1, 2, "error: till failed")]
    assert lines("checks:\n    error: none\n    Error: 0\n    error: ''\n") == []


def test_catalogue_belongs_to_its_message() -> None:
    """journalctl -x explains a message below it; what divides boots and what stands elsewhere is not that."""
    text = (
        "Nov 23 19:20:37 till1 systemd[1]: Failed to start till.service - Till.\n"
        "░░ Subject: A start job for unit till.service has failed\n"
        "░░ \n"
        "░░ The job identifier is 41 and the job result is failed.\n"
        "Nov 23 19:20:38 till1 systemd[1]: Started shop.service - Shop.\n"
        "-- Subject: A start job for unit shop.service has finished\n"
        "-- \n"
        "-- Boot 9d3a1c -- \n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in read(text.replace("-- \n", "--\n"))][:2] == [
        (0, 3, Level.ERROR),
        (4, 5, Level.UNSET),
    ]
    assert len(read("ERROR: no till\n-- Dumping data for till\nplain\nplain\nplain\n")) > 1


def test_syslog_hides_no_stricter_header() -> None:
    """Where most lines are plain syslog, those of HAProxy still tell its own status and level."""
    plain = "Nov 23 19:20:37 lb1 crond[7]: woke up\n" * 5
    text = (
        plain
        + "Nov 23 19:20:38 lb1 haproxy[7]: backend till has no server available!\n"
        + "Nov 23 19:20:38 lb1 haproxy[7]: 10.9.0.4:4012 [23/Nov/2026:19:20:38.001] www till/<NOSRV> 0/-1/-1/-1/0 503"
        ' 217 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"\n'
    )
    assert [(r.format, r.level) for r in read(text, Level.WARN)] == [
        ("haproxy-text", Level.ERROR),
        ("haproxy", Level.ERROR),
    ]


def test_line_below_an_empty_header_says_the_level() -> None:
    """Samba's header names neither level nor message: the words of the line below do."""
    text = (
        "[2026/11/23 19:20:37.123456,  0] ../till/server.c:41(main)\n"
        "  INTERNAL ERROR: Signal 11 in pid 4711\n"
        "[2026/11/23 19:20:38.123456,  0] ../till/server.c:52(main)\n"
        "  till version 4 started.\n"
    )
    assert [(r.first_line, r.last_line, r.message) for r in read(text, Level.WARN)] == [
        (0, 1, "INTERNAL ERROR: Signal 11 in pid 4711")
    ]


def test_exception_behind_a_step_of_a_pipeline() -> None:
    """Jenkins marks its steps; what Java prints below one is an error of its own."""
    trace = "java.io.IOException: no till\n\tat acme.Till.open(Till.java:41)\n"
    text = f"[Pipeline] End of Pipeline\n{trace}Finished: FAILURE\n"
    assert [(r.first_line, r.last_line, r.level) for r in read(text, Level.WARN)] == [
        (1, 2, Level.ERROR),
        (3, 3, Level.ERROR),
    ]


def test_bar_before_a_traceback() -> None:
    """tqdm leaves its bar on the line that the traceback begins in."""
    text = (
        "2026-11-23 19:20:37,123 INFO [train] begin\n"
        "Epoch 1:  12%|█▏        | 12/100 [00:03<00:22,  3.91it/s]Traceback (most recent call last):\n"
        '  File "/srv/till/train.py", line 41, in <module>\n'
        "    step()\n"
        "RuntimeError: no till\n"
    )
    found = read(text, Level.WARN)
    assert [(r.first_line, r.last_line) for r in found] == [(1, 4)]
    assert found[0].stacktrace is not None
    assert (found[0].stacktrace.root.type, found[0].stacktrace.root.message) == ("RuntimeError", "no till")


def test_matcher_names_a_failed_test_not_its_values() -> None:
    """Jest prints what it got right above the frames: two runs that got 3 and 4 failed alike."""
    text = (
        "  ● till › counts\n\n    expect(received).toBe(expected) // Object.is equality\n\n"
        "    Expected: 3\n    Received: 4\n\n      at Object.<anonymous> (src/till.test.ts:11:21)\n"
    )
    found = read(text, Level.WARN)
    assert len(found) == 1
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.outermost.message == "expect(received).toBe(expected) // Object.is equality"


def test_goroutines_of_a_recovered_panic_and_of_a_signal() -> None:
    """A server that recovers prints the calls below its own words; a signal's registers belong to its report."""
    recovered = (
        "Recovered from panic: no till\ngoroutine 7 [running]:\nruntime/debug.Stack()\n"
        "\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\nmain.open(0x1)\n\t/srv/till.go:4 +0x1\n"
    )
    signal = (
        "SIGABRT: abort\nPC=0x77f67e49eb1c m=0 sigcode=18446744073709551610\nsignal arrived during cgo execution\n\n"
        "goroutine 7 gp=0xc000196000 m=0 mp=0x56be [syscall]:\nmain.open(0x1)\n\t/srv/till.go:4 +0x1\n\n"
        "rax    0x0\nrflags 0x246\ncs     0x33\n"
    )
    last = recovered.count("\n") - 1
    found = read(recovered + "bye\n" + signal, Level.WARN)
    assert [(r.first_line, r.last_line) for r in found] == [(0, last), (last + 2, last + 12)]
    assert [(r.stacktrace.root.type, r.stacktrace.root.message) for r in found if r.stacktrace] == [
        ("panic", "no till"),
        ("SIGABRT", "abort"),
    ]


def test_calls_below_an_error_at_a_terminal() -> None:
    """What pkg/errors prints with `%+v` names each call at the left margin and its place below."""
    text = (
        "Error: no till\nmain.open\n\t/srv/till/main.go:41\nmain.main\n\t/srv/till/main.go:12\n"
        "runtime.main\n\t/usr/local/go/src/runtime/proc.go:250\nbye\n"
    )
    assert [(r.first_line, r.last_line) for r in read(text)] == [(0, 6), (7, 7)]


def test_crash_of_a_ceph_daemon() -> None:
    """Each daemon that is aborted says the same: the assertion or the calls tell one crash from another."""
    text = (
        "    -1> 2026-11-23T19:20:37.690-0500 7f08d5146580  0 mon.a mds e45 new map\n"
        "     0> 2026-11-23T19:20:37.697-0500 7f08d5146580 -1 *** Caught signal (Aborted) **\n"
        " in thread 7f08d5146580 thread_name:ceph-mon\n\n"
        " ceph version 16.2.7 (f9aa02978811) pacific (stable)\n"
        " 1: /lib/libpthread.so.0(+0x14140) [0x7f08d5b02140]\n"
        " 2: gsignal()\n"
        " 3: (ceph::__ceph_assert_fail(char const*, int)+0x16e) [0x7f08d6022090]\n"
        " 4: (Till::sanity(bool) const+0x4b6) [0x7f08d65823b6]\n"
        " 5: main()\n"
        " NOTE: a copy of the executable, or `objdump -rdS <executable>` is needed to interpret this.\n"
    )
    found = read(text)
    assert [(r.first_line, r.last_line) for r in found] == [(0, 0), (1, 10)]
    assert found[1].level >= Level.ERROR
    assert found[1].stacktrace is not None
    assert found[1].stacktrace.root.type == "Aborted"
    assert "Till::sanity" in [frame.function for frame in found[1].stacktrace.root.frames]
    asserted = read(
        "/build/till/Till.cc: 2343: FAILED ceph_assert(till->valid())\n 1: (Till::open()+0x4b) [0x7f08d658]\n"
    )
    assert asserted[0].stacktrace is not None
    assert (asserted[0].stacktrace.root.type, asserted[0].stacktrace.root.message) == ("Assertion", "till->valid()")


def test_calm_count_and_failed_build() -> None:
    """Bazel's verdict behind its last calm line is an error."""
    assert lines("INFO: 14 processes: 2 sandbox.\nFAILED: Build did NOT complete successfully\n") == [
        (1, 1, "FAILED: Build did NOT complete successfully")
    ]


def test_relay_sequence_is_no_service() -> None:
    """A switch numbers what it sends to syslog: the number is not a program."""
    found = read(
        "Nov 23 19:20:37 sw1 123: Nov 23 19:20:36.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down\n"
    )
    assert (found[0].service, found[0].level) == ("", Level.ERROR)


def test_line_without_message_is_a_header() -> None:
    """A table below klog's header belongs to that header, not to the error above."""
    text = (
        "E1123 19:20:37.123456 1 tills.cc:41] failed to open till\n"
        "I1123 19:20:37.133456 1 server.cc:59]\n"
        "+------+\n"
        "| till |\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in read(text)] == [(0, 0, Level.ERROR), (1, 3, Level.INFO)]


def test_what_a_ceph_daemon_asserts_stands_below_where() -> None:
    """The daemon's line names the function, the one below it the assertion: one crash, whose trace follows."""
    found = read(
        "2026-11-23T19:20:37.123+0000 7f08d5146580 -1 /build/till/Till.cc: In function 'int Till::open()' thread "
        "7f08d5146580 time 2026-11-23T19:20:37.120000+0000\n"
        "/build/till/Till.cc: 2343: FAILED ceph_assert(r >= 0)\n\n"
        " ceph version 17.2.6 (d7ff0d10654d) quincy (stable)\n"
        " 1: (Till::open()+0x4b) [0x7f08d658]\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("Assertion",)
