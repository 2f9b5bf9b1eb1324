"""The labelled sets of a data directory: traces, compiler errors against their documentation, log lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from evals.retrieval.bench import Ask, Doc

_RUST_CODE = re.compile(r"\bE0\d{3}\b")
_FENCE_CODE = re.compile(r"^```.*$", re.MULTILINE)


class LabelledSet(NamedTuple):
    """Entries and queries; a query's `relevant` is the id of one entry."""

    name: str
    docs: tuple[Doc, ...]
    asks: tuple[Ask, ...]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def traces(data: Path) -> LabelledSet:
    """Pasted traces: the same fault in another app, depth and values."""
    docs = [Doc(r["id"], r["text"]) for r in _rows(data / "traces_corpus.jsonl")]
    asks = [Ask(r["id"], r["text"], r["relevant"]) for r in _rows(data / "traces_queries.jsonl")]
    return LabelledSet("traces", tuple(docs), tuple(asks))


def rust(data: Path, *, keep_codes: bool = False) -> LabelledSet:
    """Compiler output against the documentation of its error. The documents name their own code: it is taken out
    unless `keep_codes`, which puts it back into document and query the way rustc prints it."""
    docs = []
    for row in _rows(data / "rust_corpus.jsonl"):
        text = _FENCE_CODE.sub("```", row["text"])
        text = f"error[{row['id']}]\n\n{text}" if keep_codes else _RUST_CODE.sub("", text)
        docs.append(Doc(row["id"], text, "note"))
    asks = []
    for row in _rows(data / "rust_queries_error_codes.jsonl"):
        text = row["text"]
        if keep_codes:
            text = re.sub(r"^(error|warning)(?=:)", rf"\1[{row['relevant']}]", text, count=1)
        asks.append(Ask(row["id"], text, row["relevant"]))
    return LabelledSet("rust, codes kept" if keep_codes else "rust, codes stripped", tuple(docs), tuple(asks))


def loghub(data: Path, *, header: bool = True, only: Iterable[str] = ()) -> LabelledSet:
    """Unseen log lines against one line per template, with their headers or without."""
    part = "line" if header else "content"
    wanted = set(only)
    docs = [r for r in _rows(data / "loghub_corpus.jsonl") if not wanted or r["dataset"] in wanted]
    asks = [r for r in _rows(data / "loghub_queries.jsonl") if not wanted or r["dataset"] in wanted]
    return LabelledSet(
        "log lines" if header else "log lines, header cut off",
        tuple(Doc(r["id"], r["line"]) for r in docs),
        tuple(Ask(r["id"], r[part], r["relevant"]) for r in asks),
    )


def all_sets(data: Path) -> list[LabelledSet]:
    """Every labelled set."""
    return [
        traces(data),
        rust(data),
        rust(data, keep_codes=True),
        loghub(data),
        loghub(data, header=False),
    ]
