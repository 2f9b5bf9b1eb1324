"""The backup file: one gzip of JSON lines. A header, then every row, then a trailer with the digest of all before it.

    {"format": "mcp-rag backup", "format_version": 1, "package_version": ..., "counts": {...}, ...}
    {"kind": "errors", "row": {...}}
    {"kind": "trailer", "rows": 1234, "sha256": "..."}

A file is written beside its name and renamed when it is whole. It is read through once, to the trailer, before anyone
acts on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from mcp_rag.errors import InputError
from mcp_rag.portable import KINDS, Row, from_json, storable, to_json
from mcp_rag.rows import Kind

FORMAT = "mcp-rag backup"
FORMAT_VERSION = 1
MAX_LINE_BYTES = 67_108_864
BATCH_ROWS = 128
_PARTIAL = ".partial"
_UNREADABLE = (OSError, EOFError, zlib.error)


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """What a backup says about itself. `counts` are rows by collection; `sparse` is False when the engine it was taken
    from had no sparse vectors; `created_ms` is epoch milliseconds."""

    package_version: str
    schema_version: int
    embedding_model: str
    dimension: int
    redaction_version: int
    counts: Mapping[str, int]
    created_ms: int = 0
    kb: str = ""
    sparse: bool = True
    format_version: int = FORMAT_VERSION


def refuse_existing(path: Path) -> None:
    """Raises InputError when there is something of this name, or there cannot be."""
    if os.path.lexists(path):
        raise InputError(f"{path} exists already.", "Give the name of a new file.")


def look_ahead(path: Path) -> None:
    """Raises InputError when no backup of this name can be made, before anything is read for it."""
    refuse_existing(path)
    partial = _partial(path)
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600))
        partial.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written ({error.strerror}).", "Give a file in a directory you may write to.")


def _clear_leftovers(path: Path) -> list[str]:
    """Remove what backups of this name left that were killed: nobody holds a lock on it. Their names are returned."""
    found = []
    with contextlib.suppress(OSError):
        for name in os.listdir(path.parent):  # noqa: PTH208 - a name may hold what a pattern would read as a wildcard
            middle = name.removeprefix(f".{path.name}.").removesuffix(_PARTIAL)
            if name != f".{path.name}.{middle}{_PARTIAL}" or not middle.isdigit():
                continue
            file = path.with_name(name)
            with contextlib.suppress(OSError):
                descriptor = os.open(file, os.O_WRONLY)
                try:
                    if _lock(descriptor):
                        file.unlink()
                        found.append(name)
                finally:
                    os.close(descriptor)
    return found


def _lock(descriptor: int) -> bool:
    """Hold a file as long as it is open; False when another process does. Without such locks (Windows) nobody has it,
    and a file in use cannot be removed there."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return True
    except OSError:
        return False
    return True


