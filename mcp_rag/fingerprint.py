"""The grouping key of one event: which events are the same error.

With a trace: the chain of exception types, the application's own calls nearest the throw and the program's element that
the root cause names. Without: codes, masked message and logger. Service, source, host, time, level and line numbers are
no part of it, so the same fault keeps its id wherever it happens; it is the same before and after redaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcp_rag.codes import codes, has_pattern
from mcp_rag.elements import element
from mcp_rag.frames import MAX_FRAMES_READ, keys
from mcp_rag.mask import mask
from mcp_rag.merge import MAX_TEMPLATE_CHARS, collapse, digest, message_id, normal_logger, skeleton
from mcp_rag.types import Fingerprint, LogRecord, StackTrace

MAX_MESSAGE_CHARS = 4_000
MIN_HEAD_WORDS = 3
MAX_HEAD_LINES = 5
MAX_BELOW_LINES = 8
MAX_TAIL_CHARS = 160
MAX_PROPERTY_CHARS = 4_000
MAX_CAUSE_CHARS = 1_000

# Types that say only that something failed: every language's root class, what a bare `throw "text"`, `panic` or
# assertion gives, and errors whose message is the missing name itself. Two of them from one place may be two faults, so
# the masked message counts. ValueError, TypeError, IllegalArgumentException and the like stay out although they are
# broad: their messages quote the offending value, and would split one fault into a group per value.
_GENERIC = (
    "error exception throwable runtimeerror runtimeexception standarderror errorexception applicationexception "
    "systemexception baseexception panic fatal fatalerror fatalruntimeerror abort terminate die assertion "
    "assertionerror assertionfailed checkfailed keyerror unhandledpromiserejection unhandledrejection internalerror "
    "internalexception serviceexception servererror generalerror unknownerror failure errorstring fundamental "
    "withstack nestedservletexception servletexception undeclaredthrowableexception executionexception "
    "completionexception"
)
GENERIC_TYPES = frozenset(_GENERIC.split())

_TELLING = (
    "curl smtp lmtp ftp errno errcode errorcode error_code err error ret retval rc sqlcode sqlstate status response"
)
TELLING_LOGGERS = frozenset(_TELLING.split())

_GENERATED_TYPE = re.compile(r"\$\$.*$|@[0-9a-f]{4,}$|`\d+|\$[0-9]+$")
_PROPERTY = re.compile(
    r"^ {2,6}(?:code|errno|status|statusCode|exitCode|sqlState|signal): (?:'[^'\n]{1,60}'|-?[0-9]{1,6}),?$",
    re.MULTILINE,
)
_NUMBER_OF_TYPE = re.compile(r" \((?:0x[0-9A-Fa-f]{8}|-?[0-9]{1,10})\): ")
_RUBY_SINGLETON = re.compile(r" for (nil|true|false):[A-Z][a-z]{2,8}Class\b")
_RUBY_OBJECT = re.compile(r" for #<([A-Z][\w:]{0,100}?)(?::0x[0-9a-f]{1,16}[ >]| )[^\n]{0,4000}$")
_SPACES = re.compile(r"\s+")
# Languages that print the message behind the calls, and a type without any.
_MESSAGE_LAST = frozenset({"", "python"})

# The end of a line that says nothing by itself: what failed stands below.
_ANNOUNCING = re.compile(
    r"(?:failed|stopped|terminated|ended|aborted) with (?:an? |the following )?(?:exceptions?|errors?)[.!]?$|"
    r"(?:validation|parsing|syntax|configuration) errors? (?:for|in|of) [\w.$:-]{1,80}$|"
    r"(?:the following|these) (?:errors?|problems?|reasons?|issues?)(?: occurred| were found)?[.:]?$|"
    r"in the following (?:\[?\d{1,4}\]? )?lines?(?: [\w ]{1,60})?[.:]?$",
    re.IGNORECASE,
)
# Lines that show data instead of saying something: documents, statements, tables, what was sent.
_SHOWN = re.compile(
    r"[\[{<(|+@\"'`0-9]|--|==|#|(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GET|POST|PUT|PATCH|HEAD)\s",
    re.IGNORECASE,
)
# javac names below the source what it did not find.
_NO_SYMBOL = "cannot find symbol"
# A level that was left in front of the message.
_LABEL = re.compile(r"^\s*(?:Error|error|ERROR): (?=\S)")
# What nginx and Apache add about the request: who asked, for what, from where. The error is the same without it.
_REQUEST = re.compile(r", (?:client: \S{1,100}, server: |refer{1,2}er: \S)[^\n]*")
# What is below a cause that a record names is told from its message as a sentence is from the next.
JOINT = "; "


def fingerprint(record: LogRecord) -> Fingerprint:
    """The grouping key of `record`. A pure function of its text, logger and parsed trace; never fails."""
    trace = record.stacktrace
    return _of_message(record) if trace is None else _of_trace(record, trace)


def spoken(text: str, logger: str) -> str:
    """A message with the word before its colon that was read as its logger, where that makes a number a code:
    `ERROR curl: (28) ...`, `ERROR errcode: 40013`."""
    return f"{logger}: {text}" if logger and logger.lower() in TELLING_LOGGERS else text


def headline(record: LogRecord) -> str:
    """The lines of a trace-less message that name the event: the first, and more while they hold under three words or
    only announce what follows. What a structured record says went wrong belongs to it."""
    text = _without_request((record.message or record.body)[:MAX_MESSAGE_CHARS])
    text = _LABEL.sub("", text)
    kept: list[str] = []
    words = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        kept.append(line.strip())
        words += _words(line)
        if words >= MIN_HEAD_WORDS or len(kept) >= MAX_HEAD_LINES:
            break
    said = " ".join(kept)
    if announces(said):
        said = " ".join([said, *_announced(record, after=kept[-1])])
    return f"{said}{JOINT}{record.cause[:MAX_CAUSE_CHARS]}" if record.cause else said


def _without_request(text: str) -> str:
    return _REQUEST.sub("", text) if ", client: " in text or ", refer" in text else text


def announces(line: str) -> bool:
    """Whether a line only says that something failed, and what did stands below."""
    return line.endswith((":", "\uff1a", _NO_SYMBOL)) or _ANNOUNCING.search(line[-MAX_TAIL_CHARS:]) is not None


def _announced(record: LogRecord, after: str) -> list[str]:
    """The lines below one that announces them, until three words are said; none where data follow."""
    below = _below(record, after)
    if after.endswith(_NO_SYMBOL):
        return [line for line in below if line.startswith("symbol:")][:1]
    return _said_first(below)


def _said_first(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = 0
    for line in lines:
        if _SHOWN.match(line):
            break
        if line.endswith(":") and not kept:
            continue  # a heading: `* What went wrong:`
        kept.append(line)
        words += _words(line)
        if words >= MIN_HEAD_WORDS or len(kept) >= MAX_HEAD_LINES:
            break
    return kept


def _below(record: LogRecord, after: str) -> list[str]:
    """The next lines of the event behind the one that ends in `after`."""
    text = record.body
    if not record.message or "\n" in record.message:
        text = (record.message or text)[:MAX_MESSAGE_CHARS]
    # Addresses are counted by the redactor, in the body and in the message each: then it is behind the first line.
    return _lines_below(text, max(text.find(after[-MAX_TAIL_CHARS:]), 0))


def _lines_below(text: str, at: int) -> list[str]:
    lines = [line.strip() for line in text[at : at + MAX_MESSAGE_CHARS].split("\n")[1:]]
    return [line for line in lines if line][:MAX_BELOW_LINES]


def _words(line: str) -> int:
    return sum(1 for word in line.split() if any(c.isalpha() for c in word))


def _of_message(record: LogRecord) -> Fingerprint:
    found = codes(spoken(_told(record), record.logger))
    template = mask(headline(record))[:MAX_TEMPLATE_CHARS]
    logger = normal_logger(record.logger)
    related = digest("codes", *found) if found else digest("shape", skeleton(template) or collapse(template))
    return Fingerprint(message_id(found, template, logger), related, template, found)


def _told(record: LogRecord) -> str:
    """All that is read of an event without a trace: the message, what it announces and what a structured record says
    went wrong."""
    text = _without_request((record.message or record.body)[:MAX_MESSAGE_CHARS])
    if record.message and "\n" in record.body:
        last = text.rstrip().rpartition("\n")[2]
        if announces(last):
            text = "\n".join([text, *_below(record, last)])
    return f"{text}{JOINT}{record.cause[:MAX_CAUSE_CHARS]}" if record.cause else text


def _of_trace(record: LogRecord, trace: StackTrace) -> Fingerprint:
    types = tuple(normal_type(e.type) for e in trace.exceptions)
    found = codes("\n".join(f"{e.type}: {e.message[:MAX_MESSAGE_CHARS]}" for e in trace.exceptions))
    beside = _beside(record, trace)
    # Only where the message has none: a log that prints less of an exception must not make another error of it.
    found = found or codes(beside)
    below = _told_below(record, trace)
    found = found or codes(below)
    names, own = keys(trace)
    root = trace.root
    head = ": ".join(filter(None, (root.type, _first_line(root.message)))) or (
        headline(record) if record.message else ""
    )
    template = mask(head)[:MAX_TEMPLATE_CHARS]
    said = ""
    if not own or is_generic(root.type) or not any(name.rpartition(":")[2] for name in names):
        message = next((e.message for e in reversed(trace.exceptions) if e.message), "") or record.message
        line = _first_line(message)
        line = _same_ruby(line) if trace.language == "ruby" else line
        said = collapse(mask(f"{line} {below}".rstrip())[:MAX_TEMPLATE_CHARS])
    if record.cause:  # the calls of a logger, of an error that a field names
        said += JOINT + collapse(mask(record.cause[:MAX_CAUSE_CHARS]))
    named = element(root.type, root.message) if root.message else ""
    parts = ("trace", trace.language, *types, "", *names, "", *found, "", said)
    exact = digest(*parts, named) if named else digest(*parts)
    related = digest("related", types[-1], names[0] if names and own else said)
    every = codes(f"{beside}\n{record.message[:MAX_MESSAGE_CHARS]}")
    return Fingerprint(exact, related, template, tuple(dict.fromkeys((*found, *every)))[:16])


def _told_below(record: LogRecord, trace: StackTrace) -> str:
    """What stands below a message that only announces it, where no calls do."""
    said = trace.root.message
    if trace.language not in _MESSAGE_LAST or "\n" in said or not announces(said.rstrip()):
        return ""
    at = record.body.rfind(f"{trace.root.type}: ")
    return " ".join(_said_first(_lines_below(record.body, at))) if at >= 0 else ""


def _same_ruby(said: str) -> str:
    """A message as Ruby 3.4 words it: other quotes, and the receiver by its class alone."""
    said = _RUBY_SINGLETON.sub(r" for \1", said.replace("`", "'"))
    return _RUBY_OBJECT.sub(r" for an instance of \1", said)


def _beside(record: LogRecord, trace: StackTrace) -> str:
    """What the printed text says of an exception besides type and message: Node's `Error [ERR_MODULE_NOT_FOUND]: ` and
    the properties behind its frames, the number in .NET's `SocketException (111): `."""
    if trace.language == "csharp":
        return "\n".join(_numbers(record.body, trace))
    labels = []
    for message in {trace.outermost.message, trace.root.message}:
        at = record.body.find(message[:80]) if message else -1
        if at > 0 and record.body[at - 3 : at] == "]: ":
            labels.append(record.body[max(0, at - 80) : at])
    labels.sort()
    if trace.language == "javascript" and (at := record.body.find(" {\n")) >= 0:
        labels += ["{", *_PROPERTY.findall(record.body[at : at + MAX_PROPERTY_CHARS])]
    return "\n".join(labels)


