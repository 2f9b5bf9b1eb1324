"""Java, Kotlin, Scala, Groovy, Clojure, Android: `at` frames, Caused by, Suppressed, root-cause-first order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "java"
PARTS: Table = (
    Pattern(Part.CRASH, r"Exception in thread \""),
    Pattern(Part.CRASH, r"Exception: [\w.$]+ thrown from the UncaughtExceptionHandler"),
    Pattern(Part.CRASH, r"FATAL EXCEPTION: |\*\*\* FATAL EXCEPTION IN SYSTEM PROCESS: "),
    Pattern(Part.DETAIL, r"Process: \S{1,200}, PID: \d|Theme: themes:"),
    Pattern(Part.CRASH, r"Found (?:one|\d+) Java-level deadlocks?:"),
    Pattern(Part.CRASH, r"Execution error (?:\(\w{1,120}\) )?at [^\s()]{0,300} ?\("),
    Pattern(Part.CRASH, r"Syntax error (?:\(\w{1,120}\) )?(?:compiling|macroexpanding|reading source) "),
    Pattern(Part.DETAIL, r"/\S{1,300}/clojure-\d{1,30}\.\w{2,4}$"),
    Pattern(Part.CRASH, r"# A fatal error has been detected by the Java Runtime"),
    Pattern(Part.CRASH, r"# There is insufficient memory for the Java Runtime"),
    # The same report where Markdown took the marks for those of a heading.
    Pattern(Part.CRASH, r"A fatal error has been detected by the Java Runtime"),
    Pattern(Part.DETAIL, r"JRE version: |Java VM: |Problematic frame:$|SIG[A-Z]{2,8} \(0x[0-9a-f]{1,2}\) at pc="),
    Pattern(Part.DETAIL, r"Failed to write core dump\. |The crash happened outside the Java Virtual Machine"),
    Pattern(Part.DETAIL, r"EXCEPTION_[A-Z_]{2,40} \(0x[0-9a-f]{8}\) at pc=|[CJVvj] {1,2}\[[^\]\n]{1,120}\+0x[0-9a-f]"),
    Pattern(Part.PRELUDE, r"#$"),
    Pattern(
        Part.DETAIL,
        r"# {1,3}(?:SIG[A-Z]|EXCEPTION_|Internal Error|JRE version|Java VM|Problematic frame|[CJVvj] {1,2}\[)",
    ),
    Pattern(
        Part.DETAIL,
        r"# {1,3}(?:(?:No core|Core) dump|Failed to write core|An error report file|/\S|If you would like|http)",
    ),
    Pattern(Part.DETAIL, r"# Compiler replay data is saved as"),
    Pattern(Part.DETAIL, r"# (?:The crash happened|See problematic frame|Native memory allocation|Possible )"),
    Pattern(Part.LINK, r"(?:Caused by|Wrapped by|Suppressed): "),
    # Elasticsearch at a terminal, of the error that ended it.
    Pattern(Part.CRASH, r"uncaught exception in thread \["),
    Pattern(Part.LINK, r"Likely root cause: "),
    Pattern(Part.DETAIL, r"For complete error details, refer to the log at "),
    Pattern(
        Part.FRAME,
        r"at (?:[\w.@+\-]{0,120}/{1,2}){0,2}[\w.$<>\-+@]{1,300}(?:/\w{1,40}\.[\w$]{1,80})?\((?:[^()\n]{0,"
        r"200}\.(?:java|kt|scala|groovy|clj|cljc)\b|(?:[\w.@\-]{1,60}/)?Native Method|Unknown "
        r"Source|SourceFile|<generated>|Compiled Code|r8-map-id-[0-9a-f]{8})",
    ),
    Pattern(Part.DETAIL, r"\.\.\. \d+ (?:more|common frames omitted|filtered)"),
    Pattern(Part.DETAIL, r"\[CIRCULAR REFERENCE"),
    Pattern(Part.DETAIL, r"\(Coroutine (?:boundary|creation stacktrace)\)|_COROUTINE\."),
)
# A dump of all threads tells what they do: nothing of it went wrong.
THREADS = "threads"
THREAD_PARTS: Table = (
    Pattern(Part.PRELUDE, r"Full thread dump \w"),
    Pattern(
        Part.PRELUDE,
        r"\"[^\"\n]{1,200}\" (?:#\d{1,9} )?(?:\[\d{1,9}\] )?(?:daemon )?(?:(?:os_)?prio=\d|virtual |cpu=\d)",
    ),
)
# The game's report of a crash: the trace, then all that its parts know of themselves, each with calls of its own.
MINECRAFT = "minecraft"
MINECRAFT_PARTS: Table = (Pattern(Part.CRASH, r"---- (?:Minecraft )?Crash Report -{4}$"),)
_WALKTHROUGH = "A detailed walkthrough of the error"

_FRAME = re.compile(
    r"\s*at (?:[\w.@+\-]{0,120}/{1,2}){0,2}([\w.$<>\-+@/]{1,400})\.([\w$<>\-+]{1,"
    r"200})\(([^():\n]{0,200})(?::(\d{1,9}))?\)"
)
_CLASS = r"(?:[A-Za-z_$][\w$]*[./])*[A-Za-z_$][\w$]*"
_THREAD = re.compile(
    r"^\s*(?:Exception in thread \"[^\"\n]{0,200}\" ?|(?:\*\*\* )?FATAL EXCEPTION(?: IN SYSTEM PROCESS)?: .*)"
)
_HEAD = re.compile(rf"\s*({_CLASS})(?:: (.*)|:)?$")
_CAUSE = re.compile(rf"\s*(?:\[?(Caused|Wrapped) by|Likely root cause): ({_CLASS})(?:: ?(.*))?$")
# Exceptions that print themselves otherwise: `Type[text]`, `Type(Inner): text`, `Type in service a.b: text`.
_ODD = re.compile(
    r"\s*(?:\[?(Caused|Wrapped) by: )?((?:[A-Za-z_$][\w$]{0,120}\.){1,12}[A-Z][\w$]{0,120}(?:Exception|Error))"
    r"(?:(\[[^\n]*\])(?:; nested: .*)?|\([\w.$]{1,200}\): (.*)| in \w{1,40} \S{1,300}: (.*))$"
)
_ABOUT = ("Process: ", "PID: ", "Theme: ")  # what Android tells of the process before the exception
_STATE = "java.lang.Thread.State"  # of a thread dump, where an exception would be named
_DEADLOCK = re.compile(r"\s*Found \S+ Java-level deadlock")
_SUPPRESSED = re.compile(r"(\s*)Suppressed: ")
_NAMED = re.compile(
    r"(?<![A-Za-z0-9_$])((?:[A-Za-z_$][\w$]*\.){0,12}[A-Za-z_$][\w$]{0,120}(?:Exception|Error|Throwable|Failure))"
    r"(?:(?: in service \S{1,300})?: (.*))?$"  # JBoss names the service
)
# Clojure prints the class beside the place, the message below and the trace to a file.
_CLOJURE = re.compile(
    r"\s*(?:Execution|Syntax) error(?: \((\w{1,120})\))? (?:at|compiling at|macroexpanding|reading source at)"
    r" (?:([\w.\-]{1,200})/)?([^\s(]{0,200}) ?\(([^\s():]{1,200}):(\d{1,9})(?::\d{1,9})?\)"
)
_REPORT = re.compile(r"\s*(?:# )?(?:A fatal error has been detected|There is insufficient memory) ")
_SIGNAL = re.compile(
    r"\s*(?:# +)?(SIG[A-Z]{2,8}|EXCEPTION_[A-Z_]{2,40}|Internal Error|Native memory allocation)"
    r"(?: \([^()]{1,200}\)[^,\n]{0,200})?"
)
_PROBLEMATIC = re.compile(r"\s*(?:# )?Problematic frame:")
_NATIVE = re.compile(
    r"\s*(?:# )?[CJVvj] {1,2}(?:\[([^\]\n+]{1,120})(?:\+0x[0-9a-f]+)?\] *)?(?:\d+ +(?:%|c[12])? *)?([\w.:$<>~]{0,300})"
)
_LIBRARY = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.",
    "clojure.", "org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.", "org.jboss.",
    "org.junit.", "junit.", "org.codehaus.", "org.gradle.", "org.slf4j.", "ch.qos.logback.", "io.netty.",
    "io.vert", "io.grpc.", "io.undertow.", "io.quarkus.", "io.micronaut.", "io.reactivex.", "io.projectreactor.",
    "reactor.", "rx.", "akka.", "play.", "zio.", "cats.", "com.fasterxml.", "com.google.common.",
    "com.google.inject.", "com.google.gson.", "com.zaxxer.", "com.mysql.", "org.postgresql.", "oracle.jdbc.",
    "com.microsoft.sqlserver.", "okhttp3.", "okio.", "retrofit2.", "feign.", "net.bytebuddy.", "net.sf.cglib.",
    "org.aspectj.", "org.mockito.", "org.thymeleaf.", "android.", "androidx.", "com.android.", "dalvik.",
    "libcore.", "org.flywaydb.", "liquibase.", "com.netflix.", "redis.clients.", "io.lettuce.",
    "org.elasticsearch.", "com.mongodb.", "com.intellij.", "worker.org.gradle.",
)  # fmt: skip


def in_app(module: str) -> bool:
    """False for the JDK and for widely used libraries, by package name."""
    return not module.startswith(_LIBRARY)


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first trace in `lines`, or None when they hold no `at` frame and no cause line."""
    if crashed := _crashed(lines) or _clojure(lines):
        return crashed
    first = next((n for n, line in enumerate(lines) if _FRAME.match(line) or _CAUSE.match(line)), -1)
    thread = next((n for n, line in enumerate(lines) if _THREAD.match(line)), -1)
    if first < 0 and thread < 0:
        return None
    first = first if first >= 0 else len(lines)
    type_, message = _outermost(lines[:first], thread)
    if not type_ and any(_DEADLOCK.match(line) for line in lines[:first]):
        type_ = "Java-level deadlock"
    chain: list[tuple[str, str, list[Frame]]] = [(type_, message, [])]
    wrapped = False
    suppressed = -1
    for line in lines[first:]:
        indent = len(line) - len(line.lstrip())
        if hit := _SUPPRESSED.match(line):
            suppressed = len(hit[1])
        elif suppressed >= 0 and indent > suppressed:
            continue
        elif cause := _CAUSE.match(line) or (_ODD.match(line) if "Caused by: " in line else None):
            # A cause of the suppressed exception is indented like it; one of the main chain is not.
            if suppressed > 0 and indent >= suppressed:
                continue
            suppressed = -1
            wrapped = wrapped or cause[1] == "Wrapped"
            chain.append((cause[2].replace("/", "."), _told(cause), []))
        elif frame := _FRAME.match(line):
            suppressed = -1
            chain[-1][2].append(_frame(frame))
        elif len(chain) == 1 and chain[0][2] and (again := _HEAD.match(line)) and _NAMED.match(line.strip()):
            if len(chain[0][2]) > 1 or again[1] != chain[0][0]:
                break
            chain[0] = (again[1], (again[2] or "").strip(), [])  # Solr prints the first call by itself, then the trace
    infos = [ExceptionInfo(t, m, tuple(f)) for t, m, f in chain if t or f]
    return StackTrace(LANGUAGE, tuple(reversed(infos) if wrapped else infos)) if infos else None


