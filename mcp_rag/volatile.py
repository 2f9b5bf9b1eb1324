"""Patterns of values that vary between two events of one error.

Those up to TOKEN look at a whole line, because the value spans words or is known by the word before it; TOKEN looks at
one word. All repeats are bounded and no two neighbouring ones take the same character, so time is linear.
"""

from __future__ import annotations

import re

KINDS = ("uuid", "ip", "path", "hex", "num", "time", "url", "email", "mac", "host", "id", "str")
PLACEHOLDER = re.compile(rf"<(?:{'|'.join(KINDS)})>")
# Ours, and the redactor's `<IP_1>`, `<EMAIL_2>`, `<REDACTED:kind>`.
ANY_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(KINDS)})>|<(IP|EMAIL|REDACTED)(?:_[0-9]{{1,6}}|:[a-z0-9_-]{{1,40}})>")

URL = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.:-]{0,30}://[^\s\"'<>`|\\^{}]{1,2000}")
# Padding tells base64 from words: its `=` is no sign between a key and a value.
BASE64 = re.compile(r"(?<![\w+/.-])[A-Za-z0-9+/_-]{16,8000}={1,2}(?![\w=\"'])")
QUERY = re.compile(r"(?<=[\w/])\?[\w.%~+\[\]-]{1,80}=[^\s\"'<>]{0,2000}")
_NAME = r"[^\\\s\"'<>|:*?,;]"
WINDOWS_PATH = re.compile(
    r"(?<![\w./\\-])(?:[A-Za-z]:|\\\\[\w.$-]{1,100})\\{1,2}"
    rf"(?:{_NAME}{{1,200}}(?: {_NAME}{{1,100}}){{0,3}}\\{{1,2}}){{0,40}}[^\\\s\"'<>|:*?,;()]{{0,200}}"
)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{1,2}[SD]T|[+-][0-9]{2}:?[0-9]{2}(?: UTC)?)(?![A-Za-z0-9]))?"
_ISO_CLOCK = r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?(?:[.,:][0-9]{1,9})?"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Times that name the month, and those that begin with a digit: as one expression they take four times as long.
NAMED_TIME = re.compile(
    rf"(?<![A-Za-z]){_DAY}{_MONTH}\.? {{1,2}}[0-9]{{1,2}}(?:,? [0-9]{{4}})?,? (?:at )?{_CLOCK}{_ZONE}"
    r"(?: [AP]M(?![A-Za-z]))?(?: [0-9]{4}(?![0-9.]))?|"
    rf"(?<![A-Za-z0-9:-]){_DAY}[0-9]{{1,2}}[ -]{_MONTH}[ -][0-9]{{2,4}}(?:[ :]{_CLOCK}{_ZONE})?"
)
TIME = re.compile(
    rf"[0-9](?:(?<![0-9.].)(?:[0-9]{{3}}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}(?:[T _,-]{{1,2}}{_ISO_CLOCK}{_ZONE})?"
    rf"(?![0-9])|[0-9]?[/.-](?:[0-9]{{1,2}}|{_MONTH})[/.-][0-9]{{2,4}}[ :T,]{{1,2}}{_CLOCK}{_ZONE}(?: [AP]M)?)|"
    rf"(?<![0-9A-Fa-f.:].)[0-9]?:[0-9]{{2}}:[0-9]{{2}}(?:[.,:][0-9]{{1,9}})?{_ZONE}(?: [AP]M)?(?![0-9:]))"
)

# What a redactor could replace must already be masked as a whole in the raw text.
SECRET_HINT = re.compile(r"pass|pwd|secret|token|key|cred|auth|session|cookie|sig|bearer|basic")
SECRET = re.compile(
    r"((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|auth[_-]?key|"
    r"session[_-]?id|(?<![A-Za-z])(?:pass|pwd|passcode|credentials?|cookie|sig|signature))[\"']?\s?[:=]\s?[\"']?)"
    r"((?:bearer |basic |digest |token )?[^\s\"',;&)\]}]{1,2000})",
    re.IGNORECASE,
)
COOKIES = re.compile(r"((?:set-)?cookie2?: )[^\n]{1,4000}", re.IGNORECASE)
BEARER = re.compile(r"((?:bearer|basic) )([\w.~+/=-]{12,4000})", re.IGNORECASE)

