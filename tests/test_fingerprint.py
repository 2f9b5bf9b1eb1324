"""What a fingerprint is made of, and its memo."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_rag.fingerprint import Fingerprinter, fingerprint, headline, is_generic
from mcp_rag.redact import Redactor
from mcp_rag.stacktrace import parse
from mcp_rag.types import ExceptionInfo, Frame, Level, LogRecord, StackTrace


@pytest.mark.parametrize(
    "text",
    [
        "connect to 10.0.3.17:5432 failed for bob@example.com",
        "password=S3cr3tPassw0rd! rejected",
        "GET http://10.0.0.1:8080/x?id=7 timed out",
        "postgres://app:S3cr3tPassw0rd@10.0.0.9:5432/shop refused",
        "Authorization: Bearer abcDEF123456ghiJKL789 rejected",
        "peer [fe80::1%eth0]:9000 vanished",
        "key AKIAIOSFODNN7EXAMPLE was revoked",
        "api_key: 9f8e7d6c5b4a39281706f5e4d3c2b1a0 is unknown",
    ],
)
def test_redaction_of_a_message_changes_nothing(text: str) -> None:
    """Secrets, IP and e-mail addresses mask to what their placeholders mask to."""
    raw = LogRecord(0, 0, text, text)
    clean = Redactor()(text)
    assert fingerprint(LogRecord(0, 0, clean, clean)).id == fingerprint(raw).id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("request failed with status 503", "request failed with status 200"),
        ("Http2Exception: stream closed", "Http3Exception: stream closed"),
        ("failed with 0x80070005 today", "failed with 0x80070002 today"),
        ("step ended, exit code 1", "step ended, exit code 0"),
        ("ORA-00942 in job 1", "ORA-00904 in job 2"),
    ],
)
def test_memo_does_not_lose_codes(first: str, second: str) -> None:
    """Texts equal but for digits share no memo entry when those digits may be a code."""
    memo = Fingerprinter()
    a, b = (LogRecord(0, 0, t, t) for t in (first, second))
    assert memo.of(a) == fingerprint(a)
    assert memo.of(b) == fingerprint(b)
    assert memo.of(a) != memo.of(b)


def test_memo_is_bounded() -> None:
    """A stream of ever new texts does not grow the memo beyond its limit."""
    memo = Fingerprinter(limit=10)
    for n in range(300):
        word = "".join(chr(97 + int(d)) for d in str(n))
        memo.of(LogRecord(0, 0, "", f"task {word} failed"))
    assert len(memo._memo) <= 10


def test_numbered_functions_are_different_frames() -> None:
    """`step1` and `step2` are two functions although they differ in a digit, also through the memo."""
    records = [
        LogRecord(
            0,
            0,
            "",
            "",
            stacktrace=StackTrace("python", (ExceptionInfo("ValueError", "x", (Frame(f"step{n}", file="a.py"),)),)),
        )
        for n in (1, 2)
    ]
    memo = Fingerprinter()
    assert memo.of(records[0]).id != memo.of(records[1]).id


def test_service_source_level_and_time_do_not_count() -> None:
    """The same fault in another service, file, level or hour is the same error; another logger is another one."""
    record = LogRecord(0, 0, "pool exhausted", "pool exhausted", Level.ERROR, logger="db.pool", service="api")
    moved = replace(
        record, first_line=90, last_line=90, service="worker", level=Level.WARN, timestamp_ms=1, format="json"
    )
    assert fingerprint(moved) == fingerprint(record)
    assert fingerprint(replace(record, logger="http.pool")).id != fingerprint(record).id
    assert fingerprint(replace(record, logger="db.pool-7")).id == fingerprint(replace(record, logger="db.pool-8")).id


def _python(*names: str, type_: str = "ValueError", message: str = "") -> LogRecord:
    frames = tuple(Frame(name, file="/app/m.py", line=n) for n, name in enumerate(names))
    return LogRecord(0, 0, "", "", stacktrace=StackTrace("python", (ExceptionInfo(type_, message, frames),)))


def test_recursion_is_collapsed() -> None:
    """However deep it recursed, and wherever the stack was cut, it is one error."""
    assert fingerprint(_python("f", "f", "f", "g")).id == fingerprint(_python("f", "g")).id
    deep = [fingerprint(_python(*names, type_="RecursionError")).id for names in (("a", "b") * 9, ("b", "a") * 20)]
    assert deep[0] == deep[1]


def test_only_eight_frames_nearest_the_throw_count() -> None:
    """Another entry point far from the throw is no other error, another caller near it is."""
    near = [f"f{c}" for c in "abcdefgh"]
    assert fingerprint(_python(*near, "main")).id == fingerprint(_python(*near, "worker")).id
    assert fingerprint(_python(*near[:7], "x")).id != fingerprint(_python(*near)).id


def test_message_counts_only_for_generic_types() -> None:
    """A specific type with own frames is one error whatever it says; a generic one is told apart by its message."""
    assert fingerprint(_python("f", message="bad a")).id == fingerprint(_python("f", message="bad b")).id
    generic = [fingerprint(_python("f", type_="RuntimeError", message=m)).id for m in ("bad a", "bad b")]
    assert generic[0] != generic[1]


def _gem(said: str, call: str) -> LogRecord:
    frames = (Frame(call, file="/usr/lib/ruby/gems/stitch-1.1.2/lib/stitch.rb", in_app=False),)
    trace = StackTrace("ruby", (ExceptionInfo("NoMethodError", said, frames),))
    return LogRecord(0, 0, said, "", stacktrace=trace)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("undefined method `[]' for nil:NilClass", "undefined method '[]' for nil"),
        ("undefined method `ship' for #<Cart:0x00007f1c2a>", "undefined method 'ship' for an instance of Cart"),
        ("undefined method `ship' for #<Cart id: 7, ok: true>", "undefined method 'ship' for an instance of Cart"),
    ],
)
def test_ruby_words_one_error_two_ways(older: str, newer: str) -> None:
    """From version 3.4 on Ruby quotes and names the receiver otherwise; another receiver is still another error."""
    assert fingerprint(_gem(older, "load")).id == fingerprint(_gem(newer, "Stitch#load")).id
    other = newer.rpartition(" for ")[0] + " for an instance of Parcel"
    assert fingerprint(_gem(older, "load")).id != fingerprint(_gem(other, "load")).id


def test_related_joins_what_fails_in_one_place() -> None:
    """Two chains with the same root type and top frame are related though not the same error."""
    first, second = fingerprint(_python("f", "g")), fingerprint(_python("f", "h"))
    assert first.id != second.id
    assert first.related == second.related
    assert fingerprint(_python("f", type_="TypeError")).related != first.related


def test_related_of_messages_is_their_code() -> None:
    """Messages with one code are related; without codes the coarse template decides."""
    found = [
        fingerprint(LogRecord(0, 0, t, t)).related
        for t in (
            "ORA-00942: table missing",
            "query failed: ORA-00942",
            "cache cold on com.acme.a.b",
            "cache cold on com.acme.c.d",
            "cache warm",
        )
    ]
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("java.lang.RuntimeException", True),
        ("Error", True),
        ("panic", True),
        ("KeyError", True),
        ("", True),
        ("System.Exception", True),
        ("ValueError", False),
        ("java.lang.NullPointerException", False),
        ("E0308", False),
    ],
)
def test_generic_types(name: str, generic: bool) -> None:
    """The root classes of every language are generic in any package; broad but telling ones are not."""
    assert is_generic(name) is generic


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("one two three\nfour", "one two three"),
        ("Failed:\n\n  disk is full\n  more", "Failed: disk is full"),
        ("a\nb\nc\nd\ne\nf", "a b c"),
        ("1\n2\n3\n4\n5\n6", "1 2 3 4 5"),
        ("Error: the disk is full", "the disk is full"),
        ("", ""),
    ],
)
def test_headline(message: str, expected: str) -> None:
    """The first line names a message, with more lines while it holds fewer than three words, five at most."""
    assert headline(LogRecord(0, 0, message, message)) == expected


ANNOUNCED = [
    ("Deployment was refused by the server:\n  image: required value", "image: required value"),
    (
        "FAILURE: Build failed with an exception.\n\n* What went wrong:\nTask 'sign' has no key.",
        "Task 'sign' has no key.",
    ),
    ("2 validation errors for CartIn\nowner\n  Field required here", "owner Field required here"),
    ("cannot find symbol\n    Rate r = null;\n    ^\n  symbol:   class Rate", "symbol:   class Rate"),
    ("The import reported the following errors:\n- column owner is missing", "- column owner is missing"),
]
SILENT = [
    'Request body was refused:\n{"owner": "anna"}',
    "Statement took too long:\nSELECT a FROM b WHERE c = 'x'",
    "Diff of both versions:\n--- a\n+++ b",
    "Cart could not be priced\nowner anna is away today",
]


@pytest.mark.parametrize(("text", "below"), ANNOUNCED)
def test_a_line_that_announces_is_read_on(text: str, below: str) -> None:
    """Where the first line only says that something failed, what the next says belongs to the message: another one
    makes another error, whatever stands below it does not."""
    first, last = text.partition("\n")[0], below.rpartition(" ")[2]
    record = LogRecord(0, 0, text, first)
    assert headline(record) == f"{first} {below}"
    assert Fingerprinter().of(record) == fingerprint(record)
    other = LogRecord(0, 0, text.replace(last, "another"), first)
    assert fingerprint(other).id != fingerprint(record).id
    memo = Fingerprinter()
    assert memo.of(record) != memo.of(other) == fingerprint(other)
    assert fingerprint(replace(record, body=f"{text} \n\napplied by anna")).id == fingerprint(record).id


@pytest.mark.parametrize("text", SILENT)
def test_data_below_a_line_are_not_read(text: str) -> None:
    """Documents, statements and whatever follows a line that says enough are no part of the message."""
    first = text.partition("\n")[0]
    assert headline(LogRecord(0, 0, text, first)) == first


def test_a_message_that_announces_is_read_on_behind_the_calls() -> None:
    """An exception without calls of the program says below its message what it is about, in codes and in words."""
    ids = set()
    for said in ("status = StatusCode.UNAVAILABLE", "status = StatusCode.INTERNAL", "the peer has gone away"):
        body = f"rpc.CallError: <Call that ended with:\n\t{said}\n>"
        record = LogRecord(0, 0, body, body.partition("\n")[0], stacktrace=parse(body))
        assert record.stacktrace is not None
        assert Fingerprinter().of(record) == fingerprint(record)
        ids.add(fingerprint(record).id)
    assert len(ids) == 3


def test_codes_below_an_announcing_line_are_told() -> None:
    """A server's answer stands below what was sent to it: its code tells the fault."""
    text = "mail could not be sent, the server said:\n  C: RCPT TO:<a@b.example>\n  {code} not now"
    ids = set()
    for code in ("452 4.2.2", "550 5.1.1"):
        body = text.format(code=code)
        found = fingerprint(LogRecord(0, 0, body, body.partition("\n")[0]))
        assert found.codes == (f"reply {code}",)
        ids.add(found.id)
    assert len(ids) == 2


