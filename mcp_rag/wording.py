"""One fault in other words: how many there are of something, the quotes of a locale, the sentence of another version.

Read by a fingerprint alone: what is stored and shown keeps the words that were printed. Works on masked text whose
values are all `<*>`.
"""

from __future__ import annotations

import re

from mcp_rag.system_errors import linux_number

_QUOTES = str.maketrans("`\u2018\u2019\u201b\u201c\u201d\u201e", "''''\"\"\"")
_QUOTED_RUN = re.compile(r"([\"'])<\*>\1(?:[,;] ?\1<\*>\1)+")
_PLURAL = re.compile(r"(?<=<\*> )(?!(?:has|was|does|always|its|yes)(?![a-z]))([a-z]{2,20}(?<![su])s)(?![\w=-])")
_OBJECT = re.compile(r"\{[^{}]{1,400}\}|\([^()]{1,400}\)")
_BETWEEN = ("},{", "}, {", "),(", "), (")
# What an id drawn at random may begin with, and the padding of a short one.
_EDGE_OF_ID = re.compile(r"(?<= )[-_](?=<\*>)|(?<=<\*>)={1,2}(?![\w=])")
# V8 before 9.3 (Node 16); Rust before 1.73; the AWS client that had tried again before it gave up.
_OLD_PROPERTY = re.compile(r"Cannot (?:(read)|(set)) property '([^'\n]{1,100})' of (undefined|null|<\*>)")
_OLD_ASSERTION = re.compile(r"assertion failed: '\((left (?:==|!=) right)\)'")
# What a linker built for.
_BUILT_FOR = re.compile(r"(?<=for architecture )[\w<>*-]{1,40}")
_NUMBER = re.compile(r"(?<=[Ee]rrno )[0-9]{1,5}|(?<=os error )[0-9]{1,5}")
_TRIED_AGAIN = re.compile(r" \(reached max retries: <\*>\)")


def same_words(text: str) -> str:
    """`text` in the words that all who report the fault share."""
    if not text.isascii() or "`" in text:
        text = text.translate(_QUOTES)
    if "Cannot " in text:
        text = _OLD_PROPERTY.sub(_property, text)
    if "for architecture " in text:
        text = _BUILT_FOR.sub("<*>", text)
    if "assertion failed: " in text:
        text = _OLD_ASSERTION.sub(r"assertion '\1' failed", text)
    if "rrno " in text or "os error " in text:
        low = text.lower()
        text = _NUMBER.sub(lambda found: linux_number(found[0], low, *found.span()), text)
    if "<*>" not in text:
        return text
    text = _QUOTED_RUN.sub(r"\1<*>\1", _EDGE_OF_ID.sub("", _TRIED_AGAIN.sub("", text)))
    text = _PLURAL.sub(_singular, text)
    return _like_objects(text) if any(map(text.__contains__, _BETWEEN)) else text


def _property(match: re.Match[str]) -> str:
    does = "reading" if match[1] else "setting"
    return f"Cannot {match[1] or match[2]} properties of {match[4]} ({does} '{match[3]}')"


def _singular(match: re.Match[str]) -> str:
    word = match[1]
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ses", "xes", "zes", "ches", "shes")) else word[:-1]


def _like_objects(text: str) -> str:
    """The text without the objects of a list that are like the one before them."""
    kept: list[str] = []
    end, before = 0, ""
    for found in _OBJECT.finditer(text):
        between = text[end : found.start()]
        if found[0] != before or between.strip() != ",":
            kept += (between, found[0])
        end, before = found.end(), found[0]
    return "".join((*kept, text[end:]))
