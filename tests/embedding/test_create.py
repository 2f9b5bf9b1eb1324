"""The factory: what each setting gives, what is refused, and that nothing heavy is imported early."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag import embedding
from mcp_rag.embedding.opening import identify, open_encoder
from mcp_rag.embedding.transformer import is_installed
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError

without_torch = pytest.mark.skipif(is_installed(), reason="the [torch] extra is installed here")

MODEL_ID = "all-MiniLM-L6-v2@53aa51172d14:mean:256:t1"


def query(embedder: embedding.LocalEmbedder | embedding.RemoteEmbedder, text: str) -> np.ndarray:
    """One query vector, within a minute."""

    async def bounded() -> np.ndarray:
        async with asyncio.timeout(60):
            return await embedder.embed_query(text)

    return asyncio.run(bounded())


def printed(code: str) -> str:
    """What Python code prints in a process of its own."""
    command = [sys.executable, "-c", code]
    root = Path(embedding.__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("backend", ["auto", "onnx", "numpy"])
def test_real_vectors_offline(tmp_path: Path, backend: str) -> None:
    """Every torch-free backend embeds with the installed model; identity is the same, before and after loading."""
    embedder = embedding.create(backend=backend, cache_dir=tmp_path)
    assert (embedder.model_id, embedder.dimension, embedder.ready) == (MODEL_ID, 384, False)

    vector = query(embedder, "connection refused")

    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert float(vector @ vector) == pytest.approx(1)
    assert (embedder.model_id, embedder.ready, embedder.reason, embedder.degraded) == (MODEL_ID, True, "", "")


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    """`create` neither: the model's libraries arrive with the load."""
    code = (
        "import sys, pathlib; from mcp_rag import embedding; embedding.create(cache_dir=pathlib.Path('x')).model_id; "
        "heavy = {'numpy', 'onnxruntime', 'tokenizers', 'torch', 'httpx2', 'huggingface_hub', 'transformers'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert printed(code) == "[]"


def test_the_onnx_path_never_loads_torch(tmp_path: Path) -> None:
    """From nothing to a vector without torch, transformers or sentence-transformers (docs/embeddings.md)."""
    code = (
        "import asyncio, sys, pathlib; from mcp_rag import embedding; "
        f"e = embedding.create(cache_dir=pathlib.Path({str(tmp_path)!r})); asyncio.run(e.embed_query('x')); "
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'} & set(sys.modules)))"
    )
    assert printed(code) == "[]"


def test_numpy_steps_in_when_the_runtime_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """auto falls back and says so; onnx by name does not fall back."""
    fast = query(embedding.create(cache_dir=tmp_path), "connection refused")
    # None in sys.modules is Python's own way to make an import fail.
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    embedder = embedding.create(cache_dir=tmp_path)
    plain = query(embedder, "connection refused")

    assert np.abs(fast - plain).max() < 1e-6
    assert "numpy" in embedder.degraded
    with pytest.raises(EmbeddingError, match="ONNX Runtime"):
        query(embedding.create(backend="onnx", cache_dir=tmp_path), "x")


def test_any_bert_directory_runs(tiny: Any, tmp_path: Path) -> None:
    """A directory instead of a name: its own identity and dimension, by path."""
    model = tiny(pooling="cls").save(tmp_path / "my-model")
    embedder = embedding.create(str(model), cache_dir=tmp_path / "cache")

    assert embedder.dimension == 32
    name, _, rest = embedder.model_id.partition("@")
    assert (name, rest.split(":")[1:]) == ("my-model", ["cls", "16", "t1"])
    before = embedder.model_id
    assert query(embedder, "error").shape == (32,)
    assert embedder.model_id == before


@pytest.mark.parametrize(
    "other",
    [{"pooling": "cls"}, {"max_tokens": 12}, {"prompts": {"query": "find: "}}, {"layers": 1}],
    ids=str,
)
def test_what_changes_vectors_changes_the_identity(tiny: Any, tmp_path: Path, other: dict[str, object]) -> None:
    """Weights, pooling, limit and prompts: vectors that differ never share a collection."""
    for name, options in {"a": {}, "b": other}.items():
        tiny(**options).save(tmp_path / name / "m")
    one, two = (identify(str(tmp_path / name / "m"), "auto", tmp_path).model_id for name in "ab")

    assert one.startswith("m@")
    assert one != two


def test_a_missing_default_model_degrades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the files the identity is still known, so a store opens; asking for vectors names the command."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    embedder = embedding.create(cache_dir=tmp_path)

    assert (embedder.model_id, embedder.dimension) == (MODEL_ID, 384)
    with pytest.raises(ModelMissingError):
        query(embedder, "x")
    assert "mcp-rag fetch-model" in embedder.reason
    assert not embedder.ready


def test_a_tampered_default_model_is_not_loaded(minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights under the default's name must be the official ones."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    copy = tmp_path / "models" / "all-MiniLM-L6-v2"
    copy.mkdir(parents=True)
    (copy / "model.safetensors").write_bytes(b"other")

    with pytest.raises(EmbeddingError, match="not the official file"):
        query(embedding.create(cache_dir=tmp_path), "x")


@without_torch
@pytest.mark.parametrize("backend", ["auto", "onnx", "numpy", "sentence-transformers"])
def test_other_architectures_name_the_extra(tiny: Any, tmp_path: Path, backend: str) -> None:
    """Without torch a model that is not BERT gives a configuration error with the line to run."""
    model = tiny(config={"model_type": "xlm-roberta"}).save(tmp_path / "m")

    with pytest.raises(ConfigurationError) as caught:
        query(embedding.create(str(model), backend, cache_dir=tmp_path), "x")
    assert 'pip install "mcp-rag[torch]"' in caught.value.fix


def test_pickled_weights_are_not_read(tiny: Any, tmp_path: Path) -> None:
    """A BERT directory with pytorch_model.bin only is refused: unpickling runs code."""
    model = tiny().save(tmp_path / "m")
    (model / "model.safetensors").rename(model / "pytorch_model.bin")

    with pytest.raises(EmbeddingError, match=r"no model\.safetensors"):
        open_encoder(str(model), "auto", tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        {"backend": "onxx"},
        {"backend": "remote"},
        {"backend": "remote", "base_url": "http://h", "model": ""},
        {"backend": "remote", "base_url": "ftp://h"},
        {"model": ""},
        {"model": "a b"},
    ],
    ids=str,
)
def test_unusable_settings_are_refused_at_once(tmp_path: Path, arguments: dict[str, str]) -> None:
    """Before anything is loaded or connected."""
    with pytest.raises(ConfigurationError):
        embedding.create(**arguments, cache_dir=tmp_path)  # type: ignore[arg-type]  # a table of keyword arguments


def test_a_base_url_means_remote(tmp_path: Path) -> None:
    """auto with an address asks that server; a local backend by name stays local."""
    remote = embedding.create("m", base_url="http://127.0.0.1:9", cache_dir=tmp_path)
    local = embedding.create(backend="onnx", base_url="http://127.0.0.1:9", cache_dir=tmp_path)

    assert isinstance(remote, embedding.RemoteEmbedder)
    assert isinstance(local, embedding.LocalEmbedder)


def test_the_digest_is_checked_once_per_file(tmp_path: Path) -> None:
    """The second start finds the weights' digest in the cache directory."""
    query(embedding.create(backend="numpy", cache_dir=tmp_path), "x")

    known = json.loads((tmp_path / "digests.json").read_text(encoding="utf-8"))
    assert [Path(file).name for file in known] == ["model.safetensors"]
