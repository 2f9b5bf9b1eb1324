"""Secrets in other carriers than `name=value`: encoded quotes, terms of Erlang, serialised PHP, calls that make a
credential, records of sessions and cookies, tables whose header names a column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_fields import kind_of
from mcp_rag.redact_options import class_of_column
from mcp_rag.redact_shapes import Found, Rule
from mcp_rag.redact_values import is_secret

_NAME = r"(?:pass[_-]?(?:word|wd|phrase|code)|(?<![a-z])pwd|secret|token|(?:api|access|private)[_-]?key)"
# Quotes in JSON inside JSON by number, in URLs, HTML and shell strings; a value ends where the same quote stands again.
_ENCODED = re.compile(
    r"(?:" + _NAME + r"|(?<![a-z])(?:otp|pin|cvv2?))"
    r"(?P<q>\\{1,3}u002[27]|\\{1,2}x2[27]|%(?:25)?2[27]|&(?:quot|apos|#0?3[49]|#x2[27]);)"
    r"(?:%20|[\s+]){0,3}(?::|%(?:25)?3a|=(?:>|&gt;)?|%3d|&#58;)(?:%20|[\s+]){0,3}(?P=q)"
    r"(?P<v>(?:(?!(?P=q))[^\"'<>\n]){1,1000})(?=(?P=q))"
)
_ESCAPED_MARKUP = re.compile(
    r"&lt;[\w.:-]{0,40}" + _NAME + r"(?:\s[^<>\n;]{0,100})?&gt;(?P<v>[^<>&\n]{3,500})&lt;/"
    r"|\\u003c[\w.:-]{0,40}" + _NAME + r"\\u003e(?P<a>[^<>\\\n]{3,500})\\u003c/"
)
# A plan shows what was and what will be.
_CHANGED = re.compile(
    r"(?:" + _NAME + r"|(?<![a-z])pass)"
    r"(?:_?(?:(?:access_)?key|value|hash|string|base64|b64|enc|\d{1,2}))?\\{0,3}[\"']?"
    r"\s{0,40}[=:]\s{0,3}\\{0,3}\"(?:[^\"\\\n]|\\[^\"\n]){0,1000}\\{0,3}\""
    r"\s{1,3}(?:->|=>)\s{1,3}\\{0,3}\""
    r"(?P<v>(?:[^\"\\\n]|\\[^\"\n]){1,1000})\\{0,3}\""
)
# `BASIC_AUTH=user:password`, `creds: user:password`.
_USER_PAIR = re.compile(
    r"(?<![a-z])(?:[a-z]{1,20}_)?(?:basic_?auth|http_?auth|userpwd|user_?pass|htpasswd|credentials?|creds)[\"']?\s?[=:]\s?[\"']?"
    r"[\w.@-]{2,60}:(?P<v>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])[^\s\"',;:/]{6,200})(?=[\s\"',;)]|\Z)"
)
# What stands in for a variable that is not set.
_DEFAULT = re.compile(
    r"\$\{\w{0,40}(?:pass(?:word|wd)?|secret|token|key|pw):?-(?P<v>(?=[^\s\d]{0,60}\d)[^\s}\"'$]{6,200})\}"
)
# The value in an object of its own below its name, as outputs of a plan are printed.
_OBJECT = re.compile(
    _NAME + r"\w{0,20}\\{0,3}\"\s?:\s?\{[^{}]{0,400}?\\{0,3}\"value\\{0,3}\"\s?:\s?\\{0,3}\"(?P<v>[^\"\\\n]{1,1000})"
)
_SECRET_KEY = re.compile(r"secret_?access_?key\s{1,4}[\"']?(?P<v>[A-Za-z0-9/+]{40})(?![\w/+=])")
# A cookie in the dictionary of a framework.
_SESSION_VALUE = re.compile(
    r"(?<![A-Za-z])session[\"']\s?:\s?[\"'](?P<v>(?=[^\s\d\"']{0,200}\d)(?=[^\sa-z\"']{0,200}[a-z])(?=[^\sA-Z\"']{0,200}[A-Z])"
    r"[\w%.:+/=-]{24,4096})[\"']"
)
_SERIALISED = re.compile(_NAME + r"(?:\\{0,3}\";|\|)s:\d{1,6}:\\{0,3}\"(?P<v>[^\"\\\n]{1,1000})")
# `{password, <<"...">>}`, `{:password, "..."}`.
_TERM = re.compile(
    r"\{\s?:?(?:[a-z]{1,30}_)?" + _NAME + r"(?:,\s{0,3}(?:fun\(\)\s?->\s?)?(?:<<)?|\s?=>\s?<<)\"(?P<v>[^\"\n]{1,500})\""
)
# ODBC sets a value in braces that holds characters of its own syntax; a variable in braces holds none.
_BRACED = re.compile(
    r"(?<![a-z])(?:pwd|password)\s?=\s?\{(?P<v>(?![{\"']|[\w.]{1,200}![rsa])(?=[\w.:$\s-]{0,200}[!@#%^&*+?/~;=(\[]|[a-z_-]{1,60}\d)(?:[^{}\"'\n<>]|\}\}){1,200})\}"
    r"(?=[;\"'\s]|\Z)"
)
# A line of .pgpass: host:port:database:user:password.
_PASSFILE = re.compile(
    r"(?:^|(?<=[\s\"'(]))[\w.*-]{1,253}:(?:\*|\d{2,5}):(?:\*|[\w-]{1,63}):[\w.@-]{1,63}:"
    r"(?P<v>(?:[^\s:\\\"']|\\[:\\]){3,200})(?=[\"']?[ \t\r]{0,4}$)",
    re.MULTILINE,
)
_SECURE_STRING = re.compile(
    r"convertto-securestring\s{1,3}(?:-string\s{1,3})?(?:\"(?P<a>[^\"\n$]{1,200})\"|'(?P<b>[^'\n]{1,200})'"
    r"|(?P<v>[^\s$(\"'-][^\s\"']{2,200})(?=\s{1,3}-))"
)
_PIPED_STRING = re.compile(
    r"(?:\"(?P<a>[^\"\n$]{1,200})\"|'(?P<b>[^'\n]{1,200})')\s{0,3}\|\s{0,3}convertto-securestring"
)
_CREDENTIAL = re.compile(
    r"(?:networkcredential|pscredential|passwordcredentials?|passwordauthentication(?:token)?)\s?\(\s?"
    r"[\"'][^\"'\n]{0,100}[\"'],\s?(?P<q>[\"'])(?P<v>[^\"'\n]{1,100})(?P=q)"
)
_SESSION_RECORD = re.compile(r"session\w{0,20}[\[({]\s?(?:session)?_?id\s?[=:]\s?[\"']?(?P<v>[\w.-]{16,200})(?![\w.-])")
_COOKIE_RECORD = re.compile(
    r"cookie\([^()\n]{0,80}?name=[\"'][^\"'\n]{1,100}[\"'],\s?value=(?:'(?P<a>[^'\n]{3,4096})'|\"(?P<v>[^\"\n]{3,4096})\")",
    re.IGNORECASE,
)
# Next to the id of a key stands the key: in a file of credentials, as arguments of a call.
_BESIDE_ID = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:[\"']{0,2}[,:;|\t ]{1,3}[\"']{0,2}|/)"
    r"(?P<v>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_COOKIE_FILE = re.compile(
    r"\t(?:TRUE|FALSE)\t/[^\s]{0,200}\t(?:TRUE|FALSE)\t\d{1,12}\t[^\s]{1,128}\t(?P<v>[^\s]{3,4096})"
)
# An address that opens what it names to whoever knows it.
_PRIVATE_FEED = re.compile(r"/private-(?P<v>[0-9a-f]{20,64})/")
_APPLICATION_ID = re.compile(r"[?&]appid=(?P<v>[0-9a-f]{32})(?![0-9a-z])")
# `X-Insert-Key: ...`, but no key of a cache or of an order.
_KEY_HEADER = re.compile(
    r"(?<![\w-])x-(?!(?:cache|idempotency|partition|surrogate|sort|object|request|dedup|trace|amz|goog)\b)[a-z-]{2,30}-(?:key|secret|pass)"
    r"(?:[\"']?\s{0,2}[:=]\s{0,2}[\"'\[]{0,2}|\s[\"'])(?P<v>(?=[^\s\d]{0,60}\d)[\w+/.~-]{16,500}={0,2})(?![\w(])"
)
_TEAM_HEADER = re.compile(r"x-honeycomb-team[\"']?\s{0,2}[:=]\s{0,2}[\"'\[]{0,2}(?P<v>\w{20,80})(?!\w)")
_AUTH_VALUE = re.compile(
    r"(?i:auth)\\{0,3}[\"']\s{0,3}[:=]\s{0,3}\\{0,3}[\"'](?!oauth)(?P<v>(?=[^\s\"'\d]{0,100}\d{1,100}[^\s\"'\d]{1,100}\d)(?=[^\s\"'a-z]{0,100}[a-z])(?=[^\s\"'A-Z]{0,100}[A-Z])"
    r"[A-Za-z0-9_+/=.~-]{16,2000})(?=\\{0,3}[\"'])",
    re.ASCII,
)

CARRIERS: tuple[Rule, ...] = (
    Rule("cookie", ("\ttrue\t", "\tfalse\t"), _COOKIE_FILE),
    Rule("password", (":5432:", ":*:", ":6432:", ":5433:"), _PASSFILE),
    Rule("token", ('auth"', "auth'", 'auth\\"'), _AUTH_VALUE),
    Rule("aws-key", ("akia", "asia"), _BESIDE_ID),
)
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("u0022", "u0027", "\\x22", "\\x27", "%22", "%27", "%2522", "quot;", "apos;", "#34;", "#39;",
                      "#034;", "#039;"), _ENCODED, folded=True),
    Rule("password", ("&lt;/", "u003c/"), _ESCAPED_MARKUP, folded=True),
    Rule("password", ('";s:', "|s:"), _SERIALISED, folded=True),
    Rule("password", ("{",), _TERM, folded=True),
    Rule("password", ('" -> ', '" => '), _CHANGED, folded=True),
    Rule("password", ("={", "= {"), _BRACED, folded=True),
    Rule("password", ("htpasswd", "credentials"), _USER_PAIR, folded=True),
    Rule("password", (":-", "key-", "pass-", "secret-"), _DEFAULT, folded=True),
    Rule("password", ('value"', 'value\\"'), _OBJECT, folded=True),
    Rule("aws-key", ("key ",), _SECRET_KEY),
    Rule("password", ("credential", "passwordauthentication"), _CREDENTIAL, folded=True),
    Rule("api-key", ("x-",), _KEY_HEADER, folded=True),
)  # fmt: skip
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "password",
        ("basic_auth", "basicauth", "http_auth", "httpauth", "creds", "serpwd", "ser_pass"),
        _USER_PAIR,
        folded=True,
    ),
    Rule("session", ('session":', "session':"), _SESSION_VALUE),
    Rule("password", ("convertto-securestring",), _SECURE_STRING, folded=True),
    Rule("password", ("convertto-securestring",), _PIPED_STRING, folded=True),
    Rule("session", ("session[", "session(", "session{", "sessionimpl["), _SESSION_RECORD, folded=True),
    Rule("cookie", ("cookie(",), _COOKIE_RECORD),
    Rule("signature", ("/private-",), _PRIVATE_FEED, folded=True),
    Rule("api-key", ("appid=",), _APPLICATION_ID, folded=True),
    Rule("api-key", ("x-honeycomb-team",), _TEAM_HEADER, folded=True),
)

MAX_ROWS = 1_000
_DELIMITERS = "\t|│;,"
_RULE_LINE = re.compile(r"[\s|+:=─━═│┼╪├┤┌┐└┘┬┴╞╡-]{3,2000}")
_CELL = r"[\"']?[A-Za-z_][\w. -]{0,60}+[\"']?"
# Tried at the beginning of every line: most leave it within a word or two.
_HEADER = re.compile(rf"[|│ \t]{{0,4}}{_CELL}(?:[\t|│;,][ ]{{0,60}}{_CELL}){{1,100}}+[|│ \t]{{0,4}}\r?\n", re.ASCII)


def find_tables(text: str) -> Iterator[Found]:
    """Cells of CSV files and printed tables whose column is named like a secret: a header, and below it rows with as
    many cells."""
    at = 0
    while at < len(text):
        header = _HEADER.match(text, at)
        end = header.end() - 1 if header else _end_of_line(text, at)
        columns = _columns(text[at:end].rstrip()) if header else None
        at = end + 1
        if columns is None:
            continue
        delimiter, names, width = columns
        for _ in range(MAX_ROWS):
            end = _end_of_line(text, at)
            line = text[at:end]
            if not line or (line.count(delimiter) + 1 != width and not _RULE_LINE.fullmatch(line)):
                break
            if not _RULE_LINE.fullmatch(line):
                yield from _cells(line, at, delimiter, names)
            at = end + 1


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _columns(line: str) -> tuple[str, dict[int, str], int] | None:
    """The delimiter of a header, the classes of the columns that hold secrets and the number of columns, if any do."""
    for delimiter in _DELIMITERS:
        if delimiter not in line:
            continue
        cells = [cell.strip() for cell in line.split(delimiter)]
        # A sentence has blanks behind its commas, and more words between them.
        blanks = 0 if delimiter == "," else 2
        inner = cells[1:-1] if delimiter in "|│" and not cells[0] and not cells[-1] else cells
        if (delimiter == "," and " " in line) or any(not c or c.count(" ") > blanks for c in inner):
            continue
        names = {n: name for n, cell in enumerate(cells) if (name := class_of_column(cell.strip("\"'").lower()))}
        if names:
            return delimiter, names, len(cells)
    return None


def _cells(line: str, at: int, delimiter: str, names: dict[int, str]) -> Iterator[Found]:
    for n, cell in enumerate(line.split(delimiter)):
        if n in names:
            value = cell.strip().strip("\"'")
            start = at + cell.find(value)
            if value and is_secret(names[n], value, quoted=True, strict=False) and any(map(str.isalnum, value)):
                yield Found(start, start + len(value), kind_of(names[n], ""))
        at += len(cell) + 1
