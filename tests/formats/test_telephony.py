"""Headers of telephone exchanges, SIP servers and strongSwan."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

E, F, I, D, U = Level.ERROR, Level.FATAL, Level.INFO, Level.DEBUG, Level.UNSET  # noqa: E741 - one letter keeps the table readable
SESSION = "3f1c2b9a-8d7e-4f6a-9b0c-1d2e3f4a5b6c"


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U, reference_ms=1_796_325_637_000))[0]


# line, format, level, message, logger, service
CASES = [
    ("2026-11-23 19:20:37.123456 [ERR] mod_till.c:812 No drawer", "freeswitch", E, "No drawer", "mod_till.c", ""),
    ("2026-11-23 19:20:37.123456 9.75% [CONSOLE] till.cpp:7 up", "freeswitch", I, "up", "till.cpp", ""),
    (
        f"{SESSION} 2026-11-23 19:20:37.123456 99.10% [CRIT] mod_till.c:8 stuck",
        "freeswitch-session",
        F,
        "stuck",
        "mod_till.c",
        "",
    ),
    (" 0(47) INFO: till [till_mod.c:53]: mod_init(): ready", "kamailio", I, "mod_init(): ready", "till", ""),
    ("12(4711) BUG: <core> [core/till.c:9]: open(): twice", "kamailio", F, "open(): twice", "<core>", ""),
    (
        "Nov 23 19:20:37 sip1 kamailio[4711]: {2 102 INVITE a1b2@10.9.0.4:5071} ERROR: tm [t_till.c:12]: new(): full",
        "kamailio",
        E,
        "new(): full",
        "tm",
        "kamailio",
    ),
    ("charon: 09[IKE] giving up after 5 retransmits", "strongswan", E, "09[IKE] giving up after 5", "", "charon"),
    ("Nov 23 19:20:37 04[ENC] generating INFORMATIONAL request 2", "strongswan", U, "04[ENC] generating INF", "", ""),
    ("12[NOT] a list of its own", "", U, "12[NOT] a list", "", ""),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "logger", "service"), CASES, ids=[c[0] for c in CASES])
def test_header_of_an_exchange(line: str, name: str, level: Level, message: str, logger: str, service: str) -> None:
    """Process, request, session and place are cut off, at a terminal and behind syslog; strongSwan's thread stays."""
    found = read(line)
    assert [(r.format, r.level, r.logger, r.service) for r in found] == [(name, level, logger, service)]
    assert found[0].message.startswith(message)


@pytest.mark.parametrize(
    "lines",
    [
        (
            "12(4711) ERROR: tm [till.c:12]: new(): full: 9",
            "Nov 23 19:20:37 sip1 kamailio[4711]: ERROR: tm [till.c:14]: new(): full: 12",
            "Nov 23 19:20:37 sip1 kamailio[4711]: {2 102 INVITE a1b2@10.9.0.4} ERROR: tm [till.c:12]: new(): full: 7",
        ),
        (
            "charon: 09[IKE] received AUTHENTICATION_FAILED notify error",
            "Nov 23 19:20:37 11[IKE] received AUTHENTICATION_FAILED notify error",
            "Nov 23 19:20:37 vpn1 charon[4711]: 07[IKE] received AUTHENTICATION_FAILED notify error",
        ),
        (
            "2026-11-23 19:20:37.123456 [ERR] mod_till.c:812 No drawer",
            "2026-11-23 19:20:38.123456 99.43% [ERR] mod_till.c:815 No drawer",
            f"{SESSION} 2026-11-23 19:20:39.123456 97.43% [ERR] mod_till.c:812 No drawer",
        ),
    ],
)
def test_one_fault_in_all_its_forms(lines: tuple[str, ...]) -> None:
    """Whatever wrote it, a file, a terminal or syslog, the same error has one fingerprint."""
    assert len({fingerprint(read(line)[0]).id for line in lines}) == 1


def test_a_calm_line_of_another_process_is_no_part_of_the_error_above() -> None:
    """Kamailio pads the number of its first process with a blank."""
    error = "12(4711) ERROR: <core> [core/till.c:812]: open_till(): no drawer"
    found = read(f"{error}\n 0(4700) INFO: <core> [core/till.c:9]: main(): ready\n{error}")
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 0, E), (1, 1, I), (2, 2, E)]
