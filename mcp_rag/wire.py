"""The stdio wire: requests line by line, and an answer to each of them.

JSON can name half of a character: a client that cuts a log between the two halves of an emoji sends one. The protocol
library refuses such a line, and a line that was not read has no id to answer to: its caller would wait for ever.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator
from io import TextIOWrapper
from typing import Any, BinaryIO, cast

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def mended(line: str) -> str:
    """One line of JSON with escapes of lone surrogates replaced by that of U+FFFD."""
    if _HALF.search(line) is None:
        return line
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["half"] else found[0], line)


async def serve_stdio(server: MCPServer[Any]) -> None:
    """Serve on stdin and stdout until stdin ends. Serves once: stdin is the null device from then on."""
    lines = cast("anyio.AsyncFile[str]", _Lines(anyio.wrap_file(_claimed_stdin())))
    async with stdio_server(stdin=lines) as (reading, writing):
        inner = server._lowlevel_server  # noqa: SLF001 - `run_stdio_async` is this, and takes no stream
        await inner.run(reading, writing, inner.create_initialization_options())


class _Lines:
    """The lines of a file, mended."""

    def __init__(self, file: anyio.AsyncFile[str]) -> None:
        self._file = file

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._file:
            yield mended(line)


def _claimed_stdin() -> TextIOWrapper:
    """What comes in on stdin, which nothing else of this process can read any more: library code and children that ask
    find its end."""
    wire: BinaryIO = sys.stdin.buffer
    if wire.fileno() == 0:
        # Never closed: a thread may still wait for a line when the process ends.
        wire = os.fdopen(os.dup(0), "rb", closefd=False)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    return TextIOWrapper(wire, encoding="utf-8", errors="replace")
