"""Starting the server: stdout claimed for the protocol first, then the chosen transport."""

from __future__ import annotations

import logging
import os
import sys

from mcp_rag.config import Settings


def serve(settings: Settings, transport: str) -> int:
    """Run the MCP server until stdin ends or a signal comes; returns the exit code. Raises ConfigurationError."""
    logging.basicConfig(
        stream=sys.stderr, level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    if transport == "streamable-http":
        from mcp_rag.http import serve_http

        return serve_http(settings)
    from mcp_rag.app import App
    from mcp_rag.server import build_server

    code = 0
    try:
        build_server(App(settings)).run()
    except KeyboardInterrupt:
        # Ctrl-C is an ordinary end: the lifespan has closed the store by now.
        code = 130
    # What a library printed without a newline must not end up on the wire behind the last answer.
    os.dup2(sys.stderr.fileno(), 1)
    sys.stdout.flush()
    sys.stderr.flush()
    # Library threads that are still loading must not hold the exit; everything of ours is closed.
    os._exit(code)