PAIR = re.compile(
    r"(?<![=!<>:~^])([A-Za-z_][\w.-]{0,80}|[)\]])( ?= ?)(?![=>~])"
    r"(\"[^\"\n]{0,2000}\"|'[^'\n]{0,2000}'(?:'[^'\n]{0,200}'){0,8}|"
    r"<[\w.@+/=%-]{1,200}>(?![\w<])|[0-9]{1,3}(?:,[0-9]{3}){1,6}(?:\.[0-9]{1,9})?(?!\w)|"
    r"(?![\w.-]{1,80} ?=)[^\s,;&|\"'(){}\[\]<>=]{1,2000}(?:\{[^{}=\n]{0,300}\}|\([^()=\n]{0,200}\))?|)"
)
# Values of these keys are what the event is about: they are masked like prose, never as a whole.
_TELLING = (
    "msg message error err errors reason cause exception ex type kind code errorcode error_code errno status state "
    "level severity event detail details description desc title text body failure fault warning result action "
    "operation op errormessage error_message errmsg err_msg exception_type exc_type exc class category method signal "
    "exit_code exitcode grpc_code rc ret retval hresult phase condition outcome health verdict"
)
TELLING_KEYS = frozenset(_TELLING.split())

# Keys that end so hold what the event is about, where they hold words: `decline_code=lost_card`, `refusalReason=Fraud`.
# Not every code does: those of countries, currencies and vouchers are data.
_FAULTS = (
    "decline|declined|err|error|result|response|resp|return|reason|fail|failure|status|exit|fault|reject|rejection|"
    "refusal|denial|cancel|cancellation|exception|sub|suberror|problem|issue"
)
TELLING_ENDS = re.compile(
    rf"(?:reason|errors?|status|(?<!be)cause|issues?|(?<!de)fault|failure|(?<!de)(?:{_FAULTS})codes?)$"
)
# So does a constant that names a fault, whatever its key is: `{orders=LEADER_NOT_AVAILABLE}`.
FAULT_CONSTANT = re.compile(
    r"(?=[A-Z0-9_]{0,60}(?:NOT_|UNKNOWN|INVALID|FAIL|ERROR|TIMEOUT|TIMED_OUT|UNAVAILABLE|DENIED|EXCEED|MISSING|EXPIRED|"
    r"REFUSED|REJECT|UNSUPPORTED|CORRUPT|ABORT|DISCONNECT|UNAUTHORIZED|FORBIDDEN|CONFLICT|FENCED|ILLEGAL))"
    r"[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,8}"
)
WORDS_ONLY = re.compile(r"[A-Za-z][A-Za-z_.,;' -]{1,80}")
# Of a document in a message these say more than data.
SAYING_ENDS = re.compile(r"(?:message|msg|description|details?|text|hint|exception|string|title|summary|note|info)$")

# The same in JSON inside a message.
FIELD = re.compile(r"\"([A-Za-z_][\w.-]{0,60})\"( ?: ?)\"((?:[^\"\n\\]|\\.){1,300})\"")
# As Python and Ruby print one.
QUOTED_FIELD = re.compile(r"'([A-Za-z_][\w.-]{0,60})'( ?: ?)'((?:[^'\n\\]|\\.){1,300})'")
# The letter of a disk is drawn by its slot, like the number of another device.
DISK = re.compile(r"(?<![\w.$-])(?:sd[a-j]|x?vd[a-h])(?:[0-9]{1,3})?(?![\w.$(-])")

