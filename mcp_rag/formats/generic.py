"""Headers of no known format: a timestamp at or near the line's start, or a level word first, and what follows."""

from __future__ import annotations

import re
from collections.abc import Callable

from mcp_rag import clock
from mcp_rag.formats.levels import header_level
from mcp_rag.formats.tokens import HeaderTokens, not_a_logger
from mcp_rag.types import NO_SPAN, Header, Level, Span

UVICORN_COLUMNS = 10
NAME = "generic"
PREFIX_NAME = "level-prefix"
_WEAK = ("epoch", "clock", "basic", "hdfs", "klog", "date")

_PREFIX = re.compile(
    r"(?:(?:[\w.$@-]{2,60}|\([\w.$:-]{1,80}\)|[\w. -]{2,40}\[\d{1,8}\]):[ ]?(?:\d{6,19}: )?"
    r"|\[[^\[\]]{1,60}\]:? {0,2}|\[[\w. -]{1,40} )"
    r"(?=[\dA-Z])"
)
_FILE_PREFIX = re.compile(r"\S{2,120} {1,3}(?=\d)")
_ZONE = re.compile(r"[+-]\d{4}")  # before the time it belongs to
_NUMBER_PREFIX = re.compile(r"\d{1,8} {1,8}(?=\d)")
_LEVEL_FIRST = re.compile(
    r"(?P<open>[\[(<]?) {0,3}(?P<word>[^\W\d_]{3,14}|[VDIWEF](?=\]? \d{1,4}[-/.]\d\d))"
    r"(?P<close> {0,8}[\])>])?(?P<mark>:(?=[\s\w\[(]|$)|! | {1,12}[-|–] ?|\t| {1,12}(?=\S)| ?$)?"
)
_DATED = re.compile(r" {1,2}\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_MARK = re.compile(r"[ \t]{0,8}(?:[-:,;>]|[-=]{1,2}>)[ \t](?=.*\S)|:|,(?=\S)")
_LAST_NAME = re.compile(r"[ \t]+(?P<name>[A-Za-z_][\w.$:-]{2,120})$")
_ANY_WORD = re.compile(r"(?<![\w.'=-])[^\W\d_]{4,14}(?![\w.'=-])")
_STAMP_TOKEN = re.compile(r"[ \t|,:\[(-]{0,40}")
_SHOUTING = re.compile(r"[A-Z]{3,40}[ :]")
_NAMED_LEVEL = re.compile(
    r"\[[^\[\]]{1,60}\](?: {1,2}|(?=\[))(?:\[(?P<boxed>[A-Z]{3,8}|[EWIDF])\]|(?P<bare>[A-Z]{4,8})(?=:? )"
    r"|(?P<said>crit|critical|error|warning|notice|info|debug): (?=\S))"
)
_PROGRAM_LEVEL = re.compile(
    r"(?P<name>[A-Za-z][\w.-]{1,40})(?:\[\d{1,9}\])?: (?:\[(?P<boxed>[A-Za-z]{4,8})\]:? |(?P<bare>[A-Z]{4,8})(?::? )"
    r"|(?P<said>error|warning|fatal|info|notice|debug): )(?=\S)"
)
_BRACKETED_TIME = re.compile(r"\[(?=\d{1,2}/[A-Z][a-z]{2}/\d{4})")
_BANNER = re.compile(
    r"(?:[=*#-]{3,80} [^=]{0,80}?|[\w/.-]{1,60}: .{0,60}? at )"
    r"(?P<time>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d "
    r"(?:[A-Z]{3,4} )?\d{4})[ =*#-]{0,80}$"
)
_HISTORY = re.compile(r"#\+?(?P<time>\d{10})$")
_PADDED = ("iso", "numeric", "slash", "named", "month")

Known = Callable[[str, clock.Stamp], "Header | None"]


def match_generic(head: str, stamp: clock.Stamp | None, known: Known) -> Header | None:
    """The header of a line of no known format (at most 512 characters), or None. `known` finds the header of a known
    format behind a timestamp: what follows a file name may be one."""
    if stamp is not None:
        return _from_stamp(head, stamp)
    first = head[:1]
    if first in " \t":
        return _indented(head)
    if first.isdigit():
        return _behind(head, _NUMBER_PREFIX, known, weak=True) or _behind(head, _FILE_PREFIX, known)
    return (
        _level_first(head)
        or _named_level(head)
        or _program_level(head)
        or _behind(head, _PREFIX, known)
        or _behind(head, _FILE_PREFIX, known)
        or _odd(head)
    )


def _header(tokens: HeaderTokens, time: Span, name: str = NAME) -> Header:
    line, body = tokens.line, tokens.body
    body += line[body : body + 1] == ","  # of comma separated values the level is one
    if line[body - 1 : body] in ("]", ")", "}", ">", ":", "-", "|", ";"):
        # One blank only: further ones may be the indentation of a trace that is printed line by line.
        body += line[body : body + 1] in (" ", "\t")
    elif line[body - 1 : body] not in (" ", "\t"):
        while body < len(line) and line[body] in " \t":
            body += 1
    if line.startswith(":   ", body - 2):
        body = _padded(line, body)
    return Header(name, body, tokens.level, time, tokens.logger, tokens.service, tokens.stream)


def _padded(line: str, body: int) -> int:
    """Behind the blanks that fill ten columns from the level on, as uvicorn's do: they are no indentation."""
    start = line.rfind(" ", 0, body - 2) + 1
    text = len(line) - len(line[body:].lstrip(" "))
    return text if text - start == UVICORN_COLUMNS else body


def _from_stamp(head: str, stamp: clock.Stamp) -> Header | None:
    end, time = stamp.end, (stamp.start, stamp.end)
    if stamp.shape in ("epoch", "basic", "hdfs") and head[end : end + 1] not in ("", " ", "\t", "|", "]", ":", ","):
        return None
    tokens = HeaderTokens(head, end)
    opener = head[stamp.start - 1] if stamp.start else ""
    closer = {"[": "]", "(": ")", '"': '"', "'": "'", "<": ">", "*": ""}.get(opener, "")
    if closer and not _leave_bracket(tokens, closer):
        return None
    following = head[tokens.pos : tokens.pos + 4].lstrip(" \t")
    if following[:1] in ("|", ";"):
        tokens.split_columns()
        return _header(tokens, time)
    if tokens.level or tokens.find_level():
        tokens.skip_context()
    elif stamp.shape == "date":
        return None
    else:
        tokens.body = max(tokens.body, tokens.pos)
        _skip_mark(tokens)
    return _header(tokens, time)


def _skip_mark(tokens: HeaderTokens) -> None:
    """A dash, colon or comma between the header and the message belongs to the header."""
    found = _MARK.match(tokens.line, tokens.body)
    if found:
        tokens.body = found.end()


def _leave_bracket(tokens: HeaderTokens, closer: str) -> bool:
    """Move behind the bracket that holds the timestamp; a level inside it counts."""
    line, pos = tokens.line, tokens.pos
    if line.startswith(closer, pos):
        tokens.pos = tokens.body = pos + 1
        return True
    end = _closing(line, pos, closer)
    if end < 0:
        return False
    inside = HeaderTokens(line[:end], pos)
    if inside.find_level():
        tokens.level = inside.level
        inside.skip_context()
        tokens.logger, tokens.stream = inside.logger, inside.stream
        last = _LAST_NAME.match(inside.line, inside.body)
        if last and tokens.logger == NO_SPAN:
            tokens.logger = last.span("name")
    else:
        words = (header_level(word.group()) for word in _ANY_WORD.finditer(line, pos, end))
        tokens.level = next((level for level in words if level), Level.UNSET)
    tokens.pos = tokens.body = end + 1
    return True


def _closing(line: str, pos: int, closer: str) -> int:
    opener = {"]": "[", ")": "("}.get(closer, "")
    depth = 0
    for index in range(pos, min(len(line), pos + 240)):
        if line[index] == opener:
            depth += 1
        elif line[index] == closer:
            if not depth:
                return index
            depth -= 1
    return -1


def _level_first(head: str) -> Header | None:
    found = _LEVEL_FIRST.match(head)
    if not found:
        return None
    word, opened, mark = found["word"], found["open"], found["mark"] or ""
    closed = found["close"]
    if opened and not closed and mark.strip() not in ("", ":"):
        return None
    dashed = mark[-2:] in ("- ", "– ") and word.islower()  # `error - message`
    dated = _DATED.match(head, found.end("word")) is not None  # `error 2026-11-23 19:20:37: message`
    level = header_level(word, bracketed=bool(closed) or mark[:1] == ":" or dashed or dated)
    if not level or (not mark and not closed):
        return None
    spaced = not mark.strip() and not closed
    end = found.end() if closed else found.end("word")
    tokens = HeaderTokens(head, end, level)
    stamp = _stamp_ahead(head, end, inside=bool(opened) and not closed)
    if stamp is not None:
        return _behind_level(head, stamp, level, inside=bool(opened) and not closed)
    # `Error: text` is how JavaScript prints an exception; `panic: text` is Go's: both begin a trace, not a header.
    if (word in ("Error", "panic", "Panic") and not closed) or (opened and not closed):
        return None
    if spaced and (word != word.upper() or _SHOUTING.match(head, found.end()) or len(word) < 4):
        return None
    if "|" in mark:
        tokens.split_columns()
        return _header(tokens, NO_SPAN, PREFIX_NAME)
    tokens.skip_context()
    if not closed and not spaced:
        tokens.body = max(tokens.body, found.end())
    return _header(tokens, NO_SPAN, PREFIX_NAME)


def _named_level(head: str) -> Header | None:
    """`[name] ERROR: message`, `[name] error: message` and `[name] [ERROR] message` without a time."""
    found = _NAMED_LEVEL.match(head) if head[0] == "[" else None
    level = header_level(found["boxed"] or found["bare"] or found["said"]) if found else Level.UNSET
    if not found or not level:
        return None
    tokens = HeaderTokens(head, found.end(), level)
    tokens.skip_context()
    if tokens.body == found.end():
        _skip_mark(tokens)
    tokens.stream = (1, head.find("]"))
    return _header(tokens, NO_SPAN, PREFIX_NAME)


def _program_level(head: str) -> Header | None:
    """`program: ERROR message`, `program: [ERROR] message` and `program: error: message` without a time."""
    found = _PROGRAM_LEVEL.match(head)
    level = header_level(found["boxed"] or found["bare"] or found["said"]) if found else Level.UNSET
    if not found or not level or not_a_logger(found["name"]) or header_level(found["name"]):
        return None
    return Header(PREFIX_NAME, found.end(), level, NO_SPAN, NO_SPAN, found.span("name"))


def _stamp_ahead(head: str, pos: int, *, inside: bool) -> clock.Stamp | None:
    """A full timestamp among the few tokens behind a leading level."""
    for _ in range(6):
        gap = _STAMP_TOKEN.match(head, pos)
        pos = gap.end() if gap else pos
        stamp = clock.scan(head, pos)
        if stamp and (stamp.shape not in _WEAK or stamp.shape == "clock"):
            return stamp
        end = pos
        while end < len(head) and end - pos < 60 and head[end] not in " \t|":
            end += 1
        if end == pos or (end - pos >= 60):
            return None
        word = head[pos:end]
        if word.islower() and word.isalpha() and not inside and head[end : end + 1] != "|" and len(word) > 5:
            return None
        pos = end
    return None


def _behind_level(head: str, stamp: clock.Stamp, level: Level, *, inside: bool) -> Header:
    tokens = HeaderTokens(head, stamp.end, level)
    if inside and (end := _closing(head, stamp.end, "]")) >= 0:
        tokens.pos = tokens.body = end + 1
    elif head[stamp.end : stamp.end + 1] in ("]", ")", ","):
        tokens.pos = tokens.body = stamp.end + 1
    rest = tokens.line[tokens.pos : tokens.pos + 40].lstrip(" \t")
    if rest[:1] == "|":
        column = head[tokens.pos :].lstrip(" \t|")
        second = clock.scan(head, len(head) - len(column))
        if second is not None and (inner := _from_stamp(head, second)):
            # A wrapper's own columns, and the program's header behind them.
            return inner._replace(level=inner.level or level)
        tokens.split_columns()
    else:
        tokens.skip_context()
        if not head[stamp.end : tokens.body].strip(" :,-"):
            _skip_mark(tokens)
    return _header(tokens, (stamp.start, stamp.end))


def _behind(head: str, prefix: re.Pattern[str], known: Known, *, weak: bool = False) -> Header | None:
    """A header whose timestamp stands behind one leading token: a file name, a service, a process id."""
    found = prefix.match(head)
    if not found:
        return None
    token = found.group().strip()
    stamp = clock.scan(head, found.end())
    named = token[0] == "[" and token.rstrip(":")[-1] == "]"
    if stamp is None:
        return None
    fractional = weak and "." in head[stamp.start : stamp.end]
    if stamp.shape in _WEAK and not fractional and not (named and stamp.shape == "clock"):
        return None
    if prefix is _FILE_PREFIX and token.isalpha() and not token.isupper():
        return None  # a word of a sentence
    if token.startswith("[") and not named:
        return _in_named_bracket(head, stamp)
    header = known(head, stamp) or _from_stamp(head, stamp)
    if named:
        return _in_thread(header, (1, head.find("]")), sure=stamp.shape != "clock")
    service = token.rstrip(":>").strip("()")
    if header and _ZONE.fullmatch(token):
        return header._replace(time=(0, header.time[1]))
    if header and not service.isdigit() and header.service == NO_SPAN and ": " not in service:
        start = head.find(service)
        header = header._replace(service=(start, start + len(service)))
    return header


def _in_thread(header: Header | None, span: Span, *, sure: bool) -> Header | None:
    """A header behind the thread or process in brackets. A bare time of day counts only if a level follows."""
    if header is None or not (sure or header.level):
        return None
    return header._replace(stream=span) if header.stream == NO_SPAN else header


def _in_named_bracket(head: str, stamp: clock.Stamp) -> Header | None:
    end = _closing(head, stamp.end, "]")
    if end < 0:
        return None
    tokens = HeaderTokens(head, end + 1)
    if tokens.find_level():
        tokens.skip_context()
    return _header(tokens, (stamp.start, stamp.end))


def _indented(head: str) -> Header | None:
    """A padded timestamp: some consoles right-align. Only a full date and time counts."""
    start = len(head) - len(head.lstrip(" "))
    start += head[start : start + 1] == "["
    if start > 8 or not head[start : start + 1].isdigit():
        return None
    stamp = clock.scan(head, start)
    return _from_stamp(head, stamp) if stamp and stamp.shape in _PADDED else None


def _odd(head: str) -> Header | None:
    """Times further right: an access log's bracket, a banner, a shell history."""
    if "[" in head and (found := _BRACKETED_TIME.search(head, 0, 160)):
        stamp = clock.scan(head, found.end())
        if stamp and head[stamp.end : stamp.end + 1] == "]":
            tokens = HeaderTokens(head, stamp.end + 1)
            return _header(tokens, (stamp.start, stamp.end))
    found = _BANNER.match(head) or _HISTORY.match(head)
    return Header(NAME, 0, Level.UNSET, found.span("time")) if found else None
