"""All rows of a store as of one moment, although others write to it: what a backup is made of.

The ledger decides. Its rows never change, so they are read until a listing names just those that were read: that
listing is the moment. Rows that were superseded or deleted meanwhile are dropped again. Then come resolutions and
groups, and what a group's row says of its occurrences is worked out from the ledger rows of that moment, as the store
does. A group that was first seen later is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from mcp_rag.errors import InputError, StoreUnavailable
from mcp_rag.portable import KINDS, Row, from_json, to_json
from mcp_rag.protocols import Store
from mcp_rag.rows import BlockRow, ErrorGroup, Kind, Resolution
from mcp_rag.store.totals import Totals, group_as_counted
from mcp_rag.transfer import exported

T = TypeVar("T")

# Each round reads only what was committed in the one before, so a few do; a commit would have to fall into every one.
MAX_ROUNDS = 200
MAX_TRIES = 4
BATCH_ROWS = 128


class Snapshot:
    """Rows in a file without a name, which is gone with the process. Synchronous, for one thread at a time."""

    def __init__(self, directory: Path) -> None:
        """Raises InputError when there can be no file in `directory`."""
        try:
            self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - as long as the snapshot
        except OSError:
            raise InputError(
                f"{directory} cannot be written to.", "Give a file in a directory you may write to."
            ) from None
        self._places: dict[Kind, dict[str, tuple[int, int]]] = {kind: {} for kind in KINDS}
        self._totals: Mapping[str, Totals] | None = None
        self._fixes: Mapping[str, Sequence[Resolution]] = {}

    def close(self) -> None:
        """Give the file up."""
        with contextlib.suppress(OSError):  # a full disk, which `add` has told
            self._file.close()

    def ids(self, kind: Kind) -> list[str]:
        """The ids of the rows kept, in ascending order."""
        return sorted(self._places[kind])

    def add(self, kind: Kind, rows: Iterable[Row]) -> None:
        """Keep rows. Raises InputError when the disk is full."""
        places = self._places[kind]
        try:
            at = self._file.seek(0, 2)
            for row in rows:
                data = zlib.compress(json.dumps(to_json(row), separators=(",", ":")).encode("ascii"), 1)
                self._file.write(data)
                places[row.id] = at, len(data)
                at += len(data)
            self._file.flush()
        except OSError:
            raise InputError(
                "The backup could not be written to its end; no file was left.", "Free disk space."
            ) from None

    def drop(self, kind: Kind, ids: Iterable[str]) -> None:
        """Keep these rows no longer."""
        for row_id in ids:
            del self._places[kind][row_id]

    def rows(self, kind: Kind) -> Iterator[Sequence[Row]]:
        """The rows kept, in runs of at most 128, in the order in which they were added."""
        places = sorted(self._places[kind].values())
        for start in range(0, len(places), BATCH_ROWS):
            run: list[Row] = []
            for at, size in places[start : start + BATCH_ROWS]:
                self._file.seek(at)
                run.append(from_json(kind, json.loads(zlib.decompress(self._file.read(size)))))
            yield [self._counted(row) if isinstance(row, ErrorGroup) else row for row in run]

    def _counted(self, group: ErrorGroup) -> ErrorGroup:
        if self._totals is None:
            return group
        return group_as_counted(group, self._totals.get(group.id) or Totals(), self._fixes.get(group.id, ()))

    def settle(self, before: set[str]) -> bool:
        """Work out what the ledger rows kept say of each group. Groups of which they say nothing are dropped when they
        were not stored `before` the moment, or are counted: that was later. True when groups that the rows count were
        deleted since: then these are of a moment that is over."""
        self._totals = None
        totals: defaultdict[str, Totals] = defaultdict(Totals)
        for blocks in self.rows("blocks"):
            for block in blocks:
                if isinstance(block, BlockRow):
                    for group_id, hours in block.counts.items():
                        pairs = (number for pair in hours.items() for number in pair)
                        totals[group_id].add([block.first_seen[group_id], block.last_seen[group_id], *pairs])
        fixes: defaultdict[str, list[Resolution]] = defaultdict(list)
        for resolutions in self.rows("resolutions"):
            for fix in resolutions:
                if isinstance(fix, Resolution):
                    fixes[fix.error_id].append(fix)
        later = [
            row.id
            for rows in self.rows("errors")
            for row in rows
            if isinstance(row, ErrorGroup)
            and (row.count or row.id not in before)
            and row.id not in totals
            and row.id not in fixes
            and row.origin == "user"
        ]
        self.drop("errors", later)
        self._totals, self._fixes = totals, fixes
        return bool(totals.keys() & before - self._places["errors"].keys())


async def take(store: Store, directory: Path, progress: Callable[[str], None]) -> Snapshot:
    """The rows of an open store as of one moment; close it after use. `directory` has to have room for them.

    Raises InputError when it has not, StoreUnavailable (retry) when others never pause, StoreError.
    """
    await _patiently(store.recover)
    snapshot = Snapshot(directory)
    try:
        for _ in range(MAX_TRIES):
            before = set(await _patiently(partial(store.list_ids, "errors")))
            await _ledger(store, snapshot, progress)
            # Fixes first: whoever records one stores its group before.
            await _rows(store, snapshot, "resolutions", progress)
            await _rows(store, snapshot, "errors", progress)
            if not await asyncio.to_thread(snapshot.settle, before):
                break
    except BaseException:
        snapshot.close()
        raise
    return snapshot


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What a call gives that is tried again when it may succeed later: a long reading outlives the process that owned
    the store when it began, and meets rows that are superseded while they are read."""
    for _ in range(MAX_TRIES - 1):
        try:
            return await call()
        except StoreUnavailable as error:
            if not error.retry:
                raise
    return await call()


async def _ledger(store: Store, snapshot: Snapshot, progress: Callable[[str], None]) -> None:
    for _ in range(MAX_ROUNDS):
        listed = await _patiently(partial(store.list_ids, "blocks"))
        held = set(snapshot.ids("blocks"))
        snapshot.drop("blocks", held.difference(listed))
        missing = [i for i in listed if i not in held]
        if not missing:
            return
        await _kept(store, snapshot, "blocks", missing, progress)
    raise StoreUnavailable(
        "Other processes committed so fast that no moment could be held; no file was left.",
        "Run it again when their ingest is done.",
        retry=True,
    )


async def _rows(store: Store, snapshot: Snapshot, kind: Kind, progress: Callable[[str], None]) -> None:
    snapshot.drop(kind, snapshot.ids(kind))
    await _kept(store, snapshot, kind, await _patiently(partial(store.list_ids, kind)), progress)


async def _kept(
    store: Store, snapshot: Snapshot, kind: Kind, ids: Sequence[str], progress: Callable[[str], None]
) -> None:
    for start in range(0, len(ids), BATCH_ROWS):
        some = ids[start : start + BATCH_ROWS]
        rows = await _patiently(partial(exported, store, kind, some))
        await asyncio.to_thread(snapshot.add, kind, rows)
        progress(f"{kind}: {start + len(rows):,} of {len(ids):,}")
