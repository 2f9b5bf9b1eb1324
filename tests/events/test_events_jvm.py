"""Events of servers on the JVM: headers that stand elsewhere, and what their loggers add to a trace."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings


def _parsed(*lines: str) -> list[LogRecord]:
    return parse_block("\n".join(lines).encode(), ParseSettings(min_level=Level.UNSET))[0]


def _types(record: LogRecord) -> tuple[str, ...]:
    return record.stacktrace.chain if record.stacktrace else ()


@pytest.mark.parametrize(
    "pattern",
    [
        "{level} [main] 2026-11-23 19:20:37,118 Till.java (line 41) {text}",
        "{level} 19:20:37,118 {text}",
        "{level} [main] (Till.java:41) - {text}",
    ],
)
def test_level_padded_to_five(pattern: str) -> None:
    """log4j's `%5p` first: levels of four letters have a blank before them, and are events all the same."""
    said = [(" INFO", "up"), ("ERROR", "no drawer"), (" WARN", "slow"), (" INFO", "down")]
    found = _parsed(*(pattern.format(level=level, text=text) for level, text in said))
    assert [(each.level, each.message) for each in found] == [
        (Level.INFO, "up"),
        (Level.ERROR, "no drawer"),
        (Level.WARN, "slow"),
        (Level.INFO, "down"),
    ]


def test_indented_word_is_no_padded_level() -> None:
    """A line of a message that begins with such a word after more than one blank stays with it."""
    found = _parsed("ERROR 19:20:37,118 no drawer", "  INFO panel is dark", "ERROR 19:20:38,118 next")
    assert [(each.first_line, each.last_line) for each in found] == [(0, 1), (2, 2)]


def test_trace_under_syslog_with_escaped_tabs() -> None:
    """rsyslog writes a tab as `#011`: the calls of a trace are read as if it had not."""
    head = "2026-11-23T19:20:37.901012+01:00 till-1 till[2721]: "
    found = _parsed(
        f"{head}2026-11-23 19:20:37,900 ERROR [main] com.acme.Till - cannot open",
        f"{head}com.acme.TillException: shut",
        f"{head}#011at com.acme.Drawer.open(Drawer.java:45)",
        f"{head}#011Suppressed: java.io.IOException: gone",
        f"{head}#011#011at com.acme.Belt.stop(Belt.java:9)",
        f"{head}Caused by: java.lang.IllegalStateException: jammed",
        f"{head}#011at com.acme.Belt.run(Belt.java:3)",
        f"{head}#011... 3 more",
        f"{head}2026-11-23 19:20:38,900 INFO [main] com.acme.Till - down",
    )
    assert [(each.first_line, each.level) for each in found] == [(0, Level.ERROR), (8, Level.INFO)]
    assert _types(found[0]) == ("com.acme.TillException", "java.lang.IllegalStateException")
    assert "\n\tat com.acme.Drawer.open(Drawer.java:45)\n" in found[0].body


def test_solr_prints_the_first_call_twice() -> None:
    """The message names the exception with its first call, then the whole trace follows: one event, one chain."""
    found = _parsed(
        "2026-11-23 19:20:37.702 ERROR (qtp19-3) [c:till s:shard1] o.a.s.h.RequestHandlerBase Client exception => "
        "org.apache.solr.common.SolrException: no such field",
        "\tat org.apache.solr.schema.IndexSchema.get(IndexSchema.java:1478)",
        "org.apache.solr.common.SolrException: no such field",
        "\tat org.apache.solr.schema.IndexSchema.get(IndexSchema.java:1478) ~[?:?]",
        "\tat com.acme.Search.run(Search.java:41) ~[?:?]",
        "Caused by: java.io.IOException: shut",
        "\tat com.acme.Disk.read(Disk.java:9) ~[?:?]",
        "2026-11-23 19:20:38.702 INFO  (qtp19-3) [   ] o.a.s.c.S.Request webapp=/solr status=0",
    )
    assert [(each.first_line, each.logger) for each in found] == [
        (0, "o.a.s.h.RequestHandlerBase"),
        (7, "o.a.s.c.S.Request"),
    ]
    assert _types(found[0]) == ("org.apache.solr.common.SolrException", "java.io.IOException")
    assert found[0].stacktrace is not None
    assert [f.function for f in found[0].stacktrace.outermost.frames] == ["get", "run"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["[#|2026-11-23T19:20:37.890-0400|SEVERE|glassfish|com.acme|_ThreadID=18;|no drawer|#]"], "no drawer"),
        (["[#|2026-11-23T19:20:37.890-0400|SEVERE|Payara 4.1|com.acme|_ThreadID=1;|", "  no drawer|#]"], "no drawer"),
        (
            [
                "[2026-11-23T19:20:37.293-0500] [Payara 6] [SEVERE] [] [com.acme] [tid: _ThreadID=21] [[",
                "  no drawer [a]]]",
            ],
            "no drawer [a]",
        ),
        (
            [
                "####<Nov 23, 2026 7:20:37 PM CET> <Error> <JDBC> <host1> <till> <[ACTIVE] ExecuteThread: '0'> "
                "<<WLS Kernel>> <> <> <1412180893202> <BEA-149205> <no drawer> "
            ],
            "no drawer",
        ),
    ],
)
def test_records_that_close_behind_the_message(lines: list[str], message: str) -> None:
    """What ends a record of GlassFish or WebLogic is none of its message."""
    found = _parsed(*lines)
    assert [(each.level, each.message) for each in found] == [(Level.ERROR, message)]


