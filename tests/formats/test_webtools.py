"""Headers of the tools and workers of the web's languages: badges, marks, numbers and codes instead of a time."""

from __future__ import annotations

import pytest

from mcp_rag import formats
from mcp_rag.events import parse_block
from mcp_rag.types import Level, LogRecord, ParseSettings

E, W, F, I, D, T, U = Level.ERROR, Level.WARN, Level.FATAL, Level.INFO, Level.DEBUG, Level.TRACE, Level.UNSET  # noqa: E741 - one letter keeps the table readable

# line, format, level, the message
CASES = [
    (" ERROR  rates is not defined", "badge", E, "rates is not defined"),
    (' LOG  Running "shop" with 4 modules', "badge", I, 'Running "shop" with 4 modules'),
    (" DONE  Compiled successfully in 812ms", "badge", I, "Compiled successfully in 812ms"),
    ("  INFO [ea186ac4] Finished in 0.2 seconds", "badge", I, "[ea186ac4] Finished"),
    (" ERROR (SSHKit::Command::Failed): no host", "badge", E, "(SSHKit::Command::Failed): no host"),
    ("   INFO  Running migrations.", "badge", I, "Running migrations."),
    (" warning  in ./src/Cart.vue", "badge", W, ""),
    ("[11/23/2026] [7:20:37 AM] [SSL      ] › ⚠  warning   certificate expires", "signale", W, "certificate expires"),
    ("[11/23/2026] [7:20:37 AM] [Express  ] › ℹ  info      ready", "signale", I, "ready"),
    (" ⨯ ./src/app/cart/page.tsx:3:1", "next", E, ""),
    (" ⨯ unhandledRejection:  Error: no plan", "next", E, "Error: no plan"),
    (" ⨯ src/app/cart/page.tsx (12:11) @ total", "next", I, "src/app/cart/page.tsx (12:11) @ total"),
    (" ⚠ Fast Refresh had to reload", "next", W, "Fast Refresh had to reload"),
    (" ✓ Ready in 2.1s", "next", I, "Ready in 2.1s"),
    (" POST /api/pay 404 in 12ms", "access-next", W, "POST /api/pay 404 in 12ms"),
    (" GET / 200 in 1.2s (compile: 1.1s)", "access-next", I, "GET / 200 in 1.2s (compile: 1.1s)"),
    ("14 verbose stack Error: shop@1.0.0 build", "npm-debug", T, "stack Error: shop@1.0.0 build"),
    ("0 info it worked", "npm-debug", I, "it worked"),
    ("21 error errno 1", "npm-debug", E, "errno 1"),
    ("➤ YN0007: │ acme@npm:1.0.0 must be built because the last one failed", "yarn-berry", I, "acme@npm:1.0.0"),
    ("➤ YN0009: │ acme couldn't be built", "yarn-berry", E, "acme couldn't be built"),
    ("➤ YN0000: Failed with errors in 2s", "yarn-berry", U, "Failed with errors"),
    ("4 TID-grzwv8xqc ERROR: no queue", "sidekiq", E, "no queue"),
    ("4 TID-gq731 ChargeJob JID-bfaa39c8bb4c INFO: fail: 1.31 sec", "sidekiq", I, "fail: 1.31 sec"),
    ("pid=4 tid=gsr class=ChargeJob jid=bfaa39 elapsed=1.3 INFO: fail", "sidekiq", I, "fail"),
    ("NOTICE: PHP message: PHP Fatal error:  Uncaught Error: x", "php-fpm", F, "PHP Fatal error:"),
    ("NOTICE: PHP message: PHP Deprecated:  x in /srv/a.php on line 4", "php-fpm", I, "PHP Deprecated:"),
]


@pytest.mark.parametrize(("line", "name", "level", "message"), CASES, ids=[case[0] for case in CASES])
def test_header(line: str, name: str, level: Level, message: str) -> None:
    """Format, level and where the message begins."""
    header = formats.match(line)
    assert header is not None
    assert (header.format, header.level) == (name, level)
    assert line[header.body :].strip().startswith(message)


