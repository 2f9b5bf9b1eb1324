"""The local embedder: one load whoever asks, batches in order, failures remembered and retried, nothing blocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from mcp_rag.embedding.identity import Identity
from mcp_rag.embedding.local import RETRY_S, LocalEmbedder, prepared
from mcp_rag.errors import EmbeddingError, ModelMissingError

WAIT_S = 10


class Letters(NamedTuple):
    """A batch of LetterEncoder's."""

    positions: list[int]
    texts: list[str]
    purpose: str


class LetterEncoder:
    """An encoder whose vector of a text is (length, 1, is query): order and purpose show in the result. Batches of
    two; one with a text that starts with `!` waits for `gate`."""

    identity = Identity("letters@1", 3)
    degraded = ""
    max_chars = 50

    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.gate = threading.Event()
        self.started = threading.Event()
        self.failure: Exception | None = None
        self.width = 3

    def plan(self, texts: Sequence[str], purpose: str) -> list[Letters]:
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        groups = [order[at : at + 2] for at in range(0, len(order), 2)]
        return [Letters(group, [texts[at] for at in group], purpose) for group in groups]

    def run(self, batch: Letters) -> np.ndarray:
        if any(text.startswith("!") for text in batch.texts):
            self.started.set()
            assert self.gate.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure
        self.seen.append(batch.texts)
        rows = [[len(text), 1, batch.purpose == "query"][: self.width] for text in batch.texts]
        return np.array(rows, np.float32)


class Opener:
    """Counts loads; `failure` makes them fail, `gate` holds them."""

    def __init__(self) -> None:
        self.encoder = LetterEncoder()
        self.calls = 0
        self.failure: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.daemon = False

    def __call__(self) -> LetterEncoder:
        self.calls += 1
        self.daemon = threading.current_thread().daemon
        assert self.gate.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure
        return self.encoder


class Clock:
    """Seconds that pass only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def opener() -> Opener:
    """How the embedder under test loads."""
    return Opener()


@pytest.fixture
def clock() -> Clock:
    """Its clock."""
    return Clock()


@pytest.fixture
def embedder(opener: Opener, clock: Clock) -> LocalEmbedder:
    """The embedder under test."""
    return LocalEmbedder(opener, lambda: Identity("known@1", 3), clock=clock)


def run(coroutine: Any) -> Any:
    """Run to the end, within ten seconds."""

    async def bounded() -> Any:
        async with asyncio.timeout(WAIT_S):
            return await coroutine

    return asyncio.run(bounded())


def test_nothing_is_loaded_before_it_is_asked(embedder: LocalEmbedder, opener: Opener) -> None:
    """Identity and dimension are known beforehand; `ready` does not load."""
    assert (embedder.model_id, embedder.dimension) == ("known@1", 3)
    assert (embedder.ready, opener.calls) == (False, 0)
    assert embedder.reason == ""


def test_concurrent_callers_share_one_load(embedder: LocalEmbedder, opener: Opener) -> None:
    """Ten loads and embeddings at once open the model once, in a daemon thread that cannot hold the process."""

    async def main() -> None:
        opener.gate.clear()
        waiting = [asyncio.create_task(embedder.load()) for _ in range(5)]
        waiting += [asyncio.create_task(embedder.embed_query("abc")) for _ in range(5)]
        await asyncio.sleep(0)
        assert not embedder.ready
        assert embedder.reason == ""
        opener.gate.set()
        await asyncio.gather(*waiting)

    run(main())
    assert (opener.calls, opener.daemon) == (1, True)
    assert (embedder.ready, embedder.reason, embedder.model_id) == (True, "", "letters@1")


def test_a_cancelled_caller_leaves_the_load_to_the_others(embedder: LocalEmbedder, opener: Opener) -> None:
    """Giving up waiting does not cancel what another caller waits for."""

    async def main() -> None:
        opener.gate.clear()
        first, second = asyncio.create_task(embedder.load()), asyncio.create_task(embedder.load())
        await asyncio.sleep(0)
        first.cancel()
        opener.gate.set()
        await second
        assert first.cancelled()

    run(main())
    assert (opener.calls, embedder.ready) == (1, True)


def test_results_come_in_input_order(embedder: LocalEmbedder, opener: Opener) -> None:
    """Texts are computed sorted by length and in small batches, and returned as they were given."""
    texts = ["dddd", "a", "ccc", "a", "bb", ""]

    vectors = run(embedder.embed_documents(texts))

    assert vectors[:, 0].tolist() == [4, 1, 3, 1, 2, 0]
    assert (vectors.dtype, vectors.shape) == (np.float32, (6, 3))
    assert opener.encoder.seen == [["", "a"], ["bb", "ccc"], ["dddd"]]


def test_many_texts_are_planned_in_parts(embedder: LocalEmbedder) -> None:
    """More than one part (512 texts): every position still meets its own vector."""
    texts = ["x" * (at % 50) + str(at) for at in range(1200)]

    vectors = run(embedder.embed_documents(texts))

    assert vectors[:, 0].tolist() == [min(len(text), 50) for text in texts]


def test_a_vector_is_computed_once(embedder: LocalEmbedder, opener: Opener) -> None:
    """The cache answers the second time; query and document are kept apart."""
    run(embedder.embed_documents(["abc"]))
    again = run(embedder.embed_documents(["abc"]))
    query = run(embedder.embed_query("abc"))

    assert again.tolist() == [[3, 1, 0]]
    assert query.tolist() == [3, 1, 1]
    assert opener.encoder.seen == [["abc"], ["abc"]]


def test_no_texts_give_an_empty_matrix(embedder: LocalEmbedder) -> None:
    """Shape (0, dimension)."""
    assert run(embedder.embed_documents([])).shape == (0, 3)


def test_a_failed_load_is_remembered_then_retried(embedder: LocalEmbedder, opener: Opener, clock: Clock) -> None:
    """Within 30 s the same error comes back without a new try; `load` tries at once; later any caller does."""
    opener.failure = ModelMissingError("The model is not here.", "Fetch it.")
    for _ in range(3):
        with pytest.raises(ModelMissingError):
            run(embedder.embed_query("a"))
    assert opener.calls == 1
    assert embedder.reason == "The model is not here. Fetch it."

    with pytest.raises(ModelMissingError):
        run(embedder.load())
    assert opener.calls == 2

    clock.now += RETRY_S
    opener.failure = None
    assert run(embedder.embed_query("a")).tolist() == [1, 1, 1]
    assert opener.calls == 3


def test_asking_for_readiness_finds_a_model_fetched_meanwhile(
    embedder: LocalEmbedder, opener: Opener, clock: Clock
) -> None:
    """A running server whose user fetches the model heals: 30 s later the question itself starts the load."""
    opener.failure = ModelMissingError("The model is not here.")
    with pytest.raises(ModelMissingError):
        run(embedder.load())
    opener.failure = None
    assert (embedder.ready, opener.calls) == (False, 1)

    clock.now += RETRY_S
    assert not embedder.ready or opener.calls == 2
    run(embedder.load())
    assert (embedder.ready, opener.calls) == (True, 2)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("weights text"), SystemExit(1)], ids=repr)
def test_any_failure_of_a_load_becomes_ours(embedder: LocalEmbedder, opener: Opener, error: BaseException) -> None:
    """Callers wait for an EmbeddingError in our words, and never for ever."""
    opener.failure = error

    with pytest.raises(EmbeddingError) as caught:
        run(embedder.load())
    assert "weights text" not in str(caught.value)
    assert not embedder.ready


def test_any_failure_of_the_model_becomes_ours(embedder: LocalEmbedder, opener: Opener) -> None:
    """A runtime's own exception does not reach the verbs; the next call works again."""
    opener.encoder.failure = RuntimeError("runtime text")
    with pytest.raises(EmbeddingError) as caught:
        run(embedder.embed_query("a"))
    assert "runtime text" not in str(caught.value)

    opener.encoder.failure = None
    assert run(embedder.embed_query("a")).tolist() == [1, 1, 1]


