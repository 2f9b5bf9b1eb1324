"""Ingest: the report adds up, the same bytes again change nothing, a budget only pauses, and what is known is named."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_rag.app import App
from mcp_rag.config import Settings
from mcp_rag.errors import EmbeddingError, InputError, StoreUnavailable
from mcp_rag.ingest import ledger_id
from mcp_rag.resolve import RecordRequest
from mcp_rag.results import IngestResult
from mcp_rag.types import Level
from tests.fakes import DictStore, HashEmbedder

pytestmark = pytest.mark.anyio

TRACE = """Traceback (most recent call last):
  File "/srv/app/users.py", line 10, in load
    return cache["user_id"]
KeyError: 'user_id'
"""


def line(n: int, level: str = "ERROR", text: str = "connect to db failed: ECONNREFUSED", day: int = 23) -> str:
    """One log line."""
    return f"2026-11-{day:02d}T10:{n // 60 % 60:02d}:{n % 60:02d}Z {level} api {text}\n"


async def ingest(app: App, **arguments: Any) -> IngestResult:
    """The last report of one call."""
    values = {"trusted": True, "min_level": Level.WARN, **arguments}
    report = None
    async for report in app.ingest(**values):
        check(report)
    assert report is not None
    return report


def check(report: IngestResult) -> None:
    """The promise of results.IngestResult, at every step: the counts add up."""
    assert report.lines == report.event_lines + report.blank_lines + report.cut_lines + report.known_lines
    assert report.events == report.stored + report.below_level + report.refused
    shown = report.groups_new + report.groups_known + report.groups_known_with_resolution + report.groups_returned
    assert len(report.top_errors) == min(10, shown)


def state(app: App) -> dict[str, Any]:
    """Everything stored that a second ingest could change by mistake."""
    store = app.store
    assert isinstance(store, DictStore)
    return {
        i: (g.count, g.first_seen_ms, g.last_seen_ms, dict(g.timeline), g.status, g.services, g.messages)
        for i, g in store.errors.items()
    }


def total(app: App) -> int:
    """Events counted over all groups."""
    assert isinstance(app.store, DictStore)
    return sum(g.count for g in app.store.errors.values())


async def test_the_report_of_a_small_log(app: App) -> None:
    """Lines, events, groups and the top list of one text."""
    text = TRACE + line(1) + line(2) + "\n" + line(3, "INFO", "fine") + line(4, "WARN", "slow query")
    report = await ingest(app, text=text, service="api")
    assert (report.complete, report.sources, report.lines, report.blank_lines) == (True, 1, 9, 1)
    assert (report.events, report.stored, report.below_level, report.refused) == (report.stored + 1, 4, 1, 0)
    assert report.groups_new == 3
    assert report.top_errors[0].count == 2
    assert report.top_errors[0].state == "new"
    assert total(app) == 4
    assert all(g.services == ("api",) for g in app.store.errors.values())  # type: ignore[attr-defined] # a DictStore


PIECES = st.lists(
    st.one_of(
        st.builds(
            line,
            st.integers(0, 3_000),
            st.sampled_from(["ERROR", "WARN", "INFO", "FATAL", "DEBUG"]),
            st.sampled_from(["timeout", "disk full: ENOSPC", "user 42 unknown", "GET /x 500"]),
        ),
        st.just(TRACE),
        st.just("\n"),
        st.just("   \n"),
        st.sampled_from(
            ['{"level":"error","msg":"boom"}\n', "<NUL>\x00\n", "é\udcff\n", "}\n", "\tat a.B.c(D.java:1)\n"]
        ),
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=40).map(lambda t: t + "\n"),
    ),
    min_size=1,
    max_size=25,
)


@given(PIECES, st.sampled_from([Level.UNSET, Level.WARN, Level.ERROR]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_mixture_adds_up_and_is_idempotent(pieces: list[str], level: Level) -> None:
    """Promises 1 and 3 over random mixtures of formats, junk and blanks, in one block and in many small ones."""
    for block_bytes in (4_194_304, 300):
        app = App(
            Settings(starter_knowledge=False, max_block_bytes=block_bytes), store=DictStore(), embedder=HashEmbedder()
        )
        text = "".join(pieces)
        first = await ingest(app, text=text, min_level=level)
        stored = state(app)
        assert first.complete
        assert total(app) == first.stored
        again = await ingest(app, text=text, min_level=level)
        assert (again.stored, again.groups_new) == (0, 0)
        assert again.known_lines == again.lines == first.lines
        assert again.duplicates == first.stored
        assert state(app) == stored
        await app.close()


async def test_renamed_gzipped_and_copied_files_are_known(app: App, tmp_path: Path) -> None:
    """The same bytes from a renamed, rotated, gzipped or copied file hit the same ledger row (DESIGN section 4.2)."""
    text = "".join(line(n) for n in range(50)) + TRACE
    (tmp_path / "app.log").write_text(text, encoding="utf-8")
    await ingest(app, paths=[str(tmp_path / "app.log")])
    stored = {i: s[:4] for i, s in state(app).items()}
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "copy.txt").write_text(text, encoding="utf-8")
    (tmp_path / "crlf.log").write_bytes(text.replace("\n", "\r\n").encode())
    report = await ingest(app, paths=[str(tmp_path)])
    assert (report.stored, report.groups_new, report.sources) == (0, 0, 4)
    assert {i: s[:4] for i, s in state(app).items()} == stored


async def test_copies_in_one_call_are_counted_once(app: App, tmp_path: Path) -> None:
    """Blocks are parsed ahead of their commit; the second copy in the same call is still known."""
    text = "".join(line(n) for n in range(20))
    for name in "abc":
        (tmp_path / f"{name}.log").write_text(text, encoding="utf-8")
    report = await ingest(app, paths=[str(tmp_path)])
    assert (report.stored, report.duplicates) == (20, 40)
    assert total(app) == 20


async def test_a_shorter_copy_in_the_same_call_is_replaced(app: App, tmp_path: Path) -> None:
    """A snapshot of a file beside its grown self: the longer block replaces the shorter one, also while both wait."""
    text = "".join(line(n) for n in range(20))
    (tmp_path / "a.log").write_text(text, encoding="utf-8")
    (tmp_path / "b.log").write_text(text + line(30), encoding="utf-8")
    await ingest(app, paths=[str(tmp_path)])
    assert total(app) == 21


@pytest.mark.parametrize("inside", [0, 1, 40])
async def test_a_grown_file_counts_its_growth(app: App, tmp_path: Path, inside: int) -> None:
    """The unfinished last block is replaced by its longer self, also when it ended inside a line."""
    path = tmp_path / "app.log"
    text = "".join(line(i) for i in range(50))
    for n in (10, 20, 20, 35, 49):
        path.write_text(text[: n * len(line(0)) + inside], encoding="utf-8")
        await ingest(app, paths=[str(path)])
    path.write_text(text, encoding="utf-8")
    await ingest(app, paths=[str(path)])
    assert total(app) == 50


async def test_growth_over_block_borders(make_app: Callable[..., App], tmp_path: Path) -> None:
    """The same, while the file grows through many blocks; the end state is that of one ingest of the whole."""
    grown, whole = make_app(max_block_bytes=400), make_app(max_block_bytes=400)
    path = tmp_path / "app.log"
    text = "".join(line(n, text=f"job {n % 3} failed: E{n % 3}") + (TRACE if n % 7 == 0 else "") for n in range(60))
    lines = text.splitlines(keepends=True)
    for end in (3, 10, 11, 40, 41, len(lines)):
        path.write_text("".join(lines[:end]), encoding="utf-8")
        await ingest(grown, paths=[str(path)])
    await ingest(whole, paths=[str(path)])
    counts = {i: s[0] for i, s in state(whole).items()}
    assert {i: s[0] for i, s in state(grown).items()} == counts


async def test_a_lower_level_later_adds_only_what_is_missing(app: App) -> None:
    """min_level lowered later adds the lower events and nothing twice; raised again it changes nothing."""
    text = line(1) + line(2, "INFO", "cache miss") + line(3, "INFO", "cache miss") + line(4, "WARN", "slow")
    await ingest(app, text=text, min_level=Level.ERROR)
    assert total(app) == 1
    report = await ingest(app, text=text, min_level=Level.WARN)
    assert (total(app), report.groups_new) == (2, 1)
    await ingest(app, text=text, min_level=Level.UNSET)
    assert total(app) == 4
    stored = state(app)
    report = await ingest(app, text=text, min_level=Level.ERROR)
    assert (report.stored, state(app)) == (0, stored)


async def test_a_grown_file_keeps_its_lower_level(app: App, tmp_path: Path) -> None:
    """Read at INFO, grown, read at WARNING: the INFO events already counted are not taken away (promise 1)."""
    path = tmp_path / "a.log"
    path.write_text(line(1) + line(2, "INFO", "cache miss"), encoding="utf-8")
    await ingest(app, paths=[str(path)], min_level=Level.INFO)
    path.write_text(line(1) + line(2, "INFO", "cache miss") + line(3), encoding="utf-8")
    await ingest(app, paths=[str(path)], min_level=Level.WARN)
    assert total(app) == 3


async def test_a_budget_of_nothing_still_gets_there(make_app: Callable[..., App]) -> None:
    """complete=false, then the same call continues where it stopped; the sum is that of one call without a limit."""
    app, whole = make_app(max_block_bytes=300), make_app(max_block_bytes=300)
    text = "".join(line(n, text=f"job {n % 5} failed: E{n % 5}") for n in range(40))
    calls, stored = 0, 0
    while True:
        report = await ingest(app, text=text, budget_s=0)
        calls += 1
        stored += report.stored
        assert bool(report.hint) is not report.complete
        if report.complete:
            break
        assert report.stored > 0
    assert calls > 3
    await ingest(whole, text=text)
    assert stored == total(app) == total(whole) == 40
    assert {i: s[:4] for i, s in state(app).items()} == {i: s[:4] for i, s in state(whole).items()}


async def test_known_with_a_fix_is_reported(app: App) -> None:
    """A group seen again whose fix worked after it: known, with the fix named; nothing embedded again."""
    await ingest(app, text=line(1))
    (group,) = app.store.errors.values()  # type: ignore[attr-defined] # a DictStore
    await app.resolver.record(RecordRequest("Restart the pool\nand wait", "worked", error_id=group.id))
    embedder = app.embedder
    assert isinstance(embedder, HashEmbedder)
    before = len(embedder.embedded)
    report = await ingest(app, text=line(7))
    assert report.groups_known_with_resolution == 1
    assert (report.top_errors[0].state, report.top_errors[0].fix) == ("known_fix", "Restart the pool")
    assert len(embedder.embedded) == before


async def test_back_after_a_fix_is_returned(make_app: Callable[..., App]) -> None:
    """The status `returned` after a worked resolution, in the report and in the store (DESIGN section 3)."""
    app = make_app()
    await ingest(app, text=line(1))
    (group,) = app.store.errors.values()  # type: ignore[attr-defined] # a DictStore
    await app.resolver.record(RecordRequest("restart", "worked", error_id=group.id))
    assert app.store.errors[group.id].status == "resolved"  # type: ignore[attr-defined] # as above
    later = "2099-01-01T00:00:00Z ERROR api connect to db failed: ECONNREFUSED\n"
    report = await ingest(app, text=later)
    assert (report.groups_returned, report.top_errors[0].state) == (1, "returned")
    assert app.store.errors[group.id].status == "returned"  # type: ignore[attr-defined] # as above
    await app.resolver.record(RecordRequest("restart", "failed", error_id=group.id))
    assert app.store.errors[group.id].status == "returned"  # type: ignore[attr-defined] # a failure resolves nothing


async def test_only_new_groups_are_embedded(app: App) -> None:
    """Group first, embed once (principle 2): a thousand events of one group cost one embedding."""
    await ingest(app, text="".join(line(n) for n in range(1_000)))
    assert isinstance(app.embedder, HashEmbedder)
    assert len(app.embedder.embedded) == 1


async def test_long_lines_are_cut_and_told(make_app: Callable[..., App]) -> None:
    """Nothing is dropped silently (promise 3): a line over the limit is cut and listed with its source."""
    app = make_app(max_line_bytes=500)
    report = await ingest(app, text=line(1) + line(2, text="x" * 5_000) + line(3))
    assert report.stored == 3
    (skipped,) = report.skipped
    assert (skipped.source, skipped.reason) == ("text", "long_lines")
    assert skipped.detail.startswith("1 ")


async def test_skipped_sources_are_listed(app: App, tmp_path: Path) -> None:
    """What was not read is listed with a reason, and the rest goes on."""
    (tmp_path / "a.log").write_text(line(1), encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(line(2).encode() * 100)[:-30])
    report = await ingest(app, paths=[str(tmp_path)])
    assert report.complete
    assert {Path(s.source).name for s in report.skipped} >= {"b.bin", "c.log.gz"}
    assert report.skipped_total == len(report.skipped)
    assert report.stored >= 1


async def test_secrets_are_redacted_and_counted(app: App) -> None:
    """No recognised secret reaches the store, and the report says how many of which kind (promise 6)."""
    key = "ghp_" + "a1B2" * 9
    report = await ingest(app, text=line(1, text=f"bad token {key} from 10.1.2.3"), service="api")
    assert sum(n for kind, n in report.redactions.items() if kind != "ip") == 1
    assert report.redactions["ip"] == 1
    assert key not in repr(app.store)


async def interrupted(app: App, store: DictStore, text: str, name: str, after: int) -> None:
    """An ingest during which the store begins to fail."""
    reports = 0
    async for _ in app.ingest(text=text, trusted=True):
        reports += 1
        if reports >= after:
            store.fail[name] = StoreUnavailable("Down.", "Wait.", retry=True)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
async def test_a_source_is_skipped_once(make_app: Callable[..., App], tmp_path: Path) -> None:
    """Paths are checked before and read after: what was skipped is listed once all the same."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(line(1), encoding="utf-8")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tmp_path / "logs" / "link.log").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "logs" / "pipe.log")
    app = make_app(log_roots=(str(tmp_path / "logs"),))
    report = await ingest(app, paths=[str(tmp_path / "logs")], trusted=False)
    assert sorted(Path(s.source).name for s in report.skipped) == ["link.log", "pipe.log"]
    assert report.skipped_total == 2
    assert report.stored == 1


