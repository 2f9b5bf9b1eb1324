"""The instant of an event whose header and container prefixes each name a time, none of them perhaps in full."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_rag import clock
from mcp_rag.types import ParseSettings

# Zones are whole quarters of an hour away from UTC, and no more than 14 hours: beyond a day, the line is an old one
# that was printed again.
_QUARTER_MS = 15 * 60_000
_REPLAYED_MS = 26 * clock.HOUR_MS
# So much later than a program wrote its time may a container's runtime have stamped the line.
_DELAY_MS = 90_000


def instant_of(stamps: Sequence[str], settings: ParseSettings) -> int | None:
    """Epoch milliseconds of the innermost of the times of one line, given outermost first and as written.

    What a time leaves open (its zone, its year, its date) is taken from the time around it: a container's runtime
    writes all of them, a program often does not.
    """
    if len(stamps) == 1:
        return clock.parse_timestamp(stamps[0], zone=settings.zone, reference_ms=settings.reference_ms)
    found: int | None = None
    known = clock.Stated(date=False, zone=False)
    for stamp in stamps:
        reference = settings.reference_ms if found is None else found
        instant = clock.parse_timestamp(stamp, zone=settings.zone, reference_ms=reference)
        if instant is None:
            continue
        own = clock.stated(stamp)
        vague = not own.zone and known.date and (known.zone or not own.date)
        found = _agreed(instant, found, zoned=known.zone) if vague and found is not None else instant
        known = clock.Stated(own.date or known.date, own.zone or known.zone)
    return found


def _agreed(instant: int, outer: int, *, zoned: bool) -> int:
    """A vague time within a surer one: what its clock shows, moved (if the zone of the other is known) by what makes
    the two agree; else the surer one."""
    apart = outer - instant
    if abs(apart) > _REPLAYED_MS:
        return instant
    moved = instant + (round(apart / _QUARTER_MS) * _QUARTER_MS if zoned else 0)
    return moved if abs(outer - moved) <= _DELAY_MS else outer
