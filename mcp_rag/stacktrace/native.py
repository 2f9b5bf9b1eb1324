"""C and C++: terminate, assertions, sanitizers, gdb, glog, PyTorch and kernel frames, glibc aborts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace import firmware, kernel, stores
from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "cpp"
_SANITIZER = r"(?:Address|Memory|Leak|Thread|UndefinedBehavior|HWAddress)Sanitizer"
PARTS: Table = (
    Pattern(Part.CRASH, r"terminate called "),
    Pattern(Part.CRASH, r"libc\+\+(?:abi)?: terminating "),
    # ROS 2's launch names the process before what it printed.
    Pattern(Part.CRASH, r"\[[\w.\-/]{1,80}-\d{1,4}\] terminate called ", " terminate called "),
    Pattern(Part.DETAIL, r"\[[\w.\-/]{1,80}-\d{1,4}\] {1,4}what\(\): ", "what(): "),
    Pattern(Part.CRASH, rf"==\d+==\s?(?:ERROR|WARNING): {_SANITIZER}"),
    Pattern(Part.CRASH, rf"(?:ERROR|WARNING): {_SANITIZER}"),
    Pattern(Part.CRASH, r"==\d+== (?:Invalid (?:read|write)|Conditional jump|Use of uninit|Process terminating)"),
    Pattern(Part.START, r"==\d+== [\d,]+ (?:\([\d,]+ direct, [\d,]+ indirect\) )?bytes in [\d,]+ blocks are "),
    Pattern(Part.CRASH, r"(?:Program|Thread \S+ [^\n]{0,60}) (?:received|terminated with) signal "),
    Pattern(Part.CRASH, r"Program terminated with signal "),
    Pattern(Part.CRASH, r"\*\*\* (?:stack smashing|buffer overflow|Aborted(?! at)|SIG[A-Z]+|Error in `)"),
    # Ceph's daemons.
    Pattern(Part.CRASH, r"\*\*\* Caught signal \("),
    Pattern(Part.CRASH, r"[^\s:]{1,300}: \d+: FAILED (?:ceph_)?assert\(", ": FAILED "),
    Pattern(Part.CRASH, r"[^\s:]{1,300}: \d+: ceph_abort_msg\(", ": ceph_abort"),
    Pattern(Part.DETAIL, r"ceph version \d|in thread [0-9a-f]{8,16} thread_name:|NOTE: a copy of the executable"),
    Pattern(Part.FRAME, r"\d{1,3}: (?:\(|[\w./\-]{1,200}\()[^\n]{0,900}\) \[0x[0-9a-f]{4,16}\]$", "[0x"),
    Pattern(Part.FRAME, r"\d{1,3}: (?:_{0,2}[a-z][a-z_]{2,20})\(\)$", "()"),
    Pattern(Part.DETAIL, r"\*\*\* Check failure stack trace"),
    Pattern(Part.PRELUDE, r"\*\*\* Aborted at "),
    Pattern(Part.PRELUDE, rf"{_SANITIZER}:DEADLYSIGNAL", "Sanitizer"),
    Pattern(Part.DETAIL, rf"{_SANITIZER}(?: can not provide |: reported \d+ warnings)", "Sanitizer"),
    Pattern(Part.DETAIL, r"PC: @ "),
    # glibc before 2.26.
    Pattern(Part.DETAIL, r"======= (?:Backtrace|Memory map): ========="),
    # Open MPI, each line behind node and process.
    Pattern(Part.CRASH, r"\*\*\* Process received signal \*\*\*"),
    Pattern(Part.CRASH, r"\[[\w.\-]{1,64}:\d+\] \*\*\* Process received signal \*\*\*"),
    Pattern(Part.DETAIL, r"\[[\w.\-]{1,64}:\d+\] (?:Signal: |Signal code: |Failing at address: |\*\*\* End of error)"),
    Pattern(Part.FRAME, r"\[[\w.\-]{1,64}:\d+\] \[ ?\d+\] \S"),
    # MySQL and MariaDB say what they can of themselves, above and below the frames.
    Pattern(Part.CRASH, r"UTC - (?:mysqld|mariadbd) got signal \d+|mysqld got signal \d+|mariadbd got signal \d+"),
    Pattern(Part.DETAIL, r"Thread pointer: 0x|stack_bottom = |Attempting backtrace\.|Trying to get some variables\."),
    Pattern(Part.DETAIL, r"Some pointers may be invalid|Query \(\S{1,20}\): |Connection ID \(thread"),
    Pattern(Part.DETAIL, r"Status: NOT_KILLED$"),
    Pattern(Part.DETAIL, r"This could be because you hit a bug|Sorry, we probably made a mistake|key_buffer_size=\d"),
    Pattern(Part.DETAIL, r"or one of the libraries it was linked against is|or misconfigured\. This error can also be"),
    Pattern(Part.DETAIL, r"To report this bug, see |diagnose the problem, but since we have|something is definitely"),
    Pattern(Part.DETAIL, r"where mysqld died\. If you see no|terribly wrong\.\.\.$"),
    Pattern(Part.DETAIL, r"It is possible that (?:mysqld|mariadbd) could use up to"),
    Pattern(Part.DETAIL, r"Server version: \d[^\n]{0,80} source revision"),
    Pattern(Part.DETAIL, r"Attempting to collect some information|We will try our best to scrape up some info"),
    Pattern(Part.DETAIL, r"InnoDB: (?:We intentionally generate a|Submit a detailed bug|If you get repeated)"),
    Pattern(Part.DETAIL, r"InnoDB: (?:immediately after the |corruption in the |Please refer|http|about forcing)"),
    # What Windows says of a process that it ended.
    Pattern(Part.CRASH, r"Faulting application name: "),
    Pattern(Part.DETAIL, r"Faulting (?:module (?:name|path)|process id|application (?:start time|path)|package[ -])"),
    Pattern(Part.DETAIL, r"Exception code: 0x[0-9a-f]{8}$|Fault offset: 0x|Report Id: [0-9a-f]{8}-"),
    Pattern(Part.DETAIL, r"The manual page at http|information that (?:should|will) help you find out"),
    Pattern(Part.CRASH,
        r"(?:double free or corruption|free\(\): |malloc\(\): |munmap_chunk\(\): "
        r"|corrupted (?:size|double))"),
    Pattern(Part.TYPE,
        r"(?:Segmentation fault|Aborted|Bus error|Illegal instruction|Floating "
        r"point exception)(?: \(core dumped\))?$"),
    Pattern(Part.CRASH,
        r"[\w./\-]{1,200}: [\w./\-]{1,200}:\d+: [^\n]{1,300}: Assertion [`'][^\n]{1,"
        r"500}' failed", "Assertion"),
    Pattern(Part.CRASH, r"Assertion failed: "),
    Pattern(Part.CRASH, r"[\w./+\-]{1,200}:\d+:\d+: runtime error: ", "runtime error: "),
    Pattern(Part.CRASH, r"(?:Caught|Got) signal \d+"),
    Pattern(Part.DETAIL, r"what\(\): "),
    # PyTorch's errors say below their message where they were raised; their logs print both.
    Pattern(Part.DETAIL, r"Exception raised from [^\n]{1,300} \(most recent call first\):"),
    Pattern(Part.DETAIL, rf"SUMMARY: {_SANITIZER}"),
    Pattern(Part.DETAIL, r"(?:READ|WRITE) of size \d"),
    Pattern(Part.DETAIL, r"(?:freed|previously allocated|allocated) by thread "),
    Pattern(Part.DETAIL, r"0x[0-9a-f]{4,16} is located \d"),
    Pattern(Part.DETAIL,
        r"Shadow (?:bytes|byte legend)|=>?0x[0-9a-f]{6,16}:|=={1,2}\d+==(?:ABORTING|"
        r"HINT|The signal|Hint)"),
    Pattern(Part.PRELUDE, r"={18}(?:={47})?$"),
    Pattern(Part.FRAME, r"#\d{1,4} +0x[0-9a-fA-F]+ (?:in )?"),
    Pattern(Part.FRAME, r"#\d{1,4} +[\w:~<>*&, \[\]$.]{1,300} ?\([^\n]{0,500}\) (?:at|from) \S"),
    Pattern(Part.FRAME, r"frame #\d+: "),
    Pattern(Part.FRAME, r"@ +0x[0-9a-f]{4,16} "),
    Pattern(Part.FRAME, r"\d{1,4}# [^\n]{1,400} (?:at|in) \S{1,300}$"),
    Pattern(Part.FRAME, r"==\d+== +(?:at|by) 0x"),
    Pattern(Part.FRAME, r"\[bt\] \(\d+\)"),
    Pattern(Part.FRAME, r"[\w./\-]{1,200}\([^\n]{0,400}\+0x[0-9a-f]+\) ?\[0x[0-9a-f]+\]", "+0x"),
    Pattern(Part.FRAME, r"[\w./\-]{1,200}\[0x[0-9a-f]+\]$", "[0x"),
    *stores.PARTS,
    # Unreal Engine, with the header of its log on every line or without.
    Pattern(Part.PRELUDE, r"=== Critical error: ===$|Fatal error!$"),
    Pattern(Part.CRASH, r"Unhandled Exception: (?:EXCEPTION_|SIG|0x)\w+"),
    Pattern(Part.FRAME, r"(?:\[Callstack\] )?0x[0-9a-f]{8,16} [^\s!]{1,200}![^\n]{1,400} \[[^\n\]]{0,300}\]$", "!"),
    *kernel.PARTS,
    *firmware.PARTS,
)  # fmt: skip

_TERMINATE = re.compile(
    r".*?terminate called (?:after throwing an instance of '([^'\n]{1,300})'|without an active exception|recursively)"
)
_LIBCXX = re.compile(
    r".*?libc\+\+(?:abi)?: terminating (?:due to|with) uncaught exception "
    r"of type ([^\s:]{1,300}(?:::[\w<>]+)*)(?:: (.*))?$"
)
_WHAT = re.compile(r"\s*(?:\[[\w.\-/]{1,80}\] +)?what\(\): +(.*)$")
_ASAN = re.compile(rf".*?(?:ERROR|WARNING): ({_SANITIZER}): (.*)$")
_ASAN_KIND = re.compile(r"(attempting [\w\-]+(?: [\w\-]+)?|[A-Za-z][\w\-]*(?: race| leaks?)?)")
_UBSAN = re.compile(r"(\S+?):(\d{1,9}):\d{1,9}: runtime error: (.*)$")
_ASSERT = re.compile(r"(?:\S{1,100}: )?(\S{1,300}?):(\d{1,9}): (.{1,300}): Assertion [`'](.{1,500})' failed")
_ASSERT_BSD = re.compile(r"(?>.*?Assertion failed: )\(?(.*?)\)?, (?:function (\w+), )?file (\S+?), line (\d{1,9})")
_SIGNAL = re.compile(r".*?(?:signal |\*\*\* )(SIG[A-Z]{2,6})(?:, ([^\n]*?)\.?$|$|[\s(@])")
_GOT = re.compile(r".*?(?:Signal: [A-Z][\w ]{1,40} \((\d{1,3})\)|(?:mysqld|mariadbd) got signal (\d{1,3}))")
_NUMBERED = re.compile(r".*?signal \d{1,3} \((SIG[A-Z]{2,6})\)")
_SIGNALS = {"4": "SIGILL", "6": "SIGABRT", "7": "SIGBUS", "8": "SIGFPE", "11": "SIGSEGV"}
_VALGRIND = re.compile(r"==\d+== ((?:Invalid (?:read|write) of size \d+|Conditional jump.*|Use of uninit.*))$")
_LEAK = re.compile(r"==\d+== [\d,]{1,20} .{0,60}?blocks are ([a-z ]{4,20}) in loss record")
_CHECK = re.compile(r".*?Check failed: (.*)$")
_ABORT = re.compile(
    r".*?((?:double free or corruption|stack smashing detected|buffer overflow "
    r"detected|free\(\): [\w ]+|malloc\(\): [\w ()]+|munmap_chunk\(\): [\w ]+|"
    r"corrupted [\w ]+))(.*)$"
)
_FAULTING = re.compile(r"\s*Faulting application name: ([^,\n]{1,200})")
_FAULT = re.compile(r"(?<!\S)(?:Faulting module name: ([^,\n]{1,200})|(Exception code: 0x[0-9a-f]{8}))")
_PLAIN = re.compile(
    r".*?(Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception)(?: \(core dumped\))?$"
)
_ERROR = re.compile(r"\s*([\w.:]{1,200}(?:Error|Exception|error)): (.*)$")
_FRAMES = (
    re.compile(
        r"\s*#\d{1,4} +(?:0x[0-9a-fA-F]+ (?:in )?)?(?P<f>.{1,400}?)(?: ?\((?P<a>[^\n]{0,"
        r"500})\))?(?: (?:at|from) (?P<p>\S{1,300}?)(?::(?P<n>\d{1,9}))?)?$"),
    re.compile(
        r"\s*(?:frame #\d{1,4}:|@ +0x[0-9a-f]{4,16}|==\d+== +(?:at|by) 0x[0-9A-Fa-f]+:)"
        r" (?P<f>.{1,400}?)(?: \+ 0x[0-9a-f]+)?(?: \((?P<p>[^()\s:]{1,300})(?::(?P<n>\d{1,"
        r"9}))?\)| \((?:in|0x)[^()]{0,300}\))?$"),
    re.compile(r"\s*\d{1,4}# (?P<f>.{1,400}?) (?:at|in) (?P<p>\S{1,300}?)(?::(?P<n>\d{1,9}))?$"),
    re.compile(
        r"\s*(?:(?:\[[\w.\-]{1,64}:\d{1,9}\] )?\[ ?\d{1,3}\] )?"
        r"(?P<p>[\w./\-]{1,200})\((?P<f>[^()+]{0,300})(?:\+0x[0-9a-f]+)?\) ?\[0x[0-9a-f]+\]"),
    *stores.FRAMES,
    re.compile(r"\s*\d{1,3}: \((?P<f>[A-Za-z_~][^\n]{1,800}?)\+0x[0-9a-f]+\) \[0x[0-9a-f]+\]$"),
    re.compile(
        r"\s*(?:\[Callstack\] )?0x[0-9a-f]{8,16} (?P<f>[^\s!]{1,200}!.{1,400}?) "
        r"\[(?:(?P<p>[^\n\]]{1,300}):(?P<n>\d{1,9}))?\]$"),
    *kernel.FRAMES,
    *firmware.FRAMES,
)  # fmt: skip
_CAUGHT = re.compile(r".{0,200}?\*\*\* Caught signal \(([A-Z][\w ]{2,40})\)")
_FAILED = re.compile(r"\S{1,300}: \d{1,9}: (?:FAILED (?:ceph_)?assert|(ceph_abort)_msg)\((.*)\)$")
_UNREAL = re.compile(r".*?Unhandled Exception: ((?:EXCEPTION_|SIG|0x)\w+) ?(.*)$")
_MODULE = re.compile(r"[\w.+\-]{1,200}!(?!UnknownFunction)")
_CALL = re.compile(r"\s*#\d{1,4} ")
_TAIL = re.compile(
    r"^(.{1,300}?)(?: (\(?/[^\s()]{1,300}?|\S{1,300}?\.(?:c|cc|cpp|cxx|h|hpp|m|mm|cu)))(?::(\d{1,9}))?(?::\d{1,9})?\)?$"
)
_MACHINERY = re.compile(
    r"^(?:__GI_|__interceptor|__asan|__ubsan|__libc|__pthread|abort|raise|"
    r"__cxa|__assert|std::|__gnu_cxx|_start|start_thread|clone|operator "
    r"new|malloc|free|_?_?kill|"
    rf"{stores.MACHINERY}|ceph::__ceph_|gsignal|google::|c10::|at::|torch::|\?\?|<unknown|<signal handler"
    rf"|{kernel.MACHINERY}|RV_STK_|_bss_end"
    r"|(?:KERNEL32|KERNELBASE|ntdll|VCRUNTIME\d+|ucrtbase|USER32)\.(?:dll|DLL)!)"
)
_LIBRARY_FILE = re.compile(
    r"^/(?:usr/)?lib|^\.\./sysdeps|^\./(?:nptl|stdlib|sysdeps|csu|elf|malloc|"
    r"signal|string|debug|io)/|/libc\.so|/libstdc|/site-packages/|"
    r"^\.\./(?:aten|c10|csu|elf|gcc|gdk|gio|glib|gobject|gtk|iconv|io|libio|locale|malloc|misc|nptl|posix|resolv|rt|signal|socket|stdio-common|"
    r"stdlib|string|support|time|torch)/"
)


def in_app(function: str, file: str) -> bool:
    """False for the C and C++ runtimes, sanitizers, the kernel's own entry code and shared system libraries."""
    return _MACHINERY.match(function) is None and _LIBRARY_FILE.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first crash in `lines`; of a sanitizer report only the first stack counts."""
    head: tuple[str, str, Frame | None] | None = None
    frames: list[Frame] = []
    unsure: list[Frame] = []
    closed = False
    at: Frame | None = None
    for line in lines:
        if what := _WHAT.match(line):
            head = (head[0] if head else "terminate", what[1].strip(), None)
        elif head is None and not _CALL.match(line) and (found := _head(line)):  # a call may quote what was said
            head = found
        elif at is None and (found_at := kernel.AT.match(line)):
            at = Frame(function=found_at["f"], file=found_at["p"] or "", in_app=in_app(found_at["f"], ""))
        elif not closed and (frame := _frame(line)):
            (unsure if kernel.UNSURE.match(line) else frames).append(frame)
        elif frames and not line.strip():
            closed = True
    frames = frames or unsure
    if at is not None and (not frames or frames[0].function != at.function):
        frames.insert(0, at)
    if ended := (kernel.killed(lines) or _faulted(lines)):
        return StackTrace(LANGUAGE, (ExceptionInfo(*ended),))
    if head is None and not frames:
        return None
    type_, message, place = head or _named(lines)
    message = message or firmware.why(lines)
    start = next((n for n, f in enumerate(frames) if f.in_app), 0)
    kept = frames[start:] if start < len(frames) and start <= 8 else frames
    return StackTrace(LANGUAGE, (ExceptionInfo(type_, message, tuple(kept) or ((place,) if place else ())),))


def _named(lines: Sequence[str]) -> tuple[str, str, Frame | None]:
    """PyTorch and other bindings print `SomeError: text` above native frames."""
    for line in lines:
        if unable := kernel.unable(line):
            return *unable, None
        if found := _ERROR.match(line):
            return found[1], found[2].strip(), None
    return "", "", None


def _faulted(lines: Sequence[str]) -> tuple[str, str] | None:
    """Windows' report of a crash: the program, the module that it was in, and the code."""
    for n, line in enumerate(lines):
        if found := _FAULTING.match(line):
            told = [m[1] or m[2] for text in (line, *lines[n + 1 : n + 4]) for m in _FAULT.finditer(text)]
            return "Faulting application", ", ".join([found[1], *told])
    return None


