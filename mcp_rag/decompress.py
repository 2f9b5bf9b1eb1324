"""Bytes of a source as they were before compression, within budgets. Its first bytes tell the kind, not its name.

Nothing here holds more than one chunk of output: a bomb is stopped by the ratio or the size, not by memory.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mcp_rag.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT_BYTES = 262_144
# Small files may be as repetitive as they like: the ratio is judged from here on.
RATIO_FROM_BYTES = 33_554_432
MAX_DICTIONARY_BYTES = 134_217_728
ZSTD_PIECE_BYTES = 512
HEAD_BYTES = 8_192
MAGIC_BYTES = 6

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_ARCHIVES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"\x1f\x9d", "compressed with `compress`"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_BINARY = (
    b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"MZ\x90", b"\xca\xfe\xba\xbe", b"SQLite format 3\0",
    b"PAR1", b"LPKSHHRH", b"OggS", b"\0asm", b"RIFF", b"ID3", b"!<arch>", b"\x93NUMPY", b"ElfFile\0",
)  # fmt: skip
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r\x0b\x0c\x08\x1b\x07") + b"\x7f"
MAX_CONTROL_SHARE = 0.03


class Budget(NamedTuple):
    """Most bytes to take from a compressed source, and most bytes of output for one of input."""

    max_output_bytes: int
    max_ratio: int


class _Decoder(Protocol):
    """One compressed stream. `feed` returns at most `limit` bytes; `hungry` when it wants new input."""

    hungry: bool
    done: bool
    rest: bytes

    def feed(self, data: bytes, limit: int) -> bytes: ...


def compression(head: bytes) -> str:
    """`gzip`, `bzip2`, `xz`, `zstd` or an empty string."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def refuse_binary(head: bytes) -> None:
    """Raises SourceError (archive, binary) when the first bytes, already decompressed, are not text."""
    for magic, name in _ARCHIVES:
        if head.startswith(magic):
            raise SourceError(f"The source is {name}.", "Unpack it and give the files.", reason="archive")
    if head[257:262] == b"ustar":
        raise SourceError("The source is a tar archive.", "Unpack it and give the files.", reason="archive")
    if compression(head):
        raise SourceError("The source is compressed twice.", "Unpack it once.", reason="archive")
    if head.startswith(b"LPKSHHRH"):
        raise SourceError("The source is a systemd journal.", "Export it: journalctl -o json.", reason="binary")
    text = head[: len(head) - 1] if len(head) >= HEAD_BYTES else head
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if head.startswith(_BINARY) or (controls > 1 and controls > len(text) * MAX_CONTROL_SHARE):
        raise SourceError("The source is not text.", reason="binary")


class _Zlib:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self.hungry, self.done, self.rest = True, False, b""

    def feed(self, data: bytes, limit: int) -> bytes:
        out = self._stream.decompress(self._stream.unconsumed_tail + data, limit)
        self.done = self._stream.eof
        self.rest = self._stream.unused_data
        self.hungry = not self._stream.unconsumed_tail and len(out) < limit
        return out


class _Standard:
    """bz2 and lzma share one interface."""

    def __init__(self, stream: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._stream = stream
        self.hungry, self.done, self.rest = True, False, b""

    def feed(self, data: bytes, limit: int) -> bytes:
        out = self._stream.decompress(data, limit)
        self.done = self._stream.eof
        self.rest = self._stream.unused_data if self.done else b""
        self.hungry = self._stream.needs_input
        return out


class _Zstd:
    """One zstd frame. The library gives all output of what it is fed, so it is fed small pieces: a block of a few bytes
    can hold 128 KiB."""

    def __init__(self) -> None:
        try:
            import zstandard
        except ModuleNotFoundError:
            raise SourceError(
                "Reading .zst sources needs the zstandard package.",
                'Install it: pip install "mcp-rag[zstd]".',
                reason="needs_zstd",
            ) from None
        self._failure = zstandard.ZstdError
        self._stream = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES).decompressobj()
        self._waiting = b""
        self.hungry, self.done, self.rest = True, False, b""

    def feed(self, data: bytes, limit: int) -> bytes:
        data = self._waiting + data
        out: list[bytes] = []
        size = at = 0
        try:
            while at < len(data) and size < limit and not self._stream.eof:
                piece = self._stream.decompress(data[at : at + ZSTD_PIECE_BYTES])
                at += ZSTD_PIECE_BYTES
                out.append(piece)
                size += len(piece)
        except self._failure:
            raise EOFError from None
        self.done = self._stream.eof
        self._waiting = b"" if self.done else data[at:]
        self.rest = self._stream.unused_data + data[at:] if self.done else b""
        self.hungry = not self._waiting
        return b"".join(out)


def _new_decoder(kind: str) -> _Decoder:
    if kind == "zstd":
        return _Zstd()
    if kind == "gzip":
        return _Zlib()
    if kind == "bzip2":
        return _Standard(bz2.BZ2Decompressor())
    return _Standard(lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES))


class _Counted:
    """Counts what was read, so that the ratio can be judged."""

    def __init__(self, head: bytes, more: Callable[[int], bytes]) -> None:
        self._head, self._more = head, more
        self.count = 0

    def read(self, size: int = INPUT_BYTES) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._more(size)
        self.count += len(data)
        return data


def unpack(head: bytes, more: Callable[[int], bytes], kind: str, budget: Budget, chunk_bytes: int) -> Iterator[bytes]:
    """Yield the decompressed content in chunks of about `chunk_bytes`.

    `head` is what was read already, `more(n)` reads on. What was yielded before an error is good. Raises SourceError
    (ratio, output_limit, truncated, corrupt, trailing_garbage, needs_zstd).
    """
    source = _Counted(head, more)
    produced = 0
    for chunk in _unpack_members(source, kind, chunk_bytes):
        allowed = budget.max_output_bytes - produced
        produced += len(chunk)
        yield chunk[:allowed]
        if len(chunk) > allowed:
            raise SourceError(
                f"The source unpacks to more than {budget.max_output_bytes} bytes.", reason="output_limit"
            )
        if produced > RATIO_FROM_BYTES and produced > source.count * budget.max_ratio:
            raise SourceError(f"The source unpacks to more than {budget.max_ratio} times its size.", reason="ratio")


def _unpack_members(source: _Counted, kind: str, chunk_bytes: int) -> Iterator[bytes]:
    """Members one after another, as rotation scripts append them; zero padding between and behind them is skipped."""
    decoder = _new_decoder(kind)
    data = b""
    while True:
        if not data and decoder.hungry:
            data = source.read()
            if not data:
                raise SourceError("The compressed source ends early.", reason="truncated")
        try:
            out = decoder.feed(data, chunk_bytes)
        except (zlib.error, lzma.LZMAError, OSError, EOFError):
            raise SourceError("The compressed source is damaged.", reason="corrupt") from None
        data = b""
        if out:
            yield out
        if decoder.done:
            data = (decoder.rest or source.read()).lstrip(b"\0")
            while not data and (more := source.read()):
                data = more.lstrip(b"\0")
            if not data:
                return
            while len(data) < MAGIC_BYTES and (more := source.read()):
                data += more
            if compression(data) != kind:
                raise SourceError("Bytes after the end of the compressed source were left.", reason="trailing_garbage")
            decoder = _new_decoder(kind)
