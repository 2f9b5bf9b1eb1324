"""Prefixes that containers, shippers and launchers put around every physical line, traces included."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mcp_rag.formats.base import MAX_HEAD_CHARS, LogFormat
from mcp_rag.formats.json import decode_json
from mcp_rag.formats.json_paths import read_object
from mcp_rag.formats.levels import header_level, level_of, syslog_level
from mcp_rag.types import Envelope, Level

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_COMMANDS = {"error": Level.ERROR, "warning": Level.WARN, "notice": Level.INFO, "debug": Level.DEBUG}

Accept = Callable[[re.Match[str]], bool]


@dataclass(frozen=True, slots=True)
class EnvelopeFormat(LogFormat):
    """An envelope as one regular expression whose match is the prefix; what follows is the line inside.

    Named groups: `service`, `stream`, `timestamp`, `level`; a group `partial` that matched marks a cut line. `first`
    and `needs` are cheap tests as in TextFormat; `accept` may refuse a match.
    """

    pattern: str = ""
    first: str = ""
    needs: str = ""
    accept: Accept | None = None
    regex: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(self.pattern))

    def unwrap(self, line: str) -> Envelope | None:
        """The line inside this envelope, or None."""
        if self.needs and self.needs not in line[:MAX_HEAD_CHARS]:
            return None
        found = self.regex.match(line, 0, MAX_HEAD_CHARS)
        if not found or (self.accept and not self.accept(found)):
            return None
        groups = found.groupdict()
        word = groups.get("level")
        return Envelope(
            format=self.name,
            text=line[found.end() :],
            stream=groups.get("stream") or "",
            service=groups.get("service") or "",
            timestamp=groups.get("timestamp") or "",
            level=_COMMANDS.get(word, level_of(word)) if word else Level.UNSET,
            partial=bool(groups.get("partial")),
        )


@dataclass(frozen=True, slots=True)
class DockerJson(EnvelopeFormat):
    """Docker's json-file driver: one JSON object a line, the text in `log`."""

    def unwrap(self, line: str) -> Envelope | None:
        if not (line.startswith('{"log":') or ('"log":' in line[:200] and '"stream":' in line)):
            return None
        record = read_object(line)
        text = record.get("log")
        if not isinstance(text, str) or not ({"stream", "time"} & record.keys()):
            return None
        stream, time = record.get("stream"), record.get("time")
        return Envelope(
            format=self.name,
            text=text.rstrip("\r\n"),
            stream=stream if isinstance(stream, str) else "",
            timestamp=time if isinstance(time, str) else "",
            partial=not text.endswith("\n"),
        )


@dataclass(frozen=True, slots=True)
class JournalJson(EnvelopeFormat):
    """What a service printed, as `journalctl -o json` writes it: one object for each line it printed.

    The journal gives such lines priority 6 whatever they say. Entries that a program sent to the journal itself, with
    its own priority or of several lines, stay JSON records.
    """

    def unwrap(self, line: str) -> Envelope | None:
        if not (line.startswith("{") and '"MESSAGE"' in line and '"__REALTIME_TIMESTAMP"' in line):
            return None
        record = read_object(line)
        text, priority = record.get("MESSAGE"), str(record.get("PRIORITY", "6"))
        printed = record.get("_TRANSPORT", "stdout" if priority == "6" else "") == "stdout"
        if not printed or not isinstance(text, str) or "\n" in text:
            return None
        return Envelope(
            format=self.name,
            text=text,
            stream=str(record.get("_PID", "")),
            service=str(record.get("SYSLOG_IDENTIFIER") or record.get("_SYSTEMD_UNIT") or ""),
            timestamp=str(record["__REALTIME_TIMESTAMP"]),
            level=syslog_level(int(priority)) if priority in {*"01234567"} - {"6"} else Level.UNSET,
        )


def _not_a_level(found: re.Match[str]) -> bool:
    return header_level(found["service"]) is Level.UNSET


def _holds_a_record(found: re.Match[str]) -> bool:
    return decode_json(found.string[found.end() :]) is not None


