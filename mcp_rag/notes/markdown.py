"""Markdown notes: tables, sections with a labelled fix, question and answer pairs. Line numbers are 1-based."""

from __future__ import annotations

import re
from typing import NamedTuple

from mcp_rag.notes.note import KEPT_LABELS, MAX_NAME_CHARS, NAMES, Problem, field_of, make_note, plain_name, shortened
from mcp_rag.notes.records import Found
from mcp_rag.notes.tables import is_notes_header, is_table, plain_text, read_table, split_row, table_end

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*$")
_FENCE = re.compile(r" {0,8}(`{3,}|~{3,})")
_BULLET = re.compile(r"[ \t]{0,12}(?:[-*+]|\d{1,3}[.)])[ \t]+")
_LABEL = re.compile(rf"(\*\*|__)?([^:：*_`|]{{1,{MAX_NAME_CHARS}}})(?:([:：])(\*\*|__)?|(\*\*|__)([:：])?)[ \t]*(.*)$")
_PAIR = re.compile(r"(?:\*\*|__)?(Q|A|问|答)[ \t]?\d{0,4}[ \t]?[:：](?:\*\*|__)?[ \t]*(.*)$")
_COUNTED = re.compile(r"(?:\d{1,4}(?:\.\d{1,3}){0,3}[.)、]|[一二三四五六七八九十]{1,3}、)[ \t]*")
_PAIR_FIELDS = {"Q": "error", "问": "error", "A": "fix", "答": "fix"}
_UNDERLINE = re.compile(r"(?:={3,}|-{3,})$")
_RULE = re.compile(r"(?:-[ \t]?){3,}$|(?:\*[ \t]?){3,}$|(?:_[ \t]?){3,}$")
# Fields that are one value: what follows on the next lines belongs to the field before.
_VALUES = frozenset({"versions", "environment", "source", "title", "language", "codes"})
# Words that begin many ordinary lines: labels only when they are set in bold type.
_WEAK = frozenset({"name", "link", "reason", "why", "system", "code"})
_HASHES = re.compile(r"(?<![ \t])[ \t]++#{1,6}$")


class _Label(NamedTuple):
    field: str
    rest: str
    pair: bool = False


class _Draft:
    """One entry while it is read: text by field, and where it began."""

    def __init__(self, line: int, heading: str = "", level: int = 0) -> None:
        self.line, self.heading, self.level = line, heading, level
        self.parts: dict[str, list[str]] = {}
        self.field = ""  # the field that the next line belongs to; "" is the text before any label
        self.field_level = 0  # the level of the heading that opened the field, 0 for an inline label

    def open(self, field: str, rest: str, level: int = 0) -> None:
        part = self.parts.setdefault(field, [])
        if field in _VALUES and rest.strip():
            part.append(rest)
            return
        self.field, self.field_level = field, level
        if part and part[-1].strip():
            part.append("")
        if rest.strip():
            part.append(rest)

    def add(self, line: str) -> None:
        self.parts.setdefault(self.field, []).append(line)

    def text(self, field: str) -> str:
        return "\n".join(self.parts.get(field, [])).strip("\n ")

    def has(self, field: str) -> bool:
        return bool(self.text(field))


