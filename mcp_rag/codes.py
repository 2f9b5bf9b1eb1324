"""Exact tokens that tell one error from another: vendor codes, HTTP statuses, errno, exit codes, signals, reasons.

A code is never masked, never merged away and is searched for as it stands. Numbers that only mean something beside a
word (`status 503`, `exit code 137`) are codes when that word is there, and are named by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mcp_rag import code_words
from mcp_rag.code_words import ERRNO_NAMES

MAX_CODES = 16
MAX_SCANNED_CHARS = 16_000


class Code(NamedTuple):
    """One code: its name in one spelling, and the span of `text` that must not be masked."""

    name: str
    start: int
    end: int


# Vendors whose messages start with letters, an optional dash, and digits. A list, because "ORDER-12345" is an id.
_VENDORS = (
    "ORA|TNS|PLS|RMAN|LRM|DRG|KUP|SP2|PCC|NZE|UDE|UDI|MY|SQL|DSN|TS|CS|BC|FS|CA|SA|IDE|MSB|NU|NETSDK|LNK|LLNK|RC|BL|"
    "RZ|ASP|AADSTS|AADB2C|DEP|NG|SC|DL|HHH|HV|AMQ|ARTEMIS|WFLY[A-Z]*|JBAS|JBWS|ISPN|ARJUNA|ELY|UT|IJ|JBOSS[A-Z]*|RESTEASY|"
    "WSVR|SRVE|DSRA|CWWK[A-Z]|CWPKI|CWSI[A-Z]|CWNEN|WTRN|J2CA|BEA|WLS|CPF|CPE|RNX|DFH|IEF|IEC|CEE|IGD|MDB|PGRST|"
    "CVE|ABEND|TF|AVD|CKV|DPY|DPI|NJS|CRS|CLSRSC"
)
_VENDOR = re.compile(rf"(?:{_VENDORS})-?[0-9]{{3,8}}(?:-[0-9]{{3,7}})?[A-Z]?")
_SEVERITY_SUFFIX = re.compile(r"[A-Z]{3,7}[0-9]{4,5}[EWIAS]")
_PLAIN = re.compile(r"E[0-9]{4,5}")
_COMPILER = re.compile(r"E[0-9]{3,5}|[CRWF][0-9]{4}|[FWBSCNDPTU][0-9]{3}|[A-Z]{1,3}[0-9]{3,4}")
_SIGNAL = (
    "SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGEMT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGKILL SIGPIPE SIGPROF "
    "SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU "
    "SIGXFSZ"
)
_SIGNALS = frozenset(_SIGNAL.split())
# Kubernetes reasons, gRPC names that are unlike any ordinary word, resolver errors, scheduler states.
_REASON = (
    "CrashLoopBackOff OOMKilled ImagePullBackOff ErrImagePull ErrImageNeverPull InvalidImageName "
    "ImageInspectError CreateContainerConfigError CreateContainerError RunContainerError StartError "
    "ContainerCannotRun PostStartHookError PreStopHookError FailedScheduling FailedMount FailedAttachVolume "
    "FailedCreatePodSandBox FailedCreatePodSandbox FailedKillPod NetworkNotReady NodeNotReady "
    "ProgressDeadlineExceeded DeadlineExceeded BackoffLimitExceeded UnexpectedAdmissionError DEADLINE_EXCEEDED "
    "RESOURCE_EXHAUSTED PERMISSION_DENIED FAILED_PRECONDITION INVALID_ARGUMENT UNAUTHENTICATED EAI_AGAIN "
    "EAI_NONAME EAI_FAIL EAI_NODATA EAI_MEMORY EAI_SERVICE OUT_OF_MEMORY NODE_FAIL BOOT_FAIL"
)
_REASONS = frozenset(_REASON.split())
_PREFIXED = re.compile(
    r"(?:CUDA_ERROR|CUDNN_STATUS|CUBLAS_STATUS|CUSPARSE_STATUS|CUSOLVER_STATUS|NCCL_ERR|ERR|SQLITE|MQRC|STATUS|NS_ERROR|"
    r"CURLE|X509_V_ERR|DTS_E|CBS_E)_[A-Z0-9_]{2,60}"
)
_UPPER = re.compile(r"[A-Z](?<![A-Za-z0-9_.$/\\-].)[A-Za-z0-9_]{1,79}(?:-[0-9]{3,8}){0,2}(?![A-Za-z0-9_])")

_DIGIT = re.compile(r"[0-9]")
_BITS32 = re.compile(r"[0-9]x[0-9A-Fa-f]{8}(?![0-9A-Fa-f])")
# An exception type keeps its digits when masked (`Http2Exception`).
_TYPE_WORDS = ("Error", "Exception", "Throwable", "Failure", "Fault", "Warning", "Panic", "Interrupt", "Timeout")
_NUMBERED_TYPE = re.compile(rf"[0-9][\w.$]{{0,60}}(?:{'|'.join(_TYPE_WORDS)})")


def codes(text: str) -> tuple[str, ...]:
    """The codes in `text`, in order, each once, at most 16; only the first 16,000 characters are read.

    Read on one line, as masking reads it: a word and its number may stand on two lines."""
    return tuple(dict.fromkeys(code.name for code in find(_on_one_line(text[:MAX_SCANNED_CHARS]))))[:MAX_CODES]


def find(text: str) -> list[Code]:
    """Every code of `text` with its span, in order, without overlaps."""
    return list(_found(text[:MAX_SCANNED_CHARS]))


@lru_cache(maxsize=64)  # masking and fingerprint ask for the same text
def _found(text: str) -> tuple[Code, ...]:
    return tuple(_ordered(_candidates(text)))


def has_numbered_type(text: str) -> bool:
    """True when `text` may name an exception type with a digit in it, which masking keeps."""
    return any(map(text.__contains__, _TYPE_WORDS)) and _NUMBERED_TYPE.search(text) is not None


def has_pattern(text: str) -> bool:
    """True when `text` could hold a code if its digits were others: such text must not share a digit-blind memo."""
    text = _on_one_line(text)
    if _BITS32.search(text) or has_numbered_type(text):
        return True
    return any(_DIGIT.search(c.name) for c in _tokens(text)) or code_words.has_number(_lower(text))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _ordered(found: Iterator[Code]) -> list[Code]:
    kept: list[Code] = []
    for code in sorted(found, key=lambda c: (c.start, -c.end, -len(c.name))):
        if not kept or code.start >= kept[-1].end:
            kept.append(code)
    return kept


def _candidates(text: str) -> Iterator[Code]:
    yield from _tokens(text)
    for name, start, end in code_words.found(text, _lower(text)):
        yield Code(name, start, end)


def _tokens(text: str) -> Iterator[Code]:
    """Codes that are known by themselves."""
    for match in _UPPER.finditer(text):
        token = match[0]
        if text[match.end() : match.end() + 1] == "=" and match.start() and text[match.start() - 1] in "?&":
            continue  # a field of a query, as in `/socket.io/?EIO=4`
        if _is_code(token) and (not _needs_context(token) or _in_compiler_line(text, match.start(), match.end())):
            yield Code(token, match.start(), match.end())


def _lower(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when lower-cased; spans must stay those of `text`
        low = "".join(c.lower() if c.isascii() else c for c in text)
    return low


@lru_cache(maxsize=50_000)
def _is_code(token: str) -> bool:
    if token in ERRNO_NAMES or token in _SIGNALS or token in _REASONS:
        return True
    if _PREFIXED.fullmatch(token):
        return True
    return bool(_VENDOR.fullmatch(token) or _SEVERITY_SUFFIX.fullmatch(token) or _COMPILER.fullmatch(token))


def _needs_context(token: str) -> bool:
    """Short letter-and-digits tokens (`C2065`, `F401`) are rack positions and part numbers as often as codes."""
    if len(token) > 6 or not token[-1].isdigit() or "-" in token:
        return False
    return _VENDOR.fullmatch(token) is None and _PLAIN.fullmatch(token) is None


_BEFORE = re.compile(r"(?:error|warning|note|info|code|lint|E|ERR!|exception|:[0-9]+:?)[ :\[(]{1,2}$", re.IGNORECASE)


def _in_compiler_line(text: str, start: int, end: int) -> bool:
    """Beside `error `, `[...]`, `code ` or after `file:12:3: `; or opening the line as in `E11000 duplicate key`."""
    if start == 0:
        return text[end : end + 1] in {":", " ", "]", ""}
    return _BEFORE.search(text[max(0, start - 16) : start]) is not None or (
        text[start - 1] == "[" and text[end : end + 1] == "]"
    )
