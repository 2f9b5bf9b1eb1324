"""Answers inside `max_tokens`: never above it by real tokenizers, four fifths used when more exists, every cut told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag import render
from mcp_rag.cursors import Cursor, encode_cursor, page_digest
from mcp_rag.fitting import MARK, fit_explain, fit_get, fit_list, fit_search
from mcp_rag.results import (
    Citation,
    ExplainResult,
    GetResult,
    Hit,
    HitResolution,
    ListedError,
    ListResult,
    NextCall,
    Parsed,
    Scores,
    SearchResult,
    Step,
    TimelineBucket,
)
from tests.fakes import hex_id
from tests.real_tokens import real_tokens

BUDGETS = (200, 700, 2_000, 8_000)
TRACE = "java.lang.IllegalStateException: pool exhausted\n" + "\n".join(
    f"\tat com.acme.pool.Pool{n}.take(Pool.java:{n})" for n in range(400)
)
TEXTS: dict[str, str] = {
    "100 B": "ERROR api connect to db-1:5432 failed: ECONNREFUSED after 3 attempts, giving up for good this time....."[
        :100
    ],
    "trace": TRACE,
    "1 MB": "2026-11-23T10:00:00Z ERROR api quota 'x' of \"y\" exceeded\n" * 17_000,
    "1 MB in one line": "key=value; " * 90_000,
    "quotes": '"\\"\n' * 3_000,
    "chinese": "数据库连接超时，请检查网络配置。\n" * 800,
    "hex": "deadbeef01234567" * 2_000,
}


def cursor(n: int) -> str:
    """A cursor for n rows shown."""
    return encode_cursor(Cursor().and_all([hex_id(i) for i in range(n)]), page_digest("q"))


def hit(rank: int, sample: str, **changes: Any) -> Hit:
    """A hit with everything set."""
    fix = HitResolution(hex_id(("fix", rank)), "restart the pool and raise pool.size to 30 " * 8, 4, 1, 0, "pool>=2")
    values: dict[str, Any] = {
        "id": hex_id(rank),
        "rank": rank,
        "match_type": "code",
        "match_quality": "possible",
        "why": [
            "code E0308, SQLSTATE 40P01",
            "exception type java.lang.IllegalStateException",
            "tokens pool, exhausted",
        ],
        "title": "java.lang.IllegalStateException: pool exhausted after 30 s in worker " * 3,
        "template": "java.lang.IllegalStateException: pool exhausted after <*> s " * 6,
        "sample": sample,
        "level": "ERROR",
        "status": "unresolved",
        "services": ["api", "worker", "billing", "gateway"],
        "count": 12345,
        "first_seen": "2026-11-23T10:00:00Z",
        "last_seen": "2026-11-24T10:00:00.123Z",
        "resolutions": [fix, replace(fix, id=hex_id(("other", rank)))],
        "scores": Scores(0.8123, 12.345, 0.9876),
    }
    return Hit(**{**values, **changes})


def found(hits: list[Hit]) -> SearchResult:
    """A page of hits."""
    return SearchResult(
        parsed=Parsed(
            "java",
            "a.b.OuterException",
            "a.b.InnerException",
            "pool exhausted " * 30,
            ["E1"] * 16,
            ["f:g"] * 5,
            3,
            hex_id("q"),
        ),
        hits=hits,
        returned=len(hits),
        total=90,
        truncated=True,
        next_cursor=cursor(len(hits)),
        retrieval_mode="hybrid",
        degraded=False,
        filters_applied={"level": "ERROR and above", "service": "api", "since": "2026-11-23T10:00:00Z"},
        next_calls=[NextCall("get_error", {"error_id": hex_id(1)}), NextCall("explain_error", {"error_id": hex_id(1)})],
    )


def listed(n: int) -> ListedError:
    """A row of a listing with a whole timeline."""
    buckets = [TimelineBucket(f"2026-11-23T{h:02d}:00:00Z", h * n + 1) for h in range(24)]
    return ListedError(
        hex_id(n),
        f"connection to shard {n} lost: " + "ECONNRESET " * 9,
        "ERROR",
        "new",
        n + 1,
        n + 9,
        "2026-11-23T00:00:00Z",
        "2026-11-23T23:00:00Z",
        ["api", "db"],
        "raise the keep-alive " * 6,
        buckets,
    )


def listing(n: int) -> ListResult:
    """A page of rows."""
    return ListResult(
        [listed(i) for i in range(n)], n, 200, True, cursor(n), "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"
    )


def one(text: str, offset: int = 0) -> GetResult:
    """One group with its text from an offset on."""
    facts = hit(1, "").resolutions
    return GetResult(
        hex_id(1),
        "pool exhausted " * 13,
        "ERROR",
        "resolved",
        5,
        "2026-11-23T00:00:00Z",
        "2026-11-24T00:00:00Z",
        "",
        text[offset:],
        offset,
        0,
        len(text),
        False,
        "pool <*> " * 55,
        "a.B",
        "c.D",
        "java",
        ["E1", "E2"] * 8,
        ["svc"] * 20,
        [f"/var/log/app/service.log.{i}" for i in range(10)],
        "user",
        facts,
        [hex_id(i) for i in range(10)],
    )


def explained(sample: str) -> ExplainResult:
    """An answer with steps, citations and evidence."""
    return ExplainResult(
        "known_fix", "The pool is exhausted because connections leak. " * 4, "A leak in the worker. " * 5,
        [Step(f"Raise pool.size to {n} and restart the worker. " * 3, [hex_id(n)]) for n in range(6)],
        [Citation(hex_id(n), "pool exhausted after 30 s " * 4) for n in range(6)],
        [hit(n, sample) for n in range(6)], "qwen", False, timings_ms={"search": 12, "answer": 900},
        parsed=found([]).parsed,
    )  # fmt: skip


def size(result: Any) -> int:
    """Real tokens of the larger channel."""
    facts = render.data(result)
    return max(
        real_tokens(json.dumps(facts, ensure_ascii=False, separators=(",", ":"))), real_tokens(render.text(facts))
    )


CASES: dict[str, Callable[[str, int], Any]] = {
    "search full": lambda text, budget: fit_search(
        found([hit(n, text) for n in range(1, 6)]), budget, cursor, full=True
    ),
    "search concise": lambda text, budget: fit_search(
        found([hit(n, text[:500]) for n in range(1, 21)]), budget, cursor, full=False
    ),
    "search one": lambda text, budget: fit_search(found([hit(1, text)]), budget, cursor, full=True),
    "list": lambda text, budget: fit_list(listing(40), budget, cursor),
    "get": lambda text, budget: fit_get(one(text), budget),
    "get on": lambda text, budget: fit_get(one(text * 2, 50), budget),
    "explain": lambda text, budget: fit_explain(explained(text[:3_000]), budget),
}


PAIRS = [(name, text) for name in CASES for text in TEXTS if name != "list" or text == "100 B"]


@pytest.mark.parametrize(("name", "text"), PAIRS)
def test_never_above_the_budget(name: str, text: str) -> None:
    """The promise of DESIGN section 3: whatever the entries hold, no answer is above max_tokens in either channel,
    counted by cl100k_base and o200k_base."""
    for budget in BUDGETS:
        assert size(CASES[name](TEXTS[text], budget)) <= budget, budget


@pytest.mark.parametrize(
    ("name", "text"),
    [pair for pair in PAIRS if pair[0] in ("list", "explain") or (pair[0] != "search concise" and pair[1] != "100 B")],
)
def test_four_fifths_are_used_when_more_exists(name: str, text: str) -> None:
    """At least 80 % of the budget is used when there was more to say (DESIGN section 3)."""
    for budget in (1_000, 8_000):
        result = CASES[name](TEXTS[text], budget)
        if name == "explain" and not result.truncated:
            continue  # everything was said
        assert size(result) >= 0.8 * budget, budget


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("budget", [200, 2_000])
def test_slices_join_to_the_whole_text(text: str, budget: int) -> None:
    """Following next_offset to its end gives every character once, and every slice but the last says it was cut."""
    whole = TEXTS[text][: 30 * budget]
    parts, offset, calls = [], 0, 0
    while True:
        part = fit_get(one(whole, offset), budget)
        parts.append(part.text)
        calls += 1
        assert part.offset == offset
        if not part.truncated:
            assert part.next_offset == 0
            break
        assert part.next_offset == offset + len(part.text) > offset
        offset = part.next_offset
    assert "".join(parts) == whole
    assert budget < 1_000 or calls <= 4 + real_tokens(whole) // (0.3 * budget)


@given(st.text(max_size=400), st.sampled_from([200, 400]))
@settings(max_examples=40, deadline=None)
def test_slices_of_any_text_join(text: str, budget: int) -> None:
    """Also for hidden characters, quotes and lone surrogates, which cost most inside JSON."""
    whole = render.shown(text * 3)
    parts, offset = [], 0
    while True:
        part = fit_get(one(whole, offset), budget)
        assert size(part) <= budget
        parts.append(part.text)
        if not part.truncated:
            break
        offset = part.next_offset
    assert "".join(parts) == whole


def test_hits_that_do_not_fit_are_on_the_next_page() -> None:
    """A cut page says so and its cursor points behind what was shown, not behind what was asked for."""
    result = fit_search(found([hit(n, TRACE) for n in range(1, 21)]), 1_000, cursor, full=False)
    assert 1 <= len(result.hits) < 20
    assert (result.returned, result.truncated) == (len(result.hits), True)
    assert result.next_cursor == cursor(len(result.hits))
    assert [h.rank for h in result.hits] == list(range(1, len(result.hits) + 1))


def test_a_cut_sample_says_how_to_read_on() -> None:
    """Every cut tells the tool that has the rest (DESIGN, principle 5)."""
    result = fit_search(found([hit(1, TRACE)]), 1_000, cursor, full=True)
    assert result.hits[0].sample.endswith(MARK)
    assert "get_error" in MARK
    assert TRACE.startswith(result.hits[0].sample.removesuffix(MARK))


def test_concise_samples_are_short() -> None:
    """Concise keeps a sample at about 120 tokens although the budget has room."""
    result = fit_search(found([hit(1, TRACE)]), 8_000, cursor, full=False)
    assert 60 <= real_tokens(result.hits[0].sample) <= 130


def test_a_small_result_is_left_alone() -> None:
    """What fits is not touched: nothing is shortened, nothing said to be cut."""
    short = replace(found([hit(1, "short", title="t", template="t")]), truncated=False, next_cursor="")
    assert fit_search(short, 8_000, cursor, full=True) == short
    rows = replace(listing(2), truncated=False, next_cursor="")
    assert fit_list(rows, 8_000, cursor) == rows
    answer = explained("short")
    assert fit_explain(answer, 8_000) == answer
    assert fit_get(one("short"), 8_000) == one("short")


def test_empty_results_fit() -> None:
    """No hits, no rows, no evidence: still within the smallest budget."""
    assert size(fit_search(found([]), 200, cursor, full=True)) <= 200
    assert size(fit_list(replace(listing(0), hint="nothing " * 60), 200, cursor)) <= 200
    assert size(fit_explain(replace(explained(""), evidence=[]), 200)) <= 200
    assert fit_get(one(""), 200).text == ""


def test_the_answer_outlives_the_evidence() -> None:
    """Explanations give up samples and evidence before steps, and the verdict never."""
    answer = fit_explain(explained(TRACE[:3_000]), 1_500)
    assert answer.truncated
    assert len(answer.steps) == 6
    assert fit_explain(explained(TRACE), 200).verdict == "known_fix"


def test_timelines_go_before_rows_and_come_back_with_room() -> None:
    """A listing keeps rows rather than timelines; what room is left shows timelines of the first rows."""
    result = fit_list(listing(10), 2_000, cursor)
    assert len(result.errors) > 5
    assert result.errors[-1].timeline == []
    roomy = fit_list(listing(10), 5_000, cursor)
    assert len(roomy.errors) == 10
    assert roomy.errors[0].timeline
