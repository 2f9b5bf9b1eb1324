"""One call has one name after a rebuild, in another folder and in another run."""

from __future__ import annotations

import time

import pytest

from mcp_rag.frames import frame_key, keys
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

CASES = [
    ("java", Frame("lambda$main$0", "com.a.B"), "com.a.B:main"),
    ("java", Frame("lambda$null$12", "com.a.B"), "com.a.B:lambda"),
    ("java", Frame("apply", "com.a.B$$Lambda$14/0x0000000800c03000"), ""),
    ("java", Frame("apply", "com.a.B$$Lambda"), ""),
    ("java", Frame("onClick", "com.a.B$$ExternalSyntheticLambda7"), ""),
    ("java", Frame("add", "com.a.Cart$$EnhancerBySpringCGLIB$$1f2e3d4c"), "com.a.Cart:add"),
    ("java", Frame("invoke", "jdk.x.GeneratedMethodAccessor123"), "jdk.x.GeneratedMethodAccessor:invoke"),
    ("java", Frame("call", "com.sun.proxy.$Proxy45"), "com.sun.proxy.$Proxy:call"),
    ("java", Frame("access$000", "com.a.B$1"), "com.a.B:access"),
    ("java", Frame("$anonfun$main$1", "com.a.B"), "com.a.B:main"),
    ("java", Frame("run", "app//com.a.B"), "com.a.B:run"),
    ("java", Frame("c", "xj2"), ""),
    ("java", Frame("b", "a.a.b$c"), ""),
    ("java", Frame("ship", "a.b.c"), "a.b.c:ship"),
    ("java", Frame("c", "com.acme.Cart"), "com.acme.Cart:c"),
    ("csharp", Frame("MoveNext", "Shop.Cart.<AddAsync>d__4"), "Shop.Cart:AddAsync"),
    ("csharp", Frame("<Main>b__0", "Shop.Program.<>c__DisplayClass3_0"), "Shop.Program:Main"),
    ("csharp", Frame("<Main>g__Local|3_0", "Shop.Program"), "Shop.Program:Local"),
    ("csharp", Frame("Add", "Shop.List`1[[System.Int32]]"), "Shop.List:Add"),
    ("csharp", Frame(".ctor", "Shop.Cart"), "Shop.Cart:ctor"),
    ("csharp", Frame("lambda_method20259"), ":lambda_method"),
    ("python", Frame("outer.<locals>.inner", file="/srv/app/x.py"), "x.py:inner"),
    ("python", Frame("<listcomp>", file="/srv/app/x.py"), ""),
    ("python", Frame("<module>", file=r"C:\app\X.py"), "x.py:<module>"),
    ("python", Frame("load", file="/tmp/ipykernel_771/2847265910.py"), ":load"),
    ("python", Frame("load", file="/srv/app/404.py"), "404.py:load"),
    ("python", Frame("<cell line: 4>", file="/tmp/ipykernel_771/2847265910.py"), ":<module>"),
    ("python", Frame("<module>", file="<stdin>"), ""),
    ("python", Frame("load", file="<string>"), ":load"),
    ("javascript", Frame("Cart.sum", file="/a/b/cart.js"), "cart.js:sum"),
    ("javascript", Frame("async Cart.sum [as total]", file="/a/cart.js"), "cart.js:sum"),
    ("javascript", Frame("Object.<anonymous>", file="/a/cart.js"), "cart.js:"),
    ("javascript", Frame("new Cart", file="https://x.example/js/main.3f2a1b9c.js?v=12"), "main.js:Cart"),
    ("javascript", Frame("t", file="/a/main.9fceb02d0a.js"), "main.js:"),
    ("javascript", Frame("", file="<anonymous>"), ""),
    ("javascript", Frame("q4e", file="/a/index-BxQzfLkA.js"), "index.js:"),
    ("javascript", Frame("draw", file="/a/cart-Checkout.js"), "cart-checkout.js:draw"),
    ("javascript", Frame("Object.61802", file="/a/chunks/743.js"), ""),
    ("javascript", Frame("load", file="/a/chunks/743.js"), ":load"),
    ("javascript", Frame("emit", file="/a/events.js"), "events.js:emit"),
    ("go", Frame("(*Cache).Put.func1.2", "main"), "main:Cache.Put"),
    ("go", Frame("Map[...]", "github.com/a/b@v1.2.3/pkg"), "github.com/a/b/pkg:Map"),
    ("go", Frame("Run-fm", "github.com/a/b/v2"), "github.com/a/b:Run"),
    ("rust", Frame("load::h0123456789abcdef", "shop::store"), "shop::store:load"),
    ("rust", Frame("{{closure}}", "shop::main"), "shop:main"),
    ("ruby", Frame("block (2 levels) in total", file="cart.rb"), "cart.rb:total"),
    ("ruby", Frame("Cart#total", file="cart.rb"), "cart.rb:total"),
    ("ruby", Frame("_app_views_x_html_erb___123456_789", file="x.erb"), "x.erb:_app_views_x_html_erb"),
    ("php", Frame("{closure:Foo::bar():12}", "Shop\\Cart"), "Shop\\Cart:{closure}"),
    ("php", Frame("run", "class@anonymous\0/srv/x.php:3$0"), "class@anonymous:run"),
    ("cpp", Frame("parse<int>(char const*) [clone .isra.0]", file="a.cc"), "a.cc:parse"),
    ("cpp", Frame("parse.cold", file="a.cc"), "a.cc:parse"),
    ("cpp", Frame("ns::operator<(A, B)", file="a.cc"), "a.cc:ns::operator<(A, B)"),
    ("elixir", Frame("anonymous fn/1 in Shop.Cart.total/2", file="lib/cart.ex"), "cart.ex:Shop.Cart.total"),
    ("elixir", Frame("sum({:ok, 1}, 'x')", "Shop.Cart", "lib/cart.ex"), "Shop.Cart:sum"),
    ("elixir", Frame("7>})", "Shop.Cart.sum(%{of: #PID<0"), "Shop.Cart:sum"),
    ("elixir", Frame("total/2", "anonymous fn({:x, 1}) in Shop.Cart"), "Shop.Cart:total"),
    ("erlang", Frame("-handle/2-fun-0-", "shop"), "shop:handle"),
    ("dart", Frame("Cart.sum.<anonymous closure>", file="package:a/cart.dart"), "cart.dart:Cart.sum"),
    ("lua", Frame("?", file="x.lua"), "x.lua:"),
    ("", Frame("f(0xc000010000, 0x5)", "main"), "main:f"),
    ("", Frame("??", ""), ""),
]  # fmt: skip


