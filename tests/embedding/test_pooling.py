"""Only finite, non-zero vectors of unit length leave the package."""

from __future__ import annotations

import numpy as np
import pytest

from mcp_rag.embedding.pooling import pool, unit
from mcp_rag.errors import EmbeddingError


def test_rows_get_unit_length() -> None:
    """Each row keeps its direction; the result is float32."""
    found = unit(np.array([[3.0, 4.0], [0.0, 1e-3]], np.float32))

    assert found.dtype == np.float32
    assert found.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 1.0]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, 1e30], ids=str)
def test_one_bad_row_refuses_the_batch(bad: float) -> None:
    """A vector that a store would take and no search would find is an error here."""
    with pytest.raises(EmbeddingError):
        unit(np.array([[1.0, 0.0], [bad, bad]], np.float32))


def test_one_dimension_is_refused() -> None:
    """A single vector without its batch is a mistake of the caller's."""
    with pytest.raises(EmbeddingError):
        unit(np.ones(3, np.float32))


def test_pool_modes() -> None:
    """mean over the tokens, cls the first."""
    states = np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)

    assert pool(states, "mean").tolist() == [2.0, 4.0]
    assert pool(states, "cls").tolist() == [1.0, 2.0]
