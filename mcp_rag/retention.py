"""The verbs that forget: delete what is chosen, after saying what would go, and keep the base within its limits.

Counts are never subtracted: ledger rows are deleted and the totals of their groups recomputed from those that stay.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mcp_rag.errors import InputError, NotFoundError
from mcp_rag.protocols import Store
from mcp_rag.ranking import status_of
from mcp_rag.results import IngestResult
from mcp_rag.rows import BlockRow, ErrorFilter, ErrorGroup, Resolution

MAX_SHOWN = 20
MAX_GROUPS = 16_384
BATCH_ROWS = 512
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Selection:
    """What to delete. `source`, `service` and `before_ms` (epoch ms of being stored) must all hold; `ids` are those of
    error groups or resolutions and stand alone."""

    source: str = ""
    service: str = ""
    before_ms: int = 0
    ids: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise InputError unless exactly one way of choosing is used."""
        by_block = bool(self.source or self.service or self.before_ms)
        if by_block == bool(self.ids):
            raise InputError(
                "Say what to delete: ids, or any of source, service and before.",
                "mcp-rag delete --source app.log, or --service api, or --before 90d, or --id ID.",
            )


@dataclass(frozen=True, slots=True)
class DeletedError:
    """A group that goes."""

    id: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """What goes, or went when `done`. `errors` are groups removed, `errors_reduced` those that only lose occurrences,
    `errors_kept` those left with none because something is recorded about them; `errors_shared` were also seen in other
    services and cannot be split; `removed` lists the first 20. `known_as`: when nothing was read from the source
    named, the sources that its content was read from."""

    done: bool
    blocks: int
    events: int
    errors: int
    errors_reduced: int
    errors_kept: int
    errors_shared: int
    resolutions: int
    removed: list[DeletedError] = field(default_factory=list)
    known_as: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    blocks: list[BlockRow] = field(default_factory=list)
    gone: list[ErrorGroup] = field(default_factory=list)
    reduced: list[ErrorGroup] = field(default_factory=list)
    kept: list[ErrorGroup] = field(default_factory=list)
    shared: int = 0
    resolutions: list[Resolution] = field(default_factory=list)

    def result(self, *, done: bool) -> DeleteResult:
        first = sorted(self.gone, key=lambda g: (-g.count, g.id))[:MAX_SHOWN]
        return DeleteResult(
            done=done,
            blocks=len(self.blocks),
            events=sum(b.events for b in self.blocks),
            errors=len(self.gone),
            errors_reduced=len(self.reduced),
            errors_kept=len(self.kept),
            errors_shared=self.shared,
            resolutions=len(self.resolutions),
            removed=[DeletedError(g.id, g.title, g.count) for g in first],
        )


async def delete(store: Store, selection: Selection, *, really: bool = False) -> DeleteResult:
    """Say what the selection would delete, and delete it when `really`.

    Raises InputError for an empty selection or a malformed id, NotFoundError for ids that are not stored, StoreError.
    """
    selection.check()
    if really:
        await store.recover()
    plan = await (_plan_ids(store, selection.ids) if selection.ids else _plan_blocks(store, selection))
    if not really:
        return plan.result(done=False)
    while selection.source or selection.service or selection.before_ms:
        # A store deletes a bounded number of rows in one call.
        if not await store.delete_blocks(
            source=selection.source, service=selection.service, before_ms=selection.before_ms
        ):
            break
    await _remove_groups(store, plan, selection)
    await store.flush()
    return plan.result(done=True)


async def _plan_ids(store: Store, ids: Sequence[str]) -> _Plan:
    plan = _Plan(gone=await store.get_errors(ids))
    known = {g.id for g in plan.gone}
    others = [i for i in ids if i not in known]
    named = await store.get_resolutions(others)
    if missing := set(others) - {r.id for r in named}:
        raise NotFoundError(f"Nothing with the id {min(missing)} is stored.", "`mcp-rag list` and `show` give ids.")
    # Asked for by name, a group takes what is recorded about it along.
    of_groups = await store.resolutions_of(sorted(known)) if known else []
    plan.resolutions = list({r.id: r for r in (*named, *of_groups)}.values())
    return plan


async def _plan_blocks(store: Store, selection: Selection) -> _Plan:
    plan = _Plan(
        blocks=await store.find_blocks(
            source=selection.source, service=selection.service, before_ms=selection.before_ms
        )
    )
    lost: Counter[str] = Counter()
    for block in plan.blocks:
        lost.update({group_id: sum(hours.values()) for group_id, hours in block.counts.items()})
    groups = {g.id: g for g in await _groups(store, lost)}
    if selection.service and not selection.source and not selection.before_ms:
        await _add_groups_of_service(store, selection.service, groups, lost, plan)
    empty = [g for g in groups.values() if g.count <= lost[g.id]]
    fixed = await _with_resolutions(store, [g.id for g in empty])
    for group in empty:
        keep = group.origin != "user" or group.id in fixed
        (plan.kept if keep else plan.gone).append(group)
    plan.reduced = [g for g in groups.values() if g.count > lost[g.id]]
    return plan


