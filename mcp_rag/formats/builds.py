"""Diagnostics of compilers, build tools, package managers, test runners and deployment tools.

The place in the source is cut off and kept out of `logger`: one mistake at two places is one error.
"""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of
from mcp_rag.types import Level

_PATH = r"(?:[A-Za-z]:)?[^\s:()\[\]'\"<>|]{1,200}(?: [^\s:()\[\]'\"<>|]{1,160}){0,2}?"
_NPM = {"ERR!": Level.ERROR, "error": Level.ERROR, "WARN": Level.WARN, "warn": Level.WARN}
_RESULTS = {"FAILURE": Level.ERROR, "ABORTED": Level.ERROR, "UNSTABLE": Level.WARN}
_HOSTS = {"SUCCESS": Level.INFO, "CHANGED": Level.INFO}
_TASKS = {"fatal": Level.ERROR, "failed": Level.ERROR, "unreachable": Level.ERROR, "FAILED - RETRYING": Level.WARN}


def _npm(found: re.Match[str]) -> Level:
    return _NPM.get(found["kind"], Level.INFO)


def _pnpm(found: re.Match[str]) -> Level:
    return Level.ERROR if found["code"] else Level.WARN


def _diagnostic(found: re.Match[str]) -> Level:
    return Level.WARN if found["kind"].lower() == "warning" else Level.ERROR


def _result(found: re.Match[str]) -> Level:
    return _RESULTS.get(found["result"] or "", Level.INFO)


def _task(found: re.Match[str]) -> Level:
    return _TASKS.get(found["task"] or "", Level.INFO)


def _host(found: re.Match[str]) -> Level:
    return _HOSTS.get(found["result"], Level.ERROR)


def _linker(found: re.Match[str]) -> Level:
    rest = found.string[found.end() :]
    if found["kind"] is None and (rest.startswith("note: ") or rest.rstrip().endswith("':")):
        return Level.UNSET  # where something is used; what it is follows
    return level_of(found["kind"]) if found["kind"] == "warning" else Level.ERROR


def _gradle(found: re.Match[str]) -> Level:
    return Level.WARN if found["letter"] == "w" else Level.ERROR


