"""Messages in the lines below an announcement."""

from __future__ import annotations

import pytest

from mcp_rag.events.told_below import derivation_failure, error_stack, told_below


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("gradle", ["", "* What went wrong:", "No such task.", "", "* Try:"], "No such task."),
        ("gradle", ["* What went wrong:", "No such task.", "> Did you mean x?"], "No such task. > Did you mean x?"),
        (
            "gradle",
            [
                "* What went wrong:",
                "Task failed.",
                "> Could not resolve all files for configuration 'x'.",
                "> No till.",
            ],
            "Task failed. > Could not resolve all files for configuration 'x'. > No till.",
        ),
        ("gradle", ["* What went wrong:", "Task failed.", "> No till.", "> No cart."], "Task failed. > No till."),
        ("gradle", ["* Try:", "again"], ""),
        ("gradle", ["* What went wrong:"], ""),
        ("ansible", ["  msg: no till", "  rc: 1", "  stderr: ''"], "no till, rc: 1"),
        ("ansible", ["  msg: |-", "    no till", "    at all"], "no till"),
        ("ansible", ["  stderr: |-"], ""),
        ("ansible", ["    msg: of an item"], ""),
        ("maven", ["* What went wrong:", "x"], ""),
    ],
)
def test_told_below(name: str, lines: list[str], message: str) -> None:
    """Each tool in its own manner; "" where nothing is told or the format tells it in its first line."""
    assert told_below(name, lines) == message


def test_errors_of_a_stack() -> None:
    """All errors of Oracle's stack, without the places between them; a single error is its own message."""
    stack = ["ORA-00604: no till", 'ORA-06512: at "SHOP.TILL", line 8', "ORA-01422: too many", "ORA-06512: at line 1"]
    assert error_stack(stack) == "ORA-00604: no till; ORA-01422: too many"
    assert (
        error_stack(["not kept: ORA-00604: no till", *stack[2:]]) == "not kept: ORA-00604: no till; ORA-01422: too many"
    )
    assert error_stack(stack[:2]) == ""


def test_failed_derivation() -> None:
    """Nix names only the derivation: what its builder printed last says why; an evaluation's error stands last."""
    built = ["builder for '/nix/store/a-till.drv' failed with exit code 1;", "       last 2 log lines:"]
    printed = ["       > building", "       > no till", "       For full logs, run 'nix log /nix/store/a-till.drv'."]
    assert derivation_failure(built + printed) == f"{built[0]} no till"
    assert derivation_failure(built) == ""
    assert derivation_failure(["", "       … while calling the 'head' builtin", "       error: no till"]) == "no till"
    assert derivation_failure(["", "no till"]) == ""
