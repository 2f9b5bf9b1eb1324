"""Nothing that is remembered changes a result: lines, events and groups come out as if each were read for the first
time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcp_rag import grouping
from mcp_rag.events import assemble_block, build, excerpt, likeness, memo, parse_block, rebuild, sketch
from mcp_rag.events.nearby import Nearby
from mcp_rag.events.shapes import Shape, classify
from mcp_rag.fingerprint import fingerprint
from mcp_rag.types import Block, Level, ParseSettings
from tests.log_pieces import PIECES, mixtures, redrawn

REFERENCE_MS = 1_795_000_000_000
HINTS = st.sampled_from(["", "python-logging", "json"])
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def block(text: str) -> Block:
    """A block of text."""
    data = text.encode("utf-8", "replace")
    return Block("a.log", 0, "i" * 32, "h" * 32, data, 0, data.count(b"\n"), 0, True, reference_ms=REFERENCE_MS)


def parts(shape: Shape) -> tuple[object, ...]:
    """What a shape says; a stream's name with digits is read from each line."""
    return tuple(getattr(shape, name) for name in Shape.__slots__ if name != "stream" or not shape.digits)


# Alike but for a number whose length decides whether a header is there.
HARD = "\n".join(
    (
        "2026-11-23 19:20:7,12 WARNING cart: errno 111 on socket 42",
        "2026-11-23 19:20:37,123 WARNING cart: errno 111 on socket 42",
        "[rank0]: errno 111 on socket 42",
        '{"level":065,"msg":"charge failed","time":1}',
        '{"level":565,"msg":"charge failed","time":1}',
        '{"level":400,"level_name":"ERROR","message":"charge failed","context":{},"channel":"a","datetime":"1"}',
        "Nov 23, 2026 7:20:37 PM com.acme.shop.Charge run",
        "Nov 23, 2026 17:20:37 PM com.acme.shop.Charge run",
        "ERROR:cart.worker3:ORA-00942: no table in query 17",
        "[2026-11-23 19:20:37,123] {base_task_runner.py:101} INFO - Job 41: Subtask load [2026-11-23] failed",
        '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET /orders/of/the/week/7 HTTP/1.1" 20 5021',
        '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET /orders/of/the/week/7 HTTP/1.1" 200 502',
        '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET /orders/of/the/week/7?x= 20 HTTP/1.1" 502 200',
        '10.9.0.4 - - [23/Nov/2026:19:20:37 +0000] "GET /orders/of/the/week/7?x= 200 HTTP/1.1" 502 20',
        '{"level":30,"msg":"charge of 4f1d00a7c2 failed","time":1}',
        '{"level":50,"msg":"charge of 9b77ce01d4e5 failed","time":1700000000000}',
        '{"level":"info","msg":"charge 1 failed"}',
        '{"level":"info","msg":"charge 100 failed"}',
        "worker: 18cee15dc3ca error: no answer",
        "worker: 18cee15dc3c7 error: no answer",
        "worker: 7 errors: no answer",
        "Nov 23 19:20:37 edge1 warden[4711]: sync of the catalogue with the mirror in zone b is over, 0 errors",
        "Nov 23 19:20:38 edge1 warden[4711]: sync of the catalogue with the mirror in zone b is over, 1a2b3c4d errors",
        "2026-11-23T19:20:37.123456789Z stderr F <14>Nov 23 19:20:37 host app[1]: replica is gone",
        "2026-11-23T19:20:37.123456789Z stderr F <11>Nov 23 19:20:38 host app[1]: replica is gone",
        'level=error msg="charge of customer 9 failed" time=2026-11-23T19:20:37Z logger=cart',
        'level=error msg="charge of customer 12345 failed" time=2026-11-24T19:20:37Z logger=cart',
        'level=error msg="cart not saved" err="status 503 from 10.0.0.7"',
        'level=error msg="cart not saved" err="status 200 from 10.0.0.7"',
        'level=error msg="cart not saved" err="failed: -5"',
        'level=error msg="cart not saved" err="failed: -6"',
        'level=error msg="cart not saved" err="cannot open link: -5"',
        'level=error msg="cart not saved" err="cannot open link: -6"',
        '{"level":"error","msg":"cart not saved","error":"cannot open link: -5","time":1}',
        '{"level":"error","msg":"cart not saved","error":"cannot open link: -6","time":1}',
        '{"level":"error","msg":"cannot open link: -5","time":1}',
        '{"level":"error","msg":"cannot open link: -6","time":1}',
        '{"level":"error","msg":"cart not saved, status","error":"503 from 10.0.0.7","time":1}',
        '{"level":"error","msg":"cart not saved, status","error":"200 from 10.0.0.7","time":1}',
        '{"level":"error","msg":"cart not saved","error":"failed: -5","time":1}',
        '{"level":"error","msg":"cart not saved","error":"failed: -6","time":1}',
        '{"level":"error","msg":"cart not saved","reason":"errno 111","time":1}',
        '{"level":"error","msg":"cart not saved","reason":"errno 112","time":1}',
        "2026-11-23T19:20:7db63368 ERROR cart: no row",
        "2026-11-23T19:20:84d1de36 ERROR cart: no row",
        "fail: Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware[5d9be32d]",
        "fail: Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware[1]",
        ("Nov 23 19:20:37 edge1 warden[4711]: " + "word " * 200)[:512] + " is well now",
        ("Nov 23 19:20:37 edge1 warden[4711]: " + "word " * 200)[:512] + " failed",
        "Nov 23 19:20:37 edge1 warden[4711]: " + "word " * 80 + "1",
        "Nov 23 19:20:37 edge1 warden[4711]: " + "word " * 80 + "1a" * 200 + " failed",
        "2026-11-23T19:20:37.123Z ERROR curl: (28) upload 7 timed out",
        "2026-11-23T19:20:37.123Z ERROR curl: (35) upload 7 timed out",
        "2026-11-23T19:20:37.123Z ERROR copy: rc=0 after 35 ms",
        "2026-11-23T19:20:37.123Z ERROR copy: rc=7 after 35 ms",
        "error[E0308]: mismatched types",
        "error[E03]: mismatched types",
        "main.pick(0xc000a1b2c3, 0x1)",
        "main.pick(0xc000a1d4e5, 0x7)",
        "Nov 23 19:20:37 edge1 warden[4711]: error: trace 4bf7131e11c14b0037ceb04b7af89596 closed",
        "Nov 23 19:20:37 edge1 warden[4711]: error: trace a4f7131e11c14b0037ceb04b7af89596 closed",
        "Nov 23 19:20:37 edge1 warden[4711]: error: trace 4bf7131e-11c1-4b00-37ce-b04b7af89596 closed",
        *(
            f'{head}\nTraceback (most recent call last):\n  File "a.py", line {n}, in load{n}\n    x\nKeyError: {n}'
            for head in (
                '{"level":"error","msg":"cart not saved","time":1}',
                "2026-11-23T19:20:37.123456789Z stderr F ERROR cart: not saved",
            )
            for n in (1, 2)
        ),
        "2026/11/23 19:20:37 [error] 123#123: *4711 connect() failed (111: Connection refused) while connecting",
        "2026/11/23 19:20:37 [error] 123#123: *4711 connect() failed (025: Connection refused) while connecting",
        '{"level":"error","msg":"","time":1}\n  no row for 7',
        '{"level":"error","msg":"","time":1}\n  no column for 7',
        '{"level":"error","msg":"failed with the following error:","time":1}\n  no row for 7',
        '{"level":"error","msg":"failed with the following error:","time":1}\n  no column for 7',
    )
)


