"""Prefixes of containers, shippers and launchers come off one at a time and nothing else does."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.events.shapes import classify
from mcp_rag.types import Level

CASES = [
    ("2026-11-23T19:20:37.1Z stdout P half a li", "cri", "half a li", "stdout", "", True),
    ("2026-11-23T19:20:37.1+02:00 stderr F   at x", "cri", "  at x", "stderr", "", False),
    ("2026-11-23T19:20:37.1Z stdout F", "cri", "", "stdout", "", False),
    ('{"log":"half","stream":"stdout","time":"2026-11-23T19:20:37Z"}', "docker-json", "half", "stdout", "", True),
    ('{"log": "\\tat x\\n", "stream": "stderr"}', "docker-json", "\tat x", "stderr", "", False),
    ("web_1  | 2026 | a | b", "docker-compose", "2026 | a | b", "", "web_1", False),
    ("my-api-1 |   File", "docker-compose", "  File", "", "my-api-1", False),
    ("db  | ready", "docker-compose", "ready", "", "db", False),
    (
        "@shop/till:dev:test:     at open (a.ts:3:4)",
        "turborepo",
        "    at open (a.ts:3:4)",
        "",
        "@shop/till:dev:test",
        False,
    ),
    ("@shop/till:build:", "turborepo", "", "", "@shop/till:build", False),
    ("2Acme-mysql-JhRU  | ready", "docker-compose", "ready", "", "2Acme-mysql-JhRU", False),
    (
        "debug 2026-11-23T19:20:37.123+0000 7f0c2d7e5640  1 osd.0 0 start",
        "ceph-container",
        "2026-11-23T19:20:37.123+0000 7f0c2d7e5640  1 osd.0 0 start",
        "",
        "",
        False,
    ),
    ("[pod/a/b] \tat x", "kubectl", "\tat x", "a", "b", False),
    ("2026-11-23T19:20:37.1234567Z   at x", "github-actions", "  at x", "", "", False),
    ("::warning file=a.py,line=1::slow", "github-command", "slow", "", "", False),
    ("2026-11-23T19:20:37.123456Z 00O+more", "gitlab", "more", "O", "", True),
    ("[default0]:x", "torchrun", "x", "default0", "", False),
    ("[1,0]<stderr>:x", "torchrun", "x", "1,0", "", False),
    ("(RayWorkerWrapper pid=771, ip=10.9.0.4)   File", "ray", "  File", "pid=771", "RayWorkerWrapper", False),
    ("(VllmWorker rank=1 pid=11) x", "ray", "x", "pid=11", "VllmWorker", False),
    ("(raylet) x", "ray", "x", "", "", False),
    ("(pid=771) x", "ray", "x", "pid=771", "", False),
    ("(pid=771, ip=10.9.0.4) x", "ray", "x", "pid=771", "", False),
    ("2026-11-23T19:20:37.123456789+08:00   File", "timestamped", "  File", "", "", False),
    ("Nov 23 19:20:37 g1 vllm[7]: (Core_0 pid=9)   at", "syslog-launcher", "(Core_0 pid=9)   at", "7", "vllm", False),
    ("2026-11-23T19:20:37+01:00 g1 train[7]: [rank0]: x", "syslog-launcher", "[rank0]: x", "7", "train", False),
    (
        'Nov 23 19:20:37 h a[7]: @cee: {"level":"error","msg":"x"}',
        "syslog-json",
        '{"level":"error","msg":"x"}',
        "7",
        "a",
        False,
    ),
    ("#12 ERROR: x", "buildkit", "ERROR: x", "#12", "", False),
    ("::group::Run pytest", "github-command", "Run pytest", "", "", False),
    ("shop-7d4b9c8f6d-x2x1q web   at x", "stern", "  at x", "shop-7d4b9c8f6d-x2x1q", "web", False),
    ("shop-28591234-x2x1q job", "stern", "", "shop-28591234-x2x1q", "job", False),
    (
        "db-0 pg 2026-11-23 19:20:37 UTC [7] LOG:  x",
        "stern",
        "2026-11-23 19:20:37 UTC [7] LOG:  x",
        "db-0",
        "pg",
        False,
    ),
    ('mq-2 rabbit {"level":"info","msg":"x"}', "stern", '{"level":"info","msg":"x"}', "mq-2", "rabbit", False),
    ("19:20:37 system | web.1 exited with code 1", "foreman", "web.1 exited with code 1", "", "system", False),
    ("2026-11-23 19:20:37,123 p=7 u=ci n=ansible | ok: [a]", "ansible-log", "ok: [a]", "7", "", False),
    ('[web:dev] {"level":"info","msg":"x"}', "named-json", '{"level":"info","msg":"x"}', "", "web:dev", False),
    (
        '@acme/web:dev: {"level":"info","msg":"x"}',
        "named-json",
        '{"level":"info","msg":"x"}',
        "@acme/web:dev",
        "",
        False,
    ),
    (
        "2026-11-23T19:20:37.123000+00:00 ecs/api/0123456789abcdef0123456789abcdef   at x",
        "cloudwatch",
        "  at x",
        "ecs/api/0123456789abcdef0123456789abcdef",
        "",
        False,
    ),
]


@pytest.mark.parametrize(
    ("line", "name", "text", "stream", "service", "partial"), CASES, ids=[case[0] for case in CASES]
)
def test_prefix_comes_off(line: str, name: str, text: str, stream: str, service: str, partial: bool) -> None:
    """The line inside keeps its indentation, and stream, service and the partial mark are read."""
    envelope = formats.unwrap(line)
    assert envelope is not None
    found = (envelope.format, envelope.text, envelope.stream, envelope.service, envelope.partial)
    assert found == (name, text, stream, service, partial)


@pytest.mark.parametrize(
    ("line", "text", "level"),
    [
        ("::error file=src/pay.ts,line=4,col=2::Unexpected any", "Unexpected any", Level.ERROR),
        ("::error::Deploy broke", "Deploy broke", Level.ERROR),
        ("::warning title=Lint::Slow query", "Slow query", Level.WARN),
        ("::notice::error budget is fine", "error budget is fine", Level.INFO),
        ("::debug::failed over", "failed over", Level.DEBUG),
        ("##[warning]slow", "slow", Level.WARN),
        ("##vso[task.logissue type=warning;sourcepath=a.cs;linenumber=3]Unused", "Unused", Level.WARN),
        ("##vso[task.logissue sourcepath=a.cs;type=error]Missing", "Missing", Level.ERROR),
    ],
)
def test_marks_of_a_workflow_state_the_level(line: str, text: str, level: Level) -> None:
    """A runner's own marks say how severe a line is, whatever its words say."""
    envelope = formats.unwrap(line)
    assert envelope is not None
    assert (envelope.text, envelope.level) == (text, level)
    assert classify(line)[0].level is level


