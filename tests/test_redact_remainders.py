"""Parts of a password that a parser of URLs takes for a host or a port and prints."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    (
        'could not translate host name "q7@Lark@pgx" to address: unknown',
        'could not translate host name "<REDACTED:url-password>@pgx" to address: unknown',
    ),
    ("getaddrinfo ENOTFOUND q7Lark@mq.lab", "getaddrinfo ENOTFOUND <REDACTED:url-password>@mq.lab"),
    ("dial tcp: lookup q7Lark@mq.lab: no such host", "dial tcp: lookup <REDACTED:url-password>@mq.lab: no such host"),
    (
        'invalid integer value "q7Lark" for connection option "port"',
        'invalid integer value "<REDACTED:url-password>" for connection option "port"',
    ),
    (
        'parse "amqp://w": invalid port ":q7Lark" after host',
        'parse "amqp://w": invalid port ":<REDACTED:url-password>" after host',
    ),
    (
        "ValueError: Port could not be cast to integer value as 'q7Lark'",
        "ValueError: Port could not be cast to integer value as '<REDACTED:url-password>'",
    ),
]

KEPT = [
    'could not translate host name "pgx" to address: unknown',
    "getaddrinfo ENOTFOUND mq.lab",
    "dial tcp: lookup mq.lab on 8.8.8.8:53: no such host",
    'invalid integer value "70000" for connection option "port"',
    'parse "amqp://w": invalid port ":70000" after host',
    "invalid port number",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_rest_of_a_password_is_replaced(text: str, expected: str) -> None:
    """A URL cut at a sign of its password still gives nothing of it away."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_real_host_or_port_is_unchanged(text: str) -> None:
    """Hosts and ports in the same messages stay."""
    assert Redactor(ips=False, emails=False)(text) == text
