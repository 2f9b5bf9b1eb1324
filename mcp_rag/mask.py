"""Masking: what varies between two events of one error becomes a typed placeholder, what tells errors apart stays.

This serves grouping and guesses values from context too; `words` serves embedding and search. Neither touches a code.

Masking never looks at which digits stand somewhere, only where digits stand (codes and exception types apart): that is
what lets events that differ in digits alone share one memo entry.
"""

from __future__ import annotations

import re

from mcp_rag import volatile
from mcp_rag.codes import Code, find
from mcp_rag.machine_names import GROUP, is_made
from mcp_rag.volatile import DIGIT, PLACEHOLDER

__all__ = ["PLACEHOLDER", "mask"]

MAX_MASKED_CHARS = 8_000
MAX_MEMO_TOKENS = 200_000
MAX_MEMO_TOKEN_CHARS = 200
MAX_PASSES = 4

# A placeholder, ours or the redactor's, is first turned back into a value of its kind. So masking twice, or masking
# redacted text, takes the same road as masking the raw text did.
_EXAMPLES = {
    "<uuid>": "00000000-0000-0000-0000-000000000000",
    "<ip>": "0.0.0.0",  # noqa: S104 - an example to be masked, nothing is bound to it
    "<path>": "/a",
    "<hex>": "0xdeadbeef0",
    "<num>": "0",
    "<time>": "00:00:00",
    "<url>": "x://x",
    "<email>": "a@b.cc",
    "<mac>": "00:00:00:00:00:00",
    "<host>": "a.b.local",
    "<id>": "0_0_0",
    "<str>": "true",
}
_REDACTED = {"IP": "<ip>", "EMAIL": "<email>", "REDACTED": "<id>"}
_FIRST_MARK = 0xE000  # private-use characters stand for codes while the rest is masked
_PRIVATE = re.compile("[\ue000-\uf8ff]")


class _TokenMemo(dict[str, str]):
    """Masked form per whitespace-free token; cleared when full, so its size is bounded."""

    def __init__(self, limit: int = MAX_MEMO_TOKENS) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, token: str) -> str:
        masked = _mask_token(token)
        if len(token) <= MAX_MEMO_TOKEN_CHARS:
            if len(self) >= self._limit:
                self.clear()
            self[token] = masked
        return masked


_tokens = _TokenMemo()


def mask(text: str) -> str:
    """`text` on one line with typed placeholders for everything volatile; at most 8,000 characters are read.

    Idempotent, and the same for raw and redacted text. Codes, exception types and ordinary words stay.
    """
    text = " ".join(text[:MAX_MASKED_CHARS].split())
    if not text.isascii():
        text = _PRIVATE.sub("?", text)
    found = find(text)
    while found:
        text = _unmark(_settled(_mark(text, found)), [text[c.start : c.end] for c in found])
        left = find(text)
        if len(left) >= len(found):
            return text
        found = left  # a number stops being a code when the word that made it one was masked: then it is masked too
    return _settled(text)


def _mark(text: str, found: list[Code]) -> str:
    parts: list[str] = []
    at = 0
    for n, code in enumerate(found):
        parts += (text[at : code.start], chr(_FIRST_MARK + n))
        at = code.end
    return "".join(parts) + text[at:]


def _unmark(text: str, originals: list[str]) -> str:
    return _PRIVATE.sub(lambda m: originals[ord(m[0]) - _FIRST_MARK], text)


def _settled(text: str) -> str:
    """Masked until it no longer changes: placeholders that touch each other may read as one value the next time."""
    masked = _mask_once(text)
    for _ in range(MAX_PASSES):
        if not volatile.GLUED.search(masked):
            break
        before, masked = masked, _mask_once(masked)
        if before == masked:
            break
    return masked


def _mask_once(text: str) -> str:
    if "<" in text:
        text = volatile.ANY_PLACEHOLDER.sub(_example, text)
    if "://" in text:
        text = volatile.URL.sub(_url, text)
    if "?" in text:
        text = volatile.QUERY.sub("", text)
    if ":\\" in text or "\\\\" in text:
        text = volatile.WINDOWS_PATH.sub("<path>", text)
    if DIGIT.search(text):
        if any(map(text.__contains__, volatile.MONTHS)):
            text = volatile.NAMED_TIME.sub("<time>", text)
        if ":" in text or "-" in text or "/" in text:
            text = volatile.TIME.sub("<time>", text)
        text = volatile.UNIT.sub("", text)
        if "::" in text:
            text = volatile.ANY_ADDRESS.sub("<ip>", text)
    text = _mask_named(text)
    return " ".join([_tokens[token] for token in text.split()])


