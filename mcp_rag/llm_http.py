"""What goes over the wire beside the client library's own work: headers that leave, bodies that are read, waits that
are asked for. Knows neither openai nor its HTTP library; their objects are taken as they come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

MAX_ERROR_BYTES = 1024 * 1024

# The library adds the machine's kind and versions, and whatever OPENAI_CUSTOM_HEADERS holds for another server.
_SENT = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        # The library looks for its own mark when the answer comes.
        "x-stainless-raw-response",
    }
)


class UnboundedBody(Exception):  # noqa: N818 - a signal inside the adapter, never seen outside
    """An answer other than a completion whose length is not announced or too large; its body is not read."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def only_ours(authorization: str) -> Callable[[Any], Awaitable[None]]:
    """A request hook: leaves the headers that a chat needs, with that authorization, and no other."""

    async def hook(request: Any) -> None:  # noqa: ANN401 - an httpx or httpx2 request
        for name in [n for n in request.headers if n.lower() not in _SENT]:
            del request.headers[name]
        request.headers["Authorization"] = authorization

    return hook


async def refuse_unbounded(response: Any) -> None:  # noqa: ANN401 - an httpx or httpx2 response
    """Completions and model lists are read in pieces; any other body is read whole by the client, so it must say how
    long it is and be short. Raises UnboundedBody."""
    streamed = response.request.url.path.endswith(("/chat/completions", "/models"))
    if response.status_code == 200 and streamed:
        return
    length = response.headers.get("content-length", "")
    short = length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= MAX_ERROR_BYTES
    if not short or response.headers.get("content-encoding", "identity") != "identity":
        raise UnboundedBody(response.status_code)


def retry_after(error: Any) -> float:  # noqa: ANN401 - an APIStatusError, or None for a body not read
    """Seconds that a busy server asks to wait; 0 when it does not say, or as a date."""
    value = error.response.headers.get("retry-after", "") if error is not None else ""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0.0
