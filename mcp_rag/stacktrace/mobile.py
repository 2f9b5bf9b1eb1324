"""Reports that phones and their frameworks write about an app that failed: Android's tombstones and ANRs, Apple's crash
reports, Flutter's boxes.

Each is one block of many lines of which few look like a trace, so their tables name the lines of the block too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace import native, others
from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

ANR = "anr"
APPLE = "apple"
FLUTTER = "flutter"

_REGISTER = r"(?:[rx]\d{1,2}|[er][abcd]x|[er][sd]i|[er][bsi]p|x[cdefgs]s|ip|sp|lr|pc|fp|sl|cpsr|pst|pstate|flags)"
# debuggerd's report of a native crash. Its frames are those of any C++ program, but for the place in front.
TOMBSTONE_PARTS: Table = (
    Pattern(Part.CRASH, r"\*\*\* \*\*\* \*\*\* (?:\*\*\* ){7,17}\*\*\*$"),
    Pattern(Part.PRELUDE, r"Build fingerprint: '"),
    Pattern(Part.DETAIL, r"Revision: '[\w.-]{1,40}'$|ABI: '[\w.-]{1,40}'$"),
    Pattern(Part.DETAIL, r"Timestamp: \d{4}-|Process uptime: \d|Cmdline: \S|uid: \d{1,9}$|tagged_addr_ctrl: "),
    Pattern(Part.DETAIL, r"pid: \d{1,9}, tid: \d{1,9}, name: "),
    Pattern(Part.DETAIL, r"signal \d{1,3} \(SIG[A-Z]{2,8}\), code |Abort message: ['\"]|Cause: \w"),
    Pattern(Part.DETAIL, rf"(?:{_REGISTER} +[0-9a-f]{{8,16}}(?: +|$)){{2,5}}$", "  "),
    Pattern(
        Part.DETAIL,
        r"backtrace:$|stack:$|memory near \w|memory map|Tombstone written to: |--- --- --- (?:--- ){7,17}---$",
    ),
    Pattern(Part.FRAME, r"#\d{2,4} {1,2}pc [0-9a-f]{6,16} |native: #\d{2,4} {1,2}pc [0-9a-f]{6,16} "),
)
# The activity manager on an app that does not answer.
ANR_PARTS: Table = (
    Pattern(Part.CRASH, r"ANR in [\w.]{1,200}(?::\w{1,100})?(?: \(|$)"),
    Pattern(Part.DETAIL, r"PID: \d{1,9}$|Parent: [\w.]{1,200}/|ErrorId: [0-9a-f]{8}-|Frozen: (?:true|false)$"),
    Pattern(Part.DETAIL, r"Reason: (?:Input dispatching|Broadcast of |[Ee]xecuting service|Context\.start|key[Dd]isp)"),
    Pattern(Part.DETAIL, r"Load: \d{1,6}\.\d{1,4} / |----- (?:Output from|End output from) /proc/|CPU usage from \d"),
    Pattern(Part.DETAIL, r"some avg10=\d|full avg10=\d"),
    Pattern(Part.DETAIL, r"\d{1,4}(?:\.\d)?% (?:TOTAL: |\d{1,7}/\S)", "% "),
)
APPLE_PARTS: Table = (
    Pattern(Part.CRASH, r"Incident Identifier: {1,12}[0-9A-F]{8}-"),
    Pattern(Part.PRELUDE, r"Process: {2,20}\S[^\n]{0,200} \[\d{1,9}\]$"),
    Pattern(Part.DETAIL, r"Exception Type: {1,8}(?:EXC_|SIG)"),
    Pattern(Part.DETAIL, r"Last Exception Backtrace:$|Binary Images:$"),
)
FLUTTER_PARTS: Table = (
    Pattern(Part.CRASH, r"══{1,59}╡? (?:EXCEPTION CAUGHT BY|Exception caught by) |=={1,59} Exception caught by "),
    Pattern(Part.DETAIL, r"=={99}$|══{19,119}$"),
)

_ANR = re.compile(r".*?\bANR in (.{1,400})$")
_REASON = re.compile(r"\s*Reason: (.{1,600})$")
_SIGNAL = re.compile(r"\s*signal \d{1,3} \((SIG[A-Z]{2,8})\), code -?\d{1,4} \((\w{1,40})")
_ABORT = re.compile(r"\s*Abort message: ['\"](.{1,1000}?)['\"]?$")
_PLACE = re.compile(
    r"\s*#\d{2,4} {1,2}pc [0-9a-f]{6,16} {1,2}(\S{1,300}(?: \(deleted\))?)(?: \(offset 0x[0-9a-f]+\))?"
    r"(?: \((?!BuildId: )(.{1,400}?)(?:\+\d{1,9})?\))?(?: \(BuildId: \w{1,80}\))?$"
)
_SYSTEM = re.compile(r"/(?:system|vendor|apex|product|odm)/|\[")
_TYPE = re.compile(r"Exception Type: {1,8}(\w{1,60})(?: \((\w{1,40})\))?")
_THROWN = re.compile(r"\s*\*\*\* Terminating app due to uncaught exception '([^'\n]{1,200})', reason: '(.*)'$")
_TOLD = re.compile(r"(?:Exception (?:Reason|Subtype|Message)|Termination (?:Reason|Description)): {1,8}(.{1,600})$")
_CRASHED = re.compile(r"(?:Last Exception Backtrace|Thread \d{1,5}(?: name: .{0,100})? Crashed:{0,2}.{0,200}):?$")
_CALL = re.compile(
    r"\d{1,4} {1,4}(\S[^\t\n]{0,80}?)\s+0x[0-9a-f]{6,16} (?:0x[0-9a-f]{6,16}|(.{1,400}?)) \+ \d{1,12}"
    r"(?: \((?:([^():\n]{1,200}):(\d{1,9})|(.{1,300}?) \+ \d{1,9})\)|\s+// (.{1,300}))?$"
)
_BOX = re.compile(r"[═=]{2,60}╡? (?:EXCEPTION CAUGHT BY|Exception caught by) ")
_BOX_THROWN = re.compile(r"The following ([A-Z_]\w{1,80}) was thrown\b")
_NAMED = re.compile(r"([A-Z_]\w{0,80}(?:Error|Exception)): (.*)$")
_WIDGET = re.compile(r"\s+(\w{1,80})(?: \w{1,80})?(?::? ?file:/{2,3}| )(\S{1,300}\.dart):(\d{1,9}):\d{1,9}$")


def anr(lines: Sequence[str]) -> StackTrace | None:
    """`ANR in app (component)` and below it the reason: what was not answered."""
    app = next((found[1] for line in lines if (found := _ANR.match(line))), "")
    reason = next((found[1] for line in lines if (found := _REASON.match(line))), "")
    if not app:
        return None
    said = reason.partition(" (")[0]
    return StackTrace(ANR, (ExceptionInfo("ANR", f"{app}: {said}" if said else app),))


def tombstone(lines: Sequence[str]) -> StackTrace | None:
    """A native crash as debuggerd reports it; None where it has no frame of that kind."""
    frames: list[Frame] = []
    type_, message, abort = "", "", ""
    for line in lines:
        if place := _PLACE.match(line):
            function = (place[2] or "").split("(")[0]
            own = native.in_app(function, place[1]) and _SYSTEM.match(place[1]) is None
            frames.append(Frame(function=function, file=place[1], in_app=own and not place[1].startswith("<")))
        elif frames and line.strip().startswith("--- --- "):
            break  # the other threads
        elif not type_ and (signal := _SIGNAL.match(line)):
            type_, message = signal[1], signal[2]
        elif not abort and (told := _ABORT.match(line)):
            abort = told[1]
    return StackTrace(native.LANGUAGE, (ExceptionInfo(type_, abort or message, tuple(frames)),)) if frames else None


def native_crash(lines: Sequence[str]) -> StackTrace | None:
    """A crash of C or C++, whoever reports it."""
    return tombstone(lines) or native.parse(lines)


def apple(lines: Sequence[str]) -> StackTrace | None:
    """A crash report of macOS or iOS: the exception's type, what is told of it and the calls of the thread that
    crashed, or those of the exception that ended the app."""
    type_, message = "", ""
    frames: list[Frame] = []
    inside = False
    for line in lines:
        text = line.strip()
        if thrown := _THROWN.match(line):
            type_, message = thrown[1], thrown[2]
        elif not type_ and (found := _TYPE.match(text)):
            type_ = found[1] if found[2] is None else f"{found[1]} ({found[2]})"
        elif not message and (told := _TOLD.match(text)):
            message = told[1].strip()
        elif _CRASHED.match(text):
            inside = not frames
        elif inside and (call := _CALL.match(text)):
            function = call[5] or call[6] or call[2] or ""
            frames.append(others.swift_frame(function, call[1], call[3] or "", call[4] or "0"))
        elif text:
            inside = inside and not frames
    return StackTrace("swift", (ExceptionInfo(type_, message, tuple(frames)),)) if type_ else None


def flutter(lines: Sequence[str]) -> StackTrace | None:
    """Flutter's box around an error, or its engine's line on one that nobody caught."""
    at = next((n for n, line in enumerate(lines) if _BOX.match(line.strip())), -1)
    if at < 0:
        return others.dart(lines)
    type_, said, where = "", "", None
    for line in lines[at + 1 :]:
        text = line.strip()
        if thrown := _BOX_THROWN.match(text):
            type_ = thrown[1]
        elif text and not said and not text.startswith("The following "):
            said = text
        elif where is None and (place := _WIDGET.match(line)):
            where = Frame(function=place[1], file=place[2], line=int(place[3]))
    if not type_ and (named := _NAMED.match(said)):
        type_, said = named[1], named[2]
    traced = others.dart(lines)
    frames = traced.outermost.frames if traced else (where,) if where else ()
    return StackTrace("dart", (ExceptionInfo(type_ or "Exception", said, frames),))