BUILD_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "gcc",
        "gcc, clang, javac and all that print `file:line:column: error: message`",
        "src/charge.c:41:7: error: use of undeclared identifier 'rate'",
        needs=": ",
        grade=_diagnostic,
        pattern=rf"(?!\d{{1,4}}[-/:.]\d\d){_PATH}:\d{{1,7}}:(?:\d{{1,6}}:)? (?:fatal |internal compiler )?"
        r"(?P<kind>[Ee]rror|ERROR|warning|WARNING):(?: |$)",
    ),
    TextFormat(
        "msvc",
        "MSVC, the C# compiler and tsc: `file(line,column): error TS2345: message`",
        "src/charge.ts(41,7): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
        needs=": ",
        grade=_diagnostic,
        pattern=rf" {{0,8}}(?:\d{{1,3}}>)?(?:{_PATH}\(\d{{1,7}}(?:,\d{{1,6}}){{0,3}}\)|LINK|MSBUILD|CSC"
        r"|[\w.-]{1,80}\.(?:obj|lib|exe|dll)|[^\s()<>|]{1,200}\.(?:\w{1,8}proj|slnx?|props|targets)) ?: "
        r"(?:fatal )?(?P<kind>[Ee]rror|[Ww]arning) (?=[A-Z]{1,8}\d{2,6}: )",
    ),
    TextFormat(
        "tsc-pretty",
        "tsc with colours on: `file:line:column - error TS2345: message`",
        "src/charge.ts:41:7 - error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
        needs=" TS",
        grade=_diagnostic,
        pattern=rf"{_PATH}:\d{{1,7}}:\d{{1,6}} - (?P<kind>error|warning) (?=TS\d{{1,6}}: )",
    ),
    TextFormat(
        "eslint",
        "eslint's stylish report: indented `line:column  error  message  rule`",
        "  41:7  error  'rate' is not defined  no-undef",
        first=" ",
        grade=_diagnostic,
        pattern=r" {1,6}\d{1,7}:\d{1,6} {1,4}(?P<kind>error|warning) {1,4}(?=\S)",
    ),
    TextFormat(
        "rustc",
        "rustc and cargo: `error[E0308]: message`",
        "error[E0308]: mismatched types",
        first="ew",
        grade=_diagnostic,
        pattern=r"(?P<body>)(?P<kind>error|warning)(?:\[[A-Z]\d{1,12}\])(?=: )",
    ),
    TextFormat(
        "linker",
        "ld, lld, collect2 and compiler drivers: `ld: error: message` and undefined references",
        "/usr/bin/ld: charge.o: in function `main': undefined reference to `rate_of'",
        needs=": ",
        grade=_linker,
        pattern=r"(?:[^\s:]{1,200}:(?:\(\.[^()]{1,60}\)|\d{1,7}): (?=undefined reference to )"
        r"|(?:(?:[A-Za-z]:)?[/\\][\w./\\+-]{1,160}[/\\])?(?:[\w-]{1,40}-)?"
        r"(?:ld|ld\.lld|ld\.gold|lld|lld-link|rust-lld|collect\d|clang|clang\+\+|gcc|g\+\+|cc\d|"
        r"cc\dplus)(?:-\d{1,3})?(?:\.exe)?: (?:(?:fatal )?(?P<kind>error|warning): )?)",
    ),
    TextFormat(
        "go-build",
        "go build, go vet: `./file.go:line:column: message`",
        "./charge.go:41:7: undefined: rateOf",
        needs=".go:",
        level=Level.ERROR,
        pattern=r"(?:vet: )?(?:\./|\.\./|/)?[\w./@-]{1,200}\.go:\d{1,7}:(?:\d{1,6}:)? (?=\S)",
    ),
    TextFormat(
        "go-test",
        "go test: `--- FAIL: TestName` and `FAIL<tab>package`",
        "--- FAIL: TestCharge (0.01s)",
        first="-F",
        level=Level.ERROR,
        needs="FAIL",
        pattern=r"(?:--- FAIL: |FAIL(?=\t| *$))",
    ),
    TextFormat(
        "npm",
        "npm: `npm ERR! message` (before version 10) and `npm error message`",
        "npm error code ERESOLVE",
        first="n",
        needs="npm ",
        grade=_npm,
        pattern=r"npm (?P<kind>ERR!|error|WARN|warn|info|notice|http|verb|sill)(?: |$)",
    ),
    TextFormat(
        "pnpm",
        "pnpm: ` ERR_PNPM_CODE  message`, ` WARN  message`",
        " ERR_PNPM_NO_MATCHING_VERSION  No matching version found for acme-billing@9.0.0",
        first=" │",  # the bar stands for all that is not ASCII: a terminal gets thin blanks around the code
        grade=_pnpm,
        pattern=r"[ \u2009](?:(?=(?P<code>ERR_[A-Z0-9_]{3,80}|ELIFECYCLE)[ \u2009] )|WARN[ \u2009] (?=\S))",
    ),
    TextFormat(
        "yarn",
        "yarn before version 2: `error Message`, `warning package.json: message`",
        'error Couldn\'t find package "acme-billing" on the "npm" registry.',
        first="ew",
        pattern=r"(?P<level>error|warning) (?=[A-Z\"]|[\w./-]{1,80}\.json: )",
    ),
    TextFormat(
        "gitlab-job",
        "GitLab's verdict on a job: `ERROR: Job failed: exit code 1`",
        "ERROR: Job failed: exit code 1",
        first="EW",
        needs=": Job",
        pattern=r"(?P<level>ERROR|WARNING): (?=Job )",
    ),
    TextFormat(
        "pip",
        "pip: `ERROR: message`",
        "ERROR: No matching distribution found for acme-billing",
        first="EWD",
        pattern=r"(?P<level>ERROR|WARNING|DEPRECATION): (?=[A-Z'\"])",
    ),
    TextFormat(
        "apt",
        "apt, debootstrap and PulseAudio: `E: message`",
        "E: Unable to locate package acme-billing",
        first="EWN",
        pattern=r"(?P<level>[EW]|N): (?=[A-Z'\[])",
    ),
    TextFormat(
        "maven",
        "Maven and sbt: `[ERROR] message`",
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.13.0:compile",
        first="[",
        pattern=r"\[(?P<level>ERROR|WARNING|INFO|DEBUG|FATAL|error|warn|info|debug|success)\] "
        r"(?!\[?\d{1,4}[-/.]\d{1,2}[-/.]|(?:- )?[A-Za-z_$][\w$]{0,60}(?:\.[\w$-]{1,80}){1,12} - )",
    ),
    TextFormat(
        "gradle",
        "Gradle and Kotlin: `> Task :name FAILED`, `FAILURE: message`, `e: file: message`",
        "> Task :billing:compileKotlin FAILED",
        first=">Few",
        grade=_gradle,
        pattern=r"(?:> Task (?P<logger>:\S{1,120}) (?=FAILED)|FAILURE: |(?P<letter>[ew]): "
        r"(?:(?:file:/{1,3}|/|[A-Za-z]:\\)[^\n:]{1,300}\.kts?:(?:\d{1,7}:\d{1,6}:?| \(\d{1,7}, \d{1,6}\):) "
        r"|(?=file:|/|[A-Za-z]:\\)))",
    ),
    TextFormat(
        "pytest",
        "pytest's summary: `FAILED path::test - message`",
        "FAILED tests/test_charge.py::test_rate - AssertionError: assert 3 == 4",
        first="FE",
        pattern=r"(?P<level>FAILED|ERROR) (?=[^\s:]{1,200}\.py\b|\S{1,200}::test)",
    ),
    TextFormat(
        "make",
        "make, SCons and ninja: `make: *** [target] Error 1`",
        "make[2]: *** [Makefile:41: charge.o] Error 1",
        first="gmn*",
        level=Level.ERROR,
        pattern=r"(?:g?make(?:\[\d{1,3}\])?: \*\*\* |ninja: (?:error|fatal): |\*\*\* (?=\[[^\[\]]{1,300}\] Error \d))",
    ),
    TextFormat(
        "cmake",
        "CMake: `CMake Error at file:line (command):`",
        "CMake Error at CMakeLists.txt:41 (find_package):",
        first="C",
        needs="CMake ",
        pattern=r"CMake (?:Deprecation )?(?P<level>Error|Warning)(?: \(dev\))?"
        r"(?: at (?:[A-Za-z]:)?[^\s:]{1,160}:\d{1,7} \((?P<logger>\w{1,60})\))?:",
    ),
    TextFormat(
        "terraform",
        "Terraform's and OpenTofu's boxed diagnostics",
        "│ Error: Reference to undeclared resource",
        first="│|",
        pattern=r"[│|] (?P<level>Error|Warning): ",
    ),
    TextFormat(
        "ansible",
        "Ansible: `fatal: [host]: FAILED! => {...}`, `failed: [host] (item=x) => {...}`, `TASK [name] ***`",
        'fatal: [web1]: FAILED! => {"changed": false, "msg": "No package matching \'shop\' is available"}',
        first="focsuirFTPRH",
        needs="[",
        grade=_task,
        pattern=r"(?:(?P<task>fatal|failed|ok|changed|skipping|unreachable|rescued|ignored|FAILED - RETRYING): "
        r"\[(?P<service>[^\[\]>]{1,100}?)(?: -> [^\[\]]{1,100})?\](?:: | => | (?=\(item=)|$)"
        r"|(?P<body>)(?:TASK|PLAY|RUNNING HANDLER) \[[^\[\]]{0,200}(?:\[[^\[\]]{0,80}\][^\[\]]{0,80}){0,3}\]"
        r" \*{3,})",
    ),
    TextFormat(
        "ansible-host",
        "Ansible's single commands: `host | FAILED! => {...}`, `host | FAILED | rc=1 >>`",
        "web1 | FAILED | rc=1 >>",
        first="aA0",
        needs=" | ",
        grade=_host,
        pattern=r"(?P<service>[\w.-]{1,100}) \| (?P<result>FAILED|UNREACHABLE|SUCCESS|CHANGED)!?"
        r"(?: => (?=\{)| \| rc=-?\d{1,5} >>(?: |$))",
    ),
    TextFormat(
        "docker-build",
        "docker build's summary of a failed step: ` => ERROR [stage 4/6] command`",
        " => ERROR [build 4/6] RUN pip install -r requirements.txt",
        first=" =",
        needs="=> ",
        pattern=r" {0,2}=> (?P<level>ERROR) (?:\[[^\[\]]{1,80}\] )?",
    ),
    TextFormat(
        "jenkins",
        "Jenkins consoles: `[Pipeline] step` and `Finished: FAILURE`",
        "Finished: FAILURE",
        first="[F",
        grade=_result,
        pattern=r"(?:\[Pipeline\] |Finished: (?=(?P<result>FAILURE|ABORTED|UNSTABLE|SUCCESS|NOT_BUILT)))",
    ),
    TextFormat(
        "shell",
        "Shell scripts that fail: `script.sh: line 41: message`",
        "deploy.sh: line 41: kubectl: command not found",
        needs=": ",
        level=Level.ERROR,
        pattern=r"(?:[\w./@-]{1,160}: line \d{1,7}: |-?(?:/usr)?(?:/bin/)?(?:ba|z|da|k|a|fi)?sh: (?:"
        r"(?:line )?\d{1,7}: )?)(?=\S)",
    ),
)
