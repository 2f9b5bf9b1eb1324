"""Placeholder until the importer lands."""
from __future__ import annotations
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Note:
    error: str
    fix: str
    title: str = ""
    versions: str = ""
    environment: str = ""
    source: str = ""
    language: str = ""
    codes: tuple[str, ...] = ()
def parse_notes(text: str, name: str):
    raise NotImplementedError
