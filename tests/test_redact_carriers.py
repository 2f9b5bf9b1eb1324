"""Secrets in other carriers than `name=value`: encoded quotes, terms, serialised values, records, tables."""

from __future__ import annotations

import time

import pytest

from mcp_rag.redact import Redactor
from mcp_rag.redact_carriers import find_tables

REDACTED = [
    ('~ admin_pass = "kelp-88" -> "reef-99"', '~ admin_pass = "<REDACTED:password>" -> "<REDACTED:password>"'),
    ("BASIC_AUTH=amy:q7Lark", "BASIC_AUTH=amy:<REDACTED:password>"),
    ("creds: amy:q7Lark", "creds: amy:<REDACTED:password>"),
    ("PASSWORD=${DB_PASS:-q7Lark}", "PASSWORD=${DB_PASS:<REDACTED:password>}"),
    (
        '"database_password": {"sensitive": true, "value": "q7Lark"}',
        '"database_password": {"sensitive": true, "value": "<REDACTED:password>"}',
    ),
    ("x secret_access_key q7Lark2oakq7Lark2oakq7Lark2oakq7Lark2oak", "x secret_access_key <REDACTED:aws-key>"),
    ('"cookies": {"session": "q7Lark2oak9elm4fir8ashQ7"}', '"cookies": {"session": "<REDACTED:session>"}'),
    ("psql: db1:5432:*:amy:q7Lark", "psql: db1:5432:*:amy:<REDACTED:password>"),
    (
        "q=%7B%22otp%22%3A%22481516%22%2C%22password%22%3A%22%22%7D",
        "q=%7B%22otp%22%3A%22<REDACTED:password>%22%2C%22password%22%3A%22%22%7D",
    ),
    ("DSN=old;Uid=amy;Pwd={lark_7Oak};V=1", "DSN=old;Uid=amy;Pwd={<REDACTED:password>};V=1"),
    ('proxy_set_header X-Auth-Key "q7Lark2oak9elm4fir";', 'proxy_set_header X-Auth-Key "<REDACTED:api-key>";'),
    ("AK" + "IA7Q2M4X6Z8P0R1T3V," + "kT4mzQ9x/+" * 4, "<REDACTED:aws-key>,<REDACTED:aws-key>"),
    ('~ secret_key = "kT4mzQ9x" -> "kT4mzQ9x"', '~ secret_key = "<REDACTED:secret>" -> "<REDACTED:password>"'),
    ('~ password = "kT4mzQ9x" -> null', '~ password = "<REDACTED:password>" -> null'),
    # Quotes by number, for URLs, for HTML.
    (
        'b="{\\u0022apiKey\\u0022: \\u0022r1ver9\\u0022}"',
        'b="{\\u0022apiKey\\u0022: \\u0022<REDACTED:password>\\u0022}"',
    ),
    ("q=%7B%22secret%22%3A%22r1ver9%22%7D", "q=%7B%22secret%22%3A%22<REDACTED:password>%22%7D"),
    ("%2522password%2522%253A%2522r1ver9%2522", "%2522password%2522%253A%2522<REDACTED:password>%2522"),
    ("{&quot;password&quot;: &quot;two words 9&quot;}", "{&quot;password&quot;: &quot;<REDACTED:password>&quot;}"),
    ("{&#34;token&#34;:&#34;r1ver9&#34;}", "{&#34;token&#34;:&#34;<REDACTED:password>&#34;}"),
    # Markup in a log of HTML, in JSON, and marked as text.
    ("&lt;ns:secret&gt;r1ver9&lt;/ns:secret&gt;", "&lt;ns:secret&gt;<REDACTED:password>&lt;/ns:secret&gt;"),
    (
        "\\u003cpassword\\u003er1ver9\\u003c/password\\u003e",
        "\\u003cpassword\\u003e<REDACTED:password>\\u003c/password\\u003e",
    ),
    ("<secret><![CDATA[r1<v>er]]></secret>", "<secret><![CDATA[<REDACTED:password>]]></secret>"),
    ("<Password>\n <Value>r1ver9</Value>", "<Password>\n <Value><REDACTED:password></Value>"),
    # Other languages' terms.
    ('s:6:"secret";s:6:"r1ver9";', 's:6:"secret";s:6:"<REDACTED:password>";'),
    ('user|s:3:"amy";password|s:6:"r1ver9";', 'user|s:3:"amy";password|s:6:"<REDACTED:password>";'),
    ('[{host,"q1"},{password,<<"r1ver9">>}]', '[{host,"q1"},{password,<<"<REDACTED:password>">>}]'),
    ('{:db_password, "r1ver9"}', '{:db_password, "<REDACTED:password>"}'),
    ("UID=amy;PWD={r1;ver=9};Trusted=no", "UID=amy;PWD={<REDACTED:password>};Trusted=no"),
    ("pg-2.lan:5433:*:amy:r1ver\\:9", "pg-2.lan:5433:*:amy:<REDACTED:password>"),
    ("ConvertTo-SecureString -String 'r1ver 9' -Force", "ConvertTo-SecureString -String '<REDACTED:password>' -Force"),
    ("'r1ver 9' | ConvertTo-SecureString", "'<REDACTED:password>' | ConvertTo-SecureString"),
    ('New-Object NetworkCredential("amy", "r1ver9")', 'New-Object NetworkCredential("amy", "<REDACTED:password>")'),
    # Sessions and cookies.
    ("StandardSession[id=A1B2C3D4E5F6A7B8C9]", "StandardSession[id=<REDACTED:session>]"),
    (
        "Cookie(version=0, name='tracker', value='r1ver9')",
        "Cookie(version=0, name='tracker', value='<REDACTED:cookie>')",
    ),
    (
        "shop.example\tFALSE\t/\tTRUE\t1893456000\tbasket\tr1ver9",
        "shop.example\tFALSE\t/\tTRUE\t1893456000\tbasket\t<REDACTED:cookie>",
    ),
    ('{"name":"sessionid","value":"r1ver9"}', '{"name":"sessionid","value":"<REDACTED:password>"}'),
    (
        '{"OptionName": "AdminPassword", "OptionValue": "r1ver9"}',
        '{"OptionName": "AdminPassword", "OptionValue": "<REDACTED:password>"}',
    ),
    # Keys in headers and addresses.
    ("X-Insert-Key: r1ver9-a8b7c6d5e4", "X-Insert-Key: <REDACTED:api-key>"),
    ("/ical/amy/private-0f1e2d3c4b5a69780f1e/basic.ics", "/ical/amy/private-<REDACTED:signature>/basic.ics"),
    ("/weather?appid=0f1e2d3c4b5a69780f1e2d3c4b5a6978", "/weather?appid=<REDACTED:api-key>"),
    ('{"cache":{"auth": "aB3dE5gH7jK9mN1pQ3"}}', '{"cache":{"auth": "<REDACTED:token>"}}'),
]