def test_another_dimension_is_refused(embedder: LocalEmbedder, opener: Opener) -> None:
    """A model that returns other widths than it says never reaches the store."""
    opener.encoder.width = 2

    with pytest.raises(EmbeddingError, match="dimension"):
        run(embedder.embed_documents(["a"]))


def test_a_cancelled_call_stops_at_the_next_batch(embedder: LocalEmbedder, opener: Opener) -> None:
    """Encoding happens in a thread, so the loop can cancel; what is not yet started is not computed."""

    async def main() -> None:
        task = asyncio.create_task(embedder.embed_documents(["!", "bb", "ccc", "dddd", "eeeee", "ffffff"]))
        await asyncio.to_thread(opener.encoder.started.wait, WAIT_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        opener.encoder.gate.set()

    run(main())
    assert len(opener.encoder.seen) <= 1


def test_a_query_overtakes_a_running_ingest(embedder: LocalEmbedder, opener: Opener) -> None:
    """While one worker is held by documents, the other answers a query."""

    async def main() -> None:
        ingest = asyncio.create_task(embedder.embed_documents(["!"]))
        await asyncio.to_thread(opener.encoder.started.wait, WAIT_S)
        assert (await embedder.embed_query("abc")).tolist() == [3, 1, 1]
        assert not ingest.done()
        opener.encoder.gate.set()
        await ingest

    run(main())


def test_two_event_loops_can_use_one_embedder(embedder: LocalEmbedder, opener: Opener) -> None:
    """Nothing is bound to the loop that came first."""
    run(embedder.embed_query("a"))
    run(embedder.embed_query("bb"))

    assert opener.calls == 1


@pytest.mark.parametrize(("text", "expected"), [("a" * 9, "aaaa"), ("\ud800b", "?b"), ("", ""), ("é🚀xyz", "é🚀xy")])
def test_texts_are_cut_and_made_encodable(text: str, expected: str) -> None:
    """By characters; lone surrogates of broken logs become question marks."""
    assert prepared(text, 4) == expected
