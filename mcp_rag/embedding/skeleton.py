"""The computation graph of a BERT encoder as ONNX bytes, without its weights.

The graph of all-MiniLM-L6-v2 ships in `data/`; those of other shapes are written by `write` in a few milliseconds.
Weights are declared external with no location: the runtime gets them as arrays when it opens the graph. Field numbers
are those of the public onnx.proto3; the fused operators are ONNX Runtime's own (domain com.microsoft).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from mcp_rag.embedding import protobuf as wire
from mcp_rag.embedding.folder import Shape

MINILM = Shape(layers=6, hidden=384, heads=12, inner=1536, words=30522, positions=512, epsilon=1e-12, pooling="mean")
SHIPPED = "all-MiniLM-L6-v2.onnx"

_IR_VERSION, _OPSET, _FUSED = 10, 20, "com.microsoft"
_FLOAT, _INT32, _INT64 = 1, 6, 7


def for_shape(shape: Shape) -> bytes:
    """ONNX bytes of the encoder: inputs `input_ids` int64 and `attention_mask` int32, both (batch, length); output
    `pooled` float32 (batch, hidden), not yet of unit length."""
    if shape == MINILM:
        return (resources.files("mcp_rag.embedding") / "data" / SHIPPED).read_bytes()
    return write(shape)


def weight_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Name and dimensions of every array that the graph expects, in a fixed order."""
    wide, inner = shape.hidden, shape.inner
    named: dict[str, tuple[int, ...]] = {
        "words": (shape.words, wide),
        "positions": (shape.positions, wide),
        "norm.scale": (wide,),
        "norm.bias": (wide,),
    }
    for layer in range(shape.layers):
        named |= {
            f"{layer}.qkv": (wide, 3 * wide),
            f"{layer}.qkv.bias": (3 * wide,),
            f"{layer}.out": (wide, wide),
            f"{layer}.out.bias": (wide,),
            f"{layer}.norm1.scale": (wide,),
            f"{layer}.norm1.bias": (wide,),
            f"{layer}.up": (wide, inner),
            f"{layer}.up.bias": (inner,),
            f"{layer}.down": (inner, wide),
            f"{layer}.down.bias": (wide,),
            f"{layer}.norm2.scale": (wide,),
            f"{layer}.norm2.bias": (wide,),
        }
    return named


