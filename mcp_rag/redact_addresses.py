"""Numbers and addresses that are personal by their shape: payment cards, bank accounts, e-mail and IP addresses.

Each shape is common in text that is not personal (identifiers, versions, times, hardware addresses), so every match is
checked: Luhn and issuer for cards, length and check digits for accounts, the words before for addresses.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from mcp_rag.redact_shapes import Found

_CARD = re.compile(
    r"(?<![\w.+-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{4,5})(?![\w+-]|\.\d)", re.ASCII
)
_ISSUER = re.compile(
    r"(?:4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17})"
)
_IDENTIFIER_BEFORE = re.compile(
    r"(?:id|trace|span|request|req|order|seq|sequence|offset|time|timestamp|ts|lsn|xid|zxid|txn|pid|tid|version|hash|size|"
    r"bytes|count|nanos|epoch|snowflake|block|cursor|parent)[\"']?\s{0,2}[=:#]\s{0,2}[\"']?$",
    re.IGNORECASE,
)

_IBAN = re.compile(r"(?<![\w+/.-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![\w+/=-])", re.ASCII)
_IBAN_LISTED = (
    "NO15 BE16 DK18 FI18 FO18 GL18 NL18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 XK20 CH21 HR21 LI21 LV21 BG22 BH22 "
    "CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 TL23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 "
    "TN24 VG24 LY25 PT25 ST25 IS26 TR26 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 EG28 GT28 HU28 LB28 "
    "PL28 SV28 BR29 PS29 QA29 UA29 JO30 KW30 MU30 MT31 SC31 LC32"
)
_IBAN_LENGTHS = {each[:2]: int(each[2:]) for each in _IBAN_LISTED.split()}

_EMAIL = re.compile(
    r"(?<![\w.%+/@-])(?P<local>[\w][\w.%+'-]{0,63}?)(?:@|%40)(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}?\.(?P<top>[^\W\d_]{2,24}))"
    r"(?![\w@]|\.\w|:[~/\w])"
)
# Names with an `@` that are files, units or package versions.
_NOT_TOP_LISTED = (
    "png jpg jpeg gif svg webp ico js mjs cjs ts tsx jsx css py so dll jar json html htm xml yaml yml toml lock "
    "md txt log service socket timer target mount slice scope path device swap conf gz zip tgz tar whl class java "
    "rb php sh"
)
_NOT_TOP = frozenset(_NOT_TOP_LISTED.split())

# Before the password of a URL, which is masked if it was left.
_USER_PART = re.compile(r"://[^\s:/@]{0,64}:$")

_V4 = re.compile(
    r"(?<![\d.])(?<![A-Za-z_])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
    r"(?!\d|\.\w|[A-Za-z_]|-[A-Za-z])"
)
_V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]|\.\d)")
_VERSION_BEFORE = re.compile(
    r"(?:\b(?:v|ver|version|versions|release|rev|revision|build|firmware|driver|sdk|oid|schema|upgraded? (?:from|to)|"
    r"requires?|>=|<=|==|~=|\^|package|plugin|module|library|chart|tag|edition|assembly)[\"']?[\s:=/,.(v-]{0,3}|(?:[<>~^]=?|==)\s?"
    r"|[A-Za-z][\w.+]{0,40}[-_]v?)$",
    re.IGNORECASE,
)
_PRODUCT_BEFORE = re.compile(r"(?<![\w/.-])(?P<name>[A-Za-z][\w.+-]{0,40})(?P<sep>[ /])v?$")
_HOST_WORDS_LISTED = (
    "from to host hosts client ip ips ipv4 address addr server peer source src dst destination remote local at by "
    "on via for and or with node connect connecting connected connection listening listen bind binding bound dial "
    "tcp udp ping proxy gateway dns resolver nameserver upstream backend endpoint target user host: interface is "
    "was not blocked banned ban deny allow allowed rejected failed accepted disconnect disconnected closed "
    "unreachable timeout timed lost reset a an the of in between through against visitor origin forwarded replica "
    "master slave leader follower broker get post put head delete patch login sender relay nexthop route subnet "
    "network accepting refused resolved lookup"
)
_HOST_WORDS = frozenset(_HOST_WORDS_LISTED.split())


def find_cards(text: str) -> Iterator[Found]:
    """Payment card numbers with a known issuer and a correct check digit."""
    for match in _CARD.finditer(text):
        digits = match.group().replace(" ", "").replace("-", "")
        if not _ISSUER.fullmatch(digits) or not _luhn(digits):
            continue
        if (
            match.group(1)
            or match.group(2)
            or not _IDENTIFIER_BEFORE.search(text, max(0, match.start() - 24), match.start())
        ):
            yield Found(*match.span(), "card")


def _luhn(digits: str) -> bool:
    total = 0
    for i, digit in enumerate(reversed(digits)):
        n = int(digit) * (1 + i % 2)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


def find_accounts(text: str) -> Iterator[Found]:
    """International bank account numbers of a known country, with its length and correct check digits."""
    for match in _IBAN.finditer(text):
        account = match.group().replace(" ", "")
        length = _IBAN_LENGTHS.get(account[:2], 0)
        if not length or len(account) < length:
            continue
        if len(account) > length and " " not in match.group():
            continue
        # In groups of four, capitals of the next word may look like one more group.
        end = _end_of(match.group(), length)
        digits = "".join(str(int(c, 36)) for c in account[4:length] + account[:4])
        if end and int(digits) % 97 == 1:
            yield Found(match.start(), match.start() + end, "iban")


def _end_of(grouped: str, length: int) -> int:
    """Where the first `length` characters end that are no blanks; 0 when they end within a word."""
    seen = 0
    for at, char in enumerate(grouped):
        seen += char != " "
        if seen == length:
            return at + 1 if grouped[at + 1 : at + 2] in {"", " "} else 0
    return 0


def find_emails(text: str) -> Iterator[Found]:
    """E-mail addresses; not `git@host:path`, `logo@2x.png` or `unit@1.service`."""
    for match in _EMAIL.finditer(text):
        before = text[max(0, match.start() - 80) : match.start()]
        if match["top"].lower() not in _NOT_TOP and match["local"] != "git" and not _USER_PART.search(before):
            yield Found(*match.span(), "email")


def find_ips(text: str) -> Iterator[Found]:
    """IPv4 and IPv6 addresses; not loopback, unspecified and masks, which name no one."""
    for match in _V4.finditer(text):
        if not _is_dull(match.group()) and not _is_version(text, match):
            yield Found(*match.span(), "ip")
    if "::" not in text and text.count(":") < 7:
        return
    for match in _V6.finditer(text):
        value = match.group()
        if value.endswith(":") and not value.endswith("::"):
            value = value[:-1]
        if _is_v6(value):
            yield Found(match.start(), match.start() + len(value), "ip")


def _is_dull(address: str) -> bool:
    return address.startswith(("127.", "0.", "255.")) or address.endswith(".255.255")


def _is_version(text: str, match: re.Match[str]) -> bool:
    octets = [int(part) for part in match.group().split(".")]
    if octets[0] == 10 or octets[:2] == [192, 168] or (octets[0] == 172 and 16 <= octets[1] < 32):
        return False
    start = match.start()
    window = max(0, start - 48)
    if _VERSION_BEFORE.search(text[window:start]):
        return True
    product = _PRODUCT_BEFORE.search(text[window:start])
    if product is None:
        return False
    if product["sep"] == "/":
        # `Chrome/99.0.1.2` against Java's `host.name/93.184.216.34:443`.
        return "." not in product["name"] and text[match.end() : match.end() + 1] != ":"
    return octets[0] < 30 and product["name"].lower() not in _HOST_WORDS and text[match.end() : match.end() + 1] != ":"


def _is_v6(value: str) -> bool:
    groups = [g for g in value.split(":") if g]
    if len(groups) < 2 or not any(c.isdigit() for c in value):
        return False
    if "::" not in value and all(len(g) == 2 for g in groups):
        return False  # an EUI-64 hardware address
    if (
        "::" in value
        and len(groups) == 2
        and len(value) < 8
        and not value.lower().startswith(("fe80", "fd", "fc", "2"))
    ):
        return False
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)
