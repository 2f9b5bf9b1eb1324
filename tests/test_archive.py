"""The backup file: whole or refused, readable across versions, private, and exact."""

from __future__ import annotations

import base64
import dataclasses
import gc
import gzip
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.archive import BackupFile, BackupWriter, Header
from mcp_rag.errors import InputError
from mcp_rag.portable import CONVERTERS, KINDS, TYPES, Row, from_json, row_digest, to_json
from mcp_rag.rows import Kind, ResolutionOutcome
from tests.fakes import hex_id
from tests.knowledge_rows import block, group, resolution

pytestmark = pytest.mark.anyio

VECTOR = (0.6, 0.8, 0.0)
ROWS: dict[Kind, list[Row]] = {
    "errors": [group("one", 'quote " \\ é 漢 🙂\n\x00', vector=VECTOR), group("two", "two", vector=VECTOR)],
    "resolutions": [resolution("fix", "one")],
    "blocks": [dataclasses.replace(block("b", {"one": 3, "two": 1}), applied=True)],
}


def header(**changes: Any) -> Header:
    """The header of ROWS."""
    made = Header(
        package_version="0.1.0",
        schema_version=1,
        embedding_model="hash@3",
        dimension=3,
        redaction_version=2,
        counts={kind: len(rows) for kind, rows in ROWS.items()},
        created_ms=5,
        kb="team",
    )
    return dataclasses.replace(made, **changes)


def write(path: Path, head: Header | None = None) -> Path:
    """A backup of ROWS."""
    writer = BackupWriter(path, head or header())
    for kind in KINDS:
        writer.add(kind, ROWS[kind])
    assert writer.finish() == path.stat().st_size
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a backup."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rewrite(path: Path, objects: list[dict[str, Any]]) -> Path:
    """A backup with other objects and a trailer that fits them."""
    body = b"".join(json.dumps(o).encode() + b"\n" for o in objects[:-1])
    trailer = {**objects[-1], "sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(gzip.compress(body + json.dumps(trailer).encode() + b"\n"))
    return path


async def read(path: Path) -> tuple[Header, dict[str, list[Row]]]:
    """Header and rows of a checked file."""
    file = BackupFile(path)
    head = file.check()
    return head, {kind: [row async for rows in file.batches(kind) for row in rows] for kind in KINDS}


async def test_rows_come_back_as_written(tmp_path: Path) -> None:
    """Header and rows survive exactly, vectors as float32; the ids are those of the rows."""
    path = write(tmp_path / "a.gz")
    head, rows = await read(path)
    assert head == header()
    for kind in KINDS:
        assert [row_digest(r) for r in rows[kind]] == [row_digest(r) for r in ROWS[kind]]
    assert rows["resolutions"] == ROWS["resolutions"]
    assert rows["blocks"] == ROWS["blocks"]


def test_the_header_names_versions_model_and_counts(tmp_path: Path) -> None:
    """The first line says what the file is, without reading further."""
    first = lines(write(tmp_path / "a.gz"))[0]
    assert first["format"] == "mcp-rag backup"
    assert first["format_version"] == 1
    assert {"package_version", "schema_version", "embedding_model", "dimension", "redaction_version"} <= first.keys()
    assert first["counts"] == {"errors": 2, "resolutions": 1, "blocks": 1}


def test_every_torn_file_is_refused(tmp_path: Path) -> None:
    """Cut at any of many places, a file is refused, whatever the cut leaves readable."""
    data = write(tmp_path / "a.gz").read_bytes()
    torn = tmp_path / "torn.gz"
    for length in [*range(0, len(data), 7), len(data) - 1, len(data) - 8]:
        torn.write_bytes(data[:length])
        with pytest.raises(InputError):
            BackupFile(torn).check()


def test_flipped_bits_are_refused(tmp_path: Path) -> None:
    """A file damaged in its middle is refused (gzip's checksum, or ours)."""
    data = bytearray(write(tmp_path / "a.gz").read_bytes())
    broken = tmp_path / "broken.gz"
    for place in range(10, len(data), 11):
        changed = bytearray(data)
        changed[place] ^= 0x10
        broken.write_bytes(changed)
        with pytest.raises(InputError):
            BackupFile(broken).check()


Change = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda o: [{**o[0], "format": "other"}, *o[1:]], "not a backup"),
        (lambda o: [{**o[0], "format_version": 2}, *o[1:]], "format 2"),
        (lambda o: [{**o[0], "dimension": "many"}, *o[1:]], "header"),
        (lambda o: [{**o[0], "dimension": 4}, *o[1:]], "another dimension"),
        (lambda o: [o[0], *o[2:-1], {**o[-1], "rows": 3}], "other rows than it says"),
        (lambda o: [*o[:-1], {**o[-1], "rows": 9}], "not whole"),
        (lambda o: [o[0], {"kind": "errors", "row": {"id": 5}}, *o[2:]], "cannot be read"),
        (lambda o: [o[0], {"kind": "errors", "row": [1]}, *o[2:]], "cannot be read"),
        (lambda o: [o[0], {**o[1], "row": {**o[1]["row"], "vector": "AADAfwAAwH8AAMB/"}}, *o[2:]], "cannot be read"),
    ],
)
def test_foreign_and_contradicting_files_are_refused(tmp_path: Path, change: Change, said: str) -> None:
    """A file whose digest is right but which is not ours, too new, or says other than it holds (NaN vectors too)."""
    path = write(tmp_path / "a.gz")
    with pytest.raises(InputError, match=said):
        BackupFile(rewrite(path, change(lines(path)))).check()