TABLES = [
    (
        "name,passwd,age\namy,r1ver9,7\nbob,l4ke,8\nend",
        "name,passwd,age\namy,<REDACTED:password>,7\nbob,<REDACTED:password>,8\nend",
    ),
    ("name;api_token\namy;a8b7c6d5e4", "name;api_token\namy;<REDACTED:token>"),
    ("name\tpasswort\r\namy\tr1ver9\r\n", "name\tpasswort\r\namy\t<REDACTED:password>\r\n"),
    (
        "  name | password \n------+----------\n amy  | r1ver9\n(1 row)",
        "  name | password \n------+----------\n amy  | <REDACTED:password>\n(1 row)",
    ),
    (
        "| name | secret |\n| --- | --- |\n| amy | r1ver9 |",
        "| name | secret |\n| --- | --- |\n| amy | <REDACTED:secret> |",
    ),
]

KEPT = [
    "creds: amy:admin",
    "${DB_HOST:-db1.example}",
    "PASSWORD=${DB_PASS:-}",
    '"session": "0f1e2d3c-4b5a-4978-8f1e-2d3c4b5a6978"',
    "Pwd={password}",
    "Pwd={DB_PASSWORD};V=1",
    '~ token_ttl = "3600" -> "7200"',
    "~ password = (sensitive value) -> (sensitive value)",
    "password&quot; is not a field",
    "%22password%22%3A%22%22",
    "{&quot;password&quot;:&quot;required&quot;}",
    "&lt;password&gt; element expected",
    's:8:"password";b:0;',
    "{password, Secret}",
    '{password, "string"}',
    "Pwd={DbPassword};Uid={DbUser}",
    "password={user.password!r}",
    'password={{ x | default("a!") }}',
    "pg-2.lan:5433:*:amy: no password",
    "ConvertTo-SecureString $env:PW -AsPlainText -Force",
    "ConvertTo-SecureString : Cannot bind argument",
    "New-Object PSCredential($user, $secure)",
    "Session[id=42] closed",
    "Cookie(name='tracker') ignored",
    "X-Cache-Key: a8b7c6d5e4a8b7c6d5e4",
    "?appid=org.example.app",
    '"auth":"LdapAuthenticationProvider2024"',
    "fetched /private-notes/ again",
]
KEPT_TABLES = [
    "name,password_set,token_count\namy,true,3",
    "step|token|ms\n1|IDENT|3\n2|NUMBER|9",
    "name,password,result\namy,********,ok",
    "If it fails,try another password\nor ask,the owner of the key",
    "\tOn success, returns it.  Pass\n\tOn failure, returns nothing at all.",
    "NAME\tTOKEN\tAGE\nweb\t<none>\t3d",
    "key;value\npassword;string",
    "name,password",
]


@pytest.mark.parametrize(("text", "expected"), [*REDACTED, *TABLES])
def test_secret_of_a_carrier_is_replaced(text: str, expected: str) -> None:
    """Only the value goes, its quotes and neighbours stay; a second pass changes nothing."""
    gate = Redactor(ips=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", [*KEPT, *KEPT_TABLES])
def test_carrier_without_secret_is_unchanged(text: str) -> None:
    """Types, variables, masks, counts and sentences in the same form stay."""
    assert Redactor(ips=False)(text) == text


def test_tables_take_linear_time() -> None:
    """Each line is read once as a header or as a row, however many of either there are."""
    for line in ("name,password\n", "a,b\n", "| password |\n", "password\t", "a1,"):
        text = "password,b\n" + line * (1_000_000 // len(line))
        start = time.process_time()
        assert sum(1 for _ in find_tables(text)) >= 0
        assert time.process_time() - start < 5, line
