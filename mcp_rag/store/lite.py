"""The embedded store shared by any number of processes: one owns the engine, the others are its guests.

Ownership is a file lock. Whoever gets it starts the engine and serves it on a Unix socket; everyone, the owner too,
is a client of that socket. A guest watches the lock and takes over as soon as the kernel frees it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from mcp_rag.errors import ConfigurationError, StoreError, StoreUnavailable
from mcp_rag.store.catalog import prepare
from mcp_rag.store.connection import State
from mcp_rag.store.directory import DataDirectory, FileLock, has_unix_sockets
from mcp_rag.store.library import client_class, failures
from mcp_rag.store.owner import Engine
from mcp_rag.store.rpc import Rpc
from mcp_rag.store.schema import Kept
from mcp_rag.store.settings import Names, StoreSettings

WATCH_S = 0.25
POLL_S = 0.02
FOREIGN_S = 1.0


class LiteLink:
    """The connection to whoever owns the engine; becomes the owner when nobody is."""

    exclusive = True
    breaker = None  # the engine is in this process or one beside it: a call that fails, fails at once

    def __init__(self, directory: DataDirectory, timeout_s: float, *, sockets: bool) -> None:
        self._directory = directory
        self._timeout_s = timeout_s
        self._sockets = sockets
        self._owner_lock = FileLock(directory.owner_lock)
        self._write_lock = FileLock(directory.write_lock)
        self._next_lock = FileLock(directory.write_next)
        self._threads = threading.RLock()
        self._change = threading.RLock()
        self._engine: Engine | None = None
        self._client: Any = None
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self._depth = 0

    @property
    def where(self) -> str:
        return f"the embedded store in {self._directory.path}"

    @property
    def owns(self) -> bool:
        """True while this process runs the engine."""
        return self._engine is not None

    @property
    def stopped_because(self) -> str:
        """Why the engine of this process refuses writes; empty when it does not."""
        return self._engine.stopped_because if self._engine else ""

    def client(self, deadline: float) -> Any:  # noqa: ANN401 - pymilvus ships no types
        """The current client. Connects, or takes over, until `deadline`."""
        client = self._client
        if client is not None:
            return client
        with self._change:
            while self._client is None:
                if self._closed.is_set():
                    raise StoreError("The store is closed.", "Restart the server.")
                self._take_over(deadline)
                self._client = self._connect()
                if self._client is None:
                    if time.monotonic() >= deadline:
                        raise self._nobody()
                    self._closed.wait(POLL_S)
            return self._client

    def _nobody(self) -> StoreUnavailable:
        owner = self._directory.read_owner()
        who = f"process {owner.pid}" if owner else "another process"
        return StoreUnavailable(
            f"The data directory {self._directory.path} is held by {who}, which does not answer.",
            f"Stop {who}, or set MCP_RAG_DATA_DIR to a directory of its own.",
            retry=True,
        )

    def _take_over(self, deadline: float) -> None:
        """Become the owner if nobody is."""
        if self._engine is not None or not self._acquire_owner():
            return
        foreign_until = min(deadline, time.monotonic() + FOREIGN_S)
        while True:
            engine = Engine(self._directory, sockets=self._sockets)
            try:
                engine.start()
            except StoreUnavailable:
                # A killed owner's locks are freed one after the other.
                if time.monotonic() < foreign_until:
                    self._closed.wait(POLL_S)
                    continue
                self._release_owner()
                raise
            except BaseException:
                self._release_owner()
                raise
            self._engine = engine
            return

    def _acquire_owner(self) -> bool:
        return not self._sockets or self._owner_lock.try_acquire()

    def _release_owner(self) -> None:
        self._owner_lock.release()

    def _connect(self) -> Any:  # noqa: ANN401 - pymilvus ships no types
        if self._engine is not None:
            address, token = self._engine.address, self._engine.token
        else:
            owner = self._directory.read_owner()
            if owner is None or not os.path.exists(owner.socket):  # noqa: PTH110 - a plain string from the file
                return None
            address, token = f"unix:{owner.socket}", ""
        with contextlib.suppress(*failures()):
            client = client_class()(address, token=token, timeout=1.0, dedicated=True)
            return self._engine.direct(client) if self._engine is not None else client
        return None

    def lost(self, client: Any) -> bool:  # noqa: ANN401 - pymilvus ships no types
        """Forget a client that failed."""
        with self._change:
            if self._client is client:
                self._client = None
        with contextlib.suppress(*failures()):
            client.close()
        return not self._closed.is_set()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock of all processes and threads; reentrant in one thread."""
        with self._threads:
            if not self._depth and self._sockets:
                self._take_turn()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    self._write_lock.release()

    def _take_turn(self) -> None:
        """Wait for the write lock. Who waits next holds a lock of its own meanwhile, so that a process which writes all
        the time cannot take the lock again before it: others would starve."""
        deadline = time.monotonic() + self._timeout_s
        try:
            for lock in (self._next_lock, self._write_lock):
                while not lock.try_acquire():
                    if time.monotonic() >= deadline:
                        raise StoreUnavailable(
                            f"Another process has been writing to {self._directory.path} for {self._timeout_s:g} s.",
                            "Try again when its ingest is done.",
                            retry=True,
                        )
                    self._closed.wait(POLL_S / 4)
        finally:
            self._next_lock.release()

    def reset(self) -> None:
        """Ready to connect again after `close`."""
        self._closed.clear()

    def check_room(self) -> None:
        self._directory.check_room()

    def watch(self) -> None:
        """Take over without waiting for a call, and restart an engine that stopped once there is room."""
        if self._sockets and self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="mcp-rag-owner-watch", daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        while not self._closed.wait(WATCH_S):
            # The next call reports what goes wrong here.
            with contextlib.suppress(StoreError, ConfigurationError), self._change:
                if self._closed.is_set():
                    return
                if self._engine is None:
                    self._take_over(time.monotonic())
                    if self.owns:
                        self._client = None  # the next call connects as owner
                elif self._engine.stopped_because:
                    self._directory.check_room()
                    self._engine.stop()
                    self._engine = None
                    self._client = None
                    self._take_over(time.monotonic())

    def close(self) -> None:
        """Disconnect and, as owner, hand over."""
        self._closed.set()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.join(timeout=5.0)
        with self._change:
            client, self._client = self._client, None
            if client is not None:
                with contextlib.suppress(*failures()):
                    client.close()
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.stop()
            self._release_owner()
            self._write_lock.release()


