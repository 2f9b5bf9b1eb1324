"""Token ids and batches: cut at the limit, nothing padded in vain, each text exactly once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag.embedding.folder import read_folder
from mcp_rag.embedding.tokens import MAX_BATCH_TEXTS, MAX_BATCH_TOKENS, Tokens, batched
from mcp_rag.errors import EmbeddingError


@given(st.lists(st.integers(1, 600), max_size=200))
def test_batches_hold_every_row_once_within_the_limits(lengths: list[int]) -> None:
    """For any mix of lengths: a partition, at most 32 rows and 1,024 padded tokens, sorted by length."""
    rows = [[at] * length for at, length in enumerate(lengths)]

    batches = batched(rows)

    assert sorted(position for batch in batches for position in batch.positions) == list(range(len(rows)))
    assert all(rows[at] is ids for batch in batches for at, ids in zip(batch.positions, batch.ids, strict=True))
    assert all(0 < len(batch.ids) <= MAX_BATCH_TEXTS for batch in batches)
    assert all(len(batch.ids) * len(batch.ids[-1]) <= MAX_BATCH_TOKENS for batch in batches)
    ordered = [len(ids) for batch in batches for ids in batch.ids]
    assert ordered == sorted(ordered)


def test_the_models_own_limit_replaces_the_files(minilm: Path) -> None:
    """tokenizer.json of MiniLM pads and cuts to 128; the model takes 256 and we pad nothing (docs/embeddings.md)."""
    tokens = Tokens(read_folder(minilm))

    assert len(tokens.ids("timeout " * 1000)) == 256
    assert tokens.ids("") == [101, 102]
    assert tokens.ids("Connection REFUSED") == tokens.ids("connection refused")


def test_a_vocabulary_alone_is_enough(tiny: Any, tmp_path: Path) -> None:
    """Older checkpoints without tokenizer.json get the standard WordPiece tokenizer, lower-casing as configured."""
    model = tiny().save(tmp_path / "m")

    assert Tokens(read_folder(model)).ids("Connection errors: zebra") == [2, 6, 5, 9, 12, 1, 3]
    (model / "tokenizer_config.json").write_text('{"do_lower_case": false}', encoding="utf-8")
    assert Tokens(read_folder(model)).ids("Connection errors") == [2, 1, 5, 9, 3]
    (model / "sentence_bert_config.json").write_text('{"do_lower_case": true}', encoding="utf-8")
    assert Tokens(read_folder(model)).ids("Connection errors") == [2, 6, 5, 9, 3]


@pytest.mark.parametrize(
    ("name", "content"),
    [("tokenizer.json", b"{"), ("vocab.txt", b"\xff"), ("vocab.txt", b"error\nrefused\n"), ("vocab.txt", None)],
)
def test_a_damaged_tokenizer_is_an_embedding_error(tiny: Any, tmp_path: Path, name: str, content: bytes | None) -> None:
    """Broken and missing tokenizer files end in our own error."""
    model = tiny().save(tmp_path / "m")
    if content is None:
        (model / name).unlink()
    else:
        (model / name).write_bytes(content)

    with pytest.raises(EmbeddingError):
        Tokens(read_folder(model))
