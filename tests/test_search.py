"""The match ladder on the fakes: every rung, filters and their blame, degradation, order, pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mcp_rag import knowledge
from mcp_rag.app import App
from mcp_rag.errors import EmbeddingError, InputError, StoreError, StoreUnavailable
from mcp_rag.resolve import RecordRequest
from mcp_rag.results import SearchResult
from mcp_rag.rows import ErrorFilter
from mcp_rag.search import SearchRequest
from mcp_rag.types import Level
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio

TRACE = """2026-11-23T10:00:00Z ERROR api request failed
Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
  File "/srv/app/cache.py", line 3, in __getitem__
    raise KeyError(name)
KeyError: 'user_id'
"""
LOG = (
    TRACE
    + """2026-11-23T10:00:01Z ERROR api connect to db-7 port 5432 refused by peer: ECONNREFUSED
2026-11-23 10:00:02,000 - acme.billing - ERROR - charge of invoice 1001 rejected by the payment provider
2026-11-23T10:00:03Z WARN worker queue length 900 above the soft limit
2026-11-23T10:00:04Z FATAL db cannot extend tablespace, disk full: ENOSPC
2026-11-23T10:00:05Z ERROR build error[E0308]: mismatched types in crate parser
"""
)


async def filled(app: App, text: str = LOG, service: str = "") -> App:
    """The app with a log ingested."""
    async for _ in app.ingest(text=text, trusted=True, service=service):
        pass
    return app


@pytest.fixture
async def known(app: App) -> App:
    """An app that knows the log above."""
    return await filled(app, service="api")


async def search(app: App, text: str, **changes: Any) -> SearchResult:
    """One search."""
    return await app.searcher.search(SearchRequest(text, **changes))


async def fixed(app: App, text: str, fix: str = "restart it", outcome: Any = "worked", **changes: Any) -> str:
    """Record a resolution for the first hit of a search; the error's id."""
    found = await search(app, text)
    await app.resolver.record(RecordRequest(fix, outcome, error_id=found.hits[0].id, **changes))
    return found.hits[0].id


@pytest.mark.parametrize(
    ("paste", "match", "title"),
    [
        (TRACE, "exact", "KeyError"),
        (TRACE.replace("line 10", "line 12").replace("/srv/app", "/home/me"), "exact", "KeyError"),
        ("2026-12-01T00:00:00Z ERROR api connect to db-9 port 6000 refused by peer: ECONNREFUSED", "exact", "connect"),
        ("charge of invoice 777 rejected by the payment provider", "template", "charge"),
        ("what does E0308 mean", "code", "E0308"),
        ("ENOSPC", "code", "ENOSPC"),
        ("queue length is above its soft limit", None, "queue"),
        ("payment provider rejected the charge", None, "charge"),
    ],
)
async def test_each_rung_finds_its_error(known: App, paste: str, match: str | None, title: str) -> None:
    """Exact fingerprint, same template, shared code, then words and meaning (DESIGN section 6), first hit and why."""
    result = await search(known, paste)
    assert result.hits, result.hint
    top = result.hits[0]
    assert title in top.title
    assert top.match_type in ((match,) if match else ("lexical", "semantic"))
    assert top.why
    assert result.parsed.fingerprint
    if match in ("exact", "template"):
        assert top.match_quality == "strong"
    else:
        assert top.match_quality in ("strong", "possible", "weak")


async def test_a_rare_code_is_never_outranked_by_meaning(known: App) -> None:
    """The group that holds the code leads, whatever the wording resembles more (DESIGN section 6)."""
    result = await search(known, "charge of invoice rejected by the payment provider because of E0308")
    tiers = {"exact": 0, "template": 1, "code": 2, "lexical": 3, "semantic": 3}
    places = [tiers[h.match_type] for h in result.hits]
    assert "E0308" in next(h.title for h in result.hits if h.match_type == "code")
    assert places == sorted(places)


async def test_one_result_per_group_and_ranks_in_order(known: App) -> None:
    """No group twice, ranks from one upwards."""
    result = await search(known, LOG, limit=20)
    ids = [h.id for h in result.hits]
    assert len(set(ids)) == len(ids)
    assert [h.rank for h in result.hits] == list(range(1, len(ids) + 1))
    assert result.returned == len(ids) <= result.total


