"""Logs pasted with blanks before every line: a code block of a ticket, a status that lists the last lines of a log."""

from __future__ import annotations

from itertools import islice, takewhile

from mcp_rag import formats

_LOOKED_AT = 60


def outdented(data: bytes) -> bytes:
    """`data` without the blanks or tabs that all its lines begin with, if more of the first lines have a header then;
    else as it is: formats whose lines begin with blanks keep them."""
    if data[:1] not in (b" ", b"\t", b"\n"):
        return data
    lines = data.split(b"\n")
    margin: bytes | None = None
    for line in lines:
        text = line.lstrip(b" \t")
        if text:
            lead = line[: len(line) - len(text)]
            margin = lead if margin is None else _shared(margin, lead)
            if not margin:
                return data
    if not margin:
        return data
    size = len(margin)
    filled = (line.decode("utf-8", "replace") for line in lines if line[size:])
    first = list(islice(filled, _LOOKED_AT))
    if sum(_headed(line[size:]) for line in first) <= sum(map(_headed, first)):
        return data
    return b"\n".join([line[size:] for line in lines])


def _shared(one: bytes, other: bytes) -> bytes:
    return one[: sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))]


def _headed(line: str) -> bool:
    return formats.unwrap(line) is not None or formats.match(line) is not None
