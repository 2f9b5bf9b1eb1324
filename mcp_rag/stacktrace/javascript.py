"""JavaScript and TypeScript: Node, Deno, Bun, V8 and @-style browsers; causes, aggregate errors, source excerpts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "javascript"
_FILE = r"[^\s()]{1,300}\.(?:[cm]?[jt]sx?|vue|svelte)"
PARTS: Table = (
    Pattern(Part.CRASH, rf"(?:file://)?(?:/|[A-Za-z]:[\\/]|webpack:){_FILE}:\d+$"),
    Pattern(Part.CRASH, r"node:[\w/]{1,80}:\d+$"),
    Pattern(Part.CRASH, r"(?:internal|evalmachine\.)[^\s:]{1,80}:\d+$"),
    Pattern(Part.CRASH, r"<anonymous_script>:\d+$|undefined:\d+$|\[(?:eval|stdin)\]:\d+$"),
    Pattern(Part.PRELUDE, r"<--- Last few GCs --->"),
    Pattern(Part.DETAIL, r"<--- JS stacktrace --->|\[\d+:0x[0-9a-f]+\] +\d+ ms: "),
    Pattern(Part.CRASH, r"FATAL ERROR: [^\n]{0,200}(?:heap|[Mm]emory|v8::|napi_)"),
    Pattern(Part.FRAME, r"\d+: 0x[0-9a-f]+ "),
    Pattern(Part.CRASH, r"Uncaught(?::$| (?!exception in ')|\()"),
    Pattern(Part.CRASH, r"[\w.@\-]{1,120}:\d+(?::\d+)? Uncaught ", " Uncaught "),
    Pattern(Part.CRASH, r"\(node:\d+\) UnhandledPromiseRejection"),
    Pattern(Part.CRASH, r"\[UnhandledPromiseRejection: "),
    Pattern(Part.CRASH, r"error: Uncaught "),
    Pattern(Part.START, r"Unhandled (?:promise )?[Rr]ejection"),
    Pattern(Part.TYPE, r"Invariant Violation: "),
    # What only announces the error below it: Vite, Electron.
    Pattern(Part.PRELUDE, r"error during build:$|A JavaScript error occurred in the (?:main|browser) process$"),
    Pattern(Part.FRAME,
        r"at (?:async )?(?:new )?[^\n]{1,400} \((?:[^\n()]{0,400}:\d+:\d+|<anonymous>|"
        r"native|index \d+)\)"),
    Pattern(Part.FRAME,
        r"at (?:async )?(?:eval )?(?:file:|node:|https?:|webpack|/|[A-Za-z]:\\|"
        r"\.{0,2}/)[^\n]{0,400}:\d+:\d+\)?$"),
    Pattern(Part.FRAME, r"at (?:async )?[^\s()]{1,200}:\d+:\d+$"),
    Pattern(Part.FRAME, r"at [^\s()]{1,400}:(?:\d+:\d+|null) in \S"),  # React Native's console
    Pattern(Part.FRAME, r"at (?:async )?<(?:anonymous|Jasmine)>"),
    # Chrome's console, below an error that a program logged.
    Pattern(Part.FRAME,
        r"[\w$.<>/\[\]() ]{1,120} @ [^\s@:]{1,200}\.(?:[cm]?[jt]sx?|vue|svelte|html?)(?:\?[^\s:]{0,80})?:\d+$", " @ "),
    Pattern(Part.FRAME,
        r"[\w$.<>/\[\]* ]{0,120}@(?:https?|file|resource|moz-extension|webpack-internal|"
        r"chrome)://?[^\n]{0,400}:\d+(?::\d+)?$", "@"),
    Pattern(Part.FRAME, r"❯ (?:[\w$.<>\[\] ]{1,200} )?(?:\w{1,8}:)?[^\s:]{1,300}:\d+:\d+$"),  # Vitest
    Pattern(Part.LINK, r"\[(?:cause|errors|\d+)\]: "),
    Pattern(Part.LINK, r"-- inner error --$"),  # webpack, of a plugin that failed
    Pattern(Part.CRASH, r"panic\((?:main thread|thread \d{1,9})\): "),  # Bun itself
    Pattern(Part.DETAIL, r"oh no: Bun has crashed|To send a redacted crash report|please file a GitHub issue using"),
    Pattern(Part.DETAIL, r"Node\.js v\d"),
    Pattern(Part.DETAIL, r"Bun v\d"),
    Pattern(Part.DETAIL, r"\(Use `node --trace-"),
    Pattern(Part.DETAIL, r"(?:Thrown at|Require stack|Emitted '\w+' event)"),
)  # fmt: skip

_FRAME = re.compile(
    r"\s*(?:at|- at|❯) (?:async )?(?:new )?(?:(.{1,400}?) (?:\[as ([^\]]{1,100})\] )?\((.{0,400})\)|(\S.{0,400}))$"
)
_PLACE = re.compile(r"^(.*?):(\d{1,9})(?::(\d{1,9}))?$")
_CONSOLE_FRAME = re.compile(r"\s*(?:async )?(.{1,120}?) @ (\S{1,300}?):(\d{1,9})$")
_AT_FRAME = re.compile(
    r"([^@\n]{0,200})@((?:https?|file|resource|moz-extension|webpack-internal|chrome)://?\S{0,400}?)"
    r"(?::(\d{1,9}))(?::\d{1,9})?$"
)
_WORDS = (
    r"(?:Uncaught (?:Error: )?|\(in promise\):? ?|\(node:\d+\) UnhandledPromiseRejectionWarning: "
    r"(?:Unhandled promise rejection \(rejection id: \d+\): )?|\(node:\d+\) (?:\[\w{1,40}\] )?(?=\w{1,80}Warning: )"
    r"|error: Uncaught |Unhandled (?:promise )?[Rr]ejection(?: at: Promise)?(?:: ?| (?=[A-Z{])|$)"
    r"|Unhandled Runtime Error:? ?"
    r"|Error: Uncaught \(in promise\): (?=\w+Error))"
)
_HEAP = re.compile(r"\s*(FATAL ERROR|panic(?=\())(?:\([\w ]{1,40}\))?: (.*)$")
_NATIVE = re.compile(r"\s*\d+: 0x[0-9a-f]+ +(?:([^\s(\[][^\n(\[]{0,300}))?")
_LEAD = re.compile(rf"\s*(?:[\w.@\-]{{1,120}}:\d+(?::\d+)? (?=Uncaught ))?{_WORDS}{{0,3}}")
_FIELDS = re.compile(r"([A-Z]\w{0,80}(?:Error|Exception)) \{(?:.{0,400}?[ {])?message: ['\"](.{0,2000}?)['\"][,}]")
_TYPE = re.compile(r"([A-Za-z_$][\w$.]{0,150}|Invariant Violation)(?: \[(\w{1,80})\])?(?:: (.*)|:)?$")
_NAME = re.compile(
    r"(?:Error|Exception|Rejection|Warning|Failure|Abort|Timeout|Violation)\b|^[A-Z][\w$]*(?:Error|Exception)"
)
_INLINE = re.compile(r"\b([A-Z][\w$]{0,80}(?:Error|Exception)|Error)(?: \[\w{1,80}\])?: (.*)$")
_NESTED = re.compile(r"\s*(?:\[(?:cause|\d+)\]:|Caused by:|cause:) (.*)$")
_ERRORS = re.compile(r"\s*\[errors\]: \[|-- inner error --$")
_COPY = re.compile(r"(?<=Error)\d{1,2}$|(?<=Exception)\d{1,2}$")  # a bundler tells classes of one name apart
_REJECTION = re.compile(r"\s*\[UnhandledPromiseRejection: (.*)\]? ?\{?$")
_EXCERPT = re.compile(rf"(?:file://)?(?:/|[A-Za-z]:[\\/]|node:|internal/)(?:{_FILE}|[\w/\-]{{1,80}}):\d+$")
_SHOWN = re.compile(
    r"\s*(?:>? {0,3}\d{0,7} {0,3}[|│]|\^+$|Plugin: \S|File: \S|Code frame:|(?:Expected|Received)\b[^:\n]{0,40}:)"
)
_WRONG = re.compile(r"(?:\b(?:[Ff]ailed|[Ee]rror|[Cc]annot|[Cc]an't|[Uu]nable|[Cc]ould not|not found)\b|^expect\()")
_LIBRARY = re.compile(
    r"^(?:node:|internal/|native|<anonymous>|ext:|deno:|bun:|\[native|webpack/|index \d)|[/\\]node_modules[/\\]|^node:|"
    r"webpack-internal:///.*node_modules|chrome-extension://|moz-extension://|^react-dom"
)


def in_app(file: str) -> bool:
    """False for the runtime's own modules, installed packages and native code."""
    return bool(file) and _LIBRARY.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first trace in `lines`, or None when they hold no frame and no uncaught error."""
    if heap := _out_of_memory(lines):
        return heap
    chain: list[tuple[str, str, list[Frame]]] = []
    expect_member = False
    head = _head(lines)
    if head is None:
        return None
    chain.append((head[1], head[2], []))
    for line in lines[head[0] + 1 :]:
        if nested := _NESTED.match(line):
            named = _named(nested[1])
            if named:
                chain.append((*named, []))
        elif _ERRORS.match(line):
            expect_member = True
        elif frame := _frame(line):
            chain[-1][2].append(frame)
        elif line.strip() and not line[:1].isspace() and chain[-1][2] and _named(line) and not expect_member:
            break
        elif expect_member and (named := _named(line.strip())):
            expect_member = False
            chain.append((*named, []))
    return StackTrace(LANGUAGE, tuple(ExceptionInfo(t, m, tuple(f)) for t, m, f in chain))


def _out_of_memory(lines: Sequence[str]) -> StackTrace | None:
    """V8's own report: `FATAL ERROR: text` and native frames, most of which have no name."""
    at = next((n for n, line in enumerate(lines) if _HEAP.match(line)), -1)
    found = _HEAP.match(lines[at]) if at >= 0 else None
    if found is None:
        return None
    names = [(m[1] or "").strip() for line in lines[at + 1 :] if (m := _NATIVE.match(line))]
    frames = tuple(Frame(function=name, file="node", in_app=False) for name in names if name)
    return StackTrace(LANGUAGE, (ExceptionInfo(found[1], found[2].strip(), frames),))


