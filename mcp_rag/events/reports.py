"""Where the report of one failed test begins and ends among others of the same run.

A runner prints failures below each other, indented or not, each with a title above it and, behind the last one, a
summary. Without the titles all failures of a run would be one event, and without the summary's marks its last lines
would be part of the last failure.
"""

from __future__ import annotations

from mcp_rag.events.phases import Lane, OpenEvent, Phase
from mcp_rag.events.shapes import Shape
from mcp_rag.stacktrace import Part
from mcp_rag.stacktrace.reports import RULE, SUMMARY, TITLE

_FAILURE = frozenset({Part.FRAME, Part.LINK, Part.DETAIL, Part.TYPE, Part.CRASH, Part.START})
_LINES_TO_FAILURE = 12


def begins_report(event: OpenEvent, shape: Shape, lane: Lane, at: int) -> bool | None:
    """Whether a line of a report's frame begins an event; None where it reads like any other text."""
    language = shape.role.language
    if language == SUMMARY or shape.role.part is Part.CRASH:
        return True
    below = event.phase is Phase.PRELUDE and event.last == at - 1
    if language == RULE and shape.role.part is Part.NONE:
        return False if event.phase is Phase.DONE and event.last == at - 1 else None
    if language == RULE:
        if below and event.head.role.language in {RULE, TITLE}:
            return False
        return True if lane.following(at).language == TITLE else None
    if below and event.head.role.language == RULE:
        return False
    return True if lane.ahead(at, _FAILURE, _LINES_TO_FAILURE) else None


def in_report(event: OpenEvent, lane: Lane, at: int) -> bool:
    """Whether text at the left margin continues a report: what stands directly below does, and what a frame follows."""
    return event.last == at - 1 or lane.ahead(at, _FAILURE, _LINES_TO_FAILURE)
