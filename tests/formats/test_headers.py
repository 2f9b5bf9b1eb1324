"""Headers of text lines: what is cut off, which level, which fields."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.types import NO_SPAN, Header, Level, Span

E, W, F, I, D, T, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.TRACE, Level.UNSET  # noqa: E741 - one letter keeps the table readable


def text_of(line: str, span: Span) -> str:
    return line[span[0] : span[1]] if span != NO_SPAN else ""


# line, format, level, the message (its beginning), logger or service (either)
CASES = [
    # the libraries' own layouts, in variants other than the registered sample
    ("2026-11-23 19:20:37,123 - a.b - INFO - done", "python-logging", I, "done", "a.b"),
    ('INFO:     127.0.0.1:56150 - "GET / HTTP/1.1" 500 Internal Server Error', "uvicorn", I, "127.0.0.1", ""),
    ("26/11/23 19:20:37 WARN TaskSetManager: Lost task 0.0", "spark", W, "Lost task 0.0", "TaskSetManager"),
    ("26/11/23 19:20:37 ERROR IllegalStateException: x", "generic", E, "IllegalStateException: x", ""),
    ("WARNING: Job failed: allowed", "gitlab-job", W, "Job failed: allowed", ""),
    ("[2026-11-23 19:20:37,123] load-1/INFO/locust.main: up", "locust", I, "up", "locust.main"),
    (
        "[Mon Nov 23 19:20:37.123456 2026] [wsgi:error] [pid 7:tid 8] [remote 10.9.0.4:60444] Traceback",
        "apache-error",
        E,
        "Traceback",
        "wsgi",
    ),
    ("2026-11-23 19:20:37 ERROR:    Exception in the application", "generic", E, "Exception in the application", ""),
    ("4711 Nov 23 19:20  Warning     DCOM      10016 slow", "windows-event-table", W, "slow", "DCOM"),
    ("2026 Nov 23 19:20:37 UTC till gone", "generic", U, "till gone", ""),
    ("26-11-23 19:20:37 WARNING (MainThread) [till.drawer] slow", "generic", W, "slow", ""),
    ("[till]2026/11/23 19:20:37 no drawer", "generic", U, "no drawer", ""),
    (
        "[2026-11-23 19:20:37.123456 +0000] E [till.c:313:open] (--> /lib/till.so(+0x74)[0x7f] (--> /a.so(b+0x1)[0x7a] "
        "))))) 0-till-2: drawer stuck",
        "gluster",
        E,
        "drawer stuck",
        "0-till-2",
    ),
    # what is in error is a part of the message, the name of a program is not
    ("2026-11-23 19:20:37 TLS Error: handshake failed", "generic", E, "TLS Error: handshake failed", ""),
    ("Mon Nov 23 19:20:37 2026 VERIFY ERROR: depth=1", "generic", E, "VERIFY ERROR: depth=1", ""),
    ("2026-11-23 19:20:37 till7 ERROR: no drawer", "generic", E, "no drawer", ""),
    ("[quorum] crit: quorum_join failed: 2", "level-prefix", F, "quorum_join failed: 2", ""),
    ("Nov 23 19:20:37 Cleaning up", "generic", U, "Cleaning up", ""),
    ("Nov 23, 2026 7:20:37 PM Till open", "jul", U, "", "Till"),
    ('msg="Refreshed" subsystem="till" level="0" prio="Notice" ts="1796325637.123"', "logfmt", I, "Refreshed", "till"),
    ('msg="no till" level="3" prio="2" ts="1796325637.123"', "logfmt", E, "no till", ""),
    ("CRITICAL:root:disk full", "python-root", F, "disk full", "root"),
    ("distributed.nanny - WARNING - slow", "python-untimed", W, "slow", "distributed.nanny"),
    ("[2026-11-23 19:20:37,123][shop.till][ERROR] - locked", "spdlog", E, "locked", ""),
    ("[2026-11-23T19:20:37.123+0000] {taskinstance.py:12} WARNING - slow", "airflow", W, "slow", "taskinstance.py"),
    ("2026-11-23 19:20:37.123 | WARNING  | __main__:<module>:3 - slow", "loguru", W, "slow", "__main__"),
    # a margin behind the columns is that of an exception group
    ("2026-11-23 19:20:37 | ERROR | stderr |     | Traceback", "generic", E, "    | Traceback", "stderr"),
    ("19:20:37.123: write of packet 7 is late", "generic", U, "write of packet 7 is late", ""),
    ("level=ERROR ts=2026-11-23 19:20:37,123 module=till message=out of coins", "logfmt", E, "out of coins", "till"),
    ("2026-11-23 19:20:37,123 INFO exited: till (exit status 1; not expected)", "generic", I, "exited: till", ""),
    ("2026-11-23 19:20:37,123 INFO gave up: till entered FATAL state, t", "supervisord", E, "gave up: till", ""),
    ("2026-11-23 19:20:37,123 INFO exited: till (exit status 0; expected)", "generic", I, "exited: till", ""),
    ("error 2026-11-23 19:20:37: till is stuck", "generic", E, "till is stuck", ""),
    ("info  2026-11-23 19:20:37: error queue is empty", "generic", I, "error queue is empty", ""),
    ("[2026-11-23 19:20:37.123][ERROR][1][a7f5k2l9][104] serve", "srs", E, "serve", ""),
    ("[2026-11-23 19:20:37.123][Trace][1][a7f5k2l9] serve", "srs", T, "serve", ""),
    ("2026-11-23T19:20:37.1Z [warning  ] slow    key=1", "structlog", W, "slow    key=1", ""),
    ("2026-11-23 19:20:37.123  INFO 1 --- [           main] c.a.Foo : started", "spring-boot", I, "started", "c.a.Foo"),
    ("2026-11-23 19:20:37 [exec-1] WARN  c.a.Foo:41 - slow", "logback", W, "slow", "c.a.Foo"),
    ("[main] WARN com.acme.Foo - slow", "slf4j-simple", W, "slow", "com.acme.Foo"),
    ("2026-11-23 19:20:37,123 WARN  [org.acme.Foo] (main) slow", "jboss", W, "slow", "org.acme.Foo"),
    ("crit: Acme.Store[7]", "aspnet", F, "", "Acme.Store"),
    ("[19:20:37 FTL] down", "serilog", F, "down", ""),
    ("2026-11-23T19:20:37+01:00   [    6.159] usb 1-3: new", "generic", U, "usb 1-3: new", ""),
    ("19:20:37 [   82.646346][  T650] usb 1-3: new", "kernel-timed", U, "usb 1-3: new", ""),
    ("1.7963e+09\tINFO\tsetup\tstarting", "zap-epoch", I, "starting", "setup"),
    ('[2026/11/23 19:20:37.123 +00:00] [WARN] [plans.go:41] ["no plan"]', "tidb", W, '["no plan"]', "plans.go"),
    ("[2026/11/23 19:20:37.123 +00:00] [INFO] [7] [main.rs:41] [done]", "tidb", I, "[done]", "main.rs"),
    ("Nov 23 19:20:37 gw1 system,error,critical login failure", "syslog", F, "login failure", ""),
    ("Nov 23 19:20:37 gw1 dhcp,info lan assigned", "syslog", I, "lan assigned", ""),
    ("<149>Nov 23 19:20:37  gw1 rpd[4711]: peer down", "syslog-priority", I, "peer down", "rpd"),
    ("c:/acme/bin/arm-none-eabi/bin/ld.exe: cannot find -lshop", "linker", E, "cannot find -lshop", ""),
    ("CMake Error at C:/acme/FindShop.cmake:137 (message):", "cmake", E, "", "message"),
    ('2026-11-23 19:20:37.1 7 ERROR a.b   File "x.py", line 1', "openstack", E, "  File", "a.b"),
    ("2026-11-23 19:20:37.1 7 ERROR a.b acme.NoPlan: gone", "openstack", E, "acme.NoPlan: gone", "a.b"),
    (
        "W, [2026-11-23T19:20:37.1 #7]  WARN -- : [4eebb5e2-2f13-42f8-8644-d6c9a9e244f0] slow",
        "ruby-logger",
        W,
        "slow",
        "",
    ),
    ("[23-Nov-2026 19:20:37 UTC] PHP Fatal error:  Uncaught X", "php", F, "PHP Fatal error:", ""),
    ("2026-11-23T19:20:37Z warn: slow", "winston", W, "slow", ""),
    ("2026-11-23T19:20:37.1Z  WARN shop::db: slow", "tracing", W, "slow", "shop::db"),
    ("[2026-11-23 19:20:37.1][8][warning][config] [source/server.cc:168] slow", "spdlog", W, "slow", "config"),
    ("2026-11-23 19:20:37.1 [warning] <0.41.0> slow", "elixir", W, "slow", ""),
    ("=CRASH REPORT==== 23-Nov-2026::19:20:37 ===", "erlang", E, "", ""),
    # clusters, databases, systems
    (
        "081109 203615 148 INFO dfs.DataNode$PacketResponder: done for blk_1",
        "hadoop",
        I,
        "done for blk_1",
        "dfs.DataNode",
    ),
    ("2026-11-23 19:20:37,123 - ERROR [Commit:1:NIOServerCnxn@180] - oops", "zookeeper", E, "oops", "NIOServerCnxn"),
    ("2026-11-23 19:20:37.1 47 WARNING nova.x [-] slow", "openstack", W, "slow", "nova.x"),
    ("APPSEV 1126539103 2026.09.12 R41 2026-09-12-08.31.43.2 R41 RAS APP FATAL ciod: x", "ras", F, "ciod: x", "APP"),
    ("srun: error: n1: task 0: Killed", "slurm", E, "n1: task 0", "srun"),
    ("WARNING 11-23 19:20:37 [config.py:3] slow", "vllm", W, "slow", "config.py"),
    ("[W1123 19:20:37.123456789 Group.cpp:115] slow", "klog", W, "slow", "Group.cpp"),
    ("E1123 19:20:37.123456 139712345678912 loop.py:88] lost", "klog", E, "lost", "loop.py"),
    ("h1:12:34 [0] NCCL INFO Bootstrap : eth0", "nccl", I, "Bootstrap", "h1"),
    ("2026-11-23 19:20:37 CET::@:[12760]:LOG:  starting", "postgres", I, "starting", ""),
    ("2026-11-23 19:20:37 UTC [47] DETAIL:  Key (id)=(1) exists.", "postgres", U, "DETAIL:  Key", ""),
    ("2026-11-23T19:20:37.1Z 0 [Warning] [MY-010068] [Server] CA", "mysql", W, "[MY-010068]", ""),
    ("[3574] 13 Apr 12:52:30.731 # Sentinel", "redis", W, "Sentinel", ""),
    (
        "Nov 23 19:20:37 mac com.apple.xpc.launchd[1] (com.x.Y[50989]): exited",
        "syslog",
        U,
        "exited",
        "com.apple.xpc.launchd",
    ),
    ("Nov 23 19:20:37 mac Setup Assistant[1173]: x", "syslog", U, "x", "Setup Assistant"),
    (
        "Nov 23 19:20:37 box sshd(pam_unix)[19939]: authentication failure",
        "syslog",
        U,
        "authentication",
        "sshd(pam_unix)",
    ),
    ("Nov 23 19:20:37 box daemon.err mcad: down", "syslog", E, "down", "mcad"),
    ("Nov 23 19:20:37 box kernel: [1293.679369] oops", "syslog", U, "oops", "kernel"),
    ("Nov 23 19:20:37 box last message repeated 2 times", "syslog", U, "last message", ""),
    ("<30>1 2026-11-23T19:20:37+02:00 box dhclient - - -  REQUEST", "syslog-5424", I, " REQUEST", "dhclient"),
    ("<11>Nov 23 19:20:37 box app: failed", "syslog-priority", E, "failed", "app"),
    ("2026-11-23T19:20:37Z In(14) Hostd[10]: started", "esx", I, "started", "Hostd"),
    ("2026-11-23T19:20:37Z cpu7:35233)VC: 2002: rescan", "esx", U, "VC: 2002", ""),
    ("05-26 11:18:41.509  1000 23402 23402 V Cam: request", "logcat", T, "request", "Cam"),
    ("2026-11-23 19:20:37, Info                  CBS    Loaded", "windows-cbs", I, "Loaded", "CBS"),
    ("(Tue Mar 31 06:03:46 2015) [sssd] [start] (0x0010): down", "sssd", F, "down", "start"),
    ("9m    Normal   Pulled   pod/a   Container image", "kubernetes-events", I, "Container image", "Pulled"),
    # builds
    ("a.c:3:7: warning: unused", "gcc", W, "unused", ""),
    ("Main.java:3: error: ';' expected", "gcc", E, "';'", ""),
    ("Program.cs(10,5): error CS0103: no name", "msvc", E, "CS0103", ""),
    ("collect2: error: ld returned 1 exit status", "linker", E, "ld returned", ""),
    ("npm ERR! code E404", "npm", E, "code E404", ""),
    ("[WARNING] deprecated", "maven", W, "deprecated", ""),
    ("e: file:///a.kt:3:5 Unresolved", "gradle", E, "Unresolved", ""),
    ("e: /srv/shop/a.kt: (3, 5): Unresolved", "gradle", E, "Unresolved", ""),
    ("e: file:///a.kt is not there", "gradle", E, "file:///a.kt", ""),
    ("ok: [web1]", "ansible", I, "", "web1"),
    ("failed: [db2] (item=redis) => {}", "ansible", E, "(item=redis) => {}", "db2"),
    ("ok: [db2] => (item=redis)", "ansible", I, "(item=redis)", "db2"),
    ("fatal: [db2 -> localhost]: FAILED! => {}", "ansible", E, "FAILED!", "db2"),
    ("FAILED - RETRYING: [db2]: Wait (3 retries left).", "ansible", W, "Wait (3", "db2"),
    ("TASK [base : install [x] now] *****", "ansible", I, "TASK [base", ""),
    ("RUNNING HANDLER [restart] *********", "ansible", I, "RUNNING HANDLER", ""),
    ("bash: line 3: foo: command not found", "shell", E, "foo: command", ""),
    # no format of their own
    ("2026-11-23 19:20:37 5 files deleted", "generic", U, "5 files deleted", ""),
    ("2026-11-23 19:20:37,123 [req=f91d, org=] INFO  org.x.Y - done", "logback", I, "done", "org.x.Y"),
    ("2026-11-23 19:20:37 | INFO  | main | org.x.Y | done", "generic", I, "done", "org.x.Y"),
    ("20171223-22:15:29:606|Step_LSC|30002312|onStand 3579", "generic", U, "onStand 3579", "Step_LSC"),
    ("2026-11-23 19:20:37;ERROR;main;failed", "generic", E, "failed", "main"),
    ("2026-11-23 19:20:37,1|main|ERROR|a.Foo|failed | here", "generic", E, "failed | here", "a.Foo"),
    ("app.log.1 2026-11-23 19:20:37.1 47 ERROR a.b.c [req-1 - -] failed", "openstack", E, "failed", "a.b.c"),
    ("ERROR [2026-11-23 19:20:37,123] com.acme.Foo: failed", "generic", E, "failed", "com.acme.Foo"),
    ("[DEBUG 2026-11-23 19:20:37 main] failed", "generic", D, "failed", ""),
    ("[ERROR] 2026-11-23 19:20:37 failed", "generic", E, "failed", ""),
    (
        "INFO   | jvm 1    | 2026/11/23 18:40:00 | 2026-11-23 18:40:00,077 [W-8] WARN  c.r.Job - slow",
        "generic",
        W,
        "slow",
        "",
    ),
    ("(a.b.C): 2026-11-23 19:20:37,123 INFO (User|user) Identified", "generic", I, "Identified", ""),
    ("Svc:2026-11-23 17:36:35,978[MainThread]svc:737 [ERROR] failed", "generic", E, "failed", "Svc"),
    ("10003 1697048351.010612 <... accept4 resumed> x", "generic", U, "<... accept4", ""),
    ("2026-11-23T19:20:37Z INFO tok[83:http-3] [CorId=9 OpId=1] [com.x.Y] done", "generic", I, "done", ""),
    ("    2026-11-23T19:20:37Z [ERROR] core: failed", "generic", E, "core: failed", ""),
    ("2026-11-23 ERROR failed", "generic", E, "failed", ""),
    ("[otel 2026-11-23 19:20:37:1 +0000] [x] WARN a.b.C - slow", "generic", W, "slow", "a.b.C"),
    ("[2026-11-23 19:20:37:259 'Mgr' 139700 WARN]  [mgr, 155] slow", "generic", W, "slow", ""),
    ("[2026-11-23 19:20:37.2 F5A5 error 'vm:/x' opID=F6-d] failed", "generic", E, "failed", ""),
    ("[2026-11-23 19:20:37,5 pool-3  ERROR com.x.Y] failed", "generic", E, "failed", "com.x.Y"),
    ("2026-11-23T19:20:37Z [main [] ERROR c.x.Y  opId=] failed", "generic", E, "failed", ""),
    ("[2026-11-23T19:20:37,1] WARN574[T-35] - c.o.X.f(X.java:3) - slow", "generic", W, "slow", "c.o.X.f(X.java:3)"),
    ("2026-11-23T19:20:37.2 [25376]ERROR:mod:failed", "generic", E, "failed", "mod"),
    ("2026-11-23T19:20:37Z esx: 100: root: ERROR: failed", "generic", E, "failed", ""),
    ("2026-11-23 19:20:37 - fraud - Consumed", "generic", U, "Consumed", "fraud"),
    ("2026-11-23 19:20:37: done", "generic", U, "done", ""),
    ("2026-11-23T19:20:37Z info wcp [a/b.go:14] [op=1] done", "generic", I, "done", "wcp"),
    ("2026-11-23T19:20:37Z INFO  opId=sps-1 com.x.y.Z - done", "generic", I, "done", "com.x.y.Z"),
    ("2026-11-23T19:20:37Z exec-1 op=4e-1a  DEBUG vim.a.Task Invoking", "generic", D, "Invoking", "vim.a.Task"),
    ("2026-11-23 19:20:37 D t0 x.cc:47 detach 0x1", "generic", D, "t0 x.cc:47 detach", ""),
    ("2026-11-23 19:20:37 ERROR x.cc:47 failed", "generic", E, "failed", "x.cc"),
    ("2026-11-23 19:20:37 ERROR user=5 action=login", "generic", E, "user=5 action=login", ""),
    ("2026-11-23 19:20:37 ERROR [a b c d e f] failed", "generic", E, "[a b c d e f]", ""),
    ("2026-11-23 19:20:37 ERROR - [Errno 2] failed", "generic", E, "[Errno 2]", ""),
    ("2026-11-23 19:20:37 <Error> failed", "generic", E, "failed", ""),
    ('"2026-11-23 19:20:37" "a" INFO', "generic", U, '"a"', ""),
    ("Printer stack 11 [18/May/2026:13:21:15 -0700] total 0", "generic", U, "total 0", ""),
    ("========== Start of dump at Thu Jun 2 08:00:01 UTC 2026 ==========", "generic", U, "====", ""),
    ("#1796325637", "generic", U, "#1796325637", ""),
    ("INFO   | jvm 1    | 2026/11/23 18:40:00 | JVMDUMP013I Processed", "generic", I, "JVMDUMP013I", ""),
    ("ERROR  |a_client    | 2026-11-23 19:31:19.6 [main  ] [/x/lib.rs:179]: failed", "generic", E, "failed", ""),
    ("[INFO:repo] repo:47 2026-11-23 17:26:10,691: Setting", "generic", I, "Setting", ""),
    ("ERROR | main | failed", "level-prefix", E, "failed", "main"),
    ("[pool www] WARNING: slow", "level-prefix", W, "slow", ""),
    ("<error> failed", "level-prefix", E, "failed", ""),
    ("ERROR! the playbook could not be found", "level-prefix", E, "the playbook", ""),
    ("WARN  [org.hibernate] (main) HHH000: slow", "level-prefix", W, "HHH000: slow", ""),
    ("2026-11-23 19:20:37 INFO name.Node [x] done", "generic", I, "done", "name.Node"),
    ("2026-11-23 19:20:37 Alert raised", "generic", U, "Alert raised", ""),
    ("2026-11-23 19:20:37 [a [b] c] ERROR failed", "generic", E, "failed", ""),
    ("[2026-11-23 19:20:37 [a] x] ERROR failed", "generic", E, "failed", ""),
    ("FATAL: could not open", "level-prefix", F, "could not open", ""),
    ("error: could not compile `svc`", "level-prefix", E, "could not compile", ""),
    ("[GIN-debug] [WARNING] Running", "level-prefix", W, "Running", ""),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "source"), CASES, ids=[case[0][:60] for case in CASES])
def test_header_is_cut_where_the_message_starts(line: str, name: str, level: Level, message: str, source: str) -> None:
    """The whole header is cut off, its level read, its logger or service named (logs.md 2: 10-50 points)."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (name, level)
    assert line[header.body :].startswith(message)
    if not message:
        assert line[header.body :].strip() == ""
    if source:
        assert source in (text_of(line, header.logger), text_of(line, header.service)) or text_of(
            line, header.logger
        ).startswith(source)


