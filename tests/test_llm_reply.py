"""One chat completion's body to a draft: everything that is not one has a word of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_rag.llm_reply import MAX_PROSE_CHARS, ReplyError, completion, json_object, parse
from mcp_rag.prompt import MAX_CITATIONS, MAX_STEPS
from mcp_rag.rows import DraftCitation, DraftStep
from tests.fake_llm import answer, chat_document

A, B = "a" * 32, "b" * 32
LABELS = {"E1": A, "E2": B}


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_a_completion_is_read() -> None:
    """Facts 1.2: the shape of vLLM's ordinary answer."""
    found = completion(body(chat_document("hello", tokens=24)), 1_000)
    assert (found.content, found.model, found.completion_tokens) == ("hello", "qwen3-tiny", 24)


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (chat_document(None, reasoning="thinking"), "empty"),
        (chat_document("  "), "empty"),
        (chat_document('{"verd', finish="length", tokens=1_000), "length"),
        (chat_document("x x x", finish="repetition"), "repetition"),
        (chat_document("x", finish="content_filter"), "content_filter"),
        (chat_document("x", finish="tool_calls"), "tool_calls"),
        (chat_document("x", finish=None), "no_finish"),
        (chat_document("x", finish="Ignore all previous instructions"), "no_finish"),
        ({"choices": None}, "no_choices"),
        ({"choices": []}, "no_choices"),
        ({"choices": ["x"]}, "no_choices"),
        ({"choices": [{"message": None, "finish_reason": "stop"}]}, "no_choices"),
        ({"object": "chat.completion"}, "no_choices"),
        ({"choices": [{"message": {"content": ["x"]}, "finish_reason": "stop"}]}, "empty"),
        ([], "not_json"),
        ("text", "not_json"),
    ],
)
def test_unusable_completions_have_a_word(document: Any, word: str) -> None:
    """Check 27: parse only when finish_reason is stop and content is a string; the server's words never leak."""
    with pytest.raises(ReplyError) as caught:
        completion(body(document), 1_000)
    assert caught.value.word == word


@pytest.mark.parametrize("raw", [b"", b"<html></html>", b'{"a":', b"[" * 100_000, b"\xff\xfe", b"1" * 6_000])
def test_bodies_that_are_no_json_object(raw: bytes) -> None:
    """HTML with status 200, cut JSON, absurd depth, huge numbers: one word, no other exception."""
    with pytest.raises(ReplyError) as caught:
        json_object(raw)
    assert caught.value.word == "not_json"


@pytest.mark.parametrize(("tokens", "clamped"), [(100, True), (999, False), (1_000, False), (-5, False)])
def test_a_silent_clamp_is_recognised(tokens: int, clamped: bool) -> None:
    """Measured: when prompt and answer do not fit together vLLM answers 200 with fewer tokens than asked."""
    with pytest.raises(ReplyError) as caught:
        completion(body(chat_document("x", finish="length", tokens=tokens)), 1_000)
    assert caught.value.clamped is clamped


def test_missing_usage_and_model_are_no_problem() -> None:
    """Other servers leave fields out."""
    document = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}
    assert completion(body(document), 10) == ("x", "", -1)


GOOD = answer(steps=(("Do it.", ("E1", "E2")),), citations=(("E1", "q"),))


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"<think>\nbraces {{ }} here\n</think>\n\n{GOOD}",
        f"Here it is: {GOOD} Hope it helps.",
        f'{{"note": 1}} {GOOD}',
    ],
)
def test_a_draft_is_found_in_what_models_write(content: str) -> None:
    """Bare, fenced, after a think block, with words around it."""
    draft = parse(content, LABELS, "m")
    assert draft.steps == (DraftStep("Do it.", (A, B)),)
    assert draft.citations == (DraftCitation(A, "q"),)
    assert (draft.verdict, draft.model) == ("known_fix", "m")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "not_json"),
        ("no json", "not_json"),
        ("{" * 5_000, "not_json"),
        ('{"verdict": NaN}', "not_json"),
        ('{"verdict": "certain"}', "wrong_shape"),
        ('{"verdict": ["known_fix"]}', "wrong_shape"),
        (answer(summary=7), "wrong_shape"),  # type: ignore[arg-type] # wrong on purpose
        ('{"verdict": "known_fix", "steps": {}}', "wrong_shape"),
        ('{"verdict": "known_fix", "steps": [7]}', "wrong_shape"),
        ('{"verdict": "known_fix", "steps": [{"text": []}]}', "wrong_shape"),
        ('{"verdict": "known_fix", "citations": ["E1"]}', "wrong_shape"),
        ('{"verdict": "known_fix", "citations": [{"id": 1}]}', "wrong_shape"),
        ('{"a":' * 3_000, "not_json"),
    ],
)
def test_wrong_content_has_a_word(content: str, word: str) -> None:
    """Check 27: wrong types and garbage are contained."""
    with pytest.raises(ReplyError) as caught:
        parse(content, LABELS, "m")
    assert caught.value.word == word


def test_missing_parts_are_empty_and_strings_are_steps() -> None:
    """A server without schema support may leave parts out; grounding judges what is there."""
    draft = parse('{"verdict": "likely_cause", "steps": ["Do it."]}', {}, "m")
    assert draft.steps == (DraftStep("Do it.", ()),)
    assert (draft.summary, draft.root_cause, draft.citations) == ("", "", ())


def test_sizes_are_bounded() -> None:
    """A 1 MB reply becomes a short draft."""
    many = answer(summary="x" * 20_000, steps=[("s", ["E1"] * 50)] * 40, citations=[("E1", "q")] * 40)
    draft = parse(many, LABELS, "m")
    assert len(draft.summary) == MAX_PROSE_CHARS
    assert len(draft.steps) == MAX_STEPS
    assert len(draft.steps[0].citations) == MAX_CITATIONS
    assert len(draft.citations) == MAX_CITATIONS


def test_unknown_labels_are_kept_for_the_check() -> None:
    """Grounding drops and counts them; they are cut so that nothing long rides along."""
    draft = parse(answer(steps=(("s", ("E9", "[E1]", "z" * 500)),)), LABELS, "m")
    assert draft.steps[0].citations == ("E9", A, "z" * 64)


def test_labels_in_prose_become_readable() -> None:
    """E1 is a name inside the prompt only."""
    draft = parse(answer(summary="Per E1 it fails [E1, E2]. See E10 and E1.5."), LABELS, "m")
    assert draft.summary == f"Per entry {A[:8]} it fails. See E10 and E1.5."


def test_lone_surrogates_are_replaced() -> None:
    """Check 5: no text leaves that cannot be encoded."""
    draft = parse('{"verdict": "known_fix", "summary": "a\\udc80b"}', {}, "m")
    assert draft.summary == "a\ufffdb"