def test_closing_mark_on_its_own_line_stays_with_the_record() -> None:
    """Below a trace the mark stands alone."""
    found = _parsed(
        "[#|2026-11-23T19:20:37.890-0400|SEVERE|glassfish|com.acme|_ThreadID=18;|no drawer",
        "java.lang.IllegalStateException: shut",
        "\tat com.acme.Till.open(Till.java:4)",
        "|#]",
    )
    assert [(each.first_line, each.last_line) for each in found] == [(0, 3)]


def test_airlift_names_thread_and_logger() -> None:
    """Trino's columns, with its tabs or with the blanks that a terminal made of them."""
    for gap in ("\t", "    "):
        head = gap.join(["2026-11-23T19:20:37.123Z", "ERROR", "main", "io.trino.server.Server", "no such catalog"])
        (found,) = _parsed(head)
        assert (found.level, found.logger, found.message) == (Level.ERROR, "io.trino.server.Server", "no such catalog")


def test_play_with_a_dash_before_the_logger() -> None:
    """Play's older pattern: the logger stands between dashes, and is none of the message."""
    found = _parsed("[error] - com.acme.Till - no drawer", "[info] p.c.s.AkkaHttpServer - Listening")
    assert [(each.logger, each.message) for each in found] == [
        ("com.acme.Till", "no drawer"),
        ("p.c.s.AkkaHttpServer", "Listening"),
    ]


def test_maven_advice_belongs_to_the_failure() -> None:
    """What Maven says below a failure is the same for each: it begins no event."""
    found = _parsed(
        "[INFO] BUILD FAILURE",
        "[ERROR] Failed to execute goal com.acme:till-plugin:1.2:open on project till: no drawer -> [Help 1]",
        "[ERROR] ",
        "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
        "[ERROR] Re-run Maven using the -X switch to enable full debug logging.",
        "[ERROR] ",
        "[ERROR] For more information about the errors and possible solutions, please read the following articles:",
        "[ERROR] [Help 1] http://example.com/MojoFailureException",
        "[ERROR] /srv/till/Drawer.java:[12,5] cannot find symbol",
    )
    assert [(each.first_line, each.last_line) for each in found] == [(0, 0), (1, 7), (8, 8)]


def test_gradle_failure_pasted_alone() -> None:
    """From `FAILURE:` to the advice is one event, though no other line of the paste has a header."""
    found = _parsed(
        "FAILURE: Build failed with an exception.",
        "",
        "* What went wrong:",
        "Execution failed for task ':till:open'.",
        "> There is no drawer.",
        "",
        "* Try:",
        "Run with --stacktrace option to get the stack trace.",
        "",
        "BUILD FAILED in 1m 12s",
    )
    assert [(each.first_line, each.last_line) for each in found] == [(0, 7), (9, 9)]
    assert found[0].message == "Execution failed for task ':till:open'. > There is no drawer."


def test_announced_lines_tell_errors_apart() -> None:
    """`... described in the following [1] lines ...`: what they describe is part of the error."""
    head = "ERROR: [1] checks failed. You must address the points described in the following [1] lines before starting."
    one, two = (_parsed(head, f"check failure [1] of [1]: {text}")[0] for text in ("memory is low", "disk is locked"))
    assert fingerprint(one).id != fingerprint(two).id


