"""The user's own redaction rules: checked when the gate is made, so that no text can make one slow."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.errors import ConfigurationError

MAX_RULES = 100
MAX_RULE_CHARS = 500
# Most times that an open repeat matches, in a rule with one and in a rule with two: two multiply.
MAX_REPEATS = (200, 64)
MAX_REPEAT = MAX_REPEATS[0]
MAX_OPEN_REPEATS = len(MAX_REPEATS)
_OPEN_END = "\0"  # stands for the bound until all open repeats are counted
_KIND = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_OPENING = re.compile(r"\(\?(?:[:>=!]|<[=!]|P<\w{1,40}>|[aiLmsux-]{1,8}[:)]|#[^)]*\))|\(")
_COUNTED = re.compile(r"\{(\d{0,6})(,?)(\d{0,6})\}")


def compile_own(rules: Sequence[tuple[str, str]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(kind, pattern) for each (expression, kind).

    An open repeat (`*`, `+`, `{n,}`) matches at most 200 times, two of them at most 64 times each. Raises
    ConfigurationError when an expression does not compile, matches the empty text, repeats a group that repeats or
    chooses, has more than two open repeats, or refers back to a group.
    """
    if len(rules) > MAX_RULES:
        raise ConfigurationError(f"There are {len(rules)} redaction rules.", f"Keep at most {MAX_RULES}.")
    return tuple((_kind(kind), _compile(expression)) for expression, kind in rules)


def _kind(kind: str) -> str:
    if not _KIND.fullmatch(kind):
        raise ConfigurationError(
            f"The redaction kind {kind[:60]!r} is not usable.", "Use lower-case letters, digits, dash and underscore."
        )
    return kind


def _refuse(expression: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"The redaction rule {expression[:80]!r} {why}.", "Write a simpler expression.")


def _compile(expression: str) -> re.Pattern[str]:
    if len(expression) > MAX_RULE_CHARS:
        raise _refuse(expression, f"is longer than {MAX_RULE_CHARS} characters")
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise _refuse(expression, f"is not a regular expression ({error})") from None
    pattern = re.compile(_bounded(expression))
    if pattern.match(""):
        raise _refuse(expression, "matches the empty text")
    return pattern


def _bounded(expression: str) -> str:
    """The expression with open repeats bounded. Walks it once: `groups` holds, for each open group, whether it repeats
    or chooses inside."""
    out: list[str] = []
    groups = [False]
    at = opened = 0
    closed = False  # the group that ends right before `at` repeats or chooses
    while at < len(expression):
        if expression.startswith("(?P=", at) or re.match(r"\\[1-9]|\(\?\(", expression[at:]):
            raise _refuse(expression, "refers back to a group")
        length, low, high = _repeat(expression, at)
        if length:
            if closed and high > 1:
                raise _refuse(expression, "repeats a group that itself repeats or chooses")
            is_open = high > MAX_REPEAT and low != high
            if is_open and low > MAX_REPEATS[-1]:
                raise _refuse(expression, f"repeats openly from more than {MAX_REPEATS[-1]}")
            opened += is_open
            groups[-1] = groups[-1] or low != high
            out.append(f"{{{low},{_OPEN_END}}}" if is_open else expression[at : at + length])
            at += length
            if expression[at : at + 1] in {"?", "+"}:  # lazy or possessive
                out.append(expression[at])
                at += 1
            closed = False
            continue
        part = _token(expression, at)
        closed = False
        if part[0] == "(" and part[-1] != ")":
            groups.append(False)
        elif part == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif part == "|":
            groups[-1] = True
        out.append(part)
        at += len(part)
    if opened > MAX_OPEN_REPEATS:
        raise _refuse(expression, f"has more than {MAX_OPEN_REPEATS} open repeats")
    bounded = "".join(out)
    return bounded.replace(_OPEN_END, str(MAX_REPEATS[opened - 1])) if opened else bounded


def _repeat(expression: str, at: int) -> tuple[int, int, int]:
    """(length, lowest, highest) of the repeat that starts at `at`; length 0 when none does."""
    open_end = 1_000_000
    first = expression[at]
    if first in "*+?":
        return 1, int(first == "+"), 1 if first == "?" else open_end
    match = _COUNTED.match(expression, at)
    if match is None or match.group() in {"{}", "{,}"}:
        return 0, 0, 0
    low = int(match[1] or 0)
    if not match[2]:
        return len(match.group()), low, low
    return len(match.group()), low, int(match[3]) if match[3] else open_end


def _token(expression: str, at: int) -> str:
    """One escape, character class, group opening or plain character."""
    if expression[at] == "\\":
        return expression[at : at + 2]
    if expression[at] == "[":
        end = at + 2 if expression[at + 1 : at + 2] == "^" else at + 1
        end += expression[end : end + 1] == "]"
        while end < len(expression) and expression[end] != "]":
            end += 2 if expression[end] == "\\" else 1
        return expression[at : end + 1]
    opening = _OPENING.match(expression, at)
    return opening.group() if opening else expression[at]
