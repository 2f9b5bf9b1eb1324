"""PHP traces: the innermost exception is printed first."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "words on the function": (
        "PHP Fatal error:  Uncaught TypeError: open(): Argument #1 ($key) must be of type int, string given, called in "
        "/srv/main.php on line 4 and defined in /srv/till.php:3\n"
        "Stack trace:\n#0 /srv/main.php(4): open('a')\n#1 {main}\n",
        "php",
        [
            (
                "TypeError",
                "open(): Argument #1 ($key) must be of type int, string given, called in /srv/main.php on line 4",
            )
        ],
        [("open", "/srv/till.php", 3, True)],
    ),
    "escaped quotes": (
        'till.ERROR: x {"exception":"[object] (Till\\\\Stuck(code: 0): the \\"east\\" drawer at /srv/till.php:3)"} []',
        "php",
        [("Till\\Stuck", 'the "east" drawer')],
        [("", "/srv/till.php", 3, True)],
    ),
    "laravel": (
        "[2026-11-23 19:20:37] production.ERROR: SQLSTATE[HY000] [2002] Connection refused "
        '{"exception":"[object] (Illuminate\\\\Database\\\\QueryException(code: 2002): SQLSTATE[HY000] '
        "[2002] Connection refused at /var/www/vendor/laravel/framework/src/Connection.php:760)\n"
        "[stacktrace]\n"
        "#0 /var/www/vendor/laravel/framework/src/Connection.php(720): "
        "Illuminate\\\\Database\\\\Connection->runQueryCallback()\n"
        "#1 /var/www/app/Http/Controllers/PayController.php(31): App\\\\Models\\\\Order::find(7)\n"
        "#2 {main}\n"
        "\n"
        "[previous exception] [object] (PDOException(code: 2002): Connection refused at "
        "/var/www/vendor/x.php:70)\n"
        "[stacktrace]\n"
        "#0 /var/www/app/P.php(3): PDO->__construct()\n"
        '"}',
        "php",
        [
            ("Illuminate\\Database\\QueryException", "SQLSTATE[HY000] [2002] Connection refused"),
            ("PDOException", "Connection refused"),
        ],
        [("__construct", "/var/www/vendor/x.php", 70, False), ("", "/var/www/app/P.php", 3, True)],
    ),
    "php one": (
        "PHP Fatal error:  Uncaught TypeError: strlen(): Argument #1 ($string) must be of type string, "
        "null given in /srv/app/a.php:3\n"
        "Stack trace:\n"
        "#0 /srv/app/a.php(3): strlen(NULL)\n"
        "#1 [internal function]: Foo->bar(Array)\n"
        "#2 {main}\n"
        "  thrown in /srv/app/a.php on line 3",
        "php",
        [("TypeError", "strlen(): Argument #1 ($string) must be of type string, null given")],
        [("strlen", "/srv/app/a.php", 3, True), ("bar", "/srv/app/a.php", 3, True), ("", "", 0, False)],
    ),
    "php mem": (
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 "
        "bytes) in /srv/a.php on line 9",
        "php",
        [("Fatal error", "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)")],
        [("", "/srv/a.php", 9, True)],
    ),
    "symfony": (
        "[2026-11-23T19:20:37.123456+00:00] request.CRITICAL: Uncaught PHP Exception RuntimeException: "
        '"no stock" at /srv/app/src/Stock.php line 41 {"exception":"[object] (RuntimeException(code: '
        '0): no stock at /srv/app/src/Stock.php:41)"} []',
        "php",
        [("RuntimeException", "no stock")],
        [("", "/srv/app/src/Stock.php", 41, True)],
    ),
    "php parse": (
        'PHP Parse error:  syntax error, unexpected token ";" in /srv/a.php on line 9',
        "php",
        [("Parse error", 'syntax error, unexpected token ";"')],
        [("", "/srv/a.php", 9, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_php_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


def test_a_place_alone_on_its_line_begins_an_error_of_a_console() -> None:
    """Symfony's console and Composer print the place, then what is wrong; with -v the class stands between."""
    trace = parse("In Store.php line 261:\n       \n  cannot write rates  \n       \n\nimport [--force]\n")
    assert trace is not None
    assert (trace.chain, trace.root.message, trace.root.frames[0].line) == (("",), "cannot write rates", 261)
    trace = parse("In Store.php line 261:\n\n  [Acme\\StoreException]  \n  cannot write rates  \n\n")
    assert trace is not None
    assert (trace.chain, trace.root.message) == (("Acme\\StoreException",), "cannot write rates")


def test_a_class_alone_on_its_line_begins_an_error_of_a_console() -> None:
    """Laravel's console prints class, message and place in paragraphs of their own."""
    trace = parse("   Acme\\Shop\\StoreException \n\n  no rate for order 7\n\n  at app/Store.php:12\n     8▕ x\n")
    assert trace is not None
    assert (trace.chain, trace.root.message, trace.root.frames[0].file) == (
        ("Acme\\Shop\\StoreException",),
        "no rate for order 7",
        "app/Store.php",
    )


def test_a_fatal_error_without_its_program_is_php_and_no_swift() -> None:
    """PHP at a terminal leaves its name out; the place behind `on line` tells it from others' fatal errors."""
    trace = parse("Fatal error: Call to undefined function rate() in /srv/app/a.php on line 12\n")
    assert trace is not None
    assert (trace.language, trace.root.message) == ("php", "Call to undefined function rate()")


def test_apache_goes_on_behind_the_place() -> None:
    """Where a request came from is no part of the error."""
    trace = parse("PHP Fatal error:  no memory in /srv/app/a.php on line 12, referer: http://shop.example/x\n")
    assert trace is not None
    assert (trace.root.message, trace.root.frames[0].line) == ("no memory", 12)


def test_names_in_an_object_lose_the_escapes_of_json() -> None:
    """The message of an exception in Monolog's context names classes with single backslashes, as PHP does."""
    trace = parse(
        'app.ERROR: x {"exception":"[object] (TypeError(code: 0): Acme\\\\Shop::run(): no rate at /srv/a.php:4)"}\n'
    )
    assert trace is not None
    assert trace.root.message == "Acme\\Shop::run(): no rate"
