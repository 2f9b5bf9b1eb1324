"""Keys worked out for many lines at once are those that expressions give, one line after the other."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.events.keys import alike, without_addresses, without_values

ID = re.compile(
    rb"(?<![A-Za-z0_])(?:[0a-f]{8}(?:-[0a-f]{4}){3}-[0a-f]{12}|(?=0+[a-f]|[a-f]+0)[0a-f]{8,})(?![A-Za-z0_])"
)
PARTS = st.sampled_from(
    b'0|00|000|0000|a|f|g|A|_| |-|.|"|0a|a0f0a0f0|aaaaaaaa|00000000| 000 |0a0b0c0d-0000-0000-aaaa-0a0b0c0d0e0f'
    b"|0a0b0c0d-0000-0000-aaaa-0a0b0c0d0e0|\xc3\xbc".split(b"|")
)
LINES = st.lists(st.lists(PARTS, max_size=14).map(b"".join), max_size=30)


def short(line: bytes, *, statuses: bool) -> bytes:
    """The short key by expressions."""
    line = ID.sub(b"\n", line)
    return re.sub(rb"0+", lambda m: b"000" if statuses and _is_status(line, m) else b"0", line).replace(b"\n", b"0a")


def _is_status(line: bytes, found: re.Match[bytes]) -> bool:
    around = line[found.start() - 1 : found.start()], line[found.end() : found.end() + 1]
    return found[0] == b"000" and around in ((b" ", b" "), (b" ", b""))


def plain(line: bytes) -> bytes:
    """The plain key by expressions."""

    def masked(found: re.Match[bytes]) -> bytes:
        before = line[: found.start()]
        if before and before[-1:] not in b' "' and not re.search(rb"[A-Za-z][.-]$", before):
            return found[0]
        return (b"0" if found[0][:1] == b"0" else b"a") + re.sub(rb"[0b-f]", b"a", found[0][1:])

    return ID.sub(masked, line)


@given(LINES, st.booleans())
@settings(max_examples=400, deadline=None)
def test_keys_of_many_lines_are_those_of_each(lines: list[bytes], statuses: bool) -> None:
    """Ids, numbers, statuses, and lines that begin or end with them; a thousand lines as well as none."""
    keys = alike(lines * 40, statuses=statuses)
    assert list(keys.short) == [short(line, statuses=statuses) for line in lines] * 40
    assert list(keys.plain) == [plain(line) for line in lines] * 40
    assert [len(key) for key in keys.plain] == [len(line) for line in lines] * 40


def test_what_stands_alone_is_a_value() -> None:
    """Parts of times and names are none, and three digits between blanks may be a status."""
    line = b"at 00:00 worker00 took 00000 of 'aa00aa00aa' (00) 000 times, step 0000."
    assert without_values(line) == b"at 00:00 worker00 took 0 of '0a' (00) 000 times, step 0."


def test_addresses_keep_their_length() -> None:
    """Hexadecimal letters behind `0x` are digits."""
    assert without_addresses(b"f(0x0c000a0, 00xab, 0xAB) +0x0f") == b"f(0x0000000, 00xab, 0x00) +0x00"