def _head(line: str) -> tuple[str, str, Frame | None] | None:
    if found := _TERMINATE.match(line):
        return found[1] or "terminate", "" if found[1] else line[found.start() :].strip(), None
    if found := _LIBCXX.match(line):
        return found[1], (found[2] or "").strip(), None
    if found := _ASAN.match(line):
        kind = None if found[1] == "LeakSanitizer" else _ASAN_KIND.match(found[2])
        return (kind[1] if kind else found[1]), f"{found[1]}: {found[2].strip()}", None
    if found := _UBSAN.match(line):
        return "runtime error", found[3], Frame(file=found[1], line=int(found[2]))
    if "Assertion" in line and (found := _ASSERT.match(line)):
        return "Assertion", found[4], Frame(function=found[3], file=found[1], line=int(found[2]))
    if found := _ASSERT_BSD.match(line):
        return "Assertion", found[1], Frame(function=found[2] or "", file=found[3], line=int(found[4]))
    if signalled := (_signal(line) or _ceph(line)):
        return signalled
    if found := _VALGRIND.match(line):
        return found[1].split(" of ")[0], found[1], None
    if found := _LEAK.match(line):
        return "leak", found[1], None
    if found := _CHECK.match(line):
        return "Check failed", found[1].strip(), None
    if found := _ABORT.match(line):
        return found[1].rstrip(": "), (found[2].strip(" *:") or found[1]), None
    if reported := (kernel.head(line) or stores.head(line) or firmware.head(line) or _unreal(line)):
        return *reported, None
    if found := _PLAIN.match(line):
        return found[1], "", None
    return None


