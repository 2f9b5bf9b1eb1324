"""The command line's shell: usage, exit codes, what goes to which stream, and hidden characters made visible."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_rag import __version__
from mcp_rag.cli import build_parser, main

LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, store or file of this machine."""
    for name in [n for n in os.environ if n.startswith("MCP_RAG_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    monkeypatch.setenv("MCP_RAG_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("MCP_RAG_DATA_DIR", str(tmp_path / "data"))


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists each command with its sentence and shows examples; exit code 0."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for command in ("ingest", "search", "explain", "list", "show", "resolve", "serve", "status", "parse", "redact"):
        assert command in shown
    assert "examples:" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the package's."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"mcp-rag {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 2, "invalid choice"),
        (["search"], 2, "required"),
        (["search", "x", "--limit", "many"], 2, "invalid int"),
        (["search", "x", "--limit", "99"], 2, "1 to 20"),
        (["search", "x", "--level", "loud"], 2, "WARNING"),
        (["search", "x", "--since", "recently"], 2, "2h"),
        (["list", "--sort", "random"], 2, "last_seen"),
        (["show", "zz"], 2, "32 hex digits"),
        (["ingest", "/no/such/file.log"], 2, "does not exist"),
        (["ingest", "n" * 300], 2, "cannot be examined"),
        (["import", "n" * 300 + ".md"], 2, "cannot be examined"),
        (["ingest", "-", "--format", "nope"], 2, "no log format"),
        (["parse", "-", "--format", "nope"], 2, "no log format"),
        (["redact", "/no/such/file"], 2, "cannot be read"),
        (["resolve", "b" * 32, "fix", "--outcome", "good"], 2, "worked"),
        (["import", "/no/such/file.md"], 2, "does not exist"),
        (["status", "--milvus-uri", "http://127.0.0.1:1"], 3, ""),
        (["list", "--milvus-uri", "http://127.0.0.1:1"], 3, "127.0.0.1"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2 for wrong usage, 3 for a store that is away; one line on stderr with the next step, no traceback."""
    monkeypatch.setenv("MCP_RAG_MILVUS_TIMEOUT", "1")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE.encode())))
    try:
        found = main(arguments)
    except SystemExit as end:
        found = int(end.code or 0)
    shown = capsys.readouterr()
    assert found == code, shown.err
    assert said in shown.err
    assert "Traceback" not in shown.err
    if "status" not in arguments:
        assert shown.out == ""


def test_a_wrong_setting_is_a_usage_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2 and the setting's name."""
    monkeypatch.setenv("MCP_RAG_TIMEZONE", "Mars/Base")
    assert main(["formats"]) == 2
    assert "MCP_RAG_TIMEZONE" in capsys.readouterr().err


def test_error_texts_show_hidden_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """A path with escape or bidi characters cannot play with the terminal."""
    assert main(["ingest", "/no/\x1b[31m\u202efile"]) == 2
    shown = capsys.readouterr().err
    assert "\\x1b[31m\\u202efile" in shown


def test_no_arguments_is_the_server() -> None:
    """Started bare by a host, it serves stdio and ends with its input (docs: `mcp-rag` alone is the server)."""
    done = subprocess.run([sys.executable, "-m", "mcp_rag"], input=b"", capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the stream")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param("", 0, marks=pytest.mark.slow),
        ("serve", 0),
        pytest.param("search -", 2, marks=pytest.mark.slow),
        ("parse -", 1),
    ],
)
def test_a_closed_stdin_is_an_empty_one(arguments: str, code: int) -> None:
    """A service manager may start it without stdin: it ends as with an empty one, without a traceback, and no file of
    the store gets the descriptor."""
    command = f"exec {shlex.quote(sys.executable)} -m mcp_rag {arguments} <&-"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=30, check=False)
    assert done.returncode == code, done.stderr
    assert (b"Traceback" in done.stderr, done.stdout) == (False, b"")


def test_a_closed_pipe_is_no_error() -> None:
    """`mcp-rag formats | head -1`: the reader goes away, nothing is said."""
    with subprocess.Popen(
        [sys.executable, "-m", "mcp_rag", "formats", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read()
        process.wait(timeout=20)
    assert b"Traceback" not in error
    assert process.returncode == 0


def test_every_command_takes_the_store_options() -> None:
    """Each command knows --data-dir, --milvus-uri and --kb, which win over the environment."""
    parser = build_parser()
    for arguments in (["search", "x"], ["status"], ["serve"], ["parse", "-"], ["demo"]):
        options = parser.parse_args([*arguments, "--data-dir", "/d", "--milvus-uri", "u", "--kb", "k"])
        assert (options.data_dir, options.milvus_uri, options.kb) == ("/d", "u", "k")
