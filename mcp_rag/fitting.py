"""Results cut to a token budget: never above it, the rest of it used for samples, and every cut says how to read on.

What gives way goes in a fixed order, least needed first; both channels of an answer are counted, the larger decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from mcp_rag import render
from mcp_rag.budget import MAX_CHARS_PER_TOKEN, count_tokens, cut_tokens
from mcp_rag.results import ExplainResult, GetResult, Hit, ListedError, ListResult, Parsed, SearchResult

CONCISE_SAMPLE_TOKENS = 120
MARK = " […cut; get_error has the rest]"
_MARK_TOKENS = 12
# The estimate is not a promise for every short text; this is what it may be wrong by.
_MARGIN = 20

Result = TypeVar("Result", SearchResult, ListResult, ExplainResult, GetResult)


def cost(result: Any) -> int:  # noqa: ANN401 - any result dataclass
    """Estimated tokens of a result: as compact JSON or as text, whichever is more."""
    facts = render.data(result)
    return max(_json_cost(facts), count_tokens(render.text(facts)))


def _json_cost(value: Any) -> int:  # noqa: ANN401 - any JSON value
    return count_tokens(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _shorten(text: str, tokens: int) -> str:
    if len(text) <= MAX_CHARS_PER_TOKEN * tokens and count_tokens(text) <= tokens:
        return text
    return cut_tokens(text, max(0, tokens - _MARK_TOKENS)) + MARK


def _reduced(
    result: Result, limit: int, steps: Sequence[Callable[[Result], Result]], spent: int | None = None
) -> tuple[Result, int]:
    """The result after as many of the steps, in their order, as it takes to fit, and what it costs; `spent` is the cost
    of the result as given, where it is known."""
    if spent is None:
        spent = cost(result)
    for step in steps:
        if spent <= limit:
            break
        result = step(result)
        spent = cost(result)
    return result, spent


def _most(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The largest number in the range that fits; `low` when none does. All fit in most cases: that is tried first."""
    if low < high and fits(high):
        return high
    high -= 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


# ---------------------------------------------------------------- hits
def _costs_more(text: str, tokens: int) -> bool:
    """True when the text inside JSON takes more; no more of a long text is counted than that takes."""
    return len(text) > MAX_CHARS_PER_TOKEN * tokens or _json_cost(text) > tokens


