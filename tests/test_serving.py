"""Starting and ending the server in its two transports, as processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest


def environment(tmp_path: Path, **extra: str) -> dict[str, str]:
    """No setting of this machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MCP_RAG_")}
    (tmp_path / "none.toml").write_text("", encoding="utf-8")
    return {
        **kept,
        "MCP_RAG_CONFIG": str(tmp_path / "none.toml"),
        "MCP_RAG_DATA_DIR": str(tmp_path / "data"),
        **extra,
    }


def free_port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)  # asked without a pause it would not get the processor it needs to start
                return False
    return False


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_http_server_starts_and_ends(tmp_path: Path) -> None:
    """`serve --transport streamable-http --port N` answers health and ends on SIGINT within five seconds."""
    port = free_port()
    command = [sys.executable, "-m", "mcp_rag", "serve", "--transport", "streamable-http", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(tmp_path)
    ) as process:
        try:
            assert healthy(port, process)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=5)
        finally:
            process.kill()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_an_unsafe_binding_does_not_start(tmp_path: Path) -> None:
    """One line with the remedy, exit code 2."""
    command = [sys.executable, "-m", "mcp_rag", "serve", "--transport", "streamable-http", "--host", "0.0.0.0"]  # noqa: S104 - must be refused
    done = subprocess.run(command, capture_output=True, timeout=20, env=environment(tmp_path), check=False)
    assert done.returncode == 2
    assert b"MCP_RAG_AUTH_TOKEN" in done.stderr
    assert b"Traceback" not in done.stderr


INITIALIZE = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"t","version":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
)


def test_read_only_by_option(tmp_path: Path) -> None:
    """`serve --read-only` publishes no tool that writes, and does not tell a model to use one."""
    with subprocess.Popen(
        [sys.executable, "-m", "mcp_rag", "serve", "--read-only"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(INITIALIZE + b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n')
            process.stdin.flush()
            answers = process.stdout.readline() + process.stdout.readline()
        finally:
            process.kill()
    assert b"search_errors" in answers
    assert b"ingest_logs" not in answers
    assert b"record_resolution" not in answers
