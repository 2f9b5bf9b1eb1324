"""Conditions on groups: one rule for rows in hand, and the count of what each condition took away."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from mcp_rag.rows import ErrorFilter, ErrorGroup
from mcp_rag.selection import accepts, active, blame, parse_level, telling, without
from mcp_rag.types import Level, LogRecord

GROUP = ErrorGroup(
    id="a" * 32,
    title="t",
    template="t",
    sample="s",
    dense_text="d",
    text="x",
    level=Level.ERROR,
    related="b" * 32,
    exception_type="KeyError",
    codes=("E1", "E2"),
    services=("api",),
    language="python",
    first_seen_ms=100,
    last_seen_ms=200,
    count=3,
    status="resolved",
)
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"min_level": Level.ERROR}, {"min_level": Level.FATAL}),
    ({"service": "api"}, {"service": "ap"}),
    ({"since_ms": 200}, {"since_ms": 201}),
    ({"until_ms": 100}, {"until_ms": 99}),
    ({"first_since_ms": 100}, {"first_since_ms": 101}),
    ({"statuses": ("new", "resolved")}, {"statuses": ("new",)}),
    ({"language": "python"}, {"language": "java"}),
    ({"exception_type": "KeyError"}, {"exception_type": "Key"}),
    ({"related": "b" * 32}, {"related": "c" * 32}),
    ({"codes": ("E9", "E2")}, {"codes": ("E",)}),
    ({"origin": "user"}, {"origin": "starter"}),
]


@pytest.mark.parametrize(("kept", "dropped"), CASES)
def test_each_condition(kept: dict[str, Any], dropped: dict[str, Any]) -> None:
    """Each condition keeps what meets it, border included, and drops what misses it by one."""
    assert accepts(GROUP, ErrorFilter(**kept))
    assert not accepts(GROUP, ErrorFilter(**dropped))


def test_the_cases_cover_every_condition() -> None:
    """A new field of ErrorFilter needs a case here."""
    assert {name for kept, _ in CASES for name in kept} == {f.name for f in fields(ErrorFilter)}


def test_blame_counts_each_condition_on_its_own() -> None:
    """The hint of an empty result says which filter removed how many, by the argument's name (DESIGN section 3)."""
    other = replace(GROUP, level=Level.WARN, services=("db",))
    where = ErrorFilter(min_level=Level.ERROR, service="web", since_ms=1)
    assert blame([GROUP, other], where) == {"level": 1, "service": 2}
    assert active(where) == ["min_level", "service", "since_ms"]
    assert active(without(where, "service")) == ["min_level", "since_ms"]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("", Level.UNSET),
        ("all", Level.UNSET),
        (" warning ", Level.WARN),
        ("Critical", Level.FATAL),
        ("severe", Level.ERROR),
        ("err", Level.ERROR),
        ("info", Level.INFO),
    ],
)
def test_levels_by_their_usual_names(name: str, level: Level) -> None:
    """Common names and any case."""
    assert parse_level(name) is level


def test_an_unknown_level_is_an_error() -> None:
    """The face turns this into a sentence."""
    with pytest.raises(KeyError):
        parse_level("loud")


@pytest.mark.parametrize(
    ("template", "message", "tells"),
    [
        ("ledger <num> is torn", "ledger 4711 is torn", True),
        ("<path> <num>", "/srv/ledger/page.go:9 4", False),
        ("<path> <num>", "/opt/depot/shelf 0.006", True),
        ("<str>", "", False),
    ],
)
def test_a_template_of_placeholders_tells_nothing(template: str, message: str, tells: bool) -> None:
    """Any path is of the form of a stored one: only a template with a word, or the very text, is the same error."""
    group = replace(GROUP, template=template, sample="FAIL /opt/depot/shelf 0.006")
    assert telling([group], [LogRecord(0, 0, message, message)]) == [group] * tells
