"""The MCP Inspector's command line, a client of other authors, against the real server on stdio.

Run by scripts/test-inspector, which needs npm and its registry.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.inspector

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
LOG = "2026-11-20 10:00:00,000 ERROR shop.pay: KeyError: 'user_id'"


@pytest.fixture(scope="module")
def inspect(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Call the Inspector with flags before `--`; returns (exit code, parsed stdout, stderr)."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.fail("npx is not on PATH: install Node.js and npm to run this lane")
    home = tmp_path_factory.mktemp("home")
    logs = tmp_path_factory.mktemp("logs")
    (logs / "app.log").write_text(LOG + "\n", encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(home),
        "npm_config_cache": str(Path.home() / ".npm"),
        "MCP_INSPECTOR_SECRET_STORE": "memory",
    }
    # The Inspector hands a server only what it is told to.
    settings = {
        "MCP_RAG_DATA_DIR": str(tmp_path_factory.mktemp("kb") / "data"),
        "MCP_RAG_LOG_ROOTS": str(logs),
        "MCP_RAG_STARTER_KNOWLEDGE": "false",
    }
    handed = [flag for name, value in settings.items() for flag in ("-e", f"{name}={value}")]

    def call(*flags: str) -> tuple[int, Any, str]:
        command = [npx, "--yes", INSPECTOR, "--cli", *flags, *handed, "--format", "json", "--"]
        command += [sys.executable, "-m", "mcp_rag", "serve"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    call.logs = str(logs)  # type: ignore[attr-defined] # the directory that ingest_logs may read
    return call


def test_tools_list_is_clean_under_strict_lint(inspect: Any) -> None:
    """Issue: the Inspector's `--strict` schema lint is clean, and it sees all seven tools."""
    code, answer, errors = inspect("--method", "tools/list", "--strict")
    assert code == 0, errors
    assert len(answer["result"]["tools"]) == 7


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("kb_status", {}),
    ("ingest_logs", {"paths": ["LOGS"]}),
    ("search_errors", {"error_text": LOG}),
    ("list_errors", {"since": "2026-11-01T00:00:00Z"}),
    ("explain_error", {"error_text": LOG}),
    ("record_resolution", {"error_text": LOG, "fix": "Send the user id."}),
]


def test_every_tool_answers_the_inspector(inspect: Any) -> None:
    """Issue: `tools/call` for each tool, exit code 0, structured content present and not an error."""
    error_id = ""
    for tool, arguments in CALLS:
        given = json.loads(json.dumps(arguments).replace("LOGS", inspect.logs))
        flags = ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(given))
        code, answer, errors = inspect(*flags)
        assert code == 0, (tool, errors, answer)
        assert answer["result"]["structuredContent"], tool
        if tool == "search_errors":
            error_id = answer["result"]["structuredContent"]["hits"][0]["id"]
    shown = (
        "--method",
        "tools/call",
        "--tool-name",
        "get_error",
        "--tool-args-json",
        json.dumps({"error_id": error_id}),
    )
    code, answer, errors = inspect(*shown)
    assert code == 0, errors
    assert answer["result"]["structuredContent"]["id"] == error_id


def test_a_tool_error_is_an_error_for_the_inspector(inspect: Any) -> None:
    """Issue: never a success-shaped error. The Inspector exits 5 when `isError` is set."""
    flags = ("--method", "tools/call", "--tool-name", "get_error", "--tool-args-json", json.dumps({"error_id": "nope"}))
    code, _, _ = inspect(*flags)
    assert code == 5
