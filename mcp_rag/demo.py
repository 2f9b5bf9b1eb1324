"""The main job, run for real: the server as a client would start it, over stdio, on the sample logs of the package."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from mcp_rag import samples, terminal
from mcp_rag.clients import client_config, server_command
from mcp_rag.config import Settings, environment_name

CALL_TIMEOUT_S = 120.0


class DemoFailedError(Exception):
    """A step of the demo did not give what it must; the text says which."""


def run(settings: Settings, *, keep: bool) -> int:
    """Run the demo in a throw-away data directory, or in the configured one. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="mcp-rag-demo-") as scratch:
        logs = Path(scratch) / "logs"
        logs.mkdir()
        data_dir = settings.data_path() if keep else Path(scratch) / "data"
        samples.write(logs, time.time_ns() // 1_000_000)
        try:
            asyncio.run(_main_job(settings, logs, data_dir))
        except DemoFailedError as error:
            terminal.note(f"mcp-rag demo: {error}")
            return 1
    _say_how_to_go_on()
    return 0


def _environment(settings: Settings, logs: Path, data_dir: Path) -> dict[str, str]:
    """The server's environment: ours, with the demo's directories."""
    environment = dict(os.environ)
    overrides = {"data_dir": str(data_dir), "log_roots": str(logs), "read_only": "false"}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value != field.default and isinstance(value, str):
            overrides.setdefault(field.name, value)
    environment.update({environment_name(name): value for name, value in overrides.items()})
    return environment


async def _main_job(settings: Settings, logs: Path, data_dir: Path) -> None:
    from mcp import Client, StdioServerParameters

    command, *arguments = server_command()
    terminal.note("starting the server: mcp-rag serve (stdio) ...")
    started = time.monotonic()
    parameters = StdioServerParameters(command=command, args=arguments, env=_environment(settings, logs, data_dir))
    async with Client(parameters) as client:
        terminal.note(f"connected in {time.monotonic() - started:.1f} s, protocol {client.protocol_version}")
        call = _caller(client)
        await _ingest(call, logs)
        top = await _search(call, "a trace as someone pastes it: other ids, paths, lines and times")
        await _explain(call)
        terminal.note("recording what fixed it ...")
        stored = await call("record_resolution", error_id=top["id"], fix=samples.DEMO_FIX, environment="production")
        _heading("record_resolution: the fix is kept for the next person")
        terminal.out(f'  stored as {stored["id"]} for "{stored["error_title"]}"')
        again = await _search(call, "the same paste again, now with the fix on top")
        if not again.get("resolutions") or again["id"] != top["id"]:
            raise DemoFailedError("the second search did not show the recorded fix on top.")


def _caller(client: Any) -> Callable[..., Any]:  # noqa: ANN401 - the client's type would import mcp
    async def call(tool: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        result = await asyncio.wait_for(client.call_tool(tool, arguments), CALL_TIMEOUT_S)
        if result.is_error:
            raise DemoFailedError(f"{tool} answered: {result.content[0].text}")
        facts: dict[str, Any] = result.structured_content
        return facts

    return call


def _heading(text: str) -> None:
    terminal.out(f"\n{terminal.style(text, 'bold')}")


async def _ingest(call: Callable[..., Any], logs: Path) -> None:
    terminal.note("ingesting the sample logs ...")
    while True:
        report = await call("ingest_logs", paths=[str(logs)])
        terminal.note(f"  {report['lines']} lines, {report['stored']} events stored")
        if report["complete"]:
            break
    _heading(f"ingest_logs: {report['lines']} lines, {report['groups_new']} new errors")
    terminal.out(
        f"  {report['events']} events = {report['stored']} stored + {report['below_level']} below WARNING + "
        f"{report['refused']} refused; {report['groups_known_with_resolution']} errors are known with a fix"
    )
    redacted = ", ".join(f"{kind} {n}" for kind, n in report.get("redactions", {}).items())
    terminal.out(f"  redacted before storing: {redacted or 'nothing'}")
    for error in report["top_errors"][:6]:
        fix = f"  -> {error['fix'][:70]}" if error.get("fix") else ""
        terminal.out(f"  {error['count']:>5}x {error['state']:<10} {error['title'][:80]}{fix}")


async def _search(call: Callable[..., Any], about: str) -> dict[str, Any]:
    terminal.note("searching with a pasted trace ...")
    started = time.monotonic()
    result = await call("search_errors", error_text=samples.DEMO_PASTE, limit=3)
    took = 1000 * (time.monotonic() - started)
    _heading(f"search_errors: {about}")
    if not result["hits"]:
        raise DemoFailedError(f"the search found nothing: {result.get('hint', '')}")
    for hit in result["hits"]:
        terminal.out(f"  {hit['rank']}. {hit['title'][:100]}")
        terminal.out(f"     {hit['match_quality']} ({hit['match_type']}): {'; '.join(hit['why'])[:110]}")
        for resolution in hit.get("resolutions", []):
            terminal.out(f"     {terminal.style('fix', 'green')}: {resolution['fix'][:160]}")
    terminal.out(f"  ({took:.0f} ms, {result['retrieval_mode']})")
    first: dict[str, Any] = result["hits"][0]
    return first


async def _explain(call: Callable[..., Any]) -> None:
    terminal.note("explaining it ...")
    result = await call("explain_error", error_text=samples.DEMO_PASTE)
    by = result["generated_by"] if result["generated_by"] != "none" else "evidence only, no model server configured"
    _heading(f"explain_error: {result['verdict']} ({by})")
    terminal.out(f"  {result['summary']}")
    for step in result["steps"]:
        terminal.out(f"  - {step['text'][:200]}")


def _say_how_to_go_on() -> None:
    _heading("Claude Desktop: put this into claude_desktop_config.json")
    terminal.out(client_config("claude-desktop"))
    _heading("Serve it yourself")
    terminal.out("  " + " ".join(server_command()))
    terminal.out(f"  your own logs: {server_command()[0]} ingest PATH")
