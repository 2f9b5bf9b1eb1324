"""A BERT encoder ready to run: tokenizer, model and identity of one directory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from mcp_rag.embedding.folder import ModelFolder, Purpose
from mcp_rag.embedding.identity import Identity
from mcp_rag.embedding.pooling import unit
from mcp_rag.embedding.tokens import Batch, Tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# No token list of the permitted length needs more characters, apart from runs of blanks.
CHARS_PER_TOKEN = 64


class Model(Protocol):
    """Computes pooled states; implemented by OnnxModel and PlainModel."""

    def pooled(self, rows: Sequence[Sequence[int]]) -> Vectors: ...


class BertEncoder:
    """Implements `local.Encoder`. `degraded` says why it is not the backend that was wanted, or is empty."""

    def __init__(self, folder: ModelFolder, model: Model, identity: Identity, degraded: str = "") -> None:
        self.identity = identity
        self.degraded = degraded
        self.max_chars = CHARS_PER_TOKEN * folder.max_tokens
        self._prompts = folder.prompts
        self._tokens = Tokens(folder)
        self._model = model

    def plan(self, texts: Sequence[str], purpose: Purpose) -> list[Batch]:
        """Tokenise and group the texts. Synchronous; call it from a worker thread."""
        prompt = self._prompts[purpose]
        return self._tokens.batches([prompt + text for text in texts])

    def run(self, batch: Batch) -> Vectors:
        """Unit vectors of one batch, a row for each position. Raises EmbeddingError."""
        return unit(self._model.pooled(batch.ids))
