"""Masking: what varies between two events of one error becomes a typed placeholder, what tells errors apart stays.

`mask` serves grouping and covers values of every kind; `words` serves embedding and search and only replaces what
carries no meaning (numbers, addresses, paths), by plain words. Neither touches a code.

Masking never looks at which digits stand somewhere, only where digits stand (codes apart): that is what lets events
that differ in digits alone share one memo entry.
"""

from __future__ import annotations

import re

from mcp_rag.codes import Code, find

MAX_MASKED_CHARS = 8_000
PLACEHOLDER = re.compile(r"<(?:uuid|ip|path|hex|num|time|url|email|mac|host|id|str)>")

# A placeholder, ours or the redactor's, is first turned back into a value of its kind. So masking twice, or masking
# redacted text, takes the same road as masking the raw text did.
_EXAMPLES = {
    "<uuid>": "00000000-0000-0000-0000-000000000000",
    "<ip>": "0.0.0.0",  # noqa: S104 - an example to be masked, nothing is bound to it
    "<path>": "/a/b",
    "<hex>": "0xdeadbeef0",
    "<num>": "0",
    "<time>": "00:00:00",
    "<url>": "x://x",
    "<email>": "a@b.cc",
    "<mac>": "00:00:00:00:00:00",
    "<host>": "a.b.local",
    "<id>": "a_0_0",
    "<str>": "true",
}
_REDACTED = {"IP": "<ip>", "EMAIL": "<email>", "MAC": "<mac>", "URL": "<url>", "PATH": "<path>", "HOST": "<host>"}
_ANY_PLACEHOLDER = re.compile(
    r"<(?:uuid|ip|path|hex|num|time|url|email|mac|host|id|str)>|<([A-Z]{2,20})(?:_[A-Z0-9]{1,20})?(?::[\w.-]{1,40})?>"
)

