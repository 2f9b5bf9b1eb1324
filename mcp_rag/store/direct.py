"""Reads in the process that runs the embedded engine: asked of the engine itself, not over its socket.

The socket costs more than a look-up by id does. Everything else goes over it as everybody's calls
do: writes, which are put in a line there, reads of vectors, which are encoded there, and a read that the engine
refuses, which is then refused in terms that `library.classify` knows. A read asked of the engine has no deadline: it is
work of this process, and giving up on it would not end it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from mcp_rag.store.filters import ids_of, prefix_is
from mcp_rag.store.memory_index import MemoryIndexes
from mcp_rag.store.point_reads import rows_by_id
from mcp_rag.store.rpc import HEX
from mcp_rag.store.scans import all_ids, all_tokens
from mcp_rag.store.schema import JSONS, VECTOR
from mcp_rag.store.views import View

_VECTORS = frozenset({"sparse", *VECTOR.values()})
_JSON = frozenset(name for names in JSONS.values() for name in names)
_COUNT = "count(*)"
_TOKENS = ["id", "sparse"]
_PREFIXED = {prefix_is(digit): digit for digit in HEX}
_LOG = logging.getLogger(__name__)


class DirectClient:
    """A pymilvus client whose `query` and `search` ask the engine. Every other method is the client's own."""

    def __init__(self, client: Any, view: Callable[[str], View], indexes: MemoryIndexes) -> None:  # noqa: ANN401 - pymilvus ships no types
        """`view`: the collection of a name as the engine holds it; raises when there is none, or no engine any more.
        `indexes`: the vectors of its large collections."""
        self._client = client
        self._view = view
        self._indexes = indexes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - pymilvus ships no types
        return getattr(self._client, name)

    def query(self, collection: str, **asked: Any) -> Any:  # noqa: ANN401 - as pymilvus
        """As `MilvusClient.query`, with `filter`, `output_fields`, `limit` and `offset`."""
        return self._read("query", self._query, collection, asked)

    def search(self, collection: str, **asked: Any) -> Any:  # noqa: ANN401 - as pymilvus
        """As `MilvusClient.search`, for one query by inner product."""
        return self._read("search", self._search, collection, asked)

    def _read(
        self, method: str, direct: Callable[[str, dict[str, Any]], Any], collection: str, asked: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - as pymilvus
        fields = asked.get("output_fields")
        if fields and ((method == "query" and fields == _TOKENS) or not _VECTORS.intersection(fields)):
            try:
                return direct(collection, asked)
            except Exception as error:  # noqa: BLE001 - whatever the engine raised, the call below raises as pymilvus does
                _LOG.debug("%s of %s goes over the socket (%s)", method, collection, type(error).__name__)
        return getattr(self._client, method)(collection, **asked)

    def _query(self, name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        view = self._view(name)
        collection = view.collection
        text, fields = asked["filter"] or None, asked["output_fields"]
        if fields == [_COUNT]:
            if text:
                return [{_COUNT: len(view.whole(lambda: collection.query(text, output_fields=["id"])))}]
            counted = self._indexes.count(collection.name)
            return [{_COUNT: view.whole(lambda: collection.num_entities) if counted is None else counted}]
        if (not text or text in _PREFIXED) and not asked.get("offset"):
            digit = _PREFIXED.get(text or "", "")
            if fields == _TOKENS:
                return all_tokens(view, digit)[: asked["limit"]]
            if fields == ["id"]:
                return [{"id": row_id} for row_id in all_ids(view, digit)[: asked["limit"]]]
        if text and (ids := ids_of(text)):
            return _decoded(rows_by_id(view, ids, fields))
        limit, offset = asked.get("limit"), asked.get("offset", 0)
        return _decoded(
            view.whole(lambda: collection.query(text, output_fields=fields, limit=limit, offset=offset)),
        )

    def _search(self, name: str, asked: dict[str, Any]) -> list[list[dict[str, Any]]]:
        if not asked["filter"]:
            (query,) = asked["data"]
            best = self._indexes.search(name, asked["anns_field"], query, asked["limit"])
            if best is not None:
                return [self._rows(name, best, asked["output_fields"])]
        view = self._view(name)
        found = view.whole(
            lambda: view.collection.search(
                asked["data"],
                top_k=asked["limit"],
                metric_type=asked["search_params"]["metric_type"],
                expr=asked["filter"] or None,
                output_fields=asked["output_fields"],
                anns_field=asked["anns_field"],
                search_params=asked["search_params"]["params"],
            )
        )
        for hits in found:
            _decoded([hit["entity"] for hit in hits])
            for hit in hits:
                hit["entity"]["id"] = hit["id"]
        return found  # type: ignore[no-any-return] # milvus-lite ships no types

    def _rows(self, name: str, best: Sequence[tuple[str, float]], fields: Sequence[str]) -> list[dict[str, Any]]:
        """The hits with their rows, as they are by now; one deleted in between is left out."""
        if list(fields) == ["id"]:
            return [{"id": i, "distance": score, "entity": {"id": i}} for i, score in best]
        found = rows_by_id(self._view(name), [i for i, _ in best], fields)
        rows = {row["id"]: row for row in _decoded(found)}
        return [{"id": i, "distance": score, "entity": rows[i]} for i, score in best if i in rows]


def _decoded(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, whose JSON fields the engine gives as text."""
    for row in rows:
        for name in _JSON.intersection(row):
            row[name] = json.loads(row[name])
    return list(rows)
