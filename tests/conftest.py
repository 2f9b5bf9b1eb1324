"""Fixtures that many test files share: the async backend, and an App over the fakes of the seams."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from mcp_rag.app import App
from mcp_rag.config import Settings
from tests.fakes import DictStore, HashEmbedder

# How long a loaded machine takes to draw inputs says nothing about the code: no test of ours is timed. In CI the inputs
# are the same every time; new ones are drawn by everyone else, and by the fuzz lane.
settings.register_profile(
    "untimed",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, so the tests do."""
    return "asyncio"


@pytest.fixture
async def make_app() -> AsyncIterator[Callable[..., App]]:
    """Makes an App on a DictStore and a HashEmbedder, without the shipped knowledge; closed after the test."""
    async with AsyncExitStack() as stack:

        def make(store: Any = None, embedder: Any = None, clock: Any = time.monotonic, **settings: Any) -> App:
            values = {"starter_knowledge": False, **settings}
            app = App(Settings(**values), store=store or DictStore(), embedder=embedder or HashEmbedder(), clock=clock)
            stack.push_async_callback(app.close)
            return app

        yield make


@pytest.fixture
async def app(make_app: Callable[..., App]) -> App:
    """An open App on the fakes."""
    made = make_app()
    await made.opened()
    return made


_STATM = Path("/proc/self/statm")
_GROWN_PAGES = 50_000
_pages_kept = [0]


def pytest_runtest_logfinish() -> None:
    """Free closed Apps, 250 MB each. They sit in cycles, and a process with as many objects as this one seldom looks
    for those: the tests of the commands alone would hold 7 GB."""
    if not _STATM.exists():
        return
    if int(_STATM.read_text(encoding="ascii").split()[1]) > _pages_kept[0] + _GROWN_PAGES:
        gc.collect()
        _pages_kept[0] = int(_STATM.read_text(encoding="ascii").split()[1])