_URL = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.:-]{0,30}://[^\s\"'<>`|\\^{}]{1,2000}")
_WINDOWS_PATH = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]:|\\\\[\w.$-]{1,100})\\{1,2}(?:[^\\\s\"'<>|:*?,;]{1,200}(?: [^\\\s\"'<>|:*?,;]{1,100}){0,3}\\{1,2}){0,40}[^\\\s\"'<>|:*?,;()]{0,200}"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{1,2}[SD]T|[+-][0-9]{2}:?[0-9]{2})(?![A-Za-z0-9]))?"
_TIME = re.compile(
    "|".join(
        (
            rf"(?<![A-Za-z])(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? )?{_MONTH}\.? {{1,2}}[0-9]{{1,2}}(?:,? [0-9]{{4}})?,? (?:at )?{_CLOCK}{_ZONE}(?: [0-9]{{4}}(?![0-9.]))?",
            rf"(?<![A-Za-z])(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? )?[0-9]{{1,2}}[ -]{_MONTH}[ -][0-9]{{2,4}}(?:[ :]{_CLOCK}{_ZONE})?",
            rf"(?<![0-9.])[0-9]{{4}}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}(?:[T _,-]{{1,2}}[0-9]{{1,2}}[:.][0-9]{{2}}(?:[:.][0-9]{{2}})?(?:[.,:][0-9]{{1,9}})?{_ZONE})?(?![0-9])",
            rf"(?<![0-9.])[0-9]{{1,2}}[/.-](?:[0-9]{{1,2}}|{_MONTH})[/.-][0-9]{{2,4}}[ :T,]{{1,2}}{_CLOCK}{_ZONE}(?: [AP]M)?",
            rf"(?<![0-9.:])[0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.,:][0-9]{{1,9}})?{_ZONE}(?: [AP]M)?(?![0-9:])",
        )
    )
)
_SECRET = re.compile(
    r"((?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|"
    r"authorization|auth[_-]?key|session[_-]?id|cookie|sig|signature)[\"']?\s?[:=]\s?[\"']?)"
    r"((?:bearer |basic |digest |token )?[^\s\"',;&)\]}]{3,2000})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"((?:bearer|basic) )([\w.~+/=-]{12,4000})", re.IGNORECASE)
_SECRET_WORDS = re.compile(r"pass|pwd|secret|token|key|cred|auth|session|cookie|sig|bearer|basic")
_PAIR = re.compile(
    r"(?<![=!<>:~^])([A-Za-z_][\w.-]{0,80}|[)\]])( ?= ?)(?![=>~])"
    r"(\"[^\"\n]{0,2000}\"|'[^'\n]{0,2000}'|(?![\w.-]{1,80} ?=)[^\s,;&|\"'(){}\[\]<>=]{1,2000}(?:\{[^{}=\n]{0,300}\}|\([^()=\n]{0,200}\))?|)"
)
# Values of these keys are what the event is about: they are masked like prose, never as a whole.
_TELLING_KEYS = frozenset(
    "msg message error err errors reason cause exception ex type kind code errorcode error_code errno status state level "
    "severity event detail details description desc title text body failure fault warning result action operation op "
    "errormessage error_message errmsg err_msg exception_type exc_type exc class category method signal exit_code "
    "exitcode grpc_code rc ret retval hresult".split()
)
_ENTITY = re.compile(
    r"(?<![\w.])((?:[Uu]ser|[Uu]sername|[Ll]ogin|[Aa]ccount|[Rr]ole|[Hh]ost|[Hh]ostname|[Tt]enant|[Pp]rincipal) (?:name )?[\"'`]?)"
    r"(?!(?:is|was|has|had|not|does|did|do|can|cannot|could|may|must|should|will|with|without|and|or|in|on|at|to|of|for|by|from|"
    r"as|the|a|an|unknown|data|name|id|account|login|logged|session|sessions|agent|input|error|errors|code|interface|space|mode|"
    r"key|keys|table|permission|permissions|group|groups|provided|request|requests|defined|specified|already|limit|count|"
    r"switch|privacy|info|password|is|are|no|exists|found|failed|failure|key|memory|unreachable|down|up|verification|"
    r"resolution|process|service|authentication|level|exited|does|doesn|isn|wasn|could|couldn|terminated|disconnected)(?![\w-]))"
    r"([A-Za-z_][\w.@$-]{0,64})(?=[\s\"'`,;:)\].]|$)"
)
_QUERY = re.compile(r"(?<=[\w/])\?[\w.%~+\[\]-]{1,80}=[^\s\"'<>]{0,2000}")
_GLUED = re.compile(r">[^\s<>]?<")
_WHO = re.compile(
    r"(?<= for )(?!(?:the|a|an|this|that|all|any|each|more|more details|details|us|it)\b)[A-Za-z_][\w.@$-]{0,64}(?= from <?[\w.:-]{0,60}[0-9>])"
)
_UNIT = re.compile(r"(?<=[0-9]) (?:[KMGTP]i?B|kB|B|[kKMG]bps|[KMG]?Hz|ms|us|µs|ns)(?![\w/])")
_TRUTH = re.compile(r"(?<![\w.-])(?:true|false|True|False|TRUE|FALSE)(?![\w-])")
_NULL = re.compile(r"(?<=[:=(,|\[])( ?)(?:null|None|nil|NULL|undefined|NaN)(?![\w-])")
_DIGIT = re.compile(r"[0-9]")
_SPECIAL = re.compile(r"[0-9/\\@.:=~]|[a-fA-F]{8}")

_HEXWORD = r"(?=[0-9a-f]{0,40}[0-9])(?=[0-9]{0,40}[a-f])[0-9a-f]{7,128}|(?=[0-9A-F]{0,40}[0-9])(?=[0-9]{0,40}[A-F])[0-9A-F]{7,128}|[a-f]{8}|[A-F]{8}"
_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<uuid>(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![0-9A-Za-z]))",
            r"(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w@-]))",
            r"(?P<mac>(?<![0-9A-Za-z:])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,19}(?![0-9A-Za-z:]))",
            r"(?P<ip>(?<![0-9A-Za-z.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:/[0-9]{1,2}(?![0-9]))?(?:[:#][0-9]{1,5})?(?![0-9A-Za-z_-]|\.[0-9A-Za-z]))",
            r"(?P<ipv6>(?<![\w:.])(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?)(?:%\w{1,15})?(?![\w:]))",
            r"(?P<path>(?<![\w./\\-])(?:[~.]{1,2}|file:)?/(?:[\w.+@%~#$*!-][\w.+@%~#$*!=:-]{0,255}/{0,3}){1,60}(?<![:.])|(?<![\w./\\-])[\w.+@%-]{1,120}(?:/[\w.+@%-]{1,120}){2,40}/?|(?<![\w./\\-])[\w.+@%-]{1,120}/[\w+@%-]{1,120}\.[A-Za-z]{1,5}(?![\w.]))",
            r"(?P<hex>(?<![0-9A-Za-z])0[xX][0-9A-Fa-f]{1,128}(?![0-9A-Za-z])|(?<![0-9A-Za-z])(?:" + _HEXWORD + r")(?![0-9A-Za-z_]))",
            r"(?P<host>(?<![\w.@$-])[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63}){1,8}(?::[0-9]{1,5})?(?![\w.@$(-]))",
            r"(?P<number>(?<![0-9A-Za-z_])[+-]?v?[0-9](?:[0-9]|[.,:/+-](?=[0-9])){0,80}(?:[eE][+-]?[0-9]{1,3}|[KMGTPEkmgt]?i?[Bb](?:ps|/s)?|[munµ]?s|secs?|min|hrs?|[hdmkKMGTx%])?(?![0-9A-Za-z_]))",
            r"(?P<word>[A-Za-z0-9_$]+(?:[._:#@/-][A-Za-z0-9_$]+)*)",
        )
    )
)  # fmt: skip
_TLD = frozenset(
    "com net org edu gov mil int io co us uk de fr cn jp ru in br nl eu ch se info biz dev app cloud local localdomain internal intranet lan corp home cluster svc arpa test example".split()
)
_PACKAGE_ROOTS = frozenset(
    "org com net io java javax jakarta edu gov de fr uk cn jp ru akka scala kotlin android androidx dalvik sun".split()
)
_KEPT_TYPE = re.compile(r"(?:Error|Exception|Throwable|Failure|Fault|Warning|Panic|Interrupt|Timeout)\$?$")
_RUNS = re.compile(r"(?:(?<=[_:=/@#])[+-])?[0-9]+")
_OPAQUE = re.compile(r"[A-Z0-9]{16,}")
_MIXED = re.compile(r"(?=[A-Za-z0-9]*[0-9][A-Za-z]+[0-9])[A-Za-z0-9]{5,}")
_FIRST_MARK = 0xE000  # private-use characters stand for codes while the rest is masked
_PRIVATE = re.compile("[\ue000-\uf8ff]")


