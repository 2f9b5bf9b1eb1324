"""What every Store must do, run on the dict fake and on Milvus Lite."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_rag.errors import EmbeddingError, InputError, StoreError, StoreMismatch, StoreUnavailable
from mcp_rag.rows import ANY_SIZE, BlockRow, ErrorFilter, ErrorGroup, Resolution, ResolutionOutcome
from mcp_rag.store import MilvusStore
from mcp_rag.types import Level
from tests.fakes import DictStore, hex_id

pytestmark = pytest.mark.anyio

HOUR = 3_600_000
AnyStore = DictStore | MilvusStore


def axis(n: int) -> tuple[float, ...]:
    """The n-th of four orthogonal unit vectors."""
    return tuple(1.0 if i == n else 0.0 for i in range(4))


def group(name: str, **changes: object) -> ErrorGroup:
    """A group with every field set, named so that tests stay readable."""
    row = ErrorGroup(
        id=hex_id(name),
        title=f"Title {name}",
        template=f"template {name} <*>",
        sample='line one\nline "two" \\ é 漢 🙂',
        dense_text="dense",
        text="lexical text",
        level=Level.ERROR,
        related=hex_id("related"),
        exception_type="java.lang.IllegalStateException",
        root_type="java.io.IOException",
        codes=("E0308", "SQLSTATE 40P01"),
        services=("api", "worker"),
        language="java",
        chain=("java.lang.IllegalStateException", "java.io.IOException"),
        frames=("app.Main:run",),
        sources=("app.log",),
        messages=("first message",),
        vector=axis(0),
        sparse={7: 1.5, 9: 0.5},
    )
    return replace(row, **changes)  # type: ignore[arg-type] # tests pass the fields they mean


def block(name: str, counts: dict[str, dict[int, int]], **changes: object) -> BlockRow:
    """A ledger row that counts the named groups."""
    by_id = {hex_id(g): hours for g, hours in counts.items()}
    row = BlockRow(
        id=hex_id(name),
        head=hex_id("head"),
        source="app.log",
        service="",
        size_bytes=100,
        lines=10,
        events=sum(n for hours in counts.values() for n in hours.values()),
        min_level=Level.WARN,
        open=False,
        applied=False,
        created_ms=1_000,
        counts=by_id,
        first_seen={g: min(hours) + 5 for g, hours in by_id.items()},
        last_seen={g: max(hours) + 9 for g, hours in by_id.items()},
    )
    return replace(row, **changes)  # type: ignore[arg-type] # as above


def resolution(name: str, error: str = "", **changes: object) -> Resolution:
    """A resolution with every field set."""
    row = Resolution(
        id=hex_id(name),
        error_id=hex_id(error) if error else "",
        symptom="symptom",
        fix="# Fix\n\nRestart *it*.",
        title="fix",
        outcomes=(
            ResolutionOutcome("worked", "prod", "1.2", 3, 50 * HOUR, "fine"),
            ResolutionOutcome("failed", "", "", 1, 40 * HOUR, ""),
        ),
        versions=">=1.2",
        environment="prod",
        created_ms=1,
        verified_ms=2,
        source="runbook.md",
        dense_text="dense",
        text="text",
        codes=("E0308",),
    )
    return replace(row, **changes)  # type: ignore[arg-type] # as above


async def one(store: AnyStore, name: str) -> ErrorGroup:
    """The stored group of that name."""
    (found,) = await store.get_errors([hex_id(name)])
    return found


async def test_group_comes_back_as_written(store: AnyStore) -> None:
    """Every field of a group survives the round trip; vectors stay behind; order is that of the ids asked for."""
    first, second = group("one"), group("two", level=Level.FATAL, status="returned", origin="starter")
    await store.upsert_errors([first, second])
    found = await store.get_errors([second.id, hex_id("unknown"), first.id])
    assert found == [replace(g, vector=None, sparse=None) for g in (second, first)]


async def test_upsert_keeps_vectors_and_totals_of_a_stored_row(store: AnyStore) -> None:
    """A group written again without vectors keeps its own, and its totals stay the ledger's."""
    await store.upsert_errors([group("one")])
    await store.commit_block(block("b", {"one": {0: 3}}))
    await store.upsert_errors([group("one", title="new", count=99, last_seen_ms=7, vector=None, sparse=None)])
    found = await one(store, "one")
    assert (found.title, found.count, found.first_seen_ms, found.last_seen_ms) == ("new", 3, 5, 9)
    assert [s.id for s in await store.search_dense(axis(0), 5, ErrorFilter())] == [found.id]
    assert [s.id for s in await store.search_sparse({7: 1.0}, 5, ErrorFilter())] == [found.id]