@given(mixtures(), HINTS, st.sampled_from([Level.UNSET, Level.WARN]))
@example(HARD + "\n" + HARD + "\n", "", Level.UNSET)
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
def test_groups_are_those_of_every_event_by_itself(text: str, hint: str, level: Level) -> None:
    """`parse`, with all it remembers from the examples before, against records built and fingerprinted one by one by a
    process that remembers nothing: ids, counts, times, services, samples."""
    settings_ = ParseSettings(min_level=level, hint=hint, reference_ms=REFERENCE_MS)
    parsed = grouping.parse(block(text), settings_)
    grouping.complete(parsed.found.values(), block(text), settings_)
    kept = dict(memo._MEMOS)
    memo.forget()
    records, counts = parse_block(block(text).data, settings_)
    nearby = Nearby(assemble_block(block(text).data, settings_).lines, counts.lines)
    memo._MEMOS.update(kept)
    assert parsed.counts == counts
    assert {i: o.count for i, o in parsed.found.items()} == Counter(fingerprint(r).id for r in records)
    for fingerprint_id, found in parsed.found.items():
        mine = [r for r in records if fingerprint(r).id == fingerprint_id]
        sample = max(mine, key=lambda r: r.level)
        read = [nearby.at_ms(r.first_line) if r.timestamp_ms is None else r.timestamp_ms for r in mine]
        times = [REFERENCE_MS if ms is None else ms for ms in read]
        assert found.record == sample
        assert (found.level, found.logger, found.has_trace) == (sample.level, sample.logger, bool(sample.stacktrace))
        assert (found.first_ms, found.last_ms) == (min(times), max(times))
        assert sum(found.hours.values()) == len(mine)
        assert found.services == {r.service for r in mine if r.service}
        assert found.messages


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(0, 1_000_000)), max_size=30), HINTS)
@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
def test_a_remembered_shape_is_what_classifying_gives(chosen: list[tuple[str, int]], hint: str) -> None:
    """Lines that differ in digits, numbers and ids share a shape only where they have the same one."""
    lines = "\n".join(redrawn(piece, seed) for piece, seed in chosen).encode("utf-8", "replace").split(b"\n")
    shapes, _ = memo.memo_for(hint).shapes(b"\n".join(lines), lines)
    for line, shape in zip(lines, shapes, strict=True):
        if line.startswith(b"{"):
            continue  # the level of a record may be read off one field, without decoding it
        assert parts(shape) == parts(classify(line.decode("utf-8", "replace"), hint)[0])


