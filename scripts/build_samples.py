#!/usr/bin/env python3
"""Write the sample logs that the package ships (mcp_rag/samples/*.tmpl): invented services, a seeded generator.

Run at development time only; the output is committed, and the same program writes the same bytes:

    python scripts/build_samples.py [DIRECTORY]

A stamp is written as `{{T-3600.250}}`: seconds before "now", which mcp_rag.samples.write replaces by a time in the
file's own notation. Noise is INFO and DEBUG; the errors are listed per file with the moments at which they happen.
"""
# ruff: noqa: S311, S608, E501 - the noise must be the same at every run, not secret; SQL is only printed; log lines are long

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HOUR = 3600.0
DAY = 24 * HOUR
SPAN = 3 * DAY
DEPLOY = 5 * HOUR  # the release that brought the new errors went out this long ago

Lines = list[str]
Event = tuple[float, Lines]
Maker = Callable[[random.Random], str]


def at(offset: float) -> str:
    return f"{{{{T-{offset:.3f}}}}}"


def spread(rng: random.Random, count: int, oldest: float, newest: float = 60.0) -> list[float]:
    """`count` moments between two ages, in seconds before now."""
    return [rng.uniform(newest, oldest) for _ in range(count)]


def noise(rng: random.Random, count: int, makers: Sequence[Maker]) -> list[Event]:
    return [(age, [rng.choice(makers)(rng).replace("@@", at(age))]) for age in spread(rng, count, SPAN, 45.0)]


def events(rng: random.Random, ages: Sequence[float], make: Callable[[random.Random, str], Lines]) -> list[Event]:
    return [(age, make(rng, at(age))) for age in ages]


def in_order(parts: Sequence[list[Event]]) -> Lines:
    ordered = sorted((event for part in parts for event in part), key=lambda event: -event[0])
    return [line for _, lines in ordered for line in lines]


