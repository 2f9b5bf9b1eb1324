"""Headers of the logging libraries of the language runtimes."""

from __future__ import annotations

import re

from mcp_rag.formats.base import LEVEL, TextFormat
from mcp_rag.types import Level

_CODED = r"[A-Z]{1,12}[-_]?\d{3,8}: "  # opens the message (`ORA-00942: `), and is no logger
_DOTTED = r"(?![\w.$-]{0,120}(?:Exception|Error)\b)(?P<logger>[A-Za-z_$][\w$-]{0,60}(?:\.[\w$-]{1,80}){0,12})"
_DOTTED_2 = r"(?![\w.$-]{0,120}(?:Exception|Error)\b)(?P<logger>[A-Za-z_$][\w$-]{0,60}(?:\.[\w$-]{1,80}){1,12})"
_THREAD = r"\[(?P<stream>[^\[\]]{0,200}(?:\[[^\[\]]{0,40}\][^\[\]]{0,40})?)\]"
_PADDED = r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)"
_REPORT_LEVELS = {"CRASH": Level.ERROR, "SUPERVISOR": Level.ERROR, "ERROR": Level.ERROR, "WARNING": Level.WARN}
_PHP_LEVELS = {"Fatal": Level.FATAL, "Warning": Level.WARN, "Notice": Level.INFO, "Strict": Level.INFO}


def _report(found: re.Match[str]) -> Level:
    return _REPORT_LEVELS.get(found["kind"], Level.INFO)


def _php(found: re.Match[str]) -> Level:
    return _PHP_LEVELS.get(found["kind"], Level.INFO if found["kind"] == "Deprecated" else Level.ERROR)


