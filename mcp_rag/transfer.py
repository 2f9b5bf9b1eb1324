"""The verbs that move a knowledge base: copy it from any source of rows into a store, and rebuild one beside itself.

A copy writes only rows that the target lacks or holds otherwise, so that a run which was stopped is continued by the
next one, and ends by reading the target back: counts and digests of all three collections must be equal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mcp_rag.errors import EmbeddingError, InputError, StoreUnavailable
from mcp_rag.portable import KINDS, Row, row_digest, whole_digest
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.ranking import document_weights
from mcp_rag.rows import BlockRow, ErrorGroup, Kind, Resolution

BATCH_ROWS = 128
EMBED_BATCH = 32
MAX_ROUNDS = 5
# No column that holds redacted text is shorter, in UTF-8 bytes.
MIN_COLUMN_BYTES = 500
MIN_VERSION_BYTES = 200

Progress = Callable[[str], None]


class RowSource(Protocol):
    """Where rows come from: a store or a backup file."""

    async def ids(self, kind: Kind) -> list[str]: ...
    def batches(self, kind: Kind) -> AsyncIterator[Sequence[Row]]: ...


class StoreSource:
    """The rows of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ids(self, kind: Kind) -> list[str]:
        """The ids of one collection, ascending."""
        return await self._store.list_ids(kind)

    async def batches(self, kind: Kind) -> AsyncIterator[Sequence[Row]]:
        """The rows of one collection in runs of at most 128, in order of their ids."""
        ids = await self.ids(kind)
        for start in range(0, len(ids), BATCH_ROWS):
            yield await exported(self._store, kind, ids[start : start + BATCH_ROWS])


async def exported(store: Store, kind: Kind, ids: Sequence[str]) -> Sequence[Row]:
    """Whole rows by id; those that are gone are left out."""
    if kind == "errors":
        return await store.export_errors(ids)
    if kind == "resolutions":
        return await store.export_resolutions(ids)
    return [replace(row, applied=True) for row in await store.get_blocks(ids)]


async def _import(store: Store, rows: Sequence[Row]) -> None:
    await store.import_errors([row for row in rows if isinstance(row, ErrorGroup)])
    await store.upsert_resolutions([row for row in rows if isinstance(row, Resolution)])
    await store.import_blocks([row for row in rows if isinstance(row, BlockRow)])


async def _remove(store: Store, kind: Kind, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), BATCH_ROWS):
        some = ids[start : start + BATCH_ROWS]
        if kind == "errors":
            await store.delete_errors(some)
        elif kind == "resolutions":
            await store.delete_resolutions(some)
        else:
            await store.delete_blocks(ids=some)


# ---------------------------------------------------------------- what a copy may change
class Rework(Protocol):
    """What is done to each row on its way. `clean` must give the same for the same row; `embed` adds vectors."""

    @property
    def vectors(self) -> bool:
        """True when vectors are copied as they are, so that a verification may compare them."""
        ...

    def clean(self, row: Row) -> Row: ...
    async def embed(self, rows: Sequence[Row]) -> Sequence[Row]: ...


