"""The level of a JSON record, without decoding it where one field says it plainly."""

from __future__ import annotations

import re
from functools import lru_cache

from mcp_rag import formats
from mcp_rag.types import JsonFields, Level

_FIELD = re.compile(
    rb'"(?:level|severity|lvl|loglevel|log_level|log\.level|levelname|level_name|severityText|severity_text|@l|s)"'
    rb'\s{0,4}:\s{0,4}(?:"([A-Za-z]{1,12})"|([1-6]0)\s{0,4}[,}])'
)
# Parts of every name a level field has: more than one of them in a line, and only decoding tells which counts.
_MARKS = (b"evel", b"everity", b'"lvl"', b'"@l"', b'"s"', b"riority", b"RIORITY")
_CONTAINER = (b'"log"', b'"stream"')
_LABELLED = (b'{"labels":{', b'{"stream":{')  # Loki's: the level is among the labels, and the text a program's own
_MAX_QUICK_BYTES = 16_384


def quick_level(line: bytes) -> Level | None:
    """The level when exactly one field of the line can be it; None when the record has to be decoded."""
    if len(line) > _MAX_QUICK_BYTES or line[-1:] != b"}" or _CONTAINER[0] in line or _CONTAINER[1] in line:
        return None
    if line.startswith(_LABELLED):
        return None
    if sum(map(line.count, _MARKS)) != 1 or (found := _FIELD.search(line)) is None:
        return None
    level = _named(found[1] or found[2])
    return level if level is not Level.UNSET else None


def numbered_level(line: bytes) -> Level | None:
    """The level that a number says, for a line whose one level field `quick_level` found; None when it is no number."""
    found = _FIELD.search(line)
    return _named(found[2]) if found and found[2] else None


@lru_cache(maxsize=1_024)
def _named(word: bytes) -> Level:
    return formats.level_of(word.decode("ascii"))


def level(text: str) -> Level | None:
    """The level of a decoded record: its field, else its words, ERROR at least when it carries an exception; None when
    the text is no JSON record."""
    fields = formats.decode_json(text)
    return None if fields is None else level_in(fields)


def level_in(fields: JsonFields) -> Level:
    """As `level`, for fields already read."""
    if fields.level is not Level.UNSET:
        return fields.level
    words = formats.level_from_words(fields.message)
    return max(words, Level.ERROR) if fields.stacktrace or fields.exception_type else words