def changed(kind: str, **values: Any) -> Change:
    """The first row of a collection with other values."""

    def change(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        at = next(n for n, o in enumerate(objects) if o.get("kind") == kind)
        return [*objects[:at], {"kind": kind, "row": {**objects[at]["row"], **values}}, *objects[at + 1 :]]

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed("errors", id='x"] or id != "'),
        changed("errors", id="A" * 32),
        changed("errors", vector=None),
        changed("errors", vector=base64.b64encode(bytes(12)).decode()),
        changed("errors", count=2**63),
        changed("errors", timeline={"0": 2**63}),
        changed("errors", sparse={"-1": 1.0}),
        changed("errors", sparse={"5": 0.0}),
        changed("errors", sparse={"5": float("nan")}),
        changed("resolutions", error_id="nobody"),
        changed("resolutions", superseded_by="nobody"),
        changed("blocks", head="zz"),
        changed("blocks", size_bytes=2**63),
        changed("blocks", marks="AAAAA"),
        changed("blocks", first_seen={}),
        changed("blocks", counts={"zz": {"1": 1}}, first_seen={"zz": 1}, last_seen={"zz": 1}),
    ],
)
def test_a_row_that_no_store_takes_is_found_first(tmp_path: Path, change: Change) -> None:
    """Before anything is written, and before `--replace` deletes anything to make room for it."""
    path = write(tmp_path / "a.gz")
    with pytest.raises(InputError, match=r"no store takes .*nothing was changed"):
        BackupFile(rewrite(path, change(lines(path)))).check()