async def test_new_row_without_vector_is_refused(store: AnyStore) -> None:
    """Without a vector nothing of the batch is stored (DESIGN section 4: vectors finite and non-zero)."""
    with pytest.raises(StoreError):
        await store.upsert_errors([group("one"), group("two", vector=None)])
    assert await store.count_errors(ErrorFilter()) == 0


@pytest.mark.parametrize(
    "vector",
    [(0.0, 0.0, 0.0, 0.0), (float("nan"), 0.0, 0.0, 1.0), (float("inf"), 0, 0, 0), (1.0, 0.0), (3.0, 0.0, 0.0, 0.0)],
)
async def test_bad_vectors_store_nothing(store: AnyStore, vector: tuple[float, ...]) -> None:
    """Check 24 of the reliability list: NaN, infinite, zero, short and unnormalised vectors are refused whole."""
    with pytest.raises(EmbeddingError):
        await store.upsert_errors([group("good"), group("bad", vector=vector)])
    assert await store.count_errors(ErrorFilter()) == 0
    with pytest.raises(EmbeddingError):
        await store.search_dense(vector, 5, ErrorFilter())


BAD_IDS = [
    "",
    "x'] or id not in ['x",
    '" or id != "',
    "A" * 32,
    "a" * 31,
    "a" * 33,
    "a" * 10_000,
    "١" * 32,
    "a" * 31 + "\n",
]


