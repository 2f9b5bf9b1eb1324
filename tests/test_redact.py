"""The redaction gate: shapes, placeholders, switches, own rules, what must be left alone."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.errors import ConfigurationError
from mcp_rag.redact import REDACTION_VERSION, Redactor
from mcp_rag.redact_fields import HINT, NAME
from mcp_rag.redact_options import _FLAG, FLAG_HINT
from mcp_rag.redact_own import compile_own
from mcp_rag.redact_rules import HINTS, NAMED, RULES

DOCS = Path(__file__).resolve().parent.parent / "docs" / "redaction.md"

# Joined here so that no public scanner takes them for leaks; none was ever valid.
GITHUB = "gh" + "p_" + "a1B2" * 9
AWS = "AK" + "IA" + "QWERTYUIOP234567"
JWT = "ey" + "JhbGciOiJIUzI1NiJ9" + ".ey" + "JzdWIiOiJhIn0" + ".c2lnbmF0dXJlLXZhbHVl"

REDACTED = [
    ("'Authorization': b'Token kT4mzQ9xkT4mzQ9x'", "'Authorization': b'Token <REDACTED:authorization>'"),
    ("'Cookie': b'theme=kT4mzQ9x'", "'Cookie': b'<REDACTED:cookie>'"),
    (
        "SignedHeaders=host;x-amz-date, Signature=" + "0123456789abcdef" * 4,
        "SignedHeaders=host;x-amz-date, Signature=<REDACTED:signature>",
    ),
    ("cannot reach shop:kT4mzQ9x@db1:5432/x", "cannot reach shop:<REDACTED:url-password>@db1:5432/x"),
    ("clone with " + GITHUB + " failed", "clone with <REDACTED:github-token> failed"),
    ("key " + AWS + ".", "key <REDACTED:aws-key>."),
    ("tok\\n" + GITHUB + "\\nend", "tok\\n<REDACTED:github-token>\\nend"),
    ("t=%3D" + GITHUB, "t=%3D<REDACTED:github-token>"),
    ("jwt " + JWT + " expired", "jwt <REDACTED:jwt> expired"),
    ("postgres://app:pw@db:5432/x", "postgres://app:<REDACTED:url-password>@db:5432/x"),
    ("redis://:p@s:s@cache/0", "redis://:<REDACTED:url-password>@cache/0"),
    ("mysql://u:a/b?c@h/x", "mysql://u:<REDACTED:url-password>@h/x"),
    ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer <REDACTED:authorization>"),
    ("authorization: Basic YWRtaW46aHVudGVyMg==", "authorization: Basic <REDACTED:authorization>"),
    ("sent Basic YWRtaW46aHVudGVyMg== to x", "sent Basic <REDACTED:basic-auth> to x"),
    ("Cookie: a=b; c=d", "Cookie: <REDACTED:cookie>"),
    ("{'Set-Cookie': 'sid=1; Path=/'}", "{'Set-Cookie': '<REDACTED:cookie>'}"),
    ("GET /b?se=1&sig=abcDEF0123456789%3D&x=1", "GET /b?se=1&sig=<REDACTED:signature>&x=1"),
    ("password=hunter2 user=bob", "password=<REDACTED:password> user=bob"),
    ("password=a&b;c user=bob", "password=<REDACTED:password> user=bob"),
    ("q?user=bob&password=x1&next=/", "q?user=bob&password=<REDACTED:password>&next=/"),
    ("{password=abc, user=bob}", "{password=<REDACTED:password>, user=bob}"),
    ('{"password": "a \\"b\\" & c", "k": 1}', '{"password": "<REDACTED:password>", "k": 1}'),
    ('{\\"password\\":\\"abc\\"}', '{\\"password\\":\\"<REDACTED:password>\\"}'),
    ("Config(password=b'\\x01a', n=1)", "Config(password=b'<REDACTED:password>', n=1)"),
    ('Some { password: Some("x1") }', 'Some { password: Some("<REDACTED:password>") }'),
    ("{'password:hunter2': 1}", "{'password:<REDACTED:password>': 1}"),
    ("db:\n  password: |\n    hunter2\n", "db:\n  password: |\n    <REDACTED:password>\n"),
    ("run --password hunter2 -v", "run --password <REDACTED:password> -v"),
    ("['x', '--password', 'a b']", "['x', '--password', '<REDACTED:password>']"),
    ("mysql -u root -pS3cret db", "mysql -u root -p<REDACTED:cli-password> db"),
    ("curl -u bob:pa55 https://h", "curl -u bob:<REDACTED:cli-password> https://h"),
    ("echo s3cr3t | sudo -S ls", "echo <REDACTED:cli-password> | sudo -S ls"),
    ("<password>x1y</password>", "<password><REDACTED:password></password>"),
    ("IDENTIFIED BY 'pw'", "IDENTIFIED BY '<REDACTED:password>'"),
    ("api_key=ab12cd34ef56", "api_key=<REDACTED:api-key>"),
    ('{"clientSecret":"abcdef"}', '{"clientSecret":"<REDACTED:secret>"}'),
    ("session_id=ab12cd34ef56gh78", "session_id=<REDACTED:session>"),
    ("OTP: 123456", "OTP: <REDACTED:one-time-code>"),
    ("card 4111 1111 1111 1111 declined", "card <REDACTED:card> declined"),
    ("card=4111111111111111", "card=<REDACTED:card>"),
    ("mail to amy@shop.example now", "mail to <EMAIL_1> now"),
    ("from 203.0.113.9 port 1", "from <IP_1> port 1"),
    ("host 2001:db8::1: refused", "host <IP_1>: refused"),
    ("::ffff:203.0.113.9", "::ffff:<IP_1>"),
    ("    f(password)\n      └ 'hunter2'", "    f(password)\n      └ '<REDACTED:password>'"),
]

KEPT = [
    "Set-Cookie: theme=; Max-Age=0",
    "cookie: SameSite=Lax; Secure",
    "gh" + "p_" + "x" * 36,
    "Cookie: sid=XXX; theme=XXX",
    "Cookie: sid=[Filtered]; theme=dark",
    "Contact: sip:desk42@pbx1:5060",
    "node shop:rabbit@mq1:25672 down",
    "rcpt:ada42x@mail1:25",
    "invalid password for user bob",
    "password: <nil>",
    "password=password",
    "password=self.password",
    "password = get_password()",
    "password=$DB_PASSWORD",
    "password: ******",
    "(using password: YES)",
    "Password: must contain a digit",
    "token expired",
    "Unexpected token < in JSON",
    "max_tokens=4096",
    "token=Token@1b2c3d4e",
    "key=value",
    "KeyError: 'api_key'",
    "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "550e8400-e29b-41d4-a716-446655440000",
    "sha256:9b2a4c0d2c7bfc0b6e2a8f1d3c4b5a69788796a5b4c3d2e1f00112233445566f",
    "v1.2.3.4",
    "OpenSSL 1.0.2.1",
    "Chrome/99.0.1.2",
    "12:34:56",
    "00:1a:2b:3c:4d:5e",
    "00:11:22:33:44:55:66:77",
    "std::dead::beef",
    "127.0.0.1 0.0.0.0 255.255.255.0 ::1",
    "git@github.com:a/b.git",
    "logo@2x.png",
    "getty@tty1.service",
    "id=4111111111111111",
    "4111111111111112",
    'WWW-Authenticate: Bearer realm="api"',
    "Basic authentication required",
    "http://host:8080/path/a@b",
    "pass=12 fail=3",
    "run --user root:wheel",
    "docker run -u 1000:1000",
    "basic abcdefghi",
    "f1::b9 and 1::2::3",
    "oid 1.3.6.1",
    "api_key = values[",
    "token=/run/secrets/token1",
    "token=https://auth.example/t0ken1",
    "secret=12345678901 client_secret=42424242",
    "secret=kube-system/db-creds",
    "api_key: config[",
    "token = tokens[0]",
    "password, 'x'",
    "--password -v",
    "--token --",
    "password=",
    "    f(user)\n      └ 'hunter2'",
    "└ 'hunter2'",
    "    f(password)\n      │ x\n      └ None",
    "    f(password)\n      └ ",
    "PWD=/srv/app",
    "expected -----BEGIN PRIVATE KEY----- but found text",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIJAJ0\n-----END CERTIFICATE-----",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_secret_becomes_a_typed_placeholder(text: str, expected: str) -> None:
    """Each shape is replaced, only the secret, and what surrounds it stays readable."""
    assert Redactor()(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_text_without_secret_is_unchanged(text: str) -> None:
    """Look-alikes of secrets, found in real logs, are left alone (logs.md section 6: hard negatives)."""
    assert Redactor()(text) == text


@pytest.mark.parametrize(("text", "_expected"), REDACTED)
def test_redaction_is_idempotent(text: str, _expected: str) -> None:
    """A second pass changes nothing and counts nothing, so text may pass the gate at every border."""
    once = Redactor()(text)
    again = Redactor()
    assert again(once) == once
    assert again.counts() == {}


_PIECES = st.sampled_from(
    [text for text, _ in REDACTED]
    + ["password", "token", "=", ":", " ", "\n", '"', "'", "\\", "&", ",", "{", "}", "<", ">", "[", "]", "://", "@",
       "-", "x", "<REDACTED:password>", "<IP_1>", "<EMAIL_2>", "Cookie: ", "10.0.0.1", "secret", "--", "1",
       "a1B2c3D4e5", "└ ", "%3D", "Bearer ", "-----BEGIN PRIVATE KEY-----", "sig", "user:", "<password>", "</",
       "| sudo -S"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=12).map("".join))
def test_any_mixture_is_idempotent(text: str) -> None:
    """Idempotence holds for shapes that overlap, touch and interrupt each other, placeholders included."""
    once = Redactor()(text)
    assert Redactor()(once) == once


def test_same_address_gets_the_same_number_within_a_text() -> None:
    """Correlation survives: one number per address, counted from 1 in each text."""
    gate = Redactor()
    assert gate("10.0.0.1 > 10.0.0.2 > 10.0.0.1") == "<IP_1> > <IP_2> > <IP_1>"
    assert gate("A@x.example a@x.example b@x.example") == "<EMAIL_1> <EMAIL_1> <EMAIL_2>"
    assert gate("10.0.0.9") == "<IP_1>"


def test_new_address_never_takes_a_number_that_is_already_there() -> None:
    """Text that was partly redacted before is not made ambiguous."""
    assert Redactor()("<IP_3> and 10.0.0.1") == "<IP_3> and <IP_4>"


def test_counts_are_kept_per_kind() -> None:
    """The report can say how many secrets of which kind were replaced."""
    gate = Redactor()
    gate("password=a1 password=b2 from 10.0.0.1")
    gate("mail a@x.example")
    assert gate.counts() == {"password": 2, "ip": 1, "email": 1}
    assert gate.version == REDACTION_VERSION == 2


def test_addresses_can_be_switched_off() -> None:
    """IPs and e-mails are switchable; secrets are not."""
    gate = Redactor(ips=False, emails=False)
    assert gate("10.0.0.1 a@x.example password=h2") == "10.0.0.1 a@x.example password=<REDACTED:password>"


def test_placeholder_holds_nothing_of_the_secret() -> None:
    """No part, length or hash of a secret is in the output: two secrets give the same text."""
    assert Redactor()("password=hunter2") == Redactor()("password=completely-other-99")


def test_private_key_is_removed_in_every_layout() -> None:
    """PEM keys: plain, with literal newlines, behind a log prefix, without an end (promise 6)."""
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
    begin, end = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
    for text in (
        f"{begin}\n{body}\n{body}\n{end}\nafter",
        f'"{begin}\\n{body}\\n{body}\\n{end}\\n" after',
        f"12:00 | {begin}\n12:00 | {body}\n12:00 | {end}\nafter",
        f"{begin}\n{body}\n{body}\n",
    ):
        redacted = Redactor()(text)
        assert body not in redacted
        assert "<REDACTED:private-key>" in redacted
        assert ("after" in redacted) == ("after" in text)


def test_own_rules_are_applied() -> None:
    """A user's rule has its own kind, counts, and is idempotent."""
    gate = Redactor(rules=[(r"EMP-\d+", "employee"), (r"(?i)case (?:no\.? )?\d{4}", "case")])
    assert gate("EMP-12345 opened Case no. 1234") == "<REDACTED:employee> opened <REDACTED:case>"
    assert gate.counts() == {"employee": 1, "case": 1}


