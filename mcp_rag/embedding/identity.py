"""What makes two embedders interchangeable: same identity, same vectors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mcp_rag.embedding.folder import TEXT_VERSION, ModelFolder

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Identity:
    """`model_id` is kept with a collection and compared when it is opened; see `bert_identity` for its parts."""

    model_id: str
    dimension: int


def bert_identity(name: str, folder: ModelFolder, digest: str) -> Identity:
    """`name@weights:pooling:max tokens:text version`, and a digest of the prompts when there are any. The backend is
    not part of it: onnx, numpy and sentence-transformers give the same vectors."""
    parts = [digest[:_DIGITS], folder.shape.pooling, str(folder.max_tokens), f"t{TEXT_VERSION}"]
    prompts = "\0".join(folder.prompts[purpose] for purpose in ("query", "document"))
    if prompts != "\0":
        parts.append("p" + hashlib.sha256(prompts.encode("utf-8", "replace")).hexdigest()[:8])
    return Identity(f"{name}@{':'.join(parts)}", folder.dimension)
