"""Every command run for real: Milvus Lite, the real model, files and pipes; text and JSON results, exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.cli import main

TRACE = """2026-11-23T10:00:00Z ERROR api request failed
Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""
LOG = TRACE + "".join(f"2026-11-23T10:00:{n:02d}Z ERROR api flux capacitor {n} failed: E5{n:03d}\n" for n in range(12))
WINDOW = ["--since", "2026-11-01", "--until", "2026-11-30"]


@dataclass
class Output:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its JSON result."""
        return json.loads(self.out)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One store for the whole file, with one log ingested; the tests below only add to it."""
    path = tmp_path_factory.mktemp("commands")
    patch = pytest.MonkeyPatch()
    for name in [n for n in os.environ if n.startswith("MCP_RAG_")]:
        patch.delenv(name)
    (path / "config.toml").write_text("starter_knowledge = false\n", encoding="utf-8")
    patch.setenv("MCP_RAG_CONFIG", str(path / "config.toml"))
    patch.setenv("MCP_RAG_DATA_DIR", str(path / "data"))
    (path / "app.log").write_text(LOG, encoding="utf-8")
    assert main(["ingest", str(path / "app.log"), "--service", "api"]) == 0
    yield path
    patch.undo()


Run = Callable[..., Output]


@pytest.fixture
def run(directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command; `stdin` is what is piped in."""
    del directory

    def command(*arguments: str, stdin: str = "") -> Output:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(list(arguments))
        shown = capsys.readouterr()
        return Output(code, shown.out, shown.err)

    return command


def first_id(run: Run) -> str:
    """The id of the trace's group."""
    return str(run("search", TRACE, "--json").data["hits"][0]["id"])


def test_search_text_and_json(run: Run) -> None:
    """A pasted trace from stdin finds its group: for people, and as the tool's result model."""
    shown = run("search", "-", stdin=TRACE.replace("line 10", "line 99"))
    assert shown.code == 0
    assert "KeyError: 'user_id'" in shown.out
    assert "strong exact match" in shown.out
    data = run("search", "-", "--json", "--full", stdin=TRACE).data
    assert data["hits"][0]["match_type"] == "exact"
    assert data["hits"][0]["template"]


def test_nothing_found_is_exit_code_1(run: Run) -> None:
    """Scripts can tell "not known" from "known"."""
    shown = run("search", "zebra quux nothing of the kind", "--service", "nobody")
    assert shown.code == 1
    assert "removed" in shown.out or "nothing like this" in shown.out
    assert run("list", "--since", "2020-01-01", "--until", "2020-01-02").code == 1


def test_pages_of_search_and_list(run: Run) -> None:
    """`--cursor` with the same words gives the next page, also for a relative window."""
    search = ["search", "flux capacitor failed", "--limit", "5"]
    for command, key in ((search, "hits"), (["list", "--since", "400d", "--limit", "5"], "errors")):
        ids: list[str] = []
        cursor: list[str] = []
        while True:
            page = run(*command, *cursor, "--json").data
            ids += [row["id"] for row in page[key]]
            if not page["next_cursor"]:
                break
            cursor = ["--cursor", page["next_cursor"]]
        assert len(ids) == len(set(ids)) >= 12
    text = run("list", "--since", "400d", "--limit", "5").out
    assert "--cursor" in text


def test_show_list_resolve_explain_and_undo(run: Run) -> None:
    """The working day of one error: seen, shown, fixed, explained, taken back."""
    error_id = first_id(run)
    shown = run("show", error_id)
    assert shown.code == 0
    assert "users.py" in shown.out
    assert run("show", error_id, "--section", "timeline", "--json").data["section"] == "timeline"
    before = run("explain", error_id)
    assert "evidence only" in before.out
    stored = run("resolve", error_id, "use .get()", "--environment", "prod", "--fix-version", "python>=3.11", "--json")
    assert stored.data["status"] == "resolved"
    assert "use .get()" in run("search", TRACE).out
    assert run("explain", "-", "--json", stdin=TRACE).data["verdict"] == "known_fix"
    listed = run("list", *WINDOW, "--status", "resolved")
    assert "use .get()" in listed.out
    assert run("resolve", stored.data["id"], "--undo").code == 0
    assert run("list", *WINDOW, "--status", "resolved").code == 1
    assert run("resolve", "a" * 32, "--undo").code == 2


def test_resolve_an_error_by_its_text(run: Run) -> None:
    """Knowledge without a logged error, from a pipe."""
    shown = run("resolve", "-", "grow the volume", stdin="disk full on /var: ENOSPC")
    assert shown.code == 0
    assert "grow the volume" in run("search", "disk full on /var: ENOSPC").out


def test_ingest_again_changes_nothing(run: Run, directory: Path) -> None:
    """The same file, then the same bytes from a pipe: read before, nothing stored."""
    again = run("ingest", str(directory / "app.log"), "--json").data
    assert (again["stored"], again["groups_new"], again["known_lines"]) == (0, 0, again["lines"])
    assert run("ingest", "-", "--json", stdin=LOG).data["stored"] == 0


def test_import_of_notes(run: Run, tmp_path: Path) -> None:
    """A runbook table becomes knowledge; an empty one is exit code 1 with its problems on stderr."""
    path = tmp_path / "runbook.md"
    table = "| Issue | Solution |\n| --- | --- |\n| ORA-00942: table missing | grant select |\n"
    path.write_text(table, encoding="utf-8")
    assert run("import", str(path)).code == 0
    assert "grant select" in run("search", "ORA-00942").out
    assert run("import", str(path), "--json").data["resolutions"] == 0


def test_status(run: Run) -> None:
    """Store, counts and model, as text and JSON."""
    shown = run("status")
    assert shown.code == 0
    assert "store: lite" in shown.out
    data = run("status", "--json").data
    assert data["embedding_ready"]
    assert data["errors"] >= 13
    assert data["dimension"] == 384


def test_parse_prints_one_event_a_line(run: Run, directory: Path) -> None:
    """What ingest would see, without a store: JSON lines when piped; a group's fingerprint is the stored id."""
    shown = run("parse", str(directory / "app.log"), "--min-level", "ERROR")
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert len(rows) == 13
    assert rows[0]["exception_chain"] == ["KeyError"]
    assert rows[0]["fingerprint"] == first_id(run)
    assert run("parse", "-", stdin="").code == 1


def test_formats_and_redact(run: Run) -> None:
    """The formats with samples; what redaction would replace, without writing anything."""
    assert len(run("formats", "--json").data) > 30
    key = "ghp_" + "a1B2" * 9
    shown = run("redact", "-", "--dry-run", stdin=f"fine\ntoken {key} here\n")
    assert key not in shown.out
    assert "would redact" in shown.out
    assert run("redact", "-", "--json", stdin=f"token {key}\n").data["counts"]


def test_client_configurations(run: Run) -> None:
    """Ready to paste, for each host."""
    assert "mcpServers" in run("config").data
    assert run("config", "vscode").data["servers"]["mcp-rag"]["type"] == "stdio"


def test_hidden_characters_reach_no_terminal(run: Run) -> None:
    """Log text with escapes, bidi marks and tags is visible text in every command that shows it."""
    evil = "evil\x1b]0;owned\x07\u202e\U000e0041\u200b: E7777"
    line = f"2026-11-23T11:00:00Z ERROR api {evil}\n"
    assert run("ingest", "-", "--service", f"s\u202e{'x'}", stdin=line).code == 0
    for arguments in (["search", "E7777"], ["search", "E7777", "--json"], ["explain", "E7777"]):
        assert_visible(run(*arguments).out)
    assert_visible(run("list", *WINDOW, "--limit", "100").out)
    assert_visible(run("parse", "-", stdin=line).out)
    assert_visible(run("redact", "-", stdin=line + "token ghp_" + "a1B2" * 9 + "\u202e\n").out)


def assert_visible(text: str) -> None:
    """No control, bidi, zero-width or tag character."""
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\U000e0000-\U000e007f]", text), repr(text[:300])


def test_an_empty_pipe_says_so(run: Run) -> None:
    """Nothing on stdin is a usage error with an example, not an empty search."""
    for command in ("search", "explain"):
        shown = run(command, "-", stdin=" \n")
        assert shown.code == 2
        assert "stdin" in shown.err


def test_a_huge_pipe_is_cut_not_refused(run: Run) -> None:
    """`make test 2>&1 | mcp-rag explain -` with megabytes of output: the end, where the error stands, is used."""
    noise = "".join(f"test {n} ... ok\n" for n in range(120_000))
    shown = run("search", "-", "--json", stdin=noise + TRACE)
    assert shown.code == 0
    assert shown.data["hits"][0]["match_type"] == "exact"
