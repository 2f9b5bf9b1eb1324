"""Secrets told beside or below the words that name them, without a sign between: further sentences to those of
`redact_prose`."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# A sign between letters, or small letters with a digit and a sign: no word, name of a class or version has that.
_SIGNED = re.compile(
    r"(?i:password|passphrase|kennwort|passwort)\s{1,2}[\"'(]?"
    r"(?P<v>(?=[\w.-]{0,60}[A-Za-z][!%&*+?^~$][A-Za-z])(?=[^\sA-Z]{0,60}[A-Z])(?=[^\sa-z]{0,60}[a-z])[\w!%&*+?^~$.-]{8,64}"
    r"|(?=[a-z_.-]{0,60}\d)(?=[\w.-]{0,60}[!*^~%])(?=[\d_.-]{0,60}[a-z])[\w!*^~%.-]{8,64})"
    r"(?=[\s\"'),;:]|\Z)",
    re.ASCII,
)
# Capitals, small letters and digits without a pause, but no words in a row (`Step2Form`) and no name of a method.
_RANDOM = re.compile(
    r"(?i:password|passphrase|kennwort|passwort)(?:\s(?:was\s|is\s)?(?:set|changed|reset|updated|rotated)\sto"
    r"|\sfrom\s[^\s]{1,100}\sto)?"
    r"\s{1,2}[\"'(]?(?!(?i:argon|bcrypt|scrypt|pbkdf|sha|md5|base\d|oauth|basic))"
    r"(?!(?:[a-z]{1,20}\d{0,3})?(?:[A-Z][a-z]{2,20}\d{0,3}){0,6}(?![\w]))"
    r"(?P<v>(?=[^\s\d]{0,60}\d)(?=[^\sA-Z]{0,60}[A-Z])(?=[^\sa-z]{0,60}[a-z])[\w!#%&*+?@^~.-]{8,64})(?=[\s\"'),;]|\Z)",
    re.ASCII,
)
_CHANGED = re.compile(
    r"password\s(?:(?:was|is|has\sbeen)\s)?(?:set|changed|reset|updated|rotated)?\s?(?:from|to)\s[\"']?"
    r"(?P<v>(?=[\w.-]{0,60}[a-z0-9][!#%&*+?^~$][a-z0-9])[^\s\"'<>(),;]{6,100})"
    r"|password\sfrom\s[\"']?(?P<a>(?=[a-z]{0,60}\d{1,9}[a-z]{1,60}\d|[a-z]{0,60}\d[a-z])[a-z0-9]{8,100})[\"']?\sto\s"
    r"|log(?:ging|ged)?\s?in\sas\s\S{1,60}\s(?:with|using)\s(?:password\s)?[\"']?"
    r"(?P<b>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])[^\s\"'<>(),;:/]{6,100})"
)
_ACTIVATION = re.compile(
    r"(?<![a-z])(?:activation|product|licen[cs]e|serial|registration)\s(?:code|key|number)[\s:=]{1,3}[\"']?"
    r"(?P<v>(?=[a-z-]{0,40}\d)[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){3,7})(?![\w-])"
)
_SIGNER = re.compile(
    r"(?<![a-z])(?:pk|(?:deployer|signer|wallet|account|validator|operator|owner)[_ ]key)"
    r"[\"']?[\s:=]{1,3}[\"']?(?:0x)?"
    r"(?P<v>[0-9a-f]{64})(?![0-9a-z])"
)
# A block whose only line is the value, below a name that ends its line.
_BELOW = re.compile(
    r"^(?P<i>[ \t]{0,40})[\w.\"-]{0,40}(?:password|passphrase|passwd)\"?:[ \t]{0,8}\r?\n(?P=i)[ \t]{1,20}"
    r"(?P<v>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])[^\s\"'=:<>{}()\[\],-][^\s\"'=:<>{}()\[\],]{5,100})"
    r"(?=[ \t]{0,8}\r?(?:\n|\Z))",
    re.MULTILINE,
)
# `credentials admin / value`; without the blanks it would be a path.
_PAIR = re.compile(
    r"(?:credentials?|logins?|(?:user|login|account)(?=\s[^/\n]{1,60}\s/\s)|user(?:name)?\s?/\s?password|user(?:name)?\sand\spassword)(?:\s(?:are|is|was))?[\s:=(]{1,3}[\"']?"
    r"[\w.@-]{2,60}[\"']?\s/\s[\"']?(?P<v>(?=[^\s\d!#$%&*+?^~@]{0,60}[\d!#$%&*+?^~@])[^\s\"'()<>/]{5,100})"
    r"|(?:credentials?|logins?)(?:\s(?:are|is|was))?[\s:=(]{1,3}[\"']?[\w.@-]{2,60}:"
    r"(?P<a>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])(?=[^\sa-z]{0,60}[a-z])[^\s\"'()<>/:,;]{6,100})(?=[\s\"'),;]|\Z)"
    r"|(?<![a-z])creds?[:=]\s?[\"'(]?[a-z][\w.@-]{1,60}[\"']?,?\s[\"']?"
    r"(?P<b>(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])[^\s\"'()<>/:,;=]{8,100})"
    r"(?=[\"')]{0,2}[.,;]?[ \t]{0,4}(?:\r?\n|\Z))"
)
_NEW_VALUE = re.compile(
    r"new\svalue:\s{1,3}(?P<v>(?=[^\s\d]{0,60}\d)(?=[^\sa-z]{0,60}[a-z])[\w*+=.~@!-]{12,100})(?![^\s\"'])"
)
_CARD_CODE = re.compile(r"(?<![a-z])(?:cvv2?|cvc2?|cvn|(?:card\s)?security\scode)\s(?P<v>\d{3,4})(?![\w.:/-])")
_SEED = re.compile(
    r"(?i:totp|otp|2fa|mfa|authenticator|two-factor)[ _-](?i:secret|key|seed)\s{1,2}[\"']?"
    r"(?P<v>(?=[A-Z]{0,80}[2-7])[A-Z2-7]{16,80})={0,6}(?![\w-])"
)
# A pair of keys of which the first is public.
_SECRET_HALF = re.compile(
    r"(?<![a-z])skey[\"']?\s{0,2}[:=]?\s{1,2}[\"']?(?P<v>(?=[^\s\d]{0,40}\d)[A-Za-z0-9]{40})(?!\w)"
)
# Twilio's token stands beside the account that it opens.
_ACCOUNT_TOKEN = re.compile(
    r"(?<!\w)AC[0-9a-f]{32}(?!\w)[^\n]{0,200}?(?:[Tt]oken[\"']?[\s:=]{1,3}[\"']?|:)(?P<v>[0-9a-f]{32})(?!\w)"
)
_SESSION = re.compile(
    r"[Ss]ession\s[Ii][Dd]\s[\"'\[]?(?P<v>(?=[A-F\d]{0,31}[A-Z\d])(?=[A-Z]{0,31}\d)(?=\d{0,31}[A-Z])[A-Z\d]{32}(?:\.[\w-]{1,40})?)(?!\w)"
)
_USE_CODE = re.compile(
    r"(?<![a-z])use\s(?:code\s)?(?:[a-z]-)?(?P<v>\d{4,8})\s(?:to\s(?:verify|confirm|sign|log)|as)\s"
    r"(?=[^\n.]{0,40}(?:account|login|identity|code|password|number|sign))(?:[a-z]{2,4}\s){0,2}your"
)
_DEVICE_CODE = re.compile(
    r"(?:enter|type)\s(?:the\s|this\s)?code:?\s{1,2}[\"']?(?P<v>[A-Z0-9]{4}-[A-Z0-9]{4}|(?=[A-Z]{0,9}\d)[A-Z0-9]{8,9})(?![\w-])"
    r"|one-time code:\s{1,2}(?P<a>[A-Z0-9]{4}-[A-Z0-9]{4})(?![\w-])"
)

# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("private-key", ("pk=", "pk: ", "deployer", "signer", "wallet", "account", "validator", "operator", "owner"),
         _SIGNER, folded=True),
    Rule("one-time-code", ("to verify your", "to confirm your", "to sign in", "to log in", "as your login",
                           "as your code"), _USE_CODE, folded=True),
    Rule("one-time-code", ("enter code", "enter the code", "enter this code", "type the code", "one-time code: "),
         _DEVICE_CODE),
    Rule("session", ("session id ",), _SESSION),
    Rule("secret", ("activation code", "activation key", "product key", "product code", "license key", "licence key",
                    "registration key", "registration code", "serial key"), _ACTIVATION, folded=True),
    Rule("password", (" / ", "creds: ", "creds=", "cred: ", "credentials ", "credentials: ", "login: ",
                      "login ", "logins ", "/password", "/ password", "and password"), _PAIR, folded=True),
)  # fmt: skip
# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("password", ("password ", "passphrase ", "passwort ", "kennwort "), _SIGNED),
    Rule("password", ("password:", "passphrase:", "passwd:", 'password":', 'passphrase":'), _BELOW, folded=True),
    Rule("password", ("password ", "passphrase ", "passwort ", "kennwort "), _RANDOM),
    Rule("password", ("password from ", " to ", "in as "), _CHANGED, folded=True),
    Rule("password", ("new value: ",), _NEW_VALUE, folded=True),
    Rule("one-time-code", ("cvv", "cvc", "security code "), _CARD_CODE, folded=True),
    Rule("secret", ("otp", "2fa", "mfa", "authenticator ", "two-factor"), _SEED),
    Rule("api-key", ("skey",), _SECRET_HALF),
    Rule("token", ("twilio", "/accounts/ac"), _ACCOUNT_TOKEN),
)  # fmt: skip