def _numbers(body: str, trace: StackTrace) -> Iterator[str]:
    for exception in trace.exceptions:
        at = body.find(f"{exception.type} (")
        if at >= 0 and (number := _NUMBER_OF_TYPE.match(body, at + len(exception.type))):
            yield f"Exception{number[0]}"


def normal_type(name: str) -> str:
    """The exception type without generated suffixes."""
    return _GENERATED_TYPE.sub("", name.strip())


def is_generic(name: str) -> bool:
    """True for a type that says only that something failed, whatever its package."""
    last = re.split(r"[.:\\/$]", name.strip().rstrip(":"))[-1]
    return not last or re.sub(r"[^a-z]", "", last.lower()) in GENERIC_TYPES


def _first_line(message: str) -> str:
    line = next((part for part in message[:MAX_MESSAGE_CHARS].split("\n") if part.strip()), "")
    return _SPACES.sub(" ", line).strip()


_BLIND = bytes.maketrans(b"123456789", b"000000000")
_Key = tuple[bytes | str, str, str]


class Fingerprinter:
    """`fingerprint` with a bounded memo: records that differ in digits alone are computed once, unless their text could
    hold a code. Not safe to share between threads; each block has its own."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._memo: dict[_Key, Fingerprint | None] = {}

    def of(self, record: LogRecord) -> Fingerprint:
        """As `fingerprint(record)`, always."""
        text, calls = _text(record), _calls(record)
        blind: _Key = (text.encode("utf-8", "replace").translate(_BLIND), record.logger, calls)
        known = self._memo.get(blind)
        if known is not None:
            return known
        exact: _Key = (text, record.logger, calls)
        if blind in self._memo or has_pattern(
            spoken(text, record.logger)
        ):  # None stands for "text that needs the exact key"
            known = self._memo.get(exact)
            if known is not None:
                return known
            self._keep(blind, None)
            return self._keep(exact, fingerprint(record))
        return self._keep(blind, fingerprint(record))

    def _keep(self, key: _Key, value: Fingerprint | None) -> Fingerprint:
        if len(self._memo) >= self._limit:
            self._memo.clear()
        self._memo[key] = value
        return value  # type: ignore[return-value] # the caller that keeps None drops the result


def _text(record: LogRecord) -> str:
    """The prose a fingerprint is made of."""
    trace = record.stacktrace
    if trace is None:
        return _told(record)
    said = "\n".join([f"{e.type}: {e.message}" for e in trace.exceptions])
    beside = f"{_beside(record, trace)}\n{_told_below(record, trace)}"
    return f"{record.message}\n{record.cause[:MAX_CAUSE_CHARS]}\n{beside}\n{said}"


def _calls(record: LogRecord) -> str:
    """The calls it is made of, digits and all: `step1` and `step2` are two functions."""
    trace = record.stacktrace
    if trace is None:
        return ""
    frames = [
        f"{f.module}\t{f.function}\t{f.file}\t{f.in_app}" for e in trace.exceptions for f in e.frames[:MAX_FRAMES_READ]
    ]
    return "\n".join((trace.language, *frames))