@pytest.mark.parametrize("bad", BAD_IDS)
async def test_ids_must_be_hex(store: AnyStore, bad: str) -> None:
    """Check 15: no id that is not 32 hex digits gets to the engine, in any method, and nothing is lost by trying."""
    await store.upsert_errors([group("one")])
    calls = (
        store.get_errors([bad]),
        store.delete_errors([bad]),
        store.get_blocks([bad]),
        store.find_open_blocks([bad]),
        store.find_longer_blocks(bad, 1),
        store.resolutions_of([bad]),
        store.get_resolutions([bad]),
        store.delete_resolutions([bad]),
        store.upsert_errors([group("two", id=bad)]),
        store.upsert_resolutions([resolution("r", "one", id=bad)]),
        store.commit_block(block("b", {"one": {0: 1}}), [bad]),
    )
    for call in calls:
        with pytest.raises(InputError):
            await call
    assert await store.count_errors(ErrorFilter()) == 1


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (ErrorFilter(), "abce"),
        (ErrorFilter(min_level=Level.ERROR), "abe"),
        (ErrorFilter(min_level=Level.FATAL), "b"),
        (ErrorFilter(service="api"), "ab"),
        (ErrorFilter(service="ap"), ""),
        (ErrorFilter(service="a%i"), "c"),
        (ErrorFilter(service="a_i"), ""),
        (ErrorFilter(since_ms=30 * HOUR), "bc"),
        (ErrorFilter(until_ms=10 * HOUR + 5), "a"),
        (ErrorFilter(first_since_ms=20 * HOUR), "bc"),
        (ErrorFilter(statuses=("new", "returned")), "bc"),
        (ErrorFilter(language="rust"), "b"),
        (ErrorFilter(exception_type='quote " and \\ slash'), "c"),
        (ErrorFilter(related=hex_id("other")), "e"),
        (ErrorFilter(codes=("E0308",)), "ae"),
        (ErrorFilter(codes=("ERR_CONN", "nothing")), "b"),
        (ErrorFilter(codes=("ERRxCONN",)), "c"),
        (ErrorFilter(origin="starter"), "c"),
        (ErrorFilter(service="api", min_level=Level.FATAL), "b"),
        (ErrorFilter(language='java" or id != "'), ""),
        (ErrorFilter(service='api" or id != "'), ""),
    ],
)
async def test_filters(store: AnyStore, where: ErrorFilter, expected: str) -> None:
    """Each condition selects exactly its groups in query, count and both searches; quoting holds (facts 3.1)."""
    await store.upsert_errors(
        [
            group("a", first_seen_ms=10 * HOUR, last_seen_ms=11 * HOUR),
            group(
                "b",
                level=Level.FATAL,
                services=("api",),
                status="new",
                language="rust",
                codes=("ERR_CONN",),
                first_seen_ms=20 * HOUR,
                last_seen_ms=31 * HOUR,
            ),
            group(
                "c",
                level=Level.WARN,
                services=("a%i",),
                status="returned",
                exception_type='quote " and \\ slash',
                codes=("ERRxCONN",),
                origin="starter",
                first_seen_ms=21 * HOUR,
                last_seen_ms=32 * HOUR,
            ),
            group("e", services=(), related=hex_id("other"), first_seen_ms=12 * HOUR, last_seen_ms=12 * HOUR),
        ]
    )
    names = {hex_id(n): n for n in "abce"}
    assert sorted(names[g.id] for g in await store.query_errors(where, 100)) == sorted(expected)
    assert await store.count_errors(where) == len(expected)
    assert sorted(names[s.id] for s in await store.search_dense(axis(0), 100, where)) == sorted(expected)
    assert sorted(names[s.id] for s in await store.search_sparse({7: 1.0}, 100, where)) == sorted(expected)


async def test_query_pages_do_not_overlap(store: AnyStore) -> None:
    """Limit and offset walk every row once; a window past 16,384 is an InputError (server limit)."""
    await store.upsert_errors([group(str(n)) for n in range(25)])
    seen = [g.id for start in range(0, 30, 10) for g in await store.query_errors(ErrorFilter(), 10, start)]
    assert sorted(seen) == sorted(hex_id(n) for n in range(25))
    assert await store.query_errors(ErrorFilter(), 0) == []
    with pytest.raises(InputError):
        await store.query_errors(ErrorFilter(), 1, 16_384)


async def test_searches_rank_by_inner_product(store: AnyStore) -> None:
    """Dense and lexical scores are plain inner products, best first; rows sharing no token are no lexical hit."""
    await store.upsert_errors(
        [
            group("x", vector=axis(0), sparse={1: 2.0}),
            group("y", vector=(0.6, 0.8, 0.0, 0.0), sparse={1: 1.0, 2: 4.0}),
            group("z", vector=axis(1), sparse={}),
        ]
    )
    dense = await store.search_dense(axis(0), 3, ErrorFilter())
    assert [s.id for s in dense] == [hex_id(n) for n in "xyz"]
    assert [s.score for s in dense] == pytest.approx([1.0, 0.6, 0.0])
    lexical = await store.search_sparse({1: 1.0, 2: 0.5, 77: 9.0}, 3, ErrorFilter())
    assert [s.id for s in lexical] == [hex_id("y"), hex_id("x")]
    assert [s.score for s in lexical] == pytest.approx([3.0, 2.0])
    assert len(await store.search_dense(axis(0), 1, ErrorFilter())) == 1
    assert await store.search_sparse({}, 3, ErrorFilter()) == []
    # A row that comes with its hit is the stored one; a store may leave it out.
    stored = {g.id: g for g in await store.get_errors([s.id for s in dense])}
    for hit in (*dense, *lexical):
        assert hit.group in (None, stored[hit.id])


