"""An OpenAI-compatible model server that behaves as a test tells it to, on a real loopback socket.

The shapes are vLLM's (recorded from a running server: tests/vllm/shapes.json). It speaks HTTP/1.1 over bare asyncio
streams, because a web framework would not let it stall, trickle or hang up at a chosen byte. One fake per test:

    async with FakeLlm(reply("...")) as fake:
        client = LlmClient(fake.base_url, "qwen3-tiny")

Each chat request takes the next behaviour of the script, the last one again and again. Unknown request fields are
ignored, as vLLM does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

MODEL = "qwen3-tiny"
WINDOW = 2048
Behaviour = Callable[["Exchange"], Any]


@dataclass(slots=True)
class Request:
    """One request as received. `gone` is True when the client hung up before the answer was complete."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    gone: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def prompt(self) -> str:
        """System and user text of a chat request, joined."""
        return "\n".join(m["content"] for m in self.json["messages"])


@dataclass(slots=True)
class Exchange:
    """What a behaviour gets: the request and the socket to answer on."""

    fake: FakeLlm
    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(
        self, status: int, body: bytes | str | dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        """Send a whole answer with its length."""
        kind = "application/json"
        data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
        given = {"content-type": kind, "content-length": str(len(data)), **(headers or {})}
        await self.raw(_head(status, given) + data)

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hold(self) -> None:
        """Wait until the client hangs up (or the fake closes), and note it."""
        await self.reader.read(1)
        self.request.gone = True
        self.fake.hung_up.set()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


# ---------------------------------------------------------------- shapes
def chat_document(
    content: str | None,
    *,
    finish: str | None = "stop",
    reasoning: str | None = None,
    model: str = MODEL,
    tokens: int = 24,
) -> dict[str, Any]:
    """A chat completion exactly as vLLM writes it."""
    message = {
        "role": "assistant",
        "content": content,
        "refusal": None,
        "annotations": None,
        "audio": None,
        "function_call": None,
        "reasoning": reasoning,
    }
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": finish,
        "stop_reason": None,
        "token_ids": None,
        "routed_experts": None,
    }
    return {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [choice],
        "service_tier": None,
        "system_fingerprint": "vllm-0.32.0-0123abcd",
        "usage": {
            "prompt_tokens": 17,
            "total_tokens": 17 + tokens,
            "completion_tokens": tokens,
            "prompt_tokens_details": None,
            # The server's reasoning parser counts; it is on in the recorded server.
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        "prompt_logprobs": None,
        "prompt_token_ids": None,
        "prompt_text": None,
        "kv_transfer_params": None,
        "ec_transfer_params": None,
        "metrics": None,
    }


def answer(
    verdict: str = "known_fix",
    summary: str = "The pool is empty.",
    root_cause: str = "Too few connections.",
    steps: Sequence[tuple[str, Sequence[str]]] = (("Raise the pool size.", ("E1",)),),
    citations: Sequence[tuple[str, str]] = (("E1", "pool"),),
) -> str:
    """The content of a good reply: our answer schema as JSON text."""
    return json.dumps(
        {
            "citations": [{"id": i, "quote": q} for i, q in citations],
            "root_cause": root_cause,
            "steps": [{"text": t, "citations": list(c)} for t, c in steps],
            "summary": summary,
            "verdict": verdict,
        }
    )


def model_row(name: str, window: int | None, parent: str | None = None) -> dict[str, Any]:
    """One row of the model list. A LoRA adapter has a parent and no context (`window` None) of its own."""
    may = ("allow_create_engine", "allow_sampling", "allow_logprobs", "allow_search_indices", "allow_view")
    permission = {
        "id": "modelperm-0123456789abcdef",
        "object": "model_permission",
        "created": 1_790_000_000,
        **dict.fromkeys(may, True),
        "allow_fine_tuning": False,
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    return {
        "id": name,
        "object": "model",
        "created": 1_790_000_000,
        "owned_by": "vllm",
        "root": "tiny-qwen3",
        "parent": parent,
        "max_model_len": window,
        "permission": [permission],
    }


def vllm_error(message: str, kind: str, param: str | None, code: int) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


# ---------------------------------------------------------------- behaviours
def reply(content: str | None, **shape: Any) -> Behaviour:
    """200 with that content; `finish`, `reasoning`, `model`, `tokens` as in `chat_document`."""

    async def behave(exchange: Exchange) -> None:
        given = dict(shape)
        if given.get("finish") == "length":
            # An answer cut by its own limit has spent exactly that many tokens.
            asked = exchange.request.json
            given.setdefault("tokens", asked.get("max_tokens") or asked.get("max_completion_tokens"))
        await exchange.send(200, chat_document(content, **given))

    return behave


def status(code: int, body: dict[str, Any] | str = "", headers: dict[str, str] | None = None) -> Behaviour:
    """Any status with any body."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(code, body, headers)

    return behave


def bad_request(param: str | None, message: str = "This model's maximum context length is 2048 tokens.") -> Behaviour:
    """400 as vLLM sends it for that parameter."""
    return status(400, vllm_error(message, "BadRequestError", param, 400))


def missing_field(param: str) -> Behaviour:
    """400 as vLLM's own validation sends it; the type has a space here."""
    text = "1 validation error:\n  {'type': 'missing', 'msg': 'Field required'}"
    return status(400, vllm_error(text, "Bad Request", param, 400))


def unauthorized() -> Behaviour:
    """401; vLLM's `error` is a plain string here."""
    return status(401, {"error": "Unauthorized"})


def unknown_model(name: str = "gpt-4o") -> Behaviour:
    text = f"The model `{name}` does not exist. Valid aliases: {MODEL}."
    return status(404, vllm_error(text, "NotFoundError", "model", 404))


def unknown_path() -> Behaviour:
    return status(404, {"detail": "Not Found"})


def engine_died() -> Behaviour:
    text = "EngineCore encountered an issue. See stack trace (above) for the root cause."
    return status(500, vllm_error(text, "InternalServerError", None, 500))


def busy(headers: dict[str, str] | None = None) -> Behaviour:
    """503 without Retry-After, as vLLM sends it under --max-num-queued-reqs."""
    text = "The engine is currently busy and cannot accept new requests. Please retry later."
    return status(503, vllm_error(text, "Service Unavailable", None, 503), headers)


def html() -> Behaviour:
    """200 with a web page: what a captive portal or a wrong port answers."""
    return status(200, "<html><body>Welcome</body></html>", {"content-type": "text/html"})


def no_choices() -> Behaviour:
    return status(200, {"object": "chat.completion", "model": MODEL})


def half_json() -> Behaviour:
    return status(200, json.dumps(chat_document("x"))[:-40])


def overflows_above(limit_chars: int, content: str, param: str = "input_tokens") -> Behaviour:
    """400 with that parameter while the prompt is longer than `limit_chars`, then the content."""

    async def behave(exchange: Exchange) -> None:
        wanted = reply(content) if len(exchange.request.prompt) <= limit_chars else bad_request(param)
        await wanted(exchange)

    return behave


def refuses_fields(fields: Sequence[str], content: str) -> Behaviour:
    """400 while the request holds one of those top-level fields, as strict servers do; then the content."""

    async def behave(exchange: Exchange) -> None:
        refused = [f for f in fields if f in exchange.request.json]
        wanted = reply(content)
        if refused:
            text = f"Unrecognized request argument supplied: {refused[0]}"
            wanted = status(400, vllm_error(text, "invalid_request_error", refused[0], 400))
        await wanted(exchange)

    return behave


def redirect(target: str, code: int = 307) -> Behaviour:
    return status(code, "", {"location": target})


def never_answers() -> Behaviour:
    """Accepts the request and sends nothing at all: slow headers without an end."""

    async def behave(exchange: Exchange) -> None:
        await exchange.hold()

    return behave


def trickles(content: str) -> Behaviour:
    """Sends the headers and some bytes, then stalls until the client hangs up: no single read times out early."""

    async def behave(exchange: Exchange) -> None:
        data = json.dumps(chat_document(content)).encode()
        await exchange.raw(
            _head(200, {"content-type": "application/json", "content-length": str(len(data))}) + data[:40]
        )
        await exchange.hold()

    return behave


def drops(after_bytes: int = 60) -> Behaviour:
    """Promises a body, sends that much of it and closes; 0 closes without a single byte."""

    async def behave(exchange: Exchange) -> None:
        data = json.dumps(chat_document("x")).encode()
        head = _head(200, {"content-type": "application/json", "content-length": str(len(data))})
        if after_bytes:
            await exchange.raw(head + data[:after_bytes])
        exchange.writer.close()

    return behave


def endless(code: int = 200) -> Behaviour:
    """A chunked body that never ends."""

    async def behave(exchange: Exchange) -> None:
        await exchange.raw(_head(code, {"content-type": "application/json", "transfer-encoding": "chunked"}))
        with contextlib.suppress(ConnectionError):
            while not exchange.writer.is_closing():
                await exchange.raw(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        exchange.request.gone = True
        exchange.fake.hung_up.set()

    return behave


# ---------------------------------------------------------------- the server
@dataclass
class FakeLlm:
    """The server. `chat` is the script of chat answers; the other paths answer as vLLM does. `window` is
    `max_model_len`; `tokenize` False makes `/tokenize` a 404 (other servers have none). `requests` holds everything
    received, `arrived` is set by the first request, `hung_up` when a client leaves early."""

    script: Sequence[Behaviour] | Behaviour = ()
    window: int = WINDOW
    tokenize: bool = True
    models: Sequence[dict[str, Any]] | None = None
    requests: list[Request] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _served: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def chats(self) -> list[Request]:
        """The chat requests received, in order."""
        return [r for r in self.requests if r.path == "/v1/chat/completions"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.arrived.set()
                await self._behaviour(request)(Exchange(self, request, reader, writer))
                if writer.is_closing() or request.gone:
                    break
        except (ConnectionError, asyncio.CancelledError):
            # The client left, or the test is over: either way nobody is listening any more.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    def _behaviour(self, request: Request) -> Behaviour:
        if request.path == "/v1/chat/completions":
            script = [self.script] if callable(self.script) else list(self.script)
            chosen = script[min(self._served, len(script) - 1)] if script else reply(answer())
            self._served += 1
            return chosen
        if request.path == "/v1/models":
            return status(200, {"object": "list", "data": self._models()})
        if request.path == "/tokenize" and self.tokenize:
            return self._tokenize
        if request.path == "/health":
            return status(200, "")
        return unknown_path()

    def _models(self) -> list[dict[str, Any]]:
        if self.models is not None:
            return list(self.models)
        return [model_row(MODEL, self.window)]

    async def _tokenize(self, exchange: Exchange) -> None:
        count = len(exchange.request.prompt) // 4
        await exchange.send(
            200, {"count": count, "max_model_len": self.window, "tokens": [1] * count, "token_strs": None}
        )


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)
