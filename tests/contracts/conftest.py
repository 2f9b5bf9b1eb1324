"""Every kind of store that runs here without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcp_rag.store import MilvusStore, StoreSettings, open_store
from tests.fakes import DictStore

AnyStore = DictStore | MilvusStore


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["dict", "lite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made: AnyStore = DictStore() if request.param == "dict" else open_store(StoreSettings(data_dir=tmp_path / "data"))
    await made.open(model_id="hash", dimension=4)
    yield made
    await made.close()
