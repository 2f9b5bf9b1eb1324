"""Collection names: the rule of Milvus servers, dashes forgiven, one set per knowledge base and generation."""

from __future__ import annotations

import pytest

from mcp_rag.errors import ConfigurationError
from mcp_rag.store import StoreSettings
from mcp_rag.store.settings import collection_names


@pytest.mark.parametrize(
    ("prefix", "kb", "alias", "collection"),
    [
        ("mcp_errors", "", "mcp_errors_blocks", "mcp_errors_blocks_v1"),
        ("mcp-errors", "", "mcp_errors_blocks", "mcp_errors_blocks_v1"),
        ("mcp_errors", "team-a", "mcp_errors_team_a_blocks", "mcp_errors_team_a_blocks_v1"),
        ("_x", "2024", "_x_2024_blocks", "_x_2024_blocks_v1"),
    ],
)
def test_names(prefix: str, kb: str, alias: str, collection: str) -> None:
    """Servers refuse the dash of `mcp-errors` (facts/milvus.md section 6): it is turned into an underscore."""
    names = collection_names(StoreSettings(prefix=prefix, kb=kb))
    assert (names.alias("blocks"), names.collection("blocks")) == (alias, collection)


@pytest.mark.parametrize(
    ("prefix", "kb"),
    [
        ("", ""),
        ("1x", ""),
        ("a b", ""),
        ("é", ""),
        ("a.b", ""),
        ("x", "a b"),
        ("x", "../y"),
        ("x", "é"),
        ("x" * 250, ""),
    ],
)
def test_bad_names(prefix: str, kb: str) -> None:
    """What a server would refuse is refused here, with the rule in the text."""
    with pytest.raises(ConfigurationError):
        collection_names(StoreSettings(prefix=prefix, kb=kb))


def test_token_is_not_in_the_representation() -> None:
    """A token must not reach a log through a traceback."""
    assert "secret" not in repr(StoreSettings(uri="http://h:1", token="secret"))
