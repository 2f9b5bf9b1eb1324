"""What services and tools of Python print around their errors: OpenStack, Salt, uWSGI, Ansible, Pydantic, pytest."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

NOVA = "2026-11-23 19:20:37.123 4711 ERROR nova.compute.manager [instance: 1451041c-da04-478c-93dd-0acb60dd149a]"
SALT = "[ERROR   ] An un-handled exception was caught by the global exception handler:\nKeyError: 'till'\n"
TRACE = """Traceback (most recent call last):
  File "/srv/shop/till.py", line 3, in open
    return tills[name]
KeyError: 'till'
"""


def records(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(Level.UNSET, reference_ms=1_796_325_637_000))[0]


def test_an_instance_before_each_line_is_a_part_of_the_header() -> None:
    """OpenStack's traceback, and the empty line that ends it, are one event without the instance."""
    found = records("".join(f"{NOVA} {line}\n" for line in TRACE.splitlines()) + f"{NOVA}\n")
    assert [(r.first_line, r.last_line, r.format) for r in found] == [(0, 4, "openstack")]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.chain == ("KeyError",)


def test_an_exception_named_above_its_traceback_is_the_same_event() -> None:
    """Salt names the exception below its own line, then prints the traceback."""
    found = records(SALT + TRACE)
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 5, Level.ERROR)]


def test_the_death_of_a_worker_is_an_error_of_its_own() -> None:
    """uWSGI's master names no level and prints between lines that have a time."""
    stamp = "Mon Nov 23 19:20:37 2026 - "
    found = records(
        f"{stamp}*** HARAKIRI ON WORKER 9 (pid: 4711, try: 1) ***\n"
        f"{stamp}HARAKIRI !!! end of worker 9 status !!!\n"
        "DAMN ! worker 9 (pid: 4711) died, killed by signal 9 :( trying respawn ...\n"
        "--- no python application found, check your startup logs for errors ---\n"
    )
    assert [r.level for r in found] == [Level.ERROR, Level.UNSET, Level.ERROR, Level.ERROR]


def test_a_failed_module_is_told_by_its_traceback() -> None:
    """Ansible calls all of them MODULE FAILURE: the traceback that its JSON quotes says which one it is."""
    line = (
        'fatal: [web1]: FAILED! => {"module_stderr": "Traceback (most recent call last):\\n  File \\"x.py\\", line 2,'
        ' in <module>\\n    main()\\nWHAT\\n", "module_stdout": "", "msg": "MODULE FAILURE\\nSee stdout", "rc": 1}\n'
    )
    first, second = records(line.replace("WHAT", "ValueError: no till") + line.replace("WHAT", "OSError: disk full"))
    assert first.stacktrace is not None
    assert (first.stacktrace.chain, first.stacktrace.root.message) == (("ValueError",), "no till")
    assert fingerprint(first).id != fingerprint(second).id


def test_a_result_of_a_single_command_is_an_event() -> None:
    """`ansible -m` prints one result a host; what it says stands in `msg`, or below."""
    found = records(
        'web1 | FAILED! => {\n    "changed": false,\n    "msg": "no such \\"till\\""\n}\n'
        'web2 | UNREACHABLE! => {\n    "msg": "timed out"\n}\n'
        "web3 | FAILED | rc=1 >>\nthe till is locked\n"
        'web4 | SUCCESS => {\n    "ping": "pong"\n}\n'
    )  # fmt: skip
    assert [(r.level, r.service) for r in found] == [
        (Level.ERROR, "web1"),
        (Level.ERROR, "web2"),
        (Level.ERROR, "web3"),
        (Level.INFO, "web4"),
    ]
    assert [r.message for r in found[:3]] == ['no such "till"', "timed out", "the till is locked"]


@pytest.mark.parametrize(
    "line",
    [
        "web1 : ok=5    changed=2    unreachable=0    failed=0    skipped=1",
        "=================================== FAILURES ===================================",
        "==================================== ERRORS ====================================",
    ],
)
def test_counts_and_titles_are_no_errors(line: str) -> None:
    """Ansible's recap counts, pytest's titles announce."""
    assert [r.level for r in records(f"{line}\n")] == [Level.UNSET]


def pydantic(field: str, reason: str) -> str:
    return (
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/main.py", line 3, in <module>\n'
        "    settings = Settings()\n"
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\n"
        f"{field}\n"
        f"  {reason}\n"
        "\n"
        "bye\n"
    )


@pytest.mark.parametrize(
    "reason",
    ["Field required [type=missing, input_value={}, input_type=dict]", "field required (type=value_error.missing)"],
)
def test_the_field_that_was_not_valid_tells_which_error_it_is(reason: str) -> None:
    """Pydantic names it below the line that counts: it belongs to the event, and two fields are two errors."""
    first = records(pydantic("till_url", reason))
    second = records(pydantic("till_key", reason))
    assert [(r.first_line, r.last_line) for r in first] == [(0, 5), (7, 7)]
    assert fingerprint(first[0]).template.endswith(": <num> validation error for Settings: till_url")
    assert fingerprint(first[0]).id != fingerprint(second[0]).id


def test_a_time_without_a_host_leaves_the_message_whole() -> None:
    """`ts` and others write a time only: the first word of a sentence, or of a traceback, is no host."""
    stamp = "Nov 23 19:20:37 "
    found = records("".join(f"{stamp}{line}\n" for line in ["Starting the till", *TRACE.splitlines()]))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 0, Level.UNSET), (1, 4, Level.ERROR)]
    assert found[0].message == "Starting the till"


def test_an_error_of_ggml_has_a_level() -> None:
    """llama.cpp's assertion names none."""
    assert [r.level for r in records("GGML_ASSERT: ggml-cuda.cu:727: tensor != nullptr\n")] == [Level.ERROR]


@pytest.mark.parametrize(
    "line",
    ["Unclosed client session", "Task was destroyed but it is pending!", "MPI_ABORT was invoked on rank 2"],
)
def test_what_a_runtime_says_of_a_fault_has_a_level(line: str) -> None:
    """asyncio without a configured logger, and Open MPI, name none."""
    assert [r.level for r in records(f"{line}\n")] == [Level.ERROR]


def test_a_bare_time_before_each_line_keeps_header_and_traceback_together() -> None:
    """Docker Desktop prints a time before uvicorn's line and before those of its traceback."""
    lines = ["ERROR:    Exception in ASGI application", *TRACE.splitlines(), "INFO:     down"]
    found = records("".join(f"2026-11-23 19:20:37 {line}\n" for line in lines))
    assert [(r.first_line, r.last_line, r.level) for r in found] == [(0, 4, Level.ERROR), (5, 5, Level.INFO)]


def caught(what: str) -> str:
    return TRACE.replace("KeyError: 'till'", f"shop.BackendFailed: backend='fast' raised:\n{what}")


def test_an_exception_that_was_caught_is_the_cause() -> None:
    """PyTorch's compiler names it in the line below its own: two of them are two errors."""
    first, second = records(caught("TypeError: no till"))[0], records(caught("RuntimeError: no compiler"))[0]
    assert first.stacktrace is not None
    assert first.stacktrace.chain == ("shop.BackendFailed", "TypeError")
    assert fingerprint(first).id != fingerprint(second).id