@pytest.mark.parametrize(
    "expression",
    ["(a+)+b", "(a|b)*c", "(?:x*)*", r"(\w+\s?)*:", "(a{1,9}){2,}", "a*", "[", "(a)\\1", "(?P<x>a)(?P=x)", ".+.+.+x",
     "a" * 501, "((a?)b)+", r"\d{300,}",  "(?:(?:a|b))+"],
)  # fmt: skip
def test_slow_or_broken_own_rule_is_refused(expression: str) -> None:
    """Nested repeats and friends would let one log line stop the server (reliability.md fact 19)."""
    with pytest.raises(ConfigurationError):
        Redactor(rules=[(expression, "mine")])


@pytest.mark.parametrize(
    ("expression", "text"),
    [(r"EMP-\d{4}", "EMP-1234"), (r"[A-Z]{2}\d+", "AB77"), (r"(?:ab|cd)-\d+", "cd-9"), (r"[^]\s(]+=z", "aa=z"),
     (r"x\(+", "x(("), (r"(?i:abc)+", "ABCabc"), (r"(?<=id )\d++", "id 5"), (r"a{,3}b", "aab"), (r"\{x\}", "{x}")],
)  # fmt: skip
def test_plain_own_rule_is_accepted(expression: str, text: str) -> None:
    """The check refuses structure, not characters that look like it inside classes and escapes."""
    ((kind, pattern),) = compile_own([(expression, "mine")])
    assert kind == "mine"
    assert pattern.search(text)


