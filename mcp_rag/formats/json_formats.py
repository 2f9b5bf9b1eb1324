"""JSON log formats told apart by their keys. Only the name depends on this table; fields are found by name in any JSON
record (see `json`)."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_rag.formats.base import LogFormat


@dataclass(frozen=True, slots=True)
class JsonFormat(LogFormat):
    """A JSON record that holds all keys of `keys` (top-level names in lower case, dotted for nested ones) and, if
    `numeric_level`, a number as level."""

    keys: tuple[str, ...] = ()
    numeric_level: bool = False


def _json(name: str, description: str, keys: str, sample: str, *, numeric_level: bool = False) -> JsonFormat:
    return JsonFormat(f"json-{name}", description, sample, "json", tuple(keys.split()), numeric_level)


# The first whose keys are all there wins: the stricter comes first.
JSON_FORMATS: tuple[JsonFormat, ...] = (
    _json(
        "mongodb",
        "MongoDB 4.4 and later",
        "t.$date s c msg",
        '{"t":{"$date":"2026-11-23T19:20:37.123+00:00"},"s":"E","c":"STORAGE","id":22435,"ctx":"initandlisten",'
        '"msg":"WiredTiger error","attr":{"error":-31802}}',
    ),
    _json(
        "cnpg",
        "CloudNativePG: what PostgreSQL logged, inside a record of its own",
        "logging_pod error_severity",
        '{"level":"info","ts":"2026-11-23T19:20:37.124Z","logger":"postgres","msg":"record","logging_pod":"shop-1",'
        '"record":{"log_time":"2026-11-23 19:20:37.123 UTC","error_severity":"ERROR","sql_state_code":"23505",'
        '"message":"duplicate key value"}}',
    ),
    _json(
        "clef",
        "Serilog's compact format (CLEF)",
        "@t @mt",
        '{"@t":"2026-11-23T19:20:37.123Z","@mt":"Charge of {Invoice} failed","@l":"Error","Invoice":1000,'
        '"@x":"System.InvalidOperationException: no plan\\n   at Acme.Plans.PlanStore.Get(String key)"}',
    ),
    _json(
        "clef-rendered",
        "Serilog's compact format with the rendered message",
        "@t @m",
        '{"@t":"2026-11-23T19:20:37.123Z","@m":"Charge of 1000 failed","@i":"9f1c2d7e","@l":"Error"}',
    ),
    _json(
        "serilog",
        "Serilog's JsonFormatter",
        "messagetemplate level",
        '{"Timestamp":"2026-11-23T19:20:37.123Z","Level":"Error","MessageTemplate":"Charge of {Invoice} failed",'
        '"Properties":{"Invoice":1000}}',
    ),
    _json(
        "loguru",
        "loguru with serialize=True",
        "text record.level",
        '{"text":"charge failed","record":{"level":{"name":"ERROR","no":40},"message":"charge failed",'
        '"name":"billing.worker","time":{"repr":"2026-11-23 19:20:37.123+00:00","timestamp":1796325637.123}}}',
    ),
    _json(
        "otlp",
        "OpenTelemetry log records (OTLP/JSON and flat exports)",
        "severitynumber body",
        '{"timeUnixNano":"1796325637123456789","severityNumber":17,"severityText":"ERROR",'
        '"body":{"stringValue":"charge '
        'failed"},"attributes":[{"key":"exception.type","value":{"stringValue":"KeyError"}}]}',
    ),
    _json(
        "otlp-flat",
        "OpenTelemetry log records with snake case names",
        "severity_number body",
        '{"timestamp_ns":"1796325637000000000","severity":"ERROR","severity_number":17,"body":"charge failed"}',
    ),
    _json(
        "gcp",
        "Google Cloud Logging entries",
        "severity logname",
        '{"severity":"ERROR","logName":"projects/acme/logs/stderr","timestamp":"2026-11-23T19:20:37.123Z",'
        '"textPayload":"charge failed"}',
    ),
    _json(
        "gcp-structured",
        "Structured logging for Google Cloud (stdout of Cloud Run and GKE)",
        "severity message",
        '{"severity":"ERROR","message":"charge failed","time":"2026-11-23T19:20:37.123Z"}',
    ),
    _json(
        "kubernetes-audit",
        "Kubernetes API server audit events",
        "auditid stage verb",
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"9f1c2d7e","stage":"ResponseComplete",'
        '"requestURI":"/api/v1/pods","verb":"list","responseStatus":{"code":403,"message":"pods is forbidden"},'
        '"requestReceivedTimestamp":"2026-11-23T19:20:37.123456Z"}',
    ),
    _json(
        "kubernetes-event",
        "Kubernetes events (kubectl get events -o json, one a line)",
        "involvedobject reason",
        '{"kind":"Event","type":"Warning","reason":"BackOff","message":"Back-off restarting failed container",'
        '"involvedObject":{"kind":"Pod","name":"billing-7d4b9c"},"lastTimestamp":"2026-11-23T19:20:37Z"}',
    ),
    _json(
        "ecs",
        "Elastic Common Schema, dotted or nested",
        "@timestamp log.level message",
        '{"@timestamp":"2026-11-23T19:20:37.123Z","log.level":"ERROR","message":"charge failed",'
        '"service.name":"billing","error.type":"java.lang.IllegalStateException","error.message":"no plan"}',
    ),
    _json(
        "logstash",
        "logstash-logback-encoder",
        "@timestamp logger_name level message",
        '{"@timestamp":"2026-11-23T19:20:37.123Z","message":"charge failed","logger_name":"com.acme.Billing",'
        '"thread_name":"main","level":"ERROR","level_value":40000}',
    ),
    _json(
        "log4j2",
        "log4j2's JsonLayout",
        "instant level loggername",
        '{"instant":{"epochSecond":1796325637,"nanoOfSecond":123000000},"thread":"main","level":"ERROR",'
        '"loggerName":"com.acme.Billing","message":"charge failed"}',
    ),
    _json(
        "hclog",
        "HashiCorp's hclog: Vault, Terraform, Consul, Nomad",
        "@level @message",
        '{"@level":"error","@message":"failed to renew '
        'lease","@module":"expiration","@timestamp":"2026-11-23T19:20:37.123Z"}',
    ),
    _json(
        "vault-audit",
        "Vault's audit log",
        "type request.operation request.path",
        '{"time":"2026-11-23T19:20:37.123Z","type":"response","error":"permission denied",'
        '"request":{"operation":"read","path":"secret/data/billing"}}',
    ),
    _json(
        "cloudtrail",
        "AWS CloudTrail events",
        "eventname eventsource eventtime",
        '{"eventTime":"2026-11-23T19:20:37Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",'
        '"errorCode":"AccessDenied","errorMessage":"Access Denied"}',
    ),
    _json(
        "lambda-error",
        "An AWS Lambda function's unhandled error",
        "errortype errormessage",
        '{"errorType":"KeyError","errorMessage":"tenant_id","requestId":"9f1c2d7e",'
        '"stackTrace":["  File \\"/var/task/app.py\\", line 4, in handler\\n    raise KeyError(\\"tenant_id\\")\\n"]}',
    ),
    _json(
        "lambda",
        "AWS Lambda's JSON log format",
        "level message requestid timestamp",
        '{"timestamp":"2026-11-23T19:20:37.123Z","level":"ERROR","requestId":"9f1c2d7e","message":"charge failed"}',
    ),
    _json(
        "lambda-platform",
        "AWS Lambda's own events: starts, reports, time-outs",
        "time type record",
        '{"time":"2026-11-23T19:20:37.123Z","type":"platform.report","record":{"requestId":"9f1c2d7e",'
        '"metrics":{"durationMs":3000.0},"status":"timeout"}}',
    ),
    _json(
        "apple-ips",
        "Apple's crash reports in their newer form (.ips), the record below the first line",
        "procname capturetime exception",
        '{"procName":"Till","captureTime":"2026-11-23 19:20:37.1234 +0000","exception":{"type":"EXC_CRASH",'
        '"signal":"SIGABRT"},"termination":{"indicator":"Abort trap: 6"}}',
    ),
    _json(
        "workers",
        "Cloudflare Workers (wrangler tail --format json)",
        "outcome scriptname logs exceptions",
        '{"outcome":"exception","scriptName":"billing","exceptions":[{"name":"TypeError","message":"charge failed",'
        '"timestamp":1796325637123}],"logs":[],"eventTimestamp":1796325637123}',
    ),
    _json(
        "nextcloud",
        "Nextcloud and ownCloud",
        "reqid level remoteaddr message",
        '{"reqId":"Ze69Z","level":3,"time":"2026-11-23T19:20:37+00:00","remoteAddr":"10.9.0.4","app":"core",'
        '"message":"charge failed"}',
        numeric_level=True,
    ),
    _json(
        "azure",
        "Azure Monitor resource logs",
        "time category operationname",
        '{"time":"2026-11-23T19:20:37.123Z","resourceId":"/SUBSCRIPTIONS/A","category":"FunctionAppLogs",'
        '"operationName":"Microsoft.Web/sites/functions/log","level":"Error","properties":{"message":"charge failed"}}',
    ),
    _json(
        "application-insights",
        "Azure Application Insights traces and exceptions",
        "severitylevel message",
        '{"timestamp":"2026-11-23T19:20:37.123Z","severityLevel":3,"message":"charge '
        'failed","cloud_RoleName":"billing"}',
    ),
    _json(
        "journald",
        "journalctl -o json",
        "priority message __realtime_timestamp",
        '{"PRIORITY":"3","MESSAGE":"charge failed","SYSLOG_IDENTIFIER":"billing","_PID":"4711",'
        '"__REALTIME_TIMESTAMP":"1796325637123456"}',
    ),
    _json(
        "gelf",
        "Graylog's GELF",
        "version host short_message",
        '{"version":"1.1","host":"web1","short_message":"charge failed","level":3,"timestamp":1796325637.123}',
    ),
    _json(
        "monolog",
        "PHP's Monolog: Laravel, Symfony",
        "message level_name channel",
        '{"message":"charge failed","context":{},"level":400,"level_name":"ERROR","channel":"production",'
        '"datetime":"2026-11-23T19:20:37.123456+00:00","extra":{}}',
    ),
    _json(
        "aspnet",
        "ASP.NET Core's JSON console",
        "loglevel category message",
        '{"EventId":1,"LogLevel":"Error","Category":"Acme.Plans.PlanStore","Message":"plan not found",'
        '"Timestamp":"2026-11-23T19:20:37Z"}',
    ),
    _json(
        "tracing",
        "Rust's tracing-subscriber in JSON",
        "timestamp level fields target",
        '{"timestamp":"2026-11-23T19:20:37.123456Z","level":"ERROR","fields":{"message":"charge '
        'failed"},"target":"shop::billing"}',
    ),
    _json(
        "bunyan",
        "Node's bunyan",
        "v name hostname pid level msg",
        '{"name":"billing","hostname":"web1","pid":4711,"level":50,"msg":"charge '
        'failed","time":"2026-11-23T19:20:37.123Z","v":0}',
        numeric_level=True,
    ),
    _json(
        "pino",
        "Node's pino",
        "level time msg",
        '{"level":50,"time":1796325637123,"pid":4711,"hostname":"web1","err":{"type":"TypeError","message":"x is '
        'not iterable",'
        '"stack":"TypeError: x is not iterable\\n    at charge (/srv/app/charge.js:2:35)"},"msg":"charge failed"}',
        numeric_level=True,
    ),
    _json(
        "caddy",
        "Caddy's server log",
        "level ts logger msg",
        '{"level":"error","ts":1796325637.123,"logger":"http.log.error","msg":"dial tcp 10.9.0.7:80: connection '
        'refused","status":502}',
    ),
    _json(
        "zap",
        "Go's zap in production",
        "level ts msg",
        '{"level":"error","ts":1796325637.123,"caller":"worker/charge.go:41","msg":"charge failed","error":"no plan",'
        '"stacktrace":"main.charge\\n\\t/srv/app/charge.go:41"}',
    ),
    _json(
        "logrus",
        "Go's logrus and slog",
        "level msg time",
        '{"error":"no plan","level":"error","msg":"charge failed","time":"2026-11-23T19:20:37Z"}',
    ),
    _json(
        "zerolog",
        "Go's zerolog",
        "level message time",
        '{"level":"error","error":"no plan","time":"2026-11-23T19:20:37Z","message":"charge failed"}',
    ),
    _json(
        "python-json-logger",
        "python-json-logger",
        "message levelname",
        '{"asctime":"2026-11-23 19:20:37,123","levelname":"ERROR","name":"billing.worker","message":"charge failed",'
        '"exc_info":"Traceback (most recent call last):\\n  File \\"a.py\\", line 1, in <module>\\nKeyError: 1"}',
    ),
    _json(
        "structlog",
        "Python's structlog",
        "event level",
        '{"path":"/v1/users/42","status":500,"event":"request.failed","level":"error","timestamp":"2026-11-23T19:20:37.123456Z"}',
    ),
    _json(
        "winston",
        "Node's winston",
        "level message timestamp",
        '{"level":"error","message":"x is not iterable","timestamp":"2026-11-23T19:20:37.123Z",'
        '"stack":"TypeError: x is not iterable\\n    at charge (/srv/app/charge.js:2:35)"}',
    ),
    JsonFormat(
        "json",
        "Any other JSON record with a message and a level or a time",
        '{"date":"2026-11-23T19:20:37Z","lvl":"error","description":"charge failed"}',
        "json",
    ),
)
