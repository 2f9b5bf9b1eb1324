"""Messages of several lines: what stands below the closing line of a traceback belongs to it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

TRACE = 'Traceback (most recent call last):\n  File "/srv/shop/till.py", line 8, in close\n    run()\n'
HEAD = "2026-11-23 19:20:37,123 INFO shop.till: up\n"
NEXT = "\n2026-11-23 19:20:38,123 INFO shop.till: next\n2026-11-23 19:20:39,123 INFO shop.till: bye"

# name: the closing line, and the lines below it
MESSAGES = {
    "sqlalchemy": (
        "sqlalchemy.exc.DataError: (psycopg2.errors.NumericValueOutOfRange) integer out of range\n"
        "\n"
        "[SQL: UPDATE till SET sum=%(sum)s]\n"
        "[parameters: {'sum': 99}]\n"
        "(Background on this error at: https://sqlalche.me/e/20/9h9h)"
    ),
    "sqlalchemy with detail": (
        "sqlalchemy.exc.IntegrityError: (psycopg2.errors.ForeignKeyViolation) no such till\n"
        "DETAIL:  Key (till)=(7) is not present.\n"
        "\n"
        "[SQL: INSERT INTO sale (till) VALUES (%(till)s)]"
    ),
    "cuda": (
        "RuntimeError: CUDA error: an illegal memory access was encountered\n"
        "CUDA kernel errors might be asynchronously reported at some other API call.\n"
        "For debugging consider passing CUDA_LAUNCH_BLOCKING=1.\n"
        "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions."
    ),
    "nccl": (
        "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:2006\n"
        "ncclInternalError: Internal check failed.\n"
        "Last error:\n"
        "net.cc:99 NCCL WARN no socket"
    ),
    "torchrun": (
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n"
        "==========================\n"
        "tune.py FAILED\n"
        "--------------------------\n"
        "Failures:\n"
        "  <NO_OTHER_FAILURES>\n"
        "--------------------------\n"
        "Root Cause (first observed failure):\n"
        "[0]:\n"
        "  exitcode  : 1 (pid: 7)\n"
        "=========================="
    ),
}


def events(text: str) -> list[LogRecord]:
    """All events."""
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


@pytest.mark.parametrize("name", MESSAGES)
def test_message_between_headers(name: str) -> None:
    """Where everything else has a header, the lines below a bare traceback are its message."""
    text = TRACE + MESSAGES[name]
    found = events(HEAD + text + NEXT)
    assert [(r.first_line, r.last_line) for r in found[:2]] == [(0, 0), (1, 1 + text.count("\n"))]
    trace = found[1].stacktrace
    assert trace is not None
    assert len(trace.exceptions) == 1
    assert trace.outermost.type == MESSAGES[name].split(":")[0]


@pytest.mark.parametrize("name", ["sqlalchemy", "sqlalchemy with detail", "cuda"])
def test_message_without_any_header(name: str) -> None:
    """In a file of bare output the well-known lines below a message are known by their words."""
    text = TRACE + MESSAGES[name]
    assert [(r.first_line, r.last_line) for r in events(text + "\nup again\nready")] == [
        (0, text.count("\n")),
        (text.count("\n") + 1, text.count("\n") + 1),
        (text.count("\n") + 2, text.count("\n") + 2),
    ]


def test_message_of_a_rank() -> None:
    """Each line has the launcher's prefix, and the second names NCCL's own error."""
    text = "\n".join("[rank2]: " + line for line in (TRACE + MESSAGES["nccl"]).split("\n"))
    assert [(r.first_line, r.last_line) for r in events(HEAD + text + NEXT)][1] == (1, 1 + text.count("\n"))


def test_message_below_a_rule() -> None:
    """A message that begins on the next line is not the rule drawn above it."""
    trace = events(TRACE + MESSAGES["torchrun"])[0].stacktrace
    assert trace is not None
    assert trace.outermost.message == "tune.py FAILED"


def test_call_that_could_not_be_logged() -> None:
    """Logging's own error shows where it was called from: those frames are no second exception."""
    text = (
        "--- Logging error ---\n" + TRACE + "TypeError: not all arguments converted\n"
        "Call stack:\n"
        '  File "/srv/shop/main.py", line 3, in <module>\n'
        '    log.error("till", 7)\n'
        "Message: 'till'\n"
        "Arguments: (7,)"
    )
    found = events(HEAD + text + NEXT)
    assert [(r.first_line, r.last_line) for r in found[:2]] == [(0, 0), (1, 1 + text.count("\n"))]
    trace = found[1].stacktrace
    assert trace is not None
    assert [(e.type, [f.function for f in e.frames]) for e in trace.exceptions] == [("TypeError", ["close"])]


def test_notes_of_two_programs_under_syslog() -> None:
    """Lines of two processes alternate, and one's message goes on below its exception."""
    head = "Nov 23 19:20:37 edge1 {}: {}"
    till = [HEAD.strip().replace("INFO", "ERROR"), *TRACE.strip("\n").split("\n"), "ValueError: sum", "while closing"]
    text = "\n".join(
        line
        for n, mine in enumerate([*till, *NEXT.strip().split("\n")])
        for line in (head.format("till[7]", mine), head.format("web[8]", f"2026-11-23 19:20:37,123 INFO web: {n}"))
    )
    assert [(r.first_line, r.last_line) for r in events(text) if r.level is Level.ERROR] == [(0, 10)]


def test_text_after_a_blank_line_is_no_message() -> None:
    """What is printed after a pause is about something else."""
    found = events(HEAD + TRACE + "KeyError: 'till'\n\nstarting again" + NEXT)
    assert [(r.first_line, r.last_line) for r in found[1:3]] == [(1, 4), (6, 6)]
