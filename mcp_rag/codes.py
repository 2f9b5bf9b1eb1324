"""Exact tokens that tell one error from another: vendor codes, HTTP statuses, errno, exit codes, signals, reasons.

A code is never masked, never merged away and is searched for as it stands. Numbers that only mean something beside a
word (`status 503`, `exit code 137`) are codes when that word is there, and are named by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

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
    "CVE|ABEND|TF|AVD|CKV"
)
_VENDOR = re.compile(rf"(?:{_VENDORS})-?[0-9]{{3,8}}(?:-[0-9]{{3,7}})?[A-Z]?")
_SEVERITY_SUFFIX = re.compile(r"[A-Z]{3,7}[0-9]{4,5}[EWIAS]")
_PLAIN = re.compile(r"E[0-9]{4,5}")
_COMPILER = re.compile(r"E[0-9]{3,5}|[CRWF][0-9]{4}|[FWBSCNDPTU][0-9]{3}|[A-Z]{1,3}[0-9]{3,4}")
# C library, then npm, then nodemailer and other Node packages.
_ERRNO = (
    "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD "
    "ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN "
    "EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE "
    "ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOMEM "
    "ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTFOUND ENOTSOCK ENOTSUP ENOTTY ENXIO "
    "EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMOTE "
    "EREMOTEIO EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN "
    "EUSERS EWOULDBLOCK EXDEV EHWPOISON ERESOLVE EINTEGRITY EUSAGE ETARGET ENEEDAUTH EBADENGINE EBADPLATFORM EOTP "
    "EJSONPARSE ELIFECYCLE EINVALIDTAGNAME ENOVERSIONS ENOLOCK EOVERRIDE EPUBLISHCONFLICT ENOAUDIT EENVIRONMENT "
    "EINVALIDPACKAGENAME EMISSINGARG ESOCKETTIMEDOUT ECONNECTION EAUTH EENVELOPE ESOCKET ETLS ESTREAM"
)
_ERRNO_NAMES = frozenset(_ERRNO.split())
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
_UPPER = re.compile(r"(?<![A-Za-z0-9_.$/\\-])[A-Z][A-Za-z0-9_]{1,79}(?:-[0-9]{3,8}){0,2}(?![A-Za-z0-9_])")

_HTTP_PHRASES = (
    "bad request|unauthorized|payment required|forbidden|not found|method not allowed|not acceptable|"
    "request time-?out|length required|precondition failed|payload too large|request entity too large|"
    "uri too long|unsupported media type|unprocessable|too many requests|internal server error|internal error|"
    "not implemented|bad gateway|service unavailable|gateway time-?out|insufficient storage|client error|server error"
)
# Matched on the lower-cased text; each alternative starts with a literal, and the group names say what the number is.
_IS = r"[\"']?(?: of| is| was)?[ :=(]{1,3}[\"']?"
_END = r"(?![0-9]|\.[0-9])"
_GRPC = (
    "canceled|unknown|invalidargument|deadlineexceeded|notfound|alreadyexists|permissiondenied|resourceexhausted|"
    "failedprecondition|aborted|outofrange|unimplemented|internal|unavailable|dataloss|unauthenticated"
)
_HRESULT = r"8000(?:ffff|4[0-9a-f]{3})|80(?:0[1-9a-f]|[1-3][0-9a-f])[0-9a-f]{4}"
_NTSTATUS = r"c0000(?:005|006|01d|08e|094|096|0fd|135|139|142|17d|225|374|409|41d|417|420)"
_CONTEXT = re.compile(
    r"http/[0-9](?:\.[0-9])?\"? (?P<http1>[0-9]{3})(?![0-9]|\.[0-9])|"
    r"http(?: error| status| code| response)?(?: code)?[ :=]{1,3}(?P<http2>[0-9]{3})(?![0-9/]|\.[0-9])|"
    rf"status(?:[ _-]?code)?(?:\.?value)?{_IS}(?P<http3>[0-9]{{3}})(?![0-9/]|\.[0-9])|"
    rf"response[ _-]?code{_IS}(?P<http4>[0-9]{{3}})(?![0-9/]|\.[0-9])|"
    rf"(?<![\w.:/-])(?P<http5>[0-9]{{3}}):? (?={_HTTP_PHRASES})|"
    r"sql ?state[\[ :=(\"']{1,4}(?P<sqlstate>(?=[a-z]{0,4}[0-9])[0-9a-z]{5})(?![0-9a-z])|"
    rf"errno[\]\"']?[ :=]{{1,3}}(?P<errno1>-?[0-9]{{1,5}}){_END}|"
    rf"os error (?P<errno2>[0-9]{{1,5}}){_END}|"
    rf"exit(?:ed with|ed)?(?:[ _-]?(?:code|status|value)){_IS}(?P<exit1>-?[0-9]{{1,10}}){_END}|"
    rf"(?:return(?:ed)?[ _-]?code|retcode|exit)[\"']?[ :=(]{{1,3}}(?P<exit2>-?[0-9]{{1,3}}){_END}|"
    rf"signal[ :=(]{{1,3}}(?P<signal>[0-9]{{1,2}}){_END}|"
    r"status=(?P<unit>[0-9]{1,3}/[a-z_]{2,16})|"
    rf"xid \((?:[^()\n]{{1,60}})\): (?P<xid1>[0-9]{{1,3}}){_END}|"
    rf"xid[ :=]{{1,2}}(?P<xid2>[0-9]{{1,3}}){_END}|"
    r"msg (?P<msg>[0-9]{2,5}), level|"
    r"error:? (?P<mssql>[0-9]{2,6}), severity|"
    r"error (?P<mysql1>[0-9]{4}) \([0-9a-z]{5}\)|"
    r"error: \((?P<mysql2>[0-9]{4}), ?[\"']|"
    r"err(?:or)?[ _-]?(?:code|no|number|num)[\"']?(?: is| was)?[ :=#(]{1,3}"
    r"(?P<code1>-?(?:0x[0-9a-f]{1,8}|[0-9]{1,10}))(?![0-9a-f]|\.[0-9])|"
    rf"error[ :=(]{{1,2}}(?P<code2>-[0-9]{{1,8}}){_END}|"
    r"error #(?P<code3>[0-9]{1,6})(?![0-9]|\.[0-9])|"
    r"(?<!\w)code: (?P<code4>[0-9]{1,5})\. db::|"
    r"error:(?P<openssl>[0-9a-f]{8}):|"
    r"hresult[ :=(]{1,3}(?P<win1>0x[0-9a-f]{8})(?![0-9a-f])|"
    rf"(?<![0-9a-z])(?P<win2>0x(?:{_HRESULT}|{_NTSTATUS}))(?![0-9a-f])|"
    r"(?:exception|error|status|code|fail(?:ed|ure)? with)[ :=(]{1,2}(?P<win3>0xc0[0-9a-f]{6})(?![0-9a-f])|"
    rf"code ?= ?(?P<grpc1>{_GRPC})(?![a-z])|"
    r"(?:statuscode\.|status(?:runtime)?exception: |grpc[ _-]status[ :=]{1,2})(?P<grpc2>[a-z_]{5,20})(?![a-z])|"
    r"codename[\"']?[ :=]{1,2}[\"']?(?P<mongo>[a-z]{4,40})|"
    r"error occurred \((?P<aws>[a-z0-9.]{3,60})\)|"
    r"(?P<cuda>(?:cudaerror|hiperror|nccl|cufft_|cublas_)[a-z_]{4,40})(?![a-z0-9])|"
    r"(?P<clippy>clippy::[a-z_]{3,50})|"
    r"\[(?P<flag>-w[a-z0-9=+-]{2,50})\]"
)
_CONTEXT_WORDS = re.compile(
    r"http|status|response|sql ?state|errno|os err|exit|return|retcode|signal|xid|msg |error|code|0x[8c]|cuda|hiper|"
    r"nccl|clippy|\[-w|[45][0-9]{2}:? [bcfgimnpru]"
)
# The same whatever the digits are.
_ANY_DIGIT_WORDS = re.compile(_CONTEXT_WORDS.pattern.replace("0x[8c]", "0x").replace("[45][0-9]{2}", "[0-9]{3}"))
_NAMES = {
    "http": "HTTP ", "sqlstate": "SQLSTATE ", "errno": "errno ", "exit": "exit code ", "signal": "signal ",
    "unit": "status ", "xid": "Xid ", "msg": "Msg ", "mssql": "Error ", "mysql": "ERROR ", "code": "error code ",
    "openssl": "error:",
}  # fmt: skip
_DIGIT = re.compile(r"[0-9]")
_BITS32 = re.compile(r"0x[0-9A-Fa-f]{8}(?![0-9A-Fa-f])")
# An exception type keeps its digits when masked (`Http2Exception`).
_NUMBERED_TYPE = re.compile(
    r"[0-9][\w.$]{0,60}(?:Error|Exception|Throwable|Failure|Fault|Warning|Panic|Interrupt|Timeout)"
)


def codes(text: str) -> tuple[str, ...]:
    """The codes in `text`, in order, each once, at most 16; only the first 16,000 characters are read."""
    return tuple(dict.fromkeys(code.name for code in find(text)))[:MAX_CODES]


def find(text: str) -> list[Code]:
    """Every code of `text` with its span, in order, without overlaps."""
    return list(_found(text[:MAX_SCANNED_CHARS]))


@lru_cache(maxsize=64)  # masking and fingerprint ask for the same text
def _found(text: str) -> tuple[Code, ...]:
    return tuple(_ordered(_candidates(text, loose=False)))


def has_numbered_type(text: str) -> bool:
    """True when `text` may name an exception type with a digit in it, which masking keeps."""
    return _NUMBERED_TYPE.search(text) is not None


def has_pattern(text: str) -> bool:
    """True when `text` could hold a code if its digits were others: such text must not share a digit-blind memo."""
    if _BITS32.search(text) or has_numbered_type(text):
        return True
    return any(_DIGIT.search(c.name) for c in _candidates(text, loose=True))


def _ordered(found: Iterator[Code]) -> list[Code]:
    kept: list[Code] = []
    for code in sorted(found, key=lambda c: (c.start, -c.end, -len(c.name))):
        if not kept or code.start >= kept[-1].end:
            kept.append(code)
    return kept


def _candidates(text: str, *, loose: bool) -> Iterator[Code]:
    for match in _UPPER.finditer(text):
        token = match[0]
        if _is_code(token) and (not _needs_context(token) or _in_compiler_line(text, match.start(), match.end())):
            yield Code(token, match.start(), match.end())
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when lower-cased; spans must stay those of `text`
        low = "".join(c.lower() if c.isascii() else c for c in text)
    if (_ANY_DIGIT_WORDS if loose else _CONTEXT_WORDS).search(low):
        for match in _CONTEXT.finditer(low):
            code = _context_code(text, match, loose=loose)
            if code is not None:
                yield code


@lru_cache(maxsize=50_000)
def _is_code(token: str) -> bool:
    if token in _ERRNO_NAMES or token in _SIGNALS or token in _REASONS:
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


def _context_code(text: str, match: re.Match[str], *, loose: bool) -> Code | None:
    group = match.lastgroup or ""
    start, end = match.span(group)
    value, kind = text[start:end], group.rstrip("0123456789")
    if not loose:
        if kind == "http" and not 400 <= int(value) <= 599:
            return None
        if kind in {"errno", "exit", "signal", "xid", "code"} and value.strip("-0x") == "":
            return None
    if kind in {"sqlstate", "win", "openssl"}:
        value = value.upper().replace("0X", "0x")
    return Code(_NAMES.get(kind, "") + value, start, end)
