"""The redaction gate: recognised secrets become typed placeholders before text is stored, embedded, returned or sent.

Secrets become `<REDACTED:kind>`; IP and e-mail addresses become `<IP_1>`, `<EMAIL_1>`, ..., the same number for the
same address within one text, so that a reader can still see that two lines speak of one host. No part or hash of the
secret remains. All shapes are searched in the text as it came and replaced together, so that the order of the rules
decides nothing.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mcp_rag.redact_addresses import find_accounts, find_cards, find_emails, find_ips
from mcp_rag.redact_builds import find_new_users
from mcp_rag.redact_carriers import find_tables
from mcp_rag.redact_columns import find_columns
from mcp_rag.redact_documents import find_manifests
from mcp_rag.redact_fields import HINT as FIELD_HINT
from mcp_rag.redact_fields import find_fields
from mcp_rag.redact_keys import MIN_LINE_CHARS, find_key_lines, find_key_tails
from mcp_rag.redact_options import FLAG_HINT, find_dumps, find_flags
from mcp_rag.redact_own import compile_own
from mcp_rag.redact_parameters import find_parameters
from mcp_rag.redact_rules import HINTS, OTHER_SCRIPT, REDACTION_VERSION
from mcp_rag.redact_shapes import Found, Rule
from mcp_rag.redact_statements import find_inserts, find_quoted_tokens
from mcp_rag.redact_values import is_placeholder, is_secret, is_word

__all__ = ["REDACTION_VERSION", "Redactor"]

_PLACEHOLDER = re.compile(r"<(?:REDACTED:[a-z0-9_-]{1,40}|(?:IP|EMAIL)_\d{1,6})>")
_NUMBERED = re.compile(r"<(IP|EMAIL)_(\d{1,6})>")
MAX_ROUNDS = 6
MAX_PLAIN_CHARS = 8
# What ends in so many times one character is masked.
_TAIL_CHARS = 8
ADDRESSES = frozenset({"ip", "email"})
# What stands behind "authorization:" in prose.
_NO_SCHEMES = frozenset({"user", "role", "client", "account", "group", "policy", "rule", "scope", "granted", "by"})
# A cookie that is taken away.
_ATTRIBUTES = re.compile(
    r"(?:[^=;]{1,128}=(?:deleted|\"\")?|(?:samesite|path|domain|max-age|expires)=[^;]{0,200})(?:;[^;]{0,200}){0,20}",
    re.IGNORECASE,
)
# Cheap tests for what the careful expressions would have to look for at every character.
_LONG_NUMBER = re.compile(r"[0-9](?:[0-9]{13}|[0-9]{3}[ -][0-9]{4}|[0-9](?<=[A-Z]{2}..) ?[A-Z0-9]{4})")
_ADDRESS = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]|::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")


class Redactor:
    """The gate (`protocols.RedactionGate`). `ips` and `emails` switch those kinds off; `rules` are the user's own, each
    (regular expression, kind). Raises ConfigurationError for a rule that does not compile or could be slow."""

    def __init__(self, ips: bool = True, emails: bool = True, rules: Sequence[tuple[str, str]] = ()) -> None:  # noqa: FBT001, FBT002 - two named switches, read from settings
        self._ips = ips
        self._emails = emails
        self._own = compile_own(rules)
        self._counts: Counter[str] = Counter()

    @property
    def version(self) -> int:
        """Version of the recognised shapes and of the placeholders' form."""
        return REDACTION_VERSION

    def counts(self) -> Mapping[str, int]:
        """Replacements per kind since the gate was made."""
        return dict(self._counts)

    def __call__(self, text: str) -> str:
        """The text with every recognised secret replaced. Idempotent; time is linear in the length."""
        # A placeholder can uncover what it stood before (a second option of one command): a few rounds settle that.
        for _ in range(MAX_ROUNDS):
            found = _merge(text, self._find(text))
            if not found:
                break
            text = self._replace(text, found)
        return text

    def _find(self, text: str) -> Iterator[Found]:
        folded = _fold(text)
        named = FIELD_HINT.search(folded) is not None
        for rule in HINTS[named].rules_for(folded):
            yield from _shape(rule, text, folded)
        if not text.isascii():
            for rule in OTHER_SCRIPT:
                yield from _shape(rule, text, folded)
        if named:
            yield from find_fields(text, folded)
            if "└" in text or "╰" in text:
                yield from find_dumps(text)
        if "-" in folded and FLAG_HINT.search(folded):
            yield from find_flags(text, folded)
        if named or "stringdata:" in folded:
            yield from _find_placed(text, folded)
        if len(text) >= MIN_LINE_CHARS:
            yield from find_key_lines(text)
        if _LONG_NUMBER.search(text):
            yield from find_cards(text)
            yield from find_accounts(text)
        if self._ips and _ADDRESS.search(text):
            yield from find_ips(text)
        if self._emails and ("@" in text or "%40" in text):
            yield from find_emails(text)
        for kind, pattern in self._own:
            yield from (Found(*m.span(), kind) for m in pattern.finditer(text) if m.group())

    def _replace(self, text: str, found: Sequence[Found]) -> str:
        parts, at = [], 0
        numbers: dict[tuple[str, str], int] = {}
        highest: Counter[str] = Counter()
        if "_" in text:
            for label, number in _NUMBERED.findall(text):
                highest[label] = max(highest[label], int(number))
        for start, end, kind in found:
            parts.append(text[at:start])
            if kind in ADDRESSES:
                label, value = kind.upper(), text[start:end].lower()
                if (label, value) not in numbers:
                    highest[label] += 1
                    numbers[label, value] = highest[label]
                parts.append(f"<{label}_{numbers[label, value]}>")
            else:
                parts.append(f"<REDACTED:{kind}>")
            self._counts[kind] += 1
            at = end
        parts.append(text[at:])
        return "".join(parts)


