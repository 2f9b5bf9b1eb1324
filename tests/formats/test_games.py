"""Headers of game engines, their editors and servers."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

E, W, F, I, D = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG  # noqa: E741 - one letter keeps the table readable

# line, format, level, message, logger
CASES = [
    ("2026-11-23 19:20:37: ACTION[Server]: Ada joins", "luanti", I, "Ada joins", "Server"),
    ("2026-11-23 19:20:37: WARNING[Main]: slow", "luanti", W, "slow", "Main"),
    ("W 0:00:03:0011   The variable is unused", "godot", W, "The variable", ""),
    ("LogTill: Warning: the drawer is stuck", "unreal-console", W, "the drawer", "LogTill"),
    ("LogInit: Display: ready", "unreal-console", I, "ready", "LogInit"),
    ("UATHelper: Packaging (Linux):   LogCook: Error: no map", "unreal-console", E, "no map", "LogCook"),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "logger"), CASES, ids=[c[0][:40] for c in CASES])
def test_header(line: str, name: str, level: Level, message: str, logger: str) -> None:
    """Format, level, category and where the message begins."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level, line[slice(*header.logger)] if logger else "") == (name, level, logger)
    assert line[header.body :].startswith(message)


def test_each_line_of_the_debugger_begins_an_event() -> None:
    """The place and the calls stand indented below Godot's error and belong to it."""
    text = (
        "ERROR: the scene is gone\n"
        "E 0:00:02:0340   Index till = 4 is out of bounds.\n  <C++ Source>   core/vector.h:12 @ get()\n"
        "W 0:00:03:0011   The variable is unused.\n  <GDScript Source>till.gd:12\n"
    )
    found = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 0, E), (1, 2, E), (3, 4, W)]


@pytest.mark.parametrize("line", ["E 0:00 left", "Log: Error: x", "Logs: Errors", "2026-11-23 19:20:37: ACTION: x"])
def test_lines_that_only_look_alike(line: str) -> None:
    """What lacks the clock, the category or the thread is none of these."""
    header = formats.match(line)
    assert header is None or header.format in formats.FALLBACKS
