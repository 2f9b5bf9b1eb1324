"""Events that go on although a line reads like something else, and that end although it does not."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings


def spans(text: str) -> list[tuple[int, int]]:
    """First and last line of every event."""
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    return [(record.first_line, record.last_line) for record in records]


EVENTS = {
    "a message quotes another program until its frames": (
        "/srv/till/build.js:7\n    throw e;\n    ^\n\nError: Command failed: git fetch\nfatal: no such remote\n\n"
        "    at run (/srv/till/build.js:7:3)\n\nNode.js v22.1.0\ndone\n",
        [(0, 9), (10, 10)],
    ),
    "without frames it does not": (
        "/srv/till/build.js:7\n    throw e;\n    ^\n\nError: Command failed: git fetch\nfatal: no such remote\n",
        [(0, 4), (5, 5)],
    ),
    "a box ends at its lower edge": (
        "I/flutter ( 77): till open\n"
        "I/flutter ( 77): ══╡ EXCEPTION CAUGHT BY WIDGETS LIBRARY ╞═════════════════\n"
        "I/flutter ( 77): The following StateError was thrown building Till:\n"
        "I/flutter ( 77): Bad state: no drawer\n"
        "I/flutter ( 77): \n"
        "I/flutter ( 77): #0      Till.build (package:shop/till.dart:4:3)\n"
        "I/flutter ( 77): ══════════════════════════════════════════════════════════\n"
        "I/flutter ( 77): till shut\n",
        [(0, 0), (1, 6), (7, 7)],
    ),
    "a rule ends a race": (
        "==================\nWARNING: DATA RACE\nRead at 0x00c000012345 by goroutine 7:\n  main.open()\n"
        "      /srv/till.go:4 +0x1\n==================\n    testing.go:1: race detected\nok\n",
        [(0, 5), (6, 6), (7, 7)],
    ),
    "an empty error is told in paragraphs": (
        "2026-11-23T19:20:37.123Z  INFO 1 --- [main] a.Till : up\n"
        "2026-11-23T19:20:38.123Z ERROR 1 --- [main] a.Report : \n\n***\nNO DRAWER\n***\n\nReason:\n\nIt is locked.\n"
        "2026-11-23T19:20:39.123Z  INFO 1 --- [main] a.Till : down\n",
        [(0, 0), (1, 9), (10, 10)],
    ),
    "a bare word is not": (
        "ERROR:\nno drawer\n\nopening\nshutting\nlocking\nleaving\n",
        [(0, 1), (3, 3), (4, 4), (5, 5), (6, 6)],
    ),
    "a runtime's own log goes on with its frames": (
        "[01-May-2026 10:00:02 UTC] PHP Warning:  Undefined variable $coin in /srv/till.php on line 9\n"
        "[01-May-2026 10:00:02 UTC] PHP Stack trace:\n"
        "[01-May-2026 10:00:02 UTC] PHP   1. {main}() /srv/main.php:0\n"
        "[01-May-2026 10:00:03 UTC] PHP Warning:  Undefined variable $note in /srv/till.php on line 12\n",
        [(0, 2), (3, 3)],
    ),
    "syslog: the level stands in the first line only": (
        "May 01 10:00:01 web till[9]: ERROR cannot open\n"
        "May 01 10:00:01 web till[9]: Traceback (most recent call last):\n"
        "May 01 10:00:01 web kernel: audit: type=1400\n"
        'May 01 10:00:01 web till[9]:   File "/srv/till.py", line 3, in open\n'
        "May 01 10:00:01 web till[9]:     drawer()\n"
        "May 01 10:00:01 web till[9]: KeyError: 4\n"
        "May 01 10:00:02 web till[9]: INFO next\n",
        [(0, 5), (2, 2), (6, 6)],
    ),
    "a line without a level behind an error is its own": (
        "May 01 10:00:01 web till[9]: ERROR cannot open\nMay 01 10:00:01 web till[9]: trying again\n",
        [(0, 0), (1, 1)],
    ),
    "Bun shows the source first": (
        "$ bun till\n3 | open(\n4 |   drawer.key,\n           ^\n"
        "TypeError: drawer is null\n      at open (/srv/till.ts:4:3)\n",
        [(0, 0), (1, 5)],
    ),
    "the keys that stopped a program": (
        'watching\n^CTraceback (most recent call last):\n  File "/srv/w.py", line 3, in <module>\nKeyboardInterrupt\n',
        [(0, 0), (1, 3)],
    ),
    "a failed test and why it ended": (
        "=== RUN   TestOpen\n--- FAIL: TestOpen (0.00s)\npanic: no drawer\n\ngoroutine 7 [running]:\nmain.open()\n"
        "\t/srv/till.go:4 +0x1\nFAIL\n",
        [(0, 0), (1, 6), (7, 7)],
    ),
    "Terraform's box has a margin": (
        "╷\n│ Error: no drawer\n│ \n│   on till.tf line 3:\n╵\nReleasing the lock\n",
        [(1, 3), (5, 5)],
    ),
    "a thread overflows, then the runtime ends": (
        "thread 'till' has overflowed its stack\nfatal runtime error: stack overflow\nkilled by signal 6\n",
        [(0, 1), (2, 2)],
    ),
    "what a compiler of scripts found": (
        'running till.pl\nsyntax error at till.pl line 3, near "; }"\n'
        'Global symbol "$c" requires explicit package name at till.pl line 4.\n'
        "Execution of till.pl aborted due to compilation errors.\nleft with 255\n",
        [(0, 0), (1, 3), (4, 4)],
    ),
    "the kernel's report on memory": (
        "[ 12.000001] till invoked oom-killer: gfp_mask=0xcc0, order=0\n[ 12.000002] Call Trace:\n"
        "[ 12.000003]  dump_stack+0x5/0x9\n[ 12.000004] Mem-Info:\n[ 12.000005] active_anon:1 inactive_anon:2\n"
        "[ 12.000006] oom-kill:constraint=CONSTRAINT_NONE,task=till\n"
        "[ 12.000007] Out of memory: Killed process 77 (till) total-vm:1kB\n[ 12.000008] eth0: link up\n",
        [(0, 6), (7, 7)],
    ),
    "its last line alone": (
        "[ 12.000001] eth0: link up\n[ 12.000002] Out of memory: Killed process 77 (till) total-vm:1kB\n",
        [(0, 0), (1, 1)],
    ),
    "a status is no crash report": ("10:00:00 INFO till open\n10:00:01 INFO Status: OK\n", [(0, 0), (1, 1)]),
}


@pytest.mark.parametrize("name", EVENTS)
def test_events_end_where_a_reader_would_say(name: str) -> None:
    """Each cause with what it must not take along."""
    text, expected = EVENTS[name]
    assert spans(text) == expected


def test_what_follows_a_request_is_not_its_message() -> None:
    """The line of a request is whole: an error that the program prints behind it is an event of its own."""
    text = (
        '[23/Nov/2026 19:20:37] "GET /orders/7 HTTP/1.1" 404 145\n'
        '[23/Nov/2026 19:20:38] "GET /orders/8 HTTP/1.1" 404 145\n'
        "TypeError: rates.map is not a function\n    at total (/srv/cart.js:4:1)\n"
    )
    found = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]
    assert [(e.level.name, e.first_line, e.last_line) for e in found] == [
        ("WARN", 0, 0),
        ("WARN", 1, 1),
        ("ERROR", 2, 3),
    ]
