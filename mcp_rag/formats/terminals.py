"""Headers of tools that mark an error at a terminal: a sign, then the level."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import syslog_level
from mcp_rag.types import Level


def _junos(found: re.Match[str]) -> Level:
    return syslog_level(int(found["severity"]))


TERMINAL_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "portage",
        "Portage and OpenRC: ` * ERROR: message`",
        " * ERROR: shop/billing-1.4.2::acme failed (compile phase):",
        first=" *",
        needs="* ",
        pattern=r" {0,2}\* (?P<level>ERROR|WARNING): (?=\S)",
    ),
    TextFormat(
        "makepkg",
        "makepkg, yay and mkinitcpio: `==> ERROR: message`",
        "==> ERROR: A failure occurred in build().",
        first="=",
        needs="==> ",
        pattern=r"==> (?P<level>ERROR|WARNING): (?=\S)",
    ),
    TextFormat(
        "esbuild",
        "esbuild and Wrangler: `✘ [ERROR] message`, `▲ [WARNING] message`",
        '✘ [ERROR] Could not resolve "./rate"',
        first="│",  # stands for all that is not ASCII
        needs=" [",
        pattern=r"[✘▲✖] \[(?P<level>ERROR|WARNING)\] (?=\S)",
    ),
    TextFormat(
        "openvpn",
        "OpenVPN with microseconds: `time us=123456 client/address:port message`",
        "2026-11-23 19:20:37 us=123456 shop/10.9.0.4:40122 TLS Error: TLS handshake failed",
        stamped=True,
        needs=" us=",
        pattern=r" us=\d{1,6} (?:(?:[\w.@-]{1,64}/)?[\d.a-f:\[\]]{6,45}:\d{1,5} )?"
        r"(?:(?:TLS|VERIFY|AUTH|Authenticate/Decrypt packet) (?P<level>Error|ERROR|error): )?",
    ),
    TextFormat(
        "junos",
        "Junos with its priority: `%DAEMON-4: message`, `%DAEMON-4-RPD_TAG: message`",
        "%DAEMON-4: bgp_recv: peer 10.9.0.2: received unexpected EOF",
        first="%",
        needs=": ",
        grade=_junos,
        digits_matter=True,
        pattern=r"%(?P<logger>[A-Z][A-Z0-9_]{1,20})-(?P<severity>[0-7])(?:-(?=[A-Z0-9_]{2,60}: )|: )",
    ),
)
