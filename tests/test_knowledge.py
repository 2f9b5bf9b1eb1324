"""The starter pack: every entry is complete, checked, distinct, and found under what its tool prints."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources

import pytest

from mcp_rag import knowledge
from mcp_rag.fingerprint import fingerprint
from mcp_rag.notes import Note
from mcp_rag.query import understand
from mcp_rag.redact import Redactor
from mcp_rag.versions import conflicts

FIELDS = {"title", "error", "fix", "versions", "environment", "language", "codes", "source", "checked"}
ROWS = [
    json.loads(line)
    for line in resources.files(knowledge).joinpath("starter.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
NOTES = knowledge.load()
TITLES = [note.title for note in NOTES]


def titled(title: str) -> Note:
    return next(note for note in NOTES if note.title == title)


def test_load() -> None:
    """Every line of the file is one note, the call is repeatable and reads the file once."""
    assert len(NOTES) == len(ROWS) >= 60
    assert knowledge.load() is NOTES
    assert {note.source for note in NOTES} == {knowledge.STARTER_SOURCE}
    assert knowledge.STARTER_VERSION >= 1


@pytest.mark.parametrize("row", ROWS, ids=TITLES)
def test_entry_is_complete(row: dict[str, object]) -> None:
    """An entry has all fields, says how it was checked, and its fix has one primary way first."""
    assert set(row) == FIELDS
    assert all(isinstance(row[key], str) for key in FIELDS - {"codes"})
    for key in ("title", "error", "fix", "source", "checked"):
        assert str(row[key]).strip() == row[key] != ""
    assert re.search(r"\b(ran|run|wording|threads?|documentation|source|message|produced)\b", str(row["checked"]))
    assert not str(row["fix"]).startswith(("-", "Alternatives"))
    assert "`" in str(row["fix"])


@pytest.mark.parametrize("note", NOTES, ids=TITLES)
def test_entry_is_read_as_one_error(note: Note) -> None:
    """The printed text is understood as an error whose words are the entry's own, and nothing in it is a secret."""
    gate = Redactor(ips=False, emails=False)
    query = understand(note.error, gate)
    assert query.events
    assert len(fingerprint(query.events[0]).template) >= 10
    assert gate(note.fix) == note.fix
    assert "REDACTED" not in gate(note.error)
    assert len(note.error) < 2_000
    assert len(note.fix) < 1_500


def test_entries_are_distinct() -> None:
    """No two entries share a title, an error or a fingerprint: each would hide the other."""
    for values in (TITLES, [note.error for note in NOTES]):
        assert len(set(values)) == len(values)
    ids = Counter(fingerprint(understand(note.error, Redactor()).events[0]).id for note in NOTES)
    assert ids.most_common(1)[0][1] == 1


def test_no_private_paths() -> None:
    """Traces show neutral places only."""
    text = "\n".join(note.error + note.fix for note in NOTES)
    assert not re.findall(r"/(?:work|root|tmp|home/\w+|Users/\w+)/", text)


@pytest.mark.parametrize(
    ("title", "must"),
    [
        ("np.float was removed", ("np.float64", "numpy<1.24")),
        ("numpy _ARRAY_API not found", ("numpy<2",)),
        ("SystemError: PY_SSIZE_T_CLEAN macro", ("#define PY_SSIZE_T_CLEAN",)),
        ("vLLM: 'aimv2' is already used by a Transformers config", ("vllm>=0.10",)),
        ("vLLM: torch.compile fails at start-up", ("--enforce-eager", "TORCH_COMPILE_DISABLE=1", "never did")),
        ("Postgres: deadlock detected", ("40P01",)),
        ("Kubernetes: OOMKilled, exit code 137", ("resources.limits.memory",)),
    ],
)
def test_named_entries(title: str, must: tuple[str, ...]) -> None:
    """The entries that the documentation names give the fix that holds today."""
    assert all(part in titled(title).fix for part in must)


@pytest.mark.parametrize(
    ("title", "seen", "stale"),
    [
        ("np.float was removed", "numpy 1.26.4", False),
        ("np.float was removed", "numpy 1.22.0", True),
        ("vLLM: 'aimv2' is already used by a Transformers config", "vllm 0.9.2", False),
        ("vLLM: 'aimv2' is already used by a Transformers config", "vllm 0.12.0", True),
        ("Node: require() of an ES module", "node 20.20.2", False),
        ("Node: require() of an ES module", "node 22.13.0", True),
    ],
)
def test_version_ranges_are_understood(title: str, seen: str, stale: bool) -> None:
    """A range as the pack writes it is compared with a version that a paste states."""
    assert conflicts(titled(title).versions, (seen,)) is stale
