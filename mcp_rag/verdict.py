"""The answer without any model: a verdict from what the entries share with the error, and steps that quote recorded
fixes. Composed of our own words and verbatim quotes only, so it can be wrong about relevance but never invents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mcp_rag.claims import squeeze
from mcp_rag.grounding import Citation, Grounded, GroundedStep, Standing, flags, standing
from mcp_rag.ranking import order_resolutions
from mcp_rag.results import Verdict
from mcp_rag.rows import Evidence, Resolution
from mcp_rag.untrusted import harmless, hostile
from mcp_rag.versions import versions_in

SURE = ("exact", "template", "strong")
ORDER = (*SURE, "possible")
MAX_STEPS = 5
MAX_FIX_CHARS = 500
MAX_LINE_CHARS = 300
MAX_SCAN_CHARS = 20_000

_TYPE = re.compile(
    r"(?<![\w.$])((?:[A-Za-z_$][\w$]{0,60}(?:\.|::)){0,10}[A-Z][\w$]{0,60}?(?:Error|Exception|Failure|Fault|Panic|"
    r"Interrupt|Exit|Timeout|NotFound|Throwable|Warning))(?![\w$])"
)
_CODE = re.compile(
    r"\b(?:[A-Z]{1,6}-?\d{3,6}|0x[0-9A-Fa-f]{8}|SQLSTATE\W{1,3}\w{5}|SIG[A-Z]{3,6}|E[A-Z]{4,14}|"
    r"(?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus(?: code)?)[ :=]{1,3}[1-5]\d\d|(?:errno|Errno)[ :=]{1,3}-?\d{1,3}|"
    r"(?:exit(?:ed with)?|return) (?:code|status)[ :=]{1,3}\d{1,3}|CrashLoopBackOff|ImagePullBackOff|OOMKilled|Evicted|"
    r"(?:cuda|CUDA|cublas|CUBLAS|cudnn|CUDNN|nccl|NCCL)_?[A-Za-z_]{0,20}(?:ERROR|Error|STATUS)[A-Za-z_]{0,40})\b"
)
_NOT_CODES = frozenset({"ERROR", "ERRORS", "EVENT", "EXCEPTION", "EXITED", "ENABLED", "EMPTY", "EXPECTED", "EXISTS"})
# Types that say nothing about the cause: sharing one of them is no agreement between entries that are only possible.
_GENERIC_TEXT = (
    "Error Exception RuntimeError RuntimeException ValueError TypeError KeyError OSError IOError IOException "
    "AssertionError AttributeError SystemExit Throwable IllegalStateException IllegalArgumentException "
    "NullPointerException InvalidOperationException StandardError Warning UserWarning"
)
_GENERIC = frozenset(_GENERIC_TEXT.split())
_WORD = re.compile(r"[^\W\d_]{3,40}")
_DIGITS = re.compile(r"\d{1,6}")


@dataclass(frozen=True, slots=True)
class Traits:
    """What identifies an error in its text: simple names of exception types, exact codes, `name version` pairs."""

    types: frozenset[str]
    codes: frozenset[str]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """An entry weighed against the error. `shared` are types and codes in common, `differs` our sentences about what
    is not; `fixes` are its usable fixes with their standing, best first."""

    entry: Evidence
    relevance: str
    shared: frozenset[str]
    differs: tuple[str, ...]
    fixes: tuple[tuple[Resolution, Standing], ...]

    @property
    def sure(self) -> bool:
        return self.relevance in SURE

    @property
    def specific(self) -> frozenset[str]:
        return self.shared - _GENERIC

    def with_standing(self, *wanted: Standing) -> list[tuple[Resolution, Standing]]:
        return [pair for pair in self.fixes if pair[1] in wanted]


def traits(text: str) -> Traits:
    """Types, codes and versions found in a text; reads at most 20,000 characters."""
    text = text[:MAX_SCAN_CHARS]
    types = {re.split(r"[.:$]", m.group(1))[-1] for m in _TYPE.finditer(text)}
    codes = {_code(m.group()) for m in _CODE.finditer(text)} - _NOT_CODES
    return Traits(frozenset(types), frozenset(codes), versions_in(text))


def _code(found: str) -> str:
    """`HTTP/1.1 503`, `status code: 503` and `Status=503` are one code."""
    if re.match(r"(?i)http|status", found):
        return "HTTP " + found[-3:]
    if re.match(r"(?i)exit|return", found):
        return f"exit code {_DIGITS.findall(found)[-1]}"
    found = re.sub(r"[ :=]{1,3}", " ", found)
    return found.lower() if found[:5].lower() == "errno" else found


def evidence_only(error_text: str, evidence: Sequence[Evidence]) -> Grounded:
    """The answer that the entries alone allow, in the shape of a checked model answer, `model` empty.

    `known_fix`: an exact, template or strong entry, whose types and codes do not contradict the error, holds a fix
    that worked (Wilson lower bound at least 0.2) or is shipped, fits the versions and is not superseded.
    `likely_cause`: entries agree with the error on a type or code, or hold a fix of less certain worth.
    Otherwise `insufficient_evidence`. Weak entries are never used.
    """
    query = traits(error_text)
    judged = [j for e in evidence if (j := _judge(error_text, e, query)).relevance in ORDER]
    judged.sort(key=lambda j: ORDER.index(j.relevance))
    known = _known(judged)
    if known:
        return _answer("known_fix", _known_summary(known[0]), known, judged, error_text, evidence)
    likely = _likely(judged)
    if likely:
        return _answer("likely_cause", _likely_summary(likely), likely, judged, error_text, evidence)
    return _answer("insufficient_evidence", _no_summary(judged), [], judged, error_text, evidence)


# ---------------------------------------------------------------- weighing
def _judge(error_text: str, entry: Evidence, query: Traits) -> _Judged:
    found = traits(f"{entry.title}\n{entry.text}\n" + "\n".join(f.symptom for f in entry.fixes))
    shared = (query.types & found.types) | (query.codes & found.codes)
    relevance = entry.relevance
    if relevance == "strong" and _contradicts(query, found):
        relevance = "weak" if not shared else "possible"
    elif relevance == "strong" and not shared and (query.types or query.codes) and not _same_words(error_text, entry):
        relevance = "possible"
    elif relevance == "possible" and _contradicts(query, found) and not shared:
        relevance = "weak"
    fixes = tuple((f, s) for f in order_resolutions(entry.fixes) if (s := standing(f, query.versions)) != "withheld")
    return _Judged(entry, relevance, shared, tuple(_differences(query, found)), fixes)


def _contradicts(query: Traits, found: Traits) -> bool:
    """Different codes, or different types with no code in common, are different errors."""
    codes = bool(query.codes and found.codes) and not query.codes & found.codes
    types = bool(query.types and found.types) and not query.types & found.types
    return codes or (types and not query.codes & found.codes)


def _same_words(error_text: str, entry: Evidence) -> bool:
    """True when at least half of the words of the entry's title, or of what its fixes are found by, are in the error.
    Nearness alone does not make an entry without the error's type or code an entry about it."""
    words = set(_WORD.findall(error_text[:MAX_SCAN_CHARS].lower()))
    named = (set(_WORD.findall(text.lower())) for text in (entry.title, *(f.symptom for f in entry.fixes)))
    return any(len(name & words) >= 0.5 * len(name) for name in named if name)


