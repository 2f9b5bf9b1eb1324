"""Secrets that stand as arguments of calls: traces of PHP print the values, and pairs of user and password are
arguments of many clients."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

_TEXT = r"\\{0,3}'(?:[^'\\\n]|\\[^'\n]){0,200}\\{0,3}'"
# No plain short word: `login('kim', 'web')` names a guard.
_VALUE = r"\\{0,3}'(?P<v>(?=[^'\n]{8}|[a-z]{0,7}[^'\na-z])(?:[^'\\\n]|\\[^'\n]){4,200}?)\\{0,3}'"
# A method that logs in takes the user first; one that is called after the password takes it first, or behind the user.
_LOGIN = re.compile(
    r"(?:->|::|\.|new )\w{0,40}?(?:login|logon|log_in|signin|sign_in|authenticate|authorize|attempt|credentials?|bind)"
    r"\w{0,30}\(" + _TEXT + r",\s?" + _VALUE,
    re.ASCII,
)
_PASSWORD = re.compile(
    r"(?:->|::|\.|\s)\w{0,30}?(?:set|check|verify|validate|hash|change|update|reset|encrypt|confirm|compare|match)_?"
    r"\w{0,20}?(?:password|passwd|passphrase|secret)\w{0,20}\((?:"
    + _TEXT
    + r",\s?(?=\\{0,3}'))?"
    + _VALUE
    # What is compared with a hash stands before it.
    + r"|password_(?:verify|hash)\("
    + _VALUE.replace("?P<v>", "?P<a>"),
    re.ASCII,
)
_PAIR = re.compile(
    r"(?:auth(?:entication)?|credentials|basicauth|login)\\{0,3}[\"']?(?:\s?[=:]\s?[(\[]|\()\s?(?:b|u)?[\"'][^\"'\n]{1,100}[\"'],\s?(?:b|u)?"
    r"(?:'(?P<a>[^'\n]{3,200})'|\"(?P<v>[^\"\n]{3,200})\")\s?,?\s?[)\]]"
)

# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "password",
        ("auth=(", "auth = (", "auth': (", 'auth": (', 'auth": [', "auth=[", "basicauth(", "credentials=("),
        _PAIR,
        folded=True,
    ),
    Rule(
        "password",
        ("login('", "logon('", "signin('", "sign_in('", "authenticate('", "attempt('", "credentials('", "login(\\'"),
        _LOGIN,
        folded=True,
    ),
)
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule(
        "password",
        ("password('", "password_verify('", "password_hash('", "passwd('", "passphrase('", "secret('"),
        _PASSWORD,
        folded=True,
    ),
)
