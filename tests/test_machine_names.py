"""Words that a machine drew or numbered are values; identifiers that people wrote are not, digits or no."""

from __future__ import annotations

import random
import string

import pytest

from mcp_rag.machine_names import is_made, is_random
from mcp_rag.mask import mask
from mcp_rag.merge import collapse

MADE = [
    "kQz7WmTrPbLxVnHd", "gTbv4RrKwmP", "Nb8xQwZt", "wvTRkq3PnzLmc",  # session tokens, node ids
    "req_hJk4WqzPmrTbx", "sess-gTbv4RrKwmP",
    "mail-6f9d7bc584-zq8wl", "mail-6f9d7bc584-hgwtz", "cart-7bdc95cf4-xvkqp",  # pods
    "node-exporter-7vqwl", "kube-api-access-w4hgt",
    "eu-north-1", "ap-southeast-2b", "us-gov-west-1", "europe-west3-c", "asia-east1",
    "m6i.xlarge", "t4g.nano", "db.r6g.2xlarge", "c5.metal",
    "GigabitEthernet0/2", "TenGigE0/0/0/3", "Te1/1/2", "Vlan30",
    "Port-channel7", "xe-0/1/2", "eth1", "ens224", "bond0.12",
    "dm-7", "nvme1", "nvme0n1p3", "loop4", "mmcblk0p1", "zram0",
]  # fmt: skip
NAMES = [
    "getUserV2Info", "Http2ClientRequestHandler", "Base64DecoderException", "sha256sum", "X509TrustManagerImpl",
    "OAuth2AccessTokenConverter", "UInt8Array", "Float32Array", "IPv6Address", "S3AFileSystem", "EC2InstanceMetadata",
    "Utf8JsonWriter", "parseRfc3339Time", "HTML5Parser", "ReplicaSet2Controller", "md5sum", "libstdc6",
    "step1/2", "HTTP/2", "run-step3", "release-v2", "worker-17", "app-rc4", "orders-db001", "my-service2-https",
    "base-64", "cache-512mb", "wait-500ms", "port8080", "en-US-2",
]  # fmt: skip


@pytest.mark.parametrize("word", MADE)
def test_made_words_are_one_value(word: str) -> None:
    """Drawn and numbered words are masked as a whole, not digit by digit, and whichever digits they hold."""
    assert is_made(word) or mask(word) in {"<id>", "<path>"}
    other = word.translate(str.maketrans(string.digits, "3456789012"))
    assert collapse(mask(f"lost {word} today")) == collapse(mask(f"lost {other} today")) == "lost <*> today"


@pytest.mark.parametrize("word", NAMES)
def test_names_stay_words(word: str) -> None:
    """Of an identifier, a number in a sentence, a step or a release only the digits go."""
    assert not is_made(word)
    assert any(part in mask(word) for part in word.translate(str.maketrans(string.digits, " " * 10)).split())


def test_most_drawn_words_are_known() -> None:
    """Nine of ten words of twelve letters and a digit, drawn with any seed, are known for what they are."""
    drawn = random.Random(7)  # noqa: S311 - test data
    words = []
    for _ in range(500):
        letters = [drawn.choice(string.ascii_letters) for _ in range(12)]
        letters[drawn.randrange(12)] = drawn.choice(string.digits)
        words.append("".join(letters))
    assert sum(map(is_random, words)) > 450
