"""What one entry of a notes file is, and the names under which people write its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Note:
    """A known error and what fixes it. `error` is plain text as a tool prints it, `fix` is Markdown; both are never
    empty. `versions` is the range that the fix holds for, as written. Nothing here is redacted yet."""

    error: str
    fix: str
    title: str = ""
    versions: str = ""
    environment: str = ""
    source: str = ""
    language: str = ""
    codes: tuple[str, ...] = ()


class Problem(NamedTuple):
    """A part of the file that was not used: `line` is 1-based as an editor shows it, `text` one sentence."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class NotesReport:
    """`shape` is "markdown", "csv", "json" or "jsonl". Whatever is not in `notes` is named in `problems`."""

    shape: str
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...] = ()


# Field -> the names that mean it, lower case. `cause` has no field of its own: it is put in front of the fix.
NAMES: Mapping[str, tuple[str, ...]] = {
    "error": (
        *("error", "errors", "error message", "error text", "error log", "problem", "problems", "symptom", "symptoms"),
        *("issue", "issues", "question", "failure", "exception", "message", "错误", "错误信息", "报错", "报错信息"),
        *("问题", "问题描述", "现象", "问题现象", "故障", "故障现象", "症状", "异常", "错误现象", "错误描述"),
        *("錯誤", "錯誤訊息", "問題", "問題描述", "エラー", "fehler", "erreur", "problème", "problema", "síntoma"),
    ),
    "fix": (
        *("fix", "fixes", "solution", "solutions", "resolution", "resolutions", "answer", "answers", "workaround"),
        *(
            "workarounds",
            "remedy",
            "how to fix",
            "what fixed it",
            "解决",
            "解决方法",
            "解决方案",
            "解决办法",
            "解决方式",
        ),
        *(
            "处理",
            "处理方法",
            "处理方式",
            "处理办法",
            "修复",
            "修复方法",
            "方案",
            "办法",
            "对策",
            "答案",
            "解答",
            "解决措施",
        ),
        *("解決", "解決方法", "解決方案", "解決辦法", "解決策", "対処", "対処法", "lösung", "solución", "solução"),
    ),
    "cause": ("cause", "causes", "reason", "root cause", "why", "原因", "根本原因", "原因分析", "ursache", "causa"),
    "versions": ("version", "versions", "affected versions", "applies to", "版本", "适用版本", "版本号", "影响版本"),
    "environment": ("environment", "env", "platform", "os", "system", "环境", "运行环境", "平台", "系统", "環境"),
    "source": ("source", "link", "reference", "url", "来源", "出处", "参考", "链接", "來源"),
    "title": ("title", "name", "标题", "名称", "標題"),
    "language": ("language", "lang", "语言", "編程語言", "编程语言"),
    "codes": ("code", "codes", "error code", "error codes", "错误码", "错误代码"),
}
_FIELDS = {name: field for field, names in NAMES.items() for name in names}
_NUMBERING = re.compile(r"[\s#（(]{0,3}(?:\d{1,4}|[一二三四五六七八九十]{1,3})[)）]?$")
# A tool's own line often starts with these words, so they stay part of the error text.
KEPT_LABELS = frozenset({"error", "exception", "failure", "message"})
MAX_NAME_CHARS = 40

# Built from NAMES, so that the sentence cannot fall behind the code.
SHAPES = (
    "Accepted: a Markdown table with an error and a fix column (| Issue | Solution |, | 问题 | 解决方法 |), Markdown "
    'sections (## error text, then "Solution: ..."), question and answer pairs (Q: / A:, 问：/ 答：), CSV with such a '
    'header, and JSON objects {"error", "fix", "version", "environment", "source"} as an array or one a line. Error '
    f"may also be called {', '.join(NAMES['error'][4:9])}; the fix {', '.join(NAMES['fix'][2:8])}."
)


def plain_name(label: str) -> str:
    """A header or label without emphasis, colon, numbering and capitals: `**Issue 3:**` -> `issue`."""
    name = " ".join(label[: 4 * MAX_NAME_CHARS].strip().strip("*_`~:：").split()).lower()
    return _NUMBERING.sub("", name) if len(name) > 1 else name


def field_of(label: str) -> str:
    """The field that a header or label means, or "". `Error / Symptom` and `Solution (workaround)` are understood."""
    name = plain_name(label)
    if len(name) > MAX_NAME_CHARS:
        return ""
    for part in (name, *re.split(r"[/(（、&]", name)):
        if found := _FIELDS.get(part.strip(), ""):
            return found
    return ""


def make_note(values: Mapping[str, str], codes: Iterable[str] = ()) -> Note | str:
    """A note, or the sentence that says what it lacks. A cause goes in front of the fix."""
    parts = {key: value.strip() for key, value in values.items()}
    error, fix, cause = (parts.get(key, "") for key in ("error", "fix", "cause"))
    if not error:
        return "There is a fix but no error."
    if not fix:
        return f"No fix is given for {shortened(error)}."
    listed = [*codes, *(code.strip() for code in re.split(r"[,;，、|]", parts.get("codes", "")))]
    return Note(
        error=error,
        fix=f"Cause: {cause}\n\n{fix}" if cause else fix,
        title=parts.get("title", ""),
        versions=parts.get("versions", ""),
        environment=parts.get("environment", ""),
        source=parts.get("source", ""),
        language=parts.get("language", ""),
        codes=tuple(dict.fromkeys(code for code in listed if code)),
    )


def shortened(text: str) -> str:
    """The first line, quoted, at most 60 characters."""
    line = text.strip().split("\n", 1)[0]
    return repr(line if len(line) <= 60 else line[:59] + "…")
