"""Windows events copied as text: one field a line, the description below them. Folded into one line of the viewer's
own list, whose format says what its columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence

FORMAT = "windows-event-text"
MAX_LINES = 400
_FIELD = re.compile(r"([A-Z][A-Za-z]{1,20}(?: [A-Za-z]{1,12}){0,2}) {0,24}:[ \t]*+(.*)$")
_NEEDED = ("source", "date", "level")
# As `Get-WinEvent | Format-List` calls them.
_NAMES = {"providername": "source", "timecreated": "date", "leveldisplayname": "level", "id": "event id"}
_DESCRIPTION = frozenset({"description", "message"})
_LEVELS = frozenset({"Information", "Warning", "Error", "Critical", "Verbose"})
_XML, _XML_END = "Event Xml:", "</Event>"


def folded_event(texts: Sequence[str], timed: Sequence[bool]) -> tuple[str, int] | None:
    """The event whose first field is the first of `texts`, as one line with its description on the lines below, and how
    many lines it took; None where a field is missing. `timed` says which lines have a header with a time: behind the
    description that is another program's."""
    fields: dict[str, str] = {}
    told: list[str] = []
    for at, text in enumerate(texts):
        found = _FIELD.match(text)
        if found is None:
            return None
        name = found[1].lower()
        name = _NAMES.get(name, name)
        if name not in _DESCRIPTION:
            fields.setdefault(name, found[2].strip())
            continue
        if fields.get("level") not in _LEVELS or not all(map(fields.get, _NEEDED)):
            return None
        told += [found[2]] if found[2].strip() else []
        end = _described(texts, at + 1, told, timed)
        columns = (fields["level"], fields["date"], fields["source"], fields.get("event id") or "0")
        said = "\n".join(told).rstrip()
        return "\t".join((*columns, fields.get("task category", ""), said)), end
    return None


def _described(texts: Sequence[str], at: int, told: list[str], timed: Sequence[bool]) -> int:
    """Take the lines of the description, up to the event as XML or two blank lines. Where the next line is."""
    while at < len(texts) and not timed[at]:
        text = texts[at]
        if text.startswith(_XML):
            return next((n + 1 for n in range(at, len(texts)) if texts[n].rstrip() == _XML_END), at)
        if not text.strip() and not "".join(texts[at + 1 : at + 2]).strip():
            return at
        told.append(text)
        at += 1
    return at
