"""Reading sources as blocks: what a block is, that it is always the same, encodings, compression, order of files."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.blocks import BlockCutter, LineCleaner
from mcp_rag.errors import InputError
from mcp_rag.paths import rotation_key
from mcp_rag.reader import LogReader, ReadLimits
from mcp_rag.types import Block

SMALL = ReadLimits(max_line_bytes=40, block_bytes=200, window_bytes=80, chunk_bytes=64)


def starts(line: bytes) -> bool:
    return line.startswith(b"20")


def reader(limits: ReadLimits = SMALL, roots: list[Path] | None = None, **options: object) -> LogReader:
    return LogReader(limits, roots=roots, starts_event=starts, **options)  # type: ignore[arg-type] # options pass through


def data_of(blocks: Iterator[Block]) -> bytes:
    return b"".join(block.data for block in blocks)


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        for size in sizes:
            yield data[at : at + size]
            at += size


EVENTS = b"".join(b"2026-01-%02d ERROR x\n  at frame\n" % n for n in range(1, 29))


def test_block_says_what_it_holds(tmp_path: Path) -> None:
    """types.Block: ids, heads, line numbers and marks are as documented, and the blocks join to the whole file."""
    path = tmp_path / "app.log"
    path.write_bytes(EVENTS)
    blocks = list(reader().blocks([str(path)]))
    assert b"".join(b.data for b in blocks) == EVENTS
    assert [b.index for b in blocks] == list(range(len(blocks)))
    assert [b.last for b in blocks] == [False] * (len(blocks) - 1) + [True]
    line = 0
    for block in blocks:
        assert block.source == str(path)
        assert block.id == hashlib.sha256(block.data).hexdigest()[:32]
        assert block.head == hashlib.sha256(block.data.split(b"\n")[0]).hexdigest()[:32]
        assert (block.first_line, block.lines) == (line, block.data.count(b"\n"))
        assert block.reference_ms == path.stat().st_mtime_ns // 1_000_000
        assert starts(block.data)
        line += block.lines


def test_block_is_cut_at_the_first_event_start_behind_its_size() -> None:
    """A block is as short as its size and the next event start allow."""
    for block in list(reader().blocks_of_text("t", EVENTS.decode()))[:-1]:
        lines = block.data.splitlines(keepends=True)
        behind = sum(len(line) for line in lines[:-1])
        assert behind < SMALL.block_bytes + 40
        assert len(block.data) >= SMALL.block_bytes


def test_block_is_cut_without_event_start_at_the_end_of_the_window() -> None:
    """A file whose events are not recognised is still cut, at a line."""
    blocks = list(reader().blocks_of_text("t", "  no start\n" * 200))
    assert len(blocks) > 3
    for block in blocks[:-1]:
        assert block.data.endswith(b"\n")
        assert SMALL.block_bytes + SMALL.window_bytes <= len(block.data) < SMALL.block_bytes + SMALL.window_bytes + 11


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"2026 a\n", b"  b\r\n", b"c\r", b"\n", b"\0\0", b"\x1b[31mred\x1b[0m\n", b"\xe2\x82\xac\n", b"\xff\n",
             b"x" * 50, b"y" * 39 + b"\xc3\xa9z\n", b"\xe2\x82", b"\x1b]0;t", b"2026 long " + b"w" * 60 + b"\n"]
        ),
        max_size=60,
    ),
    st.lists(st.integers(1, 90), min_size=1, max_size=4),
)  # fmt: skip
def test_blocks_do_not_depend_on_chunks(parts: list[bytes], sizes: list[int]) -> None:
    """The same bytes give the same blocks however they arrive: block ids are the ledger's keys."""
    data = b"".join(parts)

    def run(chunks: Iterator[bytes]) -> tuple[list[bytes], list[int]]:
        cleaner, cutter = LineCleaner(40), BlockCutter(100, 50, starts)
        out = [cut.data for chunk in chunks for cut in cutter.feed(cleaner.feed(chunk))]
        out += [cut.data for cut in cutter.feed(cleaner.finish())]
        rest = cutter.finish()
        return out + ([rest.data] if rest else []), list(cleaner.cuts)

    assert run(pieces(data, sizes)) == run(iter([data]))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["2026 a\n", "  b\n", "\r\n", "é", "\x1b[3", "1mred", "x" * 45, "\n", "2026"]), max_size=80
    ),
    st.integers(0, 400),
)
def test_grown_source_repeats_its_blocks(parts: list[str], length: int) -> None:
    """Read again after it grew, a file gives equal blocks first and a longer last one: nothing is counted twice."""
    whole = "".join(parts).encode()
    early = whole[:length]
    before = list(reader().blocks_of_stream("s", io.BytesIO(early)))
    after = list(reader().blocks_of_stream("s", io.BytesIO(whole)))
    for old, new in zip(before[:-1], after, strict=False):
        assert old.id == new.id
    if before:
        assert len(after) >= len(before)
        assert after[len(before) - 1].data.startswith(before[-1].data)