@pytest.mark.parametrize("turned", [False, True])
def test_lines_that_are_hard_to_tell_apart_are_told_apart(turned: bool) -> None:
    """Whichever of two such lines was read first, and whether both stand in one block."""
    lines = [line.encode() for line in HARD.split("\n")]
    if turned:
        lines.reverse()
    expected = [parts(classify(line.decode())[0]) for line in lines]
    for size in (1, len(lines)):
        memory = memo.ShapeMemo("")
        for _ in range(2):
            found: list[Shape] = []
            for start in range(0, len(lines), size):
                some = lines[start : start + size]
                found += memory.shapes(b"\n".join(some), some)[0]
            assert [parts(shape) for shape in found] == expected


@given(mixtures())
@example("")
@example("one")
@example("one\n\ntwo\n")
@example("-----BEGIN PRIVATE KEY-----\n" + "QUJDREVGR0hJSktMTU5PUA" * 3 + "\n-----END PRIVATE KEY-----\n")
@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
def test_an_excerpt_holds_the_lines_that_events_are_made_of(text: str) -> None:
    """Every line of a block, by its number, as parsing saw it; a line that is not there is no line of another."""
    data = text.encode("utf-8", "replace")
    _, lines, counts = assemble_block(data, ParseSettings())
    assert excerpt(data, ParseSettings(), range(counts.lines)).lines == dict(enumerate(lines.raw))
    with pytest.raises(IndexError):
        excerpt(data, ParseSettings(), [data.count(b"\n") + 1])


@given(mixtures())
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_a_sketch_builds_the_same_record(text: str) -> None:
    """What a worker hands over instead of a record leads to that record."""
    kept, lines, _ = assemble_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    for event, order in kept:
        if likeness(event, order, lines) is not None:
            assert rebuild(sketch(event, order), lines) == build(event, order, lines)


