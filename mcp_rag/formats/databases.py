"""Headers of database servers."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.types import Level

_PG_DETAIL = "DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION"
_PG_LEVELS = {"LOG": Level.INFO, "NOTICE": Level.INFO, "INFO": Level.INFO, "WARNING": Level.WARN}
_PG_LEVELS |= {"ERROR": Level.ERROR, "FATAL": Level.FATAL, "PANIC": Level.FATAL}
# The postmaster tells of a crash at LOG, as of all that it does; what a signal merely asked to end did not crash.
_PG_DIED = (
    r"(?=(?P<died>[\w\" ]{4,60} \(PID \d{1,9}\) was terminated by (?:exception \dx"
    r"|signal \d{1,3}(?!\d|: (?:Terminated|Interrupt|Hangup|Quit)))))?"
)
_REDIS = {".": Level.DEBUG, "-": Level.DEBUG, "*": Level.INFO, "#": Level.WARN}


def _postgres(found: re.Match[str]) -> Level:
    # A DETAIL or STATEMENT line belongs to the message before it and has no level of its own.
    if "died" in found.re.groupindex and found["died"]:
        return Level.ERROR
    return _PG_LEVELS.get(found["severity"] or "", Level.UNSET if found["severity"] is None else Level.DEBUG)


def _mssql(found: re.Match[str]) -> Level:
    # Up to 10 the server only informs; from 20 on it ends the connection or itself.
    severity = int(found["severity"])
    return Level.FATAL if severity >= 20 else Level.ERROR if severity > 10 else Level.INFO


def _redis(found: re.Match[str]) -> Level:
    return _REDIS.get(found["mark"] or "*", Level.INFO)


DATABASE_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "postgres",
        "PostgreSQL with any log_line_prefix; DETAIL, HINT, CONTEXT and STATEMENT lines keep their word in the message",
        "2026-11-23 19:20:37.123 UTC [4711] shop@orders ERROR:  duplicate key value violates unique constraint",
        stamped=True,
        needs=":  ",
        grade=_postgres,
        pattern=r"(?: \d{10}\.\d{3})?[ :](?:[^\[\]\"]{0,40}\[(?P<stream>\d{1,8})(?:-\d{1,9})?\])?[^\"]{0,200}?"
        rf"(?<![A-Za-z])(?:(?P<severity>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?):  (?! ){_PG_DIED}"
        rf"|(?=(?:{_PG_DETAIL}):  ))",
    ),
    TextFormat(
        "mysql",
        "MySQL and MariaDB error log: `time thread [level] [MY-code] [subsystem] message`",
        "2026-11-23T19:20:37.123456Z 0 [ERROR] [MY-012592] [InnoDB] Operating system error number 13 in a file "
        "operation.",
        stamped=True,
        needs="[",
        pattern=r" {1,3}(?P<stream>\d{1,18}) \[(?P<level>Note|Warning|ERROR|System|Error|WARNING|NOTE)\] ",
    ),
    TextFormat(
        "mysql-general",
        "MySQL's general query log: `time<tab>thread command<tab>argument`",
        "2026-11-23T19:20:37.123456Z\t   41 Query\tselect 1",
        stamped=True,
        needs="\t",
        level=Level.INFO,
        pattern=r"\t {0,6}(?P<stream>\d{1,18}) (?P<body>)[A-Z][\w ]{2,20}(?:\t|$)",
    ),
    TextFormat(
        "mysql-slow",
        "MySQL's slow query log: a `# Time:` line opens each entry",
        "# Time: 2026-11-23T19:20:37.123456Z",
        first="#",
        needs="# Time: ",
        level=Level.INFO,
        pattern=r"# Time: (?P<time>\d{6} {1,2}\d{1,2}:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,18}"
        r"(?:Z|[+-]\d\d:\d\d)?)(?=\s|$)",
    ),
    TextFormat(
        "redis",
        "Redis and Valkey: `pid:role time mark message`, mark `.` debug, `-` verbose, `*` notice, `#` warning",
        "1:M 23 Nov 2026 19:20:37.123 # Can't save in background: fork: Cannot allocate memory",
        first="0[",
        grade=_redis,
        pattern=r"(?:(?P<stream>\d{1,8}):[A-Za-z-]{1,20} |\[\d{1,8}\] )"
        r"(?:\((?P<epoch>\d{10})\) |(?P<time>\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{3})?) "
        r"(?P<mark>[.*#-]) )",
    ),
    TextFormat(
        "mongodb-text",
        "MongoDB before 4.4: `time severity component [context] message`",
        "2026-11-23T19:20:37.123+0000 E STORAGE  [initandlisten] WiredTiger error (17) rename: File exists",
        stamped=True,
        needs="[",
        pattern=r" (?P<level>[FEWID])\d? {1,2}(?P<logger>[A-Z-]{1,12}) {1,12}\[(?P<stream>[^\[\]]{1,60})\] ",
    ),
    TextFormat(
        "clickhouse",
        "ClickHouse: `time [ thread ] {query} <Level> Logger: message`",
        "2026.11.23 19:20:37.123456 [ 4711 ] {9f1c2d7e} <Error> TCPHandler: Code: 60. DB::Exception: no table",
        stamped=True,
        needs="<",
        pattern=rf" \[ (?P<stream>\d{{1,8}}) \] \{{[^{{}}]{{0,60}}\}} <{LEVEL}> (?P<logger>[^:]{{1,100}}): ",
    ),
    TextFormat(
        "tidb",
        "TiDB, TiKV and Milvus: `[time] [LEVEL] [file:line] [message] [field=value]`",
        '[2026/11/23 19:20:37.123 +00:00] [ERROR] [plans/server.go:41] ["plan not found"] [error="no plan"]',
        stamped=True,
        first="[",
        needs="] [",
        pattern=rf"\] \[{LEVEL}\] (?:\[\d{{1,9}}\] )?"
        r"\[(?:(?P<logger>[\w./@-]{1,120}):\d{1,9}|<unknown>)\] (?=\[)",
    ),
    TextFormat(
        "postgres-csv",
        "PostgreSQL's csvlog: the SQLSTATE behind the level, then the message",
        '2026-11-23 19:20:37.123 UTC,"app","shop",4711,"10.9.0.4:51322",6646d1a4.32c,5,"SELECT",2026-11-23 19:20:31 '
        'UTC,3/12,0,ERROR,42P01,"relation ""orders"" does not exist",,,,,,"SELECT 1",15,,"psql","client backend",,0',
        stamped=True,
        needs=',"',
        grade=_postgres,
        pattern=r",(?:\"[^\"]{0,64}\")?,(?:\"[^\"]{0,64}\")?,(?P<stream>\d{0,20}),(?:\"[^\"]{0,100}\")?,[0-9a-f.]{1,80},\d{1,20},"
        r"(?:\"[^\"]{0,64}\")?,[^,\"]{0,60},[^,\"]{0,40},\d{0,20},"
        r"(?P<severity>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?),(?P<state>[\dA-Z]{1,8}),\"",
    ),
    TextFormat(
        "mssql-error",
        "SQL Server's ERRORLOG on an error: its number and severity, the message in the next line",
        "2026-11-23 19:20:37.12 spid51      Error: 1205, Severity: 13, State: 51.",
        stamped=True,
        needs=", Severity: ",
        grade=_mssql,
        digits_matter=True,
        pattern=r" (?P<stream>spid\d{1,6}s?|Server|Logon|Backup) {2,12}"
        r"(?=Error: \d{1,9}, Severity: (?P<severity>\d{1,9}),)",
    ),
    TextFormat(
        "mssql",
        "SQL Server's ERRORLOG: `time process  message`",
        "2026-11-23 19:20:37.12 spid51      Login failed for user 'shop'. Reason: Password did not match.",
        stamped=True,
        pattern=r" (?P<stream>spid\d{1,6}s?|Server|Logon|Backup) {2,12}(?!Error: \d{1,9}, Severity: )(?=\S)",
    ),
    TextFormat(
        "sqlite",
        "The sqlite3 shell: `Parse error near line 3: message`",
        "Runtime error near line 2: UNIQUE constraint failed: orders.id (19)",
        first="PRE",
        needs=" near line ",
        level=Level.ERROR,
        pattern=r"(?:Parse|Runtime|Error:?)(?: error)?:? near line \d{1,9}: ",
    ),
)
