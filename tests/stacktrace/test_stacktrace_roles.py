"""The public face of the stacktrace package: roles of single lines, starts, lone exceptions, bounds."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag import stacktrace
from mcp_rag.stacktrace import Part, find, languages, parse, role, starts


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Traceback (most recent call last):", "python"),
        ("Exception in thread Thread-1 (worker):", "python"),
        ('Exception in thread "main" java.lang.IllegalStateException: no port', "java"),
        ("panic: runtime error: index out of range [5] with length 3", "go"),
        ("fatal error: all goroutines are asleep - deadlock!", "go"),
        ("thread 'main' (18288) panicked at src/main.rs:8:45:", "rust"),
        ("thread 'main' panicked at 'x', src/main.rs:8:45", "rust"),
        ("Unhandled exception. System.InvalidOperationException: no tenant", "csharp"),
        ("PHP Fatal error:  Uncaught TypeError: bad in /srv/a.php:3", "php"),
        ("terminate called after throwing an instance of 'std::out_of_range'", "cpp"),
        ("==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020", "cpp"),
        ("/srv/app/server.js:12", "javascript"),
        ("Uncaught TypeError: x is undefined", "javascript"),
        ("** (KeyError) key :plan not found in: %{id: 7}", "elixir"),
        ("Unhandled exception:", "dart"),
        ("java.io.IOException: closed", ""),
        ("ValueError: bad", ""),
        ("started worker 7", ""),
        ("Fatal error: the plan is missing", "swift"),
        ("", ""),
    ],
)
def test_starts(line: str, language: str) -> None:
    """`starts` names the language of a line that begins a trace on its own; a bare exception type begins none."""
    assert starts(line) == language


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('  File "/srv/app/a.py", line 3, in f', Part.FRAME),
        ("\tat com.acme.Pay.charge(Pay.java:71) ~[app.jar:1.2]", Part.FRAME),
        ("    at async charge (/srv/app/pay.js:31:15) {", Part.FRAME),
        ("   at Acme.Plans.PlanStore.Get(String key) in /src/PlanStore.cs:line 31", Part.FRAME),
        ("main.(*Server).Register(...)", Part.FRAME),
        ("\t/srv/app/main.go:8 +0x178", Part.FRAME),
        ("   4: svc::main", Part.FRAME),
        ("             at ./src/main.rs:8:45", Part.FRAME),
        ("\tfrom r1.rb:3:in `sync'", Part.FRAME),
        ("#0 /srv/app/p1.php(2): Mailer->open()", Part.FRAME),
        ("    #1 0x4f7f11 in main /src/main.cpp:9:3", Part.FRAME),
        ("Caused by: java.io.EOFException", Part.LINK),
        ("The above exception was the direct cause of the following exception:", Part.LINK),
        ("Next LogicException: could not deliver mail in /srv/app/p1.php:2", Part.LINK),
        (" ---> System.ArgumentException: bad id", Part.LINK),
        ("\t... 23 common frames omitted", Part.DETAIL),
        ("           ^^^^^^^^^^^^^", Part.DETAIL),
        ("goroutine 1 [running]:", Part.DETAIL),
        ("Node.js v20.20.2", Part.DETAIL),
        ("app.models.Order.DoesNotExist: Order matching query does not exist.", Part.TYPE),
        ("Net::ReadTimeout: timeout", Part.TYPE),
        ("charged invoice 7 at 12:30", Part.NONE),
        ("GET /orders/7 HTTP/1.1 200", Part.NONE),
        ("at least one worker is busy", Part.NONE),
        ("Error rate is 3 %", Part.NONE),
    ],
)
def test_role_of_one_line(line: str, part: Part) -> None:
    """Each line is recognised by itself, ordinary text is not."""
    assert role(line).part is part


SAMPLES = (
    '  File "/srv/app/a.py", line 31, in f',
    "thread 'main' (18288) panicked at src/main.rs:8:45:",
    "#12 0x4f7d6b in Pool::take(int) /src/pool.cpp:31:12",
    "goroutine 19 [running]:",
    "  [Previous line repeated 996 more times]",
    "java.lang.IllegalStateException: 12 of 30",
)


@given(st.sampled_from(SAMPLES), st.integers(0, 9))
def test_role_never_depends_on_the_value_of_a_digit(line: str, digit: int) -> None:
    """Lines that differ only in digits (but for the 0 of 0x) play the same part: the event memo relies on it."""
    changed = re.sub(r"\d(?!x)", str(digit), line)
    assert role(changed) == role(line)


def test_a_lone_exception_line_is_a_trace_without_frames() -> None:
    """Searching for one pasted line still knows type and message."""
    trace = parse("TypeError: x is not iterable")
    assert trace is not None
    assert (trace.language, trace.root.type, trace.root.message) == ("", "TypeError", "x is not iterable")
    assert trace.root.frames == ()
    assert parse("org.hibernate.LazyInitializationException") is not None


@pytest.mark.parametrize("text", ["", "\n\n", "just some text\nand more", "an error occurred", "line 3 of 7", "{}"])
def test_text_without_a_trace_gives_none(text: str) -> None:
    """No trace is invented."""
    assert parse(text) is None


def test_find_says_where_the_trace_begins() -> None:
    """Lines before it are the log message."""
    found = find(["charge failed", "java.io.IOException: closed", "\tat com.acme.A.f(A.java:3)"])
    assert found is not None
    assert found.first == 1


def test_a_title_above_bare_frames_names_the_exception() -> None:
    """AWS Lambda prints type and message above a traceback that has no last line."""
    trace = parse(
        "KeyError: 'Records'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in f\n"
    )
    assert trace is not None
    assert (trace.outermost.type, trace.outermost.message) == ("KeyError", "'Records'")


@given(st.text(max_size=300))
def test_any_text_is_read_without_error(text: str) -> None:
    """Hostile text never raises."""
    parse(text)


@given(
    st.lists(st.sampled_from((*SAMPLES, "", "x", "Caused by: a.B: c", "panic: x", "\tat a.B.c(D.java:1)")), max_size=12)
)
def test_any_mix_of_trace_lines_is_read_without_error(lines: list[str]) -> None:
    """Torn and mixed traces never raise and never give an empty chain."""
    trace = parse("\n".join(lines))
    assert trace is None or trace.exceptions


UNITS = (
    "a",
    "a.",
    "a:",
    "a/",
    " ",
    "at ",
    "(",
    "a(",
    "0:",
    "A::",
    "x@",
    "in `",
    "Error: ",
    "a.Error",
    "$",
    "#0 ",
    "'",
    "-> ",
)
HEADS = (
    "",
    "at ",
    "Error: ",
    "#0 ",
    "Traceback (most recent call last):\n",
    "panic: x\n",
    "PHP Fatal error:  Uncaught ",
)


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_hostile_lines_cost_linear_time(head: str) -> None:
    """No pattern explodes: lines of one repeated unit, 100 kB long, are read in milliseconds each (DESIGN.md: log text
    is hostile data)."""
    began = time.process_time()
    for unit in UNITS:
        parse(head + unit * (100_000 // len(unit)) + "\x00")
    assert time.process_time() - began < 5


def test_large_traces_are_bounded() -> None:
    """A frame list cannot grow without limit."""
    frames = "".join(f"\tat com.acme.A.f(A.java:{n})\n" for n in range(3_000))
    trace = parse("java.lang.StackOverflowError\n" + frames)
    assert trace is not None
    assert len(trace.root.frames) <= stacktrace.MAX_FRAMES


def test_every_language_is_registered() -> None:
    """The languages promised in the README, each with its own parser."""
    promised = "python java javascript go rust csharp ruby php cpp elixir perl swift dart".split()
    assert set(promised) <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_a_parser_given_no_trace_of_its_language_gives_none(language: str) -> None:
    """Parsers are tried in order of evidence: one that finds nothing must say so, not guess."""
    assert stacktrace._PARSERS[language](["hello", "", "  world"]) is None


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("perl", ["at once at noon line 7."]),
        ("swift", ["0   libdyld.dylib   0x00007ff80a1b2c3d start + 10"]),
        ("julia", ["ERROR: x", " [1] f()"]),
        ("haskell", ["CallStack (from HasCallStack):"]),
        ("r", ["nothing wrong", "Execution halted"]),
        ("javascript", ["/srv/app/server.js:12", "throw x"]),
        ("javascript", ["/srv/app/server.js:12", "  ^"]),
        ("java", ['Exception in thread "main" ']),
        ("csharp", ["hello there", "   at Acme.A.B()"]),
        ("elixir", ["Error in process <0.84.0> with exit value:", "?"]),
    ],
)
def test_torn_traces_give_none(language: str, lines: list[str]) -> None:
    """Half of a report names no exception."""
    assert stacktrace._PARSERS[language](lines) is None


def test_long_pastes_keep_head_and_tail() -> None:
    """A paste of many thousand lines is read at both ends."""
    text = "Traceback (most recent call last):\n" + "".join(f'  File "m.py", line {n}, in f\n' for n in range(9_000))
    trace = parse(text + "ValueError: last")
    assert trace is not None
    assert (trace.root.type, trace.root.frames[0].line) == ("ValueError", 8_999)


def test_frame_numbers_are_not_line_numbers() -> None:
    """A listing whose numbers do not rise by one keeps them: these are depths, not places in a paste."""
    trace = parse("9  ValueError: bad\n3  one\n40  two")
    assert trace is None


@pytest.mark.parametrize("line", ["self.handleError(record)", "    till.raise_for_error(answer)", "on_error(exc)"])
def test_a_call_in_a_line_of_source_names_no_exception(line: str) -> None:
    """Functions may be named like exceptions: such a line would end a traceback whose every line has a header."""
    assert role(line).part is Part.NONE
    assert role("Till.Error(drawer): stuck").part is Part.TYPE
