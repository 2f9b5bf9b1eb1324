"""What the ledger's rows say together about one group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mcp_rag.ranking import status_of
from mcp_rag.rows import ErrorGroup, Resolution
from mcp_rag.store.entities import Entity, bounded_timeline


@dataclass(slots=True)
class Totals:
    """Sums over living rows for one group."""

    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    hours: dict[int, int] = field(default_factory=dict)

    def add(self, item: list[Any]) -> None:
        """Add one row's `[first, last, hour, n, ...]`."""
        self.first_ms = min(self.first_ms, item[0]) if self.count else item[0]
        self.last_ms = max(self.last_ms, item[1]) if self.count else item[1]
        for hour, n in zip(item[2::2], item[3::2], strict=True):
            self.hours[hour] = self.hours.get(hour, 0) + n
            self.count += n


def totals_entity(group_id: str, totals: Totals, fixes: Sequence[Resolution]) -> Entity:
    """The columns of a group that follow from the ledger."""
    return {
        "id": group_id,
        "count": totals.count,
        "first_seen": totals.first_ms,
        "last_seen": totals.last_ms,
        "timeline": {str(k): v for k, v in bounded_timeline(totals.hours).items()},
        "status": status_of(totals.last_ms if totals.count else 0, fixes),
    }


def group_as_counted(group: ErrorGroup, totals: Totals, fixes: Sequence[Resolution]) -> ErrorGroup:
    """The group with what follows from the ledger; the same object when it says that already."""
    counted = replace(
        group,
        count=totals.count,
        first_seen_ms=totals.first_ms,
        last_seen_ms=totals.last_ms,
        timeline=bounded_timeline(totals.hours),
    )
    if counted == group:
        return group
    return replace(counted, status=status_of(totals.last_ms if totals.count else 0, fixes))
