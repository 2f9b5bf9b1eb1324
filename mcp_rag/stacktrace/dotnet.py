""".NET (C#, F#, VB): inner exceptions after ` ---> `, frames grouped by their end markers, PowerShell errors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "csharp"
# "at" in Chinese, German, French, Spanish, Russian, Portuguese, Dutch, Swedish, Japanese and Korean.
_AT = "在|bei|à|en|в|em|bij|vid|場所|위치:"
PARTS: Table = (
    Pattern(Part.CRASH, r"Unhandled [Ee]xception[.:] "),
    Pattern(Part.CRASH, r"Process terminated\. |Stack overflow\.$"),
    Pattern(Part.DETAIL, r"Repeat \d+ times:$"),
    Pattern(Part.START, r"Application: \S+\.exe"),
    Pattern(Part.LINK, r"---> (?:\(Inner Exception #\d+\) )?[A-Z]"),
    Pattern(Part.FRAME, r"at (?:async )?[\w.<>`\[\]$|,+]{1,300}\([^()\n]{0,400}\)(?: in [^\n]{1,300}:line \d+)?$"),
    Pattern(
        Part.FRAME,
        rf"(?:{_AT}) "
        r"[\w.<>`\[\]$|,+]{1,300}\([^()\n]{0,400}\)(?: \S{1,10} [^\n]{1,300}:\S{1,10} \d+\.?)?$",
    ),
    Pattern(  # Mono
        Part.FRAME,
        r"at (?:\(wrapper [\w\-]{1,40}\) )?[\w.<>`\[\]$|,+/]{1,300} ?\([^()\n]{0,400}\) "
        r"\[0x[0-9a-f]{1,8}\] in [^\n]{1,300}:\d+ *$",
    ),
    Pattern(Part.FRAME, r"at [\w.<>`\[\]$|,+]{1,300} \([\w.\-]{1,200}, Version=\d"),  # Application Insights
    # Unity on an exception; on what the program logged it parts class and method with a colon.
    Pattern(Part.FRAME, r"[\w.<>`+/]{1,300} ?\([^()\n]{0,400}\) \(at [^\n()]{1,300}:\d+\)$", ") (at "),
    Pattern(
        Part.DETAIL,
        r"[\w.<>`+/]{1,300}:[\w.<>`]{1,120} ?\([^()\n]{0,400}\) \(at [^\n()]{1,300}:\d+\)$",
        ") (at ",
    ),
    Pattern(Part.DETAIL, r"Unity(?:Engine|Editor)\.[\w.<>`+/]{1,300}:[\w.<>`]{1,120} ?\([^()\n]{0,400}\)$"),
    Pattern(Part.DETAIL, r"\(Filename: [^\n]{0,300} Line: -?\d+\)$"),
    Pattern(Part.DETAIL, r"--- End of (?:inner exception stack trace|stack trace from previous location)"),
    Pattern(Part.DETAIL, r"<---$"),
    # What SqlException says of the connection below its calls.
    Pattern(Part.DETAIL, r"ClientConnectionId(?: before routing)?:[0-9a-f]{8}-|Error Number:\d+,State:\d+,Class:\d"),
)

_TYPE = re.compile(
    r"(?:^|.*?[\s:|])((?:[A-Za-z_]\w*[.+])+[A-Za-z_][\w`\[\],]*|[A-Z]\w*(?:Exception|"
    r"Error))(?: \((0x[0-9A-F]+|\d+)\))?: (.*)$"
)
_STRICT = re.compile(
    r"\s*(?:Unhandled [Ee]xception[.:] |Exception Info: )?((?:[A-Za-z_]\w*[.+])*[A-Z][\w`\[\],]*)"
    r"(?: \((?:0x[0-9A-Fa-f]+|\d+)\))?(?:: (.*)|:)?$"
)
_INNER = re.compile(r"\s*---> (?:\(Inner Exception #(\d+)\) )?(.*)$")
# System.Data.SQLite puts its code before its own name.
_CODED = re.compile(r"code = \w{1,40} \(\d{1,6}\), message = (?=[A-Z])")
_END = re.compile(r"\s*--- End of inner exception")
_FRAME = re.compile(
    rf"\s*(?:at|{_AT}) "
    r"(?:async )?([^\s(][^(]{0,300}?)\(([^()]{0,400})"
    r"\)(?: \S{1,10} (.{1,300}?):\S{1,10} (\d{1,9})\.?)?\s*$"
)
_ELSEWHERE = (
    re.compile(
        r"\s*at (?:\(wrapper [\w\-]{1,40}\) )?([^\s(][^(]{0,300}?) ?\(([^()]{0,400})\) "
        r"\[0x[0-9a-f]{1,8}\] in (.{1,300}?):(\d{1,9})$"
    ),
    re.compile(r"\s*([\w.<>`+/]{1,300}) ?\(([^()]{0,400})\) \(at ([^()]{1,300}):(\d{1,9})\)$"),
    re.compile(r"\s*at ([^\s(]{1,300}) \(([\w.\-]{1,200}), Version=\d()()"),
)
_LIBRARY = (
    "System.", "Microsoft.", "Newtonsoft.", "Npgsql.", "Dapper.", "Serilog.", "MySql.", "StackExchange.", "Polly.",
    "AutoMapper.", "MediatR.", "Grpc.", "Azure.", "Amazon.", "Swashbuckle.", "NLog.", "Xunit.", "NUnit.",
    "lambda_method", "Castle.", "RabbitMQ.", "Hangfire.", "Quartz.", "MassTransit.", "UnityEngine.", "UnityEditor.",
)  # fmt: skip
# `Cart.<AddAsync>d__4`, and of an asynchronous lambda `Cart.<>c.<<AddAsync>b__0>d`.
_ASYNC = re.compile(
    r"\.?<(?:<(?=\w*>[a-z]__))?(\w*)>(?:[a-z]__\d*|d)[\w|]*(?:>d(?:__\d+)?)?(?:`\d+)?(?:\.MoveNext)?|"
    r"\.<>c(?:__DisplayClass\w*)?"
)
_NAMED_EXCEPTION = re.compile(r"(?:Exception|Error|Fault)(?:`\d+)?(?:\[.*\])?$")


def in_app(name: str) -> bool:
    """False for the framework and for widely used packages, by namespace."""
    return not name.startswith(_LIBRARY)


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The first trace in `lines`. Frames before an end marker belong to the innermost exception still open."""
    first = next((n for n, line in enumerate(lines) if _frame(line) or _INNER.match(line)), -1)
    if first < 0:
        first = len(lines)
    head = _head(lines[:first])
    if head is None:
        return None
    chain: list[tuple[str, str, list[Frame]]] = []
    _open(head, chain)
    open_ = [*range(len(chain))]
    skipping = False
    for line in lines[first:]:
        if inner := _INNER.match(line):
            skipping = bool(inner[1] and inner[1] != "0")  # an AggregateException's later members are siblings
            if not skipping and not inner[1]:
                before = len(chain)
                _open(_strict(inner[2]) or ("", inner[2].strip()), chain)
                open_.extend(range(before, len(chain)))
            elif not skipping and (named := _strict(inner[2])) and named not in [(t, m) for t, m, _ in chain]:
                before = len(chain)
                _open(named, chain)
                open_.extend(range(before, len(chain)))
        elif _END.match(line):
            if len(open_) > 1:
                open_.pop()
        elif not skipping and (frame := _frame(line)):
            chain[open_[-1]][2].append(frame)
    return StackTrace(LANGUAGE, tuple(ExceptionInfo(t, m, tuple(f)) for t, m, f in chain))


