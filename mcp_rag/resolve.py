"""The verb that keeps what fixed an error: outcomes are counted, ranking and status follow from them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from mcp_rag.errors import EmbeddingError, InputError, NotFoundError
from mcp_rag.fingerprint import fingerprint
from mcp_rag.grouping import new_group
from mcp_rag.notes import Note
from mcp_rag.occurrences import Occurrences
from mcp_rag.protocols import Embedder, RedactionGate, Store
from mcp_rag.query import understand
from mcp_rag.ranking import document_weights
from mcp_rag.results import RecordResult
from mcp_rag.rows import ErrorGroup, Outcome, Resolution, ResolutionOutcome
from mcp_rag.template import MergeIndex

MAX_FIX_CHARS = 20_000
MAX_VERSIONS_CHARS = 500
OUTCOMES: tuple[Outcome, ...] = ("worked", "failed", "partial")
EMBED_BATCH = 32


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """One report of a fix. Exactly one of `error_id` and `error_text` is given."""

    fix: str
    outcome: Outcome = "worked"
    error_id: str = ""
    error_text: str = ""
    environment: str = ""
    version: str = ""
    note: str = ""
    supersedes: str = ""


def resolution_id(error_id: str, fix: str) -> str:
    """Same error and same fix, whitespace and case aside: the same resolution, so that reports add up."""
    return hashlib.sha256(f"{error_id}/{' '.join(fix.split()).lower()}".encode()).hexdigest()[:32]


class Resolver:
    """Records resolutions, on known groups and on errors nobody has logged yet."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        gate: Callable[[], RedactionGate],
        merge: Callable[[], Awaitable[MergeIndex]],
        *,
        changed: Callable[[], None] = lambda: None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._gate = gate
        self._merge = merge
        self._changed = changed
        self._now_ms = now_ms

    async def record(self, request: RecordRequest) -> RecordResult:
        """Store one outcome. Raises InputError, NotFoundError, StoreError, EmbeddingError."""
        gate = self._gate()
        fix = gate(request.fix.strip())
        if not fix:
            raise InputError("fix is empty.", "Say what was done, in a sentence or as Markdown.")
        if len(fix) > MAX_FIX_CHARS:
            raise InputError(f"fix has {len(fix)} characters, over {MAX_FIX_CHARS}.", "Shorten it and link the rest.")
        if bool(request.error_id) == bool(request.error_text.strip()):
            raise InputError("Give either error_id or error_text.", "search_errors finds the id of a known error.")
        request = replace(
            request,
            environment=gate(request.environment.strip()),
            version=gate(request.version.strip()),
            note=gate(request.note.strip()),
        )
        group, known = await self._group(request, gate)
        this_id = resolution_id(group.id, fix)
        written: list[Resolution] = []

        def change(existing: Sequence[Resolution]) -> Sequence[Resolution]:
            written[:] = self._recorded(this_id, existing, group, replace(request, fix=fix))
            return written

        await self._store.change_resolutions(group.id, change)
        (group,) = await self._store.get_errors([group.id]) or [group]
        await self._store.flush()
        return _result(written[0], group, known=known, request=request)

    def _recorded(
        self, this_id: str, existing: Sequence[Resolution], group: ErrorGroup, request: RecordRequest
    ) -> list[Resolution]:
        """The rows that an outcome changes, its own first. Raises NotFoundError."""
        now = self._now_ms()
        rows = {r.id: r for r in existing}
        if request.supersedes and (request.supersedes == this_id or request.supersedes not in rows):
            raise NotFoundError(
                f"supersedes names no other resolution of this error: {request.supersedes[:40]!r}.",
                "get_error with section=resolutions lists their ids.",
            )
        stored = self._counted(rows.get(this_id) or self._fresh(this_id, group, request.fix, now), request, now)
        if not request.supersedes:
            return [stored]
        # The replacement is the fix in use, also when it had been replaced itself.
        return [replace(stored, superseded_by=""), replace(rows[request.supersedes], superseded_by=this_id)]

    async def undo(self, resolution: str) -> Resolution:
        """Take a resolution out of use (its row stays, retracted); what it replaced is in use again, or replaced by
        what replaced it. Raises NotFoundError."""
        found = await self._store.get_resolutions([resolution])
        if not found:
            raise NotFoundError(f"No resolution {resolution[:40]!r} is stored.", "get_error lists the ids.")

        def change(existing: Sequence[Resolution]) -> list[Resolution]:
            (own,) = [r for r in existing if r.id == resolution] or found
            replaced = [replace(r, superseded_by=own.superseded_by) for r in existing if r.superseded_by == own.id]
            return [replace(own, retracted=True), *replaced]

        await self._store.change_resolutions(found[0].error_id, change)
        await self._store.flush()
        return replace(found[0], retracted=True)

    async def import_notes(self, notes: Sequence[Note], origin: str) -> tuple[int, int]:
        """Store notes as knowledge: (groups added, resolutions added). The same notes again add nothing."""
        gate = self._gate()
        now = self._now_ms()
        groups: dict[str, ErrorGroup] = {}
        resolutions: dict[str, Resolution] = {}
        for note in notes:
            group = _with_codes(await self._described(note.error, gate, origin=origin, title=note.title), note.codes)
            groups.setdefault(group.id, group)
            fix = gate(note.fix)
            rid = resolution_id(group.id, fix)
            resolutions[rid] = replace(
                self._fresh(rid, group, fix, now),
                title=gate(note.title),
                versions=note.versions,
                environment=gate(note.environment),
                origin=origin,
                source=gate(note.source),
            )
        known = {g.id for g in await self._store.get_errors(list(groups))}
        fresh = [g for g in groups.values() if g.id not in known]
        await self._embed_and_store(fresh)
        have = {r.id for r in await self._store.get_resolutions(list(resolutions))}
        new = [r for r in resolutions.values() if r.id not in have]
        if new:
            await self._store.upsert_resolutions(new)
        if fresh or new:
            await self._store.flush()
        return len(fresh), len(new)

    async def _group(self, request: RecordRequest, gate: RedactionGate) -> tuple[ErrorGroup, bool]:
        if request.error_id:
            found = await self._store.get_errors([request.error_id])
            if not found:
                raise NotFoundError(f"No error {request.error_id[:40]} is stored.", "search_errors finds current ids.")
            return found[0], True
        described = await self._described(request.error_text, gate, origin="user")
        found = await self._store.get_errors([described.id])
        if found:
            return found[0], True
        await self._embed_and_store([described])
        return described, False

    async def _described(self, error_text: str, gate: RedactionGate, *, origin: str, title: str = "") -> ErrorGroup:
        """The group that a text stands for: the stored leader when its template is known, else a new row."""
        query = understand(error_text, gate)
        if not query.events:
            raise InputError("The error text is empty.", "Paste the error as it was printed.")
        record, found = query.events[0], query.fingerprints[0]
        merge = await self._merge()
        has_trace = record.stacktrace is not None
        leader = merge.lookup(found, level=record.level, logger=record.logger, has_trace=has_trace)
        occurrences = Occurrences(fingerprint(record), record)
        group = new_group(leader or found.id, occurrences, gate, "", origin)
        if not title:
            return group
        # A note's title is what a question is likely to say.
        text = f"{gate(title)}\n{group.text}"
        return replace(group, title=gate(title), text=text, sparse=document_weights(text))

    async def _embed_and_store(self, groups: Sequence[ErrorGroup]) -> None:
        for start in range(0, len(groups), EMBED_BATCH):
            batch = groups[start : start + EMBED_BATCH]
            vectors = await self._embedder.embed_documents([g.dense_text for g in batch])
            if len(vectors) != len(batch):
                raise EmbeddingError("The embedder returned another number of vectors than texts.", "Report this.")
            await self._store.upsert_errors(
                [replace(g, vector=tuple(float(x) for x in v)) for g, v in zip(batch, vectors, strict=True)]
            )
        if groups:
            self._changed()

    def _fresh(self, rid: str, group: ErrorGroup, fix: str, now: int) -> Resolution:
        return Resolution(
            id=rid,
            error_id=group.id,
            symptom=group.template[:2000],
            fix=fix,
            title=group.title,
            created_ms=now,
            codes=group.codes,
        )

    def _counted(self, before: Resolution, request: RecordRequest, now: int) -> Resolution:
        environment, version, note = request.environment, request.version, request.note
        outcomes = list(before.outcomes)
        for index, o in enumerate(outcomes):
            if (o.outcome, o.environment, o.version) == (request.outcome, environment, version):
                outcomes[index] = replace(o, count=o.count + 1, last_ms=now, note=note or o.note)
                break
        else:
            outcomes.append(ResolutionOutcome(request.outcome, environment, version, 1, now, note))
        worked = request.outcome == "worked"
        return replace(
            before,
            outcomes=tuple(outcomes),
            versions=_versions(before.versions, version) if worked else before.versions,
            verified_ms=now if worked else before.verified_ms,
            retracted=False,
        )


