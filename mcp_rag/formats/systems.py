"""Headers of operating systems, their service managers, and hypervisors."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.formats.levels import level_of, syslog_level
from mcp_rag.types import Level

_PROGRAM = (
    r"(?:(?:-- )?(?P<service>[\w./()@+-]{1,80}(?: [\w.()/-]{1,30}){0,4}?)\[(?P<stream>\d{1,10})\]"
    r"(?:\((?P<graded>debug|info|notice|warning|err|error|Error|crit)\)| \([^()]{1,120}\))?"
    r"|(?P<program>[\w./()@+-]{1,80})(?: \d[\w.]{0,20})?)"
)
_HOST = r"[\w.:-]{1,100}(?:/[\w.-]{1,60})?"
_FACILITY = r"(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|ntp|security|console|local\d)"
_UPTIME = r"(?:\[ {0,8}\d{1,8}\.\d{4,6}\] ?)?"
_SHOUTED = (  # a level, and no host
    r"(?:TRAC|DEBU|ERRO|CRIT|FATA|PANI|DBG|INF|WRN|ERR|FTL|TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL"
    r"|SEVERE)[: ]"
)
_SAID = r"(?:trace|trce|debug|dbug|info|notice|warn|warning|error|fail|crit|critical|fatal):"
# Solaris names the message's number, facility and severity behind the program.
_NUMBERED = rf"(?:\[ID \d{{1,8}} {_FACILITY}\.(?P<named>[a-z]{{3,7}})\] )?"
_TAIL = rf"(?:{_PROGRAM}:(?: |$){_UPTIME}{_NUMBERED})?"
# Where no program follows the host, what looks like one may open a sentence or name an exception.
_NO_WORD = r"(?![A-Z][a-z]{1,40},? (?![\w./()@+-]{1,80}(?:\[\d{1,10}\])?:)|[A-Z]\w{1,99}: )"
# Some write no host: the program comes first, and its colon tells it from one. A level is no program.
_ALONE = (
    rf"(?!{_SHOUTED})(?!(?i:{_SAID}|err:|severe:|panic:|alert:|emerg:|note:))"
    r"(?![\w.$]{0,80}(?:Exception|Error|Warning): )(?P<alone>[A-Za-z][\w./-]{1,60})"
    r"(?:\([^()\s]{1,60}\))?(?:<[^<>\s]{1,60}>)?(?:\[(?P<pid>\d{1,10})\])?: "
)
_STATED = r"(?:(?P<stated>emerg|alert|crit|err|error|warning|warn|notice|info|debug) (?=[\w.-]{1,60}\[\d{1,10}\]: ))?"
# RouterOS names topics where others name the program, and the level among them.
_TOPICS = r"(?:(?P<topics>[a-z0-9!-]{2,20}(?:,[a-z0-9!-]{2,20}){1,4}) )?"
_SSSD = {0x10: Level.FATAL, 0x20: Level.FATAL, 0x40: Level.ERROR, 0x80: Level.WARN}


def _priority(found: re.Match[str]) -> Level:
    return syslog_level(int(found["priority"]))


def _facility(found: re.Match[str]) -> Level:
    groups = found.groupdict()
    word = groups["severity"] or groups.get("named") or groups.get("stated") or groups.get("graded")
    if word is None and groups.get("topics"):
        return max(map(level_of, groups["topics"].split(",")))
    return level_of(word) if word else Level.UNSET


def _sssd(found: re.Match[str]) -> Level:
    return _SSSD.get(int(found["mask"], 16), Level.INFO)


SYSTEM_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "syslog",
        "Syslog files and journalctl's short output: `Mon dd time host program[pid]: message`",
        "Nov 23 19:20:37 web1 sshd[4711]: error: kex_exchange_identification: Connection closed by remote host",
        stamped=True,
        shapes=("syslog", "redis", "weekday"),
        grade=_facility,
        pattern=rf" {{1,2}}(?:{_ALONE}|(?!{_SHOUTED}|-){_NO_WORD}{_HOST} (?:{_FACILITY}\.(?P<severity>[a-z]{{3,7}}) )?"
        rf"{_STATED}{_TOPICS}{_TAIL})",
    ),
    TextFormat(
        "syslog-iso",
        "Syslog with ISO times and journalctl -o short-iso: `time host program[pid]: message`",
        "2026-11-23T19:20:37.123456+00:00 web1 sshd[4711]: error: Could not load host key",
        stamped=True,
        shapes=("iso",),
        needs=": ",
        grade=_facility,
        pattern=rf" (?!{_SHOUTED})(?P<host>{_HOST}) (?:{_FACILITY}\.(?P<severity>[a-z]{{3,7}}) )?"
        r"(?:(?P<service>[\w./()@+-]{1,60})\[(?P<stream>\d{1,10})\]"
        r"|(?P<program>(?:kernel|systemd|sudo|su|sshd|cron|CRON|rsyslogd|dockerd|containerd|kubelet|audit"
        r"|dbus-daemon)(?=:)"
        rf"|(?<=[\d-] )(?!{_SAID})[a-z][\w.-]{{1,40}}(?=:))):(?: |$){_UPTIME}",
    ),
    TextFormat(
        "syslog-5424",
        "Syslog RFC 5424: `<PRI>1 time host app pid msgid [data] message`",
        "<11>1 2026-11-23T19:20:37.123456Z web1 billing 4711 - - charge failed for invoice 1000",
        first="<",
        needs=">",
        grade=_priority,
        digits_matter=True,
        pattern=r"<(?P<priority>\d{1,3})>\d (?P<time>\S{1,40}) \S{1,255} (?P<service>\S{1,48}) "
        r"(?P<stream>\S{1,128}) \S{1,32} "
        r"(?:-|(?:\[[^\[\]]{1,400}\]){1,4})(?: \ufeff?|$)",
    ),
    TextFormat(
        "syslog-priority",
        "Syslog RFC 3164 as sent: `<PRI>Mon dd time host program[pid]: message`",
        "<34>Nov 23 19:20:37 web1 su[4711]: 'su root' failed for shop on /dev/pts/8",
        first="<",
        grade=_priority,
        digits_matter=True,
        pattern=r"<(?P<priority>\d{1,3})>(?P<time>[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,24})"
        rf" {{1,2}}(?:{_ALONE}|{_HOST} {_TAIL})",
    ),
    TextFormat(
        "journal-seconds",
        "journalctl -o short-unix and short-monotonic: `epoch host program[pid]: message`, "
        "`[ uptime] host program[pid]: message`",
        "1796325637.123456 web1 sshd[4711]: error: Could not load host key",
        first="0[",
        needs="]: ",
        pattern=r"(?:\[ {0,8}(?P<time>\d{1,8}\.\d{6})\]|(?P<epoch>\d{10}\.\d{6})) [\w.-]{1,80} "
        r"(?P<service>[\w./@()+-]{1,60})\[(?P<stream>\d{1,10})\]: ",
    ),
    TextFormat(
        "dmesg",
        "The kernel's ring buffer: `[ uptime] message`, with `<level>` or `facility :level :` before it if asked for",
        "[ 1293.679369] Out of memory: Killed process 4711 (python3) total-vm:8123456kB",
        first="[",
        needs=".",
        pattern=r"\[ {0,8}(?P<time>\d{1,8}\.\d{6})\](?:\[ {0,6}[TC]\d{1,8}\])? (?:(?P<service>systemd[\w-]{0,30})"
        r"\[(?P<stream>\d{1,8})\]: )?",
    ),
    TextFormat(
        "kernel-timed",
        "The kernel's ring buffer behind a time, as serial consoles and collectors write it: `time [ uptime] message`",
        "2026-11-23T19:20:37+00:00 [ 1293.679369] Out of memory: Killed process 4711 (python3) total-vm:8123456kB",
        stamped=True,
        needs="] ",
        pattern=r" {1,4}\[ {0,8}\d{1,8}\.\d{4,6}\](?:\[ {0,6}[TC]\d{1,8}\])? ",
    ),
    TextFormat(
        "dmesg-level",
        "The kernel's ring buffer with facility and level (dmesg -x)",
        "kern  :err   : [ 1293.679369] EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2",
        first="kudsla",
        needs=": [",
        pattern=rf"{_FACILITY} {{0,5}}:(?P<level>[a-z]{{3,7}}) {{0,5}}: \[ {{0,8}}(?P<time>\d{{1,8}}\.\d{{6}})\] "
        r"(?:(?P<service>systemd[\w-]{0,30})\[(?P<stream>\d{1,8})\]: )?",
    ),
    TextFormat(
        "dmesg-raw",
        "The kernel's ring buffer with raw levels (dmesg -r, serial consoles)",
        "<3>[ 1293.679369] EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2",
        first="<",
        grade=_priority,
        digits_matter=True,
        pattern=r"<(?P<priority>\d{1,3})>\[ {0,8}(?P<time>\d{1,8}\.\d{6})\] ",
    ),
    TextFormat(
        "klog",
        "Kubernetes' klog, glog and PyTorch: `E0917 time pid file:line] message`",
        "E0917 21:40:02.123456    4711 controller.go:114] error syncing 'shop/billing': quota exceeded",
        first="IWEFDC[",
        needs="]",
        pattern=r"(?:\[rank\d{1,5}\]:)?\[?(?P<level>[IWEFDC])(?P<time>\d{3,4}(?:\d{4})? \d\d:\d\d:\d\d\.\d{3,9}) "
        r"(?: {0,8}(?P<stream>\d{1,20}) )?"  # absl prints the address of the thread
        r"(?P<logger>[^\s\[\]:]{1,160}):\d{1,6}\](?: |$)",
    ),
    TextFormat(
        "kubernetes-events",
        "kubectl get events, also -A: `last seen, type, reason, object, message` as a table",
        "2m15s       Warning   BackOff     pod/billing-7d4b9c-x2x1q   Back-off restarting failed container",
        first="0<a",
        pattern=r"(?:[a-z0-9][a-z0-9-]{0,62} {2,60})?(?:(?:\d{1,5}[smhdy]){1,3}|<unknown>|<invalid>)"
        r"(?: \([^()]{1,40}\))? {1,12}(?P<level>Normal|Warning) {1,12}"
        r"(?P<logger>[A-Z]\w{1,60}) {1,40}(?:[a-z][\w.]{1,40}/\S{1,200} {1,40})?",
    ),
    TextFormat(
        "kubernetes-describe",
        "The Events section of kubectl describe: indented type, reason, age, source, message",
        "  Warning  BackOff    2m (x5 over 10m)  kubelet            Back-off restarting failed container",
        first=" ",
        pattern=r" {2}(?P<level>Normal|Warning) {2,8}(?P<logger>[A-Z]\w{1,60}) {1,30}(?:"
        r"(?:\d{1,5}[smhdy]){1,3}|<unknown>)"
        r"(?: \(x\d{1,7} over (?:\d{1,5}[smhdy]){1,3}\))? {1,40}(?P<service>[\w./-]{1,60})(?:, [\w.-]{1,253})? {1,40}",
    ),
    TextFormat(
        "logcat",
        "Android's logcat in threadtime and time layout: `MM-DD time pid tid level tag: message`",
        "11-23 19:20:37.123  1702  2395 E ActivityManager: ANR in com.acme.shop",
        stamped=True,
        shapes=("short",),
        pattern=r":? {1,6}(?:(?:[\w-]{1,20} {1,6})?(?P<stream>\d{1,7} {1,6}\d{1,7}) (?P<level>[VDIWEFA]) "
        r"(?:(?P<logger>[^\s:\[\]]{1,60}(?: [^\s:]{1,30}){0,3}?) {0,12}: ?)?"
        r"|(?P<brief>[VDIWEFA])/(?P<tag>[^()]{1,60}?) {0,12}\( {0,6}\d{1,7}\): ?)",
        grade=lambda found: level_of((found["level"] or found["brief"]).replace("A", "F")),
    ),
    TextFormat(
        "logcat-brief",
        "Android's logcat in brief and tag layout: `E/Tag( pid): message`, `E/Tag: message`",
        "E/ActivityManager( 1702): ANR in com.acme.shop",
        first="VDIWEFA",
        needs="/",
        grade=lambda found: level_of(found["level"].replace("A", "F")),
        pattern=r"(?P<level>[VDIWEFA])/(?:(?P<logger>[^()]{1,60}?) {0,12}\( {0,6}(?P<stream>\d{1,7})\)"
        r"|(?P<tag>[^()\s/:]{2,60}) {0,12}):(?: |$)",
    ),
    TextFormat(
        "android-runtime",
        "What Android's runtime says of a crash, pasted without its time: `E AndroidRuntime: message`",
        "E AndroidRuntime: java.lang.IllegalStateException: no till",
        first="EFDA",
        needs="AndroidRuntime: ",
        grade=lambda found: level_of(found["level"] or "E"),
        pattern=r"(?:(?P<level>[EFD]) {1,2})?(?P<logger>AndroidRuntime): ",
    ),
    TextFormat(
        "windows-cbs",
        "Windows servicing (CBS, DISM): `date time, Level   Component   message`",
        "2026-11-23 19:20:37, Error                 CBS    Failed to resolve package [HRESULT = 0x80070490]",
        stamped=True,
        needs=", ",
        pattern=rf", {LEVEL} {{2,40}}(?:(?P<logger>[A-Z][\w.]{{1,20}}) {{2,8}})?",
    ),
    TextFormat(
        "windows-event",
        "The Windows event viewer saved as text or CSV: level, date and time, source, event id, category",
        "Error\t11/23/2026 7:20:37 PM\tApplication Error\t1000\tApplication Crashing Events\tFaulting "
        "application shop.exe",
        first="IWECV",
        pattern=r"(?P<level>Information|Warning|Error|Critical|Verbose)[,\t]"
        r"(?P<time>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?:[, ]{1,2}"
        r"\d{1,2}:\d\d:\d\d(?: [AP]M)?|T[\d:.]{8,18}Z?))[,\t](?P<logger>[^,\t]{1,80})[,\t]\d{1,6}[,\t]"
        r"(?:[^,\t]{0,80}[,\t]\"?)?",
    ),
    TextFormat(
        "windows-event-text",
        "A Windows event as text, from the viewer (`Log Name:`, fields, description) or PowerShell's `Format-List`",
        "TimeCreated  : 11/23/2026 7:20:37 PM",
        first="LT",
        needs=": ",
        pattern=r"(?:Log Name: {1,12}(?P<logger>[A-Z][\w ./-]{1,100})"
        r"|TimeCreated {1,20}: (?P<time>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4} \d{1,2}:\d\d:\d\d(?: [AP]M)?))$",
    ),
    TextFormat(
        "windows-event-table",
        "PowerShell's Get-EventLog: `index time EntryType Source InstanceID Message` as a table",
        "    4711 Nov 23 19:20  Error       Service Control M...   3221232495 The till service ended unexpectedly.",
        first=" 0",
        needs=":",
        pattern=r" {0,10}\d{1,9} (?P<time>[A-Z][a-z]{2} \d\d \d\d:\d\d) {2}(?P<level>Error|Warning|Information) {1,10}"
        r"(?P<logger>[^\s]{1,30}(?: [^\s]{1,30}){0,5}) {1,30}\d{1,10} ",
    ),
    TextFormat(
        "esx",
        "VMware ESXi: `time Er(3) program[pid]: message`, and vmkernel's `time cpu7:world)message`",
        "2026-11-23T19:20:37.123Z Wa(180) vmkwarning: cpu0:4711 opID=a03f)WARNING: Sched: could not create group",
        stamped=True,
        needs=")",
        pattern=r" (?:(?:(?P<level>Em|Al|Cr|Er|Wa|No|In|Db)\(\d{1,4}\)(?:\[\+\])? (?P<service>[\w.-]{1,60})"
        r"(?:\[(?P<stream>\d{1,12})\])?:? )(?:cpu\d{1,4}:\d{1,12}(?: opID=\w{1,40})?\)(?:[A-Z]{4,8}: )?)?"
        r"|cpu\d{1,4}:\d{1,12}(?: opID=\w{1,40})?\))",
    ),
    TextFormat(
        "vmware",
        "vCenter services: `time level service[pid] [context] message`",
        "2026-11-23T19:20:37.123Z error vpxd[4711] [Originator@6876 sub=Default opID=5a91] Failed to read record",
        stamped=True,
        needs="[",
        pattern=rf" {LEVEL} (?P<service>[\w.-]{{1,40}})(?:\[(?P<stream>[\w-]{{1,20}})\]| \d{{1,8}}) "
        r"\[(?:Originator|vSAN|opI[dD])[^\[\]]{0,200}(?:\[[^\[\]]{0,60}\][^\[\]]{0,80}){0,2}\] ",
    ),
    TextFormat(
        "vdsm",
        "oVirt's VDSM: `thread::LEVEL::time::module::line::logger::(function) message`",
        "Thread-1950::ERROR::2026-11-23 19:20:37,123::dispatcher::94::Storage.Dispatcher::(run) no such volume",
        first="aA0",
        needs="::",
        pattern=rf"(?P<stream>[\w.@-]{{1,60}})::{LEVEL}::"
        rf"(?P<time>\d{{4}}-\d\d-\d\d [\d:,]{{8,16}})::\w{{1,60}}::\d{{1,6}}::"
        r"(?P<logger>[\w.-]{1,100})::(?:\([^()]{0,60}\) ?)?",
    ),
    TextFormat(
        "sssd",
        "SSSD: `(time): [service] [function] (0x0040): message`",
        "(2026-11-23 19:20:37): [be[example.com]] [sysdb_add_user] (0x0040): group exists in another domain",
        stamped=True,
        first="(",
        needs="(0x",
        grade=_sssd,
        digits_matter=True,
        pattern=r"\):? \[(?P<service>[^\[\]]{1,60}(?:\[[^\[\]]{0,60}(?:\[[^\[\]]{0,60}\])?\])?)\] \["
        r"(?P<logger>[^\[\]]{1,80})\] "
        r"\((?P<mask>0x[0-9a-f]{4,6})\): (?:\[RID#\d{1,9}\] )?",
    ),
    TextFormat(
        "supervisord",
        "supervisord on a program that it gave up, which it calls information: `time INFO gave up: name entered FATAL`",
        "2026-11-23 19:20:37,123 INFO gave up: till entered FATAL state, too many start retries too quickly",
        stamped=True,
        shapes=("iso",),
        needs=" INFO gave up: ",
        level=Level.ERROR,
        pattern=r" INFO (?=gave up: [\w.:-]{1,120} entered FATAL state)",
    ),
    TextFormat(
        "proxifier",
        "Proxifier: `[MM.DD time] program - message`",
        "[11.23 19:20:37] chrome.exe *64 - proxy.example:5070 error : Could not connect through proxy",
        stamped=True,
        first="[",
        shapes=("short",),
        needs=" - ",
        pattern=r"\] (?P<service>\S{1,80}(?: \*\d\d)?) - ",
    ),
)
