"""Crashes of microcontrollers: ESP-IDF's and Arduino's panics, Zephyr's faults, what ESPHome tells after a restart."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table

PARTS: Table = (
    Pattern(Part.CRASH, r"Guru Meditation Error: Core +\d+ panic'ed "),
    Pattern(Part.CRASH, r"assert failed: \S{1,200} \S{1,300}:\d+ \("),
    Pattern(Part.CRASH, r"ESP_ERROR_CHECK failed: esp_err_t 0x"),
    Pattern(Part.DETAIL, r"file: \"[^\"\n]{1,300}\" line \d+$|func: \w{1,120}$|expression: \w{1,120}\("),
    Pattern(Part.CRASH, r"abort\(\) was called at PC 0x[0-9a-f]{8} on core \d"),
    Pattern(Part.CRASH, r"\*{5} (?:MPU|BUS|USAGE|HARD|SECURE) FAULT \*{5}"),
    Pattern(Part.CRASH, r"\*\*\* CRASH DETECTED ON PREVIOUS BOOT \*\*\*"),
    # Names that a monitor puts below addresses: those of the boot loader's first lines too.
    Pattern(Part.DETAIL, r"0x[0-9a-f]{8}: \S[^\n]{0,300} at \S{1,300}:\d+"),
    Pattern(Part.DETAIL, r"0x[0-9a-f]{8} - [A-Za-z_]\S{0,300}$"),
    Pattern(Part.DETAIL, r"Core +\d+ register dump:|Stack memory:$|Backtrace: ?0x|ELF file SHA256: |Memory dump at 0x"),
    Pattern(Part.DETAIL, r"(?:PC|MEPC|EPC\d?|EXCVADDR|A\d{1,2}|S\d{1,2}|T\d|MSTATUS|MTVEC) *: 0x[0-9a-f]{8}(?: |$)"),
    Pattern(Part.DETAIL, r"[0-9a-f]{8}: 0x[0-9a-f]{8} 0x[0-9a-f]{8} "),
    Pattern(Part.DETAIL, r"Rebooting\.\.\.$|CPU halted\.$|Use: addr2line -"),
    Pattern(Part.DETAIL, r"\*{5} Hardware exception \*{5}|>>> ZEPHYR FATAL ERROR \d|Fatal fault in [\w ]{1,40}thread"),
    Pattern(Part.DETAIL, r"r\d{1,2}/(?:a\d|ip|lr|pc): +0x|xpsr: +0x|s\[ ?\d{1,2}\]: +0x|fpscr: +0x"),
    Pattern(Part.DETAIL, r"Faulting instruction address|Current thread(?: ID)?(?::| =) 0x"),
    Pattern(Part.DETAIL, r"(?:Halting|Resetting) system$"),
)

FRAMES = (
    re.compile(r"\s*0x[0-9a-f]{8}: (?P<f>\S.{0,300}?) at (?P<p>\S{1,300}?):(?P<n>\d{1,9})$"),
    re.compile(r"\s*0x[0-9a-f]{8} - (?P<f>[A-Za-z_]\S{0,300})$"),
)
_PANIC = re.compile(r".*?Guru Meditation Error: Core +\d+ (panic'ed \(([^()\n]{1,80})\).*)$")
_ASSERT = re.compile(r".*?assert failed: (\S{1,200}) (\S{1,300}):\d+ (\(.*)$")
_CHECK = re.compile(r".*?(ESP_ERROR_CHECK failed): esp_err_t 0x[0-9a-f]{1,8}(?: \((\w{1,80})\))?")
_ABORT = re.compile(r".*?(abort\(\)) was called at PC 0x")
_FAULT = re.compile(r".*?\*{5} ([A-Z]{3,6} FAULT) \*{5}")
_FOUND = re.compile(r".*?\*\*\* CRASH DETECTED ON PREVIOUS BOOT")
_WHY = re.compile(
    r"\s*(?:Reason: (.*)|([A-Z][\w /-]{3,60}(?:[Vv]iolation|[Ee]rror|[Oo]verflow|instruction)[^:]{0,60}))$"
)


def head(line: str) -> tuple[str, str] | None:
    """Type and message of the crash that `line` reports."""
    if found := _PANIC.match(line):
        return found[2], found[1].strip()
    if found := _ASSERT.match(line):
        return "Assertion", f"{found[1]} {found[3]}"
    if found := _CHECK.match(line):
        return found[2] or "ESP_ERROR_CHECK", found[1]
    if found := _ABORT.match(line):
        return found[1], "abort() was called"
    if found := _FAULT.match(line):
        return found[1], ""
    return ("crash", "") if _FOUND.match(line) else None


def why(lines: Sequence[str]) -> str:
    """What the lines below a fault say of it: `Data Access Violation`, `Reason: Abort`."""
    found = next((m for line in lines if (m := _WHY.match(line))), None)
    return (found[1] or found[2]).strip() if found else ""
