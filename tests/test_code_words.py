"""Codes known by the word beside them: where they may stand is asked of the shape, whether they are of the value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_rag.code_words import WORDS, found, has_number, judged
from mcp_rag.codes import codes, has_pattern
from mcp_rag.mask import mask
from tests.test_codes import FOUND, NOT_FOUND

WORDS_OF_CODES = (
    "rc=|(rc |ret=-|ret -|err -|err=|error -|error |error: |with error |failed: -|failed (|returned -|returned |"
    "exit |exited with |exit code 0x|code=exited, status=|status=|status |code |code: '|(code |with code |"
    "grpc-status: |SQL Error: |sqlcode=-|sqlstate |duplicate [|insert (|state |GetLastError: |win32 error |"
    "CUDA error |curl: (|smtp |dsn=|said: |errno |{error,|exception (|signal |xid (a): |sense key 0x|HTTP/1.1 |"
    "got | from upstream|response |mqrc "
).split("|")
PIECES = st.sampled_from(
    [
        *WORDS_OF_CODES,
        *(
            "0",
            "7",
            "12",
            "137",
            "200",
            "503",
            "1062",
            "23505",
            "40P01",
            "10054",
            "5.1.1",
            ")",
            "):",
            "]",
            "'",
            " ",
            ", ",
        ),
        *(": ", "=", "-", "/", "P2002", "E12", "x", "rows", "errors", "Not Found", "ms", "\n", "  "),
    ]
)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=9).map("".join), st.integers(1, 9))
def test_texts_without_a_pattern_are_the_same_whatever_their_digits(text: str, step: int) -> None:
    """What `has_pattern` denies has no code of digits, whichever digits it has: events that differ in digits alone
    then share their fingerprint without being read."""
    other = "".join(str((int(c) + step) % 10) if c in "0123456789" else c for c in text)
    if not has_pattern(text):
        assert codes(other) == codes(text)
        assert mask(other) == mask(text)
    assert has_pattern(other) == has_pattern(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=9).map("".join))
def test_codes_are_those_of_the_text_on_one_line(text: str) -> None:
    """Line ends and runs of blanks make no other codes: masking and the memo read texts on one line."""
    assert codes(text) == codes(" ".join(text.split()))


@pytest.mark.parametrize("text", [*(text for text, _ in FOUND), *NOT_FOUND])
def test_an_expression_finds_nothing_without_its_word(text: str) -> None:
    """Texts that lack the word are passed by unread; then the expression must not match them."""
    low = text.lower()
    for word, _, pattern, _ in WORDS:
        assert all(word in match[0] or word in low for match in pattern.finditer(low)), word
        assert len(pattern.findall(low.replace(word, "§") if word else "")) == 0, word


@pytest.mark.parametrize(
    ("kind", "value", "is_code"),
    [
        ("http", "404", True),
        ("http", "304", False),
        ("exit", "0", False),
        ("exit", "-0x0", False),
        ("exit", "255", True),
        ("said", "204", False),
        ("said", "1006", True),
        ("reply", "250", False),
        ("enhanced", "550 5.1.1", True),
        ("enhanced", "550 2.1.1", False),
        ("sqlbare", "23505", True),
        ("sqlbare", "23599", False),
        ("sqlbare", "42P01", True),
        ("sqlbare", "ZZ999", False),
        ("named", "E_DECLINED", True),
        ("named", "P2002", True),
        ("named", "a1b2c3", False),
        ("named", "X7K2P9", False),
        ("unit", "203/exec", True),
    ],
)
def test_the_value_decides(kind: str, value: str, is_code: bool) -> None:
    """Success, ids and voucher codes stand where codes may stand, and are none."""
    assert judged(kind, value) is is_code


def test_of_two_that_overlap_the_first_counts() -> None:
    """`exit status 503` is an exit code, not an HTTP status; what follows it is read on."""
    text = "exit status 503, then status 404"
    assert [name for name, _, _ in found(text, text)] == ["exit code 503", "HTTP 404"]
    assert has_number(text)
    assert not has_number("status of the exit")
