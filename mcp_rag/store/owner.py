"""The process that runs the embedded engine serves it to all others, and lets one write happen at a time.

Uses four internals of milvus-lite (`MilvusLite`, `MilvusServicer`, `DataDirLockedError`, the gRPC stubs it is built
on); the version is pinned below 3.3 and tests/store/test_owner.py covers them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any

from mcp_rag.errors import StoreError, StoreUnavailable
from mcp_rag.store.direct import DirectClient
from mcp_rag.store.directory import DataDirectory, Owner, close_in_fork, keep_in_fork, make_private
from mcp_rag.store.library import client_class
from mcp_rag.store.memory_index import MemoryIndexes
from mcp_rag.store.scans import all_vectors
from mcp_rag.store.soundness import check_files, clear_crash, drop_indexes
from mcp_rag.store.views import View

MESSAGE_BYTES = 256 * 1024 * 1024
WORKERS = 10
GRACE_S = 0.5
WRITES = (
    "Insert",
    "Upsert",
    "Delete",
    "Flush",
    "CreateCollection",
    "DropCollection",
    "TruncateCollection",
    "RenameCollection",
    "AlterCollection",
    "CreateIndex",
    "DropIndex",
    "LoadCollection",
    "ReleaseCollection",
    "CreateAlias",
    "AlterAlias",
    "DropAlias",
    "ManualCompaction",
)
READS = ("Query", "Search", "HybridSearch")
# Reads of row data do not change the store, so they go on after a storage error; these make it durable or larger.
_DURABLE = frozenset(WRITES) - {"LoadCollection", "ReleaseCollection"}
_STOPPED = "storage stopped"
_LOG = logging.getLogger(__name__)


class Engine:
    """The running engine: opened, loaded, flushed, and served on one address."""

    def __init__(self, directory: DataDirectory, *, sockets: bool = True) -> None:
        self._directory = directory
        self._sockets = sockets
        self._write_lock = threading.RLock()
        self._reading = threading.Lock()
        self._views: dict[str, View] = {}
        self.indexes = MemoryIndexes(self._collection, self._write_lock, lambda name: all_vectors(self._view(name)))
        self._database: Any = None
        self._server: Any = None
        self._socket: Path | None = None
        self._lock_descriptor = -1
        self.address = ""
        self.token = ""
        self.stopped_because = ""

    def start(self) -> None:
        """Take the engine's own lock, bring every collection into memory, listen.

        Raises StoreUnavailable when a foreign program holds the directory, StoreError when it cannot be read.
        """
        client_class()
        from milvus_lite.db import MilvusLite
        from milvus_lite.exceptions import DataDirLockedError

        logging.getLogger("milvus_lite").setLevel(logging.CRITICAL + 1)
        path = self._directory.engine
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            self._database = MilvusLite(str(path))
            self._lock_descriptor = self._database._lock_fd  # noqa: SLF001 - must not outlive us in a forked child
            close_in_fork(self._lock_descriptor)
            check_files(path)
            clear_crash(path)
            self._load_all()
        except DataDirLockedError:
            self.stop()
            raise StoreUnavailable(
                f"Another program holds {path} and does not share it.",
                "Stop that program, or set MCP_RAG_DATA_DIR to a directory of its own.",
                retry=True,
            ) from None
        except StoreError:
            self.stop()
            raise
        except Exception as error:  # noqa: BLE001 - whatever the engine raises, its files are the reason
            self.stop()
            raise StoreError(
                f"The embedded store at {path} cannot be opened ({type(error).__name__}).",
                "Nothing was changed. Check disk space and rights; else move the directory away and ingest again.",
            ) from None
        try:
            self._serve()
        except OSError as error:
            self.stop()
            raise StoreError(
                f"{self._directory.path} cannot be written to ({error.strerror}); nothing was changed.",
                "Free disk space, or check the rights of that directory, then try again.",
            ) from None

    def _load_all(self) -> None:
        """An indexed collection is closed after a restart, and replayed rows count twice until a flush."""
        for name in self._database.list_collections():
            collection = self._database.get_collection(name)
            try:
                collection.load()
            except Exception as error:
                # The engine has no type for an index file that it cannot read.
                if not drop_indexes(self._directory.engine / "collections" / name):
                    raise
                _LOG.warning("an index of %s cannot be read (%s); it is made again", name, type(error).__name__)
                collection.load()
            collection.flush()
            self._view(name)
            # Where vectors are searched. Begun now, an index is there when the embedding model is.
            if {"dense", "sparse"} <= {field.name for field in collection.schema.fields}:
                self.indexes.begin(name)

    def _serve(self) -> None:
        import grpc
        from pymilvus.grpc_gen import milvus_pb2_grpc

        interceptors = [] if self._sockets else [self._token_check()]
        self._server = grpc.server(
            futures.ThreadPoolExecutor(WORKERS, thread_name_prefix="mcp-rag-engine"),
            interceptors=interceptors,
            options=[
                ("grpc.max_receive_message_length", MESSAGE_BYTES),
                ("grpc.max_send_message_length", MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
                # pymilvus pings every 10 s, calls or not; by default a server takes that for an attack and hangs up.
                ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
                ("grpc.http2.max_ping_strikes", 0),
                ("grpc.keepalive_permit_without_calls", 1),
            ],
        )
        milvus_pb2_grpc.add_MilvusServiceServicer_to_server(self._servicer(), self._server)
        try:
            self.address = self._bind_socket() if self._sockets else self._bind_loopback()
        except BaseException:
            self.stop()
            raise
        self._server.start()
        if self._sockets:
            self._directory.write_owner(Owner(os.getpid(), str(self._socket), time.time_ns() // 1_000_000))

    def _bind_socket(self) -> str:
        for path in self._directory.socket_paths():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            make_private(path.parent)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()  # a dead owner's; we hold the lock, so no living one's
            with contextlib.suppress(RuntimeError, OSError):
                self._server.add_insecure_port(f"unix:{path}")
                path.chmod(0o600)
                self._socket = path
                return f"unix:{path}"
        raise StoreError(
            f"No socket can be made for {self._directory.path}.",
            "Set MCP_RAG_DATA_DIR to a directory on a local file system.",
        )

    def _bind_loopback(self) -> str:
        port = self._server.add_insecure_port("127.0.0.1:0")
        return f"http://127.0.0.1:{port}"

    def _token_check(self) -> Any:  # noqa: ANN401 - grpc ships no types
        """Without sockets the engine listens on loopback TCP for this process alone: others lack the token."""
        import base64
        import hmac

        import grpc

        self.token = f"mcp-rag:{secrets.token_hex(32)}"
        expected = base64.b64encode(self.token.encode()).decode()

        def deny(_request: object, context: Any) -> None:  # noqa: ANN401 - grpc ships no types
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "token required")

        class TokenCheck(grpc.ServerInterceptor):  # type: ignore[misc] # grpc ships no types
            def intercept_service(self, proceed: Callable[[Any], Any], details: Any) -> Any:  # noqa: ANN401 - grpc's own signature
                given = dict(details.invocation_metadata).get("authorization", "")
                if hmac.compare_digest(str(given), expected):
                    return proceed(details)
                return grpc.unary_unary_rpc_method_handler(deny)

        return TokenCheck()

    def _servicer(self) -> Any:  # noqa: ANN401 - milvus-lite ships no types
        from milvus_lite.adapter.grpc.servicer import MilvusServicer

        servicer = MilvusServicer(self._database)
        for name in WRITES:
            setattr(servicer, name, self._serial(name, getattr(servicer, name)))
        for name in READS:
            setattr(servicer, name, self._whole(getattr(servicer, name)))
        return servicer

    def _whole(self, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """A read that misses nothing when a flush comes into it."""
        import grpc
        from milvus_lite.exceptions import MilvusLiteError

        def call(request: Any, context: Any) -> Any:  # noqa: ANN401 - grpc ships no types
            try:
                view = self._view(request.collection_name)
            except MilvusLiteError:
                return method(request, context)  # says in the engine's terms what is wrong with the name
            except StoreUnavailable as error:
                return context.abort(grpc.StatusCode.UNAVAILABLE, error.cause)
            return view.whole(lambda: method(request, context))

        return call

    def _serial(self, name: str, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """One write at a time, none for a caller that gave up, and none after storage failed."""
        import grpc

        durable = name in _DURABLE

        def call(request: Any, context: Any) -> Any:  # noqa: ANN401 - grpc ships no types
            with self._write_lock:
                if not context.is_active():
                    context.abort(grpc.StatusCode.CANCELLED, "the caller gave up")
                if durable and self.stopped_because:
                    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{_STOPPED}: {self.stopped_because}")
                response = None
                try:
                    response = method(request, context)
                finally:
                    taken = _status(response) == (0, "")
                    self.indexes.wrote(name, request, taken=taken)
                    if name == "DropCollection" and taken and (view := self._views.pop(request.collection_name, None)):
                        view.release()
                if durable:
                    self._note(response)
                return response

        return call

    def _note(self, response: Any) -> None:  # noqa: ANN401 - grpc ships no types
        """After a failed write the engine's next flush would delete the only copy of what it wrote before."""
        code, reason = _status(response)
        if code == 1 and ("[Errno" in reason or "monotonic" in reason):
            self.stopped_because = "no space" if "[Errno 28]" in reason else "write failed"

    def direct(self, client: Any) -> DirectClient:  # noqa: ANN401 - pymilvus ships no types
        """A client of this engine's address that reads without the address."""
        return DirectClient(client, self._view, self.indexes)

    def _view(self, name: str) -> View:
        collection = self._collection(name)
        view = self._views.get(collection.name)
        if view is not None and view.collection is collection:
            return view
        # Not while a flush has taken rows away that no file holds yet.
        with self._write_lock:
            collection = self._collection(name)
            view = self._views.get(collection.name)
            if view is None or view.collection is not collection:
                view = self._views[collection.name] = View(collection, self._flush_failed, self._write_lock)
            return view

    def _flush_failed(self) -> None:
        self.stopped_because = self.stopped_because or "write failed"

    def _release_views(self) -> None:
        for name in list(self._views):
            self._views.pop(name).release()

    def _collection(self, name: str) -> Any:  # noqa: ANN401 - milvus-lite ships no types
        # Never while the engine closes: a collection it has closed already would be opened once more, for writing.
        with self._reading:
            if self._database is None:
                raise StoreUnavailable("The engine of this process has stopped.", "Try again.", retry=True)
            return self._database.get_collection(name)

    def stop(self) -> None:
        """End serving, close the engine, remove the socket. Takes under two seconds; safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.stop(GRACE_S).wait(GRACE_S * 2)
        with self._reading:
            database, self._database = self._database, None
        if database is not None:
            with self._write_lock:
                keep_in_fork(self._lock_descriptor)
                database.close()
                self._release_views()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.unlink()
            with contextlib.suppress(OSError):
                self._directory.owner_file.unlink()
            self._socket = None


def _status(response: Any) -> tuple[int, str]:  # noqa: ANN401 - grpc ships no types
    """Code and reason of a response; the code is -1 where there is none."""
    if response is None:
        return -1, ""
    status = getattr(response, "status", response)
    return int(getattr(status, "code", 0) or getattr(status, "error_code", 0)), str(getattr(status, "reason", ""))
