"""Secrets told in sentences: passwords in many languages, one-time codes, recovery codes, numbers of people."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# Letters and digits: what a sentence could not mean otherwise.
_MIXED = r"(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])"
_TOLD = re.compile(
    r"(?:password|passphrase)\sfor\s[^\n:]{1,120}:\s{1,2}(?P<v>" + _MIXED + r"[^\s\"'=:<>]{8,100})(?=\s{0,4}(?:\n|\Z))"
    # With a sign in it, whatever the sentence goes on with.
    r"|password\s(?:for|of)\s(?:user\s)?\S{1,60}\s(?:is|was)\s[\"']?(?P<a>"
    + _MIXED
    + r"(?=[\w.-]{0,60}[!@#$%^&*~?+]|\S{0,40}\d\S{0,40}\d)[^\s\"'<>]{8,100})"
    # A line of its own below the sentence that tells of it.
    r"|password[^\n:]{0,80}:[ \t]{0,4}(?:\r?\n[ \t]{0,20}){1,3}(?P<b>(?![/-])"
    + _MIXED
    + r"[^\s\"'=:<>{}()\[\],]{12,100})(?=[ \t]{0,4}(?:\r?\n|\Z))"
)
# Nothing between the word and its value: three numbers in it, or a sign, as no name of a class or method has.
_BESIDE = re.compile(
    r"(?i:password|passphrase|kennwort|passwort)\s{1,2}[\"'(]?(?P<v>(?=[^\sA-Z]{0,60}[A-Z])(?=[^\sa-z]{0,60}[a-z])"
    r"(?=[^\s\d]{0,20}\d{1,9}[^\s\d]{1,20}\d{1,9}[^\s\d]{1,20}\d|(?=[^\s\d]{0,60}\d)[\w.-]{1,60}[!#%&*+?^~])[\w!#%&*+?@^~.-]{8,64})"
    r"(?=[\s\"'),;:]|\Z)",
    re.ASCII,
)
# `PASSWORD user = value` of a program that made one, `Password [value]`, `password......value`.
_MADE = re.compile(
    r"password\s[a-z_]{2,40}\s=\s(?P<v>" + _MIXED + r"[^\s\"'=<>]{8,100})(?=\s{0,4}(?:\n|\Z))"
    r"|password\s\[(?P<a>" + _MIXED + r"[^\s\[\]\"'<>]{8,100})\]"
    r"|generated\s(?:[a-z]{2,12}\s){0,3}password(?:\sis)?:\s{1,3}(?P<b>[^\s<\"'][^\s\"']{5,100})(?=\s{0,4}(?:\n|\Z))"
)
_LED = re.compile(
    r"(?:password|passwd|passphrase|secret|token|(?<![a-z])pass)\.{3,60}\s{0,2}[\"']?"
    r"(?P<v>(?=[^\s\d!@#$%^&*+~]{0,100}[\d!@#$%^&*+~])[^\s\"'<>.]{4,200})"
)
_KEY_OF_HOST = re.compile(
    r"(?:key|token)\sfor\s[\w-]{1,60}(?:\.[\w-]{1,60}){2,4}:\s{1,2}(?P<v>(?=[^\s\d]{0,60}\d)[\w.~+/-]{20,300}={0,2})(?!\S)",
    re.ASCII,
)

# Whose it is, in a word or two, and the verb or sign that gives the value.
_OF_WHOM = (
    r"(?:\s(?:for|voor|f[uü]r|pour|de|del|da|do|di|von|van|para|för|til|для|dla|per|utente|benutzers?|пользователя)"
    r"(?:\s[^\s:=]{1,40}){1,2}?|\s(?:пользователя|користувача|użytkownika))?"
)
_VERB = r"\s(?:lautet|ist|est|es|is|è|é|är|er|on|jest|to)"
_SIGN = r"\s{0,3}\\{0,3}[\"'»”」]?\s{0,3}(?:=>|[:=：＝]|[—–]\s)\s{0,3}"
# At least a digit or a sign: what follows the word in a message is a word.
_TOLD_VALUE = (
    r"\\{0,3}(?:[\"'«„“「](?P<v>(?=[^\"'»”」]{0,100}[\d!@#$%^&*_~+?])[^\"'»”“」\n\\]{4,100})"
    r"|(?P<a>(?!\d{1,200}(?:[,;.)\s]|[^!-~]|\Z))"
    r"(?=[^\s\d!@#$%^&*_~+?]{0,100}[\d!@#$%^&*_~+?])[!-~]{5,200}?(?=[,;.)]{0,2}(?:\s|[^!-~]|\Z))))"
)
_LATIN = re.compile(
    r"(?<![a-z])(?:kennwort|passwort|de passe|clave(?:[ _](?:de[ _])?acceso)?|parola(?: d'ordine| chiave)?|wachtwoord"
    r"|salasana|lozinka|passor[d](?:et)?|adgangskoden?|senha|haslo|heslo|sifre|jelszo|kata sandi|palavra-passe"
    r"|contrase(?:n|ñ)a|geslo|parole|password(?=\s(?:di|de|del|von|van|f[uü]r|per|è|est|ist|lautet|es|er|är)\s))"
    rf"{_OF_WHOM}(?:(?:{_VERB}(?=[\s:]))?{_SIGN}|{_VERB}\s{{1,2}}|\s{{1,2}}(?=[\"'«„“]))" + _TOLD_VALUE
)
_OTHER_SCRIPT = re.compile(
    r"(?:密码|密碼|口令|暗号|パスワード|暗証番号|비밀번호|암호|пароль|пароля|парола|лозинка|hasło|lösenord(?:et)?|şifre|jelszó"
    r"|mật khẩu|κωδικός(?: πρόσβασης)?|סיסמה|סיסמא|كلمة (?:المرور|السر)|पासवर्ड|รหัสผ่าน|slaptažodis|parolă|contraseña)"
    rf"{_OF_WHOM}(?:(?:{_VERB}(?=[\s:])|[为為是は는은])?{_SIGN}|{_VERB}\s{{1,2}}"
    rf"|\s{{0,2}}[为為是は는은]\s{{0,2}}|\s{{0,2}}(?=[\"'«„“「]))" + _TOLD_VALUE
)

# A key or token has digits all over.
_OTHER_TOKEN = re.compile(
    r"(?:токен|ключ|令牌|密钥|密鑰|金鑰|密匙|トークン|キー|토큰|clé|schlüssel|nyckel|klíč|kľúč|jetón|jetonu)"
    rf"(?:[ _-](?:api|доступа|d'accès|d’accès|accès|secrète?|доступу))?{_SIGN}\\{{0,3}}[\"'«„“「]?"
    r"(?P<v>(?=[^\s\d]{0,60}\d[^\s\d]{0,60}\d[^\s\d]{0,60}\d)(?=[\d_+/=.~-]{0,60}[a-z])[a-z0-9_+/=.~-]{16,1024})(?![\w(])"
)
_CODE_IS = re.compile(
    r"(?<![\w.-])(?:[a-z]{1,3}-)?(?P<v>\d{4,8}|\d{3}[ -]\d{3})\s(?:is|ist|est|es)\s(?:your|ihr|dein|votre|ton|su|tu)\s"
    r"[^\n.]{0,60}?(?:code|password|passcode|pin|otp|tan|kennwort|passwort|código|codigo)(?![a-z])"
)
_CODE_TOLD = re.compile(
    r"(?<![a-z])(?:your|login|log-in|sign-in|reset|access|confirmation|activation|pairing)\scode(?:\s(?:is|was):?|:)\s{1,2}[\"']?"
    r"(?P<v>\d{6,8}|\d{3}[ -]\d{3})(?![\w-]|\.\d)"
)
_OTHER_CODE = re.compile(
    r"(?:einmal(?:code|passwort)|(?:bestätigungs|sicherheits|prüf)code|engangskode[nr]?|engångskod(?:en)?|(?:bekreftelses|bekræftelses|verifieringskod|verifikasjons|verificatie)(?:kode|code)?n?"
    r"|code de (?:vérification|sécurité|confirmation)"
    r"|código de (?:verificación|verificação|seguridad|segurança|confirmación)"
    r"|codice di (?:verifica|sicurezza|conferma)"
    r"|код (?:подтверждения|безопасности)|验证码|驗證碼|認証コード|確認コード|인증번호|인증코드)"
    r"(?:\s(?:lautet|ist|est|es|é|è|er|är|is))?\s?[为為是は는은]?\s{0,2}[:：]?\s{0,2}[\"'「]?"
    r"(?P<v>\d{4,8}|\d{3}[ -]\d{3})(?![\d-]|\.\d)"
)
_CODE = re.compile(
    r"(?:(?<![a-z0-9])(?:2fa|mfa|t?otp|one[- ]time|verification|two-factor)[- ](?:code|password|passcode|pin)|"
    r"(?<![a-z0-9])otp)"
    r"(?:\s(?:entered|sent|is|was|received|rejected|accepted|generated|submitted|code|login|sign-?in|transaction|account|for|to|by|from|user"
    r"|\S{1,40}@\S{1,60})){0,4}"
    r"\s{0,2}[:=]?\s{1,2}[\"']?(?P<v>\d{6,8}|\d{3}[ -]\d{3})(?![\w-]|\.\d|\s?(?:ms|s|sec|seconds|bytes|times)(?![a-z]))"
)
_PIN = re.compile(
    r"(?<![a-z0-9])(?<!gpio[ _])(?:pin|[im]?tan|puk)(?:[ _-]?(?:code|number|nr|nummer))?\\{0,3}[\"']?"
    r"(?:\s(?:for|of)\s[^\n:=]{1,40}?)??(?:\s(?:lautet|ist|is|was)(?::|(?=\s))\s{0,2}|\s{0,2}(?:=>|[:=])\s{0,2})\\{0,3}[\"']?(?P<v>\d{4,8}|\d{3}-\d{3}-\d{3})(?![\w.:-])"
)
_ONE_CODE = r"(?=[a-z_-]{0,20}\d)[a-z0-9]{3,12}(?:[_-][a-z0-9]{3,12}){0,3}"
_CODES = re.compile(
    r"(?:backup|recovery|scratch|rescue)[ _-]?codes?\\{0,3}[\"']?(?:\s(?:are|is))?\s{0,2}(?:=>|[:=])?"
    r"\s{0,3}\\{0,3}[\"'\[(]{0,2}\s{0,40}\\{0,3}[\"']?"
    r"(?P<v>(?=[a-z0-9_-]{8})"
    + _ONE_CODE
    + r"(?:(?:\\{0,3}[\"'])?[\s,;]{1,40}(?:\\{0,3}[\"'])?"
    + _ONE_CODE
    + r"(?![\w.:=-])){0,30})(?![\w.:=-])"
)
_GROUPED_SECRET = re.compile(
    r"(?i:totp|otp|2fa|mfa|authenticator|setup|two-factor)[ _-](?i:secret|key|seed)[\"']?\s{0,2}[:=]\s{0,2}[\"']?"
    r"(?P<v>[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){2,15}|(?=[a-z -]{0,80}[2-7])[a-z2-7]{4}(?:[ -][a-z2-7]{4}){2,15})(?![\w-])",
    re.ASCII,
)
_RECOVERY_KEY = re.compile(r"(?<![\w-])(?:\d{6}(?:-\d{6}){7}|[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5})(?![\w-])", re.ASCII)
_PHRASE = re.compile(
    r"(?:mnemonic|(?:seed|recovery|backup)[ _-]?(?:phrase|words?))(?:\s[a-z]{2,12}){1,5}\s{0,2}[:=]\s{0,3}[\"'\[]{0,2}"
    r"(?P<v>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})(?![a-z])"
)
_TUNNEL = re.compile(
    r"(?:gen(?:key|psk)[^\w\n/+]{1,20}|(?:private|preshared)-key\s<?\(?(?:echo\s)?[\"']?)(?P<v>[A-Za-z0-9+/]{43}=)"
)

# Hashes that tools print behind words; that of MySQL is known by its star.
_MYSQL = re.compile(r"\*(?<![\w*].)[0-9A-F]{40}(?![0-9A-Za-z])")
_NTLM = re.compile(
    r"(?:ntlm|lm)\s{0,8}:\s{0,3}(?P<v>[0-9a-f]{32})(?![0-9a-z])"
    r"|::[\w.-]{0,60}:(?P<a>[0-9a-f]{16,48}:[0-9a-f]{32,48}:[0-9a-f]{16,8000})"
)
_ROUTER = re.compile(
    r"(?:password|secret|key|community|md5)\s(?:7\s(?P<v>(?:[0-9a-f]{2}){3,80})"
    r"|0\s(?P<a>(?=[^\s\d]{0,60}\d)\S{3,100}))(?![^\s\"',;])"
)
_KERBEROS_KEY = re.compile(
    r"(?:aes(?:128|256)-cts[\w-]{0,30}|rc4-hmac|arcfour-hmac)[)\s:]{1,4}(?:key\s{1,3})?\(?(?:0x)?"
    r"(?P<v>[0-9a-f]{32}(?:[0-9a-f]{32})?)(?![0-9a-z])"
    r"|0x(?P<a>[0-9a-f]{32}(?:[0-9a-f]{32})?)\)?\s{1,3}\((?:aes|rc4|arcfour)"
)

# Nine digits right behind the name, or grouped a few words later.
_SSN = re.compile(
    r"(?:(?<![a-z])ssn(?![a-z])|social[ _-]?security|tax[ _-]?(?:payer[ _-]?)?id)"
    r"(?:(?:[ _-]?(?:number|num|no|nr))?\\{0,3}[\"']?\s{0,2}[:=]>?\s{0,2}\\{0,3}[\"']?(?P<a>(?!000|666|9)\d{9})"
    r"|[^\n\d]{0,40}?(?<![\d.-])(?P<v>(?!000|666|9)\d{3}(?P<s>[ -])\d{2}(?P=s)\d{4}))(?![\w-]|\.\d)"
)

# Asked for only where the text holds letters beside those of ASCII.
OTHER_SCRIPT = (
    Rule("password", ("",), _OTHER_SCRIPT, folded=True),
    Rule("token", ("",), _OTHER_TOKEN, folded=True),
)
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("password", "passphrase for "), _TOLD, folded=True),
    Rule("password", ("password ", "passphrase ", "passwort ", "kennwort "), _BESIDE),
    Rule("token", ("key for ", "token for "), _KEY_OF_HOST, folded=False),
    Rule("password", ("password ", "password:"), _MADE, folded=True),
    Rule("password", ("...",), _LED, folded=True),
    Rule(
        "one-time-code",
        ("2fa", "mfa", "otp", "one-time ", "one time ", "verification", "two-factor"),
        _CODE,
        folded=True,
    ),
    Rule("secret", ("otp", "2fa", "mfa", "authenticator ", "setup key", "setup_key", "two-factor"), _GROUPED_SECRET),
    Rule("password-hash", ("*",), _MYSQL),
    Rule("password-hash", (" 7 ", " 0 "), _ROUTER, folded=True),
)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "one-time-code", ("is your ", "ist ihr ", "ist dein ", "est votre ", "es tu ", "es su "), _CODE_IS, folded=True
    ),
    Rule("one-time-code", ("code is", "code was", "code: "), _CODE_TOLD, folded=True),
    Rule(
        "one-time-code",
        (
            *(
                "einmalcode",
                "einmalpasswort",
                "engangskod",
                "engångskod",
                "elseskode",
                "verifika",
                "verifieri",
                "verifica",
                "ungscode",
                "itscode",
                "prüfcode",
                "code de ",
                "digo de ",
                "codice di ",
            ),
            *("код п", "код б", "验证码", "驗證碼", "認証コ", "確認コ", "인증"),
        ),
        _OTHER_CODE,
        folded=True,
    ),
    Rule("password-hash", ("ntlm",), _NTLM, folded=True),
    Rule("private-key", ("genkey", "genpsk", "private-key ", "preshared-key "), _TUNNEL),
    Rule(
        "password",
        ("kennwort", "passwort", "de passe", "clave", "parola", "parole", "wachtwoord", "salasana", "lozinka",
         "passor", "adgangskode", "senha", "haslo", "heslo", "sifre", "kata sandi", "palavra-passe", "contrase",
         "geslo", "password di ", "password de", "password von ", "password van ", "password fur ", "password für ",
         "password è ", "password est ", "password ist ", "password lautet ", "password es ", "password er ",
         "password är ",
         "password per "),
        _LATIN,
        folded=True,
    ),
    Rule(
        "one-time-code",
        ('pin"', "pin'", "pin:", "pin=", "pin =", "pin is", "pin for ", "pin of ", "pin code",
         "pin_code", "pincode", "tan lautet", "tan:",
         "tan ist", "puk:", "puk="),
        _PIN,
        folded=True,
    ),
    Rule(
        "one-time-code",
        ("backup code", "backup_code", "backup-code", "backupcode", "recovery code", "recovery_code", "recovery-code",
         "recoverycode", "scratch code", "scratch_code", "rescue code"),
        _CODES,
        folded=True,
    ),
    Rule(
        "secret",
        ("bitlocker", "filevault", "recovery key", "recovery password", "recoverypassword", "recoverykey"),
        _RECOVERY_KEY,
    ),
    Rule(
        "secret",
        ("mnemonic", "seed phrase", "seed word", "recovery phrase", "recovery word", "backup phrase"),
        _PHRASE,
        folded=True,
    ),
    Rule("password-hash", ("aes256-cts", "aes128-cts", "rc4-hmac", "arcfour-hmac"), _KERBEROS_KEY, folded=True),
    Rule(
        "ssn",
        ("ssn", "social security", "social_security", "social-security", "socialsecurity", "tax id", "taxid", "tax_id",
         "taxpayer"),
        _SSN,
        folded=True,
    ),
)  # fmt: skip