def _unreal(line: str) -> tuple[str, str] | None:
    """Unreal Engine's word on an exception of the system."""
    found = _UNREAL.match(line)
    return (found[1], found[2].strip()) if found else None


def _signal(line: str) -> tuple[str, str, None] | None:
    """A signal by its name, or by its number where a program prints no more."""
    if found := _SIGNAL.match(line):
        return found[1], (found[2] or "").strip(), None
    if found := _GOT.match(line):
        said = "Signal: " if found[1] else " - "
        return _SIGNALS.get(found[1] or found[2], "signal"), line.strip().rpartition(said)[2], None
    found = _NUMBERED.match(line)
    return (found[1], line.strip(), None) if found else None


def _ceph(line: str) -> tuple[str, str, None] | None:
    """What ended a daemon of Ceph: its assertion, or a signal by a name of its own."""
    if "FAILED " not in line and "ceph_abort" not in line and "Caught signal (" not in line:
        return None
    if found := _FAILED.match(line):
        return found[1] or "Assertion", found[2].strip('"'), None
    found = _CAUGHT.match(line)
    return (found[1], "", None) if found else None


def _frame(line: str) -> Frame | None:
    for pattern in _FRAMES:
        if found := pattern.match(line):
            parts = found.groupdict()
            function, file, number = parts["f"] or "", parts.get("p") or "", parts.get("n") or "0"
            if not file and (tail := _TAIL.match(function)):
                function, file, number = tail[1], tail[2].lstrip("("), tail[3] or "0"
            function = function.strip()
            module = _MODULE.match(function)
            function = _without_arguments(function[module.end() :] if module else function)
            return Frame(function=function, file=file, line=int(number), in_app=in_app(function, file))
    return None


def _without_arguments(function: str) -> str:
    """The function's name, its argument list taken off."""
    head = function.removesuffix(" const")
    return head.partition("(")[0].strip() if head.endswith(")") else function
