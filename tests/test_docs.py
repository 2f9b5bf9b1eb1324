"""Every setting, command, tool, prompt, resource, exit code and format is documented, with its real wording.

The reference parts of docs/settings.md, docs/cli.md and docs/tools.md stand between markers and are made from the code:
`MCP_RAG_REWRITE_SNAPSHOTS=1 pytest tests/test_docs.py` writes them anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from mcp_rag import results
from mcp_rag.app import App
from mcp_rag.cli import build_parser
from mcp_rag.config import Settings, environment_name
from mcp_rag.formats import FORMATS
from mcp_rag.server import TOOLS, build_server
from mcp_rag.texts import PROMPTS
from mcp_rag.tools import RESULTS

ROOT = Path(__file__).parents[1]
REWRITE = "MCP_RAG_REWRITE_SNAPSHOTS"


def page(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def cell(text: str) -> str:
    """Text of a table cell."""
    return text.replace("|", "\\|")


# ---------------------------------------------------------------- settings
def settings_table() -> str:
    """One row a setting: environment name, default with its unit, meaning."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        default = field.default
        if isinstance(default, bool):
            shown = str(default).lower()
        elif isinstance(default, int | float):
            shown = f"{default:,}" if default > 9_999 else str(default)
        else:
            shown = default or ""
        unit = f" {field.metadata['unit']}" if field.metadata["unit"] else ""
        secret = " Secret." if field.metadata["secret"] else ""
        value = f"`{shown}`{unit}" if shown else "empty"
        rows.append(f"| `{environment_name(field.name)}` | {value} | {cell(field.metadata['doc'])}{secret} |")
    return "\n".join(rows)


# ---------------------------------------------------------------- commands
def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser."""
    parser = build_parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def command_reference() -> str:
    """One section a command: its sentence, then its arguments."""
    parts = []
    for name, parser in commands():
        parts += [f"### `mcp-rag {name}`", "", str(parser.description), "", "| argument | meaning |", "| --- | --- |"]
        for action in parser._actions:
            if "--help" in action.option_strings:
                continue
            label = ", ".join(action.option_strings) or action.dest
            choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
            meaning = (action.help or "").strip()
            parts.append(f"| `{label}` | {cell(meaning)}{choices} |")
        parts.append("")
    return "\n".join(parts).rstrip()


# ---------------------------------------------------------------- tools
def tool_reference() -> str:
    """One section a tool: its description as a model reads it, arguments, and the fields of its result."""
    parts = []
    tools = {tool.name: tool for tool in build_server(App(Settings()))._tool_manager.list_tools()}
    for name, title, hints in TOOLS:
        tool = tools[name]
        kind = "reads" if hints.read_only_hint else "writes"
        again = "idempotent" if hints.idempotent_hint else "each call counts"
        world = ", asks the configured model server" if hints.open_world_hint else ""
        parts += [f"### `{name}`", "", f"{title}: {kind}, {again}{world}.", "", tool.description, ""]
        properties: dict[str, Any] = tool.parameters["properties"]
        if properties:
            parts += ["| argument | type | default | meaning |", "| --- | --- | --- | --- |"]
        for argument, spec in properties.items():
            default = f"`{spec['default']!r}`" if "default" in spec else "required"
            parts.append(f"| `{argument}` | {spec['type']} | {default} | {cell(spec['description'])} |")
        model = RESULTS[name]
        parts += ["", f"Result (`{model.__name__}`): {fields_of(model)}", ""]
    parts += ["### Parts of results", ""]
    for model in nested():
        parts.append(f"- `{model.__name__}`: {fields_of(model)}")
    return "\n".join(parts)


def nested() -> list[type]:
    """Result parts, in the order they are defined."""
    tops = set(RESULTS.values())
    return [v for v in vars(results).values() if isinstance(v, type) and dataclasses.is_dataclass(v) and v not in tops]


def fields_of(model: type) -> str:
    """Names and types of a result's fields."""
    hints = get_type_hints(model)
    return ", ".join(f"`{f.name}` {type_name(hints[f.name])}" for f in dataclasses.fields(model)) + "."


