"""Secrets that the document around them gives away: PEM and PuTTY keys, JSON web keys, XML, forms, manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_shapes import Found, Rule
from mcp_rag.redact_values import is_secret

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----)){0,20000}+-----END [A-Z0-9 ]{3,60}-----"
    # Cut short: lines of base64, also behind a prefix (a log header, one line of a trace between them).
    r"|(?:[\s\"',+|>]{0,80}+(?:\\{1,4}[nr]){0,4}+[A-Za-z0-9+/=]{16,}+"
    r"|(?:\n[^\n]{0,160})?\n[^\n]{0,100}?[A-Za-z0-9+/=]{40,}+(?=[\s\"',|+]{0,4}(?:\n|$))){1,2000}+)"
)
_PUTTY = re.compile(
    r"Private-Lines:[ \t]{0,4}\d{1,4}(?P<v>(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/]{4,}+={0,2}+(?![\w:-])){1,200})"
)
# With the sum over a key, words can be tried as its passphrase.
_PUTTY_SUM = re.compile(r"Private-(?:MAC|Hash):[ \t]{0,4}(?P<v>[0-9a-f]{40,64})")
_WEB_KEY = re.compile(
    r"\\{0,3}[\"'](?:d|p|q|dp|dq|qi|k)\\{0,3}[\"']\s{0,4}:\s{0,4}\\{0,3}[\"'](?P<v>[A-Za-z0-9_-]{16,2048})"
)

_NAME = r"(?:password|passwd|passphrase|secret|token|api[_-]?key|pwd)"
_MARKUP = re.compile(
    rf"<(?!redacted:)(?:[\w.-]{{1,30}}:)?[\w.-]{{0,30}}(?:{_NAME}|(?:access|secret|private|account|encryption|shared)[_-]?key"
    r"|(?<![a-z])pass(?=>(?!\d{1,6}<)))"
    r"(?:\s[^<>]{0,120})?>\s{0,8}(?:<value>\s{0,8})?(?:<!\[cdata\[(?P<a>[^\n\]]{1,2048})\]\]>|(?P<v>[^<>\n]{3,2048}))\s{0,8}</"
)
_NAMED_ELEMENT = re.compile(
    r"<(?!(?:label|string|text|message|msg|span|div|button|option|input|a|p|td|th|li)\s)[\w.:-]{1,40}\s[^<>]{0,120}?(?<=\s)"
    r"(?:name|key|id)\s{0,2}=\s{0,2}[\"'](?:[\w:-]{0,40}\.){0,6}[\w:-]{0,40}"
    rf"{_NAME}[\"'][^<>]{{0,80}}>\s{{0,20}}(?:<value>\s{{0,20}})?(?:<!\[cdata\[)?(?P<v>[^<>\s\]]{{3,2048}})"
    r"\s{0,20}(?:\]\]>\s{0,8})?</"
)
_NAMED_VALUE = re.compile(
    r"(?:name|key|field|param|header)\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?[\w.:-]{0,40}?"
    r"(?:password|passwd|secret|token|api[_-]?key|apikey|pwd|passphrase|access[_-]?key|_pass|sess(?:ion)?[_-]?id|(?<![a-z])sid)[_\w-]{0,12}\\{0,3}[\"']?"
    r"[,;\s]{0,40}\\{0,3}[\"']?(?:[a-z]{1,16}[_-]?)??(?:value|val)\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}(?:"
    r"\\{0,3}\"(?P<a>[^\"\n\\]{1,2048})|'(?P<b>[^'\n]{1,2048})|(?P<v>[^\s\"',;<>]{1,2048}))"
)
# A dictionary of Apple's and a resource of Android's name the value in an element or attribute of its own.
_LISTED_ELEMENT = re.compile(
    rf"<key>[\w. -]{{0,40}}{_NAME}[\w -]{{0,12}}</key>\s{{0,40}}<string>(?P<v>[^<>\n]{{3,2048}})</string>"
    rf"|<string\s{{1,4}}name=[\"'][\w.-]{{0,40}}{_NAME}[\"'][^<>]{{0,80}}>"
    r"(?P<a>(?=[^<>\d]{0,200}\d)[\w+/=.:~-]{16,2048})</string>"
)
# `<name>...password</name>`, and the value in the element behind it: the configuration of Hadoop and others.
_PAIRED_ELEMENT = re.compile(
    rf"{_NAME}(?:[._-]?(?:value|plain|new|old|\d))?</(?:name|key)>\s{{0,40}}<value>(?P<v>[^<>\n]{{1,2048}})</value>"
)
# Parameters of Amazon's store say that they are secret beside the value, before or behind it.
_SECURE_PARAMETER = re.compile(
    r"securestring\\{0,3}\",?\s{0,40}\\{0,3}\"value\\{0,3}\"\s?:\s?\\{0,3}\"(?P<v>(?:[^\"\\\n]|\\(?!\")){1,2048})"
    r"|\"value\\{0,3}\"\s?:\s?\\{0,3}\"(?P<a>(?:[^\"\\\n]|\\(?!\")){1,2048})\\{0,3}\"(?=[^{}\n]{0,300}\"securestring)"
)
_MADE_PASSWORD = re.compile(
    r"\"random_password\"[^\x00]{0,1500}?(?<!\w)\"?result\"?\s{0,12}[:=]\s?\"(?P<v>(?:[^\"\\\n]|\\.){1,512})\""
)
_STATIC_KEY = re.compile(r"-----begin openvpn [a-z0-9 -]{3,40}key(?: v1)?-----(?P<v>(?:[^-]|-(?!----)){16,8000}+)")
_FORM_PART = re.compile(
    r"name=\\?\"[\w.-]{0,30}(?:password|passwd|secret|token|pwd)\\?\"(?:\s{1,6}|(?:\\r|\\n){2,6})(?![/>]|[\w:.-]{1,60}=)"
    r"(?P<v>[^\s\\]{1,512})"
)

# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("private-key", ("private key",), _PEM),
    Rule("password", ("</",), _MARKUP, folded=True),
    Rule("password", ("</",), _NAMED_ELEMENT, folded=True),
    Rule("password", ("value", "val"), _NAMED_VALUE, folded=True),
    Rule("password", ("name=",), _FORM_PART, folded=True),
    Rule("password", ("</string>",), _LISTED_ELEMENT, folded=True),
    Rule("password", ("<value>",), _PAIRED_ELEMENT, folded=True),
)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("private-key", ("private-lines",), _PUTTY),
    Rule("private-key", ("private-mac", "private-hash"), _PUTTY_SUM),
    Rule("private-key", ('kty"', "kty'", 'kty\\"'), _WEB_KEY),
    Rule("secret", ("securestring",), _SECURE_PARAMETER, folded=True),
    Rule("password", ("random_password",), _MADE_PASSWORD),
    Rule("private-key", ("begin openvpn",), _STATIC_KEY, folded=True),
)

MAX_ENTRIES = 500
# Only a secret holds `stringData`, so that says it too where the head of the manifest is cut off.
_IS_SECRET = re.compile(
    r"kind\\{0,3}[\"']?\s{0,4}:\s{0,4}\\{0,3}[\"']?secret\\{0,3}[\"']?[ \t\r]{0,4}(?:[,}\n#]|\Z)|^\s{0,40}stringdata:",
    re.MULTILINE,
)
_YAML_DATA = re.compile(r"^(?P<indent>[ \t-]{0,40})(?:data|stringData):[ \t\r]{0,4}\n", re.MULTILINE)
_YAML_LINE = re.compile(
    r"(?P<indent>[ \t]{0,80})(?:[\"']?[\w.-]{1,253}[\"']?:(?=[ \t\r\n]|\Z))?[ \t]{0,40}(?P<v>[^\n]*)"
)
_BLOCK_MARKS = frozenset({"|", "|-", "|+", ">", ">-", ">+", ""})
_JSON_DATA = re.compile(r"(?P<quote>\\?\")(?:data|stringData)\\?\"\s{0,40}:\s{0,40}\{")
_JSON_ENTRY = re.compile(
    r"\s{0,200}\"[^\"\\\n]{1,253}\"\s{0,40}:\s{0,40}\"(?P<v>(?:[^\"\\]|\\.){0,200000}+)\"\s{0,40},?", re.DOTALL
)
_ESCAPED_ENTRY = re.compile(
    r"\s{0,40}\\\"[^\"\\\n]{1,253}\\\"\s{0,40}:\s{0,40}\\\"(?P<v>[^\"\\]{0,200000}+)\\\"\s{0,40},?"
)


def find_manifests(text: str, folded: str) -> Iterator[Found]:
    """All values below `data` and `stringData` of Kubernetes secrets, whatever they are called."""
    at = 0
    for document in text.split("\n---"):
        end = at + len(document)
        if _IS_SECRET.search(folded, at, end):
            for match in _YAML_DATA.finditer(text, at, end):
                yield from _yaml_values(text, match.end(), end, len(match["indent"]))
            for match in _JSON_DATA.finditer(text, at, end):
                yield from _json_values(text, match.end(), _JSON_ENTRY if match["quote"] == '"' else _ESCAPED_ENTRY)
        at = end + len("\n---")


def _yaml_values(text: str, at: int, end: int, margin: int) -> Iterator[Found]:
    for _ in range(MAX_ENTRIES):
        match = _YAML_LINE.match(text, at, end)
        if match is None or at >= end or (match.group().strip() and len(match["indent"]) <= margin):
            return
        value = match["v"].strip()
        if len(match["indent"]) > margin and value not in _BLOCK_MARKS:
            quoted = value[:1] in {'"', "'"} and len(value) > 1
            start = match.start("v") + quoted
            stop = match.start("v") + len(match["v"].rstrip()) - quoted
            if is_secret("password", text[start:stop], quoted=True, strict=False):
                yield Found(start, stop, "secret")
        at = match.end() + 1


def _json_values(text: str, at: int, entry: re.Pattern[str]) -> Iterator[Found]:
    for _ in range(MAX_ENTRIES):
        match = entry.match(text, at)
        if match is None:
            return
        if is_secret("password", match["v"], quoted=True, strict=False):
            yield Found(*match.span("v"), "secret")
        at = match.end()
