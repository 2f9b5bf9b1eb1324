"""What is loaded when: a light import, a light help, and nothing heavy before the first answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("pymilvus", "milvus_lite", "onnxruntime", "tokenizers", "numpy", "openai", "torch", "grpc", "pandas")
FACES = ("mcp", "pydantic", "anyio", "starlette", "uvicorn")

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def loaded(code: str, *names: str, tmp_path: Path) -> list[str]:
    """Which of the names are in sys.modules after the code ran in a fresh interpreter."""
    script = f"{code}\nimport sys, json\nprint(json.dumps([n for n in {names!r} if n in sys.modules]), file=sys.stderr)"
    environment = {**os.environ, "MCP_RAG_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.strip().splitlines()[-1])  # type: ignore[no-any-return] # a list of names


def test_the_package_is_light(tmp_path: Path) -> None:
    """`import mcp_rag` loads nothing of weight (house rule 10)."""
    assert loaded("import mcp_rag", *HEAVY, *FACES, tmp_path=tmp_path) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["search", "--help"]])
def test_help_is_light(arguments: list[str], tmp_path: Path) -> None:
    """`mcp-rag --help` loads neither the libraries nor mcp and pydantic (house rule 10)."""
    code = "import contextlib\nfrom mcp_rag.cli import main\n"
    code += f"with contextlib.suppress(SystemExit):\n    main({arguments!r})"
    assert loaded(code, *HEAVY, *FACES, tmp_path=tmp_path) == []


FACE_MODULES = "server commands http app tools"
VERB_MODULES = "ranking budget fitting render query hits grouping ingest search browse explain resolve status"


def test_no_face_imports_an_engine(tmp_path: Path) -> None:
    """Importing the faces and the root loads no engine: they are built on first use."""
    code = "\n".join(f"import mcp_rag.{name}" for name in FACE_MODULES.split())
    assert loaded(code, *HEAVY, tmp_path=tmp_path) == []


def test_verbs_are_light(tmp_path: Path) -> None:
    """No floor up to the verbs imports a heavy library at its top (house rule)."""
    code = "\n".join(f"import mcp_rag.{name}" for name in VERB_MODULES.split())
    assert loaded(code, *HEAVY, "mcp", "pydantic", tmp_path=tmp_path) == []


def test_nothing_heavy_before_the_first_answer(tmp_path: Path) -> None:
    """At the moment `initialize` is answered no engine is loaded: a host that waits 1.5 s must get its answer.

    A thread of the server's own process watches its standard output, a pipe, and notes sys.modules at the first byte.
    """
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys, threading, json\n"
        "real_out = os.dup(1)\n"
        "read, write = os.pipe()\n"
        "os.dup2(write, 1)\n"
        "def watch():\n"
        "    data = os.read(read, 65536)\n"
        "    names = json.dumps([n for n in " + repr(HEAVY) + " if n in sys.modules])\n"
        "    open(os.environ['LOADED_FILE'], 'w', encoding='utf-8').write(names)\n"
        "    while data:\n"
        "        os.write(real_out, data)\n"
        "        data = os.read(read, 65536)\n"
        "threading.Thread(target=watch, daemon=True).start()\n",
        encoding="utf-8",
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "LOADED_FILE": str(tmp_path / "loaded.json"),
        "MCP_RAG_DATA_DIR": str(tmp_path / "data"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "mcp_rag", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
            server.stdin.flush()
            line = server.stdout.readline()
            assert line, server.communicate(timeout=60)[1].decode("utf-8", "replace")
            answer = json.loads(line)
            assert answer["result"]["serverInfo"]["name"] == "mcp-rag"
            assert json.loads((tmp_path / "loaded.json").read_text(encoding="utf-8")) == []
        finally:
            server.kill()
