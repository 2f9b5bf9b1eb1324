"""From token states to one checked vector of unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_rag.embedding.folder import Pooling
from mcp_rag.errors import EmbeddingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


def pool(states: Vectors, mode: Pooling) -> Vectors:
    """(tokens, hidden) states of one text, all of them real tokens, to (hidden,)."""
    pooled: Vectors = states[0] if mode == "cls" else states.mean(axis=0)
    return pooled


def unit(vectors: Vectors) -> Vectors:
    """(n, dimension) float32 rows scaled to length 1. Raises EmbeddingError for a row that is not finite or is zero:
    such a vector would be stored without complaint and found by no query, or by every one."""
    import numpy as np

    with np.errstate(all="ignore"):
        norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if vectors.ndim != 2 or not np.isfinite(norms).all() or not (norms > 1e-12).all():
        raise EmbeddingError("The embedding model returned a vector that is zero or not finite.", "Check the model.")
    scaled: Vectors = (vectors / norms).astype(np.float32, copy=False)
    return scaled
