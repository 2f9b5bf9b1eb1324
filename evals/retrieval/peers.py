"""What others do, on the same entries and queries: a plain vector server, and BM25 alone."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from evals.retrieval.bench import Ask, CachedEmbedder, Doc, Scores, Vectors

_WORD = re.compile(r"\w+")


async def _embedded(embedder: CachedEmbedder, texts: Sequence[str]) -> Vectors:
    # The model reads 256 tokens; longer texts only cost time.
    cut = [text[:3_000] for text in texts]
    parts = [await embedder.embed_documents(cut[n : n + 64]) for n in range(0, len(cut), 64)]
    return np.concatenate(parts)


async def plain_vectors(embedder: CachedEmbedder, docs: Sequence[Doc], asks: Sequence[Ask]) -> Scores:
    """Embed the stored text and the raw paste as they are, cosine, best ten."""
    matrix = await _embedded(embedder, [d.text for d in docs])
    vectors = await _embedded(embedder, [a.text for a in asks])
    scores = Scores()
    for ask, vector in zip(asks, vectors, strict=True):
        order = np.argsort(-(matrix @ vector), kind="stable")[:10]
        scores.add([docs[n].id for n in order], ask.relevant)
    return scores


def plain_bm25(docs: Sequence[Doc], asks: Sequence[Ask]) -> Scores:
    """Words in lower case, k1 1.2, b 0.75, the raw paste as the query."""
    counts = [Counter(_WORD.findall(d.text.lower())) for d in docs]
    lengths = [sum(c.values()) for c in counts]
    average = sum(lengths) / len(lengths)
    frequency = Counter(word for c in counts for word in c)
    scores = Scores()
    for ask in asks:
        words = {w for w in _WORD.findall(ask.text.lower()) if w in frequency}
        idf = {w: math.log(1 + (len(docs) - frequency[w] + 0.5) / (frequency[w] + 0.5)) for w in words}
        ranked = []
        for doc, held, length in zip(docs, counts, lengths, strict=True):
            norm = 1.2 * (0.25 + 0.75 * length / average)
            ranked.append((-sum(i * held[w] * 2.2 / (held[w] + norm) for w, i in idf.items() if w in held), doc.id))
        scores.add([name for _, name in sorted(ranked)[:10]], ask.relevant)
    return scores
