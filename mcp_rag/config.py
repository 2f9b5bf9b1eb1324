"""Settings: the only reader of the environment. Order: defaults < TOML file < environment < command line.

The TOML file is `MCP_RAG_CONFIG`, else `config.toml` in the platform's configuration directory; its keys are the
setting names in lower case without the prefix (`milvus_uri = "http://db:19530"`).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mcp_rag.errors import ConfigurationError

PREFIX = "MCP_RAG_"
DEFAULT_KB = "default"  # names the knowledge base without a name
APPLICATION = "mcp-rag"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MAX_PORT = 65_535


def _setting(default: Any, doc: str, unit: str = "", *, secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "unit": unit, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; the environment name is `MCP_RAG_` + the upper-case field name.

    Tuples are written as lists in TOML and separated by the path separator (`:` or `;`) in the environment.
    """

    data_dir: str = _setting("", "Directory of the embedded store; empty means the platform's data directory.")
    cache_dir: str = _setting("", "Directory of fetched models; empty means the platform's cache directory.")
    milvus_uri: str = _setting(
        "", "URI of a Milvus server or Zilliz Cloud; empty means Milvus Lite in the data directory."
    )
    milvus_token: str = _setting("", "Token, or `user:password`, for the Milvus server.", secret=True)
    milvus_database: str = _setting("", "Milvus database; empty means the server's default.")
    milvus_ca_file: str = _setting("", "PEM file of the authority that signed the Milvus server's certificate.")
    milvus_timeout: float = _setting(10.0, "Deadline of one store call.", "seconds")
    collection: str = _setting("mcp_errors", "Prefix of the collection names; dashes become underscores.")
    kb: str = _setting("", "Name of the knowledge base (team or project); each has collections of its own.")
    kb_search: tuple[str, ...] = _setting(
        (), "Names of further knowledge bases that searches read, beside the own one."
    )
    retention_days: int = _setting(
        0, "Forget, after an ingest, what was ingested longer ago; 0 keeps everything.", "days"
    )
    max_errors: int = _setting(
        0,
        "Most error groups kept; after an ingest those longest not seen go, unless a fix is recorded; 0 is no limit.",
        "errors",
    )
    embedding_model: str = _setting("all-MiniLM-L6-v2", "Model name, or a directory with a BERT-family model.")
    embedding_backend: str = _setting("auto", "`auto`, `onnx`, `numpy`, `sentence-transformers` or `remote`.")
    embedding_base_url: str = _setting("", "Base URL of an OpenAI-compatible `/v1/embeddings` server (`remote`).")
    embedding_api_key: str = _setting("", "Key for that server.", secret=True)
    rerank_model: str = _setting(
        "", "Cross-encoder (a directory, or a name) that orders the first 20 hybrid hits; empty means none."
    )
    llm_base_url: str = _setting("", "Base URL of an OpenAI-compatible server (vLLM); empty means evidence only.")
    llm_model: str = _setting("", "Model name to ask for; empty means the first that the server lists.")
    llm_api_key: str = _setting("", "Key for that server.", secret=True)
    llm_thinking: bool = _setting(False, "Let the model think before it answers (slower).")
    llm_timeout: float = _setting(60.0, "Deadline of one explanation, everything included.", "seconds")
    log_roots: tuple[str, ...] = _setting((), "Directories that the `ingest_logs` tool may read; empty means none.")
    read_only: bool = _setting(False, "Offer no tool that writes.")
    starter_knowledge: bool = _setting(True, "Load the shipped knowledge pack on first start.")
    timezone: str = _setting("UTC", "IANA zone of log times that name none.")
    redact_ips: bool = _setting(True, "Replace IP addresses before storing.")
    redact_emails: bool = _setting(True, "Replace e-mail addresses before storing.")
    redact_rules: tuple[str, ...] = _setting((), "Own rules, each `kind=regular expression`.")
    http_host: str = _setting("127.0.0.1", "Address that `serve --transport streamable-http` binds.")
    http_port: int = _setting(8000, "Port of the same.")
    http_allowed_hosts: tuple[str, ...] = _setting((), "Host names that HTTP requests may name, beside loopback.")
    auth_token: str = _setting(
        "", "Bearer token of the HTTP server, at least 32 bytes; needed off loopback.", secret=True
    )
    log_level: str = _setting("WARNING", "Level of the server's own log on stderr.")
    max_call_seconds: float = _setting(25.0, "Time budget of one `ingest_logs` call.", "seconds")
    max_line_bytes: int = _setting(102_400, "Longest line read; the rest of a longer one is cut and counted.", "bytes")
    max_event_bytes: int = _setting(262_144, "Longest event kept; head and tail of a longer one survive.", "bytes")
    max_event_lines: int = _setting(500, "Most lines of one event; head and tail of a longer one survive.", "lines")
    max_block_bytes: int = _setting(4_194_304, "Size of one ledger block.", "bytes")
    max_files: int = _setting(10_000, "Most files of one ingest.", "files")
    max_depth: int = _setting(20, "Deepest directory level followed.", "levels")
    max_unpacked_bytes: int = _setting(1_073_741_824, "Most bytes taken from one compressed file.", "bytes")
    max_query_bytes: int = _setting(
        1_048_576,
        "Longest pasted error; a tool refuses a longer one, the command line uses its head and tail.",
        "bytes",
    )
    max_text_bytes: int = _setting(4_194_304, "Longest inline text of one `ingest_logs` call.", "bytes")
    max_workers: int = _setting(2, "Processes that parse a large ingest side by side.", "processes")

    def data_path(self) -> Path:
        """The data directory, not created."""
        return Path(self.data_dir).expanduser() if self.data_dir else _platform_dir("data")

    def cache_path(self) -> Path:
        """The cache directory, not created."""
        return Path(self.cache_dir).expanduser() if self.cache_dir else _platform_dir("cache")

    def limits(self) -> dict[str, int]:
        """Every `max_*` setting by name."""
        return {f.name: int(getattr(self, f.name)) for f in fields(self) if f.name.startswith("max_")}


