"""Several knowledge bases read as one. It has no method that writes: what is recorded goes to the own base."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mcp_rag.protocols import ReadableStore, Store
from mcp_rag.rows import ErrorFilter, ErrorGroup, Resolution, Scored

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NamedStore:
    """A knowledge base and the name that hits give for it."""

    name: str
    store: Store


class CompositeStore:
    """Reads the own base first, then the others. A group that several hold is shown as the first holds it, with the
    resolutions of all; each group says its `kb`. Scores of different bases compare, as they come from one model."""

    def __init__(self, stores: Sequence[NamedStore]) -> None:
        """`stores`: the own base, then the others, all open or opened before the first call."""
        self._stores = tuple(stores)

    async def _each(self, ask: Callable[[ReadableStore], Awaitable[T]]) -> list[T]:
        return list(await asyncio.gather(*(ask(named.store) for named in self._stores)))

    async def get_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        """Groups by id, in the order asked for."""
        found = self._first(await self._each(lambda store: store.get_errors(ids)))
        return [found[i] for i in dict.fromkeys(ids) if i in found]

    def _first(self, answers: Sequence[Sequence[ErrorGroup]]) -> dict[str, ErrorGroup]:
        found: dict[str, ErrorGroup] = {}
        for named, groups in zip(self._stores, answers, strict=True):
            for group in groups:
                found.setdefault(group.id, replace(group, kb=named.name))
        return found

    async def query_errors(self, where: ErrorFilter, limit: int, offset: int = 0) -> list[ErrorGroup]:
        """Groups that meet `where`, the own base's first; `limit` + `offset` <= 16,384 as for one base."""
        found = self._first(await self._each(lambda store: store.query_errors(where, limit + offset)))
        return list(found.values())[offset : offset + limit]

    async def count_errors(self, where: ErrorFilter) -> int:
        """Number of groups that meet `where`; one that several bases hold counts in each."""
        return sum(await self._each(lambda store: store.count_errors(where)))

    async def search_dense(self, vector: Sequence[float], limit: int, where: ErrorFilter) -> list[Scored]:
        """The nearest groups of all bases, best first."""
        return _best(await self._each(lambda store: store.search_dense(vector, limit, where)), limit)

    async def search_sparse(self, weights: Mapping[int, float], limit: int, where: ErrorFilter) -> list[Scored]:
        """The best groups of all bases by lexical inner product, best first."""
        return _best(await self._each(lambda store: store.search_sparse(weights, limit, where)), limit)

    async def document_frequencies(self) -> tuple[int, Mapping[int, int]]:
        """Sums over all bases."""
        documents = 0
        frequencies: Counter[int] = Counter()
        for number, counts in await self._each(lambda store: store.document_frequencies()):
            documents += number
            frequencies.update(counts)
        return documents, frequencies

    async def get_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        """Resolutions by id, in the order asked for."""
        found = _union(await self._each(lambda store: store.get_resolutions(ids)))
        return [found[i] for i in dict.fromkeys(ids) if i in found]

    async def resolutions_of(self, error_ids: Sequence[str]) -> list[Resolution]:
        """What any base has recorded about these groups, ordered by id."""
        found = _union(await self._each(lambda store: store.resolutions_of(error_ids)))
        return [found[i] for i in sorted(found)]

    async def search_resolutions(
        self, vector: Sequence[float] | None, weights: Mapping[int, float], limit: int
    ) -> list[Scored]:
        """The nearest resolutions of all bases, best first."""
        return _best(await self._each(lambda store: store.search_resolutions(vector, weights, limit)), limit)


def _best(legs: Sequence[Sequence[Scored]], limit: int) -> list[Scored]:
    best: dict[str, float] = {}
    for scored in legs:
        for row_id, score, _ in scored:  # the row is fetched again, to say which base holds it
            best[row_id] = max(score, best.get(row_id, score))
    return [Scored(i, s) for i, s in sorted(best.items(), key=lambda item: (-item[1], item[0]))[: max(0, limit)]]


def _union(answers: Sequence[Sequence[Resolution]]) -> dict[str, Resolution]:
    found: dict[str, Resolution] = {}
    for rows in answers:
        for row in rows:
            found.setdefault(row.id, row)
    return found
