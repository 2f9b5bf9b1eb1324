"""The MCP face: tools, resources and prompts over one App, and the one place where errors become text for a model."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server import CacheHint, MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import TypeAdapter, ValidationError

from mcp_rag import __version__, render
from mcp_rag.app import App
from mcp_rag.arguments import MISSING, mend, refusal
from mcp_rag.errors import McpRagError
from mcp_rag.fitting import fit_get
from mcp_rag.texts import PROMPTS, instructions
from mcp_rag.tools import RESULTS, ToolSet

log = logging.getLogger("mcp_rag")

WARM_AFTER_S = 0.02
RESOURCE_TOKENS = 4_000

READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
READ_OPEN = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
WRITE_EACH = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

TOOLS: tuple[tuple[str, str, ToolAnnotations], ...] = (
    ("search_errors", "Search errors", READ),
    ("list_errors", "List errors", READ),
    ("get_error", "Get one error", READ),
    ("explain_error", "Explain an error", READ_OPEN),
    ("kb_status", "Knowledge base status", READ),
    ("ingest_logs", "Ingest logs", WRITE),
    ("record_resolution", "Record a resolution", WRITE_EACH),
)
WRITING = frozenset({"ingest_logs", "record_resolution"})


class ErrorTool(Tool):
    """A tool whose refusals and failures are sentences of ours, never a library's. The one error boundary."""

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,  # noqa: FBT001, FBT002 - the base class's signature
    ) -> Any:  # noqa: ANN401 - as above
        try:
            values = self.fn_metadata.validate_arguments(mend(arguments, self.parameters["properties"]))
            result = await self.fn(**values, **{str(self.context_kwarg): context})
        except McpRagError as error:
            raise ToolError(str(error)) from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            value = MISSING if first["type"] == "missing" else first["input"]
            raise ToolError(str(refusal(str(first["loc"][0]), self.parameters["properties"], value))) from None
        except Exception as error:  # noqa: BLE001 - the boundary: the reader gets our words, the operator the traceback
            _log_failure(self.name, error)
            raise ToolError(
                f"mcp-rag failed inside {self.name} ({type(error).__name__}). The server's log on stderr has the "
                "details; kb_status shows what is degraded. Retry: once, then report it."
            ) from None
        return self.fn_metadata.convert_result(result) if convert_result else result


def _log_failure(name: str, error: Exception) -> None:
    """The traceback on stderr, redacted: it may quote log text."""
    from mcp_rag.redact import Redactor

    lines = "".join(traceback.format_exception(error))
    log.error("%s failed:\n%s", name, Redactor()(lines))


def _lean_schema(schema: Any) -> Any:  # noqa: ANN401 - any JSON schema
    """The schema without pydantic's titles and docstring descriptions, which cost tokens and say nothing new."""
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
        return {k: _lean_schema(v) for k, v in kept.items()}
    return [_lean_schema(v) for v in schema] if isinstance(schema, list) else schema


def output_schema(model: type) -> dict[str, Any]:
    """The published result schema: every top-level field with its type; nested models as plain objects, since their
    full shape would triple the cost of the tool list for every client. docs/tools.md has it whole."""
    full = TypeAdapter(model).json_schema()
    properties = {}
    for name, spec in full["properties"].items():
        kind = {"type": spec["type"]} if "type" in spec else {}
        if "$ref" in spec:
            kind = {"type": "object"}
        elif spec.get("type") == "array":
            kind = {"type": "array"}
        properties[name] = kind
    return {"type": "object", "properties": properties}


def _tool(method: Callable[..., Any], title: str, annotations: ToolAnnotations) -> Tool:
    name = method.__name__
    description = " ".join((method.__doc__ or "").split())
    tool = ErrorTool.from_function(method, name=name, title=title, description=description, annotations=annotations)
    tool.parameters = {**_lean_schema(tool.parameters), "additionalProperties": False}
    tool.fn_metadata.output_schema = output_schema(RESULTS[name])
    return tool


def build_server(app: App) -> MCPServer[Any]:
    """The server over one App. Nothing heavy is loaded until the first message was answered."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[App]:
        try:
            yield app
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(4):
                await app.close()

    async def warm_after_first(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        # Warming starts after the answer is on its way: imports would hold it up.
        asyncio.get_running_loop().call_later(WARM_AFTER_S, app.warm)
        return result

    tool_set = ToolSet(app)
    chosen = [entry for entry in TOOLS if not (app.settings.read_only and entry[0] in WRITING)]
    server = MCPServer(
        "mcp-rag",
        title="mcp-rag: a memory of errors",
        version=__version__,
        instructions=instructions(read_only=app.settings.read_only),
        log_level="WARNING",
        lifespan=lifespan,
        middleware=[warm_after_first],
        tools=[_tool(getattr(tool_set, name), title, hints) for name, title, hints in chosen],
        cache_hints={"tools/list": CacheHint(ttl_ms=3_600_000, scope="public")},
    )
    _add_resources(server, app)
    for name, description, function in PROMPTS:
        server.add_prompt(Prompt.from_function(function, name=name, description=description))
    return server


def _add_resources(server: MCPServer[Any], app: App) -> None:
    @server.resource("errors://{error_id}", name="error", title="One error", mime_type="text/markdown")
    async def one_error(error_id: str) -> str:
        """One stored error group with its resolutions, as Markdown."""
        try:
            await app.opened()
            if error_id == "stats":
                return json.dumps(render.data(await app.status.report()), ensure_ascii=False)
            return render.markdown(fit_get(await app.browser.get(error_id), RESOURCE_TOKENS))
        except McpRagError as error:
            # The one error of a resource whose text reaches the client.
            raise ResourceNotFoundError(str(error)) from None
