"""Where the next page of a result begins: tied to the arguments that gave it, and to rows rather than to positions.

A page is computed anew from what is stored by then. A position alone would show a row twice, or leave one out, once
another was added before it; so a cursor names rows that were shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mcp_rag.errors import InputError

_DIGEST_BYTES = 6
_COUNT_BYTES = 3
# Of an id's 16: two of a hundred rows share these once in a million results.
_ID_BYTES = 4
_ANCHORS = 3


@dataclass(frozen=True, slots=True)
class Cursor:
    """How many rows were shown, and the starts of the ids of some of them."""

    shown: int = 0
    ids: tuple[str, ...] = ()

    def and_all(self, ids: Sequence[str]) -> Cursor:
        """After these rows too, each of them remembered: for results whose order may change."""
        return Cursor(self.shown + len(ids), (*self.ids, *(i[: 2 * _ID_BYTES] for i in ids)))

    def and_last(self, ids: Sequence[str]) -> Cursor:
        """After these rows too, the last three remembered: for an order that only additions change."""
        return Cursor(self.shown + len(ids), tuple(i[: 2 * _ID_BYTES] for i in ids[-_ANCHORS:]))

    def has(self, row_id: str) -> bool:
        """True for a row that it remembers."""
        return row_id[: 2 * _ID_BYTES] in self.ids

    def start(self, ids: Sequence[str]) -> int:
        """Behind the last row remembered, in an order of now; the number of rows shown where all of them are gone."""
        places = [place for place, row_id in enumerate(ids) if self.has(row_id)]
        return places[-1] + 1 if places else self.shown


def page_digest(*arguments: str) -> str:
    """What ties a cursor to the arguments that gave it."""
    return hashlib.sha256("\0".join(arguments).encode("utf-8", "replace")).hexdigest()[: 2 * _DIGEST_BYTES]


def encode_cursor(cursor: Cursor, digest: str) -> str:
    """An opaque text for a cursor of one particular result."""
    data = bytes.fromhex(digest) + cursor.shown.to_bytes(_COUNT_BYTES, "big") + bytes.fromhex("".join(cursor.ids))
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(text: str, digest: str) -> Cursor:
    """The cursor in a text made by `encode_cursor` for the same arguments; the first page's for an empty one. Raises
    InputError for any other."""
    if not text:
        return Cursor()
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    owner, shown, ids = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:][:_COUNT_BYTES], data[_DIGEST_BYTES + _COUNT_BYTES :]
    if len(shown) < _COUNT_BYTES or len(ids) % _ID_BYTES:
        raise InputError("The cursor is not one of ours.", "Repeat the call without `cursor`.")
    if owner.hex() != digest:
        raise InputError(
            "The cursor belongs to another call.", "Repeat the call with the arguments that gave it, or without it."
        )
    starts = (ids[at : at + _ID_BYTES].hex() for at in range(0, len(ids), _ID_BYTES))
    return Cursor(int.from_bytes(shown, "big"), tuple(starts))
