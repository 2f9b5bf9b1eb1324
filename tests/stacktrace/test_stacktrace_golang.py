"""Go panics, fatal errors, races and error stacks."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "gin": (
        "2026/05/01 10:00:02 [Recovery] 2026/05/01 - 10:00:02 panic recovered:\nGET /till HTTP/1.1\nHost: a.test\n\n\n"
        "runtime error: index out of range [4] with length 2\n/usr/local/go/src/runtime/panic.go:9 (0x45a1)\n"
        "\tgoPanicIndex: panic(boundsError{})\n/srv/till/coin.go:3 (0x8a1c)\n\tcount: return coins[4]\n",
        "go",
        [("panic", "runtime error: index out of range [4] with length 2")],
        [("count", "/srv/till/coin.go", 3, True)],
    ),
    "observed": (
        'Observed a panic: "no drawer" (no drawer)\ngoroutine 7 [running]:\nmain.open()\n\t/srv/till.go:4 +0x1\n',
        "go",
        [("panic", "no drawer")],
        [("open", "/srv/till.go", 4, True)],
    ),
    "go repanic": (
        "panic: first bad [recovered]\n"
        "\tpanic: second: first bad\n"
        "\n"
        "goroutine 34 [running]:\n"
        "panic({0x4a1fa0, 0xc000014250})\n"
        "\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
        "main.handler.func1()\n"
        "\t/srv/app/main.go:21 +0x6a\n"
        "panic({0x4a1fa0, 0xc000014240})\n"
        "\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
        "github.com/acme/shop/internal/pay.(*Service).Charge(0xc00001, {0x0, 0x0})\n"
        "\t/srv/app/internal/pay/service.go:88 +0x1d\n"
        "created by net/http.(*Server).Serve in goroutine 1\n"
        "\t/usr/local/go/src/net/http/server.go:3086 +0x5cb\n"
        "exit status 2",
        "go",
        [("panic", "second: first bad"), ("panic", "first bad")],
        [("(*Service).Charge", "/srv/app/internal/pay/service.go", 88, True)],
    ),
    "deadlock": (
        "fatal error: all goroutines are asleep - deadlock!\n"
        "\n"
        "goroutine 1 [chan receive]:\n"
        "main.main()\n"
        "\t/srv/app/d.go:5 +0x31\n"
        "exit status 2",
        "go",
        [("fatal error", "all goroutines are asleep - deadlock!")],
        [("main", "/srv/app/d.go", 5, True)],
    ),
    "http": (
        "2026/11/23 19:20:37 http: panic serving 127.0.0.1:51234: runtime error: index out of range [5] "
        "with length 3\n"
        "goroutine 19 [running]:\n"
        "net/http.(*conn).serve.func1()\n"
        "\t/usr/local/go/src/net/http/server.go:1854 +0xbf\n"
        "panic({0x6f4a20, 0xc0000181c8})\n"
        "\t/usr/local/go/src/runtime/panic.go:890 +0x263\n"
        "main.list({0x7b1a08, 0xc0000e40e0}, 0xc0000f6000)\n"
        "\t/srv/app/list.go:31 +0x1d",
        "go",
        [("panic", "runtime error: index out of range [5] with length 3")],
        [("list", "/srv/app/list.go", 31, True)],
    ),
    "pkgerrors": (
        "could not load: open cfg.yaml: no such file or directory\n"
        "main.load\n"
        "\t/srv/app/main.go:14\n"
        "main.main\n"
        "\t/srv/app/main.go:22\n"
        "runtime.main\n"
        "\t/usr/local/go/src/runtime/proc.go:250",
        "go",
        [("", "could not load: open cfg.yaml: no such file or directory")],
        [
            ("load", "/srv/app/main.go", 14, True),
            ("main", "/srv/app/main.go", 22, True),
            ("main", "/usr/local/go/src/runtime/proc.go", 250, False),
        ],
    ),
    "go err cgo": (
        "SIGSEGV: segmentation violation\n"
        "PC=0x0 m=0 sigcode=1\n"
        "\n"
        "goroutine 1 [syscall]:\n"
        "runtime.cgocall(0x4b5f20, 0xc00005fe98)\n"
        "\t/usr/local/go/src/runtime/cgocall.go:157 +0x5c\n"
        "main.main()\n"
        "\t/srv/app/c.go:12 +0x2a",
        "go",
        [("SIGSEGV", "segmentation violation")],
        [("cgocall", "/usr/local/go/src/runtime/cgocall.go", 157, False), ("main", "/srv/app/c.go", 12, True)],
    ),
    "go race": (
        "==================\n"
        "WARNING: DATA RACE\n"
        "Write at 0x00c0000a4010 by goroutine 7:\n"
        "  main.bump()\n"
        "      /srv/app/r.go:9 +0x44\n"
        "\n"
        "Previous read at 0x00c0000a4010 by main goroutine:\n"
        "  main.main()\n"
        "      /srv/app/r.go:15 +0x88\n"
        "==================",
        "go",
        [("DATA RACE", "data race")],
        [("bump", "/srv/app/r.go", 9, True), ("main", "/srv/app/r.go", 15, True)],
    ),
    "go in a workspace": (
        "panic: no till\n"
        "\n"
        "goroutine 1 [running]:\n"
        "strings.Repeat(...)\n"
        "\t/usr/local/go/src/strings/strings.go:600\n"
        "shop/till.Open(0x1)\n"
        "\t/go/src/shop/till/till.go:20 +0x45",
        "go",
        [("panic", "no till")],
        [
            ("Repeat", "/usr/local/go/src/strings/strings.go", 600, False),
            ("Open", "/go/src/shop/till/till.go", 20, True),
        ],
    ),
    "go err value": (
        "panic: open /etc/app.conf: no such file or directory\n"
        "\n"
        "goroutine 1 [running]:\n"
        "example.com/shop/internal/conf.Must(...)\n"
        "\t/srv/app/internal/conf/conf.go:20\n"
        "main.main()\n"
        "\t/srv/app/main.go:9 +0x45",
        "go",
        [("panic", "open /etc/app.conf: no such file or directory")],
        [("Must", "/srv/app/internal/conf/conf.go", 20, True), ("main", "/srv/app/main.go", 9, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golang_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
