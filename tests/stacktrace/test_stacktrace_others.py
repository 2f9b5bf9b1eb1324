"""Perl, Swift, Dart, Lua, Julia, Haskell, OCaml, R and PowerShell traces."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "powershell 7": (
        "Get-Till: /srv/till.ps1:3:1\nLine |\n   3 |  Get-Till ./east\n"
        "     |  ~~~~~~~~~~~~~~~\n     | The drawer is stuck.\n",
        "powershell",
        [("", "The drawer is stuck.")],
        [("Get-Till", "/srv/till.ps1", 3, True)],
    ),
    "julia logged": (
        '┌ Error: no till\n│   exception =\n│    KeyError: key "east" not found\n│    Stacktrace:\n│     [1] open()\n'
        "│       @ Main /srv/till.jl:3\n└ @ Main /srv/till.jl:9\n",
        "julia",
        [("KeyError", 'key "east" not found')],
        [("open", "/srv/till.jl", 3, True)],
    ),
    "perl": (
        'Can\'t locate object method "charge" via package "Pay" at lib/Shop.pm line 41.\n'
        "\tShop::run(Shop=HASH(0x55)) called at bin/shop.pl line 9\n"
        "\tmain::main() called at bin/shop.pl line 20",
        "perl",
        [("die", 'Can\'t locate object method "charge" via package "Pay"')],
        [("Shop::run", "lib/Shop.pm", 41, True), ("main::main", "bin/shop.pl", 9, True), ("", "bin/shop.pl", 20, True)],
    ),
    "perl1": (
        "Illegal division by zero at calc.pl line 7.",
        "perl",
        [("die", "Illegal division by zero")],
        [("", "calc.pl", 7, True)],
    ),
    "swift": (
        "Shop/Cart.swift:41: Fatal error: Unexpectedly found nil while unwrapping an Optional value",
        "swift",
        [("Fatal error", "Unexpectedly found nil while unwrapping an Optional value")],
        [("", "Shop/Cart.swift", 41, True)],
    ),
    "objc": (
        "*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** -[__NSArrayM "
        "objectAtIndex:]: index 3 beyond bounds [0 .. 2]'\n"
        "*** First throw call stack:\n"
        "(\n"
        "\t0   CoreFoundation                      0x00007ff80042889b __exceptionPreprocess + 242\n"
        "\t3   Shop                                0x000000010ae1b9b2 $s4Shop4CartC5countSivg + 114\n"
        ")\n"
        "libc++abi: terminating with uncaught exception of type NSException",
        "swift",
        [("NSRangeException", "*** -[__NSArrayM objectAtIndex:]: index 3 beyond bounds [0 .. 2]")],
        [("__exceptionPreprocess", "", 0, False), ("$s4Shop4CartC5countSivg", "", 0, True)],
    ),
    "dart": (
        "Unhandled exception:\n"
        "FormatException: Invalid radix-10 number (at character 1)\n"
        "x\n"
        "^\n"
        "\n"
        "#0      int._handleFormatError (dart:core-patch/integers_patch.dart:126:5)\n"
        "#1      parse (package:shop/src/parse.dart:12:14)\n"
        "#2      main (file:///srv/app/bin/main.dart:4:3)",
        "dart",
        [("FormatException", "Invalid radix-10 number (at character 1)")],
        [
            ("int._handleFormatError", "dart:core-patch/integers_patch.dart", 126, False),
            ("parse", "package:shop/src/parse.dart", 12, True),
            ("main", "file:///srv/app/bin/main.dart", 4, True),
        ],
    ),
    "lua": (
        "lua: pay.lua:12: attempt to index a nil value (local 'card')\n"
        "stack traceback:\n"
        "\tpay.lua:12: in function 'charge'\n"
        "\tpay.lua:20: in main chunk\n"
        "\t[C]: in ?",
        "lua",
        [("error", "attempt to index a nil value (local 'card')")],
        [("charge", "pay.lua", 12, True), ("main chunk", "pay.lua", 20, True), ("?", "[C]", 0, False)],
    ),
    "julia": (
        "ERROR: LoadError: BoundsError: attempt to access 3-element Vector{Int64} at index [7]\n"
        "Stacktrace:\n"
        " [1] getindex(A::Vector{Int64}, i1::Int64)\n"
        "   @ Base ./array.jl:861\n"
        " [2] take(v::Vector{Int64})\n"
        "   @ Main /srv/app/pool.jl:4",
        "julia",
        [("BoundsError", "attempt to access 3-element Vector{Int64} at index [7]")],
        [("getindex", "./array.jl", 861, False), ("take", "/srv/app/pool.jl", 4, True)],
    ),
    "haskell": (
        "shop: Prelude.head: empty list\n"
        "CallStack (from HasCallStack):\n"
        "  error, called at libraries/base/GHC/List.hs:1646:3 in base:GHC.List\n"
        "  take1, called at src/Pool.hs:12:5 in main:Pool",
        "haskell",
        [("error", "Prelude.head: empty list")],
        [("error", "libraries/base/GHC/List.hs", 1646, True), ("take1", "src/Pool.hs", 12, True)],
    ),
    "ocaml": (
        'Fatal error: exception Invalid_argument("index out of bounds")\n'
        'Raised at Pool.take in file "pool.ml", line 12, characters 2-20\n'
        'Called from Main in file "main.ml", line 3, characters 8-14',
        "ocaml",
        [("Invalid_argument", "index out of bounds")],
        [("", "pool.ml", 12, True), ("", "main.ml", 3, True)],
    ),
    "R": (
        "Error in solve.default(m) : Lapack routine dgesv: system is exactly singular\n"
        "Calls: fit -> solve -> solve.default\n"
        "Execution halted",
        "r",
        [("Error", "Lapack routine dgesv: system is exactly singular")],
        [("solve.default", "", 0, True)],
    ),
    "mac": (
        "Thread 0 Crashed:: Dispatch queue: com.apple.main-thread\n"
        "0   libsystem_kernel.dylib        \t0x00007ff80a1b2c3d __pthread_kill + 10\n"
        "1   Shop                          \t0x000000010ae1b9b2 Cart.total() + 114 (Cart.swift:41)",
        "swift",
        [("", "")],
        [("__pthread_kill", "", 0, False), ("Cart.total", "Cart.swift", 41, True)],
    ),
    "flutter": (
        "E/flutter ( 4711): [ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: "
        "StateError: Bad state: No element\n"
        "E/flutter ( 4711): #0      List.first (dart:core-patch/growable_array.dart:343:5)\n"
        "E/flutter ( 4711): #1      pick (package:shop/pick.dart:12:14)",
        "dart",
        [("StateError", "Bad state: No element")],
        [
            ("List.first", "dart:core-patch/growable_array.dart", 343, False),
            ("pick", "package:shop/pick.dart", 12, True),
        ],
    ),
    "flutter without a type": (
        "[ERROR:flutter/lib/ui/ui_dart_state.cc(209)] Unhandled Exception: "
        "Null check operator used on a null value\n"
        "#0      pick (package:shop/pick.dart:12:14)",
        "dart",
        [("Exception", "Null check operator used on a null value")],
        [("pick", "package:shop/pick.dart", 12, True)],
    ),
    "flutter box": (
        "══╡ EXCEPTION CAUGHT BY GESTURE ╞═════════\n"
        "The following RangeError was thrown while handling a gesture:\n"
        "Invalid value: Not in range: 7\n"
        "\n"
        "When the exception was thrown, this was the stack:\n"
        "#0      List.[] (dart:core-patch/growable_array.dart:264:36)\n"
        "#1      pick (package:shop/pick.dart:12:14)",
        "dart",
        [("RangeError", "Invalid value: Not in range: 7")],
        [
            ("List.[]", "dart:core-patch/growable_array.dart", 264, False),
            ("pick", "package:shop/pick.dart", 12, True),
        ],
    ),
    "pwsh": (
        "Get-Item : Cannot find path 'C:\\nope' because it does not exist.\n"
        "At line:1 char:1\n"
        "+ Get-Item C:\\nope\n"
        "+ ~~~~~~~~~~~~~~~~\n"
        "    + CategoryInfo          : ObjectNotFound: (C:\\nope:String) [Get-Item], "
        "ItemNotFoundException\n"
        "    + FullyQualifiedErrorId : PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
        "powershell",
        [("PathNotFound", "Cannot find path 'C:\\nope' because it does not exist.")],
        [],
    ),
    "swift 5.9 backtrace": (
        "*** Program crashed: Illegal instruction at 0x0000555555555171 ***\n"
        'Thread 0 "shop" crashed:\n'
        "0 0x0000555555555171 total(of:) + 12 in shop at /srv/app/Sources/Cart.swift:41:9\n"
        "1 0x00005555555551a3 main in shop at /srv/app/Sources/main.swift:3:1",
        "swift",
        [("Program crashed", "Illegal instruction at 0x0000555555555171")],
        [("total", "/srv/app/Sources/Cart.swift", 41, True), ("main", "/srv/app/Sources/main.swift", 3, True)],
    ),
    "dart message only": (
        "The following assertion was thrown building Cart:\n"
        "no cart for user\n"
        "#0      Cart.total (package:shop/cart.dart:12:14)",
        "dart",
        [("Exception", "no cart for user")],
        [("Cart.total", "package:shop/cart.dart", 12, True)],
    ),
    "ocaml call": (
        'Fatal error: exception Pool.Empty\nRaised at Pool.take in file "pool.ml", line 12, characters 2-20',
        "ocaml",
        [("Pool.Empty", "")],
        [("", "pool.ml", 12, True)],
    ),
    "swift without addresses": (
        "Pay.swift:41: Fatal error: no card\n0 Pay.charge() + 84 in shop at /srv/app/Pay.swift:41:3",
        "swift",
        [("Fatal error", "no card")],
        [("", "Pay.swift", 41, True), ("Pay.charge", "/srv/app/Pay.swift", 41, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_others_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


def test_lua_behind_nginx_is_the_same_for_every_request() -> None:
    """nginx goes on behind the last call with the request; a function without a name is called by its place."""
    text = (
        "stack traceback:\ncoroutine 0:\n\t/srv/a.lua: in function 'rate'\n\t/srv/a.lua:170: in function </srv/a.lua:2>"
    )
    trace = parse(f'/srv/a.lua:130: no rate\n{text}, client: 10.9.0.4, server: , request: "GET /a HTTP/1.1"\n')
    assert trace is not None
    assert [(f.function, f.file, f.line) for f in trace.root.frames] == [
        ("rate", "/srv/a.lua", 0),
        ("", "/srv/a.lua", 170),
    ]
