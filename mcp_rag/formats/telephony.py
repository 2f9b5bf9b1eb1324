"""Headers of telephone exchanges and SIP servers."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_LEVELS = "CONSOLE|DEBUG|INFO|NOTICE|WARNING|ERR|CRIT|ALERT"
_SWITCH = rf"(?:\d{{1,3}}\.\d\d% )?\[(?P<level>{_LEVELS})\] (?P<logger>[\w.+-]{{1,80}}\.c(?:pp)?):\d{{1,6}} "


def _switch(found: re.Match[str]) -> Level:
    """What FreeSWITCH always shows on its console is no worse than information."""
    return Level.INFO if found["level"] == "CONSOLE" else level_of(found["level"])


def _sip(found: re.Match[str]) -> Level:
    return Level.FATAL if found["level"] == "BUG" else level_of(found["level"])


TELEPHONY_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "freeswitch",
        "FreeSWITCH: `time idle% [LEVEL] file.c:line message`",
        "2026-11-23 19:20:37.123456 97.43% [ERR] mod_till.c:812 no drawer for +15550100",
        stamped=True,
        shapes=("iso",),
        needs="] ",
        grade=_switch,
        pattern=rf" {_SWITCH}",
    ),
    TextFormat(
        "freeswitch-session",
        "FreeSWITCH with the session before the time: `uuid time idle% [LEVEL] file.c:line message`",
        "3f1c2b9a-8d7e-4f6a-9b0c-1d2e3f4a5b6c 2026-11-23 19:20:37.123456 97.43% [ERR] mod_till.c:812 no drawer",
        first="0a",
        needs="] ",
        grade=_switch,
        pattern=r"(?P<stream>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) "
        rf"(?P<time>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{6}}) {_SWITCH}",
    ),
    TextFormat(
        "kamailio",
        "Kamailio, with the process or the request before the level: `12(4711) LEVEL: module [file.c:line]: message`, "
        "`{1 101 INVITE id} LEVEL: module [file.c:line]: message`",
        "12(4711) ERROR: <core> [core/till.c:812]: open_till(): no drawer",
        first="0 {A",
        needs=": ",
        grade=_sip,
        pattern=r"(?: {0,3}\d{1,5}\(\d{1,9}\) (?:\{[^{}\n]{1,200}\} )?"
        r"|\{\d{1,3} \d{1,10} [A-Z]{2,12} [^{}\s]{1,160}\} "
        # Without either only where the place follows.
        r"|(?=[A-Z]{3,8}: [\w<>.-]{1,60} \[[\w./-]{1,120}\.[ch]:\d{1,6}\]: ))"
        r"(?P<level>ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG): (?P<logger>[\w<>.-]{1,60}) "
        r"(?:\[[\w./-]{1,120}:\d{1,6}\]: )?",
    ),
)
