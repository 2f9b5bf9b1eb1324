"""What one physical line means inside a trace: the tables of all languages, indexed by how a line may begin.

The answer depends on the line alone and never on the value of a digit, so callers may remember it per
digit-normalised line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace import (
    beam,
    compilers,
    dotnet,
    golang,
    javascript,
    jvm,
    mobile,
    native,
    others,
    php,
    python,
    python_pages,
    reports,
    ruby,
    rust,
    stores,
    toolchains,
)
from mcp_rag.stacktrace.parts import NO_ROLE, Part, Pattern, Role, Table

MAX_ROLE_CHARS = 2_000
_FATAL_LANGUAGES = {"go", "rust", rust.LATE, "cpp", "swift", "zig", mobile.APPLE, stores.REDIS}

# Specific tables first: PHP, Dart and native frames all start with `#N`, .NET's `at` is the loosest.
_TABLES: tuple[tuple[str, Table], ...] = (
    (python.LANGUAGE, (*python.PARTS, *python_pages.PARTS)),
    (php.LANGUAGE, php.PARTS),
    ("dart", others.DART),
    (mobile.FLUTTER, mobile.FLUTTER_PARTS),
    (mobile.ANR, mobile.ANR_PARTS),
    (mobile.APPLE, mobile.APPLE_PARTS),
    (native.LANGUAGE, mobile.TOMBSTONE_PARTS),
    (jvm.LANGUAGE, jvm.PARTS),
    (jvm.THREADS, jvm.THREAD_PARTS),
    (jvm.MINECRAFT, jvm.MINECRAFT_PARTS),
    (rust.LANGUAGE, rust.PARTS),
    (rust.LATE, rust.LATE_PARTS),
    (stores.REDIS, stores.REDIS_PARTS),
    ("ocaml", others.OCAML),
    (native.LANGUAGE, native.PARTS),
    (javascript.LANGUAGE, javascript.PARTS),
    (dotnet.LANGUAGE, dotnet.PARTS),
    (beam.LANGUAGE, beam.PARTS),
    (ruby.LANGUAGE, ruby.PARTS),
    *((name, table) for name, table, _ in others.TABLES if name not in {"dart", "ocaml"}),
    *((name, table) for name, table, _ in toolchains.TABLES),
    ("ipython", python.IPYTHON),
    ("plsql", others.PLSQL),
    ("psql", others.PSQL),
    ("shell", others.SHELL),
    (golang.LANGUAGE, golang.PARTS),
    (compilers.LANGUAGE, compilers.NOTES),
    (compilers.GRADLE, compilers.HEADINGS),
    (reports.TITLE, reports.TITLES),
    (reports.RULE, reports.RULES),
    (reports.SUMMARY, reports.SUMMARIES),
)

# SomeError: text | pkg.SomeError | Some::Error (text) | Error [CODE]: text. Possessive: an ordinary word fails at once.
_TYPE = re.compile(
    r"(?:\[\w{1,40}+\] )?([A-Za-z_$][\w.$\\]{0,200}+(?:::\w{1,100}+){0,8}+)"
    r"(?:\(\w{1,80}+\))?(?: \[\w{1,80}+\])?(:\s|:?$| \()"
)
_SUFFIXES = (
    "Error", "Exception", "Failure", "Fault", "Throwable", "Interrupt", "Exit", "Timeout", "TimedOut", "Refused",
    "NotFound", "DoesNotExist", "Violation", "Warning", "Group", "Abort", "StopIteration", "Full", "Empty", "Denied",
    "Expired", "Unavailable", "Cancelled", "Rejection", "Traceback", "exc", "error",
)  # fmt: skip
_QUALIFIED = re.compile(r"(?:[a-z_]\w{0,60}+\.){1,12}+[A-Z][\w$]{1,120}+$")


_LOWER_CLASSES = ("std::", "boost::")
_STEP = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|.", re.DOTALL)  # one escape, class or character of a pattern


class _Choice:
    """Several patterns as one alternation, with the role of each. Compiled when it is first asked: all of them take
    0.3 s, and most logs need few."""

    __slots__ = ("_match", "_patterns", "_roles")

    def __init__(self, patterns: Sequence[tuple[str, Pattern]]) -> None:
        self._patterns = patterns
        self._roles: dict[str, Role] = {}
        self._match: re.Pattern[str] | None = None

    def __call__(self, text: str) -> Role | None:
        found = (self._match or self._compiled()).match(text)
        return self._roles[found.lastgroup or ""] if found else None

    def _compiled(self) -> re.Pattern[str]:
        """Two threads may both do this: with the same outcome."""
        self._roles = {
            f"p{n}": Role(language, p.part, p.part is Part.CRASH and language in _FATAL_LANGUAGES)
            for n, (language, p) in enumerate(self._patterns)
        }
        match = re.compile("|".join(f"(?P<p{n}>{p.regex})" for n, (_, p) in enumerate(self._patterns)))
        self._match = match
        return match


def _alternatives(regex: str) -> list[str]:
    """The top-level alternatives of a pattern."""
    found = [""]
    depth = 0
    for step in _STEP.findall(regex):
        depth += {"(": 1, ")": -1}.get(step, 0)
        if step == "|" and not depth:
            found.append("")
        else:
            found[-1] += step
    return found


def _first(regex: str) -> str:
    """The literal a pattern without alternatives begins with, or "" when it may begin with several characters."""
    if regex[0] == "\\" and not regex[1].isalnum():
        return "" if regex[2:3] in {"?", "*", "{"} else regex[1]
    return "" if regex[0] in "([.\\^" or regex[1:2] in {"?", "*", "{"} else regex[0]


def _index() -> tuple[dict[str, _Choice], _Choice, tuple[tuple[str, _Choice], ...]]:
    """Patterns by first character, each list with those of open beginning in its place; and those that need a text."""
    all_ = [
        (language, pattern._replace(regex=regex))
        for language, table in _TABLES
        for pattern in table
        for regex in _alternatives(pattern.regex)
    ]
    led = [(language, p) for language, p in all_ if not p.needs]
    letters = sorted({_first(p.regex) for _, p in led} - {""})
    by_first = {c: _Choice([(lang, p) for lang, p in led if _first(p.regex) in {c, ""}]) for c in letters}
    open_ = _Choice([(lang, p) for lang, p in led if not _first(p.regex)])
    needed: dict[str, list[tuple[str, Pattern]]] = {}
    for language, p in all_:
        if p.needs:
            needed.setdefault(p.needs, []).append((language, p))
    return by_first, open_, tuple((text, _Choice(patterns)) for text, patterns in needed.items())


_BY_FIRST, _OPEN, _NEEDED = _index()
_TYPE_ROLE = Role("", Part.TYPE)


def role(line: str) -> Role:
    """The part `line` plays in a trace; leading white space is ignored, at most 2,000 characters are looked at."""
    text = line[:MAX_ROLE_CHARS].lstrip()
    if not text:
        return NO_ROLE
    found = _BY_FIRST.get(text[0], _OPEN)(text)
    if found is not None:
        return found
    for needs, choice in _NEEDED:
        if needs in text and (found := choice(text)) is not None:
            return found
    return _TYPE_ROLE if _is_type(text) else NO_ROLE


def _is_type(text: str) -> bool:
    """Whether the line begins with the name of an exception and nothing but its message follows."""
    found = _TYPE.match(text)
    if found is None:
        return False
    name = found[1]
    if text.startswith("(", found.end(1)) and name[name.rfind(".") + 1].islower():
        return False  # a call in a line of source: `self.handle_error(record)`
    if name.endswith(_SUFFIXES) or (name[-1].isdigit() and name.rstrip("0123456789").endswith(("Error", "Exception"))):
        return found[2] != " (" or "::" in name or name[0].isupper()
    if "::" in name:  # a class, not a method that a C++ program names before its message
        return name.startswith(_LOWER_CLASSES) or name.rpartition("::")[2][:1].isupper()
    return _QUALIFIED.match(name) is not None
