"""Headers of application frameworks and of single programs whose loggers stand in a place of their own."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.formats.levels import level_of, syslog_level
from mcp_rag.types import Level

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_DOTTED = r"(?P<logger>[A-Za-z_$][\w$-]{0,60}(?:\.[\w$-]{1,80}){1,12})"
_UNREAL = {"Error": Level.ERROR, "Fatal": Level.FATAL, "Warning": Level.WARN}


def _priority(found: re.Match[str]) -> Level:
    return syslog_level(int(found["priority"]))


def _unreal(found: re.Match[str]) -> Level:
    return _UNREAL.get(found["word"] or "", Level.INFO if found["word"] else Level.UNSET)


def _flink(found: re.Match[str]) -> Level:
    """A task or job that failed is told as information, with its exception: Flink may restart it, but somebody has to
    know."""
    level = level_of(found["word"])
    return Level.WARN if level is Level.INFO and " to FAILED" in found.string else level


FRAMEWORK_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "flask",
        "Flask's default logger: `[time] LEVEL in module: message`",
        "[2026-11-23 19:20:37,123] ERROR in app: Exception on /charge [POST]",
        stamped=True,
        first="[",
        needs=" in ",
        pattern=r"\] (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) in (?P<logger>[\w.]{1,80}): ",
    ),
    TextFormat(
        "locust",
        "Locust: `[time] host/LEVEL/logger: message`",
        "[2026-11-23 19:20:37,123] load-1/ERROR/locust.user.task: charge failed",
        stamped=True,
        first="[",
        needs="/",
        pattern=r"\] [\w.-]{1,100}/(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)/(?P<logger>[\w.]{1,100}): ?",
    ),
    TextFormat(
        "odoo",
        "Odoo: `time pid LEVEL database logger: message`",
        "2026-11-23 19:20:37,123 7 ERROR shop odoo.sql_db: bad query: SELECT 1",
        stamped=True,
        shapes=("iso",),
        needs=": ",
        pattern=r" (?P<stream>\d{1,8}) (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?:\?|[\w.-]{1,60}) "
        r"(?P<logger>[a-z_]\w{0,40}(?:\.[a-z_\d]\w{0,59}){0,8}): ",
    ),
    TextFormat(
        "django",
        "Django's verbose formatter: `LEVEL time module process thread message`",
        "ERROR 2026-11-23 19:20:37,123 views 4711 140212349945600 charge failed",
        first="DIWEC",
        pattern=rf"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) {{1,4}}(?P<time>{_ISO}) (?P<logger>[\w.-]{{1,80}}) "
        r"(?P<stream>\d{1,10} \d{6,20}) ",
    ),
    TextFormat(
        "weblogic",
        "WebLogic's server log: `####<time> <LEVEL> <subsystem> ... <BEA-number> <message>`",
        '<Nov 23, 2026 7:20:37,123 PM CET> <Error> <JDBC> <BEA-001112> <Test "SELECT 1" failed for pool "orders"> ',
        first="<#",
        needs="> <BEA-",
        pattern=rf"(?:####)?<(?P<time>[^<>]{{12,60}})> <{LEVEL}> <(?P<logger>[^<>]{{1,60}})> "
        r"(?:<{1,2}[^<>]{0,160}>{1,2} ){0,12}?<BEA-\d{6,7}> <",
    ),
    TextFormat(
        "play",
        "Play and sbt's server: `[error] a.b.Logger - message`",
        "[error] p.c.s.AkkaHttpServer - Uncaught error from thread",
        first="[",
        needs=" - ",
        pattern=rf"\[(?P<level>trace|debug|info|warn|error)\] (?:- )?{_DOTTED} - ",
    ),
    TextFormat(
        "glassfish",
        "GlassFish and Payara: `[time] [product] [LEVEL] [number] [logger] [tid: ...] [[`, the message below",
        "[2026-11-23T19:20:37.123+0100] [Payara 6] [SEVERE] [AS-WEB-7] [jakarta.enterprise.web] [tid: _ThreadID=1] [[",
        stamped=True,
        first="[",
        needs="] [tid: ",
        pattern=rf"\] \[(?P<program>[^\[\]]{{1,60}})\] \[{LEVEL}\] \[[^\[\]]{{0,40}}\] "
        r"\[(?P<logger>[^\[\]]{0,120})\] (?:\[[^\[\]]{1,120}\] ){1,6}\[\[ ?",
    ),
    TextFormat(
        "odl",
        "GlassFish before version 4: `[#|time|LEVEL|product|logger|fields|message|#]`",
        "[#|2026-11-23T19:20:37.123+0100|SEVERE|glassfish3.1|com.acme.shop|_ThreadID=18;_ThreadName=t;|no card|#]",
        first="[",
        needs="[#|",
        pattern=rf"\[#\|(?P<time>{_ISO})\|{LEVEL}\|(?P<program>[^|]{{0,60}})\|(?P<logger>[^|]{{0,160}})\|"
        r"[^|]{0,300}\|",
    ),
    TextFormat(
        "solr",
        "Solr: `time LEVEL (thread) [c:collection s:shard] logger message`",
        "2026-11-23 19:20:37.123 ERROR (qtp193-39) [c:films s:shard1] o.a.s.h.RequestHandlerBase Client exception",
        stamped=True,
        needs=") [",
        pattern=rf" {LEVEL} {{1,2}}\((?P<stream>[^()]{{1,200}})\) \[[^\[\]]{{0,200}}\] {_DOTTED} ",
    ),
    TextFormat(
        "airlift",
        "Trino and Presto: `time<tab>LEVEL<tab>thread<tab>logger<tab>message`",
        "2026-11-23T19:20:37.123Z\tERROR\tmain\tio.trino.server.Server\tConfiguration errors:",
        stamped=True,
        shapes=("iso",),
        pattern=rf"(?:\t| {{3,8}})(?P<level>[A-Z]{{4,5}})(?:\t| {{2,8}})(?P<stream>[^\t]{{1,120}}?)(?:\t| {{2,8}})"
        rf"{_DOTTED}(?:\t| {{2,8}})",
    ),
    TextFormat(
        "flink",
        "Flink: `time LEVEL  logger [] - message`",
        "2026-11-23 19:20:37,123 ERROR org.apache.flink.runtime.taskmanager.Task         [] - switched to FAILED",
        stamped=True,
        needs=" - ",
        grade=_flink,
        pattern=rf" (?P<word>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) {{1,5}}(?:{_DOTTED} {{1,60}}\[[^\[\]]{{0,80}}\] - "
        r"|(?P<tag>org\.apache\.flink\.[\w.$]{1,160}) {1,60}- )",
    ),
    TextFormat(
        "nexus",
        "Nexus Repository: `time LEVEL  [thread] user logger - message`",
        "2026-11-23 19:20:37,123+0000 ERROR [qtp148-58]  *SYSTEM org.sonatype.nexus.web.Servlet - Failure servicing",
        stamped=True,
        shapes=("iso",),
        needs=" - ",
        pattern=rf" {LEVEL} {{1,5}}\[(?P<stream>[^\[\]]{{1,120}})\] {{1,4}}[\w*@.-]{{1,60}} {_DOTTED} - ",
    ),
    TextFormat(
        "sonarqube",
        "SonarQube: `time LEVEL process[id][logger] message`",
        "2026.11.23 19:20:37 ERROR ce[AXsq1][o.s.c.t.CeWorkerImpl] Failed to execute task AXsq1",
        stamped=True,
        needs="][",
        pattern=rf" {LEVEL} {{1,5}}(?P<service>[a-z]{{2,10}})\[(?P<stream>[^\[\]]{{0,60}})\]"
        r"\[(?P<logger>[\w.$-]{1,120})\] ",
    ),
    TextFormat(
        "codeigniter",
        "CodeIgniter: `LEVEL - time --> message`",
        "ERROR - 2026-11-23 19:20:37 --> Severity: Warning --> Undefined variable",
        first="EDIWCN",
        needs=" --> ",
        pattern=rf"(?P<level>ERROR|DEBUG|INFO|WARNING|CRITICAL|NOTICE|ALERT|EMERGENCY) - (?P<time>{_ISO}) --> ",
    ),
    TextFormat(
        "lager",
        "Erlang's lager: `time [error] <process>@module:function:line message`",
        "2026-11-23 19:20:37.123 [error] <0.77.0>@riak_core_handoff:init:12 the ring is corrupted",
        stamped=True,
        needs="@",
        pattern=r" \[(?P<level>debug|info|notice|warning|error|critical|alert|emergency)\] (?P<stream><[\d.]{1,20}>)@"
        r"(?P<logger>\w{1,80}):\w{1,80}:\d{1,6} ",
    ),
    TextFormat(
        "couchdb",
        "CouchDB: `[error] time node <process> request message`",
        "[error] 2026-11-23T19:20:37.123456Z couchdb@127.0.0.1 <0.221.0> -------- Could not open file ./data/db.couch",
        first="[",
        needs=" <",
        pattern=rf"\[(?P<level>debug|info|notice|warning|error|critical|alert|emergency)\] (?P<time>{_ISO}) "
        r"(?:[\w.-]{1,60}@[\w.-]{1,80}) (?P<stream><[\d.]{1,20}>) (?:-{8}|[0-9a-f]{10}) ",
    ),
    TextFormat(
        "dovecot",
        "Dovecot's own log and behind syslog: `Mon dd time imap(user): Error: message`",
        "Nov 23 19:20:37 imap(shop)<4711><x1>: Error: Mailbox INBOX: open failed",
        stamped=True,
        shapes=("syslog",),
        needs=": ",
        pattern=r" (?:[\w.-]{1,60} dovecot: )?(?P<service>(?:imap|pop\d|lmtp|lda|auth|master|managesieve|submission"
        r"|doveadm|indexer|config|anvil|stats|log|dict|replicator)[\w-]{0,24})"
        r"(?:\([^()]{1,100}\))?(?:<[^<>]{1,60}>){0,2}: "
        r"(?P<level>Debug|Info|Warning|Error|Fatal|Panic): ",
    ),
    TextFormat(
        "gstreamer",
        "GStreamer: `uptime pid thread LEVEL category file:line:function:<object> message`",
        "0:00:01.204518331  4711 0x55d0c0a1e2a0 ERROR                basesrc gstbasesrc.c:3055:loop:<src0> no data",
        first="0",
        needs="x",
        pattern=r"\d{1,4}:\d\d:\d\d\.\d{9} {1,8}(?P<stream>\d{1,8} {1,4}\dx[0-9a-f]{4,16}) "
        r"(?P<level>ERROR|WARN|FIXME|INFO|DEBUG|LOG|TRACE) {1,16}(?P<logger>[\w-]{1,60}) "
        r"[\w./-]{1,160}:\d{1,6}:[\w~:]{1,120}:(?:<[^<>]{0,100}>)? ?",
    ),
    TextFormat(
        "zephyr",
        "Zephyr's controllers: `[uptime] <err> module: message`",
        "[00:00:04.000,001] <err> net_if: Cannot allocate buffer",
        first="[",
        needs="] <",
        pattern=r"\[(?:\d\d:\d\d:\d\d\.\d{3},\d{3}|\d{8})\] <(?P<level>err|wrn|inf|dbg)> (?P<logger>[\w.-]{1,60}): ",
    ),
    TextFormat(
        "katip",
        "Haskell's katip: `[time][namespace][Level][host][PID n][thread][place] message`",
        "[2026-11-23 19:20:37][Billing.http][Error][node-2][PID 4711][ThreadId 40][main:Api src/Api.hs:12:9] failed",
        stamped=True,
        first="[",
        needs="][PID ",
        pattern=r"\]\[(?P<logger>[^\[\]]{1,80})\]\[(?P<level>Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)\]"
        r"\[[^\[\]]{0,80}\]\[(?P<stream>PID \d{1,9})\](?:\[[^\[\]]{0,160}\]){1,6} ",
    ),
    TextFormat(
        "unreal",
        "Unreal Engine: `[time][frame]LogCategory: Error: message`",
        "[2026.11.23-19.20.37:123][290]LogNet: Error: the connection was lost",
        stamped=True,
        first="[",
        shapes=("dotted",),
        needs="]Log",
        grade=_unreal,
        pattern=r"\]\[ {0,3}\d{1,4}\](?P<logger>Log\w{1,60}): "
        r"(?:(?P<word>Fatal|Error|Warning|Display|Verbose|VeryVerbose): )?",
    ),
    TextFormat(
        "gluster",
        "GlusterFS: `[time] E [MSGID: n] [file.c:line:function] volume: message`",
        "[2026-11-23 19:20:37.123456] E [MSGID: 101191] [socket.c:3498:connect] 0-gv0-client-1: connection failed",
        stamped=True,
        first="[",
        needs=":",
        pattern=r"\] (?P<level>[EWICDTMAN]) (?:\[MSGID: \d{1,9}\] )?\[[\w./-]{1,80}:\d{1,6}:[\w.]{1,100}\] "
        r"(?:\(-{1,2}>[^\n]{1,400}?\) {1,2}(?=\d{1,4}-))?(?P<logger>\d{1,4}-[^\s:]{1,80}): ",
    ),
    TextFormat(
        "calico",
        "Calico: `time [LEVEL][pid] file.go line: message`",
        "2026-11-23 19:20:37.123 [ERROR][62] felix/health.go 211: the reporter is not ready",
        stamped=True,
        needs="][",
        pattern=rf" \[{LEVEL}\]\[(?P<stream>\d{{1,8}})\] (?P<logger>[\w./-]{{1,100}}\.go) \d{{1,6}}: ",
    ),
    TextFormat(
        "linkerd",
        "Linkerd's proxy: `[uptime] LEVEL ThreadId(1) span: target: message`",
        "[    12.400118s] ERROR ThreadId(01) outbound:proxy{addr=10.9.0.4:80}: linkerd_reconnect: Failed to connect",
        first="[",
        needs="s] ",
        pattern=r"\[ {0,8}\d{1,9}\.\d{6}s\] {1,2}(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) "
        r"(?P<stream>ThreadId\(\d{1,6}\)) "
        r"(?:[\w.-]{1,40}(?:\{[^{}]{0,160}\})?:){0,6} ?(?P<logger>[a-z_]\w{0,60}(?:::\w{1,60}){0,8}): ",
    ),
    TextFormat(
        "samba",
        "Samba: `[time,  level] file.c:line(function)`, the message in the next line",
        "[2026/11/23 19:20:37.123456,  0] ../../source3/smbd/server.c:1741(main)",
        stamped=True,
        first="[",
        needs="(",
        pattern=r", {1,2}\d{1,2}(?:, [^\]]{1,120})?\] (?P<logger>[\w./-]{1,160}\.c):\d{1,6}\(\w{1,80}\)(?=\s*$)",
    ),
    TextFormat(
        "netlify",
        "Netlify's builds and others that print the hour with AM or PM: `7:20:37 PM: message`",
        "7:20:37 PM: Build script returned non-zero exit code: 2",
        first="0",
        needs="M: ",
        pattern=r"(?P<time>\d{1,2}:\d\d:\d\d [AP]M): ",
    ),
    TextFormat(
        "msi",
        "Windows Installer: `MSI (s) (34:1C) [time]: message`",
        "MSI (s) (34:1C) [19:20:37:123]: Product: Shop -- Installation failed.",
        first="M",
        needs=") [",
        pattern=r"MSI \([sc]\) \((?P<stream>[0-9A-F!]{1,8}:[0-9A-F!]{1,8})\) \[(?P<time>\d\d:\d\d:\d\d:\d{3})\]: ",
    ),
    TextFormat(
        "sd-daemon",
        "systemd's prefixes for what services print (sd-daemon): `<3>message`",
        "<3>failed to open the journal",
        first="<",
        grade=_priority,
        digits_matter=True,
        pattern=r"<(?P<priority>\d)>(?!\[ *\d)(?=[^\s\d<>][^<>]{2})(?![A-Z][a-z]{2} {1,2}\d)",
    ),
)
