"""The texts an event is known by: its template, what is embedded of it and what the lexical leg tokenises.

What is embedded decides more than which model embeds it: for a trace the root cause's line with its values replaced by
words and the innermost source line; for a message the message without its header.
"""

from __future__ import annotations

import re

from mcp_rag.codes import codes
from mcp_rag.mask import mask
from mcp_rag.merge import MergeIndex, collapse
from mcp_rag.types import Frame, LogRecord, StackTrace
from mcp_rag.words import words

__all__ = ["MergeIndex", "codes", "collapse", "embedding_text", "lexical_text", "mask"]

MAX_EMBEDDED_CHARS = 1_000
MAX_LEXICAL_BYTES = 16_000
MAX_FRAMES = 30
MAX_EXCEPTIONS = 10

_SPACES = re.compile(r"\s+")


def embedding_text(record: LogRecord) -> str:
    """What is embedded of `record`: at most 1,000 characters, values replaced by plain words, identifiers kept."""
    trace = record.stacktrace
    if trace is None:
        return cut(_words(_said(record)), MAX_EMBEDDED_CHARS)
    root = trace.root
    message = _words(cut(root.message or ("" if root.type else record.message), 4 * MAX_EMBEDDED_CHARS))
    text = f"{root.type}: {message}" if root.type and message else root.type or message
    source = next((f.source for f in root.frames if f.source), "")
    if not text:  # frames alone name no exception; the innermost line of a cut trace raises it
        if not source:
            return cut(_words(cut(record.body, 4 * MAX_EMBEDDED_CHARS)), MAX_EMBEDDED_CHARS)
        calls = " ".join(dict.fromkeys(_call(f) for f in root.frames[:MAX_FRAMES]))
        return cut(f"{cut(_words(source), 400)}\n{calls}", MAX_EMBEDDED_CHARS)
    return (
        f"{cut(text, MAX_EMBEDDED_CHARS - 201)}\n{cut(_words(source), 200)}"
        if source
        else cut(text, MAX_EMBEDDED_CHARS)
    )


def lexical_text(record: LogRecord) -> str:
    """What the lexical leg tokenises: exception types, messages, codes, calls, logger and log message, at most 16,000
    bytes of UTF-8, the most telling parts first."""
    trace = record.stacktrace
    parts: list[str] = []
    if trace is not None:
        parts += _trace_parts(trace)
    if record.logger:
        parts.append(record.logger)
    if record.message or trace is None:
        parts.append(_words(_said(record), names=True))
    if trace is None or not any(e.frames for e in trace.exceptions):
        # Without calls, what follows the first line (notes, hints, details) is all that tells more.
        parts.append(_words(record.body.partition("\n")[2], names=True))
    kept = codes(f"{record.message}\n{record.body}")
    if kept:
        parts.insert(0, " ".join(kept))
    text = "\n".join(part for part in dict.fromkeys(parts) if part)
    data = text.encode("utf-8", "replace")
    return cut(data.decode("utf-8"), len(data[:MAX_LEXICAL_BYTES].decode("utf-8", "ignore")))


def _said(record: LogRecord) -> str:
    said = record.message or record.body
    return f"{said}; {record.cause}" if record.cause else said


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a text that is not redacted yet, up to a blank: half a secret is not recognised as
    one. A single longer word is kept in part."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    if text[limit].isspace():
        return head
    words = head.rsplit(None, 1)
    return head.removesuffix(words[-1]).rstrip() if len(words) > 1 else head


def _trace_parts(trace: StackTrace) -> list[str]:
    said = reversed(trace.exceptions[-MAX_EXCEPTIONS:])
    parts = [f"{exception.type} {_words(exception.message, names=True)}".strip() for exception in said]
    calls = [_call(f) for e in reversed(trace.exceptions) for f in e.frames[:MAX_FRAMES]]
    parts += list(dict.fromkeys(calls))[: 2 * MAX_FRAMES]
    if not any(parts[: len(trace.exceptions)]):
        parts += [_words(f.source, names=True) for f in trace.root.frames[:1]]
    return parts


def _call(frame: Frame) -> str:
    file = frame.file.replace("\\", "/").rsplit("/", 1)[-1].split("?", 1)[0]
    module = "" if frame.function.startswith(frame.module or "\0") else frame.module
    return " ".join(part for part in (module, frame.function, file) if part)


def _words(text: str, *, names: bool = False) -> str:
    return _SPACES.sub(" ", words(text, names=names)).strip()
