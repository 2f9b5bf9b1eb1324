"""Pieces of logs of every format and language, and mixtures of them whose numbers and ids are drawn anew.

The samples of all formats, messages with codes, ids and addresses behind headers of several formats, traces with and
without headers, and what is no log at all.
"""

from __future__ import annotations

import random
import re

from hypothesis import strategies as st

from mcp_rag import formats

HEADERS = (
    "2026-11-23 19:20:37,123 - shop.cart - ERROR - ",
    "2026-11-23T19:20:37.123Z ERROR 1 --- [exec-5] io.harbor.Cart : ",
    "[2026-11-23 19:20:37] production.ERROR: ",
    "2026/11/23 19:20:37 [error] 31#31: *99 ",
    "E1123 19:20:37.123456    4711 cart.go:41] ",
    "Nov 23 19:20:37 edge7 warden[902]: error: ",
    "2026-11-23T19:20:37.123456789Z stderr F ERROR cart ",
    "web-1  | 2026-11-23 19:20:37,123 WARNING cart: ",
    "[rank0]: ",
    "ERROR:cart.worker3:",
    "26/11/23 19:20:37 WARN CartSorter: ",
    "",
)
MESSAGES = (
    "request 4711 from 10.9.0.4 failed after 35 ms",
    "GET /v1/cart/4711 answered with status 503 in 12 ms",
    "GET /v1/cart/4711 answered with status 200 in 12 ms",
    "upstream said HTTP 502, retry 3 of 5",
    "job 4711 ended with exit code 137",
    "job 4711 ended with exit code 1",
    "ORA-00942: table or view does not exist in query 17",
    "SQLSTATE 40P01 deadlock in session 4711",
    "errno 111 on socket 42",
    "HRESULT 0x8007000e while opening window 7",
    "object 4bf92f3577b34da6a3ce929d0e0e4736 is gone from bucket 12",
    "object 4bf92f35 is gone",
    "session a3ce929d-0e0e-4736-8bf9-2f3577b34da6 is not known",
    "cannot open /srv/data/set-17/part-00042.bin",
    "step1 failed behind step2 of pipeline7",
    "version v2.14.1 of h264enc does not start",
    "user alice7 at 10.9.0.4:5432, token=ab12cd34ef56ab12 refused",
    "E11000 duplicate key in shard 3",
    "0 errors and 3 warnings in 17 files",
    "the cart is full",
    "error code 17 (0x11) after 2.5 s",
    "signal 9 sent to worker 4711",
    "copy 4711 failed, rc=23 after 4.75s",
    "worker 7 exited with 70",
    "call 17 ended, grpc-status: 14",
    "insert 12 failed (23505) on a column",
    "transfer 7 failed: -110",
    "relay said: 552 5.2.2 over quota",
    "release v3.1.4-rc.2 of 1.5GiB waited PT2M1.5S",
    "session gTbv4RrKwmP of pod mail-6f9d7bc584-hgwtz on vm-12 is gone",
    "pg 7.1c on dm-7 of m6i.xlarge in eu-north-1b is damaged",
    "charge 4711 failed: decline_code=card_expired issue=fraud7",
    "the server refused it:\nimage 17 of 3bf92f35a0 has status 503",
    "Überlauf in Zähler 12 bei Schlüssel äöü",
)
TRACES = (
    "Traceback (most recent call last):\n"
    '  File "/srv/shop/cart.py", line 31, in step1\n'
    "    return total(rows2)\n"
    "ValueError: invoice 4711 holds 3 rows of 10.9.0.4",
    "Traceback (most recent call last):\n"
    '  File "/srv/shop/cart.py", line 31, in step2\n'
    "    return total(rows2)\n"
    "KeyError: 'a3ce929d0e0e4736'",
    "Traceback (most recent call last):\n"
    '  File "/srv/shop/cart.py", line 31, in price\n'
    "    return total(rows)\n"
    "AttributeError: 'Cart' object has no attribute 'total17'",
    "TypeError: Cannot read properties of undefined (reading 'a3ce929d0e')\n    at price (/srv/shop/cart.js:31:7)",
    "java.lang.IllegalStateException: order 4711 is closed\n"
    "\tat io.harbor.Flow.step1(Flow.java:31)\n"
    "\tat io.harbor.Flow2.run(Flow2.java:7)\n"
    "Caused by: java.sql.SQLException: ORA-01017: denied for 4711\n"
    "\tat io.harbor.Db.open(Db.java:101)\n"
    "\t... 12 more",
    "panic: runtime error: index out of range [5] with length 3\n\n"
    "goroutine 41 [running]:\n"
    "main.pick(0xc000123456, 0x7)\n"
    "\t/srv/sift/pick.go:31 +0x1d",
    "thread 'main' (4711) panicked at src/cart.rs:41:9:\nindex 7 of 3",
    "TypeError: Cannot read properties of undefined (reading 'id')\n"
    "    at step1 (/srv/cartd/src/cart.js:31:17)\n"
    "    at async Server.run2 (/srv/cartd/src/run.js:7:3)",
    "QueryError: lookup of 4711 failed\n"
    "    at lookup (/srv/cartd/src/store.js:31:17)\n"
    "    at async main (/srv/cartd/src/main.js:7:3) {\n"
    "  code: 'P2025',\n  statusCode: 422\n}",
    "Unhandled exception. System.Net.Sockets.SocketException (111): refused\n"
    "   at Acme.Link.Open() in /src/Link.cs:line 31",
    "Unhandled exception. System.InvalidOperationException: no plan 4711\n"
    "   at Acme.Plans.Get(String key) in /src/Plans.cs:line 31",
    "app/cart.rb:31:in `step1': no plan 4711 (Shop::PlanError)\n\tfrom app/run.rb:7:in `<main>'",
    "PHP Fatal error:  Uncaught Shop\\PlanException: no plan 4711 in /srv/portal/plan.php:31\n"
    "Stack trace:\n#0 /srv/portal/run.php(7): Shop\\step1()\n#1 {main}\n  thrown in /srv/portal/plan.php on line 31",
    "src/cart.c:31:7: error: use of undeclared identifier 'row7' [-Wimplicit]",
    "error[E0308]: mismatched types\n  --> src/cart.rs:31:9",
)
JSON = (
    '{"level":"error","time":1795000000123,"msg":"request 4711 failed with status 503","service":"cart"}',
    '{"level":50,"time":1795000000123,"pid":7,"name":"cartd","msg":"request 4711 failed"}',
    '{"severity":"WARNING","timestamp":"2026-11-23T19:20:37Z","message":"object 4bf92f3577b34da6 is gone"}',
    '{"level":"error","msg":"boom","err":{"type":"TypeError","message":"x7 of 4711","stack":"TypeError: x7\\n    '
    'at a1 (b.js:1:2)"}}',
    '{"log":"ERROR request 4711 failed\\n","stream":"stderr","time":"2026-11-23T19:20:37.123456789Z"}',
)
# The word that makes the number a code reads as the logger.
SPOKEN = (
    "2026-11-23T19:20:37.123Z ERROR curl: (28) upload 7 timed out",
    "2026-11-23T19:20:37.123Z ERROR errcode: 40013",
    "2026-11-23T19:20:37.123Z ERROR cart: (28) uploads of 7 timed out",
)
JUNK = ("", "   ", "}", "{", "\tat a.B.c(D.java:1)", "----", "\x00\x01", "word", "  indented text 7", "é\ufffd")

