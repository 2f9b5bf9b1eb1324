"""The two torch-free backends: equal vectors on MiniLM and on every BERT shape, whatever the batch.

That both also equal sentence-transformers and transformers is shown by test_torch_lane.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag.embedding.bert import BertEncoder
from mcp_rag.embedding.folder import read_folder
from mcp_rag.embedding.identity import Identity
from mcp_rag.embedding.plain import PlainModel
from mcp_rag.embedding.pooling import unit
from mcp_rag.embedding.runtime import OnnxModel
from mcp_rag.embedding.tokens import Tokens
from mcp_rag.errors import EmbeddingError

TEXTS = [
    "",
    "connection refused",
    "java.sql.SQLException: Connection is closed",
    "error[E0308]: mismatched types",
    "连接 超时 错误",
    "x" * 500,
    "TimeoutError: " * 200,
    "Ünïcödé \u0000 \u200b 🚀",
]


EXPECTED = [
    [0.0424309, 0.0362550, -0.0681072, -0.0320117],
    [-0.0405313, -0.0014862, 0.0474340, 0.0637563],
]


def both(path: Path, rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of the rows by both backends."""
    folder = read_folder(path)
    return unit(OnnxModel(folder).pooled(rows)), unit(PlainModel(folder).pooled(rows))


@pytest.fixture(scope="module")
def onnx(minilm: Path) -> BertEncoder:
    """MiniLM in ONNX Runtime."""
    folder = read_folder(minilm)
    return BertEncoder(folder, OnnxModel(folder), Identity("m", 384))


def embed(encoder: BertEncoder, texts: list[str]) -> np.ndarray:
    """Vectors in input order."""
    out = np.zeros((len(texts), encoder.identity.dimension), np.float32)
    for batch in encoder.plan(texts, "document"):
        out[batch.positions] = encoder.run(batch)
    return out


def test_backends_agree_on_minilm(minilm: Path) -> None:
    """Within 1e-6 on empty, short, long, foreign and unknown text (measured 2.6e-7): a collection outlives a change."""
    tokens = Tokens(read_folder(minilm))

    fast, plain = both(minilm, [tokens.ids(text) for text in TEXTS])

    assert np.abs(fast - plain).max() < 1e-6


def test_minilm_gives_the_official_vectors(onnx: BertEncoder) -> None:
    """First numbers of what sentence-transformers 6.2 gives for these weights."""
    vectors = embed(onnx, ["connection refused", "TypeError: unsupported operand type(s)"])

    assert vectors[0, :4] == pytest.approx(EXPECTED[0], abs=1e-5)
    assert vectors[1, :4] == pytest.approx(EXPECTED[1], abs=1e-5)


def test_vectors_do_not_depend_on_the_batch(onnx: BertEncoder) -> None:
    """A text alone and among others of other lengths: equal within 1e-6 (measured 5e-8), results in input order."""
    together = embed(onnx, TEXTS)

    alone = np.concatenate([embed(onnx, [text]) for text in TEXTS])

    assert np.abs(together - alone).max() < 1e-6
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_like_texts_are_near(onnx: BertEncoder) -> None:
    """The vectors mean something: a paraphrase is nearer than another failure."""
    question, paraphrase, other = embed(
        onnx, ["the database refused the connection", "cannot connect to database", "disk is full"]
    )

    assert question @ paraphrase > question @ other + 0.2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pooling": "cls"},
        {"layers": 1, "heads": 1},
        {"layers": 4, "hidden": 64, "heads": 8, "inner": 256},
        {"dtype": "F16"},
        {"dtype": "BF16"},
        {"prefix": "bert."},
        {"old_norms": True},
        {"config": {"layer_norm_eps": 1e-3}},
    ],
    ids=str,
)
def test_backends_agree_on_any_bert(tiny: Any, tmp_path: Path, options: dict[str, object]) -> None:
    """Shape, pooling, weight type and naming of the checkpoint: onnx and numpy agree within 1e-5."""
    model = tiny(**options).save(tmp_path / "m")

    fast, plain = both(model, [[2, 3], [2, 5, 6, 7, 3], [2, *([8, 9] * 7), 3]])

    assert np.abs(fast - plain).max() < 1e-5
    assert np.abs(fast[0] - fast[1]).max() > 1e-3


def test_pooling_decides_the_vector(tiny: Any, tmp_path: Path) -> None:
    """mean and cls of one model differ: the setting is not ignored."""
    rows = [[2, 5, 6, 7, 3]]

    mean, _ = both(tiny().save(tmp_path / "mean"), rows)
    cls, _ = both(tiny(pooling="cls").save(tmp_path / "cls"), rows)

    assert np.abs(mean - cls).max() > 0.01


def test_prompts_are_put_in_front(tiny: Any, tmp_path: Path) -> None:
    """The query prompt reaches the model for queries, the document prompt for documents."""
    folder = read_folder(tiny(prompts={"query": "error ", "document": "timeout "}).save(tmp_path / "m"))
    encoder = BertEncoder(folder, PlainModel(folder), Identity("m", 32))
    plain = Tokens(folder)

    assert encoder.plan(["refused"], "query")[0].ids == [plain.ids("error refused")]
    assert encoder.plan(["refused"], "document")[0].ids == [plain.ids("timeout refused")]


@pytest.mark.parametrize("missing", ["embeddings.LayerNorm.weight", "encoder.layer.1.output.dense.weight"])
def test_a_missing_weight_is_named(tiny: Any, write_weights: Any, tmp_path: Path, missing: str) -> None:
    """An incomplete checkpoint is refused with the name of what it lacks."""
    model = tiny().save(tmp_path / "m")
    write_weights(model / "model.safetensors", {n: a for n, a in tiny().arrays().items() if n != missing})

    with pytest.raises(EmbeddingError, match=missing):
        PlainModel(read_folder(model))


def test_weights_of_another_shape_are_refused(tiny: Any, write_weights: Any, tmp_path: Path) -> None:
    """config.json and weights that disagree are found before anything is computed."""
    model = tiny().save(tmp_path / "m")
    write_weights(model / "model.safetensors", tiny(inner=52).arrays())

    with pytest.raises(EmbeddingError, match="do not fit"):
        OnnxModel(read_folder(model))


def test_broken_weights_give_no_vectors(tiny: Any, write_weights: Any, tmp_path: Path) -> None:
    """Not-a-number in the weights ends in EmbeddingError, never in the store (onnx and numpy)."""
    model = tiny().save(tmp_path / "m")
    arrays = tiny().arrays()
    arrays["embeddings.word_embeddings.weight"] = arrays["embeddings.word_embeddings.weight"] * np.nan
    write_weights(model / "model.safetensors", arrays)
    folder = read_folder(model)

    for backend in (OnnxModel(folder), PlainModel(folder)):
        encoder = BertEncoder(folder, backend, Identity("m", 32))
        with pytest.raises(EmbeddingError):
            embed(encoder, ["error"])