ENVELOPE_FORMATS: tuple[EnvelopeFormat, ...] = (
    DockerJson(
        "docker-json",
        "Docker's json-file log driver",
        '{"log":"Traceback (most recent call last):\\n","stream":"stderr","time":"2026-11-23T19:20:37.123456789Z"}',
        kind="envelope",
        first="{",
    ),
    JournalJson(
        "journald-json",
        "journalctl -o json of what a service printed line by line",
        '{"__REALTIME_TIMESTAMP":"1796325637123456","PRIORITY":"6","_TRANSPORT":"stdout","_PID":"4711",'
        '"SYSLOG_IDENTIFIER":"billing","MESSAGE":"Traceback (most recent call last):"}',
        kind="envelope",
        first="{",
    ),
    EnvelopeFormat(
        "cri",
        "Kubernetes container files (containerd, CRI-O): `time stdout F text`; P marks a partial line",
        "2026-11-23T19:20:37.123456789Z stderr F Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs=" std",
        pattern=rf"(?P<timestamp>{_ISO}) (?P<stream>stdout|stderr) (?:(?P<partial>P)|F)(?::\S{{1,20}})?(?: |$)",
    ),
    EnvelopeFormat(
        "docker-compose",
        "docker compose: `service-1  | text`",
        "web-1  | Traceback (most recent call last):",
        kind="envelope",
        first="aA",
        needs="| ",
        accept=_not_a_level,
        pattern=r"(?P<service>[A-Za-z][\w.-]{0,80}[-_]\d{1,4}(?= {1,60}\|)|[a-z][\w.-]{1,80}(?= {2,60}\|)) {1,60}\| ?",
    ),
    EnvelopeFormat(
        "foreman",
        "foreman, honcho, overmind: `time process.1  | text`",
        "19:20:37 web.1  | Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="| ",
        pattern=r"(?P<timestamp>\d\d:\d\d:\d\d) (?P<service>[A-Za-z][\w-]{0,40}\.\d{1,3}) {1,40}\| ?",
    ),
    EnvelopeFormat(
        "pm2",
        "pm2 logs: `0|app  | text`",
        "0|billing  | Error: charge failed",
        kind="envelope",
        first="0",
        needs="| ",
        pattern=r"\d{1,4}\|(?P<service>[\w.-]{1,60}) {1,40}\| ",
    ),
    EnvelopeFormat(
        "kubectl",
        "kubectl logs --prefix: `[pod/name/container] text`",
        "[pod/billing-7d4b9c-x2x1q/app] Traceback (most recent call last):",
        kind="envelope",
        first="[",
        needs="[pod/",
        pattern=r"\[pod/(?P<stream>[\w.-]{1,253})/(?P<service>[\w.-]{1,63})\](?: |$)",
    ),
    EnvelopeFormat(
        "github-job",
        "gh run view --log: `job<tab>step<tab>time text`",
        "build\tRun tests\t2026-11-23T19:20:37.1234567Z ##[error]Process completed with exit code 1.",
        kind="envelope",
        needs="\t",
        pattern=r"(?P<service>[^\t\n]{1,120})\t(?P<stream>[^\t\n]{1,120})\t\ufeff?"
        r"(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z )",
    ),
    EnvelopeFormat(
        "github-actions",
        "GitHub Actions: a time with seven fraction digits before every line",
        "2026-11-23T19:20:37.1234567Z ##[group]Run npm test",
        kind="envelope",
        first="0",
        needs="Z",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)(?: |$)",
    ),
    EnvelopeFormat(
        "github-command",
        "GitHub Actions and Azure Pipelines marks: `##[error]text`, `::error file=a.py,line=1::text`",
        "##[error]Process completed with exit code 1.",
        kind="envelope",
        first="#:",
        pattern=r"(?:##\[(?P<level>error|warning|notice|debug)\]|##\[(?:group|endgroup|section|command)\]"
        r"|::(?=error|warning|notice|debug)(?:[a-z]{5,7})(?: [^:\n]{0,300})?::)",
    ),
    EnvelopeFormat(
        "gitlab",
        "GitLab job logs with timestamps: `time 01O text` (E for stderr, + continues a line)",
        "2026-11-23T19:20:37.123456Z 01E ERROR: Job failed: exit code 1",
        kind="envelope",
        first="0",
        needs="Z ",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) \d\d(?P<stream>[OE])(?:(?P<partial>\+)|[ ])?",
    ),
    EnvelopeFormat(
        "gitlab-section",
        "GitLab's section marks",
        "section_start:1796325637:build_script\rExecuting build",
        kind="envelope",
        first="s",
        needs="section_",
        pattern=r"section_(?:start|end):\d{10}:[\w.-]{1,100}(?:\[[^\]\n]{0,80}\])?\r?(?:\x1b\[0K)?",
    ),
    EnvelopeFormat(
        "timestamped",
        "docker logs and kubectl logs with --timestamps: a time with nanoseconds before every line",
        "2026-11-23T19:20:37.123456789Z Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="Z",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)(?: |$)",
    ),
    EnvelopeFormat(
        "heroku",
        "Heroku's log drain: `time app[web.1]: text`",
        "2026-11-23T19:20:37.123456+00:00 app[web.1]: Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="]: ",
        pattern=rf"(?P<timestamp>{_ISO}) (?P<service>app|heroku)\[(?P<stream>[\w.-]{{1,60}})\]: ",
    ),
    EnvelopeFormat(
        "cloudwatch",
        "aws logs tail: `time stream text`",
        "2026-11-23T19:20:37.123000+00:00 2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef [ERROR] charge failed",
        kind="envelope",
        first="0",
        needs="/[",
        pattern=rf"(?P<timestamp>{_ISO}) (?P<stream>\d{{4}}/\d\d/\d\d/\[[$\w-]{{1,60}}\][0-9a-f]{{32}}) ",
    ),
    EnvelopeFormat(
        "fluentd",
        "fluentd's stdout: `time tag: {json}`",
        '2026-11-23 19:20:37.123456789 +0000 kube.billing: {"level":"error","message":"charge failed"}',
        kind="envelope",
        first="0",
        needs=": {",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{9})? [+-]\d{4}) "
        r"(?P<service>[\w.*-]{1,200}): (?=\{)",
    ),
    EnvelopeFormat(
        "syslog-json",
        "Syslog and journalctl with a JSON record as the message: `Mon dd time host program[pid]: {json}`",
        'Nov 23 19:20:37 web1 billing[4711]: {"level":"error","message":"charge failed"}',
        kind="envelope",
        first="0A<",
        needs='{"',
        accept=_holds_a_record,
        pattern=rf"(?:<\d{{1,3}}>(?:\d )?)?(?P<timestamp>[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d|{_ISO})"
        r" \S{1,255} (?P<service>[\w./()@+-]{1,80})(?:(?:\[(?P<stream>\d{1,10})\])?: (?:@cee: ?)?"
        r"| \S{1,128} \S{1,32} (?:-|(?:\[[^\[\]]{1,400}\]){1,4}) )(?=\{\")",
    ),
    EnvelopeFormat(
        "airflow-subtask",
        "Airflow's task runner: the header of the runner before each line of the task",
        "[2026-11-23 19:20:37,123] {base_task_runner.py:101} INFO - Job 41: Subtask load [2026-11-23] failed",
        kind="envelope",
        first="[",
        needs=": Subtask ",
        pattern=r"\[(?P<timestamp>[\d-]{10},?[T ][^\]]{8,24})\] \{[\w.]{1,60}:\d{1,6}\}"
        r" [A-Z]{4,8} - Job \d{1,9}: Subtask "
        r"(?P<service>[\w.-]{1,100}) ",
    ),
    EnvelopeFormat(
        "torchrun",
        "torchrun and DeepSpeed: `[rank0]: text`, `[default0]:text`; mpirun: `[1,0]<stderr>:text`",
        "[rank0]: Traceback (most recent call last):",
        kind="envelope",
        first="[",
        needs="]",
        pattern=r"\[(?P<stream>(?:rank|default|worker|local_rank|rank_)\d{1,5}|\d{1,4},\d{1,6})\](?::|<std"
        r"(?:out|err)>:)(?: |$|(?=\S))",
    ),
    EnvelopeFormat(
        "rails-tags",
        "Rails with `config.log_tags`: the request's id before each line",
        "[3f1c2b9a-8d7e-4f6a-9b0c-1d2e3f4a5b6c] NoMethodError (undefined method 'name' for nil):",
        kind="envelope",
        first="[",
        needs="-",
        pattern=r"\[[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\](?: |$)",
    ),
    EnvelopeFormat(
        "ray",
        "Ray and vLLM workers: `(RayWorkerWrapper pid=771, ip=10.9.0.4) text`, `(EngineCore_0 pid=7) text`",
        "(EngineCore_0 pid=4711) Traceback (most recent call last):",
        kind="envelope",
        first="(",
        needs=")",
        pattern=r"\((?P<service>[\w.:<>/+-]{1,100})(?: rank=\d{1,6})?(?: |, )(?P<stream>pid=\d{1,9})"
        r"(?:, ip=[\w.:]{1,45})?\)(?: |$)"
        r"|\((?:raylet|autoscaler|dashboard|gcs_server)(?:, ip=[\w.:]{1,45})?\) ",
    ),
    EnvelopeFormat(
        "buildkit",
        "docker build with plain progress: `#12 3.117 text`",
        "#12 4.021 ERROR: No matching distribution found for acme-billing",
        kind="envelope",
        first="#",
        pattern=r"(?P<stream>#\d{1,4}) (?:\d{1,6}\.\d{1,3} |(?=ERROR: |CANCELED))",
    ),
)


def _by_first() -> dict[str, tuple[EnvelopeFormat, ...]]:
    kinds = {"a": str.islower, "A": str.isupper, "0": str.isdigit}
    return {
        char: tuple(
            form
            for form in ENVELOPE_FORMATS
            if not form.first or any(kinds[k](char) if k in kinds else k == char for k in form.first)
        )
        for char in map(chr, range(33, 127))
    }


_TABLE = _by_first()
_DEFAULT = tuple(form for form in ENVELOPE_FORMATS if not form.first)


def unwrap(line: str) -> Envelope | None:
    """Remove one container's or shipper's prefix, or None if the line has none. Callers repeat it: prefixes nest."""
    if not line:
        return None
    for form in _TABLE.get(line[0], _DEFAULT):
        found = form.unwrap(line)
        if found is not None:
            return found
    return None
