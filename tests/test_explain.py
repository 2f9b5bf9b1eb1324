"""Explaining from stored entries: evidence first, a model may word it, its failures never surface as errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mcp_rag.app import App
from mcp_rag.errors import ExplainerError, InputError, NotFoundError
from mcp_rag.explain import MAX_EVIDENCE, Explain
from mcp_rag.resolve import RecordRequest
from mcp_rag.rows import Draft, DraftCitation, DraftStep, ErrorGroup, Evidence

pytestmark = pytest.mark.anyio

LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"
FIX = "Start the database with `systemctl start postgresql`."


class ScriptedExplainer:
    """The Explainer seam: answers what it is told to, and keeps what it was asked."""

    model = "scripted"

    def __init__(self, answer: Callable[[Sequence[Evidence]], Draft] | Exception) -> None:
        self.answer = answer
        self.asked: list[Sequence[Evidence]] = []
        self.texts: list[str] = []

    async def explain(self, error_text: str, evidence: Sequence[Evidence]) -> Draft:
        """One draft."""
        self.asked.append(evidence)
        self.texts.append(error_text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(evidence)


def grounded(evidence: Sequence[Evidence]) -> Draft:
    """A draft whose every claim stands in the evidence."""
    first = evidence[0]
    return Draft(
        "known_fix",
        "The database is down.",
        "Nothing listens.",
        (DraftStep(FIX, (first.id,)),),
        (DraftCitation(first.id, "connect to db failed: ECONNREFUSED"),),
        "scripted",
    )


def invented(evidence: Sequence[Evidence]) -> Draft:
    """A draft that cites what was not retrieved."""
    return Draft(
        "known_fix",
        "Do as I say.",
        "Aliens.",
        (DraftStep("Run `rm -rf /opt/zeta --force`.", ("f" * 32,)),),
        (DraftCitation("f" * 32, "never said"),),
        "scripted",
    )


@pytest.fixture
async def group(app: App) -> ErrorGroup:
    """One known error with a fix that worked."""
    async for _ in app.ingest(text=LINE, trusted=True, service="api"):
        pass
    (found,) = app.store.errors.values()  # type: ignore[attr-defined] # a DictStore
    await app.resolver.record(RecordRequest(FIX, "worked", error_id=found.id))
    return found  # type: ignore[no-any-return] # as above


def explain(app: App, explainer: Any) -> Explain:
    """The verb with a scripted model."""
    return Explain(app.searcher, explainer, app.browser.group, app.gate)


async def test_without_a_model_the_evidence_answers(app: App, group: ErrorGroup) -> None:
    """The same shape from evidence alone, marked as degraded, every step cited (principle 3)."""
    result = await app.explain.explain(LINE, "", "")
    assert (result.verdict, result.generated_by, result.degraded) == ("known_fix", "none", True)
    assert "MCP_RAG_LLM_BASE_URL" in result.degraded_reason
    assert result.evidence[0].id == group.id
    assert all(set(s.citations) <= {h.id for h in result.evidence} for s in result.steps)
    assert FIX in result.steps[0].text


async def test_nothing_known_is_insufficient(app: App) -> None:
    """No evidence, no story: the model is not even asked."""
    model = ScriptedExplainer(grounded)
    result = await explain(app, model).explain("never seen: E9999", "", "")
    assert (result.verdict, result.steps, result.evidence) == ("insufficient_evidence", [], [])
    assert model.asked == []


async def test_a_grounded_answer_passes(app: App, group: ErrorGroup) -> None:
    """What the evidence says comes through with its citations, and names the model."""
    result = await explain(app, ScriptedExplainer(grounded)).explain(LINE, "", "")
    assert (result.verdict, result.generated_by, result.degraded) == ("known_fix", "scripted", False)
    assert result.citations[0].id == group.id
    assert result.steps[0].support == "cited"


async def test_an_invented_answer_does_not(app: App, group: ErrorGroup) -> None:
    """The model proposes, code decides: no citation of what was not retrieved survives (promise 4)."""
    result = await explain(app, ScriptedExplainer(invented)).explain(LINE, "", "")
    assert result.dropped_citations >= 2
    assert (result.verdict, result.generated_by, result.degraded) == ("known_fix", "none", True)
    assert "could not be tied" in result.degraded_reason
    assert FIX in result.steps[0].text
    assert "Aliens" not in repr(result)
    assert all(c.id == group.id for c in result.citations)
    assert all(s.support != "cited" for s in result.steps if "rm -rf" in s.text)
    assert result.verdict != "known_fix" or all("zeta" not in s.text for s in result.steps)


async def test_a_model_may_say_that_the_evidence_is_not_enough(app: App, group: ErrorGroup) -> None:
    """That is an answer, not nonsense: it stays, and carries no steps."""

    def unsure(evidence: Sequence[Evidence]) -> Draft:
        return Draft("insufficient_evidence", "The entry is about another database.", "", model="scripted")

    result = await explain(app, ScriptedExplainer(unsure)).explain(LINE, "", "")
    assert (result.verdict, result.generated_by, result.degraded) == ("insufficient_evidence", "scripted", False)
    assert result.steps == []


async def test_a_failing_model_degrades(app: App, group: ErrorGroup) -> None:
    """Whatever the model server does, the evidence answers and the reason is told in our words."""
    model = ScriptedExplainer(ExplainerError("The model server did not answer.", retry=True, reason="timeout"))
    result = await explain(app, model).explain(LINE, "", "")
    assert (result.verdict, result.generated_by, result.degraded) == ("known_fix", "none", True)
    assert "did not answer" in result.degraded_reason


async def test_the_same_question_is_asked_once(app: App, group: ErrorGroup) -> None:
    """A cached answer says so; a new outcome of the fix makes it a new question."""
    model = ScriptedExplainer(grounded)
    verb = explain(app, model)
    first = await verb.explain(LINE, "", "")
    second = await verb.explain(LINE.replace("10:00:01", "11:00:00"), "", "")
    assert (first.cached, second.cached, len(model.asked)) == (False, True, 1)
    await app.resolver.record(RecordRequest(FIX, "failed", error_id=group.id))
    await verb.explain(LINE, "", "")
    assert len(model.asked) == 2


async def test_a_model_named_by_the_server_is_asked_once_too(app: App, group: ErrorGroup) -> None:
    """Without MCP_RAG_LLM_MODEL the name is known only after the first answer; the second question is the same."""

    class Named(ScriptedExplainer):
        """Learns its name from its first answer."""

        async def explain(self, error_text: str, evidence: Sequence[Evidence]) -> Draft:
            """One draft, and a name."""
            self.model = "first-listed"
            return await super().explain(error_text, evidence)

    model = Named(grounded)
    model.model = ""
    verb = explain(app, model)
    assert [(await verb.explain(LINE, "", "")).cached for _ in range(3)] == [False, True, True]
    assert len(model.asked) == 1


async def test_a_cached_draft_is_checked_against_the_error_at_hand(app: App, group: ErrorGroup) -> None:
    """The versions in the paste decide whether a fix holds: the answer for one is none for the other."""
    await app.resolver.undo((await app.store.resolutions_of([group.id]))[0].id)
    await app.resolver.record(RecordRequest(FIX, "worked", error_id=group.id, version="numpy<2"))
    model = ScriptedExplainer(grounded)
    verb = explain(app, model)
    verdicts = [(await verb.explain(f"{LINE}numpy {version}\n", "", "")).verdict for version in ("1.26.4", "2.1.0")]
    assert verdicts == ["known_fix", "likely_cause"]
    again = await verb.explain(f"{LINE}numpy 1.24.0\n", "", "")
    assert (again.verdict, again.cached) == ("known_fix", True)


async def test_secrets_of_a_paste_go_nowhere(app: App, group: ErrorGroup) -> None:
    """What is sent to the model, and what is quoted, passed the gate first."""
    key = "ghp_" + "a1B2" * 9
    model = ScriptedExplainer(grounded)
    paste = f"{LINE}token={key} from jane.doe@example.org\n"
    for verb in (explain(app, model), app.explain):
        result = await verb.explain(paste, "", "")
        assert result.evidence
        assert key not in repr(result)
    (sent,) = model.texts
    assert "ECONNREFUSED" in sent
    assert key not in sent
    assert "jane.doe" not in sent


async def test_by_id_the_group_is_always_in_the_evidence(app: App, group: ErrorGroup) -> None:
    """An id is answered about that group, also when its stored sample or a filter would not lead back to it."""
    app.store.errors[group.id] = replace(app.store.errors[group.id], sample="nothing like it")  # type: ignore[attr-defined] # a DictStore
    for service in ("", "another"):
        result = await app.explain.explain("", group.id, service)
        assert result.evidence[0].id == group.id
        assert result.verdict == "known_fix"
        assert result.evidence[0].resolutions


async def test_evidence_is_bounded(app: App) -> None:
    """At most six entries go to the model, best first, each cut."""
    text = "".join(f"2026-11-23T10:00:{n:02d}Z ERROR api flux capacitor failed: E5{n:03d}\n" for n in range(30))
    async for _ in app.ingest(text=text, trusted=True):
        pass
    model = ScriptedExplainer(grounded)
    result = await explain(app, model).explain("flux capacitor failed", "", "")
    assert len(result.evidence) == len(model.asked[0]) == MAX_EVIDENCE


@pytest.mark.parametrize(("text", "error_id"), [("", ""), ("  ", ""), ("x", "a" * 32)])
async def test_exactly_one_subject(app: App, text: str, error_id: str) -> None:
    """Text or id, not both, not neither."""
    with pytest.raises(InputError, match="either"):
        await app.explain.explain(text, error_id, "")


async def test_an_unknown_id_is_an_error(app: App) -> None:
    """Not an empty explanation."""
    with pytest.raises(NotFoundError):
        await app.explain.explain("", "a" * 32, "")
    with pytest.raises(InputError):
        await app.explain.explain("", "abc", "")
