"""Rust: panics (old and new header), backtraces, anyhow and eyre reports."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "rust"
PARTS: Table = (
    Pattern(Part.CRASH, r"thread '[^'\n]{0,200}' (?:\(\d+\) )?(?:panicked at|has overflowed its stack)"),
    Pattern(Part.CRASH, r"thread <unnamed> (?:\(\d+\) )?panicked at"),
    Pattern(Part.TYPE, r"fatal runtime error: "),  # below what became of the thread
    Pattern(Part.CRASH, r"memory allocation of \d+ bytes failed"),
    Pattern(Part.CRASH, r"The application panicked \(crashed\)"),
    Pattern(Part.DETAIL, r"note: (?:run with|Some details are omitted|[Cc]ompile with)\b"),
    Pattern(Part.DETAIL, r"Run with (?:COLORBT_SHOW_HIDDEN|RUST_BACKTRACE|RUST_LIB_BACKTRACE)=|Backtrace omitted\."),
    Pattern(Part.DETAIL, r"stack backtrace:$|Stack backtrace:$|Backtrace:$|BACKTRACE"),
    Pattern(Part.DETAIL, r"thread panicked while (?:processing|panicking)"),
    Pattern(Part.DETAIL, r"aborting due to panic"),
    Pattern(Part.LINK, r"Caused by:$"),
    Pattern(Part.START, r"Error: *$"),
    Pattern(Part.FRAME,
        r"\d{1,4}: +(?:0x[0-9a-f]+ - )?(?:<?[A-Za-z_&\[(][\w]*[^\n]{0,300}::|"
        r"main$|_start$|__libc_start|rust_begin_unwind|start_thread|clone)"),
    Pattern(Part.FRAME, r"at (?:/|\.|[\w\-]+/|[A-Za-z]:\\)[^\s:]{0,300}\.rs:\d+"),
)  # fmt: skip

# Substrate prints the calls first, then what the thread panicked with.
LATE = "substrate"
LATE_PARTS: Table = (
    Pattern(Part.CRASH, r"Thread '[^'\n]{0,200}' panicked at "),
    Pattern(Part.DETAIL, r"This is a bug\. Please report it at:"),
)

_PANIC = re.compile(r".*?[tT]hread (?:'([^'\n]{0,200})'|<unnamed>) (?:\(\d+\) )?panicked at (.*)$")
_OLD = re.compile(r"'(.*)'[,:] (\S+?):(\d{1,9})(?::\d{1,9})?$")
_NEW = re.compile(r"(\S+?):(\d{1,9}):\d{1,9}:?$")
_OLD_OPEN = re.compile(r"'(.*)$")
_OLD_CLOSED = re.compile(r"', ([^\s:]{1,300}\.rs):(\d{1,9})(?::\d{1,9})?$")
MAX_MESSAGE_LINES = 20
_OVERFLOW = re.compile(r"thread '[^'\n]{0,200}' (?:\(\d+\) )?has overflowed its stack")
_RUNTIME = re.compile(r"\s*(?:fatal runtime error|memory allocation of \d+ bytes failed)(?:: )?(.*)$")
_END = re.compile(r"\s*(?:note: |stack backtrace:|thread ')")
_FRAME = re.compile(r"\s*(\d{1,4}): +(?:0x[0-9a-fA-F]+ - )?(\S.*)$")
_PLACE = re.compile(r"\s*at (\S.*?\.\w{1,4}):(\d{1,9})(?::\d{1,9})?")
_HASH = re.compile(r"::h[0-9a-f]{16}$")
_ERROR = re.compile(r"(?:.*?\s)?Error: ?(.*)$")
_CAUSE_ITEM = re.compile(r"\s+(?:(\d{1,3}): )?(\S.*)$")
_ITEM_ZERO = re.compile(r"\s+0: \S")
_LIBRARY = re.compile(
    r"^(?:<?&?(?:mut )?(?:std|core|alloc|tokio|tokio_util|hyper|hyper_util|"
    r"tower|axum|actix_\w+|futures|futures_\w+|rayon|rayon_core|serde|serde_json|"
    r"backtrace|anyhow|eyre|color_eyre|tracing|test|async_std|crossbeam_\w+)"
    r"(?:\[[0-9a-f]+\])?::|__rust|rust_|_?main$|_start|__libc|_rust|clone|"
    r"start_thread|__rustc|<unknown>)"
)
_LIBRARY_FILE = re.compile(r"/rustc/|[/\\]\.cargo[/\\]|/registry/src/|/library/(?:std|core|alloc)/")


def in_app(function: str, file: str) -> bool:
    """False for std, core, alloc, common runtimes and crates from the registry."""
    return _LIBRARY.match(function) is None and _LIBRARY_FILE.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first panic or error report in `lines`."""
    for n, line in enumerate(lines):
        if panic := _PANIC.match(line):
            after = lines[:n] if "Thread '" in line[: panic.end(1)] else lines[n + 1 :]
            return StackTrace(LANGUAGE, (_panic(panic[2].strip(), after),))
        if _OVERFLOW.search(line):
            return StackTrace(LANGUAGE, (ExceptionInfo("stack overflow", line.strip()),))
        if runtime := _RUNTIME.match(line):
            return StackTrace(LANGUAGE, (ExceptionInfo("fatal runtime error", runtime[1] or line.strip()),))
    return _report(lines)


