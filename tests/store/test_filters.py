"""Filter text cannot be changed by a value: exact forms, and a property test on Milvus Lite (checks 14 and 15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_rag.errors import InputError
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore, StoreSettings, open_store
from mcp_rag.store.filters import (
    MAX_VALUE_BYTES,
    block_condition,
    check_ids,
    contains,
    error_condition,
    ids_in,
    ids_of,
    prefix_is,
    quote,
)
from mcp_rag.types import Level
from tests.fakes import hex_id
from tests.store.hostile_filters import BAD_IDS, HOSTILE, ROW, check_filters, check_ids_of_calls


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", '"plain"'),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ('\\"', '"\\\\\\""'),
        ("a\nb\rc\td", '"a\\nb\\rc\\td"'),
        ("{x} % é 🙂", '"{x} % é 🙂"'),
        ("lone \udc80", '"lone ?"'),
    ],
)
def test_quote(value: str, literal: str) -> None:
    """Only the escapes that every engine knows (facts/milvus.md 8.4)."""
    assert quote(value) == literal


def test_expressions() -> None:
    """The whole language: fixed names and operators, ints and quoted strings, joined by `and`."""
    where = ErrorFilter(
        min_level=Level.WARN,
        service="api",
        since_ms=5,
        until_ms=9,
        first_since_ms=7,
        statuses=("new", "returned"),
        language="go",
        exception_type="E",
        related="r",
        codes=("A1", "B2"),
        origin="user",
    )
    condition = error_condition(where)
    assert condition.exact
    assert condition.text == (
        "level >= 13 and last_seen >= 5 and first_seen <= 9 and first_seen >= 7 and "
        'language == "go" and exception_type == "E" and related == "r" and origin == "user" and '
        'status in ["new", "returned"] and services like "%|api|%" and '
        '(codes like "%|A1|%" or codes like "%|B2|%")'
    )
    assert error_condition(ErrorFilter()).text == ""
    assert error_condition(ErrorFilter(service="a"), infix_like=False) == contains("services", ("a",)).__class__(
        "", False
    )
    assert ids_in([hex_id("a")]) == f'id in ["{hex_id("a")}"]'
    assert prefix_is("a0") == 'id like "a0%"'
    assert block_condition(source="x", before_ms=3) == 'part == 0 and source == "x" and created < 3'


@pytest.mark.parametrize("item", ["50%", "a_b", 'q"', "back\\slash", "new\nline"])
def test_special_characters_become_wildcards(item: str) -> None:
    """No engine shares an escape for LIKE: such a pattern may match too much, and says so."""
    condition = contains("codes", (item,))
    assert not condition.exact or "\n" in item  # control characters are stripped from the field as well
    assert not set(condition.text.split('"')[1]) & set("\\\n")


def test_limits() -> None:
    """Oversized values, numbers and prefixes are refused or clamped before any call."""
    with pytest.raises(InputError):
        error_condition(ErrorFilter(language="x" * (MAX_VALUE_BYTES + 1)))
    with pytest.raises(InputError):
        contains("codes", ("x" * (MAX_VALUE_BYTES + 1),))
    assert error_condition(ErrorFilter(since_ms=10**30)).text == f"last_seen >= {2**63 - 1}"
    assert contains("codes", ("c",) * 1_000).text.count("like") == 64
    with pytest.raises(InputError):
        prefix_is('a%" or id like "')
    with pytest.raises(InputError):
        block_condition()
    assert check_ids([hex_id("a"), hex_id("a")]) == [hex_id("a")]
    with pytest.raises(InputError):
        check_ids([None])  # type: ignore[list-item] # what a wrong caller might pass


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def store(loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusStore]:
    data: Path = tmp_path_factory.mktemp("filters")
    made = open_store(StoreSettings(data_dir=data))
    loop.run_until_complete(made.open(model_id="hash", dimension=4))
    yield made
    loop.run_until_complete(made.close())


@given(rows=st.lists(ROW, min_size=1, max_size=12), queries=st.lists(HOSTILE, min_size=1, max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filter_values_cannot_change_the_expression(
    store: MilvusStore,
    loop: asyncio.AbstractEventLoop,
    rows: list[tuple[str, str, str]],
    queries: list[str],
) -> None:
    """Check 14: whatever the strings, the store selects what a Python filter over the same rows selects."""

    loop.run_until_complete(check_filters(store, rows, queries))


@given(bad=BAD_IDS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_cannot_change_the_expression(store: MilvusStore, loop: asyncio.AbstractEventLoop, bad: str) -> None:
    """Check 15: an id that is none reaches no engine."""
    loop.run_until_complete(check_ids_of_calls(store, bad))


def test_ids_come_out_of_an_expression_again() -> None:
    """What `ids_in` made, and nothing else: another field, another operator, an id that is none."""
    ids = [hex_id(n) for n in range(3)]
    assert ids_of(ids_in(ids)) == ids
    assert ids_of(ids_in(ids[:1])) == ids[:1]
    wrong = ["", ids_in(ids, "error_id"), f"not {ids_in(ids)}", f"{ids_in(ids)} and count > 1", "id in []"]
    for other in (*wrong, 'id in ["x"]'):
        assert ids_of(other) is None