async def _add_groups_of_service(
    store: Store, service: str, groups: dict[str, ErrorGroup], lost: Counter[str], plan: _Plan
) -> None:
    """Records may name their service themselves; the ledger does not tell their counts apart, the groups do."""
    for group in await store.query_errors(ErrorFilter(service=service), MAX_GROUPS):
        if group.services == (service,) and group.count:
            groups.setdefault(group.id, group)
            lost[group.id] = group.count
        elif group.count > lost[group.id]:
            plan.shared += 1


async def _remove_groups(store: Store, plan: _Plan, selection: Selection) -> None:
    await _delete_resolutions(store, plan)
    for start in range(0, len(plan.gone), BATCH_ROWS):
        ids = [g.id for g in plan.gone[start : start + BATCH_ROWS]]
        if selection.before_ms or selection.source:
            # Another process may have counted one again meanwhile: that one stays.
            ids = [g.id for g in await store.get_errors(ids) if not g.count]
        await store.delete_errors(ids)
    left = await _groups(store, [g.id for g in (*plan.reduced, *plan.kept)])
    changed = [
        replace(g, sources=tuple(s for s in g.sources if s != selection.source))
        for g in left
        if selection.source and selection.source in g.sources
    ]
    if changed:
        await store.upsert_errors(changed)


async def _delete_resolutions(store: Store, plan: _Plan) -> None:
    if not plan.resolutions:
        return
    await store.delete_resolutions([r.id for r in plan.resolutions])
    going = {g.id for g in plan.gone}
    for group in await store.get_errors(sorted({r.error_id for r in plan.resolutions if r.error_id} - going)):
        status = status_of(group.last_seen_ms if group.count else 0, await store.resolutions_of([group.id]))
        if status != group.status:
            await store.upsert_errors([replace(group, status=status)])


async def _groups(store: Store, ids: Iterable[str]) -> list[ErrorGroup]:
    wanted = list(ids)
    groups: list[ErrorGroup] = []
    for start in range(0, len(wanted), BATCH_ROWS):
        groups += await store.get_errors(wanted[start : start + BATCH_ROWS])
    return groups


async def _with_resolutions(store: Store, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), BATCH_ROWS):
        found |= {r.error_id for r in await store.resolutions_of(ids[start : start + BATCH_ROWS])}
    return found


# ---------------------------------------------------------------- limits
@dataclass(frozen=True, slots=True)
class Expired:
    """What keeping the limits removed: error groups, and ledger rows with the events they counted."""

    errors: int = 0
    blocks: int = 0
    events: int = 0


async def retain(store: Store, *, retention_days: int, max_errors: int, now_ms: int) -> Expired:
    """Remove what was stored over `retention_days` days ago, then the error groups longest not seen until at most
    `max_errors` are left; 0 switches either off.

    A group about which something is recorded, or that came with the product, is never removed: with age it keeps a
    zero count, with size it stays as it is. Raises StoreError.
    """
    errors = blocks = events = 0
    if retention_days:
        old = Selection(before_ms=now_ms - retention_days * DAY_MS)
        if await store.find_blocks(before_ms=old.before_ms):
            gone = await delete(store, old, really=True)
            errors, blocks, events = gone.errors, gone.blocks, gone.events
    if max_errors:
        errors += await _shrink(store, max_errors)
    return Expired(errors, blocks, events)


async def retained(store: Store, report: IngestResult, retention_days: int, max_errors: int) -> IngestResult:
    """The last report of an ingest with what keeping the limits removed after it. Raises StoreError."""
    if not retention_days and not max_errors:
        return report
    now_ms = time.time_ns() // 1_000_000
    gone = await retain(store, retention_days=retention_days, max_errors=max_errors, now_ms=now_ms)
    if not gone.errors and not gone.blocks:
        return report
    words = (
        f"Over the configured limits and forgotten: {gone.errors} error groups, {gone.events} events in "
        f"{gone.blocks} ledger blocks."
    )
    return replace(report, hint=f"{report.hint} {words}".strip())


async def _shrink(store: Store, max_errors: int) -> int:
    excess = await store.count_errors(ErrorFilter()) - max_errors
    if excess <= 0:
        return 0
    await store.recover()  # others may have committed what no group's row says yet
    ids = await store.list_ids("errors")
    fixed = await _with_resolutions(store, ids)
    removable: list[tuple[bool, int, int, str]] = []
    for start in range(0, len(ids), BATCH_ROWS):
        groups = await store.get_errors([i for i in ids[start : start + BATCH_ROWS] if i not in fixed])
        # One without occurrences is usually about to be counted: another ingest has just written it.
        removable += [(not g.count, g.last_seen_ms, g.count, g.id) for g in groups if g.origin == "user"]
    # The ledger keeps their counts: one that is seen again comes back with all its occurrences.
    doomed = [group_id for *_, group_id in sorted(removable)[:excess]]
    for start in range(0, len(doomed), BATCH_ROWS):
        await store.delete_errors(doomed[start : start + BATCH_ROWS])
    if doomed:
        await store.flush()
    return len(doomed)
