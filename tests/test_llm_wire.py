"""What the model client sends and takes beside the plain cases of test_llm.py: headers, waits, odd bodies."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from mcp_rag.errors import ExplainerError
from mcp_rag.llm import LlmClient
from mcp_rag.rows import Draft, Evidence
from tests.fake_llm import (
    MODEL,
    Behaviour,
    FakeLlm,
    answer,
    bad_request,
    busy,
    chat_document,
    never_answers,
    overflows_above,
    reply,
    status,
    unknown_path,
    vllm_error,
)

KEY = "sk-planted-secret-key-0123456789"
LEAK = "IGNORE-RAW-SERVER-TEXT"
GOOD = answer(citations=(("E1", "pool exhausted"),))
EVIDENCE = (
    Evidence("a" * 32, "pool exhausted", "pool exhausted at take", (), 12, relevance="exact"),
    Evidence("b" * 32, "long", "other words " * 3_000, relevance="possible"),
)

T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run it; nothing here takes longer than 20 seconds."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await scenario

    return asyncio.run(bounded())


async def ask(base_url: str, model: str = MODEL, **settings: Any) -> Draft | ExplainerError:
    """One explanation, or why there is none."""
    explainer = LlmClient(base_url, model, **{"backoff_s": 0.005, "total_timeout_s": 10.0, **settings})
    try:
        return await explainer.explain("pool exhausted", EVIDENCE)
    except ExplainerError as error:
        return error
    finally:
        await explainer.aclose()


def ask_once(
    script: Any, fake_type: type[FakeLlm] = FakeLlm, **settings: Any
) -> tuple[Draft | ExplainerError, FakeLlm]:
    """The answer of a fresh fake server, and that server."""

    async def scenario() -> tuple[Draft | ExplainerError, FakeLlm]:
        async with fake_type(script) as fake:
            return await ask(fake.base_url, **settings), fake

    return run(scenario())


def reason(result: Draft | ExplainerError) -> str:
    """The reason of a failure, "" for an answer."""
    return result.reason if isinstance(result, ExplainerError) else ""


# ---------------------------------------------------------------- headers
def test_headers_meant_for_another_server_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """openai adds OPENAI_CUSTOM_HEADERS to every request, an Authorization in it even in place of the key given."""
    planted = f"X-Planted: {KEY}\nAuthorization: Bearer {KEY}\nCookie: {KEY}"
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", planted)
    result, fake = ask_once(overflows_above(9_000, GOOD), model="", api_key="ours")
    assert isinstance(result, Draft)
    assert {r.path for r in fake.requests} == {"/v1/chat/completions", "/v1/models", "/tokenize"}
    for request in fake.requests:
        assert request.headers["authorization"] == "Bearer ours"
        assert KEY not in str(request.headers)
        assert {name for name in request.headers if name.startswith("x-")} <= {"x-stainless-raw-response"}


# ---------------------------------------------------------------- bodies
def event_stream(*events: str) -> Behaviour:
    """200 with server-sent events, as a proxy that always streams would answer."""
    body = "".join(f"data: {event}\n\n" for event in events)
    return status(200, body, {"content-type": "text/event-stream"})


CHUNK = json.dumps({"object": "chat.completion.chunk", "choices": [{"delta": {"content": LEAK}, "index": 0}]})


@pytest.mark.parametrize(
    "script",
    [
        event_stream(json.dumps(vllm_error(LEAK, "BadRequestError", None, 400)), "[DONE]"),
        event_stream(CHUNK, "[DONE]"),
        event_stream(CHUNK),
        status(200, ""),
        status(200, "null"),
        status(200, chat_document(GOOD, finish=None)),
        status(200, chat_document(GOOD, finish=LEAK)),
        status(200, {"error": {"message": LEAK, "code": 500}}),
        reply(f'{{"verdict": NaN, "summary": "{LEAK}"}}'),
        reply(f"<think>{LEAK}", reasoning=LEAK),
    ],
    ids=[
        "error in a stream",
        "stream",
        "cut stream",
        "empty",
        "null",
        "no finish",
        "odd finish",
        "error 200",
        "NaN",
        "think",
    ],
)
def test_odd_bodies_are_one_repair_and_then_no_answer(script: Behaviour) -> None:
    """Facts 1.2 and 2, check 27: what is not a finished completion is asked for once more and then given up."""
    result, fake = ask_once(script, api_key=KEY)
    assert (reason(result), len(fake.chats)) == ("bad_reply", 2)
    assert LEAK not in str(result)
    assert KEY not in str(result)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"count": ' + "9" * 6_000 + "}",
        '{"count": 1e999, "max_model_len": true}',
        '{"count": 7, "max_model_len": ' + "9" * 4_000 + "}",
    ],
    ids=["deep", "unreadable number", "no numbers", "huge number"],
)
def test_a_hostile_token_count_is_no_count(body: str) -> None:
    """Absurd depth and absurd numbers from /tokenize end neither the call nor the shrinking."""

    class Hostile(FakeLlm):
        """Counts tokens with that body."""

        def _behaviour(self, request: Any) -> Behaviour:
            return status(200, body) if request.path == "/tokenize" else super()._behaviour(request)

    result, _ = ask_once(overflows_above(9_000, GOOD), Hostile)
    assert isinstance(result, Draft)


@pytest.mark.parametrize("window", [1, 100])
def test_a_context_of_no_use_is_too_small(window: int) -> None:
    """A server that claims such a context is told from one whose evidence must shrink."""

    class Tiny(FakeLlm):
        """Its context holds no answer."""

        def _behaviour(self, request: Any) -> Behaviour:
            counted = status(200, {"count": 5_000, "max_model_len": window})
            return counted if request.path == "/tokenize" else super()._behaviour(request)

    result, _ = ask_once(bad_request("input_tokens"), Tiny)
    assert reason(result) == "context_too_small"


def test_a_slow_token_count_ends_with_the_deadline() -> None:
    """/tokenize is inside the total deadline too."""

    class Stalls(FakeLlm):
        """Never counts."""

        def _behaviour(self, request: Any) -> Behaviour:
            return never_answers() if request.path == "/tokenize" else super()._behaviour(request)

    result, _ = ask_once(bad_request("input_tokens"), Stalls, total_timeout_s=0.4)
    assert reason(result) == "timeout"


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            status(404, {"error": {"message": LEAK, "type": "not_found_error", "param": None, "code": None}}),
            "model_not_found",
        ),
        (status(404, {"error": {"message": LEAK, "code": "model_not_found"}}), "model_not_found"),
        (status(404, {"error": {"message": LEAK, "type": "invalid_request_error"}}), "not_found"),
        (status(404, "404 page not found", {"content-type": "text/plain"}), "not_found"),
        (unknown_path(), "not_found"),
    ],
    ids=["Ollama's model", "OpenAI's model", "OpenAI's path", "Ollama's path", "vLLM's path"],
)
def test_a_missing_model_is_no_missing_path(script: Behaviour, expected: str) -> None:
    """Servers say "no such model" in different ways; each leads to another setting."""
    result, fake = ask_once(script)
    assert (reason(result), len(fake.chats)) == (expected, 1)
    assert LEAK not in str(result)


@pytest.mark.parametrize(("asked", "total"), [("3600", 30.0), ("11", 60.0), ("5", 1.0)])
def test_a_wait_that_nobody_will_wait_is_not_begun(asked: str, total: float) -> None:
    """A busy server that names a time past the deadline, or over ten seconds, is given up at once: the evidence is
    worth more than the wait. The server is not taken for dead."""

    async def scenario() -> tuple[list[str], int]:
        reasons = []
        async with FakeLlm([busy({"retry-after": asked}), reply(GOOD)]) as fake:
            explainer = LlmClient(fake.base_url, MODEL, total_timeout_s=total)
            for _ in range(2):
                try:
                    reasons.append((await explainer.explain("x", EVIDENCE)).verdict)
                except ExplainerError as error:
                    reasons.append(error.reason)
            await explainer.aclose()
            return reasons, len(fake.chats)

    assert run(scenario()) == (["overloaded", "known_fix"], 2)


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 26: a DNS failure is one more way in which nothing answers."""

    def unresolved(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, LEAK)

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    result = run(ask("http://nowhere.invalid:8051/v1"))
    assert reason(result) == "unreachable"
    assert LEAK not in str(result)
