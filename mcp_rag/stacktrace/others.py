"""Languages with short traces: Perl, Swift, Dart, Lua, Julia, R, Haskell, OCaml, PowerShell, the shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

PERL: Table = (
    Pattern(Part.FRAME, r"[\w:]{1,120}\([^\n]{0,500}\) called at \S+ line \d", "called at"),
    Pattern(Part.CRASH, r"syntax error at \S{1,300} line \d+, (?:near|at EOF)"),
    Pattern(Part.CRASH, r"Global symbol \"[^\"\n]{1,100}\" requires "),
    Pattern(Part.DETAIL, r"BEGIN failed--compilation aborted|Compilation failed in require"),
    Pattern(Part.DETAIL, r"Execution of \S{1,300} aborted due to compilation errors"),
)
SWIFT: Table = (
    Pattern(
        Part.CRASH,
        r"(?:[\w./\-]{1,200}\.swift:\d+: )?Fatal error: (?!Uncaught|Allowed memory|Maximum execution)",
        "Fatal error: ",
    ),
    Pattern(Part.CRASH, r"dyld(?:\[\d+\])?: Library not loaded: "),
    Pattern(Part.DETAIL, r"Referenced from: |Reason: (?:tried: |no suitable image)"),
    Pattern(Part.CRASH, r"Thread \d+ (?:\"[^\"]*\" )?[Cc]rashed:"),
    Pattern(Part.CRASH, r"\*\*\* Terminating app due to uncaught exception"),
    Pattern(Part.CRASH, r"[💣*]{1,3} (?:Program crashed|Crash)"),
    Pattern(Part.FRAME, r"\d+ [^\n]{1,300} in \S{1,120} at \S{1,300}\.swift:\d+", ".swift:"),
    Pattern(Part.FRAME, r"\d{1,3} +(?:\[ra\] |\[inlined\] )?0x[0-9a-f]{8,16} [^\n]{1,300}"),
    Pattern(Part.FRAME, r"\d{1,3} {2,}[\w.\-+]{1,80}\s+0x[0-9a-f]{8,16} "),
)
DART: Table = (
    Pattern(Part.CRASH, r"Unhandled exception:$"),
    Pattern(Part.FRAME, r"#\d{1,4} {2,}[^\n]{1,300} \((?:package|dart|file):[^\s()]{1,300}\)"),
    Pattern(Part.CRASH, r"Another exception was thrown: "),
    Pattern(Part.CRASH, r"\[ERROR:flutter/[\w./\-]{1,160}\(\d{1,6}\)\] Unhandled [Ee]xception: "),
    Pattern(Part.DETAIL, r"<asynchronous suspension>|\(elided \d|\.\.\. {5}Normal element mounting"),
)
LUA: Table = (
    Pattern(Part.CRASH, r"lua(?:jit)?[\d.]*: [^\n]{1,300}"),
    Pattern(Part.DETAIL, r"stack traceback:$"),
    Pattern(Part.FRAME, r"\[C\]: in "),
    Pattern(Part.FRAME, r"[\w./\-]{1,200}\.lua:\d+: in ", ".lua:"),
)
JULIA: Table = (
    Pattern(Part.CRASH, r"┌ Error: "),
    Pattern(Part.PRELUDE, r"┌ (?:Warning|Info|Debug): "),
    Pattern(Part.DETAIL, r"Stacktrace:$"),
    Pattern(Part.FRAME, r"@ [A-Z]\w*(?:\.\w+)* \S+:\d"),
)
HASKELL: Table = (
    Pattern(Part.DETAIL, r"CallStack \(from HasCallStack\):"),
    Pattern(Part.FRAME, r"[\w.']{1,80}, called at \S+:\d+:\d+ in ", "called at"),
)
OCAML: Table = (
    Pattern(Part.CRASH, r"Fatal error: exception "),
    Pattern(
        Part.FRAME,
        r"(?:Raised|Called from|Re-raised|Raised by primitive operation) (?:at |in |by )?[^\n]{1,200}, line \d",
    ),
)
R: Table = (
    Pattern(Part.CRASH, r"Error in [\w.:$@]{1,120}\([^\n]{0,300}\) ?: ?"),
    Pattern(Part.CRASH, r"Error in `[^`\n]{1,120}`:"),
    Pattern(Part.DETAIL, r"Calls: \S+"),
    Pattern(Part.DETAIL, r"Execution halted$"),
)
# Oracle's error stack: what failed, and below it where. The codes tell the errors apart, so it has no parser.
PLSQL: Table = (
    Pattern(Part.FRAME, r"ORA-\d+: at (?:\"|line \d)"),
    # The server's alert log: where it wrote more of an error, and the system's word on it.
    Pattern(Part.CRASH, r"Errors in file \S{1,300}\.trc"),
    Pattern(
        Part.DETAIL,
        r"Incident details in: |Additional information: \d|(?:Linux|AIX|Solaris|HPUX|SVR4)[\w /-]{0,20} Error: \d+: ",
    ),
)
SHELL: Table = (
    Pattern(Part.CRASH, r"\S{1,200}: line \d+: syntax error", ": line "),
    Pattern(Part.DETAIL, r"\S{1,200}: line \d+: `[^\n]{0,500}'$", ": line "),
)
# What psql prints below an error: the place in the statement, and the server's own words.
PSQL: Table = (
    Pattern(Part.DETAIL, r"LINE \d+: \S|(?:STATEMENT|LOCATION): {2}\S|(?:HINT|DETAIL|CONTEXT|QUERY): {1,2}\S"),
)
POWERSHELL: Table = (
    Pattern(Part.CRASH, r"[A-Z]\w{1,60}(?:-\w{1,60})?: [^\n]{1,300}\.ps1:\d+(?::\d+)?$", ".ps1:"),
    Pattern(Part.CRASH, r"[A-Z]\w{1,60}(?:-\w{1,60})?: [^\n]{1,300}\.psm1:\d+(?::\d+)?$", ".psm1:"),
    Pattern(Part.CRASH, r"Exception calling \"\w{1,80}\" with \"\d+\" argument\(s\): "),
    Pattern(Part.DETAIL, r"Line \|$"),
    Pattern(Part.FRAME, r"At (?:line|[A-Z]:\\[^\n]{1,300}):\d+ char:\d"),
    Pattern(Part.DETAIL, r"\+ (?:CategoryInfo|FullyQualifiedErrorId) +: |\+ +~+[~ ]{0,300}$"),
)

_PERL = re.compile(r"(.*?) at (\S{1,300}) line (\d{1,9})(?:, <\S+> (?:line|chunk) \d+)?\.?$")
_PERL_FRAME = re.compile(r"\s+([\w:]{1,120})\((.*)\) called at (\S{1,300}) line (\d{1,9})")
_SWIFT = re.compile(r"(?:(\S{1,200}\.swift):(\d{1,9}): |.*?\b)?(Fatal error): (.*?)(?:: file (\S+?), line (\d{1,9}))?$")
_SWIFT_THROWN = re.compile(r"Error raised at top level: (?:([\w.]+(?:\.[\w]+)*))?(.*)$")
_OBJC = re.compile(r".*?\*\*\* Terminating app due to uncaught exception '([^']{1,200})', reason: '(.*)'$")
_SWIFT_CRASH = re.compile(r"\W{0,6}(Program crashed): (.*?)(?: \*{3})?$")
_DYLD = re.compile(r".*?\bdyld(?:\[\d+\])?: (Library not loaded: .*)$")
_SWIFT_FRAME = re.compile(
    r"\s*\d{1,3} +(?:\[\w+\] )?(?:0x[0-9a-f]{8,16} |(?=.{1,420} at \S+\.swift:\d))"
    r"(.{1,300}?) in (\S{1,120})(?: at (\S{1,300}?):(\d{1,9}).*)?$"
)
_CRASH_FRAME = re.compile(
    r"\s*\d{1,3} {2,}([\w.\-+]{1,80})\s+0x[0-9a-f]{8,16} (.{1,300}?) \+ \d+(?: \((\S+?):(\d{1,9})\))?$"
)
_SYSTEM_IMAGES = (
    "lib", "dyld", "CoreFoundation", "UIKit", "Foundation", "Swift", "GraphicsServices", "QuartzCore", "CFNetwork",
    "WebKit", "WebCore", "JavaScriptCore", "AttributeGraph", "CoreData", "AppKit", "HIToolbox", "FrontBoardServices",
    "BaseBoard", "UpdateCycle", "Security", "CoreAutoLayout", "AVF", "Combine",
)  # fmt: skip
_DART_FRAME = re.compile(
    r"(?:E/flutter.*?: )?\s*#\d{1,4} {2,}(\S.{0,299}) \(((?:package|dart|file)"
    r":[^\s():]{1,300}):?(\d{1,9})?(?::\d{1,9})?\)"
)
_DART_THROWN = re.compile(r"The following ([A-Z_]\w{1,80}) was thrown\b")
_DART_TYPE = re.compile(
    r"(?:.*?Unhandled Exception: )?'?([A-Za-z_]\w*(?:Error|Exception)?(?:<\w+>)?)"
    r"(?:: | \(|(?<=Error)\(|(?<=Exception)\()(.*)$"
)
_DART_LEAD = re.compile(r"\[ERROR:[\w./-]{1,160}\(\d{1,6}\)\] (?:Unhandled [Ee]xception: )?")  # the engine's header
_LUA = re.compile(r"(?:lua(?:jit)?[\d.]*|Error): (?:(\S{1,200}\.lua):(\d{1,9}): )?(.*)$")
_LUA_FRAME = re.compile(r"\s*(\S{1,200}?):(?:(\d{1,9}):)? in (?:(?:function|method|local|upvalue|field) )?(.*)$")
_JULIA = re.compile(r"(?:ERROR: )?(?:LoadError: )?(?:([A-Z]\w+(?:Error|Exception))(?:: (.*)|\((.*)\))?|(.*))$")
_JULIA_ERROR = re.compile(r"(?:LoadError: )?[A-Z]\w+(?:Error|Exception)(?:: |\()")
_CANDIDATES = "Closest candidates are:"
_JULIA_MARGIN = re.compile(r"[│┌] ")
_JULIA_FRAME = re.compile(r"\s*\[\d{1,3}\] (.{1,300}?)(?:\(|$)")
_JULIA_PLACE = re.compile(r"\s*@ (?:([A-Z]\w*(?:\.\w+)*) )?(\S{1,300}?):(\d{1,9})")
_HASKELL_FRAME = re.compile(r"\s*([\w.']{1,80}), called at (\S{1,300}?):(\d{1,9}):\d{1,9} in ")
_OCAML = re.compile(r"Fatal error: exception ([\w.]{1,120})(?:\((.*)\))?(?:: (.*))?$")
_OCAML_FRAME = re.compile(
    r"\s*(?:Raised|Called from|Re-raised)[^\"\n]{0,200} (?:in|at) (?:([\w.]{1,"
    r"120}) in )?file \"([^\"]{1,200})\"(?: \(inlined\))?, line (\d{1,9})"
)
_R = re.compile(r"Error(?: in (.{1,300}?))? ?: ?(.*)$")
_R_CAUSE = re.compile(r"Caused by error(?: in `([^`\n]{1,120})`)?:$")
_POWERSHELL = re.compile(r"\s*\+ FullyQualifiedErrorId : ([\w.]{1,120})")
_CONCISE = re.compile(r"([A-Z]\w{1,60}(?:-\w{1,60})?): ([^\n]{1,300}\.psm?1):(\d{1,9})(?::\d{1,9})?$")
_SHOWN = re.compile(r"\s*(?:At .{1,300} char:\d|\+ )")
_GENERIC = re.compile(r"([\w.]{1,200}(?:Error|Exception)): (.*)$")


def perl(lines: Sequence[str]) -> StackTrace | None:
    """`message at FILE line N.` and the callers that Carp adds; a lone line counts when it names a script."""
    for n, line in enumerate(lines):
        found = _PERL.match(line.strip())
        if found is None or not found[1]:
            continue
        calls = [m for text in lines[n + 1 :] if (m := _PERL_FRAME.match(text))]
        if not calls and not re.search(r"\.(?:pl|pm|t|cgi)$", found[2]):
            continue
        places = [(found[2], found[3]), *((m[3], m[4]) for m in calls)]
        names = [*(m[1] for m in calls), ""]
        frames = tuple(
            Frame(
                function=name, file=file, line=int(number), in_app="/perl5/" not in file and "/share/perl" not in file
            )
            for name, (file, number) in zip(names, places, strict=True)
        )
        return StackTrace("perl", (ExceptionInfo("die", found[1].strip(), frames),))
    return None


def swift(lines: Sequence[str]) -> StackTrace | None:
    """Swift runtime failures, Objective-C exceptions and crash reports."""
    head: tuple[str, str] | None = None
    frames: list[Frame] = []
    for line in lines:
        if found := _SWIFT_FRAME.match(line):
            frames.append(swift_frame(found[1], found[2], found[3] or "", found[4] or "0"))
        elif found := _CRASH_FRAME.match(line):
            frames.append(swift_frame(found[2], found[1], found[3] or "", found[4] or "0"))
        elif (head is None and (found := _OBJC.match(line))) or (head is None and (found := _SWIFT_CRASH.match(line))):
            head = (found[1], found[2])
        elif head is None and (found := _DYLD.match(line)):
            head = ("dyld", found[1])
        elif head is None and (found := _SWIFT.match(line)):
            head = (found[3], found[4].strip())
            file, number = found[1] or found[5], found[2] or found[6]
            if file and not frames:
                frames.append(Frame(file=file, line=int(number), in_app=not file.startswith("Swift/")))
    if head is None and len(frames) < 2:
        return None
    return StackTrace("swift", (ExceptionInfo(*(head or ("", "")), tuple(frames)),))


def swift_frame(function: str, module: str, file: str, line: str) -> Frame:
    """One call; the frameworks of the system are told by their names."""
    system = module.startswith(_SYSTEM_IMAGES)
    name = function.split("(", 1)[0].strip()
    return Frame(function=name, module=module, file=file, line=int(line), in_app=not system)


def dart(lines: Sequence[str]) -> StackTrace | None:
    """Dart and Flutter: the error above `#0      f (package:app/file.dart:12:3)` frames."""
    first = next((n for n, line in enumerate(lines) if _DART_FRAME.match(line)), -1)
    if first < 0:
        return None
    type_, message = "", ""
    for line in lines[:first]:
        text = _DART_LEAD.sub("", line.strip())
        if thrown := _DART_THROWN.match(text):
            type_ = thrown[1]
            continue
        if (named := _DART_TYPE.match(text)) and not text.startswith("Unhandled exception"):
            type_, message = named[1], named[2].removesuffix(")") if "(" in text[: named.start(2)] else named[2]
            break
        if text and not text.startswith(("Unhandled", "══", "The following")):
            message = message or text
    frames = tuple(
        Frame(m[1].split("(")[0].strip(), "", m[2], int(m[3] or 0), not m[2].startswith(("dart:", "package:flutter/")))
        for line in lines[first:]
        if (m := _DART_FRAME.match(line))
    )
    return StackTrace("dart", (ExceptionInfo(type_ or "Exception", message.strip(), frames),))


def lua(lines: Sequence[str]) -> StackTrace | None:
    """Lua's `stack traceback:` with the message above it."""
    at = next((n for n, line in enumerate(lines) if line.strip() == "stack traceback:"), -1)
    if at < 0:
        return None
    # Where a module was looked for is listed indented below the message.
    above = [line for line in reversed(lines[:at]) if line.strip()]
    text = next((line.strip() for line in above if line[0] != "\t"), above[0].strip() if above else "")
    found = _LUA.match(text)
    message = found[3] if found else text
    frames = tuple(
        # A function without a name is called by its place. nginx goes on behind the last one with the request.
        Frame("" if m[3][:1] == "<" else m[3].strip("'"), "", m[1], int(m[2] or 0), not m[1].startswith("["))
        for line in lines[at + 1 :]
        if (m := _LUA_FRAME.match(line.partition(", client: ")[0].partition(", context: ")[0]))
    )
    return StackTrace("lua", (ExceptionInfo("error", message, frames),))


