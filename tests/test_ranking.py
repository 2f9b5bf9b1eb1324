"""Scores and orders: tokens of logs, BM25 halves, fusion, the success bound and the status that follows from it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag import ranking
from mcp_rag.rows import Outcome, Resolution, ResolutionOutcome, Scored

DAY = 86_400_000


def fix(name: str, *outcomes: tuple[Outcome, int], at: int = 1, **changes: object) -> Resolution:
    """A resolution with outcome counts."""
    rows = tuple(ResolutionOutcome(o, "", "", n, at) for o, n in outcomes)
    values = {"created_ms": at, **changes}
    return Resolution(name, "e" * 32, "", name, outcomes=rows, **values)  # type: ignore[arg-type] # test values


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("java.lang.NullPointerException", {"java.lang.nullpointerexception", "java", "null", "pointer", "exception"}),
        ("E0308", {"e0308"}),
        ("SQLSTATE 40P01", {"sqlstat", "40p01"}),
        ("ORA-00942: table", {"ora-00942", "ora", "tabl"}),
        ("user_id", {"user", "id"}),
        ("HTTP 503", {"http", "503"}),
        ("连接超时", {"连", "连接", "接超", "超时"}),
        ("NCCL_TIMEOUT", {"nccl", "timeout"}),
        ("getUserById", {"getuserbyid", "get", "user", "by", "id"}),
    ],
)
def test_tokens_keep_codes_whole_and_split_names(text: str, held: set[str]) -> None:
    """The log tokeniser keeps `E1234` and splits camelCase and dots (DESIGN section 4, the lexical leg)."""
    assert held <= set(ranking.tokenize(text))


def test_bare_long_numbers_are_no_tokens() -> None:
    """Ids, times and sizes are noise to a lexical search unless a word carries them."""
    assert ranking.tokenize("1234567890 took") == ["took"]


def test_tokenizing_is_bounded_and_linear() -> None:
    """At most 4,000 tokens, and hostile runs take no noticeable time (house rule: linear expressions)."""
    started = time.process_time()
    for hostile in ("a" * 300_000, "A1" * 150_000, "a.b-c:" * 50_000, "漢" * 100_000, "___" * 100_000):
        assert len(ranking.tokenize(hostile)) <= ranking.MAX_TOKENS
    assert time.process_time() - started < 5


def test_a_token_id_is_positive_and_fits() -> None:
    """Milvus's sparse field takes 1 to 2^31-1; no token may map to 0."""
    assert all(0 < ranking.token_id(str(n)) < 2**31 for n in range(20_000))


def test_the_rare_token_decides() -> None:
    """BM25: the document that holds the rare code beats the one that holds common words (Robertson and Zaragoza)."""
    documents = ["timeout while reading from upstream", "timeout while reading E7731", "timeout again and again"]
    weights = [ranking.document_weights(d) for d in documents]
    frequencies: dict[int, int] = {}
    for held in weights:
        for token in held:
            frequencies[token] = frequencies.get(token, 0) + 1
    query = ranking.query_weights("timeout E7731 reading", len(documents), frequencies)
    scores = [sum(w * held.get(t, 0) for t, w in query.items()) for held in weights]
    assert scores.index(max(scores)) == 1
    assert all(s >= 0 for s in scores)


def test_query_weights_keep_the_rarest_known_tokens() -> None:
    """Unknown tokens match nothing, and the limit drops the commonest first."""
    known = {ranking.token_id("rare"): 1, ranking.token_id("common"): 99}
    assert set(ranking.query_weights("rare common unknown", 100, known, limit=1)) == {ranking.token_id("rare")}


def test_idf_is_never_negative() -> None:
    """Even for a token that every document holds."""
    assert ranking.inverse_document_frequency(10, 10) > 0


@pytest.mark.parametrize(
    ("dense", "lexical", "order"),
    [
        ([("a", 0.9), ("b", 0.1)], [("b", 9.0), ("a", 1.0)], ["b", "a"]),
        ([("a", 0.9)], [], ["a"]),
        ([], [("b", 3.0), ("a", 3.0)], ["a", "b"]),
        ([("a", 0.5), ("b", 0.4)], [("b", 5.0), ("c", 1.0)], ["b", "c", "a"]),
        ([], [], []),
        ([("a", -0.2)], [("b", 0.0)], ["a", "b"]),
    ],
)
def test_fusion(dense: list[tuple[str, float]], lexical: list[tuple[str, float]], order: list[str]) -> None:
    """Each leg as a share of its best, the lexical one heavier, ties by id: the same input gives the same order."""
    fused = ranking.fuse([Scored(*d) for d in dense], [Scored(*d) for d in lexical])
    assert [s.id for s in fused] == order
    assert all(0 <= s.score <= 1 for s in fused)


