"""Settings: every one has a default, a unit where it needs one, a source order, and errors that say what to write."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mcp_rag.config import Settings, environment_name, load
from mcp_rag.errors import ConfigurationError

NO_FILE = {"MCP_RAG_CONFIG": ""}


def read(tmp_path: Path, environment: dict[str, str], toml: str = "", **options: Any) -> Settings:
    """Settings from a file, an environment and options, nothing of this machine."""
    file = tmp_path / "config.toml"
    file.write_text(toml, encoding="utf-8")
    return load({"MCP_RAG_CONFIG": str(file), **environment}, **options)


def test_defaults_are_those_of_the_dataclass(tmp_path: Path) -> None:
    """An empty environment and file give the documented defaults (DESIGN: same commands from laptop to cluster)."""
    assert read(tmp_path, {}) == Settings()


def test_every_setting_says_what_it_is() -> None:
    """Each setting carries a sentence; each limit carries its unit (house rule: units in every setting)."""
    for field in fields(Settings):
        assert field.metadata["doc"].endswith((".", "tool.")), field.name
        if field.name.startswith("max_") or field.name.endswith("timeout"):
            assert field.metadata["unit"], field.name


def test_secrets_are_marked() -> None:
    """What must never be shown is marked secret: keys and tokens, and nothing else."""
    secret = {f.name for f in fields(Settings) if f.metadata["secret"]}
    assert secret == {"milvus_token", "embedding_api_key", "llm_api_key", "auth_token"}


def test_order_of_sources(tmp_path: Path) -> None:
    """Defaults < file < environment < command line (module docstring)."""
    toml = 'kb = "file"\nmilvus_uri = "http://file"\ncollection = "file"\n'
    environment = {"MCP_RAG_KB": "env", "MCP_RAG_MILVUS_URI": "http://env"}
    found = read(tmp_path, environment, toml, kb="option", milvus_uri=None)
    assert (found.kb, found.milvus_uri, found.collection) == ("option", "http://env", "file")


def test_default_is_the_base_without_a_name(tmp_path: Path) -> None:
    """Search settings call it that; asking for it by that name must not make another one."""
    assert read(tmp_path, {"MCP_RAG_KB": "default"}, "").kb == ""
    assert read(tmp_path, {}, "", kb="default").kb == ""
    assert read(tmp_path, {"MCP_RAG_KB": "payments"}, "").kb == "payments"


@pytest.mark.parametrize(("word", "value"), [("1", True), ("TRUE", True), ("on", True), ("no", False), ("", False)])
def test_flags_are_words(tmp_path: Path, word: str, value: bool) -> None:
    """A flag is read from the usual words; an empty one, which hosts send for "not set", is false."""
    assert read(tmp_path, {"MCP_RAG_READ_ONLY": word}).read_only is value


def test_lists(tmp_path: Path) -> None:
    """Lists come from TOML lists and from path-separated text; redaction rules, which hold colons, one a line."""
    roots = os.pathsep.join(["/a", " /b ", ""])
    rules = "kind=a:b\nother=c=d"
    found = read(tmp_path, {"MCP_RAG_LOG_ROOTS": roots, "MCP_RAG_REDACT_RULES": rules})
    assert found.log_roots == ("/a", "/b")
    assert found.redact_rules == ("kind=a:b", "other=c=d")
    assert read(tmp_path, {}, 'log_roots = ["/x", "/y"]').log_roots == ("/x", "/y")


@pytest.mark.parametrize(
    ("environment", "toml", "said"),
    [
        ({"MCP_RAG_MILVUS_URL": "x"}, "", "MCP_RAG_MILVUS_URI"),
        ({"MCP_RAG_MAX_FILES": "many"}, "", "MCP_RAG_MAX_FILES"),
        ({"MCP_RAG_MAX_FILES": "0"}, "", "above zero"),
        ({"MCP_RAG_MAX_FILES": "-5"}, "", "above zero"),
        ({"MCP_RAG_MAX_CALL_SECONDS": "nan"}, "", "above zero"),
        ({"MCP_RAG_MAX_CALL_SECONDS": "inf"}, "", "above zero"),
        ({"MCP_RAG_READ_ONLY": "maybe"}, "", "true or false"),
        ({"MCP_RAG_TIMEZONE": "Mars/Base"}, "", "Europe/Berlin"),
        ({"MCP_RAG_TIMEZONE": "../../etc/passwd"}, "", "zone"),
        ({"MCP_RAG_REDACT_RULES": "no-kind"}, "", "kind=expression"),
        ({"MCP_RAG_LOG_LEVEL": "LOUD"}, "", "WARNING"),
        ({"MCP_RAG_HTTP_PORT": "70000"}, "", "65535"),
        ({}, "milvus_url = 1", "milvus_uri"),
        ({}, "log_roots = 5", "list"),
        ({}, "= broken", "not TOML"),
        ({"MCP_RAG_CONFIG": "/nonexistent/config.toml"}, "", "MCP_RAG_CONFIG"),
    ],
)
def test_wrong_settings_name_themselves_and_the_remedy(
    tmp_path: Path, environment: dict[str, str], toml: str, said: str
) -> None:
    """Each wrong value is one ConfigurationError that names the setting or what to write (errors.py)."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, environment, toml)
    assert said in str(caught.value)
    assert caught.value.fix


def test_no_file_is_no_error() -> None:
    """Without MCP_RAG_CONFIG a missing file is the ordinary case; other programs' variables are no concern."""
    assert load({"MCP_RAG_CONFIG": "", "MILVUS_URI": "http://x", "HOME": os.environ.get("HOME", "/")}) == Settings()


def test_environment_names_are_unique_and_prefixed() -> None:
    """`MCP_RAG_` and never `MILVUS_URI`, which pymilvus reads itself (DESIGN section 9)."""
    names = [environment_name(f.name) for f in fields(Settings)]
    assert len(set(names)) == len(names)
    assert all(n.startswith("MCP_RAG_") for n in names)


def test_paths_are_expanded_not_created(tmp_path: Path) -> None:
    """`~` is the user's home; looking at a path makes nothing."""
    settings = Settings(data_dir="~/somewhere-that-is-not-there")
    assert settings.data_path() == Path.home() / "somewhere-that-is-not-there"
    assert not settings.data_path().exists()
    assert Settings().data_path().name == "mcp-rag"
    assert Settings(cache_dir=str(tmp_path)).cache_path() == tmp_path


def test_limits_list_every_max_setting() -> None:
    """kb_status shows the limits in force: all of them."""
    assert set(Settings().limits()) == {f.name for f in fields(Settings) if f.name.startswith("max_")}
