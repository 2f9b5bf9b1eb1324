"""Access and error logs of web servers, proxies and load balancers.

Lines with an HTTP status get their level from it (5xx ERROR, 4xx WARN): their digits matter.
"""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import status_level
from mcp_rag.types import Level

_CLF_TIME = r"\[(?P<time>\d{1,2}/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?)\]"
_REQUEST = r'"(?:[^"\\]|\\.){0,2000}"'
_METHOD = r"(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|CONNECT|TRACE|PROPFIND)"
_ADDRESS = r"[\w.:\[\]%-]{1,80}"
_AWS = (
    rf"{_ADDRESS} (?:{_ADDRESS}) (?:-?[\d.]{{1,12}} ){{3}}(?P<status>\d{{3}}|-) (?:\d{{3}}|-) \S{{1,20}} \S{{1,20}} "
    r'(?P<body>)"'
)


def _status(found: re.Match[str]) -> Level:
    return status_level(found["status"] or "")


def _haproxy(found: re.Match[str]) -> Level:
    # Status -1 or a termination state that begins with S: the server side failed before an answer was sent.
    if found["status"] is None or found["status"][0] == "-":
        return Level.ERROR if found["state"] and found["state"][0] == "S" else Level.WARN
    return status_level(found["status"])


def _haproxy_tcp(found: re.Match[str]) -> Level:
    # Two dashes: both sides closed as they should. S: the server failed; all else ended before its time.
    return Level.INFO if found["state"] == "--" else Level.ERROR if found["state"][0] == "S" else Level.WARN


def _flow(found: re.Match[str]) -> Level:
    return Level.WARN if found["action"] == "REJECT" else Level.INFO


def _haproxy_text(found: re.Match[str]) -> Level:
    return Level.ERROR if found["down"] else Level.INFO


