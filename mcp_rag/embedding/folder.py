"""A model directory in the sentence-transformers layout, understood without loading its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mcp_rag.errors import ConfigurationError, EmbeddingError

Purpose = Literal["query", "document"]
Pooling = Literal["mean", "cls"]

# Raised when text is prepared differently before it is tokenised: vectors made before and after must not mix.
TEXT_VERSION = 1

_POOLING_FLAGS: Mapping[str, str] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
WEIGHTS_FILE = "model.safetensors"
_MAX_CONFIG_BYTES = 4_194_304


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the graph of a BERT encoder; two models of one shape share it. `inner` is the feed-forward width,
    `words` and `positions` the rows of the two embedding tables."""

    layers: int
    hidden: int
    heads: int
    inner: int
    words: int
    positions: int
    epsilon: float
    pooling: Pooling


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """One BERT-family checkpoint. `max_tokens` includes the two special tokens; `lower_case` is done before the
    tokenizer's own normalisation; `prompts` are put in front of the text."""

    path: Path
    shape: Shape
    max_tokens: int
    lower_case: bool
    prompts: Mapping[Purpose, str]

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.shape.hidden


class NotBertError(ConfigurationError):
    """The directory holds a model that only the sentence-transformers backend can run."""


def _read_json(path: Path) -> object:
    try:
        if path.stat().st_size > _MAX_CONFIG_BYTES:
            raise EmbeddingError(f"The model file {path} is too large.", "Fetch the model again.")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise EmbeddingError(f"The model file {path} cannot be read as JSON.", "Fetch the model again.") from None


def read_folder(path: Path) -> ModelFolder:
    """Understand a model directory.

    Raises NotBertError when the architecture, activation, pooling or an extra module needs sentence-transformers,
    EmbeddingError when a file is missing or damaged.
    """
    config = read_object(path, "config.json")
    if not config:
        if (path / "modules.json").is_file():
            raise not_bert(path, "keeps its parts in directories of their own")
        raise EmbeddingError(f"{path} has no config.json.", "Name a directory with a whole model.")
    _check_architecture(path, config)
    sentence = read_object(path, "sentence_bert_config.json")
    shape = Shape(
        layers=_integer(path, config, "num_hidden_layers"),
        hidden=_integer(path, config, "hidden_size"),
        heads=_integer(path, config, "num_attention_heads"),
        inner=_integer(path, config, "intermediate_size"),
        words=_integer(path, config, "vocab_size"),
        positions=_integer(path, config, "max_position_embeddings"),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        pooling=_pooling(path),
    )
    if shape.hidden % shape.heads:
        raise EmbeddingError(f"{path / 'config.json'} is damaged: heads do not divide the width.", "Fetch it again.")
    return ModelFolder(
        path=path,
        shape=shape,
        max_tokens=_max_tokens(path, sentence, shape.positions),
        lower_case=sentence.get("do_lower_case") is True,
        prompts=_prompts(path),
    )


def read_object(path: Path, name: str) -> dict[str, Any]:
    """The JSON object in a small file of a model directory; empty when there is none. Raises EmbeddingError when it
    cannot be read."""
    content = _read_json(path / name)
    return content if isinstance(content, dict) else {}


def _integer(path: Path, config: Mapping[str, Any], name: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or not 0 < value < 1_000_000:
        raise EmbeddingError(f"{path / 'config.json'} has no usable {name}.", "Fetch the model again.")
    return value


def not_bert(path: Path, what: str) -> NotBertError:
    """The error for a model that the torch-free backends cannot run; `what` names the obstacle."""
    return NotBertError(
        f"The model in {path} {what}; only BERT encoders run without torch.",
        'Run `pip install "mcp-rag[torch]"` and set MCP_RAG_EMBEDDING_BACKEND=sentence-transformers.',
    )


def _check_architecture(path: Path, config: Mapping[str, Any]) -> None:
    kind = str(config.get("model_type", "unknown"))[:40]
    if kind != "bert":
        raise not_bert(path, f"is of type {kind}")
    if config.get("hidden_act", "gelu") != "gelu":
        raise not_bert(path, "uses another activation than gelu")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise not_bert(path, "uses relative positions")
    if config.get("is_decoder"):
        raise not_bert(path, "is a decoder")


def _pooling(path: Path) -> Pooling:
    modules = _read_json(path / "modules.json")
    folder = "1_Pooling"
    if isinstance(modules, list):
        for module in modules:
            named = str(module.get("type", "")) if isinstance(module, dict) else ""
            kind = named.rpartition(".")[2]
            if kind not in {"Transformer", "Pooling", "Normalize"} or not named.startswith("sentence_transformers."):
                raise not_bert(path, f"has a module {kind[:40] or 'of unknown type'}")
            if kind == "Pooling":
                folder = str(module.get("path", folder))
    # A bare checkpoint without pooling settings is mean-pooled, as sentence-transformers does.
    settings = read_object(path / folder, "config.json")
    if settings.get("include_prompt") is False and any(_prompts(path).values()):
        raise not_bert(path, "leaves its prompt out of the pooling")
    mode = str(settings.get("pooling_mode", ""))
    chosen = [mode] if mode else [word for flag, word in _POOLING_FLAGS.items() if settings.get(flag)]
    if chosen in ([], ["mean"]):
        return "mean"
    if chosen == ["cls"]:
        return "cls"
    raise not_bert(path, f"pools by {'+'.join(chosen)[:60]}")


def _max_tokens(path: Path, sentence: Mapping[str, Any], positions: int) -> int:
    limit = sentence.get("max_seq_length")
    if not isinstance(limit, int):
        limit = read_object(path, "tokenizer_config.json").get("model_max_length")
    # Tokenizers without a limit write 1e30.
    return max(3, min(int(limit), positions)) if isinstance(limit, int | float) else positions


def _prompts(path: Path) -> Mapping[Purpose, str]:
    settings = read_object(path, "config_sentence_transformers.json")
    prompts = settings.get("prompts")
    named: Mapping[str, Any] = prompts if isinstance(prompts, dict) else {}
    default = named.get(str(settings.get("default_prompt_name") or ""), "")

    def prompt(*names: str) -> str:
        return str(next((named[name] for name in names if name in named), default))

    return {"query": prompt("query"), "document": prompt("document", "passage", "corpus")}
