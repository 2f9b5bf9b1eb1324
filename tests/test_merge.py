"""Which distinct templates become one group, which never do, and that the answer survives a restart."""

from __future__ import annotations

import itertools

import pytest

from mcp_rag.fingerprint import fingerprint
from mcp_rag.merge import PROVEN_VALUES, MergeIndex, collapse, digest, skeleton
from mcp_rag.types import ExceptionInfo, Fingerprint, Level, LogRecord, StackTrace


def _record(text: str, logger: str = "") -> LogRecord:
    return LogRecord(0, 0, text, text, Level.ERROR, logger=logger)


def _assign(index: MergeIndex, text: str, logger: str = "") -> str:
    return index.assign(fingerprint(_record(text, logger)), level=Level.ERROR, logger=logger, has_trace=False)


def _lookup(index: MergeIndex, text: str, logger: str = "") -> str | None:
    return index.lookup(fingerprint(_record(text, logger)), level=Level.UNSET, logger=logger, has_trace=False)


JOINED = [
    ("connection from 10.0.0.1 () at 10:11:12", "connection from 10.0.0.1 (gw.example.com) at 10:11:12"),
    ("closed after 3 sec, 5 bytes sent", "closed after 00:03:10, 5 bytes sent"),
    ("activity of com.acme.mail stopped", "activity of com.acme.calendar.view stopped"),
    ("lease rhost= user=a expired early", "lease rhost=db user=a expired early"),
    ("watch [a1_b2, c3_d4] was lost", "watch [a1_b2] was lost"),
    ("lost lease of 'crate.box/A': gone", "lost lease of 'crate/box/A7': gone"),
    ("error in drive JTW42YV today", "error in drive S7C today"),
    ("error on link l4 of shelf", "error on link a0-l17 of shelf"),
    ("killed process 41 (lamp) early", "killed process 7 (Crate Helper) early"),
]
APART = [
    ("volume mounted read only", "volume mounted read write"),
    ("cannot load com.acme.store.OrderDao today", "cannot load com.acme.store.StockDao today"),
    ("state CONTAINER_LAUNCH reached for job", "state CONTAINER_CLEANUP reached for job"),
    ("call failed with TimeoutError for job 7", "call failed with ConnectError for job 7"),
    ("call failed with status 503 for job 7", "call failed with status 404 for job 7"),
    ("cannot open shared object libssl today", "cannot open shared object libcuda today"),
    ("column user_id does not exist", "column order_id does not exist"),
    ("setting spring.redis.host is missing", "setting spring.data.url is missing"),
    ("cannot install torch==2.1.0 here", "cannot install numpy==1.26.4 here"),
    ("cannot open libcuda.so.12 today", "cannot open libssl.so.3 today"),
    ("lost contact with worker-17 now", "lost contact with printer-17 now"),
]


@pytest.mark.parametrize(("first", "second"), JOINED)
def test_value_like_differences_are_joined(first: str, second: str) -> None:
    """Templates that differ only where values stand become one group, led by the first."""
    index = MergeIndex()
    assert _assign(index, first) == fingerprint(_record(first)).id
    assert _assign(index, second) == fingerprint(_record(first)).id
    assert _lookup(index, second) == fingerprint(_record(first)).id


@pytest.mark.parametrize(("first", "second"), APART)
def test_other_prose_types_names_and_codes_stay_apart(first: str, second: str) -> None:
    """Words, exception types, class and upper-case names, columns, settings and codes keep errors apart."""
    index = MergeIndex()
    assert _assign(index, first) != _assign(index, second)


def test_traces_are_never_joined() -> None:
    """With a trace the frames decide: the index only knows the id."""
    index = MergeIndex()
    found = [
        Fingerprint(digest(name), "", f"ValueError: bad worker-{name} in x1_y2") for name in ("a", "b")
    ]  # fmt: skip
    assert [index.assign(f, level=Level.ERROR, logger="", has_trace=True) for f in found] == [f.id for f in found]
    assert index.lookup(found[0], level=Level.ERROR, logger="", has_trace=True) == found[0].id
    unknown = Fingerprint(digest("c"), "", "ValueError: bad")
    assert index.lookup(unknown, level=Level.ERROR, logger="", has_trace=True) is None


def test_loggers_stay_apart_but_a_paste_without_header_finds_its_group() -> None:
    """Another logger is another group; text pasted without its logger is answered by any of them."""
    index = MergeIndex()
    first = _assign(index, "lost contact with com.acme.mail now", "cluster.health")
    assert _assign(index, "lost contact with com.acme.calendar now", "cluster.gossip") != first
    assert _assign(index, "lost contact with com.acme.calendar now", "cluster.health") == first
    assert _lookup(index, "lost contact with com.acme.notes.view now") in {
        first,
        _assign(index, "lost contact with com.acme.calendar now", "cluster.gossip"),
    }
    assert _lookup(index, "lost contact with com.acme.notes.view now", "other.logger") is None


