"""explain_error over an MCP client with a model server on a real socket behind it: whatever that server does, the tool
answers from the evidence, in our words, and writes nothing."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

import anyio
import pytest
from mcp import Client

from mcp_rag import tools
from mcp_rag.app import App
from mcp_rag.server import build_server
from tests.fake_llm import (
    Behaviour,
    Exchange,
    FakeLlm,
    answer,
    busy,
    drops,
    engine_died,
    html,
    never_answers,
    reply,
    status,
    trickles,
    unauthorized,
    unknown_model,
)
from tests.fakes import DictStore

pytestmark = pytest.mark.anyio

LINE = "2026-11-23T10:00:01Z ERROR api connect to db failed: ECONNREFUSED\n"
OTHER = "2026-11-23T10:00:02Z ERROR mail template welcome.html is missing\n"
FIX = "Start the database with `systemctl start postgresql`."
KEY, PASSWORD, LEAK = "sk-planted-secret-key-0123456789", "hunter2-planted", "RAW-SERVER-TEXT"
QUOTE = "connect to db failed"
GOOD = answer(steps=((FIX, ("E1",)),), citations=(("E1", QUOTE),))
# The writes of a DictStore; everything else reads.
WRITES = ("upsert", "delete", "commit", "import", "recover")


@pytest.fixture(autouse=True)
def openai_is_loaded() -> None:
    """Its first import takes seconds on a loaded machine, and the deadlines here are short."""
    importlib.import_module("openai")


@asynccontextmanager
async def explaining(
    make_app: Callable[..., App], script: Any, *, model: str = "qwen3-tiny", **settings: Any
) -> AsyncIterator[tuple[Client, FakeLlm, DictStore]]:
    """A client on an app that knows one error with a fix, and the model server that the app asks."""
    store = DictStore()
    async with FakeLlm(script) as fake:
        url = f"http://user:{PASSWORD}@127.0.0.1:{fake.port}/v1"
        values = {"llm_base_url": url, "llm_model": model, "llm_api_key": KEY, "llm_timeout": 20.0, **settings}
        app = make_app(store=store, **values)
        async with Client(build_server(app), raise_exceptions=False) as client:
            await client.call_tool("ingest_logs", {"text": LINE + OTHER})
            await client.call_tool("record_resolution", {"error_text": LINE, "fix": FIX})
            store.calls.clear()
            yield client, fake, store


async def explained(client: Client, **arguments: Any) -> dict[str, Any]:
    """The data of one explain_error, which must succeed."""
    result = await client.call_tool("explain_error", arguments or {"error_text": LINE})
    assert not result.is_error, result.content[0].text  # type: ignore[union-attr] # text content
    facts: dict[str, Any] = result.structured_content or {}
    return facts


HANG, TRICKLE = never_answers(), trickles(GOOD)
DEGRADED: list[tuple[str, Behaviour]] = [
    ("hang", HANG),
    ("trickle", TRICKLE),
    ("401", unauthorized()),
    ("404 model", unknown_model()),
    ("429", status(429, {"error": {"message": LEAK}}, {"retry-after": "0"})),
    ("500", engine_died()),
    ("503", busy({"retry-after": "3600"})),
    ("reset", drops(0)),
    ("reset in the body", drops()),
    ("HTML", html()),
    ("free text", reply(LEAK)),
    ("null content", reply(None, reasoning=LEAK)),
    ("cut", reply('{"verdict": "known', finish="length")),
    ("1 MB", reply(LEAK * 70_000)),
    ("NaN", reply('{"verdict": NaN}')),
    ("citations of nothing", reply(answer(summary=LEAK, steps=((LEAK, ("E9",)),), citations=(("E1", LEAK),)))),
    ("redirect", status(307, "", {"location": "http://127.0.0.1:1/"})),
]


@pytest.mark.parametrize("script", [d[1] for d in DEGRADED], ids=[d[0] for d in DEGRADED])
async def test_explain_without_llm_degrades(
    make_app: Callable[..., App], script: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """Checks 26 and 27: the same answer as with no model server at all, marked and with the reason; no key, URL
    credential or raw reply in it or in any log."""
    plain = make_app(store=DictStore())
    async with Client(build_server(plain)) as client:
        await client.call_tool("ingest_logs", {"text": LINE + OTHER})
        await client.call_tool("record_resolution", {"error_text": LINE, "fix": FIX})
        wanted = await explained(client)
    with caplog.at_level(logging.DEBUG):
        # Only what never ends has to wait for it.
        deadline = 2.0 if script in (HANG, TRICKLE) else 20.0
        async with explaining(make_app, script, llm_timeout=deadline) as (client, fake, _):
            found = await explained(client)
    assert fake.chats
    assert (found["generated_by"], found["degraded"]) == ("none", True)
    assert "evidence only" in found["degraded_reason"]
    for name in ("verdict", "summary", "root_cause", "steps", "citations"):
        assert found[name] == wanted[name], name
    assert found["verdict"] == "known_fix"
    logged = "\n".join(f"{r.getMessage()} {r.args}" for r in caplog.records if not r.name.startswith("asyncio"))
    for secret in (KEY, PASSWORD, LEAK):
        assert secret not in json.dumps(found)
        assert secret not in logged


async def test_status_shows_no_credentials(make_app: Callable[..., App]) -> None:
    """The model server's URL and key are settings that nothing shows."""
    async with explaining(make_app, reply(GOOD)) as (client, _, _store):
        shown = json.dumps((await client.call_tool("kb_status", {})).structured_content)
    assert KEY not in shown
    assert PASSWORD not in shown


