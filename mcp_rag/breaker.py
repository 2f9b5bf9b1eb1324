"""Stops calling a server that was found dead, for a while: the model server's and the store's."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Breaker:
    """Lets calls through until one finds the server dead, then refuses them for `cooldown_s`, then lets one through.
    Safe to use from several threads."""

    def __init__(self, cooldown_s: float, clock: Callable[[], float]) -> None:
        self.cooldown_s = cooldown_s
        self._clock = clock
        self._lock = threading.Lock()
        self._reason = ""
        self._until = 0.0
        self._trying = False

    @property
    def tripped(self) -> bool:
        """True from a failure until a call succeeds: a call let through now is a trial."""
        return bool(self._reason)

    def enter(self) -> str:
        """The reason of the failure that stopped the calls, or "" when this call may go on."""
        with self._lock:
            if not self._reason:
                return ""
            if self._trying or self._clock() < self._until:
                return self._reason
            self._trying = True
            return ""

    def leave(self, reason: str | None) -> None:
        """The call ended: with an answer of any kind (""), with a dead server (reason), or cancelled (None)."""
        with self._lock:
            self._trying = False
            if reason:
                self._reason, self._until = reason, self._clock() + self.cooldown_s
            elif reason == "":
                self._reason = ""