def _differences(query: Traits, found: Traits) -> Iterable[str]:
    for name, mine, theirs in (("type", query.types, found.types), ("code", query.codes, found.codes)):
        if mine - theirs and theirs:
            yield f"your {name} {_join(mine - theirs)} is not in the entry"
        if theirs - mine and mine:
            yield f"the entry's {name} {_join(theirs - mine)} is not in your error"
    known = dict(pair.rsplit(" ", 1) for pair in found.versions)
    for pair in query.versions:
        name, version = pair.rsplit(" ", 1)
        if known.get(name, version) != version:
            yield f"you have {pair}, the entry {name} {known[name]}"


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:3])


def _known(judged: Sequence[_Judged]) -> list[_Judged]:
    """Sure entries with a good fix that no closer entry recorded as failed."""
    failed: list[set[str]] = []
    known = []
    for item in judged:
        failed += [_fix_words(f) for f, _ in item.with_standing("failed")]
        good = [f for f, _ in item.with_standing("proven", "shipped")]
        if item.sure and any(not any(_same(_fix_words(f), other) for other in failed) for f in good):
            known.append(item)
    return known


def _fix_words(fix: Resolution) -> set[str]:
    return set(re.findall(r"\w{3,40}", fix.fix.lower()))


def _same(one: set[str], other: set[str]) -> bool:
    return bool(one) and len(one & other) >= 0.8 * max(len(one), len(other))


