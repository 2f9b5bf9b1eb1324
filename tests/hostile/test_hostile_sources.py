"""Checks 1, 2, 4, 5, 6 and 8 to 13 of the reliability anchors: files and paths made to harm."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import random
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mcp_rag.blocks import LineCleaner
from mcp_rag.errors import InputError, SourceError
from mcp_rag.paths import _open_by_component, _open_plain
from mcp_rag.reader import LogReader, ReadLimits
from mcp_rag.untrusted import visible
from tests.limits import limit

MIB = 1_048_576


def reader(roots: list[Path] | None = None, **limits: int) -> LogReader:
    return LogReader(ReadLimits(**limits), roots=roots, starts_event=lambda line: line.startswith(b"20"))


def reasons(source: LogReader) -> list[str]:
    return [skipped.reason for skipped in source.skipped]


class Stream(io.RawIOBase):
    """A stream made of repeated pieces, so that gigabytes need no disk."""

    def __init__(self, *pieces: tuple[bytes, int]) -> None:
        self._pieces = [[data, times] for data, times in pieces]

    def read(self, size: int = -1, /) -> bytes:
        while self._pieces and not self._pieces[0][1]:
            self._pieces.pop(0)
        if not self._pieces:
            return b""
        self._pieces[0][1] -= 1  # type: ignore[operator] # [bytes, int] lists
        return self._pieces[0][0]  # type: ignore[return-value] # [bytes, int] lists


BINARIES = {
    "elf": b"\x7fELF\x02\x01\x01" + b"text " * 500,
    "png": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 100,
    "random": random.Random(1).randbytes(50_000),  # noqa: S311 - repeatable test data
    "short random": random.Random(2).randbytes(300),  # noqa: S311 - repeatable test data
    "utf-16 without mark": ("2026 ERROR x\n" * 400).encode("utf-16-le"),
    "only nul": b"\0" * 20_000,
    "sqlite": b"SQLite format 3\0" + b"x" * 100,
    "random in gzip": gzip.compress(random.Random(3).randbytes(50_000)),  # noqa: S311 - repeatable test data
}


@pytest.mark.timed
@pytest.mark.parametrize("name", BINARIES)
def test_binary_file_is_skipped_with_reason(name: str, tmp_path: Path) -> None:
    """Check 1: not text, so no block, one reason, at once."""
    path = tmp_path / "x.log"
    path.write_bytes(BINARIES[name])
    source = reader()
    start = time.monotonic()
    assert b"".join(b.data for b in source.blocks([str(path)])) == b""
    assert time.monotonic() - start < limit(1)
    assert reasons(source) == ["binary"]


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"x" * 257 + b"ustar", gzip.compress(b"x" * 9000, mtime=0)]
)
def test_archive_is_skipped_with_reason(head: bytes) -> None:
    """Check 4: archives, also inside gzip, and sources compressed twice are named, not read as text."""
    for data in (head + b"y" * 9000, gzip.compress(head + b"y" * 9000)):
        source = reader()
        blocks = list(source.blocks_of_stream("s", io.BytesIO(data)))
        if blocks:  # a gzip once is an ordinary log, with bytes behind it here
            assert reasons(source) == ["trailing_garbage"]
        else:
            assert reasons(source) == ["archive"]


def test_hole_left_by_copytruncate_is_passed_over() -> None:
    """A writer that goes on behind a truncation leaves a run of NULs: the lines behind it are read."""
    source = reader()
    blocks = list(source.blocks_of_stream("s", Stream((b"\0" * MIB, 20), (b"2026 ERROR after\n", 5))))
    assert b"".join(b.data for b in blocks) == b"2026 ERROR after\n" * 5
    endless = reader()
    assert list(endless.blocks_of_stream("s", Stream((b"\0" * MIB, 10**9)))) == []
    assert reasons(endless) == ["binary"]


def test_one_line_of_300_mb_is_cut_not_loaded() -> None:
    """Check 2: memory stays flat, the line is cut at 102,400 bytes and counted, the next line is whole."""
    stream = Stream((b"2026 first\n", 1), (b"x" * MIB, 300), (b"\n2026 next\n", 1))
    source = reader()
    tracemalloc.start()
    try:
        (block,) = source.blocks_of_stream("s", stream)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MIB
    assert block.data == b"2026 first\n" + b"x" * 102_400 + b"\n2026 next\n"
    assert (block.lines, block.cut_lines) == (3, 1)


LINES = b"2026 ERROR something\n  at frame\n" * 1000


def bomb(kind: str) -> bytes:
    """A small source that unpacks to 40 MiB of one line repeated."""
    data = b"a\n" * (20 * MIB)
    if kind == "xz":
        return lzma.compress(data, preset=0)
    return {"gzip": gzip.compress, "zstd": zstandard.compress}[kind](data)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz"])
def test_gzip_bomb_stops_at_budget(kind: str) -> None:
    """Check 4: the ratio stops it early, what was read before stays, the reason is named."""
    source = reader()
    read = sum(len(b.data) for b in source.blocks_of_stream("s", io.BytesIO(bomb(kind))))
    assert 0 < read < 40 * MIB
    assert reasons(source) == ["ratio"]


def test_200_mib_of_zeros_stops_at_budget() -> None:
    """Check 4: the bomb of fact 19 (204 kB as gzip) gives no data and a reason."""
    packed = gzip.compress(b"\0" * (8 * MIB)) * 25
    source = reader()
    assert b"".join(b.data for b in source.blocks_of_stream("s", io.BytesIO(packed))) == b""
    assert reasons(source) in (["ratio"], ["binary"])


def test_output_budget_keeps_what_was_read() -> None:
    """Check 4: the byte budget of a compressed source; a plain one has none, it ends by its size."""
    source = reader(max_output_bytes=10_000, chunk_bytes=4096)
    blocks = list(source.blocks_of_stream("s", io.BytesIO(gzip.compress(LINES))))
    assert b"".join(b.data for b in blocks) == LINES[:10_000]
    assert blocks[-1].last
    assert reasons(source) == ["output_limit"]
    assert sum(len(b.data) for b in reader(max_output_bytes=10).blocks_of_text("t", LINES.decode())) == len(LINES)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lzma.compress], ids=["gzip", "zstd", "xz"])
def test_truncated_source_keeps_what_was_read(pack: Callable[[bytes], bytes]) -> None:
    """Check 4: a file cut in the middle of its copy."""
    rng = random.Random(4)  # noqa: S311 - repeatable test data
    lines = b"".join(b"2026 ERROR %d\n" % rng.getrandbits(200) for _ in range(4_000))
    packed = pack(lines)
    source = reader(chunk_bytes=4096)
    data = b"".join(b.data for b in source.blocks_of_stream("s", io.BytesIO(packed[: len(packed) // 2])))
    assert lines.startswith(data)
    assert data
    assert reasons(source) == ["truncated"]


@pytest.mark.parametrize(
    ("tail", "reason"),
    [(b"", []), (b"\0" * 700, []), (b"garbage behind", ["trailing_garbage"]), (b"\x1f\x8b\x08", ["truncated"])],
)
def test_trailing_bytes_are_named(tail: bytes, reason: list[str]) -> None:
    """Check 4: padding is normal, garbage is reported, the events before it count."""
    source = reader()
    assert b"".join(b.data for b in source.blocks_of_stream("s", io.BytesIO(gzip.compress(LINES) + tail))) == LINES
    assert reasons(source) == reason


def test_damaged_source_is_named() -> None:
    """Check 4: a flipped byte ends the source with a reason, not an exception."""
    packed = bytearray(gzip.compress(random.Random(6).randbytes(3000).hex().encode()))  # noqa: S311 - repeatable test data
    packed[len(packed) // 2] ^= 0xFF
    source = reader()
    list(source.blocks_of_stream("s", io.BytesIO(bytes(packed))))
    assert reasons(source)[0] in {"corrupt", "binary"}


@pytest.mark.parametrize(
    "line",
    [
        b"caf\xe9",
        b"over\xc0\xaflong",
        b"cut \xe2\x82 here",
        b"sur\xed\xb2\x80rogate",
        b"\xff\xfe\xfd",
        b"\xf4\x90\x80\x80",
    ],
)
def test_invalid_utf8_and_lone_surrogates_survive(line: bytes) -> None:
    """Check 5: U+FFFD in place of what is not UTF-8, no exception, and the result is stable."""
    source = reader()
    (block,) = source.blocks_of_stream("s", io.BytesIO(b"2026 before\n" + line + b"\n2026 after\n"))
    text = block.data.decode()
    assert "\ufffd" in text
    assert text.startswith("2026 before\n")
    assert text.endswith("\n2026 after\n")
    (again,) = source.blocks_of_text("t", text)
    assert again.data == block.data


def test_lone_surrogates_in_pasted_text_survive() -> None:
    """Check 5: a client may send `\\udc80` in JSON."""
    (block,) = reader().blocks_of_text("t", "a\udc80b\ud83d\n")
    assert block.data.decode() == "a\ufffdb\ufffd\n"


def test_nul_and_control_bytes_are_made_visible() -> None:
    """Check 6: NUL and terminal sequences end in the reader, the rest is visible in what is returned."""
    raw = "a\0b \x1b[31mred\x1b[0m one\rtwo\u2028three \u202egnp\u2066 z\u200bw t\U000e0041\x07\n"
    (block,) = reader().blocks_of_text("t", raw)
    text = block.data.decode()
    assert "\0" not in text
    assert "\x1b" not in text
    assert text.startswith("ab red one\ntwo")
    shown = visible(text)
    assert shown == "ab red one\ntwo\\u2028three \\u202egnp\\u2066 z\\u200bw t\\U000e0041\\x07\n"


def test_escape_sequences_take_linear_time() -> None:
    """Check 7, the reader's own expression: unfinished sequences do not add up."""
    for seed in (b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b[1;", b"\x1b(", b"\x1b]a\x1b"):
        took = []
        for size in (20_000, 200_000):
            data = (seed * size)[:size] + b"\n"
            start = time.process_time()
            LineCleaner(10**9).feed(data)
            took.append(time.process_time() - start)
        assert took[1] < 15 * max(took[0], 0.005)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A root with one log, beside a directory that must stay unread."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "ok.log").write_text("2026 inside\n", encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.log").write_text("OUTSIDE\n", encoding="utf-8")
    return root


def test_symlink_out_of_root_is_refused(logs: Path) -> None:
    """Check 8: file link, directory link and chain are skipped, named or found; the rest is read."""
    outside = logs.parent / "outside"
    (logs / "file").symlink_to(outside / "secret.log")
    (logs / "dir").symlink_to(outside)
    (logs / "chain").symlink_to(logs / "file")
    source = reader([logs])
    assert b"".join(b.data for b in source.blocks([str(logs)])) == b"2026 inside\n"
    assert reasons(source) == ["symlink"] * 3
    for name in ("file", "dir", "chain", "dir/secret.log"):
        named = reader([logs])
        assert list(named.blocks([str(logs / name)])) == []
        assert reasons(named) == ["symlink"]


def test_symlink_inside_the_roots_is_followed(logs: Path) -> None:
    """Links between roots are how container logs are laid out."""
    other = logs.parent / "pods"
    other.mkdir()
    (other / "0.log").write_text("2026 pod\n", encoding="utf-8")
    (logs / "pod.log").symlink_to(other / "0.log")
    source = reader([logs, other])
    assert b"".join(b.data for b in source.blocks([str(logs / "pod.log")])) == b"2026 pod\n"


def test_link_swapped_between_check_and_open_reads_nothing_outside(logs: Path) -> None:
    """Check 8: 1,000 rounds against a thread that swaps a directory for a link; never one byte from outside."""
    inner = logs / "d"
    inner.mkdir()
    (inner / "secret.log").write_text("2026 inside\n", encoding="utf-8")
    parked, link = logs / "parked", logs / "link"
    link.symlink_to(logs.parent / "outside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            inner.rename(parked)
            link.rename(inner)
            inner.rename(link)
            parked.rename(inner)

    swapper = threading.Thread(target=swap)
    swapper.start()
    read = refused = 0
    try:
        for _ in range(1000):
            source = reader([logs])
            data = b"".join(b.data for b in source.blocks([str(inner / "secret.log")]))
            assert data in (b"", b"2026 inside\n")
            read += bool(data)
            refused += bool(source.skipped)
    finally:
        stop.set()
        swapper.join(10)
    assert read + refused == 1000


@pytest.mark.timed
def test_fifo_socket_and_devices_are_refused_at_once(logs: Path) -> None:
    """Check 9: nothing that could block or has side effects is opened."""
    os.mkfifo(logs / "fifo.log")
    (logs / "dir.log").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(logs / "s.log"))
        for path in (logs / "fifo.log", logs / "s.log", "/dev/zero", "/dev/stdin", "/dev/null"):
            source = reader()
            start = time.monotonic()
            assert list(source.blocks([str(path)])) == []
            assert time.monotonic() - start < limit(0.2)
            assert reasons(source) == ["not_regular"]
    source = reader([logs])
    assert b"".join(b.data for b in source.blocks([str(logs)])) == b"2026 inside\n"
    assert reasons(source) == ["not_regular", "not_regular"]
    empty = reader([logs])
    assert list(empty.blocks([str(logs / "dir.log")])) == []
    assert reasons(empty) == []


OUTSIDE = [
    "../outside/secret.log", "{root}/../outside/secret.log", "{root}/x/../../outside/secret.log", "/etc/passwd",
    "~/.ssh/id_rsa", "~root/x", "$HOME/x", "%USERPROFILE%/x", "{root}-evil/x.log", "{root}\0/x", "x\0", "//etc/passwd",
    "///etc/passwd", "/", "", "   ", "a" * 5000, "/" + "a" * 5000, "{upper}/ok.log", "/proc/self/environ", "..",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE, ids=range(len(OUTSIDE)))
def test_paths_outside_roots_are_refused(path: str, logs: Path) -> None:
    """Check 10: refused as text, before anything else is read, and without telling whether the file exists."""
    named = path.format(root=logs, upper=str(logs).upper())
    with pytest.raises(InputError) as existing:
        reader([logs]).blocks([str(logs / "ok.log"), named])
    assert named.strip() == "" or len(named) < 3 or named not in str(existing.value)


def test_refusal_does_not_reveal_existence(logs: Path) -> None:
    """Check 10: the same words for a file that is there and one that is not."""
    texts = set()
    for name in ("secret.log", "no-such-file.log"):
        with pytest.raises(InputError) as refused:
            reader([logs]).blocks([str(logs.parent / "outside" / name)])
        texts.add(str(refused.value))
    assert len(texts) == 1


@pytest.mark.parametrize("path", ["{root}//ok.log", "{root}/./ok.log", "/{root}/ok.log", "ok.log", "./ok.log"])
def test_odd_spellings_inside_the_root_are_read(path: str, logs: Path) -> None:
    """Check 10, the other side: a harmless spelling is no reason to refuse."""
    source = reader([logs])
    assert b"".join(b.data for b in source.blocks([path.format(root=logs)])) == b"2026 inside\n"


def test_proc_sys_and_own_store_are_never_read(logs: Path) -> None:
    """Check 11: kernel files and the server's own directory stay closed even when a root holds them."""
    store = logs / "store"
    store.mkdir()
    (store / "token").write_text("2026 TOKEN\n", encoding="utf-8")
    (logs / "shortcut.log").symlink_to(store / "token")
    source = LogReader(ReadLimits(), roots=[logs], starts_event=lambda _: True, forbidden=[store])
    assert b"".join(b.data for b in source.blocks([str(logs), str(store / "token")])) == b"2026 inside\n"
    assert reasons(source) == ["forbidden"] * 3
    for path in (
        "/proc/self/environ",
        "/sys/kernel/notes",
        "/dev/mem",
        "/proc/self/root/etc/passwd",
        "/proc/self/fd/0",
    ):
        for roots in (None, [Path("/")]):
            kernel = LogReader(ReadLimits(), roots=roots, starts_event=lambda _: True)
            assert list(kernel.blocks([path])) == []
            assert reasons(kernel) == ["not_regular"]


def test_unreadable_and_vanishing_files_are_reported(logs: Path) -> None:
    """Check 12: gone, gone between listing and opening, not permitted: each skipped with a reason, the rest read."""
    for name in ("b.log", "c.log"):
        (logs / name).write_text(f"2026 {name}\n", encoding="utf-8")
    source = reader([logs])
    blocks = source.blocks([str(logs / "missing.log"), str(logs), str(logs / "*.log")])
    assert next(blocks).data == b"2026 b.log\n"
    (logs / "c.log").unlink()
    assert [b.data for b in blocks] == [b"2026 inside\n"]
    assert [(Path(s.source).name, s.reason) for s in source.skipped] == [
        ("missing.log", "missing"),
        ("c.log", "vanished"),
        ("*.log", "missing"),
    ]
    assert "Wildcards" in source.skipped[-1].detail


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission_is_reported(logs: Path) -> None:
    """Check 12: mode 000."""
    (logs / "ok.log").chmod(0)
    source = reader([logs])
    assert list(source.blocks([str(logs / "ok.log")])) == []
    assert reasons(source) == ["unreadable"]


def test_input_error_keeps_what_was_read() -> None:
    """Check 12: EIO in the middle of a source ends it with a reason; the blocks before count."""

    class Broken(Stream):
        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            if not data:
                raise OSError(5, "Input/output error")
            return data

    source = reader()
    (block,) = source.blocks_of_stream("s", Broken((b"2026 ERROR x\n", 1000)))
    assert block.lines == 1000
    assert [(s.source, s.reason) for s in source.skipped] == [("s", "unreadable")]


def test_large_directory_is_bounded_and_ordered(tmp_path: Path) -> None:
    """Check 13, small: the cap is reported, the order does not depend on the directory's own."""
    for n in range(300):
        (tmp_path / f"f{n:03d}.log").touch()
    source = reader([tmp_path], max_files=100)
    assert [Path(p).name for p in source.list_sources([str(tmp_path)])] == [f"f{n:03d}.log" for n in range(100)]
    assert reasons(source) == ["too_many_files"]


def test_paths_of_one_call_share_its_limit(tmp_path: Path) -> None:
    """Check 13: a file that is named a thousand times is read once, and many paths may not read more than one."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.log").write_text("x\n", encoding="utf-8")
    (tmp_path / "again.log").symlink_to(tmp_path / "a.log")
    source = reader([tmp_path], max_files=2)
    paths = [f"{tmp_path}/{name}.log" for name in ("a", "again", *"a" * 1_000, "b", "c")]
    assert source.list_sources(paths) == [f"{tmp_path}/a.log", f"{tmp_path}/b.log"]
    assert [(s.source, s.reason) for s in source.skipped] == [(f"{tmp_path}/c.log", "too_many_files")]


def test_deep_directory_is_bounded(tmp_path: Path) -> None:
    """Check 13: depth is capped and reported."""
    deep = tmp_path
    for _ in range(30):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "x.log").touch()
    source = reader([tmp_path])
    assert source.list_sources([str(tmp_path)]) == []
    assert reasons(source) == ["too_deep"]
    cut = tmp_path.joinpath(*"d" * 20)
    assert source.list_sources([str(tmp_path), str(cut)]) == [f"{deep}/x.log"]


@pytest.mark.slow
def test_directory_of_100k_files_is_bounded(tmp_path: Path) -> None:
    """Check 13: first progress within 2 s, 10,000 files, memory flat."""
    for n in range(100_000):
        (tmp_path / f"f{n}.log").write_bytes(b"2026 x\n")
    source = reader([tmp_path])
    start = time.process_time()  # what other programs do meanwhile is not ours
    next(reader([tmp_path]).blocks([str(tmp_path)]))
    assert time.process_time() - start < 2
    tracemalloc.start()
    try:
        assert sum(1 for _ in source.blocks([str(tmp_path)])) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()
    assert reasons(source) == ["too_many_files"]


def test_odd_names_are_reported(logs: Path) -> None:
    """A name too long for the file system, and a directory in place of a file's parent, end in a reason."""
    source = reader([logs])
    assert list(source.blocks([str(logs / ("a" * 300)), str(logs / "ok.log" / "x")])) == []
    assert reasons(source) == ["unreadable", "unreadable"]


@pytest.mark.parametrize("opener", [_open_by_component, _open_plain])
def test_opening_takes_regular_files_only(opener: Callable[[str], int], logs: Path) -> None:
    """Both ways of opening refuse links and pipes by themselves, whatever was checked before."""
    (logs / "link").symlink_to("ok.log")
    os.mkfifo(logs / "fifo")
    fd = opener(str(logs / "ok.log"))
    assert os.read(fd, 4) == b"2026"
    os.close(fd)
    for name, reason in (("link", "symlink"), ("fifo", "not_regular")):
        with pytest.raises(SourceError) as refused:
            opener(str(logs / name))
        assert refused.value.reason in {reason, "not_regular"}


def test_opening_does_not_follow_a_link_in_the_path(logs: Path) -> None:
    """A directory that became a link after it was resolved is not entered."""
    (logs / "d").symlink_to(logs.parent / "outside")
    with pytest.raises(OSError, match=r"directory|links"):
        _open_by_component(str(logs / "d" / "secret.log"))


def test_systemd_journal_is_named() -> None:
    """A binary journal is skipped with the command that exports it."""
    source = reader()
    assert list(source.blocks_of_stream("s", io.BytesIO(b"LPKSHHRH" + b"\0" * 100))) == []
    assert "journalctl" in source.skipped[0].detail


@pytest.mark.parametrize(
    "pack", [zstandard.ZstdCompressor(write_checksum=True).compress, lzma.compress], ids=["zstd", "xz"]
)
def test_damaged_frame_is_named(pack: Callable[[bytes], bytes]) -> None:
    """Check 4: damage in formats with checksums is found, the reason is the same word."""
    packed = bytearray(pack(random.Random(7).randbytes(3000).hex().encode()))  # noqa: S311 - repeatable test data
    for at in range(100, 200):
        packed[at] ^= 0x5A
    source = reader()
    list(source.blocks_of_stream("s", io.BytesIO(bytes(packed))))
    assert reasons(source) == ["corrupt"]


def test_source_errors_carry_their_reason() -> None:
    """A reason is a stable word that a client may act on."""
    with pytest.raises(SourceError) as refused:
        LogReader(ReadLimits(), roots=None, starts_event=lambda _: True)._access.open("/no/such/file")
    assert refused.value.reason == "missing"
