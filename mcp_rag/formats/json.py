"""JSON log records: level, message, time, logger and exception fields read by name, whatever library wrote them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from mcp_rag import clock
from mcp_rag.formats.json_composed import composed_of, request_of, unnested
from mcp_rag.formats.json_formats import JSON_FORMATS, JsonFormat
from mcp_rag.formats.json_paths import MAX_REMEMBERED_KEYS, MAX_TEXT_CHARS, Record, among, get, plain, present, text_of
from mcp_rag.formats.json_traces import exception_of
from mcp_rag.formats.levels import header_level, level_of, otel_level, status_level
from mcp_rag.types import JsonFields, Level

__all__ = ["JsonFormat", "decode_json"]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MAX_VALUE_CHARS = 200

_LEVELS = _names(
    "log.level level @l @level severity severitytext severity_text levelname level_name loglevel log_level lvl s "
    "record.level.name priority log.severity syslog.severity error_severity sev level_s event_level "
    "labels.level "
    "type status severity_label"
)
_MESSAGES = _names(
    "message msg @m @message event record.message fields.message body textpayload jsonpayload.message "
    "protopayload.status.message properties.message short_message rendermessage renderedmessage log.message "
    "properties.log text txt description log log_s outermessage errormessage resultdescription note "
    "logmessage log_message event_message eventmessage _msg _raw content"
)
_TIMES = _names(
    "@timestamp timestamp time ts @t t.$date t asctime datetime date record.time.timestamp timeunixnano time_unix_nano "
    "timestamp_ns observedtimeunixnano __realtime_timestamp eventtime lasttimestamp eventtimestamp firsttimestamp "
    "requestreceivedtimestamp timemillis receivetimestamp created created_at metadata.creationtimestamp time_iso8601 "
    "time_local startutc start_time dt timegenerated when at edgestarttimestamp "
    "edgeendtimestamp event_time log_time logtime _time capturetime"
)
_LOGGERS = _names(
    "logger logger_name loggername log.logger @logger @module record.name target sourcecontext "
    "properties.sourcecontext "
    "category channel instrumentationscope.name scope_name scope.name c name module component"
)
_SERVICES = _names(
    "service.name service service_name servicename resource.attributes.service.name resource.service.name "
    "resource.labels.service_name resource.labels.container_name kubernetes.container_name kubernetes.labels.app "
    "container_name containername_s cloud_rolename approlename containerappname_s app application appname app_name svc "
    "scriptname labels.app syslog_identifier _systemd_unit sourcename _service _app program procname"
)
_STREAMS = _names("thread thread_name threadname process.thread.name ctx pid _pid process.pid record.thread.id")
_CODES = _names(
    "code error.code err.code errno err.errno error_code errorcode status statuscode status_code http.status_code "
    "http.response.status_code response.status responsestatus.code exit_code sqlstate attr.error.codename "
    "attr.error.code"
)
_STATUSES = _names(
    "status statuscode status_code http.status_code http.response.status_code response.status response.statuscode "
    "downstreamstatus responsestatus.code httprequest.status"
)
_REQUESTS = (
    "request",
    "method",
    "uri",
    "url",
    "path",
    "req",
    "http",
    "requestmethod",
    "httprequest",
    "request_uri",
    "requestpath",
)
_PLAIN_LEVELS = tuple(name for name in _LEVELS if name.startswith(("log", "level", "lvl", "@l", "severity", "error_")))
# Fields that say a level at times, and what else they say that reads like one.
_LOOSE = frozenset({"type", "status", "s"})
_KINDS = frozenset("log config system audit status basic default note all http".split())
# Objects that some put the whole record into.
_WRAPPERS = _names("attributes meta metadata header body data payload record entry event fields log result _source")
_NAMED_SERVICES = frozenset({"json-bunyan", "json-pino"})  # their `name` is that of the program
_TENS = (10, 20, 30, 40, 50, 60)
_ANY_DAY_MS = clock.DAY_MS * 365 * 60  # whether a text without its year is a time does not hang on the year
_PYTHON_LEVELS = {10: Level.DEBUG, 20: Level.INFO, 30: Level.WARN, 40: Level.ERROR, 50: Level.FATAL}
_NEXTCLOUD = {0: Level.DEBUG, 1: Level.INFO, 2: Level.WARN, 3: Level.ERROR}
_INSIGHTS = (Level.TRACE, Level.INFO, Level.WARN, Level.ERROR, Level.FATAL)
_PLACEHOLDER = re.compile(r"\{[@$]?(\w{1,60})[^{}]{0,40}\}")


def decode_json(line: str) -> JsonFields | None:
    """The standard parts of a JSON log record on one line; None if the line is not JSON or not a log record.

    Never raises: text that the JSON parser refuses (nested too deep, numbers too long) is None. Message and stack trace
    are cut at 65,536 characters, attribute values at 200.
    """
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    import orjson

    try:
        record = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError):
        return None
    if not isinstance(record, dict) or (isinstance(record.get("log"), str) and "stream" in record):
        return None
    record = unnested(_unfold(record))
    return _fields(record, text) or _wrapped(record, text)


def _wrapped(record: Record, text: str) -> JsonFields | None:
    """A record whose message, time or level stand one object deeper, `{"meta": {"ts": ...}, "body": {"msg": ...}}`."""
    inner = [value for key in _WRAPPERS if isinstance(value := record.get(key), dict)]
    if not inner:
        return None
    lifted = {key.lower(): value for part in reversed(inner) for key, value in part.items()}
    outer = {key: value for key, value in record.items() if key not in _WRAPPERS}
    return _fields({**outer, **lifted}, text)


def _unfold(record: Record) -> Record:
    """Top-level keys in lower case, OTLP's wrappers and key-value lists turned into plain objects."""
    resource: Record = {}
    for outer, inner, leaf in (("resourceLogs", "scopeLogs", "logRecords"),):
        first = _first_of(record, outer)
        if first is not None:
            resource = first.get("resource") or {}
            scope = _first_of(first, inner) or {}
            record = {**(_first_of(scope, leaf) or {}), "scope": scope.get("scope")}
    flat: Record = {}
    for key, value in record.items():
        flat.setdefault(key.lower(), value)
    if isinstance(resource, dict) and resource:
        flat["resource"] = resource
    if isinstance(flat.get("attributes"), list):
        flat["attributes"] = _pairs(flat["attributes"])
    nested = flat.get("resource")
    if isinstance(nested, dict) and isinstance(nested.get("attributes"), list):
        flat["resource"] = {**nested, "attributes": _pairs(nested["attributes"])}
    return flat