async def test_a_failure_keeps_what_was_committed(make_app: Callable[..., App]) -> None:
    """At-least-once: the store fails in the middle, the same call again finishes, and nothing is doubled."""
    app = make_app(max_block_bytes=300)
    text = "".join(line(n, text=f"job failed: E4{n:03d}") for n in range(40))
    store = app.store
    assert isinstance(store, DictStore)
    for name, after in itertools.product(("commit_block", "upsert_errors", "get_errors", "get_blocks"), (1, 3)):
        with pytest.raises(StoreUnavailable):
            await interrupted(app, store, text, name, after)
    await ingest(app, text=text)
    assert not store.fail
    assert total(app) == 40


async def test_a_model_that_fails_stores_nothing_half(make_app: Callable[..., App]) -> None:
    """Without vectors no new group is stored and no block committed; with the model back the call succeeds."""
    embedder = HashEmbedder()
    app = make_app(embedder=embedder)
    await app.ready()
    embedder.failure = EmbeddingError("No memory.", "Free some.")
    with pytest.raises(EmbeddingError):
        await ingest(app, text=line(1))
    assert app.store.blocks == {}  # type: ignore[attr-defined] # a DictStore
    embedder.failure = None
    assert (await ingest(app, text=line(1))).stored == 1


async def test_arguments_are_checked_first(app: App, tmp_path: Path) -> None:
    """An unknown format names its neighbours; a path outside the roots is refused before anything is read."""
    with pytest.raises(InputError, match="no log format"):
        await ingest(app, text=line(1), format_name="log4jj")
    (tmp_path / "a.log").write_text(line(1), encoding="utf-8")
    with pytest.raises(InputError):
        await ingest(app, paths=[str(tmp_path / "a.log")], trusted=False)
    for name in ("", " ", "a\0.log", "\ud800.log", "a" * 5_000):
        with pytest.raises(InputError, match="A path must be"):
            await ingest(app, paths=[name])
    assert app.store.blocks == {}  # type: ignore[attr-defined] # a DictStore


