"""Printed tables whose columns begin at the same place on every line."""

from __future__ import annotations

from mcp_rag.redact import Redactor


def test_cells_below_the_header_of_a_secret_are_replaced() -> None:
    """Only the column of the secret, in every row, also where the last cell is wider than its dashes."""
    text = "login  id  pass\n-----  --  ------\nada    1   kelp88\nbob    2   a longer reef 9\n\nbob    2   x9"
    expected = text.replace("kelp88", "<REDACTED:password>").replace("a longer reef 9", "<REDACTED:password>")
    assert Redactor()(text) == expected
    assert Redactor()(expected) == expected


def test_other_tables_are_kept() -> None:
    """No name of a secret, one run of dashes, rows that do not keep to the columns, words in place of a value."""
    for text in (
        "login  id\n-----  --\nada    1",
        "Your password\n-------------\nkelp88 is not it",
        "login  pass\n-----  ----\nadawithalongname kelp88",
        "login  pass\n-----  ----\nada    required",
        "--  --\nada pass",
        "password\n--  --",
    ):
        assert Redactor()(text) == text


def test_tables_of_box_characters_are_read() -> None:
    """Shells that draw lines between the cells."""
    text = "│ user │ password │\n├──────┼──────────┤\n│ ada  │ kelp88   │"
    assert "kelp88" not in Redactor()(text)
