"""What clients send to log in, as logs of mail, file transfer and brokers show it."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    (
        "[R] USER amy\n[R] 331 Password required\n[R] PASS q7Lark\n[R] 530 no",
        "[R] USER amy\n[R] 331 Password required\n[R] PASS <REDACTED:password>\n[R] 530 no",
    ),
    ("*cmd* 'PASS q7Lark'", "*cmd* 'PASS <REDACTED:password>'"),
    (
        "send: 'AUTH LOGIN YW15\\r\\n'\nsend: 'cTdMYXJr\\r\\n'",
        "send: 'AUTH LOGIN YW15\\r\\n'\nsend: '<REDACTED:password>\\r\\n'",
    ),
    ("C: AUTH PLAIN\nS: 334 \nC: AGFteQBxN0xhcms=", "C: AUTH PLAIN\nS: 334 \nC: <REDACTED:password>"),
    (
        '$data is "334 UGFzc3dvcmQ6"\nCLIENT -> SERVER: cTdMYXJr',
        '$data is "334 UGFzc3dvcmQ6"\nCLIENT -> SERVER: <REDACTED:password>',
    ),
    ('{auth,{basic,<<"amy">>,<<"q7Lark">>}}', '{auth,{basic,<<"amy">>,<<"<REDACTED:password>">>}}'),
    (
        'PlainLoginModule required username="b" user_amy="q7Lark";',
        'PlainLoginModule required username="b" user_amy="<REDACTED:password>";',
    ),
]

KEPT = [
    "USER guide below\nPASS tests/login_test.py::test_a (2 s)",
    "Send the PASS command. It returns a number for each USER name",
    "PASS src/login.spec.ts",
    "*cmd* 'PASV'",
    '{basic,"realm"}',
    'user_amy="admin"',
    "AUTH LOGIN failed\nsend: bye",
    "334 items\nA B C",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_answer_of_a_login_is_replaced(text: str, expected: str) -> None:
    """Passwords and encoded answers go, replies stay."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_other_command_is_unchanged(text: str) -> None:
    """Results of tests and the same words in text stay."""
    assert Redactor(ips=False, emails=False)(text) == text
