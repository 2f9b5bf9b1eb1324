"""All rows of a collection of the embedded engine, column by column.

The engine's own query makes every row whole first, 0.1 ms each, whatever columns are asked for.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_rag.store.memory_index import Written
from mcp_rag.store.views import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Part(NamedTuple):
    """Rows of one Arrow table or batch: their ids, and where they stand in it."""

    table: Any
    ids: list[str]
    places: list[int]

    def column(self, name: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
        """The values of these rows as an Arrow array. Raises KeyError for an unknown column."""
        column = self.table.column(name)
        return column if self.places == list(range(len(column))) else column.take(self.places)


def parts(view: View, prefix: str = "") -> list[Part]:
    """Every row whose id begins with `prefix`, in its newest version, once. Raises what the engine raises."""
    view.collection._require_loaded()  # noqa: SLF001 - milvus-lite has no other way in that spares whole rows
    recent, segments, deleted = view.now()
    tables = [segment.table for segment in segments]
    newest: dict[str, tuple[int, int, int]] = {}  # sequence, table, row
    for number, segment in enumerate(segments):
        for at, (row_id, sequence) in enumerate(zip(segment.pks, segment.seqs.tolist(), strict=True)):
            if (known := newest.get(row_id)) is None or sequence > known[0]:
                newest[row_id] = (sequence, number, at)
    gone: dict[str, int] = {}
    for table in recent:
        with view.reading(table):
            batches = list(table._insert_batches)  # noqa: SLF001 - as above
            written, deletions = dict(table._pk_index), dict(table._delete_index)  # noqa: SLF001 - as above
        for row_id, (batch, at, sequence) in written.items():
            if (known := newest.get(row_id)) is None or sequence > known[0]:
                newest[row_id] = (sequence, len(tables) + batch, at)
        for row_id, (sequence, _) in deletions.items():
            gone[row_id] = max(sequence, gone.get(row_id, -1))
        tables += batches
    found: defaultdict[int, Part] = defaultdict(lambda: Part(None, [], []))
    for row_id, (sequence, number, at) in newest.items():
        if not row_id.startswith(prefix):
            continue
        if gone.get(row_id, -1) <= sequence and not deleted.is_deleted(row_id, sequence):
            found[number].ids.append(row_id)
            found[number].places.append(at)
    return [part._replace(table=tables[number]) for number, part in found.items()]


def all_ids(view: View, prefix: str = "") -> list[str]:
    """The ids of all rows, or those that begin with `prefix`, in no order. Raises what the engine raises."""
    return [row_id for part in parts(view, prefix) for row_id in part.ids]


def all_tokens(view: View, prefix: str = "") -> list[dict[str, Any]]:
    """Id and sparse vector of all rows, or of those that begin with `prefix`, in no order. Raises what the engine
    raises."""
    return [
        {"id": row_id, "sparse": dict(struct.iter_unpack("<If", pairs))}
        for part in parts(view, prefix)
        for row_id, pairs in zip(part.ids, part.column("sparse").to_pylist(), strict=True)
    ]


def all_vectors(view: View) -> Written:
    """Both vectors of all rows. Raises what the engine raises."""
    import numpy as np

    found = parts(view)
    if not found:
        return Written([], np.zeros((0, 0), dtype=np.float32), [])
    return Written(
        [row_id for part in found for row_id in part.ids],
        np.concatenate([_matrix(part) for part in found]),
        [pairs for part in found for pairs in part.column("sparse").to_pylist()],
    )


def _matrix(part: Part) -> NDArray[np.float32]:
    import numpy as np

    column = part.column("dense")
    chunks = getattr(column, "chunks", [column])
    flat = np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False) for chunk in chunks])
    return flat.astype(np.float32, copy=False).reshape(len(part.ids), -1)
