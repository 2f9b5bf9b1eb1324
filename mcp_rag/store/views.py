"""What reads see of a collection of the embedded engine while it flushes or merges files.

The engine holds one lock of a collection meanwhile, a few hundred milliseconds each, and its own reads wait for that.
Neither changes what is stored: until it is over, the rows are where they were before, and reads by id look there.

The engine's own reads look at the files first and at the unsealed rows then. Rows that a flush takes away in between
are missed, or seen as an older file has them: such a read is made again (`whole`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

# Rows that a flush took over are remembered until the files with them were seen. Nobody reading, so many flushes.
MAX_FROZEN = 4
# After so many reads that a flush came into, the next is made under the lock of all writes, which flushes need too.
READS = 2


class Seen(NamedTuple):
    """Where rows are, newest first: unsealed rows, then files; and the deletions that hold for the files."""

    recent: list[Any]
    segments: tuple[Any, ...]
    deleted: Any


class View:
    """One collection as the engine holds it. Safe for several threads.

    Two methods of the engine's object are wrapped: the one that flushes, because it takes the unsealed rows away before
    their file can be read, and the one that merges files, so that the merged ones are let go of.
    """

    def __init__(
        self,
        collection: Any,  # noqa: ANN401 - milvus-lite ships no types
        failed: Callable[[], None] = lambda: None,
        writing: AbstractContextManager[object] | None = None,
    ) -> None:
        """To be made while nothing writes to the collection. `failed` is told of a flush that did not end well: what it
        took is in the log of the engine only, which the next flush deletes. `writing`: the lock that every write and
        every flush of the engine takes; reentrant."""
        self.collection = collection
        self._failed = failed
        self._writing = writing or nullcontext()
        self._lock = threading.Lock()
        self._frozen: tuple[Any, ...] = ()
        self._written: list[Any] = []
        self._last: tuple[tuple[Any, ...], Any] | None = None
        collection._trigger_flush = self._flushing(collection._trigger_flush)  # noqa: SLF001 - no public way in
        collection._bg_compact_and_index = self._merging(collection._bg_compact_and_index)  # noqa: SLF001 - as above

    def release(self) -> None:
        """Let go of the collection, which was dropped or closed."""
        with self._lock:
            vars(self.collection).pop("_trigger_flush", None)
            vars(self.collection).pop("_bg_compact_and_index", None)
            self._frozen, self._written, self._last = (), [], None

    def now(self) -> Seen:
        """The rows as they are: with the files of a moment ago where the lock is taken. Waits for it only before it was
        free once."""
        recent = self.collection._memtable  # noqa: SLF001 - first: what a flush moves meanwhile is then in two places
        with self._lock:
            frozen = self._frozen
            last = self._look() or self._last
        if last is None:
            last = self.collection._read_snapshot()  # noqa: SLF001 - as above
        return Seen([recent, *(table for table in reversed(frozen) if table is not recent)], *last)

    def whole(self, read: Callable[[], T]) -> T:
        """The result of a read of the engine's own into which no flush came; `read` is called again where one did."""
        for _ in range(READS):
            table = self.collection._memtable  # noqa: SLF001 - as above; a flush replaces it under the engine's lock
            found = read()
            if self.collection._memtable is table:  # noqa: SLF001 - as above
                return found
        with self._writing:
            return read()

    @contextmanager
    def reading(self, table: Any) -> Iterator[None]:  # noqa: ANN401 - milvus-lite ships no types
        """Hold the lock of a table of unsealed rows, except that of one which a flush took: nothing changes that one,
        and the flush holds its lock for as long as it takes to make columns of the rows."""
        lock = table._lock  # noqa: SLF001 - as above
        held = lock.acquire(blocking=False)
        if not held and not _among(table, self._frozen):
            held = lock.acquire()
        try:
            yield
        finally:
            if held:
                lock.release()

    def _look(self) -> tuple[tuple[Any, ...], Any] | None:
        """Files and deletions by now, None where the lock is taken. Under `_lock`."""
        written = list(self._written)  # before the look: what is written by now is in the files that it finds
        lock = self.collection._maintenance_lock  # noqa: SLF001 - as above
        if not lock.acquire(blocking=False):
            return None
        try:
            self._last = self.collection._read_snapshot()  # noqa: SLF001 - as above; the lock is reentrant
        finally:
            lock.release()
        self._frozen = tuple(table for table in self._frozen if not _among(table, written))
        self._written = [table for table in self._written if not _among(table, written)]
        return self._last

    def _flushing(self, flush: Callable[[], None]) -> Callable[[], None]:
        def flushing() -> None:
            table = self.collection._memtable  # noqa: SLF001 - as above
            if len(self._frozen) >= MAX_FROZEN:
                with self.collection._maintenance_lock, self._lock:  # noqa: SLF001 - as above; in this order, or readers wait
                    self._look()
            with self._lock:
                self._frozen = (*self._frozen, table)
            try:
                # The engine takes its lock once the rows are gone from where they were; a read that begins in between
                # would find neither them nor their file.
                with self.collection._maintenance_lock:  # noqa: SLF001 - as above; reentrant
                    flush()
            except BaseException:  # its rows stay here, and nowhere else that is read
                self._failed()
                raise
            with self._lock:
                self._written.append(table)

        return flushing

    def _merging(self, merge: Callable[[], None]) -> Callable[[], None]:
        def merging() -> None:
            try:
                merge()
            finally:
                with self._lock:
                    self._look()

        return merging


def _among(table: Any, tables: Sequence[Any]) -> bool:  # noqa: ANN401 - milvus-lite ships no types
    return any(table is other for other in tables)