NOT_HEADERS = [
    "",
    "   at com.acme.Foo.bar(Foo.java:1)",
    '  File "x.py", line 1, in <module>',
    "Traceback (most recent call last):",
    "java.lang.RuntimeException: save failed",
    "Error: Cannot find module 'x'",
    "panic: runtime error: index out of range",
    "FATAL EXCEPTION: main",
    "Caused by: java.io.IOException: x",
    "E   ValueError: x",
    "KeyError: 'tenant_id'",
    "#0 /srv/app/p1.php(2): Mailer->open()",
    "2 |     let n: u32 = 5;",
    "1. first item",
    "192.168.0.1 answered",
    "done",
    "a.c:1:2: note: expanded from here",
    "Server started at 2026-11-23 19:20:37",
    "it failed on 2026-11-23 19:20:37 again",
    "--- End of inner exception stack trace ---",
    "│ on main.tf line 3:",
    "1234567890-abc is no time",
    "2026-11-23 nothing happened",
    "[2026-11-23 19:20:37 never closed",
    "[otel 2026-11-23 19:20:37 never closed",
    "[ERROR | x",
    "[ERROR in foo] x",
    "[99/Zzz/2026] x",
    "        " * 3 + "2026-11-23 19:20:37 x",
    "ERROR",
    "ERRORS were found",
    "Fehlerfrei beendet",
    "mars is the fourth planet",
    "error(s): see above",
    "<![CDATA[text]]>",
    "<10>units",
    "(see: chapter 4): WARNINGS",
    "C compiler found",
    "error -prone code",
    "12,INFO",
]


