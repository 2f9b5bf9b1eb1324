"""Secrets in notations and sentences that no rule names: the value near a name has to look random by itself."""

from __future__ import annotations

import time

import pytest

from mcp_rag.redact import Redactor
from mcp_rag.redact_near import is_random

TOKEN = "t7Kd93MxQpL2vBn48RzYwE5cHs1Fg6"
HEX = "9fceb02d0ae598e95dc970b74767f193"

REDACTED = [
    # Signs that no list of separators holds.
    ("password[Hj4+kelp92]", "password[<REDACTED:password>]"),
    ("password(m4Rk7Tz2pQ)", "password(<REDACTED:password>)"),
    ("password <<< 'Kelp!204x'", "password <<< '<REDACTED:password>'"),
    (f"secret -- {TOKEN}", "secret -- <REDACTED:secret>"),
    ("Password? m4Rk7Tz2pQ", "Password? <REDACTED:password>"),
    ("password mismatch: 'Kelp!204x' != 'm4Rk7Tz2pQ'",
     "password mismatch: '<REDACTED:password>' != '<REDACTED:password>'"),
    # Words between.
    ("keystore password was incorrect: Kelp4471", "keystore password was incorrect: <REDACTED:password>"),
    (f"API key provided: {TOKEN}.", "API key provided: <REDACTED:api-key>."),
    (f"set variable BUILD_TOKEN to {HEX}", "set variable BUILD_TOKEN to <REDACTED:token>"),
    (f"using API key {HEX} here", "using API key <REDACTED:api-key> here"),
    (
        'password changed from "Kelp4471" to "Reef!882b"',
        'password changed from "<REDACTED:password>" to "<REDACTED:password>"',
    ),
    # The value before the name.
    ("cannot parse 'm4Rk7Tz2pQ' as DB_PASSWORD", "cannot parse '<REDACTED:password>' as DB_PASSWORD"),
    (f"Duplicate entry '{TOKEN}' for key 'logins.token'", "Duplicate entry '<REDACTED:token>' for key 'logins.token'"),
    # The value below the name.
    ('"password":\n    "m4Rk7Tz2pQ"\n', '"password":\n    "<REDACTED:password>"\n'),
    ('│ variable "db_password":\n│   4:   default = "kelp88"',
     '│ variable "db_password":\n│   4:   default = "<REDACTED:password>"'),
    ("var.db_password\n  Enter a value: m4Rk7Tz2pQ", "var.db_password\n  Enter a value: <REDACTED:password>"),
    (
        "10:00:01 [3] DEBUG password =\n10:00:02 [3] DEBUG kelp_reef740",
        "10:00:01 [3] DEBUG password =\n10:00:02 [3] DEBUG <REDACTED:password>",
    ),
]  # fmt: skip

KEPT = [
    "token 9fceb02d0ae598e95dc970b74767f19372d61af8 not found",
    "password for user Kelp4471 expired",
    "passwords[user_id2]",
    "Access denied for user 'app2Prod'@'db1' (using password: YES)",
    "password hash algorithm pbkdf2-SHA512",
    "token id: Kd93MxQpL2vBn48RzYwE5c",
    "class Ed25519PrivateKey(Ed25519PublicKey):",
    "from keys import (\n    Ed25519PrivateKey,\n    Ed25519PublicKey,\n)",
    "password:\n  secretKeyRef: db2",
    "password:\n  - min8chars rule",
    "tokenizer\n  Step2Form",
    "the store's password `seasheller`",
    "Pass `verbosity=0` for less",
    'Option "password" requires a value',
    "token 0xB1c97882d7329c47d2e0F5a3f0Fc1dF4717fC59A moved",
    "password field 2031-02-02T10:00:00Z",
    "Enter password\nLogin2Form shown",
    "gpasswd.1\n       man/ja/man1/gpasswd.1",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_value_that_can_be_nothing_else_is_replaced(text: str, expected: str) -> None:
    """Behind any sign, behind words, before the name and on the next line; a second pass changes nothing."""
    assert Redactor()(text) == expected
    assert Redactor()(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_has_the_shape_of_words_is_kept(text: str) -> None:
    """Names of classes and users, commits, dates and paths stand near the same words."""
    assert Redactor()(text) == text


def test_many_names_on_one_line_take_linear_time() -> None:
    """What stands before and behind a name is read a little way, however long the line is."""
    text = "a 'b' password c (token) 'secret' d\\ " * 5_000
    start = time.process_time()
    assert Redactor()(text) == text
    assert time.process_time() - start < 8


@pytest.mark.parametrize(
    ("value", "expected"),
    [("m4Rk7Tz2pQ", True), ("kelp!204", True), (TOKEN, True), ("TokenRefreshV2Handler3", False), (HEX, False),
     ("kelp4471", False), ("KELP4471", False), ("a=1&b=2", False), ("x%2Fy1", False), ("kelpReef", False)],
)  # fmt: skip
def test_random_values_are_told_from_words(value: str, expected: bool) -> None:
    """Random is what changes between capitals, small letters and digits all the time, or has a sign within."""
    assert is_random(value) is expected
