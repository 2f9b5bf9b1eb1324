"""Headers of what phones, desktops and small systems log with, and of their audit trails."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_APPLE = {"Default": Level.INFO, "Activity": Level.INFO, "Fault": Level.ERROR, "Df": Level.INFO, "A": Level.INFO}
_APPLE |= {"Db": Level.DEBUG, "F": Level.ERROR, "Ft": Level.ERROR, "Er": Level.ERROR, "In": Level.INFO}
_WINDOWS = {"1": Level.FATAL, "2": Level.ERROR, "3": Level.WARN, "5": Level.DEBUG}
_FACILITY = r"(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|ntp|security|console|local\d)"
# The library and the subsystem that Apple's log puts before a message.
_SENDER = r"(?:\((?P<library>[^()]{1,80})\) )?(?:\[(?P<logger>[\w.-]{1,100}:[\w .-]{0,60})\] )?"


def _apple(found: re.Match[str]) -> Level:
    word = found["kind"] or ""
    return _APPLE.get(word, level_of(word))


def _windows(found: re.Match[str]) -> Level:
    return _WINDOWS.get(found["number"], Level.INFO)


def _exited(found: re.Match[str]) -> Level:
    # By whom it was told to stop (interrupted, terminated) is no error of the process.
    return Level.INFO if found["code"] in {"0", "130", "143"} else Level.ERROR


PLATFORM_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "macos-log",
        "macOS and iOS `log show`: `time thread type activity pid ttl process: (library) [subsystem] message`",
        "2026-11-23 19:20:37.123456+0100 0x1f3a     Error       0x8812               4711   0    Shop: (CoreData) "
        "[com.acme:store] no such entity",
        stamped=True,
        needs="x",
        grade=_apple,
        pattern=r" {1,2}\dx[0-9a-f]{1,16} {1,12}(?P<kind>Default|Info|Debug|Error|Fault|Activity) {1,12}"
        rf"\dx[0-9a-f]{{1,16}} {{1,24}}(?P<stream>\d{{1,8}}) {{1,10}}\d{{1,8}} {{1,10}}"
        rf"(?P<service>[^\s:\[\]]{{1,80}}): {_SENDER}",
    ),
    TextFormat(
        "macos-syslog",
        "macOS `log show --style syslog`: `time  host process[pid]: (library) [subsystem] message`",
        "2026-11-23 19:20:37.123456+0100  localhost Shop[4711]: (CoreData) [com.acme:store] no such entity",
        stamped=True,
        shapes=("iso",),
        needs="]: ",
        pattern=rf"  [\w.-]{{1,80}} (?P<service>[\w.-]{{1,80}})\[(?P<stream>\d{{1,8}})\]: (?:<\w{{1,10}}>: )?{_SENDER}",
    ),
    TextFormat(
        "macos-compact",
        "macOS `log show --style compact`, and NSLog: `time Er process[pid:thread] message`",
        "2026-11-23 19:20:37.123 Er Shop[4711:1f3a] [com.acme:store] no such entity",
        stamped=True,
        shapes=("iso",),
        needs=":",
        grade=_apple,
        pattern=r" (?:(?P<kind>Df|Db|In|Er|Ft|[IEFA]) {1,3})?(?P<service>[A-Za-z][\w.-]{0,80})"
        rf"\[(?P<stream>\d{{1,8}}:[0-9a-f]{{1,12}})\] {_SENDER}",
    ),
    TextFormat(
        "android-studio",
        "Logcat as Android Studio shows it: `time pid-tid/package E/Tag: message`, `time pid-tid  Tag  package  E  "
        "message`",
        "2026-11-23 19:20:37.123 4711-4790/com.acme.shop E/Billing: charge failed for invoice 1000",
        stamped=True,
        shapes=("iso", "short", "clock"),
        grade=lambda found: level_of((found["level"] or found["letter"]).replace("A", "F")),
        pattern=r" {1,2}(?:(?:(?P<stream>\d{1,7}[-:/]\d{1,7})(?:/[\w.?:-]{1,100})? {1,2})?(?P<level>[VDIWEFA])/"
        r"(?P<logger>[^\s:()]{1,60}) {0,12}: ?"
        r"|\d{1,7}-\d{1,7} {1,4}(?P<tag>[^\s:]{1,60}) {1,40}[\w.:-]{1,100} {1,40}(?P<letter>[VDIWEFA])  )",
    ),
    TextFormat(
        "openwrt",
        "OpenWrt's logread: `Mon Nov 23 time year facility.severity program[pid]: message`",
        "Mon Nov 23 19:20:37 2026 daemon.err uhttpd[4711]: cannot bind to port 80",
        stamped=True,
        shapes=("asctime",),
        needs=": ",
        pattern=rf" {_FACILITY}\.(?P<level>[a-z]{{3,7}}) (?P<service>[\w./()-]{{1,60}})(?:\[(?P<stream>\d{{1,8}})])?: ",
    ),
    TextFormat(
        "auditd",
        "The Linux audit daemon: `type=AVC msg=audit(epoch:serial): pairs`",
        'type=AVC msg=audit(1796325637.123:812): avc:  denied  { read } for  pid=4711 comm="shop"',
        first="tn",
        needs="msg=audit(",
        pattern=r"(?:node=\S{1,100} )?type=(?P<logger>[A-Z0-9_]{3,40}|UNKNOWN\[\d{1,5}\]) "
        r"msg=audit\((?P<time>\d{10}\.\d{3}):\d{1,12}\): ",
    ),
    TextFormat(
        "windows-event-xml",
        "Windows events as XML (wevtutil, collectors): level and time from the System element",
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Shop'/>"
        "<EventID>1000</EventID><Level>2</Level><TimeCreated SystemTime='2026-11-23T19:20:37.1234567Z'/></System>"
        "</Event>",
        first="<",
        needs="<System>",
        grade=_windows,
        digits_matter=True,
        pattern=r"(?P<body>)<Event(?: xmlns=['\"][^'\"]{1,100}['\"])?>\s{0,4}<System>"
        r"\s{0,4}<Provider Name=['\"](?P<logger>[^'\"]{1,100})['\"]"
        r"(?=.{0,300}?<Level>(?P<number>\d{1,2})</Level>)"
        r"(?=.{0,400}?<TimeCreated SystemTime=['\"](?P<time>[^'\"]{10,40})['\"])",
    ),
    TextFormat(
        "exit-code",
        "docker compose, foreman and PM2 on the end of a process: `web-1 exited with code 137`",
        "web-1 exited with code 137",
        first="aAP",
        needs="exited with code ",
        grade=_exited,
        digits_matter=True,
        pattern=r"(?:PM\d(?:  ?\||(?: log| error)?:?) )?(?:App \[)?(?P<service>[A-Za-z][\w.-]{0,80})(?::\d{1,4}\])? "
        r"(?P<body>)exited with code \[?(?P<code>\d{1,3})",
    ),
)
