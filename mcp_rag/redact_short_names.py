"""Short names of secrets that other things have too (`tok`, `auth`, `sig`, `salt`, `key`): the value has to look
random, or be hexadecimal of a key's length. Names are read in the text as it came: a capital within begins a word
(`userPw`).
"""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

_BEGIN = r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
_SEPARATOR = (
    r"\\{0,3}[\"'`\])]{0,2}(?:[ \t]{0,4}(?:=>|:=|->|={1,2}|:|%3[Dd]|,(?=[ ]?[\"']))[ \t]{0,4})"
    r"(?:[A-Za-z_][\w.\[\]]{1,30}\((?=\\{0,3}[\"'`]))?[bru\[({]?\\{0,3}[\"'`]?"
)
_MIXED = (
    r"(?=[^\s\d]{0,80}\d[^\s\d]{0,80}\d)(?=[^\sa-z]{0,80}[a-z])(?=[^\sA-Z]{0,80}[A-Z])"
    # Words before a digest are the name of what it stands for.
    r"(?![a-z][a-z0-9+.-]{1,12}://)(?!(?:[A-Za-z0-9.]{1,30}[-_]){1,6}[0-9a-f]{16,}|(?:[A-Za-z0-9]{1,20}_){3})"
    r"(?!(?:[a-z]{1,20}\d{0,4})?(?:[A-Z][a-z]{2,20}\d{0,4}){1,8}(?!\w))"
    r"[\w+/.~%-]{20,1024}={0,2}(?![\w(+/.~%-])"
)
_HEX = r"(?:[0-9a-f]{32,256}|[0-9A-F]{32,256})(?![\w-])"
_LONG_HEX = r"(?:[0-9a-f]{40,256}|[0-9A-F]{40,256})(?![\w-])"
# Between quotes any sign may stand.
_QUOTED = (
    r"(?<=[\"'])(?=[^\"'\s\d]{0,80}\d)(?=[^\"'\sa-z]{0,80}[a-z])(?=[^\"'\sA-Z]{0,80}[A-Z])"
    r"(?=[^\"'\s!@#$^&*]{0,80}[!@#$^&*])[^\"'\s]{20,512}(?=[\"'])"
)
_NAMES = r"(?i:tok|auth|bearer|sec|sk|pat|jeton|macaroon|session|refresh|access|ticket|x?auth[_-]?key)"
_TOKEN = re.compile(rf"{_BEGIN}{_NAMES}{_SEPARATOR}(?P<v>{_MIXED}|{_HEX})", re.ASCII)
_SECRET = re.compile(
    rf"{_BEGIN}(?i:salt|seed|pepper|hmac|mac[_-]?key|nonce[_-]?secret){_SEPARATOR}(?P<v>{_MIXED}|{_HEX}|{_QUOTED})",
    re.ASCII,
)
_SIGNATURE = re.compile(
    rf"{_BEGIN}(?i:sig|signature|hmac){_SEPARATOR}(?:(?i:sha\d{{1,3}}|v\d)=)?(?P<v>{_LONG_HEX})"
    # What a webhook came with beside what it should have.
    r"|(?:[Ss]ignature|[Hh][Mm][Aa][Cc]|[Ss]ig)[ ](?:mismatch|verification failed|did not match)[:,]?[ ]"
    rf"(?:expected|got|want|computed)[ =:]{{1,2}}[\"']?(?P<a>{_LONG_HEX})",
    re.ASCII,
)
_OTHER_SIGNATURE = re.compile(
    r"(?:[Ss]ignature|[Hh][Mm][Aa][Cc]|[Ss]ig)[ ][^\n]{0,160}?[ ]"
    rf"(?:got|received|actual|have|but was)[ =:]{{1,2}}[\"']?(?P<v>{_LONG_HEX})",
    re.ASCII,
)
# Many keys only name a thing, or are public.
_NAMING = "".join(
    rf"(?<!{word}.)(?<!{word})"
    for word in ("cache", "public", "object", "idempotency", "partition", "websocket", "s3", "restore", "request",
                 "host")
) + "".join(
    rf"(?<!{word}.)"
    for word in ("sort", "primary", "foreign", "row", "dedup", "surrogate", "storage", "trace", "group", "hash",
                 "order", "message", "entity", "from", "verify", "peer")
)  # fmt: skip
_KEY = re.compile(
    rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=K))(?i:{_NAMING}key){_SEPARATOR}(?P<v>{_MIXED})",
    re.ASCII,
)
# A capital within a name, and an underscore behind it.
_PASSWORD = re.compile(
    r"(?:(?<=[a-z])(?:Pw|Pass|Pin|Otp)|(?<![A-Za-z])(?i:pass|pw|pwd)_)(?:_?\d{0,2})"
    + _SEPARATOR
    + r"(?P<v>(?=[^\s\d!#$%&*+?^~]{0,80}[\d!#$%&*+?^~])[^\s\"'`,;<>(){}\[\]|&$%]{4,200})",
    re.ASCII,
)


def _hints(*words: str) -> tuple[str, ...]:
    ends = ("=", ":", " =", " :", '"', "'", '\\"', "%3d", "->")
    return tuple(word + end for word in words for end in ends)


_MISMATCH = ("signature mismatch", "hmac mismatch", "signature verif", "signature did", "sig mismatch")
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("token", _hints("tok", "auth", "bearer", "sec", "sk", "pat", "jeton", "macaroon", "session", "refresh",
                         "access", "ticket", "auth_key", "authkey", "auth-key"), _TOKEN),
    Rule("secret", _hints("salt", "seed", "pepper", "hmac", "mac_key", "nonce_secret"), _SECRET),
    Rule("signature", (*_hints("sig", "signature", "hmac"), *_MISMATCH), _SIGNATURE),
    Rule("signature", _MISMATCH, _OTHER_SIGNATURE),
)  # fmt: skip
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("api-key", _hints("key"), _KEY),
    Rule("password", ("pw=", "pw:", 'pw"', "pw'", "pw =", "pass=", "pass:", 'pass"', "pass'", "pass_=", "pw_=",
                      "pwd_="), _PASSWORD),
)  # fmt: skip
