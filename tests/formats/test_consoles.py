"""Headers written for terminals, by phones, desktops and small systems, and of one tool each."""

from __future__ import annotations

import pytest

from mcp_rag import clock, formats
from mcp_rag.events import parse_block
from mcp_rag.types import NO_SPAN, Level, ParseSettings, Span

E, W, F, I, D, T, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.TRACE, Level.UNSET  # noqa: E741 - one letter keeps the table readable
REFERENCE_MS = clock.parse_timestamp("2026-11-30T00:00:00Z") or 0

# line, format, level, the message (its beginning), logger or service (either), time
CASES = [
    ("WARN[0003] slow backend            backend=b1", "logrus-console", W, "slow backend", "", ""),
    ("FATA[2026-11-23T19:20:37Z] no config", "logrus-console", F, "no config", "", "2026-11-23T19:20:37Z"),
    ("DEBU[2026-11-23T19:20:37.123+01:00] tick", "logrus-console", D, "tick", "", "2026-11-23T18:20:37.123Z"),
    ("WARN [11-23|19:20:37.123] Peer dropped   id=7", "geth", W, "Peer dropped", "", "2026-11-23T19:20:37.123Z"),
    ("CRIT [11-23|19:20:37.123] disk is full", "geth", F, "disk is full", "", "2026-11-23T19:20:37.123Z"),
    ("11:05AM INF up port=8080", "zerolog-console", I, "up port", "", "2026-11-29T11:05:00Z"),
    ("11:05PM FTL charge.go:7 > no plan", "zerolog-console", F, "no plan", "charge.go", "2026-11-29T23:05:00Z"),
    ("[W 261123 19:20:37 web:2239] 404 GET /x", "tornado", W, "404 GET /x", "web", "2026-11-23T19:20:37Z"),
    ("[C 19:20:37.123 LabApp] no port is free", "tornado", F, "no port", "LabApp", "2026-11-29T19:20:37.123Z"),
    ("[I 2026-11-23 19:20:37.123 ServerApp] up", "tornado", I, "up", "ServerApp", "2026-11-23T19:20:37.123Z"),
    ("2026/11/23 19:20:37 ...ices/pay/pay.go:7:Pay() [W] slow", "gitea", W, "slow", "...ices/pay/pay.go", ""),
    ("2026/11/23 19:20:37 routers/a.go:7:(*Pool).Get() [I] up", "gitea", I, "up", "routers/a.go", ""),
    ("[Nest] 31  - 11/23/2026, 9:20:37 AM     LOG up", "nestjs", I, "up", "", "2026-11-23T09:20:37Z"),
    ("[Nest] 31  - 11/23/2026, 9:20:37\u202fPM    WARN [Db] slow", "nestjs", W, "slow", "Db", "2026-11-23T21:20:37Z"),
    ("[1123/192037.123:WARNING:a.cc(9)] slow", "chromium", W, "slow", "a.cc", "2026-11-23T19:20:37.123Z"),
    ("[7:1123/192037.123:VERBOSE1:a.cc(9)] x", "chromium", T, "x", "a.cc", "2026-11-23T19:20:37.123Z"),
    ("[W Reducer.cpp:12] slow", "c10", W, "slow", "Reducer.cpp", ""),
    ("[E123 19:20:37.123456789 G.cpp:12] lost", "klog", E, "lost", "G.cpp", "2026-01-23T19:20:37.123Z"),
    ("[ WARN] [1796325637.123456]: slow", "ros", W, "slow", "", "2026-12-03T19:20:37.123Z"),
    ("[INFO] [1796325637.1] [nav.map]: up", "ros", I, "up", "nav.map", ""),
    ("W0000 00:00:1796325637.123456   7 a.cc:7] slow", "absl", W, "slow", "a.cc", "2026-12-03T19:20:37.123Z"),
    (" WARN pay{id=7}: shop::pay: slow", "tracing-short", W, "slow", "shop::pay", ""),
    ("ERROR shop::pay > lost", "tracing-short", E, "lost", "shop::pay", ""),
    ("FAILED tests/test_pay.py::TestPay::test_a - x", "pytest", E, "tests/test_pay.py", "", ""),
    ("2026-11-23 19:20:37.123:INFO :oejs.Server:main: up", "jetty", I, "up", "oejs.Server", "2026-11-23T19:20:37.123Z"),
    ("2026-11-23 19:20:37.123:WARN:oejw.App:qtp-1: slow", "jetty", W, "slow", "oejw.App", ""),
    ("2026-11-23 19:20:37,123:WARNING:pay.db:slow", "python-colons", W, "slow", "pay.db", ""),
    ("2026-11-23 19:20:37,123:ERROR:KeyError: 'a'", "python-colons", E, "KeyError: 'a'", "", ""),
    ("WARNING  pay.db:db.py:7 slow", "pytest-live", W, "slow", "pay.db", ""),
    (
        "[WARNING]\t2026-11-23T19:20:37.123Z\t9f1c2d7e-55aa-4c4b-9c41-0d2a5a91f03e\tslow",
        "lambda-python",
        W,
        "slow",
        "",
        "2026-11-23T19:20:37.123Z",
    ),
    (
        "2026-11-23T19:20:37Z 9f1c2d7e-55aa-4c4b-9c41-0d2a5a91f03e Task timed out",
        "lambda-node",
        E,
        "Task timed",
        "",
        "",
    ),
    ("[19:20:37] warn: Acme.Store[7]", "aspnet-timed", W, "", "Acme.Store", ""),
    ("2026-11-23T19:20:37 fail: Acme.Store[7] lost", "aspnet-timed", E, "lost", "Acme.Store", ""),
    # desktops, phones, small systems
    (
        "2026-11-23 19:20:37.123456+0100 0x1f3a     Default     0x0                  812    0    Shop: (Net) up",
        "macos-log",
        I,
        "up",
        "Shop",
        "2026-11-23T18:20:37.123Z",
    ),
    (
        "2026-11-23 19:20:37.123456+0100 0x1f3a     Fault       0xab12               812    0    shopd: lost",
        "macos-log",
        E,
        "lost",
        "shopd",
        "",
    ),
    ("2026-11-23 19:20:37.123456+0100  mac Shop[7]: (Net) [com.acme:net] up", "macos-syslog", U, "up", "Shop", ""),
    ("2026-11-23 19:20:37.123 Df Shop[7:1f3a] [com.acme:net] up", "macos-compact", I, "up", "Shop", ""),
    ("2026-11-23 19:20:37.123456+0100 Shop[7:20331] *** lost", "macos-compact", U, "*** lost", "Shop", ""),
    ("2026-11-23 19:20:37.123 E/Pay: FATAL EXCEPTION: main", "android-studio", E, "FATAL EXCEPTION: main", "Pay", ""),
    ("2026-11-23 19:20:37.123  41-42  Pay   com.acme   W  slow", "android-studio", W, "slow", "Pay", ""),
    ("Mon Nov 23 19:20:37 2026 kern.warn kernel: [ 12.3] slow", "openwrt", W, "[ 12.3] slow", "kernel", ""),
    ("2026-11-23T19:20:37Z box cron.err crond[7]: lost", "syslog-iso", E, "lost", "crond", "2026-11-23T19:20:37Z"),
    ("node=a type=USER_LOGIN msg=audit(1796325637.123:8): pid=7", "auditd", U, "pid=7", "USER_LOGIN", ""),
    ("web.1 exited with code 143", "exit-code", I, "exited with code 143", "web.1", ""),
    ("worker-2 exited with code 1", "exit-code", E, "exited with code 1", "worker-2", ""),
    ("PM2 log: App [api:0] exited with code [1] via signal", "exit-code", E, "exited with code [1]", "api", ""),
    # servers
    ("[ALERT] 326/192037 (8) : [www.main()] cannot bind", "haproxy-stderr", F, "[www.main()] cannot", "", ""),
    ("[NOTICE]   (8) : New worker (12) forked", "haproxy-stderr", I, "New worker", "", ""),
    ("nginx: [warn] the user directive is ignored", "nginx-stderr", W, "the user", "nginx", ""),
    ("*Nov 23 19:20:37.123: %SYS-5-CONFIG_I: Configured", "cisco", I, "%SYS-5-CONFIG_I: Conf", "SYS", ""),
    ("Nov 23 19:20:37: %OSPF-4-ERRRCV: Bad packet", "cisco", W, "%OSPF-4-ERRRCV: Bad", "OSPF", ""),
    (
        "2 123456789012 eni-0a1b2c3d 10.9.0.4 10.9.0.7 443 51322 6 9 812 1796325637 1796325697 ACCEPT OK",
        "vpc-flow",
        I,
        "ACCEPT OK",
        "",
        "2026-12-03T19:20:37Z",
    ),
    ("1796325637.123      0 10.9.0.9 TCP_DENIED/403 39 CONNECT b:443 -", "squid", W, "CONNECT b:443", "", ""),
    ("2026/11/23 19:20:37 kid1| WARNING: slow", "squid-cache", W, "slow", "", ""),
    ('at=info method=GET path="/"', "heroku-router", I, 'method=GET path="/"', "", ""),
    (
        "2026-11-23 19:20:37.12 Logon       Error: 18456, Severity: 14, State: 8.",
        "mssql-error",
        E,
        "Error: 18456",
        "",
        "",
    ),
    ("2026-11-23 19:20:37.12 spid7s      Error: 823, Severity: 24, State: 2.", "mssql-error", F, "Error: 823", "", ""),
    (
        '2026-11-23 19:20:37.1 UTC,,,47,,6646d1a4.2f,1,,2026-11-23 19:20:36 UTC,,0,LOG,00000,"ready",,,,,,,,,"",',
        "postgres-csv",
        I,
        'ready"',
        "",
        "",
    ),
    # Kubernetes
    ("shop   5s    Warning   Unhealthy   pod/web-0   no answer", "kubernetes-events", W, "no answer", "Unhealthy", ""),
    (
        "  Normal   Pulled     3m                 kubelet            Container image present",
        "kubernetes-describe",
        I,
        "Container image",
        "kubelet",
        "",
    ),
    # package managers
    (" ERR_PNPM_OUTDATED_LOCKFILE  Cannot install", "pnpm", E, "ERR_PNPM_OUTDATED_LOCKFILE", "", ""),
    ("\u2009ERR_PNPM_FETCH_404\u2009 GET x: Not Found", "pnpm", E, "ERR_PNPM_FETCH_404", "", ""),
    (" WARN  deprecated glob@7.2.3", "pnpm", W, "deprecated", "", ""),
    ("warning package.json: No license field", "yarn", W, "package.json:", "", ""),
    # a thread or process in brackets, a letter or `Error` before the time
    ("[worker-3] 2026-11-23 19:20:37,123 WARNING slow", "generic", W, "slow", "", "2026-11-23T19:20:37.123Z"),
    ("[7] 2026/11/23 19:20:37.123456 [ERR] lost", "serilog", E, "lost", "", "2026-11-23T19:20:37.123Z"),
    ("[pool 3] 19:20:37.123 ERROR lost", "generic", E, "lost", "", "2026-11-29T19:20:37.123Z"),
    ("api> 2026-11-23 19:20:37,123 ERROR lost", "generic", E, "lost", "api", ""),
    ("2026-11-23 19:20:37 ERROR charge[7]: lost", "generic", E, "lost", "", "2026-11-23T19:20:37Z"),
    ("W 2026-11-23 19:20:37 slow", "generic", W, "slow", "", "2026-11-23T19:20:37Z"),
    ("Error 2026-11-23T19:20:37Z lost", "generic", E, "lost", "", "2026-11-23T19:20:37Z"),
    ("[19:20:37] [Render thread/WARN]: slow", "generic", W, "slow", "", ""),
    ("[23Nov2026 19:20:37.123] [main/INFO] [net.acme/]: up", "generic", I, "up", "", "2026-11-23T19:20:37.123Z"),
    ("Nov 23, 2026 7:20:37 PM ERROR lost", "generic", E, "lost", "", "2026-11-23T19:20:37Z"),
    ("2026-11-23 19:20:37,123\tWARNING worker.py:17 -- slow", "generic", W, "slow", "worker.py", ""),
    ("2026/11/23 19:20:37 pay.go:7: [WARN] slow", "go-log", W, "slow", "pay.go", ""),
    ("2026/11/23 19:20:37 pay.go:7: ERROR: lost", "go-log", E, "lost", "pay.go", ""),
    # what is no header stays in the message
    ("2026-11-23 19:20:37,123 INFO stopped: web (terminated)", "generic", I, "stopped: web", "", ""),
    ("2026-11-23 19:20:37 INFO stopped: web (terminated)", "generic", I, "stopped: web", "", ""),
    (
        "2026-11-23 19:20:37,123 WARN  [handler 1] audit.Log (Log.java:fail(36)) - USER=a OP=Job Done - x",
        "generic",
        W,
        "USER=a OP=Job Done - x",
        "",
        "",
    ),
    ("2026-11-23T19:20:37Z\twarn\tenvoy config a/b.cc:7\tslow", "zap-console", W, "slow", "", ""),
    ("2026-11-23T19:20:37Z\twarn\tca\tslow start", "zap-console", W, "slow start", "ca", ""),
    ('2026-11-23T19:20:37Z\twarn\tslow\t{"a": 1}', "zap-console", W, "slow", "", ""),
    # services
    (
        "2026-11-23T19:20:37.123Z  WARN 1 --- [pay] [nio-8080-exec-1] c.a.Pay : slow",
        "spring-boot",
        W,
        "slow",
        "pay",
        "",
    ),
    ("2026-11-23 19:20:37.123 ERROR [pay,6644f1a2c0ffee00,] 1 --- [main] c.a.P : x", "spring-boot", E, "x", "pay", ""),
    ("[2026-11-23T19:20:37.1+00:00] doctrine.WARNING: slow", "laravel", W, "slow", "doctrine", ""),
]


