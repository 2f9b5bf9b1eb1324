"""The check between a model's draft and the user: what the evidence does not hold is dropped, marked or withheld.

The model proposes, code decides. A citation survives only with a verbatim quote or real overlap; commands and links
count as known only when a recorded fix holds them, because anybody can write a command into a log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mcp_rag.claims import EXECUTABLE, LINK, MARKDOWN_LINK, Claim, claims, holds, squeeze
from mcp_rag.ranking import success_bound
from mcp_rag.results import Verdict
from mcp_rag.rows import Draft, DraftStep, Evidence, Resolution
from mcp_rag.untrusted import harmless, hostile, suspicious
from mcp_rag.versions import conflicts, versions_in

Support = Literal["cited", "not_in_knowledge_base", "uncited"]
Standing = Literal["proven", "shipped", "untested", "mixed", "failed", "superseded", "other_version", "withheld"]

# The Wilson lower bound of one success out of one is 0.207: a fix that worked once and never failed is proven.
GOOD_BOUND = 0.2
MIN_QUOTE_CHARS = 4
MAX_QUOTE_CHARS = 500
MAX_TEXT_CHARS = 900
REMOVED_LINK = "[link removed]"
FAILED_PREFIX = "Recorded as tried without success: "

NOT_TIED = "The model's answer could not be tied to the knowledge base; the entries found are listed as evidence."
NO_EVIDENCE = "The knowledge base holds no entry that explains this error."
WITHHELD = "Part of the model's text named commands or links that no recorded fix holds and was left out."

_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+")
_WORD = re.compile(r"[^\W_]{4,40}")
_HTML = re.compile(r"<(?=/?[a-zA-Z!])")
_LOCAL = re.compile(
    r"(?i)[a-z][a-z0-9+.-]{1,20}://(?:[^/@\s]{1,80}@)?(?:localhost|[a-z0-9-]{1,60}|[\w.-]{1,80}\.(?:local|internal|svc|lan)|"
    r"\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]{2,40}\])(?::\d{1,5})?(?:[/?#]|$)"
)


class Citation(NamedTuple):
    """A verbatim quote (white space squeezed) from the entry with that id."""

    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class GroundedStep:
    """One step. `support` is "cited", "not_in_knowledge_base" (it names things, listed in `unsupported`, that no cited
    entry holds) or "uncited"; links in `unsupported` are written so that nothing can open them."""

    text: str
    citations: tuple[str, ...] = ()
    support: Support = "cited"
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounded:
    """A checked answer. `dropped_reasons` counts dropped citations per reason (`unknown_id`, `quote_not_found`,
    `quote_too_short`, `suspicious_quote`, `unrelated`); `flagged` names what looked like an attack and where."""

    verdict: Verdict
    summary: str
    root_cause: str
    steps: tuple[GroundedStep, ...] = ()
    citations: tuple[Citation, ...] = ()
    dropped_citations: int = 0
    dropped_reasons: tuple[tuple[str, int], ...] = ()
    flagged: tuple[str, ...] = ()
    model: str = ""


class _Entry(NamedTuple):
    """An evidence entry as its parts may be used: `log` is empty when it reads like an attack."""

    evidence: Evidence
    log: str
    fixes: tuple[str, ...]

    @property
    def fix_text(self) -> str:
        return "\n".join(self.fixes)


def standing(fix: Resolution, versions_seen: Sequence[str] = ()) -> Standing:
    """What a recorded fix is worth for an error whose text states `versions_seen` (see `versions.versions_in`)."""
    if fix.retracted or hostile(fix.fix):
        return "withheld"
    if fix.superseded_by:
        return "superseded"
    worked = sum(o.count for o in fix.outcomes if o.outcome == "worked")
    partial = sum(o.count for o in fix.outcomes if o.outcome == "partial")
    if not fix.outcomes:
        good: Standing = "shipped" if fix.origin == "starter" else "untested"
    elif worked and success_bound(fix) >= GOOD_BOUND:
        good = "proven"
    else:
        return "mixed" if worked or partial else "failed"
    return "other_version" if conflicts(fix.versions, versions_seen) else good


def proven(entry: Evidence, versions_seen: Sequence[str] = ()) -> bool:
    """True when the entry holds a fix that worked here, or one shipped with the project."""
    return any(standing(fix, versions_seen) in ("proven", "shipped") for fix in entry.fixes)


def flags(error_text: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What in the input reads like an instruction to a model, as `error_text: kind` or `<id>: kind`."""
    found = [f"error_text: {kind}" for kind in suspicious(error_text)]
    for entry in evidence:
        texts = (entry.title, entry.text, *(f.fix for f in entry.fixes))
        found += [f"{entry.id}: {kind}" for kind in sorted({k for text in texts for k in suspicious(text)})]
    return tuple(dict.fromkeys(found))


