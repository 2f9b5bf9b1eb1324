"""Secrets in the output of build servers, of provisioning and of commands that hand them out."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("::add-mask::q7Lark2oak", "::add-mask::<REDACTED:password>"),
    ("##vso[task.setsecret]q7Lark2oak", "##vso[task.setsecret]<REDACTED:password>"),
    ("::set-output name=db_password::q7Lark2oak", "::set-output name=db_password::<REDACTED:password>"),
    (
        "db_password\n  Value error, too short [type=value_error, input_value='q7Lark', input_type=str]",
        "db_password\n  Value error, too short [type=value_error, input_value='<REDACTED:password>', input_type=str]",
    ),
    (
        'expect: does " " match "assword:"? yes\nsend: sending "q7Lark\\r" to { exp3 }',
        'expect: does " " match "assword:"? yes\nsend: sending "<REDACTED:password>\\r" to { exp3 }',
    ),
    (
        "Key        Value\nlease      1h\npassword      q7Lark2oak9elm\nttl   5m",
        "Key        Value\nlease      1h\npassword      <REDACTED:password>\nttl   5m",
    ),
    (
        "chpasswd:\n  expire: false\n  list: |\n    amy:q7Lark\n    - bob:z8Wren\nruncmd: x",
        "chpasswd:\n  expire: false\n  list: |\n    amy:<REDACTED:password>\n    - bob:<REDACTED:password>\nruncmd: x",
    ),
]

KEPT = [
    "::add-mask::$TOKEN",
    "::add-mask::${{ secrets.X }}",
    "::set-output name=password_length::$N",
    "::set-output name=digest::abc123",
    "echo add-mask is on",
    "1 validation error for Join\nage\n  Input should be a number [type=int, input_value='q7Lark', input_type=str]",
    "password      changed",
    "token      expired yesterday at noon",
    'send: sending "ls\\r" to { exp3 }',
    "chpasswd:\n  expire: false\nruncmd: x",
    "chpasswd:\n  list: |\n    amy\n",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_secret_of_a_build_is_replaced(text: str, expected: str) -> None:
    """What a build hides or hands out, and what a validation repeats, is replaced."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_line_of_a_build_is_unchanged(text: str) -> None:
    """The same commands with variables, and counts of the same words, stay."""
    assert Redactor(ips=False, emails=False)(text) == text