async def test_sums_that_were_not_made_are_made_at_the_end(app: App) -> None:
    """A call that ends while a block is committed with its sums leaves none of the blocks before without theirs."""
    store = app.store
    assert isinstance(store, DictStore)
    store.fail["commit_block"] = StoreUnavailable("Milvus does not answer.", "Start it.", retry=True)
    with pytest.raises(StoreUnavailable):
        await ingest(app, text=line(1))
    assert store.calls["recover"] == 2  # before the first block, and at the end


async def test_no_line_of_a_private_key_is_stored(app: App) -> None:
    """A program that logs its key line by line makes an error of each: alone none says that it is one. Neither rows,
    nor samples that are built late, nor the report hold any of it, however often it was logged."""
    body = [base64.b64encode(hashlib.sha384(f"{n}".encode()).digest()).decode() for n in range(6)]
    key = ["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"]
    report = await ingest(app, text="".join(line(n, text=part) for n, part in enumerate(key * 3)))
    stored = f"{state(app)} {report}"
    assert "REDACTED:private-key" in stored
    assert not [part for part in body if part in stored]


async def test_nothing_to_read_is_complete(app: App, tmp_path: Path) -> None:
    """An empty directory gives one complete report of zeros."""
    report = await ingest(app, paths=[str(tmp_path)])
    assert (report.complete, report.lines, report.sources) == (True, 0, 0)


