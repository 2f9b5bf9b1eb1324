"""An embedder on this machine: loads once in the background, computes in two worker threads, remembers vectors."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mcp_rag.embedding.cache import VectorCache, Wanted
from mcp_rag.embedding.folder import Purpose
from mcp_rag.embedding.identity import Identity
from mcp_rag.errors import EmbeddingError, McpRagError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

T = TypeVar("T")

RETRY_S = 30.0
# Two, so that a query overtakes a running ingest; more would only fight over the cores.
WORKERS = 2
# Texts tokenised in one go: what a cancelled call may still finish.
PLAN_TEXTS = 512


class Encoder(Protocol):
    """A loaded model. Synchronous and thread-safe; `plan` groups texts, `run` computes one group, whose `positions`
    say which texts its rows belong to."""

    @property
    def identity(self) -> Identity: ...
    @property
    def degraded(self) -> str: ...
    @property
    def max_chars(self) -> int: ...
    def plan(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Any]: ...
    def run(self, batch: Any) -> Vectors: ...  # noqa: ANN401 - each encoder groups in its own way


class LocalEmbedder:
    """Implements `protocols.Embedder`. `open_encoder` runs once, in a daemon thread; `identify` tells the identity
    beforehand. A failed load is remembered for 30 s, then tried again when vectors are asked for, or at once by
    `load`."""

    def __init__(
        self,
        open_encoder: Callable[[], Encoder],
        identify: Callable[[], Identity],
        *,
        text_cache_size: int = 2048,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_encoder
        self._identify = identify
        self._clock = clock
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._loading: Future[Encoder] | None = None
        self._failed_at = 0.0
        self._identity: Identity | None = None
        self._cache = VectorCache(text_cache_size)
        self._workers: ThreadPoolExecutor | None = None

    # ------------------------------------------------------------ what it is
    @property
    def identity(self) -> Identity:
        """Of the loaded model, else as known from its files. Raises EmbeddingError or ConfigurationError."""
        if self._encoder is not None:
            return self._encoder.identity
        if self._identity is None:
            self._identity = self._identify()
        return self._identity

    @property
    def model_id(self) -> str:
        """See `identity.bert_identity`. Raises like `identity`."""
        return self.identity.model_id

    @property
    def dimension(self) -> int:
        """Length of a vector. Raises like `identity`."""
        return self.identity.dimension

    @property
    def ready(self) -> bool:
        """Whether vectors can be had at once. Asking starts a failed load again once 30 s have passed, so that a
        model fetched meanwhile is found by a running server."""
        if self._encoder is None and self._loading is not None:
            self._start(again=False)
        return self._encoder is not None

    @property
    def reason(self) -> str:
        """What made the last load fail, and what mends it; empty when it did not fail or has not ended."""
        loading = self._loading
        error = loading.exception() if loading is not None and loading.done() else None
        return f"{error.cause} {error.fix}".strip() if isinstance(error, McpRagError) else ""

    @property
    def degraded(self) -> str:
        """Why another backend than the wanted one answers; empty when all is well."""
        return self._encoder.degraded if self._encoder is not None else ""

    # ------------------------------------------------------------ loading
    async def load(self) -> None:
        """Load the model; concurrent callers share one load, and a failed one is tried again.

        Raises ModelMissingError, EmbeddingError or ConfigurationError.
        """
        await asyncio.wrap_future(self._start(again=True))

    def _start(self, *, again: bool) -> Future[Encoder]:
        with self._lock:
            loading = self._loading
            if loading is not None:
                failed = loading.done() and loading.exception() is not None
                if not failed or not (again or self._clock() - self._failed_at >= RETRY_S):
                    return loading
            loading = Future()
            # A running future cannot be cancelled: a caller that gives up leaves the load to the others.
            loading.set_running_or_notify_cancel()
            self._loading = loading
        # A daemon: a server that is told to stop while torch is being imported stops.
        threading.Thread(target=self._load, args=(loading,), name="mcp-rag-embedding-load", daemon=True).start()
        return loading

    def _load(self, loading: Future[Encoder]) -> None:
        try:
            encoder = self._open()
        except McpRagError as error:
            self._failed_at = self._clock()
            loading.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - the waiting callers must hear of it, whatever it is
            self._failed_at = self._clock()
            text = f"The embedding model could not be loaded ({type(error).__name__})."
            loading.set_exception(EmbeddingError(text, "Check the model and free memory.", retry=True))
        else:
            self._encoder = encoder
            loading.set_result(encoder)

    # ------------------------------------------------------------ embedding
    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """As `protocols.Embedder`. Text beyond 64 characters per token of the model's limit is not looked at."""
        return await self._embed(texts, "document")

    async def embed_query(self, text: str) -> Vectors:
        """As `protocols.Embedder`."""
        vector: Vectors = (await self._embed([text], "query"))[0]
        return vector

    async def _embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        encoder = await asyncio.wrap_future(self._start(again=False))
        wanted = Wanted(self._cache, [prepared(text, encoder.max_chars) for text in texts], purpose)
        dimension = encoder.identity.dimension
        for first in range(0, len(wanted.missing), PLAN_TEXTS):
            part = wanted.missing[first : first + PLAN_TEXTS]
            # A thread hop a batch: a cancelled call stops at the next one, and a query slips in between.
            for batch in await self._in_thread(encoder.plan, part, purpose):
                vectors = await self._in_thread(encoder.run, batch)
                if vectors.shape != (len(batch.positions), dimension):
                    raise EmbeddingError("The model returned vectors of another dimension.", "Report this.")
                for position, vector in zip(batch.positions, vectors, strict=True):
                    wanted.put(first + position, vector)
        return wanted.vectors(dimension)

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mcp-rag-embedding")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, call, *arguments)
        except McpRagError:
            raise
        except Exception as error:  # noqa: BLE001 - a model runtime raises classes of its own; callers know ours
            raise EmbeddingError(
                f"The embedding model failed ({type(error).__name__}).", "Check free memory.", retry=True
            ) from None


def prepared(text: str, max_chars: int) -> str:
    """The text as it is embedded: cut, and encodable (a lone surrogate of a broken log becomes `?`)."""
    return text[:max_chars].encode("utf-8", "replace").decode("utf-8")
