"""Secrets in commands of routers, switches, firewalls and wireless networks."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("aaa-server LAB key q7Lark", "aaa-server LAB key <REDACTED:password>"),
    (" authentication-key 1 md5 q7Lark", " authentication-key 1 md5 <REDACTED:password>"),
    (" ppp chap password q7Lark", " ppp chap password <REDACTED:password>"),
    (
        "snmp-server user amy grp v3 auth sha q7Lark priv aes 128 q8Wren",
        "snmp-server user amy grp v3 auth sha <REDACTED:password> priv aes 128 <REDACTED:password>",
    ),
    ("SSID lab, key q7Lark2oak, WPA2", "SSID lab, key <REDACTED:password>, WPA2"),
    ("wep_key0=0a1b2c3d4e", "wep_key0=<REDACTED:password>"),
    (" key-string q7Lark", " key-string <REDACTED:password>"),
    (" key-string 7 0a1b2c3d", " key-string 7 <REDACTED:password>"),
    ('set ike p1 pre-shared-key ascii-text "$9$q7Lark"', 'set ike p1 pre-shared-key ascii-text "<REDACTED:password>"'),
    ("set peer 192.0.2.7 pre-shared-secret q7Lark2oak", "set peer 192.0.2.7 pre-shared-secret <REDACTED:password>"),
    ("set passwd ENC q7Lark2oak==", "set passwd ENC <REDACTED:password>"),
    ("set psksecret q7Lark2oak", "set psksecret <REDACTED:password>"),
    ("snmpwalk -v2c -c larkoak sw9 sysDescr.0", "snmpwalk -v2c -c <REDACTED:password> sw9 sysDescr.0"),
    ("rocommunity larkoak 192.0.2.0/24", "rocommunity <REDACTED:password> 192.0.2.0/24"),
    ("    Key Content            : q7 Lark", "    Key Content            : <REDACTED:password>"),
    ("WIFI:T:WPA;S:lab;P:q7Lark;;", "WIFI:T:WPA;S:lab;P:<REDACTED:password>;;"),
]

KEPT = [
    "aaa-server LAB protocol radius",
    "ssid lab key exchange failed",
    "wep_key0 missing",
    "snmpwalk -v2c -c public sw9",
    "rocommunity public",
    "set password failed",
    "set secret was refused",
    "key-string missing",
    "pre-shared-key mismatch",
    "WIFI:T:nopass;S:lab;;",
    "snmpget -v3 -u mon sw9",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_secret_of_a_device_is_replaced(text: str, expected: str) -> None:
    """The value goes, the command and its other arguments stay."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_line_of_a_device_is_unchanged(text: str) -> None:
    """Communities that everybody uses, and words behind the same names, stay."""
    assert Redactor(ips=False, emails=False)(text) == text
