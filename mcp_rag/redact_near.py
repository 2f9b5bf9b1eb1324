"""Secrets told apart by what they are, near a word that names one: many notations and sentences put other signs and
words between a name and its value than `redact_fields` reads, or name it behind the value or on the line above.

So the name only says that a secret may be near, and the value has to say the rest: letters and digits without a
pattern, a sign inside, hexadecimal of a key's length. Nothing that has the shape of words is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mcp_rag.redact_shapes import Found
from mcp_rag.redact_values import NAMELIKE, PATH, is_placeholder, is_word

MAX_VALUES = 3
_BEFORE_CHARS = 200
# Random text changes between capitals, small letters and digits at more than half of its places, words at their ends.
_MIN_CHANGES = 0.37
_MIN_TOKEN_CHARS = 16
_SURE_CHARS = 32

# What stands between: signs and a few words, none of which says that another thing than the secret follows.
_SIGNS = r"[ \t\"'`()\[\]{}<>|:=~→⇒?!,\\-]{1,8}"
_OTHER_THING = (
    r"(?:ids?|hash(?:ed|es)?|digest|fingerprint|sha|md|names?|named|version|files?|paths?|public|commit|size|length|line"
    r"|column|position|class|method|function|type|algorithm|header|for|by|of|users?|from(?![ ][\"'])|at|in|on|host"
    r"|server|database|account|usage|expires?|until|after|before|since|issued|created|updated|against|via|called|chars?|characters|tests?"
    r"|kid|alias|scope|realm|using|uses?|with|hint|label|prefix|pattern|url|uri|request|trace)"
)
_WORDS = rf"(?:{_SIGNS}(?!{_OTHER_THING}(?![a-z]))[a-z]{{2,12}}(?![\w./@-])){{0,4}}"
_VALUE = r"(?P<v>[A-Za-z0-9$!#%&*+?^~@_][\w!#%&*+/=?^~@$.-]{7,511})"
_END = r"(?=[\"'`)\]}>|,;:.?!\\]{0,4}(?:\s|\Z|[\"'`)\]}>,;|\\]))"
_BEHIND = re.compile(rf"(?P<gap>(?:[_-]?value)?{_WORDS}{_SIGNS}){_VALUE}(?<![.,?:]){_END}", re.ASCII)
_NEXT = re.compile(
    r"[\"'`)\]]{0,2},?[ ](?:to|and|or|but|got|not|vs|!=|==|<>)\.?[ ](?:[a-z]{2,8}[ ])?"
    rf"(?P<gap>[\"'`]?){_VALUE}(?<![.,?:]){_END}",
    re.ASCII,
)
_QUOTED = re.compile(
    r"(?<![\w.@=/-])([\"'`])(?P<v>[\w!#%&*+/=?^~@$.-]{8,200})\1(?![@.])[^\"'`\n]{1,60}(?:[\"'`][\w.]{0,40})?\Z",
    re.ASCII,
)
# A user, a host, a file is often quoted before the word.
_NOT_BEFORE = re.compile(
    r"(?:user(?:name)?|host|server|file|table|column|class|name|id|for|by|role|account)[\s:=]{1,2}\Z"
)
# The line above names what the line below holds: alone, or behind a word that says only "value".
_BELOW = re.compile(
    r"[\w.-]{0,20}[\"'`)\]]{0,3}[ \t]{0,4}[:=]?[\"',]{0,2}[ \t]{0,4}\r?\n"
    r"(?P<margin>[ \t│|>]{0,40}(?:\d{1,5}:[ \t]{1,8})?)"
    r"(?P<label>(?i:default|(?:enter a )?value|got|input|actual|received)\s{0,3}[=:]\s{0,3})?"
    r"(?:\"(?P<a>[^\"\n]{4,512})\"|'(?P<b>[^'\n]{4,512})'"
    r"|(?P<v>[^\s\"'`{}\[\](),;:=<>#-][^\s\"'`{}\[\](),;:=<>]{5,511}))"
    r"(?=[ \t,;]{0,8}(?:\r?\n|\Z))"
)
_OPEN_LINE = re.compile(r"[\w.-]{0,20}[\"'`)\]]{0,3}[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}\r?\n")
_HEAD = re.compile(r"[^\n]{0,200}[ \t>|]")
_LAST_WORD = re.compile(r"[\"']?(?P<v>[^\s\"'=:<>{}()\[\],;]{6,512})[\"']?[ \t]{0,8}(?=\r?(?:\n|\Z))")
_DIGIT = re.compile(r"\d")
_QUOTES = frozenset("\"'`")
_SIGN_INSIDE = re.compile(r"[A-Za-z0-9][!#%&*+?^~$][A-Za-z0-9]")
_HEX = re.compile(r"(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})")
_WORDS_AND_NUMBER = re.compile(r"[A-Za-z]{3,12}(?:[-_.]?[A-Za-z]{3,12}){0,3}[!_#+-]?\d{3,6}[A-Za-z!?]?")
_PLAIN = re.compile(r"[\w.-]{0,300}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}")  # of an account, which all may know
_NAMED = re.compile(r"(?:[a-z]|[A-Z]{2}|\d|^)_?(?:Key|Token|Secret|Password|Cert|KEY|TOKEN|SECRET|PASSWORD)(?![a-z])")
_LOWER_PATH = re.compile(r"[a-z]{1,20}(?:[/.][a-z0-9_-]{1,60}){1,10}")


def find_near(text: str, name: re.Match[str]) -> Iterator[Found]:
    """The values behind, below or before `name`, a match of `redact_fields.NAME`, that can be nothing but secrets.
    Spans have the class of the name as their kind."""
    kind, end = str(name.lastgroup), name.end()
    if kind == "code":
        return
    match = _BEHIND.match(text, end)
    for _ in range(MAX_VALUES):
        if match is None or not _is_told(kind, match["gap"], match["v"]):
            break
        yield Found(*match.span("v"), kind)
        match = _NEXT.match(text, match.end("v"))
        end = -1
    if end < 0:
        return
    below = _BELOW.match(text, end)
    if below is None:
        yield from _find_continued(text, name, kind)
        yield from _find_before(text, name.start(), kind)
        return
    group = str(below.lastgroup)
    value = below[group]
    if group == "v":
        told = _is_told(kind, ": ", value) or (_is_mixed(value) and _is_indented(text, name.start(), below["margin"]))
    else:
        told = _is_told(kind, '"', value) or (below["label"] is not None and _is_mixed(value))
    if told:
        yield Found(*below.span(group), kind)


def _find_continued(text: str, name: re.Match[str], kind: str) -> Iterator[Found]:
    """A value that a logger put on a line of its own, behind the same beginning as the line of the name has."""
    end = _OPEN_LINE.match(text, name.end())
    if end is None:
        return
    start = text.rfind("\n", 0, name.start()) + 1
    head = _HEAD.match(text, start, name.start())
    at = end.end() + (head.end() - start if head else 0)
    if head is None or _DIGIT.sub("0", text[end.end() : at]) != _DIGIT.sub("0", head.group()):
        return
    value = _LAST_WORD.match(text, at)
    if value is not None and (_is_mixed(value["v"]) or _is_told(kind, ": ", value["v"])):
        yield Found(*value.span("v"), kind)


def _find_before(text: str, at: int, kind: str) -> Iterator[Found]:
    earliest = max(0, at - _BEFORE_CHARS)
    start = max(text.rfind("\n", earliest, at) + 1, earliest)
    before = text[start:at]
    if '"' not in before and "'" not in before and "`" not in before:
        return
    match = _QUOTED.search(before)
    if match is None or _NOT_BEFORE.search(before[: match.start()].lower()):
        return
    value = match["v"]
    if is_random(value) and (len(value) >= _MIN_TOKEN_CHARS or kind == "password"):
        yield Found(start + match.start("v"), start + match.end("v"), kind)


def _is_told(kind: str, gap: str, value: str) -> bool:
    """Whether a value near a name of the class `kind` is a secret; `gap` is what stands between."""
    if (
        is_word(value)
        or is_placeholder(value)
        or any(shape.fullmatch(value) for shape in (NAMELIKE, PATH, _LOWER_PATH))
    ):
        return False
    if _DATE.match(value) or _ADDRESS.fullmatch(value) or _NAMED.search(value):
        return False
    if kind != "password":
        if len(value) < _MIN_TOKEN_CHARS:
            return False
        # A commit or a record may stand right behind `token`.
        return is_random(value) or (
            _HEX.fullmatch(value) is not None and gap.count(" ") < 3 and (kind == "key" or gap.strip() != "")
        )
    if is_random(value) or (gap[:1] == " " and gap[1:] in _QUOTES and "=" not in value and _is_mixed(value)):
        return True
    # Quotes, or a colon behind words, set a value apart that people make of a word and a number.
    apart = gap[-1:] in _QUOTES or gap.endswith(": ")
    return apart and _WORDS_AND_NUMBER.fullmatch(value) is not None


def _is_indented(text: str, at: int, margin: str) -> bool:
    """Whether the line of `at` is indented less than `margin`, the beginning of the line below."""
    start = text.rfind("\n", 0, at) + 1
    return margin.isspace() and len(margin) > len(text[start:at]) - len(text[start:at].lstrip())


def _is_mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and not _LOWER_PATH.fullmatch(value)


def is_random(value: str) -> bool:
    """Whether the characters of `value` follow no pattern of words: classes of characters change all the time, or a
    sign stands between letters and digits. Hexadecimal and numbers are not random: they name many things."""
    digits = sum(map(str.isdigit, value))
    if not digits or not any(map(str.islower, value)):
        return False
    if _SIGN_INSIDE.search(value) and not _is_expression(value):
        return True
    if not any(map(str.isupper, value)) or (_PLAIN.fullmatch(value.rstrip("=")) is None and "/" not in value):
        return False
    letters = [_class_of(char) for char in value if char.isalnum()]
    changes = sum(a != b for a, b in pairwise(letters))
    return changes >= _MIN_CHANGES * len(letters) and (digits > 1 or len(value) >= _SURE_CHARS or changes > 5)


def _class_of(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.islower() else 2


def _is_expression(value: str) -> bool:
    """Whether signs are operators of a query, a format or an address (`a=1&b=2`, `%2F`, `x@y`)."""
    return "=" in value.rstrip("=") or "%2" in value or "%3" in value or "://" in value or "@" in value