@pytest.mark.parametrize(
    "content", [b"", b"hello", gzip.compress(b"hello\n", mtime=0), gzip.compress(b'{"a": 1}\n', mtime=0), b"\x1f\x8b"]
)
def test_other_files_are_named_as_such(tmp_path: Path, content: bytes) -> None:
    """Something else entirely is said to be no backup."""
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a backup"):
        BackupFile(path).check()


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is said not to be there."""
    with pytest.raises(InputError, match="does not exist"):
        BackupFile(tmp_path / "none").check()


async def test_fields_of_other_versions(tmp_path: Path) -> None:
    """Unknown fields, collections and header entries are ignored; missing fields get their defaults."""
    path = write(tmp_path / "a.gz")
    objects = lines(path)
    objects[0] |= {"mood": "good"}
    objects[1]["row"] |= {"colour": "red"}
    del objects[1]["row"]["frames"]
    objects.insert(1, {"kind": "annotations", "row": {}})
    head, rows = await read(rewrite(path, objects))
    assert head == header()
    first = rows["errors"][0]
    assert getattr(first, "frames") == ()  # noqa: B009 - rows of all kinds share one type here
    assert first.id == hex_id("one")


def test_nothing_stands_under_the_name_before_the_end(tmp_path: Path) -> None:
    """An abandoned backup leaves no file; a finished one is private to its user; an existing file is never replaced."""
    path = tmp_path / "a.gz"
    writer = BackupWriter(path, header())
    writer.add("errors", ROWS["errors"])
    assert not path.exists()
    writer.discard()
    assert list(tmp_path.iterdir()) == []
    write(path)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="exists already"):
        BackupWriter(path, header())
    with pytest.raises(InputError, match="cannot be written"):
        BackupWriter(tmp_path / "no" / "a.gz", header())


def test_every_field_has_a_converter() -> None:
    """A new field of a row cannot be forgotten in a backup: its type must be one that is read and checked."""
    for cls in (*TYPES.values(), ResolutionOutcome):
        for field in dataclasses.fields(cls):
            assert str(field.type) in CONVERTERS, field.name


def test_every_row_survives_json() -> None:
    """Each kind of row equals itself after JSON, but for what is never stored."""
    for kind in KINDS:
        for row in ROWS[kind]:
            back = from_json(kind, json.loads(json.dumps(to_json(row))))
            assert row_digest(back) == row_digest(row)


def test_an_abandoned_backup_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is left to be written when it is collected: Python 3.12 and later would complain on stderr."""
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    writer = BackupWriter(tmp_path / "a.gz", header())
    writer.add("errors", ROWS["errors"])
    writer.discard()
    with pytest.raises(ValueError, match=r"closed"):
        writer.add("errors", ROWS["errors"])
    del writer
    gc.collect()
    assert complaints == []


@pytest.mark.skipif(os.name != "posix", reason="file locks")
def test_what_a_killed_backup_left_is_removed(tmp_path: Path) -> None:
    """The next backup of that name removes it and names it; that of a living process, of other names and the user's
    own files stay."""
    path = tmp_path / "a.gz"
    kept = {".a.gz.partial", ".b.gz.11.partial", ".a.gz.x.partial", "a.gz.12.partial", ".a.gz.13.partial2"}
    for name in {*kept, ".a.gz.99999.partial"}:
        (tmp_path / name).write_bytes(b"half a backup")
    (tmp_path / ".a.gz.55.partial").mkdir()
    living = BackupWriter(path, header())
    second = BackupWriter(tmp_path / "b.gz", header())
    os.rename(f"{tmp_path}/.a.gz.{os.getpid()}.partial", f"{tmp_path}/.a.gz.1.partial")  # noqa: PTH104 - as another's
    writer = BackupWriter(path, header())
    assert living.leftovers == [".a.gz.99999.partial"]
    assert second.leftovers == [".b.gz.11.partial"]
    assert writer.leftovers == []
    assert (tmp_path / ".a.gz.1.partial").exists()
    assert {p.name for p in tmp_path.iterdir()} >= kept - {".b.gz.11.partial"} | {".a.gz.55.partial"}
    for each in (living, second, writer):
        each.discard()


def test_a_name_taken_meanwhile_is_told(tmp_path: Path) -> None:
    """A directory that vanished before the end: one clear error, not a traceback."""
    (tmp_path / "d").mkdir()
    writer = BackupWriter(tmp_path / "d" / "a.gz", header())
    shutil.rmtree(tmp_path / "d")
    with pytest.raises(InputError, match="could not be written to its end"):
        writer.finish()
    writer.discard()
