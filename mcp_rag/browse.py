"""The verbs that read without searching: list error groups in a window, and everything about one group."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mcp_rag.clock import iso
from mcp_rag.cursors import decode_cursor, encode_cursor, page_digest
from mcp_rag.errors import InputError, NotFoundError
from mcp_rag.hits import hit_resolution, one_line
from mcp_rag.protocols import ReadableStore
from mcp_rag.ranking import order_resolutions
from mcp_rag.results import GetResult, ListedError, ListResult, TimelineBucket
from mcp_rag.rows import ErrorFilter, ErrorGroup, Resolution
from mcp_rag.search import describe_filter
from mcp_rag.selection import blame
from mcp_rag.untrusted import visible

MAX_GROUPS = 16_384
MAX_BUCKETS = 24
HOUR_MS = 3_600_000
SECTIONS = ("samples", "stacktrace", "timeline", "resolutions", "related")
SORTS = ("count", "last_seen", "first_seen")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Arguments of one listing, checked by the face: the window in epoch ms, `where` without the window, `status`
    any/new/returned/unresolved/resolved, `limit` 1-100."""

    since_ms: int
    until_ms: int
    where: ErrorFilter
    status: str = "any"
    sort: str = "count"
    limit: int = 10
    cursor: str = ""
    digest: str = ""