RUNTIME_FORMATS: tuple[TextFormat, ...] = (
    # ------------------------------------------------------------ Python
    TextFormat(
        "python-logging",
        "Python logging with the usual `time - name - LEVEL - message` format",
        "2026-11-23 19:19:08,432 - billing.worker - ERROR - charge failed for invoice 1000",
        stamped=True,
        needs=" - ",
        pattern=rf" - (?P<logger>[\w.\-]{{1,100}}) - {LEVEL} - ",
    ),
    TextFormat(
        "python-untimed",
        "Dask, and others that log no time: `name - LEVEL - message`",
        "distributed.worker - ERROR - charge failed for invoice 1000",
        first="a",
        needs=" - ",
        pattern=r"(?P<logger>[a-z_]\w{0,40}(?:\.\w{1,60}){0,8}) - (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) - ",
    ),
    TextFormat(
        "python-root",
        "Python logging without configuration: `LEVEL:name:message`",
        "ERROR:billing.worker:charge failed for invoice 1000",
        first="DIWECN",
        pattern=r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL|NOTSET):(?P<logger>[\w.\-]{1,100}):",
    ),
    TextFormat(
        "uvicorn",
        "uvicorn's console: level, colon, padding",
        "ERROR:    Exception in ASGI application",
        first="TDIWEC",
        pattern=r"(?P<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL): {2,8}(?=\S)",
    ),
    TextFormat(
        "gunicorn",
        "gunicorn's error log: `[time] [pid] [LEVEL] message`",
        "[2026-11-23 19:20:37 +0000] [4711] [ERROR] Worker (pid:4712) was sent SIGKILL! Perhaps out of memory?",
        stamped=True,
        first="[",
        pattern=rf"\] \[(?P<stream>\d{{1,8}})\] \[{LEVEL}\] ",
    ),
    TextFormat(
        "celery",
        "Celery workers: `[time: LEVEL/process] message`",
        "[2026-11-23 19:20:37,123: ERROR/ForkPoolWorker-2] Task shop.tasks.charge[9f1c2d7e] raised unexpected",
        stamped=True,
        first="[",
        pattern=rf": {LEVEL}/(?P<stream>[\w.:-]{{1,60}})\] ",
    ),
    TextFormat(
        "airflow",
        "Airflow task logs: `[time] {file:line} LEVEL - message`",
        "[2026-05-14, 23:07:40 UTC] {taskinstance.py:1912} ERROR - Task failed with exception",
        stamped=True,
        first="[",
        needs="} ",
        pattern=rf"\] \{{(?P<logger>[^{{}}:]{{1,100}})(?::\d{{1,6}})?\}} {LEVEL} - ",
    ),
    TextFormat(
        "loguru",
        "loguru's default: `time | LEVEL | module:function:line - message`",
        "2026-11-23 19:20:37.123 | ERROR    | billing.worker:charge:41 - charge failed",
        stamped=True,
        needs=" | ",
        pattern=rf" \| {LEVEL} {{0,8}}\| (?P<logger>[\w.<>]{{1,100}}):[\w.<>]{{1,80}}:\d{{1,6}} - ",
    ),
    TextFormat(
        "structlog",
        "structlog's console renderer: `time [level    ] event    key=value`",
        "2026-11-23T19:20:37.123456Z [error    ] charge failed                  invoice=1000",
        stamped=True,
        pattern=r" \[(?P<level>debug|info|warning|error|critical|exception) {1,5}\] ",
    ),
    TextFormat(
        "rich",
        "rich's logging handler, with the time shown once a second",
        "[11/23/26 19:20:37] ERROR    charge failed for invoice 1000                worker.py:41",
        stamped=True,
        first="[",
        pattern=rf"\] {_PADDED}(?:(?<=DEBUG|ERROR)    |(?<=INFO)     |(?<=WARNING)  |(?<=CRITICAL) )(?=\S)",
    ),
    TextFormat(
        "rich-continued",
        "rich's logging handler, a record in the same second as the one before",
        "                    ERROR    charge failed for invoice 1001                worker.py:41",
        first=" ",
        pattern=rf" {{10,30}}{_PADDED} {{1,5}}(?=\S)",
    ),
    # ------------------------------------------------------------ JVM
    TextFormat(
        "spring-boot",
        "Spring Boot's console: `time LEVEL pid --- [thread] logger : message`",
        "2026-11-23T19:20:37.123Z ERROR 4711 --- [shop] [nio-8080-exec-1] c.a.shop.ChargeController : charge failed",
        stamped=True,
        needs=" --- ",
        # The first bracket names the application where the one behind it is the thread, which is 15 characters long.
        pattern=rf" {{1,3}}{LEVEL} (?:\[(?P<program>[\w-]{{0,60}})[^\]]{{0,80}}\] )?(?P<stream>\d{{1,8}}) --- "
        r"(?:\[(?P<service>[^\[\] ]{1,60})\] ?(?=\[[^\[\]]{15}\]))?"
        r"(?:\[[^\[\]]{0,60}\] ?){0,4}(?P<logger>[\w.$\[\]/-]{1,100}) *: ",
    ),
    TextFormat(
        "logback",
        "logback and log4j patterns: `time [thread] LEVEL logger - message`",
        "19:23:28.369 [main] ERROR com.acme.billing.InvoiceService - invoice 7012 rejected",
        stamped=True,
        needs="[",
        pattern=rf" (?:\|-)?{_THREAD} {LEVEL} {{1,5}}{_DOTTED}(?::\d{{1,6}})?(?: \[[^\[\]]{{0,80}}\])? ?[-:]{{1,2}} ",
    ),
    TextFormat(
        "logback-status",
        "logback on itself: `time |-LEVEL in class - message`",
        "19:23:28,369 |-ERROR in ch.qos.logback.core.joran.spi.Interpreter@4:23 - no applicable action for [till]",
        stamped=True,
        shapes=("clock",),
        needs=" |-",
        pattern=r" \|-(?P<level>INFO|WARN|ERROR) in (?P<logger>[\w.$]{1,160})[^\s]{0,80} - ",
    ),
    TextFormat(
        "slf4j-simple",
        "slf4j-simple and patterns without time: `[thread] LEVEL logger - message`",
        "[main] ERROR com.acme.billing.InvoiceService - invoice 7012 rejected",
        first="[",
        needs=" - ",
        pattern=rf"{_THREAD} {LEVEL} {{1,2}}{_DOTTED} - ",
    ),
    TextFormat(
        "log4j",
        "log4j patterns and Hadoop daemons: `time LEVEL [thread] logger: message`",
        "2026-11-23 19:20:37,123 ERROR [IPC Server handler 5] com.acme.store.BlockManager: no replica left",
        stamped=True,
        needs="[",
        pattern=rf" {LEVEL} {{1,5}}{_THREAD} (?!{_CODED}){_DOTTED}(?:: | - )",
    ),
    TextFormat(
        "jboss",
        "WildFly, Quarkus and oVirt: `time LEVEL [logger] (thread) message`",
        "19:20:37,123 ERROR [org.acme.shop.Charge] (executor-thread-1) charge failed",
        stamped=True,
        needs="] (",
        pattern=rf",? {LEVEL} {{1,5}}\[(?P<logger>[\w.$-]{{1,160}})\] \((?P<stream>[^()]{{1,80}})\) ",
    ),
    TextFormat(
        "tomcat",
        "Tomcat's catalina.out: `time LEVEL [thread] class.method message`",
        "23-Nov-2026 19:20:37.123 SEVERE [main] org.apache.catalina.startup.HostConfig.deployWAR Error deploying",
        stamped=True,
        shapes=("named",),
        pattern=rf" {LEVEL} {_THREAD} (?P<logger>[\w.$<>]{{1,160}}) ",
    ),
    TextFormat(
        "jul",
        "java.util.logging: time, class and method on one line, `LEVEL: message` on the next",
        "Nov 23, 2026 7:20:37 PM com.acme.shop.Charge run",
        stamped=True,
        shapes=("syslog",),
        pattern=r" (?!(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE) )"
        # A class without a package reads like any word: only where the clock tells halves of the day.
        r"(?:(?P<logger>[\w$]{1,60}(?:\.[\w$]{1,80}){1,12}|(?<=[AaPp][Mm] )[\w$]{1,60}) (?:[\w$<>-]{1,80})"
        # The logger alone, where a bridge to another library hides what called it.
        r"|(?P<tag>[a-z]\w{0,60}(?:\.[\w$]{1,80}){0,11}\.[A-Z][\w$]{0,80}))$",
    ),
    # ------------------------------------------------------------ .NET
    TextFormat(
        "aspnet",
        "ASP.NET Core's console: `fail: Category[0]`, the message on the next line",
        "fail: Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware[1]",
        first="tdiwfc",
        pattern=r"(?P<level>trce|dbug|info|warn|fail|crit): (?P<logger>[\w.`+<>/-]{1,160})\[\d{1,9}\](?: |$)",
    ),
    TextFormat(
        "serilog",
        "Serilog's text templates: `time [ERR] message` or `[time ERR] message`",
        "2026-11-23 19:20:37.123 +00:00 [ERR] HTTP GET /plans responded 500",
        stamped=True,
        first="^[",
        pattern=r"(?: \[| )(?P<level>VRB|DBG|INF|WRN|ERR|FTL)\](?: \[[^\[\]]{1,80}\])? ",
    ),
    TextFormat(
        "nlog",
        "NLog's default layout: `time|LEVEL|logger|message`",
        "2026-11-23 19:20:37.1234|ERROR|Acme.Plans.PlanStore|plan not found",
        stamped=True,
        needs="|",
        pattern=rf"\|{LEVEL}\|(?P<logger>[\w.+`<>]{{1,160}})\|",
    ),
    # ------------------------------------------------------------ Ruby, PHP, JavaScript
    TextFormat(
        "ruby-logger",
        "Ruby's Logger and Rails: `E, [time #pid] ERROR -- prog: message`",
        "E, [2026-11-23T19:20:37.123456 #4711] ERROR -- billing: charge failed for invoice 1000",
        first="DIWEFA",
        pattern=r"(?P<level>[DIWEFA]), \[(?P<time>\d{4}-\d\d-\d\d[T ][\d:.]{8,15}) ?#(?P<stream>\d{1,8})\] {1,2}"
        r"[A-Z]{3,7} -- (?P<logger>[^:\[\]]{0,60}):(?: \[[0-9a-f-]{16,160}\])? ?",
    ),
    TextFormat(
        "laravel",
        "Laravel's Monolog line: `[time] channel.LEVEL: message`",
        "[2026-11-23 19:20:37] production.ERROR: SQLSTATE[HY000] [2002] Connection refused",
        stamped=True,
        first="[",
        # Laravel's environment is neither the service nor a logger; Monolog's channel is one.
        pattern=r"\] (?:(?:production|staging|local|development|dev|testing|test)|(?P<logger>[\w-]{1,40}))"
        r"\.(?P<level>[A-Z]{4,9}): ",
    ),
    TextFormat(
        "php",
        "PHP's error_log: `[time] PHP Fatal error:  message`",
        "[23-Nov-2026 19:20:37 UTC] PHP Warning:  Undefined variable $rate in /srv/app/charge.php on line 4",
        stamped=True,
        first="[",
        needs="PHP ",
        grade=_php,
        pattern=r"\] (?=PHP (?P<kind>\w{1,20})(?: \w{1,12})?:)",
    ),
    TextFormat(
        "php-fpm",
        "php-fpm on what a script reported: `NOTICE: PHP message: PHP Fatal error:  message`",
        "NOTICE: PHP message: PHP Warning:  Undefined variable $rate in /srv/app/charge.php on line 4",
        first="N",
        needs="PHP message: PHP ",
        grade=_php,
        pattern=r"NOTICE: PHP message: (?=PHP (?P<kind>\w{1,20})(?: \w{1,12})?:)",
    ),
    TextFormat(
        "winston",
        "winston's text format: `time level: message`",
        "2026-11-23T19:23:26.614Z error: page size must not be 0",
        stamped=True,
        pattern=r" (?:\[(?P<logger>[^\[\]]{1,40})\] )?(?P<level>silly|debug|verbose|info|warn|error): ",
    ),
    # ------------------------------------------------------------ Go, Rust, C++
    TextFormat(
        "go-log",
        "Go's log package with file names: `time file.go:line: message`",
        "2026/11/23 19:20:37 server.go:112: accept tcp 0.0.0.0:8080: too many open files",
        stamped=True,
        needs=".go:",
        pattern=r" (?P<logger>[\w./@-]{1,120}\.go):\d{1,6}: "
        r"(?:\[?(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|PANIC)(?:\]:?|:) )?",
    ),
    TextFormat(
        "zap-console",
        "zap's console encoder: tab-separated time, level, logger, caller, message",
        '2026-11-23T19:20:37.123Z\terror\tbilling\tworker/charge.go:41\tcharge failed\t{"invoice": 1000}',
        stamped=True,
        needs="\t",
        pattern=rf"\t{LEVEL}\t(?:(?P<logger>[\w.-]{{1,60}})\t(?!\{{))?"
        rf"(?:(?:[\w-]{{1,30}} ){{0,2}}[\w./@-]{{1,160}}:\d{{1,9}}\t)?",
    ),
    TextFormat(
        "zap-epoch",
        "zap's console encoder as shipped: the time as seconds since 1970, with an exponent",
        '1.796325637123e+09\terror\tbilling\tcharge failed\t{"invoice": 1000}',
        first="0",
        needs="e+",
        pattern=rf"(?P<time>\d\.\d{{3,17}}e\+\d\d)\t{LEVEL}\t(?:(?P<logger>[\w.-]{{1,60}})\t(?!\{{))?"
        rf"(?:(?:[\w-]{{1,30}} ){{0,2}}[\w./@-]{{1,160}}:\d{{1,9}}\t)?",
    ),
    TextFormat(
        "tracing",
        "Rust's tracing-subscriber: `time LEVEL span{field=1}: target: message`",
        "2026-11-23T19:20:37.123456Z ERROR request{id=7}: shop::billing: charge failed invoice=1000",
        stamped=True,
        shapes=("iso",),
        pattern=r"(?:(?<=Z)|(?<=[+-]\d\d:\d\d)) {1,2}(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) "
        r"(?:(?:[\w.-]{1,40}(?:\{[^{}]{0,160}\})?:){1,6} )?(?:ThreadId\(\d+\) )?"
        r"(?P<logger>[a-z_]\w{0,60}(?:::\w{1,60}){0,8}):(?: (?=\S))(?:[\w./-]{1,100}\.rs:\d{1,9}: )?",
    ),
    TextFormat(
        "env-logger",
        "Rust's env_logger: `[time LEVEL target] message`",
        "[2026-11-23T19:20:37Z ERROR shop::billing] charge failed for invoice 1000",
        stamped=True,
        first="[",
        pattern=rf" {LEVEL} {{1,2}}(?P<logger>[\w:.-]{{1,100}})\] ",
    ),
    TextFormat(
        "spdlog",
        "spdlog and Envoy: `[time] [logger] [level] message`",
        "[2026-11-23 19:20:37.123] [billing] [error] charge failed for invoice 1000",
        stamped=True,
        first="[",
        needs="[",
        pattern=rf"\] ?\[(?P<stream>[^\[\]]{{1,60}})\] ?\[{LEVEL}\](?:\[(?P<logger>[^\[\]]{{1,60}})\])?"
        r"(?: \[[^\[\]]{1,160}:\d{1,6}\])? (?:- )?",  # Hydra sets the message off with a dash
    ),
    # ------------------------------------------------------------ BEAM
    TextFormat(
        "elixir",
        "Elixir's and RabbitMQ's console: `time [error] message`, metadata before or a process behind the level",
        "19:20:37.123 request_id=F9x [error] GenServer Shop.Billing terminating",
        stamped=True,
        needs="[",
        pattern=r" (?:[\w.]{1,40}=\S{1,80} ){0,6}"
        r"\[(?P<level>debug|info|notice|warn|warning|error|critical|alert|emergency)\] {1,2}(?!\d{1,8}#)(?:"
        r"(?P<stream><[\d.]{1,20}>) )?",
    ),
    TextFormat(
        "erlang",
        "Erlang's reports: `=ERROR REPORT==== time ===`, the message on the lines below",
        "=ERROR REPORT==== 23-Nov-2026::19:20:37.123456 ===",
        first="=",
        grade=_report,
        pattern=r"=(?P<kind>[A-Z]{4,12}) REPORT=+ (?P<time>[\w:. -]{10,40}?) =+",
    ),
)
