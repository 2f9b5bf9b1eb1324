"""What is sent, where to, and our words for failures: pure rules."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from mcp_rag import prompt
from mcp_rag.errors import ConfigurationError
from mcp_rag.llm_request import (
    BARE,
    FULL,
    MAX_ANSWER_TOKENS,
    PORTABLE,
    REASONS,
    THINKING_TOKENS,
    Plan,
    Sampling,
    chat_arguments,
    endpoint,
    failure,
    is_overflow,
    repaired_plan,
    smaller_budget,
)
from mcp_rag.rows import Evidence

MESSAGES = prompt.build("boom", [Evidence("a" * 32, "t", "x")], nonce="0" * 16, budget_chars=8_000)


@pytest.mark.parametrize(
    ("given", "base", "root", "loopback"),
    [
        ("http://127.0.0.1:8051/v1", "http://127.0.0.1:8051/v1", "http://127.0.0.1:8051", True),
        ("http://localhost:8051", "http://localhost:8051/v1", "http://localhost:8051", True),
        ("http://[::1]:8051/v1/", "http://[::1]:8051/v1", "http://[::1]:8051", True),
        ("http://0.0.0.0:8051/v1", "http://0.0.0.0:8051/v1", "http://0.0.0.0:8051", True),
        (" https://llm.example/api/v1 ", "https://llm.example/api/v1", "https://llm.example/api", False),
        ("https://llm.example/openai", "https://llm.example/openai", "https://llm.example/openai", False),
        ("http://localhost.evil:1/v1", "http://localhost.evil:1/v1", "http://localhost.evil:1", False),
        ("http://10.0.0.5/v1?x=1#y", "http://10.0.0.5/v1", "http://10.0.0.5", False),
    ],
)
def test_endpoint(given: str, base: str, root: str, loopback: bool) -> None:
    """A bare host gets /v1; loopback is judged by address, not by the look of the name."""
    found = endpoint(given)
    assert (found.base_url, found.root_url, found.loopback) == (base, root, loopback)


@pytest.mark.parametrize(
    "given", ["", "127.0.0.1:8051", "ftp://x/v1", "http://", "http://u:secret@h:99999999/v1", "http://[1"]
)
def test_a_wrong_url_is_refused_without_repeating_it(given: str) -> None:
    """The URL may hold a password."""
    with pytest.raises(ConfigurationError) as caught:
        endpoint(given)
    assert "secret" not in str(caught.value)


def test_url_credentials_become_a_header_and_are_shown_nowhere() -> None:
    """Check 26: no URL credential in any text."""
    found = endpoint("http://user:p%40ss@host:1/v1")
    assert found.authorization == "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert found.base_url == "http://host:1/v1"
    assert found.origin == "http://host:1"


def test_full_arguments_are_explicit() -> None:
    """Facts section 5: values left out come from the model's own configuration, and thinking is on by default."""
    sent = chat_arguments(MESSAGES, "m", Plan(max_tokens=100), Sampling())
    assert sent["max_tokens"] == 100
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert (sent["temperature"], sent["top_p"], sent["top_k"], sent["min_p"]) == (
        0.3,
        0.8,
        20,
        0,
    )
    schema = sent["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["citations"]["items"]["properties"]["id"]["enum"] == ["E1"]
    assert "thinking_token_budget" not in sent


def test_thinking_gets_its_own_tokens() -> None:
    """Thinking without a budget never ends; its tokens do not eat the answer's."""
    sent = chat_arguments(MESSAGES, "m", Plan(max_tokens=100), Sampling(thinking=True))
    assert sent["thinking_token_budget"] == THINKING_TOKENS
    assert sent["max_tokens"] == 100 + THINKING_TOKENS


def test_dialects_send_less_and_less() -> None:
    """Strict servers refuse unknown fields; the last dialect is plain chat."""
    full, portable, bare = (chat_arguments(MESSAGES, "m", Plan(dialect=d), Sampling()) for d in (FULL, PORTABLE, BARE))
    assert set(portable) == {"model", "messages", "stream", "response_format", "max_completion_tokens"}
    assert set(bare) == {"model", "messages", "stream", "max_tokens"}
    sampling = {"temperature", "top_p", "top_k", "min_p", "chat_template_kwargs"}
    assert set(full) - set(bare) == sampling | {"response_format"}


def test_a_repair_is_asked_for_at_the_end() -> None:
    """The one repair says what was wrong in our word, after all quoted text; `length` doubles the room."""
    plan = repaired_plan(Plan(max_tokens=1_000), "length")
    assert plan == Plan(max_tokens=2_000, repair="length")
    assert repaired_plan(Plan(max_tokens=8_000), "length").max_tokens == MAX_ANSWER_TOKENS
    assert repaired_plan(Plan(max_tokens=1_000), "empty").max_tokens == 1_000
    text = chat_arguments(MESSAGES, "m", plan, Sampling())["messages"][-1]["content"]
    assert text.endswith("complete and short.")
    assert "(length)" in text
    assert "earlier answer" not in MESSAGES.chat()[-1]["content"]


@pytest.mark.parametrize(
    ("window", "counted", "expected"),
    [(0, 0, 10_000), (8_000, 10_000, 13_132), (4_000, 0, 8_736), (100_000, 1_000, 15_000), (900, 9_000, 3_000)],
)
def test_smaller_budget(window: int, counted: int, expected: int) -> None:
    """Tokens counted by the server scale the next try; otherwise three characters a token, else half."""
    assert smaller_budget(20_000, Plan(max_tokens=1_024), window, counted) == expected


def test_below_the_smallest_prompt_there_is_no_smaller_one() -> None:
    """The loop of shrinking ends."""
    assert smaller_budget(3_000, Plan(), 0, 0) == 0


@pytest.mark.parametrize(
    ("status", "param", "code", "kind", "expected"),
    [
        (400, "input_tokens", "400", "BadRequestError", True),
        (400, "input_text", "400", "BadRequestError", True),
        (400, "max_tokens", "400", "BadRequestError", True),
        (400, "max_tokens", "unsupported_parameter", "invalid_request_error", False),
        (400, "", "context_length_exceeded", "", True),
        (400, "", "", "exceed_context_size_error", True),
        (413, "", "", "", True),
        (400, "body.messages", "400", "Bad Request", False),
        (422, "input_tokens", "", "", False),
    ],
)
def test_is_overflow(status: int, param: str, code: str, kind: str, expected: bool) -> None:
    """vLLM names the parameter; other servers have codes of their own."""
    assert is_overflow(status, param, code, kind) is expected


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_whole_sentences(reason: str) -> None:
    """Only these texts reach a reader."""
    error = failure(reason, "http://h:1", "detail")
    assert error.reason == reason
    assert error.cause.startswith("No explanation was written: ")
    assert error.cause.endswith(" (detail).")
    assert "{" not in str(error)


def test_every_reason_is_documented() -> None:
    """House rule: what a reader may meet is in the docs, and a test lists it."""
    text = (Path(__file__).parent.parent / "docs" / "explain.md").read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"| `{reason}` |" not in text] == []


def test_plans_are_values() -> None:
    """A plan is replaced, never changed."""
    assert replace(Plan(), dialect=BARE) != Plan()
