"""How long things may take by the clock.

Beside another test process the cores are shared, and four times as long is allowed. `scripts/test-slow` runs what is
marked `timed` again in one process, where the limit is the one written.
"""

from __future__ import annotations

import os

FACTOR = 4.0 if "PYTEST_XDIST_WORKER" in os.environ else 1.0


def limit(seconds: float) -> float:
    """The seconds that may pass."""
    return seconds * FACTOR