def _mask_named(text: str) -> str:
    """Values known by the word or sign before them."""
    low = text.lower()
    if " / " in text or text.endswith(" /"):
        text = volatile.ROOT.sub(lambda found: f"{found[1] or ''}<path>", text)
    if "pod" in low and "(" in text:
        text = volatile.POD.sub("<id>(", text)
    if volatile.SECRET_HINT.search(low):
        text = volatile.SECRET.sub(_secret, volatile.COOKIES.sub(r"\1<id>", text))
        text = volatile.BEARER.sub(r"\1<id>", text)
    if "=" in text:
        text = volatile.BASE64.sub(_base64, text)
        text = volatile.PAIR.sub(_pair, text)
    text = _mask_quoted(text)
    text = _mask_resources(text)
    if volatile.MACHINE_HINT.search(low) and DIGIT.search(text):
        text = volatile.MACHINE.sub(_machine, text)
    if "sd" in low or "vd" in low:
        text = volatile.DISK.sub("<id>", text)
    if volatile.ENTITY_HINT.search(low):
        text = volatile.ENTITY.sub(r"\1<str>", text)
    if " for " in low and " from " in low:
        text = volatile.WHO.sub("<str>", text)
    if "rue" in low or "alse" in low:
        text = volatile.TRUTH.sub("<str>", text)
    if any(map(low.__contains__, volatile.NULL_HINTS)):
        text = volatile.NULL.sub(r"\1<str>", text)
    return text


def _mask_resources(text: str) -> str:
    """Names that people gave to what a tool keeps: whose it is, where it runs."""
    if "(" in text:
        text = volatile.WHOSE.sub(_whose, text)
        text = volatile.RESOURCE.sub("<str>", volatile.NUMBERED.sub(r"\1<str>", text))
    if "arn:aws" in text:
        text = volatile.ARN.sub("<id>", text)
    if "o such container: " in text:
        text = volatile.CONTAINER.sub("<str>", text)
    return volatile.COMM.sub("<str>", text) if ": comm " in text else text


def _mask_quoted(text: str) -> str:
    """Values in quotes, known by what is before them or by what they hold."""
    if not text.startswith("{"):  # else the object is the event, not its values
        if '":' in text or '" :' in text:
            text = volatile.FIELD.sub(_field, text)
        if "{'" in text:
            text = volatile.QUOTED_FIELD.sub(_field, text)
    if not volatile.QUOTES.search(text):
        return text
    if "'" in text and (statement := volatile.STATEMENT.search(text)):
        at = statement.start()
        text = text[:at] + volatile.LITERAL.sub("'<str>'", text[at:])
    text = volatile.QUOTED_ENTITY.sub(_quoted, text)
    if volatile.MODULE_HINT.search(text):
        text = volatile.MODULE.sub(_module, text)
    if "Duplicate entry '" in text:
        text = volatile.ENTRY.sub("'<str>'", text)
    if "nvalid" in text or "or input string" in text or "alformed" in text or "convert" in text:
        text = volatile.UNREAD.sub(r"\1\2<str>\2", text)
    return volatile.FILE.sub(r"\1<path>\2", text) if "." in text else text


def _example(match: re.Match[str]) -> str:
    return _EXAMPLES[_REDACTED[match[1]] if match[1] else match[0]]


def _url(match: re.Match[str]) -> str:
    return "<url>" + match[0][len(match[0].rstrip(").,;:!?]'")) :]


def _base64(match: re.Match[str]) -> str:
    text = match[0]
    letters = text.lower() != text != text.upper()
    return "<id>" if letters and (DIGIT.search(text) or text.endswith("==")) else text


def _secret(match: re.Match[str]) -> str:
    return match[0] if _PRIVATE.match(match[2]) else f"{match[1]}<id>"


def _pair(match: re.Match[str]) -> str:
    key, sign, value = match.groups()
    bare = value.strip("\"'")
    if not bare or PLACEHOLDER.match(bare) or _tells(key, bare.strip("<>")) or _PRIVATE.search(value):
        return match[0]
    if "_" in bare and volatile.FAULT_CONSTANT.fullmatch(bare):
        # A map from data to what is wrong with each: the key is the value then.
        return f"<str>{sign}{value}" if match.string[match.start() - 1] == "{" else match[0]
    return f"{key}{sign}<str>"


