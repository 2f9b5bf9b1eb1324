"""Headers that programs write for a reader at a terminal: levels cut to letters, times cut to what fits."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_CUT = {"TRAC": Level.TRACE, "DEBU": Level.DEBUG, "ERRO": Level.ERROR, "FATA": Level.FATAL, "PANI": Level.FATAL}
_CUT |= {"INFO": Level.INFO, "WARN": Level.WARN}
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _cut_level(found: re.Match[str]) -> Level:
    return _CUT[found["word"]]


def _lambda(found: re.Match[str]) -> Level:
    # Behind the id of a request stands what Node printed, or that the time of the invocation ran out.
    return level_of(found["word"]) if found["word"] else Level.ERROR


CONSOLE_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "logrus-console",
        "logrus at a terminal (k3s, Docker, Podman): `ERRO[0012] message`, the seconds since the start or a time",
        "ERRO[0012] charge failed                                 invoice=1000",
        first="TDIWEFP",
        needs="] ",
        grade=_cut_level,
        pattern=r"(?P<word>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?P<time>\d{4,6}|\d{4}-\d\d-\d\dT[\d:.]{8,18}"
        r"(?:Z|[+-]\d\d:\d\d)?|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] ",
    ),
    TextFormat(
        "geth",
        "geth and its relatives: `LEVEL [MM-DD|time] message`",
        "ERROR[11-23|19:20:37.123] Failed to open database                  err=locked",
        first="TDIWEC",
        needs="|",
        pattern=r"(?P<level>TRACE|DEBUG|INFO|WARN|ERROR|CRIT) ?\[(?P<time>\d\d-\d\d\|\d\d:\d\d:\d\d\.\d{3})\] ",
    ),
    TextFormat(
        "zerolog-console",
        "zerolog's console writer: `9:12AM ERR message`",
        '7:20PM ERR charge failed error="no plan" invoice=1000',
        first="0",
        needs="M ",
        pattern=r"(?P<time>\d{1,2}:\d\d[AP]M) (?P<level>TRC|DBG|INF|WRN|ERR|FTL|PNC) "
        r"(?:(?P<logger>[\w./-]{1,120}\.go):\d{1,9} > )?",
    ),
    TextFormat(
        "tornado",
        "Tornado and Jupyter: `[E 261123 19:20:37 web:1789] message`, `[W 19:20:37.123 ServerApp] message`",
        "[E 261123 19:20:37 web:1789] Uncaught exception POST /charge (10.9.0.4)",
        first="[",
        needs="] ",
        pattern=r"\[(?P<level>[DIWEC]) (?P<time>(?:\d{6} |\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d(?:\.\d{3})?) "
        r"(?P<logger>[^\s\[\]:]{1,80})(?::\d{1,6})?\] ",
    ),
    TextFormat(
        "gitea",
        "Gitea and Forgejo: `time file.go:line:function() [E] message`",
        "2026/11/23 19:20:37 services/billing/charge.go:41:Charge() [E] charge failed for invoice 1000",
        stamped=True,
        needs="() [",
        pattern=r" (?P<logger>[\w./-]{1,120}\.go):\d{1,6}:[\w.*()\[\]-]{1,100}\(\) \[(?P<level>[TDIWECF])\] ",
    ),
    TextFormat(
        "nestjs",
        "NestJS: `[Nest] pid  - date, time     LEVEL [context] message`",
        "[Nest] 4711  - 11/23/2026, 7:20:37 PM   ERROR [BillingService] charge failed for invoice 1000",
        first="[",
        needs="[Nest] ",
        pattern=r"\[Nest\] (?P<stream>\d{1,8}) {1,3}- (?P<time>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},? \d{1,2}:\d\d:\d\d"
        rf"(?:[ \u202f][AP]M)?) {{1,8}}{LEVEL} (?:\[(?P<logger>[^\[\]]{{1,80}})\] )?",
    ),
    TextFormat(
        "chromium",
        "Chromium, Electron and CEF: `[pid:tid:MMDD/time:LEVEL:file(line)] message`",
        "[4711:4790:1123/192037.123456:ERROR:gpu_process_host.cc(991)] GPU process exited unexpectedly",
        first="[",
        needs=")] ",
        pattern=r"\[(?:(?P<stream>\d{1,8}(?::\d{1,16})?):)?(?P<time>\d{4}/\d{6}(?:\.\d{3,6})?):"
        r"(?P<level>INFO|WARNING|ERROR|FATAL|VERBOSE\d{1,2}):(?P<logger>[^\s()\[\]]{1,120})\(\d{1,6}\)\] ",
    ),
    TextFormat(
        "c10",
        "PyTorch's C++ side without a time: `[E file.cpp:line] message`",
        "[E ProcessGroupNCCL.cpp:475] Watchdog caught collective operation timeout",
        first="[",
        needs="] ",
        pattern=r"(?:\[rank\d{1,5}\]:)?\[(?P<level>[IWEF]) (?P<logger>[\w./-]{1,120}\.(?:cpp|cc|cu|h|hpp)):\d{1,6}\] ",
    ),
    TextFormat(
        "absl",
        "Abseil before its log is set up (XLA, TensorFlow): `E0000 00:00:epoch thread file:line] message`",
        "E0000 00:00:1796325637.123456    4711 cuda_dnn.cc:8579] Unable to register cuDNN factory",
        first="IWEF",
        needs="] ",
        pattern=r"(?P<level>[IWEF])\d{4} \d\d:\d\d:(?P<time>\d{10}\.\d{1,9}) {1,8}(?P<stream>\d{1,10}) "
        r"(?P<logger>[^\s\[\]:]{1,160}):\d{1,9}\] ",
    ),
    TextFormat(
        "ros",
        "ROS: `[LEVEL] [epoch] [node]: message`",
        "[ERROR] [1796325637.123456789] [planner]: no path to the goal",
        first="[",
        needs="] [",
        # ros2 launch names the process first
        pattern=r"(?:\[(?P<service>[\w.-]{1,60})-\d{1,4}\] )?"
        r"\[ {0,2}(?P<level>DEBUG|INFO|WARN|ERROR|FATAL)\] \[(?P<time>\d{10}\.\d{1,9})\]"
        r"(?: \[(?P<logger>[\w./-]{1,100})\])?: ",
    ),
    TextFormat(
        "tracing-short",
        "Rust's tracing and env_logger without a time: `LEVEL target: message`",
        "ERROR shop::billing: charge failed invoice=1000",
        first=" TDIWE",
        needs="::",
        pattern=r" ?(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) {1,2}(?:(?:[\w.-]{1,40}(?:\{[^{}]{0,160}\})?:){1,6} )?"
        r"(?P<logger>[a-z_]\w{0,60}(?:::[a-z_]\w{0,60}){1,8})(?::| >) (?=\S)",
    ),
    TextFormat(
        "jetty",
        "Jetty's own logger: `time:LEVEL:logger:thread: message`",
        "2026-11-23 19:20:37.123:WARN:oejs.HttpChannel:qtp1123-18: /orders/7",
        stamped=True,
        needs=":",
        pattern=r": ?(?P<level>TRACE|DBUG|DEBUG|INFO|WARN|ERROR)(?: {1,2}:(?P<tag>[\w.$-]{1,120})"
        r"|:(?P<logger>[\w$-]{1,60}\.[\w.$-]{1,120})):(?P<stream>[^\s:]{1,80}): ",
    ),
    TextFormat(
        "python-colons",
        "Python logging with colons throughout: `time:LEVEL:name:message`",
        "2026-11-23 19:20:37,123:ERROR:billing.worker:charge failed for invoice 1000",
        stamped=True,
        needs=":",
        pattern=r":(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):"
        r"(?:(?![\w.]{0,100}(?:Error|Exception):)(?P<logger>[\w.-]{1,100}):)? ?",
    ),
    TextFormat(
        "pytest-live",
        "pytest's live and captured logs: `LEVEL     name:file.py:line message`",
        "ERROR    billing.worker:charge.py:41 charge failed for invoice 1000",
        first="DIWEC",
        needs=".py:",
        pattern=r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) {1,5}(?P<logger>[\w.-]{1,99}):[\w.-]{1,80}\.py:\d{1,6} ",
    ),
    TextFormat(
        "lambda-python",
        "AWS Lambda's Python runtime: `[LEVEL]<tab>time<tab>request<tab>message`",
        "[ERROR]\t2026-11-23T19:20:37.123Z\t9f1c2d7e-55aa-4c4b-9c41-0d2a5a91f03e\tcharge failed for invoice 1000",
        first="[",
        needs="]\t",
        pattern=rf"\[{LEVEL}\]\t(?P<time>\d{{4}}-\d\d-\d\dT[\d:.]{{8,15}}Z)\t(?P<stream>{_UUID})\t",
    ),
    TextFormat(
        "lambda-node",
        "AWS Lambda's Node runtime, and time-outs: `time<tab>request<tab>LEVEL<tab>message`",
        "2026-11-23T19:20:37.123Z\t9f1c2d7e-55aa-4c4b-9c41-0d2a5a91f03e\tERROR\tcharge failed for invoice 1000",
        stamped=True,
        shapes=("iso",),
        needs="-",
        grade=_lambda,
        pattern=rf"[\t ](?P<stream>{_UUID})(?:\t(?P<word>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t| (?=Task timed out))",
    ),
    TextFormat(
        "aspnet-timed",
        "ASP.NET Core's console with times: `time fail: Category[0]`, the message there or on the next line",
        "2026-11-23 19:20:37 fail: Acme.Plans.PlanStore[0]",
        stamped=True,
        first="^[",
        needs="]",
        pattern=r"\]? (?P<level>trce|dbug|info|warn|fail|crit): (?P<logger>[\w.`+<>/-]{1,160})\[\d{1,9}\](?: |$)",
    ),
)