def test_the_ledger_id_holds_the_level() -> None:
    """The same bytes at another level are another row."""
    ids = {ledger_id("a" * 32, level) for level in Level}
    assert len(ids) == len(Level)


async def test_an_old_error_without_a_time_does_not_come_back(app: App, tmp_path: Path) -> None:
    """A trace that states no time, whose fix worked: when its log goes on, the same old trace is not returned, and was
    not seen any later."""
    path = tmp_path / "app.log"
    log = line(1, "INFO", "request done") + TRACE
    path.write_text(log, encoding="utf-8")
    await ingest(app, paths=[str(path)])
    (group,) = app.store.errors.values()  # type: ignore[attr-defined] # a DictStore
    await app.resolver.record(RecordRequest("restart", "worked", error_id=group.id))
    path.write_text(log + line(2, "INFO", "request done"), encoding="utf-8")
    os.utime(path, (4e9, 4e9))
    report = await ingest(app, paths=[str(path)])
    again = app.store.errors[group.id]  # type: ignore[attr-defined] # as above
    assert (report.groups_returned, again.status) == (0, "resolved")
    assert (again.first_seen_ms, again.last_seen_ms) == (group.first_seen_ms, group.last_seen_ms)


async def budgeted(app: App, **arguments: Any) -> list[IngestResult]:
    """The last reports of the same call, made without any time until it is complete."""
    reports = [await ingest(app, budget_s=0, **arguments)]
    while not reports[-1].complete:
        assert len(reports) < 100, "the same call gets no further"
        reports.append(await ingest(app, budget_s=0, **arguments))
    return reports