def check(draft: Draft, evidence: Sequence[Evidence], error_text: str) -> Grounded:
    """Keep of a draft what the evidence supports. Never fails; every text of the result is safe to show: no control
    characters, no chat-template tokens, no link that no recorded fix holds."""
    entries = {e.id: _entry(e) for e in evidence}
    dropped: Counter[str] = Counter()
    seen = versions_in(error_text)
    citations = _citations(draft, entries, dropped)
    quoted = {c.id for c in citations}
    known_log = squeeze(harmless(error_text)) if not hostile(error_text) else ""
    flagged = list(flags(error_text, evidence))
    steps: list[GroundedStep] = []
    for number, proposed in enumerate(draft.steps, start=1):
        step = _step(proposed, entries, quoted, known_log, dropped)
        if step is None:
            flagged.append(f"step {number}: left out, it reads like an instruction to a model")
        else:
            steps.append(_mark_failed(step, entries))
    cited = {i for step in steps if step.support == "cited" for i in step.citations}
    verdict = _verdict(draft.verdict, quoted | cited, steps, entries, seen)
    if verdict == "insufficient_evidence":
        wanted = draft.verdict == verdict
        summary = _prose(draft.summary, entries, known_log, flagged, "summary") if wanted else ""
        root_cause, steps = "", []
        summary = summary or (NOT_TIED if evidence and not wanted else NO_EVIDENCE)
    else:
        root_cause = _prose(draft.root_cause, entries, known_log, flagged, "root_cause")
        summary = _prose(draft.summary, entries, known_log, flagged, "summary") or root_cause or WITHHELD
    return Grounded(
        verdict=verdict,
        summary=summary,
        root_cause=root_cause,
        steps=tuple(steps),
        citations=citations,
        dropped_citations=dropped.total(),
        dropped_reasons=tuple(sorted(dropped.items())),
        flagged=tuple(flagged),
        model=draft.model,
    )


def _entry(evidence: Evidence) -> _Entry:
    log = "" if hostile(evidence.text) else squeeze(harmless(evidence.text))
    fixes = (f for f in evidence.fixes if standing(f) != "withheld")
    return _Entry(evidence, log, tuple(squeeze(harmless(f.fix)) for f in fixes))


# ---------------------------------------------------------------- citations
def _citations(draft: Draft, entries: dict[str, _Entry], dropped: Counter[str]) -> tuple[Citation, ...]:
    kept: dict[Citation, None] = {}
    for citation in draft.citations:
        entry = entries.get(citation.id)
        if entry is None:
            dropped["unknown_id"] += 1
            continue
        quote = quote_in(citation.quote, (*entry.fixes, squeeze(harmless(entry.evidence.text))))
        if len(quote.replace(" ", "")) < MIN_QUOTE_CHARS or not _telling(quote):
            dropped["quote_too_short" if quote else "quote_not_found"] += 1
        elif hostile(quote):
            dropped["suspicious_quote"] += 1
        else:
            kept[Citation(citation.id, quote)] = None
    return tuple(kept)


def quote_in(quote: str, texts: Iterable[str]) -> str:
    """The quote, white space squeezed and outer quotation marks taken off, when one of the squeezed texts holds it
    letter for letter; else ""."""
    wanted = squeeze(harmless(quote))
    for form in (wanted, wanted.strip("\"'`\u201c\u201d\u2018\u2019\u2026 ").removesuffix("...").strip()):
        if form and any(form in text for text in texts):
            return form[:MAX_QUOTE_CHARS].strip()
    return ""


_COMMON_TEXT = (
    "about after again also because before been being cause check could does each ensure error errors from have "
    "into issue make more most must only other over problem same should some such than that their them then there "
    "these they this those using verify version were what when where which while will with would your"
)
_COMMON = frozenset(word[:7] for word in _COMMON_TEXT.split())


def _words(text: str) -> set[str]:
    # A common start of a word stands for its inflections ("timeout", "timeouts").
    return {word.lower()[:7] for word in _WORD.findall(text)} - _COMMON


def _telling(quote: str) -> bool:
    """True when a quote holds a digit or a word that not every error holds: "from" stands in any entry."""
    return bool(_words(quote)) or any(c.isdigit() for c in quote)


def _related(text: str, entry: _Entry) -> bool:
    words = _words(text)
    shared = words & _words(f"{entry.log} {entry.fix_text} {entry.evidence.title}")
    return bool(words) and len(shared) >= min(2, len(words))


