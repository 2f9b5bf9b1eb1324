"""Events of other runtimes, compilers and JSON loggers."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

# name: text, (first line, last line, level, exception type, message or that of the exception)
CASES: dict[str, tuple[str, list[tuple[int, int, Level, str, str]]]] = {
    "jul two-line": (
        "Nov 23, 2026 7:20:37 PM com.acme.shop.Charge run\n"
        "INFO: started\n"
        "Nov 23, 2026 7:20:38 PM com.acme.shop.Charge run\n"
        "SEVERE: charge failed\n"
        "java.lang.IllegalStateException: no card\n"
        "\tat com.acme.shop.Charge.run(Charge.java:41)\n"
        "\n"
        "Nov 23, 2026 7:20:39 PM com.acme.shop.Charge run\n"
        "WARNING: retry",
        [
            (0, 1, Level.INFO, "", "started"),
            (2, 5, Level.ERROR, "java.lang.IllegalStateException", "charge failed"),
            (7, 8, Level.WARN, "", "retry"),
        ],
    ),
    "go panic then restart": (
        "2026/11/23 19:20:37 listening on :8080\n"
        "panic: runtime error: index out of range [5] with length 3\n"
        "\n"
        "goroutine 1 [running]:\n"
        "main.pick(...)\n"
        "\t/srv/app/main.go:12\n"
        "main.main()\n"
        "\t/srv/app/main.go:20 +0x1d\n"
        "exit status 2",
        [
            (0, 0, Level.UNSET, "", "listening on :8080"),
            (1, 8, Level.FATAL, "panic", "runtime error: index out of range [5] with length 3"),
        ],
    ),
    "go http panic": (
        "2026/11/23 19:20:37 http: panic serving 127.0.0.1:51234: boom\n"
        "goroutine 19 [running]:\n"
        "net/http.(*conn).serve.func1()\n"
        "\t/usr/local/go/src/net/http/server.go:1854 +0xbf\n"
        "panic({0x6f4a20, 0xc0000181c8})\n"
        "\t/usr/local/go/src/runtime/panic.go:890 +0x263\n"
        "main.list({0x7b1a08, 0xc0000e40e0}, 0xc0000f6000)\n"
        "\t/srv/app/list.go:31 +0x1d\n"
        "2026/11/23 19:20:39 GET /x 200",
        [
            (0, 7, Level.FATAL, "panic", "http: panic serving 127.0.0.1:51234: boom"),
            (8, 8, Level.UNSET, "", "GET /x 200"),
        ],
    ),
    "rust panic + tracing": (
        "2026-11-23T19:20:37.123456Z  INFO shop::billing: up\n"
        "thread 'tokio-runtime-worker' (4711) panicked at src/svc.rs:41:9:\n"
        "no plan\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"
        "2026-11-23T19:20:38.123456Z ERROR shop::billing: charge failed invoice=1000",
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 3, Level.FATAL, "panic", "no plan"),
            (4, 4, Level.ERROR, "", "charge failed invoice=1000"),
        ],
    ),
    "anyhow": (
        "Error: could not load config\n"
        "\n"
        "Caused by:\n"
        "    0: reading /etc/app.toml\n"
        "    1: No such file or directory (os error 2)",
        [
            (0, 4, Level.ERROR, "Error", "could not load config"),
        ],
    ),
    "dotnet unhandled": (
        "Listening\n"
        "Unhandled exception. System.InvalidOperationException: no tenant\n"
        " ---> System.ArgumentException: bad id\n"
        "   at Acme.A.B(Int32 x) in /src/A.cs:line 3\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Acme.Program.Main(String[] args) in /src/P.cs:line 9",
        [
            (0, 0, Level.UNSET, "", "Listening"),
            (1, 5, Level.ERROR, "System.InvalidOperationException", "no tenant"),
        ],
    ),
    "serilog text": (
        "2026-11-23 19:20:37.123 +00:00 [INF] up\n"
        "2026-11-23 19:20:38.123 +00:00 [ERR] request failed\n"
        "System.NullReferenceException: Object reference not set to an instance of an object.\n"
        "   at Acme.A.B(Int32 x) in /src/A.cs:line 3\n"
        "2026-11-23 19:20:39.123 +00:00 [INF] down",
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 3, Level.ERROR, "System.NullReferenceException", "request failed"),
            (4, 4, Level.INFO, "", "down"),
        ],
    ),
    "ruby logger": (
        "I, [2026-11-23T19:20:37.123456 #4711]  INFO -- : up\n"
        "E, [2026-11-23T19:20:38.123456 #4711] ERROR -- : card declined (Acme::CardError)\n"
        "/srv/app/lib/pay.rb:12:in 'charge'\n"
        "/srv/app/lib/pay.rb:5:in 'run'\n"
        "I, [2026-11-23T19:20:39.123456 #4711]  INFO -- : down",
        [
            (0, 0, Level.INFO, "", "up"),
            (1, 3, Level.ERROR, "Acme::CardError", "card declined (Acme::CardError)"),
            (4, 4, Level.INFO, "", "down"),
        ],
    ),
    "rails": (
        'Started GET "/users/7" for 127.0.0.1 at 2026-11-23 19:20:37 +0000\n'
        "Processing by UsersController#show as HTML\n"
        "Completed 500 Internal Server Error in 12ms\n"
        "\n"
        "NoMethodError (undefined method `name' for nil:NilClass):\n"
        "\n"
        "app/models/user.rb:12:in `label'\n"
        "app/controllers/users_controller.rb:7:in `show'",
        [
            (0, 0, Level.UNSET, "", 'Started GET "/users/7" for 127.0.0.1 at 2026-11-23 19:20:37 +0000'),
            (1, 1, Level.UNSET, "", "Processing by UsersController#show as HTML"),
            (2, 2, Level.ERROR, "", "Completed 500 Internal Server Error in 12ms"),
            (4, 7, Level.ERROR, "NoMethodError", "undefined method `name' for nil:NilClass"),
        ],
    ),
    "laravel": (
        "[2026-11-23 19:20:37] production.INFO: up\n"
        '[2026-11-23 19:20:37] production.ERROR: Connection refused {"exception":"[object] '
        "(PDOException(code: 2002): Connection refused at /var/www/vendor/x.php:70)\n"
        "[stacktrace]\n"
        "#0 /var/www/app/P.php(3): PDO->__construct()\n"
        "#1 {main}\n"
        '"} \n'
        "[2026-11-23 19:20:38] production.INFO: down",
        [
            (0, 0, Level.INFO, "", "up"),
            (
                1,
                5,
                Level.ERROR,
                "PDOException",
                'Connection refused {"exception":"[object] (PDOException(code: 2002): Connection '
                "refused at /var/www/vendor/x.php:70)",
            ),
            (6, 6, Level.INFO, "", "down"),
        ],
    ),
    "asan": (
        "running test 3\n"
        "=================================================================\n"
        "==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f7d6c "
        "bp 0x7ffd sp 0x7ffd\n"
        "READ of size 4 at 0x602000000010 thread T0\n"
        "    #0 0x4f7d6b in Pool::take(int) /src/pool.cpp:31:12\n"
        "    #1 0x4f7f11 in main /src/main.cpp:9:3\n"
        "\n"
        "0x602000000010 is located 0 bytes inside of 4-byte region\n"
        "freed by thread T0 here:\n"
        "    #0 0x4a in free\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free /src/pool.cpp:31:12 in Pool::take(int)\n"
        "==4711==ABORTING",
        [
            (0, 0, Level.UNSET, "", "running test 3"),
            (
                1,
                11,
                Level.FATAL,
                "heap-use-after-free",
                "AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f7d6c bp 0x7ffd sp 0x7ffd",
            ),
        ],
    ),
    "cpp assert": (
        "svc: src/pool.c:88: pool_take: Assertion `n > 0' failed.\nAborted (core dumped)",
        [
            (0, 1, Level.FATAL, "Assertion", "n > 0"),
        ],
    ),
    "terminate abort": (
        "step 1\n"
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  no disk\n"
        "Aborted (core dumped)",
        [
            (0, 0, Level.UNSET, "", "step 1"),
            (1, 3, Level.FATAL, "std::runtime_error", "no disk"),
        ],
    ),
    "segv plain": (
        "step 1\nSegmentation fault (core dumped)",
        [
            (0, 0, Level.UNSET, "", "step 1"),
            (1, 1, Level.FATAL, "Segmentation fault", ""),
        ],
    ),
    "elixir": (
        "19:20:37.123 [info] Running ShopWeb.Endpoint\n"
        "19:20:38.123 [error] GenServer Shop.Billing terminating\n"
        "** (RuntimeError) no plan\n"
        "    (shop 0.1.0) lib/shop/billing.ex:41: Shop.Billing.handle_call/3\n"
        "    (stdlib 4.3) gen_server.erl:1149: :gen_server.try_handle_call/4\n"
        "Last message (from #PID<0.1.0>): :charge\n"
        "State: %{}\n"
        "19:20:39.123 [info] restarted",
        [
            (0, 0, Level.INFO, "", "Running ShopWeb.Endpoint"),
            (1, 6, Level.ERROR, "RuntimeError", "GenServer Shop.Billing terminating"),
            (7, 7, Level.INFO, "", "restarted"),
        ],
    ),
    "dart": (
        "Unhandled exception:\n"
        "FormatException: Invalid radix-10 number (at character 1)\n"
        "x\n"
        "^\n"
        "\n"
        "#0      int._handleFormatError (dart:core-patch/integers_patch.dart:126:5)\n"
        "#1      parse (package:shop/src/parse.dart:12:14)\n"
        "#2      main (file:///srv/app/bin/main.dart:4:3)",
        [
            (0, 7, Level.ERROR, "FormatException", "Invalid radix-10 number (at character 1)"),
        ],
    ),
    "perl": (
        'Can\'t locate object method "charge" via package "Pay" at lib/Shop.pm line 41.\n'
        "\tShop::run(Shop=HASH(0x55)) called at bin/shop.pl line 9",
        [
            (
                0,
                1,
                Level.ERROR,
                "die",
                'Can\'t locate object method "charge" via package "Pay" at lib/Shop.pm line 41.',
            ),
        ],
    ),
    "swift": (
        "Shop/Cart.swift:41: Fatal error: Unexpectedly found nil while unwrapping an Optional value",
        [
            (0, 0, Level.FATAL, "Fatal error", "Unexpectedly found nil while unwrapping an Optional value"),
        ],
    ),
    "node crash after text logs": (
        "> shop@1.0.0 start\n"
        "> node server.js\n"
        "\n"
        "listening on 3000\n"
        "/srv/app/server.js:12\n"
        "    throw new Error('no db');\n"
        "    ^\n"
        "\n"
        "Error: no db\n"
        "    at Object.<anonymous> (/srv/app/server.js:12:11)\n"
        "    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n"
        "\n"
        "Node.js v20.20.2\n"
        "npm ERR! code ELIFECYCLE",
        [
            (0, 0, Level.UNSET, "", "> shop@1.0.0 start"),
            (1, 1, Level.UNSET, "", "> node server.js"),
            (3, 3, Level.UNSET, "", "listening on 3000"),
            (4, 12, Level.ERROR, "Error", "no db"),
            (13, 13, Level.ERROR, "", "code ELIFECYCLE"),
        ],
    ),
    "java multi message": (
        "2026-11-23 19:20:37.123 ERROR 4711 --- [main] o.s.boot.SpringApplication : Application run "
        "failed\n"
        "\n"
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'a'\n"
        "\tat org.springframework.A.b(A.java:1) ~[spring.jar!/:6.1]\n"
        "Caused by: java.lang.IllegalStateException: no url\n"
        "\tat com.acme.X.<init>(X.java:4)\n"
        "\t... 12 common frames omitted\n"
        "\n"
        "2026-11-23 19:20:38.123  INFO 4711 --- [main] c.a.X : bye",
        [
            (0, 6, Level.ERROR, "org.springframework.beans.factory.BeanCreationException", "Application run failed"),
            (8, 8, Level.INFO, "", "bye"),
        ],
    ),
    "sql multi-line message": (
        "2026-11-23 19:19:08,432 - app - INFO - running\n"
        "select *\n"
        "from t\n"
        "2026-11-23 19:19:08,432 - app - WARNING - slow",
        [
            (0, 2, Level.INFO, "", "running"),
            (3, 3, Level.WARN, "", "slow"),
        ],
    ),
    "lua": (
        "lua: pay.lua:12: attempt to index a nil value (local 'card')\n"
        "stack traceback:\n"
        "\tpay.lua:12: in function 'charge'\n"
        "\t[C]: in ?",
        [
            (0, 3, Level.ERROR, "error", "attempt to index a nil value (local 'card')"),
        ],
    ),
    "browser console": (
        "app.js:12 Uncaught TypeError: Cannot read properties of undefined (reading 'id')\n"
        "    at render (app.js:12:9)\n"
        "    at HTMLDocument.<anonymous> (app.js:40:3)",
        [
            (0, 2, Level.ERROR, "TypeError", "Cannot read properties of undefined (reading 'id')"),
        ],
    ),
    "valgrind": (
        "==4711== Invalid read of size 4\n"
        "==4711==    at 0x4005F4: take (pool.c:12)\n"
        "==4711==    by 0x400611: main (main.c:5)",
        [
            (0, 2, Level.FATAL, "Invalid read", "Invalid read of size 4"),
        ],
    ),
    "nginx error": (
        "2026/11/23 19:20:37 [error] 41#41: *7 connect() failed (111: Connection refused) while "
        "connecting to upstream, client: 10.0.0.1\n"
        "2026/11/23 19:20:38 [notice] 1#1: signal process started\n"
        '10.0.0.1 - - [23/Nov/2026:19:20:39 +0000] "GET /x HTTP/1.1" 502 157 "-" "curl/8"',
        [
            (
                0,
                0,
                Level.ERROR,
                "",
                "connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1",
            ),
            (1, 1, Level.INFO, "", "signal process started"),
            (2, 2, Level.ERROR, "", '"GET /x HTTP/1.1" 502 157 "-" "curl/8"'),
        ],
    ),
    "go multi goroutine": (
        "fatal error: all goroutines are asleep - deadlock!\n"
        "\n"
        "goroutine 1 [chan receive]:\n"
        "main.main()\n"
        "\t/srv/app/d.go:5 +0x31\n"
        "\n"
        "goroutine 18 [select]:\n"
        "main.worker(0xc000)\n"
        "\t/srv/app/w.go:9 +0x45\n"
        "created by main.main in goroutine 1\n"
        "\t/srv/app/d.go:4 +0x29\n"
        "exit status 2",
        [
            (0, 11, Level.FATAL, "fatal error", "all goroutines are asleep - deadlock!"),
        ],
    ),
    "go repanic": (
        "panic: first bad [recovered]\n"
        "\tpanic: second\n"
        "\n"
        "goroutine 34 [running]:\n"
        "main.handler.func1()\n"
        "\t/srv/app/main.go:21 +0x6a",
        [
            (0, 5, Level.FATAL, "panic", "second"),
        ],
    ),
    "go custom error panic": (
        'panic: main.ConfigError{Path:"/etc/a", Code:3}\n'
        "\n"
        "goroutine 1 [running]:\n"
        "main.main()\n"
        "\t/srv/app/d.go:5 +0x31",
        [
            (0, 4, Level.FATAL, "panic", 'main.ConfigError{Path:"/etc/a", Code:3}'),
        ],
    ),
    "java bare two exceptions": (
        "java.lang.IllegalStateException: a\n"
        "\tat com.acme.A.f(A.java:1)\n"
        "java.lang.IllegalArgumentException: b\n"
        "\tat com.acme.B.f(B.java:1)",
        [
            (0, 1, Level.ERROR, "java.lang.IllegalStateException", "a"),
            (2, 3, Level.ERROR, "java.lang.IllegalArgumentException", "b"),
        ],
    ),
    "java headed message with inline type": (
        "2026-11-23 19:20:37,123 ERROR [main] com.acme.Pay: charge failed: "
        "java.net.SocketTimeoutException: Read timed out\n"
        "\tat com.acme.Pay.charge(Pay.java:71)\n"
        "2026-11-23 19:20:38,123 INFO [main] com.acme.Pay: ok",
        [
            (
                0,
                1,
                Level.ERROR,
                "java.net.SocketTimeoutException",
                "charge failed: java.net.SocketTimeoutException: Read timed out",
            ),
            (2, 2, Level.INFO, "", "ok"),
        ],
    ),
    "log4j2 pattern": (
        "2026-11-23T19:20:37,123 [main] ERROR com.acme.Pay - charge failed\n"
        "java.net.SocketTimeoutException: Read timed out\n"
        "\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:283) ~[?:?]\n"
        "\tat com.acme.Pay.charge(Pay.java:71) [app.jar:1.0]\n"
        "\tSuppressed: java.io.IOException: closed\n"
        "\t\tat com.acme.Pay.close(Pay.java:9)\n"
        "2026-11-23T19:20:38,123 [main] INFO  com.acme.Pay - ok",
        [
            (0, 5, Level.ERROR, "java.net.SocketTimeoutException", "charge failed"),
            (6, 6, Level.INFO, "", "ok"),
        ],
    ),
    "kotlin coroutine": (
        'Exception in thread "DefaultDispatcher-worker-3" kotlin.KotlinNullPointerException\n'
        "\tat com.acme.MainKt$main$1.invokeSuspend(Main.kt:9)\n"
        "\tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)\n"
        "\tSuppressed: kotlinx.coroutines.internal.DiagnosticCoroutineContextException: "
        "[StandaloneCoroutine{Cancelling}@1, Dispatchers.Default]",
        [
            (0, 3, Level.ERROR, "kotlin.KotlinNullPointerException", ""),
        ],
    ),
    "hadoop info with exception": (
        "2026-11-23 19:20:37,123 INFO [main] org.apache.hadoop.ipc.Client: Retrying connect\n"
        "java.net.ConnectException: Connection refused\n"
        "\tat org.apache.hadoop.ipc.Client.call(Client.java:1)\n"
        "2026-11-23 19:20:38,123 INFO [main] org.apache.hadoop.ipc.Client: ok",
        [
            (0, 2, Level.INFO, "java.net.ConnectException", "Retrying connect"),
            (3, 3, Level.INFO, "", "ok"),
        ],
    ),
    "docker entry node warn": (
        "(node:4711) UnhandledPromiseRejectionWarning: TypeError: Cannot read property 'x' of undefined\n"
        "    at /srv/app/a.ts:12:9\n"
        "    at processTicksAndRejections (internal/process/task_queues.js:97:5)\n"
        "(Use `node --trace-warnings ...` to show where the warning was created)\n"
        "(node:4711) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.",
        [
            (0, 3, Level.ERROR, "TypeError", "Cannot read property 'x' of undefined"),
            (
                4,
                4,
                Level.WARN,
                "",
                "(node:4711) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.",
            ),
        ],
    ),
    "R": (
        "Loading required package: methods\n"
        "Error in solve.default(m) : Lapack routine dgesv: system is exactly singular\n"
        "Calls: fit -> solve -> solve.default\n"
        "Execution halted",
        [
            (0, 0, Level.UNSET, "", "Loading required package: methods"),
            (1, 3, Level.ERROR, "Error", "Lapack routine dgesv: system is exactly singular"),
        ],
    ),
    "julia": (
        "ERROR: LoadError: BoundsError: attempt to access 3-element Vector{Int64} at index [7]\n"
        "Stacktrace:\n"
        " [1] getindex(A::Vector{Int64}, i1::Int64)\n"
        "   @ Base ./array.jl:861\n"
        " [2] take(v::Vector{Int64})\n"
        "   @ Main /srv/app/pool.jl:4\n"
        "in expression starting at /srv/app/pool.jl:9",
        [
            (0, 6, Level.ERROR, "BoundsError", "attempt to access 3-element Vector{Int64} at index [7]"),
        ],
    ),
    "haskell": (
        "shop: Prelude.head: empty list\n"
        "CallStack (from HasCallStack):\n"
        "  error, called at libraries/base/GHC/List.hs:1646:3 in base:GHC.List",
        [
            (0, 2, Level.ERROR, "error", "Prelude.head: empty list"),
        ],
    ),
    "ocaml": (
        "Fatal error: exception Not_found\n"
        'Raised at Stdlib__hashtbl.find in file "hashtbl.ml", line 550, characters 13-28\n'
        'Called from Dune__exe__Main in file "bin/main.ml", line 3, characters 8-14',
        [
            (0, 2, Level.FATAL, "Not_found", ""),
        ],
    ),
    "ruby uncaught with cause": (
        "starting\n"
        "r1.rb:6:in `rescue in sync': sync of account 7 failed (SyncError)\n"
        "\tfrom r1.rb:3:in `sync'\n"
        "r1.rb:2:in `fetch': key not found: :b (KeyError)\n"
        "\tfrom r1.rb:4:in `sync'\n"
        "done",
        [
            (0, 0, Level.UNSET, "", "starting"),
            (1, 4, Level.ERROR, "SyncError", "sync of account 7 failed"),
            (5, 5, Level.UNSET, "", "done"),
        ],
    ),
    "ruby crash twice": (
        "r1.rb:6:in `sync': sync of account 7 failed (SyncError)\n"
        "\tfrom r1.rb:3:in `sync'\n"
        "r1.rb:6:in `sync': sync of account 8 failed (SyncError)\n"
        "\tfrom r1.rb:3:in `sync'",
        [
            (0, 1, Level.ERROR, "SyncError", "sync of account 7 failed"),
            (2, 3, Level.ERROR, "SyncError", "sync of account 8 failed"),
        ],
    ),
    "aspnet": (
        "crit: Acme.Host[0]\n"
        "      Host failed\n"
        "      System.InvalidOperationException: no tenant\n"
        "         at Acme.A.B() in /src/A.cs:line 3\n"
        "info: Acme.Host[0]\n"
        "      Bye",
        [
            (0, 3, Level.FATAL, "System.InvalidOperationException", "Host failed"),
            (4, 5, Level.INFO, "", "Bye"),
        ],
    ),
    "bare java with message lines": (
        "java.lang.IllegalStateException: Failed to load context for\n"
        "[Merged@1 testClass = x]\n"
        "\tat com.acme.A.b(A.java:1)\n"
        "done",
        [
            (0, 2, Level.ERROR, "java.lang.IllegalStateException", "Failed to load context for"),
            (3, 3, Level.UNSET, "", "done"),
        ],
    ),
    "error text then java trace": (
        "Sync of the account failed\njava.io.IOException: gone\n\tat com.acme.A.f(A.java:3)",
        [
            (0, 2, Level.ERROR, "java.io.IOException", "Sync of the account failed"),
        ],
    ),
    "headed trace then second exception": (
        "2026-11-23 19:20:37,123 ERROR [main] com.acme.Pay: charge failed\n"
        "java.io.IOException: gone\n"
        "\tat com.acme.A.f(A.java:3)\n"
        "java.lang.IllegalStateException: closing\n"
        "\tat com.acme.B.g(B.java:9)\n"
        "2026-11-23 19:20:38,123 INFO [main] com.acme.Pay: ok",
        [
            (0, 2, Level.ERROR, "java.io.IOException", "charge failed"),
            (3, 4, Level.ERROR, "java.lang.IllegalStateException", "closing"),
            (5, 5, Level.INFO, "", "ok"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_languages_events(name: str) -> None:
    """Events begin and end where a reader would cut them, with the level and exception a reader would name."""
    text, expected = CASES[name]
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    found = []
    for record in records:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    assert found == expected


def test_the_reason_of_an_erlang_report_is_its_part() -> None:
    """RabbitMQ heads every line of a report; the reason stands on the line below its caption."""
    head = "2026-11-23 19:20:37.123456+00:00 [error] <0.512.0> "
    said = ("Generic server <0.512.0> terminating", "Reason for termination ==", "{timeout,{gen_server,call,[till]}}")
    text = "\n".join(f"{head}** {line}" for line in said)
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    assert [(r.first_line, r.last_line, r.level) for r in records] == [(0, 2, Level.ERROR)]
    assert records[0].stacktrace is not None
    assert records[0].stacktrace.chain == ("timeout",)
