"""What the redaction gate looks for, as data: token shapes, key names, words that are not values.

A `Rule` runs only when one of its `hints` occurs in the lower-cased text, so a text without hints costs a few
substring searches. Group `v` of a pattern is the secret; without it the whole match is. Every repeat is bounded or
followed by nothing that could make it backtrack, so the time grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# A change of what is recognised or of a placeholder's form raises this: stored text must be redacted by one version.
REDACTION_VERSION = 1


class Rule(NamedTuple):
    """One shape of secret. `folded` patterns run on the lower-cased text (spans are the same)."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    folded: bool = False


# A token starts where a letter or digit does not precede it, or right after an escape (`\n`) or a URL escape (`%3D`).
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"


def _tokens(*rows: tuple[str, str, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(kind, tuple(hints.split()), re.compile(f"{_START}(?:{pattern})", re.ASCII))
        for kind, hints, pattern in rows
    )


# kind, hints, shape
_CLOUD = _tokens(
    ("aws-key", "akia asia abia acca a3t", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])"),
    ("gcp-key", "aiza", r"AIza[\w-]{35}"),
    ("gcp-token", "ya29. gocspx- 1//0", r"ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,40}|1//0[\w-]{30,}"),
    ("azure-key", "q~", r"[\w~.-]{3}\dQ~[\w~.-]{31,34}"),
    (
        "azure-key",
        "azfu azse acdb +acr +ast +aeh +asb +aba +amc +aiot azdo",
        r"[A-Za-z0-9+/]{30,90}(?:AzFu|AzSe|ACDb|AZDO|\+ACR|\+ASt|\+AEh|\+ASb|\+ABa|\+AMC|\+AIoT)[A-Za-z0-9+/]{4,10}={0,2}",
    ),
    ("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    ("alibaba-key", "ltai", r"LTAI[A-Za-z0-9]{12,30}(?![A-Za-z0-9])"),
    ("tencent-key", "akid", r"AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    ("cloudflare-key", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,160}"),
    ("heroku-key", "hrku-", r"HRKU-[\w-]{30,70}"),
    ("fly-token", "fo1_ fm1_ fm2_", r"fo1_[\w-]{40,}|fm[12]_[\w+/=-]{60,}"),
    ("netlify-token", "nfp_ nfc_", r"nf[pc]_[A-Za-z0-9]{36,}"),
    ("render-key", "rnd_", r"rnd_[A-Za-z0-9]{28,}"),
    ("supabase-key", "sbp_ sb_secret_", r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,}"),
    ("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}"),
    ("databricks-token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    ("doppler-token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    ("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,}"),
    ("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}"),
    ("pulumi-token", "pul-", r"pul-[a-f0-9]{40}"),
    ("tailscale-key", "tskey-", r"tskey-[a-z]{3,10}-[\w-]{10,}"),
    ("age-key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("1password-token", "ops_eyj", r"ops_eyJ[\w+/=-]{50,}"),
)
_CODE = _tokens(
    (
        "github-token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
    ),
    (
        "gitlab-token",
        "glpat- gldt- glrt- glcbt- glptt- glft- gloas- glsoat- glimt- glagent- glwt- gr1348941",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|imt|agent|wt)-[\w.-]{20,}|GR1348941[\w-]{20}",
    ),
    ("atlassian-token", "atbb atatt3 atctt3", r"ATBB[A-Za-z0-9]{28,36}|AT[AC]TT3[\w=-]{60,}"),
    ("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-token", "pypi-ag", r"pypi-Ag[\w-]{50,}"),
    ("rubygems-key", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    ("crates-token", "cio", r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    ("nuget-key", "oy2", r"oy2[a-z0-9]{43}(?![a-z0-9])"),
    ("docker-token", "dckr_", r"dckr_[po]at_[\w-]{27,}"),
    ("artifactory-token", "akcp cmvmdgtu", r"AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9]{56}"),
    ("sonar-token", "sqp_ squ_ sqa_", r"sq[pua]_[a-f0-9]{40}"),
    ("buildkite-token", "bkua_ bkat_", r"bk[ua][at]_[a-z0-9]{40}"),
    ("circleci-token", "ccipat_", r"CCIPAT_[\w-]{20,}"),
    ("postman-key", "pmak-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
)
_MESSAGING = _tokens(
    ("slack-token", "xox xapp-", r"xox[abeoprsc](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"),
    (
        "webhook-url",
        "hooks.slack.com/ /api/webhooks/ webhook.office.com/ hooks.zapier.com/",
        (
            r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<v>[\w/+-]{20,})"
            r"|discord(?:app)?\.com/api/webhooks/\d{10,22}/[\w-]{40,}|webhook\.office\.com/webhookb2/[\w@/-]{30,}"
            r"|hooks\.zapier\.com/hooks/catch/[\w/]{8,}"
        ),
    ),
    ("telegram-token", ":aa", r"(?:(?<=bot)|(?<!\d))\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("telegram-token", ":aa", r"bot\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("twilio-key", "sk", r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("sendgrid-key", "sg.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("mailgun-key", "key-", r"(?:pub)?key-[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("mailchimp-key", "-us", r"[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    ("brevo-key", "xkeysib-", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("resend-key", "re_", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
)
_PAYMENT = _tokens(
    ("stripe-key", "sk_ rk_ whsec_", r"[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,200}|whsec_[A-Za-z0-9+/=]{24,}"),
    ("square-token", "sq0 eaaa", r"sq0[a-z]{3}-[\w-]{22,50}|EAAA[\w-]{60}(?![\w-])"),
    ("braintree-token", "access_token$", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    ("shopify-token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("plaid-token", "access-", r"access-(?:sandbox|development|production)-[0-9a-f-]{36}"),
    ("flutterwave-key", "flwseck", r"FLWSECK(?:_TEST)?-[0-9a-zA-Z-]{12,}"),
)
_SERVICES = _tokens(
    ("anthropic-key", "sk-ant-", r"sk-ant-[\w-]{20,}"),
    ("openai-key", "sk-", r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,}|sk-(?:or-v1-|lf-)?[A-Za-z0-9]{20,}"),
    ("langfuse-key", "sk-lf-", r"sk-lf-[0-9a-f-]{36}"),
    ("elevenlabs-key", "sk_", r"sk_[a-f0-9]{48}(?![a-f0-9])"),
    ("huggingface-token", "hf_ api_org_", r"(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
    ("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{40,}"),
    ("replicate-token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    ("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{40,}"),
    ("xai-key", "xai-", r"xai-[A-Za-z0-9]{60,}"),
    ("nvidia-key", "nvapi-", r"nvapi-[\w-]{40,}"),
    ("langsmith-key", "lsv2_ ls__", r"lsv2_[a-z]{2}_[a-f0-9]{32}_[a-f0-9]{10}|ls__[a-f0-9]{32}"),
    ("wandb-key", "wandb_v1_", r"wandb_v1_[\w-]{40,}"),
    ("pinecone-key", "pcsk_", r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,}"),
    ("tavily-key", "tvly-", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}"),
    ("grafana-token", "glc_ glsa_", r"glc_[A-Za-z0-9+/=]{32,}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    ("newrelic-key", "nrak- nrii- nraa- nral", r"NR(?:AK|II|AA)-[\w-]{27,40}|[a-f0-9]{32,36}(?:FFFF)?NRAL"),
    ("sentry-token", "sntrys_ sntryu_", r"sntrys_eyJ[\w=+/-]{40,}|sntryu_[a-f0-9]{64}"),
    ("dynatrace-token", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("figma-token", "figd_", r"figd_[\w-]{30,}"),
    ("notion-token", "ntn_ secret_", r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    ("linear-key", "lin_api_ lin_oauth_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("airtable-token", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("dropbox-token", "sl.", r"sl\.(?:u\.)?[\w-]{60,}"),
    ("facebook-token", "eaa", r"EAA[A-Za-z0-9]{60,}"),
    ("twitter-token", "aaaaaaaaaaaaaaaaaaaa", r"A{20}[\w%]{40,}"),
    (
        "launchdarkly-key",
        "sdk- api- mob-",
        r"(?:sdk|api|mob)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    ("atlas-key", "mdb_sa_sk_", r"mdb_sa_sk_[\w-]{30,}"),
    (
        "password-hash",
        "$2 $argon2 $5$ $6$ $y$ pbkdf2",
        (
            r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[\w=,$+/]{20,200}|\$[56y]\$[\w./=$]{20,200}"
            r"|pbkdf2[_:-]sha\d{1,3}[$:]\d{1,8}[$:][\w./+=$:]{16,200}"
        ),
    ),
)

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----)){0,20000}+-----END [A-Z0-9 ]{3,60}-----"
    # Cut short: lines of base64, also behind a prefix (a log header, one line of a trace between them).
    r"|(?:[\s\"',+|>]{0,80}+(?:\\{1,4}[nr]){0,4}+[A-Za-z0-9+/=]{16,}+"
    r"|(?:\n[^\n]{0,160})?\n[^\n]{0,100}?[A-Za-z0-9+/=]{40,}+(?=[\s\"',|+]{0,4}(?:\n|$))){1,2000}+)"
)
_JWT = re.compile(_START + r"eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+){0,3}", re.ASCII)

# URLs: a password between the user and the host. A database URL may hold unescaped `/` or `?` in it; in others those
# end the authority, so that a port followed by a path with an `@` is no password.
_AUTHORITY = re.compile(r"(?<=://)[^\s:/?#@\"'<>\\]{0,128}:(?P<v>[^\s/?#\"'<>\\]{1,256})@(?=[\w.\[$%{-])")
_DATABASE_URL = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|clickhouse|cockroachdb|oracle|ldaps?|smtps?|ftps?)"
    r"(?:\+[a-z0-9_]{2,20})?://[^\s:/?#@\"'<>\\]{0,128}:(?!\d{1,5}(?:[/?#\s]|$))(?P<v>[^\s\"'<>\\]{1,200})@(?=[\w.\[-])"
)
_URL_USER = re.compile(r"(?<=://)(?P<v>(?=[^@\d]{0,255}\d)[A-Za-z0-9_.~-]{20,255})(?=@[\w.\[-])", re.ASCII)
_ORACLE = re.compile(
    r"(?:jdbc:oracle:(?:thin|oci):|sqlplus(?:\s-[a-z]{1,3}){0,3}\s{1,3})[\w$#]{1,60}/(?P<v>[^@\s\"'/]{1,60})@", re.ASCII
)
_SIGNED = re.compile(
    r"(?:[?&;]|&amp;|\\u0026|%26)(?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|hmac|"
    r"awsaccesskeyid|code|key|token|auth|apikey|api_key|access_token)(?:=|%3d)(?P<v>[\w%+/=.~-]{16,2048})"
)
_BARE_SIGNED = re.compile(
    r"(?<![\w-])x-(?:amz|goog)-(?:signature|security-token)[\"']?\s?[=:]\s?[\"']?(?P<v>[\w%+/=.-]{16,})"
)

_COOKIE = re.compile(
    r"(?<![\w-])(?:set-)?cookie[\"']?\s{0,3}(?::|=>|=)\s{0,3}(?:"
    r"\\{0,3}\"(?P<a>[^\"\n\\]{3,4096})|'(?P<b>[^'\n]{3,4096})|(?P<v>[\w.%$!#*+^`|~-]{1,128}=[^\n\"'\\]{1,4096}))"
)
_AUTHORIZATION = re.compile(
    r"authorization\\{0,3}[\"'\]]{0,2}\s{0,4}(?:=>|[:=])\s{0,4}\\{0,3}[\"'\[]{0,3}(?:"
    r"(?:digest|aws4-hmac-sha256|aws|hawk|oauth|signature)\s{1,3}(?P<a>[^\n'}]{8,4096})"
    r"|(?:(?P<scheme>basic|bearer|token|apikey|negotiate|ntlm|bot|splunk|key|jwt|sso-key|genie-?key|client-id|"
    r"sharedkey|sharedaccesssignature)[\s:]{1,3})?"
    r"(?P<v>[^\s\"',;\\<>{}()\[\]]{4,8192}))"
)
_BEARER = re.compile(
    r"(?<![\w-])(?:bearer|bot)(?:\s{1,3}|%20|\+)(?P<v>(?!realm=|error=|scope=)[\w.~+/:-]{16,8192}={0,2})"
)
_BASIC = re.compile(r"(?<![\w-])basic(?:\s{1,3}|%20)(?P<v>[a-z0-9+/_-]{8,1024}={0,2})(?![\w+/])")
_AUTH_FIELD = re.compile(
    r"(?:[\"']auth\\{0,3}[\"']|_auth|auth plain)\s{0,3}[:= ]\s{0,3}\\{0,3}[\"']?(?P<v>[a-z0-9+/]{8,1024}={0,2})"
)

_MARKUP = re.compile(
    r"<(?!redacted:)(?:[\w.-]{1,30}:)?[\w.-]{0,30}(?:password|passwd|passphrase|secret|token|api-?key|apikey|pwd)"
    r"(?:\s[^<>]{0,120})?>\s{0,8}(?P<v>[^<>\n]{3,2048})</"
)
_NAMED_VALUE = re.compile(
    r"(?:name|key|field|param|header)\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?[\w.:-]{0,40}?"
    r"(?:password|passwd|secret|token|api[_-]?key|apikey|pwd|passphrase|access[_-]?key|_pass)[_\w-]{0,12}\\{0,3}[\"']?"
    r"[,;\s]{0,40}\\{0,3}[\"']?(?:value|val)\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}(?:"
    r"\\{0,3}\"(?P<a>[^\"\n\\]{1,2048})|'(?P<b>[^'\n]{1,2048})|(?P<v>[^\s\"',;<>]{1,2048}))"
)
_FORM_PART = re.compile(
    r"name=\\?\"[\w.-]{0,30}(?:password|passwd|secret|token|pwd)\\?\"(?:\s{1,6}|(?:\\r|\\n){2,6})(?P<v>[^\s\\]{1,512})"
)
_SQL = re.compile(
    r"(?:identified\s{1,3}(?:with\s{1,3}[\w'\"]{1,40}\s{1,3})?by|(?<![\w-])password(?:\s{1,3}is|\s{1,3}as)?)\s{1,3}"
    r"(?:'(?P<a>[^'\n]{1,256})'|\"(?P<v>[^\"\n]{1,256})\")"
)
_PHP_CALL = re.compile(
    r"(?:pdo->__construct|mysqli->__construct|mysqli?_connect|mysqli->real_connect|ldap_bind|ftp_login|pg_pconnect)"
    r"\((?:[^,()\n]{1,200}),\s?(?:[^,()\n]{1,100}),\s?['\"](?P<v>[^'\"\n]{1,100})"
)
_PROTOCOL = re.compile(
    r"(?:>{1,3}|user\s{1,2}\S{1,60}\s{1,4}|ftp\S{0,20}[>:])\s{0,2}pass\s(?P<v>\S{3,100})|(?<![\w-])auth\s(?P<a>(?!plain|login|cram|failed|error)\S{0,80}\d\S{0,80})"
)

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
    r"(?<![\w-])(?:-u|-a|--user|--proxy-user|--auth|--basic-auth|--creds|--credentials|--userpwd)(?:[\s=]{1,3}|[\"'],\s?)"
    r"[\"']?(?!https?:|ftp:)[^\s:\"'/]{1,80}:(?P<v>[^\s\"'][^\s\"']{0,199})"
)
_PIPED = re.compile(
    r"(?<![\w-])(?:echo|printf)(?:\s-[ne]{1,2})?\s{1,3}[\"']?(?P<v>[^\s\"'|]{3,200})[\"']?\s{0,3}\|\s{0,3}(?:sudo\s{1,3}-\S{0,4}s|chpasswd|"
    r"(?:sudo\s{1,3})?(?:chpasswd|passwd)|docker\s{1,2}login|(?:sudo\s)?cryptsetup|gpg)"
)

PREFIXED: tuple[Rule, ...] = (*_CLOUD, *_CODE, *_MESSAGING, *_PAYMENT, *_SERVICES)
# No prefix to look for: the first letter is the only hint, so it comes first in the expression.
_DISCORD = re.compile(
    r"[MNO](?<![A-Za-z0-9_-].)[A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-])", re.ASCII
)

GENERAL: tuple[Rule, ...] = (
    Rule("discord-token", ("",), _DISCORD),
    Rule("private-key", ("private key",), _PEM),
    Rule("jwt", ("eyj",), _JWT),
    Rule("url-password", ("://",), _AUTHORITY),
    Rule("url-password", ("://",), _DATABASE_URL, folded=True),
    Rule("url-password", ("://",), _URL_USER),
    Rule("url-password", ("jdbc:oracle", "sqlplus"), _ORACLE, folded=True),
    Rule("signature", ("sig", "hmac", "accesskeyid", "code", "key", "token", "auth"), _SIGNED, folded=True),
    Rule("signature", ("x-amz-", "x-goog-"), _BARE_SIGNED, folded=True),
    Rule("cookie", ("cookie",), _COOKIE, folded=True),
    Rule("authorization", ("authorization",), _AUTHORIZATION, folded=True),
    Rule("bearer", ("bearer", "bot"), _BEARER, folded=True),
    Rule("basic-auth", ("basic",), _BASIC, folded=True),
    Rule("basic-auth", ("auth",), _AUTH_FIELD, folded=True),
    Rule("password", ("</",), _MARKUP, folded=True),
    Rule("password", ("value", "val"), _NAMED_VALUE, folded=True),
    Rule("password", ("name=",), _FORM_PART, folded=True),
    Rule("password", ("password", "identified"), _SQL, folded=True),
    Rule("password", ("_connect", "__construct", "ldap_bind", "ftp_login"), _PHP_CALL, folded=True),
    Rule("password", ("pass ", "auth "), _PROTOCOL, folded=True),
    Rule("cli-password", (" -", "'-", '"-', "net user"), _SHORT_OPTION, folded=True),
    Rule("cli-password", ("-u", "-a", "--"), _USER_OPTION, folded=True),
    Rule("cli-password", ("|",), _PIPED, folded=True),
)


def _trie(words: set[str]) -> str:
    """One expression for many literal words, factored by their beginnings: an alternation would try each in turn."""
    if "" in words:
        return ""
    branches = [
        re.escape(first) + _trie({word[1:] for word in words if word[0] == first})
        for first in sorted({word[0] for word in words})
    ]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


# Almost every text holds none of these, and then none of the prefixed rules runs.
_SHORTEST_HINT = 4
RARE: tuple[Rule, ...] = tuple(r for r in PREFIXED if r.hints and all(len(h) >= _SHORTEST_HINT for h in r.hints))
COMMON: tuple[Rule, ...] = tuple(r for r in (*PREFIXED, *GENERAL) if r not in RARE)
HINT_OF_RARE = re.compile(_trie({hint for rule in RARE for hint in rule.hints}))
