"""Is every file there that the embedded engine says it needs, and none in its way? Asked before it loads anything.

The engine itself goes on without a missing segment, and after a damaged manifest with the one before it, whereupon it
deletes the segments which that one does not name. Both would lose what was acknowledged, without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mcp_rag.errors import StoreError

_LOG = re.compile(r"wal_(?:data|delta)_(\d{1,12})\.arrow", re.ASCII)
_PARQUET = b"PAR1"


def check_files(engine: Path) -> None:
    """Raise StoreError for a damaged or missing file of a collection in use, with nothing changed.

    Only what an alias points to is in use: a collection without one was not finished, or half dropped, by a killed
    process. One in use has a manifest, because its index was made before its alias.
    """
    aliases = engine / "aliases.json"
    if not aliases.exists():
        return  # nothing was finished here yet
    for name in sorted({str(name) for name in _json(aliases, engine.parent).values()}):
        folder = engine / "collections" / name
        needed = [folder / "schema.json", folder / "manifest.json"]
        _require(needed, engine.parent)
        _require(_segments(folder, _json(needed[1], engine.parent), engine.parent), engine.parent)


def clear_crash(engine: Path) -> None:
    """Remove what two moments of a crash leave in the engine's way. The caller holds the engine's lock and has called
    `check_files`. Anything else stays.

    - The folder of a collection cut short before it had a schema: not listed, yet not made again.
    - Logs whose rows are in segments already, which a flush was about to delete. Replayed, their rows would be in two
      segments, and each be found twice for ever; half of such a log the engine refuses, and does not open at all.
    """
    for folder in sorted((engine / "collections").glob("*")):
        if not folder.is_dir():
            continue
        if {path.name for path in folder.iterdir()} <= {"schema.json.tmp"}:
            (folder / "schema.json.tmp").unlink(missing_ok=True)
            folder.rmdir()
        elif (folder / "manifest.json").is_file():
            _drop_flushed_logs(folder, engine.parent)


def drop_indexes(folder: Path) -> bool:
    """Remove the index files of a collection that does not load; False when there is none. The engine makes them again
    from the rows. It writes them in place: a kill leaves one that is empty or ends too soon, and the engine would
    refuse to open for ever."""
    found = list(folder.glob("partitions/*/indexes/*.idx"))
    for path in found:
        path.unlink()
    return bool(found)


def _drop_flushed_logs(folder: Path, data_dir: Path) -> None:
    manifest = _json(folder / "manifest.json", data_dir)
    active = manifest.get("active_wal_number")
    logs = [(int(m[1]), path) for path in (folder / "wal").glob("*") if (m := _LOG.fullmatch(path.name))]
    flushed = [path for number, path in logs if isinstance(active, int) and number < active]
    if flushed:
        # The last copy of a row is never what is removed here.
        _require(_segments(folder, manifest, data_dir), data_dir)
    for path in flushed:
        path.unlink()


def _require(paths: Iterable[Path], data_dir: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise _damaged(path, "is missing", data_dir)
        if path.suffix == ".parquet" and not _is_whole(path):
            raise _damaged(path, "cannot be read", data_dir)


def _is_whole(parquet: Path) -> bool:
    """Both ends are there: what a power cut leaves of a file lacks the second."""
    with parquet.open("rb") as file:
        head = file.read(len(_PARQUET))
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_PARQUET)))
        return size > 2 * len(_PARQUET) and head == file.read() == _PARQUET


def _segments(folder: Path, manifest: dict[str, Any], data_dir: Path) -> list[Path]:
    try:
        return [
            folder / "partitions" / partition / Path(*name.replace("\\", "/").split("/"))
            for partition, files in manifest["partitions"].items()
            for name in (*files["data_files"], *files["delta_files"])
        ]
    except (KeyError, TypeError, AttributeError):
        raise _damaged(folder / "manifest.json", "cannot be read", data_dir) from None


def _json(path: Path, data_dir: Path) -> dict[str, Any]:
    """The object in a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _damaged(path, "cannot be read", data_dir)
    return found


def _damaged(path: Path, what: str, data_dir: Path) -> StoreError:
    return StoreError(
        f"The embedded store is damaged: {path} {what}. Nothing was changed.",
        f"Put that file back; or move {data_dir} away and `mcp-rag restore` a backup, or ingest the logs again.",
    )