def _text(line: str, span: Span) -> str:
    return line[span[0] : span[1]] if span != NO_SPAN else ""


@pytest.mark.parametrize(
    ("line", "name", "level", "message", "source", "time"), CASES, ids=[case[0][:60] for case in CASES]
)
def test_header_of_a_console(line: str, name: str, level: Level, message: str, source: str, time: str) -> None:
    """Format, level, source and time of the header are read, and all of it is cut off."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (name, level)
    assert line[header.body :].startswith(message)
    if not message:
        assert not line[header.body :].strip()
    if source:
        assert source in (_text(line, header.logger), _text(line, header.service))
    if time:
        instant = clock.parse_timestamp(_text(line, header.time), reference_ms=REFERENCE_MS)
        assert instant is not None
        assert clock.iso(instant) == time


NOT_SERVICES = [
    "2026-11-23T19:20:37.123Z  WARN 1 --- [nio-8080-exec-1] [6644f1a2c0ffee00aa11bb22cc33dd44-1122334455667788] P : x",
    "2026-11-23T19:20:37.123Z  WARN 1 --- [           main] c.a.Pay : slow",
    "[2026-11-23 19:20:37] production.ERROR: lost",
    "[2026-11-23 19:20:37] local.ERROR: lost",
]


@pytest.mark.parametrize("line", NOT_SERVICES)
def test_threads_and_environments_are_no_services(line: str) -> None:
    """The bracket that names a thread and the environment of Laravel say nothing of the service."""
    header = formats.match(line)
    assert header is not None
    assert header.service == NO_SPAN
    assert "production" not in _text(line, header.logger)


STAMPED = [
    ("[2026-11-23T19:20:37.123Z] make: *** [Makefile:7: all] Error 2", "make", E, "[Makefile:7: all] Error 2"),
    ("[2026-11-23T19:20:37.123Z] pay.c:7:3: warning: unused", "generic", W, "unused"),
    ("19:20:37  ninja: error: no such target", "generic", E, "no such target"),
    ("[2026-11-23T19:20:37.123Z] npm ERR! code E404", "generic", E, "code E404"),
    ("[2026-11-23 19:20:37] CUDA error 700 at pay.cu:7", "cuda", E, "CUDA error 700 at pay.cu:7"),
    ("[2026-11-23T19:20:37.123Z] level=warn msg=slow id=7", "logfmt", W, "slow"),
    ("[2026-11-23T19:20:37.123Z] up and ready", "generic", U, "up and ready"),
]


@pytest.mark.parametrize(("line", "name", "level", "message"), STAMPED, ids=[case[0] for case in STAMPED])
def test_a_tools_diagnostic_counts_behind_a_bare_time(line: str, name: str, level: Level, message: str) -> None:
    """Build servers stamp each line their tools print: the time is theirs, level and message are the tool's."""
    settings = ParseSettings(min_level=Level.UNSET, reference_ms=REFERENCE_MS)
    (record,), _ = parse_block(line.encode(), settings)
    assert (record.format, record.level, record.message) == (name, level, message)
    assert record.timestamp_ms is not None


