"""The arrays of a BERT checkpoint, renamed and laid out as the graph and the plain backend want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mcp_rag.embedding.folder import WEIGHTS_FILE, ModelFolder
from mcp_rag.embedding.skeleton import weight_shapes
from mcp_rag.embedding.tensors import read_tensors
from mcp_rag.errors import EmbeddingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def load_parameters(folder: ModelFolder) -> dict[str, NDArray[np.float32]]:
    """Arrays by the names of `skeleton.weight_shapes`: matrices are (in, out), query, key and value side by side, and
    the one token type a sentence has is added into the positions. Raises EmbeddingError when one is missing."""
    import numpy as np

    stored = _Checkpoint(read_tensors(folder.path / WEIGHTS_FILE), folder)
    positions = stored.get("embeddings.position_embeddings.weight")
    named = {
        "words": stored.get("embeddings.word_embeddings.weight"),
        "positions": positions + stored.get("embeddings.token_type_embeddings.weight")[0],
        **stored.norm("norm", "embeddings.LayerNorm"),
    }
    for layer in range(folder.shape.layers):
        root = f"encoder.layer.{layer}"
        parts = [f"{root}.attention.self.{part}" for part in ("query", "key", "value")]
        named[f"{layer}.qkv"] = np.concatenate([stored.get(f"{part}.weight").T for part in parts], axis=1)
        named[f"{layer}.qkv.bias"] = np.concatenate([stored.get(f"{part}.bias") for part in parts])
        named |= stored.dense(f"{layer}.out", f"{root}.attention.output.dense")
        named |= stored.norm(f"{layer}.norm1", f"{root}.attention.output.LayerNorm")
        named |= stored.dense(f"{layer}.up", f"{root}.intermediate.dense")
        named |= stored.dense(f"{layer}.down", f"{root}.output.dense")
        named |= stored.norm(f"{layer}.norm2", f"{root}.output.LayerNorm")
    if {name: array.shape for name, array in named.items()} != weight_shapes(folder.shape):
        raise EmbeddingError(f"The weights in {folder.path} do not fit its config.json.", "Fetch the model again.")
    return {name: np.ascontiguousarray(array) for name, array in named.items()}


class _Checkpoint:
    """Looks arrays up under the names that BERT checkpoints use, old and new, with and without a task head."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]], folder: ModelFolder) -> None:
        self._folder = folder
        self._tensors = {name.removeprefix("bert."): array for name, array in tensors.items()}

    def get(self, *names: str) -> NDArray[np.float32]:
        for name in names:
            if name in self._tensors:
                return self._tensors[name]
        raise EmbeddingError(f"The weights in {self._folder.path} lack {names[0]}.", "Fetch the model again.")

    def dense(self, name: str, stored: str) -> dict[str, NDArray[np.float32]]:
        return {name: self.get(f"{stored}.weight").T, f"{name}.bias": self.get(f"{stored}.bias")}

    def norm(self, name: str, stored: str) -> dict[str, NDArray[np.float32]]:
        return {
            f"{name}.scale": self.get(f"{stored}.weight", f"{stored}.gamma"),
            f"{name}.bias": self.get(f"{stored}.bias", f"{stored}.beta"),
        }