def _panic(head: str, after: Sequence[str]) -> ExceptionInfo:
    place: Frame | None = None
    message = ""
    if old := _OLD.match(head):
        message, place = old[1], Frame(file=old[2], line=int(old[3]), in_app=in_app("", old[2]))
    elif new := _NEW.match(head):
        place = Frame(file=new[1], line=int(new[2]), in_app=in_app("", new[1]))
        message = next((line.strip() for line in _until_end(after)), "")
    elif opened := _OLD_OPEN.match(head):
        message = opened[1].rstrip("',")
        closed = next((m for line in after[:MAX_MESSAGE_LINES] if (m := _OLD_CLOSED.search(line))), None)
        place = Frame(file=closed[1], line=int(closed[2]), in_app=in_app("", closed[1])) if closed else None
    else:
        message = head
    frames = _frames(after)
    # Without a backtrace the header's own place is the only frame.
    return ExceptionInfo("panic", message, tuple(frames) or ((place,) if place else ()))


def _until_end(lines: Sequence[str]) -> list[str]:
    found = []
    for line in lines:
        if _END.match(line) or _FRAME.match(line):
            break
        if line.strip():
            found.append(line)
    return found


def _frames(lines: Sequence[str]) -> list[Frame]:
    found: list[Frame] = []
    expected = -1
    for line in lines:
        if (frame := _FRAME.match(line)) and (expected < 0 or int(frame[1]) >= expected):
            expected = int(frame[1])
            name = _HASH.sub("", frame[2].strip())
            module, _, function = name.rpartition("::")
            found.append(Frame(function=function, module=module, in_app=in_app(name, "")))
        elif found and (place := _PLACE.match(line)):
            last = found[-1]
            name = f"{last.module}::{last.function}" if last.module else last.function
            found[-1] = Frame(last.function, last.module, place[1], int(place[2]), in_app(name, place[1]))
    # What std and core do between the panic and the caller is not where it was thrown.
    start = next((n for n, f in enumerate(found) if not _machinery(f)), 0)
    return found[start:]


def _machinery(frame: Frame) -> bool:
    name = f"{frame.module}::{frame.function}"
    return "panicking" in name or "rust_begin_unwind" in name or "backtrace" in name or name.startswith("::")


def _report(lines: Sequence[str]) -> StackTrace | None:
    """anyhow, eyre: `Error: text`, then `Caused by:` with one cause a line."""
    eyre = next(
        (n for n, line in enumerate(lines) if line.strip() == "Error:" and _ITEM_ZERO.match(_line(lines, n + 1))), -1
    )
    if eyre >= 0:
        return _listed(lines[eyre + 1 :])
    at = next((n for n, line in enumerate(lines) if line.strip() == "Caused by:"), -1)
    start = next((n for n, line in enumerate(lines) if _ERROR.match(line)), -1)
    if at < 0:
        return _bare_frames(lines)
    if 0 <= start < at:
        found = _ERROR.match(lines[start])
        message = found[1].strip() if found else ""
    else:
        message = next((line.strip() for line in reversed(lines[:at]) if line.strip()), "")
    infos = [ExceptionInfo("Error", message)]
    for line in lines[at + 1 :]:
        item = _CAUSE_ITEM.match(line)
        if item is None or line.strip().lower().startswith(("stack backtrace", "location:")):
            break
        infos.append(ExceptionInfo("Error", item[2].strip()))
    infos[-1] = ExceptionInfo("Error", infos[-1].message, tuple(_frames(lines[at + len(infos) :])))
    return StackTrace(LANGUAGE, tuple(infos))


def _listed(lines: Sequence[str]) -> StackTrace:
    """eyre numbers the error itself 0 and its causes from 1."""
    infos = []
    for line in lines:
        item = _CAUSE_ITEM.match(line)
        if item is None or item[1] is None:
            break
        infos.append(ExceptionInfo("Error", item[2].strip()))
    return StackTrace(LANGUAGE, tuple(infos))


def _line(lines: Sequence[str], n: int) -> str:
    return lines[n] if n < len(lines) else ""


def _bare_frames(lines: Sequence[str]) -> StackTrace | None:
    frames = _frames(lines)
    if not any(f.file.endswith(".rs") for f in frames):
        return None
    return StackTrace(LANGUAGE, (ExceptionInfo("", "", tuple(frames)),))
