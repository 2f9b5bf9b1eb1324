"""What opens a store, and the names of its collections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mcp_rag.errors import ConfigurationError

SCHEMA_VERSION = 1
KINDS = ("errors", "blocks", "resolutions")
MAX_NAME_BYTES = 255

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How to reach the store. An empty `uri` means Milvus Lite in `data_dir`.

    `timeout_s` is the deadline of one call, in seconds. `redaction_version` is that of the rules in force;
    `schema_version` names the generation of the collections.
    `as_stored` takes the model and redaction rules of what is stored instead of comparing them; `must_exist` creates
    nothing when no collection is there; a `revision` above 0 names a set of collections that is being filled to replace
    the one in use.
    """

    data_dir: Path = Path()
    uri: str = ""
    token: str = ""
    database: str = ""
    prefix: str = "mcp_errors"
    kb: str = ""
    timeout_s: float = 10.0
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""
    server_name: str = ""
    redaction_version: int = 0
    schema_version: int = SCHEMA_VERSION
    as_stored: bool = False
    must_exist: bool = False
    revision: int = 0

    def __repr__(self) -> str:
        # The token must not reach a log through a traceback or a debug line.
        return f"StoreSettings(uri={self.uri!r}, data_dir={str(self.data_dir)!r}, kb={self.kb!r})"


@dataclass(frozen=True, slots=True)
class Names:
    """The collections of one knowledge base: an alias each, and behind it one collection per schema generation."""

    base: str
    generation: int
    revision: int = 0

    def alias(self, kind: str) -> str:
        """The name that reads and writes use."""
        return f"{self.base}_{kind}_r{self.revision}" if self.revision else f"{self.base}_{kind}"

    def collection(self, kind: str) -> str:
        """The collection of this generation; a later one gets a new name, is filled, then the alias moves. A reindex
        does the same with a revision."""
        name = f"{self.base}_{kind}_v{self.generation}"
        return f"{name}_r{self.revision}" if self.revision else name


def collection_names(settings: StoreSettings) -> Names:
    """Names made from prefix and knowledge base, dashes turned into underscores.

    Raises ConfigurationError when a Milvus server would refuse them (facts: `^[A-Za-z_][A-Za-z0-9_]*$`, 255 bytes).
    """
    prefix = settings.prefix.replace("-", "_")
    kb = settings.kb.replace("-", "_")
    rule = "Use letters, digits and underscores, a letter first; dashes are turned into underscores."
    if not _NAME.fullmatch(prefix):
        raise ConfigurationError(f"The collection prefix {settings.prefix[:60]!r} is no valid name.", rule)
    if kb and not _PART.fullmatch(kb):
        raise ConfigurationError(f"The knowledge base name {settings.kb[:60]!r} is no valid name.", rule)
    names = Names(f"{prefix}_{kb}" if kb else prefix, settings.schema_version, settings.revision)
    if max(len(names.collection(kind)) for kind in KINDS) > MAX_NAME_BYTES:
        raise ConfigurationError("The collection prefix and knowledge base name are too long together.", rule)
    return names
