"""Starting the server: the chosen transport, and an end that leaves the store whole and the wire clean."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from mcp_rag.config import Settings
from mcp_rag.errors import McpRagError

if TYPE_CHECKING:
    from mcp_rag.app import App

CLOSE_S = 4.0


def serve(settings: Settings, transport: str) -> int:
    """Run the MCP server until stdin ends or a signal comes; returns the exit code. Raises ConfigurationError."""
    logging.basicConfig(
        stream=sys.stderr, level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    if transport == "streamable-http":
        from mcp_rag.http import serve_http

        return serve_http(settings)
    from mcp_rag.app import App

    code = 0
    try:
        asyncio.run(_serve_stdio(App(settings)))
    except KeyboardInterrupt:
        # Where signals have no handler of their own: the lifespan has closed the store by now.
        code = 128 + signal.SIGINT
    return _leave(code)


async def _serve_stdio(app: App) -> None:
    from mcp_rag.server import build_server
    from mcp_rag.wire import serve_stdio

    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def end(code: int) -> None:
        ending.append(loop.create_task(_end(app, code)))

    for number in (signal.SIGINT, signal.SIGTERM):
        # Cancelling would not do: the thread that reads stdin ends only with the next line.
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, end, 128 + number)
    await serve_stdio(build_server(app))


async def _end(app: App, code: int) -> None:
    """Close the store and leave, whatever is still under way."""
    with contextlib.suppress(TimeoutError, McpRagError):
        async with asyncio.timeout(CLOSE_S):
            await app.close()
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Exit at once: library threads that are still loading must not hold it, and everything of ours is closed."""
    # What a library printed without a newline must not end up on the wire behind the last answer.
    os.dup2(2, 1)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
