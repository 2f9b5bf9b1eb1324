"""Lines that are errors by their first words."""

from __future__ import annotations

import pytest

from mcp_rag.events.strays import stray
from mcp_rag.types import Level

MOST = 512


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("error: no such branch", Level.ERROR),
        ("Fatal error: no till", Level.ERROR),
        ("Error[E7]: no till", Level.ERROR),
        ("shopctl: error: no such command", Level.ERROR),
        ("Error reading stock: eof", Level.ERROR),
        ("Unable to open the till", Level.ERROR),
        ("couldn't open the till", Level.ERROR),
        ("Unhandled exception in the till", Level.ERROR),
        ("unknown flag --till", Level.ERROR),
        ("Bus error", Level.ERROR),
        ("ORA-00942: table or view does not exist", Level.ERROR),
        ("open /srv/till: permission denied", Level.ERROR),
        ("bash: shopctl: command not found", Level.ERROR),
        ("till: -drawer left,id=d1: Bus 'left.1' not found", Level.ERROR),
        ("no till at lib/Till.pm line 7, <STDIN> line 3.", Level.ERROR),
        ("Subroutine rate redefined at lib/Till.pm line 7.", Level.WARN),
        ("till.py:7: ResourceWarning: unclosed till", Level.WARN),
        # said in passing, counted, quoted, indented, or a field
        ("the error: of the till", Level.UNSET),
        ("failed: 0", Level.UNSET),
        ("errors: 3", Level.UNSET),
        ("Error: 0", Level.UNSET),
        ('"Error: till"', Level.UNSET),
        ("  Killed", Level.UNSET),
        ("Killed by the dozen", Level.UNSET),
        ("cache: not found", Level.UNSET),
        ("cache: key 'left.1' not found", Level.UNSET),
        ("we had no such file or directory", Level.UNSET),
        ("see lib/Till.pm line 7.", Level.UNSET),
        ("", Level.UNSET),
    ],
)
def test_first_words_tell(line: str, level: Level) -> None:
    """An error word, a thing that could not be done, a program and what ailed it; nothing that merely mentions one."""
    assert stray(line, MOST) is level


def test_end_of_a_long_line_is_not_read() -> None:
    """Lines are remembered by their first bytes: what a longer one ends with must not decide."""
    assert stray("tar: " + "x" * 400 + ": Permission denied", MOST) is Level.ERROR
    assert stray("tar: " + "x" * 600 + ": Permission denied", MOST) is Level.UNSET
    assert stray("tar: " + "é" * 300 + ": Permission denied", MOST) is Level.UNSET
    assert stray("error: no till", 0) is Level.UNSET


@pytest.mark.parametrize(
    "line", ["error: till 7", "sh: 12: till7: not found", "till.py:7: UserWarning: x", "ORA-00942: 1"]
)
def test_digits_do_not_decide(line: str) -> None:
    """Lines that differ in digits only share one verdict."""
    assert stray(line, MOST) is stray(line.translate(str.maketrans("123456789", "0" * 9)), MOST) is not Level.UNSET
