"""Lines that a process printed past its logger: `Error: unknown flag`, `Killed`, `sh: jq: command not found`.

Behind a logger's line such a line reads like more of the message. It is an error of its own only if its first words
say so, at the left margin: an error word with a colon, a thing that could not be done, the name of a program and what
is wrong with it, the last words of a process that was ended.
"""

from __future__ import annotations

import re

from mcp_rag.types import Level

_PROGRAM = r"(?:(?:\.{0,2}/)?[A-Za-z][\w./+@\-]{0,120}+(?:\[\d+\]|:\d+)?: )"
_MARK = r"(?:[✘✖✗×❌⛔🚨💥🔥] {1,2})?"
_SAID = (
    # error: text, FATAL: text, Error while reading text
    r"(?:(?i:fatal|internal|unexpected|unhandled|uncaught|runtime|syntax|parse|config|configuration|init|initialization"
    r"|startup|application|server|client|network|connection|database|build|compile|usage|ssl|tls|sql|i/o|rsync) )?"
    r"(?:[Ee]rror|ERROR|ERR!|[Ff]atal|FATAL|[Pp]anic|PANIC|[Cc]ritical|CRITICAL|[Ee]xception)"
    r"(?:\[\w{1,40}+\]|\(\w{1,40}+\)| \w{1,40}+)?: (?!(?i:\d+|none|null|nil|false|no)[.,]?$)\S",
    r"(?:[Ff]atal )?[Ee]rror (?:while|when|in|on|at|opening|reading|writing|loading|parsing|creating|connecting"
    r"|starting|running|executing|initiali[sz]ing|processing|during|response|from|code) ",
    # what could not be done
    r"(?:\(\d+\) )?(?:[Ff]ailed (?:to|at|with)|FAILED to|[Uu]nable to|[Cc]ould(?: not|n't)|[Cc]an(?:not|'t)) [\w'\"]",
    r"(?:[Uu]nhandled|[Uu]ncaught|[Uu]nexpected) (?:error|exception|rejection|fault|panic)\b",
    r"(?:[Uu]nrecogni[sz]ed|unknown|Unknown|[Ii]nvalid) (?:option|argument|flag|command|subcommand)\b(?!s)",
    r"(?:Permission denied|Access denied|Authentication failed|Connection (?:refused|reset|timed out))\b",
    # a level in brackets behind a program's name
    r"\[(?:emerg|alert|crit|error|fatal)\] \S",
    r"\[[A-Z]\w{1,60}(?:Error|Exception)\] \S|(?:Database|Compilation|Runtime|Parsing|Dependency) Error in \w{1,20} ",
    r"Internal Server Error: /",  # Django's console names no level
    r"FAIL(?:ED)?[ \t]+[\w./\-]+$|FAILED: [A-Z]",
    # the shell on what it ran
    r"line \d+: +\d+ (?:Killed|Segmentation fault|Aborted|Bus error|Illegal instruction)\b",
)
_DIED = (
    r"Killed(?:$|: )",
    r"(?:Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|Trace/breakpoint trap"
    r"|Stack overflow|Out of memory|OutOfMemory)(?:$|[ .:!(])",
    r"OOMKilled\b",
    r"\*\* [A-Z ]{4,30} FAILED \*\*$",  # xcodebuild, between the lines of what started it
    # uWSGI's master, between lines with a time
    r"DAMN ! worker \d+ \(pid: \d+\) died",
    r"--- no python application found",
    # what llama.cpp and others on ggml found wrong
    r"GGML_ASSERT(?::|\()",
)
# Below a calm line of a tool's output: what names itself an error there is one.
_INDENTED = re.compile(
    r" {1,16}(?=[EeFfL])(?:(?:(?:[Ff]atal )?[Ee]rror|ERROR|FATAL)(?:\[\w{1,40}+\])?: "
    r"(?!(?i:none\b|(?:\d+|null|nil|false|no|\"\"|'')[.,]?$))\S|Error executing action |Liquid Exception: )"
)
_WARNS = re.compile(
    rf"(?:{_PROGRAM}|[\w ()-]{{1,60}} VM )?(?:[Ww]arning|WARNING|WARN): \S"
    r"|\(node:\d+\) (?:\[\w{1,40}+\] )?\w{0,40}Warning: |\[!\] [A-Z]"  # the last is how CocoaPods marks both
)
_STRAY = re.compile(rf"{_MARK}{_PROGRAM}{{0,3}}(?:{'|'.join(_SAID)})|(?:{'|'.join(_DIED)})|ORA-\d+: ")
# A program's name or a system call with what it was given, and the words of the shell or the system that refused it.
_NAMED = re.compile(rf"{_PROGRAM}|(?:exec|fork/exec|open|stat|mkdir|listen|dial|container_linux\.go)[ :]")
_ENDED = re.compile(
    r"(?:: [A-Z][a-z]{1,30} '[^'\s]{1,80}' not found|(?i:no such file or directory|permission denied|command not found"
    r"|: \S{1,100}: not found|exec format error"
    r"|operation not permitted|no space left on device|connection refused|connection timed out|connection reset by peer"
    r"|address already in use|text file busy|too many open files|cannot allocate memory|broken pipe"
    r"|read-only file system|is a directory|not a directory|input/output error|network is unreachable"
    r"|no route to host|name or service not known|temporary failure in name resolution|unexpected end of file))$"
)
# Perl's die and warn name the place; Python's warnings begin with it.
_PERL = re.compile(r" at \S+\.(?:p[lm]|t|cgi|psgi) line \d+(?:, <\S+> (?:line|chunk) \d+)?\.$")
_PERL_WARNS = re.compile(
    r"Use of uninitialized|Useless use|Odd number of|Argument \"|[^\n]{1,200} redefined at |Deep recur"
)
_PYTHON_WARNS = re.compile(r"(?:/|[A-Za-z]:\\|\.{0,2}/|[\w\-]+/|<)?[^\s:]{1,300}:\d+: [A-Z]\w*Warning: ")


def depth(text: str) -> int:
    """How many blanks stand before an error that a tool prints indented; 0 where the line is none."""
    return len(text) - len(text.lstrip(" ")) if text[:1] == " " and _INDENTED.match(text) else 0


def stray(text: str, most: int) -> Level:
    """How bad what `text` says is when no logger wrote it; UNSET when its first words do not tell that it is an error.
    The same for lines that differ only in digits. A line of more than `most` bytes is not read to its end."""
    if most <= 0 or not text or text[0] in " \t":
        return Level.UNSET
    if _STRAY.match(text[:most]):
        return Level.ERROR
    if _WARNS.match(text[:most]) or ("Warning: " in text and _PYTHON_WARNS.match(text[:most])):
        return Level.WARN
    perl = text[-1] == "." and " line " in text
    if (not perl and _NAMED.match(text) is None) or len(text.encode("utf-8", "replace")) >= most:
        return Level.UNSET
    if perl and _PERL.search(text):
        return Level.WARN if _PERL_WARNS.match(text) else Level.ERROR
    return Level.ERROR if not perl and _ENDED.search(text) else Level.UNSET
