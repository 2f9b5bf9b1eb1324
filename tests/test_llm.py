"""The model client against a server on a real socket: every answer a server can give, and every way it can fail."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from mcp_rag.errors import ConfigurationError, ExplainerError
from mcp_rag.llm import LlmClient
from mcp_rag.rows import Draft, DraftCitation, DraftStep, Evidence, Resolution, ResolutionOutcome
from tests.fake_llm import (
    MODEL,
    Behaviour,
    FakeLlm,
    answer,
    bad_request,
    busy,
    chat_document,
    drops,
    endless,
    engine_died,
    half_json,
    html,
    never_answers,
    no_choices,
    overflows_above,
    redirect,
    refuses_fields,
    reply,
    status,
    trickles,
    unauthorized,
    unknown_model,
    unknown_path,
    vllm_error,
)

A, B = "a" * 32, "b" * 32
KEY = "sk-planted-secret-key-0123456789"
FIX = Resolution("r" * 32, A, "", "Raise pool.size to 30", outcomes=(ResolutionOutcome("worked", count=3),))
EVIDENCE = (
    Evidence(A, "pool exhausted", "pool exhausted at take", (FIX,), 12, relevance="exact"),
    Evidence(B, "long", "other words " * 3_000, relevance="possible"),
)
LEAK = "IGNORE-RAW-SERVER-TEXT"


T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await scenario

    return asyncio.run(bounded())


def client(fake: FakeLlm, model: str = MODEL, **settings: Any) -> LlmClient:
    return LlmClient(fake.base_url, model, **{"backoff_s": 0.005, "total_timeout_s": 10.0, **settings})


async def ask(fake: FakeLlm, **settings: Any) -> Draft | ExplainerError:
    explainer = client(fake, **settings)
    try:
        return await explainer.explain("pool exhausted", EVIDENCE)
    except ExplainerError as error:
        return error
    finally:
        await explainer.aclose()


def ask_once(script: Any, **settings: Any) -> tuple[Draft | ExplainerError, FakeLlm]:
    async def scenario() -> tuple[Draft | ExplainerError, FakeLlm]:
        fake_settings = {k: settings.pop(k) for k in ("window", "tokenize", "models") if k in settings}
        async with FakeLlm(script, **fake_settings) as fake:
            return await ask(fake, **settings), fake

    return run(scenario())


GOOD = answer(citations=(("E1", "pool exhausted"),))
DRAFT = Draft(
    "known_fix",
    "The pool is empty.",
    "Too few connections.",
    (DraftStep("Raise the pool size.", (A,)),),
    (DraftCitation(A, "pool exhausted"),),
    MODEL,
)


# ---------------------------------------------------------------- answers
def test_a_good_answer_becomes_a_draft_with_evidence_ids() -> None:
    """The labels of the prompt are mapped back; the request carries schema, sampling and thinking off."""
    draft, fake = ask_once(reply(GOOD))
    assert draft == DRAFT
    sent = fake.chats[0].json
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["max_tokens"] == 1_024
    assert [m["role"] for m in sent["messages"]] == ["system", "user"]
    assert len(fake.requests) == 1


def test_without_evidence_the_model_is_not_asked() -> None:
    """Explain never invents: nothing to cite, nothing to ask."""

    async def scenario() -> tuple[Draft, int]:
        async with FakeLlm(reply(GOOD)) as fake:
            return await client(fake).explain("x", ()), len(fake.requests)

    draft, requests = run(scenario())
    assert (draft.verdict, requests) == ("insufficient_evidence", 0)


def test_each_call_has_its_own_nonce() -> None:
    """Check 25: the fence of one call says nothing about the next."""

    async def scenario() -> list[str]:
        async with FakeLlm(reply(GOOD)) as fake:
            explainer = client(fake)
            for _ in range(3):
                await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return [r.prompt.split("carry the code ")[1].split(".")[0] for r in fake.chats]

    nonces = run(scenario())
    assert len(set(nonces)) == 3
    assert all(len(nonce) == 24 for nonce in nonces)


def test_an_empty_model_name_means_the_first_listed() -> None:
    """Resolved once, shown through `model`."""

    async def scenario() -> tuple[str, str, list[str]]:
        async with FakeLlm(reply(GOOD)) as fake:
            explainer = client(fake, "")
            before = explainer.model
            await explainer.explain("x", EVIDENCE)
            await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return before, explainer.model, [r.path for r in fake.requests]

    before, after, paths = run(scenario())
    assert (before, after) == ("", MODEL)
    assert paths == ["/v1/models", "/v1/chat/completions", "/v1/chat/completions"]


@pytest.mark.parametrize("models", [[], [{"id": 7}], [{"id": "x" * 500}], [{"id": "a\u202eb"}]])
def test_an_unusable_model_list_is_no_model(models: list[dict[str, Any]]) -> None:
    """The name is shown to the reader, so it is checked first."""
    error, _ = ask_once(reply(GOOD), model="", models=models)
    assert isinstance(error, ExplainerError)
    assert error.reason == "model_not_found"


# ---------------------------------------------------------------- failures
FAILURES: list[tuple[str, Any, str, int]] = [
    ("content null, all of it reasoning", reply(None, reasoning=LEAK), "bad_reply", 2),
    ("cut JSON", reply('{"verdict": "kn', finish="length"), "bad_reply", 2),
    ("repetition", reply("x x x", finish="repetition"), "bad_reply", 2),
    ("free text", reply(LEAK), "bad_reply", 2),
    ("wrong shape", reply('{"verdict": "sure"}'), "bad_reply", 2),
    ("HTML 200", html(), "bad_reply", 2),
    ("no choices", no_choices(), "bad_reply", 2),
    ("half JSON", half_json(), "bad_reply", 2),
    ("endless body", endless(), "bad_reply", 2),
    ("1 MB of text", reply("y" * 1_000_000), "bad_reply", 2),
    ("bad field", bad_request("body.messages", LEAK), "rejected", 3),
    ("401", unauthorized(), "unauthorized", 1),
    ("403", status(403, LEAK), "unauthorized", 1),
    ("404 model", unknown_model(), "model_not_found", 1),
    ("404 detail", unknown_path(), "not_found", 1),
    ("418", status(418, LEAK), "rejected", 1),
    ("500", engine_died(), "server_error", 2),
    ("endless 500", endless(500), "server_error", 2),
    ("503", busy(), "overloaded", 3),
    ("429", status(429, {"error": {"message": LEAK}}), "overloaded", 3),
    ("closed without a byte", drops(0), "dropped", 2),
    ("closed in the body", drops(), "dropped", 2),
    ("301", redirect("/v1/elsewhere", 301), "redirected", 1),
]


@pytest.mark.parametrize(("script", "reason", "chats"), [f[1:] for f in FAILURES], ids=[f[0] for f in FAILURES])
def test_every_failure_has_a_reason_of_ours(script: Behaviour, reason: str, chats: int) -> None:
    """Checks 26 and 27: every row of the measured wire shapes ends in one stable word after a bounded number of
    tries; no text of the server, no key, no raw reply."""
    error, fake = ask_once(script, api_key=KEY)
    assert isinstance(error, ExplainerError)
    assert error.reason == reason
    assert len(fake.chats) == chats
    assert LEAK not in str(error)
    assert KEY not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_one_repair_is_asked_for_and_used() -> None:
    """The second try says what was wrong; a good answer then counts."""
    draft, fake = ask_once([reply("sorry, no JSON"), reply(GOOD)])
    assert draft == DRAFT
    assert "(not_json)" in fake.chats[1].prompt
    draft, fake = ask_once([reply('{"ve', finish="length"), reply(GOOD)])
    assert draft == DRAFT
    assert fake.chats[1].json["max_tokens"] == 2_048


def test_the_number_of_tries_is_bounded() -> None:
    """A server that finds something new to complain about each time is given up after eight requests."""
    complaints = [bad_request("body.x"), bad_request("body.y"), busy(), reply("no JSON")]
    script = [*complaints, *[bad_request("input_tokens")] * 20]
    error, fake = ask_once(script, window=1_000_000, tokenize=False)
    assert isinstance(error, ExplainerError)
    assert len(fake.chats) == 8


def test_a_busy_server_is_tried_again_inside_the_deadline() -> None:
    """503 without Retry-After, then 429 with it, then the answer."""
    draft, fake = ask_once([busy(), status(429, {}, {"retry-after": "0"}), reply(GOOD)])
    assert draft == DRAFT
    assert len(fake.chats) == 3


@pytest.mark.parametrize("script", [never_answers(), trickles(GOOD)])
def test_the_deadline_is_total(script: Behaviour) -> None:
    """Measured: the library's timeout is per read, so a trickling body passes it; ours is not. The socket is closed."""

    async def scenario() -> tuple[Draft | ExplainerError, bool]:
        async with FakeLlm(script) as fake:
            result = await ask(fake, total_timeout_s=0.4)
            async with asyncio.timeout(5):
                await fake.hung_up.wait()
            return result, fake.chats[0].gone

    error, gone = run(scenario())
    assert isinstance(error, ExplainerError)
    assert (error.reason, error.retry, gone) == ("timeout", True, True)