def test_the_cause_that_a_record_names_belongs_to_its_message() -> None:
    """A fixed message with another cause is another error; another value in the cause is not."""
    record = LogRecord(0, 0, "{}", "cart not saved", cause="no answer from 10.0.0.7:6379 after 30 ms")
    same = replace(record, cause="no answer from 10.1.0.9:6379 after 4s")
    other = replace(record, cause="the disk is full")
    assert headline(record).startswith("cart not saved; no answer")
    assert fingerprint(record).id == fingerprint(same).id != fingerprint(other).id
    memo = Fingerprinter()
    assert [memo.of(r).id for r in (record, same, other)] == [fingerprint(r).id for r in (record, same, other)]
    assert fingerprint(replace(record, cause=Redactor()(record.cause))).id == fingerprint(record).id


def test_shape_of_a_fingerprint() -> None:
    """Ids are 32 lower-case hex digits and codes are reported; nothing fails on an empty record."""
    found = fingerprint(LogRecord(0, 0, "", "E0308 status 500"))
    assert set(found.id + found.related) <= set("0123456789abcdef")
    assert (len(found.id), len(found.related), found.codes) == (32, 32, ("E0308", "HTTP 500"))
    assert fingerprint(LogRecord(0, 0, "", "")).id != fingerprint(LogRecord(0, 0, "", "", logger="x")).id
    assert fingerprint(LogRecord(0, 0, "", "", stacktrace=StackTrace("", (ExceptionInfo(""),)))).template == ""


