"""The object graph: the only module that knows concrete classes. Building it is cheap; opening it is not.

Life of an App: `App(settings)` → `warm()` or `await opened()` → verbs → `await close()`. The store opens and the model
loads in the background; a search waits for the store only.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mcp_rag.config import Settings
from mcp_rag.errors import EmbeddingError, InputError, McpRagError, ModelMissingError
from mcp_rag.protocols import Embedder, ReadableStore, RedactionGate, Store
from mcp_rag.results import IngestResult
from mcp_rag.stored_templates import StoredTemplates
from mcp_rag.types import Block, Level, ParseSettings
from mcp_rag.wiring import build_gate, build_reader, create_embedder, other_stores, read_together, store_settings

if TYPE_CHECKING:
    from mcp_rag.browse import Browser
    from mcp_rag.composite import NamedStore
    from mcp_rag.explain import Explain
    from mcp_rag.llm import LlmClient
    from mcp_rag.resolve import Resolver
    from mcp_rag.resumption import Paused, Reading
    from mcp_rag.search import Searcher
    from mcp_rag.status import StatusReporter

UNKNOWN_DIMENSION = 384


class App:
    """One process's view of one knowledge base."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        embedder: Embedder | None = None,
        others: Sequence[NamedStore] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._store = store
        self._embedder = embedder
        self._others = others
        self._opening: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self.templates = StoredTemplates(lambda: self.store, clock)

    # The parts are built on first use: their modules compile hundreds of expressions, which must not hold up the
    # answer to `initialize`.
    @functools.cached_property
    def store(self) -> Store:
        """The knowledge base, opened by `opened`."""
        from mcp_rag.store import open_store

        return self._store or open_store(store_settings(self.settings))

    @functools.cached_property
    def embedder(self) -> Embedder:
        """The embedder, loaded in the background."""
        return self._embedder or create_embedder(self.settings)

    @functools.cached_property
    def others(self) -> Sequence[NamedStore]:
        """Further knowledge bases that searches read, opened with the own one."""
        return other_stores(self.settings) if self._others is None else self._others

    @functools.cached_property
    def readable(self) -> ReadableStore:
        """What searches read: the own knowledge base, or several as one."""
        return read_together(self.settings, self.store, self.others)

    @functools.cached_property
    def browser(self) -> Browser:
        """Lists groups and shows single ones."""
        from mcp_rag.browse import Browser

        return Browser(self.readable, listed=self.store)

    @functools.cached_property
    def searcher(self) -> Searcher:
        """Finds groups for a paste."""
        from mcp_rag.wiring import build_searcher

        return build_searcher(self.settings, self.readable, self.embedder, self.gate, self.templates.current)

    @functools.cached_property
    def explainer(self) -> LlmClient | None:
        """The model server's client, None when none is configured."""
        settings = self.settings
        if not settings.llm_base_url:
            return None
        from mcp_rag.llm import LlmClient

        return LlmClient(
            settings.llm_base_url,
            settings.llm_model,
            settings.llm_api_key,
            total_timeout_s=settings.llm_timeout,
            thinking=settings.llm_thinking,
        )

    @functools.cached_property
    def explain(self) -> Explain:
        """Explains errors."""
        from mcp_rag.explain import Explain

        return Explain(self.searcher, self.explainer, self.browser.group, self.gate)

    @functools.cached_property
    def resolver(self) -> Resolver:
        """Records resolutions."""
        from mcp_rag.resolve import Resolver

        templates = self.templates
        return Resolver(self.store, self.embedder, self.gate, templates.latest, changed=templates.forget)

    @functools.cached_property
    def status(self) -> StatusReporter:
        """Says what is stored and what is degraded."""
        from mcp_rag.redact import REDACTION_VERSION
        from mcp_rag.status import StatusReporter

        return StatusReporter(self.store, self.embedder, self.settings, REDACTION_VERSION, self.searcher.reranker)

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

    def _build(self) -> None:
        """Import and build what the first calls need, away from the event loop."""
        _ = (self.store, self.embedder, self.searcher, self.browser, self.status)

    async def _open(self) -> None:
        await asyncio.to_thread(self._build)
        model_id, dimension = await self._identity()
        for store in (self.store, *(named.store for named in self.others)):
            await store.open(model_id=model_id, dimension=dimension)

    async def _identity(self) -> tuple[str, int]:
        """What the vectors are made with. Some embedders know it only once loaded; without any model the store still
        answers by fingerprint, code and words, and "" claims no vectors."""
        for attempt in (1, 2):
            try:
                # A folder's id hashes its weights: not on the event loop.
                return await asyncio.to_thread(lambda: (self.embedder.model_id, self.embedder.dimension))
            except ModelMissingError:
                break
            except EmbeddingError:
                if attempt == 2:
                    break
                with contextlib.suppress(EmbeddingError):
                    await self.embedder.load()
        return "", UNKNOWN_DIMENSION

    async def _warm(self) -> None:
        try:
            await self.opened()
            await self.embedder.load()
            if self.settings.starter_knowledge and not self.settings.read_only:
                await self.load_starter()
            await self.searcher.warm()
            gc.freeze()  # a collection that walks the embedded store's rows would stop every search for 0.2 s
        except McpRagError:
            # Told where it matters: a search says `degraded`, a write raises, kb_status names it.
            self._warming = None

    async def close(self) -> None:
        """Stop background work and close the store; never raises for work that was still under way."""
        gc.unfreeze()  # what `_warm` froze may be freed
        for task in (self._warming, self._opening):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if "explainer" in self.__dict__ and self.explainer is not None:
            await self.explainer.aclose()
        await self.templates.close()
        if "_paused" in self.__dict__:
            self._paused.close()
        if "store" in self.__dict__:
            for named in self.others:
                await named.store.close()
            await self.store.close()

    # ------------------------------------------------------------ parts
    def gate(self) -> RedactionGate:
        """A redaction gate with the configured rules and fresh counters."""
        return build_gate(self.settings)

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
        from mcp_rag.notes import parse_notes

        report = parse_notes(text, path.name)
        await self.ready()
        groups, resolutions = await self.resolver.import_notes(report.notes, "import")
        return groups, resolutions, [str(problem) for problem in report.problems]

    # ------------------------------------------------------------ ingest
    def roots(self) -> list[Path]:
        """The directories that tool arguments may name."""
        return [Path(root).expanduser() for root in self.settings.log_roots]

    def _parse_settings(self, format_name: str, service: str, min_level: Level) -> ParseSettings:
        return ParseSettings(
            min_level=min_level,
            format=format_name,
            service=service,
            zone=self.settings.timezone,
            reference_ms=time.time_ns() // 1_000_000,
            max_event_lines=self.settings.max_event_lines,
            max_event_bytes=self.settings.max_event_bytes,
        )

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
        from mcp_rag.describing import Describer
        from mcp_rag.formats import by_name
        from mcp_rag.ingest import Ingestor
        from mcp_rag.resumption import asked_for
        from mcp_rag.workers import ParsePool

        if format_name != "auto":
            format_name = by_name(format_name).name
        asked = asked_for(paths, text, service, format_name, min_level, trusted)
        # Asked for now, read later: a refused path is an error of the call, before anything is opened.
        reading = (None if stream else self._paused.take(asked)) or self._reading(paths, text, stream, trusted=trusted)
        await self.ready()
        settings = self._parse_settings(format_name, service, min_level)
        budget = self.settings.max_call_seconds if budget_s is None else budget_s
        async with self.templates.growing() as merge:
            pool = ParsePool(self.settings.max_workers, Describer(self.gate(), self.gate()))
            ingestor = Ingestor(
                self.store,
                self.embedder,
                self.gate(),
                reading,
                merge,
                describe=pool.describe,
                parse_block=pool,
                ahead=pool.ahead,
            )
            with contextlib.closing(pool):
                async for report in ingestor.run(settings, budget):
                    self.templates.forget()
                    yield report
                if report.complete:
                    from mcp_rag.retention import retained

                    yield await retained(self.store, report, self.settings.retention_days, self.settings.max_errors)
                elif not stream:
                    self._paused.keep(asked, reading)

    @functools.cached_property
    def _paused(self) -> Paused:
        from mcp_rag.resumption import Paused

        return Paused()

    def _reading(
        self, paths: Sequence[str], text: str, stream: tuple[str, BinaryIO] | None, *, trusted: bool
    ) -> Reading:
        from mcp_rag.growth import Growth
        from mcp_rag.resumption import Reading

        reader = build_reader(self.settings, None if trusted else self.roots())
        files = reader.blocks(paths)

        def blocks() -> Generator[Block, None, None]:
            yield from files
            if text:
                yield from reader.blocks_of_text("text", text)
            if stream:
                yield from reader.blocks_of_stream(*stream)

        return Reading(reader, blocks(), Growth(self.store), files=bool(paths))
