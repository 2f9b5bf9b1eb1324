"""Links that let in whoever knows them, and hooks known by a part of their path."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("GET /reset/MTI/bq71xz-0f1e2d3c4b5a69780f1e2d3c4b5a6978/ 200", "GET /reset/MTI/<REDACTED:signature>/ 200"),
    (
        "https://h.example/accept-invitation/q7Lark2oak9elm4fir8ash",
        "https://h.example/accept-invitation/<REDACTED:signature>",
    ),
    (
        "https://h.example/join?invite_code=q7Lark2oak9elm4fir8&l=nb",
        "https://h.example/join?invite_code=<REDACTED:signature>&l=nb",
    ),
    ("https://h.example/v?Policy=eyJq7Lark2oak9elm4fir&x=1", "https://h.example/v?Policy=<REDACTED:signature>&x=1"),
    (
        "ping https://hc-ping.com/0f1e2d3c-4b5a-4978-8f1e-2d3c4b5a6978 404",
        "ping https://hc-ping.com/<REDACTED:webhook-url> 404",
    ),
    (
        "https://maker.ifttt.com/trigger/rain/with/key/q7Lark2oak9elm4fir8ash",
        "https://maker.ifttt.com/trigger/rain/with/key/<REDACTED:webhook-url>",
    ),
    (
        "https://events.pagerduty.com/integration/0f1e2d3c4b5a69780f1e2d3c4b5a6978/enqueue",
        "https://events.pagerduty.com/integration/<REDACTED:webhook-url>/enqueue",
    ),
    ("InstrumentationKey=0f1e2d3c-4b5a-4978-8f1e-2d3c4b5a6978;X=y", "InstrumentationKey=<REDACTED:api-key>;X=y"),
    (
        "Sec-WebSocket-Protocol: v1, bearer.q7Lark2oak9elm4fir8ash",
        "Sec-WebSocket-Protocol: v1, bearer.<REDACTED:token>",
    ),
    ("    params: { sig: 'q7Lark2oakq7Lark2oakq7Lark2oakq7Lark2oak=' }", "    params: { sig: '<REDACTED:signature>' }"),
]

KEPT = [
    "GET /users/password/edit 302",
    "GET /password/new 200",
    "/verify/0f1e2d3c-4b5a-4978-8f1e-2d3c4b5a6978 done",
    "/reset/index-20240511091244.js",
    "/confirm/orders",
    "/invite/team_of_the_north_side",
    "https://hc-ping.com/docs",
    "Sec-WebSocket-Protocol: graphql-transport-ws",
    "?policy=strict-origin-when-cross-origin",
    "?country_code=NO&sort_key=created_at_descending",
    "sig: 'SIGTERM'",
    "instrumentation key missing",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_opening_link_is_replaced(text: str, expected: str) -> None:
    """The part that opens is replaced; host, path and user stay."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_plain_address_is_unchanged(text: str) -> None:
    """Pages of the same names without such a part stay."""
    assert Redactor(ips=False, emails=False)(text) == text
