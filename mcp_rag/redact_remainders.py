"""A password with `@`, `/` or `:` in it cuts a URL at a wrong place: parsers then name a part of it as host or port."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

_HOST = re.compile(
    r"host ?name \\{0,3}[\"'](?P<v>[^\s\"'\\]{1,200})@(?=[\w.-]{1,253}\\{0,3}[\"'])"
    r"|getaddrinfo (?:enotfound|eai_again) (?P<a>[^\s\"'@]{1,200}(?:@[^\s\"'@]{1,100}(?=@))?)@"
    r"|dial tcp: lookup (?P<b>[^\s\"'@]{1,200})@(?=[\w.-]{1,253}:? )"
)
# A port is a number; what is none was written as part of a password.
_NO_NUMBER = r"(?=\d{0,20}[^\s\d\"'\\])"
_PORT = re.compile(
    r"invalid integer value \\{0,3}\"" + _NO_NUMBER + r"(?P<v>[^\s\"\\]{1,200})"
    r"\\{0,3}\" for connection option \\{0,3}\"port"
    r"|invalid port \\{0,3}\":?" + _NO_NUMBER + r"(?P<a>[^\s\"\\]{1,200})\\{0,3}\" after host"
    r"|port could not be cast to integer value as \\{0,3}['\"]" + _NO_NUMBER + r"(?P<b>[^\s'\"\\]{1,200})"
)

# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("url-password", ('host name "', 'hostname "', "host name '", 'host name \\"', "getaddrinfo e", "tcp: lookup "),
         _HOST, folded=True),
    Rule("url-password", ("integer value", "invalid port "), _PORT, folded=True),
)  # fmt: skip
