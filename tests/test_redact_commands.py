"""Passwords on command lines."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("steamcmd +login amy q7Lark +quit", "steamcmd +login amy <REDACTED:cli-password> +quit"),
    ("sudo -S <<< q7Lark id", "sudo -S <<< <REDACTED:cli-password> id"),
    ("echo 'q7Lark' | kinit amy", "echo '<REDACTED:cli-password>' | kinit amy"),
    (
        "composer config github-oauth.github.com q7Lark2oak9elm",
        "composer config github-oauth.github.com <REDACTED:cli-password>",
    ),
    ("run --password \\\n  q7Lark \\\n  --host a", "run --password \\\n  <REDACTED:password> \\\n  --host a"),
    ('impdp system/"q7Lark"@PDB x', 'impdp system/"<REDACTED:url-password>"@PDB x'),
    (
        "mosquitto_sub -h mq -p 1883 -u ada -P kT4mzQ9x -t a",
        "mosquitto_sub -h mq -p 1883 -u ada -P <REDACTED:token> -t a",
    ),
    (
        "mc alias set nas http://nas:9000 shopkey7 kT4mzQ9xkT4mzQ9x --api S3v4",
        "mc alias set nas http://nas:9000 <REDACTED:token> --api S3v4",
    ),
    ("expdp system/kT4mzQ9x schemas=SHOP", "expdp system/<REDACTED:url-password> schemas=SHOP"),
    ("sqlplus shop/kT4mzQ9x @check.sql", "sqlplus shop/<REDACTED:url-password> @check.sql"),
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
    ('curl --user "amy:two w0rds" https://h', 'curl --user "amy:<REDACTED:cli-password>" https://h'),
    ("curl -u k9x8c7v6b5n4m3l2k1j0: https://h", "curl -u <REDACTED:cli-password>: https://h"),
    ("curl -s -b 'basket=st4ple' https://h", "curl -s -b '<REDACTED:cookie>' https://h"),
    ("psexec \\\\vm7 -u LAB\\amy -p st4ple cmd", "psexec \\\\vm7 -u LAB\\amy -p <REDACTED:cli-password> cmd"),
    ("schtasks /create /ru amy /rp st4ple /sc daily", "schtasks /create /ru amy /rp <REDACTED:cli-password> /sc daily"),
    ("erl -name n1 -setcookie ST4PLE", "erl -name n1 -setcookie <REDACTED:cli-password>"),
    ("APP_ERLANG_COOKIE=ST4PLEST4", "APP_ERLANG_COOKIE=<REDACTED:password>"),
    ("npm config set //npm.lan/:_authToken k9x8c7v6", "npm config set //npm.lan/:_authToken <REDACTED:cli-password>"),
    ("setx DB_PASSWORD st4ple", "setx DB_PASSWORD <REDACTED:cli-password>"),
    (
        "aws ssm put-parameter --type SecureString --name /a/b --value 'st4ple'",
        "aws ssm put-parameter --type SecureString --name /a/b --value '<REDACTED:cli-password>'",
    ),
    ("az keyvault secret set -n db --value st4ple", "az keyvault secret set -n db --value <REDACTED:cli-password>"),
    ("vault login -no-print k9x8c7v6b5n4m3l2k1j0", "vault login -no-print <REDACTED:token>"),
    ("./codecov -t 0f8fad5b-d9cb-469f-a165-70867728950e", "./codecov -t <REDACTED:cli-password>"),
    ("tool --auth st4ple-77 x", "tool --auth <REDACTED:api-key> x"),
]

KEPT = [
    "steamcmd +login anonymous +app_update 740",
    "sudo -S -k id",
    "mosquitto_sub -h mq -p 1883 -t a/b",
    "mc alias list",
    "sqlplus / as sysdba",
    "sqlplus scripts/check.sql",
    "openssl s_client -connect h:443 failed",
    "ssh-keygen -l -f key.pub",
    "htpasswd -b: wrong number of arguments",
    "rabbitmqctl add_user failed",
    "rabbitmqctl list_users amy",
    "smbclient: NT_STATUS_LOGON_FAILURE",
    "chpasswd: line 1 is too long",
    "npm config set registry https://npm.lan/",
    "kubectl config set-context lab --namespace=secret",
    "config token missing for user amy",
    "config secret name db-creds",
    "setx PATH C:\\bin",
    "vault login failed for user ci-runner-2024-lab-eu-west",
    "vault login -method=userpass username=amy",
    "aws ssm put-parameter --type String --name /a/b --value plain",
    "docker run --user worker1234567890123456: x",
    "psexec failed, option -p is missing",
    "curl -b cookies.txt https://h",
    "codecov: -t is missing",
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