async def test_a_model_answers_and_its_citations_resolve(make_app: Callable[..., App]) -> None:
    """Every id and quote of an answer stands in what get_error shows for it; asked again it costs no request."""
    async with explaining(make_app, reply(GOOD)) as (client, fake, _):
        for arguments in ({"error_text": LINE}, {"error_text": LINE.replace("10:00:01", "11:11:11")}):
            found = await explained(client, **arguments)
            assert (found["generated_by"], found["verdict"]) == ("qwen3-tiny", "known_fix")
            assert found["citations"]
            ids = {c["id"] for c in found["citations"]} | {i for s in found["steps"] for i in s["citations"]}
            for error_id in ids:
                entry = (await client.call_tool("get_error", {"error_id": error_id})).structured_content or {}
                quotes = [c["quote"] for c in found["citations"] if c["id"] == error_id]
                assert all(quote in " ".join(entry["text"].split()) for quote in quotes)
        assert found["cached"]
        assert len(fake.chats) == 1


@pytest.mark.parametrize("script", [reply(GOOD), reply("no"), drops(0)], ids=["good", "nonsense", "reset"])
async def test_explain_never_writes(make_app: Callable[..., App], script: Behaviour) -> None:
    """By text, by id, known and unknown: the store is as it was, and no writing call was tried."""
    async with explaining(make_app, script) as (client, _, store):
        before = deepcopy((store.errors, store.resolutions, store.blocks))
        known = next(iter(store.resolutions.values())).error_id
        for arguments in ({"error_text": LINE}, {"error_id": known}, {"error_text": "never seen: E9999 boom"}):
            await explained(client, **arguments)
        assert (store.errors, store.resolutions, store.blocks) == before
        assert not [name for name in store.calls if name.startswith(WRITES)]


async def test_progress_is_told_while_the_model_works(
    make_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that asked for progress hears from a call that waits for its model; the answer comes after."""
    monkeypatch.setattr(tools, "PROGRESS_EVERY_S", 0.01)
    told = asyncio.Event()
    steps: list[str] = []

    async def answers_when_told(exchange: Exchange) -> None:
        async with asyncio.timeout(10):
            await told.wait()
        await reply(GOOD)(exchange)

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append(message or "")
        if len(steps) == 3:
            told.set()

    async with explaining(make_app, answers_when_told) as (client, _, _store):
        result = await client.call_tool("explain_error", {"error_text": LINE}, progress_callback=progress)
    assert result.structured_content is not None
    assert result.structured_content["generated_by"] == "qwen3-tiny"
    assert len(steps) >= 3
    assert set(steps) == {"explaining"}


async def test_a_cancelled_call_aborts_the_generation(make_app: Callable[..., App]) -> None:
    """Check 39: the client gives up, the model server's connection is closed, the next call works."""
    async with explaining(make_app, [never_answers(), reply(GOOD)]) as (client, fake, store):
        before = deepcopy((store.errors, store.resolutions))
        async with anyio.create_task_group() as group:
            group.start_soon(explained, client)
            async with asyncio.timeout(10):
                await fake.arrived.wait()
            group.cancel_scope.cancel()
        async with asyncio.timeout(10):
            await fake.hung_up.wait()
        assert fake.chats[0].gone
        assert (store.errors, store.resolutions) == before
        assert (await explained(client))["generated_by"] == "qwen3-tiny"
