"""What is sent to the model server, and our words for what can go wrong. Pure; knows no client library.

A server that refuses our parameters is asked again with fewer of them: `FULL` (vLLM and what imitates it), `PORTABLE`
(OpenAI's own names only), `BARE` (no schema; the prompt alone asks for JSON).
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from mcp_rag.errors import ConfigurationError, ExplainerError
from mcp_rag.prompt import MIN_BUDGET_CHARS, Messages, schema

FULL, PORTABLE, BARE = 0, 1, 2
CHARS_PER_TOKEN = 3
DEFAULT_BUDGET_CHARS = 24_000
THINKING_TOKENS = 2_048
MAX_ANSWER_TOKENS = 8_192
ROOM_TOKENS = 64
MAX_WINDOW_TOKENS = 100_000_000

OVERFLOW_PARAMS = frozenset({"input_tokens", "input_text", "max_tokens"})
OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
UNSUPPORTED_CODES = frozenset({"unsupported_parameter", "unsupported_value", "unknown_parameter"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server is. `base_url` ends in the API's path without credentials, `root_url` is what `/tokenize` hangs
    from, `origin` may be shown; `authorization` replaces the key when the URL carried a user name."""

    base_url: str
    root_url: str
    origin: str
    loopback: bool
    authorization: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model is asked to write. `thinking` lets it reason first, within 2,048 tokens more."""

    temperature: float = 0.3
    top_p: float = 0.8
    top_k: int = 20
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One try: how much may be sent and asked for, in which dialect, and what was wrong with the answer before."""

    budget_chars: int = DEFAULT_BUDGET_CHARS
    max_tokens: int = 1_024
    dialect: int = FULL
    repair: str = ""


def endpoint(base_url: str) -> Endpoint:
    """Read a base URL: `http://host:8051` means `/v1` below it. Raises ConfigurationError; its text never repeats the
    URL, which may hold a password."""
    fix = "Set MCP_RAG_LLM_BASE_URL to something like http://127.0.0.1:8051/v1."
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("The base URL of the model server is not a URL.", fix) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError("The base URL of the model server must start with http:// or https://.", fix)
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    path = parts.path.rstrip("/") or "/v1"
    authorization = ""
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    root = path.removesuffix("/v1")
    return Endpoint(origin + path, origin + root, origin, _is_loopback(host), authorization)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def chat_arguments(messages: Messages, model: str, plan: Plan, sampling: Sampling) -> dict[str, Any]:
    """The body of one chat completion request. Values a server would otherwise take from the model's own configuration
    are always given; thinking is switched off unless asked for."""
    chat: list[dict[str, str]] = messages.chat()
    if plan.repair:
        chat[-1]["content"] += (
            f"\n\nAn earlier answer could not be used ({plan.repair}). Answer now with the JSON object alone, "
            "complete and short."
        )
    arguments: dict[str, Any] = {"model": model, "messages": chat, "stream": False}
    if plan.dialect <= PORTABLE:
        names = [label for label, _ in messages.labels]
        arguments["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "explanation", "schema": schema(names), "strict": True},
        }
    tokens = plan.max_tokens + (THINKING_TOKENS if sampling.thinking else 0)
    if plan.dialect == PORTABLE:
        arguments["max_completion_tokens"] = tokens
        return arguments
    arguments["max_tokens"] = tokens
    if plan.dialect == FULL:
        arguments |= {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": 0,
            "chat_template_kwargs": {"enable_thinking": sampling.thinking},
        }
        if sampling.thinking:
            arguments["thinking_token_budget"] = THINKING_TOKENS
    return arguments


def smaller_budget(sent_chars: int, plan: Plan, window: int, counted: int) -> int:
    """Characters for the next try after an overflow; at most three quarters of what was sent, 0 when no smaller prompt
    is possible. `window` (tokens) and `counted` (tokens of the sent prompt) are 0 when unknown: then three characters
    count as one token."""
    if sent_chars <= MIN_BUDGET_CHARS:
        return 0
    room = window - plan.max_tokens - ROOM_TOKENS
    if window and counted:
        wanted = int(sent_chars * room / counted * 0.95)
    elif window:
        wanted = room * CHARS_PER_TOKEN
    else:
        wanted = sent_chars // 2
    return max(min(wanted, sent_chars * 3 // 4), MIN_BUDGET_CHARS)


def repaired_plan(plan: Plan, word: str) -> Plan:
    """The plan for the one try after an unusable answer; one cut by its length gets twice the room."""
    longer = min(plan.max_tokens * 2, MAX_ANSWER_TOKENS) if word == "length" else plan.max_tokens
    return replace(plan, repair=word, max_tokens=longer)


def token_count(value: object) -> int:
    """A number of tokens that a server told; 0 for whatever cannot be one."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= MAX_WINDOW_TOKENS else 0


def is_overflow(status: int, param: str, code: str, kind: str) -> bool:
    """True for the answers that mean the prompt, or prompt and answer, do not fit the context."""
    if status == 413 or {code, kind} & OVERFLOW_CODES:
        return True
    return status == 400 and param in OVERFLOW_PARAMS and code not in UNSUPPORTED_CODES


_TEXTS: dict[str, tuple[str, str, bool]] = {
    "unreachable": ("nothing answers at {origin}", "Start the server or correct MCP_RAG_LLM_BASE_URL.", True),
    "dropped": ("{origin} broke the connection off", "Look at the model server's own log.", True),
    "timeout": (
        "{origin} did not answer within its deadline",
        "Raise MCP_RAG_LLM_TIMEOUT or use a smaller model.",
        True,
    ),
    "unauthorized": ("{origin} refused the key", "Set MCP_RAG_LLM_API_KEY to a key that the server accepts.", False),
    "model_not_found": ("{origin} does not serve that model", "Correct MCP_RAG_LLM_MODEL, or leave it empty.", False),
    "not_found": ("{origin} has no chat API at that path", "MCP_RAG_LLM_BASE_URL usually ends in /v1.", False),
    "overloaded": ("{origin} is busy", "", True),
    "server_error": ("{origin} failed inside", "Look at the model server's own log.", True),
    "rejected": ("{origin} refused the request", "Check that the model has a chat template.", False),
    "redirected": (
        "{origin} redirected the request, which is not followed",
        "Point MCP_RAG_LLM_BASE_URL there.",
        False,
    ),
    "context_too_small": ("the context of the model is too small for even one entry", "Raise --max-model-len.", False),
    "bad_reply": ("{origin} answered with something that is no explanation", "", True),
}
REASONS: Sequence[str] = tuple(_TEXTS)


def failure(reason: str, origin: str, detail: str = "") -> ExplainerError:
    """The error for a reason, in our words only. `detail` must be ours too."""
    cause, fix, retry = _TEXTS[reason]
    told = cause.format(origin=origin) + (f" ({detail})" if detail else "")
    return ExplainerError(f"No explanation was written: {told}.", fix, retry=retry, reason=reason)