def hexa(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def ip(rng: random.Random) -> str:
    return f"10.20.{rng.randrange(8)}.{rng.randrange(2, 250)}"


def order(rng: random.Random) -> str:
    return f"ord_{hexa(rng, 8)}"


# ---------------------------------------------------------------- Python service
CHECKOUT = "/srv/checkout/checkout"
SITE = "/srv/checkout/.venv/lib/python3.11/site-packages"


def declined(rng: random.Random, t: str) -> Lines:
    """A chained traceback of the shop's own: the demo's paste is a mutation of this one."""
    sub = rng.choice((":8443", ":9443"))
    return f"""{t} - checkout.payments - ERROR - charge failed order={order(rng)} amount={rng.randrange(900, 90000)} attempt={rng.randrange(1, 4)}
Traceback (most recent call last):
  File "{CHECKOUT}/gateway.py", line 88, in authorise
    reply = self._session.post(url, json=body, timeout=self._timeout_s)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{CHECKOUT}/transport.py", line 41, in post
    raise GatewayTimeout(f"no reply from {{url}} within {{timeout}} s")
checkout.transport.GatewayTimeout: no reply from https://pay-{rng.choice("abc")}.lumen.example{sub}/v2/authorise within 8 s

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{CHECKOUT}/payments.py", line 132, in charge
    receipt = self._gateway.authorise(order, amount)
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{CHECKOUT}/gateway.py", line 93, in authorise
    raise PaymentUnavailable(order.id) from error
checkout.gateway.PaymentUnavailable: payment provider unavailable for {order(rng)}""".split("\n")


def np_float(rng: random.Random, t: str) -> Lines:
    return f"""{t} - checkout.fraud - ERROR - scoring failed for {order(rng)}, order accepted without a score
Traceback (most recent call last):
  File "{CHECKOUT}/fraud/score.py", line 57, in score
    features = build_features(order)
               ^^^^^^^^^^^^^^^^^^^^^
  File "{CHECKOUT}/fraud/features.py", line 23, in build_features
    row = np.zeros(len(COLUMNS), dtype=np.float)
                                       ^^^^^^^^
  File "{SITE}/numpy/__init__.py", line 397, in __getattr__
    raise AttributeError(__former_attrs__[attr], name=None)
AttributeError: module 'numpy' has no attribute 'float'.
`np.float` was a deprecated alias for the builtin `float`. To avoid this error in existing code, use `float` by itself. Doing this will not modify any behavior and is safe. If you specifically wanted the numpy scalar type, use `np.float64` here.
The aliases was originally deprecated in NumPy 1.20; for more details and guidance see the original release note at:
    https://numpy.org/devdocs/release/1.20.0-notes.html#deprecations""".split("\n")


def voucher(rng: random.Random, t: str) -> Lines:
    code = rng.choice(("SPRING", "WELCOME", "SORRY")) + str(rng.randrange(5, 30))
    return f"""{t} - checkout.basket - ERROR - unhandled error in POST /baskets/{hexa(rng, 12)}/voucher
Traceback (most recent call last):
  File "{CHECKOUT}/web/basket.py", line 74, in apply_voucher
    discount = self._vouchers.rate(code)
  File "{CHECKOUT}/vouchers.py", line 30, in rate
    return RATES[code.upper()]
           ~~~~~^^^^^^^^^^^^^^
KeyError: '{code}\'""".split("\n")


def leaky(rng: random.Random, t: str) -> Lines:
    """Planted, invented secrets: the demonstration of redaction."""
    token = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjaGVja291dCIsImp0aSI6I{hexa(rng, 10)}In0.{hexa(rng, 32)}Zq3"
    key = "AKIA" + "".join(rng.choices("ABCDEFGHJKMNPQRSTUVWXYZ234567", k=16))
    return [
        f"{t} - checkout.audit - ERROR - audit sink rejected batch {hexa(rng, 6)}: 401 for postgresql://audit:Tr0ub4dor-{hexa(rng, 4)}@audit-db.lumen.example:5432/audit",
        f"{t} - checkout.partners - WARNING - partner feed refused the call, header Authorization: Bearer {token}",
        f"{t} - checkout.partners - ERROR - upload failed with key {key} for jane.doe{rng.randrange(10, 99)}@customer.example, card 4111 1111 1111 1111",
    ]


def checkout(rng: random.Random) -> Lines:
    makers: list[Maker] = [
        lambda r: f"@@ - checkout.web - INFO - POST /baskets/{hexa(r, 12)}/items 201 {r.randrange(4, 90)} ms",
        lambda r: f"@@ - checkout.web - INFO - GET /baskets/{hexa(r, 12)} 200 {r.randrange(2, 40)} ms",
        lambda r: (
            f"@@ - checkout.payments - INFO - charged order={order(r)} amount={r.randrange(500, 90000)} in {r.randrange(180, 2400)} ms"
        ),
        lambda r: f"@@ - checkout.cache - DEBUG - miss key=price:{r.randrange(1000, 9999)} ttl={r.randrange(30, 300)}",
        lambda r: f"@@ - checkout.pool - DEBUG - {r.randrange(1, 12)} of 20 connections in use",
        lambda r: f"@@ - checkout.payments - WARNING - slow reply from provider: {r.randrange(2500, 7900)} ms",
    ]
    return in_order(
        [
            noise(rng, 470, makers[:5] * 6 + makers[5:]),
            events(rng, [*spread(rng, 9, 2.5 * DAY, DAY), *spread(rng, 14, 6 * HOUR), 52.0], declined),
            events(rng, [*spread(rng, 26, DEPLOY), 71.0], np_float),
            events(rng, spread(rng, 11, SPAN), voucher),
            events(rng, [2 * DAY, 9 * HOUR], leaky),
            [
                (
                    DEPLOY + 4,
                    [
                        f"{at(DEPLOY + 4)} - checkout.web - INFO - starting checkout 4.12.0 (numpy 1.26.4, python 3.11.9)"
                    ],
                )
            ],
        ]
    )


# ---------------------------------------------------------------- uvicorn, FastAPI
def catalog_crash(rng: random.Random, t: str) -> Lines:
    return f"""{t} - uvicorn.error - ERROR - Exception in ASGI application
Traceback (most recent call last):
  File "/srv/catalog/.venv/lib/python3.12/site-packages/uvicorn/protocols/http/httptools_impl.py", line 409, in run_asgi
    result = await app(  # type: ignore[func-returns-value]
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/catalog/.venv/lib/python3.12/site-packages/fastapi/routing.py", line 301, in app
    raw_response = await run_endpoint_function(
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/catalog/catalog/routes/search.py", line 46, in search
    hits = await index.query(q, facets=facets)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/catalog/catalog/index.py", line 112, in query
    raise IndexStale(f"index generation {{have}} is older than {{want}}")
catalog.index.IndexStale: index generation {rng.randrange(400, 480)} is older than {rng.randrange(481, 520)}""".split(
        "\n"
    )


def catalog_dns(_rng: random.Random, t: str) -> Lines:
    return f"""{t} - catalog.images - ERROR - thumbnail service lookup failed
Traceback (most recent call last):
  File "/srv/catalog/catalog/images.py", line 29, in resolve
    infos = await loop.getaddrinfo(host, 443)
  File "/usr/lib/python3.12/socket.py", line 963, in getaddrinfo
    for res in _socket.getaddrinfo(host, port, family, type, proto, flags):
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
socket.gaierror: [Errno -3] Temporary failure in name resolution""".split("\n")


def catalog(rng: random.Random) -> Lines:
    makers: list[Maker] = [
        lambda r: (
            f'@@ - uvicorn.access - INFO - {ip(r)}:{r.randrange(30000, 60999)} - "GET /items/{r.randrange(1, 9000)} HTTP/1.1" 200'
        ),
        lambda r: (
            f'@@ - uvicorn.access - INFO - {ip(r)}:{r.randrange(30000, 60999)} - "GET /search?q=lamp&page={r.randrange(1, 9)} HTTP/1.1" 200'
        ),
        lambda r: f'@@ - uvicorn.access - INFO - {ip(r)}:{r.randrange(30000, 60999)} - "GET /health HTTP/1.1" 200',
        lambda r: f"@@ - catalog.index - DEBUG - query took {r.randrange(1, 60)} ms, {r.randrange(0, 400)} hits",
    ]
    stale = [*spread(rng, 17, SPAN), 310.0]
    return in_order(
        [
            noise(rng, 380, makers),
            events(rng, stale, catalog_crash),
            events(rng, spread(rng, 6, 20 * HOUR, 18 * HOUR), catalog_dns),
            events(
                rng,
                spread(rng, 4, DAY),
                lambda _r, t: [
                    f"{t} - catalog.jobs - WARNING - /srv/catalog/catalog/jobs.py:12: RuntimeWarning: coroutine 'refresh_prices' was never awaited"
                ],
            ),
        ]
    )


# ---------------------------------------------------------------- Java, Spring Boot
def java_npe(rng: random.Random, t: str) -> Lines:
    return f"""{t} ERROR 4711 --- [orders] [nio-8080-exec-{rng.randrange(1, 10)}] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception [Request processing failed: java.lang.NullPointerException: Cannot invoke "example.lumen.orders.Address.countryCode()" because "shipment.address" is null] with root cause

java.lang.NullPointerException: Cannot invoke "example.lumen.orders.Address.countryCode()" because "shipment.address" is null
\tat example.lumen.orders.ShippingCalculator.zoneOf(ShippingCalculator.java:61) ~[!/:4.12.0]
\tat example.lumen.orders.ShippingCalculator.quote(ShippingCalculator.java:38) ~[!/:4.12.0]
\tat example.lumen.orders.OrderController.create(OrderController.java:97) ~[!/:4.12.0]
\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103) ~[na:na]
\tat java.base/java.lang.reflect.Method.invoke(Method.java:580) ~[na:na]
\tat org.springframework.web.method.support.InvocableHandlerMethod.doInvoke(InvocableHandlerMethod.java:255) ~[spring-web-6.2.1.jar!/:6.2.1]
\tat org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:116) ~[tomcat-embed-core-10.1.34.jar!/:na]
\tat java.base/java.lang.Thread.run(Thread.java:1583) ~[na:na]""".split("\n")


def java_deadlock(rng: random.Random, t: str) -> Lines:
    a, b = rng.randrange(20000, 30000), rng.randrange(30000, 40000)
    return f"""{t} ERROR 4711 --- [orders] [   scheduling-1] e.l.orders.stock.StockReservationJob      : reservation run failed after {rng.randrange(2, 40)} orders

org.springframework.dao.CannotAcquireLockException: PreparedStatementCallback; SQL [update stock set reserved = reserved + ? where sku = ?]; ERROR: deadlock detected
\tat org.springframework.jdbc.support.SQLStateSQLExceptionTranslator.doTranslate(SQLStateSQLExceptionTranslator.java:134) ~[spring-jdbc-6.2.1.jar!/:6.2.1]
\tat example.lumen.orders.stock.StockRepository.reserve(StockRepository.java:52) ~[!/:4.12.0]
\tat example.lumen.orders.stock.StockReservationJob.run(StockReservationJob.java:33) ~[!/:4.12.0]
\tat java.base/java.lang.Thread.run(Thread.java:1583) ~[na:na]
Caused by: org.postgresql.util.PSQLException: ERROR: deadlock detected
  Detail: Process {a} waits for ShareLock on transaction {rng.randrange(700000, 800000)}; blocked by process {b}.
Process {b} waits for ShareLock on transaction {rng.randrange(700000, 800000)}; blocked by process {a}.
  Hint: See server log for query details.
  Where: while updating tuple ({rng.randrange(0, 40)},{rng.randrange(1, 60)}) in relation "stock"
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733) ~[postgresql-42.7.4.jar!/:42.7.4]
\t... 4 common frames omitted""".split("\n")


def orders(rng: random.Random) -> Lines:
    makers: list[Maker] = [
        lambda r: (
            f"@@  INFO 4711 --- [orders] [nio-8080-exec-{r.randrange(1, 10)}] e.lumen.orders.OrderController           : created {order(r)} with {r.randrange(1, 9)} items"
        ),
        lambda r: (
            f"@@ DEBUG 4711 --- [orders] [nio-8080-exec-{r.randrange(1, 10)}] o.h.SQL                                  : select o.id, o.state from orders o where o.id=?"
        ),
        lambda r: (
            f"@@  INFO 4711 --- [orders] [   scheduling-1] e.l.orders.stock.StockReservationJob      : reserved stock for {r.randrange(1, 80)} orders in {r.randrange(40, 900)} ms"
        ),
        lambda r: (
            f"@@  WARN 4711 --- [orders] [l-1 housekeeper] com.zaxxer.hikari.pool.HikariPool        : HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta={r.randrange(46, 99)}s{r.randrange(999)}ms)."
        ),
    ]
    return in_order(
        [
            noise(rng, 340, makers[:3] * 8 + makers[3:]),
            events(rng, [*spread(rng, 19, DEPLOY), 95.0], java_npe),
            events(rng, [*spread(rng, 8, SPAN), 640.0], java_deadlock),
        ]
    )


# ---------------------------------------------------------------- Node, pino
def pino(level: int, message: str, **more: object) -> Maker:
    def make(r: random.Random) -> str:
        row = {
            "level": level,
            "time": 0,
            "pid": 21,
            "hostname": f"storefront-{hexa(r, 4)}",
            "name": "storefront",
            **more,
            "msg": message,
        }
        return (
            json.dumps(row, separators=(",", ":"))
            .replace('"time":0', '"time":@@')
            .replace("%id%", hexa(r, 10))
            .replace("%n%", str(r.randrange(3, 900)))
        )

    return make


def storefront(rng: random.Random) -> Lines:
    refused = pino(
        50,
        "basket service unreachable",
        reqId="req-%id%",
        err={
            "type": "Error",
            "message": "connect ECONNREFUSED 10.20.4.17:7000",
            "stack": "Error: connect ECONNREFUSED 10.20.4.17:7000\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)",
            "errno": -111,
            "code": "ECONNREFUSED",
            "syscall": "connect",
            "address": "10.20.4.17",
            "port": 7000,
        },
    )
    undefined = pino(
        50,
        "render failed",
        reqId="req-%id%",
        err={
            "type": "TypeError",
            "message": "Cannot read properties of undefined (reading 'currency')",
            "stack": "TypeError: Cannot read properties of undefined (reading 'currency')\n    at formatPrice (/srv/storefront/dist/price.js:18:31)\n    at ProductCard (/srv/storefront/dist/components/card.js:44:9)\n    at renderPage (/srv/storefront/dist/render.js:102:15)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
        },
    )
    secret = pino(40, "retrying geo lookup", url="https://geo.lumen.example/v1?api_key=lk_live_%id%%id%cafe", attempt=2)
    makers: list[Maker] = [
        pino(
            30,
            "request completed",
            reqId="req-%id%",
            req={"method": "GET", "url": "/p/%n%"},
            res={"statusCode": 200},
            responseTime=12,
        ),
        pino(
            30,
            "request completed",
            reqId="req-%id%",
            req={"method": "GET", "url": "/c/lamps?page=%n%"},
            res={"statusCode": 200},
            responseTime=31,
        ),
        pino(20, "cache hit", key="page:%id%"),
    ]

    def of(maker: Maker) -> Callable[[random.Random, str], Lines]:
        return lambda r, t: [maker(r).replace("@@", t)]

    return in_order(
        [
            noise(rng, 260, makers),
            events(rng, [*spread(rng, 21, 30 * HOUR, 26 * HOUR), *spread(rng, 7, 2 * HOUR), 130.0], of(refused)),
            events(rng, spread(rng, 33, DEPLOY), of(undefined)),
            events(rng, spread(rng, 3, DAY), of(secret)),
        ]
    )


# ---------------------------------------------------------------- nginx
def nginx_error(rng: random.Random) -> Lines:
    def refused(r: random.Random, t: str) -> Lines:
        return [
            f'{t} [error] 31#31: *{r.randrange(10000, 99999)} connect() failed (111: Connection refused) while connecting to upstream, client: {ip(r)}, server: shop.lumen.example, request: "POST /api/baskets/{hexa(r, 12)}/items HTTP/1.1", upstream: "http://10.20.4.17:7000/baskets/{hexa(r, 12)}/items", host: "shop.lumen.example"'
        ]

    def timeout(r: random.Random, t: str) -> Lines:
        return [
            f'{t} [error] 31#31: *{r.randrange(10000, 99999)} upstream timed out (110: Connection timed out) while reading response header from upstream, client: {ip(r)}, server: shop.lumen.example, request: "POST /api/orders HTTP/1.1", upstream: "http://10.20.4.20:8080/orders", host: "shop.lumen.example"'
        ]

    def too_large(r: random.Random, t: str) -> Lines:
        return [
            f'{t} [error] 31#31: *{r.randrange(10000, 99999)} client intended to send too large body: {r.randrange(1048577, 9000000)} bytes, client: {ip(r)}, server: shop.lumen.example, request: "POST /api/reviews/photo HTTP/1.1", host: "shop.lumen.example"'
        ]

    makers: list[Maker] = [
        lambda r: f"@@ [notice] 1#1: signal process started, {r.randrange(1, 9)} workers",
        lambda r: f"@@ [info] 31#31: *{r.randrange(10000, 99999)} client {ip(r)} closed keepalive connection",
    ]
    return in_order(
        [
            noise(rng, 120, makers[1:] * 9 + makers[:1]),
            events(rng, [*spread(rng, 24, 30 * HOUR, 26 * HOUR), *spread(rng, 8, 2 * HOUR), 128.0], refused),
            events(rng, spread(rng, 13, SPAN), timeout),
            events(rng, spread(rng, 5, 2 * DAY), too_large),
        ]
    )


def nginx_access(rng: random.Random) -> Lines:
    agent = '"Mozilla/5.0 (X11; Linux x86_64)"'
    makers: list[Maker] = [
        lambda r: f'{ip(r)} - - [@@] "GET /p/{r.randrange(1, 900)} HTTP/1.1" 200 {r.randrange(900, 40000)} "-" {agent}',
        lambda r: f'{ip(r)} - - [@@] "GET /static/app.{hexa(r, 8)}.js HTTP/1.1" 304 0 "-" {agent}',
        lambda r: f'{ip(r)} - - [@@] "POST /api/baskets HTTP/1.1" 201 {r.randrange(90, 400)} "-" {agent}',
    ]

    def bad(status: int, path: str) -> Callable[[random.Random, str], Lines]:
        return lambda r, t: [f'{ip(r)} - - [{t}] "POST {path} HTTP/1.1" {status} 157 "-" {agent}']

    return in_order(
        [
            noise(rng, 330, makers),
            events(rng, spread(rng, 30, 30 * HOUR, 26 * HOUR), bad(502, "/api/baskets")),
            events(rng, spread(rng, 13, SPAN), bad(504, "/api/orders")),
        ]
    )


# ---------------------------------------------------------------- Postgres
def postgres(rng: random.Random) -> Lines:
    def deadlock(r: random.Random, t: str) -> Lines:
        a, b = r.randrange(20000, 30000), r.randrange(30000, 40000)
        x, y = r.randrange(700000, 800000), r.randrange(700000, 800000)
        return [
            f"{t} [{a}] orders@shop ERROR:  deadlock detected",
            f"{t} [{a}] orders@shop DETAIL:  Process {a} waits for ShareLock on transaction {x}; blocked by process {b}.",
            f"\tProcess {b} waits for ShareLock on transaction {y}; blocked by process {a}.",
            f"\tProcess {a}: update stock set reserved = reserved + $1 where sku = $2",
            f"\tProcess {b}: update stock set reserved = reserved + $1 where sku = $2",
            f"{t} [{a}] orders@shop HINT:  See server log for query details.",
            f'{t} [{a}] orders@shop CONTEXT:  while updating tuple ({r.randrange(40)},{r.randrange(1, 60)}) in relation "stock"',
            f"{t} [{a}] orders@shop STATEMENT:  update stock set reserved = reserved + $1 where sku = $2",
        ]

    def duplicate(r: random.Random, t: str) -> Lines:
        pid = r.randrange(20000, 30000)
        return [
            f'{t} [{pid}] orders@shop ERROR:  duplicate key value violates unique constraint "orders_request_id_key"',
            f"{t} [{pid}] orders@shop DETAIL:  Key (request_id)=({hexa(r, 32)}) already exists.",
            f"{t} [{pid}] orders@shop STATEMENT:  insert into orders (id, request_id, state) values ($1, $2, $3)",
        ]

    def too_many(r: random.Random, t: str) -> Lines:
        return [f"{t} [{r.randrange(20000, 30000)}] reports@shop FATAL:  sorry, too many clients already"]

    makers: list[Maker] = [
        lambda r: (
            f"@@ [812] LOG:  checkpoint complete: wrote {r.randrange(20, 4000)} buffers ({r.randrange(1, 20)}.{r.randrange(9)}%); 0 WAL file(s) added, 0 removed, {r.randrange(5)} recycled; write={r.randrange(3, 280)}.{r.randrange(999):03d} s, sync=0.00{r.randrange(9)} s, total={r.randrange(3, 280)}.{r.randrange(999):03d} s"
        ),
        lambda r: (
            f"@@ [{r.randrange(20000, 40000)}] orders@shop LOG:  duration: {r.randrange(1000, 6000)}.{r.randrange(999):03d} ms  statement: select * from orders where state = 'open' order by created_at"
        ),
        lambda r: (
            f"@@ [{r.randrange(20000, 40000)}] LOG:  connection received: host={ip(r)} port={r.randrange(30000, 60999)}"
        ),
    ]
    return in_order(
        [
            noise(rng, 330, makers),
            events(rng, [*spread(rng, 8, SPAN), 641.0], deadlock),
            events(rng, spread(rng, 14, SPAN), duplicate),
            events(rng, spread(rng, 9, 15 * HOUR, 14.5 * HOUR), too_many),
        ]
    )


# ---------------------------------------------------------------- Go under Kubernetes (CRI prefix on every line)
def cri(t: str, lines: Sequence[str], stream: str = "stderr") -> Lines:
    return [f"{t} {stream} F {line}" for line in lines]


def inventory(rng: random.Random) -> Lines:
    def nil_map(r: random.Random, t: str) -> Lines:
        return cri(
            t,
            [
                "panic: assignment to entry in nil map",
                "",
                f"goroutine {r.randrange(20, 900)} [running]:",
                f"example.lumen/inventory/internal/ledger.(*Ledger).Reserve(0xc000{hexa(r, 6)}, {{0xc000{hexa(r, 6)}, 0xc}}, 0x{r.randrange(1, 9)})",
                "\t/src/internal/ledger/ledger.go:71 +0x1c8",
                f"example.lumen/inventory/internal/api.(*Server).reserve(0xc000{hexa(r, 6)}, {{0x1a{hexa(r, 4)}, 0xc000{hexa(r, 6)}}})",
                "\t/src/internal/api/reserve.go:39 +0x3f2",
                "net/http.HandlerFunc.ServeHTTP(...)",
                "\t/usr/local/go/src/net/http/server.go:2220",
                "created by net/http.(*Server).Serve in goroutine 1",
                "\t/usr/local/go/src/net/http/server.go:3360 +0x485",
            ],
        )

    def x509(r: random.Random, t: str) -> Lines:
        row = {
            "level": "error",
            "msg": "supplier sync failed",
            "supplier": f"sup-{r.randrange(10, 60)}",
            "error": 'Get "https://edi.supplier.example/stock": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        }
        return cri(t, [json.dumps(row)])

    def backoff(r: random.Random, t: str) -> Lines:
        pod = f"inventory-7d9f8c6b5d-{hexa(r, 5)}"
        return cri(
            t,
            [
                json.dumps(
                    {
                        "level": "warn",
                        "msg": f"Back-off restarting failed container inventory in pod {pod}_shop({hexa(r, 8)}-{hexa(r, 4)}-4{hexa(r, 3)}-8{hexa(r, 3)}-{hexa(r, 12)})",
                        "reason": "BackOff",
                    }
                )
            ],
        )

    def info(message: str) -> Maker:
        return lambda r: cri(
            "@@",
            [
                json.dumps(
                    {
                        "level": "info",
                        "msg": message,
                        "sku": f"SKU-{r.randrange(10000, 99999)}",
                        "ms": r.randrange(1, 60),
                    }
                )
            ],
            "stdout",
        )[0]

    return in_order(
        [
            noise(rng, 430, [info("stock read"), info("stock reserved"), info("stock released")]),
            events(rng, [*spread(rng, 6, DEPLOY), 205.0], nil_map),
            events(rng, spread(rng, 17, SPAN), x509),
            events(rng, spread(rng, 6, DEPLOY, 200.0), backoff),
        ]
    )


# ---------------------------------------------------------------- vLLM behind torchrun (prefix on every line)
def serving(rng: random.Random) -> Lines:
    def oom(r: random.Random, t: str) -> Lines:
        rank = r.randrange(2)
        head = f"(Worker_TP{rank} pid={r.randrange(900, 980)}) ERROR {t} [multiproc_executor.py:671]"
        return [
            f"{head} {line}".rstrip()
            for line in (
                "WorkerProc hit an exception.",
                "Traceback (most recent call last):",
                '  File "/opt/llm/lib/python3.12/site-packages/vllm/v1/executor/multiproc_executor.py", line 666, in worker_busy_loop',
                "    output = func(*args, **kwargs)",
                '  File "/opt/llm/lib/python3.12/site-packages/vllm/v1/worker/gpu_worker.py", line 436, in execute_model',
                "    output = self.model_runner.execute_model(scheduler_output, intermediate_tensors)",
                f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {r.randrange(200, 900)}.00 MiB. GPU {rank} has a total capacity of 79.11 GiB of which {r.randrange(20, 190)}.25 MiB is free. Including non-PyTorch memory, this process has 78.{r.randrange(80, 98)} GiB memory in use. Of the allocated memory 74.{r.randrange(10, 90)} GiB is allocated by PyTorch, and {r.randrange(200, 990)}.12 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)",
            )
        ]

    def kv_cache(r: random.Random, t: str) -> Lines:
        head = f"(EngineCore_DP0 pid={r.randrange(900, 980)}) ERROR {t} [core.py:842]"
        return [
            f"{head} {line}"
            for line in (
                "EngineCore failed to start.",
                "Traceback (most recent call last):",
                '  File "/opt/llm/lib/python3.12/site-packages/vllm/v1/engine/core.py", line 833, in run_engine_core',
                "    engine_core = EngineCoreProc(*args, **kwargs)",
                '  File "/opt/llm/lib/python3.12/site-packages/vllm/v1/core/kv_cache_utils.py", line 758, in _check_enough_kv_cache_memory',
                "    raise ValueError(",
                "ValueError: To serve at least one request with the model's max seq len (131072), (16.0 GiB KV cache is needed, which is larger than the available KV cache memory (9.12 GiB). Based on the available memory, the estimated maximum model length is 74704. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
            )
        ]

    def nccl(r: random.Random, t: str) -> Lines:
        rank = r.randrange(2)
        return [
            f"(Worker_TP{rank} pid={r.randrange(900, 980)}) ERROR {t} [ProcessGroupNCCL.cpp:616] [Rank {rank}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum={r.randrange(100, 9000)}, OpType=ALLREDUCE, NumelIn=5120, NumelOut=5120, Timeout(ms)=600000) ran for 6000{r.randrange(10, 99)} milliseconds before timing out."
        ]

    makers: list[Maker] = [
        lambda r: (
            f"(APIServer pid=811) INFO @@ [loggers.py:123] Engine 000: Avg prompt throughput: {r.randrange(100, 4000)}.{r.randrange(9)} tokens/s, Avg generation throughput: {r.randrange(50, 900)}.{r.randrange(9)} tokens/s, Running: {r.randrange(20)} reqs, Waiting: {r.randrange(4)} reqs, GPU KV cache usage: {r.randrange(90)}.{r.randrange(9)}%, Prefix cache hit rate: {r.randrange(70)}.{r.randrange(9)}%"
        ),
        lambda r: (
            f"(APIServer pid=811) INFO @@ [logger.py:40] Received request chatcmpl-{hexa(r, 32)}: params: SamplingParams(n=1, temperature=0.2, max_tokens={r.randrange(100, 2000)}), prompt_token_ids: None."
        ),
        lambda r: (
            f"(APIServer pid=811) INFO @@ [async_llm.py:{r.randrange(230, 240)}] Added request chatcmpl-{hexa(r, 32)}."
        ),
    ]
    return in_order(
        [
            noise(rng, 250, makers),
            events(rng, [*spread(rng, 6, 28 * HOUR), 480.0], oom),
            events(rng, [2.2 * DAY, 2.19 * DAY, 2.17 * DAY], kv_cache),
            events(rng, spread(rng, 2, 11 * HOUR, 10 * HOUR), nccl),
        ]
    )


# ---------------------------------------------------------------- CI, written gzipped
def build_log(rng: random.Random) -> Lines:
    crates = ("serde", "tokio", "hyper", "tracing", "rand", "axum", "sqlx", "regex", "time", "uuid", "bytes", "http")
    steps: Lines = [
        "##[group]Run cargo build --release",
        "cargo build --release",
        "##[endgroup]",
        "    Updating crates.io index",
    ]
    steps += [
        f"   Compiling {rng.choice(crates)}-{hexa(rng, 3)} v{rng.randrange(3)}.{rng.randrange(40)}.{rng.randrange(20)}"
        for _ in range(230)
    ]
    steps += """error[E0382]: borrow of moved value: `lines`
  --> pricing/src/quote.rs:48:24
   |
41 |     let lines = basket.into_lines();
   |         ----- move occurs because `lines` has type `Vec<Line>`, which does not implement the `Copy` trait
45 |     let net = total(lines);
   |                     ----- value moved here
48 |     let tax = tax_for(&lines, region);
   |                       ^^^^^^ value borrowed here after move

error[E0308]: mismatched types
  --> pricing/src/region.rs:17:20
   |
17 |     rates.get(code.as_str())
   |           ---      ^^^^^^^^ expected `&Region`, found `&str`

Some errors have detailed explanations: E0308, E0382.
For more information about an error, try `rustc --explain E0308`.
error: could not compile `pricing` (lib) due to 2 previous errors
##[error]Process completed with exit code 101.
##[group]Run npm ci
npm error code ERESOLVE
npm error ERESOLVE could not resolve
npm error
npm error While resolving: lumen-admin@2.3.0
npm error Found: react@18.3.1
npm error node_modules/react
npm error   react@"^18.3.1" from the root project
npm error
npm error Could not resolve dependency:
npm error peer react@"^17.0.0" from lumen-charts@1.9.4
npm error
npm error Fix the upstream dependency conflict, or retry
##[error]Process completed with exit code 1.
Cleaning up orphan processes""".split("\n")
    start = 3.4 * HOUR
    return [f"{at(start - 0.9 * i)} {line}" for i, line in enumerate(steps)]


FILES: dict[str, Callable[[random.Random], Lines]] = {
    "checkout.log": checkout,
    "catalog-api.log": catalog,
    "orders-service.log": orders,
    "storefront.ndjson": storefront,
    "nginx-error.log": nginx_error,
    "nginx-access.log": nginx_access,
    "postgres.log": postgres,
    "inventory-pod.log": inventory,
    "llm-serving.log": serving,
    "ci-build.log": build_log,
}


def main() -> None:
    here = Path(__file__).resolve().parent.parent / "mcp_rag" / "samples"
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    directory.mkdir(parents=True, exist_ok=True)
    total_lines = total_bytes = 0
    for name, make in FILES.items():
        lines = make(random.Random(name))
        data = ("\n".join(lines) + "\n").encode()
        (directory / f"{name}.tmpl").write_bytes(data)
        total_lines, total_bytes = total_lines + len(lines), total_bytes + len(data)
        print(f"{name:20} {len(lines):6,} lines {len(data):9,} bytes")
    print(f"{'all':20} {total_lines:6,} lines {total_bytes:9,} bytes")


if __name__ == "__main__":
    main()