def _likely(judged: Sequence[_Judged]) -> list[_Judged]:
    """Entries that agree: a sure one alone with something in common or an uncertain fix; possible ones when two share
    the same specific type or code with the error, or one shares it and holds a good fix."""
    informed: tuple[Standing, ...] = ("proven", "shipped", "mixed", "untested", "other_version")
    sure = [j for j in judged if j.sure and (j.shared or j.with_standing(*informed))]
    if sure:
        return sure
    possible = [j for j in judged if j.relevance == "possible" and j.specific]
    counts = Counter(trait for j in possible for trait in j.specific)
    return [j for j in possible if j.with_standing("proven", "shipped") or any(counts[t] > 1 for t in j.specific)]


# ---------------------------------------------------------------- wording
def _seen(entry: Evidence) -> str:
    times = f"seen {entry.count} time{'s' if entry.count != 1 else ''}" if entry.count else "not counted in your logs"
    if not entry.last_seen_ms:
        return times
    return f"{times}, last on {datetime.fromtimestamp(entry.last_seen_ms / 1000, tz=UTC).date().isoformat()}"


_MATCH = {
    "exact": "The same error is recorded",
    "template": "The same message with other values is recorded",
    "strong": "A closely matching error is recorded",
    "possible": "A possibly related error is recorded",
}


def _known_summary(item: _Judged) -> str:
    fix, worth = item.with_standing("proven", "shipped")[0]
    told = "a fix for it is part of the shipped knowledge" if worth == "shipped" else f"a recorded fix {_tally(fix)}"
    return f"{_MATCH[item.relevance]} ({_seen(item.entry)}), and {told}.{_differs(item)}"


def _likely_summary(items: Sequence[_Judged]) -> str:
    first = items[0]
    agree = f" They agree on {_join(common)}." if len(items) > 1 and (common := _common(items)) else ""
    shared = f" It shares {_join(first.shared)} with yours." if first.shared and not agree else ""
    proof = " No fix that worked is recorded for exactly this error."
    more = f" {len(items) - 1} more entr{'ies match' if len(items) > 2 else 'y matches'}." if len(items) > 1 else ""
    return f"{_MATCH[first.relevance]} ({_seen(first.entry)}).{more}{agree}{shared}{proof}{_differs(first)}"


def _common(items: Sequence[_Judged]) -> frozenset[str]:
    return frozenset.intersection(*(item.shared for item in items))


def _no_summary(judged: Sequence[_Judged]) -> str:
    if judged and judged[0].sure:
        return f"{_MATCH[judged[0].relevance]} ({_seen(judged[0].entry)}), but neither a cause nor a fix that worked."
    if judged:
        return "Entries were found, but none shares an exception type or code with this error; they prove nothing."
    return "The knowledge base holds no entry that explains this error."


def _differs(item: _Judged) -> str:
    return f" Differences: {'; '.join(item.differs[:3])}." if item.differs else ""