def _field(match: re.Match[str]) -> str:
    key, sign, value = match.groups()
    if PLACEHOLDER.fullmatch(value) or _tells(key, value) or _PRIVATE.search(value):
        return match[0]
    if volatile.SAYING_ENDS.search(key.lower()):
        return match[0]
    quote = match[0][0]
    return f"{quote}{key}{quote}{sign}{quote}<str>{quote}"


def _tells(key: str, value: str) -> bool:
    """Whether a key's value says what is wrong: then it is masked like prose, not as a whole."""
    low = key.lower()
    if low in volatile.TELLING_KEYS:
        return True
    ends = volatile.TELLING_ENDS.search(low.replace("_", "").replace("-", ""))
    return ends is not None and volatile.WORDS_ONLY.fullmatch(value) is not None


def _module(match: re.Match[str]) -> str:
    """Of a path to a module its last name, which is the same from every file; of a package's inner file the package."""
    names = [name for name in match[3].split("/") if name not in {"", ".", ".."}]
    if not names:
        return match[0]
    if match[3][0] != ".":
        return match[1] + (match[3] if len(names) < 3 else "/".join(names[: 1 + names[0].startswith("@")]))
    return match[1] + (names[-2] if len(names) > 1 and names[-1].startswith("index") else names[-1])


def _quoted(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2][0]}<str>{match[2][-1]}"


def _whose(match: re.Match[str]) -> str:
    return f"{match[1] or match[2]}<str>"


def _machine(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}<host>"


def _mask_token(token: str) -> str:
    if not volatile.SPECIAL.search(token):
        return token
    if "+" in token:
        token = volatile.OFFSET.sub("<hex>", token)
    if "<" not in token:
        return volatile.TOKEN.sub(_replace, token)
    parts = [volatile.TOKEN.sub(_replace, part) for part in PLACEHOLDER.split(token)]
    return "".join(a + b for a, b in zip(parts, [*PLACEHOLDER.findall(token), ""], strict=True))


def _replace(match: re.Match[str]) -> str:
    kind, text = match.lastgroup or "", match[0]
    if kind == "word":
        return _word(text)
    if kind in {"number", "measure"}:
        return "<num>"
    if kind == "host":
        return _host(text)
    if kind == "local":
        return "<host>"
    if kind == "ipv6":
        return "<ip>" if DIGIT.search(text) else text
    if kind == "path":
        return _path(text)
    return f"<{kind}>"


def _path(text: str) -> str:
    if text[0] in "/~." or text.startswith("file:"):
        bare = text.rstrip(".!")
        return "<path>" + text[len(bare) :] if any(c.isalnum() or c == "*" for c in bare) else text
    named = "." in text.rsplit("/", 1)[-1] or DIGIT.search(text) or text.count("/") > 2
    return "<path>" if named else text


def _host(text: str) -> str:
    name, _, port = text.partition(":")
    labels = name.split(".")
    if labels[-1].lower() in volatile.TLDS and labels[0].lower() not in volatile.PACKAGE_ROOTS:
        return "<host>"
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-1].isalpha() and DIGIT.search(name):
        return "<host>"
    if all(label.isdigit() for label in labels):
        return "<num>"
    return _word(name) + (":<num>" if port else "")


def _word(text: str) -> str:
    """An identifier: its digits go, and one that is mostly numbering (`rdd_42_7`, `R02-M1-N0`) goes as a whole."""
    if text[0] in "_$" and volatile.MANGLED.fullmatch(text):
        return volatile.RUNS.sub("<num>", text)
    if ":" in text and (call := volatile.CALL_AT_LINE.fullmatch(text)):
        return volatile.RUNS.sub("<num>", call[1]) + ":<num>"
    kept = None
    if text.endswith(volatile.TYPE_ENDS):
        kept = volatile.EXCEPTION_TYPE.search(text, max(0, len(text) - volatile.MAX_TYPE_CHARS))
    if kept:
        return (_word(text[: kept.start()]) if kept.start() else "") + kept[0]
    if ":" in text or "@" in text or "/" in text:
        text = volatile.NAMED_MEASURE.sub("0", text)
    runs = volatile.RUNS.findall(text)
    if volatile.OPAQUE.search(text) and (runs or not text.isupper()):
        return "<id>"
    if len(runs) > 1 and (any(mark in text for mark in "_-:#@") or volatile.MIXED.search(text) or len(runs) > 3):
        return "<id>"
    if not runs:
        return text
    if GROUP.fullmatch(text):
        return "<num>"
    return "<id>" if is_made(text) else volatile.RUNS.sub("<num>", text)