async def test_known_logs_keep_the_budget_too(make_app: Callable[..., App], tmp_path: Path) -> None:
    """What was read before counts against the time like anything else, and the same call goes on behind it: each line
    is read once, nothing is counted twice, and the call after the last one begins anew."""
    app = make_app(max_block_bytes=300)
    for name in "ab":
        text = "".join(line(n, text=f"job {name}{n} failed: E{n % 5}") for n in range(40))
        (tmp_path / f"{name}.log").write_text(text, encoding="utf-8")
    await ingest(app, paths=[str(tmp_path)])
    before = state(app)
    reports = await budgeted(app, paths=[str(tmp_path)])
    assert len(reports) > 10
    assert sum(r.known_lines for r in reports) == 80
    assert "continues where this one stopped" in reports[0].hint
    assert "as of" in reports[-1].hint
    assert state(app) == before
    with (tmp_path / "a.log").open("a", encoding="utf-8") as log:
        log.write(line(50))
    report = await ingest(app, paths=[str(tmp_path)])
    assert (report.lines, report.known_lines < 80, report.hint) == (81, True, "")
    assert total(app) == 81


@pytest.mark.parametrize("ending", ["", "2026-11-23T10:59:00Z ERROR api half a li"])
async def test_a_continued_reading_is_one_reading(make_app: Callable[..., App], tmp_path: Path, ending: str) -> None:
    """Continued block by block, a log that was read before and has grown leaves the same ledger as in one call: what
    its end had counted is not lost from sight between two calls."""
    apps = make_app(max_block_bytes=300), make_app(max_block_bytes=300)
    path = tmp_path / "app.log"
    for app, budget in zip(apps, (0, 60), strict=True):
        path.write_text(
            "".join(line(n, text=f"job {n % 7} failed: E{n}") for n in range(21)) + ending, encoding="utf-8"
        )
        await ingest(app, paths=[str(path)])
        with path.open("a", encoding="utf-8") as log:
            log.write("ne\n" * bool(ending) + "".join(line(n, text=f"job {n % 7} failed: E{n}") for n in range(21, 60)))
        await (budgeted(app, paths=[str(path)]) if not budget else ingest(app, paths=[str(path)]))
    stores = [app.store for app in apps]
    assert isinstance(stores[0], DictStore)
    assert isinstance(stores[1], DictStore)
    assert stores[0].blocks.keys() == stores[1].blocks.keys()
    assert state(apps[0]) == state(apps[1])