@pytest.mark.parametrize(
    "event",
    [
        "2026-11-23 19:20:37,123 ERROR cart: request {n} failed\n",
        '{{"level":"error","msg":"request {n} failed","time":1}}\nError: no row {n}\n    at run (/srv/cart.js:{n}:7)\n',
        "2026-11-23T19:20:37.123456789Z stderr F ERROR cart: request {n} failed\n\tat acme.Cart.run(Cart.java:{n})\n",
    ],
    ids=["line", "record and trace", "contained line and trace"],
)
def test_most_events_need_no_record(event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The point of it: of thousands of events that differ in numbers only, one is built."""
    text = "".join(event.format(n=1_000 + n) for n in range(5_000))
    built: list[int] = []

    def counted(*given: object) -> object:
        built.append(1)
        return build(*given)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(grouping, "build", counted)
    grouping.forget()
    (found,) = grouping.parse(block(text), ParseSettings()).found.values()
    assert found.count == 5_000
    assert (len(found.sketches) < 6, len(built)) == (True, 1)
    with pytest.raises(TypeError):
        _ = grouping.parse(block(text), ParseSettings()).found.popitem()[1].record


def test_what_is_remembered_is_bounded() -> None:
    """Events that never come again cannot fill the memory of a process."""
    known = grouping.KnownEvents(limit=100)
    text = "\n".join(f"ERROR: {''.join(chr(97 + int(d)) for d in str(n))} failed" for n in range(1_000))
    kept, lines, _ = assemble_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    for event, order in kept:
        alike = likeness(event, order, lines)
        assert alike is not None
        known.keep(alike, alike.key, grouping._Known(fingerprint(build(event, order, lines)), has_trace=False))
    assert len(known._young) + len(known._old) <= 100


def test_half_of_what_is_in_use_outlives_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that keeps coming is classified once, however many lines that never come again are between."""
    monkeypatch.setattr(memo, "MEMO_ENTRIES", 4_096)
    lines = memo.ShapeMemo("")
    hot = b"2026-11-23 19:20:37,123 ERROR cart: request 4711 failed"
    (first,), _ = lines.shapes(hot, [hot])
    flood = [b"word " + b" ".join(bytes([97 + int(d)]) * 3 for d in str(n)) for n in range(memo.MEMO_ENTRIES + 100)]
    for start in range(0, len(flood), 500):
        some = [*flood[start : start + 500], hot]
        shapes, _ = lines.shapes(b"\n".join(some), some)
        assert shapes[-1] is first
    assert lines.entries <= memo.MEMO_ENTRIES


def test_digits_in_names_tell_traces_apart_and_messages_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """`step1` and `step2` are two functions; a client's number in a message is masked, and its events are not built."""
    built: list[int] = []

    def counted(*given: object) -> object:
        built.append(1)
        return build(*given)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(grouping, "build", counted)
    grouping.forget()
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in {name}{n}\n    go()\nValueError: no row\n'
    for name in ("step", "größé", "шаг", "run-", "a.b", "Foo<3>::push_"):
        text = "".join(trace.format(name=name, n=n) for n in (1, 2, 1, 2))
        found = grouping.parse(block(text), ParseSettings()).found
        assert sorted(o.count for o in found.values()) == [2, 2], name
    for said in ("call ended in Http{n}Exception", "job ended with exit code      {n}"):
        text = "".join(f"ERROR cart: {said.format(n=n)}\n" for n in (2, 3, 2))
        assert sorted(o.count for o in grouping.parse(block(text), ParseSettings()).found.values()) == [1, 2], said
    built.clear()
    text = "".join(f"2026-11-23 19:20:37,123 ERROR cart: lease of [Client_{n}_3] lost\n" for n in range(100, 200))
    (lost,) = grouping.parse(block(text), ParseSettings()).found.values()
    assert (lost.count, len(built)) == (100, 1)


def test_long_lines_are_not_remembered() -> None:
    """Lines far beyond the key, whose digits decide: no bytes of theirs are kept."""
    memory = memo.ShapeMemo("")
    head = b'[GIN] 2026/11/23 - 19:20:37 | 500 |    1.204ms |       10.9.0.4 | GET      "/orders/7'
    for line in (head, *(head + b"7" * 500 + b"x%d" % n + b"y" * 10_000 for n in range(20))):
        memory.one(line)
    kept = [memory._young, memory._old, memory._exact, memory._decided, memory._shortened, memory._similar]
    assert max(len(key) for each in kept for key in each) <= 2 * memo.KEY_BYTES
