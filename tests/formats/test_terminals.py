"""Headers with which tools mark errors at a terminal, and the lines next to them that are none."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.types import Level

E, W, F, U = Level.ERROR, Level.WARN, Level.FATAL, Level.UNSET

CASES = [
    (" * WARNING: till is already running", "portage", W, "till is already running"),
    ("* ERROR: acme/till-2::shop failed (install phase):", "portage", E, "acme/till-2::shop failed (install phase):"),
    ("==> WARNING: Possibly missing firmware for module: till", "makepkg", W, "Possibly missing firmware"),
    ("▲ [WARNING] The till is old", "esbuild", W, "The till is old"),
    ("2026-11-23 19:20:37 us=123 TLS Error: no key", "openvpn", E, "no key"),
    ("2026-11-23 19:20:37 us=123 10.9.0.4:4012 SIGUSR1[soft] received", "openvpn", U, "SIGUSR1[soft] received"),
    ("%DAEMON-6-RPD_UP: peer up", "junos", Level.INFO, "RPD_UP: peer up"),
    ("%KERNEL-2: no memory", "junos", F, "no memory"),
    ("till.csproj : error NU1101: no package till", "msvc", E, "NU1101: no package till"),
    ("    3>src\\till.cpp(41): error C2065: 'rate': undeclared", "msvc", E, "C2065: 'rate': undeclared"),
    ("till.exe : fatal error LNK1120: 1 unresolved externals", "msvc", E, "LNK1120: "),
    ("src/till.cs(4,7): Warning CS0219: never used", "msvc", W, "CS0219: never used"),
    ("2026-11-23 19:20:37.123456: E     374 xla/till.cc:41] no till", "tensorflow", E, "no till"),
]


@pytest.mark.parametrize(("line", "name", "level", "message"), CASES)
def test_header(line: str, name: str, level: Level, message: str) -> None:
    """The sign and the level are cut off, the level read."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (name, level)
    assert line[header.body :].startswith(message)


@pytest.mark.parametrize("line", ["==> Building till", " * the ERROR: till", "%till-3: x", "==> Note: read this"])
def test_others_are_left(line: str) -> None:
    """A heading, a list and a word behind a sign say no level."""
    header = formats.match(line)
    assert header is None or not header.level


@pytest.mark.parametrize(
    ("line", "text", "service"),
    [
        (
            "==> till1: [2026-11-23T19:20:37+00:00] FATAL: no till",
            "[2026-11-23T19:20:37+00:00] FATAL: no till",
            "till1",
        ),
        ("    -1> 2026-11-23 19:20:37.123456 7f6bddc5aa40 -1 no till", "2026-11-23 19:20:37.123456 7f6b", ""),
    ],
)
def test_prefix_comes_off(line: str, text: str, service: str) -> None:
    """Vagrant names the machine, a crashing daemon of Ceph numbers what went before."""
    envelope = formats.unwrap(line)
    assert envelope is not None
    assert envelope.text.startswith(text)
    assert envelope.service == service
