"""Stops calling a server that was found dead, for a while."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Lets calls through until one finds the server dead, then refuses them for `cooldown_s`, then lets one through."""

    def __init__(self, cooldown_s: float, clock: Callable[[], float]) -> None:
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._reason = ""
        self._until = 0.0
        self._trying = False

    def enter(self) -> str:
        """The reason of the failure that stopped the calls, or "" when this call may go on."""
        if not self._reason:
            return ""
        if self._trying or self._clock() < self._until:
            return self._reason
        self._trying = True
        return ""

    def leave(self, reason: str | None) -> None:
        """The call ended: with an answer of any kind (""), with a dead server (reason), or cancelled (None)."""
        self._trying = False
        if reason:
            self._reason, self._until = reason, self._clock() + self._cooldown_s
        elif reason == "":
            self._reason = ""
