"""Moving a knowledge base between Milvus Lite and a real server, and rebuilding it there (scripts/test-milvus)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_rag import keeping
from mcp_rag.config import Settings
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.wiring import store_settings
from tests.fakes import HashEmbedder, hex_id
from tests.knowledge_rows import DIMENSION, fill
from tests.store.test_milvus_server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.milvus]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this file's own."""
    made = Server(tmp_path_factory.mktemp("milvus-moves"))
    made.start()
    yield made
    made.kill()


def quiet(_: str) -> None:
    """Shows no progress."""


async def test_there_and_back_again(server: Server, tmp_path: Path) -> None:
    """Lite to a server without sparse vectors and back: verified both ways, and the lexical weights are there again."""
    here = Settings(data_dir=str(tmp_path / "here"))
    settings = store_settings(here)
    lite = open_store(settings)
    await lite.open(model_id="hash@64", dimension=DIMENSION)
    await fill(lite)
    before = await lite.export_errors(await lite.list_ids("errors"))
    await lite.close()
    there = Settings(milvus_uri=server.uri, milvus_timeout=30.0)
    out = await keeping.migrate(here, keeping.target_settings(here, server.uri, "", ""), progress=quiet)
    assert out.verified
    again = await keeping.migrate(here, keeping.target_settings(here, server.uri, "", ""), progress=quiet)
    assert [c.written for c in again.collections] == [0, 0, 0]
    target = keeping.target_settings(there, "", "", str(tmp_path / "back"))
    assert (await keeping.migrate(there, target, progress=quiet)).verified
    back = open_store(StoreSettings(data_dir=tmp_path / "back", as_stored=True))
    await back.open(model_id="", dimension=DIMENSION)
    after = await back.export_errors([g.id for g in before])
    await back.close()
    assert [(g.id, g.count, g.vector, set(g.sparse or {})) for g in after] == [
        (g.id, g.count, g.vector, set(g.sparse or {})) for g in before
    ]


async def test_reindex_on_a_server(server: Server, tmp_path: Path) -> None:
    """Collections are replaced behind their aliases on a server too; a backup of it restores into Lite."""
    there = Settings(milvus_uri=server.uri, milvus_timeout=30.0, kb="moves")
    store = open_store(store_settings(there))
    await store.open(model_id="hash@64", dimension=DIMENSION)
    await fill(store)
    await store.close()
    embedder = HashEmbedder(32)
    for _ in range(2):
        assert (await keeping.reindex(there, progress=quiet, embedder=embedder)).verified
    store = open_store(store_settings(there))
    await store.open(model_id=embedder.model_id, dimension=32)
    vector = [float(x) for x in await embedder.embed_query("connection pool exhausted")]
    assert (await store.search_dense(vector, 1, ErrorFilter()))[0].id == hex_id("pool")
    await store.close()
    await keeping.backup(there, tmp_path / "kb.gz", progress=quiet)
    lite = Settings(data_dir=str(tmp_path / "lite"))
    assert (await keeping.restore(lite, tmp_path / "kb.gz", progress=quiet, embedder=embedder)).verified
