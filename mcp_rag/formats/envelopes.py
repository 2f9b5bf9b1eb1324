"""Prefixes that containers, shippers and launchers put around every physical line, traces included."""

from __future__ import annotations

import re

from mcp_rag.formats.base import MAX_HEAD_CHARS, find_stamp
from mcp_rag.formats.json import decode_json
from mcp_rag.formats.levels import header_level
from mcp_rag.formats.shippers import ISO, SHIPPER_FORMATS
from mcp_rag.formats.wrappers import DockerJson, EnvelopeFormat, JournalJson
from mcp_rag.types import Envelope, Level

# A pod of a deployment or a job: the hash of its set, and five characters of its own.
_HASHED_POD = re.compile(r"-(?=[a-z]{0,9}\d)[a-z0-9]{8,10}-[a-z0-9]{5}$")
_FULL_STAMPS = frozenset({"iso", "apache", "named", "numeric", "asctime", "rfc1123"})
# The head of a line of syslog or of the journal, up to the message.
_SYSLOG = (
    rf"(?P<timestamp>[A-Za-z][a-zé]{{2}} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d|{ISO})"
    r" \S{1,255} (?P<service>[\w./()@+-]{1,80})"
)
_VERBS = frozenset("is was has had in on at to for of not will can cannot could did does failed ready and or".split())


def _not_a_level(found: re.Match[str]) -> bool:
    return header_level(found["service"]) is Level.UNSET


def _holds_a_record(found: re.Match[str]) -> bool:
    return decode_json(found.string[found.end() :]) is not None