def julia(lines: Sequence[str]) -> StackTrace | None:
    """`ERROR: Type: message`, then `Stacktrace:`."""
    # Of an exception given to a logger, whose own place stands last.
    lines = [_JULIA_MARGIN.sub("", line) for line in lines if not line.startswith("└ @")]
    at = next((n for n, line in enumerate(lines) if line.strip() == "Stacktrace:"), -1)
    above = [line.strip() for line in lines[: max(at, 0)] if line.strip()]
    above = above[: above.index(_CANDIDATES)] if _CANDIDATES in above else above  # the methods that do not fit
    first = next((line for line in above if line.startswith("ERROR: ")), above[-1] if above else "")
    if not first.startswith("ERROR: "):  # behind pip's header, or quoted by a logger
        first = next((line for line in above if _JULIA_ERROR.match(line)), first)
    head = _JULIA.match(first)
    if at < 0 or head is None:
        return None
    frames: list[Frame] = []
    for line in lines[at + 1 :]:
        if call := _JULIA_FRAME.match(line):
            frames.append(Frame(function=call[1].strip()))
        elif frames and (place := _JULIA_PLACE.match(line)):
            app = place[1] not in {"Base", "Core"} and not place[2].startswith("./")
            frames[-1] = Frame(frames[-1].function, place[1] or "", place[2], int(place[3]), app)
    message = head[2] or head[3] or head[4] or ""
    return StackTrace("julia", (ExceptionInfo(head[1] or "ErrorException", message.strip(), tuple(frames)),))


