"""Version ranges of fixes against versions in a paste: a conflict is claimed only when it is certain."""

from __future__ import annotations

import pytest

from mcp_rag.versions import conflicts, parse_version, versions_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("numpy 1.26.4 installed", ("numpy 1.26.4",)),
        ("torch==2.13.0\nnode/v20.1.0", ("torch 2.13.0", "node 20.1.0")),
        ("Python 3.11.4 (main)", ("python 3.11.4",)),
        ("took 1.5 s", ()),
        ("port 8080, 10.0.0.1", ()),
        ("", ()),
    ],
)
def test_versions_are_found_with_their_component(text: str, found: tuple[str, ...]) -> None:
    """`name version` pairs in the forms that tools print; bare numbers say nothing."""
    assert set(found) <= set(versions_in(text))
    if not found:
        assert all("port" in v or "took" in v for v in versions_in(text))


@pytest.mark.parametrize(
    ("stated", "seen", "conflict"),
    [
        ("numpy >= 1.24, < 2", "numpy 1.26.4", False),
        ("numpy >= 1.24, < 2", "numpy 2.1.0", True),
        ("numpy>=1.24,<2", "numpy 1.23", True),
        ("numpy==1.26", "numpy 1.26.4", False),
        ("numpy != 1.26.4", "numpy 1.26.4", True),
        ("numpy ~= 1.24", "numpy 1.26.4", False),
        ("numpy ~= 1.24", "numpy 2.0.1", True),
        ("numpy ~= 1.24.1", "numpy 1.25.0", True),
        ("react ^17.0", "react 17.9.1", False),
        ("react ^17.0", "react 18.0.0", True),
        ("numpy < 1.20 or numpy > 2", "numpy 1.26.4", True),
        ("numpy < 1.20; numpy > 1.25", "numpy 1.26.4", False),
        ("1.24 and later", "numpy 1.0.0", False),
        ("numpy >= 2", "torch 1.0.0", False),
        ("works everywhere", "numpy 1.0.0", False),
        ("", "numpy 1.0.0", False),
        ("numpy > 1.10", "numpy 1.9.0", True),
    ],
)
def test_conflicts(stated: str, seen: str, conflict: bool) -> None:
    """A range conflicts when its component was seen outside of it; nothing is claimed about what was not named."""
    assert conflicts(stated, [seen]) is conflict


def test_nothing_seen_is_no_conflict() -> None:
    """Without versions in the paste no fix is pushed back."""
    assert not conflicts("numpy >= 9", [])


def test_versions_compare_as_numbers() -> None:
    """1.10 is later than 1.9."""
    assert parse_version("1.10") > parse_version("1.9")


def test_hostile_text_is_linear() -> None:
    """A megabyte without a version takes no noticeable time and at most 20 pairs come back (module limits)."""
    assert versions_in("a-" * 500_000) == ()
    assert len(versions_in("\n".join(f"lib{n} 1.{n}.0" for n in range(100)))) == 20