def minecraft(lines: Sequence[str]) -> StackTrace | None:
    """A crash report of the game: the exception above what it tells of itself."""
    until = next((n for n, line in enumerate(lines) if line.startswith(_WALKTHROUGH)), len(lines))
    return parse(lines[:until])


def _crashed(lines: Sequence[str]) -> StackTrace | None:
    """HotSpot's own report: each line begins with `#`, the frame that failed stands below its title."""
    if not any(_REPORT.match(line) for line in lines):
        return None
    found = next((m for line in lines if (m := _SIGNAL.match(line))), None)
    frames: tuple[Frame, ...] = ()
    titled = next((n for n, line in enumerate(lines) if _PROBLEMATIC.match(line)), len(lines))
    if titled + 1 < len(lines) and (place := _NATIVE.match(lines[titled + 1])):
        frames = (Frame(function=place[2], file=place[1] or "", in_app=bool(place[2])),)
    type_, message = (found[1], found[0].lstrip("# ").strip()) if found else ("fatal error", "")
    return StackTrace(LANGUAGE, (ExceptionInfo(type_, message, frames),))


def _clojure(lines: Sequence[str]) -> StackTrace | None:
    for n, line in enumerate(lines):
        if found := _CLOJURE.match(line):
            place = Frame(found[3], found[2] or "", found[4], int(found[5]), in_app(found[2] or ""))
            message = lines[n + 1].strip() if n + 1 < len(lines) else ""
            return StackTrace(LANGUAGE, (ExceptionInfo(found[1] or "Syntax error", message, (place,)),))
    return None


