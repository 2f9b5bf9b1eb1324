"""The vectors of a collection, in the memory of the process that runs the embedded engine.

For every search the engine makes a pass over all its rows in Python; here the same sums are taken over arrays
(`benchmarks/search.py` has both in one run). Milvus stays the store: an index is read from the engine once, follows
every write that the engine took, of whatever process, and holds nothing but ids, dense vectors and postings. What it
cannot follow it forgets, and the engine answers until it is read again. Inner products are exact, where the engine's
index is approximate; the lexical sums are the engine's own, in its order and precision.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_rag.errors import StoreUnavailable
from mcp_rag.store.filters import ids_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Replaced and deleted rows that are kept at most, beside as many as there are others.
SLACK_ROWS = 1_000
CHECK_S = 5.0
UNLIKE_S = 300.0
ROWS = ("Insert", "Upsert", "Delete")
# Changes that say nothing of rows. After any other (a collection dropped, an alias moved) every index is read again.
NEUTRAL = ("Flush", "CreateIndex", "LoadCollection", "ReleaseCollection", "ManualCompaction")
_LOG = logging.getLogger(__name__)


class Written(NamedTuple):
    """Rows as one write brought them: (n, dimension) float32, and for each row pairs of uint32 token and float32 weight
    in little-endian bytes."""

    ids: Sequence[str]
    dense: NDArray[np.float32]
    sparse: Sequence[bytes]


class MemoryIndex:
    """Rows of one collection. Not safe for several threads."""

    def __init__(self) -> None:
        import numpy as np

        self._ids: list[str] = []
        self._place: dict[str, int] = {}
        self._alive = np.zeros(0, dtype=np.bool_)
        self._dense = np.zeros((0, 0), dtype=np.float32)  # of the dimension of the first rows
        self._postings: dict[int, tuple[array[int], array[float]]] = {}

    def __len__(self) -> int:
        return len(self._place)

    @property
    def stale(self) -> bool:
        """True when most of it is rows that were replaced or deleted."""
        return len(self._ids) > 2 * len(self._place) + SLACK_ROWS

    def put(self, rows: Written) -> None:
        """Add rows, each in the place of one with its id."""
        self.drop(rows.ids)
        start, end = len(self._ids), len(self._ids) + len(rows.ids)
        self._reserve(end, rows.dense.shape[1])
        self._dense[start:end] = rows.dense
        self._alive[start:end] = True
        self._ids += rows.ids
        for place, row_id in enumerate(rows.ids, start):
            if (twice := self._place.get(row_id)) is not None:
                self._alive[twice] = False  # the engine keeps the last of two rows with one id
            self._place[row_id] = place
        self._post(rows.sparse, start)

    def _post(self, sparse: Sequence[bytes], start: int) -> None:
        """Add the postings of rows that stand at `start` and behind it."""
        import numpy as np

        pairs = np.frombuffer(b"".join(sparse), dtype=[("token", "<u4"), ("weight", "<f4")])
        places = np.repeat(np.arange(start, start + len(sparse), dtype=np.uint32), [len(p) // 8 for p in sparse])
        order = np.argsort(pairs["token"], kind="stable")
        tokens, weights, places = pairs["token"][order], pairs["weight"][order], places[order]
        cuts = [0, *(np.flatnonzero(np.diff(tokens)) + 1).tolist(), len(tokens)]
        for begin, end in itertools.pairwise(cuts if len(tokens) else ()):
            posting = self._postings.setdefault(int(tokens[begin]), (array("I"), array("f")))
            posting[0].frombytes(places[begin:end].tobytes())
            posting[1].frombytes(weights[begin:end].tobytes())

    def _reserve(self, rows: int, dimension: int) -> None:
        import numpy as np

        if not self._ids:
            self._dense = np.zeros((len(self._alive), dimension), dtype=np.float32)
        if rows > len(self._alive):
            more = max(rows, 2 * len(self._alive)) - len(self._alive)
            self._alive = np.concatenate([self._alive, np.zeros(more, dtype=np.bool_)])
            empty = np.zeros((more, self._dense.shape[1]), dtype=np.float32)
            self._dense = np.concatenate([self._dense, empty])

    def drop(self, ids: Sequence[str]) -> None:
        """Forget rows; ids that are not there are no error."""
        for row_id in ids:
            if (place := self._place.pop(row_id, None)) is not None:
                self._alive[place] = False

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """(id, inner product) of the `limit` best rows, best first."""
        import numpy as np

        end = len(self._ids)
        if not end:
            return []
        query = np.asarray(vector, dtype=np.float32)
        places = np.flatnonzero(self._alive[:end])
        return self._best(places, (self._dense[:end] @ query)[places], limit)

    def heaviest(self, weights: Mapping[int, float], limit: int) -> list[tuple[str, float]]:
        """(id, inner product) of the `limit` best rows that share a token, best first."""
        import numpy as np

        scores = np.zeros(len(self._ids), dtype=np.float64)
        for token, weight in weights.items():
            if (found := self._postings.get(token)) is not None:
                shares = np.frombuffer(found[1], dtype=np.float32).astype(np.float64)
                # A row holds a token once, so no place is named twice.
                scores[np.frombuffer(found[0], dtype=np.uint32)] += float(np.float32(weight)) * shares
        places = np.flatnonzero((scores > 0) & self._alive[: len(scores)])
        return self._best(places, scores[places].astype(np.float32), limit)

    def _best(self, places: NDArray[np.int64], scores: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        import numpy as np

        if limit < len(places):
            chosen = np.argpartition(-scores, limit - 1)[:limit]
            places, scores = places[chosen], scores[chosen]
        found = [(self._ids[place], float(score)) for place, score in zip(places.tolist(), scores, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))


class MemoryIndexes:
    """The indexes of one engine, by collection. Safe for several threads."""

    def __init__(
        self,
        collection: Callable[[str], Any],
        writing: AbstractContextManager[object],
        read: Callable[[str], Written],
    ) -> None:
        """`collection`: the engine's object for a name; raises when there is none, or no engine any more. `writing`:
        the lock under which the engine takes every write. `read`: all rows of a collection."""
        self._collection = collection
        self._writing = writing
        self._read = read
        # Taken within the other lock, never around it.
        self._lock = threading.Lock()
        self._ready: dict[str, MemoryIndex] = {}
        self._waiting: dict[str, list[Written | list[str]]] = {}
        self._again: dict[str, float] = {}

    def search(self, name: str, field: str, query: Any, limit: int) -> list[tuple[str, float]] | None:  # noqa: ANN401 - a vector or weights
        """(id, inner product) of the best rows; None where there is no index yet, and the engine has to be asked."""
        collection = self._collection(name)
        with self._lock:
            # A name may be an alias, which moves.
            if (index := self._ready.get(collection.name)) is not None:
                return index.nearest(query, limit) if field == "dense" else index.heaviest(query, limit)
        self.begin(collection.name)
        return None

    def count(self, name: str) -> int | None:
        """How many rows the engine has, as far as an index of the collection knows; None where there is none."""
        with self._lock:
            index = self._ready.get(name)
            return None if index is None else len(index)

    def begin(self, name: str) -> None:
        """Read the index of a collection in the background, at most every five seconds."""
        with self._lock:
            if name in self._waiting or time.monotonic() < self._again.get(name, 0.0):
                return
            self._again[name] = time.monotonic() + CHECK_S
        thread = threading.Thread(target=self.load, args=(name,), name="mcp-rag-index", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no thread to be had; tried again in five seconds
            _LOG.warning("the index of %s cannot be read now (%s); the engine answers", name, error)

    def load(self, name: str) -> None:
        """Read the index of a collection, then catch up with what was written meanwhile."""
        missed: list[Written | list[str]] = []
        with self._lock:
            if name in self._waiting or name in self._ready:
                return
            self._waiting[name] = missed
        try:
            index = MemoryIndex()
            with self._writing:
                stored = self._read(name)
            index.put(stored)
            with self._writing:
                # Counted first: the engine may keep the count waiting, and searches would wait with it.
                rows = self._collection(name).num_entities
                with self._lock:
                    # Forgotten meanwhile, and perhaps being read anew by another thread: this one is of no use.
                    if self._waiting.get(name) is missed:
                        self._ready[name] = index
                        for change in missed:
                            self._apply(name, change)
                        self._check(name, rows)
        except StoreUnavailable:
            _LOG.debug("the engine stopped while the index of %s was read", name)
        except Exception as error:  # noqa: BLE001 - whatever the engine raises, it is asked itself from then on
            _LOG.warning("the index of %s was not read (%s); the engine answers", name, type(error).__name__)
        finally:
            with self._lock:
                if self._waiting.get(name) is missed:
                    del self._waiting[name]

    def _check(self, name: str, rows: int) -> None:
        """Forget an index that does not hold as many rows as the engine: it would hide some."""
        index = self._ready.get(name)
        if index is not None and len(index) != rows:
            _LOG.warning("the index of %s has %d rows, the engine %d; the engine answers", name, len(index), rows)
            self._again[name] = time.monotonic() + UNLIKE_S
            self._forget(name)

    def wrote(self, method: str, request: Any, *, taken: bool) -> None:  # noqa: ANN401 - grpc ships no types
        """Follow a write of the engine, under its write lock. `taken`: the engine took it whole."""
        if method in NEUTRAL and taken:
            return
        name, change = "", None
        if method in ROWS:
            try:
                name = self._collection(request.collection_name).name
                with self._lock:
                    if name not in self._ready and name not in self._waiting:
                        return
                change = _change(method, request) if taken else None
            except Exception as error:  # noqa: BLE001 - the write is done; what cannot be followed is read again
                _LOG.debug("a write was not followed (%s)", type(error).__name__)
        with self._lock:
            if not name:
                self._ready.clear()
                self._waiting.clear()
                self._again.clear()
            elif change is None:
                self._forget(name)
            elif name in self._waiting:
                self._waiting[name].append(change)
            else:
                self._apply(name, change)

    def _apply(self, name: str, change: Written | list[str]) -> None:
        if (index := self._ready.get(name)) is None:
            return
        try:
            if isinstance(change, list):
                index.drop(change)
            else:
                index.put(change)
            sound = not index.stale
        except Exception as error:  # noqa: BLE001 - another dimension, no memory: the write itself is done
            _LOG.debug("an index did not take a write (%s)", type(error).__name__)
            sound = False
        if not sound:
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._ready.pop(name, None)
        self._waiting.pop(name, None)


def _change(method: str, request: Any) -> Written | list[str] | None:  # noqa: ANN401 - grpc ships no types
    """What a request changes: rows with both vectors, ids that are gone, no id where no vector changes, or None where
    that cannot be said. Raises ValueError or struct.error for bytes of another form."""
    import numpy as np

    if method == "Delete":
        return ids_of(request.expr)
    fields = {field.field_name: field for field in request.fields_data}
    given = {"dense", "sparse"} & fields.keys()
    if not given:
        return []
    if len(given) == 1:
        return None
    ids = list(fields["id"].scalars.string_data.data)
    dense = np.asarray(fields["dense"].vectors.float_vector.data, dtype=np.float32).reshape(len(ids), -1)
    sparse = [bytes(pairs) for pairs in fields["sparse"].vectors.sparse_float_vector.contents]
    if len(sparse) != len(ids) or any(len(pairs) % 8 for pairs in sparse):
        raise ValueError("as many rows as ids, in pairs of eight bytes")
    return Written(ids, dense, sparse)