def _tally(fix: Resolution) -> str:
    counts: Counter[str] = Counter()
    for outcome in fix.outcomes:
        counts[outcome.outcome] += outcome.count
    total = counts.total()
    partly = f", {counts['partial']} in part" if counts["partial"] else ""
    return f"worked {counts['worked']} of {total} time{'s' if total != 1 else ''}{partly}"


def _lead(fix: Resolution, worth: Standing) -> str:
    where = f" for versions {squeeze(harmless(fix.versions))[:60]}" if fix.versions else ""
    return {
        "proven": f"Recorded fix{where}, {_tally(fix)}",
        "shipped": f"Fix from the shipped knowledge{where}, not yet tried here",
        "mixed": f"Recorded fix{where} with mixed results, {_tally(fix)}",
        "untested": f"Recorded{where} without an outcome yet",
        "other_version": f"Recorded{where}, which are not the versions in your error",
        "failed": f"Recorded as tried without success{where}, {_tally(fix)}",
    }[worth]


# ---------------------------------------------------------------- the answer
def _answer(
    verdict: Verdict,
    summary: str,
    basis: Sequence[_Judged],
    judged: Sequence[_Judged],
    error_text: str,
    evidence: Sequence[Evidence],
) -> Grounded:
    steps, citations = _steps(verdict, basis, judged)
    cause, line = "", ""
    if basis:
        line = _root_line(basis[0].entry)
    if line:
        # Log text may not end its own quotation.
        cause = f'The entry\'s root line is: "{line.replace(chr(34), chr(39))}"'
        citations = [Citation(basis[0].entry.id, line), *citations]
    return Grounded(
        verdict=verdict,
        summary=summary,
        root_cause=cause,
        steps=tuple(steps),
        citations=tuple(dict.fromkeys(citations)),
        flagged=flags(error_text, evidence),
    )


def _steps(
    verdict: Verdict, basis: Sequence[_Judged], judged: Sequence[_Judged]
) -> tuple[list[GroundedStep], list[Citation]]:
    """Good fixes first, then those of less certain worth, then what was tried in vain by entries about this error."""
    wanted: list[tuple[_Judged, Resolution, Standing]] = []
    groups: list[tuple[Standing, ...]] = [("proven", "shipped")]
    if verdict == "likely_cause":
        groups.append(("mixed", "untested", "other_version"))
    for group in groups:
        wanted += [(item, *pair) for item in basis for pair in item.with_standing(*group)]
    tried = [(item, *pair) for item in judged if item.sure for pair in item.with_standing("failed")]
    wanted = wanted[: MAX_STEPS - min(len(tried), 2)] + tried[:2]
    steps, citations = [], []
    for item, fix, worth in wanted:
        quote = _cut(squeeze(harmless(fix.fix)), MAX_FIX_CHARS)
        more = ' (cut; "get_error" has the whole text)' if len(quote) < len(squeeze(harmless(fix.fix))) else ""
        steps.append(GroundedStep(f'{_lead(fix, worth)}: "{quote}"{more}', (item.entry.id,)))
        citations.append(Citation(item.entry.id, quote))
    return steps, citations


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    at = text.rfind(" ", limit // 2, limit)
    return text[: at if at > 0 else limit]


def _root_line(entry: Evidence) -> str:
    """The line of the entry's text that names its innermost exception or a code; "" for text that reads like an
    attack. Python prints the cause first, the JVM last, so `Caused by` wins over position."""
    if hostile(entry.text):
        return ""
    lines = [line for raw in harmless(entry.text[:MAX_SCAN_CHARS]).split("\n") if (line := squeeze(raw))]
    caused = [line for line in lines if line.startswith("Caused by")]
    named = [line for line in lines if _TYPE.search(line)] or [line for line in lines if _CODE.search(line)]
    chosen = (caused or named[-1:] or lines[:1] or [""])[-1]
    title = squeeze(harmless(entry.title))
    if chosen.startswith("{") and title in chosen:
        # A JSON record is one line: the part of it that names the error says more than its first fields.
        chosen = title
    return _cut(chosen, MAX_LINE_CHARS)
