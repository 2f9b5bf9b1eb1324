"""The one place that imports pymilvus, and that turns its failures into ours.

pymilvus reads `.env` files and the variable MILVUS_URI while it is imported, and fails for some values of it; both
packages log whole tracebacks of every refused call. Neither may touch this process or its stderr.
"""

from __future__ import annotations

import logging
import os
import threading
from enum import Enum
from typing import Any

from mcp_rag.errors import StoreError, StoreUnavailable

_FOREIGN = ("MILVUS_URI", "MILVUS_DEFAULT_CONNECTION")
_import_lock = threading.Lock()


class Failure(Enum):
    """What a failed call means for the next step."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_LOADED = "not loaded"
    MISSING = "missing"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    STORAGE = "storage"
    DENIED = "denied"


def client_class() -> Any:  # noqa: ANN401 - pymilvus ships no types
    """`pymilvus.MilvusClient`, imported on first use (about a second; call it in a worker thread)."""
    with _import_lock:
        saved = dict(os.environ)
        # An empty value is kept by the .env loader, which never overrides, and is harmless to the import.
        os.environ.update(dict.fromkeys(_FOREIGN, ""))
        try:
            from pymilvus import MilvusClient
        finally:
            for name in set(os.environ) - set(saved):
                del os.environ[name]
            os.environ.update(saved)
        for name in ("pymilvus", "milvus_lite"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return MilvusClient


def failures() -> tuple[type[Exception], ...]:
    """Every exception type that a client call may raise for reasons outside our code."""
    import grpc
    from pymilvus.exceptions import MilvusException

    # grpc raises ValueError when another thread has closed the channel in between.
    return (MilvusException, grpc.RpcError, ValueError)


def classify(error: Exception) -> Failure:
    """The meaning of a failed call. Only codes decide; where a library gives none, a fixed part of its text does."""
    import grpc

    code: Any = getattr(error, "code", None)
    code = code() if callable(code) else code
    text = str(error).lower()
    if "storage stopped" in text:
        return Failure.STORAGE
    if isinstance(error, ValueError):
        return Failure.UNREACHABLE if "closed channel" in text else Failure.REFUSED
    if code == grpc.StatusCode.DEADLINE_EXCEEDED or "deadline_exceeded" in text or "deadline exceeded" in text:
        return Failure.TIMEOUT
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, 2) or "statuscode.unavailable" in text:
        return Failure.UNREACHABLE
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED, 1800, 1807) or "auth" in text[:80]:
        return Failure.DENIED
    if code == grpc.StatusCode.UNIMPLEMENTED or "unimplemented" in text:
        return Failure.UNSUPPORTED
    return _classify_code(code, text)


def _classify_code(code: object, text: str) -> Failure:
    if code == 101 or "not loaded" in text:
        return Failure.NOT_LOADED
    if code in (4, 100) or "can't find collection" in text:
        return Failure.MISSING
    if "[errno" in text or "monotonic" in text:
        return Failure.STORAGE
    return Failure.REFUSED


def our_error(failure: Failure, what: str, where: str, timeout_s: float) -> StoreError:
    """The error to raise; never holds a library's own text."""
    texts: dict[Failure, tuple[str, str, bool]] = {
        Failure.UNREACHABLE: (f"Nobody answers at {where} ({what}).", "Check that the store runs and try again.", True),
        Failure.TIMEOUT: (
            f"{where} did not answer within {timeout_s:g} s ({what}).",
            "Try again; MCP_RAG_MILVUS_TIMEOUT raises the deadline.",
            True,
        ),
        Failure.NOT_LOADED: (f"A collection at {where} is not loaded ({what}).", "Try again in a moment.", True),
        Failure.MISSING: (f"A collection is missing at {where} ({what}).", "Restart to create it.", False),
        Failure.UNSUPPORTED: (f"{where} does not support a needed call ({what}).", "Use Milvus 2.5 or newer.", False),
        Failure.REFUSED: (f"{where} refused a request ({what}).", "Report this as a defect.", False),
        Failure.STORAGE: (
            f"Storage failed at {where} ({what}); writing has stopped so that nothing stored is lost.",
            "Free disk space, then restart the server.",
            False,
        ),
        Failure.DENIED: (
            f"{where} refused the credentials ({what}).",
            "Check MCP_RAG_MILVUS_TOKEN (a token or user:password).",
            False,
        ),
    }
    cause, fix, retry = texts[failure]
    if failure in (Failure.UNREACHABLE, Failure.TIMEOUT, Failure.NOT_LOADED):
        return StoreUnavailable(cause, fix, retry=retry)
    return StoreError(cause, fix, retry=retry)
