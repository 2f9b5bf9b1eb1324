"""`PASS:` of test runners beside that of logins."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

RESULTS = [
    "PASS: x86-64 register opcodes",
    "PASS: ld-elf/size-2",
    "PASS: vers26b1\nFAIL: vers27",
    "XFAIL: vers25\nPASS: vers26b1",
    "PASS: test_login (0.12s)",
]


@pytest.mark.parametrize("text", RESULTS)
def test_result_of_a_test_is_unchanged(text: str) -> None:
    """Names of tests hold digits and signs as passwords do; words, a path or results around them tell."""
    assert Redactor()(text) == text


def test_password_of_a_login_is_replaced() -> None:
    """The same word below a user is a password."""
    assert Redactor()("USER: ada\nPASS: kT4mzQ9x") == "USER: ada\nPASS: <REDACTED:password>"
