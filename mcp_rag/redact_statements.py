"""Secrets in statements and sessions: SQL, calls that connect, directives of configuration files, mail and cache
protocols, sentences that name a token and quote it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from mcp_rag.redact_shapes import Found, Rule
from mcp_rag.redact_values import is_secret

_SQL = re.compile(
    r"(?:identified\s{1,3}(?:with\s{1,3}[\w'\"]{1,40}\s{1,3})?by"
    r"|(?<!\w)(?:password|pass[ ]?phrase)(?:\s{1,3}is|\s{1,3}as)?)\s{1,3}"
    r"(?:'(?P<a>[^'\n]{1,256})'|\"(?P<v>[^\"\n]{1,256})\")"
    # A directive with a longer name; calls of such names take words.
    r"|_password\s{1,3}\"(?P<b>(?=[^\"\d!#$%&*+?^~]{0,100}[\d!#$%&*+?^~])[^\"\n]{4,256})\""
)
_SQL_USER = re.compile(
    r"set\s{1,3}password\s{1,3}for\s{1,3}[^\s=]{1,120}\s{0,3}=\s{0,3}(?:(?:old_)?password\()?'(?P<v>[^'\n]{1,256})'"
    # Oracle names the old password behind the new one, and takes both without quotes.
    r"|alter\s{1,3}user\s[^;\n]{1,120}?\sreplace\s{1,3}\"?(?P<b>[^\s'\";<]{2,60})"
    r"|(?:create|alter)\s{1,3}user\s{1,3}[^\s;]{1,120}\s{1,3}identified\s{1,3}by\s{1,3}(?P<a>[^\s'\";]{2,60})"
)
# The key is an argument of the function that encrypts.
_ENCRYPT = re.compile(
    r"(?:pgp_sym_(?:en|de)crypt(?:_bytea)?|aes_(?:en|de)crypt)\s?\((?:[^,()'\n]{1,200}|[^,()\n]{0,60}'[^'\n]{0,2000}'\)?(?:::\w{1,20})?),\s{0,3}'(?P<v>[^'\n]{1,300})'"
    r"|(?:en|de)cryptby(?:passphrase|cert)\s?\(\s?n?'(?P<a>[^'\n]{1,300})'"
)
# `CREATE SECRET x (TYPE s3, SECRET '...')`.
_OPTION = re.compile(
    r"[(,]\s{0,4}(?:\w{1,30}_)?(?:secret|token|credential|passphrase)\s{1,3}'(?P<v>(?=[^'\d]{0,200}\d)[^'\n]{12,2000})'(?=\s{0,4}[,)])"
)
_CALL = re.compile(
    r"(?:(?:pdo|mysqli|connection|driver)(?:->|::)__construct|new pdo|new mysqli|mysqli?_connect"
    r"|mysqli->real_connect|ldap_bind|ftp_login|pg_pconnect|ssh2_auth_password|openssl_(?:en|de)crypt|imap_open|odbc_p?connect|dbi(?:->|\s)connect"
    r"|drivermanager\.getconnection)"
    r"\((?:'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[^,()'\"\n]{1,200}),\s?(?:'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[^,()'\"\n]{1,100})"
    r",\s?['\"](?P<v>[^'\"\n]{1,100})"
    r"|db\.auth\(\s?['\"][^'\"\n]{1,100}['\"],\s?['\"](?P<a>[^'\"\n]{1,200})"
)
# `user:password@tcp(host:port)/db`, the data source names of Go.
_GO_SOURCE = re.compile(r"(?<![\w.%-])[\w.%-]{1,60}:(?P<v>[^\s\"'<>]{1,200})@(?:tcp[46]?|unix)\(")

_PROTOCOL = re.compile(
    r"(?:>{1,3}|user\s{1,2}\S{1,60}\s{1,4}|ftp\S{0,20}[>:])\s{0,2}pass\s(?P<v>\S{3,100})"
    r"|(?<![\w-])auth\s(?P<a>(?!plain|login|cram|failed|error)(?=\S{4})\S{0,80}\d\S{0,80})"
)
_REDIS = re.compile(
    r"(?:(?<=[\d\]s])>\s{0,2}auth\s{1,2}[\w.-]{1,60}|hello\s{1,2}[23]\s{1,2}auth\s{1,2}[\w.-]{1,60})"
    r"\s{1,2}(?P<v>\S{3,200})"
    r"|(?<![\w-])auth\s{1,2}default\s{1,2}(?P<b>(?=[^\s\d]{0,200}\d)\S{3,200})"
    r"|\"auth\"\s{1,2}(?:\"[^\"\n]{1,60}\"\s{1,2})?\"(?P<a>[^\"\n]{1,200})\""
)
_REDIS_USER = re.compile(r"acl[\"\s]{1,4}setuser[^\n]{1,120}?\s\"?>(?P<v>[^\s\">]{2,200})")
# A directive of a configuration file ends its line; elsewhere the value must not read like a word.
_DIRECTIVE = re.compile(
    r"(?<![\w-])(?:requirepass|master(?:auth|pass)|(?:root)?bindpw|rootpw|auth_pass)[\"']?(?:[ \t]{1,20}|\s?[:=]\s?)"
    r"[\"']?(?:(?P<v>(?=[^\s\d]{0,100}\d)[^\s\"',;]{3,200})|(?P<a>[^\s\"',;.:]{3,200})(?=[\"']?[ \t]{0,4}(?:\r?\n|\Z)))"
)
_NETRC = re.compile(
    r"(?:(?<![\w-])(?:machine\s{1,8}\S{1,120}|default)\s{1,8}(?:login|user)\s{1,8}\S{1,100}\s{1,8}password\s{1,8}"
    r"(?P<v>\S{2,200})|(?<![\w-])login\s{1,8}\S{1,100}\s{1,8}password\s{1,8}[\"']?(?P<a>(?=[^\s\d]{0,100}\d)[^\s\"']{4,200}))"
)
_IMAP = re.compile(
    r"(?<![\w.:-])[A-Za-z]{0,6}\d{1,6} LOGIN "
    r"(?:\"[^\"\n]{1,80}\"|(?!(?:FAILED|OK|ERROR|failed|for|from|of) )[^\s\"]{1,80}) "
    r"(?:\"(?P<v>[^\"\n]{1,100})\"|(?P<a>[^\s\"]{2,100})(?=[\"']?(?:\\r|\s{0,3}(?:\n|\Z)))"
    r"|(?P<b>(?=\D{0,100}\d)[^\s\"]{4,100}))"
)
# `334 UGFzc3dvcmQ6` asks for the password in base64.
_SMTP_LOGIN = re.compile(
    r"UGFzc3dvcmQ6(?:\\[rn]|[\s\"']){1,8}(?:[^\n]{0,80}?[>:]\s{0,3}[b\"']{0,2})?(?P<v>[A-Za-z0-9+/]{4,200}={0,2})"
    r"(?=[\"'\\]|[ \t]{0,4}\r?(?:\n|\Z))"
)
# Dovecot's authentication, as its debug log prints it.
_SASL_RESPONSE = re.compile(r"(?<![\w-])PLAIN\b[^\n]{0,300}?\bresp=(?P<v>[A-Za-z0-9+/]{8,1024}={0,2})")
# Redis' protocol: each argument below its length, with escaped or real ends of lines, behind the same beginning.
# A dump of packets prints a dot for each.
_ENDS = r"(?:\\{1,2}r\\{1,2}n|\.\.)"
_REDIS_WIRE = re.compile(
    rf"\$4{_ENDS}auth{_ENDS}(?:\$\d{{1,3}}{_ENDS}[^\s\\]{{1,100}}{_ENDS}(?=\$\d))?\$\d{{1,4}}{_ENDS}(?P<a>(?:(?!\.\.)[^\s\\]){{1,512}})"
    r"|^(?P<p>[^\n$]{0,40})\$4\s{0,2}\n(?P=p)auth\s{0,2}\n"
    r"(?:(?P=p)\$\d{1,3}\s{0,2}\n(?P=p)\S{1,100}\s{0,2}\n(?=(?P=p)\$\d))?(?P=p)\$\d{1,4}\s{0,2}\n(?P=p)(?P<v>\S{1,512})",
    re.MULTILINE,
)
# What somebody tried at a trap that takes any login.
_ATTEMPT = re.compile(
    r"login attempt \[(?:b?'[^'\n]{0,100}'|[^/\]\n]{0,100})/(?:b?'(?P<a>[^'\n]{1,200})'|(?P<v>[^\]\n]{1,200}))\]"
)
# Lines of ipsec.secrets.
_SHARED_KEY = re.compile(
    r":[ \t]{1,8}(?:psk|xauth|eap|ntlm|pin)[ \t]{1,8}(?:\"(?P<v>[^\"\n]{1,200})\""
    r"|'(?P<a>[^'\n]{1,200})'|(?P<b>0[xs][\w+/=]{8,200}))"
)
# Routers and switches: a number before a value says how it is written; without one it must hold a digit.
_ROUTER = re.compile(
    r"(?:(?:tacacs|radius)-server\s[^\n]{0,80}?\skey|crypto\sisakmp\skey|(?<![\w-])enable\s(?:secret|password)"
    r"|neighbor\s\S{1,60}\spassword|ospf\s(?:authentication-key|message-digest-key\s\d{1,3}\smd5)|wpa-psk\sascii|pre-shared-key(?:\s(?:local|remote))?)"
    r"\s(?:[0-9]\s(?P<a>\S{3,100})|(?P<v>(?=\S{0,60}\d)[^\s\"'=:]{4,100}))"
)
_IRC = re.compile(r"nickserv\s:?identify\s(?:\S{1,40}\s)?(?P<v>\S{3,100})")
_COMMUNITY = re.compile(
    r"snmp[^\n]{0,60}?community[\s=:\"']{1,4}(?P<v>(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])[^\s\"',;]{4,64})"
)
_ENV_LINE = re.compile(
    r"(?<![\w-])(?:env|setenv)\s{1,3}\w{0,40}(?:password|passwd|secret|token|api_?key|access_?key)\s{1,4}"
    r"(?P<v>(?=[^\s\d]{0,200}\d)[^\s\"']{6,500})"
)

# `Password for user bob is ...`, MySQL's first start, Vault's shares, recovery words of a wallet.
_TOLD = re.compile(
    r"temporary\spassword\sis\sgenerated\sfor\s\S{1,80}:\s(?P<v>\S{4,100})"
    r"|password\s(?:for|of)\s(?:user\s)?\S{1,60}(?:\sis|\swas|:)\s{1,2}[\"']?"
    r"(?P<a>(?!\w{1,30}[=:])(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])[^\s\"']{6,100})(?=[\"']|\s{0,4}(?:\n|\Z))"
)
# Names that are too rare to be looked for among the others.
_OTHER_NAME = re.compile(
    r"(?:(?<![a-z])(?:(?:wpa2?[_-]?)?psk|de[_ -]passe|mot_?de_?passe|mdp|wachtwoord|erlang[._-]?cookie)|sonar\.login)"
    r"\\{0,3}[\"']?\s{0,3}(?:=>|[:=])\s{0,3}"
    r"\\{0,3}(?:[\"'](?P<v>[^\"'\n\\]{4,200})|(?P<a>[^\s\"',;&<>]{6,200}))"
)
_SHARE = re.compile(r"(?:unseal|recovery)\skey\s\d{1,2}:\s{1,3}(?P<v>[a-z0-9+/]{20,200}={0,2})")
_PHRASE = re.compile(
    r"(?:mnemonic|(?:seed|recovery|backup)[ _-]?(?:phrase|words?)|seedphrase)\\{0,3}[\"']?"
    r"\s{0,3}(?:[:=]|is)\s{0,3}\\{0,3}[\"'\[]{0,2}"
    r"(?P<v>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})"
)
_HEX_KEY = re.compile(r"private[ _-]?key(?:\s{1,2}hex)?[\s:=\"']{1,4}(?:0x)?(?P<v>[0-9a-f]{64})(?![0-9a-f])")
_PERSONAL_TOKEN = re.compile(
    r"_pat[\"']?\s{0,2}(?:=|:)\s{0,2}[\"']?(?P<v>(?=[a-z_-]{0,200}\d)(?=[\d_-]{0,200}[a-z])[a-z0-9_-]{20,255})"
)
_SECRET_ID = re.compile(
    r"secret[_ -]?id\\{0,3}[\"']?\s{0,12}(?:=>|[:=])\s{0,20}\\{0,3}[\"']?"
    r"(?P<v>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_SIGN_ON = re.compile(
    r"(?:samlresponse|samlart|code_verifier|client_assertion|oauth_signature|oauth_verifier)\\{0,3}[\"']?\s{0,2}"
    r"(?:=|:|%3d)\s{0,2}\\{0,3}[\"']?(?P<v>[\w+/=%.~-]{20,20000})"
)

STATEMENTS: tuple[Rule, ...] = (
    Rule("password", ("password", "passphrase", "pass phrase", "identified"), _SQL, folded=True),
    Rule(
        "password",
        (
            "_connect",
            "__construct",
            "new pdo(",
            "new mysqli(",
            "ldap_bind",
            "db.auth(",
            "ftp_login",
            ".getconnection",
        ),
        _CALL,
        folded=True,
    ),
    Rule("password", ("pass ", "auth "), _PROTOCOL, folded=True),
    Rule("password", ("auth ", '"auth"'), _REDIS, folded=True),
    Rule("password", (" login ",), _IMAP),
)
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("login",), _NETRC, folded=True),
    Rule("password", ("env ",), _ENV_LINE, folded=True),
    Rule("password", ("password for", "password of", "temporary password"), _TOLD, folded=True),
    Rule("secret", ("unseal key", "recovery key"), _SHARE, folded=True),
    Rule("private-key", ("private key", "private_key", "private-key"), _HEX_KEY, folded=True),
    Rule("password", ("cryptbypass",), _ENCRYPT, folded=True),
    Rule("secret", ("secret '", "token '", "credential '", "passphrase '"), _OPTION, folded=True),
    Rule("secret", ("secret_id", "secret-id", "secretid", "secret id"), _SECRET_ID, folded=True),
)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "password",
        ("ssh2_auth", "openssl_encrypt(", "openssl_decrypt(", "imap_open(", "dbi connect", "dbi->connect"),
        _CALL,
        folded=True,
    ),
    Rule("url-password", ("tcp(", "nix("), _GO_SOURCE, folded=True),
    Rule("password", ("password for", "create user", "alter user"), _SQL_USER, folded=True),
    Rule(
        "password",
        ("requirepass", "masterauth", "masterpass", "bindpw", "rootpw", "auth_pass"),
        _DIRECTIVE,
        folded=True,
    ),
    Rule("password", ("sym_encrypt", "sym_decrypt", "aes_encrypt", "aes_decrypt"), _ENCRYPT, folded=True),
    Rule("password", ("setuser",), _REDIS_USER, folded=True),
    Rule("password", ("auth\n", "auth\r", "auth\\r", "auth\\\\r", "auth.."), _REDIS_WIRE, folded=True),
    Rule("basic-auth", ("resp=",), _SASL_RESPONSE, folded=False),
    Rule("password", ("login attempt [",), _ATTEMPT),
    Rule("password", ('psk "', "psk '", 'xauth "', 'eap "', 'ntlm "', "psk 0"), _SHARED_KEY, folded=True),
    Rule(
        "password",
        (
            "tacacs-server ",
            "radius-server ",
            "isakmp key ",
            "enable secret ",
            "enable password ",
            "ospf ",
            "wpa-psk ascii",
            "pre-shared-key ",
            "neighbor ",
        ),
        _ROUTER,
        folded=True,
    ),
    Rule("password", ("gfzc3dvcmq6",), _SMTP_LOGIN),
    Rule("password", ("nickserv",), _IRC, folded=True),
    Rule("password", ("community",), _COMMUNITY, folded=True),
    Rule(
        "password",
        (
            "psk=",
            "psk:",
            "psk =",
            'psk"',
            "sonar.login",
            "de passe",
            "motdepasse",
            "mdp=",
            "mdp:",
            "de_passe",
            "de-passe",
            "wachtwoord",
            "rlang_cookie",
            "rlang.cookie",
            "rlang-cookie",
            "rlangcookie",
        ),
        _OTHER_NAME,
        folded=True,
    ),
    Rule(
        "secret",
        ("mnemonic", "seed", "recovery phrase", "recovery word", "backup phrase", "backup word"),
        _PHRASE,
        folded=True,
    ),
    Rule("token", ("pat=", "pat:", "pat =", 'pat"', "pat'"), _PERSONAL_TOKEN, folded=True),
    Rule(
        "token",
        ("samlresponse", "samlart", "code_verifier", "client_assertion", "oauth_signature", "oauth_verifier"),
        _SIGN_ON,
        folded=True,
    ),
)

MAX_TUPLES = 200
_INSERT = re.compile(
    r"(?:insert(?:\s{1,3}ignore)?|replace)\s{1,3}into\s{1,3}[\w.`\"\[\]]{1,120}\s{0,3}\((?P<columns>[^()]{1,4000})\)\s{0,3}"
    r"(?:output\s[^()]{1,200})?values\s{0,3}\("
)
_COLUMN = re.compile(r"pass(?:word|wd|phrase|code)|pwd|secret|token|api_?key|private_?key|otp")
_ITEM = re.compile(
    r"\s{0,8}(?:[bnex]?'(?P<v>(?:[^'\\]|''|\\.){0,20000}+)'|\"(?P<a>(?:[^\"\\]|\\.){0,20000}+)\""
    r"|[^\s,()'\"]{0,200}(?:\((?:[^()']|'[^']{0,200}')*?\))?[^\s,()'\"]{0,40})\s{0,8}(?P<end>[,)])",
    re.DOTALL,
)
_NEXT_TUPLE = re.compile(r"\s{0,20},\s{0,20}\(")
# SQLAlchemy prints the values of `VALUES (?, ?)` behind the statement.
_PARAMETERS = re.compile(r"\[parameters: [(\[]{1,2}")


def find_inserts(text: str, folded: str) -> Iterator[Found]:
    """Values of `INSERT INTO t (..., password) VALUES (...)` whose column names a secret."""
    for match in _INSERT.finditer(folded):
        columns = [n for n, column in enumerate(match["columns"].split(",")) if _COLUMN.search(column)]
        if not columns:
            continue
        at = yield from _tuple_values(text, match.end(), columns)
        for _ in range(MAX_TUPLES):
            following = _NEXT_TUPLE.match(text, at)
            if following is None:
                break
            at = yield from _tuple_values(text, following.end(), columns)
        parameters = _PARAMETERS.search(text, at, at + 2_000)
        if parameters is not None:
            yield from _tuple_values(text, parameters.end(), columns)


def _tuple_values(text: str, at: int, columns: list[int]) -> Generator[Found, None, int]:
    """The secrets of one tuple; returns where it ends."""
    for n in range(max(columns) + 200):
        match = _ITEM.match(text, at)
        if match is None:
            break
        group = "v" if match["v"] is not None else "a"
        if n in columns and match[group] and is_secret("password", match[group], quoted=True, strict=False):
            yield Found(*match.span(group), "password")
        at = match.end()
        if match["end"] == ")":
            break
    return at


_TOKEN_WORD = re.compile(r"(?:token|key|secret)[ ]{1,2}[\"'`(\[]{0,2}(?=[a-z0-9_+=-]{24})")
_KEY_OF = re.compile(r"(?:api|access|fernet|encryption|signing|secret|private|master)[ _-]$")
# Capitals, small letters and two digits without a pause, or capitals and numbers in turn: no word and no name.
_RANDOM = re.compile(
    # The address of an account of a chain may be known to all.
    r"(?!0x[0-9A-Fa-f]{40}(?!\w))(?:(?=[^\s\d]{0,200}\d[^\s\d]{0,200}\d)(?=[^\sa-z]{0,200}[a-z])(?=[^\sA-Z]{0,200}[A-Z])[A-Za-z0-9_+=-]{24,512}+"
    r"|(?=(?:[A-Z]{1,12}\d{1,8}){4})(?=[A-F0-9]{0,60}[G-Z])[A-Z0-9]{24,128}+)"
    r"(?![\w./:@(])"
)


def find_quoted_tokens(text: str, folded: str) -> Iterator[Found]:
    """`bad token "..."`, `API key ... is not valid`: what stands right behind the word and can be nothing else."""
    for match in _TOKEN_WORD.finditer(folded):
        if folded[match.start()] == "k" and not _KEY_OF.search(folded, max(0, match.start() - 12), match.start()):
            continue
        value = _RANDOM.match(text, match.end())
        if value is not None:
            yield Found(*value.span(), "token")