@pytest.mark.parametrize("line", NOT_HEADERS)
def test_traces_and_prose_have_no_header(line: str) -> None:
    """Lines of a stack trace and sentences are not taken for headers, or a trace would be torn apart."""
    assert formats.match(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23 19:20:37,123 ERROR java.lang.IllegalStateException: no plan",
        "2026-11-23 19:20:37,123 ERROR KeyError: 'tenant'",
        "2026-11-23 19:20:37 ERROR [Errno 2] No such file or directory: '/x'",
        "2026-11-23 19:20:37 [ERROR] [MY-012592] broken",
        "2026-11-23 19:20:37 ERROR (28000): access denied",
    ],
)
def test_exception_types_and_codes_stay_in_the_message(line: str) -> None:
    """An exception type or code behind the level is message, not logger: grouping needs it."""
    header = formats.match(line)
    assert header is not None
    assert header.level is Level.ERROR
    for word in ("java.lang.IllegalStateException", "KeyError", "Errno 2", "MY-012592"):
        assert (word in line) == (word in line[header.body :])


def test_indentation_behind_the_header_survives() -> None:
    """Where every physical line of a trace carries the header, the trace's own indentation is kept."""
    for prefix in (
        "2026-11-23 19:20:37,123 ERROR [main] com.acme.Foo: ",
        "Nov 23 19:20:37 web1 app[1]: ",
        "2026-11-23 19:20:37,123 - ERROR - ",
        "ERROR 11-23 19:20:37 [core.py:58] ",
        "2026-11-23T19:20:37.123Z [ERROR] ",
    ):
        line = prefix + '  File "x.py", line 1'
        header = formats.match(line)
        assert header is not None
        assert line[header.body :] == '  File "x.py", line 1'


