"""Rows of the embedded engine by id, without their vectors.

The engine's own look-up makes whole rows first, every number of their vectors an object, and then drops what was not
asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def rows_by_id(collection: Any, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:  # noqa: ANN401 - the engine ships no types
    """As `Collection.get(ids, output_fields=fields)` for rows whose primary key is `id`, newest version of each, in the
    order asked for; unknown ids are left out. `collection` is the engine's own object; raises what it raises."""
    collection._require_loaded()  # noqa: SLF001 - the engine has no other way in that spares the vectors
    # In this order: rows that a flush moves meanwhile are then in both, not in neither.
    recent = collection._memtable  # noqa: SLF001 - as above
    segments, deleted = collection._read_snapshot()  # noqa: SLF001 - as above
    columns = [_Columns(segment.table, fields) for segment in segments]
    found = []
    for wanted in ids:
        row = recent.get(wanted)
        if row is not None:
            row = {name: row[name] for name in ("id", *fields) if name in row}
        elif not recent.is_locally_deleted(wanted):
            held = ((n, segment, segment.find_row(wanted)) for n, segment in enumerate(segments))
            versions = [(int(segment.seqs[at]), n, at) for n, segment, at in held if at is not None]
            sequence, newest, at = max(versions, default=(-1, 0, 0))
            row = columns[newest].row(at) if versions and not deleted.is_deleted(wanted, sequence) else None
        if row is not None:
            found.append(row)
    return found


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