def test_cancelling_closes_the_socket() -> None:
    """A model server stops generating when its client leaves (measured: within 0.7 s)."""

    async def scenario() -> bool:
        async with FakeLlm(never_answers()) as fake:
            explainer = client(fake)
            task = asyncio.create_task(explainer.explain("x", EVIDENCE))
            async with asyncio.timeout(10):
                await fake.arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(5):
                await fake.hung_up.wait()
            await explainer.aclose()
            return fake.chats[0].gone

    assert run(scenario())


def test_a_refused_connection_is_unreachable() -> None:
    """Nothing listens: said so, with the address but no path."""

    async def scenario() -> ExplainerError:
        async with FakeLlm() as fake:
            explainer = client(fake)
        with pytest.raises(ExplainerError) as caught:
            await explainer.explain("x", EVIDENCE)
        await explainer.aclose()
        return caught.value

    error = run(scenario())
    assert (error.reason, error.retry) == ("unreachable", True)
    assert "http://127.0.0.1:" in str(error)


def test_a_host_that_swallows_connections_is_unreachable_after_the_connect_timeout() -> None:
    """A full backlog drops the handshake: the connect timeout ends it, once, not the total deadline."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))

        async def scenario() -> str:
            explainer = LlmClient(f"http://127.0.0.1:{port}/v1", "m", connect_timeout_s=0.3, total_timeout_s=15)
            with pytest.raises(ExplainerError) as caught:
                await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return caught.value.reason

        assert run(scenario()) == "unreachable"
        for filler in fillers:
            filler.close()


def test_a_dead_server_costs_one_timeout_then_fails_fast() -> None:
    """The circuit breaker: 30 s without a call, then one trial."""

    async def scenario() -> tuple[list[str], int]:
        now = [0.0]
        async with FakeLlm([never_answers(), reply(GOOD)]) as fake:
            explainer = client(fake, total_timeout_s=1.5, clock=lambda: now[0])
            reasons = []
            for moment in (0.0, 1.0, 29.0, 31.0):
                now[0] = moment
                try:
                    reasons.append((await explainer.explain("x", EVIDENCE)).verdict)
                except ExplainerError as error:
                    reasons.append(error.reason)
            await explainer.aclose()
            return reasons, len(fake.chats)

    assert run(scenario()) == (["timeout", "timeout", "timeout", "known_fix"], 2)


# ---------------------------------------------------------------- context
@pytest.mark.parametrize("param", ["input_tokens", "input_text", "max_tokens"])
@pytest.mark.parametrize("tokenize", [True, False])
def test_overflow_is_answered_with_less_evidence(param: str, tokenize: bool) -> None:
    """400 with one of three parameters: the evidence is cut, by /tokenize where there is one, and asked again."""
    draft, fake = ask_once(overflows_above(9_000, GOOD, param), window=4_096, tokenize=tokenize)
    assert draft == DRAFT
    sizes = [len(r.prompt) for r in fake.chats]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] <= 9_000
    assert "pool exhausted at take" in fake.chats[-1].prompt
    assert any(r.path == "/tokenize" for r in fake.requests)


def test_what_fitted_is_remembered() -> None:
    """The second call starts at the size that the first one found."""

    async def scenario() -> int:
        async with FakeLlm(overflows_above(9_000, GOOD), window=4_096) as fake:
            explainer = client(fake)
            await explainer.explain("x", EVIDENCE)
            first = len(fake.chats)
            await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return len(fake.chats) - first

    assert run(scenario()) == 1


def test_a_silent_clamp_is_answered_with_less_evidence() -> None:
    """Measured: a prompt that leaves no room for the answer gets 200, finish length, fewer tokens than asked."""
    draft, fake = ask_once([reply('{"v', finish="length", tokens=90), reply(GOOD)], window=4_096)
    assert draft == DRAFT
    assert len(fake.chats[1].prompt) < len(fake.chats[0].prompt)


def test_a_context_too_small_for_one_entry_is_said() -> None:
    """Shrinking ends."""
    error, fake = ask_once(bad_request("input_tokens", LEAK), window=512)
    assert isinstance(error, ExplainerError)
    assert error.reason == "context_too_small"
    assert len(fake.chats) <= 8


def test_the_answer_shrinks_when_it_alone_fills_the_context() -> None:
    """max_tokens above the context is a 400 of its own: half the context is asked for then."""

    async def behave(exchange: Any) -> None:
        small = exchange.request.json["max_tokens"] <= 1_024
        await (reply(GOOD) if small else bad_request("max_tokens"))(exchange)

    draft, fake = ask_once(behave, window=2_048, max_tokens=4_000)
    assert draft == DRAFT
    assert fake.chats[-1].json["max_tokens"] == 1_024


def test_an_adapter_takes_its_base_models_context() -> None:
    """Measured: vLLM lists no length for a LoRA; its parent entry has it."""
    rows = [{"id": "base", "max_model_len": 4_096}, {"id": MODEL, "parent": "base", "max_model_len": None}]
    draft, fake = ask_once(overflows_above(9_000, GOOD), models=rows, tokenize=False)
    assert draft == DRAFT
    assert len(fake.chats) == 2


@pytest.mark.parametrize("broken", [html(), status(200, "[1]"), status(200, '{"data": 7}'), status(500, "")])
def test_a_broken_model_list_does_not_stop_shrinking(broken: Behaviour) -> None:
    """Without a known context the evidence is halved."""

    class NoList(FakeLlm):
        def _behaviour(self, request: Any) -> Behaviour:
            return broken if request.path == "/v1/models" else super()._behaviour(request)

    async def scenario() -> Draft | ExplainerError:
        async with NoList(overflows_above(9_000, GOOD), tokenize=False) as fake:
            return await ask(fake)

    assert run(scenario()) == DRAFT


@pytest.mark.parametrize(
    "broken", [html(), status(200, "[1]"), status(200, '{"count": "x", "max_model_len": -1}'), endless(), drops()]
)
def test_a_broken_token_count_is_no_count(broken: Behaviour) -> None:
    """/tokenize is a help, never a need."""

    class NoCount(FakeLlm):
        def _behaviour(self, request: Any) -> Behaviour:
            return broken if request.path == "/tokenize" else super()._behaviour(request)

    async def scenario() -> Draft | ExplainerError:
        async with NoCount(overflows_above(9_000, GOOD)) as fake:
            return await ask(fake)

    assert run(scenario()) == DRAFT


# ---------------------------------------------------------------- other servers
@pytest.mark.parametrize(
    ("fields", "chats"),
    [
        (["top_k"], 2),
        (["temperature", "max_tokens"], 2),
        (["response_format", "top_k"], 3),
        (["chat_template_kwargs"], 2),
    ],
)
def test_strict_servers_are_asked_with_fewer_fields(fields: list[str], chats: int) -> None:
    """A server that refuses unknown fields gets plainer requests, and the next call starts with those."""

    async def scenario() -> tuple[Draft, int, int]:
        async with FakeLlm(refuses_fields(fields, GOOD)) as fake:
            explainer = client(fake)
            draft = await explainer.explain("x", EVIDENCE)
            first = len(fake.chats)
            await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return draft, first, len(fake.chats) - first

    assert run(scenario()) == (DRAFT, chats, 1)


def test_an_unsupported_parameter_is_no_overflow() -> None:
    """OpenAI refuses `max_tokens` on some models with a code that says so."""

    async def behave(exchange: Any) -> None:
        refused = "max_tokens" in exchange.request.json
        body = vllm_error("Use 'max_completion_tokens'", "invalid_request_error", "max_tokens", 400)
        body["error"]["code"] = "unsupported_parameter"
        await (status(400, body) if refused else reply(GOOD))(exchange)

    draft, fake = ask_once(behave)
    assert draft == DRAFT
    assert "max_completion_tokens" in fake.chats[-1].json


def test_thinking_is_asked_for_with_a_budget_and_never_greedy() -> None:
    """Facts section 5: greedy decoding loops while thinking."""
    draft, fake = ask_once(reply(GOOD), thinking=True, temperature=0.0)
    assert draft == DRAFT
    sent = fake.chats[0].json
    assert sent["chat_template_kwargs"] == {"enable_thinking": True}
    assert sent["temperature"] == 0.6
    assert sent["thinking_token_budget"] > 0


# ---------------------------------------------------------------- where the words go
def test_a_redirect_reaches_nobody_else() -> None:
    """Check 28: 301, 302, 307, 308 to another host: the second host receives nothing."""

    async def scenario() -> list[int]:
        hits = []
        async with FakeLlm(reply(GOOD)) as second:
            for code in (301, 302, 307, 308):
                async with FakeLlm(redirect(f"http://localhost:{second.port}/v1/chat/completions", code)) as fake:
                    result = await ask(fake)
                    assert isinstance(result, ExplainerError)
                    assert result.reason == "redirected"
                hits.append(len(second.requests) + second.connections)
        return hits

    assert run(scenario()) == [0, 0, 0, 0]


def test_no_inherited_proxy_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 28, measured: with HTTP_PROXY set even requests to 127.0.0.1 went to the proxy, key and log text too."""

    async def scenario() -> tuple[Draft | ExplainerError, int]:
        async with FakeLlm(reply(GOOD)) as proxy, FakeLlm(reply(GOOD)) as fake:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            return await ask(fake), proxy.connections

    assert run(scenario()) == (DRAFT, 0)


