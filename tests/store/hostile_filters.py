"""Filters against hostile strings, for whichever store: the engine selects what Python selects (checks 14, 15)."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from mcp_rag.errors import InputError
from mcp_rag.rows import ErrorFilter
from mcp_rag.store import MilvusStore
from mcp_rag.store.filters import MAX_VALUE_BYTES, clean_item, keep
from tests.contracts.test_store import block, group
from tests.fakes import hex_id

HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ['"', "\\", "\n", "\r", "\t", " or ", " and ", "id != ", "{", "}", "%", "_", "|", "'", "🙂", "é", "]", "("]
        ),
    ),
    max_size=8,
).map("".join)
ROW = st.tuples(HOSTILE, HOSTILE, HOSTILE)


async def check_filters(store: MilvusStore, rows: list[tuple[str, str, str]], queries: list[str]) -> None:
    """Rows with these texts, filtered by these and by their own: the engine selects what Python selects. The rows are
    gone afterwards."""
    groups = [
        group(str(n), language=language.replace("\x00", ""), services=(service,), codes=(code,))
        for n, (language, service, code) in enumerate(rows)
    ]
    await store.upsert_errors(groups)
    stored = await store.get_errors([g.id for g in groups])
    values = [*queries, *(text for row in rows for text in row)]
    for value in values[:12]:
        for where in (ErrorFilter(language=value), ErrorFilter(service=value), ErrorFilter(codes=(value, "x"))):
            if len(value.encode("utf-8", "replace")) > MAX_VALUE_BYTES:
                continue
            found = {g.id for g in await store.query_errors(where, 100)}
            assert found == {g.id for g in keep(stored, where)}, where
            assert await store.count_errors(where) == len(found), where
    for n, (language, service, _code) in enumerate(rows):
        if language.strip() and language.encode("utf-8", "replace").decode() == language and len(language) < 60:
            found = {g.id for g in await store.query_errors(ErrorFilter(language=stored[n].language or "x"), 100)}
            assert stored[n].language == "" or stored[n].id in found
        if clean_item(service):
            assert stored[n].id in {g.id for g in await store.query_errors(ErrorFilter(service=service), 100)}
    await store.delete_errors([g.id for g in groups])


async def check_ids_of_calls(store: MilvusStore, bad: str) -> None:
    """Whatever is no id is refused by every call that takes one, beside good ones too, and nothing is deleted; a source
    or service of that name deletes nothing but its own blocks."""
    kept = group("kept")
    await store.upsert_errors([kept])
    await store.commit_block(block("kept block", {"kept": {0: 1}}))
    for ids in ([bad], [kept.id, bad]):
        for call in (
            store.get_errors,
            store.delete_errors,
            store.get_blocks,
            store.get_resolutions,
            store.delete_resolutions,
            store.resolutions_of,
            store.export_errors,
        ):
            with pytest.raises(InputError):
                await call(ids)
        with pytest.raises(InputError):
            await store.delete_blocks(ids=ids)
        with pytest.raises(InputError):
            await store.commit_block(block("other", {"kept": {0: 1}}), ids)
    with pytest.raises(InputError):
        await store.find_open_blocks([bad])
    if bad and len(bad.encode("utf-8", "replace")) <= MAX_VALUE_BYTES:
        assert await store.delete_blocks(source=bad) == 0
        assert await store.delete_blocks(service=bad) == 0
    assert [g.count for g in await store.get_errors([kept.id])] == [1]
    assert await store.list_ids("blocks") == [hex_id("kept block")]


# What no engine may take for an id, whatever it does with quotes (facts/reliability.md 3, rows 1 and 2).
BAD_IDS = st.one_of(
    HOSTILE,
    st.sampled_from(
        [
            "x'] or id not in ['x",
            'zzz" or id != "zzz',
            hex_id("kept").upper(),
            hex_id("kept") + "\n",
            "\u0661" * 32,
            "0" * 31,
            "0" * 10_000,
        ]
    ),
)