async def test_an_exact_match_with_a_good_fix_needs_no_vectors(known: App) -> None:
    """The ladder stops where it is certain: no query is embedded once a fix that worked is at hand."""
    await fixed(known, TRACE)
    assert isinstance(known.embedder, HashEmbedder)
    before = len(known.embedder.embedded)
    result = await search(known, TRACE)
    assert result.retrieval_mode == "fingerprint"
    assert result.hits[0].resolutions[0].worked == 1
    assert len(known.embedder.embedded) == before


async def test_a_fix_that_only_failed_does_not_stop_the_search(known: App) -> None:
    """Failed fixes are shown as tried, and the search goes on for something better."""
    await fixed(known, TRACE, "reboot", "failed")
    result = await search(known, TRACE)
    assert result.retrieval_mode == "hybrid"
    assert result.hits[0].resolutions[0].failed == 1


async def test_resolutions_are_ranked_by_their_bound(known: App) -> None:
    """1 of 1 does not beat 40 of 45; a superseded fix stands last."""
    error_id = await fixed(known, TRACE, "lucky")
    for n in range(45):
        await known.resolver.record(RecordRequest("proven", "worked" if n < 40 else "failed", error_id=error_id))
    result = await search(known, TRACE)
    assert [r.fix for r in result.hits[0].resolutions] == ["proven", "lucky"]
    assert (result.hits[0].resolutions[0].worked, result.hits[0].resolutions[0].failed) == (40, 5)
    proven = result.hits[0].resolutions[0].id
    await known.resolver.record(RecordRequest("better", "worked", error_id=error_id, supersedes=proven))
    after = (await search(known, TRACE)).hits[0].resolutions
    assert {r.fix for r in after[:2]} == {"better", "lucky"}
    assert (after[2].fix, after[2].superseded) == ("proven", True)


async def test_a_fix_for_another_version_stands_behind(known: App) -> None:
    """A fix whose range excludes the version in the paste is shown last and says so."""
    error_id = await fixed(known, TRACE, "old fix", version="numpy<2")
    await known.resolver.record(RecordRequest("new fix", "worked", error_id=error_id))
    rows = await known.store.resolutions_of([error_id])
    await known.store.upsert_resolutions([replace(r, versions="numpy<2") for r in rows if r.fix == "old fix"])
    for _ in range(5):
        await known.resolver.record(RecordRequest("old fix", "worked", error_id=error_id))
    shown = (await search(known, TRACE + "\nusing numpy 2.1.0")).hits[0].resolutions
    assert [(r.fix, r.version_conflict) for r in shown] == [("new fix", False), ("old fix", True)]


@pytest.mark.parametrize(
    ("where", "blamed"),
    [
        (ErrorFilter(min_level=Level.FATAL), "level"),
        (ErrorFilter(service="nowhere"), "service"),
        (ErrorFilter(since_ms=4_000_000_000_000), "since"),
        (ErrorFilter(until_ms=1), "until"),
        (ErrorFilter(statuses=("resolved",)), "status"),
        (ErrorFilter(language="java"), "language"),
    ],
)
@pytest.mark.parametrize("paste", [TRACE, "KeyError user_id while loading users from the cache"])
async def test_an_empty_result_blames_its_filter(known: App, where: ErrorFilter, blamed: str, paste: str) -> None:
    """`hint` when empty: which filter removed how many (DESIGN section 3), for exact and for hybrid matches."""
    result = await search(known, paste, where=where)
    assert result.hits == []
    assert f"{blamed} removed" in result.hint


async def test_filters_narrow_every_rung(known: App) -> None:
    """Only groups that meet the filter come back, from exact rungs too."""
    await filled(known, LOG.replace("2026-11-23", "2026-11-25").replace("db-7", "db-8"), service="other")
    result = await search(known, LOG, limit=20, where=ErrorFilter(min_level=Level.FATAL))
    assert result.hits
    assert all(h.level == "FATAL" for h in result.hits)


async def test_no_answer_names_the_nearest(known: App) -> None:
    """The nearest hit below the threshold is named in the hint, with its scores; nothing is presented as a match."""
    result = await search(known, "the quick brown fox jumps over it")
    assert result.hits == []
    assert "nearest" in result.hint or "nothing like this" in result.hint


async def test_an_empty_store_says_how_to_fill_it(app: App) -> None:
    """No hits, no error, the next step."""
    result = await search(app, TRACE)
    assert (result.hits, result.total, result.truncated, result.next_cursor) == ([], 0, False, "")
    assert "ingest_logs" in result.hint


