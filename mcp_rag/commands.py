"""What each command does: settings, one App, one verb, one way of showing the result."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO

from mcp_rag import arguments, config, render, terminal
from mcp_rag.errors import InputError, NotFoundError, StoreError

Run = Callable[[argparse.Namespace, config.Settings], int]
_HEX = frozenset("0123456789abcdef")
MAX_SHOWN = 200


def run(options: argparse.Namespace) -> int:
    """Run the chosen command; returns its exit code. Raises McpRagError."""
    chosen: dict[str, Run] = {
        "search": _async(_search),
        "explain": _async(_explain),
        "list": _async(_list),
        "show": _async(_show),
        "resolve": _async(_resolve),
        "import": _async(_import),
        "ingest": _async(_ingest),
        "status": _async(_status),
        "parse": _parse,
        "formats": _formats,
        "redact": _redact,
        "serve": _serve,
        "demo": _demo,
        "fetch-model": _fetch_model,
        "config": _config,
    }
    if options.command not in chosen:
        from mcp_rag import commands_keeping

        chosen = commands_keeping.COMMANDS
    names = ("data_dir", "milvus_uri", "kb", "http_host", "http_port", "read_only")
    settings = config.load(**{name: getattr(options, name, None) for name in names})
    return chosen[options.command](options, settings)


def _async(command: Callable[[argparse.Namespace, config.Settings], Awaitable[int]]) -> Run:
    def runner(options: argparse.Namespace, settings: config.Settings) -> int:
        async def main() -> int:
            return await command(options, settings)

        return asyncio.run(main())

    return runner


@contextlib.asynccontextmanager
async def _opened(settings: config.Settings, *, model: bool = True) -> AsyncIterator[Any]:
    from mcp_rag.app import App
    from mcp_rag.errors import EmbeddingError

    app = App(settings)
    try:
        await app.opened()
        if model:
            # One command has no later: it waits for the model, and goes on lexically when there is none.
            with contextlib.suppress(EmbeddingError):
                await app.ready()
        yield app
    finally:
        await app.close()


def _show_result(result: Any, options: argparse.Namespace, human: Callable[[Any], str]) -> None:  # noqa: ANN401 - any result
    text = json.dumps(render.data(result), ensure_ascii=False, indent=2) if options.json else human(result)
    terminal.out(text)


def _stdin_text() -> str:
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise InputError("Nothing came in on stdin.", "Pipe something: make test 2>&1 | mcp-rag explain -")
    return data.decode("utf-8", "replace")


def _text(words: list[str], settings: config.Settings) -> str:
    text = _stdin_text() if words == ["-"] else " ".join(words)
    return arguments.clipped(text, settings.max_query_bytes)


def _is_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= _HEX


async def _search(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.cursors import page_digest
    from mcp_rag.search import SearchRequest, describe_filter
    from mcp_rag.tools import now_ms

    where = arguments.filters(
        level_name=options.level,
        service=options.service,
        language=options.language,
        since=options.since,
        until=options.until,
        resolved=options.resolved,
        now_ms=now_ms(),
    )
    limit = arguments.bounded("--limit", options.limit, 1, 20)
    text = _text(options.error_text, settings)
    asked = (options.level, options.service, options.language, options.since, options.until, options.resolved)
    digest = page_digest(text, *asked)
    async with _opened(settings) as app:
        result = await app.searcher.search(
            SearchRequest(text, limit, where, describe_filter(where), options.full, options.cursor, digest)
        )
    _show_result(result, options, terminal.search)
    return 0 if result.hits else 1


async def _explain(options: argparse.Namespace, settings: config.Settings) -> int:
    text = _text(options.error, settings)
    error_id = text.strip().lower() if _is_id(text.strip().lower()) else ""
    async with _opened(settings) as app:
        result = await app.explain.explain("" if error_id else text, error_id, options.service)
    _show_result(result, options, terminal.explain)
    return 0 if result.verdict != "insufficient_evidence" else 1


async def _list(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.browse import SORTS, ListRequest
    from mcp_rag.clock import parse_since
    from mcp_rag.cursors import page_digest
    from mcp_rag.tools import now_ms

    now = now_ms()
    where = arguments.filters(
        level_name=options.level, service=options.service, since="", until="", resolved="any", now_ms=now
    )
    asked = (options.since, options.until, options.service, options.level, options.status, options.sort)
    request = ListRequest(
        since_ms=parse_since(options.since, now),
        until_ms=parse_since(options.until, now) if options.until else now,
        where=where,
        status=arguments.choice("--status", options.status, ("any", "new", "returned", "unresolved", "resolved")),
        sort=arguments.choice("--sort", options.sort, SORTS),
        limit=arguments.bounded("--limit", options.limit, 1, 100),
        cursor=options.cursor,
        digest=page_digest(*asked),
    )
    async with _opened(settings, model=False) as app:
        result = await app.browser.list_errors(request)
    _show_result(result, options, terminal.listing)
    return 0 if result.errors else 1


async def _show(options: argparse.Namespace, settings: config.Settings) -> int:
    async with _opened(settings, model=False) as app:
        result = await app.browser.get(options.error_id.strip().lower(), options.section.strip().lower())
    _show_result(result, options, terminal.one)
    return 0


async def _resolve(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.resolve import OUTCOMES, RecordRequest

    outcome: Any = arguments.choice("--outcome", options.outcome, OUTCOMES)
    async with _opened(settings) as app:
        if options.undo:
            retracted = await app.resolver.undo(options.error.strip().lower())
            terminal.out(f"Taken back: {retracted.fix.splitlines()[0]}")
            return 0
        await app.ready()
        text = _stdin_text() if options.error == "-" else options.error
        known = _is_id(text.strip().lower())
        request = RecordRequest(
            fix=options.fix,
            outcome=outcome,
            error_id=text.strip().lower() if known else "",
            error_text="" if known else text,
            environment=options.environment,
            version=options.version_range,
            note=options.note,
            supersedes=options.supersedes.strip().lower(),
        )
        result = await app.resolver.record(request)
    _show_result(result, options, terminal.recorded)
    return 0


async def _import(options: argparse.Namespace, settings: config.Settings) -> int:
    total = 0
    for name in options.file:
        _exists(name)
    async with _opened(settings) as app:
        for name in options.file:
            groups, resolutions, problems = await app.import_file(Path(name))
            total += resolutions
            for problem in problems:
                terminal.note(f"{name}: {problem}")
            if options.json:
                facts = {"file": name, "errors": groups, "resolutions": resolutions, "problems": problems}
                terminal.out(json.dumps(render.shown(facts), ensure_ascii=False))
            else:
                terminal.out(f"{name}: {resolutions} resolutions for {groups} new errors.")
    return 0 if total or not problems else 1


def _exists(path: str) -> None:
    """A look at the user's own path before anything is opened."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(f"{path} does not exist.", "Give a file, a directory, or - for stdin.") from None
    except OSError as error:  # a name too long, a loop of links, a directory that may not be entered
        shown = path if len(path) <= MAX_SHOWN else f"{path[:MAX_SHOWN]}..."
        raise NotFoundError(
            f"{shown} cannot be examined ({error.strerror}).", "Give a file, a directory, or - for stdin."
        ) from None


