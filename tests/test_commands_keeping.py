"""migrate, backup, restore, reindex and delete as typed: on Milvus Lite, with the real model and real files."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_rag import keeping
from mcp_rag.cli import main
from mcp_rag.commands_keeping import runner
from mcp_rag.config import Settings
from mcp_rag.errors import ConfigurationError, EmbeddingError, StoreError
from mcp_rag.redact import Redactor
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.store.generations import ORDER, promote
from mcp_rag.store.rpc import Rpc
from mcp_rag.transfer import Reindexed, reindex
from mcp_rag.wiring import store_settings
from tests.fakes import DictStore, HashEmbedder, hex_id
from tests.knowledge_rows import DIMENSION, fill

LOG = """2026-11-23T10:00:00Z ERROR api request failed: KeyError for customer acme-corp
2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED
2026-11-23T10:00:02Z ERROR api connect to db failed: ECONNREFUSED
2026-11-23T11:00:02Z FATAL scheduler stopped: ORA-00942 table missing
"""


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory with one log ingested and one fix recorded, to be copied and left alone."""
    path = tmp_path_factory.mktemp("keeping")
    patch = pytest.MonkeyPatch()
    for name in [n for n in os.environ if n.startswith("MCP_RAG_")]:
        patch.delenv(name)
    (path / "config.toml").write_text("starter_knowledge = false\n", encoding="utf-8")
    patch.setenv("MCP_RAG_CONFIG", str(path / "config.toml"))
    (path / "app.log").write_text(LOG, encoding="utf-8")
    data = str(path / "data")
    assert main(["ingest", str(path / "app.log"), "--data-dir", data]) == 0
    assert main(["resolve", LOG.split("\n")[1], "start the database", "--data-dir", data]) == 0
    yield path
    patch.undo()


