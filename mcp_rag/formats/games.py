"""Headers of game engines, their editors and servers."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_QUIET = {"ACTION": Level.INFO, "NONE": Level.INFO, "Display": Level.INFO, "VeryVerbose": Level.TRACE}


def _word(found: re.Match[str]) -> Level:
    word = found["word"] or "Display"
    return _QUIET.get(word) or level_of(word)


GAME_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "luanti",
        "Luanti (Minetest): `time: LEVEL[Thread]: message`",
        "2026-11-23 19:20:37: ERROR[Main]: the till could not be placed",
        stamped=True,
        shapes=("iso",),
        needs="]: ",
        grade=_word,
        pattern=r": (?P<word>ERROR|WARNING|ACTION|INFO|VERBOSE|TRACE|NONE)\[(?P<logger>[\w ]{1,40})\]: ",
    ),
    TextFormat(
        "godot",
        "Godot's debugger: `E 0:00:03:0828   message`, the place on the lines below",
        "E 0:00:03:0828   Index till = 4 is out of bounds (size = 4).",
        first="EW",
        needs=":",
        pattern=r"(?P<level>[EW]) \d{1,3}:\d\d:\d\d:\d{3,4} {1,6}",
    ),
    TextFormat(
        "unreal-console",
        "Unreal Engine without a time, as its tools repeat it: `LogCategory: Error: message`",
        "LogTill: Error: the drawer is stuck",
        first="LU",
        needs="Log",
        grade=_word,
        pattern=r"(?:UATHelper: [\w ()-]{1,60}: {1,4})?(?P<logger>Log[A-Z]\w{1,60}): {1,2}"
        r"(?P<word>Fatal|Error|Warning|Display|Verbose|VeryVerbose): ?",
    ),
)
