"""Where the next page of a result begins, tied to the arguments that gave it."""

from __future__ import annotations

import base64
import binascii
import hashlib

from mcp_rag.errors import InputError


def page_digest(*arguments: str) -> str:
    """What ties a cursor to the arguments that gave it."""
    return hashlib.sha256("\0".join(arguments).encode("utf-8", "replace")).hexdigest()[:12]


def encode_cursor(offset: int, digest: str) -> str:
    """An opaque cursor: a position in one particular result."""
    return base64.urlsafe_b64encode(f"{offset}:{digest}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str, digest: str) -> int:
    """The position in a cursor made by `encode_cursor` for the same arguments. Raises InputError for any other."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        offset, _, owner = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
        position = int(offset)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InputError("The cursor is not one of ours.", "Repeat the call without `cursor`.") from None
    if owner != digest or not 0 <= position <= 1_000_000:
        raise InputError(
            "The cursor belongs to another call.", "Repeat the call with the arguments that gave it, or without it."
        )
    return position
