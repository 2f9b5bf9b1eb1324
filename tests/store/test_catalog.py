"""A store opens only what it understands, and changes nothing that it refuses (check 23)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcp_rag.errors import StoreError, StoreMismatch
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.store.catalog import PROPERTY
from mcp_rag.store.schema import JSONS, VARCHARS, Kept, cut
from tests.contracts.test_store import group
from tests.fakes import hex_id

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def fingerprint(directory: Path) -> dict[str, tuple[int, int]]:
    """Every engine file with size and time of change; only the log of an open without writes may come and go."""
    return {
        str(p.relative_to(directory)): (p.stat().st_size, p.stat().st_mtime_ns)
        for p in sorted(directory.rglob("*"))
        if p.is_file() and "wal" not in p.parts and p.name != "LOCK"
    }


@pytest.mark.parametrize(
    ("changes", "model", "dimension", "fix"),
    [
        ({}, "other", 4, "mcp-rag reindex"),
        ({}, "hash", 8, "mcp-rag reindex"),
        ({"redaction_version": 2}, "hash", 4, "mcp-rag reindex"),
    ],
)
async def test_mismatch_changes_nothing(
    tmp_path: Path, changes: dict[str, int], model: str, dimension: int, fix: str
) -> None:
    """Other model, dimension or redaction rules: one clear error with the command, and no file touched."""
    settings = StoreSettings(data_dir=tmp_path, redaction_version=1)
    store = open_store(settings)
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("one")])
    await store.flush()
    await store.close()
    before = fingerprint(tmp_path / "milvus.db")
    other = open_store(replace(settings, **changes))
    with pytest.raises(StoreMismatch) as caught:
        await other.open(model_id=model, dimension=dimension)
    assert fix in caught.value.fix
    assert not caught.value.retry
    assert fingerprint(tmp_path / "milvus.db") == before
    await store.open(model_id="hash", dimension=4)
    assert await store.count_errors(ErrorFilter()) == 1
    await store.close()


def test_newer_and_older_schema() -> None:
    """A newer schema asks for an upgrade, an older one for a rebuild."""
    stored = Kept(2, "m", 4, 0)
    with pytest.raises(StoreMismatch) as caught:
        stored.check(replace(stored, schema=1), "It")
    assert "Upgrade" in caught.value.fix
    with pytest.raises(StoreMismatch) as caught:
        stored.check(replace(stored, schema=3), "It")
    assert "mcp-rag reindex" in caught.value.fix


def test_kept_round_trip() -> None:
    """What is kept with a collection is JSON; anything else is not ours."""
    kept = Kept(1, "model@digest", 384, 3)
    assert Kept.load(kept.dump()) == kept
    for text in ("", "{}", "[1]", "a tale", '{"schema": "x", "model": 1, "dimension": 2}'):
        assert Kept.load(text) is None


async def test_newer_generation_is_refused(tmp_path: Path) -> None:
    """Collections of a later schema behind the same alias are not opened by an older version."""
    newer = open_store(StoreSettings(data_dir=tmp_path, schema_version=2))
    await newer.open(model_id="hash", dimension=4)
    await newer.close()
    older = open_store(StoreSettings(data_dir=tmp_path))
    with pytest.raises(StoreMismatch, match="newer version"):
        await older.open(model_id="hash", dimension=4)


async def test_foreign_collections_are_refused(tmp_path: Path) -> None:
    """A collection of that name that we did not make is left alone."""
    settings = StoreSettings(data_dir=tmp_path)
    store = open_store(settings)
    await store.open(model_id="hash", dimension=4)
    store._rpc.call("drop_alias", "mcp_errors_errors")
    store._rpc.call("drop_collection", "mcp_errors_errors_v1")
    store._rpc.call("create_collection", "mcp_errors_errors", dimension=4)
    await store.close()
    with pytest.raises(StoreMismatch, match="not made by mcp-rag"):
        await store.open(model_id="hash", dimension=4)


async def test_a_crash_while_creating_is_finished(tmp_path: Path) -> None:
    """Collections that lost their alias or index in a crash are completed at the next open, rows kept."""
    settings = StoreSettings(data_dir=tmp_path)
    store = open_store(settings)
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("one")])
    store._rpc.call("drop_alias", "mcp_errors_errors")
    store._rpc.call("release_collection", "mcp_errors_errors_v1")
    store._rpc.call("drop_index", "mcp_errors_errors_v1", "sparse")
    await store.close()
    await store.open(model_id="hash", dimension=4)
    assert len(await store.search_sparse({7: 1.0}, 5, ErrorFilter())) == 1
    await store.close()


async def test_first_model_replaces_collections_without_one(tmp_path: Path) -> None:
    """A store first opened before the model was there takes the model's dimension once it is."""
    store = open_store(StoreSettings(data_dir=tmp_path))
    await store.open(model_id="", dimension=384)
    assert await store.query_errors(ErrorFilter(), 5) == []
    assert await store.document_frequencies() == (0, {})
    with pytest.raises(StoreError):
        await store.upsert_errors([group("one", vector=None)])
    await store.close()
    await store.open(model_id="hash", dimension=4)
    await store.upsert_errors([group("one")])
    assert (await store.info()).dimension == 4
    await store.close()


async def test_knowledge_bases_are_apart(tmp_path: Path) -> None:
    """Two knowledge bases in one data directory share nothing, not even the model."""
    one = open_store(StoreSettings(data_dir=tmp_path, kb="team-a"))
    two = open_store(StoreSettings(data_dir=tmp_path, kb="team_b"))
    await one.open(model_id="hash", dimension=4)
    await two.open(model_id="other", dimension=4)
    await one.upsert_errors([group("one")])
    assert await two.count_errors(ErrorFilter()) == 0
    assert await two.get_errors([hex_id("one")]) == []
    await one.close()
    await two.close()


@pytest.mark.parametrize(
    ("text", "limit", "expected"), [("abc", 3, "abc"), ("漢字", 5, "漢"), ("é\udc80", 9, "é?"), ("🙂", 3, "")]
)
def test_cut_counts_bytes(text: str, limit: int, expected: str) -> None:
    """Facts 3.9: servers count bytes, so text is cut by bytes between characters."""
    assert cut(text, limit) == expected


def test_limits_fit_servers() -> None:
    """No field is longer than a server's VARCHAR, and the property's name stays what stored data carries."""
    assert max(limit for fields in VARCHARS.values() for limit in fields.values()) <= 65_535
    assert PROPERTY == "mcp_rag"
    assert all(JSONS.values())


async def test_oversized_text_is_cut_not_refused(tmp_path: Path) -> None:
    """Text beyond the limits, lone surrogates and NUL bytes are stored cut or replaced; the row is not lost."""
    store = open_store(StoreSettings(data_dir=tmp_path))
    await store.open(model_id="hash", dimension=4)
    big = group("big", sample="漢" * 40_000, title="x" * 5_000, template="\udcff", messages=("m" * 20_000,) * 9)
    await store.upsert_errors([big])
    (found,) = await store.get_errors([big.id])
    assert len(found.sample.encode()) <= VARCHARS["errors"]["sample"]
    assert (len(found.title), found.template) == (1_024, "?")
    await store.close()
