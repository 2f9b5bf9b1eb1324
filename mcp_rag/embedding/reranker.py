"""A cross-encoder reads query and candidate together: slower than vectors, and only for the order of a few hits."""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

from mcp_rag.embedding.local import RETRY_S, prepared
from mcp_rag.embedding.transformer import INSTALL, is_installed
from mcp_rag.embedding.weights import explicit_path
from mcp_rag.errors import ConfigurationError, EmbeddingError, McpRagError, ModelMissingError

MAX_CHARS = 2_000
BATCH_PAIRS = 8


class PairScorer(Protocol):
    """A loaded cross-encoder: one number a pair, higher for nearer."""

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> Any: ...  # noqa: ANN401 - an array of any library


class CrossEncoderReranker:
    """Implements `protocols.Reranker`. `open_scorer` runs in a daemon thread, once; a load that failed is tried again
    when asked for 30 s later."""

    def __init__(self, open_scorer: Callable[[], PairScorer], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._open = open_scorer
        self._clock = clock
        self._lock = threading.Lock()
        self._scorer: PairScorer | None = None
        self._loading: threading.Thread | None = None
        self._failed_at = 0.0
        self._reason = ""
        self._worker: ThreadPoolExecutor | None = None

    @property
    def ready(self) -> bool:
        """True once the model is loaded; never waits."""
        return self._scorer is not None

    @property
    def reason(self) -> str:
        """Why the last load failed, with its remedy; "" before and while it runs."""
        return self._reason

    def start(self) -> None:
        """Load in the background unless that is done, under way, or failed less than 30 s ago."""
        with self._lock:
            waiting = bool(self._reason) and self._clock() - self._failed_at < RETRY_S
            if self._scorer is not None or waiting or (self._loading is not None and self._loading.is_alive()):
                return
            self._loading = threading.Thread(target=self._load, name="mcp-rag-rerank-load", daemon=True)
            self._loading.start()

    def _load(self) -> None:
        try:
            self._scorer = self._open()
            self._reason = ""
        except McpRagError as error:
            self._failed_at, self._reason = self._clock(), f"{error.cause} {error.fix}".strip()
        except Exception as error:  # noqa: BLE001 - each architecture fails in its own way; searches go on without
            self._failed_at = self._clock()
            self._reason = f"The rerank model could not be loaded ({type(error).__name__}). Check the model and memory."

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One finite number a text, in the order given; both sides are cut at 2,000 characters. Raises
        EmbeddingError."""
        scorer = self._scorer
        if scorer is None:
            raise EmbeddingError("The rerank model is not loaded.", self._reason or "Wait a few seconds.", retry=True)
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="mcp-rag-rerank")
        pairs = [(prepared(query, MAX_CHARS), prepared(text, MAX_CHARS)) for text in texts]
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._worker, scorer, pairs)
        except Exception as error:  # noqa: BLE001 - a model runtime raises classes of its own; callers know ours
            raise EmbeddingError(f"The rerank model failed ({type(error).__name__}).", "Check free memory.") from None
        import numpy as np

        values = np.asarray(found, dtype=np.float64)
        if values.size != len(pairs) or not np.isfinite(values).all():
            raise EmbeddingError(
                "The rerank model does not give one finite number a pair.", "Choose a cross-encoder with one label."
            )
        return [float(value) for value in values.reshape(-1)]


def create_reranker(model: str) -> CrossEncoderReranker:
    """A reranker for a model directory (`/...`, `./...`, `~/...`) or hub name; nothing is loaded yet. Raises
    ConfigurationError for a path that is not there."""
    path = explicit_path(model)
    return CrossEncoderReranker(partial(_open_cross_encoder, str(path) if path is not None else model))


def _open_cross_encoder(source: str) -> PairScorer:
    if not is_installed():
        raise ConfigurationError("The rerank model needs sentence-transformers.", INSTALL)
    try:
        from sentence_transformers import CrossEncoder

        logging = importlib.import_module("transformers.utils.logging")
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            f"sentence-transformers does not load on this machine ({type(error).__name__}).", INSTALL
        ) from None
    logging.disable_progress_bar()
    try:
        # Safetensors only and no code from the model directory: a model is data here.
        model = CrossEncoder(source, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except OSError:
        raise ModelMissingError(
            f"The rerank model {source[:200]} is neither a directory with safetensors weights nor on the hub.",
            "Correct MCP_RAG_RERANK_MODEL, or fetch the model where there is a network.",
            retry=True,
        ) from None
    return partial(model.predict, batch_size=BATCH_PAIRS, show_progress_bar=False, convert_to_numpy=True)
