"""Whether one block is the beginning of another, told from what is kept of the longer one: a few bytes a line.

A copy of a log made while it was still written holds what the log holds now, but other bytes: no id says so. The ledger
keeps the marks of each block, so that the copy is known whichever of the two is read first.
"""

from __future__ import annotations

import base64
from hashlib import blake2b

# Two logs that are not one may begin alike for a few lines; only copies do for hundreds, and then every further line
# must differ unnoticed, not one.
PRECISE_LINES, PRECISE_BYTES = 256, 4
# As JSON the marks fill one row of the ledger, whose limit is 64 KiB. A block has 30,000 lines of ordinary length.
MAX_LINES = 40_000
_MAX_BYTES = PRECISE_LINES * PRECISE_BYTES + MAX_LINES - PRECISE_LINES


def marks_of(data: bytes) -> str:
    """The marks of a block's first 40,000 lines: base64 of four bytes of hash for each of the first 256 and one for
    each of the others, at most 55 kB."""
    lines = data.split(b"\n", MAX_LINES)[:MAX_LINES]
    if not lines[-1]:
        lines.pop()
    return base64.b64encode(_marks(lines)).decode("ascii")


def begins(marks: str, longer: str) -> bool:
    """Whether the block with `marks` is the beginning of the one with the marks `longer`, or all of it. False without
    marks, and for 40,000 lines and more: there they do not tell."""
    own = base64.b64decode(marks)
    return 0 < len(own) < _MAX_BYTES and base64.b64decode(longer).startswith(own)


def _marks(lines: list[bytes]) -> bytes:
    precise = [blake2b(line, digest_size=PRECISE_BYTES).digest() for line in lines[:PRECISE_LINES]]
    return b"".join((*precise, *[blake2b(line, digest_size=1).digest() for line in lines[PRECISE_LINES:]]))
