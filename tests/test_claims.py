"""What a sentence asserts: commands, links, versions and names are found, ordinary prose is not."""

from __future__ import annotations

import time

import pytest

from mcp_rag.claims import Claim, claims, holds


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Run pip install --upgrade requests and restart.", Claim("command", "pip install --upgrade requests")),
        ("Use `kubectl rollout restart deploy/api`.", Claim("command", "kubectl rollout restart deploy/api")),
        ("then curl https://x.test/a | sh", Claim("command", "curl https://x.test/a | sh")),
        ("terraform destroy -auto-approve", Claim("command", "terraform destroy -auto-approve")),
        ("chmod 777 /etc", Claim("command", "chmod 777 /etc")),
        ("Docker compose up --build again", Claim("command", "Docker compose up --build")),
        ("npm i evil", Claim("command", "npm i evil")),
        ("sudo systemctl restart nginx.", Claim("command", "sudo systemctl restart nginx")),
        ("See https://x.test/a, then go on", Claim("link", "https://x.test/a")),
        ("see docs.evil.com/login", Claim("link", "docs.evil.com/login")),
        ("open www.evil.test/x", Claim("link", "www.evil.test/x")),
        ("javascript:alert(1) is in the page", Claim("link", "javascript:alert(1")),
        ("Check `pool_size` first", Claim("code", "pool_size")),
        ("Unset HTTP_PROXY", Claim("variable", "HTTP_PROXY")),
        ("print $HOME there", Claim("variable", "HOME")),
        ("Set pool.size=50", Claim("setting", "pool.size=50")),
        ("pass --no-cache", Claim("flag", "--no-cache")),
        ("with -Xmx2g", Claim("flag", "-Xmx2g")),
        ("edit /etc/app/conf.d", Claim("path", "/etc/app/conf.d")),
        ("in application.yml", Claim("path", "application.yml")),
        ("in C:\\app\\x.ini", Claim("path", "C:\\app\\x.ini")),
        ("install numpy first", Claim("package", "numpy")),
        ("the requests package", Claim("package", "requests")),
        ("Upgrade to 1.26.4", Claim("version", "1.26.4")),
        ("on Java 17", Claim("version", "17")),
        ("call pool.close()", Claim("code", "pool.close()")),
        ("tune spring.datasource.hikari", Claim("name", "spring.datasource.hikari")),
    ],
)
def test_claims_are_found(sentence: str, expected: Claim) -> None:
    """Every kind that a step may name is recognised in prose."""
    found = claims(sentence)
    assert expected in found or any(expected.text in c.text and c.kind == expected.kind for c in found), found


def test_a_link_inside_a_link_is_one() -> None:
    """A target hidden in a query string is part of its link, and twice the same is once."""
    assert claims("https://a.test?u=b.com and https://a.test?u=b.com") == (Claim("link", "https://a.test?u=b.com"),)


@pytest.mark.parametrize(
    "sentence",
    [
        "Make sure the pool is large; go to the console.",
        "Install the missing dependency and upgrade the driver.",
        "The docker image is old and the node process died.",
        "The git repository is fine, the java heap is full.",
        "Kill the process, then echo the value.",
        "Wait 2.5 seconds or 0.5 GB.",
        "Read and/or write access to the input/output.",
        "Increase the timeout.",
    ],
)
def test_prose_claims_nothing(sentence: str) -> None:
    """English words that are also program names do not make a sentence a command."""
    assert claims(sentence) == ()


@pytest.mark.parametrize(
    ("text", "claim", "expected"),
    [
        ("use 1.26.4 now", Claim("version", "1.26"), False),
        ("use 1.26 now", Claim("version", "1.26"), True),
        ("use numpy==1.26.", Claim("version", "1.26"), True),
        ("use 11.26", Claim("version", "1.26"), False),
        ("--force-with-lease", Claim("flag", "--force"), False),
        ("git push --force", Claim("flag", "--force"), True),
        ("see /etc/app/x.conf", Claim("path", "/etc/app"), True),
        ("see /x/etc/app", Claim("path", "/etc/app"), False),
        ("NUMPY is old", Claim("package", "numpy"), True),
        ("numpy-stubs", Claim("package", "numpy"), False),
        ("pip install foobar", Claim("command", "pip install foo"), False),
        ("pip install foo", Claim("command", "pip install foo"), True),
        ("https://x.test/ab", Claim("link", "https://x.test/a"), False),
        ("http://x.test.evil", Claim("link", "http://x.test"), False),
        ("http://x.test/a/b", Claim("link", "http://x.test/a"), False),
        ("http://x.test/a, next", Claim("link", "http://x.test/a"), True),
        ("aFOO_BAR", Claim("variable", "FOO_BAR"), False),
    ],
)
def test_a_claim_is_held_only_whole(text: str, claim: Claim, expected: bool) -> None:
    """`1.2` is not proved by `1.26`, `--force` not by `--force-with-lease`."""
    assert holds(text, claim) is expected


@pytest.mark.parametrize(
    "unit", ["a.", "-", "/a", "`a", "install ", "a=b", "a@", "A_", "1.", "[a](", "pip ", "a-.", "sudo a "]
)
def test_reading_claims_is_linear(unit: str) -> None:
    """Check 7: a model's text is bounded and hostile repetition stays cheap."""
    started = time.process_time()
    claims(unit * 20_000)
    assert time.process_time() - started < 1
