"""The order of the guessed hits, by a cross-encoder. What is known for a reason is never moved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mcp_rag.errors import EmbeddingError
from mcp_rag.hits import Candidate, quality
from mcp_rag.protocols import Reranker

TOP = 20
DEADLINE_S = 5.0
_GUESSED = ("lexical", "semantic")
_KEPT = "The order is that of vectors and words."


async def reranked(reranker: Reranker | None, text: str, shown: Sequence[Candidate]) -> tuple[list[Candidate], str]:
    """The candidates, best first, with those of the first 20 that were only guessed (hybrid, lexical) in the
    reranker's order; strong ones stay before the others, and exact, template and code hits where they are. The second
    part says why nothing was reordered, "" when it was or when there was nothing to do. Takes at most 5 s."""
    places = [n for n, candidate in enumerate(shown[:TOP]) if candidate.match_type in _GUESSED]
    if reranker is None or len(places) < 2:
        return list(shown), ""
    reranker.start()
    if not reranker.ready:
        return list(shown), f"{reranker.reason or 'The rerank model is still loading.'} {_KEPT}"
    guessed = [shown[n] for n in places]
    texts = [candidate.group.dense_text or candidate.group.text for candidate in guessed]
    try:
        async with asyncio.timeout(DEADLINE_S):
            scores = await reranker.scores(text, texts)
    except EmbeddingError as error:
        return list(shown), f"{error.cause} {_KEPT}"
    except TimeoutError:
        return list(shown), f"The rerank model took longer than {DEADLINE_S:g} s. {_KEPT}"
    best = sorted(range(len(guessed)), key=lambda n: (quality(guessed[n]) != "strong", -scores[n], n))
    ordered = list(shown)
    for place, n in zip(places, best, strict=True):
        ordered[place] = guessed[n]
    return ordered, ""