def _fill_samples(hits: Sequence[Hit], samples: Sequence[str], room: int) -> list[Hit]:
    """Hits with their samples in rank order, each an equal share of the room; what one leaves, the next may use."""
    filled = []
    for index, (hit, whole) in enumerate(zip(hits, samples, strict=True)):
        share = max(0, room // (len(hits) - index))
        sample = _cut_sample(whole, share) if _costs_more(whole, share) else whole
        room -= _json_cost(sample)
        filled.append(replace(hit, sample=sample))
    return filled


def _cut_sample(sample: str, share: int) -> str:
    # The field's name, its quotes and the marks around several lines cost what a short sample is not worth.
    left = share - _MARK_TOKENS - 16
    return cut_tokens(sample, left, _json_cost) + MARK if left > _MARK_TOKENS else ""


def _bare(hit: Hit) -> Hit:
    return replace(hit, sample="", template=_shorten(hit.template, 80), title=_shorten(hit.title, 60))


def _lean(hit: Hit) -> Hit:
    resolutions = [replace(r, fix=_shorten(r.fix, 60)) for r in hit.resolutions[:1]]
    return replace(hit, template="", why=hit.why[:2], services=hit.services[:3], related=[], resolutions=resolutions)


def _least(hit: Hit) -> Hit:
    title = cut_tokens(hit.title, 16)
    return replace(_lean(hit), title=title, why=[], services=[], resolutions=[], first_seen="")


def _lean_parsed(parsed: Parsed) -> Parsed:
    return replace(
        parsed,
        exception_type=_shorten(parsed.exception_type, 24),
        root_type=_shorten(parsed.root_type, 24),
        message=_shorten(parsed.message, 24),
        codes=parsed.codes[:3],
        frames=[],
    )


def _with_samples(result: Result, name: str, samples: Sequence[str], room: int, limit: int) -> Result:
    """The result with as much of the samples of its hits as the room leaves, all of it within the limit."""
    hits: list[Hit] = getattr(result, name)
    filled = replace(result, **{name: _fill_samples(hits, samples, room)})  # type: ignore[arg-type] # a list of hits
    while room > 0 and (over := cost(filled) - limit) > 0:
        room -= over + 4
        filled = replace(result, **{name: _fill_samples(hits, samples, room)})  # type: ignore[arg-type] # as above
    return filled if room > 0 else result


def fit_search(result: SearchResult, max_tokens: int, cursor: Callable[[int], str], *, full: bool) -> SearchResult:
    """A search result within `max_tokens`. Hits that do not fit move to the next page, whose cursor `cursor(n)` makes
    for n hits shown; the room left is filled with samples (concise: at most 120 tokens each)."""
    limit = max_tokens - _MARGIN
    samples = [h.sample if full else _shorten(h.sample, CONCISE_SAMPLE_TOKENS) for h in result.hits]
    bare = [_bare(h) for h in result.hits]

    def page(n: int) -> SearchResult:
        if n == len(bare):
            return replace(result, hits=bare)
        return replace(result, hits=bare[:n], returned=n, truncated=True, next_cursor=cursor(n))

    costs: dict[int, int] = {}

    def fits(n: int) -> bool:
        costs[n] = cost(page(n))
        return costs[n] <= limit

    shown = _most(min(1, len(bare)), len(bare), fits)
    fitted, spent = _reduced(
        page(shown),
        limit,
        [
            lambda r: replace(r, hits=[_lean(h) for h in r.hits]),
            lambda r: replace(r, parsed=_lean_parsed(r.parsed), hint=_shorten(r.hint, 60)),
            lambda r: replace(r, next_calls=[]),
            lambda r: replace(r, hits=[_least(h) for h in r.hits]),
            lambda r: replace(r, filters_applied={}, degraded_reason=_shorten(r.degraded_reason, 30)),
            lambda r: replace(r, parsed=Parsed(events=r.parsed.events), hint=_shorten(r.hint, 30)),
        ],
        costs.get(shown),
    )
    return _with_samples(fitted, "hits", samples[:shown], limit - spent, limit)


# ---------------------------------------------------------------- explain
def fit_explain(result: ExplainResult, max_tokens: int) -> ExplainResult:
    """An explanation within `max_tokens`: the answer stays, evidence gives way, samples first."""
    limit = max_tokens - _MARGIN
    if cost(result) <= limit:
        return result
    samples = [h.sample for h in result.evidence]
    fitted = replace(result, evidence=[replace(_bare(h), why=h.why[:2]) for h in result.evidence], truncated=True)
    fitted, spent = _reduced(
        fitted,
        limit,
        [
            lambda r: replace(r, evidence=[_lean(h) for h in r.evidence]),
            lambda r: replace(r, parsed=_lean_parsed(r.parsed)),
            lambda r: _fewer(r, "evidence", limit),
            lambda r: _fewer(r, "steps", limit),
            lambda r: _fewer(r, "citations", limit),
            lambda r: replace(r, evidence=[_least(h) for h in r.evidence], flagged=[]),
            lambda r: replace(r, steps=[replace(s, text=_shorten(s.text, 80), unsupported=[]) for s in r.steps]),
            lambda r: replace(r, parsed=Parsed(), citations=[], root_cause=_shorten(r.root_cause, 60)),
            lambda r: replace(r, summary=_shorten(r.summary, 60), degraded_reason=_shorten(r.degraded_reason, 30)),
            lambda r: replace(r, steps=[replace(s, text=_shorten(s.text, 30)) for s in r.steps], evidence=[]),
            lambda r: replace(r, root_cause="", steps=[]),
        ],
    )
    return _with_samples(fitted, "evidence", samples[: len(fitted.evidence)], limit - spent, limit)


def _fewer(result: ExplainResult, name: str, limit: int) -> ExplainResult:
    """As many entries of a list as fit, one at least."""
    entries = getattr(result, name)
    kept = _most(min(1, len(entries)), len(entries), lambda n: cost(replace(result, **{name: entries[:n]})) <= limit)
    return replace(result, **{name: entries[:kept]})


# ---------------------------------------------------------------- lists
def fit_list(result: ListResult, max_tokens: int, cursor: Callable[[int], str]) -> ListResult:
    """A listing within `max_tokens`. Timelines go first, rows that do not fit move to the next page, and timelines
    come back, first rows first, where room is left."""
    limit = max_tokens - _MARGIN
    if cost(result) <= limit:
        return result
    rows = [_bare_row(e) for e in result.errors]

    def page(n: int) -> ListResult:
        if n == len(rows):
            return replace(result, errors=rows)
        return replace(result, errors=rows[:n], returned=n, truncated=True, next_cursor=cursor(n))

    shown = _most(min(1, len(rows)), len(rows), lambda n: cost(page(n)) <= limit)
    fitted, spent = _reduced(
        page(shown),
        limit,
        [
            lambda r: replace(r, errors=[replace(e, fix="", services=[]) for e in r.errors]),
            lambda r: replace(r, errors=[replace(e, title=_shorten(e.title, 24)) for e in r.errors]),
            lambda r: replace(r, filters_applied={}, hint=_shorten(r.hint, 40)),
        ],
    )
    room = limit - spent
    errors = list(fitted.errors)
    for index, row in enumerate(errors):
        whole = replace(row, timeline=result.errors[index].timeline)
        extra = cost(whole) - cost(row)
        if extra <= room:
            errors[index], room = whole, room - extra
    restored = replace(fitted, errors=errors)
    return restored if cost(restored) <= limit else fitted


def _bare_row(row: ListedError) -> ListedError:
    return replace(
        row, title=_shorten(row.title, 40), fix=_shorten(row.fix, 40), timeline=[], services=row.services[:5]
    )


# ---------------------------------------------------------------- one group
def fit_get(result: GetResult, max_tokens: int) -> GetResult:
    """One group with as much of its text, from `offset` on, as fits. A slice behind the first repeats no other facts,
    and facts give way where they would leave less than half the room for the text."""
    limit = max_tokens - _MARGIN
    text = result.text
    facts = replace(result, text="", next_offset=result.offset + len(text), truncated=True)
    if result.offset:
        facts = replace(facts, resolutions=[], related=[], sources=[], template="", services=[], codes=[])
    facts, spent = _reduced(
        facts,
        limit // 2 if _costs_more(text, limit // 2) else limit - _json_cost(text),
        [
            lambda r: replace(r, sources=[], template=_shorten(r.template, 60)),
            lambda r: replace(r, resolutions=[replace(x, fix=_shorten(x.fix, 40)) for x in r.resolutions[:1]]),
            lambda r: replace(r, related=r.related[:3], codes=r.codes[:8], services=r.services[:5]),
            lambda r: replace(r, template="", resolutions=[], related=[]),
            lambda r: replace(r, title=_shorten(r.title, 24), codes=[], services=[]),
            lambda r: replace(r, exception_type="", root_type="", language=""),
        ],
    )
    room = limit - spent
    while True:
        part = cut_tokens(text, room, _json_cost) or text[:1]
        end = result.offset + len(part)
        whole = len(part) == len(text)
        fitted = replace(facts, text=part, next_offset=0 if whole else end, truncated=not whole)
        over = cost(fitted) - limit
        if over <= 0 or len(part) <= 1:
            return fitted
        room = min(room, _json_cost(part)) - over
