"""Prefixes that collectors, log stores and platforms put around the lines they carry."""

from __future__ import annotations

import re

from mcp_rag.formats.levels import header_level
from mcp_rag.formats.wrappers import EnvelopeFormat, LokiJson
from mcp_rag.types import Level

ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"


def _names_a_service(found: re.Match[str]) -> bool:
    return header_level(found["service"]) is Level.UNSET


SHIPPER_FORMATS: tuple[EnvelopeFormat, ...] = (
    LokiJson(
        "loki-json",
        'Loki\'s own records: `{"stream": labels, "values": [[time, text]]}`, `{"labels": labels, "line": text}`',
        '{"labels":{"app":"billing"},"line":"Traceback (most recent call last):","timestamp":"2026-11-23T19:20:37Z"}',
        kind="envelope",
        first="{",
    ),
    EnvelopeFormat(
        "heroku",
        "Heroku's log drain: `time app[web.1]: text`",
        "2026-11-23T19:20:37.123456+00:00 app[web.1]: Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="]: ",
        pattern=rf"(?P<timestamp>{ISO}) (?P<service>app|heroku)\[(?P<stream>[\w.-]{{1,60}})\]: ",
    ),
    EnvelopeFormat(
        "cloudwatch",
        "aws logs tail: `time stream text`",
        "2026-11-23T19:20:37.123000+00:00 2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef [ERROR] charge failed",
        kind="envelope",
        first="0",
        needs="/",
        pattern=rf"(?P<timestamp>{ISO}) (?P<stream>\d{{4}}/\d\d/\d\d/\[[$\w-]{{1,60}}\][0-9a-f]{{32}}"
        r"|[\w.-]{1,100}/[\w.-]{1,100}/[0-9a-f]{32}) ",
    ),
    EnvelopeFormat(
        "ecs-console",
        "AWS's console for containers: `Mon dd, yyyy at hh:mm (UTC+h)<tab>text`",
        "November 23, 2026 at 19:20 (UTC+5:30)\tTraceback (most recent call last):",
        kind="envelope",
        first="A",
        needs=" (UTC",
        pattern=r"[A-Z][a-z]{2,8} \d{1,2}, \d{4} at \d{1,2}:\d\d(?: [AP]M)? \(UTC(?:[+-]\d{1,2}(?::\d\d)?)?\)\t",
    ),
    EnvelopeFormat(
        "truenas",
        "TrueNAS's page of an app's log: the time right before the text, whose first blanks are lost",
        "2026-11-23 19:20:37.123456+00:00Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="+00:00",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00)(?=[\w\[(/<*#])",
    ),
    EnvelopeFormat(
        "testcontainers",
        "Testcontainers' logger before each line of a container: `time INFO ... STDOUT: text`",
        '2026-11-23 19:20:37,123 INFO  [tc.till:1.2] (docker-java-stream-7) STDERR: Exception in thread "main"',
        kind="envelope",
        first="0",
        needs="STD",
        pattern=r"(?P<timestamp>(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d[.,]\d{3})Z? "
        r"(?=[^\n]{0,60}(?:INFO|DEBUG|TRACE)\b)[^\n]{3,200}?[\])\-:] STD(?:OUT|ERR): ?",
    ),
    EnvelopeFormat(
        "named-logfmt",
        "logfmt behind the name of its pod (stern without containers, kubetail): `pod time=... level=...`",
        'till-7d4b9 time="2026-11-23T19:20:37Z" level=error msg="charge failed"',
        kind="envelope",
        first="a",
        needs=" level=",
        pattern=r"(?P<service>[a-z][\w.-]{1,80}) (?=(?:time|ts|t)=\"?\d{4}-)",
    ),
    EnvelopeFormat(
        "render",
        "Render's logs as its page shows them: `Mon d h:mm:ss PM  text`",
        "Nov 23 07:20:37 PM  Traceback (most recent call last):",
        kind="envelope",
        first="A",
        needs="M  ",
        pattern=r"(?P<timestamp>[A-Z][a-z]{2} {1,2}\d{1,2} \d{1,2}:\d\d:\d\d [AP]M)(?:  |$)",
    ),
    EnvelopeFormat(
        "fly",
        "Fly.io: `time app[machine] region [level] text`",
        "2026-11-23T19:20:37Z app[45c1b8a5] fra [info] Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="] ",
        pattern=rf"(?P<timestamp>{ISO}) (?P<stream>(?:app|proxy|runner|health)\[[0-9a-z]{{6,20}}\]) [a-z]{{3}} "
        r"\[(?P<level>debug|info|notice|warn|warning|error|fatal)\] ?",
    ),
    EnvelopeFormat(
        "logcli",
        'Loki\'s logcli: `time {app="billing"} text`',
        '2026-11-23T19:20:37Z {app="billing", stream="stderr"} Traceback (most recent call last):',
        kind="envelope",
        first="0",
        needs='="',
        pattern=rf"(?P<timestamp>{ISO}) "
        r"\{(?=[^{}]{0,300}?(?<!\w)(?:app|service_name|container|job)=\"(?P<service>[^\"]{1,80})\")?"
        r"(?=[^{}]{0,300}?level=\"(?P<level>[a-z]{4,8})\")?"
        r"(?:[a-zA-Z_]\w{0,60}=\"[^\"]{0,120}\"(?:, ?)?){1,16}\} {1,4}",
    ),
    EnvelopeFormat(
        "tai64n",
        "daemontools' multilog and s6-log: TAI64N before every line",
        "@4000000069174d0507563200 Traceback (most recent call last):",
        kind="envelope",
        first="@",
        pattern=r"@(?P<timestamp>\d0{6}[0-9a-f]{17}) ",
    ),
    EnvelopeFormat(
        "fluent-bit",
        'Fluent Bit\'s stdout: `[0] tag: [epoch, {"log"=>"text"...`',
        '[0] kube.billing: [1796325637.123000000, {"log"=>"ERROR: charge failed", "stream"=>"stderr"}]',
        kind="envelope",
        first="[",
        needs='"=>"',
        pattern=r"\[\d{1,9}\] (?P<stream>[\w.*-]{1,200}): \[{1,2}(?P<timestamp>\d{10}\.\d{1,9})"
        r"(?:, \{[^{}]{0,200}\}\])?, "
        r"(?=.{0,400}?\"level\"=>\"(?P<level>[A-Za-z]{3,8})\")?"
        r"\{(?:\"[^\"]{1,60}\"=>\"[^\"]{0,200}\", ){0,8}?\"(?:log|message|msg|MESSAGE)\"=>\"",
    ),
    EnvelopeFormat(
        "fluentd",
        "fluentd's stdout and files: `time tag: {json}`, `time<tab>tag<tab>{json}`",
        '2026-11-23 19:20:37.123456789 +0000 kube.billing: {"level":"error","message":"charge failed"}',
        kind="envelope",
        first="0",
        needs="{",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{9})?(?: ?[+-]\d\d:?\d\d|Z))"
        r"(?: (?P<service>[\w.*-]{1,200}): |\t(?P<stream>[\w.*/-]{1,200})\t)(?=\{)",
    ),
    EnvelopeFormat(
        "terragrunt",
        "Terragrunt before what Terraform printed: `time STDERR [unit] terraform: text`",
        "19:20:37.123 STDERR [live/till] terraform: │ Error: Reference to undeclared resource",
        kind="envelope",
        first="0",
        needs=": ",
        pattern=r"(?P<timestamp>\d\d:\d\d:\d\d\.\d{3}) STD(?:OUT|ERR) {1,3}(?:\[(?P<service>[^\[\]]{1,200})\] )?"
        r"(?:terraform|tofu): ?",
    ),
    EnvelopeFormat(
        "cinit",
        "Containers whose supervisor names the service in twelve columns: `[app         ] text`",
        "[till        ] Error: the drawer is stuck",
        kind="envelope",
        first="[",
        needs=" ] ",
        accept=_names_a_service,
        pattern=r"\[(?=[^\]]{12}\] )(?P<service>[a-z][\w-]{0,10}) {1,11}\] ?",
    ),
    EnvelopeFormat(
        "ros2",
        "ROS 2's launch before what a process printed: `[process-number] text`",
        "[till-3] Traceback (most recent call last):",
        kind="envelope",
        first="[",
        needs="] ",
        # Others put a thread there, and their header behind it.
        pattern=r"\[(?P<service>[a-z][\w.]{0,60}(?:-[a-z][\w.]{0,60}){0,4}-\d{1,3})\] (?=Traceback \(most "
        r"|terminate called | {2,}(?!(?:INFO|WARN|ERROR|DEBUG|TRACE|FATAL)\b)\S"
        r"|[A-Z]\w{0,60}(?:Error|Exception|Interrupt): )",
    ),
    EnvelopeFormat(
        "stack",
        "Stack (Haskell) before what a package's build printed: `package> text`",
        "till> src/Till.hs:41:7: error:",
        kind="envelope",
        first="a",
        needs="> ",
        pattern=r"(?P<service>[a-z][\w-]{0,60})> (?=/?[\w./-]{1,200}\.hs:\d{1,6}:\d{1,6}: | {2,}\S)",
    ),
    EnvelopeFormat(
        "bitbake-log",
        "BitBake before the log of a task that failed: `| text`",
        "| make: *** [Makefile:41: till.o] Error 1",
        kind="envelope",
        first="|",
        needs=": ",
        pattern=r"\| (?=(?:ERROR|WARNING|NOTE|DEBUG): |make(?:\[\d{1,3}\])?: |[\w./+-]{1,200}:\d{1,6}:(?:\d{1,6}:)? "
        r"(?:fatal )?(?:error|warning): )",
    ),
    EnvelopeFormat(
        "colour",
        "What is left of a terminal's colour where its escape character was lost: `[0m19:20:37 text`",
        "[0m19:20:37.123456 [error] [MainThread]: the till is shut",
        kind="envelope",
        first="[",
        needs="m",
        pattern=r"\[(?:(?:0|1|3\d|9\d)m(?=[\d\[A-Z])|[01];\d{1,3}(?:;\d{1,3}){0,3}m(?=[\w\[]))",
    ),
)
