"""Results for people: every fact of a result shown, nothing that plays with the terminal, colour only where wanted."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest

from mcp_rag import terminal
from mcp_rag.results import (
    ExplainResult,
    GetResult,
    Hit,
    HitResolution,
    IngestedError,
    IngestResult,
    ListedError,
    ListResult,
    Parsed,
    Problem,
    RecordResult,
    SearchResult,
    SkippedSource,
    StatusResult,
    Step,
    TimelineBucket,
)

EVIL = "a\x1b[31m\u202eb\u200b\U000e0041\x07"
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def resolution(**changes: Any) -> HitResolution:
    """A fix."""
    return HitResolution("r" * 32, "restart it", **changes)


def hit(text: str = "boom", **changes: Any) -> Hit:
    """A hit."""
    values: dict[str, Any] = {
        "why": [text],
        "title": text,
        "sample": f"{text}\n{text}",
        "services": [text],
        "count": 3,
        "status": "resolved",
        "first_seen": "2026-11-23T10:00:00Z",
        "last_seen": "2026-11-24T10:00:00Z",
        "resolutions": [HitResolution("r" * 32, text, 2, 1, 0, text, text, stale=True)],
        **changes,
    }
    return Hit("a" * 32, 1, "exact", "strong", **values)


def every(text: str) -> dict[str, str]:
    """Each kind of result, holding the text wherever log text may stand."""
    parsed = Parsed(text, text, text, text, [text], [text], 1, "f" * 32)
    buckets = [TimelineBucket("2026", 1), TimelineBucket("2026", 8)]
    row = ListedError("a" * 32, text, "ERROR", "new", 5, 9, "2026", "2026", [text], text, buckets)
    steps = [Step(text, ["a" * 32], "uncited")]
    answer = ExplainResult("known_fix", text, text, steps, [], [hit(text)], "none", True, text)
    stored = RecordResult("r" * 32, "a" * 32, text, True, text, "worked", 1, 0, 0, "resolved", hint="new entry")
    skipped = [SkippedSource(text, "binary", text)]
    top = [IngestedError("a" * 32, text, 3, "returned", text)]
    report = IngestResult(True, 2, 10, 7, 1, 1, 1, 5, 3, 2, 0, 4, 1, 1, 0, 1, {"ip": 2}, skipped, 9, top)
    state = StatusResult(
        "1", "lite 3", text, "owner", text, 5, 6, 7, 8, 1, text, True, 384, 1, text, False, [],
        problems=[Problem(text, text)],
    )  # fmt: skip
    return {
        "search": terminal.search(
            SearchResult(parsed, [hit(text)], 1, 7, True, "cursor-x", "lexical", True, text, {}, text)
        ),
        "explain": terminal.explain(answer),
        "listing": terminal.listing(ListResult([row], 1, 3, True, "cursor-x", "2026-11-22", "2026-11-23", {}, text)),
        "one": terminal.one(
            GetResult("a" * 32, text, "ERROR", "new", 4, "s", "u", "", f"{text}\n{text}", 0, 0, 9, False, codes=[text],
                      services=[text], sources=[text], related=["b" * 32])
        ),
        "recorded": terminal.recorded(stored),
        "ingested": terminal.ingested(report),
        "status": terminal.status(state),
        "event": terminal.event(
            {"source": text, "first_line": 0, "last_line": 2, "timestamp": "", "level": "ERROR", "exception_type": text,
             "format": "x", "message": text, "fingerprint": "f" * 32}
        ),
        "formats": terminal.formats([{"name": "jul", "description": "d", "sample": text}]),
        "redactions": terminal.redactions([{"source": text, "line": 3, "text": text}], {"ip": 2}),
    }  # fmt: skip


@pytest.mark.parametrize("name", every("x"))
def test_no_hidden_character_reaches_a_terminal(name: str) -> None:
    """Escape sequences, bidi marks and tags in log text, paths and names are visible text."""
    assert not HIDDEN.search(every(EVIL)[name]), name


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("search", "1. boom|strong exact match|seen 3x|why: boom|fix: boom|worked 2 of 3|stale|7 in all|cursor-x"),
        ("search", "degraded: boom|understood: boom"),
        ("explain", "known_fix (evidence only)|cause: boom|1. boom [uncited]|from aaaa|degraded: boom|evidence:"),
        ("listing", "2026-11-22 to 2026-11-23: 3 errors|5x new|boom|fix: boom|cursor-x"),
        ("one", f"boom|4x|codes: boom|services: boom|sources: boom|related: {'b' * 32}"),
        ("recorded", "Recorded for boom|worked 1 of 1|resolved|new entry"),
        ("ingested", "10 lines from 2 source(s): 7 in events, 1 blank, 1 cut, 1 read before"),
        (
            "ingested",
            "5 events: 3 stored, 2 below|4 were counted before|ip 2|3x returned|skipped boom: binary boom|8 more",
        ),
        ("status", "store: lite 3 at boom (owner, owner boom)|errors: 5 (and 6 shipped)|ready|- boom boom"),
        ("event", "boom:0-2 - ERROR boom boom ffffffff"),
        ("formats", "jul|boom"),
        ("redactions", "boom:3: boom|would redact: ip 2"),
    ],
)
def test_every_fact_is_shown(name: str, facts: str) -> None:
    """What the result holds, a person sees: counts, ids, causes, and how to go on."""
    shown = every("boom")[name]
    for fact in facts.split("|"):
        assert fact in shown, shown


def test_fixes_say_what_became_of_them() -> None:
    """Only failed: tried, not a fix. Shipped, imported, superseded and for another version: said."""
    found = terminal.search(
        SearchResult(
            Parsed(message="m"),
            [hit(resolutions=[
                resolution(failed=2),
                resolution(origin="starter"),
                resolution(origin="import", superseded=True),
                resolution(worked=1, version_conflict=True),
            ])],
            1, 1, False, "", "hybrid", False,
        )
    )  # fmt: skip
    assert "tried: restart it  (worked 0 of 2)" in found
    assert "(shipped)" in found
    assert "(imported, superseded)" in found
    assert "(worked 1 of 1, other version)" in found


def test_an_error_that_was_never_seen() -> None:
    """Shipped knowledge does not pretend to have been seen."""
    found = terminal.search(SearchResult(Parsed(), [hit(count=0)], 1, 1, False, "", "hybrid", False))
    assert "not in your logs yet" in found


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes get plain text, and so does everyone who sets NO_COLOR."""
    assert terminal.style("x", "red") == "x"
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.style("x", "red") == "\x1b[31mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.style("x", "red") == "x"


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on stderr, rewritten and cleared; nothing at all in a pipe."""
    for stream, silent in ((io.StringIO(), True), (Terminal(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with terminal.progress("ingest") as update:
            update("5 lines")
        assert (stream.getvalue() == "") is silent
    assert stream.getvalue().endswith("\r\x1b[K")


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Results on stdout, remarks on stderr, both visible."""
    terminal.out("result")
    terminal.note(f"skipped {EVIL}")
    shown = capsys.readouterr()
    assert shown.out == "result\n"
    assert not HIDDEN.search(shown.err)