@pytest.mark.parametrize(("state", "level"), [("--", I), ("SC", E), ("CD", W)])
@pytest.mark.parametrize("preferred", ["", "haproxy-text"])
def test_a_connection_through_haproxy_goes_by_its_end(state: str, level: Level, preferred: str) -> None:
    """A proxied connection has no status; alone and in a file of other HAProxy lines it is read alike."""
    head = "Nov 23 19:20:37 lb1 haproxy[7]: 10.9.0.4:502 [23/Nov/2026:19:20:37.326] pg pg/db1 1/0/3001"
    header = formats.match(f"{head} 412 {state} 3/2/0/0/3 0/0", preferred)
    assert header is not None
    assert (header.format, header.level) == ("haproxy-tcp", level)


@pytest.mark.parametrize(("number", "level"), [("1", F), ("2", E), ("3", W), ("4", I), ("0", I), ("5", D)])
def test_windows_events_in_xml_name_their_level_by_number(number: str, level: Level) -> None:
    """The System element holds level and time; both decide, so its digits matter."""
    line = formats.by_name("windows-event-xml").sample.replace("<Level>2<", f"<Level>{number}<")
    header = formats.match(line)
    assert header is not None
    assert (header.level, header.digits_matter) == (level, True)
    assert _text(line, header.time) == "2026-11-23T19:20:37.1234567Z"


def test_zones_by_name_and_by_hours() -> None:
    """PHP names a place, PostgreSQL the hours alone; an unknown place counts for nothing."""
    for text, instant in (
        ("23-Nov-2026 19:20:37 Europe/Berlin", "2026-11-23T18:20:37Z"),
        ("23-Nov-2026 19:20:37 America/Argentina/Ushuaia", "2026-11-23T22:20:37Z"),
        ("23-Nov-2026 19:20:37 Europe/Nowhere", "2026-11-23T19:20:37Z"),
        ("2026-11-23 19:20:37.5 +03", "2026-11-23T16:20:37.500Z"),
    ):
        found = clock.parse_timestamp(text)
        assert found is not None
        assert clock.iso(found) == instant
    php = formats.match("[23-Nov-2026 19:20:37 Europe/Berlin] PHP Warning:  slow in /a.php on line 4")
    assert php is not None
    assert (php.format, php.level) == ("php", W)
    assert clock.scan("2026-11-23 19:20:37 -12 items") == (0, 19, "iso")
