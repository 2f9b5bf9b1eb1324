"""Reranking: only guessed hits move, and whatever goes wrong is said and costs nothing but the order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mcp_rag import reranking
from mcp_rag.app import App
from mcp_rag.embedding.reranker import MAX_CHARS, CrossEncoderReranker, create_reranker
from mcp_rag.errors import EmbeddingError, ModelMissingError
from mcp_rag.hits import Candidate
from mcp_rag.reranking import TOP, reranked
from mcp_rag.results import MatchType
from mcp_rag.rows import ErrorGroup
from mcp_rag.search import SearchRequest
from mcp_rag.types import Level
from tests.fakes import LaterFirst, hex_id

pytestmark = pytest.mark.anyio


def candidates(*kinds: MatchType) -> list[Candidate]:
    """Candidates in the order given, weak ones where they are guessed."""
    return [
        Candidate(
            ErrorGroup(hex_id(n), f"e{n}", f"e{n}", f"e{n}", f"text {n}", f"text {n}", Level.ERROR), kind, dense=0.5
        )
        for n, kind in enumerate(kinds)
    ]


def order(found: Sequence[Candidate]) -> list[str]:
    return [candidate.group.title for candidate in found]


async def test_only_guessed_hits_move() -> None:
    """Exact, template and code matches keep their places whatever the model says."""
    model = LaterFirst()
    found, reason = await reranked(
        model, "q", candidates("exact", "template", "code", "semantic", "lexical", "semantic")
    )
    assert order(found) == ["e0", "e1", "e2", "e5", "e4", "e3"]
    assert reason == ""
    assert model.asked == [("q", ["text 3", "text 4", "text 5"])]


async def test_strong_hits_stay_before_the_others() -> None:
    """A calibrated word is not overruled by a model that nobody calibrated."""
    shown = candidates("semantic", "semantic", "semantic")
    shown[0].dense = shown[0].coverage = shown[0].echo = 1.0
    found, _ = await reranked(LaterFirst(), "q", shown)
    assert order(found) == ["e0", "e2", "e1"]


async def test_hits_beyond_the_first_twenty_stay() -> None:
    found, _ = await reranked(LaterFirst(), "q", candidates(*["semantic"] * (TOP + 3)))
    assert order(found) == [f"e{n}" for n in (*range(TOP - 1, -1, -1), TOP, TOP + 1, TOP + 2)]


@pytest.mark.parametrize("kinds", [(), ("exact",), ("code", "semantic")])
async def test_nothing_to_order_asks_nobody(kinds: tuple[MatchType, ...]) -> None:
    """A model that is not ready is no degradation of a result that it would not have changed."""
    model = LaterFirst(ready=False)
    assert await reranked(model, "q", shown := candidates(*kinds)) == (shown, "")
    assert model.started == 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (LaterFirst(ready=False), "The rerank model is still loading."),
        (LaterFirst(ready=False, reason="No such model. Fetch it."), "No such model. Fetch it."),
        (LaterFirst(fault=EmbeddingError("Out of memory.", "Buy some.")), "Out of memory."),
    ],
)
async def test_without_the_model_the_order_stays_and_the_result_says_so(model: LaterFirst, said: str) -> None:
    shown = candidates("semantic", "semantic")
    assert await reranked(model, "q", shown) == (shown, f"{said} The order is that of vectors and words.")
    assert model.started == 1


async def test_a_slow_model_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is the search's, not the model's."""
    model = LaterFirst()
    never = asyncio.Event()

    async def scores(query: str, texts: Sequence[str]) -> list[float]:
        await never.wait()
        return []

    monkeypatch.setattr(model, "scores", scores)
    monkeypatch.setattr(reranking, "DEADLINE_S", 0.01)
    shown = candidates("semantic", "semantic")
    found, reason = await reranked(model, "q", shown)
    assert found == shown
    assert "took longer than" in reason


async def test_a_search_says_that_it_was_not_reranked(make_app: Callable[..., App]) -> None:
    """Through the verbs: `degraded` in the result, a problem in the status, gone once the model is there."""
    app = make_app(rerank_model="./no-such-cross-encoder")
    model = LaterFirst(ready=False, reason="No such model.")
    app.searcher.reranker = model
    lines = "".join(f"2026-11-23T10:00:{n:02d}Z ERROR api flux capacitor {w} failed\n" for n, w in enumerate("abcd"))
    async for _ in app.ingest(text=lines.replace(" a ", " primary ").replace(" b ", " spare "), trusted=True):
        pass
    request = SearchRequest("why did the flux capacitor fail")
    before = await app.searcher.search(request)
    assert before.degraded
    assert "No such model." in before.degraded_reason
    assert "No such model." in " ".join(p.what for p in (await app.status.report()).problems)
    model.ready = True
    after = await app.searcher.search(request)
    assert not after.degraded
    assert [hit.id for hit in after.hits] == [hit.id for hit in reversed(before.hits)]


def loaded(reranker: CrossEncoderReranker) -> CrossEncoderReranker:
    """The reranker once its load ended."""
    reranker.start()
    assert reranker._loading is not None
    reranker._loading.join(60)
    return reranker


async def test_it_loads_once_and_in_the_background() -> None:
    """Starting twice opens once; `ready` is false until then."""
    go, opened = threading.Event(), []

    def open_scorer() -> Any:
        assert go.wait(60)
        opened.append(1)
        return lambda pairs: [len(text) for _, text in pairs]

    reranker = CrossEncoderReranker(open_scorer)
    reranker.start()
    assert not reranker.ready
    with pytest.raises(EmbeddingError, match="not loaded"):
        await reranker.scores("q", ["a"])
    go.set()
    loaded(reranker)
    reranker.start()
    assert (reranker.ready, len(opened)) == (True, 1)
    assert await reranker.scores("q", ["a", "b" * 9_999]) == [1.0, float(MAX_CHARS)]


def test_a_failed_load_is_said_and_tried_again_later() -> None:
    now, faults = [0.0], [ModelMissingError("No weights.", "Fetch them."), MemoryError()]

    def open_scorer() -> Any:
        if faults:
            raise faults.pop(0)
        return lambda pairs: [0.0] * len(pairs)

    reranker = CrossEncoderReranker(open_scorer, clock=lambda: now[0])
    assert loaded(reranker).reason == "No weights. Fetch them."
    assert loaded(reranker).reason == "No weights. Fetch them."
    now[0] = 31.0
    assert "MemoryError" in loaded(reranker).reason
    now[0] = 62.0
    assert (loaded(reranker).ready, reranker.reason) == (True, "")


@pytest.mark.parametrize("answer", [[[0.1, 0.9]] * 2, [float("nan"), 1.0], [1.0]])
async def test_a_model_of_another_kind_is_refused(answer: Any) -> None:
    """Several labels, no number, too few numbers: never an order made of them."""
    reranker = loaded(CrossEncoderReranker(lambda: lambda _: answer))
    with pytest.raises(EmbeddingError, match="one finite number a pair"):
        await reranker.scores("q", ["a", "b"])


def test_without_torch_the_reason_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_rag.embedding.reranker.is_installed", lambda: False)
    assert 'pip install "mcp-rag[torch]"' in loaded(create_reranker(str(tmp_path))).reason
