"""Secrets that their own shape gives away: prefixes of vendors, password hashes."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# A token starts where a letter or digit does not precede it, or right after an escape (`\n`) or a URL escape (`%3D`).
START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"


def _tokens(*rows: tuple[str, str, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(kind, tuple(hints.split()), re.compile(f"{START}(?:{pattern})", re.ASCII)) for kind, hints, pattern in rows
    )


# kind, hints, shape
_CLOUD = _tokens(
    ("aws-key", "akia asia abia acca a3t", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])"),
    (
        "aws-key",
        "abskqmvkcm9ja0 bedrock-api-key-",
        r"(?:ABSKQmVkcm9ja0|bedrock-api-key-)[A-Za-z0-9+/_-]{60,2000}={0,2}",
    ),
    ("gcp-key", "aiza goog1", r"AIza[\w-]{35}|GOOG1[A-Z0-9]{50,70}(?![A-Za-z0-9])"),
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
    ("1password-token", "a3-", r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}(?![\w-])"),
    ("neon-key", "napi_ npg_", r"napi_[a-z0-9]{60,70}|npg_[A-Za-z0-9]{12,16}(?![A-Za-z0-9])"),
    ("aiven-password", "avns_", r"AVNS_[\w-]{15,30}"),
    ("yandex-key", "aqvn vk1.a. y0_", r"AQVN[\w-]{35,}|vk1\.a\.[\w-]{60,}|y0_[\w-]{50,80}(?![\w-])"),
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
    ("postman-key", "pmak- pmat-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}|PMAT-[A-Z0-9]{26}"),
    ("segment-token", "sgp_", r"sgp_(?=[a-z\d]{0,60}[A-Z])[A-Za-z0-9]{64}(?![A-Za-z0-9])"),
    ("sourcegraph-token", "sgp_", r"sgp_(?:[a-z0-9]{5,16}_)?[a-f0-9]{40}"),
)
_MESSAGING = _tokens(
    ("slack-token", "xox xapp-", r"xox[abdeoprsc](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"),
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
    ("brevo-key", "xkeysib- xsmtpsib-", r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("resend-key", "re_", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
)
_PAYMENT = _tokens(
    ("stripe-key", "sk_ rk_ whsec_", r"[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,200}|whsec_[A-Za-z0-9+/=]{24,}"),
    ("square-token", "sq0 eaaa", r"sq0[a-z]{3}-[\w-]{22,50}|EAAA[\w-]{60}(?![\w-])"),
    ("braintree-token", "access_token$", r"access_token\$(?:production|sandbox)\$[0-9a-z]{4,24}\$[0-9a-f]{32}"),
    ("shopify-token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("plaid-token", "access-", r"access-(?:sandbox|development|production)-[0-9a-f-]{36}"),
    ("lob-key", "live_", r"live_(?=[a-z]{0,40}\d)[a-f0-9]{34,36}(?![\w-])"),
    (
        "mollie-key",
        "live_",
        r"live_(?=[A-Za-z]{0,30}\d)(?=[^\W_a-z]{0,30}[a-z])(?=[^\W_A-Z]{0,30}[A-Z])[A-Za-z0-9]{30}(?![\w-])",
    ),
    ("shippo-token", "shippo_", r"shippo_(?:live|test)_[a-f0-9]{40}"),
    ("easypost-key", "eza ezt", r"EZ[AT]K[A-Za-z0-9]{54}"),
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
    (
        "grafana-token",
        "glc_ glsa_ yjrijo",
        r"eyJrIjo[gi][A-Za-z0-9+/_-]{40,400}={0,2}(?![\w.])|glc_[A-Za-z0-9+/=]{32,}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
    ),
    (
        "newrelic-key",
        "nrak- nrii- nraa- nrjs- nral",
        r"NR(?:AK|II|AA)-[\w-]{27,40}|NRJS-[a-f0-9]{19}(?![a-f0-9])|[a-f0-9]{32,36}(?:FFFF)?NRAL",
    ),
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
    ("hubspot-token", "pat-na pat-eu", r"pat-(?:na|eu)\d{1,2}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("adafruit-key", "aio_", r"aio_[A-Za-z0-9]{28}(?![A-Za-z0-9])"),
    ("contentful-token", "cfpat-", r"CFPAT-[\w-]{43}(?![\w-])"),
    ("clojars-token", "clojars_", r"CLOJARS_[a-z0-9]{60}(?![a-z0-9])"),
    ("swarm-token", "swmtkn-1-", r"SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}"),
    ("prefect-key", "pnu_", r"pnu_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("typeform-token", "tfp_", r"tfp_[\w-]{40,}"),
    ("readme-key", "rdme_", r"rdme_[a-z0-9]{70}"),
    ("paseto", ".local. .public.", r"v[1-4]\.(?:local|public)\.[\w-]{40,}(?:\.[\w-]{1,400})?"),
    ("asana-token", "asana", r"[0-2]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("posthog-key", "phx_", r"phx_[A-Za-z0-9]{40,60}"),
    ("honeycomb-key", "hcaik_ hcbik_ hccik_", r"hc[abc]ik_[a-z0-9]{50,64}"),
    ("apify-token", "apify_api_", r"apify_api_[A-Za-z0-9]{30,50}"),
    ("jina-key", "na_", r"jina_[A-Za-z0-9_-]{50,80}"),
    ("together-key", "tgp_v1_", r"tgp_v1_[\w-]{40,}"),
    ("cerebras-key", "csk-", r"csk-[a-z0-9]{44,60}(?![A-Za-z0-9])"),
    ("wallet-key", "prv", r"[xyztuvYZUV]prv[1-9A-HJ-NP-Za-km-z]{90,112}"),
    ("atlas-key", "mdb_sa_sk_", r"mdb_sa_sk_[\w-]{30,}"),
    ("polar-token", "polar_", r"polar_(?:oat|at_[ou]|pat|rt_[ou]|cs|wh|whs)_[A-Za-z0-9]{40,60}"),
    ("fireworks-key", "fw_", r"fw_(?=[a-z\d]{0,30}[A-Z])(?=[A-Za-z]{0,30}\d)[A-Za-z0-9]{22,24}(?![\w-])"),
    ("e2b-key", "e2b_", r"e2b_[a-f0-9]{40}"),
    ("logfire-token", "pylf_v", r"pylf_v\d{1,2}_[a-z]{2,10}_[A-Za-z0-9]{40,}"),
    ("axiom-token", "xaat- xapt-", r"xa[ap]t-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("inngest-key", "signkey-", r"signkey-(?:prod|test|branch)-[0-9a-f]{32,64}"),
    (
        "trigger-key",
        "tr_dev_ tr_prod_ tr_stg_",
        r"tr_(?:dev|prod|stg|preview)_(?=[A-Za-z]{0,30}\d)[A-Za-z0-9]{20,40}(?!\w)",
    ),
    ("runpod-key", "rpa_", r"rpa_[A-Z0-9]{36,60}(?!\w)"),
    ("firecrawl-key", "fc-", r"fc-[0-9a-f]{32}(?![\w-])"),
    ("nostr-key", "nsec1", r"nsec1[02-9ac-hj-np-z]{58}(?![a-z0-9])"),
    ("salesforce-token", "!aq", r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?!AQ[\w.-]{60,200}"),
    # A macaroon begins with the length of its first packet and the word `location`.
    ("macaroon", "2xvy2f0aw9ui", r"MDA[0-9a-z]{1,2}[A-Za-z0-9]?2xvY2F0aW9uI[\w-]{20,2000}={0,2}"),
)
_HASHES = _tokens(
    (
        "password-hash",
        "$2 $argon2 $5$ $6$ $y$ $1$ pbkdf2 $p$ $h$ $s$ $8$ $9$",
        (
            r"\$[PH]\$[./A-Za-z0-9]{31}(?![./A-Za-z0-9])|\$S\$[./A-Za-z0-9]{52}|\$[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}|"
            r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[\w=,$+/]{20,200}|\$[56y]\$[\w./=$]{20,200}"
            r"|pbkdf2[_:-]sha\d{1,3}[$:]\d{1,8}[$:][\w./+=$:]{16,200}"
            r"|\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}(?![./A-Za-z0-9])"
        ),
    ),
    (
        "password-hash",
        "apr1$ sha} sha256} sha512} smd5} crypt} scram-sha-",
        (
            r"\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}(?![./A-Za-z0-9])|\{(?:S?SHA(?:\d{3})?|SMD5|CRYPT)\}[A-Za-z0-9+/$.]{13,200}={0,2}"
            r"|SCRAM-SHA-\d{1,3}\$\d{1,8}:[A-Za-z0-9+/=]{4,100}\$[A-Za-z0-9+/=]{20,120}:[A-Za-z0-9+/=]{20,120}"
        ),
    ),
    # As tools print them that test the strength of passwords: Kerberos tickets, NTLM, cached logons.
    (
        "password-hash",
        "krb5tgs$ krb5asrep$ krb5pa$ netntlm dcc2$ scrypt:32 scrypt:16 scrypt$",
        (
            r"\$(?:krb5(?:tgs|asrep|pa)|NETNTLM(?:v2)?|DCC2|scrypt)\$[^\s\"'<>]{20,20000}"
            r"|scrypt:\d{1,8}:\d{1,3}:\d{1,3}\$[\w./+-]{1,64}\$[\w./+-]{32,200}={0,2}"
        ),
    ),
    ("password-hash", ":::", r"[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}(?=:::)"),
    # A private key in base64: `-----BEGIN `, then what stands before PRIVATE.
    (
        "private-key",
        "ls0tls1crudjti",
        (
            r"LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJ|BFQyBQUkl|BPUEVOU1NI|BFTkNSWVBU|BEU0EgUFJJ|BQR1AgUFJJ|BBTlkgUFJJ)"
            r"[A-Za-z0-9+/]{8,}+={0,2}"
        ),
    ),
)

PREFIXED: tuple[Rule, ...] = (*_CLOUD, *_CODE, *_MESSAGING, *_PAYMENT, *_SERVICES, *_HASHES)
