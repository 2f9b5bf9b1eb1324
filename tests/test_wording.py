"""Texts that say the same of one fault, and those that do not."""

from __future__ import annotations

import time

import pytest

from mcp_rag.wording import same_words

SAME = [
    ("gave up after <*> attempts", "gave up after <*> attempt"),
    ("<*> retries of <*> matches in <*> boxes", "<*> retry of <*> match in <*> box"),
    ("<*> process status", "<*> process status"),
    ("keys ['<*>', '<*>', '<*>'] lost", "keys ['<*>'] lost"),
    ('[{"n":<*>},{"n":<*>},{"n":<*>}]', '[{"n":<*>}]'),
    ("\u2018rate\u2019 was not declared", "'rate' was not declared"),
    ("cannot find `rate' or \u201crate\u201d", "cannot find 'rate' or \"rate\""),
    ("Cannot read property 'rate' of undefined", "Cannot read properties of undefined (reading 'rate')"),
    ("Cannot set property 'rate' of null", "Cannot set properties of null (setting 'rate')"),
    ("assertion failed: `(left == right)`", "assertion 'left == right' failed"),
    ("not found for architecture arm<*>:", "not found for architecture <*>:"),
    ("values (<*>, '<*>'), (<*>, '<*>')", "values (<*>, '<*>')"),
    ("job -<*> at <*>== lost", "job <*> at <*> lost"),
    ("calling the X operation (reached max retries: <*>): no", "calling the X operation: no"),
    ("[Errno 61] Connection refused", "[Errno 111] Connection refused"),
]
APART = [
    ('[{"n":<*>}, {"m":<*>}]', '[{"n":<*>}]'),
    ('{"n":<*>} and {"n":<*>}, {"n":<*>}', '{"n":<*>}'),
    ("lost carts", "lost cart"),
    ("<*> has gone", "<*> ha gone"),
    ("<*> rows=<*>", "<*> row=<*>"),
    ("Cannot read property 'rate' of undefined", "Cannot read properties of undefined (reading 'owner')"),
    ("[Errno 61] No data available", "[Errno 111] No data available"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_fault_in_other_words(one: str, other: str) -> None:
    """One and many, quotes of a locale, sentences of another version and numbers of another system are the same; a text
    that has the shared words keeps them."""
    assert same_words(one) == other == same_words(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_faults_stay_apart(one: str, other: str) -> None:
    """What only looks like a plural, unlike objects, another name and another error are told apart."""
    assert same_words(one) != same_words(other)


@pytest.mark.parametrize(
    "unit", ["<*> as", "'<*>',", "{},{", "Cannot read property '", "errno 6", "`", "assertion failed: '("]
)
def test_linear_on_hostile_text(unit: str) -> None:
    """A text of 8,000 repeated pattern starts is done in no time."""
    start = time.process_time()
    same_words(unit * (8_000 // len(unit)))
    assert time.process_time() - start < 0.5
