"""The public contract: names, schemas, descriptions and annotations of all tools, as published to a client.

`MCP_RAG_REWRITE_SNAPSHOTS=1 pytest tests/test_contract.py` writes tests/snapshots/tools.json anew: on purpose only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from mcp_rag.app import App
from mcp_rag.server import TOOLS, WRITING, build_server
from mcp_rag.texts import INSTRUCTIONS
from tests.real_tokens import real_tokens

pytestmark = pytest.mark.anyio

SNAPSHOT = Path(__file__).parent / "snapshots" / "tools.json"
REWRITE = "MCP_RAG_REWRITE_SNAPSHOTS"


async def published(app: App, mode: str = "auto") -> list[dict[str, Any]]:
    """The tools as a client gets them."""
    async with Client(build_server(app), mode=mode) as client:
        tools = (await client.list_tools()).tools
        return [t.model_dump(mode="json", by_alias=True, exclude_none=True) for t in tools]


async def test_the_contract_is_the_committed_one(app: App) -> None:
    """A changed name, schema, description or annotation is a decision, not an accident (DESIGN section 3)."""
    tools = await published(app)
    if os.environ.get(REWRITE):
        SNAPSHOT.write_text(json.dumps(tools, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert tools == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


async def test_both_eras_publish_the_same(app: App) -> None:
    """tools/list does not depend on the handshake."""
    assert await published(app, "auto") == await published(app, "legacy")


async def test_all_definitions_cost_under_3000_tokens(app: App) -> None:
    """Counted with cl100k_base and o200k_base on the JSON that a host reads."""
    tools = await published(app)
    assert real_tokens(json.dumps(tools, ensure_ascii=False, separators=(",", ":"))) < 3_000


def keys(schema: Any) -> set[str]:
    """All keys of a schema, nested ones too."""
    if isinstance(schema, dict):
        return set(schema) | {k for v in schema.values() for k in keys(v)}
    return {k for v in schema for k in keys(v)} if isinstance(schema, list) else set()


async def test_arguments_are_flat_scalars_with_plain_defaults(app: App) -> None:
    """No anyOf, no references, no nesting but one list of paths; every argument described; nothing else accepted."""
    for tool in await published(app):
        schema = tool["inputSchema"]
        assert not keys(schema) & {"anyOf", "oneOf", "allOf", "$ref", "$defs", "title"}, tool["name"]
        assert schema["additionalProperties"] is False
        for name, spec in schema["properties"].items():
            assert spec["type"] in ("string", "integer") or (tool["name"], name) == ("ingest_logs", "paths")
            assert spec["description"]
            assert name in schema.get("required", []) or "default" in spec


async def test_every_tool_has_its_annotations_and_a_result_schema(app: App) -> None:
    """Annotations are set on every tool: readers read, ingest is idempotent, only explain reaches out."""
    tools = {t["name"]: t for t in await published(app)}
    assert list(tools) == [name for name, _, _ in TOOLS]
    for name, tool in tools.items():
        hints = tool["annotations"]
        assert hints["readOnlyHint"] is (name not in WRITING)
        assert hints["openWorldHint"] is (name == "explain_error")
        assert hints["destructiveHint"] is False
        assert hints["idempotentHint"] is (name != "record_resolution")
        assert tool["title"]
        assert len(tool["description"]) < 2_048
        assert tool["outputSchema"]["type"] == "object"


async def test_read_only_takes_the_write_tools_away(make_app: Callable[..., App]) -> None:
    """Write tools vanish from tools/list in read-only mode, and calling one by name is refused too."""
    app = make_app(read_only=True)
    assert [t["name"] for t in await published(app)] == [n for n, _, _ in TOOLS if n not in WRITING]
    async with Client(build_server(app)) as client:
        for name in sorted(WRITING):
            result = await client.call_tool(name, {"text": "x", "fix": "y"})
            assert result.is_error


async def test_instructions(app: App) -> None:
    """Under 2,000 characters, and every tool is in them by intent."""
    async with Client(build_server(app), mode="legacy") as client:
        assert client.instructions == INSTRUCTIONS
    assert len(INSTRUCTIONS) < 2_000
    assert all(name in INSTRUCTIONS for name, _, _ in TOOLS)


async def test_server_identity(app: App) -> None:
    """Name and version are told; prompts and resources are listed."""
    async with Client(build_server(app), mode="legacy") as client:
        assert (client.server_info.name, bool(client.server_info.version)) == ("mcp-rag", True)
        prompts = {p.name for p in (await client.list_prompts()).prompts}
        assert prompts == {"triage-log", "explain-trace", "post-incident-note"}
        templates = (await client.list_resource_templates()).resource_templates
        assert [t.uri_template for t in templates] == ["errors://{error_id}"]
