"""Same fault, same id; another fault, another id: mutations of events in many languages, and their look-alikes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import Fingerprinter, fingerprint
from mcp_rag.redact import Redactor
from mcp_rag.types import Level, LogRecord, ParseSettings

# Each field takes three values of the same kind; a mutation changes one of them at a time, then all at once.
FIELDS: dict[str, tuple[str, str, str]] = {
    "n": ("42", "7", "90817"),
    "id": (
        "3f2b8c1e-9d4a-4c55-8e21-0a1b2c3d4e5f",
        "b7e0a9d2-1111-4abc-9f00-ffeeddccbbaa",
        "00000000-1234-4321-8888-99990000aaaa",
    ),
    "ip": ("10.0.3.17", "192.168.1.2", "172.16.254.1"),
    "port": ("5432", "49152", "80"),
    "dir": ("/srv/app/releases", "/home/alice/project", "/opt/shop"),
    "hex": ("0x7ffe3a10", "0xc000123456", "0xdeadbeef12"),
    "sha": ("9fceb02d0ae598e9", "1a410efbd13591db", "ac2f9b1e7c3d5500"),
    "time": ("2026-11-20 10:15:30,123", "2026-11-21 23:59:59,001", "2025-01-02 03:04:05,999"),
    "iso": ("2026-11-20T10:15:30.123Z", "2026-11-21T23:59:59.001Z", "2025-01-02T03:04:05.999Z"),
    "host": ("db-3.prod.example.com", "web-17.stage.example.org", "cache-9.eu.example.net"),
    "line": ("88", "91", "1204"),
    "line2": ("12", "13", "777"),
    "build": ("1.4.2", "2.0.0", "1.10.33"),
    "ms": ("1500", "30000", "12"),
    "took": ("1.7s", "40s", "2m0.5s"),
    "iso_took": ("PT1.5S", "PT40S", "PT3M12.25S"),
    "size": ("1.5GiB", "980MiB", "3GB"),
    "release": ("v1.4.2", "v2.0.0-rc.1", "3.1.0-SNAPSHOT"),
    "blob": ("YWxwaGEgMTIzNDU2Nzg5MA==", "YmV0YSAxMjM0NTY3ODkwMTI=", "Z2FtbWEgMTIzNDU2Nzg5MDEy"),
    "endpoint": ("localhost:5432", "10.0.3.17:5432", "db-3.prod.example.com:5432"),
    "mail": ("bob@example.com", "alice.w@mail.example.org", "x+y@example.net"),
}


class Base(NamedTuple):
    """An event with `{field}`s, and (old, new) replacements each of which makes it another error."""

    name: str
    text: str
    others: tuple[tuple[str, str], ...]


def _trace(*lines: str) -> str:
    return "\n".join(lines)


TRACES = (
    Base(
        "python",
        _trace(
            "{time} ERROR shop.orders: order {n} failed",
            "Traceback (most recent call last):",
            '  File "{dir}/shop/orders.py", line {line}, in submit',
            "    self.gateway.charge(order)",
            '  File "{dir}/shop/gateway.py", line {line2}, in charge',
            "    raise PaymentDeclined(order)",
            "shop.errors.PaymentDeclined: order {n} declined for {mail}",
        ),
        (
            ("shop.errors.PaymentDeclined", "shop.errors.PaymentTimeout"),
            ("in charge", "in refund"),
            ("gateway.py", "ledger.py"),
        ),
    ),
    Base(
        "python chained",
        _trace(
            "Traceback (most recent call last):",
            '  File "{dir}/api/db.py", line {line}, in connect',
            "    return pool.get()",
            "psycopg2.OperationalError: could not connect to {ip}:{port}",
            "",
            "The above exception was the direct cause of the following exception:",
            "",
            "Traceback (most recent call last):",
            '  File "{dir}/api/views.py", line {line2}, in index',
            "    db = connect()",
            "api.errors.Unavailable: database is away for {ms} ms",
        ),
        (
            ("psycopg2.OperationalError", "psycopg2.InterfaceError"),
            ("api.errors.Unavailable", "api.errors.Forbidden"),
            ("in index", "in detail"),
        ),
    ),
    Base(
        "python generic",
        _trace(
            "Traceback (most recent call last):",
            '  File "{dir}/job.py", line {line}, in run',
            "    raise RuntimeError(text)",
            "RuntimeError: worker {n} on {host} gave up after {ms} ms",
        ),
        (("gave up", "was killed"), ("RuntimeError:", "Exception:"), ("in run", "in stop")),
    ),
    Base(
        "python code in message",
        _trace(
            "Traceback (most recent call last):",
            '  File "{dir}/io.py", line {line}, in load',
            "    open(path)",
            "OSError: [Errno 13] Permission denied: '{dir}/data/{n}.bin'",
        ),
        (("[Errno 13]", "[Errno 28]"), ("OSError", "PermissionError"), ("io.py", "disk.py")),
    ),
    Base(
        "python library only",
        _trace(
            "Traceback (most recent call last):",
            '  File "/usr/lib/python3.11/json/decoder.py", line {line}, in raw_decode',
            "    raise JSONDecodeError(text)",
            "json.decoder.JSONDecodeError: Expecting value: line {n} column {line2} (char {ms})",
        ),
        (("Expecting value", "Extra data"), ("JSONDecodeError: ", "JSONEncodeError: ")),
    ),
    Base(
        "python key",
        _trace(
            "Traceback (most recent call last):",
            '  File "{dir}/settings.py", line {line}, in load',
            "    return os.environ[name]",
            "KeyError: 'DATABASE_URL'",
        ),
        (("DATABASE_URL", "SECRET_KEY"), ("KeyError", "LookupError")),
    ),
    Base(
        "java",
        _trace(
            "{time} ERROR [http-nio-{port}-exec-{n}] com.shop.OrderController - request {id} failed",
            "com.shop.OrderException: order {n} of {mail} is locked",
            "\tat com.shop.OrderService.lock(OrderService.java:{line})",
            "\tat com.shop.OrderController.post(OrderController.java:{line2})",
            "\tat java.base/java.lang.Thread.run(Thread.java:{n})",
        ),
        (("com.shop.OrderException", "com.shop.StockException"), ("OrderService.lock(", "OrderService.free(")),
    ),
    Base(
        "java cause",
        _trace(
            'Exception in thread "pool-{n}-thread-{line}" org.spring.beans.BeanCreationException: bean at {hex}',
            "\tat com.shop.Config.wire(Config.java:{line}) ~[shop-{build}.jar:{build}]",
            "Caused by: java.sql.SQLException: ORA-00942: table or view does not exist",
            "\tat oracle.jdbc.driver.T4CTTIoer.processError(T4CTTIoer.java:{line2})",
            "\tat com.shop.Dao.query(Dao.java:{n})",
            "\t... {line2} more",
        ),
        (
            ("ORA-00942", "ORA-01017"),
            ("java.sql.SQLException", "java.sql.SQLTimeoutException"),
            ("Dao.query", "Dao.update"),
        ),
    ),
    Base(
        "java generated",
        _trace(
            "java.lang.IllegalStateException: no session {id}",
            "\tat com.shop.Cart$$EnhancerBySpringCGLIB$$1f2e3d{n}.add(<generated>)",
            "\tat com.shop.Cart.lambda$main${n}(Cart.java:{line})",
            "\tat com.sun.proxy.$Proxy{n}.call(Unknown Source)",
            "\tat com.shop.Main.main(Main.java:{line2})",
        ),
        (("IllegalStateException", "IllegalArgumentException"), ("Main.main", "Main.boot")),
    ),
    Base(
        "kotlin",
        _trace(
            "kotlin.UninitializedPropertyAccessException: lateinit property repo has not been initialized",
            "\tat dev.acme.Repo.get(Repo.kt:{line})",
            "\tat dev.acme.AppKt.main(App.kt:{line2})",
        ),
        (
            ("dev.acme.Repo.get", "dev.acme.Repo.put"),
            ("UninitializedPropertyAccessException", "NoWhenBranchMatchedException"),
        ),
    ),
    Base(
        "node",
        _trace(
            "TypeError: Cannot read properties of undefined (reading 'total')",
            "    at priceOf ({dir}/src/cart.js:{line}:{n})",
            "    at async Cart.sum ({dir}/src/cart.js:{line2}:9)",
            "    at processTicksAndRejections (node:internal/process/task_queues:95:5)",
        ),
        (("TypeError", "RangeError"), ("priceOf", "weightOf"), ("src/cart.js:", "src/tax.js:")),
    ),
    Base(
        "node bundle",
        _trace(
            "ReferenceError: process is not defined",
            "    at startServer ({dir}/dist/main.{sha}.js:{line}:{n})",
            "    at bootstrap ({dir}/dist/main.{sha}.js:{line2}:{ms})",
        ),
        (("ReferenceError", "SyntaxError"), ("startServer", "stopServer")),
    ),
    Base(
        "node system error",
        _trace(
            "Error: connect ECONNREFUSED {ip}:{port}",
            "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:{line}:{n})",
        ),
        (("ECONNREFUSED", "ETIMEDOUT"), ("Error: connect", "Error: write")),
    ),
    Base(
        "go",
        _trace(
            "panic: assignment to entry in nil map",
            "",
            "goroutine {n} [running]:",
            "main.(*Cache).Put({hex}, {hex})",
            "\t{dir}/cache/cache.go:{line} +{hex}",
            "main.main.func1()",
            "\t{dir}/main.go:{line2} +{hex}",
            "exit status 2",
        ),
        (("(*Cache).Put", "(*Cache).Get"), ("assignment to entry in nil map", "all channels are closed")),
    ),
    Base(
        "rust",
        _trace(
            "thread 'main' ({n}) panicked at src/store.rs:{line}:{line2}:",
            "called `Option::unwrap()` on a `None` value",
            "stack backtrace:",
            "   0: rust_begin_unwind",
            "             at /rustc/{sha}/library/std/src/panicking.rs:{line}:5",
            "   1: core::panicking::panic_fmt",
            "             at /rustc/{sha}/library/core/src/panicking.rs:{line2}:14",
            "   2: shop::store::Store::load::h{sha}",
            "             at ./src/store.rs:{line}:17",
            "   3: shop::main::h{sha}",
            "             at ./src/main.rs:{line2}:5",
        ),
        (("store::Store::load", "store::Store::save"), ("on a `None` value", "on an `Err` value")),
    ),
    Base(
        "csharp",
        _trace(
            "Unhandled exception. Shop.OrderException: order {n} ({id}) is locked",
            "   at Shop.OrderService.<LockAsync>d__{line}.MoveNext() in {dir}/OrderService.cs:line {line2}",
            "--- End of stack trace from previous location ---",
            "   at Shop.Program.<>c__DisplayClass{n}_0.<Main>b__0() in {dir}/Program.cs:line {line}",
        ),
        (("Shop.OrderException", "Shop.StockException"), ("<LockAsync>", "<FreeAsync>")),
    ),
    Base(
        "csharp inner",
        _trace(
            "System.AggregateException: One or more errors occurred. (timeout after {ms} ms)",
            " ---> Shop.GatewayException: gateway {host} did not answer",
            "   at Shop.Gateway.Send(Order order) in {dir}/Gateway.cs:line {line}",
            "   --- End of inner exception stack trace ---",
            "   at Shop.Checkout.Run() in {dir}/Checkout.cs:line {line2}",
        ),
        (("Shop.GatewayException", "Shop.ProtocolException"), ("Gateway.Send(", "Gateway.Ping(")),
    ),
    Base(
        "ruby",
        _trace(
            "{dir}/app/cart.rb:{line}:in 'block (2 levels) in total': undefined method 'price' for nil (NoMethodError)",
            "\tfrom {dir}/app/cart.rb:{line2}:in 'each'",
            "\tfrom {dir}/app/checkout.rb:{n}:in 'run'",
        ),
        (("NoMethodError", "NameError"), ("in 'run'", "in 'retry'")),
    ),
    Base(
        "php",
        _trace(
            "PHP Fatal error:  Uncaught Shop\\StockException: item {n} is out of stock in {dir}/src/Stock.php:{line}",
            "Stack trace:",
            "#0 {dir}/src/Cart.php({line2}): Shop\\Stock->take({n})",
            "#1 {dir}/public/index.php({n}): Shop\\Cart->checkout()",
            "#2 {{main}}",
            "  thrown in {dir}/src/Stock.php on line {line}",
        ),
        (("StockException", "PriceException"), ("Stock->take", "Stock->give")),
    ),
    Base(
        "asan",
        _trace(
            "=={n}==ERROR: AddressSanitizer: heap-use-after-free on address {hex} at pc {hex} bp {hex} sp {hex}",
            "READ of size 4 at {hex} thread T0",
            "    #0 {hex} in parse_header {dir}/src/parse.c:{line}:{line2}",
            "    #1 {hex} in main {dir}/src/main.c:{n}:3",
        ),
        (("heap-use-after-free", "stack-buffer-overflow"), ("parse_header", "parse_footer")),
    ),
    Base(
        "java lambda",
        _trace(
            "com.shop.JobException: job {n} failed",
            "\tat com.shop.Runner.go(Runner.java:{line})",
            "\tat com.shop.Runner$$Lambda${n}/{hex}.run(Unknown Source)",
            "\tat com.shop.Runner$$ExternalSyntheticLambda{n}.run(Unknown Source)",
            "\tat com.shop.Pool.work(Pool.java:{line2})",
        ),
        (("Runner.go", "Runner.stop"), ("Pool.work", "Pool.drain"), ("JobException", "TaskException")),
    ),
    Base(
        "node properties",
        _trace(
            "QueryError: lookup of {n} failed",
            "    at lookup ({dir}/src/store.js:{line}:{n})",
            "    at async main ({dir}/src/main.js:{line2}:9) {{",
            "  code: 'P2025',",
            "  statusCode: 422,",
            "  clientVersion: '{build}',",
            "  details: {{ took: {n} }}",
            "}}",
        ),
        (("P2025", "P2002"), ("statusCode: 422", "statusCode: 409"), ("QueryError", "TimeoutError")),
    ),
    Base(
        "csharp numbered",
        _trace(
            "Shop.SyncException: sync of {host} failed",
            " ---> System.Net.Sockets.SocketException (111): Connection refused",
            "   at Shop.Link.Open() in {dir}/Link.cs:line {line}",
            "   --- End of inner exception stack trace ---",
            "   at Shop.Sync.Run() in {dir}/Sync.cs:line {line2}",
        ),
        (("(111)", "(113)"), ("Link.Open", "Link.Close")),
    ),
    Base(
        "erlang",
        _trace(
            "=ERROR REPORT==== 1-May-2026::10:00:07.120000 ===",
            "** Generic server shop_cart terminating",
            "** Last message in was {{add,{n}}}",
            "** Reason for termination ==",
            "** {{{{badmatch,{{error,enoent}}}},",
            '    [{{shop_cart,load,1,[{{file,"src/shop_cart.erl"}},{{line,{line}}}]}},',
            '     {{gen_server,try_handle_call,4,[{{file,"gen_server.erl"}},{{line,{line2}}}]}}]}}',
        ),
        (("enoent", "eacces"), ("shop_cart,load", "shop_cart,save")),
    ),
    Base(
        "elixir",
        _trace(
            "** (KeyError) key :total not found in: %{{id: {n}}}",
            "    (shop {build}) lib/shop/cart.ex:{line}: Shop.Cart.total/1",
            "    (shop {build}) lib/shop/web.ex:{line2}: Shop.Web.show/2",
        ),
        (("Shop.Cart.total/1", "Shop.Cart.weight/1"),),
    ),
)

LINES = (
    Base(
        "http status",
        "{time} ERROR proxy: upstream http://{ip}:{port}/v1/{n} answered with status 503 after {ms}ms",
        (("status 503", "status 404"), ("answered with", "closed after")),
    ),
    Base(
        "access log",
        '{ip} - - [20/Nov/2026:10:15:30 +0000] "GET /orders/{n} HTTP/1.1" 502 {ms}',
        (('" 502', '" 504'), ("GET", "POST")),
    ),
    Base(
        "oracle",
        "{time} ERROR dao: ORA-00942: table or view does not exist (session {n})",
        (("ORA-00942", "ORA-00904"),),
    ),
    Base("postgres", "{iso} [{n}] ERROR:  deadlock detected (SQLSTATE 40P01) at {host}", (("40P01", "40001"),)),
    Base(
        "mysql",
        "{iso} {n} [ERROR] [MY-012592] [InnoDB] Operating system error number 2 in a file operation.",
        (("MY-012592", "MY-012595"),),
    ),
    Base("rustc", "error[E0308]: mismatched types", (("E0308", "E0277"),)),
    Base(
        "tsc",
        "src/cart.ts({line},{line2}): error TS2345: Argument of type 'string' is not assignable",
        (("TS2345", "TS2322"),),
    ),
    Base(
        "csc",
        "{dir}/Cart.cs({line},{line2}): error CS0246: The type or namespace name could not be found",
        (("CS0246", "CS0103"),),
    ),
    Base(
        "msvc",
        "parse.obj : error LNK2019: unresolved external symbol referenced in function main",
        (("LNK2019", "LNK2001"),),
    ),
    Base("npm", "npm ERR! code ERESOLVE", (("ERESOLVE", "EINTEGRITY"), ("ERESOLVE", "E404"))),
    Base("errno", "{time} ERROR disk: write to {dir}/data/{n}.bin failed: errno 28", (("errno 28", "errno 5"),)),
    Base(
        "errno name",
        "{time} ERROR net: connect to {host}:{port} failed: ECONNREFUSED",
        (("ECONNREFUSED", "EHOSTUNREACH"),),
    ),
    Base("exit code", "{time} ERROR runner: job {id} exited with code 137 after {ms} ms", (("code 137", "code 139"),)),
    Base(
        "signal",
        "{time} ERROR init: worker {n} killed by signal 11",
        (("signal 11", "signal 9"), ("killed by", "caught")),
    ),
    Base(
        "kubernetes",
        "{time} ERROR kubelet: pod web-{n} on {host}: back-off CrashLoopBackOff",
        (("CrashLoopBackOff", "ImagePullBackOff"),),
    ),
    Base(
        "cuda",
        "{time} ERROR trainer: rank {n}: CUDA_ERROR_OUT_OF_MEMORY at {hex}",
        (("CUDA_ERROR_OUT_OF_MEMORY", "CUDA_ERROR_ILLEGAL_ADDRESS"),),
    ),
    Base("xid", "NVRM: Xid (PCI:0000:3b:00): 79, pid={n}, GPU has fallen off the bus", (("): 79", "): 48"),)),
    Base(
        "grpc",
        "{time} ERROR client: rpc error: code = Unavailable desc = connection to {ip}:{port} lost",
        (("Unavailable", "Internal"),),
    ),
    Base(
        "windows",
        "{time} ERROR setup: install of build {build} failed with 0x80070005 on {host}",
        (("0x80070005", "0x80070002"),),
    ),
    Base("sqlserver", "Msg 208, Level 16, State 1, Server {host}, Line {line}", (("Msg 208", "Msg 207"),)),
    Base("mongo", "{time} ERROR repo: E11000 duplicate key error in request {id}", (("E11000", "E11001"),)),
    Base(
        "msbuild",
        "{dir}/Shop.csproj : error MSB3644: The reference assemblies were not found.",
        (("MSB3644", "MSB4019"),),
    ),
    Base(
        "secret",
        "{time} ERROR auth: login failed password=hunter{n}secret token=tok{sha} from {ip}",
        (("login failed", "logout failed"),),
    ),
    Base(
        "values",
        "{time} ERROR pool: lease {id} of {host} expired after {ms} ms (max={n}, dir={dir})",
        (("expired", "was revoked"),),
    ),
    Base("units", "{time} ERROR pool: {size} held for {took} (limit {iso_took})", (("held for", "lost after"),)),
    Base("release", "{time} ERROR deploy: release {release} is unhealthy", (("unhealthy", "missing"),)),
    Base("base64", "{time} ERROR bus: frame {blob} undecodable", (("undecodable", "unsigned"),)),
    Base("endpoint", "{time} ERROR pool: no route to {endpoint} today", (("no route", "no reply"),)),
    Base("state of a role", "{time} ERROR auth: sign-in of {mail}: account locked", (("locked", "expired"),)),
    Base("return code", "{time} ERROR backup: copy {n} failed, rc=23", (("rc=23", "rc=12"),)),
    Base("exited", "{time} ERROR init: worker {n} exited with 70", (("with 70", "with 78"),)),
    Base("systemd", "web.service: Main process exited, code=exited, status=4", (("status=4", "status=5"),)),
    Base("grpc number", "{time} ERROR client: call {id} ended, grpc-status: 14", ((": 14", ": 8"),)),
    Base("sqlcode", "{time} ERROR dao: insert {n} failed, SQLCODE=-803", (("-803", "-911"),)),
    Base("sqlstate alone", "{time} ERROR dao: insert {n} failed (23505)", (("23505", "23503"),)),
    Base("winsock", "{time} ERROR net: bind to {port} failed, WSAGetLastError() = 10048", (("10048", "10013"),)),
    Base("negative", "{time} ERROR drv: channel {n}: transfer failed: -110", (("-110", "-5"),)),
    Base("json code", '{time} ERROR api: {{"error":{{"code":429,"trace":"{id}"}}}}', ((":429", ":403"),)),
    Base("user", "{time} ERROR auth: quota exceeded for {mail} by {n} MB", (("quota", "budget"),)),
)
BASES = (*TRACES, *LINES)


def _fill(text: str, values: dict[str, str]) -> str:
    return text.format(**values)


def _record(text: str) -> LogRecord:
    """The event of a text, read as ingest reads it; with several, the one that has a trace."""
    records = list(parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0])
    return next((r for r in records if r.stacktrace is not None), records[0])


FIRST = {name: values[0] for name, values in FIELDS.items()}


def _mutations(base: Base) -> list[tuple[str, str]]:
    used = [name for name in FIELDS if "{" + name + "}" in base.text]
    single = [
        (f"{name}={value}", _fill(base.text, FIRST | {name: value})) for name in used for value in FIELDS[name][1:]
    ]
    every = [("all", _fill(base.text, {name: values[n] for name, values in FIELDS.items()})) for n in (1, 2)]
    return single + every


@pytest.mark.parametrize("base", TRACES, ids=lambda b: b.name)
def test_traces_are_read_as_traces(base: Base) -> None:
    """The trace cases prove something about frames only if the parser finds them."""
    assert _record(_fill(base.text, FIRST)).stacktrace is not None


@pytest.mark.parametrize("base", BASES, ids=lambda b: b.name)
def test_same_fault_has_the_same_id(base: Base) -> None:
    """Ids, addresses, paths, numbers, times, hosts, line numbers and build ids make no other error (promise)."""
    expected = fingerprint(_record(_fill(base.text, FIRST)))
    for name, text in _mutations(base):
        found = fingerprint(_record(text))
        assert (found.id, found.related) == (expected.id, expected.related), (
            f"{name}: {found.template!r} {expected.template!r}"
        )


@pytest.mark.parametrize("base", BASES, ids=lambda b: b.name)
def test_look_alikes_have_another_id(base: Base) -> None:
    """Another exception type, code, in-app frame or statement is another error however alike the text (promise)."""
    text = _fill(base.text, FIRST)
    expected = fingerprint(_record(text)).id
    for old, new in base.others:
        assert old in text
        assert fingerprint(_record(text.replace(old, new))).id != expected, f"{old} -> {new}"


def test_the_set_is_large_enough() -> None:
    """The mutation test covers at least 40 events and tells all of them apart."""
    ids = {fingerprint(_record(_fill(b.text, FIRST))).id for b in BASES}
    assert len(ids) == len(BASES) >= 40


@pytest.mark.parametrize("base", BASES, ids=lambda b: b.name)
def test_equal_before_and_after_redaction(base: Base) -> None:
    """The id of a stored, redacted sample is the id of the raw event (promise: redaction comes after grouping)."""
    record = _record(_fill(base.text, FIRST))
    gate = Redactor()
    trace = record.stacktrace
    clean = replace(
        record,
        body=gate(record.body),
        message=gate(record.message),
        stacktrace=None
        if trace is None
        else replace(trace, exceptions=tuple(replace(e, message=gate(e.message)) for e in trace.exceptions)),
    )
    assert fingerprint(clean).id == fingerprint(record).id


@pytest.mark.parametrize("base", BASES, ids=lambda b: b.name)
def test_memo_gives_what_the_function_gives(base: Base) -> None:
    """`Fingerprinter` never answers with a neighbour's fingerprint, whatever it saw before: look-alikes included."""
    memo = Fingerprinter()
    text = _fill(base.text, FIRST)
    texts = [text, *(t for _, t in _mutations(base)), *(text.replace(*pair) for pair in base.others)]
    for record in [_record(t) for t in texts] * 2:
        assert memo.of(record) == fingerprint(record)
