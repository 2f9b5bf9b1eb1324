"""The sentence-transformers backend: any architecture, at the price of torch (extra `[torch]`)."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_rag.embedding.bert import CHARS_PER_TOKEN
from mcp_rag.embedding.folder import TEXT_VERSION, Purpose
from mcp_rag.embedding.identity import Identity
from mcp_rag.embedding.pooling import unit
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BATCH_TEXTS = 16
INSTALL = 'Run `pip install "mcp-rag[torch]"`.'
_DEFAULT_TOKENS = 512


class TextBatch(NamedTuple):
    """Texts computed together, with their positions in the caller's list."""

    positions: list[int]
    texts: list[str]
    purpose: Purpose


class TransformerEncoder:
    """Implements `local.Encoder` on a SentenceTransformer. `identity` is given for models the other backends share;
    otherwise it is made from `name` and `digest`."""

    degraded = ""

    def __init__(self, source: str, name: str, digest: str = "", identity: Identity | None = None) -> None:
        self._model = _open(source)
        limit = getattr(self._model, "max_seq_length", None)
        tokens = limit if isinstance(limit, int) and limit > 0 else _DEFAULT_TOKENS
        self.max_chars = CHARS_PER_TOKEN * tokens
        self.identity = identity or self._identify(name, digest, tokens)

    def _identify(self, name: str, digest: str, tokens: int) -> Identity:
        dimension = self._model.get_embedding_dimension()
        if not isinstance(dimension, int):
            dimension = len(self.run(TextBatch([0], ["dimension"], "document"))[0])
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        revision = digest or str(getattr(config, "_commit_hash", "") or "")
        return Identity(f"{name}@{revision[:12] or 'unknown'}:st:{tokens}:t{TEXT_VERSION}", dimension)

    def plan(self, texts: Sequence[str], purpose: Purpose) -> list[TextBatch]:
        """Batches of 16 texts of like length."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        groups = (order[at : at + BATCH_TEXTS] for at in range(0, len(order), BATCH_TEXTS))
        return [TextBatch(group, [texts[at] for at in group], purpose) for group in groups]

    def run(self, batch: TextBatch) -> Vectors:
        """Unit vectors of one batch. Raises EmbeddingError."""
        encode = self._model.encode_query if batch.purpose == "query" else self._model.encode_document
        try:
            vectors = encode(
                batch.texts,
                batch_size=BATCH_TEXTS,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise EmbeddingError(
                f"The sentence-transformers model failed ({type(error).__name__}).", "Check the model and free memory."
            ) from None
        return unit(vectors)


def is_installed() -> bool:
    """Whether the extra is there, without importing it."""
    return all(importlib.util.find_spec(name) is not None for name in ("sentence_transformers", "torch"))


def _open(source: str) -> Any:  # noqa: ANN401 - a class of a library that may be absent
    if not is_installed():
        raise ConfigurationError("The sentence-transformers backend is not installed.", INSTALL)
    try:
        from sentence_transformers import SentenceTransformer

        logging = importlib.import_module("transformers.utils.logging")
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            f"sentence-transformers does not load on this machine ({type(error).__name__}).", INSTALL
        ) from None
    logging.disable_progress_bar()
    try:
        # Safetensors only and no code from the model directory: a model is data here.
        return SentenceTransformer(source, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except OSError:
        raise ModelMissingError(
            f"The model {source[:200]} is neither a directory with safetensors weights nor reachable on the hub.",
            "Correct MCP_RAG_EMBEDDING_MODEL, or fetch the model where there is a network.",
            retry=True,
        ) from None
    except Exception as error:  # noqa: BLE001 - each architecture fails in its own way
        raise EmbeddingError(
            f"sentence-transformers could not open the model {source[:200]} ({type(error).__name__}).",
            "Choose another model.",
        ) from None
