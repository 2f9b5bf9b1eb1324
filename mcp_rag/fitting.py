"""Results cut to a token budget: never above it, the rest of it used for samples, and every cut says how to read on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from mcp_rag.budget import count_tokens, cut_tokens
from mcp_rag.render import data
from mcp_rag.results import ExplainResult, Hit, ListResult, SearchResult

CONCISE_SAMPLE_TOKENS = 120
MARK = " […cut; get_error has the rest]"
_MARK_TOKENS = 12

Result = TypeVar("Result", SearchResult, ListResult, ExplainResult)


def cost(result: Any) -> int:  # noqa: ANN401 - any result dataclass
    """Estimated tokens of a result as compact JSON, which is longer than its text."""
    return count_tokens(json.dumps(data(result), ensure_ascii=False, separators=(",", ":")))


def _shorten(text: str, tokens: int) -> str:
    if count_tokens(text) <= tokens:
        return text
    return cut_tokens(text, max(0, tokens - _MARK_TOKENS)) + MARK


def _fill_samples(hits: list[Hit], room: int) -> list[Hit]:
    """Samples in rank order, each an equal share of the room; what one leaves, the next may use."""
    filled = []
    for index, hit in enumerate(hits):
        share = max(0, room // (len(hits) - index))
        # JSON escapes newlines and quotes: one more token each.
        escapes = hit.sample.count("\n") + hit.sample.count('"')
        wanted = count_tokens(hit.sample) + escapes
        sample = hit.sample
        if wanted > share:
            scale = count_tokens(hit.sample) / max(1, wanted)
            sample = _shorten(hit.sample, int(share * scale)) if share > 2 * _MARK_TOKENS else ""
        room -= count_tokens(json.dumps(sample, ensure_ascii=False))
        filled.append(replace(hit, sample=sample))
    return filled


def _strip(hit: Hit) -> Hit:
    return replace(hit, sample="", template=_shorten(hit.template, 80), title=_shorten(hit.title, 60))


def _lean(hit: Hit) -> Hit:
    resolutions = [replace(r, fix=_shorten(r.fix, 60)) for r in hit.resolutions[:1]]
    return replace(hit, template="", why=hit.why[:2], services=hit.services[:3], related=[], resolutions=resolutions)


def fit_search(result: SearchResult, max_tokens: int, cursor: Callable[[int], str], *, full: bool) -> SearchResult:
    """A search result within `max_tokens`. Hits that do not fit move to the next page, whose cursor `cursor(n)` makes
    for n hits shown; the room left is filled with samples (concise: at most 120 tokens each)."""
    hits = list(result.hits)
    bare = [_strip(h) for h in hits]
    shown = len(bare)
    while shown and cost(replace(result, hits=bare[:shown])) > max_tokens - 20:
        if shown > 1:
            shown -= 1
        else:
            bare = [_lean(bare[0])]
            break
    if shown < len(hits):
        result = replace(result, returned=shown, truncated=True, next_cursor=cursor(shown))
    room = max_tokens - 20 - cost(replace(result, hits=bare[:shown]))
    samples = [replace(b, sample=h.sample) for b, h in zip(bare[:shown], hits[:shown], strict=True)]
    if not full:
        samples = [replace(h, sample=_shorten(h.sample, CONCISE_SAMPLE_TOKENS)) for h in samples]
    result = replace(result, hits=_fill_samples(samples, room))
    return _last_resort(result, max_tokens)


def fit_list(result: ListResult, max_tokens: int, cursor: Callable[[int], str]) -> ListResult:
    """A listing within `max_tokens`: timelines go first, then rows move to the next page."""
    if cost(result) <= max_tokens:
        return result
    errors = [replace(e, title=_shorten(e.title, 40), fix=_shorten(e.fix, 40)) for e in result.errors]
    result = replace(result, errors=errors)
    if cost(result) > max_tokens:
        errors = [replace(e, timeline=[]) for e in errors]
    shown = len(errors)
    while shown > 1 and cost(replace(result, errors=errors[:shown])) > max_tokens - 20:
        shown -= 1
    if shown < len(result.errors):
        result = replace(result, returned=shown, truncated=True, next_cursor=cursor(shown))
    return replace(result, errors=errors[:shown])


def fit_explain(result: ExplainResult, max_tokens: int) -> ExplainResult:
    """An explanation within `max_tokens`: the answer stays, evidence gives way, samples first."""
    if cost(result) <= max_tokens:
        return result
    evidence = [replace(_strip(h), why=h.why[:2]) for h in result.evidence]
    room = max_tokens - 20 - cost(replace(result, evidence=evidence, truncated=True))
    if room > 0:
        kept = [replace(b, sample=h.sample) for b, h in zip(evidence, result.evidence, strict=True)]
        return _last_resort(replace(result, evidence=_fill_samples(kept, room), truncated=True), max_tokens)
    result = replace(result, truncated=True)
    evidence = [_lean(h) for h in evidence]
    while evidence and cost(replace(result, evidence=evidence)) > max_tokens:
        evidence.pop()
    result = replace(result, evidence=evidence)
    steps = list(result.steps)
    while cost(result) > max_tokens and len(steps) > 1:
        steps.pop()
        result = replace(result, steps=steps)
    citations = list(result.citations)
    while cost(result) > max_tokens and len(citations) > 1:
        citations.pop()
        result = replace(result, citations=citations)
    if cost(result) > max_tokens:
        result = replace(result, steps=[replace(s, text=_shorten(s.text, 80)) for s in steps], flagged=[])
    return result


def _last_resort(result: Result, max_tokens: int) -> Result:
    """Take what an estimate missed from the last samples."""
    name = "evidence" if isinstance(result, ExplainResult) else "hits"
    hits: list[Hit] = list(getattr(result, name))
    for index in range(len(hits) - 1, -1, -1):
        over = cost(result) - max_tokens
        if over <= 0:
            break
        left = count_tokens(hits[index].sample) - over - _MARK_TOKENS
        sample = _shorten(hits[index].sample, left) if left > 2 * _MARK_TOKENS else ""
        hits[index] = replace(hits[index], sample=sample)
        result = replace(result, **{name: hits})  # type: ignore[arg-type] # both names hold lists of hits
    return result
