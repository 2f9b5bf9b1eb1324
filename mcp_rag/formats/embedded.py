"""Headers of microcontrollers, of what drives them at home, and of robots."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_LETTERS = {"E": Level.ERROR, "W": Level.WARN, "D": Level.DEBUG, "V": Level.TRACE, "VV": Level.TRACE}
# Component and line, the task if it is not the main one. ESP-IDF's own lines are passed on with their header.
_COMPONENT = (
    r"\[(?P<word>E|W|I|C|D|VV?)\]\[(?P<logger>[\w.-]{1,60}):\d{3,5}\](?:\[[\w -]{1,30}\])?: ?"
    r"(?:(?P<inner>[EWIDV]) \(\d{1,12}\) [\w./-]{1,40}: )?"
)


def _esphome(found: re.Match[str]) -> Level:
    """`C` is the configuration that a component prints when it starts."""
    return _LETTERS.get(found["inner"] or found["word"], Level.INFO)


def _arduino(found: re.Match[str]) -> Level:
    return _LETTERS.get(found["word"], Level.INFO)


def _roslaunch(found: re.Match[str]) -> Level:
    return level_of(found["word"])


EMBEDDED_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "esphome",
        "ESPHome: `[time][E][component:line]: message`",
        "[19:20:37][W][till.scale:142]: No answer from the scale",
        stamped=True,
        first="[",
        needs="][",
        shapes=("clock",),
        grade=_esphome,
        pattern=r"\]" + _COMPONENT,
    ),
    TextFormat(
        "esphome-serial",
        "ESPHome on the serial line: `[E][component:line]: message`",
        "[E][till.scale:142]: No answer from the scale",
        first="[",
        needs="][",
        grade=_esphome,
        pattern=_COMPONENT,
    ),
    TextFormat(
        "arduino",
        "Arduino's core for the ESP32: `[uptime][E][File.cpp:line] function(): message`",
        "[  4711][E][TillClient.cpp:142] connect(): no route to the till",
        first="[",
        needs="][",
        grade=_arduino,
        pattern=r"\[ {0,8}(?P<time>\d{1,10})\]\[(?P<word>[EWIDV])\]\[(?P<logger>[^\[\]:\s]{1,60}):\d{1,6}\] "
        r"(?:[\w:~]{1,80}\(\): )?",
    ),
    TextFormat(
        "zephyr-minimal",
        "Zephyr's controllers on a crash, without time and module: `E: message`",
        "E: ***** MPU FAULT *****",
        first="EW",
        needs=": ",
        pattern=r"(?P<level>[EW]): (?=\*{5} | {1,3}\S|r\d{1,2}/\w\w: |>>> ZEPHYR |Faulting instruction|Current thread"
        r"|(?:Halting|Resetting) system)",
    ),
    TextFormat(
        "zigbee2mqtt-2",
        "Zigbee2MQTT since version 2: `[time] error: <tab>namespace: message`",
        "[2026-11-23 19:20:37] error: \tz2m: Failed to ping 'till'",
        stamped=True,
        first="[",
        needs=": \t",
        pattern=r"\] (?P<level>error|warning|info|debug): \t(?P<logger>z[\w:.-]{1,60}): ",
    ),
    TextFormat(
        "roslaunch",
        "ROS 1's roslaunch log: `[roslaunch][ERROR] time: message`",
        "[roslaunch][ERROR] 2026-11-23 19:20:37,123: [till-3] process has died",
        first="[",
        needs="][",
        grade=_roslaunch,
        pattern=r"\[(?P<logger>[a-z][\w./]{1,60})\]\[(?P<word>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\] "
        r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}): ",
    ),
    TextFormat(
        "ros-launch",
        "ROS 2's launch: `[ERROR] [process-number]: message`",
        "[ERROR] [till-3]: process has died [pid 4711, exit code -6]",
        first="[",
        needs="] [",
        pattern=r"\[(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\] "
        r"\[(?P<service>launch[\w.]{0,40}|[\w./-]{1,80}-\d{1,4})\]: ",
    ),
)
