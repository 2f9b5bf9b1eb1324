"""Headers of what developers run beside their programs: editors and their language servers, browsers, test runners,
transformations of data, deployments, and Windows' programs under Wine."""

from __future__ import annotations

import re

from mcp_rag.formats.base import TextFormat
from mcp_rag.formats.levels import level_of, status_level
from mcp_rag.types import Level

# Wine's `fixme` names what it does not implement: most programs run on.
_CHANNELS = {"err": Level.ERROR, "warn": Level.WARN, "fixme": Level.INFO, "trace": Level.TRACE}
_WINE = r"(?P<word>err|warn|fixme|trace):(?P<logger>[a-z]\w{1,30}:[\w:~]{1,120}) "


def _wine(found: re.Match[str]) -> Level:
    return _CHANNELS[found["word"]]


def _status(found: re.Match[str]) -> Level:
    return status_level(found["status"]) if found["status"] else Level.ERROR


def _resource(found: re.Match[str]) -> Level:
    return Level.ERROR if "FAILED" in found["word"] or "ROLLBACK" in found["word"] else Level.INFO


def _test(found: re.Match[str]) -> Level:
    """The summary counts those that failed in brackets."""
    return Level.ERROR if found.string.rstrip().endswith(" FAILED") else Level.UNSET


def _dbt(found: re.Match[str]) -> Level:
    return level_of(found["word"] or "")


DEVELOPER_FORMATS: tuple[TextFormat, ...] = (
    TextFormat(
        "language-client",
        "VS Code's language clients and others that use their library: `[Error - 7:20:37 PM] message`",
        "[Error - 7:20:37 PM] Request textDocument/hover failed.",
        first="[",
        needs=" - ",
        pattern=r"\[(?P<level>Error|Warn|Info|Debug|Trace) {1,2}- (?P<time>\d{1,2}:\d\d:\d\d(?: [AP]M)?)\] ",
    ),
    TextFormat(
        "clangd",
        "clangd: `E[19:20:37.123] message`",
        "E[19:20:37.123] Failed to find compilation database for till.cc",
        first="EIVD",
        pattern=r"(?P<level>[EIVD])\[(?P<time>\d\d:\d\d:\d\d\.\d{3})\] ",
    ),
    TextFormat(
        "vim",
        "Vim and Neovim: `E492: message`",
        "E492: Not an editor command: Till",
        first="E",
        needs=": ",
        level=Level.ERROR,
        pattern=r"(?P<body>)E\d{2,4}: (?=[A-Z])",
    ),
    TextFormat(
        "karma",
        "Karma: `day month year time:LEVEL [logger]: message`",
        "23 11 2026 19:20:37.123:ERROR [launcher]: Cannot start ChromeHeadless",
        first="0",
        needs="]: ",
        pattern=r"\d\d \d\d \d{4} \d\d:\d\d:\d\d\.\d{3}:(?P<level>ERROR|WARN|INFO|DEBUG) "
        r"\[(?P<logger>[^\[\]]{1,100})\]: ",
    ),
    TextFormat(
        "karma-browser",
        "Karma on a test that failed: `Browser version (system) suite test FAILED`",
        "Chrome Headless 142.0.7444.59 (Linux x86_64) Till opens the drawer FAILED",
        first="A",
        needs=" FAILED",
        grade=_test,
        pattern=r"(?P<service>[A-Z]\w{2,20}(?: [A-Z]\w{2,20})?) \d[\d.]{0,30} "
        r"\((?:Linux|Mac|Windows|Android|iOS)[^()]{0,40}\):? ",
    ),
    TextFormat(
        "wine-timed",
        "Wine behind the time that a container's viewer puts before it",
        "2026-11-23 19:20:37 0024:err:module:import_dll Library TILL.dll not found",
        stamped=True,
        shapes=("iso",),
        needs=":",
        grade=_wine,
        pattern=rf" {{1,2}}(?:[0-9a-f]{{4}}:){{0,2}}{_WINE}",
    ),
    TextFormat(
        "wine",
        "Wine and Proton: `thread:err:channel:function message`",
        "0024:err:module:import_dll Library TILL.dll not found",
        first="0abcdefwt",
        needs=":",
        grade=_wine,
        pattern=rf"(?:\d{{1,9}}\.\d{{3}}:)?(?:[0-9a-f]{{4}}:){{0,2}}{_WINE}",
    ),
    TextFormat(
        "browser-request",
        "A browser's console on a request that failed: `GET url 404 (Not Found)`, `POST url net::ERR_FAILED`",
        "GET https://shop.test/rates 503 (Service Unavailable)",
        first="GPDHO",
        needs="http",
        grade=_status,
        digits_matter=True,
        pattern=r"(?P<body>)(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) https?://\S{1,400} "
        r"(?:(?P<status>[1-5]\d\d)(?: \(|$)|net::ERR_)",
    ),
    TextFormat(
        "cloudformation",
        "The AWS CDK on a stack: `time | CREATE_FAILED | type | resource`, the reason on the next line",
        "7:20:37 PM | CREATE_FAILED        | AWS::Lambda::Function | TillFunction4F1C2D3E",
        stamped=True,
        needs="::",
        grade=_resource,
        pattern=r" {1,3}\| (?P<body>)(?=(?P<word>[A-Z_]{6,60}) {0,30}\| \w{1,60}::)",
    ),
    TextFormat(
        "cdk",
        "The AWS CDK on a stack that it gave up: ` ❌  message`",
        " ❌  TillStack failed: Error: The stack named TillStack failed creation",
        first=" ",
        needs="❌ ",
        level=Level.ERROR,
        pattern=r" {1,3}❌ {1,3}(?=\S)",
    ),
    TextFormat(
        "tauri",
        "Tauri's command line, levels padded as Cargo's verbs are: `       Error message`",
        "       Error The beforeDevCommand terminated with a non-zero status code.",
        first=" ",
        pattern=r"(?: {7}(?=Error)| {8}(?=Warn|Info)| {7}(?=Debug))(?P<level>Error|Warn|Info|Debug) (?=[A-Z`])",
    ),
    TextFormat(
        "ocaml-compiler",
        "OCaml's compiler and dune: the place, then the source, then `Error: message`",
        'File "src/till.ml", line 41, characters 8-12:',
        first="F",
        needs=", characters ",
        pattern=r"File \"[^\"\n]{1,300}\", lines? \d{1,7}(?:-\d{1,7})?, characters \d{1,6}-\d{1,6}: {0,4}$",
    ),
    TextFormat(
        "dbt",
        "dbt: `time  message`",
        "19:20:37  Database Error in model till (models/till.sql)",
        stamped=True,
        first="^",
        shapes=("clock",),
        grade=_dbt,
        pattern=r"(?<=\d\d:\d\d:\d\d)  (?:(?=(?:Database|Compilation|Runtime|Parsing|Dependency|Validation|Internal)"
        r" Error\b|(?:Failure|Warning) in |Encountered an error:|Completed with |Done\. PASS=|Running with dbt)"
        r"|\d{1,5} of \d{1,5} (?=(?P<word>ERROR|FAIL|WARN)? ?)(?=[A-Z]{2,5} ))",
    ),
    TextFormat(
        "dbt-continued",
        "The further lines of what dbt says of an error: `time    message`",
        "19:20:37    compiled code at target/run/till.sql",
        stamped=True,
        first="^",
        shapes=("clock",),
        pattern=r"(?<=\d\d:\d\d:\d\d) {4}"
        r"(?![\[({<|]|(?i:trace|debug|info|notice|warn|warning|error|err|fatal|critical)\b)(?=\S)",
    ),
)
