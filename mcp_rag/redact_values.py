"""Whether what stands beside the name of a secret is one: no placeholder, word of prose, path or source code."""

from __future__ import annotations

import re

_VARIABLE = re.compile(
    r"\$\{?[\w.:?-]{1,80}\}?|\$[a-z_]\w{0,60}(?:(?:->|::)\w{1,60}|\[[\"']?\w{0,60}[\"']?\]?){1,6}|\$\([^)]{0,80}\)?|%[-\d.]{0,4}[sdvrx]|%\(\w{1,40}\)s|%[\w.:()-]{1,80}%|\{\{?[^}]{0,80}\}{0,2}"
    r"|#\{[^}]{0,80}(?:\}#?)?"
    # A type of Rust, a word between underscores, an address in memory.
    r"|&(?:'\w{1,20} )?(?:mut )?(?:str|string|\[u8\]?|self)"
    r"|_{1,3}[a-z]{2,20}(?:_[a-z]{2,20}){0,3}_{1,3}|0x[0-9a-f]{1,16}"
    r"|(?:your|insert)[_-][a-z_-]{2,60}|replace[_-](?:me|this|with)[a-z_-]{0,60}|[a-z_-]{2,60}[_-]here"
    # What a program puts in place of a secret, and tags of YAML that look one up.
    r"|(?:[a-z]{1,20}_){1,6}(?:removed|redacted|masked|hidden|filtered|omitted|no_log)(?:_[a-z]{1,20}){0,4}"
    r"|(?:removed|redacted|masked|hidden|filtered|omitted)(?:_[a-z]{1,20}){1,4}"
    r"|!(?:secret|vault|ref|sub|env|env_var|getatt|encrypted|unsafe|include|reference|inline|lambda)"
    r"|(?:op|vault|ssm|awssm|secretsmanager|keyring|env|ref\+\w{1,20})://"
    r"[\w./#:@ -]{1,200}|arn:[a-z-]{3,12}:[\w./:*@-]{1,300}|@microsoft\.keyvault\(.{0,200}"
    r"|<[^<>]{0,80}>?|\[[^\]]{0,80}\]?|\([^)]{0,40}\)?|@[\w.-]{1,60}@|[*x•.#?_\-…]{1,80}|[\w.-]{0,8}[*•]{4,80}[\w-]{0,6}|\$|:\w{1,30}|\?|\\[nrt].{0,10}",
    re.IGNORECASE,
)
_WORDS_LISTED = (
    "null nil none undefined true false yes no on off empty blank missing required invalid incorrect wrong "
    "expired mismatch mismatched denied failed failure redacted masked hidden filtered removed unset unknown "
    "unauthorized forbidden disabled enabled optional string str bytes int integer bool boolean object any text "
    "varchar char secretstr number function array dict list void error warning ok success value option flag "
    "argument parameter switch is was are were must cannot may and or for with not if when from in of to at by a "
    "an the this that it has have should will authentication authorization authenticated prompt field input type "
    "default set provided given found revoked malformed unsupported rejected accepted changed updated reset "
    "rotated verified validated ignored required. n/a na tbd todo eof include same-origin omit basic bearer "
    "digest oauth2 jwt header cookie query body self cls request response config settings environ password passwd "
    "pwd pass token secret key api_key apikey credentials credential passphrase expected unexpected identifier "
    "ident end start newline semicolon protected encrypted secure plaintext plain anonymous nobody localhost "
    "inline stdin file path env vault keyring manual interactive ask never always bcrypt argon2 argon2id scrypt pbkdf2 "
    "sha256 sha512 md5 falsch ungültig abgelaufen incorrecta incorrecto inválida nullptr "
    "passwort kennwort mot "  # codespell:ignore mot
    "contraseña senha hasło heslo wachtwoord parola lösenord пароль 密码 erforderlich requis requise requerida "
    "requerido obrigatória obligatorio obbligatoria vereist wymagane обязателен неверный"
)
_WORDS = frozenset(_WORDS_LISTED.split())
# What a label begins with that asks for a password.
_TITLES = frozenset(
    "mot password passwort kennwort "  # codespell:ignore mot
    "contraseña senha hasło heslo wachtwoord parola lösenord пароль".split()
)
_PROSE = re.compile(
    r"\b(?:must|required|is|are|was|not|invalid|should|cannot|can|expected|field|missing|too|least|most|been|please|your|"
    r"enter|wrong|incorrect|expired|failed|does|has|contain|contains|the)\b",
    re.IGNORECASE,
)
_OWNER = re.compile(
    r"(?:self|cls|this|settings?|config|cfg|conf|os|args?|opts?|options|env|environ|request|req|ctx|context|params?|"
    r"kwargs|form|data|process|app|props|state|user|client|creds|credentials|secrets|var|local|module|each|std|base)"
    r"(?:\.|->|::|\?\.)[\w.>:()\[\]\"'?-]{1,120}",
    re.IGNORECASE,
)
NAMELIKE = re.compile(
    r"[a-z_.]{0,60}?(?:password|passwd|pwd|pass|token|secret|key|credentials?|passphrase|auth|session|sid|id)"
    r"(?:[_.]?(?:str|value|hash|file|path|env|provider|field|input|arg|param|bytes|name|[0-9]))?|pw\d?",
    re.IGNORECASE,
)
_RESOURCE = re.compile(r"[a-z]{1,40}(?:[-./][a-z]{1,40}){0,8}")
# Base64 may begin with a slash too, but it is not all lower case and has no file name extension.
PATH = re.compile(r"[~.]{0,2}/(?:[a-z0-9_./-]{1,200}|[\w./ -]{1,200}\.[a-z]{2,5})")
_ITEM = re.compile(r"[A-Za-z_]\w{0,60}\[\w{0,40}")  # `tokens[0`
_GENERIC = re.compile(r"[A-Za-z_]\w{0,60}<[\w, ]{0,60}>?")  # `Secret<String`
# How Java and Kotlin print one. The hash of an object is hexadecimal and long, unlike the year or the numbers that
# people put behind the sign in a password.
_OBJECT = re.compile(
    r"(?:[a-z]\w{0,40}\.){0,10}[A-Z][\w.$]{1,80}\{|[A-Z][\w.$]{1,80}@(?=[0-9]{0,8}[a-f])[0-9a-f]{6,8}(?!\w)"
    r"|(?:[a-z]\w{0,40}\.){1,10}[A-Z][\w.$]{1,80}@[0-9a-f]{3,8}(?!\w)|\[[BCL][\w.$;]{0,80}@[0-9a-f]{4,8}(?!\w)"
)
_TYPE = re.compile(r"(?:[A-Z][A-Za-z]{1,40}\.){2,8}[A-Z][A-Za-z]{1,60}")  # how PowerShell prints one
_COORDINATE = re.compile(r"[a-z][\w.-]{1,80}:\d{1,5}(?:\.[\w-]{1,40}){1,5}")  # behind the group of a Maven artefact
URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)  # a URL's own password has its own rule
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,10})?")
_TOO_SHORT = {"password": 1, "secret": 6, "key": 8, "token": 8, "session": 12, "code": 3, "cli": 2}


