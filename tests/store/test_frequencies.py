"""Document frequencies are read once, follow our own writes, and are compared with the store now and then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mcp_rag.store import frequencies
from mcp_rag.store.frequencies import Frequencies


class Rows:
    """A store of rows with tokens that counts how often all of them are read."""

    sparse = True

    def __init__(self, **rows: dict[int, float]) -> None:
        self.rows = rows
        self.scans = 0

    def count(self, _: str) -> int:
        return len(self.rows)

    def scan(self, _: str, __: str, fields: tuple[str, ...], prefix: str = "") -> Iterator[dict[str, Any]]:
        del fields, prefix
        self.scans += 1
        yield from ({"id": i, "sparse": tokens} for i, tokens in self.rows.items())

    def get(self, _: str, ids: list[str], __: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{"id": i, "sparse": self.rows[i]} for i in ids]


@pytest.fixture
def always_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question compares with the store."""
    monkeypatch.setattr(frequencies, "CHECK_SECONDS", -1.0)


@pytest.mark.usefixtures("always_checked")
def test_rows_of_others_are_noticed() -> None:
    """Rows that another process wrote or deleted change the frequencies at the next check."""
    rows = Rows(a={1: 0.5, 2: 1.0})
    found = Frequencies(rows, "errors")  # type: ignore[arg-type] # the three calls it makes
    assert found.current() == (1, {1: 1, 2: 1})
    rows.rows["b"] = {2: 1.0}
    assert found.current() == (2, {1: 1, 2: 2})
    del rows.rows["a"]
    assert found.current() == (1, {2: 1})


@pytest.mark.usefixtures("always_checked")
def test_a_write_under_way_is_no_reason_to_read_all_rows() -> None:
    """The store counts a row before its writer has said so; afterwards both agree, and others' rows are noticed."""
    rows = Rows(a={1: 0.5})
    found = Frequencies(rows, "errors")  # type: ignore[arg-type] # as above
    assert found.current() == (1, {1: 1})
    with found.writing():
        rows.rows["b"] = {2: 1.0}
        assert found.current() == (1, {1: 1})
        found.put([("b", {2: 1.0})])
    assert found.current() == (2, {1: 1, 2: 1})
    assert rows.scans == 1
    rows.rows["c"] = {3: 1.0}
    assert found.current() == (3, {1: 1, 2: 1, 3: 1})
    with pytest.raises(OSError, match="gone"), found.writing():
        raise OSError("gone")
    del rows.rows["c"]
    assert found.current()[0] == 2


def test_a_first_question_reads_whatever_is_being_written() -> None:
    """Without frequencies nothing can be weighed."""
    found = Frequencies(Rows(a={1: 0.5}), "errors")  # type: ignore[arg-type] # as above
    with found.writing():
        assert found.current() == (1, {1: 1})