scores = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.floats(-1e6, 1e6)).map(lambda t: Scored(*t)), unique_by=lambda s: s.id
)


@given(scores, scores)
@settings(max_examples=60, deadline=None)
def test_fusion_keeps_every_id_and_stays_in_range(dense: Sequence[Scored], lexical: Sequence[Scored]) -> None:
    """Whatever the legs hold, each id comes out once with a finite score in 0..1."""
    fused = ranking.fuse(dense, lexical)
    assert sorted(s.id for s in fused) == sorted({s.id for s in [*dense, *lexical]})
    assert all(math.isfinite(s.score) and -1e-9 <= s.score <= 1 + 1e-9 for s in fused)


def test_one_of_one_does_not_beat_forty_of_forty_five() -> None:
    """Resolutions rank by the lower bound of their success rate (DESIGN section 6)."""
    lucky, proven = fix("lucky", ("worked", 1)), fix("proven", ("worked", 40), ("failed", 5))
    assert [r.id for r in ranking.order_resolutions([lucky, proven])] == ["proven", "lucky"]
    assert ranking.wilson(1, 1) < ranking.wilson(40, 45) < 40 / 45


def test_order_of_resolutions() -> None:
    """Worked, then shipped, then only failed; superseded last whatever its count; retracted not at all."""
    rows = [
        fix("failed", ("failed", 3)),
        fix("shipped", origin="starter"),
        fix("superseded", ("worked", 99), superseded_by="x" * 32),
        fix("worked", ("worked", 2)),
        fix("retracted", ("worked", 50), retracted=True),
        fix("partial", ("partial", 1)),
    ]
    assert [r.id for r in ranking.order_resolutions(rows)] == ["worked", "partial", "shipped", "failed", "superseded"]


def test_a_partial_success_counts_half() -> None:
    """Two partial ones weigh as one that worked of two."""
    assert ranking.success_bound(fix("p", ("partial", 2))) == pytest.approx(ranking.wilson(1, 2))
    assert ranking.wilson(0, 0) == 0


def test_staleness_needs_a_year_without_confirmation() -> None:
    """`stale` is about the last confirmation, and reading never changes it."""
    old = fix("old", at=DAY)
    assert ranking.is_stale(old, 400 * DAY)
    assert not ranking.is_stale(fix("confirmed", at=DAY, verified_ms=300 * DAY), 400 * DAY)
    assert not ranking.is_stale(old, 300 * DAY)


@pytest.mark.parametrize(
    ("outcomes", "last_seen", "status"),
    [
        ([], 5, "unresolved"),
        ([("failed", 1)], 5, "unresolved"),
        ([("partial", 1)], 5, "unresolved"),
        ([("worked", 1)], 5, "resolved"),
        ([("worked", 1)], 10, "resolved"),
        ([("worked", 1)], 11, "returned"),
        ([("worked", 1)], 0, "resolved"),
    ],
)
def test_status_follows_from_resolutions(outcomes: list[tuple[Outcome, int]], last_seen: int, status: str) -> None:
    """Resolved once a fix worked and nothing came after it; returned when something did."""
    assert ranking.status_of(last_seen, [fix("r", *outcomes, at=10)] if outcomes else []) == status


def test_a_retracted_fix_resolves_nothing() -> None:
    """Undo brings the status back."""
    assert ranking.status_of(1, [fix("r", ("worked", 1), at=10, retracted=True)]) == "unresolved"


def test_common_tokens_are_left_out_of_a_large_collection() -> None:
    """A search walks no posting list of a tenth of the collection while rarer tokens decide (benchmarks/search.py), and
    a query of common words alone still searches with its rarest."""
    common = {ranking.token_id(t): 5_000 for t in ("cannot", "order", "load", "cart")}
    rare = {ranking.token_id(t): 7 for t in ("zebra", "yeti", "walrus", "vole")}
    words = "cannot order load cart zebra yeti walrus vole"
    assert set(ranking.query_weights(words, 10_000, {**common, **rare})) == set(rare)
    assert set(ranking.query_weights(words, 1_000, {**common, **rare})) == {*common, *rare}
    assert set(ranking.query_weights("cannot order load cart", 10_000, common)) == set(common)