def test_level_of_a_header_is_never_guessed_from_words() -> None:
    """`Marking task as FAILED` is an INFO line: the header's level wins (multiline snippet `airflow`)."""
    header = formats.match("[2026-05-14, 23:07:40 UTC] {x.py:13} INFO - Marking task as FAILED. error")
    assert header is not None
    assert header.level is Level.INFO


@pytest.mark.parametrize(("status", "level"), [("200", I), ("302", I), ("404", W), ("500", E), ("502", E)])
def test_http_status_decides_and_says_that_digits_matter(status: str, level: Level) -> None:
    """Access lines take their level from the status, so they must not share a header with other digits."""
    header = formats.match(f'10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET / HTTP/1.1" {status} 5 "-" "x"')
    assert header is not None
    assert (header.level, header.digits_matter) == (level, True)


@pytest.mark.parametrize(("status", "state", "level"), [("503", "SC--", E), ("-1", "SD--", E), ("-1", "CR--", W)])
def test_haproxy_without_status_goes_by_its_termination_state(status: str, state: str, level: Level) -> None:
    """A request that got no status is the server's fault if HAProxy says so with an S, else a warning."""
    head = "Nov 23 19:20:37 lb1 haproxy[7]: 10.9.0.4:50210 [23/Nov/2026:19:20:37.326] www shop/web1 0/0/1/48/49"
    header = formats.match(f'{head} {status} 313 - - {state} 3/2/0/0/0 0/0 "GET / HTTP/1.1"')
    assert header is not None
    assert (header.format, header.level) == ("haproxy", level)


