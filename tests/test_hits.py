"""How a candidate becomes a hit: its calibrated word, its reasons, its fixes in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcp_rag.hits import (
    MAX_FIX_CHARS,
    MAX_WHY,
    Candidate,
    build_hit,
    build_probe,
    cover,
    hit_resolution,
    one_line,
    quality,
    reasons,
)
from mcp_rag.query import Query, understand
from mcp_rag.ranking import token_id
from mcp_rag.redact import Redactor
from mcp_rag.rows import ErrorGroup, Resolution, ResolutionOutcome
from mcp_rag.types import Level

GROUP = ErrorGroup(
    id="a" * 32,
    title="KeyError: 'user_id'",
    template="KeyError: <str>",
    sample="\n".join(f"line {n}" for n in range(20)),
    dense_text="d",
    text="KeyError user_id E4711 load users",
    level=Level.ERROR,
    root_type="KeyError",
    codes=("E4711",),
    frames=("users:load",),
    count=2,
)
DAY = 86_400_000


def candidate(**changes: Any) -> Candidate:
    """A candidate with scores."""
    return Candidate(GROUP, **{"match_type": "lexical", **changes})


def paste(text: str) -> Query:
    """A query."""
    return understand(text, Redactor())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"match_type": "exact"}, {"strong"}),
        ({"match_type": "template", "dense": 0.0}, {"strong"}),
        ({"match_type": "code"}, {"possible", "strong"}),
        ({"dense": 1.0, "coverage": 1.0, "echo": 1.0, "same_type": True}, {"strong"}),
        ({"dense": 1.0, "coverage": 1.0, "echo": 1.0, "same_type": True, "other_code": True}, {"possible", "weak"}),
        ({"dense": 1.0, "coverage": 1.0, "echo": 1.0, "same_type": True, "other_wrapping": True}, {"possible"}),
        ({"dense": 1.0, "coverage": 1.0, "named_code": True, "other_wrapping": True}, {"strong"}),
        ({"dense": 1.0}, {"possible", "weak"}),
        ({"coverage": 1.0}, {"possible", "weak"}),
        ({"dense": 0.9, "coverage": 0.9, "echo": 0.0}, {"possible", "weak"}),
        ({"dense": 0.1, "coverage": 0.05}, {None}),
        ({"match_type": "semantic", "dense": 0.2}, {None}),
        ({}, {None}),
    ],
)
def test_quality(changes: dict[str, Any], words: set[str | None]) -> None:
    """`strong` claims the same error: an exact rung, or both legs and both directions agreeing, never against another
    code; what is far off is not shown at all (DESIGN section 6; the lines between are evals/retrieval's)."""
    assert quality(candidate(**changes)) in words


def test_coverage_is_the_share_of_rare_words() -> None:
    """A shared rare token weighs more than a shared common one; the reasons name the rarest first."""
    common = {token_id(word): 90 for word in ("load", "users", "user")}
    found, other = candidate(), candidate()
    cover(found, build_probe(paste("load users E4711"), 100, common))
    cover(other, build_probe(paste("load users zebra"), 100, common))
    assert found.coverage > 0.9
    assert 0 < other.coverage < 0.6
    assert found.shared[0].lower() not in ("load", "users", "user")


def test_codes_are_compared() -> None:
    """The group's own code counts for it, another specific code against it."""
    found, other = candidate(), candidate()
    cover(found, build_probe(paste("error[E4711]: load users"), 10, {}))
    cover(other, build_probe(paste("error[E0999]: load users"), 10, {}))
    assert found.same_code is not other.same_code
    assert other.other_code or not other.same_code


def test_reasons_name_what_is_shared() -> None:
    """Every hit says why: codes, exception type, frames, tokens (DESIGN section 3, a hit)."""
    query = paste('Traceback (most recent call last):\n  File "users.py", line 1, in load\n    x\nKeyError: E4711\n')
    found = candidate(shared=["e4711"], why=["same template"])
    assert reasons(found, query) == [
        "same template",
        "code E4711",
        "exception type KeyError",
        "frame users.py:load",
        "tokens e4711",
    ]
    assert reasons(candidate(dense=0.9), paste("something else entirely")) == ["similar meaning"]
    assert len(reasons(found, query)) <= MAX_WHY


def test_a_fix_is_shown_in_one_line() -> None:
    """Markdown over many lines becomes one line; a long one is cut and says so."""
    assert one_line("a\n\n  b\t c") == "a b c"
    assert len(one_line("word " * 500)) == MAX_FIX_CHARS
    assert one_line("word " * 500).endswith("…")


def test_failed_fixes_are_shown_as_tried() -> None:
    """Counts of every outcome, staleness, supersession and version conflicts are facts of the hit."""
    outcomes = (ResolutionOutcome("failed", "prod", "", 2, DAY), ResolutionOutcome("worked", "ci", "", 1, DAY))
    row = Resolution("r" * 32, "a" * 32, "", "pin numpy", outcomes=outcomes, versions="numpy<2", environment="py312",
                     created_ms=DAY, superseded_by="s" * 32)  # fmt: skip
    shown = hit_resolution(row, 400 * DAY, ["numpy 2.1.0"])
    assert (shown.worked, shown.failed, shown.partial) == (1, 2, 0)
    assert (shown.stale, shown.superseded, shown.version_conflict) == (True, True, True)
    assert shown.environment == "py312, prod, ci"


def test_scores_stay_apart_and_samples_short() -> None:
    """No fused number called similarity; a concise hit shows six lines of the sample and no template."""
    found = candidate(match_type="exact", dense=0.123456, lexical=7.77777, fused=1.0)
    times = {"first": "x", "last": "y"}
    concise = build_hit(found, 3, paste("KeyError"), [], times, full=False)
    full = build_hit(found, 3, paste("KeyError"), [], times, full=True)
    assert (concise.scores.dense, concise.scores.lexical, concise.scores.fused) == (0.1235, 7.778, 1.0)
    assert concise.sample.count("\n") == 5
    assert concise.template == ""
    assert (full.sample, full.template) == (GROUP.sample, GROUP.template)


def wrapped(outer: str) -> str:
    """A trace of .NET in which a client of the network raises what the socket said as its own."""
    return (
        f"{outer}: the far side did not answer\n"
        " ---> System.Net.Sockets.SocketException (111): Connection refused\n"
        "   at System.Net.Sockets.Socket.Finish(SocketError error)\n"
        "   --- End of inner exception stack trace ---\n"
        f"   at {outer.rpartition('.')[0]}.Client.Open()\n"
    )


@pytest.mark.parametrize(
    ("outer", "other"), [("Quarry.Ledger.LedgerException", False), ("Depot.Mail.MailException", True)]
)
def test_two_clients_that_meet_one_cause_are_told_apart(outer: str, other: bool) -> None:
    """What a ledger and a mail client say of one refused connection are two faults: only possibly the same."""
    query = paste(wrapped("Quarry.Ledger.LedgerException"))
    stored = paste(wrapped(outer)).parsed
    group = replace(
        GROUP, exception_type=stored.exception_type, root_type=stored.root_type, related=query.fingerprints[0].related
    )
    found = Candidate(group, "lexical")
    cover(found, build_probe(query, 10, {}))
    assert found.other_wrapping is other


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("depot.LedgerError: page of the ledger is torn", "strong"),
        ("depot.LedgerError: page of the ledger is stamped twice", "possible"),
    ],
)
def test_the_last_line_of_a_trace_names_its_error(line: str, said: str) -> None:
    """The embedded text of a Python error ends in a line of source, which nobody pastes with the error's last line."""
    stored = (
        "depot.LedgerError: page of the ledger is torn\nraise LedgerError(reading.page, reading.shelf, reading.row)"
    )
    group = replace(GROUP, root_type="depot.LedgerError", exception_type="depot.LedgerError", frames=("depot:read",),
                    dense_text=stored, text=stored)  # fmt: skip
    found = Candidate(group, "lexical", dense=0.9)
    cover(found, build_probe(paste(line), 10, {}))
    assert quality(found) == said
