"""Headers of server programs with a layout of their own: application servers, storage, clusters, monitoring."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_WEBSPHERE = {"F": Level.FATAL, "E": Level.ERROR, "W": Level.WARN, "A": Level.INFO, "I": Level.INFO, "C": Level.INFO}
_PASSENGER = {"C": Level.FATAL, "E": Level.ERROR, "W": Level.WARN, "N": Level.INFO, "I": Level.INFO}


def _websphere(found: re.Match[str]) -> Level:
    # D and the digits are traces, O and R what the program wrote to its own streams.
    kind = found["kind"]
    return Level.UNSET if kind in "OR" else _WEBSPHERE.get(kind, Level.DEBUG)


def _passenger(found: re.Match[str]) -> Level:
    return _PASSENGER.get(found["kind"], Level.DEBUG)


def _ceph(found: re.Match[str]) -> Level:
    # -1 is what is always shown because something went wrong; the rest are depths of debugging.
    return Level.ERROR if found["depth"][0] == "-" else Level.UNSET


def _marked(found: re.Match[str]) -> Level:
    return Level.DEBUG if found["word"] == "DETAIL" else level_of(found["word"])


SERVER_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "websphere",
        "WebSphere's SystemOut and trace logs: `[time zone] thread logger  E   message`",
        "[11/23/26 19:20:37:123 CET] 0000004f ThreadMonitor W   WSVR0605W: Thread has been active for 612 seconds",
        stamped=True,
        first="[",
        grade=_websphere,
        pattern=r"\] (?P<stream>[0-9a-f]{8}) (?P<logger>[\w.$-]{1,60}) {1,14}(?P<kind>[FEWAICDOR<>]|\d) {1,3}"
        r"(?:[\w$]{1,60}(?:\.[\w$]{1,60}){2,12} [\w$<>]{1,60} (?=[A-Z]{4,5}\d{4}[EWIAF]: ))?",
    ),
    TextFormat(
        "liberty",
        "Open Liberty's console: `[ERROR   ] CODE: message`",
        "[ERROR   ] CWWKZ0002E: An exception occurred while starting the application shop.",
        first="[",
        pattern=r"\[(?P<level>AUDIT|INFO|WARNING|ERROR|FATAL|err) {1,5}\] ",
    ),
    TextFormat(
        "jvm-unified",
        "The JVM's own log: `[time or uptime][level][tags] message`",
        "[812.330s][error][os,thread] Failed to start thread: pthread_create failed",
        first="[",
        needs="][",
        pattern=rf"\[(?:(?P<time>{_ISO})|\d{{1,9}}(?:\.\d{{1,9}})?(?:s|ms|ns))\](?:\[[^\[\]]{{1,30}}\]){{0,3}}"
        r"\[(?P<level>trace|debug|info|warning|error) {0,4}\]\[(?P<logger>[a-z][a-z0-9,+]{0,60}) {0,30}\] ",
    ),
    TextFormat(
        "tinylog",
        "tinylog's default: time, thread and method on one line, `LEVEL: message` on the next",
        "2026-11-23 19:20:37 [main] com.acme.shop.Charge.run()",
        stamped=True,
        needs="()",
        pattern=r" \[(?P<stream>[^\[\]]{1,80})\] (?P<logger>[\w$]{1,60}(?:\.[\w$]{1,80}){0,12})\.[\w$<>]{1,80}\(\)$",
    ),
    TextFormat(
        "passenger",
        "Phusion Passenger: `[ E time pid/thread file:line ]: message`",
        "[ E 2026-11-23 19:20:37.1234 712/T1 age/Cor/App/Implementation.cpp:221 ]: Could not spawn process",
        first="[",
        needs=" ]: ",
        grade=_passenger,
        pattern=r"\[ (?P<kind>[CEWNID])\d? (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}) "
        r"(?P<stream>\d{1,8}/\w{1,8}) (?P<logger>[\w/.-]{1,80}):\d{1,6} \]: ",
    ),
    TextFormat(
        "transformers",
        "Hugging Face's libraries: `[LEVEL|file.py:line] time >> message`",
        "[WARNING|trainer.py:1779] 2026-11-23 19:20:37,123 >> the checkpoint holds no optimizer",
        first="[",
        needs=" >> ",
        pattern=rf"\[{LEVEL}\|(?P<logger>[\w./-]{{1,80}}):\d{{1,6}}\] (?P<time>{_ISO}) >> ",
    ),
    TextFormat(
        "bunyan-cli",
        "bunyan's own viewer: `[time]  LEVEL: name/pid on host: message`",
        "[2026-11-23T19:20:37.123Z] ERROR: billing/4711 on web1: charge failed (invoice=1000)",
        stamped=True,
        first="[",
        needs=" on ",
        pattern=rf"\] {{1,2}}{LEVEL}: (?P<service>[\w.-]{{1,60}})/(?P<stream>\d{{1,10}}) on [\w.-]{{1,80}}: ",
    ),
    TextFormat(
        "ceph",
        "Ceph's daemons: `time thread depth message`, depth -1 is an error",
        "2026-11-23T19:20:37.123+0000 7f8a1c2d3700 -1 osd.3 418 heartbeat_check: no reply from 10.9.0.4:6802",
        stamped=True,
        shapes=("iso",),
        grade=_ceph,
        pattern=r" (?P<stream>[0-9a-f]{12,16}) (?P<depth>-\d| \d|\d\d) (?=\S)",
    ),
    TextFormat(
        "couchbase",
        "Couchbase: `[component:level,time,node:process:module:function:line]message`",
        "[ns_server:error,2026-11-23T19:20:37.123Z,ns_1@10.9.0.4:<0.981.0>:menelaus_web:loop:188]Server error",
        first="[",
        needs=",",
        pattern=r"\[(?P<logger>[a-z]\w{1,30}):(?P<level>debug|info|warn|error|critical),"
        rf"(?P<time>{_ISO}),(?P<stream>[^,\[\]]{{1,200}})\] ?",
    ),
    TextFormat(
        "sap-hana",
        "SAP HANA's traces: `[thread]{connection}[transaction] time e Component  File.cpp(line) : message`",
        "[41102]{-1}[-1/-1] 2026-11-23 19:20:37.123456 e Memory           Pool.cpp(01120) : Out of memory",
        first="[",
        needs="]{",
        pattern=r"\[(?P<stream>\d{1,9})\]\{-?\d{1,9}\}\[[^\[\]]{1,30}\] "
        r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) (?P<level>[diwef]) (?P<logger>\S{1,60}) {1,30}"
        r"[\w.-]{1,80}\(\d{1,9}\) : ",
    ),
    TextFormat(
        "cockroach",
        "CockroachDB: `E261123 time goroutine file:line ⋮ [tags] count  message`",
        "E261123 19:20:37.123456 92 server/node.go:512 ⋮ [T1,n2] 51  disk stall detected",
        first="IWEF",
        needs=":",
        pattern=r"(?P<level>[IWEF])(?P<time>\d{6} \d\d:\d\d:\d\d\.\d{6}) (?P<stream>\d{1,9}) (?:\d{1,3}@)?"
        r"(?P<logger>[\w./@-]{1,120}):\d{1,6} (?:⋮ )?(?:\[[^\[\]]{1,80}\] {1,3})?(?:\d{1,9} (?: |!))?",
    ),
    TextFormat(
        "greenplum",
        "Greenplum's utilities: `date:time:pid program:host:user-[LEVEL]:-message`",
        "20261123:19:20:37:004711 gpstart:mdw:gpadmin-[ERROR]:-segments failed to start",
        first="0",
        needs="-[",
        pattern=rf"(?P<time>\d{{8}}:\d\d:\d\d:\d\d):(?P<stream>\d{{6}}) (?P<service>[\w.-]{{1,40}}):[\w.-]{{1,60}}:"
        rf"[\w.-]{{1,40}}-\[{LEVEL}\]:-",
    ),
    TextFormat(
        "db2diag",
        "Db2's diagnostic log: `time record LEVEL: Severe`, fields and the message on the lines below",
        "2026-11-23-19.20.37.123456+060 I118842E541          LEVEL: Severe",
        stamped=True,
        shapes=("dotted",),
        needs="LEVEL: ",
        pattern=rf" (?P<stream>[A-Z]\d{{1,12}}[A-Z]\d{{1,6}}) {{1,20}}LEVEL: {LEVEL}(?: \([^()]{{1,20}}\))?(?=\s|$)",
        grade=lambda found: level_of(found["level"]) or Level.INFO,  # `Event`: it started, it stopped
    ),
    TextFormat(
        "pgbackrest",
        "pgBackRest: `time P00  ERROR: message`",
        "2026-11-23 19:20:37.123 P00  ERROR: [082]: WAL segment was not archived before the 60000ms timeout",
        stamped=True,
        needs=" P",
        grade=_marked,
        pattern=r" (?P<stream>P\d\d) {1,4}(?P<word>ERROR|WARN|INFO|DETAIL|DEBUG|TRACE): ",
    ),
    TextFormat(
        "icinga",
        "Icinga 2: `[time] level/Facility: message`",
        "[2026-11-23 19:20:37 +0100] critical/ApiListener: Cannot connect to host '10.9.0.4' on port '5665'",
        stamped=True,
        first="[",
        needs="/",
        pattern=r"\] (?P<level>debug|notice|information|warning|critical)/(?P<logger>[\w-]{1,60}): ",
    ),
    TextFormat(
        "zabbix",
        "Zabbix: `pid:date:time message`",
        '  4711:20261123:192037.123 item "db1:system.cpu.load" became not supported: timeout',
        first=" 0",
        needs=":",
        pattern=r" {0,5}(?P<stream>\d{1,8}):(?P<time>\d{8}:\d{6}\.\d{3}) ",
    ),
    TextFormat(
        "monit",
        "Monit: `[zone Mon dd time] level    : message`",
        "[CET Nov 23 19:20:37] error    : 'root' space usage 91.2% matches resource limit",
        first="[",
        needs=" : ",
        pattern=r"\[(?P<time>(?:[A-Z]{3,4} )?[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d)\] "
        r"(?P<level>debug|info|warning|error|critical|alert) {0,5}: ",
    ),
    TextFormat(
        "libvirt",
        "libvirt: `time: thread: level : function:line : message`",
        "2026-11-23 19:20:37.123+0000: 4711: error : virNetSocketReadWire:1832 : End of file while reading data",
        stamped=True,
        needs=" : ",
        pattern=r": (?P<stream>\d{1,9}): (?P<level>debug|info|warning|error) : (?:(?P<logger>\w{1,80}):\d{1,6} : )?",
    ),
    TextFormat(
        "pacemaker",
        "Pacemaker: `Mon dd time host program [pid] (function) level: message`",
        "Nov 23 19:20:37 node1 pacemaker-controld  [1188] (do_state_transition) \twarning: lost the quorum",
        stamped=True,
        shapes=("syslog",),
        needs="] (",
        pattern=r" [\w.-]{1,60} (?P<service>[a-z][\w-]{1,40}) {0,12}\[(?P<stream>\d{1,8})\] "
        r"\((?P<logger>[\w@:.-]{1,80})\)[ \t]{1,3}(?P<level>debug|trace|info|notice|warning|error|crit): ",
    ),
    TextFormat(
        "corosync",
        "Corosync: `Mon dd time [pid] host corosync level  [PART  ] message`",
        "Nov 23 19:20:37 [1150] node1 corosync error   [TOTEM ] The token was lost",
        stamped=True,
        shapes=("syslog",),
        needs="corosync",
        pattern=r" \[(?P<stream>\d{1,8})\] [\w.-]{1,60} (?P<service>corosync) (?P<level>[a-z]{4,8}) {1,5}"
        r"\[(?P<logger>[A-Z]{2,8}) {0,6}\] ",
    ),
    TextFormat(
        "zigbee2mqtt",
        "Zigbee2MQTT before version 2: `Zigbee2MQTT:error time: message`",
        "Zigbee2MQTT:error 2026-11-23 19:20:37: Publish 'set' 'state' to 'lamp' failed",
        first="Z",
        pattern=rf"(?P<service>Zigbee\dMQTT):(?P<level>debug|info|warn|error) {{1,3}}(?P<time>{_ISO}): ",
    ),
    TextFormat(
        "julia",
        "Julia's console: `┌ Error: message`, `[ Info: message`",
        "┌ Error: could not open the mesh",
        first="[│",
        needs=": ",
        pattern=r"(?:┌ |\[ )(?P<level>Debug|Info|Warning|Error): ",
    ),
    TextFormat(
        "zig",
        "Zig's std.log: `error(scope): message`",
        "error(gpa): memory address 0x7f1c00 leaked",
        first="diwe",
        pattern=r"(?P<level>debug|info|warning|error)\((?!s\))(?P<logger>[\w.]{1,60})\): ",
    ),
    TextFormat(
        "monad-logger",
        "Haskell's monad-logger: `[Error#SQL] message`",
        "[Error#SQL] the connection was closed",
        first="[",
        needs="#",
        pattern=r"\[(?P<level>Debug|Info|Warn|Error)#(?P<logger>[\w.-]{1,60})\] ",
    ),
    TextFormat(
        "srs",
        "SRS, the media server: `[time][ERROR][pid][context][errno] message`",
        "[2026-11-23 19:20:37.123][ERROR][1][a7f5k2l9][104] serve error",
        stamped=True,
        first="[",
        needs="][",
        pattern=r"\]\[(?P<level>ERROR|WARN|INFO|TRACE|DEBUG|Error|Warn|Info|Trace)\]\[(?P<stream>\d{1,8})\]"
        r"\[[0-9a-z]{3,12}\](?:\[\d{1,6}\])? ?",
    ),
)