class LiteConnection:
    """Milvus Lite in the data directory."""

    flushes = True
    infix_like = True

    def __init__(self, settings: StoreSettings, *, sockets: bool | None = None) -> None:
        self._settings = settings
        self._directory = DataDirectory(settings.data_dir.expanduser().absolute())
        self._sockets = has_unix_sockets() if sockets is None else sockets
        self._link = LiteLink(self._directory, settings.timeout_s, sockets=self._sockets)

    @property
    def link(self) -> LiteLink:
        return self._link

    def open(self, rpc: Rpc, names: Names, model_id: str, dimension: int) -> Kept:
        """Connect or become the owner, and make the collections ready."""
        self._directory.prepare()
        self._link.reset()
        client_class()
        wanted = Kept(self._settings.schema_version, model_id, dimension, self._settings.redaction_version)
        with self._link.writing():
            kept = prepare(rpc, names, wanted, embedded=True, settings=self._settings)
        self._link.watch()
        return kept

    def close(self) -> None:
        self._link.close()

    def describe(self, rpc: Rpc) -> State:
        """Who owns the store, and what is degraded about it."""
        owner = self._directory.read_owner()
        own = self._link.owns
        pid = os.getpid() if own else owner.pid if owner else 0
        degraded = []
        if self._link.stopped_because:
            degraded.append(
                f"Writing has stopped ({self._link.stopped_because}): free disk space; it resumes by itself."
            )
        return State(
            kind="lite",
            location=str(self._directory.path),
            version=str(rpc.call("get_server_version")).removeprefix("milvus_lite-"),
            role="owner" if own else "guest",
            owner=f"process {pid}" + (" (this one)" if own else ""),
            size_bytes=self._directory.size_bytes(),
            degraded=tuple(degraded),
        )
