"""A model directory is understood without its weights, and what only torch can run is told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.embedding.folder import NotBertError, Shape, read_folder
from mcp_rag.errors import EmbeddingError


def rewrite(path: Path, name: str, **changes: Any) -> None:
    """Change entries of a JSON file of the model; None removes one."""
    file = path / name
    content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    content = {key: value for key, value in {**content, **changes}.items() if value is not None}
    file.write_text(json.dumps(content), encoding="utf-8")


def test_every_part_is_read(tiny: Any, tmp_path: Path) -> None:
    """Shape, pooling, limit and prompts come from the files of the sentence-transformers layout that hold them."""
    model = tiny(pooling="cls", prompts={"query": "find: ", "passage": "text: "}).save(tmp_path / "m")

    folder = read_folder(model)

    assert folder.shape == Shape(
        layers=2, hidden=32, heads=4, inner=48, words=13, positions=40, epsilon=1e-12, pooling="cls"
    )
    assert (folder.max_tokens, folder.dimension, folder.lower_case) == (16, 32, False)
    assert folder.prompts == {"query": "find: ", "document": "text: "}


def test_minilm_is_read(minilm: Path) -> None:
    """The default model: 256 tokens, mean pooling, no prompts (docs/embeddings.md)."""
    folder = read_folder(minilm)

    assert (folder.max_tokens, folder.shape.pooling, folder.dimension) == (256, "mean", 384)
    assert not any(folder.prompts.values())


def test_the_default_prompt_stands_in(tiny: Any, tmp_path: Path) -> None:
    """A model that names a default prompt uses it for both purposes."""
    model = tiny(prompts={"all": "represent: "}).save(tmp_path / "m")
    rewrite(model, "config_sentence_transformers.json", default_prompt_name="all")

    assert read_folder(model).prompts == {"query": "represent: ", "document": "represent: "}


def test_a_bare_checkpoint_is_mean_pooled(tiny: Any, tmp_path: Path) -> None:
    """Without any sentence-transformers file: mean pooling, and the tokenizer's or the positions' limit."""
    model = tiny().save(tmp_path / "m")
    for name in ("modules.json", "1_Pooling/config.json", "sentence_bert_config.json"):
        (model / name).unlink()

    assert read_folder(model).max_tokens == 40
    assert read_folder(model).shape.pooling == "mean"
    rewrite(model, "tokenizer_config.json", model_max_length=24)
    assert read_folder(model).max_tokens == 24
    rewrite(model, "tokenizer_config.json", model_max_length=1e30)
    assert read_folder(model).max_tokens == 40


def test_the_newer_name_of_the_pooling_mode_is_read(tiny: Any, tmp_path: Path) -> None:
    """`pooling_mode` as one word means the same as the flags."""
    model = tiny().save(tmp_path / "m")
    (model / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}', encoding="utf-8")

    assert read_folder(model).shape.pooling == "cls"


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"model_type": "xlm-roberta"}),
        ("config.json", {"model_type": None}),
        ("config.json", {"hidden_act": "gelu_new"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config.json", {"is_decoder": True}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}),
        ("1_Pooling/config.json", {"include_prompt": False}),
    ],
)
def test_what_needs_torch_says_how_to_get_it(tiny: Any, tmp_path: Path, file: str, changes: dict[str, Any]) -> None:
    """Anything but a plain BERT encoder is refused with the line that installs the other backend."""
    model = tiny(prompts={"query": "find: "}).save(tmp_path / "m")
    rewrite(model, file, **changes)

    with pytest.raises(NotBertError) as caught:
        read_folder(model)
    assert 'pip install "mcp-rag[torch]"' in caught.value.fix


@pytest.mark.parametrize("kind", ["Dense", "WeightedLayerPooling", ""])
def test_an_extra_module_needs_torch(tiny: Any, tmp_path: Path, kind: str) -> None:
    """A model with a module we do not compute would silently give other vectors: it is refused."""
    model = tiny().save(tmp_path / "m")
    modules = json.loads((model / "modules.json").read_text(encoding="utf-8"))
    modules.append({"idx": 3, "path": "3_Extra", "type": f"sentence_transformers.models.{kind}"})
    (model / "modules.json").write_text(json.dumps(modules), encoding="utf-8")

    with pytest.raises(NotBertError):
        read_folder(model)


def test_a_model_in_parts_needs_torch(tmp_path: Path) -> None:
    """An old layout without config.json at the top is not called damaged."""
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")

    with pytest.raises(NotBertError):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"model_type": "bert"}', '{"model_type": "bert", "num_hidden_layers": -1}', "\udcff"],
)
def test_a_damaged_config_is_an_embedding_error(tmp_path: Path, content: str) -> None:
    """Broken, empty and incomplete files end in our own error, whatever they hold."""
    (tmp_path / "config.json").write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(EmbeddingError):
        read_folder(tmp_path)


def test_heads_must_divide_the_width(tiny: Any, tmp_path: Path) -> None:
    """An impossible shape is found before the runtime sees it."""
    model = tiny().save(tmp_path / "m")
    rewrite(model, "config.json", num_attention_heads=5)

    with pytest.raises(EmbeddingError):
        read_folder(model)


def test_a_huge_config_is_not_read(tmp_path: Path) -> None:
    """Configuration files have a size limit of 4 MiB."""
    (tmp_path / "config.json").write_bytes(b" " * 4_194_305)

    with pytest.raises(EmbeddingError, match="too large"):
        read_folder(tmp_path)
