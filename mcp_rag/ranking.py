"""Scores and orders: log tokens, BM25 weights for a sparse inner product, fusion, Wilson bound, match quality.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), split so that the document side
is stored and the query side carries the inverse document frequency: their inner product is the BM25 score. The
average document length is a constant, so a stored row never has to be rewritten when the collection grows.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from mcp_rag.rows import Resolution, Scored, Status

BM25_K1 = 0.6
BM25_B = 0.5
AVERAGE_TOKENS = 60.0
MAX_TOKENS = 4_000
COMMON_FROM_DOCUMENTS = 2_000
COMMON_SHARE = 10
MIN_RARE_TOKENS = 4
MAX_WORD_CHARS = 500
MAX_TEXT_CHARS = 32_000
FUSION_DENSE_WEIGHT = 0.4
STALE_AFTER_MS = 365 * 86_400_000

Quality = Literal["strong", "possible", "weak"]

_WORD = re.compile(r"[^\W_]+(?:[-._:$#/][^\W_]+){0,8}|[^\W_]+", re.UNICODE)
_PART = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W_A-Za-z0-9]+")
_PIECE = re.compile(r"[-.:$#/]")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HAS_LETTER = re.compile(r"[A-Za-z]")
_PLAIN = re.compile(r"[A-Z]?[a-z]{1,19}|[A-Z]{2,20}")
_MIN_STEM_CHARS = 4


def _parts(word: str) -> Iterable[str]:
    for part in _PART.findall(word):
        if _CJK.search(part):
            yield from part  # one character is a usable unit where no spaces mark words
            yield from (part[i : i + 2] for i in range(len(part) - 1))
        else:
            yield part


def tokenize(text: str) -> list[str]:
    """Lower-case terms of log text, at most 4,000: compound words whole (`E0308`, `java.lang.Error`, `40P01`) and in
    parts (camelCase, dots, dashes), English words by their stem, and each pair of plain words that follow each other
    (`not found`). A bare number is a term only as part of a compound with letters."""
    terms: list[str] = []
    before = ""
    for match in _WORD.finditer(text):
        found, plain = _terms(match.group())
        terms.extend(found)
        if plain and before:
            terms.append(f"{before} {plain}")
        before = plain
        if len(terms) >= MAX_TOKENS:
            break
    return terms[:MAX_TOKENS]


def word_terms(text: str) -> frozenset[str]:
    """The single-word terms of `tokenize(text)`."""
    return frozenset().union(*map(_word_terms, set(_WORD.findall(text[:MAX_TEXT_CHARS]))))


def surfaces(text: str) -> dict[str, str]:
    """The single-word terms of `tokenize(text)`, each with the word it was first written as, in lower case."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(text):
        for token in _word_tokens(match.group()[:MAX_WORD_CHARS]):
            found.setdefault(stem(token), token)
        if len(found) >= MAX_TOKENS:
            break
    return found


@lru_cache(maxsize=50_000)
def _word_terms(word: str) -> tuple[str, ...]:
    return tuple(stem(token) for token in _word_tokens(word[:MAX_WORD_CHARS]))


@lru_cache(maxsize=50_000)
def _terms(word: str) -> tuple[tuple[str, ...], str]:
    """The terms of one word, and its stem when it may form a pair, else ""."""
    return _word_terms(word), stem(word.lower()) if _PLAIN.fullmatch(word) else ""


def stem(token: str) -> str:
    """An English word without its inflection, so that `arguments`, `failed` and `matching` meet `argument`, `fail` and
    `match`; anything else, and words under five letters, as they are. Weak on purpose: names must stay apart."""
    if len(token) <= _MIN_STEM_CHARS or not (token.isascii() and token.isalpha()):
        return token
    if token.endswith("ies"):
        return f"{token[:-3]}y"
    for ending in ("ings", "ing", "ed"):
        if token.endswith(ending) and len(token) - len(ending) >= _MIN_STEM_CHARS:
            return _base(token[: -len(ending)])
    if token.endswith(("sses", "xes", "shes", "ches")):
        return token[:-2]
    return _base(token[:-1]) if token.endswith("s") and not token.endswith(("ss", "us")) else _base(token)


def _base(token: str) -> str:
    if len(token) > 2 and token[-1] == token[-2] and token[-1] not in "lsz":
        token = token[:-1]
    return token[:-1] if token.endswith("e") and len(token) > _MIN_STEM_CHARS else token


def _word_tokens(word: str) -> Iterable[str]:
    pieces = _PIECE.split(word)
    if len(pieces) > 1 and len(word) <= 120 and _HAS_LETTER.search(word):
        yield word.lower()
    for piece in pieces:
        parts = list(_parts(piece))
        if len(parts) > 1 and _HAS_LETTER.search(piece):
            yield piece.lower()
        for part in parts:
            # A bare number is an id, a time or a size: noise to a lexical search unless a word carries it.
            if not part.isdigit() or (len(pieces) == 1 and len(parts) == 1 and len(part) <= 6):
                yield part.lower()


