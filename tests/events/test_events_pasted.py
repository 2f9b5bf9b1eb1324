"""What consoles of scripting languages, bundlers, phones and robots print around their errors, as people paste it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Level, LogRecord, ParseSettings

E, W, F, U = Level.ERROR, Level.WARN, Level.FATAL, Level.UNSET


def read(text: str) -> list[LogRecord]:
    return parse_block(text.encode(), ParseSettings(min_level=U, reference_ms=1_796_325_637_000))[0]


def told(record: LogRecord) -> tuple[int, int, Level, tuple[str, ...], str]:
    trace = record.stacktrace
    chain = trace.chain if trace else ()
    return (
        record.first_line,
        record.last_line,
        record.level,
        chain,
        trace.outermost.message if trace else record.message,
    )


# what was pasted, and of each event at WARN or above: lines, level, exceptions outermost first, message
CASES = {
    "React Native": (
        "Invariant Violation: the till is not registered.\n\nAdvice for those who read it.\n"
        "at node_modules/till/drawer.js:95:17 in open\nat http://127.0.0.1:19000/a.bundle:null in global code\n",
        [(0, 4, E, ("Invariant Violation",), "the till is not registered.")],
    ),
    "Metro": (
        "error: bundling failed: Error: Unable to resolve module `till` from `/srv/shop/a.js`\n\n"
        "To resolve try the following:\n  1. Clear the cache.\n    at resolve (/srv/shop/m.js:209:13)\n",
        [(0, 4, E, ("Error",), "Unable to resolve module `till` from `/srv/shop/a.js`")],
    ),
    "Vite": (
        '✓ 9 modules transformed.\nerror during build:\n[vite]: Rollup failed to resolve import "till".\n'
        "This may break the shop.\n`build.external`\n    at warn (file:///srv/shop/vite.js:48093:27)\n",
        [(1, 5, E, ("",), '[vite]: Rollup failed to resolve import "till".')],
    ),
    "Jest": (
        "  ● Till › counts\n\n    expect(received).toBe(expected)\n\n    Expected: 12\n"
        "    Received: 11\n\n      at Object.<anonymous> (src/Till.test.jsx:10:23)\n",
        [(0, 7, E, ("",), "expect(received).toBe(expected)")],
    ),
    "Electron": (
        "A JavaScript error occurred in the main process\nUncaught Exception:\nTypeError: till is not a function\n"
        "    at open (/opt/shop/main.js:3:4)\n",
        [(0, 3, E, ("TypeError",), "till is not a function")],
    ),
    "an error with its fields": (
        "till.ts:12 Uncaught (in promise) TillError {message: 'drawer stuck', name: 'TillError', code: 'E_TILL'}\n",
        [(0, 0, E, ("TillError",), "drawer stuck")],
    ),
    "ros2 launch": (
        "[WARN] [1796325637.123456789] [till]: slow\n"
        "[till-1] terminate called after throwing an instance of 'shop::Gone'\n"
        "[till-1]   what():  no drawer\n[ERROR] [till-1]: process has died [pid 7, exit code -6]\n",
        [
            (0, 0, W, (), "slow"),
            (1, 2, F, ("shop::Gone",), "no drawer"),
            (3, 3, E, (), "process has died [pid 7, exit code -6]"),
        ],
    ),
    "dyld": (
        "dyld: Library not loaded: /usr/local/lib/libtill\n  Referenced from: /opt/shop/till\n"
        "  Reason: no suitable image found.\n",
        [(0, 2, F, ("dyld",), "Library not loaded: /usr/local/lib/libtill")],
    ),
    "LÖVE": (
        "Error: main.lua:12: attempt to call global 'till' (a nil value)\nstack traceback:\n"
        "\tmain.lua:12: in function 'update'\n\t[C]: in function 'xpcall'\n",
        [(0, 3, E, ("error",), "attempt to call global 'till' (a nil value)")],
    ),
    "Julia": (
        "ERROR: MethodError: no method matching open(::Till)\nClosest candidates are:\n"
        "  open(::Drawer) at till.jl:265\n"
        "  ...\nStacktrace:\n [1] run(::Till) at ./till.jl:109\n",
        [(0, 5, E, ("MethodError",), "no method matching open(::Till)")],
    ),
    "tidyverse": (
        "Error in `map()`:\nℹ In index: 1.\nCaused by error in `open()`:\n! 'till.csv' does not exist.\nBacktrace:\n"
        "  1. shop::map(tills, open)\nExecution halted\n",
        [(0, 6, E, ("Error", "Error"), "ℹ In index: 1.")],
    ),
    "Ruby's own file": (
        "<internal:/usr/lib/ruby/kernel_require.rb>:85:in `require': libtill.so.7: cannot open (LoadError)\n"
        "\tfrom /srv/shop/till.rb:3:in `<main>'\n",
        [(0, 1, E, ("LoadError",), "libtill.so.7: cannot open")],
    ),
    "CocoaPods": (
        "NoMethodError - undefined method `till' for nil:NilClass\n/srv/gems/pod/till.rb:38:in `open'\n"
        "/srv/gems/pod/shop.rb:40:in `run'\n",
        [(0, 2, E, ("NoMethodError",), "undefined method `till' for nil:NilClass")],
    ),
    "Homebrew": (
        "Error: /srv/Formula/till.rb:4: syntax error, unexpected '<'\nPlease report this bug:\n"
        "/srv/Homebrew/formulary.rb:92:in `load'\n/srv/Homebrew/brew.rb:140:in `<main>'\n",
        [(0, 3, E, ("",), "/srv/Formula/till.rb:4: syntax error, unexpected '<'")],
    ),
    "Monolog in one line": (
        '[2026-11-23T19:20:37+00:00] app.CRITICAL: till gone {"exception":"[object] (Shop\\\\TillGone(code: 0):'
        " no till at /srv/Till.php:103)\\n[previous exception] [object] (PDOException(code: 2002): refused at"
        ' /srv/Pdo.php:34)"} []\n',
        [(0, 0, F, ("Shop\\TillGone", "PDOException"), "no till")],
    ),
    "Monolog behind a comma": (
        '[2026-11-23 19:20:37] main.CRITICAL: not saved {"exception":"[object] (Exception(code: 0): Report 7 at'
        ' /srv/E.php:208, Shop\\\\NotSaved(code: 0): not saved at /srv/Q.php:12)"} []\n',
        [(0, 0, F, ("Exception", "Shop\\NotSaved"), "Report 7")],
    ),
    "pip": (
        "Building wheels for collected packages: till\n  Building wheel for till (setup.py) ... done\n"
        "  ERROR: Failed building wheel for till\n",
        [(2, 2, E, (), "ERROR: Failed building wheel for till")],
    ),
    "Qt": (
        "Till::open: the drawer is already open\nqt.till: Could not find the drawer\nAborted (core dumped)\n",
        [(1, 1, W, (), "qt.till: Could not find the drawer"), (2, 2, F, ("Aborted",), "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_pasted(text: str, expected: list[tuple[int, int, Level, tuple[str, ...], str]]) -> None:
    """Each error is one event with its exceptions and the message that says what is wrong."""
    assert [told(r) for r in read(text) if r.level >= W] == expected


def test_the_cause_tells_errors_of_the_tidyverse_apart() -> None:
    """Below the call that failed stands why, with a mark of its own."""
    trace = read(CASES["tidyverse"][0])[0].stacktrace
    assert trace is not None
    assert [(e.message, [f.function for f in e.frames]) for e in trace.exceptions] == [
        ("ℹ In index: 1.", ["map"]),
        ("'till.csv' does not exist.", ["open"]),
    ]


def test_a_missing_library_is_told_by_its_name() -> None:
    """dyld's report of one library is another fault than that of the next one, wherever they are looked for."""
    text = "dyld[{}]: Library not loaded: {}/{}.dylib\n  Referenced from: /opt/till\n"
    same, moved, other = (
        fingerprint(read(text.format(*each))[0]).id
        for each in ((7, "/usr/lib", "libtill"), (81, "/opt/lib", "libtill"), (7, "/usr/lib", "libdrawer"))
    )
    assert same == moved
    assert same != other


