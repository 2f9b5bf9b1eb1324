"""What tools and workers of the web's languages print at a terminal: a badge, a mark or a number instead of a time."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of, status_level
from mcp_rag.types import Level

_MARKS = {"⨯": Level.ERROR, "⚠": Level.WARN}
_NPM = {"silly": Level.TRACE, "verbose": Level.TRACE, "timing": Level.DEBUG, "http": Level.INFO}
# Yarn's codes name the kind of a message; where one stands for several, its words decide.
_YARN: dict[Level, str] = {
    Level.ERROR: "0001 0009 0012 0016 0018 0020 0028 0030 0035 0041 0046 0056 0078 0080 0081 0082",
    Level.WARN: "0002 0003 0005 0057 0060 0061 0068 0069 0086",
    Level.INFO: "0004 0006 0007 0008 0013 0014 0019 0029 0062 0063 0064 0065 0073 0074 0075 0076 0077 0084 0085",
}
_YARN_LEVELS = {code: level for level, codes in _YARN.items() for code in codes.split()}


def _badge(found: re.Match[str]) -> Level:
    return level_of(found["low"] or found["word"]) or Level.INFO


def _scoped(found: re.Match[str]) -> Level:
    return level_of(found["word"]) or Level.INFO


def _mark(found: re.Match[str]) -> Level:
    # The place of an error stands in a line of its own above it.
    return Level.INFO if found["above"] is not None else _MARKS.get(found["mark"], Level.INFO)


def _npm(found: re.Match[str]) -> Level:
    return _NPM.get(found["word"]) or level_of(found["word"])


def _yarn(found: re.Match[str]) -> Level:
    return _YARN_LEVELS.get(found["code"], Level.UNSET)


def _status(found: re.Match[str]) -> Level:
    return status_level(found["status"])


WEB_TOOL_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "badge",
        "Metro (React Native), Nuxt, Vue CLI, Kamal and others with a badge: ` ERROR  message`",
        " ERROR  TypeError: rates.map is not a function",
        first=" ",
        grade=_badge,
        # Where a file is named below the badge of the whole run, what is wrong with it stands below.
        pattern=r" {1,3}(?:\([A-Z]{4,12}\) {1,2})?(?:(?P<low>error|warning)  in \S{1,300} {0,9}$"
        r"|(?P<word>ERROR|FATAL|WARN|WARNING|INFO|DEBUG|LOG|DONE|READY|SUCCESS|WAIT)"
        r"(?: {2,3}(?=\S)| (?=\[[0-9a-f]{8}\] |\([A-Z]\w{1,60}::)))",
    ),
    TextFormat(
        "signale",
        "Signale (Nginx Proxy Manager): `[date] [time] [scope] › ✖  error  message`",
        "[11/23/2026] [7:20:37 PM] [Express  ] › ✖  error     connect ECONNREFUSED 10.9.0.4:3306",
        stamped=True,
        first="[",
        needs=" › ",
        grade=_scoped,
        pattern=r"\] (?:\[(?P<logger>[^\[\]]{1,60}?) {0,20}\] {1,2})?› {1,2}(?:\S{1,2} {1,3})?"
        r"(?P<word>[a-z]{3,12}) {1,14}(?=\S)",
    ),
    TextFormat(
        "next",
        "Next.js: ` ⨯ message`, the place of an error alone on its line",
        " ⨯ TypeError: rates.map is not a function",
        first=" │",
        grade=_mark,
        pattern=r" {0,3}(?P<mark>[⨯⚠✓○»▲]) (?:(?P<above>(?=[^\s()]{1,300} \(\d{1,7}:\d{1,6}\) @ ))"
        r"|\.{0,2}/[^\s:]{1,300}:\d{1,7}:\d{1,6}$|(?:unhandledRejection|uncaughtException): {1,2}|(?=\S))",
    ),
    TextFormat(
        "access-astro",
        "Astro on a request: `time [500] /path 12ms`",
        "19:20:37 [500] /orders/7 132ms",
        stamped=True,
        first="^",
        shapes=("clock",),
        needs="ms",
        grade=_status,
        digits_matter=True,
        pattern=r" (?P<body>)\[(?P<status>[1-5]\d\d)\] "
        r"(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) )?(?=/\S{0,400} \d{1,7}ms$)",
    ),
    TextFormat(
        "access-next",
        "Next.js on a request: ` GET /path 500 in 12ms`",
        " GET /orders/7 500 in 132ms",
        first=" ",
        needs=" in ",
        grade=_status,
        digits_matter=True,
        pattern=r" (?P<body>)(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S{0,400} (?P<status>\d{3}) "
        r"in \d{1,9}(?:\.\d{1,3})?m?s\b",
    ),
    TextFormat(
        "npm-debug",
        "npm's debug log: `number level message`",
        "20 error code ELIFECYCLE",
        first="0",
        grade=_npm,
        pattern=r"\d{1,6} (?P<word>silly|verbose|info|http|timing|notice|warn|error) "
        r"(?!(?:messages?|lines?|events?|records?|logs|entries|codes|found|and|or|in)\b)(?=\S)",
    ),
    TextFormat(
        "yarn-berry",
        "Yarn since version 2: `➤ YN0001: │ message`, its code says how bad it is",
        "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.",
        first="│",
        needs="➤ YN",
        grade=_yarn,
        digits_matter=True,
        pattern=r"➤ YN(?P<code>\d{4}): (?:[│┌└├] )?(?=\S)",
    ),
    TextFormat(
        "sidekiq",
        "Sidekiq without a time, as on Heroku: `pid=4 tid=abc LEVEL: message`, `4 TID-abc LEVEL: message`",
        "pid=4 tid=gsrcm38fk class=ChargeJob jid=4f1c9a0b7d3e ERROR: heartbeat: no route to the queue",
        first="p0",
        needs=": ",
        pattern=r"(?:pid=\d{1,8} tid=(?P<stream>\w{1,20})(?: \w{1,20}=\S{1,80}){0,6}"
        r"|\d{1,8} TID-(?P<pid>\w{1,20})(?: [A-Z][\w:]{0,80})?(?: JID-\w{1,40})?(?: [A-Z][\w:]{0,80})?) "
        r"(?P<level>DEBUG|INFO|WARN|ERROR|FATAL): ",
    ),
)
