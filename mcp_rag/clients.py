"""The configuration that an MCP host needs to start this server: absolute paths, since hosts have their own PATH."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path


def server_command() -> list[str]:
    """The command that starts the stdio server from anywhere."""
    beside = Path(sys.executable).with_name("mcp-rag")
    found = str(beside) if beside.exists() else shutil.which("mcp-rag")
    return [found, "serve"] if found else [sys.executable, "-m", "mcp_rag", "serve"]


def client_config(client: str) -> str:
    """JSON for `claude-desktop`, `cursor` (key mcpServers) or `vscode` (key servers, with a type)."""
    command, *arguments = server_command()
    entry: dict[str, object] = {"command": command, "args": arguments}
    if client == "vscode":
        return json.dumps({"servers": {"mcp-rag": {"type": "stdio", **entry}}}, indent=2)
    return json.dumps({"mcpServers": {"mcp-rag": entry}}, indent=2)
