"""Private keys spread over lines: `hide_keys` for the bytes of a block, `find_key_lines` for a text without its head.

A program that logs a key line by line makes one event of each line, and what one event holds no longer says that it
is part of a key. So the lines between BEGIN and END are cleaned while they still stand below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcp_rag.redact_shapes import Found

# A key of 16,384 bits has some 200 lines. Lines of other streams may stand between.
MAX_KEY_LINES = 400
MAX_LINES_BETWEEN = 10
MIN_LINE_CHARS = 64
MAX_LINE_CHARS = 320
_PLACEHOLDER = b"<REDACTED:private-key>"
_HINT = b"PRIVATE KEY"
_BEGIN = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END = b"-----END "
# Not the `n` of an escaped newline before it; PHP escapes slashes in JSON.
_RUN = re.compile(rb"(?:(?<=\\[nr])|(?<![A-Za-z0-9+/\\]))(?:[A-Za-z0-9+/]|\\/){16,}+={0,2}")
_SURE_CHARS = 40

_WHOLE_LINE = re.compile(
    # Behind nothing but quotes, or behind a time and a few words that do not name what follows.
    r"(?:[\[(]?\d[\d:.,TZ/+ -]{6,40}[\])]?(?:[ \t]{1,4}[^\s:=]{1,60}(?=[ \t])){0,4}[ \t]{1,4})?"
    r"[\s\"'|>+]{0,20}(?P<v>[A-Za-z0-9+/]{76}|[A-Za-z0-9+/]{64})(?:\\[nr]|[\s\"',+]){0,8}"
)

_WHOLE_MESSAGE = re.compile(
    r"\"(?:message|msg|log)\"\s?:\s?\"(?P<v>[A-Za-z0-9+/]{76}|[A-Za-z0-9+/]{64})(?:\\[nr]){0,2}\""
)


def hide_keys(data: bytes) -> bytes:
    """The lines of a block with the bodies of private keys replaced, run by run: every line stays, and so does the
    rest of it. A key that began before the block cannot be known here."""
    if _HINT not in data:
        return data
    parts: list[bytes] = []
    at = 0
    for begin in _BEGIN.finditer(data):
        if begin.start() >= at:
            end = _end_of_key(data, begin.end())
            parts += [data[at : begin.end()], _RUN.sub(_hidden, data[begin.end() : end])]
            at = end
    return b"".join([*parts, data[at:]])


def _end_of_key(data: bytes, start: int) -> int:
    """Where the lines of a key end: at its last line, or where only other lines follow. A key on one line has none,
    since the gate sees it whole."""
    at, without = start, 0
    for n in range(MAX_KEY_LINES):
        newline = data.find(b"\n", at)
        stop = newline if newline >= 0 else len(data)
        line = data[at:stop]
        if (end := line.find(_END)) >= 0:
            return at + end if n else start
        without = 0 if any(map(_is_key, _RUN.findall(line))) else without + 1
        if newline < 0 or without > MAX_LINES_BETWEEN:
            return stop
        at = newline + 1
    return at


def _hidden(match: re.Match[bytes]) -> bytes:
    return _PLACEHOLDER if _is_key(match.group()) else match.group()


def _is_key(run: bytes) -> bool:
    """Told from long names and paths, which other streams write between the lines of a key."""
    text = run.decode("ascii")
    if len(text) < _SURE_CHARS and text.endswith("="):
        return True
    return _is_mixed(text)


def _is_mixed(text: str) -> bool:
    return not text.isupper() and not text.islower() and any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def find_key_lines(text: str) -> Sequence[Found]:
    """Lines, and messages in JSON, that are one line of a PEM body and nothing else; not those of certificates and
    public keys."""
    lines = text.split("\n")
    if not [1 for line in lines if len(line) >= MIN_LINE_CHARS and " " not in line[-MIN_LINE_CHARS:]]:
        return ()
    found: list[Found] = []
    offset, public = 0, False
    for line in lines:
        if MIN_LINE_CHARS <= len(line) <= MAX_LINE_CHARS and not public:
            match = _WHOLE_LINE.fullmatch(line) or _WHOLE_MESSAGE.search(line)
            if match and _is_mixed(match["v"]):
                found.append(Found(offset + match.start("v"), offset + match.end("v"), "private-key"))
        if "-----" in line:
            public = "-----BEGIN " in line and "PRIVATE" not in line and "-----END " not in line
        offset += len(line) + 1
    return found


_KEY_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/\\]{4,4000}={0,2}(?:\\[nr]){0,4}")
_AROUND = " \t\r\"',+|>"


def find_key_tails(text: str) -> Iterator[Found]:
    """Lines above the END of a private key whose BEGIN is not in the text: cut off, or in an earlier event."""
    at = 0
    for match in _KEY_END.finditer(text):
        start, end = at, match.start()
        at = match.end()
        if text.find("-----BEGIN ", start, end) >= 0:
            continue
        for n, line in enumerate(reversed(text[start:end].split("\n")[-MAX_KEY_LINES:])):
            body = line.rstrip(_AROUND).rpartition(" ")[2].lstrip(_AROUND)
            if _is_body(body, last=n < 2):
                first = end - len(line) + line.rindex(body)
                yield Found(first, first + len(body), "private-key")
            elif n:
                break
            end -= len(line) + 1


def _is_body(word: str, *, last: bool) -> bool:
    """Whether a word is a line of a key; only the last one may be short."""
    if not _BODY.fullmatch(word):
        return False
    return (last and word.rstrip("\\nr").endswith("=")) or (
        len(word) >= (16 if last else _SURE_CHARS) and _is_mixed(word)
    )
