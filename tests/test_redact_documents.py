"""Secrets told by the document around them: manifests, key files, XML."""

from __future__ import annotations

import base64

import pytest

from mcp_rag.redact import Redactor

_PEM = base64.b64encode(b"-----BEGIN EC PRIVATE" + b" KEY-----\nMHcCAQEEIAbCdEfGh\n").decode()
_CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMHcCAQEEIAbCdEfGhMHcCAQEEIAbCdEfGh\n").decode()
_MEMBER = "Zm9vYmFyLWJhei1xdXV4LXByaXZhdGUtcGFydA"

REDACTED = [
    (
        "<property>\n  <name>a.b.ConnectionPassword</name>\n  <value>q7Lark</value>",
        "<property>\n  <name>a.b.ConnectionPassword</name>\n  <value><REDACTED:password></value>",
    ),
    ("stringData:\n  turn: q7Lark\n", "stringData:\n  turn: <REDACTED:secret>\n"),
    (
        '+ resource "random_password" "db" {\n  + length = 9\n  + result      = "q7Lark"',
        '+ resource "random_password" "db" {\n  + length = 9\n  + result      = "<REDACTED:password>"',
    ),
    ("<SharedAccessKey>kT4mzQ9x</SharedAccessKey>", "<SharedAccessKey><REDACTED:password></SharedAccessKey>"),
    ("<pass>kT4mzQ9x</pass>", "<pass><REDACTED:password></pass>"),
    ("<key>password</key>\n<string>kT4mzQ9x</string>", "<key>password</key>\n<string><REDACTED:password></string>"),
    (
        '<string name="maps_api_key">kT4mzQ9xkT4mzQ9x</string>',
        '<string name="maps_api_key"><REDACTED:password></string>',
    ),
    (
        '{"Name": "/shop", "Type": "SecureString", "Value": "kT4mzQ9x"}',
        '{"Name": "/shop", "Type": "SecureString", "Value": "<REDACTED:secret>"}',
    ),
    (
        '{"Value": "kT4mzQ9x", "Version": 2, "Type": "SecureString"}',
        '{"Value": "<REDACTED:secret>", "Version": 2, "Type": "SecureString"}',
    ),
    (
        '{"type": "random_password", "instances": [{"attributes": {"result": "kT4mzQ9x"}}]}',
        '{"type": "random_password", "instances": [{"attributes": {"result": "<REDACTED:password>"}}]}',
    ),
    (
        "-----BEGIN OpenVPN Static key V1-----\n8d1f3a5b7c9e0a2b\n4c6d8e0f1a3b5c7d\n"
        "-----END OpenVPN Static key V1-----",
        "-----BEGIN OpenVPN Static key V1-----<REDACTED:private-key>-----END OpenVPN Static key V1-----",
    ),
    (
        "apiVersion: v1\ndata:\n  any.name: aGVsbG8=\n  other: |\n    d29ybGQ=\n    bW9yZQ==\nkind: Secret\n"
        "metadata:\n  name: x",
        "apiVersion: v1\ndata:\n  any.name: <REDACTED:secret>\n  other: |\n    <REDACTED:secret>\n    "
        "<REDACTED:secret>\nkind: Secret\nmetadata:\n  name: x",
    ),
    (
        "  kind: Secret\n  stringData:\n    'url': \"amqp://q\"\n  type: Opaque",
        "  kind: Secret\n  stringData:\n    'url': \"<REDACTED:secret>\"\n  type: Opaque",
    ),
    (
        '{"kind": "Secret", "data": {"a": "aGVsbG8=", "b":"d29ybGQ="}, "type": "Opaque"}',
        '{"kind": "Secret", "data": {"a": "<REDACTED:secret>", "b":"<REDACTED:secret>"}, "type": "Opaque"}',
    ),
    (
        'last: "{\\"data\\":{\\"a\\":\\"aGVsbG8=\\"},\\"kind\\":\\"Secret\\"}"',
        'last: "{\\"data\\":{\\"a\\":\\"<REDACTED:secret>\\"},\\"kind\\":\\"Secret\\"}"',
    ),
    ("client-key: " + _PEM, "client-key: <REDACTED:private-key>"),
    (
        "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2\nAAAAIE9sZFdpbmRvd3M=\nQUFBQQ==\nPrivate-MAC: 11aa",
        "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2<REDACTED:private-key>\nPrivate-MAC: 11aa",
    ),
    (
        f'{{"kty":"OKP","crv":"Ed25519","x":"{_MEMBER}","d":"{_MEMBER}"}}',
        f'{{"kty":"OKP","crv":"Ed25519","x":"{_MEMBER}","d":"<REDACTED:private-key>"}}',
    ),
    ('<prop key="mail.smtp.password">h4lf</prop>', '<prop key="mail.smtp.password"><REDACTED:password></prop>'),
    (
        '<setting name="AdminPassword" serializeAs="String">\n <value>h4lf</value>',
        '<setting name="AdminPassword" serializeAs="String">\n <value><REDACTED:password></value>',
    ),
    ("amy:$1$ab12cd34$" + "Ab1." * 5 + "Xy", "amy:<REDACTED:password-hash>"),
    ("amy:$apr1$ab12cd34$" + "Ab1/" * 5 + "Xy", "amy:<REDACTED:password-hash>"),
    ("userPassword {SSHA512}" + "Ab1+" * 24, "userPassword <REDACTED:password-hash>"),
    ("amy:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "amy:<REDACTED:password-hash>"),
    (
        "SCRAM-SHA-1$4096:c2FsdHNhbHQ=$" + "Ab1+" * 7 + ":" + "Cd2/" * 7,
        "<REDACTED:password-hash>",
    ),
    ("hub pat-eu1-0f8fad5b-d9cb-469f-a165-70867728950e", "hub <REDACTED:hubspot-token>"),
]

KEPT = [
    "<name>password-file</name><value>/etc/p</value>",
    "data:\n  turn: q7Lark\n",
    "<pass>12</pass><fail>0</fail>",
    "<Key>logs/2031/a1.csv</Key>",
    '<string name="error_password">Wrong password</string>',
    "<key>CFBundleName</key><string>Shop1</string>",
    '{"Type": "String", "Value": "plain42"}',
    "kind: ConfigMap\ndata:\n  mode: aGVsbG8=",
    "kind: Secret\nmetadata:\n  name: tls\n---\nkind: ConfigMap\ndata:\n  mode: aGVsbG8=",
    "kind: Secret\ndata:\n  value: {{ .Values.token | b64enc }}",
    'failed to get {"kind":"Secret","name":"db-creds"}: not found',
    "data:\n  tls.crt: " + _CERTIFICATE,
    '{"kty":"RSA","n":"' + _MEMBER + '","e":"AQAB","kid":"' + _MEMBER + '"}',
    '<entry key="error.password">Das Passwort ist falsch</entry>',
    '<property name="password"></property>',
    '<label id="login.password">Passwort</label>',
    '<property name="username">scott9</property>',
    "Private-Lines: 2",
    "$1$ was paid, $1$2$3",
    "{SHA} and {SSHA} are supported",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_secret_of_a_document_is_replaced(text: str, expected: str) -> None:
    """Values go whatever they are called, names and the rest of the document stay; a second pass changes nothing."""
    gate = Redactor()
    assert gate(text) == expected
    assert gate(expected) == expected


def test_data_of_a_secret_ends_where_another_member_begins() -> None:
    """What stands below the next member of the manifest is no value of the secret, also where that line has none."""
    text = "kind: Secret\ndata:\n  conf: Y29yYWwgcmVlZiA4OA==\nmetadata:\n  name: reef"
    assert Redactor()(text) == text.replace("Y29yYWwgcmVlZiA4OA==", "<REDACTED:secret>")


@pytest.mark.parametrize("text", KEPT)
def test_document_without_secret_is_unchanged(text: str) -> None:
    """Other documents of the same form, and public parts of keys, stay."""
    assert Redactor()(text) == text
