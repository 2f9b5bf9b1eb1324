"""Message and cause of the log of TiDB and Milvus."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.events.bracketed import bracketed
from mcp_rag.types import ParseSettings


@pytest.mark.parametrize(
    ("rest", "message", "cause"),
    [
        ('["no plan"] [plan=gold] [error="disk \\"a\\" full"] [id=7]', "no plan", 'disk "a" full'),
        ("[started] [addr=10.9.0.4:19530]", "started", ""),
        ('["no plan"] [error=EOF]', "no plan", "EOF"),
    ],
)
def test_message_and_cause(rest: str, message: str, cause: str) -> None:
    """Quotes and brackets come off; of the fields only one that names an error counts."""
    assert bracketed(rest) == (message, cause, "")


def test_other_text_stays() -> None:
    """Text that only begins with a bracket is left as it is."""
    assert bracketed("[a=1] text") is None


def test_stack_in_a_field() -> None:
    """The calls in a field are read, and the message and the cause stand beside them."""
    line = (
        '[2026/11/23 19:20:37.123 +00:00] [ERROR] [plans/server.go:41] ["no plan"] [error="disk full"] '
        '[stack="acme.io/plans.(*Server).Get\\n\\t/srv/acme/plans/server.go:41\\nmain.main\\n\\t/srv/acme/main.go:7"]\n'
    )
    (record,) = parse_block(line.encode(), ParseSettings())[0]
    assert (record.message, record.cause) == ("no plan", "disk full")
    assert record.stacktrace is not None
    assert [f.function for f in record.stacktrace.root.frames] == ["(*Server).Get", "main"]
