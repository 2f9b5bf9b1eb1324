"""Keys written as numbers, and dumps of the memory that holds them."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

HEX64 = "0f1e2d3c" * 8
HEX96 = "4b5a6978" * 12
TAIL64 = "4b5a6978" * 8
REDACTED = [
    (
        "network_key: [ 7, 31, 5, 9, 201, 8, 14, 2, 61, 7, 180, 2, 9, 1, 8, 144 ]",
        "network_key: [ <REDACTED:private-key> ]",
    ),
    ("wpa: PMK - hexdump(len=6): 0a 1b 2c 3d 4e 5f", "wpa: PMK - hexdump(len=6):<REDACTED:private-key>"),
    (
        "PSK - hexdump_ascii(len=6):\n     71 37 4c 61 72 6b   q7Lark",
        "PSK - hexdump_ascii(len=6):<REDACTED:private-key>",
    ),
    ("CLIENT_RANDOM " + HEX64 + " " + HEX96 + "", "CLIENT_RANDOM " + HEX64 + " <REDACTED:private-key>"),
    (
        "SERVER_TRAFFIC_SECRET_0 " + HEX64 + " " + TAIL64 + "",
        "SERVER_TRAFFIC_SECRET_0 " + HEX64 + " <REDACTED:private-key>",
    ),
    (
        "dumpprivkey bc1q -> Kq7Larkz2eaq7Larkz2eaq7Larkz2eaq7Larkz2eaq7Larkz2eaz",
        "dumpprivkey bc1q -> <REDACTED:private-key>",
    ),
    ('walletpassphrase "oak elm" 60', 'walletpassphrase "<REDACTED:password>" 60'),
    ("walletpassphrase q7Lark 60", "walletpassphrase <REDACTED:password> 60"),
    ('accounts: ["0x' + HEX64 + '"], chainId: 5', 'accounts: ["0x<REDACTED:private-key>"], chainId: 5'),
]

KEPT = [
    "primary_key: [1, 2, 3]",
    "shape: [7, 31, 5, 9, 201, 8, 14, 2, 61, 7, 180, 2, 9, 1, 8, 144]",
    "network_key: [1, 2, 3]",
    "secret_key: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 999]",
    "RSN IE - hexdump(len=6): 0a 1b 2c 3d 4e 5f",
    "PMK - hexdump(len=32): [REMOVED]",
    "please unlock with walletpassphrase first",
    "CLIENT_RANDOM missing",
    "privkey of wallet missing",
    'accounts: ["0x71be63f3384f5fb98995898a86b02fb2426c5788"]',
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_key_in_numbers_is_replaced(text: str, expected: str) -> None:
    """Bytes, hexadecimal keys of wallets and of recorded TLS are replaced."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_list_of_numbers_is_unchanged(text: str) -> None:
    """Lists and digests without the name of a key stay."""
    assert Redactor(ips=False, emails=False)(text) == text