def type_name(hint: Any) -> str:
    """A type in words."""
    if get_origin(hint) is Literal:
        return "/".join(get_args(hint))
    if get_origin(hint) is list:
        return f"list of {type_name(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return f"map to {type_name(get_args(hint)[1])}"
    names = {str: "text", int: "integer", float: "number", bool: "true/false"}
    return names.get(hint) or str(getattr(hint, "__name__", hint))


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_table,
    "cli.md": command_reference,
    "tools.md": tool_reference,
}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_the_code(name: str) -> None:
    """The part between the markers is exactly what the code says: names, defaults, units, wording."""
    wanted = f"<!-- made from the code -->\n{PAGES[name]()}\n<!-- end -->"
    text = page(name)
    pattern = re.compile(r"<!-- made from the code -->.*<!-- end -->", re.DOTALL)
    if os.environ.get(REWRITE):
        text = pattern.sub(lambda _: wanted, text)
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
    found = pattern.search(text)
    assert found is not None
    assert found.group() == wanted, f"run {REWRITE}=1 pytest tests/test_docs.py"


def test_every_format_is_documented() -> None:
    """docs/formats.md lists each format that `mcp-rag formats` prints."""
    text = page("formats.md")
    assert [f.name for f in FORMATS if f"`{f.name}`" not in text] == []


def test_prompts_and_resources_are_documented() -> None:
    """docs/tools.md names every prompt and resource."""
    text = page("tools.md")
    for name, _, _ in PROMPTS:
        assert f"`{name}`" in text
    assert "`errors://{id}`" in text
    assert "`errors://stats`" in text


def test_exit_codes_are_documented() -> None:
    """docs/cli.md has the exit codes that cli.py promises."""
    text = page("cli.md")
    for code in ("0", "1", "2", "3", "130"):
        assert f"| {code} |" in text


def known_commands() -> set[str]:
    """Names of the commands."""
    return {name for name, _ in commands()}


def mentioned() -> Iterator[tuple[str, str]]:
    """Every command in backticks or in a fix, with the file that names it."""
    for pattern in ("mcp_rag/**/*.py", "docs/*.md", "README.md"):
        for path in sorted(ROOT.glob(pattern)):
            for name in re.findall(r"`mcp-rag ([a-z][a-z-]+)", path.read_text(encoding="utf-8")):
                yield name, str(path.relative_to(ROOT))


def test_every_command_that_is_named_exists() -> None:
    """No error text or page sends anyone to a command that is not there."""
    missing = sorted({(name, where) for name, where in mentioned() if name not in known_commands()})
    assert missing == []


def test_every_variable_that_is_named_exists() -> None:
    """No error text or page names a setting that is not there."""
    known = {environment_name(f.name) for f in dataclasses.fields(Settings)} | {"MCP_RAG_CONFIG"}
    missing = set()
    for pattern in ("mcp_rag/**/*.py", "docs/*.md", "README.md", "server.json"):
        for path in sorted(ROOT.glob(pattern)):
            for name in re.findall(r"\bMCP_RAG_[A-Z][A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")):
                if name not in known and not any(k.startswith(name + "_") for k in known):
                    missing.add((name, str(path.relative_to(ROOT))))
    allowed = {"MCP_RAG_EXTRAS", "MCP_RAG_VENV", REWRITE}
    assert {m for m in missing if m[0] not in allowed} == set()


def test_modules_document_themselves() -> None:
    """Every module says what it is for (house rule)."""
    assert isinstance(results, types.ModuleType)
    for path in sorted(ROOT.glob("mcp_rag/**/*.py")):
        assert path.read_text(encoding="utf-8").lstrip().startswith('"""'), path
