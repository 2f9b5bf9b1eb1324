"""Results of tests, which say `PASS` before a name as a record of a login does before a password."""

from __future__ import annotations

import re

# What test runners print behind `PASS:`.
_TEST_NAME = re.compile(
    r"tests?(?:[_A-Z./:\[-]\S{0,200})?|[a-z][a-z0-9]{0,80}(?:[_.-]{1,2}[a-z0-9]{1,80}){2,20}"
    r"|[a-z]{1,40}(?:[-_./][a-z]{1,40}){0,8}",
    re.IGNORECASE,
)
_TEST_PATH = re.compile(
    r"\w{1,80}(?:::|/)[\w./:\[\]-]{1,200}|[\w.-]{1,80}\.(?:py|js|ts|go|rb|java|php|sh|html?|c|cc|cpp|rs)"
)
_RESULT = re.compile(r"(?:PASS|X?FAIL|XPASS|SKIP|ERROR|UNSUPPORTED|UNTESTED|UNRESOLVED|KFAIL|KPASS): ")


def is_result(text: str, at: int, value: str, after: str) -> bool:
    """Whether `PASS: ...` at `at` tells of a test: it names one, or says how long it took."""
    if text[at - 1 : at] not in {"", " ", "\n", "\t"}:
        return False
    if text[at : at + 4] != "PASS":
        return bool(_TEST_PATH.fullmatch(value))
    timed = after[:2] == " (" and after[2:3].isdigit()
    goes_on = after[:1] == " " and after[1:2].isprintable() and after[1:2] not in {"", " "}
    begins = text[at - 1 : at] in {"", "\n"}
    return (
        timed
        or (begins and (goes_on or "/" in value or _has_results(text, at)))
        or bool(_TEST_NAME.fullmatch(value) or _TEST_PATH.fullmatch(value))
    )


def _has_results(text: str, at: int) -> bool:
    """Whether the line above or below the one at `at` tells the result of a test too."""
    above = text.rfind("\n", 0, max(0, at - 1)) + 1
    below = text.find("\n", at) + 1
    return bool(_RESULT.match(text, above, at) or (below and _RESULT.match(text, below)))
