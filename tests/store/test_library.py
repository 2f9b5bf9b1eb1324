"""pymilvus is kept at arm's length: its import traps, its log noise, its exceptions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_rag.errors import StoreError, StoreUnavailable
from mcp_rag.store.library import Failure, classify, our_error

ROOT = Path(__file__).parents[2]


def run(code: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a directory of its own, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_import_survives_milvus_uri_and_dotenv(tmp_path: Path) -> None:
    """Facts/milvus.md section 4: MILVUS_URI=./x.db makes the import fail, and .env files leak into the process."""
    (tmp_path / ".env").write_text("LEAKED=yes\nMILVUS_URI=./y.db\n", encoding="utf-8")
    code = (
        "import os\n"
        "before = dict(os.environ)\n"
        "from mcp_rag.store.library import client_class\n"
        "assert client_class().__name__ == 'MilvusClient'\n"
        "assert dict(os.environ) == before, set(os.environ) ^ set(before)\n"
    )
    done = run(code, tmp_path, MILVUS_URI="./x.db")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_opening_imports_lazily(tmp_path: Path) -> None:
    """The package and the factory load neither pymilvus nor numpy nor grpc (house rule 10)."""
    code = (
        "import sys, pathlib\n"
        "from mcp_rag.store import StoreSettings, open_store\n"
        "open_store(StoreSettings(data_dir=pathlib.Path('d')))\n"
        "open_store(StoreSettings(uri='http://localhost:19530'))\n"
        "heavy = {'pymilvus', 'milvus_lite', 'numpy', 'grpc', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed_by_failures(tmp_path: Path) -> None:
    """Refused calls write nothing to stdout or stderr: pymilvus would log whole tracebacks."""
    code = (
        "import asyncio, pathlib\n"
        "from mcp_rag.errors import McpRagError\n"
        "from mcp_rag.store import StoreSettings, open_store\n"
        "async def main():\n"
        "    store = open_store(StoreSettings(data_dir=pathlib.Path('d')))\n"
        "    await store.open(model_id='m', dimension=4)\n"
        "    for name, args in (('query', ('none',)), ('upsert', ('mcp_errors_errors', [{'id': 'x'}]))):\n"
        "        try:\n"
        "            store._rpc.call(name, *args)\n"
        "        except McpRagError:\n"
        "            pass\n"
        "        else:\n"
        "            raise SystemExit(name)\n"
        "    await store.close()\n"
        "    server = open_store(StoreSettings(uri='http://127.0.0.1:9', timeout_s=0.5))\n"
        "    try:\n"
        "        await server.open(model_id='m', dimension=4)\n"
        "    except McpRagError:\n"
        "        pass\n"
        "asyncio.run(main())\n"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _rpc_error(code: object) -> Exception:
    import grpc

    class Failed(grpc.RpcError):  # type: ignore[misc] # grpc ships no types
        def code(self) -> object:
            return code

    return Failed("details")


def test_failures_are_told_apart() -> None:
    """Both exception families of pymilvus, and grpc's ValueError of a closed channel, mean something to us."""
    import grpc
    from pymilvus.exceptions import MilvusException

    cases = [
        (_rpc_error(grpc.StatusCode.DEADLINE_EXCEEDED), Failure.TIMEOUT),
        (_rpc_error(grpc.StatusCode.UNAVAILABLE), Failure.UNREACHABLE),
        (_rpc_error(grpc.StatusCode.UNIMPLEMENTED), Failure.UNSUPPORTED),
        (_rpc_error(grpc.StatusCode.UNAUTHENTICATED), Failure.DENIED),
        (MilvusException(2, "Fail connecting to server on x"), Failure.UNREACHABLE),
        (MilvusException(grpc.StatusCode.UNAVAILABLE, "Retry timeout"), Failure.UNREACHABLE),
        (MilvusException(1800, "auth check failure"), Failure.DENIED),
        (MilvusException(101, "collection not loaded"), Failure.NOT_LOADED),
        (MilvusException(100, "can't find collection"), Failure.MISSING),
        (MilvusException(6, "vector field 'dense' missing"), Failure.REFUSED),
        (MilvusException(1, "[Errno 28] No space left on device"), Failure.STORAGE),
        (ValueError("Cannot invoke RPC on closed channel!"), Failure.UNREACHABLE),
        (ValueError("else"), Failure.REFUSED),
    ]
    assert [classify(error) for error, _ in cases] == [expected for _, expected in cases]


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_has_our_words(failure: Failure) -> None:
    """Cause and fix are ours; what may work later says so and is StoreUnavailable."""
    error = our_error(failure, "query", "the store", 10)
    assert isinstance(error, StoreError)
    assert error.cause.strip()
    assert error.fix.strip()
    assert isinstance(error, StoreUnavailable) == error.retry
