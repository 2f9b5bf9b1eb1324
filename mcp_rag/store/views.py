"""What reads by id see of a collection of the embedded engine, without waiting for its lock.

The engine holds one lock of a collection while it writes a flush or merges files, a few hundred milliseconds each, and
its own reads wait for that. Neither changes what is stored: until it is over, the rows are where they were before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

# Rows that a flush took over are remembered until the files with them were seen. Nobody reading, so many flushes.
MAX_FROZEN = 4


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

    def __init__(self, collection: Any, failed: Callable[[], None] = lambda: None) -> None:  # noqa: ANN401 - milvus-lite ships no types
        """To be made while nothing writes to the collection. `failed` is told of a flush that did not end well: what it
        took is in the log of the engine only, which the next flush deletes."""
        self.collection = collection
        self._failed = failed
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
