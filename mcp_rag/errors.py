"""Every exception this project raises on purpose.

    McpRagError
    ├── InputError            the caller sent something unusable        read by: model and user
    │   └── NotFoundError     the id or entry named does not exist      read by: model and user
    ├── ConfigurationError    a setting is wrong or missing             read by: user, operator
    ├── SourceError           a log source cannot be read               read by: model and user (as a skipped source)
    ├── EmbeddingError        vectors could not be made                 read by: user; search degrades to lexical
    │   └── ModelMissingError the model files are not on this machine   read by: user
    ├── StoreError            the knowledge base refused or failed      read by: model and user
    │   ├── StoreUnavailable  nobody answers, or not in time            read by: model (retry), operator
    │   └── StoreMismatch     other schema, model, dimension, version   read by: user, operator
    └── ExplainerError        the LLM server gave nothing usable        read by: nobody; explain degrades to evidence

Each carries `cause` (what happened), `fix` (what to do next, a command where there is one) and `retry`
(whether the same call may work later). Only these texts reach a model; a library's own text never does.
"""

__all__ = [
    "ConfigurationError",
    "EmbeddingError",
    "ExplainerError",
    "InputError",
    "McpRagError",
    "ModelMissingError",
    "NotFoundError",
    "SourceError",
    "StoreError",
    "StoreMismatch",
    "StoreUnavailable",
]


class McpRagError(Exception):
    """Base of the tree. `cause` and `fix` are whole sentences written by us; `retry` is a promise, not a guess."""

    def __init__(self, cause: str, fix: str = "", *, retry: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.retry = retry

    def __str__(self) -> str:
        retry = "Retry: yes, later." if self.retry else "Retry: no, not unchanged."
        return " ".join(part for part in (self.cause, self.fix, retry) if part)

    def __reduce__(self) -> tuple[object, ...]:
        # The default reduce would drop `fix` and `retry` when an error crosses a worker process.
        return (_rebuild, (type(self), self.cause, self.fix, self.retry))


def _rebuild(kind: type[McpRagError], cause: str, fix: str, retry: bool) -> McpRagError:  # noqa: FBT001 - pickle passes positions
    return kind(cause, fix, retry=retry)


class InputError(McpRagError):
    """The arguments cannot be used as they are."""


class NotFoundError(InputError):
    """A well-formed id or name that stands for nothing stored."""


class ConfigurationError(McpRagError):
    """A setting is missing, malformed or contradicts another."""


class SourceError(McpRagError):
    """One log source could not be read. `reason` is a short stable word (`binary`, `outside_roots`, ...)."""

    def __init__(self, cause: str, fix: str = "", *, retry: bool = False, reason: str = "unreadable") -> None:
        super().__init__(cause, fix, retry=retry)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_source, (self.cause, self.fix, self.retry, self.reason))


def _rebuild_source(cause: str, fix: str, retry: bool, reason: str) -> SourceError:  # noqa: FBT001 - pickle passes positions
    return SourceError(cause, fix, retry=retry, reason=reason)


class EmbeddingError(McpRagError):
    """The embedder failed, or returned vectors that must not be stored."""


class ModelMissingError(EmbeddingError):
    """No usable model files were found in any of the places looked at."""


class StoreError(McpRagError):
    """The store refused a call or failed in it."""


class StoreUnavailable(StoreError):  # noqa: N818 - the name says the state the reader must act on
    """The store did not answer, or not within its deadline."""


class StoreMismatch(StoreError):  # noqa: N818 - the name says the state the reader must act on
    """What is stored was made with another schema, embedding model, dimension or redaction rules."""


class ExplainerError(McpRagError):
    """The LLM server was unreachable, too slow, or answered with something that cannot be used. `reason` is a short
    stable word (`unreachable`, `timeout`, `unauthorized`, `bad_reply`, ...; docs/explain.md lists them)."""

    def __init__(self, cause: str, fix: str = "", *, retry: bool = False, reason: str = "failed") -> None:
        super().__init__(cause, fix, retry=retry)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_explainer, (self.cause, self.fix, self.retry, self.reason))


def _rebuild_explainer(cause: str, fix: str, retry: bool, reason: str) -> ExplainerError:  # noqa: FBT001 - pickle passes positions
    return ExplainerError(cause, fix, retry=retry, reason=reason)