class _TokenMemo(dict[str, str]):
    """Masked form per whitespace-free token; cleared when full, so its size is bounded."""

    def __missing__(self, token: str) -> str:
        masked = _mask_token(token)
        if len(token) <= 200:  # noqa: PLR2004 - a longer token is a blob that will not come again
            if len(self) >= 200_000:  # noqa: PLR2004 - about 30 MB
                self.clear()
            self[token] = masked
        return masked


_tokens = _TokenMemo()


def mask(text: str) -> str:
    """`text` on one line with typed placeholders for everything volatile; at most 8,000 characters are read.

    Idempotent, and the same for raw and redacted text. Codes, exception types and ordinary words stay.
    """
    text = text[:MAX_MASKED_CHARS]
    if not text.isascii():
        text = _PRIVATE.sub("?", text)
    found = find(text)
    if not found:
        return _settled(text)
    return _unmark(_settled(_mark(text, found)), [text[c.start : c.end] for c in found])


def _mark(text: str, found: list[Code]) -> str:
    parts, at = [], 0
    for n, code in enumerate(found):
        parts += (text[at : code.start], chr(_FIRST_MARK + n))
        at = code.end
    return "".join(parts) + text[at:]


def _unmark(text: str, originals: list[str]) -> str:
    return _PRIVATE.sub(lambda m: originals[ord(m[0]) - _FIRST_MARK], text)


def _settled(text: str) -> str:
    """Masked until it no longer changes: placeholders that touch each other may read as one value the next time."""
    masked = _mask_plain(text)
    for _ in range(3):
        if not _GLUED.search(masked):
            break
        before, masked = masked, _mask_plain(masked)
        if before == masked:
            break
    return masked