def test_own_rule_cannot_be_slow() -> None:
    """Whatever rule is accepted takes linear time: open repeats are bounded."""
    ((_, pattern),) = compile_own([(r"\w+\d+x", "mine")])
    start = time.process_time()
    assert pattern.search("1" * 3_000) is None
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("expression", "longest"), [(r"x\d+", 200), (r"x\d{2,}", 200), (r"x\d{300}", 300), (r"x\d+y?z*", 64)]
)
def test_open_repeats_are_bounded(expression: str, longest: int) -> None:
    """One open repeat matches 200 characters, two match 64 each."""
    ((_, pattern),) = compile_own([(expression, "mine")])
    match = pattern.search("x" + "1" * 1000)
    assert match
    assert len(match.group()) == 1 + longest


def test_own_rules_are_limited_and_named() -> None:
    """Too many rules and unusable kinds are configuration errors, not surprises."""
    with pytest.raises(ConfigurationError, match="at most 100"):
        Redactor(rules=[("a", "b")] * 101)
    with pytest.raises(ConfigurationError, match="kind"):
        Redactor(rules=[("a", "Not A Kind")])


def test_hints_belong_to_their_rule() -> None:
    """A rule behind a wrong hint would never run: every hint is lower case, and brings its rule wherever it stands."""
    for rule in (*RULES, *NAMED):
        assert rule.hints
        for hint in rule.hints:
            assert hint == hint.lower()
            assert rule in list(HINTS[True].rules_for(f"x{hint}x"))
            assert (rule in list(HINTS[False].rules_for(hint))) == (rule not in NAMED)


