"""Moving, keeping and forgetting: builds the stores that each of these commands needs, and runs its verb."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_rag import __version__
from mcp_rag.archive import BackupFile, BackupWriter, Header, look_ahead
from mcp_rag.config import Settings
from mcp_rag.errors import ConfigurationError, InputError, ModelMissingError
from mcp_rag.growth import Growth, ledger_id
from mcp_rag.marks import begins, marks_of
from mcp_rag.paths import utf8_name
from mcp_rag.portable import KINDS
from mcp_rag.protocols import Embedder, Store
from mcp_rag.retention import DeleteResult, Selection
from mcp_rag.retention import delete as delete_chosen
from mcp_rag.snapshot import Snapshot, take
from mcp_rag.transfer import CopyReport, Progress, Reindexed, copy
from mcp_rag.transfer import migrate as migrate_store
from mcp_rag.transfer import reindex as reindex_store
from mcp_rag.types import Level
from mcp_rag.wiring import build_gate, build_reader, create_embedder, store_settings

if TYPE_CHECKING:
    from mcp_rag.store import MilvusStore, StoreSettings

DEFAULT_DIMENSION = 384
# Blocks of a file that are looked up in the ledger: 64 MiB.
MAX_LOOKED_AT = 16


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What a backup holds. `size_bytes` is that of the compressed file; `leftovers` are files of backups of this name
    that were killed, now removed."""

    file: str
    size_bytes: int
    errors: int
    resolutions: int
    blocks: int
    embedding_model: str
    leftovers: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def _opened(settings: StoreSettings, model_id: str = "", dimension: int = 0) -> AsyncIterator[MilvusStore]:
    from mcp_rag.store import open_store

    store = open_store(settings)
    try:
        await store.open(model_id=model_id, dimension=dimension or DEFAULT_DIMENSION)
        yield store
    finally:
        await store.close()


def _as_stored(settings: Settings) -> StoreSettings:
    return replace(store_settings(settings), as_stored=True, must_exist=True)


async def _loaded(settings: Settings, embedder: Embedder | None) -> Embedder:
    embedder = embedder or create_embedder(settings)
    await embedder.load()
    return embedder


# ---------------------------------------------------------------- migrate
def target_settings(settings: Settings, uri: str, token: str, data_dir: str) -> StoreSettings:
    """The store to migrate to. Raises ConfigurationError unless exactly one of `uri` and `data_dir` is given, or when
    it is the one in use."""
    if bool(uri) == bool(data_dir):
        raise ConfigurationError(
            "Say where to migrate to: --to with the URI of a server, or --to-data-dir with a directory.",
            "mcp-rag migrate --to http://localhost:19530",
        )
    own = store_settings(settings)
    target = replace(own, uri=uri, token=token, data_dir=Path(data_dir).expanduser() if data_dir else own.data_dir)
    same_directory = not uri and not own.uri and target.data_dir.resolve() == own.data_dir.expanduser().resolve()
    if same_directory or (uri and uri == own.uri):
        raise ConfigurationError("The target is the store in use.", "Give another server or directory.")
    return target


async def migrate(
    settings: Settings, target: StoreSettings, *, replace_all: bool = False, progress: Progress
) -> CopyReport:
    """Copy the knowledge base into another store, model and redaction version as they are. Running it again continues.

    Raises ConfigurationError when there is nothing to copy, InputError when the target holds other rows, StoreError.
    """
    async with _opened(_as_stored(settings)) as source:
        info = await source.info()
        target = replace(target, redaction_version=info.redaction_version)
        async with _opened(target, info.embedding_model, info.dimension) as store:
            return await migrate_store(source, store, replace_all=replace_all, progress=progress)


# ---------------------------------------------------------------- backup and restore
async def backup(settings: Settings, path: Path, *, progress: Progress) -> BackupResult:
    """Write the whole knowledge base, as of one moment, into one new file. Others may write meanwhile.

    Raises InputError when the file exists or cannot be written, StoreError.
    """
    look_ahead(path)
    async with _opened(_as_stored(settings)) as store:
        info = await store.info()
        with contextlib.closing(await take(store, path.parent, progress)) as snapshot:
            header = Header(
                package_version=__version__,
                schema_version=info.schema_version,
                embedding_model=info.embedding_model,
                dimension=info.dimension,
                redaction_version=info.redaction_version,
                counts={kind: len(snapshot.ids(kind)) for kind in KINDS},
                created_ms=time.time_ns() // 1_000_000,
                kb=settings.kb,
                sparse=info.sparse,
            )
            return await _written(snapshot, path, header, progress)


async def _written(snapshot: Snapshot, path: Path, header: Header, progress: Progress) -> BackupResult:
    writer = await asyncio.to_thread(BackupWriter, path, header)
    try:
        for kind in KINDS:
            done = 0
            rows = snapshot.rows(kind)
            while (run := await asyncio.to_thread(next, rows, None)) is not None:
                await asyncio.to_thread(writer.add, kind, run)
                done += len(run)
                progress(f"writing {kind}: {done:,} of {header.counts[kind]:,}")
        size = await asyncio.to_thread(writer.finish)
    finally:
        writer.discard()
    counts = header.counts
    return BackupResult(
        str(path),
        size,
        counts["errors"],
        counts["resolutions"],
        counts["blocks"],
        header.embedding_model,
        writer.leftovers,
    )


