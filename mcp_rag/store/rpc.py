"""Calls to whatever speaks Milvus: a deadline on each, failures mapped, a lost connection made anew, a dead server
left alone for a while.

Every write is an upsert or delete by id, so repeating one that may or may not have arrived is safe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from mcp_rag.breaker import Breaker
from mcp_rag.errors import McpRagError, StoreError, StoreUnavailable
from mcp_rag.store.entities import Entity
from mcp_rag.store.filters import ids_in, prefix_is
from mcp_rag.store.library import Failure, classify, failures, our_error
from mcp_rag.store.schema import MAX_LIMIT, MIN_EF

BATCH_BYTES = 4_194_304
BATCH_ROWS = 256
IDS_PER_CALL = 512
PAGE_ROWS = 4_096
LIGHT_FIELDS = 4
# Own writes are seen at once, others' within about half a second; Strong took 370 ms a call on Milvus 2.3.5, this 5.
SESSION = "Session"
HEX = "0123456789abcdef"
# A server that was found dead is first asked for its version: that call must not cost a whole deadline again.
PROBE_S = 2.0
_DEAD = (Failure.UNREACHABLE, Failure.TIMEOUT)


class Link(Protocol):
    """A connection that can be made anew: the embedded store's, or a server's."""

    @property
    def where(self) -> str:
        """The store in words, for error texts; holds no secret."""
        ...

    @property
    def exclusive(self) -> bool:
        """True when `writing` shuts out every other writer of this store."""
        ...

    @property
    def breaker(self) -> Breaker | None:
        """Refuses calls after one found the server dead; None where every call is tried."""
        ...

    @property
    def owns(self) -> bool:
        """True when this process runs the engine itself."""
        ...

    def client(self, deadline: float) -> Any:  # noqa: ANN401 - pymilvus ships no types
        """The current client, connected if need be. `deadline` is a monotonic time. Raises StoreUnavailable."""
        ...

    def lost(self, client: Any) -> bool:  # noqa: ANN401 - pymilvus ships no types
        """Forget a client that failed; True when trying again may help."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold the write lock. Raises StoreUnavailable when it is not free in time."""
        ...

    def check_room(self) -> None:
        """Raises StoreError when there is no room to write a batch."""
        ...


