"""Private keys whose lines are events of their own: cleaned below each other, and known when alone."""

from __future__ import annotations

import json
import random
import string
import time

import pytest

from mcp_rag.events import parse_block
from mcp_rag.grouping import complete, parse
from mcp_rag.redact import Redactor
from mcp_rag.redact_keys import MAX_LINES_BETWEEN, find_key_lines, find_key_tails, hide_keys
from mcp_rag.types import Block, Level, ParseSettings

_RANDOM = random.Random(11)  # noqa: S311 - repeatable test data
# A line of a key holds digits, capitals and small letters.
BODY = ["aB3" + "".join(_RANDOM.choices(string.ascii_letters + string.digits + "+/", k=61)) for _ in range(5)]
TAIL = "Qm9iLXdhcy1oZXJlLTQy" + "NA=="
KEY = ["-----BEGIN EC PRIVATE" + " KEY-----", *BODY, TAIL, "-----END EC PRIVATE" + " KEY-----"]


def _headed(line: str) -> str:
    return f"Mar 04 11:22:33 vm7 tlsd[88]: {line}"


def _json(line: str) -> str:
    return json.dumps({"time": "2025-03-04T11:22:33Z", "level": "error", "msg": line, "logger": "tls.Loader"})


def _docker(line: str) -> str:
    return json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2025-03-04T11:22:33.000000000Z"})


def _php(line: str) -> str:
    return json.dumps({"level": "error", "message": line}).replace("/", "\\/")


@pytest.mark.parametrize(
    "wrap", [str, _headed, _json, _docker, _php, lambda line: f"    {line}", lambda line: f"> {line}"]
)
def test_key_lines_are_hidden_below_each_other(wrap: object) -> None:
    """Whatever each line is wrapped in, only the runs of the key go: lines stay, and so does the rest of each."""
    lines = ["service starts", *map(wrap, KEY), "WARN AuthenticationProviderManagerFactoryBean2 slow"]  # type: ignore[arg-type, operator]
    hidden = hide_keys("\n".join(lines).encode()).decode()
    assert not any(part in hidden for part in (*BODY, TAIL, BODY[0].replace("/", "\\/")))
    assert hidden.count("\n") == len(lines) - 1
    assert hidden.split("\n")[0] == lines[0]
    assert hidden.split("\n")[-1] == lines[-1]
    runs = hidden.split("\n")[2:-2]
    assert runs == [wrap("<REDACTED:private-key>")] * len(runs)  # type: ignore[operator]


def test_lines_of_other_streams_between_stay() -> None:
    """Words, paths, class names and hex digests between the lines of a key are not taken for parts of it."""
    between = [
        "at com.example.security.AuthenticationManagerBuilder.build(AuthenticationManagerBuilder.java:381)",
        "/usr/lib/python3/dist-packages/cryptography/hazmat/primitives",
        "image sha256:9b2a4c0d2c7bfc0b6e2a8f1d3c4b5a69788796a5b4c3d2e1f00112233445566f",
        "DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF",
    ]
    lines = [KEY[0], *between, BODY[0], *between, BODY[1], KEY[-1]]
    hidden = hide_keys("\n".join(lines).encode()).decode().split("\n")
    assert hidden[1:5] == between
    assert hidden[6:10] == between
    assert hidden[5] == hidden[10] == "<REDACTED:private-key>"


def test_hiding_ends_where_no_line_of_a_key_follows() -> None:
    """A mention of BEGIN without a key cleans nothing far below it, and a key without an end ends."""
    far = "request id aB3dEfGh1jKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKl done"
    lines = ["expected -----BEGIN PRIVATE" + " KEY-----", *["INFO tick"] * (MAX_LINES_BETWEEN + 1), far]
    data = "\n".join(lines).encode()
    assert hide_keys(data) == data
    cut = [KEY[0], *BODY, *["INFO tick"] * (MAX_LINES_BETWEEN + 1), far]
    hidden = hide_keys("\n".join(cut).encode()).decode()
    assert hidden.endswith(far)
    assert not any(line in hidden for line in BODY)


def test_key_on_one_line_is_left_to_the_gate() -> None:
    """One event holds it whole, so the gate replaces it with one placeholder and counts it."""
    data = f"loading {KEY[0]}\\n{BODY[0]}\\n{KEY[-1]}\\n failed\n".encode()
    assert hide_keys(data) == data
    assert Redactor()(data.decode()) == "loading <REDACTED:private-key>\\n failed\n"


def test_data_without_a_key_is_the_same_object() -> None:
    """Nearly every block costs one search."""
    data = b"ERROR public key of x\n" * 3
    assert hide_keys(data) is data


