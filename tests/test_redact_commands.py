"""Passwords on command lines."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("openssl enc -d -aes128 -in a -k 'op3n'", "openssl enc -d -aes128 -in a -k '<REDACTED:cli-password>'"),
    ("smbclient -L //nas -U 'lab/amy%st4ple'", "smbclient -L //nas -U 'lab/amy%<REDACTED:cli-password>'"),
    ("ssh-keygen -q -f id -N st4ple", "ssh-keygen -q -f id -N <REDACTED:cli-password>"),
    ("htpasswd -cb users.txt amy st4ple", "htpasswd -cb users.txt amy <REDACTED:cli-password>"),
    ("htpasswd -nb amy st4ple", "htpasswd -nb amy <REDACTED:cli-password>"),
    ("rabbitmqctl -n r1 change_password amy st4ple", "rabbitmqctl -n r1 change_password amy <REDACTED:cli-password>"),
    ("chpasswd <<< 'amy:st4ple'", "chpasswd <<< 'amy:<REDACTED:cli-password>'"),
    ("ipmitool -H bmc -U admin -P st4ple power", "ipmitool -H bmc -U admin -P <REDACTED:cli-password> power"),
    ("lftp -u amy,st4ple sftp://h", "lftp -u amy,<REDACTED:cli-password> sftp://h"),
    ("snmpwalk -v3 -a SHA -A st4pleAuth h", "snmpwalk -v3 -a SHA -A <REDACTED:cli-password> h"),
    ("nmcli dev wifi connect lab password st4ple99", "nmcli dev wifi connect lab password <REDACTED:cli-password>"),
    (
        "kubectl create secret generic db --from-literal=pin=st4ple",
        "kubectl create secret generic db --from-literal=pin=<REDACTED:cli-password>",
    ),
    ("tool --auth st4ple-77 x", "tool --auth <REDACTED:api-key> x"),
]

KEPT = [
    "openssl s_client -connect h:443 failed",
    "ssh-keygen -l -f key.pub",
    "htpasswd -b: wrong number of arguments",
    "rabbitmqctl add_user failed",
    "rabbitmqctl list_users amy",
    "smbclient: NT_STATUS_LOGON_FAILURE",
    "chpasswd: line 1 is too long",
    "curl -u <REDACTED:password>",
    "tool --auth <REDACTED:api-key> x",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_password_of_a_command_is_replaced(text: str, expected: str) -> None:
    """Only the password goes, the command stays; a second pass changes nothing, placeholders are not nested."""
    gate = Redactor()
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_command_without_password_is_unchanged(text: str) -> None:
    """The same commands without a password, and what they answer, stay."""
    assert Redactor()(text) == text