@pytest.mark.parametrize("begun_anew", ["", line(7, text="another log begins")])
async def test_a_log_begun_anew_between_two_calls_is_not_continued(
    make_app: Callable[..., App], tmp_path: Path, begun_anew: str
) -> None:
    """Cut off between two calls, or written anew and longer than before: the next call begins with what there is, and
    does not take the rest of another log for the end of this one."""
    app = make_app(max_block_bytes=300)
    path = tmp_path / "app.log"
    path.write_text("".join(line(n, text=f"job {n} failed: E{n}") for n in range(40)), encoding="utf-8")
    first = await ingest(app, paths=[str(path)], budget_s=0)
    rest = "".join(line(n, text=f"step {n} failed: E{n}") for n in range(60)) if begun_anew else line(3)
    path.write_text(begun_anew + rest, encoding="utf-8")
    second = await ingest(app, paths=[str(path)])
    assert not first.complete
    assert second.complete
    assert second.lines == (begun_anew + rest).count("\n")
    assert second.hint == ""


def is_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return str(path.resolve()) in {os.path.realpath(d) for d in Path("/proc/self/fd").iterdir()}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the kernel's list of open files")
async def test_an_unfinished_reading_is_given_up_in_time(make_app: Callable[..., App], tmp_path: Path) -> None:
    """It holds an open file: closing ends it, and so does a fifth one beside it."""
    app = make_app(max_block_bytes=300)
    paths = [tmp_path / f"{n}.log" for n in range(6)]
    for n, path in enumerate(paths):
        path.write_text("".join(line(i, text=f"{n} failed: E{n}{i}") for i in range(40)), encoding="utf-8")
        assert not (await ingest(app, paths=[str(path)], budget_s=0)).complete
    assert [is_open(path) for path in paths] == [False, False, True, True, True, True]
    await app.close()
    assert not any(map(is_open, paths))
