"""Shapes of lines, worked out once per distinct line.

Three keys lead to a shape (`keys`). The first is the line with its digits made 0. The second also shortens every
number and every id: it serves lines whose header is that of a known format, JSON records, and alike. The third shortens
ids and numbers that stand alone only, and serves all others. Second and third are worked out for lines whose first is
new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mcp_rag import formats
from mcp_rag.events import json_lines
from mcp_rag.events.keys import KEY_BYTES, ZERO_DIGITS, alike, without_addresses, without_values
from mcp_rag.events.shapes import BLANK, Kind, Shape, classify, json_shape
from mcp_rag.types import Level

MEMO_ENTRIES = 65_536
MEMOS = 8
MAX_HEADS = 8
# Where no header of a known format was found, a similar line could have one: this far they must be alike in the
# lengths of their numbers too.
UNSURE_BYTES = 64
# Behind a known header: a second time, a thread number, would stand here.
MARGIN_BYTES = 8
# Behind syslog's header: a whole second header.
CARRIED_BYTES = 48

# Formats that decide by an HTTP status, by the priority in front or by another number of their own, and what finds all
# numbers that may be it. What must not stand before is asked last: an expression that begins with the character it
# seeks is found faster.
_STATUS, _ANY_STATUS = re.compile(rb'" \d\d\d(?= |$)'), re.compile(rb" \d\d\d(?= |$)")
_PRIORITY = re.compile(rb"<(?<![\w.:/]<)\d{1,3}>")
_ACTION, _SEVERITY = re.compile(rb"/(?<=[A-Z]/)\d\d\d "), re.compile(rb"Severity: \d{1,9}")
_EVENT_LEVEL, _EXIT = re.compile(rb"<Level>\d{1,2}"), re.compile(rb"exited with code \[?\d{1,3}")
_MNEMONIC, _MODULE = re.compile(rb"-\d-[\dA-Z]"), re.compile(rb"/\d/[A-Z]")
_TYPE = re.compile(rb'type="\d"')
_DECIDING = {
    "access": _STATUS,
    "access-dev": _STATUS,
    "access-plain": _ANY_STATUS,
    "iis": _ANY_STATUS,
    "syslog-5424": _PRIORITY,
    "syslog-priority": _PRIORITY,
    "dmesg-raw": _PRIORITY,
    "squid": _ACTION,
    "mssql-error": _SEVERITY,
    "windows-event-xml": _EVENT_LEVEL,
    "exit-code": _EXIT,
    "cisco": _MNEMONIC,
    "cisco-sent": _MNEMONIC,
    "huawei": _MODULE,
    "cmtrace": _TYPE,
    "sd-daemon": _PRIORITY,
}
# Of these, where the number stands hangs on the lengths of no other numbers but those of the header.
_DECIDED_BY_HEAD = _DECIDING.keys() - {"access-plain", "iis"}

# Stands for JSON records whose level is a number: it must be read from each.
_NUMBERED = Shape(Kind.EXACT)

_Alike = list[tuple[bytes, Shape]]


class _Likenesses(NamedTuple):
    """What makes other lines like this one (`keys`)."""

    plain: bytes
    short: bytes
    values: bytes


class ShapeMemo:
    """Shapes by key, bounded; pure, so it may outlive a block. Of two halves the older one is dropped when the younger
    is full: what is still in use has moved by then."""

    __slots__ = ("_decided", "_exact", "_old", "_shortened", "_similar", "_young", "preferred")

    def __init__(self, preferred: str) -> None:
        self.preferred = preferred
        self._young: dict[bytes, Shape] = {b"": BLANK}
        self._old: dict[bytes, Shape] = {}
        self._exact: dict[bytes, Shape] = {}
        self._similar: dict[bytes, _Alike] = {}
        self._shortened: dict[bytes, _Alike] = {}
        self._decided: dict[bytes, _Alike] = {}

    def shapes(self, data: bytes, lines: Sequence[bytes]) -> tuple[list[Shape], list[bytes]]:
        """Shape and key of every line of `data`; `lines` is `data` split at newlines. A key is the line with its digits
        made 0; what is remembered are the first 512 bytes of it."""
        keys = data.translate(ZERO_DIGITS).split(b"\n")
        del keys[len(lines) :]
        found = list(map(self._young.get, keys))
        missing = [n for n, shape in enumerate(found) if shape is None]
        if missing:
            cut = [keys[n][:KEY_BYTES] for n in missing]
            shapes = self._unknown(cut, [lines[n] for n in missing])
            for n, shape in zip(missing, shapes, strict=True):
                found[n] = shape
        return found, keys  # type: ignore[return-value]  # none is missing any more

    def _unknown(self, keys: Sequence[bytes], lines: Sequence[bytes]) -> list[Shape]:
        """The shapes of lines whose keys, cut to 512 bytes, are new or do not suffice."""
        found: list[Shape] = []
        undecided: list[int] = []
        plains, shorts = alike(keys)
        for n, (plain, short) in enumerate(zip(plains, shorts, strict=True)):
            # What a line cut short goes on with, no shorter line tells.
            shape = _matching(self._shortened.get(short), plain) if len(plain) < KEY_BYTES else None
            if shape is None:
                shape = self._seek(keys[n], plain, short, lines[n])
            elif shape is _NUMBERED:
                level = json_lines.numbered_level(lines[n])
                shape = self._seek(keys[n], plain, short, lines[n]) if level is None else json_shape(level)
            elif shape.kind is not Kind.EXACT and shape.kind is not Kind.JSON:
                self._remember(keys[n], shape)
            if shape.kind is Kind.EXACT:
                undecided.append(n)
            found.append(shape)
        exact = alike([keys[n] for n in undecided], statuses=True)
        for n, plain, short in zip(undecided, *exact, strict=True):
            found[n] = self._decide(found[n], plain, short, lines[n])
        return found

    def _seek(self, key: bytes, plain: bytes, short: bytes, line: bytes) -> Shape:
        """The shape of one line that has none by its shortened key; of kind EXACT where its digits must be asked. JSON
        records are remembered by their shortened key only: whether one is there may hang on a leading zero."""
        if line[:1] == b"{" and (quick := json_lines.quick_level(line)) is not None:
            self._resemble_record(short, line, quick)
            return json_shape(quick)
        known = self._young.get(key)  # another line of the same block may have had it
        if known is not None:
            return known
        known = self._exact.get(key)
        if known is not None:
            return known
        plain = without_addresses(plain)
        values = without_values(plain) if len(plain) < KEY_BYTES else plain
        known = self._old.get(key) or _matching(self._similar.get(values), plain)
        if known is None:
            return self._classify(key, _Likenesses(plain, short, values), line)
        if known.kind is not Kind.EXACT:
            self._remember(key, known)
        return known

    def _classify(self, key: bytes, keys: _Likenesses, line: bytes) -> Shape:
        """Work out a shape and remember it; of kind EXACT where digits matter."""
        shape, digits_matter = classify(line.decode("utf-8", "replace"), self.preferred)
        if shape.kind is Kind.JSON or line[max(shape.prefix, 0) :][:1] == b"{":
            return shape  # whether it is a record may hang on one digit: JSON allows no leading zero
        if digits_matter:
            if len(line) > KEY_BYTES:
                return shape
            shape = Shape(Kind.EXACT, header=shape.header, prefix=shape.prefix)
            self._keep_exact(key, shape)
        else:
            self._remember(key, shape)
        if len(line) <= KEY_BYTES:
            self._resemble(keys, shape)
        return shape

    def _decide(self, exact: Shape, plain: bytes, short: bytes, line: bytes) -> Shape:
        """The shape of a line whose digits matter. `short` keeps the lengths of what may be a status."""
        if len(line) > KEY_BYTES:
            return classify(line.decode("utf-8", "replace"), self.preferred)[0]
        form = exact.header.format if exact.header is not None else ""
        numbers = _DECIDING[form].findall(line) if form in _DECIDING else [line]
        deciding = b"\n".join([short, *numbers]) if form in _DECIDED_BY_HEAD else b""
        known = _matching(self._decided.get(deciding), plain)
        if known is not None:
            return known
        precise = b"\n".join([b"", plain, *numbers])
        known = self._young.get(precise) or self._old.get(precise)
        if known is None:
            known = classify(line.decode("utf-8", "replace"), self.preferred)[0]
            if deciding and (proven := _proven(plain, known)):
                _add(self._decided, deciding, proven, known)
            else:
                self._remember(precise, known)
        return known

    def _keep_exact(self, key: bytes, exact: Shape) -> None:
        if len(self._exact) >= MEMO_ENTRIES // 8:
            self._exact.clear()
        self._exact[key] = exact

    def _resemble(self, keys: _Likenesses, shape: Shape) -> None:
        """Remember for lines with other values. Positions are those of characters, so only an ASCII head will do."""
        size = _header_bytes(shape)
        if len(keys.plain) < KEY_BYTES and shape.prefix >= 0 and keys.plain[:size].isascii():
            _add(self._similar, keys.values, keys.plain[:size], shape)
        if proven := _proven(keys.plain, shape):
            _add(self._shortened, keys.short, proven, shape)

    def _resemble_record(self, short: bytes, line: bytes, level: Level) -> None:
        """Remember for JSON records with other values: which field names the level does not hang on a digit."""
        if len(line) < KEY_BYTES:
            shape = json_shape(level) if json_lines.numbered_level(line) is None else _NUMBERED
            _add(self._shortened, short, b"{", shape)

    def _remember(self, key: bytes, shape: Shape) -> None:
        if len(self._young) >= MEMO_ENTRIES // 2:
            self._old = self._young
            self._young = {b"": BLANK}
        self._young[key] = shape

    @property
    def entries(self) -> int:
        """Number of remembered lines."""
        return len(self._young) + len(self._old)

    def one(self, line: bytes) -> Shape:
        """The shape of a single line."""
        return self.shapes(line, (line,))[0][0]


def _matching(alike: _Alike | None, plain: bytes) -> Shape | None:
    """The shape of the first whose head the line has."""
    for head, shape in alike or ():
        if plain.startswith(head):
            return shape
    return None


def _add(known: dict[bytes, _Alike], short: bytes, head: bytes, shape: Shape) -> None:
    if len(known) >= MEMO_ENTRIES // 2:
        known.clear()
    heads = known.setdefault(short, [])
    if len(heads) < MAX_HEADS:
        heads.append((head, shape))


def _sure(shape: Shape) -> bool:
    """Whether the line has the header of a known format."""
    return shape.header is not None and shape.header.format not in formats.FALLBACKS


def _header_bytes(shape: Shape) -> int:
    """How far lines must be alike in the lengths of their numbers for one to have the header of the other."""
    header = shape.header
    # In a line of pairs the time may stand behind the message.
    parts = () if header is None else (header.time, header.logger, header.service, header.stream)
    size = shape.prefix + max([header.body if header is not None else 0, *(end for _, end in parts)])
    if not _sure(shape):
        return max(size, UNSURE_BYTES)
    return size + CARRIED_BYTES if header is not None and header.format in formats.CARRIERS else size


def _proven(plain: bytes, shape: Shape) -> bytes:
    """The head that proves a line to have this shape when the rest is the same but for the lengths of its numbers;
    empty when nothing does."""
    head = plain[: _header_bytes(shape) + MARGIN_BYTES]
    return head if _sure(shape) and shape.prefix >= 0 and len(plain) < KEY_BYTES and head.isascii() else b""


_MEMOS: dict[str, ShapeMemo] = {}


def memo_for(preferred: str) -> ShapeMemo:
    """The memo shared by all blocks read with this preferred format."""
    memo = _MEMOS.get(preferred)
    if memo is None:
        if len(_MEMOS) >= MEMOS:
            _MEMOS.clear()
        memo = _MEMOS[preferred] = ShapeMemo(preferred)
    return memo


def forget() -> None:
    """Drop all memos: frees memory, changes no result."""
    _MEMOS.clear()
