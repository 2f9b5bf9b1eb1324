"""Sample logs of an invented web shop, for a first try and for demonstrations: `write` puts them into a directory with
times that end just before now. scripts/build_samples.py makes the templates; docs/knowledge.md says what is in them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

__all__ = ["DEMO_FIX", "DEMO_PASTE", "FILES", "write"]

_STAMP = re.compile(r"\{\{T-(\d{1,9}\.\d{3})\}\}")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _spaced(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


# File -> how it writes a time.
FILES: dict[str, Callable[[datetime], str]] = {
    "checkout.log": lambda m: _spaced(m).replace(".", ","),
    "catalog-api.log": lambda m: _spaced(m).replace(".", ","),
    "orders-service.log": _iso,
    "storefront.ndjson": lambda m: str(round(m.timestamp() * 1000)),
    "nginx-error.log": lambda m: m.strftime("%Y/%m/%d %H:%M:%S"),
    "nginx-access.log": lambda m: m.strftime("%d/%b/%Y:%H:%M:%S +0000"),
    "postgres.log": lambda m: _spaced(m) + " UTC",
    "inventory-pod.log": lambda m: _iso(m).replace("Z", "000000Z"),
    "llm-serving.log": lambda m: m.strftime("%m-%d %H:%M:%S"),
    "ci-build.log.gz": lambda m: _iso(m).replace("Z", "0000Z"),
}


def write(directory: Path, now_ms: int) -> list[Path]:
    """Write every sample into `directory` (made if missing) and return the paths; files of these names are replaced.

    `now_ms` is epoch milliseconds UTC: the newest line lies less than a minute before it, the oldest three days. About
    5,500 lines, under 600 kB. Raises OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for name, notation in FILES.items():
        template = resources.files(__name__).joinpath(f"{name.removesuffix('.gz')}.tmpl").read_text(encoding="utf-8")
        data = _render(template, notation, now_ms).encode()
        path = directory / name
        # Without a time in its header the same moment gives the same bytes.
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        paths.append(path)
    return paths


def _render(template: str, notation: Callable[[datetime], str], now_ms: int) -> str:
    def stamp(match: re.Match[str]) -> str:
        return notation(datetime.fromtimestamp((now_ms - round(float(match.group(1)) * 1000)) / 1000, UTC))

    return _STAMP.sub(stamp, template)


# The payment failure of checkout.log as another machine would have printed it: other paths, line numbers, host, order.
DEMO_PASTE = """\
Traceback (most recent call last):
  File "/app/checkout/gateway.py", line 91, in authorise
    reply = self._session.post(url, json=body, timeout=self._timeout_s)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/app/checkout/transport.py", line 44, in post
    raise GatewayTimeout(f"no reply from {url} within {timeout} s")
checkout.transport.GatewayTimeout: no reply from https://pay-f.staging.example:8443/v2/authorise within 15 s

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/checkout/payments.py", line 140, in charge
    receipt = self._gateway.authorise(order, amount)
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/app/checkout/gateway.py", line 96, in authorise
    raise PaymentUnavailable(order.id) from error
checkout.gateway.PaymentUnavailable: payment provider unavailable for ord_9e41b7d2
"""

# What is recorded for it in the demonstration.
DEMO_FIX = (
    "The egress proxy drops idle connections after 60 s, and the session reuses them. Set `pool_recycle_s = 50` in "
    "`checkout.toml` and restart the service; the timeout itself is not the cause."
)
