"""Vectors of texts seen lately, and what one call still has to compute."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcp_rag.embedding.folder import Purpose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class VectorCache:
    """At most `size` vectors, the least recently used leave first. Keys are digests: long texts are not kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()

    def get(self, key: bytes) -> Vectors | None:
        """The vector kept under `key`, or None."""
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
            return vector

    def put(self, key: bytes, vector: Vectors) -> None:
        """Keep a copy of `vector`, so that no batch array stays alive for one row."""
        if self._size < 1:
            return
        kept = vector.copy()
        kept.setflags(write=False)
        with self._lock:
            self._vectors[key] = kept
            self._vectors.move_to_end(key)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)

    def __len__(self) -> int:
        return len(self._vectors)


class Wanted:
    """The vectors one call asks for. `missing` lists each distinct text that is not in the cache, once."""

    def __init__(self, cache: VectorCache, texts: Sequence[str], purpose: Purpose) -> None:
        self._cache = cache
        self._keys = [_key(text, purpose) for text in texts]
        self._found: dict[bytes, Vectors] = {}
        absent: dict[bytes, str] = {}
        for key, text in zip(self._keys, texts, strict=True):
            vector = cache.get(key)
            if vector is None:
                absent[key] = text
            else:
                self._found[key] = vector
        self._absent = list(absent)
        self.missing: list[str] = list(absent.values())

    def put(self, position: int, vector: Vectors) -> None:
        """The vector of `missing[position]`."""
        key = self._absent[position]
        self._found[key] = vector
        self._cache.put(key, vector)

    def vectors(self, dimension: int) -> Vectors:
        """(n, dimension) in the order of the texts, once every missing one was put."""
        import numpy as np

        out = np.empty((len(self._keys), dimension), dtype=np.float32)
        for row, key in enumerate(self._keys):
            out[row] = self._found[key]
        return out


def _key(text: str, purpose: Purpose) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16, person=purpose.encode("ascii")).digest()
