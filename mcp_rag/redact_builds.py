"""Secrets in the output of build servers and provisioning: what they are told to hide, values that a validation
repeats, lists of users of a new machine, what a script types at a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_shapes import Found, Rule
from mcp_rag.redact_values import is_secret

_NAME = r"(?:pass[_-]?(?:word|wd|phrase|code)|(?<![a-z])pwd|secret|token|(?:api|access|private)[_-]?key)"
# The command itself says that the value is to be hidden.
_TO_HIDE = re.compile(
    r"(?:::add-mask::|##\[add-mask\]|##vso\[task\.setsecret\])(?!\$)(?P<v>[^\s\"'`]{3,2000})"
    r"|::(?:set-output|set-env|save-state) name=[\w-]{0,60}" + _NAME + r"[\w-]{0,20}::(?!\$)(?P<a>[^\s\"'`]{3,2000})"
)
# pydantic names the field in a line of its own and repeats what it was given.
_VALIDATED = re.compile(
    _NAME + r"\w{0,20}[ \t]{0,4}\n[^\n]{0,400}?input_value=(?:'(?P<v>[^'\n]{1,500})'|\"(?P<a>[^\"\n]{1,500})\")"
)
_TYPED = re.compile(r"assword[^\x00]{0,300}?send: sending \"(?P<v>(?:[^\"\\\n]|\\[^rn\n]){1,200})")
# `password     value` in the columns of a command that hands out credentials.
_ALIGNED = re.compile(
    r"(?<![\w-])(?:[\w.]{1,40}[_.])??(?:password|token|secret(?:_(?:access_)?key)?|api_key)[ \t]{2,60}"
    r"(?P<v>(?=[^\s\d]{0,100}\d)(?=[^\sa-z]{0,100}[a-z])[^\s\"'=:<>,;()\[\]{}]{12,500})(?=[ \t]{0,40}\r?(?:\n|\Z))"
)

# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("input_value=",), _VALIDATED, folded=True),
    Rule("password", ("password  ", "token  ", "secret  ", "secret_key  ", "access_key  ", "api_key  "), _ALIGNED,
         folded=True),
)  # fmt: skip
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("password", ("send: sending",), _TYPED),
    Rule("password", ("add-mask", "task.setsecret", "set-output name=", "set-env name=", "save-state name="), _TO_HIDE,
         folded=True),
)  # fmt: skip

MAX_USERS = 200
_USERS = re.compile(r"chpasswd:[^\n]{0,20}\n(?:[ \t]{1,40}expire:[^\n]{0,20}\n)?[ \t]{1,40}list:[^\n]{0,20}\n")
_USER = re.compile(r"[ \t]{1,60}(?:- )?[\w.-]{1,60}:(?P<v>[^\s:]{2,200})[ \t]{0,8}\r?(?:\n|\Z)")


def find_new_users(text: str) -> Iterator[Found]:
    """Passwords of `chpasswd: list:` by which a machine is set up: one `user:password` a line."""
    for header in _USERS.finditer(text):
        at = header.end()
        for _ in range(MAX_USERS):
            match = _USER.match(text, at)
            if match is None:
                break
            if is_secret("password", match["v"], quoted=True, strict=False):
                yield Found(*match.span("v"), "password")
            at = match.end()