class Browser:
    """Lists groups and shows single ones."""

    def __init__(
        self,
        store: ReadableStore,
        *,
        listed: ReadableStore | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`store` holds what `get` shows, which may be several knowledge bases; `listed` the one that lists show."""
        self._store = store
        self._listed = listed or store
        self._now_ms = now_ms

    async def list_errors(self, request: ListRequest) -> ListResult:
        """Groups seen inside the window, counted inside it, one page. `new` means first seen inside it."""
        where = _with_window(request)
        digest = request.digest or page_digest(str(where), request.sort, request.status)
        before = decode_cursor(request.cursor, digest)
        groups = [g for g in await self._listed.query_errors(where, MAX_GROUPS) if g.count]
        counted = [(g, _count_inside(g.timeline, request.since_ms, request.until_ms)) for g in groups]
        counted = [(g, n) for g, n in counted if n]
        counted.sort(key=lambda item: _sort_key(item, request.sort))
        start = before.start([g.id for g, _ in counted])
        page = counted[start : start + request.limit]
        fixes = await self._fixes([g.id for g, _ in page])
        more = start + len(page) < len(counted)
        return ListResult(
            errors=[_listed(g, n, request, fixes.get(g.id, ())) for g, n in page],
            returned=len(page),
            total=len(counted),
            truncated=more,
            next_cursor=encode_cursor(before.and_last([g.id for g, _ in page]), digest) if more else "",
            since=iso(request.since_ms),
            until=iso(request.until_ms),
            filters_applied=_applied(request),
            hint="" if page else await self._empty_hint(request),
        )

    async def get(self, error_id: str, section: str = "", offset: int = 0) -> GetResult:
        """One group and one section's text from `offset` characters on; the faces cut it to their budget.

        Raises InputError for a malformed id or section, NotFoundError for an id that is not stored.
        """
        group = await self.group(error_id)
        if section and section not in SECTIONS:
            raise InputError(f"There is no section {section[:40]!r}.", f"Sections: {', '.join(SECTIONS)}, or empty.")
        resolutions = order_resolutions(await self._store.resolutions_of([group.id]))
        related = await self._related(group)
        # Made visible before it is sliced, so that slices join to the whole whatever stands at a cut.
        text = visible(self._section(group, section, resolutions, related))
        if offset and offset >= len(text):
            raise InputError(f"offset {offset} is past the end ({len(text)} characters).", "Start again at offset 0.")
        return GetResult(
            id=group.id,
            title=group.title,
            level=group.level.name,
            status=group.status,
            count=group.count,
            first_seen=iso(group.first_seen_ms) if group.count else "",
            last_seen=iso(group.last_seen_ms) if group.count else "",
            section=section,
            text=text[offset:],
            offset=offset,
            next_offset=0,
            total_chars=len(text),
            truncated=False,
            template=group.template[:500],
            exception_type=group.exception_type,
            root_type=group.root_type,
            language=group.language,
            codes=list(group.codes),
            services=list(group.services),
            sources=list(group.sources),
            origin=group.origin,
            resolutions=[hit_resolution(r, self._now_ms()) for r in resolutions[:3]],
            related=[g.id for g in related],
        )

    async def group(self, error_id: str) -> ErrorGroup:
        """The stored group. Raises InputError or NotFoundError."""
        if not _ID.fullmatch(error_id):
            raise InputError("error_id is not an id (32 hex digits).", "Take one from search_errors or list_errors.")
        found = await self._store.get_errors([error_id])
        if not found:
            raise NotFoundError(f"No error {error_id} is stored.", "Call search_errors or list_errors for current ids.")
        return found[0]

    async def _related(self, group: ErrorGroup) -> Sequence[ErrorGroup]:
        if not group.related:
            return []
        same = await self._store.query_errors(ErrorFilter(related=group.related), 11)
        return [g for g in same if g.id != group.id][:10]

    def _section(
        self, group: ErrorGroup, section: str, resolutions: Sequence[Resolution], related: Sequence[ErrorGroup]
    ) -> str:
        builders: dict[str, Callable[[], str]] = {
            "samples": lambda: "\n\n".join([group.sample, *("message: " + m for m in group.messages)]),
            "stacktrace": lambda: "\n".join(
                [*("type: " + t for t in group.chain), *("frame: " + f for f in group.frames)]
            ),
            "timeline": lambda: "\n".join(f"{iso(h)} {n}" for h, n in sorted(group.timeline.items())),
            "resolutions": lambda: "\n\n".join(_resolution_text(r) for r in resolutions),
            "related": lambda: "\n".join(f"{g.id} {g.title} ({g.count})" for g in related),
        }
        if section:
            return builders[section]() or f"(no {section})"
        parts = [f"{name}:\n{text}" for name in ("resolutions", "samples", "stacktrace") if (text := builders[name]())]
        return "\n\n".join(parts)

    async def _fixes(self, ids: Sequence[str]) -> dict[str, list[Resolution]]:
        fixes: dict[str, list[Resolution]] = {}
        for resolution in await self._store.resolutions_of(ids) if ids else ():
            fixes.setdefault(resolution.error_id, []).append(resolution)
        return {i: order_resolutions(rows) for i, rows in fixes.items()}

    async def _empty_hint(self, request: ListRequest) -> str:
        everything = [g for g in await self._listed.query_errors(ErrorFilter(), MAX_GROUPS) if g.count]
        if not everything:
            return "Nothing was ingested yet: ingest_logs, or `mcp-rag ingest PATH`."
        removed = ", ".join(f"{name} removed {n}" for name, n in blame(everything, _with_window(request)).items())
        newest = max(g.last_seen_ms for g in everything)
        why = removed or "none was seen inside the window"
        return f"Of {len(everything)} stored errors: {why}. Newest: {iso(newest)}."


def _applied(request: ListRequest) -> dict[str, str]:
    applied = describe_filter(request.where)
    return applied if request.status == "any" else {**applied, "status": request.status}


def _with_window(request: ListRequest) -> ErrorFilter:
    where = replace(request.where, since_ms=request.since_ms, until_ms=request.until_ms)
    if request.status == "new":
        return replace(where, first_since_ms=request.since_ms)
    if request.status in ("returned", "resolved", "unresolved"):
        return replace(where, statuses=(request.status,))  # type: ignore[arg-type] # one of the three words just named
    return where


def _count_inside(timeline: Mapping[int, int], since_ms: int, until_ms: int) -> int:
    return sum(n for hour, n in timeline.items() if hour + HOUR_MS > since_ms and hour <= until_ms)


def _sort_key(item: tuple[ErrorGroup, int], sort: str) -> tuple[int, str]:
    group, inside = item
    value = {"count": inside, "last_seen": group.last_seen_ms, "first_seen": group.first_seen_ms}[sort]
    return (-value, group.id)


def _listed(group: ErrorGroup, inside: int, request: ListRequest, fixes: Sequence[Resolution]) -> ListedError:
    status = group.status
    if status == "unresolved" and group.first_seen_ms >= request.since_ms:
        status = "new"
    return ListedError(
        id=group.id,
        title=group.title,
        level=group.level.name,
        status=status,
        count=inside,
        total_count=group.count,
        first_seen=iso(group.first_seen_ms),
        last_seen=iso(group.last_seen_ms),
        services=list(group.services),
        fix=one_line(fixes[0].fix) if fixes else "",
        timeline=buckets(group.timeline, request.since_ms, request.until_ms),
    )


def buckets(timeline: Mapping[int, int], since_ms: int, until_ms: int) -> list[TimelineBucket]:
    """At most 24 buckets of whole hours over the window, from the first to the last with occurrences."""
    first = since_ms - since_ms % HOUR_MS
    hours = max(1, (until_ms - first) // HOUR_MS + 1)
    width = HOUR_MS * -(-hours // MAX_BUCKETS)
    counts: dict[int, int] = {}
    for hour, n in timeline.items():
        if hour + HOUR_MS > since_ms and hour <= until_ms:
            start = first + (hour - first) // width * width
            counts[start] = counts.get(start, 0) + n
    return [TimelineBucket(iso(start), n) for start, n in sorted(counts.items())]


def _resolution_text(resolution: Resolution) -> str:
    lines = [f"[{resolution.id}] {resolution.fix}"]
    if resolution.versions:
        lines.append(f"holds for: {resolution.versions}")
    lines += [
        f"{o.outcome} x{o.count}" + "".join(f" ({v})" for v in (o.environment, o.version, o.note) if v)
        for o in resolution.outcomes
    ]
    if resolution.superseded_by:
        lines.append(f"superseded by {resolution.superseded_by}")
    lines.append(f"recorded {iso(resolution.created_ms)} ({resolution.origin})")
    return "\n".join(lines)
