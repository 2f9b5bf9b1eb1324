"""Reads the tokens of a header of no known format: level, brackets, numbers, names, until the message begins.

The rules look at shapes, never at the value of a digit. Before the level nearly any token may belong to the header,
since the level proves that one is there; behind it only what messages do not begin with.
"""

from __future__ import annotations

import re

from mcp_rag.formats.levels import SHOUTED, header_level
from mcp_rag.types import NO_SPAN, Level, Span

_SKIP = re.compile(r",(?=\S)|[ \t]*(?:(?:[-–—|:,;>]{1,3}|---)(?=[\s\[({<]|$)[ \t]*)?")
_SEPARATOR = re.compile(r"[ \t]*[-–—|:,;>]{1,3}[ \t]?")
_BRACKET = re.compile(
    r"\[[^\[\]]{0,160}(?:\[[^\[\]]{0,80}\][^\[\]]{0,80}){0,2}\]|\([^()]{0,80}(?:\([^()]{0,40}\)[^()]{0,20})?\)"
    r"|\{[^{}]{0,80}\}|<[^<>\s]{1,40}>"
)
_WORD = re.compile(r"[^\s\[\](){}<>|,;\"']{1,120}")
_INNER_WORD = re.compile(r"[^\W\d_]{4,14}")
_NUMBER = re.compile(r"#?\d{1,19}(?=[\s:]|$)")
_PROGRAM = re.compile(r"(?P<name>[A-Za-z][\w.-]{1,60})(?::[a-z]{2,30})?(?:\[\d{1,9}(?::\d{1,4})?\]:?|:) {0,2}\W?$")
_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]+$")
# What is in error, in a message that begins with it: `TLS Error: handshake failed`.
_SUBJECT = re.compile(
    r"(?:Api|API|Auth(?:entication)?|Client|Config(?:uration)?|Connection|DB|Database|DNS|Fatal|General|HTTP|I/O|IO"
    r"|Internal|LDAP|Network|OpenSSL|Parse|Permission|Protocol|Received|Runtime|SMTP|SQL|SSL|Server|Socket|Syntax"
    r"|System|TLS|Unexpected|Unhandled|Uncaught|Unknown|VERIFY|Validation) (?:Error|ERROR|error): (?=\S)"
)
_GLUED = re.compile(r"([A-Z]{4,8})\d{1,9}$")
_NOT_A_LOGGER = re.compile(r"[\w.$]*(?:Exception|Error|Errors|Fault|Failure|Warning|panic|Panic)$")
_CODE = re.compile(
    r"[A-Z]{2,12}[-_ ]?\d{2,}|[Ee]rr(?:no|or)\b|[Ee]xit\b|HTTP|\w*"
    r"(?:Error|Exception)\b|SQLSTATE|E\d{3,}|errno"
)
_PROSE = re.compile(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+|: \S|[!?\"]|^\s*$")
_LOGGER = re.compile(
    r"(?P<name>#?~?[A-Za-z_$][\w.$/@#+-]{0,120}(?:::[\w.$<>-]{1,60}){0,8}(?:\[[^\[\]\s]{1,80}\])?"
    r"(?:\([\w.$:<>-]{1,60}\))?)"
    r"(?::\d{1,6})?(?P<mark>:(?=\s|$)|:(?=\[)| {1,20}[-–:](?= |$))"
)
_SOURCE = re.compile(r"(?P<name>[\w./\\$-]{1,120}\.[A-Za-z]{1,5}):\d{1,6}:?(?=\s|$)")
_DOTTED = re.compile(
    r"(?P<name>[A-Za-z_]\w{0,40}(?:\.[A-Za-z_$][\w$-]{0,80}){2,12}|[a-z_]\w{0,40}(?:::\w{1,60}){1,8})(?=\s)"
)
_SHORT_DOTTED = re.compile(r"(?P<name>[A-Za-z_][\w$-]{0,60}(?:\.[A-Za-z_$][\w$-]{0,80}){1,12})(?= [\[(])")
_SERVICE = re.compile(
    r"(?P<name>[\w.-]{1,60})(?:\[[^\[\]\s]{1,60}\]| \d{1,8}(?= \[)|(?= \[[\w./-]{1,80}:\d{1,6}\]))(?=\s|:\s)"
)
_PAIR = re.compile(r"[A-Za-z_][\w.@-]{0,40}=(?:\"[^\"]{0,80}\"|[^\s,;\]\"]{0,80})[,;]?(?=\s|$)")
_COLON_LOGGER = re.compile(r":(?P<name>[\w.\-/]{1,80}):(?=\S| )")
_DASHED_NAME = re.compile(r" - (?P<name>[A-Za-z][\w.$-]{1,80}) - ")
_COLUMN = re.compile(r"[ \t]*[|;]")
_FIELDS = {mark: re.compile(rf"[ \t]*+(?P<field>[^{mark}]{{0,120}}?)[ \t]*+[{mark}]") for mark in "|;"}
_COLUMN_NAME = re.compile(r"[\w.$:/#@\[\] +<>-]{0,120}$|[\w.-]{1,40}=\S{0,80}$")


def not_a_logger(name: str) -> bool:
    """Whether a name is that of an exception or a verdict, with which a message begins."""
    return _NOT_A_LOGGER.match(name) is not None


class HeaderTokens:
    """A cursor over one line. `body` is where the message starts as far as is proven; `pos` may be further."""

    __slots__ = ("body", "level", "line", "logger", "pos", "service", "stream")

    def __init__(self, line: str, pos: int, level: Level = Level.UNSET) -> None:
        self.line = line
        self.pos = pos
        self.body = pos
        self.level = level
        self.logger: Span = NO_SPAN
        self.service: Span = NO_SPAN
        self.stream: Span = NO_SPAN

    # ------------------------------------------------------------ before the level
    def find_level(self) -> bool:
        """Look for a level among the next tokens. If one is there, all before it is header; if not, only brackets
        that directly follow the timestamp and a name between dashes are."""
        start, plain_words, only_brackets = self.pos, 0, True
        said: int | None = None
        for count in range(8):
            pos = _SKIP.match(self.line, self.pos).end()  # type: ignore[union-attr]  # can match nothing at all
            if pos >= len(self.line):
                break
            if self.line[pos] in "[({<":
                if self._level_in_bracket(pos):
                    return True
                found = _BRACKET.match(self.line, pos)
                if not found or not self._is_context(found):
                    break
                if only_brackets:
                    self._take_bracket(found)
                self.pos = found.end()
                continue
            found = _WORD.match(self.line, pos)
            if not found:
                break
            if self._level_word(found, first=count == 0):
                self._program_between(start, pos)
                if said is not None and _SUBJECT.match(self.line, said):
                    self.body = self.pos = said
                return True
            word = found.group()
            if _PLAIN_WORD.match(word):
                plain_words += 1
                if plain_words > 1:
                    break
            only_brackets, said = False, pos
            self.pos = found.end()
        self.pos = start
        self._name_between_dashes(start)
        return False

    def _program_between(self, start: int, end: int) -> None:
        """A program that alone stands between the time and the level, `sshd[4711]: `, is the service."""
        found = _PROGRAM.match(self.line[:end].rstrip(), start + (self.line[start : start + 1] == " "))
        if found and self.service == NO_SPAN:
            self.service = found.span("name")

    def _level_in_bracket(self, pos: int) -> bool:
        """`[ERROR]`, `<Error>`, `[ERROR/MainProcess]`, `[core:error]`, `[main ERROR a.b.C]`, also never closed."""
        found = _BRACKET.match(self.line, pos)
        inner = found.group()[1:-1] if found else self.line[pos + 1 : pos + 120]
        alone = found is not None and self.line[found.end() : found.end() + 2] in (
            " [",
            " (",
        )  # Beego: `[C] [till.go:41]`
        whole = header_level(inner.strip(), marked=alone)
        if whole and found:
            self.level, self.body, self.pos = whole, found.end(), found.end()
            return True
        for word in _INNER_WORD.finditer(inner):
            before, after = inner[word.start() - 1 : word.start()], inner[word.end() : word.end() + 1]
            shouted = word.group().isupper()
            spaced = before in ("", " ") and after in ("", " ", "/", ",", ":")
            marked = (before in (":", ".") or (before == "/" and shouted)) and not after
            if not ((shouted and spaced) or marked or (spaced and not before and after in ("/", ":"))):
                continue
            level = header_level(word.group())
            if level:
                end = found.end() if found else self._close(pos + 1 + word.end())
                self.level, self.body, self.pos = level, end, end
                return True
        return False

    def _close(self, pos: int) -> int:
        """Behind the bracket that closes at or after `pos`, else `pos`."""
        end = self.line.find("]", pos, pos + 160)
        return end + 1 if end >= 0 else pos

    def _level_word(self, found: re.Match[str], *, first: bool) -> bool:
        word, end = found.group(), found.end()
        following = self.line[end : end + 1]
        core = word.rstrip(":!")  # Telegraf writes `E!`
        marked = len(core) < len(word) or following in ("|", "\t")
        ended = marked or self.line[end : end + 2] in (" |", " [", " <", " -")
        level = header_level(core, bracketed=marked or (first and core.lower() not in SHOUTED), marked=ended)
        if len(core) == 1 and not (following in (" ", "") or marked):
            level = Level.UNSET
        if not level and ":" in core:
            head = core.partition(":")[0]
            level = header_level(head) if head.isupper() and len(head) > 2 else Level.UNSET
            end = found.start() + len(head)
        elif not level and following == "[" and (glued := _GLUED.match(core)):
            level = header_level(glued[1])
        elif level:
            end = found.start() + len(core)
            end += self.line[end : end + 1] == "!"
        if not level:
            return False
        self.level, self.body, self.pos = level, end, end
        return True

    def _name_between_dashes(self, start: int) -> None:
        found = _DASHED_NAME.match(self.line, start)
        if found:
            self.logger, self.body, self.pos = found.span("name"), found.end(), found.end()

    # ------------------------------------------------------------ behind the level
    def skip_context(self) -> None:
        """Move `body` behind what stands between the level and the message: thread, logger, place, request."""
        found = _COLON_LOGGER.match(self.line, self.pos)
        if found and not _NOT_A_LOGGER.match(found["name"]):
            self.logger, self.body = found.span("name"), found.end()
            return
        for _ in range(8):
            mark = _SKIP.match(self.line, self.pos)
            pos = mark.end() if mark else self.pos
            if pos >= len(self.line):
                return
            separator = self.line[self.pos : pos].strip()
            if self.line[pos] in "[({<":
                if not self._context_bracket(pos):
                    break
                continue
            if separator in (":", "-", "--", "|", "–", ">"):
                self.body = self._behind_separator()
                if separator in ("-", "--") and self.logger != NO_SPAN:
                    return  # what a dash parts from the logger is the message
            if not self._context_word(pos, after=separator):
                return
        if self.line[self.pos : self.pos + 3] in (" - ", " : ", "]: "):
            self.body = self.pos + 3

    def _context_bracket(self, pos: int) -> bool:
        found = _BRACKET.match(self.line, pos)
        if not found or not self._is_context(found) or _CODE.match(found.group(), 1):
            if self.line[self.pos : pos].strip():
                self.body = self._behind_separator()
            return False
        self._take_bracket(found)
        self.pos = found.end()
        return True

    def _context_word(self, pos: int, *, after: str) -> bool:
        """Take one token that is no bracket; False when the message begins here."""
        named = _LOGGER.match(self.line, pos)
        if named and self._is_logger(named["name"], named["mark"]) and not (after == ":" and named["mark"][0] == ":"):
            self.logger = named.span("name")
            self.pos = self.body = named.end()
            return self.line[self.pos : self.pos + 1] == "[" or self.line[self.pos : self.pos + 2] == " ["
        for pattern, commits in ((_SOURCE, True), (_SERVICE, True), (_DOTTED, True), (_SHORT_DOTTED, False)):
            found = pattern.match(self.line, pos)
            if pattern is _SOURCE and found and self.stream != NO_SPAN and not self.line[found.end() :].strip():
                return False  # a call alone behind the place that a bracket held: one line of a trace
            if found and not _NOT_A_LOGGER.match(found["name"]):
                if pattern is _SERVICE:
                    self.service = found.span("name")
                else:
                    self.logger = found.span("name")
                self.pos = found.end()
                if commits:
                    self.body = self.pos
                return True
        found = _PAIR.match(self.line, pos) or _NUMBER.match(self.line, pos)
        if found:
            self.pos = found.end()  # not proven: only something taken behind it makes it part of the header
            return True
        return False

    def _behind_separator(self) -> int:
        """Behind the next separator and one blank: further blanks may be the indentation of a trace."""
        found = _SEPARATOR.match(self.line, self.pos)
        return found.end() if found else self.pos

    @staticmethod
    def _is_logger(name: str, mark: str) -> bool:
        if _NOT_A_LOGGER.match(name):
            return False
        if not mark.startswith(":"):
            return True
        return any(char in name[1:] for char in ".$/@#:[(") and "//" not in name

    def _is_context(self, found: re.Match[str]) -> bool:
        """Whether a bracket is more likely context than the beginning of the message."""
        inner = found.group()[1:-1]
        if not self.line[found.end() : found.end() + 40].strip(" :-"):
            return False
        return not _PROSE.search(inner) or inner.startswith(("req", "opI", "Origin"))

    def _take_bracket(self, found: re.Match[str]) -> None:
        self.body = found.end()
        span = (found.start() + 1, found.end() - 1)
        if self.stream == NO_SPAN and found.group()[0] in "[(":
            self.stream = span

    # ------------------------------------------------------------ columns
    def split_columns(self) -> None:
        """`| LEVEL | thread | logger | message`, also with semicolons: columns are header as long as they look "
        "like names
        and a further column follows."""
        names: list[Span] = []
        opening = _COLUMN.match(self.line, self.pos)
        self.body = pos = opening.end() if opening else self.pos
        mark = opening.group().strip()[-1:] if opening else "|"
        tight = bool(opening) and len(opening.group()) == 1 and self.line[pos : pos + 1] != " "  # type: ignore[union-attr]  # guarded
        for _ in range(8):
            found = _FIELDS[mark].match(self.line, pos)
            if not found:
                break
            field = found["field"]
            if names and not field:  # the margin of a trace that is printed line by line
                break
            level = Level.UNSET if self.level else header_level(field.strip("[]"))
            if level:
                self.level = level
            elif not _COLUMN_NAME.match(field) or field.count(" ") > 2 or (tight and found.group() != field + mark):
                break
            else:
                names.append(found.span("field"))
            self.body = pos = found.end()
        self.pos = self.body
        words = [span for span in names if any(char.isalpha() for char in self.line[span[0] : span[1]])]
        if words:
            self.logger = words[-1]
