"""Secrets that only their name gives away: `password=...`, `"apiKey": "..."`, `--token ...`, a variable dump.

The name is found in the lower-cased text, the value is read after it in the original, and `is_secret` decides whether
the value is one: error text is full of `password: required`, `token=self.token` and `secret: None`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_rag.redact_near import find_near
from mcp_rag.redact_results import is_result as _is_result
from mcp_rag.redact_shapes import Found
from mcp_rag.redact_values import NAMELIKE, PATH, URL, is_secret, is_word

# A text without any of these holds no name below. `connection refused`, `session` and `exit code` are in every log.
HINT = re.compile(
    "pass|pw|psw|secret|token|key|credential|connection[_ -]?string|sess(?:ion)?[_-]?id|sid|otp|mfa|2fa"
    "|cv[vc]|ssn|verification[_ -]?code|security[_ -]?code"
    "|authentication_string|laravel_session|[.]aspnetcore|[.]aspxauth"
    "|confirmation[_ -]?code|two[_-]?factor|one[_-]?time[_ -]?code|kennwort|senha|contrase|jwt|x-auth"
)

MAX_REREAD_CHARS = 1_000
# No name begins so far before what HINT finds in it, and none ends so far behind.
_NAME_BEFORE_CHARS, _NAME_BEHIND_CHARS = 32, 100


# A name that goes on still holds a secret where the rest says only which form of it (`tokenValue`, `pwdHash`).
_END = r"(?:(?![a-z])|(?=(?:value|hash|string|plain|text|raw|b64|base64|new|old|confirm|prod|dev|test)(?![a-z])))"
NAME = re.compile(
    r"(?P<password>pass[_-]?(?:word|wd|phrase|code|wort)|pass phrase|kennwort|contrase(?:n|ñ)a|(?<![a-z])senha(?![a-z])"
    r"|(?:(?<=db)|(?<=user)|(?<=root)|(?<=admin)|(?<=smtp)|(?<=ldap)|(?<=mail)|(?<=sudo)|(?<=ftp)|(?<=key)|(?<=store)"
    r"|(?<=trust)|(?<=my)|(?<=sql)|(?<=redis)|(?<=bind)|(?<=require)|(?<![a-z]))pass"
    + _END
    + r"|pwd"
    + _END
    + r"|(?<![a-z])pw(?![a-z])|pswd|(?<![a-z])psw(?![a-z])"
    r"|authentication_string)"
    r"|(?P<secret>(?:client|app|api|webhook|signing|shared|jwt|consumer|oauth|session|cookie|aws|master|db)[_-]?secret"
    r"(?:[_ -]?key)?|secret[_ -]?(?:access[_ -]?)?key(?:[_-]?base)?|secret(?:[_-]?string)?" + _END + r")"
    r"|(?P<key>(?:api|access|account|private|enc(?:ryption|rypt)?|signing|auth|master|subscription|licen[sc]e|service|"
    r"admin|app|application|webhook|session|deploy|hmac|cipher|aes|storage|shared[_ -]?access|accesskey|routing|"
    r"integration|ingest|write|pre[_-]?shared|recovery|publishable|consumer|security|stripe|openai|anthropic|gemini|"
    r"groq|mistral|cohere|twilio|sendgrid|mailgun|algolia|datadog|firebase|supabase|pinecone|tavily|vapid)"
    r"[_\-. ]?key(?![a-z])"
    r"|credentials?(?![a-z])|connection[_ -]?string|(?<![a-z])authkey|x-functions-key)"
    r"|(?P<session>sess(?:ion)?[_-]?id|(?<![a-z])(?:connect\.)?sid|asp\.net_sessionid|laravel_session"
    r"|\.aspnetcore\.[\w.]{1,60}|\.aspxauth)"
    r"|(?P<token>token" + _END + r"|(?<![a-z])jwt(?![a-z])|(?<![a-z])x-auth(?![a-z-])|nonce_secret)"
    r"|(?P<code>(?<![a-z])(?:(?:otp|totp|mfa|2fa)(?:[_ -]?(?:code|pin|attempt))?|cvv2?|cvc2?|ssn)(?![a-z])"
    r"|(?:verification|security|confirmation|one[_-]?time|two[_-]?factor|mfa|otp)[_ -]?code(?![a-z]))"
)
_SUFFIX = (
    r"(?i:[_-]?(?:\d{1,2}|neue?|nuev[ao]|nouveau|novo|alte?s?|value|plain|prod|production|dev|test|staging|live|new|old"
    r"|current|confirm(?:ation)?|repeat|"
    r"hash|md5|sha1|sha256|sha512|base64|b64|encoded|enc(?:rypted)?|env|text|field|raw)(?![A-Za-z]))?"
)
_QUOTE = r"\\{0,3}[\"'`]"
# Behind the separator: a YAML block, a string prefix, a wrapper such as `Some(`, a list, the type and length that Go
# and PHP print before a value.
_OPENING = (
    r"(?P<opening>[|>][-+]?[ \t]{0,2}\n[ \t]{1,20}|[bBuUrR]{1,2}(?=[\"'])"
    r"|(?:\[\])?[A-Za-z_][\w.:]{1,29}\((?=\\{0,3}[\"'])"
    # A tag of YAML, three quotes.
    r"|!![a-z]{2,10}[ ]|\"\"(?=\"[^\"])|''(?='[^'])"
    r"|(?:\[\](?:string|any|interface[ ]\{\}))?[\[({]\s{0,40}(?=\\{0,3}[\"'])"
    r"|\([a-z0-9.*\[\]]{1,30}\)[ ]\(len=\d{1,7}\)[ ](?=\")"
    r"|\s{0,12}string\(\d{1,7}\)[ ](?=\")"
    # Rust prints an option over three lines.
    r"|(?:Some|Just|Ok)\(\s{1,40}(?=\\{0,3}[\"'])|(?:Optional\[|Some\())?"
)
_SEPARATOR = re.compile(
    rf"{_SUFFIX}(?P<tail>_[A-Z][A-Z0-9]{{1,20}}(?![A-Za-z_]))?(?P<close>{_QUOTE}|[>)*])?(?::(?:protected|\"?[\w\\]{{1,80}}\"?:private))?\]?(?:%5[Dd])?"
    # A type between the name and its value.
    r"(?P<sep>(?::[ ]?[&A-Z][\w<>.?]{1,30}|[ ][Aa]s[ ][A-Z]\w{1,20})[ ]?=[ ]?(?=[bru]?\")"
    r"|[ \t]{0,20}(?:=>|:=|={1,3}|:(?::(?=[ ]))?|%3[Dd])[ \t]{0,20}"
    # A pair of Lisp.
    r"|[ \t]{1,4}[.~][>]?[ \t]{1,4}(?=\")"
    rf"|,[ \t]{{1,20}}(?=[\"'])|[ \t](?:is|was|->):?[ \t]|\t{{1,4}}|[ ]{{1,20}}\|[ ]{{1,20}}){_OPENING}"
)
# `&`, `,`, `;` and brackets belong to an unquoted value unless they end it or start the next `name=`.
_WORD = (
    r"(?:[^\s\"'`,;&<>(){}\[\]\\|]|\\(?![\"'nrtux\\/])"
    r"|['`](?=\w)|(?!;(?:[A-Z][a-z]{1,15}[ ]){1,4}[A-Za-z]{2,15}\s?=)"
    r"[,;&)}\](<>{\[|](?![\s,;&\"'<>(){}\[\]\\]|$|[\w.-]{1,40}[\"']?\s?[=:]))"
)
_VALUE = re.compile(
    r"(?P<esc>\\{1,3})(?P<q>[\"'])(?P<a>[^\"'\\\n]{1,4096})"
    r"|\"(?P<b>(?:[^\"\\\n]|\\.){1,4096})|'(?P<c>(?:[^'\\\n]|\\.|''){1,4096})|`(?P<d>[^`\s]{1,4096}(?=`|\Z))"
    rf"|(?P<v>[^\s\"'`,;&<>(){{}}\[\]\\|]{_WORD}{{0,4096}}|[&;,\]){{}}(]{_WORD}{{1,4096}})"
)

_OTHER_TOKEN = re.compile(r"(?:eos|bos|pad|stop|unk|sep|cls|mask|next|cancel|cancellation|page|public[_ -]?key)[_ -]?$")
_COMPARED = re.compile(r"[A-Za-z_$][\w.$]{0,80}[:;)]?")
# Calls whose first argument names the secret; a second one stands in for it.
_LOOKUP = re.compile(
    r"(?:^|[._:])(?:get\w{0,20}|fetch|env|config|lookup|find\w{0,20}|read\w{0,20}|load\w{0,20}|resolve\w{0,20}|property|"
    r"setting|param\w{0,20}|input|prompt|ask|pop|value|var|required?|decrypt\w{0,20})\($",
    re.IGNORECASE,
)
_STAND_IN = re.compile(r"\\{0,3}[\"'],[ ]{0,4}(?:\w{1,20}=)?(?=\\{0,3}[\"'])")


def read_value(text: str, at: int) -> tuple[int, int, bool] | None:
    """Where a value at `at` begins and ends, and whether it stands in quotes."""
    match = _VALUE.match(text, at)
    if match is None:
        return None
    group = str(match.lastgroup)  # the value closes last in every alternative
    return *match.span(group), group != "v"


def find_names(folded: str) -> Iterator[re.Match[str]]:
    """The matches of NAME in a text in lower case. It is tried around what HINT finds only: most of a text holds
    no name, and its branches cost something at every character."""
    start = end = 0
    for hint in HINT.finditer(folded):
        if hint.start() - _NAME_BEFORE_CHARS > end:
            yield from NAME.finditer(folded, start, end)
            start = hint.start() - _NAME_BEFORE_CHARS
        end = hint.end() + _NAME_BEHIND_CHARS
    yield from NAME.finditer(folded, start, end)


def find_fields(text: str, folded: str) -> Iterator[Found]:
    """Named secrets in `text`; `folded` is its lower case, position by position."""
    read = 0  # names inside a value that was taken, or is too long to be read once per name, are not looked at
    again = "<redacted:" in folded
    for match in find_names(folded):
        if match.start() < read or (again and _in_placeholder(folded, match.start())):
            continue
        found, read = _read_field(text, folded, match)
        if found is not None:
            yield found
            continue
        for near in find_near(text, match):
            yield Found(near.start, near.end, kind_of(near.kind, match.group()))
            read = max(read, near.end)


def _read_field(text: str, folded: str, match: re.Match[str]) -> tuple[Found | None, int]:
    """The secret that a name gives a value to, if it does, and up to where the text need not be read again."""
    separator = _SEPARATOR.match(text, match.end())
    if separator is None:
        return None, 0
    read = 0
    span = read_value(text, separator.end())
    opening = separator["opening"] or ""
    if span is not None and span[2] and opening.endswith("(") and _LOOKUP.search(opening):
        read = span[1]
        span = _stand_in(text, read)
    if span is None:
        return None, read
    start, end, quoted = span
    if end - start > MAX_REREAD_CHARS:
        read = end
    name = str(match.lastgroup)
    sep = separator["sep"]
    if "," in sep and (not separator["close"] or _NEXT_KEY.match(text, end)):
        return None, read
    assigned = quoted or "=" in sep or bool(separator["close"]) or "%" in sep
    value = text[start:end]
    if _is_no_value(sep, value, quoted=quoted) or (opening[:1] == "{" and _NEXT_KEY.match(text, end)):
        return None, read
    if not quoted and opening in _MAYBE and not any(map(str.isdigit, value)):
        return None, read
    if not _is_assigned(sep.strip(), value, quoted=quoted) or not _fits_tail(separator["tail"], value):
        return None, read
    if "|" in sep and not _in_table(text, match.start()):
        return None, read
    after = text[end : end + 8]
    if _is_exempt(name, match, folded, value, after, strict=not assigned):
        return None, read
    if not assigned and match.group() == "pass" and _is_result(text, match.start(), value, after):
        return None, read
    if not is_secret(name, value, quoted=quoted, strict=not assigned, after=after):
        return None, read
    end = _end_of_phrase(text, end) if "phrase" in match.group() and not quoted else end
    return Found(start, end, kind_of(name, match.group())), end


_COUNT = re.compile(r"\d{1,5}(?:/\d{1,5})?")
_TOOLS = ("ch", "ht", "mk", "smb", "vnc")  # chpasswd: line 1 is too long
_SETTINGS_LISTED = (
    "ID IDS URL URI FILE PATH DIR ARN NAME TTL TYPE HEADER VERSION EXPIRY ISSUER ENDPOINT ALGORITHM FORMAT HOST "
    "PROJECT AUDIENCE COOKIE MANAGER SCOPE CLIENT REGION USER SERVICE STORE PROVIDER BACKEND CLASS PREFIX PATTERN"
)
_SETTINGS = frozenset(_SETTINGS_LISTED.split())
_FURTHER_WORDS = re.compile(r"(?:[ ][\w-]{2,30}){2,15}(?=[ \t]{0,4}(?:\r?\n|\Z))")
_NEXT_KEY = re.compile(r"\\{0,3}[\"']\s{0,2}[:=]")  # `"name": "password", "value": ...`
_SIGN_WITHIN = re.compile(r"[A-Za-z][!#$%^&*+?~@][A-Za-z]")  # as no sentence has
_CAMEL = re.compile(r"(?:[A-Z][a-z]{2,20}\d?){2,6}")  # a name of a class
_MAYBE = frozenset({"Optional[", "Some("})


def _is_assigned(sep: str, value: str, *, quoted: bool) -> bool:
    """Whether the separator gives a value: a comparison with another name does not, prose and tables rarely do."""
    if sep in {"==", "==="}:
        return quoted or not _COMPARED.fullmatch(value)
    if sep.rstrip(":") in {"is", "was"}:
        return (any(map(str.isdigit, value)) or _SIGN_WITHIN.search(value) is not None) and len(value) > 5
    if sep in {"", "|", "->"}:
        dated = value[:4].isdigit() and value[4:5] == "-"
        mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(value) > 5
        return mixed and not dated and not _CAMEL.fullmatch(value)
    return True


def _is_no_value(sep: str, value: str, *, quoted: bool) -> bool:
    """Whether it is the rest of a path of C++ or Rust (`Secret::new`), or stands between two quotations."""
    return value[0] == value[-1] == " " if quoted else sep == value[:1] == ":"


def _in_table(text: str, at: int) -> bool:
    start = text.rfind("\n", 0, at) + 1
    return text[start : start + 1] == "|"


def _stand_in(text: str, at: int) -> tuple[int, int, bool] | None:
    """The value that a call gives when what it looks up (its first argument, ending at `at`) is not there."""
    match = _STAND_IN.match(text, at)
    span = read_value(text, match.end()) if match else None
    return None if span is None or NAMELIKE.fullmatch(text[span[0] : span[1]]) else span


def _in_placeholder(folded: str, at: int) -> bool:
    """Whether `at` is inside `<REDACTED:kind>`, whose kind is a name too."""
    return "<redacted:" in folded[max(0, at - 50) : at].rpartition(">")[2]


def _is_exempt(name: str, match: re.Match[str], folded: str, value: str, after: str, *, strict: bool) -> bool:
    """Names that hold another thing than a secret: the working directory, results and counts of tests, attempts left,
    model tokens, page cursors, the name of a secret in the cloud."""
    word, before = match.group(), folded[max(0, match.start() - 14) : match.start()]
    if word == "passwd" and strict and before.endswith(_TOOLS):
        return True
    if word in {"passwd", "password"} and before[-2:] == "no" and not before[-3:-2].isalpha():
        return True
    if word == "pwd" and (value[:1] in {"/", "~", ".", "\\"} or value[1:3] == ":\\"):
        return True
    if word == "pw" and not any(map(str.isalpha, value)):  # a width, a power
        return True
    if word == "pass" and (_COUNT.fullmatch(value) or (strict and (value.isalpha() or value.startswith("test_")))):
        return True
    if (
        name == "password"
        and value.isdigit()
        and len(value) < (4 if strict else 2)
        and after[:1] in {"", " ", "\n", ";", ","}
    ):
        return True
    if name == "secret" and folded[match.end() : match.end() + 1] == ":":
        return "arn:" in folded[max(0, match.start() - 120) : match.start()].rpartition(" ")[2]
    return name == "token" and bool(_OTHER_TOKEN.search(before))


def _fits_tail(tail: str | None, value: str) -> bool:
    """Whether a value is no setting, as behind `API_KEY_HEADER=`, where another word ends the name."""
    if tail is None:
        return True
    if tail[1:] in _SETTINGS or len(value) < 12 or URL.match(value) or PATH.fullmatch(value):
        return False
    if _CAMEL.fullmatch(value):
        return False
    return any(map(str.isdigit, value)) and any(map(str.islower, value)) and any(map(str.isupper, value))


def _end_of_phrase(text: str, at: int) -> int:
    """Where the words of a passphrase end that stand to the end of the line without quotes."""
    match = _FURTHER_WORDS.match(text, at)
    if match is None or any(map(is_word, match.group().split())):
        return at
    return match.end()


def kind_of(name: str, word: str) -> str:
    return {"key": "api-key", "code": "one-time-code"}.get(name, name) if word != "connection string" else "password"
