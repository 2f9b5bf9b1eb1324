"""Severity words."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.formats.levels import level_from_words, otel_level
from mcp_rag.types import Level

WORDS = {
    Level.TRACE: "trace TRACE verbose finest V VERB 10 trace8 Trace",
    Level.DEBUG: "debug DBG D fine debug1 D3 DDEBUG 20 7 100 10000",
    Level.INFO: "info INFO inf Information notice I 30 6 9 200 note 20000 800 Hinweis 情報 INFORMACIÓN",
    Level.WARN: "warn WARNING WRN wrn w 40 4 13 300 Deprecated 900 30000 WARNUNG aviso 警告 Avertissement",
    Level.ERROR: "error ERR e SEVERE fail 50 3 17 ERR! 400 1000 [ERROR] FEHLER Schwerwiegend ERREUR 错误 エラー",
    Level.FATAL: "fatal FTL crit CRITICAL emerg alert panic F 60 0 21 600 dpanic",
    Level.UNSET: "hello 4711 errorless 99999999 - x1 ４０",
}


@pytest.mark.parametrize(("level", "word"), [(level, word) for level, words in WORDS.items() for word in words.split()])
def test_every_spelling_of_a_level(level: Level, word: str) -> None:
    """Words and numbers of syslog, OTel, pino, monolog, Java and Python mean what their makers say."""
    assert formats.level_of(word) is level


def test_otel_numbers() -> None:
    """SeverityNumber ranges of four, nothing outside 1 to 24."""
    assert [otel_level(n) for n in (1, 4, 5, 9, 13, 16, 17, 20, 21, 24)] == [1, 1, 5, 9, 13, 13, 17, 17, 21, 21]
    assert otel_level(0) is otel_level(25) is Level.UNSET


GUESSES = [
    ("Traceback (most recent call last):", Level.ERROR),
    ("fatal: not a git repository", Level.FATAL),
    ("panic: runtime error", Level.FATAL),
    ("thread 'main' panicked at src/main.rs:8:45:", Level.FATAL),
    ("error[E0308]: mismatched types", Level.ERROR),
    ("npm ERR! code E404", Level.ERROR),
    ("Build FAILED", Level.ERROR),
    ("java.lang.IllegalStateException: x", Level.ERROR),
    ("authentication failure; logname=", Level.ERROR),
    ("Segmentation fault (core dumped)", Level.FATAL),
    ("connection refused by 10.9.0.4", Level.WARN),
    ("DeprecationWarning: x is deprecated", Level.WARN),
    ("curl: (60) SSL certificate problem: certificate has expired", Level.ERROR),
    ("Undefined symbols for architecture arm64:", Level.ERROR),
    ("0 errors", Level.UNSET),
    ("3 errors", Level.UNSET),
    ("no errors found", Level.UNSET),
    ("errors=0 warnings=0", Level.UNSET),
    ("listening on port 8080", Level.UNSET),
    ("terror at the mirror", Level.UNSET),
]


@pytest.mark.parametrize(("text", "level"), GUESSES, ids=[text for text, _ in GUESSES])
def test_level_from_words(text: str, level: Level) -> None:
    """Without a header level words decide; counts say nothing, since a zero and a three share one digit memo."""
    assert formats.level_from_words(text) is level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("(node:7) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated", Level.WARN),
        ("(node:7) UnhandledPromiseRejectionWarning: Error: no rate", Level.ERROR),
        ("GET http://shop.example/a net::ERR_CONNECTION_RESET", Level.ERROR),
        ("Access to fetch at 'a' has been blocked by CORS policy", Level.WARN),
        ("tailing /srv/log/shop-error.log last 15 lines", Level.UNSET),
        ("an error, logged to error.log", Level.ERROR),
    ],
)
def test_words_of_the_web(text: str, level: Level) -> None:
    """Node's own name for a warning counts for more than what it warns of; a browser's code is an error; the name of a
    log says nothing."""
    assert formats.level_from_words(text) is level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("shop.service: Main process exited, code=exited, status=203/EXEC", Level.WARN),
        ("shop.service: Main process exited, code=dumped, status=6/ABRT", Level.WARN),
        ("Process: 4711 ExecStart=/srv/shop (code=exited, status=0/SUCCESS)", Level.UNSET),
        ("4F2: to=<bob@example.com>, relay=none, status=bounced (no such user)", Level.WARN),
        ("4F2: to=<bob@example.com>, relay=mx1, status=sent (250 Ok)", Level.UNSET),
        ("Process 4711 (shopd) of user 1000 dumped core.", Level.FATAL),
        ("traps: shopd[4711] general protection fault ip:7f1 sp:7f2 error:0", Level.FATAL),
        ("sd 0:0:0:0: [sda] tag#0 FAILED Result: hostbyte=DID_OK", Level.ERROR),
        ("3.456: [GC (Allocation Failure) [PSYoungGen: 6K->1K(7K)] 6K->1K(9K), 0.01 secs]", Level.UNSET),
        ("errors: No known data errors", Level.UNSET),
        ("till 3: no answer after 20 attempts, giving up", Level.ERROR),
        ("till: connection unexpectedly closed (12 bytes read)", Level.ERROR),
        ("till: refresh: context deadline exceeded", Level.WARN),
        ("web1 : ok=13 changed=9 unreachable=0 failed=0 skipped=0", Level.UNSET),
        ("ERROR SUMMARY: 0 errors from 0 contexts", Level.UNSET),
        ("till: fan 3 failed", Level.ERROR),
        ("ran 3 tests, 3 failed", Level.UNSET),
        ("AUTH: received control message: AUTH_FAILED", Level.ERROR),
        ("Restart=ON_FAILURE", Level.UNSET),
        ("EXT4-fs (sda1): Remounting filesystem read-only", Level.ERROR),
        ("NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.", Level.ERROR),
        ("RTNETLINK answers: Operation not supported", Level.ERROR),
        ("RTNETLINK answers: File exists", Level.UNSET),
        ("till.service: Start request repeated too quickly.", Level.WARN),
        ("giving up after 5 retransmits", Level.ERROR),
        ("giving up the lead", Level.UNSET),
        ("eid=4 class=statechange vdev_state=FAULTED", Level.WARN),
        ("wlan0: CTRL-EVENT-ASSOC-REJECT status_code=16", Level.WARN),
        ("wlan0: CTRL-EVENT-CONNECTED", Level.UNSET),
        ("Device: /dev/sda, 8 Currently unreadable (pending) sectors", Level.WARN),
        ("(root) CMD (/srv/shop/backup --on-error=abort)", Level.UNSET),
        ("(root) FAILED to open the session", Level.ERROR),
    ],
)
def test_words_of_systems(text: str, level: Level) -> None:
    """What systemd, Postfix, the kernel, Ansible and valgrind print without a level, and counts that say nothing."""
    assert level_from_words(text) is level
