"""Headers of network equipment, controllers, phones' and desktops' libraries."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of, syslog_level
from mcp_rag.types import Level

_MNEMONIC = r"(?=%(?P<logger>[A-Z][A-Z0-9_]{1,30}(?:-[A-Z][A-Z0-9_]{1,30}){0,2})-(?P<severity>\d)-[A-Z0-9_]{2,40} ?: )"
# Behind the time: the host, the process, the sequence, each or none.
_RELAYED = (
    r"(?: ?:| [\w.-]{1,60}(?: ?:)?)?(?: (?P<service>[A-Za-z][\w./-]{0,40})(?:\[\d{1,8}\])?:)?(?: \d{1,10}:){0,2} "
)
_CALENDAR = (
    r"(?:\d{4} )?[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [A-Z]{3,4}(?:[+-]\d\d:\d\d)?)?"
)
_GLIB = {"ERROR": Level.FATAL, "CRITICAL": Level.ERROR, "WARNING": Level.WARN, "DEBUG": Level.DEBUG}
_CMTRACE = {"2": Level.WARN, "3": Level.ERROR}


def _severity(found: re.Match[str]) -> Level:
    return syslog_level(int(found["severity"]))


def _topics(found: re.Match[str]) -> Level:
    return max(level_of(word) for word in found["logger"].split(","))


def _glib(found: re.Match[str]) -> Level:
    return _GLIB.get(found["word"], Level.INFO)


def _android(found: re.Match[str]) -> Level:
    return level_of(found["letter"].replace("A", "F"))


def _xorg(found: re.Match[str]) -> Level:
    return {"EE": Level.ERROR, "WW": Level.WARN}.get(found["word"], Level.INFO)


def _cmtrace(found: re.Match[str]) -> Level:
    return _CMTRACE.get(found["number"], Level.INFO)


DEVICE_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "cisco",
        "Cisco IOS, NX-OS, ASA and Arista: `time: %FACILITY-severity-MNEMONIC: message`, a host or process before it",
        "Nov 23 19:20:37.123: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down",
        stamped=True,
        first="^*",
        needs="%",
        shapes=("syslog", "month", "iso", "asctime", "clock"),
        grade=_severity,
        digits_matter=True,
        pattern=_RELAYED + _MNEMONIC,
    ),
    TextFormat(
        "cisco-sent",
        "The same as sent or with its sequence: `<189>4711: time: %...`, IOS XR's `RP/0/RSP0/CPU0:time: process: %...`",
        "<187>4711: Nov 23 19:20:37.123 UTC: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down",
        first="<0AaR",
        needs="%",
        grade=_severity,
        digits_matter=True,
        pattern=r"(?:<\d{1,3}>)?(?:\d{1,10}: )?(?:(?!\d)[\w./-]{1,60}: ?)?(?:\d{1,10}: )?[*.]?"
        rf"(?P<time>{_CALENDAR}){_RELAYED}{_MNEMONIC}",
    ),
    TextFormat(
        "huawei",
        "Huawei VRP and HPE Comware: `time host %%01MODULE/severity/MNEMONIC(l)[n]:message`",
        "Nov 23 2026 19:20:37 core1 %%01IFNET/3/LINK_STATE(l)[12]:The line protocol has entered the DOWN state.",
        stamped=True,
        first="^%",
        needs="%%",
        shapes=("syslog", "iso"),
        grade=_severity,
        digits_matter=True,
        pattern=r" [\w.-]{1,60} %%\d\d(?P<logger>[A-Z][A-Z0-9_]{1,30}/(?P<severity>\d)/[A-Z0-9_]{2,40})"
        r"(?:\([a-z]\))?(?:\[\d{1,9}\])?: ?",
    ),
    TextFormat(
        "mikrotik",
        "MikroTik RouterOS: `time topic,level,topic message`",
        "2026-11-23 19:20:37 system,error,critical login failure for user shop from 10.9.0.4 via ssh",
        stamped=True,
        needs=",",
        grade=_topics,
        pattern=r" (?=[a-z0-9,-]{0,80}?(?<![a-z])(?:debug|info|warning|error|critical)[, ])"
        r"(?P<logger>[a-z0-9-]{2,20}(?:,[a-z0-9-]{2,20}){1,4}) ",
    ),
    TextFormat(
        "esp-idf",
        "ESP-IDF's controllers: `E (uptime) tag: message`",
        "E (2301) spi_flash: detected size is smaller than the size in the image header",
        first="EWIDV",
        needs=") ",
        pattern=r"(?P<level>[EWIDV]) \((?P<time>\d{1,12}|\d\d:\d\d:\d\d\.\d{3})\) (?P<logger>[\w./-]{1,40}): ?",
    ),
    TextFormat(
        "logcat-long",
        "Android's logcat in long layout: `[ MM-DD time pid:tid level/tag ]`, the message in the next line",
        "[ 11-23 19:20:37.123  1402: 1499 E/Radio    ]",
        first="[",
        needs="/",
        grade=_android,
        pattern=r"\[ (?P<time>\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) {1,6}(?P<stream>\d{1,7}: {0,6}\d{1,7}) "
        r"(?P<letter>[VDIWEFA])/(?P<logger>[^\s\]]{1,60}) {0,20}\] ?$",
    ),
    TextFormat(
        "logcat-epoch",
        "Android's logcat with seconds since 1970 (-v epoch, with -v uid too): `epoch uid pid tid level tag: message`",
        "         1796325637.123  1000  1702  2395 E ActivityManager: ANR in com.acme.shop",
        first=" 0",
        needs=".",
        grade=_android,
        pattern=r" {0,12}(?P<time>\d{10}\.\d{3,6}) {1,6}(?:[\w-]{1,20} {1,6})?(?P<stream>\d{1,7} {1,6}\d{1,7}) "
        r"(?P<letter>[VDIWEFA]) (?P<logger>[^\s:]{1,60}) {0,12}: ?",
    ),
    TextFormat(
        "glib",
        "GLib and GTK: `(program:pid): Domain-WARNING **: time: message`",
        "(shop:4711): Gtk-WARNING **: 19:20:37.123: Unknown key gtk-modules in settings.ini",
        first="(*",
        needs=": ",
        grade=_glib,
        pattern=r"(?:\*\* )?(?:\((?:process|(?P<service>[\w./-]{1,60})):(?P<stream>\d{1,8})\): )?"
        r"(?:(?P<logger>[\w-]{1,60})-)?(?P<word>ERROR|CRITICAL|WARNING|Message|INFO|DEBUG)(?: \*\*)?: "
        r"(?:(?P<time>\d\d:\d\d:\d\d\.\d{3}): )?",
    ),
    TextFormat(
        "mozilla",
        "Firefox's own log (MOZ_LOG): `time - [process: thread]: E/module message`",
        "2026-11-23 19:20:37.123456 UTC - [Parent 4711: Main Thread]: E/nsHttp connect failed",
        stamped=True,
        needs="]: ",
        pattern=r" - \[(?P<stream>[^\[\]]{1,60})\]: (?P<level>[EWIDV])/(?P<logger>[\w.:-]{1,40}) ",
    ),
    TextFormat(
        "cmtrace",
        "Configuration Manager and Intune (CMTrace): `<![LOG[message]LOG]!><time=... date=... component=... type=...>`",
        '<![LOG[Failed to add the source]LOG]!><time="19:20:37.123-60" date="11-23-2026" component="Handler" '
        'context="" type="3" thread="4711" file="handler.cpp:41">',
        first="<",
        needs="]LOG]!>",
        grade=_cmtrace,
        digits_matter=True,
        pattern=r"<!\[LOG\[(?=.{0,400}?\]LOG\]!><time=\"(?P<time>\d\d:\d\d:\d\d(?:\.\d{1,7})?[+-]\d{1,3}\" "
        r"date=\"\d\d-\d\d-\d{4})\" component=\"(?P<logger>[^\"]{0,80})\" context=\"[^\"]{0,80}\" "
        r"type=\"(?P<number>\d)\")",
    ),
    TextFormat(
        "windows-dhcp",
        "Windows' DHCP server: `id,date,time,description,address,host,...`",
        "15,11/23/26,19:20:37,NACK,10.9.0.4,,020000000045,,0,6,,,,,,,,,0",
        first="0",
        needs=",",
        pattern=r"\d{1,3},(?P<time>\d\d/\d\d/\d\d,\d\d:\d\d:\d\d),(?=[A-Za-z])",
    ),
    TextFormat(
        "ipmi-sel",
        "A board's event log (ipmitool sel list): `id | date | time | sensor | event | direction`",
        "   1 | 11/23/2026 | 19:20:37 | Power Supply #0x64 | Power Supply AC lost | Asserted",
        first=" 0a",
        needs=" | ",
        pattern=r" {0,4}[0-9a-f]{1,4} \| (?P<time>\d\d/\d\d/\d{4} \| \d\d:\d\d:\d\d)(?: [A-Z]{3,4})? \| "
        r"(?P<logger>[^|]{1,60}) \| ",
    ),
    TextFormat(
        "xorg",
        "The X server: `[ uptime] (EE) message`",
        "[    12.345] (EE) Failed to load module shop",
        first="[",
        needs="] (",
        grade=_xorg,
        pattern=r"\[ {0,8}\d{1,8}\.\d{3}\] \((?P<word>EE|WW|II|NI|\*\*|--|==|\+\+|!!)\) ",
    ),
    TextFormat(
        "factorio",
        "Factorio: `seconds LEVEL File.cpp:line: message`",
        "   3.900 Error Util.cpp:97: no file of that name",
        first=" ",
        needs=".",
        pattern=r" {1,8}\d{1,7}\.\d{3} (?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d); "
        r"|(?P<level>Verbose|Info|Warning|Error) (?P<logger>\w{1,60}\.cpp):\d{1,6}: )",
    ),
    TextFormat(
        "source-engine",
        "Servers of the Source engine: `L MM/DD/YYYY - time: message`",
        'L 11/23/2026 - 19:20:37: World triggered "Round_End"',
        first="L",
        needs=" - ",
        pattern=r"L (?P<time>\d\d/\d\d/\d{4} - \d\d:\d\d:\d\d): ",
    ),
    TextFormat(
        "strongswan",
        "strongSwan's file, and its console without a time: `time thread[SUBSYSTEM] message`, both in the message",
        "Nov 23 19:20:37 09[IKE] no such till",
        first="0Ac",
        needs="] ",
        # The subsystems are a closed list: with it, two digits before a bracket are a thread. Thread and subsystem stay
        # in the message, as behind syslog.
        pattern=r"(?:(?P<time>[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d) |(?P<service>charon(?:-systemd)?): )?"
        r"(?P<body>)(?P<stream>\d\d)"
        r"\[(?:APP|ASN|CFG|CHD|DMN|ENC|ESP|IKE|IMC|IMV|JOB|KNL|LIB|MGR|NET|PTS|TLS|TNC)\d?\] ",
    ),
)