PACKERS = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "gzip members": lambda data: gzip.compress(data[:300]) + gzip.compress(data[300:]) + b"\0" * 512,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "zstd frames": lambda data: zstandard.compress(data[:300]) + zstandard.compress(data[300:]),
    "zstd stream": lambda data: b"".join(
        (c := zstandard.ZstdCompressor().compressobj(), c.compress(data), c.flush())[1:]
    ),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_compression_changes_no_block(packer: str, tmp_path: Path) -> None:
    """Plain, gzip, bzip2, xz and zstd give the same ids, whatever the file is called (check 17: rotated is known)."""
    plain = [b.id for b in reader().blocks_of_text("t", EVENTS.decode())]
    path = tmp_path / "misleading.txt"
    path.write_bytes(PACKERS[packer](EVENTS))
    source = reader()
    assert [b.id for b in source.blocks([str(path)])] == plain
    assert source.skipped == ()


def test_missing_zstandard_names_the_extra(tmp_path: Path) -> None:
    """Without the optional package a .zst file is skipped with the command that helps; others are read."""
    (tmp_path / "a.log.zst").write_bytes(zstandard.compress(EVENTS))
    (tmp_path / "b.log").write_bytes(EVENTS)
    code = (
        "import sys; sys.modules['zstandard'] = None\n"
        "from mcp_rag.reader import LogReader, ReadLimits\n"
        "r = LogReader(ReadLimits(), roots=None, starts_event=lambda line: True)\n"
        f"n = len(list(r.blocks([{str(tmp_path)!r}])))\n"
        "print(n, r.skipped[0].reason, r.skipped[0].detail)"
    )
    root = Path(__file__).resolve().parent.parent
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=root, check=True)
    assert ran.stdout.startswith("1 needs_zstd ")
    assert 'pip install "mcp-rag[zstd]"' in ran.stdout


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8", "utf-32-le", "utf-32-be"])
def test_byte_order_mark_decides_the_encoding(encoding: str) -> None:
    """UTF-16 and UTF-32 with a mark are decoded; the mark itself is never data."""
    text = "2026 Grüße 日本 😀\n" * 700
    marked = ("\ufeff" + text).encode(encoding)
    assert data_of(reader().blocks_of_stream("s", io.BytesIO(marked))) == text.encode()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b"a\r\nb\rc\n", b"a\nb\nc\n"),
        (b"old\rmac\rfile\r", b"old\nmac\nfile\n"),
        (b"a\0b\n", b"ab\n"),
        (b"\x1b[1;31mERROR\x1b[0m x\x1b[K\n", b"ERROR x\n"),
        (b"\x1b]0;title\x07text\x1b]8;;http://h\x1b\\link\n", b"textlink\n"),
        (b"\x1b(Btext\x1b7\x1b=more\n", b"textmore\n"),
        (b"lone \x1b\nnext\n", b"lone \nnext\n"),
        (b"caf\xe9 \xc0\xaf\n", "caf\ufffd \ufffd\ufffd\n".encode()),
        (b"sep\xe2\x80\xa8kept\x0bas\x0cis\n", b"sep\xe2\x80\xa8kept\x0bas\x0cis\n"),
        (b"no newline", b"no newline"),
        (b"cut char \xe2\x82", b"cut char "),
        (b"", b""),
    ],
)
def test_lines_are_cleaned(raw: bytes, clean: bytes) -> None:
    """One form for every mishap of encodings and terminals; what could still change at the end is held back."""
    cleaner = LineCleaner(1000)
    assert cleaner.feed(raw) + cleaner.finish() == clean


def test_long_line_is_cut_at_a_character_and_counted() -> None:
    """The head of a long line stays in the data, its block counts it, and it is one line like any other."""
    text = "2026 ok\n" + "é" * 100 + "\n2026 next\n" + "z" * 40 + "\n"
    (block,) = reader().blocks_of_text("t", text)
    assert block.data.decode() == "2026 ok\n" + "é" * 20 + "\n2026 next\n" + "z" * 40 + "\n"
    assert (block.lines, block.cut_lines) == (4, 1)


def test_each_block_counts_its_own_cut_lines() -> None:
    """`cut_lines` adds up over the blocks of a source, also when the last line is cut at the end of the file."""
    text = ("2026 " + "x" * 60 + "\n") * 20 + "2026 " + "y" * 60
    blocks = list(reader().blocks_of_text("t", text))
    assert len(blocks) > 2
    assert sum(b.cut_lines for b in blocks) == 21 == sum(b.lines for b in blocks)
    assert all(b.cut_lines == b.lines for b in blocks)


