"""When written rows are sealed: a collection with many of them at once, the others at the end of an ingest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcp_rag.errors import StoreError
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import StoreSettings, open_store
from mcp_rag.store.milvus import ROWS_WITH_HITS
from mcp_rag.store.sealing import SEAL_ROWS, Sealing
from tests.contracts.test_store import axis, group

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Calls:
    """Takes calls as the store's client does."""

    def __init__(self) -> None:
        self.made: list[tuple[str, ...]] = []

    def call(self, method: str, *args: str, timeout_s: float = 0.0) -> None:
        assert timeout_s >= 60
        self.made.append((method, *args))


def sealing(rpc: Any, *, wanted: bool = True) -> Sealing:
    return Sealing(rpc, 5.0, wanted=wanted)


def test_only_what_is_large_is_sealed_between() -> None:
    """Rows of one collection add up; sealed ones no longer count."""
    rpc = Calls()
    waiting = sealing(rpc)
    waiting.wrote("errors", SEAL_ROWS - 1)
    waiting.wrote("blocks")
    waiting.seal_large()
    assert rpc.made == []
    waiting.wrote("errors")
    waiting.seal_large()
    waiting.seal_large()
    assert rpc.made == [("flush", "errors")]
    waiting.seal()
    waiting.seal()
    assert rpc.made == [("flush", "errors"), ("flush", "blocks")]


class Full(Calls):
    """Refuses until there is room."""

    room = False

    def call(self, method: str, *args: str, timeout_s: float = 0.0) -> None:
        if not self.room:
            raise StoreError("No space left.", "Free some.")
        super().call(method, *args, timeout_s=timeout_s)


def test_what_could_not_be_sealed_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The rows are stored: the write stands, a warning is logged, the next write or the end of the ingest seals."""
    rpc = Full()
    waiting = sealing(rpc)
    waiting.wrote("errors", SEAL_ROWS)
    waiting.seal_large()
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    with pytest.raises(StoreError):
        waiting.seal()
    rpc.room = True
    waiting.seal_large()
    assert rpc.made == [("flush", "errors")]


def test_a_server_is_left_alone() -> None:
    """It seals by itself."""
    rpc = Calls()
    waiting = sealing(rpc, wanted=False)
    waiting.wrote("errors", 10 * SEAL_ROWS)
    waiting.seal_large()
    waiting.seal()
    assert rpc.made == []


def segments(folder: Path) -> list[Path]:
    """The sealed files of error groups."""
    return list(folder.rglob("*errors_v*/**/data_*.parquet"))


async def test_many_rows_are_sealed_while_they_are_written(tmp_path: Path) -> None:
    """On the embedded engine a segment is there before anybody asks for a flush, and every row is found."""
    store = open_store(StoreSettings(data_dir=tmp_path / "data"))
    await store.open(model_id="hash", dimension=4)
    try:
        rows = [group(f"row {n}", vector=axis(n % 4)) for n in range(SEAL_ROWS)]
        await store.upsert_errors(rows[: SEAL_ROWS // 2])
        assert not segments(tmp_path)
        await store.upsert_errors(rows[SEAL_ROWS // 2 :])
        assert segments(tmp_path)
        assert await store.count_errors(ErrorFilter()) == SEAL_ROWS
        assert {h.group for h in await store.search_dense(axis(0), ROWS_WITH_HITS + 1, ErrorFilter())} == {None}
        found = await store.search_dense(axis(0), 5, ErrorFilter())
        assert [hit.group for hit in found] == await store.get_errors([hit.id for hit in found])
    finally:
        await store.close()
