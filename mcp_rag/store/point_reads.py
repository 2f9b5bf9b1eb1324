"""Rows of the embedded engine by id, without their vectors.

The engine's own look-up makes whole rows first, every number of their vectors an object, and then drops what was not
asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_rag.store.views import View


def rows_by_id(view: View, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    """As the engine's `Collection.get(ids, output_fields=fields)` for rows whose primary key is `id`, newest version of
    each, in the order asked for; unknown ids are left out. Raises what the engine raises."""
    view.collection._require_loaded()  # noqa: SLF001 - the engine has no other way in that spares the vectors
    recent, segments, deleted = view.now()
    columns = [_Columns(segment.table, fields) for segment in segments]
    found = []
    for wanted in ids:
        row, gone = _unsealed(view, recent, wanted, fields)
        if row is None and not gone:
            held = ((n, segment, segment.find_row(wanted)) for n, segment in enumerate(segments))
            versions = [(int(segment.seqs[at]), n, at) for n, segment, at in held if at is not None]
            sequence, newest, at = max(versions, default=(-1, 0, 0))
            row = columns[newest].row(at) if versions and not deleted.is_deleted(wanted, sequence) else None
        if row is not None:
            found.append(row)
    return found


def _unsealed(
    view: View, recent: Sequence[Any], wanted: str, fields: Sequence[str]
) -> tuple[dict[str, Any] | None, bool]:
    """The row as the unsealed rows have it, and whether they say that it was deleted."""
    for table in recent:
        with view.reading(table):
            place = table._pk_index.get(wanted)  # noqa: SLF001 - the table's own look-up makes the vectors too
            if place is not None:
                batch, at = table._insert_batches[place[0]], place[1]  # noqa: SLF001 - as above
                return {name: batch.column(name)[at].as_py() for name in dict.fromkeys(("id", *fields))}, False
            if wanted in table._delete_index:  # noqa: SLF001 - as above
                return None, True
    return None, False


class _Columns:
    """Some columns of a segment's table, looked up when the first row is asked for: that costs more than a value."""

    __slots__ = ("_columns", "_fields", "_table")

    def __init__(self, table: Any, fields: Sequence[str]) -> None:  # noqa: ANN401 - pyarrow ships no types
        self._table = table
        self._fields = tuple(dict.fromkeys(("id", *fields)))
        self._columns: list[tuple[str, Any]] = []

    def row(self, at: int) -> dict[str, Any]:
        """One row. Raises KeyError for a field that the table has not: the engine may know it as a dynamic one."""
        if not self._columns:
            named = [(name, self._table.column(name)) for name in self._fields]
            self._columns = [(name, c.chunk(0) if c.num_chunks == 1 else c) for name, c in named]
        return {name: column[at].as_py() for name, column in self._columns}