# A name after one of these words is a value, unless the next word goes on with the sentence.
_SENTENCE = (
    "is|was|has|had|not|does|did|do|can|cannot|could|may|must|should|will|with|without|and|or|in|on|at|to|of|for|by|"
    "from|as|the|a|an|unknown|data|name|id|account|login|logged|sessions?|agent|input|errors?|code|interface|space|mode|"
    "keys?|table|permissions?|groups?|provided|requests?|defined|specified|already|limit|count|switch|privacy|info|"
    "password|are|no|exists?|found|failed|failure|memory|unreachable|down|up|verification|resolution|process|service|"
    "authentication|level|exited|doesn|isn|wasn|couldn|terminated|disconnected"
)
# What has become of it: the event itself, not a name.
_STATES = (
    "disabled|enabled|expired|locked|unlocked|closed|opened|suspended|blocked|revoked|banned|deleted|removed|inactive|"
    "active|incorrect|invalid|valid|missing|mismatch|mismatched|rejected|refused|denied|accepted|timeout|timed|aborted|"
    "cancelled|canceled|restricted|unauthorized|unauthenticated|unverified|verified|unconfirmed|confirmed|forbidden|"
    "unavailable|available|offline|online|busy|full|empty|deactivated|activated|created|changed|updated|modified|"
    "registered|unregistered|pending|ready|stopped|started|crashed|lost|dropped|exceeded|reached|required|successful|"
    "succeeded|success|drained|draining|evicted|quarantined|frozen|throttled|limited|overloaded|killed|dead|alive|broken|"
    "corrupt|corrupted|duplicate|duplicated|conflict|stale|unresolved|unresolvable|resolved|incomplete|archived|merged"
)
# Of these words an account may have one for its name; then it is said where it comes from.
_LIKE_NAMES = "(?:a|an|no|as|id|data|name|info|service|account|login|agent|process|input|code|group|table|memory)"
ENTITY = re.compile(
    r"(?<![\w.])((?:[Uu]ser|[Uu]sername|[Ll]ogin|[Aa]ccount|[Rr]ole|[Hh]ost|[Hh]ostname|[Tt]enant|[Pp]rincipal) "
    rf"(?:name )?[\"'`]?)(?!(?!{_LIKE_NAMES} from [0-9<])(?:{_SENTENCE}|{_STATES})(?![\w-]))"
    r"([+-]?\w[\w.@$-]{0,64})(?=[\s\"'`,;:)\].[]|\(uid=|$)"
)
# In quotes it is a name whatever it holds, in other languages too.
QUOTED_ENTITY = re.compile(
    r"(?<![\w.])((?:[Uu]ser|[Uu]sername|[Ll]ogin|[Aa]ccount|[Rr]ole|v?[Hh]ost|[Hh]ostname|[Tt]enant|[Pp]rincipal|"
    r"[Cc]ustomer|Benutzer|Nutzer|Kunde|Konto|[Uu]tilisateur|[Uu]suario|[Uu]su\u00e1rio|[Uu]tente|[Gg]ebruiker) "
    r"(?:name )?|(?:user|vhost): )"
    r"(\"[^\"\n]{1,80}\"|'[^'\n]{1,80}'|`[^`\n]{1,80}`|\u201e[^\u201c\u201d\n]{1,80}[\u201c\u201d]|"
    r"\u201c[^\u201d\n]{1,80}\u201d|\u2018[^\u2019\n]{1,80}\u2019|\u00ab[^\u00bb\n]{1,80}\u00bb|"
    r"\u00bb[^\u00ab\n]{1,80}\u00ab)(?!\w)"
)
# Whose session or crontab it is, in brackets behind a mail protocol's name or before what cron did: always a name.
WHOSE = re.compile(
    r"((?<![\w.-])(?:imap|pop3|lmtp|lda|managesieve|submission)\()[^()\s<]{1,100}(?=\))|"
    r"(^\()[a-z_*][\w.@*-]{0,40}(?=\) (?:CMD|RELOAD|REPLACE|LIST|MAIL|AUTH|ORPHAN|FAILED to|BEGIN EDIT|END EDIT)(?!\w))"
)
# A numbered machine behind the word for one; behind a preposition only where its name says that it is one.
_NUMBERED = r"[a-z0-9-]{0,40}[0-9])(?![\w@$/:(-]|\.\w)"
MACHINE = re.compile(
    r"(?<![\w.-])((?:[Nn]ode|[Hh]ost|[Ss]erver|[Mm]achine) [\"'`]?)(?!(?:process|version|port|id|pool|group|type|index|"
    rf"count|thread|error|step|task|core|socket)s?-?[0-9])([a-z]{_NUMBERED}|"
    r"(?<![\w.-])((?:on|from|to|at) [\"'`]?)((?:vm|host|node|srv|server|edge|worker|web|app|db|gw|lb|gpu|compute|"
    rf"master|box|machine){_NUMBERED}"
)
MACHINE_HINT = re.compile(r"(?:node|host|server|machine|on|from|to|at) [\"'`]?[a-z]")
# A file that a person named: in quotes, with blanks in its name.
FILE = re.compile(
    r"(?<!\w)([\"'`\u201e\u201c\u00ab])(?=[^\"'`\u201c\u201d\u00bb\n]{0,100} )[^\"'`\u201c\u201d\u00bb\n]{1,140}\."
    r"(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|tsv|txt|rtf|zip|rar|7z|t?gz|png|jpe?g|gif|svg|webp|heic|tiff?|bmp|mp[34]|mov|avi|"
    r"mkv|wav|flac|json|xml|html?|eml|msg|log|md|epub|dwg|psd)( ?[\"'`\u201c\u201d\u00bb])(?!\w)",
    re.IGNORECASE,
)
# Text that could not be read as a number, a date and so on: whatever it holds.
UNREAD = re.compile(
    r"((?:invalid input syntax for (?:type )?[\w ]{1,30}|could not convert string to \w{1,12}|[Ff]or input string|"
    r"(?:[Ii]nvalid|[Mm]alformed) (?:literal for \w{1,12}\(\)(?: with base [0-9]{1,2})?|"
    r"(?:number|integer|float|decimal|date|datetime|timestamp|time|amount)(?: (?:format|value|string))?)): ?)"
    r"([\"'])[^\"'\n]{0,200}\2"
)
# A request for the root: `GET / HTTP/1.1`, `with url: / (`. Elsewhere the sign stands between words.
ROOT = re.compile(
    r"((?:GET|POST|PUT|PATCH|HEAD|DELETE|OPTIONS|[Uu][Rr][IiLl]:|[Pp]ath:|[Ee]ndpoint:) )/(?= |$)|(?<=[a-z0-9:] )/$"
)
# A pod as the kubelet prints one: `name_namespace(uid)`.
POD = re.compile(r"(?<![\w.-])[a-z0-9][a-z0-9.-]{0,120}_[a-z0-9][a-z0-9-]{0,62}\((?=[0-9a-f]{8}[0-9a-f-]{24,28}\))")
# What has an offset in machine code or a symbol table: C++, Rust, Swift.
MANGLED = re.compile(r"_{1,3}(?:Z[A-Z0-9]|R[A-Z])\w{3,2000}|_?\$[sS]\w{3,2000}")
# The values of a row that is there already, with whatever quotes stand in them.
ENTRY = re.compile(r"(?<=Duplicate entry )'.{0,1000}?'(?= for key )")
QUOTES = re.compile("[\"'`\u201e\u201c\u2018\u00ab\u00bb]")
ENTITY_HINT = re.compile(r"user|host|account|login|role|tenant|principal")
WHO = re.compile(
    r"(?<= for )(?!(?:the|a|an|this|that|all|any|each|more|details|us|it)\b)[A-Za-z_][\w.@$-]{0,64}"
    r"(?= from <?[\w.:-]{0,60}[0-9>])"
)
_CURRENCIES = "EUR|USD|GBP|CHF|JPY|CNY|INR|KRW|CAD|AUD|BRL|MXN|SEK|NOK|DKK|PLN|CZK|TRY"
UNIT = re.compile(
    r"(?<=[0-9]) (?:[KMGTP]i?B|kB|B|[kKMG]o|bytes?|[kKMG]bps|[KMG]?Hz|ms|us|µs|ns|s|secs?|seconds?|mins?|minutes?|h|"
    rf"hrs?|hours?|{_CURRENCIES})(?![\w/])|(?<![\w.-])(?:{_CURRENCIES}) ?(?=[0-9])"
)
# What somebody named and a tool numbered: a container's endpoint, a cloud's resource in front of its operation.
NUMBERED = re.compile(
    r"((?:endpoint|container|network|volume|instance|sandbox|domain|VM) )[\w.-]{1,120}(?= \([0-9a-f-]{12,64}\))"
)
# What a cloud's resource is called: its service, whose it is and its name.
ARN = re.compile(
    r"(?<![\w:])arn:(?:aws[a-z-]{0,10}:[a-z0-9-]{1,30}:)[\w.-]{0,30}:[\w.-]{0,30}:[\w+=,.@/*:-]{1,300}(?<![.,:])"
)
# Where a statement begins that changes or asks for rows: its texts in quotes are values.
STATEMENT = re.compile(
    r"(?:SELECT|select) [^\n]{1,400}? (?:FROM|from) |(?:INSERT|insert) (?:INTO|into) |(?:DELETE|delete) (?:FROM|from) |"
    r"(?:UPDATE|update) \S{1,100} (?:SET|set) "
)
LITERAL = re.compile(r"(?<![\w'])'[^'\n]{0,2000}'(?:'[^'\n]{0,200}'){0,8}(?!\w)")
CONTAINER = re.compile(r"(?<=o such container: )[\w.-]{1,128}")
RESOURCE = re.compile(r"(?<= \()[^()\s]{1,120}(?=\): operation error )")
# The program that the kernel was serving when it met the fault.
COMM = re.compile(r"(?<=: comm )[\w./:@-]{1,30}(?=: )")
# A call of the C language with the line it stands on: `ext4_find_entry:1455`.
CALL_AT_LINE = re.compile(r"((?:[a-z]{1,20}_){0,4}[a-z]{1,20}[0-9]{1,2}(?:_[a-z]{2,20}){1,5}):[0-9]{1,5}")
# A module that a bundler or a runtime could not find, as the source asks for it.
MODULE_HINT = re.compile(r"resolve|find module|such module")
MODULE = re.compile(
    r"((?:[Cc]an(?:'t|not) resolve|[Cc]ould not resolve|[Cc]annot find module|[Nn]o such module|to resolve import) "
    r"([\"'`]))([\w@.][\w@./-]{0,300})(?=\2)"
)
TRUTH = re.compile(r"(?<![\w.-])(?:true|false|True|False|TRUE|FALSE)(?![\w-])")
NULL_HINTS = ("null", "none", "nil", "undefined", "nan")
# `next: null`, but `x.so: undefined symbol`, `reading a: nil pointer`: with its noun the word says what is wrong.
NULL = re.compile(
    r"(?<=[:=(,|\[])( ?)(?:(?:null|None|nil|NULL|NaN)(?! (?:pointer|value|map|reference|object|byte|character|check|"
    r"deref))|undefined(?! (?:symbol|method|reference|variable|local|function|index|offset|property|constant|array|"
    r"name|macro|identifier|behavior|subroutine|group|class|version|label|is|was|in|to|for|at)))(?![\w-])"
)