WEB_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "access",
        "Common and combined access log of Apache, nginx, Caddy, Traefik, werkzeug",
        '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET /orders/7 HTTP/1.1" 502 157 "-" "curl/8.5.0"',
        needs="[",
        grade=_status,
        digits_matter=True,
        pattern=rf"(?:\S{{1,120}} )?(?P<client>{_ADDRESS}) {{1,2}}\S{{1,60}} {{1,2}}\S{{1,100}}"
        rf"(?: \S{{1,60}})? {{1,2}}{_CLF_TIME} "
        rf"(?P<body>){_REQUEST} (?P<status>\d{{3}})(?= |$)",
    ),
    TextFormat(
        "access-dev",
        'Development servers and Envoy: `[time] "GET / HTTP/1.1" status`',
        '[23/Nov/2026 19:20:37] "GET /orders/7 HTTP/1.1" 500 145',
        stamped=True,
        first="[",
        needs='] "',
        grade=_status,
        digits_matter=True,
        pattern=rf"\] (?P<body>){_REQUEST} (?P<status>\d{{3}})(?= )",
    ),
    TextFormat(
        "access-plain",
        'Access lines with a leading time: `time client - GET "/path" ... status size`',
        '2026-11-23T19:20:37 10.9.0.4 - GET "/orders/7" -1 502 157 "-" "curl/8.5.0"',
        stamped=True,
        grade=_status,
        digits_matter=True,
        pattern=rf" {_ADDRESS} \S{{1,60}} (?P<body>){_METHOD} \S{{1,2000}} -?\d{{1,6}} (?P<status>\d{{3}}) ",
    ),
    TextFormat(
        "iis",
        "IIS in W3C format: `date time server method path query port user client agent status ...`",
        "2026-11-23 19:20:37 10.9.0.4 GET /orders id=7 443 - 10.9.0.7 curl/8.5.0 - 500 0 0 157",
        stamped=True,
        grade=_status,
        digits_matter=True,
        pattern=rf" (?:\S{{1,40}} ){{0,2}}?{_ADDRESS} "
        rf"(?P<body>){_METHOD} \S{{1,1000}} \S{{1,1000}} \d{{1,5}} \S{{1,80}} "
        rf"{_ADDRESS} (?:\S{{1,1000}} ){{1,4}}?(?P<status>\d{{3}}) \d{{1,4}} \d{{1,10}}(?: \d{{1,9}}){{0,3}}\s*$",
    ),
    TextFormat(
        "gin",
        "Gin's request log: `[GIN] time | status | latency | client | method path`",
        '[GIN] 2026/11/23 - 19:20:37 | 500 |    1.204ms |       10.9.0.4 | GET      "/orders/7"',
        first="[",
        needs="[GIN",
        grade=_status,
        digits_matter=True,
        pattern=r"\[GIN(?:-debug)?\] (?P<time>\d{4}/\d\d/\d\d - \d\d:\d\d:\d\d) \| {0,3}"
        r"(?P<status>\d{3}) \|[^|]{1,30}\|"
        r"[^|]{1,60}\| ",
    ),
    TextFormat(
        "elb",
        "AWS classic load balancer access log",
        "2026-11-23T19:20:37.123456Z shop-lb 10.9.0.4:2817 10.9.0.7:80 0.001 0.002 0.001 502 502 0 157 "
        '"GET http://shop.example:80/ HTTP/1.1" "curl/8.5.0" - -',
        stamped=True,
        grade=_status,
        digits_matter=True,
        pattern=rf" (?P<service>[\w-]{{1,60}}) {_AWS}",
    ),
    TextFormat(
        "alb",
        "AWS application load balancer access log",
        "https 2026-11-23T19:20:37.123456Z app/shop/50dc6c495c0c 10.9.0.4:2817 10.9.0.7:80 0.001 0.002 0.001 502 "
        "502 34 "
        '366 "GET https://shop.example:443/ HTTP/1.1" "curl/8.5.0" - -',
        first="hwg",
        grade=_status,
        digits_matter=True,
        pattern=rf"(?:https?|h\d|wss?|grpcs?) (?P<time>\d{{4}}-\d\d-\d\dT[\d:.]{{8,18}}Z) "
        rf"(?P<service>\S{{1,120}}) {_AWS}",
    ),
    TextFormat(
        "s3",
        "AWS S3 server access log",
        "79a59df900b949e5 shop-bucket [23/Nov/2026:19:20:37 +0000] 10.9.0.4 79a59df900b9 3E57427F3EXAMPLE "
        'REST.GET.OBJECT orders/7.pdf "GET /shop-bucket/orders/7.pdf HTTP/1.1" 403 AccessDenied 231 - 5 - "-" "-" -',
        needs="[",
        grade=_status,
        digits_matter=True,
        pattern=rf"[0-9a-f]{{16,64}} (?P<service>[\w.-]{{3,63}}) {_CLF_TIME} \S{{1,60}} \S{{1,200}} \S{{1,40}} "
        rf"(?P<body>)"
        rf"[A-Z][\w.]{{3,60}} \S{{1,1000}} (?:{_REQUEST}|-) (?P<status>\d{{3}}|-) ",
    ),
    TextFormat(
        "haproxy-stderr",
        "HAProxy at a terminal or in a container: `[LEVEL] day/time (pid) : message`",
        "[ALERT]    (4711) : Starting proxy www: cannot bind socket (Address already in use) [0.0.0.0:80]",
        first="[",
        needs=") : ",
        pattern=r"\[(?P<level>EMERG|ALERT|CRIT|ERROR|WARNING|NOTICE|INFO|DEBUG)\] {1,4}(?:\d{3}/\d{6} )?"
        r"\((?P<stream>\d{1,8})\) : ",
    ),
    TextFormat(
        "haproxy-tcp",
        "HAProxy connections through syslog: client, time, frontend, backend, timers, bytes, termination state",
        "Nov 23 19:20:37 lb1 haproxy[7]: 10.9.0.4:502 [23/Nov/2026:19:20:37.326] pg pg/db1 1/-1/3001 212 SC 3/2/0/0/3 "
        "0/0",
        stamped=True,
        shapes=("syslog", "iso"),
        needs="haproxy[",
        grade=_haproxy_tcp,
        pattern=rf" \S{{1,100}} (?P<service>haproxy)\[(?P<stream>\d{{1,8}})\]: "
        rf"(?:\S{{1,60}} )?{_ADDRESS} \[[^\]]{{10,40}}\] "
        r"(?P<body>)\S{1,80} \S{1,80} -?\d{1,12}/-?\d{1,12}/\+?\d{1,12} \+?\d{1,15} (?P<state>[-A-Za-z]{2}) ",
    ),
    TextFormat(
        "haproxy",
        "HAProxy requests through syslog: client, time, frontend, backend, timers, status, termination state",
        "Nov 23 19:20:37 lb1 haproxy[7]: 10.9.0.4:50210 [23/Nov/2026:19:20:37.326] www shop/web1 0/0/1/48/49 503 "
        "313 - - "
        'SC-- 3/2/0/0/0 0/0 "GET /orders/7 HTTP/1.1"',
        stamped=True,
        shapes=("syslog", "iso"),
        needs="haproxy[",
        grade=_haproxy,
        digits_matter=True,
        pattern=rf" \S{{1,100}} (?P<service>haproxy)\[(?P<stream>\d{{1,8}})\]: "
        rf"(?:\S{{1,60}} )?{_ADDRESS} \[[^\]]{{10,40}}\] "
        r"(?P<body>)\S{1,80} \S{1,80} [\d/+-]{1,60} (?:(?P<status>\d{3}|-\d) )?\+?\d{1,12} (?:\S{1,40} \S{1,40} )?"
        r"(?P<state>[-A-Za-z]{2,4}) ",
    ),
    TextFormat(
        "squid",
        "Squid's access log: `epoch duration client action/status size method url ...`",
        "1796325637.123    112 10.9.0.9 TCP_MISS/503 812 GET http://shop.example/ - HIER_DIRECT/10.9.0.7 text/html",
        stamped=True,
        shapes=("epoch",),
        needs="/",
        grade=_status,
        digits_matter=True,
        pattern=r" {1,10}\d{1,9} \S{1,60} [A-Z_]{3,40}/(?P<status>\d{3}) \d{1,15} ",
    ),
    TextFormat(
        "squid-cache",
        "Squid's cache log: `time kid1| LEVEL: message`",
        "2026/11/23 19:20:37 kid1| ERROR: Directive 'cache_mem' is too large",
        stamped=True,
        needs="| ",
        pattern=r"(?: kid\d{1,3}|(?=\| {1,4}(?:WARNING|ERROR|FATAL): ))\| {1,4}(?:(?P<level>WARNING|ERROR|FATAL): )?",
    ),
    TextFormat(
        "heroku-router",
        "Heroku's router, behind its prefix: `at=error code=H12 desc=... method=GET ...`",
        'at=error code=H12 desc="Request timeout" method=GET path="/orders/7" status=503',
        first="a",
        needs="at=",
        pattern=r"at=(?P<level>error|warning|info) (?=(?:code|method|sock)=)",
    ),
    TextFormat(
        "haproxy-text",
        "HAProxy's own messages through syslog: servers down, proxies started or stopped",
        "Nov 23 19:20:37 lb1 haproxy[7]: Server shop/web1 is DOWN, reason: Layer4 timeout, check duration: 2001ms.",
        stamped=True,
        shapes=("syslog", "iso"),
        needs="haproxy[",
        grade=_haproxy_text,
        pattern=r" \S{1,100} (?P<service>haproxy)\[(?P<stream>\d{1,8})\]: "
        r"(?!(?:\S{1,60} )?\S{1,60} \[\d{1,9}/[^\]]{1,60}\] \S{1,80} \S{1,80} [\d/+-]{5,80} )(?:\["
        r"(?:ALERT|NOTICE|WARNING)\] [^:]{0,40}: )?"
        r"(?=(?P<down>.{0,200}?(?:\bDOWN\b|has no server|handshake|Connection error))?)",
    ),
    TextFormat(
        "nginx-error",
        "nginx's error log: `time [level] pid#tid: *connection message`",
        "2026/11/23 19:20:37 [error] 123#123: *4711 connect() failed (111: Connection refused) while connecting",
        stamped=True,
        needs="#",
        pattern=r" \[(?P<level>[a-z]{4,6})\] (?P<stream>\d{1,8}#\d{1,8}): (?:\*\d{1,12} )?",
    ),
    TextFormat(
        "nginx-stderr",
        "nginx before its log is open: `nginx: [emerg] message`",
        'nginx: [emerg] host not found in upstream "billing" in /etc/nginx/conf.d/shop.conf:12',
        first="n",
        needs="nginx: [",
        pattern=r"(?P<service>nginx): \[(?P<level>emerg|alert|crit|error|warn|notice)\] ",
    ),
    TextFormat(
        "vpc-flow",
        "AWS VPC flow logs: `version account interface from to ports protocol packets bytes start end action status`",
        "2 123456789012 eni-0a1b2c3d4e5f60718 10.9.0.4 10.9.0.7 51322 22 6 1 40 1796325637 1796325697 REJECT OK",
        first="0",
        needs=" eni-",
        grade=_flow,
        pattern=r"\d{1,3} \d{1,20} eni-[0-9a-f]{1,40} (?:\S{1,45} ){7}(?P<time>\d{1,20}) \d{1,20} "
        r"(?P<body>)(?P<action>ACCEPT|REJECT|-) ",
    ),
    TextFormat(
        "apache-error",
        "Apache httpd's error log: `[time] [module:level] [pid n] [client a] message`",
        "[Mon Nov 23 19:20:37.123456 2026] [core:error] [pid 4711] [client 10.9.0.4:60444] AH00135: Invalid method",
        stamped=True,
        first="[",
        needs="] [",
        shapes=("asctime",),
        pattern=r"\] \[(?:(?P<logger>[\w-]{1,40}):)?(?P<level>[a-z]{4,6}\d?)\] (?:\[pid (?P<stream>[^\[\]]{1,60})\] )?"
        r"(?:\[(?:client|remote) [^\[\]]{1,80}\] )?",
    ),
    TextFormat(
        "uwsgi",
        "uWSGI's request log",
        "[pid: 4711|app: 0|req: 48/412] 10.9.0.4 () {44 vars in 1322 bytes} [Mon Nov 23 19:20:37 2026] GET "
        "/orders/7 => "
        "generated 192 bytes in 21 msecs (HTTP/1.1 500) 4 headers in 188 bytes",
        first="[",
        needs="[pid: ",
        grade=_status,
        digits_matter=True,
        pattern=r"\[pid: (?P<stream>\d{1,8})\|app: [^|\]]{1,40}\|req: [\d/-]{1,40}\] \S{1,60} \([^()]{0,80}\) "
        r"\{[^{}]{1,60}\} \[(?P<time>[A-Z][a-z]{2} [^\[\]]{10,40})\] (?P<body>)[A-Z]{1,10} "
        r"(?:.{0,400}?\(HTTP/[\d.]{1,4} (?P<status>\d{3})\))?",
    ),
    TextFormat(
        "cups",
        "CUPS: `E [time] message`",
        "E [23/Nov/2026:19:20:37 +0000] [Job 41] Stopping unresponsive job.",
        first="EWIDXACN",
        needs="[",
        pattern=rf"(?P<level>[EWIDACN]) {_CLF_TIME} (?:\[Job \d{{1,9}}\] )?",
    ),
)
