"""Passwords on command lines: behind a short option, by position, on standard input."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# Commands that take a password by a short option, by position or on standard input.
_SHORT_OPTION = re.compile(
    r"(?<![\w-])(?:"
    r"(?:mysql(?:dump|admin|import|show|check|sh)?|mariadb(?:-dump|-admin)?)\b[^\n|;]{0,200}?[\s\"',]-p"
    r"|(?:sshpass|7z)\b[^\n|;]{0,60}?[\s\"',]-p[\s\"',]{0,4}"
    r"|(?:docker|podman|az|oc|helm)\b[^\n|;]{0,40}login\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|(?:mongo(?:sh|dump|restore|export|import)?|cqlsh|psftp|bteq)\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|redis-cli\b[^\n|;]{0,120}?[\s\"',]-a[\s\"',]{1,4}"
    r"|ldap(?:search|modify|add|delete|whoami|passwd)\b[^\n|;]{0,160}?[\s\"',]-w[\s\"',]{1,4}"
    r"|(?:sqlcmd|bcp|osql|isql|unzip|zip)\b[^\n|;]{0,160}?[\s\"',]-[px][\s\"',]{1,4}"
    r"|(?:plink|pscp|putty)\b[^\n|;]{0,120}?[\s\"',]-pw[\s\"',]{1,4}"
    r"|-pass(?:in|out)\s{1,3}pass:|-(?:store|key)pass\s{1,3}"
    r"|net\s{1,2}user\s{1,2}\S{1,40}\s{1,2}"
    r")(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|(?P<v>[^\s\"'\-/<>$,|;][^\s\"'|;\]]{1,200}))"
)
_USER_OPTION = re.compile(
    r"-(?<![\w-].)(?:u|a|-(?:user|proxy-user|auth|basic-auth|creds|credentials|userpwd))(?:[\s=]{1,3}|[\"'],\s?)"
    r"(?:\"(?!https?:|ftp:|<redacted:)[^\s:\"'/]{1,80}:(?P<a>[^\s\"'][^\"\n]{0,199})\""
    r"|'(?!https?:|ftp:|<redacted:)[^\s:\"'/]{1,80}:(?P<b>[^\s\"'][^'\n]{0,199})'"
    r"|[\"']?(?!https?:|ftp:|<redacted:)[^\s:\"'/]{1,80}:(?P<v>[^\s\"'][^\s\"']{0,199}))"
)
# A key in place of the user, with an empty password: so log in many services that know only keys.
# A small `p` is the port here.
_CAPITAL_OPTION = re.compile(
    r"(?<![\w-])mosquitto_(?:pub|sub|rr)\b[^\n|;]{0,200}?[\s\"',]-P[\s\"',]{1,4}(?P<v>[^\s\"'\-/<>$,|;][^\s\"'|;\]]{1,200})"
)
# Both keys of a store by their place.
_STORE = re.compile(
    r"(?<![\w-])mc\s(?:--\S{1,30}\s){0,3}(?:alias\s{1,2}set|config\s{1,2}host\s{1,2}add)\s{1,2}\S{1,80}\s{1,2}https?://\S{1,200}\s{1,2}"
    r"(?P<v>[^\s\-<$]\S{2,200}\s{1,2}[^\s\-<$]\S{2,200})"
)
_KEY_AS_USER = re.compile(
    r"-(?<![\w-].)(?:u|-user)[\s=]{1,3}[\"']?(?P<v>(?=[^\s\d:]{0,60}\d)[\w.-]{20,200}):(?=[\"'\s]|\Z)", re.ASCII
)
_PIPED = re.compile(
    r"(?<![\w-])(?:echo|printf)(?:\s-[ne]{1,2})?\s{1,3}[\"']?(?P<v>[^\s\"'|]{3,200})[\"']?\s{0,3}\|\s{0,3}(?:sudo\s{1,3}-\S{0,4}s|chpasswd|"
    r"(?:sudo\s{1,3})?(?:chpasswd|passwd)|docker\s{1,2}login|(?:sudo\s)?cryptsetup|gpg|kinit|ssh-add|keyctl|su\s|smbpasswd|openconnect)"
)
# Valve's programs take commands as options.
_LOGIN_OPTION = re.compile(r"\+login\s{1,3}(?!anonymous\b)[\w.@-]{2,64}\s{1,3}(?P<v>[^\s\"'+<$-][^\s\"']{2,100})")
# Where the password stands by its place.
_BY_PLACE = re.compile(
    r"(?<![\w-])(?:"
    r"openssl\s[^\n|;]{0,200}?[\s\"',]-k[\s\"',]{1,4}"
    r"|ssh-keygen\b[^\n|;]{0,160}?[\s\"',]-[np][\s\"',]{1,4}"
    r"|(?:smbclient|rpcclient|winexe|wmic|crackmapexec)\b[^\n|;]{0,160}?[\s\"',]-u[\s\"',]{0,4}[^\s%\"']{1,80}%"
    r"|htpasswd\s{1,3}-[a-z0-9]{0,6}n[a-z0-9]{0,6}\s{1,3}[^\s-]\S{0,80}\s{1,3}"
    r"|htpasswd\s{1,3}-(?:[ac-z0-9]{0,6}b)[a-z0-9]{0,6}\s{1,3}(?:-[a-z0-9]{1,4}\s{1,3}){0,3}\S{1,200}\s{1,3}\S{1,80}\s{1,3}"
    r"|rabbitmqctl\s(?:[^\n|;]{0,60}\s)?(?:add_user|change_password|authenticate_user)\s{1,3}\S{1,80}\s{1,3}"
    r"|chpasswd\s{0,3}<<<\s{0,3}[\"']?[\w.-]{1,40}:"
    r"|ipmitool\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|twine\b[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|lftp\b[^\n|;]{0,160}?[\s\"',]-u[\s\"',]{1,4}[^\s,\"']{1,80},"
    r"|snmp(?:walk|get|set|bulkwalk|table)\b[^\n|;]{0,160}?[\s\"',]-[ax][\s\"',]{1,4}(?!(?:sha|md5|aes|des)\b)"
    r"|x?freerdp\b[^\n|;]{0,160}?\s/p:"
    r"|net\s{1,2}use\s[^\n|;]{0,160}?/user:\S{1,80}\s{1,3}"
    r"|ps(?:exec|service|list|kill|info)(?:64)?(?:\.exe)?\s[^\n|;]{0,160}?[\s\"',]-p[\s\"',]{1,4}"
    r"|schtasks\b[^\n|;]{0,200}?\s/r?p[\s\"',]{1,4}"
    r"|evil-winrm\b[^\n|;]{0,160}?\s-p[\s\"',]{1,4}"
    r"|codecov[^\n|;]{0,160}?\s-t[\s\"',]{1,4}"
    r"|-setcookie\s{1,3}"
    r"|nmcli\b[^\n|;]{0,160}?\spassword\s{1,3}"
    r"|mysqladmin\b[^\n|;]{0,160}?\spassword\s{1,3}"
    r"|(?<![\w-])sudo\s{1,3}(?:-\S{1,20}\s{1,3}){1,4}<<<\s{0,3}"
    r"|--from-literal[=\s][\"']?[\w.-]{1,80}="
    r")(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|(?P<v>[^\s\"'\-/<>$,|;][^\s\"'|;\]]{1,200}))"
)

# A setting by its name: `npm config set //host/:_authToken VALUE`, `setx API_KEY VALUE`.
_SETTING = re.compile(
    r"(?:(?<![\w-])config(?:ure)?(?:\s{1,2}--?[\w-]{1,20}){0,3}(?:\s{1,2}set)?(?:\s{1,2}--?[\w-]{1,20}){0,3}\s{1,2}[\"']?"
    r"|(?<![\w-])setx\s{1,2}(?:/m\s{1,2})?[\"']?)"
    r"(?:[a-z0-9_./:@-]{0,60}[a-z0-9_./:@-])??(?:secret|passwd|password|token|_auth|api_?key|access_?key|-oauth)[a-z0-9_./-]{0,20}[\"']?\s{1,3}"
    r"(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|(?P<v>[^\s\"'\-/<>$,|;{(][^\s\"'|;]{3,300}))"
)
# What is put into a store of secrets.
_STORED = re.compile(
    r"(?:put-parameter\b(?=[^\n]{0,400}securestring)|(?:create|put|update)-secret(?:-value)?\b"
    r"|(?<![\w-])(?:keyvault|gh|glab|gcloud|doppler|fly|flyctl|wrangler)\s{1,2}secrets?\s{1,2}(?:set|create|put|add|versions)\b)"
    r"[^\n|;]{0,300}?\s(?:--value|--body|--secret-string|--data|-b)[\s=]{1,3}"
    r"(?:\"(?P<a>(?:[^\"\\\n]|\\.){1,2000})\"|'(?P<b>[^'\n]{1,2000})'|(?P<v>[^\s\"'\-/<>$,|;@][^\s\"'|;]{1,2000}))"
)
# A token by its place behind a command that logs in with it.
_LOGIN = re.compile(
    r"(?<![\w-])(?:wandb|vault|pulumi|railway|gh|hf|huggingface-cli|cargo|snyk|ngrok|netlify|doppler|nuget|vercel)\s{1,2}"
    r"(?:login|auth|authtoken|setapikey|config\s{1,2}add-authtoken)\s{1,2}(?:--?[\w-]{1,30}(?:=\S{1,40})?\s{1,2}){0,3}[\"']?"
    r"(?P<v>(?=[^\s\d]{0,60}\d)[\w.~+/-]{20,300}={0,2})(?![^\s\"'])",
    re.ASCII,
)
_COOKIE_OPTION = re.compile(
    r"curl\b[^\n|;]{0,300}?\s(?:-b|--cookie)[\s=]{1,2}(?:\"(?P<a>[\w.-]{1,64}=[^\"\n]{1,4000})\""
    r"|'(?P<b>[\w.-]{1,64}=[^'\n]{1,4000})'|(?P<v>[\w.-]{1,64}=[^\s\"']{1,4000}))"
)

COMMANDS: tuple[Rule, ...] = (
    Rule(
        "cli-password",
        (
            "mysql",
            "mariadb",
            "sshpass",
            "7z",
            "login",
            "mongo",
            "cqlsh",
            "psftp",
            "bteq",
            "redis-cli",
            "ldap",
            "sqlcmd",
            "bcp",
            "osql",
            "isql",
            "zip",
            "plink",
            "pscp",
            "putty",
            "-pass",
            "storepass",
            "keypass",
            "net user",
            "net  user",
        ),
        _SHORT_OPTION,
        folded=True,
    ),
    Rule("cli-password", ("-u", "-a", "--"), _USER_OPTION, folded=True),
    Rule("cli-password", ("curl ", "http"), _KEY_AS_USER),
    Rule("cli-password", ("|",), _PIPED, folded=True),
)
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule(
        "cli-password",
        ("openssl ", "ssh-keygen", "smbclient", "rpcclient", "winexe", "crackmapexec", "htpasswd ", "rabbitmqctl",
         "chpasswd", "pmitool", "twine ", "lftp ", "snmpwalk", "snmpget", "snmpset", "snmpbulk", "freerdp", "net use ",
         "nmcli", "mysqladmin", "from-literal", "psexec", "psservice", "pslist", "pskill", "psinfo", "schtasks",
         "winrm ", "codecov", "setcookie", "sudo -s"),
        _BY_PLACE,
        folded=True,
    ),
    Rule("cli-password", ("config set", "config --", "config -g", "config github-oauth", "config gitlab-oauth",
                          "configure set", "setx "), _SETTING, folded=True),
    Rule(
        "cli-password",
        ("put-parameter", "create-secret", "put-secret", "pdate-secret", "secret set", "secret put", "secret create",
         "secret add", "secrets set", "secrets put", "secrets create", "secrets versions"),
        _STORED,
        folded=True,
    ),
    Rule(
        "token",
        ("wandb ", "vault ", "pulumi ", "railway ", "cargo login", "gh auth", "hf auth", "huggingface-cli", "snyk auth",
         "ngrok ", "netlify ", "doppler ", "nuget ", "vercel "),
        _LOGIN,
        folded=True,
    ),
    Rule("cookie", ("curl ",), _COOKIE_OPTION),
    Rule("token", ("mosquitto_",), _CAPITAL_OPTION),
    Rule("cli-password", ("+login ",), _LOGIN_OPTION),
    Rule("token", ("mc alias ", "mc config host"), _STORE),
)  # fmt: skip
