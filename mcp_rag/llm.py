"""An explainer on any OpenAI-compatible server: one chat completion with a JSON schema, inside one deadline.

The only module that imports `openai`, and only on first use: it costs half a second. Nothing the server says leaves
this module except a parsed Draft: every failure is an ExplainerError in our words.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mcp_rag import prompt
from mcp_rag.breaker import Breaker
from mcp_rag.errors import ConfigurationError, ExplainerError
from mcp_rag.llm_http import UnboundedBody, only_ours, refuse_unbounded, retry_after
from mcp_rag.llm_reply import ReplyError, completion, json_object, parse
from mcp_rag.llm_request import (
    BARE,
    ROOM_TOKENS,
    Plan,
    Sampling,
    chat_arguments,
    endpoint,
    failure,
    is_overflow,
    repaired_plan,
    smaller_budget,
    token_count,
)
from mcp_rag.rows import Draft, Evidence

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_TRIES = 8
MAX_NAME_CHARS = 200
MAX_PAUSE_S = 10.0

# How often in all; anything else worth another try gets two.
_TRIES = {"overloaded": 3}
_BUSY = frozenset({408, 409, 429, 502, 503, 504})


class _Failed(Exception):  # noqa: N818 - a signal inside this module, never seen outside
    """One HTTP exchange failed. `reason` is one of ours; `next` says what may mend it: shrink, simplify or wait."""

    def __init__(self, reason: str, next_try: str = "", pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next = next_try
        self.pause_s = pause_s


class LlmClient:
    """Implements `protocols.Explainer`. `total_timeout_s` covers everything one explain does, retries included;
    `cooldown_s` is how long a dead server is left alone. An empty `model` means the first that the server lists."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        *,
        total_timeout_s: float = 60.0,
        connect_timeout_s: float = 3.0,
        thinking: bool = False,
        max_tokens: int = 1_024,
        temperature: float = 0.3,
        cooldown_s: float = 30.0,
        backoff_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise ConfigurationError("The model server's key holds characters that no header may carry.")
        self._endpoint = endpoint(base_url)
        self._model = model
        self._api_key = api_key or "EMPTY"
        self._total_timeout_s = total_timeout_s
        self._connect_timeout_s = connect_timeout_s
        # Thinking models loop for ever when they are asked for the likeliest token each time.
        self._sampling = Sampling(max(temperature, 0.6) if thinking else temperature, thinking=thinking)
        self._plan = Plan(max_tokens=max_tokens)
        self._backoff_s = backoff_s
        self._breaker = Breaker(cooldown_s, clock)
        self._window = 0
        self._openai: Any = None
        self._client: Any = None
        self._http_errors: tuple[type[Exception], ...] = ()

    @property
    def model(self) -> str:
        """The model's name as configured or, after the first call, as the server lists it."""
        return self._model

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def explain(self, error_text: str, evidence: Sequence[Evidence]) -> Draft:
        """One draft, unchecked. Without evidence the model is not asked. Raises ExplainerError, `reason` saying why.
        A cancelled call closes its connection, on which a server stops generating."""
        if not evidence:
            return Draft("insufficient_evidence", "", "", model=self._model)
        stopped = self._breaker.enter()
        if stopped:
            raise failure(stopped, self._endpoint.origin, "seen a moment ago, not tried again yet")
        outcome: str | None = None
        try:
            async with asyncio.timeout(self._total_timeout_s):
                draft = await self._explain(error_text, evidence)
            outcome = ""
        except TimeoutError:
            outcome = "timeout"
            raise failure("timeout", self._endpoint.origin) from None
        except ExplainerError as error:
            outcome = error.reason if error.reason in ("unreachable", "timeout") else ""
            raise
        finally:
            self._breaker.leave(outcome)
        return draft

    # ------------------------------------------------------------ the tries
    async def _explain(self, error_text: str, evidence: Sequence[Evidence]) -> Draft:
        plan, busy, repaired = self._plan, 0, False
        until = time.monotonic() + self._total_timeout_s
        last = ""
        for _ in range(MAX_TRIES):
            messages = prompt.build(error_text, evidence, nonce=secrets.token_hex(12), budget_chars=plan.budget_chars)
            try:
                draft = await self._complete(messages, plan)
            except _Failed as failed:
                last = failed.reason
                if failed.next == "shrink":
                    plan = await self._shrink(messages, plan)
                elif failed.next == "simplify" and plan.dialect < BARE:
                    plan = replace(plan, dialect=plan.dialect + 1)
                elif failed.next == "wait" and busy + 1 < _TRIES.get(failed.reason, 2):
                    pause = max(failed.pause_s, self._backoff_s * 2**busy)
                    if pause > min(MAX_PAUSE_S, until - time.monotonic()):
                        # Asked to wait longer than anybody will: the evidence is worth more now.
                        raise failure(failed.reason, self._endpoint.origin) from None
                    await asyncio.sleep(pause)
                    busy += 1
                else:
                    raise failure(failed.reason, self._endpoint.origin) from None
            except ReplyError as problem:
                last = "bad_reply"
                if problem.clamped:
                    plan = await self._shrink(messages, plan)
                elif repaired:
                    raise failure("bad_reply", self._endpoint.origin, problem.word) from None
                else:
                    repaired = True
                    plan = repaired_plan(plan, problem.word)
            else:
                # What this server takes is remembered, so that the next call starts there.
                self._plan = replace(self._plan, budget_chars=plan.budget_chars, dialect=plan.dialect)
                return draft
        raise failure(last or "bad_reply", self._endpoint.origin)

    async def _complete(self, messages: prompt.Messages, plan: Plan) -> Draft:
        model = await self._resolve_model()
        arguments = chat_arguments(messages, model, plan, self._sampling)
        asked = arguments["max_completion_tokens" if "max_completion_tokens" in arguments else "max_tokens"]
        client = await self._connect()
        # All in `extra_body`: what is passed by name the client walks through key by key, and changes nothing.
        create = client.chat.completions.with_streaming_response.create
        body = await self._read(lambda: create(model=model, messages=[], extra_body=arguments))
        answer = completion(body, asked)
        return parse(answer.content, dict(messages.labels), model)

    async def _shrink(self, messages: prompt.Messages, plan: Plan) -> Plan:
        """The plan with less evidence, and with a shorter answer when the answer alone fills the context."""
        counted = await self._count_tokens(messages)
        if not self._window:
            try:
                await self._list_models()
            except (_Failed, ReplyError):
                self._window = 0
        tokens = min(plan.max_tokens, self._window // 2) if self._window else plan.max_tokens
        shorter = replace(plan, max_tokens=tokens)
        budget = smaller_budget(messages.size_chars, shorter, self._window, counted)
        fits = 0 < counted <= self._window - tokens - ROOM_TOKENS
        if ROOM_TOKENS <= tokens < plan.max_tokens and (fits or not budget):
            # Only the answer was too long: the evidence stays.
            return shorter
        if not budget or tokens < ROOM_TOKENS:
            raise failure("context_too_small", self._endpoint.origin)
        return replace(shorter, budget_chars=budget)

    async def _resolve_model(self) -> str:
        if not self._model:
            await self._list_models()
            if not self._model:
                raise _Failed("model_not_found")
        return self._model

    async def _list_models(self) -> None:
        """Learn the first model's name, when none is configured, and the context in tokens."""
        client = await self._connect()
        body = await self._read(client.models.with_streaming_response.list)
        rows = json_object(body).get("data")
        listed = [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
        first = listed[0].get("id") if listed else None
        if not self._model and isinstance(first, str) and len(first) <= MAX_NAME_CHARS and first.isprintable():
            self._model = first
        own = next((r for r in listed if r.get("id") == self._model), {})
        # A LoRA adapter lists no length of its own: its base model does.
        base = next((r for r in listed if r.get("id") == own.get("parent")), {})
        self._window = token_count(own.get("max_model_len")) or token_count(base.get("max_model_len"))

    async def _count_tokens(self, messages: prompt.Messages) -> int:
        """Tokens of a prompt as vLLM's `/tokenize` counts them; 0 where there is no such thing."""
        client = await self._connect()
        request = {"model": self._model, "messages": messages.chat()}
        try:
            answer = await self._call(client.post(self._endpoint.root_url + "/tokenize", body=request, cast_to=object))
        except (_Failed, ValueError, RecursionError):
            return 0
        found = answer if isinstance(answer, dict) else {}
        self._window = token_count(found.get("max_model_len")) or self._window
        return token_count(found.get("count"))

    # ------------------------------------------------------------ the wire
    async def _connect(self) -> Any:  # noqa: ANN401 - the client's type would import openai
        if self._openai is None:
            self._openai = await asyncio.to_thread(_import_openai)
        if self._client is None:
            self._client = self._build_client(self._openai)
        return self._client

    def _build_client(self, openai: Any) -> Any:  # noqa: ANN401 - as above
        timeout = openai.Timeout(self._total_timeout_s, connect=self._connect_timeout_s)
        from_url = self._endpoint.authorization if self._api_key == "EMPTY" else ""
        authorization = from_url or f"Bearer {self._api_key}"
        http = openai.DefaultAsyncHttpxClient(
            timeout=timeout,
            follow_redirects=False,
            # A proxy inherited from the environment would be sent log text and key even for this machine's own server.
            trust_env=not self._endpoint.loopback,
            event_hooks={"request": [only_ours(authorization)], "response": [refuse_unbounded]},
        )
        # httpx until openai 2, httpx2 from 3: errors while a body is read arrive in that library's own classes.
        library = importlib.import_module(
            next(c.__module__ for c in type(http).__mro__ if "openai" not in c.__module__).split(".")[0]
        )
        self._http_errors = (library.HTTPError, library.StreamError)
        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._endpoint.base_url,
            max_retries=0,
            timeout=timeout,
            default_headers={"Accept-Encoding": "identity"},
            http_client=http,
        )

    async def _read(self, request: Callable[[], Any]) -> bytes:
        """The body of a streamed request, at most 4 MiB."""

        async def read() -> bytes:
            received = bytearray()
            async with request() as response:
                async for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > MAX_BODY_BYTES:
                        raise ReplyError("too_large")
            return bytes(received)

        return bytes(await self._call(read()))

    async def _call(self, exchange: Any) -> Any:  # noqa: ANN401 - an awaitable of the client's, and its result
        openai = self._openai
        try:
            return await exchange
        except openai.APIStatusError as error:
            raise self._status(error.status_code, error) from None
        except UnboundedBody as error:
            raise self._status(error.status, None) from None
        except openai.APITimeoutError as error:
            # Nobody there is as good as nobody listening; a server that accepted and stalls is another matter.
            stage = type(error.__cause__).__name__
            raise _Failed("unreachable" if stage == "ConnectTimeout" else "timeout") from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, UnboundedBody):
                raise self._status(error.__cause__.status, None) from None
            refused = type(error.__cause__).__name__ == "ConnectError"
            raise _Failed("unreachable" if refused else "dropped", "wait") from None
        except openai.OpenAIError:
            raise _Failed("bad_reply") from None
        except self._http_errors:
            raise _Failed("dropped", "wait") from None

    def _status(self, status: int, error: Any) -> _Failed:  # noqa: ANN401 - an APIStatusError, or None for a body not read
        body = error.body if error is not None and isinstance(error.body, dict) else {}
        param, code, kind = (str(body.get(key) or "") for key in ("param", "code", "type"))
        if is_overflow(status, param, code, kind):
            return _Failed("context_too_small", "shrink")
        if status in (401, 403):
            return _Failed("unauthorized")
        if status == 404:
            # vLLM names the parameter, OpenAI the code, Ollama a type that its unknown paths do not have.
            named = param == "model" or code == "model_not_found" or kind == "not_found_error"
            return _Failed("model_not_found" if named else "not_found")
        if status in (400, 422):
            return _Failed("rejected", "simplify")
        if status in _BUSY:
            return _Failed("overloaded", "wait", retry_after(error))
        if status >= 500:
            return _Failed("server_error", "wait")
        return _Failed("redirected" if 300 <= status < 400 else "rejected")


def _import_openai() -> Any:  # noqa: ANN401 - the module
    import openai

    # Their debug lines hold whole requests and URLs; the key and log text must not reach anybody's log.
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return openai