async def test_document_frequencies_follow_writes(store: AnyStore) -> None:
    """Every stored group counts once per token, also after overwriting and deleting; what was given out stays."""
    await store.upsert_errors([group("x", sparse={1: 2.0, 2: 1.0}), group("y", sparse={2: 1.0})])
    before = await store.document_frequencies()
    assert before == (2, {1: 1, 2: 2})
    await store.upsert_errors([group("x", sparse={3: 1.0}), group("z", sparse={})])
    assert await store.document_frequencies() == (3, {2: 1, 3: 1})
    assert await store.delete_errors([hex_id("y"), hex_id("unknown")]) == 1
    assert await store.document_frequencies() == (2, {3: 1})
    assert before == (2, {1: 1, 2: 2})


async def test_commit_adds_up_blocks(store: AnyStore) -> None:
    """Totals are the sums over all blocks: count, first and last seen, hours."""
    await store.upsert_errors([group("one"), group("two")])
    await store.commit_block(block("b1", {"one": {2 * HOUR: 3, 3 * HOUR: 1}, "two": {2 * HOUR: 1}}))
    await store.commit_block(block("b2", {"one": {HOUR: 2, 2 * HOUR: 5}}))
    found = await one(store, "one")
    assert (found.count, found.first_seen_ms, found.last_seen_ms) == (11, HOUR + 5, 3 * HOUR + 9)
    assert found.timeline == {HOUR: 2, 2 * HOUR: 8, 3 * HOUR: 1}
    assert (await one(store, "two")).count == 1


@pytest.mark.parametrize("settled_by", ["recover", "commit", "reopen"])
async def test_totals_may_wait(store: AnyStore, settled_by: str) -> None:
    """A commit without totals stands at once; its counts show after the next one with totals, after `recover`, or when
    the store is opened again."""
    await store.upsert_errors([group("one"), group("two"), group("three")])
    await store.commit_block(block("b1", {"one": {0: 3}}, open=True), totals=False)
    await store.commit_block(block("b2", {"one": {0: 4}, "two": {0: 1}}), [hex_id("b1")], totals=False)
    assert [row.id for row in await store.get_blocks([hex_id("b1"), hex_id("b2")])] == [hex_id("b2")]
    if settled_by == "commit":
        await store.commit_block(block("b3", {"three": {0: 2}}))
    elif settled_by == "recover":
        await store.recover()
    else:
        await store.close()
        await store.open(model_id="hash", dimension=4)
        await store.recover()
    assert ((await one(store, "one")).count, (await one(store, "two")).count) == (4, 1)
    assert await store.recover() == 0


async def test_same_block_again_changes_nothing(store: AnyStore) -> None:
    """Promise 1: the same content committed twice counts once, and the first commit stands."""
    await store.upsert_errors([group("one"), group("two")])
    await store.commit_block(block("b", {"one": {0: 3}}))
    await store.commit_block(block("b", {"two": {0: 5}}))
    assert (await one(store, "one")).count == 3
    assert (await one(store, "two")).count == 0
    assert (await store.info()).blocks == 1


async def test_block_comes_back_as_written(store: AnyStore) -> None:
    """A ledger row survives the round trip, applied; open ones are found by their first line's hash, without counts."""
    await store.upsert_errors([group("one")])
    row = block("b", {"one": {0: 3}}, open=True, service="api", min_level=Level.ERROR)
    await store.commit_block(row)
    assert await store.get_blocks([hex_id("none"), row.id]) == [replace(row, applied=True)]
    light = replace(row, applied=True, counts={}, first_seen={}, last_seen={}, marks="")
    size = row.size_bytes
    longer = range(size + 1, ANY_SIZE.stop)
    assert await store.find_open_blocks([hex_id("other"), row.head]) == [light]
    assert await store.find_open_blocks([row.head], range(size, size + 1)) == [light]
    assert await store.find_open_blocks([row.head], longer) == []
    assert await store.find_open_blocks([row.head], range(size)) == []
    assert await store.find_open_blocks([hex_id("other")]) == []


