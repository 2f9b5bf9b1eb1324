"""The only module that opens log files: paths, streams and pasted text become blocks.

What cannot be read is skipped with a reason and the rest goes on. The reasons, each a stable word:

    missing, vanished, unreadable    not there (any more), no permission, or an input error
    not_regular, symlink, forbidden  pipes, sockets, devices, kernel files; links out of the roots; our own data
    binary, archive                  not text; an archive, or compressed twice
    truncated, corrupt, trailing_garbage, ratio, output_limit
                                     compressed sources: what was read before is kept
    needs_zstd                       the optional package is not installed
    too_many_files, too_deep         limits of a directory
"""

from __future__ import annotations

import codecs
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from mcp_rag.blocks import BlockCutter, CutBlock, LineCleaner
from mcp_rag.decompress import HEAD_BYTES, Budget, compression, refuse_binary, unpack
from mcp_rag.errors import SourceError
from mcp_rag.paths import Access, Opened, roots_of, utf8_name
from mcp_rag.types import Block, Skipped

MAX_LEADING_NULS_BYTES = 67_108_864


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of one reader, in bytes unless the name says otherwise.

    `max_output_bytes` and `max_ratio` (output to input) hold for compressed sources; a plain file is read up to its
    size when it was opened, whatever that is. `window_bytes` is how far behind `block_bytes` an event start is sought.
    """

    max_line_bytes: int = 102_400
    block_bytes: int = 4_194_304
    window_bytes: int = 262_144
    max_output_bytes: int = 1_073_741_824
    max_ratio: int = 200
    max_files: int = 10_000
    max_depth: int = 20
    chunk_bytes: int = 1_048_576


class LogReader:
    """Reads sources as blocks (`protocols.SourceReader`). One instance serves one call of a verb.

    `roots` are the directories that may be read; None trusts the caller with every path (the command line), an empty
    sequence reads no files. `forbidden` paths (the data directory) are never read. `starts_event` says of one line,
    without its newline, whether an event starts there.
    """

    def __init__(
        self,
        limits: ReadLimits,
        *,
        roots: Sequence[Path] | None,
        starts_event: Callable[[bytes], bool],
        forbidden: Sequence[Path] = (),
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._limits = limits
        self._starts_event = starts_event
        self._now_ms = now_ms
        self._skipped: list[Skipped] = []
        self._in_hand: _Frozen | None = None
        self._access = Access(
            roots=None if roots is None else roots_of(roots),
            forbidden=tuple(os.path.realpath(path) for path in forbidden),
            max_files=limits.max_files,
            max_depth=limits.max_depth,
        )

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What was not read, in order, since the reader was made."""
        return tuple(self._skipped)

    def intact(self) -> bool:
        """False when the file in hand was cut off or begun anew since it was opened, as far as its size and its first
        bytes tell; True while no file is."""
        return self._in_hand is None or self._in_hand.intact()

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Blocks of files and directories (recursive, rotated sets oldest first), in a fixed order.

        Raises InputError at once, before anything is read, when a path is malformed or outside the roots.
        """
        checked = [self._access.check(path) for path in paths]
        return self._blocks(checked)

    def list_sources(self, paths: Sequence[str]) -> list[str]:
        """The files that `blocks` would read, in its order. Raises InputError as it does."""
        return list(self._files([self._access.check(path) for path in paths]))

    def blocks_of_text(self, name: str, text: str) -> Iterator[Block]:
        """Blocks of a pasted text; lone surrogates become U+FFFD."""
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
        return self._cut(name, iter([data]), self._now_ms())

    def blocks_of_stream(self, name: str, stream: BinaryIO) -> Iterator[Block]:
        """Blocks of an open binary stream (standard input), compressed or not. The caller closes it."""
        return self._source(name, stream.read, self._now_ms())

    def _blocks(self, checked: Sequence[str]) -> Iterator[Block]:
        for path in self._files(checked):
            try:
                opened = self._access.open(path)
            except SourceError as error:
                # The file was there when it was listed.
                reason = "vanished" if error.reason == "missing" else error.reason
                self._skip(path, reason, error)
                continue
            with FileIO(opened.fd, "rb") as file:
                self._in_hand = _Frozen(file, opened)
                try:
                    yield from self._source(utf8_name(path), self._in_hand.read, opened.modified_ms, opened.size_bytes)
                finally:
                    self._in_hand = None

    def _files(self, checked: Sequence[str]) -> Iterator[str]:
        for found in self._access.walk(checked):
            self._note_refused()
            yield found
        self._note_refused()

    def _note_refused(self) -> None:
        self._skipped += [Skipped(utf8_name(path), reason, detail) for path, reason, detail in self._access.refused]
        self._access.refused.clear()

    def _skip(self, source: str, reason: str, error: SourceError) -> None:
        self._skipped.append(
            Skipped(utf8_name(source), reason, " ".join(part for part in (error.cause, error.fix) if part))
        )

    def _source(
        self, name: str, read: Callable[[int], bytes], reference_ms: int, source_bytes: int = 0
    ) -> Iterator[Block]:
        """One source with its encoding and compression found out."""
        return self._cut(name, self._text(name, read), reference_ms, source_bytes)

    def _text(self, name: str, read: Callable[[int], bytes]) -> Iterator[bytes]:
        """Chunks of decompressed UTF-8; an error ends them and is reported, what came before is kept."""
        limits = self._limits
        try:
            head = _peek(b"", read)
            kind = compression(head)
            if kind:
                budget = Budget(limits.max_output_bytes, limits.max_ratio)
                unpacked = unpack(head, read, kind, budget, limits.chunk_bytes)
                yield from _decoded(unpacked)
            else:
                yield from _decoded(_chunks(head, read, limits.chunk_bytes))
        except SourceError as error:
            self._skip(name, error.reason, error)
        except OSError as error:
            broken = SourceError(f"Reading stopped with an error ({error.strerror or 'unknown'}).")
            self._skip(name, "unreadable", broken)

    def _cut(self, name: str, chunks: Iterator[bytes], reference_ms: int, source_bytes: int = 0) -> Iterator[Block]:
        cleaner = LineCleaner(self._limits.max_line_bytes)
        cutter = BlockCutter(self._limits.block_bytes, self._limits.window_bytes, self._starts_event)
        numbering = _Numbering(name, reference_ms, source_bytes)
        for chunk in chunks:
            for cut in cutter.feed(cleaner.feed(chunk)):
                yield numbering.block(cut, cleaner, last=False)
        for cut in cutter.feed(cleaner.finish()):
            yield numbering.block(cut, cleaner, last=False)
        rest = cutter.finish()
        if rest is not None:
            yield numbering.block(rest, cleaner, last=True)


@dataclass(slots=True)
class _Numbering:
    """Gives the blocks of one source their numbers."""

    source: str
    reference_ms: int
    source_bytes: int
    index: int = 0
    line: int = 0

    def block(self, cut: CutBlock, cleaner: LineCleaner, *, last: bool) -> Block:
        data = cut.data
        lines = data.count(b"\n") + (not data.endswith(b"\n"))
        end, cuts = cut.start + len(data), 0
        while cleaner.cuts and cleaner.cuts[0] <= end:
            cleaner.cuts.popleft()
            cuts += 1
        head = data[: data.find(b"\n") + 1] or data
        block = Block(
            source=self.source,
            index=self.index,
            id=hashlib.sha256(data).hexdigest()[:32],
            head=hashlib.sha256(head.rstrip(b"\n")).hexdigest()[:32],
            data=data,
            first_line=self.line,
            lines=lines,
            cut_lines=cuts,
            last=last,
            reference_ms=self.reference_ms,
            source_bytes=self.source_bytes,
        )
        self.index += 1
        self.line += lines
        return block


class _Frozen:
    """A file up to the size it had when it was opened, so that one that keeps growing ends."""

    def __init__(self, file: FileIO, opened: Opened) -> None:
        self._file = file
        self._size = self._left = opened.size_bytes
        self._head = b""

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left)) if self._left else b""
        if self._left == self._size:
            self._head = data[:HEAD_BYTES]
        self._left -= len(data)
        return data

    def intact(self) -> bool:
        """Whether the file is still as long as it was and begins as it did."""
        try:
            place = self._file.tell()
            self._file.seek(0)
            head = self._file.read(len(self._head))
            self._file.seek(place)
            return head == self._head and os.fstat(self._file.fileno()).st_size >= self._size
        except OSError:
            return False


def _peek(head: bytes, read: Callable[[int], bytes]) -> bytes:
    """At least the bytes that tell what a source is; a pipe may give them in pieces."""
    while len(head) < HEAD_BYTES and (more := read(HEAD_BYTES)):
        head += more
    return head


def _chunks(head: bytes, read: Callable[[int], bytes], chunk_bytes: int) -> Iterator[bytes]:
    yield head
    while data := read(chunk_bytes):
        yield data


def _decoded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks as UTF-8 without a byte order mark. Raises SourceError when they do not begin as text.

    A file whose writer went on behind a truncation begins with a hole, read as NULs: those are passed over first.
    """
    head, nuls = b"", 0
    for chunk in chunks:
        text = chunk if head or chunk.startswith(codecs.BOM_UTF32_BE) else chunk.lstrip(b"\0")
        nuls += len(chunk) - len(text)
        if nuls > MAX_LEADING_NULS_BYTES:
            raise SourceError("The source begins with a very long run of NUL bytes.", reason="binary")
        head += text
        if len(head) >= HEAD_BYTES:
            break
    if nuls and not head:
        raise SourceError("The source holds only NUL bytes.", reason="binary")
    decoder = _transcoder(head)
    if decoder is None:
        refuse_binary(head[:HEAD_BYTES])
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    yield decoder.decode(head).encode()
    for chunk in chunks:
        yield decoder.decode(chunk).encode()


def _transcoder(head: bytes) -> codecs.IncrementalDecoder | None:
    """A decoder for UTF-16 and UTF-32 with a byte order mark, which it drops."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return codecs.getincrementaldecoder(name)("replace")
    return None
