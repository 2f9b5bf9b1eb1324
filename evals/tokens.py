"""How far the token estimate of `mcp_rag.budget` lies above real byte-pair tokenizers, per kind of text.

    python evals/tokens.py [FILE ...]
    python evals/tokens.py --write      # make mcp_rag/vocabulary.gz anew

Each kind is cut into pieces of 64 to 4,096 characters; the table shows, over all pieces, the lowest, median and
highest ratio of the estimate to the larger of the cl100k_base and o200k_base counts. Below 1 the promise of
`max_tokens` would rest on the margin in `mcp_rag.fitting`. Files given are measured as one more kind each.

The vocabulary holds strings that both tokenizers have as one token: the 12,000 commonest, all short ones outside
ASCII, runs of one character, and whatever occurs in our own documentation, samples and code.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import bpe_openai

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from mcp_rag import knowledge, samples  # noqa: E402 - the path above makes the script run from a checkout
from mcp_rag.budget import count_tokens  # noqa: E402 - as above

SIZES = (64, 512, 4_096)
COMMON_RANKS = 12_000
LAST_RANK = 100_256
MAX_ENTRY_CHARS = 24
ENCODINGS = tuple(bpe_openai.get_encoding(name) for name in ("cl100k_base", "o200k_base"))


def real_tokens(text: str) -> int:
    """The larger count of the two tokenizers."""
    return max(len(encoding.encode_ordinary(text)) for encoding in ENCODINGS)


def kinds(seed: int = 7) -> Iterator[tuple[str, str]]:
    """Name and text of every kind that needs no file."""
    rng = random.Random(seed)

    def rows(make: Callable[[], str], n: int = 300) -> str:
        return "\n".join(make() for _ in range(n))

    with tempfile.TemporaryDirectory() as directory:
        written = samples.write(Path(directory), 1_767_225_600_000)
        yield "sample logs", "\n".join(p.read_text(encoding="utf-8") for p in written if p.suffix != ".gz")
    yield "starter knowledge", "\n".join(f"{note.error}\n{note.fix}" for note in knowledge.load())
    yield "uuids", rows(lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4)))
    yield "hex ids", rows(lambda: f"{rng.getrandbits(128):032x}")
    yield "base64", rows(lambda: base64.b64encode(rng.randbytes(57)).decode())
    yield "numbers", rows(lambda: " ".join(str(rng.randrange(10**9)) for _ in range(8)))
    yield "upper case", rows(lambda: "_".join(rng.choice(["ERROR", "NCCL", "TIMEOUT", "EADDRINUSE"]) for _ in range(6)))
    yield "random letters", rows(lambda: "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(70)))
    yield "punctuation", rows(lambda: "".join(rng.choice("!@#$%^&*(){}[]<>|;:,./?~`") for _ in range(60)))
    yield "escapes", rows(lambda: json.dumps('\tat a.b(C.java:1)\n"x" \\d\\w\u202e'))
    yield (
        "paths",
        rows(lambda: f"/srv/app/{rng.randrange(99)}/site-packages/lib_{rng.randrange(99)}/mod.py:{rng.randrange(999)}"),
    )
    yield "chinese", rows(lambda: "".join(chr(rng.randrange(0x4E00, 0x6000)) for _ in range(40)))
    yield "japanese", "接続がタイムアウトしました。データベースに到達できません。\n" * 100
    yield "russian", "Ошибка подключения к базе данных: превышено время ожидания ответа сервера\n" * 60
    yield "greek, hebrew, thai", "Σφάλμα σύνδεσης με τη βάση שגיאת חיבור למסד ข้อผิดพลาดการเชื่อมต่อ\n" * 60
    yield "emoji", rows(lambda: "".join(chr(rng.randrange(0x1F300, 0x1F64F)) for _ in range(20)), 60)


def ratios(text: str) -> list[float]:
    """The estimate over the real count, for every piece of the text."""
    found = []
    for size in SIZES:
        for start in range(0, min(len(text), 40_000), size):
            piece = text[start : start + size]
            real = real_tokens(piece)
            if real >= 8:
                found.append(count_tokens(piece) / real)
    return found


def vocabulary() -> list[str]:
    """The entries, sorted: single tokens of both tokenizers that are worth their bytes."""
    first, second = ENCODINGS
    patterns = ("docs/*.md", "mcp_rag/**/*.py", "mcp_rag/**/*.jsonl", "mcp_rag/samples/*.tmpl")
    ranks: set[int] = set()
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        for line in path.read_text(encoding="utf-8").splitlines():
            ranks.update(first.encode_ordinary(line[:100_000]))
    used = {text for rank in ranks if (text := _token(rank)) is not None}
    kept = set()
    for rank in range(LAST_RANK):
        text = _token(rank)
        if text is None or (len(text) < 2 and text.isascii()) or any(c.isspace() for c in text[1:]):
            continue
        if (text[0].isspace() and (text[0] != " " or len(text) == 1)) or any(c.isdigit() for c in text):
            continue
        short = not text.isascii() and len(text) <= 3
        worth = rank < COMMON_RANKS or short or len(set(text)) == 1 or text in used
        if worth and len(text) <= MAX_ENTRY_CHARS and len(second.encode_ordinary(text)) == 1:
            kept.add(text)
    return sorted(kept)


def _token(rank: int) -> str | None:
    try:
        return ENCODINGS[0].decode_single_token_bytes(rank).decode("utf-8")
    except (UnicodeDecodeError, KeyError, ValueError):
        return None


def write() -> int:
    """Write the vocabulary file."""
    entries = vocabulary()
    target = ROOT / "mcp_rag" / "vocabulary.gz"
    target.write_bytes(gzip.compress("\n".join(entries).encode("utf-8"), mtime=0))
    print(f"{len(entries)} entries, {target.stat().st_size} bytes")
    return 0


def main() -> int:
    """Print the table; the exit code says whether any median is below 1."""
    if "--write" in sys.argv:
        return write()
    texts = [*kinds(), *((name, Path(name).read_text(encoding="utf-8", errors="replace")) for name in sys.argv[1:])]
    low = False
    print(f"{'kind':<24}{'lowest':>8}{'median':>8}{'highest':>8}")
    for name, text in texts:
        found = ratios(text)
        low = low or statistics.median(found) < 1
        print(f"{name[-24:]:<24}{min(found):>8.2f}{statistics.median(found):>8.2f}{max(found):>8.2f}")
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
