"""Vectors are checked before anything is stored: one non-finite value would top every search of the collection."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mcp_rag.errors import EmbeddingError
from mcp_rag.store.schema import NO_TOKEN, NO_TOKEN_WEIGHT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TOKEN_ID = 4_294_967_293
MAX_TOKENS = 16_384
NORM_TOLERANCE = 1e-2


def checked_vector(vector: Sequence[float], dimension: int) -> NDArray[np.float32]:
    """The vector as float32 of unit length.

    Raises EmbeddingError for another length, a value that is not finite, or a norm off 1 by over a hundredth (a zero
    vector included).
    """
    import numpy as np

    array = np.asarray(vector, dtype=np.float32)
    if array.shape != (dimension,):
        raise EmbeddingError(
            f"The embedder gave a vector of shape {array.shape}, the store holds {dimension} dimensions.",
            "Set the embedding model back, or run `mcp-rag reindex`.",
        )
    norm = float(np.linalg.norm(array.astype(np.float64)))
    if not math.isfinite(norm) or abs(norm - 1.0) > NORM_TOLERANCE:
        raise EmbeddingError(
            "The embedder gave a vector that is not finite or not of unit length; nothing was stored.",
            "Check the embedding model: `mcp-rag status`.",
        )
    return array


def stored_vector(dense: Iterable[float]) -> tuple[float, ...] | None:
    """A vector as read back; None for the zero vector of a row that has none."""
    vector = tuple(float(x) for x in dense)
    return vector if any(vector) else None


def stored_weights(sparse: Mapping[int, float]) -> dict[int, float]:
    """Weights as read back, without the one that stands for none."""
    return {int(token): float(weight) for token, weight in sparse.items() if int(token) != NO_TOKEN}


def checked_weights(weights: Mapping[int, float]) -> dict[int, float]:
    """Sparse weights in a form every engine takes; a row without tokens gets a weight on an id that no token has.

    Raises EmbeddingError for an id out of range or a weight that is not finite and positive.
    """
    checked: dict[int, float] = {}
    for token, weight in weights.items():
        if not 0 <= int(token) <= MAX_TOKEN_ID or not math.isfinite(weight) or weight <= 0:
            raise EmbeddingError("A lexical weight is out of range; nothing was stored.", "Report this as a defect.")
        checked[int(token)] = float(weight)
    if len(checked) > MAX_TOKENS:
        heaviest = sorted(checked.items(), key=lambda item: (-item[1], item[0]))[:MAX_TOKENS]
        checked = dict(heaviest)
    return checked or {NO_TOKEN: NO_TOKEN_WEIGHT}