@dataclass(slots=True)
class _Graph:
    """Collects encoded nodes and the constants and weights they name."""

    nodes: list[bytes] = field(default_factory=list)
    tensors: list[bytes] = field(default_factory=list)

    def add(self, kind: str, inputs: Iterable[str], output: str, domain: str = "", **attributes: float) -> str:
        body = b"".join(wire.text(1, name) for name in inputs) + wire.text(2, output)
        body += wire.text(3, output) + wire.text(4, kind)
        for name, value in attributes.items():
            body += wire.data(5, _attribute(name, value))
        self.nodes.append(body + (wire.text(7, domain) if domain else b""))
        return output

    def constant(self, name: str, values: Iterable[int], *, scalar: bool = False) -> str:
        raw = b"".join(struct.pack("<q", value) for value in values)
        dimension = b"" if scalar else wire.integer(1, len(raw) // 8)
        self.tensors.append(dimension + wire.integer(2, _INT64) + wire.text(8, name) + wire.data(9, raw))
        return name

    def weight(self, name: str, dimensions: tuple[int, ...]) -> None:
        body = b"".join(wire.integer(1, size) for size in dimensions) + wire.integer(2, _FLOAT) + wire.text(8, name)
        nowhere = wire.text(1, "location") + wire.text(2, "")
        self.tensors.append(body + wire.data(13, nowhere) + wire.integer(14, 1))


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return wire.text(1, name) + wire.integer(3, value) + wire.integer(20, 2)
    return wire.text(1, name) + wire.real(2, value) + wire.integer(20, 1)


def _value(name: str, kind: int, dimensions: Iterable[str | int]) -> bytes:
    shape = b""
    for size in dimensions:
        dimension = wire.text(2, size) if isinstance(size, str) else wire.integer(1, size)
        shape += wire.data(1, dimension)
    return wire.text(1, name) + wire.data(2, wire.data(1, wire.integer(1, kind) + wire.data(2, shape)))


def write(shape: Shape) -> bytes:
    """The graph for `shape`, as `for_shape` describes it. Deterministic: equal shapes give equal bytes."""
    graph = _Graph()
    state = _embed(graph, shape)
    for layer in range(shape.layers):
        state = _layer(graph, shape, layer, state)
    _pool(graph, shape, state)
    for name, dimensions in weight_shapes(shape).items():
        graph.weight(name, dimensions)
    inputs: Mapping[str, int] = {"input_ids": _INT64, "attention_mask": _INT32}
    body = b"".join(wire.data(1, node) for node in graph.nodes) + wire.text(2, "bert")
    body += b"".join(wire.data(5, tensor) for tensor in graph.tensors)
    body += b"".join(wire.data(11, _value(name, kind, ("batch", "length"))) for name, kind in inputs.items())
    body += wire.data(12, _value("pooled", _FLOAT, ("batch", shape.hidden)))
    opsets = wire.integer(2, _OPSET), wire.text(1, _FUSED) + wire.integer(2, 1)
    model = wire.integer(1, _IR_VERSION) + wire.text(2, "mcp-rag") + wire.data(7, body)
    return model + b"".join(wire.data(8, opset) for opset in opsets)


def _embed(graph: _Graph, shape: Shape) -> str:
    words = graph.add("Gather", ["words", "input_ids"], "word")
    # A Range over the length trips the optimiser of some runtime versions; a slice of the table does not.
    length = graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    start = graph.constant("zero", [0])
    places = graph.add("Slice", ["positions", start, length, start], "place")
    summed = graph.add("Add", [words, places], "embedded")
    return graph.add(
        "LayerNormalization",
        [summed, "norm.scale", "norm.bias"],
        "state",
        axis=-1,
        epsilon=shape.epsilon,
    )


def _layer(graph: _Graph, shape: Shape, layer: int, state: str) -> str:
    def name(part: str) -> str:
        return f"{layer}.{part}"

    def norm(update: str, before: str, which: str, bias: str, output: str) -> str:
        scale, shift = name(f"{which}.scale"), name(f"{which}.bias")
        inputs = [update, before, scale, shift, name(bias)]
        return graph.add("SkipLayerNormalization", inputs, output, _FUSED, epsilon=shape.epsilon)

    attended = graph.add(
        "Attention",
        [state, name("qkv"), name("qkv.bias"), "attention_mask"],
        name("attended"),
        _FUSED,
        num_heads=shape.heads,
    )
    projected = graph.add("MatMul", [attended, name("out")], name("projected"))
    middle = norm(projected, state, "norm1", "out.bias", name("middle"))
    widened = graph.add("MatMul", [middle, name("up")], name("widened"))
    active = graph.add("BiasGelu", [widened, name("up.bias")], name("active"), _FUSED)
    narrowed = graph.add("MatMul", [active, name("down")], name("narrowed"))
    return norm(narrowed, middle, "norm2", "down.bias", name("state"))


def _pool(graph: _Graph, shape: Shape, state: str) -> None:
    if shape.pooling == "cls":
        first = graph.constant("first", [0], scalar=True)
        graph.add("Gather", [state, first], "pooled", axis=1)
        return
    # The sum over the real tokens: the caller scales to unit length, so dividing by their number changes nothing.
    axis = graph.constant("one", [1])
    weights = graph.add("Cast", ["attention_mask"], "weights", to=_FLOAT)
    rows = graph.add("Unsqueeze", [weights, axis], "weight_rows")
    total = graph.add("MatMul", [rows, state], "total")
    graph.add("Squeeze", [total, axis], "pooled")
