"""The commands that move, keep and forget: migrate, backup, restore, reindex, delete."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp_rag import keeping, render, terminal
from mcp_rag.config import Settings
from mcp_rag.errors import InputError
from mcp_rag.retention import DeleteResult, Selection
from mcp_rag.transfer import CopyReport
from mcp_rag.untrusted import visible

Command = Callable[[argparse.Namespace, Settings], Awaitable[int]]


def runner(command: Command) -> Callable[[argparse.Namespace, Settings], int]:
    """A command as the table of commands wants it."""

    def run(options: argparse.Namespace, settings: Settings) -> int:
        async def main() -> int:
            task = asyncio.current_task()
            if task is not None:
                # Stopped as by Ctrl-C: what is half written is removed, and the store handed over.
                # Windows has no such handlers, and a thread beside the main one may set none.
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
            return await command(options, settings)

        try:
            return asyncio.run(main())
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM

    return run


def _show(result: Any, options: argparse.Namespace, human: Callable[[Any], str]) -> None:  # noqa: ANN401 - any result
    facts = render.data(result)
    terminal.out(json.dumps(facts, ensure_ascii=False, indent=2) if options.json else human(result))


def _copied(report: CopyReport) -> str:
    lines = [f"{'':<12} {'source':>9} {'target':>9} {'written':>9}  digest"]
    for part in report.collections:
        digest = (
            part.target_digest[:16] if part.equal else f"{part.source_digest[:16]} is not {part.target_digest[:16]}"
        )
        lines.append(f"{part.kind:<12} {part.source_rows:>9,} {part.target_rows:>9,} {part.written:>9,}  {digest}")
    lines.append(
        "verified: both sides hold the same rows"
        if report.verified
        else "NOT VERIFIED: the two sides differ; if the source was written to meanwhile, run it again"
    )
    return "\n".join(lines)


async def _migrate(options: argparse.Namespace, settings: Settings) -> int:
    token = options.to_token
    if token == "-":  # noqa: S105 - the sign for stdin
        token = sys.stdin.readline().strip()
    target = keeping.target_settings(settings, options.to, token, options.to_data_dir)
    with terminal.progress("migrate") as bar:
        report = await keeping.migrate(settings, target, replace_all=options.replace, progress=bar)
    _show(report, options, _copied)
    return 0 if report.verified else 1


async def _backup(options: argparse.Namespace, settings: Settings) -> int:
    with terminal.progress("backup") as bar:
        result = await keeping.backup(settings, Path(options.file), progress=bar)
    for name in result.leftovers:
        terminal.note(f"removed {name}, left by a backup that was killed")
    _show(result, options, _backed_up)
    return 0


def _backed_up(result: keeping.BackupResult) -> str:
    return visible(
        f"{result.file}: {result.errors:,} errors, {result.resolutions:,} resolutions, {result.blocks:,} ledger "
        f"blocks, {result.size_bytes:,} bytes"
    )


async def _restore(options: argparse.Namespace, settings: Settings) -> int:
    with terminal.progress("restore") as bar:
        report = await keeping.restore(
            settings, Path(options.file), reindex=options.reindex, replace_all=options.replace, progress=bar
        )
    _show(report, options, _copied)
    return 0 if report.verified else 1


async def _reindex(options: argparse.Namespace, settings: Settings) -> int:
    with terminal.progress("reindex") as bar:
        report = await keeping.reindex(settings, progress=bar)
    _show(report, options, _copied)
    terminal.note("Restart servers that were running: they still ask with the old model.")
    return 0


async def _delete(options: argparse.Namespace, settings: Settings) -> int:
    from mcp_rag.clock import parse_since
    from mcp_rag.tools import now_ms

    before = parse_since(options.before, now_ms()) if options.before else 0
    if options.before and not before:
        raise InputError("--before reaches back to the beginning.", "Give a time after 1970.")
    ids = tuple(i.strip().lower() for i in options.id)
    selection = Selection(source=options.source, service=options.service, before_ms=before, ids=ids)
    result = await keeping.delete(settings, selection, really=options.yes)
    _show(result, options, _deleted)
    return 0 if result.blocks or result.errors or result.resolutions else 1


def _deleted(result: DeleteResult) -> str:
    if result.known_as:
        names = "\n".join(f"  {visible(name)}" for name in result.known_as)
        return f"nothing was read under that name; what the file holds was read from:\n{names}\ndelete that by its name"
    verb = "deleted" if result.done else "would delete"
    lines = [
        f"{verb}: {result.errors:,} errors, {result.resolutions:,} resolutions, {result.events:,} events in "
        f"{result.blocks:,} ledger blocks"
    ]
    lines += [f"  {error.count:>7}x {error.id} {visible(error.title)[:80]}" for error in result.removed]
    if result.errors > len(result.removed):
        lines.append(f"  ... and {result.errors - len(result.removed):,} more")
    if result.errors_reduced:
        lines.append(f"{result.errors_reduced:,} errors lose occurrences and stay")
    if result.errors_kept:
        lines.append(f"{result.errors_kept:,} errors stay without occurrences: a fix is recorded, or they were shipped")
    if result.errors_shared:
        lines.append(f"{result.errors_shared:,} errors were seen in other services too and stay")
    if not result.done:
        lines.append("nothing was changed; --yes does it")
    return "\n".join(lines)


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "migrate": runner(_migrate),
    "backup": runner(_backup),
    "restore": runner(_restore),
    "reindex": runner(_reindex),
    "delete": runner(_delete),
}
