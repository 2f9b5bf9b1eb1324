"""Errors that Python's installers print between lines that say nothing bad, and PostgreSQL's client in two lines."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings


def records(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(Level.UNSET))[0]


@pytest.mark.parametrize("above", ["Installing dependencies", "Warning: The lock file is old."])
def test_poetrys_error_is_an_event_of_its_own(above: str) -> None:
    """It is indented and stands below blank lines, behind whatever Poetry said before."""
    found = records(
        f"{above}\n"
        "\n"
        "  SolverProblemError\n"
        "\n"
        "  Because shop depends on till (^2.0) which doesn't match any versions, version solving failed.\n"
        "\n"
        "  at ~/.local/lib/python3.11/site-packages/poetry/puzzle/solver.py:241 in _solve\n"
        "      240│         except SolveFailure as e:\n"
        "    → 241│             raise SolverProblemError(e)\n"
    )
    assert [(r.first_line, r.last_line) for r in found] == [(0, 0), (2, 8)]
    assert found[1].level is Level.ERROR
    assert found[1].stacktrace is not None
    assert found[1].stacktrace.chain == ("SolverProblemError",)


def test_a_cross_marks_an_error() -> None:
    """uv writes no level and no word of failure; a cross between numbers is none."""
    found = records(
        "Using Python 3.12.1\n"
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because only till<=2.2.0 is available and you require till>=2.3.0, it is unsatisfiable.\n"
        "The picture has 3 × 4 tiles\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [
        (0, 0, Level.UNSET),
        (1, 2, Level.ERROR),
        (3, 3, Level.UNSET),
    ]


def test_pips_cross_stays_with_the_error_above() -> None:
    """What pip marks so is the second line of an error that was named already."""
    found = records(
        "error: subprocess-exited-with-error\n"
        "\n"
        "  × Building wheel for till did not run successfully.\n"
        "  │ exit code: 1\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 3, Level.ERROR)]


@pytest.mark.parametrize(
    "second",
    [
        'FATAL:  role "shop" does not exist',
        'connection to server at "db" (::1), port 5432 failed: FATAL:  role "shop" does not exist',
    ],
)
def test_the_second_way_that_was_tried_belongs_to_the_exception(second: str) -> None:
    """PostgreSQL's client names each address, or with and without TLS, in a line of its own."""
    found = records(
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/db.py", line 3, in open\n'
        "    connect()\n"
        'psycopg2.OperationalError: FATAL:  role "shop" does not exist\n'
        f"{second}\n"
        "\n"
        "giving up\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR), (6, 6, Level.UNSET)]


def test_notebooks_of_colab_are_one_event() -> None:
    """The count of hidden frames and the frames below blank lines stay with the traceback."""
    found = records(
        "ValueError                                Traceback (most recent call last)\n"
        "<ipython-input-5-8d7b2f2c1a11> in <cell line: 0>()\n"
        "----> 2 till.open()\n"
        "\n"
        "8 frames\n"
        "/usr/local/lib/python3.11/dist-packages/shop/till.py in open(self)\n"
        "-> 1161     return self._open(name)\n"
        "\n"
        "ValueError: no till has this name\n"
    )
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 8, Level.ERROR)]


def test_pips_failures_are_told_apart() -> None:
    """pip calls every failed build the same; what was built and the last line printed say which one it is."""
    found = records(
        "error: subprocess-exited-with-error\n"
        "\n"
        "  × Building wheel for till did not run successfully.\n"
        "  │ exit code: 1\n"
        "  ╰─> [2 lines of output]\n"
        "      running build\n"
        "      error: the compiler is missing\n"
        "      [end of output]\n"
    )
    assert [r.message for r in found] == [
        "Building wheel for till did not run successfully. error: the compiler is missing"
    ]
