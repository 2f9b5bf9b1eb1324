"""parse_notes: every shape in which people keep errors and their fixes, and what is said of the rest."""

from __future__ import annotations

import json
import time

import pytest

from mcp_rag.errors import InputError
from mcp_rag.notes import MAX_NOTES_BYTES, SHAPES, Note, parse_notes
from mcp_rag.notes.note import NAMES, field_of

# (id, file name, text, [(error, fix, other fields)])
CASES: list[tuple[str, str, str, list[tuple[str, str, dict[str, object]]]]] = [
    (
        "table-english",
        "notes.md",
        "# Known\n\n| Issue | Solution |\n| --- | --- |\n| Port 80 in use | stop nginx |\n",
        [("Port 80 in use", "stop nginx", {})],
    ),
    (
        "table-chinese",
        "notes.md",
        "| 问题 | 解决方法 |\n|---|---|\n| `PY_SSIZE_T_CLEAN` 报错 | 升级 `pydub` |\n",
        [("PY_SSIZE_T_CLEAN 报错", "升级 `pydub`", {})],
    ),
    (
        "table-no-outer-bars",
        "notes.md",
        "SYMPTOM | workaround\n:-- | --:\ndisk full | rotate logs\n",
        [("disk full", "rotate logs", {})],
    ),
    (
        "table-optional-columns",
        "notes.md",
        "| Error | Cause | Fix | Version | OS | Source |\n|-|-|-|-|-|-|\n| e1 | c1 | f1 | >= 2 | prod | wiki |\n",
        [("e1", "Cause: c1\n\nf1", {"versions": ">= 2", "environment": "prod", "source": "wiki"})],
    ),
    (
        "table-escaped-bar",
        "notes.md",
        "| Error | Fix |\n|---|---|\n| a \\| b | `x \\| y` |\n",
        [("a | b", "`x | y`", {})],
    ),
    (
        "table-bar-in-code",
        "notes.md",
        "| Error | Fix |\n|---|---|\n| `ps | grep x` hangs | use `pgrep x` |\n",
        [("ps | grep x hangs", "use `pgrep x`", {})],
    ),
    (
        "table-breaks-and-entities",
        "notes.md",
        "| Error | Fix |\n|---|---|\n| `a &lt; b` | one<br>two<BR/>three |\n",
        [("a < b", "one\ntwo\nthree", {})],
    ),
    (
        "table-bold-numbered-header",
        "notes.md",
        "| **Problem 1** | **How to fix:** |\n|---|---|\n| **x** | y |\n",
        [("x", "y", {})],
    ),
    (
        "section-bold-label",
        "notes.md",
        "## ImportError: no module x\n\n**Solution:** install x\n\n```sh\n# not a heading\npip install x\n```\n",
        [("ImportError: no module x", "install x\n\n```sh\n# not a heading\npip install x\n```", {})],
    ),
    (
        "section-plain-label-chinese",
        "notes.md",
        "### 1. CUDA 内存不足\n环境：A100\n解决方法：减小 batch\n\n- 再试\n",
        [("CUDA 内存不足", "减小 batch\n\n- 再试", {"environment": "A100"})],
    ),
    (
        "section-error-in-fence",
        "notes.md",
        "## Start fails\nSeen after the update.\n```\nERROR: boom\n  at x\n```\nFix: roll back\nVersion: < 3\n",
        [("ERROR: boom\n  at x", "Seen after the update.\n\nroll back", {"title": "Start fails", "versions": "< 3"})],
    ),
    (
        "section-sub-headings",
        "notes.md",
        "## Problem 2: it hangs\n### Cause\nlock\n### Solution\nrestart\n#### Linux\nsystemctl start x\n# N\nFix: y\n",
        [("it hangs", "Cause: lock\n\nrestart\n#### Linux\nsystemctl start x", {}), ("N", "y", {})],
    ),
    (
        "section-under-a-field-heading",
        "notes.md",
        "# Issues\n## broken pipe\n**Fix**: reconnect\n",
        [("broken pipe", "reconnect", {})],
    ),
    (
        "section-underlined",
        "notes.md",
        "no route to host\n----------------\nResolution: open the port\n",
        [("no route to host", "open the port", {})],
    ),
    (
        "section-table-in-fix",
        "notes.md",
        "## slow\nFix: see\n\n| flag | value |\n|---|---|\n| a | 1 |\n",
        [("slow", "see\n\n| flag | value |\n|---|---|\n| a | 1 |", {})],
    ),
    (
        "labels-without-headings",
        "notes.txt",
        "Problem: a\nFix: b\n\nProblem: c\nFix: d\n",
        [("a", "b", {}), ("c", "d", {})],
    ),
    (
        "labels-in-bullets",
        "notes.md",
        "- **Error**: a\n  - **Fix**: b\n- **Error**: c\n  - **Fix**: d\n",
        [("a", "b", {}), ("c", "d", {})],
    ),
    (
        "label-word-stays-in-the-error",
        "notes.md",
        "## Node\nError: listen EADDRINUSE :::3000\nFix: kill the old one\n",
        [("Error: listen EADDRINUSE :::3000", "kill the old one", {"title": "Node"})],
    ),
    (
        "pairs-english",
        "faq.md",
        "# FAQ\n**Q1: Why does `x` fail?**\nA1: Because.\nmore\nQ: second\nA: two\n",
        [("Why does x fail?", "Because.\nmore", {}), ("second", "two", {})],
    ),
    (
        "pairs-chinese",
        "faq.txt",
        "问：磁盘满了\n答：清理\n问：第二个\n答：好",
        [("磁盘满了", "清理", {}), ("第二个", "好", {})],
    ),
    (
        "front-matter",
        "notes.md",
        "---\ntitle: x\n---\n## a\nFix: b\n",
        [("a", "b", {})],
    ),
    (
        "csv-quoted",
        "k.csv",
        'error,fix,version\r\n"line one\nline two","say ""hi"", then wait",2\r\n',
        [("line one\nline two", 'say "hi", then wait', {"versions": "2"})],
    ),
    ("csv-semicolon", "k.csv", "Fehler;Lösung\na;b\n", [("a", "b", {})]),
    ("csv-tab-no-ending", "known", "Symptom\tResolution\nboom\tfix it\n", [("boom", "fix it", {})]),
    ("csv-chinese-bom", "k.csv", "\ufeff报错,处理\n甲,乙\n", [("甲", "乙", {})]),
    (
        "jsonl",
        "k.jsonl",
        '{"error":"a","fix":"b","version":">=1"}\n\n{"报错":"错","解决方案":"修","codes":["E1","E2"]}\n',
        [("a", "b", {"versions": ">=1"}), ("错", "修", {"codes": ("E1", "E2")})],
    ),
    (
        "json-array",
        "k.json",
        '[{"problem":"p","solution":"s"},\n{"Error":"e","Fix":"f"}]',
        [("p", "s", {}), ("e", "f", {})],
    ),
    ("json-one", "k.json", '{"error":"a","fix":"b"}', [("a", "b", {})]),
    (
        "json-lines-in-json",
        "k.json",
        '{"error":"a","fix":"b"}\n{"error":"c","fix":"d"}',
        [("a", "b", {}), ("c", "d", {})],
    ),
    ("json-by-content", "known", ' [{"error":"a","fix":"b"}]', [("a", "b", {})]),
    ("heading-with-question", "faq.md", "## Q: slow?\nA: add an index\n", [("slow?", "add an index", {})]),
    (
        "bold-to-the-end",
        "notes.md",
        "**Problem: it leaks**\n**Fix: restart**\n*Fix: not a label**\n",
        [("it leaks", "restart\n*Fix: not a label**", {})],
    ),
    (
        "error-label-with-fence",
        "notes.md",
        "## x\n**Error:** on start\n```\nE1 boom\n```\n**Fix:** y\n\nz\n**Workaround:** w\n",
        [("on start\nE1 boom", "y\n\nz\n\nw", {"title": "x"})],
    ),
    ("dashes-that-end-nothing", "notes.md", "---\n## a\nFix: b\n", [("a", "b", {})]),
    ("empty-rows", "notes.md", "| Error | Fix |\n|-|-|\n| | |\n| a | b |\n", [("a", "b", {})]),
    ("empty-csv-rows", "n.csv", "error,fix\n,\n\na,b\n", [("a", "b", {})]),
    ("json-null", "n.json", '{"error":"a","fix":"b","version":null}', [("a", "b", {})]),
    ("windows-line-ends", "notes.md", "## a\r\n\r\nFix: b\r\n\r\nc\r\n", [("a", "b\n\nc", {})]),
]


