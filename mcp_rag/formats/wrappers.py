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
        if not (line.startswith('{"log":') or ('"log":' in line[:200] and '"stream":' in line)):
            return None
        import orjson

        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        text = record.get("log") if isinstance(record, dict) else None
        if not isinstance(text, str) or not ({"stream", "time"} & record.keys()):
            return None
        stream, time = record.get("stream"), record.get("time")
        return Envelope(
            format=self.name,
            text=text.rstrip("\r\n"),
            stream=stream if isinstance(stream, str) else "",
            timestamp=time if isinstance(time, str) else "",
            partial=not text.endswith("\n"),
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
