"""The seams between the verbs and the adapters: one Protocol each, and nothing else.

Verbs depend on these; `app.py` alone knows the concrete classes. Each has a fake in `tests/fakes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mcp_rag.rows import (
    ANY_SIZE,
    BlockRow,
    Draft,
    ErrorFilter,
    ErrorGroup,
    Evidence,
    GroupTemplate,
    Kind,
    Resolution,
    Scored,
    StoreInfo,
)
from mcp_rag.types import Block, Skipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors. Loading is lazy and happens once; `ready` never blocks."""

    @property
    def model_id(self) -> str:
        """Name and weights digest; vectors of different ids must never meet in one collection."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def ready(self) -> bool: ...

    @property
    def reason(self) -> str:
        """Why the last load failed, with its remedy; "" while it was not tried or is under way."""
        ...

    @property
    def degraded(self) -> str:
        """Why a slower backend answers; "" when the wanted one does."""
        ...

    async def load(self) -> None:
        """Load the model once. Raises ModelMissingError or EmbeddingError."""
        ...

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, finite, L2-normalised, in the order given. Raises EmbeddingError."""
        ...

    async def embed_query(self, text: str) -> Vectors:
        """(dimension,) float32, as above, with the model's query prompt. Raises EmbeddingError."""
        ...


class Reranker(Protocol):
    """Says how well texts answer a query, read together. Loading happens once, in the background."""

    @property
    def ready(self) -> bool:
        """True once the model is loaded; never waits."""
        ...

    @property
    def reason(self) -> str:
        """Why the last load failed, with its remedy; "" while it was not tried or is under way."""
        ...

    def start(self) -> None:
        """Load in the background if that was not done; harmless to repeat."""
        ...

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One finite number a text, higher for nearer, in the order given. Raises EmbeddingError."""
        ...


class ReadableStore(Protocol):
    """What searching and browsing need of one knowledge base, or of several at once."""

    async def get_errors(self, ids: Sequence[str]) -> list[ErrorGroup]: ...
    async def query_errors(self, where: ErrorFilter, limit: int, offset: int = 0) -> list[ErrorGroup]: ...
    async def count_errors(self, where: ErrorFilter) -> int: ...
    async def search_dense(self, vector: Sequence[float], limit: int, where: ErrorFilter) -> list[Scored]: ...
    async def search_sparse(self, weights: Mapping[int, float], limit: int, where: ErrorFilter) -> list[Scored]: ...
    async def document_frequencies(self) -> tuple[int, Mapping[int, int]]:
        """Number of groups, and for each token id of the sparse field the number of groups that hold it."""
        ...

    async def get_resolutions(self, ids: Sequence[str]) -> list[Resolution]: ...
    async def resolutions_of(self, error_ids: Sequence[str]) -> list[Resolution]: ...
    async def search_resolutions(
        self, vector: Sequence[float] | None, weights: Mapping[int, float], limit: int
    ) -> list[Scored]: ...


class Store(ReadableStore, Protocol):
    """The knowledge base. Every call has a deadline; ids are checked before they leave; all failures are StoreError."""

    async def open(self, *, model_id: str, dimension: int) -> None: ...
    async def close(self) -> None: ...
    async def info(self) -> StoreInfo: ...

    async def upsert_errors(self, groups: Sequence[ErrorGroup]) -> None: ...
    async def delete_errors(self, ids: Sequence[str]) -> int: ...

    async def get_blocks(self, ids: Sequence[str]) -> list[BlockRow]: ...
    async def find_open_blocks(self, heads: Sequence[str], size_bytes: range = ANY_SIZE) -> list[BlockRow]:
        """Living ledger rows of unfinished sources whose first line has one of these hashes and whose size is in this
        range, without their counts, times and marks: thousands of sources may begin with one line."""
        ...

    async def find_longer_blocks(self, head: str, size_bytes: int) -> list[BlockRow]:
        """Living ledger rows of more than `size_bytes` whose first line has this hash: the 16 longest."""
        ...

    async def find_blocks(self, *, source: str = "", service: str = "", before_ms: int = 0) -> list[BlockRow]:
        """Living ledger rows that meet all conditions given. Raises InputError when none is."""
        ...

    async def commit_block(self, row: BlockRow, supersedes: Sequence[str] = (), *, totals: bool = True) -> bool:
        """Write the ledger row (the commit), drop superseded rows, then bring the touched groups' totals up to date.
        Without `totals` the last two are left to the next commit that has it, or to `recover`. By their marks, rows
        that others wrote meanwhile of the same source are seen: shorter ones are superseded too, and for a longer one
        nothing is written and False returned."""
        ...

    async def delete_blocks(
        self, *, source: str = "", service: str = "", before_ms: int = 0, ids: Sequence[str] = ()
    ) -> int:
        """Delete ledger rows that meet all conditions given, with what they counted; returns how many, at most 16,384
        a call. Raises InputError when no condition is given."""
        ...

    async def recover(self) -> int:
        """Finish commits whose totals were not applied; returns how many."""
        ...

    async def upsert_resolutions(self, rows: Sequence[Resolution]) -> None: ...

    async def change_resolutions(
        self, error_id: str, change: Callable[[Sequence[Resolution]], Sequence[Resolution]]
    ) -> None:
        """Write what `change` makes of the resolutions of a group, and the status that follows, in one step: what two
        clients record at once, both find recorded. What `change` raises is raised, and nothing written."""
        ...

    async def delete_resolutions(self, ids: Sequence[str]) -> int: ...
    async def flush(self) -> None: ...

    async def list_ids(self, kind: Kind) -> list[str]:
        """The ids of all rows of a collection, in ascending order; of blocks the living ones."""
        ...

    async def get_templates(self, ids: Sequence[str]) -> list[GroupTemplate]:
        """The templates of groups by id; unknown ids are left out. Costs a quarter of `get_errors`."""
        ...

    async def export_errors(self, ids: Sequence[str]) -> list[ErrorGroup]:
        """Groups by id with their vectors and sparse weights (None where the engine has none)."""
        ...

    async def export_resolutions(self, ids: Sequence[str]) -> list[Resolution]:
        """Resolutions by id with their vectors and sparse weights, None where they have none."""
        ...

    async def import_errors(self, rows: Sequence[ErrorGroup]) -> None:
        """Write groups as they are, counts and times included. Raises EmbeddingError for a missing or bad vector."""
        ...

    async def import_blocks(self, rows: Sequence[BlockRow]) -> None:
        """Write ledger rows as applied, without touching the totals of their groups."""
        ...


class Explainer(Protocol):
    """An LLM behind one call. Raises ExplainerError for everything that is not a usable draft."""

    @property
    def model(self) -> str: ...

    async def explain(self, error_text: str, evidence: Sequence[Evidence]) -> Draft: ...


class RedactionGate(Protocol):
    """The one gate for text that is stored, returned, embedded or sent on. Idempotent."""

    @property
    def version(self) -> int: ...

    def __call__(self, text: str) -> str: ...
    def counts(self) -> Mapping[str, int]:
        """Redactions per kind since the gate was made."""
        ...


class SourceReader(Protocol):
    """Finds and reads log sources; skipped ones are collected with their reason."""

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]: ...
    def intact(self) -> bool:
        """False when the file in hand was cut off or begun anew since it was opened."""
        ...

    @property
    def skipped(self) -> Sequence[Skipped]: ...
