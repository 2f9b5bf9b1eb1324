"""Ruby traces in every print order."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "tagged": (
        "[ab12-cd] Till::Stuck (the drawer is stuck):\n[ab12-cd]   \n[ab12-cd] app/models/till.rb:3:in `open'\n",
        "ruby",
        [("Till::Stuck", "the drawer is stuck")],
        [("open", "app/models/till.rb", 3, True)],
    ),
    "inspected": (
        'Rack app ("GET /till"): #<Till::StuckError: the drawer is stuck>\n/srv/till.rb:3:in `open\'\n',
        "ruby",
        [("Till::StuckError", "the drawer is stuck")],
        [("open", "/srv/till.rb", 3, True)],
    ),
    "rspec, type alone": (
        "1) Till opens\n   Failure/Error: till.open\n\n   Till::StuckError:\n     the drawer is stuck\n"
        "   # ./spec/till_spec.rb:3:in `block (2 levels) in <top (required)>'\n",
        "ruby",
        [("Till::StuckError", "the drawer is stuck")],
        [("block (2 levels) in <top (required)>", "./spec/till_spec.rb", 3, True)],
    ),
    "ruby": (
        "/srv/app/lib/pay.rb:12:in 'Acme::Pay#charge': card declined (Acme::CardError)\n"
        "\tfrom /srv/app/lib/pay.rb:5:in 'block in Acme::Pay#run'\n"
        "\tfrom /usr/lib/ruby/gems/3.4.0/gems/sidekiq-7/lib/sidekiq/processor.rb:9:in 'each'\n"
        "/srv/app/lib/net.rb:3:in 'Net#read': timeout (Net::ReadTimeout)\n"
        "\tfrom /srv/app/lib/pay.rb:9:in 'Acme::Pay#charge'\n"
        "",
        "ruby",
        [("Acme::CardError", "card declined"), ("Net::ReadTimeout", "timeout")],
        [("Net#read", "/srv/app/lib/net.rb", 3, True), ("Acme::Pay#charge", "/srv/app/lib/pay.rb", 9, True)],
    ),
    "ruby rev": (
        "Traceback (most recent call last):\n"
        "\t2: from t.rb:9:in `<main>'\n"
        "\t1: from t.rb:5:in `run'\n"
        "t.rb:2:in `fetch': key not found: :b (KeyError)",
        "ruby",
        [("KeyError", "key not found: :b")],
        [("fetch", "t.rb", 2, True), ("run", "t.rb", 5, True), ("<main>", "t.rb", 9, True)],
    ),
    "rails": (
        "NoMethodError (undefined method `name' for nil:NilClass):\n"
        "\n"
        "app/models/user.rb:12:in `label'\n"
        "app/controllers/users_controller.rb:7:in `show'\n"
        "",
        "ruby",
        [("NoMethodError", "undefined method `name' for nil:NilClass")],
        [("label", "app/models/user.rb", 12, True), ("show", "app/controllers/users_controller.rb", 7, True)],
    ),
    "rlogger": (
        "card declined (Acme::CardError)\n/srv/app/lib/pay.rb:12:in 'charge'\n/srv/app/lib/pay.rb:5:in 'run'\n",
        "ruby",
        [("Acme::CardError", "card declined")],
        [("charge", "/srv/app/lib/pay.rb", 12, True), ("run", "/srv/app/lib/pay.rb", 5, True)],
    ),
    "rexc": (
        "ActiveRecord::RecordNotFound: Couldn't find User with 'id'=7\n"
        "/usr/local/bundle/gems/activerecord-7.1/lib/active_record/core.rb:253:in `find'\n"
        "app/controllers/users_controller.rb:7:in `show'\n"
        "",
        "ruby",
        [("ActiveRecord::RecordNotFound", "Couldn't find User with 'id'=7")],
        [
            ("find", "/usr/local/bundle/gems/activerecord-7.1/lib/active_record/core.rb", 253, False),
            ("show", "app/controllers/users_controller.rb", 7, True),
        ],
    ),
    "ruby top": (
        "calc.rb:7: divided by 0 (ZeroDivisionError)",
        "ruby",
        [("ZeroDivisionError", "divided by 0")],
        [("<main>", "calc.rb", 7, True)],
    ),
    "rspec": (
        "/srv/app/spec/pay_spec.rb:12:in `block (2 levels) in <top (required)>': undefined method "
        "`total' for nil:NilClass (NoMethodError)\n"
        "\tfrom /usr/local/bundle/gems/rspec-core-3.12/lib/rspec/core/example.rb:263:in `run'",
        "ruby",
        [("NoMethodError", "undefined method `total' for nil:NilClass")],
        [
            ("block (2 levels) in <top (required)>", "/srv/app/spec/pay_spec.rb", 12, True),
            ("run", "/usr/local/bundle/gems/rspec-core-3.12/lib/rspec/core/example.rb", 263, False),
        ],
    ),
    "sidekiq": (
        "Net::ReadTimeout: Net::ReadTimeout with #<TCPSocket:(closed)>\n"
        "/usr/local/lib/ruby/3.2.0/net/protocol.rb:219:in `rbuf_fill'\n"
        "/srv/app/app/jobs/sync_job.rb:9:in `perform'",
        "ruby",
        [("Net::ReadTimeout", "Net::ReadTimeout with #<TCPSocket:(closed)>")],
        [
            ("rbuf_fill", "/usr/local/lib/ruby/3.2.0/net/protocol.rb", 219, False),
            ("perform", "/srv/app/app/jobs/sync_job.rb", 9, True),
        ],
    ),
    "ruby bare frames": (
        "/srv/app/lib/pay.rb:12:in 'charge'\n/srv/app/lib/pay.rb:5:in 'run'",
        "ruby",
        [("", "")],
        [("charge", "/srv/app/lib/pay.rb", 12, True), ("run", "/srv/app/lib/pay.rb", 5, True)],
    ),
    "rake with a cause": (
        "rake aborted!\n"
        "Acme::TillError: no till\n"
        "/srv/app/Rakefile:7:in `block in <top (required)>'\n"
        "\n"
        "Caused by:\n"
        "PG::ConnectionBad: no server\n"
        "/srv/app/lib/till.rb:3:in `open'\n"
        "Tasks: TOP => till:open\n"
        "(See full trace by running task with --trace)",
        "ruby",
        [("Acme::TillError", "no till"), ("PG::ConnectionBad", "no server")],
        [("open", "/srv/app/lib/till.rb", 3, True)],
    ),
    "ruby unhandled": (
        "pay.rb:7:in `charge': unhandled exception\n\tfrom pay.rb:9:in `<main>'",
        "ruby",
        [("RuntimeError", "unhandled exception")],
        [("charge", "pay.rb", 7, True), ("<main>", "pay.rb", 9, True)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ruby_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


def test_the_cause_that_rake_names_may_be_any_class() -> None:
    """Below "Caused by:" stands a class and its message, whatever the class is called."""
    trace = parse(
        "rake aborted!\nActiveRecord::StatementInvalid: PG::UndefinedTable: no table\n/srv/app/a.rb:4:in `run'\n\n"
        "Caused by:\nPG::UndefinedTable: no table\n/srv/app/a.rb:4:in `run'\n"
    )
    assert trace is not None
    assert trace.chain == ("ActiveRecord::StatementInvalid", "PG::UndefinedTable")
