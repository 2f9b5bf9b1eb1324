"""Which words of a message that reports no fault are values, and that messages of faults keep their names."""

from __future__ import annotations

import pytest

from mcp_rag.fingerprint import fingerprint
from mcp_rag.merge import MergeIndex
from mcp_rag.routine import is_routine, said
from mcp_rag.types import Level, LogRecord

ONE_STATEMENT = [
    ("Mounted volume tank-a on shelf 3", "Mounted volume attic on shelf 7"),
    ("Sent letter 'spring-offer' to the post", "Sent letter 'Your parcel is here' to the post"),
    ("gateway lamp state open -> closed by timer", "gateway lamp state half -> open by timer"),
    ("Handed crate 17 over to hamster-lines today", "Handed crate 18 over to Pelican today"),
    ("LEASE(br-attic) 10.0.0.7 renewed for 9 days", "LEASE(eth0) 10.0.0.9 renewed for 9 days"),
    ("backup-shelf.service: Scheduled next run at 4", "mail-sorter.service: Scheduled next run at 4"),
    ("Ready: current: Packed, wanted: Sent, waiting there", "Ready: current: New, wanted: Packed, waiting there"),
    ('rule "Hall light" fired for 3 lamps', 'rule "Porch fan in the evening" fired for 4 lamps'),
    ("Unpacked crate-lid.box", "Unpacked lamp-shade.box"),
    ("assigned shards orders-3, clicks-9 to this owner", "assigned shards orders-3 to this owner"),
]
OTHER_STATEMENTS = [
    ("session opened for visitor 7 today", "session closed for visitor 7 today"),
    ("Order 7 moved from NEW to PACKED today", "Order 7 moved from NEW to SENT today"),
    ("TaskAttempt 7 was handed to a worker", "Task 7 was handed to a worker"),
    ("Machine Resumed after 4 minutes there", "Machine Started after 4 minutes there"),
    ("stored the job-list file for pickup", "stored the job-log file for pickup"),
    ("status=open shelf count is 4 now", "status=closed shelf count is 4 now"),
]
FAULTS = [
    ("volume tank-a failed on shelf 3", "volume attic-b failed on shelf 7"),
    ("cannot reach provider 'tank-a' today", "cannot reach provider 'attic-b' today"),
    ("setting mail.host is missing in profile", "setting mail.port is missing in profile"),
    ("shelf is down says Hamster today", "shelf is down says Pelican today"),
    ("Sent parcel with exit code 3 to Hamster", "Sent parcel with exit code 3 to Pelican"),
]


def _together(first: str, second: str) -> bool:
    index = MergeIndex()
    groups = {
        index.assign(fingerprint(LogRecord(0, 0, t, t)), level=Level.UNSET, logger="", has_trace=False)
        for t in (first, second)
    }
    return len(groups) == 1


@pytest.mark.parametrize(("first", "second"), ONE_STATEMENT)
def test_names_in_a_routine_message_are_values(first: str, second: str) -> None:
    """Quotes, dashes, arguments, arrows and what stands behind the word for it: one statement is one group at once."""
    assert _together(first, second)


@pytest.mark.parametrize(("first", "second"), OTHER_STATEMENTS)
def test_other_words_and_the_programs_own_names_are_other_statements(first: str, second: str) -> None:
    """Verbs, states, constants, class names, what follows an article and telling fields keep messages apart."""
    assert not _together(first, second)


@pytest.mark.parametrize(("first", "second"), FAULTS)
def test_names_keep_faults_apart(first: str, second: str) -> None:
    """With a word or a code for a fault the same shapes of words are no values: each may need a fix of its own."""
    assert not _together(first, second)


def test_a_message_of_values_alone_is_left_as_it_is() -> None:
    """Where no word of a sentence is left, nothing says what happened."""
    assert said("<*> tank-a attic-b") == ""
    assert said("Stopped filling tank-a") == "Stopped filling <*>"


@pytest.mark.parametrize(
    "text",
    [
        "default gateway chosen",
        "download of <*> done",
        "note: two shelves joined",
        "broker <*> is a mirror",
        "installed <*>",
    ],
)
def test_words_within_others_report_no_fault(text: str) -> None:
    """`fault` in `default`, `down` in `download` and `not` in `note` are no words for one."""
    assert is_routine(text)