DIGIT = re.compile(r"[0-9]")
# A placeholder that touches another, or what may belong to a value: the next masking may read them as one.
GLUED = re.compile(r">[^\s<>]?<|>[:@#._-]{0,2}[\w%=+/]|[+-]<num>|<str>=|<num>::|::<num>")
# A word without any of these has nothing to mask.
SPECIAL = re.compile(r"[0-9/\\@.:=~]|[a-fA-F]{8}|_[A-Za-z]{24}|localhost")

_SEGMENT = r"[\w.+@%~#$*!-]{1,255}"
_UUID = r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w@-])"
_MAC = r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,19}(?![0-9A-Za-z:])"
_IPV4 = (
    r"(?<![0-9A-Za-z.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2}(?![0-9]))?(?:%\w{1,15})?(?:[:#][0-9]{1,5})?"
    r"(?![0-9A-Za-z_-]|\.[0-9A-Za-z])"
)
# Every address of IPv6, before a port.
ANY_ADDRESS = re.compile(r"(?<![\w:])(?:\[::\]|::)(?=:[0-9]{1,5}(?![\w.:])| port [0-9])")
_GROUPS = r"[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})"
_IPV6 = rf"(?<![\w:.])(?:{_GROUPS}{{7}}|(?:{_GROUPS}{{0,6}})?::(?:{_GROUPS}{{0,6}})?)(?:%\w{{1,15}})?(?![\w:])"
_PATH = (
    rf"(?<![\w./\\-])(?:[~.]{{1,2}}|file:)?/{{1,3}}(?:{_SEGMENT}(?:/{{1,3}}{_SEGMENT}){{0,60}}/?)?|"
    r"(?<![\w./\\-])[\w.+@%-]{1,120}(?:/[\w.+@%-]{1,120}){2,40}/?|"
    r"(?<![\w./\\-])[\w.+@%-]{1,120}/[\w+@%-]{1,120}\.[A-Za-z]{1,5}(?![\w.])"
)
_HEX = (
    r"(?<![0-9A-Za-z])(?:[0-9][xX][0-9A-Fa-f]{1,128}(?![0-9A-Za-z])|(?:"
    r"(?=[0-9a-f]{0,40}[0-9])(?=[0-9]{0,40}[a-f])[0-9a-f]{7,128}|"
    r"(?=[0-9A-F]{0,40}[0-9])(?=[0-9]{0,40}[A-F])[0-9A-F]{7,128}|[a-f]{8}|[A-F]{8})(?![0-9A-Za-z_]))"
)
_HOST = r"(?<![\w.@$-])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?::[0-9]{1,5})?(?![\w.@$(-])"
_LOCAL = r"(?<![\w.@$-])localhost(?::[0-9]{1,5})?(?![\w.@$(-])"
_UNITS = "[KMGTPEkmgt]?i?[Bb](?:ps|/s)?|[kKMG]o|[KMGTPE]i|[kKMG]?Hz|[munµμ]?s|secs?|min|hrs?|[hdmkKMGTx%]"
_NUMBER = (
    r"(?<![0-9A-Za-z_])[+-]?v?[0-9](?:[0-9]|[.,:/+-](?=[0-9])){0,80}"
    rf"(?:[eE][+-]?[0-9]{{1,3}}|{_UNITS})?(?![0-9A-Za-z_])"
)
# A broken number with its unit, a duration of several units, ISO's durations, versions: asked before hosts and words,
# which they look like. However it is written, a measure is one value.
_DECIMAL = r"[0-9]{1,30}(?:\.[0-9]{1,30})?"
_BROKEN = rf"[+-]?[0-9]{{1,30}}\.[0-9]{{1,30}}(?:{_UNITS}|[eE][+-]?[0-9]{{1,3}})"
_DURATION = rf"[+-]?(?:{_DECIMAL}(?:[munµμ]?s|min|[wdhm])){{2,6}}"
_ISO_DURATION = rf"-?P(?:[0-9]{{1,9}}[YMWD]){{0,4}}T(?:{_DECIMAL}[HMS]){{1,3}}"
_RELEASE = (
    r"(?:v[0-9]{1,20}(?:\.[0-9]{1,20}){1,4}|[0-9]{1,20}(?:\.[0-9]{1,20}){2,4})"
    r"(?:[+-][0-9A-Za-z]{1,40}(?:[.+-][0-9A-Za-z]{1,40}){0,6}|(?:a|b|rc|alpha|beta|dev|\.(?:RELEASE|Final|GA))[0-9]{0,5})?"
)
_MEASURE = (
    rf"(?<![0-9A-Za-z_.@$-])(?:{_BROKEN}|{_DURATION}|{_ISO_DURATION}|{_RELEASE})(?![0-9A-Za-z_@$(]|[.:-][0-9A-Za-z_])"
)
_WORD = r"[A-Za-z0-9_$]+(?:[._:#@/-][A-Za-z0-9_$]+)*"
TOKEN = re.compile(
    f"(?P<uuid>{_UUID})|(?P<email>{_EMAIL})|(?P<mac>{_MAC})|(?P<ip>{_IPV4})|(?P<ipv6>{_IPV6})|(?P<path>{_PATH})|"
    f"(?P<hex>{_HEX})|(?P<measure>{_MEASURE})|(?P<local>{_LOCAL})|(?P<host>{_HOST})|(?P<number>{_NUMBER})|"
    f"(?P<word>{_WORD})"
)
# Where in a library a program stopped: `[7f3a1c000000+1d2b000]`.
OFFSET = re.compile(r"(?<=\[)(?:0x)?[0-9a-f]{1,16}\+(?:0x)?[0-9a-f]{1,16}(?=\])")
# A measure at the end of a word, behind its name.
NAMED_MEASURE = re.compile(
    rf"(?<=[:@])[+-]?{_DECIMAL}(?:{_UNITS})?$|(?<=[:@]){_DURATION}$|(?<=[:@/])(?:{_RELEASE}|v[0-9]{{1,9}})$"
)

