"""Keys written as numbers: lists of bytes, memory dumps of wireless drivers, hexadecimal keys of wallets and of TLS."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_BYTES = re.compile(
    r"(?:(?:network|secret|private|encryption|aes|session|master|shared|api)[_ -]?key"
    r"|secret|(?<![a-z])seed|(?<![a-z])psk|keypair)"
    r"[\"']?\s?[:=]?>?\s{0,3}[\"']?\[\s{0,40}(?P<v>" + _BYTE + r"(?:,\s{0,40}" + _BYTE + r"){15,127})\s{0,40}\]"
)
# `PMK - hexdump(len=32): 0a 1b ...`, in ASCII with what the bytes say behind them.
_DUMPED = re.compile(
    r"(?:pmk|psk|ptk|gtk|kck|kek|msk|emsk|passphrase|password|preshared key)[^\n]{0,60}?hexdump(?:_ascii)?"
    r"\(len=\d{1,4}\):(?P<v>(?:\s{1,8}[0-9a-f]{2}(?![\w])){5,128}(?:[ ]{2,60}[^\s\n]{1,64})?)"
)
# NSS' log of keys by which a recording of TLS is read.
_TLS_LOG = re.compile(
    r"(?:client_random|(?:client|server)_(?:early_|handshake_)?traffic_secret(?:_\d)?|(?:early_)?exporter_secret)"
    r" [0-9a-f]{64} (?P<v>[0-9a-f]{64,128})(?![0-9a-z])"
)
_WALLET = re.compile(r"privkey[^\n]{0,80}?[\s\"':=>](?P<v>[1-9A-HJ-NP-Za-km-z]{51,52})(?!\w)")
_WALLET_PHRASE = re.compile(
    r"walletpassphrase(?:change)?\s{1,3}(?:\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'"
    r"|(?P<v>(?=[^\s\d!#$%&*+?^~]{0,60}[\d!#$%&*+?^~])[^\s\"']{4,200}))"
)
_ACCOUNTS = re.compile(r"accounts[\"']?\s?[:=]\s?\[\s{0,40}\\{0,3}[\"'](?:0x)?(?P<v>[0-9a-f]{64})(?![0-9a-z])")

# Each holds a name of a secret (`redact_fields.HINT`) besides its hint.
NAMED: tuple[Rule, ...] = (
    Rule("private-key", ("privkey",), _WALLET),
    Rule("private-key", ("key: [", "key [", 'key": [', "key = [", "key=[", "secret: [", 'secret": [', "keypair"),
         _BYTES, folded=True),
)  # fmt: skip
# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("private-key", ("hexdump(", "hexdump_ascii("), _DUMPED, folded=True),
    Rule("private-key", ("client_random ", "traffic_secret", "exporter_secret"), _TLS_LOG, folded=True),
    Rule("password", ("walletpassphrase",), _WALLET_PHRASE, folded=True),
    Rule("private-key", ("accounts: [", 'accounts":[', 'accounts": [', "accounts = [", "accounts=["), _ACCOUNTS,
         folded=True),
)  # fmt: skip