async def test_without_the_model_search_degrades(make_app: Callable[..., App]) -> None:
    """Lexical only while the embedder is not ready, and said so (principle 3 and 5)."""
    embedder = HashEmbedder()
    app = await filled(make_app(embedder=embedder))
    embedder.ready = False
    result = await search(app, "queue length is above its soft limit")
    assert result.retrieval_mode == "lexical"
    assert result.degraded
    assert "model" in result.degraded_reason
    assert result.hits[0].title.startswith("worker queue") or "queue" in result.hits[0].title
    assert (await search(app, TRACE)).hits[0].match_type == "exact"


async def test_a_failing_model_degrades_one_search(make_app: Callable[..., App]) -> None:
    """An embedder that raises costs the dense leg, not the answer; its cause is told in our words."""
    embedder = HashEmbedder()
    app = await filled(make_app(embedder=embedder))
    embedder.failure = EmbeddingError("The model ran out of memory.", "Free some.")
    result = await search(app, "queue length is above its soft limit")
    assert result.degraded
    assert "ran out of memory" in result.degraded_reason
    assert result.hits


async def test_a_failing_lexical_leg_degrades(make_app: Callable[..., App]) -> None:
    """A server without sparse search is worked around with the dense leg and reported (DESIGN section 4)."""
    store = DictStore()
    app = await filled(make_app(store=store))
    store.fail["search_sparse"] = StoreError("No sparse search here.", "Upgrade.")
    result = await search(app, "charge invoice rejected payment provider")
    assert result.degraded
    assert "No sparse search here." in result.degraded_reason


@pytest.mark.parametrize("name", ["get_errors", "query_errors", "document_frequencies", "search_dense"])
async def test_a_store_that_is_down_is_an_error(make_app: Callable[..., App], name: str) -> None:
    """Never a success-shaped answer when the store does not answer."""
    store = DictStore()
    app = await filled(make_app(store=store))
    store.fail[name] = StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)
    with pytest.raises(StoreUnavailable):
        await search(app, "charge of something E0308 rejected by nobody")


@pytest.mark.parametrize("name", ["document_frequencies", "search_dense"])
async def test_what_is_known_outlives_the_store(known: App, name: str) -> None:
    """A store that goes away after the fingerprint was found takes that answer with it only in part."""
    known.store.fail[name] = StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)  # type: ignore[attr-defined] # the fake
    result = await search(known, LOG.splitlines()[-1] + "\n" + TRACE)
    assert [hit.match_type for hit in result.hits] == ["exact", "exact"]
    assert (result.retrieval_mode, result.degraded) == ("fingerprint", True)
    assert "Milvus does not answer." in result.degraded_reason


async def test_the_query_is_embedded_beside_the_lexical_leg(make_app: Callable[..., App]) -> None:
    """Each of the two waits for the other to begin: one after the other, either would wait in vain."""
    store, embedder = DictStore(), HashEmbedder()
    app = await filled(make_app(store=store, embedder=embedder))
    asked, begun = asyncio.Event(), asyncio.Event()
    embed, lexical = embedder.embed_query, store.search_sparse

    async def embed_later(text: str) -> Any:
        begun.set()
        await asyncio.wait_for(asked.wait(), 10)
        return await embed(text)

    async def lexical_first(*arguments: Any) -> Any:
        asked.set()
        await asyncio.wait_for(begun.wait(), 10)
        return await lexical(*arguments)

    embedder.embed_query, store.search_sparse = embed_later, lexical_first  # type: ignore[method-assign] # seen from outside
    result = await search(app, "charge invoice rejected payment provider")
    assert (result.retrieval_mode, result.degraded) == ("hybrid", False)


async def test_a_search_that_fails_leaves_no_query_behind(make_app: Callable[..., App]) -> None:
    """The embedding that was begun is given up with the search it was for."""
    store, embedder = DictStore(), HashEmbedder()
    app = await filled(make_app(store=store, embedder=embedder))
    given_up = asyncio.Event()

    async def embed_never(text: str) -> Any:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 10)
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def no_frequencies() -> Any:
        await asyncio.sleep(0)  # the embedding has begun
        raise StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)

    embedder.embed_query, store.document_frequencies = embed_never, no_frequencies  # type: ignore[method-assign] # as above
    with pytest.raises(StoreUnavailable):
        await search(app, "charge invoice rejected payment provider")
    await asyncio.wait_for(given_up.wait(), 10)