def haskell(lines: Sequence[str]) -> StackTrace | None:
    """`program: message` above a HasCallStack listing."""
    at = next((n for n, line in enumerate(lines) if line.strip().startswith("CallStack (from HasCallStack)")), -1)
    if at < 1:
        return None
    calls = [m for line in lines[at + 1 :] if (m := _HASKELL_FRAME.match(line))]
    frames = tuple(Frame(function=m[1], file=m[2], line=int(m[3])) for m in calls)
    text = lines[at - 1].strip()
    return StackTrace("haskell", (ExceptionInfo("error", text.split(": ", 1)[-1], frames),))


def ocaml(lines: Sequence[str]) -> StackTrace | None:
    """`Fatal error: exception Name(args)` with the places it passed."""
    head = next((m for line in lines if (m := _OCAML.match(line.strip()))), None)
    if head is None:
        return None
    frames = tuple(
        Frame(function=m[1] or "", file=m[2], line=int(m[3]), in_app=not (m[1] or "").startswith("Stdlib"))
        for line in lines
        if (m := _OCAML_FRAME.match(line))
    )
    return StackTrace("ocaml", (ExceptionInfo(head[1], (head[2] or head[3] or "").strip('"'), frames),))


def r(lines: Sequence[str]) -> StackTrace | None:
    """`Error in call : message`, closed by `Calls:` or `Execution halted`."""
    if not any(line.startswith(("Execution halted", "Calls: ")) for line in lines):
        return None
    for n, line in enumerate(lines):
        if found := _R.match(line):
            told = found[2].strip() or next((x.strip() for x in lines[n + 1 :] if x.strip()), "")
            frames = (Frame(function=found[1].strip("`").split("(")[0]),) if found[1] else ()
            return StackTrace("r", (ExceptionInfo("Error", told.removeprefix("! "), frames), *_r_causes(lines[n:])))
    return None