async def test_longer_block_replaces_shorter(store: AnyStore) -> None:
    """The unfinished tail of a growing file gives way to its longer self; a group only it held goes with it."""
    await store.upsert_errors([group("one"), group("cut"), group("fixed"), group("pack", origin="starter")])
    await store.upsert_resolutions([resolution("r", "fixed")])
    short = block("short", {"one": {0: 3}, "cut": {0: 1}, "fixed": {0: 1}, "pack": {0: 1}}, open=True)
    await store.commit_block(short)
    await store.upsert_errors([group("two")])
    await store.commit_block(block("long", {"one": {0: 4}, "two": {0: 1}}), [short.id, hex_id("never stored")])
    left = {g.title: g.count for g in await store.query_errors(ErrorFilter(), 10)}
    assert left == {"Title one": 4, "Title two": 1, "Title fixed": 0, "Title pack": 0}
    assert await store.get_blocks([short.id]) == []
    assert await store.find_open_blocks([short.head]) == []
    # The shorter content may come back as a file of its own.
    await store.commit_block(block("short", {"one": {0: 3}}))
    assert (await one(store, "one")).count == 7


async def test_block_of_a_vanished_group_is_not_committed(store: AnyStore) -> None:
    """A group deleted between its upsert and the commit makes the commit fail as retryable, not count into nothing."""
    await store.upsert_errors([group("one")])
    with pytest.raises(StoreUnavailable) as caught:
        await store.commit_block(block("b", {"one": {0: 1}, "gone": {0: 1}}))
    assert caught.value.retry
    assert await store.get_blocks([hex_id("b")]) == []
    assert (await one(store, "one")).count == 0


async def test_status_follows_resolutions(store: AnyStore) -> None:
    """A commit derives the status: seen after a fix worked means returned, before it resolved."""
    await store.upsert_errors([group("before"), group("after"), group("open")])
    await store.upsert_resolutions([resolution("r1", "before"), resolution("r2", "after")])
    await store.commit_block(block("b", {"before": {49 * HOUR: 1}, "after": {51 * HOUR: 1}, "open": {0: 1}}))
    found = {g.title: g.status for g in await store.query_errors(ErrorFilter(), 10)}
    assert found == {"Title before": "resolved", "Title after": "returned", "Title open": "unresolved"}


async def test_large_block_survives(store: AnyStore) -> None:
    """A block whose counts outgrow one JSON field (64 KB on servers) is stored in parts and read back whole."""
    names = [f"g{n}" for n in range(900)]
    await store.upsert_errors([group(n) for n in names])
    row = block("big", {n: {h * HOUR: 1 + h for h in range(8)} for n in names}, open=True)
    await store.commit_block(row)
    assert await store.get_blocks([row.id]) == [replace(row, applied=True)]
    assert (await one(store, "g899")).count == 36
    assert (await store.info()).blocks == 1
    await store.commit_block(block("bigger", {"g0": {0: 1}}), [row.id])
    assert [g.count for g in await store.query_errors(ErrorFilter(), 1_000)] == [1]
    assert await store.recover() == 0


async def test_delete_blocks_takes_their_counts(store: AnyStore) -> None:
    """Deleting by source, service or age removes what those blocks counted, and only that."""
    await store.upsert_errors([group("one"), group("two")])
    await store.commit_block(block("b1", {"one": {0: 3}, "two": {0: 2}}, source='evil" or part == 0 or source == "'))
    await store.commit_block(block("b2", {"one": {0: 5}}, service="api", created_ms=5_000))
    assert await store.delete_blocks(source='" or part == 0 or source == "') == 0
    assert await store.delete_blocks(source='evil" or part == 0 or source == "') == 1
    assert {g.title: g.count for g in await store.query_errors(ErrorFilter(), 10)} == {"Title one": 5}
    assert await store.delete_blocks(service="api", before_ms=5_000) == 0
    assert await store.delete_blocks(service="api", before_ms=5_001) == 1
    assert await store.query_errors(ErrorFilter(), 10) == []
    with pytest.raises(InputError):
        await store.delete_blocks()