def test_envelopes_nest() -> None:
    """Callers repeat unwrap: a GitHub job line with an error mark loses all three prefixes and keeps the level."""
    line = "build\tTest\t2026-11-23T19:20:37.1234567Z ##[error]exit code 1"
    seen = []
    level = Level.UNSET
    while (envelope := formats.unwrap(line)) is not None:
        seen.append(envelope.format)
        line, level = envelope.text, envelope.level or level
    assert seen == ["github-job", "github-actions", "github-command"]
    assert (line, level) == ("exit code 1", Level.ERROR)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plain",
        "2026-11-23T19:20:37.123Z ERROR x",
        "INFO   | jvm 1    | text",
        "error  | text",
        "2  |     let n: u32;",
        " id | name",
        "#0 /srv/app/p1.php(2): Mailer->open()",
        "#1  0x00007f in main () at x.c:1",
        "(gdb) bt",
        "(Click for more)",
        "[main] x",
        '{"message":"x","stream":"stdout"}',
        '{"log":{"level":"error"},"stream":"stdout"}',
        '{"log":"x"',
        "well-known hosts were added",
        'answer: {"colour":"red"}',
        "shop-7d4b9c8f6d-x2x1q is not ready",
        "check-out done at 2026-11-23 19:20:37",
        "::1 - - x",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    """Tables, traces and ordinary headers are not taken for envelopes."""
    assert formats.unwrap(line) is None
