"""The data directory of the embedded store: who may read it, what lies in it, where its socket is.

data_dir/           0700
  milvus.db/        the engine's directory (an older engine kept one SQLite file of this name)
  owner.lock        held by the process that runs the engine
  write.lock        held by the process that is writing
  write.next        held by the process whose turn to write is next
  owner.json        who that is and where it listens
  store.sock        0600; in a directory of ours under the temporary one when this path is too long
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mcp_rag.errors import ConfigurationError, StoreError, StoreMismatch

MIN_FREE_BYTES = 64 * 1024 * 1024
MAX_SOCKET_BYTES = 100
ENGINE = "milvus.db"
_SQLITE = b"SQLite format 3\x00"
# gRPC decodes percent signs in a socket address and cuts it at others.
_PLAIN = re.compile(r"[A-Za-z0-9_./@+=, ~-]{1,100}", re.ASCII)


def has_unix_sockets() -> bool:
    """False on Windows, where the embedded store is for one process only."""
    return os.name == "posix" and hasattr(socket, "AF_UNIX")


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that runs the engine."""

    pid: int
    socket: str
    started_ms: int


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Paths in, and checks of, one data directory."""

    path: Path

    @property
    def engine(self) -> Path:
        return self.path / ENGINE

    @property
    def owner_lock(self) -> Path:
        return self.path / "owner.lock"

    @property
    def write_lock(self) -> Path:
        return self.path / "write.lock"

    @property
    def write_next(self) -> Path:
        return self.path / "write.next"

    @property
    def owner_file(self) -> Path:
        return self.path / "owner.json"

    def prepare(self) -> None:
        """Create the directory, private to this user, and refuse what cannot be opened.

        Raises ConfigurationError (not a directory, not ours, not writable) or StoreMismatch (data of an older engine).
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            raise ConfigurationError(
                f"The data directory {self.path} cannot be created.", "Set MCP_RAG_DATA_DIR to a writable directory."
            ) from None
        make_private(self.path)
        if self.engine.is_file():
            with self.engine.open("rb") as file:
                old = file.read(len(_SQLITE)) == _SQLITE
            what = "was written by Milvus Lite 2.x, which this version cannot read" if old else "is not a directory"
            raise StoreMismatch(
                f"{self.engine} {what}.",
                "Move it away and ingest the logs again; nothing was changed.",
            )

    def check_room(self) -> None:
        """Raise StoreError when less than 64 MiB are free: a full disk in the middle of a write can lose rows."""
        try:
            free = shutil.disk_usage(self.path).free
        except OSError:
            raise StoreError(f"The data directory {self.path} is gone.", "Restart the server.") from None
        if free < MIN_FREE_BYTES:
            raise StoreError(
                f"Less than {MIN_FREE_BYTES // 1024**2} MiB are free at {self.path}; nothing was written.",
                "Free disk space and try again.",
            )

    def size_bytes(self) -> int:
        """Size of the engine's files; files that vanish meanwhile count nothing."""
        total = 0
        for folder, _, names in os.walk(self.engine):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - walks many files
        return total

    def socket_paths(self) -> list[Path]:
        """Where to listen, in order of preference. Raises ConfigurationError when no path is short enough."""
        digest = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]
        private = Path(tempfile.gettempdir()) / f"mcp-rag-{os.getuid()}-{digest}"
        paths = [p for p in (self.path / "store.sock", private / "store.sock") if _fits(p)]
        if not paths:
            raise ConfigurationError(
                f"No path for a socket is short enough: {self.path}.",
                f"Set MCP_RAG_DATA_DIR or TMPDIR to a path under {MAX_SOCKET_BYTES} bytes.",
            )
        return paths

    def read_owner(self) -> Owner | None:
        """Who owns the store according to the file; None when nobody does or the file is half written."""
        try:
            found = json.loads(self.owner_file.read_text(encoding="utf-8"))
            return Owner(int(found["pid"]), str(found["socket"]), int(found["started_ms"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_owner(self, owner: Owner) -> None:
        """Say who owns the store. Replaces the file in one step."""
        temporary = self.owner_file.with_suffix(f".{owner.pid}.tmp")
        text = json.dumps({"pid": owner.pid, "socket": owner.socket, "started_ms": owner.started_ms})
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(0o600)
        temporary.replace(self.owner_file)


def _fits(path: Path) -> bool:
    text = str(path)
    return len(os.fsencode(text)) <= MAX_SOCKET_BYTES and _PLAIN.fullmatch(text) is not None


def make_private(path: Path) -> None:
    """Take group and other rights off a directory. Raises ConfigurationError when it is a link, or not ours."""
    if os.name != "posix":
        return
    info = path.lstat() if path.name.startswith("mcp-rag-") else path.stat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        raise ConfigurationError(
            f"{path} is not a directory of this user.", "Set MCP_RAG_DATA_DIR to a directory of your own."
        )
    if stat.S_IMODE(info.st_mode) & 0o077:
        path.chmod(0o700)


@dataclass(slots=True)
class FileLock:
    """An advisory lock that the kernel drops when its process ends. Not reentrant; one holder per object."""

    path: Path
    _descriptor: int = -1

    @property
    def held(self) -> bool:
        return self._descriptor >= 0

    def try_acquire(self) -> bool:
        """True when the lock is now held by this object. Raises ConfigurationError when the file cannot be opened."""
        import fcntl

        if self.held:
            return True
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            raise ConfigurationError(
                f"{self.path} cannot be opened for writing.", "Set MCP_RAG_DATA_DIR to a writable directory."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        _held.add(descriptor)
        return True

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            _held.discard(descriptor)
            os.close(descriptor)


_held: set[int] = set()


def _forget_in_child() -> None:
    """A forked child shares the lock with its parent and would keep it after the parent's death."""
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


def close_in_fork(descriptor: int) -> None:
    """Close this descriptor in forked children as well."""
    _held.add(descriptor)


def keep_in_fork(descriptor: int) -> None:
    """The descriptor is closed, and its number may soon mean something else."""
    _held.discard(descriptor)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
