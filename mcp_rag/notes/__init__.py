"""Notes files: what people wrote down about errors and their fixes, read into entries. Pure: text in, entries out."""

from __future__ import annotations

import re

from mcp_rag.errors import InputError
from mcp_rag.notes.markdown import from_markdown
from mcp_rag.notes.note import SHAPES, Note, NotesReport, Problem
from mcp_rag.notes.records import Found, delimiter_of, from_csv, from_json, from_json_lines

__all__ = ["MAX_NOTES_BYTES", "SHAPES", "Note", "NotesReport", "Problem", "parse_notes"]

MAX_NOTES_BYTES = 16 * 1024 * 1024
_BY_NAME = {
    **dict.fromkeys(("md", "markdown", "mdx", "mdown"), "markdown"),
    **dict.fromkeys(("csv", "tsv"), "csv"),
    **dict.fromkeys(("jsonl", "ndjson"), "jsonl"),
    "json": "json",
}
_READERS = {"markdown": from_markdown, "csv": from_csv, "jsonl": from_json_lines, "json": from_json}


def parse_notes(text: str, name: str) -> NotesReport:
    """Read the notes of a file. `name` is its name: the ending decides the shape, else the content does.

    Nothing is left out in silence: what is not a note is a Problem with its line. The same error and fix twice is one
    note. At most MAX_NOTES_BYTES bytes of text. Raises InputError, which lists the accepted shapes, when no note is
    found at all.
    """
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > MAX_NOTES_BYTES:
        raise InputError(
            f"The notes are {size_bytes:,} bytes long; the limit is {MAX_NOTES_BYTES:,}.", "Split the file."
        )
    shown = name.replace("\\", "/").rsplit("/", 1)[-1] or "the text"
    if not text.strip("\ufeff \t\r\n"):
        raise InputError(f"{shown} is empty.", SHAPES)
    shape = _shape(text, name)
    found, problems = _READERS[shape](text)
    notes, doubts = _distinct(found)
    problems = sorted([*problems, *doubts])
    if not notes:
        first = f" Line {problems[0].line}: {problems[0].text}" if problems else ""
        raise InputError(f"No note was found in {shown} (read as {shape}).{first}", SHAPES)
    return NotesReport(shape=shape, notes=notes, problems=tuple(problems))


def _shape(text: str, name: str) -> str:
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    shape = _BY_NAME.get(ending, "")
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if shape == "json" or (not shape and start in ("{", "[")):
        # Many tools write one object a line into a file called .json.
        return "jsonl" if start == "{" and re.search(r"\}\r?\n[ \t\r\n]{0,20}\{", text) else "json"
    if not shape:
        head = text.lstrip("\ufeff\r\n").split("\n", 1)[0].rstrip("\r")
        return "csv" if not head.lstrip().startswith("|") and delimiter_of(head) else "markdown"
    return shape


def _distinct(found: list[Found]) -> tuple[tuple[Note, ...], list[Problem]]:
    lines: dict[tuple[str, str], int] = {}
    notes: list[Note] = []
    problems: list[Problem] = []
    for line, note in found:
        if isinstance(note, str):
            problems.append(Problem(line, note))
        elif (note.error, note.fix) in lines:
            problems.append(Problem(line, f"The same error and fix are given at line {lines[note.error, note.fix]}."))
        else:
            lines[note.error, note.fix] = line
            notes.append(note)
    return tuple(notes), problems
