"""Headers of the loggers of one program: Substrate, Kratos, BepInEx, EventStore, rspamd, Android's packager."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_PLACE = r":\d{1,7}(?::\d{1,5})?(?:-(?:\d{1,7}:)?\d{1,7})?"


def _plugin(found: re.Match[str]) -> Level:
    return Level.INFO if found["kind"] == "Message" else level_of(found["kind"])


STACK_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "substrate",
        "Substrate's nodes, each line with its thread: `time LEVEL thread target: message`",
        "2026-11-23 19:20:37.123 ERROR tokio-runtime-worker shop::till: drawer is locked",
        stamped=True,
        shapes=("iso",),
        needs="::",
        pattern=r" {1,2}(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) (?P<stream>[a-z][\w-]{1,40}) "
        r"(?P<logger>[a-z_]\w{0,60}(?:::\w{1,60}){1,8}): ",
    ),
    TextFormat(
        "kratos",
        "Kratos and go-kit before their pairs: `LEVEL ts=time caller=file.go:line key=value msg=message`",
        "ERROR ts=2026-11-23T19:20:37Z caller=till/open.go:41 service.name=shop msg=drawer is locked",
        first="DIWEF",
        needs=" ts=",
        pattern=r"(?P<level>DEBUG|INFO|WARN|ERROR|FATAL) ts=(?P<time>\S{1,40}) "
        r"caller=(?P<logger>[\w./@-]{1,120}):\d{1,7} (?:(?!msg=)[\w.]{1,40}=\S{0,120} ){0,8}msg=",
    ),
    TextFormat(
        "bepinex",
        "BepInEx, the plugin loader of Unity games: `[LEVEL  : plugin] message`",
        "[Error  :      Till] Drawer is locked",
        first="[",
        needs=":",
        grade=_plugin,
        pattern=r"\[(?P<kind>Fatal|Error|Warning|Message|Info|Debug) {0,3}: {0,10}(?P<logger>[^\[\]:]{1,60})\] ",
    ),
    TextFormat(
        "eventstore",
        "EventStoreDB: `[process, thread,time,LEVEL] message`",
        "[ 4711, 9,19:20:37.123,ERR] The drawer is locked",
        first="[",
        needs=",",
        pattern=r"\[ {0,6}(?P<stream>\d{1,7}), {0,3}\d{1,4},(?P<time>\d\d:\d\d:\d\d\.\d{3})"
        r"(?:,(?P<level>[A-Z]{3}))?\](?: |$)",
    ),
    TextFormat(
        "rspamd",
        "rspamd: `time #pid(worker) <id>; module; function: message`",
        "2026-11-23 19:20:37 #9(controller) <9f1c2d>; lua; till.lua:41: cannot open the drawer",
        stamped=True,
        needs=">; ",
        pattern=r" #(?P<stream>\d{1,8})\((?P<service>\w{1,40})\) <[^<>]{0,40}>; (?P<logger>[\w-]{1,40}); "
        r"(?:[\w./-]{1,80}:\d{1,6}|\w{1,80}): ",
    ),
    TextFormat(
        "android-resources",
        "Android's resource compiler and manifest merger: `ERROR:file.xml:line: AAPT: error: message`, "
        "`file.xml:line:column-line:column Error:`, the message on the next line",
        "ERROR:/srv/shop/res/layout/till.xml:3:5-20: AAPT: error: resource string/till not found.",
        needs=".xml:",
        pattern=r"(?:(?P<level>ERROR|WARNING):(?=[^\s]{1,250}\.xml:)\S{1,280}: (?:AAPT: )?(?:error: )?"
        rf"|[^\s:]{{0,3}}:?[^\s:]{{1,250}}\.xml{_PLACE} (?P<word>Error|Warning): {{0,2}}$)",
        grade=lambda found: level_of(found["level"] or found["word"]),
    ),
)
