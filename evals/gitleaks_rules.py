"""The rule file of the gitleaks project (`config/gitleaks.toml` there), run by Python.

This is not the gitleaks program: it has no paths, commits or decoding of encoded text, and it reads each text as one
fragment. What decides a finding is the same: a keyword in the lower-cased text, the expression, the group that holds
the secret, an entropy above the rule's, and the allowlists of the file and of the rule. A rule that is meant for files
of certain names never fires here, as a log has none of those names.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOKEN = re.compile(
    r"\\z|\\x\{([0-9A-Fa-f]{1,6})\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?([a-zA-Z-]+)\)|[()|$]|[^\\\[()|$]+",
    re.DOTALL,
)


def python_regex(source: str) -> str:
    """A Go (RE2) expression as one that Python's `re` reads alike under `re.ASCII`: `\\z` and `$` are the end of the
    text, and flags in the middle hold to the end of their group. Raises ValueError for what it cannot read."""
    out: list[str] = []
    groups: list[list[str]] = [[]]  # the flags switched on in the middle of each open group
    at = 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None:
            raise ValueError(f"cannot read {source[at : at + 20]!r}")
        at, word = token.end(), token.group()
        if token[2]:
            groups[-1].append(token[2])
            out.append(f"(?{token[2]}:")
        elif word == "(":
            groups.append([])
            out.append(word)
        elif word == ")":
            out.append(")" * len(groups.pop()) + word)
        elif word == "|":
            # In Go the flags hold for the other branches too.
            out.append(")" * len(groups[-1]) + word + "".join(f"(?{flags}:" for flags in groups[-1]))
        elif word in {"$", r"\z"}:
            out.append(r"\Z")
        else:
            out.append(f"\\U{int(token[1], 16):08x}" if token[1] else word)
    return "".join(out) + ")" * len(groups[0])


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What is no finding after all. `target` is "match", "line" or, for the secret, ""; `whole` wants every check to
    hold, and `elsewhere` says that one of them is a path or a commit, which is never so here."""

    regexes: tuple[re.Pattern[str], ...]
    stopwords: tuple[str, ...]
    target: str
    whole: bool
    elsewhere: bool

    def allows(self, secret: str, match: str, line: str) -> bool:
        """Whether the finding is dropped."""
        target = {"match": match, "line": line}.get(self.target, secret)
        # A match of the empty text does not count.
        by_regex = any(found and found.group() for found in (regex.search(target) for regex in self.regexes))
        low = secret.lower()
        by_word = any(word in low for word in self.stopwords)
        if not self.whole:
            return by_regex or by_word
        return not self.elsewhere and by_regex >= bool(self.regexes) and by_word >= bool(self.stopwords)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the file that has an expression."""

    id: str
    regex: re.Pattern[str]
    keywords: tuple[str, ...]
    secret_group: int
    entropy: float
    allowlists: tuple[Allowlist, ...]
    named_files_only: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says is a secret: the whole match and the part of it that is the secret."""

    rule: str
    match: str
    secret: str


def _compile(source: str) -> re.Pattern[str]:
    return re.compile(python_regex(source), re.ASCII)


def _allowlists(table: dict[str, Any]) -> tuple[Allowlist, ...]:
    rows: Sequence[dict[str, Any]] = [
        *table.get("allowlists", ()),
        *([table["allowlist"]] if "allowlist" in table else ()),
    ]
    return tuple(
        Allowlist(
            regexes=tuple(_compile(regex) for regex in row.get("regexes", ())),
            stopwords=tuple(word.lower() for word in row.get("stopwords", ())),
            target=row.get("regexTarget", ""),
            whole=row.get("condition", "OR").upper() in {"AND", "&&"},
            elsewhere=bool(row.get("paths") or row.get("commits")),
        )
        for row in rows
    )


class GitleaksRules:
    """The rules of a file, used as a redactor: what they name is cut out. `total` rules stand in the file; those that
    Python could not compile are in `failed` and do not run. Raises OSError and tomllib.TOMLDecodeError."""

    def __init__(self, path: Path) -> None:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        self.total = len(table["rules"])
        self.failed: list[str] = []
        self.rules: list[Rule] = []
        self._allowlists = _allowlists(table)
        for row in table["rules"]:
            if "regex" not in row:
                continue
            try:
                self.rules.append(
                    Rule(
                        id=row["id"],
                        regex=_compile(row["regex"]),
                        keywords=tuple(word.lower() for word in row.get("keywords", ())),
                        secret_group=row.get("secretGroup", 0),
                        entropy=row.get("entropy", 0.0),
                        allowlists=_allowlists(row),
                        named_files_only="path" in row,
                    )
                )
            except (re.error, ValueError) as error:
                self.failed.append(f"{row['id']}: {error}")

    def __str__(self) -> str:
        named = sum(rule.named_files_only for rule in self.rules)
        return (
            f"{self.total} rules, {len(self.rules) + len(self.failed)} with an expression, {len(self.rules)} compiled; "
            f"{named} of these are for files of other names and do not run"
        )

    def __call__(self, text: str) -> str:
        """The text without the secrets found."""
        for finding in list(self.findings(text)):
            text = text.replace(finding.secret, "<X>")
        return text

    def covers(self, text: str, secret: str) -> bool:
        """Whether the whole match of a finding holds the secret, even where the part it names is another."""
        return any(secret in finding.match for finding in self.findings(text))

    def findings(self, text: str) -> Iterator[Finding]:
        """Every finding in the text, rule by rule."""
        low = text.lower()
        for rule in self.rules:
            if rule.named_files_only or (rule.keywords and not any(word in low for word in rule.keywords)):
                continue
            for found in rule.regex.finditer(text):
                match = found.group().strip("\n")
                secret = _secret(rule, match)
                if not secret or (rule.entropy and entropy(secret) <= rule.entropy):
                    continue
                line = _lines(text, found.start(), found.end())
                if not any(a.allows(secret, match, line) for a in (*self._allowlists, *rule.allowlists)):
                    yield Finding(rule.id, match, secret)


def _secret(rule: Rule, match: str) -> str:
    """The group that the rule names, else the first that holds something, else the whole match."""
    found = rule.regex.search(match)
    if found is None or not rule.regex.groups:
        return match
    if rule.secret_group:
        return found[rule.secret_group] or ""
    return next((group for group in found.groups() if group), match)


def _lines(text: str, start: int, end: int) -> str:
    """The whole lines that the range lies on."""
    last = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : None if last < 0 else last]
