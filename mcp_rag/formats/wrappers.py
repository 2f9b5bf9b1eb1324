"""What an envelope is: a prefix that a container or shipper put around a line, as an expression or as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mcp_rag.formats.base import MAX_HEAD_CHARS, LogFormat
from mcp_rag.formats.levels import level_of, syslog_level
from mcp_rag.types import Envelope, Level

_COMMANDS = {"error": Level.ERROR, "warning": Level.WARN, "notice": Level.INFO, "debug": Level.DEBUG}

Accept = Callable[[re.Match[str]], bool]


@dataclass(frozen=True, slots=True)
class EnvelopeFormat(LogFormat):
    """An envelope as one regular expression whose match is the prefix; what follows is the line inside.

    Named groups: `service`, `stream`, `timestamp`, `level` (`command` and `issue` are further places of it); a group
    `partial` that matched marks a cut line. `first` and `needs` are cheap tests as in TextFormat; `accept` may refuse a
    match.
    """

    pattern: str = ""
    first: str = ""
    needs: str = ""
    accept: Accept | None = None
    regex: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(self.pattern))

    def unwrap(self, line: str) -> Envelope | None:
        """The line inside this envelope, or None."""
        if self.needs and self.needs not in line[:MAX_HEAD_CHARS]:
            return None
        found = self.regex.match(line, 0, MAX_HEAD_CHARS)
        if not found or (self.accept and not self.accept(found)):
            return None
        groups = found.groupdict()
        word = groups.get("level") or groups.get("command") or groups.get("issue")
        return Envelope(
            format=self.name,
            text=line[found.end() :],
            stream=groups.get("stream") or "",
            service=groups.get("service") or "",
            timestamp=groups.get("timestamp") or "",
            level=_COMMANDS.get(word, level_of(word)) if word else Level.UNSET,
            partial=bool(groups.get("partial")),
        )


@dataclass(frozen=True, slots=True)
class DockerJson(EnvelopeFormat):
    """Docker's json-file driver: one JSON object a line, the text in `log`."""

    def unwrap(self, line: str) -> Envelope | None:
        early = line.startswith('{"log":') or ('"log":' in line[:200] and '"stream":' in line)
        if not early and not ('"log":"' in line and '"container_name":"' in line):
            return None
        import orjson

        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        text = record.get("log") if isinstance(record, dict) else None
        if not isinstance(text, str) or not ({"stream", "time", "container_name"} & record.keys()):
            return None
        stream, time, name = (record.get(key) for key in ("stream", "time", "container_name"))
        return Envelope(
            format=self.name,
            text=text.rstrip("\r\n"),
            stream=stream if isinstance(stream, str) else "",
            service=name.lstrip("/") if isinstance(name, str) else "",
            timestamp=time if isinstance(time, str) else "",
            # Docker's own files keep the end of each line; shippers, which name the container, cut it off.
            partial=not text.endswith("\n") and isinstance(time, str) and not isinstance(name, str),
        )


_LABELS = ("app", "service_name", "service", "container", "job")


@dataclass(frozen=True, slots=True)
class LokiJson(EnvelopeFormat):
    """One line of a program with the labels Loki keeps it under, as logcli prints it or as it was sent."""

    def unwrap(self, line: str) -> Envelope | None:
        if not (line.startswith('{"labels":{') and '"line":"' in line) and not (
            line.startswith('{"stream":{') and '"values":[[' in line
        ):
            return None
        import orjson

        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        labels = record.get("labels") or record.get("stream")
        text, time = record.get("line"), record.get("timestamp")
        values = record.get("values")
        if text is None and isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
            time, text = (*values[0], None, None)[:2]
        if not isinstance(labels, dict) or not isinstance(text, str) or "\n" in text:
            return None
        word = labels.get("detected_level") or labels.get("level")
        return Envelope(
            format=self.name,
            text=text,
            stream=str(labels.get("pod") or labels.get("instance") or ""),
            service=next((str(labels[key]) for key in _LABELS if labels.get(key)), ""),
            timestamp=str(time or ""),
            level=level_of(word) if isinstance(word, str) else Level.UNSET,
        )


@dataclass(frozen=True, slots=True)
class JournalJson(EnvelopeFormat):
    """What a service printed, as `journalctl -o json` writes it: one object for each line it printed.

    The journal gives such lines priority 6 whatever they say. Entries that a program sent to the journal itself, with
    its own priority or of several lines, stay JSON records.
    """

    def unwrap(self, line: str) -> Envelope | None:
        if not (line.startswith("{") and '"MESSAGE"' in line and '"__REALTIME_TIMESTAMP"' in line):
            return None
        import orjson

        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        text, priority = record.get("MESSAGE"), str(record.get("PRIORITY", "6"))
        printed = record.get("_TRANSPORT", "stdout" if priority == "6" else "") == "stdout"
        if not printed or not isinstance(text, str) or "\n" in text:
            return None
        return Envelope(
            format=self.name,
            text=text,
            stream=str(record.get("_PID", "")),
            service=str(record.get("SYSLOG_IDENTIFIER") or record.get("_SYSTEMD_UNIT") or ""),
            timestamp=str(record["__REALTIME_TIMESTAMP"]),
            level=syslog_level(int(priority)) if priority in {*"01234567"} - {"6"} else Level.UNSET,
        )