async def many(app: App) -> App:
    """An app with thirty errors that share a word."""
    text = "".join(f"2026-11-23T10:00:{n:02d}Z ERROR api flux capacitor failed: E5{n:03d}\n" for n in range(30))
    return await filled(app, text)


async def test_pages_join_to_the_whole(app: App) -> None:
    """Cursors are stable: the pages of one search are its whole result, in order, once each."""
    await many(app)
    whole = await search(app, "flux capacitor failed", limit=1_000)
    assert whole.total == 30
    pages, cursor = [], ""
    while True:
        page = await search(app, "flux capacitor failed", limit=7, cursor=cursor)
        assert page.total == 30
        assert page.truncated is bool(page.next_cursor)
        pages += page.hits
        if not page.truncated:
            break
        cursor = page.next_cursor
    assert [(h.id, h.rank) for h in pages] == [(h.id, h.rank) for h in whole.hits]


async def test_a_cursor_belongs_to_its_arguments(app: App) -> None:
    """A cursor is refused for another text or filter, and so is anything that is no cursor."""
    await many(app)
    cursor = (await search(app, "flux capacitor failed", limit=7)).next_cursor
    for text, where in (("something else", ErrorFilter()), ("flux capacitor failed", ErrorFilter(service="api"))):
        with pytest.raises(InputError, match="another call"):
            await search(app, text, where=where, cursor=cursor)
    for wrong in ("zz", "é", "!!!", "AAAA", cursor[:-3], cursor + "x" * 100, "-" * 8):
        with pytest.raises(InputError):
            await search(app, "flux capacitor failed", cursor=wrong)


async def test_pages_hold_while_errors_are_added(app: App) -> None:
    """An error that comes in between two pages, best match of all, shows none of the others twice and hides none."""
    await many(app)
    text = "flux capacitor failed"
    before = {h.id for h in (await search(app, text, limit=1_000)).hits}
    page = await search(app, text, limit=7)
    shown = [h.id for h in page.hits]
    for n in range(3):
        await filled(app, f"2026-11-23T11:00:0{n}Z ERROR api {text}{' again' * n}\n")
        page = await search(app, text, limit=7, cursor=page.next_cursor)
        assert [h.rank for h in page.hits] == list(range(len(shown) + 1, len(shown) + len(page.hits) + 1))
        shown += [h.id for h in page.hits]
    while page.truncated:
        page = await search(app, text, limit=7, cursor=page.next_cursor)
        shown += [h.id for h in page.hits]
    assert len(shown) == len(set(shown))
    # The legs bring a bounded number: the newcomers may have pushed out as many of the last.
    assert len(before - set(shown)) <= 3


async def test_empty_text_is_refused(app: App) -> None:
    """Blank input is an error with a next step, not an empty result."""
    with pytest.raises(InputError, match="empty"):
        await search(app, " \n\t ")


async def test_next_calls_fit_what_was_found(known: App) -> None:
    """With a fix: explain; without: record one. Arguments are complete."""
    before = await search(known, TRACE)
    assert [c.tool for c in before.next_calls] == ["get_error", "record_resolution"]
    await fixed(known, TRACE)
    after = await search(known, TRACE)
    assert [c.tool for c in after.next_calls] == ["get_error", "explain_error"]
    assert all(c.arguments["error_id"] == after.hits[0].id for c in after.next_calls)


async def test_full_shows_template_and_all_fixes(known: App) -> None:
    """Concise shows three fixes and a short sample, full everything."""
    error_id = await fixed(known, TRACE, "fix 0")
    for n in range(1, 6):
        await known.resolver.record(RecordRequest(f"fix {n}", "worked", error_id=error_id))
    concise, full = await search(known, TRACE), await search(known, TRACE, full=True)
    assert (len(concise.hits[0].resolutions), len(full.hits[0].resolutions)) == (3, 6)
    assert full.hits[0].template
    assert len(full.hits[0].sample) > len(concise.hits[0].sample)


async def test_starter_knowledge_is_marked(make_app: Callable[..., App]) -> None:
    """An entry nobody has logged yet shows no times and its origin."""
    app = make_app()
    await app.ready()
    notes = knowledge.load()[:20]
    await app.resolver.import_notes(notes, "starter")
    result = await search(app, notes[0].error)
    assert result.hits[0].origin == "starter"
    assert (result.hits[0].count, result.hits[0].first_seen) == (0, "")
    assert result.hits[0].resolutions[0].origin == "starter"
