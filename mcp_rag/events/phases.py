"""How far the trace inside an open event has come, and what the rules of joining look at."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from mcp_rag.events.shapes import Shape
from mcp_rag.stacktrace import Part, Role


class Phase(IntEnum):
    """How far the trace inside the open event has come."""

    NONE = 0  # no trace yet
    PRELUDE = 1  # announced
    HEAD = 2  # begun: type or header seen, frames or message due
    FRAMES = 3
    LINK = 4  # the next exception of the chain is due
    DONE = 5  # Python: the closing exception line was seen


class OpenEvent(Protocol):
    """What the rules look at of the open event."""

    first: int
    last: int
    head: Shape
    phase: Phase
    language: str
    prefixed: bool
    crash: bool
    last_shape: Shape | None

    @property
    def headed(self) -> bool: ...


class Lane(Protocol):
    """What the rules look at of the lane."""

    strict: bool

    def ahead(self, at: int, parts: frozenset[Part], limit: int) -> bool: ...

    def following(self, at: int) -> Role: ...
