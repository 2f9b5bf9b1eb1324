"""The model client when the answer, and not the evidence, is what does not fit the context."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcp_rag.errors import ExplainerError
from mcp_rag.llm import LlmClient
from mcp_rag.rows import Draft, Evidence
from tests.fake_llm import MODEL, Behaviour, FakeLlm, answer, bad_request, reply

ENTRY = Evidence("a" * 32, "pool exhausted", "pool exhausted at take", relevance="exact")
LONG = Evidence("b" * 32, "long", "other words " * 700, relevance="possible")


def ask(behaviour: Behaviour, *evidence: Evidence, tokenize: bool) -> tuple[Draft | ExplainerError, FakeLlm]:
    async def scenario() -> tuple[Draft | ExplainerError, FakeLlm]:
        async with asyncio.timeout(20), FakeLlm(behaviour, window=8_192, tokenize=tokenize) as fake:
            client = LlmClient(fake.base_url, MODEL, max_tokens=9_000)
            try:
                return await client.explain("pool exhausted", evidence), fake
            except ExplainerError as error:
                return error, fake
            finally:
                await client.aclose()

    return asyncio.run(scenario())


async def takes_half_the_context(exchange: Any) -> None:
    short = exchange.request.json["max_tokens"] <= 4_096
    await (reply(answer()) if short else bad_request("max_tokens"))(exchange)


@pytest.mark.parametrize(
    ("evidence", "tokenize"),
    [((ENTRY,), True), ((ENTRY,), False), ((ENTRY, LONG), True)],
    ids=["counted", "not counted", "long and counted"],
)
def test_an_answer_too_long_for_the_context_costs_no_evidence(evidence: Any, tokenize: bool) -> None:
    """Refused for max_tokens alone: the same prompt is sent with a shorter answer. (Found against a running vLLM: with
    a prompt as small as prompts get, the client gave up and blamed the context.)"""
    draft, fake = ask(takes_half_the_context, *evidence, tokenize=tokenize)
    assert isinstance(draft, Draft)
    assert len({len(r.prompt) for r in fake.chats}) == 1
    assert [r.json["max_tokens"] for r in fake.chats] == [9_000, 4_096]


def test_a_server_that_refuses_every_length_is_given_up() -> None:
    """The answer is shortened once; then there is nothing left to give way."""
    error, fake = ask(bad_request("max_tokens"), ENTRY, tokenize=True)
    assert isinstance(error, ExplainerError)
    assert error.reason == "context_too_small"
    assert len(fake.chats) == 2