def _outermost(lines: Sequence[str], thread: int) -> tuple[str, str]:
    """Type and message of the exception printed before the first frame. A message may span lines, so the nearest line
    that starts with a class name wins; a log line may end with one."""
    if thread >= 0:
        rest = [_THREAD.sub("", lines[thread], count=1), *lines[thread + 1 :]]
        for line in rest:
            if line.strip() and (found := _HEAD.match(line)) and not line.lstrip().startswith(_ABOUT):
                return found[1], (found[2] or "").strip()
        return "", ""
    for line in reversed(lines):
        text = line.strip()
        found = _HEAD.match(text)
        if found and ("." in found[1] or _NAMED.match(found[1])) and not found[1].endswith("."):
            return ("", "") if found[1] == _STATE else (found[1].replace("/", "."), (found[2] or "").strip())
        if odd := _ODD.match(text):
            return odd[2], _told(odd)
    for line in reversed(lines):
        if named := _NAMED.search(line.strip()):
            return named[1], (named[2] or "").strip()
    return "", ""


def _told(found: re.Match[str]) -> str:
    """The message in a match of `_CAUSE` or `_ODD`."""
    said: str = next((text for text in found.groups()[2:] if text), "").strip()
    return said[1:-1] if said.startswith("[") and said.endswith("]") else said


def _frame(found: re.Match[str]) -> Frame:
    name, hidden, _ = found[1].partition("$$Lambda")  # what follows, `$312/0x0800d2a440`, is another in every run
    module = name.rsplit("/", 1)[-1] + hidden
    return Frame(function=found[2], module=module, file=found[3], line=int(found[4] or 0), in_app=in_app(module))
