"""The fake server itself: its shapes are vLLM's, and it does at the socket what it says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests import wire_shapes
from tests.fake_llm import (
    FakeLlm,
    answer,
    bad_request,
    busy,
    drops,
    endless,
    engine_died,
    html,
    missing_field,
    model_row,
    never_answers,
    redirect,
    reply,
    status,
    trickles,
    unauthorized,
    unknown_model,
    unknown_path,
)

CHAT = "/v1/chat/completions"


async def raw(fake: FakeLlm, path: str = CHAT, body: Any = None, *, leave: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
    data = json.dumps(body if body is not None else {"messages": [{"role": "user", "content": "hello there"}]}).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()
    received = b""
    async with asyncio.timeout(5):
        if not leave:
            received = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in received.lower().split(b"\r\n") if line.startswith(b"content-length")]
            received += await reader.read(int(length[0].split(b":")[1]) if length else 65_536)
    writer.close()
    await writer.wait_closed()
    return received


def exchange(script: Any, **request: Any) -> tuple[int, Any, FakeLlm]:
    async def scenario() -> tuple[bytes, FakeLlm]:
        async with FakeLlm(script) as fake:
            return await raw(fake, **request), fake

    received, fake = asyncio.run(scenario())
    head, _, body = received.partition(b"\r\n\r\n")
    try:
        document = json.loads(body)
    except ValueError:
        document = body
    return int(head.split(b" ")[1]), document, fake


@pytest.mark.parametrize(
    ("script", "code", "expected"),
    [
        (unauthorized(), 401, {"error": "Unauthorized"}),
        (unknown_path(), 404, {"detail": "Not Found"}),
        (redirect("http://x/"), 307, b""),
    ],
)
def test_fixed_answers(script: Any, code: int, expected: Any) -> None:
    """Facts 1.2, rows 401 and 404 path."""
    assert exchange(script)[:2] == (code, expected)


@pytest.mark.parametrize(
    ("script", "code", "kind", "param"),
    [
        (bad_request("input_tokens"), 400, "BadRequestError", "input_tokens"),
        (unknown_model(), 404, "NotFoundError", "model"),
        (engine_died(), 500, "InternalServerError", None),
        (busy(), 503, "Service Unavailable", None),
    ],
)
def test_error_objects(script: Any, code: int, kind: str, param: str | None) -> None:
    """Facts 1.2: the error object of vLLM has message, type, param and code."""
    code_seen, document, _ = exchange(script)
    error = document["error"]
    assert (code_seen, error["type"], error["param"], error["code"]) == (code, kind, param, code)
    assert set(error) == {"message", "type", "param", "code"}


def test_unknown_fields_are_ignored_and_recorded() -> None:
    """Measured: vLLM answers 200 to fields it does not know, so the fake must not be stricter."""
    status, document, fake = exchange(reply("hi"), body={"messages": [], "guided_json": {}, "whatever": 1})
    assert (status, document["choices"][0]["message"]["content"]) == (200, "hi")
    assert fake.chats[0].json["whatever"] == 1


def test_other_paths() -> None:
    """Model list, token count and health answer as vLLM's do."""
    assert exchange((), path="/v1/models")[1]["data"][0]["max_model_len"] == 2048
    request = {"messages": [{"role": "user", "content": "x" * 400}]}
    counted = exchange((), path="/tokenize", body=request)[1]
    assert (counted["count"], counted["max_model_len"], len(counted["tokens"])) == (100, 2048, 100)
    assert exchange((), path="/health")[:2] == (200, b"")
    assert exchange((), path="/nowhere")[0] == 404
    assert exchange(html())[1].startswith(b"<html>")


def test_the_script_advances_and_its_last_behaviour_stays() -> None:
    """One behaviour per chat request; without a script a good answer."""

    async def scenario() -> list[int]:
        async with FakeLlm([busy(), reply("x")]) as fake:
            return [int((await raw(fake)).split(b" ")[1]) for _ in range(3)]

    assert asyncio.run(scenario()) == [503, 200, 200]
    assert exchange(())[1]["choices"][0]["message"]["content"] == answer()


@pytest.mark.parametrize("script", [never_answers(), trickles("x"), endless()])
def test_a_client_that_leaves_is_noticed(script: Any) -> None:
    """Disconnects are recorded."""

    async def scenario() -> bool:
        async with FakeLlm(script) as fake:
            await raw(fake, leave=True)
            async with asyncio.timeout(5):
                await fake.hung_up.wait()
            return fake.chats[0].gone

    assert asyncio.run(scenario())


def test_a_dropped_connection_ends_in_the_middle() -> None:
    """The promised length is not reached."""

    async def scenario() -> bytes:
        async with FakeLlm(drops(10)) as fake:
            reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
            async with asyncio.timeout(5):
                received = await reader.read()
            writer.close()
            return received

    assert len(asyncio.run(scenario()).partition(b"\r\n\r\n")[2]) == 10


def _row(name: str, parent: str | None = None) -> dict[str, Any]:
    return model_row(name, None if parent else 2_048, parent)


# What each recorded case is played by.
PLAYED: dict[str, tuple[Any, str]] = {
    "chat": (reply("x"), CHAT),
    "reasoning": (reply(None, reasoning="x", finish="length", tokens=8), CHAT),
    "length": (reply("x", finish="length", tokens=8), CHAT),
    "unauthorized": (unauthorized(), CHAT),
    "unknown_model": (unknown_model(), CHAT),
    "unknown_path": ((), "/nowhere"),
    "input_tokens": (bad_request("input_tokens"), CHAT),
    "input_text": (bad_request("input_text"), CHAT),
    "max_tokens": (bad_request("max_tokens"), CHAT),
    "bad_field": (bad_request(None), CHAT),
    "missing_field": (missing_field("body.messages"), CHAT),
    "bad_schema": (bad_request(None), CHAT),
    "models": ((), "/v1/models"),
    "adapter": (status(200, _row("diag", "qwen3-tiny")), CHAT),
    "tokenize": ((), "/tokenize"),
}


def test_every_recorded_case_is_played() -> None:
    """A case that is added to the record needs its counterpart here, and none is left behind."""
    assert set(PLAYED) == set(wire_shapes.recorded())


@pytest.mark.parametrize("name", PLAYED)
def test_the_shapes_are_those_of_a_real_server(name: str) -> None:
    """The fake cannot drift: status, keys, kinds and the fixed words of an error are those that scripts/test-vllm
    recorded from a running vLLM."""
    script, path = PLAYED[name]
    code, document, _ = exchange(script, path=path)
    assert wire_shapes.case(code, document) == wire_shapes.recorded()[name]