_DIGITS = re.compile(r"[0-9]+(?!x)")
_IDS = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8,40}(?![0-9A-Za-z])|a3ce929d-0e0e-4736-8bf9-2f3577b34da6")


def pieces() -> list[str]:
    """Every piece, of one or several lines."""
    samples = [form.sample for form in formats.FORMATS]
    return [
        *samples,
        *(head + message for head in HEADERS for message in MESSAGES),
        *(head + "cannot go on\n" + trace for head in HEADERS[:8] for trace in TRACES),
        *TRACES,
        *JSON,
        *SPOKEN,
        *JUNK,
    ]


PIECES = pieces()


def redrawn(text: str, seed: int) -> str:
    """The text with other digits and ids; now and then with numbers of another length."""
    draw = random.Random(seed)  # noqa: S311 - test data

    def number(match: re.Match[str]) -> str:
        size = len(match[0])
        if draw.random() < 0.1:
            size = max(1, size + draw.choice((-1, 1)))
        return "".join(draw.choice("0123456789") for _ in range(size))

    def identifier(match: re.Match[str]) -> str:
        return "".join(draw.choice("0123456789abcdef") if c != "-" else c for c in match[0])

    return _DIGITS.sub(number, _IDS.sub(identifier, text)) if seed else text


@st.composite
def mixtures(draw: st.DrawFn, most: int = 40) -> str:
    """Lines of several pieces, whole pieces in a row; few kinds, so that events come again with other values."""
    kinds = draw(st.lists(st.integers(0, len(PIECES) - 1), min_size=1, max_size=6))
    chosen = draw(st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 1_000_000)), min_size=1, max_size=most))
    return "\n".join(redrawn(PIECES[kind], seed) for kind, seed in chosen) + "\n"