def test_code_printed_beside_the_type_is_reported() -> None:
    """Node prints `Error [CODE]: text`: the code is part of the fingerprint's codes."""
    body = "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'\n    at f (/a/b.js:1:1)"
    found = fingerprint(replace(LogRecord(0, 0, body, ""), stacktrace=parse(body)))
    assert "ERR_MODULE_NOT_FOUND" in found.codes


NODE = """QueryError: {message}
    at find (/srv/app/src/store.js:31:17)
    at async main (/srv/app/src/main.js:7:3) {{
  code: '{code}',
  meta: {{ modelName: 'Order' }},
  errno: {errno}
}}"""
DOTNET = """Unhandled exception. Shop.SyncException: sync failed
 ---> System.Net.Sockets.SocketException ({number}): no answer
   at Shop.Link.Open() in /src/Link.cs:line 4
   --- End of inner exception stack trace ---
   at Shop.Sync.Run() in /src/Sync.cs:line 9"""


def _node(message: str = "no order", code: str = "P2025", errno: int = -104) -> LogRecord:
    body = NODE.format(message=message, code=code, errno=errno)
    return replace(LogRecord(0, 0, body, ""), stacktrace=parse(body))


def _dotnet(number: int) -> LogRecord:
    body = DOTNET.format(number=number)
    return replace(LogRecord(0, 0, body, ""), stacktrace=parse(body))


