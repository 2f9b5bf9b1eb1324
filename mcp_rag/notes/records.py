"""Notes as records: CSV with a header, JSON Lines, a JSON array. Line numbers are 1-based."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence

from mcp_rag.errors import InputError
from mcp_rag.notes.note import SHAPES, Note, Problem, field_of, make_note, shortened

Found = tuple[int, Note | str]
DELIMITERS = ",;\t"
_SPACE = " \t\r\n,"


def header_of(line: str, delimiter: str) -> list[str]:
    """The field of each column of a header line ("" for an unknown one)."""
    cells = next(iter(csv.reader([line], delimiter=delimiter)), [])
    return [field_of(cell) for cell in cells]


def delimiter_of(line: str) -> str:
    """The delimiter under which the line is a header with an error and a fix column, or ""."""
    for delimiter in DELIMITERS:
        try:
            fields = header_of(line, delimiter)
        except csv.Error:
            continue
        if "error" in fields and "fix" in fields:
            return delimiter
    return ""


def from_csv(text: str) -> tuple[list[Found], list[Problem]]:
    """Rows of an RFC 4180 file with the delimiter `,`, `;` or tab. Raises InputError without a usable header."""
    body = text.lstrip("\ufeff\r\n")
    skipped = text[: len(text) - len(body)].count("\n")
    head = body.split("\n", 1)[0].rstrip("\r")
    delimiter = delimiter_of(head)
    if not delimiter:
        raise InputError(f"The header {shortened(head)} names no error and fix column.", SHAPES)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    names = next(reader)
    fields = [field_of(name) for name in names]
    problems = repeated_columns(names, fields, skipped + 1)
    found: list[Found] = []
    start = reader.line_num
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return found, problems
        except csv.Error as error:
            problems.append(Problem(skipped + start + 1, f"From here on the file is not valid CSV ({error})."))
            return found, problems
        line, start = skipped + start + 1, reader.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(fields):
            problems.append(Problem(line, f"The row has {len(row)} cells, the header {len(fields)}."))
            continue
        found.append((line, make_note(columns(fields, row))))


def columns(fields: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """Cells by field; the first of two columns with the same meaning wins (repeated_columns reports the others)."""
    values: dict[str, str] = {}
    for field, cell in zip(fields, row, strict=True):
        if field:
            values.setdefault(field, cell)
    return values


def repeated_columns(names: Sequence[str], fields: Sequence[str], line: int) -> list[Problem]:
    """One problem for each column that is not used: unknown, or a second one of the same meaning."""
    problems, seen = [], set[str]()
    for name, field in zip(names, fields, strict=True):
        if not field:
            problems.append(Problem(line, f"The column {shortened(name)} is not one that notes have; it is not used."))
        elif field in seen:
            problems.append(Problem(line, f"The column {shortened(name)} repeats the {field} column; it is not used."))
        seen.add(field)
    return problems


def from_json_lines(text: str) -> tuple[list[Found], list[Problem]]:
    """One JSON object a line; blank lines are allowed."""
    found: list[Found] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(number, f"The line is not JSON ({_reason(error)})."))
            continue
        found += _objects(value, number, problems)
    return found, problems


def from_json(text: str) -> tuple[list[Found], list[Problem]]:
    """An array of objects, or one object. Raises InputError when the text is not JSON."""
    problems: list[Problem] = []
    found: list[Found] = []
    try:
        for line, value in _items(text):
            found += _objects(value, line, problems)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The file is not valid JSON ({_reason(error)}).", SHAPES) from error
    return found, problems


def _items(text: str) -> Iterator[tuple[int, object]]:
    """Each element of a top-level array with its line; another value alone. Raises ValueError."""
    body = text.lstrip("\ufeff")
    whole = json.loads(body)
    if not isinstance(whole, list):
        yield 1, whole
        return
    # The text is valid, so the elements can be walked without checking the commas between them again.
    decoder, position, line, counted = json.JSONDecoder(), body.index("[") + 1, 1, 0
    for value in whole:
        while body[position] in _SPACE:
            position += 1
        line += body.count("\n", counted, position)
        counted = position
        _, position = decoder.raw_decode(body, position)
        yield line, value


def _objects(value: object, line: int, problems: list[Problem]) -> list[Found]:
    if not isinstance(value, dict):
        problems.append(Problem(line, f"An object with error and fix was expected, not {shortened(repr(value))}."))
        return []
    values: dict[str, str] = {}
    codes: list[str] = []
    for key, content in value.items():
        field = field_of(str(key))
        if not field:
            problems.append(Problem(line, f"The key {shortened(str(key))} is not one that notes have; it is not used."))
        elif field in values:
            problems.append(Problem(line, f"The key {shortened(str(key))} repeats the {field}; it is not used."))
        elif field == "codes" and isinstance(content, list) and all(isinstance(code, str) for code in content):
            codes += content
        elif isinstance(content, str):
            values[field] = content
        elif content is not None:
            problems.append(Problem(line, f"The value of {shortened(str(key))} is not text; it is not used."))
    return [(line, make_note(values, codes))]


def _reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()}, line {error.lineno} column {error.colno}"
    return "too deeply nested" if isinstance(error, RecursionError) else "a number is too long"
