"""Where errors of PHP, Unity and JavaScript begin and end among what else is printed."""

from __future__ import annotations

from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings


def records(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


def test_a_trace_that_the_limit_of_the_log_cut_is_whole() -> None:
    """PHP cuts a long report in the middle of a frame and goes on with the place: that line belongs to it."""
    text = (
        "[23-Nov-2026 19:20:37 UTC] PHP Fatal error:  Uncaught Error: no rate in /srv/a.php:28\nStack trace:\n"
        "#0 /srv/b.php(124): rate('x')\n#1 /srv/c.p in /srv/a.php on line 28\n"
    )
    assert [(e.first_line, e.last_line) for e in records(text)] == [(0, 3)]
    found = records(text.partition("] ")[2] + "Fatal error: no plan in /srv/d.php on line 5\n")
    assert [(e.first_line, e.last_line) for e in found] == [(0, 3), (4, 4)]


def test_errors_of_a_console_in_paragraphs_are_events_of_their_own() -> None:
    """Laravel's console indents all it prints: a class behind a blank line begins the next error."""
    one = "   Acme\\Shop\\StoreException \n\n  no rate\n\n  at app/Store.php:12\n     8▕ x\n\n"
    found = records("   INFO  Running migrations.  \n\n" + one + one)
    assert [(e.level.name, e.message or (e.stacktrace and e.stacktrace.root.message)) for e in found] == [
        ("INFO", "Running migrations."),
        ("ERROR", "no rate"),
        ("ERROR", "no rate"),
    ]


def test_what_unity_logged_is_no_exception() -> None:
    """Unity prints the calls below every message; only those of an exception make it an error."""
    text = (
        "Loading the till\nUnityEngine.DebugLogHandler:LogFormat (UnityEngine.LogType,string)\n"
        "Acme.Till:Open (string) (at Assets/Till.cs:12)\n\n(Filename: Assets/Till.cs Line: 12)\n\n"
        "NullReferenceException: Object reference not set\n  at Acme.Till.Open () [0x00000] in <0>:0 \n\n"
        "Failed to load the till\nUnityEngine.Debug:LogError (object)\n"
    )
    found = records(text)
    assert [(e.level.name, e.first_line, e.last_line) for e in found][-2:] == [("ERROR", 6, 7), ("ERROR", 9, 10)]
    assert found[0].level is Level.UNSET
    assert found[-1].stacktrace is None


def test_errors_without_a_class_are_told_apart_by_their_words() -> None:
    """A framework prints message and calls and no class: the next message begins the next error, unless it only leads
    to more calls."""
    text = (
        "[shop] [500] request failed: no rate\n  at rate (/srv/a.mjs:4:1)\n"
        "From previous event:\n  at run (/srv/b.mjs:4:1)\n"
        "[shop] [500] request failed: no plan\n  at plan (/srv/c.mjs:4:1)\n"
    )
    assert [(e.level.name, e.first_line, e.last_line) for e in records(text)] == [("ERROR", 0, 3), ("ERROR", 4, 5)]