def test_codes_beside_the_exception_tell_errors_apart() -> None:
    """Node prints properties behind the frames, .NET a number behind the type: another code is another error, for the
    memo too, whose key must hold what it reads."""
    memo = Fingerprinter()
    records = [
        *(_node(code=code) for code in ("P2025", "P2002", "E_LIMIT", "E_QUOTA")),
        _node(errno=-110),
        *map(_dotnet, (10060, 10061)),
    ]
    assert len({memo.of(record).id for record in records}) == len(records)
    for record in records:
        assert memo.of(record) == fingerprint(record)
    assert fingerprint(records[0]).codes == ("P2025", "errno -104")


def test_a_code_in_the_message_suffices() -> None:
    """A log that prints the message and frames alone makes no other error of what another prints with properties."""
    record = _node(message="connect ECONNREFUSED 10.0.0.1:5432", code="ECONNREFUSED")
    short = record.body.partition(" {\n")[0]
    assert fingerprint(record).id == fingerprint(replace(LogRecord(0, 0, short, ""), stacktrace=parse(short))).id


def test_a_word_read_as_the_logger_makes_a_number_a_code() -> None:
    """In `ERROR curl: (28) ...` the first word reads as a logger, which counts by itself; the number is still told."""
    memo = Fingerprinter()
    first, second = (LogRecord(0, 0, "", f"({n}) upload timed out", logger="curl") for n in (28, 35))
    assert memo.of(first).codes == ("curl 28",)
    assert memo.of(second) == fingerprint(second) != memo.of(first)
    assert memo.of(replace(first, logger="cart")) == fingerprint(replace(second, logger="cart"))


def test_what_a_web_server_adds_about_the_request_does_not_count() -> None:
    """Who asked nginx or Apache for what, at which server and from where: the same fault for all of them."""
    said = "upstream prematurely closed connection while reading upstream"
    tails = (
        "",
        ', client: 10.9.0.4, server: shop, request: "GET /a?error=7 HTTP/1.1", host: "a.example"',
        ', client: 10.9.0.7, server: , request: "POST /b HTTP/2.0", host: "b", referrer: "http://b/"',
    )
    ids = {fingerprint(LogRecord(0, 0, said + tail, said + tail)).id for tail in tails}
    assert len(ids) == 1
    record = LogRecord(0, 0, "", "AH01071: no script, referer: http://b.example/x")
    assert headline(record) == "AH01071: no script"


def test_the_cause_beside_the_calls_of_a_logger() -> None:
    """A logger that prints where it was called names no exception: what a field says went wrong tells two faults
    apart, and the template says it. Two records that share their calls are not taken for one."""
    calls = StackTrace("go", (ExceptionInfo("", "", (Frame("Reconcile", "acme/plans", "/srv/plans.go", 41),)),))
    full, lost = (
        LogRecord(0, 0, "x", "Reconciler error", Level.ERROR, stacktrace=calls, cause=cause)
        for cause in ("disk full", "no route to host")
    )
    known = Fingerprinter()
    assert [known.of(full), known.of(lost)] == [fingerprint(full), fingerprint(lost)]
    assert fingerprint(full).id != fingerprint(lost).id
    assert fingerprint(lost).template == "Reconciler error; no route to host"
