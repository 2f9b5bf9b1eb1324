"""The onnx backend: ONNX Runtime over the graph skeleton, weights handed over from the mapped safetensors file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mcp_rag.embedding.folder import ModelFolder
from mcp_rag.embedding.parameters import load_parameters
from mcp_rag.embedding.skeleton import for_shape
from mcp_rag.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_THREADS = 4
_QUIET = 3


class RuntimeUnavailableError(EmbeddingError):
    """ONNX Runtime is not installed, or does not load on this machine."""


class OnnxModel:
    """A BERT encoder in ONNX Runtime. Thread-safe."""

    def __init__(self, folder: ModelFolder) -> None:
        ort = _import_runtime()
        weights = load_parameters(folder)
        options = ort.SessionOptions()
        options.intra_op_num_threads = min(MAX_THREADS, usable_cores())
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        # Spinning threads answer an idle machine 3 ms sooner for three times the CPU, and lose on a busy one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        values = [ort.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
        try:
            self._session: Any = ort.InferenceSession(for_shape(folder.shape), options, ["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - the library's errors share no base class
            raise RuntimeUnavailableError(
                f"ONNX Runtime {ort.__version__} could not open the model ({type(error).__name__}).",
                "Set MCP_RAG_EMBEDDING_BACKEND=numpy, or install another onnxruntime version.",
            ) from None
        # The session reads these arrays for as long as it lives.
        self._keep = (weights, values)

    def pooled(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """(n, hidden) float32, not yet of unit length, one row for each list of token ids."""
        import numpy as np

        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.int32)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        (pooled,) = self._session.run(["pooled"], {"input_ids": ids, "attention_mask": mask})
        vectors: Vectors = pooled
        return vectors


def usable_cores() -> int:
    """Cores this process may use: in a container that is fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _import_runtime() -> Any:  # noqa: ANN401 - a module without types
    try:
        import onnxruntime as ort
    except (ImportError, OSError) as error:
        raise RuntimeUnavailableError(
            f"ONNX Runtime does not load on this machine ({type(error).__name__}).",
            "Run `pip install --upgrade onnxruntime`, or set MCP_RAG_EMBEDDING_BACKEND=numpy.",
        ) from None
    if not hasattr(ort.SessionOptions, "add_external_initializers"):
        raise RuntimeUnavailableError(
            f"ONNX Runtime {ort.__version__} is too old.", "Install onnxruntime 1.22 or newer."
        )
    return ort
