"""The fuzzing lane: how long, from which seed, and what counts as a hang.

`MCP_RAG_FUZZ_SECONDS` is shared by all tests of this directory: 60 by default, 600 for a release. A failure prints its
seed; `MCP_RAG_FUZZ_SEED` begins with it again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")

EXAMPLES = 200
HANG_S = 20
Fuzz = Callable[[st.SearchStrategy[T], Callable[[T], None]], None]


class Hang(AssertionError):  # noqa: N818 - it says what was found
    """One input took longer than anything may."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise Hang in the body after `seconds`, where the platform has timers."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise Hang(f"one input took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def fuzz() -> Fuzz[Any]:
    """Runs a check on inputs drawn from a strategy until this test's share of the time is over."""
    targets = sum(
        path.read_text(encoding="utf-8").count("\ndef test_") for path in Path(__file__).parent.glob("test_*.py")
    )
    seconds = float(os.environ.get("MCP_RAG_FUZZ_SECONDS", "60")) / max(1, targets)
    first = int(os.environ.get("MCP_RAG_FUZZ_SEED", "0")) or time.time_ns() % 1_000_000_000

    def run(strategy: st.SearchStrategy[T], check: Callable[[T], None]) -> None:
        end = time.monotonic() + seconds
        number, seen = first, 0
        while time.monotonic() < end or not seen:

            @seed(number)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            )
            @given(strategy)
            def one(value: T) -> None:
                nonlocal seen
                if time.monotonic() < end or not seen:
                    seen += 1
                    with bounded(HANG_S):
                        check(value)

            print(f"MCP_RAG_FUZZ_SEED={number}")  # noqa: T201 - pytest shows it with a failure
            one()
            number += 1
        print(f"{seen} inputs in {seconds:.0f} s")  # noqa: T201 - as above

    return run
