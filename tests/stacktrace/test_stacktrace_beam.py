"""Elixir and Erlang traces."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "report with a sentence": (
        "=CRASH REPORT==== 1-May-2026::10:00:02 ===\n  initial call: till:init/1\n    exception error: no case clause\n"
        "      in function  till:open/1 (src/till.erl, line 3)\n",
        "erlang",
        [("", "no case clause")],
        [],
    ),
    "elixir": (
        "** (KeyError) key :plan not found in: %{id: 7}\n"
        "    (shop 0.1.0) lib/shop/billing.ex:41: Shop.Billing.charge/2\n"
        '    (elixir 1.15.0) lib/enum.ex:1700: Enum."-map/2-lists^map/1-0-"/2',
        "elixir",
        [("KeyError", "key :plan not found in: %{id: 7}")],
        [("charge/2", "lib/shop/billing.ex", 41, True), ('"-map/2-lists^map/1-0-"/2', "lib/enum.ex", 1700, False)],
    ),
    "genserver": (
        "GenServer Shop.Billing terminating\n"
        "** (RuntimeError) no plan\n"
        "    (shop 0.1.0) lib/shop/billing.ex:41: Shop.Billing.handle_call/3\n"
        "    (stdlib 4.3) gen_server.erl:1149: :gen_server.try_handle_call/4\n"
        "Last message (from #PID<0.1.0>): :charge",
        "elixir",
        [("RuntimeError", "no plan")],
        [("handle_call/3", "lib/shop/billing.ex", 41, True), ("try_handle_call/4", "gen_server.erl", 1149, False)],
    ),
    "erl": (
        "Error in process <0.84.0> with exit value:\n"
        '{badarith,[{calc,divide,2,[{file,"calc.erl"},{line,7}]},{calc,run,0,[{file,"calc.erl"},{line,3}'
        "]}]}",
        "erlang",
        [
            (
                "badarith",
                '{badarith,[{calc,divide,2,[{file,"calc.erl"},{line,7}]},{calc,run,0,[{file,"calc.erl"},{line,3}]}]}',
            )
        ],
        [("divide", "calc.erl", 7, True), ("run", "calc.erl", 3, True)],
    ),
    "erl shell": (
        "** exception error: no match of right hand side value {error,enoent}\n"
        "     in function  conf:read/1 (conf.erl, line 12)",
        "erlang",
        [("error", "no match of right hand side value {error,enoent}")],
        [("read/1", "conf.erl", 12, True)],
    ),
    "elixir nested": (
        "** (MatchError) no match of right hand side value: {:error, :enoent}\n"
        "    lib/shop/conf.ex:9: Shop.Conf.read!/1\n"
        "    (elixir 1.15.0) src/elixir.erl:396: anonymous fn/4 in :elixir.eval_external_handler/1",
        "elixir",
        [("MatchError", "no match of right hand side value: {:error, :enoent}")],
        [("read!/1", "lib/shop/conf.ex", 9, True), ("eval_external_handler/1", "src/elixir.erl", 396, False)],
    ),
    "crash dump": (
        "=CRASH REPORT==== 23-Nov-2026::19:20:37 ===\n  exception exit: {badmatch,{error,enoent}}",
        "erlang",
        [("badmatch", "{badmatch,{error,enoent}}")],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_beam_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames
