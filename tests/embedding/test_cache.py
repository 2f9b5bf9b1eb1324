"""The vector cache is bounded, and a call computes each distinct new text once."""

from __future__ import annotations

import numpy as np

from mcp_rag.embedding.cache import VectorCache, Wanted


def vector(value: float) -> np.ndarray:
    """Two equal numbers."""
    return np.full(2, value, np.float32)


def test_the_least_recently_used_leaves() -> None:
    """Never more than `size` vectors; a read counts as a use."""
    cache = VectorCache(2)
    cache.put(b"a", vector(1))
    cache.put(b"b", vector(2))
    cache.get(b"a")
    cache.put(b"c", vector(3))

    assert len(cache) == 2
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None


def test_size_zero_keeps_nothing() -> None:
    """The cache can be switched off."""
    cache = VectorCache(0)
    cache.put(b"a", vector(1))

    assert len(cache) == 0


def test_what_is_kept_cannot_be_changed() -> None:
    """A caller who edits its array does not poison later answers, and no batch is kept alive by one row."""
    cache = VectorCache(2)
    batch = np.ones((3, 2), np.float32)
    cache.put(b"a", batch[0])
    batch[:] = 7

    kept = cache.get(b"a")
    assert kept is not None
    assert kept.tolist() == [1, 1]
    assert kept.base is None
    assert not kept.flags.writeable


def test_each_distinct_text_is_missing_once_and_order_is_kept() -> None:
    """Repeated texts share one computation; the result has a row for each, in order; purposes do not mix."""
    cache = VectorCache(10)
    wanted = Wanted(cache, ["x", "y", "x"], "document")
    assert wanted.missing == ["x", "y"]
    wanted.put(1, vector(2))
    wanted.put(0, vector(1))

    assert wanted.vectors(2).tolist() == [[1, 1], [2, 2], [1, 1]]
    assert Wanted(cache, ["y", "z"], "document").missing == ["z"]
    assert Wanted(cache, ["y"], "query").missing == ["y"]


def test_no_texts_give_an_empty_matrix() -> None:
    """Shape (0, dimension)."""
    assert Wanted(VectorCache(1), [], "document").vectors(5).shape == (0, 5)


def test_a_small_cache_does_not_lose_vectors_of_the_running_call() -> None:
    """A call larger than the cache still gets all its vectors."""
    wanted = Wanted(VectorCache(1), ["x", "y", "z"], "document")
    for at in range(3):
        wanted.put(at, vector(at))

    assert wanted.vectors(2)[:, 0].tolist() == [0, 1, 2]
