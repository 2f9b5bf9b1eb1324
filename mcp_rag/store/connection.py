"""What the store needs from a way to reach Milvus; `lite` and `server` each provide one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mcp_rag.store.rpc import Link, Rpc
from mcp_rag.store.schema import Kept
from mcp_rag.store.settings import Names


@dataclass(frozen=True, slots=True)
class State:
    """What `kb_status` says about the connection. `role` is "owner", "guest" or ""; `owner` names the process."""

    kind: str
    location: str
    version: str
    role: str = ""
    owner: str = ""
    size_bytes: int = 0
    degraded: tuple[str, ...] = ()


class Connection(Protocol):
    """One way to a Milvus. `flushes`: seal segments after each ingest; `infix_like`: LIKE takes `%x%`."""

    flushes: bool
    infix_like: bool

    @property
    def link(self) -> Link: ...

    def open(self, rpc: Rpc, names: Names, model_id: str, dimension: int) -> Kept:
        """Connect, set what `rpc` may use, create or check the collections. Raises StoreError."""
        ...

    def close(self) -> None: ...

    def describe(self, rpc: Rpc) -> State: ...
