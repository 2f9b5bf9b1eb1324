"""Values that a database layer prints beside a statement with placeholders: `SET password = ?` and, behind it, the list
of what the placeholders stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_shapes import Found
from mcp_rag.redact_values import is_secret

MAX_ITEMS = 100
# How far behind the placeholder its value may stand.
MAX_DISTANCE = 2_000
_NAME = r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api_?key|private_?key)"
_INSERT = re.compile(
    r"(?<!\w)insert\s{1,3}(?:ignore\s{1,3})?into\s{1,3}[\w.`\"\[\]]{1,120}\s{0,3}\((?P<columns>[^()]{1,4000})\)"
    r"\s{0,3}values\s{0,3}\((?P<values>[^()'\"]{1,2000})\)"
)
_SET = re.compile(
    r"(?<!\w)(?:update|select|delete)\s(?P<before>[^\n;]{0,1000}?\w{0,30}" + _NAME + r"\w{0,20}[`\"\]]?)"
    r"\s{0,3}=\s{0,3}(?P<mark>\?|%s|\$\d{1,3})"
)
_COLUMN = re.compile(_NAME)
_MARK = re.compile(r"\?|%s|\$(?P<n>\d{1,3})")
# What stands before the list, and before its first value.
_LIST = re.compile(
    r"(?:parameters|params|bindings|values|args)\s?[:=]\s{1,3}(?P<typed>(?=[^\n]{0,1000}\((?:string|char|text|varchar)\)))"
    r"|(?:parameters|params|bindings|values|args)\\{0,3}[\"']?\s?[:=]\s{0,3}(?:array)?[\[({]{1,2}|;\s(?=\")|(?<!,)\s\[(?=\")"
)
_NUMBERED = re.compile(r"(?:parameters|params):\s(?=\$1\s=)")
_ITEM = re.compile(
    r"\s{0,4}(?:\\{0,3}\"\d{1,3}\\{0,3}\"\s?(?::|=>)\s?)?(?:\"(?P<a>(?:[^\"\\\n]|\\.){0,2000})\"|'(?P<b>(?:[^'\\\n]|\\.|''){0,2000})'|[^\s,'\"\])}][^,'\"\])}\n]{0,200}|(?=,))"
    r"\s{0,4}(?P<end>[,\])}\n;]|\Z)"
)
_TYPED = re.compile(r"\s{0,2}(?:null|(?P<v>[^\n(]{0,500}+)\([A-Za-z]{2,30}\))(?P<end>,\s|\s{0,4}(?:\n|\Z))")


def find_parameters(text: str, folded: str) -> Iterator[Found]:
    """Values of placeholders that stand for a secret."""
    for match in _INSERT.finditer(folded):
        marks = match["values"].split(",")
        columns = match["columns"].split(",")
        for n, column in enumerate(columns[: len(marks)]):
            if _COLUMN.search(column) and (place := _place(marks[n].strip(), ",".join(marks[:n]))) is not None:
                yield from _value(text, folded, match.end(), place)
    for match in _SET.finditer(folded):
        place = _place(match["mark"], match["before"])
        if place is not None:
            yield from _value(text, folded, match.end(), place)


def _place(mark: str, before: str) -> int | None:
    """Which value a placeholder stands for, counted from 0; `before` holds those before it."""
    match = _MARK.fullmatch(mark)
    if match is None:
        return None
    return int(match["n"]) - 1 if match["n"] else sum(1 for _ in _MARK.finditer(before))


def _value(text: str, folded: str, at: int, place: int) -> Iterator[Found]:
    numbered = _NUMBERED.search(folded, at, at + MAX_DISTANCE)
    if numbered is not None:
        value = re.compile(rf"\${place + 1} = '(?P<b>(?:[^'\n]|''){{1,2000}})'").search(text, numbered.end())
        if value is not None:
            yield Found(*value.span("b"), "password")
        return
    opened = _LIST.search(folded, at, at + MAX_DISTANCE)
    if opened is None or place >= MAX_ITEMS:
        return
    read, groups = (_TYPED.match, ("v",)) if opened["typed"] is not None else (_ITEM.match, ("a", "b"))
    at = opened.end()
    for n in range(place + 1):
        match = read(text, at)
        if match is None:
            return
        at = match.end()
        group = next((g for g in groups if match[g]), None)
        if n == place and group and is_secret("password", match[group], quoted=True, strict=False):
            yield Found(*match.span(group), "password")
        elif match["end"][:1] != ",":
            return
