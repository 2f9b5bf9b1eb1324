"""The token estimate against two real tokenizers, and the cuts made with it."""

from __future__ import annotations

import base64
import json
import random
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.budget import count_tokens, cut_tokens
from tests.real_tokens import real_tokens

RNG = random.Random(11)  # noqa: S311 - seeded, so that a failure comes back
LINES = 200
KINDS: dict[str, str] = {
    "java trace": "\n".join(
        f"\tat com.acme.orders.OrderService${n}.reserve(OrderService.java:{n * 7})" for n in range(LINES)
    ),
    "python trace": "\n".join(
        f'  File "/srv/app/module_{n}.py", line {n}, in handler_{n}\n    raise ValueError(f"bad {n}")'
        for n in range(LINES)
    ),
    "access log": "\n".join(
        f'10.0.{n}.7 - - [23/Nov/2026:10:00:{n % 60:02d} +0000] "GET /api/v1/orders/{n}?page=2 HTTP/1.1" 502 157'
        for n in range(LINES)
    ),
    "json lines": "\n".join(
        json.dumps(
            {"ts": 1767225600 + n, "level": "error", "msg": f"charge failed for order {n}", "trace_id": f"{n:x}"}
        )
        for n in range(LINES)
    ),
    "uuids": "\n".join(str(uuid.UUID(int=RNG.getrandbits(128), version=4)) for _ in range(LINES)),
    "hex": "".join(f"{RNG.getrandbits(256):064x}" for _ in range(50)),
    "base64": base64.b64encode(RNG.randbytes(6_000)).decode(),
    "numbers": " ".join(str(RNG.randrange(10**9)) for _ in range(500)),
    "random letters": "".join(RNG.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(4_000)),
    "upper case": "NCCL_SOCKET_IFNAME EADDRINUSE ECONNREFUSED ORA_00942 " * 100,
    "signs": "".join(RNG.choice("!@#$%^&*(){}[]<>|;:,./?~`'\"\\") for _ in range(3_000)),
    "escapes": json.dumps('\tat a.b(C.java:1)\n"x" \\d\\w' * 100),
    "rulers": "=" * 500 + "\n" + "-" * 300 + "\n" + "^" * 77 + "\n" + "*" * 1_000,
    "blanks": " " * 2_000 + "\n" * 500 + "\t" * 300,
    "chinese": "数据库连接超时，请检查网络配置。错误代码：500\n" * 100,
    "japanese": "データベースへの接続がタイムアウトしました。\n" * 100,
    "russian": "Ошибка подключения к базе данных: превышено время ожидания\n" * 100,
    "emoji": "💥🔥 deploy failed 🚀😀\n" * 100,
    "rare characters": "".join(chr(RNG.randrange(0x1000, 0xD000)) for _ in range(1_000)),
}
ORDINARY = ("java trace", "python trace", "access log", "json lines", "uuids", "hex", "numbers", "escapes", "japanese")


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_is_not_below_real_tokenizers(kind: str) -> None:
    """`max_tokens` is a promise: the estimate may be a hair below on a short piece (the margin of fitting.py covers
    that), never on a page."""
    text = KINDS[kind]
    for size in (80, 800, 8_000):
        for start in range(0, min(len(text), 8_000), size):
            piece = text[start : start + size]
            assert count_tokens(piece) + 4 >= real_tokens(piece), piece[:80]


@pytest.mark.parametrize("kind", ORDINARY)
def test_the_estimate_wastes_little_on_logs(kind: str) -> None:
    """At least 80 % of a budget must be used: on what logs hold the estimate lies within a fifth."""
    assert count_tokens(KINDS[kind]) <= 1.2 * real_tokens(KINDS[kind])


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_counted_and_cut_within_its_limit(text: str) -> None:
    """No character, surrogates included, breaks the estimate; a cut is a start of the text and fits."""
    whole = count_tokens(text)
    for limit in (0, 1, 7, whole - 1, whole, whole + 5):
        kept = cut_tokens(text, limit)
        assert text.startswith(kept)
        assert count_tokens(kept) <= max(0, limit)
    assert cut_tokens(text, whole + 5) == text


@pytest.mark.parametrize("kind", ORDINARY)
@pytest.mark.parametrize("limit", [50, 500, 1_500])
def test_a_cut_uses_its_limit(kind: str, limit: int) -> None:
    """A cut is as long as the limit allows, less at most the rest of a line or word."""
    kept = cut_tokens(KINDS[kind], limit)
    assert count_tokens(kept) >= 0.9 * min(limit, count_tokens(KINDS[kind]))


def test_a_cut_by_another_measure() -> None:
    """What a text costs inside JSON may be the measure: escapes are then counted."""
    text = 'say "hi"\n' * 300
    kept = cut_tokens(text, 400, lambda s: count_tokens(json.dumps(s)))
    assert 350 <= count_tokens(json.dumps(kept)) <= 400


def test_a_megabyte_is_cut_quickly() -> None:
    """An entry of 1 MB must not hold up an answer, whatever it is made of."""
    started = time.process_time()
    for text in (
        "a" * 1_000_000,
        " " * 1_000_000,
        "=" * 1_000_000,
        "漢" * 300_000,
        "ab cd\n" * 160_000,
        "_a" * 500_000,
    ):
        assert 0 < count_tokens(cut_tokens(text, 2_000)) <= 2_000
    assert time.process_time() - started < 5