def _first_of(record: Record, key: str) -> Record | None:
    value = record.get(key)
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def _pairs(items: list[Any]) -> Record:
    return {
        str(item.get("key")): plain(item.get("value"))
        for item in items[:200]
        if isinstance(item, dict) and "key" in item
    }


def _fields(record: Record, text: str) -> JsonFields | None:
    found = exception_of(record)
    message = _message(record)
    level = _level(record)
    time = _time(record)
    keys = tuple(record)
    forms = _forms(keys) if len(keys) <= MAX_REMEMBERED_KEYS else JSON_FORMATS
    name = next((form.name for form in forms if _fits(form, record)), "json")
    if name == "json" and not found.known and not (message and (level or time)) and not _is_record(record, time):
        return None
    composed = composed_of(name, record)
    if composed:
        message, level = composed
    message = message or found.message or request_of(record)
    trace = found.stacktrace
    if not trace and "\n" in message and found.looks_like_trace(message):
        trace, message = message, message.lstrip().partition("\n")[0]
    if not level and name.startswith("json-clef") and "@l" not in record:
        level = Level.INFO  # Serilog leaves the commonest level out
    if not level and (found.known or trace):
        level = Level.ERROR
    return JsonFields(
        format=name,
        message=(message or found.type or text)[:MAX_TEXT_CHARS],
        timestamp=time,
        level=level,
        logger=_named(record, _LOGGERS),
        service=_named(record, _SERVICES) or (_named(record, ("name",)) if name in _NAMED_SERVICES else ""),
        stream=_named(record, _STREAMS),
        exception_type=found.type,
        exception_message=found.message[:MAX_TEXT_CHARS],
        stacktrace=trace[:MAX_TEXT_CHARS],
        attributes=_attributes(record),
    )