@pytest.mark.parametrize(
    ("line", "type_", "message"),
    [
        ("Caused by: com.acme.TillException[no drawer]", "com.acme.TillException", "no drawer"),
        ("Caused by: com.acme.RemoteException(java.io.IOException): shut", "com.acme.RemoteException", "shut"),
        ("Caused by: com.acme.StartException in service till.open: shut", "com.acme.StartException", "shut"),
        ("Caused by: com.acme.TillException: shut", "com.acme.TillException", "shut"),
    ],
)
def test_exceptions_that_print_themselves_otherwise(line: str, type_: str, message: str) -> None:
    """A link of the chain is read however its class prints itself."""
    (found,) = _parsed(
        "java.lang.IllegalStateException: x",
        "\tat com.acme.Till.a(Till.java:1)",
        line,
        "\tat com.acme.Belt.b(Belt.java:2)",
    )
    assert found.stacktrace is not None
    assert (found.stacktrace.root.type, found.stacktrace.root.message) == (type_, message)


def test_minecraft_report_is_one_event() -> None:
    """The calls that the report lists for its parts are none of the exception's, and begin no events of their own."""
    report = [
        "---- Minecraft Crash Report ----",
        "// Hi.",
        "",
        "Time: 11/23/26 7:20 PM",
        "Description: Ticking till",
        "",
        "com.acme.TillException: shut",
        "\tat com.acme.Till.tick(Till.java:22) ~[till-1.2.jar:1.2] {re:mixin}",
        "",
        "A detailed walkthrough of the error, its code path and all known details is as follows:",
        "---------------------------------------------------------------------------------------",
        "-- Head --",
        "Stacktrace:",
        "\tat com.acme.World.run(World.java:3) ~[?:?] {}",
        "-- System Details --",
        "Details:",
        "\tMinecraft Version: 1.20.1",
    ]
    found = _parsed(*report, *report)
    size = len(report)
    assert [(each.first_line, each.last_line) for each in found] == [(0, size - 1), (size, 2 * size - 1)]
    assert found[0].stacktrace is not None
    assert [f.function for f in found[0].stacktrace.root.frames] == ["tick"]


def test_loggers_on_themselves() -> None:
    """What logback and log4j print of their own configuration has headers of its own, and a level."""
    found = _parsed(
        "19:20:37,027 |-INFO in ch.qos.logback.classic.LoggerContext[default] - Could NOT find [till.xml]",
        "19:20:37,127 |-ERROR in ch.qos.logback.core.joran.spi.Interpreter@4:23 - no applicable action for [till]",
        "2026-11-23T19:20:37.789196800Z main ERROR Unrecognized format specifier [d]",
    )
    assert [(each.level, each.message) for each in found] == [
        (Level.INFO, "Could NOT find [till.xml]"),
        (Level.ERROR, "no applicable action for [till]"),
        (Level.ERROR, "Unrecognized format specifier [d]"),
    ]


def test_elasticsearch_puts_each_call_of_a_record_on_a_line() -> None:
    """The lines of one JSON record are one event with its trace; the record behind it is another."""
    found = _parsed(
        '{"type": "server", "timestamp": "2026-11-23T19:20:37,118Z", "level": "ERROR", "message": "no till", ',
        '"stacktrace": ["org.elasticsearch.bootstrap.StartupException: no drawer",',
        '"at shop.Till.open(Till.java:41) ~[shop.jar:1.0]",',
        '"Caused by: java.io.IOException: locked",',
        '"... 6 more"] }',
        '{"type": "server", "timestamp": "2026-11-23T19:20:38,118Z", "level": "INFO", "message": "up" }',
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR), (5, 5, Level.INFO)]
    assert (found[0].message, _types(found[0])) == (
        "no till",
        ("org.elasticsearch.bootstrap.StartupException", "java.io.IOException"),
    )


def test_what_only_begins_like_a_record_takes_no_line() -> None:
    """Lines below that are no strings, or that make no JSON of it, stay events of their own."""
    found = _parsed('{"level": "ERROR", ', "shut", '{"level": "ERROR", ', '"nothing": }', "shut")
    assert [r.first_line for r in found] == [0, 1, 2, 3, 4]


