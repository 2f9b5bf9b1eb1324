"""`explain_error` over stdio with a real model server behind it: the server process as a host starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

URL = os.environ.get("MCP_RAG_TEST_VLLM_URL", "")
KEY = os.environ.get("MCP_RAG_TEST_VLLM_KEY", "")
MODEL, ADAPTER = "qwen3-tiny", "diag"
QUOTE = "connection pool exhausted"
LOG = f"""\
2026-11-20 10:00:00,000 ERROR shop.db: {QUOTE} after 3000 ms
2026-11-20 10:00:07,000 ERROR shop.mail: template welcome.html is missing
2026-11-20 10:00:09,000 ERROR shop.db: {QUOTE} after 3207 ms
"""
PASTE = f"2026-11-21 08:15:00,000 ERROR shop.db: {QUOTE} after 2950 ms"
CALL_SECONDS = 90
Call = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not URL, reason="no vLLM server: run scripts/test-vllm"),
]


def with_server(data: Path, scenario: Callable[[Call], Awaitable[None]], **settings: str) -> None:
    """Run the scenario against `mcp-rag serve` on stdio, with the model server configured by the environment alone."""
    from mcp import Client, StdioServerParameters

    environment = {k: v for k, v in os.environ.items() if not k.startswith("MCP_RAG_")}
    given = {"DATA_DIR": str(data), "STARTER_KNOWLEDGE": "false", "LLM_BASE_URL": URL, "LLM_API_KEY": KEY, **settings}
    environment |= {f"MCP_RAG_{name}": value for name, value in given.items()}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "mcp_rag", "serve"], env=environment)

    async def session() -> None:
        async with Client(parameters) as client:

            async def call(tool: str, **arguments: Any) -> dict[str, Any]:
                result = await asyncio.wait_for(client.call_tool(tool, arguments), CALL_SECONDS)
                assert not result.is_error, result.content
                facts: dict[str, Any] = result.structured_content
                return facts

            await scenario(call)

    asyncio.run(session())


async def resolves(call: Call, citations: list[dict[str, Any]]) -> None:
    """Every citation is a stored error that holds the quote."""
    assert citations
    for citation in citations:
        entry = await call("get_error", error_id=citation["id"])
        assert entry["id"] == citation["id"]
        fixes = [r["fix"] for r in entry.get("resolutions", [])]
        assert any(citation["quote"] in text for text in (entry["text"], *fixes))


def test_an_ingested_error_is_explained_by_the_model(tmp_path: Path) -> None:
    """Ingest, explain, record a fix, explain again: the model wrote it, code decided the verdict, proof resolves."""

    async def scenario(call: Call) -> None:
        report = await call("ingest_logs", text=LOG)
        assert (report["complete"], report["stored"], report["groups_new"]) == (True, 3, 2)

        first = await call("explain_error", error_text=PASTE)
        assert first["generated_by"] == MODEL
        assert not first.get("degraded"), first
        # The model says known_fix; nothing is recorded yet, so the answer does not.
        assert first["verdict"] == "likely_cause"
        await resolves(call, first["citations"])

        stored = await call("record_resolution", error_text=PASTE, fix="Raise the pool limit.", outcome="worked")
        second = await call("explain_error", error_text=PASTE)
        assert (second["generated_by"], second["verdict"]) == (MODEL, "known_fix")
        assert [c["quote"] for c in second["citations"]] == [QUOTE]
        assert [c["id"] for c in second["citations"]] == [stored["error_id"]]
        assert second["steps"][0]["citations"] == [stored["error_id"]]
        await resolves(call, second["citations"])

    with_server(tmp_path / "kb", scenario)


def test_a_configured_adapter_writes_the_explanation(tmp_path: Path) -> None:
    """MCP_RAG_LLM_MODEL may name a LoRA adapter; `generated_by` says so and its words arrive."""

    async def scenario(call: Call) -> None:
        await call("ingest_logs", text=LOG)
        result = await call("explain_error", error_text=PASTE)
        assert result["generated_by"] == ADAPTER
        assert result["summary"] == "Raise the connection pool limit."
        await resolves(call, result["citations"])

    with_server(tmp_path / "kb", scenario, LLM_MODEL=ADAPTER)


def test_a_refused_key_leaves_the_evidence(tmp_path: Path) -> None:
    """The model server is no need: with a wrong key the same call answers from the evidence and says why."""

    async def scenario(call: Call) -> None:
        await call("ingest_logs", text=LOG)
        result = await call("explain_error", error_text=PASTE)
        assert (result["generated_by"], result["degraded"]) == ("none", True)
        assert "refused the key" in result["degraded_reason"]
        assert result["evidence"]

    with_server(tmp_path / "kb", scenario, LLM_API_KEY="wrong")
