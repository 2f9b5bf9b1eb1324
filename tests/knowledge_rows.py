"""A small knowledge base for tests that move, keep and delete one: what an ingest of three logs would leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcp_rag.ranking import document_weights
from mcp_rag.rows import BlockRow, ErrorGroup, Resolution, ResolutionOutcome
from mcp_rag.types import Level
from tests.fakes import HashEmbedder, hex_id

HOUR = 3_600_000
DAY = 24 * HOUR
DIMENSION = 64


def group(name: str, text: str, **changes: Any) -> ErrorGroup:
    """A group as ingest writes it, but for its vector."""
    row = ErrorGroup(
        id=hex_id(name),
        title=text,
        template=text,
        sample=f"2026-01-01 ERROR {text}\n  at app.run(app.py:1)",
        dense_text=text,
        text=text,
        level=Level.ERROR,
        codes=("E0308",),
        services=("api",),
        language="python",
        frames=("app:run",),
        sources=("/logs/a.log",),
        messages=(text,),
        sparse=document_weights(text),
    )
    return replace(row, **changes)


def block(name: str, counts: dict[str, int], **changes: Any) -> BlockRow:
    """A ledger row that counts the named groups in its own hour."""
    row = BlockRow(
        id=hex_id(name),
        head=hex_id(f"head of {name}"),
        source="/logs/a.log",
        service="",
        size_bytes=1_000,
        lines=50,
        events=sum(counts.values()),
        min_level=Level.WARN,
        open=False,
        applied=False,
        created_ms=10 * DAY,
        counts={hex_id(g): {10 * DAY: n} for g, n in counts.items()},
        first_seen={hex_id(g): 10 * DAY + 5 for g in counts},
        last_seen={hex_id(g): 10 * DAY + 9 for g in counts},
    )
    return replace(row, **changes)


def resolution(name: str, error: str) -> Resolution:
    """A fix that worked twice."""
    return Resolution(
        id=hex_id(name),
        error_id=hex_id(error),
        symptom="symptom",
        fix="restart the pool",
        title="restart",
        outcomes=(ResolutionOutcome("worked", "prod", "1.2", 2, 9 * DAY, "as user bob@example.com"),),
        created_ms=1,
        verified_ms=2,
    )


async def fill(store: Any, embedder: HashEmbedder | None = None) -> None:
    """Put three groups, three ledger rows and one resolution into an open store."""
    embedder = embedder or HashEmbedder(DIMENSION)
    groups = [
        group("disk", "disk full on host mail@corp.example"),
        group("pool", "connection pool exhausted", services=("api", "worker")),
        group("null", "null pointer in checkout", services=("shop",), sources=("/logs/b.log",)),
    ]
    vectors = await embedder.embed_documents([g.dense_text for g in groups])
    await store.upsert_errors([replace(g, vector=tuple(map(float, v))) for g, v in zip(groups, vectors, strict=True)])
    await store.upsert_resolutions([resolution("fix", "pool")])
    await store.commit_block(block("one", {"disk": 3, "pool": 2}))
    await store.commit_block(block("two", {"disk": 1}, source="/logs/b.log", created_ms=20 * DAY))
    await store.commit_block(block("three", {"null": 7}, source="/logs/b.log", created_ms=20 * DAY))
    await store.flush()