@pytest.mark.parametrize(("name", "text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_shape(name: str, text: str, expected: list[tuple[str, str, dict[str, object]]]) -> None:
    """Each accepted shape gives exactly these notes, and nothing is reported as unused."""
    report = parse_notes(text, name)
    assert list(report.notes) == [Note(error, fix, **more) for error, fix, more in expected]  # type: ignore[arg-type]  # table data
    assert report.problems == ()


PROBLEMS = [
    ("row-too-wide", "n.md", "| Error | Fix |\n|-|-|\n| a | b |\n| c | d | e |\n", 4, "3 cells"),
    ("row-without-fix", "n.md", "| Error | Fix |\n|-|-|\n| a | b |\n| c | |\n", 4, "No fix is given for 'c'"),
    ("row-without-error", "n.md", "| Error | Fix |\n|-|-|\n| a | b |\n| | d |\n", 4, "no error"),
    ("unknown-column", "n.md", "| Error | Fix | Owner |\n|-|-|-|\n| a | b | me |\n", 1, "'Owner'"),
    ("repeated-column", "n.md", "| Error | Fix | Solution |\n|-|-|-|\n| a | b | c |\n", 1, "repeats the fix column"),
    ("bars-without-rule", "n.md", "## a\nFix: b\n## c\n| x |\n| |\n", 3, "'c'"),
    ("bars-without-cells", "n.md", "## a\nFix: b\n## c\nx | y\n|\n", 3, "'c'"),
    ("other-table", "n.md", "| Host | Port |\n|-|-|\n| a | 1 |\n\n## x\nFix: y\n", 1, "'Host, Port'"),
    ("section-without-fix", "n.md", "## a\nFix: b\n## c\njust text\n", 3, "'c'"),
    ("prose-before", "n.md", "Hello.\n\n## a\nFix: b\n", 1, "'Hello.'"),
    ("open-fence", "n.md", "## a\nFix: b\n```\nx\n", 5, "not closed"),
    ("fix-without-error", "n.md", "## a\nFix: b\n# \nFix: d\n", 4, "no error"),
    ("duplicate", "n.jsonl", '{"error":"a","fix":"b"}\n{"fix":"b","error":"a"}', 2, "line 1"),
    ("bad-json-line", "n.jsonl", '{"error":"a","fix":"b"}\nnope', 2, "not JSON"),
    ("unknown-key", "n.jsonl", '{"error":"a","fix":"b","owner":"me"}', 1, "'owner'"),
    ("key-twice", "n.jsonl", '{"error":"a","fix":"b","solution":"c"}', 1, "repeats the fix"),
    ("mixed-emphasis", "n.md", "## a\nFix: b\n## c\n**Fix: d\n", 3, "'c'"),
    ("value-not-text", "n.jsonl", '{"error":"a","fix":"b","version":3}', 1, "'version' is not text"),
    ("not-an-object", "n.json", '[{"error":"a","fix":"b"},\n\n 7]', 3, "'7'"),
    ("array-line", "n.json", '[\n{"error":"a","fix":"b"},\n{"error":"c"}]', 3, "'c'"),
    ("csv-short-row", "n.csv", "error,fix\na,b\nc\n", 3, "1 cells"),
    ("csv-after-multi-line", "n.csv", 'error,fix\n"a\nb",c\nd,\n', 4, "'d'"),
    ("csv-open-quote", "n.csv", 'error,fix\na,b\n"c,d\n', 3, "not valid CSV"),
]


@pytest.mark.parametrize(
    ("name", "text", "line", "says"), [case[1:] for case in PROBLEMS], ids=[case[0] for case in PROBLEMS]
)
def test_problem(name: str, text: str, line: int, says: str) -> None:
    """What is not used is reported once with its line (1-based), and the rest of the file is still read."""
    report = parse_notes(text, name)
    assert len(report.notes) == 1
    assert [problem.line for problem in report.problems] == [line]
    assert says in report.problems[0].text
    assert str(report.problems[0]).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("n.md", "", "empty"),
        ("n.md", "\ufeff \n", "empty"),
        ("n.md", "hello world", "hello world"),
        ("n.csv", "host,port\na,1\n", "host,port"),
        ("n.csv", "x" * 200_000, "names no error and fix column"),
        ("n.json", '{"error": ', "not valid JSON"),
        ("n.json", "9" * 5000, "a number is too long"),
        ("n.json", "[" * 100_000, "too deeply nested"),
        ("n.jsonl", "nope\n", "not JSON"),
        ("n.jsonl", '{"error":"a"}', "No fix"),
        ("n.json", "[]", "No note"),
    ],
)
def test_unusable(name: str, text: str, says: str) -> None:
    """A file without a single note is refused with the accepted shapes."""
    with pytest.raises(InputError) as caught:
        parse_notes(text, name)
    assert says in caught.value.cause
    assert caught.value.fix == SHAPES


