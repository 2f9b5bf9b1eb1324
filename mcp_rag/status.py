"""The verb that says what the knowledge base is, what is degraded, and the one line that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mcp_rag import __version__
from mcp_rag.errors import EmbeddingError, StoreError
from mcp_rag.hits import CALIBRATED_MODEL
from mcp_rag.protocols import Embedder, Reranker, Store
from mcp_rag.results import Problem, StatusResult
from mcp_rag.rows import ErrorFilter, StoreInfo

LITE_GROUPS = 50_000


class StatusSettings(Protocol):
    """The settings that a status shows."""

    @property
    def milvus_uri(self) -> str: ...
    @property
    def embedding_model(self) -> str: ...
    @property
    def llm_base_url(self) -> str: ...
    @property
    def llm_model(self) -> str: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def log_roots(self) -> tuple[str, ...]: ...
    @property
    def starter_knowledge(self) -> bool: ...
    def limits(self) -> Mapping[str, int]: ...


class StatusReporter:
    """Describes the running system; never raises for a part that is down."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        settings: StatusSettings,
        redaction_version: int,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._redaction_version = redaction_version
        self._reranker = reranker

    async def report(self, failure: StoreError | None = None) -> StatusResult:
        """The status now; `failure` is why the store could not be opened, if it could not."""
        problems: list[Problem] = []
        info: StoreInfo | None = None
        shipped = 0
        if failure is None:
            try:
                info = await self._store.info()
                shipped = await self._store.count_errors(ErrorFilter(origin="starter"))
            except StoreError as error:
                failure = error
        if failure is not None:
            problems.append(Problem(failure.cause, failure.fix))
        problems += self._embedding_problems()
        if self._reranker is not None and not self._reranker.ready:
            loading = self._reranker.reason or "The rerank model is still loading."
            problems.append(Problem(loading, "Hits keep the order of vectors and words until then."))
        if info is not None:
            problems += [Problem(reason, "docs/store.md says what each engine lacks.") for reason in info.degraded]
            if info.kind == "lite" and info.errors > LITE_GROUPS:
                problems.append(
                    Problem(
                        f"{info.errors} errors are more than the embedded store is meant for.",
                        "Set MCP_RAG_MILVUS_URI.",
                    )
                )
        if not self._settings.llm_base_url:
            problems.append(Problem("Explanations are evidence only.", "Set MCP_RAG_LLM_BASE_URL to a model server."))
        if not self._settings.log_roots and not self._settings.read_only:
            problems.append(Problem("ingest_logs may read no path.", "Set MCP_RAG_LOG_ROOTS to the log directories."))
        return self._result(info, shipped, problems)

    def _embedding_problems(self) -> Sequence[Problem]:
        if not self._embedder.ready:
            # A reason from the embedder names its own remedy.
            if self._embedder.reason:
                return [Problem(self._embedder.reason, "Searches are by fingerprint, code and words until then.")]
            return [Problem("The embedding model is still loading.", "Wait a few seconds; searches are lexical now.")]
        if self._embedder.degraded:
            return [Problem(self._embedder.degraded, "Reinstall onnxruntime, or choose MCP_RAG_EMBEDDING_BACKEND.")]
        if CALIBRATED_MODEL not in self._settings.embedding_model:
            return [
                Problem(
                    f"match_quality was fitted for {CALIBRATED_MODEL} and does not hold for this model.",
                    "evals/retrieval/calibrate.py fits it again.",
                )
            ]
        return []

    def _result(self, info: StoreInfo | None, shipped: int, problems: Sequence[Problem]) -> StatusResult:
        settings = self._settings
        try:
            model, dimension = self._embedder.model_id, self._embedder.dimension
        except EmbeddingError:
            model, dimension = settings.embedding_model, 0
        explainer = f"{settings.llm_model or 'first listed model'}" if settings.llm_base_url else "none"
        # Missing log roots and a missing model server are choices; everything else works less than it should.
        chosen = ("Explanations are evidence only.", "ingest_logs may read no path.")
        return StatusResult(
            version=__version__,
            store=f"{info.kind} {info.version}".strip() if info else "unavailable",
            location=info.location if info else settings.milvus_uri,
            role=info.role if info else "",
            owner=info.owner if info else "",
            errors=(info.errors - shipped) if info else 0,
            shipped_errors=shipped,
            resolutions=info.resolutions if info else 0,
            blocks=info.blocks if info else 0,
            schema_version=info.schema_version if info else 0,
            embedding_model=model,
            embedding_ready=self._embedder.ready,
            dimension=dimension,
            redaction_version=self._redaction_version,
            explainer=explainer,
            read_only=settings.read_only,
            log_roots=list(settings.log_roots),
            size_bytes=info.size_bytes if info else 0,
            degraded=any(p.what not in chosen for p in problems),
            problems=list(problems),
            limits=dict(settings.limits()),
        )
