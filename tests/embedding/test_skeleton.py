"""The graph writer: small, deterministic, and what ships is what it writes."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import onnxruntime as ort
import pytest

from mcp_rag.embedding import protobuf, skeleton


def shipped() -> bytes:
    """The bytes in the package."""
    return (resources.files("mcp_rag.embedding") / "data" / skeleton.SHIPPED).read_bytes()


def test_the_shipped_skeleton_is_the_written_one() -> None:
    """Package data cannot drift from the writer; if this fails run scripts/build_skeleton.py."""
    assert shipped() == skeleton.write(skeleton.MINILM)
    assert skeleton.for_shape(skeleton.MINILM) == shipped()


def test_the_shipped_skeleton_has_a_few_kilobytes() -> None:
    """It holds no weights (docs/embeddings.md)."""
    assert 2_000 < len(shipped()) < 10_000


def test_other_shapes_are_written() -> None:
    """A shape that differs in one number gets a graph of its own."""
    for change in ({"layers": 2}, {"words": 21128}, {"pooling": "cls"}, {"epsilon": 1e-5}, {"inner": 100}):
        shape = replace(skeleton.MINILM, **change)
        assert skeleton.for_shape(shape) == skeleton.write(shape) != shipped()


def test_the_graph_declares_every_weight_without_data() -> None:
    """Without the arrays the runtime cannot open the graph: the skeleton alone is no model."""
    with pytest.raises(Exception, match=r"(?i)external|initializer|file"):
        ort.InferenceSession(shipped(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, b"\0"), (1, b"\1"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")]
)
def test_varints(value: int, encoded: bytes) -> None:
    """The examples of the public encoding guide."""
    assert protobuf.varint(value) == encoded


def test_fields() -> None:
    """Tag, wire type and payload of each kind; a negative integer takes ten bytes."""
    assert protobuf.integer(1, 150) == b"\x08\x96\x01"
    assert protobuf.text(2, "testing") == b"\x12\x07testing"
    assert protobuf.real(3, 1.0) == b"\x1d\x00\x00\x80\x3f"
    assert protobuf.integer(1, -1) == b"\x08" + b"\xff" * 9 + b"\x01"
