"""From a model's name and a backend's name to an open encoder. Runs in the loading thread: everything here is slow."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcp_rag.embedding import transformer
from mcp_rag.embedding.bert import BertEncoder, Model
from mcp_rag.embedding.folder import TEXT_VERSION, WEIGHTS_FILE, ModelFolder, NotBertError, read_folder
from mcp_rag.embedding.identity import Identity, bert_identity
from mcp_rag.embedding.plain import PlainModel
from mcp_rag.embedding.runtime import OnnxModel, RuntimeUnavailableError
from mcp_rag.embedding.weights import (
    DEFAULT_MODEL,
    PINNED,
    digest,
    explicit_path,
    find_model,
    is_default,
    verify_default,
)
from mcp_rag.errors import EmbeddingError, ModelMissingError

if TYPE_CHECKING:
    from mcp_rag.embedding.local import Encoder

LocalBackend = Literal["auto", "onnx", "numpy", "sentence-transformers"]

_DEFAULT_IDENTITY = Identity(f"{DEFAULT_MODEL}@{PINNED[WEIGHTS_FILE][:12]}:mean:256:t{TEXT_VERSION}", 384)


def identify(model: str, backend: LocalBackend, cache_dir: Path) -> Identity:
    """The identity of a BERT model without loading it. The default model's is known even when its files are missing;
    another's first call reads its weights once for their digest. Raises what `open_encoder` raises, and EmbeddingError
    for a model that only sentence-transformers understands: it is known once it is loaded."""
    if is_default(model):
        return _DEFAULT_IDENTITY
    try:
        path = find_model(model, cache_dir)
        return _bert_identity(model, path, read_folder(path), cache_dir)
    except (ModelMissingError, NotBertError):
        if backend in {"onnx", "numpy"} or not transformer.is_installed():
            raise
    raise EmbeddingError("The embedding model is not known before it is loaded.", "Load the embedder first.")


def _bert_identity(model: str, path: Path, folder: ModelFolder, cache_dir: Path) -> Identity:
    return bert_identity(_name(model), folder, digest(path / WEIGHTS_FILE, cache_dir))


def open_encoder(model: str, backend: LocalBackend, cache_dir: Path) -> Encoder:
    """Open `model`. "auto" takes onnx, numpy when ONNX Runtime does not load (said in `degraded`), and
    sentence-transformers for what is not BERT if it is installed.

    Raises ModelMissingError, EmbeddingError, or ConfigurationError when the backend cannot run the model.
    """
    if backend == "sentence-transformers":
        return _open_transformer(model, cache_dir)
    path = find_model(model, cache_dir)
    if is_default(model):
        verify_default(path, cache_dir)
    try:
        folder = read_folder(path)
    except NotBertError:
        if backend == "auto" and transformer.is_installed():
            return _open_transformer(model, cache_dir)
        raise
    if not (path / WEIGHTS_FILE).is_file():
        raise ModelMissingError(
            f"The model in {path} has no {WEIGHTS_FILE}.", "Other weight formats may run code and are not read."
        )
    identity = _DEFAULT_IDENTITY if is_default(model) else _bert_identity(model, path, folder, cache_dir)
    fast, degraded = _fast_model(folder, backend)
    return BertEncoder(folder, fast, identity, degraded)


def _fast_model(folder: ModelFolder, backend: LocalBackend) -> tuple[Model, str]:
    if backend == "numpy":
        return PlainModel(folder), ""
    try:
        return OnnxModel(folder), ""
    except RuntimeUnavailableError as error:
        if backend == "onnx":
            raise
        return PlainModel(folder), f"{error.cause} Embeddings are made with numpy: the same vectors, but slower."


def _open_transformer(model: str, cache_dir: Path) -> Encoder:
    try:
        path = find_model(model, cache_dir)
    except ModelMissingError:
        if explicit_path(model) is not None:
            raise
        # Not on this machine: the library may fetch it from the hub.
        return transformer.TransformerEncoder(model, _name(model))
    if is_default(model):
        verify_default(path, cache_dir)
        return transformer.TransformerEncoder(str(path), DEFAULT_MODEL, identity=_DEFAULT_IDENTITY)
    weights = path / WEIGHTS_FILE
    known = digest(weights, cache_dir) if weights.is_file() else ""
    identity = None
    with contextlib.suppress(NotBertError):
        identity = bert_identity(_name(model), read_folder(path), known) if known else None
    return transformer.TransformerEncoder(str(path), _name(model), known, identity)


def _name(model: str) -> str:
    path = explicit_path(model)
    return path.resolve().name if path is not None else model
