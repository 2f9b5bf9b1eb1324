"""What clients send to log in, as the logs of both sides show it: mail, file transfer, and pairs in terms of Erlang."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# Only where the user, or the reply that asks for the password, stands before it: tests say PASS too.
_FTP = re.compile(
    r"(?:(?<![\w.])331[ -]|(?<![\w-])USER )[^\x00]{0,300}?(?<![\w-])PASS "
    r"(?P<v>[^\s\"'\\]{3,100})(?=\\r|[\"']|[ \t]{0,4}\r?(?:\n|\Z))"
    r"|(?:\*cmd\*|\*put\*|(?:send|sending|sent|client):|--->)\s{0,2}b?[\"']?PASS (?P<a>[^\s\"'\\]{3,100})"
)
# The answer of AUTH LOGIN where the question is not shown; AUTH PLAIN in a line of its own, whose first byte is zero.
_MAIL = re.compile(
    r"AUTH LOGIN [^\n]{1,200}\n[^\n]{0,40}?(?:send|C|>>?):\s{0,2}b?[\"']?"
    r"(?P<v>[A-Za-z0-9+/]{4,200}={0,2})(?=\\r|[\"'\s]|\Z)"
    r"|(?<!\d)334 ?(?:\\r|\r)?(?:\\n)?[\"']?\n[^\n]{0,60}?(?<![A-Za-z0-9+/=])"
    r"(?P<a>A[A-H][A-Za-z0-9+/]{8,1024}={0,2})(?![\w+/=:])"
)
_TERM = re.compile(r"\{basic,\s?(?:<<)?\"[^\"\n]{0,100}\"(?:>>)?,\s?(?:<<)?\"(?P<v>[^\"\n]{1,200})\"")
# `user_NAME="password"` of a broker that keeps its users in its configuration.
_JAAS = re.compile(
    r"(?<![\w.])user_[\w.@-]{1,60}\s?=\s?\\{0,3}\"(?P<v>[^\"\\\n]{1,200})\\{0,3}\"(?=[^\x00]{0,2000}?[;}])"
)

# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (Rule("password", ("user ", "331", "pass "), _FTP),)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("password", ("loginmodule",), _JAAS),
    Rule("password", ('basic,<<"', 'basic,"'), _TERM),
    Rule("password", ("auth login ", "auth plain"), _MAIL),
)