def test_elasticsearch_says_at_a_terminal_what_ended_it() -> None:
    """From the thread to the file that tells more: one event, by its root cause."""
    found = _parsed(
        "uncaught exception in thread [main]",
        "ElasticsearchException[failed to bind service]; nested: IOException[locked];",
        "Likely root cause: java.io.IOException: locked",
        "\tat shop.Till.open(Till.java:41)",
        "For complete error details, refer to the log at /srv/shop/till.log",
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR)]
    assert _types(found[0]) == ("java.io.IOException",)


def test_jboss_names_the_service_behind_the_exception() -> None:
    """The exception that a service failed with is the outermost, though its message stands behind the service."""
    found = _parsed(
        "19:20:37,118 ERROR [org.jboss.msc.service.fail] (MSC thread 1-2) MSC000001: Failed to start shop.till: "
        "org.jboss.msc.service.StartException in service shop.till: WFLYELY00004: no till",
        "\tat org.jboss.msc@1.4.12.Final//org.jboss.msc.service.Task.run(Task.java:41)",
        "Caused by: java.io.IOException: locked",
        "\t... 8 more",
    )
    assert _types(found[0]) == ("org.jboss.msc.service.StartException", "java.io.IOException")


def test_a_logger_without_its_caller_heads_a_record_of_two_lines() -> None:
    """java.util.logging behind a bridge knows no method: time and class alone still belong to the line below."""
    found = _parsed(
        "Nov 23, 2026 7:20:37 PM com.acme.net.Connection",
        "WARNUNG: drawer is locked",
        "java.io.IOException: locked",
        "\tat shop.Till.open(Till.java:41)",
    )
    assert [(r.first_line, r.last_line, r.level, r.logger) for r in found] == [
        (0, 3, Level.WARN, "com.acme.net.Connection")
    ]
    assert found[0].timestamp_ms == 1_795_461_637_000


def test_an_exception_below_a_line_of_the_collector_is_an_error_of_its_own() -> None:
    """The JVM's old log of collections states no level and says nothing bad: what ends the program is not its part."""
    line = "2026-11-23T19:20:37.123+0000: 4.456: [GC (Allocation Failure) [PSYoungGen: 10K->0K(76K)], 0.05 secs]"
    found = _parsed(f"{line}\n{line}\njava.lang.OutOfMemoryError: Java heap space\n")
    assert [(r.first_line, r.level) for r in found] == [(0, Level.UNSET), (1, Level.UNSET), (2, Level.ERROR)]
    assert found[2].stacktrace is not None
    assert found[2].stacktrace.root.type == "java.lang.OutOfMemoryError"


def test_a_thread_that_waits_in_a_native_method_is_of_a_dump() -> None:
    """Newer runtimes name the module before `Native Method`: such a call is Java's all the same."""
    text = (
        '"till-1" #14 [73] daemon prio=5 os_prio=0 cpu=9.18ms tid=0x00007edd nid=73 runnable\n'
        "   java.lang.Thread.State: RUNNABLE\n"
        "\tat sun.nio.ch.EPoll.wait(java.base@21.0.8/Native Method)\n"
        "\tat com.acme.Till.poll(Till.java:12)\n"
    )
    (found,) = _parsed(text)
    assert found.stacktrace is None or found.stacktrace.outermost.type == ""
    assert found.level is Level.UNSET


@pytest.mark.parametrize("mark", ["# ", " ", ""])
def test_the_report_of_a_crash_is_read_without_its_marks_too(mark: str) -> None:
    """Where Markdown took the marks of the JVM's report for headings they are lost: the signal and the frame stay."""
    lines = (
        "A fatal error has been detected by the Java Runtime Environment:",
        "",
        "SIGSEGV (0xb) at pc=0x00007fc1a2ddc7b3, pid=4711, tid=0x00007fc1a5f9b700",
        "JRE version: OpenJDK Runtime Environment (8.0_222-b10) (build 1.8.0_222)",
        "Problematic frame:",
        "C  [libtill.so+0x2b7b3]  Till::open()+0x73",
        "Failed to write core dump. Core dumps have been disabled.",
    )
    (found,) = _parsed(*(f"{mark}{line}" for line in lines))
    assert found.level >= Level.ERROR
    assert found.stacktrace is not None
    assert found.stacktrace.chain == ("SIGSEGV",)
    assert [f.function for f in found.stacktrace.root.frames] == ["Till::open"]
