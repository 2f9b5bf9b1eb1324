"""Passwords on command lines: behind a short option, by position, on standard input."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# Commands that take a password by a short option, by position or on standard input.
_SHORT_OPTION = re.compile(
    r"(?<![\w-])(?:"
    r"(?:mysql(?:dump|admin|import|show|check|sh)?|mariadb(?:-dump|-admin)?)\b[^\n|;]{0,200}?[\s\"',]-p"
    r"|(?:sshpass|7z)\b[^\n|;]{0,60}?[\s\"',]-p[\s\"',]{0,4}"
    r"|(?:docker|podman|az|oc|helm)\b[^\n|;]{0,40}login\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|(?:mongo(?:sh|dump|restore|export|import)?|cqlsh|psftp|bteq)\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|redis-cli\b[^\n|;]{0,120}?[\s\"',]-a[\s\"',]{1,4}"
    r"|ldap(?:search|modify|add|delete|whoami|passwd)\b[^\n|;]{0,160}?[\s\"',]-w[\s\"',]{1,4}"
    r"|(?:sqlcmd|bcp|osql|isql|unzip|zip)\b[^\n|;]{0,160}?[\s\"',]-[px][\s\"',]{1,4}"
    r"|(?:plink|pscp|putty)\b[^\n|;]{0,120}?[\s\"',]-pw[\s\"',]{1,4}"
    r"|-pass(?:in|out)\s{1,3}pass:|-(?:store|key)pass\s{1,3}"
    r"|net\s{1,2}user\s{1,2}\S{1,40}\s{1,2}"
    r")(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|(?P<v>[^\s\"'\-/<>$,|;][^\s\"'|;\]]{1,200}))"
)
_USER_OPTION = re.compile(
    r"(?<![\w-])(?:-u|-a|--user|--proxy-user|--auth|--basic-auth|--creds|--credentials|--userpwd)(?:[\s=]{1,3}|[\"'],\s?)"
    r"[\"']?(?!https?:|ftp:|<redacted:)[^\s:\"'/]{1,80}:(?P<v>[^\s\"'][^\s\"']{0,199})"
)
_PIPED = re.compile(
    r"(?<![\w-])(?:echo|printf)(?:\s-[ne]{1,2})?\s{1,3}[\"']?(?P<v>[^\s\"'|]{3,200})[\"']?\s{0,3}\|\s{0,3}(?:sudo\s{1,3}-\S{0,4}s|chpasswd|"
    r"(?:sudo\s{1,3})?(?:chpasswd|passwd)|docker\s{1,2}login|(?:sudo\s)?cryptsetup|gpg)"
)
# Where the password stands by its place.
_BY_PLACE = re.compile(
    r"(?<![\w-])(?:"
    r"openssl\s[^\n|;]{0,200}?[\s\"',]-k[\s\"',]{1,4}"
    r"|ssh-keygen\b[^\n|;]{0,160}?[\s\"',]-[np][\s\"',]{1,4}"
    r"|(?:smbclient|rpcclient|winexe|wmic|crackmapexec)\b[^\n|;]{0,160}?[\s\"',]-u[\s\"',]{0,4}[^\s%\"']{1,80}%"
    r"|htpasswd\s{1,3}-[a-z0-9]{0,6}n[a-z0-9]{0,6}\s{1,3}[^\s-]\S{0,80}\s{1,3}"
    r"|htpasswd\s{1,3}-(?:[ac-z0-9]{0,6}b)[a-z0-9]{0,6}\s{1,3}(?:-[a-z0-9]{1,4}\s{1,3}){0,3}\S{1,200}\s{1,3}\S{1,80}\s{1,3}"
    r"|rabbitmqctl\s(?:[^\n|;]{0,60}\s)?(?:add_user|change_password|authenticate_user)\s{1,3}\S{1,80}\s{1,3}"
    r"|chpasswd\s{0,3}<<<\s{0,3}[\"']?[\w.-]{1,40}:"
    r"|ipmitool\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|twine\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|lftp\b[^\n|;]{0,160}?[\s\"',]-u[\s\"',]{1,4}[^\s,\"']{1,80},"
    r"|snmp(?:walk|get|set|bulkwalk|table)\b[^\n|;]{0,160}?[\s\"',]-[ax][\s\"',]{1,4}(?!(?:sha|md5|aes|des)\b)"
    r"|x?freerdp\b[^\n|;]{0,160}?\s/p:"
    r"|net\s{1,2}use\s[^\n|;]{0,160}?/user:\S{1,80}\s{1,3}"
    r"|nmcli\b[^\n|;]{0,160}?\spassword\s{1,3}"
    r"|mysqladmin\b[^\n|;]{0,160}?\spassword\s{1,3}"
    r"|--from-literal[=\s][\"']?[\w.-]{1,80}="
    r")(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|(?P<v>[^\s\"'\-/<>$,|;][^\s\"'|;\]]{1,200}))"
)

COMMANDS: tuple[Rule, ...] = (
    Rule("cli-password", (" -", "'-", '"-', "net user"), _SHORT_OPTION, folded=True),
    Rule("cli-password", ("-u", "-a", "--"), _USER_OPTION, folded=True),
    Rule("cli-password", ("|",), _PIPED, folded=True),
)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "cli-password",
        ("openssl ", "ssh-keygen", "smbclient", "rpcclient", "winexe", "crackmapexec", "htpasswd ", "rabbitmqctl",
         "chpasswd", "pmitool", "twine ", "lftp ", "snmpwalk", "snmpget", "snmpset", "snmpbulk", "freerdp", "net use ",
         "nmcli", "mysqladmin", "from-literal"),
        _BY_PLACE,
        folded=True,
    ),
)  # fmt: skip