@pytest.mark.parametrize(
    "line", ["3 error messages were found", "12 errors", "  41 error codes", "✗ failed", " ERROR x"]
)
def test_counts_and_prose_are_no_headers_of_these(line: str) -> None:
    """A number before a word of prose is no line of npm's debug log, and one blank makes no badge."""
    header = formats.match(line)
    assert header is None or header.format not in {"npm-debug", "next", "badge"}


def test_a_level_in_brackets_may_be_error() -> None:
    """`Error: text` is an exception of JavaScript, `[Error] text` a logger's line as `[Info] text` is."""
    header = formats.match("[Error] StoreService: no rate for order 7")
    assert header is not None
    assert (header.level, header.format) == (E, "level-prefix")
    assert formats.match("Error: no rate") is None


def events(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]


def test_an_error_behind_a_warning_with_a_badge_is_its_own() -> None:
    """React Native's console has no times: an error must not end up in the warning above it."""
    found = events(" WARN  Require cycle\n ERROR  TypeError: rates.map is not a function\n    at Cart (cart.js:4:1)\n")
    assert [(e.level, e.stacktrace.root.type if e.stacktrace else "") for e in found] == [(W, ""), (E, "TypeError")]


def test_next_names_the_place_above_the_message() -> None:
    """The line with the mark holds the place alone; what is wrong stands below it, and the code that is shown."""
    text = (
        " ✓ Ready in 2s\n ⨯ ./src/cart.tsx:3:1\nModule not found: Can't resolve '@/rates'\n> 3 | import x\n\n ✓ Done\n"
    )
    found = events(text)
    assert [(e.level, e.message) for e in found] == [
        (I, "Ready in 2s"),
        (E, "Module not found: Can't resolve '@/rates'"),
        (I, "Done"),
    ]


def test_npm_tells_one_failure_in_several_lines() -> None:
    """The errors at the end of npm's debug log are one event, and none of the lines before."""
    found = events(
        "18 verbose cwd /srv\n20 error code ELIFECYCLE\n21 error errno 1\n22 error Exit status 1\n23 verbose exit\n"
    )
    assert [(e.level, e.first_line, e.last_line) for e in found] == [(T, 0, 0), (E, 1, 3), (T, 4, 4)]


def test_sidekiq_prints_one_error_line_by_line() -> None:
    """Context, error and backtrace of a job carry one thread: one event, typed by the error and not by its cause."""
    text = (
        '4 TID-gq7 WARN: {"context":"Job raised exception"}\n'
        "4 TID-gq7 WARN: Acme::QueueDown: no queue on 10.9.0.4 (Errno::ECONNREFUSED)\n"
        "4 TID-gq7 WARN: /srv/gems/acme/queue.rb:350:in `open'\n"
        "/srv/app/jobs/charge.rb:33:in `perform'\n"
        "4 TID-gq8 INFO: start\n"
    )
    found = events(text)
    assert [(e.level, e.first_line, e.last_line) for e in found] == [(W, 0, 3), (I, 4, 4)]
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.root.type == "Acme::QueueDown"


def test_a_fatal_error_that_fpm_passes_on_is_fatal() -> None:
    """php-fpm calls all that a script reports a notice; PHP's own word counts, and the trace belongs to it."""
    text = (
        "NOTICE: PHP message: PHP Fatal error:  Uncaught Exception: no plan in /srv/a.php:3\n"
        "Stack trace:\n#0 {main}\n  thrown in /srv/a.php on line 3\n"
        "NOTICE: PHP message: PHP Warning:  Undefined variable $rate in /srv/b.php on line 4\n"
    )
    found = events(text)
    assert [(e.level, e.message) for e in found][1] == (W, "Undefined variable $rate")
    assert found[0].level is F
    assert found[0].stacktrace is not None
    assert found[0].stacktrace.root.type == "Exception"


@pytest.mark.parametrize("line", ["7:20:37 PM [vite] page reload", "[7:20:37 PM] page reload"])
def test_a_time_of_day_may_be_in_halves(line: str) -> None:
    """Vite and the compiler of TypeScript print the time as the system's language does."""
    found = parse_block(line.encode(), ParseSettings(min_level=Level.UNSET, reference_ms=1_796_400_000_000))[0][0]
    assert found.message.startswith(("page reload", "[vite] page reload"))
    assert found.timestamp_ms is not None
    assert found.timestamp_ms // 1000 % 86_400 == (19 * 60 + 20) * 60 + 37
