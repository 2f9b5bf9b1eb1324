"""The comparison with gitleaks' rules is only fair if our script reads a rule file as gitleaks does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evals.gitleaks_rules import GitleaksRules, entropy, python_regex


@pytest.mark.parametrize(
    ("go", "hits", "misses"),
    [
        (r"ab(?i)cd", ["abcd", "abCD"], ["ABcd"]),
        (r"x(a(?i)b|c)d", ["xabd", "xaBd", "xCd"], ["xAbd", "xabD", "Xabd"]),
        (r"(?i)^yes|no$", ["YES!", "a NO"], ["a yes", "no!"]),
        (r"(?i)a(?-i:B)c", ["ABC", "aBc"], ["abc"]),
        (r"k=\w+(?:;|\z)", ["k=v", "k=v;"], ["k=v\n"]),
        (r"k=\w+$", ["k=v"], ["k=v\n"]),
        (r"[$)(|]\$\(\x60\x{41}", ["$$(`A", "|$(`A"], ["a$(`A"]),
        (r"a[^]]b\]", ["axb]"], ["a]b]"]),
        (r"^\w\d\b$", ["a1"], ["é1", "a\u0661"]),
    ],
)
def test_go_expressions_keep_their_meaning(go: str, hits: list[str], misses: list[str]) -> None:
    """Flags in the middle hold to the end of their group, `$` and `\\z` are the very end, classes are ASCII (RE2)."""
    regex = re.compile(python_regex(go), re.ASCII)
    assert all(regex.search(text) for text in hits)
    assert not any(regex.search(text) for text in misses)


RULES = r"""
[allowlist]
stopwords = ["sample"]
[[rules]]
id = "keyed"
regex = '''(?i)tok=(?:"([a-z0-9]{8})"|([a-z0-9]{8}))(?:\s|$)'''
keywords = ["TOK"]
entropy = 2.5
[[rules.allowlists]]
regexes = ['''^dead''']
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# harmless''']
[[rules.allowlists]]
condition = "AND"
paths = ['''\.bb$''']
regexes = ['''^feed''']
[[rules]]
id = "grouped"
regex = '''user=(\w+) pass=(\w+)'''
secretGroup = 2
[[rules]]
id = "named"
regex = '''(anything)'''
path = '''\.tf$'''
[[rules]]
id = "file"
path = '''\.p12$'''
[[rules]]
id = "broken"
regex = '''(?P<n>a)(?P<n>b)'''
"""


@pytest.fixture
def rules(tmp_path: Path) -> GitleaksRules:
    """A rule file of ours that uses every part we read."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES, encoding="utf-8")
    return GitleaksRules(file)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("TOK=a1b2c3d4", "TOK=<X>"),
        ('x tok="a1b2c3d4" y', 'x tok="<X>" y'),
        ("tok=aabbaabb", "tok=aabbaabb"),
        ("tok=dead1234", "tok=dead1234"),
        ("tok=feed1234", "tok=<X>"),
        ("tok=a1sample", "tok=a1sample"),
        ("one\ntok=a1b2c3d4 # harmless\n", "one\ntok=a1b2c3d4 # harmless\n"),
        ("# harmless\ntok=a1b2c3d4", "# harmless\ntok=<X>"),
        ("user=bob pass=x1", "user=bob pass=<X>"),
        ("anything", "anything"),
    ],
)
def test_rules_fire_as_in_gitleaks(rules: GitleaksRules, text: str, redacted: str) -> None:
    """Keyword, group, entropy, the three allowlist targets, AND with a path, and rules for files of other names."""
    assert rules(text) == redacted


def test_rules_that_cannot_run_are_counted(rules: GitleaksRules) -> None:
    """A rule that Python refuses is named, so that a low figure is not of our making unseen."""
    assert [failed.split(":")[0] for failed in rules.failed] == ["broken"]
    assert str(rules).startswith("5 rules, 4 with an expression, 3 compiled")
    assert rules.covers("user=bob pass=x1", "bob")


def test_entropy_is_bits_a_character() -> None:
    """Shannon's: two signs alike often are one bit."""
    assert entropy("abab") == pytest.approx(1.0)
    assert entropy("abcd") == pytest.approx(2.0)