def token_id(token: str) -> int:
    """A token's id in the sparse field: 31 bits, never 0."""
    return (zlib.crc32(token.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF) or 1


def document_weights(text: str) -> dict[int, float]:
    """The document half of BM25: token id -> saturated term frequency, each in (0, k1 + 1)."""
    tokens = tokenize(text)
    counts: dict[int, int] = {}
    for token in tokens:
        key = token_id(token)
        counts[key] = counts.get(key, 0) + 1
    norm = BM25_K1 * (1 - BM25_B + BM25_B * len(tokens) / AVERAGE_TOKENS)
    return {key: n * (BM25_K1 + 1) / (n + norm) for key, n in counts.items()}


def inverse_document_frequency(documents: int, frequency: int) -> float:
    """BM25's idf with one added inside the logarithm, so that it is never negative."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def query_weights(
    text: str,
    documents: int,
    frequencies: Mapping[int, int],
    limit: int = 256,
    *,
    beside: Iterable[tuple[str, float]] = (),
) -> dict[int, float]:
    """The query half of BM25: token id -> idf, the `limit` heaviest known tokens; unknown tokens match nothing. Each
    text of `beside` adds the tokens that were not there before it, with that share of their idf."""
    weighted: dict[int, float] = {}
    for part, share in ((text, 1.0), *beside):
        for key in {token_id(token) for token in tokenize(part)}:
            if key in frequencies and key not in weighted:
                weighted[key] = share * inverse_document_frequency(documents, frequencies[key])
    kept = sorted(weighted.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return dict(_without_common(kept, documents, frequencies))


def _without_common(
    weighted: Sequence[tuple[int, float]], documents: int, frequencies: Mapping[int, int]
) -> Sequence[tuple[int, float]]:
    """Without the tokens that a tenth of a large collection holds: they decide nothing beside rarer ones, and walking
    their postings is most of a search's time. A query of common words keeps its rarest."""
    if documents < COMMON_FROM_DOCUMENTS:
        return weighted
    rare = [item for item in weighted if frequencies[item[0]] * COMMON_SHARE <= documents]
    return rare if len(rare) >= MIN_RARE_TOKENS else weighted[: 2 * MIN_RARE_TOKENS]


def fuse(dense: Sequence[Scored], lexical: Sequence[Scored], weight: float = FUSION_DENSE_WEIGHT) -> list[Scored]:
    """Convex sum of both legs, each as a share of its own best score, so 0..1. An id missing from the dense leg counts
    as its last one, which it can at most equal; one missing from the lexical leg shares no word worth naming and counts
    0. Ordered best first, ties by id. Measured against min-max scaling and reciprocal ranks (docs/evaluation.md)."""
    fused = {s.id: 0.0 for s in (*dense, *lexical)}
    for leg, share, floor in ((dense, weight, True), (lexical, 1 - weight, False)):
        best = max((s.score for s in leg), default=0.0)
        if best <= 0:
            continue
        shares = {s.id: max(0.0, s.score) / best for s in leg}
        least = min(shares.values()) if floor else 0.0
        for name in fused:
            fused[name] += share * shares.get(name, least)
    return [Scored(i, s) for i, s in sorted(fused.items(), key=lambda item: (-item[1], item[0]))]


def wilson(worked: float, total: float, z: float = 1.96) -> float:
    """Lower bound of the 95 % Wilson score interval of a success rate (Wilson 1927); 0 when nothing was tried."""
    if total <= 0:
        return 0.0
    rate = worked / total
    centre = rate + z * z / (2 * total)
    spread = z * math.sqrt((rate * (1 - rate) + z * z / (4 * total)) / total)
    return max(0.0, (centre - spread) / (1 + z * z / total))


def success_bound(resolution: Resolution) -> float:
    """Wilson lower bound of a resolution's success; a partial success counts half."""
    worked = sum(o.count for o in resolution.outcomes if o.outcome == "worked")
    partial = sum(o.count for o in resolution.outcomes if o.outcome == "partial")
    return wilson(worked + 0.5 * partial, sum(o.count for o in resolution.outcomes))


def order_resolutions(resolutions: Iterable[Resolution]) -> list[Resolution]:
    """Best first: not superseded before superseded, then by success bound, then newest. A shipped entry, which has no
    outcomes, stands behind anything that worked here and before what only failed. Retracted ones are left out."""

    def key(r: Resolution) -> tuple[bool, int, float, int, str]:
        tried = bool(r.outcomes)
        bound = success_bound(r)
        tier = 0 if bound > 0 else (2 if tried else 1)
        return (bool(r.superseded_by), tier, -bound, -max(r.verified_ms, r.created_ms), r.id)

    return sorted((r for r in resolutions if not r.retracted), key=key)


def is_stale(resolution: Resolution, now_ms: int) -> bool:
    """True when a resolution was neither recorded nor confirmed within a year. Reading it never changes this."""
    seen = max(resolution.verified_ms, resolution.created_ms)
    return bool(seen) and now_ms - seen > STALE_AFTER_MS


def resolved_at_ms(resolutions: Iterable[Resolution]) -> int:
    """When a fix last worked for the user, epoch ms; 0 when none did. Shipped and imported knowledge does not count:
    nobody here has applied it yet."""
    return max(
        (o.last_ms for r in resolutions if not r.retracted for o in r.outcomes if o.outcome == "worked"), default=0
    )


def status_of(last_seen_ms: int, resolutions: Iterable[Resolution]) -> Status:
    """`resolved` once a fix worked and nothing was seen since, `returned` when it was, else `unresolved`."""
    resolved_ms = resolved_at_ms(resolutions)
    if not resolved_ms:
        return "unresolved"
    return "returned" if last_seen_ms > resolved_ms else "resolved"