def test_documentation_lists_every_kind() -> None:
    """docs/redaction.md publishes the list of kinds (promise 6)."""
    listed = set(re.findall(r"`([a-z0-9-]+)`", DOCS.read_text(encoding="utf-8")))
    kinds = {rule.kind for rule in (*RULES, *NAMED)}
    kinds |= {"password", "secret", "token", "api-key", "session", "one-time-code", "card", "iban", "email", "ip"}
    assert kinds <= listed


def test_clean_text_is_returned_unchanged_and_fast() -> None:
    """Text without hints costs little: 2,000 ordinary lines well within a second or two, even on a busy machine."""
    rng = random.Random(5)  # noqa: S311 - repeatable test data
    gate = Redactor()
    lines = [f"2026-03-14 09:26:{n % 60:02d} ERROR worker: job {rng.random()} failed after retry" for n in range(2_000)]
    start = time.process_time()
    assert [gate(line) for line in lines] == lines
    assert time.process_time() - start < 2


@given(st.from_regex(NAME, fullmatch=True), st.from_regex(_FLAG, fullmatch=True))
@settings(max_examples=400, deadline=None)
def test_every_name_holds_a_hint(name: str, flag: str) -> None:
    """What is asked first, to spare most texts the search for names, is part of every name."""
    assert HINT.search(name)
    assert FLAG_HINT.search(flag)


def test_many_placeholders_take_linear_time() -> None:
    """Text that was redacted in part is asked once per finding whether it lies in a placeholder, not once per pair."""
    text = "<REDACTED:password> password=q1w2 " * 10_000
    start = time.process_time()
    assert Redactor()(text) == "<REDACTED:password> password=<REDACTED:password> " * 10_000
    assert time.process_time() - start < 8
