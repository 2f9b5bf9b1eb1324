"""In how many groups each token occurs: read once, kept up to date by our own writes, checked by the row count."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from mcp_rag.store.rpc import HEX, PAGE_ROWS, Rpc
from mcp_rag.store.schema import NO_TOKEN

CHECK_SECONDS = 1.0


class Frequencies:
    """Document frequencies of one collection's sparse field. Safe for several threads."""

    def __init__(self, rpc: Rpc, collection: str) -> None:
        self._rpc = rpc
        self._collection = collection
        self._tokens: dict[str, array[int]] = {}
        self._counts: dict[int, int] = {}
        self._copy: dict[int, int] | None = None
        self._lock = threading.Lock()
        self._loaded = False
        self._checked = 0.0
        self._writing = 0

    def current(self) -> tuple[int, Mapping[int, int]]:
        """Number of groups, and per token id the number of groups that hold it; no later write changes it."""
        if not self._rpc.sparse:
            return self._rpc.count(self._collection), {}
        with self._lock:
            fresh = self._loaded and (self._writing > 0 or time.monotonic() < self._checked + CHECK_SECONDS)
        if not fresh:
            # Another process's rows show within a second; they shift a weight a little, and hide nothing.
            stored = self._rpc.count(self._collection)
            with self._lock:
                if not self._loaded:
                    self._load(stored)
                elif stored != len(self._tokens):
                    self._refresh()
                self._checked = time.monotonic()
        with self._lock:
            if self._copy is None:
                self._copy = dict(self._counts)
            return len(self._tokens), self._copy

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While this process writes rows: the store may count some already that `put` will name. That is no reason to
        read all ids, as rows of another process are."""
        with self._lock:
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing -= 1

    def put(self, rows: Iterable[tuple[str, Mapping[int, float]]]) -> None:
        """Note rows that this process wrote."""
        with self._lock:
            if self._loaded:
                for row_id, weights in rows:
                    self._put(row_id, weights)

    def drop(self, ids: Sequence[str]) -> None:
        """Note rows that this process deleted."""
        with self._lock:
            for row_id in ids:
                self._forget(row_id)

    def _put(self, row_id: str, weights: Iterable[int]) -> None:
        self._forget(row_id)
        self._copy = None
        tokens = array("q", (t for t in weights if t != NO_TOKEN))
        self._tokens[row_id] = tokens
        for token in tokens:
            self._counts[token] = self._counts.get(token, 0) + 1

    def _forget(self, row_id: str) -> None:
        self._copy = None
        for token in self._tokens.pop(row_id, ()):
            left = self._counts[token] - 1
            if left:
                self._counts[token] = left
            else:
                del self._counts[token]

    def _load(self, stored: int) -> None:
        # Each row once, and over a wire in bounded answers.
        for prefix in HEX if stored > PAGE_ROWS and not self._rpc.link.owns else ("",):
            for entity in self._rpc.scan(self._collection, "", ("id", "sparse"), prefix):
                self._put(entity["id"], entity["sparse"])
        self._loaded = True

    def _refresh(self) -> None:
        ids = {e["id"] for e in self._rpc.scan(self._collection, "", ("id",))}
        for row_id in [i for i in self._tokens if i not in ids]:
            self._forget(row_id)
        missing = sorted(ids - self._tokens.keys())
        for start in range(0, len(missing), 2_000):
            for entity in self._rpc.get(self._collection, missing[start : start + 2_000], ("id", "sparse")):
                self._put(entity["id"], entity["sparse"])