def is_secret(name: str, value: str, *, quoted: bool, strict: bool, after: str = "") -> bool:
    """Whether `value`, found beside a name of the class `name`, is a secret.

    `strict` asks for more than a plain word (prose follows names too); `after` is the text right behind the value.
    """
    value = value.strip()
    lower = value.lower().rstrip(".,:;!")
    if len(lower) < _TOO_SHORT[name] or lower in _WORDS or _VARIABLE.fullmatch(value):
        return False
    if ":" in value and name == "token" and _COORDINATE.fullmatch(value):
        return False
    if " " in value and (not quoted or _PROSE.search(value) or value.split()[0].lower() in _TITLES):
        return False
    prose = strict and value.isalpha() and after[:1] == " " and after[1:2].isalpha()
    if not quoted and (prose or _is_code(value, after)):
        return False
    if name == "password":
        return not (strict and value.isalpha() and value[1:].islower() and len(value) < 4)
    if URL.match(value):
        return False
    if name == "code":
        return any(c.isdigit() for c in value)
    return _looks_random(name, value, strict=strict)


def _looks_random(name: str, value: str, *, strict: bool) -> bool:
    digits = sum(c.isdigit() for c in value)
    if name == "cli":
        return not value.isdigit()
    if name == "secret" and not strict:
        return not _NUMBER.fullmatch(value) and not (_RESOURCE.fullmatch(value) and "/" in value)
    if _NUMBER.fullmatch(value) or PATH.fullmatch(value) or _RESOURCE.fullmatch(value):
        return False
    return bool(digits) or len(value) >= 20 or (name != "token" and any(not c.isalnum() for c in value))


def _is_code(value: str, after: str) -> bool:
    """Source lines in traces assign names, not values: `password=self.password`, `token=get_token()`."""
    head, bracket, _ = value.partition("(")
    called = (bracket and len(head) > 2) or after[:1] == "("
    if called and re.fullmatch(r"[A-Za-z_@][\w.:>-]{1,80}", head):
        return True
    if (after[:1] == "[" and value.isidentifier()) or _ITEM.fullmatch(value):
        return True
    return bool(
        _GENERIC.fullmatch(value)
        or _OWNER.fullmatch(value)
        or NAMELIKE.fullmatch(value)
        or _OBJECT.match(value)
        or _TYPE.fullmatch(value)
    )


def is_word(value: str) -> bool:
    """Whether `value` is a word of ordinary messages about secrets."""
    return value.lower() in _WORDS


def is_placeholder(value: str) -> bool:
    """Whether `value` stands in place of a secret: a variable, stars, `<token>`."""
    return _VARIABLE.fullmatch(value) is not None