def test_a_format_refuses_what_is_not_its_own() -> None:
    """Asked directly, a format answers None for lines of other formats, without the time or the mark it needs."""
    assert formats.by_name("json").match('{"level":"error"}') is None
    assert formats.by_name("nginx-error").match("2026/11/23 19:20:37 plain") is None
    assert formats.by_name("gunicorn").match("2026-11-23 19:20:37] [7] [INFO] x") is None
    assert formats.by_name("logback").match("19:20:37 [main] MAYBE a.b.C - x") is None
    assert formats.by_name("logfmt").match("level=purple msg=x time=1") is None
    assert formats.by_name("logfmt").match("level=error") is None
    assert formats.by_name("generic").match("ERROR: x") is None


def test_preferred_format_is_tried_first() -> None:
    """The format voted for a file wins a line that several fit; a wrong or unknown preference changes nothing."""
    line = "ERROR: No matching distribution found"
    first = formats.match(line)
    assert first is not None
    assert first.format == "pip"
    assert formats.match(line, "mysql") == formats.match(line, "no such") == formats.match(line, "generic") == first
    sample = formats.by_name("hadoop").sample
    preferred = formats.match(sample, "hadoop")
    assert preferred is not None
    assert preferred.format == "hadoop"


def test_a_forced_format_is_the_only_one() -> None:
    """A line of another format has no header then; containers hide no header, and JSON records are not headers."""
    klog, logback = formats.by_name("klog").sample.split("\n")[0], formats.by_name("logback").sample.split("\n")[0]
    assert formats.match(klog, formats.forced("python-logging")) is None
    for name in ("klog", "logfmt", "generic", "level-prefix"):
        form = formats.by_name(name)
        found = formats.match(form.sample.split("\n")[0], formats.forced(name))
        assert found is not None
        assert found.format == name
    assert formats.match(logback, formats.forced("json-pino")) is None
    assert formats.match(logback, formats.forced("docker-json")) == formats.match(logback)


def test_only_the_first_512_characters_are_read() -> None:
    """A header that has not ended after 512 characters is none, and the rest of a line changes nothing."""
    line = "2026-11-23 19:20:37,123 ERROR [main] com.acme.Foo: failed "
    assert formats.match(line + "x" * 1_000_000) == formats.match(line + "x" * 600)
    assert formats.match(" " * 600 + line) is None


def test_two_line_headers_are_named() -> None:
    """java.util.logging puts level and message on the second line; callers learn that from TWO_LINE_FORMATS."""
    header = formats.match("Nov 23, 2026 7:20:37 PM com.acme.Foo run")
    assert isinstance(header, Header)
    assert header.format in formats.TWO_LINE_FORMATS
    second = formats.match("SEVERE: failed")
    assert second is not None
    assert second.level is Level.ERROR