def test_only_the_configured_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads keys and organisation from the environment; none of that goes to this server."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, f"http://planted-{name}")
    _, fake = ask_once(reply(GOOD))
    assert fake.chats[0].headers["authorization"] == "Bearer EMPTY"
    assert "planted" not in str(fake.chats[0].headers)
    _, fake = ask_once(reply(GOOD), api_key=KEY)
    assert fake.chats[0].headers["authorization"] == f"Bearer {KEY}"


def test_url_credentials_are_sent_as_a_header_and_shown_nowhere() -> None:
    """Check 26: no URL credential in any text."""

    async def scenario() -> tuple[dict[str, str], str]:
        async with FakeLlm([reply(GOOD), unauthorized()]) as fake:
            explainer = LlmClient(f"http://user:hunter2@127.0.0.1:{fake.port}/v1", MODEL)
            await explainer.explain("x", EVIDENCE)
            with pytest.raises(ExplainerError) as caught:
                await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            return fake.chats[0].headers, str(caught.value)

    headers, text = run(scenario())
    assert headers["authorization"] == "Basic dXNlcjpodW50ZXIy"
    assert "hunter2" not in text


def test_nothing_is_logged_that_a_log_must_not_hold(caplog: pytest.LogCaptureFixture) -> None:
    """Even at debug level neither key nor prompt nor reply reaches a log."""
    with caplog.at_level(logging.DEBUG):
        ask_once(reply(GOOD), api_key=KEY)
        ask_once(status(500, LEAK), api_key=KEY)
    text = "\n".join(f"{r.getMessage()} {r.args}" for r in caplog.records if not r.name.startswith("asyncio"))
    for secret in (KEY, "pool exhausted", "The pool is empty", LEAK):
        assert secret not in text


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\x00"])
def test_a_key_that_no_header_may_carry_is_refused_at_once(key: str) -> None:
    """A wrong setting is told at start, without repeating it."""
    with pytest.raises(ConfigurationError) as caught:
        LlmClient("http://127.0.0.1:1/v1", "m", key)
    assert key not in str(caught.value)


def test_importing_the_client_does_not_import_openai() -> None:
    """Start-up must not pay half a second for a library that search never needs."""
    code = "import sys, mcp_rag.llm; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_hostile_json_does_not_escape(caplog: pytest.LogCaptureFixture) -> None:
    """Absurd depth and huge numbers in the document are one more unusable reply."""
    for body in ("[" * 100_000, '{"choices": ' + "9" * 6_000 + "}"):
        error, _ = ask_once(status(200, body))
        assert isinstance(error, ExplainerError)
        assert error.reason == "bad_reply"


def test_the_connection_is_reused() -> None:
    """One connection serves many explanations."""

    async def scenario() -> int:
        async with FakeLlm(reply(GOOD)) as fake:
            explainer = client(fake)
            for _ in range(3):
                await explainer.explain("x", EVIDENCE)
            await explainer.aclose()
            await explainer.aclose()
            return fake.connections

    assert run(scenario()) == 1


def test_a_reply_that_names_another_model_does_not_rename_ours() -> None:
    """`generated_by` is what was configured, not what the server says about itself."""
    draft, _ = ask_once(status(200, chat_document(GOOD, model=LEAK)))
    assert isinstance(draft, Draft)
    assert draft.model == MODEL
