"""Keys of lines: what is left of a line when its digits, the lengths of its numbers or its ids are set aside.

Lines of one key are alike as far as the key says; `memo` decides which key suffices for which line.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ZERO_DIGITS = bytes.maketrans(b"123456789", b"000000000")
KEY_BYTES = 512

# In a line whose digits are 0: UUIDs, hexadecimal ids with digits and letters, and numbers that stand alone. Numbers
# beside other signs stay: they may be parts of a time, and its form decides whether it is one. So do three digits
# between blanks, which may be an HTTP status.
_ID = re.compile(
    rb"[0a-f](?<![A-Za-z0_][0a-f])(?:[0a-f]{7}(?:-[0a-f]{4}){3}-[0a-f]{12}"
    rb"|(?:(?<=0)(?=0{0,40}[a-f])|(?<=[a-f])(?=[a-f]{0,40}0))[0a-f]{7,})(?![A-Za-z0_])"
)
_NUMBER = re.compile(rb"0(?<![^\s\"'=,]0)(?!(?<= 0)00(?: |$))0*(?=[\s\"',;]|$|[.:](?:\s|$))")
_ADDRESS = re.compile(rb"0x(?<![A-Za-z0_]0x)[0A-Fa-f]+")
_UUID = re.compile(rb"[0a-f]{8}(?:-[0a-f]{4}){3}-[0a-f]{12}(?![A-Za-z0_])")
_UUID_CHARS, _UUID_HEAD_CHARS = 36, 8
_OPENING, _JOINTS = b" \t\n\"'`=([{,", b"-:/.@#"
_LETTERS = string.ascii_letters.encode()
_WORD_CHARS = _LETTERS + b"0_"
_ZERO, _DASH, _BLANK, _NEWLINE, _A, _F = b"0- \naf"
# So many lines at once stay in the processor's cache while some twenty passes are made over them.
_LINES_AT_ONCE = 400


def lines_at(data: bytes, numbers: Iterable[int]) -> dict[int, bytes]:
    """Some lines of a text, by number from 0, without splitting all of it; IndexError for one it does not have."""
    import numpy as np  # here: not before the first log is read, it takes a tenth of a second

    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
    found: dict[int, bytes] = {}
    for n in numbers:
        start = int(ends[n - 1]) + 1 if n else 0
        found[n] = data[start : int(ends[n]) if n < len(ends) else len(data)]
    return found


def without_values(key: bytes) -> bytes:
    """`key`, a line whose digits are 0, with ids two characters long and numbers that stand alone one."""
    return _NUMBER.sub(b"0", _ID.sub(b"0a", key))


def without_addresses(key: bytes) -> bytes:
    """`key`, a line whose digits are 0, with those of its addresses (`0x...`) 0 too that are letters."""
    return _ADDRESS.sub(_zeros, key) if b"0x" in key else key


def _zeros(found: re.Match[bytes]) -> bytes:
    return b"0x" + b"0" * (len(found[0]) - 2)


class Keys(NamedTuple):
    """Two keys of each of some lines. `plain`: as long as the line; of most ids (`_masked`) only the first
    character and the dashes are told apart, and that as digit or letter. `short`: every number is one digit long,
    every id a digit and a letter, because a number may be a count."""

    plain: Sequence[bytes]
    short: Sequence[bytes]


def alike(keys: Sequence[bytes], *, statuses: bool = False) -> Keys:
    """Keys of lines whose digits are 0; none may hold a newline.

    Ids are UUIDs and words of eight or more hexadecimal digits that have both digits and letters. With `statuses`, a
    number of three digits between blanks keeps its length in `short`: it may be an HTTP status.
    """
    plain: list[bytes] = []
    short: list[bytes] = []
    for start in range(0, len(keys), _LINES_AT_ONCE):
        some = _alike(keys[start : start + _LINES_AT_ONCE], statuses=statuses)
        plain += some.plain
        short += some.short
    return Keys(plain, short)


def _alike(keys: Sequence[bytes], *, statuses: bool) -> Keys:
    import numpy as np  # here: not before the first log is read, it takes a tenth of a second

    text = b"\n".join((b"", *keys, b"\n\n"))  # so every line has neighbours on both sides
    data = np.frombuffer(text, np.uint8)
    digit = data == _ZERO
    inner = np.zeros(len(data), np.bool_)
    inner[1:] = digit[1:] & digit[:-1]
    keep = ~inner
    if statuses:
        second = inner[2:-2] & inner[3:-1] & ~inner[1:-3] & ~inner[4:]  # the second digit of exactly three
        second &= (data[:-4] == _BLANK) & ((data[4:] == _BLANK) | (data[4:] == _NEWLINE))
        keep[2:-2] |= second
        keep[3:-1] |= second
    starts, ends = _ids(text, data, digit)
    plain = keys
    if len(starts):
        plain = _masked(data, starts, ends).split(b"\n")[1 : len(keys) + 1]
        data = data.copy()
        for place, char in ((starts, _ZERO), (starts + 1, _A)):
            data[place] = char
            keep[place] = True
        keep[_between(starts + 2, ends)] = False
    return Keys(plain, data[keep].tobytes().split(b"\n")[1 : len(keys) + 1])


def _masked(data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> bytes:
    """The text with its ids masked that stand behind a blank, an opening sign or a word and its joint (`req-4f1d...`):
    behind others their digits may belong to a time."""
    import numpy as np

    kind = np.zeros(256, np.uint8)
    for value, chars in enumerate((_OPENING, _JOINTS, _LETTERS), start=1):
        kind[np.frombuffer(chars, np.uint8)] = value
    before = kind[data[starts - 1]]
    chosen = (before == 1) | ((before == 2) & (kind[data[np.maximum(starts - 2, 0)]] == 3))
    starts, within = starts[chosen], _between(starts[chosen] + 1, ends[chosen])
    masked = data.copy()
    masked[starts] = np.where(data[starts] == _ZERO, _ZERO, _A)
    masked[within] = np.where(data[within] == _DASH, _DASH, _A)
    return masked.tobytes()


def _ids(text: bytes, data: NDArray[np.uint8], digit: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where ids begin and end."""
    import numpy as np

    run = digit | ((data >= _A) & (data <= _F))
    for reach in (1, 2, 4):  # whether this one and the next 1, 3, 7 are hexadecimal
        run = run[:-reach] & run[reach:]
    edges = np.flatnonzero(run[1:] != run[:-1]) + 1
    starts, ends = edges[::2], edges[1::2] + 7
    word = np.zeros(256, np.bool_)
    word[np.frombuffer(_WORD_CHARS, np.uint8)] = True
    alone = ~word[data[starts - 1]]
    starts, ends = starts[alone], ends[alone]
    if not len(starts):
        return starts, ends
    digits = np.add.reduceat(digit, np.stack((starts, ends), 1).ravel(), dtype=np.int32)[::2]
    chosen = (digits > 0) & (digits < ends - starts) & ~word[data[ends]]
    for n in np.flatnonzero((ends - starts == _UUID_HEAD_CHARS) & (data[ends] == _DASH)).tolist():
        if _UUID.match(text, starts[n]):
            ends[n] = starts[n] + _UUID_CHARS
            chosen[n] = True
    starts, ends = starts[chosen], ends[chosen]
    apart = np.ones(len(starts), np.bool_)
    apart[1:] = starts[1:] >= np.maximum.accumulate(ends)[:-1]  # the end of a UUID reads as an id too
    return starts[apart], ends[apart]


def _between(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """All places from each start to before its end."""
    import numpy as np

    sizes = ends - starts
    places: NDArray[np.intp] = np.arange(sizes.sum()) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
    return places
