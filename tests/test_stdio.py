"""The real server over real pipes: nothing but protocol on stdout, both eras, orderly ends, one end-to-end run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from mcp_rag.errors import StoreError
from mcp_rag.redact import REDACTION_VERSION
from mcp_rag.store import StoreSettings, open_store
from tests.limits import limit

LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"
TRACE = """2026-11-23T10:00:00Z ERROR api request failed
Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""
END_S = limit(5.0)
ANSWER_S = 60.0
CLIENT = {"name": "test", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
# Loaded into the server before anything of ours: prints at import, without a newline, at exit, warnings, debug logging.
NOISE = """
import atexit, logging, sys, threading, warnings
print("noise at import")
print("noise without newline", end="")
warnings.simplefilter("always")
warnings.warn("noise as a warning")
logging.basicConfig(level=logging.DEBUG)
atexit.register(print, "noise at exit")
late = threading.Timer(0.8, lambda: print("noise while serving", end=""))
late.daemon = True
late.start()
"""


class Server:
    """One server process with its raw output kept line by line."""

    def __init__(self, data: Path, *, era: str = "2025-11-25", extra: dict[str, str] | None = None) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MCP_RAG_", "PYTHONUNBUFFERED"))}
        environment |= {
            "MCP_RAG_DATA_DIR": str(data),
            "MCP_RAG_CONFIG": str(data.parent / "none.toml"),
            "MCP_RAG_STARTER_KNOWLEDGE": "false",
            **(extra or {}),
        }
        (data.parent / "none.toml").write_text("", encoding="utf-8")
        self.era = era
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mcp_rag", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.lines: list[bytes] = []
        self.stderr = b""
        self._answers: Queue[dict[str, Any]] = Queue()
        self._readers = [threading.Thread(target=t, daemon=True) for t in (self._read_stdout, self._read_stderr)]
        for reader in self._readers:
            reader.start()
        self._next = 0

    def _read_stdout(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if "id" in message:
                self._answers.put(message)

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()

    def send(self, method: str, params: dict[str, Any], *, notify: bool = False) -> None:
        """Write one message."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if not notify:
            self._next += 1
            message["id"] = self._next
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request and its answer."""
        params = dict(params or {})
        if self.era == "2026-07-28":
            params["_meta"] = META
        self.send(method, params)
        try:
            return self._answers.get(timeout=ANSWER_S)
        except Empty:
            raise AssertionError(f"no answer to {method}; stderr: {self.stderr!r}") from None

    def start(self) -> dict[str, Any]:
        """The handshake of the era, where it has one."""
        if self.era == "2026-07-28":
            return self.request("server/discover")
        answer = self.request("initialize", {"protocolVersion": self.era, "capabilities": {}, "clientInfo": CLIENT})
        self.send("notifications/initialized", {}, notify=True)
        return answer

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a tool call."""
        result: dict[str, Any] = self.request("tools/call", {"name": tool, "arguments": arguments})["result"]
        return result

    def facts(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The data of a call that must succeed."""
        result = self.call(tool, **arguments)
        assert not result.get("isError"), result
        facts: dict[str, Any] = result["structuredContent"]
        return facts

    def close_stdin(self) -> float:
        """End of input; seconds until the process was gone."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.wait()

    def wait(self) -> float:
        """Seconds until the process was gone."""
        started = time.monotonic()
        self.process.wait(timeout=END_S + 5)
        for reader in self._readers:
            reader.join(timeout=5)
        return time.monotonic() - started

    def kill(self) -> None:
        """Make sure that nothing stays."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def assert_only_protocol(self) -> None:
        """Every line of stdout, from process start to exit, is one JSON-RPC message."""
        assert self.lines
        for line in self.lines:
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0", line


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Servers to be killed after the test, whatever happened."""
    made: list[Server] = []
    yield made
    for server in made:
        server.kill()


@pytest.mark.timed
@pytest.mark.parametrize("unbuffered", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_stdout_carries_the_protocol_only(tmp_path: Path, servers: list[Server], unbuffered: bool) -> None:
    """From process start to exit, with prints, warnings and debug logging all around. With PYTHONUNBUFFERED a print
    before our first line of code cannot be held back by anyone, so there the noise starts later (mcp-sdk facts, 8)."""
    noise = (
        NOISE
        if not unbuffered
        else "\n".join(line for line in NOISE.splitlines() if not any(word in line for word in ("print(", "late")))
    )
    (tmp_path / "sitecustomize.py").write_text(noise, encoding="utf-8")
    extra = {"PYTHONPATH": str(tmp_path), "MCP_RAG_LOG_LEVEL": "DEBUG", "PYTHONWARNINGS": "always"}
    if unbuffered:
        extra["PYTHONUNBUFFERED"] = "1"
    server = Server(tmp_path / "data", extra=extra)
    servers.append(server)
    assert server.start()["result"]["protocolVersion"] == "2025-11-25"
    assert server.facts("ingest_logs", text=LINE)["stored"] == 1
    assert server.call("search_errors", error_text=5)["isError"]
    assert server.close_stdin() < END_S
    assert server.process.returncode == 0
    server.assert_only_protocol()
    assert b"noise" in server.stderr


def stable(value: Any) -> Any:
    """A result without the time at which this test recorded the fix."""
    if isinstance(value, dict):
        return {k: stable(v) for k, v in value.items() if k != "last_verified"}
    return [stable(v) for v in value] if isinstance(value, list) else value


def working_day(server: Server) -> list[Any]:
    """Every tool once, without what differs from run to run."""
    found: list[Any] = [server.facts("ingest_logs", text=TRACE + LINE, service="api")]
    found.append(server.facts("search_errors", error_text=TRACE))
    error_id = found[-1]["hits"][0]["id"]
    found.append(server.facts("list_errors", since="2026-11-01", until="2026-11-30"))
    found.append(server.facts("get_error", error_id=error_id))
    found.append(server.facts("record_resolution", error_id=error_id, fix="use .get()"))
    found.append(server.facts("explain_error", error_text=TRACE))
    found[-1].pop("timings_ms")
    status = server.facts("kb_status")
    found.append({k: v for k, v in status.items() if k not in ("location", "owner", "size_bytes", "role")})
    found.append(server.call("get_error", error_id="abc")["content"])
    found.append(server.call("search_errors", error_text="x", limit="many")["content"])
    return [stable(facts) for facts in found]


def test_half_a_character_is_answered(tmp_path: Path, servers: list[Server]) -> None:
    """A client that cut its text within an emoji gets its answer: a line that was not read would have none."""
    server = Server(tmp_path / "data")
    servers.append(server)
    server.start()
    assert server.facts("search_errors", error_text="disk full \ud83d")["returned"] == 0
    assert server.facts("ingest_logs", text=LINE.strip() + " \ude00\n")["stored"] == 1
    assert server.close_stdin() < END_S
    server.assert_only_protocol()


@pytest.mark.slow
@pytest.mark.timed
def test_both_eras_answer_alike_over_stdio(tmp_path: Path, servers: list[Server]) -> None:
    """A client of 2025-11-25 and one of 2026-07-28, on the real Milvus Lite and the real model, get the same answers
    from every tool; end of input ends each server within five seconds."""
    answers = []
    for era in ("2025-11-25", "2026-07-28"):
        (tmp_path / era).mkdir()
        server = Server(tmp_path / era / "data", era=era)
        servers.append(server)
        server.start()
        answers.append(working_day(server))
        names = [t["name"] for t in server.request("tools/list")["result"]["tools"]]
        assert len(names) == 7
        assert server.close_stdin() < END_S
        server.assert_only_protocol()
    assert answers[0] == answers[1]
    assert answers[0][1]["hits"][0]["match_type"] == "exact"
    assert answers[0][5]["verdict"] == "known_fix"
    assert answers[0][6]["embedding_ready"]


@pytest.mark.timed
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_idle_server(tmp_path: Path, servers: list[Server], number: signal.Signals) -> None:
    """While stdin stays open and nothing happens, a signal still ends the process, with the shell's exit code."""
    server = Server(tmp_path / "data")
    servers.append(server)
    server.start()
    server.process.send_signal(number)
    assert server.wait() < END_S
    assert server.process.returncode == 128 + number
    server.assert_only_protocol()
    assert b"Traceback" not in server.stderr


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.anyio
async def test_interrupt_leaves_the_store_whole(tmp_path: Path, servers: list[Server]) -> None:
    """SIGINT in the middle of a working server ends it within five seconds; what it acknowledged is found again."""
    server = Server(tmp_path / "data")
    servers.append(server)
    server.start()
    assert server.facts("ingest_logs", text=LINE + TRACE)["stored"] == 2
    server.send("tools/call", {"name": "ingest_logs", "arguments": {"text": LINE.replace("db", "cache") * 3_000}})
    server.process.send_signal(signal.SIGINT)
    assert server.wait() < END_S
    server.assert_only_protocol()
    store = open_store(StoreSettings(data_dir=tmp_path / "data", redaction_version=REDACTION_VERSION))
    await store.open(model_id="", dimension=384)
    try:
        info = await store.info()
        assert info.errors >= 2
        assert info.blocks >= 1
    finally:
        await store.close()
    again = Server(tmp_path / "data")
    servers.append(again)
    again.start()
    assert again.facts("search_errors", error_text=TRACE)["hits"][0]["match_type"] == "exact"
    assert again.facts("ingest_logs", text=LINE + TRACE)["stored"] == 0
    assert again.close_stdin() < END_S


@pytest.mark.timed
def test_end_of_input_while_starting(tmp_path: Path, servers: list[Server]) -> None:
    """A host that goes away at once, or sends nothing, or sends junk, leaves no process behind."""
    for junk in (b"", b'not json\n{"jsonrpc": "2.0"}\n\x00\xff\n'):
        server = Server(tmp_path / "data")
        servers.append(server)
        assert server.process.stdin is not None
        server.process.stdin.write(junk)
        assert server.close_stdin() < END_S
        for line in server.lines:
            assert json.loads(line)["jsonrpc"] == "2.0"


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.timed
def test_milvus_down_is_told_within_the_deadline(tmp_path: Path, servers: list[Server]) -> None:
    """A closed port: each tool gives one clear error with the address, kb_status answers, all within the deadline."""
    uri = f"http://127.0.0.1:{closed_port()}"
    server = Server(tmp_path / "data", extra={"MCP_RAG_MILVUS_URI": uri, "MCP_RAG_MILVUS_TIMEOUT": "2"})
    servers.append(server)
    server.start()
    started = time.monotonic()
    result = server.call("search_errors", error_text=LINE)
    assert time.monotonic() - started < limit(15)
    assert result["isError"]
    text = result["content"][0]["text"]
    assert "Retry: yes" in text
    assert not any(word in text for word in ("MilvusException", "grpc", "Traceback", "StatusCode"))
    status = server.facts("kb_status")
    assert status["store"] == "unavailable"
    assert status["problems"][0]["fix"]
    assert server.close_stdin() < END_S


@pytest.mark.timed
def test_a_model_that_is_not_there(tmp_path: Path, servers: list[Server]) -> None:
    """embedding_model pointing to nowhere: search degrades and says so, a write is one clear error."""
    server = Server(tmp_path / "data", extra={"MCP_RAG_EMBEDDING_MODEL": str(tmp_path / "no-such-model")})
    servers.append(server)
    server.start()
    result = server.facts("search_errors", error_text=LINE)
    assert result["hits"] == []
    assert result["degraded"]
    refused = server.call("ingest_logs", text=LINE)
    assert refused["isError"]
    assert "no-such-model" in refused["content"][0]["text"]
    assert server.facts("kb_status")["embedding_ready"] is False
    assert server.close_stdin() < END_S


@pytest.mark.timed
@pytest.mark.anyio
async def test_another_dimension_is_refused(tmp_path: Path, servers: list[Server]) -> None:
    """A collection made with another model is a clear error with the command that rebuilds it, and stays as it is."""
    store = open_store(StoreSettings(data_dir=tmp_path / "data", redaction_version=REDACTION_VERSION))
    await store.open(model_id="other@16", dimension=16)
    await store.close()
    server = Server(tmp_path / "data")
    servers.append(server)
    server.start()
    refused = server.call("search_errors", error_text=LINE)
    assert refused["isError"]
    text = refused["content"][0]["text"]
    assert "mcp-rag" in text
    assert "Retry: no" in text
    assert server.facts("kb_status")["degraded"]
    assert server.close_stdin() < END_S
    await store.open(model_id="other@16", dimension=16)
    await store.close()
    with pytest.raises(StoreError):
        await store.info()


@pytest.mark.timed
def test_settings_that_are_wrong_end_with_a_sentence(tmp_path: Path, servers: list[Server]) -> None:
    """A wrong setting is one line on stderr and exit code 2; stdout stays empty."""
    server = Server(tmp_path / "data", extra={"MCP_RAG_LOG_LEVEL": "LOUD"})
    servers.append(server)
    assert server.wait() < END_S
    assert server.process.returncode == 2
    assert server.lines == []
    assert b"MCP_RAG_LOG_LEVEL" in server.stderr
    assert b"Traceback" not in server.stderr
