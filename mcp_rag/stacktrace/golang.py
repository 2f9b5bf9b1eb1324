"""Go: panics, re-panics, fatal errors, goroutine dumps, pkg/errors and zap stacks, data races."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "go"
PARTS: Table = (
    Pattern(Part.CRASH, r"panic: "),
    Pattern(Part.CRASH, r"fatal error: (?!runtime)(?:[a-z]+ )*[a-z:\-]+"),
    Pattern(Part.CRASH, r"(?:SIGSEGV|SIGABRT|SIGBUS|SIGILL|SIGQUIT|SIGFPE): "),
    Pattern(Part.CRASH, r"unexpected fault address 0x"),
    Pattern(Part.CRASH, r"runtime: goroutine stack exceeds"),
    Pattern(Part.CRASH, r"WARNING: DATA RACE"),
    # gin: the request that failed, the error, then the place of each call above its source.
    Pattern(
        Part.START,
        r"(?:\[Recovery\] )?(?:\d{4}/\d\d/\d\d - \d\d:\d\d:\d\d )?panic recovered:$",
        "panic recovered:",
    ),
    Pattern(Part.START, r"Recovered from panic: |recovered from panic: "),
    # cgo and the registers, around and below the goroutines of a signal.
    Pattern(Part.DETAIL, r"PC=0x[0-9a-f]+ m=\d|signal arrived during (?:cgo|external code) execution"),
    Pattern(Part.DETAIL, r"r(?:[abcd]x|[ds]i|[bs]p|ip|flags|\d{1,2}) {1,6}0x[0-9a-f]+$"),
    Pattern(Part.DETAIL, r"[cfg]s {1,6}0x[0-9a-f]+$"),
    Pattern(Part.DETAIL, r"(?:lr|pc|fault) {1,6}0x[0-9a-f]+$"),
    Pattern(Part.FRAME, r"/[^\s:]{1,300}\.(?:go|s):\d+ \(0x[0-9a-f]+\)$"),
    Pattern(Part.DETAIL, r"\[signal (?:SIG|0x)"),
    Pattern(Part.DETAIL, r"(?:\[originating from |\[recovered)"),
    Pattern(Part.DETAIL, r"goroutine \d+ (?:gp=\S+ )?[^\n]{0,60}\[[^\]\n]{1,80}\]:"),
    Pattern(Part.DETAIL, r"goroutine running on other thread"),
    Pattern(Part.DETAIL, r"\.\.\.(?:additional|\d+) frames elided"),
    Pattern(Part.DETAIL, r"exit status \d+$"),
    Pattern(Part.DETAIL, r"runtime stack:$"),
    Pattern(Part.DETAIL, r"(?:Previous )?(?:[Rr]ead|[Ww]rite) at 0x[0-9a-f]+ by "),
    Pattern(Part.FRAME, r"created by [\w./]+"),
    Pattern(Part.FRAME, r"/[^\s:]{1,300}\.(?:go|s):\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?$"),
    Pattern(Part.FRAME, r"[A-Za-z]:[/\\][^\s:]{1,300}\.go:\d+ \+0x[0-9a-f]+$"),
    Pattern(Part.FRAME, r"panic\((?:\{|0x)[^\n]{0,200}\)$"),
    Pattern(Part.FRAME,
        r"(?=[^\s(]{1,200}\.)[^\s()]{1,300}+(?:\(\*?[^\s()]{1,100}+\)[^\s()]{0,"
        r"200}+)?\((?:\.\.\.|\{?0x[^\n]{0,300}|)\)$", "("),
)  # fmt: skip

_HEAD = re.compile(r"(.*?)(panic(?: serving \S+)?|fatal error|SIG[A-Z]{2,6}|runtime: goroutine stack exceeds): ?(.*)$")
_AGAIN = re.compile(r"\s+panic: (.*)$")
_RECOVERED = re.compile(r" \[recovered(?:, repanicked)?\]$")
_FUNCTION = re.compile(
    r"\s*(?:created by )?([^\s()]{1,300}(?:\(\*?[^\s()]{1,100}\)\.[^\s()]{1,"
    r"200})?)(?:\([^\n]*\))?(?: in goroutine \d+)?$"
)
_PLACE = re.compile(r"\s+(\S.{0,300}?\.(?:go|s|c|cgo)):(\d{1,9})(?: \+0x[0-9a-f]+)?(?: .*)?$")
_GOROUTINE = re.compile(r"\s*goroutine \d+ .*\[.*\]:")
_RACE = re.compile(r"\s*WARNING: DATA RACE")
# Beside the programs of a workspace, `/go/src/app`, stands no folder of the language's own.
_STANDARD = (
    "(?:archive|bufio|bytes|cmd|compress|container|context|crypto|database|debug|embed|encoding|errors|expvar|flag|fmt|"
    "go|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp|runtime|slices|sort|"
    "strconv|strings|sync|syscall|testing|text|time|unicode|unsafe|vendor)"
)
_LIBRARY = re.compile(
    rf"/go[\d.\-]*/src/{_STANDARD}/|/libexec/src/|/pkg/mod/|/vendor/|\\go\\src\\{_STANDARD}\\|"
    r"^(?:net|os|runtime|reflect|testing)/"
)
_GIN = re.compile(r".*panic recovered:$")
_GIN_PLACE = re.compile(r"\s*(/\S{1,300}\.(?:go|s)):(\d{1,9}) \(0x[0-9a-f]+\)$")
_GIN_CALL = re.compile(r"\s+(\S{1,300}): ")
_OBSERVED = re.compile(r"\S.* \(([^\n]{1,2000})\)$")  # Kubernetes prints the panic's value, and again as text
_WRAPPED = 4  # lines of an error's text
_RUNTIME = ("runtime.", "panic", "testing.", "reflect.", "syscall.", "net/http.", "internal/", "runtime/", "sync.")


def in_app(function: str, file: str) -> bool:
    """False for the standard library, the module cache and vendored code."""
    return not function.startswith(_RUNTIME) and _LIBRARY.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first panic or goroutine dump in `lines`; only its first goroutine counts."""
    if (recovered := next((n for n, line in enumerate(lines) if _GIN.match(line)), -1)) >= 0:
        return _gin(lines[recovered + 1 :])
    found: list[tuple[str, str]] = []
    frames: list[Frame] = []
    goroutines = 0
    function = ""
    for line in lines:
        if _GOROUTINE.match(line):
            goroutines += 1
            if goroutines > 1 and frames:
                break
        elif _RACE.match(line):
            found.append(("DATA RACE", "data race"))
        elif again := _AGAIN.match(line) if found else None:
            found.append(("panic", _RECOVERED.sub("", again[1].strip())))
        elif not frames and not found and (head := _HEAD.match(line)):
            observed = _OBSERVED.match(head[3]) if head[1].endswith("Observed a ") else None
            said = observed[1] if observed else head[3]
            found.append((head[2].split(" serving")[0], _RECOVERED.sub("", said.strip())))
        elif (place := _PLACE.match(line)) and function:
            frames.append(_frame(function, place))
            function = ""
        else:
            call = _FUNCTION.match(line)
            function = call[1] if call and not line.startswith(("created by", "\t")) else ""
    if not frames and not found:
        return None
    if not found:
        found.append(("", _message(lines)))
    infos = [ExceptionInfo(t, m) for t, m in reversed(found)]
    infos[-1] = ExceptionInfo(infos[-1].type, infos[-1].message, tuple(_after_panic(frames)))
    return StackTrace(LANGUAGE, tuple(infos))


