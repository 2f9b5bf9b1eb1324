"""Windows events copied as text, one field a line, are one event each."""

from __future__ import annotations

import pytest

from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

HEAD = """Log Name:      Application
Source:        {source}
Date:          {date}
Event ID:      1026
Task Category: None
Level:         {level}
Keywords:      Classic
User:          N/A
Computer:      till-7
Description:
"""
CRASH = """Application: Till.exe
Framework Version: v4.0.30319
Description: The process was terminated due to an unhandled exception.
Exception Info: Acme.TillException: no drawer
   at Acme.Till.Open() in C:\\src\\Till.cs:line 3
"""
XML = """Event Xml:
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">
  <System>
    <Provider Name="Till" />
    <Level>2</Level>
  </System>
</Event>
"""


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


def head(level: str = "Error", source: str = "Till", date: str = "11/23/2026 7:20:37 PM") -> str:
    return HEAD.format(level=level, source=source, date=date)


@pytest.mark.parametrize("date", ["11/23/2026 7:20:37 PM", "2026-11-23T19:20:37.000Z"])
def test_the_fields_are_read_and_the_description_is_the_message(date: str) -> None:
    """Level, time and source come from the fields, the exception from the description, and nothing from the XML."""
    found = read(head(date=date) + CRASH + XML)
    assert [(r.first_line, r.last_line, r.level, r.logger) for r in found] == [(0, 21, Level.ERROR, "Till")]
    assert found[0].timestamp_ms == parse_timestamp("2026-11-23T19:20:37Z")
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("Acme.TillException",)
    assert "till-7" not in found[0].body


def test_a_calm_event_stays_calm_and_the_next_one_begins() -> None:
    """What is told of errors in an informational event is no error; events may follow each other without a blank."""
    calm = head("Information") + "0 errors were found in the drawer. The last check failed to find any.\n"
    found = read(calm + head("Warning", "Drawer") + "The drawer is slow.\n\nIt will be closed.\n")
    assert [(r.first_line, r.level, r.message) for r in found] == [
        (0, Level.INFO, "0 errors were found in the drawer. The last check failed to find any."),
        (11, Level.WARN, "The drawer is slow."),
    ]


def test_a_log_behind_the_description_is_not_its_part() -> None:
    """Lines with a time of their own are another program's."""
    found = read(head() + "no drawer\n2026-11-23 19:20:38 ERROR drawer gone\n")
    assert [(r.first_line, r.message) for r in found] == [(0, "no drawer"), (11, "drawer gone")]


def test_other_containers_beside_an_event_are_read_as_ever() -> None:
    """A stream without such an event has nothing to fold."""
    event = "".join(f"host-1  | {line}\n" for line in (head() + "no drawer").splitlines())
    found = read(f"web-1  | 2026-11-23 19:20:37 ERROR gone\n{event}web-1  | 2026-11-23 19:20:38 INFO back\n")
    assert [(r.service, r.message) for r in found] == [("web-1", "gone"), ("host-1", "no drawer"), ("web-1", "back")]


def test_the_same_fault_at_another_time_and_machine() -> None:
    """Neither the time nor the order of the events tells faults apart; what is described does."""
    one, other = read(head() + CRASH + head(date="1/2/2026 3:04:05 AM") + CRASH)
    (third,) = read(head() + "The drawer is stuck.\n")
    assert fingerprint(one).id == fingerprint(other).id != fingerprint(third).id


def test_powershells_list_has_other_names() -> None:
    """`Get-WinEvent | Format-List` writes the same fields with blanks before the colon."""
    text = (
        "TimeCreated      : 11/23/2026 7:20:37 PM\n"
        "ProviderName     : Till\n"
        "Id               : 7034\n"
        "LevelDisplayName : {level}\n"
        "Message          : {said}\n\n"
    )
    said = (("Error", "The till ended."), ("Information", "The till runs."))
    found = read("".join(text.format(level=level, said=told) for level, told in said))
    assert [(r.level, r.message) for r in found] == [
        (Level.ERROR, "The till ended."),
        (Level.INFO, "The till runs."),
    ]


@pytest.mark.parametrize("missing", ["Level:", "Date:", "Source:", "Description:"])
def test_an_event_without_one_of_its_fields_stays_as_it_is(missing: str) -> None:
    """Then its lines are read like any others, and none is lost."""
    lines = [line for line in (head() + "no drawer\n").splitlines() if not line.startswith(missing)]
    found = read("\n".join(lines))
    assert found[-1].last_line == len(lines) - 1
    assert {r.format for r in found} & {"windows-event"} == set()
