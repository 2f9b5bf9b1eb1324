"""From the text of one chat completion to a Draft, or a word for what is wrong with it. Pure; checks shape only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from mcp_rag.prompt import MAX_CITATIONS, MAX_STEPS, VERDICTS
from mcp_rag.rows import Draft, DraftCitation, DraftStep

MAX_CONTENT_CHARS = 60_000
MAX_PROSE_CHARS = 2_000
MAX_OBJECT_STARTS = 5

_THINKING = re.compile(r"^.{0,40000}?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class ReplyError(Exception):
    """The reply cannot be used. `word` is ours: `not_json`, `empty`, `cut`, `repetition`, `wrong_shape`, ..."""

    def __init__(self, word: str, *, clamped: bool = False) -> None:
        super().__init__(word)
        self.word = word
        self.clamped = clamped


class Completion(NamedTuple):
    """The parts of a chat completion that matter. `completion_tokens` is -1 when the server does not say."""

    content: str
    model: str
    completion_tokens: int


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises ReplyError for everything else, whatever its depth or its numbers."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ReplyError("not_json") from None
    if not isinstance(document, dict):
        raise ReplyError("not_json")
    return document


def completion(body: bytes, max_tokens: int) -> Completion:
    """The usable content of a chat completion's raw body. Raises ReplyError; `clamped` on it says that the server
    cut the answer short of `max_tokens`, because prompt and answer together exceed its context."""
    document = json_object(body)
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise ReplyError("no_choices")
    usage = document.get("usage")
    spent = usage.get("completion_tokens") if isinstance(usage, dict) else None
    tokens = spent if isinstance(spent, int) else -1
    finish = choice.get("finish_reason")
    if finish != "stop":
        known = finish if finish in ("length", "repetition", "content_filter", "tool_calls") else "no_finish"
        raise ReplyError(known, clamped=finish == "length" and 0 <= tokens < max_tokens - 1)
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        raise ReplyError("empty")
    model = document.get("model")
    return Completion(content, model if isinstance(model, str) else "", tokens)


def parse(content: str, labels: Mapping[str, str], model: str) -> Draft:
    """The draft in a reply's content: a JSON object, bare, fenced, or after a closed think block. `labels` maps the
    prompt's short names to evidence ids; a name that is not among them is kept for grounding to drop and count.
    Raises ReplyError."""
    document = _find_object(content[:MAX_CONTENT_CHARS])
    verdict = document.get("verdict")
    if verdict not in VERDICTS:
        raise ReplyError("wrong_shape")
    steps = _list(document, "steps")[:MAX_STEPS]
    citations = _list(document, "citations")[:MAX_CITATIONS]
    return Draft(
        verdict=verdict,
        summary=_named(_text(document, "summary"), labels),
        root_cause=_named(_text(document, "root_cause"), labels),
        steps=tuple(_step(step, labels) for step in steps),
        citations=tuple(_citation(citation, labels) for citation in citations),
        model=model,
    )


def _find_object(content: str) -> dict[str, Any]:
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    text = _THINKING.sub("", content, count=1)
    start = text.find("{")
    for _ in range(MAX_OBJECT_STARTS):
        if start < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and "verdict" in found:
            return found
        start = text.find("{", start + 1)
    raise ReplyError("not_json")


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise ReplyError("wrong_shape")
    return _SURROGATE.sub("\ufffd", value[:MAX_PROSE_CHARS])


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise ReplyError("wrong_shape")
    return value


def _step(value: Any, labels: Mapping[str, str]) -> DraftStep:  # noqa: ANN401 - a JSON value
    if isinstance(value, str):
        return DraftStep(_named(_text({"text": value}, "text"), labels), ())
    if not isinstance(value, dict):
        raise ReplyError("wrong_shape")
    ids = [i for i in _list(value, "citations") if isinstance(i, str)][:MAX_CITATIONS]
    return DraftStep(_named(_text(value, "text"), labels), tuple(_id(i, labels) for i in ids))


def _citation(value: Any, labels: Mapping[str, str]) -> DraftCitation:  # noqa: ANN401 - a JSON value
    if not isinstance(value, dict):
        raise ReplyError("wrong_shape")
    return DraftCitation(_id(_text(value, "id"), labels), _text(value, "quote"))


def _id(name: str, labels: Mapping[str, str]) -> str:
    name = name.strip("[]() ")
    return labels.get(name, name[:64])


def _named(text: str, labels: Mapping[str, str]) -> str:
    """The prompt's short names mean nothing to a reader: `[E1]` is taken out, a bare `E1` becomes `entry <id>`."""
    if not labels:
        return text
    names = "|".join(re.escape(name) for name in labels)
    text = re.sub(rf"\s?[\[(](?:{names})(?:,\s?(?:{names})){{0,8}}[\])]", "", text)
    return re.sub(rf"\b(?:{names})\b(?![.\d])", lambda m: f"entry {labels[m.group()][:8]}", text)
