"""Plain words for volatile values, identifiers left alone."""

from __future__ import annotations

import time

import pytest

from mcp_rag.words import words

CASES = [
    ("connect to 10.0.3.17:5432 failed after 30 s", "connect to ip failed after num s"),
    ("GET https://api.example.com/x?id=7, retry", "GET url, retry"),
    ("mail to bob@example.com bounced", "mail to email bounced"),
    ("id 3f2b8c1e-9d4a-4c55-8e21-0a1b2c3d4e5f at 2026-11-20T10:15:30.123Z", "id uuid at time"),
    ("core 0x7ffe3a10 of 9fceb02d0ae598e9", "core hex of hex"),
    ("bssid 5c:50:15:36:bc:03", "bssid mac"),
    ("cannot open /var/lib/app/data.bin", "cannot open path"),
    (r"cannot open C:\app\bin\x.dll", "cannot open path"),
    ("worker17 on mesos-slave-07", "worker0 on mesos-slave-num"),
    ("<IP_1> <EMAIL_2> <REDACTED:jwt> <num> <b>", "ip email secret num <b>"),
    ("column user_id of com.acme.Dao is null", "column user_id of com.acme.Dao is null"),
    ("ORA-00942 and status 503 and error[E0308]", "ORA-00942 and status 503 and error[E0308]"),
    ("user alice quoted 'x y'", "user alice quoted 'x y'"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_values_become_words(text: str, expected: str) -> None:
    """Numbers, addresses, paths and machine-made ids become words; names, codes and prose stay."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha256 of utf8 on worker123456", "sha256 of utf8 on worker0"),
        ("cannot open /usr/lib/libcuda.so", "cannot open path libcuda.so"),
        ("cannot open /var/tmp/x123.bin or /var/tmp/", "cannot open path or path"),
    ],
)
def test_names_for_search(text: str, expected: str) -> None:
    """For the lexical leg short numbers in names and file names stay: they are what a search looks for."""
    assert words(text, names=True) == expected


@pytest.mark.parametrize(
    "unit", ["a", "1", "a1", "/a", "a.", "1.", ":", "@", "a@", "C:\\", "C:\\a", "::", "-", "://", "a://", "<", " "]
)
def test_linear_on_hostile_text(unit: str) -> None:
    """Repetition of any pattern's beginning stays fast: 32,000 characters in about a second."""
    start = time.process_time()
    words(unit * (32_000 // len(unit)))
    assert time.process_time() - start < 2.0
