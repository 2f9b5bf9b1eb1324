"""Tool arguments from strangers: aliases mended, unknown names refused, values checked, each with what to send."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from mcp_rag.budget import MAX_TOKENS, MIN_TOKENS
from mcp_rag.clock import parse_since
from mcp_rag.errors import InputError
from mcp_rag.rows import ErrorFilter
from mcp_rag.selection import parse_level
from mcp_rag.types import Level
from mcp_rag.untrusted import visible

# Names that models invent for ours; applied only when the tool has no such argument and the real one is absent.
ALIASES = {
    "error_text": ("query", "question", "message", "text", "error", "log", "q"),
    "error_id": ("id", "errorId", "fingerprint"),
    "limit": ("top_k", "k", "n", "max_results"),
    "paths": ("path", "file", "files"),
    "text": ("content", "logs", "log_text"),
    "fix": ("resolution", "solution"),
    "since": ("start_time", "from"),
    "until": ("end_time", "to"),
    "level": ("severity", "min_level"),
    "min_level": ("level", "severity"),
    "service": ("component", "app"),
}


def mend(arguments: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments under their real names. Raises InputError naming each unknown one and what it may have meant."""
    # A null stands for "not given": every argument has a plain default.
    mended = {name: value for name, value in arguments.items() if name in known and value is not None}
    unknown = [name for name in arguments if name not in known]
    for name in unknown:
        target = next((t for t, aliases in ALIASES.items() if t in known and t not in mended and name in aliases), None)
        if target is None:
            close = difflib.get_close_matches(name, list(known), 1)
            guess = f" Did you mean {close[0]}?" if close else ""
            raise InputError(f"There is no argument {name[:60]!r}.{guess}", f"Arguments: {', '.join(known) or 'none'}.")
        mended[target] = arguments[name]
    for name, value in mended.items():
        if known[name].get("type") == "integer" and isinstance(value, bool):
            raise refusal(name, known, value)
        if known[name].get("type") == "array" and isinstance(value, str) and not value.lstrip().startswith("["):
            mended[name] = [value] if value else []
    return {name: value for name, value in mended.items() if value is not None}


MISSING: Any = object()
_KINDS = {"string": "text", "integer": "a whole number", "array": "a list of texts"}


def refusal(name: str, known: Mapping[str, Any], value: Any) -> InputError:  # noqa: ANN401 - any JSON value
    """The error for an argument that is `MISSING` or of the wrong type, in our words: what it must be and what came."""
    spec = known.get(name, {})
    about = f"{name}: {spec.get('description', 'see the schema of the tool.')}"
    if value is MISSING:
        return InputError(f"{name} is missing.", about)
    return InputError(f"{name} must be {_KINDS.get(spec.get('type'), 'of another type')}, not {_shown(value)}.", about)


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return repr(visible(value[:40]))
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)[:40]
    return "a list" if isinstance(value, list) else "an object"


def level(name: str) -> Level:
    """A severity by name. Raises InputError that lists the names."""
    try:
        return parse_level(name)
    except KeyError:
        raise InputError(
            f"There is no level {name[:40]!r}.", "Levels: ALL, TRACE, DEBUG, INFO, WARNING, ERROR, FATAL."
        ) from None


def choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """One of a few words, case ignored. Raises InputError that lists them."""
    word = value.strip().lower() or allowed[0]
    if word not in allowed:
        close = difflib.get_close_matches(word, allowed, 1)
        guess = f" Did you mean {close[0]!r}?" if close else ""
        raise InputError(f"{name} cannot be {value[:40]!r}.{guess}", f"Use one of: {', '.join(allowed)}.")
    return word


def tokens(max_tokens: int) -> int:
    """A token budget. Raises InputError outside 200 to 8,000."""
    if not MIN_TOKENS <= max_tokens <= MAX_TOKENS:
        raise InputError(f"max_tokens must lie in {MIN_TOKENS} to {MAX_TOKENS}.", "The default is 2000.")
    return max_tokens


def bounded(name: str, value: int, low: int, high: int) -> int:
    """A number in a range. Raises InputError outside it."""
    if not low <= value <= high:
        raise InputError(f"{name} must lie in {low} to {high}, not {value}.", "Send a number inside the range.")
    return value


def filters(
    *, level_name: str, service: str, since: str, until: str, resolved: str, now_ms: int, language: str = ""
) -> ErrorFilter:
    """The filter that search arguments describe. Raises InputError."""
    wanted = choice("resolved", resolved, ("any", "yes", "no"))
    statuses: tuple[Any, ...] = {"any": (), "yes": ("resolved",), "no": ("new", "unresolved", "returned")}[wanted]
    since_ms = parse_since(since, now_ms) if since.strip() else 0
    until_ms = parse_since(until, now_ms) if until.strip() else 0
    if since_ms and until_ms and since_ms > until_ms:
        raise InputError("since is later than until.", "Swap them, or leave one empty.")
    return ErrorFilter(
        min_level=level(level_name),
        service=service.strip(),
        since_ms=since_ms,
        until_ms=until_ms,
        statuses=statuses,
        language=_language(language),
    )


def _language(name: str) -> str:
    if not name.strip():
        return ""
    from mcp_rag.stacktrace import languages

    return choice("language", name, tuple(sorted(languages())))


def clipped(value: str, max_bytes: int) -> str:
    """A text within a limit of UTF-8 bytes: of a longer one the first quarter and the end, where causes stand."""
    data = value.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return value
    head = max_bytes // 4
    return data[:head].decode("utf-8", "ignore") + "\n" + data[head + 1 - max_bytes :].decode("utf-8", "ignore")


def sized(name: str, value: str, max_bytes: int) -> str:
    """A text within a limit of UTF-8 bytes. Raises InputError above it."""
    size = len(value.encode("utf-8", "replace"))
    if size > max_bytes:
        raise InputError(f"{name} has {size} bytes, over the limit of {max_bytes}.", "Send the part around the error.")
    return value
