"""Plain words for what carries no meaning: the text an embedding model and the lexical leg read.

Unlike `mask`, nothing here is guessed from context: only numbers, addresses, identifiers made by machines and paths are
replaced, by ordinary words; names stay, and so do codes.
"""

from __future__ import annotations

import re

from mcp_rag.codes import find

MAX_WORDED_CHARS = 32_000

_TIMES = (
    r"(?P<time>(?<![\w.])[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T _][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?"
    r"(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?(?![\w])|"
    r"(?<![\w:.])[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?![\w:]))"
)
_VOLATILE = re.compile(
    "|".join(
        (
            r"(?P<known><(?:[a-z]{2,8}|IP_[0-9]{1,6}|EMAIL_[0-9]{1,6}|REDACTED:[a-z0-9_-]{1,40})>)",
            r"(?P<url>(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.:-]{0,30}://[^\s\"'<>`|\\^{}]{1,2000}(?<![).,;:!?\]'])[/]?)",
            r"(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w@-]))",
            r"(?P<uuid>(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![0-9A-Za-z]))",
            _TIMES,
            r"(?P<mac>(?<![0-9A-Za-z:])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,19}(?![0-9A-Za-z:]))",
            r"(?P<ip>(?<![0-9A-Za-z.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?(?![0-9A-Za-z_-]|\.[0-9A-Za-z]))",
            r"(?P<path>(?<![\w./\\-])[~.]{0,2}/(?:[\w.+@%~-]{1,255}/){1,60}[\w.+@%~-]{0,255}|(?<![A-Za-z0-9])[A-Za-z]:\\(?:[^\\\s\"'<>|:*?]{1,255}\\){0,60}[^\\\s\"'<>|:*?,;)]{0,255})",
            r"(?P<hex>(?<![0-9A-Za-z])(?:0[xX][0-9A-Fa-f]{1,128}|(?=[0-9a-fA-F]{0,40}[0-9])(?=[0-9]{0,40}[a-fA-F])[0-9A-Fa-f]{8,128})(?![0-9A-Za-z]))",
            r"(?P<num>(?<![0-9A-Za-z_])[+-]?[0-9](?:[0-9]|[.,](?=[0-9])){0,60}(?![0-9A-Za-z_]))",
            r"(?P<digits>[0-9]+)",
        )
    )
)  # fmt: skip
_KNOWN = {"IP": "ip", "EMAIL": "email", "REDACTED": "secret"}
_TYPED = frozenset("uuid ip path hex num time url email mac host id str".split())


def words(text: str, *, names: bool = False) -> str:
    """`text` with words for volatile values, at most its first 32,000 characters. Digits inside a name become 0; with
    `names` short ones stay (`sha256`, `utf8`) and a path leaves its file name, which is what a search looks for."""
    text = text[:MAX_WORDED_CHARS]
    parts: list[str] = []
    at = 0
    for code in find(text):
        parts += (_replaced(text[at : code.start], names=names), text[code.start : code.end])
        at = code.end
    return "".join([*parts, _replaced(text[at:], names=names)])


def _replaced(text: str, *, names: bool) -> str:
    return _VOLATILE.sub(lambda match: _word(match, names=names), text)


def _word(match: re.Match[str], *, names: bool) -> str:
    kind, text = match.lastgroup or "", match[0]
    if kind == "known":
        inner = text[1:-1]
        label = re.split(r"[_:]", inner, maxsplit=1)[0]
        return inner if inner in _TYPED else _KNOWN.get(label, text)
    if kind == "digits":
        return text if names and len(text) <= 3 else "0"
    if kind == "path" and names:
        name = re.split(r"[/\\]", text)[-1]
        return f"path {name}" if name and not any(c.isdigit() for c in name) else "path"
    return kind
