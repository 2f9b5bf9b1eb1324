"""What is recorded about an error is changed on top of what others recorded just before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcp_rag.store import StoreSettings, open_store
from tests.fakes import hex_id
from tests.knowledge_rows import DIMENSION, fill

pytestmark = pytest.mark.anyio


async def test_the_rows_to_change_are_read_with_strong_consistency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server shows others' writes after half a second otherwise, and what is not seen is written over."""
    store = open_store(StoreSettings(data_dir=tmp_path))
    await store.open(model_id="m", dimension=DIMENSION)
    await fill(store)
    levels: list[str] = []
    call = store._rpc.call

    def watched(method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "query" and args[0].endswith("_resolutions"):
            levels.append(kwargs["consistency_level"])
        return call(method, *args, **kwargs)

    monkeypatch.setattr(store._rpc, "call", watched)
    try:
        await store.change_resolutions(hex_id("pool"), lambda rows: rows)
    finally:
        await store.close()
    assert levels[0] == "Strong"
