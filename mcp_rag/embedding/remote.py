"""An embedder behind an OpenAI-compatible server (vLLM, TEI, Ollama): batches, order, dimension and length are ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mcp_rag.embedding.cache import VectorCache, Wanted
from mcp_rag.embedding.endpoint import Endpoint, RefusedError
from mcp_rag.embedding.folder import TEXT_VERSION, Purpose
from mcp_rag.embedding.local import RETRY_S, prepared
from mcp_rag.embedding.pooling import unit
from mcp_rag.errors import EmbeddingError

if TYPE_CHECKING:
    import httpx2
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BATCH_TEXTS = 64
MAX_IN_FLIGHT = 4
# Servers differ when a text is too long (an error, or a silent cut): this is about 512 tokens of log text.
MAX_CHARS = 2000
MIN_CHARS = 200


class RemoteEmbedder:
    """Implements `protocols.Embedder`. `dimension` 0 means what the first answer has. A failure is remembered for
    30 s, during which `ready` is False and searches do without vectors; then the server is asked again."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        dimension: int = 0,
        text_cache_size: int = 2048,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._dimension = dimension
        self._clock = clock
        self._cache = VectorCache(text_cache_size)
        self._asked = False
        self._failure: tuple[float, EmbeddingError] | None = None

    @property
    def model_id(self) -> str:
        """The server's name for the model: what weights stand behind it, the server alone knows."""
        return f"{self._model}@remote:t{TEXT_VERSION}"

    @property
    def dimension(self) -> int:
        """Length of a vector. Raises EmbeddingError before the first answer, unless it was given."""
        if not self._dimension:
            raise EmbeddingError("The embedding server has not told its dimension yet.", "Load the embedder first.")
        return self._dimension

    @property
    def ready(self) -> bool:
        """Whether the server answered, or deserves another try."""
        return self._asked and (self._failure is None or self._clock() - self._failure[0] >= RETRY_S)

    @property
    def reason(self) -> str:
        """What made the last request fail, and what mends it; empty when it did not fail."""
        return f"{self._failure[1].cause} {self._failure[1].fix}" if self._failure else ""

    @property
    def degraded(self) -> str:
        """Always empty: there is no second choice for a server."""
        return ""

    async def load(self) -> None:
        """Ask the server for one vector, which tells the dimension. Raises EmbeddingError."""
        await self._guarded(["dimension"])

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """As `protocols.Embedder`. Texts are cut to 2,000 characters; each 64 texts have a deadline of their own."""
        return await self._embed(texts, "document")

    async def embed_query(self, text: str) -> Vectors:
        """As `protocols.Embedder`."""
        vector: Vectors = (await self._embed([text], "query"))[0]
        return vector

    async def _embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        # Several servers refuse an empty text; a blank is the same to their tokenizers.
        wanted = Wanted(self._cache, [prepared(text, MAX_CHARS) or " " for text in texts], purpose)
        if wanted.missing or not self._dimension:
            order = sorted(range(len(wanted.missing)), key=lambda at: len(wanted.missing[at]))
            vectors = await self._guarded([wanted.missing[at] for at in order] or ["dimension"])
            for position, vector in zip(order, vectors, strict=False):
                wanted.put(position, vector)
        return wanted.vectors(self._dimension)

    async def _guarded(self, texts: list[str]) -> list[Vectors]:
        try:
            vectors = await self._ask(texts)
        except EmbeddingError as error:
            self._failure = (self._clock(), error)
            raise
        else:
            self._failure = None
        finally:
            self._asked = True
        return vectors

    async def _ask(self, texts: list[str]) -> list[Vectors]:
        batches = [texts[at : at + BATCH_TEXTS] for at in range(0, len(texts), BATCH_TEXTS)]
        free = asyncio.Semaphore(MAX_IN_FLIGHT)

        async def one(batch: list[str]) -> list[Vectors]:
            async with free:
                return await self._batch(client, batch)

        try:
            async with self._endpoint.client() as client, asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(batch)) for batch in batches]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [vector for task in tasks for vector in task.result()]

    async def _batch(self, client: httpx2.AsyncClient, texts: list[str]) -> list[Vectors]:
        request = {"model": self._model, "input": texts, "encoding_format": "float"}
        try:
            answer = await self._endpoint.post(client, request)
        except RefusedError:
            # Halve until the offending text stands alone, then shorten it: no other text's vector changes.
            middle = len(texts) // 2
            if middle:
                first = await self._batch(client, texts[:middle])
                return first + await self._batch(client, texts[middle:])
            if len(texts[0]) // 2 < MIN_CHARS:
                raise
            return await self._batch(client, [texts[0][: len(texts[0]) // 2]])
        return list(self._vectors(answer, len(texts)))

    def _vectors(self, answer: Any, count: int) -> Vectors:  # noqa: ANN401 - JSON of another's making
        import numpy as np

        try:
            rows = sorted(answer["data"], key=lambda row: int(row["index"]))
            complete = [int(row["index"]) for row in rows] == list(range(count))
            with np.errstate(all="ignore"):
                vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise _malformed() from None
        if not complete or vectors.ndim != 2:
            raise _malformed()
        width = vectors.shape[1]
        if self._dimension and width != self._dimension:
            raise EmbeddingError(
                f"The embedding server returned {width} dimensions instead of {self._dimension}.",
                "Check MCP_RAG_EMBEDDING_MODEL and which model the server runs.",
            )
        checked = unit(vectors)
        self._dimension = width
        return checked


def _malformed() -> EmbeddingError:
    return EmbeddingError(
        "The embedding server's answer does not hold one vector for each text.", "Check that it serves embeddings."
    )
