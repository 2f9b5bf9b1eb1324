"""Just enough of the protocol buffer wire format to write one message; nothing here reads."""

from __future__ import annotations

import struct

_VARINT, _LENGTH, _FIXED32 = 0, 2, 5


def varint(value: int) -> bytes:
    """A non-negative integer, 7 bits a byte, lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field: int, value: int) -> bytes:
    """Field of type int32, int64 or enum. Negative values take the ten bytes of their two's complement."""
    return varint(field << 3 | _VARINT) + varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def data(field: int, value: bytes) -> bytes:
    """Field of type bytes or embedded message."""
    return varint(field << 3 | _LENGTH) + varint(len(value)) + value


def text(field: int, value: str) -> bytes:
    """Field of type string."""
    return data(field, value.encode("utf-8"))


def real(field: int, value: float) -> bytes:
    """Field of type float."""
    return varint(field << 3 | _FIXED32) + struct.pack("<f", value)