def _head(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """Index, type and message of the outermost error: the nearest type line before the first frame, or an uncaught
    error without frames, or frames alone."""
    first = next((n for n, line in enumerate(lines) if _frame(line) or _ERRORS.match(line)), len(lines))
    excerpt = any(_EXCERPT.match(line.strip()) for line in lines[:first])
    for n in range(first - 1, -1, -1):
        if rejection := _REJECTION.match(lines[n]):
            return n, "UnhandledPromiseRejection", rejection[1].rstrip("{ ").rstrip("]")
        if named := _named(lines[n]):
            return n, named[0], named[1] or _spread(lines[n + 1 : first])
    for n in range(first - 1, -1, -1):
        lead = _LEAD.match(lines[n])
        if lead and lead[0].strip():
            return n, "Error", lines[n][lead.end() :].strip()
    for n in (first - 1, 0) if 0 < first < len(lines) else ():
        if inline := _INLINE.search(lines[n]):
            return n, inline[1], inline[2].strip()
    if first < len(lines):
        return first - 1, "", _before(lines, first)
    if excerpt:
        return _thrown_value(lines)
    return None


def _spread(lines: Sequence[str]) -> str:
    """A message that begins below its class, as Prisma's: what was asked, and at the end what is wrong with it."""
    said = [text for line in lines if (text := line.strip())]
    if len(said) < 2:
        return said[0] if said else ""
    return f"{said[0].removesuffix(' in').rstrip(':')}: {said[-1]}"


def _before(lines: Sequence[str], first: int) -> str:
    """The text just above nameless frames: frameworks print the message without the class. Source that a tool shows
    and where it is from is passed over."""
    told = [line.strip() for line in lines[:first] if line.strip() and not _SHOWN.match(line)]
    if not told:
        return lines[first - 1].strip() if first else ""
    # Advice may stand between the message and the calls.
    return told[-1] if _WRONG.search(told[-1]) else next((text for text in told[1:] if _WRONG.search(text)), told[-1])


def _thrown_value(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """`throw "text"`: Node prints excerpt, caret, blank line, then the value itself."""
    caret = next((n for n, line in enumerate(lines) if line.strip().strip("^") == "" and "^" in line), -1)
    if caret < 0:
        return None
    for n in range(caret + 1, len(lines)):
        if lines[n].strip():
            return n, "Error", lines[n].strip()
    return None


def _named(line: str) -> tuple[str, str] | None:
    """Type and message when the line reads like `SomeError: text`, with or without `Uncaught`."""
    lead = _LEAD.match(line)
    start = lead.end() if lead else 0
    text = line[start:].strip().removesuffix("{").rstrip()
    if text[:1] == "[" and text[-1:] == "]":  # how Node prints an error that has no stack
        text = text[1:-1]
    if told := _FIELDS.match(text):  # as a browser shows an object: `AxiosError {message: '...'}`
        return told[1], told[2]
    found = _TYPE.match(text)
    if found is None or not (_NAME.search(found[1]) or (start and line[:start].strip())):
        return None
    name = found[2] if found[2] and found[2].endswith("Error") else found[1]  # the class as it calls itself
    return _COPY.sub("", name), (found[3] or "").strip()


def _frame(line: str) -> Frame | None:
    # Node opens the properties of an error with a brace behind the last frame.
    if found := _FRAME.match(line.rstrip().removesuffix("{").rstrip()):
        function = found[1] or ""
        # Minified names say nothing; the name it was called by may.
        if found[2] and len(function.rpartition(".")[2]) <= 2:
            function = found[2]
        place = found[3] if found[1] else found[4]
        if not found[1] and line.lstrip()[:1] == "❯":
            function, _, place = place.rpartition(" ")
        elif not found[1] and " in " in place:
            place, _, function = place.partition(" in ")
        if place.startswith("eval at"):
            place = place.rsplit(", ", 1)[-1]
        at = _PLACE.match(place)
        if at is None and not (found[1] and place == "native") and place not in {"<anonymous>", "<Jasmine>"}:
            return None
        file = at[1] if at else place
        return Frame(function=function, file=file, line=int(at[2]) if at else 0, in_app=in_app(file))
    if found := (_AT_FRAME.match(line) or _CONSOLE_FRAME.match(line)):
        return Frame(function=found[1].strip(), file=found[2], line=int(found[3]), in_app=in_app(found[2]))
    return None
