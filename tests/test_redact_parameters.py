"""Values that database layers print behind a statement with placeholders."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    'Executing (default): INSERT INTO "Crew" ("id","name","password") VALUES (DEFAULT,$1,$2); "ada", "{}"',
    'query: INSERT INTO crew(name, password) VALUES ($1, $2) -- PARAMETERS: ["ada","{}"]',
    'INSERT INTO "crew_tokens" ("context","token") VALUES ($1,$2) ["session", "{}"]',
    "==>  Preparing: update crew set age=?, password=? where id=?\n==> Parameters: null, {}(String), 4(Long)",
    "[SQL: SELECT id FROM crew WHERE name = %s AND password = %s]\n[parameters: ('ada', '{}')]",
    "LOG:  execute x: UPDATE crew SET a = $1, password = $2\nDETAIL:  parameters: $1 = 'ada', $2 = '{}', $3 = '4'",
    'UPDATE crew SET password = ? WHERE id = ? (parameters: array{{"1":"{}","2":4}}, types: array{{"1":2}})',
]
KEPT = [
    'SELECT id FROM crew WHERE name = ?; params: ["main"]',
    'UPDATE crew SET password = now() WHERE id = ? -- PARAMETERS: ["main"]',
    'SELECT 1 FROM crew WHERE token = $1 LIMIT $2  [["LIMIT", 1]]',
    "==>  Preparing: update crew set password=? where id=?\n==> Parameters: null, 4(Long)",
    "UPDATE crew SET password = $2 WHERE id = $1",
]


@pytest.mark.parametrize("text", REDACTED)
def test_value_of_a_placeholder_is_replaced(text: str) -> None:
    """The value whose placeholder belongs to a secret goes, the others stay."""
    assert Redactor()(text.format("kT4mzQ9x")) == text.format("<REDACTED:password>")


@pytest.mark.parametrize("text", KEPT)
def test_other_values_are_unchanged(text: str) -> None:
    """Values of other columns, of pairs with their names, and empty ones."""
    assert Redactor()(text) == text
