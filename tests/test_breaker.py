"""A dead server costs one wait, then nothing for a while."""

from __future__ import annotations

from mcp_rag.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_found_dead_server_is_left_alone_then_tried_once() -> None:
    """After the cool-down one call passes and the others still wait for its result."""
    clock = Clock()
    breaker = Breaker(30, clock)
    assert breaker.enter() == ""
    breaker.leave("timeout")
    assert breaker.enter() == "timeout"
    clock.now = 29.9
    assert breaker.enter() == "timeout"
    clock.now = 30.0
    assert breaker.enter() == ""
    assert breaker.enter() == "timeout"
    breaker.leave("unreachable")
    assert breaker.enter() == "unreachable"
    clock.now = 60.0
    assert breaker.enter() == ""
    breaker.leave("")
    assert breaker.enter() == ""


def test_a_cancelled_trial_leaves_the_next_one_free() -> None:
    """Cancellation says nothing about the server: the trial is given back, the state stays."""
    clock = Clock()
    breaker = Breaker(30, clock)
    breaker.leave("timeout")
    clock.now = 31
    assert breaker.enter() == ""
    breaker.leave(None)
    assert breaker.enter() == ""
    breaker.leave(None)
    healthy = Breaker(30, clock)
    healthy.leave(None)
    assert healthy.enter() == ""
