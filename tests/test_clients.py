"""The configuration for hosts: valid JSON in each host's own shape, with a command that works from anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mcp_rag.clients import client_config, server_command


def test_the_command_is_absolute() -> None:
    """Hosts have a PATH of their own (mcp-sdk facts, hosts)."""
    command, *arguments = server_command()
    assert Path(command).is_absolute()
    assert os.access(command, os.X_OK)
    assert arguments[-1] == "serve"


@pytest.mark.parametrize(
    ("client", "key", "kind"),
    [("claude-desktop", "mcpServers", None), ("cursor", "mcpServers", None), ("vscode", "servers", "stdio")],
)
def test_each_host_gets_its_shape(client: str, key: str, kind: str | None) -> None:
    """`mcpServers` for Claude Desktop and Cursor, `servers` with a type for VS Code."""
    entry = json.loads(client_config(client))[key]["mcp-rag"]
    assert entry["command"] == server_command()[0]
    assert entry["args"] == server_command()[1:]
    assert entry.get("type") == kind
