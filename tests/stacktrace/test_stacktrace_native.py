"""C and C++ crashes, sanitizer reports and native frames."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "leaks": (
        "==7==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 8 byte(s) in 1 object(s) allocated from:\n"
        "    #0 0x55d0 in open /srv/till.c:3\n",
        "cpp",
        [("LeakSanitizer", "LeakSanitizer: detected memory leaks")],
        [("open", "/srv/till.c", 3, True)],
    ),
    "boost": (
        "caught signal 6 (SIGABRT)\n 0# handler(int) at /srv/main.cpp:9\n 1# open(Till&) at /srv/till.cpp:3\n",
        "cpp",
        [("SIGABRT", "caught signal 6 (SIGABRT)")],
        [("handler", "/srv/main.cpp", 9, True), ("open", "/srv/till.cpp", 3, True)],
    ),
    "mpi": (
        "[n1:00077] *** Process received signal ***\n[n1:00077] Signal: Bus error (7)\n"
        "[n1:00077] [ 0] ./till(open+0x4c)[0x40122c]\n[n1:00077] *** End of error message ***\n",
        "cpp",
        [("SIGBUS", "Bus error (7)")],
        [],
    ),
    "mysqld": (
        "UTC - mariadbd got signal 6 ;\nThread pointer: 0x7f1b\n"
        "/usr/sbin/mariadbd(open(THD*, char const*)+0x41) [0x20f2]\n",
        "cpp",
        [("SIGABRT", "mariadbd got signal 6 ;")],
        [],
    ),
    "asan": (
        "=================================================================\n"
        "==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f7d6c "
        "bp 0x7ffd sp 0x7ffd\n"
        "READ of size 4 at 0x602000000010 thread T0\n"
        "    #0 0x4f7d6b in Pool::take(int) /src/pool.cpp:31:12\n"
        "    #1 0x4f7f11 in main /src/main.cpp:9:3\n"
        "    #2 0x7f1 in __libc_start_main (/lib/x86_64-linux-gnu/libc.so.6+0x29d8f)\n"
        "\n"
        "0x602000000010 is located 0 bytes inside of 4-byte region\n"
        "freed by thread T0 here:\n"
        "    #0 0x4a in free\n"
        "    #1 0x4f in drop /src/pool.cpp:40:3\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free /src/pool.cpp:31:12 in Pool::take(int)",
        "cpp",
        [
            (
                "heap-use-after-free",
                "AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f7d6c bp 0x7ffd sp 0x7ffd",
            )
        ],
        [
            ("Pool::take", "/src/pool.cpp", 31, True),
            ("main", "/src/main.cpp", 9, True),
            ("__libc_start_main", "", 0, False),
        ],
    ),
    "assert": (
        "svc: src/pool.c:88: pool_take: Assertion `n > 0' failed.\nAborted (core dumped)",
        "cpp",
        [("Assertion", "n > 0")],
        [("pool_take", "src/pool.c", 88, True)],
    ),
    "gdb": (
        "Program received signal SIGSEGV, Segmentation fault.\n"
        "0x0000555555555171 in parse (s=0x0) at parse.c:12\n"
        "12\t  return *s;\n"
        "#0  0x0000555555555171 in parse (s=0x0) at parse.c:12\n"
        "#1  0x00005555555551a3 in main (argc=1, argv=0x7ffe) at main.c:5",
        "cpp",
        [("SIGSEGV", "Segmentation fault")],
        [("parse", "parse.c", 12, True), ("main", "main.c", 5, True)],
    ),
    "torch": (
        "RuntimeError: CUDA error: out of memory\n"
        "Exception raised from alloc at ../c10/cuda/CUDACachingAllocator.cpp:100 (most recent call "
        "first):\n"
        "frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x57 (0x7f in "
        "/x/site-packages/torch/lib/libc10.so)\n"
        "frame #1: my_op(int) + 0x10 (0x7f in /srv/ext.so)",
        "cpp",
        [("RuntimeError", "CUDA error: out of memory")],
        [("my_op", "", 0, True)],
    ),
    "glog": (
        "F1123 19:20:37.123456 4711 pool.cc:41] Check failed: n > 0 (0 vs. 0) \n"
        "*** Check failure stack trace: ***\n"
        "    @     0x7f1234567890  google::LogMessage::Fail()\n"
        "    @     0x55d0c0ffee00  Pool::take()\n"
        "    @     0x55d0c0ffee10  main",
        "cpp",
        [("Check failed", "n > 0 (0 vs. 0)")],
        [("Pool::take", "", 0, True), ("main", "", 0, True)],
    ),
    "kernel": (
        "BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
        "CPU: 3 PID: 4711 Comm: kworker\n"
        "RIP: 0010:acme_probe+0x1a/0x40 [acme]\n"
        "Call Trace:\n"
        " <TASK>\n"
        " acme_probe+0x1a/0x40 [acme]\n"
        " really_probe+0xde/0x380",
        "cpp",
        [("BUG", "kernel NULL pointer dereference, address: 0000000000000008")],
        [("acme_probe", "acme", 0, True), ("really_probe", "", 0, True)],
    ),
    "tsan": (
        "==================\n"
        "WARNING: ThreadSanitizer: data race (pid=4711)\n"
        "  Write of size 4 at 0x7b0400000010 by thread T1:\n"
        "    #0 bump /src/race.cpp:9:3 (race+0x4b5f20)\n"
        "    #1 worker /src/race.cpp:15 (race+0x4b5f40)\n"
        "SUMMARY: ThreadSanitizer: data race /src/race.cpp:9:3 in bump",
        "cpp",
        [("data race", "ThreadSanitizer: data race (pid=4711)")],
        [("bump", "/src/race.cpp", 9, True), ("worker", "/src/race.cpp", 15, True)],
    ),
    "ubsan": (
        "src/sum.c:12:9: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'",
        "cpp",
        [("runtime error", "signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'")],
        [("", "src/sum.c", 12, True)],
    ),
    "glibc": (
        "*** Error in `./svc': double free or corruption (fasttop): 0x0000000001f6c010 ***\n"
        "======= Backtrace: =========\n"
        "/lib64/libc.so.6(+0x81299)[0x7f2b3c0a5299]\n"
        "./svc(drop+0x1d)[0x4005f4]\n"
        "./svc(main+0x3a)[0x400611]",
        "cpp",
        [("double free or corruption", "(fasttop): 0x0000000001f6c010")],
        [("drop", "./svc", 0, True), ("main", "./svc", 0, True)],
    ),
    "libcxx": (
        "libc++abi: terminating due to uncaught exception of type std::out_of_range: vector",
        "cpp",
        [("std::out_of_range", "vector")],
        [],
    ),
    "bsd assert": (
        "Assertion failed: (n > 0), function take, file pool.c, line 88.",
        "cpp",
        [("Assertion", "n > 0")],
        [("take", "pool.c", 88, True)],
    ),
    "terminate bare": (
        "terminate called without an active exception",
        "cpp",
        [("terminate", "terminate called without an active exception")],
        [],
    ),
    "built beside its source": (
        "Program received signal SIGSEGV, Segmentation fault.\n"
        "#0  0x00007f1 in __memcpy () at ../sysdeps/x86_64/memcpy.S:12\n"
        "#1  0x00007f2 in pool_take (n=3) at ../src/pool.c:88",
        "cpp",
        [("SIGSEGV", "Segmentation fault")],
        [("pool_take", "../src/pool.c", 88, True)],
    ),
    "windows on one line": (
        "Faulting application name: till.exe, version: 1.2.0.0 Faulting module name: pool.dll, version: 2.0.0.0 "
        "Exception code: 0xc0000005 Fault offset: 0x0000000000041d2a",
        "cpp",
        [("Faulting application", "till.exe, pool.dll, Exception code: 0xc0000005")],
        [],
    ),
    "kernel on arm": (
        "Unable to handle kernel paging request at virtual address dead0000\n"
        "Internal error: Oops: 96000004\n"
        "pc : acme_read+0x24/0x90 [acme]\n"
        "Call trace:\n"
        " vfs_read+0x46/0x80",
        "cpp",
        [("Oops", "96000004")],
        [("acme_read", "acme", 0, True), ("vfs_read", "", 0, True)],
    ),
    "signal handler": (
        "PC: @     0x55a2cae3 acme::Pay::charge()\n"
        "*** SIGSEGV (@0x18) received by PID 4711 (TID 0x7f17) from PID 24; stack trace: ***\n"
        "    @     0x55a2cae3 acme::Pay::charge()",
        "cpp",
        [("SIGSEGV", "")],
        [("acme::Pay::charge", "", 0, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_native_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
