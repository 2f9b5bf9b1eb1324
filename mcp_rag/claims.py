"""What a sentence asserts that can be looked up: the commands, links, flags, paths, packages, versions, variables and
settings it names, and whether a text holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

ClaimKind = Literal["command", "link", "code", "variable", "flag", "path", "package", "version", "setting", "name"]
EXECUTABLE: frozenset[ClaimKind] = frozenset({"command", "link"})
MAX_SCAN_CHARS = 4_000
MAX_CLAIMS = 40


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROGRAMS = _set(
    "alembic ansible ansible-playbook apk apt apt-get aws awk az bash brew bundle cargo chcon chgrp chkconfig chmod "
    "chown cmake composer conda cp crontab ctr curl dd django-admin dmesg dnf docker docker-compose dotnet dpkg echo "
    "eval export flyway gcloud gem git go gradle ./gradlew helm iex iptables irm iwr java javac journalctl keytool "
    "kill killall kubectl ldconfig ln logrotate ls lsof make mkdir mkfs modprobe mount msiexec mv mvn mysql nc ncat "
    "netsh netstat nft nginx node npm npx nuget nvidia-smi openssl perl pg_ctl php pip pip3 pipx pkill pnpm podman "
    "poetry powershell psql ps pwsh python python3 rabbitmqctl rake redis-cli reg rm rmmod rpm rsync ruby rustup scp "
    "sc sed semanage service setenforce setx sh snap ss ssh stat strace sudo swapoff swapon sysctl systemctl tar tee "
    "terraform touch truncate tsc ufw ulimit umount unset unzip update-ca-certificates uv wget winget xattr yarn yum "
    "zsh zypper"
)
_SUBCOMMANDS = _set(
    "add apply attach compose build cache check ci clean clone config configure connect container create delete deploy "
    "describe down drain enable disable exec fetch fix force-reload get image images init inspect install kill link "
    "list login logs mod network patch prune pull push rebase reload remove reset restart restore rm rmi rollback "
    "rollout run scale search set show start status stop sync system tag test tidy tool toolchain uninstall unlink "
    "unlock up update upgrade volume version vet which migrate commit checkout stash merge daemon-reload annotate "
    "label taint cordon uncordon edit replace top explain cp port-forward wrapper audit dedupe publish "
    "i destroy plan"
)
# After a subcommand nearly any word is an argument; these are how a sentence goes on instead.
_PROSE = _set(
    "a about after again all and any are as at be because before but by can command during each for from has have if "
    "in instead into is it its later next of on once only or out over so step steps such than that the their them "
    "then there this to until up using was when where which while will with within without you your "
    "fails failed fail works hangs message messages order error errors crashes returns output phase succeeds"
)
_NOT_PACKAGES = _PROSE | _set(
    "affected base broken client compatible conflicting correct current debian dependency dependencies different "
    "driver drivers either every existing extra failing first given installed latest library libraries local "
    "matching missing module modules more needed new newer old older other package packages pinned plugin python "
    "required right same server software specific stable system third-party unused updated version versions wrong "
    "node java rust go docker one two no not native official vendored"
)
_NOUNS = _set("cache config container image images label network node system tool version volume wrapper")
_PIPES = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "2>&1"})
_LIKE_ARGUMENT = re.compile(
    r"[/=:@_~$*'\"{}|>&<\\]|\.(?:py|js|ts|sh|rb|php|jar|ya?ml|json|sql|conf|ps1|exe|service|t?gz|zip|deb|rpm|whl)$"
)
# "node 20.1" names a version; "chmod 777" has an argument.
_RUNTIMES = _set("docker go java javac mysql nginx node npm openssl perl php pip psql python python3 ruby terraform")
_BARE_VERSION = re.compile(r"v?\d{1,5}(?:\.\d{1,6}){0,4}\.?")

_CODE = re.compile(r"`{1,3}([^`\n]{1,300})`{1,3}")
_TOLD = re.compile(
    r"\b(?:run|running|execute|executing|type|issue|invoke|launch)\s+(?:the\s+)?(?:command\s+)?$", re.IGNORECASE
)
LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`)\]}]{1,500}|\b(?:mailto|javascript|data|vbscript|file):[^\s<>\"'`)\]]{3,500}"
    r"|\bwww\.[^\s<>\"'`)\]]{3,300}",
    re.IGNORECASE,
)
MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\(\s{0,3}([^()\s]{1,500})[^()\n]{0,200}\)")
_DOMAIN = re.compile(
    r"(?<![\w.@/-])(?!(?:com|org|net|io|java|javax|dev|app)\.)(?:[a-z0-9-]{1,40}\.){1,4}(?:com|net|org|io|dev|xyz|ru|cn|"
    r"top|info|biz|example|me|co|ai|cloud|site|online|pw|tk|cc|ly|gg|app)(?:/[^\s<>\"'`)\]]{0,300}|(?![\w.-]))",
    re.IGNORECASE,
)
_PATTERNS: tuple[tuple[ClaimKind, re.Pattern[str]], ...] = (
    ("variable", re.compile(r"\$\{?([A-Za-z_]\w{1,60})|\b([A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,8})\b")),
    (
        "setting",
        re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{1,80}\s?(?:==|=|:=|@)\s?[^\s,;)]{1,80})"),
    ),
    (
        "flag",
        re.compile(r"(?<![\w-])(--[a-zA-Z][\w-]{1,60}(?:=[^\s,;)]{1,80})?|-X[\w:+-]{2,60}|-[a-zA-Z]{1,3}(?![\w-]))"),
    ),
    (
        "path",
        re.compile(
            r"(?<![\w/.:])((?:~|\.{1,2})?(?:/[\w.@%+~-]{1,80}){2,12}/?|~/[\w.@%+~-]{1,80}|/(?:etc|tmp|var|opt|usr|dev|proc|"
            r"root|home)\b|[A-Za-z]:\\[^\s,;\"'`]{1,200}|\.(?:env|npmrc|bashrc|netrc|pypirc|dockerignore|gitignore)\b|"
            r"[\w-]{1,60}(?:/[\w.-]{1,60}){0,8}\.(?:ya?ml|json|toml|ini|conf|cfg|cnf|xml|properties|env|py|jsx?|tsx?|java|"
            r"go|rs|rb|php|sh|sql|log|txt|lock|gradle|kts?|so|dll|exe|jar|whl|service|cpp|hpp|cs|pem|crt|key)\b(?![\w(]))"
        ),
    ),
    (
        "package",
        re.compile(
            r"\b(?:re)?(?:install|upgrade|downgrade|uninstall|pin|add|update)(?:ing|ed|s)?\s+(?:the\s+)?"
            r"(?:package\s+|library\s+|module\s+|crate\s+|gem\s+|plugin\s+)?([@\w][\w@/.+-]{1,60})",
            re.IGNORECASE,
        ),
    ),
    (
        "package",
        re.compile(
            r"\b(?:package|library|crate|gem|plugin|npm module|dependency)\s+['\"]?([@\w][\w@/.+-]{1,60})"
            r"|(?<![\w@/.-])([@\w][\w@/.+-]{1,60})['\"]?\s+(?:package|library|crate|gem|plugin)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "version",
        re.compile(
            r"(?<![\w./:-])v?(\d{1,5}(?:\.(?:\d{1,6}|x)){1,4}(?:-?(?:rc|alpha|beta|post|dev|a|b)\.?\d{1,6})?)(?![\w/]|\.\d)"
            r"(?!\s{0,2}(?:ms|s|secs?|seconds?|min(?:utes?)?|h|hours?|days?|%|[kKMGT]i?B|times|x)\b|%)",
            re.IGNORECASE,
        ),
    ),
    (
        "version",
        re.compile(
            r"\b(?:version|java|jdk|jre|python|node(?:\.js)?|php|ruby|cuda|postgres(?:ql)?|mysql|ubuntu|debian|gcc|"
            r"kotlin|scala|go)\s+v?(\d{1,4})\b(?!\.\d)",
            re.IGNORECASE,
        ),
    ),
    ("code", re.compile(r"(?<![\w.])([A-Za-z_][\w.:]{1,100}\(\))")),
    ("name", re.compile(r"(?<![\w./@-])([a-z][\w-]{0,40}(?:\.[\w-]{1,60}){2,8})(?![\w/])")),
)
_SPACE = re.compile(r"\s+")


class Claim(NamedTuple):
    """One checkable thing that a sentence names."""

    kind: ClaimKind
    text: str


def squeeze(text: str) -> str:
    """The text with every run of white space as one space."""
    return _SPACE.sub(" ", text).strip()


def claims(text: str) -> tuple[Claim, ...]:
    """Every claim of a text, in the order of the kinds, at most 40; reads at most 4,000 characters."""
    text = text[:MAX_SCAN_CHARS]
    found: dict[Claim, None] = {}
    for match in _CODE.finditer(text):
        span = squeeze(match.group(1))
        told = bool(" " in span and _TOLD.search(text[max(match.start() - 40, 0) : match.start()]))
        found[Claim("command" if told or _is_command(span) else "code", span)] = None
    plain = squeeze(_CODE.sub(" ; ", text))
    for command in tuple(_commands(plain)):
        found[Claim("command", command)] = None
        plain = plain.replace(command, " ; ")
    links = [m.group().rstrip(".,;:!?") for m in (*LINK.finditer(text), *_DOMAIN.finditer(text))]
    for link in sorted(set(links), key=lambda text: -len(text)):
        if not any(link in known.text for known in found if known.kind == "link"):
            found[Claim("link", link)] = None
        plain = plain.replace(link, " ; ")
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            token = next((g for g in match.groups() if g), match.group()).rstrip(".,;:'\"")
            if token and not (kind == "package" and _is_prose(token)):
                found[Claim(kind, squeeze(token))] = None
    return tuple(found)[:MAX_CLAIMS]


def _is_prose(token: str) -> bool:
    return token.lower() in _NOT_PACKAGES or bool(_BARE_VERSION.fullmatch(token)) or token.endswith("ing")


def _is_command(span: str) -> bool:
    words = span.split(" ")
    return words[0].lstrip("$#> ") in _PROGRAMS or any(word in _PIPES for word in words)


def _commands(text: str) -> Iterator[str]:
    words = text.split()
    index = 0
    while index < len(words):
        length = _command_length(words[index:])
        if length > 1:
            yield " ".join(words[index : index + length]).strip("'\"(").rstrip(".,;:)'\"")
        index += max(length, 1)


def _command_length(words: list[str]) -> int:
    """How many of the words, from the first, are one unquoted command; 0 when the first is no program, or is only
    named. A bare word counts after a subcommand (`install NAME`), or when an argument follows it."""
    first = words[0].strip("'\"($")
    if first.lower() not in _PROGRAMS or not (first.islower() or (len(words) > 1 and words[1] in _SUBCOMMANDS)):
        return 0
    length, open_arguments = 1, first == "sudo"
    for position, word in enumerate(words[1:16], start=1):
        bare = word.strip("'\"").rstrip(".,;:)")
        is_argument = _is_argument(first, word, bare)
        is_prose = bare.lower() in _PROSE and not (bare == "up" and open_arguments)
        next_to = position == length
        if is_argument or (next_to and (open_arguments or bare in _SUBCOMMANDS) and not is_prose):
            length = position + 1
        elif is_prose or not bare or position - length >= 1:
            break
        # One bare word may follow a subcommand; after a pipe or sudo anything is a program.
        open_arguments = (
            bare in _SUBCOMMANDS or word in _PIPES or word.startswith("-") or (first == "sudo" and length < 4)
        )
        if word[-1] in ",;." and not is_argument:
            break
    # "the docker image", "the npm cache" are things, not commands.
    return 0 if length == 2 and words[1].rstrip(".,;:)") in _NOUNS else length


def _is_argument(program: str, word: str, bare: str) -> bool:
    if word.startswith("-") or word in _PIPES:
        return True
    if _BARE_VERSION.fullmatch(bare):
        return program not in _RUNTIMES
    return bool(_LIKE_ARGUMENT.search(bare))


def holds(text: str, claim: Claim) -> bool:
    """True when the squeezed `text` holds the claim as a whole: not as a part of a longer word, version or flag."""
    fold = claim.kind in ("package", "version", "link")
    where, what = (text.lower(), claim.text.lower()) if fold else (text, claim.text)
    start = where.find(what)
    while start >= 0:
        end = start + len(what)
        if _bounded(where[start - 1 : start], where[end : end + 2], claim.kind):
            return True
        start = where.find(what, start + 1)
    return False


def _bounded(before: str, after: str, kind: ClaimKind) -> bool:
    next_one = after[:1]
    if kind == "version":
        inside = before.isdigit() or before == "." or next_one.isdigit() or (next_one == "." and after[1:2].isdigit())
        return not inside
    if before and (before.isalnum() or before in "_-" or (kind == "path" and before in "./")):
        return False
    if kind == "link":
        goes_on = bool(next_one) and next_one in "./?#=&%:" and after[1:2].isalnum()
        return not (next_one.isalnum() or next_one in ("-", "_", "@") or goes_on)
    return not (next_one.isalnum() or next_one == "_" or (next_one == "-" and after[1:2].isalnum()))
