"""Listing a window and reading one group: counts inside the window, timelines that add up, every section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcp_rag.app import App
from mcp_rag.browse import HOUR_MS, MAX_BUCKETS, SECTIONS, ListRequest, buckets
from mcp_rag.clock import parse_since
from mcp_rag.errors import InputError, NotFoundError
from mcp_rag.resolve import RecordRequest
from mcp_rag.results import ListResult
from mcp_rag.rows import ErrorFilter
from mcp_rag.types import Level

pytestmark = pytest.mark.anyio

NOW = parse_since("2026-11-24T00:00:00Z", 0)
DAY = 24 * HOUR_MS


def line(hour: int, text: str, level: str = "ERROR", day: int = 23) -> str:
    """One line at an hour of the day."""
    return f"2026-11-{day:02d}T{hour:02d}:30:00Z {level} api {text}\n"


LOG = (
    "".join(line(h, "connect to db failed: ECONNREFUSED") for h in range(24))
    + "".join(line(h, "disk full: ENOSPC", "FATAL") for h in (1, 1, 20))
    + line(22, "deploy broke it: E9001")
    + line(3, "old trouble: E7777", day=20)
    + line(9, "slow query", "WARN")
)


@pytest.fixture
async def known(app: App) -> App:
    """An app that knows the log."""
    async for _ in app.ingest(text=LOG, trusted=True, service="api"):
        pass
    return app


async def listed(app: App, since: int = NOW - DAY, until: int = NOW, **changes: Any) -> ListResult:
    """One listing of the last day."""
    where = changes.pop("where", ErrorFilter())
    return await app.browser.list_errors(ListRequest(since, until, where, **changes))


def titles(result: ListResult) -> list[str]:
    """Short names of what was listed."""
    return [e.title.split(": ")[-1].split()[-1] for e in result.errors]


async def test_counts_are_those_inside_the_window(known: App) -> None:
    """`count` is inside the window, `total_count` over all time; what was not seen inside is not listed."""
    result = await listed(known, since=NOW - 4 * HOUR_MS)
    assert {e.title.split(": ")[-1]: (e.count, e.total_count) for e in result.errors} == {
        "ECONNREFUSED": (4, 24),
        "ENOSPC": (1, 3),
        "E9001": (1, 1),
    }
    assert (result.returned, result.total, result.truncated) == (3, 3, False)


async def test_new_since_the_deploy(known: App) -> None:
    """status=new lists only what was first seen inside the window (the "what is new since the deploy" of DESIGN 3)."""
    result = await listed(known, since=NOW - 3 * HOUR_MS, status="new")
    assert titles(result) == ["E9001"]
    assert result.errors[0].status == "new"
    assert result.filters_applied == {"status": "new"}


@pytest.mark.parametrize(
    ("sort", "first"), [("count", "ECONNREFUSED"), ("last_seen", "ECONNREFUSED"), ("first_seen", "E9001")]
)
async def test_sorting(known: App, sort: str, first: str) -> None:
    """Each sort puts its greatest first."""
    assert titles(await listed(known, sort=sort))[0] == first


async def test_status_filters(known: App) -> None:
    """resolved, unresolved and returned are told apart."""
    (group,) = (e for e in (await listed(known)).errors if "ENOSPC" in e.title)
    await known.resolver.record(RecordRequest("grow the volume", "worked", error_id=group.id))
    assert titles(await listed(known, status="resolved")) == ["ENOSPC"]
    assert "ENOSPC" not in titles(await listed(known, status="unresolved"))
    assert (await listed(known, status="returned")).errors == []
    async for _ in known.ingest(text="2098-01-01T00:00:00Z FATAL api disk full: ENOSPC\n", trusted=True):
        pass
    far = parse_since("2098-01-02T00:00:00Z", 0)
    returned = await listed(known, since=far - DAY, until=far, status="returned")
    assert titles(returned) == ["ENOSPC"]
    assert returned.errors[0].fix == "grow the volume"


@pytest.mark.parametrize(
    ("where", "word"), [(ErrorFilter(service="web"), "service"), (ErrorFilter(min_level=Level.FATAL), "level")]
)
async def test_an_empty_list_says_why(known: App, where: ErrorFilter, word: str) -> None:
    """The hint names the filter that removed them and the newest time seen."""
    result = await listed(known, since=NOW - HOUR_MS, where=where)
    assert result.errors == []
    assert f"{word} removed" in result.hint
    assert "2026-11-23T23:30:00Z" in result.hint


async def test_an_empty_store_and_an_empty_window(app: App, known: App, make_app: Callable[..., App]) -> None:
    """Nothing ingested and nothing in the window are told apart."""
    empty = make_app()
    await empty.opened()
    assert "ingest" in (await listed(empty)).hint
    assert "since removed" in (await listed(known, since=NOW + DAY, until=NOW + 2 * DAY)).hint


async def test_pages_join(known: App) -> None:
    """Cursors of a listing are stable and refused for another."""
    whole = await listed(known)
    pages, cursor = [], ""
    while True:
        page = await listed(known, limit=1, cursor=cursor)
        pages += page.errors
        if not page.truncated:
            break
        cursor = page.next_cursor
    assert pages == whole.errors
    first = await listed(known, limit=1)
    with pytest.raises(InputError, match="another call"):
        await listed(known, limit=1, sort="last_seen", cursor=first.next_cursor)


async def test_pages_hold_while_errors_are_added(known: App) -> None:
    """An error counted more often than all others comes in between two pages: none is shown twice or left out."""
    whole = [e.id for e in (await listed(known)).errors]
    first = await listed(known, limit=2)
    line = "2026-11-23T10:{:02d}:00Z ERROR api brand new trouble in the flux unit\n"
    async for _ in known.ingest(text="".join(line.format(n) for n in range(50)), trusted=True):
        pass
    later, page = [e.id for e in first.errors], first
    assert (await listed(known, limit=1)).errors[0].id not in whole
    while page.truncated:
        page = await listed(known, limit=2, cursor=page.next_cursor)
        later += [e.id for e in page.errors]
    assert later == whole


@pytest.mark.parametrize("since", [0, 1, 5 * HOUR_MS // 2, 7 * HOUR_MS + 1])
@pytest.mark.parametrize("length", [1, HOUR_MS, 24 * HOUR_MS - 1, 24 * HOUR_MS, 25 * HOUR_MS, 700 * HOUR_MS])
def test_a_timeline_loses_nothing(since: int, length: int) -> None:
    """At most 24 buckets whose counts add up to the count inside the window, however it lies to the hours."""
    base = NOW - NOW % HOUR_MS
    timeline = {base + n * HOUR_MS: n + 1 for n in range(-5, 720)}
    start, end = base + since, base + since + length
    inside = sum(n for hour, n in timeline.items() if hour + HOUR_MS > start and hour <= end)
    found = buckets(timeline, start, end)
    assert sum(b.count for b in found) == inside
    assert 1 <= len(found) <= MAX_BUCKETS
    assert [b.start for b in found] == sorted(b.start for b in found)


@pytest.mark.parametrize("section", ["", *SECTIONS])
async def test_every_section_of_a_group(known: App, section: str) -> None:
    """Each section gives its text, from any offset on, or says that there is none."""
    (group,) = (e for e in (await listed(known)).errors if "ECONN" in e.title)
    result = await known.browser.get(group.id, section)
    assert result.total_chars == len(result.text) > 0
    assert (result.count, result.section) == (24, section)
    rest = await known.browser.get(group.id, section, 1)
    assert rest.text == result.text[1:]
    with pytest.raises(InputError, match="past the end"):
        await known.browser.get(group.id, section, result.total_chars)


async def test_resolutions_are_shown_in_full(known: App) -> None:
    """The section resolutions holds every fix whole, with outcomes, notes, ranges and supersession."""
    (group,) = (e for e in (await listed(known)).errors if "ECONN" in e.title)
    long = "step one\n" * 300 + "last step"
    first = await known.resolver.record(
        RecordRequest(long, "failed", error_id=group.id, environment="prod", note="hot")
    )
    second = await known.resolver.record(RecordRequest("short", "worked", error_id=group.id, supersedes=first.id))
    text = (await known.browser.get(group.id, "resolutions")).text
    for part in (long, "short", "failed x1 (prod) (hot)", "worked x1", f"superseded by {second.id}", "recorded 20"):
        assert part in text


async def test_related_groups_are_named(app: App) -> None:
    """Groups with one root type and top frame are related, and listed with their counts."""
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in {}\n    x()\n'
    trace += '  File "b.py", line 2, in load\n    y\nKeyError: 1\n'
    for name in ("one", "two"):
        async for _ in app.ingest(text=trace.format(name), trusted=True):
            pass
    groups = list(app.store.errors.values())  # type: ignore[attr-defined] # a DictStore
    assert len(groups) == 2
    result = await app.browser.get(groups[0].id, "related")
    assert result.related == [groups[1].id]
    assert groups[1].id in result.text


@pytest.mark.parametrize("wrong", ["", "abc", "A" * 32, "g" * 32, "a" * 33, "a" * 31 + "\n", "' or 1==1", "é" * 32])
async def test_a_malformed_id_is_refused(app: App, wrong: str) -> None:
    """Ids match ^[0-9a-f]{32}$ before they reach the store (DESIGN section 4)."""
    with pytest.raises(InputError, match="not an id"):
        await app.browser.get(wrong)


async def test_an_unknown_id_and_section(known: App) -> None:
    """Both are errors with the next step."""
    with pytest.raises(NotFoundError, match="search_errors"):
        await known.browser.get("a" * 32)
    (group, *_) = (await listed(known)).errors
    with pytest.raises(InputError, match="Sections"):
        await known.browser.get(group.id, "frames")
