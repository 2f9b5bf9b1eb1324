"""Several knowledge bases read as one: each group once, its fixes from all, and where it was found."""

from __future__ import annotations

import pytest

from mcp_rag.app import App
from mcp_rag.composite import CompositeStore, NamedStore
from mcp_rag.config import Settings
from mcp_rag.resolve import RecordRequest
from mcp_rag.rows import ErrorFilter
from mcp_rag.search import SearchRequest
from tests.fakes import DictStore, HashEmbedder, hex_id
from tests.knowledge_rows import DIMENSION, fill, group, resolution

pytestmark = pytest.mark.anyio
EVERYTHING = ErrorFilter()


@pytest.fixture
async def stores() -> tuple[DictStore, DictStore]:
    """Two filled bases: both hold the same three groups, the second one more and another fix."""
    own, other = DictStore(), DictStore()
    for store in (own, other):
        await store.open(model_id="hash@64", dimension=DIMENSION)
        await fill(store)
    vector = await HashEmbedder(DIMENSION).embed_query("warp core breach")
    await other.upsert_errors([group("warp", "warp core breach", vector=tuple(map(float, vector)), codes=())])
    await other.upsert_resolutions([resolution("other fix", "disk")])
    return own, other


@pytest.fixture
async def both(stores: tuple[DictStore, DictStore]) -> CompositeStore:
    """The two as one."""
    return CompositeStore([NamedStore("a", stores[0]), NamedStore("b", stores[1])])


async def test_groups_come_once_and_say_where_from(both: CompositeStore) -> None:
    """The own base goes first; the order is that of the ids asked for."""
    found = await both.get_errors([hex_id("warp"), hex_id("disk"), hex_id("unknown")])
    assert [(g.id, g.kb) for g in found] == [(hex_id("warp"), "b"), (hex_id("disk"), "a")]
    everything = await both.query_errors(EVERYTHING, 10)
    assert sorted(g.kb for g in everything) == ["a", "a", "a", "b"]
    pages = [g for n in range(4) for g in await both.query_errors(EVERYTHING, 1, n)]
    assert [g.id for g in pages] == [g.id for g in everything]


async def test_searches_take_the_best_of_all(both: CompositeStore) -> None:
    """Each leg is in order of score, cut to the limit, each id once."""
    vector = [float(x) for x in await HashEmbedder(DIMENSION).embed_query("warp core breach")]
    dense = await both.search_dense(vector, 2, EVERYTHING)
    assert dense[0].id == hex_id("warp")
    assert len(dense) == 2
    weights = group("warp", "warp core breach").sparse or {}
    assert [s.id for s in await both.search_sparse(weights, 5, EVERYTHING)] == [hex_id("warp")]


async def test_fixes_of_all_bases_are_shown(both: CompositeStore) -> None:
    """A fix that another team recorded for the same error is found."""
    rows = await both.resolutions_of([hex_id("disk"), hex_id("pool")])
    assert {r.id for r in rows} == {hex_id("fix"), hex_id("other fix")}
    assert [r.id for r in await both.get_resolutions([hex_id("other fix"), hex_id("fix")])] == [
        hex_id("other fix"),
        hex_id("fix"),
    ]


async def test_counts_and_frequencies_add_up(both: CompositeStore, stores: tuple[DictStore, DictStore]) -> None:
    """What rarity is judged by covers all that is searched."""
    assert await both.count_errors(EVERYTHING) == 7
    documents, frequencies = await both.document_frequencies()
    assert documents == 7
    token = next(iter(stores[0].errors[hex_id("disk")].sparse or {}))
    assert frequencies[token] >= 2


async def test_writing_reaches_the_own_base_only(stores: tuple[DictStore, DictStore]) -> None:
    """An App with a further base reads it in searches and never writes to it."""
    own, other = stores
    before = dict(other.errors), dict(other.blocks), dict(other.resolutions)
    embedder = HashEmbedder(DIMENSION, model_id="hash@64")
    app = App(Settings(starter_knowledge=False), store=own, others=[NamedStore("b", other)], embedder=embedder)
    await app.opened()
    result = await app.searcher.search(SearchRequest("warp core breach"))
    assert (result.hits[0].id, result.hits[0].kb) == (hex_id("warp"), "b")
    async for _ in app.ingest(text="2026-01-01T00:00:00Z ERROR warp core breach\n"):
        pass
    await app.resolver.record(RecordRequest("eject it", error_text="warp core breach"))
    await app.close()
    assert (dict(other.errors), dict(other.blocks), dict(other.resolutions)) == before
    assert len(own.errors) >= 4
    assert {row.kb for row in own.errors.values()} == {""}