class _Reader:
    """Goes through the lines once, with the entry being read in `draft`."""

    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip("\r") for line in text.lstrip("\ufeff").split("\n")]
        self.found: list[Found] = []
        self.problems: list[Problem] = []
        self.draft = _Draft(1)
        self.fence = ""
        # `Q:` and `A:` are labels only where both occur: a lone "A:" is a drive or a list.
        bare = (_BULLET.sub("", line.lstrip("# \t"), count=1) for line in self.lines)
        marks = {match.group(1) for line in bare if (match := _PAIR.match(line))}
        self.pairs = {"Q", "A"} <= marks or {"问", "答"} <= marks

    def run(self) -> None:
        index = self._front_matter()
        while index < len(self.lines):
            line = self.lines[index]
            if self._in_fence(line):
                self.draft.add(line)
            elif is_table(self.lines, index):
                index = self._table(index)
                continue
            elif match := _HEADING.match(line):
                self._heading(index, len(match.group(1)), _HASHES.sub("", match.group(2) or ""))
            elif level := self._underlined(index):
                self._heading(index, level, line)
                index += 1
            elif label := self._label(line):
                self._labelled(index, label)
            elif not (_is_comment(line) or _RULE.match(line.strip())):
                self.draft.add(line)
            index += 1
        if self.fence:
            self.problems.append(Problem(len(self.lines), "A code block is not closed; it reaches to the end."))
        self._flush()

    def _front_matter(self) -> int:
        if self.lines[0].strip() != "---":
            return 0
        for index, line in enumerate(self.lines[1:60], 1):
            if line.strip() == "---":
                return index + 1
        return 0

    def _underlined(self, index: int) -> int:
        """The level of a heading that is marked by a line of `=` or `-` below it, 0 for other lines."""
        before = self.lines[index - 1].strip() if index else ""
        alone = not before or bool(_RULE.match(before))
        if not alone or index + 1 >= len(self.lines) or not self.lines[index].strip():
            return 0
        below = self.lines[index + 1].strip()
        return (1 if below[0] == "=" else 2) if _UNDERLINE.match(below) else 0

    def _in_fence(self, line: str) -> bool:
        """True for a line of a fenced code block, its fences included."""
        match = _FENCE.match(line)
        if self.fence:
            bare = line.strip()
            if match and bare.startswith(self.fence) and not bare.strip(self.fence[0]):
                self.fence = ""
            return True
        if match:
            self.fence = match.group(1)
        return bool(match)

    def _table(self, index: int) -> int:
        end = table_end(self.lines, index)
        if is_notes_header(self.lines[index]):
            found, problems = read_table(self.lines, index, end)
            self.found += found
            self.problems += problems
        elif self.draft.field == "fix":
            for line in self.lines[index:end]:
                self.draft.add(line)
        else:
            names = ", ".join(split_row(self.lines[index]))
            self.problems.append(
                Problem(index + 1, f"The table with the columns {shortened(names)} has no error and fix column.")
            )
        return end

    def _heading(self, index: int, level: int, text: str) -> None:
        draft = self.draft
        field = field_of(text)
        whole_draft = draft.has("fix") and field == "error"
        if field and (draft.heading or draft.parts) and level >= draft.level and not whole_draft:
            draft.open(field, "", level)
        elif draft.field_level and level > draft.field_level and draft.has("fix"):
            draft.add(self.lines[index])
        else:
            self._flush()
            self.draft = _Draft(index + 1, text.strip(), level)
            if field:
                self.draft.heading = ""
                self.draft.open(field, "", level)

    def _label(self, line: str) -> _Label | None:
        bare = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
        indented = len(bare) - len(bare.lstrip())
        bare = bare.strip()
        if indented > 3 or not bare:
            return None
        if self.pairs and (match := _PAIR.match(bare)):
            return _Label(_PAIR_FIELDS[match.group(1)], match.group(2).removesuffix("**"), pair=True)
        match = _LABEL.match(bare)
        if not match:
            return None
        opened, name, _, closed_after, closed_before, _, rest = match.groups()
        if opened and rest.endswith(opened) and not (closed_after or closed_before):
            rest = rest.removesuffix(opened)
        elif bool(opened) != bool(closed_after or closed_before):
            return None
        field = field_of(name)
        if not field or (plain_name(name) in _WEAK and not opened):
            return None
        if field == "error" and not opened and plain_name(name) in KEPT_LABELS:
            return _Label("error", bare) if self.draft.field != "fix" and not self.draft.has("error") else None
        return _Label(field, rest)

    def _labelled(self, index: int, label: _Label) -> None:
        draft = self.draft
        if label.field == "error" and (draft.has("fix") or label.pair):
            self._flush()
            self.draft = draft = _Draft(index + 1, "", draft.level)
        if not draft.heading and not draft.parts:
            draft.line = index + 1
        draft.open(label.field, label.rest)

    def _flush(self) -> None:
        """Turn the draft into a note, or into a problem when it holds text that becomes none."""
        draft, before = self.draft, self.draft.text("")
        if not draft.has("fix"):
            if draft.has("error") or before:
                what = draft.heading or draft.text("error") or before
                self.problems.append(Problem(draft.line, f"The text under {shortened(what)} names no fix: not read."))
            return
        values = {field: draft.text(field) for field in NAMES}
        code, prose = _split_code(before)
        heading = _plain_heading(draft.heading)
        if values["error"]:
            values["error"] = _unfenced(values["error"])
            prose = before
        elif code:
            values["error"] = code
        else:
            values["error"], heading = heading, ""
        values["title"] = values["title"] or heading
        if prose:
            values["fix"] = f"{prose}\n\n{values['fix']}"
        self.found.append((draft.line, make_note(values)))


def from_markdown(text: str) -> tuple[list[Found], list[Problem]]:
    """Every note of a Markdown text with its line, and what was not read."""
    reader = _Reader(text)
    reader.run()
    return reader.found, reader.problems


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("<!--") and line.rstrip().endswith("-->")


def _plain_heading(heading: str) -> str:
    """The heading as the tool printed it: numbering, `Problem 3:` and code marks are taken off."""
    text = _COUNTED.sub("", heading.strip(), count=1)
    if (match := _LABEL.match(text)) and match.group(7):
        name = plain_name(match.group(2))
        if field_of(name) == "error" and name not in KEPT_LABELS:
            text = match.group(7)
    if match := _PAIR.match(text):
        text = match.group(2)
    return plain_text(text)


def _split_code(text: str) -> tuple[str, str]:
    """The fenced code of a text, and the rest of it."""
    code: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else match.group(1)
            continue
        (code if fence else prose).append(line)
    return "\n".join(code).strip("\n"), "\n".join(prose).strip("\n ")


def _unfenced(text: str) -> str:
    """An error text as plain text: the code alone when all of it is fenced, else without the fences' lines."""
    code, prose = _split_code(text)
    if code and prose:
        return f"{plain_text(prose)}\n{code}"
    return code or plain_text(prose)