def _with_codes(group: ErrorGroup, codes: Sequence[str]) -> ErrorGroup:
    """The group also found by codes that a note names and the error text does not print."""
    added = [code for code in codes if code not in group.codes]
    if not added:
        return group
    text = "\n".join([group.text, *added])
    return replace(group, codes=(*group.codes, *added), text=text, sparse=document_weights(text))


def _versions(before: str, version: str) -> str:
    """The ranges a fix is known to hold for, as alternatives."""
    known = [part for part in before.split("; ") if part]
    if not version or version in known:
        return before
    return "; ".join([*known, version])[-MAX_VERSIONS_CHARS:]


def _result(stored: Resolution, group: ErrorGroup, *, known: bool, request: RecordRequest) -> RecordResult:
    counts = {"worked": 0, "failed": 0, "partial": 0}
    for outcome in stored.outcomes:
        counts[outcome.outcome] += outcome.count
    hint = "" if known else "This error was not stored before: an entry was made for it, and searches now find it."
    return RecordResult(
        id=stored.id,
        error_id=group.id,
        error_title=group.title,
        error_known=known,
        fix=stored.fix,
        outcome=request.outcome,
        **counts,
        status=group.status,
        environment=request.environment,
        version=request.version,
        superseded=request.supersedes,
        hint=hint,
    )
