"""The number of an error of the system by its text: macOS, the BSDs and Windows count otherwise than Linux."""

from __future__ import annotations

_TEXTS = {
    "resource deadlock avoided": "35",
    "resource temporarily unavailable": "11",
    "file name too long": "36",
    "directory not empty": "39",
    "too many levels of symbolic links": "40",
    "function not implemented": "38",
    "address already in use": "98",
    "can't assign requested address": "99",
    "cannot assign requested address": "99",
    "network is down": "100",
    "network is unreachable": "101",
    "software caused connection abort": "103",
    "connection reset by peer": "104",
    "no buffer space available": "105",
    "operation timed out": "110",
    "connection timed out": "110",
    "connection refused": "111",
    "host is down": "112",
    "no route to host": "113",
    "operation already in progress": "114",
    "operation now in progress": "115",
    "disc quota exceeded": "122",
    "disk quota exceeded": "122",
}
MAX_TEXT_CHARS = 40


def linux_number(number: str, low: str, start: int, end: int) -> str:
    """`number`, which stands at `start` to `end` of the lower-cased text, as Linux counts the error whose text is
    beside it: `[Errno 61] Connection refused`, `Connection refused (os error 61)`."""
    behind = low[end : end + MAX_TEXT_CHARS].lstrip("])>:,-\"' ")
    before = low[max(0, start - MAX_TEXT_CHARS) : start].removesuffix("os error ").rstrip("([<:,-\"' ")
    for text, told in _TEXTS.items():
        if behind.startswith(text) or before.endswith(text):
            return told
    return number
