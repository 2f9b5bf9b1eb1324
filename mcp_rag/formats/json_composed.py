"""Messages of JSON records that spread them over several fields."""

from __future__ import annotations

from mcp_rag.formats.json_paths import Record, get, present, text_of
from mcp_rag.formats.levels import level_of, status_level
from mcp_rag.types import Level

_METHODS = tuple("method requestmethod request_method http.method http.request.method request.method verb".split())
_TARGETS = tuple(
    "path uri url requestpath request_uri requesturi http.url http.target url.path request.url request.uri "
    "request.path req.url".split()
)
_STATUSES = tuple(
    "status statuscode status_code downstreamstatus http.status_code response.status res.statuscode".split()
)
_FAILED = frozenset({"timeout", "error", "failure"})


def request_of(record: Record) -> str:
    """What an access record without a message is about: `GET /orders/7 502`; "" for any other record."""
    request = record.get("request")
    parts = [request] if isinstance(request, str) else [_first(record, _METHODS), _first(record, _TARGETS)]
    said = " ".join(part for part in parts if part)
    return f"{said} {_first(record, _STATUSES)}".strip() if said else ""


def _first(record: Record, paths: tuple[str, ...]) -> str:
    values = (get(record, path) for path in present(paths, record))
    return next(
        (str(value) for value in values if isinstance(value, (str, int)) and value not in ("", True, False)), ""
    )


def composed_of(name: str, record: Record) -> tuple[str, Level] | None:
    """Message and level of records whose message is spread over several fields."""
    if name == "json-kubernetes-audit":
        code = text_of(get(record, "responsestatus.code"))
        reason = text_of(get(record, "responsestatus.message"))
        return (
            f"{text_of(record.get('verb'))} {text_of(record.get('requesturi'))} {code} {reason}".strip(),
            status_level(code),
        )
    if name == "json-kubernetes-event":
        level = Level.WARN if record.get("type") == "Warning" else Level.INFO
        kind = text_of(get(record, "involvedobject.kind"))
        return (
            f"{text_of(record.get('reason'))} {kind}: {text_of(record.get('message')) or text_of(record.get('note'))}",
            level,
        )
    if name == "json-vault-audit":
        error = text_of(record.get("error"))
        request = " ".join(text_of(get(record, path)) for path in ("type", "request.operation", "request.path"))
        return (f"{request}: {error}", Level.ERROR) if error else (request, Level.INFO)
    if name == "json-apple-ips":
        kind, signal = text_of(get(record, "exception.type")), text_of(get(record, "exception.signal"))
        reason = text_of(get(record, "termination.indicator"))
        return f"{kind} ({signal}): {reason}".replace(" ()", "").removesuffix(": "), Level.FATAL
    if name == "json-workers":
        return _workers(record)
    if name == "json-lambda-platform":
        return _lambda_platform(record)
    if name == "json-cloudtrail":
        code, reason = text_of(record.get("errorcode")), text_of(record.get("errormessage"))
        call = f"{text_of(record.get('eventsource'))} {text_of(record.get('eventname'))}"
        return (f"{call}: {code} {reason}".strip(), Level.ERROR) if code else (call, Level.INFO)
    return None


def _workers(record: Record) -> tuple[str, Level] | None:
    """What one call of a worker logged: its first exception, else the first line."""
    for field, least in (("exceptions", Level.ERROR), ("logs", Level.INFO)):
        items = record.get(field)
        if isinstance(items, list) and items and isinstance(items[0], dict):
            said = items[0].get("message")
            message = " ".join(map(text_of, said)) if isinstance(said, list) else text_of(said)
            return message, max(level_of(text_of(items[0].get("level"))), least)
    return None


def _lambda_platform(record: Record) -> tuple[str, Level] | None:
    """What AWS Lambda itself says of an invocation."""
    kind, status = text_of(record.get("type")), text_of(get(record, "record.status"))
    if not kind.startswith("platform."):
        return None
    reason = text_of(get(record, "record.errorType"))
    level = Level.ERROR if status in _FAILED else Level.INFO
    return " ".join(part for part in (kind, status, reason) if part), level


def unnested(record: Record) -> Record:
    """A record that only carries what another server logged, as CloudNativePG does PostgreSQL's: what that one said
    of level, time and message counts."""
    inner = record.get("record")
    if not isinstance(inner, dict) or "error_severity" not in inner or "message" not in inner:
        return record
    outer = {key: value for key, value in record.items() if key not in {"record", "level", "msg", "ts", "logger"}}
    return {**outer, **inner}