def _fold(text: str) -> str:
    """Lower case with every position kept (a few capitals outside ASCII become two characters)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _find_placed(text: str, folded: str) -> Iterator[Found]:
    """What takes more than one expression to tell: it depends on lines, columns and words around it."""
    if ("kind" in folded and "secret" in folded) or "stringdata:" in folded:
        yield from find_manifests(text, folded)
    if "insert" in folded or "replace" in folded:
        yield from find_inserts(text, folded)
    if ("?" in text or "$" in text or "%s" in text) and ("insert" in folded or "=" in text):
        yield from find_parameters(text, folded)
    if "token" in folded or "key" in folded:
        yield from find_quoted_tokens(text, folded)
    if "private key-----" in folded:
        yield from find_key_tails(text)
    if "chpasswd:" in folded:
        yield from find_new_users(text)
    if "\n" in text:
        yield from find_tables(text)
        if "--" in text or "──" in text or "==" in text:
            yield from find_columns(text)


def _shape(rule: Rule, text: str, folded: str) -> Iterator[Found]:
    for match in rule.pattern.finditer(folded if rule.folded else text):
        group = next((g for g in ("v", "a", "b") if g in rule.pattern.groupindex and match.group(g) is not None), None)
        start, end = match.span(group) if group else match.span()
        if len(set(text[max(start, end - _TAIL_CHARS) : end].lower())) > 1 and _accept(
            rule.kind, text[start:end], match
        ):
            yield Found(start, end, rule.kind)


def _accept(kind: str, value: str, match: re.Match[str]) -> bool:
    """Checks that a pattern cannot make."""
    if kind == "basic-auth":
        return _is_basic(value)
    if kind in {"url-password", "password"}:
        return is_secret("password", value, quoted=True, strict=False)
    if kind == "cli-password":
        return _is_cli_password(value, match)
    if kind == "authorization":
        if match["a"] is not None:
            return True
        scheme = match["other"] or match["custom"] or match["named"] or match["dashed"]
        if scheme is not None and (is_word(scheme) or scheme in _NO_SCHEMES):
            return False
        if match["b"] is not None:
            return True
        strong = any(c.isdigit() for c in value) or len(value) >= 16
        return strong and is_secret("password", value, quoted=False, strict=False)
    if kind == "cookie":
        return not _is_masked(value) and not _ATTRIBUTES.fullmatch(value)
    if kind in {"bearer", "signature"}:
        return any(c.isdigit() for c in value) or len(value) > 40
    return True


def _is_masked(cookies: str) -> bool:
    """Whether somebody put a placeholder in place of every value, or of all but plain words (`theme=dark`)."""
    values = [cookie.partition("=")[2].strip() for cookie in cookies.split(";") if cookie.strip()]
    masked = sum(map(is_placeholder, values))
    return masked > 0 and all(is_placeholder(v) or (v.isalpha() and len(v) <= MAX_PLAIN_CHARS) for v in values)


def _is_cli_password(value: str, match: re.Match[str]) -> bool:
    if value.isalpha() and match.group().lstrip()[:2] in {"-u", "--"} and "curl" not in match.string[: match.start()]:
        return False
    return is_secret("cli", value, quoted=True, strict=False)


def _is_basic(value: str) -> bool:
    """Base64 of `user:password` in printable characters, or of what mail sends instead."""
    body = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return False
    if decoded.count(0) == 2:  # AUTH PLAIN of mail: `\0user\0password`
        decoded = decoded.replace(b"\0", b":")
    return b":" in decoded and all(32 <= b < 127 or b > 160 for b in decoded)


def _merge(text: str, found: Iterable[Found]) -> list[Found]:
    """Disjoint spans in order. Of overlapping secrets the first and longest names the kind, and the union is replaced;
    an address that overlaps a secret is none (`user:secret@host`). What holds nothing but placeholders is left, so that
    a second pass changes nothing."""
    kept: list[Found] = []
    placeholders = [m.span() for m in _PLACEHOLDER.finditer(text)] if "<REDACTED:" in text else []
    for start, end, kind in sorted(found, key=lambda f: (f.start, -f.end)):
        value = text[start:end]
        if "<" in value and not _PLACEHOLDER.sub("", value).strip():
            continue
        if placeholders and _is_inside(placeholders, start):
            continue
        if not kept or start >= kept[-1].end:
            kept.append(Found(start, end, kind))
        elif kind in ADDRESSES:
            continue
        elif kept[-1].kind in ADDRESSES:
            kept[-1] = Found(start, end, kind)
        else:
            kept[-1] = Found(kept[-1].start, max(kept[-1].end, end), kept[-1].kind)
    return kept


def _is_inside(spans: Sequence[tuple[int, int]], at: int) -> bool:
    """Whether one of the spans, which are in order, begins before `at` and ends behind it."""
    n = bisect_left(spans, (at, 0)) - 1
    return n >= 0 and at < spans[n][1]
