"""The exception of a JSON record: its type, message and stack trace as text, from strings, lists and objects."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from mcp_rag.formats.json_paths import get, present


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MAX_FRAMES = 500
MAX_CHAIN = 20

_STACKS = _names(  # these names hold nothing but traces
    "error.stack_trace error.stack err.stack exception.stacktrace exception.stack_trace exception.stack "
    "attributes.exception.stacktrace stack_trace stacktrace stack @x exc_info exc_text traceback "
    "thrown.extendedstacktrace error.stacktrace error_verbose errorverbose jsonpayload.stack_trace jsonpayload.stack "
    "fields.exception.stacktrace fields.backtrace backtrace"
)
_MAYBE_STACKS = _names(  # these hold a trace, or only its first line, or something else
    "exception thrown error err cause jsonpayload.exception attr.error fields.error exceptions properties.exception "
    "error_detail"
)
_TYPES = _names(
    "exception.type attributes.exception.type error.type err.type error.name err.name error.kind exception.class "
    "exception.name thrown.name exc_type exceptiontype exception_type exception_class errortype error_type "
    "exception.exception_class record.exception.type type_name"
)
_MESSAGES = _names(
    "exception.message attributes.exception.message error.message err.message thrown.message exc_value errormessage "
    "error_message exception_message record.exception.value attr.error.errmsg attr.error.message "
    "attr.message.error_str attr.error attr.message attr.reason error err "
    "fields.error reason cause"
)
_TRACE = re.compile(
    r"\n\s{1,8}at |Traceback \(most recent call last\)|\n {2}File \"|\ngoroutine \d|panicked at |\n\tat "
    r"|\n\t/\S+:\d+|\n#\d+ "
)


class JsonException(NamedTuple):
    """What a record says about its exception; all empty when nothing."""

    type: str = ""
    message: str = ""
    stacktrace: str = ""

    @property
    def known(self) -> bool:
        """Whether the record has an exception at all."""
        return bool(self.type or self.stacktrace)

    @staticmethod
    def looks_like_trace(text: str) -> bool:
        """Whether a text holds the frames of some language's trace."""
        return bool(_TRACE.search(text))


def exception_of(record: dict[str, Any]) -> JsonException:
    """Find the exception fields of a record by name."""
    kind = _string(record, _TYPES)
    message = _string(record, _MESSAGES)
    trace = ""
    for path in present(_STACKS, record):
        trace = render(get(record, path), kind, message)
        if trace:
            break
    if not trace:
        for path in present(_MAYBE_STACKS, record):
            value = get(record, path)
            text = render(value, kind, message)
            if text and (
                isinstance(value, (list, dict)) or "\n" in text or re.match(r"[\w.$]{1,120}(?:Error|Exception)\b", text)
            ):
                trace = text
                break
    if not trace and get(record, "record.exception"):
        text = get(record, "text")
        start = text.find("Traceback (most recent call last)") if isinstance(text, str) else -1
        trace = text[start:] if start >= 0 else ""
    if not kind:
        kind, message = _first_type(record, message)
    return JsonException(kind, message, trace.strip("\n"))


def _string(record: dict[str, Any], paths: tuple[str, ...]) -> str:
    for path in present(paths, record):
        value = get(record, path)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _first_type(record: dict[str, Any], message: str) -> tuple[str, str]:
    value = record.get("exception") or record.get("exceptions") or record.get("error_detail")
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict):
        kind = first.get("exc_type") or first.get("typeName") or first.get("type")
        text = first.get("exc_value") or first.get("message") or message
        if isinstance(kind, str):
            return kind, text if isinstance(text, str) else message
    return "", message


def render(value: object, kind: str = "", message: str = "") -> str:
    """A stack trace in its language's own text form from a string, a list of lines or frames, or an object; "" if the
    value is none of these."""
    if isinstance(value, str):
        return value if value.strip() else ""
    if isinstance(value, dict):
        return _object(value)
    if not isinstance(value, list) or not value:
        return ""
    first = value[0]
    if isinstance(first, str):
        return _lines([item for item in value[:MAX_FRAMES] if isinstance(item, str)], kind, message)
    if not isinstance(first, dict):
        return ""
    if "exc_type" in first:
        return _python_chain([item for item in value[:MAX_CHAIN] if isinstance(item, dict)])
    if "frames" not in first and ("class" in first or "method" in first):
        head = [f"{kind}: {message}" if message else kind] if kind else []
        return "\n".join([*head, *_java_frames(value)])
    if "func" in first or "function" in first:
        return "\n".join(_go_frames(value))
    return _object(first)


