"""Rows of the embedded engine by id, without their vectors.

The engine's own look-up makes whole rows first, every number of their vectors an object, and then drops what was not
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from mcp_rag.store.views import View


def rows_by_id(view: View, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    """As the engine's `Collection.get(ids, output_fields=fields)` for rows whose primary key is `id`, newest version of
    each, in the order asked for; unknown ids are left out. Raises what the engine raises."""
    view.collection._require_loaded()  # noqa: SLF001 - the engine has no other way in that spares the vectors
    recent, segments, deleted = view.now()
    columns = [_Columns(segment.table, fields) for segment in segments]
    found = []
    for wanted in ids:
        versions, deleted_at = _unsealed(view, recent, wanted, fields)
        if not versions or not versions[0].newest:
            held = ((n, segment, segment.find_row(wanted)) for n, segment in enumerate(segments))
            versions += [
                _Version(int(segment.seqs[at]), partial(columns[n].row, at))
                for n, segment, at in held
                if at is not None
            ]
        best = max(versions, key=lambda version: version.sequence, default=None)
        if best is None or deleted_at > best.sequence or deleted.is_deleted(wanted, best.sequence):
            continue
        found.append(best.row())
    return found


class _Version(NamedTuple):
    """One version of a row by its place in the order of all writes. `newest`: no other can be newer."""

    sequence: int
    row: Callable[[], dict[str, Any]]
    newest: bool = False


def _unsealed(view: View, recent: Sequence[Any], wanted: str, fields: Sequence[str]) -> tuple[list[_Version], int]:
    """Versions of the row in the unsealed rows, and when they say that it was deleted last, -1 for never. Rows that a
    flush took may be older than what the files hold, where it failed; those written since are not."""
    versions: list[_Version] = []
    deleted_at = -1
    for n, table in enumerate(recent):
        with view.reading(table):
            place = table._pk_index.get(wanted)  # noqa: SLF001 - the table's own look-up makes the vectors too
            if place is not None:
                batch = table._insert_batches[place[0]]  # noqa: SLF001 - as above
                versions.append(_Version(place[2], partial(_row, batch, place[1], fields), newest=not n))
            elif (gone := table._delete_index.get(wanted)) is not None:  # noqa: SLF001 - as above
                deleted_at = max(deleted_at, gone[0])
        if versions and not n:
            break
    return versions, deleted_at


def _row(batch: Any, at: int, fields: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401 - pyarrow ships no types
    return {name: batch.column(name)[at].as_py() for name in dict.fromkeys(("id", *fields))}


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