class Rpc:
    """One client call after another, each within `timeout_s` seconds including a reconnect."""

    def __init__(self, link: Link, timeout_s: float, *, sparse: bool = True, partial: bool = True) -> None:
        self.link = link
        self.timeout_s = timeout_s
        self.sparse = sparse
        self.partial = partial
        self._deleted: set[str] = set()

    @property
    def vector_fields(self) -> tuple[str, ...]:
        """The vector columns of groups and resolutions on this engine."""
        return ("dense", "sparse") if self.sparse else ("dense",)

    def call(self, method: str, *args: Any, timeout_s: float = 0.0, **kwargs: Any) -> Any:  # noqa: ANN401 - as pymilvus
        """Call a client method. Raises StoreUnavailable or StoreError, never a library's own exception."""
        limit = timeout_s or self.timeout_s
        result, failure = self._guarded(method, args, kwargs, limit)
        if failure is not None:
            raise our_error(failure, method, self.link.where, limit)
        return result

    def _guarded(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], limit_s: float
    ) -> tuple[Any, Failure | None]:
        """One attempt; a server that did not answer is left alone until a trial call succeeds."""
        breaker = self.link.breaker
        if breaker is None:
            return self._attempt(method, args, kwargs, limit_s)
        trial = breaker.tripped
        if stopped := breaker.enter():
            raise StoreUnavailable(
                f"{stopped} Not asked again yet.",
                f"Check that the store runs; it is tried again at the latest {breaker.cooldown_s:g} s after a failure.",
                retry=True,
            )
        outcome: str | None = None
        try:
            if trial and method != "get_server_version":
                self._probe()
            result, failure = self._attempt(method, args, kwargs, limit_s)
            outcome = our_error(failure, method, self.link.where, limit_s).cause if failure in _DEAD else ""
        except StoreUnavailable as error:
            outcome = error.cause
            raise
        except McpRagError:
            outcome = ""  # refused credentials and the like: somebody answers
            raise
        finally:
            breaker.leave(outcome)
        return result, failure

    def _probe(self) -> None:
        limit = min(PROBE_S, self.timeout_s)
        _, failure = self._attempt("get_server_version", (), {}, limit)
        if failure in _DEAD:
            raise our_error(failure, "get_server_version", self.link.where, limit)

    def _attempt(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], limit_s: float
    ) -> tuple[Any, Failure | None]:
        deadline = time.monotonic() + limit_s
        known = failures()
        reloaded = False
        while True:
            client = self.link.client(deadline)
            remaining = max(0.05, deadline - time.monotonic())
            try:
                return getattr(client, method)(*args, timeout=remaining, **kwargs), None
            except known as error:
                failure = classify(error)
            if failure is Failure.UNREACHABLE and self.link.lost(client) and time.monotonic() < deadline:
                continue
            if failure is Failure.NOT_LOADED and not reloaded and args and method != "load_collection":
                reloaded = True
                _, unloaded = self._attempt("load_collection", (args[0],), {}, max(limit_s, 60.0))
                if unloaded is not None:
                    return None, unloaded
                continue
            return None, failure

    # ---------------------------------------------------------------- reading
    def _level(self, collection: str, *, strong: bool = False) -> str:
        """Servers tell no time for a delete, so Session would not wait for it: the first read after one is strong."""
        if collection in self._deleted:
            self._deleted.discard(collection)
            strong = True
        return "Strong" if strong else SESSION

    def query(
        self,
        collection: str,
        text: str,
        fields: Sequence[str],
        limit: int = MAX_LIMIT,
        offset: int = 0,
        *,
        strong: bool = False,
    ) -> list[Entity]:
        """Entities that meet an expression, once each, at most `limit` (<= 16,384 with `offset`). `strong` sees what
        every other process wrote, for up to half a second on a server; otherwise our own writes are seen."""
        rows: dict[str, Entity] = {}
        start = offset
        end = min(offset + limit, MAX_LIMIT)
        page_rows = PAGE_ROWS if len(fields) > LIGHT_FIELDS else MAX_LIMIT
        while start < end:
            size = min(page_rows, end - start)
            extra = {"offset": start} if start else {}
            page = self.call(
                "query",
                collection,
                filter=text,
                output_fields=list(fields),
                limit=size,
                consistency_level=self._level(collection, strong=strong),
                **extra,
            )
            for entity in page:
                rows[entity["id"]] = dict(entity)
            if len(page) < size:
                break
            start += size
        return list(rows.values())

    def get(self, collection: str, ids: Sequence[str], fields: Sequence[str]) -> list[Entity]:
        """Entities by id, in the order asked for; missing ones are left out."""
        found: dict[str, Entity] = {}
        for start in range(0, len(ids), IDS_PER_CALL):
            some = ids[start : start + IDS_PER_CALL]
            for entity in self.query(collection, ids_in(some), fields, len(some)):
                found[entity["id"]] = entity
        return [found[i] for i in ids if i in found]

    def scan(
        self, collection: str, text: str, fields: Sequence[str], prefix: str = "", *, strong: bool = False
    ) -> Iterator[Entity]:
        """Every entity that meets an expression, however many: split by id prefix where a query would be full."""
        condition = " and ".join(part for part in (text, prefix_is(prefix) if prefix else "") if part)
        rows = self.query(collection, condition, fields, strong=strong)
        if len(rows) < MAX_LIMIT or len(prefix) >= 32:
            yield from rows
            return
        for digit in HEX:
            yield from self.scan(collection, text, fields, prefix + digit, strong=strong)

    def count(self, collection: str, text: str = "") -> int:
        """Number of entities that meet an expression."""
        rows = self.call(
            "query", collection, filter=text, output_fields=["count(*)"], consistency_level=self._level(collection)
        )
        return int(rows[0]["count(*)"])

    def search(
        self,
        collection: str,
        field: str,
        vector: object,
        limit: int,
        text: str,
        fields: Sequence[str] = (),
    ) -> list[tuple[str, float, Entity]]:
        """(id, inner product, entity) of the nearest, best first, at most `limit` (<= 16,384)."""
        params: dict[str, Any] = {"metric_type": "IP", "params": {}}
        if field == "dense":
            params["params"] = {"ef": max(limit, MIN_EF)}
        hits = self.call(
            "search",
            collection,
            data=[vector],
            anns_field=field,
            limit=limit,
            filter=text,
            search_params=params,
            output_fields=["id", *fields],
            consistency_level=self._level(collection),
        )
        found = [(hit["id"], float(hit["distance"]), dict(hit["entity"])) for hit in hits[0]]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    # ---------------------------------------------------------------- writing
    def upsert(self, collection: str, entities: Sequence[Entity], *, partial: bool = False) -> None:
        """Write entities in batches of at most 4 MiB. A refused batch is halved until the bad rows stand alone: the
        others are stored, then StoreError names the bad ones."""
        refused: list[str] = []
        for batch in batches(entities):
            self.link.check_room()
            self._upsert_batch(collection, batch, refused, partial=partial)
        if refused:
            raise StoreError(
                f"{self.link.where} refused {len(refused)} of {len(entities)} rows: {', '.join(refused[:5])}.",
                "The other rows are stored. Report this as a defect.",
            )

    def _upsert_batch(self, collection: str, batch: list[Entity], refused: list[str], *, partial: bool) -> None:
        extra = {"partial_update": True} if partial else {}
        _, failure = self._guarded("upsert", (collection,), {"data": batch, **extra}, self.timeout_s)
        if failure is None:
            return
        if failure is not Failure.REFUSED:
            raise our_error(failure, "upsert", self.link.where, self.timeout_s)
        if len(batch) == 1:
            refused.append(batch[0]["id"])
            return
        half = len(batch) // 2
        self._upsert_batch(collection, batch[:half], refused, partial=partial)
        self._upsert_batch(collection, batch[half:], refused, partial=partial)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete by id; ids that are not stored are no error."""
        for start in range(0, len(ids), IDS_PER_CALL):
            self.call("delete", collection, filter=ids_in(ids[start : start + IDS_PER_CALL]))
            self._deleted.add(collection)


def batches(entities: Sequence[Entity], size: Callable[[Entity], int] | None = None) -> Iterator[list[Entity]]:
    """Runs of at most 256 entities and 4 MiB."""
    measure = size or entity_bytes
    batch: list[Entity] = []
    room = BATCH_BYTES
    for entity in entities:
        need = measure(entity)
        if batch and (need > room or len(batch) >= BATCH_ROWS):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(entity)
        room -= need
    if batch:
        yield batch


def entity_bytes(value: object) -> int:
    """About how many bytes a value takes on the wire."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return sum(entity_bytes(k) + entity_bytes(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return sum(map(entity_bytes, value))
    return int(getattr(value, "nbytes", 8))
