"""JavaScript traces of Node, Deno, Bun and browsers."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "bracketed aggregate": (
        "[AggregateError: no till answered] {\n  [errors]: [\n    Error: east is shut\n"
        "        at ask (/srv/till.js:3:9)\n  ]\n}\n",
        "javascript",
        [("AggregateError", "no till answered"), ("Error", "east is shut")],
        [("ask", "/srv/till.js", 3, True)],
    ),
    "process warning": (
        "(node:77) [DEP0001] TillWarning: coins run low\n    at warn (/srv/till.js:3:9)\n",
        "javascript",
        [("TillWarning", "coins run low")],
        [("warn", "/srv/till.js", 3, True)],
    ),
    "node agg": (
        "AggregateError: All promises were rejected\n"
        "    at async main (/srv/app/x.js:3:3) {\n"
        "  [errors]: [\n"
        "    TypeError: fetch failed\n"
        "        at node:internal/deps/undici/undici:12618:11\n"
        "        at async f (/srv/app/x.js:9:1) {\n"
        "      [cause]: Error: connect ECONNREFUSED 127.0.0.1:1\n"
        "          at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {\n"
        "        errno: -111\n"
        "      }\n"
        "    },\n"
        "    Error: two\n"
        "        at x\n"
        "  ]\n"
        "}",
        "javascript",
        [
            ("AggregateError", "All promises were rejected"),
            ("TypeError", "fetch failed"),
            ("Error", "connect ECONNREFUSED 127.0.0.1:1"),
        ],
        [("TCPConnectWrap.afterConnect", "node:net", 1555, False)],
    ),
    "node esm": (
        "node:internal/modules/cjs/loader:1143\n"
        "  throw err;\n"
        "  ^\n"
        "\n"
        "Error: Cannot find module './nope'\n"
        "Require stack:\n"
        "- /srv/app/i.js\n"
        "    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)\n"
        "    at Object.<anonymous> (/srv/app/i.js:1:1) {\n"
        "  code: 'MODULE_NOT_FOUND',\n"
        "  requireStack: [ '/srv/app/i.js' ]\n"
        "}\n"
        "\n"
        "Node.js v20.1.0",
        "javascript",
        [("Error", "Cannot find module './nope'")],
        [
            ("Module._resolveFilename", "node:internal/modules/cjs/loader", 1140, False),
            ("Object.<anonymous>", "/srv/app/i.js", 1, True),
        ],
    ),
    "unhandled rej": (
        "node:internal/process/promises:288\n"
        "            triggerUncaughtException(err, true /* fromPromise */);\n"
        "            ^\n"
        "\n"
        "[UnhandledPromiseRejection: This error originated by rejecting a promise without a handler. "
        'The reason was "no".] {\n'
        "  code: 'ERR_UNHANDLED_REJECTION'\n"
        "}\n"
        "\n"
        "Node.js v18.1.0",
        "javascript",
        [
            (
                "UnhandledPromiseRejection",
                'This error originated by rejecting a promise without a handler. The reason was "no".',
            )
        ],
        [],
    ),
    "ff": (
        'TypeError: can\'t access property "id", this.user is undefined\n'
        "render@https://app.example.org/static/js/main.7f3a.js:1:22041\n"
        "value/<@https://app.example.org/static/js/main.7f3a.js:1:90210\n"
        "@https://app.example.org/static/js/main.7f3a.js:2:11\n"
        "",
        "javascript",
        [("TypeError", 'can\'t access property "id", this.user is undefined')],
        [
            ("render", "https://app.example.org/static/js/main.7f3a.js", 1, True),
            ("value/<", "https://app.example.org/static/js/main.7f3a.js", 1, True),
            ("", "https://app.example.org/static/js/main.7f3a.js", 2, True),
        ],
    ),
    "node warn": (
        "(node:4711) UnhandledPromiseRejectionWarning: TypeError: Cannot read property 'x' of undefined\n"
        "    at /srv/app/a.ts:12:9\n"
        "    at processTicksAndRejections (internal/process/task_queues.js:97:5)",
        "javascript",
        [("TypeError", "Cannot read property 'x' of undefined")],
        [("", "/srv/app/a.ts", 12, True), ("processTicksAndRejections", "internal/process/task_queues.js", 97, False)],
    ),
    "errcode": (
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left' imported from /srv/a.mjs\n"
        "    at packageResolve (node:internal/modules/esm/resolve:1:1)",
        "javascript",
        [("Error", "Cannot find package 'left' imported from /srv/a.mjs")],
        [("packageResolve", "node:internal/modules/esm/resolve", 1, False)],
    ),
    "react": (
        "Uncaught Error: Objects are not valid as a React child\n"
        "    at throwOnInvalidObjectType (react-dom.development.js:14887)\n"
        "    at App (webpack:///./src/App.tsx?:12:3)",
        "javascript",
        [("Error", "Objects are not valid as a React child")],
        [
            ("throwOnInvalidObjectType", "react-dom.development.js", 14887, False),
            ("App", "webpack:///./src/App.tsx?", 12, True),
        ],
    ),
    "throw str": (
        "/srv/a.js:3\n"
        'throw "plain text";\n'
        "^\n"
        "plain text\n"
        "(Use `node --trace-uncaught ...` to show where the exception was thrown)\n"
        "\n"
        "Node.js v20.1.0",
        "javascript",
        [("Error", "plain text")],
        [],
    ),
    "deno": (
        "error: Uncaught (in promise) TypeError: Cannot read properties of null (reading 'id')\n"
        "    at load (file:///srv/app/load.ts:12:9)\n"
        "    at async file:///srv/app/main.ts:3:1",
        "javascript",
        [("TypeError", "Cannot read properties of null (reading 'id')")],
        [("load", "file:///srv/app/load.ts", 12, True), ("", "file:///srv/app/main.ts", 3, True)],
    ),
    "bun": (
        "10 | \n"
        "11 | function go() {\n"
        '12 |   throw new RangeError("too far")\n'
        "           ^\n"
        "RangeError: too far\n"
        "      at go (/srv/app/x.ts:12:9)\n"
        "      at /srv/app/x.ts:15:1\n"
        "\n"
        "Bun v1.1.0 (Linux x64)",
        "javascript",
        [("RangeError", "too far")],
        [("go", "/srv/app/x.ts", 12, True), ("", "/srv/app/x.ts", 15, True)],
    ),
    "safari": (
        "TypeError: undefined is not an object (evaluating 'a.items.map')\n"
        "@https://app.example.org/main.js:1:4021\n"
        "render@https://app.example.org/main.js:1:90210\n"
        "[native code]",
        "javascript",
        [("TypeError", "undefined is not an object (evaluating 'a.items.map')")],
        [("", "https://app.example.org/main.js", 1, True), ("render", "https://app.example.org/main.js", 1, True)],
    ),
    "axios": (
        "AxiosError: Request failed with status code 502\n"
        "    at settle (/srv/app/node_modules/axios/lib/core/settle.js:19:12)\n"
        "    at IncomingMessage.handleStreamEnd (/srv/app/node_modules/axios/lib/adapters/http.js:589:11"
        ")\n"
        "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n"
        "    at async charge (/srv/app/src/pay.js:31:15) {\n"
        "  code: 'ERR_BAD_RESPONSE'\n"
        "}",
        "javascript",
        [("AxiosError", "Request failed with status code 502")],
        [
            ("settle", "/srv/app/node_modules/axios/lib/core/settle.js", 19, False),
            ("IncomingMessage.handleStreamEnd", "/srv/app/node_modules/axios/lib/adapters/http.js", 589, False),
            ("process.processTicksAndRejections", "node:internal/process/task_queues", 95, False),
        ],
    ),
    "framework message": (
        "request to /orders failed\n    at charge (/srv/app/src/pay.js:31:15)\n    at run (/srv/app/src/run.js:3:1)",
        "javascript",
        [("", "request to /orders failed")],
        [("charge", "/srv/app/src/pay.js", 31, True), ("run", "/srv/app/src/run.js", 3, True)],
    ),
    "inline js": (
        "12:00:01 worker 3 died: RangeError: page size 0\n    at page (/srv/app/src/page.js:31:15)",
        "javascript",
        [("RangeError", "page size 0")],
        [("page", "/srv/app/src/page.js", 31, True)],
    ),
    "eval js": (
        "TypeError: x is null\n"
        "    at eval (eval at run (/srv/app/vm.js:9:3), <anonymous>:1:7)\n"
        "    at e.t [as total] (/srv/app/main.4ce1.js:1:90)\n"
        "    at native code line",
        "javascript",
        [("TypeError", "x is null")],
        [("eval", "<anonymous>", 1, False), ("total", "/srv/app/main.4ce1.js", 1, True)],
    ),
    "two js errors": (
        "TypeError: first\n    at a (/srv/a.js:1:1)\nRangeError: second\n    at b (/srv/b.js:1:1)",
        "javascript",
        [("TypeError", "first")],
        [("a", "/srv/a.js", 1, True)],
    ),
    "out of memory": (
        "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory\n"
        " 1: 0xb9c1f0 node::Abort() [node]\n"
        " 2: 0xaa27ee  [node]",
        "javascript",
        [
            (
                "FATAL ERROR",
                "Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
            )
        ],
        [("node::Abort", "node", 0, False)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_javascript_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


def test_a_message_that_begins_below_its_class() -> None:
    """Prisma says what was asked in the line below the class and what is wrong with it in the last before the calls;
    the number that a bundler gave the class is none of its name."""
    below = (
        "\nInvalid `db.order.create()` invocation in\n/srv/a.ts:9:3\n\n"
        "→ 9 await x\nThe rate is missing\n    at run (/srv/a.js:3:1)\n"
    )
    for head in ("StoreError: ", "StoreError3 [StoreError]: ", "StoreError2: "):
        trace = parse(head + below)
        assert trace is not None
        assert trace.chain == ("StoreError",)
        assert trace.root.message == "Invalid `db.order.create()` invocation: The rate is missing"


def test_the_warning_of_old_nodes_names_the_error_last() -> None:
    """Before Node 10 the number of the rejection stood between; the sentence that follows an error is no type."""
    head = "(node:7) UnhandledPromiseRejectionWarning: "
    trace = parse(f"{head}Unhandled promise rejection (rejection id: 1): TypeError: no rate\n")
    assert trace is not None
    assert (trace.chain, trace.root.message) == (("TypeError",), "no rate")
    trace = parse(f"{head}Unhandled promise rejection. This error originated somewhere\n")
    assert trace is not None
    assert trace.root.message == "Unhandled promise rejection. This error originated somewhere"


def test_vitest_marks_its_calls_with_an_arrow() -> None:
    """Calls with and without a name, of the runtime and of the test."""
    trace = parse(
        "AssertionError: expected 3 to be 4\n ❯ total node:internal/errors:371:5\n ❯ src/cart.test.ts:12:21\n"
    )
    assert trace is not None
    assert trace.language == "javascript"
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames] == [
        ("total", "node:internal/errors", 371, False),
        ("", "src/cart.test.ts", 12, True),
    ]


def test_webpack_prints_the_inner_error_below() -> None:
    """The error of a plugin and what caused it are one chain."""
    trace = parse(
        "HookError: no rate\n    at a (/srv/a.js:1:2)\n-- inner error --\nTypeError: x\n    at b (/srv/b.js:3:4)\n"
    )
    assert trace is not None
    assert trace.chain == ("HookError", "TypeError")


def test_bun_tells_of_its_own_crash() -> None:
    """The thread's number is no part of the fault."""
    for thread in ("main thread", "thread 4711"):
        trace = parse(f"panic({thread}): Segmentation fault at address 0x1A\noh no: Bun has crashed.\n")
        assert trace is not None
        assert (trace.chain, trace.root.message) == (("panic",), "Segmentation fault at address 0x1A")


def test_the_source_that_a_tool_shows_is_not_the_message() -> None:
    """Vite prints the message, where it is from and the lines around it above calls of no named error."""
    trace = parse(
        "[vite] Internal server error: no such import\n  Plugin: vite:import\n  File: /srv/a.tsx:2:25\n"
        "  1  |  import a\n     |         ^\n      at run (file:///srv/node_modules/vite/a.js:3:4)\n"
    )
    assert trace is not None
    assert trace.root.message == "[vite] Internal server error: no such import"
