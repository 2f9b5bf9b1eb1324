"""The text log of TiDB, TiKV and Milvus: behind the header, the message and each field in brackets of their own."""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = r"(?:[^\"\\]|\\.)"
_TEXT = rf"(?:\"(?P<quoted>{_QUOTED}{{0,8000}})\"|(?P<bare>[^\[\]\"=]{{0,2000}}))"
_MESSAGE = re.compile(rf"\[{_TEXT}\]")
_CAUSE = re.compile(rf"\[(?:error|err|reason|cause)={_TEXT}\]")
_STACK = re.compile(rf"\[(?:stack|stacktrace|errorVerbose)=\"(?P<quoted>{_QUOTED}{{0,60000}})\"\]")


class Told(NamedTuple):
    """What the fields say: the message, what went wrong, and the calls."""

    message: str
    cause: str = ""
    stack: str = ""


def bracketed(rest: str) -> Told | None:
    """The parts of the text behind a header; None where it is of another form."""
    found = _MESSAGE.match(rest)
    if found is None:
        return None
    cause, stack = _CAUSE.search(rest, found.end()), _STACK.search(rest, found.end())
    calls = stack["quoted"].replace("\\n", "\n").replace("\\t", "\t") if stack else ""
    return Told(_value(found), _value(cause) if cause else "", calls)


def _value(found: re.Match[str]) -> str:
    return (found["quoted"] or found["bare"] or "").replace("\\n", " ").replace('\\"', '"')