def test_size_limit() -> None:
    """More text than MAX_NOTES_BYTES is refused with both numbers."""
    with pytest.raises(InputError, match="the limit is"):
        parse_notes("#" * (MAX_NOTES_BYTES + 1), "n.md")


def test_every_name_is_understood() -> None:
    """Each listed header name means its field, in any case, emphasised, numbered or with a colon."""
    for field, names in NAMES.items():
        for name in names:
            assert {field_of(name), field_of(name.upper()), field_of(f"**{name}:**"), field_of(f"{name} 2")} == {field}
    assert field_of("Error / Symptom") == "error"
    assert field_of("Solution (workaround)") == "fix"
    assert field_of("Owner") == field_of("x" * 500) == ""


def test_json_round_trip() -> None:
    """Notes written as JSON come back as they were, with any characters."""
    notes = [Note("a\n\u2028b", "c\td", "t", "v", "e", "s", "l", ("x",)), Note("问题", "`解决`")]
    rows = [
        {"error": n.error, "fix": n.fix, "title": n.title, "versions": n.versions, "environment": n.environment}
        | {"source": n.source, "language": n.language, "codes": list(n.codes)}
        for n in notes
    ]
    assert list(parse_notes(json.dumps(rows), "n.json").notes) == notes
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert list(parse_notes(lines, "n.jsonl").notes) == notes


@pytest.mark.parametrize(
    "piece",
    ["`", "|", "| - ", "**", "#", "*", "_", "-", "Q:", ":", "<br ", "~", "问", " ", "\\", "[", "{", '"', "1.", "<!--"],
)
def test_hostile_text_is_linear(piece: str) -> None:
    """200 kB of one character or mark, in one line and in many, are read (or refused) within seconds."""
    started = time.process_time()
    for text in (piece * (200_000 // len(piece)), (piece * 20 + "\n") * (10_000 // len(piece))):
        for name in ("n.md", "n.csv", "n.json", "n.jsonl"):
            try:
                parse_notes("| Error | Fix |\n|-|-|\n" + text, name)
            except InputError:
                continue
    assert time.process_time() - started < 5
