"""What launchers of many processes print: their prefixes, and PyTorch's own lines between them."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

FRAMES = (
    "Exception raised from waitFor at ../torch/csrc/distributed/c10d/Store.cpp:41 (most recent call first):\n"
    "frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x57 (0x7f42a68f3d87 in /opt/lib/libc10.so)\n"
    "frame #1: clone + 0x43 (0x155553e398d3 in /lib64/libc.so.6)\n"
)


def records(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(Level.UNSET, reference_ms=1_796_325_637_000))[0]


@pytest.mark.parametrize("worker", ["(Core_0 pid=9) ", "[rank1]: "])
def test_a_launcher_under_syslog_prints_one_trace(worker: str) -> None:
    """Behind syslog's header the launcher's prefix comes off as it does alone: one trace, with the same fingerprint."""
    trace = [
        "Traceback (most recent call last):",
        '  File "/srv/shop/serve.py", line 3, in start',
        "    run()",
        "ValueError: no free port",
    ]
    alone = records("".join(f"{worker}{line}\n" for line in trace))
    carried = records("".join(f"Nov 23 19:20:37 gpu1 serve[7]: {worker}{line}\n" for line in trace))
    assert [(r.first_line, r.last_line, r.level) for r in carried] == [(0, 3, Level.ERROR)]
    assert carried[0].timestamp_ms is not None
    assert fingerprint(carried[0]).id == fingerprint(alone[0]).id


def test_a_leveled_line_behind_both_prefixes_keeps_its_level() -> None:
    """The program's own header is found behind syslog's and the launcher's."""
    found = records("Nov 23 19:20:37 gpu1 vllm[7]: (Core_0 pid=9) ERROR 11-23 19:20:37 [core.py:7] no block is free\n")
    assert [(r.level, r.message) for r in found] == [(Level.ERROR, "no block is free")]


@pytest.mark.parametrize("header", ["[E Store.cpp:41] ", "[E923 19:20:37.996672294 Store.cpp:41] "])
def test_the_native_frames_belong_to_the_line_that_was_logged(header: str) -> None:
    """PyTorch prefixes the first line of a message with the rank and no other: place and frames stay with it, and the
    group is named by the message."""
    found = records(f"[rank1]:{header}the store at 10.9.0.4 is gone\n{FRAMES}[rank1]:{header}going down\n")
    assert [(r.first_line, r.last_line, r.message) for r in found] == [
        (0, 3, "the store at 10.9.0.4 is gone"),
        (4, 4, "going down"),
    ]
    assert fingerprint(found[0]).template == "the store at <ip> is gone"


def test_a_month_of_one_digit_is_a_time() -> None:
    """PyTorch does not pad the month: `E923` is the 23rd of September."""
    found = records("[rank1]:[E923 19:20:37.996672294 Store.cpp:41] gone\n")
    assert [(r.level, r.timestamp_ms) for r in found] == [(Level.ERROR, 1_790_191_237_996)]


def test_what_a_container_of_a_test_printed_counts_by_its_own_header() -> None:
    """Testcontainers passes on the lines of a container at INFO: their own level and time are those that tell."""
    head = "2026-11-23 19:20:39,995 INFO  [tc.till:1.2] (docker-java-stream-7) STDOUT: "
    lines = (
        "2026-11-23 19:20:37,123 WARN  [org.acme.Till] (main) slow",
        "2026-11-23 19:20:38,123 ERROR [org.acme.Till] (main) no drawer: java.lang.IllegalStateException: stuck",
        "\tat org.acme.Till.open(Till.java:9)",
    )
    found = records("\n".join(head + line for line in lines))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 0, Level.WARN), (1, 2, Level.ERROR)]
    assert found[0].message == "slow"
    assert found[0].timestamp_ms == 1_795_461_637_123
    assert found[1].stacktrace is not None
    assert found[1].stacktrace.chain == ("java.lang.IllegalStateException",)
