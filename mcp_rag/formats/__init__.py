"""Log formats: recognise the header of a line, read JSON records, take off container prefixes.

Pure and synchronous. A new text format is one `TextFormat` entry in the table of its family, one test, and one line in
docs/formats.md.
"""

from __future__ import annotations

from mcp_rag.formats.base import LogFormat, TextFormat
from mcp_rag.formats.envelopes import unwrap
from mcp_rag.formats.json import JsonFormat, decode_json
from mcp_rag.formats.levels import level_from_words, level_of
from mcp_rag.formats.registry import (
    CARRIED,
    CARRIERS,
    FALLBACKS,
    FORMATS,
    GENERIC,
    LEVEL_PREFIXES,
    TIMED,
    TWO_LINE_FORMATS,
    by_name,
    forced,
    match,
    vote,
)
from mcp_rag.formats.wrappers import EnvelopeFormat

__all__ = [
    "CARRIED",
    "CARRIERS",
    "FALLBACKS",
    "FORMATS",
    "GENERIC",
    "LEVEL_PREFIXES",
    "TIMED",
    "TWO_LINE_FORMATS",
    "EnvelopeFormat",
    "JsonFormat",
    "LogFormat",
    "TextFormat",
    "by_name",
    "decode_json",
    "forced",
    "level_from_words",
    "level_of",
    "match",
    "unwrap",
    "vote",
]
