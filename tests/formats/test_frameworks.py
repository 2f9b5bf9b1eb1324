"""Headers of frameworks and of programs whose logger stands in a place of its own."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.clock import parse_timestamp
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

REFERENCE_MS = parse_timestamp("2026-11-30T00:00:00Z") or 0
E, W, F, I, D, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.UNSET  # noqa: E741 - one letter keeps the table readable


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U, reference_ms=REFERENCE_MS))[0]


# line, format, level, message, service or logger
CASES = [
    ("[2026-11-23 19:20:37,123] WARNING in views: old endpoint", "flask", W, "old endpoint", "views"),
    ("2026-11-23 19:20:37,123 7 INFO ? shop.http: started", "odoo", I, "started", "shop.http"),
    ("INFO 2026-11-23 19:20:37,123 views 7 140212349945600 done", "django", I, "done", "views"),
    (
        "####<Nov 23, 2026 7:20:37,123 PM CET> <Warning> <Socket> <h> <s> <> <BEA-000450> <closed> ",
        "weblogic",
        W,
        "closed",
        "Socket",
    ),
    ("[warn] p.f.HostsFilter - not allowed", "play", W, "not allowed", "p.f.HostsFilter"),
    ("2026-11-23 19:20:37,123 WARN  org.acme.Task     [] - slow", "flink", W, "slow", "org.acme.Task"),
    ("2026-11-23 19:20:37,123+0000 WARN  [qtp-7]  shop org.acme.View - slow", "nexus", W, "slow", "org.acme.View"),
    ("2026.11.23 19:20:37 INFO  web[][o.s.s.Impl] home", "sonarqube", I, "home", "web"),
    ("INFO - 2026-11-23 19:20:37 --> started", "codeigniter", I, "started", ""),
    ("2026-11-23 19:20:37.1 [info] <0.3.0>@riak:wait:419 up", "lager", I, "up", "riak"),
    ("[notice] 2026-11-23T19:20:37.1Z c@a.b <0.8.0> 1f2e3d4c5b GET /", "couchdb", I, "GET /", ""),
    ("Nov 23 19:20:37 imap-login: Info: Disconnected (auth failed)", "dovecot", I, "Disconnected", "imap-login"),
    ("0:00:01.204518331  7 0x55d0c0a1 WARN   basesrc a.c:3:loop: slow", "gstreamer", W, "slow", "basesrc"),
    ("[00:00:01.234,567] <wrn> net_if: slow", "zephyr", W, "slow", "net_if"),
    ("[2026-11-23 19:20:37][Shop][Info][h][PID 7][ThreadId 1][a:B c.hs:1:2] up", "katip", I, "up", "Shop"),
    ("[2026.11.23-19.20.37:123][  7]LogInit: Display: running", "unreal", I, "running", "LogInit"),
    ("[2026.11.23-19.20.37:123][  7]LogExit: leaving", "unreal", U, "leaving", "LogExit"),
    ("[2026-11-23 19:20:37.1] C [rpc.c:155:expired] 0-gv0-client-1: gone", "gluster", F, "gone", "0-gv0"),
    ("2026-11-23 19:20:37.1 [PANIC][9] startup/a.go 101: gone", "calico", F, "gone", "startup/a.go"),
    ("[     0.001204s]  INFO ThreadId(01) linkerd2_proxy: release", "linkerd", I, "release", "linkerd2_proxy"),
    ("12:01:10 AM: gave up", "netlify", U, "gave up", ""),
    ("MSI (c) (9A:0C) [19:20:37:123]: Note: 1: 1708", "msi", U, "Note: 1: 1708", ""),
    ("<4>battery low", "sd-daemon", W, "battery low", ""),
]


@pytest.mark.parametrize(("line", "name", "level", "message", "source"), CASES, ids=[c[0] for c in CASES])
def test_header_of_a_framework(line: str, name: str, level: Level, message: str, source: str) -> None:
    """Level, what names the sender, and where the message begins."""
    (record,) = read(line)
    assert (record.format, record.level) == (name, level)
    assert record.message.startswith(message)
    assert source in f"{record.service} {record.logger}"


def test_glassfish_opens_its_message_in_the_next_line() -> None:
    """The header ends with two brackets; what follows is the message."""
    (record,) = read(
        "[2026-11-23T19:20:37.1+0100] [Payara 6] [SEVERE] [AS-7] [a.b] [tid: 1] [levelValue: 1000] [[\n  gone]]"
    )
    assert (record.format, record.level, record.logger) == ("glassfish", E, "a.b")
    assert record.message.startswith("gone")


def test_the_priority_of_a_service_is_asked_of_each_line() -> None:
    """Lines that differ in the priority alone share a key and not their level."""
    assert [record.level for record in read("<6>battery 1\n<3>battery 2\n<4>battery 3\n")] == [I, E, W]


# line, level, message, service: no format of their own, but usual places for a level
GENERAL = [
    ("2026-11-23T19:20:37Z E! [outputs.kafka] no broker", E, "", ""),
    ("2026-11-23 19:20:37 C | etcd: the database is missing", F, "", ""),
    ("1796325637123,WARN,the buffer is full", W, "the buffer is full", ""),
    ("[20261123 19:20:37.123 W] main.cpp:88 - no driver", W, "no driver", ""),
    ("[2026-11-23][19:20:37][tiles][ERROR] no sheet", E, "no sheet", ""),
    ("23.11.2026 19:20:37 FEHLER Papierstau", E, "Papierstau", ""),
    ("2026-11-23 19:20:37 [错误] 找不到文件", E, "找不到文件", ""),
    ("23/11/2026 -- 19:20:37 - <Error> - no interface", E, "no interface", ""),
    ("Monday, 23-Nov-26 19:20:37 UTC [error] the origin is gone", E, "the origin is gone", ""),
    ("error - the page has no title", E, "the page has no title", ""),
    ("wandb: ERROR the key is wrong", E, "the key is wrong", "wandb"),
    ("unikernel.exe: [WARNING] a packet was dropped", W, "a packet was dropped", "unikernel.exe"),
    ("git-annex: error: the key is gone", E, "the key is gone", "git-annex"),
    ("[2026-11-23 19:20:37.123] nsd[441]: error: no socket", E, "no socket", "nsd"),
    ("2026/11/23 19:20:37 wazuh-agentd: WARNING: the buffer is full", W, "the buffer is full", "wazuh-agentd"),
    ("Nov 23 19:20:37 dnsmasq[311]: query from 10.9.0.4", U, "query from 10.9.0.4", "dnsmasq"),
    ("Nov 23 19:20:37 bigip1 err tmm[11822]: no members", E, "no members", "tmm"),
    ("Nov 23 19:20:37 zone1 genunix: [ID 540533 kern.notice] release", I, "release", "genunix"),
    ("<11>Nov 23 19:20:37 deploy: rolled back", E, "rolled back", "deploy"),
    ("Sun 2026-11-22 03:00:01 CET vault7 chronyd[611]: Selected source", U, "Selected source", "chronyd"),
    ("23 Nov 19:20:37 ntpd[811]: Listen on eth0", U, "Listen on eth0", "ntpd"),
    ("1796325637.004100 edge1 snapd[700]: up to date", U, "up to date", "snapd"),
    ("[E] 2026-11-23 19:20:37 no stock", E, "no stock", ""),
    ("[TRT] [E] no engine", E, "no engine", ""),
    ("W: GPG error: no key", W, "GPG error: no key", ""),
    ("Nov 23 19:20:37.123 ERRO no stock, id: 7", E, "no stock", ""),
    ("23 Nov 19:20:37 - [error] [function:f] no stock", E, "no stock", ""),
    ("Nov 23 19:20:37 h krb5kdc[7](Error): no ticket", E, "no ticket", "krb5kdc"),
    (" [2026-11-23 19:20:37] iteration 100 | loss 7.4", U, "iteration 100", ""),
]


@pytest.mark.parametrize(("line", "level", "message", "service"), GENERAL, ids=[c[0] for c in GENERAL])
def test_levels_and_programs_in_usual_places(line: str, level: Level, message: str, service: str) -> None:
    """A level of one letter with a mark, of another language, behind a comma or a program's name; a program without a
    host, or with its level before it."""
    (record,) = read(line)
    assert record.level is level
    assert record.message.startswith(message)
    assert record.service == service


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-23 19:20:37 C compiler works", U),
        ("2026-11-23 19:20:37 N items read", U),
        ("2026-11-23 19:20:37 grave accents are kept", U),
        ("2026-11-23 19:20:37 Fehlerfrei beendet", U),
        ("Nov 23 19:20:37 Startup: ready", U),
    ],
)
def test_words_of_a_sentence_are_no_levels(line: str, level: Level) -> None:
    """A letter or a foreign word that opens a sentence says no level."""
    (record,) = read(line)
    assert record.level is level


@pytest.mark.parametrize(
    "line",
    [
        "shop.errors.PlanError: ERROR in the plan",
        "note: error in the plan",
        "a b: ERROR x",
        "[info] no logger here - is a sentence",
        "<44>x",
        "12:01:10 AM later",
    ],
)
def test_lines_that_only_look_alike(line: str) -> None:
    """Exceptions, sentences and numbers are no headers of these."""
    header = formats.match(line)
    assert header is None or header.format in {"maven", formats.GENERIC}
