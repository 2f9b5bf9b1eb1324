"""Arguments of calls that are passwords: by the method's name in a trace, beside the user in a pair."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("#3 /srv/In.php(12): Shop\\Gate->login('ada', '{}', true)", "kT4mzQ9x"),
    ("#0 /srv/In.php(12): Gate->loginWithCredentials('ada', '{}')", "willowbrook"),
    ("\\\"#1 Controller->tryLogin('ada', '{}', NULL)", "kT4mzQ9x"),
    ("#3 /srv/In.php(12): Member->setPassword('{}')", "kT4mzQ9x"),
    ("#3 /srv/In.php(12): Member->checkPassword('ada', '{}')", "kT4mzQ9x"),
    ("#3 [internal function]: password_verify('{}', 'hash')", "kT4mzQ9x"),
    ("session.auth = ('ada', '{}')", "kT4mzQ9x"),
    ("{{'auth': ('ada', '{}'), 'timeout': 3}}", "willow-brook"),
    ('Client(basic_auth=("ada", "{}"))', "kT4mzQ9x"),
]
KEPT = [
    "#3 /srv/In.php(12): Gate->login('ada', 'web')",
    "#3 /srv/In.php(12): Gate->login('ada')",
    "#3 /srv/In.php(12): Member->checkPassword(Object(Member))",
    "auth=(user, password)",
]


@pytest.mark.parametrize(("text", "secret"), REDACTED)
def test_password_among_arguments_is_replaced(text: str, secret: str) -> None:
    """Only the password goes, the user and the other arguments stay."""
    assert Redactor()(text.format(secret)) == text.format("<REDACTED:password>")


@pytest.mark.parametrize("text", KEPT)
def test_call_without_password_is_unchanged(text: str) -> None:
    """Names of guards, variables and objects are no passwords."""
    assert Redactor()(text) == text