# ---------------------------------------------------------------- steps
def _step(
    proposed: DraftStep, entries: dict[str, _Entry], quoted: set[str], known_log: str, dropped: Counter[str]
) -> GroundedStep | None:
    text = squeeze(harmless(proposed.text))[:MAX_TEXT_CHARS]
    if not text or hostile(proposed.text):
        return None
    ids: list[str] = []
    for cited in dict.fromkeys(proposed.citations):
        entry = entries.get(cited)
        if entry is None:
            dropped["unknown_id"] += 1
        elif cited in quoted or _related(text, entry):
            ids.append(cited)
        else:
            dropped["unrelated"] += 1
    cited_entries = [entries[i] for i in ids]
    missing = _missing(text, cited_entries, known_log)
    shown = _without_links(text, missing)
    if missing:
        return GroundedStep(shown, tuple(ids), "not_in_knowledge_base", tuple(_defused(m) for m in missing))
    return GroundedStep(shown, tuple(ids), "cited" if ids else "uncited")


def _missing(text: str, cited: Sequence[_Entry], known_log: str) -> list[Claim]:
    """The claims of a text that the cited entries do not hold, without those that another missing one contains."""
    fixes = "\n".join(entry.fix_text for entry in cited)
    everything = "\n".join([fixes, *(entry.log for entry in cited), known_log])
    missing: list[Claim] = []
    for claim in claims(text):
        local = claim.kind == "link" and _LOCAL.match(claim.text)
        source = fixes if claim.kind in EXECUTABLE and not local else everything
        if not holds(source, claim) and not any(claim.text in other.text for other in missing):
            missing.append(claim)
    return missing


def _without_links(text: str, missing: Sequence[Claim]) -> str:
    """The text with unknown links replaced and Markdown links and HTML tags made plain."""
    text = MARKDOWN_LINK.sub(r"\1 (\2)", text)
    for claim in missing:
        if claim.kind == "link":
            text = text.replace(claim.text, REMOVED_LINK)
        elif claim.kind in ("command", "code"):
            text = text.replace(claim.text, LINK.sub(REMOVED_LINK, claim.text))
    return _HTML.sub("‹", text)


def _defused(claim: Claim) -> str:
    text = claim.text
    if claim.kind == "link" or "://" in text:
        text = text.replace("://", "[:]//").replace(".", "[.]")
    return text[:200]


def _mark_failed(step: GroundedStep, entries: dict[str, _Entry]) -> GroundedStep:
    """A step that repeats a fix recorded as failed says so first."""
    step_words = _words(step.text)
    best: dict[bool, float] = {True: 0.0, False: 0.0}
    for fix in (f for i in step.citations for f in entries[i].evidence.fixes):
        words = _words(fix.fix)
        if len(words) >= 2:
            failed = standing(fix) in ("failed", "superseded")
            best[failed] = max(best[failed], len(words & step_words) / len(words))
    if best[True] < 0.7 or best[True] <= best[False] or step.text.startswith(FAILED_PREFIX):
        return step
    return GroundedStep(FAILED_PREFIX + step.text, step.citations, step.support, step.unsupported)


# ---------------------------------------------------------------- prose and verdict
def _prose(text: str, entries: dict[str, _Entry], known_log: str, flagged: list[str], name: str) -> str:
    """Summary or root cause without the sentences that name commands or links of no recorded fix, or that read like
    an instruction to a model."""
    raw, text = text, squeeze(harmless(text))
    if hostile(raw):
        flagged.append(f"{name}: left out, it reads like an instruction to a model")
        return ""
    kept = []
    for sentence in _SENTENCE_END.split(text):
        missing = _missing(sentence, list(entries.values()), known_log)
        if any(m.kind in EXECUTABLE for m in missing):
            flagged.append(f"{name}: a sentence left out, it names a command or link of no recorded fix")
        else:
            kept.append(_without_links(sentence, missing))
    return " ".join(kept)[:MAX_TEXT_CHARS].strip()


def _verdict(
    proposed: str, valid: set[str], steps: Sequence[GroundedStep], entries: dict[str, _Entry], seen: Sequence[str]
) -> Verdict:
    if proposed not in ("known_fix", "likely_cause") or not valid:
        return "insufficient_evidence"
    if proposed == "likely_cause":
        return "likely_cause"
    for step in steps:
        if step.support != "cited" or step.text.startswith(FAILED_PREFIX):
            continue
        if any(
            i in valid and entries[i].evidence.relevance != "weak" and proven(entries[i].evidence, seen)
            for i in step.citations
        ):
            return "known_fix"
    return "likely_cause"