async def test_resolution_comes_back_as_written(store: AnyStore) -> None:
    """Every field of a resolution survives; they are found by id and by error."""
    rows = [
        resolution("r1", "one", superseded_by=hex_id("r2"), origin="starter", retracted=True),
        resolution("r2", "one"),
        resolution("r3"),
    ]
    await store.upsert_resolutions(rows)
    assert await store.get_resolutions([r.id for r in rows]) == rows
    assert await store.resolutions_of([hex_id("one"), hex_id("two")]) == sorted(rows[:2], key=lambda r: r.id)
    assert (await store.info()).resolutions == 3
    assert await store.delete_resolutions([rows[0].id]) == 1
    assert await store.resolutions_of([hex_id("one")]) == [rows[1]]


async def test_resolutions_are_found_by_their_own_vectors(store: AnyStore) -> None:
    """Only rows with vectors that are in use are hits; rewriting one without vectors keeps them."""
    rows = [
        resolution("near", vector=axis(0), sparse={1: 1.0}),
        resolution("far", vector=(0.6, 0.8, 0.0, 0.0), sparse={2: 1.0}),
        resolution("plain"),
        resolution("gone", vector=axis(0), sparse={1: 1.0}, retracted=True),
    ]
    await store.upsert_resolutions(rows)
    await store.upsert_resolutions([replace(rows[0], title="again", vector=None, sparse=None)])
    assert [s.id for s in await store.search_resolutions(axis(0), {}, 5)] == [hex_id("near"), hex_id("far")]
    assert [s.id for s in await store.search_resolutions(None, {2: 1.0}, 5)] == [hex_id("far")]
    assert [s.id for s in await store.search_resolutions(axis(0), {1: 1.0}, 5)] == [hex_id("near"), hex_id("far")]
    assert await store.search_resolutions(None, {}, 5) == []


async def test_info_counts(store: AnyStore) -> None:
    """The store says what it holds and what it was made with."""
    await store.upsert_errors([group("one"), group("two")])
    await store.flush()
    info = await store.info()
    assert (info.errors, info.resolutions, info.blocks) == (2, 0, 0)
    assert (info.embedding_model, info.dimension, info.schema_version, info.redaction_version) == ("hash", 4, 1, 0)
    assert info.role == "owner"


async def test_another_model_is_refused(store: AnyStore) -> None:
    """Check 23: vectors of two models never meet; the error names the command that rebuilds."""
    await store.upsert_errors([group("one")])
    await store.close()
    for model, dimension in (("other", 4), ("hash", 8)):
        with pytest.raises(StoreMismatch, match="mcp-rag reindex"):
            await store.open(model_id=model, dimension=dimension)
    await store.open(model_id="hash", dimension=4)
    assert (await one(store, "one")).title == "Title one"


async def test_a_missing_model_reads_what_is_stored(store: AnyStore) -> None:
    """Without an embedding model the store opens all the same and answers by id, code and words."""
    await store.upsert_errors([group("one")])
    await store.close()
    await store.open(model_id="", dimension=384)
    assert [s.id for s in await store.search_sparse({7: 1.0}, 5, ErrorFilter(codes=("E0308",)))] == [hex_id("one")]
    assert (await store.info()).embedding_model == "hash"


async def test_a_closed_store_says_so(store: AnyStore) -> None:
    """After close every call is a StoreError of ours, and closing again is harmless."""
    await store.close()
    await store.close()
    with pytest.raises(StoreError):
        await store.get_errors([hex_id("one")])