async def restore(
    settings: Settings,
    path: Path,
    *,
    reindex: bool = False,
    replace_all: bool = False,
    progress: Progress,
    embedder: Embedder | None = None,
) -> CopyReport:
    """Make the knowledge base hold what a backup holds. The file is read through before anything is written.

    Raises InputError for a file that is torn, foreign or too new, for one of another embedding model or other redaction
    rules unless `reindex`, and when the store holds rows that the file does not unless `replace_all`; StoreError.
    """
    file = BackupFile(path)
    progress("checking the file")
    header = await asyncio.to_thread(file.check)
    own = store_settings(settings)
    if header.schema_version > own.schema_version:
        raise InputError(
            f"{path} was written by a newer version (schema {header.schema_version}, this one knows "
            f"{own.schema_version}); nothing was changed.",
            "Upgrade: `pip install --upgrade mcp-rag`.",
        )
    embedder = embedder or create_embedder(settings)
    model_id, dimension = header.embedding_model, header.dimension
    rework = None
    if reindex:
        await embedder.load()
        model_id, dimension = embedder.model_id, embedder.dimension
        rework = Reindexed(embedder, lambda: build_gate(settings), header.embedding_model)
    else:
        await _check_model(path, header, embedder, own.redaction_version)
    async with _opened(own, model_id, dimension) as store:
        sparse = (await store.info()).sparse
        return await copy(file, store, sparse=sparse, rework=rework, replace_all=replace_all, progress=progress)


async def _check_model(path: Path, header: Header, embedder: Embedder, redaction_version: int) -> None:
    with contextlib.suppress(ModelMissingError):
        # Without a model on this machine nothing contradicts the file; what opens the store later compares.
        await embedder.load()
        if (embedder.model_id, embedder.dimension) != (header.embedding_model, header.dimension):
            raise InputError(
                f"{path} was embedded with {header.embedding_model[:100]} ({header.dimension} dimensions), configured "
                f"is {embedder.model_id} ({embedder.dimension}); nothing was changed.",
                "Restore it with --reindex, or set the model back.",
            )
    if header.redaction_version != redaction_version:
        raise InputError(
            f"{path} was redacted with rules version {header.redaction_version}, in force is {redaction_version}; "
            "nothing was changed.",
            "Restore it with --reindex.",
        )


# ---------------------------------------------------------------- reindex
async def reindex(settings: Settings, *, progress: Progress, embedder: Embedder | None = None) -> CopyReport:
    """Rebuild the knowledge base with the configured model and redaction rules beside the one in use, then put it in
    its place. Running it again after an interruption continues.

    Raises EmbeddingError, StoreError; until the last step the old one is in use and unchanged.
    """
    embedder = await _loaded(settings, embedder)
    own = store_settings(settings)
    async with _opened(_as_stored(settings)) as store:
        revision = await _finish_promote(store)
    async with _opened(_as_stored(settings)) as store:
        source_model = (await store.info()).embedding_model
        rework = Reindexed(embedder, lambda: build_gate(settings), source_model)
        staged_settings = replace(own, revision=revision + 1)
        async with _opened(staged_settings, embedder.model_id, embedder.dimension) as staged:
            return await reindex_store(store, staged, rework, lambda: store.promote(revision + 1), progress=progress)


async def _finish_promote(store: MilvusStore) -> int:
    """The revision in use, after a replacement that was stopped half way has been finished."""
    revisions = set((await store.revisions()).values())
    if len(revisions) > 1:
        await store.promote(max(revisions))
    return max(revisions)


# ---------------------------------------------------------------- delete
def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


async def delete(settings: Settings, selection: Selection, *, really: bool) -> DeleteResult:
    """Say what would be deleted, or delete it when `really`. A source is named as ingest was given it, or by its
    absolute path; when nothing was read under that name, the result says under which names the content of the file was.

    Raises InputError, NotFoundError, StoreError."""
    selection.check()
    async with _opened(_as_stored(settings)) as store:
        if not selection.source:
            return await delete_chosen(store, selection, really=really)
        gate = build_gate(settings)
        names = [gate(utf8_name(name)) for name in (selection.source, _absolute(selection.source))]
        found = [name for name in names if await store.find_blocks(source=name)]
        if found:
            return await delete_chosen(store, replace(selection, source=found[0]), really=really)
        nothing = await delete_chosen(store, replace(selection, source=names[0]))
        known = await _known_as(settings, store, _absolute(selection.source))
        return replace(nothing, done=really and not known, known_as=known)


async def _known_as(settings: Settings, store: Store, path: str) -> list[str]:
    """The names under which the ledger holds the first blocks of a file: it may be a copy, made before or since."""
    names: set[str] = set()
    growth = Growth(store)
    blocks = itertools.islice(build_reader(settings, None).blocks([path]), MAX_LOOKED_AT)
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        rows = await store.get_blocks([ledger_id(block.id, level) for level in Level])
        rows += await growth.shorter(block)
        longer = await store.find_longer_blocks(block.head, len(block.data)) if block.last else []
        marks = marks_of(block.data)
        names.update(row.source for row in (*rows, *(row for row in longer if begins(marks, row.marks))))
    return sorted(names)
