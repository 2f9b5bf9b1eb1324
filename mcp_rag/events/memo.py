"""Shapes of lines, worked out once per distinct line.

Three keys lead to a shape. The first is the line with its digits made 0. The second also makes every number one digit
long: it serves lines whose header is that of a known format, and alike. The third shortens hexadecimal ids too, and
numbers that stand alone. Second and third are worked out only when the one before is new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag import formats
from mcp_rag.events import json_lines
from mcp_rag.events.shapes import BLANK, Kind, Shape, classify, json_shape

ZERO_DIGITS = bytes.maketrans(b"123456789", b"000000000")
KEY_BYTES = 512
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

# Formats that decide by an HTTP status or by the priority in front.
_BY_SHORT_NUMBERS = frozenset(
    {"access", "access-dev", "access-plain", "iis", "syslog-5424", "syslog-priority", "dmesg-raw"}
)
# What must not stand before is asked last: an expression that begins with the character it seeks is found faster.
_SHORT_NUMBER = re.compile(rb"\d\d\d(?<![\w.:/]\d\d\d)(?![\w.:/])|<(?<![\w.:/]<)\d{1,3}>(?![\w.:/])|^<\d{1,3}>")
# In a line whose digits are 0: UUIDs, hexadecimal ids with digits and letters, and numbers that stand alone. Numbers
# beside other signs stay: they may be parts of a time, and its form decides whether it is one.
_VALUE = re.compile(
    rb"[0a-f](?<![A-Za-z0_][0a-f])(?:[0a-f]{7}(?:-[0a-f]{4}){3}-[0a-f]{12}"
    rb"|(?:(?<=0)(?=0{0,40}[a-f])|(?<=[a-f])(?=[a-f]{0,40}0))[0a-f]{7,})(?![A-Za-z0_])"
    rb"|0(?<![^\s\"'=,]0)0*(?=[\s\"',;]|$|[.:](?:\s|$))"
)

_Similar = list[tuple[bytes, Shape]]


class ShapeMemo:
    """Shapes by key, bounded; pure, so it may outlive a block. Of two halves the older one is dropped when the younger
    is full: what is still in use has moved by then."""

    __slots__ = ("_exact", "_old", "_similar", "_squeezed", "_young", "preferred")

    def __init__(self, preferred: str) -> None:
        self.preferred = preferred
        self._young: dict[bytes, Shape] = {b"": BLANK}
        self._old: dict[bytes, Shape] = {}
        self._exact: dict[bytes, Shape] = {}
        self._similar: dict[bytes, _Similar] = {}
        self._squeezed: dict[bytes, _Similar] = {}

    def shapes(self, data: bytes, lines: Sequence[bytes]) -> tuple[list[Shape], list[bytes]]:
        """Shape and key of every line of `data`; `lines` is `data` split at newlines. A key is the line with its digits
        made 0; what is remembered are the first 512 bytes of it."""
        keys = data.translate(ZERO_DIGITS).split(b"\n")
        del keys[len(lines) :]
        known = map(self._young.get, keys)
        triples = zip(list(known), keys, lines, strict=True)
        return [self._miss(key, line) if shape is None else shape for shape, key, line in triples], keys

    def _miss(self, key: bytes, line: bytes) -> Shape:
        """The shape of a line whose key is new or does not suffice. JSON records are not remembered."""
        if line[:1] == b"{" and (quick := json_lines.quick_level(line)) is not None:
            return json_shape(quick)
        key = key[:KEY_BYTES]
        known = self._young.get(key)  # another line of the same block may have had it
        if known is not None:
            return known
        exact = self._exact.get(key)
        if exact is None:
            known = self._old.get(key) or self._like(key)
            if known is None:
                return self._classify(key, line, None)
            if known.kind is not Kind.EXACT:
                self._remember(key, known)
                return known
            exact = known
            self._keep_exact(key, exact)
        deciding = _deciding(exact, key, line)
        known = self._young.get(deciding) or self._old.get(deciding)
        if known is None:
            known = self._similar_to(key, _deciding(exact, _VALUE.sub(b"0", key), line))
            if known is not None:
                self._remember(deciding, known)
        return known or self._classify(key, line, exact)

    def _classify(self, key: bytes, line: bytes, exact: Shape | None) -> Shape:
        """Work out a shape and remember it."""
        shape, digits_matter = classify(line.decode("utf-8", "replace"), self.preferred)
        if shape.kind is Kind.JSON or line[max(shape.prefix, 0) :][:1] == b"{":
            return shape  # whether it is a record may hang on one digit: JSON allows no leading zero
        if len(line) > KEY_BYTES:
            if not digits_matter:
                self._remember(key, shape)
            return shape
        short = _VALUE.sub(b"0", key)
        if not digits_matter:
            self._remember(key, shape)
            self._resemble(key, short, shape)
            return shape
        if exact is None:
            exact = Shape(Kind.EXACT, header=shape.header)
            self._keep_exact(key, exact)
            self._resemble(key, short, exact)
        self._remember(_deciding(exact, key, line), shape)
        self._resemble(key, _deciding(exact, short, line), shape)
        return shape

    def _keep_exact(self, key: bytes, exact: Shape) -> None:
        if len(self._exact) >= MEMO_ENTRIES // 8:
            self._exact.clear()
        self._exact[key] = exact

    def _like(self, key: bytes) -> Shape | None:
        """The shape of a line with the same header, digits apart, and the same text, numbers or values apart."""
        for head, shape in self._squeezed.get(_squeezed(key), ()):
            if key.startswith(head):
                return shape
        return self._similar_to(key, _VALUE.sub(b"0", key))

    def _similar_to(self, key: bytes, short: bytes) -> Shape | None:
        """The shape of a line with the same header, digits apart, and the same text, values apart."""
        for head, shape in self._similar.get(short, ()):
            if key.startswith(head):
                return shape
        return None

    def _resemble(self, key: bytes, short: bytes, shape: Shape) -> None:
        """Remember for lines with other values. Positions are those of characters, so only an ASCII head will do."""
        size = shape.prefix + (shape.header.body if shape.header is not None else 0)
        unsure = shape.header is None or shape.header.format in formats.FALLBACKS
        if unsure:
            size = max(size, UNSURE_BYTES)
        elif shape.header is not None and shape.header.format in formats.CARRIERS:
            size += CARRIED_BYTES
        head = key[:size]
        if shape.prefix < 0 or len(key) >= KEY_BYTES or not head.isascii():
            return
        _add(self._similar, short, head, shape)
        if not unsure and short[:1] != b"\n":
            _add(self._squeezed, _squeezed(key), key[: size + MARGIN_BYTES], shape)

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


def _add(known: dict[bytes, _Similar], short: bytes, head: bytes, shape: Shape) -> None:
    if len(known) >= MEMO_ENTRIES // 2:
        known.clear()
    heads = known.setdefault(short, [])
    if len(heads) < MAX_HEADS:
        heads.append((head, shape))


def _squeezed(key: bytes) -> bytes:
    """The key with every number one digit long."""
    while b"00" in key:
        key = key.replace(b"00", b"0")
    return key


def _deciding(exact: Shape, key: bytes, line: bytes) -> bytes:
    """The key that tells apart lines whose digits matter: with the numbers a status or a priority can be, where the
    format is known to decide by those, else the line itself. The mark keeps it from being the key of a line."""
    if exact.header is None or exact.header.format not in _BY_SHORT_NUMBERS:
        return b"\n" + line
    return b"\n".join([b"", key, *_SHORT_NUMBER.findall(line)])


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
