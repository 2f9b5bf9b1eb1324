"""Reads a safetensors file: 8 bytes of header length, a JSON header, then raw little-endian arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_rag.errors import EmbeddingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[np.float32]]

_MAX_HEADER_BYTES = 16_777_216
_DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Every F32, F16 or BF16 array of the file as float32 by name; integer arrays (position ids) are left out.

    F32 arrays are read-only views of the mapped file, so pages are shared between processes and read on demand.
    Raises EmbeddingError when the file is damaged or an array lies outside it.
    """
    import numpy as np

    try:
        mapped = np.memmap(path, dtype=np.uint8, mode="r")
        header, start = _header(mapped)
        named = {
            name: _array(mapped, start, entry)
            for name, entry in header.items()
            if name != "__metadata__" and entry["dtype"] in _DTYPES
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise EmbeddingError(f"The weights {path} are damaged.", "Fetch the model again.") from None
    if not named:
        raise EmbeddingError(f"The weights {path} hold no floating point arrays.", "Use F32, F16 or BF16 weights.")
    return named


def _header(mapped: NDArray[np.uint8]) -> tuple[dict[str, Any], int]:
    size = int.from_bytes(mapped[:8].tobytes(), "little")
    if not 2 <= size <= min(_MAX_HEADER_BYTES, mapped.size - 8):
        raise ValueError("header length")
    header = json.loads(mapped[8 : 8 + size].tobytes().decode("utf-8"))
    if not isinstance(header, dict):
        raise TypeError("header")
    return header, 8 + size


def _array(mapped: NDArray[np.uint8], start: int, entry: Mapping[str, Any]) -> NDArray[np.float32]:
    import numpy as np

    begin, end = entry["data_offsets"]
    shape = tuple(entry["shape"])
    if not 0 <= begin <= end <= mapped.size - start:
        raise ValueError("offsets")
    raw = mapped[start + begin : start + end]
    if (start + begin) % 4:
        raw = raw.copy()
    values: NDArray[Any] = raw.view(np.ndarray).view(_DTYPES[entry["dtype"]]).reshape(shape)
    if entry["dtype"] == "BF16":
        # A bfloat16 is the upper half of a float32.
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)
