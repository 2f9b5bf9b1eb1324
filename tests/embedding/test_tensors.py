"""The safetensors reader: exact values, shared pages, and a clear error for every kind of damage."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcp_rag.embedding.tensors import read_tensors
from mcp_rag.errors import EmbeddingError


@pytest.mark.parametrize(("dtype", "tolerance"), [("F32", 0), ("F16", 1e-3), ("BF16", 1e-2)])
def test_values_survive(write_weights: Any, tmp_path: Path, dtype: str, tolerance: float) -> None:
    """All three floating types arrive as float32 with their values and shapes."""
    file = tmp_path / "w.safetensors"
    matrix = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    write_weights(file, {"m": matrix, "v": matrix[0]}, dtype)

    found = read_tensors(file)

    assert {name: (array.shape, array.dtype) for name, array in found.items()} == {
        "m": ((3, 4), np.dtype(np.float32)),
        "v": ((4,), np.dtype(np.float32)),
    }
    assert np.abs(found["m"] - matrix).max() <= tolerance


def test_float32_is_mapped_not_copied(write_weights: Any, tmp_path: Path) -> None:
    """A view of the file: two servers share the pages, and nobody can write to it."""
    file = tmp_path / "w.safetensors"
    write_weights(file, {"m": np.ones((2, 2), np.float32)})

    array = read_tensors(file)["m"]

    assert not array.flags.owndata
    assert not array.flags.writeable


def test_an_unaligned_header_is_read(tmp_path: Path) -> None:
    """A header whose length is no multiple of four still gives right values."""
    text = json.dumps({"v": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    text += b" " * (3 - len(text) % 4)
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", len(text)) + text + struct.pack("<2f", 1.5, -2.5))

    assert read_tensors(file)["v"].tolist() == [1.5, -2.5]


def entry(dtype: object = "F32", shape: object = (2,), offsets: object = (0, 8)) -> bytes:
    """A header with one array."""
    return json.dumps({"v": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        entry(offsets=(0, 16)),
        entry(offsets=(-4, 4)),
        entry(offsets=(8, 0)),
        entry(offsets=(0,)),
        entry(offsets="ab"),
        entry(shape=(3,)),
        entry(shape=(-5, 7)),
        entry(shape="x"),
        entry(offsets=(0, 7)),
        entry(dtype="I64"),
        b'{"v": 5}',
        b'{"v": {"dtype": "F32"}}',
    ],
)
def test_damage_is_an_embedding_error(tmp_path: Path, header: bytes) -> None:
    """Whatever the header claims, nothing outside the file is read and no library error escapes."""
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 8)

    with pytest.raises(EmbeddingError):
        read_tensors(file)


@pytest.mark.parametrize("content", [b"", b"\0" * 7, struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 50) + b"{}"])
def test_truncation_is_an_embedding_error(tmp_path: Path, content: bytes) -> None:
    """An interrupted download does not get past the header."""
    file = tmp_path / "w.safetensors"
    file.write_bytes(content)

    with pytest.raises(EmbeddingError):
        read_tensors(file)


def test_a_missing_file_is_an_embedding_error(tmp_path: Path) -> None:
    """No OSError escapes."""
    with pytest.raises(EmbeddingError):
        read_tensors(tmp_path / "none.safetensors")