@pytest.fixture
def data(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that directory, the one in use."""
    shutil.copytree(ingested / "data", tmp_path / "data", ignore=shutil.ignore_patterns("*.sock", "owner.json"))
    monkeypatch.setenv("MCP_RAG_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command: (exit code, stdout, stderr)."""

    def command(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = main(list(arguments))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return command


def totals(run: Run, *where: str) -> tuple[int, int, int]:
    """Errors, resolutions and ledger rows of a store."""
    facts = json.loads(run("status", "--json", *where)[1])
    return facts["errors"], facts["resolutions"], facts["blocks"]


def hit_ids(run: Run, text: str, *where: str) -> list[str]:
    """The ids a search finds."""
    return [hit["id"] for hit in json.loads(run("search", text, "--json", *where)[1])["hits"]]


def test_migrate_to_another_directory_and_back(data: Path, tmp_path: Path, run: Run) -> None:
    """A copy is verified and printed, searches find the same in it, and it can be copied back; again writes nothing."""
    before = totals(run)
    other = str(tmp_path / "other")
    code, out, _ = run("migrate", "--to-data-dir", other)
    assert code == 0
    assert "verified: both sides hold the same rows" in out
    assert totals(run) == before == totals(run, "--data-dir", other)
    assert hit_ids(run, "ORA-00942") == hit_ids(run, "ORA-00942", "--data-dir", other)
    code, out, _ = run("migrate", "--to-data-dir", other, "--json")
    report = json.loads(out)
    assert [c["written"] for c in report["collections"]] == [0, 0, 0]
    assert all(c["source_digest"] == c["target_digest"] for c in report["collections"])
    assert run("migrate", "--data-dir", other, "--to-data-dir", str(tmp_path / "third"))[0] == 0
    assert totals(run, "--data-dir", str(tmp_path / "third")) == before
    assert run("migrate", "--data-dir", other, "--to-data-dir", str(data))[0] == 0


def test_migrate_needs_one_clear_target(data: Path, tmp_path: Path, run: Run) -> None:
    """No target, two, the store in use, or a source that does not exist: exit 2 and a sentence."""
    for arguments in ([], ["--to", "http://x:1", "--to-data-dir", "y"], ["--to-data-dir", str(data)]):
        code, _, err = run("migrate", *arguments)
        assert code == 2
        assert err.startswith("mcp-rag: ")
    code, _, err = run("migrate", "--kb", "nobody", "--to-data-dir", str(tmp_path / "x"))
    assert (code, "no knowledge base 'nobody'" in err) == (2, True)


def test_the_token_can_come_from_stdin(monkeypatch: pytest.MonkeyPatch, run: Run, data: Path) -> None:
    """A dash keeps the token off the process list; the server's address and token reach the store's settings."""
    del data
    seen: list[tuple[str, str]] = []
    real = keeping.target_settings

    def watch(settings: Settings, uri: str, token: str, data_dir: str) -> StoreSettings:
        seen.append((uri, token))
        target = real(settings, uri, token, data_dir)
        assert (target.uri, target.token) == (uri, token)
        raise ConfigurationError("Seen.")

    monkeypatch.setattr(keeping, "target_settings", watch)
    run("migrate", "--to", "http://db:19530", "--to-token", "-", stdin="root:secret\n")
    assert seen == [("http://db:19530", "root:secret")]


def test_backup_and_restore(data: Path, tmp_path: Path, run: Run) -> None:
    """One file restores the whole base elsewhere; the file is not overwritten by the next backup."""
    del data
    before = totals(run)
    file = str(tmp_path / "kb.gz")
    code, out, _ = run("backup", file, "--json")
    facts = json.loads(out)
    assert (code, facts["errors"], facts["resolutions"], facts["blocks"]) == (0, *before)
    assert facts["size_bytes"] == Path(file).stat().st_size
    other = str(tmp_path / "other")
    code, out, _ = run("restore", file, "--data-dir", other)
    assert (code, "verified" in out) == (0, True)
    assert totals(run, "--data-dir", other) == before
    assert hit_ids(run, "ORA-00942", "--data-dir", other) == hit_ids(run, "ORA-00942")
    code, _, err = run("backup", file)
    assert (code, "exists already" in err) == (2, True)


def test_torn_backup_changes_nothing(data: Path, tmp_path: Path, run: Run) -> None:
    """Half a file is refused before anything is written, even with --replace."""
    del data
    file = tmp_path / "kb.gz"
    run("backup", str(file))
    half = tmp_path / "half.gz"
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    before = totals(run)
    code, _, err = run("restore", str(half), "--replace")
    assert (code, "nothing was changed" in err) == (2, True)
    assert totals(run) == before
    assert run("restore", str(half), "--data-dir", str(tmp_path / "new"))[0] == 2
    assert not (tmp_path / "new").exists()


def test_restore_refuses_to_mix(data: Path, tmp_path: Path, run: Run) -> None:
    """A base that grew after the backup is not silently rolled back; --replace does it."""
    del data
    file = str(tmp_path / "kb.gz")
    before = totals(run)
    run("backup", file)
    (tmp_path / "more.log").write_text("2026-11-24T10:00:00Z ERROR new thing broke: E7777\n", encoding="utf-8")
    run("ingest", str(tmp_path / "more.log"))
    assert totals(run) != before
    code, _, err = run("restore", file)
    assert (code, "--replace" in err) == (2, True)
    assert run("restore", file, "--replace")[0] == 0
    assert totals(run) == before


def in_store(settings: StoreSettings, model_id: str, work: Callable[[Any], Any]) -> Any:
    """The answer of one piece of work in an open store."""

    async def go() -> Any:
        store = open_store(settings)
        await store.open(model_id=model_id, dimension=DIMENSION)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(go())


def foreign(directory: Path) -> None:
    """A base embedded with another model, made under older redaction rules."""
    in_store(StoreSettings(data_dir=directory), "hash@64", fill)


def test_another_model_needs_reindex(tmp_path: Path, run: Run, ingested: Path) -> None:
    """A backup of another model and older redaction rules is refused, and taken with --reindex, redacted anew."""
    del ingested
    foreign(tmp_path / "old")
    file = str(tmp_path / "old.gz")
    assert run("backup", file, "--data-dir", str(tmp_path / "old"))[0] == 0
    new = ("--data-dir", str(tmp_path / "new"))
    code, _, err = run("restore", file, *new)
    assert (code, "--reindex" in err) == (2, True)
    assert not (tmp_path / "new").exists()
    code, out, _ = run("restore", file, "--reindex", *new)
    assert (code, "verified" in out) == (0, True)
    assert totals(run, *new) == (3, 1, 3)
    shown = run("show", hex_id("disk"), "--json", *new)[1]
    assert "mail@corp.example" not in shown
    assert json.loads(shown)["count"] == 4


def test_reindex_mends_what_the_store_refuses(tmp_path: Path, run: Run, ingested: Path) -> None:
    """The command the mismatch error names makes the base usable again: same ids and counts, found by meaning."""
    del ingested
    foreign(tmp_path / "old")
    where = ("--data-dir", str(tmp_path / "old"))
    code, _, err = run("list", *where)
    assert (code, "mcp-rag reindex" in err) == (3, True)
    code, out, err = run("reindex", *where)
    assert (code, "verified" in out, "Restart" in err) == (0, True, True)
    assert totals(run, *where) == (3, 1, 3)
    assert hit_ids(run, "connection pool exhausted", *where)[0] == hex_id("pool")
    assert "mail@corp.example" not in run("show", hex_id("disk"), *where)[1]


def test_reindex_after_changed_rules(data: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule added later reaches what is stored already; a second reindex and an ingest after it still work."""
    before = totals(run)
    assert "acme-corp" in run("search", "KeyError for customer", "--json")[1]
    monkeypatch.setenv("MCP_RAG_REDACT_RULES", "customer=acme-[a-z]+")
    for _ in range(2):
        assert run("reindex")[0] == 0
    found = run("search", "KeyError for customer", "--json")[1]
    assert "acme-corp" not in found
    assert json.loads(found)["hits"]
    assert totals(run) == before
    log = data.parent / "again.log"
    log.write_text("2026-11-24T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n", encoding="utf-8")
    assert run("ingest", str(log))[0] == 0
    assert totals(run)[2] == before[2] + 1


class Stops:
    """A client link whose n-th alias move fails, as a killed process leaves it."""

    def __init__(self, rpc: Rpc, after: int) -> None:
        self._rpc = rpc
        self.after = after

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Pass the call on, or fail."""
        if method == "alter_alias":
            if not self.after:
                raise StoreError("Killed.")
            self.after -= 1
        return self._rpc.call(method, *args, **kwargs)


@pytest.mark.parametrize("moved", range(len(ORDER)))
def test_a_replacement_stopped_half_way_is_finished(tmp_path: Path, moved: int) -> None:
    """However many of the three aliases moved before the process died, the next reindex ends with one whole base, made
    with the new model, and embeds nothing again."""
    foreign(tmp_path)
    embedder = HashEmbedder(32)
    rules = store_settings(Settings(data_dir=str(tmp_path)))
    as_stored = replace(rules, as_stored=True)

    async def killed(source: Any) -> None:
        staged = open_store(replace(rules, revision=1))
        await staged.open(model_id=embedder.model_id, dimension=32)

        async def stop() -> None:
            promote(Stops(source._rpc, moved), source._names, 1)  # type: ignore[arg-type] # stands in for Rpc

        with pytest.raises(StoreError, match="Killed"):
            await reindex(source, staged, Reindexed(embedder, Redactor, "hash@64"), stop)
        await staged.close()

    in_store(as_stored, "", killed)
    embedder.embedded.clear()
    report = asyncio.run(keeping.reindex(Settings(data_dir=str(tmp_path)), progress=lambda _: None, embedder=embedder))
    assert report.verified
    assert embedder.embedded == []

    async def look(store: Any) -> tuple[int, str, list[str]]:
        names = await asyncio.to_thread(store._rpc.call, "list_collections")
        return await store.count_errors(ErrorFilter()), (await store.info()).embedding_model, names

    count, model, names = in_store(as_stored, "", look)
    assert (count, model, len(names)) == (3, embedder.model_id, 3)


def test_reindex_that_fails_leaves_the_old_base_in_use(tmp_path: Path) -> None:
    """An embedder that fails in the middle changes nothing that is in use."""
    foreign(tmp_path)

    class Fails(HashEmbedder):
        async def embed_documents(self, texts: Any) -> Any:
            raise EmbeddingError("Out of memory.")

    with pytest.raises(EmbeddingError):
        asyncio.run(keeping.reindex(Settings(data_dir=str(tmp_path)), progress=lambda _: None, embedder=Fails(32)))
    assert in_store(StoreSettings(data_dir=tmp_path), "hash@64", lambda s: s.count_errors(ErrorFilter())) == 3


def test_delete_says_first_and_does_with_yes(data: Path, ingested: Path, run: Run) -> None:
    """Without --yes nothing changes; with it the same numbers go; nothing left to delete is exit 1."""
    del data
    before = totals(run)
    source = str(ingested / "app.log")
    code, out, _ = run("delete", "--source", source)
    assert code == 0
    assert "would delete: 2 errors, 0 resolutions, 4 events in 1 ledger blocks" in out
    assert "1 errors stay without occurrences" in out
    assert "--yes does it" in out
    assert totals(run) == before
    code, out, _ = run("delete", "--source", source, "--yes", "--json")
    facts = json.loads(out)
    assert (code, facts["done"], facts["errors"], facts["errors_kept"]) == (0, True, 2, 1)
    assert totals(run) == (1, 1, 0)
    assert run("delete", "--source", source, "--yes")[0] == 1


def test_delete_of_a_copy_names_what_was_read(data: Path, ingested: Path, tmp_path: Path, run: Run) -> None:
    """A copy, compressed, older or grown since, and the directory it lies in: nothing goes, the name to give is said.
    Another log is not taken for one of them."""
    del data
    before = totals(run)
    lines = LOG.splitlines(keepends=True)
    versions = {"same.log": LOG, "older.log": "".join(lines[:2]), "grown.log": LOG + LOG.replace("T1", "T2")}
    (tmp_path / "copies").mkdir()
    for name, text in versions.items():
        (tmp_path / "copies" / name).write_text(text, encoding="utf-8")
    (tmp_path / "copies" / "same.gz").write_bytes(gzip.compress(LOG.encode()))
    for name in (*versions, "same.gz", ""):
        code, out, _ = run("delete", "--source", str(tmp_path / "copies" / name), "--yes")
        assert code == 1
        assert f"was read from:\n  {ingested / 'app.log'}\n" in out, name
    (tmp_path / "other.log").write_text(LOG.replace("api", "web"), encoding="utf-8")
    for name in ("other.log", "missing.log"):
        code, out, _ = run("delete", "--source", str(tmp_path / name), "--yes")
        assert (code, out.startswith("deleted: 0 errors")) == (1, True)
    facts = json.loads(run("delete", "--source", str(tmp_path / "copies" / "same.log"), "--json")[1])
    assert facts["known_as"] == [str(ingested / "app.log")]
    assert totals(run) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_names_that_are_not_utf8_stay_apart(data: Path, tmp_path: Path, run: Run) -> None:
    """Two logs whose names differ in such bytes only are two sources: deleting one leaves the other."""
    del data
    before = totals(run)
    names = [os.fsdecode(os.fsencode(tmp_path) + raw) for raw in (b"/a\xff.log", b"/a\xfe.log")]
    for n, name in enumerate(names):
        Path(name).write_text(f"2026-11-23T10:00:00Z ERROR warp core {n} breach: E515{n}\n", encoding="utf-8")
        assert run("ingest", name)[0] == 0
    assert totals(run) == (before[0] + 2, before[1], before[2] + 2)
    assert "1 ledger blocks" in run("delete", "--source", names[0], "--yes")[1]
    assert totals(run) == (before[0] + 1, before[1], before[2] + 1)


def test_delete_understands_times_and_ids(data: Path, run: Run) -> None:
    """--before takes spans and dates, --id repeats; unclear or unknown choices are exit 2."""
    del data
    assert "in 0 ledger blocks" in run("delete", "--before", "1d")[1]
    assert "in 1 ledger blocks" in run("delete", "--before", "2099-01-01")[1]
    (first, *_) = hit_ids(run, "ORA-00942")
    assert "would delete: 1 errors" in run("delete", "--id", first)[1]
    assert run("delete", "--id", first, "--yes")[0] == 0
    for arguments in (["--id", first], ["--id", "zz"], [], ["--id", "zz", "--source", "a"], ["--before", "soon"]):
        assert run("delete", *arguments)[0] == 2, arguments


def test_knowledge_bases_are_apart(data: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names on one directory share nothing; with kb_search a search reads both and says where each hit is from."""
    del data
    before = totals(run)
    log = tmp_path / "other.log"
    log.write_text("2026-11-23T10:00:00Z ERROR warp core breach: E5150\n", encoding="utf-8")
    assert run("ingest", str(log), "--kb", "team-b")[0] == 0
    assert totals(run) == before
    assert totals(run, "--kb", "team-b") == (1, 0, 1)
    assert hit_ids(run, "warp core breach E5150") == []
    assert hit_ids(run, "ORA-00942 table missing", "--kb", "team-b") == []
    assert run("delete", "--source", str(log))[0] == 1
    (other,) = hit_ids(run, "warp core breach E5150", "--kb", "team-b")
    monkeypatch.setenv("MCP_RAG_KB_SEARCH", "team-b")
    (hit,) = json.loads(run("search", "warp core breach E5150", "--json")[1])["hits"]
    assert (hit["id"], hit["kb"]) == (other, "team-b")
    assert "knowledge base: team-b" in run("search", "warp core breach E5150")[1]
    assert json.loads(run("search", "ORA-00942", "--json")[1])["hits"][0]["kb"] == "default"
    assert run("show", other)[0] == 0
    assert totals(run) == before
    monkeypatch.setenv("MCP_RAG_KB_SEARCH", "team-c")
    code, _, err = run("search", "warp")
    assert (code, "no knowledge base 'team-c'" in err) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_backup_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM in the middle: what was written goes, the store is closed, the exit code says what happened."""
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.fail("the signal would have killed the process"))
    closed = []

    @contextlib.asynccontextmanager
    async def opened(*_: Any) -> AsyncIterator[DictStore]:
        store = DictStore()
        await store.open(model_id="m", dimension=DIMENSION)
        await fill(store)
        try:
            yield store
        finally:
            closed.append(True)

    def stopped(text: str) -> None:
        if text.startswith("writing"):
            assert [path.name for path in tmp_path.iterdir()] == [f".b.gz.{os.getpid()}.partial"]
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(keeping, "_opened", opened)

    async def command(_: argparse.Namespace, settings: Settings) -> int:
        await keeping.backup(settings, tmp_path / "b.gz", progress=stopped)
        return 0

    try:
        assert runner(command)(argparse.Namespace(), Settings()) == 143
    finally:
        signal.signal(signal.SIGTERM, before)
    assert closed == [True]
    assert list(tmp_path.iterdir()) == []