@pytest.mark.parametrize("wrap", [_headed, _json, lambda line: line])
def test_no_event_holds_a_line_of_a_key(wrap: object) -> None:
    """`parse` and `ingest` read blocks: neither records nor samples that are built later hold a line of the key, and
    line numbers are those of the source."""
    data = ("\n".join([_headed("ERROR cannot load"), *map(wrap, KEY), _headed("ERROR done")]) + "\n").encode()  # type: ignore[arg-type, operator]
    settings = ParseSettings(min_level=Level.UNSET)
    records, counts = parse_block(data, settings)
    assert counts.lines == len(KEY) + 2
    assert records[-1].last_line == len(KEY) + 1
    block = Block("tls.log", 0, "b1", "h1", data, 0, len(KEY) + 2, 0, True)
    parsed = parse(block, settings)
    complete(parsed.found.values(), block, settings)
    texts = [r.body for r in records] + [o.sample.body for o in parsed.found.values()]
    assert not any(part in text for part in (*BODY, TAIL) for text in texts)


@pytest.mark.parametrize(
    "line",
    ["{}", "    {}", '"{}\\n",', "2025-03-04 11:22:33,101 ERROR tls {}", "[2025-03-04T11:22:33Z] [main] ERROR {}",
     '{{"level":"error","message":"{}"}}'],
)  # fmt: skip
def test_one_line_of_a_key_is_known_when_alone(line: str) -> None:
    """An event, or a block, that begins inside a key has no BEGIN: 64 mixed characters and nothing else are a line."""
    text = "before\n" + line.format(BODY[2]) + "\nafter"
    assert Redactor()(text) == "before\n" + line.format("<REDACTED:private-key>") + "\nafter"


@pytest.mark.parametrize(
    "text",
    [
        "integrity sha384-" + BODY[0],
        "x-amz-id-2: " + BODY[1],
        "S3 Extended Request ID: " + BODY[1],
        BODY[0] + "x",
        BODY[0][:-1],
        "ab12" * 16,
        "abcdefgh" * 8,
        "-----BEGIN CERTIFICATE-----\n" + BODY[0] + "\n" + BODY[1] + "\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\n" + BODY[0] + "\n-----END PUBLIC KEY-----",
    ],
)
def test_other_long_runs_are_no_key(text: str) -> None:
    """Digests, request ids, names and the bodies of certificates and public keys stay."""
    assert Redactor()(text) == text


def test_key_lines_of_a_certificate_do_not_hide_those_of_a_key() -> None:
    """Behind END the lines count again."""
    text = f"-----BEGIN CERTIFICATE-----\n{BODY[0]}\n-----END CERTIFICATE-----\n{BODY[1]}"
    assert [text[f.start : f.end] for f in find_key_lines(text)] == [BODY[1]]


def test_hiding_takes_linear_time() -> None:
    """A block full of BEGIN, or of runs, costs its length."""
    for piece in (KEY[0].encode() + b"\n", BODY[0].encode() + b" ", b"\\/" * 40 + b"\n"):
        data = KEY[0].encode() + b"\n" + piece * (2_000_000 // len(piece))
        start = time.process_time()
        hide_keys(data)
        assert time.process_time() - start < 3


@pytest.mark.parametrize("head", ["", "12:00:01 tls ", "... "])
def test_lines_above_an_end_without_a_begin_are_known(head: str) -> None:
    """A text that begins inside a key ends with END: the lines above it are the key's, the short last one too."""
    text = "\n".join(["earlier text", head + BODY[0][:48], BODY[1], TAIL, KEY[-1], "later text"])
    hidden = Redactor()(text)
    assert not any(part in hidden for part in (BODY[0][:48], BODY[1], TAIL))
    assert hidden.startswith("earlier text\n" + head)
    assert hidden.endswith(KEY[-1] + "\nlater text")
    assert Redactor()(hidden) == hidden


def test_only_lines_of_a_key_stand_above_its_end() -> None:
    """Other lines above END stay, and what a whole key or a certificate holds is left to their own rules."""
    for text in (
        "no line of a key\n" + KEY[-1],
        "AuthenticationManagerBuilder2\nis no key\n" + KEY[-1],
        "-----BEGIN CERTIFICATE-----\nABCDef12\n-----END CERTIFICATE-----\nend of list\n" + KEY[-1],
    ):
        assert Redactor()(text) == text


def test_ends_without_begins_take_linear_time() -> None:
    """Each line is looked at for one END only."""
    text = (KEY[-1] + "\n" + BODY[0] + "\n") * 8_000
    start = time.process_time()
    assert sum(1 for _ in find_key_tails(text)) == 7_999
    assert time.process_time() - start < 3


def test_keys_of_tunnels_and_wallets_are_known() -> None:
    """Keys that no PEM holds are told by the word before them."""
    tunnel = "aB3dE5gH7jK9" * 3 + "aB3dE5g="
    assert Redactor()(f"wg genkey -> {tunnel}") == "wg genkey -> <REDACTED:private-key>"
    wallet = "5" + "KaB3dE5gH7jM" * 4 + "xy"
    assert Redactor()(f"importprivkey {wallet} label") == "importprivkey <REDACTED:private-key> label"
    mac = "0f1e2d3c4b5a6978" * 4
    assert Redactor()(f"Private-MAC: {mac}") == "Private-MAC: <REDACTED:private-key>"
