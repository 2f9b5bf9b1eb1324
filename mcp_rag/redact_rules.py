"""All that the redaction gate looks for by shape and place, as data: here URLs and headers, and the list of all rules.

A `Rule` runs only when one of its `hints` occurs in the lower-cased text (`redact_hints`). Group `v` of a pattern is
the secret (`a`, `b` in other branches); without one the whole match is. Every repeat is bounded or followed by nothing
that could make it backtrack, so the time grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mcp_rag import redact_builds as builds
from mcp_rag import redact_calls as calls
from mcp_rag import redact_carriers as carriers
from mcp_rag import redact_commands as commands
from mcp_rag import redact_devices as devices
from mcp_rag import redact_dialogues as dialogues
from mcp_rag import redact_documents as documents
from mcp_rag import redact_links as links
from mcp_rag import redact_numbers as numbers
from mcp_rag import redact_prose as prose
from mcp_rag import redact_remainders as remainders
from mcp_rag import redact_sentences as sentences
from mcp_rag import redact_short_names as short_names
from mcp_rag import redact_statements as statements
from mcp_rag.redact_hints import Hints
from mcp_rag.redact_shapes import Rule
from mcp_rag.redact_tokens import PREFIXED, START

# A change of what is recognised or of a placeholder's form raises this: stored text must be redacted by one version.
REDACTION_VERSION = 2

_JWT = re.compile(START + r"eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+){0,3}", re.ASCII)

# URLs: a password between the user and the host, which a local socket lacks. A database URL may hold unescaped `/` or
# `?` in it; in others those end the authority, so that a port followed by a path with an `@` is no password.
_AUTHORITY = re.compile(r"(?<=://)[^\s:/?#@\"'<>\\]{0,128}:(?P<v>[^\s/?#\"'<>\\]{1,256})@(?=[\w.\[$%{-])")
_DATABASE_URL = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|clickhouse|cockroachdb|oracle|ldaps?|smtps?|ftps?)"
    r"(?:\+[a-z0-9_]{2,20})?://[^\s:/?#@\"'<>\\]{0,128}:(?!\d{1,5}(?:[/?#\s]|$))(?P<v>[^\s\"'<>\\]{1,200})@(?=[\w.\[/?-])"
)
_URL_USER = re.compile(
    r"(?<=://)(?P<v>(?=[^@\d]{0,255}\d)[A-Za-z0-9_.~-]{20,255}(?=@[\w.\[-])|[0-9a-f]{32}(?=:[^\s/@]{1,128}@))", re.ASCII
)
_ORACLE = re.compile(
    r"(?:jdbc:oracle:(?:thin|oci):|sqlplus(?:\s-[a-z]{1,3}){0,3}\s{1,3})[\w$#]{1,60}/(?P<v>[^@\s\"'/]{1,60})@"
    r"|(?<![\w./-])(?:thin:|(?:conn|connect)\s{1,3})[\w$#]{1,60}/\"?(?P<b>[^@\s\"'/]{1,60})\"?@(?=[\w/])"
    # Of the local instance, without a host behind it.
    r"|(?<![\w./-])(?:sqlplus(?:\s-[a-z]{1,3}){0,3}|expdp|impdp|sqlldr|rman\s{1,3}target)\s{1,3}(?:userid=)?[\w$#]{1,60}/\\{0,3}\"?"
    r"(?P<a>(?![\w-]{1,60}\.\w{1,4}(?!\S))[^@\s\"'/]{3,60})(?=[@\s\"']|\Z)",
    re.ASCII,
)
# `user:password@host:port` without a scheme; a number or a word with no digit in it may be many things.
_BARE_AUTHORITY = re.compile(
    r":(?<=[\w.-]:)(?<!sip:)(?<!sips:)(?<!tel:)(?<!mailto:)(?<!xmpp:)(?<!rcpt:)(?<!from:)(?<!urn:)(?<!ssh:)"
    r"(?P<v>(?=[^@\d]{0,127}\d)(?=[\d.,_-]{0,127}[^\d.,_@-])[^\s:@/\"'`<>()\[\]{},;=]{6,128})@(?=[\w.-]{1,253}:\d{2,5}(?![\w.:]))"
)
_REQUEST_SIGNATURE = re.compile(r"signedheaders=[\w;-]{1,400},\s{0,3}signature=(?P<v>[0-9a-f]{64})")
_SIGNED = re.compile(
    r"(?:[?&;]|&amp;|\\u0026|%26)(?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|hmac|"
    r"awsaccesskeyid|auth|apikey|api_key|policy(?==eyj)|(?:(?:access|invit(?:e|ation)|reset|confirm(?:ation)?|activation|"
    r"verification|login|magic)_)?(?:code|key|token))(?:=|%3d)(?P<v>[\w%+/=.~-]{16,2048})"
)
# Azure's, as an object prints it.
_SIGNATURE_FIELD = re.compile(r"(?<![\w-])sig[\"']?\s?[:=]\s?[\"'](?P<v>[\w+/%-]{40,60}=)[\"']")
_BARE_SIGNED = re.compile(
    r"(?<![\w-])x-(?:(?:amz|goog)-(?:signature|security-token)|hub-signature(?:-256)?)[\"']?\s?[=:]\s?b?[\"']?(?P<v>[\w%+/=.-]{16,})"
)

_COOKIE = re.compile(
    r"(?<![\w-])(?:set-)?cookie[\"']?\s{0,3}(?::|=>|=)\s{0,3}(?:b(?=[\"']))?(?:"
    r"\\{0,3}\"(?P<a>[^\"\n\\]{3,4096})|'(?P<b>[^'\n]{3,4096})|(?P<v>[\w.%$!#*+^`|~-]{1,128}=[^\n\"'\\]{1,4096}))"
)
_SCHEME = r"[a-z]{2,20}(?:-[a-z]{1,20}){0,4}\d{0,3}(?:-[a-z]{1,10}\d{0,3}){0,2}"
_AUTHORIZATION = re.compile(
    r"authorization\\{0,3}[\"'\]]{0,2}\s{0,4}(?:=>|[:=])\s{0,4}(?:b(?=[\"']))?\\{0,3}[\"'\[]{0,3}(?:"
    r"(?:digest|aws4-hmac-sha256|aws|hawk|oauth|signature)\s{1,3}(?P<a>[^\n'}]{8,4096})"
    # Of a scheme that is not known: parameters, one of them long.
    r"|(?P<other>" + _SCHEME + r")\s{1,3}(?P<b>[\w-]{1,40}=\\{0,3}\"(?=[^\n'}]{0,400}?[\w+/=.%~-]{16})[^\n'}]{8,4096})"
    r"|(?:(?P<scheme>basic|bearer|token|apikey|negotiate|ntlm|bot|splunk|key|jwt|sso-key|genie-?key|client-id|"
    r"sharedkey|sharedaccesssignature)[\s:]{1,3}|"
    # Of a scheme that is not known: what ends the header, or is too long and mixed for a word.
    r"(?P<custom>" + _SCHEME + r")[ ]{1,3}(?=[^\s\"',;\\<>{}()\[\]]{8,}+(?:[\"',}\\]|\s{0,3}(?:\n|\Z)))"
    r"|(?P<named>" + _SCHEME + r")[ ]{1,3}(?=(?:[a-z_~+/=.-]{0,100}\d){2}[\w~+/=.:-]{0,8192})"
    r"(?=[^\s\"',;\\<>{}()\[\]]{20})"
    r"|(?P<dashed>[a-z]{2,20}(?:-[a-z]{1,20}\d{0,3}){1,4})[ ]{1,3}(?=(?:[a-z_~+/=.-]{0,100}\d){2})"
    r"(?=[^\s\"',;\\<>{}()\[\]]{8}))?"
    r"(?P<v>[^\s\"',;\\<>{}()\[\]]{4,8192}+)(?!\s{1,3}<redacted:))"
)
_BEARER = re.compile(
    r"(?<![\w-])(?:bearer|bot)(?:\s{1,3}|%20|\+)(?P<v>(?!realm=|error=|scope=)[\w.~+/:-]{16,8192}={0,2})"
)
_BASIC = re.compile(r"(?<![\w-])basic(?:\s{1,3}|%20)(?P<v>[a-z0-9+/_-]{8,1024}={0,2})(?![\w+/])")
_AUTH_FIELD = re.compile(
    r"(?:[\"']auth\\{0,3}[\"']|_auth|auth plain)\s{0,3}[:= ]\s{0,3}\\{0,3}[\"']?(?P<v>[a-z0-9+/]{8,1024}={0,2})"
)

# No prefix to look for: the first letter is the only hint, so it comes first in the expression.
_DISCORD = re.compile(
    r"[MNO](?<![A-Za-z0-9_-].)[A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-])", re.ASCII
)

_GENERAL: tuple[Rule, ...] = (
    Rule(
        "url-password",
        ("dbc:oracle", "thin:", "as sysdba", "connect sys", "sqlplus", "expdp", "impdp", "sqlldr", "rman target"),
        _ORACLE,
        folded=True,
    ),
    Rule("signature", ("sig: '", "sig': '", 'sig":"', 'sig": "', "sig='", 'sig="'), _SIGNATURE_FIELD, folded=True),
    Rule("discord-token", ("",), _DISCORD),
    Rule("jwt", ("eyj",), _JWT),
    Rule("url-password", ("://",), _AUTHORITY),
    Rule("url-password", ("://",), _DATABASE_URL, folded=True),
    Rule("url-password", ("://",), _URL_USER),
    Rule("url-password", ("@",), _BARE_AUTHORITY, folded=True),
    Rule("signature", ("signedheaders=",), _REQUEST_SIGNATURE, folded=True),
    Rule(
        "signature", ("sig", "hmac", "accesskeyid", "code", "key", "token", "auth", "policy=eyj"), _SIGNED, folded=True
    ),
    Rule("signature", ("x-amz-", "x-goog-", "x-hub-"), _BARE_SIGNED, folded=True),
    Rule("cookie", ("cookie",), _COOKIE, folded=True),
    Rule("authorization", ("authorization",), _AUTHORIZATION, folded=True),
    Rule("bearer", ("bearer", "bot"), _BEARER, folded=True),
    Rule("basic-auth", ("basic",), _BASIC, folded=True),
    Rule("basic-auth", ("auth",), _AUTH_FIELD, folded=True),
)


OTHER_SCRIPT = prose.OTHER_SCRIPT
# Not looked for in a text in which no name of a secret was found.
NAMED: tuple[Rule, ...] = (
    *documents.NAMED,
    *statements.NAMED,
    *calls.NAMED,
    *carriers.NAMED,
    *prose.NAMED,
    *sentences.NAMED,
    *builds.NAMED,
    *devices.NAMED,
    *dialogues.NAMED,
    *numbers.NAMED,
    *short_names.NAMED,
)
RULES: tuple[Rule, ...] = (
    *PREFIXED,
    *documents.SCARCE,
    *statements.SCARCE,
    *calls.SCARCE,
    *commands.SCARCE,
    *carriers.SCARCE,
    *prose.SCARCE,
    *builds.SCARCE,
    *sentences.SCARCE,
    *devices.SCARCE,
    *dialogues.SCARCE,
    *links.SCARCE,
    *numbers.SCARCE,
    *remainders.SCARCE,
    *short_names.SCARCE,
    *_GENERAL,
    *statements.STATEMENTS,
    *commands.COMMANDS,
    *carriers.CARRIERS,
)
# By whether the text holds a name of a secret.
HINTS: Mapping[bool, Hints] = {False: Hints(RULES), True: Hints((*RULES, *NAMED))}