def _platform_dir(kind: str) -> Path:
    import platformdirs

    paths = {
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
        "config": platformdirs.user_config_path,
    }
    return paths[kind](APPLICATION, appauthor=False)


def environment_name(setting: str) -> str:
    """`milvus_uri` -> `MCP_RAG_MILVUS_URI`."""
    return PREFIX + setting.upper()


_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _convert(name: str, value: Any, default: Any, origin: str) -> Any:
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in _TRUE | _FALSE:
            return word in _TRUE
        raise ConfigurationError(f"{origin} must be true or false, not {word!r}.", "Write `true` or `false`.")
    if isinstance(default, tuple):
        if isinstance(value, str):
            separator = "\n" if name == "redact_rules" else os.pathsep
            return tuple(part.strip() for part in value.split(separator) if part.strip())
        if isinstance(value, list | tuple):
            return tuple(str(part) for part in value)
        raise ConfigurationError(f"{origin} must be a list.", f'Write `{name} = ["..."]` in the file.')
    if isinstance(default, int | float):
        return _number(value, default, origin)
    return str(value)


def _number(value: Any, default: float, origin: str) -> float:
    kind = type(default)
    try:
        number = kind(value)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{origin} must be a number, not {str(value)[:40]!r}.", "Write digits only.") from None
    # A default of zero means that zero switches the setting off.
    if not 0 <= number < 1e15 or (default and not number):
        least = "above zero" if default else "zero or more"
        raise ConfigurationError(f"{origin} must be {least}.", f"The default is {default}.")
    return number


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    named = environment.get(PREFIX + "CONFIG", "")
    path = Path(named).expanduser() if named else _platform_dir("config") / "config.toml"
    if not named and not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigurationError(f"The settings file {path} cannot be read.", f"Correct {PREFIX}CONFIG.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The settings file {path} is not TOML ({error}).", "Correct the file.") from None
    known = {f.name for f in fields(Settings)}
    for name in values:
        if name not in known:
            raise ConfigurationError(
                f"The settings file {path} has an unknown setting {name!r}.", _nearest(name, known)
            )
    return values


def _nearest(name: str, known: set[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {close[0]!r}?" if close else "docs/settings.md lists them all."


def load(environment: Mapping[str, str] | None = None, **options: Any) -> Settings:
    """Read the settings. `options` (the command line's) win; None values there are ignored.

    Raises ConfigurationError for an unknown `MCP_RAG_*` name, a malformed value or an unreadable file.
    """
    environment = os.environ if environment is None else environment
    defaults = Settings()
    known = {f.name: getattr(defaults, f.name) for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in _from_file(environment).items():
        values[name] = _convert(name, value, known[name], f"The setting {name}")
    by_environment = {environment_name(name): name for name in known}
    for key, value in environment.items():
        if not key.startswith(PREFIX) or key == PREFIX + "CONFIG":
            continue
        if key not in by_environment:
            raise ConfigurationError(f"{key} is not a setting.", _nearest(key, set(by_environment)))
        name = by_environment[key]
        values[name] = _convert(name, value, known[name], key)
    for name, value in options.items():
        if value is not None:
            values[name] = _convert(name, value, known[name], f"--{name.replace('_', '-')}")
    return _checked(replace(defaults, **values))


def _checked(settings: Settings) -> Settings:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(settings.timezone)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(
            f"{PREFIX}TIMEZONE names no known zone: {settings.timezone[:60]!r}.",
            "Use a name such as Europe/Berlin or UTC.",
        ) from None
    if settings.log_level.upper() not in LOG_LEVELS:
        raise ConfigurationError(
            f"{PREFIX}LOG_LEVEL cannot be {settings.log_level[:40]!r}.", f"Use one of {', '.join(LOG_LEVELS)}."
        )
    if settings.http_port > MAX_PORT:
        raise ConfigurationError(f"{PREFIX}HTTP_PORT cannot be {settings.http_port}.", f"Ports end at {MAX_PORT}.")
    for rule in settings.redact_rules:
        if "=" not in rule:
            raise ConfigurationError(f"The redaction rule {rule[:60]!r} has no kind.", "Write it as `kind=expression`.")
    return replace(settings, kb="") if settings.kb == DEFAULT_KB else settings