class Unchanged:
    """Copies rows as they are; sparse weights that the source's engine could not hold are made from the text."""

    vectors = True

    def clean(self, row: Row) -> Row:
        """The row, with weights."""
        if isinstance(row, ErrorGroup) and row.sparse is None:
            return replace(row, sparse=document_weights(row.text))
        return row

    async def embed(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows."""
        return rows


class Reindexed:
    """Redacts all text again and embeds what changed, or everything when the rows come from another model. Ids, counts
    and times stay: a fingerprint does not depend on redaction."""

    vectors = False

    def __init__(self, embedder: Embedder, gate: Callable[[], RedactionGate], source_model: str) -> None:
        self._embedder = embedder
        self._gate = gate
        self._same_model = source_model == embedder.model_id

    def clean(self, row: Row) -> Row:
        """The row redacted, with new weights, without its vector when that has to be made anew."""
        gate = _Gated(self._gate())
        if isinstance(row, BlockRow):
            return replace(row, source=gate(row.source))
        dense_text, text = gate(row.dense_text), gate(row.text)
        kept = row.vector if self._same_model and dense_text == row.dense_text else None
        row = replace(row, dense_text=dense_text, text=text, vector=kept)
        if isinstance(row, Resolution):
            return _clean_resolution(row, gate)
        return replace(
            row,
            title=gate(row.title),
            template=gate(row.template),
            sample=gate(row.sample),
            frames=tuple(map(gate, row.frames)),
            sources=tuple(map(gate, row.sources)),
            messages=tuple(map(gate, row.messages)),
            sparse=document_weights(text),
        )

    async def embed(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows with vectors. Raises EmbeddingError."""
        wanted = [row for row in rows if not isinstance(row, BlockRow) and row.vector is None and row.dense_text]
        vectors: dict[str, tuple[float, ...]] = {}
        for start in range(0, len(wanted), EMBED_BATCH):
            some = wanted[start : start + EMBED_BATCH]
            made = await self._embedder.embed_documents([row.dense_text for row in some])
            if len(made) != len(some):
                raise EmbeddingError("The embedder returned another number of vectors than texts.", "Report this.")
            vectors |= {row.id: tuple(float(x) for x in v) for row, v in zip(some, made, strict=True)}
        return [
            row if isinstance(row, BlockRow) else replace(row, vector=vectors.get(row.id, row.vector)) for row in rows
        ]


class _Gated:
    """A gate whose result fits where its argument was stored: a text at its column's limit would be cut otherwise, and
    then differ from what a verification expects."""

    def __init__(self, gate: RedactionGate) -> None:
        self._gate = gate

    def __call__(self, text: str, floor: int = MIN_COLUMN_BYTES) -> str:
        limit = max(floor, len(text.encode("utf-8", "replace")))
        data = self._gate(text).encode("utf-8", "replace")
        return data[:limit].decode("utf-8", "ignore")


def _clean_resolution(row: Resolution, gate: _Gated) -> Resolution:
    return replace(
        row,
        symptom=gate(row.symptom),
        fix=gate(row.fix),
        title=gate(row.title),
        environment=gate(row.environment),
        source=gate(row.source),
        outcomes=tuple(
            replace(o, environment=gate(o.environment), version=gate(o.version, MIN_VERSION_BYTES), note=gate(o.note))
            for o in row.outcomes
        ),
        sparse=document_weights(row.text) if row.text else row.sparse,
    )


# ---------------------------------------------------------------- copying
@dataclass(frozen=True, slots=True)
class Copied:
    """One collection after a copy: rows on both sides, how many this run wrote, and digests of 64 hex digits."""

    kind: str
    source_rows: int
    target_rows: int
    written: int
    source_digest: str
    target_digest: str

    @property
    def equal(self) -> bool:
        """True when both sides hold the same rows."""
        return (self.source_rows, self.source_digest) == (self.target_rows, self.target_digest)


@dataclass(frozen=True, slots=True)
class CopyReport:
    """Result of a copy. `verified` is True when all collections are equal."""

    verified: bool
    collections: list[Copied] = field(default_factory=list)


def _quiet(_: str) -> None:
    """Reports no progress."""


async def copy(
    source: RowSource,
    target: Store,
    *,
    sparse: bool = True,
    rework: Rework | None = None,
    replace_all: bool = False,
    progress: Progress = _quiet,
) -> CopyReport:
    """Make the target hold exactly the rows of the source. `sparse` is False when an engine has no sparse vectors.

    Raises InputError, with nothing written, when the target holds rows that the source does not, unless `replace_all`
    says that they are to be deleted. Raises StoreError, EmbeddingError; running it again continues.
    """
    work = rework or Unchanged()
    await target.recover()
    await _make_room(source, target, replace_all=replace_all)
    done = [await _copy_kind(source, target, kind, work, sparse=sparse, progress=progress) for kind in KINDS]
    await target.flush()
    collections = []
    for part in done:
        progress(f"verifying {part.kind}")
        digests = await _digests(target, part.kind, vectors=work.vectors, sparse=sparse)
        collections.append(
            Copied(
                part.kind,
                len(part.digests),
                len(digests),
                part.written,
                whole_digest(part.digests.items()),
                whole_digest(digests.items()),
            )
        )
    return CopyReport(all(c.equal for c in collections), collections)


@dataclass(frozen=True, slots=True)
class _Part:
    kind: Kind
    written: int
    digests: dict[str, bytes]


async def _make_room(source: RowSource, target: Store, *, replace_all: bool) -> None:
    extra = {kind: sorted(set(await target.list_ids(kind)) - set(await source.ids(kind))) for kind in KINDS}
    total = sum(map(len, extra.values()))
    if total and not replace_all:
        named = ", ".join(f"{len(ids)} {kind}" for kind, ids in extra.items() if ids)
        raise InputError(
            f"The target holds rows that the source does not ({named}); nothing was changed.",
            "Give an empty target (another directory, or another MCP_RAG_KB), or delete them with --replace.",
        )
    # Ledger rows first: deleting them writes the totals of groups that may go as well.
    for kind in reversed(KINDS):
        await _remove(target, kind, extra[kind])


async def _copy_kind(
    source: RowSource, target: Store, kind: Kind, work: Rework, *, sparse: bool, progress: Progress
) -> _Part:
    digests: dict[str, bytes] = {}
    written = 0
    total = len(await source.ids(kind))
    async for rows in source.batches(kind):
        cleaned = [work.clean(row) for row in rows]
        here = {row.id: row_digest(row, vectors=work.vectors, sparse=sparse) for row in cleaned}
        there = {
            row.id: row_digest(row, vectors=work.vectors, sparse=sparse)
            for row in await exported(target, kind, list(here))
        }
        missing = [row for row in cleaned if there.get(row.id) != here[row.id]]
        if missing:
            await _import(target, await work.embed(missing))
        digests |= here
        written += len(missing)
        progress(f"{kind}: {len(digests):,} of {total:,}")
    return _Part(kind, written, digests)


async def _digests(store: Store, kind: Kind, *, vectors: bool, sparse: bool) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    async for rows in StoreSource(store).batches(kind):
        found |= {row.id: row_digest(row, vectors=vectors, sparse=sparse) for row in rows}
    return found


async def migrate(
    source: Store, target: Store, *, replace_all: bool = False, progress: Progress = _quiet
) -> CopyReport:
    """Copy one store into another. The source is only read, but for a commit that a crash left half done, which is
    finished first. Raises as `copy` does."""
    await source.recover()
    sparse = (await source.info()).sparse and (await target.info()).sparse
    return await copy(StoreSource(source), target, sparse=sparse, replace_all=replace_all, progress=progress)


async def reindex(
    source: Store,
    staged: Store,
    rework: Rework,
    promote: Callable[[], Awaitable[None]],
    *,
    progress: Progress = _quiet,
) -> CopyReport:
    """Fill `staged` with the reworked rows of `source`, verify it, then call `promote` to put it in its place.

    Until then `source` is in use and unchanged. What others write to it meanwhile is copied in another round. Raises
    StoreUnavailable (retry) when they never pause, and as `copy` does.
    """
    sparse = (await staged.info()).sparse
    for _ in range(MAX_ROUNDS):
        await source.recover()
        rows = StoreSource(source)
        before = [await rows.ids(kind) for kind in KINDS]
        report = await copy(rows, staged, sparse=sparse, rework=rework, replace_all=True, progress=progress)
        if report.verified and before == [await rows.ids(kind) for kind in KINDS]:
            await promote()
            return report
    raise StoreUnavailable(
        "Other processes kept writing while the knowledge base was rebuilt; the old one is still in use.",
        "Stop their ingest and run `mcp-rag reindex` again: it continues.",
        retry=True,
    )