def _mask_plain(text: str) -> str:
    if "<" in text:
        text = _ANY_PLACEHOLDER.sub(_example, text)
    if "://" in text:
        text = _URL.sub(_url, text)
    if "?" in text:
        text = _QUERY.sub("", text)
    if ":\\" in text or "\\\\" in text:
        text = _WINDOWS_PATH.sub("<path>", text)
    digits = _DIGIT.search(text) is not None
    if digits:
        if ":" in text or "-" in text or "/" in text:
            text = _TIME.sub("<time>", text)
        text = _UNIT.sub("", text)
    low = text.lower()
    if _SECRET_WORDS.search(low):
        text = _BEARER.sub(r"\1<id>", _SECRET.sub(_secret, text))
    if "=" in text:
        text = _PAIR.sub(_pair, text)
    if "user" in low or "host" in low or "account" in low or "login" in low or "role" in low or "tenant" in low:
        text = _ENTITY.sub(r"\1<str>", text)
    if " for " in text and " from " in text:
        text = _WHO.sub("<str>", text)
    if "rue" in low or "alse" in low:
        text = _TRUTH.sub("<str>", text)
    if "n" in low:
        text = _NULL.sub(r"\1<str>", text)
    return " ".join([_tokens[token] for token in text.split()])


def _example(match: re.Match[str]) -> str:
    kind = match[1]
    if kind is None:
        return _EXAMPLES[match[0]]
    return _EXAMPLES[_REDACTED.get(kind, "<id>")] if kind in _REDACTED or kind == "REDACTED" else match[0]


def _url(match: re.Match[str]) -> str:
    tail = match[0]
    end = len(tail.rstrip(").,;:!?]'"))
    return "<url>" + tail[end:]


def _secret(match: re.Match[str]) -> str:
    return f"{match[1]}<id>" if not match[2].startswith("\ue000") else match[0]


def _pair(match: re.Match[str]) -> str:
    key, sign, value = match.groups()
    if not value or value.startswith("<"):
        return match[0]
    if key.lower() in _TELLING_KEYS or _PRIVATE.search(value):
        return match[0]
    return f"{key}{sign}<str>"


def _mask_token(token: str) -> str:
    if not _SPECIAL.search(token):
        return token
    if "<" in token:
        parts = PLACEHOLDER.split(token)
        kept = PLACEHOLDER.findall(token)
        masked = [_TOKEN.sub(_replace, part) for part in parts]
        return "".join(a + b for a, b in zip(masked, [*kept, ""], strict=True))
    return _TOKEN.sub(_replace, token)


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    text = match[0]
    if kind == "word":
        return _word(text)
    if kind == "number":
        return "<num>"
    if kind == "host":
        return _host(text)
    if kind == "ipv6":
        return "<ip>" if _DIGIT.search(text) or text == "::" else text
    if kind == "path":
        return _path(text)
    return f"<{kind}>"


def _path(text: str) -> str:
    if text.startswith(("/", "~", ".", "file:")):
        return "<path>" if len(text) > 2 or text[-1].isalnum() else text  # noqa: PLR2004 - "//" and "./" are no paths
    return "<path>" if "." in text.rsplit("/", 1)[-1] or _DIGIT.search(text) or text.count("/") > 2 else text  # noqa: PLR2004


def _host(text: str) -> str:
    name, _, port = text.partition(":")
    labels = name.split(".")
    if labels[-1].lower() in _TLD and labels[0].lower() not in _PACKAGE_ROOTS and name == name.replace("_", ""):
        return "<host>"
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-1].isalpha() and _DIGIT.search(name):  # noqa: PLR2004 - a country
        return "<host>"
    if all(label.isdigit() for label in labels):
        return "<num>"
    return _word(name) + (":<num>" if port else "")


def _word(text: str) -> str:
    """An identifier: its digits go, and one that is mostly numbering (`rdd_42_7`, `R02-M1-N0`) goes as a whole."""
    runs = _RUNS.findall(text)
    if not runs or _KEPT_TYPE.search(text):
        return text
    if _OPAQUE.search(text):
        return "<id>"
    if len(runs) == 1:
        return _RUNS.sub("<num>", text)
    if any(mark in text for mark in "_-:#@") or _MIXED.search(text) or len(runs) > 3:  # noqa: PLR2004 - no name counts four times
        return "<id>"
    return _RUNS.sub("<num>", text)