def test_pasted_text_and_streams_have_a_reference_time() -> None:
    """Year-less stamps of a paste are dated from now, those of a file from its modification."""
    source = reader(now_ms=lambda: 1_700_000_000_000)
    (a,) = source.blocks_of_text("t", "x")
    (b,) = source.blocks_of_stream("s", io.BytesIO(gzip.compress(b"x")))
    assert a.reference_ms == b.reference_ms == 1_700_000_000_000
    assert a.id == b.id


def test_unfinished_last_line_can_be_a_block_of_its_own() -> None:
    """The cut at the end of the window looks at positions only, so it holds for a line without newline too."""
    blocks = list(reader().blocks_of_text("t", "  no start\n" * 26 + "tail"))
    assert [b.data for b in blocks] == [b"  no start\n" * 26, b"tail"]
    assert [b.last for b in blocks] == [False, True]


def test_empty_source_gives_no_block_and_no_complaint(tmp_path: Path) -> None:
    """An empty file was read completely."""
    (tmp_path / "empty.log").touch()
    source = reader()
    assert list(source.blocks([str(tmp_path)])) == []
    assert list(source.blocks_of_text("t", "")) == []
    assert source.skipped == ()


def test_rotated_sets_are_read_in_time_order(tmp_path: Path) -> None:
    """Oldest first within a set, sets by name: dated, numbered from the highest, old, live."""
    order = ["access.log.2.gz", "access.log.1", "access.log", "app.1.log", "app.log", "db-2026-01-01.log",
             "svc.log-20260101.gz", "svc.log-20260102", "svc.log", "sys.log.2026-01-01", "sys.log.10", "sys.log.9.xz",
             "sys.log.old", "sys.log"]  # fmt: skip
    assert sorted(set(order), key=rotation_key) == order
    for name in reversed(order):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert [Path(p).name for p in reader().list_sources([str(tmp_path)])] == order


def test_directories_are_read_recursively_without_hidden_names(tmp_path: Path) -> None:
    """Sub-directories are followed, names with a dot are not."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name in ("z.log", "a/b/x.log", ".git/c.log", ".secret"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert reader().list_sources([str(tmp_path)]) == [f"{tmp_path}/a/b/x.log", f"{tmp_path}/z.log"]


def test_relative_path_is_looked_up_in_the_roots(tmp_path: Path) -> None:
    """`app.log` names the file in the first root that has it."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    (two / "app.log").write_text("2026 hit\n", encoding="utf-8")
    source = reader(roots=[one, two])
    assert data_of(source.blocks(["app.log"])) == b"2026 hit\n"


def test_trusted_reader_takes_any_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line may name every file, also relative to the working directory and through a link."""
    (tmp_path / "d").mkdir()
    (tmp_path / "app.log").write_text("x\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "app.log")
    monkeypatch.chdir(tmp_path / "d")
    assert data_of(reader().blocks(["../link"])) == b"x\n"


def test_no_roots_says_how_to_set_them() -> None:
    """A server without roots reads no files and names the setting."""
    with pytest.raises(InputError, match="MCP_RAG_LOG_ROOTS"):
        reader(roots=[]).blocks(["/var/log/app.log"])
    assert data_of(reader(roots=[]).blocks_of_text("t", "paste works")) == b"paste works"


def test_growing_file_ends_at_the_size_it_had(tmp_path: Path) -> None:
    """The size is frozen at open: a file that grows while it is read does not keep the reader (check 18)."""
    path = tmp_path / "app.log"
    path.write_bytes(EVENTS)
    seen = b""
    with path.open("ab") as writer:
        for block in reader().blocks([str(path)]):
            seen += block.data
            writer.write(EVENTS)
            writer.flush()
    assert seen == EVENTS


def test_abandoned_reading_leaves_no_open_file(tmp_path: Path) -> None:
    """A caller that stops half-way (time budget, cancellation) leaks no descriptor."""
    path = tmp_path / "app.log"
    path.write_bytes(EVENTS)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208 - a count
    blocks = reader().blocks([str(path)])
    next(blocks)
    blocks.close()  # type: ignore[attr-defined] # a generator
    after = len(os.listdir("/proc/self/fd")) if before else 0  # noqa: PTH208 - a count
    assert after == before


def test_files_named_twice_in_a_directory_are_read_once(tmp_path: Path) -> None:
    """A link inside the directory to a file that is there too does not double it."""
    (tmp_path / "app.log").write_text("x\n", encoding="utf-8")
    (tmp_path / "current").symlink_to("app.log")
    (tmp_path / "loop").symlink_to(".")
    assert reader(roots=[tmp_path]).list_sources([str(tmp_path)]) == [f"{tmp_path}/app.log"]