def _r_causes(lines: Sequence[str]) -> list[ExceptionInfo]:
    """What the tidyverse tells below `Caused by error in call:`, marked with `!`."""
    causes = []
    for n, line in enumerate(lines):
        if found := _R_CAUSE.match(line):
            told = next((x.strip() for x in lines[n + 1 :] if x.strip()), "")
            frames = (Frame(function=found[1].strip("`").split("(")[0]),) if found[1] else ()
            causes.append(ExceptionInfo("Error", told.removeprefix("! "), frames))
    return causes


def powershell(lines: Sequence[str]) -> StackTrace | None:
    """A PowerShell error block; its stable name is the FullyQualifiedErrorId."""
    found = next((m for line in lines if (m := _POWERSHELL.match(line))), None)
    if found is None:
        return _concise(lines)
    message = next((line.strip() for line in lines if line.strip() and not _SHOWN.match(line)), "")
    return StackTrace("powershell", (ExceptionInfo(found[1], message.split(" : ", 1)[-1]),))


def _concise(lines: Sequence[str]) -> StackTrace | None:
    """As PowerShell 7 prints an error: command and place, the source, the message behind the last bar."""
    for n, line in enumerate(lines):
        if place := _CONCISE.match(line):
            told = [after.partition("|")[2].strip() for after in lines[n + 1 :] if "|" in after]
            message = next((text for text in reversed(told) if text.strip("~ ")), "")
            frame = Frame(function=place[1], file=place[2], line=int(place[3]))
            return StackTrace("powershell", (ExceptionInfo("", message, (frame,)),)) if message else None
    return None


TABLES: tuple[tuple[str, Table, Callable[[Sequence[str]], StackTrace | None]], ...] = (
    ("perl", PERL, perl),
    ("dart", DART, dart),
    ("lua", LUA, lua),
    ("julia", JULIA, julia),
    ("haskell", HASKELL, haskell),
    ("ocaml", OCAML, ocaml),
    ("swift", SWIFT, swift),
    ("r", R, r),
    ("powershell", POWERSHELL, powershell),
)
