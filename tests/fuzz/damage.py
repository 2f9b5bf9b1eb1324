"""Inputs for the fuzzers: logs of all formats, damaged as bytes, and bytes that never were a log."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.log_pieces import mixtures

NASTY = (
    b"\x00", b"\r", b"\r\n", b"\n\n\n", b"\x1b[31m", b"\x1b]0;", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xb2\x80",
    b"\xe2\x80\xa8", b"\xf0\x9f\xff", b"\xe2\x80\xae", b"{" * 300, b"[" * 300, b'{"a":' * 50, b'"', b"\\", b"a" * 3_000,
    b"0" * 600, b" " * 600, b"\t" * 50, b"Traceback (most recent call last):\n", b"Caused by: ", b'  File "',
    b"\tat a.b(C.java:1)\n", b"goroutine 1 [running]:\n", b"#0 ", b"<3>", b"%s%n{0}", b"a=1 " * 200, b"a." * 500,
    b"During handling of the above exception, another exception occurred:\n", b"[a] " * 200, b"://", b"(" * 500,
    b"[Previous line repeated 99999999999 more times]", b"ERROR" * 100,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A mixture of log pieces with parts cut out, doubled, overwritten and moved."""
    data = bytearray(draw(mixtures(most=15)).encode("utf-8", "replace"))
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 60))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            data[at : at + size] = b""
        elif kind == 1:
            data[at:at] = data[at : at + size]
        elif kind == 2:
            data[at:at] = draw(st.sampled_from(NASTY))
        elif kind == 3:
            data[at : at + size] = draw(st.binary(max_size=40))
        else:
            to = draw(st.integers(0, len(data)))
            part = bytes(data[at : at + size])
            data[at : at + size] = b""
            data[to:to] = part
    return bytes(data)


def inputs() -> st.SearchStrategy[bytes]:
    """Damaged logs, and now and then pure noise."""
    return st.one_of(damaged(), damaged(), damaged(), st.binary(max_size=3_000))


def texts() -> st.SearchStrategy[str]:
    """The same as text, as the parsers behind the reader see it."""
    return st.one_of(
        inputs().map(lambda data: data.decode("utf-8", "replace")),
        st.text(max_size=400),
    )