@pytest.mark.parametrize(("language", "frame", "expected"), CASES)
def test_generated_parts_are_dropped(language: str, frame: Frame, expected: str) -> None:
    """Numbers that a compiler, bundler, proxy or loader put into a name are no part of it."""
    assert frame_key(frame, language) == expected


@pytest.mark.parametrize(("language", "frame", "expected"), CASES)
def test_names_are_stable(language: str, frame: Frame, expected: str) -> None:
    """Line numbers and folders never count."""
    moved = Frame(
        frame.function, frame.module, frame.file and f"/other/{frame.file.rsplit('/', 1)[-1]}", 99, frame.in_app
    )
    if not frame.file.startswith(("<", "C:")):
        assert frame_key(moved, language) == expected


@pytest.mark.parametrize("file", ["node:internal/modules/cjs/loader", "internal/bootstrap/node.js", "module.js"])
def test_the_runtime_of_a_version_names_no_call(file: str) -> None:
    """Which of Node's own modules stand above a call changes with its version; one of that name elsewhere counts."""
    assert frame_key(Frame("Module._load", file=file, in_app=False), "javascript") == ""
    assert frame_key(Frame("load", file=f"/srv/lib/{file.rsplit('/', 1)[-1]}"), "javascript") != ""


def test_root_cause_comes_first_and_library_frames_only_without_others() -> None:
    """Frames nearest the throw of the root cause lead; the outer exception's own ones follow."""
    root = ExceptionInfo("A", frames=(Frame("read", "lib", in_app=False), Frame("load", "app")))
    outer = ExceptionInfo("B", frames=(Frame("main", "app"),))
    assert keys(StackTrace("go", (outer, root))) == (("app:load", "app:main"), True)
    only = ExceptionInfo("A", frames=(Frame("read", "lib", in_app=False),))
    assert keys(StackTrace("go", (only,))) == (("lib:read",), False)
    assert keys(StackTrace("go", (ExceptionInfo("A"),))) == ((), False)
    begun = ExceptionInfo("A", frames=(Frame("read", "lib", in_app=False), Frame("main", "main")))
    assert keys(StackTrace("go", (begun,))) == (("lib:read", "main:main"), False)
    nameless = ExceptionInfo("A", frames=(Frame("??"), Frame("load", "app")))
    assert keys(StackTrace("go", (nameless,))) == (("app:load",), True)


@pytest.mark.parametrize(
    "language", ["java", "csharp", "python", "javascript", "go", "rust", "ruby", "php", "cpp", "elixir", "dart"]
)
@pytest.mark.parametrize(
    "unit", ["a", "$1", ".1", "<", "::h0", "lambda$", "(0x1", "[", "_1", " in ", "@1.", "-fm", "{closure", "'"]
)
def test_linear_on_hostile_names(language: str, unit: str) -> None:
    """A name of 10,000 repeated pattern starts is done in no time."""
    name = unit * (10_000 // len(unit))
    start = time.process_time()
    frame_key(Frame(name, name, name), language)
    assert time.process_time() - start < 0.5
