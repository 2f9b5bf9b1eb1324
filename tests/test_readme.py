"""The README is run: its commands exist, its configuration is what `mcp-rag config` prints, its answers are real.

`MCP_RAG_WRITE_README=1 scripts/test tests/test_readme.py` writes the answers of this code into the README.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import time
from pathlib import Path

import pytest

from mcp_rag import config, samples, terminal
from mcp_rag.app import App
from mcp_rag.cli import build_parser
from mcp_rag.clients import client_config
from mcp_rag.search import SearchRequest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"

SEEN = """2026-11-24 09:14:02.511 UTC [812] ERROR:  deadlock detected
2026-11-24 09:14:02.511 UTC [812] DETAIL:  Process 812 waits for ShareLock on transaction 99; blocked by process 813."""
WHY = """TypeError: Cannot read properties of undefined (reading 'currency')
    at formatPrice (/srv/storefront/dist/price.js:88:31)"""
PROMPTS = {
    "search": ("Have we seen this before, and what fixed it?", SEEN, "search_errors"),
    "explain": ("Why does our page fail with this, and is it known?", WHY, "explain_error"),
}


def _normal(text: str) -> str:
    """Times and the age of the samples change from run to run; nothing else may."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d:\d\d[.,]\d{3}|\b1\d{12}\b", "TIME", text)
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)


async def _answers(directory: Path) -> dict[str, str]:
    settings = config.load({}, data_dir=str(directory / "data"))
    samples.write(directory / "logs", time.time_ns() // 1_000_000)
    app = App(settings)
    try:
        await app.ready()
        async for _ in app.ingest(paths=[str(directory / "logs")], trusted=True):
            pass
        found = await app.searcher.search(SearchRequest(PROMPTS["search"][1], limit=1))
        explained = await app.explain.explain(PROMPTS["explain"][1], "", "")
        return {"search": terminal.search(found), "explain": terminal.explain(explained)}
    finally:
        await app.close()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The two answers from a fresh store with the sample logs and the shipped knowledge."""
    return asyncio.run(_answers(tmp_path_factory.mktemp("readme")))


def _block(name: str, answer: str) -> str:
    question, paste, tool = PROMPTS[name]
    quoted = "\n".join(f"> {line}" for line in paste.split("\n"))
    return (
        f"<!-- example: {name} -->\n> {question}\n>\n> ```text\n{quoted}\n> ```\n\n"
        f"The agent calls `{tool}`, which answers:\n\n```text\n{answer}\n```\n<!-- end: {name} -->"
    )


@pytest.mark.parametrize("name", PROMPTS)
def test_the_answers_in_the_readme_are_real(name: str, answers: dict[str, str]) -> None:
    """Issue: the README's example answers are run by a test. Fails when an answer is not what this code gives."""
    readme = README.read_text(encoding="utf-8")
    shown = re.search(rf"<!-- example: {name} -->.*?<!-- end: {name} -->", readme, re.DOTALL)
    wanted = _block(name, answers[name])
    if os.environ.get("MCP_RAG_WRITE_README"):
        pattern = rf"<!-- example: {name} -->(?:.*?<!-- end: {name} -->)?"
        README.write_text(re.sub(pattern, lambda _: wanted, readme, count=1, flags=re.DOTALL), encoding="utf-8")
        return
    assert shown is not None, f"the README has no example {name}"
    assert _normal(shown.group()) == _normal(wanted)


def _shell_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.split("\n") if line.split("#")[0].strip()]


def test_the_readme_names_the_two_commands() -> None:
    """Issue: the README's two commands are `scripts/demo` and `scripts/test`, and both can be run."""
    commands = _shell_commands()
    for script in ("scripts/demo", "scripts/test"):
        assert script in commands
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("line", [c for c in _shell_commands() if "mcp-rag " in c])
def test_every_command_line_in_the_readme_parses(line: str) -> None:
    """Issue: the README's commands are run by a test: each one is accepted by the real parser."""
    arguments = shlex.split(line.rsplit("|", 1)[-1])
    assert arguments[0] == "mcp-rag"
    assert build_parser().parse_args(arguments[1:]).command == arguments[1]


def test_the_client_configuration_is_what_the_command_prints() -> None:
    """Issue: the config snippet is run by a test: same shape as `mcp-rag config`, whose command exists."""
    snippet = re.search(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert snippet is not None
    shown = json.loads(snippet.group(1))["mcpServers"]["mcp-rag"]
    printed = json.loads(client_config("claude-desktop"))["mcpServers"]["mcp-rag"]
    assert shown["args"] == printed["args"]
    assert Path(printed["command"]).is_absolute()
    assert Path(printed["command"]).exists()
    known = {config.environment_name(name) for name in config.Settings.__dataclass_fields__}
    assert set(shown["env"]) <= known


def test_every_link_in_the_readme_leads_somewhere() -> None:
    """A document that the README names exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
