"""What a structured record says went wrong, in a field beside its message."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

LOGFMT = 'time=2026-11-23T19:20:37Z level=error msg="cart not saved" cart=7 {rest}'
JSON = '{{"level":"error","time":"2026-11-23T19:20:37Z","msg":"cart not saved","cart":7,{rest}}}'


def _only(line: str) -> LogRecord:
    (record,) = parse_block(f"{line}\n".encode(), ParseSettings(min_level=Level.UNSET))[0]
    return record


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (LOGFMT.format(rest='err="no answer from 10.0.0.7"'), "no answer from 10.0.0.7"),
        (LOGFMT.format(rest="error=conflict attempt=2"), "conflict"),
        (LOGFMT.format(rest='reason="he said \\"no\\"" attempt=2'), 'he said "no"'),
        (LOGFMT.format(rest="err=<nil>"), ""),
        (LOGFMT.format(rest="terror=none left=1"), ""),
        (LOGFMT.format(rest='err="cart not saved"'), ""),
        (JSON.format(rest='"error":"no answer from 10.0.0.7"'), "no answer from 10.0.0.7"),
        (JSON.format(rest='"err":"disk full"'), "disk full"),
        (JSON.format(rest='"reason":"disk full"'), "disk full"),
        (JSON.format(rest='"error":{"message":"disk full"}'), "disk full"),
        (JSON.format(rest='"error":null'), ""),
        (JSON.format(rest='"error":false'), ""),
        (JSON.format(rest='"owner":"disk full"'), ""),
        ("2026-11-23 19:20:37,123 ERROR cart: not saved err=conflict", ""),
    ],
)
def test_the_cause_of_a_structured_record(line: str, cause: str) -> None:
    """It is read from the fields that name one, where they say more than the message; prose has none."""
    assert _only(line).cause == cause


@pytest.mark.parametrize(("form", "key"), [(LOGFMT, 'err="{}"'), (JSON, '"error":"{}"')])
def test_one_message_with_two_causes_is_two_errors(form: str, key: str) -> None:
    """What differs in values alone stays one."""
    causes = ("no answer from 10.0.0.7", "no answer from 10.0.0.9", "the disk is full")
    ids = [fingerprint(_only(form.format(rest=key.format(cause)))).id for cause in causes]
    assert ids[0] == ids[1] != ids[2]


def test_a_trace_in_the_field_is_no_cause() -> None:
    """An exception with its type and frames is a trace."""
    stack = "TypeError: cart is gone\\n    at price (/srv/cart.js:7:1)"
    record = _only(JSON.format(rest=f'"err":{{"type":"TypeError","message":"cart is gone","stack":"{stack}"}}'))
    assert record.stacktrace is not None
    assert record.cause == ""
