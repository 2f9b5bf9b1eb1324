"""Secrets in commands and tables of routers, switches, firewalls and wireless networks."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# With a number or a format between the name and the value.
_SHARED = re.compile(
    r"(?:(?<![\w-])key-string|pre-shared-(?:key|secret))(?:\s(?:local|remote|ascii-text|hexadecimal|encrypted))?"
    r"(?:\s[0-9])?\s(?:\"(?P<a>[^\"\n]{3,200})\"|(?P<v>(?=[^\s\d]{0,60}\d)[^\s\"'=:]{4,200}))"
)
# What is set, encrypted or not; without a digit it is a word of a message.
_SET = re.compile(
    r"(?<![\w-])set\s(?:passw(?:or)?d|psksecret|secret|passphrase|ppk-secret|private-key|auth-pwd|priv-pwd|password-hash)\s"
    r"(?:enc\s(?P<v>[^\s\"']{8,2000})|\"(?P<a>(?=[^\"\d]{0,100}\d)[^\"\n]{4,500})\""
    r"|(?P<b>(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])[^\s\"'=:]{6,500})(?=[ \t]{0,8}(?:\r?\n|\Z)))"
)
_ROUTED = re.compile(
    r"(?:aaa-server\s[^\n]{0,80}?\skey|(?:authentication|message-digest)-key\s\d{1,5}\smd5|chap\s(?:password|secret)"
    r"|snmp-server\suser\s[^\n]{1,120}?\s(?:auth\s(?:sha|md5)(?:[\s-]?\d{3})?|priv\s(?:aes|des|3des)(?:[\s-]?\d{3})?))"
    r"\s(?:[0-9]\s)?[\"']?(?P<v>(?=[^\s\d]{0,60}\d)[^\s\"'=:]{4,200})"
    r"|snmp-server\suser\s[^\n]{1,120}?\spriv\s(?:aes|des|3des)(?:[\s-]?\d{3})?\s(?P<a>(?=[^\s\d]{0,60}\d)[^\s\"'=:]{4,200})"
)
# The words that everybody uses for reading and writing are no secrets.
_COMMUNITY = re.compile(
    r"(?:(?<![\w-])r[ow]community6?|(?<![\w-])com2sec6?\s\S{1,40}\s\S{1,60})\s{1,4}(?!public\b|private\b)"
    r"(?P<v>[^\s\"'<$-][^\s\"']{3,60})"
    r"|(?<![\w-])snmp(?:walk|get|getnext|set|bulkwalk|bulkget|table|trap)\b[^\n|;]{0,160}?\s-c\s{0,2}[\"']?(?!public\b|private\b)"
    r"(?P<a>[^\s\"'<$-][^\s\"']{3,60})"
)
_WEP = re.compile(r"wep[_-]?key\s?\d?[\"']?\s?[:=\s]\s?[\"']?(?P<v>[0-9a-f]{26}|[0-9a-f]{10})(?!\w)")
# What Windows prints of a wireless profile, and the text of a code that phones read.
_WIRELESS = re.compile(
    r"key content\s{0,20}:\s{1,4}(?P<v>\S[^\n]{0,62}\S)"
    r"|(?<![a-z])ssid[\s:=]{1,3}[\"']?[^\s,\"']{1,64}[\"']?,?\s(?:key|psk|pass(?:word|phrase)?)[\s:=]{1,3}[\"']?"
    r"(?P<b>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])[^\s\"',]{8,63})"
    r"|(?<![a-z])wifi:(?:[tsh]:(?:[^;\\\n]|\\.){0,64};){0,3}p:(?P<a>(?:[^;\\\n]|\\.){1,64});"
)

# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("key-string", "pre-shared-"), _SHARED, folded=True),
    Rule(
        "password",
        ("set passw", "set psksecret", "set secret", "set passphrase", "set ppk-", "set private-key", "set auth-pwd",
         "set priv-pwd"),
        _SET,
        folded=True,
    ),
)  # fmt: skip
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("password", ("rocommunity", "rwcommunity", "com2sec", "snmpwalk", "snmpget", "snmpset", "snmpbulk",
                      "snmptable", "snmptrap"), _COMMUNITY, folded=True),
    Rule("password", ("aaa-server ", "authentication-key ", "digest-key ", "chap password ", "chap secret ",
                      "snmp-server user "), _ROUTED, folded=True),
    Rule("password", ("wep_key", "wep-key"), _WEP, folded=True),
    Rule("password", ("key content", "wifi:t:", "wifi:s:", "ssid"), _WIRELESS, folded=True),
)  # fmt: skip
