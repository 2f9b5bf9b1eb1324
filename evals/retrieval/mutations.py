"""Events of made-up services with slots for everything that varies, and their look-alikes: same prose, another error.

All text is written for this project. `faults` gives one Fault per error group; `Fault.event` renders it with fresh
values and frame noise; `Fault.others` are the same events with one thing changed that makes them another error.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

_SLOT = re.compile(r"\{(n|id|ip|port|path|hex|time|host|line|build|ms|mail)\}")
_DIRS = ("/srv/app", "/opt/svc/current", "/home/ci/build", "/usr/src/app", "/var/www/site/releases")
NOUNS = (
    "order invoice cart user session report payment catalog token ledger feed webhook export profile shipment".split()
)
_VERBS = "load save sync render resolve dispatch validate apply build fetch flush update".split()
_HOSTS = ("db-1.prod.example.com", "cache-07.eu.example.net", "web-2.stage.example.org", "mq-3.internal.example.com")


def _value(kind: str, rng: random.Random) -> str:
    if kind == "id":
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if kind == "ip":
        return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
    if kind == "path":
        return f"{rng.choice(_DIRS)}/{rng.choice(NOUNS)}/{rng.randrange(10**5)}.dat"
    if kind == "hex":
        return f"0x{rng.getrandbits(44):011x}"
    if kind == "time":
        day = f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        return f"{day}T{rng.randrange(24):02}:{rng.randrange(60):02}:11Z"
    if kind == "host":
        return rng.choice(_HOSTS)
    if kind == "build":
        return f"{rng.randrange(1, 9)}.{rng.randrange(30)}.{rng.randrange(99)}"
    if kind == "mail":
        return f"user{rng.randrange(999)}@example.com"
    high = {"n": 10**6, "port": 65_535, "line": 2_000, "ms": 90_000}[kind]
    return str(rng.randrange(10, high))


def fill(text: str, rng: random.Random) -> str:
    """The text with a fresh value in every slot."""
    return _SLOT.sub(lambda m: _value(m[1], rng), text)


Event = Callable[[random.Random], str]


@dataclass(frozen=True)
class Fault:
    """One error: `event(rng)` renders an occurrence; each of `others` one that must not be taken for it. Faults of one
    `family` answer each other: the same type and message thrown by the same call, or the same code in one sentence."""

    name: str
    family: str
    event: Event
    others: tuple[Event, ...] = field(default=())


# (type, message); messages say the same for every value.
_PYTHON = (
    ("shop.errors.PaymentDeclined", "order {n} declined for {mail}"),
    ("psycopg2.OperationalError", 'connection to server at "{host}" ({ip}), port {port} failed: timeout expired'),
    ("FileNotFoundError", "[Errno 2] No such file or directory: '{path}'"),
    ("ValueError", "invalid literal for int() with base 10: 'x{n}'"),
    ("requests.exceptions.ReadTimeout", "HTTPSConnectionPool(host='{host}', port={port}): Read timed out. ({n})"),
    ("redis.exceptions.ConnectionError", "Error while reading from {host}:{port} : (104, 'Connection reset by peer')"),
    ("json.decoder.JSONDecodeError", "Expecting value: line {line} column {n} (char {n})"),
    ("botocore.exceptions.EndpointConnectionError", 'Could not connect to the endpoint URL: "https://{host}/bucket"'),
)
_JAVA = (
    ("java.lang.IllegalStateException", "Request {id} was already completed"),
    ("java.net.SocketTimeoutException", "Read timed out after {ms} ms"),
    ("com.acme.billing.LedgerException", "ledger entry {n} is locked by node {host}"),
    ("org.hibernate.StaleObjectStateException", "Row was updated by another transaction: [com.acme.Order#{n}]"),
    ("java.util.NoSuchElementException", "No value present for key {n}"),
    ("java.io.FileNotFoundException", "{path} (No such file or directory)"),
)
_NODE = (
    ("TypeError", "Cannot read properties of undefined (reading 'total')"),
    ("RangeError", "Invalid array length {n}"),
    ("SequelizeConnectionError", "connect to {ip}:{port} was refused"),
    ("ValidationError", "document {id} failed validation: amount must be positive"),
)
_DOTNET = (
    ("System.InvalidOperationException", "Sequence {n} contains no elements"),
    ("System.TimeoutException", "The operation did not complete within {ms} ms"),
    ("Acme.Billing.InvoiceException", "invoice {id} could not be posted"),
)
_GO = ("runtime error: invalid memory address or nil pointer dereference", "send on closed channel")
_RUBY = (
    ("ActiveRecord::RecordNotFound", "Couldn't find Order with 'id'={n}"),
    ("Faraday::TimeoutError", "Net::ReadTimeout after {ms} ms with #<TCPSocket:{hex}>"),
)
_LINES = (
    "Connection to {host}:{port} lost after {ms} ms, giving up on %s",
    "%s job {id} exceeded its deadline of {ms} ms",
    "Could not write %s snapshot to {path}: disk quota exceeded",
    "Rejected %s request {id} from {ip}: signature mismatch",
    "%s replica {n} is {n} entries behind the leader {host}",
    "Failed to parse %s file {path} at offset {hex}",
    "Certificate of {host} used by %s expired at {time}",
    "Retry budget of %s exhausted, {n} messages moved to the dead letter queue",
    "Build {build} of %s crashed {n} times within {ms} ms",
    "Out of buffers in %s pool {n}: {n} waiting",
)
_CODED = (
    ("ORA-{code}: %s statement {n} was refused", ("00942", "01017", "12541", "00001")),
    ("%s upstream {host} answered with HTTP status {code} for {path}", ("502", "503", "504", "429")),
    ("SQLSTATE {code}: %s transaction {id} was rolled back", ("40P01", "40001", "23505", "57014")),
    ("%s worker {n} ended with exit code {code} on {host}", ("137", "139", "143", "2")),
)


def _calls(rng: random.Random, n: int = 4) -> list[str]:
    return [f"{rng.choice(_VERBS)}_{noun}" for noun in rng.sample(NOUNS, n)]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _python(type_: str, message: str, calls: list[str], rng: random.Random) -> str:
    root = rng.choice(_DIRS)
    lines = ["Traceback (most recent call last):"]
    for _ in range(rng.randrange(3)):  # frames of the framework around the application come and go
        lines += [
            f'  File "/usr/lib/python3.11/site-packages/uvicorn/run.py", line {rng.randrange(900)}, in run',
            "    await app(scope)",
        ]
    for call in calls:
        lines += [
            f'  File "{root}/shop/{call.split("_")[1]}.py", line {rng.randrange(900)}, in {call}',
            f"    return {call}_step(*args)",
        ]
    return "\n".join([*lines, f"{type_}: {fill(message, rng)}"])


def _java(type_: str, message: str, calls: list[str], rng: random.Random) -> str:
    lines = [f"{type_}: {fill(message, rng)}"]
    for call in reversed(calls):
        owner = f"{call.split('_')[1].title()}Service"
        lines.append(f"\tat com.acme.shop.{owner}.{_camel(call)}({owner}.java:{rng.randrange(900)})")
    pool = "java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java"
    lines += [f"\tat {pool}:{rng.randrange(900)})" for _ in range(rng.randrange(1, 4))]
    return "\n".join(lines)


def _node(type_: str, message: str, calls: list[str], rng: random.Random) -> str:
    root = rng.choice(_DIRS)
    lines = [f"{type_}: {fill(message, rng)}"]
    for call in reversed(calls):
        place = f"{root}/src/{call.split('_')[1]}.js:{rng.randrange(900)}:{rng.randrange(80)}"
        lines.append(f"    at {_camel(call)} ({place})")
    queue = "process.processTicksAndRejections (node:internal/process/task_queues"
    lines += [f"    at {queue}:{rng.randrange(300)}:5)" for _ in range(rng.randrange(1, 3))]
    return "\n".join(lines)


def _dotnet(type_: str, message: str, calls: list[str], rng: random.Random) -> str:
    root = rng.choice(_DIRS)
    lines = [f"Unhandled exception. {type_}: {fill(message, rng)}"]
    for call in reversed(calls):
        owner = call.split("_")[1].title()
        method = call.title().replace("_", "")
        lines.append(
            f"   at Acme.Shop.{owner}Service.{method}(String id) in {root}/{owner}Service.cs:line {rng.randrange(900)}"
        )
    return "\n".join(lines)


def _ruby(type_: str, message: str, calls: list[str], rng: random.Random) -> str:
    root = rng.choice(_DIRS)
    first, *rest = reversed(calls)
    lines = [f"{root}/app/{first.split('_')[1]}.rb:{rng.randrange(900)}:in `{first}': {fill(message, rng)} ({type_})"]
    lines += [f"\tfrom {root}/app/{c.split('_')[1]}.rb:{rng.randrange(900)}:in `{c}'" for c in rest]
    return "\n".join(lines)


def _go(_: str, message: str, calls: list[str], rng: random.Random) -> str:
    root = rng.choice(_DIRS)
    lines = [f"panic: {message}", "", f"goroutine {rng.randrange(1, 900)} [running]:"]
    for call in reversed(calls):
        lines += [f"main.{_camel(call)}({{0x{rng.getrandbits(40):x}, 0x{rng.randrange(99):x}}})"]
        lines += [f"\t{root}/{call.split('_')[1]}.go:{rng.randrange(900)} +0x{rng.randrange(4095):x}"]
    return "\n".join([*lines, "exit status 2"])


_Printer = Callable[[str, str, list[str], random.Random], str]
_LANGUAGES: tuple[tuple[str, _Printer, tuple[tuple[str, str], ...], int], ...] = (
    ("python", _python, _PYTHON, 9),
    ("java", _java, _JAVA, 9),
    ("node", _node, _NODE, 9),
    ("dotnet", _dotnet, _DOTNET, 9),
    ("ruby", _ruby, _RUBY, 9),
    ("go", _go, tuple(("panic", m) for m in _GO), 9),
)


def traces(rng: random.Random) -> Iterator[Fault]:
    for language, printer, kinds, copies in _LANGUAGES:
        for type_, message in kinds:
            for n in range(copies):
                calls = _calls(rng)
                elsewhere = [*calls[:-1], f"retry_{calls[-1].split('_')[1]}"]
                other = "Mislabelled" + type_.split(".")[-1].split("::")[-1]
                others: list[Event] = [partial(printer, type_, message, elsewhere)]
                if language != "go":
                    others.append(partial(printer, other, message, calls))
                name = f"{language}/{type_}/{message[:20]}/{n}"
                family = f"{language}/{type_}/{message}/{calls[-1]}"
                yield Fault(name, family, partial(printer, type_, message, calls), tuple(others))


def _line(template: str, rng: random.Random) -> str:
    return f"{_value('time', rng)} ERROR [worker-{rng.randrange(64)}] {fill(template, rng)}"


def _messages() -> Iterator[Fault]:
    for template in _LINES:
        for noun in NOUNS[:8]:
            text, other = template % noun, template % f"{noun} archive"
            yield Fault(f"line/{text}", f"line/{text}", partial(_line, text), (partial(_line, other),))
    for template, codes in _CODED:
        for noun in NOUNS[:4]:
            for code in codes[:-1]:
                text = (template % noun).replace("{code}", code)
                other = (template % noun).replace("{code}", codes[-1])
                yield Fault(f"code/{text}", f"code/{template}/{code}", partial(_line, text), (partial(_line, other),))


def faults(seed: int) -> list[Fault]:
    """Every fault, always the same for one seed."""
    return [*traces(random.Random(seed)), *_messages()]
