"""Short names of secrets, which other things have too, and names with a capital within."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

TOKEN = "t7Kd93MxQpL2vBn48RzYwE5cHs1Fg6"
HEX = "9fceb02d0ae598e95dc970b74767f193"
SUM = HEX * 2

REDACTED = [
    (f"tok={TOKEN}", "tok=<REDACTED:token>"),
    (f'"auth": "{TOKEN}"', '"auth": "<REDACTED:token>"'),
    (f"'VENDOR_SK': '{TOKEN}'", "'VENDOR_SK': '<REDACTED:token>'"),
    (f"x-macaroon: {HEX}", "x-macaroon: <REDACTED:token>"),
    (f"refresh='{TOKEN}', n=1", "refresh='<REDACTED:token>', n=1"),
    (f"session={TOKEN}; Path=/", "session=<REDACTED:token>; Path=/"),
    (f"salt = {HEX}", "salt = <REDACTED:secret>"),
    (f"seed: 0,\nseed={SUM}", "seed: 0,\nseed=<REDACTED:secret>"),
    ("define('LOGIN_SALT', 'kT4!mzQ9x^Rw7(Lp2#vB')", "define('LOGIN_SALT', '<REDACTED:secret>')"),
    (f"X-Signature: {SUM}", "X-Signature: <REDACTED:signature>"),
    (f"hmac mismatch: expected {SUM} got {SUM}", "hmac mismatch: expected <REDACTED:secret> got <REDACTED:secret>"),
    (f"map[key:{TOKEN} n:1]", "map[key:<REDACTED:api-key> n:1]"),
    (f'MAPS_KEY\': JSON.stringify("{TOKEN}")', 'MAPS_KEY\': JSON.stringify("<REDACTED:api-key>")'),
    ('userPw: "kelp-88"', 'userPw: "<REDACTED:password>"'),
    ("pass_=kelp88", "pass_=<REDACTED:password>"),
]

KEPT = [
    "tok=3 auth=none auth: basic sec=12 sk=1 sig=11",
    "seed=42 salt rounds=10 nonce=7",
    f"cache_key={TOKEN}",
    f"cacheKey={TOKEN}",
    f"PublicKey = {TOKEN}",
    f"Sec-WebSocket-Key: {TOKEN}",
    f"restored from key: Linux-build-{HEX}",
    '"auth":"LdapAuthenticationProvider2024"',
    f"Signature: {HEX}",
    f"key={HEX}",
    "nid_key = NID_With_Sha1And3_Key_Des",
    "PASS: x turnkey=1 keyframe=12",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_random_value_of_a_short_name_is_replaced(text: str, expected: str) -> None:
    """The value tells what the name leaves open; a second pass changes nothing."""
    redacted = Redactor()(text)
    assert redacted.replace("signature>", "secret>") == expected.replace("signature>", "secret>")
    assert Redactor()(redacted) == redacted


@pytest.mark.parametrize("text", KEPT)
def test_short_name_of_another_thing_is_kept(text: str) -> None:
    """Counters, signals, seeds of generators, keys of caches, public keys and digests have the same names."""
    assert Redactor()(text) == text
