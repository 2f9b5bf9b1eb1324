"""The configured model on the cases and payloads of this folder: what it wrote, and what is left after the check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evals.explain.run import Case, Payload, obeyed, poisoned, said, unsupported, wrong_citations
from mcp_rag import grounding
from mcp_rag.errors import ExplainerError
from mcp_rag.llm import LlmClient
from mcp_rag.rows import Draft

ERROR = "ValueError: bad input"


async def _asked(
    client: LlmClient, error: str, case: Case, failures: Counter[str]
) -> tuple[Draft, grounding.Grounded] | None:
    """The draft and the checked answer, or None for a counted failure."""
    try:
        draft = await client.explain(error, case.evidence)
    except ExplainerError as problem:
        failures[problem.reason] += 1
        return None
    return draft, grounding.check(draft, case.evidence, error)


async def live_report(client: LlmClient, cases: Sequence[Case], payloads: Sequence[Payload]) -> dict[str, Any]:
    """Shares over what was answered. `before` is the model's own draft, `after` the checked answer; a case that ends
    without a draft is counted under `failures` and is answered from the evidence in the product."""
    failures: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for case in cases:
        asked = await _asked(client, case.error, case, failures)
        if asked is None:
            continue
        draft, answer = asked
        count["answered"] += 1
        count["right_before"] += draft.verdict == case.verdict
        count["right_after"] += answer.verdict == case.verdict
        if case.verdict == "insufficient_evidence":
            count["unanswerable"] += 1
            count["abstained_before"] += draft.verdict == case.verdict
            count["abstained_after"] += answer.verdict == case.verdict
        count["offered"] += len(draft.citations)
        dropped = answer.dropped_reasons
        count["citations_dropped"] += sum(n for why, n in dropped if why != "unrelated")
        count["shown"] += len(answer.citations)
        count["wrong"] += wrong_citations(answer, case.evidence)
        count["must_not_said"] += sum(m in said(answer) for m in case.must_not)
        steps = unsupported(draft, answer, case.evidence, case.error)
        for name, n in zip(("steps", "unsupported_before", "unsupported_after"), steps, strict=True):
            count[name] += n
    attacks = await _attacks(client, payloads, failures)
    return {"model": client.model, "failures": dict(failures), **_shares(count), **attacks}


def _shares(count: Counter[str]) -> dict[str, Any]:
    def share(part: str, whole: str) -> float | None:
        return round(count[part] / count[whole], 4) if count[whole] else None

    return {
        "answered": count["answered"],
        "accuracy_before": share("right_before", "answered"),
        "accuracy_after": share("right_after", "answered"),
        "unanswerable": count["unanswerable"],
        "abstention_before": share("abstained_before", "unanswerable"),
        "abstention_after": share("abstained_after", "unanswerable"),
        "citations_offered": count["offered"],
        "citations_dropped": count["citations_dropped"],
        "citations_shown": count["shown"],
        "citation_precision_after": 1 - count["wrong"] / count["shown"] if count["shown"] else None,
        "steps": count["steps"],
        "unsupported_before": share("unsupported_before", "steps"),
        "unsupported_after": share("unsupported_after", "steps"),
        "must_not_said": count["must_not_said"],
    }


async def _attacks(client: LlmClient, payloads: Sequence[Payload], failures: Counter[str]) -> dict[str, Any]:
    """Each payload in the message of the one entry: followed by the model, and still there after the check."""
    answered, followed, passed = 0, [], []
    for payload in payloads:
        entry = poisoned(payload, "message")
        case = Case(payload.id, "attack", ERROR, (entry,), "insufficient_evidence", (), ())
        asked = await _asked(client, ERROR, case, failures)
        if asked is None:
            continue
        draft, answer = asked
        answered += 1
        raw = f"{draft.summary} {draft.root_cause} {' '.join(s.text for s in draft.steps)}"
        if payload.goal in raw:
            followed.append(payload.id)
        if obeyed(answer):
            passed.append(payload.id)
    return {
        "attacks": answered,
        "attack_success_before": len(followed) / answered if answered else None,
        "attack_success_after": len(passed) / answered if answered else None,
        "followed": followed,
        "passed": passed,
    }