async def test_exports_are_whole_and_import_elsewhere(store: AnyStore) -> None:
    """Vectors, weights, counts and times leave and enter as they are; a resolution without vectors stays without."""
    await store.upsert_errors([group("one"), group("two", vector=axis(1), sparse={})])
    await store.upsert_resolutions([resolution("bare", "one"), resolution("own", vector=axis(2), sparse={5: 1.0})])
    await store.commit_block(block("b", {"one": {0: 3, HOUR: 1}}))
    one_row, two_row = await store.export_errors([hex_id("one"), hex_id("two")])
    assert (one_row.vector, dict(one_row.sparse or {}), one_row.count) == (axis(0), {7: 1.5, 9: 0.5}, 4)
    assert (two_row.vector, dict(two_row.sparse or {})) == (axis(1), {})
    bare, own = await store.export_resolutions([hex_id("bare"), hex_id("own")])
    assert (bare.vector, bare.sparse) == (None, None)
    assert (own.vector, dict(own.sparse or {})) == (axis(2), {5: 1.0})
    changed = replace(one_row, id=hex_id("copy"), count=77, first_seen_ms=4, last_seen_ms=8, timeline={0: 77})
    await store.import_errors([changed])
    (copied,) = await store.export_errors([changed.id])
    assert copied == changed


async def test_ids_are_listed_in_order(store: AnyStore) -> None:
    """Each collection lists its ids ascending; of blocks the living ones, not the rows that hold their parts."""
    await store.upsert_errors([group(name) for name in ("one", "two", "three")])
    await store.upsert_resolutions([resolution("fix", "one")])
    await store.commit_block(block("old", {"one": {0: 1}}))
    many = {h * HOUR: 1 for h in range(900)}
    await store.upsert_errors([group(f"g{n}") for n in range(8)])
    await store.commit_block(block("big", {f"g{n}": many for n in range(8)}), [hex_id("old")])
    assert await store.list_ids("errors") == sorted(
        [*(hex_id(n) for n in ("one", "two", "three")), *(hex_id(f"g{n}") for n in range(8))]
    )
    assert await store.list_ids("blocks") == [hex_id("big")]
    assert await store.list_ids("resolutions") == [hex_id("fix")]


async def test_templates_come_without_the_rest(store: AnyStore) -> None:
    """What a template index needs; the message of an error with a trace is of no use to it."""
    rows = [
        replace(group("plain"), template="cannot reach <path>", codes=("E1", "E2"), root_type="", frames=()),
        replace(group("typed"), template="KeyError", root_type="KeyError"),
        replace(group("framed"), template="panic", root_type="", frames=("main.go:main",)),
    ]
    await store.upsert_errors(rows)
    assert await store.get_templates([hex_id(n) for n in ("framed", "nothing", "plain", "typed")]) == [
        (hex_id("framed"), "", rows[2].codes, True),
        (hex_id("plain"), "cannot reach <path>", ("E1", "E2"), False),
        (hex_id("typed"), "", rows[1].codes, True),
    ]
    assert await store.get_templates([]) == []


async def test_imported_blocks_count_only_from_the_next_change(store: AnyStore) -> None:
    """A ledger row imported beside its group changes no total by itself, and takes part in the next recount."""
    await store.upsert_errors([group("one")])
    await store.import_blocks([block("b", {"one": {0: 3}}), block("c", {"one": {0: 4}}, source="other.log")])
    assert (await one(store, "one")).count == 0
    assert [b.id for b in await store.find_blocks(source="other.log")] == [hex_id("c")]
    assert all(b.applied for b in await store.get_blocks([hex_id("b"), hex_id("c")]))
    await store.commit_block(block("d", {"one": {0: 1}}))
    assert (await one(store, "one")).count == 8
    assert await store.delete_blocks(ids=[hex_id("b"), hex_id("d")]) == 2
    assert (await one(store, "one")).count == 4


async def test_import_needs_a_vector(store: AnyStore) -> None:
    """A group without a vector is never stored."""
    with pytest.raises(EmbeddingError):
        await store.import_errors([group("one", vector=None)])
    assert await store.list_ids("errors") == []
