"""Against the reference: sentence-transformers and transformers with torch. Run by scripts/test-torch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag import embedding
from mcp_rag.embedding.bert import BertEncoder
from mcp_rag.embedding.folder import read_folder
from mcp_rag.embedding.identity import Identity
from mcp_rag.embedding.plain import PlainModel
from mcp_rag.embedding.pooling import unit
from mcp_rag.embedding.reranker import CrossEncoderReranker, create_reranker
from mcp_rag.embedding.runtime import OnnxModel
from mcp_rag.errors import EmbeddingError, ModelMissingError

pytestmark = pytest.mark.torch

TEXTS = [
    "",
    "connection refused",
    "java.sql.SQLException: Connection is closed",
    "error[E0308]: mismatched types expected `u32`, found `&str`",
    "连接 超时 错误",
    "CUDA out of memory. Tried to allocate 2.00 GiB",
    "x" * 500,
    "TimeoutError: " * 200,
    "Ünïcödé \u200b 🚀",
    *(f"worker {at} failed after {at * 37} ms" for at in range(30)),
]

# hidden, layers, heads, inner, pooling: small, base and large of the public BERT embedding models, fewer layers.
SHAPES = [
    (384, 12, 12, 1536, "cls"),
    (768, 4, 12, 3072, "mean"),
    (1024, 3, 16, 4096, "cls"),
    (312, 4, 12, 1200, "mean"),
]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches a hub."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")


def vectors(model: str, backend: str, cache_dir: Path, texts: list[str]) -> tuple[np.ndarray, str]:
    """Document vectors and the identity, by one backend."""
    embedder = embedding.create(model, backend, cache_dir=cache_dir)

    async def bounded() -> Any:
        async with asyncio.timeout(300):
            return await embedder.embed_documents(texts)

    return asyncio.run(bounded()), embedder.model_id


def assert_equal(one: np.ndarray, other: np.ndarray) -> None:
    """Cosine above 0.99999 for every text, no number further apart than 1e-5."""
    assert (one * other).sum(axis=1).min() > 0.99999
    assert np.abs(one - other).max() < 1e-5


def test_all_backends_agree_on_minilm(tmp_path: Path) -> None:
    """onnx, numpy and sentence-transformers: the same vectors under the same identity."""
    (onnx, one), (plain, two), (torch, three) = (
        vectors(embedding.DEFAULT_MODEL, backend, tmp_path, TEXTS)
        for backend in ("onnx", "numpy", "sentence-transformers")
    )

    assert_equal(onnx, torch)
    assert_equal(plain, torch)
    assert one == two == three


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def random_bert(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A BERT model with random weights, saved by transformers itself; pooling settings beside it."""
    import torch
    from transformers import BertConfig, BertModel

    hidden, layers, heads, inner, pooling = request.param
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=2000,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        initializer_range=0.05,
    )
    path = tmp_path_factory.mktemp("bert")
    BertModel(config).save_pretrained(path)
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}), encoding="utf-8")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{at}" for at in range(1995))]
    (path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    return path


@pytest.mark.parametrize("backend", [OnnxModel, PlainModel])
def test_random_weights_equal_transformers(random_bert: Path, backend: Any) -> None:
    """bge-small, base and large shapes and an odd one: pooled output equals BertModel's, padded batch or not."""
    import torch
    from transformers import BertModel

    folder = read_folder(random_bert)
    random = np.random.default_rng(5)
    rows = [[2, *random.integers(5, 2000, size).tolist(), 3] for size in (1, 7, 60, 200)]
    reference = BertModel.from_pretrained(random_bert).eval()
    expected = []
    for row in rows:
        with torch.no_grad():
            state = reference(torch.tensor([row])).last_hidden_state[0]
        expected.append((state[0] if folder.shape.pooling == "cls" else state.mean(0)).numpy())

    assert_equal(unit(backend(folder).pooled(rows)), unit(np.stack(expected)))


def test_a_folder_that_sentence_transformers_saved_is_read(tmp_path: Path, minilm: Path) -> None:
    """The newest layout on disk keeps limit, pooling and vectors, and gives an identity of its own."""
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(str(minilm), device="cpu").save(str(tmp_path / "saved"))
    folder = read_folder(tmp_path / "saved")
    encoder = BertEncoder(folder, PlainModel(folder), Identity("m", 384))
    (batch,) = encoder.plan(["connection refused"], "query")

    assert (folder.max_tokens, folder.shape.pooling) == (256, "mean")
    assert_equal(encoder.run(batch), vectors(embedding.DEFAULT_MODEL, "numpy", tmp_path, ["connection refused"])[0])


def test_prompts_are_applied_alike(tiny: Any, tmp_path: Path) -> None:
    """Query and document prompts of a model give the same vectors by every backend."""
    path = tiny(prompts={"query": "error ", "document": "timeout "}).save(tmp_path / "m")

    async def both(backend: str) -> np.ndarray:
        embedder = embedding.create(str(path), backend, cache_dir=tmp_path / "cache")
        query = await embedder.embed_query("connection refused")
        documents = await embedder.embed_documents(["connection refused"])
        return np.stack([query, documents[0]])

    plain, torch = asyncio.run(both("numpy")), asyncio.run(both("sentence-transformers"))

    assert_equal(plain, torch)
    assert np.abs(plain[0] - plain[1]).max() > 1e-3


def test_another_architecture_takes_torch_by_itself(tmp_path: Path) -> None:
    """auto: a DistilBERT directory runs through sentence-transformers, with an identity of its own."""
    import torch
    from transformers import BertTokenizerFast, DistilBertConfig, DistilBertModel

    path = tmp_path / "distil"
    torch.manual_seed(3)
    DistilBertModel(DistilBertConfig(vocab_size=20, dim=32, n_layers=1, n_heads=2, hidden_dim=64)).save_pretrained(path)
    (path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nerror\nrefused\n", encoding="utf-8")
    BertTokenizerFast(vocab_file=str(path / "vocab.txt")).save_pretrained(path)

    found, identity = vectors(str(path), "auto", tmp_path / "cache", ["error", "refused error", ""])

    assert found.shape == (3, 32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert identity.startswith("distil@")
    assert ":st:" in identity


@pytest.mark.parametrize("name", ["owner/absent", "./absent"])
def test_an_unknown_model_is_missing(tmp_path: Path, name: str) -> None:
    """Offline, neither a hub name nor a path that is not there ends in a library's own error."""
    with pytest.raises(ModelMissingError):
        vectors(name, "sentence-transformers", tmp_path, ["x"])


def cross_encoder(path: Path, labels: int) -> Path:
    """A tiny BERT cross-encoder with random weights, saved as sentence-transformers saves one."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(7)
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] error refused timeout disk full connection payment".split()
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=labels,
        initializer_range=0.5,
    )
    raw = path / "raw"
    raw.mkdir(parents=True)
    BertForSequenceClassification(config).save_pretrained(raw)
    (raw / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(raw / "vocab.txt")).save_pretrained(raw)
    CrossEncoder(str(raw), device="cpu").save_pretrained(str(path / "saved"))
    return path / "saved"


def started(model: str) -> CrossEncoderReranker:
    """A reranker whose load ended."""
    reranker = create_reranker(model)
    reranker.start()
    assert reranker._loading is not None
    reranker._loading.join(300)
    return reranker


async def scored(reranker: CrossEncoderReranker, texts: list[str]) -> list[float]:
    """The scores of texts for one query."""
    async with asyncio.timeout(300):
        return await reranker.scores("connection refused", texts)


def test_a_cross_encoder_is_loaded_and_gives_its_own_numbers(tmp_path: Path) -> None:
    """The setting's whole path on real files: the numbers are CrossEncoder's, in the order asked for."""
    from sentence_transformers import CrossEncoder

    path = cross_encoder(tmp_path, 1)
    texts = ["disk full", "connection refused error", "payment timeout " * 900, "", "\ud800 error"]
    reranker = started(str(path))
    assert (reranker.ready, reranker.reason) == (True, "")
    found = asyncio.run(scored(reranker, texts))

    pairs = [("connection refused", t[:2000].encode("utf-8", "replace").decode()) for t in texts]
    expected = CrossEncoder(str(path), device="cpu").predict(pairs, show_progress_bar=False)
    assert found == pytest.approx(expected.tolist(), abs=1e-5)
    assert len({round(score, 6) for score in found}) > 1


def test_a_cross_encoder_with_several_labels_is_refused(tmp_path: Path) -> None:
    """A classifier of three labels gives no order."""
    reranker = started(str(cross_encoder(tmp_path, 3)))
    with pytest.raises(EmbeddingError, match="one label"):
        asyncio.run(scored(reranker, ["disk full", "timeout"]))


@pytest.mark.parametrize("name", ["owner/absent", "./absent"])
def test_an_unknown_cross_encoder_says_what_to_correct(name: str) -> None:
    reranker = started(name)
    assert not reranker.ready
    assert "MCP_RAG_RERANK_MODEL" in reranker.reason
