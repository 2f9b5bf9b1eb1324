"""Secrets that a name gives away elsewhere than beside a separator: options of command lines, columns of tables, and
values that tracers print below source lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_fields import NAME, kind_of, read_value
from mcp_rag.redact_shapes import Found
from mcp_rag.redact_values import is_secret

# No option that takes a secret.
FLAG_HINT = re.compile("pass|pwd|secret|token|key|auth|credential")
_FLAG = re.compile(
    r"(?<![\w-])--?[a-z0-9-]{0,30}?(?:(?P<password>password|passwd|passphrase|pass|pwd|storepass|keypass)"
    r"|(?P<secret>secret)|(?P<token>token)|(?P<key>(?:api|access|secret|account|private|auth|license|encryption)-?key|auth|credentials?))"
    r"(?:\s\\\r?\n\s{0,40}|\s{1,3}|[\"'],\s{0,2}(?=[\"']))"
)


def find_flags(text: str, folded: str) -> Iterator[Found]:
    """`--password VALUE`, `-token VALUE`, and the same as a list of quoted arguments."""
    for match in _FLAG.finditer(folded):
        span = read_value(text, match.end())
        if span is None or text[span[0]] == "-":
            continue
        start, end, quoted = span
        name = str(match.lastgroup)
        if is_secret(name, text[start:end], quoted=quoted, strict=not quoted, after=text[end : end + 8]):
            yield Found(start, end, kind_of(name, name))


# A cell that holds only the name, also with words around it (`db_password`, `User Password`).
_COLUMN_END = re.compile(r"(?:[_ -]?(?:hash|value|enc(?:rypted)?|plain|old|new|\d))?")


def class_of_column(header: str) -> str:
    """The class of a column by its header in small letters; "" for one that holds no secrets."""
    for match in NAME.finditer(header):
        if _COLUMN_END.fullmatch(header, match.end()):
            return str(match.lastgroup)
    return ""


_MARK = re.compile(r"[└╰] {1,3}")
_IDENTIFIER = re.compile(r"[\w.]{1,80}")


def find_dumps(text: str) -> Iterator[Found]:
    """Values that a tracer printed below a source line, each under its variable (`└ 'value'`)."""
    source, offset = "", 0
    for line in text.split("\n"):
        mark = _MARK.search(line)
        if mark is None:
            if "│" not in line:
                source = line
        else:
            identifier = _IDENTIFIER.match(source, mark.start())
            match = NAME.search(identifier.group().lower()) if identifier else None
            span = read_value(line, mark.end()) if match else None
            if match and span and is_secret(str(match.lastgroup), line[span[0] : span[1]], quoted=True, strict=False):
                yield Found(offset + span[0], offset + span[1], kind_of(str(match.lastgroup), match.group()))
        offset += len(line) + 1