def test_lookup_adds_nothing() -> None:
    """Asking is free of consequences."""
    index = MergeIndex()
    assert _lookup(index, "lost contact with com.acme.mail now") is None
    assert len(index) == 0


def test_short_and_mostly_masked_messages_prove_nothing() -> None:
    """Too few fixed words say too little: such groups stay apart however many there are."""
    words = ["alpha", "bravo", "carol", "delta", "eagle", "fancy", "gamma", "hotel", "india", "jolly"]
    for text in ("{} gone", "now {} 7 gone"):
        index = MergeIndex()
        assert len({_assign(index, text.format(word)) for word in words}) == len(words)


def test_a_word_is_a_value_once_it_has_proved_so() -> None:
    """After eight groups that differ in one word, the ninth joins the smallest of them; names never do."""
    index = MergeIndex()
    words = ["alpha", "bravo", "carol", "delta", "eagle", "fancy", "gamma", "hotel", "india", "jolly"]
    ids = [_assign(index, f"nightly job {word} failed in its queue") for word in words]
    assert len(set(ids[:PROVEN_VALUES])) == PROVEN_VALUES
    assert set(ids[PROVEN_VALUES:]) == {min(ids[:PROVEN_VALUES])}
    types = [f"{word.title()}Error" for word in words]
    assert len({_assign(index, f"nightly job raised {t} in its queue") for t in types}) == len(types)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_restart_gives_the_same_groups(order: tuple[int, ...]) -> None:
    """Stored groups put back in any order answer as the index that made them did."""
    texts = [
        "lost contact with com.acme.mail now",
        "volume mounted read only",
        "lost contact with com.acme.calendar now",
    ]
    first = MergeIndex()
    expected = [_assign(first, t, "l") for t in texts]
    leaders: dict[str, str] = {}
    for text, group in zip(texts, expected, strict=True):
        leaders.setdefault(group, text)
    stored = [(group, fingerprint(_record(text, "l")).template) for group, text in leaders.items()]
    again = MergeIndex()
    for n in order:
        if n < len(stored):
            again.add_leader(*stored[n])
    assert [_assign(again, t, "l") for t in texts] == expected


def test_leader_of_a_trace_is_only_an_id() -> None:
    """A stored group that came from a trace never leads messages; the same id twice counts once."""
    index = MergeIndex()
    index.add_leader("0" * 32, "lost contact with com.acme.mail now", has_trace=True)
    index.add_leader("0" * 32, "lost contact with com.acme.mail now")
    assert len(index) == 1
    assert _lookup(index, "lost contact with com.acme.mail now") is None


@pytest.mark.parametrize(
    ("template", "collapsed"),
    [
        ("a <num>, <ip>:<num> b", "a <*> b"),
        ("<num>", "<*>"),
        ("dial [<ip>]:<num>: no", "dial <*>: no"),
        ("plain", "plain"),
        ("k=<str> <id>", "k=<*>"),
        ("['<str>', '<str>', '<str>'] and ['<str>']", "['<*>'] and ['<*>']"),
        ('[{"n":<num>},{"n":<num>}] [{"n":<num>}]', '[{"n":<*>}] [{"n":<*>}]'),
        ('[{"n":<num>}, {"m":<num>}]', '[{"n":<*>}, {"m":<*>}]'),
    ],
)
def test_collapse(template: str, collapsed: str) -> None:
    """Kinds do not count and runs of values are one, so a list of any length is the same, and so are one and many."""
    assert collapse(template) == collapsed


@pytest.mark.parametrize(
    ("template", "shape"),
    [
        ("<num> <num>", ""),
        ("", ""),
        ("<ip> <id> <hex> x <num> [<num>] a.b.c", "<*> x <*> [] a.b.c"),
        ("a <num> b <num> c", "a <*> b <*> c"),
        ("dots.........<num>", "dots <*>"),
    ],
)
def test_skeleton(template: str, shape: str) -> None:
    """Nothing is joined on values alone; leader dots are spaces."""
    assert skeleton(template) == shape


def test_digest_keeps_parts_apart() -> None:
    """Two lists of parts never share an id by running together."""
    assert digest("ab", "c") != digest("a", "bc")


def test_trace_and_message_never_share_an_id() -> None:
    """A message that reads like an exception is not the exception."""
    trace = StackTrace("python", (ExceptionInfo("ValueError", "x"),))
    assert (
        fingerprint(LogRecord(0, 0, "ValueError: x", "", stacktrace=trace)).id
        != fingerprint(_record("ValueError: x")).id
    )