def _names_a_container(found: re.Match[str]) -> bool:
    """Two words with a dash in the first are a pod and its container only if the pod's name has the hash of a set, or
    if a record or a full time follows. Neither looks at the value of a digit."""
    rest = found.string[found.end() :]
    if _HASHED_POD.search(found["stream"]):
        return found["service"] not in _VERBS
    if rest.startswith("{"):
        return decode_json(rest) is not None
    stamp = find_stamp(rest[:MAX_HEAD_CHARS])
    return stamp is not None and stamp.shape in _FULL_STAMPS


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
        pattern=rf"(?P<timestamp>{ISO}) (?P<stream>stdout|stderr) (?:(?P<partial>P)|F)(?::\S{{1,20}})?(?: |$)",
    ),
    EnvelopeFormat(
        "docker-compose",
        "docker compose: `service-1  | text`",
        "web-1  | Traceback (most recent call last):",
        kind="envelope",
        first="aA0",
        needs="| ",
        accept=_not_a_level,
        pattern=r"(?P<service>[A-Za-z][\w.-]{0,80}[-_]\d{1,4}(?= {1,60}\|)|[a-z][\w.-]{1,80}(?= {2,60}\|)"
        r"|(?=\d{0,8}[A-Za-z])[\dA-Z]\w{0,40}(?:[-_.][\w.-]{1,60})(?= {2,60}\|)) {1,60}\| ?",
    ),
    EnvelopeFormat(
        "ceph-container",
        "Ceph's daemons in containers: `debug ` before every line",
        "debug 2026-11-23T19:20:37.123+0000 7f0c2d7e5640 -1 osd.0 0 waiting for initial osdmap",
        kind="envelope",
        first="a",
        needs="debug ",
        pattern=r"debug (?=\d{4}-\d\d-\d\d[T ][\d:.]{8,15}[+-]\d{4} [0-9a-f]{8,16} )",
    ),
    EnvelopeFormat(
        "ceph-recent",
        "Ceph's recent events, dumped when a daemon crashes: `    -1> ` before every line",
        "   -12> 2026-11-23T19:20:37.123+0000 7f0c2d7e5640 -1 osd.0 0 waiting for initial osdmap",
        kind="envelope",
        needs="> ",
        pattern=r" {0,8}-?\d{1,5}> (?=\d{4}-\d\d-\d\d[T ][\d:.]{8,15}(?:[+-]\d{4})? [0-9a-f]{8,16} )",
    ),
    EnvelopeFormat(
        "tqdm",
        "tqdm's bar before the error that ended it: `  0%|   | 0/9 [00:00<?, ?it/s]Traceback ...`",
        "Epoch 1:  12%|█▏        | 12/100 [00:03<00:22, 3.91it/s]Traceback (most recent call last):",
        kind="envelope",
        needs="%|",
        pattern=r"[^|\n]{0,120}%\|[^|\n]{0,120}\| {0,4}[^\[\n]{1,40}\[[^\]\n]{1,80}\]"
        r"(?=Traceback \(most|[A-Z]\w{0,60}(?:Error|Exception): )",
    ),
    EnvelopeFormat(
        "vagrant",
        "Vagrant and Packer: `==> machine: text`",
        "==> web: Traceback (most recent call last):",
        kind="envelope",
        first="=",
        needs="==> ",
        pattern=r"==> (?P<service>[a-z][\w.-]{1,80}): (?=\S)",
    ),
    EnvelopeFormat(
        "foreman",
        "foreman, honcho, overmind: `time process.1  | text`",
        "19:20:37 web.1  | Traceback (most recent call last):",
        kind="envelope",
        first="0",
        needs="| ",
        pattern=r"(?P<timestamp>\d\d:\d\d:\d\d) (?P<service>[A-Za-z][\w-]{0,40}\.\d{1,3}|system) {1,40}\| ?",
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
        "stern",
        "stern and kubetail: `pod container text`",
        "billing-7d4b9c8f6d-x2x1q app Traceback (most recent call last):",
        kind="envelope",
        first="a",
        needs="-",
        accept=_names_a_container,
        pattern=r"(?P<stream>[a-z][a-z0-9.]{0,60}(?:-[a-z0-9.]{1,60}){1,12}) (?P<service>[a-z][a-z0-9-]{0,62})(?: |$)",
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
        r"|##vso\[task\.logissue (?=[^\]\n]{0,300}?\btype=(?P<issue>error|warning)\b)[^\]\n]{1,400}\]"
        r"|::(?:group::|endgroup::)|::(?P<command>error|warning|notice|debug)(?: (?:[^:\n]|:(?!:)){0,300})?::)",
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
        needs="T",
        # Not log4j's word on itself, whose time is as long: `...Z main ERROR text`.
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d))"
        r"(?: (?!(?:main|[\w.-]{1,60}-\d{1,6}) (?:FATAL|ERROR|WARN|INFO|DEBUG|TRACE) )|$)",
    ),
    *SHIPPER_FORMATS,
    EnvelopeFormat(
        "ansible-log",
        "Ansible's log file: `time p=pid u=user n=ansible | text`",
        "2026-11-23 19:20:37,123 p=4711 u=deploy n=ansible | fatal: [web1]: UNREACHABLE! => {}",
        kind="envelope",
        first="0",
        needs=" p=",
        pattern=r"(?P<timestamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) p=(?P<stream>\d{1,10}) u=\S{1,60}"
        r" (?:n=\S{1,60} )?(?:(?P<level>[A-Z]{4,8}) ?)?\| ?",
    ),
    EnvelopeFormat(
        "syslog-json",
        "Syslog and journalctl with a JSON record as the message: `Mon dd time host program[pid]: {json}`",
        'Nov 23 19:20:37 web1 billing[4711]: {"level":"error","message":"charge failed"}',
        kind="envelope",
        first="0aA<",
        needs='{"',
        accept=_holds_a_record,
        pattern=rf"(?:<\d{{1,3}}>(?:\d )?)?{_SYSLOG}(?:(?:\[(?P<stream>\d{{1,10}})\])?: (?:@cee: ?)?"
        r"| \S{1,128} \S{1,32} (?:-|(?:\[[^\[\]]{1,400}\]){1,4}) )(?=\{\")",
    ),
    EnvelopeFormat(
        "syslog-launcher",
        "Syslog and journalctl before what a launcher prefixed: `Mon dd time host program[pid]: (Worker pid=7) text`",
        "Nov 23 19:20:37 gpu1 vllm[4711]: (EngineCore_0 pid=4790) Traceback (most recent call last):",
        kind="envelope",
        first="0A<",
        needs="]: ",
        pattern=rf"(?:<\d{{1,3}}>)?{_SYSLOG}\[(?P<stream>\d{{1,10}})\]: "
        r"(?=\((?:[\w.:<>/+-]{1,100}(?: rank=\d{1,6})?(?: |, ))?pid=\d|\[rank\d{1,5}\]:)",
    ),
    EnvelopeFormat(
        "named-json",
        "A JSON record behind the name of its program (concurrently, Turborepo): `[api] {json}`, `api:dev: {json}`",
        '[billing] {"level":"error","msg":"charge failed"}',
        kind="envelope",
        first="[aA@0",
        needs='{"',
        accept=_holds_a_record,
        pattern=r"(?:\[(?P<service>[\w.@/:-]{1,60})\]|(?P<stream>[@\w][\w.@/:-]{1,80}):) (?=\{\")",
    ),
    EnvelopeFormat(
        "turborepo",
        "Turborepo before what a package's task printed: `@scope/package:task: text`",
        "@shop/till:build: Error: the drawer is stuck",
        kind="envelope",
        first="@",
        needs="/",
        pattern=r"(?P<service>@[\w.-]{1,60}/[\w.-]{1,60}(?::[\w.-]{1,40}){1,3}):(?: |$)",
    ),
    EnvelopeFormat(
        "timed-json",
        "A JSON record behind a bare time: `time {json}`",
        '2026-11-23T19:20:37.123Z {"level":"error","msg":"charge failed"}',
        kind="envelope",
        first="0",
        needs='{"',
        accept=_holds_a_record,
        pattern=rf"(?P<timestamp>{ISO})[ \t](?=\{{\")",
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
        # PyTorch's C++ side prefixes the first line of its message only: there it is a part of the header.
        pattern=r"(?!\[rank\d{1,5}\]:\[[IWEF](?: |\d{3,4} ))"
        r"\[(?P<stream>(?:rank|default|worker|local_rank|rank_)\d{1,5}|\d{1,4},\d{1,6})\](?::|<std"
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
        pattern=r"\((?:(?P<service>[\w.:<>/+-]{1,100})(?: rank=\d{1,6})?(?: |, ))?(?P<stream>pid=(?:\d{1,9}|raylet))"
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
