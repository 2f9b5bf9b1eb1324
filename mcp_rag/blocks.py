"""From bytes as read to blocks: clean lines, cut where an event starts.

Both classes give the same output however their input is split into chunks, and for a source that grew later the same
output up to the old end: an unfinished last line is passed on as it is, without the part that could still change.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

# Colour, cursor and title sequences; each may be cut short by the end of the line.
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[PX^_][^\x1b\n]*(?:\x1b\\)?"
    rb"|[ -/]+[0-~]?|[0-OQ-WYZ\\`-~])?"
)


class LineCleaner:
    """Turns bytes of any encoding mishap into UTF-8 lines that end in a bare newline.

    CR LF and lone CR become newlines; NUL bytes are dropped; escape sequences are dropped; invalid UTF-8 becomes
    U+FFFD; of a line longer than `max_line_bytes` only the head is kept. Holds at most one chunk and one line head.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._carry = b""
        self._after_cr = False
        self._skipping = False
        self._first_is_cut = False
        self._position = 0
        self.cuts: deque[int] = deque()
        """Positions in the output at which a line was cut, oldest first; the reader takes them out."""

    def feed(self, raw: bytes) -> bytes:
        """The clean lines that `raw` completes."""
        if b"\0" in raw:
            raw = raw.translate(None, b"\0")
        raw = self._newlines(raw)
        if self._skipping:
            end = raw.find(b"\n")
            if end < 0:
                return b""
            raw = raw[end:]
            self._skipping = False
            self._first_is_cut = True
        end = raw.rfind(b"\n") + 1
        if end:
            whole = self._carry + raw[:end]
            self._carry = raw[end:]
        else:
            whole = b""
            self._carry += raw
        out = self._clean(whole)
        if len(self._carry) > self._max:
            self._carry = _head(self._carry, self._max)
            self._skipping = True
        return out

    def finish(self) -> bytes:
        """The unfinished last line, without an incomplete last character; empty when the source ended in a newline."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        out = decoder.decode(_strip(self._carry)).encode()
        self._position += len(out)
        if self._skipping:
            self.cuts.append(self._position)
        return out

    def _newlines(self, raw: bytes) -> bytes:
        if self._after_cr and raw:
            if raw[0] == 10:
                raw = raw[1:]
            self._after_cr = False
        if b"\r" in raw:
            self._after_cr = raw.endswith(b"\r")
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return raw

    def _clean(self, whole: bytes) -> bytes:
        """Cut long lines, then clean each stretch between cuts. Long lines are found by leaps of one line limit."""
        parts: list[bytes] = []
        start = at = 0
        size = len(whole)
        if self._first_is_cut:
            self._first_is_cut = False
            start = at = whole.index(b"\n")
            parts.append(self._stretch(whole[:start]))
            self.cuts.append(self._position)
        while size - at > self._max:
            newline = whole.rfind(b"\n", at, at + self._max + 1)
            if newline >= 0:
                at = newline + 1
                continue
            parts.append(self._stretch(whole[start:at] + _head(whole[at : at + self._max + 1], self._max)))
            self.cuts.append(self._position)
            start = at = whole.index(b"\n", at + self._max)
        parts.append(self._stretch(whole[start:] if start else whole))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _stretch(self, data: bytes) -> bytes:
        data = _strip(data)
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                data = data.decode("utf-8", "replace").encode()
        self._position += len(data)
        return data


def _strip(data: bytes) -> bytes:
    return _ESCAPES.sub(b"", data) if b"\x1b" in data else data


def _head(line: bytes, limit: int) -> bytes:
    """At most `limit` bytes of a longer line, not ending inside a UTF-8 character."""
    cut = limit
    while cut > limit - 4 and line[cut] & 0xC0 == 0x80:
        cut -= 1
    return line[: cut if line[cut] & 0xC0 != 0x80 else limit]


class CutBlock(NamedTuple):
    """`data` of one block, `start` its position in the clean stream."""

    data: bytes
    start: int


class BlockCutter:
    """Cuts clean lines into blocks: at the first line at or after `block_bytes` that starts an event, or at the first
    line `window_bytes` later when none does. Only finished lines are judged."""

    def __init__(self, block_bytes: int, window_bytes: int, starts_event: Callable[[bytes], bool]) -> None:
        self._size = block_bytes
        self._window = window_bytes
        self._starts_event = starts_event
        self._buffer = bytearray()
        self._scan = block_bytes
        self._start = 0

    def feed(self, data: bytes) -> Iterator[CutBlock]:
        """The blocks that `data` completes."""
        self._buffer += data
        while (cut := self._find_cut()) > 0:
            block = CutBlock(bytes(memoryview(self._buffer)[:cut]), self._start)
            del self._buffer[:cut]
            self._start += cut
            self._scan = self._size
            yield block

    def finish(self) -> CutBlock | None:
        """What is left at the end of the source."""
        if not self._buffer:
            return None
        block = CutBlock(bytes(self._buffer), self._start)
        self._buffer.clear()
        return block

    def _find_cut(self) -> int:
        """The position to cut at, 0 when the buffer does not hold it yet."""
        buffer = self._buffer
        if len(buffer) <= self._size:
            return 0
        at = buffer.find(b"\n", self._scan - 1) + 1
        while at and at < len(buffer):
            if at >= self._size + self._window:
                return at
            end = buffer.find(b"\n", at)
            if end < 0:
                break
            if self._starts_event(bytes(buffer[at:end])):
                return at
            at = end + 1
        self._scan = at or len(buffer)
        return 0