def _open(head: tuple[str, str], chain: list[tuple[str, str, list[Frame]]]) -> None:
    """Append an exception, and those that older runtimes print behind it on the same line (`A: a ---> B: b`)."""
    for n, piece in enumerate(f"{head[0]}: {head[1]}".split(" ---> ") if " ---> " in head[1] else ()):
        named = _strict(piece)
        chain.append((*(named or ("", piece.strip())), []))
        if n > 20:
            return
    if " ---> " not in head[1]:
        chain.append((*head, []))


def _strict(text: str) -> tuple[str, str] | None:
    coded = _CODED.match(text)
    found = _STRICT.match(text, coded.end() if coded else 0)
    return (found[1], (found[2] or "").strip()) if found else None


def _head(lines: Sequence[str]) -> tuple[str, str] | None:
    for line in reversed(lines):
        if (named := _strict(line)) and ("." in named[0] or _NAMED_EXCEPTION.search(named[0])):
            return named
    for line in reversed(lines):
        if (found := _TYPE.match(line)) and _NAMED_EXCEPTION.search(found[1]):
            return found[1], found[3].strip()
    return None


def _frame(line: str) -> Frame | None:
    text = line.rstrip().removesuffix("<---")
    found = None
    if "] in " in text or ") (at " in text or ", Version=" in text:
        found = next((m for pattern in _ELSEWHERE if (m := pattern.match(text))), None)
    found = found or _FRAME.match(text)
    if found is None or ":" in found[2][-6:]:
        return None
    name = found[1].strip()
    plain = _ASYNC.sub(lambda m: f".{m[1]}" if m[1] else "", name)
    module, _, function = plain.rpartition(".")
    if name.endswith((".ctor", ".cctor")):
        module, function = plain.rsplit(".", 2)[0].rstrip("."), ".ctor"
    return Frame(
        function=function,
        module=module,
        file="" if (found[3] or "<")[0] == "<" else found[3],
        line=int(found[4] or 0),
        in_app=in_app(name),
    )