_TLDS = (
    "com net org edu gov mil int io co us uk de fr cn jp ru in br nl eu ch se info biz dev app cloud local localdomain "
    "internal intranet lan corp home cluster svc arpa test example"
)
_ROOTS = "org com net io java javax jakarta edu gov de fr uk cn jp ru akka scala kotlin android androidx dalvik sun"
TLDS = frozenset(_TLDS.split())
PACKAGE_ROOTS = frozenset(_ROOTS.split())

# An exception type is never masked, digits and all. It ends in one of these words and is no longer than this: asking
# for the end first, and looking no further back, keeps a word of thousands of letters cheap.
_TYPE_WORDS = ("Error", "Exception", "Throwable", "Failure", "Fault", "Warning", "Panic", "Interrupt", "Timeout")
TYPE_ENDS = (*_TYPE_WORDS, *(f"{word}$" for word in _TYPE_WORDS))
MAX_TYPE_CHARS = 320
EXCEPTION_TYPE = re.compile(rf"(?:[A-Za-z_$][\w.$]{{0,300}})?(?:{'|'.join(_TYPE_WORDS)})\$?$")
RUNS = re.compile(r"(?:(?<=[_:=/@#])[+-])?[0-9]+")
OPAQUE = re.compile(
    r"[A-Z0-9]{16}|^(?:npm|hf|gh[a-z]|glpat|github_pat|[a-z]k|dckr_pat|pypi|xox[a-z])[_-][A-Za-z0-9_-]{20}"
)
MIXED = re.compile(r"(?=[A-Za-z0-9]{0,60}[0-9][A-Za-z]{1,60}[0-9])[A-Za-z0-9]{5,}")
