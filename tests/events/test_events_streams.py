"""Interleaved and prefixed streams: every line keeps to the event of its own process."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

# name: text, (first line, last line, level, exception type, message or that of the exception)
CASES: dict[str, tuple[str, list[tuple[int, int, Level, str, str]]]] = {
    "compose two services interleaved": (
        "web_1  | Traceback (most recent call last):\n"
        "db_1   | 2026-11-23 19:20:37.123 UTC [41] LOG:  checkpoint starting: time\n"
        'web_1  |   File "/srv/app/a.py", line 3, in <module>\n'
        "web_1  |     main()\n"
        "db_1   | 2026-11-23 19:20:38.123 UTC [41] LOG:  checkpoint complete\n"
        "web_1  | ValueError: bad value",
        [
            (0, 5, Level.ERROR, "ValueError", "bad value"),
            (1, 1, Level.INFO, "", "checkpoint starting: time"),
            (4, 4, Level.INFO, "", "checkpoint complete"),
        ],
    ),
    "cri java": (
        "2026-11-23T19:20:37.123456789Z stdout F 19:20:37.100 [main] INFO com.acme.Boot - up\n"
        '2026-11-23T19:20:38.123456789Z stderr F Exception in thread "main" '
        "java.lang.IllegalStateException: no port\n"
        "2026-11-23T19:20:38.123456789Z stderr F \tat com.acme.Boot.main(Boot.java:12)\n"
        "2026-11-23T19:20:38.123456789Z stdout F 19:20:38.100 [main] INFO com.acme.Boot - down",
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 2, Level.ERROR, "java.lang.IllegalStateException", "no port"),
            (3, 3, Level.INFO, "", "down"),
        ],
    ),
    "cri partial": (
        '2026-11-23T19:20:37.123456789Z stdout P {"level":"error","msg":"char\n'
        '2026-11-23T19:20:37.123456790Z stdout F ge failed","ts":"2026-11-23T19:20:37Z"}\n'
        '2026-11-23T19:20:38.123456789Z stdout F {"level":"info","msg":"ok"}',
        [
            (0, 1, Level.ERROR, "", "charge failed"),
            (2, 2, Level.INFO, "", "ok"),
        ],
    ),
    "journald": (
        "Nov 23 19:20:37 host billing[4711]: starting worker\n"
        "Nov 23 19:20:38 host billing[4711]: Traceback (most recent call last):\n"
        'Nov 23 19:20:38 host billing[4711]:   File "/srv/app/w.py", line 9, in <module>\n'
        "Nov 23 19:20:38 host cron[99]: (root) CMD (run-parts)\n"
        "Nov 23 19:20:38 host billing[4711]:     main()\n"
        "Nov 23 19:20:38 host billing[4711]: RuntimeError: no queue\n"
        "Nov 23 19:20:39 host systemd[1]: billing.service: Main process exited, code=exited, "
        "status=1/FAILURE",
        [
            (0, 0, Level.UNSET, "", "starting worker"),
            (1, 5, Level.ERROR, "RuntimeError", "no queue"),
            (3, 3, Level.UNSET, "", "(root) CMD (run-parts)"),
            (6, 6, Level.ERROR, "", "billing.service: Main process exited, code=exited, status=1/FAILURE"),
        ],
    ),
    "postgres detail": (
        "2026-11-23 19:20:37.123 UTC [4711] shop@orders ERROR:  duplicate key value violates unique "
        'constraint "orders_pkey"\n'
        "2026-11-23 19:20:37.123 UTC [4712] shop@orders LOG:  connection received\n"
        "2026-11-23 19:20:37.123 UTC [4711] shop@orders DETAIL:  Key (id)=(7) already exists.\n"
        "2026-11-23 19:20:37.123 UTC [4711] shop@orders STATEMENT:  insert into orders\n"
        "\tvalues (7)\n"
        "2026-11-23 19:20:39.123 UTC [4711] shop@orders LOG:  disconnection",
        [
            (0, 4, Level.ERROR, "", 'duplicate key value violates unique constraint "orders_pkey"'),
            (1, 1, Level.INFO, "", "connection received"),
            (5, 5, Level.INFO, "", "disconnection"),
        ],
    ),
    "actions": (
        "2026-11-23T19:20:37.1234567Z ##[group]Run pytest\n"
        "2026-11-23T19:20:38.1234567Z Traceback (most recent call last):\n"
        '2026-11-23T19:20:38.1234568Z   File "/home/runner/work/a/a.py", line 3, in <module>\n'
        "2026-11-23T19:20:38.1234569Z     main()\n"
        "2026-11-23T19:20:38.1234570Z ModuleNotFoundError: No module named 'acme'\n"
        "2026-11-23T19:20:39.1234567Z ##[error]Process completed with exit code 1.",
        [
            (0, 0, Level.UNSET, "", "Run pytest"),
            (1, 4, Level.ERROR, "ModuleNotFoundError", "No module named 'acme'"),
            (5, 5, Level.ERROR, "", "Process completed with exit code 1."),
        ],
    ),
    "torchrun two ranks interleaved": (
        "[rank0]: Traceback (most recent call last):\n"
        "[rank1]: Traceback (most recent call last):\n"
        '[rank0]:   File "/srv/train.py", line 9, in <module>\n'
        '[rank1]:   File "/srv/train.py", line 9, in <module>\n'
        "[rank1]:     main()\n"
        "[rank0]:     main()\n"
        "[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n"
        "[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        [
            (0, 6, Level.ERROR, "torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB"),
            (1, 7, Level.ERROR, "torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB"),
        ],
    ),
    "airflow prefixed trace": (
        "[2026-05-14, 23:07:39 UTC] {logging_mixin.py:137} INFO - loading\n"
        "[2026-05-14, 23:07:40 UTC] {logging_mixin.py:137} INFO - Traceback (most recent call last):\n"
        '[2026-05-14, 23:07:40 UTC] {logging_mixin.py:137} INFO -   File "/opt/dags/a.py", line 3, in f\n'
        "[2026-05-14, 23:07:40 UTC] {logging_mixin.py:137} INFO -     g()\n"
        "[2026-05-14, 23:07:40 UTC] {logging_mixin.py:137} INFO - KeyError: 'bucket'\n"
        "[2026-05-14, 23:07:41 UTC] {logging_mixin.py:137} INFO - done",
        [
            (0, 0, Level.INFO, "", "loading"),
            (1, 4, Level.ERROR, "KeyError", "'bucket'"),
            (5, 5, Level.INFO, "", "done"),
        ],
    ),
    "logcat": (
        "11-23 19:20:37.123  4711  4711 I ActivityManager: Start proc 4711:com.acme.shop\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: FATAL EXCEPTION: main\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: Process: com.acme.shop, PID: 4711\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: java.lang.NullPointerException: name is null\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: \tat com.acme.shop.Main.onCreate(Main.kt:42)\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: \tat "
        "android.app.Activity.performCreate(Activity.java:8000)\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: Caused by: java.io.IOException: closed\n"
        "11-23 19:20:38.123  4711  4711 E AndroidRuntime: \t... 12 more\n"
        "11-23 19:20:39.123  4711  4711 I Process : Sending signal. PID: 4711 SIG: 9",
        [
            (0, 0, Level.INFO, "", "Start proc 4711:com.acme.shop"),
            (1, 7, Level.ERROR, "java.lang.NullPointerException", "name is null"),
            (8, 8, Level.INFO, "", "Sending signal. PID: 4711 SIG: 9"),
        ],
    ),
    "k8s klog + goroutine": (
        "I1123 19:20:37.123456    4711 proxier.go:41] syncing\n"
        'E1123 19:20:38.123456    4711 runtime.go:79] Observed a panic: "invalid memory address or nil '
        'pointer dereference"\n'
        "goroutine 41 [running]:\n"
        "k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1a, 0x2b})\n"
        "\t/go/pkg/mod/k8s.io/apimachinery/pkg/util/runtime/runtime.go:75 +0x99\n"
        "main.(*Ctl).sync(0xc0001)\n"
        "\t/src/ctl.go:88 +0x1d\n"
        "I1123 19:20:39.123456    4711 proxier.go:41] synced",
        [
            (0, 0, Level.INFO, "", "syncing"),
            (1, 6, Level.ERROR, "panic", 'Observed a panic: "invalid memory address or nil pointer dereference"'),
            (7, 7, Level.INFO, "", "synced"),
        ],
    ),
    "vllm prefixed chain": (
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] EngineCore failed to start.\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] Traceback (most recent call last):\n"
        '(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41]   File "/opt/v/core.py", line 9, in run\n'
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41]     f()\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] OSError: gone\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] \n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] The above exception was the direct "
        "cause of the following exception:\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] \n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] Traceback (most recent call last):\n"
        '(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41]   File "/opt/v/core.py", line 19, in '
        "main\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41]     g()\n"
        "(EngineCore_0 pid=7) ERROR 11-23 19:20:37 [core.py:41] RuntimeError: no engine\n"
        "(APIServer pid=1) INFO 11-23 19:20:38 [api.py:3] shutting down",
        [
            (0, 11, Level.ERROR, "RuntimeError", "EngineCore failed to start."),
            (12, 12, Level.INFO, "", "shutting down"),
        ],
    ),
    "php multiple": (
        "[23-Nov-2026 19:20:37 UTC] PHP Fatal error:  Uncaught TypeError: strlen(): bad in "
        "/srv/app/a.php:3\n"
        "Stack trace:\n"
        "#0 /srv/app/a.php(3): strlen(NULL)\n"
        "#1 {main}\n"
        "  thrown in /srv/app/a.php on line 3\n"
        "[23-Nov-2026 19:20:38 UTC] PHP Notice:  Undefined index: id in /srv/app/b.php on line 9",
        [
            (0, 4, Level.FATAL, "TypeError", "strlen(): bad"),
            (5, 5, Level.INFO, "", "Undefined index: id"),
        ],
    ),
    "celery": (
        "[2026-11-23 19:20:37,123: INFO/MainProcess] Task "
        "shop.charge[9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01] received\n"
        "[2026-11-23 19:20:38,123: ERROR/ForkPoolWorker-2] Task "
        "shop.charge[9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01] raised unexpected: ValueError('bad')\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/t.py", line 3, in charge\n'
        '    raise ValueError("bad")\n'
        "ValueError: bad",
        [
            (0, 0, Level.INFO, "", "Task shop.charge[9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01] received"),
            (
                1,
                5,
                Level.ERROR,
                "ValueError",
                "Task shop.charge[9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01] raised unexpected: ValueError('bad')",
            ),
        ],
    ),
    "heroku": (
        "2026-11-23T19:20:37.123456+00:00 app[web.1]: Traceback (most recent call last):\n"
        '2026-11-23T19:20:37.123457+00:00 heroku[router]: at=info method=GET path="/" status=500\n'
        '2026-11-23T19:20:37.123458+00:00 app[web.1]:   File "/app/a.py", line 3, in <module>\n'
        "2026-11-23T19:20:37.123459+00:00 app[web.1]:     main()\n"
        "2026-11-23T19:20:37.123460+00:00 app[web.1]: KeyError: 'PORT'",
        [
            (0, 4, Level.ERROR, "KeyError", "'PORT'"),
            (1, 1, Level.INFO, "", 'method=GET path="/" status=500'),
        ],
    ),
    "maven": (
        "[INFO] Building shop 1.0\n"
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.13.0:compile "
        "(default-compile) on project shop: Compilation failure\n"
        "[ERROR] /srv/app/src/main/java/com/acme/A.java:[12,5] cannot find symbol\n"
        "[ERROR]   symbol:   variable n\n"
        "[ERROR]   location: class com.acme.A\n"
        "[INFO] BUILD FAILURE",
        [
            (0, 0, Level.INFO, "", "Building shop 1.0"),
            (
                1,
                1,
                Level.ERROR,
                "",
                "Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.13.0:compile "
                "(default-compile) on project shop: Compilation failure",
            ),
            (2, 4, Level.ERROR, "", "/srv/app/src/main/java/com/acme/A.java:[12,5] cannot find symbol"),
            (5, 5, Level.INFO, "", "BUILD FAILURE"),
        ],
    ),
    "lambda": (
        "START RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01 Version: $LATEST\n"
        "[ERROR] KeyError: 'Records'\n"
        "Traceback (most recent call last):\n"
        '  File "/var/task/app.py", line 3, in handler\n'
        "    return event['Records']\n"
        "END RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01\n"
        "REPORT RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01\tDuration: 12.01 ms\tBilled Duration: 13 "
        "ms",
        [
            (0, 0, Level.UNSET, "", "START RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01 Version: $LATEST"),
            (1, 4, Level.ERROR, "KeyError", "'Records'"),
            (5, 5, Level.UNSET, "", "END RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01"),
            (
                6,
                6,
                Level.UNSET,
                "",
                "REPORT RequestId: 9f1c2d7e-3b1a-4c55-8a77-0d2f6b1e9a01\tDuration: 12.01 ms\tBilled Duration: 13 ms",
            ),
        ],
    ),
    "syslog 5424": (
        "<165>1 2026-11-23T19:20:37.123Z host app 4711 ID47 - started\n"
        "<163>1 2026-11-23T19:20:38.123Z host app 4711 ID47 - charge failed",
        [
            (0, 0, Level.INFO, "", "started"),
            (1, 1, Level.ERROR, "", "charge failed"),
        ],
    ),
    "dmesg": (
        "[    1.234567] usb 1-1: new device\n"
        "[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
        "[   12.345679] CPU: 3 PID: 4711 Comm: kworker\n"
        "[   12.345680] RIP: 0010:acme_probe+0x1a/0x40 [acme]\n"
        "[   12.345681] Call Trace:\n"
        "[   12.345682]  <TASK>\n"
        "[   12.345683]  acme_probe+0x1a/0x40 [acme]\n"
        "[   12.345684]  really_probe+0xde/0x380\n"
        "[   13.345678] usb 1-1: gone",
        [
            (0, 0, Level.UNSET, "", "usb 1-1: new device"),
            (1, 7, Level.FATAL, "BUG", "kernel NULL pointer dereference, address: 0000000000000008"),
            (8, 8, Level.UNSET, "", "usb 1-1: gone"),
        ],
    ),
    "npm": (
        "npm ERR! code ERESOLVE\n"
        "npm ERR! ERESOLVE unable to resolve dependency tree\n"
        "npm ERR! \n"
        "npm ERR! Found: react@18.2.0",
        [
            (0, 3, Level.ERROR, "", "code ERESOLVE"),
        ],
    ),
    "kubectl prefix": (
        "[pod/billing-7d4b9c-x2x1q/app] 2026-11-23 19:20:37,123 - app - INFO - up\n"
        "[pod/billing-7d4b9c-abcde/app] 2026-11-23 19:20:37,123 - app - ERROR - bad\n"
        "[pod/billing-7d4b9c-x2x1q/app] 2026-11-23 19:20:37,123 - app - INFO - fine\n"
        "[pod/billing-7d4b9c-abcde/app] Traceback (most recent call last):\n"
        "[pod/billing-7d4b9c-x2x1q/app] 2026-11-23 19:20:37,124 - app - INFO - fine 2\n"
        '[pod/billing-7d4b9c-abcde/app]   File "/srv/a.py", line 3, in f\n'
        "[pod/billing-7d4b9c-abcde/app]     g()\n"
        "[pod/billing-7d4b9c-abcde/app] ValueError: x",
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 7, Level.ERROR, "ValueError", "bad"),
            (2, 2, Level.INFO, "", "fine"),
            (4, 4, Level.INFO, "", "fine 2"),
        ],
    ),
    "python custom last line prefixed": (
        "ERROR 11-23 19:20:37 [core.py:41] load failed\n"
        "ERROR 11-23 19:20:37 [core.py:41] Traceback (most recent call last):\n"
        'ERROR 11-23 19:20:37 [core.py:41]   File "/opt/v/core.py", line 9, in run\n'
        "ERROR 11-23 19:20:37 [core.py:41]     f()\n"
        "ERROR 11-23 19:20:37 [core.py:41] QuotaReached: 7 of 7\n"
        "ERROR 11-23 19:20:38 [core.py:50] giving up",
        [
            (0, 4, Level.ERROR, "QuotaReached", "load failed"),
            (5, 5, Level.ERROR, "", "giving up"),
        ],
    ),
    "java prefixed by level": (
        "[ERROR] charge failed\n"
        "[ERROR] java.lang.IllegalStateException: no card\n"
        "[ERROR] \tat com.acme.Pay.charge(Pay.java:71)\n"
        "[ERROR] Caused by: java.io.IOException: gone\n"
        "[ERROR] \t... 3 more\n"
        "[INFO] ok",
        [
            (0, 4, Level.ERROR, "java.lang.IllegalStateException", "charge failed"),
            (5, 5, Level.INFO, "", "ok"),
        ],
    ),
    "rust panic prefixed by journald": (
        "Nov 23 19:20:37 host shop[4711]: thread 'main' (4711) panicked at src/main.rs:8:45:\n"
        "Nov 23 19:20:37 host shop[4711]: no plan\n"
        "Nov 23 19:20:37 host shop[4711]: note: run with `RUST_BACKTRACE=1` environment variable to "
        "display a backtrace\n"
        "Nov 23 19:20:38 host systemd[1]: shop.service: Main process exited, code=exited, status=101/n/a",
        [
            (0, 2, Level.FATAL, "panic", "no plan"),
            (3, 3, Level.WARN, "", "shop.service: Main process exited, code=exited, status=101/n/a"),
        ],
    ),
    "go panic prefixed by journald": (
        "Nov 23 19:20:37 host shop[4711]: panic: boom\n"
        "Nov 23 19:20:37 host shop[4711]: \n"
        "Nov 23 19:20:37 host shop[4711]: goroutine 1 [running]:\n"
        "Nov 23 19:20:37 host shop[4711]: main.main()\n"
        "Nov 23 19:20:37 host shop[4711]: \t/srv/app/main.go:12 +0x1bc\n"
        "Nov 23 19:20:38 host shop[4711]: starting again",
        [
            (0, 4, Level.FATAL, "panic", "boom"),
            (5, 5, Level.UNSET, "", "starting again"),
        ],
    ),
    "tsan": (
        "==================\n"
        "WARNING: ThreadSanitizer: data race (pid=4711)\n"
        "  Write of size 4 at 0x7b0400000010 by thread T1:\n"
        "    #0 bump /src/race.cpp:9:3 (race+0x4b5f20)\n"
        "SUMMARY: ThreadSanitizer: data race /src/race.cpp:9:3 in bump\n"
        "==================\n"
        "next test",
        [
            (0, 5, Level.FATAL, "data race", "ThreadSanitizer: data race (pid=4711)"),
            (6, 6, Level.UNSET, "", "next test"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_streams_events(name: str) -> None:
    """Events begin and end where a reader would cut them, with the level and exception a reader would name."""
    text, expected = CASES[name]
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    found = []
    for record in records:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    assert found == expected