def _gin(lines: Sequence[str]) -> StackTrace | None:
    """The error stands just above the first place, below the request, whose last line is a blank one."""
    first = next((n for n, line in enumerate(lines) if _GIN_PLACE.match(line)), -1)
    if first < 0:
        return None
    message = next((line.strip() for line in reversed(lines[:first]) if line.strip()), "")
    frames = []
    for n in range(first, len(lines)):
        if place := _GIN_PLACE.match(lines[n]):
            call = _GIN_CALL.match(lines[n + 1]) if n + 1 < len(lines) else None
            module, _, name = (call[1] if call else "").rpartition(".")
            frames.append(Frame(name, module, place[1], int(place[2]), in_app("", place[1])))
    start = next((n for n, f in enumerate(frames) if "/src/runtime/" not in f.file), 0)
    return StackTrace(LANGUAGE, (ExceptionInfo("panic", message, tuple(frames[start:])),))


def _after_panic(frames: list[Frame]) -> list[Frame]:
    """Go prints runtime frames and re-panicking defers first: what lies below the last `panic(...)` is the throw."""
    last = max((n for n, f in enumerate(frames) if f.function in {"panic", "runtime.gopanic"}), default=-1)
    return frames[last + 1 :] if last + 1 < len(frames) else frames


def _message(lines: Sequence[str]) -> str:
    """pkg/errors and zap print the error text above the frames, without a type. What was wrapped is printed first, and
    the words around it on lines of their own."""
    place = next((n for n, line in enumerate(lines) if _PLACE.match(line)), 0)
    above = [line.strip() for line in lines[max(place - 1 - _WRAPPED, 0) : max(place - 1, 0)]]
    return next(filter(None, above), "")


def _frame(function: str, place: re.Match[str]) -> Frame:
    package, _, name = function.rpartition("/")
    module, _, method = name.partition(".")
    file = place[1]
    return Frame(
        function=method or module,
        module=f"{package}/{module}" if package else module,
        file=file,
        line=int(place[2]),
        in_app=in_app(function, file),
    )
