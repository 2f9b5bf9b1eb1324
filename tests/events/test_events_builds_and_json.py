"""Diagnostics of build tools, and structured records."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

# name: text, (first line, last line, level, exception type, message or that of the exception)
CASES: dict[str, tuple[str, list[tuple[int, int, Level, str, str]]]] = {
    "zap json stacktrace": (
        '{"level":"info","ts":1763925637.1,"caller":"a/b.go:1","msg":"up"}\n'
        '{"level":"error","ts":1763925637.2,"caller":"a/b.go:9","msg":"charge failed","error":"card '
        'declined","stacktrace":"main.charge\\n\\t/srv/app/main.go:14\\nmain.main\\n\\t/srv/app/main.go:22"}',
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 1, Level.ERROR, "", "charge failed"),
        ],
    ),
    "gcc with context": (
        "In file included from main.c:1:\n"
        "pool.h: In function 'take':\n"
        "pool.h:12:5: error: 'n' undeclared (first use in this function)\n"
        "   12 |     n = 1;\n"
        "      |     ^\n"
        "pool.h:12:5: note: each undeclared identifier is reported only once for each function it "
        "appears in\n"
        "main.c:9:3: warning: implicit declaration of function 'drop' [-Wimplicit-function-declaration]\n"
        "    9 |   drop();\n"
        "      |   ^~~~\n"
        "make: *** [Makefile:3: main.o] Error 1",
        [
            (0, 0, Level.UNSET, "", "In file included from main.c:1:"),
            (1, 1, Level.UNSET, "", "pool.h: In function 'take':"),
            (2, 5, Level.ERROR, "", "'n' undeclared (first use in this function)"),
            (6, 8, Level.WARN, "", "implicit declaration of function 'drop' [-Wimplicit-function-declaration]"),
            (9, 9, Level.ERROR, "", "[Makefile:3: main.o] Error 1"),
        ],
    ),
    "tsc": (
        "src/a.ts(3,7): error TS2345: Argument of type 'string' is not assignable to parameter of type "
        "'number'.\n"
        "src/b.ts(9,1): error TS2304: Cannot find name 'foo'.",
        [
            (0, 0, Level.ERROR, "TS2345", "Argument of type 'string' is not assignable to parameter of type 'number'."),
            (1, 1, Level.ERROR, "TS2304", "Cannot find name 'foo'."),
        ],
    ),
    "pino numeric levels": (
        '{"level":30,"time":1763925637000,"pid":1,"msg":"up"}\n'
        '{"level":50,"time":1763925638000,"pid":1,"err":{"type":"TypeError","message":"x is not a '
        'function","stack":"TypeError: x is not a function\\n    at f (/srv/a.js:3:1)"},"msg":"boom"}\n'
        '{"level":40,"time":1763925639000,"pid":1,"msg":"slow"}',
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 1, Level.ERROR, "TypeError", "boom"),
            (2, 2, Level.WARN, "", "slow"),
        ],
    ),
    "bash set -e": (
        "+ ./build.sh\n./build.sh: line 41: kubectl: command not found",
        [
            (0, 0, Level.UNSET, "", "+ ./build.sh"),
            (1, 1, Level.ERROR, "", "kubectl: command not found"),
        ],
    ),
    "javac": (
        "src/A.java:12: error: cannot find symbol\n"
        "    n = 1;\n"
        "    ^\n"
        "  symbol:   variable n\n"
        "  location: class A\n"
        "1 error",
        [
            (0, 5, Level.ERROR, "", "cannot find symbol"),
        ],
    ),
    "cargo two": (
        "   Compiling svc v0.1.0 (/srv/app)\n"
        "warning: unused variable: `x`\n"
        " --> src/main.rs:2:9\n"
        "  |\n"
        "2 |     let x = 5;\n"
        "  |         ^ help: if this is intentional, prefix it with an underscore: `_x`\n"
        "  |\n"
        "  = note: `#[warn(unused_variables)]` on by default\n"
        "\n"
        "error[E0425]: cannot find value `y` in this scope\n"
        " --> src/main.rs:3:20\n"
        "  |\n"
        '3 |     println!("{}", y);\n'
        "  |                    ^ not found in this scope\n"
        "\n"
        "For more information about this error, try `rustc --explain E0425`.\n"
        'warning: `svc` (bin "svc") generated 1 warning\n'
        'error: could not compile `svc` (bin "svc") due to 1 previous error; 1 warning emitted',
        [
            (0, 0, Level.UNSET, "", "Compiling svc v0.1.0 (/srv/app)"),
            (1, 7, Level.WARN, "", "unused variable: `x`"),
            (9, 15, Level.ERROR, "E0425", "cannot find value `y` in this scope"),
            (16, 16, Level.WARN, "", '`svc` (bin "svc") generated 1 warning'),
            (17, 17, Level.ERROR, "", 'could not compile `svc` (bin "svc") due to 1 previous error; 1 warning emitted'),
        ],
    ),
    "pretty json": (
        '{\n  "level": "error",\n  "message": "charge failed",\n  "exception": {\n    "type": "ValueError"\n  }\n}',
        [
            (0, 6, Level.ERROR, "ValueError", "charge failed"),
        ],
    ),
    "CLEF": (
        '{"@t":"2026-11-23T19:20:37.123Z","@m":"up"}\n'
        '{"@t":"2026-11-23T19:20:38.123Z","@l":"Error","@m":"request '
        'failed","@x":"System.InvalidOperationException: no tenant\\r\\n   at Acme.A.B() in '
        '/src/A.cs:line 3"}',
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 1, Level.ERROR, "System.InvalidOperationException", "request failed"),
        ],
    ),
    "ECS": (
        '{"@timestamp":"2026-11-23T19:20:37.123Z","log.level":"ERROR","message":"charge '
        'failed","ecs.version":"1.2.0","error.type":"java.lang.IllegalStateException","error.message":"n'
        'o card","error.stack_trace":"java.lang.IllegalStateException: no card\\n\\tat '
        "com.acme.Pay.charge(Pay.java:71)\\nCaused by: java.io.IOException: gone\\n\\tat "
        'com.acme.X.y(X.java:1)\\n"}',
        [
            (0, 0, Level.ERROR, "java.lang.IllegalStateException", "charge failed"),
        ],
    ),
    "gcp": (
        '{"severity":"ERROR","message":"Traceback (most recent call last):\\n  File \\"/srv/a.py\\", line '
        '3, in f\\n    g()\\nKeyError: \'x\'","time":"2026-11-23T19:20:37Z"}',
        [
            (0, 0, Level.ERROR, "KeyError", "'x'"),
        ],
    ),
    "logfmt": (
        'time=2026-11-23T19:20:37Z level=info msg="up" port=80\n'
        'time=2026-11-23T19:20:38Z level=error msg="charge failed" err="card declined"',
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 1, Level.ERROR, "", "charge failed"),
        ],
    ),
    "ansible": (
        "TASK [install] *****************************************************************\n"
        "ok: [web1]\n"
        'fatal: [web2]: FAILED! => {"changed": false, "msg": "No package matching \'shop\' is available"}',
        [
            (0, 0, Level.INFO, "", "TASK [install] *****************************************************************"),
            (1, 1, Level.INFO, "", ""),
            (
                2,
                2,
                Level.ERROR,
                "",
                'FAILED! => {"changed": false, "msg": "No package matching \'shop\' is available"}',
            ),
        ],
    ),
    "json then stray trace": (
        '{"level":"error","msg":"charge failed"}\n'
        "java.lang.IllegalStateException: no card\n"
        "\tat com.acme.Pay.charge(Pay.java:71)\n"
        '{"level":"info","msg":"fine"}',
        [
            (0, 2, Level.ERROR, "java.lang.IllegalStateException", "charge failed"),
            (3, 3, Level.INFO, "", "fine"),
        ],
    ),
    "json then the program's own words": (
        '{"level":"info","msg":"fine"}\n'
        "Error: bind: address in use\n"
        "usage: shop [flags]\n"
        '{"level":"error","msg":"charge failed"}\n'
        "Terminated\n"
        '{"level":"info","msg":"fine"}\n'
        "TypeError: x is no function\n"
        "    at pay (/srv/pay.js:3:1)",
        [
            (0, 0, Level.INFO, "", "fine"),
            (1, 1, Level.ERROR, "", "Error: bind: address in use"),
            (2, 2, Level.UNSET, "", "usage: shop [flags]"),
            (3, 3, Level.ERROR, "", "charge failed"),
            (4, 4, Level.UNSET, "", "Terminated"),
            (5, 5, Level.INFO, "", "fine"),
            (6, 7, Level.ERROR, "TypeError", "x is no function"),
        ],
    ),
    "json and text in a container": (
        '2026-11-23T19:20:37.1Z stdout F {"level":"info","msg":"fine"}\n'
        "2026-11-23T19:20:38.1Z stdout F moving on\n"
        "2026-11-23T19:20:39.1Z stdout F could not move",
        [
            (0, 0, Level.INFO, "", "fine"),
            (1, 1, Level.UNSET, "", "moving on"),
            (2, 2, Level.WARN, "", "could not move"),
        ],
    ),
    "boxes of Terraform": (
        "╷\n│ Error: no such provider\n│ \n│   on main.tf line 3:\n╵\n╷\n│ Warning: old syntax\n╵",
        [
            (1, 3, Level.ERROR, "", "no such provider"),
            (6, 6, Level.WARN, "", "old syntax"),
        ],
    ),
    "json message holds the trace": (
        '{"level":"error","message":"sync failed\\njava.io.IOException: gone\\n\\tat com.acme.A.f(A.java:3)"}',
        [
            (0, 0, Level.ERROR, "java.io.IOException", "sync failed"),
        ],
    ),
    "json message holds a ruby trace": (
        '{"level":"error","message":"sync failed\\n/srv/app/a.rb:12:in `f\'\\n/srv/app/b.rb:3:in `g\'"}',
        [
            (0, 0, Level.ERROR, "", "sync failed"),
        ],
    ),
    "json frames without title": (
        '{"level":"error","message":"sync failed","error.type":"com.acme.SyncError","error.message":"gon'
        'e","error.stack_trace":"\\tat com.acme.A.f(A.java:3)"}',
        [
            (0, 0, Level.ERROR, "com.acme.SyncError", "sync failed"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_builds_and_json_events(name: str) -> None:
    """Events begin and end where a reader would cut them, with the level and exception a reader would name."""
    text, expected = CASES[name]
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    found = []
    for record in records:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    assert found == expected