@lru_cache(maxsize=1_024)
def _forms(keys: tuple[str, ...]) -> tuple[JsonFormat, ...]:
    """The formats whose keys a record with these keys can hold."""
    return tuple(form for form in JSON_FORMATS if len(among(form.keys, keys)) == len(form.keys))


def _fits(form: JsonFormat, record: Record) -> bool:
    if form.numeric_level and not isinstance(record.get("level"), int):
        return False
    return all(get(record, key) is not None for key in form.keys)


def _message(record: Record) -> str:
    for path in present(_MESSAGES, record):
        text = text_of(get(record, path))
        if text:
            return text
    template = record.get("@mt") or record.get("messagetemplate")
    if isinstance(template, str):
        properties = record.get("properties")
        values = {**(properties if isinstance(properties, dict) else {}), **record}
        lowered = {key.lower(): value for key, value in values.items()}
        return _PLACEHOLDER.sub(lambda hole: text_of(lowered.get(hole[1].lower())) or hole[0], template)
    return ""


def _level(record: Record) -> Level:
    number = record.get("severitynumber") or record.get("severity_number")
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 24:
        return otel_level(number)
    python = record.get("levelno")
    if isinstance(python, int) and python in _PYTHON_LEVELS:
        return _PYTHON_LEVELS[python]
    if "reqid" in record and "remoteaddr" in record and isinstance(record.get("level"), int):
        return _NEXTCLOUD.get(record["level"], Level.FATAL)
    insights = record.get("severitylevel")
    if isinstance(insights, int) and 0 <= insights <= 4:
        return _INSIGHTS[insights]
    for path in present(_LEVELS, record):
        value = get(record, path)
        if isinstance(value, dict):
            value = value.get("name") or value.get("value")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or (path in _LOOSE and (value.isdigit() or value.lower() in _KINDS)):
            continue
        if level := level_of(value):
            return level
    if level := _tagged(record.get("tags")):
        return level
    return _level_of_status(record)


def _tagged(tags: object) -> Level:
    """The first level among the tags of a record, as Kibana and many shippers write it."""
    if not isinstance(tags, list):
        return Level.UNSET
    return next((level for tag in tags[:8] if isinstance(tag, str) and (level := header_level(tag))), Level.UNSET)


def _level_of_status(record: Record) -> Level:
    if not any(key in record for key in _REQUESTS):
        return Level.UNSET
    for path in present(_STATUSES, record):
        value = get(record, path)
        text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
        if len(text) == 3 and text.isascii() and text.isdigit():
            return status_level(text)
    return Level.UNSET


def _time(record: Record) -> str:
    instant = record.get("instant")
    if isinstance(instant, dict) and isinstance(instant.get("epochSecond"), int):
        nanos = instant.get("nanoOfSecond")
        return f"{instant['epochSecond']}.{nanos if isinstance(nanos, int) else 0:09d}"[:MAX_VALUE_CHARS]
    for path in present(_TIMES, record):
        value = plain(get(record, path))
        if isinstance(value, dict) and isinstance(value.get("seconds"), int):
            return f"{value['seconds']}.{value.get('nanos') or 0!s:0>9}"[:MAX_VALUE_CHARS]
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value:
            return str(value)[:MAX_VALUE_CHARS]
    return ""


def _named(record: Record, paths: tuple[str, ...]) -> str:
    for path in present(paths, record):
        value = get(record, path)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)[:MAX_VALUE_CHARS]
    return ""


def _attributes(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in present(_CODES, record):
        value = get(record, path)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            found[path] = str(value)[:MAX_VALUE_CHARS]
    return found


def _is_record(record: Record, time: str) -> bool:
    """Whether a record without a message is one of a log: its time can be read, or it names a level outright."""
    if time and clock.parse_timestamp(time, reference_ms=_ANY_DAY_MS) is not None:
        return True
    values = (get(record, path) for path in present(_PLAIN_LEVELS, record))
    return any((isinstance(value, str) and level_of(value)) or value in _TENS for value in values)
