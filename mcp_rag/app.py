"""The object graph: the only module that knows concrete classes. Building it is cheap; opening it is not.

Life of an App: `App(settings)` → `warm()` or `await opened()` → verbs → `await close()`. The store opens and the model
loads in the background; a search waits for the store only.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mcp_rag import embedding
from mcp_rag.browse import Browser
from mcp_rag.config import Settings
from mcp_rag.errors import InputError, McpRagError, ModelMissingError
from mcp_rag.events import starts_event
from mcp_rag.explain import Explain
from mcp_rag.ingest import Ingestor
from mcp_rag.llm import LlmClient
from mcp_rag.notes import parse_notes
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.reader import LogReader, ReadLimits
from mcp_rag.redact import REDACTION_VERSION, Redactor
from mcp_rag.resolve import Resolver
from mcp_rag.results import IngestResult
from mcp_rag.rows import ErrorFilter
from mcp_rag.search import Searcher
from mcp_rag.status import StatusReporter
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.template import MergeIndex
from mcp_rag.types import Block, Level, ParseSettings
from mcp_rag.workers import ParsePool

HEAD_BYTES = 65_536
MAX_TEMPLATES = 16_384
UNKNOWN_DIMENSION = 384


class App:
    """One process's view of one knowledge base."""

    def __init__(self, settings: Settings, *, store: Store | None = None, embedder: Embedder | None = None) -> None:
        self.settings = settings
        self.store = store or open_store(store_settings(settings))
        self.embedder = embedder or create_embedder(settings)
        explainer = None
        if settings.llm_base_url:
            explainer = LlmClient(
                settings.llm_base_url,
                settings.llm_model,
                settings.llm_api_key,
                total_timeout_s=settings.llm_timeout,
                thinking=settings.llm_thinking,
            )
        self._explainer = explainer
        self.browser = Browser(self.store)
        self.searcher = Searcher(self.store, self.embedder, self.gate, self.merge_index, zone=settings.timezone)
        self.explain = Explain(self.searcher, explainer, self.browser.group)
        self.resolver = Resolver(self.store, self.embedder, self.gate, self.merge_index)
        self.status = StatusReporter(self.store, self.embedder, settings, REDACTION_VERSION)
        self._opening: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._merge = MergeIndex()
        self._merge_count = -1
        self._merge_lock = asyncio.Lock()

    # ------------------------------------------------------------ life
    def warm(self) -> None:
        """Start opening the store and loading the model in the background; harmless to repeat."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
        if self._warming is None:
            self._warming = asyncio.get_running_loop().create_task(self._warm())

    @property
    def is_open(self) -> bool:
        """True once the store answered; never waits."""
        opening = self._opening
        return opening is not None and opening.done() and not opening.cancelled() and opening.exception() is None

    async def opened(self) -> None:
        """Wait until the store is open. A failed try is repeated on the next call. Raises StoreError."""
        self.warm()
        opening = self._opening
        if opening is None:
            return
        try:
            await asyncio.shield(opening)
        except McpRagError:
            if self._opening is opening:
                self._opening = None
            raise

    async def ready(self) -> None:
        """Wait for the store, the model and the shipped knowledge: what writing needs. Raises McpRagError."""
        await self.opened()
        await self.embedder.load()
        if self._warming is not None:
            with contextlib.suppress(McpRagError):
                await asyncio.shield(self._warming)

    async def _open(self) -> None:
        try:
            model_id, dimension = self.embedder.model_id, self.embedder.dimension
        except ModelMissingError:
            # The store still answers by fingerprint, code and words; `model_id` "" claims no vectors.
            model_id, dimension = "", UNKNOWN_DIMENSION
        await self.store.open(model_id=model_id, dimension=dimension)

    async def _warm(self) -> None:
        try:
            await asyncio.gather(self.embedder.load(), self.opened())
        except McpRagError:
            # Told where it matters: a search says `degraded`, a write raises, kb_status names it.
            self._warming = None
            return
        if self.settings.starter_knowledge and not self.settings.read_only:
            await self.load_starter()
        await self.store.document_frequencies()
        await self.merge_index()

    async def close(self) -> None:
        """Stop background work and close the store; never raises for work that was still under way."""
        for task in (self._warming, self._opening):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, McpRagError):
                    await task
        if self._explainer is not None:
            await self._explainer.aclose()
        await self.store.close()

    # ------------------------------------------------------------ parts
    def gate(self) -> RedactionGate:
        """A redaction gate with the configured rules and fresh counters."""
        return build_gate(self.settings)

    async def merge_index(self) -> MergeIndex:
        """Templates of all stored groups, reloaded when the number of groups is not the one last seen."""
        async with self._merge_lock:
            count = await self.store.count_errors(ErrorFilter())
            if count != self._merge_count:
                merge = MergeIndex()
                groups = await self.store.query_errors(ErrorFilter(), MAX_TEMPLATES)
                for group in sorted(groups, key=lambda g: (g.first_seen_ms, g.id)):
                    if not group.root_type:
                        merge.add_leader(group.id, group.template, codes=group.codes)
                self._merge, self._merge_count = merge, count
            return self._merge

    async def load_starter(self) -> tuple[int, int]:
        """Store the shipped knowledge pack; what is stored already is left alone."""
        from mcp_rag import knowledge

        notes = await asyncio.to_thread(knowledge.load)
        return await self.resolver.import_notes(notes, "starter")

    async def import_file(self, path: Path) -> tuple[int, int, list[str]]:
        """Import a notes file: (groups added, resolutions added, problems found). Raises InputError."""
        try:
            text = await asyncio.to_thread(path.read_text, encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise InputError(
                f"{path} cannot be read as UTF-8 text.", "Give a Markdown, CSV, JSON or JSONL file."
            ) from None
        report = parse_notes(text, path.name)
        await self.ready()
        groups, resolutions = await self.resolver.import_notes(report.notes, "import")
        return groups, resolutions, [str(problem) for problem in report.problems]

    # ------------------------------------------------------------ ingest
    def roots(self) -> list[Path]:
        """The directories that tool arguments may name."""
        return [Path(root).expanduser() for root in self.settings.log_roots]

    async def ingest(
        self,
        *,
        paths: Sequence[str] = (),
        text: str = "",
        stream: tuple[str, BinaryIO] | None = None,
        service: str = "",
        format_name: str = "auto",
        min_level: Level = Level.WARN,
        trusted: bool = False,
        budget_s: float | None = None,
    ) -> AsyncIterator[IngestResult]:
        """Read sources into the store, yielding the report after each block. Paths are read under `log_roots` unless
        `trusted`. Raises InputError, StoreError, EmbeddingError."""
        reader = build_reader(self.settings, None if trusted else self.roots())

        def blocks() -> Iterator[Block]:
            if paths:
                yield from reader.blocks(paths)
            if text:
                yield from reader.blocks_of_text("text", text)
            if stream:
                yield from reader.blocks_of_stream(*stream)

        if paths and not trusted:
            reader.list_sources(paths)  # a refused path is an error of the call, before anything is opened
        await self.ready()
        pool = ParsePool(self.settings.max_workers)
        ingestor = Ingestor(
            self.store,
            self.embedder,
            self.gate(),
            reader,
            await self.merge_index(),
            parse_block=pool,
            ahead=pool.ahead,
        )
        settings = ParseSettings(
            min_level=min_level,
            format=format_name,
            service=service,
            zone=self.settings.timezone,
            reference_ms=time.time_ns() // 1_000_000,
            max_event_lines=self.settings.max_event_lines,
            max_event_bytes=self.settings.max_event_bytes,
        )
        budget = self.settings.max_call_seconds if budget_s is None else budget_s
        try:
            async for report in ingestor.run(blocks(), settings, budget):
                yield report
        finally:
            pool.close()
            self._merge_count = -1


def _starts_event(line: bytes) -> bool:
    return starts_event(line, ParseSettings())


def build_gate(settings: Settings) -> Redactor:
    """A redaction gate with the configured rules. Raises ConfigurationError for a rule that is not usable."""
    rules = []
    for rule in settings.redact_rules:
        kind, _, pattern = rule.partition("=")
        rules.append((pattern, kind.strip()))
    return Redactor(ips=settings.redact_ips, emails=settings.redact_emails, rules=rules)


def build_reader(settings: Settings, roots: Sequence[Path] | None) -> LogReader:
    """A reader with the configured limits; `roots` None trusts every path (the command line's)."""
    limits = ReadLimits(
        max_line_bytes=settings.max_line_bytes,
        block_bytes=settings.max_block_bytes,
        max_output_bytes=settings.max_unpacked_bytes,
        max_files=settings.max_files,
        max_depth=settings.max_depth,
    )
    forbidden = [] if settings.milvus_uri else [settings.data_path()]
    return LogReader(limits, roots=roots, starts_event=_starts_event, forbidden=forbidden)


def store_settings(settings: Settings) -> StoreSettings:
    """The store's part of the settings."""
    return StoreSettings(
        data_dir=settings.data_path(),
        uri=settings.milvus_uri,
        token=settings.milvus_token,
        database=settings.milvus_database,
        prefix=settings.collection,
        kb=settings.kb,
        timeout_s=settings.milvus_timeout,
        ca_file=settings.milvus_ca_file,
        redaction_version=REDACTION_VERSION,
    )


def create_embedder(settings: Settings) -> Embedder:
    """The configured embedder, not loaded. Raises ConfigurationError for an unknown backend."""
    return embedding.create(
        settings.embedding_model,
        settings.embedding_backend,
        cache_dir=settings.cache_path(),
        base_url=settings.embedding_base_url,
        api_key=settings.embedding_api_key,
    )
