"""The three collections: their fields, byte limits and indexes, and the facts kept with them.

VARCHAR limits count UTF-8 bytes, as servers do. Nothing is nullable or dynamic. Milvus wants a vector in every
collection, so the ledger has a constant two-dimensional one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mcp_rag.errors import StoreMismatch

ID_BYTES = 64
JSON_BYTES = 65_536
PART_BYTES = 49_152
MAX_LIMIT = 16_384
DENSE_INDEX = {"M": 16, "efConstruction": 200}
MIN_EF = 256
ANCHOR = (1.0, 0.0)
# The sparse field must hold something: a row without tokens gets this weight on an id that no token has.
NO_TOKEN = 4_294_967_294
NO_TOKEN_WEIGHT = 1e-6

VARCHARS: dict[str, dict[str, int]] = {
    "errors": {
        "title": 1_024,
        "template": 8_192,
        "sample": 32_768,
        "dense_text": 8_192,
        "text": 49_152,
        "related": ID_BYTES,
        "exception_type": 512,
        "root_type": 512,
        "codes": 4_096,
        "services": 4_096,
        "language": 64,
        "status": 16,
        "origin": 32,
    },
    "blocks": {"block": ID_BYTES, "head": ID_BYTES, "source": 4_096, "service": 512},
    "resolutions": {
        "error_id": ID_BYTES,
        "symptom": 16_384,
        "fix": 65_000,
        "title": 1_024,
        "versions": 512,
        "environment": 1_024,
        "superseded_by": ID_BYTES,
        "origin": 32,
        "source": 4_096,
        "dense_text": 8_192,
        "text": 49_152,
        "codes": 4_096,
    },
}
INTEGERS: dict[str, tuple[str, ...]] = {
    "errors": ("first_seen", "last_seen", "count"),
    "blocks": ("part", "revision", "size_bytes", "lines", "events", "created"),
    "resolutions": ("created", "verified"),
}
SMALL: dict[str, tuple[str, ...]] = {
    "errors": ("level",),
    "blocks": ("min_level", "open", "applied"),
    "resolutions": ("retracted",),
}
JSONS: dict[str, tuple[str, ...]] = {
    "errors": ("meta", "timeline"),
    "blocks": ("meta",),
    "resolutions": ("meta",),
}
VECTOR: dict[str, str] = {"errors": "dense", "blocks": "anchor", "resolutions": "dense"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept with a collection, and must agree with what opens it."""

    schema: int
    model: str
    dimension: int
    redaction: int

    def dump(self) -> str:
        """As the JSON text stored in the collection's description."""
        return json.dumps(
            {"schema": self.schema, "model": self.model, "dimension": self.dimension, "redaction": self.redaction}
        )

    @classmethod
    def load(cls, text: str) -> Kept | None:
        """None when the text is not ours."""
        try:
            found = json.loads(text)
            return cls(
                int(found["schema"]), str(found["model"]), int(found["dimension"]), int(found.get("redaction", 0))
            )
        except (ValueError, TypeError, KeyError):
            return None

    def check(self, wanted: Kept, where: str) -> None:
        """Raise StoreMismatch when this stored state cannot be used with `wanted`."""
        if self.schema > wanted.schema:
            raise StoreMismatch(
                f"{where} was written by a newer version (schema {self.schema}, this one knows {wanted.schema}).",
                "Upgrade: `pip install --upgrade mcp-rag`.",
            )
        if self.schema < wanted.schema:
            raise StoreMismatch(
                f"{where} has schema {self.schema}, this version needs {wanted.schema}.",
                "Rebuild it with `mcp-rag reindex`; nothing was changed.",
            )
        if wanted.model and (self.model, self.dimension) != (wanted.model, wanted.dimension):
            raise StoreMismatch(
                f"{where} was embedded with {self.model} ({self.dimension} dimensions), configured is "
                f"{wanted.model} ({wanted.dimension}).",
                "Rebuild it with `mcp-rag reindex`, or set the model back; nothing was changed.",
            )
        if self.redaction != wanted.redaction:
            raise StoreMismatch(
                f"{where} was redacted with rules version {self.redaction}, in force is {wanted.redaction}.",
                "Rebuild it with `mcp-rag reindex`; nothing was changed.",
            )


def fields_of(kind: str) -> tuple[str, ...]:
    """Every scalar field of a collection, the id first."""
    return ("id", *VARCHARS[kind], *INTEGERS[kind], *SMALL[kind], *JSONS[kind])


def collection_schema(kind: str, kept: Kept, *, sparse: bool) -> Any:  # noqa: ANN401 - pymilvus ships no types
    """The pymilvus schema of one collection. `sparse` is False on servers that have no sparse vectors."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False, description=kept.dump())
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=ID_BYTES)
    for name, limit in VARCHARS[kind].items():
        schema.add_field(name, DataType.VARCHAR, max_length=limit)
    for name in INTEGERS[kind]:
        schema.add_field(name, DataType.INT64)
    for name in SMALL[kind]:
        schema.add_field(name, DataType.INT8)
    for name in JSONS[kind]:
        schema.add_field(name, DataType.JSON)
    dimension = len(ANCHOR) if kind == "blocks" else kept.dimension
    schema.add_field(VECTOR[kind], DataType.FLOAT_VECTOR, dim=dimension)
    if sparse and kind != "blocks":
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    return schema


def index_params(kind: str, *, sparse: bool) -> Any:  # noqa: ANN401 - pymilvus ships no types
    """Indexes in the nested form that Lite honours and servers accept."""
    from pymilvus import MilvusClient

    params = MilvusClient.prepare_index_params()
    if kind == "blocks":
        params.add_index("anchor", index_type="FLAT", metric_type="IP", params={"params": {}})
        return params
    params.add_index("dense", index_type="HNSW", metric_type="IP", params={"params": dict(DENSE_INDEX)})
    if sparse:
        params.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params={})
    return params


def cut(text: str, limit_bytes: int) -> str:
    """At most `limit_bytes` UTF-8 bytes, cut between characters; a lone surrogate becomes a question mark."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit_bytes:
        return data.decode("utf-8")
    return data[:limit_bytes].decode("utf-8", "ignore")