def _lines(lines: list[str], kind: str, message: str) -> str:
    text = "\n".join(line.rstrip("\r\n") for line in lines)
    if lines and lines[0].lstrip().startswith('File "') and "Traceback" not in text:
        last = f"{kind}: {message}" if message else kind
        return f"Traceback (most recent call last):\n{text}\n{last}".rstrip("\n")
    return text


def _object(value: dict[str, Any], depth: int = 0) -> str:
    """pino's and bunyan's `err`, ECS's `error`, log4j2's `thrown` with its causes."""
    lowered = {str(key).lower(): item for key, item in value.items()}
    for key in ("stack", "stacktrace", "stack_trace", "traceback", "callstack", "parsedstack"):
        item = lowered.get(key)
        if isinstance(item, str) and item.strip():
            return item
        if isinstance(item, list) and item and isinstance(item[0], str):
            return "\n".join(str(line).rstrip("\n") for line in item[:MAX_FRAMES])
    frames = lowered.get("extendedstacktrace")
    if isinstance(frames, str):
        return frames
    if isinstance(value.get("Exception"), str) and isinstance(value.get("Trace"), list):
        return _php(value)
    name = lowered.get("name") or lowered.get("type") or lowered.get("class")
    text = lowered.get("localizedmessage") or lowered.get("message")
    if not isinstance(name, str) or not isinstance(frames, list):
        return ""
    lines = [f"{name}: {text}" if isinstance(text, str) else name, *_java_frames(frames)]
    cause = lowered.get("cause")
    if isinstance(cause, dict) and depth < MAX_CHAIN and (inner := _object(cause, depth + 1)):
        lines.append(f"Caused by: {inner}")
    return "\n".join(lines)


def _php(value: dict[str, Any]) -> str:
    """Nextcloud's exception, the last thrown first with what was `Previous` inside, as PHP prints it: root first."""
    chain: list[str] = []
    each: object = value
    while isinstance(each, dict) and len(chain) < MAX_CHAIN and isinstance(each.get("Exception"), str):
        lines = [
            f"{each['Exception']}: {each.get('Message') or ''} in {each.get('File') or '?'}:{each.get('Line') or 0}",
            "Stack trace:",
        ]
        frames = each.get("Trace")
        calls = [frame for frame in frames[:MAX_FRAMES] if isinstance(frame, dict)] if isinstance(frames, list) else []
        for n, frame in enumerate(calls):
            place = f"{frame['file']}({frame.get('line') or 0})" if frame.get("file") else "[internal function]"
            called = f"{frame.get('class') or ''}{frame.get('type') or ''}{frame.get('function') or ''}"
            lines.append(f"#{n} {place}: {called}()")
        chain.append("\n".join([*lines, f"#{len(calls)} {{main}}"]))
        each = each.get("Previous")
    return "\n\nNext ".join(reversed(chain))


def _java_frames(frames: list[Any]) -> list[str]:
    lines = []
    for frame in frames[:MAX_FRAMES]:
        if isinstance(frame, dict):
            place = f"{frame.get('file') or 'Unknown Source'}"
            line = frame.get("line")
            place = f"{place}:{line}" if isinstance(line, int) and line > 0 else place
            lines.append(f"\tat {frame.get('class', '')}.{frame.get('method', '')}({place})")
    return lines


def _go_frames(frames: list[Any]) -> list[str]:
    lines = []
    for frame in frames[:MAX_FRAMES]:
        if isinstance(frame, dict):
            function = frame.get("func") or frame.get("function")
            source = frame.get("source") or frame.get("file") or "unknown"
            lines += [f"{function}(...)", f"\t{source}:{frame.get('line', 0)}"]
    return lines


def _python_chain(stacks: list[dict[str, Any]]) -> str:
    """structlog's and rich's list of exceptions, the last raised first, in the order Python prints: root first."""
    parts: list[str] = []
    for index in range(len(stacks) - 1, -1, -1):
        stack = stacks[index]
        lines = ["Traceback (most recent call last):"]
        frames = stack.get("frames")
        for frame in frames[:MAX_FRAMES] if isinstance(frames, list) else []:
            if isinstance(frame, dict):
                lines.append(
                    f'  File "{frame.get("filename", "?")}", line {frame.get("lineno", 0)}, in {frame.get("name", "?")}'
                )
                if isinstance(frame.get("line"), str) and frame["line"].strip():
                    lines.append(f"    {frame['line'].strip()}")
        value = stack.get("exc_value")
        lines.append(f"{stack.get('exc_type')}: {value}" if value else f"{stack.get('exc_type')}")
        parts.append("\n".join(lines))
        if index:
            cause = "The above exception was the direct cause of the following exception:"
            context = "During handling of the above exception, another exception occurred:"
            parts.append(cause if stack.get("is_cause") else context)
    return "\n\n".join(parts)
