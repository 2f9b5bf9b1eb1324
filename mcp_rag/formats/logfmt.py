"""logfmt: `time=... level=error msg="..." key=value`, as logrus, Go's slog, Grafana and Prometheus write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcp_rag import clock
from mcp_rag.formats.base import LogFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import NO_SPAN, Header, Level, Span

_PAIR = re.compile(r'([A-Za-z_@][\w.@/-]{0,60})=("(?:[^"\\]|\\.){0,512}(?:"|$)|[^\s"]{0,512})(?:[ \t]+|$)')
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d\"? time=\"?\d\d:\d\d:\d\d(?:\.\d{1,9})?")
# A date and a time in one value, without the quotes that it needs.
_CLOCK = re.compile(r"(?<=-\d\d )\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:[ \t]+|$)")
_LEVELS = ("level", "lvl", "severity", "log.level", "loglevel", "@level", "sev", "pri")
_TIMES = ("time", "ts", "t", "timestamp", "@timestamp", "datetime", "date", "at", "when")
_MESSAGES = ("msg", "message", "@message", "event", "error", "err", "logdesc")
_LOGGERS = ("logger", "component", "module", "subsystem", "pkg", "source")
_SERVICES = ("service", "service.name", "svc", "app", "job")


@dataclass(frozen=True, slots=True)
class Logfmt(LogFormat):
    """Pairs until the message; the message's own pair starts the body. `pattern` matches every line it could be."""

    first: str = "aA@"
    stamped: bool = False
    pattern: str = r"[^=]{0,63}="

    def match_at(self, head: str, stamp: clock.Stamp | None) -> Header | None:
        """As `match`; the timestamp is a pair like all others."""
        del stamp
        return self.match(head)

    def match(self, line: str) -> Header | None:
        if "=" not in line[:64]:
            return None
        pairs: dict[str, Span] = {}
        pos = count = 0
        while count < 24 and (found := _PAIR.match(line, pos, 512)):
            span, pos = _inside(found), found.end()
            if clock_behind := _CLOCK.match(line, pos, 512):
                pos = clock_behind.end()
                span = (span[0], len(line[:pos].rstrip()))
            pairs.setdefault(found[1].lower(), span)
            count += 1
        level = _first(line, pairs, _LEVELS)
        message = next((pairs[key] for key in _MESSAGES if key in pairs), NO_SPAN)
        if count < 2 or level == NO_SPAN or (message == NO_SPAN and count < 3):
            return None
        # PowerDNS writes how verbose its logger is as `level`, and what the line is worth beside it.
        if line[level[0] : level[1]].isdigit() and line[slice(*pairs.get("prio", NO_SPAN))].isalpha():
            level = pairs["prio"]
        severity = level_of(line[level[0] : level[1]])
        if severity is Level.UNSET:
            return None
        return Header(
            format=self.name,
            body=message[0] if message != NO_SPAN else level[1],
            level=severity,
            time=_time(line, pairs),
            logger=_first(line, pairs, _LOGGERS),
            service=_first(line, pairs, _SERVICES),
            digits_matter=line[level[0] : level[1]].isdigit(),
        )


def _time(line: str, pairs: dict[str, Span]) -> Span:
    """The span of the time; of `date=2026-11-23 time=19:20:37`, as firewalls write it, both."""
    date, time = pairs.get("date", NO_SPAN), pairs.get("time", NO_SPAN)
    if NO_SPAN not in (date, time) and _DATE_AND_TIME.fullmatch(line, date[0], time[1]):
        return (date[0], time[1])
    return _first(line, pairs, _TIMES)


def _inside(found: re.Match[str]) -> Span:
    start, end = found.span(2)
    if found[2][:1] == '"':
        return (start + 1, end - 1 if found[2].endswith('"') and end - start > 1 else end)
    return (start, end)


def _first(line: str, pairs: dict[str, Span], keys: tuple[str, ...]) -> Span:
    for key in keys:
        span = pairs.get(key, NO_SPAN)
        if span != NO_SPAN and line[span[0] : span[1]]:
            return span
    return NO_SPAN


LOGFMT = Logfmt(
    "logfmt",
    'logfmt of logrus, slog, Grafana, Prometheus: `time=... level=error msg="..." key=value`',
    'time="2026-11-23T19:20:37Z" level=error msg="charge failed" invoice=1000',
)
