"""What is embedded of an event and what the lexical leg reads of it."""

from __future__ import annotations

from mcp_rag.template import codes, embedding_text, lexical_text, mask
from mcp_rag.types import ExceptionInfo, Frame, LogRecord, StackTrace

TRACE = StackTrace(
    "python",
    (
        ExceptionInfo("api.Unavailable", "database is away for 30 s", (Frame("index", file="/srv/views.py"),)),
        ExceptionInfo(
            "psycopg2.OperationalError",
            "could not connect to 10.0.0.1:5432",
            (Frame("get", file="/srv/pool.py", source="raise error"), Frame("connect", "api.db", "/srv/db.py")),
        ),
    ),
)
RECORD = LogRecord(0, 9, "10:11 ERROR ...", "request 7 failed: status 503", logger="api.views", stacktrace=TRACE)


def test_root_line_and_innermost_source_are_embedded() -> None:
    """The root cause's line with values replaced, then the innermost source line (worth 80 points of recall@1 on
    pasted traces); nothing of the outer exception or the frames."""
    assert embedding_text(RECORD) == "psycopg2.OperationalError: could not connect to ip\nraise error"


def test_message_without_trace_is_embedded_masked() -> None:
    """A log line is embedded without its header, values replaced by words, on one line."""
    record = LogRecord(0, 0, "2026-11-20 ERROR pool 7\n  gone", "pool 7\n  gone")
    assert embedding_text(record) == "pool num gone"
    assert embedding_text(LogRecord(0, 0, "bare body 7", "")) == "bare body num"


def test_embedding_without_type_or_message() -> None:
    """What is there is used: a type alone, a message alone, the log message when the trace says nothing."""

    def of(type_: str, message: str) -> str:
        return embedding_text(
            LogRecord(0, 0, "b", "logged", stacktrace=StackTrace("", (ExceptionInfo(type_, message),)))
        )

    assert (of("A", ""), of("", "m"), of("", "")) == ("A", "m", "logged")


def test_embedding_is_bounded() -> None:
    """At most 1,000 characters, the source line included."""
    trace = StackTrace("python", (ExceptionInfo("E", "word " * 5_000, (Frame("f", source="s " * 900),)),))
    assert len(embedding_text(LogRecord(0, 0, "", "", stacktrace=trace))) <= 1_000
    assert "s s s" in embedding_text(LogRecord(0, 0, "", "", stacktrace=trace))
    assert len(embedding_text(LogRecord(0, 0, "", "word " * 5_000))) <= 1_000


def test_lexical_text_holds_what_a_search_looks_for() -> None:
    """All types, messages, codes, functions, file names, logger and log message; no volatile value."""
    text = lexical_text(RECORD)
    for part in ("api.Unavailable", "psycopg2.OperationalError", "HTTP 503", "index views.py", "api.db connect db.py",
                 "api.views", "request num failed", "could not connect to ip"):  # fmt: skip
        assert part in text
    assert "10.0.0.1" not in text
    assert text.index("psycopg2") < text.index("api.Unavailable")


def test_lexical_text_of_a_message() -> None:
    """Without a trace: codes, logger and the message."""
    assert (
        lexical_text(LogRecord(0, 0, "x", "ORA-00942: no table 7", logger="dao"))
        == "ORA-00942\ndao\nORA-00942: no table num"
    )
    assert lexical_text(LogRecord(0, 0, "body only", "")) == "body only"


def test_lexical_text_of_a_bare_trace() -> None:
    """A trace that no logger printed has no message and no logger."""
    bare = LogRecord(0, 0, "", "", stacktrace=TRACE)
    assert lexical_text(bare).startswith("psycopg2.OperationalError could not connect to ip\napi.Unavailable")


def test_lexical_text_is_bounded() -> None:
    """At most 16,000 bytes of UTF-8, cut between characters."""
    text = lexical_text(LogRecord(0, 0, "", "ü " * 30_000))
    assert 15_000 < len(text.encode()) <= 16_000


def test_one_place_for_the_texts() -> None:
    """`mask` and `codes` are offered here too: callers need one module."""
    assert mask("pool 7") == "pool <num>"
    assert codes("E0308") == ("E0308",)
