"""The numpy backend: the same encoder as the graph, one text at a time, for machines where ONNX Runtime cannot load."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcp_rag.embedding.folder import ModelFolder
from mcp_rag.embedding.parameters import load_parameters
from mcp_rag.embedding.pooling import pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class PlainModel:
    """A BERT encoder in numpy. Texts are not padded, so a vector never depends on its batch. Thread-safe."""

    def __init__(self, folder: ModelFolder) -> None:
        self._shape = folder.shape
        self._weights = load_parameters(folder)

    def pooled(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """(n, hidden) float32, not yet of unit length, one row for each list of token ids."""
        import numpy as np

        return np.stack([self._one(row) for row in rows]).astype(np.float32, copy=False)

    def _one(self, ids: Sequence[int]) -> Vectors:
        weights, epsilon = self._weights, self._shape.epsilon
        state = weights["words"][list(ids)] + weights["positions"][: len(ids)]
        state = _norm(state, weights["norm.scale"], weights["norm.bias"], epsilon)
        for layer in range(self._shape.layers):
            state = self._layer(layer, state)
        return pool(state, self._shape.pooling)

    def _layer(self, layer: int, state: Vectors) -> Vectors:
        def weight(part: str) -> Vectors:
            return self._weights[f"{layer}.{part}"]

        def norm(values: Vectors, which: str) -> Vectors:
            return _norm(values, weight(f"{which}.scale"), weight(f"{which}.bias"), self._shape.epsilon)

        attended = _attention(state @ weight("qkv") + weight("qkv.bias"), self._shape.heads)
        middle = norm(attended @ weight("out") + weight("out.bias") + state, "norm1")
        active = _gelu(middle @ weight("up") + weight("up.bias"))
        return norm(active @ weight("down") + weight("down.bias") + middle, "norm2")


def _norm(values: Vectors, scale: Vectors, bias: Vectors, epsilon: float) -> Vectors:
    import numpy as np

    centred = values - values.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed: Vectors = centred / np.sqrt(variance + np.float32(epsilon)) * scale + bias
    return normed


def _attention(projected: Vectors, heads: int) -> Vectors:
    import numpy as np

    tokens, width = projected.shape
    split: Any = projected.reshape(tokens, 3, heads, -1).transpose(1, 2, 0, 3)
    query, key, value = split
    scores = query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(query.shape[-1]))
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed: Vectors = (scores @ value).transpose(1, 0, 2).reshape(tokens, width // 3)
    return mixed


def _gelu(values: Vectors) -> Vectors:
    """x * Phi(x) with erf by formula 7.1.26 of Abramowitz and Stegun: absolute error below 1.5e-7."""
    import numpy as np

    magnitude = np.abs(values) * np.float32(1 / math.sqrt(2))
    step = 1 / (1 + np.float32(0.3275911) * magnitude)
    series = np.float32(1.061405429) * step - np.float32(1.453152027)
    for factor in (1.421413741, -0.284496736, 0.254829592):
        series = series * step + np.float32(factor)
    tail = series * step * np.exp(-magnitude * magnitude)
    erf = np.copysign(1 - tail, values)
    active: Vectors = np.float32(0.5) * values * (1 + erf)
    return active
