"""Which files may be read, in which order, and how one is opened so that nothing can be swapped in between.

A request is checked as text first (nothing outside the roots is ever looked at, so an answer cannot reveal what
exists there), then resolved, then opened component by component from its root without following links.
"""

from __future__ import annotations

import errno
import heapq
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mcp_rag.errors import InputError, SourceError

MAX_PATH_CHARS = 4096
MAX_LISTED = 1_000_000
_NEVER = ("/proc", "/sys", "/dev")
_O_PATH = getattr(os, "O_PATH", 0)
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_OPEN_FLAGS = (
    os.O_RDONLY | _O_NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_CHECKS_COMPONENTS = os.open in os.supports_dir_fd and bool(_O_NOFOLLOW)

_COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)
_ROTATED = re.compile(r"(?:\d|\d\.log|old|bak|prev|previous)$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<stem>.{1,200}?)\.(?P<number>\d{1,4})(?P<tail>\.log)?$")
_DATED = re.compile(r"(?P<stem>.{1,200}?)[.-](?P<date>\d{4}-?\d{2}-?\d{2}(?:[-.T_]?\d{1,6}){0,2})$")
_OLD = re.compile(r"(?P<stem>.{1,200}?)\.(?:old|bak|prev|previous)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open regular file: `size_bytes` and `modified_ms` are those at the time of opening. The caller closes `fd`."""

    fd: int
    size_bytes: int
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Root:
    """A directory that may be read: as the user wrote it, and with links resolved."""

    given: str
    real: str


def roots_of(paths: Sequence[Path]) -> tuple[Root, ...]:
    """The roots, made absolute and resolved once. A root that does not exist stays: it may appear later."""
    given = [os.path.abspath(path.expanduser()) for path in paths]  # noqa: PTH100 - links must stay as written
    return tuple(Root(path, os.path.realpath(path)) for path in given)


def contains(directory: str, path: str) -> bool:
    """Whether `path` is `directory` or below it; both absolute and normalised. Compares whole components."""
    return path == directory or path.startswith(directory if directory.endswith("/") else directory + os.sep)


def utf8_name(path: str) -> str:
    """The path as text that can be stored: bytes of it that are not UTF-8 as `\\xff`, so that two names which differ
    only in those stay two."""
    try:
        return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # Windows: names of any 16-bit units
        return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_name(request: str) -> bool:
    try:
        os.fsencode(request)
    except UnicodeEncodeError:  # half of a surrogate pair, which no file system has in a name
        return False
    return "\0" not in request and len(request) <= MAX_PATH_CHARS and bool(request.strip())


def rotation_key(name: str) -> tuple[str, int, int, str]:
    """Sorts a rotated set by time: dated copies, then numbered ones downwards, then `.old`, then the live file."""
    base = _COMPRESSED.sub("", name)
    if not _ROTATED.search(base):
        return base, 3, 0, name
    if match := _NUMBERED.fullmatch(base):
        return match["stem"] + (match["tail"] or ""), 1, -int(match["number"]), name
    if match := _DATED.fullmatch(base):
        return match["stem"], 0, 0, name
    if match := _OLD.fullmatch(base):
        return match["stem"], 2, 0, name
    return base, 3, 0, name


@dataclass(slots=True)
class Access:
    """The rules of one reader. `roots` None means a trusted caller: every path but the forbidden ones."""

    roots: tuple[Root, ...] | None
    forbidden: tuple[str, ...] = ()
    max_files: int = 10_000
    max_depth: int = 20
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def check(self, request: str) -> str:
        """The request as an absolute path, checked as text only. Raises InputError, the same whether or not the file
        exists."""
        if not _is_name(request):
            raise InputError(
                f"A path must be 1 to {MAX_PATH_CHARS} characters without NUL.", "Give the path of a log file."
            )
        if self.roots is None:
            return os.path.abspath(request)  # noqa: PTH100 - `resolve` would follow links before they are checked
        if not self.roots:
            raise InputError(
                "This server has no log directories, so it reads no files.",
                "Set MCP_RAG_LOG_ROOTS to the directories it may read, or pass the log as `text`.",
            )
        parts = re.split(r"[\\/]" if os.sep == "\\" else "/", request)
        if ".." in parts or request[0] in "~$%":
            raise InputError("A path must not contain `..`, `~` or a variable; nothing is expanded.", self._where())
        if not request.startswith("/") and not Path(request).is_absolute():
            return os.path.normpath(os.path.join(self._first_with(request), request))  # noqa: PTH118 - see above
        path = "/" + os.path.normpath(request).lstrip("/") if os.sep == "/" else os.path.normpath(request)
        if not any(contains(d, path) for root in self.roots for d in (root.given, root.real)):
            raise InputError("The path is outside the directories that this server may read.", self._where())
        return path

    def _where(self) -> str:
        shown = ", ".join(root.given for root in (self.roots or ())[:3])
        return f"Give a path under MCP_RAG_LOG_ROOTS ({shown})."

    def _first_with(self, request: str) -> str:
        roots = self.roots or ()
        found = (r.given for r in roots if os.path.lexists(os.path.join(r.real, request)))  # noqa: PTH118 - plain text paths
        return next(found, roots[0].given)

    def resolve(self, path: str) -> str:
        """The real path behind a checked one. Raises SourceError when it leaves the roots or must never be read."""
        try:
            real = os.path.realpath(path)
        except OSError:  # a link that was there a moment ago
            raise SourceError("The path changed while it was resolved.", reason="vanished") from None
        if any(contains(d, p) for d in _NEVER for p in (path, real)):
            raise SourceError("Kernel and device files are never read.", reason="not_regular")
        if any(contains(d, real) for d in self.forbidden):
            raise SourceError("The server's own data is never read as a log.", reason="forbidden")
        if self.roots is not None and not any(contains(root.real, real) for root in self.roots):
            raise SourceError("A symbolic link leads outside the configured directories.", reason="symlink")
        return real

    def open(self, path: str) -> Opened:
        """Open a checked path for reading without blocking and without following links after it was resolved.

        Raises SourceError (missing, unreadable, symlink, not_regular, forbidden).
        """
        real = self.resolve(path)
        try:
            fd = _open_by_component(real) if _CHECKS_COMPONENTS else _open_plain(real)
        except FileNotFoundError:
            raise SourceError("No such file.", _hint(path), reason="missing") from None
        except PermissionError:
            raise SourceError("The file may not be read by this user.", reason="unreadable") from None
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise SourceError("A part of the path became a link after it was checked.", reason="symlink") from None
            raise SourceError(f"The file cannot be opened ({error.strerror}).", reason="unreadable") from None
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            os.close(fd)
            raise SourceError("Not a regular file.", reason="not_regular")
        return Opened(fd, info.st_size, info.st_mtime_ns // 1_000_000)

    def walk(self, paths: Sequence[str]) -> Iterator[str]:
        """Files to read for checked paths, rotated sets in time order; what is left out goes to `refused` as
        (path, reason, detail). A real file is named once, whichever of the paths lead to it. Names beginning with a dot
        are left out."""
        state = _Walk(self, self.max_files)
        for path in paths:
            yield from state.visit(path, 0)
            if state.truncated:
                self.refused.append((path, "too_many_files", f"Only the first {self.max_files} files were read."))


def _hint(path: str) -> str:
    return "Wildcards are not expanded: give the directory." if "*" in path or "?" in path else ""


@dataclass(slots=True)
class _Walk:
    access: Access
    left: int
    seen: set[str] = field(default_factory=set)
    truncated: bool = False

    def visit(self, path: str, depth: int) -> Iterator[str]:
        if self.left <= 0:
            self.truncated = True
            return
        try:
            real = self.access.resolve(path)
            mode = os.lstat(real).st_mode
        except SourceError as error:
            self._refuse(path, error.reason, error.cause)
            return
        except FileNotFoundError:
            if depth:
                self._refuse(path, "vanished", "The file was deleted after its directory was listed.")
            else:
                self._refuse(path, "missing", " ".join(("No such file.", _hint(path))).strip())
            return
        except OSError as error:
            self._refuse(path, "unreadable", f"The path cannot be examined ({error.strerror}).")
            return
        if real in self.seen:
            return
        self.seen.add(real)
        if stat.S_ISDIR(mode):
            yield from self._directory(path, real, depth)
        elif stat.S_ISREG(mode):
            self.left -= 1
            yield path
        else:
            self._refuse(path, "not_regular", "Not a regular file.")

    def _refuse(self, path: str, reason: str, detail: str) -> None:
        self.left -= 1
        self.access.refused.append((path, reason, detail))

    def _directory(self, path: str, real: str, depth: int) -> Iterator[str]:
        if depth >= self.access.max_depth:
            self.seen.discard(real)  # it may be named by itself
            self._refuse(path, "too_deep", f"Directories are followed {self.access.max_depth} levels deep.")
            return
        try:
            with os.scandir(real) as entries:
                names = heapq.nsmallest(self.left + 1, _visible(entries), key=rotation_key)
        except OSError as error:
            self._refuse(path, "unreadable", f"The directory cannot be listed ({error.strerror}).")
            return
        for name in names:
            yield from self.visit(f"{path.rstrip('/')}/{name}", depth + 1)
            if self.truncated:
                return


def _visible(entries: Iterator[os.DirEntry[str]]) -> Iterator[str]:
    for count, entry in enumerate(entries):
        if count >= MAX_LISTED:
            return
        if not entry.name.startswith("."):
            yield entry.name


def _open_by_component(real: str) -> int:
    """Open an absolute, resolved path by walking down from `/`, each step refusing links."""
    parts = [part for part in real.split("/") if part]
    directory = os.open("/", os.O_RDONLY | _O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | _O_PATH | os.O_DIRECTORY | _O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
            os.close(directory)
            directory = inner
        name = parts[-1] if parts else "."
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            # Opening alone can act on a device; a link here was put in after the path was resolved.
            reason = "symlink" if stat.S_ISLNK(mode) else "not_regular"
            raise SourceError("Not a regular file.", reason=reason)
        return os.open(name, _OPEN_FLAGS, dir_fd=directory)
    finally:
        with suppress(OSError):
            os.close(directory)


def _open_plain(real: str) -> int:
    """The same where directories cannot be opened: the file opened must be the one that was examined."""
    before = os.lstat(real)
    if not stat.S_ISREG(before.st_mode):
        raise SourceError("Not a regular file.", reason="not_regular")
    fd = os.open(real, _OPEN_FLAGS | getattr(os, "O_BINARY", 0))
    if not os.path.samestat(before, os.fstat(fd)):
        os.close(fd)
        raise SourceError("The file changed while it was opened.", reason="symlink")
    return fd
