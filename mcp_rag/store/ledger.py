"""The ledger: block rows, and the groups' totals that follow from them.

A commit is one upsert of a main row (`part` 0). Its order, each step repeatable:

1. parts that hold counts, then the main row: `applied` 0, naming the rows it supersedes. This is the commit; from now
   on the superseded rows count as dead.
2. the totals of every group named by the new or a dead row, recomputed from all living rows.
3. the superseded rows are deleted, the main row is marked applied and names them no longer.

A crash between any two steps leaves an unapplied main row; `recover` does 2 and 3 again. Nothing is added up twice,
because totals are never incremented, only recomputed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_rag.errors import StoreUnavailable
from mcp_rag.marks import begins
from mcp_rag.rows import BlockRow, Resolution
from mcp_rag.store.entities import Entity, block_entities, block_row, part_ids
from mcp_rag.store.filters import check_ids, ids_in, quote
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import fields_of
from mcp_rag.store.totals import Totals, totals_entity

MAX_ROUNDS = 20
MAX_LONGER, MAX_KIN = 16, 64
ORPHAN_AGE_MS = 3_600_000
_HEAD_FIELDS = ("id", "revision", "applied")
_LIGHT_FIELDS = tuple(name for name in fields_of("blocks") if name != "meta")


@dataclass(slots=True)
class _Living:
    """One main row as the index holds it."""

    revision: int
    applied: bool
    counts: Mapping[str, list[Any]]
    supersedes: tuple[str, ...]


class Ledger:
    """Block rows of one knowledge base. Synchronous; the caller holds the write lock for `commit`, `recover`,
    `delete` and `reapply`."""

    def __init__(
        self,
        rpc: Rpc,
        blocks: str,
        errors: str,
        *,
        resolutions_of: Callable[[Sequence[str]], list[Resolution]],
        write_totals: Callable[[Sequence[Entity]], None],
        delete_groups: Callable[[Sequence[str]], None],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._rpc = rpc
        self._blocks = blocks
        self._errors = errors
        self._resolutions_of = resolutions_of
        self._write_totals = write_totals
        self._delete_groups = delete_groups
        self._now_ms = now_ms
        self._living: dict[str, _Living] = {}
        self._waiting: list[str] = []

    # ---------------------------------------------------------------- reading
    def get(self, ids: Sequence[str]) -> list[BlockRow]:
        """Living rows by id, in the order asked for."""
        return self._rows(ids_in(ids) + " and part == 0", check_ids(ids)) if ids else []

    def open_blocks(self, heads: Sequence[str], size_bytes: range) -> list[BlockRow]:
        """Living rows of unfinished sources by their first line's hash and size, without counts, times and marks."""
        size = f"size_bytes >= {size_bytes.start} and size_bytes < {size_bytes.stop}"
        condition = f"{ids_in(heads, 'head')} and open == 1 and part == 0 and {size}"
        mains = {e["id"]: e for e in self._rpc.query(self._blocks, condition, _LIGHT_FIELDS)}
        dead = self._dead_in_store() if mains else set()
        return [block_row(main, {}) for i, main in mains.items() if i not in dead]

    def longer(self, head: str, size_bytes: int) -> list[BlockRow]:
        """The 16 longest living rows of more bytes whose first line has this hash."""
        condition = f"head == {quote(head)} and size_bytes > {int(size_bytes)} and part == 0"
        found = self._rpc.query(self._blocks, condition, ("id", "size_bytes"))
        found.sort(key=lambda e: (-int(e["size_bytes"]), e["id"]))
        return self.get([e["id"] for e in found[:MAX_LONGER]])

    def find(self, condition: str) -> list[BlockRow]:
        """Living rows that meet an expression, at most 16,384."""
        return self._rows(condition)

    def ids(self) -> list[str]:
        """The ids of all living rows, in ascending order."""
        dead = self._dead_in_store()
        return sorted({e["id"] for e in self._rpc.scan(self._blocks, "part == 0", ("id",), strong=True)} - dead)

    def _rows(self, condition: str, order: Sequence[str] | None = None) -> list[BlockRow]:
        mains = {e["id"]: e for e in self._rpc.query(self._blocks, condition, fields_of("blocks"))}
        if not mains:
            return []
        dead = self._dead_in_store()
        counts, marks = self._counts_of(mains.values())
        ids = [i for i in (order or mains) if i in mains and i not in dead]
        return [block_row(mains[i], counts[i], marks.get(i, "")) for i in ids]

    def _dead_in_store(self) -> set[str]:
        pending = self._rpc.query(self._blocks, "applied == 0 and part == 0", ("id", "meta"))
        return {i for e in pending for i in e["meta"].get("supersedes", ())}

    def _counts_of(self, mains: Iterable[Entity]) -> tuple[dict[str, dict[str, list[Any]]], dict[str, str]]:
        """Counts and marks by block id, those in parts included. A row with a part missing is damaged, and said to be
        so."""
        counts: dict[str, dict[str, list[Any]]] = {}
        marks: dict[str, str] = {}
        wanted: list[str] = []
        owner: dict[str, str] = {}
        for main in mains:
            counts[main["id"]] = dict(main["meta"]["counts"])
            for piece in part_ids(main):
                wanted.append(piece)
                owner[piece] = main["id"]
        found = self._rpc.get(self._blocks, wanted, ("id", "meta")) if wanted else []
        for entity in found:
            counts[owner[entity["id"]]].update(entity["meta"]["counts"])
            if "marks" in entity["meta"]:
                marks[owner[entity["id"]]] = entity["meta"]["marks"]
        if len(found) != len(wanted):
            raise StoreUnavailable(
                "A ledger row changed while it was read.", "Try again; if it stays, run `mcp-rag reindex`.", retry=True
            )
        return counts, marks

    # ---------------------------------------------------------------- writing
    def commit(self, row: BlockRow, supersedes: Sequence[str], *, totals: bool = True) -> bool:
        """Commit one block; without `totals` steps 2 and 3 wait for the next commit that has it, or for `recover`.
        False when a longer row counts this block. Raises StoreUnavailable (retry) when a group it counts is no longer
        stored."""
        gone = [i for i in check_ids(supersedes) if i != row.id]
        check_ids([row.id, row.head, *row.counts])
        before = self._rpc.get(self._blocks, [row.id], (*fields_of("blocks"), "anchor"))
        if before:
            self._commit_again(before[0], gone)
            return True
        self._require_groups(row.counts)
        counted, shorter = self._kin(row)
        if counted:
            self._sync()
            self.reapply(row.counts)  # groups that were stored for this block alone go again
            return False
        gone += [i for i in shorter if i not in gone]
        main, pieces = block_entities(row, gone, applied=0)
        if pieces:
            self._rpc.upsert(self._blocks, pieces)
        self._rpc.upsert(self._blocks, [main])
        self._waiting.append(row.id)
        if totals:
            self._apply(self._waiting)
            self._waiting.clear()
        return True

    def _kin(self, row: BlockRow) -> tuple[bool, list[str]]:
        """Whether a longer row counts this block, and the rows of shorter ones that it counts. An ingest asked that
        before it embedded what was new; another process may have read the same source meanwhile."""
        if not row.marks:
            return False, []
        found = self._rpc.query(self._blocks, f"head == {quote(row.head)} and part == 0", ("id", "size_bytes", "open"))
        asked = [e["id"] for e in found if e["open"] or int(e["size_bytes"]) > row.size_bytes]
        kin = [r for r in self.get(asked[:MAX_KIN]) if r.id != row.id]
        longer = [r for r in kin if r.min_level <= row.min_level and r.size_bytes > row.size_bytes]
        shorter = [r for r in kin if r.min_level >= row.min_level and r.size_bytes < row.size_bytes and r.open]
        counted = row.open and any(begins(row.marks, r.marks) for r in longer)
        return counted, [r.id for r in shorter if begins(r.marks, row.marks)]

    def adopt(self, rows: Sequence[BlockRow]) -> None:
        """Write rows as applied, whatever the totals of their groups are; parts of a row replaced become orphans."""
        split = [block_entities(row, (), applied=1) for row in rows]
        if pieces := [piece for _, some in split for piece in some]:
            self._rpc.upsert(self._blocks, pieces)
        self._rpc.upsert(self._blocks, [main for main, _ in split])

    def _commit_again(self, main: Entity, gone: Sequence[str]) -> None:
        """The same content was committed before, perhaps by another process a moment ago: the first commit stands."""
        pending = [*main["meta"].get("supersedes", ()), *gone]
        present = {e["id"] for e in self._rpc.get(self._blocks, list(dict.fromkeys(pending)), ("id",))}
        if int(main["applied"]) and not present:
            return
        self._mark(main, sorted(present))
        self._apply([main["id"]])

    def _mark(self, main: Entity, supersedes: Sequence[str]) -> None:
        """Make a stored row pending, naming the rows that are dead from now on."""
        meta = dict(main["meta"]) | {"supersedes": list(supersedes)}
        self._rpc.upsert(self._blocks, [dict(main) | {"applied": 0, "meta": meta}])
        self._living.pop(main["id"], None)

    def _require_groups(self, group_ids: Iterable[str]) -> None:
        wanted = list(group_ids)
        stored = {e["id"] for e in self._rpc.get(self._errors, wanted, ("id",))}
        if len(stored) != len(wanted):
            raise StoreUnavailable(
                "An error group was deleted by another process while its block was read.",
                "Run the same ingest again; nothing was counted twice.",
                retry=True,
            )

    def recover(self) -> int:
        """Finish every commit that was not applied; returns how many. Drops parts that no commit owns."""
        pending = self._rpc.query(self._blocks, "applied == 0 and part == 0", ("id",), strong=True)
        if pending:
            self._apply([e["id"] for e in pending])
        self._waiting.clear()
        self._drop_orphans()
        return len(pending)

    def delete(self, condition: str) -> int:
        """Delete the main rows that meet an expression, and recompute what they counted; returns how many.

        A row that supersedes itself is dead: a crash half way is finished by `recover`.
        """
        self.recover()
        mains = self._rpc.query(self._blocks, condition, (*fields_of("blocks"), "anchor"))
        for main in mains:
            self._mark(main, [main["id"]])
        if mains:
            self._apply([m["id"] for m in mains])
        return len(mains)

    def _apply(self, ids: Sequence[str]) -> None:
        self._sync()
        pending = [i for i in ids if i in self._living]
        gone = sorted({s for i in pending for s in self._living[i].supersedes})
        self.reapply({g for i in (*pending, *gone) if i in self._living for g in self._living[i].counts})
        if gone:
            # Main rows go first: a part without its main row counts for nothing.
            present = self._rpc.get(self._blocks, gone, ("id", "revision", "meta"))
            self._rpc.delete(self._blocks, gone)
            if parts := [p for e in present for p in part_ids(e)]:
                self._rpc.delete(self._blocks, parts)
            for block_id in gone:
                self._living.pop(block_id, None)
        kept = [i for i in pending if i in self._living]
        done = [
            dict(main) | {"applied": 1, "meta": dict(main["meta"]) | {"supersedes": []}}
            for main in self._rpc.get(self._blocks, kept, (*fields_of("blocks"), "anchor"))
        ]
        if done:
            self._rpc.upsert(self._blocks, done)
        for main in done:
            living = self._living[main["id"]]
            living.applied, living.supersedes = True, ()

    def reapply(self, group_ids: Iterable[str]) -> None:
        """Recompute and write the totals of these groups until no other writer came in between."""
        touched = sorted(set(group_ids))
        for _ in range(MAX_ROUNDS):
            state = self._state()
            self._write(touched)
            if self._rpc.link.exclusive:
                return
            self._sync()
            if self._state() == state:
                return
        raise StoreUnavailable(
            "Other processes kept writing the same ledger.", "Run the same ingest again later.", retry=True
        )

    def _state(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        return {i: (living.revision, living.supersedes) for i, living in self._living.items()}

    def _write(self, touched: Sequence[str]) -> None:
        dead = {s for living in self._living.values() for s in living.supersedes}
        totals: defaultdict[str, Totals] = defaultdict(Totals)
        wanted = set(touched)
        for block_id, living in self._living.items():
            if block_id not in dead:
                for group_id in wanted & living.counts.keys():
                    totals[group_id].add(living.counts[group_id])
        stored = {e["id"]: e for e in self._rpc.get(self._errors, touched, ("id", "origin"))}
        fixes: defaultdict[str, list[Resolution]] = defaultdict(list)
        for resolution in self._resolutions_of(list(stored)) if stored else ():
            fixes[resolution.error_id].append(resolution)
        empty = [
            i
            for i, e in stored.items()
            if not totals[i].count and not fixes[i] and e["origin"] == "user" and self._rpc.link.exclusive
        ]
        self._write_totals([totals_entity(i, totals[i], fixes[i]) for i in stored if i not in set(empty)])
        if empty:
            self._delete_groups(empty)

    # ---------------------------------------------------------------- the index
    def _sync(self) -> None:
        """Bring the index to the state of the store: rows that others wrote are read, those they deleted forgotten.
        The one read of a commit that must see every other process's writes."""
        heads = {e["id"]: e for e in self._rpc.scan(self._blocks, "part == 0", _HEAD_FIELDS, strong=True)}
        for block_id in [i for i in self._living if i not in heads]:
            del self._living[block_id]
        changed = [
            i
            for i, e in heads.items()
            if i not in self._living
            or (self._living[i].revision, self._living[i].applied) != (int(e["revision"]), bool(e["applied"]))
        ]
        for start in range(0, len(changed), 64):
            mains = self._rpc.get(self._blocks, changed[start : start + 64], ("id", "revision", "applied", "meta"))
            counts, _ = self._counts_of(mains)
            for main in mains:
                self._living[main["id"]] = _Living(
                    int(main["revision"]),
                    bool(main["applied"]),
                    counts[main["id"]],
                    tuple(main["meta"].get("supersedes", ())),
                )

    def _drop_orphans(self) -> None:
        parts = list(self._rpc.scan(self._blocks, "part > 0", ("id", "block", "revision", "created")))
        if not parts:
            return
        mains = {
            e["id"]: int(e["revision"])
            for e in self._rpc.get(self._blocks, list({p["block"] for p in parts}), ("id", "revision"))
        }
        old = self._now_ms() - (0 if self._rpc.link.exclusive else ORPHAN_AGE_MS)
        orphans = [p["id"] for p in parts if mains.get(p["block"]) != int(p["revision"]) and int(p["created"]) <= old]
        if orphans:
            self._rpc.delete(self._blocks, orphans)
