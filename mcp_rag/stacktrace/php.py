"""PHP: uncaught errors (innermost printed first, `Next` is outer), Laravel and Symfony log blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "php"
PARTS: Table = (
    Pattern(Part.CRASH, r"(?:PHP )?Fatal error: {1,2}Uncaught "),
    Pattern(Part.CRASH, r"PHP (?:Fatal|Parse|Recoverable fatal) error: "),
    Pattern(Part.CRASH, r"Fatal error: [^\n]{1,1500} on line \d{1,9}$|Parse error: [^\n]{1,1500} on line \d{1,9}$"),
    Pattern(Part.CRASH, r"In [\w.\-]{1,120}\.php line \d{1,9}:$"),  # Symfony's console, Composer
    # Laravel's console: a class alone on its line, with the blank of its badge where it has no namespace.
    Pattern(Part.CRASH, r"(?:[A-Z]\w{0,80}\\){1,8}\w{1,80}(?:Exception|Error) *$", "\\"),
    Pattern(Part.CRASH, r"[A-Z]?\w{0,80}Exception $", "Exception "),
    Pattern(Part.CRASH, r"[A-Z]?\w{0,80}Error $", "Error "),
    Pattern(Part.START, r"Uncaught (?:PHP Exception |[A-Z\\][\w\\]*: [^\n]{0,2000} in \S{1,300}:\d+$)"),
    Pattern(Part.LINK, r"Next [A-Z\\][\w\\]+(?:: |\s)"),
    Pattern(Part.LINK, r"\[previous exception\] \[object\]"),
    Pattern(Part.FRAME, r"#\d{1,4} (?:[^\s()\n]{1,300}\(\d+\): |\{main\}|\[internal function\]: )"),
    Pattern(Part.DETAIL, r"Stack trace:$|\[stacktrace\]$|PHP Stack trace:"),
    Pattern(Part.FRAME, r"PHP {1,4}\d+\. \S"),
    Pattern(Part.FRAME, r"/[^\s:()]{1,300}\.php:\d+$"),
    Pattern(Part.DETAIL, r"thrown in \S+ on line \d"),
    Pattern(
        Part.DETAIL, r"#\d{1,4} [^\n]{0,1500} in \S{1,300} on line \d{1,9}(?:$|\")"
    ),  # where the log's limit cut it
    Pattern(Part.DETAIL, r"\"\}\s*$"),
)

_NAME = r"[A-Za-z_\\][\w\\]{0,200}(?:@anonymous)?"
_HEAD = re.compile(
    rf"(?:(?>.*?Uncaught )|\s*Next |\s*(?:PHP )?(?:Fatal error: +)?)({_NAME})(?:: (.*))? in (\S+?):(\d{{1,9}})(?:\)|$)"
)
_OPEN = re.compile(rf"(?:.*?Uncaught |\s*Next )({_NAME}): (.*)$")
_OBJECT = re.compile(rf".*?\[object\] \(({_NAME})\(code: [^)]{{0,40}}\): (.*?) at (\S+?):(\d{{1,9}})\)")
_COMMA = re.compile(rf"(?<=\d), (?={_NAME}\(code: )")
_SYMFONY = re.compile(rf".*?Uncaught PHP Exception ({_NAME}): [\"“](.*)[\"”] at (\S+) line (\d{{1,9}})")
_FATAL = re.compile(
    r"(?>.*?(?:PHP )?(Fatal error|Parse error|Recoverable fatal error): ++)(.*?) in (\S+?)(?: on line |:)(\d{1,9})"
    r"(?:, referer: .*)?$"  # Apache goes on with where the request came from
)
_FRAME = re.compile(
    r"\s*(?:PHP +\d+\. .*|#\d{1,4} (?:(\{main\})|(?:([^\s()]{1,300})\((\d{1,"
    r"9})\)|\[internal function\]): (.{1,2000})))$"
)
_CALL = re.compile(r"(?:([\w\\@:{}./]{1,300}?)(?:->|::))?([\w\\{}]{1,200})\(")
_CONSOLE = re.compile(r"\s*In ([\w.\-]{1,120}\.php) line (\d{1,9}):$")
_BADGE = re.compile(r"\s*((?:[A-Z]\w{0,80}\\){0,8}\w{0,80}(?:Exception|Error)) *$")
_BOXED = re.compile(r"\s*\[([\w\\]{1,300})\]\s*$")
_PLACE = re.compile(r"\s*at (\S{1,300}\.php):(\d{1,9})$")
_LIBRARY = re.compile(r"/vendor/|^\[internal|^$|\bphar://")


def in_app(file: str) -> bool:
    """False for Composer packages and the interpreter's own calls."""
    return _LIBRARY.search(file) is None


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first uncaught error in `lines`, outermost first although PHP prints it last."""
    chain: list[tuple[str, str, list[Frame]]] = []
    printed_outer_first = False
    traced = False
    for line in (piece for text in lines for piece in _previous(text)):
        if found := _OBJECT.match(line):
            printed_outer_first = True
            said = found[2].replace('\\"', '"').replace("\\\\", "\\")
            chain.append((found[1].replace("\\\\", "\\"), said, [_at(found[3], found[4], "")]))
        elif found := (_SYMFONY.match(line) or _head(line, started=bool(chain))):
            chain.append((found[1], _own_words(found[2] or ""), [_at(found[3], found[4], "")]))
        elif opened := _OPEN.match(line):
            chain.append((opened[1], opened[2].strip(), []))
        elif (frame := _FRAME.match(line)) and chain:
            traced = True
            if frame[4]:
                _add(chain[-1][2], frame)
        elif not chain and (fatal := _FATAL.match(line)):
            chain.append((fatal[1], fatal[2], [_at(fatal[3], fatal[4], "")]))
    if not chain:
        return _on_console(lines)
    if not (traced or any(word in line for line in lines for word in ("PHP", "Uncaught", "Fatal error", "[object]"))):
        return None
    infos = [ExceptionInfo(t, m, tuple(f)) for t, m, f in chain]
    return StackTrace(LANGUAGE, tuple(infos if printed_outer_first else reversed(infos)))


def _previous(line: str) -> list[str]:
    """Monolog in one line: the exceptions before are told behind the first, with the newline as it is escaped, or by
    older versions behind a comma."""
    if "[object] (" not in line:
        return [line]
    pieces = [piece for part in line.split("\\n[previous exception] ") for piece in _COMMA.split(part)]
    rest = (f"[object] ({piece.removeprefix('[object] (')})" for piece in pieces[1:])
    return [f"{pieces[0]})" if len(pieces) > 1 else line, *rest]


def _on_console(lines: Sequence[str]) -> StackTrace | None:
    """As the consoles of Symfony and Laravel print an error: the place or the class in a line of its own, below it an
    indented paragraph that says what is wrong."""
    for n, line in enumerate(lines):
        console, badge = _CONSOLE.match(line), _BADGE.match(line)
        if console is None and badge is None:
            continue
        said = [text.strip() for text in lines[n + 1 : n + 12] if text.strip()]
        boxed = _BOXED.match(said[0]) if said else None
        said = said[1:] if boxed else said
        place = next((m for text in lines[n + 1 :] if (m := _PLACE.match(text))), console)
        if not said or place is None:
            return None
        type_ = badge[1] if badge else boxed[1] if boxed else ""
        return StackTrace(LANGUAGE, (ExceptionInfo(type_, said[0], (_at(place[1], place[2], ""),)),))
    return None


def _own_words(message: str) -> str:
    """The message without the words by which PHP goes on to say where the function is: `... and defined in FILE`."""
    return message.strip().removesuffix(" and defined") if ", called in " in message else message.strip()


def _head(line: str, *, started: bool) -> re.Match[str] | None:
    if "Uncaught" not in line and not line.lstrip().startswith("Next ") and started:
        return None
    found = _HEAD.match(line)
    return found if found and found[1] not in {"PHP", "in"} else None


def _add(frames: list[Frame], found: re.Match[str]) -> None:
    """PHP names the called function together with the caller's place: shift it onto the frame above."""
    call = _CALL.match(found[4].replace("\\\\", "\\"))
    if call and frames:
        above = frames[-1]
        module = (call[1] or "").split("@anonymous", maxsplit=1)[0]
        frames[-1] = Frame(call[2], module, above.file, above.line, above.in_app)
    frames.append(_at(found[2] or "", found[3] or "0", ""))


def _at(file: str, line: str, function: str) -> Frame:
    return Frame(function=function, file=file, line=int(line), in_app=in_app(file))