class BackupWriter:
    """Writes one file; nothing stands under its name before `finish`. Synchronous, for one thread at a time."""

    def __init__(self, path: Path, header: Header) -> None:
        """Raises InputError when the file exists or its directory cannot be written."""
        refuse_existing(path)
        self._path = path
        self._partial = _partial(path)
        self.leftovers = _clear_leftovers(path)
        try:
            # A backup holds what the store holds, which is private to its user.
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from None
        _lock(descriptor)
        self._raw: IO[bytes] = os.fdopen(descriptor, "wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self._digest = hashlib.sha256()
        self._rows = 0
        self._write({"format": FORMAT, **dataclasses.asdict(header), "counts": dict(header.counts)})

    def _write(self, facts: Mapping[str, Any]) -> None:
        line = json.dumps(facts, separators=(",", ":")).encode("ascii") + b"\n"
        self._digest.update(line)
        try:
            self._gzip.write(line)
        except OSError:
            raise self._full() from None

    def _full(self) -> InputError:
        return InputError(f"{self._path} could not be written to its end; no file was left.", "Free disk space.")

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        """Append rows of one collection. Raises InputError when the disk is full."""
        for row in rows:
            self._write({"kind": kind, "row": to_json(row)})
        self._rows += len(rows)

    def finish(self) -> int:
        """Complete the file and give it its name; returns its size in bytes."""
        self._write({"kind": "trailer", "rows": self._rows, "sha256": self._digest.hexdigest()})
        try:
            self._gzip.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._partial.replace(self._path)
            return self._path.stat().st_size
        except OSError:
            raise self._full() from None

    def discard(self) -> None:
        """Remove what was written; harmless after `finish`."""
        # The packer first: left open, it writes to the closed file when it is collected.
        for file in (self._gzip, self._raw):
            with contextlib.suppress(OSError):
                file.close()
        with contextlib.suppress(FileNotFoundError):
            self._partial.unlink()


class BackupFile:
    """A backup to read from. `check` first: only a file that is whole may be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids: dict[Kind, list[str]] = {kind: [] for kind in KINDS}

    def check(self) -> Header:
        """Read the whole file once, every row included. Raises InputError when it is torn, foreign or too new."""
        header: Header | None = None
        digest = hashlib.sha256()
        rows = 0
        trailer: Mapping[str, Any] | None = None
        for line, facts in self._lines():
            if trailer is not None:
                raise self._damaged("has something behind its end")
            if header is None:
                header = self._header(facts)
            elif facts.get("kind") == "trailer":
                trailer = facts
                continue
            elif facts.get("kind") in self._ids:
                kind: Kind = facts["kind"]
                self._ids[kind].append(self._checked_id(kind, facts, header))
                rows += 1
            digest.update(line)
        if header is None:
            raise self._foreign()
        if trailer is None or trailer.get("rows") != rows or trailer.get("sha256") != digest.hexdigest():
            raise self._damaged("is not whole")
        if any(header.counts.get(kind, 0) != len(set(ids)) for kind, ids in self._ids.items()):
            raise self._damaged("holds other rows than it says")
        return header

    def _checked_id(self, kind: Kind, facts: Mapping[str, Any], header: Header) -> str:
        row = from_json(kind, facts.get("row"))
        vector = getattr(row, "vector", None)
        if vector is not None and len(vector) != header.dimension:
            raise self._damaged("holds a vector of another dimension than it says")
        if not storable(row):
            raise self._damaged(f"holds a row that no store takes ({kind} {row.id[:32]!r})")
        return row.id

    def _header(self, facts: Mapping[str, Any]) -> Header:
        if facts.get("format") != FORMAT:
            raise self._foreign()
        try:
            version = int(facts["format_version"])
            names = {f.name for f in dataclasses.fields(Header)}
            header = Header(**{name: value for name, value in facts.items() if name in names})
            counts = {str(kind): int(n) for kind, n in header.counts.items()}
            numbers = (int(header.dimension), int(header.schema_version), int(header.redaction_version))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._damaged("has a header that cannot be read") from None
        if version > FORMAT_VERSION:
            raise InputError(
                f"{self._path} has format {version}; this version reads up to {FORMAT_VERSION} "
                f"(it was written by mcp-rag {str(header.package_version)[:40]}).",
                "Upgrade: `pip install --upgrade mcp-rag`.",
            )
        dimension, schema, redaction = numbers
        return dataclasses.replace(
            header, counts=counts, dimension=dimension, schema_version=schema, redaction_version=redaction
        )

    def _lines(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        first = True
        try:
            with gzip.open(self._path, "rb") as file:
                while line := file.readline(MAX_LINE_BYTES + 1):
                    if not line.endswith(b"\n"):
                        raise self._foreign() if first else self._damaged("ends in the middle of a row")
                    yield line, self._object(line, first=first)
                    first = False
        except FileNotFoundError:
            raise InputError(f"{self._path} does not exist.", "Give a file that `mcp-rag backup` wrote.") from None
        except _UNREADABLE:
            raise self._foreign() if first else self._damaged("is torn or damaged") from None

    def _object(self, line: bytes, *, first: bool) -> dict[str, Any]:
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            raise self._foreign() if first else self._damaged("has a row that is not JSON")
        return facts

    def _foreign(self) -> InputError:
        return InputError(f"{self._path} is not a backup of mcp-rag; nothing was changed.", "Give a file of `backup`.")

    def _damaged(self, what: str) -> InputError:
        return InputError(f"The backup {self._path} {what}; nothing was changed.", "Use another copy of the file.")

    # ------------------------------------------------------------ as a source of rows
    async def ids(self, kind: Kind) -> list[str]:
        """The ids of one collection, ascending; `check` must have run."""
        return sorted(self._ids[kind])

    async def batches(self, kind: Kind) -> AsyncIterator[Sequence[Row]]:
        """The rows of one collection in runs of at most 128."""
        runs = self._runs(kind)
        while (run := await asyncio.to_thread(next, runs, None)) is not None:
            yield run

    def _runs(self, kind: Kind) -> Iterator[list[Row]]:
        run: list[Row] = []
        for _, facts in self._lines():
            if facts.get("kind") == kind:
                run.append(from_json(kind, facts.get("row")))
            if len(run) >= BATCH_ROWS:
                yield run
                run = []
        if run:
            yield run
