"""Model directories with random weights, the installed MiniLM, and an embedding server in this process."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag.embedding.weights import DEFAULT_MODEL, find_model

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "error",
    "connection",
    "refused",
    "timeout",
    "##s",
    "a",
    "b",
    ":",
]


@dataclass(frozen=True, slots=True)
class TinyBert:
    """What a random model is made from; `save` writes it in the sentence-transformers layout."""

    layers: int = 2
    hidden: int = 32
    heads: int = 4
    inner: int = 48
    positions: int = 40
    max_tokens: int = 16
    pooling: str = "mean"
    dtype: str = "F32"
    prefix: str = ""
    old_norms: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)

    def arrays(self) -> dict[str, np.ndarray]:
        """Named weights as a checkpoint stores them, the same at each call."""
        random = np.random.default_rng(7)

        def some(*shape: int) -> np.ndarray:
            return (random.standard_normal(shape) * 0.3).astype(np.float32)

        def norm(name: str) -> dict[str, np.ndarray]:
            scale, shift = ("gamma", "beta") if self.old_norms else ("weight", "bias")
            return {f"{name}.{scale}": 1 + some(self.hidden), f"{name}.{shift}": some(self.hidden)}

        named = {
            "embeddings.word_embeddings.weight": some(len(WORDS), self.hidden),
            "embeddings.position_embeddings.weight": some(self.positions, self.hidden),
            "embeddings.token_type_embeddings.weight": some(2, self.hidden),
            **norm("embeddings.LayerNorm"),
        }
        for layer in range(self.layers):
            root = f"encoder.layer.{layer}"
            for part in (
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
            ):
                named[f"{root}.{part}.weight"] = some(self.hidden, self.hidden)
                named[f"{root}.{part}.bias"] = some(self.hidden)
            named[f"{root}.intermediate.dense.weight"] = some(self.inner, self.hidden)
            named[f"{root}.intermediate.dense.bias"] = some(self.inner)
            named[f"{root}.output.dense.weight"] = some(self.hidden, self.inner)
            named[f"{root}.output.dense.bias"] = some(self.hidden)
            named |= norm(f"{root}.attention.output.LayerNorm") | norm(f"{root}.output.LayerNorm")
        return {self.prefix + name: array for name, array in named.items()}

    def save(self, path: Path) -> Path:
        """Write every file of the model below `path`."""
        (path / "1_Pooling").mkdir(parents=True)
        write_safetensors(path / "model.safetensors", self.arrays(), self.dtype)
        files = {
            "config.json": {
                "model_type": "bert",
                "architectures": ["BertModel"],
                "hidden_act": "gelu",
                "hidden_size": self.hidden,
                "num_hidden_layers": self.layers,
                "num_attention_heads": self.heads,
                "intermediate_size": self.inner,
                "vocab_size": len(WORDS),
                "max_position_embeddings": self.positions,
                "type_vocab_size": 2,
                "layer_norm_eps": 1e-12,
                **self.config,
            },
            "sentence_bert_config.json": {"max_seq_length": self.max_tokens, "do_lower_case": False},
            "config_sentence_transformers.json": {"prompts": dict(self.prompts)},
            "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
            "1_Pooling/config.json": {
                "word_embedding_dimension": self.hidden,
                "pooling_mode_mean_tokens": self.pooling == "mean",
                "pooling_mode_cls_token": self.pooling == "cls",
                "pooling_mode_max_tokens": self.pooling == "max",
            },
        }
        for name, content in files.items():
            (path / name).write_text(json.dumps(content), encoding="utf-8")
        kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
        modules = [
            {"idx": at, "name": str(at), "path": folder, "type": f"sentence_transformers.models.{kind}"}
            for at, (folder, kind) in enumerate(kinds.items())
        ]
        (path / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        (path / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
        return path


def write_safetensors(file: Path, arrays: Mapping[str, np.ndarray], dtype: str = "F32") -> None:
    """A safetensors file with every array in one type."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        raw = as_bytes(array, dtype)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    file.write_bytes(struct.pack("<Q", len(text)) + text + body)


def as_bytes(array: np.ndarray, dtype: str) -> bytes:
    """The array's values in a safetensors type."""
    if dtype == "BF16":
        return (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return array.astype({"F32": "<f4", "F16": "<f2", "I64": "<i8"}[dtype]).tobytes()


@pytest.fixture
def tiny() -> type[TinyBert]:
    """Describes random BERT models: `tiny(layers=1).save(path)`."""
    return TinyBert


@pytest.fixture
def write_weights() -> Callable[..., None]:
    """Writes a safetensors file."""
    return write_safetensors


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed default model; its absence is a failure, not a skip."""
    return find_model(DEFAULT_MODEL, tmp_path_factory.mktemp("empty"))


@dataclass
class EmbeddingServer:
    """Answers `/v1/embeddings` with vectors made from the texts. `script` holds answers that go first: a status, a
    (status, headers) pair, or a function from the request's JSON to the raw body. `requests` keeps what was asked."""

    url: str = ""
    dimension: int = 8
    max_chars: int = 100_000
    script: list[Any] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def vector(self, text: str) -> list[float]:
        """Not of unit length, and different for different texts."""
        random = np.random.default_rng(list(text.encode("utf-8")) or [0])
        return [float(value) for value in random.standard_normal(self.dimension) * 3]

    def unit(self, text: str) -> np.ndarray:
        """The vector as an embedder must return it."""
        vector = np.array(self.vector(text), dtype=np.float32)
        return vector / np.linalg.norm(vector)

    def answer(self, request: Any) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body for one request."""
        step = self.script.pop(0) if self.script else 200
        if callable(step):
            return 200, {}, step(request)
        status, headers = step if isinstance(step, tuple) else (step, {})
        if status == 200 and any(len(text) > self.max_chars for text in request["input"]):
            status = 400
        if status != 200:
            return status, headers, b'{"error": {"message": "SERVER TEXT that must not leak"}}'
        rows = [
            {"object": "embedding", "index": at, "embedding": self.vector(text)}
            for at, text in enumerate(request["input"])
        ]
        # Order is only promised by `index`.
        return 200, headers, json.dumps({"object": "list", "data": rows[::-1]}).encode("utf-8")


@pytest.fixture
def embedding_server() -> Iterator[EmbeddingServer]:
    """A running EmbeddingServer on a free loopback port."""
    state = EmbeddingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(body)
            state.headers.append(dict(self.headers.items()))
            state.paths.append(self.path)
            status, headers, payload = state.answer(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Silent."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up early is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join(5)
