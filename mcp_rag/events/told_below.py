"""Messages that a tool prints below the line it announces a failure with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_WRONG = "* What went wrong:"
MAX_REASONS = 4
_REASON_BELOW = re.compile(
    r"> (?:Could not resolve all [\w -]{1,40} for |A failure occurred while executing |Failed to notify )"
)
_RESULT = re.compile(r"  (msg|rc|stderr): ?(.*)$")
_MSG = re.compile(r"\s{1,8}\"msg\": \"((?:[^\"\\]|\\.){1,2000})\"")
_ORACLE = re.compile(r"ORA-\d+: (?!at (?:\"|line ))")
_CHECKED = re.compile(r"(?:bootstrap check failure )?\[\d{1,3}\](?: of \[\d{1,3}\])?: (.*)$")
_CAPTION = re.compile(r"Error Message:$|Failure/Error: |\S+\.\w{1,5}:\d+$")
_EVALUATED = re.compile(r" {7}error: (\S.*)$")
_OCAML = re.compile(r"((?:Error|Warning|Alert)\b.{0,80}?: ?\S.*)$")
_DBT = re.compile(r"(?:Database|Compilation|Runtime|Parsing|Dependency|Validation|Internal) Error in \w{1,20} ")
_ASKED = "Expected equality of these values:"  # GoogleTest; they stand below
_BOXED_ERROR = re.compile(r"[ │|]{1,12}(Error: .*)$")
_BLOCK = frozenset({"|", "|-", ">", ">-", "|+", ">+"})


def _gradle(lines: Sequence[str]) -> str:
    """The line below "What went wrong", with the first reason below that, and on while a reason only says whose reason
    is below it."""
    at = next((n for n, line in enumerate(lines) if line.strip() == _WRONG), len(lines))
    told = [line.strip() for line in lines[at + 1 : at + 2 + MAX_REASONS]]
    kept = told[:1]
    for line in told[1:]:
        if not line.startswith("> "):
            break
        kept.append(line)
        if not _REASON_BELOW.match(line):
            break
    return " ".join(kept)


def _ansible(lines: Sequence[str]) -> str:
    """The fields of a result printed as YAML that say what failed."""
    told = []
    for n, line in enumerate(lines):
        found = _RESULT.match(line)
        if found is None:
            continue
        value = found[2].strip()
        if value in _BLOCK:  # the text begins on the next line
            value = lines[n + 1].strip() if n + 1 < len(lines) else ""
        value = value.strip("'\"")
        if value:
            told.append(value if found[1] == "msg" else f"{found[1]}: {value}")
    return ", ".join(told)


def _host(lines: Sequence[str]) -> str:
    """What a result printed as JSON says in `msg`, or what the command printed."""
    told = next((found[1] for line in lines if (found := _MSG.match(line))), "")
    return told.replace('\\"', '"') or next((line.strip() for line in lines if line.strip()), "")


def installer_failure(lines: Sequence[str]) -> str:
    """What pip's program did not do, and the last line it printed: pip itself calls all of them the same; "" where the
    lines are not pip's."""
    said = next((line.strip()[2:] for line in lines if line.strip().startswith("× ")), "")
    end = next((n for n, line in enumerate(lines) if line.strip() == "[end of output]"), 0)
    printed = next((line.strip() for line in reversed(lines[:end]) if line.strip()), "")
    return f"{said} {printed}".strip() if said else ""


def derivation_failure(lines: Sequence[str]) -> str:
    """Which derivation Nix could not build, and the last line its builder printed; or the error below the places that
    an evaluation went through; "" where the lines are not Nix's."""
    if not lines[0].strip():
        return next((found[1] for line in lines[1:] if (found := _EVALUATED.match(line))), "")
    printed = next((line.strip()[1:].strip() for line in reversed(lines[1:]) if line.startswith("       > ")), "")
    return f"{lines[0].strip()} {printed}" if printed else ""


def error_stack(lines: Sequence[str]) -> str:
    """Oracle prints the errors that led to one another below each other, and between them where: the errors, so that
    all their codes tell one stack from another; "" for a single one."""
    below = [line.strip() for line in lines[1:] if _ORACLE.match(line)]
    return "; ".join([lines[0].strip(), *below]) if below else ""


def alert(lines: Sequence[str]) -> str:
    """The errors of Oracle's alert log, which stand below the file that more of them is in; "" where none does."""
    told = [line.strip() for line in lines if _ORACLE.match(line)]
    return "; ".join(told)


def untold(message: str, lines: Sequence[str]) -> str:
    """Why a program did not start, where its message is the same whatever kept it from that: Spring's description,
    Elasticsearch's first check that failed, what dbt says of a model, Terraform's own word in what Terragrunt says; ""
    for all other messages."""
    if message == "APPLICATION FAILED TO START":
        return _described(lines)
    if message == "node validation exception":
        return next((found[1].strip() for line in lines if (found := _CHECKED.match(line))), "")
    if message.endswith("error occurred:"):
        return next((found[1].strip() for line in lines if (found := _BOXED_ERROR.match(line))), "")
    if message == "Encountered an error:":  # dbt, then the error's kind
        return next(iter([line.strip() for line in lines[1:] if line.strip()][1:2]), "")
    if message.endswith(")") and _DBT.match(message):
        return " ".join([line.strip() for line in lines[1:] if line.strip()][:2])
    return ""


def _described(lines: Sequence[str]) -> str:
    """What Spring's report of a failed start says under its heading "Description:"; "" where it has none."""
    at = next((n for n, line in enumerate(lines) if line.strip() == "Description:"), len(lines))
    return next((line.strip() for line in lines[at + 1 :] if line.strip()), "")


def report_message(lines: Sequence[str], *, framed: bool) -> str:
    """What failed, below the title of a report. Only where frames or a code tell such reports apart: else the title
    does. "" for a mere caption."""
    said = (line.strip() for line in lines)
    message = next((text for text in said if text and not _CAPTION.match(text)), "") if framed else ""
    return "" if message.endswith(":") and message != _ASKED else message


def _db2(lines: Sequence[str]) -> str:
    """The field of a record that says what happened, else where."""
    for name in ("MESSAGE", "FUNCTION"):
        if told := next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), ""):
            return told
    return ""


def viewed(name: str, lines: Sequence[str]) -> str:
    """A field of a report that has one a line, "" where it has none."""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:")), "")


def _ocaml(lines: Sequence[str]) -> str:
    """What the compiler says below the source."""
    return next((found[1].strip().removeprefix("Error: ") for line in lines if (found := _OCAML.match(line))), "")


def _reason(lines: Sequence[str]) -> str:
    """The reason that CloudFormation gave, below the resource."""
    return next((line.strip() for line in lines if line.strip()), "")


def coded(first: str, lines: Sequence[str]) -> str:
    """The message of a compiler that prints it below the place, or below a code in brackets; "" where it is not."""
    if first and not (first[0] == "[" and first[-1] == "]"):
        return ""
    return next((line.strip().removeprefix("• ") for line in lines if line.strip()), "")


_TOLD: Mapping[str, Callable[[Sequence[str]], str]] = {
    "gradle": _gradle,
    "ansible": _ansible,
    "ansible-host": _host,
    "db2diag": _db2,
    "ocaml-compiler": _ocaml,
    "cloudformation": _reason,
}


def told_below(format_name: str, lines: Sequence[str]) -> str:
    """The message of an event in this format when the lines below the first tell it; else ""."""
    told = _TOLD.get(format_name)
    return told(lines) if told is not None else ""