async def _ingest(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.formats import by_name

    stream: tuple[str, BinaryIO] | None = None
    paths = list(options.path)
    if "-" in paths:
        paths.remove("-")
        stream = ("stdin", sys.stdin.buffer)
    for path in paths:
        _exists(path)
    if options.format != "auto":
        by_name(options.format)
    level = arguments.level(options.min_level)
    result = None
    async with _opened(settings) as app:
        with terminal.progress("ingest") as bar:
            async for result in app.ingest(
                paths=paths,
                stream=stream,
                service=options.service,
                format_name=options.format,
                min_level=level,
                trusted=True,
                budget_s=float("inf"),
            ):
                bar(f"{result.lines:,} lines, {result.stored:,} events, {result.groups_new} new errors")
    if result is None:
        return 1
    _show_result(result, options, terminal.ingested)
    return 0 if result.sources else 1


async def _status(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.app import App

    app = App(settings)
    failure: StoreError | None = None
    try:
        try:
            await app.opened()
            with contextlib.suppress(Exception):
                await app.embedder.load()
        except StoreError as error:
            failure = error
        result = await app.status.report(failure)
    finally:
        await app.close()
    _show_result(result, options, terminal.status)
    return 3 if failure is not None else 0


def _parse(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.inspection import parse_rows

    level = arguments.level(options.min_level)
    stream = ("stdin", io.BytesIO(sys.stdin.buffer.read())) if "-" in options.path else None
    paths = [p for p in options.path if p != "-"]
    rows, skipped = parse_rows(settings, paths, stream, options.format, level)
    found = False
    for row in rows:
        found = True
        as_lines = options.jsonl or not sys.stdout.isatty()
        terminal.out(json.dumps(render.shown(row), ensure_ascii=False) if as_lines else terminal.event(row))
    for source in skipped():
        terminal.note(f"skipped {source.source}: {source.reason} {source.detail}")
    return 0 if found else 1


def _formats(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.formats import FORMATS

    del settings  # every command has the same signature
    facts = [{"name": f.name, "description": f.description, "sample": f.sample} for f in FORMATS]
    terminal.out(
        json.dumps(render.shown(facts), ensure_ascii=False, indent=2) if options.json else terminal.formats(facts)
    )
    return 0


def _redact(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.inspection import redactions

    texts = {p: _stdin_text() if p == "-" else _file_text(p) for p in options.path}
    changed, counts = redactions(settings, texts)
    if options.json:
        terminal.out(json.dumps(render.shown({"lines": changed, "counts": counts}), ensure_ascii=False, indent=2))
    else:
        terminal.out(terminal.redactions(changed, counts))
    return 0


def _file_text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except OSError:
        raise NotFoundError(f"{path} cannot be read.", "Give a readable file, or - for stdin.") from None


def _serve(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag import serving

    return serving.serve(settings, options.transport)


def _demo(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag import demo

    return demo.run(settings, keep=options.keep)


def _fetch_model(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.embedding import fetch_model

    terminal.note("fetching the embedding model ...")
    terminal.out(f"The model is in {fetch_model(settings.cache_path(), hub=options.hub)}.")
    return 0


def _config(options: argparse.Namespace, settings: config.Settings) -> int:
    from mcp_rag.clients import client_config

    del settings  # every command has the same signature
    terminal.out(client_config(options.client))
    return 0
