"""The status never fails for a part that is down, and every problem comes with the line that mends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcp_rag import knowledge
from mcp_rag.app import App
from mcp_rag.errors import ModelMissingError, StoreUnavailable
from mcp_rag.results import StatusResult
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio


async def status(app: App) -> StatusResult:
    """The status of an opened app."""
    await app.opened()
    return await app.status.report()


def whats(result: StatusResult) -> str:
    """All problems in one text."""
    return " ".join(p.what for p in result.problems)


async def test_a_fresh_knowledge_base(app: App) -> None:
    """Counts, models and limits are shown; a missing model server or root is a choice, not a degradation."""
    result = await status(app)
    assert (result.errors, result.resolutions, result.blocks, result.shipped_errors) == (0, 0, 0, 0)
    assert (result.embedding_model, result.dimension, result.explainer) == ("hash@64", 64, "none")
    assert result.limits["max_files"] == 10_000
    assert not result.degraded
    assert {p.fix for p in result.problems} == {
        "Set MCP_RAG_LLM_BASE_URL to a model server.",
        "Set MCP_RAG_LOG_ROOTS to the log directories.",
    }


async def test_shipped_errors_are_counted_apart(make_app: Callable[..., App]) -> None:
    """What was never seen here does not look like the user's own errors."""
    app = make_app()
    await app.ready()
    added, _ = await app.resolver.import_notes(knowledge.load()[:10], "starter")
    result = await status(app)
    assert (result.errors, result.shipped_errors) == (0, added)


@pytest.mark.parametrize(
    ("settings", "gone"),
    [
        ({"llm_base_url": "http://127.0.0.1:1/v1", "llm_model": "qwen"}, "evidence only"),
        ({"log_roots": ("/var/log",)}, "may read no path"),
        ({"read_only": True}, "may read no path"),
    ],
)
async def test_settings_take_problems_away(make_app: Callable[..., App], settings: dict[str, Any], gone: str) -> None:
    """Each problem vanishes with the setting its line names."""
    assert gone not in whats(await status(make_app(**settings)))


async def test_a_store_that_is_down_is_a_problem_not_an_error(make_app: Callable[..., App]) -> None:
    """kb_status is what one calls when nothing works: it answers."""
    store = DictStore()
    app = make_app(store=store)
    await app.opened()
    store.fail["info"] = StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)
    result = await app.status.report()
    assert (result.store, result.degraded) == ("unavailable", True)
    assert ("Milvus does not answer.", "Start it.") in [(p.what, p.fix) for p in result.problems]
    given = await app.status.report(StoreUnavailable("Closed port.", "Open it."))
    assert "Closed port." in whats(given)


async def test_a_model_that_is_loading_or_missing(make_app: Callable[..., App]) -> None:
    """Both are told, with what to do."""
    embedder = HashEmbedder(ready=False)
    embedder.failure = ModelMissingError("The model files are missing.", "Fetch them.")
    app = make_app(embedder=embedder)
    await app.opened()
    result = await app.status.report()
    assert (result.embedding_ready, result.degraded) == (False, True)
    assert "loading" in whats(result)
    assert any(p.fix.startswith("Wait") for p in result.problems)
    embedder.reason = "The model files are not on this machine. `mcp-rag fetch-model` fetches them."
    result = await app.status.report()
    assert "not on this machine" in whats(result)
    assert all(p.fix for p in result.problems)


async def test_a_model_without_files_has_no_identity(make_app: Callable[..., App]) -> None:
    """The name of the setting stands in when the model cannot say what it is."""

    class Missing(HashEmbedder):
        @property
        def model_id(self) -> str:
            """No files, no identity."""
            raise ModelMissingError("The model files are missing.", "Fetch them.")

        @model_id.setter
        def model_id(self, value: str) -> None:
            """The base class sets one; it is not kept."""

    app = make_app(embedder=Missing(ready=False), embedding_model="nowhere-v1")
    await app.opened()
    result = await app.status.report()
    assert (result.embedding_model, result.dimension) == ("nowhere-v1", 0)


async def test_another_model_has_no_calibration(make_app: Callable[..., App]) -> None:
    """match_quality was fitted for one model; with another that is said."""
    app = make_app(embedding_model="bge-small")
    assert "match_quality" in whats(await status(app))
