"""What ingest would see, without a store: events as rows, and what redaction would replace."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mcp_rag.config import Settings
from mcp_rag.errors import InputError
from mcp_rag.inspection import parse_rows, redactions
from mcp_rag.types import Level

KEY = "ghp_" + "a1B2" * 9
LOG = (
    "2026-11-23T10:00:00Z ERROR api job 17 failed: E5001\n"
    "2026-11-23T10:00:01Z INFO api fine\n"
    "2026-11-23T10:00:02Z ERROR api job 18 failed: E5001\n"
    "Traceback (most recent call last):\n"
    '  File "/srv/a.py", line 1, in load\n'
    "    x\n"
    f"ValueError: bad token {KEY}\n"
)


def test_rows_tell_everything_about_an_event(tmp_path: Path) -> None:
    """Lines, format, time, level, exception chain, template and group of each event, in input order."""
    path = tmp_path / "a.log"
    path.write_text(LOG, encoding="utf-8")
    rows, skipped = parse_rows(Settings(), [str(path)], None, "auto", Level.UNSET)
    found = list(rows)
    assert [(r["first_line"], r["last_line"], r["level"]) for r in found] == [
        (0, 0, "ERROR"),
        (1, 1, "INFO"),
        (2, 6, "ERROR"),
    ]
    assert found[0]["timestamp"] == "2026-11-23T10:00:00Z"
    assert found[0]["codes"] == ["E5001"]
    assert found[2]["exception_chain"] == ["ValueError"]
    assert found[2]["source"] == str(path)
    assert KEY not in str(found)
    assert list(skipped()) == []


def test_levels_streams_and_equal_groups() -> None:
    """A stream is read like a file; events of one template share the group id, as they would when stored."""
    text = LOG[: LOG.index("Traceback")]
    rows, _ = parse_rows(Settings(), [], ("stdin", io.BytesIO(text.encode())), "auto", Level.ERROR)
    found = list(rows)
    assert [r["source"] for r in found] == ["stdin", "stdin"]
    assert len({r["fingerprint"] for r in found}) == 1


def test_what_was_skipped_is_told(tmp_path: Path) -> None:
    """A binary file gives no rows and one reason."""
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 20)
    rows, skipped = parse_rows(Settings(), [str(tmp_path)], None, "auto", Level.UNSET)
    assert list(rows) == []
    assert [s.reason for s in skipped()] == ["binary"]


def test_an_unknown_format_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(InputError, match="no log format"):
        parse_rows(Settings(), [], None, "nope", Level.UNSET)


def test_a_named_format_is_used() -> None:
    """Names are forgiven their case."""
    rows, _ = parse_rows(Settings(), [], ("s", io.BytesIO(b"level=error msg=boom\n")), "LOGFMT", Level.UNSET)
    assert [r["format"] for r in rows] == ["logfmt"]


def test_redactions_show_the_lines_that_would_change() -> None:
    """Line numbers from one, the text as it would be stored, counts per kind; a secret over several lines too."""
    pem = "-----BEGIN PRIVATE KEY-----\n" + "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" for _ in range(5))
    texts = {"a": f"fine\ntoken {KEY} here\nfine\n", "b": f"x\n{pem}\n-----END PRIVATE KEY-----\ny\n", "c": "fine\n"}
    changed, counts = redactions(Settings(), texts)
    assert [(c["source"], c["line"]) for c in changed if c["source"] == "a"] == [("a", 2)]
    assert any(c["source"] == "b" for c in changed)
    assert not any(c["source"] == "c" for c in changed)
    assert KEY not in str(changed)
    assert sum(counts.values()) >= 2


def test_own_rules_apply() -> None:
    """A configured rule is part of the gate."""
    changed, counts = redactions(Settings(redact_rules=("customer=CUST-[0-9]{6}",)), {"a": "order of CUST-123456\n"})
    assert "CUST-123456" not in str(changed)
    assert counts == {"customer": 1}
