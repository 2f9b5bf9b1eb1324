"""Nothing is dropped silently (promise 3): whatever is read, the report's counts add up, at every step and in the end.

The files are random mixtures of all formats with junk, blanks, overlong lines, other encodings, compression and damage.
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mcp_rag import formats, samples
from mcp_rag.app import App
from mcp_rag.config import Settings
from mcp_rag.events import parse_block
from mcp_rag.reader import LogReader
from mcp_rag.results import IngestResult
from mcp_rag.types import Level, ParseSettings
from mcp_rag.wiring import build_reader
from tests.fakes import DictStore, HashEmbedder
from tests.log_pieces import PIECES, mixtures

pytestmark = pytest.mark.anyio

WRITINGS: dict[str, Callable[[str], bytes]] = {
    "plain": lambda text: text.encode("utf-8", "replace"),
    "without a last newline": lambda text: text.rstrip("\n").encode("utf-8", "replace"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode("utf-8", "replace"),
    "gzip": lambda text: gzip.compress(text.encode("utf-8", "replace"), mtime=0),
    "two gzip members": lambda text: 2 * gzip.compress(text.encode("utf-8", "replace"), mtime=0),
    "cut gzip": lambda text: gzip.compress(text.encode("utf-8", "replace") * 50, mtime=0)[:-12],
    "bzip2": lambda text: bz2.compress(text.encode("utf-8", "replace")),
    "utf-16": lambda text: text.encode("utf-16", "replace"),
    "latin-1": lambda text: text.encode("latin-1", "replace") + b"caf\xe9 ERROR: \xff\xfe\n",
    "long lines": lambda text: text.encode("utf-8", "replace").replace(b" ", b" " + b"x" * 90, 40),
    "colours": lambda text: text.replace(" ", " \x1b[31m", 5).encode("utf-8", "replace"),
    "nuls": lambda text: b"\0" * 100 + text.encode("utf-8", "replace"),
}


def check(report: IngestResult) -> None:
    """The sums that IngestResult promises."""
    assert report.lines == report.event_lines + report.blank_lines + report.cut_lines + report.known_lines
    assert report.events == report.stored + report.below_level + report.refused
    shown = report.groups_new + report.groups_known + report.groups_known_with_resolution + report.groups_returned
    assert len(report.top_errors) == min(10, shown)
    assert report.skipped_total >= len(report.skipped)


async def ingested(app: App, paths: list[Path], level: Level) -> IngestResult:
    """The last report of one call; all of them are checked."""
    last = None
    async for last in app.ingest(paths=[str(path) for path in paths], trusted=True, min_level=level):
        check(last)
    assert last is not None
    assert last.complete
    return last


def reader(settings_: Settings) -> LogReader:
    """A reader with these settings that trusts every path."""
    return build_reader(settings_, None)


@given(
    st.lists(st.tuples(mixtures(most=12), st.sampled_from(sorted(WRITINGS))), min_size=1, max_size=4),
    st.sampled_from([300, 4_000, 4_194_304]),
    st.sampled_from([Level.UNSET, Level.WARN, Level.ERROR]),
    st.sampled_from([1, 3, 500]),
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
async def test_the_report_of_any_files_adds_up(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[tuple[str, str]],
    block_bytes: int,
    level: Level,
    event_lines: int,
) -> None:
    """Lines, events, groups and duplicates of one ingest and of a second one over the same files; what the report says
    was read is what the reader gives; every event stored is counted in exactly one group. No file, nor its last block,
    is the beginning of another: it would be taken for that one before it grew."""
    directory = tmp_path_factory.mktemp("logs")
    paths = [directory / f"{n}.log" for n in range(len(files))]
    for path, (text, writing) in zip(paths, files, strict=True):
        path.write_bytes(WRITINGS[writing](f"{path.stem} is where this was written\n{text}"))
    chosen = Settings(
        starter_knowledge=False, max_block_bytes=block_bytes, max_line_bytes=2_000, max_event_lines=event_lines
    )
    blocks = list(reader(chosen).blocks([str(path) for path in paths]))
    open_ = [block for block in blocks if block.last]
    assume(not any(b.data.startswith(a.data) and b.source != a.source for a in open_ for b in blocks))
    store = DictStore()
    app = App(chosen, store=store, embedder=HashEmbedder())
    first = await ingested(app, paths, level)
    assert first.lines == sum(block.lines for block in blocks)
    assert first.stored == sum(group.count for group in store.errors.values())
    assert first.stored + first.duplicates >= first.groups_new
    again = await ingested(app, paths, level)
    assert (again.stored, again.groups_new) == (0, 0)
    assert again.known_lines == again.lines == first.lines
    assert first.stored == sum(group.count for group in store.errors.values())
    assert {s.source for s in again.skipped} >= {s.source for s in first.skipped if s.reason != "long_lines"}
    await app.close()


@pytest.mark.parametrize("level", [Level.UNSET, Level.WARN])
async def test_the_shipped_samples_add_up(app: App, tmp_path: Path, level: Level) -> None:
    """The sample logs, in one directory: every file is read, nothing is skipped."""
    paths = samples.write(tmp_path, 1_795_000_000_000)
    report = await ingested(app, [tmp_path], level)
    assert report.sources == len(paths)
    assert report.skipped == []
    assert report.lines > 5_000
    assert report.groups_new > 10


@pytest.mark.parametrize("form", formats.FORMATS, ids=lambda form: form.name)
def test_every_format_adds_up(form: formats.LogFormat) -> None:
    """Each format's sample among the others: no line is lost, at any limit of an event's size."""
    text = "\n".join([form.sample, *PIECES[::7], "", form.sample, "  continued", form.sample]).encode(
        "utf-8", "replace"
    )
    for limits in ({}, {"max_event_lines": 1}, {"max_event_bytes": 40}):
        records, counts = parse_block(text, ParseSettings(min_level=Level.UNSET, **limits))
        assert counts.lines == text.count(b"\n") + 1
        assert counts.lines == counts.event_lines + counts.blank_lines + counts.cut_lines
        assert counts.events == counts.kept + counts.below_level == len(records)
