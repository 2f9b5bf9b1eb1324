"""What is masked, what stays, and that masking twice or masking redacted text changes nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.codes import has_pattern
from mcp_rag.mask import PLACEHOLDER, _TokenMemo, mask
from mcp_rag.volatile import EXCEPTION_TYPE, KINDS, MAX_TYPE_CHARS, TYPE_ENDS

MASKED = [
    ("request 3f2b8c1e-9d4a-4c55-8e21-0a1b2c3d4e5f failed", "request <uuid> failed"),
    ("connect to 10.0.3.17:5432 failed", "connect to <ip> failed"),
    ("peer fe80::1 and 2001:db8:0:0:0:0:0:1 left", "peer <ip> and <ip> left"),
    ("bssid 5c:50:15:36:bc:03 changed", "bssid <mac> changed"),
    ("bssid 5c:f0:1c:c1:36:03 changed to a4:1f:bc:c2:17:45", "bssid <mac> changed to <mac>"),
    ("listening on :: port 2022, on :::8081 and [::]:9", "listening on <ip> port <num>, on <ip> and <ip>"),
    ("next run 2026-11-20 10:15:30.5 +0000 UTC today", "next run <time> today"),
    ("no such page: /", "no such page: <path>"),
    ("session=<aB3/xY7+q=> ended", "session=<str> ended"),
    ("invalid user a from 10.0.0.1, user data from 10.0.0.2", "invalid user <str> from <ip>, user <str> from <ip>"),
    ("user locked from 10.0.0.1", "user locked from <ip>"),
    ("user bo.x(uid=7) at host mx.acme.org[10.0.0.1]", "user <str>(uid=<str>) at host <str>[<ip>]"),
    ("mail to bob.w@example.com bounced", "mail to <email> bounced"),
    ("GET https://api.example.com/v1/x?id=7, retry", "GET <url>, retry"),
    ("cannot open /var/lib/app/data.bin: denied", "cannot open <path>: denied"),
    ("at src/store/cart.ts:12", "at <path>:<num>"),
    (r"missing C:\Program Files\App\bin\app.dll today", "missing <path> today"),
    ("log ../logs/x.log and ~/x", "log <path> and <path>"),
    ("core at 0x7ffe3a10 freed", "core at <hex> freed"),
    ("commit 9fceb02d0ae598e9 lost", "commit <hex> lost"),
    ("ended 2026-11-20T10:15:30.123Z today", "ended <time> today"),
    ("on Fri Jun 17 07:07:00 2005 ok", "on <time> ok"),
    ("at 17/06/09 20:10:40 and 10:11:12", "at <time> and <time>"),
    ("server db-3.prod.example.com is down", "server <host> is down"),
    ("took 15.5 ms of 30s, 64172MB used", "took <num> of <num>, <num> used"),
    ("read 5.2 KB (free 14.0 MB)", "read <num> (free <num>)"),
    ("worker-17 joined bglio78", "worker-<num> joined bglio<num>"),
    ("block blk_-1608999687 and blk_77", "block blk_<num> and blk_<num>"),
    ("task attempt_1445_0020_m_000_0 done", "task <id> done"),
    ("node R02-M1-N0-C:J12-U11 ok", "node <id> ok"),
    ('uid=10037, tag="View Lock", on=true', "uid=<str>, tag=<str>, on=<str>"),
    ("ready=true name = x.y", "ready=<str> name = <str>"),
    ("user=<shop>, from=<bob@example.com> to=<>, plan=<nil>", "user=<str>, from=<str> to=<>, plan=<str>"),
    ("failed err=<timeout> status=<refused>", "failed err=<timeout> status=<refused>"),
    ("overlap:false next:null", "overlap:<str> next:<str>"),
    ("session opened for user cyrus by root", "session opened for user <str> by root"),
    ("Failed password for root from 10.0.0.1 port 22", "Failed password for <str> from <ip> port <num>"),
    ("password: hunter2 rejected", "password: <id> rejected"),
    ("Authorization: Bearer abcDEF123456ghi789 bad", "Authorization: <id> bad"),
    ("<IP_1> and <EMAIL_2> and <REDACTED:jwt>", "<ip> and <email> and <id>"),
    ("a \t b\n c", "a b c"),
    ("from 24-54-76.adsl.solnet.pl and 1.2.3", "from <host> and <num>"),
    ("0x1fstatus 503", "<id> <num>"),
    ("took 4.75s of 9s, then 0.3ms", "took <num> of <num>, then <num>"),
    ("waited 2m0.5s, 7m0s, 3h4m5s or 20s", "waited <num>, <num>, <num> or <num>"),
    ("budget PT0.25S or PT2H9M1.5S", "budget <num> or <num>"),
    ("holds 2.5GB of 8GiB at 1.5MB/s and 2.4GHz", "holds <num> of <num> at <num> and <num>"),
    ("sent 300 bytes in 2 h, 45 s and 1 minute", "sent <num> in <num>, <num> and <num>"),
    ("web:2.4.1-rc.3 web:2 agent/5.0.0-beta agent/5", "web:<num> web:<num> agent/<num> agent/<num>"),
    ("lag:4.5s lag:40ms", "lag:<num> lag:<num>"),
    ("built v3.1.4, v3.2.0-beta.2, 7.0.1-SNAPSHOT and 4.0.0.Final", "built <num>, <num>, <num> and <num>"),
    ("paid 12.50 EUR, then 1,299.00 USD; total=1,299.00", "paid <num>, then <num>; total=<str>"),
    ("on endpoint cart-web-1 (9fceb02d0ae598e9)", "on endpoint <str> (<hex>)"),
    ("creating Role (cart-reader): operation error IAM: X", "creating Role (<str>): operation error IAM: X"),
    ("bad block in ext4_find_entry:1455: comm ls: gone", "bad block in ext<num>_find_entry:<num>: comm <str>: gone"),
    ("Can't resolve './cart' in '/srv/shop/src'", "Can't resolve 'cart' in '<path>'"),
    ("Cannot find module '../../lib/rates.js'", "Cannot find module 'rates.js'"),
    ("Cannot find module '/srv/shop/lib/rates.js'", "Cannot find module '<path>'"),
    ('Could not resolve "../tax/index"', 'Could not resolve "tax"'),
    ('Failed to resolve import "@acme/grid/dist/view" from', 'Failed to resolve import "@acme/grid" from'),
    ("paid EUR 12.50 on Mon, 3 Mar 2025", "paid <num> on <time>"),
    ("cannot assume arn:aws:iam::123456789012:role/cart-reader.", "cannot assume <id>."),
    ("lost SELECT a FROM b WHERE c = 'it''s'", "lost SELECT a FROM b WHERE c = <str>"),
    ("lost SELECT a FROM b WHERE c IN ('x', 'y')", "lost SELECT a FROM b WHERE c IN ('<str>', '<str>')"),
    ("no 'cart': insert into b values (1, 'x')", "no 'cart': insert into b values (<num>, '<str>')"),
    ("No such container: 3766a2d46a3d", "No such container: <str>"),
    ("no such container: cart-web is up", "no such container: <str> is up"),
    ("since March 1, 2025 at 7:11:01 PM", "since <time>"),
    ("no queue 'carts' in vhost 'stage' (user: 'anna')", "no queue 'carts' in vhost '<str>' (user: '<str>')"),
    ("blob QmFzZTY0IHRleHQgMTIzNA== lost", "blob <id> lost"),
    ("blob c2Vjb25kIHBpZWNlIDk4NzY1NDM= lost", "blob <id> lost"),
    ("localhost:6379 and localhost", "<host> and <host>"),
    ('cart {"id": 7, "owner":"bob", "reason":"late"}', 'cart {"id": <num>, "owner":"<str>", "reason":"late"}'),
    ("sda2 and [sdb] fail, not sdk or hdr", "<id> and [<id>] fail, not sdk or hdr"),
    ("role admin lost, user root locked", "role <str> lost, user <str> locked"),
    ("session gTbv4RrKwmPx of req_hJk4WqzPmrTb ended", "session <id> of <id> ended"),
    ("pod mail-6f9d7bc584-hgwtz in eu-north-1b on m6i.xlarge", "pod <id> in <id> on <id>"),
    ("Interface GigabitEthernet0/2 down, eth1 up", "Interface <id> down, <id> up"),
    ("error on dm-7 and nvme1", "error on <id> and <id>"),
    ("pg 7.1c, 12.f and 4.2as0 are damaged", "pg <num>, <num> and <num> are damaged"),
    ("in libshop.so[7f11aa0000+c4d1]", "in libshop.so[<hex>]"),
    ("lease held on vm-12 by node edge-4", "lease held on <host> by node <host>"),
    ("server mail02 left, machine rack7-b3 too", "server <host> left, machine <host> too"),
    ("scan of 'my tax return (2).pdf' failed", "scan of '<path>' failed"),
    ("il manque 3,5 Go sur 20 Mo, 64Ko lus", "il manque <num> sur <num>, <num> lus"),
    ("Benutzer „Nora Klein“ ist gesperrt", "Benutzer „<str>“ ist gesperrt"),
    ("L'utilisateur « Luc Petit » est absent", "L'utilisateur «<str>» est absent"),
    ("imap(anna.b)(812): index is broken", "imap(<str>)(<num>): index is broken"),
    ("(anna) FAILED to open the crontab", "(<str>) FAILED to open the crontab"),
    ('User "Mary Ann Lee" has no seat', 'User "<str>" has no seat'),
    ('body {"name":"Oak table, round","price":7}', 'body {"name":"<str>","price":<num>}'),
    ('cut {"owner":"Mary \\"May\\" Lee","pri...', 'cut {"owner":"<str>","pri...'),
    ("got {'name': 'Oak table', 'code': 'sold out'}", "got {'name': '<str>', 'code': 'sold out'}"),
    ("country_code=PT promo_code=SPRING default=window", "country_code=<str> promo_code=<str> default=<str>"),
    ('invalid input syntax for type integer: "two"', 'invalid input syntax for type integer: "<str>"'),
    ('java: For input string: "1x"', 'java: For input string: "<str>"'),
    ("Duplicate entry 'O'Hara-7' for key 'carts.owner'", "Duplicate entry '<str>' for key 'carts.owner'"),
    ('asked "GET /socket.io/?EIO=4&t=Le4r2Ks HTTP/2"', 'asked "GET <path> HTTP/<num>"'),
    ("next: null, was: undefined, last:undefined", "next: <str>, was: <str>, last:<str>"),
    ("no answer for GET / at all, asked: GET /", "no answer for GET <path> at all, asked: GET <path>"),
    ("no route for GET /carts/7 at all", "no route for GET <path> at all"),
    (f"pod web-alpha_shop(0f{'ab' * 15}) fails, so does pod api_shop", "pod <id>(<hex>) fails, so does pod api_shop"),
    ("topics {orders=LEADER_NOT_AVAILABLE} zone=EU_WEST", "topics {<str>=LEADER_NOT_AVAILABLE} zone=<str>"),
    ("_ZN4grid6Tensor4viewEv and _RNvCs1_4view", "_ZN<num>grid<num>Tensor<num>viewEv and _RNvCs<num>_<num>view"),
]  # fmt: skip
KEPT = [
    "ORA-00942: table or view does not exist",
    "upstream answered with status 503",
    "process exited with code 137 on signal 11",
    "error[E0308]: mismatched types",
    "SQLSTATE 40P01 and ECONNREFUSED and CrashLoopBackOff",
    "java.lang.NullPointerException: name",
    "com.shop.v2.Http2Exception raised",
    "reason=timeout error=refused state=closed",
    "check pass; user unknown",
    "user is not allowed and host not found",
    "load/store alignment and/or tree/torus",
    "std::vector::at failed",
    "value == other or a != b",
    "No module named requests",
    "failed with 0x80070005",
    "user suspended",
    '{"note":"disk","owner":"bob"}',
    'told {"note":"the disk is full"}',
    "Login denied",
    "account archived and role revoked",
    "condition=Degraded phase= Terminating outcome=rejected",
    "charge failed: decline_code=card_expired resultCode=Refused",
    'refused: refusalReason="No balance left" payment_status=void',
    'answer {"issue":"CARD_EXPIRED","failureReason":"bank said no","errorCode":"NO_FUNDS"}',
    "job failed on step two at node startup",
    "'settings.json' is missing and 'no such option.' is said",
    "(main) waits and f(carla) gave up",
    "it's late, isn't it.pdf'",
    "Benutzer hat keine Rechte",
    "ImportError: undefined symbol: grid_view",
    "failed: undefined method 'ship' for cart",
    "stopped: nil pointer, then: null value",
    "Cannot find module 'lodash/fp' or '@acme/grid'",
    "lost (why): operation error",
    "map{state=RETRY_LIMIT_EXCEEDED} read / write",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_values_are_masked(text: str, expected: str) -> None:
    """Each kind of volatile value becomes its placeholder and leaves its surroundings alone."""
    assert mask(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_meaning_is_kept(text: str) -> None:
    """Codes, exception types, operators and prose stay as they are."""
    assert mask(text) == text


@pytest.mark.parametrize("text", [*(t for t, _ in MASKED), *KEPT, *(f"x<{k}>y <{k}> k=<{k}>" for k in KINDS)])
def test_idempotent_on_examples(text: str) -> None:
    """mask(mask(x)) == mask(x) for every case of these tables and every placeholder in every position."""
    assert mask(mask(text)) == mask(text)


PIECES = st.sampled_from(
    ["a", "Z", "0", "7", "42", "0x1f", "f00ba7", ":", "-", "_", ".", "/", "\\", "@", "=", "<", ">", "<num>", "<ip>",
     "<str>", "<IP_1>", " ", ",", "(", ")", "[", "]", "{", "}", '"', "'", "user ", "true", "E0308", "status 503",
     "token=", "Error", "10.0.0.1", "http://", "?", "&", "12:30:45", "%", "é", "\ue000", "node ",
     "on vm-", "-7xkqz", "gTbv4RrK", "eth", "dm-", "«", "„", "m5.large", "eu-west-1", "+", "Mo"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_idempotent_on_anything(text: str) -> None:
    """Idempotence holds for arbitrary mixtures of values, placeholders, codes and punctuation."""
    assert mask(mask(text)) == mask(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_never_fails(text: str) -> None:
    """Any text is masked without an exception, on one line."""
    assert "\n" not in mask(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=10).map("".join), st.integers(1, 9))
def test_digits_do_not_matter_where_no_code_is(text: str, step: int) -> None:
    """Other digits in the same places give the same mask, unless the text could hold a code (memo's assumption)."""
    other = "".join(str((int(c) + step) % 10) if c in "0123456789" else c for c in text)
    if not (has_pattern(text) or has_pattern(other) or PLACEHOLDER.search(text) or "<IP_" in text):
        assert mask(other) == mask(text)


def test_long_text_is_cut() -> None:
    """Only the first 8,000 characters are read."""
    assert len(mask("word " * 5_000)) <= 8_000


def test_token_memo_is_bounded() -> None:
    """The memo of words forgets when it is full and answers the same after it."""
    memo = _TokenMemo(limit=3)
    for n in range(20):
        assert memo[f"worker{n}"] == "worker<num>"
    assert len(memo) <= 3
    assert memo["x1" * 200] == memo["x1" * 200]


@given(
    st.lists(st.sampled_from(["a", "$", ".", "-", "Error", "Timeout", "a" * 150, "Fault$", "7"]), max_size=8).map(
        "".join
    )
)
def test_the_end_of_a_word_tells_its_exception_type(word: str) -> None:
    """Looking at a long word's end only finds what looking at all of it finds."""
    tail = EXCEPTION_TYPE.search(word, max(0, len(word) - MAX_TYPE_CHARS)) if word.endswith(TYPE_ENDS) else None
    whole = EXCEPTION_TYPE.search(word)
    assert (tail and tail.span()) == (whole and whole.span())


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "a1", "/", "a/", "a.", "1.", ":", "a:", "=", "a=", 'a="', "(", "{", "<", "<num>", "C:\\", "C:\\a ", "@",
     "a@", "user ", "token=", "cookie: ", "0x", "::", "f:", "-", "_", "a_1", "Jan 1 ", "12:", "://", "a://", "?a=",
     "true", "é", " "],
)  # fmt: skip
def test_linear_on_hostile_text(unit: str) -> None:
    """Repetition of any pattern's beginning stays fast: 8,000 characters in well under a second."""
    text = unit * (8_000 // len(unit))
    start = time.process_time()
    mask(text)
    assert time.process_time() - start < 1.0
