""".NET traces with inner exceptions."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "behind a bar": (
        "cannot open|System.IO.IOException: the drawer is stuck\n   at Acme.Till.Open() in /src/Till.cs:line 3\n",
        "csharp",
        [("System.IO.IOException", "the drawer is stuck")],
        [("Open", "/src/Till.cs", 3, True)],
    ),
    "sqlite names its code first": (
        "Acme.TillException: till not opened\n"
        " ---> code = Busy (5), message = System.Data.SQLite.SQLiteException (0x87AF00AA): database is locked\n"
        "   at System.Data.SQLite.SQLite3.Step(SQLiteStatement stmt)\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Acme.Till.Open() in /src/Till.cs:line 9",
        "csharp",
        [("Acme.TillException", "till not opened"), ("System.Data.SQLite.SQLiteException", "database is locked")],
        [("Step", "", 0, False)],
    ),
    "dotnet": (
        "Unhandled exception. System.AggregateException: One or more errors occurred. (boom)\n"
        " ---> System.InvalidOperationException: boom\n"
        "   at Acme.Jobs.Runner.<RunAsync>d__3.MoveNext() in /src/Jobs/Runner.cs:line 41\n"
        "   --- End of inner exception stack trace ---\n"
        "   at System.Threading.Tasks.Task.Wait()\n"
        "   at Program.Main(String[] args) in /src/Program.cs:line 9\n"
        " ---> (Inner Exception #1) System.ArgumentNullException: Value cannot be null. (Parameter 'x')\n"
        "   at Acme.Jobs.Other.Go()<---",
        "csharp",
        [
            ("System.AggregateException", "One or more errors occurred. (boom)"),
            ("System.InvalidOperationException", "boom"),
        ],
        [("RunAsync", "/src/Jobs/Runner.cs", 41, True)],
    ),
    "dotnet old": (
        "System.Data.SqlClient.SqlException (0x80131904): Timeout expired ---> "
        "System.ComponentModel.Win32Exception: The wait operation timed out\n"
        "   at System.Data.SqlClient.SqlConnection.OnError(SqlException exception)\n"
        "   at Acme.Repo`1.Get(Int32 id) in C:\\src\\Repo.cs:line 12",
        "csharp",
        [
            ("System.Data.SqlClient.SqlException", "Timeout expired"),
            ("System.ComponentModel.Win32Exception", "The wait operation timed out"),
        ],
        [("OnError", "", 0, False), ("Get", "C:\\src\\Repo.cs", 12, True)],
    ),
    "dotnet generic": (
        "System.AggregateException: One or more errors occurred. ---> "
        "System.Net.Http.HttpRequestException: Connection refused (localhost:80)\n"
        "   at System.Net.Http.HttpClient.SendAsync(HttpRequestMessage request)\n"
        "   at Acme.Client.<GetAsync>d__7`1.MoveNext()\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Acme.Jobs.<>c__DisplayClass3_0.<Run>b__0(Int32 i) in C:\\src\\Jobs.cs:line 12",
        "csharp",
        [
            ("System.AggregateException", "One or more errors occurred."),
            ("System.Net.Http.HttpRequestException", "Connection refused (localhost:80)"),
        ],
        [("SendAsync", "", 0, False), ("GetAsync", "", 0, True)],
    ),
    "dotnet async lambda": (
        "System.InvalidOperationException: Sequence contains no elements\n"
        "   at Acme.Index.<>c__DisplayClass3_0.<<Paths>b__0>d.MoveNext() in /src/Index.cs:line 9\n"
        "   at Acme.Index.<>c.<<Tags>b__4_1>d__7`1.MoveNext()",
        "csharp",
        [("System.InvalidOperationException", "Sequence contains no elements")],
        [("Paths", "/src/Index.cs", 9, True), ("Tags", "", 0, True)],
    ),
    "dotnet german": (
        "System.NullReferenceException: Der Objektverweis wurde nicht auf eine Objektinstanz "
        "festgelegt.\n"
        "   bei Acme.Shop.Cart.Total() in C:\\src\\Cart.cs:Zeile 41.",
        "csharp",
        [("System.NullReferenceException", "Der Objektverweis wurde nicht auf eine Objektinstanz festgelegt.")],
        [("Total", "C:\\src\\Cart.cs", 41, True)],
    ),
    "dotnet russian": (
        "System.InvalidOperationException: x\n"
        "   в Acme.Shop.Cart.Total() в C:\\src\\Cart.cs:строка 41\n"
        "   в Acme.Shop.Cart.Main(String[] args)",
        "csharp",
        [("System.InvalidOperationException", "x")],
        [("Total", "C:\\src\\Cart.cs", 41, True), ("Main", "", 0, True)],
    ),
    "dotnet japanese": (
        "System.InvalidOperationException: x\n   場所 Acme.Shop.Cart.Total() 場所 C:\\src\\Cart.cs:行 41",
        "csharp",
        [("System.InvalidOperationException", "x")],
        [("Total", "C:\\src\\Cart.cs", 41, True)],
    ),
    "dotnet ctor": (
        "System.TypeInitializationException: The type initializer for 'Acme.Conf' threw an exception.\n"
        " ---> System.IO.FileNotFoundException: Could not find file '/etc/app.json'.\n"
        "   at Acme.Conf..cctor() in /src/Conf.cs:line 7\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Acme.Program.Main(String[] args) in /src/Program.cs:line 3",
        "csharp",
        [
            ("System.TypeInitializationException", "The type initializer for 'Acme.Conf' threw an exception."),
            ("System.IO.FileNotFoundException", "Could not find file '/etc/app.json'."),
        ],
        [(".ctor", "/src/Conf.cs", 7, True)],
    ),
    "dotnet logged on one line": (
        "charge failed: Acme.PayException: card declined\n   at Acme.Pay.Charge(Int32 id) in /src/Pay.cs:line 12",
        "csharp",
        [("Acme.PayException", "card declined")],
        [("Charge", "/src/Pay.cs", 12, True)],
    ),
    "dotnet members": (
        "System.AggregateException: Two errors (a) (b)\n"
        " ---> (Inner Exception #0) System.InvalidOperationException: a\n"
        "   at Acme.A.F()<---\n"
        "\n"
        " ---> (Inner Exception #1) System.ArgumentException: b\n"
        "   at Acme.B.G()<---",
        "csharp",
        [("System.AggregateException", "Two errors (a) (b)"), ("System.InvalidOperationException", "a")],
        [("F", "", 0, True)],
    ),
    "dotnet message only": (
        "Unhandled exception. System.InvalidOperationException: no tenant",
        "csharp",
        [("System.InvalidOperationException", "no tenant")],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_dotnet_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


@pytest.mark.parametrize(
    ("call", "frame"),
    [
        ("  at Acme.Till.Open (System.String a) [0x0009c] in <b002067148074a36>:0 ", ("Open", "", 0)),
        ("  at Acme.Till.Open () [0x00039] in D:\\src\\Till.cs:84 ", ("Open", "D:\\src\\Till.cs", 84)),
        ("  at (wrapper managed-to-native) Acme.Till.Open () [0x00000] in <0>:0", ("Open", "", 0)),
        ("Acme.Till.Open (System.String a) (at Assets/Till/Till.cs:12)", ("Open", "Assets/Till/Till.cs", 12)),
        ("   at Acme.Till.Open (Acme.Core, Version=2.1.1.0, Culture=neutral, PublicKeyToken=null)", ("Open", "", 0)),
    ],
)
def test_calls_of_other_runtimes(call: str, frame: tuple[str, str, int]) -> None:
    """Mono, Unity and Application Insights print calls in ways of their own."""
    trace = parse(f"NullReferenceException: Object reference not set\n{call}\n")
    assert trace is not None
    assert trace.language == "csharp"
    assert [(f.function, f.file, f.line) for f in trace.root.frames] == [frame]
    assert trace.root.frames[0].module == "Acme.Till"