@pytest.mark.parametrize(
    "text",
    [
        "Order {\n  error: null,\n  ERROR: 0\n}\n",
        "Till open\n  error: none so far\n",
        "there were 7 warnings\n",
    ],
)
def test_calm_lines_stay_calm(text: str) -> None:
    """Fields of a printed object, and counts, are no errors."""
    assert all(r.level < W for r in read(text))


def test_a_line_number_counts_nothing() -> None:
    """`file:86 Warning:` is the place of a warning, not eighty-six of them."""
    assert [r.level for r in read("react-dom.js:86 Warning: each till needs a key\n")] == [W]


def test_pairs_whose_time_has_no_quotes_are_records() -> None:
    """Errors in logfmt stand alone among lines of another logger, with the whole message."""
    pair = "web-1  | level=ERROR ts=2026-11-23 19:20:3{},952 module=till message=Internal Server Error: /{}\n"
    found = read(
        "web-1  | [2026-11-23 14:03:42 +0000] [17] [INFO] listening\n" + pair.format(1, "a") + pair.format(2, "b")
    )
    assert [(r.level, r.message) for r in found[1:]] == [
        (E, "Internal Server Error: /a"),
        (E, "Internal Server Error: /b"),
    ]
    assert [r.timestamp_ms for r in found[1:]] == [1_795_461_631_952, 1_795_461_632_952]


def test_the_verdict_of_a_build_stands_alone() -> None:
    """xcodebuild names no time, fastlane does: the verdict is not part of what was done before."""
    found = read("[19:20:37]: ▸ Touching till.app\n** ARCHIVE FAILED **\n[19:20:38]: done\n")
    assert [(r.level, r.message) for r in found] == [
        (U, "▸ Touching till.app"),
        (E, "** ARCHIVE FAILED **"),
        (U, "done"),
    ]
